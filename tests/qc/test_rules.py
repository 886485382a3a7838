"""Each rule of quality control finds what it says, in the right place, and nothing where all is well."""

import re

import numpy as np
import pandas as pd
import pytest

from fsstats.errors import ColumnsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.io import read_table, write_table
from fsstats.qc import RULES, judge, outliers, worklist
from fsstats.qc._judgements import between, figure
from fsstats.schema import FILES, JUDGEMENTS, SEVERITIES, SUBJECT_KEY, printed_regions

N = 40
REGIONS = [f"{side}-{name}" for side in ("Left", "Right") for name in ("Hippocampus", "Amygdala", "Putamen", "Caudate")]


def long(values, cells, *, session=None, stream="cross"):
    """Make a long table of a matrix (runs, cells)."""
    runs, n = len(values), len(cells)
    rows = pd.DataFrame(
        {
            "subject": np.repeat([f"s{k:02d}" for k in range(runs)], n),
            "session": session,
            "stream": stream,
            **{name: np.tile([cell[k] for cell in cells], runs) for k, name in enumerate(("source", "hemi", "region"))},
            "measure": np.tile([cell[3] for cell in cells], runs),
            "value": np.ravel(values),
            "unit": np.tile([cell[4] for cell in cells], runs),
        }
    )
    return rows.astype({name: "category" for name in rows if name != "value"})


CELLS = [
    *[("aseg", "lh" if name.startswith("Left") else "rh", name, "volume", "mm^3") for name in REGIONS],
    *[
        ("aparc", hemi, region, "thickness", "mm")
        for hemi in ("lh", "rh")
        for region in ("insula", "cuneus", "bankssts")
    ],
    ("aseg", None, "5th-Ventricle", "volume", "mm^3"),
    ("aseg", None, "global", "BrainSegVol", "mm^3"),
    ("aseg", None, "global", "eTIV", "mm^3"),
    ("aseg", "lh", "global", "lhSurfaceHoles", "unitless"),
    ("aseg", "rh", "global", "rhSurfaceHoles", "unitless"),
]
PLACE = {(cell[1], cell[2], cell[3]): k for k, cell in enumerate(CELLS)}
MIDDLE = np.array([4000, 1600, 5000, 3500] * 2 + [3.0, 1.9, 2.5] * 2 + [3, 1.1e6, 1.5e6, 12, 12.0])


def matrix(n=N, seed=3):
    """Make up whole runs: each value within 15 % of its middle, flat so that none is an outlier."""
    values = MIDDLE * (1 + np.random.default_rng(seed).uniform(-0.15, 0.15, (n, len(CELLS))))
    holes = values[:, -2:].round()
    values[:, -2:] = holes
    return values


def changed(run, cell, value):
    """Give the whole cohort's table with one value replaced."""
    values = matrix()
    values[run, PLACE[cell]] = value
    return long(values, CELLS)


def rows(judgements):
    """Give subject, region, measure, rule and severity of each judgement."""
    names = ["subject", "region", "measure", "rule", "severity"]
    plain = judgements[names].astype("object")
    return [tuple(row) for row in plain.where(plain.notna(), None).itertuples(index=False, name=None)]


HIPPOCAMPUS, INSULA = ("lh", "Left-Hippocampus", "volume"), ("lh", "insula", "thickness")
ONE_VALUE = {
    "negative": (HIPPOCAMPUS, -4000.0, {("s05", "Left-Hippocampus", "volume", "range", "error")}),
    "too thick": (INSULA, 5.2, {("s05", "insula", "thickness", "range", "error")}),
    "infinite": (INSULA, np.inf, {("s05", "insula", "thickness", "range", "error")}),
    "zero": (HIPPOCAMPUS, 0.0, {("s05", "Left-Hippocampus", "volume", "zero", "error")}),
    "zero that may be": ((None, "5th-Ventricle", "volume"), 0.0, set()),
    "missing": (INSULA, np.nan, {("s05", "insula", None, "missing_values", "warning")}),
    "small": (HIPPOCAMPUS, 1500.0, {("s05", "Left-Hippocampus", "volume", "outlier", "warning")}),
    "half a hole": (("lh", "global", "lhSurfaceHoles"), 12.5, {("s05", "global", "lhSurfaceHoles", "range", "error")}),
    "holes": (("lh", "global", "lhSurfaceHoles"), 90.0, {("s05", "global", "SurfaceHoles", "defects", "warning")}),
    "head in mL": ((None, "global", "eTIV"), 1500.0, {("s05", "global", "eTIV", "head_size", "error")}),
    "small head": ((None, "global", "eTIV"), 9e5, {("s05", "global", "eTIV", "head_size", "error")}),
    "no head": ((None, "global", "eTIV"), np.nan, {("s05", "global", "eTIV", "head_size", "note")}),
    "larger than head": (HIPPOCAMPUS, 2e6, {("s05", "Left-Hippocampus", "volume", "larger_than_head", "error")}),
}


