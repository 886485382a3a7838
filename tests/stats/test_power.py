"""Power: what is solved for reaches what was asked, as simulated and as statsmodels has it. R: agreements/power.py."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from fsstats.errors import TableError, UnknownNameError
from fsstats.stats.power import power

ROWS = {"two_sample": "n_first", "one_sample": "n", "paired": "n", "correlation": "n", "term": "n"}


def one(*arguments, **options):
    found = power(*arguments, **options)
    assert len(found) == 1
    return found.iloc[0]


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(list(ROWS)), st.floats(0.15, 0.6), st.floats(0.3, 0.99), st.integers(0, 4), st.integers(1, 100))
def test_each_part_gives_back_the_others(test, effect, target, covariates, n_tests):
    options = {"n_covariates": covariates, "n_tests": n_tests}
    solved = one(test, effect=effect, power=target, **options)
    rows = (
        {"n_first": solved["n_first"], "n_second": solved["n_second"]} if test == "two_sample" else {"n": solved["n"]}
    )
    assert one(test, **rows, effect=effect, **options)["power"] == pytest.approx(target, abs=1e-9)
    assert one(test, **rows, power=target, **options)["effect"] == pytest.approx(effect, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_statsmodels_finds_the_same(alpha):
    theirs = TTestIndPower().power(0.4, 40, alpha, ratio=1.5)
    assert one("two_sample", n_first=40, n_second=60, effect=0.4, alpha=alpha)["power"] == pytest.approx(theirs)
    theirs = TTestPower().power(0.4, 40, alpha)
    for test in ("one_sample", "paired"):
        assert one(test, n=40, effect=0.4, alpha=alpha)["power"] == pytest.approx(theirs)


@pytest.mark.parametrize(("n", "u", "c", "f2"), [(120, 2, 0, 0.0625), (90, 1, 4, 0.15), (60, 5, 2, 0.02)])
def test_the_power_of_f_is_that_of_a_mixture_of_betas(n, u, c, f2):
    v = n - u - c - 1
    critical, terms = stats.f.isf(0.01, u, v), np.arange(400)
    weights = stats.poisson.pmf(terms, f2 * (u + v + 1) / 2)  # statsmodels before 0.15 is off in the sixth digit
    theirs = (weights * stats.beta.sf(u * critical / (u * critical + v), u / 2 + terms, v / 2)).sum()
    ours = one("term", n=n, effect=f2, df_term=u, n_covariates=c, alpha=0.01)["power"]
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(
    ("test", "effect"), [("two_sample", 0.5), ("paired", 0.2), ("term", 0.02), ("correlation", 0.1)]
)
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 74, 1e-7])
def test_power_grows_with_the_rows_and_is_never_missing(test, effect, alpha):
    """scipy's lower tail of t is NaN here and there: t of 307 a group, d 0.5, alpha 0.05 / 37, was."""
    rows = np.append(np.geomspace(20, 1e6, 1500), 306.6757354736328)
    names = ("n_first", "n_second") if test == "two_sample" else ("n",)
    found = power(test, **dict.fromkeys(names, np.sort(rows)), effect=effect, alpha=alpha)["power"]
    least = 0.0 if test == "correlation" else alpha * 0.99  # Fisher's z is no normal in so far a tail
    assert found.between(least, 1 + 1e-12).all()
    assert found.diff().min() > -1e-9


def test_the_smallest_effect_of_68_regions_is_that_of_a_smaller_alpha():
    many = one("two_sample", n_first=50, n_second=60, power=0.8, n_tests=68)
    alone = one("two_sample", n_first=50, n_second=60, power=0.8, alpha=0.05 / 68)
    assert many["effect"] == alone["effect"]
    assert many["effect"] == pytest.approx(TTestIndPower().solve_power(None, 50, 0.05 / 68, 0.8, ratio=1.2), rel=1e-6)


def within(hits, level):
    return abs(np.mean(hits) - level) < 3.5 * np.sqrt(level * (1 - level) / len(hits))


def t_of(columns, y, place):
    """Give p of a column of a design in every sample."""
    inverse = np.linalg.inv(columns.T @ columns)
    b = inverse @ columns.T @ y
    df = len(y) - columns.shape[1]
    s2 = ((y - columns @ b) ** 2).sum(axis=0) / df
    return 2 * stats.t.sf(np.abs(b[place]) / np.sqrt(s2 * inverse[place, place]), df)


def test_the_power_is_had_in_simulated_studies():
    rng = np.random.default_rng(31)
    y = rng.standard_normal((40, 4000))
    group = np.repeat([0.0, 1.0], [16, 24])
    p = stats.ttest_ind(y[:16] + 0.9, y[16:]).pvalue
    assert within(p < 0.05, one("two_sample", n_first=16, n_second=24, effect=0.9)["power"])
    p = stats.ttest_1samp(y + 0.4, 0).pvalue
    assert within(p < 0.01, one("one_sample", n=40, effect=0.4, alpha=0.01)["power"])
    age = np.linalg.qr(np.column_stack([np.ones(40), group, rng.standard_normal((40, 3))]))[0][:, 2:]  # unrelated
    design = np.column_stack([np.ones(40), group, age])
    p = t_of(design, y + 0.9 * group[:, None] + 3 * age[:, :1], 1)
    assert within(p < 0.05, one("two_sample", n_first=16, n_second=24, effect=0.9, n_covariates=3)["power"])


