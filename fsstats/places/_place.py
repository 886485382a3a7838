"""Where files may lie: folders, archives and addresses on servers, all read alike."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from fsstats.places._addresses import archive_kind, inside, is_packed, local, split, tidy_url
from fsstats.places._faults import fault
from fsstats.places._sources import LIMIT, too_large, up_to
from fsstats.places.archives import ArchivePlace
from fsstats.places.remote import RemotePlace

_TO_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # Windows would change the ends of lines


class Place(Protocol):
    """A folder or a file, wherever it lies: the part of `pathlib.Path` that reading takes.

    A `pathlib.Path` is the place of what lies on this machine. Places of one address are equal.
    """

    @property
    def name(self) -> str:
        """The last component; of an archive its file's name without ``.zip``, ``.tar.gz`` and the like."""

    @property
    def parent(self) -> "Place":
        """The folder around it; of an archive the folder that it lies in."""

    def __truediv__(self, name: str, /) -> "Place": ...

    def __str__(self) -> str:
        """Give the address, as it goes into the files table."""

    def __hash__(self) -> int: ...

    def is_dir(self) -> bool:
        """Say whether it is a folder."""

    def is_file(self) -> bool:
        """Say whether it is a file."""

    def exists(self) -> bool:
        """Say whether it is there."""

    def iterdir(self) -> Iterator["Place"]:
        """Give what is in the folder."""

    def read_bytes(self) -> bytes:
        """Give the file's content."""


Address = str | os.PathLike[str] | Place


def place(address: Address) -> Place:
    """Give the place of an address. Nothing is opened yet, and no server is asked.

    Parameters
    ----------
    address : str or path
        A path on this machine, ``zip://member::archive`` or ``tar://member::archive``, or a URL that fsspec
        knows: ``s3://``, ``gs://``, ``https://``, ``memory://`` … . An archive is a folder.

    Returns
    -------
    Place
        A `pathlib.Path` for what lies on this machine in no archive.

    Raises
    ------
    PlaceError
        If there is no such protocol, or what speaks it is not installed.

    Notes
    -----
    The name of an archive says that it is one: .zip, .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tbz, .tar.xz, .txz,
    .tar.zst, .tzst. It is never unpacked to disk. Archives within archives are not looked into.

    Examples
    --------
    >>> stats = place("study/sub-01.zip") / "stats"
    >>> str(place("zip://stats/aseg.stats::study/sub-01.zip").parent)
    'zip://stats::study/sub-01.zip'
    """
    text = str(address)
    found = inside(text)
    if found is not None:
        path = local(found.outer)
        return ArchivePlace(found.kind, tidy_url(found.outer) if path is None else path, found.inner)
    path = local(text)
    if is_packed(text):
        raise fault(text, expected="zip://member::archive", found="no archive behind '::'")
    kind = archive_kind(_name(text)) if is_archive(text) else None
    if path is None:
        url = tidy_url(text)
        return ArchivePlace(kind, url) if kind else RemotePlace.at(url)
    return ArchivePlace(kind, path) if kind else Path(path)


def read_bytes(address: Address, *, limit: int = LIMIT) -> bytes:
    """Read a file, wherever it lies.

    Parameters
    ----------
    address : str or path
        An address as in the files table.
    limit : int
        A file of more bytes is refused before it is in memory.

    Returns
    -------
    bytes
        The file's content.

    Raises
    ------
    PlaceError
        If it is too large, damaged, encrypted, or its server cannot be reached.
    OSError
        If it is not there or closed to you.

    Examples
    --------
    >>> import zipfile
    >>> with zipfile.ZipFile("sub-01.zip", "w") as archive:
    ...     archive.writestr("stats/aseg.stats", "# Title")
    >>> read_bytes("zip://stats/aseg.stats::sub-01.zip")
    b'# Title'
    """
    text = str(address)
    path = local(text)
    if path is not None:
        return read_local(path, limit)[0]
    found = place(text)
    if isinstance(found, ArchivePlace | RemotePlace):
        return found.read_bytes(limit)
    return found.read_bytes()


