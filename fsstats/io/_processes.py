"""What the system tells of a process; only Linux does."""

from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")


class Process(NamedTuple):
    """A process, as the system tells it."""

    state: str
    group: int
    born: str
    """When it was started, in ticks of the clock since the machine was."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and only its number is kept for who started it."""
        return self.state in {"Z", "X"}


def process_of(pid: str) -> Process | None:
    """Read what is told of a process, whose name may hold anything; None if there is none, or this is no Linux."""
    try:
        words = (PROC / pid / "stat").read_bytes().decode("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return Process(words[0], int(words[2]), words[19])


def born(pid: int) -> str:
    """Tell when a process was started, to know it from a later one of the same number; empty if that cannot be told."""
    found = process_of(str(pid))
    return found.born if found else ""
