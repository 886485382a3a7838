"""What must not be mixed in one model, and is an error unless it is allowed by name."""

from collections.abc import Collection, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import Positions, listed, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.tables.panel import BoolArray, Panel, column_by_value, number

GUARDS: Final = {
    "streams": "runs of different processing streams (cross, long, base) in one model",
    "versions": "values by different versions of a program in one model (column version, see with_versions)",
    "definitions": "values whose measure means different things in one model (column definition, see with_versions)",
    "repeated": "several runs of a subject in a model that takes rows for independent",
}
"""What `allow` can name."""
Notes = npt.NDArray[np.object_]


def noted(note: object, text: str) -> str:
    """Put a text behind a note that is there already.

    Examples
    --------
    >>> noted(None, "does not vary"), noted("versions mixed", "does not vary")
    ('does not vary', 'versions mixed; does not vary')
    """
    return text if note is None else f"{note}; {text}"


def require_known(allow: Collection[str]) -> None:
    """Raise `UnknownNameError` if something is allowed that is no guard."""
    strange = next((name for name in allow if name not in GUARDS), None)
    if strange is not None:
        raise UnknownNameError.among("guard", strange, GUARDS)


def notes_of_mixing(table: pd.DataFrame, panel: Panel, rows: BoolArray, allow: Collection[str]) -> Notes:
    """Refuse what is mixed and not allowed; say in notes, one a cell, what is mixed and allowed.

    Parameters
    ----------
    table : DataFrame
        The long table that `panel` was made of.
    panel : Panel
        The values.
    rows : ndarray of bool, shape (runs,)
        Which runs the model uses.
    allow : collection of str
        Names of `GUARDS`.

    Returns
    -------
    ndarray of object, shape (cells,)
        A text, or None.

    Raises
    ------
    TableError
        Naming what is mixed, and how many runs there are of each.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["a", "b"], "session": None, "stream": ["cross", "long"], "hemi": None})
    >>> table = table.assign(source="aseg", region="Brain-Stem", measure="volume", value=2e4, unit="mm^3")
    >>> from fsstats.tables.panel import panel_of
    >>> notes_of_mixing(table, panel_of(table, needed_by="me"), np.ones(2, dtype=bool), ["streams"])
    array(['streams mixed: cross (1), long (1)'], dtype=object)
    """
    allow = listed(allow)
    require_known(allow)
    notes: Notes = np.full(len(panel.cells), None, dtype=object)
    used = panel.people.loc[rows, "stream"].value_counts(sort=False)
    if len(used) > 1:
        text = _counted("streams", used)
        best = "long" if "long" in used.index else used.index[0]
        _refuse("streams", text, allow, f"Take one: table[table['stream'] == {best!r}]")
        notes[:] = text
    for guard, column in (("versions", "version"), ("definitions", "definition")):
        for cells, text in _mixed(table, panel, rows, guard, column):
            _refuse(guard, text, allow, "Process all subjects alike, or leave some out")
            for cell in cells:
                notes[cell] = noted(notes[cell], text)
    return notes


def _refuse(guard: str, text: str, allow: Collection[str], hint: str) -> None:
    if guard not in allow:
        message = f"{text}. {hint}; or allow it: allow=[{guard!r}]"
        raise TableError(message)


def _counted(guard: str, counts: pd.Series) -> str:
    return f"{guard} mixed: {some_of([f'{name} ({n})' for name, n in counts.items()])}"


def _mixed(
    table: pd.DataFrame, panel: Panel, rows: BoolArray, guard: str, column: str
) -> Iterator[tuple[Positions, str]]:
    """Give the cells of each source (and measure) in which a column has several values, and which."""
    by_value = column_by_value(table, panel, column)
    if by_value is None:
        return
    row, cell, said = by_value
    used = rows[row] & np.isfinite(panel.values[row, cell])
    what = ["source"] if guard == "versions" else ["source", "measure"]
    kind, first = number(panel.cells, what)
    own = pd.DataFrame({"kind": kind[cell[used]], "run": row[used], column: said.array[used]})
    if guard == "versions":
        own[column] = own[column].astype("object").where(own[column].notna(), "unknown")
    at = number(own, ["kind", "run", column])[1]
    for place, found in own.iloc[at].groupby("kind", sort=False):
        counts = found[column].value_counts(sort=False)
        counts = counts[counts > 0]
        if len(counts) > 1:
            label = " ".join(panel.cells[what].iloc[first[int(str(place))]])
            yield np.flatnonzero(kind == place), f"{label}: {_counted(guard, counts)}"


def refuse_repeated(panel: Panel, allow: Collection[str], *, instead: str) -> None:
    """Raise if a subject has several rows in a model that takes rows for independent.

    Parameters
    ----------
    panel : Panel
        The rows of the model.
    allow : collection of str
        Names of `GUARDS`.
    instead : str
        What to use for such data.

    Raises
    ------
    TableError
        Naming the subjects.
    """
    subjects = panel.people["subject"]
    twice = subjects[subjects.duplicated()].unique()
    if len(twice) and "repeated" not in listed(allow):
        message = (
            f"{len(twice)} subject(s) have several runs, which this model would take for several people: "
            f"{some_of([str(name) for name in twice], 3)}. Use {instead}; or allow it: allow=['repeated']"
        )
        raise TableError(message)
