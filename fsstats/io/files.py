"""Tables on disk: Parquet, CSV and TSV, each with a JSON sidecar that describes every column."""

import csv
import json
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fsstats._frames import categorical, to_category
from fsstats._version import __version__
from fsstats.errors import TableError, UnknownNameError
from fsstats.io._replace import replacing
from fsstats.io._sidecar import GENERATOR, describe_columns, is_ours
from fsstats.schema import FILES, LONG, SCHEMA_VERSION, SUBJECT_KEY

PathLike = str | os.PathLike[str]
SUFFIXES: Final = (".parquet", ".csv", ".tsv")
_SEPARATOR: Final = {".csv": ",", ".tsv": "\t"}
_MISSING: Final = {".csv": "", ".tsv": "n/a"}
_IDENTITIES: Final = ("participant_id", "subject", "session", "session_id", "stream")
_EXACT: Final[dict[str, Any]] = (
    {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}
)
"""Read every float as it was written; from pandas 3.1 that is the default, and saying so is deprecated."""
_STRINGS: Final = pd.StringDtype(na_value=float("nan"))
_CATEGORIES: Final = [name for name in LONG if name != "value"] + ["name_found"]


def write_table(table: pd.DataFrame, path: PathLike, *, provenance: Mapping[str, object] | None = None) -> None:
    """Write a table, and beside it a JSON sidecar that describes its columns.

    Parameters
    ----------
    table : DataFrame
        A long, wide, files or other table. Its index is not written.
    path : path
        Where to; the suffix decides: ``.parquet``, ``.csv`` or ``.tsv``. The sidecar has the suffix ``.json``.
    provenance : mapping, optional
        What else to record of where the values come from: JSON types only. It goes into the sidecar and
        into a Parquet file's metadata under the key ``fsstats``.

    Raises
    ------
    UnknownNameError
        If the suffix is none of these.
    TableError
        If the sidecar's name is taken by a file that fsstats did not write.
    OSError
        If it cannot be written; then an older file of that name is as it was.

    See Also
    --------
    read_table : Gives the same table back.

    Notes
    -----
    Missing values are empty in CSV and ``n/a`` in TSV, as BIDS has it. Strings are dictionary-encoded in
    Parquet. Each file is written under a temporary name and then moved.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(pd.DataFrame({"subject": ["sub-01"], "value": [3.0]}), pathlib.Path(folder, "t.tsv"))
    ...     print(pathlib.Path(folder, "t.tsv").read_text().split())
    ['subject', 'value', 'sub-01', '3.0']
    """
    write_tables({Path(path): table}, provenance=provenance)


def write_tables(tables: Mapping[Path, pd.DataFrame], *, provenance: Mapping[str, object] | None = None) -> None:
    """Write several tables with their sidecars: all are in place at the end, or none."""
    paths = {path: _checked(path) for path in tables}
    outputs = [name for path, sidecar in paths.items() for name in (sidecar, path)]
    with replacing(outputs) as partial:
        for (path, table), sidecar, data in zip(tables.items(), partial[::2], partial[1::2], strict=True):
            described = _description(table, provenance or {})
            sidecar.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            _write(table, data, path.suffix, described)


def suffix_of(path: PathLike) -> str:
    """Give a path's suffix, if a table can be written there."""
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        raise UnknownNameError.among("table format", suffix or Path(path).name, SUFFIXES)
    return suffix


def _checked(path: Path) -> Path:
    """Give the sidecar's path, once it is sure that both may be written."""
    suffix_of(path)
    sidecar = path.with_suffix(".json")
    if sidecar.exists() and not is_ours(sidecar):
        message = f"{sidecar} is there and was not written by fsstats; choose another name for {path.name}"
        raise TableError(message)
    return sidecar


