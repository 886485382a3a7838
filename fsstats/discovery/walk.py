"""The only place that walks: from roots to subjects' folders, files that lie elsewhere, and what is left out."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from fsstats._frames import printable
from fsstats.discovery.folders import Entry, Folder, Spot, look, spot_of
from fsstats.discovery.footprint import Notes
from fsstats.discovery.meanings import NOTHING, Meanings, Names, names_of
from fsstats.discovery.naming import is_generic
from fsstats.discovery.state import State, state_of
from fsstats.discovery.subjects import LISTS, PARTS, TEMPLATES, LeftOut
from fsstats.parsers.grouptables import recognises_group_table
from fsstats.places import Place, faults, is_archive_root
from fsstats.tables.problems import NOT_LOOKED_INTO

MAX_DEPTH: Final = 5
"""How far below a root subjects are looked for (study/derivatives/freesurfer/sub-01/ses-1 is 4).

Of the folders on the way those do not count whose names tell only what was done (``anat``, ``T1.anat``,
``first_results``). A folder's own name never counts: of those that lie beside each other all are looked into, or none.
"""
_MOST_FOLDERS: Final = 12
"""Where the walk ends whatever the folders are called."""
_DEPTH_WITHIN: Final = 2
"""How far below a folder that others put into a subject's files are looked for, counted alike."""
_WITHIN: Final = ("stats", "mri", "scripts")
"""Folders of a subject that hold files we read; of the others only those that FreeSurfer does not make are walked."""
_FREESURFERS: Final = ("dpath", "dlabel", "dmri", "tmp", "trash", "bem", "src", "rgb", "tiff", "morph")
_OWN_FOLDERS: Final = frozenset({*PARTS, *_FREESURFERS})
_ASKED_FOR: Final = (*PARTS, "dpath", "base-tps")
"""What a subject's folder is asked for that may not be listed."""
_NO_SUBJECT: Final = "not a subject: no stats/*.stats in it, nor both mri and surf, nor files of a known name"
_WITHIN_ANOTHER: Final = "a subject within a subject; name it itself to read it"
_TEXTS: Final = (".txt", ".csv", ".tsv", ".table", ".dat", ".stats")
_HEAD: Final = 65536


class FoundFiles(NamedTuple):
    """Files of known kinds in one folder; or a folder that may not be looked into."""

    spot: Spot
    names: Names
    """What their names say."""
    doubtful: Collection[str] = ()
    """The names of those that may be no files, or whose addresses cannot be written everywhere."""
    problem: str | None = None
    """Why the folder could not be looked into."""


class FoundSubject(NamedTuple):
    """A subject's folder as it was found."""

    spot: Spot
    files: list[FoundFiles]
    state: State
    lists: Mapping[tuple[str, ...], bytes]
    """The lists of time points in it, by the way to them."""


@dataclass(slots=True)
class Found:
    """What a walk has found."""

    notes: Notes
    meanings: Meanings = field(default_factory=Meanings)
    subjects: dict[str, FoundSubject] = field(default_factory=dict)
    """By address."""
    loose: list[FoundFiles] = field(default_factory=list)
    """Files in no subject's folder."""
    tables: list[str] = field(default_factory=list)
    """Tables of many subjects."""
    left_out: dict[LeftOut, None] = field(default_factory=dict)
    too_deep: dict[str, list[Spot]] = field(default_factory=dict)
    """Folders that nobody looked into, by the reason."""

    def leave_out(self, folder: Place, reason: str, status: str = "skipped") -> None:
        """Note a folder that is left out."""
        self.left_out.setdefault(LeftOut(folder, reason, status))


def walk(roots: Iterable[Place], notes: Notes) -> Found:
    """Walk each root, each folder once."""
    found = Found(notes)
    seen: set[str] = set()
    for root in roots:
        _walk(look(spot_of(root), notes), found, seen, MAX_DEPTH)
    _leave_out_deep(found, seen)
    _leave_out_links(found)
    return found


