import json
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frames_support import assert_frame_equal
from fsstats.errors import ColumnsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import LONG
from fsstats.stats.composite import Composite, apply_composite, composite, fit_composite
from fsstats.tables import to_wide
from fsstats.tables.panel import panel_of
from reference_support import cohort, read

CN = {"group": "CN"}
MTL = ["entorhinal", "Hippocampus", "Amygdala"]


def by_subject(scores):
    return scores.set_index(scores["subject"].astype("str"))["value"].sort_index()


def group_of_two(values, *, group=None, region="Left-Amygdala"):
    """Make a table of one region; everybody is CN."""
    n = len(values)
    return pd.DataFrame(
        {
            "subject": [f"s{k}" for k in range(n)],
            "session": None,
            "stream": "cross",
            "source": "aseg",
            "hemi": "lh",
            "region": region,
            "measure": "volume",
            "value": values,
            "unit": "mm^3",
            "group": ["CN"] * n if group is None else group,
        }
    )


def test_the_score_is_the_mean_of_z_values_against_the_reference():
    wide = read("cohort").set_index("subject")
    names = ["Left-Hippocampus", "Right-Hippocampus", "Left-Amygdala", "Right-Amygdala"]
    reference = wide[wide["group"] == "CN"][names]
    z = (wide[names] - reference.mean()) / reference.std()
    due = z.mean(axis=1, skipna=False).sort_index()
    found = composite(cohort(), ["Hippocampus", "Amygdala"], name="limbic", reference=CN)
    np.testing.assert_allclose(by_subject(found), due, rtol=1e-12)
    assert due.isna().any()  # a missing region makes the score missing
    assert found.iloc[0][["source", "hemi", "region", "measure", "unit"]].tolist() == [
        "aseg",
        "lr",
        "limbic",
        "z",
        "sd",
    ]


def test_regions_of_several_sources_go_into_one_score():
    table = cohort()
    parts = {"entorhinal": "aparc", "Hippocampus": "aseg", "Amygdala": "aseg"}
    found = composite(table, MTL, name="MTL", reference=CN)
    assert found["source"].astype("str").unique().tolist() == ["aparc+aseg"]
    one = [by_subject(composite(table, name, name=name, reference=CN)) for name in parts]
    np.testing.assert_allclose(by_subject(found), sum(one) / 3, rtol=1e-12)


def test_weights_turn_and_scale():
    table = cohort()
    up, down = (composite(table, {"Hippocampus": sign}, name="x", reference=CN) for sign in (1.0, -3.0))
    np.testing.assert_allclose(by_subject(down), -by_subject(up), rtol=1e-12)
    both = composite(table, {"Hippocampus": 2.0, "Lateral-Ventricle": -1.0}, name="x", reference=CN)
    own = [by_subject(composite(table, n, name="x", reference=CN)) for n in ("Hippocampus", "Lateral-Ventricle")]
    np.testing.assert_allclose(by_subject(both), (2 * own[0] - own[1]) / 3, rtol=1e-12)


def test_sides_can_be_named():
    found = composite(cohort(), "Left-Hippocampus", name="x", reference=CN)
    assert set(found["hemi"]) == {"lh"}
    midline = composite(cohort(), ["Brain-Stem"], name="x", reference=CN)
    assert midline["hemi"].isna().all()


@pytest.mark.parametrize("restandardise", [False, True])
def test_mean_and_spread_of_the_reference(restandardise):
    scores = composite(cohort(), MTL, name="MTL", reference=CN, restandardise=restandardise)
    reference = scores.loc[scores["group"] == "CN", "value"].dropna()
    assert reference.mean() == pytest.approx(0, abs=1e-12 if restandardise else 0.1)
    assert reference.std() == pytest.approx(1.0, rel=1e-12) if restandardise else reference.std() < 0.8


def test_a_score_is_fitted_to_one_sample_and_applied_to_another():
    table = cohort()
    patients = table[table["group"] != "CN"]
    model = fit_composite(table[table["group"] == "CN"], MTL, name="MTL", reference=None, restandardise=True)
    found = by_subject(apply_composite(patients, model))
    both = by_subject(composite(table, MTL, name="MTL", reference=CN, restandardise=True))
    np.testing.assert_allclose(found, both[found.index], rtol=1e-12)


def test_the_text_gives_the_same_numbers():
    model = fit_composite(cohort(), {"entorhinal": 1.0, "Hippocampus": 0.5}, name="MTL", reference=CN)
    again = Composite.from_json(model.to_json())
    assert again == model
    assert_frame_equal(apply_composite(cohort(), again), apply_composite(cohort(), model))
    assert again.reference == {"group": ("CN",)}
    assert not {str(name) for name in cohort()["subject"].unique()} & set(model.to_json().split('"'))


