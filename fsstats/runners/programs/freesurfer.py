"""FreeSurfer's tools for images and single stats files; `recon_all` and the tables have modules of their own."""

import os
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal, Required, TypedDict, Unpack

from fsstats.errors import TableError
from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.command import Command, Suite, Tool, command, positional

FREESURFER: Final = Suite(
    name="FreeSurfer",
    home="FREESURFER_HOME",
    bins=("bin", "mni/bin"),
    set_up="set FREESURFER_HOME and source $FREESURFER_HOME/SetUpFreeSurfer.sh",
    licences=("license.txt", ".license"),
    licence_variable="FS_LICENSE",
    version_file="build-stamp.txt",
)


class MriConvertOptions(TypedDict, total=False):
    """Options of ``mri_convert``."""

    like: Annotated[PathLike, Flag("--like", "Take size, voxels and orientation of this image.", role="in")]
    rl: Annotated[PathLike, Flag("-rl", "Resample onto the grid of this image.", role="in", also=("--reslice_like",))]
    il: Annotated[PathLike, Flag("-il", "Take the input's geometry from this image.", role="in", also=("--in_like",))]
    c: Annotated[bool, Flag("-c", "Conform to 256 voxels of 1 mm and 8 bits.", also=("--conform",))]
    cm: Annotated[bool, Flag("-cm", "Conform to the smallest voxel size.", also=("--conform_min",))]
    cs: Annotated[float, Flag("-cs", "Conform to this voxel size in mm.", low=0, also=("--conform_size",))]
    cw256: Annotated[bool, Flag("--cw256", "Conform, and crop to 256 voxels.")]
    conform_dc: Annotated[bool, Flag("--conform-dc", "Conform, and keep the direction of the axes.")]
    vs: Annotated[
        tuple[float, float, float], Flag("-vs", "The voxel size in mm.", low=0, also=("--voxsize", "-voxsize"))
    ]
    ds: Annotated[
        tuple[float, float, float],
        Flag("-ds", "Coarser by these factors.", low=0, also=("--downsample", "-downsample")),
    ]
    upsample: Annotated[int, Flag("--upsample", "Finer by this factor.", low=1)]
    odt: Annotated[
        Literal["uchar", "short", "int", "float", "rgb"],
        Flag("-odt", "The type of the output's values.", also=("--out_data_type",)),
    ]
    ns: Annotated[int, Flag("-ns", "1: do not rescale values that fit.", low=0, high=1, also=("--no_scale",))]
    sc: Annotated[float, Flag("-sc", "Multiply the input by this.", also=("--scale",))]
    osc: Annotated[float, Flag("-osc", "Multiply the output by this.", also=("--out-scale",))]
    rt: Annotated[
        Literal["interpolate", "weighted", "nearest", "cubic", "vote"],
        Flag("-rt", "How to resample; nearest for labels.", also=("--resample_type",)),
    ]
    it: Annotated[str, Flag("-it", "The input's format.", also=("--in_type",))]
    ot: Annotated[str, Flag("-ot", "The output's format.", also=("--out_type",))]
    nc: Annotated[bool, Flag("-nc", "Do not change the image to fit its template.", also=("--nochange",))]
    at: Annotated[PathLike, Flag("-at", "Apply this transform.", role="in", also=("--apply_transform", "-T"))]
    ait: Annotated[
        PathLike, Flag("-ait", "Apply the inverse of this transform.", role="in", also=("--apply_inverse_transform",))
    ]
    devolvexfm: Annotated[str, Flag("--devolvexfm", "The subject whose Talairach transform it is.")]
    in_orientation: Annotated[str, Flag("--in_orientation", "The input's orientation: RAS, LPS ...")]
    out_orientation: Annotated[str, Flag("--out_orientation", "The output's orientation: RAS, LPS ...")]
    r: Annotated[tuple[int, int, int], Flag("-r", "The new order of the axes.", also=("--reorder",))]
    crop: Annotated[tuple[int, int, int], Flag("--crop", "Crop around this voxel.")]
    cropsize: Annotated[tuple[int, int, int], Flag("--cropsize", "Crop to this size.", low=1)]
    slice_crop: Annotated[tuple[int, int], Flag("--slice-crop", "Keep these slices, from and to.")]
    cutends: Annotated[int, Flag("--cutends", "Leave out so many slices at both ends.", low=0)]
    f: Annotated[Sequence[int], Flag("-f", "Keep these volumes of a series, from 0.", low=0, also=("--frame",))]
    nth: Annotated[int, Flag("-nth", "Keep this volume of a series, from 0.", low=0, also=("--nth_frame",))]
    mid_frame: Annotated[bool, Flag("--mid-frame", "Keep the middle volume of a series.")]
    nskip: Annotated[int, Flag("--nskip", "Leave out so many volumes at the start.", low=0)]
    ndrop: Annotated[int, Flag("--ndrop", "Leave out so many volumes at the end.", low=0)]
    fwhm: Annotated[float, Flag("--fwhm", "Smooth by this width in mm.", low=0)]
    tr: Annotated[float, Flag("-tr", "The repetition time in ms.", low=0)]
    te: Annotated[float, Flag("-te", "The echo time in ms.", low=0)]
    TI: Annotated[float, Flag("-TI", "The inversion time in ms.", low=0)]
    flip_angle: Annotated[float, Flag("-flip_angle", "The flip angle in radians.")]
    left_right_reverse: Annotated[bool, Flag("--left-right-reverse", "Swap left and right in the header.")]
    no_dwi: Annotated[bool, Flag("--no-dwi", "Do not look for b-values of diffusion images.")]
    ctab: Annotated[str, Flag("--ctab", "Keep this table of names and colours in the output.")]
    ii: Annotated[bool, Flag("-ii", "Print what the input is.", also=("--in_info",))]
    oi: Annotated[bool, Flag("-oi", "Print what the output is.", also=("--out_info",))]
    ro: Annotated[bool, Flag("-ro", "Only read the input.", also=("--read_only",))]
    nw: Annotated[bool, Flag("-nw", "Write no output.", also=("--no_write",))]


