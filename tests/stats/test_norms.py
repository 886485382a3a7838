import json
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from frames_support import assert_frame_equal
from fsstats.errors import ColumnsError, FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import LONG
from fsstats.stats._norms import Norms
from fsstats.stats._norms_fit import fit_gaussian, fit_quantiles, place_of, z_of
from fsstats.stats.norms import apply_norms, fit_norms, norm_centiles, norm_scores
from fsstats.tables import to_wide
from fsstats.tables.panel import panel_of
from reference_support import cohort
from stats_support import long_of_matrix

CN = {"group": "CN"}


def people_of(n, seed, low=20, high=80):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"age": rng.uniform(low, high, n), "sex": rng.choice(["F", "M"], n), "site": rng.choice(["A", "B", "C"], n)}
    )


def values_of(people, regions, seed, *, spread=0.0):
    """Make up healthy values: less with age, other for men, and spread that grows with age."""
    rng = np.random.default_rng(seed)
    mean = 4000 - 10 * people["age"].to_numpy() + 200 * (people["sex"] == "M").to_numpy()
    sd = 100 * np.exp(spread * (people["age"].to_numpy() - 50))
    return mean[:, None] + rng.normal(size=(len(people), regions)) * sd[:, None]


def healthy(n, regions=1, seed=1, *, spread=0.0, low=20, high=80):
    people = people_of(n, seed, low, high)
    return long_of_matrix(values_of(people, regions, seed + 1000, spread=spread), people)


def of(scores, kind):
    """Give the values of one kind, z or centile."""
    return scores.loc[scores["measure"].astype("str").str.endswith(f"_{kind}"), "value"].to_numpy()


def by_name(table):
    names = ["subject", "source", "hemi", "region", "measure"]
    return table.astype(dict.fromkeys(names, "str")).set_index(names)["value"].sort_index()


# ---- the arrays, against statsmodels -------------------------------------------------------------------------------


def design(n, seed, *, head=False):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.uniform(20, 80, n), rng.integers(0, 2, n)])
    return np.column_stack([x, rng.normal(1.5e6, 1e5, n)]) if head else x


@pytest.mark.parametrize("head", [False, True], ids=["plain", "with a head size in mm^3"])
def test_mean_variance_and_left_out_z_are_those_of_statsmodels(head):
    x = design(60, 1, head=head)
    y = x[:, :3] @ [3.0, -0.01, 0.1] + np.random.default_rng(2).normal(0, 0.2, 60)
    model, left_out = fit_gaussian(y[:, None], x, np.ones((60, 1)))
    theirs = sm.OLS(y, x).fit()
    np.testing.assert_allclose(model.coefficients[0], theirs.params, rtol=1e-8)
    assert np.exp(model.spreads[0, 0]) == pytest.approx(theirs.mse_resid, rel=1e-12)
    t = theirs.get_influence().resid_studentized_external
    np.testing.assert_allclose(left_out[:, 0], stats.norm.ppf(stats.t.cdf(t, 60 - x.shape[1] - 1)), rtol=1e-8)
    at = place_of(model, x[:5], np.ones((5, 1)))
    predicted = theirs.get_prediction(x[:5])
    np.testing.assert_allclose(at.mean[:, 0], predicted.predicted_mean, rtol=1e-10)
    np.testing.assert_allclose(at.sd[:, 0], predicted.se_obs, rtol=1e-10)
    np.testing.assert_allclose(at.df, 60 - x.shape[1], rtol=1e-12)


def test_left_out_z_are_those_of_norms_fitted_without_each():
    x, one = design(30, 3), np.ones((30, 1))
    y = np.random.default_rng(4).normal(size=(30, 3))
    _, left_out = fit_gaussian(y, x, one)
    for row in range(30):
        rest = np.arange(30) != row
        model, _ = fit_gaussian(y[rest], x[rest], one[rest])
        at = place_of(model, x[[row]], one[[row]])
        np.testing.assert_allclose(left_out[row], z_of((y[[row]] - at.mean) / at.sd, at.df)[0], rtol=1e-9)