def read_local(path: str, limit: int = LIMIT) -> tuple[bytes, os.stat_result]:
    """Read a file on this machine.

    Parameters
    ----------
    path : str
        A path.
    limit : int
        A file of more bytes is refused before it is in memory.

    Returns
    -------
    content : bytes
        The file's content.
    state : stat_result
        The file as it was before it was read: if it is changed meanwhile, it will be younger.

    Raises
    ------
    PlaceError
        If it is too large.
    OSError
        If it is not there or closed to you.

    Examples
    --------
    >>> import pathlib
    >>> _ = pathlib.Path("sub-01.txt").write_text("# Title")
    >>> content, state = read_local("sub-01.txt")
    >>> content, state.st_size
    (b'# Title', 7)
    """
    descriptor = os.open(path, _TO_READ)
    try:
        state = os.fstat(descriptor)
        size = state.st_size
        if size > limit:
            raise too_large(path, f"{size:,}", limit)
        content = os.read(descriptor, size + 1)
        if len(content) != size:  # it is being written, or has no size, as a pipe
            content += up_to(io.FileIO(descriptor, closefd=False), limit + 1 - len(content))
    except OSError as error:  # a folder can be opened, but not read
        error.filename = error.filename or path
        raise
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise too_large(path, "more", limit)
    return content, state


def is_archive(path: Address) -> bool:
    """Say whether an address is an archive's, by its name; on this machine there must be a file of that name.

    Parameters
    ----------
    path : str or path
        An address.

    Returns
    -------
    bool
        False for an archive within an archive, which is not looked into.

    Examples
    --------
    >>> is_archive("s3://bucket/sub-01.zip"), is_archive("zip://sub-01.tar::s3://bucket/study.zip")
    (True, False)
    """
    text = str(path)
    if inside(text) is not None or archive_kind(_name(text)) is None:
        return False
    there = local(text)
    return there is None or os.path.isfile(there)  # noqa: PTH113 - Path.is_file raises where it is closed


def is_archive_root(place: Place) -> bool:
    """Say whether a place is an archive itself, as a folder.

    Parameters
    ----------
    place : Place
        Any place.

    Returns
    -------
    bool
        False for what lies in an archive.

    Examples
    --------
    >>> is_archive_root(place("memory://study/sub-01.zip")), is_archive_root(place("memory://study"))
    (True, False)
    """
    return isinstance(place, ArchivePlace) and not place.inner


def on_disk(place: Place) -> str | None:
    """Give the path on this machine of a place, or of the archive that it lies in; None if a server has it.

    Parameters
    ----------
    place : Place
        Any place.

    Returns
    -------
    str or None
        A path.

    Examples
    --------
    >>> on_disk(place("zip://stats::/data/sub-01.zip")), on_disk(place("memory://study"))
    ('/data/sub-01.zip', None)
    """
    if isinstance(place, ArchivePlace):
        return local(place.outer)
    return None if isinstance(place, RemotePlace) else str(place)


def around(place: Place) -> tuple[str, str]:
    """Give what stands before and behind a name in the addresses of all that is in a folder of an archive.

    Parameters
    ----------
    place : Place
        Any place.

    Returns
    -------
    tuple of str
        Empty texts if it is in no archive.

    Examples
    --------
    >>> around(place("zip://stats::/data/sub-01.zip")), around(place("memory://study"))
    (('zip://stats/', '::/data/sub-01.zip'), ('', ''))
    """
    if not isinstance(place, ArchivePlace):
        return "", ""
    return f"{place.kind}://{place.inner}{'/' if place.inner else ''}", f"::{place.outer}"


def faults(place: Place) -> list[str]:
    """Say what is wrong with an archive as a whole, and which members were left out.

    Parameters
    ----------
    place : Place
        An archive, or what lies in one.

    Returns
    -------
    list of str
        A sentence for each reason; empty where nothing is wrong, and for other places.

    Examples
    --------
    >>> import zipfile
    >>> with zipfile.ZipFile("sub-01.zip", "w") as archive:
    ...     archive.writestr("../aseg.stats", "# Title")
    >>> faults(place("sub-01.zip"))
    ["left out of the archive, names that lead out of it: '../aseg.stats'"]
    """
    return place.faults() if isinstance(place, ArchivePlace) else []


def _name(address: str) -> str:
    path = local(address)
    return os.path.basename(path) if path is not None else split(address)[1]  # noqa: PTH119 - as it is written
