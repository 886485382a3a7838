"""What belongs together: the two sides of a structure, the regions of a lobe, and how their values combine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from fsstats.schema._data import read_tsv
from fsstats.schema._registry import of_registry
from fsstats.schema.columns import HEMIS
from fsstats.schema.measures import global_measures
from fsstats.schema.regions import hemi_of, regions, side_of

BOTH: Final = "lr"
"""The ``hemi`` of what is made of both sides."""
DERIVED: Final[Mapping[str, str]] = {
    "asymmetry": "unitless",
    "laterality": "unitless",
    "z": "sd",
    "centile": "percent",
    "fraction": "unitless",
}
"""What a measure's name ends in that was computed from another's (``thickness_z``), and the unit."""
CHANGES: Final[Mapping[str, str]] = {
    "rate": "{}/year",
    "percent": "percent/year",
    "percent_of_first": "percent/year",
    "symmetrised": "percent/year",
    "average": "{}",
}
"""What a measure's name ends in that is a change over time (``volume_rate``), and the unit, from the measure's."""
_WORD: Final = re.compile(r"(?<![^-_])(?:left|right|lh|rh|l|r)(?:[-_. ]|$)", re.IGNORECASE)
_SUFFIX: Final = re.compile(r"[-_][LR]$")
_FIELD: Final = re.compile(r"^(?:lh|rh|left|right)-?", re.IGNORECASE)
CORTEX_FIELDS: Final = ("NumVert", "SurfArea", "WhiteSurfArea", "PialSurfArea", "MeanThickness")
"""Header Measures that the file of a hemisphere has of its own surface; its others are of the whole brain."""


def derived_units(unit: str) -> dict[str, str]:
    """Give the unit of everything that is computed from a measure, by what its name ends in.

    Parameters
    ----------
    unit : str
        The measure's own.

    Returns
    -------
    dict of str to str
        Units.

    Examples
    --------
    >>> derived_units("mm^3")["rate"], derived_units("unitless")["rate"], derived_units("mm")["z"]
    ('mm^3/year', '1/year', 'sd')
    """
    own = "1" if unit == "unitless" else unit
    changes = {word: unit if text == "{}" else text.format(own) for word, text in CHANGES.items()}
    return {**DERIVED, **changes}


def unsided(name: str, atlas: str | None = None) -> str:
    """Take the side out of a structure's name, so that left and right have the same.

    Parameters
    ----------
    name : str
        Its name.
    atlas : str, optional
        Its atlas, which knows the side of names that do not say it at the front.

    Returns
    -------
    str
        The name without its side; a name without one stays.

    Examples
    --------
    >>> [unsided(name) for name in ("Left-Hippocampus", "wm-rh-insula", "Cbm_Left_V", "insula", "Brain-Stem")]
    ['Hippocampus', 'wm-insula', 'Cbm_V', 'insula', 'Brain-Stem']
    >>> unsided("LC_R", "AAN"), unsided("R-Globus-Pallidus", "HypVINN")
    ('LC', 'Globus-pallidus')
    """
    plain = _bare(name, atlas)
    return _lefts().get((atlas, plain.casefold()), plain)


def _bare(name: str, atlas: str | None) -> str:
    if hemi_of(name):
        return _WORD.sub("", name, count=1).rstrip("-_")
    return _SUFFIX.sub("", name) if side_of(name, atlas) else name


@of_registry
def _lefts() -> Mapping[tuple[str | None, str], str]:
    """Give the names as they are written on the left, as some atlases write a structure's two sides differently."""
    lefts = [region for region in regions() if region.hemi == "lh" and side_of(region.name, region.atlas)]
    bare = [(region.atlas, _bare(region.name, region.atlas)) for region in lefts]
    return {(atlas, plain.casefold()): plain for atlas, plain in bare}


def side_of_measure(field: str, hemi: str | None) -> str | None:
    """Tell the side of a header Measure; None for one of the whole brain, whichever file prints it.

    Parameters
    ----------
    field : str
        As FreeSurfer prints it.
    hemi : str or None
        The side of the file.

    Returns
    -------
    str or None
        lh, rh or None.

    Examples
    --------
    >>> side_of_measure("lhCortexVol", None), side_of_measure("MeanThickness", "rh"), side_of_measure("eTIV", "rh")
    ('lh', 'rh', None)
    """
    known = global_measures().get(field)
    if known is None:
        return hemi_of(field)
    return known.hemi or (hemi if field in CORTEX_FIELDS and hemi in HEMIS else None)


