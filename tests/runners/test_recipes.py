"""Recipes: their command lines, the options of a user in them, and that what they write is found by merge."""

import inspect
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.errors import TableError, UnknownNameError
from fsstats.runners.catalogue import ALL_TOOLS
from fsstats.runners.engine.cohort import run_jobs
from fsstats.runners.engine.local import run
from fsstats.runners.engine.state import Mark, same_line
from fsstats.runners.images import Images
from fsstats.runners.recipes.named import RECIPES, options_for, plan
from fsstats.runners.scripts import script_of

ROW = Images(
    "sub-01", "ses-1", {"t1": "/in/T1w.nii.gz", "t2": "/in/T2w.nii.gz", "dwi": "/in/dwi.nii.gz", "bval": "/in/b"}
)
OUT = Path("/out")


def lines(name, rows=ROW, **rest):
    """Give the command lines of a recipe, without the folders that say nothing."""
    steps = RECIPES[name].make(rows, OUT, **rest)
    return [str(step).replace("/out/sub-01_ses-1/sub-01_ses-1", "@") for step in steps]


BET, TO = "bet /in/T1w.nii.gz @_brain.nii.gz -m", "to_standard"
AFTER = "bet @_T1w.nii.gz @_brain.nii.gz -m"
FIRST, LOG = "FSLSUBALREADYRUN=true run_first_all -i", f"--logout=@_{TO}_warp.log"
AFFINE = f"flirt -in @_brain.nii.gz -ref /mni.nii.gz -dof 12 -omat @_{TO}.mat"
MOVED = f"--iout=@_in_standard.nii.gz --cout=@_{TO}_warp.nii.gz {LOG}"
CASES = {
    "recon-all": ({}, ["recon-all -i /in/T1w.nii.gz -s sub-01_ses-1 -sd /out -all"]),
    "recon-all, more": (
        {"threads": 4, "pial": "T2", "options": {"recon-all": {"qcache": True}}},
        ["recon-all -i /in/T1w.nii.gz -s sub-01_ses-1 -sd /out -all -openmp 4 -T2 /in/T2w.nii.gz -T2pial -qcache"],
    ),
    "recon-all, a stage": (
        {"options": {"recon-all": {"autorecon1": True}}},
        ["recon-all -i /in/T1w.nii.gz -s sub-01_ses-1 -sd /out -autorecon1"],
    ),
    "fastsurfer": (
        {"threads": 2},
        ["run_fastsurfer.sh --t1 /in/T1w.nii.gz --sid sub-01_ses-1 --sd /out --threads 2"],
    ),
    "freesurfer-skull-strip": (
        {},
        [
            "recon-all -s sub-01_ses-1 -i /in/T1w.nii.gz -sd /out -autorecon1",
            "mri_convert /out/sub-01_ses-1/mri/brainmask.mgz /out/sub-01_ses-1_brainmask.nii.gz --like /in/T1w.nii.gz",
            "fslmaths /in/T1w.nii.gz -mas /out/sub-01_ses-1_brainmask.nii.gz /out/sub-01_ses-1_brain.nii.gz",
        ],
    ),
    "fsl-structural": (
        {"options": {"bet": {"f": 0.3, "R": True}, "fast": {"g": True}, "run_first_all": {"s": ["L_Hipp"]}}},
        [
            "fslreorient2std /in/T1w.nii.gz @_T1w.nii.gz",
            f"{AFTER} -f 0.3 -R",
            "fast -t 1 -o @ -g @_brain.nii.gz",
            f"{FIRST} @_T1w.nii.gz -o @ -s L_Hipp",
        ],
    ),
    "fsl-structural, FIRST on the brain": (
        {"options": {"run_first_all": {"b": True}}},
        [
            "fslreorient2std /in/T1w.nii.gz @_T1w.nii.gz",
            AFTER,
            "fast -t 1 -o @ @_brain.nii.gz",
            f"{FIRST} @_brain.nii.gz -o @ -b",
        ],
    ),
    "fsl-structural, of brains": (
        {"extract": False},
        [
            "fslreorient2std /in/T1w.nii.gz @_T1w.nii.gz",
            "fast -t 1 -o @ @_T1w.nii.gz",
            f"{FIRST} @_T1w.nii.gz -o @ -b",
        ],
    ),
    "to-standard": (
        {"reference": "/mni.nii.gz"},
        [BET, AFFINE, f"fnirt --ref=/mni.nii.gz --in=@_brain.nii.gz --aff=@_{TO}.mat {MOVED}"],
    ),
    "to-standard, as FSL advises": (
        {"reference": "/mni.nii.gz", "config": "T1_2_MNI152_2mm"},
        [BET, AFFINE, f"fnirt --in=/in/T1w.nii.gz --aff=@_{TO}.mat --config=T1_2_MNI152_2mm {MOVED}"],
    ),
    "to-standard, of brains": (
        {"reference": "/mni.nii.gz", "config": "own.cnf", "extract": False},
        [
            f"flirt -in /in/T1w.nii.gz -ref /mni.nii.gz -dof 12 -omat @_{TO}.mat",
            f"fnirt --ref=/mni.nii.gz --in=/in/T1w.nii.gz --aff=@_{TO}.mat --config=own.cnf {MOVED}",
        ],
    ),
    "degibbs-t1": (
        {"options": {"mrdegibbs": {"axes": (1, 2)}}, "threads": 3},
        ["mrdegibbs /in/T1w.nii.gz @_T1w_unringed.nii.gz -axes 1,2 -nthreads 3"],
    ),
    "degibbs-dwi": (
        {},
        [
            "dwidenoise /in/dwi.nii.gz @_dwi_denoised.nii.gz",
            "mrdegibbs @_dwi_denoised.nii.gz @_dwi_denoised_unringed.nii.gz -axes 0,1",
        ],
    ),
    "degibbs-dwi, denoised": ({"denoise": False}, ["mrdegibbs /in/dwi.nii.gz @_dwi_unringed.nii.gz -axes 0,1"]),
    "n4": ({}, ["AntsN4BiasFieldCorrectionFs -i /in/T1w.nii.gz -o @_T1w_biascorrected.nii.gz"]),
}


