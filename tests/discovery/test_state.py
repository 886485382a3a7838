"""What recon-all says of a subject, and which files a subject ought to have."""

import pytest

from fsstats import find_stats

STAMP_7 = "freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460\n"
STAMP_6 = "freesurfer-Linux-centos6_x86_64-stable-pub-v6.0.0-2beb96c\n"
STAMP_5 = "freesurfer-Linux-centos4_x86_64-stable-pub-v5.3.0\n"
DONE = "------------------------------\nSUBJECT x\nVERSION 7.4.1\nCMDARGS -all -s x\n"
FINISHED = "status file for recon-all\nrecon-all -s x finished without error at Mon Jan  1\n"
FAILED = "status file for recon-all\nrecon-all -s x exited with ERRORS at Mon Jan  1\n"

STATES = {
    "done": ({"recon-all.done": DONE}, "done"),
    "done holds 1: a failure": ({"recon-all.done": "1\n"}, "failed"),
    "done holds 1 without a line feed": ({"recon-all.done": "1"}, "failed"),
    "done begins with 1": ({"recon-all.done": "1 subject\n"}, "done"),
    "done is empty": ({"recon-all.done": ""}, "failed"),
    "an error": ({"recon-all.error": "x"}, "failed"),
    "an error beside an older done": ({"recon-all.done": DONE, "recon-all.error": "x"}, "failed"),
    "running": ({"IsRunning.lh+rh": "x"}, "running"),
    "running again": ({"IsRunning.rh": "x", "recon-all.done": DONE}, "running"),
    "killed after an error": ({"IsRunning.lh": "x", "recon-all.error": "x"}, "failed"),
    "only the log: finished": ({"recon-all-status.log": FINISHED}, "done"),
    "only the log: failed, as 5.3 leaves it": ({"recon-all-status.log": FAILED}, "failed"),
    "the last word of the log counts": (
        {"recon-all-status.log": FAILED + "#New# invocation of recon-all\n" + FINISHED},
        "done",
    ),
    "the last word of the log counts, the other way": (
        {"recon-all-status.log": FINISHED + "#New# invocation\n" + FAILED},
        "failed",
    ),
    "a log without a last word": ({"recon-all-status.log": "#@# Talairach Mon Jan  1\n"}, "never run"),
    "a stamp alone": ({"build-stamp.txt": STAMP_7}, "never run"),
    "FastSurfer done": ({"recon-surf.done": DONE, "recon-surf.log": ""}, "done"),
    "FastSurfer failed": ({"recon-surf.done": "1\n", "recon-surf.log": ""}, "failed"),
}


@pytest.mark.parametrize(("scripts", "state"), STATES.values(), ids=STATES)
def test_the_state_is_recon_alls_own_word(tree, scripts, state):
    tree.subject("a", scripts=scripts)
    assert set(find_stats(tree.root)["state"]) == {state}


def test_a_subject_without_scripts_has_no_state(tree):
    tree.subject("a")
    files = find_stats(tree.root)
    assert files[["state", "version"]].isna().all(axis=None)
    assert files["tool"].unique().tolist() == ["FreeSurfer"]


TOOLS = {
    "7": ({"build-stamp.txt": STAMP_7}, "FreeSurfer", "7.4.1"),
    "6": ({"build-stamp.txt": STAMP_6}, "FreeSurfer", "6.0.0"),
    "5": ({"build-stamp.txt": STAMP_5}, "FreeSurfer", "5.3.0"),
    "the last call counts": ({"build-stamp.txt": STAMP_6, "lastcall.build-stamp.txt": STAMP_7}, "FreeSurfer", "7.4.1"),
    "a last call that says nothing": (
        {"build-stamp.txt": STAMP_6, "lastcall.build-stamp.txt": "dev\n"},
        "FreeSurfer",
        "6.0.0",
    ),
    "a build of one's own": ({"build-stamp.txt": "freesurfer-Linux-dev-20160415\n"}, "FreeSurfer", None),
    "empty": ({"build-stamp.txt": ""}, "FreeSurfer", None),
    "FastSurfer": (
        {"deep-seg.log": "x\nVersion: 2.3.0-dev+92e6653\n", "build-stamp.txt": STAMP_7},
        "FastSurfer",
        "2.3.0",
    ),
    "FastSurfer, no version": ({"recon-surf.log": "", "build-stamp.txt": STAMP_7}, "FastSurfer", None),
}


@pytest.mark.parametrize(("scripts", "tool", "version"), TOOLS.values(), ids=TOOLS)
def test_tool_and_version_are_read_from_stamps_and_logs(tree, scripts, tool, version):
    tree.subject("a", scripts=scripts)
    row = find_stats(tree.root).astype("object").iloc[0]
    assert (row["tool"], row["version"] if isinstance(row["version"], str) else None) == (tool, version)


def test_logs_that_are_no_text_or_no_files_are_no_obstacle(tree):
    folder = tree.subject("a", scripts={"recon-all.done": DONE})
    (folder / "scripts" / "build-stamp.txt").write_bytes(b"\xff\xfe\0")
    (folder / "scripts" / "lastcall.build-stamp.txt").mkdir()
    row = find_stats(tree.root).iloc[0]
    assert row["state"] == "done"
    assert row[["version"]].isna().all()


