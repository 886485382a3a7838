"""Batches on disk: what a merge has read so far, so that one that is stopped goes on where it was.

A merge into ``cohort.parquet`` works in the folder ``.cohort.parquet.partial``. Each batch that was read leaves two
files there: its values, and its ledger. Any process may make them; all appear under their names when they are whole.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from fsstats.errors import FsstatsError
from fsstats.io._batch import Batch, Tick, batch_of
from fsstats.io._ledger import Stored, save_ledger, take_over
from fsstats.io._replace import replacing
from fsstats.io._study import Task, read_task

LEDGER: Final = ".ledger"
VALUES: Final = ".values"


def part_name(number: int, suffix: str) -> str:
    """Name a file of a batch."""
    return f"{number:06d}{suffix}"


def save_part(batch: Batch, folder: Path, number: int) -> None:
    """Write the values and the ledger of a batch."""
    values, ledger = (folder / part_name(number, suffix) for suffix in (VALUES, LEDGER))
    with replacing([values, ledger], durable=False) as (new_values, new_ledger):
        with new_values.open("wb") as file:
            for _, runs in batch.runs():
                for run in runs:
                    np.ascontiguousarray(run.values if run.chosen is None else run.values[:, run.chosen]).tofile(file)
        save_ledger(batch, new_ledger)


def stored_parts(folder: Path) -> list[Stored]:
    """Find the batches that a merge has left."""
    ledgers = sorted(folder.glob(f"*{LEDGER}")) if folder.is_dir() else []
    return [Stored(ledger, ledger.with_suffix(VALUES)) for ledger in ledgers if ledger.with_suffix(VALUES).exists()]


def make_part(task: Task, folder: Path, tick: Tick = lambda: None) -> int:
    """Read a batch and save it; give its number. Any process on any machine that sees the files may do it."""
    save_part(read_task(task, tick), folder, task.number)
    return task.number


def restored(files: pd.DataFrame, folder: Path, number: int, measures: frozenset[str] | None) -> Batch:
    """Give a batch as `make_part` saved it.

    Raises
    ------
    FsstatsError
        If it is not there any more.
    """
    stored = Stored(folder / part_name(number, LEDGER), folder / part_name(number, VALUES))
    kept, batch = stored.load(), batch_of(files)
    if kept is None or kept.files["path"] != batch.columns["path"]:
        message = f"{stored.ledger} is gone or was replaced while it was in use: is another merge running?"
        raise FsstatsError(message)
    everything = range(len(batch))
    take_over(batch, kept, everything, everything, measures)
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
            for path in _paths(one):
                self._where.setdefault(path, one)

    def of(self, paths: Sequence[str]) -> tuple[Stored, ...]:
        """Give what is known of some files."""
        return tuple(dict.fromkeys(self._where[path] for path in paths if path in self._where))


def _paths(stored: Stored) -> list[str]:
    try:
        with pa.memory_map(os.fspath(stored.ledger)) as source:
            return [str(path) for path in pa.ipc.open_file(source).read_all().column("path").to_pylist()]
    except (OSError, pa.ArrowException, LookupError):
        return []


def remove(folder: Path) -> None:
    """Remove a folder of ours with all that is in it, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)
