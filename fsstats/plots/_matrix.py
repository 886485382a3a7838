"""A matrix of numbers as colours: what is missing hatched, what is significant dotted, one colour bar."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fsstats._frames import FloatArray
from fsstats.errors import TableError, UnknownNameError
from fsstats.plots._results import BoolArray
from fsstats.plots._style import MISSING_HATCH, axes_of, height_of, ink, legend, plain

DIVERGING: Final = "RdBu_r"
SEQUENTIAL: Final = "viridis"
_SMALL: Final = 20
"""Rows or columns whose names have their usual size."""
_LETTER: Final = 0.08
"""Inches that a letter of a name takes."""
_COLUMN: Final = 0.45
"""Inches that a column takes."""
_NARROWEST: Final = 0.13
"""Inches of a column that has room for its name."""
_WIDEST: Final = 36.0
"""Inches that all columns take at most."""


def draw_matrix(
    values: FloatArray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    label: str,
    significant: BoolArray,
    says: str,
    cmap: str | Colormap | None,
    limits: tuple[float, float] | None,
    ax: Axes | None,
    column: float = _COLUMN,
    diagonal: bool = True,
    told: str = "",
) -> Axes:
    """Draw a matrix with its names, and a bar that says what colours mean.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        The numbers; NaN where there is none.
    rows, columns : sequence of str
        Their names.
    label : str
        Of the colour bar.
    significant : ndarray of bool, same shape
        Which cells have a dot.
    says : str
        What the dot means; '' if there are none to explain.
    cmap : str or Colormap, optional
        By default one for values on both sides of 0, or one for values on one side.
    limits : tuple of float, optional
        What the ends of the colours stand for; by default the least and the largest value, about 0 if both sides occur.
    ax : Axes, optional
        Where; else in a new figure.
    column : float
        Inches of a column in a new figure.
    diagonal : bool
        Whether the diagonal is of the matrix; else it is left blank.
    told : str
        What is said below.

    Returns
    -------
    Axes
        The drawing.
    """
    upright = column < _COLUMN
    column = min(column, _WIDEST / len(columns))
    named = column >= _NARROWEST
    columns, told = (columns, told) if named else ([""] * len(columns), f"{len(columns)} columns; {told}".rstrip("; "))
    wide, high = (_LETTER * max(map(len, names), default=0) for names in (rows, columns))
    ax = axes_of(
        ax,
        width=max(4.0, 1.4 + wide + column * len(columns)),
        height=height_of(len(rows), least=2.8, beside=1.2 + high * (1.0 if upright else 0.75)),
    )
    chosen, norm = colour_scale(values, cmap, limits)
    mesh = ax.pcolormesh(np.ma.masked_invalid(values), cmap=chosen, norm=norm, edgecolors="face", linewidth=0.3)
    gaps = np.argwhere(np.isnan(values) & (diagonal | ~np.eye(*values.shape, dtype=np.bool_)))
    if len(gaps):
        corners = gaps[:, None, ::-1] + np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        ax.add_collection(
            PolyCollection(
                corners, facecolors="none", edgecolors=ink(), hatch=MISSING_HATCH, linewidths=0, gid="missing"
            )
        )
    _dots(ax, values, significant, chosen, norm)
    _name(ax, rows, columns, upright=upright)
    bar = ax.figure.colorbar(mesh, ax=ax, label=plain(label), shrink=min(1.0, 4.0 / (0.2 * len(rows) + 1.0)), aspect=25)
    bar.outline.set_visible(False)
    handles = [Line2D([], [], color=ink(), marker="o", markersize=3.5, linestyle="none", label=says)]
    handles = handles if significant.any() else []
    missing = [Patch(facecolor="none", edgecolor=ink(), hatch=MISSING_HATCH, label="no value")] if len(gaps) else []
    legend(ax, [*handles, *missing], drop=2.0 if told else 0.6)
    ax.set_xlabel(plain(told), fontsize="small")
    return ax


def colour_scale(
    values: FloatArray, cmap: str | Colormap | None, limits: tuple[float, float] | None
) -> tuple[Colormap, Normalize]:
    """Choose colours and what their ends stand for."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    both = low < 0 < high if limits is None else limits[0] < 0 < limits[1]
    if limits is None:
        most = max(-low, high)
        limits = (-most, most) if both else (low, high if high > low else low + 1.0)
    if not limits[0] < limits[1]:
        message = f"limits: expected a smaller number and a larger one, found {limits}"
        raise TableError(message)
    name = cmap or (DIVERGING if both else SEQUENTIAL)
    if isinstance(name, str) and name not in colormaps:
        raise UnknownNameError.among("colour map", name, colormaps)
    return (colormaps[name] if isinstance(name, str) else name), Normalize(*limits, clip=True)


def _dots(ax: Axes, values: FloatArray, significant: BoolArray, cmap: Colormap, norm: Normalize) -> None:
    """Draw a dot into each significant cell, dark on light colours and light on dark ones."""
    where = np.argwhere(significant & np.isfinite(values))
    if len(where):
        red, green, blue, _ = cmap(norm(values[tuple(where.T)])).T
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        colours = np.where(dark, "white", "black")
        ax.scatter(where[:, 1] + 0.5, where[:, 0] + 0.5, s=10, c=colours, linewidths=0, gid="significant")


def _name(ax: Axes, rows: Sequence[str], columns: Sequence[str], *, upright: bool) -> None:
    """Name rows at the left, the first on top, and columns above."""
    turned: dict[str, Any] = {"rotation": 90} if upright else {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    sizes = ["medium" if len(names) <= _SMALL else "small" for names in (rows, columns)]
    ax.set_yticks(np.arange(len(rows)) + 0.5, labels=list(map(plain, rows)), fontsize=sizes[0])
    ax.xaxis.tick_top()
    ax.set_xticks(
        np.arange(len(columns)) + 0.5,
        labels=list(map(plain, columns)),
        fontsize=sizes[1],
        **turned,
    )
    ax.set_xlim(0, len(columns))
    ax.set_ylim(len(rows), 0)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
