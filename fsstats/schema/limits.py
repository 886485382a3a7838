"""Where a value can lie at all, and what 0 means: data, read by quality control."""

from dataclasses import dataclass
from math import inf
from typing import Final

from fsstats.schema.columns import GLOBAL
from fsstats.schema.measures import global_measures


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the greatest value that there can be."""

    low: float
    high: float
    reason: str
    """Why, as the end of a sentence."""


_POSITIVE: Final = Limits(0.0, inf, "as it cannot be negative")
_THICKNESS: Final = Limits(0.0, 5.0, "as recon-all cuts the thickness at 5 mm")
_BY_MEASURE: Final = {
    "thickness": _THICKNESS,
    "MeanThickness": _THICKNESS,
    "thickness_std": Limits(0.0, 2.5, "as a thickness between 0 and 5 mm varies no more"),
    **dict.fromkeys(("n_vertices", "n_voxels", "NumVert", "SupraTentorialVolNotVentVox"), _POSITIVE),
    **dict.fromkeys(("lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles"), _POSITIVE),
    **dict.fromkeys(("mean_curvature", "gaussian_curvature", "folding_index", "curvature_index"), _POSITIVE),
    **dict.fromkeys(("intensity_std", "intensity_range", "contrast_std", "contrast_range"), _POSITIVE),
    **dict.fromkeys(("BrainSegVol-to-eTIV", "MaskVol-to-eTIV"), _POSITIVE),
    **dict.fromkeys(
        ("contrast_mean", "contrast_min", "contrast_max"),
        Limits(-200.0, 200.0, "as a contrast in per cent of the mean"),
    ),
}
SIZED_UNITS: Final = ("mm^3", "cm^3", "mL", "mm^2", "cm^2", "mm")
"""Units of what has a size, which cannot be negative."""
COUNTS: Final = frozenset({"n_vertices", "n_voxels", "NumVert", "lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles"})
"""Measures that are whole numbers."""

MAY_BE_ZERO: Final = frozenset(
    {
        *("5th-Ventricle", "CSF", "Optic-Chiasm", "vessel", "Left-vessel", "Right-vessel"),
        *(
            f"{side}-{name}"
            for side in ("Left", "Right")
            for name in ("choroid-plexus", "Inf-Lat-Vent", "undetermined")
        ),
        *(f"{side}WM-hypointensities" for side in ("", "Left-", "Right-", "non-", "Left-non-", "Right-non-")),
        *("WMH", "Lesions", "unknown", "Unknown", "Background"),
        *("LeftWhiteMatterHypoIntensities", "RightWhiteMatterHypoIntensities"),
    }
)
"""Regions and header Measures that a sound brain, or the segmentation of one, may lack."""

_SMALL_LABELS: Final = ("BA", "entorhinal_exvivo", "perirhinal_exvivo", "vpnl")
"""Sources of labels that may hold no vertex."""
_NO_CALLOSUM: Final = ("aseg+DKT", "fastsurfer")
"""Sources of FastSurfer's network, which has no class for the corpus callosum."""
_NOT_IN_DKT: Final = ("-bankssts", "-frontalpole", "-temporalpole")
"""Ends of the names of white matter beside cortex that the DKT atlas gives to its neighbours."""

SKEWED: Final = frozenset({"gaussian_curvature", "folding_index", "curvature_index", "intensity_std", "contrast_std"})
"""Measures that are positive and skewed to the right in every region."""

UNIT_FACTORS: Final = {
    "mm^3": {"cm^3 (mL)": 1e-3, "m^3": 1e-9},
    "mm^2": {"cm^2": 1e-2, "m^2": 1e-6},
    "mm": {"cm": 1e-1, "m": 1e-3, "micrometres": 1e3},
}
"""What a number is multiplied by if it is given in another unit than the one that it ought to have."""


def limits_of(region: str, measure: str, unit: str | None) -> Limits | None:
    """Tell where the values of a measure can lie.

    Parameters
    ----------
    region : str
        The region: header Measures are of ``global``.
    measure : str
        The measure.
    unit : str or None
        Its unit in the table, which tells where the measure is not known.

    Returns
    -------
    Limits or None
        None if any number is possible.

    Examples
    --------
    >>> limits_of("insula", "thickness", "mm").high, limits_of("Left-Amygdala", "volume", "mm^3").low
    (5.0, 0.0)
    >>> limits_of("insula", "thickness_rate", "mm/year") is None
    True
    """
    if measure in _BY_MEASURE:
        return _BY_MEASURE[measure]
    known = measure in global_measures() if region == GLOBAL else measure in {"volume", "area"}
    return _POSITIVE if known and unit in SIZED_UNITS else None


def may_be_zero(source: str, region: str, measure: str) -> bool:
    """Say whether a structure, or a header Measure, may be absent, so that its size is 0.

    Examples
    --------
    >>> may_be_zero("aseg", "5th-Ventricle", "volume"), may_be_zero("aseg", "Left-Hippocampus", "volume")
    (True, False)
    """
    if region == GLOBAL:
        return measure in MAY_BE_ZERO or measure not in global_measures()
    is_small = source.startswith(_SMALL_LABELS) or (source.startswith(_NO_CALLOSUM) and region.startswith("CC_"))
    is_none = source == "wmparc.DKTatlas.mapped" and region.endswith(_NOT_IN_DKT)
    return is_small or is_none or region in MAY_BE_ZERO
