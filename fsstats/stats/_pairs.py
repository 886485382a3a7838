"""Left and right of the same structure, found by their names."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import Positions
from fsstats.errors import TableError
from fsstats.schema import GLOBAL, HEMIS, atlas_of, hemi_of, side_of
from fsstats.schema.groupings import BOTH, side_of_measure, unsided, unsided_measure
from fsstats.stats._derived import LABELS, Label, labels_of, one_unit, units_of


class Stem(NamedTuple):
    """A cell without its side: left and right have the same."""

    source: str | None
    region: str
    measure: str


@dataclass(frozen=True, slots=True)
class SidePairs:
    """Structures with a left and a right."""

    cells: pd.DataFrame
    """source, hemi (lr), region, measure and unit of each."""
    left: Positions
    """The cell of the left; -1 where the table has none."""
    right: Positions

    @property
    def members(self) -> list[Positions]:
        """The cells that each is made of."""
        both = np.column_stack([self.left, self.right])
        return [cells[cells >= 0] for cells in both]


def stem_of(label: Label) -> tuple[str | None, Stem]:
    """Give the side of a cell, if it has one, and the cell without it.

    Examples
    --------
    >>> stem_of(("aseg", "lh", "Left-Amygdala", "volume"))
    ('lh', Stem(source='aseg', region='Amygdala', measure='volume'))
    >>> stem_of(("aparc", "rh", "global", "eTIV"))
    (None, Stem(source='aparc', region='global', measure='eTIV'))
    """
    source, hemi, region, measure = label
    if region == GLOBAL:
        side = side_of_measure(measure, hemi)
        return side, Stem(source, GLOBAL, unsided_measure(measure))
    atlas = atlas_of(source)
    side = hemi_of(region) or (hemi if hemi in HEMIS else None if hemi else side_of(region, atlas))
    return side, Stem(source, unsided(region, atlas) if side else region, measure)


def pairs_of(cells: pd.DataFrame, *, needed_by: str) -> SidePairs:
    """Find left and right of each structure.

    Parameters
    ----------
    cells : DataFrame
        source, hemi, region, measure and unit.
    needed_by : str
        Who asks, for the error.

    Returns
    -------
    SidePairs
        In the order in which either side first appears. What has no side is in none.

    Raises
    ------
    TableError
        If nothing has a side; if two cells are the same side of a structure; if the sides have different units.
    """
    found: dict[Stem, dict[str, int]] = {}
    labels = labels_of(cells)
    for place, label in enumerate(labels):
        side, stem = stem_of(label)
        if side is None:
            continue
        sides = found.setdefault(stem, {})
        if side in sides:
            message = f"{_says(labels[sides[side]])} and {_says(label)} are both the {side} of {stem.region}"
            raise TableError(message)
        sides[side] = place
    if not found:
        message = f"{needed_by} needs structures of the left and of the right; the table has none"
        raise TableError(message)
    left, right = (np.array([sides.get(hemi, -1) for sides in found.values()], dtype=np.intp) for hemi in HEMIS)
    units = units_of(cells)
    rows = [
        (
            stem.source,
            BOTH,
            stem.region,
            stem.measure,
            one_unit((units[one] for one in sides.values()), of=_named(stem)),
        )
        for stem, sides in found.items()
    ]
    return SidePairs(pd.DataFrame(rows, columns=list(LABELS)), left, right)


def _says(label: Label) -> str:
    return " / ".join(part for part in label if part)


def _named(stem: Stem) -> str:
    return f"{stem.region} ({stem.measure})"
