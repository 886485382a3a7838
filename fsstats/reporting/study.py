"""What a report is of: the runs, the measures, and the model of each. Fitted once, asked by every section."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np
import pandas as pd

from fsstats._frames import require
from fsstats.errors import FsstatsWarning, TableError, UnknownNameError
from fsstats.plots._names import measure_text, term_text
from fsstats.plots._predicted import rows_of_model
from fsstats.reporting.choices import Choices, HeadSizeChoice, chosen_cells
from fsstats.reporting.formulas import with_term, without_term
from fsstats.reporting.warned import within
from fsstats.schema import ADJUSTED_FOR, CELL, DETAIL_COLUMNS, GLOBAL, LONG, RESULTS, SUBJECT_KEY
from fsstats.schema.policy import HEAD_SIZES, scaling_of
from fsstats.stats import (
    adjust_head_size,
    anova,
    compare_mixed,
    correct,
    mixed,
    regress,
    variables_of,
    variance_components,
)
from fsstats.stats._head_size_fit import HeadSizeMethod
from fsstats.stats.design import Design, Effect, design_of
from fsstats.stats.mixed import COMPONENT_COLUMNS
from fsstats.tables.join import identified, join
from fsstats.tables.panel import panel_of
from fsstats.tables.variables import NO_PEOPLE, people_columns, with_variables
from fsstats.tables.versions import VERSION_COLUMNS, with_versions

_METHODS: Final[Mapping[str, HeadSizeMethod]] = {
    "residual": "residual",
    "proportion": "proportion",
    "power": "power",
}
"""Ways to account for head size that change the values."""


@dataclass(frozen=True, slots=True)
class Part:
    """One measure of one source: its rows, its model, and the people in it."""

    source: str
    measure: str
    rows: pd.DataFrame
    """Its rows of the long table, and behind them those of measured variables of its model."""
    formula: str
    people: pd.DataFrame
    """A row a run that has any value: subject, session, stream, people's columns, variables."""
    design: Design
    is_scaled: bool
    """It goes with the size of the head, and has not been adjusted for it."""
    adjusted_for: str
    """What its values were adjusted for before; '' if for nothing."""

    @property
    def name(self) -> str:
        """How it is called."""
        return f"{measure_text(self.measure)} ({self.source})"

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Give the rows of a table that are of this part, and no variables."""
        own = (table["source"] == self.source) & (table["measure"] == self.measure) & (table["region"] != GLOBAL)
        return table[own].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that the sections of a report are made of."""

    table: pd.DataFrame
    """The runs that are among the participants, with their columns."""
    runs: pd.DataFrame
    """Subject, session and stream of every run that was given, and whether it is among the participants: is_known."""
    strangers: tuple[str, ...]
    """Participants without any run."""
    formula: str
    main: str
    """The variable that the report is about."""
    head: str | None
    """The head size that the table has."""
    choices: Choices
    parts: tuple[Part, ...]
    results: pd.DataFrame
    """Of all parts, corrected."""
    overall: pd.DataFrame
    """Tests of the main variable as a whole where it has several columns, corrected; else no row."""
    components: pd.DataFrame
    """Variance components of all parts; of linear models no row."""

    @property
    def is_repeated(self) -> bool:
        """Some subject has several runs."""
        return any(part.people["subject"].duplicated().any() for part in self.parts)

    @property
    def main_terms(self) -> list[str]:
        """Give the columns of the design that are of the main variable: alone, then with others."""
        columns = self.parts[0].design.columns
        return [columns[place] for one in terms_about(self.parts[0].design, self.main) for place in one.columns]

    def rows(self, part: Part, terms: Sequence[str] | None = None) -> pd.DataFrame:
        """Give the results of a part, of some terms or all."""
        own = part.of(self.results)
        return own if terms is None else own[own["term"].isin(terms)].reset_index(drop=True)

    def wholes(self, part: Part) -> list[pd.DataFrame]:
        """Give the tests of the main variable as a whole, term by term."""
        return [own.reset_index(drop=True) for _, own in part.of(self.overall).groupby("term", sort=False)]

    def named(self, term: str) -> str:
        """Name a term; of a test of all its columns at once say so."""
        is_whole = (self.overall["term"] == term).any()
        return f"{term_text(term)}, overall" if is_whole else term_text(term)

    def needed(self, part: Part) -> list[str]:
        """Name what a run must have to be in the model of a part."""
        further = [*self.choices.random, *([] if self.choices.cluster is None else [self.choices.cluster])]
        known = [name for name in further if name in part.people.columns and name != "subject"]
        return list(dict.fromkeys([*variables_of(part.formula), *known]))

    def modelled(self, part: Part) -> pd.DataFrame:
        """Give the runs that have a value and all that the model of a part needs."""
        return part.people.dropna(subset=self.needed(part))

    def n(self, part: Part) -> int:
        """Count them."""
        return len(self.modelled(part))


