"""From a long table, a formula and groups to fitted mixed models of all regions, and what must be said of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, is_number, listed
from fsstats.errors import FormulaError, TableError, UnknownNameError, warn
from fsstats.schema import CELL, LONG, SUBJECT_KEY
from fsstats.stats._formula import variables_of
from fsstats.stats._mixed_fit import MixedFits, fit_mixed
from fsstats.stats._model import Model, model_of
from fsstats.stats._random import Random, component_names, not_told, random_of
from fsstats.stats.guards import Notes, refuse_repeated
from fsstats.tables.variables import NO_PEOPLE, people_columns

LIKELIHOODS: Final = ("REML", "ML")
FEW_GROUPS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedChoices:
    """How mixed models are fitted; what `mixed` and its relatives have in common."""

    groups: str | Sequence[str] = "subject"
    slope: str | None = None
    method: str = "REML"
    reference: Mapping[str, str] | None = None
    allow: Collection[str] = ()
    also: Sequence[str] = ()
    """Further variables that a row must have."""


@dataclass(frozen=True, slots=True)
class MixedModel:
    """Values, design and random effects. Made by `mixed_model`."""

    model: Model
    random: Random
    choices: MixedChoices

    @property
    def component_names(self) -> list[tuple[str, str]]:
        """Name the components of variance."""
        return component_names(self.random.names, self.choices.slope)

    @property
    def method(self) -> str:
        """Say what is done."""
        effects = f"random intercept of {' and '.join(self.random.names)}"
        if self.choices.slope is not None:
            effects += f", random slope of {self.choices.slope} by {self.random.names[-1]}"
        design = self.model.design
        return f"linear mixed model by {self.choices.method}, {effects}; {design.response} ~ {design.formula}"

    def fit(self, combinations: FloatArray | None = None) -> MixedFits:
        """Fit all regions.

        Parameters
        ----------
        combinations : ndarray, shape (k, columns), optional
            What is to be estimated; nothing but the variances by default.

        Returns
        -------
        MixedFits
            A row a region.
        """
        design = self.model.design
        wanted = np.empty((0, len(design.columns))) if combinations is None else combinations
        return fit_mixed(
            self.model.panel.values,
            design.matrix,
            self.random,
            columns=design.columns,
            reml=self.choices.method == "REML",
            combinations=wanted,
        )

    def n_missing(self, fits: MixedFits) -> FloatArray:
        """Count the rows that each cell lacks, for want of a variable or of the value."""
        return (self.model.left_out + len(self.model.panel.values) - fits.n).astype(np.float64)

    def notes(self, fits: MixedFits) -> Notes:
        """Say of each cell why there is no model, or that a variance is 0."""
        places = [place for place, why in enumerate(fits.notes) if why is not None or fits.singular[place]]
        return self.model.with_notes(
            places, [fits.notes[place] or self._singular(fits, place) for place in places]
        ).notes

    def _singular(self, fits: MixedFits, place: int) -> str:
        components = zip(self.component_names, fits.components[place], strict=True)
        none = [
            f"of {name}" if term == "Intercept" else f"of the slopes along {term}"
            for (name, term), variance in components
            if variance == 0 and term != "covariance"
        ]
        if none:
            return f"singular: the variance {' and '.join(none)} is estimated as 0"
        return "singular: intercepts and slopes are wholly correlated"


def mixed_model(table: pd.DataFrame, formula: str, choices: MixedChoices, *, needed_by: str) -> MixedModel:
    """Put values, design and random effects together, and refuse what can have no answer in any region.

    Parameters
    ----------
    table : DataFrame
        See `model_of`.
    formula : str
        See `design_of`.
    choices : MixedChoices
        Groups, slopes and so on.
    needed_by : str
        Who asks, for errors.

    Returns
    -------
    MixedModel
        Ready to be fitted.

    Raises
    ------
    FsstatsError
        Of the kinds that `mixed` names.
    """
    if choices.method not in LIKELIHOODS:
        raise UnknownNameError.among("method", choices.method, LIKELIHOODS)
    if "|" in formula:
        hint = "Name the groups beside the formula: groups='subject', slope='time'"
        raise FormulaError.at(formula, expected="the fixed effects alone", found="'|'", hint=hint)
    names = list(dict.fromkeys(listed(choices.groups)))
    if not names:
        message = "groups: expected at least one column, found none; regress fits models without random effects"
        raise TableError(message)
    own = [*names, *([] if choices.slope is None else [choices.slope])]
    _require_columns(table, own)
    also = [*own, *choices.also]
    model = model_of(table, formula, reference=choices.reference, also=also, allow=choices.allow, needed_by=needed_by)
    if "subject" not in names:
        refuse_repeated(model.panel, choices.allow, instead=f"groups={[*names, 'subject']}")
    people = model.panel.people
    along = None if choices.slope is None else _numbers(people[choices.slope])
    codes: list[Positions] = [pd.factorize(people[name])[0].astype(np.intp) for name in names]
    random = random_of(names, codes, along=along)
    _require_told(random, model.design.matrix)
    _warn(random, choices.slope, formula)
    return MixedModel(model, random, choices)


def _require_columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise unless these are columns of the people, as groups and times cannot be measured values."""
    if isinstance(table.columns, pd.MultiIndex):
        known = [str(label[0]) for label in table.columns if not label[CELL.index("measure")]]
    else:
        known = [str(name) for name in table.columns if name in SUBJECT_KEY or name not in LONG]
    strange = next((name for name in names if name not in known), None)
    if strange is not None:
        why = "" if people_columns(known) else NO_PEOPLE
        raise UnknownNameError.among("column of the people", strange, known, why=why)


def _require_told(random: Random, matrix: FloatArray) -> None:
    basis, _ = np.linalg.qr(matrix / np.linalg.norm(matrix, axis=0))
    why = not_told(random, basis)
    if why is not None:
        hint = "; regress is the model for such rows" if "has one value" in why else ""
        message = f"groups {', '.join(map(repr, random.names))}: {why}{hint}"
        raise TableError(message)


def _numbers(column: pd.Series) -> FloatArray:
    where = f"slope {column.name!r}"
    if not is_number(column):
        raise FormulaError.at(where, expected="numbers", found=f"{column.iloc[0]!r}")
    numbers = column.to_numpy(dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise FormulaError.at(where, expected="finite numbers", found="infinite ones")
    if np.ptp(numbers) == 0:
        raise FormulaError.at(where, expected="numbers that differ", found=f"{numbers[0]:g} in every row")
    return numbers


def _warn(random: Random, slope: str | None, formula: str) -> None:
    for name, code in zip(random.names, random.codes, strict=True):
        n = int(code.max()) + 1
        if n < FEW_GROUPS:
            warn(f"{n} groups of {name} are few (below {FEW_GROUPS}) to tell a variance; consider {name} as a term")
    if slope is not None and slope not in variables_of(formula):
        warn(f"slopes along {slope} vary about 0, as {slope} is no variable of the formula; add it there")
