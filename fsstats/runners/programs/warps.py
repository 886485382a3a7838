"""FSL's tools for the warps that fnirt makes: applied, inverted, put together."""

from typing import Annotated, Final, Literal, Required, TypedDict, Unpack

from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Tool, command
from fsstats.runners.programs.fsl import FSL
from fsstats.runners.programs.registration import FNIRT, DataType, written


class ApplywarpOptions(TypedDict, total=False):
    """Options of ``applywarp``."""

    in_: Required[Annotated[PathLike, Flag("--in", "The image to be warped.", role="in", also=("-i",))]]
    ref: Required[Annotated[PathLike, Flag("--ref", "The image whose voxels are filled.", role="in", also=("-r",))]]
    out: Required[Annotated[PathLike, Flag("--out", "The warped image to be written.", role="out", also=("-o",))]]
    warp: Annotated[PathLike, Flag("--warp", "The warp: coefficients or a field.", role="in", also=("-w",))]
    premat: Annotated[
        PathLike, Flag("--premat", "An affine matrix that is applied before it.", role="in", is_of_one=True)
    ]
    postmat: Annotated[
        PathLike, Flag("--postmat", "An affine matrix that is applied after it.", role="in", is_of_one=True)
    ]
    mask: Annotated[
        PathLike, Flag("--mask", "A mask in the reference's space.", role="in", also=("-m",), is_of_one=True)
    ]
    interp: Annotated[
        Literal["nn", "trilinear", "sinc", "spline"],
        Flag("--interp", "Interpolation; nn (nearest neighbour) keeps labels whole."),
    ]
    usesqform: Annotated[
        bool, Flag("--usesqform", "Start from the positions in the headers; without --premat, --postmat.")
    ]
    abs: Annotated[bool, Flag("--abs", "The warp holds positions.")]
    rel: Annotated[bool, Flag("--rel", "The warp holds shifts.")]
    super: Annotated[bool, Flag("--super", "Sample more finely in between.", also=("-s",))]
    superlevel: Annotated[str, Flag("--superlevel", "How much more finely: a number, or a for automatic; 2.")]
    datatype: Annotated[DataType, Flag("--datatype", "Type of the numbers in the warped image.", also=("-d",))]
    paddingsize: Annotated[int, Flag("--paddingsize", "Voxels outside the image that are filled too.", low=0)]
    verbose: Annotated[bool, Flag("--verbose", "Say more.", also=("-v",))]


APPLYWARP: Final = Tool(
    program="applywarp",
    suite=FSL,
    says="Apply a warp and affine matrices to an image.",
    options=ApplywarpOptions,
    has_equals=True,
    cites=FNIRT.cites,
)


def applywarp(**options: Unpack[ApplywarpOptions]) -> Command:
    """Apply a warp and affine matrices to an image (FSL's ``applywarp``).

    Parameters
    ----------
    **options : ApplywarpOptions
        The options of ``applywarp``, written in the order in which they are given; ``in_`` for ``--in``.

    Returns
    -------
    Command
        Its output is ``out``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or one that is needed is missing.

    Notes
    -----
    Labels of regions stay whole numbers only with ``interp="nn"``.

    References
    ----------
    Jenkinson M, Beckmann CF, Behrens TEJ, Woolrich MW, Smith SM (2012). FSL. NeuroImage 62, 782-790.
    doi:10.1016/j.neuroimage.2011.09.015

    Examples
    --------
    >>> print(applywarp(in_="atlas.nii.gz", ref="FA.nii.gz", warp="warp.nii.gz", interp="nn", out="atlas_FA.nii.gz"))
    applywarp --in=atlas.nii.gz --ref=FA.nii.gz --warp=warp.nii.gz --interp=nn --out=atlas_FA.nii.gz
    """
    said = APPLYWARP.read(options)
    return command(APPLYWARP, said.arguments, inputs=said.inputs, outputs=written(options, images=("out",)))


class InvwarpOptions(TypedDict, total=False):
    """Options of ``invwarp``."""

    w: Required[Annotated[PathLike, Flag("-w", "The warp to be inverted.", role="in", also=("--warp",))]]
    o: Required[Annotated[PathLike, Flag("-o", "The inverse to be written, a field.", role="out", also=("--out",))]]
    r: Required[
        Annotated[
            PathLike, Flag("-r", "The image that was warped: the inverse leads to it.", role="in", also=("--ref",))
        ]
    ]
    rel: Annotated[bool, Flag("--rel", "The warp holds shifts.")]
    abs: Annotated[bool, Flag("--abs", "The warp holds positions.")]
    noconstraint: Annotated[bool, Flag("--noconstraint", "Do not limit the Jacobian.")]
    jmin: Annotated[float, Flag("--jmin", "Least Jacobian; 0.01.")]
    jmax: Annotated[float, Flag("--jmax", "Greatest Jacobian; 100.")]
    debug: Annotated[bool, Flag("--debug", "Write what helps to find errors.")]
    v: Annotated[bool, Flag("-v", "Say more.", also=("--verbose",))]


