"""What is wrong with a cohort: one rule a test, from files tables made by hand."""

import pandas as pd
import pytest

from fsstats import ColumnsError, problems
from fsstats.schema import FILES, STATUSES
from fsstats.tables import describe
from fsstats.tables.problems import PROBLEMS

FINE = {
    "path": "sd/a/stats/aseg.stats",
    "subject": "a",
    "session": None,
    "stream": "cross",
    "source": "aseg",
    "hemi": None,
    "tool": "FreeSurfer",
    "version": "7.4.1",
    "status": "ok",
    "problem": None,
    "directory": "a",
    "state": "done",
    "subject_in_file": "a",
    "definitions": None,
    "n_values": 10,
}


def files(*changes):
    """Make a files table of rows that are fine but for these changes."""
    texts = [name for name in FILES if name != "n_values"]
    return pd.DataFrame([row(**change) for change in changes], columns=list(FILES)).astype(dict.fromkeys(texts, "str"))


def row(subject="a", **change):
    own = {"path": f"sd/{subject}/stats/aseg.stats", "directory": subject, "subject_in_file": subject}
    return {**FINE, **own, "subject": subject, **change}


def lost(status, problem, **change):
    return {"status": status, "problem": problem, "n_values": 0, **change}


def test_a_cohort_without_fault_has_no_problems():
    found = problems(
        files({}, {"subject": "b"}, {"status": "found"}, {"status": "skipped", "problem": "a template", "n_values": 0})
    )
    assert found.columns.tolist() == list(PROBLEMS)
    assert len(found) == 0
    assert describe(found) == ""


def test_no_files_have_no_problems():
    assert len(problems(files())) == 0


@pytest.mark.parametrize("status", sorted(set(STATUSES) - {"found", "ok", "skipped"}))
def test_a_status_that_is_a_fault_is_an_error_of_that_name(status):
    found = problems(files({}, lost(status, "because", source="aparc", hemi="lh", session="1", path="p")))
    assert found.iloc[0].to_dict() == {
        "level": "error",
        "rule": status,
        "subject": "a",
        "session": "1",
        "stream": "cross",
        "source": "aparc",
        "hemi": "lh",
        "problem": "because",
        "path": "p",
    }
    assert len(found) == 1


def test_something_odd_in_a_whole_file_is_a_note():
    found = problems(files({"problem": "lines end as on Windows"}))
    assert found[["level", "rule", "problem"]].to_numpy().tolist() == [["note", "remark", "lines end as on Windows"]]


CLAIMS = {
    "two files": ([("x", None, "differ: x, y"), ("y", None, "differ: x, y")], "x"),
    "three files": ([(path, None, "differ: x, y, z") for path in "xyz"], "x"),
    "two of each side": (
        [(f"{folder}.{side}", side, f"differ: x.{side}, y.{side}") for side in ("lh", "rh") for folder in "xy"],
        ["x.lh", "x.rh"],
    ),
    "two of each part": (
        [(f"{folder}.{part}", None, f"differ: x.{part}, y.{part}") for part in (1, 2) for folder in "xy"],
        ["x.1", "x.2"],
    ),
    "conflicts of different kinds": ([("x", None, "differ: x, y"), ("y", None, "the same as another's")], "xy"),
    "both sides alike": ([("x", "lh", "both sides are the same"), ("y", "rh", "both sides are the same")], "xy"),
    "one fault in two files": ([("x", None, "found rh (its header)"), ("y", None, "found rh (its header)")], "xy"),
}


@pytest.mark.parametrize(("conflicts", "listed"), CLAIMS.values(), ids=CLAIMS)
def test_files_that_claim_one_place_and_differ_are_one_problem_which_names_them(conflicts, listed):
    table = files(*(lost("conflict", problem, path=path, hemi=hemi) for path, hemi, problem in conflicts))
    assert problems(table)["path"].tolist() == [*listed]


COPIES = {
    "another place": ("y/a/stats/aseg.stats", "sd/a/stats/aseg.stats", 1),
    "in archives": ("zip://a/stats/aseg.stats::/y.zip", "zip://a/stats/aseg.stats::/x.zip", 1),
    "another form of one file": ("sd/a/mri/lh.hippoSfVolumes.txt", "sd/a/stats/hipposubfields.lh.stats", 0),
}


