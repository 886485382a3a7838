"""Why a tool failed: the few lines of its log that say so, after a word of ours where the cause is a known one."""

import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fsstats._frames import printable
from fsstats.runners.command import Command

_MOST_LINES: Final = 3
_LONGEST: Final = 300
"""Characters of a line."""
_TAIL: Final = 1 << 16
"""Bytes at the end of a log that are looked at."""
_SIGNALLED: Final = 128
"""What shells and containers add to the number of the signal that ended their program."""
_CAUSES: Final = (
    (re.compile(r"licen[cs]e", re.IGNORECASE), "a licence is missing or was refused"),
    (re.compile(r"no space left|disk quota exceeded", re.IGNORECASE), "the disk is full"),
    (
        re.compile(
            r"out of memory|(cannot|could not) allocate|bad_alloc|MemoryError|oom-?kill|insufficient memory|"
            r"failed to map segment",
            re.IGNORECASE,
        ),
        "it ran out of memory",
    ),
    (re.compile(r"segmentation fault|core dumped", re.IGNORECASE), "the program crashed"),
    (re.compile(r"^\s*killed\b|: killed\s*$", re.IGNORECASE), "it was killed, most often because memory ran out"),
    (re.compile(r"permission denied|read-only file system", re.IGNORECASE), "a file or folder is closed to you"),
)
"""Known causes, the surest first."""
_FAULTS: Final = re.compile(
    r"\b(\w*error|errors|\w*exception|fatal|failed|failure|cannot|could not|unable to)\b", re.IGNORECASE
)
_ENDED: Final = re.compile(r"exited with ERRORS at")
_NOISE: Final = re.compile(
    r"exited with ERRORS at|"
    r"^\s*(for more details, see the log file|to report a problem|#|traceback|file \".*\", line \d|\^|~|linux \S+ \d)",
    re.IGNORECASE,
)
_SECRET: Final = re.compile(r"^\s*(\*\S{6,}|FS\S{8,}|\S+@\S+\.\S+)\s*$")
"""Lines as they stand in a licence: a key, an address."""
_SIGNALS: Final = {
    "SIGKILL": "it was killed, most often because memory ran out",
    "SIGSEGV": "the program crashed",
    "SIGBUS": "the program crashed",
    "SIGABRT": "the program gave up",
    "SIGILL": "the program asks for another kind of processor",
}
"""By name: not every system has them all."""


def log_tail(log: Path, start: int = 0) -> str:
    """Read the end of a log, from no further up than a place in it."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(start, size - _TAIL))
        return file.read().decode("utf-8", "backslashreplace")


def reason_of(text: str, status: int, command: Command) -> str:
    r"""Say why a run failed.

    Parameters
    ----------
    text : str
        The end of what it printed.
    status : int
        Its exit status; that of a signal is negative.
    command : Command
        What was run.

    Returns
    -------
    str
        How it ended, the cause if it is a known one, and at most three lines of its log. Lines that look like a
        licence are never among them.

    Examples
    --------
    >>> from fsstats.runners import bet
    >>> reason_of("reading T1w\nwrite: No space left on device\n", 1, bet("T1w", "brain"))
    'it ended with status 1; the disk is full: write: No space left on device'
    """
    lines = [line.rstrip() for line in [*text.splitlines(), *_errors_of_first(command)]]
    lines = [line for line in lines if line.strip() and not _SECRET.match(line)]
    cause, telling = _known_cause(lines)
    how = "; ".join(part for part in (how_it_ended(status), cause) if part)
    shown = " / ".join(printable(line.strip())[:_LONGEST] for line in telling or _telling(lines))
    return f"{how}: {shown}" if shown else how


def how_it_ended(status: int) -> str:
    """Say how a program ended.

    Examples
    --------
    >>> how_it_ended(0), how_it_ended(2), how_it_ended(-11)
    ('', 'it ended with status 2', 'the program crashed (signal SIGSEGV)')
    """
    if status == 0:
        return ""
    number = -status if status < 0 else status - _SIGNALLED
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"it ended with status {status}"
    return f"{_SIGNALS.get(name, 'it was stopped')} (signal {name})"


def in_words(error: Exception) -> str:
    """Say what the system refused us.

    Examples
    --------
    >>> in_words(OSError(28, "No space left on device", "sub-01.json"))
    'the disk is full: No space left on device: sub-01.json'
    >>> in_words(ValueError("odd"))
    'ValueError: odd'
    """
    if not isinstance(error, OSError) or not error.strerror:
        return printable(f"{type(error).__name__}: {error}")
    where = f": {error.filename}" if error.filename else ""
    cause, _ = _known_cause([error.strerror])
    return printable(f"{cause}{': ' if cause else ''}{error.strerror}{where}")


def _known_cause(lines: Sequence[str]) -> tuple[str, list[str]]:
    """Find the surest known cause, and the last line that tells it."""
    last = lines[-200:]
    for pattern, cause in _CAUSES:
        found = [line for line in last if pattern.search(line) and (pattern is not _CAUSES[0][0] or _is_refused(line))]
        if found:
            return cause, found[-1:]
    return "", []


def _is_refused(line: str) -> bool:
    """Say whether a line about a licence is a complaint; many programs print theirs."""
    return re.search(r"error|not found|invalid|missing|could not|cannot|no such", line, re.IGNORECASE) is not None


def _telling(lines: Sequence[str]) -> list[str]:
    """Choose the lines that tell most: errors, else the last ones."""
    ends = [place for place, line in enumerate(lines) if _ENDED.search(line)]
    before = [line for line in (lines[: ends[-1]] if ends else lines) if not _NOISE.search(line)]
    own = [line for line in before[-200:] if line.lstrip().startswith("ERROR")]
    faults = own or [line for line in before[-50:] if _FAULTS.search(line)]
    return (faults or before)[-_MOST_LINES:]


def _errors_of_first(command: Command) -> list[str]:
    """Read what FIRST's programs complained of: it goes to files of its own."""
    return [line for path in error_files_of_first(command) for line in log_tail(path).splitlines()]


def error_files_of_first(command: Command) -> list[Path]:
    """Find the logs of FIRST that hold errors: ``OUT.logs/*.e*`` that are not empty.

    Parameters
    ----------
    command : Command
        Any command; of another tool there are none.

    Returns
    -------
    list of Path
        The files, by the alphabet.
    """
    if command.tool.program != "run_first_all" or "-o" not in command.arguments[:-1]:
        return []
    output = command.place(Path(command.arguments[command.arguments.index("-o") + 1]))
    folder = output.with_name(f"{output.name}.logs")
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if re.search(r"\.e\d*", path.name) and path.is_file() and path.stat().st_size)
