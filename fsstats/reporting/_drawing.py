"""Matplotlib's figures to pictures of a page: SVG that takes ink and paper from the page, dense parts as pixels."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fsstats.errors import TableError
from fsstats.reporting.blocks import Picture

_INK: Final = "#010203"
"""Stands for the colour of text while a figure is drawn."""
_PAPER: Final = "#fdfcfb"
"""Stands for the colour of the page."""
_STYLE: Final[Any] = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK),
    **dict.fromkeys(("axes.facecolor", "figure.facecolor", "savefig.facecolor", "legend.facecolor"), _PAPER),
    "hatch.color": _INK,
    "grid.color": "#888888",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
}
_WRITING: Final[Any] = {"svg.fonttype": "none", "svg.hashsalt": "fsstats"}
_DENSE: Final = 300
"""Points of one artist; more are drawn as pixels."""
_DPI: Final = 150
_LARGEST: Final = 600_000
"""Bytes of an SVG; a larger one becomes a PNG."""
_FONTS: Final = re.compile(r"font: ((?:[\w.%]+ )*)(?:'[^']*'|[\w-]+)(?:, (?:'[^']*'|[\w-]+))*")
_NUMBERS: Final = re.compile(r'(?<= )(d|x|y|points)="([^"]*)"')
_LONG: Final = re.compile(r"(\.\d\d)\d+")
_NAMED: Final = re.compile(r'(?<= )id="|url\(#|(?<=href=")#')
_ID: Final = re.compile(r' id="([^"]*)"')
_POINTING: Final = re.compile(r'url\(#([^)]+)\)|href="#([^"]+)"|aria-(?:labelledby|describedby)="([^"]*)"')
_NAMING: Final = re.compile(r'(?<= )(aria-(?:labelledby|describedby))="([^"]*)"')


@contextmanager
def page_style() -> Iterator[None]:
    """Draw in colours that the page will replace by its own."""
    with rc_context(_STYLE):
        yield


def picture_of(drawing: object, *, alt: str, caption: str = "", is_ours: bool = False) -> Picture:
    """Take down a figure as it is now.

    Parameters
    ----------
    drawing : Axes, Figure, or what has one
        The figure.
    alt : str
        What it shows, for who cannot see it.
    caption : str
        What stands below it.
    is_ours : bool
        It was drawn within `page_style`.

    Returns
    -------
    Picture
        Small figures as SVG, large ones as PNG.

    Raises
    ------
    TableError
        If it is no figure.
    """
    figure = figure_of(drawing)
    with rc_context(_WRITING), _in_pixels(figure):
        svg = _svg(figure)
    if len(svg) > _LARGEST:
        png = _png(figure)
        width = round(figure.get_figwidth() * 96)
        return Picture("", png, alt, caption, is_card=True, width=width)
    return Picture(_inline(svg, alt, is_ours=is_ours), b"", alt, caption, is_card=not is_ours)


def figure_of(drawing: object) -> Figure:
    """Find the figure of axes, of an array of axes, or of seaborn's grids."""
    found = drawing
    if isinstance(found, np.ndarray):
        found = found.ravel()[0] if found.size else None
    if isinstance(found, Axes):
        found = found.get_figure(root=True)
    elif not isinstance(found, Figure):
        found = getattr(found, "figure", None)
    if not isinstance(found, Figure):
        message = f"a figure of a report is Axes or a Figure of matplotlib, found {type(drawing).__name__}"
        raise TableError(message)
    if not hasattr(found.canvas, "print_figure"):
        FigureCanvasAgg(found)
    return found


@contextmanager
def _in_pixels(figure: Figure) -> Iterator[None]:
    """Have artists of many points drawn as pixels, as long as this lasts."""
    dense = [one for one in figure.findobj(_is_dense) if not one.get_rasterized()]
    for one in dense:
        one.set_rasterized(True)
    try:
        yield
    finally:
        for one in dense:
            one.set_rasterized(False)


def _is_dense(artist: Artist) -> bool:
    if isinstance(artist, PathCollection):
        return len(np.asarray(artist.get_offsets())) > _DENSE
    return isinstance(artist, Line2D) and len(np.atleast_1d(artist.get_xdata())) > _DENSE


def _svg(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", dpi=_DPI, metadata={"Date": None, "Creator": None})
    return buffer.getvalue().decode()


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def _inline(svg: str, alt: str, *, is_ours: bool) -> str:
    """Make an SVG file a part of a page: no head, fewer digits, fonts of the page, and its colours if it is ours."""
    body = svg[svg.index("<svg") :].strip()
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = _NUMBERS.sub(lambda found: _LONG.sub(r"\1", found[0]), body)
    body = _FONTS.sub(r"font: \1sans-serif", body)
    if is_ours:
        body = body.replace(_INK, "currentColor").replace(_PAPER, "var(--ground)")
    body = with_few_ids(body)
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)


def with_few_ids(svg: str) -> str:
    """Leave out the ids of an SVG that nothing points to: several parts may have the same.

    Examples
    --------
    >>> with_few_ids('<g id="a"><use id="b" href="#a"/></g>')
    '<g id="a"><use href="#a"/></g>'
    """
    used = {name for found in _POINTING.findall(svg) for one in found for name in one.split()}
    return _ID.sub(lambda found: found[0] if found[1] in used else "", svg)


def with_own_ids(svg: str, mark: str) -> str:
    """Put a mark before all ids of an SVG, so that several can stand on one page.

    Examples
    --------
    >>> with_own_ids('<g id="a"><use href="#a" clip-path="url(#b)"/></g>', "f1-")
    '<g id="f1-a"><use href="#f1-a" clip-path="url(#f1-b)"/></g>'
    """
    named = _NAMED.sub(lambda found: f"{found[0]}{mark}", svg)
    return _NAMING.sub(lambda found: f'{found[1]}="{" ".join(mark + name for name in found[2].split())}"', named)