TEXTS = {
    "no JSON": ("{", "no stored composite"),
    "a list": ("[1]", "no stored composite"),
    "something else": ('{"kind": "fsstats composite 2", "parts": [], "reference": {}}', "no stored composite"),
    "a later layout": (
        '{"kind": "fsstats composite 2", "name": "x", "parts": [], "reference": {}, "centre": 0, "scale": 1}',
        "expected 'fsstats composite 1', found 'fsstats composite 2'",
    ),
}


@pytest.mark.parametrize(("text", "message"), TEXTS.values(), ids=TEXTS)
def test_another_text_is_refused(text, message):
    with pytest.raises(TableError, match=message):
        Composite.from_json(text)


def test_the_table_of_a_score_names_its_parts():
    parts = fit_composite(cohort(), "Hippocampus", name="x", reference=CN).table()
    assert parts[["region", "weight"]].to_numpy().tolist() == [["Left-Hippocampus", 1.0], ["Right-Hippocampus", 1.0]]
    reference = read("cohort").query("group == 'CN'")["Left-Hippocampus"]
    assert parts.loc[0, "mean"] == pytest.approx(reference.mean(), rel=1e-13)
    assert parts.loc[0, "sd"] == pytest.approx(reference.std(), rel=1e-13)
    assert parts.loc[0, "n"] == reference.notna().sum()


WRONG = {
    "a misspelt region": ({"regions": "Hipocampus"}, UnknownNameError, "'Hipocampus'; did you mean Hippocampus"),
    "no region": ({"regions": []}, TableError, "must name one region or more"),
    "no name at all": ({"regions": None}, TableError, "must name one region or more"),
    "a region twice": ({"regions": ["insula", "insula"]}, TableError, "found insula twice"),
    "a region by two names": ({"regions": ["Amygdala", "Left-Amygdala"]}, TableError, "Left-Amygdala is named twice"),
    "a weight of 0": ({"regions": {"insula": 0}}, TableError, "with a weight other than 0, found insula: 0"),
    "a weight that is no number": ({"regions": {"insula": "much"}}, TableError, "found insula: 'much'"),
    "several measures": (
        {"regions": "precuneus"},
        TableError,
        "precuneus has several measures: thickness, area; choose one by measure=",
    ),
    "an unknown measure": (
        {"regions": "precuneus", "measure": "volumen"},
        UnknownNameError,
        "'volumen'; did you mean volume",
    ),
    "an unknown source": ({"regions": "insula", "source": "first"}, UnknownNameError, "no source of the table"),
    "an unknown level": ({"reference": {"group": "HC"}}, UnknownNameError, "no level of group is called 'HC'"),
    "an unknown column": ({"reference": {"dx": "CN"}}, ColumnsError, r"composite \(reference\) needs .* 'dx'"),
    "a query": ({"reference": "group == 'CN'"}, TableError, "must name columns and levels"),
    "no such people": (
        {"reference": {"group": "CN", "dx3": "AD"}},
        TableError,
        "no run is of the reference: group = CN and dx3 = AD",
    ),
    "no name of the score": ({"name": ""}, TableError, "cannot be called ''"),
    "global": ({"name": "global"}, TableError, "cannot be called 'global'"),
}


