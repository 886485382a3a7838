"""One analysis for each site alone, as a meta-analysis needs it."""

import ast
import re
import warnings
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd
from formulaic.parser.types import Factor

from fsstats._frames import Positions, as_word, as_words, listed, require
from fsstats.errors import ColumnsError, FormulaError, FsstatsError, FsstatsWarning, TableError, warn
from fsstats.schema import FURTHER_RESULT_COLUMNS, LONG, RESULTS, SUBJECT_KEY
from fsstats.stats._formula import parsed_formula, sides, variables_of
from fsstats.stats._odd_variables import refuse_spellings
from fsstats.stats.design import has_levels, is_coded
from fsstats.tables.panel import BoolArray, number

_MODELS: Final = ("formula", "full", "reduced", "between")
"""Options of verbs that hold what a model estimates; arguments without a name do too."""
_BESIDE: Final = ("covariates", "keep", "nuisance")
"""Options that hold what a model accounts for without showing its coefficients."""
_REFITTED: Final = frozenset({"scale", "standardize", "center", "poly", "bs", "cr", "cs", "cc"})
"""Functions of a formula that learn from the rows: means, deviations, knots."""
_GIVEN: Final = frozenset({"knots", "lower_bound", "upper_bound"})
"""A spline ``bs`` to which these are given learns nothing."""
_QUOTED: Final = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True)
class _Coded:
    """A variable with levels."""

    words: pd.Series
    """Its level in each run, as text."""
    needed: tuple[str, ...]
    """The levels that others are compared with: without them the terms of a site mean something else."""


def by_site(
    table: pd.DataFrame,
    verb: Callable[..., pd.DataFrame],
    *arguments: object,
    site: str = "site",
    minimum_per: str | None = None,
    minimum: int = 10,
    **options: object,
) -> pd.DataFrame:
    """Run a verb on each site alone and put the tables below each other, as `meta` wants them.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns, or what ``to_wide(table, sep=None)`` gives.
    verb : callable
        `regress`, `compare` or any other function from a table to a table.
    *arguments
        What the verb takes after the table, in its order.
    site : str
        The column that names the site; no column of a results table has this name. The verb does not see it, so it
        cannot be a variable of the model.
    minimum_per : str, optional
        A column (the diagnosis): `minimum` counts the runs of each of its levels.
    minimum : int
        A site with fewer runs than this is skipped; with `minimum_per` a site with fewer in any of the levels.
    **options
        Options of the verb.

    Returns
    -------
    DataFrame
        The tables of all sites, with the site as first column.

    Raises
    ------
    FsstatsError
        Of the verb, if no site could be analysed.
    TableError
        If no site has enough runs, the verb gives no table, or its table has a column of its own of the name `site`.
    FormulaError
        If a site is written in two ways, which differ in capitals or blanks only.
    ColumnsError
        If the table lacks the column of sites, `minimum_per`, or those that identify a run.

    Warns
    -----
    FsstatsWarning
        Naming each site that is skipped, and why: too few runs; the verb raised an error; or no run of the level that
        others are compared with, so that the terms would mean something else there. Also if a variable of the formula
        or a covariate has one level in a site (all of one sex), whose model then does without it; if the formula calls
        a function that learns from the rows (``scale(age)``, ``bs(age)``), as each site has a mean and knots of its
        own, so that coefficients under the same name mean something else; and if runs have no site. What the verb warns
        of is said once, with the sites where it did.

    Notes
    -----
    ENIGMA analyses each site by itself and pools the effect sizes (a meta-analysis); one model of all people with a
    term for the site (a mega-analysis) is `regress` or `mixed`.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> from fsstats.stats.regress import regress
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=60, sites=["A", "B"], effects={"Left-Hippocampus": -0.2}, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume"]), made.participants)
    >>> results = by_site(table, regress, "value ~ group + age", terms=["group"], minimum_per="group")
    >>> results.query("region == 'Left-Hippocampus'")[["site", "term", "n_first", "n_second"]]
       site              term  n_first  n_second
    11    B  group[T.patient]     16.0      14.0
    56    A  group[T.patient]     14.0      16.0
    """
    refuse_taken(site, RESULTS, FURTHER_RESULT_COLUMNS)
    names, first = as_words(_column(table, site)), _first_rows(table)
    refuse_spellings(site, names.dropna().unique())
    if names.isna().any():
        warn(f"{int(names.iloc[first].isna().sum())} run(s) have no {site} and are left out")
    levels = pd.Series("", index=range(len(names))) if minimum_per is None else as_words(_column(table, minimum_per))
    formulas = _formulas(table, [*arguments, *(options.get(name) for name in _MODELS)])
    coded = _coded_beside(table, first, options) | _coded_in(table, first, formulas, _stated(arguments, options))
    rest = table.drop(columns=[_label(table, site)])
    found: dict[str, pd.DataFrame] = {}
    skipped: dict[str, str | FsstatsError] = {}
    alone: dict[str, dict[str, str]] = {}
    told: dict[str, list[warnings.WarningMessage]] = {}
    for name in names.dropna().unique():
        own = (names == name).to_numpy(dtype=np.bool_)
        why = _too_few(levels.iloc[first], own[first], minimum) or _other_reference(coded, own[first])
        if why:
            skipped[name] = why
            continue
        try:
            with warnings.catch_warnings(record=True) as told[name]:
                warnings.simplefilter("always")
                found[name] = verb(rest[own], *arguments, **options)
        except FsstatsError as error:
            skipped[name] = error
        else:
            alone[name] = _single_levels(coded, own[first])
    if not found:
        raise _none(site, skipped)
    whole = _stacked_own(found, site)
    learnt = _refitted(formulas) if len(found) > 1 and "term" in whole.columns else []
    for text in (_skips(skipped), _lone(alone), *_told(told, alone), _not_comparable(learnt)):
        if text:
            warn(text)
    return whole


