"""Left against right: structures of unusual asymmetry, and hemispheres that were swapped."""

from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.qc._judgements import NOTHING, figure, of_runs, together
from fsstats.qc._robust import LEAST, by_mad, scores_of
from fsstats.qc._seen import Seen
from fsstats.qc.outliers import limit_by_mad
from fsstats.stats._pairs import SidePairs
from fsstats.stats.asymmetry import asymmetry_index

_SIZES: Final = ("volume", "area", "thickness")
_TURNED: Final = -0.5
"""Between 1, the usual asymmetry, and -1, its mirror image."""
_TELLS: Final = 0.25
"""The scores of the runs must spread no more than this for a mirror image to be told from the usual."""


def find_asymmetry(seen: Seen) -> pd.DataFrame:
    """Judge the asymmetry (L - R) / ((L + R) / 2) of every structure by the median and MAD of the other runs."""
    pairs = _pairs(seen)
    if pairs is None:
        return NOTHING
    left, right = seen.panel.values[:, pairs.left], seen.panel.values[:, pairs.right]
    index = asymmetry_index(left, right)
    scores = scores_of(index, seen.group)
    threshold = limit_by_mad(seen, scores)
    with np.errstate(invalid="ignore"):
        runs, places = np.nonzero(np.abs(scores.z) > threshold)
    half = (threshold * scores.scale)[runs, places]
    low, high = scores.centre[runs, places] - half, scores.centre[runs, places] + half
    cells = pairs.cells.iloc[places]
    says = [
        f"{region} {measure} ({source}): left {figure(one)}, right {figure(other)} {unit}, an asymmetry of {a:.2f}, "
        f"expected {b:.2f} to {c:.2f}. Look at both sides"
        for (source, region, measure, unit), one, other, a, b, c in zip(
            cells[["source", "region", "measure", "unit"]].itertuples(index=False, name=None),
            left[runs, places],
            right[runs, places],
            index[runs, places],
            low,
            high,
            strict=True,
        )
    ]
    labels = {name: cells[name].to_numpy(dtype=object) for name in ("source", "hemi", "region")}
    labels |= {"measure": (cells["measure"].astype("str") + "_asymmetry").to_numpy(dtype=object)}
    return of_runs(
        seen, runs, says, value=index[runs, places], low=low, high=high, labels={**labels, "unit": "unitless"}
    )


def find_swapped_sides(seen: Seen) -> pd.DataFrame:
    """Find runs whose asymmetries, taken together, are the mirror image of those of the others."""
    pairs = _pairs(seen)
    if pairs is None or len(seen.panel.people) < LEAST:
        return NOTHING
    index = asymmetry_index(seen.panel.values[:, pairs.left], seen.panel.values[:, pairs.right])
    return together(
        _turned(seen, str(source), index[:, (pairs.cells["source"] == source).to_numpy()])
        for source in pairs.cells["source"].unique()
    )


def _turned(seen: Seen, source: str, index: FloatArray) -> pd.DataFrame:
    score = _likeness(index)
    _, spread = by_mad(score[:, None])
    if not spread[0] < _TELLS:
        return NOTHING
    with np.errstate(invalid="ignore"):
        runs = np.flatnonzero(score < _TURNED)
    says = [
        f"left and right of {source} seem to be swapped: its asymmetries are {score[run]:+.2f} times the usual ones, "
        "expected about 1. Look at the orientation of the image, and at which file is which side's"
        for run in runs
    ]
    labels = {"source": source, "unit": "unitless"}
    return of_runs(seen, runs, says, value=score[runs], low=_TURNED, high=np.inf, labels=labels)


def _likeness(index: FloatArray) -> FloatArray:
    """Give how far each run's asymmetries follow the usual ones: 1 as all others, -1 the mirror image."""
    centre, scale = by_mad(index)
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.where(scale > 0, centre / scale, 0.0)
        own = np.where(scale > 0, index / scale, 0.0)
        there = ~np.isnan(own) & ~np.isnan(usual)
        products = np.where(there, np.clip(own, -10, 10) * usual, 0.0).sum(axis=1)
        found: FloatArray = products / np.where(there, usual**2, 0.0).sum(axis=1)
    return found


def _pairs(seen: Seen) -> SidePairs | None:
    """Give the structures that have both sides, by their volume, area and thickness, each once."""
    found = seen.sides
    if found is None:
        return None
    kept = seen.judged[found.left] & seen.judged[found.right] & found.cells["measure"].isin(_SIZES).to_numpy()
    return SidePairs(found.cells[kept].reset_index(drop=True), found.left[kept], found.right[kept])
