"""The program of `fsstats.runners.gibbs_removal`: ``python -m fsstats.runners.programs._degibbs IMAGE OUTPUT``."""

from argparse import Namespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsstats.errors import TableError
from fsstats.runners.programs._python import arguments_of, imported, read_image, write_like
from fsstats.runners.programs.dipy import GIBBS_REMOVAL


def without_weighting(bvals: NDArray[np.float64], n_volumes: int, greatest: float, where: str) -> NDArray[np.intp]:
    """Find the volumes without diffusion weighting.

    Parameters
    ----------
    bvals : array
        A b-value for each volume, in s/mm².
    n_volumes : int
        How many volumes there are.
    greatest : float
        The greatest b-value that counts as none.
    where : str
        The file of b-values; for messages.

    Returns
    -------
    array of int
        Their numbers, from 0.

    Raises
    ------
    TableError
        If there are not as many b-values as volumes, or none is small enough.

    Examples
    --------
    >>> without_weighting(np.array([0.0, 1000.0, 5.0]), 3, 5, "bvals").tolist()
    [0, 2]
    """
    if len(bvals) != n_volumes:
        message = f"{where}: expected a b-value for each of {n_volumes} volumes, found {len(bvals)}"
        raise TableError(message)
    found = np.flatnonzero(bvals <= greatest)
    if not found.size:
        message = (
            f"{where}: expected a volume with b of at most {greatest:g}, found {bvals.min():g} at least: raise --b0"
        )
        raise TableError(message)
    return found


def masked(data: NDArray[np.float64], asked: Namespace) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mask an image or series by DIPY's ``median_otsu``; give it and the mask."""
    at = None
    if data.ndim == 4:
        if not asked.bvals:
            message = f"{asked.image}: expected --bvals for a series of {data.shape[-1]} volumes, found none"
            raise TableError(message)
        bvals = np.atleast_1d(np.loadtxt(asked.bvals)).ravel()
        at = without_weighting(bvals, data.shape[-1], asked.b0 or 0, asked.bvals)
    given = {"median_radius": asked.median_radius, "numpass": asked.numpass}
    further: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    median_otsu = imported("dipy.segment.mask", "dipy").median_otsu
    kept, mask = median_otsu(data, vol_idx=at, **further)
    return kept, mask


def unringed(data: NDArray[np.float64], asked: Namespace) -> NDArray[np.float64]:
    """Remove the ringing from an image or series by DIPY's ``gibbs_removal``."""
    given = {"slice_axis": asked.slice_axis, "n_points": asked.n_points, "num_processes": asked.processes}
    further: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    removed = imported("dipy.denoise.gibbs", "dipy").gibbs_removal(data, **further)
    return np.asarray(removed, dtype=np.float64)


def main() -> None:
    """Correct the image that the command line names."""
    asked = arguments_of(GIBBS_REMOVAL)
    image, data = read_image(asked.image, as_stored=asked.as_stored)
    try:
        mask = None
        if not asked.unmasked:
            data, mask = masked(data, asked)
    except TableError as error:
        raise SystemExit(str(error)) from error
    write_like(asked.output, unringed(data, asked), image)
    if asked.mask:
        write_like(asked.mask, np.asarray(mask), image)


if __name__ == "__main__":
    main()
