"""One file of the files table, read: its values, and its row as it stands afterwards."""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

import pandas as pd

from fsstats.discovery import GROUP_TABLE
from fsstats.discovery.footprint import Mark
from fsstats.discovery.subjects import Subject, name_all
from fsstats.errors import StatsFormatError
from fsstats.io._marks import mark_at, mark_in
from fsstats.io.grouptables import blocks_of, doubts
from fsstats.parsers import (
    StatsFile,
    chosen,
    contradiction,
    definitions,
    layout_of,
    parse_stats,
    shape_of,
    summarise,
    values_of,
)
from fsstats.parsers.grouptables import GroupTable, parse_group_table
from fsstats.parsers.images import join_pair
from fsstats.places import Place, read_bytes, read_local
from fsstats.schema import same_release, source_of
from fsstats.tables.assemble import Block

Record = Mapping[Hashable, object]
People = Mapping[str, tuple[str, str | None, str]]
"""Subject, session and stream by the name of the folder."""
_UNFORESEEN = "expected a stats file, found what cannot be read ({})"
_PAIR = re.compile(r"\.hdr(?P<gz>\.gz)?(?=::|$)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one row of the files table."""

    record: Record
    block: Block | None = None
    group: tuple[Block, ...] = ()
    """The values of each subject, if the file is a table of many."""
    digest: bytes | None = None
    open_ended: bool = False
    """Whether neither the header nor the atlas says how many rows are due."""

    def refused(self, status: str, problem: str) -> "Reading":
        """Give the same row without values, and say why."""
        return replace(
            self, record={**self.record, "status": status, "problem": problem, "n_values": 0}, block=None, group=()
        )

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The values, subject by subject."""
        return (self.block,) if self.block is not None else self.group

    def noted(self, problem: str, status: str | None = None) -> "Reading":
        """Give the same row with one more remark."""
        text = "; ".join(filter(None, [text_of(self.record["problem"]), problem]))
        return replace(self, record={**self.record, "problem": text, "status": status or self.record["status"]})


def text_of(value: object) -> str | None:
    """Give a cell's text; None for a missing one."""
    return None if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def content_of(path: str) -> bytes:
    """Read a file wherever it lies; an image in two files (.hdr and .img) becomes one."""
    data = read_bytes(path)
    pair = _PAIR.search(path)
    if pair is None:
        return data
    image = f"{path[: pair.start()]}.img{pair['gz'] or ''}{path[pair.end() :]}"
    return join_pair(data, read_bytes(image))


def opened(path: str) -> tuple[bytes, Mark | None]:
    """Read a file wherever it lies, and tell when it was changed last; of an image in two files that is not told."""
    if "://" not in path and ".hdr" not in path:
        data, state = read_local(path)
        return data, mark_in(state)
    mark = None if _PAIR.search(path) else mark_at(path)  # first: if it is changed now, the mark is the older one
    return content_of(path), mark


def unopened(record: Record, error: Exception) -> Reading:
    """Give the row of a file that could not be opened."""
    if isinstance(error, OSError):
        return Reading(record).refused("unreadable", text_of(record["problem"]) or error.strerror or str(error))
    if isinstance(error, StatsFormatError):
        return Reading(record).refused(error.status, error.problem)
    return Reading(record).refused("unreadable", _UNFORESEEN.format(error))


def parse_file(
    record: Record, data: bytes, measures: frozenset[str] | None = None, people: People | None = None
) -> tuple[Reading, StatsFile | None]:
    """Parse the content of the file of one row; give also the parsed file, if all of it is used."""
    path = str(record["path"])
    try:
        if record["source"] == GROUP_TABLE:
            return _read_group(record, parse_group_table(data, path), measures, people or {}), None
        stats = parse_stats(data, where=path, strict=False)
    except StatsFormatError as error:
        return Reading(record).refused(error.status, error.problem), None
    except Exception as error:  # noqa: BLE001 - what no rule foresaw: one file may not cost the others
        return Reading(record).refused("unreadable", _UNFORESEEN.format(error)), None
    denied = contradiction(stats)
    if denied is not None:
        refused = Reading(record).refused("conflict", f"{denied}. It is not used")
        return replace(refused, digest=digest_of(data)), None
    reading = Reading(
        record=_outcome(record, stats, measures),
        block=_block(record, stats, measures),
        digest=digest_of(data),
        open_ended=is_open_ended(stats),
    )
    return reading, stats


def _read_group(record: Record, table: GroupTable, measures: frozenset[str] | None, people: People) -> Reading:
    outcome = {**record, "status": "ok" if table.is_whole else "partial", "problem": doubts(table) or None}

    def named(paths: Iterable[Place]) -> list[Subject]:
        alone = name_all(paths)
        return [Subject(one.path, *people.get(one.path.name, (one.subject, one.session, one.stream))) for one in alone]

    return Reading(outcome, group=tuple(blocks_of(table, named, measures=measures)))


def digest_of(data: bytes) -> bytes:
    """Give a check sum that only the same bytes have."""
    return blake2b(data, digest_size=16).digest()


def is_open_ended(stats: StatsFile) -> bool:
    """Say whether neither the header nor the atlas says how many rows are due."""
    known = source_of(stats.source)
    counted = known is not None and (known.complete or bool(known.measures))
    return "NRows" not in stats.header and not counted


def _outcome(record: Record, stats: StatsFile, measures: frozenset[str] | None) -> Record:
    tool, version = written_by(stats, text_of(record["tool"]), text_of(record["version"]))
    return {
        **record,
        "status": "ok" if stats.is_whole else "partial",
        "problem": summarise(list(stats.remarks)) or None,
        "tool": tool,
        "version": version,
        "subject_in_file": stats.subject,
        "definitions": definitions_of(stats, measures),
    }


def definitions_of(stats: StatsFile, measures: frozenset[str] | None) -> str | None:
    """Say what the measures of a file mean whose meaning changed, as in the files table."""
    meanings = definitions(stats).items()
    return " ".join(f"{name}={text}" for name, text in meanings if measures is None or name in measures) or None


def written_by(stats: StatsFile, tool: str | None, version: str | None) -> tuple[str | None, str | None]:
    """Tell tool and version: the file's own word, or the subject's where that is the same and more exact."""
    if stats.tool is None:
        return tool, version
    if stats.tool == tool and version and same_release(stats.version, version):
        return tool, version
    return stats.tool, stats.version


def _block(record: Record, stats: StatsFile, measures: frozenset[str] | None) -> Block:
    layout = layout_of(shape_of(stats))
    return Block(
        subject=str(record["subject"]),
        session=text_of(record["session"]),
        stream=str(record["stream"]),
        source=str(record["source"]),
        layout=layout,
        values=values_of(stats),
        chosen=None if measures is None else chosen(layout, measures),
    )