def _leave_out_deep(found: Found, seen: Collection[str]) -> None:
    """Say in one row a reason which folders lie too deep: a study of images has thousands of them."""
    for reason, spots in found.too_deep.items():
        left = [spot for spot in spots if spot.text not in found.subjects and spot.real not in seen]
        if left:  # the others were reached from another root
            more = f", nor into {len(left) - 1} more" if len(left) > 1 else ""
            text = f"{reason}, {NOT_LOOKED_INTO}{more}: name a folder nearer to the subjects"
            found.leave_out(left[0].place, text)


def _leave_out_links(found: Found) -> None:
    """Leave out a link to a subject that is found under its own name too."""
    for address, subject in [*found.subjects.items()]:
        real = subject.spot.real
        if address != real and real in found.subjects:
            del found.subjects[address]
            found.leave_out(subject.spot.place, f"a link to {Path(real).name}, which is here too")


def _walk(folder: Folder, found: Found, seen: set[str], depth: int) -> None:
    """Walk one folder."""
    if not _taken(folder, found):
        _search(folder, found, seen, depth, _MOST_FOLDERS)


def _taken(folder: Folder, found: Found) -> bool:
    """Take a folder if it is a subject."""
    where = folder.spot.where
    if where is not None and is_archive_root(where):
        found.left_out |= dict.fromkeys(LeftOut(where, text, _status(text)) for text in faults(where))
    if is_subject(folder):
        if folder.spot.text not in found.subjects:
            found.subjects[folder.spot.text] = _subject(folder, found)
        return True
    return False


def _search(folder: Folder, found: Found, seen: set[str], depth: int, most: int) -> bool:
    """Walk a folder that is no subject; tell whether anything is in it."""
    if folder.spot.real in seen:
        return False
    seen.add(folder.spot.real)
    if folder.problem is not None:
        found.leave_out(folder.spot.place, folder.problem, "unreadable")
        return True
    files, folders = folder.contents(folder.names())
    anything = _take_loose(folder, files, found)
    others = [child for child in folders if not _is_template(child, found)]
    if others and (depth == 0 or most == 0):
        found.too_deep.setdefault(_why_not_deeper(depth), []).extend(others)
        return True
    barren = [child for child in others if not _enter(child, found, seen, depth, most)]
    if any(child.text in found.subjects for child in others):
        for child in barren:
            found.leave_out(child.place, _NO_SUBJECT)
    return anything or len(barren) < len(folders)


def _why_not_deeper(depth: int) -> str:
    if depth == 0:
        return f"more than {MAX_DEPTH} levels down"
    return f"more than {_MOST_FOLDERS} folders down, whatever they are called"


def _status(fault: str) -> str:
    """Say how bad a fault of an archive is: links that lead out of it (to fsaverage) cost nothing."""
    return "skipped" if fault.startswith("left out of the archive, links") else "unreadable"


def _is_template(child: Spot, found: Found) -> bool:
    """Leave out a subject that FreeSurfer ships."""
    if not TEMPLATES.match(child.name):
        return False
    found.leave_out(child.place, "a template that FreeSurfer ships, not a subject")
    return True


def _enter(child: Spot, found: Found, seen: set[str], depth: int, most: int) -> bool:
    """Go into a folder or an archive; tell whether anything is in it."""
    folder = look(child, found.notes)
    return _taken(folder, found) or _search(folder, found, seen, depth - (not is_generic(child.name)), most - 1)


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
        place = folder.spot.at(name)
        try:
            if place.exists():
                there[name] = place
        except OSError:  # where it is closed
            continue
    return there


def _subject(folder: Folder, found: Found) -> FoundSubject:
    """Take what is in a subject's folder, so that the listings need not be kept."""
    files = _files_of(folder, found)
    lists = {way: content for way in LISTS if (content := folder.read_below(way)) is not None}
    return FoundSubject(folder.spot, files, state_of(folder.sub("scripts")), lists)


