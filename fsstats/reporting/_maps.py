"""Brain maps for a page: one of each source, measure and term."""

import pandas as pd

from fsstats.errors import FsstatsError
from fsstats.plots._choice import narrowed, refuse_none
from fsstats.plots._names import measure_text, term_text
from fsstats.plots.brain_map_svg import brain_map_svg
from fsstats.reporting._drawing import with_few_ids
from fsstats.reporting.blocks import Block, Picture, Text
from fsstats.reporting.warned import plain_words
from fsstats.schema import GLOBAL


def maps_of(
    results: pd.DataFrame,
    *,
    term: str | None = None,
    measure: str | None = None,
    source: str | None = None,
    caption: str = "",
    alpha: float = 0.05,
) -> list[Block]:
    """Draw results on brains.

    Parameters
    ----------
    results : DataFrame
        A results table.
    term, measure, source : str or None
        Only these.
    caption : str
        What stands below each.
    alpha : float
        p-values below it make a region significant, which has a line around it.

    Returns
    -------
    list of Block
        Pictures; a sentence in place of one that cannot be drawn.

    Raises
    ------
    TableError
        If there is nothing to draw.
    """
    rows = narrowed(results, needed_by="brain_map", term=term, measure=measure, source=source)
    rows = rows[(rows["region"] != GLOBAL) & (rows["term"] != "Intercept")]
    refuse_none(rows, needed_by="brain_map")
    parts = rows.groupby(["measure", "source", "term"], sort=False, dropna=False)
    return [_map(part, caption, alpha) for _, part in parts]


def _map(rows: pd.DataFrame, caption: str, alpha: float) -> Block:
    what = named_of(rows)
    try:
        svg = with_few_ids(brain_map_svg(rows, alpha=alpha))
    except FsstatsError as error:
        return Text((f"No brain map of {what}: {plain_words(str(error), rows)}.",), "note")
    return Picture(svg, b"", f"Brain map: {what}.", caption, is_map=True)


def named_of(rows: pd.DataFrame) -> str:
    """Name what some results are of: measure, source and term.

    Examples
    --------
    >>> named_of(pd.DataFrame({"measure": ["volume"], "source": ["aseg"], "term": ["group[T.patient]"]}))
    'volume (aseg), group: patient'
    """
    measure, source, term = (rows[name].iloc[0] for name in ("measure", "source", "term"))
    where = f" ({source})" if isinstance(source, str) else ""
    return f"{measure_text(measure)}{where}, {term_text(term)}"
