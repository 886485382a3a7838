"""One subject's volumes as a line of comma-separated cells: SynthSeg, WMH-SynthSeg, the hypothalamus.

The programs write one line an image, so a file of several lines is a group table and refused here.
What the formats are: SynthSeg, https://github.com/BBillot/SynthSeg ``SynthSeg/predict_synthseg.py``;
``mri_WMHsynthseg`` and ``mri_segment_hypothalamic_subunits`` in https://github.com/freesurfer/freesurfer.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import check_sum, of_kind, total
from fsstats.parsers._header import Remark, to_number
from fsstats.parsers._text import decode, numbered_lines
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import (
    Region,
    identify,
    kind_of,
    printed_regions,
    regions,
)

Row = tuple[int, tuple[str, ...]]
"""Line number from 1, and the cells of the line."""
_VOLUME: Final = {"Volume_mm3": ""}
_IMAGE: Final = re.compile(r"\.(?:mg[hz]|nii|nii\.gz|img|hdr)$", re.IGNORECASE)
_WITH_ID: Final = re.compile(r"(?P<name>.+)\((?P<segid>\d{1,6})\)$")
_WMH_TOTAL: Final = "Intracranial-volume"
_SINGLE: Final = 1e-5
"""How far sums of 32-bit floats may be off, relatively."""
_PRINTED: Final = 0.0006
"""How far a number of three decimals may be off."""


class Subject(NamedTuple):
    """The one line of numbers of a file."""

    name: str
    """The first cell: a subject, or the name of an image."""
    values: dict[str, float]
    """Column to number, in the order of the file."""
    remarks: list[Remark]


def read_cells(data: bytes, where: str, separator: str = ",") -> tuple[tuple[str, ...], list[Row], list[Remark]]:
    """Split a delimited text into its heading and numbered rows; what may be cut is left out and named."""
    text, remarks = decode(data.replace(b"\r\n", b"\n"), where)  # Python's csv module ends lines with CR LF
    lines, unfinished = numbered_lines(text)
    cells = [(n, tuple(cell.strip() for cell in line.split(separator))) for n, line in lines]
    if not cells:
        raise StatsFormatError.at(where, expected="a heading and numbers", found="less than one whole line")
    return cells[0][1], cells[1:], [*remarks, *unfinished]


def read_subject(data: bytes, where: str) -> Subject:
    """Read the line of a file that holds one subject; a file of several is a group table."""
    heading, rows, remarks = read_cells(data, where)
    if len(rows) > 1:
        found = f"a group table of {len(rows)} subjects"
        hint = "It is read as a group table"
        raise StatsFormatError.at(where, expected="one subject's line", found=found, hint=hint, status="skipped")
    if not rows:
        remarks.append(Remark(None, wording(expected="a line of numbers", found="only the heading")))
        return Subject("", {}, remarks)
    line, cells = rows[0]
    if len(cells) != len(heading):
        text = wording(expected=f"{len(heading)} cells, as in the heading", found=str(len(cells)))
        remarks.append(Remark(line, f"{text}. The line is left out"))
        return Subject("", {}, remarks)
    return Subject(cells[0], read_numbers(heading[1:], cells[1:], line, remarks), remarks)


def read_numbers(names: Sequence[str], cells: Sequence[str], line: int, remarks: list[Remark]) -> dict[str, float]:
    """Turn the cells of a line into numbers by name; a cell that is none, and a name that stands twice, is left out."""
    repeated = {name for name, n in Counter(names).items() if n > 1}
    for name in sorted(repeated):
        text = wording(expected=f"one column {name!r}", found="several", hint="None of them is used")
        remarks.append(Remark(1, text))
    values: dict[str, float] = {}
    for name, cell in zip(names, cells, strict=True):
        if name in repeated:
            continue
        try:
            values[name] = to_number(cell)
        except ValueError:
            text = wording(expected=f"a number for {name}", found=repr(cell), hint="It is left out")
            remarks.append(Remark(line, text))
    return values


def _named(atlas: str) -> Mapping[str, Region]:
    """Give the structures of an atlas by every name that they have."""
    return {name: region for region in regions() if region.atlas == atlas for name in (region.name, *region.aliases)}


def _about(subject: Subject) -> dict[str, str]:
    """Give the header: the subject's name, unless the cell is the name of an image that is the same for everybody."""
    if not subject.name:
        return {}
    return {"image" if _IMAGE.search(subject.name) else "subjectname": subject.name}


