"""FSL's tools."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, TypedDict, Unpack

from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command, positional

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
    kind = os.environ.get("FSLOUTPUTTYPE", "NIFTI_GZ")
    return Path(stem_of(stem) + _SUFFIXES.get(kind, ".nii.gz"))


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
    A2: Annotated[PathLike, Flag("-A2", "Variation: as -A, with this T2-weighted image.", role="in")]
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
    asked, and its `remarks` say which one counts. With ``-B``, or ``-S``, the mask is written too.

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
    remarks = []
    if len(used) > 1:
        spelled = " ".join(f"-{name}" for name in used)
        remarks.append(f"bet keeps the last of the variations {spelled}, which is -{used[-1]}: the others do nothing")
    stem = stem_of(output)
    outputs = [] if options.get("n") else [image_of(stem)]
    if options.get("m") or (used and used[-1] in {"S", "B"}):
        outputs.append(image_of(f"{stem}_mask"))
    return command(
        BET,
        [positional("bet", "the image", image), positional("bet", "the output", output), *said.arguments],
        inputs=[image, *said.inputs],
        outputs=outputs,
        remarks=remarks,
    )
