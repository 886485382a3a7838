"""Voxels and volumes of structures counted with ``fslstats``: text that a lab's script made of it, and JSON.

``fslstats -V`` prints two numbers and no name, so whoever counts several structures writes the names down beside them.
The text says little of itself: it is taken for such a list only if it names a structure that is known. The JSON,
``{structure: [voxels, mm^3]}``, is that of https://github.com/ReproNim/simple_workflow and
https://github.com/ReproNim/fsl_seg_to_nidm.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from statistics import median_low
from typing import Any, Final, NamedTuple

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import measure, of_kind
from fsstats.parsers._header import MeasureLine, Remark, is_number, to_number
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.formats import HEAD, Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import Region, hemi_of, printed_regions, regions

_NAME: Final = "StructName"
_VOXELS: Final = "NVoxels"
_MM3: Final = "Volume_mm3"
_WORDS: Final = {
    **dict.fromkeys(("structure", "struct", "structname", "region", "label", "name", "roi"), _NAME),
    **dict.fromkeys(("voxels", "nvoxels", "nvox", "numvoxels", "voxelcount", "voxel"), _VOXELS),
    **dict.fromkeys(("volume", "vol", "mm3", "volumemm3", "volmm3"), _MM3),
}
"""Words in headings, in small letters and without what is no letter or digit."""
_OVERLAPPING: Final = {
    **dict.fromkeys(("gray", "grey", "gm"), "GM"),
    **dict.fromkeys(("white", "wm"), "WM"),
    "csf": "CSF",
    "brain": "brain",
    "background": "Background",
}
"""Tissues, in which the structures lie, and what is outside of them: Measures, so that nobody adds them up."""
_ONE: Final = re.compile(r"\s*(\d{1,15}) (\d{1,15}\.\d{6}) \s*")
_UNNAMED: Final = re.compile(r"(?:\d{1,15} \d{1,15}\.\d{6} ?\n){2,}")
_BINARIZE: Final = re.compile(r"\s*\d{1,15} \d{1,15}\.\d{6} \d{1,15} \d{1,15}\.\d{6}\s*")
_SINGLE: Final = 1e-6
"""How far products of 32-bit floats may be off, relatively."""


class Count(NamedTuple):
    """What is known of one structure."""

    line: int | None
    name: str
    voxels: float
    volume: float
    """In mm^3."""
    rounding: float = 0.0
    """By how much the volume may have been rounded."""


class _Layout(NamedTuple):
    """How a list is laid out."""

    separator: str | None
    """None for blanks and tabs, as many as there are."""
    columns: tuple[str, ...]
    has_heading: bool


def parse_fslstats(data: bytes, where: str) -> StatsFile:
    """Read a list of names, voxels and mm^3 in any order of name and numbers, or what one ``fslstats -V`` printed.

    One output without a name is of an unknown part of the image: its Measures are ``n_voxels`` and ``volume``.
    """
    text, remarks = decode(data, where)
    if alone := _ONE.fullmatch(text):
        counts = _plausible([Count(1, "the output", float(alone[1]), float(alone[2]), 5e-7)], remarks)
        measures = [line for count in counts for line in _pair("", count)]
        return of_kind("fslstats", where, measures=measures, remarks=remarks)
    _refuse_unnamed(text, where)
    lines, unfinished = numbered_lines(text)
    layout = _layout(lines[0][1]) if lines else None
    if layout is None:
        hint = "Each line needs the name of the structure"
        raise StatsFormatError.at(where, expected="lines of name, voxels and mm^3", found="something else", hint=hint)
    remarks += unfinished
    found = [_read_line(line, layout, remarks) for line in lines[layout.has_heading :]]
    counts = [count for count in found if count]
    return _of_counts("fslstats", where, counts, [*remarks, *_check_structures(counts)])


def _refuse_unnamed(text: str, where: str) -> None:
    """Refuse numbers without names, and say whose they are."""
    if _BINARIZE.fullmatch(text):
        found = "four numbers, as mri_binarize --count writes them: hits, their volume, voxels, per cent of them"
    elif _UNNAMED.match(text):
        found = "several outputs of fslstats without names"
    else:
        return
    hint = "Names are needed: which structure each line is, the file does not say"
    raise StatsFormatError.at(
        where, expected="lines of name, voxels and mm^3", found=found, hint=hint, status="skipped"
    )


def _layout(first: str) -> _Layout | None:
    """Tell how a list is laid out from its heading or, without one, from where its first line has numbers."""
    for separator in (";", ",", "\t", None):
        columns = tuple(_WORDS.get(re.sub(r"[^a-z0-9]", "", cell.lower()), "") for cell in _cells(first, separator))
        if sorted(columns) == sorted((_NAME, _VOXELS, _MM3)):
            return _Layout(separator, columns, has_heading=True)
    for separator in (";", ",", None):
        numeric = [is_number(cell) for cell in _cells(first, separator)]
        if len(numeric) == 3 or (len(numeric) > 3 and separator is None):
            if numeric[:2] == [True, True] and not numeric[-1]:
                return _Layout(separator, (_VOXELS, _MM3, _NAME), has_heading=False)
            if numeric[-2:] == [True, True] and not numeric[0]:
                return _Layout(separator, (_NAME, _VOXELS, _MM3), has_heading=False)
    return None


def _cells(line: str, separator: str | None) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.strip().split(separator)]


def _read_line(line: Line, layout: _Layout, remarks: list[Remark]) -> Count | None:
    """Read one structure; a name may have blanks in it."""
    number, text = line
    cells = _cells(text, layout.separator)
    more = len(cells) - len(layout.columns)
    if layout.separator is None and more > 0:
        at = layout.columns.index(_NAME)
        cells[at : at + more + 1] = [" ".join(cells[at : at + more + 1])]
    if len(cells) == len(layout.columns):
        named = dict(zip(layout.columns, cells, strict=True))
        count = _read_count(number, named[_NAME].removesuffix(":").strip(), named[_VOXELS], named[_MM3])
        if count:
            return count
    found = wording(expected="a name, whole voxels and mm^3", found=repr(text.strip()[:80]), hint="It is left out")
    remarks.append(Remark(number, found))
    return None


def _read_count(number: int, name: str, voxels: str, volume: str) -> Count | None:
    words = name.split()
    try:
        count = Count(number, name, to_number(voxels), to_number(volume), _rounding(volume))
    except ValueError:
        return None
    if "." in voxels and "." not in volume:  # then the two have changed places
        return None
    has_numbers = len(words) > 1 and any(map(is_number, words))
    return count if not has_numbers and _is_count(name, count.voxels, count.volume) else None


def _is_count(name: str, voxels: float, volume: float) -> bool:
    """Say whether a name can be printed, and numbers can be a count and a volume."""
    named = bool(name.strip()) and name.isprintable()
    return named and 0 <= voxels < inf and voxels % 1 == 0 and 0 <= volume < inf


def _rounding(printed: str) -> float:
    """Give half of the last decimal place that is printed."""
    digits, _, power = printed.lower().partition("e")
    return 0.5 * 10.0 ** (min(int(power or 0), 300) - len(digits.partition(".")[2]))


def _known() -> Mapping[str, Region]:
    """Give FIRST's structures by every name and by label, and aseg's by name."""
    first = [region for region in regions() if region.atlas == "first"]
    both = [*(region for region in regions() if region.atlas == "aseg" and region.printed), *first]
    aliases = {alias: region for region in both for alias in region.aliases}
    return {**aliases, **{region.name: region for region in both}, **{str(region.segid): region for region in first}}


def _of_counts(kind: str, where: str, counts: Sequence[Count], remarks: list[Remark]) -> StatsFile:
    """Make rows of structures and Measures of tissues; ids are given if that of every structure is known."""
    if not counts:
        raise StatsFormatError.at(where, expected="structures with voxels and mm^3", found="none")
    known = _known()
    kept = _plausible(_once(counts, known, remarks), remarks)
    rows = [count for count in kept if count.name.casefold() not in _OVERLAPPING]
    tissues = [count for count in kept if count.name.casefold() in _OVERLAPPING]
    found = [known.get(count.name) for count in rows]
    ids = [region.segid for region in found if region and region.segid is not None]
    numbers = [[count.voxels, count.volume] for count in rows]
    if with_ids := bool(rows) and len(ids) == len(rows):
        numbers = [[segid, *values] for segid, values in zip(ids, numbers, strict=True)]
    return of_kind(
        kind,
        where,
        names=[_spelt(count.name, region) for count, region in zip(rows, found, strict=True)],
        columns=dict.fromkeys(("SegId", _VOXELS, _MM3) if with_ids else (_VOXELS, _MM3), ""),
        numbers=numbers,
        measures=[line for count in tissues for line in _pair(f"{_OVERLAPPING[count.name.casefold()]}_", count)],
        remarks=remarks,
    )


def _spelt(name: str, region: Region | None) -> str:
    """Spell a label or a short name (``L_Thal``) in full, because it does not say the side in words."""
    return region.name if region and (name.isdecimal() or hemi_of(name) != region.hemi) else name


def _pair(stem: str, count: Count) -> list[MeasureLine]:
    voxels = measure(f"{stem}n_voxels", count.voxels, "unitless", key=count.name)
    return [voxels, measure(f"{stem}volume", count.volume, "mm^3", key=count.name)]


def _meaning(name: str, known: Mapping[str, Region]) -> str:
    """Give what a name means, so that two names of one structure are found out."""
    region = known.get(name)
    return _OVERLAPPING.get(name.casefold(), region.name if region else name)


def _once(counts: Sequence[Count], known: Mapping[str, Region], remarks: list[Remark]) -> list[Count]:
    """Leave out what stands twice, under one name or two."""
    meanings = [_meaning(count.name, known) for count in counts]
    times = Counter(meanings)
    last = {name: count.line for name, count in zip(meanings, counts, strict=True)}
    for name in [name for name, n in times.items() if n > 1]:
        text = wording(expected=f"{name} once", found=f"{times[name]} times", hint="None of them is used")
        remarks.append(Remark(last[name], text))
    return [count for count, name in zip(counts, meanings, strict=True) if times[name] == 1]


def _plausible(counts: Sequence[Count], remarks: list[Remark]) -> list[Count]:
    """Leave out what does not have the voxel size of the others; all, if that holds for as many as not."""
    sizes = [(count.volume / count.voxels, count.rounding / count.voxels) for count in counts if count.voxels]
    size, unsure = median_low(sizes) if sizes else (0.0, 0.0)
    kept = [count for count in counts if _has_size(count, size, unsure)]
    kept = kept if 2 * len(kept) > len(counts) else []
    agreed = set(kept)
    for count in [one for one in counts if one not in agreed]:
        found = f"{count.volume:.10g} mm^3 in {count.voxels:.10g} voxels"
        text = wording(expected=f"{count.name} in voxels of {size:.6g} mm^3", found=found, hint="It is left out")
        remarks.append(Remark(count.line, text))
    return kept


def _has_size(count: Count, size: float, unsure: float) -> bool:
    if not (count.voxels and count.volume):
        return count.voxels == count.volume
    allowed = count.rounding + unsure * count.voxels + _SINGLE * count.volume
    return abs(count.volume - size * count.voxels) <= allowed


def _check_structures(counts: Sequence[Count]) -> list[Remark]:
    """Say which of FIRST's structures are not there: whether they were counted, a list does not tell."""
    known, due = _known(), printed_regions("first")
    names = {_meaning(count.name, known) for count in counts}
    lost = [name for name in due if name not in names]
    if not lost or len(lost) == len(due):
        return []
    text = f"without {', '.join(lost)} of FIRST's {len(due)} structures; whether they are lost, the file does not say"
    return [Remark(None, text, loss=False)]


