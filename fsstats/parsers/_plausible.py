"""What the numbers of one file must have in common, if its producer wrote them all: laws, not opinions.

Each rule leaves a row out (or says what contradicts what) only where no
whole file of any producer breaks it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import isnan

import numpy as np

from fsstats.errors import wording
from fsstats.parsers._header import Header, Remark
from fsstats.parsers._rows import Table, number_columns
from fsstats.schema import (
    Source,
    canonical_region,
    is_cortical_name,
    names_of_segid,
    printed_regions,
    source_of,
)

_Finding = tuple[int, str]
"""Position of a row, and what is wrong with it."""
_LEFT_OUT = "The row is left out"
_SEGMENTATIONS = ("aseg", "wmparc")
"""Atlases whose ids are FreeSurfer's own; other programs number as they like."""
_WHOLE_CORTEX = ("aparc", "aparc.a2009s", "aparc.DKTatlas")
"""Atlases whose regions cover the cortex, so that their mean is the hemisphere's."""
_SUMS = (
    ("lhCortexVol", "rhCortexVol", "CortexVol"),
    ("lhCorticalWhiteMatterVol", "rhCorticalWhiteMatterVol", "CorticalWhiteMatterVol"),
    ("lhCerebralWhiteMatterVol", "rhCerebralWhiteMatterVol", "CerebralWhiteMatterVol"),
    ("lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles"),
)
_RATIOS = (("BrainSegVol", "eTIV", "BrainSegVol-to-eTIV"), ("MaskVol", "eTIV", "MaskVol-to-eTIV"))


def keep_plausible(table: Table, columns: Sequence[str], source: str | None, program: str | None) -> Table:
    """Leave out rows that cannot be as the producer wrote them, each with a remark.

    A cell with another number of decimals than its column, a range that is not
    maximum less minimum, an id that is no whole number or belongs to another
    structure, a region that the atlas does not have.
    """
    numeric = number_columns(columns)
    known = source_of(source) or Source("", "")
    found = list(_broken_ids(table, numeric))
    if known.atlas in _SEGMENTATIONS and "SegId" in numeric and not found:
        segids = table.numbers[:, numeric.index("SegId")].astype(np.int64)
        found += _strange_ids(table.names, tuple(segids.tolist()))
    if known.complete:
        found += _strange_regions(table.names, known)
    if program:  # only a program prints all cells of a column alike
        found += [*_odd_decimals(table, numeric), *_broken_ranges(table, numeric)]
    if not found:
        return table
    wrong = dict(reversed(found))  # the first thing said of a row stands
    remarks = [Remark(table.rows[i].line, f"{text}. {_LEFT_OUT}") for i, text in sorted(wrong.items())]
    kept = [i for i in range(len(table.rows)) if i not in wrong]
    return Table(tuple(table.rows[i] for i in kept), table.numbers[kept], (*table.remarks, *remarks))


def _broken_ids(table: Table, columns: Sequence[str]) -> Iterator[_Finding]:
    for name in ("Index", "SegId"):
        if name in columns:
            place = columns.index(name)
            ids = table.numbers[:, place]
            for i in np.flatnonzero(~(ids == np.floor(ids))).tolist():  # nan is not whole either
                row = table.rows[i]
                found = f"{row.numbers[place]!r} in the row of {row.name}"
                yield i, wording(expected="whole numbers as Index and SegId", found=found)


@lru_cache(maxsize=256)
def _strange_ids(names: tuple[str, ...], segids: tuple[int, ...]) -> tuple[_Finding, ...]:
    pairs = [(i, name, segid, names_of_segid(segid)) for i, (name, segid) in enumerate(zip(names, segids, strict=True))]
    return tuple(
        (i, wording(expected=f"{' or '.join(known)} as id {segid}", found=repr(name)))
        for i, name, segid, known in pairs
        if name and known and name not in known
    )


@lru_cache(maxsize=256)
def _strange_regions(names: tuple[str, ...], source: Source) -> tuple[_Finding, ...]:
    return tuple(
        (i, wording(expected=f"a region of {source.name}", found=repr(name)))
        for i, name in enumerate(names)
        if (region := canonical_region(name, atlas=source.atlas)) not in printed_regions(source.atlas or "")
        and not is_cortical_name(region)
    )


