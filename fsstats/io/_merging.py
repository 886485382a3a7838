"""A merge batch by batch: read, keep a part of each on disk, write the table, settle what concerns all batches."""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fsstats._frames import Positions
from fsstats._version import __version__
from fsstats.errors import FsstatsError, TableError
from fsstats.io._account import Account
from fsstats.io._batch import Batch, Tick
from fsstats.io._ledger import Stored
from fsstats.io._parts import LEDGER, VALUES, Earlier, make_part, part_name, remove, restored, save_part, stored_parts
from fsstats.io._sinks import Sink, sink_for
from fsstats.io._study import Plan, Progress, read_task, task_of, ticking
from fsstats.parsers.formats import PARSERS_VERSION, added_formats
from fsstats.schema import LONG, SCHEMA_VERSION, SUBJECT_KEY
from fsstats.schema._registry import checksum
from fsstats.tables.assemble import Run

_ABOUT: Final = "about.json"
_LOCK: Final = "lock"


@contextmanager
def locked(target: "Target") -> Iterator[None]:
    """Keep a second merge into the same table out.

    Raises
    ------
    TableError
        If another merge into it is running.
    """
    target.partial.mkdir(exist_ok=True)
    lock = target.partial / _LOCK
    _take(lock)
    try:
        yield
    except FsstatsError:  # another try would end the same, so there is nothing to go on with
        remove(target.partial)
        raise
    finally:
        lock.unlink(missing_ok=True)


def _take(lock: Path) -> None:
    own = f"{socket.gethostname()} {os.getpid()}"
    try:
        holder = lock.read_text(encoding="utf-8")
    except OSError:
        holder = ""
    if holder and holder != own and _is_running(*holder.split(" ")):
        message = f"another merge into this table is running ({holder}); if it is not, remove {lock}"
        raise TableError(message)
    lock.write_text(own, encoding="utf-8")


def _is_running(host: str, pid: str) -> bool:
    """Say whether a process runs; of another machine that cannot be told, so it does."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@dataclass(frozen=True, slots=True)
class Target:
    """Where a table goes, and the folders beside it that a merge works in."""

    table: Path

    @property
    def files(self) -> Path:
        """The files table."""
        return self.table.with_name(f"{self.table.stem}.files{self.table.suffix}")

    @property
    def partial(self) -> Path:
        """The batches of a merge that is not done."""
        return self.table.with_name(f".{self.table.name}.partial")

    @property
    def kept(self) -> Path:
        """The ledgers of the table as it stands."""
        return self.table.with_name(f".{self.table.name}.ledgers")


def key_of(plan: Plan) -> str:
    """Say what the values of a file depend on, but for the file: if it is another, nothing read before counts."""
    measures = None if plan.wanted.measures is None else sorted(plan.wanted.measures)
    formats = [one.name for one in added_formats()]
    return json.dumps([__version__, SCHEMA_VERSION, PARSERS_VERSION, measures, checksum(), formats])


def earlier_of(target: Target, key: str) -> Earlier:
    """Find what is known of the files: from a merge that was stopped, and from the one that made the table."""
    stopped = stored_parts(target.partial) if _about(target.partial).get("key") == key else []
    return Earlier([*stopped, *_stored_in_table(target, key)])


def _about(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _stored_in_table(target: Target, key: str) -> list[Stored]:
    """Give the ledgers of the table, if it is as we left it."""
    about = _about(target.kept)
    if about.get("key") != key or about.get("table") != _mark(target.table):
        return []
    found, first = [], 0
    for number, n_groups in enumerate(about["groups"]):
        found.append(Stored(target.kept / part_name(number, LEDGER), target.table, (first, n_groups)))
        first += n_groups
    return found


def _mark(path: Path) -> list[int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return [state.st_mtime_ns, state.st_size]


def start(target: Target, key: str) -> None:
    """Make the folder of batches; what a merge of another key has left in it goes."""
    if _about(target.partial).get("key") != key:
        remove(target.partial)
    target.partial.mkdir(exist_ok=True)
    _write(target.partial, {"key": key})


def finish(target: Target, key: str, groups: list[int]) -> None:
    """Keep the ledgers of the table that is now in its place; its values need not be kept twice."""
    for path in (*target.partial.glob(f"*{VALUES}"), target.partial / _LOCK):
        path.unlink(missing_ok=True)
    if target.table.suffix == ".parquet":
        _write(target.partial, {"key": key, "table": _mark(target.table), "groups": groups})
        remove(target.kept)
        target.partial.rename(target.kept)
    else:
        remove(target.partial)


def _write(folder: Path, about: Mapping[str, Any]) -> None:
    new = folder / f"{_ABOUT}.{os.getpid()}"
    new.write_text(json.dumps(about), encoding="utf-8")
    new.replace(folder / _ABOUT)


def batches(
    plan: Plan, folder: Path, earlier: Earlier, refused: Mapping[int, str], *, executor: Executor | None, tick: Tick
) -> Iterator[Batch]:
    """Give batch after batch, each saved in a folder before it is given."""
    tasks = (
        task_of(plan, number, refused, earlier.of([*plan.files["path"].iloc[at]]))
        for number, at in enumerate(plan.batches)
    )
    if executor is None:
        for task in tasks:
            batch = read_task(task, tick)
            save_part(batch, folder, task.number)
            yield batch
        return
    running = [(task, executor.submit(make_part, task, folder)) for task in tasks]
    for task, future in running:
        future.result()
        tick(len(task.files))
        yield restored(task.files, folder, task.number, plan.wanted.measures)


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
    key, refused = key_of(plan), dict[int, str]()
    earlier = earlier_of(target, key)
    start(target, key)
    tick = ticking(plan, progress)
    while True:
        written, sink = Written(plan), sink_for(path, target.table.suffix)
        found = batches(plan, target.partial, earlier, refused, executor=executor, tick=tick)
        for at, batch in zip(plan.batches, found, strict=True):
            written.add(at, batch, sink.write(batch))
        copies = written.account.copies()
        if not copies:
            return written, sink
        sink.close(b"")
        refused |= copies
        earlier, tick = Earlier(stored_parts(target.partial)), ticking(plan, None)
