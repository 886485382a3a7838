"""The report of people with several visits: people are told from runs, and change from differences."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.reporting.choices import Choices
from fsstats.reporting.demographics import demographics_of
from fsstats.reporting.flow import flow_of
from fsstats.reporting.methods import methods_of
from fsstats.reporting.quality import quality_of
from fsstats.reporting.remarks import fits_of, mostly_zero, remarks_of, units_of
from fsstats.reporting.results import results_of
from fsstats.reporting.study import study_of
from fsstats.reporting.summary import in_short
from fsstats.reporting.visits import mixtures, n_of, people_by_region, with_people

KEYS = ["subject", "session", "stream"]
REGIONS = {"Left-Hippocampus": 4000.0, "Right-Hippocampus": 4100.0, "5th-Ventricle": 0.0, "Left-vessel": 0.0}


def visits():
    """Give 24 people, a row a visit: most have three, a year apart; s00 has one, s01 lacks the age of the first."""
    rows = [(f"s{k:02}", f"v{visit}", k, visit) for k in range(24) for visit in range(3) if k or not visit]
    table = pd.DataFrame(rows, columns=["subject", "session", "k", "visit"])
    table = table.assign(stream="long", group=np.where(table["k"] % 2, "patient", "control"), time=table["visit"] * 1.0)
    table = table.assign(age0=25.0 + 2 * table["k"], drug=np.where(table["visit"] == 1, "on", "off"))
    table = table.assign(age=table["age0"] + table["time"])
    table.loc[(table["subject"] == "s01") & (table["visit"] == 0), "age"] = np.nan
    return table


@pytest.fixture(scope="module")
def table():
    """Their volumes: one region is always 0, one 0 in two thirds of the runs, one missing in one run."""
    rng, runs = np.random.default_rng(5), visits()
    own = []
    for place, (region, size) in enumerate(REGIONS.items()):
        people = rng.normal(0, 0.1 * size, 24)[runs["k"]]
        value = size + people - 20 * runs["time"] * (runs["group"] == "patient") + rng.normal(0, 30, len(runs))
        value = {"5th-Ventricle": 0.0 * value, "Left-vessel": value.abs().where(runs["k"] % 3 == 0, 0.0)}.get(
            region, value
        )
        own.append(runs.assign(region=region, hemi=["lh", "rh", None, "lh"][place], measure="volume", value=value))
    heads = 1.5e6 + rng.normal(0, 1e5, 24)[runs["k"]]
    own.append(runs.assign(region="global", hemi=None, measure="eTIV", value=heads))
    found = pd.concat(own, ignore_index=True).assign(source="aseg", unit="mm^3")
    found.loc[(found["region"] == "Right-Hippocampus") & (found["subject"] == "s00"), "value"] = np.nan
    return found.drop(columns=["k", "visit"])


def study(table, formula="value ~ group + age", *, main=None, **options):
    given = {"participants": None, "files": None, "sources": None, "measures": None, "main": main}
    chosen = Choices(**{"random": ("subject",), "head_size": "none"} | options)
    return study_of(table, formula, choices=chosen, **given)


def texts(blocks):
    return [text for one in blocks for text in getattr(one, "paragraphs", getattr(one, "points", ()))]


def test_the_people_of_a_region_are_those_that_its_model_rests_on(table):
    made = study(table)
    part = made.parts[0]
    groups = fs.variance_components(part.rows, part.formula).query("group == 'subject' and region != 'global'")
    expected = groups.set_index("region")["n_groups"]
    people = people_by_region(made, part)
    found = people.reset_index().set_index("region")["n_people"]
    assert found["Right-Hippocampus"] == 23
    assert found.drop("5th-Ventricle").to_dict() == expected.drop("5th-Ventricle").to_dict()
    assert n_of(made.rows(part), people) == "68 to 69 runs of 23 to 24 people"


def test_runs_and_people_stand_side_by_side_with_the_degrees_of_freedom(table):
    made = study(table)
    part = made.parts[0]
    sheet = next(one for one in results_of(made, part, is_drawn=False) if getattr(one, "heads", ()))
    place = {head.name: k for k, head in enumerate(sheet.heads)}
    rows = {row[0].text: row for row in sheet.rows}
    expected = fs.mixed(part.rows, part.formula, terms="group").set_index("region")["df"]
    right = rows["right hippocampus"]
    assert [right[place[name]].text for name in ("Runs", "People")] == ["68", "23"]
    assert right[place["df"]].key == pytest.approx(expected["Right-Hippocampus"], rel=1e-9)
    assert "n" not in place
    assert with_people(made.rows(part), people_by_region(made, part))["n_people"].notna().all()


def test_a_study_of_one_visit_counts_runs_only(table):
    made = study(table[table["session"] == "v0"], "value ~ group + age0", random=())
    part = made.parts[0]
    people = people_by_region(made, part)
    assert n_of(made.rows(part), people) == "23 to 24"
    assert "n_people" not in with_people(made.rows(part), people)
    (sheet,) = demographics_of(made)
    assert sheet.title == "Runs by group"
    assert not any("visits" in row[0].text for row in sheet.rows)
    assert mixtures(made, part) == []


def demographics(made):
    (sheet,) = demographics_of(made)
    return sheet, {row[0].text: [cell.text for cell in row[1:]] for row in sheet.rows}


def test_people_are_described_once_at_their_first_visit_in_the_model(table):
    sheet, rows = demographics(study(table))
    first = visits().dropna(subset="age").drop_duplicates("subject")
    ages = [first["age"], *(own["age"] for _, own in first.groupby("group"))]
    assert sheet.title == "People by group"
    assert rows["n"][:3] == ["24", "12", "12"]
    assert rows["age"][:3] == [f"{one.mean():.1f} ({one.std():.1f})" for one in ages]
    counts = [rows[f"visits in the model: {k}"][0].replace("\N{NO-BREAK SPACE}", " ") for k in "123"]
    assert counts == ["1 (4 %)", "1 (4 %)", "22 (92 %)"]
    length = visits().groupby("subject")["age"].agg(lambda ages: ages.max() - ages.min())
    assert rows["follow-up (by age)"][0] == f"{length.mean():.3f} ({length.std():.3f})"
    assert sheet.note.startswith("Each person once, at the first visit (by age) that has all variables of a model. ")


def test_a_visit_that_lacks_a_variable_is_not_the_first_of_the_model(table):
    score = table["age0"].where((table["subject"] != "s02") | (table["session"] != "v0"))
    _, rows = demographics(study(table.assign(score=score), "value ~ time + group + score"))
    assert rows["score"][-1] == "0"
    assert rows["visits in the model: 2"][0].startswith("1 ")
    assert rows["time"][0] == f"{1 / 24:.3f} ({np.sqrt(1 / 24):.3f})"


def test_a_person_without_any_visit_in_the_model_is_described_and_not_counted_in_it(table):
    made = study(table.assign(age=table["age"].mask(table["subject"] == "s03")))
    _, rows = demographics(made)
    assert (rows["n"][0], rows["age"][-1], rows["visits in the model: 0"][0][:2]) == ("24", "1", "1 ")
    assert sorted(people_by_region(made, made.parts[0])) == [22, 23, 23, 23]


def test_the_time_at_the_first_visit_is_no_line(table):
    _, rows = demographics(study(table, "value ~ time * group + age0"))
    assert "follow-up (by time)" in rows
    assert "time" not in rows


def test_where_the_group_changes_from_visit_to_visit_runs_are_described(table):
    sheet, rows = demographics(study(table, "value ~ drug + age0"))
    assert sheet.title == "Runs by drug"
    assert rows["n"][:3] == ["70", "47", "23"]
    assert sheet.note.startswith("Runs are counted, as drug changes between the visits of a person. ")


def test_people_are_counted_beside_runs_in_words(table):
    made = study(table)
    said = texts(in_short(made))[0]
    assert "(people: 12 control, 12 patient; runs: 34 control, 36 patient)" in said
    assert "69 runs of 24 people have all variables" in said
    steps = {row[0].text: row[1].text for row in flow_of(made)[0].rows}
    assert (steps["Runs in the model"], steps["People in the model"]) == ("69", "24")


MIXTURES = {
    "value ~ group + age": ["age"],
    "value ~ group * center(age)": ["age"],
    "value ~ time * group + age0": [],
    "value ~ time + age": [],
    "value ~ age0 + age": [],
    "value ~ group": [],
}


@pytest.mark.parametrize(("formula", "expected"), MIXTURES.items())
def test_a_number_that_differs_between_people_and_changes_within_them_is_named(formula, expected, table):
    made = study(table, formula)
    part = made.parts[0]
    assert mixtures(made, part) == expected
    said = [text for text in texts(remarks_of(made, part)) if "mixes differences between people" in text]
    assert len(said) == len(expected)


def test_people_who_come_later_do_not_make_time_a_mixture(table):
    late = table[~(table["subject"].isin(["s02", "s03", "s04"]) & (table["session"] == "v0"))]
    made = study(late, "value ~ time * group")
    assert mixtures(made, made.parts[0]) == []


@pytest.mark.parametrize("head_size", ["none", "residual", "proportion"])
@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_regions_that_are_mostly_0_are_named_where_they_are_tested(head_size, table):
    made = study(table, head_size=head_size)
    part = made.parts[0]
    tested = made.rows(part).query("p_value.notna()")["region"]
    expected = [name for name in ("5th-Ventricle", "Left-vessel") if name in set(tested)]
    assert mostly_zero(made, part)["region"].tolist() == expected
    assert "Left-vessel" in expected
    assert any("values are 0 in" in text and "left vessel" in text for text in texts(remarks_of(made, part)))


def test_half_of_the_values_at_0_is_not_more_than_half(table):
    runs = visits()
    half = table.assign(value=table["value"].where(table["region"] != "Left-vessel", np.nan))
    own = half["region"] == "Left-vessel"
    half.loc[own, "value"] = np.where(np.arange(len(runs)) % 2, 0.0, 50.0 + np.arange(len(runs)) % 7)
    made = study(half)
    assert "Left-vessel" not in mostly_zero(made, made.parts[0])["region"].tolist()


def test_it_is_said_how_many_models_converged_and_what_is_odd(table):
    made = study(table)
    part = made.parts[0]
    found = fs.variance_components(part.rows, part.formula).query("region != 'global'")
    cells = found.drop_duplicates("region")
    singular = int((cells["converged"] & cells["singular"]).sum())
    said = " ".join(fits_of(made, part))
    assert f"The models of {cells['converged'].sum()} of 4 regions converged" in said
    assert ("none of them singular" in said) == (not singular)
    assert "does not vary (1 region)" in said
    own = found[(found["group"] == "subject") & found["converged"]]["icc"]
    middle, low, high = own.median(), own.min(), own.max()
    assert f"is {middle:.3f} in the median of {len(own)} regions, {low:.3f} to {high:.3f}." in said


def test_models_that_are_all_well_have_no_note(table):
    few = table[table["region"].isin(["Left-Hippocampus", "Right-Hippocampus"])]
    made = study(few)
    said = " ".join(fits_of(made, made.parts[0]))
    assert said.startswith("The models of 2 of 2 regions converged, none of them singular. Of the variance")
    linear = study(few[few["session"] == "v0"], "value ~ group", random=())
    assert fits_of(linear, linear.parts[0]) == []


UNITS = {
    "value ~ time * group + age0": "per unit of time or age0 is",
    "value ~ group * center(age)": "",
    "value ~ group": "",
}


@pytest.mark.parametrize(("formula", "said"), UNITS.items())
def test_what_an_estimate_along_a_number_is_for_is_said(formula, said, table):
    made = study(table, formula)
    found = units_of(made, made.parts[0])
    assert bool(found) == bool(said)
    assert said in found


STREAMS = {
    "longitudinal": (["long"], ["v0", "v1"], "by the longitudinal stream (Reuter et al. 2012)."),
    "longitudinal, one visit each": (["long"], ["v0"], "by the longitudinal stream (Reuter et al. 2012)."),
    "each by itself": (["cross"], ["v0", "v1"], "Each visit was processed by itself, by the cross-sectional stream."),
    "one visit each": (["cross"], ["v0"], ""),
    "both": (["cross", "long"], ["v0"], "Runs of several streams were put into one model: cross and long (Reuter"),
}


@pytest.mark.parametrize(("streams", "sessions", "said"), STREAMS.values(), ids=STREAMS)
def test_methods_say_which_stream_it_was(streams, sessions, said, table):
    results = study(table).results
    rows = [("s0", session, stream) for stream in streams for session in sessions]
    found = methods_of(results, table=pd.DataFrame(rows, columns=KEYS))
    assert said in found.paragraphs[0]
    assert ("stream" in found.paragraphs[0]) == bool(said)
    assert ("reuter2012" in found.keys) == ("long" in streams)


def test_a_person_is_listed_once_with_the_visits_that_quality_control_names(table):
    odd = (table["subject"] == "s05") & (table["region"] == "Left-Hippocampus")
    made = study(table.assign(value=table["value"].where(~odd, 9000.0)))
    sheets = [one for one in quality_of(made, None) if getattr(one, "heads", ())]
    work = next(one for one in sheets if one.title == "People to look at, the most urgent first")
    place = {head.name: k for k, head in enumerate(work.heads)}
    own = [row for row in work.rows if row[0].text == "s05"]
    assert len(own) == 1
    assert set(own[0][place["Visits"]].text.split(", ")) == {"v0", "v1", "v2"}
    judged = fs.qc.judge(made.table, site=None)
    judged = judged[(judged["subject"] == "s05") & (judged["severity"] == "warning")]
    assert own[0][place["Warnings"]].key == len(judged) >= 3
    assert work.csv.decode().count("s05") == 3


def test_of_equal_adjusted_p_values_the_smallest_p_value_is_named(table):
    made = study(table)
    results = made.results.assign(p_adjusted=0.6, p_value=0.5)
    results.loc[results["region"] == "Right-Hippocampus", "p_value"] = 0.03
    said = texts(in_short(replace(made, results=results)))
    assert "The smallest p-value is that of the right hippocampus" in said[1]
    assert re.search(r"adjusted p = 0\.600\.$", said[1])
