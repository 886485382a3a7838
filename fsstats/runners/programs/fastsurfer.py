"""FastSurfer's run_fastsurfer.sh."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, Required, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command, remarks_on_names
from fsstats.schema import HEMIS

FASTSURFER: Final = Suite(
    name="FastSurfer",
    home="FASTSURFER_HOME",
    bins=(".",),
    set_up="set FASTSURFER_HOME to the folder that holds run_fastsurfer.sh",
    version_arguments=("--version",),
    finds_itself=True,
)


class FastSurferOptions(TypedDict, total=False):
    """Options of ``run_fastsurfer.sh``."""

    sid: Required[
        Annotated[str, Flag("--sid", "The subject's name, which becomes the name of its folder.", is_of_one=True)]
    ]
    sd: Required[
        Annotated[PathLike, Flag("--sd", "The folder of the subjects, made where it is not there.", is_of_one=True)]
    ]
    t1: Annotated[PathLike, Flag("--t1", "The T1-weighted image, by its whole path.", role="in", is_of_one=True)]
    t2: Annotated[PathLike, Flag("--t2", "A T2-weighted image, for the hypothalamus.", role="in", is_of_one=True)]
    fs_license: Annotated[PathLike, Flag("--fs_license", "FreeSurfer's licence.", role="in")]
    seg_only: Annotated[bool, Flag("--seg_only", "Only the segmentations.")]
    surf_only: Annotated[bool, Flag("--surf_only", "Only the surfaces.")]
    asegdkt_segfile: Annotated[PathLike, Flag("--asegdkt_segfile", "The segmentation, elsewhere.", is_of_one=True)]
    asegdkt_statsfile: Annotated[PathLike, Flag("--asegdkt_statsfile", "Its stats file, elsewhere.", is_of_one=True)]
    aseg_segfile: Annotated[
        PathLike, Flag("--aseg_segfile", "The subcortical segmentation, elsewhere.", is_of_one=True)
    ]
    cereb_segfile: Annotated[
        PathLike, Flag("--cereb_segfile", "The cerebellum's segmentation, elsewhere.", is_of_one=True)
    ]
    cereb_statsfile: Annotated[PathLike, Flag("--cereb_statsfile", "Its stats file, elsewhere.", is_of_one=True)]
    hypo_segfile: Annotated[
        PathLike, Flag("--hypo_segfile", "The hypothalamus' segmentation, elsewhere.", is_of_one=True)
    ]
    hypo_statsfile: Annotated[PathLike, Flag("--hypo_statsfile", "Its stats file, elsewhere.", is_of_one=True)]
    conformed_name: Annotated[PathLike, Flag("--conformed_name", "The conformed image, elsewhere.", is_of_one=True)]
    norm_name: Annotated[PathLike, Flag("--norm_name", "The image without its bias field, elsewhere.", is_of_one=True)]
    mask_name: Annotated[PathLike, Flag("--mask_name", "The mask of the brain, elsewhere.", is_of_one=True)]
    seg_log: Annotated[PathLike, Flag("--seg_log", "The log of the segmentations, elsewhere.", is_of_one=True)]
    vox_size: Annotated[str, Flag("--vox_size", "The voxel size in mm, up to 1, or min.")]
    no_biasfield: Annotated[bool, Flag("--no_biasfield", "No correction of the bias field, and so no stats files.")]
    no_asegdkt: Annotated[bool, Flag("--no_asegdkt", "Leave the segmentation of the whole brain out.")]
    no_cereb: Annotated[bool, Flag("--no_cereb", "Leave the cerebellum out.")]
    no_hypothal: Annotated[bool, Flag("--no_hypothal", "Leave the hypothalamus out.")]
    tal_reg: Annotated[bool, Flag("--tal_reg", "Also find the Talairach transform, for the intracranial volume.")]
    at_3T: Annotated[bool, Flag("--3T", "Use the 3 tesla atlas for that transform.")]
    reg_mode: Annotated[
        Literal["coreg", "robust", "none"], Flag("--reg_mode", "How the T2-weighted image is registered.")
    ]
    qc_snap: Annotated[bool, Flag("--qc_snap", "Also draw pictures for quality control.")]
    device: Annotated[str, Flag("--device", "Where the networks run: cpu, cuda, cuda:1, mps.")]
    viewagg_device: Annotated[str, Flag("--viewagg_device", "Where the views are put together: auto or a device.")]
    batch: Annotated[int, Flag("--batch", "How many slices are segmented at once.", low=1)]
    threads: Annotated[int, Flag("--threads", "The number of threads.", low=1)]
    parallel: Annotated[bool, Flag("--parallel", "Run both hemispheres at once.")]
    py: Annotated[str, Flag("--py", "The Python to run with.")]
    fstess: Annotated[bool, Flag("--fstess", "FreeSurfer's mesh instead of marching cubes.")]
    fsqsphere: Annotated[bool, Flag("--fsqsphere", "FreeSurfer's first sphere instead of the spectral one.")]
    fsaparc: Annotated[bool, Flag("--fsaparc", "Also FreeSurfer's own cortical labels.")]
    no_fs_T1: Annotated[bool, Flag("--no_fs_T1", "Leave T1.mgz out.")]
    no_surfreg: Annotated[bool, Flag("--no_surfreg", "Leave the registration of the surfaces out.")]
    base: Annotated[bool, Flag("--base", "The subject is a template, prepared before.")]
    long: Annotated[str, Flag("--long", "The subject is a time point of this template.", is_of_one=True)]
    ignore_fs_version: Annotated[bool, Flag("--ignore_fs_version", "Take any version of FreeSurfer.")]
    allow_root: Annotated[bool, Flag("--allow_root", "Run as the root user, too.")]


RUN_FASTSURFER: Final = Tool(
    program="run_fastsurfer.sh",
    suite=FASTSURFER,
    says="Segment the brain by deep learning and reconstruct the cortical surfaces, with all statistics.",
    options=FastSurferOptions,
    cites=("10.1016/j.neuroimage.2020.117012", "10.1016/j.neuroimage.2022.118933", "10.1016/j.neuroimage.2022.119703"),
)
TOOLS: Final = (RUN_FASTSURFER,)
_MADE_ONCE: Final = ("mri/aparc.DKTatlas+aseg.orig.mgz", "mri/wm.mgz")
"""Where one of these is there, FastSurfer refuses to make surfaces: left by a run that was stopped, they have to go."""


def run_fastsurfer(**options: Unpack[FastSurferOptions]) -> Command:
    """Segment the brain by deep learning and reconstruct its surfaces (FastSurfer's ``run_fastsurfer.sh``).

    Parameters
    ----------
    **options : FastSurferOptions
        The options of ``run_fastsurfer.sh``, and ``at_3T`` for ``--3T``, written in the order in which they are given.
        ``sid``, ``sd`` and an image ``t1`` are needed; ``t1`` is not with ``surf_only``, ``base`` and ``long``.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster. Its `outputs` are the segmentation and the
        stats files that FastSurfer 2.3 and later write.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, subject, folder or image are not named, or both
        parts are left out (``seg_only`` and ``surf_only``).

    Notes
    -----
    FastSurfer asks for whole paths, and for FreeSurfer's licence unless only segmentations are made: `remarks` say
    where one is missing. With ``no_biasfield`` there are no stats files of the segmentations.

    References
    ----------
    Henschel L et al. (2020). FastSurfer: a fast and accurate deep learning based neuroimaging pipeline. NeuroImage
    219, 117012. doi:10.1016/j.neuroimage.2020.117012

    Henschel L, Kügler D, Reuter M (2022). FastSurferVINN: building resolution-independence into deep learning
    segmentation methods. NeuroImage 251, 118933. doi:10.1016/j.neuroimage.2022.118933

    Faber J et al. (2022). CerebNet: a fast and reliable deep-learning pipeline for detailed cerebellum
    sub-segmentation. NeuroImage 264, 119703. doi:10.1016/j.neuroimage.2022.119703

    Examples
    --------
    >>> line = run_fastsurfer(t1="/study/bert.nii.gz", sid="bert", sd="/study/fastsurfer", seg_only=True, threads=4)
    >>> print(line)
    run_fastsurfer.sh --t1 /study/bert.nii.gz --sid bert --sd /study/fastsurfer --seg_only --threads 4
    >>> line.outputs[1].as_posix()
    '/study/fastsurfer/bert/stats/aseg+DKT.stats'
    """
    said = RUN_FASTSURFER.read(options)
    _check(options)
    folder = Path(options["sd"], options["sid"])
    return command(
        RUN_FASTSURFER,
        said.arguments,
        inputs=said.inputs,
        outputs=[folder / name for name in _written(options)],
        remarks=list(_remarks(options)),
    )


def _check(options: FastSurferOptions) -> None:
    if options.get("seg_only") and options.get("surf_only"):
        message = "run_fastsurfer.sh: expected at most one of --seg_only and --surf_only, found both"
        raise TableError(message)
    has_own = any(options.get(name) for name in ("surf_only", "base", "long"))
    if options.get("t1") is None and not has_own:
        message = "run_fastsurfer.sh: expected the T1-weighted image (t1), found none"
        raise TableError(message)


def _written(options: FastSurferOptions) -> Iterator[str]:
    """Name the files below the subject's folder; those that an option puts elsewhere are left out."""
    if not options.get("surf_only"):
        yield from _segmented(options)
    if not options.get("seg_only"):
        yield from ("stats/aseg.stats", "stats/wmparc.DKTatlas.mapped.stats", "scripts/recon-surf.done")
        yield from _MADE_ONCE
        yield from (f"stats/{hemi}.aparc.DKTatlas.mapped.stats" for hemi in HEMIS)


def _segmented(options: FastSurferOptions) -> Iterator[str]:
    has_stats, is_base = not options.get("no_biasfield"), options.get("base")
    if not options.get("no_asegdkt"):
        yield from () if options.get("asegdkt_segfile") else ("mri/aparc.DKTatlas+aseg.deep.mgz",)
        yield from ("stats/aseg+DKT.stats",) if has_stats and not options.get("asegdkt_statsfile") else ()
    if not options.get("no_cereb") and not is_base:
        yield from () if options.get("cereb_segfile") else ("mri/cerebellum.CerebNet.nii.gz",)
        yield from ("stats/cerebellum.CerebNet.stats",) if has_stats and not options.get("cereb_statsfile") else ()


def _remarks(options: FastSurferOptions) -> Iterator[str]:
    for name, image in (("t1", options.get("t1")), ("t2", options.get("t2"))):
        if image is not None and not Path(image).is_absolute():
            yield f"FastSurfer asks for the whole path of --{name}"
    yield from remarks_on_names("FastSurfer", options["sd"])
    needs_licence = not options.get("seg_only") or options.get("tal_reg")
    if needs_licence and not options.get("fs_license") and not os.environ.get("FS_LICENSE"):
        yield "surfaces and the Talairach transform need FreeSurfer's licence: give fs_license, or set FS_LICENSE"
