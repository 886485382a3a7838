"""Steps of FreeSurfer's ``recon-all`` and groups of them, with the files that they write."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypedDict

from fsstats.runners._flags import Flag


class ReconAllSteps(TypedDict, total=False):
    """Single steps of ``recon-all``, on and off."""

    motioncor: Annotated[
        bool, Flag("-motioncor", "Average the T1-weighted images, corrected for motion.", also=("-mc",))
    ]
    nomotioncor: Annotated[bool, Flag("-nomotioncor", "Leave -motioncor out.", also=("-nomc",))]
    talairach: Annotated[bool, Flag("-talairach", "Find the affine transform to Talairach space.")]
    notalairach: Annotated[bool, Flag("-notalairach", "Leave -talairach out.", also=("-no-talairach",))]
    nuintensitycor: Annotated[
        bool, Flag("-nuintensitycor", "Correct the bias field (non-uniform intensity).", also=("-nu_correct",))
    ]
    nonuintensitycor: Annotated[bool, Flag("-nonuintensitycor", "Leave -nuintensitycor out.")]
    normalization: Annotated[bool, Flag("-normalization", "Normalise the intensity.")]
    nonormalization: Annotated[bool, Flag("-nonormalization", "Leave -normalization out.")]
    skullstrip: Annotated[bool, Flag("-skullstrip", "Strip the skull.")]
    noskullstrip: Annotated[bool, Flag("-noskullstrip", "Leave -skullstrip out.")]
    gcareg: Annotated[bool, Flag("-gcareg", "Register to the atlas of the segmentation, affinely.")]
    nogcareg: Annotated[bool, Flag("-nogcareg", "Leave -gcareg out.")]
    canorm: Annotated[bool, Flag("-canorm", "Normalise the intensity by that atlas.")]
    nocanorm: Annotated[bool, Flag("-nocanorm", "Leave -canorm out.")]
    careg: Annotated[bool, Flag("-careg", "Register to that atlas, nonlinearly.")]
    nocareg: Annotated[bool, Flag("-nocareg", "Leave -careg out.")]
    rmneck: Annotated[bool, Flag("-rmneck", "Remove the neck.")]
    normneck: Annotated[bool, Flag("-normneck", "Leave -rmneck out.")]
    calabel: Annotated[bool, Flag("-calabel", "Label the subcortical structures.")]
    nocalabel: Annotated[bool, Flag("-nocalabel", "Leave -calabel out.")]
    normalization2: Annotated[bool, Flag("-normalization2", "Normalise the intensity again, inside the brain.")]
    nonormalization2: Annotated[bool, Flag("-nonormalization2", "Leave -normalization2 out.")]
    maskbfs: Annotated[bool, Flag("-maskbfs", "Mask the image of which the surfaces are made.")]
    nomaskbfs: Annotated[bool, Flag("-nomaskbfs", "Leave -maskbfs out.")]
    segmentation: Annotated[bool, Flag("-segmentation", "Segment the white matter.")]
    nosegmentation: Annotated[bool, Flag("-nosegmentation", "Leave -segmentation out.")]
    fill: Annotated[bool, Flag("-fill", "Fill the white matter and cut the hemispheres apart.")]
    nofill: Annotated[bool, Flag("-nofill", "Leave -fill out.")]
    tessellate: Annotated[bool, Flag("-tessellate", "Cover the white matter with a mesh.", also=("-tess",))]
    notessellate: Annotated[bool, Flag("-notessellate", "Leave -tessellate out.", also=("-notess",))]
    smooth1: Annotated[bool, Flag("-smooth1", "Smooth the first surface.")]
    nosmooth1: Annotated[bool, Flag("-nosmooth1", "Leave -smooth1 out.")]
    inflate1: Annotated[bool, Flag("-inflate1", "Inflate the first surface.")]
    noinflate1: Annotated[bool, Flag("-noinflate1", "Leave -inflate1 out.")]
    qsphere: Annotated[bool, Flag("-qsphere", "Map the first surface to a sphere.")]
    noqsphere: Annotated[bool, Flag("-noqsphere", "Leave -qsphere out.")]
    fix: Annotated[bool, Flag("-fix", "Correct the topology of the surface.")]
    nofix: Annotated[bool, Flag("-nofix", "Leave -fix out.")]
    white: Annotated[bool, Flag("-white", "Place the white surface.", also=("-whitesurfs",))]
    nowhite: Annotated[bool, Flag("-nowhite", "Leave -white out.", also=("-nowhitesurfs",))]
    smooth2: Annotated[bool, Flag("-smooth2", "Smooth the white surface.")]
    nosmooth2: Annotated[bool, Flag("-nosmooth2", "Leave -smooth2 out.")]
    inflate2: Annotated[bool, Flag("-inflate2", "Inflate the white surface.")]
    noinflate2: Annotated[bool, Flag("-noinflate2", "Leave -inflate2 out.")]
    curvHK: Annotated[bool, Flag("-curvHK", "Compute mean and Gaussian curvature.")]
    nocurvHK: Annotated[bool, Flag("-nocurvHK", "Leave -curvHK out.")]
    curvstats: Annotated[bool, Flag("-curvstats", "Write the statistics of the curvature.")]
    nocurvstats: Annotated[bool, Flag("-nocurvstats", "Leave -curvstats out.")]
    sphere: Annotated[bool, Flag("-sphere", "Map the surface to a sphere.")]
    nosphere: Annotated[bool, Flag("-nosphere", "Leave -sphere out.")]
    surfreg: Annotated[bool, Flag("-surfreg", "Register the sphere to the average subject.")]
    nosurfreg: Annotated[bool, Flag("-nosurfreg", "Leave -surfreg out.")]
    jacobian_white: Annotated[
        bool, Flag("-jacobian_white", "Compute how much the registration stretches the white surface.")
    ]
    nojacobian_white: Annotated[bool, Flag("-nojacobian_white", "Leave -jacobian_white out.")]
    avgcurv: Annotated[bool, Flag("-avgcurv", "Map the average curvature onto the subject.")]
    noavgcurv: Annotated[bool, Flag("-noavgcurv", "Leave -avgcurv out.")]
    cortparc: Annotated[bool, Flag("-cortparc", "Label the cortex by the Desikan-Killiany atlas.")]
    nocortparc: Annotated[bool, Flag("-nocortparc", "Leave -cortparc out.")]
    pial: Annotated[bool, Flag("-pial", "Place the pial surface.", also=("-pialsurfs",))]
    nopial: Annotated[bool, Flag("-nopial", "Leave -pial out.", also=("-nopialsurfs",))]
    cortribbon: Annotated[bool, Flag("-cortribbon", "Make the mask of the cortical ribbon.")]
    nocortribbon: Annotated[bool, Flag("-nocortribbon", "Leave -cortribbon out.")]
    parcstats: Annotated[bool, Flag("-parcstats", "Write the statistics of the Desikan-Killiany atlas.")]
    noparcstats: Annotated[bool, Flag("-noparcstats", "Leave -parcstats out.")]
    cortparc2: Annotated[bool, Flag("-cortparc2", "Label the cortex by the Destrieux atlas.")]
    nocortparc2: Annotated[bool, Flag("-nocortparc2", "Leave -cortparc2 out.")]
    parcstats2: Annotated[bool, Flag("-parcstats2", "Write the statistics of the Destrieux atlas.")]
    noparcstats2: Annotated[bool, Flag("-noparcstats2", "Leave -parcstats2 out.")]
    cortparc3: Annotated[bool, Flag("-cortparc3", "Label the cortex by the Desikan-Killiany-Tourville (DKT) atlas.")]
    nocortparc3: Annotated[bool, Flag("-nocortparc3", "Leave -cortparc3 out.")]
    parcstats3: Annotated[bool, Flag("-parcstats3", "Write the statistics of the DKT atlas.")]
    noparcstats3: Annotated[bool, Flag("-noparcstats3", "Leave -parcstats3 out.")]
    pctsurfcon: Annotated[bool, Flag("-pctsurfcon", "Compute the contrast of grey and white matter.")]
    nopctsurfcon: Annotated[bool, Flag("-nopctsurfcon", "Leave -pctsurfcon out.", also=("-no-pctsurfcon",))]
    hyporelabel: Annotated[bool, Flag("-hyporelabel", "Label hypointensities of the white matter by the surfaces.")]
    nohyporelabel: Annotated[bool, Flag("-nohyporelabel", "Leave -hyporelabel out.")]
    aparc2aseg: Annotated[bool, Flag("-aparc2aseg", "Put the cortical labels into the volume.")]
    noaparc2aseg: Annotated[bool, Flag("-noaparc2aseg", "Leave -aparc2aseg out.")]
    apas2aseg: Annotated[bool, Flag("-apas2aseg", "Make aseg.mgz from the volume with the cortical labels.")]
    noapas2aseg: Annotated[bool, Flag("-noapas2aseg", "Leave -apas2aseg out.")]
    segstats: Annotated[bool, Flag("-segstats", "Write the statistics of the subcortical segmentation.")]
    nosegstats: Annotated[bool, Flag("-nosegstats", "Leave -segstats out.")]
    wmparc: Annotated[bool, Flag("-wmparc", "Label the white matter by the nearest cortex, and write its statistics.")]
    nowmparc: Annotated[bool, Flag("-nowmparc", "Leave -wmparc out.")]
    balabels: Annotated[
        bool,
        Flag(
            "-balabels",
            "Map Brodmann areas and ex-vivo labels, and write their statistics.",
            also=(
                "-ba-labels",
                "-ba_labels",
                "-label_ba",
                "-label_BA",
            ),
        ),
    ]
    nobalabels: Annotated[
        bool,
        Flag(
            "-nobalabels",
            "Leave -balabels out.",
            also=(
                "-no-ba-labels",
                "-no_ba_labels",
                "-noba-labels",
                "-noba_labels",
            ),
        ),
    ]
    noaseg: Annotated[bool, Flag("-noaseg", "Leave the subcortical segmentation out, and do without it.")]
    nosubcortseg: Annotated[bool, Flag("-nosubcortseg", "Leave the subcortical segmentation out.")]
    skull_lta: Annotated[bool, Flag("-skull-lta", "Register to the atlas with the skull.")]
    noskull_lta: Annotated[bool, Flag("-noskull-lta", "Leave -skull-lta out.")]
    careginv: Annotated[bool, Flag("-careginv", "Invert the registration to the atlas; not in FreeSurfer 8.")]
    nocareginv: Annotated[bool, Flag("-nocareginv", "Leave -careginv out; not in FreeSurfer 8.")]
    asegmerge: Annotated[bool, Flag("-asegmerge", "Merge the corpus callosum into the segmentation.")]
    jacobian_dist0: Annotated[bool, Flag("-jacobian_dist0", "As -jacobian_white, of the surface of distance 0.")]
    contrasurfreg: Annotated[
        bool, Flag("-contrasurfreg", "Register to the other hemisphere of the average subject; not in FreeSurfer 8.")
    ]
    contrasurfreg_subj: Annotated[
        bool, Flag("-contrasurfreg-subj", "Register to the subject's other hemisphere; not in FreeSurfer 8.")
    ]
    surfvolume: Annotated[bool, Flag("-surfvolume", "Compute the volume at each vertex.")]
    label_v1: Annotated[bool, Flag("-label_v1", "Label the primary visual cortex.", also=("-label-v1", "-label_V1"))]
    subcortseg: Annotated[bool, Flag("-subcortseg", "All steps of the subcortical segmentation.")]


class ReconAllStages(TypedDict, total=False):
    """Groups of steps of ``recon-all``."""

    all: Annotated[bool, Flag("-all", "Run all steps.", also=("-autorecon-all",))]
    autorecon1: Annotated[bool, Flag("-autorecon1", "From the average of the images to the skull strip.")]
    autorecon2: Annotated[bool, Flag("-autorecon2", "From the subcortical segmentation to the white surfaces.")]
    autorecon2_volonly: Annotated[bool, Flag("-autorecon2-volonly", "Only the steps of -autorecon2 on volumes.")]
    autorecon2_perhemi: Annotated[
        bool,
        Flag(
            "-autorecon2-perhemi",
            "Only the steps of -autorecon2 on surfaces.",
            also=("-autorecon2-surfonly", "-autorecon2-surfsonly"),
        ),
    ]
    autorecon2_inflate1: Annotated[bool, Flag("-autorecon2-inflate1", "-autorecon2 up to the first inflation.")]
    autorecon2_cp: Annotated[bool, Flag("-autorecon2-cp", "Go on behind an edit of control points.")]
    autorecon2_wm: Annotated[bool, Flag("-autorecon2-wm", "Go on behind an edit of the white matter.")]
    autorecon2_noaseg: Annotated[bool, Flag("-autorecon2-noaseg", "Go on behind an edit of the segmentation.")]
    autorecon2_synthseg: Annotated[bool, Flag("-autorecon2-synthseg", "Go on behind the segmentation by SynthSeg.")]
    autorecon2_samseg: Annotated[bool, Flag("-autorecon2-samseg", "Go on behind the segmentation by SAMSEG.")]
    autorecon2_fill: Annotated[
        bool, Flag("-autorecon2-fill", "Go on behind an edit of filled.mgz.", also=("-autorecon2-filled",))
    ]
    autorecon2_surf: Annotated[
        bool, Flag("-autorecon2-surf", "The steps of -autorecon2 on surfaces.", also=("-autorecon2-surfs",))
    ]
    autorecon_bfs: Annotated[bool, Flag("-autorecon-bfs", "Go on behind an edit of brain.finalsurfs.")]
    autorecon_pial: Annotated[
        bool, Flag("-autorecon-pial", "Go on behind an edit of the brain mask.", also=("-autorecon2-pial",))
    ]
    autorecon3: Annotated[bool, Flag("-autorecon3", "From the spherical surfaces to the statistics.")]
    autorecon3_T2pial: Annotated[
        bool, Flag("-autorecon3-T2pial", "Refine the pial surface, and what follows from it.", also=("-T2pial-only",))
    ]
    autorecon_hemi: Annotated[Literal["lh", "rh"], Flag("-autorecon-hemi", "All steps on one hemisphere's surfaces.")]
    make: Annotated[
        Literal["all", "autorecon1", "autorecon2", "autorecon2-volonly", "autorecon2-perhemi", "autorecon3", "qcache"],
        Flag("-make", "Run only what is older than what it depends on; not in FreeSurfer 8."),
    ]


FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "motioncor": ("mri/orig.mgz",),
    "talairach": ("mri/transforms/talairach.xfm",),
    "nuintensitycor": ("mri/nu.mgz",),
    "normalization": ("mri/T1.mgz",),
    "skullstrip": ("mri/brainmask.mgz",),
    "canorm": ("mri/norm.mgz",),
    "segmentation": ("mri/wm.mgz",),
    "fill": ("mri/filled.mgz",),
    "inflate2": ("surf/{hemi}.inflated",),
    "surfreg": ("surf/{hemi}.sphere.reg",),
    "pial": ("surf/{hemi}.pial",),
    "cortparc": ("label/{hemi}.aparc.annot",),
    "cortribbon": ("mri/ribbon.mgz",),
    "aparc2aseg": ("mri/aparc+aseg.mgz",),
    "parcstats": ("stats/{hemi}.aparc.stats",),
    "parcstats2": ("stats/{hemi}.aparc.a2009s.stats",),
    "segstats": ("stats/aseg.stats",),
    "wmparc": ("mri/wmparc.mgz", "stats/wmparc.stats"),
}
"""What a step writes below the subject's folder, by the names that all releases since 5.3 use."""
_FIRST: Final = ("motioncor", "talairach", "nuintensitycor", "normalization", "skullstrip")
_EDITED: Final = ("segmentation", "fill", "inflate2")
_STATS: Final = ("cortribbon", "parcstats", "parcstats2", "aparc2aseg", "segstats", "wmparc")
_THIRD: Final = ("surfreg", "cortparc", "pial", *_STATS)
STAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "all": (*_FIRST, "canorm", *_EDITED, *_THIRD),
    "autorecon1": _FIRST,
    "autorecon2": ("canorm", *_EDITED),
    "autorecon2_volonly": ("canorm", "segmentation", "fill"),
    "autorecon2_perhemi": ("inflate2",),
    "autorecon2_inflate1": ("canorm", "segmentation", "fill"),
    "autorecon2_cp": _EDITED,
    "autorecon2_wm": _EDITED,
    "autorecon2_noaseg": _EDITED,
    "autorecon2_synthseg": _EDITED,
    "autorecon2_samseg": _EDITED,
    "autorecon2_fill": ("fill", "inflate2"),
    "autorecon2_surf": ("inflate2",),
    "autorecon_bfs": ("inflate2", *_THIRD),
    "autorecon_pial": ("inflate2", *_THIRD),
    "autorecon3": _THIRD,
    "autorecon3_T2pial": _STATS,
    "autorecon_hemi": ("inflate2", "surfreg", "cortparc", "pial", "parcstats", "parcstats2"),
}
"""The steps of each group, of those that `FILES` knows."""
OFF: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"no{step}": (step,) for step in FILES},
    "noaseg": ("canorm", "cortribbon", "aparc2aseg", "segstats", "wmparc"),
    "nosubcortseg": ("canorm", "segstats"),
}
"""The steps that a switch leaves out."""
