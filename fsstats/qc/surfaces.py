"""Defects of the surfaces before they were fixed: the usual measure of an image's quality."""

import warnings
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions
from fsstats.errors import FsstatsWarning
from fsstats.qc._judgements import NOTHING, of_runs
from fsstats.qc._robust import Scores, median, scores_of
from fsstats.qc._seen import Seen
from fsstats.qc.outliers import limit_by_mad
from fsstats.schema import GLOBAL, SUBJECT_KEY
from fsstats.tables import euler

_FIELDS: Final = ("lhSurfaceHoles", "rhSurfaceHoles")
ABSOLUTE: Final = -217.0
"""Mean Euler number of both hemispheres below which Rosen et al. (2018) left images out: found in their own study."""
CENTRED: Final = 10.0
"""Distance of the root of the negative Euler number from its site's median, above which a run is named.

The form is that of ``remove_bad_subjects`` in https://github.com/predictive-clinical-neuroscience/braincharts, with 5
for the limit. No limit is agreed on; 10 names only runs that are far off.
"""
_LOOK: Final = "Look at the image: movement, and the surfaces"


def find_defects(seen: Seen) -> pd.DataFrame:
    """Judge the number of holes of each run by median and MAD of their roots, within stream and site."""
    numbers = _numbers(seen)
    if numbers is None:
        return NOTHING
    roots = np.sqrt(np.maximum(numbers["holes"].to_numpy(dtype=np.float64), 0))
    scores: Scores = scores_of(roots[:, None], seen.group)
    threshold = limit_by_mad(seen, scores)[:, 0]
    with np.errstate(invalid="ignore"):
        runs = np.flatnonzero(scores.z[:, 0] > threshold)
    high = (scores.centre[:, 0] + threshold * scores.scale[:, 0]) ** 2
    says = [
        f"the surfaces had {numbers['holes'].iloc[run]:.0f} holes before they were fixed (Euler number "
        f"{numbers['euler'].iloc[run]:.0f}), expected {high[run]:.0f} or less. {_LOOK}"
        for run in runs
    ]
    return _found(seen, numbers, runs, says, high[runs])


def find_defects_centred(seen: Seen) -> pd.DataFrame:
    """Find runs whose root of the negative Euler number is more than 10 above the median of stream and site."""
    numbers = _numbers(seen)
    if numbers is None:
        return NOTHING
    roots = np.sqrt(np.maximum(-numbers["euler"].to_numpy(dtype=np.float64) / 2, 0))
    above = np.empty(len(roots))
    for group in np.unique(seen.group):
        own = seen.group == group
        above[own] = roots[own] - median(roots[own, None])[0]
    with np.errstate(invalid="ignore"):
        runs = np.flatnonzero(above > CENTRED)
    says = [
        f"the root of the negative mean Euler number is {above[run]:.1f} above the median, expected {CENTRED:g} or "
        f"less. {_LOOK}"
        for run in runs
    ]
    high = 1 + (roots - above + CENTRED)[runs] ** 2  # in holes: both hemispheres have 2 - euler
    return _found(seen, numbers, runs, says, 1 + high)


def find_defects_absolute(seen: Seen) -> pd.DataFrame:
    """Find runs whose mean Euler number is below -217."""
    numbers = _numbers(seen)
    if numbers is None:
        return NOTHING
    mean = numbers["euler"].to_numpy(dtype=np.float64) / 2
    with np.errstate(invalid="ignore"):
        runs = np.flatnonzero(mean < ABSOLUTE)
    says = [
        f"the mean Euler number is {mean[run]:.0f}, expected {ABSOLUTE:g} or more, a limit of one study. {_LOOK}"
        for run in runs
    ]
    return _found(seen, numbers, runs, says, np.full(len(runs), 2 - ABSOLUTE))


def _found(seen: Seen, numbers: pd.DataFrame, runs: Positions, says: list[str], high: FloatArray) -> pd.DataFrame:
    labels = {"source": numbers["taken_from"].to_numpy(dtype=object)[runs], "region": GLOBAL, "measure": "SurfaceHoles"}
    holes = numbers["holes"].to_numpy(dtype=np.float64)[runs]
    return of_runs(seen, runs, says, value=holes, low=0.0, high=high, labels={**labels, "unit": "unitless"})


def _numbers(seen: Seen) -> pd.DataFrame | None:
    """Give holes and Euler numbers in the order of the runs; None if the table has none."""
    cells = np.flatnonzero(seen.panel.cells["measure"].isin(_FIELDS).to_numpy() & seen.is_global)
    if not len(cells):
        return None
    people = seen.panel.people[list(SUBJECT_KEY)]
    labels = seen.panel.cells.iloc[cells].to_dict("list")
    # Every run gets its rows: a longitudinal one has no holes of its own, and must be known to get those of its scan.
    long = pd.concat(
        people.assign(**{str(name): own[k] for name, own in labels.items()}, value=seen.panel.values[:, cell])
        for k, cell in enumerate(cells)
    ).reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FsstatsWarning)  # sources that disagree: those of aseg are taken
        found = euler(long)
    keys = list(SUBJECT_KEY)
    return people.astype("str").merge(found.astype(dict.fromkeys(keys, "str")), how="left", on=keys)
