"""When a file was changed last, wherever it lies: what tells whether it has to be read again."""

import os
import time
from collections.abc import Iterable

from fsstats.discovery.footprint import GRAIN, Mark, mark_of
from fsstats.places import file_of


def mark_at(address: str) -> Mark | None:
    """Tell when a file, or the archive that it lies in, was changed last; None if that cannot be told for sure.

    Of what a server has it cannot, nor of a file that was changed within the last two seconds: it may be changed
    again and not show it.
    """
    path = file_of(address)
    mark = None if path is None else mark_of(path)
    return None if mark is None else _sure(mark)


def marks_of(addresses: Iterable[str]) -> list[Mark] | None:
    """Give the marks of files on this machine, in archives too, to compare with sure ones; None if one is gone.

    What is the same as a mark that was sure is sure, and no folder has the size of a file. Those that a server has
    are passed over.
    """
    try:
        return [(state.st_mtime_ns, state.st_size) for state in map(os.stat, filter(None, map(file_of, addresses)))]
    except OSError:
        return None


def mark_in(state: os.stat_result) -> Mark | None:
    """Tell the same of a file on this machine from what the system says of it."""
    return _sure((state.st_mtime_ns, state.st_size))


def _sure(mark: Mark) -> Mark | None:
    return None if mark[0] > time.time_ns() - GRAIN else mark
