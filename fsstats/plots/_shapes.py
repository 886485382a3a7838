"""Outlines of brain regions, as ``scripts/brain_shapes.py`` derived them (see NOTICE), and which atlas has any."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import numpy as np

from fsstats._frames import FloatArray
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import atlas_of, hemi_of

Place = tuple[str | None, str]
"""Hemisphere, or None for what has no side, and the region's name."""
Rings = tuple[FloatArray, ...]
"""Closed lines, each of shape (n, 2): outer ones run to the left, holes to the right."""


class Outlines(NamedTuple):
    """Where regions are drawn."""

    atlas: str
    """The atlas whose outlines they are."""
    description: str
    rows: tuple[str, ...]
    """The views that stand side by side in each row of a picture, unless others are asked for."""


_CORTEX: Final = ("lateral", "medial")
OUTLINES: Final[Mapping[str, Outlines]] = {
    "aparc": Outlines("aparc", "Desikan-Killiany", _CORTEX),
    "aparc.DKTatlas": Outlines("aparc.DKTatlas", "Desikan-Killiany-Tourville", _CORTEX),
    "aparc.a2009s": Outlines("aparc.a2009s", "Destrieux", _CORTEX),
    "aseg": Outlines("aseg", "aseg", ("coronal, axial",)),
    "first": Outlines("aseg", "aseg", ("coronal, axial",)),
}
"""By atlas, where its regions are drawn; FIRST's structures are those of the aseg."""
LEFT_OUT: Final[Mapping[str, str]] = {
    "wmparc": "white matter below the cortex is not to be seen from outside",
    "samseg": "outlines='aseg' draws its deep structures",
    "synthseg": "outlines='aseg' draws its deep structures",
}
"""Atlases without outlines, why, and what to do."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture of an atlas, in millimetres to the right of and above its lower left corner."""

    atlas: str
    name: str
    regions: Mapping[Place, Rings]
    rest: Rings
    """What is no region: the medial wall, white matter."""
    cortex: Rings
    """The cortex of a slice."""
    outline: Rings
    """The edge of a hemisphere; none of a slice, which is a part of the brain."""
    width: float
    height: float


def outlines_of(source: str | None, asked: str | None = None) -> Outlines:
    """Find where the regions of a source are drawn.

    Parameters
    ----------
    source : str or None
        As in the table.
    asked : str, optional
        The atlas whose outlines serve a source that has none.

    Returns
    -------
    Outlines
        The atlas and its views.

    Raises
    ------
    TableError
        If there are no outlines of it; the message says why and what to do.
    UnknownNameError
        If there are none of the atlas that was asked for.

    Examples
    --------
    >>> outlines_of("aparc.pial").description, outlines_of("my.own", "aparc").atlas
    ('Desikan-Killiany', 'aparc')
    """
    if asked is not None and asked not in OUTLINES:
        raise UnknownNameError.among("atlas with outlines", asked, OUTLINES)
    atlas = atlas_of(source) or source or ""
    name = atlas if atlas in OUTLINES else asked
    if name is None:
        why = LEFT_OUT.get(atlas, "outlines='aparc' or another of these draws regions that have the same names there")
        what = f"source {source!r}" if source else "rows without a source"
        message = f"brain_map has outlines of {', '.join(OUTLINES)}, none for {what}: {why}"
        raise TableError(f"{message}. Or choose another source with source=...")
    return OUTLINES[name]


@cache
def views_of(atlas: str) -> Mapping[str, View]:
    """Give the views of an atlas, by name.

    Parameters
    ----------
    atlas : str
        aparc, aparc.DKTatlas, aparc.a2009s or aseg.

    Returns
    -------
    mapping of str to View
        In the order of the file.

    Examples
    --------
    >>> list(views_of("aparc")), len(views_of("aparc")["left lateral"].regions)
    (['left lateral', 'left medial', 'left ventral', 'right lateral', 'right medial', 'right ventral'], 21)
    """
    text = files("fsstats.plots").joinpath("shapes", f"{atlas}.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return {name: _view(atlas, name, one, found["units_per_mm"]) for name, one in found["views"].items()}


def _view(atlas: str, name: str, told: Mapping[str, Any], units_per_mm: float) -> View:
    """Put the lines of a view together."""
    lines = [np.cumsum(np.reshape(line, (-1, 2)), axis=0) / units_per_mm for line in told["lines"]]
    start = np.min([line.min(axis=0) for line in lines], axis=0)
    width, height = np.max([line.max(axis=0) for line in lines], axis=0) - start
    lines = [line - start for line in lines]

    def rings(wanted: Sequence[Sequence[int]]) -> Rings:
        return tuple(_ring(lines, ring) for ring in wanted)

    hemi = hemi_of(f"{name.partition(' ')[0]}-")
    return View(
        atlas=atlas,
        name=name,
        regions={(hemi or hemi_of(region), region): rings(one) for region, one in told["regions"].items()},
        rest=rings(told["rest"]),
        cortex=rings(told["cortex"]),
        outline=rings(told["outline"]) if hemi else (),
        width=float(width),
        height=float(height),
    )


def _ring(lines: Sequence[FloatArray], numbers: Sequence[int]) -> FloatArray:
    """Join lines, which have numbers from 1; a negative one runs backwards."""
    parts = [lines[number - 1] if number > 0 else lines[-number - 1][::-1] for number in numbers]
    return np.concatenate([part[:-1] for part in parts])
