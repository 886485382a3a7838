"""Effect sizes: laws, limits that solve their equations, coverage. The figures of R are in agreements/effects.py."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from fsstats.errors import TableError
from fsstats.stats import _noncentral as nc
from fsstats.stats import effect_sizes as es

t_values = st.floats(-30, 30)
dfs = st.integers(3, 2000)
counts = st.integers(2, 500)
LEGENDRE = np.polynomial.legendre.leggauss(200)
HERMITE = np.polynomial.hermite_e.hermegauss(120)


@settings(deadline=None)
@given(t_values, dfs, counts, counts)
def test_swapping_the_groups_turns_the_sign_and_nothing_else(t, df, n_first, n_second):
    one, other = es.d_from_t(t, df, n_first, n_second), es.d_from_t(-t, df, n_second, n_first)
    np.testing.assert_allclose(one, [-other.size, other.std_error, -other.high, -other.low])


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(-100, 100), min_size=4, max_size=8),
    st.lists(st.floats(-100, 100), min_size=4, max_size=8),
    st.floats(1e-6, 1e6),
    st.floats(-1e3, 1e3),
)
def test_units_do_not_matter_for_d(first, second, scale, shift):
    if np.std(first) < 1 or np.std(second) < 1:
        return

    def d(*samples):
        first, second = (np.array(one) for one in samples)
        spreads = first.std(ddof=1), second.std(ddof=1)
        return es.d_pooled(first.mean(), second.mean(), *spreads, len(first), len(second))

    moved = d(np.array(first) * scale + shift * scale, np.array(second) * scale + shift * scale)
    np.testing.assert_allclose(moved, d(first, second), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [(3, 3), (20, 80), (500, 400)])
def test_without_covariates_enigmas_d_is_a_little_larger_than_the_pooled_one(n):
    pooled = es.d_pooled(3.0, 2.9, 0.2, 0.25, *n)
    spread = np.sqrt(((n[0] - 1) * 0.2**2 + (n[1] - 1) * 0.25**2) / (sum(n) - 2))
    t = 0.1 / spread / np.sqrt(1 / n[0] + 1 / n[1])
    np.testing.assert_allclose(es.d_from_t(t, sum(n) - 2, *n).size, pooled.size * np.sqrt(sum(n) / (sum(n) - 2)))


def by_quadrature(t, df, noncentrality):
    """Give P(T <= t) from its definition: over the normal part where t varies more, else over the chi part."""
    if abs(t) > np.sqrt(2 * df):
        nodes, weights = HERMITE
        chi = (nodes + noncentrality) / t
        below = special.chdtr(df, df * np.clip(chi, 0, None) ** 2)
        return ((1 - below if t > 0 else below) * weights).sum() / np.sqrt(2 * np.pi)
    nodes, weights = LEGENDRE
    low, high = (np.sqrt(stats.chi2.ppf(p, df) / df) for p in (1e-17, 1 - 1e-15))
    s = (high + low) / 2 + (high - low) / 2 * nodes
    density = 2 * df * s * stats.chi2.pdf(df * s**2, df)
    return (special.ndtr(t * s - noncentrality) * density * weights).sum() * (high - low) / 2


@pytest.mark.parametrize("df", [3, 30, 1000, 100_000])
@pytest.mark.parametrize("t", [0.0, -0.5, 2.1, -8.0, 40.0, -300.0])
def test_limits_of_the_noncentrality_solve_their_equations(t, df):
    low, high = nc.noncentral_t_limits(t, df, conf_level=0.9)
    assert by_quadrature(t, df, low) == pytest.approx(0.95, abs=1e-5)
    assert by_quadrature(t, df, high) == pytest.approx(0.05, abs=1e-5)


def test_limits_solve_their_equations_for_all_kinds_of_t():
    """scipy's lower tail is NaN here and there, which once let a search go astray (t = 304.254, df = 2693.01)."""
    rng = np.random.default_rng(0)
    t = np.append(rng.standard_normal(400) * np.exp(rng.uniform(-2, 8, 400)), [304.254, 9.17])
    df = np.append(np.exp(rng.uniform(0, 14, 400)), [2693.01, 1.13])
    for level in (0.95, 0.99):
        low, high = nc.noncentral_t_limits(t, df, conf_level=level)
        near = np.abs(t) < 1e4
        for limit, probability in ((low, (1 + level) / 2), (high, (1 - level) / 2)):
            found = 1 - nc.noncentral_t_above(t, df, limit)
            np.testing.assert_allclose(found[near], probability, atol=1e-8)


