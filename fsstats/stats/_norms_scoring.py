"""Values of a table judged by norms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from fsstats._frames import FloatArray, Positions, plain_rows, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import SUBJECT_KEY
from fsstats.schema.groupings import DERIVED
from fsstats.stats._derived import Mark, Marks, labels_of, long_table, marks_of, there, units_of
from fsstats.stats._formula import RESPONSES
from fsstats.stats._norms import (
    Covariates,
    Norms,
    centile_values,
    covariates_of,
    fitted_quantiles,
    gaussian_centiles,
    place,
    z_values,
)
from fsstats.stats._norms_fitting import FittedNorms
from fsstats.tables.panel import BoolArray, Panel, panel_of
from fsstats.tables.variables import with_variables
from fsstats.tables.versions import VERSION_COLUMNS


@dataclass(frozen=True, slots=True)
class Scored:
    """Values of a table judged by norms."""

    panel: Panel
    cells: pd.DataFrame
    rows: BoolArray
    marks: Marks
    z: FloatArray | None
    """Shape (runs, cells); None where norms give centiles only."""
    centiles: FloatArray
    said: list[str]

    def table(self) -> pd.DataFrame:
        """Give the long table."""
        kinds = [("centile", self.centiles)]
        kinds = [("z", self.z), *kinds] if self.z is not None else kinds
        order = np.argsort(np.tile(np.arange(len(self.cells)), len(kinds)), kind="stable")
        cells = pd.concat(
            [self.cells.assign(measure=self.cells["measure"] + f"_{name}", unit=DERIVED[name]) for name, _ in kinds]
        )
        values = np.hstack([numbers for _, numbers in kinds])
        rows = np.hstack([self.rows] * len(kinds))
        codes = {
            name: Mark(np.hstack([mark.codes] * len(kinds))[:, order], mark.words) for name, mark in self.marks.items()
        }
        return long_table(self.panel.people, cells.iloc[order], values[:, order], rows[:, order], codes)

    def with_own(self, made: FittedNorms) -> "Scored":
        """Give the reference the z by norms without it."""
        if self.z is None:
            return self
        at = {run: place for place, run in enumerate(_runs(self.panel.people))}
        rows = np.array([at[run] for run in _runs(made.runs)], dtype=np.intp)
        columns = {label: place for place, label in enumerate(labels_of(made.norms.cells))}
        own = made.own[:, [columns[label] for label in labels_of(self.cells)]]
        z, centiles = self.z.copy(), self.centiles.copy()
        z[rows], centiles[rows] = own, 100 * stats.norm.cdf(own)
        return replace(self, z=z, centiles=centiles)


def _runs(people: pd.DataFrame) -> list[tuple[str | None, ...]]:
    return plain_rows(people[list(SUBJECT_KEY)])


def scored_by(table: pd.DataFrame, norms: Norms, *, extrapolate: bool) -> Scored:
    """Judge the values of a table, and say what could not be judged."""
    panel = panel_of(table, needed_by="apply_norms", leave_out=tuple(VERSION_COLUMNS))
    people, variables = with_variables(panel, norms.variables)
    ours, theirs, strange = _matched(panel, norms, set(variables.values()))
    found = covariates_of(norms, people, extrapolate=extrapolate)
    values = _response(norms, panel.values[:, ours])[found.rows]
    said = [*found.said, *([f"no norms of {some_of(strange)}"] if strange else [])]
    if norms.method == "quantile":
        quantiles, more = values_at(norms, theirs, found, norms.centiles)
        said += more
        scores = {"centiles": centile_values(norms, values, quantiles)}
    else:
        z = z_values(norms, values, theirs, found)
        scores = {"z": z, "centiles": 100 * stats.norm.cdf(z)}
    filled = {name: _filled(numbers, found) for name, numbers in scores.items()}
    cells = panel.cells.iloc[ours].reset_index(drop=True)
    marks = marks_of(table, panel, [np.array([cell]) for cell in ours])
    rows = there(panel)[:, ours]
    return Scored(panel, cells, rows, marks, filled.get("z"), filled["centiles"], said)


def _filled(numbers: FloatArray, found: Covariates) -> FloatArray:
    whole = np.full((len(found.rows), *numbers.shape[1:]), np.nan)
    whole[found.rows] = numbers
    return whole


def _matched(panel: Panel, norms: Norms, variables: Collection[int]) -> tuple[Positions, Positions, list[str]]:
    """Find the cells of a table in the norms; name those that are not there."""
    known = {label: place for place, label in enumerate(labels_of(norms.cells))}
    labels, units = labels_of(panel.cells), units_of(panel.cells)
    ours = [cell for cell, label in enumerate(labels) if label in known]
    if not ours:
        raise UnknownNameError.among("region of the norms", labels[0][2] if labels else "", [one[2] for one in known])
    theirs = [known[labels[cell]] for cell in ours]
    fitted = units_of(norms.cells)
    for cell, place_there in zip(ours, theirs, strict=True):
        if units[cell] != fitted[place_there]:
            message = f"{labels[cell][2]} is in {units[cell]}, but the norms were fitted in {fitted[place_there]}"
            raise TableError(message)
    strange = [cell for cell, label in enumerate(labels) if label not in known and cell not in variables]
    names = [" ".join(part for part in labels[cell][1:] if part) for cell in strange]
    return np.array(ours, dtype=np.intp), np.array(theirs, dtype=np.intp), names


def _response(norms: Norms, values: FloatArray) -> FloatArray:
    """Turn values into what was modelled."""
    function = RESPONSES[norms.response]
    usable = np.isfinite(values) if function is None else np.isfinite(values) & (values > 0)
    plain = np.where(usable, values, np.nan)
    return plain if function is None else np.asarray(function(plain))


def values_at(
    norms: Norms, cells: Positions, found: Covariates, centiles: Sequence[float]
) -> tuple[FloatArray, list[str]]:
    """Give values at centiles, shape (rows, cells, centiles)."""
    if norms.method == "gaussian":
        return gaussian_centiles(place(norms, cells, found), centiles), []
    quantiles, crossed = fitted_quantiles(norms, cells, found.x)
    said = [f"fitted quantiles cross in {crossed} run(s), and were put in order"] if crossed else []
    return quantiles[:, :, [norms.centiles.index(one) for one in centiles]], said
