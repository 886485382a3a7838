"""Images of a study, found in BIDS or named in a table."""

import os
from pathlib import Path

import pandas as pd
import pytest

from fsstats.errors import ColumnsError, NothingFoundError, TableError
from fsstats.runners.images import KINDS, images_in, images_of


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def anat(root, *names):
    """Put images of sub-01 into its folder anat."""
    return touch(root, *(f"sub-01/anat/sub-01_{name}" for name in names))


def names_in(table, row=0):
    """Give the names of the files of a row, by kind."""
    return {kind: Path(path).name for kind, path in images_of(table)[row].paths.items()}


SERIES = {
    "one": (["T1w.nii.gz"], ["T1w.nii.gz"], None),
    "not compressed": (["T1w.nii"], ["T1w.nii"], None),
    "runs of one series": (["run-2_T1w.nii.gz", "run-1_T1w.nii.gz"], ["run-1_T1w.nii.gz", "run-2_T1w.nii.gz"], None),
    "with and without contrast agent": (
        ["ce-gad_T1w.nii.gz", "T1w.nii.gz"],
        ["T1w.nii.gz"],
        "sub-01_ce-gad_T1w.nii.gz",
    ),
    "two acquisitions": (["acq-b_T1w.nii.gz", "acq-a_T1w.nii.gz"], ["acq-a_T1w.nii.gz"], "sub-01_acq-b_T1w.nii.gz"),
    "runs of two": (
        ["acq-a_run-1_T1w.nii.gz", "acq-a_run-2_T1w.nii.gz", "acq-b_run-1_T1w.nii.gz"],
        ["acq-a_run-1_T1w.nii.gz", "acq-a_run-2_T1w.nii.gz"],
        "sub-01_acq-b_run-1_T1w.nii.gz",
    ),
    "other kinds": (
        ["T1w.nii.gz", "T1w.json", "T1w_seg.nii.gz", "bold.nii.gz", "defacemask.nii.gz"],
        ["T1w.nii.gz"],
        None,
    ),
}


@pytest.mark.parametrize(("there", "used", "remark"), SERIES.values(), ids=SERIES)
def test_the_runs_of_one_series_are_used_and_others_are_named(tmp_path, there, used, remark):
    table = images_in(anat(tmp_path, *there))
    assert [Path(path).name for path in images_of(table)[0].t1] == [f"sub-01_{name}" for name in used]
    assert pd.isna(table.loc[0, "problem"])
    assert (f"not used: {remark}" if remark else None) == (
        None if pd.isna(table.loc[0, "remark"]) else table.loc[0, "remark"]
    )


def test_a_pattern_chooses_a_series(tmp_path):
    table = images_in(anat(tmp_path, "acq-a_T1w.nii.gz", "acq-b_T1w.nii.gz", "T2w.nii.gz"), t1="*acq-b*")
    assert names_in(table) == {"t1": "sub-01_acq-b_T1w.nii.gz", "t2": "sub-01_T2w.nii.gz"}


def test_sessions_have_a_row_each_and_nobody_is_dropped(tmp_path):
    touch(tmp_path, "sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz", "sub-01/ses-2/func/sub-01_ses-2_bold.nii.gz")
    touch(tmp_path, "sub-02/anat/sub-02_T2w.nii.gz", "derivatives/sub-03/anat/sub-03_T1w.nii.gz", "participants.tsv")
    table = images_in(tmp_path)
    assert table[["subject", "session"]].fillna("").to_numpy().tolist() == [
        ["sub-01", "ses-1"],
        ["sub-01", "ses-2"],
        ["sub-02", ""],
    ]
    assert table["problem"].fillna("").tolist() == ["", *[f"expected {KINDS['t1']}, found none"] * 2]
    assert [one.name for one in images_of(table)] == ["sub-01_ses-1", "sub-01_ses-2", "sub-02"]


LISTED = {
    "as BIDS has it": ("participant_id\tage\nsub-01\t30\nsub-02\t31\n", ["sub-02"]),
    "without the prefix, twice": ("\ufeffparticipant_id\n02\n02\nn/a\n\n01\n", ["sub-02"]),
    "of something else": ("name\nsub-02\n", []),
    "empty": ("", []),
}