@pytest.mark.parametrize(("path", "used", "n"), COPIES.values(), ids=COPIES)
def test_equal_files_of_a_subject_in_two_places_are_a_note(path, used, n):
    found = problems(files({}, lost("skipped", f"the same, byte for byte, as {used}", path=path)))
    assert found[["level", "rule", "subject"]].to_numpy().tolist() == [["note", "copy", "a"]] * n
    assert found["problem"].tolist() == [f"found the same file in two places: {used} is used, and {path} is not"] * n


def test_copies_of_many_files_are_one_note_a_run():
    rows = [
        lost("skipped", f"the same, value for value, as x/{name}", path=f"y/{name}", session=visit)
        for visit in ("1", "2", None)
        for name in ("aseg.stats", "wmparc.stats")
    ]
    found = problems(files(*rows))
    assert found["session"].astype("object").where(found["session"].notna(), None).tolist() == ["1", "2", None]
    assert set(found["problem"]) == {
        "found the same file in two places: x/aseg.stats is used, and y/aseg.stats is not; 1 more of this subject likewise"
    }


STATES = {
    "failed": "ended with an error",
    "running": "is running or was killed",
    "never run": "no sign that recon-all ran",
}


@pytest.mark.parametrize(("state", "words"), STATES.items(), ids=STATES)
def test_a_subject_whose_run_did_not_end_well_is_one_warning(state, words):
    found = problems(files({"state": state}, {"state": state, "source": "wmparc"}, {"subject": "b", "directory": "b"}))
    assert found[["level", "rule", "subject"]].to_numpy().tolist() == [["warning", "recon-all", "a"]]
    assert words in found["problem"].iloc[0]


def test_the_state_of_a_folder_that_is_left_out_for_another_of_its_name_does_not_count():
    table = files({}, {"state": "failed", "status": "skipped", "n_values": 0, "path": "other/a/stats/aseg.stats"})
    assert "recon-all" not in set(problems(table)["rule"])


def test_sessions_have_states_of_their_own():
    found = problems(files({"session": "1", "state": "failed"}, {"session": "2"}, {"session": "3", "state": "running"}))
    assert found["session"].tolist() == ["1", "3"]


VERSIONS = {
    "one": (["7.4.1", "7.4.1"], None),
    "two": (["7.4.1", "6.0.0", "7.4.1"], "6.0.0 (1 subject), 7.4.1 (2 subjects)"),
    "one of them given less exactly": (["6.0", "6.0.1"], None),
    "less exactly, and a third": (["6.0", "6.0.1", "7.4.1"], "6.0.1 (2 subjects), 7.4.1 (1 subject)"),
    "one unknown": (["7.4.1", None], None),
}


def test_the_releases_of_a_cohort_are_counted_in_people():
    runs = [{"session": s, "stream": stream} for s in ("1", "2") for stream in ("cross", "long")]
    people = [({"subject": "a"}, "6.0.0"), ({"subject": "b"}, "7.4.1"), ({"subject": "c"}, "7.4.1")]
    found = problems(files(*({**who, "version": version, **run} for who, version in people for run in runs)))
    assert found["problem"].iloc[0].endswith(": 6.0.0 (1 subject), 7.4.1 (2 subjects)")


@pytest.mark.parametrize(("versions", "words"), VERSIONS.values(), ids=VERSIONS)
def test_a_cohort_of_several_releases_is_warned_of(versions, words):
    found = problems(files(*({"subject": f"s{i}", "directory": f"s{i}", "version": v} for i, v in enumerate(versions))))
    expected = [] if words is None else [f"the cohort mixes releases of FreeSurfer: {words}"]
    assert found["problem"].tolist() == expected
    assert set(found["rule"]) <= {"versions"}


def test_the_releases_of_two_tools_are_no_mixture():
    assert len(problems(files({}, {"subject": "b", "tool": "FastSurfer", "version": "2.2.0"}))) == 0


def test_a_file_that_gave_no_value_mixes_nothing():
    found = problems(files({}, lost("skipped", "group table", subject="b", version="5.3", definitions="volume=th3")))
    assert len(found) == 0


