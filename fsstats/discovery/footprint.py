"""What a walk depended on, so that a later run can tell cheaply that nothing has changed."""

import os
import stat
import time
from typing import Final

Mark = tuple[int, int]
"""Time of the last change in nanoseconds, and size; -1 as the size of a folder."""
Footprint = dict[str, Mark]
"""Marks by path on this machine."""
ABSENT: Final = (-1, -2)
"""The mark of what was not there."""
UNSURE: Final = (-1, -1)
"""The mark of what may change and not show it; it equals that of no file."""
_READING: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_PIECE: Final = 65536
GRAIN: Final = 2_000_000_000
"""A second change within so many nanoseconds may not show in the time of the last change."""


def mark_of(path: str) -> Mark | None:
    """Give the mark of a file or folder; None if it is not there.

    Parameters
    ----------
    path : str
        A path on this machine; a link stands for what it leads to.

    Returns
    -------
    tuple of int, or None
        Time of the last change in nanoseconds, and size in bytes (-1 of a folder).

    Examples
    --------
    >>> mark_of("."), mark_of("nowhere")  # doctest: +ELLIPSIS
    ((..., -1), None)
    """
    try:
        return _mark(os.stat(path))  # noqa: PTH116 - there are many, and Path is slow
    except OSError:
        return None


def unchanged(footprint: Footprint) -> bool:
    """Say whether every path still has its mark.

    Parameters
    ----------
    footprint : dict
        Marks by path.

    Returns
    -------
    bool
        False also if anything was changed so shortly before it was read that another change would not show.

    Examples
    --------
    >>> unchanged({".": mark_of(".")}), unchanged({"nowhere": (0, 0)})
    (True, False)
    """
    return all((mark_of(path) or ABSENT) == mark for path, mark in footprint.items())


def _mark(state: os.stat_result) -> Mark:
    return state.st_mtime_ns, -1 if stat.S_ISDIR(state.st_mode) else state.st_size


def _whole(file: int, size: int) -> bytes:
    """Read a file to its end."""
    content = os.read(file, size + 1)
    if len(content) == size:
        return content
    return content + b"".join(iter(lambda: os.read(file, _PIECE), b""))  # it grows, or has no size


class Notes:
    """The marks that a walk takes on its way, each before it looks.

    Attributes
    ----------
    marks : dict
        Marks by path on this machine.
    local : bool
        Whether all that was seen lies on this machine: what a server has cannot be told cheaply.
    """

    def __init__(self) -> None:
        self.marks: Footprint = {}
        self.local = True
        self._since = time.time_ns() - GRAIN

    @property
    def footprint(self) -> Footprint | None:
        """All marks; None if something lay on a server."""
        return self.marks if self.local else None

    def folder(self, path: str) -> bool:
        """Note a folder that will be listed; say whether its files may be asked for and not only their names."""
        try:
            state = os.stat(f"{path}{os.sep}.")  # noqa: PTH116 - raises where only names may be listed
        except OSError:
            self.doubt(path)
            return False
        self._note(path, (state.st_mtime_ns, -1))  # a folder, or it had raised
        return True

    def read(self, path: str, most: int = -1) -> bytes:
        """Read a file, or its first bytes, and note it."""
        try:
            file = os.open(path, _READING)
            try:
                state = os.fstat(file)
                self._note(path, _mark(state))
                return os.read(file, most) if most >= 0 else _whole(file, state.st_size)
            finally:
                os.close(file)
        except OSError:
            self.doubt(path)
            raise

    def asked(self, path: str) -> None:
        """Note what was asked for and may not be there."""
        self._note(path, mark_of(path) or ABSENT)

    def doubt(self, path: str) -> None:
        """Note what could not be looked into: that it can be now need not show."""
        self.marks[path] = UNSURE

    def _note(self, path: str, mark: Mark) -> None:
        if mark[0] > self._since or self.marks.setdefault(path, mark) != mark:
            self.doubt(path)