@pytest.mark.parametrize(("text", "lacking"), LISTED.values(), ids=LISTED)
def test_a_subject_whom_the_data_set_names_and_does_not_have_is_a_row(tmp_path, text, lacking):
    anat(tmp_path, "T1w.nii.gz")
    (tmp_path / "participants.tsv").write_text(text)
    table = images_in(tmp_path)
    assert table.loc[table["problem"].notna(), "subject"].tolist() == lacking
    assert table.loc[table["problem"].isna(), "subject"].tolist() == ["sub-01"]
    assert images_in(tmp_path, subjects=["01"])["problem"].isna().all()
    if lacking:
        assert table.loc[0, "problem"] == "expected a folder sub-02, as participants.tsv names it, found none"


def test_a_subject_is_the_same_in_either_form_of_unicode(tmp_path):
    name, composed = "sub-Mu\u0308", "sub-M\u00fc"
    touch(tmp_path, f"{name}/anat/{name}_T1w.nii.gz")
    (tmp_path / "participants.tsv").write_text(f"participant_id\n{composed}\n", encoding="utf-8")
    for subjects in (None, [composed], [composed.removeprefix("sub-")]):
        table = images_in(tmp_path, subjects=subjects)
        assert table["subject"].tolist() == [name]
        assert table["problem"].isna().all()


def test_labels_that_differ_only_in_case_are_two_subjects(tmp_path):
    touch(tmp_path, *(f"sub-{name}/anat/sub-{name}_T1w.nii.gz" for name in ("a1", "A1")))
    if len([*tmp_path.iterdir()]) == 2:  # the system may not tell them apart
        assert images_in(tmp_path)["subject"].tolist() == ["sub-A1", "sub-a1"]


def test_an_image_kept_by_datalad_is_one(tmp_path):
    touch(tmp_path, ".git/annex/objects/Zk/MD5E-s1.nii.gz", "sub-01/anat/x")
    link = tmp_path / "sub-01/anat/sub-01_T1w.nii.gz"
    link.symlink_to("../../.git/annex/objects/Zk/MD5E-s1.nii.gz")
    assert images_of(images_in(tmp_path))[0].paths == {"t1": str(link)}


def test_what_is_needed_decides_what_is_a_problem(tmp_path):
    touch(tmp_path, "sub-01/dwi/sub-01_dwi.nii.gz", "sub-01/dwi/sub-01_dwi.bval", "sub-01/dwi/sub-01_dwi.bvec")
    assert images_in(tmp_path, needs=("dwi", "bval"))["problem"].isna().all()
    assert images_in(tmp_path)["problem"].notna().all()


def test_gradients_may_stand_further_up_and_the_nearest_count(tmp_path):
    touch(tmp_path, "sub-01/ses-1/dwi/sub-01_ses-1_dir-AP_dwi.nii.gz", "dwi.bval", "dwi.bvec")
    touch(tmp_path, "sub-01/sub-01_dwi.bvec", "sub-01/ses-1/dwi/sub-01_ses-1_dir-PA_dwi.bval")
    assert names_in(images_in(tmp_path)) == {
        "dwi": "sub-01_ses-1_dir-AP_dwi.nii.gz",
        "bval": "dwi.bval",
        "bvec": "sub-01_dwi.bvec",
    }


def test_an_image_that_is_not_fetched_is_a_problem_only_where_it_is_needed(tmp_path):
    anat(tmp_path, "T1w.nii.gz")
    (tmp_path / "sub-01/anat/sub-01_T2w.nii.gz").symlink_to("nowhere")
    assert images_in(tmp_path)["problem"].isna().all()
    problem = images_in(tmp_path, needs=("t1", "t2")).loc[0, "problem"]
    assert (
        "sub-01_T2w.nii.gz, found a link that leads nowhere. If the images are kept by DataLad, datalad get" in problem
    )


