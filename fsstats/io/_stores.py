"""Where tables lie: on a disk of this machine, or in a bucket. Both are paths, and here is where they differ.

A bucket is asked for exact keys only: its own functions for files take ``[1]`` and ``*`` in a name for a pattern.
"""

import ctypes
import errno
import io
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa

from fsstats.discovery import footprint
from fsstats.errors import TableError
from fsstats.places import is_packed, is_web, local, mark_in, named_errors, read_bytes, tidy_url

PathLike = str | os.PathLike[str]
_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux' renameat2(2), which Python has no function for."""
_DOUBLE: Final = re.compile(r"(?<![:/])/{2,}")


def path_of(address: PathLike) -> Path:
    """Give the path of a table: one of `pathlib` on this machine, else one of `upath`, which has the same methods.

    Raises
    ------
    PlaceError
        If what speaks the protocol of a URL is not installed.
    """
    if is_remote(address):
        return cast("Path", address)
    text = os.path.expanduser(os.fspath(address))  # noqa: PTH111 - it may be a URL
    path = local(text)
    if path is not None:
        return Path(path)
    with named_errors(text):
        from upath import UPath  # noqa: PLC0415 - an extra that few need

        # Other machines write there too, so what was listed before says nothing.
        url = tidy_url(text if is_web(text) else _DOUBLE.sub("/", text))
        found = UPath(url, use_listings_cache=False)
    return Path(found) if isinstance(found, os.PathLike) else cast("Path", found)


def path_to_write(address: PathLike) -> Path:
    """Give the path of a table that is to be written.

    Raises
    ------
    TableError
        If it is of a server or an archive that is only read, or a bucket and nothing in it.
    PlaceError
        If its server does not answer.
    OSError
        If its folder is not there or closed to you.
    """
    if is_web(str(address)) or is_packed(str(address)):
        message = f"{address}: tables can be written to a disk or to a bucket (s3://, gs:// …)"
        raise TableError(message)
    path = path_of(address)
    if is_remote(path) and (not path.name.removeprefix(path.suffix) or not [*path.parents]):
        message = f"{address}: expected the name of a table in a bucket, such as s3://bucket/cohort.parquet"
        raise TableError(message)
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


@contextmanager
def reaching(path: Path) -> Iterator[None]:
    """Turn what goes wrong on the way to a server into an error that names the address."""
    with named_errors(str(path)) if is_remote(path) else nullcontext():
        yield


def require_place(path: Path) -> None:
    """Raise unless the folder or bucket of a path is there and can be written to, as far as that can be told."""
    folder = path.parent
    if is_remote(path):
        _require_bucket([*path.parents][-1])
    elif not folder.is_dir():
        way_on = "write the home folder in full" if str(folder).startswith("~") else "make it first"
        raise FileNotFoundError(errno.ENOENT, f"no such folder, {way_on}", str(folder))
    elif not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, "this folder cannot be written to", str(folder))


def require_file(path: Path) -> None:
    """Raise unless a file can be written there: its folder is there, and no folder has its name."""
    require_place(path)
    if is_folder(path):
        raise IsADirectoryError(errno.EISDIR, "a folder has this name", str(path))


def path_here(path: PathLike) -> Path:
    """Give a path on this machine.

    Raises
    ------
    TableError
        If it is an address: not everything is written to a bucket.
    """
    if "://" in str(path):
        message = f"{path}: such files are written on this machine only; name a folder or file here"
        raise TableError(message)
    return Path(path)


def _require_bucket(bucket: Path) -> None:
    with reaching(bucket):
        if not bucket.is_dir():
            raise FileNotFoundError(bucket)


def is_there(path: Path) -> bool:
    """Say whether a file or folder is there."""
    with reaching(path):
        return path.exists()


def is_folder(path: Path) -> bool:
    """Say whether a folder is there."""
    with reaching(path):
        return path.is_dir()


def entries(folder: Path) -> list[Path]:
    """List a folder by the alphabet; one that is not there is empty."""
    with reaching(folder):
        return sorted(folder.iterdir()) if folder.is_dir() else []


def with_suffix(folder: Path, suffix: str) -> list[Path]:
    """List what ends so in a folder."""
    return [path for path in entries(folder) if path.suffix == suffix]


def make_folder(path: Path) -> None:
    """Make a folder if it is not there; a bucket has none, only names with strokes."""
    if not is_remote(path):
        path.mkdir(exist_ok=True)


def content(path: Path) -> pa.Buffer:
    """Give the content of a file; of one on this machine only what is looked at is read."""
    if is_remote(path):
        return pa.py_buffer(whole(path))
    with pa.memory_map(os.fspath(path)) as file:
        return file.read_buffer()


def whole(path: Path) -> bytes:
    """Give all of a file."""
    with reaching(path):
        return path.read_bytes()


def text_in(path: Path) -> str | None:
    """Give the text of a file; None if there is none."""
    try:
        return whole(path).decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def parts_source(path: Path) -> Path | IO[bytes]:
    """Give that of which Arrow reads parts: a path on this machine, or an open file; not every web server has parts."""
    if not is_remote(path):
        return path
    if is_web(str(path)):
        return whole_source(path)
    with reaching(path):
        # Arrow asks for what it needs; any read-ahead would fetch what it passes over.
        return cast("IO[bytes]", _server(path).open(_key(path), "rb", cache_type="none"))


def whole_source(path: Path) -> Path | IO[bytes]:
    """Give that of which Arrow reads all."""
    if not is_remote(path):
        return path
    if is_web(str(path)):
        return io.BytesIO(read_bytes(str(path)))
    return io.BytesIO(whole(path))


def mark_of(path: Path) -> object:
    """Tell a file from what is written in its place later, in types that JSON has; None if it is not there."""
    if not is_remote(path):
        mark = footprint.mark_of(os.fspath(path))
        return mark and [*mark]
    try:
        with reaching(path):
            return mark_in(_server(path).info(_key(path)))
    except OSError:
        return None


def create(path: Path, text: str) -> None:
    """Write a new file; where the disk has hard links, nobody sees it before it is whole.

    Raises
    ------
    FileExistsError
        If it is there.
    """
    if is_remote(path):
        with reaching(path):
            _server(path).pipe_file(_key(path), text.encode(), mode="create")
        return
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        whole.write_text(text, encoding="utf-8")
        path.hardlink_to(whole)
    except FileExistsError:
        raise
    except OSError:  # not every disk can
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    finally:
        whole.unlink(missing_ok=True)


def put(new: Path, final: Path) -> None:
    """Put a file of this machine in a place: who looks there sees the old one or the new one, and both whole."""
    if is_remote(final):
        with reaching(final):
            _server(final).put_file(os.fspath(new), _key(final))
    else:
        os.replace(new, final)  # noqa: PTH105 - atomic on every system; Path.replace is the same call


def copy(path: Path, to: Path) -> None:
    """Make a second name or a copy of a file, where it lies, in the place of what was there."""
    if path == to:
        return
    if is_remote(path):
        with reaching(to):
            _server(path).cp_file(_key(path), _key(to))
        return
    to.unlink(missing_ok=True)
    try:
        to.hardlink_to(path)
    except OSError:  # not every disk can
        shutil.copyfile(path, to)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders of this machine in one step; False where the system or the disk cannot (Linux can)."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    status: int = rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return status == 0


def remove(path: Path) -> None:
    """Remove a file of ours, or a folder with all that is in it, if it is there."""
    if is_remote(path):
        with reaching(path):
            for key in _server(path).find(_key(path)):
                _server(path).rm_file(key)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
