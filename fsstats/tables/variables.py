"""Values of the table by the names that a researcher gives them: eTIV, aseg_Left-Hippocampus_volume."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, plain_rows, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import CELL, GLOBAL
from fsstats.schema.policy import HEAD_SIZES
from fsstats.tables.panel import Panel
from fsstats.tables.shape import column_name
from fsstats.tables.versions import OWN_COLUMNS

NO_PEOPLE: Final = "the table has no columns of the participants, which join puts on"
"""Why a name is unknown, most likely, where that is so."""
_Label = tuple[str, str | None, str, str]


def people_columns(columns: Iterable[object]) -> list[str]:
    """Name those columns of a long table that fsstats did not give it: what is known of the people.

    Examples
    --------
    >>> people_columns(["subject", "region", "value", "version", "age"])
    ['age']
    """
    return [str(name) for name in columns if name not in OWN_COLUMNS]


def places_of(
    names: Sequence[str],
    cells: pd.DataFrame,
    *,
    others: Sequence[str] | None = None,
    values: FloatArray | None = None,
) -> dict[str, int]:
    """Find the values that names stand for.

    Parameters
    ----------
    names : sequence of str
        Header Measures (``eTIV``), or columns of the wide table (``aseg_Left-Hippocampus_volume``).
    cells : DataFrame
        source, hemi, region and measure of the values that there are, a row each.
    others : sequence of str, optional
        What else could have been meant, for the error: columns of the participants. If there are none, that is said.
    values : ndarray, shape (runs, cells), optional
        The values, to see whether several copies of a Measure say the same; then the first is taken.

    Returns
    -------
    dict of str to int
        For each name the row of `cells`. A Measure that several files have is that of aseg, or any if all are equal.

    Raises
    ------
    UnknownNameError
        If a name is neither.
    TableError
        If a Measure stands in several files, none of them aseg.

    Examples
    --------
    >>> cells = pd.DataFrame(
    ...     {"source": ["aseg"] * 2, "hemi": [None, "lh"], "region": ["global", "Left-Amygdala"]}
    ...     | {"measure": ["eTIV", "volume"]}
    ... )
    >>> places_of(["eTIV", "aseg_Left-Amygdala_volume"], cells)
    {'eTIV': 0, 'aseg_Left-Amygdala_volume': 1}
    """
    rows: list[_Label] = plain_rows(cells[list(CELL)])
    known = {column_name(*label): place for place, label in enumerate(rows)}
    measures: dict[str, list[int]] = {}
    for place, (_, _, region, measure) in enumerate(rows):
        if region == GLOBAL:
            measures.setdefault(measure, []).append(place)
    found = {}
    for name in names:
        if name not in known and name not in measures:
            raise _unknown(name, others, measures, known)
        found[name] = known[name] if name in known else _measure(name, measures[name], rows, values)
    return found


def unknown_variable(
    name: str, known: Sequence[str], *, shown: Sequence[str] | None = None, why: str = ""
) -> UnknownNameError:
    """Give the error for a variable that does not exist, which may begin a name that a formula takes apart.

    Parameters
    ----------
    name : str
        The variable.
    known : sequence of str
        What there is.
    shown : sequence of str, optional
        What to name of it if nothing is like `name`; by default all.
    why : str
        The likeliest reason.

    Returns
    -------
    UnknownNameError
        Saying what could have been meant.

    Examples
    --------
    >>> print(unknown_variable("aseg_Left", ["age", "aseg_Left-vessel_volume"]))
    no variable is called 'aseg_Left'; a name with other signs than letters, digits, _ and . stands between backticks: \
`aseg_Left-vessel_volume`
    """
    whole = [f"`{one}`" for one in known if one != name and re.split(r"[^\w.]", one, maxsplit=1)[0] == name]
    if not whole:
        return UnknownNameError.among("variable", name, known, shown=shown, why=why)
    rule = "a name with other signs than letters, digits, _ and . stands between backticks"
    return UnknownNameError(f"no variable is called {name!r}; {rule}: {some_of(whole, 3)}")


def _unknown(
    name: str, others: Sequence[str] | None, measures: Iterable[str], known: Iterable[str]
) -> UnknownNameError:
    """Say what could have been meant: columns of the people first, then sizes of the head and other Measures."""
    shown = [*(others or ()), *sorted(measures, key=lambda measure: (measure not in HEAD_SIZES, measure))]
    why = NO_PEOPLE if others is not None and not others else ""
    return unknown_variable(name, [*shown, *known], shown=shown, why=why)


def _measure(name: str, found: Sequence[int], rows: Sequence[_Label], values: FloatArray | None) -> int:
    """Find the one Measure of a name: that of aseg, or the only one there is."""
    own = [place for place in found if rows[place][0] == "aseg"] or found
    if values is not None and all(np.array_equal(values[:, own[0]], values[:, one], equal_nan=True) for one in own):
        own = own[:1]
    if len(own) > 1:
        message = f"{name} stands in several files; say which: {', '.join(column_name(*rows[one]) for one in own)}"
        raise TableError(message)
    return own[0]


def with_variables(
    panel: Panel, names: Sequence[str], *, others: Sequence[str] | None = None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Put measured variables beside what is known of the people.

    Parameters
    ----------
    panel : Panel
        Values and people.
    names : sequence of str
        Variables: columns of the people, or what `places_of` finds.
    others : sequence of str, optional
        What else could have been meant, for the error; by default the columns of the people that the panel has.

    Returns
    -------
    tuple of (DataFrame, dict of str to int)
        The people with these columns, and of each measured variable its cell.

    Raises
    ------
    UnknownNameError
        If a name is neither; columns of the people come first among what could have been meant.
    TableError
        As for `places_of`.
    """
    measured = [name for name in names if name not in panel.people.columns]
    people = people_columns(panel.people.columns) if others is None else others
    places = places_of(measured, panel.cells, others=people, values=panel.values) if measured else {}
    return panel.people.assign(**{name: panel.values[:, place] for name, place in places.items()}), places
