"""Damage the content of a stats file as real ones are damaged, and know exactly what is lost by it."""

import re
from collections.abc import Callable
from typing import Final

import numpy as np

from fsstats.datasets._blocks import Block

DAMAGE: Final = {
    "cut_in_row": "the file ends inside a row of its table",
    "cut_at_line": "the file ends after a line, rows (or Measures, if it has no table) are missing",
    "cut_in_header": "the file ends in its header",
    "empty": "the file has no content",
    "header_only": "the file has a header and no rows",
    "missing": "the file is not there",
    "unreadable": "the file is a link to nowhere",
    "binary": "the content is random bytes",
    "wrong_hemisphere": "the content is that of the other hemisphere",
    "doubled": "the content is there twice",
    "copied": "the content is another subject's",
    "crlf": "lines end as on Windows",
    "latin1": "a byte in the header is not UTF-8",
    "directory": "there is a folder in place of the file",
    "wrong_number": "a number of one row is no number",
    "dropped_row": "a row is missing",
}
"""The kinds of damage that `make_cohort` can do, and what each leaves."""

Lost = slice
"""The lost values, by their place in the file."""
Change = Callable[[bytes, Block, np.random.Generator], tuple[bytes, Lost]]
"""Takes a content, and gives the damaged one and what is lost."""

_USER: Final = re.compile(rb"^# user +\w+", re.MULTILINE)
_NOT_A_NUMBER: Final = (b"1,234", b"12.3.4", b"3..1", b"n/a")
_NEEDS_TABLE: Final = frozenset({"cut_in_row", "cut_in_header", "header_only", "wrong_number", "dropped_row"})
_NEEDS_LINE: Final = {"latin1": "# user ", "copied": "# subjectname <name>"}
"""Lines without which a kind of damage cannot be done, or could not be seen."""


def suits(kind: str, block: Block) -> bool:
    """Say whether a kind of file can be damaged in this way."""
    if kind in _NEEDS_TABLE:
        return block.n_header_lines > 0
    if kind == "wrong_hemisphere":
        return block.hemi is not None
    return f"\n{_NEEDS_LINE.get(kind, '')}" in f"\n{block.template}"


def everything(block: Block) -> Lost:
    """Lose all values of a file."""
    return slice(0, block.values.shape[1])


def _starts(content: bytes) -> list[int]:
    """Give where each line begins, and where the file ends."""
    lengths = [len(line) for line in content.splitlines(keepends=True)]
    return [0, *np.cumsum(lengths).tolist()]


def _cut(content: bytes, block: Block, end: int) -> tuple[bytes, Lost]:
    """Cut a file; what stands in lines without their line feed is lost."""
    kept = content[:end]
    n_lines = kept.count(b"\n")
    n_kept = int(block.ends[n_lines - 1]) if n_lines else 0
    return kept, slice(n_kept, block.values.shape[1])


def _cut_in_row(content: bytes, block: Block, rng: np.random.Generator) -> tuple[bytes, Lost]:
    starts = _starts(content)
    line = int(rng.integers(block.n_header_lines, len(starts) - 1))
    return _cut(content, block, int(rng.integers(starts[line] + 1, starts[line + 1])))


def _cut_at_line(content: bytes, block: Block, rng: np.random.Generator) -> tuple[bytes, Lost]:
    starts = _starts(content)
    return _cut(content, block, starts[int(rng.integers(block.n_header_lines + 1, len(starts) - 1))])


def _cut_in_header(content: bytes, block: Block, rng: np.random.Generator) -> tuple[bytes, Lost]:
    col_headers = _starts(content)[block.n_header_lines - 1]
    return _cut(content, block, int(rng.integers(1, col_headers)))


def _header_only(content: bytes, block: Block, _: np.random.Generator) -> tuple[bytes, Lost]:
    return _cut(content, block, _starts(content)[block.n_header_lines])


def _empty(_content: bytes, block: Block, _: np.random.Generator) -> tuple[bytes, Lost]:
    return b"", everything(block)


def _binary(content: bytes, block: Block, rng: np.random.Generator) -> tuple[bytes, Lost]:
    return b"\0" + rng.bytes(len(content) - 1), everything(block)


def _doubled(content: bytes, _block: Block, _: np.random.Generator) -> tuple[bytes, Lost]:
    return content + content, slice(0)


def _crlf(content: bytes, _block: Block, _: np.random.Generator) -> tuple[bytes, Lost]:
    return content.replace(b"\n", b"\r\n"), slice(0)


def _latin1(content: bytes, _block: Block, _: np.random.Generator) -> tuple[bytes, Lost]:
    return _USER.sub(lambda found: found[0] + "é".encode("latin-1"), content, count=1), slice(0)


def _wrong_number(content: bytes, block: Block, rng: np.random.Generator) -> tuple[bytes, Lost]:
    starts = _starts(content)
    line = int(rng.integers(block.n_header_lines, len(starts) - 1))
    words = list(re.finditer(rb"\S+", content[starts[line] : starts[line + 1]]))
    name = next(place for place, word in enumerate(words) if re.search(rb"[A-Za-z]", word[0]))
    # Before the name of a volume row stand its running number and id, which are no values.
    numbers = words[2:name] + words[name + 1 :]
    start, end = (starts[line] + edge for edge in numbers[int(rng.integers(len(numbers)))].span())
    nonsense = _NOT_A_NUMBER[int(rng.integers(len(_NOT_A_NUMBER)))]
    return content[:start] + nonsense + content[end:], _values_of(line, block)


def _dropped_row(content: bytes, block: Block, rng: np.random.Generator) -> tuple[bytes, Lost]:
    starts = _starts(content)
    line = int(rng.integers(block.n_header_lines + 1, len(starts) - 2))
    return content[: starts[line]] + content[starts[line + 1] :], _values_of(line, block)


def _values_of(line: int, block: Block) -> Lost:
    return slice(int(block.ends[line - 1]), int(block.ends[line]))


CHANGES: Final[dict[str, Change]] = {
    "cut_in_row": _cut_in_row,
    "cut_at_line": _cut_at_line,
    "cut_in_header": _cut_in_header,
    "empty": _empty,
    "header_only": _header_only,
    "binary": _binary,
    "doubled": _doubled,
    "crlf": _crlf,
    "latin1": _latin1,
    "wrong_number": _wrong_number,
    "dropped_row": _dropped_row,
}
"""The kinds of damage that change a file's content; the others need another file, or leave none."""
