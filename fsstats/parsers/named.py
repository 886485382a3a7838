"""A structure's name and its volume a line: subfields, nuclei, brainstem, and their ``.stats`` twins.

Written by ``segmentHA_T1.sh`` and its like and by ``segment_subregions``, both in
https://github.com/freesurfer/freesurfer (``HippoSF``, ``BrainstemSS``, ``ThalamicNuclei``, ``subregions``), and beside
them ``mri_sclimbic_seg`` and ``mri_segstats --qa-stats``. The texts have no header and no count: what is due is what
the atlas has, and the totals say whether the numbers are those that the program added up.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import check_sum, of_kind, stats_file, total
from fsstats.parsers._header import MeasureLine, Remark, is_number, read_header, to_number
from fsstats.parsers._plausible import keep_plausible
from fsstats.parsers._rows import Table, number_columns, read_rows
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.formats import HEAD, Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import (
    NAME_COLUMN,
    canonical_region,
    global_measures,
    identify,
    kind_of,
    printed_regions,
    regions,
)

_WITHOUT_FISSURE: Final = r"(?!hippocampal-fissure$).+"
_TOTALS: Final[Mapping[str, Mapping[str, str | None]]] = {
    "hippoSf": {
        "Whole_hippocampal_body": r".+-body|fimbria",
        "Whole_hippocampal_head": r".+-head|parasubiculum|HATA",
        "Whole_hippocampus": _WITHOUT_FISSURE,
    },
    "hippoSf.v10": {"Whole_hippocampus": _WITHOUT_FISSURE},
    "amygNuc": {"Whole_amygdala": r".+"},
    "thalamus": {"Left-Whole_thalamus": r"Left-.+", "Right-Whole_thalamus": r"Right-.+"},
    "brainstem": {"Whole_brainstem": r".+"},
    "AAN": {"Whole_arousal_network": None},
    "hypothalamus": {"Whole-Left": r"Left-.+", "Whole-Right": r"Right-.+"},
}
"""The atlases; the totals that their files have; and the names that a total adds up (None: no source says)."""
_OPENINGS: Final = {
    "Hippocampal subfield volumes": "hippoSf",
    "Amygdala nuclei volumes": "amygNuc",
    "Brainstem structure volumes": "brainstem",
    "Left Thalamic nuclei volume statistics": "thalamus",
    "Right Thalamic nuclei volume statistics": "thalamus",
    "Hypothalamic Subunit Volumetric Stats": "hypothalamus",
}
"""How a ``.stats`` twin begins, behind the number sign."""
_NUMBERED: Final = re.compile(r"\d+\s+\d+\s+0\s+(?P<value>\S+)\s+(?P<name>\S.*)")
_PLAIN: Final = re.compile(r"(?P<name>\S.*?)\s+(?P<value>\S+)")
_PROGRAM: Final = re.compile(r"# .+ as created by (\S+)")
_SIDES: Final = {"lh": "Left-", "rh": "Right-"}
_ROUNDING: Final = 1e-6
"""How far a sum may be off, relatively: programs add up in the precision of their images."""


class _Row(NamedTuple):
    line: int
    name: str
    value: str


def parse_named(data: bytes, where: str) -> StatsFile:
    """Read names and volumes, with or without the row numbers of a ``.stats`` twin; totals become Measures."""
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    remarks += unfinished
    opening = next((line.strip() for _, line in lines if line.lstrip().startswith("#")), "")
    rows = list(_rows(lines, remarks))
    atlas = _atlas(where, opening, [row.name for row in rows])
    if atlas == "thalamus":
        rows = _with_side(rows, where, opening)
    printed = _once(rows, remarks)
    values = {name: to_number(value) for name, value in printed.items()}
    lost = _check_names(atlas, values, _side_of(where, opening) if atlas == "thalamus" else None)
    decimals = max((len(value.partition(".")[2]) for value in printed.values()), default=0)
    remarks += lost or _check_totals(atlas, values, decimals)
    remarks += _name_strangers(atlas, values)
    parts = {name: value for name, value in values.items() if name not in _TOTALS[atlas]}
    program = _PROGRAM.match(opening)
    return stats_file(
        where,
        source=None if identify(where) else _family(atlas),
        **_volumes(atlas, parts),
        measures=[total(name, values[name], remarks) for name in _TOTALS[atlas] if name in values],
        header={"generating_program": program[1]} if program else {},
        remarks=remarks,
    )


def _rows(lines: Iterable[Line], remarks: list[Remark]) -> Iterator[_Row]:
    """Part lines into name and volume; one that holds no volume is named and left out."""
    for number, line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _NUMBERED.fullmatch(text) or _PLAIN.fullmatch(text)
        split = found is not None and is_number(found["name"].split()[-1])  # a blank within a number
        if found and not split and is_number(found["value"]):
            yield _Row(number, found["name"], found["value"])
        else:
            problem = wording(expected="a name and a volume", found=repr(text[:60]), hint="The line is left out")
            remarks.append(Remark(number, problem))


def _once(rows: Sequence[_Row], remarks: list[Remark]) -> dict[str, str]:
    """Keep a structure that stands twice once; where its volumes differ, keep neither."""
    volumes: dict[str, set[str]] = {}
    for row in rows:
        volumes.setdefault(row.name, set()).add(row.value)
    for name in [name for name, count in Counter(row.name for row in rows).items() if count > 1]:
        if len(volumes[name]) == 1:
            remarks.append(Remark(None, f"{name} stands twice with the same volume; it is used once", loss=False))
        else:
            hint = "Neither is used"
            remarks.append(Remark(None, wording(expected=f"one volume of {name}", found="two that differ", hint=hint)))
    return {row.name: row.value for row in rows if len(volumes[row.name]) == 1}


def _known() -> Mapping[str, frozenset[str]]:
    """Give the names by which a line is known to be of an atlas; twins of the thalamus lack the side."""
    names = {atlas: set(totals) for atlas, totals in _TOTALS.items()}
    for region in regions():
        if region.atlas in names:
            names[region.atlas] |= {region.name, *region.aliases}
    names["thalamus"] |= {name.partition("-")[2] for name in names["thalamus"]}
    return {atlas: frozenset(known) for atlas, known in names.items()}


def _counts(names: Iterable[str]) -> dict[str, int]:
    """Count how many of the names each atlas has."""
    distinct = frozenset(names)
    return {atlas: len(distinct & known) for atlas, known in _known().items()}


def _family(atlas: str) -> str:
    return atlas.partition(".")[0]


def _kind_of_name(where: str) -> str | None:
    """Tell the kind of file that the name says; None for a name of no known kind."""
    known = kind_of(where)
    return known.name if known else None


def _atlas(where: str, opening: str, names: Sequence[str]) -> str:
    """Choose the atlas that has most of the names; neither the file's name nor its first line may contradict it."""
    said, kind = identify(where), _kind_of_name(where)
    version = said.source.rpartition(".")[2] if said else ""
    counts = _counts(names)
    best: str | None = max(counts, key=lambda atlas: (counts[atlas], atlas == f"{kind}.{version}"))
    if not counts[best or ""]:
        best = None
    opened = next((atlas for text, atlas in _OPENINGS.items() if opening.startswith(f"# {text}")), None)
    atlas = best or opened or kind
    if (best is None and names) or atlas is None or atlas not in _TOTALS:
        found = f"{names[0][:40]!r} and the like" if names else "none"
        raise StatsFormatError.at(where, expected="names of subregions and their volumes", found=found)
    for said_by, other in (("its name", kind), ("its first line", opened)):
        if other not in {None, _family(atlas)}:
            found = f"names of {_family(atlas)}"
            raise StatsFormatError.at(where, expected=f"{other} ({said_by})", found=found, status="conflict")
    return atlas


