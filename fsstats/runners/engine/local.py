"""Run one command on this machine: no shell, one log, limits, and a clear word on what went wrong."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from fsstats.errors import RunError, wording
from fsstats.runners._flags import PathLike, number_text
from fsstats.runners.command import Command, Tool
from fsstats.runners.engine._processes import end_group
from fsstats.runners.engine.probe import folders_of, require_ready
from fsstats.runners.engine.reasons import error_files_of_first, in_words, log_tail, reason_of
from fsstats.runners.programs.fsl import FSL, stem_of
from fsstats.runners.programs.recon import subject_folder

_THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
"""Variables by which programs are told how many threads they may have."""
_LOOK: Final = 0.25
"""Seconds between two looks whether to stop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may take.

    Parameters
    ----------
    timeout : float, optional
        Seconds after which it is stopped.
    memory : int, optional
        Bytes of address space of each of its processes.
    threads : int, optional
        Threads that it is told to use.
    """

    timeout: float | None = None
    memory: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for name in ("timeout", "memory", "threads"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise RunError.at(name, expected="a number above 0", found=str(value))
        if self.memory is not None and sys.platform != "linux":
            raise RunError.at("memory", expected="Linux, where memory can be limited", found=sys.platform)


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a command. Made by `run`.

    Attributes
    ----------
    command : Command
        What was run.
    returncode : int or None
        Its exit status, minus the number of the signal that ended it; None if it was not started.
    seconds : float
        How long it took.
    log : Path or None
        What it printed; None if that was not kept.
    problem : str
        Why it failed; empty if it did not.
    """

    command: Command
    returncode: int | None
    seconds: float
    log: Path | None
    problem: str = ""


class Runner(Protocol):
    """Anything that runs a command: `run`, or a function that takes its place in a test."""

    def __call__(self, command: Command, /) -> Run:
        """Run a command."""


class Watch(NamedTuple):
    """What a caller wants to know of a run while it goes on."""

    started: Callable[[int], object] = lambda _pid: None
    """Called with the number of the process."""
    is_stopped: Callable[[], bool] = lambda: False
    """Asked several times a second whether to stop it."""


def run(
    command: Command,
    *,
    log: PathLike | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    check: bool = True,
) -> Run:
    """Run a command on this machine and wait for it.

    Parameters
    ----------
    command : Command
        What one of the tools' functions gave.
    log : path, optional
        The file to which all that the program prints is added, below a line with the time, the folder and the
        command. Without it that is kept only until the program ends.
    timeout : float, optional
        Seconds after which the program, and all that it started, is stopped.
    memory : int, optional
        Bytes of address space that each process may take (Linux only). A program of several processes may take as
        often as much, and one in a Docker container is not limited by it.
    threads : int, optional
        Threads that it is told to use, by the environment variables that programs follow.
    overwrite : bool
        Replace outputs that are there.
    check : bool
        Raise if it fails; otherwise the result says so.

    Returns
    -------
    Run
        Exit status, seconds, and the problem if there was one.

    Raises
    ------
    RunError
        If an input, the program or its licence is not there, an output is there already, or the run failed: the
        message has the reason from what the program printed.

    Notes
    -----
    No shell sees the arguments, and the program cannot ask anything: its input is closed. Folders for the outputs
    are made. It has succeeded if its exit status is 0, and all its outputs are there. A subject that recon-all has left
    unfinished is gone on with by `run_jobs`, or by the command that `continued` gives.

    Examples
    --------
    >>> from fsstats.runners import bet
    >>> run(bet("no-such-image.nii.gz", "brain.nii.gz"), check=False).problem
    'expected the input no-such-image.nii.gz, found no such file or folder'
    """
    limits = Limits(timeout, memory, threads)
    try:
        require_inputs(command)
        require_free(command, overwrite=overwrite)
        done = execute(command, limits, log=None if log is None else Path(log))
    except RunError as error:
        if check:
            raise
        done = Run(command, None, 0.0, None, str(error).removeprefix(f"{command.tool.name}: "))
    if check and done.problem:
        raise failed(done)
    return done


def failed(done: Run) -> RunError:
    """Make the error of a run that failed."""
    more = "" if done.log is None else f". All that it printed is in {done.log}"
    return RunError(f"{done.command.tool.name}: {done.problem}{more}")


def is_there(command: Command, path: Path) -> bool:
    """Say whether a file of a command is there; a name that FSL reads may lack its suffix, or have another."""
    place = command.place(path)
    if place.exists() or command.tool.suite != FSL:
        return place.exists()
    stem = stem_of(place.name)
    folder = place.parent
    return folder.is_dir() and any(stem_of(one) == stem != one for one in (path.name for path in folder.iterdir()))


def needed(command: Command) -> list[Path]:
    """Give what must be there before a command is run; the folder that subjects go into is made."""
    subject = subject_folder(command)
    made = None if subject is None else subject.parent
    return [path for path in command.inputs if command.place(path) != made]


def require_inputs(command: Command) -> None:
    """Raise unless all that a command reads is there."""
    missing = next((path for path in needed(command) if not is_there(command, path)), None)
    if missing is not None:
        where = command.place(missing)
        raise RunError.at(command.tool.name, expected=f"the input {where}", found="no such file or folder")


def require_free(command: Command, *, overwrite: bool = False) -> None:
    """Raise if an output is there that must not be replaced; what is changed in its place is an input too."""
    there = [path for path in command.outputs if path not in command.inputs and is_there(command, path)]
    if there and not overwrite:
        hint = "Choose another name, or allow it to be replaced (overwrite)"
        found = f"that {command.place(there[0])} is there already"
        raise RunError.at(command.tool.name, expected="no such output yet", found=found, hint=hint)


