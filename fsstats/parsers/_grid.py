"""Tables printed in fixed places, read for many files at once.

FreeSurfer and FastSurfer print every line of a table with the same ``printf``
pattern: all lines are equally long, each number ends where the one above it
ends, and has as many decimals. In two files of one kind only the digits differ.
So a number is its digits times powers of ten, worked out for all rows of all
files in one vectorised pass a digit, and a look at the bytes between the
numbers tells whether a file is such a table at all.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_TOKEN: Final = re.compile(rb"[^ \n]+")
_CONTROL: Final = re.compile(rb"[\0-\x09\x0b-\x1f]")
"""Tabs and their like, at which a parser may part words too."""
_NUMBER: Final = re.compile(rb"-?\d+(?:\.(\d+))?")
_NAN: Final = re.compile(rb"[+-]?nan", re.IGNORECASE)
_BLANK, _MINUS, _ZERO = b" -0"
_MOST_DIGITS: Final = 15
"""More do not fit into a float exactly, and then the digits' sum would not be the number that was printed."""
_SMALL: Final = 9
"""So many digits fit into 32 bits, which is quicker."""
_ROOM: Final = 3
"""Places that a number may be longer than the longest of the file that a grid is made from."""
_AT_ONCE: Final = 128
"""Tables that are read together: so few that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Field:
    """The places in a line that one number may take up, right-aligned; the first is always blank."""

    start: int
    stop: int
    decimals: int

    @property
    def n_whole(self) -> int:
        """Places before the decimal point."""
        return self.stop - self.start - self.decimals - (self.decimals > 0)

    @property
    def n_digits(self) -> int:
        """The most digits that a number may have."""
        return self.n_whole - 1 + self.decimals


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where in a table's text its numbers stand, and what stands everywhere else. Made by `grid_of`."""

    text: Bytes
    """The table of the file that the grid was made from, shape (n_bytes,)."""
    width: int
    """Bytes of a line, with the line feed."""
    fields: tuple[Field, ...]
    """One a number that differs between files, in the order of the line."""
    fixed: Mask
    """Which bytes are the same in every file, shape (n_bytes,)."""
    nans: tuple[tuple[int, int, float], ...]
    """Field and row of numbers that are not there, in this file and so in all that fit, and the NaN that they are."""

    @property
    def n_rows(self) -> int:
        """Lines of the table."""
        return len(self.text) // self.width


def grid_of(text: bytes, n_columns: int, free: Collection[int]) -> Grid | None:
    """Find the places of the numbers in a table.

    Parameters
    ----------
    text : bytes
        The lines of the table, each with its line feed.
    n_columns : int
        Words of each line.
    free : collection of int
        The columns, counted from 0, whose numbers differ between files; all others, and the first, are fixed.

    Returns
    -------
    Grid or None
        None if the lines are not alike, so that the places cannot be told.
    """
    width = text.find(b"\n") + 1
    if not width or 0 in free or len(text) % width or text[width - 1 :: width].strip(b"\n") or _CONTROL.search(text):
        return None
    rows = [[*_TOKEN.finditer(text, start, start + width)] for start in range(0, len(text), width)]
    if not all(len(row) == n_columns for row in rows):
        return None
    fields = [_field([row[place] for row in rows], [row[place - 1] for row in rows], width) for place in sorted(free)]
    found = [field for field in fields if field is not None]
    if len(found) < len(fields):
        return None
    cells = [[row[place][0] for row in rows] for place in sorted(free)]
    nans = [(i, k, float(cell)) for i, own in enumerate(cells) for k, cell in enumerate(own) if _NAN.fullmatch(cell)]
    return Grid(
        np.frombuffer(text, dtype=np.uint8), width, tuple(found), _fixed(width, len(rows), found, nans), tuple(nans)
    )


def _fixed(width: int, n_rows: int, fields: Sequence[Field], nans: Sequence[tuple[int, int, float]]) -> Mask:
    """Say which bytes are no digits of numbers."""
    fixed = np.ones((n_rows, width), dtype=np.bool_)
    for field in fields:
        fixed[:, field.start : field.stop] = False
        fixed[:, field.start + field.n_whole : field.stop - field.decimals] = True
    for i, row, _ in nans:
        fixed[row, fields[i].start : fields[i].stop] = True
    return fixed.ravel()


