import json
import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from frames_support import assert_frame_equal
from fsstats.errors import ColumnsError, FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.stats._combat import Estimation, Rows, common_of, sites_of
from fsstats.stats._covbat import scores_of
from fsstats.stats.harmonise import Harmonisation, apply_harmonisation, fit_harmonisation, harmonise
from reference_support import cohort, column_of, longitudinal

SITES = ("A", "B", "C")


def people_of(n=90, seed=1, sites=SITES):
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"subject": [f"s{i:03}" for i in range(n)], "session": None, "stream": "cross"})
    people["site"] = np.array(sites)[np.arange(n) % len(sites)]
    people["age"] = rng.uniform(20, 80, n)
    people["sex"] = rng.choice(["F", "M"], n)
    people["group"] = np.where(rng.random(n) < 0.3 + 0.2 * (people["site"] == sites[0]), "patient", "control")
    return people


def table_of(people, values, *, measure="thickness", unit="mm"):
    """Give a long table, region by region."""
    regions = [f"region{j}" for j in range(values.shape[1])]
    parts = [
        people.assign(source="aparc", hemi="lh", region=region, measure=measure, value=values[:, j], unit=unit)
        for j, region in enumerate(regions)
    ]
    return pd.concat(parts, ignore_index=True)


def matrix_of(table, values="value"):
    return table.pivot_table(index="subject", columns="region", values=values, sort=False).to_numpy()


def made(n=90, regions=6, seed=1, sites=SITES, effect=0.0):
    """Give a cohort whose sites shift and stretch, and the values without that."""
    people = people_of(n, seed, sites)
    rng = np.random.default_rng(seed + 1)
    code = np.array([sites.index(one) for one in people["site"]])
    mean = rng.uniform(2, 4, regions)
    kept = (
        -0.01 * (people["age"].to_numpy() - 50)[:, None] + effect * (people["group"] == "patient").to_numpy()[:, None]
    )
    noise = 0.2 * rng.normal(size=(n, regions))
    shift = rng.normal(0, 0.3, (len(sites), 1)) + rng.normal(0, 0.1, (len(sites), regions))
    stretch = np.exp(rng.normal(0, 0.3, (len(sites), 1)) + rng.normal(0, 0.1, (len(sites), regions)))
    clean = mean + kept + noise
    return table_of(people, mean + kept + shift[code] + stretch[code] * noise), table_of(people, clean)


def visits(n=30, regions=5, seed=2):
    """Give a longitudinal cohort: three visits, the scanner of one of them another."""
    rng = np.random.default_rng(seed)
    people = pd.concat([people_of(n, seed).assign(session=f"v{visit}", time=float(visit)) for visit in range(3)])
    people = people.reset_index(drop=True)
    people["site"] = np.where((people["time"] == 2) & (rng.random(len(people)) < 0.5), "D", people["site"])
    level = np.tile(rng.normal(0, 0.4, (n, regions)), (3, 1))
    code = people["site"].map(dict.fromkeys("ABCD", 0) | {"B": 1, "C": 2, "D": 3}).to_numpy()
    shift = rng.normal(0, 0.4, (4, regions))
    values = (
        3 + level + shift[code] - 0.05 * people["time"].to_numpy()[:, None] + 0.1 * rng.normal(size=(3 * n, regions))
    )
    return table_of(people, values)


def by_site(table, statistic):
    """Give a statistic of each region (rows) at each site."""
    return table.pivot_table(index="region", columns="site", values="value", aggfunc=statistic)


def between(table):
    """Give how far apart the sites' means are."""
    return by_site(table, "mean").std(axis=1).mean()


METHODS = {
    "combat": {},
    "nothing kept": {"keep": ""},
    "without empirical Bayes": {"empirical_bayes": False},
    "nonparametric": {"parametric": False},
    "mean only": {"mean_only": True},
    "mean only by size": {"mean_only": "by_size"},
    "mean only, nonparametric": {"mean_only": True, "parametric": False},
    "mean only without empirical Bayes": {"mean_only": True, "empirical_bayes": False},
    "reference site": {"reference_site": "B"},
    "spline": {"keep": "bs(age, df=4) + sex * group"},
    "covbat": {"method": "covbat"},
    "longcombat": {"method": "longcombat", "keep": "age + time"},
    "longcombat msr": {"method": "longcombat", "keep": "age + time", "scale": "msr"},
}


def of_method(options):
    table = visits() if options.get("method") == "longcombat" else made()[0]
    return table, {"keep": "age + sex + group"} | options


# What it does


@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS)
def test_the_planted_shift_is_removed_and_the_effect_of_age_kept(options):
    table, options = of_method(options)
    found = harmonise(table, **options)

    def slope(one):
        return np.polyfit(table["age"], one["value"] - one.groupby("region")["value"].transform("mean"), 1)[0]

    assert between(found) < 0.5 * between(table)
    assert slope(found) == pytest.approx(slope(table), abs=0.002)
    if "reference_site" not in options:
        assert found["value"].mean() == pytest.approx(table["value"].mean(), abs=0.01)