def parse_segstats(data: bytes, where: str) -> StatsFile:
    """Read the JSON of FIRST's structures and FAST's tissues: rows of the first, Measures of the others."""
    text, remarks = decode(data, where)
    try:
        pairs = json.loads(text, object_pairs_hook=tuple, parse_int=_Whole, parse_constant=float)
    except (ValueError, RecursionError) as error:
        found, hint = "no JSON", "Is the file cut short?"
        raise StatsFormatError.at(where, expected="{structure: [voxels, mm^3]}", found=found, hint=hint) from error
    if not isinstance(pairs, tuple):
        raise StatsFormatError.at(where, expected="{structure: [voxels, mm^3]}", found="other JSON")
    counts = []
    for name, value in pairs:
        if _is_pair(value) and _is_count(name, *value):
            counts.append(Count(None, name, *value))
        else:
            found = wording(expected=f"[voxels, mm^3] of {name[:60]!r}", found=repr(value)[:60], hint="It is left out")
            remarks.append(Remark(None, found))
    return _of_counts("fsl.segstats", where, counts, remarks)


class _Whole(float):
    """A number that is printed without a decimal point."""


def _is_pair(value: Any) -> bool:
    """Say whether it is a count and a volume; a whole number behind one with decimals says that they changed places."""
    numbers = isinstance(value, list) and len(value) == 2 and all(isinstance(one, float) for one in value)
    return numbers and (isinstance(value[0], _Whole) or not isinstance(value[1], _Whole))


