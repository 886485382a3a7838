"""Who a processed subject is: what the names of folders say."""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fsstats.places import Place, is_archive_root

PARTS: Final = ("mri", "surf", "scripts", "label", "stats", "touch")
TEMPLATES: Final = re.compile(r"^(fsaverage.*|cvs_avg35.*|[lr]h\.EC_average|V1_average)$")
BIDS: Final = re.compile(r"^(?P<subject>sub-[^_]+)(?:_(?P<session>ses-[^_]+))?$")
_BULK: Final = re.compile(r"^(?P<subject>\d{6,8})_(?P<field>\d{5})_(?P<instance>\d+)_(?P<index>\d+)$")
_TOOL: Final = re.compile(r"^(?:free|fast)surfer$", re.IGNORECASE)
"""A subject's folder that is called as the program: the folder around it has the name."""
_LONG: Final = ".long."
_Way = tuple[str, ...]
_LIST: Final[_Way] = ("base-tps",)
"""The way to a base's list of its time points."""
_COPY: Final[_Way] = ("scripts", "long.base-tps")
"""The way to a longitudinal run's copy of it."""
LISTS: Final = (_LIST, _COPY)
_Spot = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """One processed subject: a folder, and who, when and how its name says."""

    path: Place
    subject: str
    session: str | None = None
    stream: str = "cross"

    @property
    def directory(self) -> str:
        """The folder's name; of one that is called as the program (FreeSurfer), the name of the folder around it."""
        name = self.path.name
        return self.path.parent.name or name if _TOOL.match(name) else name


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A folder beside the subjects that is none."""

    path: Place
    reason: str
    status: str = "skipped"


def bulk(name: str) -> tuple[str, str] | None:
    """Read subject and session out of a UK Biobank bulk name, ``<subject>_<field>_<instance>_<index>``.

    Examples
    --------
    >>> bulk("1000011_20263_2_0"), bulk("sub-01")
    (('1000011', '2'), None)
    """
    found = _BULK.match(name)
    return (found["subject"], found["instance"]) if found else None


Read = Callable[[Place, _Way], bytes | None]
"""Reads a file below a folder; None if there is none."""


def read_list(folder: Place, way: _Way) -> bytes | None:
    """Read a file below a folder; None if there is none."""
    path = folder
    for name in way:
        path = path / name
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return b""


def name_all(folders: Iterable[Place], read: Read = read_list) -> list[Subject]:
    """Name subjects together, since a longitudinal run tells what its time points and base are."""
    spots = [(path, *_spot(path)) for path in folders]
    bases = _time_points(spots, read)
    # Of two bases with the same time point the first has it.
    base_of = {(base[0], point): base[1] for base in sorted(bases, reverse=True) for point in bases[base]}
    return [_name(path, bases.get((where, name)), base_of.get((where, name))) for path, where, name in spots]


def _spot(path: Place) -> _Spot:
    """Tell where a folder lies and what it is called: those of one study lie together, each in an archive or not."""
    if isinstance(path, Path):
        return os.path.dirname(path) or os.curdir, path.name  # noqa: PTH120 - there are many, and Path is slow
    around = path.parent
    return str(around.parent if is_archive_root(around) else around), path.name


def _time_points(spots: Iterable[tuple[Place, str, str]], read: Read) -> dict[_Spot, set[str]]:
    """Give the time points of every base: by its longitudinal runs, their copies of its list, and its own."""
    points: dict[_Spot, set[str]] = defaultdict(set)
    for path, where, name in spots:
        if _LONG in name:
            point, _, base = name.rpartition(_LONG)
            points[where, base] |= {point, *_listed(read(path, _COPY) or b"")}
            continue
        own = read(path, _LIST)
        if own is not None:
            points[where, name] |= _listed(own)
    return points


def _listed(content: bytes) -> set[str]:
    return set(content.decode("utf-8", "replace").split())


def _name(path: Place, points: Collection[str] | None, base: str | None) -> Subject:
    """Name one folder; `points` are its time points if it is a base, `base` the base whose time point it is."""
    if _LONG in path.name:
        point, _, name = path.name.rpartition(_LONG)
        return replace(_name_point(path, point, name), stream="long")
    if points is not None:
        return _name_base(path, points)
    if base is not None:
        return _name_point(path, path.name, base)
    return Subject(path, *_who_alone(path, path.name))


def _who_alone(path: Place, name: str) -> tuple[str, str | None]:
    """Give the subject and session of a folder that is no part of a longitudinal study."""
    bids, known = BIDS.match(name), bulk(name)
    if bids:
        return bids["subject"], bids["session"]
    if known:
        return known
    if name.startswith("ses-") and path.parent.name.startswith("sub-"):
        return path.parent.name, name
    if _TOOL.match(name) and path.parent.name:
        return _who_alone(path.parent, path.parent.name)
    return name, None


def _name_point(path: Place, point: str, base: str) -> Subject:
    """Name a time point: by BIDS if it is, else the base is the subject and the point the session."""
    bids = BIDS.match(point)
    if bids and bids["session"]:
        return Subject(path, bids["subject"], bids["session"])
    return Subject(path, base, point)


def _name_base(path: Place, points: Iterable[str]) -> Subject:
    """Name a base as its time points' subject, if they agree on one by BIDS, else by its folder."""
    names = {_name_point(path, point, path.name).subject for point in points}
    return Subject(path, names.pop() if len(names) == 1 else path.name, stream="base")
