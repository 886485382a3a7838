"""One subject as found, and the rows that it puts into the files table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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

    def key(self) -> str | tuple[str | None, ...] | None:
        """Tell rows apart: by path, and what is missing by whose it is too."""
        return self.path if self.status != "missing" else self[: Row._fields.index("tool")]


@dataclass(frozen=True, slots=True)
class Found:
    """One subject: who, how its processing ended, and a row for each of its files."""

    subject: Subject
    state: State
    rows: tuple[Row, ...] = ()
    ways: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    """The kinds of file that it has, each with the way to it from the subject's folder."""
    in_subject: bool = True
    """Whether the files lie where every subject has them; FSL's lie where the user wanted."""

    def row(self, path: str, kind: Kind, status: str, problem: str | None) -> Row:
        """Make the row of one file, there or not."""
        who, state = self.subject, self.state
        return Row(
            path,
            who.subject,
            who.session,
            who.stream,
            kind.source or None,
            kind.hemi,
            kind.part,
            state.tool,
            state.version,
            status,
            problem,
            who.directory,
            state.state,
        )
