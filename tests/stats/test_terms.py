"""What a verb accounts for can be given as columns or as a formula, and is the same either way."""

import pandas as pd
import pytest

from fsstats.errors import FormulaError
from fsstats.stats._terms import right_side, terms_of
from fsstats.stats.compare import compare
from fsstats.stats.correlate import correlate
from fsstats.stats.harmonise import harmonise
from fsstats.stats.head_size import adjust_head_size
from fsstats.stats.site_effects import site_effects
from fsstats.tables.shape import to_wide
from stats_support import made_up

WAYS = (["age at scan", "sex"], "`age at scan` + sex", ("sex", "age at scan"), pd.Index(["age at scan", "sex"]))
VERBS = {
    "compare": lambda table, beside: compare(table, "group", covariates=beside)["p_value"],
    "correlate": lambda table, beside: correlate(table, "weight", covariates=beside)["p_value"],
    "harmonise": lambda table, beside: harmonise(table, keep=beside)["value"],
    "site_effects": lambda table, beside: site_effects(table, keep=beside)["p_value"],
    "adjust_head_size": lambda table, beside: adjust_head_size(table, nuisance=beside)["value"],
}


@pytest.fixture(scope="module")
def table():
    made = made_up().rename(columns={"age": "age at scan"})
    return made.assign(eTIV=1.2e6 + 1e4 * made["weight"])


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_columns_and_a_formula_mean_the_same(verb, table):
    first, *others = (verb(table, way) for way in WAYS)
    for other in others:
        pd.testing.assert_series_equal(first, other)
    alone = [verb(table, way) for way in ("age at scan", ["age at scan"], "`age at scan`")]
    assert not alone[0].equals(first)
    for other in alone[1:]:
        pd.testing.assert_series_equal(alone[0], other)


def test_a_wide_table_has_names_that_are_none_as_well(table):
    wide = to_wide(table, sep=None)
    assert terms_of("age at scan", wide) == ["`age at scan`"]
    found = [compare(one, "group", covariates="age at scan")["p_value"] for one in (table, wide)]
    pd.testing.assert_series_equal(*found)


@pytest.mark.parametrize("nothing", [None, "", "  ", (), [""]])
def test_nothing_is_nothing(nothing):
    assert right_side(nothing, pd.DataFrame()) == ""


def test_a_whole_formula_is_refused_unless_it_is_of_the_value():
    assert right_side("value ~ age", pd.DataFrame()) == "age"
    with pytest.raises(FormulaError, match=r"expected the right side of a formula, found log\(value\) on the left"):
        right_side("log(value) ~ age", pd.DataFrame())
