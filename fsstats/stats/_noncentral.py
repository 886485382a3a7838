"""What noncentral t and F distributions say of an effect: tails, and the noncentralities that a t or F speaks for."""

import warnings
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from fsstats._frames import FloatArray

_FAR: Final = 1e4
"""Beyond this t the limits of the noncentrality are proportional to t, and scipy cannot compute the distribution."""
_HALVINGS: Final = 64
"""Halve a bracket so often, and what is left is below the precision of a number."""


def noncentral_t_limits(
    t: npt.ArrayLike, df: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Give the limits of the noncentrality that a t speaks for.

    Parameters
    ----------
    t, df : array_like
        A t and its degrees of freedom.
    conf_level : float, default 0.95
        Of the interval, which is two-sided.

    Returns
    -------
    tuple of ndarray
        The lower and the upper limit; NaN where t is not finite or df not positive.

    Notes
    -----
    The noncentralities with which a t of this size or smaller has the probabilities 0.975 and 0.025, found by halving
    a bracket that is known to hold them.

    Examples
    --------
    >>> low, high = noncentral_t_limits(2.0, 60)
    >>> round(low.item(), 4), round(high.item(), 4)
    (-0.0003, 3.9842)
    """
    value, residual = usable(t, positive=(df,))
    near = np.clip(value, -_FAR, _FAR)
    reach = _reach(np.abs(near), residual, conf_level)

    def probability(noncentrality: FloatArray) -> FloatArray:
        return 1 - noncentral_t_above(near, residual, noncentrality)

    tail = (1 - conf_level) / 2
    low, high = (_falls_to(probability, one, -reach, reach) for one in (1 - tail, tail))
    scale = np.where(near == value, 1.0, value / np.where(near == 0, 1.0, near))
    return low * scale, high * scale


def noncentral_f_limits(
    f: npt.ArrayLike, df_term: npt.ArrayLike, df: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Give the limits of the noncentrality that an F speaks for.

    Parameters
    ----------
    f, df_term, df : array_like
        An F and its degrees of freedom.
    conf_level : float, default 0.95
        Of the interval, which is two-sided.

    Returns
    -------
    tuple of ndarray
        The lower and the upper limit, 0 where there is none above; NaN where F is negative or not finite, or a number
        of degrees of freedom not positive.

    Examples
    --------
    >>> low, high = noncentral_f_limits([0.1, 6.0], 2, 60)
    >>> low.round(3), high.round(3)
    (array([0.   , 1.289]), array([ 2.811, 29.082]))
    """
    value, q, residual = usable(f, positive=(df_term, df))
    value = np.where(value >= 0, value, np.nan)
    near = np.minimum(value, _FAR**2 / q)
    most = _reach(np.sqrt(near * q), residual, conf_level) ** 2

    def probability(noncentrality: FloatArray) -> FloatArray:
        return 1 - noncentral_f_above(near, q, residual, noncentrality)

    tail = (1 - conf_level) / 2
    low, high = (_falls_to(probability, one, np.zeros_like(most), most) for one in (1 - tail, tail))
    scale = np.where(near == value, 1.0, value / np.where(near == 0, 1.0, near))
    return low * scale, high * scale


def noncentral_t_above(t: FloatArray, df: FloatArray, noncentrality: FloatArray) -> FloatArray:
    """Give the probability that a noncentral t is above a value.

    Parameters
    ----------
    t, df, noncentrality : ndarray
        The value, degrees of freedom and noncentrality.

    Returns
    -------
    ndarray
        Probabilities.

    Notes
    -----
    scipy's upper tail of a positive t can always be computed; its lower tail is NaN here and there where it is near 0
    or 1, so it is not used: a negative t is turned round. scipy warns where a tail is 0 to the last digit.

    Examples
    --------
    >>> noncentral_t_above(np.array([2.0, -3.2197]), np.array([60.0, 611.35]), np.array([3.0, 6.1915])).round(4)
    array([0.8394, 1.    ])
    """
    turned = np.where(t < 0, -1.0, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        above = stats.nct.sf(turned * t, df, turned * noncentrality)
    return np.asarray(np.where(turned < 0, 1 - above, above))


def noncentral_f_above(f: FloatArray, df_term: FloatArray, df: FloatArray, noncentrality: FloatArray) -> FloatArray:
    """Give the probability that a noncentral F is above a value.

    Parameters
    ----------
    f, df_term, df, noncentrality : ndarray
        The value, degrees of freedom and noncentrality.

    Returns
    -------
    ndarray
        Probabilities.

    Examples
    --------
    >>> noncentral_f_above(np.array([3.15]), np.array([2.0]), np.array([60.0]), np.array([9.0])).round(4)
    array([0.7484])
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where a tail is 0 to the last digit
        return np.asarray(stats.ncf.sf(f, df_term, df, noncentrality))


def _reach(t: FloatArray, df: FloatArray, conf_level: float) -> FloatArray:
    """Give a noncentrality that is surely beyond the limits of t.

    A noncentral t is at most t only if z + noncentrality <= t s, with s^2 a chi2 by its degrees of freedom: if z is
    below a quantile, or s above one.
    """
    tail = (1 - conf_level) / 8
    return np.asarray(t * np.sqrt(special.chdtri(df, tail) / df) - special.ndtri(tail))


def _falls_to(
    probability: Callable[[FloatArray], FloatArray], to: float, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Find where a falling function falls to a value, between `low` and `high`; `low` where it is below from there."""
    start = low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = probability(middle) > to
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(np.where(low > start, (low + high) / 2, start))


def as_floats(numbers: npt.ArrayLike) -> FloatArray:
    """Give an array of floating-point numbers."""
    return np.asarray(numbers, dtype=np.float64)


def usable(*numbers: npt.ArrayLike, positive: tuple[npt.ArrayLike, ...] = ()) -> list[FloatArray]:
    """Bring numbers to one shape; all are NaN where one is not finite, or one of `positive` not above 0."""
    given = np.broadcast_arrays(*map(as_floats, (*numbers, *positive)))
    fine = np.isfinite(given).all(axis=0) & (np.array(given[len(numbers) :]) > 0).all(axis=0)
    return [np.where(fine, one, np.nan) for one in given]
