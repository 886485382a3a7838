"""Values of the table by the names that a researcher gives them: eTIV, aseg_Left-Hippocampus_volume."""

from collections.abc import Mapping, Sequence

import pandas as pd

from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import CELL, GLOBAL
from fsstats.tables.shape import column_name

_Label = tuple[str, str | None, str, str]


def places_of(names: Sequence[str], cells: pd.DataFrame, *, others: Sequence[str] = ()) -> dict[str, int]:
    """Find the values that names stand for.

    Parameters
    ----------
    names : sequence of str
        Header Measures (``eTIV``), or columns of the wide table (``aseg_Left-Hippocampus_volume``).
    cells : DataFrame
        source, hemi, region and measure of the values that there are, a row each.
    others : sequence of str
        What else could have been meant, for the error: columns of the participants.

    Returns
    -------
    dict of str to int
        For each name the row of `cells`. A Measure that several files have is that of aseg.

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
    labels = cells[list(CELL)].astype("object")
    rows: list[_Label] = [*labels.where(labels.notna(), None).itertuples(index=False, name=None)]
    known = {column_name(*label): place for place, label in enumerate(rows)}
    measures: dict[str, list[int]] = {}
    for place, (_, _, region, measure) in enumerate(rows):
        if region == GLOBAL:
            measures.setdefault(measure, []).append(place)
    return {name: known[name] if name in known else _measure(name, measures, rows, [*others, *known]) for name in names}


def _measure(name: str, measures: Mapping[str, Sequence[int]], rows: Sequence[_Label], known: Sequence[str]) -> int:
    """Find the one Measure of a name: that of aseg, or the only one there is."""
    found = measures.get(name, ())
    if not found:
        raise UnknownNameError.among("variable", name, [*measures, *known])
    own = [place for place in found if rows[place][0] == "aseg"] or found
    if len(own) > 1:
        message = f"{name} stands in several files; say which: {', '.join(column_name(*rows[one]) for one in own)}"
        raise TableError(message)
    return own[0]