@pytest.mark.parametrize(("name", "given", "expected"), [(k, *v) for k, v in CASES.items()], ids=CASES)
def test_a_recipe_to_the_letter(name, given, expected):
    assert lines(name.partition(",")[0], **given) == expected


def test_an_atlas_is_brought_to_the_image_and_measured_there():
    row = Images("sub-01", "ses-1", {"fa": "/in/FA.nii.gz"})
    found = lines(
        "atlas-to-native",
        row,
        atlas="/JHU.nii.gz",
        reference="/FMRIB58.nii.gz",
        config="FA.cnf",
        image="fa",
        options={"segstats": {"lut": "/JHU.xml"}},
    )
    assert found[:4] == [
        f"flirt -in /in/FA.nii.gz -ref /FMRIB58.nii.gz -dof 12 -omat @_{TO}.mat",
        f"fnirt --ref=/FMRIB58.nii.gz --in=/in/FA.nii.gz --aff=@_{TO}.mat --config=FA.cnf --cout=@_{TO}_warp.nii.gz {LOG}",
        f"invwarp -w @_{TO}_warp.nii.gz -o @_from_standard_warp.nii.gz -r /in/FA.nii.gz",
        "applywarp --in=/JHU.nii.gz --ref=/in/FA.nii.gz --warp=@_from_standard_warp.nii.gz --interp=nn --out=@_JHU.nii.gz",
    ]
    assert found[4].partition(" -m fsstats_cli ")[2] == (
        "segstats @_JHU.nii.gz --map FA=/in/FA.nii.gz --source JHU --subject sub-01 --session ses-1"
        " --output @_JHU.tsv --lut /JHU.xml"
    )


def test_the_standard_brain_is_that_of_fsl(monkeypatch):
    monkeypatch.setenv("FSLDIR", "/opt/fsl")
    assert "-ref /opt/fsl/data/standard/MNI152_T1_1mm_brain.nii.gz" in lines("to-standard", extract=False)[0]
    monkeypatch.delenv("FSLDIR")
    with pytest.raises(TableError, match="or set FSLDIR"):
        lines("to-standard")


def test_every_recipe_sets_the_options_of_its_tools_alone():
    for recipe in RECIPES.values():
        own = inspect.signature(recipe.make).parameters
        assert {"options", "threads"} <= set(own)
        assert all(tool in ALL_TOOLS or tool.name == "segstats" for tool in recipe.tools)
        assert recipe.make.__doc__


