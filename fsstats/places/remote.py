"""Folders and files on servers, through fsspec."""

import errno
import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from time import monotonic
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urljoin

from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it has no types

from fsstats.errors import FsstatsError, PlaceError
from fsstats.places._addresses import is_web, join, split, tidy_url
from fsstats.places._faults import fault
from fsstats.places._sources import LIMIT, Readable, bounded, exactly, too_large

_FRESH: Final = 60
"""For so many seconds what a server said of an archive is taken to hold."""
_LONGEST_PAGE: Final = 1 << 26
_NUMBERS: Final[Mapping[type, int]] = {
    NotADirectoryError: errno.ENOTDIR,
    IsADirectoryError: errno.EISDIR,
    FileExistsError: errno.EEXIST,
}
_HTML: Final = re.compile(rb"<(?:!doctype|html|head|body|pre|table|a)\b", re.IGNORECASE)
_HOP: Final = 1 << 16
_RUN: Final = 1 << 22
_MARKS: Final = ("ETag", "etag", "mtime", "updated", "LastModified", "Last-Modified", "last_modified", "created")
"""What file systems call that by which a change is seen."""


class _Entry(NamedTuple):
    """What a server says of one name."""

    is_folder: bool
    size: int | None = None


class _Store:
    """A server's files, and the listings that were fetched from it."""

    def __init__(self, address: str) -> None:
        with named_errors(address):
            self.fs, self.root = url_to_fs(address)
        self._listings: dict[str, dict[str, _Entry]] = {}

    def listing(self, address: str, path: str) -> dict[str, _Entry]:
        """Give what is in a folder, fetched once."""
        known = self._listings.get(path)
        if known is None:
            with named_errors(address):
                known = _web_listing(self.fs, path) if is_web(address) else _listing(self.fs, path)
            self._listings[path] = known
        return known

    def entry(self, address: str, path: str) -> _Entry | None:
        """Ask for one name; None if it is not there."""
        try:
            with named_errors(address):
                info = self.fs.info(path)
        except FileNotFoundError:
            return None
        page = is_web(address) and info.get("mimetype") == "text/html" and not _is_page(path)
        return _Entry(page or info["type"] == "directory", info.get("size"))


@dataclass(frozen=True)
class RemotePlace:
    """A folder or file on a server; two of one address are equal."""

    address: str
    path: str = field(compare=False, repr=False)
    """What its file system calls it."""
    store: _Store = field(compare=False, repr=False)

    @classmethod
    def at(cls, address: str) -> "RemotePlace":
        """Give the place of a URL; nothing is asked of the server yet.

        Raises
        ------
        PlaceError
            If there is no such protocol, or what speaks it is not installed.
        """
        address = tidy_url(address)
        store = _Store(address)
        return cls(address, store.root, store)

    @property
    def name(self) -> str:
        """The last part of the address, in plain spelling."""
        return split(self.address)[1]

    @property
    def parent(self) -> "RemotePlace":
        """The folder around it; a server's root is its own."""
        around = split(self.address)[0]
        return self if around == self.address else RemotePlace.at(around)

    def __truediv__(self, name: str) -> "RemotePlace":
        address = join(self.address, name.strip("/"))
        path = address if is_web(address) else f"{self.path.rstrip('/')}/{name.strip('/')}"
        return RemotePlace(address, path, self.store)

    def __str__(self) -> str:
        return self.address

    def is_dir(self) -> bool:
        """Say whether it is a folder."""
        entry = self._entry()
        return entry is not None and entry.is_folder

    def is_file(self) -> bool:
        """Say whether it is a file."""
        entry = self._entry()
        return entry is not None and not entry.is_folder

    def exists(self) -> bool:
        """Say whether it is there."""
        return self._entry() is not None

    def iterdir(self) -> Iterator["RemotePlace"]:
        """Give what is in the folder."""
        yield from [self / name for name in self.store.listing(self.address, self.path)]

    def read_bytes(self, limit: int = LIMIT) -> bytes:
        """Give the file's content.

        Raises
        ------
        PlaceError
            If it is larger than `limit`, or cannot be fetched.
        """
        with named_errors(self.address):
            if is_web(self.address):
                with _open(self.store.fs, self.path, jumps=False, size=None) as file:
                    return bounded(file, limit, self.address)
            size = self.store.fs.info(self.path)["size"]
            if size > limit:
                raise too_large(self.address, f"{size:,}", limit)
            content: bytes = self.store.fs.cat_file(self.path)
            return content

    def _entry(self) -> _Entry | None:
        """Look it up in the folder around it, which is listed once for all that is in it."""
        if self.path != self.store.root:
            around, name = split(self.address)
            try:
                return self.store.listing(around, self.path.rpartition("/")[0]).get(name)
            except FileNotFoundError:
                return None
            except OSError:
                pass  # what cannot be listed may still be asked for
        return self.store.entry(self.address, self.path)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """An archive on a server."""

    where: str
    fs: Any
    path: str
    size: int | None
    seekable: bool
    mark: str
    """By this a change is seen."""

    def read(self, start: int, end: int) -> bytes:
        """Give exactly these bytes."""
        with self._opened(jumps=None) as file:
            file.seek(start)
            return exactly(file, end - start, self.where)

    @contextmanager
    def open(self, *, jumps: bool) -> Iterator[Readable]:
        """Open it to read from the start."""
        with self._opened(jumps=jumps and self.seekable) as file:
            yield file

    @contextmanager
    def _opened(self, *, jumps: bool | None) -> Iterator[Readable]:
        with named_errors(self.where), _open(self.fs, self.path, jumps=jumps, size=self.size) as file:
            yield _Named(self.where, file)


