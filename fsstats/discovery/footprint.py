"""What a walk depended on, so that a later run can tell cheaply that nothing has changed."""

import os
import stat
import time
from array import array
from collections.abc import Iterator
from typing import Final

Mark = tuple[int, int]
"""Time of the last change in nanoseconds, and size; -1 as the size of a folder."""
ABSENT: Final = (-1, -2)
"""The mark of what was not there."""
UNSURE: Final = (-1, -1)
"""The mark of what may change and not show it; it equals that of no file."""
_READING: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_PIECE: Final = 65536
GRAIN: Final = 2_000_000_000
"""A second change within so many nanoseconds may not show in the time of the last change."""


class Footprint:
    """Paths on this machine, each with its mark; a path may be there more than once, and then all its marks count.

    A large study has some hundred thousand of them, so they are kept as bytes: a third of what texts would take.

    Examples
    --------
    >>> footprint = Footprint()
    >>> footprint.add("/study", (5, -1))
    >>> list(Footprint.load(footprint.dump()).items())
    [(b'/study', (5, -1))]
    """

    def __init__(self) -> None:
        self._paths = bytearray()
        self._marks = array("q")

    def add(self, path: str, mark: Mark) -> None:
        """Enter a path."""
        self._paths += os.fsencode(path) + b"\0"
        self._marks.extend(mark)

    def items(self) -> Iterator[tuple[bytes, Mark]]:
        """Give every path, as the system has it, with its mark."""
        paths, times, sizes = bytes(self._paths).split(b"\0")[:-1], self._marks[::2], self._marks[1::2]
        return zip(paths, zip(times, sizes, strict=True), strict=True)

    def dump(self) -> bytes:
        """Give all of it as bytes for `load`."""
        return len(self._marks).to_bytes(8, "little") + self._marks.tobytes() + self._paths

    @classmethod
    def load(cls, content: bytes) -> "Footprint":
        """Read what `dump` gave.

        Raises
        ------
        ValueError
            If it is something else.
        """
        made, end = cls(), 8 + 8 * int.from_bytes(content[:8], "little")
        made._marks.frombytes(content[8:end])
        made._paths += content[end:]
        if made._paths.count(b"\0") * 2 != len(made._marks) or len(content) < end:
            message = f"expected {len(made._marks) // 2} paths, found {made._paths.count(0)}"
            raise ValueError(message)
        return made


def mark_of(path: str | bytes) -> Mark | None:
    """Give the mark of a file or folder; None if it is not there.

    Parameters
    ----------
    path : str or bytes
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
    footprint : Footprint
        Paths and their marks.

    Returns
    -------
    bool
        False also if anything was changed so shortly before it was read that another change would not show.

    Examples
    --------
    >>> footprint = Footprint()
    >>> footprint.add(".", mark_of("."))
    >>> unchanged(footprint)
    True
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
    marks : Footprint
        Paths on this machine and their marks.
    local : bool
        Whether all that was seen lies on this machine: what a server has cannot be told cheaply.
    """

    def __init__(self) -> None:
        self.marks = Footprint()
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
        self.marks.add(path, UNSURE)

    def _note(self, path: str, mark: Mark) -> None:
        self.marks.add(path, UNSURE if mark[0] > self._since else mark)