@pytest.mark.parametrize(("cell", "value", "expected"), ONE_VALUE.values(), ids=ONE_VALUE)
def test_one_wrong_value_is_found_where_it_is(cell, value, expected):
    found = judge(changed(5, cell, value))
    assert expected <= set(rows(found))
    assert set(found["subject"].dropna()) <= {"s05"}
    if not expected:
        assert not len(found)


def zeroed(n):
    values = matrix()
    values[:n, PLACE[HIPPOCAMPUS]] = 0.0
    return judge(long(values, CELLS), rules="zero")


def test_zeros_of_several_runs_are_not_passed_over():
    assert set(zeroed(1)["severity"]) == {"error"}
    few = zeroed(8)
    assert few["subject"].tolist() == [f"s{k:02d}" for k in range(8)]
    assert set(few["severity"]) == {"warning"}
    usual = zeroed(N)
    assert usual["subject"].isna().all()
    assert usual["says"].tolist() == ["0 in more than half of the runs, so not judged: Left-Hippocampus volume (aseg)"]


def listing(source, present, absent):
    """Make up one run whose file lists labels, some of which have voxels and some of which have not."""
    values = {**dict.fromkeys(present, 500.0), **dict.fromkeys(absent, 0.0)}
    cells = [
        (source, None, name, measure, unit)
        for name in values
        for measure, unit in (("volume", "mm^3"), ("n_voxels", "unitless"))
    ]
    return judge(long(np.repeat([*values.values()], 2)[None], cells), rules="zero")


WM = printed_regions("wmparc")
LINES = [f"Line-{k}" for k in range(100)]
IN_A_COLOUR_TABLE = "wmparc lists 100 labels with a size of 0 (Line-0, Line-1, Line-2, Line-3, Line-4, Line-5, Line-6, Line-7 and 92 more)"
LISTED = {
    "labels that no brain need have": ("wmparc", WM, LINES, [("note", None)]),
    "and one that every brain has": ("wmparc", WM[1:], [WM[0], *LINES], [("error", WM[0]), ("error", WM[0]), ("note", None)]),
    "and what may be lacking": ("wmparc", WM, ["5th-Ventricle", *LINES], [("note", None)]),
    "a few that no brain need have": ("wmparc", WM, LINES[:1], [("error", "Line-0"), ("error", "Line-0")]),
    "of a file of another program": ("mine", [f"mine-{k}" for k in range(9)], LINES, [("warning", None)]),
    "nothing at all": ("mine", [], LINES[:1], [("error", "Line-0"), ("error", "Line-0")]),
    "what DKT has no cortex of": ("wmparc.DKTatlas.mapped", WM, ["wm-lh-bankssts", "wm-rh-frontalpole"], []),
}  # fmt: skip


@pytest.mark.parametrize(("source", "present", "absent", "expected"), LISTED.values(), ids=LISTED)
def test_labels_that_a_file_only_lists_are_said_in_one_row(source, present, absent, expected):
    found = listing(source, present, absent)
    regions = found["region"].astype("object").where(found["region"].notna(), None)
    assert [*zip(found["severity"], regions, strict=True)] == expected


def test_how_many_labels_a_file_only_lists_stays_visible():
    found = listing("wmparc", WM, LINES)
    assert found["says"].iloc[0].startswith(IN_A_COLOUR_TABLE)
    assert found["value"].tolist() == [100]


def test_a_label_with_voxels_and_no_volume_is_not_only_listed():
    cells = [("wmparc", None, name, "volume", "mm^3") for name in (*WM, *LINES)]
    values = np.repeat([500.0, 0.0, 3.0], [len(WM), len(LINES), 1])[None]
    found = judge(long(values, [*cells, ("wmparc", None, "Line-0", "n_voxels", "unitless")]), rules="zero")
    assert found["severity"].tolist() == ["error", "note"]
    assert found["region"].tolist()[0] == "Line-0"
    assert "lists 99 labels" in found["says"].iloc[1]


def test_a_missing_value_is_found_where_the_table_names_no_stream():
    table = changed(5, INSULA, np.nan).assign(stream=None)
    assert judge(table, rules="missing_values")["subject"].tolist() == ["s05"]


