"""SynthSeg, as FreeSurfer's mri_synthseg."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, Required, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Tool, command
from fsstats.runners.programs.freesurfer import FREESURFER


class SynthSegOptions(TypedDict, total=False):
    """Options of ``mri_synthseg``."""

    i: Required[Annotated[PathLike, Flag("--i", "An image, or a folder of images.", role="in")]]
    o: Required[Annotated[PathLike, Flag("--o", "The segmentation, or a folder for several.", role="out")]]
    parc: Annotated[bool, Flag("--parc", "Also label the cortex.")]
    robust: Annotated[bool, Flag("--robust", "The slower network for clinical images.")]
    fast: Annotated[bool, Flag("--fast", "Leave some steps out, to be faster.")]
    ct: Annotated[bool, Flag("--ct", "The image is a CT: keep 0 to 80 Hounsfield units.")]
    vol: Annotated[PathLike, Flag("--vol", "The table of volumes to write (.csv).", role="out")]
    qc: Annotated[PathLike, Flag("--qc", "The table of quality scores to write (.csv).", role="out")]
    post: Annotated[PathLike, Flag("--post", "The probabilities to write, or a folder for several.", role="out")]
    resample: Annotated[PathLike, Flag("--resample", "The image at 1 mm to write, or a folder.", role="out")]
    crop: Annotated[Sequence[int], Flag("--crop", "The size of the part to segment in voxels.", low=1)]
    autocrop: Annotated[bool, Flag("--autocrop", "Leave the background out.")]
    keepgeom: Annotated[bool, Flag("--keepgeom", "Keep the grid of the image.")]
    addctab: Annotated[bool, Flag("--addctab", "Keep names and colours in the segmentation.")]
    photo: Annotated[Literal["left", "right", "both"], Flag("--photo", "It is a stack of photographs of this side.")]
    model: Annotated[PathLike, Flag("--model", "Another network.", role="in")]
    v1: Annotated[bool, Flag("--v1", "The network of version 1.")]
    threads: Annotated[int, Flag("--threads", "The number of threads.", low=1)]
    cpu: Annotated[bool, Flag("--cpu", "Leave the graphics card alone.")]


MRI_SYNTHSEG: Final = Tool(
    program="mri_synthseg",
    suite=FREESURFER,
    says="Segment brain images of any contrast and resolution by deep learning.",
    options=SynthSegOptions,
    cites=("10.1016/j.media.2023.102789", "10.1073/pnas.2216399120"),
)
TOOLS: Final = (MRI_SYNTHSEG,)
_EXCLUSIVE: Final = (
    ("robust", "v1"),
    ("robust", "photo"),
    ("v1", "photo"),
    ("ct", "photo"),
    ("qc", "photo"),
    ("crop", "autocrop"),
)


def mri_synthseg(**options: Unpack[SynthSegOptions]) -> Command:
    """Segment brain images of any contrast and resolution (SynthSeg, FreeSurfer's ``mri_synthseg``).

    Parameters
    ----------
    **options : SynthSegOptions
        The options of ``mri_synthseg``, written in the order in which they are given: ``i`` and ``o`` name an image
        and its segmentation, or a folder of images and a folder for them.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, an image is not named, or the program refuses what
        is asked for together (``robust`` and ``v1``).

    Notes
    -----
    Without ``vol`` there are no volumes, and without ``qc`` no quality scores: the segmentation alone is written.

    References
    ----------
    Billot B et al. (2023). SynthSeg: segmentation of brain MRI scans of any contrast and resolution without
    retraining. Medical Image Analysis 86, 102789. doi:10.1016/j.media.2023.102789

    Billot B et al. (2023). Robust machine learning segmentation for large-scale analysis of heterogeneous clinical
    brain MRI datasets. Proceedings of the National Academy of Sciences 120, e2216399120.
    doi:10.1073/pnas.2216399120

    Examples
    --------
    >>> print(mri_synthseg(i="T1w.nii.gz", o="synthseg.nii.gz", parc=True, vol="volumes.csv", qc="qc.csv"))
    mri_synthseg --i T1w.nii.gz --o synthseg.nii.gz --parc --vol volumes.csv --qc qc.csv
    """
    said = MRI_SYNTHSEG.read(options)
    both = next(((one, other) for one, other in _EXCLUSIVE if options.get(one) and options.get(other)), None)
    if both:
        message = f"mri_synthseg: expected at most one of --{both[0]} and --{both[1]}, found both"
        raise TableError(message)
    return command(MRI_SYNTHSEG, said.arguments, inputs=said.inputs, outputs=said.outputs)
