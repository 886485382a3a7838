"""From the bytes of a table to its cells: delimiter, quotes, decimal comma, several headings in one file."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Final, NamedTuple

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._header import Remark, to_number
from fsstats.parsers._text import decode, numbered_lines

FIRST_CELL: Final = re.compile(
    r"Measure:(?P<meas>\S+)|(?P<hemi>[lr]h)\.(?P<parc>.+)\."
    r"(?P<measure>area|volume|thickness|thickness\.T1|thicknessstd|meancurv|gauscurv|foldind|curvind)"
)
"""The first cell of a table of asegstats2table or aparcstats2table: it says what is in the table."""
MISSING: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "x", "."})
"""How people write that there is no value, in any case."""
_SUMMARIES: Final = frozenset(
    {"..", "mean", "median", "average", "avg", "sd", "std", "min", "max", "sum", "total", "pctdiff"}
)
"""What people write at the start of a row that sums up the others."""
_LONGEST_ID: Final = 200
_FOLDER: Final = re.compile(r"/|\\(?!x[0-9a-f]{2})")
"""What parts folders; a character that is no UTF-8 stands as ``\\x`` and its code."""
_COMMA: Final = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINT: Final = re.compile(r"[+-]?\d[\d,]*\.\d+(?:[eE][+-]?\d+)?")


class Row(NamedTuple):
    """One line of cells; no line number where the table was turned over."""

    line: int | None
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A heading and the rows below it, each with as many cells."""

    heading: tuple[str, ...]
    rows: tuple[Row, ...]
    transposed: bool = False

    def column(self, place: int) -> list[str]:
        """Give the cells of one column."""
        return [row.cells[place] for row in self.rows]


def read_sheets(data: bytes, where: str) -> tuple[list[Sheet], list[Remark]]:
    """Split a table into its headings and rows; rows of another length are left out and named.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        Its name, for messages.

    Returns
    -------
    sheets : list of Sheet
        One, or several where ``--append`` wrote further headings.
    remarks : list of Remark
        What was left out.

    Raises
    ------
    StatsFormatError
        If it is no text, or no row fits the heading.
    """
    text, remarks = decode(data.replace(b"\r\n", b"\n"), where)
    lines, unfinished = numbered_lines(text)
    remarks += unfinished
    if not lines:
        raise StatsFormatError.at(where, expected="a heading and rows", found="less than one whole line")
    delimiter = delimiter_of(lines[0][1])
    rows = [Row(number, split(line, delimiter)) for number, line in lines]
    sheets = [_sheet(part, where, remarks) for part in _parts([row for row in rows if any(row.cells)])]
    return sheets, remarks


def delimiter_of(line: str) -> str | None:
    r"""Tell the delimiter by a table's first line: tab, semicolon, comma, or None for blanks.

    Examples
    --------
    >>> [delimiter_of(line) for line in ("a\tb c", "a;b", "SubjID, LLatVent", "Subject left_CA1")]
    ['\t', ';', ',', None]
    """
    return next((one for one in "\t;," if one in line), None)


def split(line: str, delimiter: str | None) -> tuple[str, ...]:
    """Split a line into its cells, without blanks and quotation marks around them.

    Examples
    --------
    >>> split('"a, b", 2,', ","), split("a  2", None)
    (('a, b', '2', ''), ('a', '2'))
    """
    if delimiter is None:
        return tuple(cell.strip('"') for cell in line.split())
    if '"' not in line:
        return tuple(cell.strip() for cell in line.split(delimiter))
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True)))
    except csv.Error:  # a cell longer than any number or name
        return tuple(cell.strip() for cell in line.split(delimiter))


def _parts(rows: Sequence[Row]) -> list[list[Row]]:
    """Begin a new table at every further heading."""
    parts: list[list[Row]] = []
    for row in rows:
        if not parts or row.cells == rows[0].cells or FIRST_CELL.fullmatch(row.cells[0]):
            parts.append([])
        parts[-1].append(row)
    return parts


def _sheet(part: Sequence[Row], where: str, remarks: list[Remark]) -> Sheet:
    heading = _without_empty_end(part[0].cells, 0)
    width = len(heading)
    rows = [Row(row.line, _without_empty_end(row.cells, width)) for row in part[1:]]
    if rows and all(len(row.cells) == width + 1 for row in rows):
        hint = "Which name belongs to which column cannot be told: give every column a name, also the first"
        found = f"{width + 1} in every row"
        raise StatsFormatError.at(where, expected=f"{width} cells, as in the heading", found=found, hint=hint)
    fitting = [row for row in rows if len(row.cells) == width]
    for row in rows:
        if len(row.cells) != width:
            found = f"{len(row.cells)} in the row of {row.cells[0][:40]!r}"
            text = wording(expected=f"{width} cells, as in the heading", found=found, hint="The row is left out")
            remarks.append(Remark(row.line, text))
    return Sheet(heading, tuple(fitting))


def _without_empty_end(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Take away empty cells at the end, down to a width: delimiters that end a line."""
    n = len(cells)
    while n > max(width, 1) and not cells[n - 1]:
        n -= 1
    return cells[:n]


def turned(sheet: Sheet) -> Sheet:
    """Make columns of the rows: ``--transpose`` writes one line a structure."""
    heading = (sheet.heading[0], *sheet.column(0))
    rows = [(name, *sheet.column(place)) for place, name in enumerate(sheet.heading[1:], start=1)]
    return Sheet(heading, tuple(Row(None, cells) for cells in rows), transposed=True)


def has_decimal_comma(cells: Iterable[str], where: str) -> bool:
    """Say whether numbers are written with a decimal comma.

    Raises
    ------
    StatsFormatError
        If a comma may as well part thousands.
    """
    texts = {cell for cell in cells if "," in cell or "." in cell}
    commas = {text for text in texts if _COMMA.fullmatch(text)}
    if not commas:
        return False
    points = {text for text in texts if _POINT.fullmatch(text)}
    if points or all(_THOUSANDS.fullmatch(text) for text in commas):
        found = f"{min(commas)!r}" + (f" beside {min(points)!r}" if points else "")
        hint = "Save it with decimal points and without marks for thousands"
        raise StatsFormatError.at(where, expected="one way to write numbers", found=found, hint=hint)
    return True


def number(cell: str, *, comma: bool) -> float:
    """Turn a cell into a number, NaN for a missing one.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> number("2,5", comma=True), number("n/a", comma=False)
    (2.5, nan)
    """
    if cell.casefold() in MISSING:
        return nan
    return to_number(cell.replace(",", ".") if comma else cell)


def subject_of(cell: str) -> str:
    """Give a subject's name, which is the last part of a path.

    Examples
    --------
    >>> subject_of("study/run1.out/sub-01/"), subject_of("sub-01.long.base")
    ('sub-01', 'sub-01.long.base')
    """
    return _FOLDER.split(cell.rstrip("/\\"))[-1]


def is_subject(name: str) -> bool:
    """Say whether a text may name a subject: there is one, and it is no essay."""
    return name.casefold() not in MISSING | _SUMMARIES and len(name) <= _LONGEST_ID
