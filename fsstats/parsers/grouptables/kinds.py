"""Which tool or people made a table, and so what each of its columns holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from fsstats.errors import StatsFormatError
from fsstats.parsers._header import Remark
from fsstats.parsers.grouptables.cells import FIRST_CELL, Sheet, delimiter_of, split, turned
from fsstats.parsers.grouptables.columns import (
    Label,
    Meaning,
    field_label,
    fold,
    is_known_atlas,
    measure_named,
    region_label,
    region_of,
    understand,
    unit_of,
)
from fsstats.parsers.grouptables.rowwise import row_format
from fsstats.parsers.grouptables.spreadsheets import Wish, cortex_of, labels_of, ribbon_label
from fsstats.schema import GLOBAL, atlas_of, canonical_region
from fsstats.schema._data import read_tsv
from fsstats.schema.groupings import CORTEX_FIELDS

_SUBJECT: Final = re.compile(
    r"(?:(?:src-)?(?:subject|subj|sub)|participant|scan|file|freesurfer|fs)-?id|id|subject|subj|sub|participant|case|name"
)
_SESSION: Final = re.compile(r"ses(?:sion)?(?:-?id)?|visit|time-?point|tp|wave")
_SIDE_IN_NAME: Final = re.compile(r"(?:^|[._-])(lh|rh)(?=[._-])", re.IGNORECASE)
_SUBFIELD: Final = re.compile(r"(left|right)_(.+)")
_ENOUGH: Final = 3
"""Columns of brains that it takes to recognise a spreadsheet; one (eTIV) may stand in any list of people."""

_SUBFIELDS: Final = {
    "hippoSf": ("Hippocampal_tail", "parasubiculum", "HATA", "fimbria", "Whole_hippocampus"),
    "amygNuc": ("Lateral-nucleus", "Basal-nucleus", "Paralaminar-nucleus", "Whole_amygdala"),
    "thalamus": ("Left-AV", "Left-MDl", "Left-VPL", "Left-Whole_thalamus"),
    "brainstem": ("Midbrain", "Pons", "Medulla", "SCP"),
}
"""Names by which the tables of ``quantify*.sh`` are recognised; which release segmented they do not say."""
_LIMBIC: Final = ("Left-Fornix", "Left-MammillaryBody", "Left-SeptalNuc", "Left-Basal-Forebrain", "Left-HypoThal-noMB")
_ENTOWM: Final = "wm-lh-gyrus-ambiens"
_SCORES: Final = {"zqa": "zqa_score", "confidence": "confidence"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is in which column of a table."""

    kind: str
    labels: Mapping[int, Label]
    """Place to label, of the columns that are understood."""
    subject: int = 0
    session: int | None = None
    remarks: tuple[Remark, ...] = ()
    fill: str = ""
    """What the tool prints as 0 if it is missing: ``measures`` of the header and the cortex's, or ``all``."""


