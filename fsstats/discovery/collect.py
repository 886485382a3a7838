"""From what a walk found to the rows of the files table."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from fsstats._frames import printable
from fsstats.discovery._rows import NO_KIND, Found, Row
from fsstats.discovery.expected import missing_files
from fsstats.discovery.folders import look, spot_of
from fsstats.discovery.footprint import Notes
from fsstats.discovery.meanings import Kind, Meaning, meaning
from fsstats.discovery.naming import name_loose, own_prefix, own_words, telling_folder
from fsstats.discovery.state import State, state_of
from fsstats.discovery.subjects import PARTS, LeftOut, Subject, name_all
from fsstats.discovery.walk import FoundFile, FoundSubject, recognised_table, walk
from fsstats.errors import wording
from fsstats.places import Place
from fsstats.schema import Identity, identify, sources

ON_REQUEST: Final = "read only if sources names it"
GROUP_TABLE: Final = "group table"
"""The ``source`` of a table of many subjects in the files table."""
_Who = tuple[str, str | None, str]


def collect(folders: Sequence[Place], files: Sequence[Place], notes: Notes) -> tuple[list[Row], list[LeftOut]]:
    """Walk folders and take single files; give a row of each file, there or due, and what was left out."""
    seen = walk(folders, notes)
    people = _people(seen.subjects)
    of_subjects = [
        _with_files(Found(one, state_of(subject.folder.sub("scripts"))), subject.files)
        for one, subject in zip(people, seen.subjects.values(), strict=True)
    ]
    elsewhere = _of_loose(seen.loose, people)
    found = [*of_subjects, *elsewhere]
    rows = [row for one in found for row in one.rows] + missing_files(found)
    rows += _singles(files, dict(zip(seen.subjects, people, strict=True)), notes)
    own = {str(path) for path in files}
    rows += [_table(path, "skipped") for path in seen.tables if path not in own]
    return [*{row.key(): row for row in rows}.values()], [*seen.left_out]


def _people(subjects: Mapping[str, FoundSubject]) -> list[Subject]:
    """Name the subjects, with what their folders hold."""

    def read(place: Place, way: Sequence[str]) -> bytes | None:
        return subjects[str(place)].folder.read(*way)

    return name_all([subject.folder.place for subject in subjects.values()], read)


def _with_files(found: Found, files: Sequence[FoundFile]) -> Found:
    """Give a subject its rows, and the ways to its files."""
    named = _with_variants(files)
    ways = {file.meaning.kind: file.way for file in named if file.meaning is not None}
    return replace(found, rows=tuple([_row(found, file) for file in named]), ways=ways)


def _of_loose(files: Iterable[FoundFile], people: Iterable[Subject]) -> list[Found]:
    """Group files that lie in no subject's folder by whose they are."""
    groups: dict[tuple[str, _Who], list[FoundFile]] = defaultdict(list)
    owners: dict[tuple[str, _Who], Subject] = {}
    shared = _shared_prefixes(files)
    known = {person.directory: person for person in people} if files else {}
    for file in files:
        if file.meaning is None:
            continue
        identity = file.meaning.identity
        owner = name_loose(file.path, identity, by_prefix=own_prefix(identity) not in shared)
        twin = known.get(owner.subject)
        if twin is not None and twin.stream == "cross" and owner.session is None:
            owner = replace(owner, subject=twin.subject, session=twin.session)  # a time point under its base's name
        key = _tool(file.meaning), (owner.subject, owner.session, owner.stream)
        owners.setdefault(key, owner)
        groups[key].append(file)
    return [
        _with_files(Found(owners[tool, who], State(tool, None, None), in_subject=False), group)
        for (tool, who), group in groups.items()
    ]


def _shared_prefixes(files: Iterable[FoundFile]) -> set[str]:
    """Give the prefixes that files of several telling folders have: they say what was done, not to whom."""
    folders: dict[str, set[str]] = defaultdict(set)
    for file in files:
        if file.meaning is not None:
            folders[own_prefix(file.meaning.identity)].add(str(telling_folder(file.path)))
    return {prefix for prefix, places in folders.items() if len(places) > 1}


def _with_variants(files: Sequence[FoundFile]) -> Sequence[FoundFile]:
    """Tell several outputs of one program by what the user called them, where one subject has more than one."""
    prefixes: dict[Kind, set[str]] = defaultdict(set)
    for file in files:
        if file.meaning is not None and file.meaning.identity.prefix:
            prefixes[file.meaning.kind._replace(part=None)].add(file.meaning.identity.prefix)
    return [_with_variant(file, prefixes) for file in files] if prefixes else files


