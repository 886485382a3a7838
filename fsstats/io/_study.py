"""A study read batch by batch: some hundred subjects at a time, so that memory does not grow with their number."""

import os
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from fsstats._frames import Positions, listed, plain_rows
from fsstats._version import __version__
from fsstats.discovery import GROUP_TABLE
from fsstats.errors import TableError
from fsstats.io._batch import KIND, Batch, Tick, Wanted, batch_of, read_batch
from fsstats.io._conflicts import settle
from fsstats.io._ledger import Stored, recall
from fsstats.io._reading import People
from fsstats.parsers.formats import PARSERS_VERSION, Format, added_formats, share_formats
from fsstats.schema import SUBJECT_KEY
from fsstats.schema._registry import added, checksum, share

AT_ONCE: Final = 500
"""Subjects of a batch. The rows of a table go batch by batch, so another number would give another order."""
NOT_READ: Final = ("missing", "skipped", "unreadable")
_PAUSE: Final = 0.1
"""Seconds between two calls of a progress function."""
Progress = Callable[[int, int], object]
_VERSION: Final = f"{__version__}/{PARSERS_VERSION}"
_NOTHING: Final[Mapping[int, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Plan:
    """Which files are read together, and what is wanted of them. Made by `plan_of`."""

    files: pd.DataFrame
    """The files table."""
    batches: tuple[Positions, ...]
    """Positions in the files table, in the order of reading: kind by kind, and in a kind subject by subject."""
    wanted: Wanted

    @property
    def has_tables(self) -> bool:
        """Whether tables of many subjects are among them."""
        return self.wanted.people is not None

    @property
    def n_files(self) -> int:
        """Files that are read."""
        return sum(map(len, self.batches))


def plan_of(
    files: pd.DataFrame,
    *,
    subjects: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    measures: Collection[str] | None = None,
) -> Plan:
    """Part the files of a study into batches of subjects; with a table of many subjects among them it is one batch."""
    tables = bool((files["source"] == GROUP_TABLE).any())
    wanted = Wanted(_set(measures), _set(subjects), _set(sources), _people(files) if tables else None)
    read = ~files["status"].isin(NOT_READ).to_numpy()
    number = np.zeros(len(files), dtype=np.intp) if tables else _batch_numbers(files)
    keys = [pd.factorize(files[name], sort=True)[0] for name in KIND]
    order = np.lexsort((*reversed(keys), number))
    order = order[read[order]]
    parts = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
    return Plan(files, tuple(part for part in parts if len(part)), wanted)


def _set(names: Collection[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(listed(names))


def _batch_numbers(files: pd.DataFrame) -> Positions:
    return pd.factorize(files["subject"])[0] // AT_ONCE


def _people(files: pd.DataFrame) -> People:
    """Give the FreeSurfer subjects of the study by the names of their folders, where a name is one subject's."""
    own = files[files["directory"].notna() & files["path"].notna() & files["tool"].ne("FSL")]
    own = own[["directory", *SUBJECT_KEY]].drop_duplicates().drop_duplicates("directory", keep=False)
    rows = plain_rows(own)
    return {str(directory): (str(subject), session, str(stream)) for directory, subject, session, stream in rows}


def _here() -> tuple[str, int]:
    return socket.gethostname(), os.getpid()


@dataclass(frozen=True, slots=True)
class Task:
    """One batch to be read, wherever that is done; everything in it can be sent to another process."""

    number: int
    files: pd.DataFrame
    """Its rows of the files table, in the order of reading."""
    wanted: Wanted
    refused: Mapping[int, str] = field(default_factory=dict)
    """Files that turned out to be copies of another subject's, by position, and what is wrong with each."""
    stored: tuple[Stored, ...] = ()
    """Where what was read of its files before may be found."""
    kinds: tuple[Any, ...] = field(default_factory=added)
    """Kinds of file that were added in the process that made the task."""
    formats: tuple[Format, ...] = field(default_factory=added_formats)
    """Likewise."""
    version: str = _VERSION
    """Of the process that made the task."""
    descriptions: str = field(default_factory=checksum)
    """The check sum of its kinds, those of installed packages among them."""
    home: tuple[str, int] = field(default_factory=_here)
    """The process that made the task."""


def task_of(plan: Plan, number: int, refused: Mapping[int, str] = _NOTHING, stored: tuple[Stored, ...] = ()) -> Task:
    """Make the task of one batch; `refused` is by position in the files table."""
    at = plan.batches[number]
    own = {k: refused[i] for k, i in enumerate(at.tolist()) if i in refused} if refused else {}
    return Task(number, plan.files.iloc[at], plan.wanted, own, stored)


def _know_what_it_knows(task: Task) -> None:
    """Know just the kinds of file that are known where a task was made."""
    share_formats(task.formats)
    share(task.kinds)
    if task.descriptions != checksum():
        message = "kinds of file of installed packages are others where files are read; install the same everywhere"
        raise TableError(message)


def read_task(task: Task, tick: Tick = lambda: None) -> Batch:
    """Read one batch, but for what is known of it already, and settle it."""
    if task.version != _VERSION:
        message = f"expected fsstats {task.version} where files are read, found {_VERSION}; install the same everywhere"
        raise TableError(message)
    if task.home != _here():  # where the task was made all is known, and more may be by now
        _know_what_it_knows(task)
    batch = batch_of(task.files)
    recall(batch, (kept for one in task.stored if (kept := one.load()) is not None), task.wanted.measures)
    read_batch(batch, task.wanted, tick)
    settle(batch, task.refused)
    return batch


def ticking(n_files: int, progress: Progress | None) -> Tick:
    """Make of a progress function one that is called after each file, and tells of it now and then."""
    if progress is None:
        return lambda _n=1: None
    done, due = 0, 0.0

    def tick(n: int = 1) -> None:
        nonlocal done, due
        done += n
        if done == n_files or monotonic() >= due:
            progress(done, n_files)
            due = monotonic() + _PAUSE

    return tick


def spoilt(plan: Plan, refused: Collection[int]) -> list[int]:
    """Give the numbers of the batches that hold refused files."""
    return [number for number, at in enumerate(plan.batches) if not set(refused).isdisjoint(at.tolist())]
