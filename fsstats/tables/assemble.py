"""Put the values of many files together into one long table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from fsstats._frames import FloatArray, Numbers, Positions, categorical
from fsstats.parsers import Layout
from fsstats.schema import DETAIL_COLUMNS, LONG, SUBJECT_KEY

_Codes = npt.NDArray[np.integer[Any]]
WHO: Final = (*SUBJECT_KEY, "source")
"""Columns of which each file has one value."""
_SHARED: Final = ("hemi", "region", "measure", "unit", "name_found")
"""Columns that a layout holds."""


_MAY_BE_MISSING: Final = ("session", "hemi", "value")
ARROW: Final = pa.schema(
    [
        pa.field(
            name,
            pa.float64() if name == "value" else pa.dictionary(pa.int32(), pa.string()),
            nullable=name in _MAY_BE_MISSING,
        )
        for name in LONG
    ]
)
"""The long table in Arrow's terms, and so in Parquet."""


@dataclass(frozen=True, slots=True)
class Block:
    """The values of one file: what it shares with files of its shape, and its own numbers."""

    subject: str
    session: str | None
    stream: str
    source: str
    layout: Layout
    values: FloatArray
    chosen: Positions | None = None
    """Positions in the layout that are used; all if None."""

    def __len__(self) -> int:
        """Count the values that are used."""
        return len(self.values) if self.chosen is None else len(self.chosen)


class Run(NamedTuple):
    """Files that follow each other in the table and share a layout."""

    who: Mapping[str, Sequence[str | None]]
    """Subject, session, stream and source, each with one entry a file."""
    layout: Layout
    values: FloatArray
    """Shape (n_files, n_values)."""
    chosen: Positions | None = None
    """Positions in the layout that are used; all if None."""

    @property
    def n_used(self) -> int:
        """Values of each file that are used."""
        return len(self.layout) if self.chosen is None else len(self.chosen)

    @property
    def used(self) -> FloatArray:
        """The values that are used, shape (n_files, n_used)."""
        return self.values if self.chosen is None else self.values[:, self.chosen]


