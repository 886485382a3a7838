"""Participants onto rows: nobody is lost without being named."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frames_support import assert_frame_equal
from fsstats import ColumnsError, FsstatsWarning, TableError, join


def table(*subjects, session=None):
    return pd.DataFrame(
        {"subject": list(subjects), "session": session, "value": [float(i) for i in range(len(subjects))]}
    )


def people(*names, **columns):
    return pd.DataFrame({"participant_id": list(names), **(columns or {"age": [30 + i for i in range(len(names))]})})


def test_every_row_gets_its_subjects_columns_in_the_tables_order():
    rows = table("b", "a", "b", "c").set_axis([7, 7, 3, 1])
    found = join(rows, people("a", "b", "c", age=[1, 2, 3], sex=["f", "m", "f"]).set_axis([9, 9, 9]))
    assert found.columns.tolist() == ["subject", "session", "value", "age", "sex"]
    assert found["age"].tolist() == [2, 1, 2, 3]
    assert found["sex"].tolist() == ["m", "f", "m", "f"]
    assert found.index.tolist() == [7, 7, 3, 1]
    assert found["age"].dtype == "int64"
    assert_frame_equal(found[rows.columns], rows)


@pytest.mark.parametrize("subjects", ["str", "category", "object"])
@pytest.mark.parametrize("names", ["str", "category", "object"])
def test_the_type_of_the_names_does_not_matter(subjects, names):
    found = join(
        table("a", "b", "a").astype({"subject": subjects}),
        people("b", "a", age=[2, 1]).astype({"participant_id": names}),
    )
    assert found["age"].tolist() == [1, 2, 1]
    assert found["subject"].dtype.name == table("a").astype({"subject": subjects})["subject"].dtype.name


NUMBERS = {
    "whole numbers": ([1, 2], ("1", "2")),
    "as text": (["01", "02"], ("01", "02")),
    "numbers on both sides": ([1, 2], (1, 2)),
    "floats, as pandas reads whole numbers beside a blank": ([1.0, 2.0], ("1", "2")),
}


@pytest.mark.parametrize(("names", "subjects"), NUMBERS.values(), ids=NUMBERS)
def test_names_that_are_numbers_are_matched_as_written(names, subjects):
    assert join(table(*subjects), people(*names, age=[31, 54]))["age"].tolist() == [31, 54]


@pytest.mark.parametrize("column", ["subject", "participant_id"])
def test_either_name_of_the_subjects_column_is_taken(column):
    assert join(table("a"), people("a", age=[31]).rename(columns={"participant_id": column}))["age"].tolist() == [31]


@pytest.mark.parametrize("column", ["session", "session_id"])
def test_sessions_are_matched_where_both_sides_have_them(column):
    rows = table("a", "a", "b", session=["ses-1", "ses-2", "ses-1"])
    who = people("b", "a", "a", age=[50, 32, 31]).assign(**{column: ["ses-1", "ses-2", "ses-1"]})
    assert join(rows, who)["age"].tolist() == [31, 32, 50]


def test_people_without_sessions_are_joined_to_every_session():
    assert join(table("a", "a", session=["1", "2"]), people("a", age=[31]))["age"].tolist() == [31, 31]


COMPOSED, APART = "M\u00fcller", "Mu\u0308ller"
FORMS = {"the folder as macOS has it": (APART, COMPOSED), "the list as macOS has it": (COMPOSED, APART)}


@pytest.mark.parametrize(("subject", "name"), FORMS.values(), ids=FORMS)
def test_a_name_is_the_same_in_either_form_of_unicode(subject, name):
    found = join(table(subject, "a", session=[subject, "1"]), people(name, "a").assign(session_id=[name, "1"]))
    assert found["age"].tolist() == [30, 31]
    assert found["subject"].tolist() == [subject, "a"]


def test_a_name_that_the_table_has_in_both_forms_is_named():
    with pytest.raises(TableError, match=f"1 in the table but not in participants: {APART}.*other letters of Unicode"):
        join(table(COMPOSED, APART), people(APART))


def test_a_name_that_participants_has_in_both_forms_is_named():
    with pytest.raises(TableError, match=f"participants has these more than once: {APART}"):
        join(table(APART), people(COMPOSED, APART))


MANY = tuple(f"sub-{i:03}" for i in range(60))


def test_every_subject_without_a_match_is_named_on_both_sides():
    with pytest.raises(
        TableError, match=r"60 in the table but not in participants.*2 in participants but not in the table: x, y"
    ) as raised:
        join(table(*MANY), people("x", "y"))
    assert [name for name in MANY if not re.search(rf"\b{name}\b", str(raised.value))] == []


def test_a_session_without_a_match_is_named_with_its_subject():
    rows, who = table("a", "a", session=["1", "2"]), people("a", "b").assign(session_id=["1", "9"])
    with pytest.raises(
        TableError, match=r"1 in the table but not in participants: a/2; 1 in participants but not in the table: b/9"
    ):
        join(rows, who)


def test_one_side_alone_is_named_alone():
    with pytest.raises(
        TableError, match=r"^1 in participants but not in the table: b\. To go on without them: unmatched='drop'; "
    ):
        join(table("a"), people("a", "b"))
    with pytest.raises(
        TableError, match=r"^1 in the table but not in participants: b\. To go on without them: unmatched='drop'; "
    ):
        join(table("a", "b"), people("a"))


HINTS = {
    "sub- only in the table": ("sub-01", "01", "without 'sub-'"),
    "sub- only in participants": ("01", "sub-01", "with 'sub-' in front"),
    "zeros only in the table": ("007", "7", "without leading zeros"),
    "zeros only in participants": ("7", "007", "leading zeros"),
    "sub- and zeros": ("sub-007", "7", "without 'sub-' and zeros"),
    "sub- and zeros, numbers read as such": ("sub-007", 7, "without 'sub-' and zeros"),
    "large letters": ("Sub-01", "sub-01", "in other capital or small letters"),
}


@pytest.mark.parametrize(("subject", "name", "hint"), HINTS.values(), ids=HINTS)
def test_names_that_differ_by_habit_bring_a_hint(subject, name, hint):
    with pytest.raises(TableError, match=f"Hint: .*{hint}"):
        join(table(subject), people(name))


@pytest.mark.parametrize("session", ["2", None], ids=["another session", "no session"])
def test_a_name_that_is_there_brings_no_hint(session):
    rows = table("a", "a", session=["1", session])
    with pytest.raises(TableError, match="1 in the table but not in participants: a") as raised:
        join(rows, people("a").assign(session_id=["1"]))
    assert "sub-" not in str(raised.value)
    assert "zeros" not in str(raised.value)


def test_keep_names_and_keeps_the_rows_without_a_match():
    with pytest.warns(FsstatsWarning, match="1 in the table but not in participants: b; 1 in participants .*: c"):
        found = join(table("a", "b", "a"), people("a", "c", age=[31, 54], sex=["f", "m"]), unmatched="keep")
    assert found["value"].tolist() == [0, 1, 2]
    assert found["age"].isna().tolist() == [False, True, False]
    assert found["sex"].isna().tolist() == [False, True, False]


def test_drop_names_and_drops_the_rows_without_a_match():
    with pytest.warns(FsstatsWarning, match="1 in the table but not in participants: b"):
        found = join(table("a", "b", "a"), people("a", age=[31]), unmatched="drop")
    assert found["value"].tolist() == [0, 2]
    assert found["age"].tolist() == [31, 31]


def test_keep_leaves_truth_values_and_dates_what_they_are():
    who = people("a", smoker=[True], seen=pd.to_datetime(["2020-02-29"]))
    with pytest.warns(FsstatsWarning, match="not in participants: b"):
        found = join(table("a", "b"), who, unmatched="keep")
    assert found["smoker"].iloc[0] is True or found["smoker"].iloc[0] == np.True_
    assert found["seen"].iloc[0] == pd.Timestamp("2020-02-29")


@pytest.mark.parametrize("unmatched", ["keep", "drop"])
def test_where_no_subject_has_a_match_the_first_of_both_sides_are_named(unmatched):
    rows, who = table(*"abcd", session=["1", "1", "2", None]), people("v").assign(session_id="1")
    message = "no subject of the table is in participants: a/1, b/1, c/2 and 1 more against v/1$"
    with pytest.raises(TableError, match=message):
        join(rows, who, unmatched=unmatched)
    with pytest.raises(TableError, match=r"against 01, 02, 03 and 1 more\. Hint: .* without 'sub-' and zeros"):
        join(table("sub-1"), people("01", "02", "03", "04"), unmatched=unmatched)


def test_on_a_table_in_categories_text_is_in_categories_in_the_order_of_the_alphabet():
    rows = table("a", "b", "c").astype({"subject": "category"})
    found = join(rows, people("a", "b", "c", sex=["m", "f", None], age=[1, 2, 3]))
    assert found["sex"].cat.categories.tolist() == ["f", "m"]
    assert found["sex"].isna().tolist() == [False, False, True]
    assert found["age"].dtype == "int64"
    assert join(table("a"), people("a", sex=["f"]))["sex"].dtype == "str"


def test_a_participant_without_a_name_is_nobodys_match():
    with pytest.raises(TableError, match=r"^1 in participants but not in the table: \(no name\)\. To go"):
        join(table("a"), people("a", None))


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="Drop"):
        join(table("a"), people("b"), unmatched="Drop")


REPEATED = {
    "a subject": (people("a", "a"), None, "more than once: a; name the sessions in a column session_id"),
    "a subject three times": (people("a", "b", "a", "a"), None, "more than once: a(?!, a)"),
    "a session": (people("a", "a").assign(session_id=["1", "1"]), ["1"], "more than once: a/1"),
    "numbers and text alike": (people(1, "1"), None, "more than once: 1"),
}


@pytest.mark.parametrize(("who", "session", "message"), REPEATED.values(), ids=REPEATED)
def test_a_participant_that_stands_twice_is_named(who, session, message):
    with pytest.raises(TableError, match=message):
        join(table("a", session=session), who)


def test_nobody_is_asked_for_a_column_that_is_there():
    who = people("a", "a").assign(session_id=["1", "2"])
    with pytest.raises(TableError, match="more than once: a") as raised:
        join(table("a"), who)
    assert "name the sessions in a column session_id" not in str(raised.value)


@pytest.mark.parametrize("name", ["value", "region", "measure", "unit", "hemi", "source", "stream"])
def test_a_column_that_both_have_or_the_long_table_owns_is_refused_by_name(name):
    with pytest.raises(TableError, match=f"both have '{name}'; rename or drop it in participants"):
        join(table("a"), people("a", **{name: [1]}))


def test_tables_without_subjects_are_refused_by_the_columns_they_lack():
    with pytest.raises(ColumnsError, match=r"join needs the column.*'subject'; the table has 'x'"):
        join(pd.DataFrame({"x": [1]}), people("a"))
    with pytest.raises(ColumnsError, match=r"join \(participants\) needs .*'participant_id'; the table has 'x'"):
        join(table("a"), pd.DataFrame({"x": [1]}))


ADVICE = {
    "a semicolon between the columns": ("id;age;sex", r"Is it separated by ';'\?$"),
    "a tab": ("participant_id\tage", r"Is it separated by '\\t'\?$"),
    "another name of the column": ("Subject_ID", r"Is it 'Subject_ID'\? Rename that one to participant_id$"),
}


@pytest.mark.parametrize(("column", "advice"), ADVICE.values(), ids=ADVICE)
def test_where_nobody_is_named_a_likely_reason_is_said(column, advice):
    with pytest.raises(ColumnsError, match=advice):
        join(table("a"), pd.DataFrame({column: [1]}))


@pytest.mark.parametrize("name", ["participant_id", "subject"])
def test_names_that_are_the_index_of_the_rows_are_found_there(name):
    who = pd.DataFrame({"age": [31]}, index=pd.Index(["a"], name=name))
    with pytest.raises(ColumnsError, match=rf"{name} is the index of the rows; participants.reset_index\(\) makes"):
        join(table("a"), who)


def test_a_reason_is_not_made_up():
    with pytest.raises(ColumnsError, match=r"the table has 'age', 'a;b'$"):
        join(table("a"), pd.DataFrame({"age": [1], "a;b": [2]}))


def test_no_participants_at_all_are_nobodys_match():
    with pytest.raises(TableError, match="2 in the table but not in participants: a, b"):
        join(table("a", "b"), people("a").iloc[:0])


def test_an_empty_table_stays_empty_and_has_the_columns():
    with pytest.warns(FsstatsWarning, match="1 in participants but not in the table: a"):
        found = join(table("a").iloc[:0], people("a"), unmatched="keep")
    assert found.columns.tolist() == ["subject", "session", "value", "age"]
    assert len(found) == 0


def test_the_given_tables_are_not_changed():
    rows, who = table("a", "b"), people("a", "b", age=[1, 2], sex=["f", "m"])
    rows_before, who_before = rows.copy(deep=True), who.copy(deep=True)
    join(rows, who)
    assert_frame_equal(rows, rows_before)
    assert_frame_equal(who, who_before)


def test_a_base_of_a_longitudinal_study_needs_no_session_of_its_own():
    rows = table("a", "a", "a", session=["1", "2", None]).assign(stream=["cross", "cross", "base"])
    visits = people("a", "a", age=[31, 32]).assign(session_id=["1", "2"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = join(rows, visits, unmatched="keep")
    assert found["age"].iloc[:2].tolist() == [31, 32]
    assert np.isnan(found["age"].iloc[2])
    unnamed = r"^1 in the table but not in participants: a/.no session.\. Hint: base runs have no session"
    with pytest.raises(TableError, match=unnamed):
        join(rows, visits)
    with pytest.warns(FsstatsWarning, match=unnamed):
        join(rows.assign(stream="cross"), visits, unmatched="keep")


names = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), min_size=1, max_size=6, unique=True
)


@settings(deadline=None)
@given(names, st.data())
def test_as_a_left_merge_of_pandas(known, data):
    chosen = data.draw(st.lists(st.sampled_from(known), min_size=1))
    rows = pd.DataFrame({"subject": [*known, *chosen], "value": 1.0})
    who = pd.DataFrame({"subject": known, "number": range(len(known))}).sample(frac=1, random_state=0)
    expected = rows.merge(who, on="subject", how="left", validate="many_to_one")
    assert_frame_equal(join(rows, who), expected, check_dtype=False)
