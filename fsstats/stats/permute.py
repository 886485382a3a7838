"""Permutation tests of one term of a linear model, corrected for all regions by the largest statistic."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from typing import Final, Literal

import numpy as np
import pandas as pd

from fsstats._frames import Positions, listed, require, some_of
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.schema import CELL, SUBJECT_KEY
from fsstats.stats._exchange import SCHEMES, Exchange, Scheme, exchange_of
from fsstats.stats._fitting import FittedModels, LinearChoices, fitted, term_rows
from fsstats.stats._ols import f_p_value, linear, wald
from fsstats.stats._permutation import TAILS, Permuted, Tail, Test, never_changes, permutation_test
from fsstats.stats._results import results_table
from fsstats.stats.effect_sizes import partial_eta_squared
from fsstats.stats.guards import refuse_repeated
from fsstats.stats.regress import term_effects
from fsstats.tables.panel import Panel, number

_FEW: Final = 20
"""Permutations below which no p-value can be under 0.05."""
_WORDS: Final = {"permute": "permutations", "flip": "sign flips", "both": "permutations with sign flips"}
_ERRORS: Final = ("classical", "HC3")


def permute(
    table: pd.DataFrame,
    formula: str,
    *,
    term: str,
    seed: int,
    n_permutations: int = 10_000,
    scheme: Scheme = "permute",
    blocks: str | None = None,
    whole_blocks: bool = False,
    within: Collection[str] = ("measure",),
    tail: Tail = "two-sided",
    std_errors: Literal["classical", "HC3"] = "classical",
    reference: Mapping[str, str] | None = None,
    allow: Collection[str] = (),
    conf_level: float = 0.95,
    executor: Executor | None = None,
) -> pd.DataFrame:
    r"""Test one term of a linear model in every region by permutation.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns, or a wide one, as for `regress`.
    formula : str
        As for `regress`: ``value ~ group + age + sex``.
    term : str
        What is tested: a term (``group``), a column of the design (``group[T.patient]``), or ``Intercept``. A term of
        several columns is tested as a whole, by F.
    seed : int
        Of the random numbers. The same seed gives the same p-values, in whatever order subjects and regions stand.
    n_permutations : int
        How many are drawn. If no more than these differ, each is used once, and the p-values have no random error.
    scheme : {"permute", "flip", "both"}
        What the null hypothesis allows: ``permute``, people change places (errors are exchangeable); ``flip``, values
        change signs (errors are independent and symmetric about 0), which is the test of a mean: ``value ~ 1``, term
        Intercept; or both.
    blocks : str, optional
        A column (family, site, subject): people change places only with those of their block. Where the rows of a
        block depend on each other, no others may be exchanged.
    whole_blocks : bool
        Blocks, all of the same size, change places (or signs) as wholes, and their rows keep their order, which is
        that of the names of subject and session: for terms that differ between blocks.
    within : collection of str
        What makes a family for ``p_fwe``: by default all regions of one measure. ``()`` is one family of all rows.
    tail : {"two-sided", "greater", "less"}
        Which estimates speak against the null hypothesis. It concerns the p-values of the permutations only.
    std_errors : {"classical", "HC3"}
        What the estimate is divided by. With HC3 the test also holds, in large samples, where variances differ
        between people.
    reference : mapping of str to str, optional
        Reference levels, as for `regress`.
    allow : collection of str
        What may be mixed, as for `regress`. Several runs of a subject need no word if they change places with each
        other only (``blocks="subject"``), or move together in whole blocks.
    conf_level : float
        Of the confidence intervals, which are by t.
    executor : Executor, optional
        An executor of `concurrent.futures`, whose threads or processes share the work. It changes no number.

    Returns
    -------
    DataFrame
        The results table of the term, as by `regress` (or, for several columns, F of Wald), and:

        - ``p_permutation``: how often a permutation gives a statistic as extreme, not corrected;
        - ``p_fwe``: how often the most extreme statistic of the whole family is as extreme: corrected so that the
          probability of any false finding in the family holds;
        - ``n_permutations``: how many were drawn, or all that differ;
        - ``exact``: whether these were all.

    Raises
    ------
    FormulaError, UnknownNameError, TableError, ColumnsError
        As for `regress`; also if the permutations never change the term, if a block is missing, or if whole blocks
        have several sizes.

    Warns
    -----
    FsstatsWarning
        If there are fewer than 20 permutations: no p-value can then be small.

    Notes
    -----
    Freedman and Lane's method [1]_ [2]_: what the other terms leave of the data is permuted, put back on the fit of
    these terms, and the whole model is fitted again. Without other terms but the intercept or the blocks the test
    holds in samples of any size, with them in good approximation. ``p_fwe`` takes the largest statistic of each
    permutation [3]_. Statistics that differ by rounding alone count as ties; PALM counts some of these as smaller. Of
    permutations that were drawn, p is (1 + those as extreme) / (1 + all) [4]_.

    A region keeps its own missing values. All regions share the permutations: where a region lacks a row, the row is
    passed over, and all others move as they do in the other regions, so that these remain as correlated as they are.
    With whole blocks a block that lacks some of its rows stays where it is.

    A region without a result (see ``note``) has no p-value and counts for none of the others.

    References
    ----------
    .. [1] Freedman D, Lane D (1983). A nonstochastic interpretation of reported significance levels. Journal of
       Business & Economic Statistics 1, 292-298.
    .. [2] Winkler AM, Ridgway GR, Webster MA, Smith SM, Nichols TE (2014). Permutation inference for the general
       linear model. NeuroImage 92, 381-397.
    .. [3] Westfall PH, Young SS (1993). Resampling-based multiple testing. Wiley.
    .. [4] Phipson B, Smyth GK (2010). Permutation p-values should never be zero. Statistical Applications in Genetics
       and Molecular Biology 9, 39.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, effects={"Left-Hippocampus": -0.2}, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume"]), made.participants)
    >>> results = permute(table, "value ~ group + age + sex", term="group", n_permutations=999, seed=1)
    >>> results.query("p_fwe < 0.05")[["region", "term", "p_permutation", "p_fwe", "exact"]]
                  region              term  p_permutation  p_fwe  exact
    11  Left-Hippocampus  group[T.patient]          0.001  0.001  False
    """
    _require_choices(scheme, tail, std_errors, n_permutations, seed)
    allowed = listed(allow)
    choices = LinearChoices(
        std_errors=std_errors,
        reference=reference,
        allow={*allowed, "repeated"},  # a matter of the blocks, see _exchange
        conf_level=conf_level,
    )
    done = fitted(table, formula, choices, needed_by="permute")
    places = done.model.design.positions([term])
    if len(places) > 1 and (tail != "two-sided" or std_errors != "classical"):
        message = f"{term} has {len(places)} columns, so it is tested by F: two-sided, with classical standard errors"
        raise TableError(message)
    panel = done.model.panel
    order = _order(panel.people)
    exchange = _exchange(panel, order, scheme, blocks, whole=whole_blocks, allow=allowed)
    matrix = done.model.design.matrix[order]
    test = Test(matrix, np.array(places, dtype=np.intp), exchange, tail, robust=std_errors == "HC3")
    _require_change(test, term, blocks, whole=whole_blocks)
    results = _rows(done, term, places, conf_level)
    columns = list(dict.fromkeys(listed(within)))
    families = _families(results, columns)
    values = panel.values[order]
    found = permutation_test(values, test, families=families, n=n_permutations, seed=seed, executor=executor)
    _warn_of_few(found)
    return results.assign(
        method=results["method"] + _method(test, found, blocks, columns, seed, whole=whole_blocks),
        p_permutation=found.p,
        p_fwe=found.p_family,
        n_permutations=found.n,
        exact=found.exact,
    )


def _require_choices(scheme: str, tail: str, std_errors: str, n_permutations: object, seed: object) -> None:
    words = (("scheme", scheme, SCHEMES), ("tail", tail, TAILS), ("kind of standard error", std_errors, _ERRORS))
    for kind, name, known in words:
        if name not in known:
            raise UnknownNameError.among(kind, str(name), known)
    for kind, given, least in (("n_permutations", n_permutations, 1), ("seed", seed, 0)):
        if not isinstance(given, int | np.integer) or isinstance(given, bool) or given < least:
            message = f"{kind}: expected a whole number of {least} or more, found {given!r}"
            raise TableError(message)


def _order(people: pd.DataFrame) -> Positions:
    """Give the rows in the order of their names, so that it does not matter in which they came."""
    names = people[list(SUBJECT_KEY)].astype("str").fillna("")
    return names.sort_values(list(SUBJECT_KEY), kind="stable").index.to_numpy(dtype=np.intp)


def _exchange(
    panel: Panel, order: Positions, scheme: Scheme, blocks: str | None, *, whole: bool, allow: Collection[str]
) -> Exchange:
    """Say which of the rows, put into `order`, may be exchanged."""
    block = None if blocks is None else _blocks(panel.people.iloc[order], blocks)
    if blocks is None and whole:
        message = "whole_blocks: expected the column of the blocks as well, found no blocks"
        raise TableError(message)
    if scheme == "flip" and block is not None and not whole:
        message = f"blocks {blocks}: rows that keep their places need none; to flip whole blocks: whole_blocks=True"
        raise TableError(message)
    if block is None or not _keeps_apart(panel.people["subject"].iloc[order], block, scheme, whole=whole):
        refuse_repeated(panel, allow, instead="blocks='subject'")
    if block is not None and whole:
        sizes = np.unique(np.bincount(block))
        if len(sizes) > 1:
            found = some_of([str(size) for size in sizes])
            message = f"blocks {blocks}: expected whole blocks of one size, found blocks of {found} rows"
            raise TableError(message)
    return exchange_of(len(order), block, whole=whole, scheme=scheme)


def _blocks(people: pd.DataFrame, blocks: str) -> Positions:
    """Give each block a number, as they appear."""
    require(people, [blocks], needed_by="permute")
    missing = int(people[blocks].isna().sum())
    if missing:
        message = f"blocks {blocks}: expected a block in every row, found {missing} of {len(people)} without"
        raise TableError(message)
    return pd.factorize(people[blocks])[0].astype(np.intp)


def _keeps_apart(subjects: pd.Series, block: Positions, scheme: Scheme, *, whole: bool) -> bool:
    """Say whether several rows of a subject do no harm: they stay together, or change places with each other only."""
    pairs = pd.DataFrame({"subject": subjects.to_numpy(), "block": block}).drop_duplicates()
    if whole:
        return not pairs["subject"].duplicated().any()
    return scheme == "permute" and not pairs["block"].duplicated().any()


def _require_change(test: Test, term: str, blocks: str | None, *, whole: bool) -> None:
    """Raise if permutations would leave the term as it is: every p-value would be 1."""
    if not never_changes(test):
        return
    if blocks is None:
        why, hint = "it is the same for all people", "To test a mean, flip signs: scheme='flip'"
    elif whole:
        why, hint = f"it is the same in all blocks of {blocks}", "Permute within them: whole_blocks=False"
    else:
        why, hint = f"it does not vary within {blocks}", "Exchange whole blocks: whole_blocks=True"
    message = f"{term}: the permutations cannot test it, as {why}, at least in part. {hint}"
    raise TableError(message)


def _rows(done: FittedModels, term: str, places: list[int], conf_level: float) -> pd.DataFrame:
    """Give the results table of the term without permutations."""
    combinations = np.eye(len(done.model.design.columns))[places]
    if len(places) == 1:
        names, found = [done.model.design.columns[places[0]]], linear(done.fits, combinations)
        return term_rows(done, found, names, conf_level, **term_effects(done, places, found, "auto", conf_level))
    f, q = wald(done.fits, combinations)
    df = done.fits.test_df
    size = partial_eta_squared(f, q, df, conf_level=conf_level)
    return results_table(
        done.model.panel.cells,
        [term],
        statistic=f[:, None],
        df_term=q,
        df=df[:, None],
        p_value=f_p_value(f, q, df)[:, None],
        effect_size=size.size[:, None],
        effect_name="partial_eta_squared",
        effect_low=size.low[:, None],
        effect_high=size.high[:, None],
        n=done.fits.n[:, None],
        n_missing=done.n_missing[:, None],
        method=f"{done.method}; F",
        note=done.notes[:, None],
    )


def _families(results: pd.DataFrame, columns: Sequence[str]) -> Positions:
    """Give each family a number, and -1 to what has no statistic."""
    require(results[[*CELL, "unit", "term"]], columns, needed_by="permute (within)")
    return np.where(results["statistic"].notna(), number(results, columns)[0], -1).astype(np.intp)


def _warn_of_few(found: Permuted) -> None:
    n = found.n if found.exact else found.n + 1
    if n < _FEW:
        what = "possible permutations" if found.exact else "permutations, with the data as they are,"
        warn(f"there are only {n} {what}: no p-value can be below {1 / n:.2g}")


def _method(test: Test, found: Permuted, blocks: str | None, columns: Sequence[str], seed: int, *, whole: bool) -> str:
    what = f"{'all ' if found.exact else ''}{found.n} {_WORDS[test.exchange.scheme]}"
    where = "" if blocks is None else f" of whole {blocks}" if whole else f" within {blocks}"
    how = "" if found.exact else f", seed {seed}"
    tail = "" if test.tail == "two-sided" else f", {test.tail}"
    family = f"within {', '.join(columns)}" if columns else "over all rows"
    return f"; Freedman-Lane, {what}{where}{how}{tail}; p_fwe by the largest statistic {family}"