def test_a_varying_spread_solves_both_of_its_equations():
    x = design(200, 5)
    w = x[:, :2]
    rng = np.random.default_rng(6)
    y = (x @ [3.0, -0.01, 0.1] + rng.normal(size=200) * np.exp(-2 + 0.02 * x[:, 1]))[:, None]
    model, left_out = fit_gaussian(y, x, w)
    variance = np.exp(w @ model.spreads[0])
    weighted = sm.WLS(y[:, 0], x, 1 / variance).fit()
    np.testing.assert_allclose(model.coefficients[0], weighted.params, rtol=1e-8)
    leverage = ((x @ model.roots[0]) ** 2).sum(axis=1) / variance
    squares = (y[:, 0] - x @ model.coefficients[0]) ** 2 / (1 - leverage)
    gamma = sm.GLM(squares, w, family=sm.families.Gamma(sm.families.links.Log())).fit(tol=1e-13)
    np.testing.assert_allclose(model.spreads[0], gamma.params, rtol=1e-6)
    one_by_one = []
    for row in range(0, 200, 10):
        rest = np.arange(200) != row
        other, _ = fit_gaussian(y[rest], x[rest], w[rest])
        at = place_of(other, x[[row]], w[[row]])
        one_by_one.append(z_of((y[[row]] - at.mean) / at.sd, at.df)[0, 0])
    np.testing.assert_allclose(left_out[::10, 0], one_by_one, atol=0.05)  # one step of scoring away


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_quantiles_lose_no_more_than_those_of_statsmodels(share):
    x = design(150, 7, head=True)
    y = x[:, :3] @ [3.0, -0.01, 0.1] + np.random.default_rng(8).gamma(2, 0.2, 150)
    (ours,) = fit_quantiles(y, x, [share])
    scaled = x.copy()
    scaled[:, 3] = (x[:, 3] - 1.5e6) / 1e5
    theirs = sm.QuantReg(y, scaled).fit(q=share, max_iter=5000, p_tol=1e-10).params

    def loss(rest):
        return np.where(rest > 0, share * rest, (share - 1) * rest).sum()

    assert loss(y - x @ ours) <= loss(y - scaled @ theirs) * (1 + 1e-9)
    np.testing.assert_allclose(x @ ours, scaled @ theirs, atol=2e-3)
    assert (np.abs(y - x @ ours) < 1e-9).sum() == 4  # goes through as many values as it has coefficients


def test_z_stays_finite_far_out():
    z = z_of(np.array([-200.0, -1e8, 0.0, 45.0, np.nan]), np.array([1000.0, 3.0, 5.0, 1e6, 5.0]))
    assert np.isfinite(z[:4]).all()
    assert z[0] < -30
    assert z[2] == 0
    assert np.isnan(z[4])


# ---- calibration ---------------------------------------------------------------------------------------------------

CALIBRATED = {
    "a small reference": (25, 0.0, None),
    "a large one": (300, 0.0, None),
    "spread that grows with age": (300, 0.02, "age"),
    "the same, of few": (80, 0.02, "age"),
}


