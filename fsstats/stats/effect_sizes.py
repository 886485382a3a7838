"""Standardised effect sizes with their intervals: functions of arrays, all regions at once, no frames."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from fsstats._frames import FloatArray
from fsstats.errors import TableError
from fsstats.stats._noncentral import as_floats, noncentral_f_limits, noncentral_t_limits, usable


class EffectSize(NamedTuple):
    """Effect sizes, one an element; NaN where there is none."""

    size: FloatArray
    std_error: FloatArray
    """NaN where the kind of effect size has no formula for it."""
    low: FloatArray
    high: FloatArray


def require_level(conf_level: float) -> None:
    """Raise `TableError` unless it is a confidence level.

    Examples
    --------
    >>> require_level(0.95)
    """
    if not 0 < conf_level < 1:
        message = f"conf_level must be between 0 and 1, not {conf_level!r}; 95 % is 0.95"
        raise TableError(message)


def normal_quantile(conf_level: float) -> float:
    """Give how many standard errors a two-sided normal interval reaches to either side.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    require_level(conf_level)
    return float(special.ndtri(0.5 + conf_level / 2))


def d_from_t(
    t: npt.ArrayLike,
    df: npt.ArrayLike,
    n_first: npt.ArrayLike,
    n_second: npt.ArrayLike,
    *,
    conf_level: float = 0.95,
) -> EffectSize:
    """Give Cohen's d of two groups, adjusted for covariates, from the t of a linear model (ENIGMA's d).

    Parameters
    ----------
    t : array_like
        t of the comparison: of the coefficient of a variable with two levels, by ordinary least squares.
    df : array_like
        Residual degrees of freedom of that model.
    n_first, n_second : array_like
        Rows of either group that the model rests on.
    conf_level : float, default 0.95
        Of the interval.

    Returns
    -------
    EffectSize
        d has the sign of t. NaN where t is not finite, or any other number is not positive.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    d = t (n1 + n2) / (sqrt(n1 n2) sqrt(df)) and se = sqrt((n1 + n2) / (n1 n2) + d^2 / (2 (n1 + n2 - 2))), with the
    interval d -+ z se. ENIGMA's scripts write 1.96 for z; here it is the exact quantile, 1.959964. Without covariates
    it is the d of `d_pooled` times sqrt((n1 + n2) / (n1 + n2 - 2)).

    Not for an interaction or a numeric term, which compare no two groups; not for a robust t (HC3), whose standard
    error is no multiple of the residual standard deviation; not for mixed models.

    References
    ----------
    Nakagawa S, Cuthill IC (2007). Effect size, confidence interval and statistical significance: a practical guide
    for biologists. Biological Reviews 82, 591-605.

    Examples
    --------
    >>> d_from_t([-3.8, 0.5], 149, 68, 89).size.round(3)
    array([-0.628,  0.083])
    """
    z = normal_quantile(conf_level)
    value, first, second, residual, rest = usable(
        t, positive=(n_first, n_second, df, as_floats(n_first) + as_floats(n_second) - 2)
    )
    d = value * (rest + 2) / (np.sqrt(first * second) * np.sqrt(residual))
    return _normal(d, _se_of_d(d, first, second), z)


