"""The kinds of file that a cohort can have beside its stats files."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from fsstats.datasets._brains import Study
from fsstats.datasets._curv import curv
from fsstats.datasets._first import first
from fsstats.datasets._further import Further
from fsstats.datasets._people import Run
from fsstats.datasets._recon_log import recon_log
from fsstats.datasets._simulate import Brains
from fsstats.datasets._subregions import subregions
from fsstats.datasets._synthseg import synthseg
from fsstats.datasets._tissues import fast, sienax

_Make = Callable[[np.random.Generator, Study, Brains, Sequence[Run]], Iterator[Further]]
_MAKE: Final[dict[str, _Make]] = {
    "subregions": subregions,
    "synthseg": synthseg,
    "curv": curv,
    "first": first,
    "fast": fast,
    "sienax": sienax,
    "recon-all": recon_log,
}
ALSO: Final = {
    "subregions": "volumes of hippocampal subfields, amygdalar and thalamic nuclei, and parts of the brainstem",
    "synthseg": "volumes of SynthSeg",
    "curv": "the curvature report of each hemisphere",
    "first": "label image of FSL's FIRST",
    "fast": "tissue maps of FSL's FAST",
    "sienax": "report of FSL's SIENAX",
    "recon-all": "log of recon-all, with holes and Euler numbers; of FastSurfer its recon-surf's",
}
"""Kinds of file that `make_cohort` writes beside the stats files on request."""


def make_further(
    rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run], kinds: Sequence[str]
) -> list[Further]:
    """Make files of some kinds; what a kind holds does not depend on which others are made."""
    own = dict(zip(_MAKE, rng.spawn(len(_MAKE)), strict=True))
    return [further for kind in _MAKE if kind in kinds for further in _MAKE[kind](own[kind], study, brains, runs)]
