"""What all figures share: axes, colours, markers and hatches that are told apart without colour, and small texts."""

from collections.abc import Sequence
from io import BytesIO
from textwrap import fill
from typing import Final, Literal, TypeVar

from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.transforms import offset_copy

Choice = TypeVar("Choice")
PALETTE: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#BF7D00", "#3A9BD9", "#7F7F7F")
"""Okabe and Ito's colours; orange and sky blue are darker, so that each stands out on white and on black (3:1)."""
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
HATCHES: Final = ("", "////", "....", "xxxx", "\\\\\\\\", "++++", "oooo")
DASHES: Final[tuple[Literal["-", "--", "-.", ":"], ...]] = ("-", "--", "-.", ":")
MISSING_HATCH: Final = "//////"
_LETTER: Final = 0.065
"""Inches that a small letter takes."""
ROW: Final = 0.2
"""Inches that a row of a figure takes."""


class _Shown(Figure):
    """A figure that a notebook shows, whether or not matplotlib's own display is on there."""

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png", bbox_inches="tight")
        return file.getvalue()


def nth(choices: tuple[Choice, ...], k: int) -> Choice:
    """Give the k-th of some choices, again from the first where they end."""
    return choices[k % len(choices)]


def ink() -> str:
    """Give the colour of text, dark or light as the style in use has it."""
    return str(rcParams["text.color"])


def paper(ax: Axes) -> object:
    """Give the colour behind the drawing."""
    return ax.get_facecolor()


def axes_of(ax: Axes | None, *, width: float = 6.4, height: float = 4.8) -> Axes:
    """Give the axes to draw in: those given, or the only ones of a new figure of so many inches."""
    if ax is None:
        figure = _Shown(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def height_of(rows: int, *, least: float = 2.4, row: float = ROW, beside: float = 1.0) -> float:
    """Give the inches that rows below each other take, and what stands beside them."""
    return max(least, beside + row * rows)


def remark(ax: Axes, *parts: str) -> None:
    """Say something in small letters above the drawing, at the right, where a title leaves room."""
    text = fill("; ".join(part for part in parts if part), max(int(_inches(ax) / _LETTER), 30))
    if text:
        ax.set_title(plain(text), loc="right", fontsize="small", fontweight="normal", color=ink())


def plain(text: object) -> str:
    r"""Give a text that is not read as a formula between dollar signs.

    Examples
    --------
    >>> print(plain("$5 and $6"))
    \$5 and \$6
    """
    return str(text).replace("\\$", "$").replace("$", r"\$")


def zero_line(ax: Axes, *, vertical: bool = True) -> None:
    """Draw the line of no effect, behind everything else."""
    line = ax.axvline if vertical else ax.axhline
    line(0.0, color=ink(), linewidth=0.8, alpha=0.6, zorder=0.5, gid="zero")


def mark(colour: str, marker: str, *, filled: bool, label: str = "") -> Line2D:
    """Give a mark for a legend, filled or open."""
    face = colour if filled else "none"
    return Line2D([], [], color=colour, marker=marker, markerfacecolor=face, linestyle="none", label=label)


def legend(ax: Axes, handles: Sequence[Artist], *, drop: float = 3.4) -> Legend | None:
    """Explain marks below the axes, so many lines of text below: by default under the label of the x axis."""
    if not handles:
        return None
    below = offset_copy(ax.transAxes, ax.get_figure(root=True), y=-drop * float(rcParams["font.size"]), units="points")
    names = [str(handle.get_label()) for handle in handles]
    return ax.legend(
        handles,
        list(map(plain, names)),
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=below,
        ncols=_columns(ax, names),
        frameon=False,
        fontsize="small",
        handlelength=1.6,
        handletextpad=0.5,
        columnspacing=1.2,
    )


def _columns(ax: Axes, names: Sequence[str]) -> int:
    """Say how many names beside each other are about as wide as the axes."""
    letters = max(len(line) for name in names for line in name.split("\n"))
    return min(max(int(_inches(ax) / (0.45 + _LETTER * letters)), 1), len(names))


def _inches(ax: Axes) -> float:
    """Give the width of axes, about what it will be."""
    return float(ax.bbox.width / ax.figure.dpi)