def test_a_covariate_may_be_named_alone_and_a_run_without_it_is_noted():
    table = long(matrix(), CELLS)
    ages = {name: 20.0 + k for k, name in enumerate(table["subject"].cat.categories)} | {"s05": np.nan}
    table = table.assign(age=table["subject"].astype("str").map(ages))
    found = judge(table, rules="outlier", covariates="age")
    assert found.astype("str").equals(judge(table, rules="outlier", covariates=["age"]).astype("str"))
    of_run = found[found["subject"] == "s05"]
    assert of_run["says"].tolist() == ["a covariate is missing, so no outliers were looked for here"]
    assert set(of_run["severity"]) == {"note"}


def test_a_thickness_can_be_as_large_as_recon_all_lets_it():
    assert judge(changed(5, INSULA, 5.0), rules="range").empty


def test_a_whole_cohort_has_no_judgement():
    found = judge(long(matrix(), CELLS))
    assert rows(found) == []
    assert found.columns.tolist() == list(JUDGEMENTS)
    assert worklist(found).empty


def test_what_was_expected_holds_the_values_of_the_others_and_not_this_one():
    found = judge(changed(5, HIPPOCAMPUS, 1500.0), rules="outlier").iloc[0]
    others = np.delete(matrix()[:, PLACE[HIPPOCAMPUS]], 5)
    assert found["value"] == 1500.0 < found["expected_low"] < others.min()
    assert others.max() < found["expected_high"]
    assert found["says"].startswith("Left-Hippocampus volume (aseg) is 1500, expected ")


def test_a_sentence_names_the_side_where_the_region_does_not():
    assert (
        judge(changed(5, INSULA, 5.2), rules="range")["says"]
        .iloc[0]
        .startswith("left insula thickness (aparc) is 5.2,")
    )


def lacking(*, run, **where):
    """Give the cohort's table without some rows of one run."""
    table = long(matrix(), CELLS)
    gone = table["subject"] == f"s{run:02d}"
    for name, value in where.items():
        gone &= table[name] == value
    return table[~gone]


MISSING = {
    "source": (lacking(run=3, source="aparc"), ("aparc", None, None, None), "no values of aparc:"),
    "side": (
        lacking(run=3, source="aparc", hemi="rh"),
        ("aparc", "rh", None, None),
        "of the right hemisphere in aparc:",
    ),
    "region": (lacking(run=3, region="cuneus", hemi="lh"), ("aparc", "lh", "cuneus", None), "of left cuneus in aparc:"),
    "Measure": (lacking(run=3, measure="eTIV"), ("aseg", None, None, "eTIV"), "no eTIV in aseg:"),
}


def test_what_has_no_side_is_not_called_a_hemisphere():
    table = lacking(run=3, measure="eTIV")
    table = table[~((table["subject"] == "s03") & (table["source"] == "aseg") & table["hemi"].isna())]
    says = judge(table, rules="missing")["says"]
    assert len(says) == 3
    assert not says.str.contains("hemisphere").any()


LOOK = {
    "a volume": (HIPPOCAMPUS, 1500.0, "outline over the T1"),
    "a surface": (INSULA, 1.6, "white and pial surface"),
    "a header Measure": ((None, "global", "BrainSegVol"), 0.0, "the whole run"),
}


@pytest.mark.parametrize(("cell", "value", "where"), LOOK.values(), ids=LOOK)
def test_it_is_said_where_to_look(cell, value, where):
    says = judge(changed(5, cell, value), rules=["outlier", "zero"])["says"]
    assert where in says.iloc[0]


@pytest.mark.parametrize(("table", "where", "text"), MISSING.values(), ids=MISSING)
def test_what_is_missing_is_said_in_one_row(table, where, text):
    found = judge(table, rules="missing")
    plain = found[["source", "hemi", "region", "measure"]].astype("object")
    assert [tuple(row) for row in plain.where(plain.notna(), None).to_numpy()] == [where]
    assert found["subject"].tolist() == ["s03"]
    assert text in found["says"].iloc[0]


CONSTANT = {
    "a volume": ([HIPPOCAMPUS], 4000.0, "40 runs: Left-Hippocampus volume (aseg) is 4000."),
    "a 0 of what everybody has": ([INSULA], 0.0, "40 runs: left insula thickness (aparc) is 0."),
    "a head size": ([(None, "global", "eTIV")], 1.5e6, "40 runs: eTIV (aseg) is 1500000."),
    "two": (
        [INSULA, ("rh", "insula", "thickness")],
        2.5,
        "left insula thickness (aparc) is 2.5, right insula thickness (aparc) is 2.5.",
    ),
    "a 0 that may be": ([(None, "5th-Ventricle", "volume")], 0.0, None),
    "a 0 of a label that the program only lists": ([("lh", "Left-Interior", "volume")], 0.0, None),
    "counts": ([("lh", "global", "lhSurfaceHoles"), ("rh", "global", "rhSurfaceHoles")], 0.0, None),
}


