"""recon-all: what is written, what will be there, whom it is about, and how a subject is gone on with."""

import csv
from pathlib import Path

import pytest

from fsstats.errors import TableError, UnknownNameError
from fsstats.runners._flags import options_of
from fsstats.runners.programs._recon_newer import ReconAllNewer
from fsstats.runners.programs._recon_options import ReconAllOptions
from fsstats.runners.programs._recon_steps import FILES, OFF, STAGES
from fsstats.runners.programs.freesurfer import mri_convert
from fsstats.runners.programs.recon import continued, recon_all, subject_folder
from tests_support import HERE

SCRIPTS = {release: HERE / "fixtures" / "tools" / f"recon-all{release}.tsv" for release in ("", "-8")}
OLD = {"-autorecon2-pial"}  # spelled so by FreeSurfer 5


@pytest.fixture(autouse=True)
def no_subjects_dir(monkeypatch):
    monkeypatch.delenv("SUBJECTS_DIR", raising=False)


def written(**options):
    folder = Path("subjects/bert")
    made = recon_all(s="bert", sd="subjects", **options).outputs
    return {path.relative_to(folder).as_posix() for path in made}


LINES = {
    "several images": (
        {"s": "bert", "i": ["a.nii.gz", "b.nii.gz"], "all": True},
        "-s bert -i a.nii.gz -i b.nii.gz -all",
    ),
    "a second contrast": (
        {"s": "bert", "T2": "t2.nii.gz", "T2pial": True, "autorecon3": True},
        "-s bert -T2 t2.nii.gz -T2pial -autorecon3",
    ),
    "FLAIR": ({"s": "bert", "FLAIR": "f.nii", "FLAIRpial": True}, "-s bert -FLAIR f.nii -FLAIRpial"),
    "threads": ({"all": True, "s": "bert", "parallel": True, "openmp": 8}, "-all -s bert -parallel -openmp 8"),
    "a template": (
        {"base": "bert", "tp": ["bert_1", "bert_2"], "all": True},
        "-base bert -tp bert_1 -tp bert_2 -all",
    ),
    "a time point": ({"long": ("bert_1", "bert"), "all": True}, "-long bert_1 bert -all"),
    "3 tesla": ({"s": "bert", "all": True, "at_3T": True, "mprage": True}, "-s bert -all -3T -mprage"),
    "an edit": ({"s": "bert", "autorecon2_cp": True, "autorecon3": True}, "-s bert -autorecon2-cp -autorecon3"),
    "smoothed maps": (
        {"s": "bert", "qcache": True, "measure": ["thickness", "area.pial"], "fwhm": 10},
        "-s bert -qcache -measure thickness -measure area.pial -fwhm 10",
    ),
    "FreeSurfer 8": (
        {"s": "bert", "all": True, "no_v8": True, "synthstrip": True, "topofit": 2, "high_myelin": 0.5},
        "-s bert -all -no-v8 -synthstrip -topofit 2 -high-myelin 0.5",
    ),
    "a mask of one's own": ({"s": "bert", "xmask": "-m.nii", "all": True}, "-s bert -xmask ./-m.nii -all"),
    "programs at the end": (
        {"s": "bert", "all": True, "termscript": ["post-recon-all", "qa"]},
        "-s bert -all -termscript post-recon-all -termscript qa",
    ),
    "experts": (
        {"s": "bert", "all": True, "expert": "expert.opts", "xopts_overwrite": True, "cw256": True},
        "-s bert -all -expert expert.opts -xopts-overwrite -cw256",
    ),
    "a seed point": ({"s": "bert", "wsseed": (128, 90, 110)}, "-s bert -wsseed 128 90 110"),
    "a name with a dash in front": ({"i": "-odd.nii", "s": "bert"}, "-i ./-odd.nii -s bert"),
    "a switch that is off": ({"s": "bert", "all": True, "hires": False}, "-s bert -all"),
}


