"""Batches on disk: what a merge has read so far, so that one that is stopped goes on where it was.

A merge into ``cohort.parquet`` works in the folder ``.cohort.parquet.partial``. Each batch that was read leaves two
files there: its values, and its ledger. Any process may make them; all appear under their names when they are whole.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from fsstats.errors import FsstatsError
from fsstats.io._batch import Batch, batch_of
from fsstats.io._ledger import SEAL, Stored, save_ledger, take_over
from fsstats.io._names import LEDGER, PART, VALUES, part_name
from fsstats.io._replace import replacing
from fsstats.io._sinks import ParquetSink
from fsstats.io._stores import copy, entries
from fsstats.io._study import Task, read_task
from fsstats.tables.assemble import Room


def save_part(batch: Batch, folder: Path, number: int, suffix: str = VALUES) -> None:
    """Write the values of a batch, as plain numbers or as a part of the table, and its ledger.

    What was written of just these files before is taken over if none of them has changed.
    """
    data, ledger = (folder / part_name(number, suffix) for suffix in (suffix, LEDGER))
    if batch.same_as is not None:
        old_ledger, old_data = batch.same_as
        is_still = old_ledger.parent != folder or old_ledger == ledger  # others in this folder may be replaced now
        if old_data.suffix == suffix and is_still:
            copy(old_data, data)
            copy(old_ledger, ledger)
            return
    with replacing([data, ledger], durable=False) as (new_data, new_ledger):
        seal = save_ledger(batch, new_ledger)
        if suffix == PART:
            sink = ParquetSink(new_data)
            sink.write(batch, Room())
            sink.close(seal.hex().encode(), key=SEAL)
        else:
            _save_values(batch, new_data, seal)


def _save_values(batch: Batch, path: Path, seal: bytes) -> None:
    with path.open("wb") as file:
        for _, runs in batch.runs():
            for run in runs:
                np.ascontiguousarray(run.used).tofile(file)
        file.write(seal)


def stored_parts(folder: Path) -> list[Stored]:
    """Find the batches that a merge has left."""
    there = entries(folder)
    names = {path.name for path in there}
    ledgers = [path for path in there if path.suffix == LEDGER]
    pairs = [(ledger, ledger.with_suffix(suffix)) for ledger in ledgers for suffix in (VALUES, PART)]
    return [Stored(ledger, data) for ledger, data in pairs if data.name in names]


def make_part(task: Task, folder: Path, suffix: str = VALUES) -> int:
    """Read a batch and save it; give its number. Any process on any machine that sees the files may do it."""
    save_part(read_task(task), folder, task.number, suffix)
    return task.number


def restored(task: Task, folder: Path, suffix: str) -> Batch:
    """Give a batch as `make_part` saved it.

    Raises
    ------
    FsstatsError
        If it is not there any more.
    """
    stored = Stored(folder / part_name(task.number, LEDGER), folder / part_name(task.number, suffix))
    kept, batch = stored.load(), batch_of(task.files)
    if kept is None or kept.files["path"] != batch.columns["path"]:
        message = f"{stored.ledger} is gone or was replaced while it was in use: is another merge running?"
        raise FsstatsError(message)
    everything = range(len(batch))
    take_over(batch, kept, everything, everything, task.wanted.measures)
    return batch


class Earlier:
    """What is known of files from merges before, and where.

    Parameters
    ----------
    stored : iterable of Stored
        Ledgers and their values; of two that know a file the first counts.
    """

    def __init__(self, stored: Iterable[Stored]) -> None:
        self._where: dict[str, Stored] = {}
        for one in stored:
            for path in one.paths():
                self._where.setdefault(path, one)

    def of(self, paths: Sequence[str]) -> tuple[Stored, ...]:
        """Give what is known of some files."""
        return tuple(dict.fromkeys(self._where[path] for path in paths if path in self._where))
