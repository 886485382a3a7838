"""Which values of a table sites can be compared in: rows, sites, regions, and why not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_words, require, some_of
from fsstats.errors import FormulaError, TableError, UnknownNameError, warn
from fsstats.schema import GLOBAL, LONG
from fsstats.stats._combat import rows_of
from fsstats.stats._derived import labels_of
from fsstats.stats._formula import variables_of
from fsstats.stats._odd_variables import refuse_spellings
from fsstats.stats._required import require_of_people, require_rows
from fsstats.tables.panel import BoolArray, Panel, panel_of
from fsstats.tables.shape import column_name
from fsstats.tables.variables import people_columns, with_variables

FEW: Final = 10
"""A site with fewer runs is warned of."""
_COUNTS: Final = ("n_vertices", "n_voxels")
"""How many vertices and voxels a region has: area and volume say it in units."""


@dataclass(frozen=True, slots=True)
class RunsOfSites:
    """A long table's runs, the site of each, and what is to be kept."""

    panel: Panel
    people: pd.DataFrame
    """The people of the panel, with those header Measures that are variables."""
    words: pd.Series
    """The site of each run, as text."""

    @property
    def subject(self) -> Positions:
        """Number the subjects."""
        return pd.factorize(self.panel.people["subject"])[0].astype(np.intp)


def runs_of_sites(table: pd.DataFrame, site: str, keep: str, *, needed_by: str) -> RunsOfSites:
    """Take from a long table what comparing sites needs.

    Parameters
    ----------
    table : DataFrame
        A long table with a column for the site.
    site : str
        Its name.
    keep : str
        Right side of a formula; '' for nothing.
    needed_by : str
        Who asks, for errors.

    Raises
    ------
    ColumnsError, FormulaError, UnknownNameError, TableError
        If a column is not there, a run has no site or lacks a variable (all are named), a site is written in two ways,
        or a value is infinite.
    """
    require(table, [*LONG, site], needed_by=needed_by)
    require_rows(table, needed_by=needed_by)
    variables = variables_of(keep) if keep else []
    if site in variables:
        raise FormulaError.at(keep, expected="what is to be kept beside the site", found=f"the site itself, {site}")
    wanted = {*LONG, site, *variables}
    panel = panel_of(table, needed_by=needed_by, leave_out=[name for name in table.columns if name not in wanted])
    require_of_people([site], panel, needed_by=f"{needed_by} (site)")
    people, _ = with_variables(panel, variables, others=people_columns(table.columns))
    for name in (site, *variables):
        _refuse_missing(people, name)
    words = as_words(people[site])
    refuse_spellings(site, words.unique())
    return RunsOfSites(panel, people, words)


def _refuse_missing(people: pd.DataFrame, name: str) -> None:
    missing = people.loc[people[name].isna(), "subject"]
    if len(missing):
        who = some_of([str(one) for one in missing])
        message = (
            f"{name} is missing in {len(missing)} of {len(people)} runs: {who}. Fill it in, or leave them out first"
        )
        raise TableError(message)


def names_of(cells: pd.DataFrame) -> list[str]:
    """Name regions as columns of a wide table are named."""
    return [column_name(str(source), hemi, region, measure) for source, hemi, region, measure in labels_of(cells)]


def chosen_cells(
    panel: Panel, measures: Collection[str] | None, kept: Collection[str] = ()
) -> tuple[Positions, list[str]]:
    """Choose the regions whose sites can be compared.

    Parameters
    ----------
    panel : Panel
        The values.
    measures : collection of str or None
        Which measures are wanted; by default all but header Measures and counts.
    kept : collection of str
        What is kept, and so is not to be harmonised itself.

    Returns
    -------
    tuple of (ndarray of int, list of str)
        Places of the cells; and what is left out, in words.

    Raises
    ------
    UnknownNameError
        If there is no such measure.
    TableError
        If nothing is left, or a value is infinite.
    """
    measure, names = panel.cells["measure"], names_of(panel.cells)
    is_global, is_count = (panel.cells["region"] == GLOBAL).to_numpy(), measure.isin(_COUNTS).to_numpy()
    if measures is None:
        wanted = ~is_global & ~is_count
        left = [*_said("header Measures", measure[is_global]), *_said("counts", measure[is_count & ~is_global])]
    else:
        known = [str(one) for one in measure.unique()]
        strange = next((one for one in measures if one not in known), None)
        if strange is not None:
            raise UnknownNameError.among("measure of this table", strange, known)
        wanted, left = measure.isin(list(measures)).to_numpy(), []
    is_kept = pd.Series(names).isin(list(kept)).to_numpy()
    left += _said("what is kept", pd.Series(names)[wanted & is_kept])
    wanted, varies = wanted & ~is_kept, _varies(panel.values)
    left += _said("without any variation", pd.Series(names)[wanted & ~varies])
    chosen = np.flatnonzero(wanted & varies)
    refuse_infinite(panel, chosen)
    if not len(chosen):
        message = "there is no region to harmonise" + (f"; left out are {'; '.join(left)}" if left else "")
        raise TableError(message)
    return chosen, left


