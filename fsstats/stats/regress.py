"""A linear model of every region."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, listed
from fsstats.errors import UnknownNameError
from fsstats.stats._combinations import combinations_of
from fsstats.stats._fitting import FittedModels, LinearChoices, fitted, term_rows
from fsstats.stats._ols import Linear, added_up, linear, t_of
from fsstats.stats._results import effect_columns
from fsstats.stats.design import Design
from fsstats.stats.effect_sizes import (
    EffectSize,
    d_from_t,
    partial_eta_squared,
    partial_r,
    standardised_beta,
)
from fsstats.tables.panel import BoolArray

StdErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "HC4"]
TermEffect = Literal["auto", "cohens_d", "standardised_beta", "partial_r", "partial_eta_squared", "none"]
EFFECTS: Final = get_args(TermEffect)


def regress(
    table: pd.DataFrame,
    formula: str,
    *,
    terms: Collection[str] | None = None,
    contrasts: Mapping[str, str] | Sequence[str] | None = None,
    std_errors: StdErrors = "classical",
    cluster: str | None = None,
    weights: str | None = None,
    effect: TermEffect = "auto",
    reference: Mapping[str, str] | None = None,
    allow: Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    r"""Fit a linear model to every region, and test its terms.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns (`join`), or what ``to_wide(table, sep=None)`` gives, which saves
        time where many models are fitted to one big table.
    formula : str
        ``value ~ group * age + sex``; on the left also ``log(value)``. Variables are columns of the table, header
        Measures in it (``eTIV``), or values by their name in a wide table, between backticks. Text has levels,
        numbers have none (``C(site)`` gives a number levels). Functions: ``bs``, ``cr``, ``poly``, ``center``,
        ``scale``, ``log``, ``exp``, ``sqrt``, ``I`` and ``C``; a formula can run nothing else.
    terms : collection of str, optional
        The terms, or columns of the design, that are wanted (``group``, ``group:age``); all by default.
    contrasts : mapping of str to str, or sequence of str, optional
        Sums of columns of the design in place of terms: ``{"MCI - AD": "dx[T.MCI] - dx[T.AD]"}``.
    std_errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4"}
        HC3 holds where variances differ between people; tests use t with the residual degrees of freedom.
    cluster : str, optional
        A column (family, subject): standard errors by clusters, CR1, tests by t with clusters less 1.
    weights : str, optional
        A column of positive numbers: weighted least squares, the inverse of each row's variance up to a factor.
    effect : {"auto", "cohens_d", "standardised_beta", "partial_r", "partial_eta_squared", "none"}
        The effect size. ``auto``: Cohen's d for a level against the reference (see `d_from_t`; `compare` gives
        Hedges' g unless told otherwise, which is d with a correction for few subjects), the standardised
        slope for a number, the partial correlation for anything else, also for what takes part in an interaction.
    reference : mapping of str to str, optional
        Reference levels (``{"group": "control"}``); by default the first category, of text the first by the alphabet.
    allow : collection of str
        What may be mixed in one model, and is then said in ``note``: ``streams``, ``versions``, ``definitions``,
        ``repeated`` (several runs of a subject).
    conf_level : float
        Of the confidence intervals.

    Returns
    -------
    DataFrame
        The results table: a row per region and column of the design. ``estimate`` is in the measure's unit per unit
        of the term; ``note`` says why a region has no numbers (it does not vary, has too few rows, or its rows do not
        tell two terms apart).

    Raises
    ------
    FormulaError
        If the formula cannot be used: see `FormulaError`; a term that is a combination of others is named, and so is a
        level that lost all its subjects to missing values.
    UnknownNameError
        If a variable, term or level does not exist.
    TableError
        If runs of several streams, versions or definitions would be mixed, or a subject has several runs.
    ColumnsError
        If it is no long table.

    Notes
    -----
    :math:`b = (X'WX)^{-1} X'Wy`, :math:`t = b / se` with n - p degrees of freedom. HC3 weighs the squared residuals by
    :math:`(1 - h_i)^{-2}` [1]_. Rows without a variable are left out for all regions; a row without a region's value
    for this region only, exactly as if the model were fitted to this region alone; ``n_missing`` counts both. Effect
    sizes rest on the classical t also where the standard errors are robust.

    References
    ----------
    .. [1] MacKinnon JG, White H (1985). J Econometrics 29, 305-325.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, effects={"Left-Hippocampus": -0.2}, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume", "eTIV"]), made.participants)
    >>> results = regress(table, "value ~ group + age + sex + eTIV", terms=["group"])
    >>> results.query("region == 'Left-Hippocampus'")[["term", "estimate", "unit", "df", "effect_name"]].round(1)
                    term  estimate  unit    df effect_name
    12  group[T.patient]    -833.1  mm^3  35.0    cohens_d
    """
    choices = LinearChoices(
        std_errors=std_errors,
        cluster=cluster,
        weights=weights,
        reference=reference,
        allow=allow,
        conf_level=conf_level,
    )
    if effect not in EFFECTS:
        raise UnknownNameError.among("effect size", effect, EFFECTS)
    done = fitted(table, formula, choices, needed_by="regress")
    if contrasts is not None:
        named = contrasts if isinstance(contrasts, Mapping) else listed(contrasts)
        names, combinations = combinations_of(named, done.model.design.columns)
        chosen = "partial_r" if effect == "auto" else effect
        found = linear(done.fits, combinations)
        return term_rows(done, found, names, conf_level, **_effects_of(done, found, chosen, conf_level))
    places = done.model.design.positions(None if terms is None else listed(terms))
    names = [done.model.design.columns[place] for place in places]
    found = linear(done.fits, np.eye(len(done.model.design.columns))[places])
    return term_rows(done, found, names, conf_level, **term_effects(done, places, found, effect, conf_level))


def group_d(
    t: FloatArray, df: FloatArray, counts: tuple[FloatArray, FloatArray], n: npt.NDArray[np.int64], conf_level: float
) -> EffectSize:
    """Give ENIGMA's d of two levels of a model that may have more.

    Parameters
    ----------
    t, df : ndarray, shape (regions,)
        Of the comparison, by the classical standard error.
    counts : tuple of ndarray, shape (regions,)
        Rows of either level.
    n : ndarray, shape (regions,)
        Rows of the model.
    conf_level : float
        Of the interval.

    Returns
    -------
    EffectSize
        With two levels that of `d_from_t`; with more, sigma is that of all rows, and so is what sets it off against
        the residual degrees of freedom.
    """
    both = counts[0] + counts[1]
    whole = np.sqrt(np.divide(n, both, out=np.full(len(n), np.nan), where=both > 0))
    return d_from_t(t * whole, df, *counts, conf_level=conf_level)


def _effects_of(done: FittedModels, found: Linear, effect: str, conf_level: float) -> dict[str, object]:
    """Give the columns of one kind of effect size that needs nothing but t.

    Parameters
    ----------
    done : FittedModels
        The models.
    found : Linear
        What was estimated.
    effect : str
        partial_r, partial_eta_squared or none.
    conf_level : float
        Of the intervals.

    Returns
    -------
    dict
        Columns of the results table.

    Raises
    ------
    UnknownNameError
        If it needs to know more than t.
    """
    if effect == "none":
        return {}
    t = t_of(found.estimate, found.classical)
    df = np.broadcast_to(done.fits.df[:, None], t.shape)
    if effect == "partial_r":
        return effect_columns(partial_r(t, df, conf_level=conf_level), effect)
    if effect == "partial_eta_squared":
        return effect_columns(partial_eta_squared(t**2, 1.0, df, conf_level=conf_level), effect)
    raise UnknownNameError.among("effect size of a combination", effect, ("partial_r", "partial_eta_squared", "none"))


def term_effects(
    done: FittedModels, places: Sequence[int], found: Linear, effect: TermEffect, conf_level: float
) -> dict[str, object]:
    """Give the effect size of each column of the design, as its kind wants it.

    Parameters
    ----------
    done : FittedModels
        The models.
    places : sequence of int, length k
        Columns of the design.
    found : Linear
        What was estimated of them.
    effect : str
        One of `EFFECTS`.
    conf_level : float
        Of the intervals.

    Returns
    -------
    dict
        Columns of the results table.
    """
    kinds = [_kind(done.model.design, place, effect) for place in places]
    shape = (len(done.fits.n), len(places))
    size = EffectSize(*(np.full(shape, np.nan) for _ in EffectSize._fields))
    counts = np.full((2, *shape), np.nan)
    estimate, std_error, classical = found
    df, n = done.fits.df, done.fits.n
    t = t_of(estimate, classical)
    sums = _sums(done, [_needed(done.model.design, place, kind) for place, kind in zip(places, kinds, strict=True)])
    of_values = _spread_of_values(done) if "standardised_beta" in kinds else df
    for k, kind in enumerate(kinds):
        own = EffectSize(*(np.full(shape[0], np.nan) for _ in EffectSize._fields))
        if kind == "cohens_d":
            counts[:, :, k] = sums[k]
            own = group_d(t[:, k], df, (sums[k][0], sums[k][1]), n, conf_level)
        elif kind == "standardised_beta":
            both = estimate[:, k], std_error[:, k]
            own = standardised_beta(
                *both, _spread(sums[k][0], sums[k][1], n), of_values, done.fits.test_df, conf_level=conf_level
            )
        elif kind == "partial_r":
            own = partial_r(t[:, k], df, conf_level=conf_level)
        elif kind == "partial_eta_squared":
            own = partial_eta_squared(t[:, k] ** 2, 1.0, df, conf_level=conf_level)
        for whole, one in zip(size, own, strict=True):
            whole[:, k] = one
    names: npt.NDArray[np.object_] = np.array([kind if kind != "none" else None for kind in kinds], dtype=object)
    return effect_columns(size, names) | {"n_first": counts[0], "n_second": counts[1]}


def _kind(design: Design, place: int, effect: TermEffect) -> str:
    """Choose the effect size of a column: d needs a level against its reference, outside of interactions."""
    own = next(one for one in design.effects if place in one.columns)
    if not own.variables:
        return "none"
    interacts = any(
        set(own.variables) & set(one.variables) for one in design.effects if one is not own and one.variables
    )
    alone = len(own.variables) == 1 and not interacts
    is_level = alone and own.variables[0] in design.levels and _is_treatment(design, own.columns)
    is_slope = alone and own.variables[0] not in design.levels and len(own.columns) == 1
    if effect == "auto":
        return "cohens_d" if is_level else "standardised_beta" if is_slope else "partial_r"
    if effect == "cohens_d":
        return effect if is_level else "none"
    return effect


def _is_treatment(design: Design, columns: Sequence[int]) -> bool:
    """Say whether columns compare levels with a reference: each 0 or 1, and never two of them."""
    own = design.matrix[:, list(columns)]
    has_intercept = any(one.name == "Intercept" for one in design.effects)
    return has_intercept and bool(np.isin(own, (0.0, 1.0)).all()) and bool((own.sum(axis=1) <= 1).all())


def _needed(design: Design, place: int, kind: str) -> list[FloatArray]:
    """Give the columns whose sums over a region's rows an effect size needs.

    For d the rows of a level and those of its reference; for a slope the column and its squares, about its mean.
    """
    column = design.matrix[:, place]
    if kind == "cohens_d":
        own = next(one for one in design.effects if place in one.columns)
        return [column, 1.0 - design.matrix[:, list(own.columns)].sum(axis=1)]
    if kind == "standardised_beta":
        centred = column - column.mean()
        return [centred, centred**2]
    return []


def _sums(done: FittedModels, columns: Sequence[Sequence[FloatArray]]) -> list[list[FloatArray]]:
    """Add columns up over the rows that each region has, shape (regions,) each."""
    present = done.fits.present
    every = np.array([one for own in columns for one in own]).reshape(-1, len(present))
    sums = iter(added_up(every, present).T)
    return [[next(sums) for _ in own] for own in columns]


def _spread(total: FloatArray, squares: FloatArray, n: npt.NDArray[np.int64]) -> FloatArray:
    """Give a standard deviation by sums about a number near the mean."""
    with np.errstate(invalid="ignore", divide="ignore"):  # fewer than two rows
        return np.asarray(np.sqrt(np.maximum(squares - total**2 / n, 0.0) / (n - 1.0)), dtype=np.float64)


def _spread_of_values(done: FittedModels) -> FloatArray:
    """Give the standard deviation of each region.

    Where the design begins with the constant, the squares about the mean are those of the residuals and those of what
    the other columns of the basis explain: known already, and without the loss of digits of a sum of squares.
    """
    fits, values = done.fits, done.model.panel.values
    lost: BoolArray = np.asarray(fits.lost.any(axis=1))
    slopes = fits.coefficients[:, 1:]
    own = np.where(lost[:, None, None], np.eye(slopes.shape[1]), fits.inverse[:, 1:, 1:])
    squares = fits.rss + np.einsum("va,va->v", slopes, np.linalg.solve(own, slopes[:, :, None])[:, :, 0])
    plain = (done.weights == 1.0).all() and done.model.design.columns[0] == "Intercept"
    rest = np.flatnonzero(np.isnan(squares) | lost) if plain else np.arange(len(squares))
    present = fits.present[:, rest]
    with np.errstate(invalid="ignore", divide="ignore"):  # fewer than two rows
        if len(rest):
            centre = np.where(present, values[:, rest], 0.0).sum(axis=0) / fits.n[rest]
            centred = np.where(present, values[:, rest] - centre, 0.0)
            squares[rest] = np.einsum("ij,ij->j", centred, centred)
        return np.asarray(np.sqrt(squares / (fits.n - 1.0)), dtype=np.float64)
