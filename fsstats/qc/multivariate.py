"""Runs whose regions, taken together, are unlike those of the others: a robust Mahalanobis distance."""

from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from fsstats._frames import FloatArray, Positions
from fsstats.qc._judgements import NOTHING, figure, of_runs, together
from fsstats.qc._robust import by_mad
from fsstats.qc._seen import Seen
from fsstats.qc.outliers import widened
from fsstats.tables.panel import BoolArray, number

_MEASURES: Final = ("volume", "area", "thickness")
_P: Final = 0.001
_LEAST_RUNS: Final = 30
_LEAST_CELLS: Final = 5
_MISSING: Final = 0.2
"""A region that more of the runs lack is left out, and so is a run that lacks more of the regions."""
_CORE: Final = 0.75
"""Share of the runs that the covariance is estimated from, those nearest to the middle."""
_STEPS: Final = 10
_FOLDS: Final = 5
_FAR: Final = 3.0
_OUT: Final = 0.01
"""A run with a smaller p-value is left out of the covariance."""


def find_multivariate(seen: Seen) -> pd.DataFrame:
    """Judge each run by the distance of all regions of one measure (volume, area, thickness)."""
    if len(seen.panel.people) < _LEAST_RUNS:
        return NOTHING
    cells = seen.panel.cells[seen.judged & ~seen.is_global & seen.panel.cells["measure"].isin(_MEASURES).to_numpy()]
    kind, first = number(cells, ["source", "measure"])
    return together(
        _of_kind(seen, cells.index.to_numpy()[kind == k], str(cells["source"].iloc[at]), str(cells["measure"].iloc[at]))
        for k, at in enumerate(first)
    )


def _of_kind(seen: Seen, cells: Positions, source: str, measure: str) -> pd.DataFrame:
    z = seen.scores.z[:, cells]
    z = z[:, np.isnan(z).mean(axis=0) <= _MISSING]
    rows = np.flatnonzero(np.isnan(z).mean(axis=1) <= _MISSING) if z.shape[1] >= _LEAST_CELLS else np.empty(0, int)
    subject = pd.factorize(seen.panel.people["subject"].iloc[rows])[0].astype(np.intp)
    if subject.max(initial=0) + 1 < _LEAST_RUNS:
        return NOTHING
    squared = distances(np.where(np.isnan(z[rows]), 0.0, z[rows]), subject)
    p, limit = p_values(squared, subject)
    odd = np.flatnonzero(p < _P)
    says = [
        f"the {z.shape[1]} regions of {measure} ({source}), taken together, are unlike those of the other runs: "
        f"squared distance {figure(squared[k])}, expected {figure(limit)} or less (p = {p[k]:.1g}). "
        "Look at the whole segmentation"
        for k in odd
    ]
    labels = {"source": source, "measure": measure, "unit": "unitless"}
    return of_runs(seen, rows[odd], says, value=squared[odd], low=0.0, high=limit, labels=labels)


def distances(z: FloatArray, subject: Positions) -> FloatArray:
    r"""Give the squared robust Mahalanobis distance of each run, which had no part in its own covariance.

    Parameters
    ----------
    z : ndarray, shape (runs, regions)
        Robustly scaled values, none missing; there may be more regions than runs.
    subject : ndarray of int, shape (runs,)
        Whose they are.

    Returns
    -------
    ndarray, shape (runs,)
        :math:`(z - \mu)^T \Sigma^{-1} (z - \mu)`.

    Notes
    -----
    The three quarters of the runs that are nearest to the middle are found by concentration steps, as for the minimum
    covariance determinant [1]_, here with a covariance shrunk towards the identity by Ledoit and Wolf's formula [2]_,
    so that there is one with fewer runs than regions as well. The start is the covariance of values cut at 3 robust
    deviations, as in the deterministic variant [3]_: no random draws. Runs far out by these distances are then left
    out, and each fifth of the subjects is measured by a covariance of the other four fifths. Of a subject with several
    runs only the first one is used for the covariance.

    References
    ----------
    .. [1] Rousseeuw PJ, Van Driessen K (1999). Technometrics 41, 212-223.
    .. [2] Ledoit O, Wolf M (2004). Journal of Multivariate Analysis 88, 365-411.
    .. [3] Hubert M, Rousseeuw PJ, Verdonck T (2012). Journal of Computational and Graphical Statistics 21, 618-637.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = rng.standard_normal((60, 5))
    >>> z[7] = [3, -3, 3, -3, 3]
    >>> int(distances(z, np.arange(60)).argmax())
    7
    """
    first = np.unique(subject, return_index=True)[1]
    core = np.zeros(len(z), dtype=np.bool_)
    core[first] = _core(z[first])
    fold = subject % _FOLDS
    found = np.empty(len(z))
    for k in range(_FOLDS):
        found[fold == k] = _squared(z[fold == k], z[core & (fold != k)])
    return found