def d_pooled(  # noqa: PLR0917 - two of each, in the order in which tables print them
    mean_first: npt.ArrayLike,
    mean_second: npt.ArrayLike,
    sd_first: npt.ArrayLike,
    sd_second: npt.ArrayLike,
    n_first: npt.ArrayLike,
    n_second: npt.ArrayLike,
    *,
    conf_level: float = 0.95,
) -> EffectSize:
    """Give Cohen's d of two independent groups without covariates, by their pooled standard deviation.

    Parameters
    ----------
    mean_first, mean_second, sd_first, sd_second : array_like
        Means and standard deviations (n - 1) of the groups.
    n_first, n_second : array_like
        Rows of the groups.
    conf_level : float, default 0.95
        Of the interval.

    Returns
    -------
    EffectSize
        Positive where the first is larger. NaN where a number is not finite or nothing varies.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    d = (m1 - m2) / s, s^2 = ((n1 - 1) s1^2 + (n2 - 1) s2^2) / (n1 + n2 - 2). The interval is that of the noncentral
    t distribution, exact for normal values of equal variance, as R's effectsize gives it. The standard error is the
    one of `d_from_t`, which a meta-analysis needs; the interval does not come from it.

    Not for paired values, whose difference has a standard deviation of its own.

    References
    ----------
    Steiger JH, Fouladi RT (1997). Noncentrality interval estimation and the evaluation of statistical models. In
    What if there were no significance tests? Erlbaum.

    Examples
    --------
    >>> found = d_pooled(3.1, 3.0, 0.2, 0.2, 40, 40)
    >>> print(*(f"{one:.3f}" for one in found))
    0.500 0.227 0.053 0.944
    """
    require_level(conf_level)
    squares = (as_floats(n_first) - 1) * as_floats(sd_first) ** 2 + (as_floats(n_second) - 1) * as_floats(
        sd_second
    ) ** 2
    difference, squares, first, second, df = usable(
        as_floats(mean_first) - as_floats(mean_second),
        positive=(squares, n_first, n_second, as_floats(n_first) + as_floats(n_second) - 2),
    )
    d = difference / np.sqrt(squares / df)
    unit = np.sqrt(1 / first + 1 / second)
    low, high = noncentral_t_limits(d / unit, df, conf_level=conf_level)
    return EffectSize(d, _se_of_d(d, first, second), low * unit, high * unit)


def d_model(
    estimate: npt.ArrayLike,
    std_error: npt.ArrayLike,
    sigma: npt.ArrayLike,
    df: npt.ArrayLike,
    *,
    conf_level: float = 0.95,
) -> EffectSize:
    """Give an adjusted difference in units of the residual standard deviation, as R's emmeans does.

    Parameters
    ----------
    estimate, std_error : array_like
        A difference of adjusted means and its standard error.
    sigma : array_like
        Residual standard deviation of the model.
    df : array_like
        Its residual degrees of freedom.
    conf_level : float, default 0.95
        Of the interval.

    Returns
    -------
    EffectSize
        NaN where a number is not finite, or sigma or df are not positive.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    d = b / sigma; se^2 = (se_b / sigma)^2 + d^2 / (2 df), where the second part stands for the uncertainty of sigma;
    the interval is d -+ t_df se. It differs from the d of `d_from_t`: covariates change the standard error of b, and
    with it t, also where they leave b and sigma alone. Any comparison of means will do, also one of several levels.

    Examples
    --------
    >>> d_model(-120.0, 40.0, 240.0, 150).size.item()
    -0.5
    """
    require_level(conf_level)
    difference, its_error, unit, residual = usable(estimate, std_error, positive=(sigma, df))
    d = difference / unit
    se = np.hypot(its_error / unit, d / np.sqrt(2 * residual))
    return _normal(d, se, _t_quantile(residual, conf_level))


def hedges_correction(df: npt.ArrayLike, *, exact: bool = False) -> FloatArray:
    """Give the factor that takes the bias of small samples out of a d.

    Parameters
    ----------
    df : array_like
        Degrees of freedom of the standard deviation: n1 + n2 - 2.
    exact : bool, default False
        By the gamma function (R's effectsize) in place of the approximation 1 - 3 / (4 df - 1) (ENIGMA).

    Returns
    -------
    ndarray
        Between 0 and 1; NaN where df is not above 1.

    References
    ----------
    Hedges LV (1981). Distribution theory for Glass's estimator of effect size and related estimators. Journal of
    Educational Statistics 6, 107-128.

    Examples
    --------
    >>> hedges_correction([10, 100]), hedges_correction(10, exact=True).round(4).item()
    (array([0.92307692, 0.9924812 ]), 0.9227)
    """
    (above_one,) = usable(positive=(as_floats(df) - 1,))
    if not exact:
        return np.asarray(1 - 3 / (4 * above_one + 3))
    return np.asarray(special.poch(above_one / 2, 0.5) * np.sqrt(2 / (above_one + 1)))


def hedges_g(d: EffectSize, df: npt.ArrayLike, *, exact: bool = False) -> EffectSize:
    """Turn Cohen's d into Hedges' g: size, standard error and limits times `hedges_correction`.

    Parameters
    ----------
    d : EffectSize
        Of `d_from_t`, `d_pooled` or `d_model`.
    df : array_like
        Degrees of freedom of the standard deviation: n1 + n2 - 2.
    exact : bool, default False
        As for `hedges_correction`.

    Returns
    -------
    EffectSize
        A little nearer to 0.

    Examples
    --------
    >>> hedges_g(d_from_t([2.0], 18, 10, 10), 18).size.round(4)
    array([0.903])
    """
    factor = hedges_correction(df, exact=exact)
    return EffectSize(*(np.asarray(factor * part) for part in d))


