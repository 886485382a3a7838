"""The core of the linear models: sums over the rows that each region has, and residuals that lose no digits."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fsstats.stats import _ols
from fsstats.stats._ols import (
    COVARIANCES,
    Fits,
    added_up,
    classical,
    f_p_value,
    fit,
    interval,
    leverage,
    linear,
    t_test,
    wald,
)

ROWS, REGIONS = 40, 6


@given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from([0.0, 0.03, 0.1, 0.5, 0.95, 1.0]), min_size=REGIONS, max_size=REGIONS),
)
def test_sums_are_over_the_rows_that_a_region_has(seed, missing):
    rng = np.random.default_rng(seed)
    present = rng.random((ROWS, REGIONS)) >= np.array(missing)
    columns = rng.normal(size=(3, ROWS))
    alone = [[row[own].sum() for row in columns] for own in present.T]
    np.testing.assert_allclose(added_up(columns, present), alone, atol=1e-12)


def test_sums_of_whole_numbers_are_exact():
    rng = np.random.default_rng(1)
    present = rng.random((ROWS, REGIONS)) >= 0.05
    counts = rng.integers(0, 2, (2, ROWS)).astype(float)
    assert (added_up(counts, present) == (counts @ present).T).all()


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("noise", [1.0, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6])
def test_residuals_keep_their_digits_beside_a_large_mean_or_a_close_fit(offset, noise, gaps):
    rng = np.random.default_rng(2)
    matrix = np.column_stack([np.ones(200), rng.normal(size=200), rng.normal(50, 10, 200)])
    values = offset + matrix[:, [1]] + noise * rng.normal(size=(200, 4))
    values[rng.random(values.shape) < 0.03 * gaps] = np.nan
    found = fit(values, matrix)
    for place, own in enumerate(values.T):
        kept = ~np.isnan(own)
        whole = matrix[kept].astype(np.longdouble)
        centred = own[kept].astype(np.longdouble)
        expected = _residual_sum(whole, centred)
        rounding = (offset + 1.0) * 1e-15 / noise  # of the values themselves
        assert found.rss[place] == pytest.approx(float(expected), rel=1e-9 + 10 * rounding)


def _residual_sum(matrix, values):
    """Take the columns out one after the other, twice, in extended precision."""
    left, basis = values, []
    for column in matrix.T:
        rest = column
        for _ in range(2):
            for one in basis:
                rest = rest - one * (one @ rest)
        basis.append(rest / np.sqrt(rest @ rest))
    for _ in range(2):
        for one in basis:
            left = left - one * (one @ left)
    return left @ left


# --- each region by itself, as a textbook has it


def made_up(gaps, seed=3):
    """Give values with gaps in some regions, a design of three columns, weights and clusters."""
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([np.ones(ROWS), rng.normal(50, 10, ROWS), rng.integers(0, 2, ROWS)])
    values = matrix @ rng.normal(size=(3, REGIONS)) + rng.normal(size=(ROWS, REGIONS))
    missing = rng.random(values.shape) < np.array([0.0, 0.05, 0.4, 0.1, 0.0, 0.6]) * gaps
    values[missing] = np.nan
    return values, matrix, rng.uniform(0.5, 2, ROWS), rng.integers(0, 9, ROWS)


def by_the_book(values, matrix, weights, clusters, covariance):
    """Give coefficients, their covariance and classical covariance, df, df of tests and residual squares of a region."""
    own = np.isfinite(values)
    root = np.sqrt(np.ones(len(own)) if weights is None else weights)[own]
    x, y = matrix[own] * root[:, None], values[own] * root
    n, p = x.shape
    bread = np.linalg.inv(x.T @ x)
    coefficients = bread @ x.T @ y
    residuals = y - x @ coefficients
    hat = np.einsum("ij,jk,ik->i", x, bread, x)
    plain = bread * (residuals @ residuals) / (n - p)
    if covariance == "classical":
        return coefficients, plain, plain, n - p, n - p, residuals @ residuals
    if covariance == "cluster":
        groups = np.unique(clusters[own])
        sums = np.array([x[clusters[own] == one].T @ residuals[clusters[own] == one] for one in groups])
        factor = len(groups) / (len(groups) - 1) * (n - 1) / (n - p)
        found = factor * bread @ sums.T @ sums @ bread
        return coefficients, found, plain, n - p, len(groups) - 1, residuals @ residuals
    factor = {
        "HC0": np.ones(n),
        "HC1": np.full(n, n / (n - p)),
        "HC2": 1 / (1 - hat),
        "HC3": 1 / (1 - hat) ** 2,
        "HC4": (1 - hat) ** -np.minimum(4, n * hat / p),
    }[covariance]
    found = bread @ (x.T * (factor * residuals**2)) @ x @ bread
    return coefficients, found, plain, n - p, n - p, residuals @ residuals


CONTRASTS = np.array([[0.0, 1.0, 0.0], [1.0, 50.0, 0.5], [0.0, 0.3, -1.0]])


@pytest.mark.parametrize("keep_residuals", [False, True])
@pytest.mark.parametrize("gaps", [0.0, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_every_region_is_fitted_as_textbooks_say(covariance, weighted, gaps, keep_residuals):
    values, matrix, weights, clusters = made_up(gaps)
    weights = weights if weighted else None
    given_clusters = clusters if covariance == "cluster" else None
    options = {"weights": weights, "covariance": covariance, "clusters": given_clusters}
    fits = fit(values, matrix, **options, keep_residuals=keep_residuals)
    found = linear(fits, CONTRASTS)
    f, df_term = wald(fits, CONTRASTS[:2])
    for place, own in enumerate(values.T):
        coefficients, robust, plain, df, test_df, squares = by_the_book(own, matrix, weights, clusters, covariance)
        np.testing.assert_allclose(found.estimate[place], CONTRASTS @ coefficients, rtol=1e-8)
        np.testing.assert_allclose(found.std_error[place] ** 2, np.diag(CONTRASTS @ robust @ CONTRASTS.T), rtol=1e-8)
        np.testing.assert_allclose(found.classical[place] ** 2, np.diag(CONTRASTS @ plain @ CONTRASTS.T), rtol=1e-8)
        two = CONTRASTS[:2]
        expected = two @ coefficients @ np.linalg.solve(two @ robust @ two.T, two @ coefficients) / 2
        assert f[place] == pytest.approx(expected, rel=1e-6)
        assert (fits.n[place], fits.df[place], fits.test_df[place]) == (np.isfinite(own).sum(), df, test_df)
        assert fits.rss[place] == pytest.approx(squares, rel=1e-9)
        assert fits.sigma[place] == pytest.approx(np.sqrt(squares / df), rel=1e-9)
        if keep_residuals:
            root = 1.0 if weights is None else np.sqrt(weights)
            expected = np.where(np.isfinite(own), (own - matrix @ coefficients) * root, 0.0)
            np.testing.assert_allclose(fits.residuals[:, place], expected, atol=1e-9)
    assert df_term == 2
    assert fits.residuals.shape == ((ROWS, REGIONS) if keep_residuals else (ROWS, 0))
    assert not np.concatenate([fits.deficient, fits.constant, fits.lost.ravel()]).any()
    np.testing.assert_allclose(linear(classical(fits), CONTRASTS).std_error, found.classical, rtol=1e-12)
    assert (classical(fits).test_df == fits.df).all()


@pytest.mark.parametrize("gaps", [0.0, 1.0])
def test_leverage_is_the_diagonal_of_each_regions_hat_matrix(gaps):
    values, matrix, weights, _ = made_up(gaps)
    found = np.broadcast_to(leverage(fit(values, matrix, weights=weights)), values.shape)
    for place, own in enumerate(np.isfinite(values).T):
        x = (matrix * np.sqrt(weights)[:, None])[own]
        np.testing.assert_allclose(found[own, place], np.diag(x @ np.linalg.inv(x.T @ x) @ x.T), rtol=1e-9)


@pytest.mark.parametrize("options", [{}, {"keep_residuals": True}, {"covariance": "HC3"}, {"covariance": "cluster"}])
@pytest.mark.parametrize("gaps", [0.0, 1.0])
@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_regions_that_are_taken_some_at_a_time_are_as_all_at_once(monkeypatch, options, gaps, at_once):
    values, matrix, _, clusters = made_up(gaps)
    options = {**options, "clusters": clusters if options.get("covariance") == "cluster" else None}
    whole = fit(values, matrix, **options)
    monkeypatch.setattr(_ols, "_AT_ONCE", at_once * ROWS)
    parts = fit(values, matrix, **options)
    for one in fields(Fits):
        ours, theirs = getattr(parts, one.name), getattr(whole, one.name)
        if theirs is None:
            assert ours is None
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=one.name)


# --- regions whose own rows do not give the whole model


def odd_rows():
    """Give a design with a rare level, and a regressor that equals another one where the first rows are missing."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=ROWS)
    matrix = np.column_stack(
        [np.ones(ROWS), x, np.arange(ROWS) < 4, np.where(np.arange(ROWS) < 8, rng.normal(size=ROWS), x)]
    )
    return matrix, matrix[:, :2] @ [1.0, 2.0] + rng.normal(size=ROWS)


