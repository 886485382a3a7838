"""Quantities of the whole brain, summed from a cohort's structures as FreeSurfer sums them."""

from typing import Final

import numpy as np

from fsstats.datasets._brains import MEAN_HEAD_SIZE, Study, Table
from fsstats.datasets._typical import FloatArray, typical

Fields = dict[str, FloatArray]

_SUBCORTICAL: Final = (
    "Thalamus",
    "Caudate",
    "Putamen",
    "Pallidum",
    "Hippocampus",
    "Amygdala",
    "Accumbens-area",
    "VentralDC",
)
_CEREBELLUM: Final = ("Cerebellum-White-Matter", "Cerebellum-Cortex")
_VENTRICLES: Final = ("Lateral-Ventricle", "Inf-Lat-Vent", "choroid-plexus")
_FLUID: Final = (*_VENTRICLES, "3rd-Ventricle", "4th-Ventricle", "5th-Ventricle", "CSF")
_NOT_BRAIN: Final = ("Brain-Stem", "Optic-Chiasm", "Cerebral-White-Matter")


def global_fields(rng: np.random.Generator, study: Study, aseg: Table, wmparc: Table, aparc: Table) -> Fields:
    """Give the Measures of FreeSurfer 7, one element a run."""
    n = len(study.person)
    head_size = MEAN_HEAD_SIZE * np.exp(study.size)
    cortex = _by_side(aparc["volume"]) * (1.02 + 0.003 * rng.standard_normal((2, n)))
    # Since FreeSurfer 7 white matter is counted in voxels, half of the corpus callosum each side.
    white = np.rint(2 * _white_matter(wmparc)) / 2
    subcortical = _voxels(aseg, _SUBCORTICAL)
    everything = _voxels(aseg, _all_but(_NOT_BRAIN))
    brain = np.rint(cortex.sum(axis=0) + white.sum(axis=0) + everything)
    fluid, supratentorial = _voxels(aseg, _FLUID), brain - _voxels(aseg, _CEREBELLUM)
    mask = np.rint(head_size * (1.08 + 0.03 * rng.standard_normal(n)))
    holes = rng.poisson(14, (2, n)).astype(np.float64)
    return {
        "BrainSegVol": brain,
        "BrainSegVolNotVent": brain - fluid,
        "BrainSegVolNotVentSurf": brain - fluid,
        "VentricleChoroidVol": _voxels(aseg, _VENTRICLES),
        **_sides("CortexVol", cortex),
        **_sides("CerebralWhiteMatterVol", white),
        "SubCortGrayVol": subcortical,
        "TotalGrayVol": cortex.sum(axis=0) + subcortical + _voxels(aseg, ("Cerebellum-Cortex",)),
        "SupraTentorialVol": supratentorial,
        "SupraTentorialVolNotVent": supratentorial - fluid,
        "SupraTentorialVolNotVentVox": supratentorial - fluid,
        "MaskVol": mask,
        "BrainSegVol-to-eTIV": brain / head_size,
        "MaskVol-to-eTIV": mask / head_size,
        **_sides("SurfaceHoles", holes),
        "eTIV": head_size,
    }


def fields_of_version_6(rng: np.random.Generator, fields: Fields) -> Fields:
    """Give the same Measures as FreeSurfer 6 defines them: some come from surfaces, not from voxels."""
    shift = rng.normal(1500, 300, fields["eTIV"].shape)
    white = np.stack([fields["lhCerebralWhiteMatterVol"], fields["rhCerebralWhiteMatterVol"]])
    white = white * (1 + 0.002 * rng.standard_normal(white.shape))
    return fields | {
        **_sides("CerebralWhiteMatterVol", white),
        "BrainSegVolNotVentSurf": fields["BrainSegVolNotVent"] - 0.2 * shift,
        "SupraTentorialVol": fields["SupraTentorialVol"] + shift,
        "SupraTentorialVolNotVent": fields["SupraTentorialVolNotVent"] + shift,
    }


def _sides(field: str, values: FloatArray) -> Fields:
    """Name left, right and their sum; `values` has the shape (2, runs)."""
    return {f"lh{field}": values[0], f"rh{field}": values[1], field: values.sum(axis=0)}


def _by_side(values: FloatArray) -> FloatArray:
    """Sum the structures of each hemisphere, shape (2, runs)."""
    half = values.shape[1] // 2
    return np.stack([values[:, :half].sum(axis=1), values[:, half:].sum(axis=1)])


def _white_matter(wmparc: Table) -> FloatArray:
    regions = typical("wmparc").regions
    left = np.array([name.startswith(("wm-lh-", "Left-")) for name in regions])
    return np.stack([wmparc["volume"][:, side].sum(axis=1) for side in (left, ~left)])


def _bare(region: str) -> str:
    return region.removeprefix("Left-").removeprefix("Right-")


def _all_but(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({_bare(region) for region in typical("aseg").regions}.difference(names))


def _voxels(aseg: Table, names: tuple[str, ...]) -> FloatArray:
    """Count the voxels of structures, both sides."""
    chosen = np.array([_bare(region) in names for region in typical("aseg").regions])
    return np.asarray(aseg["n_voxels"][:, chosen].sum(axis=1), dtype=np.float64)
