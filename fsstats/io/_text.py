"""Delimited text: every cell is read as it stands, and becomes a number only if all of its column are numbers."""

import codecs
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc_csv

from fsstats.errors import TableError, wording
from fsstats.io._stores import is_remote, whole_source

SEPARATOR: Final = {".csv": ",", ".tsv": "\t"}
MISSING: Final = {".csv": "", ".tsv": "n/a"}
"""How a missing value is written: empty, or as BIDS has it."""
STRINGS: Final = pd.StringDtype(na_value=float("nan"))
_MISSING_ELSEWHERE: Final = ("", "n/a", "N/A", "NA", "NaN", "nan")
"""How others write a missing value in a column that is not a name."""
_MARKS_OF_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LEADING_ZERO: Final = r"^[+-]?0[0-9]"
_WHOLE: Final = r"^[+-]?[0-9]{1,18}$"
_LONGEST: Final = 65536
"""Characters of a first line that are looked at."""


def require_writable(table: pd.DataFrame, suffix: str) -> None:
    """Raise if a text of the table would not read back the same."""
    for name in table.columns:
        column = table[name]
        if isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype) or column.dtype == object:
            texts = [text for text in column.dropna().unique() if isinstance(text, str)]
            bad = next((text for text in texts if text == MISSING[suffix] or "\r" in text), None)
            if bad is not None:
                message = f"{bad!r} in column {name!r} cannot be written to {suffix} and read back; write .parquet"
                raise TableError(message)


def write_delimited(table: pd.DataFrame, path: Path, suffix: str, *, mode: Literal["w", "a"] = "w") -> None:
    """Write a table, or add its rows to what is there."""
    form = {"sep": SEPARATOR[suffix], "na_rep": MISSING[suffix], "lineterminator": "\n"}
    table.to_csv(path, mode=mode, header=mode == "w", index=False, **form)  # type: ignore[call-overload]


def read_text(path: Path, is_text: Callable[[str, Iterable[str]], bool]) -> pd.DataFrame:
    """Read a delimited text file; `is_text` tells which columns stay text whatever they look like."""
    suffix = path.suffix
    _refuse_utf16(path)
    cells = _cells(path, suffix)
    names = cells.column_names
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        message = f"{path}: expected columns with names of their own, found {repeated!r} twice"
        raise TableError(message)
    _require_closed_quotes(path, cells)
    texts = {name: column.to_pandas().astype(STRINGS) for name, column in zip(names, cells.columns, strict=True)}
    columns = {
        name: _without(text, ("", MISSING[suffix])) if is_text(name, names) else _infer(text)
        for name, text in texts.items()
    }
    return pd.DataFrame(columns, columns=names)


def _cells(path: Path, suffix: str) -> pa.Table:
    try:
        return pc_csv.read_csv(
            whole_source(path),
            parse_options=pc_csv.ParseOptions(delimiter=SEPARATOR[suffix], newlines_in_values=True),
            convert_options=pc_csv.ConvertOptions(column_types=_all_text(path, suffix), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        _refuse_other_separator(path, SEPARATOR[suffix])
        raise


def _refuse_other_separator(path: Path, due: str) -> None:
    """Refuse what spreadsheet programs write where the decimal mark is a comma: semicolons, and commas in numbers."""
    if is_remote(path):
        return
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        names = file.readline(_LONGEST).rstrip("\n")
    mark = next((one for one in ";|\t" if one in names and due not in names), None)
    if mark is not None:
        hint = f"Save it again with {due!r} between the columns, and with points in numbers (50.5, not 50,5)"
        text = wording(expected=f"columns parted by {due!r}", found=f"{mark!r} in {names[:60]!r}", hint=hint)
        raise TableError(f"{path}: {text}")


def _refuse_utf16(path: Path) -> None:
    """Refuse what spreadsheet programs call Unicode text, on this machine: elsewhere that were a request more."""
    if is_remote(path):
        return
    with path.open("rb") as file:
        start = file.read(2)
    if start in _MARKS_OF_UTF16:
        text = wording(expected="text in UTF-8", found="UTF-16", hint="Save it again as CSV UTF-8")
        raise TableError(f"{path}: {text}")


def _require_closed_quotes(path: Path, cells: pa.Table) -> None:
    """Raise if a quotation mark was opened and never closed: all that follows has become one cell."""
    last = str(cells.column(cells.num_columns - 1)[-1]) if len(cells) else ""
    if last.endswith("\n") and not path.read_bytes().rstrip(b"\r\n").endswith(b'"'):
        message = f"{path}: a quotation mark is opened and never closed; expected it around whole cells only"
        raise TableError(message)


def _all_text(path: Path, suffix: str) -> pa.Schema:
    """Read the names in the first line, each as text."""
    options = pc_csv.ParseOptions(delimiter=SEPARATOR[suffix], newlines_in_values=True)
    with pc_csv.open_csv(whole_source(path), parse_options=options) as reader:
        names = reader.schema.names
    return pa.schema([(name, pa.string()) for name in dict.fromkeys(names)])


def _without(texts: pd.Series, missing: Sequence[str]) -> pd.Series:
    return texts.where(~texts.isin(missing))


def _infer(texts: pd.Series) -> pd.Series:
    """Make a column numbers or truth values if every cell of it is one, else leave it text."""
    texts = _without(texts, _MISSING_ELSEWHERE)
    present = texts.dropna()
    if present.str.match(_LEADING_ZERO).any():
        return texts
    if len(present) == len(texts) > 0:
        if present.str.match(_WHOLE).all():
            return texts.astype("int64")
        if present.isin(["True", "False"]).all():
            return texts == "True"
    try:
        return pd.Series(pa.array(texts, from_pandas=True).cast(pa.float64()).to_pandas(), dtype="float64")
    except pa.ArrowInvalid:
        return texts
