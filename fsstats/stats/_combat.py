"""ComBat on arrays: what sites add to regions and by how much they stretch them, with and without empirical Bayes."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from fsstats._frames import FloatArray, Positions
from fsstats.errors import TableError
from fsstats.stats import _ols

Prior = Literal["parametric", "nonparametric", "none"]
_SETTLED: Final = 1e-12
"""The iteration ends when no site's shift (in SD) and no site's variance (relative) changes by more."""
_MOST_STEPS: Final = 100_000


class Rows(NamedTuple):
    """What is known of the rows of the values."""

    site: Positions
    """Which site a row is of, 0 and up."""
    n_sites: int
    covariates: FloatArray
    """What is to be kept, without intercept; shape (rows, covariates)."""
    subject: Positions
    """Which subject a row is of, 0 and up without gaps."""


@dataclass(frozen=True, slots=True)
class Estimation:
    """How the sites' effects are estimated."""

    prior: Prior = "parametric"
    mean_only: bool = False
    by_size: bool = False
    """With `mean_only`, weigh a site's own shift by its number of rows; sva and its ports take every site for one."""
    reference: int | None = None
    """The site that stays as it is, to which the others are brought."""


@dataclass(frozen=True, slots=True)
class Common:
    """What the sites have in common, of each region."""

    mean: FloatArray
    """Shape (regions,): the mean of all rows, or of the reference site, where all covariates are 0."""
    slopes: FloatArray
    """Of the covariates, shape (covariates, regions)."""
    scale: FloatArray
    """Shape (regions,): standard deviation of the residuals; NaN where a region's own rows do not give the model."""
    site: FloatArray
    """What each site adds to `mean`, before any shrinkage, shape (sites, regions)."""

    def expected(self, covariates: FloatArray) -> FloatArray:
        """Give what is expected of each row without the site, shape (rows, regions)."""
        return self.mean + covariates @ self.slopes


@dataclass(frozen=True, slots=True)
class SiteEffects:
    """What each site does to standardised regions; every array has the shape (sites, regions)."""

    n: FloatArray
    """Rows."""
    raw_shift: FloatArray
    """Mean of the standardised values."""
    raw_variance: FloatArray
    """Their variance; NaN where there is one row only."""
    shift: FloatArray
    """What is subtracted."""
    variance: FloatArray
    """By the root of what is divided."""


def common_of(values: FloatArray, rows: Rows, reference: int | None = None) -> Common:
    """Fit sites and covariates to each region by least squares, each on the rows that have its value.

    Parameters
    ----------
    values : ndarray, shape (rows, regions)
        NaN where missing.
    rows : Rows
        Their sites and covariates.
    reference : int, optional
        The site whose mean and residual variance are taken, instead of those of all rows.

    Returns
    -------
    Common
        Variances are divided by the number of rows, not by the degrees of freedom, as in Johnson 2007.
    """
    fits = _ols.fit(values, site_design(rows), keep_residuals=True)
    own = slice(None) if reference is None else rows.site == reference
    squares = (fits.residuals[own] ** 2).sum(axis=0)  # the residual of a missing value is 0
    variance = squares / np.isfinite(values[own]).sum(axis=0)
    coefficients = fits.coefficients @ fits.turn.T  # of the design, out of those of its orthonormal basis
    return centred(values, rows, coefficients, np.where(np.isnan(fits.df), np.nan, variance), reference)


def site_design(rows: Rows) -> FloatArray:
    """Give a column for each site, then the covariates."""
    return np.column_stack([np.eye(rows.n_sites)[rows.site], rows.covariates])


def centred(
    values: FloatArray, rows: Rows, coefficients: FloatArray, variance: FloatArray, reference: int | None = None
) -> Common:
    """Part the sites' means into what is common, their mean over rows or that of the reference, and the rest."""
    means, slopes = coefficients[:, : rows.n_sites].T, coefficients[:, rows.n_sites :].T
    n = rows_of(values, rows.site, rows.n_sites)
    mean = (n * means).sum(axis=0) / n.sum(axis=0) if reference is None else means[reference]
    return Common(mean, slopes, np.sqrt(variance), means - mean)


def rows_of(values: FloatArray, site: Positions, n_sites: int) -> FloatArray:
    """Count the values of each region at each site, shape (sites, regions)."""
    there = np.isfinite(values)
    return np.array([there[site == one].sum(axis=0) for one in range(n_sites)], dtype=np.float64)


