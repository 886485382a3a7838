"""Which image and which labels belong together."""

import zipfile

import pandas as pd
import pytest

from fsstats import ColumnsError, NothingFoundError, TableError, find_stats
from fsstats.gallery._run import Run, Wanted
from fsstats.gallery._runs import find_runs, runs_in, runs_named
from fsstats.gallery.snapshots import stems


def tree(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return [str(root)]


def told(runs, root):
    """Give subject, source, image and labels of each run, the files from a folder."""
    return [
        (run.subject, run.source, *(path and path.removeprefix(f"{root}/") for path in (run.image, run.labels)))
        for run in runs
    ]


FREESURFER = {
    "brain and aparc+aseg first": (
        ["mri/brain.mgz", "mri/T1.mgz", "mri/aparc+aseg.mgz", "mri/wmparc.mgz", "stats/aseg.stats"],
        ("aparc+aseg", "brain.mgz", "aparc+aseg.mgz", "image"),
    ),
    "FastSurfer": (
        ["mri/orig_nu.mgz", "mri/orig.mgz", "mri/aparc.DKTatlas+aseg.deep.mgz", "stats/aseg+DKT.stats"],
        ("aparc.DKTatlas+aseg.deep", "orig_nu.mgz", "aparc.DKTatlas+aseg.deep.mgz", "labels"),
    ),
    "surfaces, no stats": (
        ["mri/norm.mgz", "mri/aseg.mgz", "surf/lh.white"],
        ("aseg", "norm.mgz", "aseg.mgz", "image"),
    ),
    "images only": (["mri/T1.mgz", "mri/wmparc.mgz"], ("wmparc", "T1.mgz", "wmparc.mgz", "labels")),
}


@pytest.mark.parametrize(("files", "expected"), FREESURFER.values(), ids=FREESURFER)
def test_images_and_labels_of_recon_all_are_found_in_order(tmp_path, files, expected):
    (run,) = find_runs(tree(tmp_path, *(f"sub-01/{file}" for file in files)), Wanted())
    source, image, labels, fit = expected
    assert told([run], tmp_path / "sub-01" / "mri") == [("sub-01", source, image, labels)]
    assert (run.stream, run.fit, run.problem) == ("cross", fit, None)


def test_other_images_and_labels_can_be_asked_for(tmp_path):
    roots = tree(tmp_path, *(f"a/mri/{name}.mgz" for name in ("brain", "T1", "aparc+aseg", "wmparc")), "a/surf/x")
    (run,) = find_runs(roots, Wanted(image="T1.mgz", labels="wmparc.mgz"))
    assert told([run], tmp_path) == [("a", "wmparc", "a/mri/T1.mgz", "a/mri/wmparc.mgz")]


def test_what_is_lacking_is_said(tmp_path):
    tree(tmp_path, "a/mri/orig.mgz", "a/surf/x", "b/mri/aseg.mgz", "b/surf/x")
    first, second = find_runs([str(tmp_path)], Wanted())
    assert first.problem.startswith("expected aparc+aseg.mgz or ")
    assert first.problem.endswith(f"in {tmp_path}/a/mri, found none")
    assert second.problem.startswith("expected brain.mgz or norm.mgz or ")
    (only,) = find_runs([str(tmp_path)], Wanted(subjects=["a"], labels="mine.mgz"))
    assert only.problem == f"expected mine.mgz in {tmp_path}/a/mri, found none"


def test_a_folder_of_images_without_labels_is_not_left_out(tmp_path):
    roots = tree(tmp_path, "a/mri/brain.mgz", "a/mri/aseg.mgz", "b/mri/brain.mgz", "c/mri/mine.mgz")
    assert [(run.subject, run.problem is None) for run in find_runs(roots, Wanted())] == [("a", True), ("b", False)]
    assert [run.subject for run in find_runs(roots, Wanted(labels="mine.mgz"))] == ["a", "b", "c"]


FIRST = {
    "beside it, by the subject's name": (
        ["Subj001_T1_skull_stripped.nii.gz", "Subj002_T1_skull_stripped.nii.gz", "Subj001_output_all_fast_firstseg.nii.gz"],
        ("Subj001", "Subj001_T1_skull_stripped.nii.gz"),
    ),
    "the output has the input's name": (
        ["sub-01_T1w.nii.gz", "sub-01_T1w_brain.nii.gz", "sub-01_T1w_all_fast_firstseg.nii.gz"],
        ("sub-01", "sub-01_T1w.nii.gz"),
    ),
    "fsl_anat, with its copy": (
        [
            "s1/T1.anat/T1_biascorr.nii.gz",
            "s1/T1.anat/T1.nii.gz",
            "s1/T1.anat/T1_orig.nii.gz",
            "s1/T1.anat/T1_fast_pve_0.nii.gz",
            "s1/T1.anat/T1_subcort_seg.nii.gz",
            "s1/T1.anat/first_results/T1_first_all_fast_firstseg.nii.gz",
        ],
        ("s1", "s1/T1.anat/T1_biascorr.nii.gz"),
    ),
    "a folder a subject": (["s1/t1.nii.gz", "s1/first/out_all_fast_firstseg.nii.gz"], ("s1", "s1/t1.nii.gz")),
    "no image": (["s1/flair.nii.gz", "s1/out_all_fast_firstseg.nii.gz"], ("s1", None)),
    "only another's": (["b_T1.nii.gz", "a_out_all_fast_firstseg.nii.gz"], ("a", None)),
    "a name that begins alike": (["a1_T1.nii.gz", "a_out_all_fast_firstseg.nii.gz"], ("a", None)),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), FIRST.values(), ids=FIRST)
