"""The ``#`` lines of a stats file: fields, ``Measure`` lines and the description of the table's columns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import isnan, nan

from fsstats.errors import wording
from fsstats.schema import global_measures

_TABLE_COLUMN = re.compile(r"TableCol\s+(\d{1,9})\s+(ColHeader|FieldName|Units)\b\s*(.*)")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
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
    """Turn a printed number into a float, and nothing else: no ``1_000``, no decimal comma.

    Examples
    --------
    >>> to_number("-nan"), to_number("1.5e3")
    (nan, 1500.0)
    """
    if "_" in token or not token.isascii():
        raise ValueError(token)
    return float(token)


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
        text = line.lstrip().lstrip("#").strip()
        if text:
            _read_line(header, number, text)
    return header


def _read_line(header: Header, number: int, text: str) -> None:
    key, _, value = text.partition(" ")
    if key == "Measure":
        _read_measure(header, number, value, _measure_parts(value))
    elif key == "surface-based-volume":
        unit, name, printed = [*value.split(), "", "", ""][:3]
        _read_measure(header, number, value, [key, name, "", printed, unit.replace("mm3", "mm^3")])
    elif key == "TableCol" and (column := _TABLE_COLUMN.match(text)):
        header.column_info.setdefault(int(column[1]), {})[column[2]] = column[3].strip()
    elif key == "ColHeaders":
        _read_columns(header, number, tuple(value.split()))
    else:
        if "# Measure " in value:
            text = wording(expected="a Measure on a line of its own", found=f"it behind {key}: two lines ran together")
            header.remarks.append(Remark(number, text))
        _keep(header, key, value.strip())


def _read_columns(header: Header, number: int, columns: tuple[str, ...]) -> None:
    if header.columns is not None and columns != header.columns:
        text = wording(expected="one table", found="a second table with other columns")
        header.remarks.append(Remark(number, text))
    header.columns = header.columns or columns


def _keep(header: Header, key: str, value: str) -> None:
    known = header.fields.get(key)
    repeated = known is not None and value not in known.split("\n")
    header.fields[key] = f"{known}\n{value}" if repeated else (value if known is None else known)


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
    if len(parts) < 5 or "#" in text or any(_NUMBER.match(part) for part in (*parts[:-2], parts[-1])):
        return []
    return [*parts[:2], ", ".join(parts[2:-2]), *parts[-2:]]


def _read_measure(header: Header, number: int, printed_line: str, parts: list[str]) -> None:
    try:
        key, name, description, printed, unit = parts
        value = to_number(printed)
    except ValueError:
        text = wording(expected=f"a Measure line as {_FORM}", found=repr(printed_line))
        header.remarks.append(Remark(number, text))
        return
    known = global_measures().get(name)
    if known and known.zero_is_missing and value == 0:
        value = nan
        header.remarks.append(Remark(number, f"{name} is printed as 0, which cannot be; taken as missing"))
    before = header.measures.setdefault(name, MeasureLine(key, name, description, value, unit))
    if before.value != value and not (isnan(before.value) and isnan(value)):
        header.measures[name] = replace(before, value=nan)
        text = wording(expected=f"one value of {name}", found=f"{before.value:g} and {value:g}", hint="Neither is used")
        header.remarks.append(Remark(number, text))
