"""Groups compared: what the rows say, what cannot be compared, and what chance gives."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from fsstats.errors import FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.stats.compare import compare
from fsstats.stats.regress import regress
from reference_support import cohort
from stats_support import NUMBERS, long_of_matrix, made_up, same


def three(seed=1, n=90, regions=4):
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {"dx": rng.permutation(["CN"] * (n // 2) + ["MCI"] * (n // 3) + ["AD"] * (n - n // 2 - n // 3))}
    )
    people["age"] = rng.uniform(50, 80, n)
    return long_of_matrix(100 + rng.normal(size=(n, regions)) * np.where(people["dx"] == "AD", 2, 1)[:, None], people)


def test_two_groups_have_one_row_a_region_patients_less_controls():
    table = made_up()
    found = compare(table, "group")
    assert found["term"].eq("patient - control").all()
    means = table.groupby(["group", "region"])["value"].mean()
    assert np.allclose(found["estimate"], means["patient"] - means["control"])
    turned = compare(table, "group", reference="patient")
    assert turned["term"].eq("control - patient").all()
    assert np.allclose(turned["estimate"], -found["estimate"])
    assert np.allclose(turned["p_value"], found["p_value"])


def test_covariates_make_it_the_model_that_regress_fits():
    table = made_up(gaps=0.05)
    ours = compare(table, "group", covariates=["age", "sex"], effect="cohens_d")
    terms = regress(table, "value ~ group + age + sex", terms=["group"])
    assert same(ours.drop(columns=["term"]), terms.drop(columns=["term"]))
    robust = compare(table, "group", covariates=["age", "sex"], std_errors="HC3")
    assert np.allclose(
        robust["p_value"], regress(table, "value ~ group + age + sex", terms=["group"], std_errors="HC3")["p_value"]
    )


def test_a_single_covariate_may_be_given_by_its_name_alone():
    table = made_up()
    assert same(compare(table, "group", covariates="age"), compare(table, "group", covariates=["age"]))
    odd = table.rename(columns={"age": "age (y)"})
    assert np.allclose(
        compare(odd, "group", covariates=["age (y)"])["p_value"], compare(table, "group", covariates="age")["p_value"]
    )


@pytest.mark.parametrize("covariates", [(), ("age",)], ids=["plain", "adjusted"])
def test_three_groups_have_a_row_of_all_and_one_a_pair(covariates):
    found = compare(three(), "dx", covariates=covariates)
    first = found[found["region"] == "r0"]
    assert first["term"].tolist() == ["dx", "CN - AD", "MCI - AD", "MCI - CN"]
    assert first["df_term"].tolist() == [2, 1, 1, 1]
    assert first["effect_name"].tolist() == ["partial_eta_squared", "hedges_g", "hedges_g", "hedges_g"]
    less = compare(three(), "dx", covariates=covariates, pairs="reference", reference="CN")
    assert less[less["region"] == "r0"]["term"].tolist() == ["dx", "AD - CN", "MCI - CN"]


def test_welchs_f_is_that_of_statsmodels():
    from statsmodels.stats.oneway import anova_oneway  # noqa: PLC0415 - another program, for this test alone

    table = three()
    found = compare(table, "dx").query("term == 'dx'").set_index("region")
    equal = compare(table, "dx", equal_variance=True).query("term == 'dx'").set_index("region")
    for region, own in table.groupby("region"):
        for use_var, ours in (("unequal", found), ("equal", equal)):
            theirs = anova_oneway(own["value"], own["dx"], use_var=use_var, welch_correction=True)
            assert np.isclose(ours.loc[region, "statistic"], theirs.statistic, rtol=1e-9)
            assert np.isclose(ours.loc[region, "p_value"], theirs.pvalue, rtol=1e-8)


def test_tukeys_p_values_are_those_of_scipy():
    table = three()
    found = compare(table, "dx", adjust="tukey", equal_variance=True)
    own = table[table["region"] == "r1"]
    samples = [own.loc[own["dx"] == level, "value"] for level in ("AD", "CN", "MCI")]
    welch = compare(table, "dx", adjust="tukey").query("region == 'r1' and term != 'dx'")
    range_ = np.sqrt(2) * welch["statistic"].abs()  # Games and Howell
    assert np.allclose(welch["p_adjusted"], scipy_stats.studentized_range.sf(range_, 3, welch["df"]), rtol=1e-9)
    plain = scipy_stats.tukey_hsd(*samples).pvalue
    ours = found.query("region == 'r1' and term != 'dx'")["p_adjusted"]
    assert np.allclose(ours, [plain[1, 0], plain[2, 0], plain[2, 1]], rtol=1e-6)
    assert found.loc[found["term"] == "dx", "p_adjusted"].isna().all()
    assert (found["p_adjusted"].dropna() >= found["p_value"][found["p_adjusted"].notna()] - 1e-12).all()


def test_tukey_counts_the_groups_that_a_region_has():
    table = three()
    table.loc[(table["region"] == "r0") & (table["dx"] == "MCI"), "value"] = np.nan
    own = compare(table, "dx", adjust="tukey").query("region == 'r0' and term == 'CN - AD'").iloc[0]
    assert own["n_tests"] == 1
    assert own["p_adjusted"] == pytest.approx(own["p_value"], rel=1e-6)


def test_covariates_may_be_any_collection():
    table = made_up()
    assert same(compare(table, "group", covariates=pd.Index(["age"])), compare(table, "group", covariates=["age"]))


def test_a_region_without_a_group_says_so_and_spoils_no_other():
    table = three()
    lost = (table["region"] == "r1") & (table["dx"] == "MCI")
    before = compare(table, "dx")
    table.loc[lost, "value"] = np.nan
    table.loc[lost & (table["subject"] == table.loc[lost, "subject"].iloc[0]), "value"] = 3.0
    found = compare(table, "dx")
    own = found[found["region"] == "r1"].set_index("term")
    assert own.loc[["dx", "MCI - CN", "MCI - AD"], "note"].eq("too few values: MCI has 1").all()
    assert own.loc[["dx", "MCI - CN"], "p_value"].isna().all()
    assert own.loc["CN - AD", "p_value"] > 0
    assert pd.isna(own.loc["CN - AD", "note"])
    assert same(*(one[one["region"] != "r1"].reset_index(drop=True) for one in (found, before)))


def test_regions_that_do_not_vary_say_so():
    table = made_up()
    table.loc[table["region"] == "r1", "value"] = 0.1 + 0.2
    for covariates in ((), ("age",)):
        found = compare(table, "group", covariates=covariates).set_index("region")
        assert found.loc["r1", "note"] == "does not vary"
        assert found.loc["r1", ["p_value", "effect_size", "ci_low"]].isna().all()


@pytest.mark.parametrize("kind", ["int64", "float64", "Int64", "object", "bool"])
@pytest.mark.parametrize("covariates", [(), ("age",)], ids=["plain", "adjusted"])
def test_two_whole_numbers_are_groups_and_a_warning_says_so(kind, covariates):
    table = made_up()
    table["dx"] = (table["group"] == "patient").astype("bool" if kind == "bool" else "int64").astype(kind)
    if kind == "bool":
        found = compare(table, "dx", covariates=covariates)
        assert found["term"].eq("True - False").all()
    else:
        with pytest.warns(FsstatsWarning, match=r"^dx: the numbers 0 and 1 are taken for groups, and 0 for the ref"):
            found = compare(table, "dx", covariates=covariates)
        assert found["term"].eq("1 - 0").all()
        assert same(found, compare(table, "dx", covariates=covariates, reference="0"))
        assert same(found, compare(table, "dx", covariates=covariates, reference={"dx": "0"}))
    plain = compare(table, "group", covariates=covariates)
    assert np.allclose(found["p_value"], plain["p_value"])
    assert np.allclose(found["estimate"], plain["estimate"])


def test_a_missing_number_is_no_group():
    table = made_up()
    numbers = (table["group"] == "patient") + 1.0
    table["dx"] = numbers.where(table["subject"] != table["subject"].iloc[0])
    with pytest.warns(FsstatsWarning, match="the numbers 1 and 2 are taken for groups"):
        found = compare(table, "dx")
    assert found["term"].eq("2 - 1").all()
    assert (found["n_missing"] == 1).all()


def test_more_numbers_are_groups_if_a_reference_is_named():
    table = three()
    table["number"] = table["dx"].map({"CN": 0, "MCI": 1, "AD": 2})
    with pytest.raises(FormulaError) as error:
        compare(table, "number")
    assert str(error.value) == (
        "number: expected groups, found the numbers 0, 1, 2. For a covariate use regress; "
        "if they stand for groups, name the one of reference: reference='0'"
    )
    found = compare(table, "number", reference="0")
    assert found.loc[found["region"] == "r0", "term"].tolist() == ["number", "1 - 0", "2 - 0", "2 - 1"]
    named = compare(table, "dx", reference="CN")
    assert np.allclose(
        found.loc[found["term"] == "1 - 0", "p_value"], named.loc[named["term"] == "MCI - CN", "p_value"]
    )


def test_other_numbers_are_no_groups():
    table = made_up()
    table["dx"] = np.where(table["group"] == "patient", 0.5, 1.5)
    with pytest.raises(
        FormulaError, match=r"dx: expected groups, found 2 different numbers, from 0\.5 to 1\.5\. For a cov"
    ):
        compare(table, "dx")


REFUSED = {
    "one group": ({"between": "one"}, FormulaError, "one: expected at least two groups, found only x"),
    "a number": ({"between": "age"}, FormulaError, "age: expected groups, found 60 different numbers, from "),
    "an unknown group": ({"between": "grp"}, UnknownNameError, "no variable is called 'grp'"),
    "an unknown reference": ({"reference": "healthy"}, UnknownNameError, "no level of group is called 'healthy'"),
    "an unknown effect": ({"effect": "glass"}, UnknownNameError, "no effect size is called 'glass'"),
    "tukey of some": ({"adjust": "tukey", "pairs": "reference"}, TableError, "adjust='tukey' is of all pairs"),
    "another adjustment": ({"adjust": "holm"}, UnknownNameError, "no adjustment of pairs is called 'holm'"),
    "robust without covariates": ({"std_errors": "HC3"}, TableError, "leave std_errors out"),
    "an interaction with the groups": (
        {"covariates": ["age", "group:age"]},
        FormulaError,
        "expected covariates without group",
    ),
    "no intercept": ({"covariates": ["0"]}, FormulaError, "expected a model with its intercept"),
    "the group as its own covariate": ({"covariates": ["I(age * 0)"]}, FormulaError, "is 0 in every row"),
}


@pytest.mark.filterwarnings("ignore:one has only one level")
@pytest.mark.parametrize(("options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compared_says_why(options, error, message):
    with pytest.raises(error, match=message):
        compare(made_up().assign(one="x"), **{"between": "group"} | options)


def test_subjects_with_several_runs_are_refused():
    table = made_up()
    both = pd.concat([table.assign(session="1"), table.assign(session="2")], ignore_index=True)
    with pytest.raises(TableError, match=r"60 subject\(s\) have several runs.*Use mixed"):
        compare(both, "group")


@pytest.mark.long
def test_welch_holds_its_level_where_groups_vary_differently():
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"group": ["patient"] * 12 + ["control"] * 60})
    values = rng.normal(size=(72, 3000)) * np.where(people["group"] == "patient", 3, 1)[:, None]
    table = long_of_matrix(values, people)
    p = compare(table, "group")["p_value"]
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.012)
    assert scipy_stats.kstest(p, "uniform").pvalue > 1e-3
    assert (compare(table, "group", equal_variance=True)["p_value"] < 0.05).mean() > 0.15


@pytest.mark.long
def test_intervals_of_difference_and_effect_cover_as_often_as_they_say():
    rng = np.random.default_rng(4)
    people = pd.DataFrame({"group": ["patient"] * 25 + ["control"] * 35, "age": rng.normal(60, 8, 60)})
    values = rng.normal(size=(60, 3000)) - 0.5 * NUMBERS(people["group"])[:, None]
    table = long_of_matrix(values, people)
    for covariates, effect in (((), "cohens_d"), (("age",), "cohens_d"), ((), "hedges_g")):
        found = compare(table, "group", covariates=covariates, effect=effect)
        inside = found["ci_low"].le(-0.5) & found["ci_high"].ge(-0.5)
        assert inside.mean() == pytest.approx(0.95, abs=0.015)
        inside = found["effect_low"].le(-0.5) & found["effect_high"].ge(-0.5)
        assert inside.mean() == pytest.approx(0.95, abs=0.02)
        assert found["effect_size"].mean() == pytest.approx(-0.5, abs=0.04)


def test_real_looking_data_with_levels_in_a_given_order():
    found = compare(cohort(), "dx3", covariates=["age", "sex"])
    assert found["term"].unique().tolist() == ["dx3", "MCI - CN", "AD - CN", "AD - MCI"]
