"""Processes and all that they started: whether they still run, and how to end them."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import Final

from fsstats.io._processes import PROC, process_of

_GRACE: Final = 10
"""Seconds that a program has to end by itself before it is killed."""


def group_lives(pid: int, since: str) -> bool:
    """Say whether a process that was started then, or any that it started, still runs on this machine."""
    leader = process_of(str(pid))
    return (leader is None or leader.born == since) and _has_members(pid)


def _has_members(group: int) -> bool:
    """Say whether any process of a group runs."""
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    if not PROC.is_dir():
        return True
    processes = (process_of(folder.name) for folder in PROC.iterdir() if folder.name.isdecimal())
    return any(one is not None and one.group == group and not one.is_over for one in processes)


def end_group(group: int, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """End a process and all that it started: politely, and after some seconds by force.

    Parameters
    ----------
    group : int
        The number of the first process.
    process : Popen, optional
        The same, if this process started it.
    """
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        last = time.monotonic() + _GRACE
        while time.monotonic() < last:
            if process is not None:
                process.poll()  # else it would be kept for us to ask for it
            if not _has_members(group):
                return
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)
