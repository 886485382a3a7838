"""Linear mixed models of every region: repeated visits, families, sites."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from fsstats._frames import FloatArray, listed
from fsstats.errors import FormulaError, UnknownNameError
from fsstats.schema import CELL
from fsstats.stats._combinations import combinations_of
from fsstats.stats._formula import variables_of
from fsstats.stats._mixed_model import MixedChoices, mixed_model
from fsstats.stats._ols import interval, t_test
from fsstats.stats._results import results_table
from fsstats.stats.design import Design
from fsstats.stats.effect_sizes import require_level

Likelihood = Literal["REML", "ML"]
DegreesOfFreedom = Literal["satterthwaite", "normal"]
DEGREES_OF_FREEDOM: Final = get_args(DegreesOfFreedom)
COMPONENT_COLUMNS: Final = {
    "group": "The column that tells groups apart, or Residual.",
    "term": "Intercept, what the slope is along, covariance (of these two) or Residual.",
    "variance": "The variance, in the square of the unit; of the term covariance the covariance.",
    "sd": "Its root, in the unit (of a slope: per unit of what it is along).",
    "correlation": "Of the term covariance: the correlation of intercept and slope.",
    "icc": "Intraclass correlation: the variance's share of all; missing with random slopes, where it changes.",
    "log_likelihood": "Of the model, at its maximum; of REML the restricted one.",
    "n": "Rows that the model rests on.",
    "n_groups": "Groups among them.",
    "singular": "Whether a variance is 0, or intercept and slope are wholly correlated.",
    "converged": "Whether the maximum of the likelihood was found.",
}
"""Columns of `variance_components`, beside those that name the region."""


def mixed(
    table: pd.DataFrame,
    formula: str,
    *,
    groups: str | Sequence[str] = "subject",
    slope: str | None = None,
    terms: str | Collection[str] | None = None,
    contrasts: Mapping[str, str] | Sequence[str] | None = None,
    method: Likelihood = "REML",
    df: DegreesOfFreedom = "satterthwaite",
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    r"""Fit a linear mixed model to every region, and test its terms.

    Rows that belong together (visits of a subject, members of a family, people of a site) share a random intercept.
    Subjects with few visits, even one, stay in; nobody needs the same number, nor the same times.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns (`join`), or what ``to_wide(table, sep=None)`` gives.
    formula : str
        The fixed effects, as for `regress`: ``value ~ time * group + age_at_first + sex``.
    groups : str or sequence of str
        The column that tells groups apart; or several, such as ``["site", "subject"]``, each with an intercept of its
        own. A name means one group wherever it stands: number families anew in each site and they would be mixed up.
    slope : str, optional
        A column of numbers (time): each of the (last) groups has a slope along it too, correlated with its intercept.
        It needs groups with three or more times.
    terms : str or collection of str, optional
        The terms, or columns of the design, that are wanted; all by default.
    contrasts : mapping of str to str, or sequence of str, optional
        Sums of columns of the design in place of terms, as for `regress`.
    method : {"REML", "ML"}
        Restricted maximum likelihood, which is right for estimates; or maximum likelihood.
    df : {"satterthwaite", "normal"}
        Degrees of freedom by Satterthwaite's method; or none, as if they were infinite, which programs that report z
        do: too many false findings, the more the fewer groups there are.
    reference : mapping of str to str, optional
        Reference levels, as for `regress`.
    allow : str or collection of str
        What may be mixed in one model, as for `regress`.
    conf_level : float
        Of the confidence intervals, which are by t.

    Returns
    -------
    DataFrame
        The results table: a row per region and column of the design. ``note`` says where a variance was estimated as 0
        (the numbers hold), and why a region has no numbers.

    Raises
    ------
    TableError
        If the groups cannot be told from what else there is: one group, one row a group, groups that the formula
        already takes up; or runs of several streams, versions or definitions would be mixed.
    FormulaError, UnknownNameError, ColumnsError
        As for `regress`.

    Warns
    -----
    FsstatsWarning
        If there are fewer than 5 groups, or `slope` is not in the formula.

    Notes
    -----
    :math:`y = X\beta + Zu + e`, :math:`u \sim N(0, \Psi)`, :math:`e \sim N(0, \sigma^2 I)`. Variances maximise the
    (restricted) likelihood, profiled over :math:`\beta` and :math:`\sigma^2`; all regions are searched at once, by
    Newton's method. Degrees of freedom: :math:`2 v^2 / (g' C g)` with the variance v of the estimate, its gradient g
    along the variance parameters, and C the inverse of half the Hessian of the deviance (minus twice the restricted
    log-likelihood) [1]_ [2]_. A variance of 0 adds nothing to C; if all are 0 this is least squares with n - p degrees
    of freedom. lme4 with lmerTest gives the same numbers; statsmodels' MixedLM the same estimates, but z.

    Rows without a variable or group are left out of all regions; a row without a region's value of this region only.

    References
    ----------
    .. [1] Giesbrecht FG, Burns JC (1985). Biometrics 41, 477-486.
    .. [2] Kuznetsova A, Brockhoff PB, Christensen RHB (2017). J Stat Softw 82(13).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rows = [(f"sub-{i:02}", f"v{visit}", visit, i % 2) for i in range(20) for visit in range(3)]
    >>> table = pd.DataFrame(rows, columns=["subject", "session", "time", "patient"])
    >>> table = table.assign(stream="long", source="aseg", hemi="lh", region="Left-Amygdala", measure="volume")
    >>> people, visits = np.repeat(rng.normal(0, 100, 20), 3), rng.normal(0, 20, 60)
    >>> loss = 30 * table["time"] * table["patient"]
    >>> table = table.assign(unit="mm^3", value=1600 - loss + people + visits)
    >>> results = mixed(table, "value ~ time * patient", terms=["time:patient"])
    >>> results[["region", "term", "estimate", "unit", "df"]].round(1)
              region          term  estimate  unit    df
    0  Left-Amygdala  time:patient     -35.2  mm^3  38.0
    """
    require_level(conf_level)
    if df not in DEGREES_OF_FREEDOM:
        raise UnknownNameError.among("kind of degrees of freedom", df, DEGREES_OF_FREEDOM)
    choices = MixedChoices(groups=groups, slope=slope, method=method, reference=reference, allow=allow)
    asked = mixed_model(table, formula, choices, needed_by="mixed")
    design = asked.model.design
    if contrasts is not None:
        names, combinations = combinations_of(contrasts, design.columns)
    else:
        places = design.positions(None if terms is None else listed(terms))
        names = [design.columns[place] for place in places]
        combinations = np.eye(len(design.columns))[places]
    fits = asked.fit(combinations)
    own_df = fits.df if df == "satterthwaite" else np.where(np.isnan(fits.df), np.nan, np.inf)
    t, p = t_test(fits.estimate, fits.std_error, own_df)
    low, high = interval(fits.estimate, fits.std_error, own_df, conf_level)
    return results_table(
        asked.model.panel.cells,
        names,
        estimate=fits.estimate,
        std_error=fits.std_error,
        statistic=t,
        df_term=1.0,
        df=own_df,
        p_value=p,
        ci_low=low,
        ci_high=high,
        n=fits.n[:, None],
        n_missing=asked.n_missing(fits)[:, None],
        method=f"{asked.method}; {'t, Satterthwaite' if df == 'satterthwaite' else 'z'}",
        note=asked.notes(fits)[:, None],
    )


def variance_components(
    table: pd.DataFrame,
    formula: str,
    *,
    groups: str | Sequence[str] = "subject",
    slope: str | None = None,
    method: Likelihood = "REML",
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    r"""Say of every region how much groups differ, and how much rows within groups do.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns, or what ``to_wide(table, sep=None)`` gives.
    formula : str
        The fixed effects: ``value ~ age + sex``, or ``value ~ 1``.
    groups : str or sequence of str
        The column, or columns, that tell groups apart.
    slope : str, optional
        What the (last) groups have a random slope along.
    method : {"REML", "ML"}
        Restricted maximum likelihood, or maximum likelihood, whose variances are too small.
    reference : mapping of str to str, optional
        Reference levels, as for `regress`.
    allow : str or collection of str
        What may be mixed in one model, as for `regress`.

    Returns
    -------
    DataFrame
        A row per region and component: source, hemi, region, measure, unit, the columns of `COMPONENT_COLUMNS`, note.

    Raises
    ------
    TableError, FormulaError, UnknownNameError, ColumnsError
        As for `mixed`.

    Warns
    -----
    FsstatsWarning
        As for `mixed`.

    Notes
    -----
    The intraclass correlation of a group is :math:`\sigma_g^2 / (\sum \sigma_g^2 + \sigma^2)`. With a random slope
    the variance of the intercept is that where the slope's variable is 0.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": list("aabbccddee"), "session": ["v1", "v2"] * 5, "stream": "long"})
    >>> table = table.assign(source="aseg", hemi="lh", region="Left-Amygdala", measure="volume", unit="mm^3")
    >>> table["value"] = [1500.0, 1510, 1690, 1700, 1580, 1570, 1610, 1620, 1660, 1650]
    >>> found = variance_components(table, "value ~ 1")
    >>> found[["region", "group", "term", "variance", "icc"]].round(3)
              region     group       term  variance    icc
    0  Left-Amygdala   subject  Intercept    5355.0  0.991
    1  Left-Amygdala  Residual   Residual      50.0  0.009
    """
    choices = MixedChoices(groups=groups, slope=slope, method=method, reference=reference, allow=allow)
    asked = mixed_model(table, formula, choices, needed_by="variance_components")
    fits, names, k = asked.fit(), asked.component_names, len(asked.component_names)
    cells = asked.model.panel.cells[[*CELL, "unit"]]
    groups_of = {name: place for place, name in enumerate(asked.random.names)}
    n_groups = [
        fits.n_groups[:, groups_of[name]] if name in groups_of else np.full(len(cells), np.nan) for name, _ in names
    ]
    own = {
        "group": np.tile([name for name, _ in names], len(cells)),
        "term": np.tile([term for _, term in names], len(cells)),
        "variance": fits.components.ravel(),
        "sd": _sd(fits.components, names).ravel(),
        "correlation": _correlation(fits.components, names).ravel(),
        "icc": _icc(fits.components, slope).ravel(),
        "log_likelihood": np.repeat(fits.log_likelihood, k),
        "n": np.repeat(fits.n.astype(np.float64), k),
        "n_groups": np.stack(n_groups, axis=1).ravel(),
        "singular": np.repeat(fits.singular, k),
        "converged": np.repeat(fits.converged, k),
        "note": np.repeat(asked.notes(fits), k),
    }
    labels = cells.iloc[np.repeat(np.arange(len(cells)), k)].reset_index(drop=True)
    texts = dict.fromkeys([*cells.columns, "group", "term", "note"], "str")
    return labels.assign(**own).astype(texts)


def compare_mixed(
    table: pd.DataFrame,
    full: str,
    reduced: str,
    *,
    groups: str | Sequence[str] = "subject",
    slope: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    r"""Compare two mixed models of every region by their likelihoods.

    Parameters
    ----------
    table : DataFrame
        As for `mixed`.
    full, reduced : str
        Two formulas; what the second can say, the first can say too.
    groups : str or sequence of str
        The column, or columns, that tell groups apart, in both.
    slope : str, optional
        What the (last) groups have a random slope along, in both.
    reference : mapping of str to str, optional
        Reference levels, as for `regress`.
    allow : str or collection of str
        What may be mixed in one model, as for `regress`.

    Returns
    -------
    DataFrame
        The results table, a row per region: ``statistic`` is chi2, twice the difference of the log-likelihoods, and
        ``df_term`` the difference of the numbers of columns. There is no estimate.

    Raises
    ------
    FormulaError
        If the second formula is no part of the first.
    TableError, UnknownNameError, ColumnsError
        As for `mixed`.

    Warns
    -----
    FsstatsWarning
        As for `mixed`.

    Notes
    -----
    Both are fitted by maximum likelihood (restricted likelihoods of different designs cannot be compared), on the
    rows that have all variables of either. p-values are by the chi-squared distribution, and so too small if there
    are few groups; `mixed` with its degrees of freedom is the better test of a single column.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": list("aabbccddee"), "session": ["v1", "v2"] * 5, "time": [0.0, 1] * 5})
    >>> table = table.assign(stream="long", source="aseg", hemi="lh", region="Left-Amygdala", measure="volume")
    >>> table = table.assign(unit="mm^3", value=[15.0, 14, 19, 17, 12, 11, 16, 16, 13, 11])
    >>> compare_mixed(table, "value ~ time", "value ~ 1")[["region", "term", "statistic", "df_term"]].round(2)
              region  term  statistic  df_term
    0  Left-Amygdala  time       6.36      1.0
    """
    own = {name: level for name, level in (reference or {}).items() if name in variables_of(reduced)}
    choices = MixedChoices(
        groups=groups,
        slope=slope,
        method="ML",
        reference=reference,
        allow=allow,
        also=[*variables_of(full), *variables_of(reduced)],
    )
    more = mixed_model(table, full, choices, needed_by="compare_mixed")
    less = mixed_model(table, reduced, replace(choices, reference=own), needed_by="compare_mixed")
    _require_nested(more.model.design, less.model.design)
    fits, fewer = more.fit(), less.fit()
    chi2 = np.maximum(2.0 * (fits.log_likelihood - fewer.log_likelihood), 0.0)
    known = {effect.name for effect in less.model.design.effects}
    dropped = [effect.name for effect in more.model.design.effects if effect.name not in known]
    df_term = float(len(more.model.design.columns) - len(less.model.design.columns))
    return results_table(
        more.model.panel.cells,
        [" + ".join(dropped) or more.model.design.formula],
        statistic=chi2[:, None],
        df_term=df_term,
        df=np.where(np.isnan(chi2), np.nan, np.inf)[:, None],
        p_value=chdtrc(df_term, chi2)[:, None],
        n=fits.n[:, None],
        n_missing=more.n_missing(fits)[:, None],
        method=f"{more.method} against {less.model.design.formula}; chi2",
        note=more.notes(fits)[:, None],
    )


def _require_nested(full: Design, reduced: Design) -> None:
    """Raise unless the columns of a design give those of another, which are fewer."""
    left = reduced.matrix - full.matrix @ np.linalg.lstsq(full.matrix, reduced.matrix)[0]
    spanned = (np.linalg.norm(left, axis=0) <= 1e-8 * np.linalg.norm(reduced.matrix, axis=0)).all()
    if not spanned or len(full.columns) == len(reduced.columns):
        found = "one that says the same" if spanned else "one that says something else"
        raise FormulaError.at(reduced.formula, expected=f"a part of {full.formula}", found=found)


def _sd(components: FloatArray, names: Sequence[tuple[str, str]]) -> FloatArray:
    is_covariance = np.array([term == "covariance" for _, term in names])
    return np.sqrt(np.where(is_covariance, np.nan, components))


def _correlation(components: FloatArray, names: Sequence[tuple[str, str]]) -> FloatArray:
    found = np.full(components.shape, np.nan)
    place = next((place for place, (_, term) in enumerate(names) if term == "covariance"), None)
    if place is not None:
        product = components[:, place - 1] * components[:, place - 2]
        usable = product > 0
        found[usable, place] = components[usable, place] / np.sqrt(product[usable])
    return found


def _icc(components: FloatArray, slope: str | None) -> FloatArray:
    if slope is not None:
        return np.full(components.shape, np.nan)
    share: FloatArray = components / components.sum(axis=1, keepdims=True)
    return share
