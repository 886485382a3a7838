"""From what a walk found to the rows of the files table."""

import os
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from fsstats._frames import printable
from fsstats.discovery._rows import NOBODY, Found, Rows, Whose, keys_of, row_of, whose_of
from fsstats.discovery.expected import missing_files
from fsstats.discovery.folders import Spot, look, spot_of
from fsstats.discovery.footprint import Notes
from fsstats.discovery.meanings import Kind, Meaning, Names, Told, meaning, names_of
from fsstats.discovery.naming import name_loose, own_prefix, own_words, telling_folder
from fsstats.discovery.state import State, state_of
from fsstats.discovery.subjects import PARTS, LeftOut, Subject, name_all
from fsstats.discovery.walk import FoundFiles, FoundSubject, recognised_table, walk
from fsstats.errors import wording
from fsstats.places import Place
from fsstats.schema import Identity, identify, sources

GROUP_TABLE: Final = "group table"
"""The ``source`` of a table of many subjects in the files table."""
_Who = tuple[str, str | None, str]


def collect(folders: Sequence[Place], files: Sequence[Place], notes: Notes) -> tuple[list[Rows], list[LeftOut]]:
    """Walk folders and take single files; give a row of each file, there or due, and what was left out."""
    seen = walk(folders, notes)
    people = _people(seen.subjects)
    of_subjects = [
        _with_files(one, subject.state, subject.files, notes)
        for one, subject in zip(people, seen.subjects.values(), strict=True)
    ]
    elsewhere = _of_loose(seen.loose, people, notes)
    found = [*of_subjects, *elsewhere]
    rows = [some for one in found for some in one.rows] + missing_files(found)
    rows += _singles(files, dict(zip(seen.subjects, people, strict=True)), notes)
    own = {str(path) for path in files}
    rows += [_table(path, "skipped") for path in seen.tables if path not in own]
    return _unique(rows), [*seen.left_out]


def _unique(rows: list[Rows]) -> list[Rows]:
    """Leave out what was found before; the last word on it counts."""
    checks = np.fromiter((hash(key) for some in rows for key in keys_of(some)), np.int64)  # small, unlike the keys
    if len(np.unique(checks)) == len(checks):
        return rows
    keys = [key for some in rows for key in keys_of(some)]
    single = [some._replace(files=(file,)) for some in rows for file in some.files]
    return [*dict(zip(keys, single, strict=True)).values()]


def _people(subjects: Mapping[str, FoundSubject]) -> list[Subject]:
    """Name the subjects, with what their folders hold."""
    places = [subject.spot.place for subject in subjects.values()]
    return name_all(places, lambda place, way: subjects[str(place)].lists.get(way))


def _with_files(
    who: Subject, state: State, files: Sequence[FoundFiles], notes: Notes, *, in_subject: bool = True
) -> Found:
    """Give a subject its rows, and the ways to its files."""
    named = _with_variants(files) if any(found.names.prefixed for found in files) else files
    whose = whose_of(who, state)
    rows = [some for found in named for some in _rows(whose, found, notes)]
    ways = _ways(tuple([found.names for found in named]))
    open_to_us = all(found.problem is None for found in named)
    return Found(who, state, rows, ways, open_to_us, in_subject)


@lru_cache(maxsize=64)  # nearly all subjects have the same files
def _ways(names: tuple[Names, ...]) -> Mapping[Kind, tuple[str, ...]]:
    """Give the ways to files by their kinds."""
    return {said.kind: said.way for some in names for said in some.meanings}


def _of_loose(files: Sequence[FoundFiles], people: Iterable[Subject], notes: Notes) -> list[Found]:
    """Group files that lie in no subject's folder by whose they are."""
    groups: dict[tuple[str, _Who], list[FoundFiles]] = defaultdict(list)
    owners: dict[tuple[str, _Who], Subject] = {}
    shared = _shared_prefixes(files)
    known = {person.directory: person for person in people} if files else {}
    for found in files:
        parts: dict[tuple[str, _Who], list[Meaning]] = defaultdict(list)
        for said in found.names.meanings:
            owner = _owner_of_loose(found.spot.at(said.name), said, shared, known)
            key = _tool(said), (owner.subject, owner.session, owner.stream)
            owners.setdefault(key, owner)
            parts[key].append(said)
        for key, part in parts.items():
            groups[key].append(found if len(parts) == 1 else found._replace(names=names_of(part)))
    return [
        _with_files(owners[tool, who], State(tool, None, None), group, notes, in_subject=False)
        for (tool, who), group in groups.items()
    ]


def _owner_of_loose(path: Place, said: Meaning, shared: Collection[str], known: Mapping[str, Subject]) -> Subject:
    """Say whose a file is; a time point may go under its base's name."""
    owner = name_loose(path, said.identity, by_prefix=own_prefix(said.identity) not in shared)
    twin = known.get(owner.subject)
    if twin is not None and twin.stream == "cross" and owner.session is None:
        return replace(owner, subject=twin.subject, session=twin.session)
    return owner


def _shared_prefixes(files: Iterable[FoundFiles]) -> set[str]:
    """Give the prefixes that files of several telling folders have: they say what was done, not to whom."""
    folders: dict[str, set[str]] = defaultdict(set)
    for found in files:
        for said in found.names.meanings:
            folders[own_prefix(said.identity)].add(str(telling_folder(found.spot.at(said.name))))
    return {prefix for prefix, places in folders.items() if len(places) > 1}


