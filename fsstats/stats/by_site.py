"""One analysis for each site alone, as a meta-analysis needs it."""

import re
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping

import numpy as np
import pandas as pd

from fsstats._frames import Positions, require
from fsstats.errors import ColumnsError, FsstatsError, FsstatsWarning, TableError
from fsstats.schema import LONG, SUBJECT_KEY
from fsstats.tables.panel import BoolArray, number


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
        The column that names the site. The verb does not see it, so it cannot be a variable of the model.
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
        If no site has enough runs, or the verb gives no table.
    ColumnsError
        If the table lacks the column of sites, `minimum_per`, or those that identify a run.

    Warns
    -----
    FsstatsWarning
        Naming each site that is skipped, and why: too few runs; the verb raised an error; or no run of the level that
        others are compared with, so that the terms would mean something else there. Also if a variable of the formula
        has one level in a site (all of one sex), whose model then does without it; and if runs have no site.

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
    names, first = site_names(_column(table, site)), _first_rows(table)
    if names.isna().any():
        text = f"{int(names.iloc[first].isna().sum())} run(s) have no {site} and are left out"
        warnings.warn(text, FsstatsWarning, stacklevel=2)
    levels = pd.Series("", index=range(len(names))) if minimum_per is None else site_names(_column(table, minimum_per))
    formulas = [one for one in (*arguments, options.get("formula")) if isinstance(one, str)]
    coded = _coded_in(table, first, formulas, options.get("reference"))
    rest = table.drop(columns=[_label(table, site)])
    found: dict[str, pd.DataFrame] = {}
    skipped: dict[str, str | FsstatsError] = {}
    alone: list[str] = []
    for name in names.dropna().unique():
        own = (names == name).to_numpy(dtype=np.bool_)
        why = _too_few(levels.iloc[first], own[first], minimum) or _other_reference(coded, own[first])
        if why:
            skipped[name] = why
            continue
        try:
            found[name] = verb(rest[own], *arguments, **options)
        except FsstatsError as error:
            skipped[name] = error
        else:
            alone += [f"{name} ({text})" for text in _single_levels(coded, own[first])]
    text = "; ".join(f"{name} ({why})" for name, why in skipped.items())
    if not found:
        raise _none(site, text, skipped)
    if skipped:
        warnings.warn(f"{len(skipped)} site(s) skipped: {text}", FsstatsWarning, stacklevel=2)
    if alone:
        warnings.warn(f"not in the model of a site: {'; '.join(alone)}", FsstatsWarning, stacklevel=2)
    return stacked(found, site)


def _none(site: str, text: str, skipped: Mapping[str, str | FsstatsError]) -> FsstatsError:
    """Give the first error of the verb, or say that no site could be analysed."""
    for why in skipped.values():
        if isinstance(why, FsstatsError):
            why.add_note(f"by_site could analyse no site; {site!r} itself cannot be in the model of one site")
            return why
    return TableError(f"by_site can analyse no site: {text or 'there is none'}")


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
        rest.insert(0, site, pd.Series(str(name), index=rest.index, dtype="str"))
        parts.append(rest)
    return pd.concat(parts, ignore_index=True)


def site_names(column: pd.Series) -> pd.Series:
    """Write names as text, whole numbers without a decimal point; missing ones stay missing.

    Examples
    --------
    >>> site_names(pd.Series([1.0, None])).tolist()
    ['1', nan]
    """
    if pd.api.types.is_float_dtype(column.dtype) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("object").map(str, na_action="ignore")


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


def _coded_in(
    table: pd.DataFrame, first: Positions, formulas: Iterable[str], reference: object
) -> dict[str, pd.Series]:
    """Give the variables of formulas that have levels but no stated reference, a value a run."""
    found = {}
    text = " ".join(formulas)
    stated = reference if isinstance(reference, Mapping) else {}
    names = set(map(str, table.columns.get_level_values(0))) - {*LONG, *stated}
    for name in names & set(re.findall(r"[^\W\d]\w*", text)):
        column = _column(table, name).iloc[first].reset_index(drop=True)
        is_number = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
        if not is_number or re.search(rf"\bC\(\s*{re.escape(name)}\b", text):
            found[name] = column
    return found


def _single_levels(variables: Mapping[str, pd.Series], own: BoolArray) -> list[str]:
    """Name the variables that have one level in a site, and so no term in its model, but several elsewhere."""
    found = []
    for name, column in sorted(variables.items()):
        here, levels = (one.dropna().unique() for one in (column[own], column))
        if len(here) == 1 < len(levels):
            found.append(f"{name}, all {here[0]}")
    return found


def _other_reference(variables: Mapping[str, pd.Series], own: BoolArray) -> str:
    """Say if a site lacks the level with which others are compared, so that another would take its place."""
    for name, column in sorted(variables.items()):
        order = column.astype("category").cat.remove_unused_categories().cat.categories
        here = column[own].dropna().unique()
        if len(order) and len(here) > 1 and order[0] not in here:
            return f"no run of {name} {order[0]}, with which the others are compared"
    return ""