def refuse_infinite(panel: Panel, places: Positions) -> None:
    """Raise if a value of these cells is infinite."""
    rows, columns = np.nonzero(np.isinf(panel.values[:, places]))
    if len(rows):
        name = names_of(panel.cells.iloc[places[columns[:1]]])[0]
        message = f"{name} of {panel.people['subject'].iloc[rows[0]]} is infinite ({len(rows)} such values)"
        raise TableError(message)


def _said(what: str, names: pd.Series) -> list[str]:
    distinct = [str(one) for one in names.unique()]
    return [f"{what} ({some_of(distinct)})"] if distinct else []


def _varies(values: FloatArray) -> BoolArray:
    """Say which columns have two different values."""
    there = np.isfinite(values)
    low, high = np.where(there, values, np.inf).min(axis=0), np.where(there, values, -np.inf).max(axis=0)
    return np.asarray(low < high)


def refuse_unusable(
    values: FloatArray, names: Sequence[str], site: Positions, sites: Sequence[str], *, mean_only: bool
) -> None:
    """Raise if a site's shift or spread cannot be estimated in a region; all sites, and some regions, are named."""
    runs = np.bincount(site, minlength=len(sites))
    need = 1 if mean_only else 2
    hint = "" if mean_only else ", or use mean_only=True, which takes all sites for equally spread"
    alone = [name for name, n in zip(sites, runs, strict=True) if n < need]
    if alone:
        message = f"site(s) with one run: {some_of(alone)}; its spread cannot be estimated. Leave them out{hint}"
        raise TableError(message)
    n = rows_of(values, site, len(sites))
    for number, name in enumerate(sites):
        few = np.flatnonzero(n[number] < need)
        if len(few):
            which = some_of([f"{names[place]} ({int(n[number, place])})" for place in few.tolist()])
            message = (
                f"{which}: expected at least {need} value(s) at site {name}. Leave the region or the site out{hint}"
            )
            raise TableError(message)
        own = values[site == number]
        flat = np.flatnonzero(~_varies(own)) if not mean_only else np.empty(0, dtype=np.intp)
        if len(flat):
            which = some_of([f"{names[place]} (always {np.nanmax(own[:, place]):g})" for place in flat.tolist()])
            message = (
                f"no variation at site {name}: {which}. Was it measured there? Leave the region or the site out{hint}"
            )
            raise TableError(message)


def warn_of_small(site: Positions, sites: Sequence[str]) -> None:
    """Warn of sites with few runs."""
    runs = np.bincount(site, minlength=len(sites))
    small = [f"{name} ({n})" for name, n in zip(sites, runs, strict=True) if n < FEW]
    if small:
        text = f"site(s) with fewer than {FEW} runs: {some_of(small)}; what is estimated of them is uncertain"
        warn(text)


def refuse_gaps(cohort: RunsOfSites, columns: Positions) -> None:
    """Raise if a value is missing."""
    missing = np.isnan(cohort.panel.values[:, columns])
    if missing.any():
        regions = np.array(names_of(cohort.panel.cells.iloc[columns]))[missing.any(axis=0)]
        who = cohort.people["subject"].astype("str").to_numpy()[missing.any(axis=1)]
        message = (
            f"covbat needs every value of every subject, and {int(missing.sum())} are missing: of the regions "
            f"{some_of(list(regions))}, of the subjects {some_of(list(who))}. Leave either out first, or use "
            "method='combat', which takes each region's own rows"
        )
        raise TableError(message)