def test_it_comes_near_the_values_without_sites():
    table, clean = made(n=600)
    found = harmonise(table, keep="age + sex + group")

    def alike(one):
        return np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(matrix_of(one).T, matrix_of(clean).T, strict=True)])

    assert alike(table) < 0.85
    assert alike(found) > 0.98


def test_what_is_kept_is_not_taken_for_the_site():
    table, _ = made(n=3000, regions=4, effect=-0.2)
    patients = (table["group"] == "patient").to_numpy()

    def difference(one):
        code = pd.get_dummies(one["site"], drop_first=True).to_numpy(dtype=float)
        x = np.column_stack([np.ones(len(one)), patients, one["age"], code])
        return np.linalg.lstsq(x, one["value"] - one.groupby("region")["value"].transform("mean"), rcond=None)[0][1]

    assert difference(harmonise(table, keep="age + group")) == pytest.approx(-0.2, abs=0.02)


def test_sites_are_alike_in_variance_after_it():
    table, _ = made(n=600)
    flat = table.assign(value=table["value"] + 0.01 * table["age"])  # nothing but the site and noise

    def ratio(one):
        spread = by_site(one, "std")
        return (spread.max(axis=1) / spread.min(axis=1)).mean()

    assert ratio(flat) > 1.2
    assert ratio(harmonise(flat)) < 1.1


def test_covbat_makes_sites_alike_in_how_regions_vary_together():
    rng = np.random.default_rng(3)
    people = people_of(400, sites=("A", "B"))
    at_b = (people["site"] == "B").to_numpy()[:, None]
    common = rng.normal(size=(400, 1))
    values = 3 + rng.normal(size=(400, 8)) + np.where(at_b, 1.5, 0.3) * common
    table = table_of(people, values)

    def apart(one):
        wide, site = matrix_of(one), people["site"].to_numpy()
        return np.abs(np.corrcoef(wide[site == "A"].T) - np.corrcoef(wide[site == "B"].T)).mean()

    assert apart(harmonise(table, method="covbat")) < 0.5 * apart(harmonise(table))


def test_longitudinal_combat_keeps_the_level_of_a_subject():
    table = visits()
    found = harmonise(table, method="longcombat", keep="age + time")

    def repeat(one):
        wide = one.pivot_table(index=["subject", "region"], columns="session", values="value").to_numpy()
        return np.corrcoef(wide[:, 1], wide[:, 2])[0, 1]

    assert repeat(found) > max(repeat(table), 0.9)


def test_the_reference_site_stays_exactly_as_it_is():
    table, _ = made()
    found = harmonise(table, keep="age", reference_site="C")
    at_c = table["site"] == "C"
    assert (found["value"][at_c] == table["value"][at_c]).all()
    assert not np.isclose(found["value"][~at_c], table["value"][~at_c]).any()


def test_mean_only_by_size_takes_more_of_a_regions_own_shift_away_than_sva_does():
    table, _ = made(n=300)

    def left(**options):
        return between(harmonise(table, **options))

    assert left(mean_only="by_size") < 0.2 * left(mean_only=True)


def test_measures_are_apart_unless_they_are_put_together():
    table, _ = made()
    other = made(seed=9)[0].assign(measure="area", unit="mm^2")
    both = pd.concat([table, other], ignore_index=True)
    apart = harmonise(both)
    np.testing.assert_allclose(apart["value"][: len(table)], harmonise(table)["value"], rtol=1e-12)
    assert not np.allclose(harmonise(both, within=())["value"], apart["value"], rtol=1e-6)
    assert not np.allclose(harmonise(both, within=["region"])["value"], apart["value"], rtol=1e-6)


def test_only_the_measures_that_are_asked_for_change():
    table, _ = made()
    both = pd.concat([table, made(seed=9)[0].assign(measure="area", unit="mm^2")], ignore_index=True)
    found = harmonise(both, measures="area")
    same = (found["value"] == both["value"]).to_numpy()
    assert same[: len(table)].all()
    assert not same[len(table) :].any()


def test_the_empirical_bayes_estimates_solve_their_equations():
    table, _ = made(n=30, regions=20)
    one = fit_harmonisation(table).effects
    n, g, d = one.n, one.raw_shift, one.raw_variance
    gbar, t2 = g.mean(axis=1, keepdims=True), g.var(axis=1, ddof=1, keepdims=True)
    m, s2 = d.mean(axis=1, keepdims=True), d.var(axis=1, ddof=1, keepdims=True)
    a, b = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
    squares = (n - 1) * d + n * (g - one.shift) ** 2
    np.testing.assert_allclose(one.shift, (n * t2 * g + one.variance * gbar) / (n * t2 + one.variance), rtol=1e-10)
    np.testing.assert_allclose(one.variance, (b + squares / 2) / (n / 2 + a - 1), rtol=1e-10)


