"""What happens to files: bits flip, ends are lost, pieces come twice or from another file, text is edited by hand."""

import re

ODD = (
    *(b"nan", b"-nan", b"inf", b"1e999", b"-1e-999", b"9" * 400, b"1_000", b"0x10", b"1,5", b"+-1", b"''", b'"'),
    *("\u00e9\u03b1\u4e2d\U0001f9e0".encode(), "\u0661\u0662".encode(), "\u00a0".encode(), "\ufeff".encode()),
    *(b"\xff\xfe", b"\x80", b"\0", b"\r", b"\r\n", b"\x0b", b"\x0c", b"\x1c", b"\x85", b"#", b"# ", b",", b"::", b"\\"),
)
"""Texts that people, programs and copying put into files."""
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def flipped(rng, data, _others):
    """Flip a few bits."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(rng, data, _others):
    """Lose the end, the beginning or the middle."""
    one, other = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return rng.choice((data[:one], data[one:], data[:one] + data[other:]))


def spliced(rng, data, others):
    """Go on as another file."""
    other = rng.choice(others)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def repeated(rng, data, _others):
    """Have a piece twice or many times."""
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randint(1, 400)]
    return data[:start] + piece * rng.choice((2, 3, 50)) + data[start + len(piece) :]


def with_odd_text(rng, data, _others):
    """Put an odd text somewhere, or in the place of a number."""
    numbers = [found.span() for found in _NUMBER.finditer(data)] if rng.random() < 0.5 else []
    start, end = rng.choice(numbers) if numbers else (rng.randrange(len(data) + 1),) * 2
    return data[:start] + rng.choice(ODD) + data[end:]


def lines_moved(rng, data, _others):
    """Have two lines in each other's place."""
    lines = data.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


WAYS = (flipped, cut, spliced, repeated, with_odd_text, lines_moved)


def mutated(rng, data, others=(b"",)):
    """Change a file in one to three of these ways."""
    for _ in range(rng.randint(1, 3)):
        data = rng.choice(WAYS)(rng, data or b"\n", others)
    return data