def _with_variants(files: Sequence[FoundFiles]) -> Sequence[FoundFiles]:
    """Tell several outputs of one program by what the user called them, where one subject has more than one."""
    prefixes: dict[Kind, set[str]] = defaultdict(set)
    for said in [said for found in files for said in found.names.meanings if said.identity.prefix]:
        prefixes[said.kind._replace(part=None)].add(said.identity.prefix)
    several = {kind for kind, names in prefixes.items() if len(names) > 1}
    if not several:
        return files
    return [
        found._replace(names=names_of(_with_variant(said, several) for said in found.names.meanings)) for found in files
    ]


def _with_variant(said: Meaning, several: Collection[Kind]) -> Meaning:
    if said.kind._replace(part=None) not in several:
        return said
    prefix, source = said.identity.prefix, said.identity.source
    names = (own_words(prefix)[1] or prefix, prefix, f"output_{prefix}")  # none may be another kind's name
    name = next(name for name in names if f"{source}.{name}" not in sources())
    return meaning(said.name, said.identity._replace(source=f"{source}.{name}"), said.way)


def _tool(said: Meaning) -> str:
    """Give the program family of a kind of file; ``.stats`` of no known kind are FreeSurfer's."""
    return said.source.tool if said.source else "FreeSurfer"


def _rows(whose: Whose, found: FoundFiles, notes: Notes) -> list[Rows]:
    """Make the rows of files in one folder."""
    spot, names = found.spot, found.names
    if found.problem is not None:
        return [row_of(whose, spot.text, None, "unreadable", found.problem)]
    if names.personal or found.doubtful or spot.where is not None:
        return [_row(whose, found, said, told, notes) for said, told in zip(names.meanings, names.told, strict=True)]
    return [Rows(whose, spot.start, names.told)]


def _row(whose: Whose, found: FoundFiles, said: Meaning, told: Told, notes: Notes) -> Rows:
    """Make the row of a file: whose it is, what kind, and whether it can be read at all."""
    address = found.spot.address(said.name)
    if said.stated is not None and said.stated != whose.subject:
        text = wording(expected=f"a file of {whose.subject} (its folder)", found=f"{said.stated} (its name)")
        return row_of(whose, address, said.kind, "unreadable", f"{text}. It is not used")
    known = said.source
    if known is not None and known.tool == "FSL" != whose.tool:
        whose = whose._replace(tool="FSL", version=None, state=None)
    problem = _why_unreadable(found.spot, address, notes) if said.name in found.doubtful else None
    if problem is not None:
        return row_of(whose, address, said.kind, "unreadable", problem)
    return row_of(whose, address, said.kind, told.status, told.problem)


def _singles(paths: Iterable[Place], known: Mapping[str, Subject], notes: Notes) -> list[Rows]:
    """Name files that were given by themselves as if the whole study had been given."""
    owners: dict[str, Whose] = {}
    rows = []
    for path in paths:
        if recognised_table(path, notes):
            rows.append(_table(str(path), "found"))
            continue
        said = meaning(path.name, identify(str(path)) or Identity(Path(path.name).stem))
        folder = _subject_around(path, said)
        if folder is None:
            whose = whose_of(name_loose(path, said.identity), State(_tool(said), None, None))
        else:
            whose = owners.get(str(folder)) or _owner(folder, known.get(str(folder)), notes)
            owners[str(folder)] = whose
        found = FoundFiles(spot_of(path.parent), names_of([said]), (said.name,))
        rows.append(_row(whose, found, said, Told(said.name, status="found"), notes)._replace(start=str(path)))
    return rows


def _subject_around(path: Place, said: Meaning) -> Place | None:
    """Give the subject's folder around a file; None if its program keeps to no such folder."""
    if path.parent.name in PARTS:
        return path.parent.parent
    return path.parent if _tool(said) == "FreeSurfer" else None


def _owner(place: Place, known: Subject | None, notes: Notes) -> Whose:
    """Look into the folder around a file that was given by itself."""
    folder = look(spot_of(place), notes)
    subject = known or name_all([place], lambda _, way: folder.read_below(way))[0]
    return whose_of(subject, state_of(folder.sub("scripts")))


def _table(address: str, status: str) -> Rows:
    """Make the row of a table of many subjects; one that was met on the way would repeat the subjects' own files."""
    problem = "a table of many subjects; name it itself to read it" if status == "skipped" else None
    return row_of(NOBODY, address, Kind(GROUP_TABLE), status, problem)


def _why_unreadable(spot: Spot, address: str, notes: Notes) -> str | None:
    if printable(address) != address:
        return "its path is not UTF-8, or has control characters (shown as codes); rename it"
    problem = _why_not_a_file(Path(address)) if spot.where is None else None
    if problem is not None:
        notes.asked(address)
    return problem


def _why_not_a_file(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        link = f" (a link to {os.fspath(path.readlink())!r})" if os.path.islink(path) else ""  # noqa: PTH114 - Path.is_symlink raises where closed
        return f"{error.strerror}{link}"
    if stat.S_ISDIR(mode):
        return "expected a file, found a folder of that name"
    return None if stat.S_ISREG(mode) else "expected a file, found a device, pipe or socket"