def test_equal_regions_are_no_division_by_zero():
    table, _ = made(regions=1)
    twin = pd.concat([table, table.assign(region="twin")], ignore_index=True)
    found = harmonise(twin)["value"].to_numpy()
    np.testing.assert_allclose(found[:90], harmonise(table, empirical_bayes=False)["value"])
    np.testing.assert_allclose(found[:90], found[90:])


@pytest.mark.parametrize("mean_only", [False, True])
def test_nonparametric_effects_are_those_of_the_other_regions_weighed_by_their_likelihood(mean_only):
    rng = np.random.default_rng(6)
    site = np.repeat(np.arange(4), [1 if mean_only else 5, 2, 3, 8])
    values = rng.normal(rng.normal(size=4)[site][:, None], 1.0, (len(site), 5))
    values[-1, 2], values[-3:, 4] = np.nan, np.nan
    found = sites_of(values, site, 4, Estimation(prior="nonparametric", mean_only=mean_only))
    for one in range(4):
        own = [column[np.isfinite(column)] for column in values[site == one].T]
        means = np.array([x.mean() for x in own])
        spreads = np.array([1.0 if mean_only else x.var(ddof=1) for x in own])
        for place, x in enumerate(own):
            likelihood = norm.pdf(x[:, None], means, np.sqrt(spreads)).prod(axis=0)
            likelihood[place] = 0.0
            assert found.shift[one, place] == pytest.approx(np.average(means, weights=likelihood))
            assert found.variance[one, place] == pytest.approx(np.average(spreads, weights=likelihood))


def test_nonparametric_likelihoods_do_not_underflow():
    table, _ = made(n=3000, regions=3)
    table.loc[table["site"] == "A", "value"] += 50 * table["region"].str[-1].astype(float)
    assert np.isfinite(harmonise(table, parametric=False)["value"]).all()


# Fitted and applied


@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS)
def test_fit_then_apply_is_harmonise(options):
    table, options = of_method(options)
    model = fit_harmonisation(table, **options)
    assert_frame_equal(apply_harmonisation(table, model), harmonise(table, **options))


@pytest.mark.parametrize("choice", [False, True, "by_size"])
def test_a_model_says_how_means_were_adjusted(choice):
    assert fit_harmonisation(made()[0], mean_only=choice).options["mean_only"] == choice


@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS)
def test_a_stored_model_is_the_same_model(options):
    table, options = of_method(options)
    model = fit_harmonisation(table, **options)
    text = model.to_json()
    again = Harmonisation.from_json(text)
    assert again.to_json() == text
    assert_frame_equal(apply_harmonisation(table, again), apply_harmonisation(table, model))
    assert_frame_equal(again.table(), model.table())
    assert not re.search(r"s\d\d\d", text)


@pytest.mark.parametrize("options", METHODS.values(), ids=METHODS)
def test_what_happens_to_a_subject_does_not_depend_on_the_others(options):
    table, options = of_method(options)
    model = fit_harmonisation(table[table["subject"] > "s005"], **options)
    whole = apply_harmonisation(table, model)
    for who in ("s003", "s020"):
        own = table["subject"] == who
        np.testing.assert_allclose(apply_harmonisation(table[own], model)["value"], whole["value"][own], rtol=1e-10)


def test_regions_can_come_in_another_order_and_some_may_lack():
    table, _ = made()
    model = fit_harmonisation(table, keep="age")
    some = table[table["region"].isin(["region4", "region2"])].iloc[::-1]
    whole = apply_harmonisation(table, model)
    with pytest.warns(FsstatsWarning, match=r"does not have these regions of the model: aparc_lh_region0_thickness,"):
        found = apply_harmonisation(some, model)
    np.testing.assert_allclose(found["value"], whole.loc[found.index, "value"], rtol=1e-12)
    mixed = table.iloc[::-1]
    covbat = fit_harmonisation(table, method="covbat")
    found, whole = apply_harmonisation(mixed, covbat), apply_harmonisation(table, covbat)
    np.testing.assert_allclose(found["value"], whole.loc[found.index, "value"], rtol=1e-10)


def test_average_covariates_are_those_of_the_cohort_that_it_was_fitted_to():
    table, _ = made()
    model = fit_harmonisation(table, keep="age")
    found = apply_harmonisation(table.drop(columns="age"), model, average_covariates=True)
    same = apply_harmonisation(table.assign(age=table.drop_duplicates("subject")["age"].mean()), model)
    np.testing.assert_allclose(found["value"], same["value"], rtol=1e-12)


def test_head_size_out_of_the_table_can_be_kept():
    table = cohort(with_head_size=True)
    table = table[column_of(table).isin(["Left-Thalamus", "Right-Thalamus", "global"]).to_numpy()].copy()
    table = table[table["subject"].isin(table.loc[table["region"] == "global", "subject"])]
    with pytest.warns(FsstatsWarning, match=r"left as they are: header Measures \(eTIV\)"):
        found = harmonise(table, keep="eTIV + age")
    is_head = (table["region"] == "global").to_numpy()
    assert (found["value"][is_head] == table["value"][is_head]).all()
    by_column = harmonise(table[~is_head], keep="eTIVc + age")
    np.testing.assert_allclose(found["value"][~is_head], by_column["value"], rtol=1e-9)


