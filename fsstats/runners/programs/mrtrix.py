"""MRtrix3: noise and Gibbs ringing of diffusion and structural images."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypedDict, Unpack

from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command, positional

MRTRIX: Final = Suite(
    name="MRtrix3",
    bins=(),
    set_up="install MRtrix3 (Debian: mrtrix3) and put its programs on the PATH",
    version_arguments=("-version",),
)
_DataType = Literal[
    "float32",
    "float32le",
    "float32be",
    "float64",
    "float64le",
    "float64be",
    "int64",
    "uint64",
    "int64le",
    "uint64le",
    "int64be",
    "uint64be",
    "int32",
    "uint32",
    "int32le",
    "uint32le",
    "int32be",
    "uint32be",
    "int16",
    "uint16",
    "int16le",
    "uint16le",
    "int16be",
    "uint16be",
    "cfloat32",
    "cfloat32le",
    "cfloat32be",
    "cfloat64",
    "cfloat64le",
    "cfloat64be",
    "int8",
    "uint8",
    "bit",
]


class _StandardOptions(TypedDict, total=False):
    """Options of every program of MRtrix3."""

    info: Annotated[bool, Flag("-info", "Say more.")]
    quiet: Annotated[bool, Flag("-quiet", "Say nothing of how far it is.")]
    debug: Annotated[bool, Flag("-debug", "Say everything.")]
    force: Annotated[bool, Flag("-force", "Write over a file that is there.")]
    nthreads: Annotated[int, Flag("-nthreads", "Number of threads; 0 for no threads.", low=0)]
    config: Annotated[
        Sequence[tuple[str, str]],
        Flag("-config", "Entries of MRtrix3's configuration and their values.", is_repeated=True),
    ]


class MrdegibbsOptions(_StandardOptions, total=False):
    """Options of ``mrdegibbs``."""

    axes: Annotated[
        tuple[int, int], Flag("-axes", "The plane of the slices: 0,1 axial, 0,2 coronal, 1,2 sagittal.", 0, 2, join=",")
    ]
    nshifts: Annotated[int, Flag("-nshifts", "Number of shifts within a voxel; 20.", low=1)]
    minW: Annotated[int, Flag("-minW", "Nearest voxel that is looked at; 1.", low=0)]
    maxW: Annotated[int, Flag("-maxW", "Farthest voxel that is looked at; 3.", low=0)]
    datatype: Annotated[_DataType, Flag("-datatype", "Type of the numbers that are written.")]


class DwidenoiseOptions(_StandardOptions, total=False):
    """Options of ``dwidenoise``."""

    mask: Annotated[PathLike, Flag("-mask", "Where to work.", role="in", is_of_one=True)]
    extent: Annotated[Sequence[int], Flag("-extent", "Size of the patch in voxels, odd: 5, or 5,5,3.", 1, join=",")]
    noise: Annotated[PathLike, Flag("-noise", "The map of noise to be written.", role="out")]
    datatype: Annotated[Literal["float32", "float64"], Flag("-datatype", "Precision of the calculation.")]
    estimator: Annotated[Literal["Exp1", "Exp2"], Flag("-estimator", "How noise is estimated; Exp2.")]


MRDEGIBBS: Final = Tool(
    program="mrdegibbs",
    suite=MRTRIX,
    says="Remove Gibbs ringing.",
    options=MrdegibbsOptions,
    cites=("10.1002/mrm.26054", "10.1016/j.neuroimage.2019.116137"),
    threads="MRTRIX_NTHREADS",
)
DWIDENOISE: Final = Tool(
    program="dwidenoise",
    suite=MRTRIX,
    says="Remove noise from diffusion images.",
    options=DwidenoiseOptions,
    cites=(
        "10.1016/j.neuroimage.2016.08.016",
        "10.1016/j.neuroimage.2019.06.039",
        "10.1016/j.neuroimage.2019.116137",
    ),
    threads="MRTRIX_NTHREADS",
)


def mrdegibbs(image: PathLike, output: PathLike, /, **options: Unpack[MrdegibbsOptions]) -> Command:
    """Remove Gibbs ringing from an image (MRtrix3's ``mrdegibbs``).

    Parameters
    ----------
    image : path
        The image as it came from the scanner, or after `dwidenoise`.
    output : path
        The image to be written.
    **options : MrdegibbsOptions
        The options of ``mrdegibbs``, written in the order in which they are given. ``axes`` is the plane in which the
        slices were acquired.

    Returns
    -------
    Command
        Its output is ``output``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, or it cannot have such a value.

    Notes
    -----
    It comes before whatever interpolates, such as a correction of motion, and after `dwidenoise`. It is meant for data
    with full k-space: with partial Fourier its result may be biased. MRtrix3 does not write over a file unless
    ``force``.

    References
    ----------
    Kellner E, Dhital B, Kiselev VG, Reisert M (2016). Gibbs-ringing artifact removal based on local subvoxel-shifts.
    Magnetic Resonance in Medicine 76, 1574-1581. doi:10.1002/mrm.26054

    Tournier JD, et al. (2019). MRtrix3: A fast, flexible and open software framework for medical image processing and
    visualisation. NeuroImage 202, 116137. doi:10.1016/j.neuroimage.2019.116137

    Examples
    --------
    >>> print(mrdegibbs("T1w.nii.gz", "T1w_unringed.nii.gz", axes=(0, 1)))
    mrdegibbs T1w.nii.gz T1w_unringed.nii.gz -axes 0,1
    """
    said = MRDEGIBBS.read(options)
    return command(
        MRDEGIBBS,
        [positional("mrdegibbs", "the image", image), positional("mrdegibbs", "the output", output), *said.arguments],
        inputs=[image],
        outputs=[output],
    )


def dwidenoise(image: PathLike, output: PathLike, /, **options: Unpack[DwidenoiseOptions]) -> Command:
    """Remove noise from a series of diffusion images (MRtrix3's ``dwidenoise``).

    Parameters
    ----------
    image : path
        The series as it came from the scanner.
    output : path
        The series to be written.
    **options : DwidenoiseOptions
        The options of ``dwidenoise``, written in the order in which they are given.

    Returns
    -------
    Command
        Its outputs are ``output`` and, if it is asked for, ``noise``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, or it cannot have such a value.

    Notes
    -----
    It is the first step: nothing may have been interpolated or smoothed before. MRtrix3 does not write over a file
    unless ``force``.

    References
    ----------
    Veraart J, Novikov DS, Christiaens D, Ades-aron B, Sijbers J, Fieremans E (2016). Denoising of diffusion MRI using
    random matrix theory. NeuroImage 142, 394-406. doi:10.1016/j.neuroimage.2016.08.016

    Cordero-Grande L, Christiaens D, Hutter J, Price AN, Hajnal JV (2019). Complex diffusion-weighted image estimation
    via matrix recovery under general noise models. NeuroImage 200, 391-404. doi:10.1016/j.neuroimage.2019.06.039

    Examples
    --------
    >>> print(dwidenoise("DWI.nii.gz", "DWI_denoised.nii.gz", noise="noise.nii.gz"))
    dwidenoise DWI.nii.gz DWI_denoised.nii.gz -noise noise.nii.gz
    """
    said = DWIDENOISE.read(options)
    return command(
        DWIDENOISE,
        [
            positional("dwidenoise", "the series", image),
            positional("dwidenoise", "the output", output),
            *said.arguments,
        ],
        inputs=[image, *said.inputs],
        outputs=[output, *said.outputs],
    )


TOOLS: Final = (MRDEGIBBS, DWIDENOISE)
