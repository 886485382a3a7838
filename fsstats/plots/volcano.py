"""How large an effect is against how sure it is, in every region."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fsstats._frames import FloatArray, require
from fsstats.errors import TableError, UnknownNameError
from fsstats.plots._choice import Names
from fsstats.plots._labels import label_points
from fsstats.plots._names import LOG, count_text, region_labels
from fsstats.plots._results import (
    BoolArray,
    Significance,
    analysis_of,
    minus_log10,
    numbers_of,
    refuse_mixed,
    significance_of,
    value_label,
    value_of,
)
from fsstats.plots._style import MARKERS, PALETTE, axes_of, ink, legend, mark, paper, plain, remark, zero_line
from fsstats.schema import HEMIS

_SIDES = {"lh": ("<", "left"), "rh": (">", "right"), "": (MARKERS[0], "midline or both")}
"""The marker of each side."""


def volcano(
    results: pd.DataFrame,
    *,
    value: str | None = None,
    alpha: float = 0.05,
    p: str | None = None,
    labels: int | Collection[str] = 10,
    term: Names = None,
    measure: Names = None,
    source: Names = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the effect of every region against its p-value, with the names of the most significant ones.

    Parameters
    ----------
    results : DataFrame
        The results table of any statistic.
    value : {"effect_size", "estimate"}, optional
        What is drawn from left to right; by default the effect size, or the estimate where there is none.
    alpha : float
        p-values below it are significant: filled, in colour.
    p : str, optional
        The column of p-values that decides; by default the first there is of ``p_adjusted``, ``p_fwe``,
        ``p_permutation`` and ``p_value``. Upwards it is always ``p_value`` that is drawn.
    labels : int or collection of str
        How many of the significant regions have their name, those of the smallest p-values; or which regions have.
    term, measure, source : str or collection of str, optional
        What is drawn of a table that holds more.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes
        The drawing.

    Raises
    ------
    TableError
        If there are several terms or measures and none is chosen, several kinds of effect size, or nothing to draw.
    UnknownNameError
        If a name does not exist.
    ColumnsError
        If it is no results table.

    Notes
    -----
    The dashed line lies midway between the last p-value that is significant by `p` and the first that is not; the
    dotted one at `alpha` itself. A p-value of 0, too small for a computer, is drawn at the upper edge. Names that find
    no place are left out.

    Examples
    --------
    >>> results = pd.DataFrame(
    ...     {"source": "aparc", "hemi": ["lh", "rh", "lh"], "region": ["insula", "insula", "cuneus"]}
    ...     | {"measure": "thickness", "term": "age", "effect_name": "partial_r", "effect_size": [-0.5, -0.3, None]}
    ...     | {"p_value": [0.0001, 0.02, None], "p_adjusted": [0.0002, 0.02, None], "n": 60}
    ... )
    >>> ax = volcano(results)
    >>> [text.get_text() for text in ax.texts if "insula" in text.get_text()], ax.get_title(loc="right")
    (['left insula', 'right insula'], 'n = 60; 1 without a number')
    """
    rows = analysis_of(results, needed_by="volcano", term=term, measure=measure, source=source)
    require(rows, ["p_value"], needed_by="volcano")
    value = value_of(rows, value, needed_by="volcano")
    refuse_mixed(rows, value, needed_by="volcano")
    significant = significance_of(rows, alpha, p, needed_by="volcano")
    y, cut = minus_log10(numbers_of(rows, "p_value"))
    points = np.column_stack([numbers_of(rows, value), y])
    if not np.isfinite(points).all(axis=1).any():
        message = "volcano has nothing to draw: no row has a p-value and what is drawn against it"
        raise TableError(message)
    named = _named(rows, labels, significant.rows, points)
    ax = axes_of(ax)
    sides = _draw(ax, rows, points, significant.rows)
    _draw_lines(ax, y, significant, alpha)
    ax.scatter(points[cut, 0], points[cut, 1], s=110, marker="^", facecolors="none", edgecolors=ink(), gid="cut")
    ax.set_xlabel(plain(value_label(rows, value)))
    ax.set_ylabel(f"{LOG} p")
    ax.set_ylim(bottom=0.0)
    ax.margins(x=0.12)
    colours = [
        mark(PALETTE[1], "D", filled=True, label=significant.says),
        mark(PALETTE[6], "D", filled=False, label="not significant"),
    ]
    legend(ax, [*sides, *colours])
    missing = int((~np.isfinite(points).all(axis=1)).sum())
    remark(ax, count_text(numbers_of(rows, "n").tolist()), f"{missing} without a number" if missing else "")
    label_points(ax, points[named], [region_labels(rows)[at] for at in named], points)
    return ax


def _named(rows: pd.DataFrame, labels: int | Collection[str], significant: BoolArray, points: FloatArray) -> list[int]:
    """Give the positions of the rows that have their name, the smallest p-values first."""
    there = np.asarray(np.isfinite(points).all(axis=1))
    falling = [int(at) for at in np.argsort(-points[:, 1], kind="stable") if there[at]]
    if isinstance(labels, int | np.integer):
        return [at for at in falling if significant[at]][: max(labels, 0)]
    wanted = {labels} if isinstance(labels, str) else set(labels)
    regions = rows["region"].astype("str").to_numpy()
    strange = next((name for name in sorted(wanted) if name not in regions), None)
    if strange is not None:
        raise UnknownNameError.among("region", strange, regions)
    return [at for at in falling if regions[at] in wanted]


def _draw(ax: Axes, rows: pd.DataFrame, points: FloatArray, significant: BoolArray) -> list[Line2D]:
    """Draw the points, a marker for each side; give what explains the markers."""
    hemi = rows["hemi"].astype("object").where(rows["hemi"].isin(HEMIS), "").to_numpy()
    handles = []
    for side, (marker, name) in _SIDES.items():
        own = hemi == side
        if own.any():
            handles.append(mark(ink(), marker, filled=False, label=name))
        for filled in (False, True):
            colour = PALETTE[1] if filled else PALETTE[6]
            face = colour if filled else paper(ax)
            some = points[own & (significant == filled)]
            gid = "significant" if filled else "not significant"
            ax.scatter(
                some[:, 0], some[:, 1], s=26, marker=marker, facecolors=face, edgecolors=colour, linewidths=1.0, gid=gid
            )
    return handles


def _draw_lines(ax: Axes, y: FloatArray, significant: Significance, alpha: float) -> None:
    """Draw where significance begins, with and without regard to the number of tests."""
    zero_line(ax)
    _threshold(ax, -np.log10(alpha), f"p = {alpha:g}", above=False)
    least = np.nanmin(y[significant.rows], initial=np.inf)
    most = np.nanmax(y[~significant.rows], initial=0.0)
    if not significant.says.startswith("p ") and most < least < np.inf:
        _threshold(ax, (least + most) / 2, significant.says.replace("<", "="), above=True)


def _threshold(ax: Axes, y: float, says: str, *, above: bool) -> None:
    """Draw a line across, with what it stands for at its right end."""
    ax.axhline(y, color=ink(), linewidth=0.8, linestyle="--" if above else ":", alpha=0.8, gid=says)
    ax.annotate(
        says,
        (1.0, y),
        (0, 2 if above else -2),
        xycoords=ax.get_yaxis_transform(),
        textcoords="offset points",
        ha="right",
        va="bottom" if above else "top",
        fontsize="x-small",
        color=ink(),
    )