def test_the_image_of_first_is_found_or_not_guessed(tmp_path, files, expected):
    (run,) = find_runs(tree(tmp_path, *files), Wanted())
    subject, image = expected
    assert told([run], tmp_path)[0][:3] == (subject, "first", image)
    assert (run.labels.endswith("firstseg.nii.gz"), run.fit) == (True, "labels")
    assert (run.problem is None) == (image is not None)
    assert image or run.problem.startswith("expected a T1-weighted image of this subject beside ")


def test_an_image_of_first_that_would_be_of_two_subjects_is_refused(tmp_path):
    roots = tree(tmp_path, "t1.nii.gz", *(f"first/{s}_all_fast_firstseg.nii.gz" for s in ("sub-01", "sub-02")))
    runs = find_runs(roots, Wanted())
    assert [run.image for run in runs] == [None, None]
    assert f"found {tmp_path}/t1.nii.gz, which would be that of sub-02 too" in runs[0].problem
    named = find_runs(roots, Wanted(image="t1.nii.gz"))
    assert [run.image for run in named] == [f"{tmp_path}/t1.nii.gz"] * 2


def test_the_image_of_first_can_be_named(tmp_path):
    roots = tree(
        tmp_path, *(f"{s}_{name}.nii.gz" for s in "ab" for name in ("mprage_x", "out_all_fast_firstseg", "T1"))
    )
    runs = find_runs(roots, Wanted(image="*_mprage_x.nii.gz"))
    assert [run.image for run in runs] == [f"{tmp_path}/{s}_mprage_x.nii.gz" for s in "ab"]


def test_first_and_recon_all_of_one_subject_are_two_runs(tmp_path):
    tree(
        tmp_path,
        "fs/a/mri/brain.mgz",
        "fs/a/mri/aseg.mgz",
        "fs/a/surf/x",
        "fsl/a_T1.nii",
        "fsl/a_o_all_none_firstseg.nii",
    )
    assert [run.source for run in find_runs([str(tmp_path)], Wanted())] == ["aseg", "first"]
    assert [run.source for run in find_runs([str(tmp_path)], Wanted(labels="aseg.mgz"))] == ["aseg"]


def test_a_root_may_be_named_from_where_one_is(tmp_path, monkeypatch):
    tree(tmp_path, "study/a/mri/brain.mgz", "study/a/mri/aseg.mgz", "study/a/stats/aseg.stats")
    monkeypatch.chdir(tmp_path)
    assert find_runs(["study"], Wanted()) == find_runs([str(tmp_path)], Wanted())


def test_archives_are_looked_into(tmp_path):
    with zipfile.ZipFile(tmp_path / "1000011_20263_2_0.zip", "w") as archive:
        for name in ("mri/brain.mgz", "mri/aparc+aseg.mgz", "stats/aseg.stats", "surf/lh.white"):
            archive.writestr(f"FreeSurfer/{name}", "")
    (run,) = find_runs([str(tmp_path)], Wanted())
    assert (run.subject, run.session) == ("1000011", "2")
    assert run.image == f"zip://FreeSurfer/mri/brain.mgz::{tmp_path}/1000011_20263_2_0.zip"


