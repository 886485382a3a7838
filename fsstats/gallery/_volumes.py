"""An image and its labels in the same space: how they lie to each other, what is in them, where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from nibabel.orientations import inv_ornt_aff, io_orientation
from scipy.ndimage import map_coordinates

from fsstats._frames import FloatArray
from fsstats.errors import StatsFormatError
from fsstats.parsers.labels import count_labels
from fsstats.parsers.nifti import Image, Voxels, read_image

LabelArray = npt.NDArray[np.int32]
_AT_MOST: Final = 2_000_000
"""Voxels that the brightness is taken from."""
_FAINT: Final = 0.1
"""What is darker than this share of the bright voxels is background."""
_HEADROOM: Final = 1.15
"""The brightest voxels are light grey, so that white outlines are seen on them."""
_STRAY: Final = 0.002
"""Share of a plane's voxels that may be noise."""
_OUTSIDE: Final = 0.05
"""Share of the labelled voxels that may lie outside of the image."""


@dataclass(frozen=True, slots=True, eq=False)
class Brain:
    """An image with its labels; the axes of its grid go to the right, the front and the top of the subject."""

    image: Voxels
    """As it is stored, shape (i, j, k)."""
    labels: LabelArray
    """As they are stored, perhaps of another shape."""
    shape: tuple[int, int, int]
    """Of the grid, which is the image's with axes swapped and turned, shape (x, y, z)."""
    sizes: FloatArray
    """Of its voxels in mm, shape (3,)."""
    to_image: FloatArray
    """From the grid to the image's voxels, shape (4, 4)."""
    to_labels: FloatArray
    """From the grid to the voxels of the labels, shape (4, 4)."""
    to_mm: FloatArray
    """From the grid to millimetres, shape (4, 4)."""
    window: tuple[float, float]
    """What is black and what is white."""
    found: tuple[int, ...]
    """The labels that are drawn."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the grid: first and last voxel along each axis."""

    low: tuple[int, int, int]
    high: tuple[int, int, int]

    def joined(self, other: "Box") -> "Box":
        """Give the smallest box around two."""
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Box(_three(low), _three(high))


def brain_of(image_data: bytes, image_at: str, labels_data: bytes, labels_at: str, only: Sequence[int] | None) -> Brain:
    """Put an image and its labels together.

    Raises
    ------
    StatsFormatError
        If either cannot be read or is empty, or they do not overlap.
    """
    image, labels = _single(image_data, image_at), _single(labels_data, labels_at)
    counts = count_labels(labels)
    drawn = tuple(label for label in counts if only is None or label in only)
    if not drawn:
        found = "none" if not counts or only is None else "only others"
        hint = "The program found nothing, or it failed" if not counts else ""
        expected = "labels that are not 0" if only is None else "the labels that were asked for"
        raise StatsFormatError.at(labels_at, expected=expected, found=found, hint=hint, status="empty")
    to_image, shape = _upright(image)
    to_mm = image.affine @ to_image
    to_labels = _inverse(labels) @ to_mm
    numbers, values = _numbers(labels, drawn if only is not None else None), _values(image)
    _inverse(image)
    notes = _notes(image, labels, _share_inside(numbers, to_labels, shape))
    sizes = np.linalg.norm(to_mm[:3, :3], axis=0)
    return Brain(values, numbers, shape, sizes, to_image, to_labels, to_mm, _window(values, image_at), drawn, notes)


def _single(data: bytes, where: str) -> Image:
    image = read_image(data, where)
    if image.n_frames > 1:
        raise StatsFormatError.at(where, expected="one volume", found=f"{image.n_frames} of them")
    return image.frame(0)


def _upright(image: Image) -> tuple[FloatArray, tuple[int, int, int]]:
    """Give the way from the grid to the image's voxels, and the grid's shape."""
    _inverse(image)
    turns = io_orientation(image.affine)  # type: ignore[no-untyped-call]
    matrix = np.asarray(inv_ornt_aff(turns, image.stored.shape), dtype=np.float64)  # type: ignore[no-untyped-call]
    sizes = dict(zip(turns[:, 0].astype(int).tolist(), image.stored.shape, strict=True))
    return matrix, (sizes[0], sizes[1], sizes[2])


def _inverse(image: Image) -> FloatArray:
    """Give the way from millimetres to voxels.

    Raises
    ------
    StatsFormatError
        If there is none.
    """
    with np.errstate(all="ignore"):
        if not (np.isfinite(image.affine).all() and abs(np.linalg.det(image.affine[:3, :3])) > 1e-9):
            found = "one that no point can be found with"
            raise StatsFormatError.at(image.where, expected="an affine from voxels to millimetres", found=found)
        return np.asarray(np.linalg.inv(image.affine), dtype=np.float64)


def _numbers(labels: Image, only: Sequence[int] | None) -> LabelArray:
    """Give the labels as whole numbers, 0 where one is not drawn."""
    values = np.rint(labels.stored * np.float32(labels.slope) + np.float32(labels.inter)) if labels.is_scaled else None
    numbers = (labels.stored if values is None else values).astype(np.int32)
    if only is not None:
        numbers[~np.isin(numbers, only)] = 0
    return numbers


