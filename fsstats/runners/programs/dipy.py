"""DIPY: Gibbs ringing, with a mask of the head or brain by the method of Otsu."""

from typing import Annotated, Final, Literal, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command, positional
from fsstats.runners.programs._python import PYTHON

DIPY: Final = Suite(name="DIPY", set_up="pip install dipy", package="dipy")


class GibbsOptions(TypedDict, total=False):
    """Options of `gibbs_removal`."""

    bvals: Annotated[PathLike, Flag("--bvals", "The b-values of a series; needed for one.", role="in")]
    b0: Annotated[float, Flag("--b0", "Volumes with b of at most this make the mask; 0.", low=0)]
    mask: Annotated[PathLike, Flag("--mask", "Also write the mask here.", role="out")]
    unmasked: Annotated[bool, Flag("--unmasked", "Make no mask: correct the whole image.")]
    median_radius: Annotated[int, Flag("--median-radius", "Radius of the median filter in voxels; 4.", low=1)]
    numpass: Annotated[int, Flag("--numpass", "How often it is applied; 4.", low=1)]
    slice_axis: Annotated[Literal[0, 1, 2], Flag("--slice-axis", "The axis across the slices; 2, for axial slices.")]
    n_points: Annotated[int, Flag("--n-points", "Number of neighbours that are looked at; 3.", low=1)]
    as_stored: Annotated[
        bool, Flag("--as-stored", "Leave whole numbers whole, as DIPY does if it is called by itself.")
    ]
    processes: Annotated[int, Flag("--processes", "Number of processes; 1.", low=1)]


GIBBS_REMOVAL: Final = Tool(
    name="gibbs_removal",
    program=PYTHON,
    suite=DIPY,
    says="Remove Gibbs ringing from a masked image or series (DIPY).",
    options=GibbsOptions,
    cites=("10.1002/mrm.26054", "10.3389/fninf.2014.00008"),
)


def gibbs_removal(image: PathLike, output: PathLike, /, **options: Unpack[GibbsOptions]) -> Command:
    """Remove Gibbs ringing from an image or a diffusion series (DIPY's ``gibbs_removal`` after ``median_otsu``).

    Parameters
    ----------
    image : path
        A 3D image, or a 4D series with ``bvals``; NIfTI.
    output : path
        The image to be written, in single precision and with the header of ``image``; 0 outside the mask.
    **options : GibbsOptions
        Its options, written in the order in which they are given.

    Returns
    -------
    Command
        A program of fsstats that calls DIPY, run by this Python. Its outputs are ``output`` and ``mask``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or ``mask`` is asked for with ``unmasked``.

    Notes
    -----
    DIPY must be installed for this Python (``pip install dipy``). The mask of a series is made from the mean of its
    volumes without diffusion weighting, that is b = 0 or at most ``b0``; the program ends with an error if there are
    none. Numbers are taken in double precision: with an image of whole numbers, as most scanners store them, DIPY drops
    the fractions at each step, and the result may be off by some per cent at edges. ``as_stored`` gives the numbers
    that DIPY gives when it is called by hand. As with `mrdegibbs`, it comes before whatever interpolates.

    References
    ----------
    Kellner E, Dhital B, Kiselev VG, Reisert M (2016). Gibbs-ringing artifact removal based on local subvoxel-shifts.
    Magnetic Resonance in Medicine 76, 1574-1581. doi:10.1002/mrm.26054

    Garyfallidis E, et al. (2014). Dipy, a library for the analysis of diffusion MRI data. Frontiers in
    Neuroinformatics 8, 8. doi:10.3389/fninf.2014.00008

    Examples
    --------
    >>> line = gibbs_removal("DWI.nii.gz", "DWI_degibbs.nii.gz", bvals="bvals")
    >>> print(*line.arguments)
    -m fsstats.runners.programs._degibbs DWI.nii.gz DWI_degibbs.nii.gz --bvals bvals
    """
    said = GIBBS_REMOVAL.read(options)
    name = GIBBS_REMOVAL.name
    if options.get("unmasked") and options.get("mask"):
        message = f"{name}: expected mask or unmasked, found both: leave one out"
        raise TableError(message)
    images = (positional(name, "the image", image), positional(name, "the output", output))
    return command(
        GIBBS_REMOVAL,
        ["-m", "fsstats.runners.programs._degibbs", *images, *said.arguments],
        inputs=[image, *said.inputs],
        outputs=[output, *said.outputs],
    )


TOOLS: Final = (GIBBS_REMOVAL,)
