"""TRACULA's measures of one tract: over all of it, and along it.

Written by ``dmri_pathstats``: https://github.com/freesurfer/freesurfer, ``trc/dmri_pathstats.cxx``.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import nan
from typing import Final

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import of_kind
from fsstats.parsers._header import Remark, read_header, to_number
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.delimited import read_numbers
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import hemi_of, identify, measure_of

_COUNTS: Final = {"Count": "unitless", "Volume": "unitless"}
"""Samples of the path, and voxels: the words are too common to be declared for every kind of file."""
_LENGTHS: Final = ("Len_Min", "Len_Max", "Len_Avg", "Len_Center")
_USUAL: Final = ("AD", "RD", "MD", "FA")
_ENDS: Final = ("_Avg", "_Avg_Weight", "_Avg_Center")
_PLACE: Final = ("x", "y", "z")
_TITLE: Final = re.compile(rb"\s*#\s*Title Pathway Statistics\b")


def parse_overall(data: bytes, where: str) -> StatsFile:
    """Read ``pathstats.overall.txt``: one row, whose region is the tract."""
    header, body, remarks = _read(data, where)
    values = _read_values(body, remarks)
    tract, named = _tract(header, where)
    remarks += [*named, *_check_overall(values)]
    if 0 in (values.get("Count"), values.get("Volume")):
        absent = [key for key, value in values.items() if key not in _COUNTS and value == 0]
        values |= dict.fromkeys(absent, nan)
        if absent:
            remarks.append(Remark(None, "the tract has no voxel: what is printed as 0 is taken as missing", loss=False))
    return of_kind(
        "tracula",
        where,
        names=(tract,),
        columns={name: _COUNTS.get(name, "") for name in values},
        numbers=[list(values.values())],
        header=header,
        hemi=hemi_of(tract),
        remarks=remarks,
    )


def parse_along(data: bytes, where: str) -> StatsFile:
    """Read ``pathstats.byvoxel.txt``: one row a position; the region is the tract and the position from its start."""
    header, body, remarks = _read(data, where)
    columns, rows = body[0][1].split() if body else [], body[1:]
    if tuple(columns[: len(_PLACE)]) != _PLACE:
        raise StatsFormatError.at(where, expected=f"columns {' '.join(_PLACE)} ...", found=repr(" ".join(columns)[:60]))
    tract, named = _tract(header, where)
    numbers, names = [], []
    for position, (line, text) in enumerate(rows, start=1):
        cells = text.split()
        if len(cells) != len(columns):
            found = wording(expected=f"{len(columns)} numbers", found=str(len(cells)), hint="The row is left out")
            remarks.append(Remark(line, found))
            continue
        values = read_numbers(columns, cells, line, remarks)
        if len(values) == len(columns):
            names.append(f"{tract}.{position:03d}")
            numbers.append(list(values.values()))
    if "end" not in header.get("pathway", "").split("\n"):
        remarks.append(Remark(None, wording(expected="'# pathway end'", found="none", hint="Is the file cut short?")))
    return of_kind(
        "tracula.byvoxel",
        where,
        names=names,
        columns={name: "voxel" if name in _PLACE else _unit_along(name) for name in columns},
        numbers=numbers,
        header=header,
        hemi=hemi_of(tract),
        remarks=[*remarks, *named],
    )


def _unit_along(column: str) -> str:
    """Give the unit of what is measured at a position: that of its mean over the tract; '' where only users know."""
    known = measure_of(f"{column}_Avg")
    return known.unit if known else ""


def _read(data: bytes, where: str) -> tuple[dict[str, str], list[Line], list[Remark]]:
    """Part the comment lines from the others; what is no comment must follow the title."""
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    header = read_header(line for line in lines if line[1].lstrip().startswith("#"))
    if header.fields.get("Title") != "Pathway Statistics":
        raise StatsFormatError.at(where, expected="'# Title Pathway Statistics', once", found="none or several titles")
    body = [line for line in lines if not line[1].lstrip().startswith("#")]
    return header.fields, body, [*remarks, *unfinished, *header.remarks]


def _read_values(body: Sequence[Line], remarks: list[Remark]) -> dict[str, float]:
    values: dict[str, float] = {}
    counts = Counter(text.split()[0] for _, text in body)
    for line, text in body:
        key, *rest = text.split()
        try:
            if len(rest) != 1 or counts[key] > 1:
                raise ValueError(text)  # noqa: TRY301 - as a word that is no number
            values[key] = to_number(rest[0])
        except ValueError:
            found = wording(expected="one line 'name number'", found=repr(text.strip()[:60]), hint="It is left out")
            remarks.append(Remark(line, found))
    return values


def _tract(header: Mapping[str, str], where: str) -> tuple[str, list[Remark]]:
    """Tell the tract from the folder, which says the atlas as well, or else from the header."""
    said = identify(where)
    folder, inside = said.part if said else None, header.get("pathwayname", "")
    if not folder and not inside:
        raise StatsFormatError.at(where, expected="the tract's name in folder or header", found="none")
    if folder and inside and not f"{folder}_".startswith(f"{inside}_"):
        text = wording(expected=f"the tract {folder} (its folder)", found=f"{inside} (its header)")
        return folder, [Remark(None, text, loss=False)]
    return folder or inside, []


def _check_overall(values: Mapping[str, float]) -> list[Remark]:
    """Name what every file has and this one lacks; which images were averaged is the user's choice."""
    averaged = list(dict.fromkeys(name.split("_Avg")[0] for name in values if "_Avg" in name and name not in _LENGTHS))
    usual = _USUAL if tuple(averaged) == _USUAL[: len(averaged)] else averaged  # as far as it goes: cut short
    due = [*_COUNTS, *_LENGTHS, *(f"{name}{end}" for name in usual for end in _ENDS)]
    lost = [name for name in due if name not in values]
    if not lost:
        return []
    found = f"{len(due) - len(lost)}; without {', '.join(lost)}"
    return [Remark(None, wording(expected=f"{len(due)} values", found=found, hint="Is the file cut short?"))]


def _is_overall(head: bytes, _where: str) -> bool:
    return _TITLE.match(head) is not None and b"# pathway start" not in head


def _is_along(head: bytes, _where: str) -> bool:
    return _TITLE.match(head) is not None and b"# pathway start" in head


FORMATS: tuple[Format, ...] = (
    Format("tracula.byvoxel", _is_along, parse_along),
    Format("tracula", _is_overall, parse_overall),
)
