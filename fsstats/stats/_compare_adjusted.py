"""Groups compared by means that are adjusted for covariates."""

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.errors import FormulaError
from fsstats.stats._compared import Compared, Question, compared, interleaved, omnibus
from fsstats.stats._fitting import FittedModels, fitted, term_rows
from fsstats.stats._ols import Linear, added_up, classical, linear, t_of, wald
from fsstats.stats._results import effect_columns
from fsstats.stats.design import Design
from fsstats.stats.effect_sizes import EffectSize, hedges_g
from fsstats.stats.regress import group_d


def compare_adjusted(table: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Compare adjusted means, all of one model.

    Parameters
    ----------
    table : DataFrame
        A long table.
    question : Question
        What is asked.

    Returns
    -------
    DataFrame
        Results.
    """
    done = fitted(table, question.formula, question.choices, needed_by="compare")
    pairs = compared(done.model, question)
    design = done.model.design
    columns = _columns_of_groups(design, question.between)
    means = np.zeros((len(pairs.levels), len(design.columns)))
    means[1:, columns] = np.eye(len(columns))
    estimated = linear(done.fits, means[pairs.first] - means[pairs.second])
    counts = _counts(done, question.between, len(pairs.levels))
    found = term_rows(
        done,
        estimated,
        pairs.names,
        question.choices.conf_level,
        **effect_columns(_size(done, estimated, counts, pairs, question), question.effect),
        n_first=counts[:, pairs.first],
        n_second=counts[:, pairs.second],
    )
    if len(pairs.levels) == 2:
        return found
    every = np.eye(len(design.columns))[columns]
    f, q = wald(done.fits, every)
    plain = wald(classical(done.fits), every)[0], done.fits.df
    own = {"n": done.fits.n[:, None], "n_missing": done.n_missing[:, None], "note": done.notes[:, None]}
    whole = omnibus(done.model, question, f, (float(q), done.fits.test_df), plain, method=f"{done.method}; F", **own)
    return interleaved(whole, found, len(pairs.names))


def _columns_of_groups(design: Design, between: str) -> list[int]:
    """Give the columns that tell the groups apart; raise if something else of the model depends on the group."""
    mixed = [one.name for one in design.effects if between in one.variables and one.variables != (between,)]
    if mixed:
        raise FormulaError.at(
            mixed[0],
            expected=f"covariates without {between}",
            found="one whose effect differs between the groups, so that their difference is not one number",
            hint="Use regress for the interaction, and marginal_means(..., at=...) for the difference at a value.",
        )
    if "Intercept" not in design.columns:
        raise FormulaError.at(design.formula, expected="a model with its intercept", found="one without")
    return list(next(one for one in design.effects if one.variables == (between,)).columns)


def _counts(done: FittedModels, between: str, n_levels: int) -> FloatArray:
    """Count the rows of each level in each region, shape (regions, levels)."""
    codes = done.model.design.data[between].cat.codes.to_numpy()
    belongs = (codes == np.arange(n_levels)[:, None]).astype(np.float64)
    return added_up(belongs, done.fits.present)


def _size(done: FittedModels, found: Linear, counts: FloatArray, pairs: Compared, question: Question) -> EffectSize:
    """Give d or g of each pair by its classical t."""
    t = t_of(found.estimate, found.classical)
    level = question.choices.conf_level
    own = zip(t.T, counts[:, pairs.first].T, counts[:, pairs.second].T, strict=True)
    each = [group_d(one, done.fits.df, (first, second), done.fits.n, level) for one, first, second in own]
    d = EffectSize(*(np.stack(part, axis=1) for part in zip(*each, strict=True)))
    if question.effect == "cohens_d":
        return d
    return hedges_g(d, counts[:, pairs.first] + counts[:, pairs.second] - 2.0)
