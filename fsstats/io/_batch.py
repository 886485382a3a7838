"""Many files read together: kind by kind, by stencils where files look alike and one by one where they do not.

From text to column: `read_batch` opens the files of one kind (all ``lh.aparc.stats``), a `Stencil` reads the numbers
of those that look alike into one array a layout (a `Sheet`), `parse_file` reads every other one, the rules of
`fsstats.io._conflicts` refuse what cannot be true, and `Batch.runs` gives what is left in the order of the table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from fsstats._frames import FloatArray, Positions
from fsstats.discovery.footprint import Mark
from fsstats.io._reading import (
    People,
    Reading,
    Record,
    definitions_of,
    is_open_ended,
    opened,
    parse_file,
    unopened,
    written_by,
)
from fsstats.parsers import Layout, chosen, summarise
from fsstats.parsers.formats import is_stats_table
from fsstats.parsers.stencil import Fitted, Stencil, fit, stencil_of
from fsstats.schema import SUBJECT_KEY, is_of
from fsstats.schema._registry import forget_with_registry
from fsstats.schema.sources import file_name
from fsstats.tables.assemble import WHO, Block, Run, run_of

FOUND: Final = ("tool", "version", "problem")
"""Columns of the files table that discovery fills in and reading corrects."""
OUTCOME: Final = ("status", "problem", "tool", "version", "subject_in_file", "definitions", "n_values")
"""Columns of the files table that reading fills in."""
KIND: Final = ("source", "hemi", "part")
"""What makes files alike: a batch has them kind by kind."""
PLACE: Final = (*SUBJECT_KEY, *KIND)
"""Of which one file is due."""
_MOST_STENCILS: Final = 16
"""Of one kind; the one used last comes first."""
_WORTH: Final = 16
"""Files that have to wait for a stencil before one is made: making it takes as long as reading these one by one."""
Tick = Callable[..., object]
"""Called after each file, or with a number after so many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; all of everything if None."""

    measures: frozenset[str] | None = None
    subjects: frozenset[str] | None = None
    """Of tables of many subjects: other files are chosen in the files table."""
    sources: frozenset[str] | None = None
    """Likewise."""
    people: People | None = None
    """The subjects of the study by the names of their folders, for tables of many subjects."""

    def keeps(self, block: Block) -> bool:
        """Say whether a subject's values in a table of many were asked for."""
        return (self.subjects is None or block.subject in self.subjects) and (
            self.sources is None or any(is_of(block.source, name) for name in self.sources)
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """The values of files that share a layout."""

    layout: Layout
    values: FloatArray
    """Shape (n_files, n_values)."""
    chosen: Positions | None = None
    """Positions in the layout that are used; all if None."""


@dataclass(slots=True)
class Batch:
    """Files of some subjects, kind by kind, and what reading made of them."""

    columns: dict[str, list[Any]]
    """The columns of the files table, an entry a file; None is missing."""
    sheets: list[Sheet] = field(default_factory=list)
    sheet: npt.NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    """The sheet of each file, -1 where it has no values."""
    line: npt.NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    """Its line there."""
    digests: dict[int, bytes] = field(default_factory=dict)
    """Check sums of the files that were read one by one."""
    open_ended: list[bool] = field(default_factory=list)
    """See `Reading.open_ended`."""
    groups: dict[int, tuple[Block, ...]] = field(default_factory=dict)
    """The values of the tables of many subjects."""
    found: dict[str, list[Any]] = field(default_factory=dict)
    """What discovery said in the columns `FOUND`."""
    marks: list[Mark | None] = field(default_factory=list)
    """When each file was changed last, and its size; None if that cannot be told."""
    done: set[int] = field(default_factory=set)
    """Files of which all is known without opening them."""
    settled: set[int] = field(default_factory=set)
    """Files that the rules of the study changed."""
    same_as: tuple[Path, Path] | None = None
    """Where the ledger and the values of just these files lie, if all of them are as they were."""
    remembered: dict[int, int] = field(default_factory=dict)
    """Fingerprints of files of which only the values that are used were kept."""
    _prints: npt.NDArray[np.uint64] | None = None
    """The fingerprints, until any file's values change: the rules, the ledger and the account all ask for them."""

    def __len__(self) -> int:
        """Count the files."""
        return len(self.sheet)

    def record(self, i: int) -> Record:
        """Give a file's row of the files table."""
        return {name: values[i] for name, values in self.columns.items()}

    def reading(self, i: int) -> Reading:
        """Give one file as if it had been read alone."""
        group, digest = self.groups.get(i, ()), self.digests.get(i)
        return Reading(self.record(i), self._block(i), group=group, digest=digest, open_ended=self.open_ended[i])

    def _block(self, i: int) -> Block | None:
        if self.sheet[i] < 0:
            return None
        sheet = self.sheets[self.sheet[i]]
        who = {name: self.columns[name][i] for name in WHO}
        return Block(**who, layout=sheet.layout, values=sheet.values[self.line[i]], chosen=sheet.chosen)

    def put(self, i: int, reading: Reading) -> None:
        """Put what became of one file in its place."""
        for name in OUTCOME:
            self.columns[name][i] = reading.record[name]
        self.columns["n_values"][i] = sum(map(len, reading.blocks))
        self.open_ended[i] = reading.open_ended
        if reading.digest is not None:
            self.digests[i] = reading.digest
        self.groups.pop(i, None)
        if reading.group:
            self.groups[i] = reading.group
        self.sheet[i], self._prints = -1, None
        if reading.block is not None:
            self.add_sheet([i], Sheet(reading.block.layout, reading.block.values[np.newaxis], reading.block.chosen))

    def settle(self, i: int, reading: Reading) -> None:
        """Put what the rules of the study made of a file in its place."""
        self.put(i, reading)
        self.settled.add(i)
        self.same_as = None

    def add_sheet(self, files: Sequence[int], sheet: Sheet) -> None:
        """Give files their values."""
        self.sheet[files] = len(self.sheets)
        self.line[files] = np.arange(len(files))
        self.sheets.append(sheet)
        self._prints = None

    def fingerprints(self) -> npt.NDArray[np.uint64]:
        """Give a number for each file that equal files share; 0 where there is no table.

        Shape (n_files,). Files of different values have, as good as always, different numbers.
        """
        if self._prints is None:
            self._prints = np.zeros(len(self), dtype=np.uint64)
            for number, sheet in enumerate(self.sheets):
                own = np.flatnonzero(self.sheet == number)
                self._prints[own] = _fingerprints(sheet.values)[self.line[own]]
            for i, fingerprint in self.remembered.items():
                self._prints[i] = fingerprint if self.sheet[i] >= 0 else 0
        return self._prints

    def runs(self) -> Iterator[tuple[str, list[Run]]]:
        """Give the values source by source, in the order of the files."""
        spans = groupby(range(len(self)), key=self.columns["source"].__getitem__)
        for source, files in spans:
            own = list(files)
            runs = [run_of(block) for i in own for block in self.groups.get(i, ())]
            yield source, runs or [self._run(alike) for alike in self._alike(own)]

    def _alike(self, files: list[int]) -> list[npt.NDArray[np.intp]]:
        """Part files where the sheet changes, or does not go on line by line; those without values drop out."""
        own = np.array(files)[self.sheet[files] >= 0]
        step = (np.diff(self.sheet[own]) != 0) | (np.diff(self.line[own]) != 1)
        return [part for part in np.split(own, np.flatnonzero(step) + 1) if len(part)]

    def _run(self, files: npt.NDArray[np.intp]) -> Run:
        sheet, first = self.sheets[self.sheet[files[0]]], self.line[files[0]]
        who = {name: [self.columns[name][i] for i in files] for name in WHO}
        return Run(who, sheet.layout, sheet.values[first : first + len(files)], sheet.chosen)


def _fingerprints(values: FloatArray) -> npt.NDArray[np.uint64]:
    """Weigh the bits of each file's values by odd numbers that are different at each place, and add them up."""
    weights = (2 * np.arange(values.shape[1], dtype=np.uint64) + 1) * np.uint64(0x9E3779B97F4A7C15)
    bits = np.ascontiguousarray(values).view(np.uint64)
    found: npt.NDArray[np.uint64] = (bits * weights).sum(axis=1, dtype=np.uint64) + np.uint64(1)
    return found


def batch_of(files: pd.DataFrame) -> Batch:
    """Make a batch of rows of the files table, which must be in order of kind; nothing is read yet."""
    columns = {str(name): pa.array(files[name], from_pandas=True).to_pylist() for name in files.columns}
    n = len(files)
    return Batch(
        columns,
        sheet=np.full(n, -1, dtype=np.intp),
        line=np.zeros(n, dtype=np.intp),
        open_ended=[False] * n,
        found={name: [*columns[name]] for name in FOUND},
        marks=[None] * n,
    )


def read_batch(batch: Batch, wanted: Wanted, tick: Tick = lambda: None) -> None:
    """Read the files of a batch that are not done yet.

    Parameters
    ----------
    batch : Batch
        The files, in order of kind; what `parse_file` would give for each of them goes into it.
    wanted : Wanted
        What is wanted of each.
    tick : callable, optional
        Called after each file that was opened.
    """
    kinds = list(zip(*(batch.columns[name] for name in KIND), strict=True))
    for _, group in groupby(range(len(batch)), key=kinds.__getitem__):
        for names in _by_name(batch, [i for i in group if i not in batch.done]):
            _read_alike(batch, names, wanted, tick)


def _by_name(batch: Batch, files: list[int]) -> list[list[int]]:
    """Part files of one kind by their names: a stencil is for files of one name."""
    groups: dict[str, list[int]] = {}
    for i in files:
        groups.setdefault(file_name(batch.columns["path"][i]), []).append(i)
    return list(groups.values())


def _read_alike(batch: Batch, files: list[int], wanted: Wanted, tick: Tick) -> None:
    """Read files of one kind and name."""
    waiting = list(_opened(batch, files, tick))
    pool = _pool(file_name(batch.columns["path"][files[0]]), *(str(batch.columns[name][files[0]]) for name in KIND))
    for stencil in [*pool]:
        before, waiting = waiting, _read_by(stencil, batch, waiting, wanted.measures)
        if len(waiting) < len(before):
            _put_first(pool, stencil)
    next_one = missed = 0
    while next_one < len(waiting):
        i, data = waiting[next_one]
        next_one, missed = next_one + 1, missed + 1
        reading, stats = parse_file(batch.record(i), data, wanted.measures, wanted.people)
        batch.put(i, replace(reading, group=tuple(filter(wanted.keeps, reading.group))))
        is_time = missed.bit_count() == 1  # at the first, second, fourth, eighth … file, so that it always pays
        if stats and is_time and len(waiting) - next_one >= _WORTH and is_stats_table(data, stats.where):
            learned = stencil_of(data, stats)
            if learned is not None:
                _put_first(pool, learned)
                waiting, next_one = _read_by(learned, batch, waiting[next_one:], wanted.measures), 0


def _opened(batch: Batch, files: list[int], tick: Tick) -> Iterator[tuple[int, bytes]]:
    """Open files; one that cannot be opened gets its row at once."""
    for i in files:
        path = batch.columns["path"][i]
        try:
            data, batch.marks[i] = opened(path)
            yield i, data
        except Exception as error:  # noqa: BLE001 - what no rule foresaw: one file may not cost the others
            batch.put(i, unopened(batch.record(i), error))
        tick()


def _read_by(
    stencil: Stencil, batch: Batch, opened: list[tuple[int, bytes]], measures: frozenset[str] | None
) -> list[tuple[int, bytes]]:
    """Read those that fit a stencil; give the others."""
    fitted = fit(stencil, [data for _, data in opened])
    if not len(fitted.which):
        return opened
    own = [opened[k][0] for k in fitted.which]
    positions = None if measures is None else chosen(stencil.layout, measures)
    batch.add_sheet(own, Sheet(stencil.layout, fitted.values, positions))
    _note_fitted(batch, own, stencil, fitted, measures)
    done = set(own)
    return [one for one in opened if one[0] not in done]


def _note_fitted(
    batch: Batch, files: list[int], stencil: Stencil, fitted: Fitted, measures: frozenset[str] | None
) -> None:
    columns, meanings = batch.columns, definitions_of(stencil.stats, measures)
    open_ended, problem = is_open_ended(stencil.stats), summarise([*stencil.stats.remarks]) or None
    makers = cache(partial(written_by, stencil.stats))
    n_values = len(stencil.layout) if measures is None else len(chosen(stencil.layout, measures))
    for i, subject in zip(files, fitted.subjects, strict=True):
        columns["status"][i], columns["problem"][i], columns["n_values"][i] = "ok", problem, n_values
        columns["subject_in_file"][i], columns["definitions"][i] = subject, meanings
        columns["tool"][i], columns["version"][i] = makers(columns["tool"][i], columns["version"][i])
        batch.open_ended[i] = open_ended


def _put_first(pool: list[Stencil], stencil: Stencil) -> None:
    pool[:] = [stencil, *(other for other in pool if other is not stencil)][:_MOST_STENCILS]


@lru_cache(maxsize=1024)
def _pool(*_kind: str) -> list[Stencil]:
    """Give the stencils of one kind and name of file, the one used last first."""
    return []


forget_with_registry(_pool.cache_clear)