@dataclass(slots=True)
class Names:
    """Codes for the strings of a table, column by column, in order of first appearance."""

    codes: dict[str, Numbers[str]] = field(default_factory=dict)
    _layouts: dict[tuple[int, str], _Codes] = field(default_factory=dict)
    _kept: list[Layout] = field(default_factory=list)
    """Layouts whose codes are known: as long as they live, no other has their id."""

    def of(self, column: str, names: Sequence[str | None]) -> _Codes:
        """Give each name of a column its code, new ones the next; -1 for None."""
        return self.codes.setdefault(column, Numbers()).of(names)

    def of_column(self, column: str) -> list[str]:
        """Give the names of a column, in the order of their codes."""
        return [*self.codes[column].words] if column in self.codes else []

    def of_layout(self, column: str, layout: Layout) -> _Codes:
        """Give the codes of a layout's column; each layout is coded once."""
        key = id(layout), column
        if key not in self._layouts:
            self._layouts[key] = self.of(column, getattr(layout, column))
            self._kept.append(layout)
        return self._layouts[key]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of the long table as arrays, shape (n_rows,): codes into names, and the values. Made by `columns_of`."""

    codes: Mapping[str, _Codes]
    value: FloatArray
    lacking: frozenset[str]
    """The columns in which any name is missing."""

    def to_arrow(self, names: Names) -> pa.Table:
        """Give the rows as a table of `ARROW`: strings are dictionary-encoded, a missing value is null."""
        arrays = [
            pa.array(self.value, from_pandas=True)
            if column.name not in self.codes
            else pa.DictionaryArray.from_arrays(
                self._indices(column.name), pa.array(names.of_column(column.name), pa.string()), safe=False
            )
            for column in ARROW
        ]
        return pa.table(arrays, schema=ARROW)

    def _indices(self, column: str) -> "pa.Array[Any]":
        codes = self.codes[column]
        return pa.array(codes, mask=codes < 0) if column in self.lacking else pa.array(codes)


class Room:
    """Memory for columns that is used again: to get it anew costs as much as to fill it."""

    def __init__(self) -> None:
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def column(self, name: str, n_rows: int) -> npt.NDArray[Any]:
        """Give a column, in which stands anything; it is good until it is asked for again."""
        known = self._arrays.get(name)
        if known is None or len(known) < n_rows:
            known = self._arrays[name] = np.empty(n_rows, dtype=np.float64 if name == "value" else np.int32)
        return known[:n_rows]


def columns_of(runs: Sequence[Run], names: Names, *, details: bool = False, room: Room | None = None) -> Columns:
    """Lay runs out as columns of the long table, in their order; `names` learns what is new to it.

    With a `room`, they are good until the next ones are laid out in it.
    """
    shared, room = _SHARED if details else _SHARED[:-1], room or Room()
    n_rows = sum(len(run.values) * run.n_used for run in runs)
    codes = {name: room.column(name, n_rows) for name in (*WHO, *shared)}
    value, lacking, start = room.column("value", n_rows), set[str](), 0
    for run in runs:
        stop = start + len(run.values) * run.n_used
        rows = slice(start, stop), (len(run.values), run.n_used)
        value[rows[0]].reshape(rows[1])[:] = run.used
        own = {name: names.of(name, run.who[name])[:, np.newaxis] for name in WHO}
        own |= {name: _used(names.of_layout(name, run.layout), run) for name in shared}
        for name, found in own.items():
            codes[name][rows[0]].reshape(rows[1])[:] = found  # one code a file, or the codes of all its values
            if found.size and found.min() < 0:
                lacking.add(name)
        start = stop
    return Columns(codes, value, frozenset(lacking))


def _used(codes: _Codes, run: Run) -> _Codes:
    return codes if run.chosen is None else codes[run.chosen]


def _joined(parts: Sequence[npt.NDArray[Any]], kind: type[np.generic]) -> npt.NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype=kind), *parts])


def segids_of(runs: Sequence[Run]) -> list[int | None]:
    """Give the segmentation id of every row."""
    found: list[int | None] = []
    for run in runs:
        own = run.layout.segid if run.chosen is None else [run.layout.segid[i] for i in run.chosen]
        found += [*own] * len(run.values)
    return found


def as_frame(parts: Sequence[Columns], names: Names, segids: Sequence[int | None] | None = None) -> pd.DataFrame:
    """Put columns together into the long table.

    Parameters
    ----------
    parts : sequence of Columns
        The rows, part by part.
    names : Names
        What their codes stand for.
    segids : sequence of int, optional
        The segmentation ids, for a table with details.

    Returns
    -------
    DataFrame
        The long table: strings as categories, ``value`` as float64.
    """
    columns = [name for name in (*LONG, *DETAIL_COLUMNS) if parts and name in parts[0].codes]
    data: dict[str, object] = {
        name: categorical(_joined([part.codes[name] for part in parts], np.int32), names.of_column(name))
        for name in columns
    }
    data["value"] = _joined([part.value for part in parts], np.float64)
    if segids is not None:
        data["segid"] = pd.array(list(segids), dtype="Int64")
    return pd.DataFrame(data, columns=[*LONG, *(DETAIL_COLUMNS if segids is not None else ())], copy=False)


def assemble(blocks: Sequence[Block], *, details: bool = False) -> pd.DataFrame:
    """Concatenate blocks into the long table, in their order.

    Parameters
    ----------
    blocks : sequence of Block
        The files' values.
    details : bool
        Add ``segid`` and ``name_found``.

    Returns
    -------
    DataFrame
        The long table: strings as categories, ``value`` as float64.
    """
    runs = [run_of(block) for block in blocks]
    names = Names()
    return as_frame([columns_of(runs, names, details=details)], names, segids_of(runs) if details else None)


def run_of(block: Block) -> Run:
    """Make a run of one file."""
    who = {name: [getattr(block, name)] for name in WHO}
    return Run(who, block.layout, block.values[np.newaxis], block.chosen)