@pytest.mark.parametrize(("cells", "value", "text"), CONSTANT.values(), ids=CONSTANT)
def test_what_is_the_same_in_all_runs_is_said_once(cells, value, text):
    listed = [*CELLS, ("aseg", "lh", "Left-Interior", "volume", "mm^3")]
    values = np.column_stack([matrix(), 100 + np.arange(N)])
    values[:, [PLACE.get(cell, len(CELLS)) for cell in cells]] = value
    found = judge(long(values, listed), rules="constant")
    assert found["severity"].tolist() == ([] if text is None else ["warning"])
    assert text is None or text in found["says"].iloc[0]
    assert judge(long(values[:9], listed), rules="constant").empty


def test_the_head_of_one_person_may_be_the_same_in_all_sessions():
    values = matrix(12)
    values[:, PLACE[None, "global", "eTIV"]] = 1.5e6
    one = long(values, CELLS).assign(session=lambda t: t["subject"], subject="s00", stream="long")
    assert judge(one, rules="constant").empty


HEADLESS = {
    "a file that cannot have one": ("fsl.segstats", None, "It stands in aseg, and this run has only fsl.segstats."),
    "a header without one": ("aseg", None, "Look at the header of aseg, and at which version wrote it"),
    "one that was not worked out": ("aseg", np.nan, "Look at the registration to the atlas (talairach.xfm)"),
    "one in another unit": ("aseg", 1500.0, "Look at where this number comes from"),
}


@pytest.mark.parametrize(("source", "head", "advice"), HEADLESS.values(), ids=HEADLESS)
def test_what_to_look_at_for_a_head_size_fits_what_the_run_has(source, head, advice):
    table = long(matrix(12), CELLS)
    own, heads = table["subject"] == "s05", table["measure"] == "eTIV"
    rest = table[~own]
    run = table[own & (heads if head is not None else False) | own & (table["region"] == "Left-Hippocampus")]
    run = run.assign(value=np.where(run["measure"] == "eTIV", head, run["value"]), source=source)
    says = judge(pd.concat([rest, run.astype({"value": "float64"})]), rules="head_size")["says"]
    assert len(says) == 1
    assert advice in says.iloc[0]


