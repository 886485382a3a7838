"""What the numbers of one file have in common, if its producer wrote them all; for one file or for many at once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray

Mask = npt.NDArray[np.bool_]
Numbers = FloatArray | float
"""One number a file: an array of shape (n_files,), or a float of one file."""

_ENDS: Final = ("Min", "Mean", "Max", "Range")
_SUMS: Final = (
    ("lhCortexVol", "rhCortexVol", "CortexVol"),
    ("lhCorticalWhiteMatterVol", "rhCorticalWhiteMatterVol", "CorticalWhiteMatterVol"),
    ("lhCerebralWhiteMatterVol", "rhCerebralWhiteMatterVol", "CerebralWhiteMatterVol"),
    ("lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles"),
)
_RATIOS: Final = (("BrainSegVol", "eTIV", "BrainSegVol-to-eTIV"), ("MaskVol", "eTIV", "MaskVol-to-eTIV"))


class Comparison(NamedTuple):
    """A Measure as printed, and as worked out from others; a number of each for each file."""

    name: str
    of: str
    """What it was worked out from."""
    printed: Any
    worked_out: Any
    broken: Any
    """Whether they differ."""


class Ranges(NamedTuple):
    """Minimum, mean, maximum and range of every row, and the rows in which they contradict each other."""

    columns: tuple[FloatArray, ...]
    rows: Mask


def broken_ranges(columns: Mapping[str, FloatArray]) -> Ranges | None:
    """Find rows in which minimum <= mean <= maximum or range = maximum - minimum does not hold, but for rounding.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (..., n_rows)
        The table's columns by name.

    Returns
    -------
    Ranges or None
        None if the table has no such columns.
    """
    names = _names_of_range(tuple(columns))
    if names is None:
        return None
    least, mean, greatest, extent = found = tuple(columns[name] for name in names)
    with np.errstate(invalid="ignore"):
        wrong: Mask = np.abs(greatest - least - extent) > 2e-4 + 1e-6 * np.abs(greatest)
        wrong |= (mean < least - 1e-3) | (mean > greatest + 1e-3)
    return Ranges(found, wrong)


@lru_cache(maxsize=256)
def _names_of_range(columns: tuple[str, ...]) -> tuple[str, ...] | None:
    found = tuple(name for end in _ENDS if (name := next((c for c in columns if c.endswith(end)), None)) is not None)
    return found if len(found) == len(_ENDS) else None


def comparisons(measures: Mapping[str, Numbers]) -> Iterator[Comparison]:
    """Hold the Measures against each other.

    Parameters
    ----------
    measures : mapping of str to float or ndarray
        The ``# Measure`` lines' values by field; NaN is missing and breaks nothing.

    Yields
    ------
    Comparison
        One for each sum and ratio whose parts are there.
    """
    for left, right, whole in _SUMS:
        if {left, right, whole} <= measures.keys():
            yield _compared(whole, f"{left} + {right}", measures[whole], measures[left] + measures[right], 1e-5)
    for part, whole, ratio in _RATIOS:
        if {part, whole, ratio} <= measures.keys():
            yield _compared(ratio, f"{part} / {whole}", measures[ratio], measures[part] / measures[whole], 1e-4)


def mean_thickness(printed: Numbers, n_vertices: FloatArray, thickness: FloatArray) -> Comparison:
    """Hold the mean thickness of a hemisphere against that of its regions, shape (..., n_rows)."""
    total = n_vertices.sum(axis=-1)
    with np.errstate(invalid="ignore"):  # where a number is infinite
        mean = (thickness * n_vertices).sum(axis=-1) / np.where(total > 0, total, np.nan)
    return _compared("MeanThickness", "mean of the rows", printed, mean, 0.005 / np.maximum(printed, 1e-9))


def _compared(name: str, of: str, printed: Numbers, worked_out: Numbers, tolerance: Numbers) -> Comparison:
    largest = np.maximum(np.abs(printed), np.abs(worked_out))
    with np.errstate(invalid="ignore"):  # likewise
        broken = np.abs(printed - worked_out) > tolerance * largest
    return Comparison(name, of, printed, worked_out, broken)
