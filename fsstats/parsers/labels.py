"""What is counted and measured in label images, piece by piece: no step holds more than a few copies of the image."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray, Positions
from fsstats.errors import StatsFormatError
from fsstats.parsers.nifti import Image, Voxels

IntArray = npt.NDArray[np.int64]
_Part = tuple[Positions, FloatArray, npt.NDArray[np.bool_]]
_MOST: Final = 65536
"""Labels that one image may have; one with more is an image of intensities."""


def count_labels(image: Image) -> dict[int, int]:
    """Count the voxels of each label, as ``fslstats -l label-0.5 -u label+0.5 -V`` does.

    Parameters
    ----------
    image : Image
        Labels, as integers or as whole numbers in a floating-point image; all frames are counted.

    Returns
    -------
    dict of int to int
        Label to number of voxels, in the order of the labels; 0 is the background and left out.

    Raises
    ------
    StatsFormatError
        If a voxel is no whole number, or the labels are too many or too large to be labels.
    """
    counts: Counter[int] = Counter()
    for chunk in image.chunks(np.float32):  # a scale of 0.1 gives whole numbers only there
        ids, n = np.unique(_labels_in(chunk[chunk != 0], image), return_counts=True)
        counts.update(dict(zip(map(int, ids.tolist()), n.tolist(), strict=True)))
        if len(counts) > _MOST:
            hint = "Is it an image of intensities?"
            raise StatsFormatError.at(image.where, expected="labels", found=f"over {_MOST} of them", hint=hint)
    large = next((label for label in counts if abs(label) >= 2**31), None)
    if large is not None:
        raise StatsFormatError.at(image.where, expected="labels below 2^31", found=str(large))
    return dict(sorted(counts.items()))


def _labels_in(values: Voxels, image: Image) -> Voxels:
    """Give the values if they are labels."""
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # a NaN that processors signal
            wrong = ~np.isfinite(values) | (values != np.rint(values))
        if wrong.any():
            hint = "Was it resampled without nearest-neighbour interpolation?"
            found = f"{values[wrong][0]:g}"
            raise StatsFormatError.at(image.where, expected="labels, which are whole numbers", found=found, hint=hint)
    return values


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """What a map's values are within each label; NaN where a label has too few of them."""

    n: IntArray
    """Voxels with a value."""
    n_missing: IntArray
    """Voxels of the label without one: NaN or infinite."""
    mean: FloatArray
    std: FloatArray
    """Divided by n - 1."""
    least: FloatArray
    greatest: FloatArray


def statistics(labels: Image, values: Image, ids: IntArray) -> Statistics:
    """Summarise a map within each label, in two passes so that the standard deviation loses no digits.

    Parameters
    ----------
    labels, values : Image
        On one grid, one frame each.
    ids : ndarray of int, shape (n_labels,)
        The labels, sorted; they must include every label of the image.

    Returns
    -------
    Statistics
        One entry a label.
    """
    n, present = (np.zeros(len(ids), dtype=np.int64) for _ in range(2))
    total, squares = (np.zeros(len(ids)) for _ in range(2))
    least, greatest = np.full(len(ids), np.inf), np.full(len(ids), -np.inf)
    for index, value, finite in _pairs(labels, values, ids):
        present += np.bincount(index, minlength=len(ids))
        index, value = index[finite], value[finite]  # noqa: PLW2901 - the voxels that have a value
        n += np.bincount(index, minlength=len(ids))
        total += np.bincount(index, value, minlength=len(ids))
        np.minimum.at(least, index, value)
        np.maximum.at(greatest, index, value)
    mean = _divided(total, n)
    for index, value, finite in _pairs(labels, values, ids):
        squares += np.bincount(index[finite], (value - mean[index])[finite] ** 2, minlength=len(ids))
    least[n == 0] = greatest[n == 0] = np.nan
    return Statistics(n, present - n, mean, np.sqrt(_divided(squares, n - 1)), least, greatest)


def _pairs(labels: Image, values: Image, ids: IntArray) -> Iterator[_Part]:
    """Give the labelled voxels piece by piece: the label's position, the value, and whether it is a number."""
    for label, chunk in zip(labels.chunks(np.float32), values.chunks(), strict=True):
        here = label != 0
        with np.errstate(invalid="ignore"):  # a NaN that processors signal
            value = chunk[here].astype(np.float64)
        yield np.searchsorted(ids, _labels_in(label[here], labels)), value, np.isfinite(value)


def _divided(total: FloatArray, n: IntArray) -> FloatArray:
    result = np.full(len(n), np.nan)
    np.divide(total, n, out=result, where=n > 0)
    return result
