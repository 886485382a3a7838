"""One job: the steps of a recipe for one subject; a stopped one goes on, and a finished one is left alone."""

import os
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from fsstats._frames import printable
from fsstats.discovery.folders import RUNS
from fsstats.errors import RunError
from fsstats.io._locks import release, take
from fsstats.io._processes import born
from fsstats.io._stores import create
from fsstats.runners.command import Command
from fsstats.runners.engine._contents import content_of
from fsstats.runners.engine._processes import end_group
from fsstats.runners.engine.local import (
    Limits,
    Run,
    Watch,
    environment_of,
    execute,
    is_there,
    needed,
    remove_outputs,
    require_free,
    require_inputs,
)
from fsstats.runners.engine.probe import require_ready
from fsstats.runners.engine.reasons import in_words
from fsstats.runners.engine.resume import BusyError, is_unfinished, prepared
from fsstats.runners.engine.state import (
    CLAIM,
    LOG,
    RECORD,
    Mark,
    Record,
    Status,
    now,
    runs_alone,
    runs_elsewhere,
    same_line,
)
from fsstats.runners.programs.fsl import stem_of
from fsstats.runners.programs.recon import continued, subject_folder


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


class _TakenError(RunError):
    """Another call runs the job."""


def register(job: Job) -> None:
    """Write down that a job is waiting, if nothing is known of it."""
    job.record.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # another call may have begun it by now
        create(job.record, _new(job).text())


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


def run_job(job: Job, how: How) -> Record:
    """Run what is left of a job, unless another call does.

    Parameters
    ----------
    job : Job
        The job.
    how : How
        Limits and choices.

    Returns
    -------
    Record
        What became of it; no error of one job is raised, so that none costs another.
    """
    try:
        own = take(job.claim, partial(_taken, job.claim), from_elsewhere=how.take_over)
    except _TakenError as taken:
        record = known(job)
        record.status, record.reason = "running", str(taken)
        return record
    except OSError as error:
        return _broken(known(job), error)
    record = known(job)
    try:
        if not how.is_stopped():
            _run(job, record, how)
    except Exception as error:  # noqa: BLE001 - what no rule foresaw: one job may not cost the others
        _broken(record, error)
        with suppress(OSError):
            record.save(job.record)
    finally:
        release(job.claim, own)
    return record


def _taken(claim: Path, holder: str) -> _TakenError:
    return _TakenError(runs_elsewhere(claim, holder))


def _broken(record: Record, error: Exception) -> Record:
    """Say that a job could not be run for a reason outside of it: a full disk, a closed folder."""
    record.status, record.reason = "failed", in_words(error)
    return record


def _run(job: Job, record: Record, how: How) -> None:
    """Run the steps that are not done."""
    left: list[int] = []
    try:
        left = _left(job, record, how)
        for place in {*range(len(job.steps))}.difference(left):
            _note_done(job, record, place)
        _run_steps(job, record, left, how)
    except BusyError as busy:
        record.status, record.reason = "running", str(busy)
    except RunError as error:
        _settle(job, record, "failed" if left and record.step != left[0] else "refused", str(error))


def _note_done(job: Job, record: Record, place: int) -> None:
    """Write down that a step need not be run: by us, or by whoever made what is there."""
    mark = record.marks.setdefault(place, Mark([*job.steps[place].argv], "found"))
    mark.status = "done" if mark.attempts else "found"


def _run_steps(job: Job, record: Record, places: Sequence[int], how: How) -> None:
    """Run steps one after another."""
    for place in places:
        record.step = place
        if how.is_stopped():
            _settle(job, record, "interrupted", "stopped between two steps")
            return
        if not _run_step(job, record, place, how):
            return
    record.step = len(job.steps) - 1
    is_ours = any(mark.attempts for mark in record.marks.values())
    _settle(job, record, "done" if is_ours else "found", "")


def _settle(job: Job, record: Record, status: Status, reason: str) -> None:
    record.status, record.reason = status, reason
    record.save(job.record)


def _left(job: Job, record: Record, how: How) -> list[int]:
    """Give the steps that are not done, and those that read what they make.

    Raises
    ------
    BusyError
        If a program still runs on it.
    RunError
        If a step would replace what is not ours, or a program is missing: before any is run.
    """
    for one in record.marks.values():
        if one.lives and not how.take_over:
            raise BusyError(runs_alone(one))
        if one.lives:
            end_group(one.pid or 0)
    left: list[int] = []
    for place, command in enumerate(job.steps):
        before = [job.steps[earlier] for earlier in left]
        _require_same_images(job, record, place, overwrite=how.overwrite)
        if how.overwrite or _reads_of(command, before) or not _is_done(job, command, record.marks.get(place)):
            left.append(place)
    for place in left:
        record.step = place
        command, mark = job.steps[place], record.marks.get(place)
        prepared(command, mark, overwrite=how.overwrite, take_over=how.take_over)
        _require_own(job, command, mark, overwrite=how.overwrite)
        require_ready(command, environment_of(command))
    return left


def _require_same_images(job: Job, record: Record, place: int, *, overwrite: bool) -> None:
    """Raise if what a step was made of has changed since, and what it made would stay: it would pass for new."""
    command, mark, given = job.steps[place], record.marks.get(place), _given(job, place)
    subject = subject_folder(command)
    stays = subject.exists() if subject is not None else not overwrite and mark is not None and mark.status == "done"
    if mark is None or not stays or _are_same(mark.contents, [content_of(path) for path in given]):
        return
    record.step = place
    anew = "allow its outputs to be replaced (overwrite)" if subject is None else f"remove or rename {subject}"
    raise RunError.at(
        command.tool.name,
        expected=f"{', '.join(map(str, given))} as it was on {(mark.started or '')[:16].replace('T', ' ')}",
        found="that it holds something else now",
        hint=f"To make it anew, {anew}",
    )


