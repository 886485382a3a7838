"""From one stats file to rows of the long table.

What files of the same shape share (regions, measures, units) is a `Layout`,
worked out once and kept; a file then adds only its numbers. So reading one
file and reading a cohort are the same code.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import (
    COUNT_COLUMNS,
    DETAIL_COLUMNS,
    GLOBAL,
    INDEX_COLUMNS,
    LONG,
    atlas_of,
    canonical_region,
    global_measures,
    hemi_of,
    is_intensity,
    measure_of,
    side_of,
)
from fsstats.schema._registry import forget_with_registry

UNKNOWN_UNIT = "unknown"


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the long table's labels for one file; equal for most files of a kind."""

    source: str | None
    hemi: str | None
    columns: tuple[str, ...]
    units: tuple[str, ...]
    names: tuple[str, ...]
    segids: tuple[int, ...] | None
    fields: tuple[str, ...]
    field_units: tuple[str, ...]
    contrast: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The labels of a file's values: header Measures first, then column by column down the rows.

    Every tuple has one entry per value.
    """

    hemi: tuple[str | None, ...]
    region: tuple[str, ...]
    measure: tuple[str, ...]
    unit: tuple[str, ...]
    segid: tuple[int | None, ...]
    name_found: tuple[str, ...]
    n_fields: int

    @property
    def fields(self) -> tuple[str, ...]:
        """The header Measures, which come first."""
        return self.measure[: self.n_fields]

    def __len__(self) -> int:
        """Count the values."""
        return len(self.measure)

    def at(self, positions: Sequence[int]) -> "Layout":
        """Give the labels of some of the values; header Measures must still come first."""
        return Layout(
            hemi=tuple(self.hemi[i] for i in positions),
            region=tuple(self.region[i] for i in positions),
            measure=tuple(self.measure[i] for i in positions),
            unit=tuple(self.unit[i] for i in positions),
            segid=tuple(self.segid[i] for i in positions),
            name_found=tuple(self.name_found[i] for i in positions),
            n_fields=sum(position < self.n_fields for position in positions),
        )


def shape_of(stats: StatsFile) -> Shape:
    """Give what decides the labels of the file's values."""
    segids = stats.column("SegId")
    return Shape(
        source=stats.source,
        hemi=stats.hemi,
        columns=stats.columns,
        units=stats.units,
        names=stats.names,
        segids=None if segids is None else tuple(segids.astype(np.int64).tolist()),
        fields=tuple(line.field for line in stats.measure_lines),
        field_units=tuple(line.unit for line in stats.measure_lines),
        contrast=stats.source == "w-g.pct" or "w-g.pct" in stats.header.get("InVolFile", ""),
    )


@lru_cache(maxsize=1024)
def layout_of(shape: Shape) -> Layout:
    """Work out the labels of every value of files of this shape."""
    regions, hemis = _regions(shape), [_hemi(shape, name) for name in shape.names]
    measures = _column_measures(shape)
    n_rows = len(shape.names)
    segids = shape.segids or (None,) * n_rows
    known = [global_measures().get(field) for field in shape.fields]
    global_hemis = [(k.hemi if k else hemi_of(f)) or shape.hemi for k, f in zip(known, shape.fields, strict=True)]
    global_units = [k.unit if k else unit for k, unit in zip(known, shape.field_units, strict=True)]
    return Layout(
        hemi=(*global_hemis, *hemis * len(measures)),
        region=(*(GLOBAL for _ in known), *regions * len(measures)),
        measure=(*shape.fields, *(name for name, _ in measures for _ in range(n_rows))),
        unit=(*global_units, *(unit for _, unit in measures for _ in range(n_rows))),
        segid=(*(None for _ in known), *segids * len(measures)),
        name_found=(*shape.fields, *shape.names * len(measures)),
        n_fields=len(shape.fields),
    )


def _hemi(shape: Shape, name: str) -> str | None:
    return shape.hemi or side_of(name, atlas_of(shape.source))


