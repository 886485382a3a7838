"""A brain map as text for a web page: shapes that say their numbers, in the colours of the page."""

from collections.abc import Collection, Iterator, Sequence
from html import escape
from textwrap import wrap
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import Colormap, Normalize, to_hex
from matplotlib.ticker import MaxNLocator

from fsstats._frames import FloatArray, some_of
from fsstats.plots._brain_layout import BAR, Layout, arranged, notes_of, seen, views_for
from fsstats.plots._brain_table import Average, Mapped, mapped, three_digits
from fsstats.plots._choice import Names
from fsstats.plots._matrix import colour_scale
from fsstats.plots._names import region_labels
from fsstats.plots.brain_map import gid_of

_PER_MM: Final = 10
"""Units of the drawing to a millimetre: whole numbers keep it short."""
_MARGIN: Final = 6.0
_BELOW: Final = 29.0
"""Millimetres below the colour bar for its numbers and its label."""
_KEYS: Final = 15.0
_NOTE: Final = 9.0
_LETTERS: Final = 0.27
"""Letters of a note to a millimetre."""
_STEPS: Final = 24
"""Colours in the gradient of the colour bar."""
_THIN: Final = 'stroke="#808080" stroke-width="4"'
"""Grey borders are seen between regions on any ground."""
_EDGE: Final = 'stroke="currentColor" stroke-opacity=".7" stroke-width="8"'
_SMALL: Final = ' font-size="70" fill-opacity=".8"'
_LINE: Final = 'fill="none" stroke-linejoin="round" pointer-events="none"'


def brain_map_svg(
    data: pd.DataFrame,
    *,
    name: str = "brain-map",
    value: str | None = None,
    average: Average | None = None,
    alpha: float | None = 0.05,
    p: str | None = None,
    outlines: str | None = None,
    views: str | Collection[str] | None = None,
    cmap: str | Colormap | None = None,
    limits: tuple[float, float] | None = None,
    label: str | None = None,
    term: Names = None,
    measure: Names = None,
    source: Names = None,
) -> str:
    """Write a brain map as an SVG element that stands in a web page.

    Parameters
    ----------
    data : DataFrame
        As for `brain_map`.
    name : str
        What ids begin with: two maps on one page need two names. Blanks in it become hyphens.
    value, average, alpha, p, outlines, views, cmap, limits, label, term, measure, source : optional
        As for `brain_map`.

    Returns
    -------
    str
        An ``<svg>`` element without script, style sheet or address. It has a title, a description in words, and over
        each region its numbers as a tooltip. Lines and letters have the colour of the text around it, so it suits a
        light page and a dark one; its ground is transparent. Each region is one ``<path class="region">`` with
        ``data-hemi``, ``data-region`` and ``data-value``; a line around a significant one has the class
        ``significant``. All text from the table is escaped.

    Raises
    ------
    TableError, UnknownNameError, ColumnsError
        As for `brain_map`.

    See Also
    --------
    brain_map : The same as a figure.
    brain_map_table : The same as a table, which is the alternative for who cannot see the map.

    Examples
    --------
    >>> results = pd.DataFrame({"source": "aparc", "hemi": ["lh", "rh"], "region": "insula", "measure": "thickness"})
    >>> results = results.assign(term="age", unit="mm", effect_name="partial_r", effect_size=[-0.5, 0.1], p_value=0.2)
    >>> text = brain_map_svg(results)
    >>> "<title>right insula: partial r 0.1, p = 0.20</title>" in text
    True
    """
    name = "-".join(name.split())
    chosen = {"term": term, "measure": measure, "source": source}
    found = mapped(data, value=value, average=average, alpha=alpha, p=p, outlines=outlines, **chosen)
    layout = arranged(views_for(found.table, views))
    shown = seen(found.table, layout)
    colours, norm = colour_scale(shown["value"].to_numpy(dtype=np.float64), cmap, limits)
    notes = notes_of(found.table, layout)
    title = label or found.label
    keys = _explained(shown, found.says)
    below = _BELOW + (_KEYS if keys else 0)
    lines = wrap(notes, round(layout.width * _LETTERS))
    tops = [layout.height + below + _NOTE * (line + 0.5) for line in range(len(lines))]
    parts = [
        f'<title id="{escape(name)}-title">{escape(title)}</title>',
        f'<desc id="{escape(name)}-desc">{escape(_told(shown, found, notes))}</desc>',
        _definitions(name, colours),
        *_behind(layout),
        *_regions(layout, shown, name, colours, norm),
        *_names(layout),
        *_bar(layout, name, norm, title),
        *_keys(layout, keys, name),
        *(_text(layout.width / 2, top, line, look=_SMALL) for top, line in zip(tops, lines, strict=True)),
    ]
    return "\n".join([_opening(name, layout, below + _NOTE * len(lines)), *parts, "</svg>"]) + "\n"


