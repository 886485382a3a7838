"""Array core of meta-analysis: estimates of many regions by several sites, pooled at once.

Arrays have the shape (sites, regions). A site that a region does not have is NaN there, in both arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from scipy import special

from fsstats._frames import FloatArray

MetaMethod = Literal["REML", "DL", "EE", "ML", "PM"]
METHODS: Final = get_args(MetaMethod)
MetaTest = Literal["knha", "adhoc", "z"]
TESTS: Final = get_args(MetaTest)
_HALVINGS: Final = 80
_AGREES: Final = 1e-20
"""A weighted square below this is the rounding of the last digits."""
_STEPS: Final = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 49)])
"""Where the likelihood is looked at first, in parts of the largest tau2 that the estimates allow."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Pooled estimates, each of the shape (regions,)."""

    k: FloatArray
    """Sites that a region has."""
    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray
    low: FloatArray
    high: FloatArray
    tau2: FloatArray
    """Variance between sites; NaN of one site, 0 with the method EE."""
    tau2_low: FloatArray
    tau2_high: FloatArray
    i2: FloatArray
    """In per cent."""
    h2: FloatArray
    q: FloatArray
    q_df: FloatArray
    q_p: FloatArray
    prediction_low: FloatArray
    prediction_high: FloatArray
    weights: FloatArray
    """Shape (sites, regions), in per cent; NaN where a region does not have the site."""


@dataclass(frozen=True, slots=True)
class _Sites:
    """Estimates and variances, 0 where a site is not there, and where it is."""

    y: FloatArray
    variance: FloatArray
    there: FloatArray
    """1 or 0."""

    @property
    def k(self) -> FloatArray:
        return np.asarray(self.there.sum(axis=0))

    @property
    def range2(self) -> FloatArray:
        """Square of the range of the estimates: no variance between sites is likelier than that."""
        out = self.there == 0
        highest = np.where(out, -np.inf, self.y).max(axis=0, initial=-np.inf)
        lowest = np.where(out, np.inf, self.y).min(axis=0, initial=np.inf)
        return np.asarray(np.where(highest > lowest, highest - lowest, 0.0) ** 2)

    def weights(self, tau2: FloatArray) -> FloatArray:
        return np.asarray(self.there / np.where(self.there > 0, self.variance + tau2, 1.0))


@dataclass(frozen=True, slots=True)
class _Moments:
    """What follows from the weights of one tau2."""

    weights: FloatArray
    total: FloatArray
    mean: FloatArray
    residuals: FloatArray
    q: FloatArray
    """Weighted sum of squares about the mean."""
    typical: FloatArray
    """Sum of weights less what each has of itself: the expected q of a unit of tau2."""


def _moments(sites: _Sites, tau2: FloatArray) -> _Moments:
    weights = sites.weights(tau2)
    total = weights.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    mean = (weights * sites.y).sum(axis=0) / safe
    residuals = (sites.y - mean) * sites.there
    q = (weights * residuals**2).sum(axis=0)
    return _Moments(weights, total, mean, residuals, q, total - (weights**2).sum(axis=0) / safe)


