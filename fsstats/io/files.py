"""Tables on disk: Parquet, CSV and TSV, each with a JSON sidecar that describes every column."""

import errno
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fsstats._frames import categorical, to_category
from fsstats._version import __version__
from fsstats.errors import FsstatsError, TableError, UnknownNameError, wording
from fsstats.io._choice import Choice, Coded, Finder, choice_of, selected
from fsstats.io._given import not_there
from fsstats.io._parquet import COMPRESSION, content_of, parts_of, read_parquet
from fsstats.io._replace import replacing
from fsstats.io._sidecar import GENERATOR, describe_columns, is_ours
from fsstats.io._stores import PathLike, is_folder, is_there, path_of, path_to_write, require_place
from fsstats.io._text import SEPARATOR, STRINGS, read_text, require_writable, write_delimited
from fsstats.schema import DETAIL_COLUMNS, FILES, LONG, SCHEMA_VERSION
from fsstats.tables.problems import PROBLEMS

SUFFIXES: Final = (".parquet", *SEPARATOR)
_SPREADSHEETS: Final = (".xlsx", ".xls", ".ods")
_OWN: Final = (*LONG, *DETAIL_COLUMNS)
IDENTITIES: Final = ("participant_id", "subject", "session", "session_id", "stream")
"""Columns that are text whatever they look like, in any table."""
_TEXTS: Final = frozenset((*LONG, *FILES, *PROBLEMS, *IDENTITIES, "name_found"))
"""Columns that are text in some table."""


def write_table(table: pd.DataFrame, path: PathLike, *, provenance: Mapping[str, object] | None = None) -> None:
    """Write a table, and beside it a JSON sidecar that describes its columns.

    Parameters
    ----------
    table : DataFrame
        A long, wide, files or other table. Its index is not written.
    path : path
        Where to, also in a bucket (``s3://…``); the suffix decides: ``.parquet``, ``.csv`` or ``.tsv``. The sidecar
        has the suffix ``.json``.
    provenance : mapping, optional
        What else to record of where the values come from: JSON types only. It goes into the sidecar and
        into a Parquet file's metadata under the key ``fsstats``.

    Raises
    ------
    UnknownNameError
        If the suffix is none of these.
    TableError
        If the sidecar's name is taken by a file that fsstats did not write, or the table cannot be
        written so that it reads back the same.
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
    write_tables({path_to_write(path): table}, provenance=provenance)


def write_tables(tables: Mapping[Path, pd.DataFrame], *, provenance: Mapping[str, object] | None = None) -> None:
    """Write several tables with their sidecars: all are in place at the end, or none."""
    require_places(tables)
    for path, table in tables.items():
        _require_plain(table, path.suffix)
    outputs = [name for path in tables for name in (path.with_suffix(".json"), path)]
    with replacing(outputs) as partial:
        for (path, table), sidecar, data in zip(tables.items(), partial[::2], partial[1::2], strict=True):
            described = description_of(table, provenance or {})
            write_sidecar(described, sidecar)
            write_whole(table, data, path.suffix, described)


def require_places(paths: Iterable[Path]) -> None:
    """Raise unless tables can be written there: a known suffix, an existing folder, no stranger's sidecar."""
    for path in paths:
        require_suffix(path)
        require_place(path)
        sidecar = path.with_suffix(".json")
        for name in (path, sidecar):
            if is_folder(name):
                raise IsADirectoryError(errno.EISDIR, "a folder has this name", str(name))
        require_own_sidecar(path)


def require_own_sidecar(path: Path) -> None:
    """Raise if the name of a table's sidecar is taken by a stranger's file."""
    sidecar = path.with_suffix(".json")
    if is_there(sidecar) and not is_ours(sidecar):
        message = f"{sidecar} is there and was not written by fsstats; choose another name for {path.name}"
        raise TableError(message)


def require_suffix(path: Path) -> None:
    """Raise unless the suffix of a table tells its format."""
    if path.suffix not in SUFFIXES:
        raise unknown_format(path)


