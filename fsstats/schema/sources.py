"""Kinds of stats file: what a file's name says, and which atlas its rows belong to."""

import re
from dataclasses import dataclass
from typing import Final

from fsstats.schema.versions import number


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of stats file that we know by name; others are read all the same."""

    name: str
    """The value in our ``source`` column."""
    description: str
    atlas: str | None = None
    """The atlas whose region names it uses."""
    complete: bool = False
    """Whether a whole file has a row for every region of its atlas."""
    absent: tuple[tuple[str, str | None], ...] = ()
    """Regions of the atlas that this kind of file never has (None), or not up to a release."""
    hemispheric: bool = False
    tabular: bool = True
    """Whether it is a table (or Measures) that can be read."""
    measures: tuple[str, ...] = ()
    """The header Measures that make it whole, where it has no table."""

    def lacks(self, region: str, version: str | None) -> bool:
        """Say whether files of this kind, written by this release, have no row for a region of the atlas."""
        written = number(version)
        for name, until in self.absent:
            if name == region:
                last = number(until)
                return last is None or written is None or written[: len(last)] <= last
        return False


_DK_ONLY = "Desikan-Killiany atlas"

SOURCES: Final = (
    Source("aseg", "Subcortical segmentation", atlas="aseg"),
    Source("aseg.presurf.hypos", "Subcortical segmentation before the surfaces were made", atlas="aseg"),
    Source("wmparc", "White matter beside each cortical region", atlas="wmparc"),
    Source("wmparc.DKTatlas.mapped", "White matter beside each cortical region (FastSurfer)", atlas="wmparc"),
    Source("aparc+aseg", "Cortical and subcortical segmentation"),
    Source("aseg+DKT", "Whole-brain segmentation of FastSurfer"),
    Source("cerebellum.CerebNet", "Cerebellum segmentation of FastSurfer"),
    Source("gtmseg", "Segmentation for PET partial volume correction"),
    Source("apas+head", "Whole-head segmentation"),
    Source(
        "brainvol",
        "Brain volumes of FreeSurfer 7 and later",
        measures=(
            "BrainSegVol",
            "BrainSegVolNotVent",
            "SupraTentorialVol",
            "SupraTentorialVolNotVent",
            "SubCortGrayVol",
            "lhCortexVol",
            "rhCortexVol",
            "CortexVol",
            "TotalGrayVol",
            "lhCerebralWhiteMatterVol",
            "rhCerebralWhiteMatterVol",
            "CerebralWhiteMatterVol",
            "MaskVol",
            "SupraTentorialVolNotVentVox",
            "BrainSegVolNotVentSurf",
            "VentricleChoroidVol",
        ),
    ),
    Source("aparc", f"Cortex, {_DK_ONLY}", "aparc", complete=True, hemispheric=True),
    Source("aparc.pial", f"Cortex, {_DK_ONLY}, pial surface", "aparc", complete=True, hemispheric=True),
    Source("aparc.a2009s", "Cortex, Destrieux atlas", "aparc.a2009s", complete=True, hemispheric=True),
    Source("aparc.DKTatlas", "Cortex, DKT atlas", "aparc.DKTatlas", complete=True, hemispheric=True),
    Source(
        "aparc.DKTatlas40", "Cortex, DKT atlas of FreeSurfer 5.3", "aparc.DKTatlas", complete=True, hemispheric=True
    ),
    Source(
        "aparc.DKTatlas.mapped",
        "Cortex, DKT atlas (FastSurfer)",
        "aparc.DKTatlas",
        complete=True,
        hemispheric=True,
    ),
    Source("BA_exvivo", "Brodmann areas from ex vivo maps", "BA_exvivo", complete=True, hemispheric=True),
    Source(
        "BA_exvivo.thresh",
        "Brodmann areas from ex vivo maps, thresholded",
        "BA_exvivo",
        complete=True,
        hemispheric=True,
    ),
    Source(
        "BA",
        "Brodmann areas of FreeSurfer 5",
        "BA_exvivo",
        complete=True,
        absent=(("perirhinal_exvivo", "5.1"), ("entorhinal_exvivo", None)),
        hemispheric=True,
    ),
    Source(
        "BA.thresh",
        "Brodmann areas of FreeSurfer 5, thresholded",
        "BA_exvivo",
        complete=True,
        absent=(("perirhinal_exvivo", None), ("entorhinal_exvivo", None)),
        hemispheric=True,
    ),
    Source("entorhinal_exvivo", "Entorhinal cortex from ex vivo maps", "BA_exvivo", hemispheric=True),
    Source("curv", "Curvature report of mris_curvature_stats", hemispheric=True, tabular=False),
    Source("w-g.pct", "Grey-white contrast, Desikan-Killiany atlas", "aparc", hemispheric=True),
)

SOURCE: Final = {source.name: source for source in SOURCES}
_NAME: Final = re.compile(r"^(?:(?P<hemi>[lr]h)\.)?(?P<source>.+)\.stats$", re.DOTALL)


def identify(filename: str) -> tuple[str, str | None] | None:
    """Read source and hemisphere out of a stats file's name; None for other names.

    Parameters
    ----------
    filename : str
        A file name without its folder.

    Returns
    -------
    tuple of (str, str or None), or None
        Source and hemisphere.

    Examples
    --------
    >>> identify("lh.aparc.a2009s.stats"), identify("aseg.stats"), identify("aseg.mgz")
    (('aparc.a2009s', 'lh'), ('aseg', None), None)
    """
    found = _NAME.match(filename)
    return (found["source"], found["hemi"]) if found else None


def atlas_of(source: str | None) -> str | None:
    """Name the atlas of a source; None where it is not known.

    Examples
    --------
    >>> atlas_of("aparc.pial"), atlas_of("my.own.atlas")
    ('aparc', None)
    """
    known = SOURCE.get(source or "")
    return known.atlas if known else None
