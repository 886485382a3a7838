"""Groups compared without covariates, each pair by itself."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions
from fsstats.stats._compared import Compared, Question, compared, interleaved, omnibus
from fsstats.stats._model import Model, model_of
from fsstats.stats._ols import interval, t_test
from fsstats.stats._results import effect_columns, results_table
from fsstats.stats._welch import Groups, groups_of, one_way, two_of_all, two_sample, welch_anova
from fsstats.stats.effect_sizes import EffectSize, d_pooled, hedges_g
from fsstats.stats.guards import Notes, noted, refuse_repeated

_FEWEST: Final = 2
"""Values that a group needs, to have a variance."""


def compare_plain(table: pd.DataFrame, question: Question, *, equal_variance: bool) -> pd.DataFrame:
    """Compare means, by Welch's test or by Student's.

    Parameters
    ----------
    table : DataFrame
        A long table.
    question : Question
        What is asked.
    equal_variance : bool
        Student's test.

    Returns
    -------
    DataFrame
        Results.
    """
    choices = question.choices
    model = model_of(table, question.formula, reference=choices.reference, allow=choices.allow, needed_by="compare")
    refuse_repeated(model.panel, choices.allow, instead="mixed")
    pairs = compared(model, question)
    codes: Positions = model.design.data[question.between].cat.codes.to_numpy().astype(np.intp)
    groups = groups_of(model.panel.values, codes, len(pairs.levels))
    what = f"{model.design.response} ~ {model.design.formula}"
    test = "Student's t test" if equal_variance else "Welch's t test"
    test += " with the variance of all groups" if question.pooled and equal_variance else ""
    columns = _pairs(model, groups, pairs, question, equal_variance=equal_variance)
    found = results_table(
        model.panel.cells,
        pairs.names,
        **columns,
        n_missing=_possible(model, codes, pairs) - np.asarray(columns["n"]),
        method=f"{test}; {what}; t",
    )
    if len(pairs.levels) == 2:
        return found
    f, rest = one_way(groups) if equal_variance else welch_anova(groups)
    n = groups.n.sum(axis=0)[:, None]
    whole = omnibus(
        model,
        question,
        f,
        (len(pairs.levels) - 1.0, rest),
        n=n,
        n_missing=model.left_out + len(codes) - n,
        method=f"{'one-way' if equal_variance else 'Welch'} analysis of variance; {what}; F",
        note=_why(model, groups, pairs.levels, range(len(pairs.levels)))[:, None],
    )
    return interleaved(whole, found, len(pairs.first))


def _pairs(
    model: Model, groups: Groups, pairs: Compared, question: Question, *, equal_variance: bool
) -> dict[str, object]:
    """Test each pair; give the columns of the results table, shape (regions, pairs)."""
    both = list(zip(pairs.first, pairs.second, strict=True))
    tests = [two_sample(groups, first, second, equal_variance=equal_variance) for first, second in both]
    if question.pooled and equal_variance:
        tests = [two_of_all(groups, first, second) for first, second in both]
    estimate, error, df = (np.stack(part, axis=1) for part in zip(*tests, strict=True))
    t, p = t_test(estimate, error, df)
    low, high = interval(estimate, error, df, question.choices.conf_level)
    first, second = groups.n[pairs.first].T, groups.n[pairs.second].T
    return effect_columns(_size(groups, pairs, question), question.effect) | {
        "estimate": estimate,
        "std_error": error,
        "statistic": t,
        "df_term": 1.0,
        "df": df,
        "p_value": p,
        "ci_low": low,
        "ci_high": high,
        "n": first + second,
        "n_first": first,
        "n_second": second,
        "note": np.stack([_why(model, groups, pairs.levels, pair) for pair in both], axis=1),
    }


def _possible(model: Model, codes: Positions, pairs: Compared) -> FloatArray:
    """Count the rows that each pair could have; those without a group could be of any."""
    sizes = np.bincount(codes, minlength=len(pairs.levels)).astype(np.float64)
    return np.asarray(sizes[pairs.first] + sizes[pairs.second] + model.left_out)


def _size(groups: Groups, pairs: Compared, question: Question) -> EffectSize:
    one, two = (Groups(*(part[side].T for part in groups)) for side in (pairs.first, pairs.second))
    d = d_pooled(one.mean, two.mean, one.sd, two.sd, one.n, two.n, conf_level=question.choices.conf_level)
    return d if question.effect == "cohens_d" else hedges_g(d, one.n + two.n - 2.0, exact=True)


def _why(model: Model, groups: Groups, levels: Sequence[str], which: Sequence[int]) -> Notes:
    """Say of each region why these groups cannot be compared."""
    notes, own = model.notes.copy(), list(which)
    few, still = groups.n[own] < _FEWEST, (groups.sd[own] == 0).all(axis=0)
    for place in np.flatnonzero(few.any(axis=0) | still):
        lacking = [f"{levels[one]} has {int(groups.n[one, place])}" for one in own if groups.n[one, place] < _FEWEST]
        why = f"too few values: {', '.join(lacking)}" if lacking else "does not vary"
        notes[place] = noted(notes[place], why)
    return notes