def missing(files):
    """Give (subject, file name, problem) of what is missing."""
    gone = files[files["status"] == "missing"]
    return [
        (s, p.rsplit("/", 1)[-1], why) for s, p, why in zip(gone["subject"], gone["path"], gone["problem"], strict=True)
    ]


def test_what_most_subjects_have_is_missed_in_the_others(tree):
    for name in "abc":
        tree.subject(name, "aseg.stats", "wmparc.stats")
    tree.subject("d", "wmparc.stats")
    assert missing(find_stats(tree.root)) == [
        ("d", "aseg.stats", "no such file; 3 of 4 subjects of unknown version have it")
    ]


def test_whom_a_subject_is_compared_with_is_said(tree):
    for name in ("a_1", "a_2", "b_1"):
        tree.subject(f"sub-{name.replace('_', '_ses-')}", "aseg.stats", *([] if name == "b_1" else ["wmparc.stats"]))
    for folder in tree.root.iterdir():
        (folder / "scripts").mkdir()
        (folder / "scripts" / "build-stamp.txt").write_text("freesurfer-linux-centos7_x86_64-7.4.1-20230614-7eb8460\n")
    assert missing(find_stats(tree.root)) == [
        ("sub-b", "wmparc.stats", "no such file; 2 of 3 runs processed alike have it")
    ]


def test_a_file_that_lies_in_another_folder_of_the_subject_is_not_missed(tree):
    for name in ("one/a", "one/b", "one/c"):
        tree.subject(name, "aseg.stats", "wmparc.stats")
    tree.subject("two/a", "aseg.stats")
    assert missing(find_stats(tree.root)) == []


def test_what_half_of_the_subjects_have_is_missed_in_none_but_of_two_in_the_other(tree):
    tree.subject("a", "aseg.stats", "wmparc.stats")
    tree.subject("b", "wmparc.stats")
    assert [row[:2] for row in missing(find_stats(tree.root))] == [("b", "aseg.stats")]
    tree.subject("c", "aseg.stats", "wmparc.stats")
    tree.subject("d", "wmparc.stats")
    assert missing(find_stats(tree.root)) == []


@pytest.mark.parametrize("n", [1, 3])
def test_a_file_is_missed_where_its_other_hemisphere_is(tree, n):
    for i in range(n):
        tree.subject(f"s{i}", "lh.mine.stats", *(["rh.mine.stats"] if i else []))
    (subject, name, _), *others = missing(find_stats(tree.root))
    assert (subject, name, others) == ("s0", "rh.mine.stats", [])


def test_a_study_of_one_hemisphere_misses_nothing(tree):
    for name in "abc":
        tree.subject(name, "lh.mine.stats")
    assert missing(find_stats(tree.root)) == []


ALIKE = {
    "another version": {"stamp": STAMP_6},
    "another tool": {"scripts": {"recon-surf.log": ""}},
}


@pytest.mark.parametrize("other", ALIKE.values(), ids=ALIKE)
def test_only_subjects_that_were_processed_alike_are_compared(tree, other):
    for name in "abc":
        tree.subject(name, "aseg.stats", "brainvol.stats", stamp=STAMP_7)
    tree.subject("old", "aseg.stats", **other)
    assert missing(find_stats(tree.root)) == []


def test_streams_are_compared_among_themselves(tree):
    for i in (1, 2, 3):
        tree.subject(f"sub-{i}_ses-1", "aseg.stats", "wmparc.stats")
        tree.subject(f"sub-{i}_ses-1.long.sub-{i}", "aseg.stats")
        tree.subject(f"sub-{i}", "aseg.stats")
    assert missing(find_stats(tree.root)) == []


def test_the_curvature_report_is_missed_as_any_other_file(tree):
    for name in "abc":
        tree.subject(name, "aseg.stats", "lh.curv.stats", "rh.curv.stats")
    tree.subject("d", "aseg.stats")
    assert [row[:2] for row in missing(find_stats(tree.root))] == [("d", "lh.curv.stats"), ("d", "rh.curv.stats")]


def test_a_subject_without_any_file_is_missed_by_kind_or_else_as_a_whole(tree):
    for part in ("mri", "scripts", "stats", "surf"):
        (tree.root / "alone" / part).mkdir(parents=True)
    assert missing(find_stats(tree.root)) == [("alone", "stats", "no stats file in this subject")]
    tree.subject("a", "aseg.stats")
    tree.subject("b", "aseg.stats")
    assert [row[:2] for row in missing(find_stats(tree.root))] == [("alone", "aseg.stats")]


def test_a_subject_on_a_list_is_measured_against_the_whole_study(tree):
    for name in "abc":
        tree.subject(name, "aseg.stats", "wmparc.stats")
    tree.subject("d", "wmparc.stats")
    assert [row[:2] for row in missing(find_stats(tree.root, subjects=["d"]))] == [("d", "aseg.stats")]