def test_the_power_of_a_correlation_is_had_in_simulated_studies():
    rng = np.random.default_rng(32)
    x, noise = rng.standard_normal((2, 50, 4000))
    p = stats.pearsonr(x, 0.35 * x + np.sqrt(1 - 0.35**2) * noise, axis=0).pvalue
    assert within(p < 0.05, one("correlation", n=50, effect=0.35)["power"])


def test_the_columns_are_always_the_same_and_the_sign_of_an_effect_stays():
    columns = ["test", "n", "n_first", "n_second", "n_covariates", "df_term"]
    columns += ["effect_name", "effect", "alpha", "n_tests", "power"]
    for test, name in {"two_sample": "cohens_d", "paired": "cohens_d", "correlation": "r", "term": "cohens_f2"}.items():
        found = power(test, effect=[0.2, 0.3], power=0.8)
        assert found.columns.tolist() == columns
        assert found["effect_name"].tolist() == [name] * 2
        assert found.drop(columns=["test", "effect_name"]).dtypes.eq("float64").all()
    assert one("paired", n=30, effect=-0.5)[["effect", "power"]].tolist() == [
        -0.5,
        one("paired", n=30, effect=0.5)["power"],
    ]


def test_arrays_give_a_row_an_element():
    found = power("two_sample", n_first=[20, 40, 80], n_second=40, power=0.8)
    assert found["effect"].is_monotonic_decreasing
    assert found["n"].tolist() == [60, 80, 120]
    for i, n in enumerate([20, 40, 80]):
        pd.testing.assert_series_equal(
            one("two_sample", n_first=n, n_second=40, power=0.8), found.iloc[i], check_names=False
        )


def test_groups_of_unequal_size_are_solved_for_by_their_ratio():
    found = one("two_sample", effect=0.5, power=0.9, ratio=3)
    assert found["n_second"] == pytest.approx(3 * found["n_first"])
    assert found["n"] > one("two_sample", effect=0.5, power=0.9)["n"]


def test_if_the_fewest_rows_are_enough_they_and_their_power_are_given():
    found = one("correlation", effect=0.999, power=0.9)
    assert found["n"] == 4
    assert found["power"] > 0.9


REFUSED = {
    "nothing left out": ({"n": 30, "effect": 0.5, "power": 0.8}, "left out, found none of them left out"),
    "two left out": ({"n": 30}, "found effect and power left out"),
    "all left out": ({}, "found n and effect and power left out"),
    "rows of groups": ({"n_first": 30, "n_second": 30, "effect": 0.5}, "paired takes n, not n_first"),
    "text": ({"n": "thirty", "effect": 0.5}, "n must be above 0, not 'thirty'"),
    "nothing": ({"n": [], "effect": 0.5}, "n must be above 0, not []"),
    "a missing number": ({"n": 30, "effect": np.nan}, "effect must be a number, not nan"),
    "an infinite number": ({"n": np.inf, "effect": 0.5}, "n must be above 0, not inf"),
    "a percentage": ({"n": 30, "effect": 0.5, "alpha": 5}, "alpha must be between 0 and 1, not 5"),
    "a power of 80": ({"n": 30, "power": 80}, "power must be between 0 and 1, not 80"),
    "no test at all": ({"n": 30, "effect": 0.5, "n_tests": 0}, "n_tests must be 1 or more"),
    "a power below alpha": ({"n": 30, "power": 0.04}, "expected a power above alpha"),
    "no effect": ({"effect": 0.0, "power": 0.8}, "expected a power that 1e+07 rows give"),
    "too few rows": ({"n": 1, "effect": 0.5}, "expected at least 2 rows (n); fewer leave no degree of freedom"),
    "too few rows for covariates": ({"n": 8, "effect": 0.5, "n_covariates": 7}, "expected at least 9 rows (n)"),
    "an effect that no one has": ({"n": 30, "effect": 1e4}, "expected an effect (cohens_d) below 1000"),
    "what no effect gives": ({"n": 2, "power": 0.99, "n_tests": 1e6}, "expected a power that an effect gives"),
    "arrays that do not fit": ({"n": [20, 30], "effect": [1, 2, 3]}, "expected arrays of one length"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(TableError, match=re.escape(message)):
        power("paired", **options)


def test_half_of_the_rows_are_no_question():
    with pytest.raises(TableError, match="expected n_first and n_second, or effect, or power left out, found n_second"):
        power("two_sample", n_first=30, effect=0.5, power=0.8)
    with pytest.raises(TableError, match="two_sample takes n_first and n_second, not n"):
        power("two_sample", n=30, effect=0.5)
    with pytest.raises(TableError, match=re.escape("expected an effect (r) below 1")):
        power("correlation", n=30, effect=1.0)
    with pytest.raises(UnknownNameError, match="no test with a power analysis is called 'anova'"):
        power("anova", n=30, effect=0.5)
