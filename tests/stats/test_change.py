"""Change a year: what it is, what cannot be told, what is kept of the people."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsstats.errors import ColumnsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import LONG
from fsstats.stats.change import METHODS, change
from fsstats.stats.regress import regress
from fsstats.tables.shape import to_wide
from reference_support import longitudinal

VARYING = ["visit", "scanner", "age"]


def visits(times, values, **columns):
    """Make a long table of one structure: for each subject its times and values."""
    rows = [
        {"subject": who, "session": f"v{k}", "time": t, "value": y}
        for who in times
        for k, (t, y) in enumerate(zip(times[who], values[who], strict=True))
    ]
    table = pd.DataFrame(rows).assign(stream="long", source="aseg", hemi="lh", region="Left-Hippocampus")
    return table.assign(**({"measure": "volume", "unit": "mm^3"} | columns))


def study():
    return longitudinal().drop(columns=VARYING)


ONE = {"a": [1.0, 2.0, 5.0]}
LINE = {"a": [400.0, 380.0, 320.0]}
BENT = {"a": [400.0, 410.0, 330.0]}

# The line through (1, 400), (2, 410), (5, 330): by hand, mean time 8/3, mean 380, slope -170 / (26/3).
SLOPE = -170 / (26 / 3)
KNOWN = {
    "rate": (SLOPE, "mm^3/year"),
    "average": (380.0, "mm^3"),
    "symmetrised": (100 * SLOPE / 380, "percent/year"),
    "percent": (100 * SLOPE / (380 - SLOPE * (8 / 3 - 1)), "percent/year"),
    "percent_of_first": (100 * SLOPE / 400, "percent/year"),
}


@pytest.mark.parametrize(("method", "known"), KNOWN.items(), ids=KNOWN)
def test_it_is_what_the_formula_says(method, known):
    value, unit = known
    found = change(visits(ONE, BENT), time="time", method=method).iloc[0]
    assert found["value"] == pytest.approx(value, rel=1e-12)
    assert found[["measure", "unit", "stream", "region"]].tolist() == [
        f"volume_{method}",
        unit,
        "long",
        "Left-Hippocampus",
    ]
    assert pd.isna(found["session"])


def test_every_method_is_tested():
    assert set(KNOWN) == set(METHODS)


@pytest.mark.parametrize("method", ["percent", "percent_of_first"])
def test_on_a_line_the_first_value_is_that_of_the_line(method):
    assert change(visits(ONE, LINE), time="time", method=method)["value"].tolist() == pytest.approx([-5.0])


def test_with_two_sessions_symmetrised_is_the_usual_formula():
    found = change(visits({"a": [0.5, 2.0]}, {"a": [410.0, 390.0]}), time="time", method="symmetrised")
    assert found["value"].tolist() == pytest.approx([100 * (390 - 410) / 1.5 / 400])


UNITS = {"mm": "mm/year", "unitless": "1/year", None: None}


@pytest.mark.parametrize(("unit", "a_year"), UNITS.items())
def test_units_are_a_year(unit, a_year):
    found = change(visits(ONE, LINE, unit=unit), time="time")["unit"].astype("object").iloc[0]
    assert found == a_year or (pd.isna(found) and a_year is None)


# The table.


def test_the_result_is_a_long_table_that_models_take():
    found = change(study(), time="time", method="symmetrised")
    assert tuple(found.columns[: len(LONG)]) == LONG
    assert len(found) == 60 * 10
    assert not found.duplicated(list(LONG[: LONG.index("value")])).any()
    results = regress(found, "value ~ group + age_bl + sex", terms=["group"])
    assert results["measure"].unique().tolist() == ["volume_symmetrised", "thickness_symmetrised"]
    assert results["unit"].unique().tolist() == ["percent/year"]
    assert results["n"].eq(60).all()


def test_changes_of_several_methods_stand_in_one_table():
    parts = [change(study(), time="time", method=method) for method in METHODS]
    assert to_wide(pd.concat(parts)).filter(like="Left-Hippocampus").columns.tolist() == [
        f"aseg_Left-Hippocampus_volume_{method}" for method in METHODS
    ]


def test_a_wide_table_gives_the_same():
    one, other = change(study(), time="time"), change(to_wide(study(), sep=None), time="time")
    keys = ["subject", "hemi", "region", "measure"]
    one, other = (found.astype(dict.fromkeys(keys, "str")).sort_values(keys) for found in (one, other))
    assert one["value"].to_numpy() == pytest.approx(other["value"].to_numpy(), rel=1e-12)
    assert one["group"].tolist() == other["group"].tolist()


def test_columns_that_vary_within_subjects_are_named_and_dropped():
    with pytest.warns(FsstatsWarning, match="vary within subjects are dropped: visit, scanner, age"):
        found = change(longitudinal(), time="time")
    assert found.columns[len(LONG) :].tolist() == ["site", "group", "sex", "age_bl", "agec"]


def test_streams_are_kept_apart():
    cross = visits(ONE, BENT, stream="cross")
    found = change(pd.concat([visits(ONE, LINE), cross]), time="time").set_index("stream")["value"]
    assert found.to_dict() == pytest.approx({"long": -20.0, "cross": SLOPE})


def test_templates_are_no_scans():
    base = visits({"a": [np.nan]}, {"a": [390.0]}, stream="base").assign(session=None)
    found = change(pd.concat([visits(ONE, LINE), base]), time="time")
    assert found["stream"].tolist() == ["long"]


# What cannot be told.


def test_subjects_with_one_time_stay_and_are_counted():
    times = {"a": [0.0, 1.0], "b": [3.0], "c": [2.0, 2.0]}
    values = {"a": [10.0, 11.0], "b": [12.0], "c": [9.0, 8.0]}
    with pytest.warns(FsstatsWarning, match=r"2 of 3 subject\(s\) have one time only, and no change \(NaN\)"):
        found = change(visits(times, values), time="time")
    assert found["value"].tolist() == pytest.approx([1.0, np.nan, np.nan], nan_ok=True)
    assert change(visits(times, values), time="time", method="average")["value"].tolist() == [10.5, 12.0, 8.5]


def test_a_structure_uses_the_sessions_that_have_it():
    table = visits(
        {"a": [0.0, 1.0, 2.0], "b": [0.0, 1.0, 2.0]}, {"a": [np.nan, 11.0, 13.0], "b": [9.0, np.inf, np.nan]}
    )
    with pytest.warns(
        FsstatsWarning, match=r"1 value\(s\) of the others are NaN: not there at two times, or a share of 0"
    ):
        found = change(table, time="time", method="percent_of_first")
    assert found["value"].tolist() == pytest.approx([100 * 2 / 11, np.nan], nan_ok=True)


def test_runs_without_a_time_are_counted():
    with pytest.warns(FsstatsWarning, match=r"1 run\(s\) without time are left out"):
        found = change(visits({"a": [0.0, 1.0, np.nan]}, {"a": [5.0, 6.0, 99.0]}), time="time")
    assert found["value"].tolist() == [1.0]


def test_a_share_of_nothing_is_missing():
    table = visits({"a": [0.0, 1.0], "b": [0.0, 1.0]}, {"a": [-1.0, 1.0], "b": [1.0, 3.0]})
    with pytest.warns(FsstatsWarning):
        found = change(table, time="time", method="symmetrised")
    assert found["value"].tolist() == pytest.approx([np.nan, 100.0], nan_ok=True)


def test_several_versions_in_one_subject_are_doubtful_and_go_on():
    version = {"a": ["6.0", "7.4"], "b": ["7.4", "7.4"]}
    table = visits({"a": [0.0, 1.0], "b": [0.0, 1.0]}, {"a": [5.0, 6.0], "b": [5.0, 6.0]})
    table["version"] = [v for own in version.values() for v in own]
    with pytest.warns(FsstatsWarning, match=r"1 value\(s\) rest on sessions that were processed differently"):
        found = change(table, time="time")
    assert found["version"].tolist() == ["6.0 + 7.4", "7.4"]


def test_times_in_months_are_doubtful():
    with pytest.warns(FsstatsWarning, match="months spans 72 within a subject: is it in years"):
        change(visits({"a": [0.0, 72.0]}, {"a": [5.0, 6.0]}).rename(columns={"time": "months"}), time="months")


REFUSED = {
    "no such column": ({"time": "years"}, ColumnsError, r"change needs the column\(s\) 'years'"),
    "words": (
        {"time": "session_name"},
        TableError,
        "expected years as numbers in 'session_name', found 'v0'; sessions",
    ),
    "one time": (
        {"time": "same"},
        TableError,
        "change needs values of a subject at two times; by same nobody has them",
    ),
    "no time": ({"time": "none"}, TableError, "change needs values of a subject at two times; no run has none"),
    "endless": ({"time": "endless"}, TableError, "found infinite ones"),
    "no such method": ({"time": "time", "method": "spc"}, UnknownNameError, "no method is called 'spc'"),
}


@pytest.mark.parametrize(("options", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_answer_is_refused(options, kind, message):
    table = visits(ONE, LINE).assign(same=2.0, none=np.nan, endless=np.inf)
    table["session_name"] = table["session"]
    with pytest.raises(kind, match=message):
        change(table, **options)


# Laws.


def values_of(table, method, time="time"):
    found = change(table, time=time, method=method)
    keys = ["subject", "hemi", "region", "measure"]
    return found.astype(dict.fromkeys(keys, "str")).sort_values(keys)["value"].to_numpy()


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=10)
@given(seed=st.integers(0, 1000), offset=st.sampled_from([0.0, 70.0, 2000.0]))
def test_order_of_rows_and_beginning_of_time_do_not_matter(method, seed, offset):
    table = study()
    other = table.sample(frac=1, random_state=seed).assign(time=lambda t: t["time"] + offset)
    assert values_of(other, method) == pytest.approx(values_of(table, method), rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=10)
@given(unit=st.sampled_from([1e-9, 1e-3, 1e6]))
def test_the_unit_of_values_matters_to_rates_and_averages_alone(method, unit):
    table = study()
    factor = unit if method in {"rate", "average"} else 1.0
    scaled = values_of(table.assign(value=table["value"] * unit), method)
    assert scaled == pytest.approx(factor * values_of(table, method), rel=1e-9)
