"""Corrections for the number of tests: families, missing values, laws. The figures of R are in agreements/correct.py."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from fsstats.errors import ColumnsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.stats.correct import correct

METHODS = ["bonferroni", "holm", "hochberg", "hommel", "fdr_bh", "fdr_by"]
FAMILYWISE = ["bonferroni", "holm", "hochberg", "hommel"]

some_p = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), min_size=1, max_size=12)


def results(p, **columns):
    return pd.DataFrame({"p_value": pd.Series(p, dtype=float)}).assign(**columns)


def adjusted(p, method, **options):
    return correct(results(p), method, within=(), **options)["p_adjusted"].to_numpy()


def test_rows_with_the_same_measure_and_term_are_a_family():
    table = results([0.01, 0.02, 0.03, 0.04, 0.05], hemi=["lh", "rh", "lh", "lh", "rh"])
    table = table.assign(measure=["area", "area", "area", "volume", "volume"], term=["age", "age", "sex", "age", "age"])
    found = correct(table, "bonferroni")
    assert found["p_adjusted"].tolist() == [0.02, 0.04, 0.03, 0.08, 0.1]
    assert found["n_tests"].tolist() == [2, 2, 1, 2, 2]
    assert found["adjustment"].unique().tolist() == ["bonferroni within measure, term"]


WITHIN = {
    "no columns": ((), "holm over all rows", [4, 4, 4, 4]),
    "a single name": ("source", "holm within source", [2, 2, 2, 2]),
    "a column with missing values": (["hemi"], "holm within hemi", [1, 3, 3, 3]),
    "a name said twice": (["source", "source"], "holm within source", [2, 2, 2, 2]),
}


@pytest.mark.parametrize(("within", "wording", "n_tests"), WITHIN.values(), ids=WITHIN)
def test_the_family_is_named(within, wording, n_tests):
    table = results([0.1, 0.2, 0.3, 0.4], source=["aparc", "aparc", "aseg", "aseg"], hemi=["lh", None, None, None])
    found = correct(table, "holm", within=within)
    assert found["adjustment"].unique().tolist() == [wording]
    assert found["n_tests"].tolist() == n_tests


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_p_value_counts_as_no_test_and_stays_missing(method):
    with_gaps = adjusted([None, 0.01, None, 0.2, 0.04], method)
    assert np.isnan(with_gaps[[0, 2]]).all()
    assert with_gaps[[1, 3, 4]].tolist() == adjusted([0.01, 0.2, 0.04], method).tolist()


def test_a_family_without_any_p_value_has_no_tests():
    found = correct(results([None, None]), within=())
    assert found["p_adjusted"].isna().all()
    assert found["n_tests"].tolist() == [0, 0]


def test_rows_order_index_and_other_columns_are_kept_and_the_input_unchanged():
    table = results([0.3, 0.01, 0.2], region=list("abc")).set_axis([7, 7, 3], axis=0)
    before = table.copy()
    found = correct(table, within=())
    pd.testing.assert_frame_equal(found[["p_value", "region"]], before)
    pd.testing.assert_frame_equal(table, before)
    assert found.columns.tolist() == ["p_value", "region", "p_adjusted", "adjustment", "n_tests"]


def test_a_second_correction_replaces_the_first():
    once = correct(results([0.01, 0.02]), "holm", within=())
    with pytest.warns(FsstatsWarning, match="p_adjusted was there and is replaced: holm over all rows"):
        again = correct(once, within=())
    pd.testing.assert_frame_equal(again, correct(results([0.01, 0.02]), within=()))


def of_sources(*sources, p=0.02):
    cells = {"source": sources, "region": [f"r{i}" for i in range(len(sources))], "measure": "volume", "term": "group"}
    return pd.DataFrame({**cells, "p_value": p})


def test_a_family_of_several_sources_is_said():
    message = r"^3 tests of volume and group are one family, of 2 sources: aseg, first\. .*within="
    with pytest.warns(FsstatsWarning, match=message):
        found = correct(of_sources("aseg", "aseg", "first"))
    assert found["n_tests"].tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("table", "within"),
    {
        "one source": (of_sources("aseg", "aseg"), None),
        "kept apart": (of_sources("aseg", "first"), ("source", "measure", "term")),
        "one family by name": (of_sources("aseg", "first"), ()),
        "another measure": (of_sources("aseg", "aparc").assign(measure=["volume", "thickness"]), None),
        "no test of the other": (of_sources("aseg", "first").assign(p_value=[0.1, None]), None),
    }.values(),
)
def test_a_family_of_one_source_or_one_that_was_named_is_not_spoken_of(table, within):
    assert correct(table, within=within)["p_adjusted"].notna().any()


def test_another_column_of_p_values_is_named():
    table = results([0.5, 0.5], p_permutation=[0.01, 0.02])
    found = correct(table, "bonferroni", within=(), p_column="p_permutation")
    assert found["p_adjusted"].tolist() == [0.02, 0.04]
    assert found["adjustment"].tolist() == ["bonferroni of p_permutation over all rows"] * 2


def test_a_table_without_rows_gets_the_columns():
    found = correct(results([]), within=())
    assert found.dtypes.astype(str).to_dict() == {
        "p_value": "float64",
        "p_adjusted": "float64",
        "adjustment": "str",
        "n_tests": "int64",
    }


WRONG = {
    "an unknown method": (
        {"method": "fdr"},
        UnknownNameError,
        r"no method of correction is called 'fdr'; did you mean fdr_by or fdr_bh\?",
    ),
    "no such family": (
        {"within": ["measure"]},
        ColumnsError,
        r"correct needs the column\(s\) 'measure'; the table has 'p_value', 'word'",
    ),
    "no such p-values": ({"p_column": "p"}, ColumnsError, r"correct needs the column\(s\) 'p';"),
    "words": ({"p_column": "word"}, TableError, "word: expected p-values, found a column of str"),
    "too large": ({"p_value": 1.5}, TableError, "p_value: expected numbers from 0 to 1, found 1.5 in row 2$"),
    "negative": ({"p_value": -0.1}, TableError, "p_value: expected numbers from 0 to 1, found -0.1 in row 2$"),
    "infinite": ({"p_value": np.inf}, TableError, "p_value: expected numbers from 0 to 1, found inf in row 2$"),
}


@pytest.mark.parametrize(("options", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_corrected_is_said(options, error, message):
    table = results([0.1, options.get("p_value", 0.2)], word="x")
    with pytest.raises(error, match=message):
        correct(table, **({"within": ()} | {name: given for name, given in options.items() if name != "p_value"}))


def test_two_columns_of_one_name_are_an_error():
    table = pd.DataFrame([[0.1, 0.2]], columns=["p_value", "p_value"])
    with pytest.raises(TableError, match="correct: expected each column once, found 'p_value' twice"):
        correct(table, within=())


@given(some_p, st.sampled_from(METHODS))
def test_adjusted_p_values_are_between_p_and_1_and_keep_the_order(p, method):
    found = adjusted(p, method)
    assert (found >= np.array(p) * (1 - 1e-12)).all()
    assert (found <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(found[order]) >= -1e-15).all()


@given(some_p, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(p, method, random):
    order = list(range(len(p)))
    random.shuffle(order)
    np.testing.assert_allclose(adjusted(np.array(p)[order], method), adjusted(p, method)[order], rtol=1e-14)


@given(some_p)
def test_the_more_powerful_method_never_gives_a_larger_p_value(p):
    bonferroni, holm, hochberg, hommel = (adjusted(p, method) for method in FAMILYWISE)
    slack = 1 + 1e-12
    assert (holm <= bonferroni * slack).all()
    assert (hochberg <= holm * slack).all()
    assert (hommel <= hochberg * slack).all()
    assert (adjusted(p, "fdr_bh") <= hommel * slack).all()


@given(some_p)
def test_what_holds_under_any_dependence_costs_the_sum_of_the_fractions(p):
    cost = sum(1 / k for k in range(1, len(p) + 1))
    np.testing.assert_allclose(adjusted(p, "fdr_by"), np.minimum(cost * adjusted(p, "fdr_bh"), 1), rtol=1e-12)


@pytest.mark.long
@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_hommel_is_the_closed_test_with_simes_p_value(p):
    def simes(members):
        ordered = np.sort([p[one] for one in members])
        return min(1.0, (len(members) * ordered / np.arange(1, len(members) + 1)).min())

    sets = [found for size in range(1, len(p) + 1) for found in combinations(range(len(p)), size)]
    closed = [max(simes(found) for found in sets if one in found) for one in range(len(p))]
    np.testing.assert_allclose(adjusted(p, "hommel"), closed, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_the_error_that_is_controlled_stays_below_its_level(method):
    rng = np.random.default_rng(20)
    families, tests, real = 1000, 20, 8
    p = norm.sf(rng.normal(size=(families, tests)) + np.where(np.arange(tests) < real, 3.0, 0.0))
    table = results(p.ravel(), family=np.repeat(np.arange(families), tests))
    found = correct(table, method, within=["family"])["p_adjusted"].to_numpy().reshape(families, tests) <= 0.05
    false, positive = found[:, real:].sum(axis=1), np.maximum(found.sum(axis=1), 1)
    error = (false > 0) if method in FAMILYWISE else false / positive
    assert error.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / families)
    assert found[:, :real].mean() > 0.3
