"""FSL: its images, brain extraction and tissues; for more of its tools see `registration`, `first` and `arithmetic`."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command, positional, remarks_on_names

FSL: Final = Suite(
    name="FSL",
    home="FSLDIR",
    bins=("bin", "share/fsl/bin"),
    set_up="set FSLDIR and source $FSLDIR/etc/fslconf/fsl.sh",
    version_file="etc/fslversion",
)
_SUFFIXES: Final[Mapping[str, str]] = {
    "NIFTI_GZ": ".nii.gz",
    "NIFTI": ".nii",
    "NIFTI_PAIR": ".hdr",
    "NIFTI_PAIR_GZ": ".hdr.gz",
}
"""What FSL's programs write, by FSLOUTPUTTYPE."""


def stem_of(image: PathLike) -> str:
    """Take the suffix of an image off, as FSL's ``remove_ext`` does.

    Examples
    --------
    >>> stem_of("a/T1w.nii.gz"), stem_of("T1w"), stem_of("T1w.mgz")
    ('a/T1w', 'T1w', 'T1w.mgz')
    """
    text = os.fspath(image)
    known = (".nii.gz", ".nii", ".hdr.gz", ".img.gz", ".hdr", ".img")
    suffix = next((one for one in known if text.endswith(one)), "")
    return text.removesuffix(suffix)


def image_of(stem: PathLike) -> Path:
    """Name the image that a program of FSL writes when it is told a name with or without its suffix.

    Notes
    -----
    The suffix follows the environment variable ``FSLOUTPUTTYPE``, whatever was asked for; ``NIFTI_GZ`` unless
    it is set.
    """
    return Path(stem_of(stem) + _SUFFIXES.get(output_type(), ".nii.gz"))


def output_type() -> str:
    """Give what FSL's programs write: the environment variable ``FSLOUTPUTTYPE``, or else ``NIFTI_GZ``."""
    return os.environ.get("FSLOUTPUTTYPE", "NIFTI_GZ")


def images_of(stem: PathLike, endings: Iterable[str]) -> list[Path]:
    """Name the images that a program of FSL writes with endings of its own: ``output_seg``, ``output_pve_0``."""
    return [image_of(f"{stem_of(stem)}{ending}") for ending in endings]


class BetOptions(TypedDict, total=False):
    """Options of ``bet``."""

    o: Annotated[bool, Flag("-o", "Also draw the outline of the brain onto the image.")]
    m: Annotated[bool, Flag("-m", "Also write the mask of the brain.")]
    s: Annotated[bool, Flag("-s", "Also write an approximate image of the skull.")]
    n: Annotated[bool, Flag("-n", "Do not write the image of the brain.")]
    f: Annotated[float, Flag("-f", "Fractional intensity threshold; smaller gives a larger brain.", low=0, high=1)]
    g: Annotated[float, Flag("-g", "Vertical gradient of that threshold.", low=-1, high=1)]
    r: Annotated[float, Flag("-r", "Radius of the head in mm.", low=0)]
    c: Annotated[tuple[float, float, float], Flag("-c", "Centre of gravity in voxels.")]
    t: Annotated[bool, Flag("-t", "Apply a threshold to the image of the brain and the mask.")]
    e: Annotated[bool, Flag("-e", "Also write the surface of the brain as a mesh (.vtk).")]
    R: Annotated[bool, Flag("-R", "Variation: find the centre robustly, by several runs.")]
    S: Annotated[bool, Flag("-S", "Variation: clean up eyes and optic nerves.")]
    B: Annotated[bool, Flag("-B", "Variation: clean up the bias field and the neck.")]
    Z: Annotated[bool, Flag("-Z", "Variation: for few slices in Z.")]
    F: Annotated[bool, Flag("-F", "Variation: for a time series (functional MRI).")]
    A: Annotated[bool, Flag("-A", "Variation: also find the surfaces of skull and scalp.")]
    A2: Annotated[PathLike, Flag("-A2", "Variation: as -A, with this T2-weighted image.", role="in", is_of_one=True)]
    v: Annotated[bool, Flag("-v", "Say more.")]
    d: Annotated[bool, Flag("-d", "Keep temporary images.")]