def test_tails_are_those_of_the_definition():
    for t, df, noncentrality in [(2.0, 60, 3.0), (-8.0, 30, -7.0), (3.2197, 611.35, -6.1915), (40.0, 1000, 39.0)]:
        ours = nc.noncentral_t_above(*(np.array([one]) for one in (t, df, noncentrality)))
        assert 1 - ours[0] == pytest.approx(by_quadrature(t, df, noncentrality), abs=1e-9)
    terms, f = np.arange(300), 3.15
    series = stats.poisson.pmf(terms, 4.5) @ stats.beta.sf(2 * f / (2 * f + 60), 1 + terms, 30)
    assert nc.noncentral_f_above(*(np.array([one]) for one in (f, 2.0, 60.0, 9.0)))[0] == pytest.approx(series)


def test_limits_of_a_huge_t_grow_in_proportion():
    low, high = nc.noncentral_t_limits([9.9e3, 1.1e4, 1e5, -1e12, 1e200], 50)
    np.testing.assert_allclose(low[:3] / [9.9e3, 1.1e4, 1e5], low[0] / 9.9e3, rtol=1e-5)
    assert low[3] == pytest.approx(-high[1] / 1.1e4 * 1e12)
    assert np.isfinite([low, high]).all()


def test_limits_of_the_noncentrality_of_f_solve_their_equations():
    f, q, df = np.meshgrid([0.2, 1.0, 4.0, 60.0], [1, 2, 7], [8, 150])
    low, high = nc.noncentral_f_limits(f, q, df)
    some = low > 0
    np.testing.assert_allclose(stats.ncf.cdf(f, q, df, low)[some], 0.975)
    assert (stats.f.cdf(f, q, df)[~some] < 0.975).all()
    np.testing.assert_allclose(stats.ncf.cdf(f, q, df, high)[high > 0], 0.025)


def test_squares_of_one_column_have_the_limits_of_t_where_the_other_tail_is_far():
    low_t, high_t = nc.noncentral_t_limits(9.0, 80)
    low_f, high_f = nc.noncentral_f_limits(81.0, 1, 80)
    np.testing.assert_allclose([low_f, high_f], [low_t**2, high_t**2], rtol=1e-9)


@settings(deadline=None, max_examples=40)
@given(t_values, dfs)
def test_what_one_t_gives_hangs_together(t, df):
    r, eta, f2 = es.partial_r(t, df), es.partial_eta_squared(t**2, 1, df), es.cohens_f2(t**2, 1, df)
    np.testing.assert_allclose(r.size**2, eta.size, atol=1e-12)
    np.testing.assert_allclose(f2.size, eta.size / (1 - eta.size), rtol=1e-9)
    assert r.low <= r.size <= r.high
    assert 0 <= eta.low <= eta.high < 1
    assert es.partial_omega_squared(t**2, 1, df, df + 2).size <= eta.size


def test_hedges_correction_comes_near_its_exact_value():
    df = np.array([2, 5, 20, 100, 1e4, 1e8])
    approximate, exact = es.hedges_correction(df), es.hedges_correction(df, exact=True)
    np.testing.assert_allclose(
        exact[:2], [0.5641895835, 0.8407487], rtol=1e-7
    )  # gamma(df/2)/(sqrt(df/2)gamma((df-1)/2))
    np.testing.assert_allclose(approximate[2:], exact[2:], rtol=1e-4)
    assert (np.diff(exact) > 0).all()
    assert (exact < 1).all()


