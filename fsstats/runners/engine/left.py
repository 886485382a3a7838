"""What is left to do of a job: what is done is left alone, and what others have made is not replaced."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fsstats._frames import printable
from fsstats.errors import RunError
from fsstats.runners.command import Command
from fsstats.runners.engine._contents import content_of
from fsstats.runners.engine._processes import end_group
from fsstats.runners.engine.jobs import How, Job
from fsstats.runners.engine.local import environment_of, is_there, needed, require_free
from fsstats.runners.engine.probe import require_ready
from fsstats.runners.engine.resume import BusyError, is_unfinished, prepared
from fsstats.runners.engine.state import Mark, Record, runs_alone, same_line
from fsstats.runners.programs.fsl import stem_of
from fsstats.runners.programs.recon import continued, subject_folder


def left_of(job: Job, record: Record, how: How) -> list[int]:
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
    command, mark, given = job.steps[place], record.marks.get(place), made_of(job, place)
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


def made_of(job: Job, place: int) -> list[Path]:
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
    written = written_by(job, command)
    return same_line(mark, command.argv) and (mark.outputs == written or not {*mark.outputs}.isdisjoint(written))


def _require_own(job: Job, command: Command, mark: Mark | None, *, overwrite: bool) -> None:
    """Raise if outputs are there that the same step has not made; recon-all goes on with what is there."""
    if overwrite or subject_folder(command) is not None:
        return
    is_ours = mark is not None and (mark.is_begun or _is_same(job, command, mark))
    own = mark.outputs if mark is not None and is_ours else []
    others = [path for path, place in zip(command.outputs, written_by(job, command), strict=True) if place not in own]
    try:
        require_free(replace(command, outputs=tuple(others)))
    except RunError as error:
        if mark is None or mark.status != "done" or is_ours:
            raise
        hint = f"It was made by another command line: {' '.join(map(printable, mark.argv))}"
        raise RunError(f"{error}. {hint}") from None


def written_by(job: Job, command: Command) -> list[str]:
    """Name the outputs of a command as they are seen from the folder of the cohort, which may be moved."""
    return [os.path.relpath(command.place(path), job.out) for path in command.outputs]