def _none(site: str, skipped: Mapping[str, str | FsstatsError]) -> FsstatsError:
    """Give the first error of the verb, or say that no site could be analysed."""
    for why in skipped.values():
        if isinstance(why, FsstatsError):
            why.add_note(f"by_site could analyse no site; {site!r} itself cannot be in the model of one site")
            return why
    return TableError(f"by_site can analyse no site: {_each(skipped) or 'there is none'}")


def _each(sites: Mapping[str, object]) -> str:
    return "; ".join(f"{name} ({text})" for name, text in sites.items())


def _skips(skipped: Mapping[str, str | FsstatsError]) -> str:
    return f"{len(skipped)} site(s) skipped: {_each(skipped)}" if skipped else ""


def _lone(alone: Mapping[str, Mapping[str, str]]) -> str:
    """Say which variables have one level in a site."""
    own = {site: ", ".join(f"{name}, all {level}" for name, level in found.items()) for site, found in alone.items()}
    text = _each({site: said for site, said in own.items() if said})
    return f"not in the model of a site: {text}" if text else ""


def refuse_taken(site: str, *taken: Iterable[str]) -> None:
    """Refuse a column of sites of which the name is taken; "site" itself is meant to be it.

    Raises
    ------
    TableError
        If a column of this name means something else.

    Examples
    --------
    >>> refuse_taken("scanner", ["n", "note"])
    >>> refuse_taken("n", ["n", "note"])
    Traceback (most recent call last):
    fsstats.errors.TableError: the column 'n' cannot name the sites: the results have one of this name; call it 'site'
    """
    if site != "site" and any(site in names for names in taken):
        message = f"the column {site!r} cannot name the sites: the results have one of this name; call it 'site'"
        raise TableError(message)


