"""One subject as found, and the rows that it puts into the files table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from fsstats.discovery.state import State
from fsstats.discovery.subjects import Subject
from fsstats.places import Place

Record = dict[str, object]


class Kind(NamedTuple):
    """Which file of a subject: source, hemisphere, part."""

    source: str
    hemi: str | None = None
    part: str | None = None


NO_KIND: Final = Kind("")


@dataclass(frozen=True, slots=True)
class Found:
    """One subject: who, how its processing ended, and a row for each of its files."""

    subject: Subject
    state: State
    rows: tuple[Record, ...] = ()
    ways: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    """The kinds of file that it has, each with the way to it from the subject's folder."""
    in_subject: bool = True
    """Whether the files lie where every subject has them; FSL's lie where the user wanted."""

    def row(self, path: Place, kind: Kind, status: str, problem: str | None) -> Record:
        """Make the row of one file, there or not."""
        return {
            "path": str(path),
            "subject": self.subject.subject,
            "session": self.subject.session,
            "stream": self.subject.stream,
            "source": kind.source or None,
            "hemi": kind.hemi,
            "part": kind.part,
            "tool": self.state.tool,
            "version": self.state.version,
            "status": status,
            "problem": problem,
            "directory": self.subject.directory,
            "state": self.state.state,
            "n_values": 0,
        }