def _odd_decimals(table: Table, columns: Sequence[str]) -> Iterator[_Finding]:
    """Find cells with another number of digits behind the point than most of their column."""
    tokens = np.array([row.numbers for row in table.rows], dtype=np.str_).reshape(len(table.rows), len(columns))
    point = np.strings.find(tokens, ".")
    decimals = np.where(point < 0, 0, np.strings.str_len(tokens) - point - 1)
    plain = np.isfinite(table.numbers) & (np.strings.find(np.strings.lower(tokens), "e") < 0)
    for place, name in enumerate(columns):
        counts = decimals[plain[:, place], place]
        if not len(counts) or (counts == counts[0]).all():
            continue
        usual = int(np.bincount(counts).argmax())
        for i in np.flatnonzero(plain[:, place] & (decimals[:, place] != usual)).tolist():
            found = f"{tokens[i, place]!s:.40} in the row of {table.rows[i].name}"
            yield i, wording(expected=f"{usual} decimals in column {name}", found=found)


def _broken_ranges(table: Table, columns: Sequence[str]) -> Iterator[_Finding]:
    """Find rows in which minimum <= mean <= maximum or range = maximum - minimum does not hold, but for rounding."""
    ends = ("Min", "Mean", "Max", "Range")
    places = [next((i for i, name in enumerate(columns) if name.endswith(end)), None) for end in ends]
    if None in places:
        return
    least, mean, greatest, extent = (table.numbers[:, i] for i in places if i is not None)
    with np.errstate(invalid="ignore"):
        wrong = np.abs(greatest - least - extent) > 2e-4 + 1e-6 * np.abs(greatest)
        wrong |= (mean < least - 1e-3) | (mean > greatest + 1e-3)
    for i in np.flatnonzero(wrong).tolist():
        found = f"{least[i]:g}, {mean[i]:g}, {greatest[i]:g} and {extent[i]:g} in the row of {table.rows[i].name}"
        yield i, wording(expected="minimum <= mean <= maximum, and their range", found=found)


def check_sums(header: Header, table: Table, columns: Sequence[str], source: str | None) -> list[Remark]:
    """Say where Measures contradict each other, or contradict the rows."""
    value = {name: line.value for name, line in header.measures.items()}
    remarks = []
    for left, right, whole in _SUMS:
        if {left, right, whole} <= value.keys() and _differ(value[left] + value[right], value[whole], 1e-5):
            remarks.append(_contradiction(whole, f"{left} + {right}", value[whole], value[left] + value[right]))
    for part, whole, ratio in _RATIOS:
        if {part, whole, ratio} <= value.keys() and _differ(value[part] / value[whole], value[ratio], 1e-4):
            remarks.append(_contradiction(ratio, f"{part} / {whole}", value[ratio], value[part] / value[whole]))
    if "MeanThickness" in value and _is_complete(table, source):
        numeric = number_columns(columns)
        if {"NumVert", "ThickAvg"} <= set(numeric):
            weights, thickness = (table.numbers[:, numeric.index(name)] for name in ("NumVert", "ThickAvg"))
            mean = float(np.average(thickness, weights=weights)) if weights.sum() > 0 else float("nan")
            if _differ(mean, value["MeanThickness"], 0.005 / max(value["MeanThickness"], 1e-9)):
                remarks.append(_contradiction("MeanThickness", "mean of the rows", value["MeanThickness"], mean))
    return remarks


def _is_complete(table: Table, source: str | None) -> bool:
    known = source_of(source)
    if known is None or known.atlas not in _WHOLE_CORTEX or not known.complete:
        return False
    present = {canonical_region(name, atlas=known.atlas) for name in table.names}
    return set(printed_regions(known.atlas)) <= present


def _differ(one: float, other: float, tolerance: float) -> bool:
    return not (isnan(one) or isnan(other)) and abs(one - other) > tolerance * max(abs(one), abs(other))


def _contradiction(name: str, of: str, printed: float, worked_out: float) -> Remark:
    text = wording(expected=f"{name} {printed:g}, as printed", found=f"{worked_out:g} as {of}")
    return Remark(None, f"{text}. The file may be put together from two")