def pool(
    estimates: FloatArray, std_errors: FloatArray, *, method: MetaMethod, test: MetaTest, conf_level: float = 0.95
) -> Pooled:
    """Pool estimates of several sites, region by region.

    Parameters
    ----------
    estimates, std_errors : ndarray, shape (sites, regions)
        NaN in both where a region does not have the site; standard errors are positive.
    method : {"REML", "DL", "EE", "ML", "PM"}
        How the variance between sites is estimated.
    test : {"knha", "adhoc", "z"}
        By Knapp and Hartung's t, by the same with a standard error never below that of z, or by z.
    conf_level : float, default 0.95
        Of all intervals.

    Returns
    -------
    Pooled
        Of one site its own numbers, with z; NaN where there is no site.

    Examples
    --------
    >>> found = pool(np.array([[-0.3], [-0.5]]), np.array([[0.1], [0.1]]), method="REML", test="z")
    >>> found.estimate.round(3), found.tau2.round(3)
    (array([-0.4]), array([0.01]))
    """
    there = np.isfinite(estimates) & np.isfinite(std_errors)
    sites = _Sites(np.where(there, estimates, 0.0), np.where(there, std_errors, 0.0) ** 2, there.astype(np.float64))
    k, tail = sites.k, (1 - conf_level) / 2
    several = k > 1
    common = _moments(sites, np.zeros_like(k))
    tau2 = np.where(several, _ESTIMATORS[method](sites, common), 0.0)
    found = _moments(sites, tau2)
    std_error, df = _tested(found, k, test)
    estimate = np.where(k > 0, found.mean, np.nan)
    statistic = _ratio(estimate, std_error)
    reach = _quantile(df, tail)
    spread = np.hypot(std_error, np.sqrt(tau2)) if method != "EE" else np.full_like(k, np.nan)
    spread = np.where(several, spread, np.nan)
    i2, h2 = _heterogeneity(common, k, tau2, method)
    tau2_low, tau2_high = (_tau2_where_q_is(sites, _chi2(k - 1, one)) for one in (1 - tail, tail))
    no_spread = ~several | (method == "EE")
    percent = 100 * found.weights / np.where(k > 0, found.total, 1.0)
    return Pooled(
        k=k,
        estimate=estimate,
        std_error=std_error,
        statistic=statistic,
        df=np.where(k > 0, df, np.nan),
        p_value=2 * _lower_tail(df, -np.abs(statistic)),
        low=estimate - reach * std_error,
        high=estimate + reach * std_error,
        tau2=np.where(several, tau2, np.nan),
        tau2_low=np.where(no_spread, np.nan, tau2_low),
        tau2_high=np.where(no_spread, np.nan, tau2_high),
        i2=i2,
        h2=h2,
        q=np.where(several, common.q, np.where(k > 0, 0.0, np.nan)),
        q_df=np.where(k > 0, k - 1, np.nan),
        q_p=np.where(several, special.chdtrc(np.maximum(k - 1, 1), common.q), np.nan),
        prediction_low=estimate - reach * spread,
        prediction_high=estimate + reach * spread,
        weights=np.where(there, percent, np.nan),
    )


def _tested(found: _Moments, k: FloatArray, test: MetaTest) -> tuple[FloatArray, FloatArray]:
    """Give the standard error of the mean, and the degrees of freedom of its test."""
    plain = np.where(k > 0, 1 / np.sqrt(np.where(k > 0, found.total, 1.0)), np.nan)
    if test == "z":
        return plain, np.full_like(k, np.inf)
    # Sites that agree exactly have no dispersion, and then there is no t.
    dispersion = np.where(found.q > _AGREES * k, found.q / np.maximum(k - 1, 1), np.nan)
    if test == "adhoc":
        dispersion = np.fmax(dispersion, 1.0)
    return np.where(k > 1, plain * np.sqrt(dispersion), plain), np.where(k > 1, k - 1, np.inf)


def _heterogeneity(
    common: _Moments, k: FloatArray, tau2: FloatArray, method: MetaMethod
) -> tuple[FloatArray, FloatArray]:
    """Give I2 in per cent and H2; of a model without variance between sites they come from Q."""
    if method == "EE":
        q = np.where(k > 1, common.q, np.nan)
        return 100 * np.maximum(1 - _ratio(k - 1, q, at_zero=np.inf), 0.0), _ratio(q, k - 1)
    typical = _ratio(k - 1, common.typical)
    typical = np.where(k > 1, typical, np.nan)
    return 100 * tau2 / (tau2 + typical), 1 + tau2 / typical


def _by_moments(_: _Sites, common: _Moments) -> FloatArray:
    """DerSimonian and Laird's tau2."""
    excess = common.q - ((common.weights > 0).sum(axis=0) - 1)
    return np.maximum(_ratio(excess, common.typical), 0.0)


def _by_q(sites: _Sites, _: _Moments) -> FloatArray:
    """Paule and Mandel's tau2: Q is what is expected of it."""
    return _tau2_where_q_is(sites, sites.k - 1)


def _tau2_where_q_is(sites: _Sites, target: FloatArray) -> FloatArray:
    """Find where Q, which falls as tau2 grows, is so large; 0 where it is never that large."""
    target = np.where(target > 0, target, np.nan)
    # The squares about any mean add up to at most k range2 / 4, so with this tau2 Q is below its target.
    most = sites.k * sites.range2 / (4 * target)
    return _where_positive_ends(lambda tau2: _moments(sites, tau2).q - target, np.zeros_like(most), most)


def _by_likelihood(sites: _Sites, _: _Moments) -> FloatArray:
    return _likeliest(sites, restricted=False)


def _by_restricted_likelihood(sites: _Sites, _: _Moments) -> FloatArray:
    return _likeliest(sites, restricted=True)


_ESTIMATORS: Final[dict[MetaMethod, Callable[[_Sites, _Moments], FloatArray]]] = {
    "EE": lambda sites, _: np.zeros_like(sites.k),
    "DL": _by_moments,
    "PM": _by_q,
    "ML": _by_likelihood,
    "REML": _by_restricted_likelihood,
}