def unsided_measure(field: str) -> str:
    """Take the side out of the name of a header Measure.

    Examples
    --------
    >>> unsided_measure("lhCortexVol"), unsided_measure("LeftWhiteMatterHypoIntensities"), unsided_measure("eTIV")
    ('CortexVol', 'WhiteMatterHypoIntensities', 'eTIV')
    """
    return _FIELD.sub("", field) if side_of_measure(field, None) else field


@cache
def _strict() -> Mapping[str, str]:
    return {row["region"]: row["lobe"] for row in read_tsv("lobes.tsv")}


_WITH_LOBES: Final = ("aparc", "aparc.DKTatlas", "wmparc", "synthseg")
"""Atlases with the regions of Desikan and others."""
_TISSUE: Final = re.compile(r"^(?:ctx|wm)-")


@of_registry
def _by_atlas() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {atlas: {} for atlas in _WITH_LOBES}
    for region in regions():
        plain = unsided(region.name, region.atlas)
        tissue = _TISSUE.match(plain)
        lobe = _strict().get(_TISSUE.sub("", plain))
        if region.atlas in found and lobe:
            found[region.atlas][region.name] = f"{tissue[0] if tissue else ''}{lobe}"
    return found


def lobes(atlas: str | None) -> Mapping[str, str]:
    """Give the lobe of each region of an atlas; nothing for an atlas of which no lobes are known.

    Parameters
    ----------
    atlas : str or None
        aparc, aparc.DKTatlas, wmparc or synthseg.

    Returns
    -------
    mapping of str to str
        Region to frontal, parietal, temporal, occipital, cingulate or insula.

    Notes
    -----
    As FreeSurfer's ``mri_annotation2label --lobesStrict`` merges the regions (function MRISaparc2lobes, read in the
    source of February 2025): precentral and paracentral are frontal, postcentral is parietal, the cingulate cortex
    and the insula are their own. FreeSurfer has this list for the Desikan-Killiany atlas; here it also serves atlases
    with regions of the same names: DKT, which has three regions less, and the white matter below each.

    Examples
    --------
    >>> lobes("aparc")["precentral"], lobes("wmparc")["wm-lh-cuneus"], len(lobes("aparc.DKTatlas")), lobes("aseg")
    ('frontal', 'wm-occipital', 31, {})
    """
    return _by_atlas().get(atlas or "", {})


How = Literal["sum", "mean", "area_weighted", "vertex_weighted", "voxel_weighted"]
_HOWS: Final[Mapping[str, How | None]] = {
    "sum": "sum",
    "area_weighted": "area_weighted",
    "vertex_weighted": "vertex_weighted",
    "voxel_weighted": "voxel_weighted",
    "": None,
}
"""What the table of measures can say."""


@dataclass(frozen=True, slots=True)
class Combining:
    """How the values of several regions make that of their union."""

    measure: str
    how: How | None
    """None where there is no right way."""
    why: str


@cache
def _combining() -> Mapping[str, Combining]:
    rows = read_tsv("combining.tsv")
    return {row["measure"]: Combining(row["measure"], _HOWS[row["how"]], row["why"]) for row in rows}


_EXTENTS: Final = ("mm^2", "mm^3")


def combining(measure: str, unit: str | None) -> Combining:
    """Say how values of a measure combine.

    Parameters
    ----------
    measure : str
        Its name.
    unit : str or None
        Its unit, for measures that the schema does not list: areas and volumes are summed.

    Returns
    -------
    Combining
        The way, and why.

    Examples
    --------
    >>> combining("area", "mm^2").how, combining("thickness", "mm").how, combining("thickness_std", "mm").how
    ('sum', 'area_weighted', None)
    """
    listed = _combining().get(measure)
    if listed is not None:
        return listed
    if unit in _EXTENTS:
        return Combining(measure, "sum", "an extent")
    return Combining(measure, None, "it is not known whether it is an amount or an average")
