"""Volumes and areas are adjusted for head size as the docstring says; thickness is not; nothing happens in silence."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from frames_support import assert_frame_equal
from fsstats import join, load, load_cohort, read_table, regress, write_table
from fsstats.datasets import make_cohort
from fsstats.errors import ColumnsError, FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import RESULTS, global_measures, measures
from fsstats.schema.policy import HEAD_SIZES, NOT_STRAIGHT, scaling_of
from fsstats.stats._icv import check_head_size
from fsstats.stats.head_size import HeadSize, adjust_head_size, apply_head_size, fit_head_size
from fsstats.tables import to_long, to_wide
from fsstats.tables.versions import with_versions
from reference_support import cohort, read

QUIET = ["nonlinear", "few"]
CONTROLS = {"group": "CN"}


def plain():
    """The reference cohort with eTIV, without ventricles."""
    table = cohort(with_head_size=True)
    return table[~table["region"].isin(NOT_STRAIGHT)].reset_index(drop=True)


def made(n=30, *, seed=1, regions=("Brain-Stem",), source="aseg", **columns):
    """A small long table with eTIV as a column of the people."""
    rng = np.random.default_rng(seed)
    head = rng.normal(1.5e6, 1.2e5, n)
    people = pd.DataFrame({"subject": [f"s{i:03}" for i in range(n)], "session": None, "stream": "cross"})
    people = people.assign(eTIV=head, group=np.where(np.arange(n) % 2, "control", "patient"))
    parts = [
        people.assign(source=source, hemi=None, region=region, measure="volume", unit="mm^3")
        .assign(value=0.01 * head + rng.normal(0, 900, n))
        .assign(**columns)
        for region in regions
    ]
    return pd.concat(parts, ignore_index=True)


def sub(table, measure):
    """Give the rows of a measure."""
    return table[table["measure"] == measure]


def unmarked(table):
    """Leave out what says for what values are adjusted."""
    return table.drop(columns="adjusted_for")


# --- What is computed ------------------------------------------------------------------------------------------------

FORMULAS = {
    "alone": ("", None),
    "with age and sex": ("age + sex", None),
    "with age, sex and site in controls": ("age + sex + site", CONTROLS),
    "with a spline of age": ("bs(age, df=4)", None),
}


@pytest.mark.parametrize(("nuisance", "reference"), FORMULAS.values(), ids=FORMULAS)
def test_slopes_and_their_errors_are_those_of_statsmodels(nuisance, reference):
    table = plain()
    wide = read("cohort").assign(e=lambda d: (d["eTIV"] - 1.5e6) / 1e5)
    wide = wide if reference is None else wide[wide["group"] == "CN"]
    found = fit_head_size(table, nuisance=nuisance, reference=reference, allow=QUIET).table()
    found = found[found["measure"] == "volume"].set_index("region")
    assert len(found) == 13
    for region, row in found.iterrows():
        right = f"e + {nuisance}" if nuisance else "e"
        fit = smf.ols(f"Q('{region}') ~ {right}", wide).fit()
        low, high = fit.conf_int().loc["e"]
        theirs = [fit.params["e"] / 1e5, fit.bse["e"] / 1e5, fit.tvalues["e"], fit.df_resid, low / 1e5, high / 1e5]
        ours = row[["estimate", "std_error", "statistic", "df", "ci_low", "ci_high"]].astype(float)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
        assert row["p_value"] == pytest.approx(fit.pvalues["e"], rel=1e-8)
        assert row["n"] == fit.nobs


def test_only_the_part_of_head_size_is_taken_away():
    table = plain()
    model = fit_head_size(table, nuisance="age + sex", reference=CONTROLS, allow=QUIET)
    slope = model.table().set_index(["source", "hemi", "region", "measure"])["estimate"]
    due = table.copy()
    sizes = read("cohort").set_index("subject")["eTIV"]
    mean = sizes[(read("cohort")["group"] == "CN").to_numpy()].mean()
    keys = pd.MultiIndex.from_frame(table[["source", "hemi", "region", "measure"]].astype("str"))
    by = np.nan_to_num(slope.reindex(keys).to_numpy())
    due["value"] -= by * (table["subject"].astype("str").map(sizes).to_numpy() - mean)
    ours = adjust_head_size(table, nuisance="age + sex", reference=CONTROLS, allow=QUIET)
    np.testing.assert_allclose(ours["value"], due["value"], rtol=1e-12)


def test_a_small_site_takes_the_slope_of_a_model_with_an_intercept_a_site():
    table = plain()
    table = table[table["region"].isin(["Brain-Stem", "global"])].reset_index(drop=True)
    with pytest.warns(FsstatsWarning, match=r"fewer than 20 values .*group = CN.* of site S3 \(12\), S4 \(19\)"):
        model = fit_head_size(table, by="site", reference=CONTROLS)
    wide = read("cohort").assign(e=lambda d: d["eTIV"] / 1e6, y=lambda d: d["Brain-Stem"])
    wide = wide[wide["group"] == "CN"]
    common = smf.ols("y ~ e + C(site)", wide).fit().params["e"] / 1e6
    own = [smf.ols("y ~ e", wide[wide["site"] == site]).fit().params["e"] / 1e6 for site in ("S1", "S2")]
    np.testing.assert_allclose(model.table()["estimate"], [*own, common, common], rtol=1e-9)
    assert model.table()["site"].tolist() == ["S1", "S2", "S3", "S4"]
    assert model.table()["note"].isna().tolist() == [True, True, False, False]
    assert "common slope of all levels of site" in model.table()["note"].iloc[2]
    np.testing.assert_allclose([*model.means.values()], wide.groupby("site")["eTIV"].mean(), rtol=1e-12)


def test_a_region_that_a_site_lacks_does_not_lose_its_common_slope():
    table = plain()
    gone = (table["site"] == "S3") & (table["region"] == "Left-Putamen")
    table = table.assign(value=table["value"].where(~gone))
    model = fit_head_size(table, by="site", allow=QUIET)
    own = model.table()[model.table()["region"] == "Left-Putamen"]
    assert own["estimate"].notna().all()
    assert own["n"].tolist()[2] == 0


def test_areas_go_by_two_thirds_and_volumes_by_one_in_a_proportion():
    table = plain()
    sizes = table["subject"].astype("str").map(read("cohort").set_index("subject")["eTIV"]).to_numpy()
    made = adjust_head_size(table, method="proportion")
    for measure, power in (("volume", 1), ("area", 2 / 3)):
        rows = (table["measure"] == measure).to_numpy()
        assert set(made["measure"][rows]) == {f"{measure}_fraction"}
        np.testing.assert_allclose(made["value"][rows], table["value"][rows] / sizes[rows] ** power, rtol=1e-12)
        assert set(made["unit"][rows]) == {"unitless"}
    kept = adjust_head_size(table, method="proportion", keep_unit=True)
    power = adjust_head_size(table, method="power", exponent={"volume": 1, "area": 2 / 3})
    assert_frame_equal(unmarked(kept), unmarked(power))
    assert set(kept["unit"].astype("str")) == {"mm^3", "mm^2", "mm"}


def test_sienax_gives_what_sienax_gives(tmp_path):
    table = load(make_cohort(tmp_path, n_subjects=3, seed=1, also=["sienax"]).root, sources=["sienax"])
    adjusted = adjust_head_size(table, method="sienax")
    due = sub(table, "volume_normalised")["value"].to_numpy()
    np.testing.assert_allclose(sub(adjusted, "volume")["value"], due, rtol=1e-5)  # sienax prints two digits
    for name in ("volume_normalised", "brain_volume_normalised", "VSCALING"):
        assert_frame_equal(unmarked(sub(adjusted, name)), sub(table, name))
    np.testing.assert_allclose(
        sub(adjusted, "brain_volume")["value"], sub(table, "brain_volume_normalised")["value"], rtol=1e-5
    )


@pytest.mark.long
def test_a_planted_exponent_is_found(tmp_path):
    table = load(make_cohort(tmp_path, n_subjects=150, seed=3, head_size_exponent=0.7).root, sources=["aseg", "aparc"])
    model = fit_head_size(table, method="power", force="thickness", allow=["zeros", "few", "missing"])
    found = model.table()[model.table()["region"] != "global"]
    for source, measure, due in (("aseg", "volume", 0.7), ("aparc", "area", 1.4 / 3), ("aparc", "thickness", 0.0)):
        own = found[(found["source"] == source) & (found["measure"] == measure)]
        own = own[~own["region"].isin(NOT_STRAIGHT)]
        error = np.sqrt((own["std_error"] ** 2).mean())
        assert abs(own["estimate"].median() - due) < 2 * error  # regions of one person share errors
        inside = (own["ci_low"] < due) & (due < own["ci_high"])
        assert inside.mean() > 0.8


def test_the_column_of_the_covariate_is_centred_and_no_value_changes():
    table = plain()
    made = adjust_head_size(table, method="covariate", reference=CONTROLS)
    assert_frame_equal(made.drop(columns="eTIV_centred"), table)
    wide = read("cohort").set_index("subject")
    due = (wide["eTIV"] - wide["eTIV"][wide["group"] == "CN"].mean()) / 1e5
    np.testing.assert_allclose(made["eTIV_centred"], table["subject"].astype("str").map(due), rtol=1e-9, atol=1e-12)


# --- Laws ------------------------------------------------------------------------------------------------------------

METHODS = {
    "residual": {},
    "residual by site": {"by": "site", "minimum": 3},
    "residual with age": {"nuisance": "age + sex"},
    "power": {"method": "power"},
    "power by site in controls": {"method": "power", "by": "site", "reference": CONTROLS},
    "proportion": {"method": "proportion"},
    "proportion in mm^3": {"method": "proportion", "keep_unit": True},
}


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_the_order_of_rows_does_not_matter(how):
    table = plain()
    order = np.random.default_rng(1).permutation(len(table))
    straight = adjust_head_size(table, allow=QUIET, **how)
    shuffled = adjust_head_size(table.iloc[order], allow=QUIET, **how)
    assert shuffled.index.tolist() == order.tolist()
    assert_frame_equal(shuffled.sort_index(), straight, rtol=1e-12)


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_a_region_is_adjusted_by_itself(how):
    table = plain()
    few = table[table["region"].isin(["Brain-Stem", "precuneus", "global"])]
    whole = adjust_head_size(table, allow=QUIET, **how).loc[few.index]
    alone = adjust_head_size(few, allow=QUIET, **how)
    np.testing.assert_allclose(alone["value"], whole["value"], rtol=1e-11)


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_rows_index_and_other_columns_stay(how):
    table = plain().set_index(pd.Index(["same"] * len(plain())))
    before = table.copy()
    made = adjust_head_size(table, allow=QUIET, **how)
    assert_frame_equal(table, before)
    changed = {"value", "unit", "measure"} if how == METHODS["proportion"] else {"value"}
    rest = [name for name in table.columns if name not in changed]
    assert_frame_equal(made[rest], table[rest])
    assert made.columns.tolist() == [*table.columns, "adjusted_for"]
    for measure in ("thickness", "eTIV"):
        pd.testing.assert_series_equal(sub(made, measure)["value"], sub(table, measure)["value"])
    assert (made["value"].isna() == table["value"].isna()).all()


@pytest.mark.parametrize("how", [{}, {"method": "power"}, {"nuisance": "age"}, {"by": "site", "minimum": 3}])
def test_adjusting_twice_is_refused_and_would_change_nothing_more(how):
    once = adjust_head_size(plain(), allow=QUIET, **how)
    with pytest.raises(
        TableError, match=rf"is adjusted for eTIV \({how.get('method', 'residual')}\) already, and must not"
    ):
        adjust_head_size(once, allow=QUIET, **how)
    twice = adjust_head_size(unmarked(once), allow=QUIET, **how)
    assert_frame_equal(twice, once, rtol=1e-10)


def test_each_value_says_for_what_it_is_adjusted(tmp_path):
    table = plain()
    volumes = adjust_head_size(table, measures="volume", allow=QUIET)
    both = adjust_head_size(volumes, measures="area", method="power", allow=QUIET)
    rows = both[["measure", "adjusted_for"]].dropna().astype("str").drop_duplicates()
    said = {name: set(rows.loc[rows["measure"] == name, "adjusted_for"]) for name in both["measure"].unique()}
    assert said == {"volume": {"eTIV (residual)"}, "area": {"eTIV (power)"}, "thickness": set(), "eTIV": set()}
    write_table(both, tmp_path / "adjusted.csv")
    assert (
        read_table(tmp_path / "adjusted.csv")["adjusted_for"].astype("str").equals(both["adjusted_for"].astype("str"))
    )


def test_a_wide_table_of_adjusted_values_warns_that_it_does_not_say_so():
    with pytest.warns(FsstatsWarning, match="the wide table has no column adjusted_for"):
        wide = to_wide(adjust_head_size(made()))
    assert "adjusted_for" not in wide


@pytest.mark.parametrize("model", ["value ~ group + eTIV", "value ~ group + log(eTIV)", "value ~ group + eTIV_centred"])
def test_a_model_of_adjusted_values_with_head_size_warns(model):
    table = adjust_head_size(made())
    table["eTIV_centred"] = (table["eTIV"] - 1.5e6) / 1e5
    with pytest.warns(FsstatsWarning, match=r"values are adjusted for eTIV \(residual\) already, .* corrects twice"):
        regress(table, model)
    regress(table, "value ~ group")


@settings(max_examples=10)
@given(
    of_values=st.floats(1e-9, 1e9),
    of_heads=st.sampled_from([1.0, 1e-3, 1e-6, 123.0]),
    method=st.sampled_from(["residual", "power"]),
)
def test_the_units_of_values_and_of_head_sizes_do_not_matter(of_values, of_heads, method):
    table = made(regions=("Brain-Stem", "Left-Putamen"))
    straight = adjust_head_size(table, method=method)["value"]
    other = table.assign(value=table["value"] * of_values, eTIV=table["eTIV"] * of_heads)
    found = adjust_head_size(other, method=method, allow=["unit", "implausible"])["value"] / of_values
    np.testing.assert_allclose(found, straight, rtol=1e-9)


@pytest.mark.parametrize("by", [None, "site"])
def test_residuals_do_not_go_with_head_size_in_the_reference(by):
    table = plain()
    model = {"reference": CONTROLS, "by": by, "minimum": 3, "allow": QUIET}
    own = adjust_head_size(table, **model)
    own = unmarked(own[(own["group"] == "CN") & own["measure"].isin(["volume", "area"])])
    again = fit_head_size(pd.concat([own, sub(table, "eTIV")]), **model)
    before = fit_head_size(table, **model)
    assert (again.table()["estimate"].abs() < 1e-10 * before.table()["estimate"].abs().max()).all()


def test_a_region_that_does_not_vary_stays_and_is_noted():
    table = pd.concat([made(), made(regions=("Left-Putamen",), value=7.0)], ignore_index=True)
    adjusted = adjust_head_size(table)
    np.testing.assert_allclose(adjusted["value"][table["region"] == "Left-Putamen"], 7.0, rtol=1e-14)
    slopes = fit_head_size(table).table()
    assert slopes["note"].tolist()[1] == "values do not vary"
    assert slopes["std_error"].isna().tolist() == [False, True]


# --- Which measures ---------------------------------------------------------------------------------------------------


def test_every_measure_that_is_known_has_a_policy():
    of_region = {name: scaling_of("insula", name, one.unit) for name, one in measures().items()}
    of_head = {name: scaling_of("global", name, one.unit) for name, one in global_measures().items()}
    assert {name for name, one in of_region.items() if one.is_adjusted} == {"volume", "area"}
    adjusted = {name for name, one in of_head.items() if one.is_adjusted}
    assert {global_measures()[name].unit for name in adjusted} == {"mm^3", "mm^2"}
    left = {name for name, one in global_measures().items() if one.unit in {"mm^3", "mm^2"}} - adjusted
    scaled = {"brain_volume_normalised", "peripheral_GM_volume_normalised"}
    assert left == {*HEAD_SIZES, *scaled, "Background", "Background_volume"}
    assert all(scaling_of("global", name, None).exponent == 2 / 3 for name in ("WhiteSurfArea", "PialSurfArea"))


REFUSED = {
    "thickness": ("thickness", TableError, "thickness is not adjusted: a thickness hardly goes with"),
    "the head size": ("eTIV", TableError, "eTIV is not adjusted: it is a size of the head itself"),
    "what is not there": ("thicknes", UnknownNameError, "did you mean thickness"),
    "nothing": ([], TableError, "no volume or area to adjust"),
}


@pytest.mark.parametrize(("name", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_a_measure_that_is_not_adjusted_is_refused(name, error, message):
    with pytest.raises(error, match=message):
        adjust_head_size(plain(), measures=name)


def test_a_table_without_volumes_is_refused():
    table = plain()
    with pytest.raises(TableError, match=r"no volume or area to adjust; the measures are thickness, eTIV"):
        adjust_head_size(table[table["measure"].isin(["thickness", "eTIV"])])


def test_thickness_is_adjusted_by_force_only():
    table = plain()
    made = adjust_head_size(table, force="thickness", allow=QUIET)
    assert (sub(made, "thickness")["value"] != sub(table, "thickness")["value"]).any()
    only = adjust_head_size(table, measures="thickness", force="thickness", allow=QUIET)
    assert_frame_equal(unmarked(sub(only, "volume")), sub(table, "volume"))


def test_only_the_measures_that_are_named_change():
    table = plain()
    made = adjust_head_size(table, measures="volume")
    assert_frame_equal(unmarked(sub(made, "area")), sub(table, "area"))
    assert (sub(made, "volume")["value"].dropna() != sub(table, "volume")["value"].dropna()).any()


def test_header_measures_that_are_volumes_are_adjusted(tmp_path):
    table = load(make_cohort(tmp_path, n_subjects=25, seed=1).root, sources=["aseg"])
    made = adjust_head_size(table, allow=["nonlinear", "zeros"])
    changed = made["value"].fillna(0) != table["value"].fillna(0)
    names = set(table["measure"][changed])
    assert {"BrainSegVol", "MaskVol", "lhCortexVol", "volume"} <= names
    assert names.isdisjoint({"eTIV", "BrainSegVol-to-eTIV", "lhSurfaceHoles", "n_voxels", "intensity_mean"})


@pytest.mark.parametrize("unit", ["unitless", "percent"])
def test_values_that_were_divided_already_are_refused(unit):
    with pytest.raises(TableError, match="divided by head size already"):
        adjust_head_size(made(unit=unit))
    once = adjust_head_size(made(), method="proportion")
    with pytest.raises(TableError, match="aseg_Brain-Stem_volume_fraction is unitless: it has been divided"):
        adjust_head_size(once)


def test_fractions_say_so_in_their_name_and_unit_also_in_a_wide_table():
    table = plain()
    found = adjust_head_size(table, method="proportion")
    named = {"volume": "volume_fraction", "area": "area_fraction"}
    assert found["measure"].astype("str").tolist() == table["measure"].astype("str").replace(named).tolist()
    assert found["measure"].dtype == "category"
    again = to_long(to_wide(found))
    units = again.groupby(again["measure"].astype("str"))["unit"].unique().map(list).to_dict()
    assert units["volume_fraction"] == units["area_fraction"] == ["unitless"]
    with pytest.raises(TableError, match="volume_fraction is unitless: it has been divided by head size already"):
        adjust_head_size(again, method="proportion")
    with pytest.raises(TableError, match="is unitless: it has been divided by head size already"):
        adjust_head_size(found, force="volume_fraction", measures="volume_fraction")


@pytest.mark.parametrize("kind", ["object", "str", "category"])
def test_header_measures_become_fractions_whatever_the_type_of_the_column(kind):
    head = made().assign(region="global", measure="BrainSegVol")
    table = pd.concat([made(), head], ignore_index=True).astype({"measure": kind, "unit": kind})
    found = adjust_head_size(table, method="proportion")
    assert found["measure"].unique().tolist() == ["volume_fraction", "BrainSegVol_fraction"]
    assert found[table.columns].dtypes.drop(["measure", "unit"]).equals(table.dtypes.drop(["measure", "unit"]))
    assert str(found["measure"].dtype) == kind
    assert set(found["unit"]) == {"unitless"}
    kept = adjust_head_size(table, method="proportion", keep_unit=True)
    pd.testing.assert_series_equal(kept["measure"], table["measure"])


def test_a_fraction_that_is_there_already_is_not_doubled():
    table = pd.concat([made(), made().assign(measure="volume_fraction", unit="unitless")], ignore_index=True)
    with pytest.raises(TableError, match="the table has aseg_Brain-Stem_volume_fraction already"):
        adjust_head_size(table, method="proportion", measures="volume")


# --- Whose slopes -----------------------------------------------------------------------------------------------------

WRONG = {
    "no such level": ({"reference": {"group": "CNN"}}, UnknownNameError, "no level of group is called 'CNN'.*CN"),
    "no such column": ({"reference": {"grp": "CN"}}, ColumnsError, "'grp'"),
    "no mapping": ({"reference": "group == 'CN'"}, TableError, "expected a mapping of a column to its level"),
    "no such site column": ({"by": "centre"}, ColumnsError, "'centre'"),
    "no such method": ({"method": "residuals"}, UnknownNameError, "did you mean residual"),
    "no such check": ({"allow": "nonlinar"}, UnknownNameError, "did you mean nonlinear"),
    "no such head size": ({"icv": "etiv"}, UnknownNameError, "did you mean eTIV"),
    "another head size": ({"icv": "sTIV"}, UnknownNameError, "no sTIV, but eTIV; say which: icv='eTIV'"),
    "no such variable": ({"nuisance": "agee"}, UnknownNameError, "did you mean age"),
    "the head size as nuisance": ({"nuisance": "age + eTIV"}, FormulaError, "eTIV is a combination of them"),
    "code": ({"nuisance": "__import__('os')"}, FormulaError, "expected"),
    "a useless site": ({"method": "proportion", "by": "site"}, TableError, "of no use with method='proportion': by"),
    "a useless exponent": ({"exponent": 1.0}, TableError, "of no use with method='residual': exponent"),
    "useless measures": ({"method": "covariate", "measures": "area"}, TableError, "of no use .* measures"),
    "a useless reference": ({"method": "proportion", "reference": CONTROLS}, TableError, "of no use .* reference"),
    "an exponent that is none": ({"method": "power", "exponent": "x"}, TableError, "expected a number, found 'x'"),
    "an exponent of nothing": ({"method": "power", "exponent": {"areas": 1}}, UnknownNameError, "did you mean area"),
    "no factor": ({"method": "sienax", "icv": "eTIV"}, TableError, "multiplies by VSCALING"),
}


@pytest.mark.parametrize(("how", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused(how, error, message):
    with pytest.raises(error, match=message):
        adjust_head_size(plain(), **how)


@pytest.mark.parametrize("name", ["n", "method", "note", "estimate", "unit", "source"])
def test_a_level_column_must_not_be_called_as_one_of_the_results(name):
    table = made(40)
    table[name] = np.where(table["group"] == "control", "x", "y") if name not in table else table[name]
    with pytest.raises(TableError, match=f"by: a results table has a column '{name}' of its own"):
        fit_head_size(table, by=name)


OF_VALUES = {
    "by": {"by": "segid"},
    "by the measure's value": {"by": "value"},
    "reference": {"reference": {"name_found": "x"}},
}


@pytest.mark.parametrize("how", OF_VALUES.values(), ids=OF_VALUES)
def test_a_column_of_values_says_nothing_of_people(how):
    table = made(40).assign(segid=1, name_found="x")
    with pytest.raises(ColumnsError, match="of a long table says something of each value, not of people"):
        fit_head_size(table, **how)


EMPTY = {
    "adjust_head_size": adjust_head_size,
    "fit_head_size": fit_head_size,
    "apply_head_size": lambda table: apply_head_size(table, fit_head_size(made())),
    "check_head_size": check_head_size,
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_table_is_said_to_be_empty(name):
    table = made().assign(measure="eTIV", region="global") if name == "check_head_size" else made()
    with pytest.raises(TableError, match=f"{name}: the table has no rows"):
        EMPTY[name](table.drop(columns="eTIV").head(0))


def test_runs_without_a_nuisance_variable_are_in_the_mean_but_not_in_the_slope():
    table = made(60).assign(site=np.tile(["A", "B", "C"], 20))
    rng = np.random.default_rng(3)
    age = rng.uniform(20, 80, 60)
    age[[2, 5, 8, 11, 14]] = np.nan  # of site C
    table["age"] = age
    due = smf.ols("value ~ I(eTIV / 1e6) + age", table).fit()
    model = fit_head_size(table, nuisance="age")
    assert model.means == fit_head_size(table).means
    assert model.means[""] == pytest.approx(table["eTIV"].mean(), rel=1e-14)
    row = model.table().iloc[0]
    assert row["estimate"] * 1e6 == pytest.approx(due.params.iloc[1], rel=1e-9)
    assert (row["n"], row["n_missing"]) == (55, 5)
    by_site = fit_head_size(table, by="site", nuisance="age", minimum=3)
    assert by_site.means == pytest.approx(table.groupby("site")["eTIV"].mean().to_dict(), rel=1e-14)
    assert by_site.table()["n_missing"].tolist() == [0, 0, 5]


def test_a_level_of_which_nobody_has_the_nuisance_variable_keeps_its_mean():
    table = made(60).assign(site=np.tile(["A", "B", "C"], 20), age=np.random.default_rng(3).uniform(20, 80, 60))
    table["age"] = table["age"].where(table["site"] != "C")
    with pytest.warns(FsstatsWarning, match=r"of site C \(0\), or no slope of their own, and take the common") as said:
        found = adjust_head_size(table, by="site", nuisance="age", minimum=5)
    assert len(said) == 1
    assert found["value"].notna().all()
    model = HeadSize.from_json(fit_head_size(table, by="site", nuisance="age", minimum=5, allow="few").to_json())
    assert_frame_equal(apply_head_size(table, model), found)


@pytest.mark.parametrize("level", [3.0, 3, "3"])
def test_a_reference_may_be_a_field_strength(level):
    table = made(40).assign(field=np.tile([1.5, 3.0], 20))
    found = fit_head_size(table, reference={"field": level})
    assert found.means[""] == pytest.approx(table.loc[table["field"] == 3, "eTIV"].mean(), rel=1e-14)
    assert found.reference == "field = 3"


def test_what_is_forced_needs_an_exponent_to_be_scaled():
    table = pd.concat([made(), made(measure="intensity_mean", unit="MR")], ignore_index=True)
    with pytest.raises(TableError, match="intensity_mean goes by no known power"):
        adjust_head_size(table, method="proportion", force="intensity_mean")
    adjust_head_size(table, force="intensity_mean")


def test_fractions_need_mm3():
    with pytest.raises(TableError, match="is in mL, the head size is in mm"):
        adjust_head_size(made(unit="mL"), method="proportion")
    with pytest.raises(TableError, match="has no unit"):
        adjust_head_size(made(unit=None), method="proportion")
    kept = adjust_head_size(made(unit="mL"), method="proportion", keep_unit=True)
    assert set(kept["unit"]) == {"mL"}


def test_a_factor_is_no_head_size():
    table = made().assign(VSCALING=1.3)
    with pytest.raises(TableError, match="VSCALING grows as the head shrinks"):
        adjust_head_size(table, icv="VSCALING")


@pytest.mark.parametrize("reference", [{"dx": 1}, {"dx": 1.0}, {"dx": "1"}, {"dx": [1]}, {"group": "control", "dx": 1}])
def test_a_reference_may_be_numbers_words_or_several_columns(reference):
    table = made().assign(dx=np.tile([0.0, 1.0], 15))
    table["group"] = np.tile(["patient", "control"], 15)
    found = adjust_head_size(table, reference=reference, minimum=15)
    due = adjust_head_size(table, reference={"group": "control"}, minimum=15)
    assert_frame_equal(found, due)


def test_several_levels_are_a_reference():
    table = made()
    both = adjust_head_size(table, reference={"group": ["control", "patient"]})
    assert_frame_equal(both, adjust_head_size(table))


NO_SLOPE = {
    "constant head sizes": (lambda t: t.assign(eTIV=1.5e6), "does not vary in the reference"),
    "one subject": (lambda t: t.head(1), r"1 run\(s\) are too few"),
    "two subjects": (lambda t: t.head(2), r"2 run\(s\) are too few"),
    "no head sizes": (lambda t: t.assign(eTIV=np.nan), "eTIV is missing everywhere"),
    "none in the reference": (
        lambda t: t.assign(eTIV=t["eTIV"].where(t["group"] != "control")),
        r"no run of the reference \(group = control\) has a head size",
    ),
}


@pytest.mark.parametrize(("change", "message"), NO_SLOPE.values(), ids=NO_SLOPE)
def test_without_a_slope_for_anything_the_call_is_refused(change, message):
    with pytest.raises(TableError, match=message):
        adjust_head_size(
            change(made()),
            reference={"group": "control"} if "none" in message or "group" in message else None,
            allow=["missing"],
        )


def test_fewer_runs_than_the_minimum_are_said():
    with pytest.warns(FsstatsWarning, match=r"1 of 1 slopes rest on fewer than 20 runs .*all runs.*, the least on 12"):
        adjust_head_size(made(12))
    adjust_head_size(made(12), minimum=12)
    adjust_head_size(made(12), allow="few")


def test_a_site_without_reference_has_missing_values_and_is_named():
    table = made(40).assign(site=np.repeat(["A", "B"], 20))
    table.loc[table["site"] == "B", "group"] = "patient"
    with pytest.warns(FsstatsWarning, match="site B: no run of the reference"):
        found = adjust_head_size(table, by="site", reference={"group": "control"}, allow="few")
    assert found["value"].isna().tolist() == (table["site"] == "B").tolist()


def test_a_run_without_site_has_missing_values_and_is_counted():
    table = made(40).assign(site=["A"] * 39 + [None])
    with pytest.warns(FsstatsWarning, match=r"1 run\(s\) have no site"):
        found = adjust_head_size(table, by="site")
    assert np.flatnonzero(found["value"].isna()).tolist() == [39]


def test_regions_without_slope_are_missing_and_named():
    table = made(regions=("Brain-Stem", "Left-Putamen"))
    rows = np.flatnonzero(table["region"] == "Left-Putamen")[2:]
    table.loc[rows, "value"] = np.nan
    with (
        pytest.warns(FsstatsWarning, match="no slope for aseg_Left-Putamen_volume, so adjusted values are missing"),
        pytest.warns(FsstatsWarning, match="1 of 2 slopes rest on fewer than 20"),
    ):
        found = adjust_head_size(table)
    assert found["value"].notna().sum() == 30


def test_zeros_are_said_and_power_leaves_them_out():
    table = made()
    with_zero = table.assign(value=table["value"].where(table.index != 4, 0.0))
    with pytest.warns(FsstatsWarning, match=r"1 value\(s\) are 0 or less, of aseg_Brain-Stem_volume: they go into"):
        adjust_head_size(with_zero)
    with pytest.warns(FsstatsWarning, match="left out of the fit"):
        found = adjust_head_size(with_zero, method="power")
    assert found["value"].iloc[4] == 0
    due = fit_head_size(table.drop(index=4), method="power").table()["estimate"]
    found = fit_head_size(with_zero, method="power", allow="zeros").table()["estimate"]
    np.testing.assert_allclose(found, due, rtol=1e-12)


def test_ventricles_are_named_where_a_straight_line_is_taken():
    table = cohort(with_head_size=True)
    for method in ("residual", "proportion"):
        with pytest.warns(FsstatsWarning, match=r"3 measure\(s\) are not known .*aseg_Left-Lateral-Ventricle_volume"):
            adjust_head_size(table, method=method)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adjust_head_size(table, method="power")
        adjust_head_size(table, allow="nonlinear")


def test_infinite_values_stay_out_of_the_fit():
    table = made()
    spoilt = table.assign(value=table["value"].where(table.index != 4, np.inf))
    found, due = fit_head_size(spoilt).table(), fit_head_size(table.drop(index=4)).table()
    assert found["estimate"].item() == pytest.approx(due["estimate"].item(), rel=1e-12)
    assert found[["n", "n_missing"]].to_numpy().tolist() == [[29, 1]]


# --- Mixtures ---------------------------------------------------------------------------------------------------------


def test_streams_are_not_mixed_in_a_fit(tmp_path):
    study = make_cohort(tmp_path, n_subjects=10, sessions=2, layout="longitudinal", seed=1)
    table = load(study.root, sources=["aseg"])
    quiet = ["nonlinear", "zeros", "varies", "few"]
    with pytest.raises(TableError, match=r"streams mixed: .*allow=\['streams'\]"):
        adjust_head_size(table, allow=quiet)
    model = fit_head_size(table, allow=[*quiet, "streams"])
    assert model.table()["note"].str.contains("streams mixed").all()
    adjust_head_size(table, method="proportion", allow=quiet)  # learns nothing


def test_versions_are_not_mixed_in_a_fit(tmp_path):
    study = make_cohort(tmp_path, n_subjects=24, tool=("freesurfer-6.0.0", "freesurfer-7.4.1"), seed=1)
    found = load_cohort(study.root, sources=["aseg"])
    table = with_versions(found.table, found.files)
    quiet = ["nonlinear", "zeros", "few"]
    with pytest.raises(TableError, match=r"versions mixed: .*FreeSurfer 6"):
        adjust_head_size(table, allow=quiet)
    model = fit_head_size(table, allow=[*quiet, "versions", "definitions"])
    assert model.table()["note"].str.contains("versions mixed").all()


def test_columns_that_vary_within_a_run_do_no_harm():
    table = made(regions=("Brain-Stem", "Left-Putamen")).assign(score=lambda d: d["value"] / 7)
    assert adjust_head_size(table)["score"].equals(table["score"])


# --- Fitted to some, applied to others --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_fit_and_apply_are_the_same_as_adjust(how):
    table = plain()
    model = fit_head_size(table, allow=QUIET, **how)
    assert_frame_equal(apply_head_size(table, model), adjust_head_size(table, allow=QUIET, **how))


@pytest.mark.parametrize("how", [*METHODS.values(), {"method": "covariate"}], ids=[*METHODS, "covariate"])
def test_a_model_survives_as_text(how):
    table = plain()
    model = fit_head_size(table, allow=QUIET, **how)
    again = HeadSize.from_json(model.to_json())
    assert again.to_json() == model.to_json()
    assert_frame_equal(again.table(), model.table())
    assert_frame_equal(apply_head_size(table, again), apply_head_size(table, model))


def test_others_are_adjusted_by_what_was_learned():
    table = plain()
    first = table["site"].isin(["S1", "S2"])
    model = fit_head_size(table[first], allow=QUIET)
    found = apply_head_size(table[~first], model)
    slope = model.table().query("region == 'Brain-Stem'")["estimate"].item()
    sizes = read("cohort").query("site in ['S1', 'S2']")["eTIV"]
    own = found[found["region"] == "Brain-Stem"]
    head = own["subject"].astype("str").map(read("cohort").set_index("subject")["eTIV"])
    before = table.loc[own.index, "value"]
    np.testing.assert_allclose(own["value"], before - slope * (head - sizes.mean()), rtol=1e-12)
    assert model.means[""] == pytest.approx(sizes.mean(), rel=1e-14)


UNKNOWN = {
    "a region": (lambda t: t.assign(region="Left-Putamen"), UnknownNameError, "no value of the fitted head size"),
    "a site": (
        lambda t: t.assign(site="C"),
        UnknownNameError,
        "no level of site of the fitted head size is called 'C'",
    ),
    "a unit": (lambda t: t.assign(unit="mL"), TableError, "was fitted in mm.3, and is in mL here"),
    "no head size": (lambda t: t.drop(columns="eTIV"), UnknownNameError, "'eTIV'"),
    "no site": (lambda t: t.drop(columns="site"), ColumnsError, "'site'"),
}


@pytest.mark.parametrize(("change", "error", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_was_not_fitted_is_an_error_by_name(change, error, message):
    table = made(40).assign(site=np.tile(["A", "B"], 20))
    model = fit_head_size(table, by="site")
    with pytest.raises(error, match=message):
        apply_head_size(change(table), model)


NOT_A_MODEL = {
    "nothing": lambda _: "",
    "no model": lambda _: "{}",
    "a list": lambda _: "[]",
    "null": lambda _: "null",
    "another format": lambda text: text.replace("head size 1", "head size 9"),
    "another method": lambda text: text.replace('"residual"', '"magic"'),
    "a part": lambda text: text[:-40],
    "a level too many": lambda text: text.replace('"means": {', '"means": {"a": 1.0, '),
}


@pytest.mark.parametrize("change", NOT_A_MODEL.values(), ids=NOT_A_MODEL)
def test_a_text_that_is_no_model_is_refused(change):
    with pytest.raises(TableError, match=r"this text is no stored head size: .*(found|missing)"):
        HeadSize.from_json(change(fit_head_size(made()).to_json()))


def test_only_a_model_can_be_applied():
    with pytest.raises(TableError, match="expected a HeadSize, as fit_head_size gives it, found a dict"):
        apply_head_size(made(), {})


def test_the_table_of_a_model_is_a_results_table():
    model = fit_head_size(plain(), method="power", exponent={"area": 2 / 3}, reference=CONTROLS)
    assert model.table().columns.tolist() == list(RESULTS)
    assert set(model.table()["term"]) == {"log(eTIV)"}
    assert set(model.table()["method"]) == {"head size, power; reference: group = CN"}
    area = model.table()["measure"] == "area"
    assert (model.table()["estimate"][area] == 2 / 3).all()
    assert set(model.table()["note"][area]) == {"exponent given, not fitted"}
    assert model.table()["p_value"].isna().equals(area)


def test_the_rows_of_a_models_table_are_counted_through_all_levels():
    table = fit_head_size(made(40).assign(site=np.tile(["A", "B"], 20)), by="site", minimum=3).table()
    assert table.index.tolist() == list(range(len(table)))
    assert table.duplicated(["region", "measure"]).any()


def test_sites_that_are_numbers_are_found_again_in_other_types():
    table = made(40).assign(site=np.tile([1, 2], 20))
    model = HeadSize.from_json(fit_head_size(table, by="site").to_json())
    due = apply_head_size(table, model)["value"]
    for other in ("float64", "str", "Int64", "category"):
        pd.testing.assert_series_equal(apply_head_size(table.astype({"site": other}), model)["value"], due)


def test_a_covariate_is_not_added_twice():
    once = adjust_head_size(made(), method="covariate")
    with pytest.raises(TableError, match="has a column eTIV_centred already"):
        adjust_head_size(once, method="covariate")


def test_it_works_on_what_join_gives(tmp_path):
    study = make_cohort(tmp_path, n_subjects=24, seed=2)
    table = join(load(study.root, sources=["aseg"]), study.participants)
    quiet = ["nonlinear", "zeros", "few"]
    found = table.pipe(adjust_head_size, reference={"group": "control"}, nuisance="age", allow=quiet)
    assert found[table.columns].dtypes.equals(table.dtypes)


# --- Inference on the slopes ------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("method", ["residual", "power"])
def test_p_values_of_slopes_are_uniform_where_there_is_none_and_intervals_cover(method):
    rng = np.random.default_rng(11)
    n, cells = 40, 600
    values = np.exp(rng.normal(8, 0.1, (cells, n))) if method == "power" else rng.normal(4000, 300, (cells, n))
    table = made(n, regions=[f"r{i}" for i in range(cells)]).assign(value=values.ravel())
    found = fit_head_size(table, method=method).table()
    p = found["p_value"]
    for level in (0.05, 0.01):
        assert stats.binomtest(int((p < level).sum()), cells, level).pvalue > 0.001
    assert stats.kstest(p, "uniform").pvalue > 0.001
    covered = ((found["ci_low"] < 0) & (found["ci_high"] > 0)).sum()
    assert stats.binomtest(int(covered), cells, 0.95).pvalue > 0.001