def test_a_region_that_is_kept_is_not_harmonised_itself():
    table, _ = made()
    name, is_kept = "aparc_lh_region0_thickness", (table["region"] == "region0").to_numpy()
    with pytest.warns(FsstatsWarning, match=rf"left as they are: what is kept \({name}\)"):
        found = harmonise(table, keep=f"age + `{name}`")
    assert (found["value"][is_kept] == table["value"][is_kept]).all()
    assert (found["value"][~is_kept] != table["value"][~is_kept]).any()


def test_the_table_of_a_model_says_what_a_site_does_in_the_unit_of_the_measure():
    table, _ = made()
    shown = fit_harmonisation(table, empirical_bayes=False).table()
    means = table.groupby(["region", "site"])["value"].mean()
    overall = table.groupby("region")["value"].mean()
    expected = [means[one.region, one.site] - overall[one.region] for one in shown.itertuples()]
    np.testing.assert_allclose(shown["shift"], expected)
    assert shown["n"].tolist() == [30] * len(shown)
    assert (shown["unit"] == "mm").all()


# The table that comes back


def test_rows_order_index_and_further_columns_stay():
    table, _ = made()
    odd = table.sample(frac=1, random_state=3).assign(rating=lambda rows: np.arange(len(rows)))
    odd = odd[["rating", *table.columns]].astype({"region": "category", "site": "category"})
    before = odd.copy()
    found = harmonise(odd, keep="age")
    assert_frame_equal(odd, before)
    assert_frame_equal(found.drop(columns="value"), odd.drop(columns="value"))
    np.testing.assert_allclose(found.sort_index()["value"], harmonise(table, keep="age")["value"], rtol=1e-10)


GAPPY = {name: options for name, options in METHODS.items() if name != "covbat"}


@pytest.mark.parametrize("options", GAPPY.values(), ids=GAPPY)
def test_a_missing_value_stays_missing_and_the_rest_does_not_suffer(options):
    table, options = of_method(options)
    gaps = table.copy()
    gaps.loc[gaps.index[::37], "value"] = np.nan
    found = harmonise(gaps, **options)
    assert (found["value"].isna() == gaps["value"].isna()).all()
    # rows that are not there are the same as values that are missing
    dropped = harmonise(gaps.dropna(subset=["value"]), **options)
    np.testing.assert_allclose(dropped["value"], found["value"].dropna(), rtol=1e-9)


@pytest.mark.parametrize("method", ["combat", "longcombat"])
def test_without_empirical_bayes_each_region_is_as_if_alone(method):
    table = visits() if method == "longcombat" else made()[0]
    table.loc[table.index[::17], "value"] = np.nan
    options = {"method": method, "keep": "age", "empirical_bayes": False}
    whole = harmonise(table, **options)
    for region in ("region0", "region3"):
        own = table[table["region"] == region].dropna(subset=["value"])
        np.testing.assert_allclose(harmonise(own, **options)["value"], whole.loc[own.index, "value"], rtol=1e-7)


def test_what_cannot_be_harmonised_is_left_and_named():
    table, _ = made()
    n = table.drop_duplicates("subject")
    zero = n.assign(region="5th", value=0.0)
    gone = n.assign(region="gone", value=np.nan)
    count = table.assign(measure="n_vertices", unit="unitless")
    head = n.assign(source="aseg", hemi=None, region="global", measure="eTIV", value=1.5e6, unit="mm^3")
    whole = pd.concat([table, zero, gone, count, head], ignore_index=True)
    said = (
        r"left as they are: header Measures \(eTIV\); counts \(n_vertices\); "
        r"without any variation \(aparc_lh_5th_thickness, aparc_lh_gone_thickness\)"
    )
    with pytest.warns(FsstatsWarning, match=said):
        found = harmonise(whole)
    np.testing.assert_allclose(found["value"][: len(table)], harmonise(table)["value"], rtol=1e-12)
    pd.testing.assert_series_equal(found["value"][len(table) :], whole["value"][len(table) :])


def test_small_sites_are_warned_of():
    table, _ = made(n=28)
    with pytest.warns(FsstatsWarning, match=r"fewer than 10 runs: B \(9\), C \(9\)"):
        harmonise(table)


def test_sites_may_be_numbers_booleans_or_categories():
    table, _ = made(sites=("A", "B"))
    plain = harmonise(table)["value"]
    for codes in ({"A": 1, "B": 2}, {"A": 1.0, "B": 2.0}, {"A": True, "B": False}):
        np.testing.assert_allclose(harmonise(table.assign(site=table["site"].map(codes)))["value"], plain, rtol=1e-10)
    unused = table.assign(site=pd.Categorical(table["site"], categories=["Z", "B", "A"]))
    np.testing.assert_allclose(harmonise(unused)["value"], plain, rtol=1e-10)
    numbered = fit_harmonisation(table.assign(site=table["site"].map({"A": 1.0, "B": 2.0})))
    assert numbered.sites == ("1", "2")