@pytest.mark.parametrize("name", ["sub-01_acq-\udcff_T1w.nii.gz", "sub-01_T1w.nii.gz"], ids=["the other", "the same"])
def test_a_name_that_is_no_utf8_is_a_problem_of_its_row(tmp_path, name):
    anat(tmp_path, "T1w.nii.gz")
    odd = tmp_path / ("sub-02" if "acq" in name else "sub-\udcff") / "anat" / name.replace("sub-01", "sub-02")
    odd.parent.mkdir(parents=True)
    odd.touch()
    problem = images_in(tmp_path).set_index("subject")["problem"]
    assert problem.isna().sum() == 1
    assert problem.dropna().str.startswith("expected names in UTF-8, found ").all()


def test_a_folder_that_is_closed_is_a_problem(tmp_path, monkeypatch):
    folder, listing = anat(tmp_path, "T1w.nii.gz") / "sub-01" / "anat", os.scandir

    def refusing(path="."):  # as the system does, but to a superuser
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert "Permission denied" in images_in(tmp_path).loc[0, "problem"]


def test_subjects_are_chosen_with_and_without_their_prefix_and_one_that_is_lacking_has_a_row(tmp_path):
    touch(tmp_path, *(f"sub-{n}/anat/sub-{n}_T1w.nii.gz" for n in ("01", "02", "03")))
    table = images_in(tmp_path, subjects=["sub-01", "02", "sub-09"])
    assert table["subject"].tolist() == ["sub-01", "sub-02", "sub-09"]
    assert table["problem"].fillna("").tolist() == ["", "", "expected images of this subject, found none"]


def test_a_table_names_images_from_its_folder_and_comes_back_the_same(tmp_path, monkeypatch):
    touch(tmp_path, "images/a b.nii.gz", "images/c.nii.gz")
    inputs = tmp_path / "inputs.tsv"
    inputs.write_text("participant_id\tsession_id\tt1\tt1_2\tage\n007\t1\timages/a b.nii.gz\timages/c.nii.gz\t30\n")
    table = images_in(inputs)
    monkeypatch.chdir("/")
    assert images_of(table)[0].t1 == (str(tmp_path / "images/a b.nii.gz"), str(tmp_path / "images/c.nii.gz"))
    assert table.loc[0, ["subject", "session"]].tolist() == ["007", "1"]
    table.to_csv(tmp_path / "again.tsv", sep="\t", index=False)
    pd.testing.assert_frame_equal(images_in(tmp_path / "again.tsv"), table)
    pd.testing.assert_frame_equal(images_in(table), table)


PROBLEMS = {
    "no image": ("subject,t1\nA,\n", KINDS["t1"]),
    "no file": ("subject,t1\nA,nowhere.nii.gz\n", "nowhere.nii.gz, found none"),
    "no name of a folder": ("subject,t1\na/b,x.nii.gz\n", "expected a name that a folder can have, found 'a/b'"),
    "a name like an option": ("subject,t1\n-a,x.nii.gz\n", "'-a'"),
    "a name above": ("subject,t1\n..,x.nii.gz\n", "'..'"),
}


@pytest.mark.parametrize(("text", "said"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_row_at_fault_says_so(tmp_path, text, said):
    touch(tmp_path, "x.nii.gz")
    (tmp_path / "inputs.csv").write_text(text)
    assert said in images_in(tmp_path / "inputs.csv").loc[0, "problem"]


FAULTS = {
    "nobody named": ("subject,t1\n,x.nii.gz\n", TableError, "row 1: expected a subject, found none"),
    "no subjects": ("t1\nx.nii.gz\n", ColumnsError, "subject"),
    "twice": ("subject,t1\nA,x\nA,y\n", TableError, "found several of A. Tell them apart in a column session"),
}


@pytest.mark.parametrize(("text", "error", "said"), FAULTS.values(), ids=FAULTS)
def test_a_table_at_fault_is_refused(tmp_path, text, error, said):
    path = tmp_path / "inputs.csv"
    path.write_text(text)
    with pytest.raises(error, match=said) as raised:
        images_in(path)
    assert "inputs.csv" in str(raised.value)


def test_a_folder_without_subjects_says_what_is_in_it(tmp_path):
    touch(tmp_path, "freesurfer/x", "notes.txt")
    with pytest.raises(
        NothingFoundError, match=r"expected folders sub-\* of a BIDS data set, found freesurfer, notes.txt"
    ):
        images_in(tmp_path)
