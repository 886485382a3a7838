"""What FreeSurfer's two scripts can be asked for, as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from fsstats.errors import UnknownNameError
from fsstats.schema import HEMIS


class Word(NamedTuple):
    """Where a script finds a measure."""

    place: int
    """Of the word in a line, counted from 0."""
    measures: tuple[str, ...]
    """What may stand there, by our names; the first that a file has."""


ASEG_WORDS: Final = {
    "volume": Word(3, ("volume", "area")),
    "Area_mm2": Word(3, ("area", "volume")),
    "nvoxels": Word(2, ("n_voxels", "n_vertices")),
    "nvertices": Word(2, ("n_vertices", "n_voxels")),
    "mean": Word(5, ("intensity_mean", "contrast_mean")),
    "std": Word(6, ("intensity_std", "contrast_std")),
    "snr": Word(10, ("intensity_snr", "contrast_snr")),
    "max": Word(8, ("intensity_max", "contrast_max")),
}
APARC_WORDS: Final = {
    "area": Word(2, ("area",)),
    "volume": Word(3, ("volume",)),
    "thickness": Word(4, ("thickness",)),
    "thicknessstd": Word(5, ("thickness_std",)),
    "thickness.T1": Word(4, ("thickness.T1", "thickness")),
    "meancurv": Word(6, ("mean_curvature",)),
    "gauscurv": Word(7, ("gaussian_curvature",)),
    "foldind": Word(8, ("folding_index",)),
    "curvind": Word(9, ("curvature_index",)),
}
INTRACRANIAL: Final = {
    "eTIV": "EstimatedTotalIntraCranialVol",
    "ICV": "IntraCranialVol",
    "sTIV": "SegmentedTotalIntracranialVol",
}
_AS_PRINTED: Final = (
    *("lhCortexVol", "rhCortexVol", "CortexVol"),
    *("lhCorticalWhiteMatterVol", "rhCorticalWhiteMatterVol", "CorticalWhiteMatterVol"),
    *("lhCerebralWhiteMatterVol", "rhCerebralWhiteMatterVol", "CerebralWhiteMatterVol"),
    *("SubCortGrayVol", "TotalGrayVol", "SuperTentorialVol"),
    *("SupraTentorialVol", "SupraTentorialVolNotVent", "SupraTentorialVolNotVentVox"),
    *("MaskVol", "BrainVol-to-eTIV", "BrainSegVol-to-eTIV", "MaskVol-to-eTIV"),
    *("lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles"),
    *("BrainSegVol", "BrainSegVolNotVent", "BrainSegVolNotVentSurf"),
)
EXTRAS: Final = {**{field: field for field in _AS_PRINTED}, **INTRACRANIAL}
"""The header Measures that asegstats2table takes for volumes, and what it calls them."""
BARE: Final = ("eTIV", "BrainSegVolNotVent")
"""What aparcstats2table adds to every table, without side and measure in its name."""
TOTALS: Final = {"area": "WhiteSurfArea", "thickness": "MeanThickness"}
"""What it adds to the tables of these measures."""
NO_SHARE: Final = ("lhSurfaceHoles", "rhSurfaceHoles", "SurfaceHoles", "BrainSegVol-to-eTIV", "MaskVol-to-eTIV")
"""What ``--etiv`` and ``--stiv`` leave as it is."""
LATER_NAMES: Final = {
    "Left-Thalamus-Proper": "Left-Thalamus",
    "Right-Thalamus-Proper": "Right-Thalamus",
    "CorticalWhiteMatterVol": "CerebralWhiteMatterVol",
    "lhCorticalWhiteMatterVol": "lhCerebralWhiteMatterVol",
    "rhCorticalWhiteMatterVol": "rhCerebralWhiteMatterVol",
}
"""What ``--replace53`` calls structures of FreeSurfer 5.3."""
DELIMITERS: Final = {"comma": ",", "tab": "\t", "space": " ", "semicolon": ";"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AsegTable:
    """A table of ``asegstats2table``: a structure a column.

    Attributes
    ----------
    source : str
        The stats file: aseg, wmparc, or any other of ``mri_segstats`` (``--statsfile``).
    hemi : {"lh", "rh"}, optional
        The side, of a file that has one (``lh.w-g.pct.stats``).
    measure : {"volume", "Area_mm2", "nvoxels", "nvertices", "mean", "std", "snr", "max"}
        What is shown, by the script's name for it (``--meas``).
    structures : {"same", "common", "all"}
        Where files differ: refuse, what all have (``--common-segs``), or what any has (``--all-segs``).
    only : sequence of int, optional
        Segmentation ids, in this order (``--segno``).
    without : sequence of int
        Segmentation ids that are left out (``--no-segno``).
    up_to : int, optional
        The greatest segmentation id (``--maxsegno``).
    extras : bool
        Whether header Measures follow, if volumes are shown (``--no-vol-extras``).
    current_names : bool
        Call structures of FreeSurfer 5.3 as later releases do (``--replace53``).
    percent_of : {"eTIV", "sTIV"}, optional
        Give per cent of it (``--etiv``, ``--stiv``).
    scale : float
        Multiply every value by it (``--scale``).
    """

    source: str = "aseg"
    hemi: str | None = None
    measure: str = "volume"
    structures: str = "same"
    only: Sequence[int | str] | None = None
    without: Sequence[int | str] = ()
    up_to: int | None = None
    extras: bool = True
    current_names: bool = False
    percent_of: str | None = None
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        require_known("hemi", self.hemi, (None, *HEMIS))
        require_known("measure", self.measure, ASEG_WORDS)
        require_known("structures", self.structures, ("same", "common", "all"))
        require_known("percent_of", self.percent_of, (None, "eTIV", "sTIV"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AparcTable:
    """A table of ``aparcstats2table``: a region of one hemisphere's cortex a column.

    Attributes
    ----------
    hemi : {"lh", "rh"}
        The side.
    source : str
        The parcellation: aparc, aparc.a2009s … (``--parc``).
    measure : str
        area, volume, thickness, thickness.T1, thicknessstd, meancurv, gauscurv, foldind or curvind: the script's names
        (``--measure``).
    structures : {"all", "common"}
        Where files differ: what any has, or what all have (``--common-parcs``).
    only : sequence of str, optional
        Regions, in this order (``--parcs-from-file``).
    plain_names : bool
        Leave side and measure out of the names (``--parcid-only``).
    percent_of : {"eTIV"}, optional
        Give per cent of it (``--etiv``).
    scale : float
        Multiply every value by it (``--scale``).
    """

    hemi: str
    source: str = "aparc"
    measure: str = "area"
    structures: str = "all"
    only: Sequence[str] | None = None
    plain_names: bool = False
    percent_of: str | None = None
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        require_known("hemi", self.hemi, HEMIS)
        require_known("measure", self.measure, APARC_WORDS)
        require_known("structures", self.structures, ("common", "all"))
        require_known("percent_of", self.percent_of, (None, "eTIV"))


Spec = AsegTable | AparcTable


def require_known(what: str, given: str | None, known: Iterable[str | None]) -> None:
    """Raise unless what was given is among what there is."""
    names = tuple(known)
    if given not in names:
        raise UnknownNameError.among(what, str(given), map(str, names))
