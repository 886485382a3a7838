"""Medians, deviations and robust regressions of many columns at once; arrays in, arrays out."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from fsstats._frames import FloatArray, Positions
from fsstats.tables.panel import BoolArray

CONSISTENT: Final = 1.4826
"""What makes the standard deviation of normal values of their median absolute deviation."""
LEAST: Final = 10
"""Fewer values than this tell nothing of how much values vary."""
_HUBER: Final = 1.345
_BISQUARE: Final = 4.685
"""Usual constants: 95 % as good as least squares where all is normal."""
_STEPS: Final = 10
_NOTHING: Final = 1e-9
"""A spread below this part of the values is rounding."""
Estimate = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Values, shape (runs, cells), to centre and scale of each cell."""


class Scores(NamedTuple):
    """How far values are from the others; arrays of shape (runs, cells), NaN where that cannot be said."""

    z: FloatArray
    centre: FloatArray
    """What was to be expected."""
    scale: FloatArray
    n: FloatArray
    """Values that each was compared with, itself included."""


def median(values: FloatArray) -> FloatArray:
    """Give the median of each column, missing values left out; NaN where there is none.

    Examples
    --------
    >>> median(np.array([[1.0, np.nan], [3.0, np.nan], [8.0, np.nan]]))
    array([ 3., nan])
    """
    if not len(values):
        return np.full(values.shape[1], np.nan)
    ordered = np.sort(values, axis=0)  # missing values go last
    n, columns = (~np.isnan(values)).sum(axis=0), np.arange(values.shape[1])
    middle: FloatArray = (ordered[(n - 1) // 2, columns] + ordered[n // 2, columns]) / 2
    return middle


def by_mad(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the median and 1.4826 times the median absolute deviation of each column."""
    centre = median(values)
    return centre, CONSISTENT * median(np.abs(values - centre))


def by_sd(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give mean and standard deviation (by n - 1) of each column."""
    n = (~np.isnan(values)).sum(axis=0).astype(np.float64)
    n[n < 2] = np.nan
    mean = np.nansum(values, axis=0) / n
    return mean, np.sqrt(np.nansum((values - mean) ** 2, axis=0) / (n - 1))


def scores_of(
    values: FloatArray, group: Positions, *, expected: FloatArray | None = None, estimate: Estimate = by_mad
) -> Scores:
    """Compare each value with the others of its group.

    Parameters
    ----------
    values : ndarray, shape (runs, cells)
        NaN where missing.
    group : ndarray of int, shape (runs,)
        The group of each run. Where a group has fewer than `LEAST` values of a cell, the whole cohort stands in.
    expected : ndarray, shape (runs, cells), optional
        What a model expects; then it is the residuals that are compared.
    estimate : callable
        Centre and scale: `by_mad`, `by_sd`.

    Returns
    -------
    Scores
        NaN where there are fewer than `LEAST` values, or they do not vary.
    """
    rest = values if expected is None else values - expected
    whole, n_whole = _estimated(rest, values, estimate), (~np.isnan(rest)).sum(axis=0)
    centre, scale = (np.broadcast_to(one, rest.shape) for one in whole)
    n = np.broadcast_to(n_whole, rest.shape).astype(np.float64)
    numbers = np.unique(group)
    if len(numbers) > 1:
        centre, scale = centre.copy(), scale.copy()
        for number in numbers:
            rows = group == number
            n_own = (~np.isnan(rest[rows])).sum(axis=0)
            own, enough = _estimated(rest[rows], values[rows], estimate), n_own >= LEAST
            for all_of_them, of_group in zip((centre, scale, n), (*own, n_own), strict=True):
                all_of_them[rows] = np.where(enough, of_group, all_of_them[rows])
    with np.errstate(invalid="ignore"):
        usable = (n >= LEAST) & (scale > 0)
    scale = np.where(usable, scale, np.nan)
    return Scores((rest - centre) / scale, centre if expected is None else centre + expected, scale, n)


def _estimated(rest: FloatArray, values: FloatArray, estimate: Estimate) -> tuple[FloatArray, FloatArray]:
    """Give centre and scale of residuals; none where the values have none: a model makes equal ones differ."""
    centre, scale = estimate(rest)
    rounding = _NOTHING * np.nanmax(np.abs(values), axis=0, initial=0.0)
    varies = (scale > rounding) & (rest is values or estimate(values)[1] > rounding)
    return centre, np.where(varies, scale, 0.0)


def fitted_by(values: FloatArray, matrix: FloatArray) -> FloatArray:
    """Give what robust regressions of each column on a design expect, shape as `values`.

    Parameters
    ----------
    values : ndarray, shape (runs, cells)
        NaN where missing.
    matrix : ndarray, shape (runs, columns)
        The design; a run without one of the variables has NaN.

    Returns
    -------
    ndarray
        NaN for runs without a variable, and for cells with fewer than `LEAST` more values than the design has columns.

    Notes
    -----
    Iteratively reweighted least squares, ten steps with Huber's weights (1.345) and ten with Tukey's bisquare (4.685),
    which give a value far from the others no weight at all. The scale is that of the median absolute residual.
    """
    complete = ~np.isnan(matrix).any(axis=1)
    found = np.full(values.shape, np.nan)
    if complete.sum() < matrix.shape[1] + LEAST:
        return found
    basis = np.linalg.qr(matrix[complete])[0]
    own = values[complete]
    present = ~np.isnan(own)
    y, weights = np.where(present, own, 0.0), present.astype(np.float64)
    coefficients = np.zeros((own.shape[1], basis.shape[1]))
    for step in range(2 * _STEPS):
        coefficients = _solved(basis, y, weights)
        rest = np.where(present, np.abs(y - basis @ coefficients.T), np.nan)
        weights = _weights(rest, present, bisquare=step >= _STEPS)
    enough = present.sum(axis=0) >= basis.shape[1] + LEAST
    found[complete] = np.where(enough, basis @ coefficients.T, np.nan)
    return found


def _solved(basis: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Solve the weighted normal equations of each column."""
    k = basis.shape[1]
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), k * k)
    normal = (products.T @ weights).T.reshape(-1, k, k)
    right = (basis.T @ (weights * y)).T
    found: FloatArray = np.einsum("cij,cj->ci", np.linalg.pinv(normal, hermitian=True), right)
    return found


def _weights(rest: FloatArray, present: BoolArray, *, bisquare: bool) -> FloatArray:
    scale = CONSISTENT * median(rest)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(present & (scale > 0), rest / scale, 0.0)
        huber = np.where(far > _HUBER, _HUBER / far, 1.0)
    tukey = np.where(far < _BISQUARE, (1 - (far / _BISQUARE) ** 2) ** 2, 0.0)
    return np.where(present, tukey if bisquare else huber, 0.0)


def joined_groups(columns: Sequence[Positions]) -> Positions:
    """Give each combination of several groupings a number.

    Examples
    --------
    >>> joined_groups([np.array([0, 0, 1]), np.array([0, 1, 1])])
    array([0, 1, 2])
    """
    return np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
