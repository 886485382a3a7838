"""FSL's fslmaths: a chain of operations on the voxels of an image."""

import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, TypedDict, Unpack

from fsstats.runners._flags import Flag, PathLike, number_text, path_text
from fsstats.runners.command import Command, Tool, command, positional
from fsstats.runners.programs.fsl import FSL, image_of

_DataType = Literal["char", "short", "int", "float", "double", "input"]
_Operand = PathLike | float


class FslmathsOperations(TypedDict, total=False):
    """Operations of ``fslmaths``; an operand is an image or a number."""

    add: Annotated[_Operand, Flag("-add", "Add.")]
    sub: Annotated[_Operand, Flag("-sub", "Subtract.")]
    mul: Annotated[_Operand, Flag("-mul", "Multiply.")]
    div: Annotated[_Operand, Flag("-div", "Divide.")]
    rem: Annotated[_Operand, Flag("-rem", "Remainder of a division.")]
    max: Annotated[_Operand, Flag("-max", "The greater of the two.")]
    min: Annotated[_Operand, Flag("-min", "The lesser of the two.")]
    mas: Annotated[PathLike, Flag("-mas", "Zero where this image is not above 0.", role="in")]
    restart: Annotated[PathLike, Flag("-restart", "Go on with this image.", role="in")]
    save: Annotated[PathLike, Flag("-save", "Write what there is by now.", role="out")]
    thr: Annotated[float, Flag("-thr", "Zero what is below.")]
    thrp: Annotated[float, Flag("-thrp", "Zero what is below this percentage of the robust range.", 0, 100)]
    thrP: Annotated[float, Flag("-thrP", "The same, of the range of voxels that are not zero.", 0, 100)]
    uthr: Annotated[float, Flag("-uthr", "Zero what is above.")]
    uthrp: Annotated[float, Flag("-uthrp", "Zero what is above this percentage of the robust range.", 0, 100)]
    uthrP: Annotated[float, Flag("-uthrP", "The same, of the range of voxels that are not zero.", 0, 100)]
    exp: Annotated[bool, Flag("-exp", "Exponential.")]
    log: Annotated[bool, Flag("-log", "Natural logarithm.")]
    sqr: Annotated[bool, Flag("-sqr", "Square.")]
    sqrt: Annotated[bool, Flag("-sqrt", "Square root.")]
    recip: Annotated[bool, Flag("-recip", "Reciprocal.")]
    abs: Annotated[bool, Flag("-abs", "Absolute value.")]
    bin: Annotated[bool, Flag("-bin", "1 above 0, otherwise 0.")]
    binv: Annotated[bool, Flag("-binv", "0 above 0, otherwise 1.")]
    fillh: Annotated[bool, Flag("-fillh", "Fill the holes of a mask.")]
    fillh26: Annotated[bool, Flag("-fillh26", "The same, with corners as neighbours.")]
    edge: Annotated[bool, Flag("-edge", "Strength of edges.")]
    nan: Annotated[bool, Flag("-nan", "0 in place of what is no number.")]
    nanm: Annotated[bool, Flag("-nanm", "1 for what is no number, otherwise 0.")]
    inm: Annotated[float, Flag("-inm", "Scale each volume to this mean.")]
    ing: Annotated[float, Flag("-ing", "Scale all volumes together to this mean.")]
    range: Annotated[bool, Flag("-range", "Note the range of the values in the header.")]
    kernel: Annotated[
        tuple[Literal["box", "boxv", "gauss", "sphere"], float],
        Flag("-kernel", "Shape and size for what follows: box, gauss and sphere in mm, boxv in voxels."),
    ]
    kernel_2D: Annotated[bool, Flag("-kernel 2D", "3 x 3 x 1 voxels, for what follows.")]
    kernel_3D: Annotated[bool, Flag("-kernel 3D", "3 x 3 x 3 voxels, as it is unless a kernel is given.")]
    kernel_boxv3: Annotated[
        tuple[int, int, int], Flag("-kernel boxv3", "So many voxels in x, y and z, for what follows.", low=1)
    ]
    kernel_file: Annotated[PathLike, Flag("-kernel file", "The voxels of this image, for what follows.", role="in")]
    dilM: Annotated[bool, Flag("-dilM", "Dilate by the mean of voxels that are not zero.")]
    dilD: Annotated[bool, Flag("-dilD", "Dilate by their most frequent value.")]
    dilF: Annotated[bool, Flag("-dilF", "Greatest value in the kernel.")]
    dilall: Annotated[bool, Flag("-dilall", "Dilate until the image is full.")]
    ero: Annotated[bool, Flag("-ero", "Erode where a zero is in the kernel.")]
    eroF: Annotated[bool, Flag("-eroF", "Least value in the kernel.")]
    fmean: Annotated[bool, Flag("-fmean", "Mean in the kernel.")]
    fmedian: Annotated[bool, Flag("-fmedian", "Median in the kernel.")]
    s: Annotated[float, Flag("-s", "Smooth by a Gaussian of this sigma in mm.", low=0)]
    subsamp2: Annotated[bool, Flag("-subsamp2", "Every second voxel.")]
    Tmean: Annotated[bool, Flag("-Tmean", "Mean over time.")]
    Tstd: Annotated[bool, Flag("-Tstd", "Standard deviation over time.")]
    Tmax: Annotated[bool, Flag("-Tmax", "Greatest value over time.")]
    Tmin: Annotated[bool, Flag("-Tmin", "Least value over time.")]
    Tmedian: Annotated[bool, Flag("-Tmedian", "Median over time.")]
    Tperc: Annotated[float, Flag("-Tperc", "This percentile over time.", 0, 100)]
    bptf: Annotated[tuple[float, float], Flag("-bptf", "High and low pass over time: sigmas in volumes, -1 for none.")]
    roi: Annotated[
        tuple[int, int, int, int, int, int, int, int],
        Flag("-roi", "Zero outside this box: first voxel and size in x, y, z and time; -1 for all."),
    ]