def _likeliest(sites: _Sites, *, restricted: bool) -> FloatArray:
    """Find the tau2 of the largest likelihood: the best of some steps, then where the slope beside it is 0."""
    places = _STEPS[:, None] * sites.range2
    values = np.stack([_log_likelihood(sites, tau2, restricted=restricted) for tau2 in places])
    best = np.argmax(values, axis=0)
    columns = np.arange(places.shape[1])
    low = places[np.maximum(best - 1, 0), columns]
    high = places[np.minimum(best + 1, len(places) - 1), columns]
    return _where_positive_ends(lambda tau2: _slope(sites, tau2, restricted=restricted), low, high)


def _log_likelihood(sites: _Sites, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    """Give twice the log likelihood, up to a constant."""
    found = _moments(sites, tau2)
    log_weights = np.log(np.where(sites.there > 0, found.weights, 1.0)).sum(axis=0)
    of_mean = np.log(np.where(found.total > 0, found.total, 1.0)) if restricted else 0.0
    return np.asarray(log_weights - found.q - of_mean)


def _slope(sites: _Sites, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    """Give twice the slope of the log likelihood."""
    found = _moments(sites, tau2)
    grows = (found.weights**2 * found.residuals**2).sum(axis=0)
    return np.asarray(grows - (found.typical if restricted else found.total))


def _where_positive_ends(function: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray) -> FloatArray:
    """Find where a function turns from positive to negative; the lower end where it is nowhere positive."""
    start = low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        positive = function(middle) > 0
        low, high = np.where(positive, middle, low), np.where(positive, high, middle)
    return np.asarray(np.where(low > start, (low + high) / 2, start))


def regress_on_error(estimates: FloatArray, std_errors: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the slope of the estimates on their standard errors (Egger's regression), weighted by 1 / se^2.

    Parameters
    ----------
    estimates, std_errors : ndarray, shape (sites, regions)
        NaN in both where a region does not have the site.

    Returns
    -------
    tuple of ndarray, each of shape (regions,)
        Slope, its standard error, and degrees of freedom; NaN where there are fewer than 3 sites, or all standard
        errors are equal.

    Examples
    --------
    >>> slope, _, df = regress_on_error(np.array([[0.1], [0.2], [0.5]]), np.array([[0.1], [0.2], [0.3]]))
    >>> slope.round(2), df
    (array([1.69]), array([1.]))
    """
    there = np.isfinite(estimates) & np.isfinite(std_errors)
    x, y = np.where(there, std_errors, 0.0), np.where(there, estimates, 0.0)
    weights = there / np.where(there, x, 1.0) ** 2
    k, total = there.sum(axis=0), weights.sum(axis=0)
    x_off, y_off = ((one - _ratio((weights * one).sum(axis=0), total)) * there for one in (x, y))
    x_off, y_off = np.nan_to_num(x_off), np.nan_to_num(y_off)
    spread = (weights * x_off**2).sum(axis=0)
    usable = (k > 2) & (spread > _AGREES * k)
    slope = _ratio((weights * x_off * y_off).sum(axis=0), np.where(usable, spread, np.nan))
    df = np.where(usable, k - 2.0, np.nan)
    rest = (weights * (y_off - np.nan_to_num(slope) * x_off) ** 2).sum(axis=0)
    return slope, np.sqrt(rest / df / np.where(usable, spread, np.nan)), df


def _ratio(above: FloatArray, below: FloatArray, *, at_zero: float = np.nan) -> FloatArray:
    """Divide, without a warning where the lower is 0."""
    return np.asarray(np.where(below == 0, at_zero, above / np.where(below == 0, 1.0, below)))


def _quantile(df: FloatArray, tail: float) -> FloatArray:
    """Give how many standard errors an interval reaches: of t, or of z where df is infinite."""
    finite = np.where(np.isinf(df), 1.0, df)
    return np.asarray(np.where(np.isinf(df), special.ndtri(1 - tail), special.stdtrit(finite, 1 - tail)))


def _lower_tail(df: FloatArray, t: FloatArray) -> FloatArray:
    finite = np.where(np.isinf(df), 1.0, df)
    return np.asarray(np.where(np.isinf(df), special.ndtr(t), special.stdtr(finite, t)))


def _chi2(df: FloatArray, lower: float) -> FloatArray:
    """Give quantiles of chi2; NaN without degrees of freedom."""
    return np.asarray(special.chdtri(np.where(df > 0, df, np.nan), 1 - lower))