@pytest.mark.parametrize(("options", "expected"), LINES.values(), ids=LINES)
def test_options_are_written_in_the_order_in_which_they_are_given(options, expected):
    assert " ".join(recon_all(**options).argv) == f"recon-all {expected}"


def taken_by(release):
    """Give how many values each option has that a recon-all takes."""
    with SCRIPTS[release].open(encoding="utf-8", newline="") as file:
        return {row["spelling"]: int(row["n_values"]) for row in csv.DictReader(file, delimiter="\t")}


def test_every_option_is_one_that_a_script_takes_with_as_many_values():
    options = options_of(ReconAllOptions).values()
    ours = {word: len(one.kinds) for one in options for word in (one.flag.spelling, *one.flag.also)}
    assert len(ours) == sum(1 + len(one.flag.also) for one in options)
    known = [taken_by(release) for release in SCRIPTS]
    assert {word for word, n in ours.items() if n not in [script.get(word) for script in known]} == OLD


def test_what_freesurfer_8_does_not_take_is_said():
    options, newest = options_of(ReconAllOptions).values(), taken_by("-8")
    gone = {one.name for one in options if one.flag.spelling not in newest}
    assert {one.name for one in options if "not in FreeSurfer 8" in one.flag.says} == gone


def test_what_freesurfer_6_does_not_take_stands_apart():
    older, newer = taken_by(""), options_of(ReconAllNewer).values()
    assert {one.name for one in newer if one.flag.spelling in older} <= {"termscript", "no_mprage"}


def test_names_are_the_spelling_without_dashes():
    odd = {
        name: one.flag.spelling
        for name, one in options_of(ReconAllOptions).items()
        if name != one.flag.spelling.removeprefix("-").replace("-", "_")
    }
    assert odd == {"at_3T": "-3T"}


def test_the_tables_of_steps_name_only_options():
    names = set(options_of(ReconAllOptions))
    assert {step for steps in STAGES.values() for step in steps} <= set(FILES)
    assert set(FILES) | set(STAGES) | set(OFF) <= names


STATS = {
    *("stats/aseg.stats", "stats/wmparc.stats"),
    *("stats/lh.aparc.stats", "stats/rh.aparc.stats", "stats/lh.aparc.a2009s.stats", "stats/rh.aparc.a2009s.stats"),
}
FIRST = {"mri/orig.mgz", "mri/nu.mgz", "mri/T1.mgz", "mri/brainmask.mgz", "mri/transforms/talairach.xfm"}


def test_all_steps_write_all_stats_files():
    files = written(i="T1w.nii.gz", all=True)
    assert files >= STATS | FIRST | {"scripts/recon-all.done", "surf/lh.pial", "surf/rh.pial", "mri/aparc+aseg.mgz"}


def test_the_stages_one_by_one_write_what_all_writes_but_the_last_sign():
    parts = written(autorecon1=True) | written(autorecon2=True) | written(autorecon3=True)
    assert parts == written(all=True) - {"scripts/recon-all.done"}
    assert written(autorecon1=True) == FIRST


WRITTEN = {
    "one hemisphere": ({"autorecon3": True, "hemi": "lh"}, {"stats/lh.aparc.stats"}, {"stats/rh.aparc.stats"}),
    "made, if old": ({"make": "autorecon1"}, FIRST, STATS),
    "made, if old, in full": ({"make": "all"}, {*STATS, "scripts/recon-all.done"}, set()),
    "a step behind its stage": ({"autorecon1": True, "noskullstrip": True}, {"mri/T1.mgz"}, {"mri/brainmask.mgz"}),
    "a step in front of its stage": ({"noskullstrip": True, "autorecon1": True}, FIRST, set()),
    "a step alone": ({"segstats": True}, {"stats/aseg.stats"}, {"stats/wmparc.stats"}),
    "no segmentation": ({"all": True, "noaseg": True}, {"stats/lh.aparc.stats"}, {"stats/aseg.stats"}),
    "behind SynthSeg": ({"autorecon2_synthseg": True}, {"mri/wm.mgz", "surf/lh.inflated"}, {"mri/norm.mgz"}),
    "behind an edit of the fill": ({"autorecon2_fill": True}, {"mri/filled.mgz"}, {"mri/wm.mgz"}),
    "nothing is run": ({"all": True, "dontrun": True}, set(), STATS),
    "gyrification": ({"lgi": True}, {"surf/lh.pial_lgi", "surf/rh.pial_lgi"}, STATS),
    "usual maps": (
        {"qcache": True},
        {"surf/lh.thickness.fwhm10.fsaverage.mgh", "surf/rh.sulc.fwhm0.fsaverage.mgh"},
        STATS,
    ),
    "maps of one's own": (
        {"qcache": True, "measure": "w-g.pct.mgh", "fwhm": 5, "target": "fsaverage6"},
        {"surf/lh.w-g.pct.mgh.fwhm5.fsaverage6.mgh"},
        {"surf/lh.thickness.fwhm5.fsaverage6.mgh"},
    ),
}