@pytest.mark.parametrize(("options", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_makes_no_score_is_an_error(options, error, message):
    asked = {"regions": "Hippocampus", "name": "x", "reference": CN, **options}
    with pytest.raises(error, match=message):
        composite(cohort(), asked.pop("regions"), **asked)


def test_an_empty_table_is_said_to_be_empty():
    model = fit_composite(cohort(), "Hippocampus", name="x", reference=CN)
    with pytest.raises(TableError, match="apply_composite: the table has no rows"):
        apply_composite(cohort().head(0), model)
    with pytest.raises(TableError, match="composite: the table has no rows"):
        composite(cohort().head(0), "Hippocampus", name="x", reference=CN, measure="volume")


def test_only_a_composite_can_be_applied():
    with pytest.raises(TableError, match="expected a Composite, as fit_composite gives it, found a dict"):
        apply_composite(cohort(), {})


def test_measures_can_be_chosen():
    found = composite(cohort(), "precuneus", name="x", reference=CN, measure="area")
    model = fit_composite(cohort(), "precuneus", name="x", reference=CN, measure="area")
    assert {part.measure for part in model.parts} == {"area"}
    assert found["value"].notna().any()


FLAT = {
    "constant": ([3.0] * 30, r"no spread of Left-Amygdala \(30 values\)"),
    "constant but for rounding": ([0.1 + 0.2] * 15 + [0.3] * 15, "no spread"),
    "one value": ([3.0] + [np.nan] * 29, r"Left-Amygdala \(1 values\)"),
    "no value": ([np.nan] * 30, r"Left-Amygdala \(0 values\)"),
    "infinite": ([np.inf] * 29 + [2.0], r"Left-Amygdala \(1 values\)"),
}


@pytest.mark.parametrize(("values", "message"), FLAT.values(), ids=FLAT)
def test_a_region_without_spread_is_named(values, message):
    with pytest.raises(TableError, match=message):
        composite(group_of_two(values), "Amygdala", name="x", reference=None)


def test_a_small_reference_is_named():
    table = group_of_two(np.arange(19.0))
    with pytest.warns(
        FsstatsWarning, match=r"reference \(group = CN\) has fewer than 20 values of Left-Amygdala \(19\)"
    ):
        composite(table, "Amygdala", name="x", reference=CN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        composite(group_of_two(np.arange(20.0)), "Amygdala", name="x", reference=CN)


def test_regions_that_the_other_table_lacks_are_named():
    model = fit_composite(cohort(), MTL, name="MTL", reference=CN)
    table = cohort()
    with pytest.warns(FsstatsWarning, match=r"MTL is NaN: the table does not have lh entorhinal, rh entorhinal$"):
        found = apply_composite(table[table["source"] == "aseg"], model)
    assert found["value"].isna().all()
    with pytest.raises(TableError, match="the table has no region of the composite MTL"):
        apply_composite(table[table["region"] == "insula"], model)
    with pytest.raises(TableError, match=r"entorhinal is in cm\^3, but the composite MTL was fitted in mm$"):
        apply_composite(table.assign(unit="cm^3"), model)


def test_what_must_not_be_mixed_in_the_reference_is_an_error():
    table = group_of_two(np.arange(40.0))
    twice = table.assign(subject=[f"s{k // 2}" for k in range(40)], session=["1", "2"] * 20)
    with pytest.raises(TableError, match="20 subject"):
        composite(twice, "Amygdala", name="x", reference=CN)
    assert len(composite(twice, "Amygdala", name="x", reference=CN, allow="repeated")) == 40
    versions = table.assign(version=["6", "7"] * 20)
    with pytest.raises(TableError, match="versions mixed"):
        composite(versions, "Amygdala", name="x", reference=CN)
    found = composite(versions, "Amygdala", name="x", reference=CN, allow=["versions"])
    assert found["version"].tolist() == versions["version"].tolist()
    with pytest.raises(UnknownNameError, match="no guard is called 'version'"):
        composite(table, "Amygdala", name="x", reference=CN, allow="version")


def test_the_result_is_a_long_table_with_the_people_of_the_first():
    table = cohort()
    found = composite(table, MTL, name="MTL", reference={"dx3": ["CN", "MCI"]})
    assert list(found.columns) == list(table.columns)
    assert found["subject"].is_unique
    assert all(isinstance(found[name].dtype, pd.CategoricalDtype) for name in LONG if name != "value")
    panel_of(found, needed_by="the test")


def test_numbers_and_booleans_are_levels_too():
    table = group_of_two(np.arange(60.0)).assign(scanner=[1.0, 2.0, np.nan] * 20, healthy=[True, False, False] * 20)
    one = composite(table, "Amygdala", name="x", reference={"scanner": 1})
    two = composite(table, "Amygdala", name="x", reference={"healthy": True})
    np.testing.assert_array_equal(one["value"], two["value"])


def test_order_and_shape_of_the_table_do_not_matter():
    table = cohort()
    plain = by_subject(composite(table, MTL, name="x", reference=CN))
    for other in (table.sample(frac=1, random_state=3), to_wide(table, sep=None)):
        np.testing.assert_allclose(by_subject(composite(other, MTL[::-1], name="x", reference=CN)), plain, rtol=1e-11)


@settings(max_examples=25)
@given(st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_units_do_not_matter(factor, shift):
    table = group_of_two(np.random.default_rng(1).normal(10, 1, 30))
    other = table.assign(value=table["value"] * factor + shift)
    plain = composite(table, "Amygdala", name="x", reference=None)["value"]
    found = composite(other, "Amygdala", name="x", reference=None)["value"]
    np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-6)


def test_numbers_are_kept_exactly_in_the_text():
    model = fit_composite(cohort(), MTL, name="MTL", reference=CN)
    written = json.loads(model.to_json())
    assert written["kind"] == "fsstats composite 1"
    assert [part["mean"] for part in written["parts"]] == [part.mean for part in model.parts]
