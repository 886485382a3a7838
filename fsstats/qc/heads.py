"""The size of the head against the brain in it."""

from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, some_of
from fsstats.errors import TableError
from fsstats.qc._judgements import NOTHING, figure, of_cohort, of_runs, together
from fsstats.qc._robust import Scores, fitted_by, scores_of
from fsstats.qc._seen import Seen
from fsstats.qc.outliers import limit_by_mad
from fsstats.schema import GLOBAL
from fsstats.stats._icv import Finding, findings, head_of
from fsstats.tables.panel import BoolArray

_SEVERITIES: Final = {"positive": "error", "unit": "error", "brain": "error", "missing": "note"}
"""Of the checks of `check_head_size`; of the others: warning."""
_MUCH: Final = 0.03
"""Head sizes of a person's sessions that differ by more are worth a look; by less most of them do."""
_BRAIN: Final = "BrainSegVol"


def find_head_sizes(seen: Seen) -> pd.DataFrame:
    """Take over what `check_head_size` finds: missing, another unit, implausible, smaller than the brain, varying."""
    if seen.head is None:
        return NOTHING
    try:
        head = head_of(seen.panel, seen.head)
    except TableError:  # it stands in several files, and none of them is aseg
        return NOTHING
    found = list(findings(seen.panel, head))
    far = _spread(seen, head.sizes) > _MUCH
    varying = [one.runs & ~far for one in found if one.check == "varies"]
    parts = [_said(seen, one, head.sizes, one.runs & far if one.check == "varies" else one.runs) for one in found]
    return together([*parts, *(_varying(seen, runs) for runs in varying if runs.any())])


def _spread(seen: Seen, sizes: FloatArray) -> FloatArray:
    """Give the part by which the head sizes of a person's sessions of one stream differ."""
    people = seen.panel.people
    groups = pd.Series(sizes).groupby([people["subject"], people["stream"]], dropna=False, observed=True)
    spread = (groups.transform("max") - groups.transform("min")) / groups.transform("mean")
    return spread.to_numpy(dtype=np.float64)


def _varying(seen: Seen, runs: BoolArray) -> pd.DataFrame:
    """Note once for the cohort what is so of most runs that have a head size of their own."""
    n = seen.panel.people.loc[runs, "subject"].nunique()
    of = f"{seen.head} of {n} subject{'' if n == 1 else 's'}"
    text = (
        f"{of} differs between sessions, by {100 * _MUCH:g} % at the most. "
        "A skull does not change: models of change may take one head size of each subject, that of its base"
    )
    return of_cohort(text, "note")


def _said(seen: Seen, one: Finding, sizes: FloatArray, which: BoolArray) -> pd.DataFrame:
    runs = np.flatnonzero(which)
    says = [f"{one.each[run]}. {_advice(seen, one, run)}" for run in runs.tolist()]
    labels = {"region": GLOBAL, "measure": str(seen.head), "unit": "mm^3"}
    severity = _SEVERITIES.get(one.check, "warning")
    return of_runs(seen, runs, says, value=sizes[runs], severity=severity, labels=labels)


def _advice(seen: Seen, one: Finding, run: int) -> str:
    """Say what to look at, of the files that a run has."""
    if one.check == "unit":
        return "Look at where this number comes from"
    own = np.array([measure == seen.head for measure in seen.measure]) & seen.is_global
    if one.check != "missing" or seen.has[run, own].any():
        return "Look at the registration to the atlas (talairach.xfm)"
    sources = seen.panel.cells["source"].astype("str").to_numpy()
    there = sorted({*sources[own]})
    there = ["aseg"] if "aseg" in there else there
    theirs = sorted({*sources[seen.has[run]]})
    if not {*there} & {*theirs}:
        has = f"It stands in {' or '.join(there)}, and this run has only {some_of(theirs, 3)}"
        return f"{has}. Read that file too, or leave the run out of models with {seen.head}"
    return f"Look at the header of {' and '.join(there)}, and at which version wrote it"


def find_brain_in_head(seen: Seen) -> pd.DataFrame:
    """Judge the share of the head that the brain fills, and the brain that so large a head lets expect."""
    places = {name: _first(seen, name) for name in (_BRAIN, seen.head) if name is not None}
    if len(places) < 2 or any(place is None for place in places.values()):
        return NOTHING
    brain, head = (np.where(own > 0, own, np.nan) for own in (seen.panel.values[:, place] for place in places.values()))
    share, size = np.log(brain / head)[:, None], np.log(head)
    line = fitted_by(np.log(brain)[:, None], np.column_stack([np.ones(len(size)), size]))
    by_share = scores_of(share, seen.group)
    by_line = scores_of(np.log(brain)[:, None], seen.group, expected=line)
    return _judged(seen, by_share, by_line, np.exp(share[:, 0]), size)


def _judged(seen: Seen, by_share: Scores, by_line: Scores, share: FloatArray, size: FloatArray) -> pd.DataFrame:
    threshold = limit_by_mad(seen, by_share)[:, 0]
    with np.errstate(invalid="ignore"):
        odd = [np.abs(scores.z[:, 0]) > threshold for scores in (by_share, by_line)]
    runs = np.flatnonzero(odd[0] | odd[1])
    share_limits = [np.exp(by_share.centre[:, 0] + side * threshold * by_share.scale[:, 0]) for side in (-1, 1)]
    line_limits = [np.exp(by_line.centre[:, 0] + side * threshold * by_line.scale[:, 0] - size) for side in (-1, 1)]
    low, high = (np.where(odd[0], one, other)[runs] for one, other in zip(share_limits, line_limits, strict=True))
    says = [
        f"{_BRAIN} is {share[run]:.2f} of {seen.head} {figure(np.exp(size[run]))} mm^3, expected {a:.2f} to {b:.2f}"
        f"{'' if odd[0][run] else ' in so large a head'}. Look at talairach.xfm, and at the brain mask"
        for run, a, b in zip(runs, low, high, strict=True)
    ]
    labels = {"region": GLOBAL, "measure": f"{_BRAIN}-to-{seen.head}", "unit": "unitless"}
    return of_runs(seen, runs, says, value=share[runs], low=low, high=high, labels=labels)


def _first(seen: Seen, name: str) -> int | None:
    """Find the cell of a header Measure: of aseg, or of the first file that has it."""
    own = np.flatnonzero(np.array([one == name for one in seen.measure]) & seen.is_global)
    of_aseg = [place for place in own if seen.panel.cells["source"].iloc[place] == "aseg"]
    return next((int(place) for place in (*of_aseg, *own)), None)
