"""Head-size adjustment on arrays: slopes of all regions at once, and what they make of the values."""

from typing import Final, NamedTuple

import numpy as np

from fsstats._frames import FloatArray
from fsstats.stats._ols import fit, linear
from fsstats.stats._rank import dependent_columns
from fsstats.tables.panel import BoolArray

CENTRED: Final = "_centred"
"""Ends the name of the column of centred head sizes."""
FEWEST: Final = 3
"""Rows for a straight line and what is left of it."""


class SizeSlopes(NamedTuple):
    """A slope a region; arrays of shape (regions,)."""

    estimate: FloatArray
    """NaN where there is none."""
    std_error: FloatArray
    df: FloatArray
    n: FloatArray
    """Rows with a value."""


def size_slopes(values: FloatArray, sizes: FloatArray, others: FloatArray) -> SizeSlopes:
    """Fit the slope of every region on the size of the head.

    Parameters
    ----------
    values : ndarray, shape (rows, regions)
        NaN where missing; each region is fitted on its own rows.
    sizes : ndarray, shape (rows,)
        The size of the head, without missing values.
    others : ndarray, shape (rows, columns)
        What the slope is adjusted for, beside a constant. Columns that depend on each other do no harm.

    Returns
    -------
    SizeSlopes
        No slope (NaN) where the head size does not vary, or not beside the others.

    Examples
    --------
    >>> size_slopes(np.array([[1.0], [2.0], [4.0], [4.5]]), np.array([1.0, 2.0, 3.0, 4.0]), np.empty((4, 0))).estimate
    array([1.25])
    """
    present = np.isfinite(values)
    n = present.sum(axis=0)
    found = _slopes(values, sizes, others)
    for place in np.flatnonzero(np.isnan(found[0]) & (n >= FEWEST) & (n < len(values))):
        rows = present[:, place]  # where a level of the others has no value, its column says nothing
        found[:, place] = _slopes(values[rows, place : place + 1], sizes[rows], others[rows])[:, 0]
    return SizeSlopes(found[0], found[1], found[2], n.astype(np.float64))


def _slopes(values: FloatArray, sizes: FloatArray, others: FloatArray) -> FloatArray:
    """Give slope, standard error and degrees of freedom, shape (3, regions)."""
    columns = _independent(sizes, others) if len(sizes) >= FEWEST else None
    if columns is None or len(columns) <= columns.shape[1]:
        return np.full((3, values.shape[1]), np.nan)
    fits = fit(values, columns)
    found = linear(fits, np.eye(columns.shape[1])[-1:])
    return np.stack([found.estimate[:, 0], found.std_error[:, 0], fits.df])


def is_given(sizes: FloatArray, others: FloatArray) -> bool:
    """Say whether a constant and the others determine the head size, so that it has no slope beside them.

    Examples
    --------
    >>> is_given(np.array([1.0, 2.0, 4.0]), np.array([[3.0], [5.0], [9.0]]))
    True
    """
    return _independent(sizes, others) is None


def _independent(sizes: FloatArray, others: FloatArray) -> FloatArray | None:
    """Give a constant, those of the others that no other gives, and the head size; None if these give the head size."""
    middle = sizes - sizes.mean()
    if np.abs(middle).max() <= 1e-12 * np.abs(sizes).max():
        return None
    columns = np.column_stack([np.ones(len(sizes)), others, middle])
    last = columns.shape[1] - 1
    given = {one.column for one in dependent_columns(columns, [str(place) for place in range(last + 1)])}
    return None if last in given else columns[:, [place for place in range(last + 1) if place not in given]]


def logs(values: FloatArray) -> FloatArray:
    """Take logarithms; NaN of what has none.

    Examples
    --------
    >>> logs(np.array([1.0, 0.0, -1.0, np.nan]))
    array([ 0., nan, nan, nan])
    """
    return np.log(values, out=np.full(values.shape, np.nan), where=positive(values))


def positive(values: FloatArray) -> BoolArray:
    """Say which values are positive and finite."""
    return np.isfinite(values) & (values > 0)


def residual(values: FloatArray, sizes: FloatArray, slope: FloatArray, mean: FloatArray) -> FloatArray:
    """Take away what a head larger than the mean adds: y - b (v - mean).

    Examples
    --------
    >>> residual(np.array([4000.0]), np.array([1.6e6]), np.array([0.002]), np.array([1.5e6]))
    array([3800.])
    """
    return values - slope * (sizes - mean)


def rescaled(values: FloatArray, factor: FloatArray, exponent: FloatArray) -> FloatArray:
    """Multiply by a power of a factor of the head: mean / v, 1 / v, or the scaling to standard space.

    Examples
    --------
    >>> rescaled(np.array([4000.0]), np.array([1.5e6 / 1.6e6]), np.array([1.0]))
    array([3750.])
    """
    scaled: FloatArray = values * factor**exponent
    return scaled
