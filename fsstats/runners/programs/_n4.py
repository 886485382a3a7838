"""The program of `fsstats.runners.n4_bias_field`: ``python -m fsstats.runners.programs._n4 IMAGE OUTPUT``."""

from argparse import Namespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsstats.runners.programs._python import arguments_of, imported, read_image, write_like
from fsstats.runners.programs.ants import N4


def bias_field(asked: Namespace) -> NDArray[np.float64]:
    """Estimate the bias field of an image, with antspyx.

    Parameters
    ----------
    asked : argparse.Namespace
        What was asked for on the command line.

    Returns
    -------
    array
        The factor by which each voxel is too bright.
    """
    ants = imported("ants", "antspyx")
    image = ants.image_read(asked.image)
    # The function's own defaults; each is written here because it takes two of them as one dictionary.
    rounds = {
        "iters": asked.iterations or [50, 50, 50, 50],
        "tol": 1e-7 if asked.tolerance is None else asked.tolerance,
    }
    further: dict[str, Any] = {
        "mask": asked.mask and ants.image_read(asked.mask),
        "weight_mask": asked.weight and ants.image_read(asked.weight),
        "shrink_factor": asked.shrink or 4,
        "spline_param": asked.spline,
        "rescale_intensities": asked.rescale,
    }
    field = ants.n4_bias_field_correction(image, convergence=rounds, return_bias_field=True, **further)
    return np.asarray(field.numpy(), dtype=np.float64)


def main() -> None:
    """Correct the image that the command line names."""
    asked = arguments_of(N4)
    image, data = read_image(asked.image)
    if data.ndim != 3:
        message = f"{asked.image}: expected an image of three dimensions, found {data.ndim}: take a series apart first"
        raise SystemExit(message)
    field = bias_field(asked)
    write_like(asked.output, data / field, image)
    if asked.field:
        write_like(asked.field, field, image)


if __name__ == "__main__":
    main()