MRI_CONVERT: Final = Tool(
    program="mri_convert",
    suite=FREESURFER,
    says="Convert an image to another format, grid or orientation.",
    options=MriConvertOptions,
    cites=("10.1016/j.neuroimage.2012.01.021",),
)


def mri_convert(image: PathLike, output: PathLike, /, **options: Unpack[MriConvertOptions]) -> Command:
    """Convert an image to another format, grid or orientation (FreeSurfer's ``mri_convert``).

    Parameters
    ----------
    image : path
        The image to read.
    output : path
        The image to write; its suffix says in which format (``.mgz``, ``.nii.gz``).
    **options : MriConvertOptions
        The options of ``mri_convert``, written in the order in which they are given.

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
    ``like`` brings a volume of ``recon-all`` back onto the grid of the image that it was made of. Labels keep their
    numbers only with ``rt="nearest"``, since values are interpolated otherwise.

    References
    ----------
    Fischl B (2012). FreeSurfer. NeuroImage 62, 774-781. doi:10.1016/j.neuroimage.2012.01.021

    Examples
    --------
    >>> print(mri_convert("Subj001/mri/brainmask.mgz", "brainmask.nii.gz", like="T1w.nii.gz"))
    mri_convert Subj001/mri/brainmask.mgz brainmask.nii.gz --like T1w.nii.gz
    """
    said = MRI_CONVERT.read(options)
    is_written = not (options.get("ro") or options.get("nw"))
    files = [positional("mri_convert", name, path) for name, path in (("the image", image), ("the output", output))]
    return command(
        MRI_CONVERT,
        [*files, *said.arguments],
        inputs=[image, *said.inputs],
        outputs=[output] if is_written else [],
    )


