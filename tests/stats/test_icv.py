"""Head sizes are found where they stand, and what is wrong with them is said run by run."""

import numpy as np
import pandas as pd
import pytest

from frames_support import assert_frame_equal
from fsstats import load
from fsstats.datasets import make_cohort
from fsstats.errors import ColumnsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema.policy import HEAD_SIZES
from fsstats.stats._icv import HEAD_SIZE_CHECKS, check_head_size
from fsstats.stats.guards import GUARDS
from fsstats.stats.head_size import adjust_head_size

N = 24


def table_of(sessions=None, stream="cross", **measures):
    """A table of aseg's header Measures and one volume; a value a run."""
    n = len(next(iter(measures.values())))
    keys = {"subject": [f"s{i:02}" for i in range(n)], "session": None, "stream": stream}
    people = pd.DataFrame(keys | (sessions or {}))
    parts = [
        people.assign(source="aseg", hemi=None, region="global", measure=name, value=np.asarray(values), unit="mm^3")
        for name, values in measures.items()
    ]
    volume = np.random.default_rng(3).normal(2e4, 1e3, n)
    parts.append(
        people.assign(source="aseg", hemi=None, region="Brain-Stem", measure="volume", value=volume, unit="mm^3")
    )
    return pd.concat(parts, ignore_index=True)


def sizes(**changed):
    """Plausible head sizes, some of them changed: ``sizes(s03=...)``."""
    made = np.random.default_rng(2).normal(1.5e6, 1e5, N)
    for name, value in changed.items():
        made[int(name[1:])] = value
    return made


