"""Whose the files are that lie in no FreeSurfer subject: FSL's outputs, and models that write where they are told."""

import pytest

from fsstats import find_stats
from fsstats.discovery.naming import is_generic, own_words

FIRST = "all_fast_firstseg.nii.gz"
# file below the root: (subject, session, stream, source)
FILES = {
    "one folder a subject": (f"Subj001/output_{FIRST}", ("Subj001", None, "cross", "first")),
    "flat, as FSL's course does it": (f"Subj001_output_{FIRST}", ("Subj001", None, "cross", "first")),
    "BIDS in the name": (f"x/sub-01_ses-2_T1w_{FIRST}", ("sub-01", "ses-2", "cross", "first")),
    "BIDS in the folders": (f"sub-01/ses-2/anat/T1_{FIRST}", ("sub-01", "ses-2", "cross", "first")),
    "BIDS in the folder, flat": (f"sub-01_ses-2/first/T1_{FIRST}", ("sub-01", "ses-2", "cross", "first")),
    "fsl_anat": (f"Subj001.anat/first_results/T1_first_{FIRST}", ("Subj001", None, "cross", "first")),
    "fsl_anat in a subject's folder": (
        f"derivatives/fsl/sub-01/ses-1/anat/T1.anat/first_results/T1_first_{FIRST}",
        ("sub-01", "ses-1", "cross", "first"),
    ),
    "fsl_anat's summary": ("sub-01/T1.anat/T1_vols.txt", ("sub-01", None, "cross", "fsl_anat")),
    "UK Biobank": (
        f"1000011_20252_2_0/T1/T1_first/T1_first_{FIRST}",
        ("1000011", "2", "cross", "first"),
    ),
    "SIENAX of one subject": ("Subj001_sienax/report.sienax", ("Subj001", None, "cross", "sienax")),
    "SIENAX within a subject": ("Subj001/T1_sienax/report.sienax", ("Subj001", None, "cross", "sienax")),
    "SAMSEG": ("sub-01/samseg/samseg.stats", ("sub-01", None, "cross", "samseg")),
    "SAMSEG, longitudinal": ("sub-01/tp001/samseg.stats", ("sub-01", "tp001", "long", "samseg")),
    "SAMSEG's base": ("sub-01/base/samseg.stats", ("sub-01", None, "base", "samseg")),
    "one structure alone": ("sub-01/out-L_Hipp_corr.nii.gz", ("sub-01", None, "cross", "first.corrected")),
    "a .stats that nobody knows, in no subject": ("sub-07/odd.stats", ("sub-07", None, "cross", "odd")),
}


@pytest.mark.parametrize(("path", "expected"), FILES.values(), ids=FILES)
def test_subject_session_and_stream_are_told_by_name_and_folders(tmp_path, path, expected):
    file = tmp_path / "study" / path
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    (row,) = find_stats(tmp_path / "study").astype("object").where(lambda t: t.notna(), None).to_dict("records")
    assert (row["subject"], row["session"], row["stream"], row["source"]) == expected
    assert (row["status"], row["path"]) == ("found", str(file))


def test_fsl_and_freesurfer_agree_who_it_is(tree):
    tree.subject("me1")
    tree.subject("me1.long.me")
    for folder in ("me1/T1.anat/first_results", "fsl/me1"):
        (tree.root / folder).mkdir(parents=True)
        (tree.root / folder / f"T1_first_{FIRST}").write_bytes(b"x")
    files = find_stats(tree.root)
    first = files[files["source"] == "first"]
    assert set(first["subject"]) == {"me"}
    assert set(first["session"]) == {"me1"}
    assert set(first["tool"]) == {"FSL"}


def test_several_outputs_of_one_program_are_told_apart_by_their_prefix(tmp_path):
    for name in ("T1_brain", "T2_brain"):
        (tmp_path / "sub-01").mkdir(exist_ok=True)
        (tmp_path / "sub-01" / f"{name}.nii.gz").write_bytes(b"x")
        (tmp_path / "sub-01" / f"{name}_mask.nii.gz").write_bytes(b"x")
    assert sorted(find_stats(tmp_path)["source"]) == ["bet.T1_brain", "bet.T2_brain"]


def test_a_mask_is_bets_only_beside_its_brain(tree):
    tree.subject("a")
    (tree.root / "a" / "masks").mkdir()
    (tree.root / "a" / "masks" / "lesion_mask.nii.gz").write_bytes(b"x")
    assert set(find_stats(tree.root)["source"]) == {"mine"}


WORDS = {
    "T1": True,
    "T1w_brain": True,
    "T1.anat": True,
    "first_results": True,
    "sub": False,
    "Subj001": False,
    "": False,
}


@pytest.mark.parametrize(("name", "generic"), WORDS.items())
def test_words_that_say_what_was_done_and_not_to_whom(name, generic):
    assert is_generic(name) == generic


def test_a_prefix_is_parted_at_the_words_of_work():
    assert own_words("A_b_T1_brain") == ("A_b", "T1_brain")


def test_a_table_of_many_subjects_on_the_way_is_named_and_left_out(tree):
    tree.subject("a")
    table = tree.root / "thickness.txt"
    table.write_text("lh.aparc.thickness\tlh_insula_thickness\na\t3.0\n")
    files = find_stats(tree.root)
    row = files[files["source"] == "group table"].iloc[0]
    assert (row["status"], row["problem"]) == ("skipped", "a table of many subjects; name it itself to read it")
    assert find_stats(table)["status"].tolist() == ["found"]


def test_a_source_that_is_read_on_request_is_read_when_it_is_asked_for(tree):
    tree.subject("a", done="SUBJECT a\n")
    files = find_stats(tree.root)
    assert files.loc[files["source"] == "recon-all.done", "problem"].tolist() == ["read only if sources names it"]
    asked = find_stats(tree.root, sources=["recon-all.done"])
    assert asked[["status", "source"]].to_numpy().tolist() == [["found", "recon-all.done"]]