def remote_file(address: str) -> RemoteFile:
    """Ask for an archive's size; what a server said holds for a minute.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    PlaceError
        If the server cannot be asked.
    """
    return _remote_file(address, int(monotonic() // _FRESH))


@lru_cache(maxsize=1024)
def _remote_file(address: str, _minute: int) -> RemoteFile:
    place = RemotePlace.at(address)
    fs = place.store.fs
    with named_errors(place.address):
        fs.invalidate_cache(place.path)
        info = fs.info(place.path)
    size = info.get("size")
    mark = mark_in(info)
    seekable = not is_web(address) or (info.get("partial", True) and _gives_parts(fs, place, size))
    return RemoteFile(place.address, fs, place.path, size, seekable, mark)


def mark_in(info: Mapping[str, Any]) -> str:
    """Give of what a server says of a file that by which a change is seen."""
    return " ".join(str(info[name]) for name in ("size", *_MARKS) if name in info)


def _gives_parts(fs: Any, place: RemotePlace, size: int | None) -> bool:
    """Say whether a web server gives parts of a file: only asking for one tells."""
    if not size or size < 2:
        return False
    try:
        with _open(fs, place.path, jumps=None, size=size) as file:
            file.seek(size - 1)
            return len(file.read(1)) == 1
    except ValueError:
        return False


def _open(fs: Any, path: str, *, jumps: bool | None, size: int | None) -> Any:
    """Open a file: for one part (None), to jump through it, or to read it from the start."""
    if "memory" in fs.protocol:
        return io.BytesIO(fs.cat_file(path))  # all who open a file there share one position
    if "http" in fs.protocol:
        # A size, be it any, saves a request; with a block of 0 the file is one stream.
        size, run = size or 1, 0
    else:
        size, run = None, _RUN
    options = {} if size is None else {"size": size}
    if jumps is None:
        return fs.open(path, "rb", cache_type="none", **options)
    return fs.open(path, "rb", block_size=_HOP if jumps else run, cache_type="readahead", **options)


class _Named:
    """An open file whose errors name its address."""

    def __init__(self, where: str, file: Readable) -> None:
        self._where, self._file = where, file

    def read(self, size: int, /) -> bytes:
        with named_errors(self._where):
            return self._file.read(size)

    def seek(self, position: int, /) -> int:
        return self._file.seek(position)


def _listing(fs: Any, path: str) -> dict[str, _Entry]:
    fs.invalidate_cache(path)  # it may be years old by now
    found = {}
    for info in fs.ls(path, detail=True):
        whole = info["name"].rstrip("/")
        if whole.lstrip("/") != path.strip("/"):
            found[whole.rpartition("/")[2]] = _Entry(info["type"] == "directory", info.get("size"))
        elif info["type"] == "file" and not info["name"].endswith("/") and info.get("size"):
            raise NotADirectoryError(path)
    return found


def _web_listing(fs: Any, path: str) -> dict[str, _Entry]:
    """Read a folder from the page that a web server makes of it."""
    base = f"{path}/"
    with _open(fs, base, jumps=False, size=None) as file:
        page = bounded(file, _LONGEST_PAGE, base)
    if not _HTML.search(page[:4096]):
        raise NotADirectoryError(path)
    links = _Links()
    links.feed(page.decode("utf-8", "replace"))
    links.close()
    found = {}
    for link in links.found:
        there = urljoin(base, link).partition("#")[0].partition("?")[0]
        around, name = split(there.rstrip("/"))
        if name and "/" not in name and unquote(around) == unquote(path):
            found[name] = _Entry(is_folder=there.endswith("/"))
    return found


class _Links(HTMLParser):
    """The addresses that a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _is_page(path: str) -> bool:
    return path.lower().endswith((".html", ".htm"))


@contextmanager
def named_errors(address: str) -> Iterator[None]:
    """Turn whatever goes wrong on the way to a server into an error that names the address."""
    try:
        yield
    except FsstatsError:
        raise
    except FileNotFoundError as error:
        if error.filename == address:  # it is named already
            raise
        if error.__cause__ is None or getattr(error.__cause__, "status", None) == 404:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), address) from error
        raise _not_reached(address, error.__cause__) from error
    except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
        number = _NUMBERS.get(type(error), errno.EIO)
        raise type(error)(number, os.strerror(number), address) from error
    except ImportError as error:
        hint = 'Try pip install "fsstats[remote]"'
        found = f"that it is not installed ({error})"
        raise fault(address, expected="a package that speaks this protocol", found=found, hint=hint) from error
    except Exception as error:  # every file system has errors of its own
        raise _not_reached(address, error) from error


def _not_reached(address: str, error: BaseException) -> PlaceError:
    found = f"{type(error).__name__}: {error}".removesuffix(": ")
    hint = "Is the address right, is the server reached, and are you allowed to do this?"
    return fault(address, expected="an answer", found=found, hint=hint)
