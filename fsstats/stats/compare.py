"""Groups compared in every region: the friendly front of the linear models."""

from collections.abc import Collection, Mapping
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import studentized_range

from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import CELL
from fsstats.stats._compare_adjusted import compare_adjusted
from fsstats.stats._compare_plain import compare_plain
from fsstats.stats._compared import GroupEffect, Pairs, Question, with_reference
from fsstats.stats._fitting import LinearChoices
from fsstats.stats._terms import terms_of
from fsstats.stats.effect_sizes import require_level
from fsstats.stats.regress import StdErrors


def compare(
    table: pd.DataFrame,
    between: str,
    *,
    covariates: str | Collection[str] | None = (),
    pairs: Pairs = "all",
    adjust: Literal["tukey"] | None = None,
    equal_variance: bool = False,
    std_errors: StdErrors = "classical",
    effect: GroupEffect = "hedges_g",
    reference: str | Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    r"""Compare groups in every region: Welch's test, or means adjusted for covariates (ANCOVA).

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns (see `join`).
    between : str
        The column that says which group a subject is of.
    covariates : collection of str
        What the groups are adjusted for: columns, header Measures (``eTIV``), or terms of a formula (``bs(age)``); not
        interactions with the groups, by which their difference would not be one number.
    pairs : {"all", "reference"}
        Of more than two groups: every two, or each against the reference.
    adjust : {"tukey"}, optional
        Adjust p-values for the pairs of a region: Tukey-Kramer; by Welch's test Games-Howell; with `equal_variance` all
        pairs then share the variance of all groups. Adds ``p_adjusted``, ``adjustment`` and ``n_tests``. For anything
        across regions see `correct`.
    equal_variance : bool
        Without covariates: Student's t test in place of Welch's.
    std_errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4"}
        With covariates: as for `regress`.
    effect : {"hedges_g", "cohens_d"}
        The standardised difference. Without covariates by the pooled standard deviation, with the interval of the
        noncentral t; with covariates from t, as ENIGMA does (see `d_from_t`).
    reference : str, or mapping of str to str, optional
        The reference group, alone or as for `regress` (``{"group": "control"}``); by default the first category, of
        text the first by the alphabet. Numbers are groups if it is given; two whole numbers (0 and 1) are without it,
        with a warning, and the smaller is the reference.
    allow : str or collection of str
        As for `regress`.
    conf_level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        The results table. ``term`` is ``patient - control``: the estimate is the first less the second, the reference
        comes second. With more than two groups a row with the name of `between` precedes the pairs of each region: F
        of all groups at once, with partial eta squared. ``n_first`` and ``n_second`` count the rows of the two groups.

    Raises
    ------
    FormulaError
        If there are fewer than two groups, a group has lost all its subjects, or a covariate cannot be used; or if
        `between` holds more than two numbers and no `reference` is given.
    UnknownNameError
        If a name does not exist.
    TableError
        If runs of several streams or versions would be mixed, or a subject has several runs.
    ColumnsError
        If it is no long table.

    Notes
    -----
    Welch's test [1]_ does not take the groups to vary alike; of several groups, each pair rests on its own two. With
    covariates it is the model ``value ~ between + covariates`` of all groups, and the difference of two adjusted
    means. Each region has its own rows. Without covariates, a group with fewer than two values has no numbers, and a
    note; with covariates all groups share one variance, so a single value will do.

    Hedges' g is Cohen's d (``effect="cohens_d"``, and what `regress` gives) times a correction for few subjects: with
    covariates 1 - 3 / (4 df - 1) as ENIGMA has it, without covariates the exact one. This df is
    n_first + n_second - 2, whatever the model adjusts for, and not the column ``df``, which is that of the test.

    References
    ----------
    .. [1] Welch BL (1947). Biometrika 34, 28-35.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, effects={"Left-Hippocampus": -0.2}, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume", "eTIV"]), made.participants)
    >>> results = compare(table, "group", covariates=["age", "sex", "eTIV"])
    >>> results.query("region == 'Left-Hippocampus'")[["term", "estimate", "effect_size", "n_first"]].round(1)
                     term  estimate  effect_size  n_first
    12  patient - control    -833.1         -2.8     20.0
    """
    require_level(conf_level)
    _require_choices(pairs, adjust, effect)
    groups, others = terms_of([between], table), terms_of(covariates, table)
    formula = " + ".join([*groups, *others])
    choices = LinearChoices(
        std_errors=std_errors,
        reference=with_reference(table, between, reference),
        allow=allow,
        conf_level=conf_level,
    )
    question = Question(between, f"value ~ {formula}", pairs, effect, choices, pooled=adjust == "tukey")
    if others:
        found = compare_adjusted(table, question)
    elif std_errors == "classical":
        found = compare_plain(table, question, equal_variance=equal_variance)
    else:
        message = "without covariates variances may differ by Welch's test already; leave std_errors out"
        raise TableError(message)
    return found if adjust is None else _tukey(found)


def _require_choices(pairs: str, adjust: str | None, effect: str) -> None:
    if effect not in get_args(GroupEffect):
        raise UnknownNameError.among("effect size", effect, get_args(GroupEffect))
    if adjust not in {None, "tukey"}:
        raise UnknownNameError.among("adjustment of pairs", str(adjust), ["tukey"])
    if adjust and pairs != "all":
        message = "adjust='tukey' is of all pairs; take pairs='all', or leave it out"
        raise TableError(message)


def _tukey(found: pd.DataFrame) -> pd.DataFrame:
    """Add the p-values of the studentised range: of all pairs that a region has."""
    is_pair = found["statistic"].notna() & found["n_first"].notna()
    own = found[is_pair]
    pairs = (
        own.groupby(list(CELL), observed=True, dropna=False)["statistic"].transform("size").to_numpy(dtype=np.float64)
    )
    groups = (1 + np.sqrt(1 + 8 * pairs)) / 2
    p, count = np.full(len(found), np.nan), np.full(len(found), np.nan)
    p[is_pair.to_numpy()] = studentized_range.sf(own["statistic"].abs() * np.sqrt(2.0), groups, own["df"])
    count[is_pair.to_numpy()] = pairs
    return found.assign(p_adjusted=p, adjustment="tukey within region", n_tests=count)
