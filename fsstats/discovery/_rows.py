"""One subject as found, and the rows that it puts into the files table."""

from dataclasses import dataclass
from pathlib import Path

from fsstats.discovery.state import State
from fsstats.discovery.subjects import Subject

Record = dict[str, object]
Kind = tuple[str, str | None]
"""Source and hemisphere."""


@dataclass(frozen=True, slots=True)
class Found:
    """One subject: who, how its processing ended, and a row for each of its files."""

    subject: Subject
    state: State
    rows: tuple[Record, ...] = ()

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of file that it has."""
        pairs = ((row["source"], row["hemi"]) for row in self.rows)
        return frozenset((str(source), None if hemi is None else str(hemi)) for source, hemi in pairs if source)

    def row(self, path: Path, kind: tuple[str | None, str | None], status: str, problem: str | None) -> Record:
        """Make the row of one file, there or not."""
        return {
            "path": str(path),
            "subject": self.subject.subject,
            "session": self.subject.session,
            "stream": self.subject.stream,
            "source": kind[0],
            "hemi": kind[1],
            "tool": self.state.tool,
            "version": self.state.version,
            "status": status,
            "problem": problem,
            "directory": self.subject.directory,
            "state": self.state.state,
            "n_values": 0,
        }
