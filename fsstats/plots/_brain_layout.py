"""The views of a brain map side by side and below each other, in millimetres."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, listed, plain_rows, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.plots._brain_places import ABSENT, BOTH, NO_OUTLINE
from fsstats.plots._names import MINUS, region_labels, upper
from fsstats.plots._shapes import OUTLINES, Place, Rings, View, views_of
from fsstats.schema import HEMIS, atlas_of

_GAP: Final = 12.0
_NAME: Final = 13.0
"""Height of a line of a view's name."""
_BELOW: Final = 18.0
"""Height of what lies below the views: a gap, and the colour bar."""
BAR: Final = 6.0
"""Height of the colour bar, which lies at the bottom."""
_SIDES: Final = {"lh": "left", "rh": "right"}
_LETTERS: Final = ((0.1, "L"), (0.9, "R"))


class Panel(NamedTuple):
    """A view and its lower left corner."""

    view: View
    corner: FloatArray

    def placed(self, rings: Rings) -> list[FloatArray]:
        """Give lines of the view where they lie in the picture."""
        return [ring + self.corner for ring in rings]

    @property
    def sides(self) -> list[tuple[FloatArray, str]]:
        """Where the letters of left and right stand in a slice."""
        if self.view.outline:
            return []
        return [(self.corner + np.array([share * self.view.width, 3.0]), side) for share, side in _LETTERS]

    @property
    def lines(self) -> list[str]:
        """Its name in words, line by line."""
        plane, _, place = self.view.name.partition(" ")
        return [self.view.name] if "=" not in place else [plane, f"{place} mm".replace("-", MINUS)]


class Layout(NamedTuple):
    """A picture of several views."""

    panels: tuple[Panel, ...]
    width: float
    height: float

    @property
    def regions(self) -> Mapping[tuple[str, Place], list[FloatArray]]:
        """The lines around each region, of all views."""
        found: dict[tuple[str, Place], list[FloatArray]] = {}
        for panel in self.panels:
            for place, rings in panel.view.regions.items():
                found.setdefault((panel.view.atlas, place), []).extend(panel.placed(rings))
        return found


def arranged(rows: Sequence[Sequence[View]]) -> Layout:
    """Lay out rows of views from the top, each row in the middle.

    Examples
    --------
    >>> views = views_of("aparc")
    >>> picture = arranged([[views["left lateral"], views["left medial"]]])
    >>> [panel.view.name for panel in picture.panels], picture.width > 2 * views["left medial"].width
    (['left lateral', 'left medial'], True)
    """
    widths = [sum(view.width for view in row) + _GAP * (len(row) - 1) for row in rows]
    top, panels = 0.0, []
    for row, wide in zip(rows, widths, strict=True):
        left = (max(widths) - wide) / 2
        tall = max(view.height for view in row)
        named = _NAME * max(len(Panel(view, np.zeros(2)).lines) for view in row)
        for view in row:
            panels.append((view, left, top + named + (tall + view.height) / 2))
            left += view.width + _GAP
        top += named + tall + _GAP / 2
    height = top + _BELOW
    placed = (Panel(view, np.array([left, height - bottom])) for view, left, bottom in panels)
    return Layout(tuple(placed), max(widths), height)


def views_for(table: pd.DataFrame, wanted: str | Collection[str] | None) -> list[list[View]]:
    """Choose the views of a picture, row by row.

    Parameters
    ----------
    table : DataFrame
        outlines, hemi and note of what is drawn.
    wanted : str or collection of str, optional
        The rows of views that are asked for.

    Returns
    -------
    list of list of View
        Rows of views.

    Raises
    ------
    UnknownNameError
        If there is no such view.
    TableError
        If no view is asked for.

    Notes
    -----
    By default a hemisphere of which the table has nothing is not shown.
    """
    atlases = [str(atlas) for atlas in table["outlines"].dropna().unique()]
    known = [view for atlas in sorted(atlases, reverse=False) for view in views_of(atlas).values()]
    if wanted is not None:
        rows = [_named(row, known) for row in listed(wanted)]
        if not rows:
            message = f"views: expected one or more of {', '.join(view.name for view in known)}, found none"
            raise TableError(message)
        return rows
    own = table[table["note"].fillna("") != ABSENT]
    empty = [_SIDES[hemi] for hemi in HEMIS if not (own["hemi"] == hemi).any()]
    shown = [view for view in known if view.name.partition(" ")[0] not in empty]
    usual = [(row, atlas) for atlas in sorted(atlases) for row in OUTLINES[atlas].rows]
    return [_named(row, [view for view in shown if view.atlas == atlas]) for row, atlas in usual]


