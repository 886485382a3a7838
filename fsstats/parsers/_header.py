"""The ``#`` lines of a stats file: fields, ``Measure`` lines and the description of the table's columns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isinf, isnan, nan
from typing import NamedTuple

from fsstats.errors import wording
from fsstats.schema import global_measures

_TABLE_COLUMN = re.compile(r"TableCol\s+(\d{1,9})\s+(ColHeader|FieldName|Units)\b\s*(.*)")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_MEASURES = ("Measure", "surface-based-volume")
"""The first words of lines that hold a Measure."""
_FORM = "'key, field, description, value, unit'"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in a file that is not as it should be."""

    line: int | None
    """Line number from 1, or None for the file as a whole."""
    text: str
    loss: bool = True
    """Whether values are missing because of it."""

    def at(self, where: str) -> str:
        """Say it with the file and the line in front."""
        place = f"{where}:{self.line}" if self.line else where
        return f"{place}: {self.text}"


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One ``# Measure`` line, as printed."""

    key: str
    field: str
    description: str
    value: float
    unit: str


@dataclass(slots=True)
class Header:
    """What the header says, collected line by line."""

    fields: dict[str, str] = field(default_factory=dict)
    measures: dict[str, MeasureLine] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    column_info: dict[int, dict[str, str]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def declared_columns(self) -> dict[int, str]:
        """Give the names in the ``TableCol n ColHeader`` lines, by n."""
        return {n: about["ColHeader"] for n, about in self.column_info.items() if "ColHeader" in about}

    def count(self, key: str) -> int | None:
        """Give a declared count (NRows, NTableCols); None if there is none."""
        printed = self.fields.get(key, "")
        return int(printed) if printed.isdecimal() and printed.isascii() and len(printed) < 10 else None

    def unit_of(self, index: int) -> str:
        """Give the printed unit of a table column, counted from 0; '' where there is none."""
        return self.column_info.get(index + 1, {}).get("Units", "")


def to_number(token: str) -> float:
    """Turn a printed number into a float, and nothing else: no ``1_000``, no decimal comma, none too large for it.

    Examples
    --------
    >>> to_number("-nan"), to_number("1.5e3")
    (nan, 1500.0)
    """
    if "_" in token or not token.isascii():
        raise ValueError(token)
    number = float(token)
    if isinf(number) and "n" not in token.lower():  # "inf" says so itself
        raise ValueError(token)
    return number


def is_number(token: str) -> bool:
    """Say whether a token is a printed number.

    Examples
    --------
    >>> is_number("-nan"), is_number("1,5")
    (True, False)
    """
    try:
        to_number(token)
    except ValueError:
        return False
    return True


def read_header(lines: Iterable[tuple[int, str]]) -> Header:
    """Read numbered header lines (``#`` and all) into a `Header`."""
    header = Header()
    for number, line in lines:
        key, value, said = _take_apart(line)
        if isinstance(said, _TableColumn):
            index, what, text = said
            header.column_info.setdefault(index, {})[what] = text
        elif key in _MEASURES:
            _read_measure(header, number, value, said)
        elif key == "ColHeaders":
            _read_columns(header, number, tuple(value.split()))
        elif key:
            _read_field(header, number, key, value)
    return header


class _TableColumn(NamedTuple):
    """What one ``TableCol`` line says of a column."""

    number: int
    what: str
    text: str


@lru_cache(maxsize=2048)
def _take_apart(line: str) -> tuple[str, str, _TableColumn | MeasureLine | None]:
    """Part a header line into its first word and the rest, and read a line of a known form.

    Kept, because most lines stand in every file of a kind or of a subject.
    """
    text = line.lstrip().lstrip("#").strip()
    key, _, value = text.partition(" ")
    if key == "TableCol" and (found := _TABLE_COLUMN.match(text)):
        return key, value, _TableColumn(int(found[1]), found[2], found[3].strip())
    return key, value, _measure_line(key, value) if key in _MEASURES else None


def _read_columns(header: Header, number: int, columns: tuple[str, ...]) -> None:
    if header.columns is not None and columns != header.columns:
        text = wording(expected="one table", found="a second table with other columns")
        header.remarks.append(Remark(number, text))
    header.columns = header.columns or columns


def _read_field(header: Header, number: int, key: str, value: str) -> None:
    if "# Measure " in value:
        text = wording(expected="a Measure on a line of its own", found=f"it behind {key}: two lines ran together")
        header.remarks.append(Remark(number, text))
    value = value.strip()
    known = header.fields.setdefault(key, value)
    if known != value and value not in known.split("\n"):
        header.fields[key] = f"{known}\n{value}"


def _measure_line(key: str, text: str) -> MeasureLine | None:
    """Read what stands behind ``Measure`` or ``surface-based-volume``; None if that is of no known form."""
    parts = _measure_parts(text) if key == "Measure" else _surface_parts(key, text)
    try:
        key, name, description, printed, unit = parts
        return MeasureLine(key, name, description, to_number(printed), unit)
    except ValueError:
        return None


def _surface_parts(key: str, text: str) -> list[str]:
    unit, name, printed = [*text.split(), "", "", ""][:3]
    return [key, name, "", printed, unit.replace("mm3", "mm^3")]


def _measure_parts(text: str) -> list[str]:
    """Split into key, field, description, value and unit; no parts if the line is of no known form.

    A number where none belongs says that a comma was a decimal or thousands
    separator; a number sign says that two lines ran together.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 3:  # SAMSEG: name, value, unit
        parts = [parts[0], parts[0], "", *parts[1:]]
    elif len(parts) == 4:  # FreeSurfer 6 forgot the comma behind CortexVol
        name, _, description = parts[1].partition(" ")
        parts = [parts[0], name, description.strip(), *parts[2:]]
    numbers = [*map(_NUMBER.match, parts)]
    if len(parts) < 5 or "#" in text or any(numbers[:-2]) or numbers[-1]:
        return []
    return [*parts[:2], ", ".join(parts[2:-2]), *parts[-2:]]


def _read_measure(header: Header, number: int, printed: str, line: MeasureLine | None) -> None:
    if line is None:
        text = wording(expected=f"a Measure line as {_FORM}", found=repr(printed))
        header.remarks.append(Remark(number, text))
        return
    name = line.field
    known = global_measures().get(name)
    if known and known.zero_is_missing and line.value == 0:
        line = replace(line, value=nan)
        header.remarks.append(Remark(number, f"{name} is printed as 0, which cannot be; taken as missing"))
    before = header.measures.setdefault(name, line)
    if before.value != line.value and not (isnan(before.value) and isnan(line.value)):
        header.measures[name] = replace(before, value=nan)
        found = f"{before.value:g} and {line.value:g}"
        text = wording(expected=f"one value of {name}", found=found, hint="Neither is used")
        header.remarks.append(Remark(number, text))
