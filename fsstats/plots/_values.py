"""Values of a group: their frequencies as a shape, and a dot each that covers no other."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import gaussian_kde

from fsstats._frames import FloatArray
from fsstats.plots._style import plain

_WIDTH: Final = 0.38
"""Half of the width of a shape, where groups are 1 apart."""
_FEWEST: Final = 5
"""Values that have a shape."""
_GOLDEN: Final = (5**0.5 - 1) / 2
_SOME: Final = 6
"""Groups whose names stand level."""


def draw_values(
    ax: Axes,
    values: FloatArray,
    at: float,
    *,
    colour: str,
    marker: str,
    side: int = 0,
    filled: bool = True,
) -> None:
    """Draw the values of one group.

    Parameters
    ----------
    ax : Axes
        Where.
    values : ndarray
        The values, none of them missing.
    at : float
        The group's place.
    colour, marker : str
        What it looks like.
    side : int
        -1 draws the left half, 1 the right half, 0 both.
    filled : bool
        Whether dots are filled.
    """
    grid, density = _density(values)
    left, right = (0.0 if side > 0 else _WIDTH), (0.0 if side < 0 else _WIDTH)
    if len(grid):
        edges = grid, at - left * density, at + right * density
        ax.fill_betweenx(*edges, facecolor=(colour, 0.18), edgecolor=colour, linewidth=0.8, gid="shape")
    width = np.interp(values, grid, density) if len(grid) else np.full(len(values), 0.3)
    place = np.empty(len(values))
    place[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1) * _GOLDEN % 1.0
    x = at + 0.85 * width * (place * (left + right) - left)
    face = colour if filled else "none"
    ax.scatter(
        x, values, s=12, marker=marker, facecolors=face, edgecolors=colour, linewidths=0.6, alpha=0.7, gid="values"
    )


def _density(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give how frequent values are along their range, at most 1; nothing for few values or equal ones."""
    if len(values) < _FEWEST or np.ptp(values) == 0:
        return np.empty(0), np.empty(0)
    grid = np.linspace(values.min(), values.max(), 101)
    density = gaussian_kde(values)(grid)
    return grid, density / density.max()


def name_groups(ax: Axes, names: Sequence[str]) -> None:
    """Name the groups below the axis, slanting if they are many."""
    many: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if len(names) > _SOME else {}
    ax.set_xticks(range(len(names)), labels=list(map(plain, names)), **many)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.tick_params(axis="x", length=0)