def test_mean_only_can_take_a_site_with_one_run():
    table, _ = made()
    one = table["subject"] == "s005"
    table.loc[one, "site"] = "lonely"
    with pytest.warns(FsstatsWarning, match=r"lonely \(1\)"):
        found = harmonise(table, mean_only=True)
    assert np.isfinite(found["value"]).all()


# Laws

FACTORS = st.sampled_from([1e-6, 0.001, 7.0, 1e6])


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 99), method=st.sampled_from(["combat", "covbat"]))
def test_the_order_of_rows_does_not_matter(seed, method):
    table, _ = made(n=45)
    mixed = table.sample(frac=1, random_state=seed)
    found = harmonise(mixed, keep="age + group", method=method).sort_index()
    np.testing.assert_allclose(found["value"], harmonise(table, keep="age + group", method=method)["value"], rtol=1e-9)


@settings(max_examples=6, deadline=None)
@given(factor=FACTORS, parametric=st.booleans(), constant=st.sampled_from([0.0, 1e3, -50.0]))
def test_the_unit_of_a_region_and_a_constant_do_not_matter(factor, parametric, constant):
    table, _ = made(n=45)
    changed = table.copy()
    own = table["region"] == "region2"
    changed.loc[own, "value"] = (table["value"][own] + constant) * factor
    plain, found = (harmonise(one, keep="age", parametric=parametric)["value"] for one in (table, changed))
    np.testing.assert_allclose(found[own] / factor - constant, plain[own], rtol=1e-7)
    np.testing.assert_allclose(found[~own], plain[~own], rtol=1e-7)


@settings(max_examples=4, deadline=None)
@given(factor=FACTORS, shift=st.sampled_from([0.0, -40.0, 1000.0]))
def test_the_unit_of_a_covariate_does_not_matter(factor, shift):
    for table, options in ((made(n=45)[0], {}), (visits(20), {"method": "longcombat"})):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FsstatsWarning)
            plain = harmonise(table, keep="age * sex", **options)
            found = harmonise(table.assign(age=(table["age"] + shift) * factor), keep="age * sex", **options)
        np.testing.assert_allclose(found["value"], plain["value"], rtol=1e-6)


def test_a_region_more_that_no_site_changes_leaves_others_without_empirical_bayes_alone():
    table, clean = made()
    more = clean[clean["region"] == "region0"].assign(region="free")
    found = harmonise(pd.concat([table, more], ignore_index=True), keep="age", empirical_bayes=False)
    plain = harmonise(table, keep="age", empirical_bayes=False)
    np.testing.assert_allclose(found["value"][: len(table)], plain["value"], rtol=1e-10)


@pytest.mark.filterwarnings("ignore:site.s. with fewer:fsstats.errors.FsstatsWarning")
def test_measures_are_apart_in_longitudinal_combat_too():
    table = longitudinal()
    thickness = table[table["measure"] == "thickness"]
    keep = "age_bl + time"
    whole = harmonise(table, site="scanner", keep=keep, method="longcombat")
    own = harmonise(thickness, site="scanner", keep=keep, method="longcombat")
    np.testing.assert_allclose(whole.loc[own.index, "value"], own["value"], rtol=1e-7)


# What goes wrong


def changed(**columns):
    return lambda table: table.assign(**columns)


def without(**rows):
    return lambda table: table[~np.logical_and.reduce([table[name] == level for name, level in rows.items()])]


def with_values(value, **rows):
    def change(table):
        where = np.logical_and.reduce([table[name] == level for name, level in rows.items()])
        return table.assign(value=table["value"].where(~where, value))

    return change


