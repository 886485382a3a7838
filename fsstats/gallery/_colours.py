"""Names and colours of labels: FreeSurfer's where they are known, else a colour of their own."""

import colorsys
import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from numbers import Integral
from typing import Final

from fsstats._frames import listed
from fsstats.errors import UnknownNameError
from fsstats.gallery._look import Colour
from fsstats.parsers.luts import freesurfer_names

_SIDE: Final = re.compile(r"^(?:(?:ctx|wm)[-_](?:lh|rh)[-_]|Left-|Right-)")
_WHITE: Final = "wm-"
_DARKEST: Final = 110.0
"""Brightness from 0 to 255 that a thin line needs on a dark image."""
_GOLDEN: Final = 0.618033988749895
"""Turns of the colour circle from one label to the next, so that neighbours differ."""


@cache
def _known() -> Mapping[str, Colour]:
    """Give the colours of FreeSurfer's colour table by structure, or by name where sides or white matter differ."""
    lines = files("fsstats.gallery").joinpath("colours.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return {name: (int(red), int(green), int(blue)) for name, red, green, blue in rows}


@cache
def label_names() -> Mapping[int, str]:
    """Give the names of FreeSurfer's labels."""
    return freesurfer_names()


def plain_name(label: int, names: Mapping[int, str]) -> str:
    """Give a structure's name without its side; of a label that has none its number.

    Examples
    --------
    >>> [plain_name(label, label_names()) for label in (17, 2035, 4035, 9999)]
    ['Hippocampus', 'insula', 'wm insula', 'label 9999']
    """
    name = names.get(label)
    if name is None:
        return f"label {label}"
    return ("wm " if name.startswith(_WHITE) else "") + _SIDE.sub("", name)


def colour_of(label: int, given: Mapping[int, Colour]) -> Colour:
    """Give the colour of a label's outline, light enough to be seen on a dark image.

    Examples
    --------
    >>> colour_of(17, {}), colour_of(17, {17: (255, 0, 255)})
    ((220, 216, 20), (255, 8, 255))
    """
    if label in given:
        return _lightened(given[label])
    known, name = _known(), label_names().get(label, "")
    own = known.get(name) or known.get(plain_name(label, label_names()))
    if own is not None:
        return _lightened(own)
    of_cortex = known.get(_SIDE.sub("", name))
    if of_cortex is not None:  # white matter below the cortex has what its cortex lacks
        red, green, blue = (255 - part for part in of_cortex)
    else:
        red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(label * _GOLDEN % 1.0, 0.65, 1.0))
    return _lightened((red, green, blue))


def _lightened(colour: Colour) -> Colour:
    """Mix a dark colour with white until it is bright enough."""
    red, green, blue = colour
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    share = max(0.0, (_DARKEST - brightness) / (255 - brightness)) if brightness < 255 else 0.0
    red, green, blue = (round(part + share * (255 - part)) for part in colour)
    return red, green, blue


def labels_of(regions: Collection[str | int] | None, names: Mapping[int, str]) -> tuple[int, ...] | None:
    """Give the labels of regions that a user named, by name or number.

    Raises
    ------
    UnknownNameError
        If there is no region of a name.
    """
    if regions is None:
        return None
    numbers: dict[str, list[int]] = {}
    for label, name in names.items():
        for word in {name, plain_name(label, names)}:
            numbers.setdefault(word, []).append(label)
    found: list[int] = []
    for region in [regions] if isinstance(regions, Integral) else listed(regions):  # type: ignore[arg-type]
        if isinstance(region, Integral) or region.isdecimal():
            found.append(int(region))
        elif region in numbers:
            found += numbers[region]
        else:
            raise UnknownNameError.among("region", region, numbers)
    return tuple(sorted(set(found)))