@pytest.fixture
def study(tmp_path):
    """A BIDS data set of two subjects, one with two sessions, and the folder beside it."""
    for name in ("sub-01/ses-1", "sub-01/ses-2", "sub-02/ses-1"):
        stem = name.replace("/", "_")
        for file in (f"anat/{stem}_T1w.nii.gz", f"dwi/{stem}_dwi.nii.gz", f"dwi/{stem}_dwi.bval"):
            path = tmp_path / "bids" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    return tmp_path


FOUND = {
    "fsl-structural": {
        ("bet", ""),
        ("fast", "pve_0"),
        ("fast", "pve_1"),
        ("fast", "pve_2"),
        ("fast.seg", ""),
        ("first", ""),
    },
    "synthseg": {("synthseg", ""), ("synthseg.qc", "")},
    "recon-all": {("aseg", ""), ("aparc", ""), ("wmparc", "")},
    "fastsurfer": {("aseg", ""), ("aseg+DKT", ""), ("aparc.DKTatlas.mapped", ""), ("cerebellum.CerebNet", "")},
}


@pytest.mark.parametrize(("name", "expected"), FOUND.items(), ids=FOUND)
def test_merge_finds_what_a_recipe_writes_and_whose_it_is(study, name, expected):
    made = plan(name, study / "bids", study / "out")
    for job in made.jobs:
        for path in (path for step in job.steps for path in step.outputs):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
    files = fs.find_stats(study / "out")
    read = files[files["status"] == "found"].fillna({"part": "", "session": ""})
    assert expected <= {*zip(read["source"], read["part"], strict=True)}
    assert {*zip(read["subject"], read["session"], strict=True)} == {
        ("sub-01", "ses-1"),
        ("sub-01", "ses-2"),
        ("sub-02", "ses-1"),
    }
    assert RECIPES[name].is_merged


def test_the_longitudinal_stream_refines_the_surfaces_of_each_session_again():
    visits = [Images("s", f"ses-{n}", {"t1": "/a.nii", "flair": f"/{n}.nii"}) for n in (1, 2)]
    steps = [str(step) for step in RECIPES["recon-all-long"].make(visits, OUT, pial="FLAIR")]
    assert [("-FLAIRpial" in step, "-FLAIR /" in step) for step in steps] == [
        *[(True, True)] * 2,
        (False, False),
        *[(True, False)] * 2,
    ]


@pytest.mark.parametrize(("kind", "suffix"), [("NIFTI", ".nii"), ("NIFTI_PAIR", ".hdr")])
def test_images_of_fsl_have_the_suffix_that_it_gives_them(monkeypatch, kind, suffix):
    monkeypatch.setenv("FSLOUTPUTTYPE", kind)
    row = Images("s", None, {"t1": "/in/T1w.nii.gz"})
    steps = RECIPES["atlas-to-native"].make(row, OUT, atlas="/a/JHU.nii.gz", reference="/mni.nii.gz")
    made = {path for step in steps for path in step.outputs}
    assert {path for step in steps for path in step.inputs if path.is_relative_to(OUT)} <= made
    assert steps[-1].inputs == (OUT / "s" / f"s_JHU{suffix}",)
    assert steps[-1].outputs == (OUT / "s" / "s_JHU.tsv",)


def test_nothing_is_written_beside_the_images():
    for name in ("fsl-structural", "to-standard"):
        steps = RECIPES[name].make(ROW, OUT, **({"config": "c.cnf", "reference": "/mni.nii"} if "to" in name else {}))
        assert all(path.is_relative_to(OUT) for step in steps for path in step.outputs)
        beside = [step for step in steps if step.tool.program in {"run_first_all", "fnirt"}]
        assert beside[0].tool.program == "fnirt" or beside[0].inputs[0].is_relative_to(OUT)
        assert beside[0].tool.program != "fnirt" or "--logout=/out" in str(beside[0])


