"""FSL's reports of brain volume: SIENAX, SIENA, and what ``fsl_anat`` sums up.

They are written by shell scripts, which note every step and go on where one failed: so a report may stop anywhere,
and a number may be missing behind its name. The scripts are part of FSL: https://fsl.fmrib.ox.ac.uk/fsl.
"""

import re
from collections.abc import Mapping, Sequence
from math import inf, isfinite, nan
from typing import Final

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import check_sum, measure, of_kind, total
from fsstats.parsers._header import MeasureLine, Remark, to_number
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile

_VERSION: Final = re.compile(r"atrophy measurement: (sienax?) version (\S+)")
_STEP: Final = re.compile(r"-{4,} +(\S.*?) +-{4,}$")
_HEADING: Final = re.compile(r"(tissue)?\s*volume\s+unnormalised-volume$")
_TISSUE: Final = re.compile(r"(pgrey|vcsf|GREY|WHITE|BRAIN)\b(.*?)(?:\([A-Za-z ]+\))?$")
_ROWS: Final = ("GREY", "WHITE", "vcsf")
_MEASURES: Final = {"BRAIN": "brain_volume", "pgrey": "peripheral_GM_volume"}
"""A sum of rows and a part of one: no rows, so that nobody adds them to grey and white matter."""
_CUT: Final = 0.01
"""The scripts' calculator cuts volumes behind the second decimal."""
_EXACT: Final = 1e-9
_ANAT: Final = {
    "Scaling factor from": ("VSCALING", "unitless"),
    "Brain volume in mm^3 (native/original space)": ("brain_volume", "mm^3"),
    "Brain volume in mm^3 (normalised to MNI)": ("brain_volume_normalised", "mm^3"),
}
_DOUBT: Final = "Probably failed consistency check"

Volumes = dict[str, tuple[float, float]]
"""Tissue to its volume in the image, and scaled to standard space."""


def parse_sienax(data: bytes, where: str) -> StatsFile:
    """Read ``report.sienax``, or the volumes in the ``report.html`` beside it.

    Grey and white matter are rows, and with ``-r`` the ventricles; the brain, which is the sum of the two, and
    peripheral grey matter, which is part of grey matter, are Measures.
    """
    lines, remarks = _lines(data, where)
    begin = next((i for i, (_, line) in enumerate(lines) if _HEADING.match(line)), len(lines))
    volumes = _read_volumes(lines[begin:], remarks)
    if not volumes:
        raise _stopped(where, lines, "the volumes of grey matter, white matter and brain")
    scaling = _read_scaling(lines[:begin], remarks)
    two_classes = not lines[begin][1].startswith("tissue") and not {"GREY", "WHITE"} & set(volumes)
    remarks += _check_tissues(volumes, two_classes=two_classes)
    if scaling is None:
        volumes = {tissue: (raw, nan) for tissue, (raw, _) in volumes.items()}
    else:
        _check_scaling(volumes, scaling, remarks)
    rows = [tissue for tissue in _ROWS if tissue in volumes]
    return of_kind(
        "sienax",
        where,
        names=rows,
        columns={"Volume_mm3": "", "VolumeNormalised_mm3": ""},
        numbers=[volumes[tissue] for tissue in rows],
        measures=_measures(volumes, scaling, remarks),
        header=_about(lines),
        remarks=remarks,
    )


def _lines(data: bytes, where: str) -> tuple[list[Line], list[Remark]]:
    """Give the lines that are not empty, without blanks around them."""
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    return [(number, line.strip()) for number, line in lines], [*remarks, *unfinished]


def _about(lines: Sequence[Line]) -> dict[str, str]:
    found = next(filter(None, (_VERSION.search(line) for _, line in lines)), None)
    return {"generating_program": found[1], f"{found[1]}_version": found[2]} if found else {}


def _stopped(where: str, lines: Sequence[Line], due: str) -> StatsFormatError:
    """Say after which of its steps a run ended without its result."""
    steps = [step[1] for step in (_STEP.match(line) for _, line in lines) if step]
    found = f"none: the report ends in the step '{steps[-1]}'" if steps else "none"
    return StatsFormatError.at(where, expected=due, found=found, hint="Did the run fail?")


def _read_volumes(lines: Sequence[Line], remarks: list[Remark]) -> Volumes:
    """Read the table, whose first column is the scaled volume; a tissue that stands twice has no volume."""
    volumes: Volumes = {}
    seen = set()
    for number, line in lines:
        found = _TISSUE.match(line)
        if not found:
            continue
        tissue, printed = found[1], found[2].split()
        if tissue in seen:
            volumes.pop(tissue, None)
            text = wording(expected=f"one line {tissue}", found="a second", hint="Neither is used")
            remarks.append(Remark(number, text))
            continue
        seen.add(tissue)
        try:
            normalised, raw = map(_volume, printed)
        except ValueError:
            text = wording(expected=f"two volumes of {tissue}", found=repr(line[:60]), hint="It is left out")
            remarks.append(Remark(number, text))
            continue
        volumes[tissue] = raw, normalised
    return volumes