class AntsN4BiasFieldCorrectionFsOptions(TypedDict, total=False):
    """Options of ``AntsN4BiasFieldCorrectionFs``."""

    i: Required[Annotated[PathLike, Flag("-i", "The image to correct.", role="in", also=("--input",))]]
    o: Required[Annotated[PathLike, Flag("-o", "The corrected image.", role="out", also=("--output",))]]
    shrink: Annotated[
        int, Flag("--shrink", "Estimate the field on a grid coarser by this factor.", low=1, also=("-s",))
    ]
    iters: Annotated[Sequence[int], Flag("--iters", "Rounds at each level.", low=0, also=("-t",))]
    dtype: Annotated[Literal["float", "uchar", "int"], Flag("--dtype", "The type of the values.", also=("-d",))]
    replace_zeros: Annotated[
        tuple[float, float, float],
        Flag("--replace-zeros", "Offset and scale of noise in place of zeros; 1 to set them back.", also=("-r",)),
    ]
    threads: Annotated[
        int,
        Flag(
            "--threads-nondetermistic",  # the program's own spelling
            "The number of threads, 1 unless given; with more, two runs may differ a little.",
            low=1,
            also=("-e",),
        ),
    ]


ANTS_N4_BIAS_FIELD_CORRECTION_FS: Final = Tool(
    program="AntsN4BiasFieldCorrectionFs",
    suite=FREESURFER,
    says="Correct the bias field of an image by the N4 algorithm of ANTs.",
    options=AntsN4BiasFieldCorrectionFsOptions,
    cites=("10.1109/TMI.2010.2046908",),
    threads="ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


def ants_n4_bias_field_correction_fs(**options: Unpack[AntsN4BiasFieldCorrectionFsOptions]) -> Command:
    """Correct the bias field of an image by N4 (FreeSurfer's ``AntsN4BiasFieldCorrectionFs``).

    Parameters
    ----------
    **options : AntsN4BiasFieldCorrectionFsOptions
        The options of the program, written in the order in which they are given: ``i`` and ``o`` name the image and
        what becomes of it; ``iters``, ``dtype`` and ``replace_zeros`` need FreeSurfer 7, and
        ``threads`` one of its later releases.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or an image is not named.

    References
    ----------
    Tustison NJ et al. (2010). N4ITK: improved N3 bias correction. IEEE Transactions on Medical Imaging 29, 1310-1320.
    doi:10.1109/TMI.2010.2046908

    Examples
    --------
    >>> print(ants_n4_bias_field_correction_fs(i="T1w.nii.gz", o="T1w_biascorrected.nii.gz"))
    AntsN4BiasFieldCorrectionFs -i T1w.nii.gz -o T1w_biascorrected.nii.gz
    """
    said = ANTS_N4_BIAS_FIELD_CORRECTION_FS.read(options)
    return command(ANTS_N4_BIAS_FIELD_CORRECTION_FS, said.arguments, inputs=said.inputs, outputs=said.outputs)


class MriSegstatsOptions(TypedDict, total=False):
    """Options of ``mri_segstats``."""

    seg: Annotated[PathLike, Flag("--seg", "The segmentation.", role="in")]
    annot: Annotated[
        tuple[str, Literal["lh", "rh"], str],
        Flag("--annot", "Instead, a subject's cortical labels: name, side, atlas."),
    ]
    slabel: Annotated[
        tuple[str, Literal["lh", "rh"], PathLike], Flag("--slabel", "Instead, a label of a surface: name, side, file.")
    ]
    seg_from_input: Annotated[bool, Flag("--seg-from-input", "Instead, the image itself, as one label.")]
    sum: Annotated[PathLike, Flag("--sum", "The stats file to write.", role="out", also=("--o",))]
    pv: Annotated[PathLike, Flag("--pv", "The image by which partial volumes are estimated.", role="in")]
    in_: Annotated[PathLike, Flag("--in", "The image whose values are averaged.", role="in", also=("--i",))]
    in_intensity_name: Annotated[str, Flag("--in-intensity-name", "What the values are called.")]
    in_intensity_units: Annotated[str, Flag("--in-intensity-units", "Their unit.")]
    frame: Annotated[int, Flag("--frame", "The volume of a series, from 0.", low=0)]
    brainmask: Annotated[PathLike, Flag("--brainmask", "The mask of the brain, for its volume.", role="in")]
    mask: Annotated[PathLike, Flag("--mask", "Only voxels of this mask.", role="in")]
    maskthresh: Annotated[float, Flag("--maskthresh", "The mask's threshold.")]
    masksign: Annotated[Literal["abs", "pos", "neg"], Flag("--masksign", "The sign of the mask's values.")]
    maskframe: Annotated[int, Flag("--maskframe", "The mask's volume of a series.", low=0)]
    maskinvert: Annotated[bool, Flag("--maskinvert", "Only voxels outside the mask.")]
    maskerode: Annotated[int, Flag("--maskerode", "Erode the mask by so many voxels.", low=0)]
    seg_erode: Annotated[int, Flag("--seg-erode", "Erode each label by so many voxels.", low=0)]
    id: Annotated[Sequence[int], Flag("--id", "Only these labels.")]
    excludeid: Annotated[Sequence[int], Flag("--excludeid", "All but these labels.", also=("--exclude",))]
    excl_ctxgmwm: Annotated[bool, Flag("--excl-ctxgmwm", "All but cortex and cerebral white matter.")]
    nonempty: Annotated[bool, Flag("--nonempty", "Only labels that occur.", also=("--non-empty",))]
    empty: Annotated[bool, Flag("--empty", "Also labels that do not occur.")]
    ctab: Annotated[PathLike, Flag("--ctab", "The names of the labels.", role="in")]
    ctab_default: Annotated[bool, Flag("--ctab-default", "Take FreeSurfer's own names.")]
    ctab_gca: Annotated[PathLike, Flag("--ctab-gca", "Take the names of this atlas.", role="in")]
    ctab_out: Annotated[PathLike, Flag("--ctab-out", "Write the names of the labels that occur.", role="out")]
    subject: Annotated[str, Flag("--subject", "The subject, for the measures of the whole brain.")]
    sd: Annotated[PathLike, Flag("--sd", "The folder of the subjects, instead of SUBJECTS_DIR.", role="in")]
    surf: Annotated[str, Flag("--surf", "The surface of --annot, instead of white.")]
    etiv: Annotated[bool, Flag("--etiv", "Also the estimated intracranial volume.")]
    etiv_only: Annotated[bool, Flag("--etiv-only", "Only the estimated intracranial volume.")]
    surf_wm_vol: Annotated[bool, Flag("--surf-wm-vol", "Also the white matter's volume by the surfaces.")]
    surf_ctx_vol: Annotated[bool, Flag("--surf-ctx-vol", "Also the cortex's volume by the surfaces.")]
    totalgray: Annotated[bool, Flag("--totalgray", "Also the volume of all grey matter.")]
    subcortgray: Annotated[bool, Flag("--subcortgray", "Also the volume of subcortical grey matter.")]
    supratent: Annotated[bool, Flag("--supratent", "Also the volume above the tentorium.")]
    brain_vol_from_seg: Annotated[bool, Flag("--brain-vol-from-seg", "Also the brain's volume by the segmentation.")]
    euler: Annotated[bool, Flag("--euler", "Also the number of holes in the surfaces.")]
    no_global_stats: Annotated[bool, Flag("--no-global-stats", "No measures of the whole brain.")]
    avgwf: Annotated[PathLike, Flag("--avgwf", "Write each label's mean of each volume as text.", role="out")]
    avgwfvol: Annotated[PathLike, Flag("--avgwfvol", "Write these means as an image.", role="out")]
    sfavg: Annotated[PathLike, Flag("--sfavg", "Write each label's mean over all volumes.", role="out")]
    robust: Annotated[float, Flag("--robust", "Leave out this percentage at both ends.", low=0, high=50)]
    abs: Annotated[bool, Flag("--abs", "Take absolute values.")]
    sqr: Annotated[bool, Flag("--sqr", "Take squares.")]
    sqrt: Annotated[bool, Flag("--sqrt", "Take square roots.")]
    mul: Annotated[float, Flag("--mul", "Multiply by this.")]
    div: Annotated[float, Flag("--div", "Divide by this.")]
    snr: Annotated[bool, Flag("--snr", "Also the ratio of mean and standard deviation.")]
    accumulate: Annotated[bool, Flag("--accumulate", "The sum instead of the mean.", also=("--acc",))]
    replace: Annotated[
        Sequence[tuple[int, int]], Flag("--replace", "Count a label (first) as another (second).", is_repeated=True)
    ]
    replace_file: Annotated[PathLike, Flag("--replace-file", "The same for the pairs of a file.", role="in")]
    reg: Annotated[PathLike, Flag("--reg", "The registration of image and segmentation.", role="in")]
    regheader: Annotated[bool, Flag("--regheader", "The two are registered by their headers.")]
    seed: Annotated[int, Flag("--seed", "Where the random numbers start.")]


MRI_SEGSTATS: Final = Tool(
    program="mri_segstats",
    suite=FREESURFER,
    says="Write volumes and mean intensities of the labels of a segmentation.",
    options=MriSegstatsOptions,
    cites=("10.1016/S0896-6273(02)00569-X",),
)


def mri_segstats(**options: Unpack[MriSegstatsOptions]) -> Command:
    """Write volumes and mean intensities of the labels of a segmentation (FreeSurfer's ``mri_segstats``).

    Parameters
    ----------
    **options : MriSegstatsOptions
        The options of ``mri_segstats`` with ``_`` for ``-``, and ``in_`` for ``--in``, written in the order in which
        they are given. ``id`` and ``excludeid`` take one or several labels.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster. Relative paths are meant from the folder
        where it is run: ``recon-all`` runs it within the subject's folder.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, or it cannot have such a value.

    Notes
    -----
    ``etiv``, ``surf_wm_vol``, ``surf_ctx_vol`` and ``euler`` read other files of the ``subject``, which the program
    looks for in SUBJECTS_DIR.

    References
    ----------
    Fischl B et al. (2002). Whole brain segmentation: automated labeling of neuroanatomical structures in the human
    brain. Neuron 33, 341-355. doi:10.1016/S0896-6273(02)00569-X

    Examples
    --------
    >>> line = mri_segstats(seg="mri/aseg.mgz", sum="stats/aseg.stats", pv="mri/norm.mgz", excludeid=0, etiv=True)
    >>> print(line)
    mri_segstats --seg mri/aseg.mgz --sum stats/aseg.stats --pv mri/norm.mgz --excludeid 0 --etiv
    """
    said = MRI_SEGSTATS.read(options)
    return command(MRI_SEGSTATS, said.arguments, inputs=said.inputs, outputs=said.outputs)


class MrisAnatomicalStatsOptions(TypedDict, total=False):
    """Options of ``mris_anatomical_stats``."""

    a: Annotated[PathLike, Flag("-a", "Cortical labels; each has a line.")]
    l: Annotated[PathLike, Flag("-l", "Only this label.")]  # noqa: E741 - the option's own letter
    f: Annotated[PathLike, Flag("-f", "The stats file to write.", role="out")]
    b: Annotated[bool, Flag("-b", "Print a table.")]
    c: Annotated[PathLike, Flag("-c", "Write the names and colours of the labels.", role="out")]
    log: Annotated[PathLike, Flag("-log", "Write the values of a label to a file, too.", role="out")]
    th3: Annotated[bool, Flag("-th3", "Compute volumes by tetrahedra, as since FreeSurfer 6.")]
    no_th3: Annotated[bool, Flag("-no-th3", "Compute volumes as thickness times area.")]
    mgz: Annotated[bool, Flag("-mgz", "The volumes are .mgz.")]
    cortex: Annotated[PathLike, Flag("-cortex", "The label within which the whole cortex is measured.", role="in")]
    noglobal: Annotated[bool, Flag("-noglobal", "No measures of the whole brain.")]
    crosscheck: Annotated[bool, Flag("-crosscheck", "Check that the labels add up to the cortex.")]
    noheader: Annotated[bool, Flag("-noheader", "No header in the file of -log.")]
    t: Annotated[str, Flag("-t", "The map of thickness.")]
    i: Annotated[tuple[float, float], Flag("-i", "Only thickness from and to this.")]
    nsmooth: Annotated[int, Flag("-nsmooth", "Smooth the thickness in so many rounds.", low=0)]
    white: Annotated[str, Flag("-white", "The white surface.")]
    pial: Annotated[str, Flag("-pial", "The pial surface.")]
    sdir: Annotated[PathLike, Flag("-sdir", "The folder of the subjects, instead of SUBJECTS_DIR.", role="in")]


MRIS_ANATOMICAL_STATS: Final = Tool(
    program="mris_anatomical_stats",
    suite=FREESURFER,
    says="Write thickness, area, volume and curvature of the labels of a cortical surface.",
    options=MrisAnatomicalStatsOptions,
    cites=("10.1073/pnas.200033797",),
)


def mris_anatomical_stats(
    subject: str, hemi: Literal["lh", "rh"], surface: str = "", /, **options: Unpack[MrisAnatomicalStatsOptions]
) -> Command:
    """Write thickness, area, volume and curvature of cortical labels (FreeSurfer's ``mris_anatomical_stats``).

    Parameters
    ----------
    subject : str
        The subject, a folder in SUBJECTS_DIR.
    hemi : {"lh", "rh"}
        The hemisphere.
    surface : str
        The surface that is measured; the white one unless named.
    **options : MrisAnatomicalStatsOptions
        The options of ``mris_anatomical_stats``, written in the order in which they are given, in front of the
        subject.

    Returns
    -------
    Command
        To be run with `run`, shown with ``print``, or sent to a cluster. Relative paths are meant from the folder
        where it is run: ``recon-all`` runs it within the subject's ``scripts`` folder.

    Raises
    ------
    UnknownNameError, TableError
        If there is no such option, it cannot have such a value, or subject or hemisphere are not named.

    Notes
    -----
    ``a`` and ``l`` may be bare names, which the program looks for in the subject's ``label`` folder; only a path is
    among the `inputs`.

    References
    ----------
    Fischl B, Dale AM (2000). Measuring the thickness of the human cerebral cortex from magnetic resonance images.
    Proceedings of the National Academy of Sciences 97, 11050-11055. doi:10.1073/pnas.200033797

    Examples
    --------
    >>> print(mris_anatomical_stats("bert", "lh", "pial", f="lh.aparc.pial.stats", b=True, a="aparc.annot"))
    mris_anatomical_stats -f lh.aparc.pial.stats -b -a aparc.annot bert lh pial
    """
    said = MRIS_ANATOMICAL_STATS.read(options)
    if not subject or hemi not in {"lh", "rh"}:
        message = f"mris_anatomical_stats: expected a subject and lh or rh, found {subject!r} and {hemi!r}"
        raise TableError(message)
    return command(
        MRIS_ANATOMICAL_STATS,
        [*said.arguments, subject, hemi, *([surface] if surface else [])],
        inputs=[*said.inputs, *_with_folder(options.get("a"), options.get("l"))],
        outputs=said.outputs,
    )


def _with_folder(*names: PathLike | None) -> Iterable[PathLike]:
    return [name for name in names if name is not None and "/" in os.fspath(name)]


TOOLS: Final = (MRI_CONVERT, MRI_SEGSTATS, MRIS_ANATOMICAL_STATS, ANTS_N4_BIAS_FIELD_CORRECTION_FS)
