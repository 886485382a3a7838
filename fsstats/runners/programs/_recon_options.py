"""Options of FreeSurfer's ``recon-all``."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypedDict

from fsstats.runners._flags import Flag, PathLike
from fsstats.runners.programs._recon_newer import ReconAllNewer
from fsstats.runners.programs._recon_steps import ReconAllStages, ReconAllSteps


class ReconAllOptions(ReconAllSteps, ReconAllStages, ReconAllNewer, TypedDict, total=False):
    """Options of ``recon-all``."""

    i: Annotated[
        Sequence[PathLike],
        Flag(
            "-i",
            "A T1-weighted image of a new subject; several are averaged.",
            role="in",
            is_repeated=True,
            is_of_one=True,
        ),
    ]
    T2: Annotated[PathLike, Flag("-T2", "A T2-weighted image.", role="in", also=("-t2",), is_of_one=True)]
    T2pial: Annotated[bool, Flag("-T2pial", "Refine the pial surface with the T2-weighted image.", also=("-t2pial",))]
    noT2pial: Annotated[
        bool, Flag("-noT2pial", "Leave -T2pial out.", also=("-no-T2pial", "-no-t2pial", "-no_T2pial", "-no_t2pial"))
    ]
    T2max: Annotated[
        float,
        Flag(
            "-T2max", "The greatest T2-weighted intensity of cortex; not in FreeSurfer 8.", also=("-t2max", "-T2_max")
        ),
    ]
    FLAIR: Annotated[PathLike, Flag("-FLAIR", "A FLAIR image.", role="in", also=("-flair",), is_of_one=True)]
    FLAIRpial: Annotated[
        bool, Flag("-FLAIRpial", "Refine the pial surface with the FLAIR image.", also=("-flairpial",))
    ]
    noFLAIRpial: Annotated[
        bool,
        Flag(
            "-noFLAIRpial",
            "Leave -FLAIRpial out.",
            also=("-no-FLAIRpial", "-no_FLAIRpial", "-no-flairpial", "-no_flairpial"),
        ),
    ]
    s: Annotated[str, Flag("-s", "The subject's name, which becomes the name of its folder.", is_of_one=True)]
    subjid: Annotated[str, Flag("-subjid", "The same as -s.", also=("-subject", "-sid"), is_of_one=True)]
    sd: Annotated[
        PathLike, Flag("-sd", "The folder of the subjects, instead of SUBJECTS_DIR.", role="in", is_of_one=True)
    ]
    base: Annotated[
        str,
        Flag("-base", "Make a within-subject template of this name; name its time points with -tp.", is_of_one=True),
    ]
    base_affine: Annotated[str, Flag("-base-affine", "As -base, with an affine registration.", is_of_one=True)]
    tp: Annotated[
        Sequence[str],
        Flag("-tp", "A time point of the template: a subject.", is_repeated=True, also=("-base-tp",), is_of_one=True),
    ]
    long: Annotated[
        tuple[str, str],
        Flag("-long", "Run a time point (first) with its template (second).", also=("-longitudinal",), is_of_one=True),
    ]
    addtp: Annotated[bool, Flag("-addtp", "With -long: the time point is not part of the template.")]
    base_invol: Annotated[str, Flag("-base-invol", "With -base: the volume of the time points to average.")]
    noasegfusion: Annotated[bool, Flag("-noasegfusion", "With -long: segment without the other time points.")]
    uselongbasectrlvol: Annotated[bool, Flag("-uselongbasectrlvol", "With -long: take the template's control points.")]
    uselongbasewmedits: Annotated[
        bool, Flag("-uselongbasewmedits", "With -long: take the template's edits of the white matter.")
    ]
    qcache: Annotated[bool, Flag("-qcache", "Also smooth the surface maps on the average subject.")]
    measure: Annotated[
        Sequence[str], Flag("-measure", "With -qcache: a surface map, instead of the usual ones.", is_repeated=True)
    ]
    measuredir: Annotated[PathLike, Flag("-measuredir", "With -qcache: where the maps are.", role="in")]
    fwhm: Annotated[int, Flag("-fwhm", "With -qcache: the width of the smoothing in mm, instead of 0 to 25.", low=0)]
    target: Annotated[str, Flag("-target", "With -qcache: the average subject, instead of fsaverage.")]
    no_smooth_cortex_only: Annotated[
        bool, Flag("-no-smooth-cortex-only", "With -qcache: smooth across the border of the cortex.")
    ]
    lgi: Annotated[bool, Flag("-lgi", "Also compute the local gyrification index.", also=("-lGI", "-localGI"))]
    brainstem_structures: Annotated[
        bool, Flag("-brainstem-structures", "Also segment the brainstem; not in FreeSurfer 8: -subfields.")
    ]
    hippocampal_subfields_T1: Annotated[
        bool,
        Flag("-hippocampal-subfields-T1", "Also segment the hippocampal subfields; not in FreeSurfer 8: -subfields."),
    ]
    hippocampal_subfields_T1T2: Annotated[
        tuple[PathLike, str],
        Flag(
            "-hippocampal-subfields-T1T2",
            "The same with a second image (first) under a name (second); not in FreeSurfer 8.",
            is_of_one=True,
        ),
    ]
    hippocampal_subfields_T2: Annotated[
        tuple[PathLike, str],
        Flag(
            "-hippocampal-subfields-T2",
            "The same by the second image (first) alone, under a name (second); not in FreeSurfer 8.",
            is_of_one=True,
        ),
    ]
    parallel: Annotated[bool, Flag("-parallel", "Run both hemispheres at once, with 4 threads each.")]
    openmp: Annotated[int, Flag("-openmp", "The number of threads.", low=1)]
    threads: Annotated[int, Flag("-threads", "The number of threads.", low=1, also=("-nthreads",))]
    itkthreads: Annotated[int, Flag("-itkthreads", "The number of threads of ITK's programs.", low=1)]
    hemi: Annotated[Literal["lh", "rh"], Flag("-hemi", "Only one hemisphere.")]
    at_3T: Annotated[bool, Flag("-3T", "The images were taken at 3 tesla.", also=("-3t",))]
    mprage: Annotated[bool, Flag("-mprage", "The images are MPRAGE.")]
    washu_mprage: Annotated[bool, Flag("-washu_mprage", "The images are MPRAGE as at Washington University.")]
    cm: Annotated[bool, Flag("-cm", "Keep the smallest voxel size instead of 1 mm.")]
    hires: Annotated[bool, Flag("-hires", "As -cm, for voxels below 1 mm.", also=("-highres",))]
    conform_dc: Annotated[bool, Flag("-conform-dc", "Keep the direction of the axes.")]
    cw256: Annotated[bool, Flag("-cw256", "Crop a field of view above 256 mm.")]
    notal_check: Annotated[
        bool,
        Flag(
            "-notal-check",
            "Do not check the Talairach transform.",
            also=("-no-tal-check", "-notalairach-check", "-notalcheck", "-no-talcheck", "-no-talairach-check"),
        ),
    ]
    custom_tal_atlas: Annotated[str, Flag("-custom-tal-atlas", "The atlas of the Talairach transform.")]
    schwartzya3t_atlas: Annotated[
        bool, Flag("-schwartzya3t-atlas", "Use the 3 tesla atlas of young adults for the Talairach transform.")
    ]
    nuiterations: Annotated[
        int, Flag("-nuiterations", "Rounds of the bias field's correction; not all releases know it.", low=0)
    ]
    nuintensitycor_3T: Annotated[
        bool, Flag("-nuintensitycor-3T", "Correct the bias field as for 3 tesla.", also=("-nuintensitycor-3t",))
    ]
    talairach_nu: Annotated[bool, Flag("-talairach-nu", "Find the Talairach transform behind the bias correction.")]
    use_mritotal: Annotated[bool, Flag("-use-mritotal", "Find it by MINC's program.")]
    robust_motioncor: Annotated[
        bool, Flag("-robust-motioncor", "Average the images by robust registration.", also=("-motioncor-robust",))
    ]
    flirt_motioncor: Annotated[
        bool, Flag("-flirt-motioncor", "Average the images by FSL's registration.", also=("-motioncor-flirt",))
    ]
    usecontrolpoints: Annotated[bool, Flag("-usecontrolpoints", "Use control points in the first normalisation.")]
    canorm_usecps: Annotated[bool, Flag("-canorm-usecps", "Use control points in -canorm.")]
    norm3diters: Annotated[int, Flag("-norm3diters", "Rounds of both intensity normalisations.", low=0)]
    normmaxgrad: Annotated[float, Flag("-normmaxgrad", "The greatest gradient of both.", low=0)]
    norm1_b: Annotated[float, Flag("-norm1-b", "First normalisation: how far control points may be below the target.")]
    norm1_n: Annotated[int, Flag("-norm1-n", "First normalisation: rounds.", low=0)]
    norm2_b: Annotated[float, Flag("-norm2-b", "Second normalisation: as -norm1-b.")]
    norm2_n: Annotated[int, Flag("-norm2-n", "Second normalisation: rounds.", low=0)]
    multistrip: Annotated[bool, Flag("-multistrip", "Try several skull strips and keep the best.")]
    gcut: Annotated[bool, Flag("-gcut", "Cut the skull strip's rest of dura away.")]
    watershed: Annotated[
        Literal["atlas", "nowatershed", "normal", "watershedonly", "watershedtemplate"],
        Flag("-watershed", "How the skull is stripped."),
    ]
    wsless: Annotated[bool, Flag("-wsless", "A lower skull strip threshold: less skull is left.")]
    wsmore: Annotated[bool, Flag("-wsmore", "A higher skull strip threshold: more skull is left.")]
    wsthresh: Annotated[float, Flag("-wsthresh", "The skull strip's threshold in per cent.", low=0, high=100)]
    wsatlas: Annotated[bool, Flag("-wsatlas", "Use the atlas in the skull strip.")]
    no_wsgcaatlas: Annotated[
        bool, Flag("-no-wsgcaatlas", "Do not use the atlas in the skull strip.", also=("-nowsgcaatlas",))
    ]
    wsseed: Annotated[tuple[int, int, int], Flag("-wsseed", "A voxel in the white matter, for the skull strip.")]
    pons_crs: Annotated[tuple[int, int, int], Flag("-pons-crs", "A voxel in the pons.")]
    cc_crs: Annotated[tuple[int, int, int], Flag("-cc-crs", "A voxel in the corpus callosum.")]
    lh_crs: Annotated[tuple[int, int, int], Flag("-lh-crs", "A voxel in the left white matter.")]
    rh_crs: Annotated[tuple[int, int, int], Flag("-rh-crs", "A voxel in the right white matter.")]
    seg_wlo: Annotated[float, Flag("-seg-wlo", "The lowest intensity of white matter.")]
    seg_ghi: Annotated[float, Flag("-seg-ghi", "The highest intensity of grey matter.")]
    bigventricles: Annotated[bool, Flag("-bigventricles", "The ventricles are large.")]
    nowmsa: Annotated[bool, Flag("-nowmsa", "Label no abnormal white matter.")]
    noaseg_inorm2: Annotated[bool, Flag("-noaseg-inorm2", "Normalise the second time without the segmentation.")]
    gca: Annotated[str, Flag("-gca", "The atlas of the subcortical segmentation.")]
    gca_dir: Annotated[PathLike, Flag("-gca-dir", "Where that atlas is.", role="in")]
    gcs: Annotated[str, Flag("-gcs", "The atlas of the cortical labels.")]
    gcs_dir: Annotated[PathLike, Flag("-gcs-dir", "Where that atlas is.", role="in")]
    twm: Annotated[
        PathLike, Flag("-twm", "Points in the white matter of the temporal lobe.", role="in", is_of_one=True)
    ]
    gca_skull: Annotated[str, Flag("-gca-skull", "The atlas with the skull.")]
    no_ca_align: Annotated[bool, Flag("-no-ca-align", "Label without aligning to the atlas first.")]
    no_ca_align_after: Annotated[bool, Flag("-no-ca-align-after", "Register without aligning afterwards.")]
    secondpassrenorm: Annotated[bool, Flag("-secondpassrenorm", "Register with a second renormalisation.")]
    uncompress: Annotated[bool, Flag("-uncompress", "Register without compressed regions.")]
    nothicken: Annotated[bool, Flag("-nothicken", "Do not thicken thin strands of white matter.")]
    noneg: Annotated[bool, Flag("-noneg", "Remove negative triangles of the sphere.")]
    surfreg_to_subject: Annotated[
        str, Flag("-surfreg-to-subject", "Register the surfaces to this average subject; not in FreeSurfer 8.")
    ]
    avgcurvtif: Annotated[str, Flag("-avgcurvtif", "The average curvature to register to.")]
    avgcurvtifpath: Annotated[PathLike, Flag("-avgcurvtifpath", "Where it is.", role="in")]
    pial_noaparc: Annotated[
        bool, Flag("-pial-noaparc", "Place the pial surface without cortical labels.", also=("-pial_noaparc",))
    ]
    th3: Annotated[bool, Flag("-th3", "Compute cortical volumes by tetrahedra, as is usual.")]
    no_th3: Annotated[bool, Flag("-no-th3", "Compute cortical volumes as thickness times area.")]
    no_fix_with_ga: Annotated[bool, Flag("-no-fix-with-ga", "Correct the topology without the genetic algorithm.")]
    deface: Annotated[bool, Flag("-deface", "Also write an image without the face.")]
    randomness: Annotated[bool, Flag("-randomness", "Start from other random numbers in every run.")]
    norandomness: Annotated[bool, Flag("-norandomness", "Start from the same random numbers in every run.")]
    rng_seed: Annotated[int, Flag("-rng-seed", "Where the random numbers start.")]
    expert: Annotated[PathLike, Flag("-expert", "A file with options of single programs.", role="in")]
    xopts_use: Annotated[bool, Flag("-xopts-use", "Take the subject's own file of such options.")]
    xopts_overwrite: Annotated[bool, Flag("-xopts-overwrite", "Put the file of -expert in its place.")]
    xopts_clean: Annotated[bool, Flag("-xopts-clean", "Delete the subject's own file of such options.")]
    clean: Annotated[bool, Flag("-clean", "Put all edits aside first.")]
    clean_cp: Annotated[bool, Flag("-clean-cp", "Put the control points aside first.")]
    clean_wm: Annotated[bool, Flag("-clean-wm", "Put the edited white matter aside first.")]
    clean_bm: Annotated[bool, Flag("-clean-bm", "Put the edited brain mask aside first.")]
    clean_aseg: Annotated[bool, Flag("-clean-aseg", "Put the edited segmentation aside first.")]
    clean_tal: Annotated[bool, Flag("-clean-tal", "Put the edited Talairach transform aside first.")]
    clean_seed: Annotated[bool, Flag("-clean-seed", "Put the voxels chosen by hand aside first.")]
    clean_pfh: Annotated[bool, Flag("-clean-pfh", "Put the skull strip's threshold aside first.")]
    clean_xopts: Annotated[bool, Flag("-clean-xopts", "Put the file of options aside first.")]
    clean_lta: Annotated[bool, Flag("-clean-lta", "Put the registrations aside first.")]
    clean_twm: Annotated[bool, Flag("-clean-twm", "Put the points of the temporal lobe aside first.")]
    clean_bfse: Annotated[bool, Flag("-clean-bfse", "Put the edited brain.finalsurfs aside first.")]
    clean_T2: Annotated[bool, Flag("-clean-T2", "Put the T2-weighted image aside first.")]
    clean_FLAIR: Annotated[bool, Flag("-clean-FLAIR", "Put the FLAIR image aside first.")]
    superclean: Annotated[bool, Flag("-superclean", "Delete all but the images first.", also=("-super-clean",))]
    show_edits: Annotated[bool, Flag("-show-edits", "List what was edited.", also=("-show_edits", "-showedits"))]
    vno_check: Annotated[
        bool, Flag("-vno-check", "Check the numbers of vertices.", also=("-vno_check", "-vno_match_check"))
    ]
    use_gpu: Annotated[
        bool,
        Flag(
            "-use-gpu",
            "Use the graphics card, up to FreeSurfer 6; not in FreeSurfer 8: -gpu.",
            also=("-use_gpu", "-use-cuda", "-use_cuda"),
        ),
    ]
    no_isrunning: Annotated[bool, Flag("-no-isrunning", "Do not ask whether the subject is being processed.")]
    dontrun: Annotated[bool, Flag("-dontrun", "Do everything but run the programs.")]
    onlyversions: Annotated[bool, Flag("-onlyversions", "Print the versions of the programs and stop.")]
    log: Annotated[PathLike, Flag("-log", "The log, instead of scripts/recon-all.log.", is_of_one=True)]
    status: Annotated[PathLike, Flag("-status", "The status, instead of scripts/recon-all-status.log.", is_of_one=True)]
    noappend: Annotated[bool, Flag("-noappend", "Start log and status anew.")]
    nolog: Annotated[bool, Flag("-nolog", "Write no log.")]
    waitfor: Annotated[PathLike, Flag("-waitfor", "Wait for this file.", is_of_one=True)]
    notify: Annotated[PathLike, Flag("-notify", "Make this file at the end.", role="out")]
    mail: Annotated[str, Flag("-mail", "Whom to send a mail at the end.")]
    umask: Annotated[str, Flag("-umask", "The permissions that new files do not have.")]
    time: Annotated[bool, Flag("-time", "Time every program.")]
    verbose: Annotated[bool, Flag("-verbose", "Say more.")]
    debug: Annotated[bool, Flag("-debug", "Say everything.")]


EXCLUSIVE: Final = (
    ("T2pial", "FLAIRpial"),
    ("mprage", "washu_mprage"),
    ("wsless", "wsmore"),
    ("wsless", "wsthresh"),
    ("wsmore", "wsthresh"),
    ("xopts_use", "xopts_clean"),
    ("parallel", "hemi"),
    ("parallel", "autorecon_hemi"),
    ("synthseg", "samseg"),
    ("synthseg", "cblum_from_synthseg"),
    ("synthseg", "synthseg_for_surf"),
)
"""Options that recon-all refuses to take together."""
CACHED: Final = (("thickness", "area", "curv", "sulc"), ("0", "5", "10", "15", "20", "25"), "fsaverage")
"""What -qcache makes unless told otherwise: surface maps, widths in mm, the average subject."""