def _stacked_own(found: Mapping[str, pd.DataFrame], site: str) -> pd.DataFrame:
    """Put the tables of a verb, which has not seen the site, below each other."""
    for table in found.values():
        if isinstance(table, pd.DataFrame):
            refuse_taken(site, table.columns)
    return stacked(found, site)


def stacked(tables: object, site: str) -> pd.DataFrame:
    """Put the tables of sites below each other, the site's name in front.

    Raises
    ------
    TableError
        If it is no mapping of sites to tables, or there is none.

    Examples
    --------
    >>> stacked({"A": pd.DataFrame({"n": [20]}), "B": pd.DataFrame({"n": [30]})}, "site")
      site   n
    0    A  20
    1    B  30
    """
    if not isinstance(tables, Mapping) or not tables:
        message = f"expected a table of all sites, or a table of each site by its name, found {tables!r}"
        raise TableError(message)
    parts = []
    for name, table in tables.items():
        if not isinstance(table, pd.DataFrame):
            message = f"a table was expected of site {name}, not {type(table).__name__}"
            raise TableError(message)
        rest = table.drop(columns=[site], errors="ignore")
        rest.insert(0, site, pd.Series(as_word(name), index=rest.index, dtype="str"))
        parts.append(rest)
    return pd.concat(parts, ignore_index=True)


def _label(table: pd.DataFrame, name: str) -> Hashable:
    """Give the label of a column: in a wide table of five levels its first part is the name."""
    if not isinstance(table.columns, pd.MultiIndex):
        require(table, [name, *SUBJECT_KEY], needed_by="by_site")
        return name
    names = list(map(str, table.columns.get_level_values(0)))
    if name not in names:
        raise ColumnsError.missing([name], dict.fromkeys(names), needed_by="by_site")
    return table.columns[names.index(name)]


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return table[_label(table, name)].reset_index(drop=True)


def _first_rows(table: pd.DataFrame) -> Positions:
    """Give the first row of each run; a wide table has one of each."""
    if isinstance(table.columns, pd.MultiIndex):
        return np.arange(len(table), dtype=np.intp)
    return number(table, SUBJECT_KEY)[1]


def _too_few(levels: pd.Series, own: BoolArray, minimum: int) -> str:
    """Say if a site has too few runs of any level that there is."""
    here = levels[own].value_counts()
    counts = {str(name): int(here.get(name, 0)) for name in sorted(levels.dropna().unique())}
    few = [f"{n} of {name}" if name else f"{n}" for name, n in counts.items() if n < minimum]
    return f"fewer than {minimum} runs: {', '.join(few)}" if few else ""


def _formulas(table: pd.DataFrame, given: Iterable[object]) -> list[str]:
    """Give those of the arguments of a verb that are formulas, or the names of columns as such."""
    names = set(map(str, table.columns.get_level_values(0)))
    found = []
    for text in (one for one in given if isinstance(one, str)):
        formula = f"`{text}`" if text in names else text
        try:
            variables_of(formula)
        except FormulaError:  # something else, or the verb will say so
            continue
        found.append(formula)
    return found


def _stated(arguments: Sequence[object], options: Mapping[str, object]) -> frozenset[str]:
    """Name the variables of which the reference is stated; a text alone is that of what the verb compares."""
    reference = options.get("reference")
    if isinstance(reference, Mapping):
        return frozenset(map(str, reference))
    between = arguments[0] if arguments else options.get("between")
    return frozenset({between}) if isinstance(reference, str) and isinstance(between, str) else frozenset()


def _coded_in(
    table: pd.DataFrame, first: Positions, formulas: Sequence[str], stated: Collection[str]
) -> dict[str, _Coded]:
    """Give the variables of formulas that have levels."""
    text = " + ".join(formulas)
    names = set(map(str, table.columns.get_level_values(0))).difference(LONG)
    found = {}
    for name in sorted(names & {name for formula in formulas for name in variables_of(formula)}):
        column = _column(table, name).iloc[first].reset_index(drop=True)
        if has_levels(column) or name in stated or is_coded(name, text):
            found[name] = _Coded(as_words(column), () if name in stated else _needed(column, name, text))
    return found


