"""What comparisons of groups share, with covariates and without."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.errors import FormulaError
from fsstats.stats._fitting import Choices
from fsstats.stats._model import Model
from fsstats.stats._ols import f_p_value
from fsstats.stats._results import effect_columns, results_table
from fsstats.stats.effect_sizes import EffectSize, partial_eta_squared

GroupEffect = Literal["hedges_g", "cohens_d"]
Pairs = Literal["all", "reference"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the groups."""

    between: str
    formula: str
    pairs: Pairs
    effect: GroupEffect
    choices: Choices
    pooled: bool = False
    """Without covariates: one variance of all groups for every pair."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The levels, and which two are compared in each row."""

    levels: tuple[str, ...]
    first: list[int]
    second: list[int]

    @property
    def names(self) -> list[str]:
        """What each comparison is called: patient - control."""
        pairs = zip(self.first, self.second, strict=True)
        return [f"{self.levels[one]} - {self.levels[two]}" for one, two in pairs]


def compared(model: Model, question: Question) -> Compared:
    """Give the pairs of levels, the later one first.

    Parameters
    ----------
    model : Model
        The rows and their groups.
    question : Question
        Which variable, which pairs.

    Returns
    -------
    Compared
        Levels and pairs.

    Raises
    ------
    FormulaError
        If there are no two groups.
    """
    levels = _levels(model, question.between)
    pairs = list(combinations(range(len(levels)), 2))
    pairs = pairs if question.pairs == "all" else [pair for pair in pairs if pair[0] == 0]
    return Compared(levels, [later for _, later in pairs], [earlier for earlier, _ in pairs])


def _levels(model: Model, between: str) -> tuple[str, ...]:
    levels = model.design.levels.get(between)
    if levels is None:
        found = "numbers. Make them text, or use regress" if between in model.design.data else "no such variable"
        raise FormulaError.at(between, expected="groups", found=found)
    if len(levels) < 2:
        raise FormulaError.at(between, expected="at least two groups", found=f"only {levels[0]}")
    return levels


def omnibus(
    model: Model,
    question: Question,
    f: FloatArray,
    df: tuple[float, FloatArray],
    plain: tuple[FloatArray, FloatArray] | None = None,
    **columns: object,
) -> pd.DataFrame:
    """Make the row of the test of all groups at once, for each region."""
    q, rest = df
    own, own_df = plain or (f, rest)  # effect sizes rest on the classical F
    size = partial_eta_squared(own, q, own_df, conf_level=question.choices.conf_level)
    return results_table(
        model.panel.cells,
        [question.between],
        statistic=f[:, None],
        df_term=q,
        df=rest[:, None],
        p_value=f_p_value(f, q, rest)[:, None],
        **effect_columns(EffectSize(*(one[:, None] for one in size)), "partial_eta_squared"),
        **columns,
    )


def interleaved(whole: pd.DataFrame, found: pd.DataFrame, n_pairs: int) -> pd.DataFrame:
    """Put the row of all groups before the pairs of each region."""
    order = np.concatenate([np.arange(len(whole)), np.repeat(np.arange(len(whole)), n_pairs)])
    both = pd.concat([whole, found], ignore_index=True)
    return both.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