def _are_same(before: Sequence[str], contents: Sequence[str]) -> bool:
    """Say whether files hold what they held before, as far as they were and are there."""
    if not before or not contents:
        return True
    alike = all(one == other or not (one and other) for one, other in zip(before, contents, strict=False))
    return alike and len(before) == len(contents)


def _given(job: Job, place: int) -> list[Path]:
    """Name what a step is made of, and no step of the job makes; recon-all's are the images that it took over."""
    command = job.steps[place]
    others = {_stem(one, path) for one in job.steps for path in one.outputs}
    if subject_folder(command) is not None:
        others |= {_stem(command, path) for path in continued(command).inputs}
    return [command.place(path) for path in command.inputs if _stem(command, path) not in others]


def _reads_of(command: Command, before: Sequence[Command]) -> bool:
    """Say whether a command reads what one of others writes; if it names nothing that it reads, it may."""
    made = {_stem(one, path) for one in before for path in one.outputs}
    made |= {folder for folder in map(subject_folder, before) if folder is not None}
    read = {_stem(command, path) for path in needed(command)}
    if not read:
        return bool(before)
    return any(
        one in made or not made.isdisjoint(one.parents) or any(one in path.parents for path in made) for one in read
    )


def _stem(command: Command, path: Path) -> Path:
    """Give where a file is, without the suffix of an image, which FSL's programs do not need."""
    return Path(stem_of(command.place(path)))


def _is_done(job: Job, command: Command, mark: Mark | None) -> bool:
    """Say whether a step is done: its outputs are there, and it was the same command line, or not ours."""
    if is_unfinished(command) or not all(is_there(command, path) for path in command.outputs):
        return False
    if mark is None or mark.status == "found":
        return bool(command.outputs)
    has_said_so = subject_folder(command) is not None and bool(command.outputs)  # recon-all itself says that it is done
    return _is_same(job, command, mark) and (not mark.is_begun or has_said_so)


def _is_same(job: Job, command: Command, mark: Mark) -> bool:
    """Say whether a step was the same command line before, and wrote to the same place of the cohort."""
    written = _written(job, command)
    return same_line(mark, command.argv) and (mark.outputs == written or not {*mark.outputs}.isdisjoint(written))


def _require_own(job: Job, command: Command, mark: Mark | None, *, overwrite: bool) -> None:
    """Raise if outputs are there that the same step has not made; recon-all goes on with what is there."""
    if overwrite or subject_folder(command) is not None:
        return
    is_ours = mark is not None and (mark.is_begun or _is_same(job, command, mark))
    own = mark.outputs if mark is not None and is_ours else []
    others = [path for path, place in zip(command.outputs, _written(job, command), strict=True) if place not in own]
    try:
        require_free(replace(command, outputs=tuple(others)))
    except RunError as error:
        if mark is None or mark.status != "done" or is_ours:
            raise
        hint = f"It was made by another command line: {' '.join(map(printable, mark.argv))}"
        raise RunError(f"{error}. {hint}") from None


def _written(job: Job, command: Command) -> list[str]:
    """Name the outputs of a command as they are seen from the folder of the cohort, which may be moved."""
    return [os.path.relpath(command.place(path), job.out) for path in command.outputs]


def _run_step(job: Job, record: Record, place: int, how: How) -> bool:
    """Run a step, again if it fails and there are retries left; say whether it is done."""
    for left in range(how.retries, -1, -1):
        done = _attempt(job, record, place, how)
        if not done.problem:
            return True
        if how.is_stopped():
            _close(job, record, place, "interrupted", done)
            return False
        _close(job, record, place, "failed", done, is_last=not left)
    return False


def _attempt(job: Job, record: Record, place: int, how: How) -> Run:
    """Run a step once."""
    asked, mark = job.steps[place], record.marks.get(place)
    command = prepared(asked, mark, overwrite=how.overwrite, take_over=how.take_over, is_final=True)
    require_inputs(command)
    require_ready(command, environment_of(command))
    if subject_folder(command) is None:
        remove_outputs(command)
    attempts = 1 if mark is None else mark.attempts + 1
    contents = [content_of(path) for path in _given(job, place)]
    begun = Mark([*asked.argv], "running", _written(job, asked), contents, now(), attempts=attempts)
    begun.host = socket.gethostname()
    record.marks[place] = begun
    _settle(job, record, "running", "")
    watch = Watch(_noter(job, record, begun), how.is_stopped)
    try:
        done = execute(command, how.limits, log=job.log, watch=watch)
    except BaseException:
        begun.status = "interrupted"
        with suppress(OSError):  # it would hide what went wrong before
            _settle(job, record, "interrupted", "it was stopped")
        raise
    if not done.problem:
        begun.status, begun.seconds = "done", done.seconds
        record.save(job.record)
    return done


def _noter(job: Job, record: Record, mark: Mark) -> Callable[[int], None]:
    """Note the process of a step, by which it is known again if this one is killed."""

    def note(pid: int) -> None:
        mark.pid, mark.born = pid, born(pid)
        record.save(job.record)

    return note


def _close(job: Job, record: Record, place: int, status: Status, done: Run, *, is_last: bool = True) -> None:
    """Write down that a step did not end well."""
    mark = record.marks[place]
    mark.status, mark.seconds, mark.reason = status, done.seconds, done.problem
    _settle(job, record, status if is_last else "running", f"{done.command.tool.name}: {done.problem}")