INVWARP: Final = Tool(
    program="invwarp",
    suite=FSL,
    says="Invert a warp.",
    options=InvwarpOptions,
    has_equals=True,
    cites=FNIRT.cites,
)


def invwarp(**options: Unpack[InvwarpOptions]) -> Command:
    """Invert a warp (FSL's ``invwarp``).

    Parameters
    ----------
    **options : InvwarpOptions
        The options of ``invwarp``, written in the order in which they are given.

    Returns
    -------
    Command
        Its output is ``o``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or one that is needed is missing.

    Notes
    -----
    ``r`` is the image that was warped, not the one that it was warped to.

    References
    ----------
    Jenkinson M, Beckmann CF, Behrens TEJ, Woolrich MW, Smith SM (2012). FSL. NeuroImage 62, 782-790.
    doi:10.1016/j.neuroimage.2011.09.015

    Examples
    --------
    >>> print(invwarp(w="warp_indiv2std.nii.gz", o="warp_std2indiv.nii.gz", r="FA.nii.gz"))
    invwarp -w warp_indiv2std.nii.gz -o warp_std2indiv.nii.gz -r FA.nii.gz
    """
    said = INVWARP.read(options)
    return command(
        INVWARP,
        said.arguments,
        inputs=said.inputs,
        outputs=written(options, images=("o",)),
    )


class ConvertwarpOptions(TypedDict, total=False):
    """Options of ``convertwarp``."""

    ref: Required[
        Annotated[PathLike, Flag("--ref", "The image whose voxels the warp covers.", role="in", also=("-r",))]
    ]
    out: Required[Annotated[PathLike, Flag("--out", "The warp to be written, a field.", role="out", also=("-o",))]]
    premat: Annotated[PathLike, Flag("--premat", "The affine matrix that comes first.", role="in", also=("-m",))]
    warp1: Annotated[PathLike, Flag("--warp1", "The warp that follows.", role="in", also=("-w",))]
    midmat: Annotated[PathLike, Flag("--midmat", "The affine matrix between two warps.", role="in")]
    warp2: Annotated[PathLike, Flag("--warp2", "The second warp.", role="in")]
    postmat: Annotated[PathLike, Flag("--postmat", "The affine matrix that comes last.", role="in")]
    shiftmap: Annotated[PathLike, Flag("--shiftmap", "A map of shifts that comes first.", role="in", also=("-s",))]
    shiftdir: Annotated[
        Literal["x", "y", "z", "x-", "y-", "z-"], Flag("--shiftdir", "The direction of those shifts; y.", also=("-d",))
    ]
    jacobian: Annotated[PathLike, Flag("--jacobian", "The Jacobian to be written.", role="out", also=("-j",))]
    jstats: Annotated[bool, Flag("--jstats", "Print statistics of the Jacobian.")]
    constrainj: Annotated[bool, Flag("--constrainj", "Limit the Jacobian to --jmin and --jmax.")]
    jmin: Annotated[float, Flag("--jmin", "Least Jacobian; 0.01.")]
    jmax: Annotated[float, Flag("--jmax", "Greatest Jacobian; 100.")]
    abs: Annotated[bool, Flag("--abs", "The warps hold positions.")]
    rel: Annotated[bool, Flag("--rel", "The warps hold shifts.")]
    absout: Annotated[bool, Flag("--absout", "Write positions.")]
    relout: Annotated[bool, Flag("--relout", "Write shifts.")]
    verbose: Annotated[bool, Flag("--verbose", "Say more.", also=("-v",))]


CONVERTWARP: Final = Tool(
    program="convertwarp",
    suite=FSL,
    says="Put warps and affine matrices together.",
    options=ConvertwarpOptions,
    has_equals=True,
    cites=FNIRT.cites,
)


def convertwarp(**options: Unpack[ConvertwarpOptions]) -> Command:
    """Put warps and affine matrices together into one warp (FSL's ``convertwarp``).

    Parameters
    ----------
    **options : ConvertwarpOptions
        The options of ``convertwarp``, written in the order in which they are given.

    Returns
    -------
    Command
        Its outputs are ``out`` and, if it is asked for, ``jacobian``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or one that is needed is missing.

    References
    ----------
    Jenkinson M, Beckmann CF, Behrens TEJ, Woolrich MW, Smith SM (2012). FSL. NeuroImage 62, 782-790.
    doi:10.1016/j.neuroimage.2011.09.015

    Examples
    --------
    >>> print(convertwarp(ref="MNI152_T1_2mm", out="func2std", premat="func2struct.mat", warp1="struct2std"))
    convertwarp --ref=MNI152_T1_2mm --out=func2std --premat=func2struct.mat --warp1=struct2std
    """
    said = CONVERTWARP.read(options)
    return command(
        CONVERTWARP, said.arguments, inputs=said.inputs, outputs=written(options, images=("out", "jacobian"))
    )


TOOLS: Final = (APPLYWARP, INVWARP, CONVERTWARP)
