"""Values of the table by the names that a researcher gives them: eTIV, aseg_Left-Hippocampus_volume."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, plain_rows
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import CELL, GLOBAL, SUBJECT_KEY
from fsstats.tables.panel import Panel
from fsstats.tables.shape import column_name

_Label = tuple[str, str | None, str, str]


def places_of(
    names: Sequence[str],
    cells: pd.DataFrame,
    *,
    others: Sequence[str] = (),
    values: FloatArray | None = None,
) -> dict[str, int]:
    """Find the values that names stand for.

    Parameters
    ----------
    names : sequence of str
        Header Measures (``eTIV``), or columns of the wide table (``aseg_Left-Hippocampus_volume``).
    cells : DataFrame
        source, hemi, region and measure of the values that there are, a row each.
    others : sequence of str
        What else could have been meant, for the error: columns of the participants.
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
            raise UnknownNameError.among("variable", name, [*others, *measures, *known], shown=[*others, *measures])
        found[name] = known[name] if name in known else _measure(name, measures[name], rows, values)
    return found


def _measure(name: str, found: Sequence[int], rows: Sequence[_Label], values: FloatArray | None) -> int:
    """Find the one Measure of a name: that of aseg, or the only one there is."""
    own = [place for place in found if rows[place][0] == "aseg"] or found
    if values is not None and all(np.array_equal(values[:, own[0]], values[:, one], equal_nan=True) for one in own):
        own = own[:1]
    if len(own) > 1:
        message = f"{name} stands in several files; say which: {', '.join(column_name(*rows[one]) for one in own)}"
        raise TableError(message)
    return own[0]


def with_variables(panel: Panel, names: Sequence[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Put measured variables beside what is known of the people.

    Parameters
    ----------
    panel : Panel
        Values and people.
    names : sequence of str
        Variables: columns of the people, or what `places_of` finds.

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
    people = [name for name in map(str, panel.people.columns) if name not in SUBJECT_KEY]
    places = places_of(measured, panel.cells, others=people, values=panel.values) if measured else {}
    return panel.people.assign(**{name: panel.values[:, place] for name, place in places.items()}), places