def _side_of(where: str, opening: str) -> str | None:
    """Tell the side of a thalamus' ``.stats`` twin; None for a text, which has both."""
    said = identify(where)
    named = said.hemi if said else None
    opened = next((hemi for hemi, side in _SIDES.items() if opening.startswith(f"# {side[:-1]} Thalamic")), None)
    if named and opened and named != opened:
        raise StatsFormatError.at(
            where, expected=f"hemisphere {named} (its name)", found=f"{opened} (its first line)", status="conflict"
        )
    return named or opened


def _with_side(rows: Sequence[_Row], where: str, opening: str) -> list[_Row]:
    """Give the nuclei back the side that the ``.stats`` twins take from their names."""
    hemi = _side_of(where, opening)
    own = _SIDES.get(hemi or "", "")
    bare = {row.name for row in rows if not row.name.startswith(tuple(_SIDES.values()))}
    other = next((row.name for row in rows if row.name not in bare and not row.name.startswith(own)), None)
    if other or (bare and not own):
        found = repr(other or min(bare))
        expected = f"nuclei of the side {hemi}" if hemi else "the side in the names of the nuclei"
        raise StatsFormatError.at(where, expected=expected, found=found, status="conflict" if other else "unreadable")
    return [row._replace(name=f"{own}{row.name}") if row.name in bare else row for row in rows]