def test_the_longitudinal_stream_is_a_job_a_subject(study):
    made = plan("recon-all-long", study / "bids", study / "out", options=options_for("recon-all-long", words=["-3T"]))
    assert [(job.subject, job.session, len(job.steps)) for job in made.jobs] == [
        ("sub-01", None, 5),
        ("sub-02", None, 3),
    ]
    out = f"-sd {study}/out -all"
    assert [str(step).partition(" -i ")[2].partition(" ")[2] or str(step) for step in made.jobs[0].steps] == [
        f"-s sub-01_ses-1 {out} -3T",
        f"-s sub-01_ses-2 {out} -3T",
        f"recon-all -base sub-01 -tp sub-01_ses-1 -tp sub-01_ses-2 {out} -3T",
        f"recon-all -long sub-01_ses-1 sub-01 {out} -3T",
        f"recon-all -long sub-01_ses-2 sub-01 {out} -3T",
    ]


def test_a_subject_whose_session_lacks_its_image_is_not_run_longitudinally(study):
    (study / "bids/sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz").unlink()
    made = plan("recon-all-long", study / "bids", study / "out")
    assert [job.subject for job in made.jobs] == ["sub-02"]
    problems = made.images["problem"].fillna("").tolist()
    assert [bool(problem) for problem in problems] == [True, True, False]
    assert problems[0].startswith("ses-2: expected a T1-weighted image")


def test_without_sessions_there_is_no_longitudinal_stream(tmp_path):
    table = pd.DataFrame({"subject": ["a"], "t1": [__file__]})
    made = plan("recon-all-long", table, tmp_path)
    assert (made.jobs, made.images["problem"].tolist()) == (
        (),
        ["expected sessions, for the longitudinal stream, found none"],
    )


def test_further_runs_are_averaged_by_recon_all_and_named_by_others(tmp_path):
    table = pd.DataFrame({"subject": ["a"], "t1": [__file__], "t1_2": [__file__]})
    assert str(plan("recon-all", table, tmp_path).jobs[0].steps[0]).count(" -i ") == 2
    assert plan("n4", table, tmp_path).images["remark"].tolist() == ["only the first of 2 runs is used"]


def test_parts_are_all_jobs_and_each_problem_once(study):
    (study / "bids/sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz").unlink()
    whole = plan("recon-all", study / "bids", study / "out")
    parts = [whole.part(number, 3) for number in (1, 2, 3)]
    assert [job for part in parts for job in part.jobs] == [*whole.jobs]
    assert [part.images["problem"].notna().sum() for part in parts] == [1, 0, 0]


def test_steps_in_a_container_are_the_same_line_whatever_is_there_already(study, monkeypatch):
    monkeypatch.setenv("FS_LICENSE", str(study / "key.txt"))
    (study / "key.txt").write_text("secret")
    container = {"image": "fs.sif", "engine": "apptainer"}
    (before,) = plan("recon-all", study / "bids", study / "out", subjects=["02"], container=container).jobs
    (study / "out" / "sub-02_ses-1" / "mri").mkdir(parents=True)
    (after,) = plan("recon-all", study / "bids", study / "out", subjects=["02"], container=container).jobs
    assert before.steps[0].argv == after.steps[0].argv
    assert f"{study}/key.txt:/fsstats-licence/license.txt:ro" in before.steps[0].argv
    assert "secret" not in script_of([before])


def test_the_standard_brain_may_be_that_of_the_image(study):
    container = {"image": "fsl.sif", "engine": "docker"}
    reference = f"{study}/bids/MNI152.nii.gz"
    options = options_for("to-standard", [f"reference={reference}"])
    made = plan("to-standard", study / "bids", study / "out", options=options, container=container)
    for step in made.jobs[0].steps:
        assert reference not in [*map(str, step.inputs), *step.before]
    image = made.jobs[0].steps[0].inputs[0]  # beside the place where the image has its standard brain
    assert f"type=bind,source={image.parent},target={image.parent},readonly" in made.jobs[0].steps[0].before


def test_remarks_are_said_once_and_not_those_that_are_looked_after(study):
    assert plan("recon-all", study / "bids", study / "out").remarks == ()
    options = options_for("fsl-structural", ["bet.R", "bet.S"])
    (remark,) = plan("fsl-structural", study / "bids", study / "out", options=options).remarks
    assert remark.startswith("bet keeps the last")


