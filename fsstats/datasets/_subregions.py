"""Volumes of hippocampal subfields, nuclei of amygdala and thalamus, and parts of the brainstem.

The typical volumes are made up. They follow the volume that aseg gives the whole structure in the same run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from fsstats.datasets._brains import Study, deviations
from fsstats.datasets._further import VOLUME, Further, Line, Number, aseg_volumes, runs_in, text_file
from fsstats.datasets._people import Run
from fsstats.datasets._simulate import Brains
from fsstats.datasets._typical import FloatArray, typical
from fsstats.schema import GLOBAL, HEMIS

_SIDES: Final = dict(zip(HEMIS, ("Left", "Right"), strict=True))
_NOT_IN_WHOLE: Final = "hippocampal-fissure"
_HEAD: Final = ("parasubiculum", "HATA")
_BODY: Final = ("fimbria",)
Volumes = dict[str, FloatArray]
"""Structure to its volume in every run."""


def subregions(rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run]) -> Iterator[Further]:
    """Make the texts of the segmentations that FreeSurfer offers beside recon-all."""
    own = iter(rng.spawn(4))
    cross, long = runs_in(runs, "cross"), runs_in(runs, "long")
    for stem, whole in (("hippoSf", "Hippocampus"), ("amygNuc", "Amygdala")):
        parts = _draw(next(own), study, brains, stem, _both(whole))
        for hemi in HEMIS:
            lines = [*_rows(parts[hemi]), *_totals(stem, parts[hemi])]
            for version, chosen in (("v22", cross), ("long.v22", long)):
                if len(chosen):
                    path = f"mri/{hemi}.{stem}Volumes-T1.{version}.txt"
                    yield text_file(f"{stem}.T1.v22", path, chosen, lines, hemi=hemi)
    sides = {f"{_SIDES[hemi]}-": parts for hemi, parts in _thalami(next(own), study, brains).items()}
    lines = [line for side, parts in sides.items() for line in _rows(parts, side)]
    lines += [_total(f"{side}Whole_thalamus", parts, parts) for side, parts in sides.items()]
    yield text_file("thalamus.T1.v13", "mri/ThalamicNuclei.v13.T1.volumes.txt", cross, lines)
    brainstem = _draw(next(own), study, brains, "brainstem", {"": "Brain-Stem"})[""]
    lines = [*_rows(brainstem), _total("Whole_brainstem", brainstem, brainstem)]
    yield text_file("brainstem.v13", "mri/brainstemSsVolumes.v13.txt", cross, lines)


def _both(structure: str) -> dict[str, str]:
    return {hemi: f"{side}-{structure}" for hemi, side in _SIDES.items()}


def _thalami(rng: np.random.Generator, study: Study, brains: Brains) -> dict[str, Volumes]:
    return _draw(rng, study, brains, "thalamus", _both("Thalamus"))


def _draw(
    rng: np.random.Generator, study: Study, brains: Brains, stem: str, wholes: Mapping[str, str]
) -> dict[str, Volumes]:
    """Part the structure of each side as usual, give or take: by the person, and by the scan a little."""
    usual, aseg = typical(stem), aseg_volumes(brains)
    usual_whole = dict(zip(typical("aseg").regions, typical("aseg")["volume"].tolist(), strict=True))
    drawn = usual["volume"] * np.exp(deviations(rng, study, usual.pairs, usual["spread"], 0.015))
    return {
        hemi: {
            region: drawn[:, column] * aseg[whole] / usual_whole[whole]
            for column, (region, side) in enumerate(zip(usual.regions, usual.sides, strict=True))
            if (side or "") == hemi
        }
        for hemi, whole in wholes.items()
    }


def _rows(parts: Volumes, side: str = "") -> Iterator[Line]:
    for region, volume in parts.items():
        yield f"{side}{region} %.6f", (Number(volume, 6, (f"{side}{region}", *VOLUME)),)


def _totals(stem: str, parts: Volumes) -> Iterator[Line]:
    """Give the sums at the end of a text of one side."""
    if stem == "amygNuc":
        yield _total("Whole_amygdala", parts, parts)
        return
    inside = [region for region in parts if region != _NOT_IN_WHOLE]
    yield _total("Whole_hippocampal_body", parts, [name for name in inside if name.endswith("-body") or name in _BODY])
    yield _total("Whole_hippocampal_head", parts, [name for name in inside if name.endswith("-head") or name in _HEAD])
    yield _total("Whole_hippocampus", parts, inside)


def _total(name: str, parts: Volumes, inside: Iterable[str]) -> Line:
    whole = np.sum([parts[region] for region in inside], axis=0)
    return f"{name} %.6f", (Number(whole, 6, (GLOBAL, name, "mm^3")),)