def study_of(
    table: pd.DataFrame,
    formula: str,
    *,
    participants: pd.DataFrame | None,
    files: pd.DataFrame | None,
    sources: str | Collection[str] | None,
    measures: str | Collection[str] | None,
    main: str | None,
    choices: Choices,
) -> Study:
    """Join, choose and fit.

    Parameters
    ----------
    table : DataFrame
        A long table.
    formula : str
        The model.
    participants, files : DataFrame or None
        As for `report`.
    sources, measures : str, collection of str, or None
        What is reported.
    main : str or None
        The variable that the report is about.
    choices : Choices
        How everything is fitted.

    Returns
    -------
    Study
        With everything fitted.

    Raises
    ------
    TableError, ColumnsError, UnknownNameError, FormulaError
        As `join` and `regress` do; and if nothing is left to report.
    """
    require(table, LONG, needed_by="report")
    table = table.drop(columns=[name for name in DETAIL_COLUMNS if name in table.columns])
    if choices.head_size not in get_args(HeadSizeChoice):
        raise UnknownNameError.among("way to account for head size", choices.head_size, get_args(HeadSizeChoice))
    if choices.random and (choices.cluster is not None or choices.std_errors != "classical"):
        message = (
            "random: expected neither cluster nor std_errors beside it, found one; a mixed model has its own errors"
        )
        raise TableError(message)
    if files is not None and len(files) and not set(VERSION_COLUMNS) & set(table.columns):
        table = with_versions(table, files)
    joined, runs, strangers = _joined(table, participants)
    if choices.site is not None and choices.site not in joined.columns:
        known = people_columns(joined.columns)
        why = "" if known else NO_PEOPLE
        raise UnknownNameError.among("column of people (site)", choices.site, known, why=why)
    variables = variables_of(formula)
    cells = chosen_cells(joined, sources, measures)
    head = _head_in(joined)
    made, found, overall, components = [], [], [], []
    for cell in cells:
        with within(f"model of {measure_text(cell[1])} ({cell[0]})"):
            part = _part(joined, formula, cell, head, choices)
            about = _main(main, variables, part.design)
            made.append(part)
            found.append(fitted(part, part.rows, part.formula, choices))
            overall.append(_overall(part, about, choices))
            components.append(_components(part, choices))
    results, whole = (corrected(pd.concat(one, ignore_index=True), choices) for one in (found, overall))
    varying = pd.concat(components, ignore_index=True)
    return Study(joined, runs, strangers, formula, about, head, choices, tuple(made), results, whole, varying)


def fitted(part: Part, rows: pd.DataFrame, formula: str, choices: Choices, **options: Any) -> pd.DataFrame:
    """Fit a model to every region of a part.

    Parameters
    ----------
    part : Part
        Whose regions.
    rows : DataFrame
        Their rows, and those of measured variables.
    formula : str
        The model.
    choices : Choices
        How it is fitted.
    **options : object
        What is otherwise.

    Returns
    -------
    DataFrame
        The results table without the constant, and without header Measures.
    """
    if choices.random:
        return _own(mixed(rows, formula, **choices.of_model | options), part)
    try:
        return _own(regress(rows, formula, **choices.of_model | options), part)
    except TableError as error:
        is_repeated = part.people["subject"].duplicated().any() and len(part.people["stream"].unique()) == 1
        if is_repeated and "repeated" not in choices.allow:
            error.add_note("(a report fits a random intercept of every subject with random='subject')")
        raise


