"""Tests of whole terms: analysis of variance of every region."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, listed
from fsstats.errors import TableError, UnknownNameError
from fsstats.stats._fitting import FittedModels, LinearChoices, fitted
from fsstats.stats._ols import Fits, classical, f_p_value, wald
from fsstats.stats._results import effect_columns, results_table
from fsstats.stats.design import Design, Effect
from fsstats.stats.effect_sizes import cohens_f2, partial_eta_squared, partial_omega_squared
from fsstats.stats.regress import StdErrors

SumsOfSquares = Literal[1, 2, 3]
TermEffect = Literal["partial_eta_squared", "partial_omega_squared", "cohens_f2", "none"]
_ROMAN: Final = {1: "I", 2: "II", 3: "III"}


def anova(
    table: pd.DataFrame,
    formula: str,
    *,
    type: SumsOfSquares = 2,  # noqa: A002 - R's word
    terms: str | Collection[str] | None = None,
    std_errors: StdErrors = "classical",
    cluster: str | None = None,
    weights: str | None = None,
    effect: TermEffect = "partial_eta_squared",
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
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
    terms : str or collection of str, optional
        The terms that are wanted (``dx``, ``dx:sex``); all by default.
    std_errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4"}
        As for `regress`; with anything but classical F is Wald's.
    cluster, weights : str, optional
        As for `regress`.
    effect : {"partial_eta_squared", "partial_omega_squared", "cohens_f2", "none"}
        The effect size. ``partial_eta_squared``: the share of the variance left by the other terms that a term
        explains; ``partial_omega_squared``: the same, less biased in small samples; ``cohens_f2``: explained by
        unexplained variance, as `power` takes it.
    reference : mapping of str to str, optional
        As for `regress`.
    allow : str or collection of str
        As for `regress`.
    conf_level : float
        As for `regress`.

    Returns
    -------
    DataFrame
        The results table: a row per region and term. ``statistic`` is F with ``df_term`` and ``df`` degrees of freedom,
        ``effect_size`` has an interval by the noncentral F, but no standard error; then ``sum_sq``, the term's sum of
        squares, without robust standard errors. There is no estimate.

    Raises
    ------
    FormulaError, UnknownNameError, TableError, ColumnsError
        As for `regress`.

    Notes
    -----
    :math:`F = (\Delta RSS / q) / \hat\sigma^2`, sigma of the whole model. Type III depends on how levels are coded;
    treatment coding would test something else without a word, so this function always uses sums there (as R's
    ``car::Anova`` with ``contr.sum``), unless the formula codes a variable itself.

    It is computed as :math:`F = (W(T, R) - W(R)) / q`, where W is Wald's chi squared of some coefficients being 0: T
    are those of the term, R those that its type does not hold beside it (I: of later terms; II: of terms that contain
    it; III: none). This holds with robust standard errors as well, and tests what ``car::Anova`` does.

    Effect sizes rest on the classical F also where the standard errors are robust: :math:`\eta^2 = F q / (F q + df)`,
    :math:`\omega^2 = (F - 1) q / ((F - 1) q + n)` [1]_, which is below 0 where F is below 1, :math:`f^2 = F q / df`.

    References
    ----------
    .. [1] Olejnik S, Algina J (2003). Generalized eta and omega squared statistics. Psychological Methods 8, 434-447.

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
    if effect not in get_args(TermEffect):
        raise UnknownNameError.among("effect size of a term", effect, get_args(TermEffect))
    choices = LinearChoices(
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
    plain = _f(classical(done.fits), done.model.design, effects, type)
    f = _f(done.fits, done.model.design, effects, type) if robust else plain
    df_term, df = np.array([float(len(one.columns)) for one in effects]), done.fits.test_df[:, None]
    results = results_table(
        done.model.panel.cells,
        [one.name for one in effects],
        statistic=f,
        df_term=df_term,
        df=df,
        p_value=f_p_value(f, df_term, df),
        **_size(effect, plain, df_term, done, conf_level),
        n=done.fits.n[:, None],
        n_missing=done.n_missing[:, None],
        method=f"{done.method}; F, type {_ROMAN[type]}",
        note=done.notes[:, None],
    )
    squares = f * df_term * done.fits.sigma[:, None] ** 2
    return results.assign(sum_sq=np.full(f.size, np.nan) if robust else squares.ravel())


def _size(
    effect: TermEffect, f: FloatArray, df_term: FloatArray, done: FittedModels, conf_level: float
) -> dict[str, object]:
    """Give the columns of the effect size that is wanted."""
    df, n = done.fits.df[:, None], done.fits.n[:, None]
    if effect == "none":
        return {}
    if effect == "partial_omega_squared":
        return effect_columns(partial_omega_squared(f, df_term, df, n, conf_level=conf_level), effect)
    size = partial_eta_squared if effect == "partial_eta_squared" else cohens_f2
    return effect_columns(size(f, df_term, df, conf_level=conf_level), effect)


def _wanted(design: Design, terms: Collection[str] | None) -> list[Effect]:
    effects = [one for one in design.effects if one.name != "Intercept" and one.columns]
    if terms is not None:
        wanted = {design.positions([name])[0] for name in listed(terms)}
        effects = [one for one in effects if wanted & set(one.columns)]
    if not effects:
        message = "anova: expected a term to test, found none but the intercept"
        raise TableError(message)
    return effects


def _f(fits: Fits, design: Design, effects: Sequence[Effect], type_: SumsOfSquares) -> FloatArray:
    """Give F of each region and term, by the covariance of the fits."""
    return np.stack([_of_term(fits, one, [*_not_held(design, one, type_)]) for one in effects], axis=1)


def _not_held(design: Design, effect: Effect, type_: SumsOfSquares) -> Iterator[int]:
    """Give the columns of those terms that are not held beside a term when it is tested."""
    parts, names = set(effect.name.split(":")), [one.name for one in design.effects]
    for one in design.effects[names.index(effect.name) + 1 :] if type_ == 1 else design.effects:
        if type_ == 1 or (type_ == 2 and parts < set(one.name.split(":"))):
            yield from one.columns


def _of_term(fits: Fits, effect: Effect, rest: list[int]) -> FloatArray:
    """Give Wald's F of a term and the rest, less that of the rest alone; of the rest a region may lack columns."""
    f, lost = np.full(len(fits.n), np.nan), fits.lost[:, rest]
    for pattern in {tuple(one) for one in lost.tolist()}:
        there = [column for column, is_lost in zip(rest, pattern, strict=True) if not is_lost]
        own = (lost == np.array(pattern, dtype=np.bool_)).all(axis=1)
        less = _wald(fits, there) if there else 0.0
        f[own] = (np.maximum(_wald(fits, [*effect.columns, *there]) - less, 0.0) / len(effect.columns))[own]
    return f


def _wald(fits: Fits, columns: Sequence[int]) -> FloatArray:
    """Give Wald's chi squared of coefficients being 0."""
    f, q = wald(fits, np.eye(len(fits.turn))[list(columns)])
    return f * q