def _volume(printed: str) -> float:
    value = to_number(printed)
    if not 0 <= value < inf:
        raise ValueError(printed)
    return value


def _read_scaling(lines: Sequence[Line], remarks: list[Remark]) -> float | None:
    """Read the scaling factor: NaN where the web page does not tell it, None where it is lost.

    Without a number the script goes on, and prints the volumes of the image as those of standard space.
    """
    printed = [(number, line.split()[1:]) for number, line in lines if line.split()[0] == "VSCALING"]
    if not printed and any("<HTML>" in line.upper() for _, line in lines):
        remarks.append(Remark(None, "the web page does not tell VSCALING; report.sienax does", loss=False))
        return nan
    if len(printed) == 1 and len(printed[0][1]) == 1:
        try:
            scaling = _volume(printed[0][1][0])
        except ValueError:
            scaling = 0
        if scaling > 0:
            return scaling
    found = "several" if len(printed) > 1 else repr(" ".join(printed[0][1])) if printed else "none"
    hint = "Did the registration fail? Volumes scaled to standard space are left out"
    remarks.append(Remark(printed[0][0] if printed else None, wording(expected="VSCALING", found=found, hint=hint)))
    return None


def _check_tissues(volumes: Volumes, *, two_classes: bool) -> list[Remark]:
    """Name what a run of this kind prints and this report lacks, and say where the sum is not that of the parts."""
    regional = ("pgrey", "vcsf") if {"pgrey", "vcsf"} & set(volumes) else ()
    due = ("BRAIN",) if two_classes else (*regional, "GREY", "WHITE", "BRAIN")
    lost = [tissue for tissue in due if tissue not in volumes]
    if lost:
        return [Remark(None, wording(expected=", ".join(due), found=f"no {', '.join(lost)}"))]
    if two_classes:
        text = "a segmentation of two classes (sienax -2): the volume of the brain and no tissues"
        return [Remark(None, text, loss=False)]
    grey, white, brain = (volumes[tissue] for tissue in ("GREY", "WHITE", "BRAIN"))
    sums = zip(brain, zip(grey, white, strict=True), strict=True)
    checked = (check_sum("BRAIN", whole, parts, relative=_EXACT, absolute=_CUT / 2) for whole, parts in sums)
    return [remark for remarks in checked for remark in remarks]


def _check_scaling(volumes: Volumes, scaling: float, remarks: list[Remark]) -> None:
    """Leave out tissues whose two volumes are not one times the scaling factor, or (if unknown) one and the same."""
    single = {tissue: pair for tissue, pair in volumes.items() if tissue != "BRAIN" or "GREY" not in volumes}
    ranges = {tissue: _factors(raw, normalised) for tissue, (raw, normalised) in single.items()}
    if not isfinite(scaling):
        scaling = min((high for _, high in ranges.values()), default=nan)
    for tissue, (low, high) in ranges.items():
        if not low * (1 - _EXACT) <= scaling <= high * (1 + _EXACT):
            raw, normalised = volumes.pop(tissue)
            hint = "The two are left out"
            text = wording(
                expected=f"{scaling:.10g} times {raw:.2f} for {tissue}", found=f"{normalised:.2f}", hint=hint
            )
            remarks.append(Remark(None, text))


def _factors(raw: float, normalised: float) -> tuple[float, float]:
    """Give the least and the greatest factor between two volumes that were cut after it was applied."""
    return normalised / (raw + _CUT), (normalised + _CUT) / raw if raw else inf


def _measures(volumes: Volumes, scaling: float | None, remarks: list[Remark]) -> list[MeasureLine]:
    measures = [measure("VSCALING", scaling, "unitless")] if scaling is not None and isfinite(scaling) else []
    for tissue, field in _MEASURES.items():
        if tissue in volumes:
            raw, normalised = volumes[tissue]
            measures.append(total(field, raw, remarks, key=tissue))
            measures.append(total(f"{field}_normalised", normalised, remarks, key=tissue))
    return measures


