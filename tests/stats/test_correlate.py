"""Correlations: scipy on each region alone, residuals by hand, laws, levels."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from frames_support import assert_frame_equal
from fsstats.errors import ColumnsError, FormulaError, TableError, UnknownNameError
from fsstats.schema import RESULTS
from fsstats.stats.correlate import _tested, correlate
from fsstats.stats.regress import regress
from fsstats.tables.shape import to_wide
from reference_support import cohort, longitudinal

COVARIATES = ["sex", "group", "site", "eTIVc"]
NUMBERS = ["estimate", "std_error", "statistic", "df", "p_value", "ci_low", "ci_high", "n", "n_missing"]


def long(values, **people):
    """Give a long table of a matrix of values, a row a person, with columns of theirs."""
    values = np.asarray(values, dtype=float)
    n, m = values.shape
    table = pd.DataFrame(
        {
            "subject": np.repeat([f"s{i:03d}" for i in range(n)], m),
            "session": None,
            "stream": "cross",
            "source": "aparc",
            "hemi": "lh",
            "region": np.tile([f"r{j}" for j in range(m)], n),
            "measure": "thickness",
            "value": values.ravel(),
            "unit": "mm",
        }
    )
    return table.assign(**{name: np.repeat(np.asarray(column), m) for name, column in people.items()})


def of_region(table, region, *variables):
    rows = table[(table["region"] == region) & table[["value", *variables]].notna().all(axis=1)]
    return rows["value"].to_numpy(), rows


def residuals(y, *columns):
    z = np.column_stack([np.ones(len(y)), *columns])
    return y - z @ np.linalg.lstsq(z, y, rcond=None)[0]


METHODS = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}


@pytest.mark.parametrize("method", METHODS)
def test_each_region_has_what_scipy_finds_in_its_own_rows(method):
    table = cohort()
    found = correlate(table, "age", method=method)
    assert found["n_missing"].max() > 0
    for row in found.query("source == 'aseg'").itertuples():
        y, rows = of_region(table, row.region)
        theirs = METHODS[method](y, rows["age"])
        assert row.estimate == pytest.approx(theirs.statistic)
        assert row.p_value == pytest.approx(theirs.pvalue)
        assert (row.n, row.df, row.n_missing) == (len(y), len(y) - 2, 160 - len(y))
        if method == "pearson":
            assert (row.ci_low, row.ci_high) == pytest.approx(tuple(theirs.confidence_interval()))


@pytest.mark.parametrize("method", METHODS)
def test_a_partial_correlation_is_that_of_residuals(method):
    table = cohort()
    found = correlate(table, "age", method=method, covariates=["edu", "sex"]).set_index("region")
    rank = stats.rankdata if method == "spearman" else np.asarray
    for region in ("Left-Hippocampus", "Right-Amygdala"):
        y, rows = of_region(table, region, "edu")
        z = rank(rows["edu"].to_numpy()), (rows["sex"] == "M").to_numpy(dtype=float)
        r = stats.pearsonr(residuals(rank(y), *z), residuals(rank(rows["age"].to_numpy()), *z)).statistic
        row = found.loc[region]
        assert row["estimate"] == pytest.approx(r)
        assert row["df"] == len(y) - 4
        t = r * np.sqrt(row["df"] / (1 - r**2))
        assert row["statistic"] == pytest.approx(t)
        assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), row["df"]))
        se = np.sqrt((1 + r**2 / 2 if method == "spearman" else 1) / (row["df"] - 1))
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(
            tuple(np.tanh(np.arctanh(r) + se * stats.norm.ppf([0.025, 0.975])))
        )


def test_it_is_the_partial_correlation_of_regress():
    table = cohort(with_head_size=True)
    ours = correlate(table, "age", covariates=COVARIATES)
    theirs = regress(table, f"value ~ age + {' + '.join(COVARIATES)}", terms=["age"], effect="partial_r")
    pairs = {"estimate": "effect_size", "statistic": "statistic", "p_value": "p_value", "ci_low": "effect_low"}
    for one, other in (pairs | {"std_error": "effect_se", "df": "df", "n": "n", "n_missing": "n_missing"}).items():
        np.testing.assert_allclose(ours[one], theirs[other], rtol=1e-9, atol=1e-12, err_msg=one)


def test_the_table_is_a_results_table():
    found = correlate(cohort(), "age", covariates=["sex"])
    assert found.columns.tolist() == list(RESULTS)
    assert found["unit"].unique().tolist() == ["unitless"]
    assert found["term"].unique().tolist() == ["age"]
    assert found["method"].unique().tolist() == ["partial correlation, given sex; t"]
    for one, other in zip(("estimate", "std_error", "ci_low"), ("effect_size", "effect_se", "effect_low"), strict=True):
        pd.testing.assert_series_equal(found[one], found[other], check_names=False)


EFFECTS = {
    "pearson_r": {},
    "spearman_r": {"method": "spearman"},
    "partial_r": {"covariates": ["sex"]},
    "partial_spearman_r": {"method": "spearman", "covariates": "sex + edu"},
}


@pytest.mark.parametrize(("name", "options"), EFFECTS.items(), ids=EFFECTS)
def test_the_effect_size_has_a_name(name, options):
    assert correlate(cohort(), "age", **options)["effect_name"].unique().tolist() == [name]


def test_wide_tables_and_measures_as_variables_will_do():
    table = cohort(with_head_size=True)
    found = correlate(table, "eTIV", covariates=["age"])
    assert_frame_equal(found, correlate(to_wide(table, sep=None), "eTIV", covariates=["age"]))
    assert found["note"].iloc[-1].startswith("is itself a variable of the model")
    assert correlate(table.assign(**{"my age": table["age"]}), "my age")["term"].iloc[0] == "my age"


# --- laws


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(list(METHODS)), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.integers(0, 2**32 - 1))
def test_units_and_order_do_not_matter(method, scale, shift, seed):
    rng = np.random.default_rng(seed)
    y, age, iq = rng.normal(3, 1, (25, 3)), rng.normal(50, 10, 25), rng.normal(100, 15, 25)
    y[rng.random(y.shape) < 0.1] = np.nan
    options = {"method": method, "covariates": ["iq"]}
    plain = correlate(long(y, age=age, iq=iq), "age", **options)[NUMBERS]
    people, regions = rng.permutation(25), rng.permutation(3)
    other = long(y[people][:, regions] * scale, age=(age[people] + shift) * scale, iq=-iq[people] * scale)
    moved = correlate(other, "age", **options)[NUMBERS]
    np.testing.assert_allclose(moved.iloc[np.argsort(regions)], plain, rtol=1e-6, atol=1e-8)


def test_ranks_do_not_change_by_what_keeps_their_order():
    rng = np.random.default_rng(2)
    y, age = rng.normal(0, 1, (30, 4)), rng.normal(50, 10, 30)
    one, other = (correlate(long(values, age=age), "age", method="spearman") for values in (y, np.exp(3 * y)))
    assert_frame_equal(one, other)


def test_another_region_changes_nothing():
    rng = np.random.default_rng(3)
    y, age = rng.normal(0, 1, (30, 4)), rng.normal(50, 10, 30)
    more = np.column_stack([y, np.full(30, 2.0), np.full(30, np.nan)])
    alone, together = (correlate(long(values, age=age), "age") for values in (y, more))
    assert_frame_equal(alone, together.iloc[:4], check_exact=False, rtol=1e-12)
    assert together["note"].iloc[4:].tolist() == ["does not vary", "no values"]


# --- what cannot be correlated


def odd(values, note, **options):
    found = correlate(long(np.array(values, dtype=float)[:, None], **options), "age").iloc[0]
    assert found["note"] == note
    return found


AGES = [20.0, 30.0, 45.0, 60.0]
ODD = {
    "constant": ([2, 2, 2, 2], "does not vary"),
    "two rows": ([1, 2, np.nan, np.nan], "too few rows: 2"),
    "nothing": ([np.nan] * 4, "no values"),
    "a line": (AGES, "is exactly 1 or -1, so there is no test"),
    "infinite": ([np.inf] * 4, "4 value(s) that are infinite left out; no values"),
}


@pytest.mark.parametrize(("values", "note"), ODD.values(), ids=ODD)
def test_a_region_without_a_test_says_why(values, note):
    found = odd(values, note, age=AGES)
    assert found[["p_value", "ci_low", "std_error", "statistic"]].isna().all()


def test_a_variable_that_does_not_vary_in_the_rows_of_a_region_is_named():
    found = odd([1, 2, 5, np.nan], "in the rows of this region age does not vary", age=[30.0, 30, 30, 60])
    assert np.isnan(found["estimate"])


def test_covariates_that_say_all_are_named_and_those_that_say_the_same_count_once():
    age = np.array([20.0, 30, 45, 60, 61, 70])
    y = np.array([[1.0, 3, 2, 5, 4, np.nan]]).T
    table = long(y, age=age, iq=[3.0, 4, 5.5, 7, 7.1, 20])  # a line of age but for the last
    assert correlate(table, "age", covariates=["iq"])["note"].tolist() == [
        "in the rows of this region age is given by the covariates"
    ]
    same = long(y, age=age, a=[1.0, 2, 1, 2, 2, 9], b=[2.0, 4, 2, 4, 4, 7])
    found, alone = (correlate(same, "age", covariates=names).iloc[0] for names in (["a", "b"], ["a"]))
    assert found["df"] == alone["df"] == 2
    assert found["estimate"] == pytest.approx(alone["estimate"])


REFUSED = {
    "groups": (lambda: correlate(cohort(), "group"), FormulaError, "group: expected a column of numbers"),
    "no such variable": (lambda: correlate(cohort(), "agee"), UnknownNameError, "no variable is called 'agee'"),
    "itself": (lambda: correlate(cohort(), "age", covariates=["age"]), FormulaError, "expected covariates without it"),
    "no such method": (lambda: correlate(cohort(), "age", method="kendall"), UnknownNameError, "called 'kendall'"),
    "code": (lambda: correlate(cohort(), "age", covariates=["__import__('os')"]), FormulaError, "expected"),
    "no level": (lambda: correlate(cohort(), "age", conf_level=95), TableError, "conf_level"),
    "no rows": (lambda: correlate(cohort().iloc[:0], "age"), FormulaError, "none of 0"),
    "one person": (
        lambda: correlate(cohort().query("subject == 'sub-001'"), "age"),
        FormulaError,
        "age is a combination",
    ),
    "no long table": (lambda: correlate(cohort().drop(columns="unit"), "age"), ColumnsError, "'unit'"),
    "several runs": (lambda: correlate(longitudinal(), "age_bl"), TableError, "have several runs"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_covariates_that_are_blank_are_none():
    assert_frame_equal(correlate(cohort(), "age", covariates=""), correlate(cohort(), "age"))


# --- levels


def within(hits, level):
    return abs(np.mean(hits) - level) < 3.5 * np.sqrt(level * (1 - level) / len(hits))


@pytest.fixture(scope="module")
def simulated():
    """Give 600 regions that age does not move, but iq, which goes with age, does; a tenth is missing."""
    rng = np.random.default_rng(41)
    iq = rng.standard_normal(40)
    y = 0.7 * iq[:, None] + rng.standard_normal((40, 600))
    y[rng.random(y.shape) < 0.1] = np.nan
    return long(y, age=0.8 * iq + 0.6 * rng.standard_normal(40), iq=iq)


@pytest.mark.parametrize("method", METHODS)
def test_p_is_uniform_with_the_right_covariates_only(simulated, method):
    p = correlate(simulated, "age", method=method, covariates=["iq"])["p_value"]
    assert within(p < 0.05, 0.05)
    assert within(p < 0.01, 0.01)
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    assert (correlate(simulated, "age", method=method)["p_value"] < 0.05).mean() > 0.5


@pytest.mark.parametrize(("method", "true"), [("pearson", 0.5), ("spearman", 6 / np.pi * np.arcsin(0.25))])
def test_intervals_cover_the_correlation_in_the_population(method, true):
    rng = np.random.default_rng(42)
    x, noise = rng.standard_normal((2, 40, 4000))
    y = 0.5 * x + np.sqrt(0.75) * noise
    x, y = (stats.rankdata(one, axis=0) if method == "spearman" else one for one in (x, y))
    r = stats.pearsonr(x, y, axis=0).statistic
    found = _tested(r, np.full(4000, 38.0), 0.95, ranks=method == "spearman")
    assert within((found["ci_low"] < true) & (found["ci_high"] > true), 0.95)
    assert found["std_error"].mean() == pytest.approx(r.std(), rel=0.05)
