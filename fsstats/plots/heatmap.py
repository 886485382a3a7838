"""Regions by terms, measures or people, as colours."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap

from fsstats._frames import Positions, as_words, first_row, listed, require, some_of
from fsstats.errors import TableError
from fsstats.plots._choice import Names, narrowed, refuse_none, refuse_several
from fsstats.plots._matrix import draw_matrix
from fsstats.plots._names import count_text, measure_label, measure_text, region_labels, series_text
from fsstats.plots._results import (
    Order,
    analysis_of,
    numbers_of,
    ordered,
    refuse_mixed,
    significance_of,
    value_label,
    value_of,
)
from fsstats.schema import CELL, GLOBAL, LONG
from fsstats.tables.panel import number

_USUAL = ("measure", "term", "site", "left_out")
"""Columns of a results table that make the columns of the figure where they say several things."""
_RUNS = ("session", "stream")


def heatmap(
    data: pd.DataFrame,
    *,
    value: str | None = None,
    columns: str | Sequence[str] | None = None,
    order: Order = "anatomy",
    alpha: float = 0.05,
    p: str | None = None,
    cmap: str | Colormap | None = None,
    limits: tuple[float, float] | None = None,
    term: Names = None,
    measure: Names = None,
    source: Names = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw many numbers at once as colours: regions by terms and measures of results, or by the people of a long table.

    Parameters
    ----------
    data : DataFrame
        A results table; or a long table, best of values that compare between regions (`apply_norms`).
    value : str, optional
        The column that is drawn; by default the effect size, the estimate where there is none, of a long table the
        value.
    columns : str or sequence of str, optional
        The columns of the table that make the columns of the figure; by default those of measure, term, site and
        left_out that say several things, of a long table the subject (with session and stream if needed).
    order : {"size", "anatomy", "table"}
        Of the rows: by the value in the first column; by lobe and structure; or as in the table.
    alpha : float
        Cells of results with a p-value below it have a dot.
    p : str, optional
        The column of p-values; by default the first there is of ``p_adjusted``, ``p_fwe``, ``p_permutation`` and
        ``p_value``.
    cmap : str or Colormap, optional
        The colours; by default RdBu_r about 0, or viridis where all values are on one side of it.
    limits : tuple of float, optional
        What the ends of the colours stand for.
    term, measure, source : str or collection of str, optional
        What is drawn of a table that holds more.
    ax : Axes, optional
        Where to draw; by default in a new figure, as large as rows and columns need.

    Returns
    -------
    Axes
        The drawing; the colour bar has axes of its own in the same figure.

    Raises
    ------
    TableError
        If a region would stand twice in a column, estimates or values have several units, or there is nothing to draw.
    UnknownNameError, ColumnsError
        If a name does not exist.

    Notes
    -----
    A missing number is hatched. Header Measures (region ``global``) are left out beside regions, and named below. The
    constant of a model is left out beside other terms, unless `term` names it.

    Examples
    --------
    >>> results = pd.DataFrame({"source": "aparc", "hemi": ["lh", "rh"] * 2, "region": "insula", "measure": "area"})
    >>> results = results.assign(term=["age", "age", "sex[T.M]", "sex[T.M]"], effect_size=[-0.3, -0.2, 0.4, None])
    >>> ax = heatmap(results.assign(p_value=[0.01, 0.2, 0.03, None]))
    >>> [text.get_text() for text in [*ax.get_yticklabels(), *ax.get_xticklabels()]]
    ['left insula', 'right insula', 'age', 'sex: M']
    """
    if "term" in data.columns:
        rows = analysis_of(data, needed_by="heatmap", one=(), term=term, measure=measure, source=source)
        rows = _without_constant(rows) if term is None else rows
        value = value_of(rows, value, needed_by="heatmap")
        across = listed(columns) or _varying(rows, _USUAL) or ["term"]
        if value == "estimate":
            refuse_mixed(rows, value, needed_by="heatmap")
    else:
        rows = _of_people(data, measure=measure, source=source)
        value = value_of(rows, value or "value", needed_by="heatmap")
        if value == "value":
            refuse_several(rows, ["unit"], needed_by="heatmap")
        across = listed(columns) or ["subject", *_varying(rows, _RUNS)]
    require(rows, across, needed_by="heatmap")
    rows, dropped = _without_header(rows, across)
    row, first_row = number(rows, [name for name in CELL if name not in across])
    column, first_column = number(rows, across)
    _refuse_repeats(rows, row, column, across)
    shape = len(first_row), len(first_column)
    values, significant = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    values[row, column] = numbers_of(rows, value)
    tests = significance_of(rows, alpha, p, needed_by="heatmap")
    significant[row, column] = tests.rows
    place = ordered(rows.iloc[first_row], values[:, 0], order)
    names = region_labels(rows.iloc[first_row])
    return draw_matrix(
        values[place],
        [names[at] for at in place],
        _column_names(rows.iloc[first_column], across),
        label=_label(rows, value),
        significant=significant[place],
        says=tests.says,
        cmap=cmap,
        limits=limits,
        ax=ax,
        told="; ".join(filter(None, [count_text(numbers_of(rows, "n").tolist()), *dropped])),
    )


def _label(rows: pd.DataFrame, value: str) -> str:
    """Name what the colours stand for."""
    if "term" in rows.columns:
        return value_label(rows, value)
    return measure_label(*rows[["measure", "unit"]].iloc[0]) if value == "value" else measure_text(value)


def _of_people(table: pd.DataFrame, **wanted: Names) -> pd.DataFrame:
    """Keep the rows of one measure of a long table."""
    require(table, LONG, needed_by="heatmap")
    refuse_none(table, needed_by="heatmap")
    rows = narrowed(table, needed_by="heatmap", **wanted)
    refuse_several(rows, ["measure"], needed_by="heatmap")
    return rows


def _varying(rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Name those of some columns that say several things."""
    return [name for name in names if name in rows.columns and len(rows[name].unique()) > 1]


def _without_constant(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out the constant of a model where there are other terms."""
    others = rows["term"] != "Intercept"
    return rows[others].reset_index(drop=True) if others.any() else rows


def _without_header(rows: pd.DataFrame, across: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Leave header Measures out where regions are drawn by their measures, and say which."""
    header = (rows["region"] == GLOBAL).to_numpy()
    if "measure" not in across or header.all():
        return rows, []
    names = rows.loc[header, "measure"].astype("str").unique().tolist()
    return rows[~header], [f"not drawn: {some_of(names)}"] if names else []


def _refuse_repeats(rows: pd.DataFrame, row: Positions, column: Positions, across: Sequence[str]) -> None:
    twice = pd.DataFrame({"row": row, "column": column}).duplicated().to_numpy()
    if twice.any():
        what = first_row(rows[twice][[*CELL, *across]])
        message = f"heatmap has one number a cell; {int(twice.sum())} row(s) are of a cell that has one, such as {what}"
        raise TableError(f"{message}. Name what tells them apart with columns=")


def _column_names(rows: pd.DataFrame, across: Sequence[str]) -> list[str]:
    """Name the columns of the figure."""
    words = rows[list(across)].apply(as_words).fillna("")
    return [
        ", ".join(series_text(name, word) for name, word in zip(across, own, strict=True) if word)
        for own in words.itertuples(index=False)
    ]