def test_a_column_that_a_region_does_not_have_is_left_out_there_and_known_nowhere():
    matrix, values = odd_rows()
    matrix = matrix[:, :3]
    lacking = np.where(np.arange(ROWS) < 4, np.nan, values)
    fits = fit(np.column_stack([values, lacking]), matrix)
    alone = fit(lacking[4:, None], matrix[4:, :2])
    assert fits.lost.tolist() == [[False] * 3, [False, False, True]]
    assert fits.deficient.tolist() == [False, False]
    assert (fits.df[1], fits.rss[1]) == (alone.df[0], pytest.approx(alone.rss[0]))
    ours, theirs = linear(fits, np.eye(3)), linear(alone, np.eye(2))
    for got, due in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got[1], [*due[0], np.nan], rtol=1e-8)
        assert np.isfinite(got[0]).all()
    assert np.isnan(wald(fits, np.eye(3)[1:])[0]).tolist() == [False, True]
    assert wald(fits, np.eye(3)[:2])[0][1] == pytest.approx(wald(alone, np.eye(2))[0][0])


@pytest.mark.parametrize("columns", [[0, 1, 3], [0, 1, 2, 3]], ids=["no column lost", "a column lost besides"])
@pytest.mark.parametrize("covariance", ["classical", "HC3"])
def test_a_region_whose_rows_do_not_tell_columns_apart_has_no_numbers(columns, covariance):
    matrix, values = odd_rows()
    lacking = np.where(np.arange(ROWS) < 8, np.nan, values)
    fits = fit(np.column_stack([values, lacking]), matrix[:, columns], covariance=covariance)
    assert fits.deficient.tolist() == [False, True]
    assert not fits.lost.any()
    assert not fits.constant.any()
    for numbers in (*linear(fits, np.eye(len(columns))), fits.df[:, None], fits.sigma[:, None], fits.rss[:, None]):
        assert np.isnan(numbers).all(axis=1).tolist() == [False, True]
    assert np.isnan(wald(fits, np.eye(len(columns)))[0]).tolist() == [False, True]