@pytest.mark.parametrize(("options", "there", "not_there"), WRITTEN.values(), ids=WRITTEN)
def test_outputs_follow_the_steps(options, there, not_there):
    files = written(**options)
    assert files >= there
    assert not files & not_there


FOLDERS = {
    "a subject": ({"s": "bert"}, "bert"),
    "the long spelling": ({"subjid": "bert"}, "bert"),
    "the last name counts": ({"s": "bert", "subjid": "ernie"}, "ernie"),
    "only the end of a path": ({"s": "somewhere/bert/"}, "bert"),
    "a template": ({"base": "bert", "tp": "bert_1"}, "bert"),
    "a time point": ({"long": ("bert_1", "bert")}, "bert_1.long.bert"),
    "an image that is named like an option": ({"i": "-s", "s": "bert"}, "bert"),
}


@pytest.mark.parametrize(("options", "name"), FOLDERS.values(), ids=FOLDERS)
def test_the_folder_of_a_subject(options, name):
    assert subject_folder(recon_all(sd="subjects", **options)) == Path("subjects", name)


def test_the_folder_is_seen_from_the_caller():
    assert subject_folder(recon_all(s="bert", all=True, sd=".").within("study")) == Path("study/bert")


def test_the_folder_of_the_subjects_may_come_from_the_environment(monkeypatch):
    nowhere = recon_all(s="bert", all=True)
    assert (nowhere.outputs, subject_folder(nowhere)) == ((), None)
    assert any("SUBJECTS_DIR" in remark for remark in nowhere.remarks)
    monkeypatch.setenv("SUBJECTS_DIR", "elsewhere")
    assert subject_folder(recon_all(s="bert", all=True)) == Path("elsewhere/bert")
    assert Path("elsewhere/bert/stats/aseg.stats") in recon_all(s="bert", all=True).outputs
    assert subject_folder(recon_all(s="bert", all=True, sd="here")) == Path("here/bert")


def test_other_tools_have_no_subject():
    assert subject_folder(mri_convert("a.mgz", "b.nii.gz")) is None


INPUTS = {
    "images": ({"s": "bert", "i": ["a.nii", "b.nii"], "T2": "t2.nii"}, ["a.nii", "b.nii", "t2.nii"]),
    "an old subject": ({"s": "bert", "autorecon3": True}, ["subjects/bert"]),
    "time points of a template": ({"base": "bert", "tp": ["b1", "b2"]}, ["subjects/b1", "subjects/b2"]),
    "a time point and its template": ({"long": ("b1", "bert")}, ["subjects/b1", "subjects/bert"]),
    "a second image": ({"s": "bert", "hippocampal_subfields_T2": ("t2.nii", "hires")}, ["t2.nii", "subjects/bert"]),
}


@pytest.mark.parametrize(("options", "expected"), INPUTS.values(), ids=INPUTS)
def test_inputs_are_images_and_the_subjects_that_it_builds_on(options, expected):
    line = recon_all(**options, sd="subjects")
    assert {path.as_posix() for path in line.inputs} == {*expected, "subjects"}


