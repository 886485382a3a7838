"""When each session was: nobody's time is guessed, and nobody is lost without being named."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frames_support import assert_frame_equal
from fsstats import ColumnsError, FsstatsWarning, TableError, UnknownNameError, sessions


def table(*rows):
    """Make a long table, as far as it matters here, of (subject, session, stream)."""
    return pd.DataFrame(rows, columns=["subject", "session", "stream"]).assign(
        value=[float(i) for i in range(len(rows))]
    )


def visits(*rows, name="acq_time"):
    return pd.DataFrame(rows, columns=["participant_id", "session_id", name])


TWO = table(("a", "1", "cross"), ("a", "2", "cross"))


def test_time_is_in_years_since_the_first_session_of_the_subject():
    rows = table(("b", "1", "cross"), ("a", "2", "cross"), ("a", "1", "cross"), ("a", "2", "long")).set_axis(
        [7, 7, 3, 1]
    )
    found = sessions(
        rows, visits(("a", "2", "2022-07-02T12:00:00"), ("a", "1", "2021-01-01"), ("b", "1", "1999-12-31"))
    )
    days = 547.5  # from 1 January 2021, midnight, to 2 July 2022, noon
    assert found["time"].tolist() == pytest.approx([0, days / 365.25, 0, days / 365.25])
    assert found["session_number"].tolist() == [1, 2, 1, 2]
    assert found.index.tolist() == [7, 7, 3, 1]
    assert_frame_equal(found[rows.columns], rows)


def test_ages_are_years():
    found = sessions(TWO, visits(("a", "1", 70.5), ("a", "2", 73.0), name="age"))
    assert found["time"].tolist() == [0, 2.5]
    assert found["age"].tolist() == [70.5, 73.0]


def test_dates_go_before_ages_and_when_says_otherwise():
    both = visits(("a", "1", "2020-01-01"), ("a", "2", "2021-01-01")).assign(age=[50, 52], weeks=[1.0, 4.0])
    assert sessions(TWO, both)["time"].tolist() == pytest.approx([0, 366 / 365.25])
    assert sessions(TWO, both, when="age")["time"].tolist() == [0, 2]
    assert sessions(TWO, both, when="weeks")["time"].tolist() == [0, 3]


def test_the_tables_of_bids_are_taken_subject_by_subject():
    of_a = pd.DataFrame({"session_id": ["1", "2"], "acq_time": ["2020-01-01", "2021-01-01"], "score": [3, 4]})
    of_b = pd.DataFrame({"session_id": ["1"], "acq_time": ["1998-05-05"]})
    found = sessions(table(("a", "2", "cross"), ("b", "1", "cross")), {"a": of_a.iloc[1:], "b": of_b})
    assert found["time"].tolist() == [0, 0]
    assert found["score"].isna().tolist() == [False, True]


TIMES = {
    "date and time": ("2020-01-01T00:00:00", "2020-12-31T06:00:00"),
    "with a zone": ("2020-01-01T01:00:00+01:00", "2020-12-31T06:00:00Z"),
    "shifted before 1925, as BIDS advises": ("1877-06-15", "1878-06-15T06:00:00"),
    "timestamps": (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-12-31 06:00")),
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_dates_may_be_written_in_every_way_of_iso_8601(times):
    found = sessions(TWO, visits(("a", "1", times[0]), ("a", "2", times[1])))
    assert found["time"].tolist() == pytest.approx([0, 1])


def test_rows_of_a_base_are_of_no_session_and_stay():
    rows = table(("a", "1", "cross"), ("a", None, "base"), ("a", "2", "cross"))
    found = sessions(rows, visits(("a", "1", 50), ("a", "2", 51), name="age"))
    assert found["time"].isna().tolist() == [False, True, False]
    assert found["session_number"].tolist() == [1, pd.NA, 2]
    assert found["age"].isna().tolist() == [False, True, False]
    assert found["value"].tolist() == [0, 1, 2]


def test_equal_times_are_numbered_as_they_are_listed():
    found = sessions(TWO, visits(("a", "2", 50), ("a", "1", 50), name="age"))
    assert found["session_number"].tolist() == [2, 1]
    assert found["time"].tolist() == [0, 0]


def test_a_subject_with_one_session_is_kept():
    found = sessions(table(("a", "1", "cross")), visits(("a", "1", 50), name="age"))
    assert found[["time", "session_number"]].to_numpy().tolist() == [[0, 1]]


def test_every_session_without_a_match_is_named_on_both_sides():
    lists = visits(("a", "1", 50), ("b", "1", 60), name="age")
    message = "1 in the table but not in participants: a/2; 1 in participants but not in the table: b/1"
    with pytest.raises(TableError, match=message):
        sessions(TWO, lists)
    with pytest.warns(FsstatsWarning, match=message):
        kept = sessions(TWO, lists, unmatched="keep")
    assert kept["time"].isna().tolist() == [False, True]
    with pytest.warns(FsstatsWarning, match=message):
        dropped = sessions(TWO, lists, unmatched="drop")
    assert dropped["value"].tolist() == [0]


def test_dropping_leaves_the_base_where_it_was():
    rows = table(("a", None, "base"), ("a", "1", "cross"), ("a", "2", "cross")).set_axis([5, 5, 5])
    with pytest.warns(FsstatsWarning, match="a/1"):
        found = sessions(rows, visits(("a", "2", 50), name="age"), unmatched="drop")
    assert found["value"].tolist() == [0, 2]
    assert found.index.tolist() == [5, 5]


def test_time_counts_from_the_first_session_that_is_listed_be_it_without_a_scan():
    rows = table(("a", "2", "cross"))
    with pytest.warns(FsstatsWarning, match="not in the table: a/1"):
        found = sessions(rows, visits(("a", "1", 50), ("a", "2", 52), name="age"), unmatched="keep")
    assert found[["time", "session_number"]].to_numpy().tolist() == [[2, 2]]


REFUSED = {
    "a session twice": (visits(("a", "1", 50), ("a", "1", 51), name="age"), TableError, "more than once: a/1"),
    "no date": (
        visits(("a", "1", "2020-01-01"), ("a", "2", None)),
        TableError,
        r"1 session\(s\) without an ISO date or a number in 'acq_time': a/2 \(nan\). .*drop these rows",
    ),
    "a date of another kind": (
        visits(("a", "1", "2020-01-01"), ("a", "2", "31/12/2020")),
        TableError,
        "without an ISO date .*: a/2 .31/12/2020.",
    ),
    "no age": (visits(("a", "1", 50), ("a", "2", float("nan")), name="age"), TableError, "or a number in 'age': a/2"),
    "no column that says when": (visits(("a", "1", 5), name="x"), ColumnsError, r"sessions \(visits\) .*'acq_time'"),
    "no sessions": (
        pd.DataFrame({"participant_id": ["a"], "age": [3]}),
        TableError,
        r"visits names no sessions; without sessions, join\(table, participants\) is enough",
    ),
    "a column of ours": (visits(("a", "1", 5), name="age").assign(time=1), TableError, "a column 'time' already"),
    "no table": ("sub-01_sessions.tsv", TableError, "visits must be a table, or a table of each subject, not 'sub-01"),
    "a list of paths": ({"a": "a.tsv"}, TableError, "visits must be a table"),
}


@pytest.mark.parametrize(("lists", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(lists, error, message):
    with pytest.raises(error, match=message):
        sessions(TWO, lists)


def test_a_table_without_sessions_is_refused():
    lists = visits(("a", "1", 50), name="age")
    with pytest.raises(TableError, match="the table names no sessions"):
        sessions(table(("a", None, "cross")), lists)
    with pytest.raises(ColumnsError, match=r"sessions needs the column.*'session'"):
        sessions(pd.DataFrame({"subject": ["a"]}), lists)
    with pytest.raises(TableError, match="a column 'session_number' already"):
        sessions(TWO.assign(session_number=1), visits(("a", "1", 5), ("a", "2", 6), name="age"))
    with pytest.raises(UnknownNameError, match="Drop"):
        sessions(TWO, visits(("a", "1", 5), ("a", "2", 6), name="age"), unmatched="Drop")


def test_the_given_tables_are_not_changed():
    rows, lists = TWO.copy(deep=True), visits(("a", "1", 50), ("a", "2", 51), name="age")
    before = lists.copy(deep=True)
    sessions(rows, lists)
    assert_frame_equal(rows, TWO)
    assert_frame_equal(lists, before)


def test_text_becomes_categories_where_the_tables_is():
    kinds = dict.fromkeys(["subject", "session", "stream"], "category")
    lists = visits(("a", "1", 50), ("a", "2", 51), name="age").assign(scanner=["x", "y"])
    assert sessions(TWO.astype(kinds), lists)["scanner"].dtype == "category"


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_times_are_ages_less_the_first_whatever_the_order(ages, random):
    names = [str(i) for i in range(len(ages))]
    lists = visits(*[("a", name, age) for name, age in zip(names, ages, strict=True)], name="age")
    rows = table(*[("a", name, "cross") for name in random.sample(names, len(names))])
    found = sessions(rows, lists)
    assert found["time"].tolist() == [age - min(ages) for age in found["age"]]
    assert sorted(found["session_number"]) == list(range(1, len(ages) + 1))
    assert found.sort_values("session_number")["time"].is_monotonic_increasing


NO_TIMES = {
    "dates as whole numbers": ("acq_time", [20200101, 20210101], "must hold ISO dates"),
    "truth values": ("age", [True, False], "must hold ISO dates .* found bool"),
}


@pytest.mark.parametrize(("when", "times", "message"), NO_TIMES.values(), ids=NO_TIMES)
def test_numbers_that_are_no_times_are_refused(when, times, message):
    table = pd.DataFrame({"subject": ["a", "a"], "session": ["1", "2"], "value": [1.0, 2.0]})
    visits = pd.DataFrame({"subject": ["a", "a"], "session": ["1", "2"], when: times})
    with pytest.raises(TableError, match=message):
        sessions(table, visits)


def test_ages_in_text_are_numbers():
    table = pd.DataFrame({"subject": ["a", "a"], "session": ["1", "2"], "value": [1.0, 2.0]})
    visits = pd.DataFrame({"subject": ["a", "a"], "session": ["1", "2"], "age": ["61.5", "63"]})
    assert sessions(table, visits)["time"].tolist() == [0.0, 1.5]


def test_the_session_itself_is_no_time():
    table = pd.DataFrame({"subject": ["a"], "session": ["1"], "value": [1.0]})
    visits = pd.DataFrame({"participant_id": ["a"], "session_id": ["1"], "acq_time": ["2020-01-01"]})
    with pytest.raises(ColumnsError, match="needs the column"):
        sessions(table, visits, when="session_id")