def test_streams_and_subjects_can_be_chosen(tmp_path):
    names = ("sub-01_ses-1", "sub-01_ses-1.long.sub-01", "sub-01")
    roots = tree(tmp_path, *(f"{n}/{f}" for n in names for f in ("mri/brain.mgz", "mri/aseg.mgz", "stats/aseg.stats")))
    assert [(run.session, run.stream) for run in find_runs(roots, Wanted())] == [
        (None, "base"),
        ("ses-1", "cross"),
        ("ses-1", "long"),
    ]
    assert [run.stream for run in find_runs(roots, Wanted(stream="long"))] == ["long"]
    found, lost = find_runs(roots, Wanted(subjects=["sub-01_ses-1", "sub-02"]))
    assert (found.stream, lost.subject, lost.source) == ("cross", "sub-02", "")
    assert lost.problem.startswith("no subject of that name in ")


def test_a_run_that_is_there_twice_is_drawn_once_and_said(tmp_path):
    tree(
        tmp_path,
        *(f"{site}/a/{f}" for site in ("x", "y") for f in ("mri/brain.mgz", "mri/aseg.mgz", "stats/aseg.stats")),
    )
    first, second = find_runs([str(tmp_path)], Wanted())
    assert first.problem is None
    assert second.problem.endswith(f"found another in {first.labels}")
    assert len(set(stems([first, second]))) == 2


def test_a_files_table_is_taken(tmp_path):
    roots = tree(tmp_path, "a/mri/brain.mgz", "a/mri/aseg.mgz", "a/stats/aseg.stats")
    assert runs_in(find_stats(roots), Wanted()) == find_runs(roots, Wanted())


def test_templates_and_other_folders_are_no_runs(tmp_path):
    tree(tmp_path, "fsaverage/mri/aseg.mgz", "fsaverage/mri/brain.mgz", "dicom/x.dcm")
    with pytest.raises(NothingFoundError, match="no processed subject"):
        find_runs([str(tmp_path)], Wanted())


def test_pairs_are_taken_as_they_are_named(tmp_path):
    pairs = pd.DataFrame(
        {"subject": [1.0, 2.0], "image": ["t1.nii", "s3://b/t1.nii"], "labels": ["x/seg.nii.gz", "/y/seg.mgz"]}
    )
    first, second = runs_named(pairs, Wanted(), base=tmp_path)
    assert first == Run("1", None, None, "seg", f"{tmp_path}/t1.nii", f"{tmp_path}/x/seg.nii.gz")
    assert (second.image, second.labels) == ("s3://b/t1.nii", "/y/seg.mgz")
    assert runs_named(pairs, Wanted(subjects=["2"]))[0].subject == "2"


def test_pairs_that_cannot_be_told_apart_are_refused():
    pairs = pd.DataFrame({"subject": ["a", "a"], "image": ["1.nii", "2.nii"], "labels": ["x/s.nii", "y/s.nii"]})
    with pytest.raises(TableError, match="more than once: a; tell them apart in a column session, stream or source"):
        runs_named(pairs, Wanted())
    assert len(runs_named(pairs.assign(session=["1", "2"]), Wanted())) == 2
    with pytest.raises(TableError, match="row 2 of the pairs lacks its subject, image or labels"):
        runs_named(pairs.assign(image=["1.nii", None]), Wanted())
    with pytest.raises(ColumnsError, match="snapshots needs the column"):
        runs_named(pairs.drop(columns="image"), Wanted())


NAMES = [
    "sub-01",
    "<script>alert(1)</script>",
    "../../etc",
    ".hidden",
    "a b",
    "a_b",
    "Ann",
    "ann",
    "患者",
    "x" * 300,
    "a\nb",
    "#?&",
]


def test_names_of_files_are_safe_and_differ():
    runs = [Run(name, None, "cross", "first", labels=name) for name in NAMES]
    found = stems(runs)
    assert len({stem.casefold() for stem in found}) == len(NAMES)
    assert found[0] == "sub-01_first"
    for stem in found:
        assert set(stem) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")
        assert not stem.startswith(".")
        assert len(stem) <= 100
