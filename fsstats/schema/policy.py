"""Which measures are adjusted for the size of the head, and how they go with it: data, read by `adjust_head_size`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fsstats.schema.columns import GLOBAL
from fsstats.schema.measures import global_measures, measures

HEAD_SIZES: Final = {
    "eTIV": "FreeSurfer: from the registration to the atlas",
    "ICV": "name of eTIV up to FreeSurfer 5.1",
    "sTIV": "SynthSeg",
    "sbTIV": "SAMSEG",
    "Intracranial-volume": "WMH-SynthSeg",
}
"""Header Measures that are the size of the head, each by an estimator of its own: they are not to be mixed."""
HEAD_SCALING: Final = "VSCALING"
"""The header Measure that is a factor from the head to standard space."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """How a measure goes with the size of the head, and whether it is adjusted for it unasked."""

    exponent: float | None
    """The power of the head's volume that a larger head of the same shape would follow; None: there is none."""
    is_adjusted: bool
    reason: str
    """Why it is adjusted or not, as a sentence without its end."""


_BY_UNIT: Final[Mapping[str, Scaling]] = {
    **dict.fromkeys(
        ("mm^3", "cm^3", "mL"), Scaling(1.0, is_adjusted=True, reason="a volume goes with the size of the head")
    ),
    **dict.fromkeys(
        ("mm^2", "cm^2"), Scaling(2 / 3, is_adjusted=True, reason="an area goes with the size of the head")
    ),
    "mm": Scaling(1 / 3, is_adjusted=False, reason="a thickness hardly goes with the size of the head"),
    "mm^-1": Scaling(-1 / 3, is_adjusted=False, reason="a curvature hardly goes with the size of the head"),
    "mm^-2": Scaling(-2 / 3, is_adjusted=False, reason="a curvature hardly goes with the size of the head"),
}
_NO_SIZE: Final = Scaling(None, is_adjusted=False, reason="it is neither a volume nor an area")
_A_HEAD: Final = Scaling(1.0, is_adjusted=False, reason="it is a size of the head itself")
_SCALED: Final = Scaling(1.0, is_adjusted=False, reason="it is scaled to the size of the head already")
_IMAGE: Final = Scaling(None, is_adjusted=False, reason="it is as large as the image happens to be")
_BY_NAME: Final[Mapping[str, Scaling]] = {
    **dict.fromkeys(HEAD_SIZES, _A_HEAD),
    **dict.fromkeys(("volume_normalised", "brain_volume_normalised", "peripheral_GM_volume_normalised"), _SCALED),
    **dict.fromkeys(("Background", "Background_volume"), _IMAGE),
}
"""Measures of which the unit does not tell."""

NOT_STRAIGHT: Final = frozenset(
    {
        *(f"{side}-{name}" for side in ("Left", "Right") for name in ("Lateral-Ventricle", "Inf-Lat-Vent")),
        *(f"{side}-choroid-plexus" for side in ("Left", "Right")),
        *("3rd-Ventricle", "4th-Ventricle", "5th-Ventricle", "CSF", "extracerebral_CSF", "ventricular-CSF"),
        *(f"{side}WM-hypointensities" for side in ("", "Left-", "Right-", "non-", "Left-non-", "Right-non-")),
        *("WMH", "Lesions"),
        *("VentricleChoroidVol", "Third-Fourth-Fifth-CSF", "CSF_volume"),
        *("LeftWhiteMatterHypoIntensities", "RightWhiteMatterHypoIntensities"),
    }
)
"""Regions and header Measures that are skewed, and do not go with the size of the head in a straight line."""


def scaling_of(region: str, measure: str, unit: str | None) -> Scaling:
    """Tell how a measure goes with the size of the head.

    Parameters
    ----------
    region : str
        The region: header Measures have names of their own.
    measure : str
        The measure.
    unit : str or None
        Its unit in the table, used where the schema does not know the measure.

    Returns
    -------
    Scaling
        Its exponent, and whether it is adjusted.

    Examples
    --------
    >>> scaling_of("insula", "area", "mm^2").exponent, scaling_of("insula", "thickness", "mm").is_adjusted
    (0.6666666666666666, False)
    """
    if measure in _BY_NAME:
        return _BY_NAME[measure]
    known = global_measures().get(measure) if region == GLOBAL else measures().get(measure)
    return _BY_UNIT.get((known.unit if known else "") or unit or "", _NO_SIZE)