def partial_r(t: npt.ArrayLike, df: npt.ArrayLike, *, conf_level: float = 0.95) -> EffectSize:
    """Give the partial correlation of one term with the response from its t.

    Parameters
    ----------
    t : array_like
        t of one coefficient, by ordinary least squares.
    df : array_like
        Residual degrees of freedom.
    conf_level : float, default 0.95
        Of the interval.

    Returns
    -------
    EffectSize
        In (-1, 1), with the sign of t. The interval needs df of 2 or more.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    r = t / sqrt(t^2 + df). The interval is Fisher's: atanh r -+ z / sqrt(df - 1), taken back by tanh; with no
    covariates df - 1 is his n - 3. The standard error is (1 - r^2) / sqrt(df).

    Not for a robust t, and not for tests of several columns (use `partial_eta_squared`).

    References
    ----------
    Fisher RA (1924). The distribution of the partial correlation coefficient. Metron 3, 329-332.

    Examples
    --------
    >>> print(*(f"{one:.3f}" for one in partial_r(2.0, 96)))
    0.200 0.098 0.002 0.383
    """
    z = normal_quantile(conf_level)
    value, residual = usable(t, positive=(df,))
    root = np.sqrt(residual)
    r = value / np.hypot(value, root)
    reach = z / np.sqrt(np.where(residual > 1, residual - 1, np.nan))
    centre = np.arcsinh(value / root)  # atanh r, without the loss where r is near 1
    return EffectSize(r, (1 - r**2) / root, np.tanh(centre - reach), np.tanh(centre + reach))


def partial_eta_squared(
    f: npt.ArrayLike, df_term: npt.ArrayLike, df: npt.ArrayLike, *, conf_level: float = 0.95
) -> EffectSize:
    """Give the share of the variance left by the other terms that a term explains, from its F.

    Parameters
    ----------
    f : array_like
        F of the term, by ordinary least squares; of one coefficient t^2.
    df_term, df : array_like
        Degrees of freedom of the term and of the residuals.
    conf_level : float, default 0.95
        Of the interval, which is two-sided.

    Returns
    -------
    EffectSize
        Between 0 and 1; it has no standard error. The lower limit is 0 where F is too small for one.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    F q / (F q + df), q = `df_term`. The limits are lambda / (lambda + df), where lambda are the noncentralities with
    which an F of this size or smaller has the probabilities 0.975 and 0.025. R's effectsize does the same, but its
    default is a one-sided interval up to 1.

    It is biased upwards in small samples (see `partial_omega_squared`). Not for a robust F.

    References
    ----------
    Steiger JH (2004). Beyond the F test: effect size confidence intervals and tests of close fit in the analysis of
    variance and contrast analysis. Psychological Methods 9, 164-182.

    Examples
    --------
    >>> found = partial_eta_squared(6.0, 2, 60)
    >>> print(*(f"{one:.3f}" for one in (found.size, found.low, found.high)))
    0.167 0.021 0.326
    """
    value, q, residual, low, high = _of_f(f, df_term, df, conf_level)
    share = value * q
    size = share / (share + residual)
    return EffectSize(size, np.full_like(size, np.nan), low / (low + residual), high / (high + residual))


def cohens_f2(f: npt.ArrayLike, df_term: npt.ArrayLike, df: npt.ArrayLike, *, conf_level: float = 0.95) -> EffectSize:
    """Give Cohen's f2: explained variance by unexplained variance, for power analysis.

    Parameters
    ----------
    f, df_term, df : array_like
        As for `partial_eta_squared`.
    conf_level : float, default 0.95
        Of the interval, which is two-sided.

    Returns
    -------
    EffectSize
        0 or more, without a standard error.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    F q / df, which is eta^2 / (1 - eta^2); the limits are lambda / df, see `partial_eta_squared`.

    Examples
    --------
    >>> cohens_f2(6.0, 2, 60).size.item()
    0.2
    """
    value, q, residual, low, high = _of_f(f, df_term, df, conf_level)
    size = value * q / residual
    return EffectSize(size, np.full_like(size, np.nan), low / residual, high / residual)


