"""Options of FreeSurfer's ``recon-all`` that it has learnt since FreeSurfer 7; 8 has all of them."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypedDict

from fsstats.runners._flags import Flag, PathLike


class ReconAllNewer(TypedDict, total=False):
    """Options of ``recon-all`` that FreeSurfer 6 does not know."""

    v8: Annotated[bool, Flag("-v8", "With the settings of FreeSurfer 8, as is usual there.", also=("--v8",))]
    no_v8: Annotated[
        bool,
        Flag("-no-v8", "Without them: no SynthSeg, SynthStrip, SynthMorph or -fix-... by itself.", also=("--no-v8",)),
    ]
    synthseg: Annotated[bool, Flag("-synthseg", "Segment by SynthSeg instead of the atlas.")]
    synthseg_for_surf: Annotated[bool, Flag("-synthseg-for-surf", "Take SynthSeg's segmentation for the surfaces.")]
    cblum_from_synthseg: Annotated[bool, Flag("-cblum-from-synthseg", "Take the cerebellum of SynthSeg.")]
    synthstrip: Annotated[bool, Flag("-synthstrip", "Strip the skull by SynthStrip.")]
    synthmorph: Annotated[bool, Flag("-synthmorph", "Register the volume by SynthMorph.")]
    synthsr: Annotated[bool, Flag("-synthsr", "Make a T1-weighted image of the input first, by SynthSR.")]
    samseg: Annotated[bool, Flag("-samseg", "Segment by SAMSEG; not with -long or -base.")]
    samseg_reg: Annotated[bool, Flag("-samseg-reg", "Find the Talairach transform by SAMSEG.")]
    topofit: Annotated[Literal[1, 2], Flag("-topofit", "Find the surfaces by TopoFit; 2: the sphere too.")]
    josareg: Annotated[bool, Flag("-josareg", "Register the surfaces by JOSA.")]
    gpu: Annotated[bool, Flag("-gpu", "Use the graphics card in the programs that can.")]
    xmask: Annotated[
        PathLike, Flag("-xmask", "A mask of the brain, instead of a skull strip.", role="in", is_of_one=True)
    ]
    emregmask: Annotated[
        PathLike,
        Flag("-emregmask", "A mask for -gcareg, instead of that of the brain.", role="in", is_of_one=True),
    ]
    no_mprage: Annotated[bool, Flag("-no-mprage", "The images are not MPRAGE, which is taken for granted otherwise.")]
    ants_n3: Annotated[bool, Flag("-ants-n3", "Correct the bias field by N3 of ANTs.")]
    no_ants_n4: Annotated[bool, Flag("-no-ants-n4", "Correct the bias field by N3 of MINC, not by N4 of ANTs.")]
    skip_nu_intensity_cor: Annotated[
        bool, Flag("-skip-nu-intensity-cor", "The images have no bias field: do not correct it.")
    ]
    no_ants_denoise: Annotated[
        bool, Flag("-no-ants-denoise", "Find the white matter in the image as it is, with its noise.")
    ]
    conf2hires: Annotated[bool, Flag("-conf2hires", "Place the surfaces again on the image's own, smaller voxels.")]
    decimate: Annotated[bool, Flag("-decimate", "Make the first surface coarser, for images of high resolution.")]
    decimation_area: Annotated[float, Flag("-decimation-area", "To triangles of this area in mm^2.", low=0)]
    no_remesh: Annotated[
        bool, Flag("-no-remesh", "Leave the triangles as they are behind the corrected topology.", also=("-noremesh",))
    ]
    rip_wmsa: Annotated[bool, Flag("-rip-wmsa", "Keep the white surface where there is abnormal white matter.")]
    rip_lesion: Annotated[bool, Flag("-rip-lesion", "Keep the white surface where there is a lesion.")]
    high_myelin: Annotated[
        float,
        Flag("-high-myelin", "Where cortex is rich in myelin: 0, nearer to white matter, to 1, nearer to grey.", 0, 1),
    ]
    stopmask_scm: Annotated[bool, Flag("-stopmask-scm", "Place the white surface with a mask at which it stops.")]
    fix_ento_wm: Annotated[bool, Flag("-fix-ento-wm", "Repair the white matter at the entorhinal cortex.")]
    no_fix_ento_wm: Annotated[bool, Flag("-no-fix-ento-wm", "Leave -fix-ento-wm out.")]
    fix_ga: Annotated[bool, Flag("-fix-ga", "Repair the label of the cortex at the gyrus ambiens.")]
    no_fix_ga: Annotated[bool, Flag("-no-fix-ga", "Leave -fix-ga out.")]
    fix_acj: Annotated[bool, Flag("-fix-acj", "Repair the white matter between amygdala and cortex.")]
    no_fix_acj: Annotated[bool, Flag("-no-fix-acj", "Leave -fix-acj out.")]
    fix_mca_dura: Annotated[
        bool, Flag("-fix-mca-dura", "Take dura and middle cerebral artery out of the mask of the brain.")
    ]
    no_fix_mca_dura: Annotated[bool, Flag("-no-fix-mca-dura", "Leave -fix-mca-dura out.")]
    fix_vsinus: Annotated[bool, Flag("-fix-vsinus", "Take the venous sinuses out of the mask of the brain.")]
    no_fix_vsinus: Annotated[bool, Flag("-no-fix-vsinus", "Leave -fix-vsinus out.")]
    asegbase: Annotated[bool, Flag("-asegbase", "With -long: start with the template's segmentation alone.")]
    transfer_base_bfs: Annotated[
        bool, Flag("-transfer-base-bfs", "With -long: take the template's edits of brain.finalsurfs.")
    ]
    dkt2020: Annotated[bool, Flag("-dkt2020", "Label the cortex by the DKT atlas of 2020.")]
    subfields: Annotated[
        bool, Flag("-subfields", "Also segment hippocampus and amygdala, thalamus and brainstem into their parts.")
    ]
    termscript: Annotated[
        Sequence[str],
        Flag("-termscript", "At the end, run this program on the subject: post-recon-all.", is_repeated=True),
    ]
    no_allow_filled_edit: Annotated[bool, Flag("-no-allow-filled-edit", "Take no edits of filled.mgz over.")]
    clean_filled: Annotated[bool, Flag("-clean-filled", "Put the edited filled.mgz aside first.")]
    skip_done: Annotated[bool, Flag("-skip-done", "Do nothing for a subject that is done.")]
    force_update: Annotated[bool, Flag("-force-update", "Run programs even where their files seem up to date.")]