REFUSED = {
    "nobody": ({"all": True}, "expected the name of a subject"),
    "two contrasts": ({"s": "b", "T2pial": True, "FLAIRpial": True}, "at most one of -T2pial and -FLAIRpial"),
    "one hemisphere in parallel": ({"s": "b", "parallel": True, "hemi": "lh"}, "at most one of -parallel and -hemi"),
    "a template without time points": ({"base": "b", "all": True}, "expected time points"),
    "a template named as a time point": ({"base": "b", "tp": ["a", "b"]}, "expected time points"),
    "a longitudinal name": ({"s": "b1.long.b", "all": True}, "expected long="),
    "a stage as text": ({"s": "b", "all": "yes"}, "expected True or False"),
    "no threads": ({"s": "b", "openmp": 0}, "whole number of at least 1"),
    "one voxel's place": ({"s": "b", "wsseed": (1, 2)}, "expected 3 values"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_the_script_refuses_is_refused_at_once(options, message):
    with pytest.raises(TableError, match=message):
        recon_all(**options)


def test_an_unknown_option_names_its_neighbours():
    with pytest.raises(UnknownNameError, match="autorecon1"):
        recon_all(s="bert", autorecon=True)


REMARKS = {
    "new images": ({"i": "T1w.nii"}, "recon-all refuses a subject whose folder is already there"),
    "threads in vain": ({"openmp": 8, "parallel": True}, "put -openmp behind it"),
    "a step in vain": ({"noskullstrip": True, "autorecon1": True}, "-noskullstrip stands in front of -autorecon1"),
    "a name with a blank": ({"T2": "my t2.nii", "T2pial": True}, "will not find 'my t2.nii': rename it"),
    "an image in vain": ({"T2": "t2.nii", "all": True}, "without -T2pial"),
}


@pytest.mark.parametrize(("options", "remark"), REMARKS.values(), ids=REMARKS)
def test_traps_are_told(options, remark):
    said = recon_all(s="bert", sd=".", **options).remarks
    assert [one for one in said if remark in one] == list(said)
    assert len(said) == 1


QUIET = [
    {"parallel": True, "openmp": 8, "all": True},
    {"autorecon1": True, "noskullstrip": True},
    {"T2": "t2.nii", "T2pial": True, "all": True},
    {"threads": 4, "all": True},
]


@pytest.mark.parametrize("options", QUIET)
def test_nothing_is_told_where_there_is_no_trap(options):
    assert recon_all(s="bert", sd=".", **options).remarks == ()


CONTINUED = {
    "images go": ({"i": ["a.nii", "b.nii"], "all": True}, "-all"),
    "a second contrast stays": ({"i": "a.nii", "T2": "t2.nii", "T2pial": True}, "-T2 t2.nii -T2pial"),
    "the experts' file is put in place again": (
        {"i": "a.nii", "expert": "x.opts", "all": True},
        "-expert x.opts -all -xopts-overwrite",
    ),
    "and once is enough": (
        {"expert": "x.opts", "xopts_overwrite": True, "all": True},
        "-expert x.opts -xopts-overwrite -all",
    ),
    "an image that is named like an option": ({"i": "-i", "all": True}, "-all"),
}


@pytest.mark.parametrize(("options", "expected"), CONTINUED.values(), ids=CONTINUED)
def test_an_unfinished_subject_is_gone_on_with(options, expected):
    line = recon_all(s="bert", sd="subjects", **options)
    after = continued(line)
    assert " ".join(after.arguments) == f"-s bert -sd subjects {expected}"
    assert Path("a.nii") not in after.inputs
    assert (after.outputs, after.remarks) == (line.outputs, ())
    assert continued(after) == after


def test_a_run_that_is_over_is_passed_over_once():
    line = recon_all(s="bert", all=True, sd=".")
    after = continued(line, ignore_running=True)
    assert after.arguments == (*line.arguments, "-no-isrunning")
    assert continued(after, ignore_running=True) == after