def execute(command: Command, limits: Limits, *, log: Path | None, watch: Watch | None = None) -> Run:
    """Run a command whose inputs and outputs were looked at.

    Parameters
    ----------
    command : Command
        The command.
    limits : Limits
        What it may take.
    log : Path or None
        The file that what it prints is added to.
    watch : Watch, optional
        What to call meanwhile.

    Returns
    -------
    Run
        How it went.

    Raises
    ------
    RunError
        If the program or its licence is not there.
    """
    environment = environment_of(command, limits.threads)
    program = require_ready(command, environment)
    _make_folders(command)
    with _opened(log) as file:
        file.seek(0, os.SEEK_END)
        file.write(_header(command))
        file.flush()
        place, start = Path(file.name), file.tell()
        begun, clock = time.time(), time.monotonic()
        try:
            process = _start(command, program, environment, file)
        except OSError as error:
            return Run(command, None, 0.0, log, f"it could not be started: {in_words(error)}")
        end = _ended(process, limits, watch or Watch())
        seconds = time.monotonic() - clock
        problem = _problem(command, end, log_tail(place, start), begun)
        file.seek(0, os.SEEK_END)
        file.write(f"# ended after {seconds:.1f} s: {problem or 'all is well'}\n".encode("utf-8", "backslashreplace"))
    return Run(command, end.status, seconds, log, problem)


def environment_of(command: Command, threads: int | None = None) -> dict[str, str]:
    """Give the environment variables of a command: the caller's, its own, and the limit of threads.

    The folders of the tool's package are put behind the ``PATH``: its programs call each other.
    """
    found = {**os.environ, **command.environment, **thread_variables(command.tool, threads)}
    if not command.before:
        known = found.get("PATH", os.defpath).split(os.pathsep)
        more = [str(one) for one in folders_of(command.tool.suite, found) if str(one) not in known]
        found["PATH"] = os.pathsep.join([*known, *more])
    return found


def thread_variables(tool: Tool, threads: int | None) -> dict[str, str]:
    """Give the variables that tell a program how many threads it may have."""
    return {} if threads is None else dict.fromkeys([*_THREADS, tool.threads], str(threads))


def folders_for(command: Command) -> list[Path]:
    """Name the folders that outputs go into; of a subject's own folder only that around it: recon-all minds."""
    subject = subject_folder(command)
    places = [subject] if subject is not None else map(command.place, command.outputs)
    return sorted({place.parent for place in places})


def _make_folders(command: Command) -> None:
    for folder in folders_for(command):
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _opened(log: Path | None) -> Iterator[IO[bytes]]:
    """Open a log to add to it, or a file that is gone afterwards."""
    if log is None:
        with tempfile.NamedTemporaryFile() as kept:
            yield kept.file
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        yield file


def _header(command: Command) -> bytes:
    now = datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    folder = Path.cwd() if command.folder is None else command.folder.absolute()
    remarks = "".join(f"# {remark}\n" for remark in command.remarks)
    return f"# {now} in {folder}\n{remarks}{command}\n".encode("utf-8", "surrogateescape")


def _start(command: Command, program: Path, environment: dict[str, str], file: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
        [str(program), *command.argv[1:]],
        stdin=subprocess.DEVNULL,
        stdout=file,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=command.folder,
        start_new_session=True,  # ctrl-C reaches it through us, and all that it starts can be ended with it
    )


class _End(NamedTuple):
    """How a process ended."""

    status: int
    why: str = ""
    """Why we ended it; empty if it ended by itself."""


def _ended(process: "subprocess.Popen[bytes]", limits: Limits, watch: Watch) -> _End:
    """Wait for a process; whatever comes between ends it."""
    try:
        _limit_memory(process.pid, limits.memory)
        watch.started(process.pid)
        why = _waited(process, limits.timeout, watch)
    except BaseException:
        end_group(process.pid, process)
        process.wait()
        raise
    if why or process.returncode < 0:  # what a killed program has started would go on
        end_group(process.pid, process)
    return _End(process.wait(), why)


def _waited(process: "subprocess.Popen[bytes]", timeout: float | None, watch: Watch) -> str:
    """Wait until a process ends, or there is a reason to end it; give the reason."""
    last = None if timeout is None else time.monotonic() + timeout
    while True:
        left = _LOOK if last is None else min(_LOOK, last - time.monotonic())
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(left, 0))
            return ""
        if watch.is_stopped():
            return "it was stopped"
        if last is not None and time.monotonic() >= last:
            return f"it was stopped when its time was up, after {number_text(float(timeout or 0))} s"


def _limit_memory(pid: int, memory: int | None) -> None:
    """Limit the address space of a process; what it starts later has the same limit."""
    if memory is None or sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - not on every system

    with suppress(ProcessLookupError):  # it has ended already
        resource.prlimit(pid, resource.RLIMIT_AS, (memory, memory))


def _problem(command: Command, end: _End, text: str, begun: float) -> str:
    """Say why a run that has ended is a failure; nothing if it is none."""
    if end.why:
        return end.why
    if end.status:
        return reason_of(text, end.status, command)
    complaints = [path for path in error_files_of_first(command) if path.stat().st_mtime >= begun - 1]
    missing = [command.place(path) for path in command.outputs if not is_there(command, path)]
    if not complaints and not missing:
        return ""
    found = f"no {missing[0]}" if missing else f"complaints in {complaints[0]}"
    said = reason_of(text, end.status, command)
    hint = f"It said: {said}" if said else ""
    return wording(expected="all outputs after it ended well", found=found, hint=hint)


def remove_outputs(command: Command) -> None:
    """Remove the files that a command left by half: some tools refuse to write over them. Folders stay."""
    for path in command.outputs:
        place = command.place(path)
        if path not in command.inputs and place.is_file():
            place.unlink()
