"""ANTs: bias field correction by N4, from the Python package antspyx."""

from collections.abc import Sequence
from typing import Annotated, Final, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command, positional
from fsstats.runners.programs._python import PYTHON

ANTS: Final = Suite(name="ANTs", set_up="pip install antspyx", package="antspyx")


class N4Options(TypedDict, total=False):
    """Options of `n4_bias_field`."""

    mask: Annotated[
        PathLike,
        Flag("--mask", "Where the bias field is estimated; everywhere unless given.", role="in", is_of_one=True),
    ]
    weight: Annotated[
        PathLike, Flag("--weight", "Weights of voxels, such as of white matter.", role="in", is_of_one=True)
    ]
    shrink: Annotated[int, Flag("--shrink", "Estimate on every so-manieth voxel, to be quicker; 4.", low=1)]
    iterations: Annotated[
        Sequence[int], Flag("--iterations", "Greatest number of rounds at each level; 50,50,50,50.", 1, join=",")
    ]
    tolerance: Annotated[float, Flag("--tolerance", "When to stop a level; 1e-7.", low=0)]
    spline: Annotated[float, Flag("--spline", "Distance of the spline's knots in mm; one span unless given.", low=0)]
    rescale: Annotated[bool, Flag("--rescale", "Keep the range of intensities within the mask.")]
    field: Annotated[PathLike, Flag("--field", "Also write the bias field here.", role="out")]


N4: Final = Tool(
    name="n4_bias_field",
    program=PYTHON,
    suite=ANTS,
    says="Remove the bias field from an image (N4 of ANTs).",
    options=N4Options,
    cites=("10.1109/TMI.2010.2046908", "10.1038/s41598-021-87564-6"),
    threads="ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


def n4_bias_field(image: PathLike, output: PathLike, /, **options: Unpack[N4Options]) -> Command:
    """Remove the bias field from an image (N4 of ANTs, from the package antspyx).

    Parameters
    ----------
    image : path
        A 3D image, NIfTI.
    output : path
        The image to be written, in single precision and with the header of ``image``.
    **options : N4Options
        Its options, written in the order in which they are given.

    Returns
    -------
    Command
        A program of fsstats that calls antspyx, run by this Python. Its outputs are ``output`` and ``field``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or ``rescale`` has no mask.

    Notes
    -----
    antspyx must be installed for this Python (``pip install antspyx``). Its version 0.6 asks for older numpy and scipy
    than the newest. `ants_n4_bias_field_correction_fs` is the same method as FreeSurfer brings it.

    References
    ----------
    Tustison NJ, Avants BB, Cook PA, Zheng Y, Egan A, Yushkevich PA, Gee JC (2010). N4ITK: Improved N3 bias correction.
    IEEE Transactions on Medical Imaging 29, 1310-1320. doi:10.1109/TMI.2010.2046908

    Tustison NJ, et al. (2021). The ANTsX ecosystem for quantitative biological and medical imaging. Scientific Reports
    11, 9068. doi:10.1038/s41598-021-87564-6

    Examples
    --------
    >>> line = n4_bias_field("T1w.nii.gz", "T1w_biascorrected.nii.gz", shrink=2)
    >>> print(*line.arguments)
    -m fsstats.runners.programs._n4 T1w.nii.gz T1w_biascorrected.nii.gz --shrink 2
    """
    said = N4.read(options)
    if options.get("rescale") and not options.get("mask"):
        message = f"{N4.name}: expected a mask with --rescale, found none: give mask"
        raise TableError(message)
    images = (positional(N4.name, "the image", image), positional(N4.name, "the output", output))
    return command(
        N4,
        ["-m", "fsstats.runners.programs._n4", *images, *said.arguments],
        inputs=[image, *said.inputs],
        outputs=[output, *said.outputs],
    )


TOOLS: Final = (N4,)
