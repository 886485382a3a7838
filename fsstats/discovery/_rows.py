"""One subject as found, and the rows that it puts into the files table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from fsstats.discovery.meanings import Kind
from fsstats.discovery.state import State
from fsstats.discovery.subjects import Subject

NO_KIND: Final = Kind("")


class Row(NamedTuple):
    """A row of the files table, before anything is read."""

    path: str | None = None
    subject: str | None = None
    session: str | None = None
    stream: str | None = None
    source: str | None = None
    hemi: str | None = None
    part: str | None = None
    tool: str | None = None
    version: str | None = None
    status: str | None = None
    problem: str | None = None
    directory: str | None = None
    state: str | None = None


def key_of(row: Row) -> str | tuple[str | None, ...] | None:
    """Tell rows apart: by path, and what is missing by whose it is and its kind too."""
    return row.path if row.status != "missing" else row[: Row._fields.index("tool")]


@dataclass(frozen=True, slots=True)
class Found:
    """One subject: who, how its processing ended, and a row for each of its files."""

    subject: Subject
    state: State
    rows: Sequence[Row]
    ways: Mapping[Kind, tuple[str, ...]]
    """The kinds of file that it has, each with the way to it from the subject's folder."""
    in_subject: bool = True
    """Whether the files lie where every subject has them; FSL's lie where the user wanted."""


def blank(who: Subject, state: State) -> Row:
    """Make a row that says only whose it is, and how the processing ended."""
    return Row(
        subject=who.subject,
        session=who.session,
        stream=who.stream,
        tool=state.tool,
        version=state.version,
        directory=who.directory,
        state=state.state,
    )


def filled(whose: Row, path: str, kind: Kind, status: str, problem: str | None) -> Row:
    """Make the row of one file, there or not, from a blank one."""
    _, subject, session, stream, _, _, _, tool, version, _, _, directory, state = whose
    source, hemi, part = kind
    return Row(
        path, subject, session, stream, source or None, hemi, part, tool, version, status, problem, directory, state
    )
