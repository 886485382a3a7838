"""The only place that walks: from roots to subjects' folders, files that lie elsewhere, and what is left out."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from fsstats.discovery.folders import Entry, Folder, Spot, look, spot_of
from fsstats.discovery.footprint import Notes
from fsstats.discovery.meanings import Meaning, Meanings
from fsstats.discovery.naming import is_generic
from fsstats.discovery.subjects import PARTS, TEMPLATES, LeftOut
from fsstats.parsers.grouptables import recognises_group_table
from fsstats.places import Place, faults, is_archive_root

MAX_DEPTH: Final = 4
"""How far below a root subjects are looked for (study/derivatives/freesurfer/sub-01/ses-1 is 4).

Folders whose names tell only what was done (``anat``, ``T1.anat``, ``first_results``) do not count.
"""
_MOST_FOLDERS: Final = 12
"""Where the walk ends whatever the folders are called."""
_WITHIN: Final = ("stats", "mri", "scripts")
"""Folders of a subject that hold files we read; of the others only those that FreeSurfer does not make are walked."""
_FREESURFERS: Final = ("dpath", "dlabel", "dmri", "tmp", "trash", "bem", "src", "rgb", "tiff", "morph")
_OWN_FOLDERS: Final = frozenset({*PARTS, *_FREESURFERS})
_ASKED_FOR: Final = (*PARTS, "dpath", "base-tps")
"""What a subject's folder is asked for that may not be listed."""
_WITHIN_ANOTHER: Final = "a subject within a subject; name it itself to read it"
_TEXTS: Final = (".txt", ".csv", ".tsv", ".table", ".dat", ".stats")
_HEAD: Final = 65536


class FoundFile(NamedTuple):
    """A file of a known kind, and the way to it from its subject's folder; or a folder that may not be looked into."""

    folder: Folder
    meaning: Meaning | None
    """What its name says; None for the folder itself."""
    way: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Its address."""
        return self.folder.text if self.meaning is None else self.folder.address(self.meaning.name)

    @property
    def path(self) -> Place:
        """The file as a place."""
        return self.folder.place if self.meaning is None else self.folder.at(self.meaning.name)


class FoundSubject(NamedTuple):
    """A subject's folder, with its files."""

    folder: Folder
    files: list[FoundFile]


@dataclass(slots=True)
class Found:
    """What a walk has found."""

    notes: Notes
    meanings: Meanings = field(default_factory=Meanings)
    subjects: dict[str, FoundSubject] = field(default_factory=dict)
    """By address."""
    loose: list[FoundFile] = field(default_factory=list)
    """Files in no subject's folder."""
    tables: list[str] = field(default_factory=list)
    """Tables of many subjects."""
    left_out: dict[LeftOut, None] = field(default_factory=dict)

    def leave_out(self, folder: Place, reason: str, status: str = "skipped") -> None:
        """Note a folder that is left out."""
        self.left_out.setdefault(LeftOut(folder, reason, status))


def walk(roots: Iterable[Place], notes: Notes) -> Found:
    """Walk each root, each folder once."""
    found = Found(notes)
    seen: set[str] = set()
    for root in roots:
        _walk(look(spot_of(root), notes), found, seen, MAX_DEPTH, _MOST_FOLDERS)
    _leave_out_links(found)
    return found


def _leave_out_links(found: Found) -> None:
    """Leave out a link to a subject that is found under its own name too."""
    for address, subject in [*found.subjects.items()]:
        real = subject.folder.spot.real
        if address != real and real in found.subjects:
            del found.subjects[address]
            found.leave_out(subject.folder.place, f"a link to {Path(real).name}, which is here too")


def _walk(folder: Folder, found: Found, seen: set[str], depth: int, most: int) -> bool:
    """Walk one folder; tell whether anything is in it."""
    where = folder.spot.place
    if where is not None and is_archive_root(where):
        found.left_out |= dict.fromkeys(LeftOut(where, text, _status(text)) for text in faults(where))
    if is_subject(folder):
        if folder.text not in found.subjects:
            found.subjects[folder.text] = FoundSubject(folder, [*_files_of(folder, found)])
        return True
    if folder.spot.real in seen:
        return False
    seen.add(folder.spot.real)
    if folder.problem is not None:
        found.leave_out(folder.place, folder.problem, "unreadable")
        return True
    files, folders = folder.contents()
    anything = _take_loose(folder, files, found)
    barren = [child for child in folders if not _enter(child, found, seen, depth, most)]
    if any(child.text in found.subjects for child in folders):
        for child in barren:
            found.leave_out(child.place or Path(child.text), f"not a subject: holds none of {', '.join(PARTS)}")
    return anything or len(barren) < len(folders)


def _status(fault: str) -> str:
    """Say how bad a fault of an archive is: links that lead out of it (to fsaverage) cost nothing."""
    return "skipped" if fault.startswith("left out of the archive, links") else "unreadable"


