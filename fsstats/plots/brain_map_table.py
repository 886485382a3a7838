"""What a brain map draws, region by region, and what it does not draw."""

import pandas as pd

from fsstats.plots._brain_table import Average, mapped
from fsstats.plots._choice import Names


def brain_map_table(
    data: pd.DataFrame,
    *,
    value: str | None = None,
    average: Average | None = None,
    alpha: float | None = 0.05,
    p: str | None = None,
    outlines: str | None = None,
    term: Names = None,
    measure: Names = None,
    source: Names = None,
) -> pd.DataFrame:
    """List what `brain_map` draws with the same options, and what it does not draw and why.

    Parameters
    ----------
    data : DataFrame
        As for `brain_map`.
    value, average, alpha, p, outlines, term, measure, source : optional
        As for `brain_map`.

    Returns
    -------
    DataFrame
        One row per region with an outline, and per row of the table without one: ``outlines`` (the atlas whose outline
        it has), source, hemi, region (today's spelling), measure, ``value``, ``significant``, ``note`` and ``text``
        (what one reads over the region in `brain_map_svg`). The note is missing where all is well; else "no number",
        "not in the table" (both are hatched), "no outline", "of the whole brain" (neither is drawn), or "of both sides
        together" (drawn on both, and so listed twice).

    Raises
    ------
    TableError, UnknownNameError, ColumnsError
        As for `brain_map`.

    Examples
    --------
    >>> table = pd.DataFrame({"source": "aseg", "hemi": ["lh", "lh", None], "measure": "volume", "unit": "mm^3"})
    >>> table = table.assign(region=["Left-Amygdala", "Left-Lateral-Ventricle", "Brain-Stem"], value=[1500, 7e3, 2e4])
    >>> listed = brain_map_table(table)
    >>> listed[["region", "value", "note"]].head(4)
                       region    value              note
    0           Left-Amygdala   1500.0               NaN
    1  Left-Lateral-Ventricle   7000.0        no outline
    2              Brain-Stem  20000.0               NaN
    3     Left-Accumbens-area      NaN  not in the table
    """
    chosen = {"term": term, "measure": measure, "source": source}
    return mapped(data, value=value, average=average, alpha=alpha, p=p, outlines=outlines, **chosen).table
