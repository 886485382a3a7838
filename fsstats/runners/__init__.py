"""The tools that make the files we read: their command lines as values, and what runs them for a whole study."""

from fsstats.runners.catalogue import tools
from fsstats.runners.command import Command, Suite, Tool
from fsstats.runners.containers import in_container
from fsstats.runners.engine.cohort import run_jobs
from fsstats.runners.engine.jobs import Job
from fsstats.runners.engine.local import Run, Runner, run
from fsstats.runners.engine.state import status_of
from fsstats.runners.images import images_in
from fsstats.runners.programs.ants import n4_bias_field
from fsstats.runners.programs.arithmetic import fslmaths
from fsstats.runners.programs.dipy import gibbs_removal
from fsstats.runners.programs.fastsurfer import run_fastsurfer
from fsstats.runners.programs.first import first_roi_slicesdir, run_first_all, slicesdir
from fsstats.runners.programs.freesurfer import (
    ants_n4_bias_field_correction_fs,
    mri_convert,
    mri_segstats,
    mris_anatomical_stats,
)
from fsstats.runners.programs.fsl import bet, fast, fslreorient2std
from fsstats.runners.programs.mrtrix import dwidenoise, mrdegibbs
from fsstats.runners.programs.recon import recon_all
from fsstats.runners.programs.registration import flirt, fnirt
from fsstats.runners.programs.stats2table import aparcstats2table, asegstats2table
from fsstats.runners.programs.synthseg import mri_synthseg
from fsstats.runners.programs.viewers import freeview, fsleyes, view
from fsstats.runners.programs.warps import applywarp, convertwarp, invwarp
from fsstats.runners.recipes.named import RECIPES, Plan, Recipe, options_for, plan
from fsstats.runners.scripts import script_of, slurm_script

__all__ = [
    "RECIPES",
    "Command",
    "Job",
    "Plan",
    "Recipe",
    "Run",
    "Runner",
    "Suite",
    "Tool",
    "ants_n4_bias_field_correction_fs",
    "aparcstats2table",
    "applywarp",
    "asegstats2table",
    "bet",
    "convertwarp",
    "dwidenoise",
    "fast",
    "first_roi_slicesdir",
    "flirt",
    "fnirt",
    "freeview",
    "fsleyes",
    "fslmaths",
    "fslreorient2std",
    "gibbs_removal",
    "images_in",
    "in_container",
    "invwarp",
    "mrdegibbs",
    "mri_convert",
    "mri_segstats",
    "mri_synthseg",
    "mris_anatomical_stats",
    "n4_bias_field",
    "options_for",
    "plan",
    "recon_all",
    "run",
    "run_fastsurfer",
    "run_first_all",
    "run_jobs",
    "script_of",
    "slicesdir",
    "slurm_script",
    "status_of",
    "tools",
    "view",
]
