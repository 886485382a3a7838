"""Names beside points, none of them on another."""

from collections.abc import Sequence
from itertools import product
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from fsstats._frames import FloatArray
from fsstats.plots._style import ink, plain

_DISTANCES: Final = (6, 14, 24, 36, 50)
"""Points between a name and what it names; the nearest place that is free is taken."""
_DIRECTIONS: Final = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_ACROSS: Final = {1: "left", 0: "center", -1: "right"}
_ALONG: Final = {1: "bottom", 0: "center", -1: "top"}
_LEADER: Final = 14
"""A name as many points away, or more, has a line to what it names."""
_SIZE: Final = "x-small"


def label_points(ax: Axes, points: FloatArray, labels: Sequence[str], others: FloatArray) -> list[Annotation]:
    """Write names beside points, each where it covers no other name, and as few points as can be.

    Parameters
    ----------
    ax : Axes
        With everything drawn already, as names avoid it where it is now.
    points : ndarray, shape (n, 2)
        The points that have names; the first choose first.
    labels : sequence of str, length n
        Their names.
    others : ndarray, shape (m, 2)
        All points, which no name should cover.

    Returns
    -------
    list of Annotation
        The names that found a place within the axes.
    """
    figure = ax.get_figure(root=True)
    if figure is None or not len(points):
        return []
    figure.draw_without_rendering()  # so that everything has its place
    dots = ax.transData.transform(others[np.isfinite(others).all(axis=1)])
    taken: list[Bbox] = []
    placed = []
    for point, label in zip(points, labels, strict=True):
        found = _place(ax, point, label, dots, taken)
        if found is not None:
            distance, direction, box = found
            taken.append(box)
            placed.append(_annotate(ax, point, label, distance, direction))
    return placed


def _annotate(ax: Axes, point: FloatArray, label: str, distance: int, direction: tuple[int, int]) -> Annotation:
    right, up = direction
    line = {"arrowstyle": "-", "linewidth": 0.5, "color": ink(), "shrinkA": 0, "shrinkB": 2}
    return ax.annotate(
        plain(label),
        (point[0], point[1]),
        (right * distance, up * distance),
        textcoords="offset points",
        ha=_ACROSS[right],
        va=_ALONG[up],
        fontsize=_SIZE,
        color=ink(),
        arrowprops=line if distance >= _LEADER else None,
    )


def _place(
    ax: Axes, point: FloatArray, label: str, dots: FloatArray, taken: Sequence[Bbox]
) -> tuple[int, tuple[int, int], Bbox] | None:
    """Find the place that covers the fewest dots, the nearest of them; None if there is none beside other names."""
    trial = _annotate(ax, point, label, 0, (0, 0))
    size = trial.get_window_extent()
    trial.remove()
    x, y = ax.transData.transform(point)
    scale = ax.figure.dpi / 72
    best: tuple[int, int, tuple[int, int], Bbox] | None = None
    for distance, (right, up) in product(_DISTANCES, _DIRECTIONS):
        left = x + right * distance * scale + (right - 1) / 2 * size.width
        bottom = y + up * distance * scale + (up - 1) / 2 * size.height
        box = Bbox.from_bounds(left, bottom, size.width, size.height)
        if not _within(box, ax.bbox) or any(box.overlaps(other) for other in taken):
            continue
        covered = int(((dots > box.min) & (dots < box.max)).all(axis=1).sum())
        if best is None or covered < best[0]:
            best = covered, distance, (right, up), box
        if not covered:
            break
    return None if best is None else best[1:]


def _within(box: Bbox, frame: Bbox) -> bool:
    return bool(box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1)