def _rows_with_ids(values: Mapping[str, float], segids: Mapping[str, int | None]) -> dict[str, Any]:
    """Give names, columns and numbers of volumes, with their ids if all of them are known."""
    ids = [segids.get(name) for name in values]
    if None in ids:
        return {"names": tuple(values), "columns": _VOLUME, "numbers": [[value] for value in values.values()]}
    numbers = [[segid, value] for segid, value in zip(ids, values.values(), strict=True)]
    return {"names": tuple(values), "columns": {"SegId": "", **_VOLUME}, "numbers": numbers}


def parse_synthseg(data: bytes, where: str) -> StatsFile:
    """Read the volumes of ``mri_synthseg --vol``, with or without ``--parc``."""
    subject = read_subject(data, where)
    atlas, remarks = _named("synthseg"), list(subject.remarks)
    values = {name: value for name, value in subject.values.items() if name != "total intracranial"}
    parcels = {name: value for name, value in values.items() if name.startswith("ctx-")}
    segments = {name: value for name, value in values.items() if name not in parcels}
    measures = []
    if "total intracranial" in subject.values:
        whole = subject.values["total intracranial"]
        remarks += check_sum("total intracranial", whole, segments.values(), relative=_SINGLE, absolute=0.02)
        measures = [total("sTIV", whole, remarks, key="total intracranial")]
    elif values:
        text = "without 'total intracranial', so that no sum says whether every structure is there"
        remarks.append(Remark(None, text, loss=False))
    cortex = [name for name in segments if parcels and name.endswith("cerebral cortex")]
    measures += [total(atlas[name].name, segments[name], remarks, key=name) for name in cortex if name in atlas]
    remarks += _check_parcels(parcels, [segments[name] for name in cortex])
    rows = {name: value for name, value in values.items() if name not in cortex}
    ids = {name: atlas[name].segid for name in rows if name in atlas}
    parts = _rows_with_ids(rows, ids)
    return of_kind("synthseg", where, **parts, measures=measures, header=_about(subject), remarks=remarks)


def _check_parcels(parcels: Mapping[str, float], cortex: Sequence[float]) -> list[Remark]:
    """Say which parcels are lost, and that they do not make up the cortex where that is so.

    SynthSeg scales them to a volume that is the cortex's in version 1 only: in version 2 it takes the
    columns one further to the left, which is the white matter. They are left as printed.
    """
    if not parcels:
        return []
    due = [r.name for r in regions() if r.atlas == "synthseg" and r.name.startswith("ctx-")]
    lost = [name for name in due if name not in parcels]
    remarks = []
    if lost:
        found = f"{len(due) - len(lost)}; without {', '.join(lost)}"
        remarks.append(Remark(None, wording(expected=f"{len(due)} parcels", found=found)))
    off = check_sum("the cerebral cortex", sum(cortex), parcels.values(), relative=1e-3, absolute=0.05)
    if off and not lost:
        text = f"the parcels add up to {sum(parcels.values()):.10g}, the cerebral cortex to {sum(cortex):.10g}"
        remarks.append(Remark(None, f"{text}: SynthSeg scaled them so; compare them with each other only", loss=False))
    return remarks


def parse_scores(data: bytes, where: str) -> StatsFile:
    """Read the quality scores of ``mri_synthseg --qc``: 0 (bad) to 1 for eight groups of structures."""
    subject = read_subject(data, where)
    strange = {name: value for name, value in subject.values.items() if not 0 <= value <= 1}
    remarks = [
        Remark(2, wording(expected=f"0 to 1 for {name}", found=f"{value:g}", hint="It is left out"))
        for name, value in strange.items()
    ]
    values = {name: value for name, value in subject.values.items() if name not in strange}
    due = printed_regions("synthseg.qc")
    lost = [name for name in due if name not in subject.values]
    if lost and subject.values:
        remarks.append(Remark(None, wording(expected=f"{len(due)} scores", found=f"no {', '.join(lost)}")))
    return of_kind(
        "synthseg.qc",
        where,
        names=tuple(values),
        columns={"qc_score": ""},
        numbers=[[value] for value in values.values()],
        header=_about(subject),
        remarks=[*subject.remarks, *remarks],
    )


def parse_tiv(data: bytes, where: str) -> StatsFile:
    """Read the one number of ``synthseg.tiv.dat``; a blank or a line's end behind it says that it is whole."""
    text, remarks = decode(data, where)
    words = text.split()
    if len(words) != 1:
        raise StatsFormatError.at(where, expected="one number", found=f"{len(words)} words")
    try:
        value = to_number(words[0])
    except ValueError as error:
        raise StatsFormatError.at(where, expected="one number", found=repr(words[0][:40])) from error
    if not text[-1].isspace():
        text = wording(expected="a blank behind the number", found=f"{words[0]!r}, which may be cut")
        return of_kind("synthseg.tiv", where, remarks=[*remarks, Remark(1, text)])
    return of_kind("synthseg.tiv", where, measures=[total("sTIV", value, remarks)], remarks=remarks)


