"""The core of the linear models: sums over the rows that each region has, and residuals that lose no digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.stats._ols import added_up, fit

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