def _due(atlas: str, hemi: str | None = None) -> tuple[str, ...]:
    """Give the structures and totals that a whole file has, of one side if `hemi` is given."""
    side = _SIDES.get(hemi or "", "")
    return tuple(name for name in (*printed_regions(atlas), *_TOTALS[atlas]) if name.startswith(side))


def _check_names(atlas: str, values: Mapping[str, float], hemi: str | None) -> list[Remark]:
    """Name the structures and totals that are not there."""
    due, present = _due(atlas, hemi), {canonical_region(name, atlas=atlas) for name in values}
    lost = [name for name in due if name not in present]
    if not lost:
        return []
    found = f"{len(due) - len(lost)}; without {', '.join(lost)}"
    hint = "The file may be cut short" if values else "segmentHA_T2.sh leaves it so if it did not use the T1"
    return [Remark(None, wording(expected=f"{len(due)} names", found=found, hint=hint))]


def _name_strangers(atlas: str, values: Mapping[str, float]) -> list[Remark]:
    """Name what the atlas does not have; other versions may."""
    strange = [name for name in values if canonical_region(name, atlas=atlas) not in _due(atlas)]
    text = f"not in the atlas {atlas} as it is known here, and kept: {', '.join(strange)}"
    return [Remark(None, text, loss=False)] if strange else []


def _check_totals(atlas: str, values: Mapping[str, float], decimals: int) -> list[Remark]:
    """Say where a total is not what its parts add up to."""
    remarks = []
    for name, pattern in _TOTALS[atlas].items():
        parts = [n for n in values if n not in _TOTALS[atlas] and pattern and re.fullmatch(pattern, n)]
        if name in values and parts:
            printed = 0.5 * 10.0**-decimals * (len(parts) + 2)
            added = [values[part] for part in parts]
            remarks += check_sum(name, values[name], added, relative=_ROUNDING, absolute=printed)
    return remarks


def _ids(atlas: str) -> dict[str, int | None]:
    """Give the ids of the colour table, by every name of a structure."""
    return {name: r.segid for r in regions() if r.atlas == atlas for name in (r.name, *r.aliases)}


def _volumes(atlas: str, values: Mapping[str, float]) -> dict[str, Any]:
    """Give names, columns and numbers; with the ids of the colour table, where every structure has one."""
    known = _ids(atlas)
    ids = [known.get(name) for name in values]
    columns, numbers = {"Volume_mm3": "mm^3"}, [[value] for value in values.values()]
    if None not in ids:
        columns = {"SegId": "", **columns}
        numbers = [[segid, *row] for segid, row in zip(ids, numbers, strict=True) if segid is not None]
    return {"names": tuple(values), "columns": columns, "numbers": numbers}


def _is_named(head: bytes, _where: str) -> bool:
    """Recognise a twin by its first line, and a text by its names: most must be of one atlas."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r", "\n")
    if any(text.startswith(f"# {opening}") for opening in _OPENINGS):
        return True
    lines = [*enumerate(text.split("\n"), start=1)]
    body = [line for line in (lines[:-1] if len(head) >= HEAD else lines) if line[1].strip()]
    rows = list(_rows(body, []))
    known = max(_counts(row.name for row in rows).values())
    return known > 1 and 2 * known > len(body)


_LIMBIC_COLUMNS: Final = ("Index", "SegId", "NVoxels", "Volume_mm3", NAME_COLUMN)
_LIMBIC: Final = b"# Subcortical Limbic Volumetric Stats"


def parse_limbic(data: bytes, where: str) -> StatsFile:
    """Read ``sclimbic.stats`` or ``entowm.stats``, whose header names its program in words of its own."""
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    header = read_header(line for line in lines if line[1].lstrip().startswith("#"))
    columns = header.columns or ()
    if not set(_LIMBIC_COLUMNS) <= set(columns) or len(set(columns)) < len(columns):
        found = "other columns" if columns else "none"
        raise StatsFormatError.at(where, expected=f"'# ColHeaders {' '.join(_LIMBIC_COLUMNS)}'", found=found)
    body = [line for line in lines if not line[1].lstrip().startswith("#")]
    table = keep_plausible(read_rows(body, columns), columns, None, "mri_sclimbic_seg")
    n, due = len(table.names), header.count("NRows")
    if n != due:
        remarks.append(Remark(None, wording(expected="NRows" if due is None else f"{due} rows (NRows)", found=str(n))))
    atlas = _limbic_atlas(table.names, where)
    return of_kind(
        "limbic",
        where,
        source=atlas,
        names=table.names,
        columns=dict.fromkeys(number_columns(columns), ""),
        numbers=table.numbers,
        measures=tuple(header.measures.values()),
        header=header.fields,
        remarks=[*remarks, *unfinished, *header.remarks, *table.remarks, *_check_ids(atlas, table, columns)],
    )


def _limbic_atlas(names: Iterable[str], where: str) -> str:
    """Tell the two files of one program apart by their structures; a model of somebody's own counts as sclimbic."""
    inside = {atlas for atlas in ("sclimbic", "entowm") if set(names) & _ids(atlas).keys()}
    kind = _kind_of_name(where)
    if inside and kind in {"sclimbic", "entowm"} - inside:
        found = f"structures of {min(inside)}"
        raise StatsFormatError.at(where, expected=f"{kind} (its name)", found=found, status="conflict")
    return "entowm" if inside == {"entowm"} else "sclimbic"


