"""The label images of FIRST: coarse ones, where each structure is a ball with as many voxels as its volume needs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from fsstats.datasets._brains import Study
from fsstats.datasets._further import VOLUME, Further, aseg_volumes, label_table, measured_again, runs_in
from fsstats.datasets._nifti import Grid, nifti
from fsstats.datasets._people import Run
from fsstats.datasets._simulate import Brains
from fsstats.datasets._typical import IntArray
from fsstats.schema import regions

_PATH: Final = "T1.anat/first_results/T1_first_all_fast_firstseg.nii.gz"
_GRID: Final = Grid((48, 56, 56), (1.5, 1.5, 1.25), (0.0, -12.0, -14.0))
_CENTRES: Final = {
    "Thalamus": (11.0, -18.0, 8.0),
    "Caudate": (12.0, 12.0, 10.0),
    "Putamen": (26.0, 4.0, 2.0),
    "Pallidum": (19.0, -2.0, 0.0),
    "Hippocampus": (27.0, -22.0, -14.0),
    "Amygdala": (23.0, -3.0, -18.0),
    "Accumbens-area": (9.0, 12.0, -8.0),
    "Brain-Stem": (0.0, -30.0, -32.0),
}
"""Where the structures are, in mm; the left ones at the left."""
_FULLEST: Final = 0.5
"""Above this share of the image the structures could not be set beside each other."""


def first(rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run]) -> Iterator[Further]:
    """Make the label image of fsl_anat's run of FIRST."""
    known, cross = aseg_volumes(brains), runs_in(runs, "cross")
    ids = {region.name: region.segid or 0 for region in regions() if region.atlas == "first"}
    # FIRST's brain stem has the fourth ventricle in it.
    whole = dict(known) | {"Brain-Stem": known["Brain-Stem"] + known["4th-Ventricle"]}
    volumes = measured_again(rng, study, [whole[name] for name in ids], 0.03)[cross]
    grids = [_GRID.widened(total, _FULLEST) for total in volumes.sum(axis=1).tolist()]
    sizes = np.array([[grid.voxel_volume] for grid in grids])
    counts = np.maximum(np.rint(volumes / sizes), 1.0)

    def content(place: int, _run: Run) -> bytes:
        return nifti(_balls(dict(zip(ids.items(), counts[place].astype(int).tolist(), strict=True))), grids[place])

    labels = [(name, measure, unit) for measure, unit in (("n_voxels", "unitless"), VOLUME) for name in ids]
    yield Further("first", _PATH, cross, np.hstack([counts, counts * sizes]), label_table(labels), content)


def _balls(counts: Mapping[tuple[str, int], int]) -> npt.NDArray[np.uint8]:
    """Give each structure the free voxels nearest to its centre, the small structures first."""
    labels = np.zeros(_GRID.n_voxels, dtype=np.uint8)
    for (name, segid), n in sorted(counts.items(), key=lambda item: item[1]):
        nearest = _nearest(name)
        free = nearest[labels[nearest] == 0]
        labels[free[:n]] = segid
    return labels


@cache
def _nearest(name: str) -> IntArray:
    """Order the voxels by their distance from the centre of a structure."""
    side = -1.0 if name.startswith("Left-") else 1.0
    x, y, z = _CENTRES[name.removeprefix("Left-").removeprefix("Right-")]
    return _GRID.nearest((side * x, y, z))
