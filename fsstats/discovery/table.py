"""The files table made of its rows."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from fsstats._frames import printable
from fsstats.discovery._rows import Rows, Whose
from fsstats.discovery.meanings import Told
from fsstats.schema import FILES

TEXT: Final = pd.StringDtype(na_value=float("nan"))
_NUMBERS: Final = {"n_values": 0}
"""The columns that hold whole numbers, each with what stands there before anything is read; all others are text."""
_PERSON: Final = ("subject", "session", "stream")
_FILE: Final = ("source", "hemi", "part")
"""Rows are in the order of these: by whose they are, then by what they are."""
_AT_ONCE: Final = 4096
_Value = TypeVar("_Value", bound=Hashable)
_Texts = Sequence[str | None]
_Places = npt.NDArray[np.intp]


def files_table(rows: Sequence[Rows]) -> pd.DataFrame:
    """Make the files table; what was left out, which has no subject, comes last.

    Columns of which discovery knows nothing are missing.
    """
    people, person = _once(some.whose for some in rows)
    files, file = _once(file for some in rows for file in some.files)
    person = np.repeat(person, np.array([len(some.files) for some in rows], np.intp))
    of_people, of_files = _columns(Whose._fields, people), _columns(Told._fields, files)
    nobody = np.array([one.subject is None for one in people], np.bool_)
    order = np.lexsort((_ranks(of_files, _FILE)[file], _ranks(of_people, _PERSON)[person], nobody[person]))
    columns = {"path": _paths(rows).take(order)}
    columns |= _spread(of_people, person[order]) | _spread(of_files, file[order])
    return pd.DataFrame({name: _column(name, columns.get(name), len(order)) for name in FILES})


def _paths(rows: Sequence[Rows]) -> pa.LargeStringArray:
    """Give the paths, some thousand rows at a time: as texts of Python they would be the most of what is in memory."""
    parts = [pa.array([], pa.large_string())]
    for start in range(0, len(rows), _AT_ONCE):
        own = [some.start + file.name or None for some in rows[start : start + _AT_ONCE] for file in some.files]
        parts.append(pa.array(_printable(own), pa.large_string()))
    return pa.concat_arrays(parts)


def _once(values: Iterable[_Value]) -> tuple[list[_Value], _Places]:
    """Give the different values, and for each value its place among them."""
    places: dict[_Value, int] = {}
    of_each = [places.setdefault(value, len(places)) for value in values]
    return list(places), np.array(of_each, np.intp)


def _columns(names: Sequence[str], values: Sequence[tuple[str | None, ...]]) -> dict[str, _Texts]:
    """Give the fields of the values, each as a column of texts that can be written anywhere."""
    columns = zip(*values, strict=True) if values else [()] * len(names)
    return {name: _printable(column) for name, column in zip(names, columns, strict=True)}


def _printable(column: _Texts) -> _Texts:
    together = "".join(filter(None, column))
    if together.isascii() and together.isprintable():  # as nearly all are
        return column
    return [None if text is None else printable(text) for text in column]


def _ranks(columns: Mapping[str, _Texts], names: Sequence[str]) -> _Places:
    """Give the rank of each value by some of its columns; a text that is missing comes before all others."""
    keys = [*zip(*([text or "" for text in columns[name]] for name in names), strict=True)]
    ranks = {key: i for i, key in enumerate(sorted(set(keys)))}
    return np.array([ranks[key] for key in keys], np.intp)


def _spread(columns: Mapping[str, _Texts], places: _Places) -> dict[str, pa.LargeStringArray]:
    """Give each row the texts from its place."""
    return {name: pa.array(column, pa.large_string()).take(places) for name, column in columns.items()}


def _column(name: str, values: pa.LargeStringArray | None, n: int) -> object:
    if name in _NUMBERS:
        return np.full(n, _NUMBERS[name], dtype=np.int64)
    values = pa.nulls(n, pa.large_string()) if values is None else values
    return pd.array(values, dtype=TEXT)  # type: ignore[call-overload]  # its stubs know no arrays of pyarrow
