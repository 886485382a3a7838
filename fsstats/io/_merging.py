"""A merge batch by batch: read, keep a part of each on disk, write the table, settle what concerns all batches."""

import os
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd

from fsstats._frames import Positions
from fsstats.errors import TableError
from fsstats.io._account import Account
from fsstats.io._batch import Batch, Tick
from fsstats.io._names import PART, VALUES
from fsstats.io._parts import Earlier, make_part, restored, save_part, stored_parts
from fsstats.io._sinks import FolderSink, ParquetSink, Sink, TextSink
from fsstats.io._study import Plan, Progress, Task, read_task, task_of, ticking
from fsstats.io._target import Target, earlier_of, join_in, key_of
from fsstats.schema import LONG, SUBJECT_KEY
from fsstats.tables.assemble import Room, Run


@contextmanager
def executor_for(jobs: int, executor: Executor | None, dask: str | None) -> Iterator[Executor | None]:
    """Give what runs tasks: a user's executor, a cluster, processes of our own, or nothing for one job in this process.

    Raises
    ------
    ValueError
        If `jobs` is negative, or more than one is given.
    TableError
        If Dask is asked for and is not installed, or its scheduler does not answer.
    ChildProcessError
        If all workers of a cluster were lost, one after the other, or none came in the time that the cluster allows.
    """
    if jobs < 0 or sum([jobs != 1, executor is not None, dask is not None]) > 1:
        message = f"expected jobs of 0 or more, an executor or a Dask cluster, found {jobs=}, {executor=}, {dask=}"
        raise ValueError(message)
    if dask is not None:
        with _cluster(dask) as client, _losses_named():
            yield client.get_executor()
        return
    if executor is not None or jobs == 1:
        yield executor
        return
    context = get_context("spawn")  # fork would copy Arrow's threads
    with ProcessPoolExecutor(jobs or None, mp_context=context, initializer=_end_with_parent) as own:
        yield own


def _end_with_parent() -> None:
    """Have this process end when the one that started it is killed: it would wait for work for ever."""

    def wait() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


def _cluster(address: str) -> Any:
    """Connect to a Dask scheduler, by its address or the file that it wrote for its workers."""
    try:
        from distributed import Client  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        message = "Dask is not installed: pip install 'fsstats[dask]'"
        raise TableError(message) from error
    try:
        if not address.endswith(".json"):
            return Client(address)  # type: ignore[no-untyped-call]
        Path(address).stat()  # for a file that is not there it would wait without end
        return Client(scheduler_file=address)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        message = f"no Dask scheduler answers at {address} ({error})"
        raise TableError(message) from error


@contextmanager
def _losses_named() -> Iterator[None]:
    """Say in words of ours that a cluster had no worker to do the work."""
    from distributed.scheduler import KilledWorker, NoWorkerError  # noqa: PLC0415 - an extra that few need

    try:
        yield
    except (KilledWorker, NoWorkerError) as error:
        message = (
            f"the Dask cluster has no workers left ({error}); with workers, the same call again goes on where it was"
        )
        raise ChildProcessError(message) from error


def tasks_of(plan: Plan, earlier: Earlier, refused: Mapping[int, str]) -> Iterator[Task]:
    """Make the task of each batch."""
    for number, at in enumerate(plan.batches):
        yield task_of(plan, number, refused, earlier.of([*plan.files["path"].iloc[at]]))


def batches(
    plan: Plan, tasks: Iterator[Task], target: Target, *, executor: Executor | None, tick: Tick
) -> Generator[Batch, None, None]:
    """Give batch after batch, each saved as a part before it is given."""
    folder, suffix = target.partial, suffix_of(target)
    if executor is None or plan.has_tables:  # a table of many subjects is one batch with all else
        for task in tasks:
            batch = read_task(task, tick)
            save_part(batch, folder, task.number, suffix)
            yield batch
            del batch
        return
    running = [(task, executor.submit(make_part, task, folder, suffix)) for task in tasks]
    try:
        for task, future in running:
            _finished(future)
            tick(len(task.files))
            yield restored(task, folder, suffix)
    finally:
        for _, future in running:  # if one failed, the others need not begin
            future.cancel()