def _coded_beside(table: pd.DataFrame, first: Positions, options: Mapping[str, object]) -> dict[str, _Coded]:
    """Give the variables with levels that a model accounts for; what they are compared with does not matter."""
    given = [listed(one) for one in map(options.get, _BESIDE) if isinstance(one, Collection)]
    found = _coded_in(table, first, _formulas(table, chain.from_iterable(given)), ())
    return {name: replace(variable, needed=()) for name, variable in found.items()}


def _needed(column: pd.Series, name: str, formula: str) -> tuple[str, ...]:
    """Give the levels that others are compared with: the first; all, or none, if the formula states another coding."""
    levels = tuple(map(as_word, column.astype("category").cat.remove_unused_categories().cat.categories))
    coding = re.search(rf"\bC\(\s*`?{re.escape(name)}`?\s*,[^()]*\bcontr\.(\w+)(\(\s*[^)\s])?", formula)
    if coding is None or coding[1] == "treatment":
        return () if coding and coding[2] else levels[:1]
    return levels


def _single_levels(variables: Mapping[str, _Coded], own: BoolArray) -> dict[str, str]:
    """Name the variables that have one level in a site, and so no term in its model, but several elsewhere."""
    found = {}
    for name, variable in sorted(variables.items()):
        here, levels = (one.dropna().unique() for one in (variable.words[own], variable.words))
        if len(here) == 1 < len(levels):
            found[name] = str(here[0])
    return found


def _told(told: Mapping[str, Sequence[warnings.WarningMessage]], alone: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Say what a verb has warned of, and at which sites, but for single levels that are named already.

    Warnings of other programs pass on as they are.
    """
    sites: dict[str, dict[str, None]] = {}
    for name, known in alone.items():
        for one in told[name]:
            text = str(one.message)
            if not issubclass(one.category, FsstatsWarning):
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
            elif not text.startswith(tuple(f"{variable} has only one level" for variable in known)):
                sites.setdefault(text, {})[name] = None
    return [f"{', '.join(names)}: {text}" for text, names in sites.items()]


def _other_reference(variables: Mapping[str, _Coded], own: BoolArray) -> str:
    """Say if a site lacks a level with which others are compared, so that another would take its place."""
    for name, variable in sorted(variables.items()):
        here = set(variable.words[own].dropna())
        lacking = [level for level in variable.needed if level not in here]
        if len(here) > 1 and lacking:
            return f"no run of {name} {', '.join(lacking)}, with which the others are compared"
    return ""


def _refitted(formulas: Iterable[str]) -> list[str]:
    """Give the parts of formulas that call a function which learns from the rows."""
    terms = chain.from_iterable(parsed_formula(sides(formula)[1]) for formula in formulas)
    factors = [one for term in terms for one in term.factors if one.eval_method is Factor.EvalMethod.PYTHON]
    parts = dict.fromkeys(str(one.expr).strip() for one in factors)
    return [part for part in parts if any(map(_learns, ast.walk(ast.parse(_QUOTED.sub("name", part)))))]


def _learns(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _REFITTED:
        return False
    return node.func.id != "bs" or not {word.arg for word in node.keywords} >= _GIVEN


def _not_comparable(learnt: Sequence[str]) -> str:
    """Say which parts are made of each site's own mean or knots, and what to take instead."""
    if not learnt:
        return ""
    name = next(iter(variables_of(learnt[0])), "age")
    plain = name if name.isidentifier() else f"`{name}`"
    return (
        f"fitted to each site by itself: {', '.join(learnt)}; the coefficients, those of interactions with them and "
        f"the intercept mean something else at each site and cannot be pooled. Take {plain} as it is, or with one "
        f"number for all sites, as in I({plain} - 50); a spline as bs with knots, lower_bound and upper_bound"
    )
