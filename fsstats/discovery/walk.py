"""The only place that walks: from roots to subjects' folders, files that lie elsewhere, and what is left out."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fsstats.discovery.naming import is_generic
from fsstats.discovery.subjects import PARTS, TEMPLATES, LeftOut
from fsstats.parsers.grouptables import recognises_group_table
from fsstats.places import Place, faults, is_archive, is_archive_root, place
from fsstats.schema import Identity, identify, source_of

MAX_DEPTH: Final = 4
"""How far below a root subjects are looked for (study/derivatives/freesurfer/sub-01/ses-1 is 4).

Folders whose names tell only what was done (``anat``, ``T1.anat``, ``first_results``) do not count.
"""
_MOST_FOLDERS: Final = 12
"""Where the walk ends whatever the folders are called."""
_WITHIN: Final = ("", "stats", "mri", "scripts")
"""Folders of a subject that hold files we read; of the others only those that FreeSurfer does not make are walked."""
_FREESURFERS: Final = ("dpath", "dlabel", "dmri", "tmp", "trash", "bem", "src", "rgb", "tiff", "morph")
_OWN_FOLDERS: Final = frozenset({*PARTS, *_FREESURFERS})
_WITHIN_ANOTHER: Final = "a subject within a subject; name it itself to read it"
_TEXTS: Final = (".txt", ".csv", ".tsv", ".table", ".dat", ".stats")
_HEAD: Final = 65536
_IMAGE: Final = re.compile(r"\.(?:nii|hdr|img)(?:\.gz)?$")


@dataclass(slots=True)
class Found:
    """What a walk has found."""

    subjects: dict[Place, list["FoundFile"]] = field(default_factory=dict)
    """Every subject's folder, with its files."""
    loose: list["FoundFile"] = field(default_factory=list)
    """Files in no subject's folder."""
    tables: list[Place] = field(default_factory=list)
    """Tables of many subjects."""
    left_out: dict[LeftOut, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a known kind, and the way to it from its subject's folder."""

    path: Place
    identity: Identity | None
    """What its name says; None for a folder that could not be looked into."""
    way: tuple[str, ...] = ()
    problem: str | None = None


def walk(roots: Iterable[Place]) -> Found:
    """Walk each root, each folder once."""
    found = Found()
    seen: set[str] = set()
    for root in roots:
        _walk(root, found, seen, MAX_DEPTH, _MOST_FOLDERS)
    _leave_out_links(found)
    return found


def _leave_out_links(found: Found) -> None:
    """Leave out a link to a subject that is found under its own name too."""
    real = {folder: os.path.realpath(folder) for folder in found.subjects if isinstance(folder, Path)}
    for folder, there in real.items():
        if str(folder) != there and Path(there) in found.subjects:
            del found.subjects[folder]
            found.left_out[LeftOut(folder, f"a link to {Path(there).name}, which is here too")] = None


def _walk(folder: Place, found: Found, seen: set[str], depth: int, most: int) -> bool:
    """Walk one folder; tell whether anything is in it."""
    if is_archive_root(folder):
        found.left_out |= dict.fromkeys(LeftOut(folder, text, _status(text)) for text in faults(folder))
    if is_subject(folder):
        if folder not in found.subjects:
            found.subjects[folder] = list(_files_of(folder, found))
        return True
    real = os.path.realpath(folder) if isinstance(folder, Path) else str(folder)
    if real in seen:
        return False
    seen.add(real)
    try:
        files, folders = _contents(folder)
    except OSError as error:
        found.left_out[LeftOut(folder, error.strerror or str(error), status="unreadable")] = None
        return True
    anything = _take_loose(files, found)
    barren = [child for child in folders if not _enter(child, found, seen, depth, most)]
    if any(child in found.subjects for child in folders):
        for child in barren:
            reason = f"not a subject: holds none of {', '.join(PARTS)}"
            found.left_out.setdefault(LeftOut(child, reason))
    return anything or len(barren) < len(folders)


def _status(fault: str) -> str:
    """Say how bad a fault of an archive is: links that lead out of it (to fsaverage) cost nothing."""
    return "skipped" if fault.startswith("left out of the archive, links") else "unreadable"


def _enter(child: Place, found: Found, seen: set[str], depth: int, most: int) -> bool:
    """Go into a folder or an archive, unless it is a template or too deep."""
    if TEMPLATES.match(child.name):
        found.left_out[LeftOut(child, "a template that FreeSurfer ships, not a subject")] = None
        return True
    deeper = depth - (not is_generic(child.name))
    return deeper >= 0 and most > 0 and _walk(child, found, seen, deeper, most - 1)


def _contents(folder: Place) -> tuple[list[Place], list[Place]]:
    """Give a folder's files and folders, by name, without hidden ones; an archive is a folder."""
    files, folders = [], []
    for child in sorted(folder.iterdir(), key=_links_last):
        if child.name.startswith("."):
            continue
        if _is_dir(child):
            folders.append(child)
        elif is_archive(str(child)):
            folders.append(place(str(child)))
        else:
            files.append(child)
    return files, folders


def _links_last(path: Place) -> tuple[bool, str]:
    """Order by name, links last: what a link leads to has a name of its own, which counts."""
    return isinstance(path, Path) and path.is_symlink(), path.name


def _is_dir(folder: Place) -> bool:
    try:
        return folder.is_dir()
    except OSError:  # where it is closed
        return False


def is_subject(folder: Place) -> bool:
    """Say whether a folder is a processed subject: it has stats files, or both images and surfaces."""
    parts = {part for part in PARTS if _is_dir(folder / part)}
    return {"mri", "surf"} <= parts or ("stats" in parts and _has_stats(folder / "stats"))


def _has_stats(folder: Place) -> bool:
    try:
        return any(child.name.endswith(".stats") for child in folder.iterdir())
    except OSError:
        return False


def _files_of(folder: Place, found: Found) -> Iterator[FoundFile]:
    """Give the files of a subject: in the folders that FreeSurfer makes, and in those that others put there."""
    for part in _WITHIN:
        yield from _known(folder / part if part else folder, (part,) if part else (), found)
    for tract in _children(folder / "dpath", found):
        yield from _known(tract, ("dpath", tract.name), found)
    for other in _children(folder, found):
        if other.name in _OWN_FOLDERS:
            continue
        if is_subject(other):
            found.left_out[LeftOut(other, _WITHIN_ANOTHER)] = None
        elif _leads_out(other, folder):
            found.left_out[LeftOut(other, "a link that leads out of the subject's folder")] = None
        else:
            inner = Found()
            _walk(other, inner, set(), 1, _MOST_FOLDERS)
            yield from inner.loose
            found.tables += inner.tables
            found.left_out |= inner.left_out
            found.left_out |= dict.fromkeys(LeftOut(nested, _WITHIN_ANOTHER) for nested in inner.subjects)


def _leads_out(child: Place, folder: Place) -> bool:
    """Say whether a folder is a link to somewhere that is not in the folder that it lies in."""
    if not isinstance(child, Path) or not isinstance(folder, Path):
        return False
    return not os.path.realpath(child).startswith(os.path.join(os.path.realpath(folder), ""))  # noqa: PTH118 - texts


def _children(folder: Place, found: Found) -> list[Place]:
    if not _is_dir(folder):
        return []
    try:
        return [child for child in _contents(folder)[1] if not TEMPLATES.match(child.name)]
    except OSError as error:
        found.left_out[LeftOut(folder, error.strerror or str(error), status="unreadable")] = None
        return []


def _known(folder: Place, way: tuple[str, ...], found: Found) -> Iterator[FoundFile]:
    """Give the files of known kinds in one folder."""
    if not _is_dir(folder):
        return
    try:
        names = sorted(child.name for child in folder.iterdir() if not child.name.startswith("."))
    except OSError as error:
        if way != ("scripts",):  # without it only the state is not known, which is said elsewhere
            yield FoundFile(folder, None, way, error.strerror or str(error))
        return
    for name in names:
        path = folder / name
        identity = identify(str(path))
        if identity is None or not _fits(identity, names):
            continue
        if source_of(identity.source) is None and recognised_table(path):
            found.tables.append(path)
        else:
            yield FoundFile(path, identity, (*way, name))


def _take_loose(files: list[Place], found: Found) -> bool:
    """Keep the files of known kinds and the tables of many subjects that lie in a folder that is no subject."""
    names = [path.name for path in files]
    anything = False
    for path in files:
        identity = identify(str(path))
        known = identity is not None and source_of(identity.source) is not None
        if not known and recognised_table(path):
            found.tables.append(path)
        elif identity is not None and _fits(identity, names):
            found.loose.append(FoundFile(path, identity, (path.name,)))
        else:
            continue
        anything = True
    return anything


def recognised_table(path: Place) -> bool:
    """Say whether a file on disk is a table of many subjects, by its first lines."""
    if not isinstance(path, Path) or path.suffix not in _TEXTS:
        return False
    try:
        if not path.is_file():  # opening a pipe would wait for its other end
            return False
        with path.open("rb") as file:
            return recognises_group_table(file.read(_HEAD), path.name)
    except OSError:
        return False


def _fits(identity: Identity, names: list[str]) -> bool:
    """Say whether the files are there beside which alone a name means what it seems to."""
    source = source_of(identity.source)
    if source is None or not source.beside:
        return True
    stems = {_IMAGE.sub("", name) for name in names}
    return any(pattern.format(prefix=identity.prefix) in stems for pattern in source.beside)
