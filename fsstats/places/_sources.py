"""Files that archives are read from: parts of them, or all from the start."""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from fsstats.places._faults import fault

LIMIT: Final = 1 << 30
"""The largest file that is read whole, unless the caller says otherwise: 1 GiB."""
_STEP: Final = 1 << 16


class Readable(Protocol):
    """A file that is open for reading."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, and none at the end."""

    def seek(self, position: int, /) -> int:
        """Go to a position."""


class Source(Protocol):
    """A file that an archive is in. It is opened anew for each use, so that it serves threads and forks alike."""

    @property
    def where(self) -> str:
        """Its address."""

    @property
    def size(self) -> int | None:
        """Its size in bytes; None if a server does not tell."""

    @property
    def seekable(self) -> bool:
        """Whether parts of it can be read."""

    def read(self, start: int, end: int) -> bytes:
        """Give exactly these bytes."""

    def open(self, *, jumps: bool) -> AbstractContextManager[Readable]:
        """Open it to read from the start; with `jumps` most of it will be passed over."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine."""

    where: str
    size: int
    seekable: bool = True

    def read(self, start: int, end: int) -> bytes:
        """Give exactly these bytes."""
        with open_local(self.where) as file:
            file.seek(start)
            return exactly(file, end - start, self.where)

    @contextmanager
    def open(self, *, jumps: bool) -> Iterator[Readable]:
        """Open it to read from the start."""
        with open_local(self.where) as file, io.BufferedReader(file, 512 if jumps else 1 << 20) as buffered:
            yield buffered


def open_local(path: str) -> io.FileIO:
    """Open a file on this machine, without a buffer."""
    return io.FileIO(path)


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is in memory, since its server gives no parts of it."""

    where: str
    data: bytes
    seekable: bool = True

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return len(self.data)

    def read(self, start: int, end: int) -> bytes:
        """Give exactly these bytes."""
        return exactly(io.BytesIO(self.data[start:end]), end - start, self.where)

    @contextmanager
    def open(self, *, jumps: bool) -> Iterator[Readable]:  # noqa: ARG002 - in memory it does not matter
        """Open it to read from the start."""
        yield io.BytesIO(self.data)


def exactly(file: Readable, size: int, where: str) -> bytes:
    """Read so many bytes.

    Raises
    ------
    PlaceError
        If there are fewer.
    """
    data = up_to(file, size)
    if len(data) < size:
        hint = "Was it changed or cut while it was read?"
        raise fault(where, expected=f"{size:,} more bytes", found=f"{len(data):,}", hint=hint)
    return data


def up_to(file: Readable, size: int) -> bytes:
    """Read so many bytes, or as many as there are; memory is taken only for those."""
    blocks = []
    while size > 0 and (block := file.read(min(size, _STEP))):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)


def bounded(file: Readable, limit: int, where: str) -> bytes:
    """Read a file to its end.

    Raises
    ------
    PlaceError
        If it has more bytes than `limit`.
    """
    data = up_to(file, limit + 1)
    if len(data) > limit:
        raise too_large(where, "more", limit)
    return data


def too_large(where: str, found: str, limit: int) -> Exception:
    """Refuse what would not fit in memory."""
    return fault(where, expected=f"at most {limit:,} bytes", found=found, hint="It is not read")
