"""The volumes of SynthSeg, which follow those of FreeSurfer in the same run."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from fsstats.datasets._brains import Study
from fsstats.datasets._further import VOLUME, Further, Number, aseg_volumes, measured_again, runs_in, text_file
from fsstats.datasets._people import Run
from fsstats.datasets._simulate import Brains
from fsstats.datasets._typical import FloatArray
from fsstats.schema import GLOBAL, HEMIS, Region, regions

_SIDES: Final = dict(zip(HEMIS, ("Left", "Right"), strict=True))
_REST: Final = "CSF"
"""What SynthSeg fills the skull up with; aseg's structure of the same name is only a small part of it."""
_LEAST_REST: Final = 0.03
_IMAGE: Final = "orig.mgz"
"""The image's name, where one would expect the subject's: so recon-all has it."""


def synthseg(rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run]) -> Iterator[Further]:
    """Make the table of a subject: one line of names, one of volumes, as Python writes numbers of single precision."""
    structures = [region for region in regions() if region.atlas == "synthseg" and region.printed]
    volumes = _volumes(rng, study, brains, structures)
    cells = [Number(_single(volumes.sum(axis=1)), label=(GLOBAL, "sTIV", "mm^3"))]
    for region, values in zip(structures, volumes.T, strict=True):
        cells.append(Number(_single(values), label=(region.name, *VOLUME)))
    heading = ",".join(["subject", "total intracranial", *(region.aliases[0] for region in structures)])
    lines = [(heading, ()), (",".join([_IMAGE, *["%s"] * len(cells)]), tuple(cells))]
    path = "stats/synthseg.vol.csv"
    yield text_file("synthseg", path, runs_in(runs, "cross"), lines, encode=_with_dos_ends)


def _volumes(rng: np.random.Generator, study: Study, brains: Brains, structures: Sequence[Region]) -> FloatArray:
    fields = brains.fields[7]
    known = dict(aseg_volumes(brains))
    for hemi, side in _SIDES.items():
        known[f"{side}-Cerebral-White-Matter"] = fields[f"{hemi}CerebralWhiteMatterVol"]
        known[f"{side}-Cerebral-Cortex"] = fields[f"{hemi}CortexVol"]
    inside = measured_again(rng, study, [*(known[region.name] for region in structures), fields["eTIV"]], 0.025)
    volumes, skull = inside[:, :-1], 0.96 * inside[:, -1]
    rest = [region.name for region in structures].index(_REST)
    volumes[:, rest] = 0
    volumes[:, rest] = np.maximum(skull - volumes.sum(axis=1), _LEAST_REST * skull)
    return volumes


def _single(values: FloatArray) -> FloatArray:
    """Round to three decimals in single precision, and take what Python prints of it."""
    rounded = np.round(values.astype(np.float32), 3)
    return np.array([float(str(value)) for value in rounded])


def _with_dos_ends(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
