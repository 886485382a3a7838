"""Do what is left of a job, step by step, and write down at once what has become of each."""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from fsstats.errors import RunError
from fsstats.io._locks import release, take
from fsstats.io._processes import born
from fsstats.runners.engine._contents import content_of
from fsstats.runners.engine.jobs import How, Job, known
from fsstats.runners.engine.left import left_of, made_of, written_by
from fsstats.runners.engine.local import Run, Watch, environment_of, execute, remove_outputs, require_inputs
from fsstats.runners.engine.probe import require_ready
from fsstats.runners.engine.reasons import in_words
from fsstats.runners.engine.resume import BusyError, prepared
from fsstats.runners.engine.state import Mark, Record, Status, now, runs_elsewhere
from fsstats.runners.programs.recon import subject_folder


class _TakenError(RunError):
    """Another call runs the job."""


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
        left = left_of(job, record, how)
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
    contents = [content_of(path) for path in made_of(job, place)]
    begun = Mark([*asked.argv], "running", written_by(job, asked), contents, now(), attempts=attempts)
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
