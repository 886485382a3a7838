"""Linear mixed models of many regions on one design, by (restricted) likelihood; arrays in, arrays out."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

import numpy as np

from fsstats._frames import FloatArray, Positions
from fsstats.stats._moments import Products
from fsstats.tables.panel import BoolArray

_STEP: Final = 2e-4
"""Of the central differences by which the search finds its way."""
_WIDE_STEP: Final = 1e-3
"""Of those that the degrees of freedom rest on: second differences are more exposed to rounding."""
_FAR: Final = 12.0
"""Roots of variance ratios are sinh(u); beyond this u nothing varies within groups that could be told from rounding."""
_NO_WORSE: Final = 1e-8
"""A variance is 0 if that makes the deviance worse by no more than this."""
_MOST_STEPS: Final = 60
_FLAT: Final = 1e-8
"""Curvature of the deviance below which nothing is known of a direction (as in R's lmerTest)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Regions with the same columns and kinds of random effects. Made anew for each call."""

    products: Products
    """Of the random effects that have many groups."""
    starts: tuple[tuple[float, ...], ...]
    """For each parameter, where the search may begin."""
    diagonal: tuple[bool, ...]
    """For each parameter, whether it is the root of a variance, whose sign means nothing."""
    factor: Positions
    """For each of the first columns, those of random effects with few groups, which parameter scales it."""
    n_columns: int
    """Of the design."""
    dof: FloatArray
    """(regions,): what the residual variance is divided by."""
    reml: bool


class Solution(NamedTuple):
    """What a problem has for an answer, one row a region."""

    theta: FloatArray
    """(regions, parameters): roots of the variances, in units of the residual's."""
    rss: FloatArray
    """(regions,): the residual variance times `Problem.dof`."""
    logs: FloatArray
    """(regions,): the log determinants in the deviance."""
    estimate: FloatArray
    """(regions, combinations)"""
    variance: FloatArray
    """(regions, combinations): of the estimates."""
    df: FloatArray
    """(regions, combinations): Satterthwaite's degrees of freedom."""
    singular: BoolArray
    converged: BoolArray


def solve(problem: Problem, combinations: FloatArray) -> Solution:
    """Find the variances that make the likelihood greatest, and what follows from them.

    Parameters
    ----------
    problem : Problem
        The regions.
    combinations : ndarray, shape (k, columns)
        What is to be estimated: a combination of the design's coefficients a row.

    Returns
    -------
    Solution
        The answer.

    Notes
    -----
    Newton's method for all regions at once, with central differences, from the best point of a coarse grid; a
    variance is set to 0 where the likelihood is no worse. Satterthwaite's degrees of freedom are 2 v^2 / (g' C g): v
    is the variance of an estimate, g its gradient along the variance parameters (the residual's too), and C twice the
    inverse of the deviance's Hessian along them (Giesbrecht and Burns 1985; Kuznetsova and others 2017). The roots of
    the variance ratios are the parameters. So at a variance of 0 both slopes are 0, and the term adds nothing.
    """
    everyone = np.arange(len(problem.dof))

    def deviance(u: FloatArray, which: Positions) -> FloatArray:
        logs, rss = _parts(problem, *_moments(problem, u, which))
        return logs + problem.dof[which] * np.log(rss)

    point, converged = _minimum(deviance, _best(deviance, problem, everyone))
    point = _positive(problem, _at_zero(deviance, problem, point))
    moments, log_det = _moments(problem, point, everyone)
    logs, rss = _parts(problem, moments, log_det)
    estimate, spread = _estimates(problem, moments, combinations)
    s2 = rss / problem.dof
    df = _satterthwaite(problem, point, s2, combinations)
    return Solution(
        theta=np.sinh(point),
        rss=rss,
        logs=logs,
        estimate=estimate,
        variance=spread * s2[:, None],
        df=df,
        singular=(point[:, list(problem.diagonal)] == 0).any(axis=1),
        converged=converged & np.isfinite(rss) & (np.abs(point) < _FAR).all(axis=1),
    )


def _moments(problem: Problem, u: FloatArray, which: Positions) -> tuple[FloatArray, FloatArray]:
    """Give the mixed model equations: random effects with few groups as columns that are shrunk."""
    theta, k = np.sinh(u), len(problem.factor)
    moments, log_det = problem.products(theta, which)
    if k:
        scale = theta[:, problem.factor]
        moments[:, :k] *= scale[:, :, None]
        moments[:, :, :k] *= scale[:, None, :]
        moments[:, np.arange(k), np.arange(k)] += 1.0
    return moments, log_det


def _parts(problem: Problem, moments: FloatArray, log_det: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the log determinants in the deviance, and the residual sum of squares."""
    roots = np.einsum("rii->ri", _cholesky(moments))
    own = roots[:, : len(problem.factor) + (problem.n_columns if problem.reml else 0)]
    return log_det + 2.0 * np.log(own).sum(axis=1), roots[:, -1] ** 2


def _cholesky(matrices: FloatArray) -> FloatArray:
    """Factorise each matrix; those that cannot be are infinite."""
    try:
        return np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.full_like(matrices, np.inf)
        return np.concatenate([_cholesky(one[None]) for one in matrices])


def _estimates(problem: Problem, moments: FloatArray, combinations: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the combinations, and their variances in units of the residual's."""
    k, p = len(problem.factor), moments.shape[1] - 1
    inverse = np.linalg.inv(moments[:, :p, :p])
    estimate = np.einsum("rij,rj->ri", inverse[:, k:], moments[:, :p, p]) @ combinations.T
    spread = np.einsum("qi,rij,qj->rq", combinations, inverse[:, k:, k:], combinations, optimize=True)
    return estimate, spread


Function = Callable[[FloatArray, Positions], FloatArray]
"""From points, shape (regions, k), and the places of these regions, to numbers, shape (regions,) or (regions, m)."""


def _differences(
    function: Function, point: FloatArray, which: Positions, step: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give a function, its gradient and its Hessian, (regions, k, ...) and (regions, k, k, ...)."""
    with np.errstate(invalid="ignore"):  # where the function is infinite
        return _central(function, point, which, step)


def _central(
    function: Function, point: FloatArray, which: Positions, step: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    k = point.shape[1]
    middle = function(point, which)
    gradient = np.empty((len(point), k, *middle.shape[1:]))
    hessian = np.empty((len(point), k, k, *middle.shape[1:]))
    bend = []  # what both sides of each direction add up to
    for i, move in enumerate(step * np.eye(k)):
        above, below = function(point + move, which), function(point - move, which)
        gradient[:, i] = (above - below) / (2.0 * step)
        bend.append(above + below - 2.0 * middle)
        hessian[:, i, i] = bend[i] / step**2
        for j in range(i):
            both = move + step * np.eye(k)[j]
            mixed = function(point + both, which) + function(point - both, which) - 2.0 * middle
            hessian[:, i, j] = hessian[:, j, i] = (mixed - bend[i] - bend[j]) / (2.0 * step**2)
    return middle, gradient, hessian


def _best(deviance: Function, problem: Problem, which: Positions) -> FloatArray:
    """Choose for each region the best point of a grid."""
    grid = np.array(list(product(*problem.starts)))
    found = np.stack([deviance(np.broadcast_to(one, (len(which), len(one))), which) for one in grid])
    best: FloatArray = grid[np.argmin(found, axis=0)]
    return best


def _minimum(deviance: Function, start: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Walk downhill by Newton's method, each region until it is at the bottom."""
    point = start.copy()
    active = np.arange(len(point))
    for _ in range(_MOST_STEPS):
        value, gradient, hessian = _differences(deviance, point[active], active, _STEP)
        step = _newton_step(gradient, hessian)
        gain = -np.einsum("ri,ri->r", step, gradient)
        here, moved = _downhill(deviance, point[active], step, value, active)
        point[active] = here
        done = (np.abs(step).max(axis=1) < 1e-6) | (gain < 1e-10) | ~moved | (np.abs(here) >= _FAR).any(axis=1)
        active = active[~done]
        if not len(active):
            break
    return point, ~np.isin(np.arange(len(point)), active)


def _newton_step(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    """Step to the bottom of the parabola, downhill where it has none, no longer than 1."""
    usable = _all_finite(hessian, gradient[:, None])
    values, vectors = np.linalg.eigh(np.where(usable[:, None, None], hessian, np.eye(gradient.shape[1])))
    curvature = np.maximum(np.abs(values), 1e-6)
    along = np.einsum("rij,ri->rj", vectors, np.where(usable[:, None], gradient, 0.0))
    step: FloatArray = -np.einsum("rij,rj->ri", vectors, along / curvature)
    step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1.0)
    return step


def _all_finite(*matrices: FloatArray) -> BoolArray:
    """Say of which regions all elements are finite."""
    finite = np.stack([np.isfinite(one).all(axis=(1, 2)) for one in matrices])
    return np.asarray(finite.all(axis=0), dtype=np.bool_)


def _downhill(
    deviance: Function, point: FloatArray, step: FloatArray, value: FloatArray, which: Positions
) -> tuple[FloatArray, BoolArray]:
    """Go as much of the step as makes the deviance no worse; say where that was any of it."""
    here, left = point.copy(), np.arange(len(point))
    for halved in range(20):
        trial = np.clip(point[left] + step[left] * 0.5**halved, -_FAR, _FAR)
        better = deviance(trial, which[left]) <= value[left]
        here[left[better]] = trial[better]
        left = left[~better]
        if not len(left):
            break
    return here, ~np.isin(np.arange(len(point)), left)


def _at_zero(deviance: Function, problem: Problem, point: FloatArray) -> FloatArray:
    """Set variances to 0 where that is no worse, and look for the best of the others again."""
    here, everyone = point.copy(), np.arange(len(point))
    value = deviance(here, everyone)
    for place in np.flatnonzero(problem.diagonal):
        trial = here.copy()
        trial[:, place] = 0.0
        good = deviance(trial, everyone) <= value + _NO_WORSE
        here[good] = trial[good]
    moved = np.flatnonzero((here != point).any(axis=1))
    if len(moved) and len(problem.diagonal) > 1:
        again, _ = _minimum(lambda u, which: deviance(u, moved[which]), here[moved])
        here[moved] = np.where((here[moved] == 0.0) & problem.diagonal, 0.0, again)
    return here


def _positive(problem: Problem, point: FloatArray) -> FloatArray:
    """Give roots of variances the sign +; a covariance's part turns with that before it."""
    here = point.copy()
    for place, is_root in enumerate(problem.diagonal):
        turned = here[:, place] < 0
        if is_root:
            here[turned, place] *= -1.0
            if place + 1 < len(problem.diagonal) and not problem.diagonal[place + 1]:
                here[turned, place + 1] *= -1.0
    return here


def _satterthwaite(problem: Problem, point: FloatArray, s2: FloatArray, combinations: FloatArray) -> FloatArray:
    """Give the degrees of freedom of each combination."""

    def parts(u: FloatArray, which: Positions) -> FloatArray:
        moments, log_det = _moments(problem, u, which)
        logs, rss = _parts(problem, moments, log_det)
        spread = _estimates(problem, moments, combinations)[1]
        return np.column_stack([logs + rss / s2[which], rss / s2[which], spread])

    k = point.shape[1]
    middle, gradient, curved = _differences(parts, point, np.arange(len(point)), _WIDE_STEP)
    hessian = np.empty((len(point), k + 1, k + 1))
    hessian[:, :k, :k] = curved[..., 0]
    hessian[:, :k, k] = hessian[:, k, :k] = -gradient[:, :, 1]
    hessian[:, k, k] = problem.dof
    slope = np.concatenate([gradient[:, :, 2:], middle[:, None, 2:]], axis=1)
    usable = _all_finite(hessian)
    values, vectors = np.linalg.eigh(np.where(usable[:, None, None], hessian, np.eye(k + 1)))
    known = values > _FLAT
    inverse = np.where(known, 1.0, 0.0) / np.where(known, values, 1.0)
    uncertain = 2.0 * np.einsum("rj,rjq->rq", inverse, np.einsum("rij,riq->rjq", vectors, slope) ** 2)
    df = np.full(uncertain.shape, np.nan)
    np.divide(2.0 * middle[:, 2:] ** 2, uncertain, out=df, where=usable[:, None] & (uncertain > 0))
    return df