def test_head_sizes_of_sessions_that_differ_little_are_one_note():
    values = matrix(12)
    place = PLACE[None, "global", "eTIV"]
    values[:, place] = np.linspace(1.5e6, 1.53e6, 12)
    values[:2, place] = 1.5e6, 1.6e6
    pairs = long(values, CELLS).assign(session=lambda t: t["subject"], stream="cross")
    pairs["subject"] = "p" + (pairs["subject"].str[1:].astype(int) // 2).astype(str)
    found = judge(pairs, rules="head_size")
    assert found["subject"].astype("object").fillna("all").tolist() == ["p0", "p0", "all"]
    assert found["severity"].tolist() == ["warning", "warning", "note"]
    assert "eTIV of 5 subjects differs between sessions, by 3 % at the most" in found["says"].iloc[2]


def test_sessions_of_one_person_are_not_several_people():
    of_each = 100 + np.arange(12.0)
    of_each[11] = 105.5 + 5.5 * 3 * 1.4826  # beyond the limit of 36 people, not of 12
    people = long(np.repeat(of_each, 3)[:, None], [("aparc", "lh", "insula", "volume", "mm^3")])
    numbers = people["subject"].str[1:].astype(int)
    sessions = people.assign(subject="p" + (numbers // 3).astype(str), session="v" + (numbers % 3).astype(str))
    assert len(judge(people, rules="outlier")) == 3
    assert judge(sessions, rules="outlier").empty


@pytest.mark.parametrize(("n_zero", "subjects"), [(1, ["s00"]), (30, [None])])
def test_the_zeros_of_an_old_version_are_known(n_zero, subjects):
    cells = [("wmparc", None, "global", "BrainSegVolNotVent", "mm^3")]
    values = np.random.default_rng(0).uniform(2e5, 3e5, (N, 1))
    values[:n_zero] = 0
    found = judge(long(values, cells), rules=["zero", "constant"])
    assert found["severity"].tolist() == ["note"]
    assert found["subject"].astype("object").where(found["subject"].notna(), None).tolist() == subjects
    assert "as FreeSurfer 5.1 is known to write for whole brains" in found["says"].iloc[0]


def test_what_most_runs_lack_is_not_missed():
    table = long(matrix(), CELLS)
    most = table["subject"].isin([f"s{k:02d}" for k in range(25)]) & (table["region"] == "cuneus")
    assert judge(table[~most], rules="missing").empty


def test_a_version_without_a_region_is_compared_with_itself():
    table = long(matrix(), CELLS)
    old = table["subject"].isin([f"s{k:02d}" for k in range(6)])
    table = table.assign(version=np.where(old, "FreeSurfer 5.3.0", "FreeSurfer 7.4.1"))
    table = table[~(old & (table["region"] == "cuneus"))]
    assert judge(table, rules="missing").empty
    mixed = judge(table, rules="versions")
    assert mixed["severity"].tolist() == ["warning"] + ["note"] * 6
    assert mixed["subject"].isna().tolist() == [True] + [False] * 6


def test_a_subject_of_two_versions_is_named():
    table = pd.concat([long(matrix(12), CELLS, session=visit) for visit in ("v1", "v2")])
    later = (table["subject"] == "s02") & (table["session"] == "v2")
    found = judge(table.assign(version=np.where(later, "FreeSurfer 7.3.2", "FreeSurfer 7.4.1")), rules="versions")
    own = found[(found["severity"] == "warning") & found["subject"].notna()]
    assert own[["subject", "session"]].astype("str").to_numpy().tolist() == [["s02", "v1"], ["s02", "v2"]]
    assert "v1 cross 7.4.1; v2 cross 7.3.2" in own["says"].iloc[0]


def test_problems_of_files_are_taken_over_and_not_said_twice():
    files = pd.DataFrame([dict.fromkeys(FILES)]).astype("object")
    files = files.assign(
        subject="s03", stream="cross", source="aparc", hemi="rh", status="unreadable", problem="cut", n_values=0
    )
    table = lacking(run=3, source="aparc", hemi="rh").assign(version="FreeSurfer 7.4.1")
    found = judge(table, files=files)
    assert rows(found) == [("s03", None, None, "files", "error")]
    assert found["says"].iloc[0] == "rh.aparc: unreadable: cut"


def test_the_same_person_under_two_names_is_said_of_both():
    values = matrix()
    values[7] = values[21]
    found = judge(long(values, CELLS), rules="copy")
    assert found["subject"].tolist() == ["s07", "s21"]
    assert "equal those of s21" in found["says"].iloc[0]


def test_a_copy_with_a_few_changes_is_a_copy():
    cells = [("aseg", None, f"r{k}", "volume", "mm^3") for k in range(60)]
    values = np.random.default_rng(1).uniform(100, 200, (30, 60)).round(1)
    values[4] = values[9]
    values[4, :3] += 1
    assert set(judge(long(values, cells), rules="copy")["subject"]) == {"s04", "s09"}
    values[4, :10] += 1
    assert judge(long(values, cells), rules="copy").empty


def test_swapped_sides_need_a_usual_asymmetry_to_be_told():
    rng = np.random.default_rng(4)
    cells = [("aparc", hemi, f"r{k}", "area", "mm^2") for hemi in ("lh", "rh") for k in range(30)]
    usual = np.exp(np.r_[rng.normal(0, 0.3, 30), np.zeros(30)] + rng.normal(0, 0.05, (N, 60))) * 1000
    usual[11] = np.roll(usual[11], 30)
    found = judge(long(usual, cells), rules="swapped_sides")
    assert found[["subject", "source"]].astype("str").to_numpy().tolist() == [["s11", "aparc"]]
    alike = np.exp(rng.normal(0, 0.05, (N, 60))) * 1000
    assert judge(long(alike, cells), rules="swapped_sides").empty


def test_a_wrong_unit_is_named():
    values = matrix()
    values[9, :8] /= 1000
    found = judge(long(values, CELLS), rules="unit")
    assert rows(found) == [("s09", None, "volume", "unit", "error")]
    assert "as numbers in cm^3 (mL) would be" in found["says"].iloc[0]


def test_a_unit_that_the_table_says_itself_is_an_error_of_its_rows_and_hides_none():
    table = long(matrix(), CELLS)
    other = (table["subject"] == "s09") & (table["measure"] == "thickness")
    table = table.assign(unit=table["unit"].astype("str").where(~other, "cm"))
    found = judge(table)
    assert set(rows(found)) == {
        ("s09", name, "thickness", "unit", "error") for name in ("insula", "cuneus", "bankssts")
    }


def test_a_mean_outside_its_range_is_found():
    names = ("mean", "min", "max", "range")
    cells = [("aseg", "lh", "Left-Putamen", f"intensity_{end}", "MR") for end in names]
    values = np.tile([90.0, 70.0, 110.0, 40.0], (12, 1))
    values[3, 0] = 112.0
    found = judge(long(values, cells), rules="contradiction")
    assert rows(found) == [("s03", "Left-Putamen", "intensity_mean", "contradiction", "error")]
    assert (found["expected_low"].iloc[0], found["expected_high"].iloc[0]) == (70.0, 110.0)


def test_a_sum_that_is_not_that_of_its_parts_is_found():
    cells = [("aseg", None, "global", name, "mm^3") for name in ("lhCortexVol", "rhCortexVol", "CortexVol")]
    values = np.tile([2e5, 2.1e5, 4.1e5], (12, 1))
    values[3, 2] = 4.2e5
    assert rows(judge(long(values, cells), rules="contradiction")) == [
        ("s03", "global", "CortexVol", "contradiction", "error")
    ]


def visits(n=14, sessions=3, seed=2):
    """Make up people who hardly change: a table with a column of years."""
    rng = np.random.default_rng(seed)
    people = matrix(n, seed)
    parts = []
    for k in range(sessions):
        values = people * np.exp(rng.normal(0, 0.008, people.shape))
        values[:, -2:] = people[:, -2:]
        parts.append(long(values, CELLS, session=f"v{k + 1}", stream="long").assign(time=0.5 * k))
    return pd.concat(parts, ignore_index=True)


def with_value(table, factor, **where):
    """Multiply some values."""
    own = np.logical_and.reduce([table[name] == value for name, value in where.items()])
    return table.assign(value=table["value"].where(~own, table["value"] * factor))


@pytest.mark.parametrize("session", ["v1", "v2", "v3"])
def test_a_jump_is_said_of_the_session_that_differs_from_both_others(session):
    table = with_value(visits(), 0.85, subject="s04", session=session, region="Left-Hippocampus")
    found = judge(table, rules="jump")
    assert found[["subject", "session", "region"]].astype("str").to_numpy().tolist() == [
        ["s04", session, "Left-Hippocampus"]
    ]


def test_slow_change_over_many_years_is_no_jump():
    table = visits().assign(time=lambda d: d["time"] * 20)
    table = with_value(table, 0.8, subject="s04", session="v3", region="Left-Hippocampus")
    assert judge(table, rules="jump").empty
    assert len(judge(table.drop(columns="time"), rules="jump")) == 1


def test_runs_without_a_stream_are_sessions_too():
    table = with_value(visits(), 0.85, subject="s04", session="v2", region="Left-Hippocampus").assign(stream=None)
    found = judge(table, rules="jump")
    assert found[["subject", "session", "stream"]].astype("object").fillna("").to_numpy().tolist() == [
        ["s04", "v2", ""]
    ]


@pytest.mark.parametrize("stream", ["cross", None])
def test_sessions_of_another_subject_are_found(stream):
    cells = [("aseg", None, f"r{k}", "volume", "mm^3") for k in range(40)]
    rng = np.random.default_rng(6)
    people = rng.normal(1000, 100, (12, 40))
    parts = [long(people + rng.normal(0, 10, people.shape), cells, session=f"v{k}", stream=stream) for k in range(3)]
    assert judge(pd.concat(parts), rules="swapped_sessions").empty
    parts[1] = parts[1].assign(subject=parts[1]["subject"].cat.rename_categories({"s01": "s02", "s02": "s01"}))
    found = judge(pd.concat(parts), rules="swapped_sessions")
    assert found[["subject", "session"]].astype("str").to_numpy().tolist() == [["s01", "v1"], ["s02", "v1"]] or set(
        map(tuple, found[["subject", "session"]].astype("str").to_numpy())
    ) == {("s01", "v1"), ("s02", "v1")}


def test_a_longitudinal_run_that_contradicts_its_scan_is_found():
    later = visits()
    noise = np.random.default_rng(1).normal(0, 0.01, len(later))
    both = pd.concat([later, later.assign(stream="cross", value=later["value"] * np.exp(noise))], ignore_index=True)
    table = with_value(both, 1.3, subject="s06", session="v2", stream="cross", region="Right-Putamen")
    found = judge(table, rules="streams")
    assert found[["subject", "session", "stream", "region"]].astype("str").to_numpy().tolist() == [
        ["s06", "v2", "long", "Right-Putamen"]
    ]


def test_longitudinal_runs_get_the_holes_of_their_scan():
    later = visits()
    holes = later["measure"].isin(["lhSurfaceHoles", "rhSurfaceHoles"])
    table = pd.concat([later.assign(stream="cross"), later[~holes]], ignore_index=True)
    table = with_value(table, 9, subject="s06", session="v2", measure="lhSurfaceHoles")
    found = judge(table, rules="defects")
    assert set(found["stream"]) == {"cross", "long"}
    assert set(found["subject"]) == {"s06"}


@pytest.mark.parametrize(("holes", "found"), [(110, 1), (100, 0)])
def test_the_absolute_limit_of_defects_is_that_of_the_study(holes, found):
    values = matrix()
    values[2, -2:] = holes
    judged = judge(long(values, CELLS), rules=["defects_absolute"])
    assert len(judged) == found  # the mean Euler number is 2 - 2 x 110 = -218, and 2 - 2 x 100 = -198


def test_the_centred_limit_is_ten_above_the_median_of_the_root():
    values = matrix()
    values[:, -2:] = 13  # 2 - 26 = -24: the root is 4.9, so the limit is 14.9, or 112 holes a side
    values[2, -2:], values[3, -2:] = 113, 111
    found = judge(long(values, CELLS), rules=["defects_centred"])
    assert found["subject"].tolist() == ["s02"]
    assert found["expected_high"].iloc[0] == pytest.approx(2 + (np.sqrt(24) + 10) ** 2, rel=1e-9)


def test_sites_are_compared_within_themselves():
    values = matrix()
    site = np.where(np.arange(N) < 25, "A", "B")
    values[site == "B", PLACE[HIPPOCAMPUS]] *= 4
    values[30, PLACE[HIPPOCAMPUS]] = 1000.0  # of both sites together not far out
    table = long(values, CELLS).assign(site=np.repeat(site, len(CELLS)))
    assert "s30" not in set(judge(table, rules="outlier")["subject"])
    assert judge(table, rules="outlier", site="site")["subject"].tolist() == ["s30"]


def test_runs_without_a_site_are_counted():
    table = long(matrix(), CELLS).assign(site=lambda t: np.where(t["subject"].isin(["s01", "s02"]), None, "A"))
    with pytest.warns(FsstatsWarning, match="^2 runs without site: compared with each other, as if of one site$"):
        judge(table, rules="outlier", site="site")


def test_covariates_are_taken_out_first():
    values = matrix()
    age = np.linspace(20, 80, N)
    values[:, PLACE[HIPPOCAMPUS]] = 6000 - 40 * age + np.random.default_rng(0).uniform(-60, 60, N)
    values[2, PLACE[HIPPOCAMPUS]] = 3500.0  # usual at 60, not at 23
    table = long(values, CELLS).assign(age=np.repeat(age, len(CELLS)))
    assert judge(table, rules="outlier").empty
    found = judge(table, rules="outlier", covariates=["age"])
    assert found["subject"].tolist() == ["s02"]
    assert found["expected_low"].iloc[0] < 6000 - 40 * age[2] < found["expected_high"].iloc[0]


@pytest.mark.parametrize("rounding", [0.0, 0.1], ids=["the same", "rounded"])
def test_what_values_are_adjusted_for_is_not_judged_by_itself_in_another_file(rounding):
    cells = [*CELLS, ("aparc", "lh", "global", "eTIV", "mm^3")]
    head = matrix()[:, [PLACE[None, "global", "eTIV"]]]
    again = head + np.random.default_rng(1).normal(0, rounding, (N, 1))
    again[3] += 20 * rounding
    again[7] = np.nan  # so that it is no mere copy of the column
    table = long(np.hstack([matrix(), again]), cells)
    assert judge(table, rules=["outlier", "enigma"], covariates="eTIV").empty
    flags = outliers(table, covariates="eTIV")
    own = table["measure"] == "eTIV"
    assert set(flags.loc[own, "note"]) == {"it is a covariate itself", "missing"}
    assert not flags.loc[own, "is_outlier"].any()


def test_few_runs_are_told_that_they_are_too_few():
    found = judge(long(matrix(9), CELLS))
    assert rows(found) == [(None, None, None, "outlier", "note")]
    assert found["says"].iloc[0].startswith("9 runs to compare")


def test_no_rows_have_no_judgement():
    assert judge(long(matrix(), CELLS).iloc[:0]).columns.tolist() == list(JUDGEMENTS)


def test_texts_and_categories_are_judged_alike():
    table = changed(5, HIPPOCAMPUS, 1500.0)
    plain = table.astype({name: "object" for name in table if name != "value"})
    pd.testing.assert_frame_equal(judge(table), judge(plain))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"rules": "outliers"}, UnknownNameError, "did you mean outlier"),
        ({"site": "subject"}, UnknownNameError, "no column of people"),
        ({"time": "when"}, UnknownNameError, "no column of people"),
        ({"covariates": ["age"]}, UnknownNameError, "no variable is called 'age'"),
        ({"time": "group"}, TableError, "years as numbers in 'group'"),
    ],
)
def test_what_does_not_exist_is_an_error(options, error, text):
    with pytest.raises(error, match=re.escape(text)):
        judge(long(matrix(), CELLS).assign(group="a"), **options)


