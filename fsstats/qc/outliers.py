"""Values far from those of the other runs: within region and measure, by MAD or by ENIGMA's rule."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, require
from fsstats.errors import TableError, UnknownNameError
from fsstats.qc._judgements import NOTHING, between, figure, look_at, of_cohort, of_runs, of_values, together
from fsstats.qc._robust import LEAST, Scores, by_mad, by_sd, scores_of
from fsstats.qc._seen import Seen, compared, seen_of
from fsstats.schema import LONG
from fsstats.tables.panel import BoolArray

Method = Literal["mad", "enigma"]
METHODS: Final = get_args(Method)
THRESHOLDS: Final = {"mad": 3.5, "enigma": 2.698}
"""Beyond so many deviations a value is an outlier: 1.4826 MAD from the median, or standard deviations from the mean."""
_ESTIMATES: Final = {"mad": by_mad, "enigma": by_sd}
_SMALL: Final = 10.0
"""In a cohort of n people the rules' threshold is 1 + 10 / n times as large: so a small one has no more false rows."""
_MANY: Final = 0.1
"""A run with a larger share of outliers than this is odd as a whole."""
_LEAST_MANY: Final = 5


def outliers(
    table: pd.DataFrame,
    *,
    method: Method = "mad",
    threshold: float | None = None,
    covariates: Sequence[str] = (),
    site: str | None = None,
    skewed: Literal["log", "plain"] = "log",
) -> pd.DataFrame:
    r"""Say of every value how far it is from those of the other runs, and whether it is an outlier.

    Parameters
    ----------
    table : DataFrame
        A long table, perhaps with people's columns.
    method : {"mad", "enigma"}
        ``mad``: deviations from the median in units of 1.4826 times the median absolute deviation. ``enigma``:
        deviations from the mean in standard deviations.
    threshold : float, optional
        Beyond it a value is an outlier: 3.5 by MAD, 2.698 standard deviations by ENIGMA's rule.
    covariates : str or sequence of str
        What values are adjusted for first: columns of the people (age, sex), header Measures (``eTIV``).
    site : str, optional
        The column of sites, each compared within itself; runs without a site are compared with each other, and a
        warning says how many there are.
    skewed : {"log", "plain"}
        How ventricles, choroid plexus, WM hypointensities and the like are compared, whose values are skewed to the
        right: by their logarithms (a value of 0 is then not judged), or as they are.

    Returns
    -------
    DataFrame
        With the table's index, row by row: ``z``, the deviation; ``expected_low`` and ``expected_high``, the limits
        in the value's unit; ``n``, the values compared; ``is_outlier``; and ``note``, why a value was not judged.

    Raises
    ------
    ColumnsError, FormulaError, TableError
        If it is no long table, or a column cannot be a covariate.
    UnknownNameError
        If there is no such method or column.

    Warns
    -----
    FsstatsWarning
        If runs lack their site.

    Notes
    -----
    .. math:: z = \frac{y - \operatorname{med}(y)}{1.4826 \operatorname{med} |y - \operatorname{med}(y)|}

    for each source, hemisphere, region and measure, within each processing stream (and site). 3.5 is the usual limit
    of the modified z score [1]_; 2.698 standard deviations, where the whiskers of a normal box plot end, is what
    ENIGMA's protocol lists [2]_, though there extreme values widen the limits that ought to find them.

    With covariates y is the residual of a robust regression (Huber's weights, then Tukey's bisquare), so that an
    outlier does not bend the line that it is judged by. Where a site or stream has fewer than 10 values, its values
    are compared with the whole cohort's. With fewer than 10 values, or if more than half are the same number, nothing
    can be said: ``z`` is NaN and ``is_outlier`` False.

    An outlier is a value to look at, not one to leave out; report results with and without.

    References
    ----------
    .. [1] Iglewicz B, Hoaglin DC (1993). How to detect and handle outliers. ASQC Quality Press.
    .. [2] ENIGMA cortical and subcortical protocols: outlier scripts.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": [f"s{k}" for k in range(12)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> table = table.assign(value=[3.0, 3.1, 2.9, 3.05, 2.95, 3.0, 3.1, 2.9, 3.2, 2.8, 3.0, 1.2])
    >>> flags = outliers(table)
    >>> table[flags["is_outlier"]]["subject"].tolist(), float(flags["z"].min().round(1))
    (['s11'], -12.1)
    >>> len(table[~flags["is_outlier"]])
    11
    """
    if method not in METHODS:
        raise UnknownNameError.among("method", str(method), METHODS)
    if skewed not in {"log", "plain"}:
        raise UnknownNameError.among("way for skewed values", str(skewed), ["log", "plain"])
    limit = THRESHOLDS[method] if threshold is None else threshold
    if not limit > 0:
        message = f"threshold: expected a positive number of deviations, found {threshold}"
        raise TableError(message)
    require(table, LONG, needed_by="outliers")
    seen = seen_of(table, needed_by="outliers", covariates=covariates, site=site)
    is_log = seen.is_log if skewed == "log" else np.zeros(len(seen.panel.cells), dtype=np.bool_)
    scores = _scored(seen, method, is_log)
    row, column = seen.panel.row, seen.panel.column
    low, high = limits(scores, is_log, row, column, limit)
    z = scores.z[row, column]
    flags = {"z": z, "expected_low": low, "expected_high": high, "n": scores.n[row, column]}
    notes = _why_not(seen, scores)
    return pd.DataFrame({**flags, "is_outlier": np.abs(z) > limit, "note": notes}, index=table.index).astype(
        {"n": "int64", "note": "str"}
    )


