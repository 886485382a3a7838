"""A long table and a formula to what every model needs: rows, cells, design, and what is odd about them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import Positions
from fsstats.errors import warn
from fsstats.schema import ADJUSTED_FOR
from fsstats.schema.policy import HEAD_SIZES
from fsstats.stats._formula import RESPONSES, variables_of
from fsstats.stats._head_size import CENTRED
from fsstats.stats._odd_variables import warn_of_doubts
from fsstats.stats.design import Coding, Design, design_of
from fsstats.stats.guards import Notes, noted, notes_of_mixing
from fsstats.tables.panel import Panel, panel_of
from fsstats.tables.variables import with_variables
from fsstats.tables.versions import VERSION_COLUMNS

_LEAST: Final[Mapping[str, tuple[float, str]]] = {
    "value": (np.nan, "infinite"),
    "sqrt(value)": (np.nan, "negative or infinite"),
    "log(value)": (0.0, "0, negative or infinite"),
    "log10(value)": (0.0, "0, negative or infinite"),
}
"""What must not be among the values of each left side beside negative and infinite ones, and all of it in words."""


@dataclass(frozen=True, slots=True)
class Model:
    """Values and design of a model, row by row. Made by `model_of`."""

    panel: Panel
    """The complete rows; `values` are what stands on the left of the formula."""
    design: Design
    left_out: int
    """Rows without one of the variables."""
    notes: Notes
    """For each cell what must be said of it, or None."""

    def with_notes(self, where: Positions | Sequence[int], texts: Sequence[str] | str) -> "Model":
        """Give the model with something more to say of some cells."""
        notes = self.notes.copy()
        said = [texts] * len(where) if isinstance(texts, str) else texts
        for place, text in zip(where, said, strict=True):
            notes[place] = noted(notes[place], text)
        return replace(self, notes=notes)


def model_of(
    table: pd.DataFrame,
    formula: str,
    *,
    reference: Mapping[str, str] | None = None,
    also: Sequence[str] = (),
    allow: Collection[str] = (),
    coding: Coding = "treatment",
    needed_by: str,
) -> Model:
    """Put values and design of a model together.

    Parameters
    ----------
    table : DataFrame
        A long table with participants' columns, or what ``to_wide(table, sep=None)`` gives.
    formula : str
        See `design_of`. Variables are participants' columns, header Measures of the table (``eTIV``), or values by
        their names in a wide table.
    reference : mapping of str to str, optional
        Reference levels.
    also : sequence of str
        Further columns that a complete row must have.
    allow : collection of str
        What may be mixed; see `GUARDS`.
    coding : {"treatment", "sum"}
        How levels are coded where the formula does not say.
    needed_by : str
        Who asks, for errors.

    Returns
    -------
    Model
        The complete rows. A cell that is itself a variable of the model has no values, and a note.

    Raises
    ------
    FormulaError, UnknownNameError, TableError, ColumnsError
        See `design_of`, `panel_of` and `notes_of_mixing`.

    Warns
    -----
    FsstatsWarning
        See `warn_of_doubts`; and if the size of the head is a variable, and values are adjusted for it already.
    """
    panel = panel_of(table, needed_by=needed_by, leave_out=tuple(VERSION_COLUMNS))
    wanted = dict.fromkeys([*variables_of(formula), *also])
    people, places = with_variables(panel, list(wanted))
    design = design_of(formula, people, reference=reference, also=also, coding=coding)
    warn_of_doubts(design.data, reference or ())
    measured = {name: str(panel.cells["measure"].iloc[place]) for name, place in places.items()}
    _warn_of_twice(table, {name: measured.get(name, name) for name in wanted})
    notes = notes_of_mixing(table, panel, design.rows, allow)
    kept = replace(panel, people=people).take(design.rows)
    model = Model(kept, design, int((~design.rows).sum()), notes)
    return _responses(_without_variables(_with_notes_of(model, places), sorted(places.values())))


def _warn_of_twice(table: pd.DataFrame, variables: Mapping[str, str]) -> None:
    """Warn if variables, each with the measure that it is, are a head size for which values are adjusted already."""
    said = table[ADJUSTED_FOR].dropna().unique() if ADJUSTED_FOR in table.columns else ()
    sizes = {*HEAD_SIZES, *(str(text).rpartition(" (")[0] for text in said)}
    twice = next((name for name, own in variables.items() if own.removesuffix(CENTRED) in sizes), None)
    if len(said) and twice is not None:
        warn(
            f"values are adjusted for {' and '.join(map(str, said))} already, and {twice} is a variable of their "
            f"model: that corrects twice. Leave {twice} out, or take the values as they were measured"
        )


def _with_notes_of(model: Model, places: Mapping[str, int]) -> Model:
    """Say of every cell what must be said of the measured variables of the model."""
    said = {name: model.notes[place] for name, place in places.items() if model.notes[place] is not None}
    others = [cell for cell in range(len(model.notes)) if cell not in set(places.values())]
    for name, note in said.items():
        model = model.with_notes(others, f"{name}: {note}")
    return model


def _without_variables(model: Model, places: Sequence[int]) -> Model:
    """Take the values of those cells away that are variables of the model themselves."""
    if not places:
        return model
    values = model.panel.values.copy()
    values[:, places] = np.nan
    panel = Panel(model.panel.people, model.panel.cells, values, model.panel.row, model.panel.column)
    return Model(panel, model.design, model.left_out, model.notes).with_notes(
        places, "is itself a variable of the model"
    )


def _responses(model: Model) -> Model:
    """Turn the values into what stands on the left of the formula, and infinite ones into missing ones."""
    function, values = RESPONSES[model.design.response], model.panel.values
    with np.errstate(over="ignore", invalid="ignore"):
        if function is None and np.isfinite(values.sum()):  # cheaper than to look at each value
            return model
    infinite = np.isinf(values)
    least, words = _LEAST[model.design.response]
    wrong = infinite if function is None else infinite | (values < 0) | (values == least)
    if function is None and not wrong.any():
        return model
    usable = np.where(wrong, np.nan, values)
    panel = replace(model.panel, values=usable if function is None else function(usable), cells=_cells(model))
    counts = wrong.sum(axis=0)
    told = np.flatnonzero(counts)
    texts = [f"{counts[place]} value(s) that are {words} left out" for place in told]
    return replace(model, panel=panel).with_notes(told, texts)


def _cells(model: Model) -> pd.DataFrame:
    """Give the cells with the unit of what stands on the left of the formula."""
    cells, function = model.panel.cells, model.design.response
    if function == "value":
        return cells
    units = [
        function.replace("value", "" if missing else str(unit))
        for unit, missing in zip(cells["unit"], cells["unit"].isna(), strict=True)
    ]
    return cells.assign(unit=pd.Series(units, index=cells.index, dtype="str"))