def test_columns_that_are_nearly_alike_in_a_regions_rows_keep_their_digits():
    rng = np.random.default_rng(9)
    x = rng.normal(size=200)
    near = np.where(np.arange(200) < 100, rng.normal(size=200), x + 1e-5 * rng.normal(size=200))
    matrix = np.column_stack([np.ones(200), x, near])
    values = x + near + rng.normal(size=200)
    values[:100] = np.nan
    fits = fit(values[:, None], matrix)
    expected = np.linalg.lstsq(matrix[100:], values[100:])[0]
    assert not fits.deficient.any()
    np.testing.assert_allclose(linear(fits, np.eye(3)).estimate[0], expected, rtol=1e-9, atol=1e-7)


def test_values_that_do_not_vary_or_that_the_model_gives_have_no_spread():
    _, matrix, _, _ = made_up(0.0)
    rng = np.random.default_rng(1)
    values = np.column_stack([np.full(ROWS, 7.0), matrix @ [1.0, 2.0, 3.0], rng.normal(size=ROWS), np.zeros(ROWS)])
    fits = fit(values, matrix)
    assert fits.constant.tolist() == [True, True, False, True]
    assert np.isnan(fits.sigma).tolist() == [True, True, False, True]
    np.testing.assert_allclose(linear(fits, np.eye(3)).estimate[1], [1.0, 2.0, 3.0], rtol=1e-9)
    assert np.isnan(wald(fits, np.eye(3))[0]).tolist() == [True, True, False, True]


@pytest.mark.parametrize(("n", "fitted"), [(3, False), (4, True)])
def test_a_region_needs_more_rows_than_the_model_has_columns(n, fitted):
    values, matrix, _, _ = made_up(0.0)
    values[n:, 0] = np.nan
    matrix = np.column_stack([np.ones(ROWS), np.arange(ROWS), np.arange(ROWS) ** 2])
    fits = fit(values, matrix)
    assert np.isfinite(linear(fits, np.eye(3)).estimate[0]).all() == fitted
    assert np.isfinite(fits.df[0]) == fitted


# --- tests


def test_t_f_and_limits_are_those_of_scipy():
    estimate, error, df = np.array([1.5, -0.2, 0.0]), np.array([0.5, 0.1, 2.0]), np.array([4.0, 30.0, 7.5])
    t, p = t_test(estimate, error, df)
    np.testing.assert_allclose(t, estimate / error)
    np.testing.assert_allclose(p, 2 * stats.t.sf(np.abs(t), df))
    low, high = interval(estimate, error, df, 0.9)
    np.testing.assert_allclose((low, high), stats.t.interval(0.9, df, estimate, error))
    np.testing.assert_allclose(f_p_value(t**2, 1.0, df), p)
    np.testing.assert_allclose(f_p_value(np.array([2.5]), 3.0, 12.0), stats.f.sf(2.5, 3, 12))


@pytest.mark.parametrize(("estimate", "error"), [(1.0, 0.0), (np.nan, 1.0), (1.0, np.nan), (0.0, 0.0)])
def test_where_nothing_varies_or_is_known_there_is_no_t(estimate, error):
    t, p = t_test(np.array([estimate]), np.array([error]), 5.0)
    assert np.isnan([t[0], p[0]]).all()