def _finished(future: Future[int]) -> None:
    try:
        future.result()
    except BrokenExecutor as error:
        message = "a process that reads was killed, perhaps for its memory; the same merge again goes on where it was"
        raise ChildProcessError(message) from error


def read_part(plan: Plan, target: Target, part: tuple[int, int], progress: Progress | None) -> int:
    """Read every so-manieth batch, as one job of many; give the number of files."""
    key = key_of(plan.wanted.measures)
    earlier = earlier_of(target, key)
    join_in(target, key)
    own = [task for task in tasks_of(plan, earlier, {}) if task.number % part[1] == part[0] - 1]
    n_files = sum(len(task.files) for task in own)
    tick = ticking(n_files, progress)
    for task in own:
        save_part(read_task(task, tick), target.partial, task.number, suffix_of(target))
    return n_files


def suffix_of(target: Target) -> str:
    """Say how parts hold their values: as parts of the table if it is a folder of such, else as plain numbers."""
    return PART if target.is_folder else VALUES


class Written:
    """What there is to say of a table that is being written.

    Parameters
    ----------
    plan : Plan
        What goes into it.
    """

    def __init__(self, plan: Plan) -> None:
        self.account = Account(plan.files)
        self.groups: list[int] = []
        """Row groups of each batch."""
        self.n_rows = 0
        self._wanted = plan.wanted.measures
        self._columns: dict[str, dict[str, None]] = {"source": {}, "measure": {}}
        self._holders: dict[str, set[tuple[Any, ...]]] = {name: set() for name in plan.wanted.measures or ()}

    def add(self, at: Positions, batch: Batch, n_groups: int) -> None:
        """Enter a batch that was written."""
        self.account.add(at, batch)
        self.groups.append(n_groups)
        for source, runs in batch.runs():
            for run in runs:
                self._columns["source"].setdefault(source)
                self._enter(run)

    def _enter(self, run: Run) -> None:
        self.n_rows += run.n_used * len(run.values)
        layout = run.layout
        found = dict.fromkeys(layout.measure if run.chosen is None else [layout.measure[i] for i in run.chosen])
        self._columns["measure"] |= found
        for name in self._holders.keys() & found.keys():
            self._holders[name].update(zip(*(run.who[column] for column in SUBJECT_KEY), strict=True))

    def holders(self) -> dict[str, int]:
        """Count for each measure that was asked for the runs that have it."""
        return {name: len(who) for name, who in self._holders.items()}

    def sample(self) -> pd.DataFrame:
        """Give a table with the columns of the long table, and every source and measure that it has."""
        return pd.DataFrame({name: pd.Series([*names], dtype="str") for name, names in self._columns.items()}).reindex(
            columns=list(LONG)
        )


def write_batches(
    plan: Plan, target: Target, path: Path, executor: Executor | None, progress: Progress | None
) -> tuple[Written, Sink]:
    """Write the table of a plan to a temporary path; what must not be in it is known when all of it was read.

    If files turn out to be copies of other subjects', the table is written again without them, from the parts.
    """
    key, refused, tick = key_of(plan.wanted.measures), dict[int, str](), ticking(plan.n_files, progress)
    earlier = earlier_of(target, key)
    room = Room()
    while True:
        written, sink = Written(plan), _sink(target, path, len(plan.batches))
        found = batches(plan, tasks_of(plan, earlier, refused), target, executor=executor, tick=tick)
        with closing(found):
            for at in plan.batches:
                batch = next(found)
                written.add(at, batch, sink.write(batch, room))
                del batch  # or two would be in memory while the next one is read
        copies = written.account.copies()
        if not copies:
            return written, sink
        sink.close(b"")
        refused |= copies
        earlier, tick = Earlier(stored_parts(target.partial)), ticking(plan.n_files, None)


def _sink(target: Target, path: Path, n_parts: int) -> Sink:
    if target.is_folder:
        return FolderSink(path, target.partial, n_parts)
    return ParquetSink(path) if target.suffix == ".parquet" else TextSink(path, target.suffix)
