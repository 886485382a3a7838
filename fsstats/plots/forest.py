"""Estimates or effect sizes of many regions, with their intervals, below each other."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fsstats._frames import first_row
from fsstats.errors import TableError
from fsstats.plots._choice import Names
from fsstats.plots._names import count_text, number_text, region_labels, series_text
from fsstats.plots._results import (
    LIMITS,
    Order,
    analysis_of,
    numbers_of,
    ordered,
    refuse_mixed,
    series_of,
    significance_of,
    value_label,
    value_of,
)
from fsstats.plots._style import (
    MARKERS,
    PALETTE,
    axes_of,
    height_of,
    ink,
    legend,
    mark,
    nth,
    paper,
    plain,
    remark,
    zero_line,
)
from fsstats.schema import CELL
from fsstats.tables.panel import number

_APART = 0.7
"""Of the height of a row: what the marks that stand side by side in it take."""


def forest(
    results: pd.DataFrame,
    *,
    value: str | None = None,
    by: str | None = None,
    order: Order = "size",
    alpha: float = 0.05,
    p: str | None = None,
    numbers: bool = False,
    term: Names = None,
    measure: Names = None,
    source: Names = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the effect in every region with its confidence interval, significant ones filled.

    Parameters
    ----------
    results : DataFrame
        The results table of any statistic.
    value : {"effect_size", "estimate"}, optional
        What is drawn; by default the effect size, or the estimate where there is none.
    by : str, optional
        A column whose values stand side by side in each row, with a colour and a marker each: ``term``, ``measure``,
        ``site``, or one of your own that says which analysis it is.
    order : {"size", "anatomy", "table"}
        Of the rows: by value, the end that is farther from 0 on top (of several side by side the first); by lobe and
        structure; or as in the table.
    alpha : float
        p-values below it make a filled mark.
    p : str, optional
        The column of p-values; by default the first there is of ``p_adjusted``, ``p_fwe``, ``p_permutation`` and
        ``p_value``.
    numbers : bool
        Print value and interval at the right; not with `by`.
    term, measure, source : str or collection of str, optional
        What is drawn of a table that holds more.
    ax : Axes, optional
        Where to draw; by default in a new figure, which is as high as the rows need.

    Returns
    -------
    Axes
        The drawing; ``ax.figure.savefig("forest.pdf")`` saves it.

    Raises
    ------
    TableError
        If there are several terms or measures and none is chosen; a region twice; several kinds of effect size or
        units for one axis; or nothing to draw.
    UnknownNameError
        If a name does not exist.
    ColumnsError
        If it is no results table.

    Notes
    -----
    A region without a number keeps its row, which says so. Above the drawing stand the least and the largest ``n``.

    Examples
    --------
    >>> results = pd.DataFrame(
    ...     {"source": "aparc", "hemi": ["lh", "rh"], "region": "insula", "measure": "thickness", "unit": "mm"}
    ...     | {"term": "patient - control", "effect_name": "hedges_g", "effect_size": [-0.6, -0.2], "n": 80}
    ...     | {"effect_low": [-1.0, -0.6], "effect_high": [-0.2, 0.2], "p_value": [0.004, 0.4]}
    ... )
    >>> ax = forest(results)
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.get_xlabel().endswith("(Hedges' g)")
    (['left insula', 'right insula'], True)
    """
    rows = analysis_of(results, needed_by="forest", by=by, term=term, measure=measure, source=source)
    value = value_of(rows, value, needed_by="forest")
    refuse_mixed(rows, value, needed_by="forest")
    significant = significance_of(rows, alpha, p, needed_by="forest")
    drawn = _drawn(rows, value, by).assign(significant=significant.rows)
    labels = _arranged(drawn, rows, order)
    names = drawn["series"].unique().tolist()
    if numbers and len(names) > 1:
        message = "forest: numbers=True prints one series; leave out by, or choose one of its values"
        raise TableError(message)
    ax = axes_of(ax, height=height_of(len(labels), row=0.16 + 0.06 * len(names)))
    for k, name in enumerate(names):
        _draw(ax, drawn[drawn["series"] == name], k, len(names))
    _finish(ax, labels)
    ax.set_xlabel(plain(value_label(rows, value, apart=by)))
    _explain(ax, [series_text(by, name) for name in names], significant.says if drawn["value"].notna().any() else "")
    if numbers:
        _print(ax, drawn)
    remark(ax, count_text(numbers_of(rows, "n").tolist()))
    return ax


