"""Tests of whole terms: analysis of variance of every region."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, Literal

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, one_or_more
from fsstats.errors import TableError, UnknownNameError
from fsstats.stats._fitting import Choices, Fitted, fitted
from fsstats.stats._ols import classical, f_p_value, fit, wald
from fsstats.stats._results import effect_columns, results_table
from fsstats.stats.design import Design, Effect
from fsstats.stats.effect_sizes import partial_eta_squared
from fsstats.stats.regress import StdErrors

SumsOfSquares = Literal[1, 2, 3]
_ROMAN: Final = {1: "I", 2: "II", 3: "III"}


def anova(
    table: pd.DataFrame,
    formula: str,
    *,
    type: SumsOfSquares = 2,  # noqa: A002 - R's word
    terms: Collection[str] | None = None,
    std_errors: StdErrors = "classical",
    cluster: str | None = None,
    weights: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    r"""Test the terms of a linear model as wholes, in every region.

    Parameters
    ----------
    table : DataFrame
        As for `regress`.
    formula : str
        As for `regress`.
    type : {1, 2, 3}
        Sums of squares: I, each term after those before it; II, each after all that do not contain it; III, each after
        all others, with levels coded so that they add up to 0.
    terms : collection of str, optional
        The terms that are wanted (``dx``, ``dx:sex``); all by default.
    std_errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4"}
        With anything but classical, type III or a model without interactions is needed: F is Wald's.
    cluster, weights : str, optional
        As for `regress`.
    reference : mapping of str to str, optional
        As for `regress`.
    allow : collection of str
        As for `regress`.
    conf_level : float
        As for `regress`.

    Returns
    -------
    DataFrame
        The results table: a row per region and term. ``statistic`` is F with ``df_term`` and ``df`` degrees of freedom,
        ``effect_size`` partial eta squared with its interval by the noncentral F; then ``sum_sq``, the term's sum of
        squares. There is no estimate.

    Raises
    ------
    FormulaError, UnknownNameError, TableError, ColumnsError
        As for `regress`; and `TableError` if robust errors are asked for with type I or II and interactions.

    Notes
    -----
    :math:`F = (\Delta RSS / q) / \hat\sigma^2`, sigma of the whole model. Type III depends on how levels are coded;
    treatment coding would test something else without a word, so this function always uses sums there (as R's
    ``car::Anova`` with ``contr.sum``), unless the formula codes a variable itself.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=30, groups=("a", "b", "c"), seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume"]), made.participants)
    >>> anova(table, "value ~ group + age + sex", terms=["group"])[["region", "term", "df_term", "df"]].head(2)
                      region   term  df_term    df
    0  Left-Lateral-Ventricle  group      2.0  25.0
    1       Left-Inf-Lat-Vent  group      2.0  25.0
    """
    if type not in _ROMAN:
        raise UnknownNameError.among("type of sums of squares", str(type), map(str, _ROMAN))
    choices = Choices(
        std_errors=std_errors,
        cluster=cluster,
        weights=weights,
        reference=reference,
        allow=allow,
        conf_level=conf_level,
    )
    done = fitted(table, formula, choices, needed_by="anova", coding="sum" if type == 3 else "treatment")
    effects = _wanted(done.model.design, terms)
    robust = std_errors != "classical" or cluster is not None
    if robust and type != 3 and (type == 1 or any(":" in one.name for one in done.model.design.effects)):
        message = f"robust standard errors: expected type=3, or type=2 without interactions, found type={type}"
        raise TableError(message)
    tests = [
        wald(done.fits, _rows_of(one, done)) if type == 3 or robust else _of_type(done, one, type) for one in effects
    ]
    f, df_term = np.stack([one for one, _ in tests], axis=1), np.array([float(q) for _, q in tests])
    df = done.fits.test_df[:, None]
    plain = (
        f if not robust else np.stack([wald(classical(done.fits), _rows_of(one, done))[0] for one in effects], axis=1)
    )
    rest = np.broadcast_to(done.fits.df[:, None], f.shape)
    size = partial_eta_squared(plain, df_term, rest, conf_level=conf_level)
    results = results_table(
        done.model.panel.cells,
        [one.name for one in effects],
        statistic=f,
        df_term=df_term,
        df=df,
        p_value=f_p_value(f, df_term, df),
        **effect_columns(size, "partial_eta_squared"),
        n=done.fits.n[:, None],
        n_missing=done.n_missing[:, None],
        method=f"{done.method}; F, type {_ROMAN[type]}",
        note=done.notes[:, None],
    )
    squares = f * df_term * done.fits.sigma[:, None] ** 2
    return results.assign(sum_sq=np.full(f.size, np.nan) if robust else squares.ravel())


def _wanted(design: Design, terms: Collection[str] | None) -> list[Effect]:
    effects = [one for one in design.effects if one.name != "Intercept" and one.columns]
    if terms is not None:
        wanted = {design.positions([name])[0] for name in one_or_more(terms) or ()}
        effects = [one for one in effects if wanted & set(one.columns)]
    if not effects:
        message = "anova: expected a term to test, found none but the intercept"
        raise TableError(message)
    return effects


def _rows_of(effect: Effect, done: Fitted) -> FloatArray:
    return np.eye(len(done.model.design.columns))[list(effect.columns)]


def _of_type(done: Fitted, effect: Effect, type_: SumsOfSquares) -> tuple[FloatArray, int]:
    """Compare the residuals with and without a term, beside those terms that its type asks for."""
    before = [column for one in _beside(done.model.design, effect, type_) for column in one.columns]
    less = _rss(done, before) - _rss(done, [*before, *effect.columns])
    q = len(effect.columns)
    return less / q / done.fits.sigma**2, q


def _beside(design: Design, effect: Effect, type_: SumsOfSquares) -> Iterator[Effect]:
    for one in design.effects:
        if one.name == effect.name:
            if type_ == 1:
                return
            continue
        contains = set(effect.name.split(":")) < set(one.name.split(":"))
        if type_ == 1 or not contains:
            yield one


def _rss(done: Fitted, columns: list[int]) -> FloatArray:
    """Give each region's residual sum of squares with some of the columns of the design."""
    values = done.model.panel.values
    if not columns:
        return np.asarray(np.nansum(values**2 * done.weights[:, None], axis=0))
    return fit(values, done.model.design.matrix[:, columns], weights=done.weights).rss
