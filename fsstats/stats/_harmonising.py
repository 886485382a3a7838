"""From a long table and choices to a fitted harmonisation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_word, some_of
from fsstats.errors import FormulaError, TableError, UnknownNameError, warn
from fsstats.schema import CELL
from fsstats.stats._coding import CodedFormula, coding_of
from fsstats.stats._combat import (
    Common,
    Estimation,
    Prior,
    Rows,
    SiteEffects,
    common_of,
    site_design,
    sites_of,
    without_sites,
)
from fsstats.stats._covbat import Scores, scores_of
from fsstats.stats._formula import variables_of
from fsstats.stats._harmonisation import METHODS, Harmonisation, MeanOnly
from fsstats.stats._longcombat import Scale, Subjects, expected_of, longitudinal_of
from fsstats.stats._rank import dependent_columns
from fsstats.stats._sites import (
    RunsOfSites,
    chosen_cells,
    names_of,
    refuse_gaps,
    refuse_unusable,
    runs_of_sites,
    warn_of_small,
)
from fsstats.stats._terms import right_side
from fsstats.stats.design import design_of
from fsstats.stats.guards import notes_of_mixing, refuse_repeated
from fsstats.tables.panel import number


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmonisationChoices:
    """How a harmonisation is fitted."""

    site: str
    keep: str | Collection[str]
    method: str
    prior: Prior
    mean_only: MeanOnly
    reference_site: str | float | None
    measures: Collection[str] | None
    within: Collection[str]
    explained: float
    scale: Scale
    allow: Collection[str]


def prior_of(*, empirical_bayes: bool, parametric: bool) -> Prior:
    """Name the prior that regions share: parametric, nonparametric or none."""
    return ("parametric" if parametric else "nonparametric") if empirical_bayes else "none"


def _refuse_options(options: HarmonisationChoices) -> None:
    for kind, name, known in (
        ("method of harmonisation", options.method, METHODS),
        ("kind of scale", options.scale, get_args(Scale)),
        *(("column that regions are put together by", one, CELL) for one in options.within),
    ):
        if name not in known:
            raise UnknownNameError.among(kind, name, known)
    if options.mean_only not in (True, False, "by_size"):
        raise UnknownNameError.among("choice of mean_only", str(options.mean_only), ("True", "False", "by_size"))
    if options.reference_site is not None and options.method != "combat":
        message = f"a reference_site is defined for method='combat', not for {options.method!r}; leave it out"
        raise TableError(message)
    if not 0 < options.explained < 1:
        message = f"explained: expected a number between 0 and 1, found {options.explained}"
        raise TableError(message)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a harmonisation is fitted to. Made by `prepared`."""

    cohort: RunsOfSites
    places: Positions
    """Where the regions that are harmonised stand in the cohort's panel."""
    cells: pd.DataFrame
    """A row a region; `set` says with which others it is fitted."""
    left: list[str]
    """What stays as it is, in words."""
    sites: list[str]
    reference: int | None
    coding: CodedFormula | None
    rows: Rows
    columns: list[str]
    """Names of the sites and covariates."""

    @property
    def values(self) -> FloatArray:
        """Shape (rows, regions)."""
        return self.cohort.panel.values[:, self.places]


def prepared(table: pd.DataFrame, options: HarmonisationChoices, *, needed_by: str) -> Prepared:
    """Take from a table what can be harmonised; refuse what cannot."""
    _refuse_options(options)
    keep = right_side(options.keep, table)
    cohort = runs_of_sites(table, options.site, keep, needed_by=needed_by)
    notes_of_mixing(table, cohort.panel, np.ones(len(cohort.people), dtype=np.bool_), options.allow)
    if options.method != "longcombat":
        refuse_repeated(cohort.panel, options.allow, instead="method='longcombat'")
    places, left = chosen_cells(cohort.panel, options.measures, variables_of(keep) if keep else ())
    cells = cohort.panel.cells.iloc[places].reset_index(drop=True)
    sites = sorted(cohort.words.unique())
    reference = _reference(options, sites)
    codes = pd.Categorical(cohort.words, categories=sites).codes.astype(np.intp)
    values = cohort.panel.values[:, places]
    refuse_unusable(values, names_of(cells), codes, sites, mean_only=bool(options.mean_only))
    coding, covariates = _covariates(keep, cohort)
    rows = Rows(codes, len(sites), covariates, cohort.subject)
    columns = [f"{options.site}={name}" for name in sites]
    columns += [] if coding is None else [coding.columns[place] for place in coding.kept]
    _refuse_confounded(rows, columns, keep)
    cells = cells.assign(set=number(cells, list(options.within))[0])
    _refuse_small_sets(options, cells)
    if options.method == "covbat":
        refuse_gaps(cohort, places)
    return Prepared(cohort, places, cells, left, sites, reference, coding, rows, columns)