FAULTS = {
    "no column of the site": (changed(), {"site": "scanner"}, ColumnsError, "needs the column.s. 'scanner'"),
    "the site is no property of a run": (
        changed(),
        {"site": "region"},
        ColumnsError,
        r"harmonise \(site\): the column 'region' of a long table",
    ),
    "no rows": (lambda table: table.iloc[:0], {}, TableError, "the table has no rows"),
    "one site": (changed(site="A"), {}, TableError, "expected at least 2 sites to harmonise, found A"),
    "a run without a site": (
        lambda table: table.assign(site=table["site"].where(table["subject"] != "s004")),
        {},
        TableError,
        "site is missing in 1 of 90 runs: s004. Fill it in",
    ),
    "a covariate is missing": (
        lambda table: table.assign(age=table["age"].where(table["subject"] > "s001")),
        {"keep": "age"},
        TableError,
        "age is missing in 2 of 90 runs: s000, s001",
    ),
    "a variable that is not there": (changed(), {"keep": "agee"}, UnknownNameError, "no variable is called 'agee'"),
    "the site is kept": (changed(), {"keep": "age + site"}, FormulaError, "found the site itself, site"),
    "no intercept": (changed(), {"keep": "0 + group"}, FormulaError, "leave '0 \\+' or '- 1' out"),
    "a response": (changed(), {"keep": "log(value) ~ age"}, FormulaError, r"log\(value\) on the left"),
    "code": (changed(), {"keep": "__import__('os').getpid()"}, FormulaError, "expected"),
    "confounded": (
        lambda table: table.assign(group=np.where(table["site"] == "A", "patient", "control")),
        {"keep": "age + group"},
        FormulaError,
        r"group\[T.patient\] is a combination of site=A.*No method can part them",
    ),
    "fewer runs than sites and covariates": (
        lambda table: table[table["subject"] < "s006"],
        {"keep": "bs(age, df=4)"},
        TableError,
        "expected more runs than sites and covariates",
    ),
    "a site with one run": (
        lambda table: table.assign(site=table["site"].where(table["subject"] != "s004", "Z")),
        {},
        TableError,
        r"site\(s\) with one run: Z; its spread cannot be estimated. Leave them out, or use mean_only=True",
    ),
    "a region with one value at a site": (
        lambda table: table[(table["site"] != "B") | (table["region"] != "region3") | (table["subject"] == "s001")],
        {},
        TableError,
        r"aparc_lh_region3_thickness \(1\): expected at least 2 value\(s\) at site B",
    ),
    "a region that is nowhere at a site": (
        without(site="B", region="region3"),
        {"mean_only": True},
        TableError,
        r"aparc_lh_region3_thickness \(0\): expected at least 1 value\(s\) at site B. Leave the region or the site out$",
    ),
    "a region that is constant at a site": (
        with_values(0.0, site="B", region="region1"),
        {},
        TableError,
        r"no variation at site B: aparc_lh_region1_thickness \(always 0\). Was it measured there\?",
    ),
    "nothing that varies": (changed(value=1.0), {}, TableError, "no region to harmonise; left out are without any var"),
    "an infinite value": (
        with_values(np.inf, subject="s007", region="region1"),
        {},
        TableError,
        "aparc_lh_region1_thickness of s007 is infinite",
    ),
    "a region that the model gives": (
        lambda table: table.assign(value=table["value"].where(table["region"] != "region1", table["age"])),
        {"keep": "age"},
        TableError,
        "no model of aparc_lh_region1_thickness: 4 sites and covariates leave nothing of 90 values",
    ),
    "a region whose rows do not tell covariates from sites": (
        lambda table: table[(table["region"] != "region1") | ((table["site"] == "A") == (table["group"] == "patient"))],
        {"keep": "group"},
        TableError,
        r"no model of aparc_lh_region1_thickness: in the .. rows that have a value, group\[T.patient\] is a combination",
    ),
    "one region": (
        lambda table: table[table["region"] == "region0"],
        {},
        TableError,
        "these have none: aparc_lh_region0_thickness. Use empirical_bayes=False",
    ),
    "a measure that is not there": (changed(), {"measures": ["volume"]}, UnknownNameError, "no measure of this table"),
    "an unknown reference": (changed(), {"reference_site": "D"}, UnknownNameError, "no site is called 'D'"),
    "a reference for covbat": (changed(), {"method": "covbat", "reference_site": "A"}, TableError, "leave it out"),
    "an unknown method": (changed(), {"method": "combatt"}, UnknownNameError, "did you mean combat"),
    "an unknown scale": (changed(), {"scale": "ml"}, UnknownNameError, "no kind of scale"),
    "an odd mean_only": (changed(), {"mean_only": "yes"}, UnknownNameError, "choice of mean_only"),
    "an odd set": (changed(), {"within": ["age"]}, UnknownNameError, "no column that regions are put together by"),
    "explained by all": (changed(), {"method": "covbat", "explained": 1.0}, TableError, "between 0 and 1"),
    "a reference with one run": (
        lambda table: table.assign(site=table["site"].where(table["subject"] != "s004", "Z")),
        {"mean_only": True, "reference_site": "Z"},
        TableError,
        "the reference, site=Z, has one value, from which no spread can be estimated",
    ),
    "no measures": (changed(), {"measures": []}, TableError, "no region to harmonise"),
    "covbat with gaps": (
        with_values(np.nan, subject="s007", region="region1"),
        {"method": "covbat"},
        TableError,
        "1 are missing: of the regions aparc_lh_region1_thickness, of the subjects s007. Leave either out",
    ),
    "several runs": (
        lambda table: pd.concat([table, table.assign(session="2")]),
        {},
        TableError,
        r"90 subject\(s\) have several runs.*method='longcombat'",
    ),
    "several streams": (
        lambda table: pd.concat([table, table.assign(stream="long")]),
        {"allow": ["repeated"]},
        TableError,
        "streams mixed",
    ),
    "longcombat of single visits": (
        changed(),
        {"method": "longcombat"},
        TableError,
        "no model of aparc_lh_region0_thickness, .*: each group of subject has one value",
    ),
}


