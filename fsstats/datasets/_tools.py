"""The tools whose output can be made up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fsstats.datasets._rows import rows_of


@dataclass(frozen=True, slots=True)
class Tool:
    """A release of FreeSurfer or FastSurfer."""

    name: str
    major: int
    """Of the FreeSurfer that wrote the files, or most of them."""
    segstats: str
    """Version of ``mri_segstats``, as it prints it."""
    anatomical: tuple[str, str]
    """Versions of ``mris_anatomical_stats`` and of its library."""
    stamp: str
    version: str
    """As in recon-all.done."""
    surfaces: tuple[str, ...]
    volumes: tuple[str, ...]

    @property
    def is_fastsurfer(self) -> bool:
        """Say which of the two families it is of."""
        return self.name.startswith("fastsurfer")

    @property
    def sources(self) -> tuple[str, ...]:
        """Name the sources on which group effects can act."""
        return (*self.volumes, *self.surfaces)


_STAMP_7: Final = "freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460"
_FREESURFER: Final = (
    "aparc",
    "aparc.pial",
    "aparc.a2009s",
    "aparc.DKTatlas",
    "BA_exvivo",
    "BA_exvivo.thresh",
)
_TOOLS: Final = (
    Tool(
        "freesurfer-7.4.1",
        major=7,
        segstats="7.4.1",
        anatomical=("7.4.1", "7.4.1"),
        stamp=_STAMP_7,
        version=f"7.4.1 ({_STAMP_7})",
        surfaces=_FREESURFER,
        volumes=("aseg", "wmparc"),
    ),
    Tool(
        "freesurfer-6.0.0",
        major=6,
        segstats="$Id: mri_segstats.c,v 1.121 2016/05/31 17:27:11 fs Exp $",
        anatomical=(
            "$Id: mris_anatomical_stats.c,v 1.79 2016/03/14 15:15:34 fs Exp $",
            "$Id: mrisurf.c,v 1.781.2.6 2016/12/27 16:47:14 fs Exp $",
        ),
        stamp="freesurfer-Linux-centos6_x86_64-stable-pub-v6.0.0-2beb96c",
        version="$Id: recon-all,v 1.580.2.16 2017/01/18 14:11:24 fs Exp $",
        surfaces=_FREESURFER,
        volumes=("aseg", "wmparc"),
    ),
    Tool(
        "fastsurfer-2.2.0",
        major=7,
        segstats="7.4.1",
        anatomical=("7.4.1", "7.4.1"),
        stamp=_STAMP_7,
        version="$Id$",
        surfaces=("aparc.DKTatlas.mapped",),
        volumes=("aseg+DKT", "aseg", "wmparc.DKTatlas.mapped"),
    ),
)
TOOLS: Final = {tool.name: tool for tool in _TOOLS}


def regions_of(tools: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Name the regions of every source that the tools write, for group effects."""
    return {source: tuple(row.region for row in rows_of(source)) for tool in tools for source in TOOLS[tool].sources}
