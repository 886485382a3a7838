"""What is remembered of a cohort's jobs, on disk: so that a stopped call goes on, and two calls run nothing twice.

In the folder of the cohort, ``fsstats-run/RECIPE/SUBJECT_SESSION`` with ``.json`` (what became of each step), ``.log``
(what its programs printed) and, while it runs, ``.claim`` (who runs it).
"""

import json
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from fsstats.discovery.folders import RUNS
from fsstats.errors import NothingFoundError
from fsstats.io._locks import is_here, is_running, said
from fsstats.io._replace import write_text
from fsstats.io._stores import text_in
from fsstats.runners._flags import PathLike
from fsstats.runners.engine._processes import group_lives

Status = Literal["done", "found", "failed", "running", "interrupted", "waiting", "refused"]
RECORD, LOG, CLAIM = ".json", ".log", ".claim"
STATUS_COLUMNS: Final = (
    "subject",
    "session",
    "job",
    "step",
    "status",
    "started",
    "seconds",
    "attempts",
    "reason",
    "log",
)
_TEXTS: Final = ("subject", "session", "job", "step", "status", "reason", "log")


@dataclass(slots=True)
class Mark:
    """What became of one step."""

    argv: list[str]
    """Its command line."""
    status: Status
    outputs: list[str] = field(default_factory=list)
    """What it writes, seen from the folder of the cohort, if we have begun it."""
    contents: list[str] = field(default_factory=list)
    """What the files held that it reads and that no step of the job makes, by `content_of`."""
    started: str | None = None
    """When, in universal time; None if we have not run it."""
    seconds: float | None = None
    attempts: int = 0
    reason: str = ""
    host: str = ""
    """Where it runs, or ran."""
    pid: int | None = None
    """The number of its process."""
    born: str = ""
    """When that process was started, as the system tells it."""

    @property
    def is_begun(self) -> bool:
        """Whether we began it, and it did not end well: what is there of its outputs is ours."""
        return self.status in {"running", "interrupted", "failed"}

    @property
    def lives(self) -> bool:
        """Whether its program still runs on this machine."""
        if self.pid is None or self.status != "running" or self.host != socket.gethostname():
            return False
        return group_lives(self.pid, self.born)