@pytest.mark.filterwarnings("ignore::fsstats.errors.FsstatsWarning")
@pytest.mark.parametrize(("change", "options", "error", "message"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_said(change, options, error, message):
    table, _ = made()
    with pytest.raises(error, match=message):
        harmonise(change(table), **options)


def test_a_wide_table_is_refused():
    with pytest.raises(ColumnsError, match="needs the column"):
        harmonise(pd.DataFrame({"subject": ["a"], "site": ["A"]}))


APPLIED = {
    "an unknown site": (
        changed(site="Z"),
        UnknownNameError,
        "the model knows the sites A, B, C, and not Z: what a site does",
    ),
    "no site": (
        lambda table: table.drop(columns="site"),
        ColumnsError,
        "apply_harmonisation needs the column.s. 'site'",
    ),
    "a missing site": (changed(site=None), TableError, "site is missing in 90 of 90 runs"),
    "no covariate": (lambda table: table.drop(columns="age"), UnknownNameError, "no variable is called 'age'"),
    "a missing covariate": (
        lambda table: table.assign(age=table["age"].where(table["subject"] != "s004")),
        TableError,
        "age is missing in 1 of 90 runs: s004",
    ),
    "an unknown level": (changed(sex="X"), FormulaError, "sex: expected the levels F, M, found X"),
    "text in place of a number": (changed(age="old"), FormulaError, r"age: expected numbers, found levels \(old\)"),
    "beyond the spline": (changed(age=200.0), FormulaError, "expected a design matrix, found"),
    "another unit": (changed(unit="cm"), TableError, "aparc_lh_region0_thickness is in cm, in the model in mm"),
    "an infinite value": (
        with_values(np.inf, subject="s001", region="region2"),
        TableError,
        "aparc_lh_region2_thickness of s001 is infinite",
    ),
    "other regions": (changed(region="insula"), TableError, "occur twice"),
    "no region of the model": (changed(source="aseg"), TableError, "the table has none of its regions"),
}


@pytest.mark.parametrize(("change", "error", "message"), APPLIED.values(), ids=APPLIED)
def test_what_cannot_be_applied_is_said(change, error, message):
    table, _ = made()
    model = fit_harmonisation(table, keep="bs(age, df=4) + sex")
    with pytest.raises(error, match=message):
        apply_harmonisation(change(table), model)


def test_regions_that_a_model_does_not_know_stay_and_are_named():
    table, _ = made()
    model = fit_harmonisation(table)
    more = pd.concat([table, table[table["region"] == "region0"].assign(region="new")], ignore_index=True)
    with pytest.warns(FsstatsWarning, match="the model does not know them: aparc_lh_new_thickness$"):
        found = apply_harmonisation(more, model)
    assert (found["value"][len(table) :] == more["value"][len(table) :]).all()


def test_covbat_needs_all_its_regions_and_values_again():
    table, _ = made()
    model = fit_harmonisation(table, method="covbat")
    with pytest.raises(TableError, match="the table has not aparc_lh_region2_thickness"):
        apply_harmonisation(table[table["region"] != "region2"], model)
    with pytest.raises(TableError, match="1 are missing"):
        apply_harmonisation(with_values(np.nan, subject="s001", region="region2")(table), model)


TEXTS = {
    "no JSON": ("{", "no stored harmonisation: expected JSON, found something else"),
    "something else": ("{}", "no stored harmonisation: the entry kind is missing"),
    "a list": ("[1]", r"no stored harmonisation: expected an object, found \[1\]"),
    "another version": ('{"kind": "fsstats harmonisation 9"}', "found 'fsstats harmonisation 9'"),
}


@pytest.mark.parametrize(("text", "message"), TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_no_model_is_refused(text, message):
    with pytest.raises(TableError, match=message):
        Harmonisation.from_json(text)


def test_a_stored_model_whose_parts_do_not_fit_is_refused():
    table, _ = made()
    written = json.loads(fit_harmonisation(table, keep="age").to_json())
    written["sites"] = ["A", "B"]
    with pytest.raises(TableError, match=r"expected the shape \[2, 6\], found \[3, 6\]"):
        Harmonisation.from_json(json.dumps(written))


def test_a_stored_formula_cannot_run_code():
    table, _ = made()
    written = json.loads(fit_harmonisation(table, keep="age").to_json())
    written["coding"]["formula"] = "__import__('os').getpid() * age"
    with pytest.raises(FormulaError, match="getpid"):
        Harmonisation.from_json(json.dumps(written))


def test_a_stored_model_without_what_its_formula_learned_is_refused():
    table, _ = made()
    model = fit_harmonisation(table, keep="scale(age)")
    written = json.loads(model.to_json())
    written["coding"]["state"] = {"pairs": []}
    with pytest.raises(TableError, match=r"coding.state: expected what scale\(age\) learned"):
        Harmonisation.from_json(json.dumps(written))


LEARN = [
    "scale(age)",
    "scale(age, center=False)",
    "scale(age, scale=False)",
    "scale(log(age))",
    "scale(bs(age, df=4))",
    "scale(poly(age, 2))",
    "standardize(age, rescale=False)",
    "center(age)",
    "poly(age, 3)",
    "poly(age, degree=2, raw=True)",
    "bs(age, df=5, degree=2)",
    "bs(age, knots=[40, 60], lower_bound=0, upper_bound=100)",
    "cr(age, df=4)",
    "cs(age, knots=[40, 60])",
    "cc(age, df=4)",
    "sex * scale(`my age`)",
    "bs(scale(age), df=4)",
    "I(age**2) + C(sex, contr.sum)",
]


@pytest.mark.parametrize("keep", LEARN)
def test_what_a_formula_learned_is_stored_whole(keep):
    table, _ = made()
    table["my age"] = table["age"]
    model = fit_harmonisation(table, keep=keep)
    again = Harmonisation.from_json(model.to_json())
    assert again.to_json() == model.to_json()
    few = table[table["subject"].isin(["s003", "s007", "s011"])]
    found, due = apply_harmonisation(few, again)["value"], harmonise(table, keep=keep)["value"]
    np.testing.assert_allclose(found, due[found.index], rtol=1e-10)


ALIKE = {
    "two columns": ("scale(`my age`) + my_age", "my age", "my_age"),
    "one column twice": ("I(`my age` * center(`my age`))", "my age", "other"),
}


@pytest.mark.parametrize(("keep", "one", "other"), ALIKE.values(), ids=ALIKE)
def test_names_that_formulas_cannot_tell_apart_are_an_error(keep, one, other):
    people = people_of()
    people[one], people[other] = people["age"], np.random.default_rng(8).normal(size=len(people))
    table = table_of(people, np.random.default_rng(9).normal(size=(len(people), 3)))
    with pytest.raises(FormulaError, match=r"expected names that (do not look alike|differ in more)"):
        fit_harmonisation(table, keep=keep)


@pytest.mark.parametrize("site", [3.0, 3, "3", np.float64(3)])
def test_the_reference_site_may_be_a_number(site):
    table, _ = made(sites=("1.5", "3"))
    due = harmonise(table, reference_site="3")["value"]
    numbered = table.assign(site=table["site"].astype(float))
    model = fit_harmonisation(numbered, reference_site=site)
    assert (model.sites, model.reference_site) == (("1.5", "3"), "3")
    pd.testing.assert_series_equal(apply_harmonisation(numbered, model)["value"], due)
    alone = numbered[numbered["site"] == 3.0]
    pd.testing.assert_series_equal(apply_harmonisation(alone, model)["value"], alone["value"])


@pytest.mark.parametrize("name", ["segid", "name_found"])
def test_a_column_of_values_is_no_site(name):
    table, _ = made()
    table[name] = np.where(table["site"] == "A", "x", "y")
    with pytest.raises(ColumnsError, match=rf"fit_harmonisation \(site\): the column '{name}' .* not of people"):
        fit_harmonisation(table, site=name)


# The core


def test_variances_are_divided_by_the_number_of_rows():
    rng = np.random.default_rng(5)
    values, site = rng.normal(size=(20, 3)), np.arange(20) % 2
    rows = Rows(site, 2, np.empty((20, 0)), np.arange(20))
    found = common_of(values, rows)
    means = np.array([values[site == one].mean(axis=0) for one in range(2)])
    np.testing.assert_allclose(found.mean, values.mean(axis=0))
    np.testing.assert_allclose(found.scale**2, ((values - means[site]) ** 2).mean(axis=0))


def test_the_components_do_not_depend_on_the_sign_of_their_axes():
    rng = np.random.default_rng(6)
    values, site = rng.normal(size=(40, 4)), np.arange(40) % 2
    scores = scores_of(values, site, 2, 0.9)
    turned = scores_of(-values, site, 2, 0.9)
    np.testing.assert_allclose(scores.sites.variance, turned.sites.variance)
    assert len(scores.loadings) == 4


def test_a_site_that_does_nothing_loses_nothing():
    rng = np.random.default_rng(7)
    z = rng.normal(size=(2000, 50))
    found = sites_of(z, np.arange(2000) % 2, 2, Estimation())
    assert np.abs(found.shift).max() < 0.05
    assert np.abs(found.variance - 1).max() < 0.1


def test_a_model_is_never_changed_by_its_use():
    table, _ = made()
    model = fit_harmonisation(table, method="covbat", keep="bs(age, df=3)")
    before = model.to_json()
    apply_harmonisation(table, model)
    apply_harmonisation(table.iloc[::-1], model)
    assert model.to_json() == before
    assert replace(model).to_json() == before


def test_warnings_point_to_the_line_that_called():
    table, _ = made(n=28)
    more = pd.concat([table, table[table["region"] == "region0"].assign(region="new")], ignore_index=True)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = fit_harmonisation(table)
        harmonise(table)
        apply_harmonisation(more, model)
    assert [one.filename for one in said] == [__file__] * 3