def _opening(name: str, layout: Layout, below: float) -> str:
    sizes = (-_MARGIN, -_MARGIN, layout.width + 2 * _MARGIN, layout.height + _MARGIN + below)
    box = " ".join(map(_units, sizes))
    ids = f"{escape(name)}-title {escape(name)}-desc"
    look = 'class="brain-map" font-family="inherit" font-size="90" text-anchor="middle" fill="currentColor"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" aria-labelledby="{ids}" {look}>'


def _units(millimetres: float) -> str:
    return str(round(millimetres * _PER_MM))


def _told(shown: pd.DataFrame, found: Mapped, notes: str) -> str:
    """Say the map in words."""
    own = shown[shown["value"].notna()].drop_duplicates("text")
    ends = own.iloc[[int(own["value"].argmin()), int(own["value"].argmax())]] if len(own) else own
    texts = [f"Brain map of {found.label}, {len(own)} regions"]
    texts += [f"{end}: {text}" for end, text in zip(("least", "largest"), ends["text"], strict=False)]
    significant = region_labels(own[own["significant"]])
    if found.says and len(own):
        texts.append(f"{found.says}: {some_of(significant, 12) if significant else 'none'}")
    without = region_labels(shown[shown["value"].isna()])
    if without:
        texts.append(f"no value: {some_of(without, 12)}")
    return ". ".join([*texts, *([notes] if notes else [])]) + "."


def _definitions(name: str, colours: Colormap) -> str:
    """Give the gradient of the colour bar and the hatch of what has no value."""
    places = np.linspace(0, 1, _STEPS + 1)
    stops = "".join(f'<stop offset="{at:.4g}" stop-color="{to_hex(colours(at))}"/>' for at in places)
    hatch = f'<rect width="40" height="40" fill-opacity=".1"/><path d="M0 40L40 0" {_THIN}/>'
    return (
        f'<defs><linearGradient id="{escape(name)}-colours">{stops}</linearGradient><pattern id="{escape(name)}-hatch" '
        f'width="40" height="40" patternUnits="userSpaceOnUse">{hatch}</pattern></defs>'
    )


def _d(rings: Sequence[FloatArray], height: float) -> str:
    """Write closed lines as the data of a path: a point, and steps from there; y runs downwards."""
    return "".join(map(_ring, (np.rint((ring * (1, -1) + (0, height)) * _PER_MM).astype(int) for ring in rings)))


def _ring(points: npt.NDArray[np.int_]) -> str:
    steps = np.diff(points, axis=0)
    told = " ".join(f"{x} {y}" for x, y in steps[steps.any(axis=1)].tolist())
    return f"M{points[0, 0]} {points[0, 1]}l{told}z".replace(" -", "-")


def _behind(layout: Layout) -> Iterator[str]:
    """Draw what carries no value."""
    for panel in layout.panels:
        for rings, opacity in ((panel.view.rest, ".06"), (panel.view.cortex, ".18")):
            if rings:
                yield f'<path d="{_d(panel.placed(rings), layout.height)}" fill-opacity="{opacity}"/>'


