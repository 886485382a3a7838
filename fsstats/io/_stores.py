"""Where tables lie: on a disk of this machine, or in a bucket. Both are paths, and here is where they differ."""

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa

from fsstats.errors import TableError
from fsstats.places import local, mark_in, named_errors, read_bytes, tidy_url

PathLike = str | os.PathLike[str]
_WEB: Final = ("http://", "https://")
_ONLY_READ: Final = (*_WEB, "zip://", "tar://")


def path_of(address: PathLike) -> Path:
    """Give the path of a table: one of `pathlib` on this machine, else one of `upath`, which has the same methods.

    Raises
    ------
    PlaceError
        If what speaks the protocol of a URL is not installed.
    """
    if is_remote(address):
        return cast("Path", address)
    text = os.fspath(address)
    path = local(text)
    if path is not None:
        return Path(path)
    with named_errors(text):
        from upath import UPath  # noqa: PLC0415 - an extra that few need

        # Other machines write there too, so what was listed before says nothing.
        return cast("Path", UPath(tidy_url(text), use_listings_cache=False))


def path_to_write(address: PathLike) -> Path:
    """Give the path of a table that is to be written.

    Raises
    ------
    TableError
        If it is of a server or an archive that is only read.
    PlaceError
        If its server does not answer.
    OSError
        If its folder is not there or closed to you.
    """
    if str(address).startswith(_ONLY_READ):
        message = f"{address}: tables can be written to a disk or to a bucket (s3://, gs:// …)"
        raise TableError(message)
    path = path_of(address)
    require_place(path)
    return path


def is_remote(path: object) -> bool:
    """Say whether a path is on a server."""
    return not isinstance(path, str | os.PathLike)


def _server(path: Path) -> Any:
    return cast("Any", path).fs


def _key(path: Path) -> str:
    """Give what its server calls it."""
    return str(cast("Any", path).path)


def require_place(path: Path) -> None:
    """Raise unless the folder or bucket of a path is there and can be written to, as far as that can be told."""
    folder = path.parent
    if is_remote(path):
        _require_bucket(path)
    elif not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(folder))
    elif not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, "this folder cannot be written to", str(folder))


def _require_bucket(path: Path) -> None:
    bucket = [*path.parents][-1]
    with reaching(bucket):
        if not bucket.is_dir():
            raise FileNotFoundError(bucket)


def entries(folder: Path) -> list[Path]:
    """List a folder; one that is not there is empty."""
    return [*folder.iterdir()] if folder.is_dir() else []


def content(path: Path) -> pa.Buffer:
    """Give the content of a file; of one on this machine only what is looked at is read."""
    if is_remote(path):
        return pa.py_buffer(path.read_bytes())
    with pa.memory_map(os.fspath(path)) as file:
        return file.read_buffer()


def source_of(path: Path) -> Path | IO[bytes]:
    """Give what Arrow reads parts of: a path on this machine, or an open file. Not every web server gives parts."""
    if str(path).startswith(_WEB):
        return io.BytesIO(read_bytes(str(path)))
    return path.open("rb") if is_remote(path) else path


@contextmanager
def reaching(path: Path) -> Iterator[None]:
    """Turn what goes wrong on the way to a server into an error that names the address."""
    with named_errors(str(path)) if is_remote(path) else nullcontext():
        yield


def mark_of(path: Path) -> object:
    """Tell a file from what is written in its place later, in types that JSON has; None if it is not there."""
    try:
        if is_remote(path):
            return mark_in(_server(path).info(_key(path)))
        state = path.stat()
    except OSError:
        return None
    return [state.st_mtime_ns, state.st_size]


def create(path: Path, text: str) -> None:
    """Write a new file.

    Raises
    ------
    FileExistsError
        If it is there.
    """
    if is_remote(path):
        _server(path).pipe_file(_key(path), text.encode(), mode="create")
        return
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def put(new: Path, final: Path) -> None:
    """Put a file of this machine in a place: who looks there sees the old one or the new one, and both whole."""
    if is_remote(final):
        _server(final).put_file(os.fspath(new), _key(final))
    else:
        os.replace(new, final)  # noqa: PTH105 - atomic on every system; Path.replace is the same call


def copy(path: Path, to: Path) -> None:
    """Make a second name or a copy of a file, where it lies, in the place of what was there."""
    if path == to:
        return
    if is_remote(path):
        _server(path).cp_file(_key(path), _key(to))
        return
    to.unlink(missing_ok=True)
    try:
        to.hardlink_to(path)
    except OSError:  # not every disk can
        shutil.copyfile(path, to)


def remove(path: Path) -> None:
    """Remove a file of ours, or a folder with all that is in it, if it is there."""
    if is_remote(path):
        if path.exists():
            _server(path).rm(_key(path), recursive=True)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