def _scored(seen: Seen, method: Method, is_log: BoolArray) -> Scores:
    if method == "mad" and is_log is seen.is_log:
        return seen.scores
    values = compared(seen.panel.values, is_log)
    return scores_of(values, seen.group, expected=seen.expected_of(values), estimate=_ESTIMATES[method])


def limits(
    scores: Scores, is_log: BoolArray, runs: Positions, cells: Positions, threshold: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give what was to be expected of single values, in their own unit."""
    centre, half = scores.centre[runs, cells], scores.scale[runs, cells] * threshold
    log = is_log[cells]
    low, high = centre - half, centre + half
    return np.where(log, np.exp(np.where(log, low, 0)), low), np.where(log, np.exp(np.where(log, high, 0)), high)


def _why_not(seen: Seen, scores: Scores) -> list[str | None]:
    """Say of each row of the table why it was not judged."""
    row, column = seen.panel.row, seen.panel.column
    value, z = seen.panel.values[row, column], scores.z[row, column]
    few, flat = scores.n[row, column] < LEAST, np.isnan(scores.scale[row, column])
    texts = np.full(len(row), None, dtype=object)
    unjudged = np.isnan(z)
    texts[unjudged] = "a covariate is missing, 0 has no logarithm, or the value is infinite"
    texts[unjudged & flat] = "hardly varies"
    texts[unjudged & few] = f"fewer than {LEAST} values to compare with"
    texts[np.isin(column, seen.variables)] = "it is a covariate itself"
    texts[np.isnan(value)] = "missing"
    return list(texts)


def widened(n: FloatArray, threshold: float) -> FloatArray:
    """Give the threshold for cohorts of n people: the median and MAD of few values vary."""
    return np.asarray(threshold * (1 + _SMALL / np.maximum(n, 1.0)))


def limit_by_mad(seen: Seen, scores: Scores) -> FloatArray:
    """Give the threshold of each score by MAD, shape as theirs; sessions of one person, who are alike, count once."""
    return widened(scores.n * seen.people_per_run, THRESHOLDS["mad"])


def find_outliers(seen: Seen) -> pd.DataFrame:
    """Judge every value by the median and MAD of the other runs."""
    if len(seen.panel.people) < LEAST:
        n = len(seen.panel.people)
        text = f"{n} run{'' if n == 1 else 's'} to compare: outliers are looked for from {LEAST} runs on"
        return of_cohort(text, "note") if n else NOTHING
    threshold = limit_by_mad(seen, seen.scores)
    found = _judged(seen, seen.scores, seen.is_log, threshold, "robust deviations from the median")
    return together([found, _without_covariate(seen)])


def _without_covariate(seen: Seen) -> pd.DataFrame:
    """Note the runs that no outlier can be found in."""
    if seen.design is None:
        return NOTHING
    runs = np.flatnonzero(np.isnan(seen.design).any(axis=1))
    return of_runs(
        seen, runs, ["a covariate is missing, so no outliers were looked for here"] * len(runs), severity="note"
    )


def find_enigma(seen: Seen) -> pd.DataFrame:
    """Judge every value by mean and standard deviation."""
    plain = np.zeros(len(seen.panel.cells), dtype=np.bool_)
    scores = _scored(seen, "enigma", plain)
    threshold = np.full(scores.z.shape, THRESHOLDS["enigma"])
    return _judged(seen, scores, plain, threshold, "standard deviations from the mean")


def _judged(seen: Seen, scores: Scores, is_log: BoolArray, threshold: FloatArray, what: str) -> pd.DataFrame:
    with np.errstate(invalid="ignore"):
        runs, cells = np.nonzero((np.abs(scores.z) > threshold) & seen.judged)
    low, high = limits(scores, is_log, runs, cells, threshold[runs, cells])
    value, z, unit = seen.panel.values[runs, cells], scores.z[runs, cells], seen.panel.cells["unit"].to_numpy(object)
    adjusted = "" if seen.design is None else " after adjustment"
    says = [
        f"{seen.names[cell]} is {figure(v)}, expected {between(a, b, unit[cell])}: {d:+.1f} {what}{adjusted}. {at}"
        for cell, v, a, b, d, at in zip(
            cells, value, low, high, z, look_at(seen.of_surface[cells], seen.is_global[cells]), strict=True
        )
    ]
    return of_values(seen, runs, cells, says, low=low, high=high)


def find_many(seen: Seen) -> pd.DataFrame:
    """Find runs of which many values are outliers: the whole run is odd, not a region."""
    with np.errstate(invalid="ignore"):
        far = (np.abs(seen.scores.z) > limit_by_mad(seen, seen.scores)) & seen.judged
    n_far, n = far.sum(axis=1), (~np.isnan(seen.scores.z) & seen.judged).sum(axis=1)
    share = n_far / np.maximum(n, 1)
    runs = np.flatnonzero((share > _MANY) & (n_far >= _LEAST_MANY))
    says = [
        f"{n_far[run]} of {n[run]} values are outliers ({100 * share[run]:.1f} %), expected at most "
        f"{100 * _MANY:.0f} %. Look at the whole run: image, brain mask, registration"
        for run in runs
    ]
    return of_runs(seen, runs, says, value=share[runs], low=0.0, high=_MANY, labels={"unit": "unitless"})