def _enter(child: Spot, found: Found, seen: set[str], depth: int, most: int) -> bool:
    """Go into a folder or an archive, unless it is a template or too deep."""
    if TEMPLATES.match(child.name):
        found.leave_out(child.place or Path(child.text), "a template that FreeSurfer ships, not a subject")
        return True
    deeper = depth - (not is_generic(child.name))
    return deeper >= 0 and most > 0 and _walk(look(child, found.notes), found, seen, deeper, most - 1)


def is_subject(folder: Folder) -> bool:
    """Say whether a folder is a processed subject: it has stats files, or both images and surfaces."""
    if folder.error is not None and not folder.entries:
        folder.entries = _asked_for(folder)
    if folder.is_dir("mri") and folder.is_dir("surf"):
        return True
    stats = folder.sub("stats")
    return stats is not None and any(name.endswith(".stats") for name in stats.entries)


def _asked_for(folder: Folder) -> dict[str, Entry]:
    """Ask for what a subject has in a folder that may not be listed."""
    there: dict[str, Entry] = {}
    for name in _ASKED_FOR:
        place = folder.at(name)
        try:
            if place.exists():
                there[name] = place
        except OSError:  # where it is closed
            continue
    return there


def _files_of(folder: Folder, found: Found) -> Iterator[FoundFile]:
    """Give the files of a subject: in the folders that FreeSurfer makes, and in those that others put there."""
    yield from _known(folder, (), found)
    for part in _WITHIN:
        yield from _known(folder.sub(part), (part,), found)
    for tract in _children(folder.sub("dpath"), found):
        yield from _known(look(tract, found.notes), ("dpath", tract.name), found)
    for spot in _children(folder, found):
        if spot.name in _OWN_FOLDERS:  # of an archive
            continue
        other = look(spot, found.notes)
        if is_subject(other):
            found.leave_out(other.place, _WITHIN_ANOTHER)
        elif _leads_out(spot, folder.spot):
            found.leave_out(other.place, "a link that leads out of the subject's folder")
        else:
            yield from _files_within(other, found)


def _files_within(other: Folder, found: Found) -> list[FoundFile]:
    """Give the files in a folder that others put into a subject's, and take what else is in it."""
    inner = Found(found.notes, found.meanings)
    _walk(other, inner, set(), 1, _MOST_FOLDERS)
    found.tables += inner.tables
    found.left_out |= inner.left_out
    found.left_out |= dict.fromkeys(LeftOut(nested.folder.place, _WITHIN_ANOTHER) for nested in inner.subjects.values())
    return inner.loose


def _leads_out(child: Spot, around: Spot) -> bool:
    """Say whether a folder is a link to somewhere that is not in the folder that it lies in."""
    local = child.place is None and around.place is None
    return local and not child.real.startswith(os.path.join(around.real, ""))  # noqa: PTH118 - texts


def _children(folder: Folder | None, found: Found) -> list[Spot]:
    if folder is None:
        return []
    if folder.problem is not None:
        found.leave_out(folder.place, folder.problem, "unreadable")
        return []
    return [child for child in folder.contents(_OWN_FOLDERS)[1] if not TEMPLATES.match(child.name)]


def _known(folder: Folder | None, way: tuple[str, ...], found: Found) -> Iterator[FoundFile]:
    """Give the files of known kinds in one folder."""
    if folder is None:
        return
    if folder.error is not None:
        if way != ("scripts",):  # without it only the state is not known, which is said elsewhere
            yield FoundFile(folder, None, way)
        return
    names = folder.names(() if way else _OWN_FOLDERS)
    for name, meaning in found.meanings.of(folder, names).items():
        if not meaning.fits:
            continue
        if meaning.source is None and _is_table(folder, name):
            found.tables.append(folder.address(name))
        else:
            yield FoundFile(folder, meaning, (*way, name))


def _take_loose(folder: Folder, names: list[str], found: Found) -> bool:
    """Keep the files of known kinds and the tables of many subjects that lie in a folder that is no subject."""
    meanings = found.meanings.of(folder, names)
    anything = False
    for name in names:
        meaning = meanings.get(name)
        known = meaning is not None and meaning.source is not None
        if not known and _is_table(folder, name):
            found.tables.append(folder.address(name))
        elif meaning is not None and meaning.fits:
            found.loose.append(FoundFile(folder, meaning, (name,)))
        else:
            continue
        anything = True
    return anything


def _is_table(folder: Folder, name: str) -> bool:
    return name.endswith(_TEXTS) and recognised_table(folder.at(name), folder.notes)


def recognised_table(path: Place, notes: Notes) -> bool:
    """Say whether a file on disk is a table of many subjects, by its first lines."""
    if not isinstance(path, Path) or path.suffix not in _TEXTS:
        return False
    try:
        if not path.is_file():  # opening a pipe would wait for its other end
            return False
        return recognises_group_table(notes.read(str(path), _HEAD), path.name)
    except OSError:
        return False
