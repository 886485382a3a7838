"""Means of groups without covariates: Welch's tests of many regions at once; arrays in, arrays out."""

from typing import NamedTuple

import numpy as np

from fsstats._frames import FloatArray, Positions


class Groups(NamedTuple):
    """Count, mean and standard deviation of every group; arrays of shape (groups, regions)."""

    n: FloatArray
    mean: FloatArray
    sd: FloatArray


def groups_of(values: FloatArray, codes: Positions, n_groups: int) -> Groups:
    """Summarise each group of each region; the deviation of fewer than two values is NaN.

    Parameters
    ----------
    values : ndarray, shape (rows, regions)
        NaN where missing.
    codes : ndarray of int, shape (rows,)
        Each row's group, 0 and up.
    n_groups : int
        How many groups there are.

    Returns
    -------
    Groups
        Summaries.
    """
    present = ~np.isnan(values)
    filled = np.where(present, values, 0.0)
    belongs = (codes == np.arange(n_groups)[:, None]).astype(np.float64)
    n = belongs @ present
    mean = np.divide(belongs @ filled, n, out=np.full(n.shape, np.nan), where=n > 0)
    deviations = np.where(present, values - mean[codes], 0.0)
    squares = belongs @ deviations**2
    sd = np.sqrt(np.divide(squares, n - 1, out=np.full(n.shape, np.nan), where=n > 1))
    rounding = sd <= 1e-12 * np.abs(mean)
    return Groups(n, mean, np.where(rounding, 0.0, sd))


def two_sample(
    groups: Groups, first: int, second: int, *, equal_variance: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compare two groups.

    Parameters
    ----------
    groups : Groups
        Summaries.
    first, second : int
        Which ones: the first less the second.
    equal_variance : bool
        Student's test, else Welch's.

    Returns
    -------
    tuple of ndarray, shape (regions,)
        Difference, standard error, degrees of freedom (Welch-Satterthwaite); NaN where a group has fewer than two
        values or nothing varies.
    """
    n1, n2 = groups.n[first], groups.n[second]
    s1, s2 = groups.sd[first], groups.sd[second]
    with np.errstate(invalid="ignore", divide="ignore"):
        if equal_variance:
            df = n1 + n2 - 2
            error = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df * (1 / n1 + 1 / n2))
        else:
            a, b = s1**2 / n1, s2**2 / n2
            error, df = np.sqrt(a + b), (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    usable = error > 0
    return groups.mean[first] - groups.mean[second], np.where(usable, error, np.nan), np.where(usable, df, np.nan)


def two_of_all(groups: Groups, first: int, second: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compare two groups by the variance within all of them.

    Parameters
    ----------
    groups : Groups
        Summaries.
    first, second : int
        Which ones: the first less the second.

    Returns
    -------
    tuple of ndarray, shape (regions,)
        Difference, standard error, degrees of freedom: values less groups. Groups without values are none; those with
        one count as a group without a variance.
    """
    there = groups.n > 0
    df = groups.n.sum(axis=0) - there.sum(axis=0)
    squares = np.where(groups.n > 1, (groups.n - 1) * np.where(groups.n > 1, groups.sd, 0.0) ** 2, 0.0).sum(axis=0)
    n1, n2 = groups.n[first], groups.n[second]
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(squares / df * (1 / n1 + 1 / n2))
    usable = (error > 0) & (n1 > 1) & (n2 > 1)
    return groups.mean[first] - groups.mean[second], np.where(usable, error, np.nan), np.where(usable, df, np.nan)


def welch_anova(groups: Groups) -> tuple[FloatArray, FloatArray]:
    """Test that all groups have one mean, where their variances may differ.

    Parameters
    ----------
    groups : Groups
        Summaries of two or more groups.

    Returns
    -------
    tuple of ndarray, shape (regions,)
        F and its denominator's degrees of freedom; the numerator's are groups less 1. NaN where a group has fewer than
        two values or does not vary.

    Notes
    -----
    Welch BL (1951). Biometrika 38, 330-336.
    """
    k = len(groups.n)
    with np.errstate(invalid="ignore", divide="ignore"):
        w = np.where(groups.sd > 0, groups.n / groups.sd**2, np.nan)
        share = w / w.sum(axis=0)
        centre = (share * groups.mean).sum(axis=0)
        left = ((1 - share) ** 2 / (groups.n - 1)).sum(axis=0)
        f = (w * (groups.mean - centre) ** 2).sum(axis=0) / (k - 1) / (1 + 2 * (k - 2) / (k**2 - 1) * left)
        return f, (k**2 - 1) / (3 * left)


def one_way(groups: Groups) -> tuple[FloatArray, FloatArray]:
    """Test that all groups have one mean, with one variance: F and the denominator's degrees of freedom.

    Parameters
    ----------
    groups : Groups
        Summaries of two or more groups.

    Returns
    -------
    tuple of ndarray, shape (regions,)
        F and residual degrees of freedom.
    """
    k, n = len(groups.n), groups.n.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (groups.n * groups.mean).sum(axis=0) / n
        between = (groups.n * (groups.mean - centre) ** 2).sum(axis=0) / (k - 1)
        within = ((groups.n - 1) * groups.sd**2).sum(axis=0) / (n - k)
        return np.where(within > 0, between / within, np.nan), np.where(within > 0, n - k, np.nan)