def harmonisation_of(data: Prepared, options: HarmonisationChoices) -> Harmonisation:
    """Fit; warn of what is left as it is, and of small sites."""
    rows = data.rows
    common, subjects = _common(data, options)
    choices = Estimation(options.prior, bool(options.mean_only), options.mean_only == "by_size", data.reference)
    standard = (data.values - expected_of(data.values, rows, common, subjects)) / common.scale
    explained = float(options.explained) if options.method == "covbat" else None
    effects, components = _effects(standard, rows, data.cells["set"].to_numpy(), choices, explained)
    if data.left:
        warn(f"left as they are: {'; '.join(data.left)}")
    warn_of_small(rows.site, data.sites)
    return Harmonisation(
        method=options.method,
        options={
            "prior": options.prior,
            "mean_only": options.mean_only if options.mean_only == "by_size" else bool(options.mean_only),
            "within": list(options.within),
            "explained": explained,
            "scale": options.scale if options.method == "longcombat" else None,
        },
        site=options.site,
        sites=tuple(data.sites),
        reference_site=None if data.reference is None else data.sites[data.reference],
        coding=data.coding,
        average=rows.covariates.mean(axis=0),
        cells=data.cells,
        common=common,
        effects=effects,
        subjects=subjects,
        components=components,
    )


def _reference(options: HarmonisationChoices, sites: Sequence[str]) -> int | None:
    """Give the number of the reference site; refuse what are no sites to harmonise."""
    if len(sites) < 2:
        message = f"{options.site}: expected at least 2 sites to harmonise, found {', '.join(sites)}"
        raise TableError(message)
    if options.reference_site is None:
        return None
    wanted = as_word(options.reference_site)
    if wanted not in sites:
        raise UnknownNameError.among("site", wanted, sites)
    return sites.index(wanted)


def _covariates(keep: str, cohort: RunsOfSites) -> tuple[CodedFormula | None, FloatArray]:
    """Code what is kept, without intercept."""
    if not keep:
        return None, np.empty((len(cohort.people), 0))
    design = design_of(keep, cohort.people)
    if "Intercept" not in design.columns:
        hint = "The sites have their own means: leave '0 +' or '- 1' out."
        raise FormulaError.at(keep, expected="a formula with intercept", found="one without", hint=hint)
    coding = coding_of(design)
    return coding, design.matrix[:, coding.kept]


def _refuse_confounded(rows: Rows, labels: Sequence[str], keep: str) -> None:
    design = site_design(rows)
    if len(design) <= len(labels):
        message = f"expected more runs than sites and covariates ({len(labels)}), found {len(design)}"
        raise TableError(message)
    dependent = dependent_columns(design, labels)
    if dependent:
        raise FormulaError.at(
            keep,
            expected="effects that can be told from the sites",
            found=f"{dependent[0].says}" + (f" (and {len(dependent) - 1} more)" if len(dependent) > 1 else ""),
            hint="No method can part them: leave the term out, or the sites that have one kind of subjects only.",
        )


def _refuse_small_sets(options: HarmonisationChoices, cells: pd.DataFrame) -> None:
    if options.prior == "none":
        return
    sets = cells["set"].to_numpy()
    small = np.flatnonzero(np.bincount(sets) < 2)
    if len(small):
        which = some_of([names_of(cells[sets == one])[0] for one in small])
        message = (
            f"empirical Bayes borrows from other regions of the set, and these have none: {which}. Use "
            "empirical_bayes=False, leave them out by measures=..., or put sets together by within=..."
        )
        raise TableError(message)


def _common(data: Prepared, options: HarmonisationChoices) -> tuple[Common, Subjects | None]:
    """Fit what is common to the sites; refuse regions that have no such model."""
    values = data.values
    if options.method == "longcombat":
        common, subjects, notes = longitudinal_of(values, data.rows, options.scale, data.columns)
    else:
        common, subjects = common_of(values, data.rows, data.reference), None
        notes = np.full(values.shape[1], None, dtype=object)
    size = np.nanmax(np.abs(values), axis=0)
    wrong = np.flatnonzero(~(common.scale > 1e-12 * size))
    if len(wrong):
        first = notes[wrong[0]] or _why_not(values[:, wrong[0]], data)
        names = names_of(data.cells.iloc[wrong])
        message = f"no model of {some_of(names)}: {first}"
        raise TableError(message)
    return common, subjects


def _why_not(values: FloatArray, data: Prepared) -> str:
    """Say why a region's own rows do not give the model."""
    there = np.isfinite(values)
    if data.reference is not None and there[data.rows.site == data.reference].sum() < 2:
        return f"the reference, {data.columns[data.reference]}, has one value, from which no spread can be estimated"
    design = site_design(data.rows)[there]
    dependent = dependent_columns(design, data.columns)
    if dependent:
        return f"in the {len(design)} rows that have a value, {dependent[0].says}"
    n = len(data.columns)
    return f"{n} sites and covariates leave nothing of {len(design)} values to estimate their spread from"


def _effects(
    standard: FloatArray, rows: Rows, sets: Positions, choices: Estimation, explained: float | None
) -> tuple[SiteEffects, tuple[Scores, ...]]:
    """Estimate what sites do to standardised values, set by set; for CovBat also to their components."""
    effects = SiteEffects(*(np.empty((rows.n_sites, len(sets))) for _ in SiteEffects.__slots__))
    components = []
    for one in range(int(sets.max()) + 1):
        own = np.flatnonzero(sets == one)
        found = sites_of(standard[:, own], rows.site, rows.n_sites, choices)
        for name in SiteEffects.__slots__:
            getattr(effects, name)[:, own] = getattr(found, name)
        if explained is not None:
            rest = without_sites(standard[:, own], rows.site, found)
            components.append(scores_of(rest, rows.site, rows.n_sites, explained))
    return effects, tuple(components)
