"""Parquet, of which no more is read than may hold what is asked for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fsstats.errors import TableError
from fsstats.io._choice import Choice, Coded, Finder, selected
from fsstats.io._given import to_be_read
from fsstats.io._stores import is_remote, parts_source, reaching, with_suffix
from fsstats.schema import LONG

_Column: TypeAlias = "pa.ChunkedArray[Any]"
_NAMES: Final = pa.dictionary(pa.int32(), pa.string())
COMPRESSION: Final = "snappy"
"""What every program can read that reads Parquet."""
_ACCOUNT: Final = ".files"
"""What `merge` adds to a table's name for the account that it writes beside it."""


def parts_of(path: Path) -> list[Path]:
    """List the Parquet files of a folder that together are a table, in the order of their names; none of a file.

    Names that begin with a point or an underscore are not of the table, nor is an account beside its table.
    """
    found = [one for one in with_suffix(path, ".parquet") if one.name[0] not in "._"]
    found = [one for one in found if is_remote(one) or one.is_file()]
    accounts = {one.with_stem(one.stem + _ACCOUNT) for one in found}
    return [one for one in found if one not in accounts]


@contextmanager
def content_of(path: Path) -> Iterator[None]:
    """Say of which file it is that its content is no table.

    Raises
    ------
    TableError
        If what is done within cannot make sense of it.
    NothingFoundError
        If it is not there.
    """
    with to_be_read(path), reaching(path):
        try:
            yield
        except (pa.ArrowException, UnicodeError, OSError) as error:
            if isinstance(error, OSError) and (error.errno is not None or is_remote(path)):
                raise  # it cannot be read; Arrow says of content, too, that it is an OSError
            reason = str(error).splitlines()[0]
            message = f"{path}: expected a {path.suffix[1:]} table, found something else ({reason})"
            raise TableError(message) from error


def read_parquet(
    paths: Sequence[Path], choice: Choice, columns: Collection[str] | None
) -> tuple[pd.DataFrame, list[str]]:
    """Read what is asked for of a table in one or several files, with the names of all its columns."""
    schemas = [_schema(path) for path in paths]
    names = schemas[0].names
    for path, schema in zip(paths, schemas, strict=True):
        _require_same(names, schema.names, path, paths[0])
    kept, finder = selected(names, choice, columns, str(paths[0])), Finder(choice)
    pieces = [piece for path in paths for piece in _pieces(path, finder, kept)]
    finder.require_met(lambda among, column: read_parquet(paths, among, [column])[0][column].dropna().astype("str"))
    if set(LONG) <= set(names):
        pieces = [_with_names(piece) for piece in pieces]
    with content_of(paths[0]):
        whole = pa.concat_tables(pieces, promote_options="permissive")
    table = _as_frame(whole.replace_schema_metadata(schemas[0].metadata), paths[0])
    return table.reset_index(drop=True) if choice else table, names


def _as_frame(whole: pa.Table, path: Path) -> pd.DataFrame:
    """Make a data frame, as what pandas noted in the file has it."""
    try:
        return whole.to_pandas()
    except (AttributeError, LookupError, TypeError, ValueError, pa.ArrowException) as error:  # the note may be damaged
        message = f"{path}: expected a table, found one whose description is damaged ({error})"
        raise TableError(message) from error


def _schema(path: Path) -> pa.Schema:
    with content_of(path):
        return pq.read_schema(parts_source(path))


def _require_same(names: Sequence[str], found: Sequence[str], path: Path, first: Path) -> None:
    if set(names) != set(found):
        other = ", ".join(repr(name) for name in sorted(set(names) ^ set(found)))
        message = f"{path} and {first} are no parts of one table: only one of them has {other}"
        raise TableError(message)


def _pieces(path: Path, finder: Finder, columns: Sequence[str]) -> list[pa.Table]:
    with content_of(path):
        if not finder.choice:
            return [pq.read_table(parts_source(path), columns=[*columns])]
        with pq.ParquetFile(parts_source(path), pre_buffer=is_remote(path)) as file:
            return [file.schema_arrow.empty_table().select(columns), *_chosen(file, finder, columns)]


def _chosen(file: pq.ParquetFile, finder: Finder, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Give the rows that are asked for, row group by row group: if the columns that tell say none, no other is read."""
    telling = [*finder.choice]
    others = [name for name in columns if name not in telling]
    for number in range(file.num_row_groups):
        if finder.may_be_within(_limits(file.metadata.row_group(number))):
            keys = file.read_row_group(number, columns=telling)
            at = finder.rows({name: _coded(keys[name]) for name in telling})
            if len(at):
                rest = file.read_row_group(number, columns=others)
                whole = _table({name: (keys if name in telling else rest)[name] for name in columns})
                yield _with_names(whole).take(at)


def _table(columns: Mapping[str, _Column]) -> pa.Table:
    return pa.table([*columns.values()], names=[*columns])


def _limits(group: pq.RowGroupMetaData) -> dict[str, tuple[str, str]]:
    """Give the least and the greatest text of each column of a row group that says so."""
    limits = {}
    for chunk in map(group.column, range(group.num_columns)):
        said = chunk.statistics
        if said is not None and said.has_min_max and isinstance(said.min, str) and isinstance(said.max, str):
            limits[chunk.path_in_schema] = (said.min, said.max)
    return limits


def _coded(column: _Column) -> Coded:
    whole: Any = _as_names(column).combine_chunks()
    return Coded(whole.indices.fill_null(-1).to_numpy(), whole.dictionary.to_pylist())


def _as_names(column: _Column) -> _Column:
    return column if column.type == _NAMES else column.cast(pa.string()).dictionary_encode()


def _with_names(piece: pa.Table) -> pa.Table:
    """Give a piece of a long table with its strings as names, however its file has them."""
    columns = zip(piece.column_names, piece.columns, strict=True)
    return _table({name: _as_names(column) if _is_text(column.type) else column for name, column in columns})


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if isinstance(kind, pa.DictionaryType) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