ODD = [np.nan, np.inf, -np.inf]
FUNCTIONS = {
    "d_from_t": (lambda x: es.d_from_t(x, 50, 20, 30), ODD),
    "d_from_t, df": (lambda x: es.d_from_t(1.0, x, 20, 30), [*ODD, 0.0, -1.0]),
    "d_from_t, rows": (lambda x: es.d_from_t(1.0, 50, x, 30), [*ODD, 0.0, -1.0]),
    "d_pooled, spread": (lambda x: es.d_pooled(3.0, 2.0, x, x, 20, 30), [*ODD, 0.0]),
    "d_pooled, mean": (lambda x: es.d_pooled(x, 2.0, 1.0, 1.0, 20, 30), ODD),
    "d_model, sigma": (lambda x: es.d_model(1.0, 0.1, x, 50), [*ODD, 0.0]),
    "partial_r": (lambda x: es.partial_r(x, 50), ODD),
    "partial_eta_squared": (lambda x: es.partial_eta_squared(x, 2, 50), [*ODD, -1.0]),
    "partial_omega_squared": (lambda x: es.partial_omega_squared(x, 2, 50, 53), [*ODD, -1.0]),
    "cohens_f2": (lambda x: es.cohens_f2(2.0, 2, x), [*ODD, 0.0]),
    "standardised_beta": (lambda x: es.standardised_beta(1.0, 0.1, x, 2.0, 50), [*ODD, 0.0]),
    "hedges_correction": (lambda x: [es.hedges_correction(x, exact=True)], [*ODD, 1.0, 0.0]),
}


@pytest.mark.parametrize(("function", "odd"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_what_is_not_usable_gives_nan_without_a_warning_and_leaves_the_others(function, odd):
    found = np.array(function(np.array([*odd, 4.0])))
    assert np.isnan(found[:, :-1]).all()
    assert np.isfinite(found[0, -1])


def test_one_row_of_freedom_gives_a_partial_r_without_an_interval():
    found = es.partial_r(2.0, 1)
    assert np.isfinite(found.size)
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, np.nan])
def test_a_level_is_a_share(level):
    functions = [
        partial(es.d_from_t, 2.0, 50, 20, 30),
        partial(es.d_pooled, 3.0, 2.0, 1.0, 1.0, 20, 30),
        partial(es.d_model, 1.0, 0.2, 1.0, 50),
        partial(es.partial_r, 2.0, 50),
        partial(es.partial_eta_squared, 2.0, 2, 50),
        partial(es.standardised_beta, 1.0, 0.1, 1.0, 1.0, 50),
    ]
    for function in functions:
        with pytest.raises(TableError, match="conf_level must be between 0 and 1"):
            function(conf_level=level)


def within(hits, level):
    """Say whether a share of hits lies within its Monte Carlo error, 3.5 standard errors."""
    return abs(np.mean(hits) - level) < 3.5 * np.sqrt(level * (1 - level) / len(hits))


def test_intervals_of_d_and_partial_r_cover_at_their_level():
    rng = np.random.default_rng(11)
    first, second = rng.standard_normal((2, 12, 3000))
    first += 0.8
    spreads = first.std(axis=0, ddof=1), second.std(axis=0, ddof=1)
    d = es.d_pooled(first.mean(axis=0), second.mean(axis=0), *spreads, 12, 12)
    assert within((d.low < 0.8) & (d.high > 0.8), 0.95)
    g = es.hedges_g(d, 22, exact=True)
    assert abs(g.size.mean() - 0.8) < 3.5 * g.size.std() / np.sqrt(3000)
    x, noise = rng.standard_normal((2, 60, 3000))
    r = stats.pearsonr(x, 0.5 * x + np.sqrt(0.75) * noise, axis=0).statistic
    found = es.partial_r(r * np.sqrt(58 / (1 - r**2)), 58)
    assert within((found.low < 0.5) & (found.high > 0.5), 0.95)


def test_intervals_of_omega_squared_cover_the_share_in_the_population():
    rng = np.random.default_rng(12)
    groups = np.repeat(np.eye(3), 15, axis=0)
    means = np.array([0.0, 0.4, 0.8])
    y = rng.standard_normal((45, 3000)) + (groups @ means)[:, None]
    between = 15 * ((groups.T @ y / 15 - y.mean(axis=0)) ** 2).sum(axis=0)
    rest = ((y - groups @ (groups.T @ y / 15)) ** 2).sum(axis=0)
    found = es.partial_omega_squared(between / 2 / (rest / 42), 2, 42, 45)
    true = means.var() / (means.var() + 1)
    assert within((found.low <= true) & (found.high >= true), 0.95)