def partial_omega_squared(
    f: npt.ArrayLike, df_term: npt.ArrayLike, df: npt.ArrayLike, n: npt.ArrayLike, *, conf_level: float = 0.95
) -> EffectSize:
    """Give partial omega squared, which is less biased in small samples than partial eta squared.

    Parameters
    ----------
    f, df_term, df : array_like
        As for `partial_eta_squared`.
    n : array_like
        Rows of the model.
    conf_level : float, default 0.95
        Of the interval, which is two-sided.

    Returns
    -------
    EffectSize
        Below 1; below 0 where F is below 1, which means 0. It has no standard error.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    (F - 1) q / ((F - 1) q + n); the limits are lambda / (lambda + n), of the share in the population, and never below
    0. R's effectsize has df + q + 1 for n, which is the same in a design of one factor alone.

    References
    ----------
    Olejnik S, Algina J (2003). Generalized eta and omega squared statistics. Psychological Methods 8, 434-447.

    Examples
    --------
    >>> partial_omega_squared(6.0, 2, 60, 63).size.round(4).item()
    0.137
    """
    value, q, _, low, high = _of_f(f, df_term, df, conf_level)
    (rows,) = usable(positive=(n,))
    excess = (value - 1) * q
    size = excess / (excess + rows)
    return EffectSize(size, np.full_like(size, np.nan), low / (low + rows), high / (high + rows))


def standardised_beta(
    estimate: npt.ArrayLike,
    std_error: npt.ArrayLike,
    sd_x: npt.ArrayLike,
    sd_y: npt.ArrayLike,
    df: npt.ArrayLike,
    *,
    conf_level: float = 0.95,
) -> EffectSize:
    """Give a coefficient in standard deviations: of the response, for one of the variable.

    Parameters
    ----------
    estimate, std_error : array_like
        A coefficient and its standard error; a robust one is allowed.
    sd_x, sd_y : array_like
        Standard deviations (n - 1) of the variable and of the response on the rows of the model. With `sd_x` 1 the
        response alone is standardised, which suits a variable with two levels.
    df : array_like
        Residual degrees of freedom.
    conf_level : float, default 0.95
        Of the interval.

    Returns
    -------
    EffectSize
        NaN where a number is not finite or a standard deviation is 0.

    Raises
    ------
    TableError
        If `conf_level` is no confidence level.

    Notes
    -----
    b sd_x / sd_y, with the interval b -+ t_df se scaled in the same way: it takes the standard deviations for known.

    Not for an interaction or a power, whose column has a standard deviation that depends on where its parts are
    centred; not for comparing samples, as it changes with the range of the variable.

    Examples
    --------
    >>> standardised_beta(-0.004, 0.001, 10.0, 0.16, 90).size.item()
    -0.25
    """
    require_level(conf_level)
    slope, its_error, of_x, of_y, residual = usable(estimate, std_error, positive=(sd_x, sd_y, df))
    factor = of_x / of_y
    return _normal(slope * factor, its_error * factor, _t_quantile(residual, conf_level))


def _se_of_d(d: FloatArray, n_first: FloatArray, n_second: FloatArray) -> FloatArray:
    return np.asarray(np.hypot(np.sqrt(1 / n_first + 1 / n_second), d / np.sqrt(2 * (n_first + n_second - 2))))


def _of_f(f: npt.ArrayLike, df_term: npt.ArrayLike, df: npt.ArrayLike, conf_level: float) -> FloatArray:
    """Give F, its degrees of freedom and the limits of its noncentrality, all of one shape."""
    require_level(conf_level)
    value, q, residual = usable(f, positive=(df_term, df))
    value = np.where(value >= 0, value, np.nan)
    return np.stack([value, q, residual, *noncentral_f_limits(value, q, residual, conf_level=conf_level)])


def _normal(size: FloatArray, std_error: FloatArray, reach: FloatArray | float) -> EffectSize:
    """Give an effect size with an interval to either side."""
    return EffectSize(size, std_error, size - reach * std_error, size + reach * std_error)


def _t_quantile(df: FloatArray, conf_level: float) -> FloatArray:
    """Give how many standard errors a two-sided t interval reaches to either side."""
    return np.asarray(special.stdtrit(df, 0.5 + conf_level / 2))
