"""Meta-analysis: laws, what is left out and said, levels. The figures of metafor are in agreements/meta.py."""

import re
import warnings
from dataclasses import fields
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize_scalar
from statsmodels.stats.meta_analysis import combine_effects

from frames_support import assert_frame_equal
from fsstats.errors import ColumnsError, FsstatsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import RESULTS
from fsstats.stats._pooling import METHODS, TESTS, pool, regress_on_error
from fsstats.stats.by_site import by_site
from fsstats.stats.compare import compare
from fsstats.stats.correlate import correlate
from fsstats.stats.design import design_of
from fsstats.stats.meta import META_COLUMNS, egger, leave_one_out, meta, meta_weights
from fsstats.stats.regress import regress
from fsstats.tables.shape import to_wide
from reference_support import cohort

D = [-0.1, -0.5, -0.2, -0.4]
SE = [0.22, 0.18, 0.26, 0.15]


def sites(d=D, se=SE, **columns):
    """Give a results table of one region: a row a site."""
    frame = pd.DataFrame({"site": [f"M{i}" for i in range(1, len(d) + 1)], "effect_size": d, "effect_se": se}).assign(
        source="aseg",
        hemi="lh",
        region="Left-Amygdala",
        measure="volume",
        term="patient - control",
        unit="mm^3",
        effect_name="cohens_d",
        n=100,
        n_first=50,
        n_second=50,
        n_missing=1,
    )
    return frame.astype({"effect_size": float, "effect_se": float}).assign(**columns)


def one(table):
    assert len(table) == 1
    return table.iloc[0]


def of_regions(d, se):
    """Give the results of many regions: arrays of the shape (sites, regions)."""
    parts = [sites(d[:, j], se[:, j], region=f"r{j}") for j in range(d.shape[1])]
    return pd.concat(parts, ignore_index=True)


# --- numbers


@pytest.mark.parametrize("seed", range(4))
def test_the_variance_between_sites_has_the_largest_likelihood(seed):
    rng = np.random.default_rng(seed)
    k = 3 + 4 * seed
    se = rng.uniform(0.05, 0.5, k)
    d = rng.normal(0.3, 0.3, k)

    def minus(tau2, restricted):
        v = se**2 + tau2
        mean = np.average(d, weights=1 / v)
        value = np.log(v).sum() + ((d - mean) ** 2 / v).sum()
        return value + (np.log((1 / v).sum()) if restricted else 0.0)

    for method in ("REML", "ML"):
        found = minimize_scalar(
            lambda x, m=method: minus(x, m == "REML"), bounds=(0, 4), method="bounded", options={"xatol": 1e-12}
        )
        ours = one(meta(sites(d, se), method=method))["tau2"]
        assert ours == pytest.approx(found.x, abs=1e-6)
        assert minus(ours, method == "REML") <= found.fun + 1e-12


@pytest.mark.parametrize(("method", "theirs"), [("DL", "chi2"), ("PM", "iterated")])
def test_statsmodels_finds_the_same(method, theirs):
    rng = np.random.default_rng(5)
    d, se = rng.normal(0, 0.4, 15), rng.uniform(0.1, 0.4, 15)
    figures = combine_effects(d, se**2, method_re=theirs, use_t=False)  # PM: a smaller atol makes it give up with 0
    ours = one(meta(sites(d, se), method=method, test="z"))
    assert ours["tau2"] == pytest.approx(figures.tau2, rel=1e-6)
    assert ours["estimate"] == pytest.approx(figures.mean_effect_re, rel=1e-6)
    assert ours["std_error"] == pytest.approx(figures.sd_eff_w_re, rel=1e-6)
    assert ours["q"] == pytest.approx(figures.q)


def test_limits_of_tau2_are_where_q_has_its_quantiles():
    d, se = np.array(D) * 3, np.array(SE)
    found = one(meta(sites(d, se), conf_level=0.9))
    for tau2, level in ((found["tau2_low"], 0.95), (found["tau2_high"], 0.05)):
        weights = 1 / (se**2 + tau2)
        q = (weights * (d - np.average(d, weights=weights)) ** 2).sum()
        assert stats.chi2.cdf(q, 3) == pytest.approx(level)


def test_the_truncated_test_is_never_narrower_than_z():
    alike = sites([-0.31, -0.3, -0.3, -0.29])
    error = {test: one(meta(alike, test=test))["std_error"] for test in TESTS}
    assert error["knha"] < error["adhoc"] == pytest.approx(error["z"])
    apart = sites([-0.9, 0.3, -0.3, 0.9])
    assert one(meta(apart, test="adhoc", method="DL"))["std_error"] == pytest.approx(
        max(one(meta(apart, test=test, method="DL"))["std_error"] for test in ("knha", "z"))
    )


def test_of_equal_effects_z_is_the_default_test():
    assert np.isinf(one(meta(sites(), method="EE"))["df"])
    assert one(meta(sites()))["df"] == 3
    assert one(meta(sites(), method="EE"))["method"] == "meta-analysis, equal effects, z"
    assert one(meta(sites()))["method"] == "meta-analysis, random effects (REML), t by Knapp and Hartung"


