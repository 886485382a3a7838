"""Formulas: what they give, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.stats._combinations import combinations_of
from fsstats.stats._formula import variables_of
from fsstats.stats._rank import dependent_columns
from fsstats.stats.design import design_of

PEOPLE = pd.DataFrame(
    {
        "group": ["b", "a", "c", "a", "b", "c", "a", "b"] * 4,
        "age": np.arange(32.0) % 7,
        "sex": (["M"] * 3 + ["F"]) * 8,
        "site": [1, 2] * 16,
        "my score": np.random.default_rng(1).random(32),
        "smoker": [True, False, False, True] * 8,
    }
)

COLUMNS = {
    "numbers and levels": (
        "value ~ group * age + sex",
        ("Intercept", "group[T.b]", "group[T.c]", "age", "sex[T.M]", "group[T.b]:age", "group[T.c]:age"),
    ),
    "a right side alone": ("age", ("Intercept", "age")),
    "a number with levels": ("~ C(site)", ("Intercept", "C(site)[T.2]")),
    "a spline": ("~ bs(age, df=4)", ("Intercept", *(f"bs(age, df=4)[{k}]" for k in (1, 2, 3, 4)))),
    "a natural spline": (
        "~ cr(age, df=3)",
        ("Intercept", *(f"cr(age, df=3, constraints='center')[{k}]" for k in (1, 2, 3))),
    ),
    "a square root": ("~ sqrt(age)", ("Intercept", "sqrt(age)")),
    "between backticks": ("~ `my score`", ("Intercept", "my score")),
    "arithmetic": ("~ age + I(age**2)", ("Intercept", "age", "I(age ** 2)")),
    "truth values": ("~ smoker", ("Intercept", "smoker[T.True]")),
    "no intercept": ("~ 0 + group", ("group[a]", "group[b]", "group[c]")),
    "sums": ("~ C(group, contr.sum)", ("Intercept", "C(group, contr.sum)[S.a]", "C(group, contr.sum)[S.b]")),
}


@pytest.mark.parametrize(("formula", "columns"), COLUMNS.values(), ids=COLUMNS)
def test_a_formula_has_these_columns(formula, columns):
    assert design_of(formula, PEOPLE).columns == columns


@pytest.mark.parametrize("formula", [formula for formula, _ in COLUMNS.values()], ids=COLUMNS)
def test_a_design_applied_to_its_own_people_is_itself(formula):
    design = design_of(formula, PEOPLE)
    assert np.array_equal(design.apply(PEOPLE), design.matrix)


@pytest.mark.parametrize("formula", [formula for formula, _ in COLUMNS.values()], ids=COLUMNS)
def test_a_design_applied_to_one_person_is_that_persons_row(formula):
    design = design_of(formula, PEOPLE)
    assert np.allclose(design.apply(PEOPLE.iloc[[4]]), design.matrix[[4]], rtol=1e-12)


CODE = {
    "an import": '~ {__import__("os").getpid()} * age',
    "a module": "~ age + np.log(age)",
    "a call within a call": "~ log(open(age))",
    "an attribute": "~ I(age.__class__)",
    "a lambda": "~ I((lambda: 1)())",
    "a comprehension": "~ I([x for x in age])",
    "an index": "~ I(age[0])",
    "a walrus": "~ I((x := age))",
    "a string method": "~ I('a'.join(age))",
    "a format": "~ I(f'{age}')",
    "another function of formulaic": "~ hashed(group)",
    "a dunder": "~ I(__builtins__)",
    "an attribute of a call": "~ C(group, contr.treatment.__globals__)",
}


@pytest.mark.parametrize("formula", CODE.values(), ids=CODE)
def test_a_formula_runs_nothing_but_arithmetic(formula):
    with pytest.raises(FormulaError, match=r"expected (arithmetic and the functions C, I, bs|a formula)"):
        design_of(formula, PEOPLE)


def test_a_power_that_would_run_for_years_is_refused():
    with pytest.raises(FormulaError):
        design_of("~ I(9**9**9 * age)", PEOPLE)
    with pytest.raises(FormulaError, match="powers up to 9"):
        design_of("~ (group + age + sex)**999999999", PEOPLE)


REFUSED = {
    "a left side that is no value": ("value2 ~ age", "expected one of value, log"),
    "nothing on the right": ("value ~ ", "expected terms, found nothing right of ~"),
    "half a formula": ("~ age +", "age \\+: expected a formula, found Operator"),
    "two right sides": ("~ age | sex", "expected one right side"),
    "a square as R users write it": (
        "~ age + age**2",
        r"found age\*\*2. For a square and the like write I\(age\*\*2\)",
    ),
    "a power as R users write it": ("~ I(age^2)", r"A power of a number is I\(age\*\*2\)"),
    "random effects": ("~ age + (1|site)", r"Random effects are named apart: mixed\(..., groups='site'\)"),
    "all variables": ("~ .", "Name the terms; there is no word for all of them"),
    "a reference level": ("~ C(site, Treatment('B'))", r"A reference level is named apart"),
    "a list": ("~ age, sex", r"Terms are joined by \+"),
    "what breaks the parser": ("~ [)|#", "expected a formula"),
    "an unknown function": ("~ spline(age)", "found spline\\(age\\)"),
    "log of zero": ("~ log(age)", "expected a design matrix, found .*divide by zero"),
    "an alias": ("~ age + I(age * 2)", "found I\\(age \\* 2\\) is a combination of age. Leave one"),
    "a column of zeros": ("~ sex + I(age * 0)", "I\\(age \\* 0\\) is 0 in every row"),
}


@pytest.mark.parametrize(("formula", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_a_design_says_why(formula, message):
    with pytest.raises(FormulaError, match=message):
        design_of(formula, PEOPLE)


COMMAS = {
    "all": ([f"{50 + k},5" for k in range(32)], "50,5"),
    "some, a few numbers only": (["50,5", "61", "70"] * 10 + ["61"] * 2, "50,5"),
    "of thousands": (["1.234,5", "2.345,6"] * 16, "1.234,5"),
    "of thousands in English": (["1,234.5", "2,345.6"] * 16, "1,234.5"),
    "with blanks": ([" 50,5", "51,5 "] * 16, "50,5"),
    "a word among many": ([*(f"{50 + k},5" for k in range(31)), "unknown"], "50,5"),
}


@pytest.mark.parametrize("kind", ["str", "object", "category"])
@pytest.mark.parametrize(("ages", "named"), COMMAS.values(), ids=COMMAS)
def test_numbers_with_commas_are_no_levels(ages, named, kind):
    people = PEOPLE.assign(age=pd.Series(ages, dtype=kind))
    with pytest.raises(
        FormulaError, match=f"^age: expected numbers, found text with a comma, such as '{named}'.*decimal"
    ):
        design_of("~ age", people)


@pytest.mark.parametrize("sites", [["1,2", "a", "b", "c"], ["1, 2", "3, 4"], ["6.0.0", "7.4.1"], ["a,5", "b,5"]])
def test_words_with_commas_and_points_are_levels(sites):
    assert design_of("~ site", PEOPLE.assign(site=(sites * 16)[:32])).levels == {"site": tuple(sorted(sites))}


def test_many_numbers_as_text_are_levels_with_a_warning():
    people = PEOPLE.assign(age=[str(50 + k % 16) for k in range(32)])
    with pytest.warns(FsstatsWarning, match=r"^age is text, so its numbers \(50, 51.*\) are taken for 16 levels"):
        found = design_of("~ age", people)
    assert len(found.levels["age"]) == 16


MEANT = {
    "coded": ("~ C(age)", {}, [str(50 + k % 16) for k in range(32)]),
    "with a reference": ("~ age", {"age": "50"}, [str(50 + k % 16) for k in range(32)]),
    "names of sites": ("~ age", {}, [f"{k % 16:02}" for k in range(32)]),
    "few": ("~ age", {}, [str(k % 3) for k in range(32)]),
    "categories of numbers": ("~ age", {}, pd.Categorical([50 + k % 16 for k in range(32)])),
}


@pytest.mark.parametrize(("formula", "reference", "ages"), MEANT.values(), ids=MEANT)
def test_numbers_that_are_meant_to_be_levels_are(formula, reference, ages):
    assert design_of(formula, PEOPLE.assign(age=ages), reference=reference).levels["age"]


TWICE = {
    "a capital": ("Patient", "patient"),
    "a blank behind": ("patient", "patient "),
    "a blank before, and a capital": (" PATIENT", "patient"),
    "two blanks within": ("late  onset", "late onset"),
    "another blank": ("late\u00a0onset", "late onset"),
}


@pytest.mark.parametrize("pair", TWICE.values(), ids=TWICE)
def test_one_level_in_two_spellings_is_refused(pair):
    groups = ["control"] * 16 + [pair[1]] * 15 + [pair[0]]
    with pytest.raises(FormulaError) as raised:
        design_of("~ group", PEOPLE.assign(group=groups))
    assert str(raised.value).startswith("group: expected each level written in one way, found ")
    assert all(repr(word) in str(raised.value) for word in pair)


def test_a_spelling_that_nobody_has_any_more_is_not_in_the_way():
    groups = pd.Categorical(["control", "patient"] * 16, categories=["control", "Patient", "patient"])
    assert design_of("~ group", PEOPLE.assign(group=groups)).levels == {"group": ("control", "patient")}


def test_a_word_among_numbers_is_named():
    people = PEOPLE.assign(age=[*map(str, range(31)), "fifty"])
    with pytest.raises(FormulaError, match="age: expected numbers, found text such as fifty among them"):
        design_of("~ age", people)


def test_names_that_differ_in_signs_only_are_refused():
    people = PEOPLE.assign(my_score=1.0 * PEOPLE["site"])
    with pytest.raises(FormulaError, match=r"found my score and my_score\. Rename one of the columns"):
        design_of("~ scale(`my score`) + my_score", people)


def test_an_unknown_variable_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no variable is called 'grop'; did you mean group"):
        design_of("~ grop", PEOPLE)


def test_complete_rows_are_taken_before_the_matrix_is_built():
    people = PEOPLE.assign(age=PEOPLE["age"].where(PEOPLE.index != 3))
    design = design_of("~ center(age) + scale(`my score`)", people)
    assert design.rows.sum() == 31
    assert abs(design.matrix[:, 1].mean()) < 1e-12


def test_no_complete_row_says_what_is_missing():
    with pytest.raises(FormulaError, match="found none of 32: age is missing in 32"):
        design_of("~ age", PEOPLE.assign(age=np.nan))


def test_a_level_that_lost_its_rows_is_named():
    people = PEOPLE.assign(age=PEOPLE["age"].where(PEOPLE["group"] != "c"))
    with pytest.raises(FormulaError, match="expected rows of every level of group, found none of c that has all other"):
        design_of("~ group + age", people)


def test_a_category_that_nobody_has_is_left_out():
    people = PEOPLE.assign(group=pd.Categorical(PEOPLE["group"], categories=["z", "c", "b", "a"]))
    assert design_of("~ group", people).levels["group"] == ("c", "b", "a")


def test_the_reference_can_be_chosen():
    assert design_of("~ group", PEOPLE, reference={"group": "c"}).levels["group"] == ("c", "a", "b")
    with pytest.raises(UnknownNameError, match="no level of group is called 'd'"):
        design_of("~ group", PEOPLE, reference={"group": "d"})
    with pytest.raises(UnknownNameError, match="no variable of the formula is called 'sex'"):
        design_of("~ group", PEOPLE, reference={"sex": "F"})


def test_a_level_that_was_not_seen_is_refused_not_taken_for_the_reference():
    design = design_of("~ group", PEOPLE)
    with pytest.raises(FormulaError, match="group: expected the levels a, b, c, found d"):
        design.apply(pd.DataFrame({"group": ["a", "d"]}))


def test_a_spline_beyond_its_range_is_refused():
    design = design_of("~ bs(age, df=4)", PEOPLE)
    with pytest.raises(FormulaError, match="expected a design matrix, found"):
        design.apply(pd.DataFrame({"age": [1.0, 90.0]}))


def test_a_missing_value_at_apply_is_refused():
    design = design_of("~ age", PEOPLE)
    with pytest.raises(FormulaError, match="age: expected a value in every row, found 1 of 2 missing"):
        design.apply(pd.DataFrame({"age": [1.0, np.nan]}))


def test_numbers_that_lost_their_type_keep_their_levels_names():
    people = PEOPLE.assign(site=PEOPLE["site"].where(PEOPLE.index != 3).astype(float))
    assert design_of("~ C(site)", people).levels == {"site": ("1", "2")}


def test_more_columns_than_rows_are_refused():
    with pytest.raises(FormulaError, match="expected more rows than columns, found 3 complete rows for 3 columns"):
        design_of("~ age + sex", PEOPLE.iloc[1:4])


def test_coding_by_sums_keeps_the_names_of_the_terms():
    design = design_of("~ group * C(site) + age", PEOPLE, coding="sum")
    assert [one.name for one in design.effects] == ["Intercept", "group", "C(site)", "age", "group:C(site)"]
    assert set(np.unique(design.matrix[:, 1])) == {-1.0, 0.0, 1.0}


def test_variables_are_named_in_their_order():
    found = variables_of("log(value) ~ sex * log(eTIV) + `aseg_Left-Hippocampus_volume` + C(site, contr.sum)")
    assert found == ["sex", "eTIV", "aseg_Left-Hippocampus_volume", "site"]


@given(st.integers(0, 2**32 - 1), st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_rank_does_not_depend_on_units(seed, offset, unit):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([np.ones(30), rng.normal(size=(30, 3)) * unit + offset * unit])
    names = ["Intercept", "a", "b", "c"]
    assert dependent_columns(matrix, names) == []
    more = np.column_stack([matrix, matrix[:, 1] * 3 - matrix[:, 2]])
    assert [one.column for one in dependent_columns(more, [*names, "d"])] == [4]


COMBINATIONS = {
    "a difference": ("a - b", [1, -1, 0]),
    "a mean": ("(a + b) / 2", [0.5, 0.5, 0]),
    "a number before": ("2 * a", [2, 0, 0]),
    "a sign": ("-(a - x[T.a:b])", [-1, 0, 1]),
}


@pytest.mark.parametrize(("text", "weights"), COMBINATIONS.values(), ids=COMBINATIONS)
def test_combinations_are_sums_of_columns(text, weights):
    assert combinations_of([text], ["a", "b", "x[T.a:b]"])[1].tolist() == [weights]


@pytest.mark.parametrize("text", ["a * b", "a / b", "a + 1", "1", "a - a", "d", "a ** 2", "f(a)", "a if b else c", ""])
def test_a_combination_that_is_no_sum_is_refused(text):
    with pytest.raises(FormulaError, match=r"expected .*columns of the design"):
        combinations_of([text], ["a", "b", "c"])


def test_a_reference_level_says_of_which_variable():
    people = pd.DataFrame({"group": ["a", "b", "a"]})
    with pytest.raises(TableError, match=r"as \{'group': 'b'\}, found 'b' alone"):
        design_of("value ~ group", people, reference="b")