def _regions(shape: Shape) -> list[str]:
    """Give today's name of every row; rows that would share a name get their id behind it."""
    atlas = atlas_of(shape.source)
    segids = shape.segids or (None,) * len(shape.names)
    names = [canonical_region(name, segid=s, atlas=atlas) for name, s in zip(shape.names, segids, strict=True)]
    counts = Counter(names)
    return [f"{n}.{s}" if counts[n] > 1 and s is not None else n for n, s in zip(names, segids, strict=True)]


def _column_measures(shape: Shape) -> list[tuple[str, str]]:
    """Give measure and unit of every column that measures something."""
    found: dict[str, str] = {}
    for column, printed in zip(shape.columns, shape.units, strict=True):
        if column in INDEX_COLUMNS:
            continue
        known = measure_of(column, contrast=shape.contrast)
        name = known.name if known and known.name not in found else column
        while name in found:  # a column that is called as another's measure
            name += "'"
        found[name] = (known.unit if known else "") or printed or UNKNOWN_UNIT
    return list(found.items())


forget_with_registry(layout_of.cache_clear)


def values_of(stats: StatsFile) -> FloatArray:
    """Give the file's values in the order of its `Layout`; a structure without voxels has no intensity."""
    measuring = [i for i, name in enumerate(stats.columns) if name not in INDEX_COLUMNS]
    numbers = stats.numbers[:, measuring] if stats.columns else stats.numbers  # a copy
    empty = _without_voxels(stats)
    if empty is not None and empty.any():
        intensities = [k for k, i in enumerate(measuring) if is_intensity(stats.columns[i])]
        printed = numbers[:, intensities]
        absent = empty & ((printed == 0) | np.isnan(printed)).all(axis=1)  # the SNR of nothing is nan
        printed[absent] = np.nan
        numbers[:, intensities] = printed
    return np.concatenate([[line.value for line in stats.measure_lines], numbers.T.ravel()])


def _without_voxels(stats: StatsFile) -> "np.ndarray[tuple[int], np.dtype[np.bool_]] | None":
    counts = next((c for c in map(stats.column, COUNT_COLUMNS) if c is not None), None)
    return None if counts is None else counts == 0


@lru_cache(maxsize=1024)
def chosen(layout: Layout, measures: frozenset[str]) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Give the positions of the values whose measure is among `measures`."""
    return np.flatnonzero([measure in measures for measure in layout.measure])


def long_table(stats: StatsFile, *, subject: str | None = None, measures: Collection[str] = ()) -> pd.DataFrame:
    r"""Turn one file into rows of the long table.

    Parameters
    ----------
    stats : StatsFile
        The file.
    subject : str, optional
        Subject to enter; by default the one in the file's header.
    measures : collection of str
        Only these measures; all if empty.

    Returns
    -------
    DataFrame
        The columns of the long table and then ``segid`` and ``name_found``.

    Examples
    --------
    >>> from fsstats.parsers import parse_stats
    >>> stats = parse_stats("# ColHeaders StructName ThickAvg\ninsula 3.012\n", where="lh.mine.stats")
    >>> long_table(stats, subject="sub-01")[["source", "hemi", "region", "measure", "value", "unit"]]
      source hemi  region    measure  value unit
    0   mine   lh  insula  thickness  3.012   mm
    """
    layout = layout_of(shape_of(stats))
    columns: dict[str, object] = {
        "subject": subject or stats.subject,
        "session": None,
        "stream": "cross",
        "source": stats.source,
        "hemi": layout.hemi,
        "region": layout.region,
        "measure": layout.measure,
        "value": values_of(stats),
        "unit": layout.unit,
        "segid": pd.array(layout.segid, dtype="Int64"),
        "name_found": layout.name_found,
    }
    table = pd.DataFrame(columns, columns=[*LONG, *DETAIL_COLUMNS])
    return table[table["measure"].isin(measures)].reset_index(drop=True) if measures else table