def test_what_is_no_long_table_is_an_error():
    with pytest.raises(ColumnsError, match="judge needs"):
        judge(long(matrix(), CELLS).drop(columns="unit"))
    with pytest.raises(ColumnsError, match="worklist needs"):
        worklist(long(matrix(), CELLS))


@pytest.mark.parametrize("suffix", [".parquet", ".tsv", ".csv"])
def test_judgements_are_the_same_when_read_back(suffix, tmp_path):
    found = judge(changed(5, HIPPOCAMPUS, -1.0))
    write_table(found, tmp_path / f"judgements{suffix}")
    again = read_table(tmp_path / f"judgements{suffix}")
    pd.testing.assert_frame_equal(again, found, check_exact=True, check_categorical=False)
    pd.testing.assert_frame_equal(worklist(again), worklist(found))


def test_every_rule_says_what_it_is():
    for name, rule in RULES.items():
        assert rule.severity in SEVERITIES, name
        assert rule.description, name
        assert rule.source, name
        assert rule.find.__doc__, name


def test_the_worklist_counts_and_sorts():
    values = matrix()
    values[5, PLACE[HIPPOCAMPUS]] = -1.0
    values[6, PLACE[HIPPOCAMPUS]] = 1500.0
    values[6, PLACE["lh", "Left-Putamen", "volume"]] = 1500.0
    found = judge(long(values, CELLS), rules=["range", "outlier"])
    first, second = worklist(found).to_dict("records")
    assert (first["subject"], first["n_errors"], first["worst_rule"]) == ("s05", 1, "range")
    assert (second["subject"], second["n_errors"], second["n_warnings"], second["rules"]) == ("s06", 0, 2, "outlier")
    assert second["score"] == 0.2 * 5 * (1 + np.log2(2))
    assert second["look_at"] == found.loc[found["region"] == "Left-Putamen", "says"].iloc[0]  # 5000 was expected
    assert list(first)[:3] == list(SUBJECT_KEY)


