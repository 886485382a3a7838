"""One subject as found, and the rows that it puts into the files table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fsstats.discovery.meanings import Kind, Told
from fsstats.discovery.state import State
from fsstats.discovery.subjects import Subject


class Whose(NamedTuple):
    """Whose files they are, and how the processing ended: what all rows of one subject share."""

    subject: str | None = None
    session: str | None = None
    stream: str | None = None
    tool: str | None = None
    version: str | None = None
    directory: str | None = None
    state: str | None = None


NOBODY = Whose()


class Rows(NamedTuple):
    """Rows of the files table, before anything is read."""

    whose: Whose
    start: str
    """How their paths begin."""
    files: Sequence[Told]
    """What is told of each; the same for all subjects whose folders hold the same names."""


def keys_of(rows: Rows) -> list[str | tuple[str | None, ...]]:
    """Tell rows apart: by path, and what is missing by whose it is and its kind too."""
    start, who = rows.start, rows.whose[:3]
    return [
        start + file.name if file.status != "missing" else (start + file.name, *who, *file[1:4]) for file in rows.files
    ]


def row_of(whose: Whose, path: str, kind: Kind | None, status: str | None, problem: str | None) -> Rows:
    """Make the row of one file or folder, there or not."""
    source, hemi, part = kind or (None, None, None)
    return Rows(whose, path, (Told("", source or None, hemi, part, status, problem),))


@dataclass(frozen=True, slots=True)
class Found:
    """One subject: who, how its processing ended, and a row for each of its files."""

    subject: Subject
    state: State
    rows: Sequence[Rows]
    ways: Mapping[Kind, tuple[str, ...]]
    """The kinds of file that it has, each with the way to it from the subject's folder."""
    open_to_us: bool = True
    """Whether every folder could be looked into; of others what they have is not known."""
    in_subject: bool = True
    """Whether the files lie where every subject has them; FSL's lie where the user wanted."""


def whose_of(who: Subject, state: State) -> Whose:
    """Put together what all rows of a subject share."""
    return Whose(who.subject, who.session, who.stream, state.tool, state.version, who.directory, state.state)
