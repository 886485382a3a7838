"""The rows of a stats file's table: one name and many numbers a line."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from fsstats._frames import FloatArray
from fsstats.errors import wording
from fsstats.parsers._header import Remark, is_number, to_number
from fsstats.schema import NAME_COLUMN

_NAME_WIDTH = 40  # mris_anatomical_stats prints names with %-40s and the count right behind with %5d
_COUNT_WIDTHS = (5, 6)
_LONGEST = 10_000
"""Characters of a line: no table has as many columns, and to split such a line would take many times its size."""
_ID_AND_COUNT = re.compile(r"(?P<index>[\d ]{4}) (?=.{5}\d)(?P<segid>[\d ]{6})(?P<count>[1-9]\d{5,})[ \t]")
"""mri_sclimbic_seg prints the id with %6d and the count right behind it with %6d."""
_CUT = "Is the file cut short? recon-all may have stopped early, or the disk was full"


class Row(NamedTuple):
    """One line of the table, in tokens."""

    line: int
    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The table's names and numbers, and what was wrong with it."""

    rows: tuple[Row, ...]
    numbers: FloatArray
    """Shape (n_rows, n_number_columns)."""
    remarks: tuple[Remark, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The structures' names, as printed."""
        return tuple([row.name for row in self.rows])


def read_rows(lines: Sequence[tuple[int, str]], columns: Sequence[str]) -> Table:
    """Split numbered data lines into names and numbers, by the names in ``ColHeaders``.

    A line that does not fit is left out whole and named; one that merely
    ran together (a name of 40 characters and more) is taken apart.
    """
    place, width = _place(columns, NAME_COLUMN), len(columns)
    remarks: list[Remark] = []
    rows: list[Row] = []
    for number, line in lines:
        if len(line) > _LONGEST:  # its words would take many times its size
            found = f"a line of {len(line)} characters"
            remarks.append(Remark(number, wording(expected=f"{width} columns", found=found)))
            continue
        tokens = _tokens(line)
        if len(tokens) == width:
            name = tokens.pop(place) if place is not None else ""
            rows.append(Row(number, name, tuple(tokens)))
        elif (row := _split_oddly(number, line, tokens, columns, remarks)) is not None:
            rows.append(row)
        else:
            remarks.append(_misfit(number, line, columns, last=number == lines[-1][0]))
    numeric = number_columns(columns)
    return _numbers(_once(rows, _place(numeric, "SegId"), remarks), numeric, remarks)


def number_columns(columns: Sequence[str]) -> list[str]:
    """Give the columns that hold numbers: all but the structures' names."""
    return [column for column in columns if column != NAME_COLUMN]


def _place(columns: Sequence[str], name: str) -> int | None:
    return columns.index(name) if name in columns else None


def _tokens(line: str) -> list[str]:
    """Split at blanks and tabs only: a no-break space inside a number must not make two of it."""
    return line.split() if line.isascii() else [token for token in re.split(r"[ \t]+", line.strip()) if token]


def _misfit(number: int, line: str, columns: Sequence[str], *, last: bool) -> Remark:
    expected = f"{len(columns)} columns ({' '.join(columns)})"
    shown = line.strip() if len(line.strip()) <= 60 else line.strip()[:57] + "..."
    found = f"{len(line.split())} ({shown!r})"
    return Remark(number, wording(expected=expected, found=found, hint=_CUT if last else ""))


def _split_oddly(
    number: int, line: str, tokens: list[str], columns: Sequence[str], remarks: list[Remark]
) -> Row | None:
    """Take apart a line with too many or too few tokens; None if it cannot be done for sure."""
    place, width = _place(columns, NAME_COLUMN), len(columns)
    if place is None:
        return None
    if len(tokens) > width:
        return _join_name(number, tokens, place, len(tokens) - width + 1, remarks)
    if len(tokens) == width - 1:
        return _unfuse(number, tokens, remarks) if place == 0 else _part_id(number, line, columns, remarks)
    return None


def _join_name(number: int, tokens: list[str], place: int, length: int, remarks: list[Remark]) -> Row | None:
    """Take the middle tokens for a name with blanks, unless a number at its edge may be one of the row's."""
    words = tokens[place : place + length]
    edges = [words[0]] * (place > 0) + [words[-1]]
    if any(is_number(word) for word in edges):
        return None
    name = " ".join(words)
    remarks.append(Remark(number, f"the name {name!r} has blanks", loss=False))
    return Row(number, name, (*tokens[:place], *tokens[place + length :]))


def _unfuse(number: int, tokens: list[str], remarks: list[Remark]) -> Row | None:
    """Part a long name from the count behind it: only if just one split is possible."""
    if len(tokens) == 1:  # no area to hold the count against
        return None
    fused, area = tokens[0], tokens[1]
    splits = [(fused[:-width], fused[-width:]) for width in _COUNT_WIDTHS if _is_split(fused, width, area)]
    if len(splits) != 1:
        return None
    name, count = splits[0]
    text = f"name and count had run together ({fused!r}); read as {name!r} and {count}"
    remarks.append(Remark(number, text, loss=False))
    return Row(number, name, (count, *tokens[1:]))


def _part_id(number: int, line: str, columns: Sequence[str], remarks: list[Remark]) -> Row | None:
    """Part an id from a count of six digits or more behind it, by the places in the line at which they are printed."""
    found = _ID_AND_COUNT.match(line)
    if found is None or list(columns[:3]) != ["Index", "SegId", "NVoxels"]:
        return None
    segid, count = found["segid"].strip(), found["count"]
    tokens = [found["index"].strip(), segid, count, *_tokens(line[found.end() :])]
    if len(tokens) != len(columns):  # something else had run together
        return None
    name = tokens.pop(columns.index(NAME_COLUMN))
    text = f"id and count of {name} had run together ({segid}{count}); read as {segid} and {count}"
    remarks.append(Remark(number, text, loss=False))
    return Row(number, name, tuple(tokens))


def _is_split(fused: str, width: int, area: str) -> bool:
    """Say whether the last `width` characters may be the count: digits, no leading 0, a vertex of 0.2 to 2 mm^2."""
    count = fused[-width:]
    if len(fused) - width < _NAME_WIDTH or not count.isdecimal() or count[0] == "0":
        return False
    try:
        return 0.2 <= to_number(area) / int(count) <= 2
    except ValueError:
        return False


def _once(rows: list[Row], segid: int | None, remarks: list[Remark]) -> list[Row]:
    """Keep a row that stands twice once; where two rows of one structure differ, keep neither."""
    if len({row.name for row in rows}) == len(rows):
        return rows
    kept = {(row.name, row.numbers): row for row in reversed(rows)}
    if len(kept) < len(rows):
        text = f"{len(rows) - len(kept)} rows stand twice with the same numbers; each is used once"
        remarks.append(Remark(None, text, loss=False))
    single = list(reversed(kept.values()))
    structures = [(row.name, row.numbers[segid] if segid is not None else "") for row in single]
    counts = Counter(structures)
    for name, _ in [structure for structure, count in counts.items() if count > 1]:
        text = wording(expected=f"one row for {name}", found="rows that differ", hint="None of them is used")
        remarks.append(Remark(None, text))
    return [row for row, structure in zip(single, structures, strict=True) if counts[structure] == 1]


def _numbers(rows: list[Row], columns: Sequence[str], remarks: list[Remark]) -> Table:
    try:
        flat = list(chain.from_iterable([row.numbers for row in rows]))
        _refuse_lookalikes(flat)
        numbers = np.array([*map(float, flat)], dtype=np.float64).reshape(len(rows), len(columns))
        if np.isinf(numbers).any():
            numbers = np.array([*map(to_number, flat)]).reshape(numbers.shape)  # those too large for a float are none
    except ValueError:
        return _numbers([row for row in rows if _is_numeric(row, remarks)], columns, remarks)
    return Table(tuple(rows), numbers, tuple(remarks))


def _refuse_lookalikes(tokens: list[str]) -> None:
    """Raise on what Python takes for a number and C does not (``1_000``, other scripts' digits)."""
    joined = " ".join(tokens)
    if "_" in joined or not joined.isascii():
        raise ValueError(joined)


def _is_numeric(row: Row, remarks: list[Remark]) -> bool:
    wrong = next((token for token in row.numbers if not is_number(token)), None)
    if wrong is not None:
        text = wording(expected="a number", found=f"{wrong!r} in the row of {row.name}", hint="The row is left out")
        remarks.append(Remark(row.line, text))
    return wrong is None
