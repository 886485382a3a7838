"""Gzipped bytes, unpacked only as far as was promised: a small file may hold more than a machine's memory."""

import zlib
from collections.abc import Iterator
from typing import Final

from fsstats.errors import StatsFormatError

MAGIC: Final = b"\x1f\x8b"
_STEP: Final = 1 << 16
_BLOCK: Final = 1 << 20
_BEST_RATIO: Final = 1040
"""Deflate makes nothing smaller than 1032 to 1."""
_MOST_BEHIND: Final = 1 << 26
"""What may follow the promised bytes where a format has more behind them (MGH: tags of text)."""


def first_bytes(data: bytes, size: int) -> bytes:
    """Give the first bytes of a content that may be gzipped; fewer or none if they cannot be unpacked."""
    if not data.startswith(MAGIC):
        return data[:size]
    start = b""
    try:
        for block in _blocks(data[:_STEP], size):
            start += block
            if len(start) >= size:
                break
    except (zlib.error, EOFError):
        pass  # what has come so far is whole, or is none of our headers
    return start[:size]


def gunzip(data: bytes, size: int, where: str, *, more: bool = False) -> bytearray:
    """Unpack exactly `size` bytes; with `more`, what follows them is checked and left out.

    Raises
    ------
    StatsFormatError
        If there are fewer bytes or (without `more`) others behind them, or the packed content is damaged.
    """
    if size > _BEST_RATIO * len(data):
        raise _short(where, size, "too few for that even when unpacked")
    unpacked, filled, behind = bytearray(size), 0, 0
    try:
        for block in _blocks(data):
            used = min(len(block), size - filled)
            unpacked[filled : filled + used] = block[:used]
            filled += used
            behind += len(block) - used
            if behind > (_MOST_BEHIND if more else 0):
                found = "more when it is unpacked. Nothing of it is used"
                raise StatsFormatError.at(where, expected=f"{size:,} bytes, as the header says", found=found)
    except (zlib.error, EOFError) as error:
        hint = "The file is cut short or damaged"
        found = f"what cannot be unpacked after {filled:,} bytes ({error})"
        raise StatsFormatError.at(where, expected="a whole gzipped file", found=found, hint=hint) from error
    if filled < size:
        raise _short(where, size, f"{filled:,}")
    return unpacked


def _short(where: str, size: int, found: str) -> StatsFormatError:
    hint = "The file is cut short"
    return StatsFormatError.at(where, expected=f"{size:,} bytes, as the header says", found=found, hint=hint)


def _blocks(data: bytes, most: int = _BLOCK) -> Iterator[bytes]:
    """Unpack one or more gzip members bit by bit; each one's check sum is held against its content."""
    member = None
    for start in range(0, len(data), _STEP):
        rest = data[start : start + _STEP]
        while rest:
            member = member or zlib.decompressobj(31)
            yield member.decompress(rest, most)
            if member.eof:
                rest, member = member.unused_data.lstrip(b"\0"), None
            else:
                rest = member.unconsumed_tail
    if member is not None:
        message = "the end is missing"
        raise EOFError(message)