@pytest.mark.filterwarnings("ignore::fsstats.errors.FsstatsWarning")
@pytest.mark.parametrize(("n", "spread", "formula"), CALIBRATED.values(), ids=CALIBRATED)
def test_z_of_new_healthy_people_is_standard_normal(n, spread, formula):
    norms = fit_norms(healthy(n, 300, seed=11, spread=spread), "value ~ age + sex", spread=formula)
    new = healthy(12, 300, seed=12, spread=spread, low=25, high=75)
    scores = apply_norms(new, norms)
    z, centiles = of(scores, "z"), of(scores, "centile")
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert stats.kstest(centiles / 100, "uniform").pvalue > 1e-3
    # people share their region's norms, so the error of a share is about twice that of independent values
    for level in (0.05, 0.01):
        share = (np.abs(z) > stats.norm.isf(level / 2)).mean()
        assert abs(share - level) < 5 * np.sqrt(level * (1 - level) / len(z))
    np.testing.assert_allclose(centiles, 100 * stats.norm.cdf(z), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::fsstats.errors.FsstatsWarning")
@pytest.mark.parametrize(("spread", "formula"), [(0.0, None), (0.02, "age")])
def test_z_of_the_reference_is_standard_normal_when_it_is_left_out_and_too_small_otherwise(spread, formula):
    table = healthy(40, 300, seed=13, spread=spread)
    z = of(norm_scores(table, "value ~ age + sex", reference=None, spread=formula), "z")
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert abs(z.std() - 1) < 0.03
    inside = of(apply_norms(table, fit_norms(table, "value ~ age + sex", spread=formula)), "z")
    assert inside.std() < 0.95


def test_a_constant_spread_is_wrong_where_it_grows():
    table, new = healthy(400, 30, seed=14, spread=0.03), healthy(100, 30, seed=15, spread=0.03, low=70, high=78)
    old = {
        form: of(apply_norms(new, fit_norms(table, "~ age + sex", spread=form)), "z").std() for form in (None, "age")
    }
    assert old[None] > 1.3
    assert abs(old["age"] - 1) < 0.1


def test_quantiles_cover_their_share_of_new_people():
    norms = fit_norms(healthy(600, 8, seed=16, spread=0.02), "value ~ age + sex", method="quantile")
    centiles = of(apply_norms(healthy(600, 8, seed=17, spread=0.02, low=25, high=75), norms), "centile")
    for centile in (25, 50, 75):
        assert (centiles <= centile).mean() == pytest.approx(centile / 100, abs=0.03)
    assert (centiles == 5).mean() == pytest.approx(0.05, abs=0.02)
    assert (centiles == 95).mean() == pytest.approx(0.05, abs=0.02)
    assert centiles.min() == 5
    assert centiles.max() == 95


def test_skewed_values_are_judged_on_the_scale_that_was_asked_for():
    people = people_of(300, 18)
    rng = np.random.default_rng(19)
    values = np.exp(8 + 0.02 * people["age"].to_numpy()[:, None] + rng.normal(0, 0.4, (300, 20)))
    table = long_of_matrix(values, people)
    norms = fit_norms(table, "log(value) ~ age")
    z = of(norm_scores(table, "log(value) ~ age", reference=None), "z")
    assert abs(stats.skew(z)) < 0.1
    assert stats.skew(of(norm_scores(table, "value ~ age", reference=None), "z")) > 0.5
    curve = norm_centiles(norms, pd.DataFrame({"age": [40.0]}), centiles=[50])
    np.testing.assert_allclose(curve["value"], np.exp(8.8), rtol=0.1)


# ---- the verbs -----------------------------------------------------------------------------------------------------

FORMULAS = {
    "straight lines": ("value ~ age + sex", {}),
    "a B-spline": ("value ~ bs(age, df=4) + sex", {}),
    "a natural spline": ("value ~ cr(age, df=3, constraints='center') + sex", {}),
    "a polynomial within levels": ("value ~ poly(age, 2) * sex", {}),
    "centred, sites that sum to 0": ("value ~ center(age) + C(site, contr.sum)", {}),
    "roots and logarithms": ("sqrt(value) ~ sqrt(age) + log(age)", {}),
    "a varying spread": ("log(value) ~ age + sex", {"spread": "poly(age, 2) + sex"}),
    "no variable": ("value ~ 1", {}),
    "a header Measure": ("value ~ age + eTIV", {}),
    "quantiles": ("value ~ bs(age, df=3)", {"method": "quantile", "centiles": (10, 50, 90)}),
}


@pytest.mark.filterwarnings("ignore::fsstats.errors.FsstatsWarning")
@pytest.mark.parametrize(("formula", "options"), FORMULAS.values(), ids=FORMULAS)
def test_the_text_gives_the_same_numbers(formula, options):
    table = cohort(with_head_size=True)
    table = table[table["region"].isin(["Left-Amygdala", "Brain-Stem", "insula", "global"])]
    norms = fit_norms(table, formula, reference=CN, **options)
    text = norms.to_json()
    again = Norms.from_json(text)
    assert again.to_json() == text
    assert_frame_equal(apply_norms(table, again), apply_norms(table, norms), check_exact=True)
    assert_frame_equal(again.table(), norms.table(), check_exact=True)
    assert again.ranges == dict(norms.ranges)
    assert not {str(name) for name in table["subject"].unique()} & set(text.split('"'))
    one = table[table["subject"] == table["subject"].iloc[0]]
    alone, among = by_name(apply_norms(one, again)), by_name(apply_norms(table, norms))
    np.testing.assert_allclose(alone, among[alone.index], rtol=1e-9)


def test_a_header_measure_that_is_a_variable_has_no_norms():
    table = cohort(with_head_size=True)
    norms = fit_norms(table, "value ~ age + eTIV", reference=CN)
    assert "eTIV" not in set(norms.cells["measure"])
    with pytest.warns(FsstatsWarning, match="outside the reference's age") as said:
        scores = apply_norms(table, norms)
    assert "eTIV" not in str(said[0].message)
    assert not {"eTIV_z"} & set(scores["measure"])


def test_scores_are_a_long_table_with_the_people_of_the_first():
    table = healthy(60, 2).assign(version="7", group="CN")
    scores = norm_scores(table, "value ~ age", reference=CN)
    assert list(scores.columns) == [*LONG, "age", "sex", "site", "group", "version"]
    assert scores["measure"].astype("str").tolist()[:4] == ["volume_z", "volume_centile"] * 2
    assert scores["unit"].astype("str").tolist()[:2] == ["sd", "percent"]
    assert scores["region"].astype("str").tolist()[:4] == ["r0", "r0", "r1", "r1"]
    assert all(isinstance(scores[name].dtype, pd.CategoricalDtype) for name in LONG if name != "value")
    assert set(scores["version"]) == {"7"}
    panel_of(scores, needed_by="the test", leave_out=["version"])
    assert len(scores) == 2 * len(table)


def test_patients_are_judged_by_the_reference_and_the_reference_without_itself():
    table = healthy(100, 3).assign(group=lambda t: np.where(t["subject"].str[1:].astype(int) < 60, "CN", "PT"))
    scores = norm_scores(table, "value ~ age + sex", reference=CN, extrapolate=True)
    outside = apply_norms(table, fit_norms(table, "value ~ age + sex", reference=CN), extrapolate=True)
    patient = (scores["group"] == "PT").to_numpy()
    np.testing.assert_array_equal(scores["value"].to_numpy()[patient], outside["value"].to_numpy()[patient])
    one = table["subject"] == "s005"
    without = fit_norms(table[~one], "value ~ age + sex", reference=CN)
    due = by_name(apply_norms(table[one], without, extrapolate=True))
    np.testing.assert_allclose(by_name(scores)[due.index], due, rtol=1e-9)


def test_missing_values_and_variables_are_missing_and_counted():
    table = healthy(60, 2)
    norms = fit_norms(table, "value ~ age + sex")
    new = healthy(10, 2, seed=3, low=30, high=70)
    new.loc[new["subject"] == "s003", "sex"] = None
    new.loc[(new["subject"] == "s004") & (new["region"] == "r1"), "value"] = np.nan
    new.loc[(new["subject"] == "s005") & (new["region"] == "r1"), "value"] = np.inf
    new.loc[new["subject"] == "s006", "age"] = np.inf
    with pytest.warns(FsstatsWarning, match=r"^no norms where 2 run\(s\) lack age or sex$"):
        z = by_name(apply_norms(new, norms)).xs("volume_z", level="measure")
    assert set(z[z.isna()].index.get_level_values("subject")) == {"s003", "s004", "s005", "s006"}
    assert z.isna().sum() == 6


def test_people_outside_the_range_are_missing_unless_asked_for():
    norms = fit_norms(healthy(60), "value ~ age + sex")
    new = healthy(6, seed=3).assign(age=[19.0, 95.0, 50.0, 40.0, 30.0, 60.0])
    with pytest.warns(FsstatsWarning, match=r"2 run\(s\) lie outside the reference's age, 2\d\.\d+ to 7\d\.\d+"):
        scores = apply_norms(new, norms)
    assert np.isnan(of(scores, "z")).tolist() == [True, True, False, False, False, False]
    assert np.isfinite(of(apply_norms(new, norms, extrapolate=True), "z")).all()
    splines = fit_norms(healthy(60), "value ~ bs(age, df=4)")
    with pytest.raises(FormulaError, match=r"bs\(age, df=4\): expected a design matrix"):
        apply_norms(new, splines, extrapolate=True)
    with pytest.warns(FsstatsWarning, match="outside"):
        assert np.isnan(of(apply_norms(new, splines), "z")).sum() == 2


def test_regions_without_norms_are_named_and_those_without_values_are_not():
    norms = fit_norms(healthy(60, 3), "value ~ age")
    new = healthy(5, 3, seed=4, low=30, high=70)
    other = new[new["region"] == "r2"].assign(region="r9")
    with pytest.warns(FsstatsWarning, match=r"^no norms of r9 volume$"):
        scores = apply_norms(pd.concat([new[new["region"] == "r0"], other], ignore_index=True), norms)
    assert set(scores["region"]) == {"r0"}
    with pytest.raises(UnknownNameError, match="no region of the norms is called 'r9'"):
        apply_norms(other, norms)


@pytest.mark.parametrize("options", [{}, {"spread": "age"}, {"method": "quantile", "centiles": (20, 80)}])
def test_people_whose_every_covariate_is_strange_have_no_scores(options):
    norms = fit_norms(healthy(60), "value ~ age", **options)
    with pytest.warns(FsstatsWarning, match=r"5 run\(s\) lie outside"):
        scores = apply_norms(healthy(5, seed=2).assign(age=200.0), norms)
    assert scores["value"].isna().all()


WRONG = {
    "a misspelt variable": ({"formula": "~ aeg"}, UnknownNameError, "no variable is called 'aeg'; did you mean age"),
    "a misspelt variable of the spread": ({"spread": "agee"}, UnknownNameError, "'agee'; did you mean age"),
    "a misspelt method": ({"method": "gauss"}, UnknownNameError, "no method of norms is called 'gauss'"),
    "code": ({"formula": "~ open('x')"}, FormulaError, "expected arithmetic and the functions"),
    "a spread of quantiles": (
        {"method": "quantile", "spread": "age"},
        TableError,
        "spread goes with method='gaussian'",
    ),
    "a centile of 100": ({"method": "quantile", "centiles": [50, 100]}, TableError, "between 0 and 100, found 100"),
    "one centile": ({"method": "quantile", "centiles": [50, 50.0]}, TableError, "two centiles or more, found 1"),
    "no centile": ({"method": "quantile", "centiles": []}, TableError, "between 0 and 100, found none"),
    "a variable twice": ({"formula": "~ age + I(2 * age)"}, FormulaError, r"I\(2 \* age\) is a combination of age"),
    "an unknown level": ({"reference": {"sex": "X"}}, UnknownNameError, "no level of sex is called 'X'; .* F, M"),
    "an unknown column": ({"reference": {"dx": "X"}}, ColumnsError, r"fit_norms \(reference\) needs .*'dx'"),
    "an unknown guard": ({"allow": "all"}, UnknownNameError, "no guard is called 'all'"),
}


@pytest.mark.parametrize(("options", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_makes_no_norms_is_an_error(options, error, message):
    asked = {"formula": "value ~ age", **options}
    with pytest.raises(error, match=message):
        fit_norms(healthy(60), asked.pop("formula"), **asked)


def test_people_who_cannot_be_judged_are_an_error():
    norms = fit_norms(healthy(60), "value ~ age + site")
    new = healthy(5, seed=2, low=30, high=70)
    with pytest.raises(UnknownNameError, match="no variable is called 'site'"):
        apply_norms(new.drop(columns="site"), norms)
    with pytest.raises(FormulaError, match="site: expected the levels A, B, C, found D"):
        apply_norms(new.assign(site="D"), norms)
    with pytest.raises(TableError, match=r"r0 is in mL, but the norms were fitted in mm\^3"):
        apply_norms(new.assign(unit="mL"), norms)
    with pytest.raises(FormulaError, match="age: expected numbers, found str"):
        apply_norms(new.assign(age="old"), norms)
    with pytest.raises(ColumnsError, match="apply_norms needs the column"):
        apply_norms(pd.DataFrame({"subject": ["a"]}), norms)
    with pytest.raises(UnknownNameError, match="no region of the norms"):
        apply_norms(new.assign(region="r9"), norms)


EMPTY = {
    "fit_norms": lambda table: fit_norms(table, "value ~ age"),
    "apply_norms": lambda table: apply_norms(table, fit_norms(healthy(60), "value ~ age")),
    "norm_scores": lambda table: norm_scores(table, "value ~ age", reference=CN),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_table_is_said_to_be_empty(name):
    with pytest.raises(TableError, match=f"{name}: the table has no rows"):
        EMPTY[name](healthy(60).head(0))


@pytest.mark.parametrize("apply", [apply_norms, lambda table, norms: norm_centiles(norms, table)])
def test_only_norms_can_be_applied(apply):
    with pytest.raises(TableError, match="expected a Norms, as fit_norms gives it, found a NoneType"):
        apply(healthy(60), None)


def test_too_few_people_are_an_error_and_few_a_warning():
    table = healthy(60, 2)
    first = table[table["subject"] < "s004"]
    with pytest.raises(TableError, match=r"the reference \(all runs\) has 4 runs with all variables, and .* needs 5"):
        fit_norms(first, "value ~ age + sex")
    with pytest.warns(FsstatsWarning, match=r"fewer than 30 values of r0 volume \(29\), r1 volume \(29\)$"):
        fit_norms(table[table["subject"] < "s029"], "value ~ age")
    with pytest.warns(FsstatsWarning, match=r"fewer than 5 of 60 runs are beyond the centile\(s\) 5, 95$"):
        fit_norms(table, "value ~ age", method="quantile")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_norms(table, "value ~ age")


def test_a_region_that_cannot_be_fitted_is_named_and_the_others_keep_their_norms():
    table = healthy(60, 5)
    table.loc[table["region"] == "r0", "value"] = 7.0
    table.loc[(table["region"] == "r1") & (table["subject"] > "s002"), "value"] = np.nan
    table.loc[table["region"] == "r2", "value"] = 2 * table["age"]
    table.loc[(table["region"] == "r3") & (table["sex"] == "M"), "value"] = np.nan
    with pytest.warns(FsstatsWarning) as said:
        norms = fit_norms(table, "value ~ age + sex")
    text = str(said[0].message)
    assert len(said) == 1
    assert "r0 volume (constant, or without spread beyond the variables)" in text
    assert "r1 volume (3 values, and 5 are needed)" in text
    assert "r2 volume (constant" in text
    assert "r3 volume (in the runs that have it, sex[T.M] is 0 in every row)" in text
    assert norms.cells["note"].isna().tolist() == [False] * 4 + [True]
    z = by_name(apply_norms(table, Norms.from_json(norms.to_json()))).xs("volume_z", level="measure")
    assert set(z[z.notna()].index.get_level_values("region")) == {"r4"}
    alone = fit_norms(table[table["region"] == "r4"], "value ~ age + sex")
    np.testing.assert_allclose(norms.gaussian.coefficients[4], alone.gaussian.coefficients[0], rtol=1e-12)
    with pytest.raises(TableError, match="no region can be fitted: r0 volume"):
        fit_norms(table[table["region"] == "r0"], "value ~ age")


def test_a_spread_that_vanishes_does_not_settle_and_is_named():
    table = healthy(80, 2)
    table.loc[(table["region"] == "r0") & (table["sex"] == "M"), "value"] = 3000.0
    with pytest.warns(FsstatsWarning, match=r"no norms of r0 volume \(the fit of its spread does not settle\)"):
        norms = fit_norms(table, "value ~ sex", spread="sex")
    assert np.isfinite(norms.gaussian.spreads[1]).all()


def test_what_must_not_be_mixed_in_the_reference_is_an_error():
    table = healthy(60).assign(session=lambda t: np.where(t["subject"].str[1:].astype(int) % 2, "2", "1"))
    table["subject"] = "s" + (table["subject"].str[1:].astype(int) // 2).astype(str)
    table["sex"] = "F"
    with pytest.raises(TableError, match="30 subject"):
        fit_norms(table, "value ~ age")
    assert fit_norms(table, "value ~ age", allow="repeated").cells["n"].tolist() == [60]


TEXTS = {
    "no JSON": ("{", TableError, "no stored norms"),
    "a list": ("[]", TableError, "no stored norms"),
    "a later layout": (
        '{"kind": "fsstats norms 2"}',
        TableError,
        "expected 'fsstats norms 1', found 'fsstats norms 2'",
    ),
}


@pytest.mark.parametrize(("text", "error", "message"), TEXTS.values(), ids=TEXTS)
def test_another_text_is_refused(text, error, message):
    with pytest.raises(error, match=message):
        Norms.from_json(text)


CHANGED = {
    "code": (("coding", "formula"), "open('x')", FormulaError, "expected arithmetic"),
    "an unknown response": (
        ("response",),
        "exp(value)",
        TableError,
        r"response: expected one of value, log\(value\), .*found 'exp",
    ),
    "another method": (("method",), "quantile", TableError, "centiles: expected two or more"),
    "fewer numbers": (
        ("gaussian", "df"),
        {"shape": [0], "numbers": []},
        TableError,
        r"gaussian.df: expected the shape \[1\], found \[0\]",
    ),
}


@pytest.mark.parametrize(("where", "value", "error", "message"), CHANGED.values(), ids=CHANGED)
def test_a_changed_text_is_refused(where, value, error, message):
    written = json.loads(fit_norms(healthy(60), "value ~ age").to_json())
    place = written
    for name in where[:-1]:
        place = place[name]
    place[where[-1]] = value
    with pytest.raises(error, match=message):
        Norms.from_json(json.dumps(written))


def test_curves_and_scores_are_each_others_inverse():
    table = healthy(80, 2, spread=0.01)
    norms = fit_norms(table, "value ~ bs(age, df=4) + sex", spread="age")
    points = pd.DataFrame({"age": [30.0, 60.0], "sex": ["F", "M"]})
    curves = norm_centiles(norms, points, centiles=[2.5, 50, 97.5])
    assert list(curves.columns) == ["age", "sex", "source", "hemi", "region", "measure", "centile", "value", "unit"]
    assert len(curves) == 2 * 2 * 3
    row = curves[(curves["region"] == "r1") & (curves["centile"] == 97.5) & (curves["age"] == 60)].iloc[0]
    new = table.head(1).assign(region="r1", value=row["value"], age=60.0, sex="M")
    scores = apply_norms(new, norms)
    assert of(scores, "centile")[0] == pytest.approx(97.5, rel=1e-9)
    assert of(scores, "z")[0] == pytest.approx(stats.norm.ppf(0.975), rel=1e-9)
    assert norm_centiles(norms, points)["centile"].unique().tolist() == [5, 25, 50, 75, 95]


def test_curves_of_quantiles_rise_and_their_centiles_are_those_that_were_fitted():
    with pytest.warns(FsstatsWarning, match="fewer than 5"):
        norms = fit_norms(healthy(40), "value ~ poly(age, 3)", method="quantile", centiles=range(10, 100, 10))
    points = pd.DataFrame({"age": np.linspace(norms.ranges["age"][0], norms.ranges["age"][1], 30)})
    with pytest.warns(FsstatsWarning, match=r"fitted quantiles cross in \d+ run\(s\), and were put in order"):
        curves = norm_centiles(norms, points)
    wide = curves.pivot_table(index="age", columns="centile", values="value")
    assert (np.diff(wide.to_numpy(), axis=1) >= 0).all()
    with pytest.raises(UnknownNameError, match="no fitted centile is called '5'"):
        norm_centiles(norms, points, centiles=[5])
    with pytest.raises(TableError, match="between 0 and 100, found -1"):
        norm_centiles(norms, points, centiles=[-1])
    with pytest.raises(UnknownNameError, match="no variable is called 'age'"):
        norm_centiles(norms, pd.DataFrame({"alter": [3]}))


def test_centiles_between_fitted_quantiles_are_interpolated():
    table = healthy(200, seed=21)
    norms = fit_norms(table, "value ~ 1", method="quantile", centiles=(25, 50, 75))
    low, middle, high = norm_centiles(norms, pd.DataFrame(index=[0]))["value"]
    values = [low - 1, low, (low + middle) / 2, middle, (3 * middle + high) / 4, high, high + 1]
    new = healthy(7, seed=3).assign(value=values)
    np.testing.assert_allclose(of(apply_norms(new, norms), "centile"), [25, 25, 37.5, 50, 56.25, 75, 75], rtol=1e-9)


LAWS = {"gaussian": {}, "spread": {"spread": "age"}, "quantile": {"method": "quantile", "centiles": (20, 50, 80)}}


@pytest.mark.parametrize("options", LAWS.values(), ids=LAWS)
def test_order_and_shape_of_the_table_do_not_matter(options):
    table = healthy(60, 3, seed=23).rename(columns={"sex": "group"})
    new = healthy(20, 3, seed=24, low=30, high=70).rename(columns={"sex": "group"})
    plain = by_name(apply_norms(new, fit_norms(table, "value ~ age + group", **options)))
    for other in (table.sample(frac=1, random_state=1), to_wide(table, sep=None)):
        found = by_name(apply_norms(new, fit_norms(other, "value ~ age + group", **options)))
        np.testing.assert_allclose(found, plain, rtol=1e-7, atol=1e-9)
    wide = by_name(apply_norms(to_wide(new, sep=None), fit_norms(table, "value ~ age + group", **options)))
    np.testing.assert_allclose(wide, plain, rtol=1e-12)


@settings(max_examples=15)
@given(
    factor=st.sampled_from([1e-6, 1e-3, 1e3, 1e6]), shift=st.floats(-50, 50), options=st.sampled_from([*LAWS.values()])
)
def test_units_of_values_and_variables_do_not_matter(factor, shift, options):
    table, new = healthy(60, seed=25), healthy(20, seed=26, low=30, high=70)
    plain = apply_norms(new, fit_norms(table, "value ~ age + sex", **options))
    recoded = [one.assign(value=one["value"] * factor, age=one["age"] / 10 + shift) for one in (table, new)]
    found = apply_norms(recoded[1], fit_norms(recoded[0], "value ~ age + sex", **options))
    np.testing.assert_allclose(found["value"], plain["value"], rtol=1e-6, atol=1e-7)


def test_a_region_more_changes_nothing():
    table = healthy(60, 2, seed=27)
    constant = table[table["region"] == "r0"].assign(region="r9", value=3.0)
    with pytest.warns(FsstatsWarning, match="r9"):
        both = fit_norms(pd.concat([table, constant], ignore_index=True), "value ~ age", spread="age")
    plain = fit_norms(table, "value ~ age", spread="age")
    np.testing.assert_allclose(both.gaussian.spreads[:2], plain.gaussian.spreads, rtol=1e-9)
