"""Small images, gzipped: a grid of voxels around a point, and the NIfTI file of their values."""

import gzip
from dataclasses import dataclass, replace
from math import ceil, prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from nibabel.nifti1 import Nifti1Image

from fsstats.datasets._typical import FloatArray, IntArray

Triple = tuple[float, float, float]
_STEPS: Final = 8
"""Voxel sizes are multiples of an eighth of their own, so that volumes are exact in binary, whoever multiplies them."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The voxels of an image."""

    shape: tuple[int, int, int]
    sizes: Triple
    """In mm; they have few binary digits."""
    centre: Triple
    """In mm, to the right, front and top of the origin."""

    @property
    def n_voxels(self) -> int:
        """Count the voxels."""
        return prod(self.shape)

    @property
    def voxel_volume(self) -> float:
        """Give the volume of one, in mm^3."""
        return prod(self.sizes)

    def widened(self, volume: float, share: float) -> "Grid":
        """Give the grid with larger voxels, if need be, so that a volume takes up at most this share of it."""
        factor = np.cbrt(volume / (share * self.n_voxels * self.voxel_volume))
        times = max(1.0, ceil(_STEPS * factor) / _STEPS)
        x, y, z = self.sizes
        return replace(self, sizes=(times * x, times * y, times * z))

    def affine(self) -> FloatArray:
        """Give the matrix from voxel numbers to mm."""
        middle = (np.array(self.shape) - 1) / 2
        matrix = np.diag([*self.sizes, 1.0])
        matrix[:3, 3] = np.array(self.centre) - middle * self.sizes
        return matrix

    def nearest(self, point: Triple) -> IntArray:
        """Order the voxels, counted with the first axis fastest, by their distance from a point."""
        affine = self.affine()
        axes = [
            size * np.arange(n) + start - at
            for n, size, start, at in zip(self.shape, self.sizes, affine[:3, 3], point, strict=True)
        ]
        x, y, z = np.meshgrid(*axes, indexing="ij")
        return np.argsort((x**2 + y**2 + z**2).ravel(order="F"), kind="stable")


def nifti(values: npt.NDArray[Any], grid: Grid) -> bytes:
    """Make the content of a ``.nii.gz`` file; it tells no name and no time."""
    kind: Any = Nifti1Image  # nibabel has no types
    image = kind(values.reshape(grid.shape, order="F"), grid.affine())
    image.header.set_xyzt_units("mm")
    return gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)