BET: Final = Tool(
    program="bet",
    suite=FSL,
    says="Extract the brain from an image of the head.",
    options=BetOptions,
    cites=("10.1002/hbm.10062",),
)
_VARIATIONS: Final = ("R", "S", "B", "Z", "F", "A", "A2")
_ASKED: Final = {"o": "_overlay", "m": "_mask", "s": "_skull"}
"""What options of bet add to the name of the output."""
_ONLY: Final = {"S": ("", "_mask", "_skull"), "F": ("", "_mask")}
"""What these variations write, whatever else is asked for."""
_SURFACES: Final = [f"_{where}_{what}" for where in ("inskull", "outskull", "outskin") for what in ("mask", "mesh")]


def bet(image: PathLike, output: PathLike, /, **options: Unpack[BetOptions]) -> Command:
    """Extract the brain from an image of the head (FSL's ``bet``).

    Parameters
    ----------
    image : path
        The image of the head.
    output : path
        The image of the brain to be written.
    **options : BetOptions
        The options of ``bet`` by their letters, written in the order in which they are given.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, or it cannot have such a value.

    Notes
    -----
    Of the variations ``-R -S -B -Z -F -A -A2``, ``bet`` keeps the last one that it is given. The command is written as
    asked, and its `remarks` say which one counts. The mask is written too with ``-B``, ``-S`` and ``-F``; ``-S`` and
    ``-F`` write no outline and no surface, and ``-R`` and ``-B`` write the image of the brain in spite of ``-n``
    (as in FSL 6.0).

    References
    ----------
    Smith SM (2002). Fast robust automated brain extraction. Human Brain Mapping 17, 143-155. doi:10.1002/hbm.10062

    Examples
    --------
    >>> line = bet("T1w.nii.gz", "T1_skull_stripped.nii.gz", f=0.3, R=True, S=True, B=True)
    >>> print(line)
    bet T1w.nii.gz T1_skull_stripped.nii.gz -f 0.3 -R -S -B
    >>> print(*line.remarks)
    bet keeps the last of the variations -R -S -B, which is -B: the others do nothing
    """
    said = BET.read(options)
    used = [name for name in options if name in _VARIATIONS and options[name]]  # type: ignore[literal-required]
    remarks = remarks_on_names("bet", image, output, *said.inputs)
    if len(used) > 1:
        spelled = " ".join(f"-{name}" for name in used)
        remarks.append(f"bet keeps the last of the variations {spelled}, which is -{used[-1]}: the others do nothing")
    return command(
        BET,
        [positional("bet", "the image", image), positional("bet", "the output", output), *said.arguments],
        inputs=[image, *said.inputs],
        outputs=_of_bet(stem_of(output), options, used[-1] if used else ""),
        remarks=remarks,
    )


def _of_bet(stem: str, options: BetOptions, variation: str) -> list[Path]:
    """Name what bet writes."""
    if variation in _ONLY:
        return images_of(stem, _ONLY[variation])
    has_surfaces = variation in {"A", "A2"}
    endings = [ending for letter, ending in _ASKED.items() if options.get(letter)]
    if not options.get("n") or variation in {"R", "B"}:
        endings.insert(0, "")
    if variation == "B":
        endings.append("_mask")
    if has_surfaces:
        endings += [*_SURFACES, "_skull_mask"]
    mesh = [Path(f"{stem}_mesh.vtk")] if options.get("e") or has_surfaces else []
    return images_of(stem, dict.fromkeys(endings)) + mesh


class ReorientOptions(TypedDict, total=False):
    """Options of ``fslreorient2std``."""

    m: Annotated[PathLike, Flag("-m", "The matrix to be written, from the new axes to the old ones.", role="out")]


FSLREORIENT2STD: Final = Tool(
    program="fslreorient2std",
    suite=FSL,
    says="Turn an image by right angles, so that it lies like the standard images.",
    options=ReorientOptions,
    cites=("10.1016/j.neuroimage.2011.09.015",),
)