def unknown_format(path: Path, hint: str = "") -> UnknownNameError:
    """Say what the name of a table ends in."""
    text = f"a name that ends in {', '.join(SUFFIXES)}, which decides the format"
    return UnknownNameError(f"{path}: {wording(expected=text, found=path.suffix or 'none of these', hint=hint)}")


def _require_plain(table: pd.DataFrame, suffix: str) -> None:
    if isinstance(table.columns, pd.MultiIndex):
        message = "a table whose columns have several levels cannot be written; make it by to_wide with a sep"
        raise TableError(message)
    if suffix in SEPARATOR:
        require_writable(table, suffix)


def write_sidecar(described: Mapping[str, object], path: Path) -> None:
    """Write the description of a table."""
    path.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def description_of(table: pd.DataFrame, provenance: Mapping[str, object]) -> dict[str, object]:
    """Describe a table: its columns, who made it, and where the values come from."""
    about = {"Name": GENERATOR, "Version": __version__, "SchemaVersion": SCHEMA_VERSION, **provenance}
    return {**describe_columns(table), "GeneratedBy": about}


def write_whole(table: pd.DataFrame, path: Path, suffix: str, described: Mapping[str, object]) -> None:
    """Write a table that is in memory; `suffix` is that of its final name."""
    if suffix == ".parquet":
        _write_parquet(table, path, described)
    else:
        write_delimited(table, path, suffix)


def _write_parquet(table: pd.DataFrame, path: Path, described: Mapping[str, object]) -> None:
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    metadata = {**(arrow.schema.metadata or {}), b"fsstats": json.dumps(described).encode()}
    numbers = [field.name for field in arrow.schema if pa.types.is_floating(field.type)]
    others = [field.name for field in arrow.schema if field.name not in numbers]
    pq.write_table(
        arrow.replace_schema_metadata(metadata),
        path,
        compression=COMPRESSION,
        use_dictionary=others,  # type: ignore[arg-type]  # pyarrow-stubs knows only bool
        use_byte_stream_split=numbers,  # type: ignore[arg-type]  # likewise
    )


def read_table(
    path: PathLike,
    *,
    source: Collection[str] | None = None,
    measure: Collection[str] | None = None,
    region: Collection[str] | None = None,
    hemi: Collection[str] | None = None,
    subject: Collection[str] | None = None,
    columns: Collection[str] | None = None,
) -> pd.DataFrame:
    """Read a table that `write_table` or `merge` wrote, or any other CSV, TSV or Parquet table; all of it or some.

    Parameters
    ----------
    path : path
        A ``.parquet``, ``.csv`` or ``.tsv`` file, or a folder of ``.parquet`` files that together are a table; on
        this machine or a URL (``s3://…``, ``https://…``).
    source, measure, region, hemi, subject : str or collection of str, optional
        Only the rows of a long table that have one of these names in this column. The name of a family of
        sources (``hippoSf``) stands for all its variants.
    columns : str or collection of str, optional
        Only these columns, in the table's order.

    Returns
    -------
    DataFrame
        A long table has its strings as categories in order of first appearance, as `load` gives it,
        whatever the format. Subjects and sessions are always strings, and so is any other column with a
        number that has leading zeros (``007`` stays ``007``). The rows stand in the order of the file.

    Raises
    ------
    UnknownNameError
        If the suffix is none of these, or a name that is asked for is not in the table, or not in the rows of
        the sources that are asked for.
    ColumnsError
        If a column is not there, or rows are to be chosen and the table is no long table.
    TableError
        If the content is not such a table, or the files of a folder have different columns.
    NothingFoundError
        If it is not there.
    OSError
        If it cannot be opened.

    See Also
    --------
    write_table : Writes it.

    Notes
    -----
    Of Parquet no more is read than is asked for: the columns that choose and those that are wanted, of the row
    groups that may have such rows. A row group of a table that `merge` wrote has one source of some hundred
    subjects, so one source of many costs little time and memory, however large the table. CSV and TSV are read
    whole and then chosen from.

    The files of a folder are read in the order of their names. Names that begin with a point or an underscore do
    not count, folders within are not entered, and an account (``a.files.parquet``) beside its table
    (``a.parquet``) is none of its parts.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fsstats import merge
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cohort = pathlib.Path(folder, "cohort.parquet")
    ...     _ = merge(make_cohort(pathlib.Path(folder, "subjects"), n_subjects=2, seed=1).root, cohort)
    ...     insula = read_table(cohort, source="aparc", measure="thickness", region="insula")
    >>> insula[["subject", "hemi", "measure", "unit"]]
       subject hemi    measure unit
    0  sub-001   lh  thickness   mm
    1  sub-002   lh  thickness   mm
    2  sub-001   rh  thickness   mm
    3  sub-002   rh  thickness   mm
    """
    path = path_of(path)
    parts = parts_of(path)
    if not parts and path.suffix not in SUFFIXES:
        raise _no_table(path)
    choice = choice_of(source=source, measure=measure, region=region, hemi=hemi, subject=subject)
    is_parquet = bool(parts) or path.suffix == ".parquet"
    table, names = (
        read_parquet(parts or [path], choice, columns) if is_parquet else _read_delimited(path, choice, columns)
    )
    try:
        return _as_loaded(table, names)
    except (ValueError, TypeError) as error:
        message = f"{path}: expected numbers in the columns that hold them, found something else ({error})"
        raise TableError(message) from error