def _regions(layout: Layout, shown: pd.DataFrame, name: str, colours: Colormap, norm: Normalize) -> Iterator[str]:
    """Draw the regions, the edge of the hemispheres, and lines around significant regions."""
    data = {key: _d(rings, layout.height) for key, rings in layout.regions.items()}
    fills = map(to_hex, colours(norm(shown["value"].to_numpy(dtype=np.float64))))
    for key, value, text, colour in zip(shown["key"], shown["value"].tolist(), shown["text"], fills, strict=True):
        hemi, region = key[1]
        gap = np.isnan(value)
        fill = f"url(#{escape(name)}-hatch)" if gap else colour
        told = {"id": f"{name}--{gid_of(key[1])}", "data-hemi": hemi or "", "data-region": region}
        told |= {} if gap else {"data-value": repr(value)}
        own = " ".join(f'{attribute}="{escape(word)}"' for attribute, word in told.items())
        yield f'<path class="region" {own} fill="{fill}" {_THIN} d="{data[key]}"><title>{escape(text)}</title></path>'
    for panel in layout.panels:
        if panel.view.outline:
            yield f'<path {_LINE} {_EDGE} d="{_d(panel.placed(panel.view.outline), layout.height)}"/>'
    for key in shown.loc[shown["significant"] & shown["value"].notna(), "key"]:
        for colour, width in (("#fff", 26), ("#000", 14)):
            yield f'<path class="significant" {_LINE} stroke="{colour}" stroke-width="{width}" d="{data[key]}"/>'


def _explained(shown: pd.DataFrame, says: str) -> list[tuple[str, str]]:
    """Say what lines and hatches mean, as far as there are any."""
    has = shown["value"].notna()
    outlined = [("outline", says)] if (shown["significant"] & has).any() else []
    return [*outlined, *([] if has.all() else [("hatch", "no value")])]


def _keys(layout: Layout, keys: Sequence[tuple[str, str]], name: str) -> Iterator[str]:
    """Draw a legend below the label of the colour bar."""
    looks = {
        "outline": 'fill="none" stroke="currentColor" stroke-width="14"',
        "hatch": f'fill="url(#{escape(name)}-hatch)" {_THIN}',
    }
    apart = 110.0
    left, top = (layout.width - apart * len(keys)) / 2, layout.height + _BELOW + 3
    for at, (kind, says) in enumerate(keys):
        x = left + apart * at + apart / 8
        yield f'<rect x="{_units(x)}" y="{_units(top)}" width="140" height="70" {looks[kind]}/>'
        yield _text(x + 18, top + 6.5, says, look=' text-anchor="start"')


def _text(x: float, y: float, text: str, *, look: str = "") -> str:
    return f'<text x="{_units(x)}" y="{_units(y)}"{look}>{escape(text)}</text>'


def _names(layout: Layout) -> Iterator[str]:
    """Write the names of the views above them, and which side is which into slices."""
    for panel in layout.panels:
        x, top = panel.corner + np.array([panel.view.width / 2, panel.view.height])
        for above, line in enumerate(reversed(panel.lines)):
            yield _text(x, layout.height - top - 3 - 10 * above, line)
        for (at, low), side in panel.sides:
            yield _text(at, layout.height - low, side, look=_SMALL)


def _bar(layout: Layout, name: str, norm: Normalize, label: str) -> Iterator[str]:
    """Draw the colour bar below the views."""
    low, high = float(norm.vmin or 0.0), float(norm.vmax or 0.0)
    wide = 0.42 * layout.width
    left, bottom = (layout.width - wide) / 2, layout.height
    place = f'x="{_units(left)}" y="{_units(bottom - BAR)}" width="{_units(wide)}" height="{_units(BAR)}"'
    yield f'<rect {place} fill="url(#{escape(name)}-colours)"/>'
    for tick in MaxNLocator(5).tick_values(low, high):
        if low <= tick <= high:
            x = left + wide * (tick - low) / (high - low)
            yield f'<path d="M{_units(x)} {_units(bottom)}v20" {_EDGE}/>'
            yield _text(x, bottom + 11, three_digits(tick))
    yield _text(layout.width / 2, bottom + 23, label)