READ = {
    "numbers and switches": ("fsl-structural", ["bet.f=0.3", "bet.R", "bet.S=no"], [], {"bet": {"f": 0.3, "R": True, "S": False}}),
    "several values": ("fsl-structural", ["bet.c=1,2,3"], [], {"bet": {"c": (1.0, 2.0, 3.0)}}),
    "a list": ("fsl-structural", ["run_first_all.s=L_Hipp,R_Hipp"], [], {"run_first_all": {"s": ["L_Hipp", "R_Hipp"]}}),
    "by spelling": ("to-standard", ["flirt.-searchrx=-30,30"], [], {"flirt": {"searchrx": (-30.0, 30.0)}}),
    "words": ("recon-all", [], ["-T2", "a b.nii", "-T2pial", "-openmp", "2"], {"recon-all": {"T2": "a b.nii", "T2pial": True, "openmp": 2}}),
    "words, repeated": ("recon-all", [], ["-i", "a", "-i", "b"], {"recon-all": {"i": ["a", "b"]}}),
    "both": ("recon-all", ["recon-all.qcache"], ["-3T"], {"recon-all": {"qcache": True, "at_3T": True}}),
    "of the recipe": ("to-standard", ["reference=a=b.nii", "extract"], [], {"": {"reference": "a=b.nii", "extract": "true"}}),
    "joined": ("degibbs-t1", [], ["-axes", "0,2", "-nthreads", "2"], {"mrdegibbs": {"axes": (0, 2), "nthreads": 2}}),
}  # fmt: skip


@pytest.mark.parametrize(("recipe", "settings", "words", "expected"), READ.values(), ids=READ)
def test_options_are_read_as_they_are_typed(recipe, settings, words, expected):
    assert options_for(recipe, settings, words) == expected


WRONG = {
    "no such recipe": ("recon-al", [], [], UnknownNameError, "did you mean recon-all"),
    "no such tool": ("recon-all", ["bte.f=1"], [], UnknownNameError, "no tool of this recipe is called 'bte'"),
    "no such option": ("fsl-structural", ["bet.q=1"], [], UnknownNameError, "no option of bet is called 'q'"),
    "no such word": ("recon-all", [], ["-qcach"], UnknownNameError, "did you mean -qcache"),
    "no number": ("fsl-structural", ["bet.f=low"], [], TableError, "bet: expected a number for -f, found 'low'"),
    "no value": ("recon-all", [], ["-openmp"], TableError, "recon-all: expected 1 value for -openmp, found 'none'"),
    "too few": ("fsl-structural", ["bet.c=1,2"], [], TableError, "expected 3 values for -c"),
    "no switch": ("fsl-structural", ["bet.R=2"], [], TableError, "expected yes or no, found '2'"),
    "words for whom": (
        "fsl-structural",
        [],
        ["-R"],
        TableError,
        "found several tools .bet, fast, run_first_all, fslreorient2std.",
    ),
}


@pytest.mark.parametrize(("recipe", "settings", "words", "error", "said"), WRONG.values(), ids=WRONG)
def test_an_option_at_fault_is_named(recipe, settings, words, error, said):
    with pytest.raises(error, match=said):
        options_for(recipe, settings, words)


PLANNED = {
    "another image": ("recon-all", ["recon-all.i=x.nii"], "recon-all: expected options that are the same for all"),
    "another name": ("recon-all", ["recon-all.subjid=x"], "found -subjid, which is of one"),
    "one T2 for all": ("recon-all", ["recon-all.T2=x.nii"], "found -T2, which is of one"),
    "one output for all": ("degibbs-dwi", ["dwidenoise.noise=x.nii"], "found -noise, which is of one"),
    "one matrix for all": ("fsl-structural", ["run_first_all.a=x.mat"], "found -a, which is of one"),
    "another output": ("fsl-structural", ["fast.o=x"], "found -o, which is of one"),
    "out of range": ("fsl-structural", ["bet.f=3"], "at most 1"),
    "no option of the recipe": ("to-standard", ["references=x"], "did you mean reference"),
    "no yes or no": ("to-standard", ["extract=perhaps", "reference=x"], "expected yes or no"),
    "no such image": ("atlas-to-native", ["image=fA", "atlas=x", "reference=y"], "did you mean fa"),
    "no such pial": ("recon-all", ["pial=T3"], "did you mean T2"),
    "no atlas": ("atlas-to-native", ["reference=y"], "expected an atlas, as atlas=labels.nii.gz"),
    "no such N4": ("n4", ["by=me"], "there are: ants, freesurfer"),
}


