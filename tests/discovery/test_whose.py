"""Files of one person never become another's, and what is left out of a subject is said."""

import shutil

import pytest

from fsstats import find_stats, load_cohort, problems
from fsstats.datasets import make_cohort

FIRST = "all_fast_firstseg.nii.gz"


def put(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")
    return root


def people(files):
    found = files[files["source"].notna() & (files["status"] == "found")]
    rows = found[["subject", "session", "source"]].astype("object").where(found.notna(), None)
    return sorted(set(rows.itertuples(index=False, name=None)), key=repr)


# files below the root: who, when, and the source
TREES = {
    "numbers as subjects, flat": (
        [f"1001_T1_{FIRST}", f"1002_T1_{FIRST}"],
        [("1001", None, "first"), ("1002", None, "first")],
    ),
    "numbers as subjects, a folder each": (
        [f"1001/T1_{FIRST}", f"1002/T1_{FIRST}"],
        [("1001", None, "first"), ("1002", None, "first")],
    ),
    "a number behind what was done": ([f"Subj1/T1_2_{FIRST}"], [("Subj1", None, "first")]),
    "the same prefix in several folders": (
        [f"alice/run_a_{FIRST}", f"bob/run_a_{FIRST}"],
        [("alice", None, "first"), ("bob", None, "first")],
    ),
    "FEAT's name": ([f"alice/highres_{FIRST}"], [("alice", None, "first")]),
    "a BIDS folder before a prefix": ([f"sub-02/ses-1/mytool/other_{FIRST}"], [("sub-02", "ses-1", "first")]),
    "SAMSEG with numbers": (["samseg/7/tp001/samseg.stats"], [("7", "tp001", "samseg")]),
}


@pytest.mark.parametrize(("paths", "expected"), TREES.values(), ids=TREES)
def test_each_file_is_its_own_persons(tmp_path, paths, expected):
    assert people(find_stats(put(tmp_path / "study", *paths))) == expected


def test_the_session_that_a_file_states_is_kept_beside_freesurfers_base(tree):
    for name in ("sub-1_ses-1", "sub-1", "sub-1_ses-1.long.sub-1"):
        tree.subject(name)
    put(tree.root, f"fsl/sub-1_ses-1_T1w_{FIRST}", f"fsl/sub-1_ses-2_T1w_{FIRST}")
    found = [row for row in people(find_stats(tree.root)) if row[2] == "first"]
    assert found == [("sub-1", "ses-1", "first"), ("sub-1", "ses-2", "first")]


def test_a_file_in_a_subjects_folder_that_names_another_subject_is_not_used(tree):
    tree.subject("sub-1")
    put(tree.root, f"sub-1/first/sub-2_T1_{FIRST}")
    (row,) = find_stats(tree.root).query("source == 'first'").to_dict("records")
    assert row["status"] == "unreadable"
    assert row["problem"] == "expected a file of sub-1 (its folder), found sub-2 (its name). It is not used"


def test_a_link_that_leads_out_of_a_subject_is_not_followed_and_said(tree, tmp_path):
    tree.subject("sub-1")
    put(tmp_path / "elsewhere", f"a_{FIRST}")
    (tree.root / "sub-1" / "fsl").symlink_to(tmp_path / "elsewhere")
    files = find_stats(tree.root)
    assert "first" not in set(files["source"])
    assert "a link that leads out of the subject's folder" in set(files["problem"])


@pytest.mark.parametrize("inner", ["ses-2", "long/ses-3"])
def test_a_subject_within_a_subject_is_said(tree, inner):
    tree.subject("sub-1")
    tree.subject(f"sub-1/{inner}")
    files = find_stats(tree.root)
    assert files.loc[files["status"] == "skipped", "problem"].tolist() == [
        "a subject within a subject; name it itself to read it"
    ]


def test_every_subject_that_lacks_a_file_has_a_row(tmp_path):
    for i in range(1, 8):
        put(tmp_path, f"Subj{i:03}_T1_{FIRST}", f"Subj{i:03}_T1_brain.nii.gz")
        if i not in (2, 4, 6):
            put(tmp_path, f"Subj{i:03}_T1_brain_mask.nii.gz")
    files = find_stats(tmp_path)
    assert files.loc[files["status"] == "missing", "subject"].tolist() == ["Subj002", "Subj004", "Subj006"]


MASKS = {
    "a lesion": "sub-1_label-lesion_mask.nii.gz",
    "another space": "sub-1_space-MNI_desc-brain_mask.nii.gz",
    "white matter": "T1_WM_mask.nii.gz",
    "a region": "my_roi_mask.nii.gz",
}


@pytest.mark.parametrize("name", MASKS.values(), ids=MASKS)
def test_other_masks_are_not_bets(tree, name):
    tree.subject("sub-1")
    put(tree.root, f"sub-1/anat/{name}", f"sub-1/anat/{name.replace('_mask', '')}")
    assert set(find_stats(tree.root)["source"]) == {"mine"}


def test_a_prefix_never_makes_one_kind_another(tmp_path):
    for prefix in ("T1", "seg"):
        put(tmp_path, *(f"alice/{prefix}_pve_{k}.nii.gz" for k in range(3)))
    assert set(find_stats(tmp_path)["source"]) == {"fast.T1", "fast.output_seg"}


def test_a_link_beside_what_it_leads_to_does_not_name_it(tmp_path):
    put(tmp_path, f"Subj001/T1_{FIRST}")
    (tmp_path / "A_link").symlink_to(tmp_path / "Subj001")
    assert people(find_stats(tmp_path)) == [("Subj001", None, "first")]


def test_a_file_given_beside_its_study_has_the_name_that_the_study_gives(tree):
    for name in ("tp1", "tp1.long.me"):
        tree.subject(name)
    files = find_stats([tree.root, tree.root / "tp1" / "stats" / "lh.mine.stats"])
    assert set(files["subject"]) == {"me"}


def test_the_same_bytes_as_left_and_right_are_used_as_neither(tmp_path):
    made = make_cohort(tmp_path / "s", n_subjects=1, also=("subregions",), seed=1)
    mri = made.root / "sub-001" / "mri"
    shutil.copy(mri / "lh.hippoSfVolumes-T1.v22.txt", mri / "rh.hippoSfVolumes-T1.v22.txt")
    cohort = load_cohort(made.root, sources=["hippoSf"])
    assert set(cohort.files["status"]) == {"conflict"}
    assert cohort.files["problem"].str.contains("a left and a right side that differ").all()
    assert not len(cohort.table)


def test_one_name_at_two_sites_is_doubtful(tmp_path):
    made = make_cohort(tmp_path / "siteA", n_subjects=1, seed=1)
    shutil.copytree(made.root, tmp_path / "siteB")
    for path in (made.root / "sub-001" / "stats").glob("*.aparc*"):
        path.unlink()
    for path in (tmp_path / "siteB" / "sub-001" / "stats").iterdir():
        if "aparc" not in path.name:
            path.unlink()
    found = problems(load_cohort([made.root, tmp_path / "siteB"]).files)
    (doubt,) = found.loc[found["rule"] == "subject", "problem"]
    assert "siteA" in doubt
    assert "siteB" in doubt
    assert doubt.startswith("expected files of one folder, found ")
