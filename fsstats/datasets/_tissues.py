"""What FSL says of the tissues: the maps of FAST and the report of SIENAX."""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from fsstats.datasets._brains import MEAN_HEAD_SIZE, Study
from fsstats.datasets._further import (
    VOLUME,
    Further,
    Line,
    Number,
    aseg_volumes,
    label_table,
    measured_again,
    plain,
    runs_in,
    text_file,
)
from fsstats.datasets._nifti import Grid, nifti
from fsstats.datasets._people import Run
from fsstats.datasets._simulate import Brains
from fsstats.datasets._typical import FloatArray, IntArray
from fsstats.schema import GLOBAL

_GRID: Final = Grid((40, 48, 40), (3.5, 3.75, 3.5), (0.0, -18.0, 8.0))
_FULLEST: Final = 0.6
_BLUR: Final = 512
"""How many voxels to either side of a border, in the order of their distance from the centre, have both tissues."""
_LEVELS: Final = 16
"""Fractions are multiples of one in so many: sums are exact in binary, in any order, and the files small."""
_STANDARD_SCALING: Final = 1.15
"""How much smaller a mean head is than the standard one."""
_PERIPHERAL: Final = 0.78
"""Share of the grey matter that SIENAX calls peripheral."""
_AROUND_BRAIN: Final = 0.15
"""Share of the head that is CSF around the brain."""
_TISSUES: Final = ("CSF", "GM", "WM")
_REPORTED: Final = {
    "pgrey": (GLOBAL, "peripheral_GM_volume", " (peripheral grey)"),
    "vcsf": ("ventricular-CSF", "volume", " (ventricular CSF)"),
    "GREY": ("GM", "volume", ""),
    "WHITE": ("WM", "volume", ""),
    "BRAIN": (GLOBAL, "brain_volume", ""),
}
"""What SIENAX calls a volume, to region, measure and what stands behind the numbers."""
_BEFORE_SCALING: Final = (
    "SIENA - Structural Image Evaluation, using Normalisation, of Atrophy",
    "part of FSL www.fmrib.ox.ac.uk/fsl",
    "running cross-sectional atrophy measurement: sienax version 2.6",
    "sienax T1 -r",
    "",
    "----------  extract brain  --------------------------------------------",
    "",
    "----------  register to standard space using brain and skull  --------",
    "(do not worry about histogram warnings)",
)
_BEFORE_VOLUMES: Final = (
    "",
    "----------  mask with std mask  ---------------------------------------",
    "",
    "----------  segment tissue into types  --------------------------------",
    "",
    "----------  convert brain volume into normalised volume  --------------",
    "",
    "tissue             volume    unnormalised-volume",
)


def _tissues(rng: np.random.Generator, study: Study, brains: Brains) -> FloatArray:
    """Give the volumes of CSF, grey and white matter as FSL has them; shape (runs, 3)."""
    fields, aseg = brains.fields[7], aseg_volumes(brains)
    inner = sum(aseg[f"{side}-Cerebellum-White-Matter"] for side in ("Left", "Right"))
    parts = [
        fields["BrainSegVol"] - fields["BrainSegVolNotVent"] + _AROUND_BRAIN * fields["eTIV"],
        fields["TotalGrayVol"],
        fields["CerebralWhiteMatterVol"] + inner + aseg["Brain-Stem"],
    ]
    return measured_again(rng, study, parts, 0.015)


def fast(rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run]) -> Iterator[Further]:
    """Make the three maps of fsl_anat's run of FAST: which share of each voxel a tissue has."""
    cross = runs_in(runs, "cross")
    volumes = _tissues(rng, study, brains)[cross]
    grids = [_GRID.widened(total, _FULLEST) for total in volumes.sum(axis=1).tolist()]
    sizes = np.array([[grid.voxel_volume] for grid in grids])
    n_voxels = volumes / sizes
    counts = np.array([[np.count_nonzero(tissue) for tissue in _fractions(one)] for one in n_voxels], dtype=np.float64)
    sums = np.array([_fractions(one).sum(axis=1, dtype=np.float64) for one in n_voxels])
    for number, tissue in enumerate(_TISSUES):
        values = np.stack([counts[:, number], (sums * sizes)[:, number]], axis=1)
        labels = label_table([(tissue, "n_voxels", "unitless"), (tissue, *VOLUME)])
        content = partial(_map, number, n_voxels, grids)
        yield Further("fast", f"T1.anat/T1_fast_pve_{number}.nii.gz", cross, values, labels, content)


def _map(tissue: int, n_voxels: FloatArray, grids: Sequence[Grid], place: int, _run: Run) -> bytes:
    values = np.empty(_GRID.n_voxels, dtype=np.float32)
    values[_from_inside()] = _fractions(n_voxels[place])[tissue]
    return nifti(values, grids[place])


def _fractions(n_voxels: FloatArray) -> npt.NDArray[np.float32]:
    """Give each tissue's share of the voxels, which are in the order of their distance from the centre.

    White matter is inside, grey matter around it, and CSF outside; shape (3, voxels).
    """
    borders = np.cumsum(n_voxels[::-1])
    steps = (borders[:, None] - np.arange(_GRID.n_voxels) + _BLUR) / (2 * _BLUR)
    inside = np.rint(np.clip(steps, 0, 1) * _LEVELS) / _LEVELS
    return np.asarray(np.diff(inside, axis=0, prepend=0)[::-1], dtype=np.float32)


@cache
def _from_inside() -> IntArray:
    return _GRID.nearest(_GRID.centre)


def sienax(rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run]) -> Iterator[Further]:
    """Make SIENAX's report, with the option ``-r``: volumes, and before them these scaled to the standard head."""
    head_size, aseg = brains.fields[7]["eTIV"], aseg_volumes(brains)
    scaling = _STANDARD_SCALING * MEAN_HEAD_SIZE / head_size * np.exp(0.02 * rng.standard_normal(len(head_size)))
    scaling = np.round(scaling, 10)
    _, grey, white = _tissues(rng, study, brains).T
    ventricles = aseg["Left-Lateral-Ventricle"] + aseg["Right-Lateral-Ventricle"]
    raw = {"pgrey": _PERIPHERAL * grey, "vcsf": ventricles, "GREY": grey, "WHITE": white}
    raw = {word: _cut(values) for word, values in raw.items()}
    scaled = {word: _cut(scaling * values) for word, values in raw.items()}
    for volumes in (raw, scaled):
        volumes["BRAIN"] = volumes["GREY"] + volumes["WHITE"]
    lines: list[Line] = [
        *plain(*_BEFORE_SCALING),
        ("VSCALING %.10f", (Number(scaling, 10, (GLOBAL, "VSCALING", "unitless")),)),
        *plain(*_BEFORE_VOLUMES),
        *(_volumes_of(word, scaled[word], raw[word]) for word in raw),
    ]
    yield text_file("sienax", "T1_sienax/report.sienax", runs_in(runs, "cross"), lines)


def _cut(volumes: FloatArray) -> FloatArray:
    """Cut behind the second decimal, as the script's calculator does."""
    return np.floor(100 * volumes) / 100


def _volumes_of(word: str, scaled: FloatArray, raw: FloatArray) -> Line:
    region, measure, tail = _REPORTED[word]
    pair = Number(scaled, 2, (region, f"{measure}_normalised", "mm^3")), Number(raw, 2, (region, measure, "mm^3"))
    return f"{word:<18s} %.2f %.2f{tail}", pair
