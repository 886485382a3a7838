"""FSL's FIRST: subcortical structures, and pages to check them by eye."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Required, TypedDict, Unpack

from fsstats.errors import TableError, UnknownNameError
from fsstats.runners._flags import Flag, PathLike, number_text, options_of
from fsstats.runners.command import Command, Tool, command, positional, remarks_on_names
from fsstats.runners.programs.fsl import FSL, image_of, images_of, stem_of

STRUCTURES: Final = (
    *(f"{side}_{name}" for side in "LR" for name in ("Accu", "Amyg", "Caud", "Hipp", "Pall", "Puta", "Thal")),
    "BrStem",
)
"""What FIRST segments, in its order."""
_METHODS: Final = ("auto", "fast", "none")
_WITHOUT_CORRECTION: Final = ("Thal", "Puta", "Pall")
"""Structures whose boundary the method auto does not correct."""


class FirstOptions(TypedDict, total=False):
    """Options of ``run_first_all``."""

    i: Required[Annotated[PathLike, Flag("-i", "The T1-weighted image.", role="in")]]
    o: Required[Annotated[PathLike, Flag("-o", "Beginning of the outputs' names.", role="out")]]
    m: Annotated[str | float, Flag("-m", "How boundaries are corrected: auto, fast, none, or a threshold.")]
    b: Annotated[bool, Flag("-b", "The image is of the brain alone.")]
    s: Annotated[Sequence[str], Flag("-s", "The structures; all unless given.", join=",")]
    a: Annotated[
        PathLike, Flag("-a", "The matrix to standard space, so that it is not estimated.", role="in", is_of_one=True)
    ]
    three_stage: Annotated[bool, Flag("-3", "Register in three stages; for the hippocampus.")]
    d: Annotated[bool, Flag("-d", "Keep the images of the single structures.")]
    v: Annotated[bool, Flag("-v", "Say more.")]


RUN_FIRST_ALL: Final = Tool(
    program="run_first_all",
    suite=FSL,
    says="Segment subcortical structures (FIRST).",
    options=FirstOptions,
    cites=("10.1016/j.neuroimage.2011.02.046",),
)


def run_first_all(**options: Unpack[FirstOptions]) -> Command:
    """Segment subcortical structures (FSL's FIRST, ``run_first_all``).

    Parameters
    ----------
    **options : FirstOptions
        The options of ``run_first_all`` by their letters, written in the order in which they are given;
        ``three_stage`` for ``-3``. ``s`` is a structure or a list of them, ``m`` auto, fast, none or a number.

    Returns
    -------
    Command
        Its outputs are named by FIRST: for several structures ``OUT_all_METHOD_firstseg`` (labels, corrected where
        structures meet) and ``OUT_all_METHOD_origsegs`` (each on its own, a 4D image); for one, ``OUT-L_Hipp_first``
        and ``OUT-L_Hipp_corr``; and a surface (``.vtk``) and its parameters (``.bvars``) for each structure.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, structure or method, or ``i`` or ``o`` is missing.

    Notes
    -----
    METHOD is that of the last structure: with ``auto``, none for thalamus, putamen and pallidum and fast for others;
    a threshold of 2.5 is ``th25``. All 15 structures end with the brain stem, so the name is ``OUT_all_fast_firstseg``.
    With a threshold, FIRST of FSL 6.0 makes no image of several structures, which is said in the command's `remarks`.

    FIRST hands its work to FSL's queue and returns before it is done where there is a cluster. The command therefore
    sets ``FSLSUBALREADYRUN``, with which all is done when it returns. A file ``OUT.logs/*.e*`` that is not empty
    tells of a failure, whatever the program's end said. The matrix to standard space (``_to_std_sub.mat``) is written
    beside the image ``i`` where that folder can be written to, and otherwise beside the outputs.

    References
    ----------
    Patenaude B, Smith SM, Kennedy DN, Jenkinson M (2011). A Bayesian model of shape and appearance for subcortical
    brain segmentation. NeuroImage 56, 907-922. doi:10.1016/j.neuroimage.2011.02.046

    Examples
    --------
    >>> line = run_first_all(i="T1_skull_stripped.nii.gz", o="output", b=True)
    >>> print(line)
    FSLSUBALREADYRUN=true run_first_all -i T1_skull_stripped.nii.gz -o output -b
    >>> print(line.outputs[0])
    output_all_fast_firstseg.nii.gz
    >>> print(run_first_all(i="T1w.nii.gz", o="output", s=["L_Hipp", "L_Thal"]).outputs[0])
    output_all_none_firstseg.nii.gz
    """
    method = _method(options.get("m"))
    said = RUN_FIRST_ALL.read(options | ({"m": method} if "m" in options else {}))
    structures = _structures(options.get("s"))
    is_number = method not in _METHODS
    remarks = remarks_on_names("run_first_all", options["i"], options["o"])
    if is_number and len(structures) > 1:
        remarks.append(
            "run_first_all of FSL 6.0 fails to put several structures together with a threshold: run it for each"
        )
    return command(
        RUN_FIRST_ALL,
        said.arguments,
        inputs=said.inputs,
        outputs=_of_first(stem_of(options["o"]), structures, method, keeps=bool(options.get("d"))),
        environment={"FSLSUBALREADYRUN": "true"},
        remarks=remarks,
    )


def _method(given: str | float | None) -> str:
    """Read how boundaries are corrected."""
    if given is None:
        return "auto"
    text = given if isinstance(given, str) else number_text(float(given))
    is_number = text.replace(".", "", 1).isdecimal()
    if not is_number and text.lower() not in _METHODS:
        raise UnknownNameError.among("-m of run_first_all", text, [*_METHODS, "a number"])
    return text


def _structures(given: str | Sequence[str] | None) -> list[str]:
    """List the structures that are asked for."""
    asked = given.split(",") if isinstance(given, str) else list(given or STRUCTURES)
    stranger = next((one for one in asked if one not in STRUCTURES), None)
    if stranger is not None:
        raise UnknownNameError.among("-s of run_first_all", stranger, STRUCTURES)
    return asked


def _of_first(stem: str, structures: list[str], method: str, *, keeps: bool) -> list[Path]:
    """Name what FIRST writes."""
    stems = [f"{stem}-{structure}" for structure in structures]
    written = [Path(f"{one}_first{suffix}") for one in stems for suffix in (".vtk", ".bvars")]
    single = [image_of(f"{one}_{kind}") for one in stems for kind in ("first", "corr")]
    if len(structures) == 1:
        return single + written
    name = _method_name(method, structures[-1])
    together = images_of(stem, [f"_all_{name}_firstseg", f"_all_{name}_origsegs"])
    return together + (single if keeps else []) + written


def _method_name(method: str, last: str) -> str:
    """Name the method as FIRST does, by its last structure."""
    if method.lower() == "auto":
        return "none" if last[2:] in _WITHOUT_CORRECTION else "fast"
    return method.lower() if method.lower() in _METHODS else f"th{method.replace('.', '')}"


class FirstRoiSlicesdirOptions(TypedDict, total=False):
    """``first_roi_slicesdir`` has no options."""


FIRST_ROI_SLICESDIR: Final = Tool(
    program="first_roi_slicesdir",
    suite=FSL,
    says="Show the structures of FIRST on the images, for a check by eye.",
    options=FirstRoiSlicesdirOptions,
    cites=RUN_FIRST_ALL.cites,
)
_CLEARS: Final = "deletes a folder slicesdir in the folder where it is run, and makes it anew"


def first_roi_slicesdir(images: Sequence[PathLike], labels: Sequence[PathLike]) -> Command:
    """Show the structures of FIRST on the images of several people, for a check by eye (``first_roi_slicesdir``).

    Parameters
    ----------
    images : sequence of path
        The T1-weighted images.
    labels : sequence of path
        The labels of FIRST, in the same order.

    Returns
    -------
    Command
        Its outputs are ``slicesdir/index.html`` and a picture for each image, in the folder where it is run.

    Raises
    ------
    TableError
        If there are none, or not as many labels as images.

    Notes
    -----
    The folder ``slicesdir`` is deleted first if it is there.

    References
    ----------
    Patenaude B, Smith SM, Kennedy DN, Jenkinson M (2011). A Bayesian model of shape and appearance for subcortical
    brain segmentation. NeuroImage 56, 907-922. doi:10.1016/j.neuroimage.2011.02.046

    Examples
    --------
    >>> print(first_roi_slicesdir(["a_T1.nii.gz", "b_T1.nii.gz"], ["a_firstseg.nii.gz", "b_firstseg.nii.gz"]))
    first_roi_slicesdir a_T1.nii.gz b_T1.nii.gz a_firstseg.nii.gz b_firstseg.nii.gz
    """
    program = FIRST_ROI_SLICESDIR.program
    if not images or len(images) != len(labels):
        message = f"{program}: expected labels for each image, found {len(images)} image(s) and {len(labels)} of labels"
        raise TableError(message)
    names = [positional(program, "an image", one) for one in (*images, *labels)]
    pages = [
        f"slicesdir/{Path(stem_of(image)).name}_t1grot{at}_to_{Path(stem_of(label)).name}lbgrot{at}.png"
        for at, (image, label) in enumerate(zip(images, labels, strict=True), start=1)
    ]
    return command(
        FIRST_ROI_SLICESDIR,
        names,
        inputs=[*images, *labels],
        outputs=["slicesdir/index.html", *pages],
        remarks=[f"{program} {_CLEARS}", *remarks_on_names(program, *names)],
    )


class SlicesdirOptions(TypedDict, total=False):
    """Options of ``slicesdir``."""

    o: Annotated[bool, Flag("-o", "The images are pairs: one below, and one whose outline is drawn in red.")]
    p: Annotated[PathLike, Flag("-p", "The image whose outline is drawn in red on each.", role="in")]
    e: Annotated[float, Flag("-e", "Threshold of edges: above 0 a share of the range, below 0 a value.")]
    S: Annotated[bool, Flag("-S", "Every second axial slice in place of nine slices.")]


SLICESDIR: Final = Tool(
    program="slicesdir",
    suite=FSL,
    says="Show slices of several images on a page, for a check by eye.",
    options=SlicesdirOptions,
    cites=("10.1016/j.neuroimage.2011.09.015",),
)


def slicesdir(*images: PathLike, **options: Unpack[SlicesdirOptions]) -> Command:
    """Show slices of several images on a page, for a check by eye (FSL's ``slicesdir``).

    Parameters
    ----------
    *images : path
        The images; with ``o``, pairs of them.
    **options : SlicesdirOptions
        The options of ``slicesdir``. They are written in the order ``-o -p -e -S``, the only one that it reads.

    Returns
    -------
    Command
        Its outputs are ``slicesdir/index.html`` and a picture for each image, in the folder where it is run.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, there are no images, or with ``o`` an odd number.

    Notes
    -----
    The folder ``slicesdir`` is deleted first if it is there.

    References
    ----------
    Jenkinson M, Beckmann CF, Behrens TEJ, Woolrich MW, Smith SM (2012). FSL. NeuroImage 62, 782-790.
    doi:10.1016/j.neuroimage.2011.09.015

    Examples
    --------
    >>> line = slicesdir("a/brain.nii.gz", "b/brain.nii.gz", e=0.1, p="MNI152_T1_1mm_brain.nii.gz")
    >>> print(line)
    slicesdir -p MNI152_T1_1mm_brain.nii.gz -e 0.1 a/brain.nii.gz b/brain.nii.gz
    >>> [page.name for page in line.outputs]
    ['index.html', 'a_brain.png', 'b_brain.png']
    """
    order = list(options_of(SlicesdirOptions))
    said = SLICESDIR.read(dict(sorted(options.items(), key=lambda one: order.index(one[0]) if one[0] in order else 0)))
    if not images or (options.get("o") and len(images) % 2):
        message = f"slicesdir: expected {'pairs of ' if options.get('o') else ''}images, found {len(images)}"
        raise TableError(message)
    names = [positional("slicesdir", "an image", one) for one in images]
    flat = [stem_of(name).replace("/", "_") for name in names]
    if options.get("o"):
        flat = [f"{below}_to_{outline}" for below, outline in zip(flat[::2], flat[1::2], strict=True)]
    return command(
        SLICESDIR,
        [*said.arguments, *names],
        inputs=[*images, *said.inputs],
        outputs=["slicesdir/index.html", *(f"slicesdir/{one}.png" for one in flat)],
        remarks=[f"slicesdir {_CLEARS}", *remarks_on_names("slicesdir", *names)],
    )


TOOLS: Final = (RUN_FIRST_ALL, FIRST_ROI_SLICESDIR, SLICESDIR)
