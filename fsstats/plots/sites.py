"""The values of one region at every site, before and after harmonisation."""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fsstats._frames import as_words, require
from fsstats.plots._choice import one_cell, said_of_n
from fsstats.plots._names import cell_label, number_text, p_text
from fsstats.plots._predicted import rows_of_model
from fsstats.plots._style import MARKERS, PALETTE, axes_of, legend, mark, plain, remark
from fsstats.plots._values import draw_values, name_groups
from fsstats.stats import site_effects
from fsstats.stats._terms import right_side

_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "before": {"colour": PALETTE[1], "marker": MARKERS[1], "filled": False},
    "after": {"colour": PALETTE[0], "marker": MARKERS[0], "filled": True},
}
"""How values look before and after harmonisation."""


def sites(
    before: pd.DataFrame,
    after: pd.DataFrame | None = None,
    *,
    site: str = "site",
    keep: str | Collection[str] = "",
    region: str | None = None,
    hemi: str | None = None,
    measure: str | None = None,
    source: str | None = None,
    allow: str | Collection[str] = (),
    ax: Axes | None = None,
) -> Axes:
    r"""Draw a region's values at every site, before harmonisation at the left and after it at the right of each.

    Parameters
    ----------
    before : DataFrame
        A long table with a column for the site.
    after : DataFrame, optional
        The same after `harmonise`; without it only `before` is drawn.
    site : str
        The name of that column.
    keep : str or collection of str
        What sites are compared beside, best as for `harmonise`: ``"age + sex + group"``.
    region, hemi, measure, source : str, optional
        Which values, as far as the table holds several.
    allow : str or collection of str
        What may be mixed, as for `site_effects`.
    ax : Axes, optional
        Where to draw; by default in a new figure, which is as wide as the sites need.

    Returns
    -------
    Axes
        The drawing; below it stand the site's share of the variance, of means and of deviations (partial eta squared),
        with the p-values of `site_effects`; above it, how many runs are left out for want of a value or a site.

    Raises
    ------
    TableError
        If the table holds several regions or measures and none is chosen; or as `site_effects` does.
    UnknownNameError, FormulaError, ColumnsError
        If a name does not exist, or `keep` cannot be used.

    Notes
    -----
    The values are those of the tables, with age, sex and whatever else is in them: sites whose people differ look
    different after harmonisation too. What is said below is beside `keep`. Its p-values are too large after
    harmonisation (see `site_effects`). For all regions at once: ``forest`` of both tables of `site_effects`, with
    ``by=``.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame({"subject": [f"s{k:02}" for k in range(40)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> table = table.assign(site=["A", "B"] * 20, value=rng.normal(2.8, 0.1, 40) + np.tile([0.0, 0.3], 20))
    >>> ax = sites(table)
    >>> [label.get_text() for label in ax.get_xticklabels()], len(ax.get_legend().get_texts())
    (['A\nn = 20', 'B\nn = 20'], 1)
    """
    wanted = {"region": region, "hemi": hemi, "measure": measure, "source": source}
    tables = {"before": before} | ({} if after is None else {"after": after})
    drawn: dict[str, pd.DataFrame] = {}
    told: dict[str, str] = {}
    for when, table in tables.items():
        require(table, [site], needed_by="sites")
        numbered, rows = one_cell(table, needed_by="sites", **wanted)
        beside = right_side(keep, table)
        model = rows_of_model(numbered, rows, f"value ~ {beside}") if beside else rows
        told[when] = _told(site_effects(model, site=site, keep=keep, allow=allow)[:2])
        drawn[when] = rows.dropna(subset=["value", site])
    names = sorted(set().union(*(as_words(rows[site]) for rows in drawn.values())))
    ax = axes_of(ax, width=max(5.8, 1.0 + 1.1 * len(names)))
    for when, rows in drawn.items():
        side = 0 if after is None else -1 if when == "before" else 1
        for at, name in enumerate(names):
            values = rows["value"][as_words(rows[site]) == name].to_numpy(dtype=np.float64)
            draw_values(ax, values, at, side=side, **_LOOKS[when])
    words = as_words(drawn["before"][site])
    name_groups(ax, [f"{name}\nn = {int((words == name).sum())}" for name in names])
    ax.set_ylabel(plain(cell_label(drawn["before"])))
    halves = {"before": " (left)", "after": " (right)"} if after is not None else {"before": ""}
    legend(ax, [_handle(when, side, told[when]) for when, side in halves.items()], drop=3.2)
    remark(ax, *dict.fromkeys(said_of_n(tables[when], len(rows))[1] for when, rows in drawn.items()))
    return ax


def _told(effects: pd.DataFrame) -> str:
    """Say what the site does to mean and variance."""
    if effects["effect_size"].isna().all():
        return str(effects["note"].iloc[0])
    what = zip(("mean", "variance"), effects["effect_size"], effects["p_value"], strict=True)
    return "\n".join(f"{name}: partial η² = {number_text(size)}, {p_text(p)}" for name, size, p in what)


def _handle(when: str, side: str, text: str) -> Line2D:
    look = _LOOKS[when]
    return mark(look["colour"], look["marker"], filled=look["filled"], label=f"{when}{side}\n{text}")
