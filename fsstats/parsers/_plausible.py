"""What the numbers of one file must have in common, if its producer wrote them all: laws, not opinions.

Each rule leaves a row out (or says what contradicts what) only where no
whole file of any producer breaks it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from fsstats.errors import wording
from fsstats.parsers._header import Header, Remark
from fsstats.parsers._laws import Comparison, broken_ranges, comparisons, mean_thickness
from fsstats.parsers._rows import Table, number_columns
from fsstats.schema import (
    Source,
    canonical_region,
    is_cortical_name,
    names_of_segid,
    printed_regions,
    source_of,
)
from fsstats.schema._registry import forget_with_registry

_Finding = tuple[int, str]
"""Position of a row, and what is wrong with it."""
_LEFT_OUT = "The row is left out"
_LARGEST_ID = 2**31
"""What no id can be: programs hold it as an int."""
_SEGMENTATIONS = ("aseg", "wmparc")
"""Atlases whose ids are FreeSurfer's own; other programs number as they like."""
_WHOLE_CORTEX = ("aparc", "aparc.a2009s", "aparc.DKTatlas")
"""Atlases whose regions cover the cortex, so that their mean is the hemisphere's."""


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
        found += _strange_regions(table.names, known.name, known.atlas or "")
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
            whole = (ids == np.floor(ids)) & (np.abs(ids) < _LARGEST_ID)  # nan is not whole either
            for i in np.flatnonzero(~whole).tolist():
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
def _strange_regions(names: tuple[str, ...], source: str, atlas: str) -> tuple[_Finding, ...]:
    known = printed_regions(atlas)
    return tuple(
        (i, wording(expected=f"a region of {source}", found=repr(name)))
        for i, name in enumerate(names)
        if (region := canonical_region(name, atlas=atlas)) not in known and not is_cortical_name(region)
    )


def _odd_decimals(table: Table, columns: Sequence[str]) -> Iterator[_Finding]:
    """Find cells with another number of digits behind the point than most of their column."""
    for place, cells in enumerate(zip(*[row.numbers for row in table.rows], strict=True)):
        if _are_alike(cells):
            continue
        finite = np.flatnonzero(np.isfinite(table.numbers[:, place])).tolist()
        decimals = {i: len(cells[i].partition(".")[2]) for i in finite if "e" not in cells[i].lower()}
        usual = int(np.bincount([*decimals.values()]).argmax()) if decimals else 0
        for i in [i for i, count in decimals.items() if count != usual]:
            found = f"{cells[i]:.40} in the row of {table.rows[i].name}"
            yield i, wording(expected=f"{usual} decimals in column {columns[place]}", found=found)


def _are_alike(cells: Sequence[str]) -> bool:
    """Say whether the point of all cells stands as far from their end as that of the first; a quick test."""
    decimals = len(cells[0].partition(".")[2])
    if not decimals:
        return "." not in "".join(cells)
    return {cell[-decimals - 1 : -decimals] for cell in cells} == {"."}


def _broken_ranges(table: Table, columns: Sequence[str]) -> Iterator[_Finding]:
    broken = broken_ranges(dict(zip(columns, table.numbers.T, strict=True)))
    if broken is None or not broken.rows.any():
        return
    for i in np.flatnonzero(broken.rows).tolist():
        shown = ", ".join(f"{values[i]:g}" for values in broken.columns[:-1])
        found = f"{shown} and {broken.columns[-1][i]:g} in the row of {table.rows[i].name}"
        yield i, wording(expected="minimum <= mean <= maximum, and their range", found=found)


def check_sums(header: Header, table: Table, columns: Sequence[str], source: str | None) -> list[Remark]:
    """Say where Measures contradict each other, or contradict the rows."""
    measures = {name: line.value for name, line in header.measures.items()}
    compared = [*comparisons(measures)]
    if covers_cortex(table.names, source or "") and "MeanThickness" in measures:
        numeric = number_columns(columns)
        if {"NumVert", "ThickAvg"} <= set(numeric):
            weights, thickness = (table.numbers[:, numeric.index(name)] for name in ("NumVert", "ThickAvg"))
            compared.append(mean_thickness(measures["MeanThickness"], weights, thickness))
    return [_contradiction(one) for one in compared if one.broken]


@lru_cache(maxsize=256)
def covers_cortex(names: tuple[str, ...], source: str) -> bool:
    """Say whether a file's rows are the whole cortex, so that their mean is the hemisphere's."""
    known = source_of(source)
    if known is None or known.atlas not in _WHOLE_CORTEX or not known.complete:
        return False
    present = {canonical_region(name, atlas=known.atlas) for name in names}
    return set(printed_regions(known.atlas)) <= present


def _contradiction(one: Comparison) -> Remark:
    text = wording(expected=f"{one.name} {one.printed:g}, as printed", found=f"{one.worked_out:g} as {one.of}")
    return Remark(None, f"{text}. The file may be put together from two")


for _kept in (_strange_ids, _strange_regions, covers_cortex):
    forget_with_registry(_kept.cache_clear)