def _is_list(head: bytes, _where: str) -> bool:
    """Recognise a list by a structure that is known, in lines of which most are as the first; else by bare numbers."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    if _ONE.fullmatch(text) or _BINARIZE.fullmatch(text) or _UNNAMED.fullmatch(text[: text.rfind("\n") + 1]):
        return True
    whole = text if len(head) < HEAD else text[: text.rfind("\n") + 1]
    lines = [(number, line) for number, line in enumerate(whole.split("\n"), start=1) if line.strip()]
    layout = _layout(lines[0][1]) if lines else None
    if layout is None:
        return False
    body = lines[layout.has_heading :]
    counts = [count for count in (_read_line(line, layout, []) for line in body) if count]
    return 2 * len(counts) >= len(body) and _names_a_structure(count.name for count in counts)


def _names_a_structure(names: Iterable[str]) -> bool:
    known = _known()
    return any(name in known and name.casefold() not in _OVERLAPPING for name in names)


_ENTRY: Final = re.compile(r'"([^"\\]{1,80})"\s*:\s*\[\s*\d')


def _is_segstats(head: bytes, _where: str) -> bool:
    """Recognise the JSON by its first entry and the name of a structure."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    if not text.startswith("{") or not _ENTRY.match(text[1:].lstrip()):
        return False
    return _names_a_structure(_ENTRY.findall(text))


FORMATS: tuple[Format, ...] = (
    Format("fslstats", _is_list, parse_fslstats),
    Format("fsl.segstats", _is_segstats, parse_segstats),
)
