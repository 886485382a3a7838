"""Differences between sites in mean and in variance, in every region."""

import re
import warnings
from collections.abc import Collection

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, require
from fsstats.errors import FormulaError, FsstatsWarning, TableError
from fsstats.stats._fitting import FittedModels, LinearChoices, fitted
from fsstats.stats._formula import variables_of
from fsstats.stats._ols import f_p_value, wald
from fsstats.stats._results import results_table
from fsstats.stats._terms import right_side
from fsstats.stats.effect_sizes import partial_eta_squared
from fsstats.tables.panel import BoolArray

_TERMS = ("site (mean)", "site (variance)")


def site_effects(
    table: pd.DataFrame,
    *,
    site: str = "site",
    keep: str | Collection[str] = "",
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    r"""Test in every region whether sites differ in mean, and whether they differ in variance.

    Parameters
    ----------
    table : DataFrame
        A long table with a column for the site, before or after `harmonise`.
    site : str
        The name of that column.
    keep : str or collection of str
        What sites are to be compared beside: the right side of a formula, best as for `harmonise`.
    allow : str or collection of str
        What may be mixed in one model; as for `regress`.
    conf_level : float
        Of the intervals of the effect size.

    Returns
    -------
    DataFrame
        The results table, two rows a region. ``site (mean)``: F of the site beside `keep` (type II).
        ``site (variance)``: F of Brown and Forsythe. ``effect_size`` is partial eta squared: of the variance that
        `keep` leaves, and of that of the deviations from the sites' medians. There is no estimate.

    Raises
    ------
    ColumnsError, UnknownNameError, FormulaError, TableError
        As for `regress`; and if there are fewer than two sites, or `keep` cannot be told from the site.

    Notes
    -----
    The variance is tested by an analysis of variance of :math:`|e_{ij} - \mathrm{median}_i(e)|`, where e are the
    residuals from `keep` and the sites' means [1]_, as R's ``car::leveneTest`` of residuals does. With ten runs a site
    or fewer it finds less than it could. Rows without a variable or a region's value are left out and counted.

    The p-values hold before harmonisation. After it they are too large, since the sites' means were taken out of the
    same data: they only say whether the harmonisation did what it should.

    References
    ----------
    .. [1] Brown MB, Forsythe AB (1974). Robust tests for the equality of variances. Journal of the American Statistical
       Association 69, 364-367.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, sites=("A", "B"), seed=1)
    ...     table = join(load(made.root, sources=["aparc"], measures=["thickness"]), made.participants)
    >>> found = site_effects(table, keep="age + sex")
    >>> found[["hemi", "region", "term", "df_term", "df"]].head(2)
      hemi    region             term  df_term    df
    0   lh  bankssts      site (mean)      1.0  36.0
    1   lh  bankssts  site (variance)      1.0  38.0
    """
    require(table, [site], needed_by="site_effects")
    formula = f"C(`{site}`)"
    beside = right_side(keep, table)
    if beside:
        if site in variables_of(beside):
            raise FormulaError.at(beside, expected="what is there beside the site", found=f"the site itself, {site}")
        formula = f"{beside} + {formula}"
    choices = LinearChoices(allow=allow, conf_level=conf_level)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", f"{re.escape(site)} has only one level", FsstatsWarning)  # an error here
        done = fitted(table, formula, choices, needed_by="site_effects", keep_residuals=True)
    levels = done.model.design.levels[site]
    if len(levels) < 2:
        message = f"{site}: expected at least 2 sites to compare, found {', '.join(levels)}"
        raise TableError(message)
    f, df_term, df = (
        np.column_stack(pair) for pair in zip(_of_means(done, site), _of_variances(done, site), strict=True)
    )
    size = partial_eta_squared(f, df_term, df, conf_level=conf_level)
    return results_table(
        done.model.panel.cells,
        _TERMS,
        statistic=f,
        df_term=df_term,
        df=df,
        p_value=f_p_value(f, df_term, df),
        effect_size=size.size,
        effect_name="partial_eta_squared",
        effect_low=size.low,
        effect_high=size.high,
        n=done.fits.n[:, None],
        n_missing=done.n_missing[:, None],
        method=[f"{done.method}; F, type II", f"Brown-Forsythe F of the residuals; {done.method}"],
        note=done.notes[:, None],
    )


def _of_means(done: FittedModels, site: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give F and its degrees of freedom of the sites' means."""
    columns = [place for one in done.model.design.effects if one.variables == (site,) for place in one.columns]
    f, q = wald(done.fits, np.eye(len(done.model.design.columns))[columns])
    return f, np.full(f.shape, float(q)), done.fits.df


def _of_variances(done: FittedModels, site: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give Brown and Forsythe's F and its degrees of freedom."""
    codes = done.model.design.data[site].cat.codes.to_numpy().astype(np.intp)
    n_sites = len(done.model.design.levels[site])
    usable = np.isfinite(done.fits.sigma)
    f = np.full(len(usable), np.nan)
    df = np.where(usable, done.fits.n - n_sites, np.nan)
    if usable.any():
        f[usable] = brown_forsythe(done.fits.residuals[:, usable], done.fits.present[:, usable], codes, n_sites)
    return f, np.full(len(usable), n_sites - 1.0), df


def brown_forsythe(values: FloatArray, present: BoolArray, group: Positions, n_groups: int) -> FloatArray:
    """Test whether groups have the same variance.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        What is tested, column by column.
    present : ndarray of bool
        Which of them count; every group has one at least in every column.
    group : ndarray of int, shape (rows,)
        The group of each row, 0 and up.
    n_groups : int
        How many there are.

    Returns
    -------
    ndarray, shape (columns,)
        F with n_groups - 1 and n - n_groups degrees of freedom; NaN if nothing varies within groups.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0, 0.0, 4.0, 9.0])[:, None]
    >>> brown_forsythe(values, np.isfinite(values), np.array([0, 0, 0, 1, 1, 1]), 2)
    array([2.22727273])
    """
    deviations = np.where(present, values, np.nan)
    for one in range(n_groups):
        own = group == one
        deviations[own] = np.abs(deviations[own] - np.nanmedian(deviations[own], axis=0))
    n = np.array([present[group == one].sum(axis=0) for one in range(n_groups)], dtype=np.float64)
    means = np.array([np.nanmean(deviations[group == one], axis=0) for one in range(n_groups)])
    total = n.sum(axis=0)
    between = (n * (means - np.nanmean(deviations, axis=0)) ** 2).sum(axis=0) / (n_groups - 1)
    inside = np.nansum((deviations - means[group]) ** 2, axis=0) / np.maximum(total - n_groups, 1)
    there = (inside > 0) & (total > n_groups)
    return np.where(there, between / np.where(there, inside, 1.0), np.nan)