def parse_wmh(data: bytes, where: str) -> StatsFile:
    """Read the volumes of ``mri_WMHsynthseg --csv_vols``, whose columns carry ids: ``left-thalamus(10)``."""
    subject = read_subject(data, where)
    remarks, volumes, ids, measures = list(subject.remarks), {}, {}, []
    for name, value in subject.values.items():
        if found := _WITH_ID.match(name):
            volumes[found["name"]], ids[found["name"]] = value, int(found["segid"])
        elif name != _WMH_TOTAL:
            hint = "Where the heading is damaged, the columns may be others: none of them is used"
            remarks.append(Remark(1, wording(expected="a column as 'name(id)'", found=repr(name), hint=hint)))
            return of_kind("wmhsynthseg", where, remarks=remarks)
    if _WMH_TOTAL in subject.values:
        whole = subject.values[_WMH_TOTAL]
        remarks += check_sum(_WMH_TOTAL, whole, volumes.values(), relative=_SINGLE, absolute=0.02)
        measures = [total(_WMH_TOTAL, whole, remarks)]
    header = {"segmentation": subject.name} if subject.name else {}
    parts = _rows_with_ids(volumes, ids)
    return of_kind("wmhsynthseg", where, **parts, measures=measures, header=header, remarks=remarks)


def parse_hypothalamus(data: bytes, where: str) -> StatsFile:
    """Read the hypothalamic subunits; names are spelt as in the ``.stats`` file of the same program."""
    subject = read_subject(data, where)
    remarks, values = list(subject.remarks), {_as_in_stats(n): v for n, v in subject.values.items()}
    wholes = {name: value for name, value in values.items() if name.startswith("Whole-")}
    units = {name: value for name, value in values.items() if name not in wholes}
    for side in ("Left", "Right") if values else ():
        parts = [value for name, value in units.items() if name.startswith(f"{side}-")]
        if f"Whole-{side}" in wholes and len(parts) == 5:
            remarks += check_sum(f"Whole-{side}", wholes[f"Whole-{side}"], parts, relative=0, absolute=6 * _PRINTED)
        else:
            found = f"{len(parts)} subunits and {'a' if f'Whole-{side}' in wholes else 'no'} whole"
            remarks.append(Remark(None, wording(expected=f"five subunits of the {side} and their whole", found=found)))
    return of_kind(
        "hypothalamus.csv",
        where,
        source="hypothalamus.v1",
        **_rows_with_ids(units, {name: region.segid for name, region in _named("hypothalamus").items()}),
        measures=[total(name, value, remarks) for name, value in wholes.items()],
        header=_about(subject),
        remarks=remarks,
    )


def _as_in_stats(name: str) -> str:
    return "-".join(word.capitalize() for word in re.split(r"[ -]+", name))


def refuse_callosum(_data: bytes, where: str) -> StatsFile:
    """Say that the JSON of FastSurfer's corpus callosum module is known and not read."""
    found = "the JSON of FastSurfer's corpus callosum module"
    hint = "Its contents are not described well enough to be read"
    raise StatsFormatError.at(where, expected="a table", found=found, hint=hint, status="skipped")


def _heading(pattern: bytes) -> Callable[[bytes, str], bool]:
    """Recognise a file by how its first line begins."""
    compiled = re.compile(rb"(?:\xef\xbb\xbf)?" + pattern)
    return lambda head, _where: compiled.match(head) is not None


def _is_tiv(head: bytes, where: str) -> bool:
    """Recognise a lone number by the name of the file only: every program writes lone numbers."""
    known = kind_of(where)
    return known is not None and known.format == "synthseg.tiv" and re.fullmatch(rb"\s*[-+.\w]+\s*", head) is not None


def _is_callosum(head: bytes, where: str) -> bool:
    said = identify(where)
    return said is not None and said.source.startswith("callosum.CC.") and head.lstrip().startswith((b"{", b"["))


FORMATS: tuple[Format, ...] = (
    Format(
        "synthseg",
        _heading(rb"(?:subject)?,(?:total intracranial|(?:left|right) cerebral white matter),"),
        parse_synthseg,
    ),
    Format("synthseg.qc", _heading(rb"(?:subject)?,general white matter,"), parse_scores),
    Format("synthseg.tiv", _is_tiv, parse_tiv),
    Format("wmhsynthseg", _heading(rb"Input-file,Intracranial-volume,"), parse_wmh),
    Format("hypothalamus.csv", _heading(rb"(?:subject)?,left anterior-inferior,"), parse_hypothalamus),
    Format("callosum", _is_callosum, refuse_callosum),
)