@pytest.mark.parametrize("k", [2, 3, 4])
def test_q_is_held_against_chi2_with_a_degree_of_freedom_less_than_sites(k):
    found = one(meta(sites(D[:k], SE[:k])))
    assert found["q_df"] == k - 1
    assert found["q_p"] == pytest.approx(stats.chi2.sf(found["q"], k - 1))


def test_equal_effects_have_no_spread_and_so_no_prediction():
    found = one(meta(sites(), method="EE"))
    assert found[["prediction_low", "prediction_high", "tau2_low", "tau2_high"]].isna().all()
    assert found["tau2"] == 0
    wider = one(meta(sites(np.array(D) * 3), method="DL", test="z"))
    reach = stats.norm.ppf(0.975) * np.hypot(wider["std_error"], np.sqrt(wider["tau2"]))
    assert wider["prediction_high"] - wider["estimate"] == pytest.approx(reach)


def test_estimates_are_pooled_in_their_unit():
    table = sites().assign(estimate=[-100.0, -200, -150, -120], std_error=[40.0, 50, 60, 30])
    found = one(meta(table, value="estimate"))
    assert found["unit"] == "mm^3"
    assert found["estimate"] == pytest.approx(
        one(meta(sites([-100, -200, -150, -120], [40, 50, 60, 30])))["effect_size"]
    )
    assert np.isnan(found["effect_size"])
    assert one(meta(table))["unit"] == "unitless"


def test_correlations_are_pooled_as_fishers_z():
    r, df = np.array([0.2, 0.5, 0.35, 0.8]), np.array([50, 70, 90, 30])
    table = sites(r, (1 - r**2) / np.sqrt(df), effect_name="partial_r")
    found, z = one(meta(table)), one(meta(sites(np.arctanh(r), 1 / np.sqrt(df))))
    for name in ("estimate", "ci_low", "ci_high", "prediction_low", "prediction_high", "effect_high"):
        assert found[name] == pytest.approx(np.tanh(z[name]))
    for name in ("tau2", "q", "statistic", "p_value", "i2"):
        assert found[name] == pytest.approx(z[name])
    assert found["std_error"] == pytest.approx(z["std_error"] * (1 - found["estimate"] ** 2))
    assert "of Fisher's z" in found["method"]


def test_the_table_is_a_results_table_with_more_behind():
    found = meta(sites())
    assert found.columns.tolist() == [*RESULTS, *META_COLUMNS]
    row = one(found)
    assert row[["n", "n_first", "n_second", "n_missing", "k"]].tolist() == [400, 200, 200, 4, 4]
    assert (row["effect_name"], row["term"], row["df_term"]) == ("cohens_d", "patient - control", 1)
    assert (
        row[["effect_size", "effect_se", "effect_low", "effect_high"]].tolist()
        == row[["estimate", "std_error", "ci_low", "ci_high"]].tolist()
    )
    assert pd.isna(row["note"])


# --- laws


some_sites = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=2, max_size=9, unique_by=lambda pair: round(pair[0], 2)
)