def _files_of(folder: Folder, found: Found) -> list[FoundFiles]:
    """Give the files of a subject: in the folders that FreeSurfer makes, and in those that others put there."""
    names = folder.names(_OWN_FOLDERS)
    files = _known(folder, (), names, found)
    for part in _WITHIN:
        within = folder.sub(part)
        files += _known(within, (part,), within.names(), found) if within is not None else ()
    tracts = folder.sub("dpath")
    for spot in _children(tracts, tracts.names(), found) if tracts is not None else ():
        tract = look(spot, found.notes)
        files += _known(tract, ("dpath", spot.name), tract.names(), found)
    for spot in _children(folder, names, found):
        if spot.name in _OWN_FOLDERS:  # of an archive
            continue
        other = look(spot, found.notes)
        if is_subject(other):
            found.leave_out(spot.place, _WITHIN_ANOTHER)
        elif _leads_out(spot, folder.spot):
            found.leave_out(spot.place, "a link that leads out of the subject's folder")
        else:
            files += _files_within(other, found)
    return files


def _files_within(other: Folder, found: Found) -> list[FoundFiles]:
    """Give the files in a folder that others put into a subject's, and take what else is in it."""
    inner = Found(found.notes, found.meanings)
    _walk(other, inner, set(), _DEPTH_WITHIN)
    found.tables += inner.tables
    found.left_out |= inner.left_out
    found.left_out |= dict.fromkeys(LeftOut(nested.spot.place, _WITHIN_ANOTHER) for nested in inner.subjects.values())
    return inner.loose


def _leads_out(child: Spot, around: Spot) -> bool:
    """Say whether a folder is a link to somewhere that is not in the folder that it lies in."""
    local = child.where is None and around.where is None
    return local and not child.real.startswith(os.path.join(around.real, ""))  # noqa: PTH118 - texts


def _children(folder: Folder, names: Iterable[str], found: Found) -> list[Spot]:
    """Give the folders of these names in a subject's."""
    if folder.problem is not None:
        found.leave_out(folder.spot.place, folder.problem, "unreadable")
        return []
    return [child for child in folder.contents(names)[1] if not TEMPLATES.match(child.name)]


def _known(folder: Folder, way: tuple[str, ...], names: Sequence[str], found: Found) -> list[FoundFiles]:
    """Give the files of known kinds in one folder of a subject."""
    spot = folder.spot
    if folder.error is not None:  # without scripts only the state is not known, which is said elsewhere
        return [] if way == ("scripts",) else [FoundFiles(spot, NOTHING, problem=folder.problem)]
    if not names:
        return []
    said = found.meanings.of(spot, names, way)
    tables = [name for name in said.unknown if _is_table(folder, name)]
    if tables:
        found.tables += [spot.address(name) for name in tables]
        said = names_of(one for one in said.meanings if one.name not in tables)
    return _found(folder, said)


def _found(folder: Folder, names: Names) -> list[FoundFiles]:
    """Put files together with what their folder's listing tells of them."""
    if not names.names:
        return []
    plain = names.plain and printable(folder.spot.text) == folder.spot.text
    return [FoundFiles(folder.spot, names, folder.doubtful(names.names) if plain else names.names)]


def _take_loose(folder: Folder, names: list[str], found: Found) -> bool:
    """Keep the files of known kinds and the tables of many subjects that lie in a folder that is no subject."""
    if not names:
        return False
    said = found.meanings.of(folder.spot, names)
    known = {name for name, meaning in said.by_name.items() if meaning.source is not None}
    tables = [name for name in names if name not in known and _is_table(folder, name)]
    found.tables += [folder.spot.address(name) for name in tables]
    loose = _found(folder, names_of(one for one in said.meanings if one.name not in tables) if tables else said)
    found.loose += loose
    return bool(loose or tables)


def _is_table(folder: Folder, name: str) -> bool:
    return name.endswith(_TEXTS) and recognised_table(folder.spot.at(name), folder.notes)


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