def fslreorient2std(image: PathLike, output: PathLike, /, **options: Unpack[ReorientOptions]) -> Command:
    """Turn an image by right angles, so that it lies like the standard images (FSL's ``fslreorient2std``).

    Parameters
    ----------
    image : path
        The image; its header must say how it lies.
    output : path
        The image to be written.
    **options : ReorientOptions
        The options of ``fslreorient2std``, in front of the images.

    Returns
    -------
    Command
        Its outputs are ``output`` and, if it is asked for, the matrix ``m``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, or a file is not named.

    Notes
    -----
    Voxels are put into another order and the header follows; nothing is interpolated, and left stays left.

    References
    ----------
    Jenkinson M, Beckmann CF, Behrens TEJ, Woolrich MW, Smith SM (2012). FSL. NeuroImage 62, 782-790.
    doi:10.1016/j.neuroimage.2011.09.015

    Examples
    --------
    >>> print(fslreorient2std("T1w.nii.gz", "T1w_std.nii.gz"))
    fslreorient2std T1w.nii.gz T1w_std.nii.gz
    """
    said = FSLREORIENT2STD.read(options)
    names = [positional("fslreorient2std", "the image", image), positional("fslreorient2std", "the output", output)]
    return command(
        FSLREORIENT2STD,
        [*said.arguments, *names],
        inputs=[image],
        outputs=[image_of(output), *said.outputs],
        remarks=remarks_on_names("fslreorient2std", *names),
    )


class FastOptions(TypedDict, total=False):
    """Options of ``fast``."""

    n: Annotated[int, Flag("-n", "Number of tissue classes; 3 unless it is given.", low=2, also=("--class",))]
    I: Annotated[  # noqa: E741 - fast's own letter
        int, Flag("-I", "Rounds in which the bias field is estimated; 4 unless given.", low=0, also=("--iter",))
    ]
    l: Annotated[  # noqa: E741 - fast's own letter
        float, Flag("-l", "How smooth the bias field is: FWHM in mm; 20 unless given.", low=0, also=("--lowpass",))
    ]
    t: Annotated[Literal[1, 2, 3], Flag("-t", "Contrast: 1 is T1, 2 is T2, 3 is proton density.", also=("--type",))]
    f: Annotated[
        float,
        Flag("-f", "Smoothness of the segmentation during the bias estimate; 0.02 unless given.", also=("--fHard",)),
    ]
    g: Annotated[bool, Flag("-g", "Also write a mask for each tissue.", also=("--segments",))]
    a: Annotated[
        PathLike,
        Flag("-a", "Start from tissue priors, with this matrix from flirt to them.", role="in", is_of_one=True),
    ]
    A: Annotated[tuple[PathLike, PathLike, PathLike], Flag("-A", "Three other images of tissue priors.", role="in")]
    nopve: Annotated[bool, Flag("--nopve", "Do not estimate partial volumes.")]
    b: Annotated[bool, Flag("-b", "Also write the estimated bias field.")]
    B: Annotated[bool, Flag("-B", "Also write the image without its bias field.")]
    N: Annotated[bool, Flag("-N", "Do not estimate a bias field.", also=("--nobias",))]
    S: Annotated[int, Flag("-S", "Number of images (channels); 1 unless it is given.", low=1, also=("--channels",))]
    o: Annotated[PathLike, Flag("-o", "Beginning of the outputs' names.", role="out", also=("--out",))]
    P: Annotated[bool, Flag("-P", "Use the priors to the end; needs -a.", also=("--Prior",))]
    W: Annotated[
        int, Flag("-W", "Rounds that prepare the segmentation; 15 unless it is given.", low=0, also=("--init",))
    ]
    R: Annotated[float, Flag("-R", "Smoothness of the types of mixture; 0.3 unless it is given.", also=("--mixel",))]
    O: Annotated[  # noqa: E741 - fast's own letter
        int, Flag("-O", "Rounds after the bias field is removed; 4 unless it is given.", low=0, also=("--fixed",))
    ]
    H: Annotated[float, Flag("-H", "Smoothness of the segmentation; 0.1 unless it is given.", low=0, also=("--Hyper",))]
    v: Annotated[bool, Flag("-v", "Say more.", also=("--verbose",))]
    s: Annotated[
        PathLike, Flag("-s", "A file of the tissues' intensities.", role="in", also=("--manualseg",), is_of_one=True)
    ]
    p: Annotated[bool, Flag("-p", "Also write a map of probability for each tissue.")]