def _field(own: Sequence[re.Match[bytes]], before: Sequence[re.Match[bytes]], width: int) -> Field | None:
    """Find where a column's numbers stand in a line, behind the column before; None if not all in the same places."""
    present = [token for token in own if not _NAN.fullmatch(token[0])]
    numbers = [_NUMBER.fullmatch(token[0]) for token in present]
    stops = {token.end() % width for token in own}
    decimals = {len(number[1] or b"") for number in numbers if number}
    first = min((token.start() % width for token in own), default=0)
    start = max(first - 1 - _ROOM, *(token.end() % width for token in before))
    if not all(numbers) or len(stops) > 1 or len(decimals) != 1 or start >= first:
        return None
    field = Field(start, stops.pop(), decimals.pop())
    return field if field.n_digits <= _MOST_DIGITS else None


def read_grid(grid: Grid, texts: Sequence[bytes], numbers: FloatArray) -> Mask:
    """Read the tables of many files.

    Parameters
    ----------
    grid : Grid
        Where the numbers are.
    texts : sequence of bytes
        The files' tables, each as long as the grid's.
    numbers : ndarray, shape (n_files, n_fields, n_rows)
        Where to put the numbers, each exactly as `float` gives it.

    Returns
    -------
    ndarray of bool, shape (n_files,)
        Whether a file has numbers where they are due and the grid's text everywhere else. The numbers of
        a file that does not fit mean nothing.
    """
    fits = np.empty(len(texts), dtype=np.bool_)
    n_places = grid.width - grid.fields[0].start
    turned = np.empty((n_places, min(len(texts), _AT_ONCE) * grid.n_rows), dtype=np.uint8)
    for start in range(0, len(texts), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        fits[part] = _read(grid, texts[part], turned, numbers[part])
    return fits


def _read(grid: Grid, texts: Sequence[bytes], turned: Bytes, numbers: FloatArray) -> Mask:
    """Read a few tables into `numbers`; `turned` is room for one row a place in the line, from the first number on."""
    data = np.frombuffer(b"".join(texts), dtype=np.uint8).reshape(len(texts), -1)
    first = grid.fields[0].start
    lines = data.reshape(-1, grid.width)[:, first:]
    places = turned[:, : len(lines)]
    places[:] = lines.T
    fits: Mask = ~((data != grid.text) & grid.fixed).any(axis=1)
    for i, field in enumerate(grid.fields):
        value, ok = _read_field(field, places[field.start - first : field.stop - first])
        numbers[:, i] = value.reshape(len(texts), -1)
        ok = ok.reshape(len(texts), -1)
        for _, row, nan in [one for one in grid.nans if one[0] == i]:
            numbers[:, i, row], ok[:, row] = nan, True
        fits &= ok.all(axis=1)
    return fits


def _read_field(field: Field, places: Bytes) -> tuple[FloatArray, Mask]:
    """Read one number of every line; `places` has shape (n_places, n_lines).

    Returns
    -------
    value : ndarray, shape (n_lines,)
        The numbers.
    ok : ndarray of bool, shape (n_lines,)
        Where there are blanks, perhaps a minus, and then digits up to the end.
    """
    digits = places - _ZERO  # what is no digit becomes 10 or more, as 0 - 1 is 255 here
    is_digit = digits <= 9
    digits *= is_digit
    is_minus = places[: field.n_whole] == _MINUS
    ok = _is_number(field, places, is_digit, is_minus)
    total: npt.NDArray[np.signedinteger[Any]]
    total = np.zeros(places.shape[1], dtype=np.int32 if field.n_digits <= _SMALL else np.int64)
    for place in (*range(1, field.n_whole), *range(len(places) - field.decimals, len(places))):
        total *= 10
        total += digits[place]
    value = total / 10.0**field.decimals  # both are exact, so this is the float nearest to what was printed
    minus = is_minus.any(axis=0)
    return np.negative(value, where=minus, out=value) if minus.any() else value, ok


def _is_number(field: Field, places: Bytes, is_digit: Mask, is_minus: Mask) -> Mask:
    last = field.n_whole - 1
    blank = places[:last] == _BLANK
    ok: Mask = (blank | ((is_digit[:last] | is_minus[:last]) & is_digit[1 : last + 1])).all(axis=0)
    ok &= blank[0] & is_digit[last]
    return ok & is_digit[len(places) - field.decimals :].all(axis=0) if field.decimals else ok
