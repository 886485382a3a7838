"""Files that a user names to be read: what is said if there is none, or a folder in its place."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from fsstats._frames import printable, some_of
from fsstats.errors import FsstatsError, NothingFoundError, PlaceError
from fsstats.io._stores import PathLike
from fsstats.places import place, read_bytes

_ALIKE: Final = 0.75
"""Names with one suffix are alike by half already."""


def read_given(address: PathLike, read: Callable[[str], bytes] = read_bytes) -> bytes:
    """Read a file that a user named; ``~`` is the home folder.

    Raises
    ------
    NothingFoundError
        If it is not there: where was looked, and names that may have been meant.
    PlaceError
        If it is a folder.
    OSError
        If it is closed to you.
    """
    text = os.path.expanduser(os.fspath(address))  # noqa: PTH111 - addresses are no paths
    with to_be_read(text):
        return read(text)


@contextmanager
def to_be_read(address: object) -> Iterator[None]:
    """Say in our words of a file that is opened within that it is not there, or is a folder."""
    try:
        yield
    except FsstatsError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise not_there(error.filename or address) from error
    except IsADirectoryError as error:
        message = f"{address}: expected a file, found a folder"
        raise PlaceError(message) from error


def not_there(address: object, what: str = "file") -> NothingFoundError:
    """Say where a file is not, and what in its folder may have been meant."""
    text = str(address)
    where = text if "://" in text else os.path.abspath(text)  # noqa: PTH100 - keeps '..'
    return NothingFoundError(printable(f"no such {what}: {where}{_instead(where)}"))


def _instead(where: str) -> str:
    """Name what is in the folder around a file that is not there, as far as that can be told."""
    missing = place(where)
    try:
        names = [child.name for child in missing.parent.iterdir() if child.name[0] not in "._"]
    except (FileNotFoundError, NotADirectoryError):
        return f"; there is no folder {missing.parent} either"
    except OSError:  # closed, or of a server that does not list
        return ""
    names.sort(key=lambda name: (not name.endswith(Path(missing.name).suffix), name))  # of the same kind first
    near = get_close_matches(missing.name, names, n=3, cutoff=_ALIKE)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; its folder has {some_of(names)}" if names else "; its folder is empty"