FAST: Final = Tool(
    program="fast",
    suite=FSL,
    says="Segment the tissues of a brain, and estimate the bias field.",
    options=FastOptions,
    cites=("10.1109/42.906424",),
)


def fast(*images: PathLike, **options: Unpack[FastOptions]) -> Command:
    """Segment the tissues of a brain, and estimate its bias field (FSL's ``fast``).

    Parameters
    ----------
    *images : path
        The image of the brain, without the skull; several of one person (say T1 and T2) with ``S``, their number.
    **options : FastOptions
        The options of ``fast`` by their letters, written in the order in which they are given, before the images.

    Returns
    -------
    Command
        Its outputs begin with ``o``, or with the name of the last image: ``_seg``; a partial volume ``_pve_0`` … a
        tissue (of a T1: 0 fluid, 1 grey matter, 2 white matter), ``_pveseg`` and ``_mixeltype`` unless ``nopve``; with
        ``g`` ``_seg_0`` …, with ``p`` ``_prob_0`` …, with ``B`` ``_restore``, with ``b`` ``_bias``.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or there are fewer images than ``S``.

    Notes
    -----
    Without ``S``, ``fast`` reads only the last of several images, and says nothing. With ``S`` it counts them from the
    last: ``_restore_1`` and ``_bias_1`` are of the last image. Both are said in the command's `remarks`.

    References
    ----------
    Zhang Y, Brady M, Smith S (2001). Segmentation of brain MR images through a hidden Markov random field model and the
    expectation-maximization algorithm. IEEE Transactions on Medical Imaging 20, 45-57. doi:10.1109/42.906424

    Examples
    --------
    >>> line = fast("T1_skull_stripped.nii.gz", t=1, g=True, B=True, b=True, p=True, o="output")
    >>> print(line)
    fast -t 1 -g -B -b -p -o output T1_skull_stripped.nii.gz
    >>> [image.name for image in line.outputs][:4]
    ['output_seg.nii.gz', 'output_pve_0.nii.gz', 'output_pve_1.nii.gz', 'output_pve_2.nii.gz']
    """
    said = FAST.read(options)
    n_channels = options.get("S") or 1
    if len(images) < n_channels:
        message = f"fast: expected {n_channels} image(s), as -S says, found {len(images)}: name each of them"
        raise TableError(message)
    return command(
        FAST,
        [*said.arguments, *(positional("fast", "an image", image) for image in images)],
        inputs=[*images[-n_channels:], *said.inputs],
        outputs=images_of(options.get("o") or images[-1], _of_fast(options, n_channels)),
        remarks=_about_fast(images, options, n_channels),
    )


def _of_fast(options: FastOptions, n_channels: int) -> list[str]:
    """Name the endings of what fast writes."""
    tissues, images = range(options.get("n") or 3), range(1, n_channels + 1)
    counted = [""] if n_channels == 1 else [f"_{number}" for number in images]
    endings = ["_seg"]
    if not options.get("nopve"):
        endings += [*(f"_pve_{tissue}" for tissue in tissues), "_pveseg", "_mixeltype"]
    for asked, name in (("g", "_seg_"), ("p", "_prob_")):
        endings += [f"{name}{tissue}" for tissue in tissues if options.get(asked)]
    for asked, name in (("B", "_restore"), ("b", "_bias")):
        endings += [f"{name}{count}" for count in counted if options.get(asked)]
    return endings


def _about_fast(images: tuple[PathLike, ...], options: FastOptions, n_channels: int) -> list[str]:
    """Say what fast does with these options that may surprise."""
    last, remarks = os.fspath(images[-1]), []
    if len(images) > n_channels:
        remarks.append(
            f"fast reads the last {n_channels} of {len(images)} images, which ends with {last}: give S={len(images)}"
        )
    if n_channels > 1 and (options.get("B") or options.get("b")):
        remarks.append(f"fast counts images from the last: the outputs that end with _1 are of {last}")
    if options.get("P") and not options.get("a"):
        remarks.append("fast uses no priors with -P unless -a is given too")
    if options.get("a") and options.get("n", 3) not in {2, 3}:
        remarks.append("fast uses priors only for 2 or 3 tissue classes")
    return remarks


TOOLS: Final = (BET, FSLREORIENT2STD, FAST)