@settings(deadline=None, max_examples=25)
@given(some_sites, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_the_order_of_sites_does_not_matter(pairs, method, random):
    d, se = (list(part) for part in zip(*pairs, strict=True))
    table = sites(d, se)
    order = list(range(len(d)))
    random.shuffle(order)
    numbers = [*META_COLUMNS, "estimate", "std_error", "p_value"]
    one_way, other = (meta(rows, method=method)[numbers] for rows in (table, table.iloc[order]))
    np.testing.assert_allclose(one_way, other, rtol=1e-6, atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(some_sites, st.sampled_from(METHODS), st.floats(1e-6, 1e6), st.floats(-10, 10))
def test_units_scale_and_shifts_move(pairs, method, scale, shift):
    d, se = (np.array(part) for part in zip(*pairs, strict=True))
    plain, other = (one(meta(sites(*both), method=method)) for both in ((d, se), ((d + shift) * scale, se * scale)))
    assert other["estimate"] / scale - shift == pytest.approx(plain["estimate"], rel=1e-6, abs=1e-6)
    assert other["std_error"] / scale == pytest.approx(plain["std_error"], rel=1e-5)
    assert other["tau2"] / scale**2 == pytest.approx(plain["tau2"], rel=1e-4, abs=1e-8)
    assert other["i2"] == pytest.approx(plain["i2"], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_regions_do_not_know_each_other(method):
    rng = np.random.default_rng(3)
    d, se = rng.normal(0, 0.4, (6, 20)), rng.uniform(0.1, 0.5, (6, 20))
    d[rng.random(d.shape) < 0.2] = np.nan
    together = meta(of_regions(d, se), method=method)
    for j in (0, 7, 19):
        alone = meta(sites(d[:, j], se[:, j], region=f"r{j}"), method=method)
        assert_frame_equal(alone, together.iloc[[j]].reset_index(drop=True))


# --- what cannot be pooled


def test_one_site_keeps_its_own_numbers_and_says_so():
    found = one(meta(sites([-0.3], [0.2])))
    assert found[["estimate", "std_error", "k"]].tolist() == pytest.approx([-0.3, 0.2, 1])
    assert found["ci_low"] == pytest.approx(-0.3 - stats.norm.ppf(0.975) * 0.2)
    assert found["p_value"] == pytest.approx(2 * stats.norm.cdf(-1.5))
    assert found["note"] == "one site only: its own numbers, with z"
    assert found[["tau2", "i2", "q_p", "prediction_low"]].isna().all()


OUT = {
    "no number": (np.nan, 0.2, "M1 (no effect size)"),
    "an infinite number": (np.inf, 0.2, "M1 (no effect size)"),
    "no standard error": (-0.3, np.nan, "M1 (no effect se)"),
    "a standard error of 0": (-0.3, 0.0, "M1 (effect se of 0 or less)"),
    "a negative standard error": (-0.3, -0.1, "M1 (effect se of 0 or less)"),
    "an infinite standard error": (-0.3, np.inf, "M1 (no effect se)"),
    "a number beyond reason": (1e200, 0.2, "M1 (no effect size)"),
    "a standard error beyond reason": (-0.3, 1e-200, "M1 (effect se of 0 or less)"),
}


@pytest.mark.parametrize(("d", "se", "said"), OUT.values(), ids=OUT)
def test_a_site_that_cannot_be_used_is_named_and_the_others_are_pooled(d, se, said):
    found, rest = one(meta(sites([d, *D[1:]], [se, *SE[1:]]))), one(meta(sites().iloc[1:]))
    assert found[["estimate", "std_error", "tau2", "k", "n"]].equals(rest[["estimate", "std_error", "tau2", "k", "n"]])
    assert said in found["note"]
    assert found["n_missing"] == rest["n_missing"] + 101


def test_small_sites_are_left_out_by_their_smaller_group():
    table = sites(n_first=[9, 50, 50, 50], n_second=[91, 50, 50, 8])
    found = one(meta(table, minimum=10))
    assert found["k"] == 2
    assert found["note"] == "left out: M1 (fewer than 10 rows), M4 (fewer than 10 rows)"
    slopes = sites(n_first=np.nan, n_second=np.nan, n=[9, 50, 60, 70])
    assert one(meta(slopes, minimum=10))["k"] == 3


def test_regions_may_have_different_sites_and_the_notes_name_them():
    table = pd.concat([sites(), sites(region="Left-Putamen").iloc[:2], sites([np.nan], [0.1], region="CSF")])
    found = meta(table).set_index("region")
    assert found["k"].tolist() == [4, 2, 0]
    assert found.loc["Left-Putamen", "note"] == "left out: M3 (no such row), M4 (no such row)"
    assert found.loc["CSF", "note"].startswith("no site can be used; left out: M1 (no effect size), M2 (no such row)")
    assert np.isnan(found.loc["CSF", "estimate"])
    assert found.loc["CSF", "n"] == 0


def test_notes_of_the_sites_are_kept():
    table = sites([np.nan, *D[1:]], note=["too few rows: 3", "versions mixed", None, "versions mixed"])
    assert one(meta(table))["note"] == "left out: M1 (no effect size: too few rows: 3); M2, M4: versions mixed"


def test_sites_that_agree_exactly_have_no_t_by_knapp_and_hartung():
    found = one(meta(sites([0.3, 0.3, 0.3], [0.1, 0.1, 0.1])))
    assert found["estimate"] == pytest.approx(0.3)
    assert found[["std_error", "p_value", "ci_low"]].isna().all()
    assert found["note"] == "the sites agree exactly, so there is no t"
    assert one(meta(sites([0.3, 0.3, 0.3], [0.1, 0.1, 0.1]), test="adhoc"))["std_error"] == pytest.approx(
        0.1 / np.sqrt(3)
    )


REFUSED = {
    "a row twice": (lambda: meta(pd.concat([sites(), sites()])), TableError, "4 row(s) occur twice in a site"),
    "different effect sizes": (
        lambda: meta(sites(effect_name=["cohens_d", "hedges_g", "cohens_d", "cohens_d"])),
        TableError,
        "the sites differ in effect_name: cohens_d, hedges_g",
    ),
    "different units": (
        lambda: meta(sites(unit=["mm^3", "mL", "mm^3", None], estimate=1.0, std_error=1.0), value="estimate"),
        TableError,
        "the sites differ in unit: mm^3, mL",
    ),
    "a row without a site": (lambda: meta(sites(site=["a", None, "b", "c"])), TableError, "1 of 4 rows have no site"),
    "a column of the results for the site": (
        lambda: meta(sites(), site="n"),
        TableError,
        "the column 'n' cannot name the sites",
    ),
    "such a column above tables of sites": (
        lambda: meta_weights({"A": sites([0.1], [0.1])}, site="k"),
        TableError,
        "the column 'k' cannot name the sites",
    ),
    "no column of sites": (lambda: meta(sites().drop(columns="site")), ColumnsError, "needs the column(s) 'site'"),
    "no tables": (lambda: meta({}), TableError, "expected a table of all sites"),
    "no table": (lambda: meta(3), TableError, "expected a table of all sites"),
    "a mapping of something else": (lambda: meta({"A": 3}), TableError, "a table was expected of site A, not int"),
    "an unknown value": (lambda: meta(sites(), value="d"), UnknownNameError, "no value to pool is called 'd'"),
    "an unknown method": (lambda: meta(sites(), method="reml"), UnknownNameError, "did you mean REML?"),
    "an unknown test": (lambda: egger_or_meta(test="t"), UnknownNameError, "no test of a meta-analysis is called 't'"),
    "text for numbers": (
        lambda: meta(sites().assign(effect_size="large")),
        TableError,
        "effect_size must hold numbers",
    ),
    "no level": (lambda: meta(sites(), conf_level=95), TableError, "conf_level must be between 0 and 1"),
}


def egger_or_meta(**options):
    return leave_one_out(sites(), **options)


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_different_methods_are_warned_of():
    with pytest.warns(FsstatsWarning, match=re.escape("analysed by different methods: OLS | OLS, HC3")):
        meta(sites(method=["OLS", "OLS", "OLS, HC3", "OLS"]))


@pytest.mark.parametrize("verb", [meta, leave_one_out, egger, meta_weights])
def test_a_table_without_rows_gives_one(verb):
    assert len(verb(sites().iloc[:0])) == 0


@pytest.mark.parametrize("kind", ["category", "object", "int"])
def test_names_of_sites_may_be_of_any_type(kind):
    names = [1, 2, 3, 4] if kind == "int" else pd.Series(["1", "2", "3", "4"]).astype(kind)
    assert meta_weights(sites(site=names))["site"].tolist() == ["1", "2", "3", "4"]


def test_names_of_sites_do_not_depend_on_the_other_rows():
    whole = sites(site=[3.0, 1.5, 2.0, 10.0])
    assert meta_weights(whole)["site"].tolist() == ["3", "1.5", "2", "10"]
    assert meta_weights(whole.iloc[:1])["site"].tolist() == meta_weights(whole.iloc[[0, 2]])["site"].tolist()[:1]
    assert meta_weights({3.0: sites([0.1], [0.1]), 1.5: sites([0.2], [0.1])})["site"].tolist() == ["3", "1.5"]


def test_a_table_for_each_site_will_do():
    table = sites()
    mapping = {name: rows.drop(columns="site") for name, rows in table.groupby("site")}
    assert_frame_equal(meta(mapping), meta(table))
    assert_frame_equal(meta(table.rename(columns={"site": "centre"}), site="centre"), meta(table))


# --- the relatives


def test_leaving_a_site_out_is_pooling_the_others():
    table = pd.concat([sites(), sites(region="Left-Putamen").iloc[1:3]])
    found = leave_one_out(table)
    assert found["left_out"].tolist() == ["M1", "M2", "M3", "M4", "M2", "M3"]
    numbers = ["estimate", "std_error", "p_value", "tau2", "k", "n", "n_first", "n_missing"]
    for out in ("M1", "M4"):
        ours = found[(found["region"] == "Left-Amygdala") & (found["left_out"] == out)]
        others = meta(sites().loc[lambda rows, out=out: rows["site"] != out])
        assert_frame_equal(ours[numbers].reset_index(drop=True), others[numbers])
    assert found["note"].iloc[4].startswith("one site only")
    assert one(leave_one_out(sites([0.1], [0.1])))["note"] == "no site can be used"


def test_weights_add_up_to_100():
    found = meta_weights(sites([np.nan, *D[1:]]), method="DL")
    assert found["weight_percent"].sum() == pytest.approx(100)
    assert found["note"].tolist()[0] == "no effect size"
    assert found[["estimate", "weight_percent", "n"]].iloc[0].isna().all()


def test_egger_needs_three_sites_of_different_size():
    assert one(egger(sites(D[:2], SE[:2])))["note"] == "fewer than 3 sites"
    assert one(egger(sites(D, [0.1] * 4)))["note"] == "all standard errors are equal"
    x, y = np.array(SE), np.array(D)
    weighted = stats.linregress(1 / x, y / x)  # Egger's own form: the intercept of d / se on 1 / se
    assert one(egger(sites()))["estimate"] == pytest.approx(weighted.intercept)
    assert one(egger(sites()))["std_error"] == pytest.approx(weighted.intercept_stderr)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("test", TESTS)
def test_a_region_without_any_site_has_no_numbers(method, test):
    d, se = np.array([[np.nan, 0.1], [np.nan, 0.3]]), np.array([[np.nan, 0.1], [np.nan, 0.2]])
    found = pool(d, se, method=method, test=test)
    assert found.k.tolist() == [0, 2]
    numbers = [getattr(found, one.name) for one in fields(found) if one.name != "k"]
    assert all(np.isnan(number[..., 0]).all() for number in numbers)
    assert found.weights[:, 1].sum() == pytest.approx(100)


def test_eggers_regression_of_a_region_is_that_of_the_sites_that_it_has():
    rng = np.random.default_rng(4)
    d, se = rng.normal(0, 0.4, (6, 5)), rng.uniform(0.1, 0.5, (6, 5))
    d[0, 1], se[2, 2], d[3:, 3] = np.nan, np.nan, np.nan
    slope, error, df = regress_on_error(d, se)
    for j in range(5):
        own = np.isfinite(d[:, j]) & np.isfinite(se[:, j])
        x, y = se[own, j], d[own, j]
        weighted = stats.linregress(1 / x, y / x)
        assert (slope[j], error[j], df[j]) == pytest.approx((weighted.intercept, weighted.intercept_stderr, len(x) - 2))


def test_egger_needs_three_sites_in_the_region():
    d, se = np.array([[0.1, 0.1], [0.2, 0.2], [np.nan, 0.3]]), np.array([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]])
    assert np.isnan(regress_on_error(d, se)).tolist() == [[True, False]] * 3


# --- levels


def within(hits, level):
    return abs(np.mean(hits) - level) < 3.5 * np.sqrt(level * (1 - level) / len(hits))


def simulated(n_sites, n_regions, *, tau, seed):
    rng = np.random.default_rng(seed)
    se = np.broadcast_to(rng.uniform(0.15, 0.3, (n_sites, 1)), (n_sites, n_regions))
    return rng.normal(0, np.hypot(se, tau)), se


@pytest.mark.long
def test_knapp_and_hartung_keep_the_level_with_few_sites_and_z_does_not():
    d, se = simulated(8, 1000, tau=0.3, seed=21)
    p = meta(of_regions(d, se))["p_value"]  # the true level here is 5.4 %, see the docstring of meta
    assert within(p < 0.05, 0.05)
    assert within(p < 0.01, 0.01)
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    z = pool(d, se, method="DL", test="z").p_value
    assert (z < 0.05).mean() > 0.075
    common = pool(d, se, method="EE", test="z").p_value
    assert (common < 0.05).mean() > 0.2


def test_intervals_cover_at_their_level():
    d, se = simulated(10, 4000, tau=0.3, seed=22)
    found = pool(d + 0.4, se, method="REML", test="knha")
    assert within((found.low < 0.4) & (found.high > 0.4), 0.95)
    assert within((found.tau2_low < 0.09) & (found.tau2_high > 0.09), 0.95)
    assert found.tau2.mean() == pytest.approx(0.09, abs=0.006)


def predicted(*, se_scale):
    """Give how often the prediction interval of 10 sites holds the effect of a further one."""
    rng = np.random.default_rng(23)
    se = np.broadcast_to(se_scale * rng.uniform(0.15, 0.3, (10, 1)), (10, 4000))
    found = pool(rng.normal(0.4, np.hypot(se, 0.3)), se, method="REML", test="knha")
    further = rng.normal(0.4, 0.3, 4000)
    return (found.prediction_low < further) & (found.prediction_high > further)


def test_predictions_cover_where_sites_differ_much():
    assert within(predicted(se_scale=0.01), 0.95)


def test_predictions_are_too_narrow_where_tau2_is_not_known_well_as_the_docstring_says():
    assert np.mean(predicted(se_scale=1.0)) == pytest.approx(0.89, abs=0.02)  # by scipy's REML and hand: 0.8975


@pytest.mark.long
def test_eggers_p_is_uniform_where_the_funnel_is_even():
    rng = np.random.default_rng(24)
    se = rng.uniform(0.1, 0.4, (12, 1000))
    p = egger(of_regions(rng.normal(0, se), se))["p_value"]
    assert within(p < 0.05, 0.05)
    assert stats.kstest(p, "uniform").pvalue > 1e-3


# --- by site


def with_sites(**columns):
    return cohort().query("region in ['Left-Hippocampus', 'Right-Amygdala']").assign(**columns)


MODEL = "value ~ group + age + sex"


def test_each_site_is_analysed_by_itself():
    table = with_sites()
    with pytest.warns(FsstatsWarning) as warned:
        found = by_site(table, regress, MODEL, terms=["group"], minimum_per="group", minimum=7)
    assert found.columns[0] == "site"
    for name in found["site"].unique():
        alone = regress(table[table["site"] == name], MODEL, terms=["group"])
        ours = found[found["site"] == name].drop(columns="site").reset_index(drop=True)
        assert_frame_equal(ours, alone)
    text = str(warned[0].message)
    assert len(set(table["site"])) == found["site"].nunique() + int(text.split(maxsplit=1)[0])
    assert "fewer than 7 runs" in text


def test_options_reach_the_verb_also_those_that_are_called_groups():
    def verb(table, *, groups, reference):
        return pd.DataFrame({"groups": [groups], "reference": [reference], "n": [len(table)]})

    found = by_site(with_sites(), verb, groups="family", reference="CN", minimum=0)
    assert found.columns.tolist() == ["site", "groups", "reference", "n"]
    assert set(found["groups"]) == {"family"}


def test_a_wide_table_gives_the_same():
    table = with_sites()
    calls = [partial(by_site, one, regress, MODEL, minimum=0) for one in (table, to_wide(table, sep=None))]
    assert_frame_equal(*(call() for call in calls))


def test_the_pipeline_reads_as_it_is_meant():
    table = with_sites()
    found = (
        table.pipe(by_site, compare, "group", covariates=["age", "sex"], minimum=0)
        .query("term == 'PT - CN'")
        .pipe(meta, minimum=5)
    )
    assert found["k"].between(2, 8).all()
    assert (found["effect_name"] == "hedges_g").all()
    slopes = table.pipe(by_site, correlate, "age", minimum=0).pipe(meta)
    assert slopes["estimate"].between(-1, 1).all()


def test_the_site_itself_cannot_be_in_the_model():
    with pytest.raises(UnknownNameError, match="no variable is called 'site'") as error:
        by_site(with_sites(), regress, "value ~ group + site")
    assert "cannot be in the model of one site" in error.value.__notes__[0]


def test_a_site_without_the_reference_level_is_skipped_as_its_terms_would_mean_something_else():
    table = with_sites()
    table = table[~((table["site"] == "S1") & (table["dx3"] == "CN"))]
    with pytest.warns(FsstatsWarning, match=re.escape("1 site(s) skipped: S1 (no run of dx3 CN, with which")):
        found = by_site(table, regress, formula="value ~ dx3 + age", minimum=0)
    assert "S1" not in set(found["site"])
    with pytest.warns(FsstatsWarning, match="skipped"):
        assert_frame_equal(found, by_site(table, regress, "value ~ dx3 + age", minimum=0))
    stated = by_site(table, regress, "value ~ dx3 + age", reference={"dx3": "AD"}, minimum=0)
    assert "S1" in set(stated["site"])


def test_a_variable_with_one_level_in_a_site_is_named():
    table = with_sites()
    table = table[~((table["site"] == "S1") & (table["sex"] == "F"))]
    with pytest.warns(FsstatsWarning, match=re.escape("not in the model of a site: S1 (sex, all M)")):
        found = by_site(table, regress, MODEL, minimum=0)
    assert "sex[T.M]" not in set(found.query("site == 'S1'")["term"])
    note = meta(found).query("term == 'sex[T.M]'")["note"]
    assert note.str.contains("S1 (no such row)", regex=False).all()


QUOTED = {
    "a name": ("my dx", "value ~ `my dx` + age"),
    "a name that is coded": ("my.dx", "value ~ C(`my.dx`) + age"),
    "a name in an interaction": ("my dx", "value ~ age * `my dx`"),
}


@pytest.mark.parametrize(("name", "formula"), QUOTED.values(), ids=QUOTED)
def test_variables_between_backticks_have_a_reference_too(name, formula):
    table = with_sites().rename(columns={"dx3": name})
    table = table[~((table["site"] == "S1") & (table[name] == "CN"))]
    with pytest.warns(FsstatsWarning, match=re.escape(f"1 site(s) skipped: S1 (no run of {name} CN, with which")):
        assert "S1" not in set(by_site(table, regress, formula, minimum=0)["site"])


def test_numbers_that_the_formula_codes_have_a_reference_and_no_decimal_point():
    table = with_sites()
    table["grade"] = table["dx3"].astype(str).map({"CN": 1.0, "MCI": 2.0, "AD": 3.0})
    table = table[~((table["site"] == "S1") & (table["grade"] == 1))]
    with pytest.warns(FsstatsWarning, match=re.escape("S1 (no run of grade 1, with which")):
        by_site(table, regress, "value ~ C(grade)", minimum=0)


def test_numbers_in_a_column_of_objects_have_no_reference():
    table = with_sites()
    table["age"] = table["age"].astype("object")
    youngest = table["age"] == table.loc[table["age"].notna(), "age"].min()
    found = by_site(table[~youngest], regress, "value ~ age", minimum=0)
    assert_frame_equal(found, by_site(table[~youngest].astype({"age": float}), regress, "value ~ age", minimum=0))
    assert set(found["site"]) == set(table["site"].dropna())


CODED = {
    "against the mean of all levels": ("C(dx3, contr.sum)", "AD", "S1 (no run of dx3 AD, with which"),
    "against the levels before": ("C(dx3, contrasts=contr.helmert)", "MCI", "S1 (no run of dx3 MCI, with which"),
    "against the first": ("C(dx3, contr.treatment)", "CN", "S1 (no run of dx3 CN, with which"),
    "against a stated one": ("C(dx3, contr.treatment('MCI'))", "MCI", "S1 (value ~ C(dx3, contr.treatment('MCI')): "),
}


@pytest.mark.parametrize(("term", "without", "said"), CODED.values(), ids=CODED)
def test_the_coding_of_the_formula_says_which_levels_a_site_must_have(term, without, said):
    table = with_sites()
    table = table[~((table["site"] == "S1") & (table["dx3"] == without))]
    with pytest.warns(FsstatsWarning, match=re.escape(f"1 site(s) skipped: {said}")):
        by_site(table, regress, f"value ~ {term}", minimum=0)


def test_a_site_without_a_level_that_none_is_compared_with_is_analysed():
    table = with_sites()
    table = table[~((table["site"] == "S1") & (table["dx3"] == "CN"))]
    assert "S1" in set(by_site(table, regress, "value ~ C(dx3, contr.treatment('MCI'))", minimum=0)["site"])


COMPARED = {"in its place": (("dx3",), {}), "by its name": ((), {"between": "dx3"})}


@pytest.mark.parametrize(("arguments", "options"), COMPARED.values(), ids=COMPARED)
def test_the_reference_of_a_comparison_may_be_a_text(arguments, options):
    table = with_sites()
    table = table[~((table["site"] == "S1") & (table["dx3"] == "CN"))]
    found = by_site(table, compare, *arguments, **options, reference="AD", pairs="reference", minimum=0)
    assert set(found.query("site == 'S1'")["term"]) == {"MCI - AD"}
    with pytest.warns(FsstatsWarning, match=re.escape("S1 (no level of dx3 is called 'CN'")):
        by_site(table, compare, *arguments, **options, reference="CN", minimum=0)
    with pytest.warns(FsstatsWarning, match=re.escape("S1 (no run of dx3 CN, with which")):
        by_site(table, compare, *arguments, **options, minimum=0)


def takes_options(table, *_, **__):
    """Stand for any verb."""
    return pd.DataFrame({"n": [len(table)]})


ONE_LEVEL = {
    "a covariate": (compare, ("group",), {"covariates": ["age", "sex"]}),
    "a single covariate": (compare, ("group",), {"covariates": "sex"}),
    "covariates as a piece of a formula": (compare, ("group",), {"covariates": ["age * C(sex)"]}),
    "a covariate of a correlation": (correlate, ("age",), {"covariates": ("sex",)}),
    "what is kept": (takes_options, (), {"keep": "age + sex"}),
    "what slopes are adjusted for": (takes_options, (), {"nuisance": "sex"}),
    "a variable with a stated reference": (regress, ("value ~ age + sex",), {"reference": {"sex": "M"}}),
    "a model by its name": (takes_options, (), {"full": "value ~ age + sex", "reduced": "value ~ age"}),
}


@pytest.mark.parametrize(("verb", "arguments", "options"), ONE_LEVEL.values(), ids=ONE_LEVEL)
def test_a_variable_with_one_level_is_named_wherever_it_is_given(verb, arguments, options):
    table = with_sites()
    table = table[~((table["site"] == "S1") & (table["sex"] == "F"))]
    with pytest.warns(FsstatsWarning, match=re.escape("not in the model of a site: S1 (sex, all M)")):
        by_site(table, verb, *arguments, **options, minimum=0)


def test_a_variable_between_backticks_with_one_level_is_named():
    table = with_sites().rename(columns={"sex": "my sex"})
    table = table[~((table["site"] == "S1") & (table["my sex"] == "F"))]
    with pytest.warns(FsstatsWarning, match=re.escape("S1 (my sex, all M)")):
        by_site(table, regress, "value ~ `my sex` + age", minimum=0)


def test_what_the_verb_warns_of_is_said_with_the_sites():
    def verb(table):
        if len(table) % 2:
            warnings.warn("an odd number", FsstatsWarning, stacklevel=2)
        warnings.warn("old", DeprecationWarning, stacklevel=2)
        return pd.DataFrame({"n": [len(table)]})

    table = pd.DataFrame({"site": list("AAABBCCC"), "subject": list("abcdefgh"), "session": None, "stream": "cross"})
    with pytest.warns() as warned:
        by_site(table, verb, minimum=0)
    texts = [str(one.message) for one in warned if one.category is FsstatsWarning]
    assert texts == ["A, C: an odd number"]
    assert {str(one.message) for one in warned if one.category is DeprecationWarning} == {"old"}


def test_the_reference_of_a_covariate_does_not_matter():
    table = with_sites()
    table = table[~((table["site"] == "S1") & (table["dx3"] == "CN"))]
    assert "S1" in set(by_site(table, compare, "sex", covariates=["dx3"], minimum=0)["site"])


LEARNS = {
    "scale": ("scale(age)", "scale(age)"),
    "standardize": ("group + standardize(age)", "standardize(age)"),
    "center": ("group * center(age)", "center(age)"),
    "poly": ("poly(age, 2)", "poly(age, 2)"),
    "bs": ("bs(age, df=4)", "bs(age, df=4)"),
    "bs with half of what it needs": ("bs(age, knots=[50])", "bs(age, knots=[50])"),
    "cr": ("cr(age, df=3)", "cr(age, df=3, constraints='center')"),
    "cc": ("cc(age, df=3)", "cc(age, df=3, constraints='center')"),
    "inside": ("I(scale(age)**2)", "I(scale(age) ** 2)"),
    "several": ("scale(age) + center(eTIV)", "scale(age), center(eTIV)"),
}


def long_results(table, *_, **__):
    """Stand for a verb that gives a results table."""
    return pd.DataFrame({"term": ["x"], "estimate": [float(len(table))]})


@pytest.mark.parametrize(("right", "named"), LEARNS.values(), ids=LEARNS)
def test_what_is_fitted_to_each_site_anew_is_warned_of(right, named):
    table = with_sites()
    for call in (
        partial(by_site, table, long_results, f"value ~ {right}", minimum=0),
        partial(by_site, table, long_results, formula=f"value ~ {right}", minimum=0),
    ):
        with pytest.warns(FsstatsWarning, match=re.escape(f"fitted to each site by itself: {named}; ")) as warned:
            call()
        assert "I(age - 50)" in str(warned[0].message)


def test_the_advice_quotes_a_name_between_backticks():
    table = with_sites().rename(columns={"age": "my age"})
    with pytest.warns(FsstatsWarning, match=re.escape("Take `my age` as it is, or with one number")) as warned:
        by_site(table, long_results, "value ~ scale(`my age`)", minimum=0)
    assert "I(`my age` - 50)" in str(warned[0].message)


FIXED = "bs(age, knots=[40, 60], lower_bound=18, upper_bound=95)"
ALIKE = {
    "the variable": "age",
    "less a number": "I(age - 50)",
    "its logarithm": "log(age)",
    "a coding by polynomials": "C(sex, contr.poly)",
    "a spline whose knots are given": FIXED,
    "a column that is called so": "`scale(age)`",
}


@pytest.mark.parametrize("right", ALIKE.values(), ids=ALIKE)
def test_what_is_the_same_at_each_site_is_not_warned_of(right):
    table = with_sites()
    by_site(table.assign(**{"scale(age)": table["age"]}), long_results, f"value ~ {right}", minimum=0)


def test_one_site_or_a_table_without_terms_is_not_warned_of():
    table = with_sites()
    by_site(table, takes_options, "value ~ scale(age)", minimum=0)
    by_site(table[table["site"] == "S1"], long_results, "value ~ scale(age)", minimum=0)


def test_a_spline_whose_knots_are_given_does_not_depend_on_the_other_rows():
    people = pd.DataFrame({"age": np.linspace(20, 80, 40)})
    np.testing.assert_allclose(design_of(FIXED, people).matrix[::2], design_of(FIXED, people[::2]).matrix)


def test_slopes_of_what_is_less_a_number_are_those_of_the_variable():
    calls = [by_site(with_sites(), regress, f"value ~ {age}", minimum=0) for age in ("age", "I(age - 50)")]
    plain, less = (meta(one, value="estimate").query("term != 'Intercept'")["estimate"] for one in calls)
    np.testing.assert_allclose(plain, less, rtol=1e-6)


@pytest.mark.parametrize("name", ["n", "note", "left_out", "region"])
def test_the_site_does_not_take_the_place_of_a_column_of_the_results(name):
    table = with_sites().drop(columns=name, errors="ignore")
    with pytest.raises(TableError, match=f"the column '{name}' cannot name the sites"):
        by_site(table.rename(columns={"site": name}), regress, MODEL, site=name, minimum=0)


def test_the_site_does_not_take_the_place_of_a_column_that_only_this_verb_gives():
    table = with_sites().rename(columns={"site": "level"})
    with pytest.raises(TableError, match="the column 'level' cannot name the sites"):
        by_site(table, lambda rows: pd.DataFrame({"level": ["x"], "n": [len(rows)]}), site="level", minimum=0)


def test_sites_that_are_numbers_are_named_by_themselves():
    table = with_sites()
    numbers = dict(zip(sorted(table["site"].dropna().unique()), [3.0, 1.5, *range(10, 30)], strict=False))
    table["site"] = table["site"].astype("object").map(numbers).astype("float64")
    found = set(by_site(table, takes_options, minimum=0)["site"])
    assert {"3", "1.5", "10"} <= found
    assert set(by_site(table[table["site"] == 3], takes_options, minimum=0)["site"]) == {"3"}


def test_a_site_that_cannot_be_analysed_is_skipped_with_the_reason():
    def fails_in_s2(table):
        if "sub-skip" in set(table["subject"]):
            message = "nothing to see here"
            raise TableError(message)
        return correlate(table, "age")

    table = with_sites()
    table["subject"] = table["subject"].astype(str).where(table["site"] != "S2", "sub-skip")
    with pytest.warns(FsstatsWarning, match=re.escape("1 site(s) skipped: S2 (nothing to see here)")):
        found = by_site(table, fails_in_s2, minimum=0)
    assert "S2" not in set(found["site"])


def test_runs_without_a_site_are_counted():
    table = with_sites()
    table["site"] = table["site"].astype("object").where(table["site"] != "S1")
    n = table.loc[table["site"].isna(), "subject"].nunique()
    with pytest.warns(FsstatsWarning, match=rf"{n} run\(s\) have no site"):
        by_site(table, correlate, "age", minimum=0)


NOT_ANALYSED = {
    "no site is large enough": (
        lambda t: by_site(t, correlate, "age", minimum=1000),
        TableError,
        "fewer than 1000 runs: ",
    ),
    "no such column": (
        lambda t: by_site(t, correlate, "age", site="centre"),
        ColumnsError,
        "by_site needs the column(s) 'centre'",
    ),
    "no such groups": (
        lambda t: by_site(t, correlate, "age", minimum_per="dx"),
        ColumnsError,
        "by_site needs the column(s) 'dx'",
    ),
    "no rows": (lambda t: by_site(t.iloc[:0], correlate, "age"), TableError, "can analyse no site: there is none"),
    "a verb that gives no table": (lambda t: by_site(t, len, minimum=0), TableError, "not int"),
    "an error everywhere": (
        lambda t: by_site(t, correlate, "ages", minimum=0),
        FsstatsError,
        "no variable is called 'ages'",
    ),
    "no such column, wide": (
        lambda t: by_site(to_wide(t, sep=None), correlate, "age", site="centre"),
        ColumnsError,
        "by_site needs the column(s) 'centre'",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), NOT_ANALYSED.values(), ids=NOT_ANALYSED)
def test_if_no_site_can_be_analysed_it_says_why(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(with_sites())