def _values(image: Image) -> Voxels:
    """Give the image's values; 0 where it has none."""
    stored = image.stored
    if not image.is_scaled and stored.dtype.kind != "f":
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)
    with np.errstate(all="ignore"):
        scaled = stored * np.float32(image.slope) + np.float32(image.inter) if image.is_scaled else stored
        values = scaled.astype(np.float32)
    return np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _window(values: Voxels, where: str) -> tuple[float, float]:
    """Choose what is black and what is white: a few voxels that are very bright change nothing."""
    step = max(1, int(np.ceil((values.size / _AT_MOST) ** (1 / 3))))
    some = values[::step, ::step, ::step].astype(np.float64).ravel()
    if values.min() == values.max():
        hint = "Is it empty?"
        raise StatsFormatError.at(where, expected="an image", found=f"voxels that are all {some[0]:g}", hint=hint)
    black = float(np.percentile(some, 1))
    bright = some[some > black + _FAINT * (np.percentile(some, 99.5) - black)]
    white = float(np.percentile(bright, 99.5)) if len(bright) else float(values.max())
    return black, black + (_HEADROOM * (white - black) if white > black else 1.0)


def _share_inside(numbers: LabelArray, to_labels: FloatArray, shape: Sequence[int]) -> float:
    """Give the share of the labelled voxels that lie within the image."""
    where = np.argwhere(numbers.T)[:, ::-1]  # images are stored the first axis fastest
    where = where[:: max(1, len(where) // 20_000)]
    inside = _at(np.asarray(np.linalg.inv(to_labels)), where.T.astype(np.float64))
    limits = np.array(shape, dtype=np.float64)[:, np.newaxis]
    return float(((inside > -1) & (inside < limits)).all(axis=0).mean())


def _notes(image: Image, labels: Image, share: float) -> tuple[str, ...]:
    """Say what is doubtful.

    Raises
    ------
    StatsFormatError
        If no label lies within the image.
    """
    if share == 0:
        hint = "Are they in another space, such as a template's?"
        raise StatsFormatError.at(
            labels.where, expected="labels within the image", found="none of them there", hint=hint
        )
    notes = [f"{1 - share:.0%} of the labelled voxels lie outside of the image"] if share < 1 - _OUTSIDE else []
    same = image.stored.shape == labels.stored.shape and np.allclose(image.affine, labels.affine, atol=1e-3)
    if not same:
        notes.append("the labels have another grid than the image and are drawn where their affine says")
    if not (image.is_oriented and labels.is_oriented):
        notes.append("the header does not say how the image lies: left and right are what its format takes for granted")
    return tuple(notes)


def _at(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Move points of shape (3, …) by a matrix."""
    moved = np.tensordot(matrix[:3, :3], points, axes=1)
    return np.asarray(moved + matrix[:3, 3].reshape(3, *[1] * (points.ndim - 1)))


def mm_at(brain: Brain, point: FloatArray) -> FloatArray:
    """Give where a point of the grid, shape (3,), lies in millimetres."""
    return _at(brain.to_mm, point)


def sample(brain: Brain, points: FloatArray) -> tuple[FloatArray, LabelArray]:
    """Give image and labels at points of the grid.

    Parameters
    ----------
    brain : Brain
        Image and labels.
    points : array
        Shape (3, rows, columns).

    Returns
    -------
    tuple of (array, array)
        Brightness from 0 to 1, interpolated; and the label of the nearest voxel, 0 outside. Shape (rows, columns).
    """
    black, white = brain.window
    values = map_coordinates(brain.image, _at(brain.to_image, points), np.float32, order=1, mode="nearest")
    nearest = np.rint(_at(brain.to_labels, points)).astype(np.intp)
    limits = np.array(brain.labels.shape)[:, np.newaxis, np.newaxis]
    inside = ((nearest >= 0) & (nearest < limits)).all(axis=0)
    i, j, k = np.where(inside, nearest, 0)
    labels = np.where(inside, brain.labels[i, j, k], 0).astype(np.int32)
    return np.clip((values - black) / (white - black), 0.0, 1.0), labels


def box_of_labels(brain: Brain) -> Box:
    """Give the part of the grid that has labels."""
    return _box(brain, brain.labels != 0, brain.to_labels, 0.0)


def box_of_image(brain: Brain) -> Box:
    """Give the part of the grid where the image is not background."""
    black, white = brain.window
    bright = brain.image > black + _FAINT * (white - black)
    return _box(brain, bright, brain.to_image, _STRAY)


def _box(brain: Brain, mask: npt.NDArray[np.bool_], from_grid: FloatArray, stray: float) -> Box:
    ends = [_ends(mask, axis, stray) for axis in range(3)]
    corners = np.array(np.meshgrid(*ends, indexing="ij"), dtype=np.float64).reshape(3, -1)
    moved = _at(np.asarray(np.linalg.inv(from_grid)), corners)
    last = np.array(brain.shape) - 1
    low = np.clip(np.floor(moved.min(axis=1) + 1e-6), 0, last)
    return Box(_three(low), _three(np.clip(np.ceil(moved.max(axis=1) - 1e-6), low, last)))


def _ends(mask: npt.NDArray[np.bool_], axis: int, stray: float) -> tuple[int, int]:
    """Give the first and last plane along an axis of which more than a stray share is set; if none, of all that is."""
    others = tuple(other for other in range(3) if other != axis)
    share = mask.mean(axis=others)
    (where,) = (share > stray).nonzero() if (share > stray).any() else (share > 0).nonzero()
    return (int(where[0]), int(where[-1])) if len(where) else (0, mask.shape[axis] - 1)


def _three(numbers: npt.NDArray[Any]) -> tuple[int, int, int]:
    x, y, z = (int(number) for number in numbers)
    return x, y, z
