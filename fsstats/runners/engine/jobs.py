"""Jobs: the steps of a recipe for one subject, how they are run, and what is known of them from before."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fsstats._frames import composed, printable
from fsstats.discovery.folders import RUNS
from fsstats.errors import RunError
from fsstats.io._stores import create
from fsstats.runners.command import Command
from fsstats.runners.engine.local import Limits
from fsstats.runners.engine.state import CLAIM, LOG, RECORD, Mark, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be done for one subject: commands, one after another.

    Parameters
    ----------
    subject : str
        Who.
    session : str or None
        Which session; None if there are none.
    name : str
        What is done: a recipe, or a tool.
    steps : tuple of Command
        The commands, each of which may need what those before it write.
    out : Path
        The folder of the cohort; what became of the job is kept in its ``fsstats-run``.

    Raises
    ------
    RunError
        If there is no subject, name or step.

    Examples
    --------
    >>> from fsstats.runners import bet
    >>> job = Job(subject="sub-01", name="bet", steps=(bet("T1w.nii.gz", "brain.nii.gz"),), out=Path("results"))
    >>> job.log.relative_to(job.out).as_posix()
    'fsstats-run/bet/sub-01.log'
    """

    subject: str
    name: str
    steps: tuple[Command, ...]
    out: Path
    session: str | None = None

    def __post_init__(self) -> None:
        """Refuse a job of nobody or nothing; workers elsewhere have another working directory."""
        object.__setattr__(self, "out", Path(self.out).absolute())
        if not (self.subject and self.name and self.steps):
            raise RunError.at("a job", expected="a subject, a name and steps", found=f"{self.subject} {self.name}")

    @property
    def who(self) -> str:
        """Whose it is, for messages and names of files."""
        return "_".join(filter(None, (self.subject, self.session)))

    @property
    def record(self) -> Path:
        """What became of it."""
        return self._file(RECORD)

    @property
    def log(self) -> Path:
        """What its programs print."""
        return self._file(LOG)

    @property
    def claim(self) -> Path:
        """Who runs it."""
        return self._file(CLAIM)

    def _file(self, suffix: str) -> Path:
        return self.out / RUNS / _file_name(self.name) / f"{_file_name(self.who)}{suffix}"


def _file_name(text: str) -> str:
    """Write a name so that it can be a file's.

    Examples
    --------
    >>> _file_name("sub-01"), _file_name("a/b"), _file_name("..")
    ('sub-01', 'a%2Fb', '%2E.')
    """
    return re.sub(r"^\.|[/\\%:\x00-\x1f]", lambda found: f"%{ord(found[0]):02X}", text)


@dataclass(frozen=True, slots=True)
class How:
    """How jobs are run."""

    stop: Path
    """A file that tells, once it is there, that all is to stop: workers see it wherever they are."""
    limits: Limits = field(default_factory=Limits)
    retries: int = 0
    overwrite: bool = False
    take_over: bool = False

    def is_stopped(self) -> bool:
        """Say whether all is to stop; a disk that does not answer for a moment stops nothing."""
        return os.path.exists(self.stop)  # noqa: PTH110 - that of Path raises, and this one never


def register(job: Job) -> None:
    """Write down that a job is waiting, if nothing is known of it.

    Raises
    ------
    RunError
        If what is known there is of another job: many disks do not tell large letters from small ones.
    """
    job.record.parent.mkdir(parents=True, exist_ok=True)
    try:
        create(job.record, _new(job).text())
    except FileExistsError:  # of an earlier call, or of another that has begun it by now
        there = Record.load(job.record)
        if there is not None and _whose(there) != _whose(job):
            found, hint = f"one of {_whose(there)} there", "Rename one of them, or write to another folder"
            where = f"{job.name} of {_whose(job)}"
            raise RunError.at(where, expected="a record of its own", found=found, hint=hint) from None


def _whose(job: Job | Record) -> str:
    return printable(composed(" / ".join(filter(None, (job.subject, job.session)))))


def _new(job: Job) -> Record:
    return Record(job.subject, job.session, job.name, [step.tool.name for step in job.steps], str(job.out))


def known(job: Job) -> Record:
    """Give what is known of a job; its steps may be others than before, or at other places, and its folder moved."""
    record, new = Record.load(job.record), _new(job)
    if record is None:
        return new
    for mark in record.marks.values():
        mark.argv = [word.replace(record.out, new.out) for word in mark.argv]
    new.marks = _placed(job, record.marks)
    new.status, new.reason = record.status, record.reason
    new.step = record.step if record.step is not None and record.step < len(job.steps) else None
    return new


def _placed(job: Job, marks: Mapping[int, Mark]) -> dict[int, Mark]:
    """Give each step the mark of the same command line; else that of its place, if it is no other step's."""
    lines = [step.argv for step in job.steps]
    by_line = {tuple(mark.argv): mark for mark in marks.values()}
    strangers = {place: mark for place, mark in marks.items() if tuple(mark.argv) not in lines}
    found = {place: by_line.get(line, strangers.get(place)) for place, line in enumerate(lines)}
    return {place: replace(mark) for place, mark in found.items() if mark is not None}