def _no_table(path: Path) -> FsstatsError:
    """Say why a name that tells no format is no table's."""
    if is_folder(path):
        expected = "a table (.parquet, .csv, .tsv), or a folder of .parquet files"
        text = wording(expected=expected, found="a folder without any", hint="A folder of subjects is read with load")
        return TableError(f"{path}: {text}")
    if not is_there(path):
        return not_there(path)
    return unknown_format(path, hint="Save the sheet as .csv or .tsv" if path.suffix.lower() in _SPREADSHEETS else "")


def _read_delimited(path: Path, choice: Choice, columns: Collection[str] | None) -> tuple[pd.DataFrame, Sequence[str]]:
    """Read what is asked for of a text table, with the names of all its columns."""
    with content_of(path):
        table = read_text(path, _is_text)
    names, finder = [str(name) for name in table.columns], Finder(choice)
    kept = selected(names, choice, columns, str(path))
    if choice:
        at = finder.rows({name: _coded(table[name]) for name in choice})
        finder.require_met(lambda among, column: _read_delimited(path, among, column)[0][column].dropna())
        table = table.iloc[at].reset_index(drop=True)
    return table[kept], names


def _coded(column: pd.Series) -> Coded:
    codes, names = pd.factorize(column)
    return Coded(codes, [str(name) for name in names])


def _is_text(column: str, columns: Iterable[str]) -> bool:
    """Tell whether a column of a table holds text whatever it looks like."""
    if column not in _TEXTS:
        return False
    present = set(columns)
    for ours, numbers in ((LONG, {"value"}), (FILES, {"n_values"}), (PROBLEMS, set[str]())):
        if set(ours) <= present and column in ours:
            return column not in numbers
    return column in IDENTITIES or column == "name_found"


def _as_loaded(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Give the columns the types that they have in memory; `names` are those of the whole table."""
    texts = [name for name in table.columns if _is_text(name, names)]
    if set(LONG) <= set(names):
        kinds = (pd.StringDtype, pd.CategoricalDtype)
        texts += [name for name in table.columns if isinstance(table[name].dtype, kinds) and name not in texts]
        table = table.assign(**{name: _category(table[name], sort=name not in _OWN) for name in texts})
        return _with_types(table, {"value": "float64", "segid": "Int64"})
    return _with_types(table.astype(dict.fromkeys(texts, STRINGS)), {"n_values": "int64"})


def _with_types(table: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    return table.astype({name: kind for name, kind in types.items() if name in table.columns})


def _category(column: pd.Series, *, sort: bool) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype) and not sort:
        found = categorical(column.cat.codes.to_numpy(), [str(name) for name in column.cat.categories])
        return pd.Series(found, index=column.index, name=column.name)
    return to_category(column.astype(STRINGS) if sort else column, sort=sort)