def _drawn(rows: pd.DataFrame, value: str, by: str | None) -> pd.DataFrame:
    """Give what is drawn of each row of the results: its series, number of the region, value and limits."""
    low, high = LIMITS.get(value, ("", ""))
    row, _ = number(rows, [name for name in CELL if name != by])
    drawn = pd.DataFrame(
        {
            "series": series_of(rows, by),
            "row": row,
            "value": numbers_of(rows, value),
            "low": numbers_of(rows, low),
            "high": numbers_of(rows, high),
        }
    )
    twice = drawn.duplicated(["series", "row"]).to_numpy()
    if twice.any():
        what = first_row(rows[[*CELL, "term"]][twice])
        message = f"forest draws each region once; {int(twice.sum())} row(s) occur twice, the first is {what}"
        raise TableError(message)
    return drawn


def _arranged(drawn: pd.DataFrame, rows: pd.DataFrame, order: Order) -> list[str]:
    """Give the regions their places from the top, as the column y, and return their names in this order."""
    own = drawn.drop_duplicates("row")
    regions = rows.iloc[own.index]
    places = ordered(regions, own["value"].to_numpy(dtype=np.float64), order)
    place = np.empty(len(places))
    place[places] = np.arange(len(places))
    drawn["y"] = place[drawn["row"]]
    names = region_labels(regions)
    return [names[at] for at in places]


def _draw(ax: Axes, own: pd.DataFrame, k: int, of: int) -> None:
    """Draw the marks of one series, the k-th of so many."""
    y = own["y"] + (k - (of - 1) / 2) * _APART / of
    colour, marker = nth(PALETTE, k), nth(MARKERS, k)
    size = 5.5 if of == 1 else 4.5
    ax.hlines(y, own["low"], own["high"], color=colour, linewidth=1.4)
    for filled in (True, False):
        some = own["significant"] == filled
        face = colour if filled else paper(ax)
        ax.plot(
            own["value"][some],
            y[some],
            linestyle="none",
            marker=marker,
            markersize=size,
            color=colour,
            markerfacecolor=face,
            gid="significant" if filled else "not significant",
        )
    for at in y[own["value"].isna()]:
        ax.text(0.0, at, "no number", ha="center", va="center", fontsize="x-small", backgroundcolor=paper(ax))


def _finish(ax: Axes, labels: list[str]) -> None:
    """Name the rows, the first on top."""
    size = "medium" if len(labels) <= 20 else "small"
    ax.set_yticks(range(len(labels)), labels=list(map(plain, labels)), fontsize=size)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    zero_line(ax)
    ax.margins(x=0.05)


def _explain(ax: Axes, names: list[str], says: str) -> None:
    """Say what colours and filled marks mean."""
    if len(names) == 1:
        colour, marker, series = PALETTE[0], MARKERS[0], []
    else:
        colour, marker = ink(), MARKERS[0]
        series = [mark(nth(PALETTE, k), nth(MARKERS, k), filled=True, label=name) for k, name in enumerate(names)]
    filled = [
        mark(colour, marker, filled=True, label=says),
        mark(colour, marker, filled=False, label="not significant"),
    ]
    legend(ax, [*series, *(filled if says else [])])


def _print(ax: Axes, drawn: pd.DataFrame) -> None:
    """Print values and intervals at the right, on an axis of their own."""
    right = ax.secondary_yaxis("right")
    texts = [
        f"{number_text(value)} [{number_text(low)}, {number_text(high)}]" if np.isfinite(value) else ""
        for value, low, high in drawn[["value", "low", "high"]].itertuples(index=False)
    ]
    right.set_yticks(drawn["y"], labels=texts, fontsize="small")
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