def test_a_subject_with_files_of_several_releases_is_warned_of():
    found = problems(files({}, {"source": "wmparc", "version": "6.0.0"}))
    within = found[found["subject"].notna()]
    assert within[["level", "rule", "subject"]].to_numpy().tolist() == [["warning", "versions", "a"]]
    assert within["problem"].tolist() == ["files of several releases: 6.0.0 (wmparc); 7.4.1 (aseg)"]


def test_a_measure_of_two_meanings_is_warned_of_once_a_source():
    found = problems(
        files(
            {"source": "aparc", "hemi": "lh", "definitions": "volume=th3"},
            {"source": "aparc", "hemi": "rh", "definitions": "volume=area_x_thickness"},
            {"source": "aparc.pial", "hemi": "rh", "definitions": "volume=area_x_thickness"},
        )
    )
    assert found[["level", "rule", "source"]].to_numpy().tolist() == [["warning", "definitions", "aparc"]]
    assert "th3 in 1 file" in found["problem"].iloc[0]


def test_counts_are_in_good_english():
    found = problems(files(*({"definitions": f"volume={meaning}"} for meaning in ("th3", "area_x_thickness"))))
    assert "in 1 files" not in found["problem"].iloc[0]


def test_uncorrected_volumes_are_warned_of_for_each_file():
    definitions = "BrainSegVol=uncorrected n_voxels=count"
    found = problems(files({"definitions": definitions}, {"subject": "b", "definitions": definitions}))
    assert found[["level", "rule", "subject"]].to_numpy().tolist() == [
        ["warning", "uncorrected volumes", name] for name in "ab"
    ]


def test_the_worst_comes_first_and_else_the_order_of_the_files():
    found = problems(
        files(
            {"problem": "odd"},
            lost("partial", "cut", subject="z"),
            {"subject": "b", "state": "failed", "version": "6.0.0"},
            lost("missing", "gone", subject="c"),
        )
    )
    assert found["level"].tolist() == ["error", "error", "warning", "warning", "note"]
    assert found["subject"].iloc[:2].tolist() == ["z", "c"]


def test_what_is_no_files_table_is_refused():
    with pytest.raises(ColumnsError, match=r"problems needs the column.*'status'"):
        problems(files({}).drop(columns="status"))


def test_the_files_table_is_not_changed():
    table = files({"definitions": "volume=th3"}, lost("missing", "gone"))
    before = table.copy(deep=True)
    problems(table)
    pd.testing.assert_frame_equal(table, before)


def test_a_line_names_subject_session_side_and_source():
    found = problems(files({}, lost("partial", "cut short", session="ses-1", source="aparc", hemi="lh")))
    assert describe(found) == "- a ses-1 lh aparc: cut short"


def test_the_cohorts_own_problems_say_so():
    assert describe(problems(files({}, {"subject": "b", "directory": "b", "version": "5.3"}))).startswith(
        "- cohort: the cohort mixes"
    )


def test_the_missing_files_of_one_subject_share_a_line():
    lacking = [{"source": "aparc", "hemi": "lh"}, {"source": "aparc", "hemi": "rh"}, {"source": "wmparc"}]
    found = problems(
        files(
            {},
            *(lost("missing", "no such file", **one) for one in lacking),
            lost("missing", "no such file", subject="b"),
        )
    )
    assert describe(found).splitlines() == [
        "- a: lh.aparc.stats, rh.aparc.stats, wmparc.stats: no such file",
        "- b aseg: no such file",
    ]


@pytest.mark.parametrize("status", ["partial", "conflict", "unreadable"])
def test_problems_without_a_missing_file_are_described_too(status):
    assert describe(problems(files({}, lost(status, "because")))) == "- a aseg: because"


def test_a_subject_without_any_file_is_described_without_a_files_name():
    found = problems(files({}, lost("missing", "no stats file in this subject", subject="b", source=None)))
    assert describe(found) == "- b: no stats file in this subject"


@pytest.mark.parametrize(("most", "last"), [(1, "and 2 more"), (2, "and 1 more"), (3, None), (9, None), (None, None)])
def test_as_many_lines_as_are_asked_for_and_how_many_are_left(most, last):
    found = problems(files(*(lost("partial", f"cut {i}", subject=f"s{i}") for i in range(3))))
    lines = describe(found, most=most).splitlines()
    assert len(lines) == (3 if last is None else most + 1)
    assert last is None or lines[-1] == f"- {last}"