def _with_variant(file: FoundFile, prefixes: Mapping[Kind, set[str]]) -> FoundFile:
    if file.meaning is None or len(prefixes.get(file.meaning.kind._replace(part=None), ())) < 2:
        return file
    identity = file.meaning.identity
    names = (own_words(identity.prefix)[1] or identity.prefix, identity.prefix, f"output_{identity.prefix}")
    source = next(  # none may be another kind's name
        variant for variant in (f"{identity.source}.{name}" for name in names) if variant not in sources()
    )
    return file._replace(meaning=meaning(file.meaning.name, identity._replace(source=source)))


def _tool(said: Meaning) -> str:
    """Give the program family of a kind of file; ``.stats`` of no known kind are FreeSurfer's."""
    return said.source.tool if said.source else "FreeSurfer"


def _row(found: Found, file: FoundFile) -> Row:
    """Make the row of a file that a walk has found."""
    if file.meaning is None:
        return found.row(file.address, NO_KIND, "unreadable", file.folder.problem)
    address, folder = file.address, file.folder
    entry = folder.entries[file.meaning.name]
    is_file = folder.spot.place is not None or (isinstance(entry, os.DirEntry) and entry.is_file(follow_symlinks=False))
    return _row_of(found, file.meaning, address, None if is_file else folder.notes)


def _row_of(found: Found, said: Meaning, address: str, notes: Notes | None) -> Row:
    """Make the row of a file: whose it is, what kind, and, with `notes`, whether it is a file at all."""
    if said.stated is not None and said.stated != found.subject.subject:
        text = wording(expected=f"a file of {found.subject.subject} (its folder)", found=f"{said.stated} (its name)")
        return found.row(address, said.kind, "unreadable", f"{text}. It is not used")
    known = said.source
    problem = _why_unreadable(address, notes)
    asked_for = known is None or not known.on_request
    status = "unreadable" if problem else "found" if asked_for else "skipped"
    row = found.row(address, said.kind, status, problem or (None if asked_for else ON_REQUEST))
    of_other = known is not None and known.tool == "FSL" != found.state.tool
    return row._replace(tool="FSL", version=None, state=None) if of_other else row


def _singles(paths: Iterable[Place], known: Mapping[str, Subject], notes: Notes) -> list[Row]:
    """Name files that were given by themselves as if the whole study had been given."""
    owners: dict[str, Found] = {}
    rows = []
    for path in paths:
        if recognised_table(path, notes):
            rows.append(_table(str(path), "found"))
            continue
        said = meaning(path.name, identify(str(path)) or Identity(Path(path.name).stem))
        folder = _subject_around(path, said)
        if folder is None:
            found = Found(name_loose(path, said.identity), State(_tool(said), None, None))
        elif str(folder) in owners:
            found = owners[str(folder)]
        else:
            found = owners[str(folder)] = _owner(folder, known.get(str(folder)), notes)
        row = _row_of(found, said, str(path), notes if isinstance(path, Path) else None)
        rows.append(row._replace(status="found", problem=None) if row.problem == ON_REQUEST else row)
    return rows


def _subject_around(path: Place, said: Meaning) -> Place | None:
    """Give the subject's folder around a file; None if its program keeps to no such folder."""
    if path.parent.name in PARTS:
        return path.parent.parent
    return path.parent if _tool(said) == "FreeSurfer" else None


def _owner(place: Place, known: Subject | None, notes: Notes) -> Found:
    """Look into the folder around a file that was given by itself."""
    folder = look(spot_of(place), notes)
    subject = known or name_all([place], lambda _, way: folder.read(*way))[0]
    return Found(subject, state_of(folder.sub("scripts")))


def _table(address: str, status: str) -> Row:
    """Make the row of a table of many subjects; one that was met on the way would repeat the subjects' own files."""
    problem = "a table of many subjects; name it itself to read it" if status == "skipped" else None
    return Row(path=address, source=GROUP_TABLE, status=status, problem=problem)


def _why_unreadable(address: str, notes: Notes | None) -> str | None:
    if printable(address) != address:
        return "its path is not UTF-8, or has control characters (shown as codes); rename it"
    problem = _why_not_a_file(Path(address)) if notes is not None else None
    if problem is not None and notes is not None:
        notes.asked(address)
    return problem


def _why_not_a_file(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        link = f" (a link to {path.readlink()})" if path.is_symlink() else ""
        return f"{error.strerror}{link}"
    if stat.S_ISDIR(mode):
        return "expected a file, found a folder of that name"
    return None if stat.S_ISREG(mode) else "expected a file, found a device, pipe or socket"
