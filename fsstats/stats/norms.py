"""Where people stand in the distribution of a reference: z values and centiles for their age, sex and the like."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.errors import UnknownNameError, warn
from fsstats.stats._derived import LABELS, Reference
from fsstats.stats._norms import NormMethod, Norms, covariates_of
from fsstats.stats._norms_fitting import NormChoices, fitted_norms, require_between
from fsstats.stats._norms_scoring import scored_by, values_at
from fsstats.stats._required import require_model, require_rows

CENTILES: Final = (5.0, 25.0, 50.0, 75.0, 95.0)
_BACK: Final[Mapping[str, Callable[[FloatArray], FloatArray]]] = {
    "value": np.positive,
    "log(value)": np.exp,
    "log10(value)": lambda values: np.asarray(10.0**values),
    "sqrt(value)": np.square,
}
"""What undoes each function of the values."""


def fit_norms(
    table: pd.DataFrame,
    formula: str,
    *,
    reference: Reference | None = None,
    method: NormMethod = "gaussian",
    spread: str | None = None,
    centiles: Sequence[float] = CENTILES,
    allow: str | Collection[str] = (),
) -> Norms:
    r"""Fit how the values of each region are distributed in a reference, given age, sex and the like.

    Parameters
    ----------
    table : DataFrame
        A long table with people's columns (age, sex …), or what ``to_wide(table, sep=None)`` gives.
    formula : str
        How mean or quantiles go with the variables: ``"value ~ bs(age, df=4) + sex"``. On the left ``log(value)`` for
        what is skewed (ventricles). Header Measures (``eTIV``) are variables too.
    reference : mapping, optional
        Columns and the level, or levels, of the reference: ``{"group": "CN"}``. By default everybody.
    method : {"gaussian", "quantile"}
        Normal distribution around the mean, or quantile regression for each of `centiles`.
    spread : str, optional
        With gaussian: right side of a formula for the logarithm of the variance: ``"age"``. By default it is constant.
    centiles : sequence of float
        With quantile: which centiles to fit, two or more, between 0 and 100.
    allow : str or collection of str
        Which guards are not to be errors: ``streams``, ``versions``, ``definitions``, ``repeated``.

    Returns
    -------
    Norms
        For `apply_norms`. ``to_json`` and ``Norms.from_json`` keep it: coefficients, codings, knots and ranges, nothing
        of any subject.

    Raises
    ------
    FormulaError
        If a formula cannot be used with these data.
    UnknownNameError
        If a variable, method or level of the reference does not exist.
    ColumnsError
        If the table lacks a column of the reference.
    TableError
        If the table has no rows; if the reference has no more runs than columns of the design and one, or no region can
        be fitted; if an option does not go with the method; or if a guard holds.

    Warns
    -----
    FsstatsWarning
        If regions have fewer than 30 values in the reference; naming those that could not be fitted, and why; and of
        centiles beyond which fewer than five runs lie.

    See Also
    --------
    apply_norms : z values and centiles of other people.
    norm_scores : Both at once, the reference judged by norms without themselves.
    norm_centiles : Values at given centiles, to draw curves.

    Notes
    -----
    Gaussian, with :math:`\mu(x)` the mean that the formula gives and :math:`\sigma(x)` the standard deviation:

    .. math:: y \sim N(\mu(x), \sigma^2(x)), \qquad \log \sigma^2(x) = w(x) \delta

    Without `spread` this is least squares. With it, mean and variance are fitted in turn by weighted least squares
    and by scoring [1]_, with squared residuals divided by one less their leverage. Quantiles are those of Koenker and
    Bassett [2]_, each by itself; the solution is exact.

    Each region uses the runs that have it. Variables enter as they do in the reference: `apply_norms` uses its knots,
    centres and levels.

    References
    ----------
    .. [1] Aitkin, M. (1987). Modelling variance heterogeneity in normal regression using GLIM. Applied Statistics, 36,
       332-339.
    .. [2] Koenker, R., & Bassett, G. (1978). Regression quantiles. Econometrica, 46, 33-50.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame({"subject": [f"s{i}" for i in range(60)], "session": None, "stream": "cross"})
    >>> people = people.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> people = people.assign(age=rng.uniform(20, 80, 60))
    >>> table = people.assign(value=3.4 - 0.01 * people["age"] + rng.normal(0, 0.1, 60))
    >>> norms = fit_norms(table, "value ~ age")
    >>> norms.ranges["age"], norms.cells["n"].tolist()
    ((21.6..., 78.8...), [60])
    """
    require_rows(table, needed_by="fit_norms")
    asked = NormChoices(formula, reference, method, spread, centiles, allow)
    made = fitted_norms(table, asked, needed_by="fit_norms")
    warn(*made.said)
    return made.norms


def apply_norms(table: pd.DataFrame, model: Norms, *, extrapolate: bool = False) -> pd.DataFrame:
    r"""Say where people stand in the distribution of the reference, given their age, sex and the like.

    Parameters
    ----------
    table : DataFrame
        A long table with the variables of the norms. Not the reference itself: see `norm_scores`.
    model : Norms
        See `fit_norms`.
    extrapolate : bool
        Whether people outside the reference's range of a variable are judged too. By default they are NaN.

    Returns
    -------
    DataFrame
        A long table. By gaussian norms two rows for each value, ``<measure>_z`` (unit sd) and ``<measure>_centile``
        (unit percent); by quantiles the second only. People's columns are kept. NaN where the value or a variable is
        missing.

    Raises
    ------
    UnknownNameError
        If the table lacks a variable, or has none of the regions.
    FormulaError
        If somebody has a level that the reference did not have, or a spline has no value there.
    TableError
        If `model` is something else, the table has no rows, or a value is in another unit than in the reference.

    Warns
    -----
    FsstatsWarning
        How many runs lack a variable or lie outside a range; which regions have no norms; and in how many runs fitted
        quantiles crossed.

    Notes
    -----
    Gaussian: the reference is a sample, so [1]_

    .. math:: t = \frac{y - \mu(x)}{\sqrt{\sigma^2(x) + \mathrm{var}(\hat\mu(x))}}

    has a t distribution, of n - p degrees of freedom for a constant variance, otherwise of as many as the variance at
    x is known by. The centile is its probability, and z the normal deviate of the same probability: so z of new
    people like the reference has mean 0 and standard deviation 1 also where the reference is small, for which
    :math:`(y - \mu) / \sigma` is too large. With hundreds of runs the two are the same.

    Quantiles: the centile is interpolated between the fitted ones, which are put in order first where they cross
    [2]_. Beyond the outermost it is that one: 5 stands for 5 or less, 95 for 95 or more.

    z of the reference by its own norms are too small. `norm_scores` judges each of them by norms without it.

    References
    ----------
    .. [1] Crawford, J. R., & Howell, D. C. (1998). Comparing an individual's test score against norms derived from
       small samples. The Clinical Neuropsychologist, 12, 482-486.
    .. [2] Chernozhukov, V., Fernández-Val, I., & Galichon, A. (2010). Quantile and probability curves without crossing.
       Econometrica, 78, 1093-1125.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame({"subject": [f"s{i}" for i in range(60)], "session": None, "stream": "cross"})
    >>> people = people.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> people = people.assign(age=rng.uniform(20, 80, 60))
    >>> table = people.assign(value=3.4 - 0.01 * people["age"] + rng.normal(0, 0.1, 60))
    >>> norms = fit_norms(table, "value ~ age")
    >>> patient = people.head(1).assign(subject="p1", age=60, value=2.6)
    >>> apply_norms(patient, norms)[["subject", "region", "measure", "value", "unit"]].round(2)
      subject  region            measure  value     unit
    0      p1  insula        thickness_z  -2.29       sd
    1      p1  insula  thickness_centile   1.11  percent
    """
    require_model(model, Norms, made_by="fit_norms")
    require_rows(table, needed_by="apply_norms")
    scored = scored_by(table, model, extrapolate=extrapolate)
    warn(*scored.said)
    return scored.table()


def norm_scores(
    table: pd.DataFrame,
    formula: str,
    *,
    reference: Reference | None,
    spread: str | None = None,
    extrapolate: bool = False,
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    """Fit gaussian norms to a reference and judge everybody by them, the reference by norms without themselves.

    Parameters
    ----------
    table : DataFrame
        A long table with people's columns, of the reference and of others.
    formula : str
        See `fit_norms`.
    reference : mapping or None
        Columns and the level, or levels, of the reference; None: everybody.
    spread : str, optional
        See `fit_norms`.
    extrapolate : bool
        See `apply_norms`. The reference is inside by definition.
    allow : str or collection of str
        Which guards are not to be errors. With several runs of a subject the others stay in the norms of each.

    Returns
    -------
    DataFrame
        As of `apply_norms`.

    Raises
    ------
    FormulaError, UnknownNameError, ColumnsError, TableError
        See `fit_norms` and `apply_norms`.

    Warns
    -----
    FsstatsWarning
        See `fit_norms` and `apply_norms`.

    Notes
    -----
    z of a run of the reference is that by norms fitted without it: the normal deviate of its externally studentised
    residual. With `spread` the variance without a run is taken one step of scoring away from that with it, which
    differs from a fit without it by some hundredths.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame({"subject": [f"s{i}" for i in range(60)], "session": None, "stream": "cross"})
    >>> people = people.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> people = people.assign(age=rng.uniform(20, 80, 60), group=["CN"] * 50 + ["PT"] * 10)
    >>> loss = np.where(people["group"] == "PT", 0.3, 0.0)
    >>> table = people.assign(value=3.4 - 0.01 * people["age"] - loss + rng.normal(0, 0.1, 60))
    >>> scores = norm_scores(table, "value ~ age", reference={"group": "CN"})
    >>> z = scores[scores["measure"] == "thickness_z"]
    >>> (
    ...     z.loc[z["group"] == "CN", "value"].std().round(1).item(),
    ...     z.loc[z["group"] == "PT", "value"].mean().round(1).item(),
    ... )
    (1.0, -3.3)
    """
    require_rows(table, needed_by="norm_scores")
    asked = NormChoices(formula, reference, spread=spread, allow=allow)
    made = fitted_norms(table, asked, needed_by="norm_scores")
    scored = scored_by(table, made.norms, extrapolate=extrapolate)
    warn(*made.said, *scored.said)
    return scored.with_own(made).table()


def norm_centiles(
    model: Norms, people: pd.DataFrame, *, centiles: Sequence[float] | None = None, extrapolate: bool = False
) -> pd.DataFrame:
    """Give the values at centiles of the reference, for people of given age, sex and the like: curves to draw.

    Parameters
    ----------
    model : Norms
        See `fit_norms`.
    people : DataFrame
        The variables of the norms, a row for each point of a curve.
    centiles : sequence of float, optional
        Between 0 and 100; of quantile norms those that were fitted. By default 5, 25, 50, 75, 95, or all fitted.
    extrapolate : bool
        Whether to go beyond the reference's range of a variable; else NaN.

    Returns
    -------
    DataFrame
        The columns of `people`, then source, hemi, region, measure, ``centile``, ``value`` and unit: a row per region,
        centile and row of `people`.

    Raises
    ------
    UnknownNameError
        If a variable is missing, or a centile was not fitted.
    FormulaError
        If a level is unknown, or a spline has no value there.
    TableError
        If `model` is something else, or a centile is not between 0 and 100.

    Warns
    -----
    FsstatsWarning
        How many rows lack a variable or lie outside a range, and in how many quantiles crossed and were put in order.

    Notes
    -----
    Of gaussian norms these are the values whose centile by `apply_norms` is the one asked for.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame({"subject": [f"s{i}" for i in range(60)], "session": None, "stream": "cross"})
    >>> people = people.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> people = people.assign(age=rng.uniform(20, 80, 60))
    >>> table = people.assign(value=3.4 - 0.01 * people["age"] + rng.normal(0, 0.1, 60))
    >>> norms = fit_norms(table, "value ~ age")
    >>> curve = norm_centiles(norms, pd.DataFrame({"age": [30, 60]}), centiles=[50])
    >>> curve[["age", "region", "measure", "centile", "value", "unit"]].round(2)
       age  region    measure  centile  value unit
    0   30  insula  thickness     50.0   3.08   mm
    1   60  insula  thickness     50.0   2.80   mm
    """
    require_model(model, Norms, made_by="fit_norms")
    wanted = _wanted(model, centiles)
    missing = next((name for name in model.variables if name not in people.columns), None)
    if missing is not None:
        raise UnknownNameError.among("variable", missing, map(str, people.columns))
    found = covariates_of(model, people, extrapolate=extrapolate)
    cells = np.arange(len(model.cells))
    values, said = values_at(model, cells, found, wanted)
    warn(*found.said, *said)
    filled = np.full((len(people), len(cells), len(wanted)), np.nan)
    filled[found.rows] = _BACK[model.response](values)
    return _curves(model, people, wanted, filled)


def _wanted(norms: Norms, centiles: Sequence[float] | None) -> tuple[float, ...]:
    wanted = (norms.centiles or CENTILES) if centiles is None else tuple(float(one) for one in centiles)
    require_between(wanted)
    strange = next((one for one in wanted if norms.centiles and one not in norms.centiles), None)
    if strange is not None:
        raise UnknownNameError.among("fitted centile", f"{strange:g}", [f"{one:g}" for one in norms.centiles])
    return wanted


def _curves(norms: Norms, people: pd.DataFrame, centiles: Sequence[float], values: FloatArray) -> pd.DataFrame:
    """Arrange values, shape (rows, cells, centiles), region by region and centile by centile."""
    n, k, m = values.shape
    cell, centile, row = (one.ravel() for one in np.meshgrid(np.arange(k), np.arange(m), np.arange(n), indexing="ij"))
    labels = norms.cells[list(LABELS)].iloc[cell].reset_index(drop=True)
    both = [name for name in people.columns if name in {*LABELS, "centile", "value"}]
    points = people.drop(columns=both).iloc[row].reset_index(drop=True)
    numbers = {"centile": np.array(centiles)[centile], "value": values[row, cell, centile], "unit": labels["unit"]}
    return pd.concat([points, labels.drop(columns="unit"), pd.DataFrame(numbers)], axis=1)
