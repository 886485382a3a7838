"""What no brain, or no whole file, has: negative sizes, zeros, sums that contradict their parts, a wrong unit."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, some_of
from fsstats.parsers._laws import broken_ranges, comparisons, mean_thickness
from fsstats.qc._judgements import NOTHING, between, figure, look_at, of_cohort, of_runs, of_values, together
from fsstats.qc._robust import LEAST, median
from fsstats.qc._seen import Seen
from fsstats.schema import GLOBAL, KEY, atlas_of, canonical_region, printed_regions
from fsstats.schema.groupings import BOTH
from fsstats.schema.limits import COUNTS, SIZED_UNITS, UNIT_FACTORS, limits_of
from fsstats.tables.panel import BoolArray, number

_ENDS: Final = ("min", "mean", "max", "range")
_ROUNDING: Final = 1e-9
_RARE: Final = 0.02
"""A zero in more than one run, and in more than this share of them, is implausible rather than impossible."""
_USUAL: Final = 0.5
"""Zeros in more than this share of the runs are usual."""
_SAME_SIDES: Final = 0.5
_LEAST_PAIRS: Final = 5
_NEAR: Final = 0.15
"""Of the logarithm to the base of 10: this near to a power of ten, numbers are of another unit."""
_LEAST_CELLS: Final = 3
_WRITTEN_AS_ZERO: Final = {("wmparc", "BrainSegVolNotVent"): "as FreeSurfer 5.1 is known to write for whole brains"}
"""Source and header Measure in which 0 is known to say nothing of the brain, and why."""
_WHAT_IS_DUE_IS_KNOWN: Final = (
    "As most of its labels are 0, it lists all of a colour table; what every brain has is judged by itself"
)
_WHAT_IS_DUE_IS_NOT_KNOWN: Final = (
    "It lists all of a colour table, or the segmentation failed: fsstats does not know which of them every brain has. "
    "Look at its outlines over the T1"
)
_WHOLE_CORTEX: Final = ("aparc", "aparc.a2009s", "aparc.DKTatlas")


def find_out_of_range(seen: Seen) -> pd.DataFrame:
    """Find values that the measure cannot have: negative, infinite, too large, counts that are not whole."""
    return together([_beyond(seen), _not_whole(seen)])


def _beyond(seen: Seen) -> pd.DataFrame:
    labels = seen.panel.cells[["region", "measure", "unit"]].astype("object").itertuples(index=False, name=None)
    known = [limits_of(*label) for label in labels]
    low = np.array([-np.inf if one is None else one.low for one in known])
    high = np.array([np.inf if one is None else one.high for one in known])
    values = seen.panel.values
    with np.errstate(invalid="ignore"):
        runs, cells = np.nonzero((values < low) | (values > high * (1 + _ROUNDING)) | np.isinf(values))
    unit = seen.panel.cells["unit"].to_numpy(dtype=object)
    why = ["as a number" if one is None else one.reason for one in known]
    says = [
        f"{seen.names[cell]} is {figure(values[run, cell])}, expected {between(low[cell], high[cell], unit[cell])}, "
        f"{why[cell]}. Look at the file: the number may have been edited"
        for run, cell in zip(runs, cells, strict=True)
    ]
    return of_values(seen, runs, cells, says, low=low[cells], high=high[cells])


def _not_whole(seen: Seen) -> pd.DataFrame:
    counts = seen.panel.cells["measure"].isin(COUNTS) & seen.panel.cells["hemi"].ne(BOTH)
    places = np.flatnonzero(counts)
    values = seen.panel.values[:, places]
    with np.errstate(invalid="ignore"):
        runs, own = np.nonzero(np.isfinite(values) & (values != np.rint(values)))
    cells = places[own]
    says = [
        f"{seen.names[cell]} is {seen.panel.values[run, cell]:g}, expected a whole number. "
        "Look at where the table comes from"
        for run, cell in zip(runs, cells, strict=True)
    ]
    return of_values(seen, runs, cells, says)


def find_zeros(seen: Seen) -> pd.DataFrame:
    """Find sizes of 0 of structures that every brain has."""
    cells = np.flatnonzero(_has_size(seen) & ~seen.zero_allowed)
    is_zero = seen.panel.values[:, cells] == 0
    n = np.maximum(np.isfinite(seen.panel.values[:, cells]).sum(axis=0), 1)
    share = is_zero.sum(axis=0) / n
    usual = (share > _USUAL) & (n > 1)
    listed = _only_listed(seen)
    runs, own = np.nonzero(is_zero & ~usual & ~listed[:, cells])
    is_rare = (share[own] <= _RARE) | (is_zero.sum(axis=0)[own] <= 1)
    severity = [None if rare else "warning" for rare in is_rare]
    listed[:, cells[usual]] = False
    return together(
        [_zero(seen, runs, cells[own], severity), _said_once(seen, listed), _usually_zero(seen, cells[usual])]
    )


def _only_listed(seen: Seen) -> BoolArray:
    """Say which zeros are of labels that a run has not and its file lists, as it lists all of a colour table.

    Such a file has more labels that are not there than others. What every brain has is not among them.
    """
    found = np.zeros(seen.panel.values.shape, dtype=np.bool_)
    sized = _has_size(seen) & ~seen.is_global
    for source in seen.panel.cells["source"].unique():
        cells = np.flatnonzero(sized & (seen.panel.cells["source"] == source).to_numpy())
        values = seen.panel.values[:, cells]
        is_zero, is_there = values == 0, np.isfinite(values) & (values != 0)
        runs = np.flatnonzero((is_zero.sum(axis=1) > is_there.sum(axis=1)) & is_there.any(axis=1))
        if len(runs):
            may_lack = [not (seen.zero_allowed[cell] or _is_in_everybody(seen, cell)) for cell in cells.tolist()]
            found[np.ix_(runs, cells)] = is_zero[runs] & ~_of_labels(seen, cells, is_there[runs]) & may_lack
    return found


def _of_labels(seen: Seen, cells: Positions, is_there: BoolArray) -> BoolArray:
    """Say of each cell whether anything is there of its label."""
    label, first = number(seen.panel.cells.iloc[cells], ["hemi", "region"])
    has = np.zeros((len(is_there), len(first)), dtype=np.bool_)
    for place, own in enumerate(label):
        has[:, own] |= is_there[:, place]
    found: BoolArray = has[:, label]
    return found


def _said_once(seen: Seen, listed: BoolArray) -> pd.DataFrame:
    """Say in one row a file how many labels it lists that are not there, and name a few."""
    parts = []
    for source in seen.panel.cells["source"].unique():
        own = np.flatnonzero(seen.panel.cells["source"] == source)
        runs = np.flatnonzero(listed[:, own].any(axis=1))
        names = [list(dict.fromkeys(seen.panel.cells["region"].iloc[own[listed[run, own]]])) for run in runs]
        known = bool(printed_regions(atlas_of(str(source)) or str(source)))
        what = _WHAT_IS_DUE_IS_KNOWN if known else _WHAT_IS_DUE_IS_NOT_KNOWN
        says = [f"{source} lists {len(some)} labels with a size of 0 ({some_of(some)}). {what}" for some in names]
        severity = "note" if known else "warning"
        labels = {"source": source, "unit": "unitless"}
        value = np.array([len(some) for some in names], dtype=np.float64)
        parts.append(of_runs(seen, runs, says, value=value, severity=severity, labels=labels))
    return together(parts)


def _zero(seen: Seen, runs: Positions, cells: Positions, severity: list[str | None]) -> pd.DataFrame:
    known = _known_zeros(seen)
    says = [
        f"{seen.names[cell]} is 0, {known[cell]}. Leave it out of analyses"
        if cell in known
        else f"{seen.names[cell]} is 0, expected more: the structure was not found, or 0 stands for a missing value. "
        + look
        for cell, look in zip(cells, look_at(seen.of_surface[cells], seen.is_global[cells]), strict=True)
    ]
    severity = ["note" if cell in known else one for cell, one in zip(cells, severity, strict=True)]
    return of_values(seen, runs, cells, says, low=0.0, high=np.inf, severity=severity)


def _usually_zero(seen: Seen, cells: Positions) -> pd.DataFrame:
    if not len(cells):
        return NOTHING
    known = _known_zeros(seen)
    names = some_of([seen.names[cell] + (f", {known[cell]}" if cell in known else "") for cell in cells])
    return of_cohort(f"0 in more than half of the runs, so not judged: {names}", "note")


def _known_zeros(seen: Seen) -> dict[int, str]:
    """Find the cells in which 0 says nothing of the brain, and why."""
    labels = zip(seen.panel.cells["source"], seen.measure, seen.is_global, strict=True)
    known = (_WRITTEN_AS_ZERO.get((str(source), measure)) if whole else None for source, measure, whole in labels)
    return {cell: why for cell, why in enumerate(known) if why is not None}


def find_constant(seen: Seen) -> pd.DataFrame:
    """Find sizes that are the same number in all runs of ten subjects or more."""
    values, known = seen.panel.values, _known_zeros(seen)
    has, subject = np.isfinite(values), pd.factorize(seen.panel.people["subject"])[0]
    found: dict[tuple[str, str, int], list[str]] = {}
    for cell in np.flatnonzero(_has_size(seen) & seen.judged).tolist():
        own, people = values[has[:, cell], cell], subject[has[:, cell]]
        if len(np.unique(people)) < LEAST or np.ptp(own) > 0:
            continue
        if own[0] or (cell not in known and _is_in_everybody(seen, cell)):
            key = str(seen.panel.cells["source"].iloc[cell]), seen.measure[cell], len(own)
            found.setdefault(key, []).append(f"{seen.names[cell]} is {figure(own[0])}")
    return together(
        of_cohort(
            f"the same number in all {n} runs: {some_of(names)}. People differ: it was copied or filled in. "
            "Look at where the table comes from",
            "warning",
            source=source,
            measure=measure,
        )
        for (source, measure, n), names in found.items()
    )


def _is_in_everybody(seen: Seen, cell: int) -> bool:
    """Say whether a 0 is not due: other rows of 0 are of labels that the program lists and the segmentation lacks."""
    source, region = (str(seen.panel.cells[name].iloc[cell]) for name in ("source", "region"))
    atlas = atlas_of(source) or source
    is_listed = region == GLOBAL or canonical_region(region, atlas=atlas) in printed_regions(atlas)
    return is_listed and not bool(seen.zero_allowed[cell])


def _has_size(seen: Seen) -> BoolArray:
    """Say which cells are volumes, areas, thicknesses and their counts."""
    measures, units = seen.panel.cells["measure"], seen.panel.cells["unit"]
    of_regions = measures.isin(["volume", "area", "thickness", "n_voxels", "n_vertices"])
    return np.asarray(of_regions | (seen.is_global & units.isin(SIZED_UNITS).to_numpy()), dtype=np.bool_)


def find_contradictions(seen: Seen) -> pd.DataFrame:
    """Find a mean outside minimum and maximum, and header Measures that contradict each other or the rows."""
    return together([*_ranges(seen), *_sums(seen), *_means(seen)])


def _ranges(seen: Seen) -> Iterator[pd.DataFrame]:
    cells = seen.panel.cells
    for quantity in ("intensity", "contrast"):
        own = cells[cells["measure"].isin([f"{quantity}_{end}" for end in _ENDS])]
        if not len(own):
            continue
        place, first = number(own, ["source", "hemi", "region"])
        where = np.full((len(first), len(_ENDS)), -1)
        end = own["measure"].astype("str").str.removeprefix(f"{quantity}_").map({e: k for k, e in enumerate(_ENDS)})
        where[place, end.to_numpy()] = own.index.to_numpy()
        where = where[(where >= 0).all(axis=1)]
        columns = {e.title(): seen.panel.values[:, where[:, k]] for k, e in enumerate(_ENDS)}
        broken = broken_ranges(columns) if len(where) else None
        if broken is not None:
            runs, rows = np.nonzero(broken.rows)
            means = where[rows, 1]
            least, mean, most, extent = (seen.panel.values[runs, where[rows, k]] for k in range(len(_ENDS)))
            says = [
                f"{seen.names[cell]} is {figure(b)} with minimum {figure(a)}, maximum {figure(c)} and "
                f"range {figure(d)}: expected minimum <= mean <= maximum, and their difference as the range. "
                "Look at the file"
                for cell, a, b, c, d in zip(means, least, mean, most, extent, strict=True)
            ]
            yield of_values(seen, runs, means, says, low=least, high=most)


def _sums(seen: Seen) -> Iterator[pd.DataFrame]:
    for source in seen.panel.cells["source"].unique():
        cells = seen.of_source(str(source))
        with np.errstate(divide="ignore", invalid="ignore"):
            compared = [*comparisons({name: seen.panel.values[:, cell] for name, cell in cells.items()})]
        for one in compared:
            runs = np.flatnonzero(one.broken)
            says = [
                f"{one.name} ({source}) is {one.printed[run]:g}, but {one.of} gives {one.worked_out[run]:g}. "
                "Look at the file: it may be put together from two"
                for run in runs
            ]
            expected = np.asarray(one.worked_out)[runs]
            yield of_values(seen, runs, np.full(len(runs), cells[one.name]), says, low=expected, high=expected)


def _means(seen: Seen) -> Iterator[pd.DataFrame]:
    """Hold the mean thickness of a hemisphere against its regions, where these are the whole cortex."""
    cells = seen.panel.cells
    for mean in np.flatnonzero((cells["measure"] == "MeanThickness") & cells["source"].isin(_WHOLE_CORTEX)):
        source, hemi = str(cells["source"].iloc[mean]), str(cells["hemi"].iloc[mean])
        own = cells[(cells["source"] == source) & (cells["hemi"] == hemi)].reset_index()
        places = own[own["measure"] == "thickness"].merge(own[own["measure"] == "n_vertices"], on="region")
        if not set(printed_regions(atlas_of(source) or "", hemi)) <= set(places["region"]):
            continue
        weights, thickness = (seen.panel.values[:, places[name]] for name in ("index_y", "index_x"))
        with np.errstate(invalid="ignore"):
            one = mean_thickness(seen.panel.values[:, mean], weights, thickness)
        runs = np.flatnonzero(one.broken)
        says = [
            f"{seen.names[mean]} is {one.printed[run]:.4g}, but the regions give {one.worked_out[run]:.4g} mm. "
            "Look at the file: a row may have been edited"
            for run in runs
        ]
        expected = np.asarray(one.worked_out)[runs]
        yield of_values(seen, runs, np.full(len(runs), mean), says, low=expected, high=expected)


def find_larger_than_head(seen: Seen) -> pd.DataFrame:
    """Find structures that are larger than the head that they are in."""
    sizes = _head_sizes(seen)
    if sizes is None:
        return NOTHING
    volumes = (seen.panel.cells["measure"] == "volume") & (seen.panel.cells["unit"] == "mm^3")
    cells = np.flatnonzero(volumes.to_numpy() & ~seen.is_global & ~(seen.panel.cells["region"] == "Background"))
    with np.errstate(invalid="ignore"):
        runs, own = np.nonzero(seen.panel.values[:, cells] > sizes[:, None])
    cells = cells[own]
    says = [
        f"{seen.names[cell]} is {figure(seen.panel.values[run, cell])} mm^3, more than {seen.head}, "
        f"{figure(sizes[run])} mm^3. Look at the registration to the atlas (talairach.xfm), and at the unit"
        for run, cell in zip(runs, cells, strict=True)
    ]
    return of_values(seen, runs, cells, says, low=0.0, high=sizes[runs])


def _head_sizes(seen: Seen) -> FloatArray | None:
    """Give the head size of each run, of whatever file has it."""
    if seen.head is None:
        return None
    cells = np.array([one == seen.head for one in seen.measure]) & seen.is_global
    return np.asarray(np.fmax.reduce(seen.panel.values[:, cells], axis=1))


def find_same_sides(seen: Seen) -> pd.DataFrame:
    """Find sources of which left and right are the same numbers."""
    pairs = seen.sides
    if pairs is None:
        return NOTHING
    one, other = seen.panel.values[:, pairs.left], seen.panel.values[:, pairs.right]
    usable = np.isfinite(one) & np.isfinite(other) & (one != 0)
    parts = []
    for name in pairs.cells["source"].unique():
        own = (pairs.cells["source"] == name).to_numpy()
        same = (usable & (one == other))[:, own].sum(axis=1)
        n = usable[:, own].sum(axis=1)
        runs = np.flatnonzero((same >= _LEAST_PAIRS) & (same > _SAME_SIDES * n))
        says = [
            f"{same[run]} of {n[run]} values of {name} are exactly the same on the left and on the right. "
            "Look at the files: one is a copy of the other side's"
            for run in runs
        ]
        share = (same / np.maximum(n, 1))[runs]
        parts.append(
            of_runs(seen, runs, says, value=share, low=0.0, high=0.0, labels={"source": name, "unit": "unitless"})
        )
    return together(parts)


def find_units(seen: Seen) -> pd.DataFrame:
    """Find runs whose numbers are a power of ten away from those of the others, as those of another unit are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(np.where(np.isfinite(seen.panel.values), seen.panel.values, np.nan))
        logs[~np.isfinite(logs)] = np.nan
    rest = logs - median(logs)
    parts = [_strange(seen)]
    names = ["source", "measure", "unit"]
    kinds = seen.panel.cells[~seen.is_global & seen.panel.cells["unit"].isin([*UNIT_FACTORS])]
    for (source, measure, unit), own in kinds.groupby(names, sort=False) if len(logs) >= LEAST else ():
        if len(own) < _LEAST_CELLS:
            continue
        away = median(rest[:, own.index.to_numpy()].T)
        for name, factor in UNIT_FACTORS[str(unit)].items():
            runs = np.flatnonzero(np.abs(away - np.log10(factor)) < _NEAR)
            says = [
                f"{measure} ({source}) is {10 ** away[run]:.2g} times that of the other runs, as numbers in {name} "
                f"would be; expected {unit}. Look at where this run's table comes from"
                for run in runs
            ]
            labels = {"source": source, "measure": measure, "unit": "unitless"}
            value = 10 ** away[runs]
            parts.append(of_runs(seen, runs, says, value=value, low=10**-_NEAR, high=10**_NEAR, labels=labels))
    return together(parts)


def _strange(seen: Seen) -> pd.DataFrame:
    """Judge rows whose unit is another than that of most runs."""
    rows = seen.strange.reset_index(drop=True).astype(dict.fromkeys((*KEY, "unit"), "object"))
    says = [
        f"{measure} of {region} ({source}) is in {unit}, in most runs in another unit, so it was not compared. "
        "Look at where this run's table comes from"
        for source, region, measure, unit in rows[["source", "region", "measure", "unit"]].itertuples(
            index=False, name=None
        )
    ]
    return rows[[*KEY, "value", "unit"]].assign(expected_low=np.nan, expected_high=np.nan, severity=None, says=says)