def recognises_group_table(head: bytes, name: str) -> bool:  # noqa: ARG001 - names of tables are anybody's choice
    r"""Say whether content that begins like this is a table of many subjects.

    Parameters
    ----------
    head : bytes
        The first bytes of the file; its first line should be among them whole.
    name : str
        Its name, which does not count.

    Returns
    -------
    bool
        True for the tables of asegstats2table and aparcstats2table, ENIGMA's, those of the subregion tools,
        several lines of SynthSeg, and for spreadsheets with at least three columns of brains. False for a
        list of people, for one subject's file, and for the tables that fsstats writes.

    Examples
    --------
    >>> recognises_group_table(b"lh.aparc.area\tlh_insula_area\nsub-01\t2000.0\n", "any.name")
    True
    >>> recognises_group_table(b"participant_id\tage\teTIV\nsub-01\t30\t1500000\n", "participants.tsv")
    False
    """
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if utf16 else "utf-8", "ignore").lstrip("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or len(lines[0]) > 2_000_000:
        return False
    heading = split(lines[0], delimiter_of(lines[0]))
    if len(heading) < 2 or heading[0].startswith("#") or "\0" in lines[0]:
        return False
    if FIRST_CELL.fullmatch(heading[0]):
        return True
    if row_format(head) is not None:
        return len(lines) > 2
    kind = _kind(heading)
    known = kind in {"enigma", "subfields", "sclimbic"} or _n_understood(heading) >= _ENOUGH
    return known and len(lines) > 1


def _n_understood(names: Sequence[str]) -> int:
    """Count columns of brains; a cortical region without its side is a word like any other (V1, insula)."""
    found = {name: understand(name) for name in names}
    return sum(one is not None and (one.sort != "parcel" or one.hemi is not None) for one in found.values())


def upright(sheet: Sheet) -> Sheet:
    """Turn a table over whose lines are structures."""
    across, down = _n_known(sheet.heading[1:]), _n_known(sheet.column(0))
    return sheet if across >= down else turned(sheet)


def _n_known(names: Sequence[str]) -> int:
    """Count names of structures; those of a parcellation that is not known begin with the side."""
    enigma = _enigma()
    return sum(
        understand(name) is not None or name in enigma or re.match(r"[lr]h_|(left|right)_", name) is not None
        for name in dict.fromkeys(names)
    )


def _kind(heading: Sequence[str]) -> str:
    """Tell who made a table, by its heading."""
    first = FIRST_CELL.fullmatch(heading[0])
    if first:
        return "asegstats2table" if first["meas"] else "aparcstats2table"
    if heading[0] == "case" and (set(_LIMBIC) & set(heading) or _ENTOWM in heading):
        return "sclimbic"
    if heading[0].casefold() == "subject" and _subfields_of(heading) is not None:
        return "subfields"
    enigma = sum(name in _enigma() for name in heading)
    cortical = sum(re.fullmatch(r"[LR]_\w+_(thickavg|surfavg)", name) is not None for name in heading)
    return "enigma" if enigma >= _ENOUGH or cortical >= _ENOUGH else "spreadsheet"


def plan_of(sheet: Sheet, wish: Wish) -> Plan:
    """Say what each column of an upright table holds.

    Raises
    ------
    StatsFormatError
        If it cannot be told of which source, side or measure the table is; the message says what to give.
    """
    kind = _kind(sheet.heading)
    planners = {
        "asegstats2table": _plan_aseg,
        "aparcstats2table": _plan_aparc,
        "sclimbic": _plan_limbic,
        "subfields": _plan_subfields,
        "enigma": _plan_enigma,
        "spreadsheet": _plan_spreadsheet,
    }
    plan = planners[kind](sheet, wish)
    if not plan.labels:
        reason = "; ".join(remark.text for remark in plan.remarks)
        found = f"none among {', '.join(repr(name[:30]) for name in sheet.heading[:6])}"
        hint = reason or "Name structures as FreeSurfer does (Left-Hippocampus, lh_insula_thickness)"
        raise StatsFormatError.at(wish.where, expected="columns of structures", found=found, hint=hint)
    return plan


def _plan_aseg(sheet: Sheet, wish: Wish) -> Plan:
    """Plan a table of asegstats2table: structures of one kind of stats file, and for volumes header Measures."""
    names = sheet.heading[1:]
    word = sheet.heading[0].partition(":")[2]
    meanings = [understand(name) for name in names]
    source = wish.source or _segmentation(meanings, wish.where)
    parcels = {"w-g.pct": "contrast_"}.get(source)
    measure = measure_named(word) or word
    hemi = _side_of_contrast(wish) if parcels else None
    measure = measure.replace("intensity_", parcels) if parcels else measure
    labels = {}
    for place, (name, meaning) in enumerate(zip(names, meanings, strict=True), start=1):
        if meaning is not None and meaning.sort == "field":
            labels[place] = field_label(source, meaning.name, hemi, name)
        elif meaning is not None and meaning.sort == "ribbon":
            labels[place] = ribbon_label(source, meaning, measure, name)
        elif region_of(source, name, hemi) or not is_known_atlas(source):
            labels[place] = region_label(source, measure, name, hemi=hemi)
    return Plan("asegstats2table", labels, fill="measures")


def _segmentation(meanings: Sequence[Meaning | None], where: str) -> str:
    sorts = {meaning.sort for meaning in meanings if meaning}
    if "white" in sorts:
        return "wmparc"
    if "ribbon" in sorts:
        found = cortex_of([m for m in meanings if m and m.sort == "ribbon"])
        if found is not None:
            return {"aparc": "aparc+aseg", "aparc.a2009s": "aparc.a2009s+aseg"}[found]
        hint = "Give source=, such as 'aseg+DKT' (FastSurfer) or 'aparc.DKTatlas+aseg'"
        raise StatsFormatError.at(where, expected="names that tell the atlas", found="those of DK and DKT", hint=hint)
    if "segment" in sorts:
        return "aseg"
    if "parcel" in sorts:
        return "w-g.pct"
    hint = "Give source=: the stats file that the table was made of, such as 'aseg'"
    raise StatsFormatError.at(where, expected="structures that are known", found="none", hint=hint)


def _side_of_contrast(wish: Wish) -> str:
    side = wish.hemi or side_in_name(wish.where)
    if side is None:
        hint = "Give hemi='lh' or hemi='rh'"
        raise StatsFormatError.at(wish.where, expected="lh or rh in the file's name", found="neither", hint=hint)
    return side


def side_in_name(where: str) -> str | None:
    """Read the side out of a table's file name; None for none, or both.

    Examples
    --------
    >>> side_in_name("study/subject.lh.aparc.area.stats"), side_in_name("aseg.table")
    ('lh', None)
    """
    found = {side.lower() for side in _SIDE_IN_NAME.findall(where.replace("\\", "/").rpartition("/")[2])}
    return found.pop() if len(found) == 1 else None


def _plan_aparc(sheet: Sheet, wish: Wish) -> Plan:
    """Plan a table of aparcstats2table: its first cell rules, whatever the file is called."""
    first = FIRST_CELL.fullmatch(sheet.heading[0])
    hemi, parc, word = (first[name] for name in ("hemi", "parc", "measure")) if first else ("lh", "", "")
    source, measure = wish.source or parc, measure_named(word) or word
    said = side_in_name(wish.where)
    text = f"the file is called {said} and its first cell says {sheet.heading[0]}, which counts"
    remarks = (Remark(1, text, loss=False),) if said not in {None, hemi} else ()
    before, behind = f"{hemi}_", f"_{word}"
    decorated = any(name.startswith(before) for name in sheet.heading[1:])
    labels = {}
    for place, name in enumerate(sheet.heading[1:], start=1):
        bare = name.removeprefix(before).removesuffix(behind)
        meaning = understand(bare)
        if bare in CORTEX_FIELDS:
            labels[place] = field_label(source, bare, hemi, name)
        elif meaning is not None and meaning.sort == "field":
            labels[place] = field_label(source, meaning.name, hemi, name)
        elif bare and (name == f"{before}{bare}{behind}" if decorated else not name.startswith(("lh_", "rh_"))):
            labels[place] = _parcel_label(source, measure, bare, hemi)._replace(name=name)
    return Plan("aparcstats2table", labels, remarks=remarks, fill="measures")


def _parcel_label(source: str, measure: str, bare: str, hemi: str) -> Label:
    """Label a region of a surface as the stats file has it, with the spelling that R may have changed put right."""
    region = canonical_region(bare, atlas=atlas_of(source))
    known = region_of(source, region, hemi)
    unit = "mm" if measure == "thickness.T1" else unit_of(measure, source)
    return Label(source, hemi, known.name if known else region, measure, unit, None, bare)


def _plan_limbic(sheet: Sheet, wish: Wish) -> Plan:
    """Plan a group table of ``mri_sclimbic_seg``: volumes, z-scores and confidences have one heading."""
    source = wish.source or ("entowm" if _ENTOWM in sheet.heading else "sclimbic")
    name_of_file = wish.where.replace("\\", "/").rpartition("/")[2]
    score = next((measure for word, measure in _SCORES.items() if word in name_of_file), None)
    measure = wish.measure or score or ("volume" if "volumes" in name_of_file or "eTIV" in sheet.heading else None)
    if measure is None:
        hint = "Give measure='volume', 'zqa_score' or 'confidence'"
        raise StatsFormatError.at(wish.where, expected="a file name that says what it holds", found="none", hint=hint)
    unit = "mm^3" if measure == "volume" else "unitless"
    labels = {}
    for place, name in enumerate(sheet.heading[1:], start=1):
        if name == "eTIV":
            labels[place] = field_label(source, "eTIV", None, name)
        elif name:
            labels[place] = region_label(source, measure, name)._replace(unit=unit)
    return Plan("sclimbic", labels)


def _subfields_of(heading: Sequence[str]) -> str | None:
    bare = {found[2] if (found := _SUBFIELD.fullmatch(name)) else name for name in heading[1:]}
    return next((family for family, names in _SUBFIELDS.items() if len(bare & set(names)) >= 2), None)


def _plan_subfields(sheet: Sheet, wish: Wish) -> Plan:
    """Plan a table of ``quantifyHAsubregions.sh`` and its like; sums of structures are Measures of the side."""
    source = wish.source or _subfields_of(sheet.heading) or ""
    labels = {}
    for place, name in enumerate(sheet.heading[1:], start=1):
        found = _SUBFIELD.fullmatch(name)
        bare = found[2] if found else name
        hemi = {"left": "lh", "right": "rh"}[found[1]] if found else None
        if "Whole_" in bare:
            labels[place] = field_label(source, bare, hemi, name)._replace(unit="mm^3")
        else:
            labels[place] = region_label(source, "volume", bare, hemi=hemi)._replace(name=name)
    text = f"which release segmented is not said, so the source is {source!r}; give source= to say it"
    remarks = () if wish.source else (Remark(None, text, loss=False),)
    return Plan("subfields", labels, remarks=remarks)


@cache
def _enigma() -> Mapping[str, Mapping[str, str]]:
    return {row["name"]: row for row in read_tsv("enigma.tsv")}


def _plan_enigma(sheet: Sheet, wish: Wish) -> Plan:
    """Plan one of ENIGMA's CSV files: volumes of aseg, thickness and area of the Desikan-Killiany atlas."""
    subject, session = subject_columns(sheet)
    labels = {}
    for place, name in enumerate(sheet.heading):
        meaning, row = understand(name), _enigma().get(name)
        if place in {subject, session}:
            continue
        if row is not None and row["region"] == GLOBAL:
            labels[place] = field_label(row["source"], row["measure"], row["hemi"] or None, name)
        elif row is not None:
            labels[place] = region_label(row["source"], row["measure"], row["region"])._replace(name=name)
        elif meaning is not None and meaning.sort == "parcel" and meaning.measure and "aparc" in meaning.atlases:
            source = wish.source or "aparc"
            labels[place] = region_label(source, meaning.measure, meaning.name, hemi=meaning.hemi)._replace(name=name)
    return Plan("enigma", labels, subject, session, fill="all")


def _plan_spreadsheet(sheet: Sheet, wish: Wish) -> Plan:
    subject, session = subject_columns(sheet)
    if understand(sheet.heading[subject]) is not None:
        hint = "Call the column of subjects 'subject'"
        found = f"only columns of structures, the first being {sheet.heading[subject]!r}"
        raise StatsFormatError.at(wish.where, expected="a column of subjects", found=found, hint=hint)
    places = {p: name for p, name in enumerate(sheet.heading) if p not in {subject, session}}
    labels, remarks = labels_of(places, wish)
    return Plan("spreadsheet", labels, subject, session, remarks)


def subject_columns(sheet: Sheet) -> tuple[int, int | None]:
    """Find the columns that name subject and session: by their names, else the first holds the subject.

    Examples
    --------
    >>> from fsstats.parsers.grouptables.cells import Sheet
    >>> subject_columns(Sheet(("", "SubjID", "visit", "age"), ()))
    (1, 2)
    """
    folded = [fold(name) for name in sheet.heading]
    named = [place for place, name in enumerate(folded) if _SUBJECT.fullmatch(name)]
    session = next((place for place, name in enumerate(folded) if _SESSION.fullmatch(name)), None)
    return (named[0] if named else 0), session