def _core(z: FloatArray) -> BoolArray:
    """Say which runs are not far out."""
    squared = _squared(z, np.clip(z, -_FAR, _FAR))
    n_core = int(np.ceil(_CORE * len(z)))
    kept = np.argsort(squared, kind="stable")[:n_core]
    for _ in range(_STEPS):
        squared = _squared(z, z[kept])
        nearest = np.argsort(squared, kind="stable")[:n_core]
        if set(nearest) == set(kept):
            break
        kept = nearest
    p, _ = p_values(squared, np.arange(len(z)))
    return np.asarray(p >= _OUT)


def _squared(z: FloatArray, sample: FloatArray) -> FloatArray:
    """Give squared distances from the middle of a sample, by its shrunk covariance."""
    return squared_mahalanobis(z - sample.mean(axis=0), shrunk_covariance(sample))


def squared_mahalanobis(rest: FloatArray, covariance: FloatArray) -> FloatArray:
    """Give the squared Mahalanobis distance of each row from the middle, shape (runs,).

    Examples
    --------
    >>> squared_mahalanobis(np.array([[2.0, 0.0], [0.0, 3.0]]), np.diag([4.0, 9.0]))
    array([1., 1.])
    """
    return np.asarray(np.einsum("ij,ij->i", rest, np.linalg.solve(covariance, rest.T).T))


def shrunk_covariance(sample: FloatArray) -> FloatArray:
    """Give the covariance of a sample, shape (runs, regions), shrunk towards the identity as Ledoit and Wolf do.

    Examples
    --------
    >>> shrunk_covariance(np.array([[1.0, 2.0], [-1.0, -2.0], [2.0, 1.0], [-2.0, -1.0]])).round(2)
    array([[2.5 , 1.72],
           [1.72, 2.5 ]])
    """
    n, p = sample.shape
    rest = sample - sample.mean(axis=0)
    plain = rest.T @ rest / n
    middle = np.trace(plain) / p
    away = ((plain - middle * np.eye(p)) ** 2).sum()
    square = rest**2
    noise = ((square.T @ square).sum() / n - (plain**2).sum()) / n
    share = min(noise, away) / away if away > 0 else 0.0
    return np.asarray((1 - share) * plain + share * middle * np.eye(p))


def p_values(squared: FloatArray, subject: Positions) -> tuple[FloatArray, float]:
    r"""Give how probable so large a distance is, and the distance that has a probability of 1 in 1,000.

    Parameters
    ----------
    squared : ndarray, shape (runs,)
        Squared distances of the cohort.
    subject : ndarray of int, shape (runs,)
        Whose they are.

    Returns
    -------
    tuple of (ndarray, float)
        p-values of the upper tail, and the limit.

    Notes
    -----
    The squared distance of normal values is a multiple of :math:`\chi^2` where the covariance is known; estimated, and
    shrunk, it changes both the multiple and the degrees of freedom. The cube root of such a variable is normal to good
    approximation (Wilson and Hilferty), so its median and MAD over the subjects say where 1 in 1,000 begins; as both
    vary in small cohorts, the deviations are divided by 1 + 10 / n.
    """
    root = np.cbrt(squared)
    first = np.unique(subject, return_index=True)[1]
    centre, scale = by_mad(root[first, None])
    wide = scale[0] * float(widened(np.array(len(first)), 1.0))
    z = (root - centre[0]) / wide if wide > 0 else np.zeros(len(root))
    return np.asarray(norm.sf(z)), float((centre[0] + norm.isf(_P) * wide) ** 3)