THIRD = {"left": ["Left-Hippocampus"], "both": ["Left-Hippocampus", "Right-Hippocampus"]}


@pytest.mark.parametrize("lost", THIRD.values(), ids=THIRD)
def test_a_structure_of_which_two_thirds_are_lost_goes_before_many_mild_outliers(lost):
    values = np.random.default_rng(4).normal(MIDDLE, 0.06 * MIDDLE, (N, len(CELLS)))
    for name in lost:
        values[6, PLACE["lh" if name[0] == "L" else "rh", name, "volume"]] = 1300.0
    mild = [PLACE[cell[1], cell[2], cell[3]] for cell in CELLS[:14]]
    values[5, mild] = MIDDLE[mild] * 1.35
    found = judge(long(values, CELLS), rules=["outlier", "asymmetry", "many_outliers"])
    first, second = worklist(found).head(2).to_dict("records")
    assert (first["subject"], second["subject"]) == ("s06", "s05")
    assert first["score"] < second["score"]
    assert first["far_out"] >= 2
    assert np.isnan(second["far_out"])
    assert "Hippocampus volume" in first["look_at"]


def test_errors_go_before_a_value_far_out():
    values = matrix()
    values[5, PLACE[HIPPOCAMPUS]] = -1.0
    values[6, PLACE[HIPPOCAMPUS]] = 500.0
    values[7, PLACE[HIPPOCAMPUS]] = 500.0
    values[7, PLACE[INSULA]] = 5.2
    work = worklist(judge(long(values, CELLS), rules=["range", "outlier"]))
    assert work["subject"].tolist() == ["s07", "s05", "s06"]
    assert work["worst_rule"].tolist() == ["range", "range", "outlier"]
    assert work["look_at"].iloc[0].startswith("left insula thickness")


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1523456.7, "1523457"), (2.43219, "2.432"), (np.nan, "nan"), (-3.0, "-3")]
)
def test_numbers_in_sentences_are_short(value, text):
    assert figure(value) == text


def test_limits_in_sentences_say_which_end_is_open():
    assert between(-np.inf, 3, "mm") == "3 mm or less"
    assert between(3, np.inf, None) == "3 or more"
