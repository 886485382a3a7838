"""PETSurfer's regional values: ``gtm.stats.dat`` and, frame by frame, ``gtm.csv``.

Written by ``mri_gtmpvc``: https://github.com/freesurfer/freesurfer, ``mri_gtmpvc/mri_gtmpvc.cpp``.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import nan
from typing import Final

from fsstats._frames import some_of
from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import measure, of_kind
from fsstats.parsers._header import MeasureLine, Remark
from fsstats.parsers._plausible import keep_plausible
from fsstats.parsers._rows import Table, read_rows
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.delimited import read_cells, read_numbers
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import NAME_COLUMN, identify, measures

_COLUMNS: Final = ("Index", "SegId", NAME_COLUMN, "NVoxels", "VRF", "Uptake", "ResidualSD")
_TISSUE: Final = 3
"""Place of the tissue class, the one word that is no column of numbers."""
_FEWEST, _MOST = 6, 8
_ROW: Final = re.compile(r"\s*\d+\s+\d+\s+\S*[A-Za-z]\S*\s+\S*[A-Za-z]\S*\s+\d+(?:\s+[-+.\w]+){1,3}\s*$")
_TIME: Final = re.compile(r"(start|end)\s*\[(.*)\]$")
_OF_FRAME: Final = ("Reference", "HiBind")
"""Columns of ``gtm.csv`` that are no structures; the unit stands behind the name."""


def parse_gtm(data: bytes, where: str) -> StatsFile:
    """Read ``gtm.stats.dat``: one structure a line, without a heading; the tissue classes are in the header."""
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    widths = Counter(len(line.split()) for _, line in lines)
    width = max((w for w in widths if _FEWEST <= w <= _MOST), key=lambda w: (widths[w], w), default=0)
    if not width:
        found = repr(lines[0][1].strip()[:60]) if lines else "less than one whole line"
        raise StatsFormatError.at(where, expected="lines of 6 to 8 words", found=found)
    fitting = [line for line in lines if _ROW.match(line[1])]
    remarks += [_misfit(line, width) for line in lines if not _ROW.match(line[1])]
    columns = _COLUMNS[: width - 1]
    table = read_rows([_without_tissue(line) for line in fitting], columns)
    table = keep_plausible(table, columns, "gtm", "mri_gtmpvc")
    numeric = [name for name in columns if name != NAME_COLUMN]
    return of_kind(
        "gtm",
        where,
        names=table.names,
        columns=dict.fromkeys(numeric, ""),
        numbers=table.numbers,
        header=_tissues(fitting),
        remarks=[*remarks, *unfinished, *table.remarks, *_check_index(table)],
    )


def _misfit(line: Line, width: int) -> Remark:
    expected = f"{width} words: number, id, name, tissue and numbers"
    return Remark(line[0], wording(expected=expected, found=repr(line[1].strip()[:60]), hint="The row is left out"))


def _without_tissue(line: Line) -> Line:
    words = line[1].split()
    return line[0], " ".join([*words[:_TISSUE], *words[_TISSUE + 1 :]])


def _tissues(lines: Sequence[Line]) -> dict[str, str]:
    """Give the tissue class of every structure, one a line."""
    words = [line.split() for _, line in lines]
    return {"TissueType": "\n".join(f"{row[_TISSUE - 1]} {row[_TISSUE]}" for row in words)} if words else {}


def _check_index(table: Table) -> list[Remark]:
    """Say where the running number leaves one out: a line is lost there."""
    due = 1
    for row, index in zip(table.rows, table.numbers[:, 0].tolist(), strict=True):
        if index != due:
            return [Remark(row.line, wording(expected=f"row {due}", found=f"row {index:g}", hint="A row may be lost"))]
        due += 1
    return []


def parse_frames(data: bytes, where: str) -> StatsFile:
    """Read ``gtm.csv`` or ``gtm.tsv``: one line a frame; the frame's number is in the measure's name."""
    separator = "\t" if b"\t" in data.split(b"\n", 1)[0] else ","
    heading, rows, remarks = read_cells(data, where, separator)
    if not rows:
        remarks.append(Remark(None, wording(expected="a line of numbers", found="only the heading")))
    regions = tuple(name for name in dict.fromkeys(heading) if _unit_of(name) is None)
    columns: dict[str, list[float]] = {}
    lines: list[MeasureLine] = []
    if odd := [str(number) for number, cells in rows if len(cells) != len(heading)]:
        found = f"more or fewer in line {some_of(odd, 3)}"
        expected = f"{len(heading)} cells, as in the heading"
        remarks.append(Remark(None, wording(expected=expected, found=found, hint="No such frame is used")))
    for place, (number, cells) in [(i, row) for i, row in enumerate(rows, start=1) if len(row[1]) == len(heading)]:
        values = read_numbers(heading, cells, number, remarks)
        columns[f"Uptake.{place}"] = [values.get(name, nan) for name in regions]
        lines += _of_frame(values, place)
    return of_kind(
        "gtm.frames",
        where,
        names=regions,
        columns=dict.fromkeys(columns, _unit_of_regions(heading)),
        numbers=[[column[i] for column in columns.values()] for i in range(len(regions))],
        measures=lines,
        remarks=remarks,
    )


def _of_frame(values: Mapping[str, float], place: int) -> list[MeasureLine]:
    """Give what a line says of the frame itself: its times, the reference region."""
    found = [(name, _unit_of(name)) for name in values]
    return [measure(f"{_plain(name)}.{place}", values[name], unit) for name, unit in found if unit is not None]


def _unit_of(column: str) -> str | None:
    """Give the unit of a column that is no structure; None for a structure.

    The times are in minutes, whatever stands in the brackets of ``end``.
    """
    if _TIME.match(column):
        return "min"
    name = next((name for name in _OF_FRAME if column.startswith(name)), None)
    return (column.removeprefix(name).strip() or measures()["uptake"].unit) if name else None


def _unit_of_regions(heading: Sequence[str]) -> str:
    """Give the unit of the structures, which the program prints as that of the frame's end; it may be empty."""
    times = [time for time in map(_TIME.match, heading) if time]
    said = next((time[2].strip() for time in times if time[1] == "end"), "")
    return said or measures()["uptake"].unit


def _plain(column: str) -> str:
    """Give the name of a column that is no structure without its unit."""
    time = _TIME.match(column)
    return f"Frame{time[1].capitalize()}" if time else next(name for name in _OF_FRAME if column.startswith(name))


def _is_gtm(head: bytes, _where: str) -> bool:
    lines = head.decode("utf-8", "replace").split("\n")
    whole = [line for line in lines[:-1] or lines if line.strip()]
    return bool(whole) and all(_ROW.match(line) for line in whole)


def _is_frames(head: bytes, where: str) -> bool:
    """Recognise structures in a heading, in a file of the program's own name: nothing else tells it from a table."""
    said = identify(where)
    first = head.split(b"\n", 1)[0]
    named = said is not None and said.source == "gtm.frames"
    return named and any(name in first for name in (b"Left-", b"Right-", b"ctx-lh-", b"ctx-rh-"))


FORMATS: tuple[Format, ...] = (Format("gtm", _is_gtm, parse_gtm), Format("gtm.frames", _is_frames, parse_frames))