def corrected(results: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    """Correct p-values as was chosen."""
    return results if choices.correction is None or not len(results) else correct(results, choices.correction)


def terms_about(design: Design, main: str) -> list[Effect]:
    """Give the terms that a variable is in: those of it alone first."""
    about = [one for one in design.effects if main in one.variables]
    return sorted(about, key=lambda one: len(one.variables) > 1)


def _overall(part: Part, main: str, choices: Choices) -> pd.DataFrame:
    """Test the main variable as a whole, in every region, where it has several columns: by F, or the likelihood."""
    terms = [one.name for one in terms_about(part.design, main) if len(one.columns) > 1]
    options = {name: value for name, value in choices.of_model.items() if name != "conf_level" or not choices.random}
    less = without_term(part.formula, main)
    if terms and not choices.random:
        found = anova(part.rows, part.formula, terms=terms, **options)
    elif terms and less is not None:
        found = compare_mixed(part.rows, part.formula, less, **options)
    else:
        return pd.DataFrame(columns=list(RESULTS))
    return _own(found, part)


def _components(part: Part, choices: Choices) -> pd.DataFrame:
    """Tell how much groups vary, where the models are mixed."""
    if not choices.random:
        return pd.DataFrame(columns=[*CELL, *COMPONENT_COLUMNS])
    options = {name: value for name, value in choices.of_model.items() if name != "conf_level"}
    return variance_components(part.rows, part.formula, **options)


def _own(found: pd.DataFrame, part: Part) -> pd.DataFrame:
    """Keep the results of the regions of a part, without the constant."""
    own = (found["source"] == part.source) & (found["region"] != GLOBAL) & (found["term"] != "Intercept")
    return found[own & (found["measure"] == _measure_in(found, part))].reset_index(drop=True)


def _measure_in(found: pd.DataFrame, part: Part) -> str:
    """Name the measure of a part, which adjusting for head size may have turned into a fraction."""
    there = set(found["measure"])
    return part.measure if part.measure in there else f"{part.measure}_fraction"


def _joined(
    table: pd.DataFrame, participants: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Put the participants' columns on; give all runs, and who of the participants has none."""
    keys = list(SUBJECT_KEY)
    runs = table[keys].drop_duplicates().astype("str").reset_index(drop=True)
    if participants is None:
        return table, runs.assign(is_known=True), ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FsstatsWarning)  # the report says who was left out
        joined = join(table, participants, unmatched="drop").reset_index(drop=True)
    known = joined[keys].drop_duplicates().astype("str")
    there = runs.merge(known.assign(is_known=True), on=keys, how="left")
    people, _ = identified(table, participants)
    strangers = sorted(set(people["subject"]) - set(runs["subject"]))
    return joined, runs.assign(is_known=there["is_known"].notna().to_numpy()), tuple(strangers)


def _head_in(table: pd.DataFrame) -> str | None:
    """Name the head size that a table has."""
    there = set(table.loc[table["region"] == GLOBAL, "measure"].unique())
    return next((name for name in HEAD_SIZES if name in there), None)


def _part(table: pd.DataFrame, formula: str, cell: tuple[str, str], head: str | None, choices: Choices) -> Part:
    """Choose the rows and the model of one measure."""
    source, measure = cell
    own = table[(table["source"] == source) & (table["measure"] == measure) & (table["region"] != GLOBAL)]
    before = " and ".join(own[ADJUSTED_FOR].dropna().astype("str").unique()) if ADJUSTED_FOR in own.columns else ""
    scaled = not before and scaling_of(str(own["region"].iloc[0]), measure, str(own["unit"].iloc[0])).is_adjusted
    full = formula
    if scaled and head is not None and choices.head_size == "covariate":
        full = with_term(formula, head)
    rows = rows_of_model(table, own, full if head is None or not scaled else with_term(full, head))
    rows = rows.reset_index(drop=True)
    if scaled and head is not None and choices.head_size in _METHODS:
        rows = adjust_head_size(rows, icv=head, method=_METHODS[choices.head_size], allow=choices.allow)
        measure = measure if (rows["measure"] == measure).any() else f"{measure}_fraction"
    panel = panel_of(rows, needed_by="report", leave_out=tuple(VERSION_COLUMNS))
    names = zip(*(panel.cells[name] for name in ("source", "measure", "region")), strict=True)
    of_it = np.array([(one, other) == (source, measure) and region != GLOBAL for one, other, region in names])
    everybody, _ = with_variables(panel, variables_of(full))
    design = design_of(full, everybody, reference=choices.reference)
    has = np.flatnonzero(np.isfinite(panel.values[:, of_it]).any(axis=1))
    people = everybody.iloc[has].reset_index(drop=True)
    return Part(source, measure, rows, full, people, design, scaled, before)


def _main(main: str | None, variables: Sequence[str], design: Design) -> str:
    """Choose what the report is about: what was asked for, else the first variable with levels, or the first."""
    if main is not None:
        if main not in variables:
            raise UnknownNameError.among("variable of the model", main, variables)
        return main
    if not variables:
        message = f"report: expected a model with a variable, found {design.formula!r}"
        raise TableError(message)
    return next((name for name in variables if name in design.levels), variables[0])
