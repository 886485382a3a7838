"""One effect at every site and pooled over them: the forest plot of a meta-analysis."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from fsstats._frames import as_words
from fsstats.plots._choice import refuse_several
from fsstats.plots._names import number_text, p_text, region_labels
from fsstats.plots._results import analysis_of, value_label
from fsstats.plots._style import PALETTE, axes_of, height_of, ink, paper, plain, remark, zero_line
from fsstats.stats._pooling import MetaMethod, MetaTest
from fsstats.stats.meta import Value, meta, meta_weights

_HEIGHT = 0.28
"""Half of that of the diamond, in rows."""


def meta_forest(
    results: pd.DataFrame,
    *,
    region: str | None = None,
    hemi: str | None = None,
    term: str | None = None,
    measure: str | None = None,
    source: str | None = None,
    site: str = "site",
    value: Value = "effect_size",
    method: MetaMethod = "REML",
    test: MetaTest | None = None,
    minimum: int = 0,
    conf_level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw the effect of every site with its weight, and the pooled one as a diamond.

    Parameters
    ----------
    results : DataFrame
        The results tables of all sites below each other (`by_site`), as for `meta`.
    region, hemi, term, measure, source : str, optional
        Which effect, as far as the table holds several.
    site : str
        The column that names the site.
    value : {"effect_size", "estimate"}
        What is pooled, as for `meta`; so for the next four.
    method : {"REML", "DL", "EE", "ML", "PM"}
        How the variance between sites is estimated.
    test : {"knha", "adhoc", "z"}, optional
        The test, and so the interval, of the pooled effect.
    minimum : int
        A site with fewer rows than this is left out; its row says so.
    conf_level : float
        Of all intervals.
    ax : Axes, optional
        Where to draw; by default in a new figure, which is as high as the sites need.

    Returns
    -------
    Axes
        The drawing: the area of a square is the weight of its site; the line through the diamond is the prediction
        interval, in which the effect of a further site is to be expected.

    Raises
    ------
    TableError
        If there are several regions, terms or measures and none is chosen; or as `meta` does.
    UnknownNameError
        If a name does not exist.
    ColumnsError
        If a column is lacking.

    Notes
    -----
    All numbers are those of `meta` and `meta_weights`; the intervals of the sites are by z, as is usual, and of
    correlations by Fisher's z.

    Examples
    --------
    >>> sites = pd.DataFrame(
    ...     {"site": ["M1", "M2", "M3"], "source": "aseg", "hemi": "lh", "region": "Left-Amygdala", "measure": "volume"}
    ...     | {"term": "patient - control", "unit": "mm^3", "n": [80, 120, 60], "effect_name": "cohens_d"}
    ...     | {"effect_size": [-0.1, -0.5, -0.2], "effect_se": [0.22, 0.18, 0.26]}
    ... )
    >>> ax = meta_forest(sites)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['site', 'M1 (n = 80)', 'M2 (n = 120)', 'M3 (n = 60)', 'pooled (n = 260)']
    """
    rows = analysis_of(
        results, needed_by="meta_forest", region=region, hemi=hemi, term=term, measure=measure, source=source
    )
    refuse_several(rows, ["source", "region", "hemi"], needed_by="meta_forest")
    weights = meta_weights(rows, site=site, value=value, method=method, minimum=minimum)
    pooled = meta(rows, site=site, value=value, method=method, test=test, minimum=minimum, conf_level=conf_level).iloc[
        0
    ]
    alone = meta(rows.assign(region=as_words(rows[site])), site=site, value=value, conf_level=conf_level)
    sites = weights.merge(alone.set_index("region")[["ci_low", "ci_high"]], left_on=site, right_index=True)
    ax = axes_of(ax, width=7.2, height=height_of(len(sites) + 1, row=0.26, beside=1.2))
    zero_line(ax)
    _draw_sites(ax, sites)
    _draw_pooled(ax, pooled, len(sites))
    _label(ax, sites, pooled, site, conf_level)
    ax.set_xlabel(plain(f"{region_labels(rows.iloc[:1])[0]}: {value_label(rows, value)}"))
    remark(ax, _heterogeneity(pooled))
    return ax