FSLMATHS: Final = Tool(
    program="fslmaths",
    suite=FSL,
    says="Calculate with the voxels of an image.",
    options=FslmathsOperations,
    cites=("10.1016/j.neuroimage.2011.09.015",),
)


def fslmaths(
    image: PathLike,
    output: PathLike,
    /,
    *first: FslmathsOperations,
    dt: _DataType | None = None,
    odt: _DataType | None = None,
    **operations: Unpack[FslmathsOperations],
) -> Command:
    """Calculate with the voxels of an image (FSL's ``fslmaths``).

    Parameters
    ----------
    image : path
        The image to begin with.
    output : path
        The image to be written.
    *first : FslmathsOperations
        Operations that come before the others; an operation that is used twice stands in two of these.
    dt : {"char", "short", "int", "float", "double", "input"}, optional
        Type of the numbers in between.
    odt : {"char", "short", "int", "float", "double", "input"}, optional
        Type of the numbers that are written; float unless it is given.
    **operations : FslmathsOperations
        Operations in the order in which they are done.

    Returns
    -------
    Command
        Its outputs are ``output`` and what ``save`` writes.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such operation, or it cannot have such a value.

    Notes
    -----
    ``fslmaths`` goes from left to right: no operation binds more closely than another.

    References
    ----------
    Jenkinson M, Beckmann CF, Behrens TEJ, Woolrich MW, Smith SM (2012). FSL. NeuroImage 62, 782-790.
    doi:10.1016/j.neuroimage.2011.09.015

    Examples
    --------
    >>> print(fslmaths("T1w.nii.gz", "T1_skull_stripped.nii.gz", mas="brainmask.nii.gz"))
    fslmaths T1w.nii.gz -mas brainmask.nii.gz T1_skull_stripped.nii.gz
    >>> print(fslmaths("mask", "wider", {"dilM": True}, {"dilM": True}, bin=True, odt="char"))
    fslmaths mask -dilM -dilM -bin wider -odt char
    """
    steps = [FSLMATHS.read(_plain(some)) for some in (*first, operations)]
    operands = [text for some in (*first, operations) for text in _operands(some)]
    saved = [image_of(name) for step in steps for name in step.outputs]
    return command(
        FSLMATHS,
        [
            *(["-dt", dt] if dt else []),
            positional("fslmaths", "the image", image),
            *(word for step in steps for word in step.arguments),
            positional("fslmaths", "the output", output),
            *(["-odt", odt] if odt else []),
        ],
        inputs=[image, *operands, *(name for step in steps for name in step.inputs)],
        outputs=[*saved, image_of(output)],
    )


_TAKE_BOTH: Final = ("add", "sub", "mul", "div", "rem", "max", "min")
"""Operations with an image or a number."""


def _plain(operations: Mapping[str, object]) -> dict[str, object]:
    """Write operands as text."""
    return {name: _operand(value) if name in _TAKE_BOTH else value for name, value in operations.items()}


def _operand(value: object) -> object:
    """Write an operand as text: a number, or an image's name so that it is not taken for an operation."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(float(value))
    if isinstance(value, str | os.PathLike) and os.fspath(value) and not _reads_as_number(os.fspath(value)):
        return path_text(value)
    return value


def _reads_as_number(text: str) -> bool:
    """Say whether fslmaths would take the text for a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _operands(operations: Mapping[str, object]) -> Iterator[str]:
    """Give the operands that are images."""
    for name, text in _plain(operations).items():
        if name in _TAKE_BOTH and text is not None and not _reads_as_number(str(text)):
            yield str(text)


TOOLS: Final = (FSLMATHS,)
