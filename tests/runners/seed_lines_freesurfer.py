"""The command lines of FreeSurfer's tools, and of fsleyes, in the seed document, and the calls that make them.

Each case: the number of the line in the document, the text as it stands there (over several lines where the document
goes on behind a backslash; without what is no part of the command), the call.
"""

from fsstats.runners.programs.freesurfer import (
    ants_n4_bias_field_correction_fs,
    mri_convert,
    mri_segstats,
    mris_anatomical_stats,
)
from fsstats.runners.programs.recon import recon_all
from fsstats.runners.programs.viewers import freeview, fsleyes

LINES = [
    (
        1568,
        "recon-all -i <Input 3D-T1WI> -subjid <Subject ID> -all -sd .<Subject DIR>",
        lambda: recon_all(i="<Input 3D-T1WI>", subjid="<Subject ID>", all=True, sd=".<Subject DIR>"),
    ),
    (
        1572,
        "recon-all -i Subj001.nii.gz -subjid Subj001 -all -sd .",
        lambda: recon_all(i="Subj001.nii.gz", subjid="Subj001", all=True, sd="."),
    ),
    (
        1578,
        (
            "freeview -v Subj001/mri/brain.mgz \\\n"
            "\tSubj001/mri/aparc+aseg.mgz:colormap:lut:opacity=0.2 \\\n"
            "\tSubj001/mri/wmparc.mgz:colormap:lut:opacity=0.2"
        ),
        lambda: freeview(
            v=[
                "Subj001/mri/brain.mgz",
                "Subj001/mri/aparc+aseg.mgz:colormap:lut:opacity=0.2",
                "Subj001/mri/wmparc.mgz:colormap:lut:opacity=0.2",
            ]
        ),
    ),
    (
        1598,
        (
            "mris_anatomical_stats -th3 -mgz -cortex ../label/lh.cortex.label -f ../stats/lh.aparc.stats -b "
            "-a ../label/lh.aparc.annot -c ../label/aparc.annot.ctab Subj001 lh white"
        ),
        lambda: mris_anatomical_stats(
            "Subj001",
            "lh",
            "white",
            th3=True,
            mgz=True,
            cortex="../label/lh.cortex.label",
            f="../stats/lh.aparc.stats",
            b=True,
            a="../label/lh.aparc.annot",
            c="../label/aparc.annot.ctab",
        ),
    ),
    (
        1695,
        (
            "mri_segstats --seg mri/wmparc.mgz --sum stats/wmparc.stats --pv mri/norm.mgz --excludeid 0 "
            "--brainmask mri/brainmask.mgz --in mri/norm.mgz --in-intensity-name norm --in-intensity-units MR "
            "--subject Subj001 --surf-wm-vol --ctab /opt/freesurfer/WMParcStatsLUT.txt --etiv"
        ),
        lambda: mri_segstats(
            seg="mri/wmparc.mgz",
            sum="stats/wmparc.stats",
            pv="mri/norm.mgz",
            excludeid=0,
            brainmask="mri/brainmask.mgz",
            in_="mri/norm.mgz",
            in_intensity_name="norm",
            in_intensity_units="MR",
            subject="Subj001",
            surf_wm_vol=True,
            ctab="/opt/freesurfer/WMParcStatsLUT.txt",
            etiv=True,
        ),
    ),
    (
        2133,
        "fsleyes T1_skull_stripped.nii.gz output_all_fast_firstseg.nii.gz -cm random",
        lambda: fsleyes("T1_skull_stripped.nii.gz", ("output_all_fast_firstseg.nii.gz", {"cm": "random"})),
    ),
    (
        2224,
        "recon-all -subjid <被験者ID (任意)> -i <入力画像 (3D-T1WI)> -autorecon1",
        lambda: recon_all(subjid="<被験者ID (任意)>", i="<入力画像 (3D-T1WI)>", autorecon1=True),
    ),
    (
        2242,
        "recon-all -subjid Subj001 -i T1w.nii.gz -autorecon1",
        lambda: recon_all(subjid="Subj001", i="T1w.nii.gz", autorecon1=True),
    ),
    (
        2246,
        "mri_convert Subj001/mri/brainmask.mgz brainmask.nii.gz --like T1w.nii.gz",
        lambda: mri_convert("Subj001/mri/brainmask.mgz", "brainmask.nii.gz", like="T1w.nii.gz"),
    ),
    (
        2431,
        "AntsN4BiasFieldCorrectionFs [options] -i <invol> -o <outvol>",
        lambda: ants_n4_bias_field_correction_fs(i="<invol>", o="<outvol>"),
    ),
    (
        2452,
        "AntsN4BiasFieldCorrectionFs -i <入力画像> -o <出力画像>",
        lambda: ants_n4_bias_field_correction_fs(i="<入力画像>", o="<出力画像>"),
    ),
    (
        2458,
        "AntsN4BiasFieldCorrectionFs -i T1w.nii.gz -o T1w_biascorrected.nii.gz",
        lambda: ants_n4_bias_field_correction_fs(i="T1w.nii.gz", o="T1w_biascorrected.nii.gz"),
    ),
]
