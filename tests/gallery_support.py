"""Made-up heads for tests of pictures: a box of tissue with marks, stored in any way."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
from PIL import Image

from fsstats.gallery._strips import _SIDE as SIDE

SHAPE = (32, 32, 32)
RAS = np.array([[1.0, 0, 0, -16], [0, 1, 0, -16], [0, 0, 1, -16], [0, 0, 0, 1]])
"""A millimetre a voxel, to the right, the front and the top."""
YELLOW = (220, 216, 20)
"""The hippocampus, label 17."""


def head(shape=SHAPE, value=100, mark=250):
    """Give tissue in the middle half, and a bright cube in it at the left, the front and the top."""
    image = np.zeros(shape, dtype=np.uint8)
    x, y, z = (n // 4 for n in shape)
    image[x:-x, y:-y, z:-z] = value
    image[x + 1 : x + 4, -y - 4 : -y - 1, -z - 4 : -z - 1] = mark
    return image


def cube(shape=SHAPE, low=(10, 12, 14), high=(15, 17, 19), label=17):
    """Give a box of a label; the last voxel is in it."""
    labels = np.zeros(shape, dtype=np.int16)
    labels[tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))] = label
    return labels


def stored(values, affine, letters):
    """Give the same image with its axes in another order and direction, such as LIA, which recon-all writes."""
    axes = [next(i for i, pair in enumerate(("LR", "PA", "IS")) if letter in pair) for letter in letters]
    turned, matrix = np.transpose(values, axes), np.eye(4)
    matrix[:3] = 0
    for j, (axis, letter) in enumerate(zip(axes, letters, strict=True)):
        against = letter in "LPI"
        matrix[axis, j], matrix[axis, 3] = (-1, values.shape[axis] - 1) if against else (1, matrix[axis, 3])
        turned = np.flip(turned, j) if against else turned
    return np.ascontiguousarray(turned), affine @ matrix


def save(path, values, affine=RAS):
    """Write an image, NIfTI or MGH by its suffix."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    kind = nib.MGHImage if str(path).endswith(".mgz") else nib.Nifti1Image
    values = values.astype(np.int32) if kind is nib.MGHImage and values.dtype == np.int16 else values
    nib.save(kind(values, affine), path)
    return path


def pixels(path):
    """Read a picture, shape (rows, columns, 3)."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def coloured(picture, colour=YELLOW):
    """Give rows and columns of the pixels that have a colour."""
    return np.argwhere((picture == colour).all(axis=-1)).T


def pairs(**rows):
    """Make a table of pairs: subject to image and labels."""
    table = pd.DataFrame([(name, *map(str, files)) for name, files in rows.items()])
    return table.set_axis(["subject", "image", "labels"], axis=1)


__all__ = ["RAS", "SHAPE", "SIDE", "YELLOW", "coloured", "cube", "head", "pairs", "pixels", "save", "stored"]