def sites_of(standard: FloatArray, site: Positions, n_sites: int, choices: Estimation) -> SiteEffects:
    """Estimate what each site does to standardised regions.

    Parameters
    ----------
    standard : ndarray, shape (rows, regions)
        Values less what is expected of them, in SD; NaN where missing.
    site : ndarray of int, shape (rows,)
        The site of each row.
    n_sites : int
        How many there are.
    choices : Estimation
        How.

    Returns
    -------
    SiteEffects
        With a prior, drawn towards what the site does to all these regions.
    """
    n, mean, variance = _moments(standard, site, n_sites)
    spread = np.ones_like(variance) if choices.mean_only else variance
    if choices.prior == "none":
        shift, variance_of_site = mean, spread
    elif choices.prior == "nonparametric":
        shift, variance_of_site = _nonparametric(n, mean, variance, spread)
    elif choices.mean_only:
        weight = n if choices.by_size else np.ones_like(n)
        shift, variance_of_site = _towards_mean(mean, weight, np.ones_like(mean)), spread
    else:
        shift, variance_of_site = _parametric(n, mean, variance)
    if choices.reference is not None:
        stays = np.arange(n_sites)[:, None] == choices.reference
        shift, variance_of_site = np.where(stays, 0.0, shift), np.where(stays, 1.0, variance_of_site)
    return SiteEffects(n, mean, variance, shift, variance_of_site)


def _moments(standard: FloatArray, site: Positions, n_sites: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give number, mean and variance of each region at each site."""
    n = rows_of(standard, site, n_sites)
    mean, variance = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    for one in range(n_sites):
        own = standard[site == one]
        there = np.isfinite(own)
        some, several = n[one] > 0, n[one] > 1
        mean[one, some] = np.where(there, own, 0.0).sum(axis=0)[some] / n[one, some]
        squares = (np.where(there, own - mean[one], 0.0) ** 2).sum(axis=0)
        variance[one, several] = squares[several] / (n[one, several] - 1)
    return n, mean, variance


def _towards_mean(mean: FloatArray, n: FloatArray, variance: FloatArray) -> FloatArray:
    """Draw the shifts of a site to their mean over regions, the more the fewer rows and the larger their variance."""
    prior, between = mean.mean(axis=1, keepdims=True), mean.var(axis=1, ddof=1, keepdims=True)
    return np.asarray((n * between * mean + variance * prior) / (n * between + variance))


def _parametric(n: FloatArray, mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find the fixed point of Johnson's equations, normal prior for shifts and inverse gamma for variances.

    With the prior's moments m and s (mean and variance of the variances over regions), lambda = 2 + m^2 / s and
    theta = m + m^3 / s; both fractions are multiplied by s here, so that equal variances are no division by 0.
    """
    m, s = variance.mean(axis=1, keepdims=True), variance.var(axis=1, ddof=1, keepdims=True)
    now = variance
    for _ in range(_MOST_STEPS):
        shift = _towards_mean(mean, n, now)
        squares = (n - 1) * variance + n * (mean - shift) ** 2
        then = (s * (m + squares / 2) + m**3) / (s * (n / 2 + 1) + m**2)
        settled = (np.abs(then - now) <= _SETTLED * now).all()
        now = then
        if settled:
            return _towards_mean(mean, n, now), now
    message = "the empirical Bayes estimates did not settle; try empirical_bayes=False"
    raise TableError(message)


def _nonparametric(
    n: FloatArray, mean: FloatArray, variance: FloatArray, spread: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weigh the shifts and variances of all other regions by the likelihood of a region's values under them."""
    shift, found = np.empty_like(mean), np.empty_like(mean)
    for one in range(len(n)):
        rows, within = n[one][:, None], np.where(n[one] > 1, (n[one] - 1) * variance[one], 0.0)[:, None]
        squares = within + rows * (mean[one][:, None] - mean[one]) ** 2
        weight = -rows / 2 * np.log(spread[one]) - squares / (2 * spread[one])
        np.fill_diagonal(weight, -np.inf)
        weight = np.exp(weight - weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        shift[one], found[one] = weight @ mean[one], weight @ spread[one]
    return shift, found


def without_sites(standard: FloatArray, site: Positions, sites: SiteEffects) -> FloatArray:
    """Take the sites out of standardised values."""
    return (standard - sites.shift[site]) / np.sqrt(sites.variance[site])
