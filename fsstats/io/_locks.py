"""Who is at work on something: a file beside it that only one can write, with host, process and a token."""

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from fsstats.io._processes import born, process_of
from fsstats.io._stores import create, is_remote, remove, text_in

_PATIENCE: Final = 5.0
"""Seconds in which a lock is written, however slow the disk; one that stays empty is of a process that was killed."""
_PAUSE: Final = 0.05


def take(lock: Path, taken: Callable[[str], Exception], *, from_elsewhere: bool = False) -> str:
    """Write a lock; give its text, which no other has.

    Parameters
    ----------
    lock : Path
        The file; one of a process that is gone is replaced.
    taken : callable
        Makes the error from the text of another's lock.
    from_elsewhere : bool
        Replace the lock of another machine too, of whose processes nothing can be told.
    """
    own = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)} {born(os.getpid())}"
    holder = _told(lock)
    if holder is not None:
        if is_running(holder) and not (from_elsewhere and not is_here(holder)):
            raise taken(holder)
        _clear(lock, holder)
    try:
        create(lock, own)
    except FileExistsError as error:  # of two that start together one is first
        holder = text_in(lock)
        if holder != own:  # a server whose answer was lost was asked again, and finds what we have made
            raise taken(holder or "") from error
    return own


def _told(lock: Path) -> str | None:
    """Give the text of a lock; an empty one may still be written, by another whose disk has no hard links."""
    until = monotonic() + _PATIENCE
    while (text := text_in(lock)) == "" and monotonic() < until:
        sleep(_PAUSE)
    return text


def release(lock: Path, own: str) -> None:
    """Remove a lock if it is still ours; what goes wrong then would hide what went wrong before."""
    with suppress(OSError):
        if text_in(lock) == own:
            remove(lock)


def is_running(holder: str) -> bool:
    """Say whether the process of a lock runs; of another machine that cannot be told, so it does."""
    _, pid, _, since, *_ = [*holder.split(" "), "", "", "", ""]
    if not pid.isdecimal():  # it was killed while it wrote
        return False
    if not is_here(holder) or os.name == "nt":  # on Windows os.kill does not ask: it stops
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    process = process_of(pid)
    return process is None or not (process.is_over or since not in {"", process.born})  # or a later one has its number


def is_here(holder: str) -> bool:
    """Say whether a lock is of this machine."""
    return holder.partition(" ")[0] == socket.gethostname()


def said(holder: str) -> str:
    """Give the host and the process of a lock."""
    return " ".join(holder.split()[:2])


def _clear(lock: Path, holder: str) -> None:
    """Remove the lock of a process that is gone, and none that another has put in its place."""
    if is_remote(lock):
        if text_in(lock) == holder:
            remove(lock)
        return
    aside = lock.with_name(f"{lock.name}.{secrets.token_hex(4)}")
    with suppress(FileNotFoundError):  # another was faster
        lock.rename(aside)
        if text_in(aside) == holder:
            aside.unlink()
        else:
            aside.rename(lock)