def _named(row: str, known: Sequence[View]) -> list[View]:
    """Find the views of a row: those whose names have all the words that stand between two commas."""
    return [view for part in row.split(",") for view in _alike(part.strip(), known)]


def _alike(name: str, known: Sequence[View]) -> Iterator[View]:
    words = name.casefold().split()
    found = [view for view in known if words and set(words) <= set(view.name.split())]
    if not found:
        names = [view.name for view in known]
        raise UnknownNameError.among("view", name, {*names, *(one.partition(" ")[0] for one in names)}, shown=names)
    yield from found


def seen(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Keep the rows of regions that a picture shows, in the order of its views, with the key of their lines.

    Parameters
    ----------
    table : DataFrame
        outlines, hemi and region.
    layout : Layout
        The picture.

    Returns
    -------
    DataFrame
        Its rows, and ``key``.
    """
    drawn = {key: at for at, key in enumerate(layout.regions)}
    keys = [(atlas, (hemi, region)) for atlas, hemi, region in plain_rows(table[["outlines", "hemi", "region"]])]
    order = np.array([drawn.get(key, -1) for key in keys])
    shown = np.flatnonzero(order >= 0)
    shown = shown[np.argsort(order[shown])]
    return table.iloc[shown].assign(key=pd.Series([keys[at] for at in shown], index=table.index[shown], dtype="object"))


def notes_of(table: pd.DataFrame, layout: Layout) -> str:
    """Say what a picture does not show, and what one could not see from it; '' if there is nothing to say.

    Parameters
    ----------
    table : DataFrame
        What is drawn.
    layout : Layout
        The picture.

    Returns
    -------
    str
        A sentence.
    """
    notes = table["note"].fillna("")
    kinds = table[["source", "outlines"]].dropna().drop_duplicates().itertuples(index=False)
    told = [
        f"on outlines of the {OUTLINES[atlas].description} atlas: {source}"
        for source, atlas in kinds
        if (atlas_of(source) or source) not in OUTLINES
    ]
    if (notes == BOTH).any():
        told.append("values of both sides together are drawn on both")
    without = together(region_labels(table[notes == NO_OUTLINE]))
    if without:
        told.append(f"no outline, so not drawn: {some_of(without, 12)}")
    hidden = _hidden(table, layout)
    if len(hidden):
        named = together(region_labels(hidden[hidden["significant"]]))
        told.append(
            f"{len(hidden)} regions are not to be seen in these views"
            + (f", of these significant: {some_of(named, 12)}" if named else "")
        )
    text = "; ".join(told)
    return upper(text)


def together(names: Collection[str]) -> list[str]:
    """Name left and right in one, each name once.

    Examples
    --------
    >>> together(["left insula", "brain stem", "right insula", "left cuneus"])
    ['left and right insula', 'brain stem', 'left cuneus']
    """
    bare = [name.removeprefix("left ").removeprefix("right ") for name in names]
    both = {own for own in bare if {f"left {own}", f"right {own}"} <= {*names}}
    found = (f"left and right {own}" if own in both else name for name, own in zip(names, bare, strict=True))
    return list(dict.fromkeys(found))


def _hidden(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Give the regions with a number that no view shows."""
    own = table[table["value"].notna() & (table["note"].fillna("") != NO_OUTLINE)]
    return own.loc[own.index.difference(seen(table, layout).index, sort=False)]