@pytest.mark.parametrize(("recipe", "settings", "said"), PLANNED.values(), ids=PLANNED)
def test_a_plan_at_fault_is_refused_before_anything_runs(study, recipe, settings, said):
    with pytest.raises((TableError, UnknownNameError), match=said):
        plan(recipe, study / "bids", study / "out", options=options_for(recipe, settings))
    assert not (study / "out").exists()


def test_dipys_own_program_is_not_run_in_a_container(study):
    with pytest.raises(TableError, match="expected a program of the image"):
        plan("degibbs-dipy", study / "bids", study / "out", container={"image": "x"})
    assert len(plan("degibbs-dipy", study / "bids", study / "out").jobs) == 3


def test_the_image_for_the_pial_surface_is_needed(study):
    made = plan("recon-all", study / "bids", study / "out", options=options_for("recon-all", ["pial=T2"]))
    assert made.jobs == ()
    assert made.images["problem"].str.contains("T2-weighted image").all()


def test_the_regions_of_an_atlas_are_measured_by_the_last_step(tmp_path):
    labels = np.zeros((4, 4, 4), dtype=np.uint8)
    labels[1:3], values = 7, np.full((4, 4, 4), 0.5, dtype=np.float32)
    out, own = tmp_path / "out", tmp_path / "FA.nii.gz"
    row = Images("sub-01", "ses-1", {"fa": str(own)})
    steps = RECIPES["atlas-to-native"].make(row, out, atlas="JHU.nii.gz", reference="x.nii.gz", image="fa")
    (out / "sub-01_ses-1").mkdir(parents=True)
    for path, array in ((own, values), (steps[-1].inputs[0], labels)):
        nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), path)
    run(steps[-1])
    table = fs.read_table(out / "sub-01_ses-1" / "sub-01_ses-1_JHU.tsv").set_index("measure")
    assert table["value"].to_dict() == pytest.approx(
        {
            "n_voxels": 32,
            "volume": 32,
            "FA_mean": 0.5,
            "FA_std": 0,
            "FA_min": 0.5,
            "FA_max": 0.5,
            "FA_range": 0,
            "FA_n_missing": 0,
        }
    )
    assert table[["subject", "session", "source"]].drop_duplicates().to_numpy().tolist() == [["sub-01", "ses-1", "JHU"]]


@pytest.mark.skipif(not shutil.which("mrdegibbs"), reason="MRtrix3 is not installed")
def test_degibbs_runs_with_the_real_program(tmp_path):
    image = np.zeros((16, 16, 8), dtype=np.float32)
    image[4:12, 4:12, 2:6] = 100
    nibabel.save(nibabel.Nifti1Image(image, np.eye(4)), tmp_path / "T1w.nii.gz")
    table = pd.DataFrame({"subject": ["a"], "t1": [str(tmp_path / "T1w.nii.gz")]})
    made = plan("degibbs-t1", table, tmp_path / "out", threads=1)
    assert run_jobs(made.jobs)["status"].tolist() == ["done"]
    assert nibabel.load(tmp_path / "out" / "a" / "a_T1w_unringed.nii.gz").shape == image.shape


@pytest.mark.parametrize("engine", [None, "apptainer", "docker"])
@pytest.mark.parametrize("name", ["recon-all", "fastsurfer", "synthseg", "degibbs-dwi", "fsl-structural"])
def test_other_numbers_of_threads_run_nothing_again(study, name, engine):
    container = None if engine is None else {"image": "x", "engine": engine}
    made = [plan(name, study / "bids", study / "out", threads=n, container=container) for n in (None, 2, 16)]
    first, *others = [[step.argv for step in one.jobs[0].steps] for one in made]
    for steps in others:
        assert all(same_line(Mark([*one], "done"), other) for one, other in zip(first, steps, strict=True))
    assert not same_line(Mark([*first[0]], "done"), (*first[0], "-qcache"))
    assert not same_line(Mark([*first[0], "-openmp", "2"], "done"), (*first[0][:-1], "-openmp", "2"))