def parse_siena(data: bytes, where: str) -> StatsFile:
    """Read ``report.siena``: the brain volume change in per cent, and that of each direction."""
    lines, remarks = _lines(data, where)
    finals = [(number, line) for number, line in lines if line.startswith("finalPBVC")]
    if not finals:
        raise _stopped(where, lines, "the line finalPBVC")
    if len(finals) > 1:
        raise StatsFormatError.at(where, expected="one line finalPBVC", found=f"{len(finals)}")
    printed = {"PBVC": finals[0], **_directions(lines, remarks)}
    values = {field: _percent(field, *line, remarks) for field, line in printed.items()}
    remarks += _check_directions(values)
    remarks += [Remark(number, f"SIENA warns: {line}", loss=False) for number, line in lines if _DOUBT in line]
    return of_kind(
        "siena",
        where,
        measures=[
            measure(field, value, "percent", key=printed[field][1].split()[0]) for field, value in values.items()
        ],
        header=_about(lines),
        remarks=remarks,
    )


def _directions(lines: Sequence[Line], remarks: list[Remark]) -> dict[str, Line]:
    """Find the two lines that finalPBVC is made of: the script compares the second scan with the first one first."""
    found = [(number, line) for number, line in lines if re.match(r"PBVC\b", line)]
    if len(found) == 2:
        return {"PBVC_forward": found[1], "PBVC_backward": found[0]}
    text = wording(expected="two lines PBVC, one a direction", found=str(len(found)), hint="They are left out")
    remarks.append(Remark(found[0][0] if found else None, text, loss=bool(found)))
    return {}


def _percent(field: str, number: int, line: str, remarks: list[Remark]) -> float:
    words = line.split()[1:]
    try:
        value = to_number(words[0]) if len(words) == 2 and words[1] == "%" else nan
    except ValueError:
        value = nan
    if isfinite(value):
        return value
    text = wording(expected=f"'number %' for {field}", found=repr(line[:60]), hint="It is taken as missing")
    remarks.append(Remark(number, text))
    return nan


def _check_directions(values: Mapping[str, float]) -> list[Remark]:
    if "PBVC_forward" not in values:
        return []
    due, final = (values["PBVC_forward"] - values["PBVC_backward"]) / 2, values["PBVC"]
    if not isfinite(due) or not isfinite(final) or abs(due - final) <= _EXACT:
        return []
    found = f"{final:.10g}"
    return [Remark(None, wording(expected=f"a finalPBVC of {due:.10g}, half the difference of the two", found=found))]


def parse_anat(data: bytes, where: str) -> StatsFile:
    """Read ``T1_vols.txt`` of ``fsl_anat``: the scaling factor, and the brain's volume before and after it."""
    lines, remarks = _lines(data, where)
    values: dict[str, float] = {}
    for number, line in lines:
        about, _, printed = line.rpartition("=")
        field = next((field for label, (field, _) in _ANAT.items() if about.startswith(label)), None)
        try:
            if field is None or field in values:
                raise ValueError(line)  # noqa: TRY301 - as a word that is no number
            values[field] = _volume(printed.strip()) or nan
        except ValueError:
            text = wording(expected="'what = number', once", found=repr(line[:80]), hint="It is left out")
            remarks.append(Remark(number, text))
    if not values:
        raise StatsFormatError.at(where, expected="the volumes of fsl_anat", found="none of its lines")
    lost = [field for field, _ in _ANAT.values() if not isfinite(values.get(field, nan))]
    if lost:
        remarks.append(Remark(None, wording(expected="three numbers", found=f"no {', '.join(lost)}")))
    else:
        due = values["VSCALING"] * values["brain_volume"]
        remarks += check_sum(
            "brain_volume_normalised", values["brain_volume_normalised"], [due], relative=1e-6, absolute=0
        )
    measures = [measure(field, values[field], unit) for field, unit in _ANAT.values() if field in values]
    return of_kind("fsl_anat", where, measures=measures, remarks=remarks)


_MARK: Final = rb"(?:\xef\xbb\xbf)?"
_TITLE: Final = (
    _MARK + rb"[-\s]*SIENA - Structural Image Evaluation[^\n]*\n[^\n]*\n[^\n]*atrophy measurement: %s version "
)
_IS_SIENAX: Final = re.compile(
    b"|".join(
        (
            _TITLE % b"sienax",
            rb"\s*<HTML>[^\n]*<H1>SIENAX Report</H1>",
            _MARK + rb"\s*(?:tissue\s+)?volume[ \t]+unnormalised-volume\s",
        )
    )
)
_IS_SIENA: Final = re.compile(_TITLE % b"siena" + rb"|" + _MARK + rb"\s*finalPBVC[ \t]")
_IS_ANAT: Final = re.compile(_MARK + rb"\s*(?:Scaling factor from [^\n]{1,500} to MNI \(|Brain volume in mm\^3 \()")

FORMATS: tuple[Format, ...] = (
    Format("sienax", lambda head, _where: _IS_SIENAX.match(head) is not None, parse_sienax),
    Format("siena", lambda head, _where: _IS_SIENA.match(head) is not None, parse_siena),
    Format("fsl_anat", lambda head, _where: _IS_ANAT.match(head) is not None, parse_anat),
)
