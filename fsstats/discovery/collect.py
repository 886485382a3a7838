"""From what a walk found to the records of the files table."""

import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from fsstats._frames import printable
from fsstats.discovery._rows import NO_KIND, Found, Kind, Record
from fsstats.discovery.expected import missing_files
from fsstats.discovery.naming import name_loose, own_prefix, own_words, stated_subject, telling_folder
from fsstats.discovery.state import State, state_of
from fsstats.discovery.subjects import PARTS, LeftOut, Subject, name_all
from fsstats.discovery.walk import FoundFile, recognised_table, walk
from fsstats.errors import wording
from fsstats.places import Place
from fsstats.schema import Identity, identify, source_of, sources

ON_REQUEST: Final = "read only if sources names it"
GROUP_TABLE: Final = "group table"
"""The ``source`` of a table of many subjects in the files table."""
_Who = tuple[str, str | None, str]


def collect(folders: Sequence[Place], files: Sequence[Place]) -> tuple[list[Record], list[LeftOut]]:
    """Walk folders and take single files; give a record of each file, there or due, and what was left out."""
    seen = walk(folders)
    people = name_all(seen.subjects)
    of_subjects = [_with_files(Found(one, state_of(one.path)), seen.subjects[one.path]) for one in people]
    elsewhere = _of_loose(seen.loose, {person.directory: person for person in people})
    by_folder = {person.path: person for person in people}
    found = [*of_subjects, *elsewhere]
    records = [row for one in found for row in one.rows] + missing_files(found)
    records += [_single(path, by_folder) for path in files]
    own = {str(path) for path in files}
    records += [_table(path, "skipped") for path in seen.tables if str(path) not in own]
    return list({_key(record): record for record in records}.values()), list(seen.left_out)


def _key(record: Record) -> tuple[object, ...]:
    """Tell records apart: by path, and what is missing by whose it is too."""
    whose = [record.get(name) for name in ("subject", "session", "stream", "source", "hemi", "part")]
    return record["path"], *(whose if record["status"] == "missing" else [])


def _with_files(found: Found, files: Sequence[FoundFile]) -> Found:
    """Give a subject its rows, and the ways to its files."""
    named = _with_variants(files)
    ways = {_kind(file.identity): file.way for file in named if file.identity is not None}
    return replace(found, rows=tuple(_row(found, file) for file in named), ways=ways)


def _of_loose(files: Iterable[FoundFile], known: Mapping[str, Subject]) -> list[Found]:
    """Group files that lie in no subject's folder by whose they are."""
    groups: dict[tuple[str, _Who], list[FoundFile]] = defaultdict(list)
    owners: dict[tuple[str, _Who], Subject] = {}
    shared = _shared_prefixes(files)
    for file in files:
        if file.identity is None:
            continue
        owner = name_loose(file.path, file.identity, by_prefix=own_prefix(file.identity) not in shared)
        twin = known.get(owner.subject)
        if twin is not None and twin.stream == "cross" and owner.session is None:
            owner = replace(owner, subject=twin.subject, session=twin.session)  # a time point under its base's name
        key = _tool(file.identity), (owner.subject, owner.session, owner.stream)
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
        if file.identity is not None:
            folders[own_prefix(file.identity)].add(str(telling_folder(file.path)))
    return {prefix for prefix, places in folders.items() if len(places) > 1}


def _with_variants(files: Sequence[FoundFile]) -> list[FoundFile]:
    """Tell several outputs of one program by what the user called them, where one subject has more than one."""
    prefixes: dict[Kind, set[str]] = defaultdict(set)
    for file in files:
        if file.identity is not None and file.identity.prefix:
            prefixes[_kind(file.identity)._replace(part=None)].add(file.identity.prefix)
    return [_with_variant(file, prefixes) for file in files]


def _with_variant(file: FoundFile, prefixes: Mapping[Kind, set[str]]) -> FoundFile:
    if file.identity is None or len(prefixes[_kind(file.identity)._replace(part=None)]) < 2:
        return file
    prefix, source = file.identity.prefix, file.identity.source
    names = (own_words(prefix)[1] or prefix, prefix, f"output_{prefix}")  # none may be another kind's name
    name = next(name for name in names if f"{source}.{name}" not in sources())
    return replace(file, identity=file.identity._replace(source=f"{source}.{name}"))


def _kind(identity: Identity) -> Kind:
    return Kind(identity.source, identity.hemi, identity.part)


def _tool(identity: Identity) -> str:
    known = source_of(identity.source)
    return known.tool if known else "FreeSurfer"


def _row(found: Found, file: FoundFile) -> Record:
    """Make the row of one file: whose it is, what kind, and whether it can be read at all."""
    if file.identity is None:
        return found.row(file.path, NO_KIND, "unreadable", file.problem)
    kind = _kind(file.identity)
    known = source_of(kind.source)
    stranger = stated_subject(file.path)
    if stranger is not None and stranger != found.subject.subject:
        text = wording(expected=f"a file of {found.subject.subject} (its folder)", found=f"{stranger} (its name)")
        return found.row(file.path, kind, "unreadable", f"{text}. It is not used")
    problem = file.problem or _why_unreadable(file.path)
    asked_for = known is None or not known.on_request
    status = "unreadable" if problem else "found" if asked_for else "skipped"
    row = found.row(file.path, kind, status, problem or (None if asked_for else ON_REQUEST))
    of_other = known is not None and known.tool == "FSL" != found.state.tool
    return {**row, "tool": "FSL", "version": None, "state": None} if of_other else row


def _single(path: Place, known: Mapping[Place, Subject]) -> Record:
    """Name a file that was given by itself as if the whole study had been given."""
    if recognised_table(path):
        return _table(path, "found")
    identity = identify(str(path)) or Identity(Path(path.name).stem)
    inside = path.parent.name in PARTS
    if inside or _tool(identity) == "FreeSurfer":
        folder = path.parent.parent if inside else path.parent
        (person,) = [known[folder]] if folder in known else name_all([folder])
        found = Found(person, state_of(folder))
    else:
        found = Found(name_loose(path, identity), State(_tool(identity), None, None))
    row = _row(found, FoundFile(path, identity))
    return {**row, "status": "found", "problem": None} if row["problem"] == ON_REQUEST else row


def _table(path: Place, status: str) -> Record:
    """Make the row of a table of many subjects; one that was met on the way would repeat the subjects' own files."""
    problem = "a table of many subjects; name it itself to read it" if status == "skipped" else None
    return {"path": str(path), "source": GROUP_TABLE, "status": status, "problem": problem, "n_values": 0}


def _why_unreadable(path: Place) -> str | None:
    if printable(str(path)) != str(path):
        return "its path is not UTF-8, or has control characters (shown as codes); rename it"
    return _why_not_a_file(path) if isinstance(path, Path) else None


def _why_not_a_file(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        link = f" (a link to {path.readlink()})" if path.is_symlink() else ""
        return f"{error.strerror}{link}"
    if stat.S_ISDIR(mode):
        return "expected a file, found a folder of that name"
    return None if stat.S_ISREG(mode) else "expected a file, found a device, pipe or socket"