def _description(table: pd.DataFrame, provenance: Mapping[str, object]) -> dict[str, object]:
    about = {"Name": GENERATOR, "Version": __version__, "SchemaVersion": SCHEMA_VERSION, **provenance}
    return {**describe_columns(table), "GeneratedBy": about}


def _write(table: pd.DataFrame, path: Path, suffix: str, described: Mapping[str, object]) -> None:
    if suffix == ".parquet":
        _write_parquet(table, path, described)
    else:
        table.to_csv(path, sep=_SEPARATOR[suffix], na_rep=_MISSING[suffix], index=False, lineterminator="\n")


def _write_parquet(table: pd.DataFrame, path: Path, described: Mapping[str, object]) -> None:
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    metadata = {**(arrow.schema.metadata or {}), b"fsstats": json.dumps(described).encode()}
    numbers = [field.name for field in arrow.schema if pa.types.is_floating(field.type)]
    others = [field.name for field in arrow.schema if field.name not in numbers]
    pq.write_table(
        arrow.replace_schema_metadata(metadata),
        path,
        compression="zstd",
        compression_level=1,
        use_dictionary=others,  # type: ignore[arg-type]  # pyarrow-stubs knows only bool
        use_byte_stream_split=numbers,  # type: ignore[arg-type]  # likewise
    )


def read_table(path: PathLike) -> pd.DataFrame:
    """Read a table that `write_table` wrote, or any other CSV, TSV or Parquet table.

    Parameters
    ----------
    path : path
        A ``.parquet``, ``.csv`` or ``.tsv`` file.

    Returns
    -------
    DataFrame
        A long table has its strings as categories in order of first appearance, as `load` gives it,
        whatever the format. Subjects and sessions are always strings (``007`` stays ``007``).

    Raises
    ------
    UnknownNameError
        If the suffix is none of these.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pd.DataFrame({"subject": ["007"], "age": [31.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(table, pathlib.Path(folder, "t.csv"))
    ...     read_table(pathlib.Path(folder, "t.csv")).equals(table)
    True
    """
    suffix = suffix_of(path)
    table = pq.read_table(Path(path)).to_pandas() if suffix == ".parquet" else _read_text(Path(path), suffix)
    return _as_loaded(table)


def _read_text(path: Path, suffix: str) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file, delimiter=_SEPARATOR[suffix]), [])
    texts = _text_columns(columns)
    kept = [_MISSING[suffix], ""]
    other = [*kept, "n/a", "NA", "NaN", "nan"]
    table: pd.DataFrame = pd.read_csv(
        path,
        sep=_SEPARATOR[suffix],
        dtype=dict.fromkeys(texts, _STRINGS),
        keep_default_na=False,
        na_values={name: kept if name in texts else other for name in columns},
        **_EXACT,
        encoding="utf-8-sig",
    )
    return table


def _text_columns(columns: Sequence[str]) -> list[str]:
    """Tell which columns hold text whatever it looks like."""
    ours: Collection[str] = ()
    if set(LONG) <= set(columns):
        ours = _CATEGORIES
    elif set(FILES) <= set(columns):
        ours = [name for name in FILES if name != "n_values"]
    return [name for name in columns if name in ours or name in _IDENTITIES]


def _as_loaded(table: pd.DataFrame) -> pd.DataFrame:
    """Give the columns the types that they have in memory."""
    if set(LONG) <= set(table.columns):
        names = [name for name in table.columns if name in _CATEGORIES or table[name].dtype == "category"]
        table = table.assign(**{name: _category(table[name]) for name in names})
        return table.astype({"segid": "Int64"}) if "segid" in table.columns else table
    texts = [*SUBJECT_KEY, *(name for name in FILES if set(FILES) <= set(table.columns) and name != "n_values")]
    return table.astype({name: _STRINGS for name in texts if name in table.columns})


def _category(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        found = categorical(column.cat.codes.to_numpy(), [str(name) for name in column.cat.categories])
        return pd.Series(found, index=column.index, name=column.name)
    return to_category(column)
