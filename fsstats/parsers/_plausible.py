"""What the numbers of one file must have in common, if its producer wrote them all: laws, not opinions.

Each rule leaves a row out (or says what contradicts what) only where no
whole file of any producer breaks it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import isnan

import numpy as np

from fsstats._frames import FloatArray
from fsstats.errors import wording
from fsstats.parsers._header import Header, Remark
from fsstats.parsers._rows import Row, Table
from fsstats.schema import (
    NAME_COLUMN,
    SOURCE,
    Source,
    canonical_region,
    is_cortical_name,
    names_of_segid,
    printed_regions,
)

_Rule = Callable[[Row, FloatArray], str | None]
"""What is wrong with a row, given its tokens and numbers; None if nothing is."""
_LEFT_OUT = "The row is left out"
_SEGMENTATIONS = ("aseg", "wmparc")
"""Atlases whose ids are FreeSurfer's own; other programs number as they like."""
_NO_SOURCE = Source("", "")
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
    numeric = [name for name in columns if name != NAME_COLUMN]
    at = {name: i for i, name in enumerate(numeric)}
    rules: list[_Rule] = [
        _whole_ids(at),
        _known_id(at, source),
        _known_region(source),
    ]
    if program:  # only a program prints all cells of a column alike
        rules += [_decimals(table, numeric), _range(numeric)]
    remarks = list(table.remarks)
    kept = []
    for i, row in enumerate(table.rows):
        wrong = next((text for rule in rules if (text := rule(row, table.numbers[i]))), None)
        if wrong:
            remarks.append(Remark(row.line, f"{wrong}. {_LEFT_OUT}"))
        else:
            kept.append(i)
    if len(kept) == len(table.rows):
        return table
    return Table(tuple(table.rows[i] for i in kept), table.numbers[kept], tuple(remarks))


def _whole_ids(at: Mapping[str, int]) -> _Rule:
    places = [at[name] for name in ("Index", "SegId") if name in at]

    def rule(row: Row, numbers: FloatArray) -> str | None:
        bad = next((row.numbers[i] for i in places if not numbers[i].is_integer()), None)
        return bad and wording(expected="whole numbers as Index and SegId", found=f"{bad!r} in the row of {row.name}")

    return rule


def _known_id(at: Mapping[str, int], source: str | None) -> _Rule:
    if "SegId" not in at or SOURCE.get(source or "", _NO_SOURCE).atlas not in _SEGMENTATIONS:
        return _nothing_wrong
    place = at["SegId"]

    def rule(row: Row, numbers: FloatArray) -> str | None:
        segid = int(numbers[place])
        known = names_of_segid(segid)
        if not row.name or not known or row.name in known:
            return None
        return wording(expected=f"{' or '.join(known)} as id {segid}", found=repr(row.name))

    return rule


def _known_region(source: str | None) -> _Rule:
    known = SOURCE.get(source or "", _NO_SOURCE)
    if not known.complete:
        return _nothing_wrong

    def rule(row: Row, _numbers: FloatArray) -> str | None:
        if is_cortical_name(canonical_region(row.name, atlas=known.atlas)):
            return None
        return wording(expected=f"a region of {source}", found=repr(row.name))

    return rule


def _nothing_wrong(_row: Row, _numbers: FloatArray) -> None:
    """Hold for every row: the rule that does not apply."""


def _decimals(table: Table, columns: Sequence[str]) -> _Rule:
    printed = {row.line: [_n_decimals(token) for token in row.numbers] for row in table.rows}
    usual = [_most_common(column) for column in zip(*printed.values(), strict=True)]

    def rule(row: Row, _numbers: FloatArray) -> str | None:
        for i, found in enumerate(printed[row.line]):
            if found != usual[i] and found is not None:
                text = f"{usual[i]} decimals in column {columns[i]}"
                return wording(expected=text, found=f"{row.numbers[i]!r} in the row of {row.name}")
        return None

    return rule


def _most_common(counts: Sequence[int | None]) -> int | None:
    found = Counter(count for count in counts if count is not None).most_common(1)
    return found[0][0] if found else None


def _n_decimals(token: str) -> int | None:
    """Count the digits behind the point; None for nan, inf and powers of ten."""
    whole, _, decimals = token.partition(".")
    plain = whole.lstrip("+-").isdigit() and (not decimals or decimals.isdigit())
    return len(decimals) if plain else None


def _range(columns: Sequence[str]) -> _Rule:
    ends = ("Min", "Max", "Range", "Mean")
    places = [next((i for i, name in enumerate(columns) if name.endswith(end)), None) for end in ends]

    def rule(row: Row, numbers: FloatArray) -> str | None:
        if None in places:
            return None
        least, greatest, extent, mean = (float(numbers[i]) for i in places if i is not None)
        if abs(greatest - least - extent) > 2e-4 + 1e-6 * abs(greatest) or not least - 1e-3 <= mean <= greatest + 1e-3:
            found = f"{least:g}, {mean:g}, {greatest:g} and {extent:g} in the row of {row.name}"
            return wording(expected="minimum <= mean <= maximum, and their range", found=found)
        return None

    return rule


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
        numeric = [name for name in columns if name != NAME_COLUMN]
        if {"NumVert", "ThickAvg"} <= set(numeric):
            weights, thickness = (table.numbers[:, numeric.index(name)] for name in ("NumVert", "ThickAvg"))
            mean = float(np.average(thickness, weights=weights)) if weights.sum() > 0 else float("nan")
            if _differ(mean, value["MeanThickness"], 0.005 / max(value["MeanThickness"], 1e-9)):
                remarks.append(_contradiction("MeanThickness", "mean of the rows", value["MeanThickness"], mean))
    return remarks


def _is_complete(table: Table, source: str | None) -> bool:
    known = SOURCE.get(source or "")
    if known is None or known.atlas is None or not known.complete:
        return False
    present = {canonical_region(name, atlas=known.atlas) for name in table.names}
    return set(printed_regions(known.atlas)) <= present


def _differ(one: float, other: float, tolerance: float) -> bool:
    return not (isnan(one) or isnan(other)) and abs(one - other) > tolerance * max(abs(one), abs(other))


def _contradiction(name: str, of: str, printed: float, worked_out: float) -> Remark:
    text = wording(expected=f"{name} {printed:g}, as printed", found=f"{worked_out:g} as {of}")
    return Remark(None, f"{text}. The file may be put together from two")
