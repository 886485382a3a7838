"""Archives as folders, looked into once and remembered."""

import errno
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from fsstats.errors import PlaceError
from fsstats.places._addresses import archive_kind, local, split, stem
from fsstats.places._faults import fault
from fsstats.places._index import Archive
from fsstats.places._sources import LIMIT, LocalFile, Source
from fsstats.places.remote import RemotePlace, remote_file
from fsstats.places.tars import open_tar
from fsstats.places.zips import open_zip

MOST_REMEMBERED: Final = 1 << 28
"""Archives are forgotten, the one used longest ago first, when they take more memory than this; one is kept always."""
_FEW: Final = 4096
"""What an archive takes at least, and one that could not be read."""


class _Slot:
    """An archive, or why it cannot be read; its lock is held while it is looked into."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.archive: Archive | None = None
        self.refusal: str | None = None
        self.weight = 0
        """What the shelf has counted for it."""

    def fill(self, look: Callable[[], Archive]) -> Archive:
        """Look into the archive if nobody has."""
        with self.lock:
            if self.refusal is not None:
                raise PlaceError(self.refusal)
            if self.archive is None:
                try:
                    self.archive = look()
                except PlaceError as error:
                    self.refusal = str(error)
                    raise
            return self.archive


class _Shelf:
    """The archives that were used last. Safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._weight = 0

    def get(self, key: Hashable, look: Callable[[], Archive]) -> Archive:
        """Give an archive; only the first to ask looks into it, the others wait for that one."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot()
            else:
                self._slots.move_to_end(key)
        if slot.archive is not None:
            return slot.archive
        try:
            return slot.fill(look)
        finally:
            self._weigh(key, slot)

    def _weigh(self, key: Hashable, slot: _Slot) -> None:
        """Count what was looked into, unless that was done, and forget others that take too much."""
        with self._lock:
            if self._slots.get(key) is slot:
                self._weight -= slot.weight
                slot.weight = _FEW + (slot.archive.weight if slot.archive else 0)
                self._weight += slot.weight
            while self._weight > self._most and len(self._slots) > 1:
                self._weight -= self._slots.popitem(last=False)[1].weight


_SHELF: Final = _Shelf(MOST_REMEMBERED)


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """A folder or file in an archive, or the archive itself as a folder.

    Attributes
    ----------
    kind : str
        zip or tar; what a tar archive is packed with, its content tells.
    outer : str
        The archive's own address.
    inner : str
        Folders and name inside; empty for the archive itself.
    """

    kind: str
    outer: str
    inner: str = ""

    @property
    def name(self) -> str:
        """The name inside; of the archive itself its file's name without the suffix."""
        return self.inner.rpartition("/")[2] or stem(self._file_name)

    @property
    def parent(self) -> "ArchivePlace | RemotePlace | Path":
        """The folder around it; of the archive itself the folder that it lies in."""
        if self.inner:
            return ArchivePlace(self.kind, self.outer, self.inner.rpartition("/")[0])
        path = local(self.outer)
        return RemotePlace.at(self.outer).parent if path is None else Path(path).parent

    def __truediv__(self, name: str) -> "ArchivePlace":
        parts = [part for part in name.split("/") if part not in {"", "."}]
        return ArchivePlace(self.kind, self.outer, "/".join([self.inner, *parts] if self.inner else parts))

    def __str__(self) -> str:
        if not self.inner and archive_kind(self._file_name) == self.kind:
            return self.outer
        return f"{self.kind}://{self.inner}::{self.outer}"

    def is_dir(self) -> bool:
        """Say whether it is a folder; an archive is one, readable or not, if its file is there."""
        return self.inner in self._archive().contents.folders if self.inner else self._is_there()

    def is_file(self) -> bool:
        """Say whether it is a file."""
        return bool(self.inner) and self._archive().contents.find(self.inner) is not None

    def exists(self) -> bool:
        """Say whether it is there."""
        return self.is_dir() or self.is_file()

    def iterdir(self) -> Iterator["ArchivePlace"]:
        """Give what is in the folder.

        Raises
        ------
        PlaceError
            If the archive cannot be read.
        OSError
            If it is no folder, or the archive cannot be opened.
        """
        index = self._archive().contents
        if self.inner not in index.folders:
            raise self._error(errno.ENOTDIR if index.find(self.inner) else errno.ENOENT)
        before = f"{self.inner}/" if self.inner else ""
        yield from [ArchivePlace(self.kind, self.outer, before + name) for name in index.folders[self.inner]]

    def read_bytes(self, limit: int = LIMIT) -> bytes:
        """Give the file's content.

        Raises
        ------
        PlaceError
            If it is larger than `limit`, damaged, or was left out of the archive for its name or packing.
        OSError
            If it is not there, or the archive cannot be opened.
        """
        archive = self._archive()
        member = archive.contents.find(self.inner)
        if member is not None:
            return archive.read(member, str(self), limit)
        reason = archive.contents.left_out.why(self.inner)
        if reason:
            raise fault(str(self), expected="a file that can be used", found=f"one of the {reason}")
        raise self._error(errno.EISDIR if self.inner in archive.contents.folders else errno.ENOENT)

    def faults(self) -> list[str]:
        """Say what is wrong with the archive."""
        try:
            return self._archive().contents.texts()
        except PlaceError as error:
            return [str(error)]

    @property
    def _file_name(self) -> str:
        path = local(self.outer)
        return split(self.outer)[1] if path is None else os.path.basename(path)  # noqa: PTH119 - as it is written

    def _is_there(self) -> bool:
        path = local(self.outer)
        return RemotePlace.at(self.outer).exists() if path is None else os.path.isfile(path)  # noqa: PTH113

    def _error(self, number: int) -> OSError:
        return OSError(number, os.strerror(number), str(self))

    def _archive(self) -> Archive:
        """Give the archive as it is now: another state of its file has another key."""
        path = local(self.outer)
        if path is None:
            file = remote_file(self.outer)
            return _SHELF.get((self.kind, file.where, file.size, file.mark), lambda: _look(self.kind, file))
        if not os.path.isabs(path):  # noqa: PTH117 - Path is slow
            path = os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118 - the same
        state = os.stat(path)  # noqa: PTH116 - the same
        size = state.st_size
        return _SHELF.get((self.kind, path, size, state.st_mtime_ns), lambda: _look(self.kind, LocalFile(path, size)))


def _look(kind: str, source: Source) -> Archive:
    return open_zip(source) if kind == "zip" else open_tar(source)
