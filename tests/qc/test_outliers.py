"""Outliers, row by row: the numbers are those of the formula, and what was not judged says why."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import TableError, UnknownNameError
from fsstats.qc import outliers
from fsstats.qc._robust import by_mad, fitted_by, median, scores_of
from fsstats.qc.multivariate import distances, p_values, shrunk_covariance
from stats_support import long_of_matrix, made_up

PEOPLE = pd.DataFrame({"age": np.arange(30.0)})


def table_of(values, **people):
    """Make a long table of one region."""
    values = np.asarray(values, dtype=float)
    return long_of_matrix(values[:, None], pd.DataFrame({"k": np.arange(len(values)), **people}))


def test_the_deviation_is_that_of_the_formula():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 30, 100])
    flags = outliers(table_of(values))
    assert np.allclose(flags["z"], (values - 6) / (1.4826 * 3))  # the median is 6, the deviations' median 3
    assert flags["is_outlier"].tolist() == [False] * 9 + [True] * 2
    assert np.allclose(flags["expected_high"], 6 + 3.5 * 1.4826 * 3)


def test_enigmas_rule_is_that_of_mean_and_standard_deviation():
    values = np.append(np.arange(20.0), 60)
    flags = outliers(table_of(values), method="enigma")
    z = (values - values.mean()) / values.std(ddof=1)
    assert np.allclose(flags["z"], z)
    assert flags["is_outlier"].tolist() == (np.abs(z) > 2.698).tolist()


def test_flags_are_aligned_to_the_rows():
    table = made_up(40, 3, gaps=0.1).sample(frac=0.7, random_state=1)
    flags = outliers(table)
    assert flags.index.equals(table.index)
    assert flags["is_outlier"].dtype == bool
    assert len(table[~flags["is_outlier"]]) == len(table) - flags["is_outlier"].sum()
    assert (flags["note"] == "missing").equals(table["value"].isna())


def test_a_skewed_structure_is_compared_by_its_logarithms():
    values = np.exp(np.random.default_rng(0).normal(0, 1, 200))
    table = table_of(values).assign(region="Left-Lateral-Ventricle")
    assert outliers(table)["is_outlier"].sum() == 0
    assert outliers(table, skewed="plain")["is_outlier"].sum() > 5
    limits = outliers(table)[["expected_low", "expected_high"]].iloc[0]
    assert np.isclose(np.sqrt(limits.prod()), np.median(values), rtol=0.02)


NOT_JUDGED = {
    "few": (np.arange(9.0), "fewer than 10 values to compare with"),
    "flat": (np.append(np.ones(11), 5), "hardly varies"),
}


@pytest.mark.parametrize(("values", "note"), NOT_JUDGED.values(), ids=NOT_JUDGED)
def test_what_cannot_be_judged_says_why(values, note):
    flags = outliers(table_of(values))
    assert set(flags["note"]) == {note}
    assert not flags["is_outlier"].any()
    assert flags["z"].isna().all()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"method": "iqr"}, UnknownNameError),
        ({"skewed": "sqrt"}, UnknownNameError),
        ({"threshold": 0}, TableError),
        ({"threshold": np.nan}, TableError),
        ({"covariates": ["height"]}, UnknownNameError),
    ],
)
def test_wrong_options_are_errors(options, error):
    with pytest.raises(error):
        outliers(table_of(np.arange(20.0)), **options)


def test_an_outlier_does_not_bend_the_line_it_is_judged_by():
    age = np.linspace(20, 80, 30)
    values = 100 - age + np.random.default_rng(0).normal(0, 1, 30)
    values[0] += 60
    fitted = fitted_by(values[:, None], np.column_stack([np.ones(30), age]))[:, 0]
    assert np.abs(fitted - (100 - age)).max() < 1.5
    flags = outliers(table_of(values, age=age), covariates=["age"])
    assert flags.index[flags["is_outlier"]].tolist() == [0]


def test_a_model_does_not_make_equal_values_differ():
    rng = np.random.default_rng(8)
    age = rng.uniform(20, 80, 30)
    values = np.sort(np.append(np.ones(17), rng.integers(2, 6, 13)))
    values = values[np.argsort(np.argsort(age + rng.normal(0, 15, 30)))]  # more than half are 1, the older have more
    flags = outliers(table_of(values, age=age), covariates=["age"])
    assert set(flags["note"]) == {"hardly varies"}
    assert not flags["is_outlier"].any()


def test_what_a_model_leaves_of_values_by_rounding_is_not_judged():
    head = np.random.default_rng(1).uniform(1.2e6, 1.8e6, 30)
    flags = outliers(table_of(head / 1000, head=head), covariates=["head"])  # the same in mL
    assert set(flags["note"]) == {"hardly varies"}
    assert flags["z"].isna().all()


@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)), min_size=1, max_size=30),
)
def test_medians_are_numpys(values):
    own = np.array(values)
    ours = median(own[:, None])[0]
    there = own[~np.isnan(own)]
    assert np.isnan(ours) if not len(there) else ours == np.median(there)


@given(st.floats(0.1, 1e4), st.floats(-1e4, 1e4))
def test_deviations_do_not_depend_on_unit_or_origin(factor, origin):
    values = np.random.default_rng(1).normal(size=(25, 2))
    group = np.zeros(25, dtype=np.intp)
    one, other = (scores_of(own, group).z for own in (values, values * factor + origin))
    assert np.allclose(one, other, rtol=1e-6, atol=1e-6)


def test_a_small_group_is_compared_with_the_whole():
    values = np.random.default_rng(1).normal(size=(30, 1))
    group = np.repeat([0, 1], [25, 5]).astype(np.intp)
    scores = scores_of(values, group)
    centre, scale = by_mad(values)
    assert np.allclose(scores.z[25:], (values[25:] - centre) / scale)
    assert np.allclose(scores.z[:25], (values[:25] - by_mad(values[:25])[0]) / by_mad(values[:25])[1])


@pytest.mark.parametrize(("n", "p", "repeats"), [(40, 60, 60), (150, 20, 30)], ids=["fewer runs", "more runs"])
def test_about_one_in_a_thousand_whole_runs_is_far_in_all_regions_together(n, p, repeats):
    # 2,400 and 4,500 runs: with the nominal share 2.4 and 4.5 are due; 13 and 18 would be a share of .004 and more.
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(repeats):
        mixing = rng.normal(size=(p, 3))
        z = rng.normal(size=(n, 3)) @ mixing.T + rng.normal(size=(n, p))
        centre, scale = by_mad(z)
        squared = distances((z - centre) / scale, np.arange(n))
        found += int((p_values(squared, np.arange(n))[0] < 0.001).sum())
    assert found < 13 if n == 40 else found < 18


def test_a_run_that_is_usual_in_each_region_and_odd_in_all_is_far():
    rng = np.random.default_rng(2)
    common = rng.normal(size=(80, 1))
    z = 0.95 * common + 0.3 * rng.normal(size=(80, 12))
    z[7] = np.where(np.arange(12) % 2, 1.0, -1.0)
    p, limit = p_values(distances(z, np.arange(80)), np.arange(80))
    assert p.argmin() == 7
    assert p[7] < 1e-3
    assert limit < distances(z, np.arange(80))[7]


def test_the_shrunk_covariance_is_scikit_learns():
    from sklearn.covariance import ledoit_wolf  # noqa: PLC0415 - needed here only

    sample = np.random.default_rng(3).normal(size=(30, 12)) * np.arange(1, 13)
    assert np.allclose(shrunk_covariance(sample), ledoit_wolf(sample)[0], rtol=1e-12)
