"""What comparisons of groups share, with covariates and without."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, as_word
from fsstats.errors import FormulaError, UnknownNameError, warn
from fsstats.schema import LONG
from fsstats.stats._fitting import LinearChoices
from fsstats.stats._model import Model
from fsstats.stats._ols import f_p_value
from fsstats.stats._results import effect_columns, results_table
from fsstats.stats.design import has_levels
from fsstats.stats.effect_sizes import EffectSize, partial_eta_squared

GroupEffect = Literal["hedges_g", "cohens_d"]
Pairs = Literal["all", "reference"]
_MANY: Final = 10
"""More numbers than this are not likely to stand for groups."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the groups."""

    between: str
    formula: str
    pairs: Pairs
    effect: GroupEffect
    choices: LinearChoices
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
    pairs = pairs_among(len(levels), question.pairs)
    return Compared(levels, [later for later, _ in pairs], [earlier for _, earlier in pairs])


def pairs_among(n: int, pairs: Pairs) -> list[tuple[int, int]]:
    """Give the places of every two of `n`, or of each and the first; the later one first.

    Raises
    ------
    UnknownNameError
        If there is no such choice.

    Examples
    --------
    >>> pairs_among(3, "all"), pairs_among(3, "reference")
    ([(1, 0), (2, 0), (2, 1)], [(1, 0), (2, 0)])
    """
    if pairs not in get_args(Pairs):
        raise UnknownNameError.among("choice of pairs", pairs, get_args(Pairs))
    return [(later, earlier) for earlier, later in combinations(range(n), 2) if pairs == "all" or earlier == 0]


def _levels(model: Model, between: str) -> tuple[str, ...]:
    levels = model.design.levels.get(between)
    if levels is None:
        raise _no_groups(between, model.design.data)
    if len(levels) < 2:
        raise FormulaError.at(between, expected="at least two groups", found=f"only {levels[0]}")
    return levels


def _no_groups(between: str, data: pd.DataFrame) -> FormulaError:
    """Say what was found instead of groups, and how numbers become groups."""
    if between not in data:
        return FormulaError.at(between, expected="groups", found="no such variable")
    numbers = np.unique(data[between])
    words = [as_word(one) for one in numbers]
    hint = "For a covariate use regress"
    if len(words) > _MANY or not _are_whole(numbers):
        found = f"{len(words)} different numbers, from {words[0]} to {words[-1]}"
        return FormulaError.at(between, expected="groups", found=found, hint=f"{hint}; or make groups of them, as text")
    found = f"the number{'s' if len(words) > 1 else ''} {', '.join(words)}"
    hint += f"; if they stand for groups, name the one of reference: reference={words[0]!r}"
    return FormulaError.at(between, expected="groups", found=found, hint=hint)


def _are_whole(numbers: FloatArray) -> bool:
    return bool((np.isfinite(numbers) & (numbers == np.floor(numbers))).all())


def with_reference(
    table: pd.DataFrame, between: str, reference: str | Mapping[str, str] | None
) -> Mapping[str, str] | None:
    """Give the reference levels; two whole numbers are taken for groups, the smaller for the reference.

    Parameters
    ----------
    table : DataFrame
        A long table, or a wide one of five levels.
    between : str
        The column of the groups.
    reference : str, or mapping of str to str, optional
        As it was given.

    Returns
    -------
    mapping of str to str, or None
        What a model needs: a variable with a reference level has levels.

    Warns
    -----
    FsstatsWarning
        If numbers are taken for groups and nobody said so.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     with_reference(pd.DataFrame({"dx": [1.0, 0.0, np.nan]}), "dx", None)
    {'dx': '0'}
    >>> print(said[0].message)
    dx: the numbers 0 and 1 are taken for groups, and 0 for the reference; to say so: reference='0'
    """
    if reference is not None:
        return reference if isinstance(reference, Mapping) else {between: as_word(reference)}
    names = [*table.columns.get_level_values(0)]  # a wide table may have labels of five levels
    if between not in names or between in LONG or has_levels(column := table.iloc[:, names.index(between)]):
        return None
    numbers = np.unique(column.dropna().to_numpy(dtype=np.float64))
    if len(numbers) != 2 or not _are_whole(numbers):
        return None
    low, high = map(as_word, numbers)
    taken = f"the numbers {low} and {high} are taken for groups, and {low} for the reference"
    warn(f"{between}: {taken}; to say so: reference={low!r}")
    return {between: low}


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
