"""FastSurfer and SynthSeg: their lines, the files that they write, and what they refuse."""

from pathlib import Path

import pytest

from fsstats.errors import TableError
from fsstats.runners.programs.fastsurfer import run_fastsurfer
from fsstats.runners.programs.synthseg import mri_synthseg


@pytest.fixture(autouse=True)
def no_licence(monkeypatch):
    monkeypatch.delenv("FS_LICENSE", raising=False)


def of_bert(**options):
    return run_fastsurfer(sid="bert", sd="/s", **options)


def written(**options):
    return {path.relative_to("/s/bert").as_posix() for path in of_bert(**options).outputs}


LINES = {
    "the segmentation alone": (
        lambda: of_bert(t1="/t1.nii", seg_only=True, device="cpu", threads=4),
        "run_fastsurfer.sh --sid bert --sd /s --t1 /t1.nii --seg_only --device cpu --threads 4",
    ),
    "surfaces at 3 tesla": (
        lambda: of_bert(t1="/t1.nii", fs_license="/l.txt", at_3T=True, parallel=True),
        "run_fastsurfer.sh --sid bert --sd /s --t1 /t1.nii --fs_license /l.txt --3T --parallel",
    ),
    "a time point": (
        lambda: run_fastsurfer(sid="bert_1", sd="/s", long="bert", fs_license="/l.txt"),
        "run_fastsurfer.sh --sid bert_1 --sd /s --long bert --fs_license /l.txt",
    ),
    "a folder of images": (
        lambda: mri_synthseg(i="images", o="segmentations", vol="vol.csv", robust=True, threads=8, cpu=True),
        "mri_synthseg --i images --o segmentations --vol vol.csv --robust --threads 8 --cpu",
    ),
    "a part of the image": (lambda: mri_synthseg(i="a", o="b", crop=[160, 192, 160]), "mri_synthseg --i a --o b --crop 160 192 160"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "expected"), LINES.values(), ids=LINES)
def test_options_are_written_in_the_order_in_which_they_are_given(call, expected):
    assert " ".join(call().argv) == expected


DEEP = {"stats/aseg+DKT.stats", "stats/cerebellum.CerebNet.stats", "mri/aparc.DKTatlas+aseg.deep.mgz"}
SURFACES = {
    *("stats/aseg.stats", "stats/wmparc.DKTatlas.mapped.stats", "scripts/recon-surf.done"),
    *("stats/lh.aparc.DKTatlas.mapped.stats", "stats/rh.aparc.DKTatlas.mapped.stats"),
}
WRITTEN = {
    "all": ({"t1": "/t1.nii"}, DEEP | SURFACES, set()),
    "segmentations": ({"t1": "/t1.nii", "seg_only": True}, DEEP, SURFACES),
    "surfaces": ({"surf_only": True}, SURFACES, DEEP),
    "no bias field": (
        {"t1": "/t1.nii", "no_biasfield": True},
        {"mri/aparc.DKTatlas+aseg.deep.mgz"},
        {"stats/aseg+DKT.stats", "stats/cerebellum.CerebNet.stats"},
    ),
    "no cerebellum": ({"t1": "/t1.nii", "no_cereb": True}, {"stats/aseg+DKT.stats"}, {"stats/cerebellum.CerebNet.stats"}),
    "a template": ({"base": True}, {"stats/aseg+DKT.stats"}, {"stats/cerebellum.CerebNet.stats"}),
    "stats elsewhere": (
        {"t1": "/t1.nii", "asegdkt_statsfile": "/x.stats"},
        {"mri/aparc.DKTatlas+aseg.deep.mgz"},
        {"stats/aseg+DKT.stats"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("options", "there", "not_there"), WRITTEN.values(), ids=WRITTEN)
def test_fastsurfers_outputs_follow_its_parts(options, there, not_there):
    files = written(**options)
    assert files >= there
    assert not files & not_there


def test_what_a_stopped_run_leaves_and_fastsurfer_refuses_is_an_output():
    left = {"mri/wm.mgz", "mri/aparc.DKTatlas+aseg.orig.mgz"}
    assert written(t1="/t1.nii") >= left
    assert not written(t1="/t1.nii", seg_only=True) & left


def test_inputs_are_images_and_the_licence():
    line = of_bert(t1="/t1.nii", t2="/t2.nii", fs_license="/l.txt")
    assert {path.as_posix() for path in line.inputs} == {"/t1.nii", "/t2.nii", "/l.txt"}


def test_synthsegs_files():
    line = mri_synthseg(i="a.nii", o="b.nii", vol="v.csv", qc="q.csv", post="p.nii", resample="r.nii")
    assert line.inputs == (Path("a.nii"),)
    assert {path.as_posix() for path in line.outputs} == {"b.nii", "v.csv", "q.csv", "p.nii", "r.nii"}


REMARKS = [
    ({"t1": "t1.nii", "seg_only": True}, "whole path of --t1"),
    ({"t1": "/t1.nii"}, "need FreeSurfer's licence"),
    ({"t1": "/t1.nii", "seg_only": True, "tal_reg": True}, "need FreeSurfer's licence"),
    ({"t1": "/t1.nii", "seg_only": True}, None),
    ({"t1": "/t1.nii", "fs_license": "/l.txt"}, None),
]


@pytest.mark.parametrize(("options", "remark"), REMARKS)
def test_traps_are_told(options, remark):
    said = of_bert(**options).remarks
    assert len(said) == (remark is not None)
    assert all(remark in one for one in said)


def test_a_licence_that_the_environment_names_is_enough(monkeypatch):
    monkeypatch.setenv("FS_LICENSE", "/l.txt")
    assert of_bert(t1="/t1.nii").remarks == ()


REFUSED = {
    "no subject": (lambda: run_fastsurfer(sd="/s", t1="/t1.nii"), "expected sid"),
    "no folder": (lambda: run_fastsurfer(sid="bert", t1="/t1.nii"), "expected sd"),
    "no image": (of_bert, "expected the T1-weighted image"),
    "nothing left": (lambda: of_bert(seg_only=True, surf_only=True), "at most one of --seg_only and --surf_only"),
    "no segmentation": (lambda: mri_synthseg(i="a"), "expected o "),
    "an old robust network": (
        lambda: mri_synthseg(i="a", o="b", robust=True, v1=True),
        "at most one of --robust and --v1",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_what_the_programs_refuse_is_refused_at_once(call, message):
    with pytest.raises(TableError, match=message):
        call()