def _check_ids(atlas: str, table: Table, columns: Sequence[str]) -> list[Remark]:
    """Say where a structure has another id than its atlas gives it."""
    segids, ids = table.numbers[:, number_columns(columns).index("SegId")].tolist(), _ids(atlas)
    return [
        Remark(row.line, wording(expected=f"id {ids[row.name]} of {row.name}", found=f"{segid:g}"))
        for row, segid in zip(table.rows, segids, strict=True)
        if ids.get(row.name, segid) != segid
    ]


def _is_limbic(head: bytes, _where: str) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").startswith(_LIMBIC)


_QA: Final = (
    *("nc", "wmErase", "wmFill", "bmErase", "bmClone", "asegChg", "lhholes", "rhholes", "totholes", "MaskVolToETIV"),
    *("wmMean", "wmStd", "wmMin", "wmMax", "wmRange", "wmSNR", "gwcMean", "gwcStd", "gwcCNR"),
)
"""What stands behind the subject's name; FreeSurfer 6 ends before the contrast of grey and white matter."""
_QA_LENGTHS: Final = (1 + _QA.index("gwcMean"), 1 + len(_QA))


def parse_qa(data: bytes, where: str) -> StatsFile:
    """Read the one line of ``qa.stats``: every number of it is a Measure."""
    text, remarks = decode(data, where)
    lines, unfinished = numbered_lines(text)
    whole = [(number, line.split()) for number, line in lines]
    if len(whole) > 1:
        found = f"{len(whole)} lines, as of several subjects"
        raise StatsFormatError.at(where, expected="one subject's line", found=found, status="skipped")
    remarks += unfinished
    if not whole:
        return of_kind("qa", where, remarks=remarks)
    number, words = whole[0]
    if len(words) not in _QA_LENGTHS:
        expected = f"a subject and {_QA_LENGTHS[0] - 1} or {_QA_LENGTHS[1] - 1} numbers"
        raise StatsFormatError.at(where, expected=expected, found=f"{len(words)} words")
    values = _qa_values(number, words[1:], remarks)
    if {"lhholes", "rhholes", "totholes"} <= values.keys():
        parts = values["lhholes"], values["rhholes"]
        remarks += check_sum("totholes", values["totholes"], parts, relative=0, absolute=0)
    measures = [MeasureLine(name, name, "", value, global_measures()[name].unit) for name, value in values.items()]
    return of_kind("qa", where, measures=measures, header={"subjectname": words[0]}, remarks=remarks)


def _qa_values(line: int, words: Sequence[str], remarks: list[Remark]) -> dict[str, float]:
    values = {}
    for name, word in zip(_QA, words, strict=False):
        if is_number(word):
            values[name] = to_number(word)
        else:
            remarks.append(Remark(line, wording(expected=f"a number as {name}", found=repr(word[:40]))))
    return values


def _is_qa(head: bytes, where: str) -> bool:
    """Recognise it by its name too: many a program writes a line of numbers."""
    said = identify(where)
    words = head.decode("utf-8", "replace").split()
    return said is not None and said.source == "qa" and len(words) in _QA_LENGTHS and all(map(is_number, words[1:]))


def refuse_kvl(_data: bytes, where: str) -> StatsFile:
    """Say that the tables of FreeSurfer 5 are known and not read."""
    found = "a whole study's table of FreeSurfer 5, in voxels of an upsampled image whose size it does not say"
    raise StatsFormatError.at(where, expected="one subject's volumes in mm^3", found=found, status="skipped")


def _is_kvl(head: bytes, where: str) -> bool:
    said = identify(where)
    return said is not None and said.source == "volumeStats" and b"\0" not in head


FORMATS: tuple[Format, ...] = (
    Format("named", _is_named, parse_named),
    Format("limbic", _is_limbic, parse_limbic),
    Format("qa", _is_qa, parse_qa),
    Format("kvl", _is_kvl, refuse_kvl),
)
