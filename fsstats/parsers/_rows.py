"""The rows of a stats file's table: one name and many numbers a line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsstats._frames import FloatArray
from fsstats.errors import wording
from fsstats.parsers._header import Remark, to_number
from fsstats.schema import NAME_COLUMN

_NAME_WIDTH = 40  # mris_anatomical_stats prints names with %-40s and the count right behind with %5d
_COUNT_WIDTHS = (5, 6)
_CUT = "Is the file cut short? recon-all may have stopped early, or the disk was full"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in tokens."""

    line: int
    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The table's names and numbers, and what was wrong with it."""

    names: tuple[str, ...]
    numbers: FloatArray
    """Shape (n_rows, n_number_columns)."""
    remarks: tuple[Remark, ...]


def read_rows(lines: Sequence[tuple[int, str]], columns: Sequence[str]) -> Table:
    """Split numbered data lines into names and numbers, by the names in ``ColHeaders``.

    A line that does not fit is left out whole and named; one that merely
    ran together (a name of 40 characters and more) is taken apart.
    """
    place = columns.index(NAME_COLUMN) if NAME_COLUMN in columns else None
    remarks: list[Remark] = []
    rows: list[Row] = []
    for number, line in lines:
        tokens = line.split()
        if len(tokens) == len(columns):
            name = tokens.pop(place) if place is not None else ""
            rows.append(Row(number, name, tuple(tokens)))
        elif (row := _split_oddly(number, line, len(columns), place, remarks)) is not None:
            rows.append(row)
        else:
            remarks.append(_misfit(number, line, columns, last=number == lines[-1][0]))
    numeric = [column for column in columns if column != NAME_COLUMN]
    segid = numeric.index("SegId") if "SegId" in numeric else None
    return _numbers(_once(rows, segid, remarks), len(numeric), remarks)


def _misfit(number: int, line: str, columns: Sequence[str], *, last: bool) -> Remark:
    expected = f"{len(columns)} columns ({' '.join(columns)})"
    shown = line.strip() if len(line.strip()) <= 60 else line.strip()[:57] + "..."
    found = f"{len(line.split())} ({shown!r})"
    return Remark(number, wording(expected=expected, found=found, hint=_CUT if last else ""))


def _split_oddly(number: int, line: str, width: int, place: int | None, remarks: list[Remark]) -> Row | None:
    """Take apart a line with too many or too few tokens; None if it cannot be done for sure."""
    tokens = line.split()
    if place is None:
        return None
    if len(tokens) > width:  # a name with blanks: the numbers on both sides are sure
        head = line.split(None, place)
        tail = head[-1].rsplit(None, width - place - 1)
        return Row(number, tail[0].strip(), (*head[:place], *tail[1:]))
    if len(tokens) == width - 1 and place == 0:
        return _unfuse(number, tokens, remarks)
    return None


def _unfuse(number: int, tokens: list[str], remarks: list[Remark]) -> Row | None:
    """Part a long name from the count behind it: only if just one split is possible."""
    fused, area = tokens[0], tokens[1]
    splits = [(fused[:-width], fused[-width:]) for width in _COUNT_WIDTHS if _is_split(fused, width, area)]
    if len(splits) != 1:
        return None
    name, count = splits[0]
    text = f"name and count had run together ({fused!r}); read as {name!r} and {count}"
    remarks.append(Remark(number, text, loss=False))
    return Row(number, name, (count, *tokens[1:]))


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


def _numbers(rows: list[Row], width: int, remarks: list[Remark]) -> Table:
    try:
        flat = [token for row in rows for token in row.numbers]
        _refuse_lookalikes(flat)
        numbers = np.array([float(token) for token in flat], dtype=np.float64).reshape(len(rows), width)
    except ValueError:
        rows = [row for row in rows if _is_numeric(row, remarks)]
        return _numbers(rows, width, remarks)
    return Table(tuple(row.name for row in rows), numbers, tuple(remarks))


def _refuse_lookalikes(tokens: list[str]) -> None:
    """Raise on what Python takes for a number and C does not (``1_000``, other scripts' digits)."""
    joined = " ".join(tokens)
    if "_" in joined or not joined.isascii():
        raise ValueError(joined)


def _is_numeric(row: Row, remarks: list[Remark]) -> bool:
    for token in row.numbers:
        try:
            to_number(token)
        except ValueError:
            text = wording(expected="a number", found=f"{token!r} in the row of {row.name}", hint="The row is left out")
            remarks.append(Remark(row.line, text))
            return False
    return True