def _draw_sites(ax: Axes, sites: pd.DataFrame) -> None:
    """Draw a square for each site that was used, and say why another was not."""
    used = sites["weight_percent"].notna().to_numpy()
    y = np.arange(len(sites), dtype=np.float64)
    ax.hlines(y[used], sites["ci_low"][used], sites["ci_high"][used], color=PALETTE[0], linewidth=1.4)
    areas = 10.0 + 130.0 * sites["weight_percent"][used] / sites["weight_percent"].max()
    ax.scatter(sites["estimate"][used], y[used], s=areas, marker="s", color=PALETTE[0], linewidths=0, gid="sites")
    for at, note in zip(y[~used], sites["note"][~used], strict=True):
        box: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "backgroundcolor": paper(ax), "fontsize": "small"}
        ax.text(0.5, at, plain(f"left out: {note}"), ha="center", va="center", **box)


def _draw_pooled(ax: Axes, pooled: pd.Series, y: int) -> None:
    """Draw the pooled effect as a diamond, and the prediction interval through it."""
    estimate, low, high = (float(pooled[name]) for name in ("estimate", "ci_low", "ci_high"))
    if np.isfinite(estimate):
        ax.axvline(estimate, color=PALETTE[1], linewidth=0.8, linestyle="--", zorder=0.6)
        ax.hlines(y, pooled["prediction_low"], pooled["prediction_high"], color=PALETTE[1], linewidth=1.4)
    if np.isfinite(low):
        corners = [(low, y), (estimate, y - _HEIGHT), (high, y), (estimate, y + _HEIGHT)]
        ax.add_patch(Polygon(corners, closed=True, facecolor=PALETTE[1], edgecolor=ink(), linewidth=0.6, gid="pooled"))
        ax.update_datalim(corners)
    ax.autoscale_view()


def _label(ax: Axes, sites: pd.DataFrame, pooled: pd.Series, site: str, conf_level: float) -> None:
    """Name the sites at the left, print numbers and weights at the right, and a head above each."""
    left = [
        f"{name} (n = {n:.0f})" if np.isfinite(n) else name for name, n in zip(sites[site], sites["n"], strict=True)
    ]
    right = [
        f"{_interval(row)}   {number_text(row['weight_percent'], 1)} %" if np.isfinite(row["weight_percent"]) else ""
        for _, row in sites.iterrows()
    ]
    places = np.arange(-1, len(sites) + 1)
    ax.set_yticks(places, labels=list(map(plain, [site, *left, f"pooled (n = {pooled['n']:.0f})"])))
    beside = ax.secondary_yaxis("right")
    beside.set_yticks(places, labels=[f"[{100 * conf_level:g} % CI]   weight", *right, _interval(pooled)])
    for axis in (ax, beside):
        axis.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    beside.spines["right"].set_visible(False)
    ax.set_ylim(len(sites) + 0.6, -1.4)
    ax.axhline(len(sites) - 0.5, color=ink(), linewidth=0.6)
    ax.axhline(-0.5, color=ink(), linewidth=0.6)


def _interval(row: pd.Series) -> str:
    low, high = number_text(row["ci_low"]), number_text(row["ci_high"])
    return f"{number_text(row['estimate'])} [{low}, {high}]" if low else number_text(row["estimate"])


def _heterogeneity(pooled: pd.Series) -> str:
    """Say how much the sites differ, beyond chance."""
    if not pooled["k"] > 1:
        return str(pooled["note"]) if pd.notna(pooled["note"]) else ""
    tests = f"I² = {pooled['i2']:.0f} %, τ² = {pooled['tau2']:.3g}"
    return f"{tests}, Q({pooled['q_df']:.0f}) = {pooled['q']:.1f}, {p_text(float(pooled['q_p']))}"
