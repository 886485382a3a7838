"""How pictures are made: what the user chose, the same for all runs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from fsstats.errors import UnknownNameError

Plane = Literal["axial", "coronal", "sagittal"]
Fit = Literal["image", "labels"]
Convention = Literal["radiological", "neurological"]
Colour = tuple[int, int, int]
PLANES: Final[tuple[Plane, ...]] = get_args(Plane)
VERSION: Final = 2
"""Of the drawing: another one makes all pictures again."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the user chose."""

    planes: tuple[Plane, ...] = PLANES
    slices: int = 7
    fit: Fit | None = None
    """Of each run its own if None."""
    convention: Convention = "radiological"
    scale: float | None = None
    """Pixels a millimetre; as the pictures fit a screen if None."""
    plain: bool = True
    """Whether each picture is made without outlines too."""
    only: tuple[int, ...] | None = None
    """Labels that are outlined; all if None."""
    colours: Mapping[int, Colour] = field(default_factory=dict)
    """Of labels, where the user gave a colour table."""


def look_of(look: Look) -> Look:
    """Check what the user chose.

    Raises
    ------
    UnknownNameError
        If there is no such plane, fit or convention.
    ValueError
        If there are no planes or slices, or the scale is no number above 0.
    """
    _require_known("plane", look.planes, PLANES)
    _require_known("fit", [look.fit or "image"], get_args(Fit))
    _require_known("convention", [look.convention], get_args(Convention))
    if not (look.planes and look.slices >= 1 and (look.scale is None or 0.1 <= look.scale <= 20)):
        found = f"planes={look.planes}, slices={look.slices}, scale={look.scale}"
        message = f"expected at least one plane and one slice, and a scale of 0.1 to 20 pixels a mm, found {found}"
        raise ValueError(message)
    return replace(look, planes=tuple(plane for plane in PLANES if plane in look.planes))


def _require_known(kind: str, names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError.among(kind, name, known)