def with_column(column, **measures):
    """A table with a column ICV of the people."""
    table = table_of(**measures)
    return table.assign(ICV=np.tile(column, len(table) // len(column)))


def two_visits(size):
    """A table of 12 subjects with two sessions each."""
    who = {"subject": [f"s{i // 2:02}" for i in range(N)], "session": [f"ses-{1 + i % 2}" for i in range(N)]}
    return table_of(sessions=who, stream="long", eTIV=size)


# --- Where it stands --------------------------------------------------------------------------------------------------


def test_of_several_files_aseg_is_taken(tmp_path):
    table = load(make_cohort(tmp_path, n_subjects=2, seed=1).root, sources=["aseg", "wmparc", "aparc"])
    aseg = table[(table["source"] == "aseg") & (table["measure"] == "eTIV")]
    assert check_head_size(table)["value"].tolist() == aseg["value"].tolist()
    without = table[table["source"] != "aseg"]
    with pytest.raises(TableError, match=r"eTIV stands in several files; say which: .*wmparc_global_eTIV"):
        check_head_size(without)
    found = check_head_size(without, icv="wmparc_global_eTIV")
    assert found["value"].tolist() == aseg["value"].tolist()


def test_a_column_of_the_people_comes_before_a_measure():
    table = table_of(eTIV=sizes())
    found = check_head_size(table.assign(eTIV=1.4e6))
    assert set(found["value"]) == {1.4e6}


def test_no_file_s_head_size_is_adjusted_by_it():
    table = table_of(eTIV=sizes(), sTIV=sizes() * 0.95)
    other = table[table["measure"] == "eTIV"].assign(source="wmparc")
    table = pd.concat([table, other], ignore_index=True)
    for icv in ("eTIV", "sTIV", "wmparc_global_eTIV"):
        made = adjust_head_size(table, icv=icv)
        heads = table["measure"].isin(["eTIV", "sTIV"])
        assert_frame_equal(made[heads].drop(columns="adjusted_for"), table[heads])


def test_what_serves_as_head_size_is_not_adjusted_by_itself():
    table = table_of(eTIV=sizes(), BrainSegVol=sizes() * 0.7, CortexVol=sizes() * 0.3)
    made = adjust_head_size(table, icv="BrainSegVol", allow="implausible")
    same = made["value"] == table["value"]
    assert set(made["measure"][~same]) == {"CortexVol", "volume"}
    with pytest.raises(TableError, match="BrainSegVol is not adjusted: it is the head size itself"):
        adjust_head_size(table, icv="BrainSegVol", measures="BrainSegVol", allow="implausible")


def test_a_volume_that_serves_as_head_size_is_left_out_alone():
    table = table_of(eTIV=sizes())
    inner = table[table["measure"] == "eTIV"].assign(region="Intracranial", measure="volume", source="own")
    table = pd.concat([table, inner], ignore_index=True)
    made = adjust_head_size(table, icv="own_Intracranial_volume", measures="volume")
    assert set(made["region"][made["value"] != table["value"]]) == {"Brain-Stem"}


WRONG = {
    "a name that is none": ("eTVI", UnknownNameError, "did you mean eTIV"),
    "another estimator": ("sbTIV", UnknownNameError, "has no sbTIV, but eTIV"),
    "a column of text": ("subject_text", TableError, "the column subject_text: expected numbers, found"),
    "a column of truths": ("flag", TableError, "expected numbers, found bool"),
}


@pytest.mark.parametrize(("icv", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_head_size_is_refused(icv, error, message):
    table = table_of(eTIV=sizes()).assign(subject_text="a", flag=True)
    with pytest.raises(error, match=message):
        check_head_size(table, icv=icv)


def test_only_a_long_table_can_be_looked_at():
    with pytest.raises(ColumnsError, match="'value'"):
        check_head_size(table_of(eTIV=sizes()).drop(columns="value"))


# --- What is wrong ----------------------------------------------------------------------------------------------------

FINDINGS = {
    "nothing": (table_of(eTIV=sizes()), {}, {}),
    "missing": (table_of(eTIV=sizes(s03=np.nan)), {"s03": "missing"}, {"s03": "no eTIV"}),
    "zero": (table_of(eTIV=sizes(s03=0)), {"s03": "positive"}, {"s03": "eTIV is 0: expected a positive number"}),
    "infinite": (table_of(eTIV=sizes(s03=np.inf)), {"s03": "positive"}, {}),
    "negative": (table_of(eTIV=sizes(s03=-1.5e6)), {"s03": "positive"}, {}),
    "mL": (
        table_of(eTIV=sizes(s03=1480)),
        {"s03": "unit"},
        {"s03": "eTIV is 1480: expected mm^3, found a number like mL"},
    ),
    "litres": (
        table_of(eTIV=sizes(s03=1.48)),
        {"s03": "unit"},
        {"s03": "eTIV is 1.48: expected mm^3, found a number like litres"},
    ),
    "no unit at all": (
        table_of(eTIV=sizes(s03=44)),
        {"s03": "unit"},
        {"s03": "eTIV is 44: expected mm^3, found no number of mm^3"},
    ),
    "a small head": (
        table_of(eTIV=sizes(s03=6e5)),
        {"s03": "implausible"},
        {"s03": "eTIV is 600000: expected 800000 to 2.5e+06"},
    ),
    "a large head": (table_of(eTIV=sizes(s03=3e6)), {"s03": "implausible"}, {}),
    "smaller than the brain": (
        table_of(eTIV=sizes(s03=1.1e6), BrainSegVol=[1.15e6] * N),
        {"s03": "brain"},
        {"s03": "eTIV is 1.1e+06, less than BrainSegVol 1.15e+06"},
    ),
    "the other estimator instead": (
        table_of(eTIV=sizes(s03=np.nan), sTIV=sizes(s05=np.nan)),
        {"s03": "missing"},
        {"s03": "no eTIV, but sTIV, which is something else"},
    ),
    "two at once": (
        table_of(eTIV=sizes(s03=0.9e6, s04=6e5), BrainSegVol=[1e6] * N),
        {"s03": "brain", "s04": "implausible, brain"},
        {},
    ),
}


@pytest.mark.parametrize(("table", "checks", "problems"), FINDINGS.values(), ids=FINDINGS)
def test_each_run_says_what_is_wrong_with_its_head(table, checks, problems):
    found = check_head_size(table).set_index("subject")
    assert len(found) == N
    assert found["check"].dropna().to_dict() == checks
    assert found["problem"].notna().equals(found["check"].notna())
    assert {name: found["problem"][name] for name in problems} == problems


def test_a_factor_has_limits_of_its_own():
    table = table_of(VSCALING=np.r_[np.linspace(1.0, 1.6, N - 2), 4.0, np.nan])
    found = check_head_size(table, icv="VSCALING")
    assert found["check"].iloc[-2:].tolist() == ["implausible", "missing"]
    assert found["check"].iloc[:-2].isna().all()


def test_a_column_of_two_estimators_is_found():
    etiv, stiv = sizes(), sizes() * 0.94 + 1e4
    mixed = np.where(np.arange(N) < 20, etiv, stiv).round()
    table = with_column(mixed, eTIV=etiv, sTIV=stiv)
    found = check_head_size(table, icv="ICV").set_index("subject")
    assert found["check"].dropna().to_dict() == {f"s{i}": "estimators" for i in range(20, N)}
    assert found["problem"]["s20"] == "ICV is sTIV here, eTIV in other runs"
    with pytest.raises(TableError, match=r"of several estimators: eTIV \(20\), sTIV \(4\).*allow=\['estimators'\]"):
        adjust_head_size(table, icv="ICV")
    adjust_head_size(table, icv="ICV", allow="estimators")


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_column_of_one_estimator_is_not_taken_for_two(share):
    etiv = sizes()
    stiv = np.where(np.arange(N) < share * N, etiv, etiv * 0.9)  # equal in some runs
    for column in (etiv, stiv, etiv * 1.01):
        found = check_head_size(with_column(column, eTIV=etiv, sTIV=stiv), icv="ICV")
        assert found["check"].isna().all()


def test_a_head_that_changes_between_sessions_is_found():
    same = np.repeat(sizes()[: N // 2], 2)
    assert check_head_size(two_visits(same))["check"].isna().all()
    changed = same.copy()
    changed[6:8] *= [1.0, 1.004]
    found = check_head_size(two_visits(changed))
    assert found.loc[found["check"] == "varies", "subject"].unique().tolist() == ["s03"]
    assert found["problem"].dropna().tolist() == ["eTIV differs by 0.4 % between this subject's sessions"] * 2
    with pytest.warns(
        FsstatsWarning, match=r"1 subject\(s\) differs between sessions by more than 0.1 %: s03. A skull"
    ):
        adjust_head_size(two_visits(changed))


# --- What is done about it --------------------------------------------------------------------------------------------

WARNED = {
    "missing": (
        sizes(s03=np.nan),
        r"1 run\(s\) have no eTIV.*: s03\. Either their files .*Earlier versions call theirs ICV",
    ),
    "implausible": (sizes(s03=6e5), r"eTIV is outside 800000 to 2\.5e\+06 in 1 run\(s\): s03"),
}
RAISED = {
    "positive": (
        sizes(s03=0, s04=-1),
        r"eTIV is 0, negative or infinite in 2 run\(s\): s03, s04.*missing \(NaN\), not 0$",
    ),
    "unit": (sizes() / 1000, r"a number like mL in 24 run\(s\).*times 1000; or allow it: allow=\['unit'\]"),
}


@pytest.mark.parametrize(("check", "size", "message"), [(k, *v) for k, v in WARNED.items()], ids=WARNED)
def test_what_is_doubtful_is_warned_of_unless_allowed(check, size, message):
    table = table_of(eTIV=size)
    with pytest.warns(FsstatsWarning, match=message) as said:
        adjust_head_size(table)
    assert len(said) == 1
    assert said[0].filename == __file__
    adjust_head_size(table, allow=check)


@pytest.mark.parametrize(("size", "message"), RAISED.values(), ids=RAISED)
def test_what_is_wrong_is_an_error(size, message):
    with pytest.raises(TableError, match=message):
        adjust_head_size(table_of(eTIV=size))


def test_a_run_without_head_size_is_kept_with_missing_values():
    table = table_of(eTIV=sizes(s03=np.nan))
    made = adjust_head_size(table, allow="missing")
    assert len(made) == len(table)
    lost = made[(made["measure"] == "volume") & made["value"].isna()]
    assert lost["subject"].tolist() == ["s03"]


def test_a_brain_larger_than_its_head_is_warned_of():
    table = table_of(eTIV=sizes(s03=1.1e6), BrainSegVol=[1.15e6] * N)
    with pytest.warns(FsstatsWarning, match="eTIV is smaller than BrainSegVol in 1 run.*s03.*talairach"):
        adjust_head_size(table, measures="volume")


def test_missing_of_other_types_is_missing_too():
    table = table_of(eTIV=sizes())
    column = pd.Series(np.tile(sizes().round(), 2)).astype("Int64").mask(table["subject"] == "s03")
    found = check_head_size(table.assign(ICV=column), icv="ICV")
    assert found["check"].dropna().tolist() == ["missing"]


def test_checks_and_guards_have_names_of_their_own():
    assert set(HEAD_SIZE_CHECKS).isdisjoint(GUARDS)
    assert "eTIV" in HEAD_SIZES