@dataclass(slots=True)
class Record:
    """What became of one job."""

    subject: str
    session: str | None
    job: str
    programs: list[str]
    """The tools of its steps."""
    out: str
    """The folder of the cohort."""
    status: Status = "waiting"
    step: int | None = None
    """Where it stands, counted from 0."""
    reason: str = ""
    marks: dict[int, Mark] = field(default_factory=dict)
    """Steps that were begun or found, by their place."""

    def text(self) -> str:
        """Give it as it is written."""
        return json.dumps(asdict(self))

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        write_text(self.text(), path)

    @classmethod
    def load(cls, path: Path) -> "Record | None":
        """Read one; None if there is none, or it is not ours."""
        try:
            known: dict[str, Any] = json.loads(text_in(path) or "")
            marks = {int(place): Mark(**mark) for place, mark in known.pop("marks").items()}
            return cls(**known, marks=marks)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def now() -> str:
    """Give the time, as it is written down."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def as_it_is(record: Record, path: Path) -> Record:
    """Set right what a record says of a job that runs: what ran it may be gone."""
    if record.status != "running":
        return record
    holder = text_in(path.with_suffix(CLAIM)) or ""
    if is_running(holder):
        record.reason = runs_elsewhere(path.with_suffix(CLAIM), holder)
        return record
    mark = next((one for one in record.marks.values() if one.lives), None)
    if mark is not None:
        record.reason = runs_alone(mark)
        return record
    record.status, record.reason = "interrupted", "what ran it is gone; the next call goes on with it"
    return record


def runs_elsewhere(claim: Path, holder: str) -> str:
    """Say who runs a job, and since when."""
    host, _, pid = said(holder).partition(" ")
    try:
        since = datetime.fromtimestamp(claim.stat().st_mtime, UTC).isoformat(" ", "minutes")
    except OSError:  # it has just ended
        since = "just now"
    hint = "" if is_here(holder) else "; if that is over, allow that it is taken over (take_over)"
    return f"it runs on {host or 'another machine'} (process {pid or 'not known'}) since {since}{hint}"


def runs_alone(mark: Mark) -> str:
    """Say that a program has outlived the call that started it."""
    return f"its program still runs (process {mark.pid}), though the call that started it is gone; wait until it ends"


def status_of(out: PathLike) -> pd.DataFrame:
    """Tell what has become of the jobs of a cohort, also while they run.

    Parameters
    ----------
    out : path
        The folder of the cohort, in which `run_jobs` keeps ``fsstats-run``.

    Returns
    -------
    DataFrame
        A row a job, by job, subject and session; see `run_jobs` for the columns.

    Raises
    ------
    NothingFoundError
        If nothing was ever run there.

    See Also
    --------
    run_jobs : Runs them.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats.runners import Job, bet, run_jobs
    >>> with tempfile.TemporaryDirectory() as out:
    ...     steps = (bet(f"{out}/none.nii.gz", f"{out}/brain.nii.gz"),)
    ...     _ = run_jobs([Job(subject="sub-01", name="bet", steps=steps, out=out)])
    ...     table = status_of(out)
    >>> table[["subject", "job", "step", "status"]].to_numpy().tolist()
    [['sub-01', 'bet', '1/1 bet', 'refused']]
    """
    folder = Path(out) / RUNS
    found = {path: Record.load(path) or _unread(path) for path in sorted(folder.glob(f"*/*{RECORD}"))}
    if not found:
        message = f"{folder}: expected what fsstats remembers of its runs, found none. Was it another folder?"
        raise NothingFoundError(message)
    return table_of([(as_it_is(record, path), path) for path, record in found.items()])


def _unread(path: Path) -> Record:
    """Stand in for a record that is damaged, so that its job is not missing from the table."""
    reason = f"what was known of it cannot be read; the next call looks at its files, and writes {path} anew"
    return Record(path.stem, None, path.parent.name, [], str(path.parents[2]), "interrupted", reason=reason)


def table_of(records: Iterable[tuple[Record, Path]]) -> pd.DataFrame:
    """Give records, and where they lie, as a table."""
    rows = [_row(record, path.with_suffix(LOG)) for record, path in records]
    table = pd.DataFrame(rows, columns=[*STATUS_COLUMNS])
    started = pd.to_datetime(table["started"], utc=True)
    kinds = {"seconds": "float64", "attempts": "int64", **dict.fromkeys(_TEXTS, "str")}
    return table.assign(started=started).astype(kinds)


def _row(record: Record, log: Path) -> tuple[object, ...]:
    marks = [record.marks[place] for place in sorted(record.marks)]
    starts = [mark.started for mark in marks if mark.started is not None]
    times = [mark.seconds for mark in marks if mark.seconds is not None]
    return (
        record.subject,
        record.session,
        record.job,
        _step(record),
        record.status,
        min(starts, default=None),
        sum(times) if times else None,
        max((mark.attempts for mark in marks), default=0),
        record.reason or None,
        str(log) if log.exists() else None,
    )


def _step(record: Record) -> str | None:
    """Say where a job stands: ``2/3 fast``."""
    if record.step is None:
        return None
    return f"{record.step + 1}/{len(record.programs)} {record.programs[record.step]}"


_THREADS: Final = frozenset(("-openmp", "-threads", "--threads", "-nthreads", "--processes"))
"""Options of the tools that say how fast they are, and change nothing in what they write."""
_VARIABLE: Final = re.compile(r"[A-Z_]+THREADS=\d+")
"""The same, as a variable that is handed to a container; ``--env`` stands in front of it."""


_FOLDERS: Final = re.compile(r"(?<![^,:=])/[^,:=]*/")
"""The folders in front of a name, also where a container is told of them; they may have been moved, or be links."""


def same_line(mark: Mark, argv: Sequence[str]) -> bool:
    """Say whether a step was the same command line; neither threads nor the folders of its files make another of it."""
    return _essence(mark.argv) == _essence(argv)


def _essence(argv: Sequence[str]) -> list[str]:
    """Leave out how many threads there are, and in which folders files lie.

    Examples
    --------
    >>> _essence(["recon-all", "-i", "/bids/sub-01/T1w.nii.gz", "-all", "-openmp", "4", "-qcache"])
    ['recon-all', '-i', 'T1w.nii.gz', '-all', '-qcache']
    """
    out = {
        place
        for place, (word, value) in enumerate(pairwise([*argv, ""]))
        if word in _THREADS or (word == "--env" and _VARIABLE.fullmatch(value))
    }
    return [_FOLDERS.sub("", word) for place, word in enumerate(argv) if not {place, place - 1} & out]
