"""What an unknown name is answered with: the likeliest reason, the nearest names, or a list that can be read."""

import pytest

from fsstats import ColumnsError, UnknownNameError

MANY = [f"m{k:03}" for k in range(250)]
ANSWERS = {
    "near": ("agee", ["age", "sex"], {}, "did you mean age?"),
    "of another case": ("ETIV", ["eTIV", "sTIV"], {"why": "no file was given"}, "did you mean eTIV?"),
    "few": ("x", ["b", "a"], {}, "there are: a, b"),
    "none": ("x", [], {}, "there are none"),
    "many": ("x", MANY, {}, "there are: m000, m001, m002, m003, m004, m005, m006, m007 and 242 more"),
    "all of thirty": ("x", MANY[:30], {}, f"there are: {', '.join(MANY[:30])}"),
    "some, in their order": ("x", MANY, {"shown": ["b", "a", "b"]}, "there are: b, a"),
    "a reason, and some": ("x", ["a"], {"why": "no file was given"}, "no file was given; there are: a"),
    "a reason, and near": ("agee", ["age"], {"why": "no file was given"}, "no file was given; did you mean age?"),
    "a reason, and none": ("x", [], {"why": "no file was given"}, "no file was given"),
}


@pytest.mark.parametrize(("name", "known", "more", "advice"), ANSWERS.values(), ids=ANSWERS)
def test_an_unknown_name_is_answered_with_what_helps_most(name, known, more, advice):
    assert str(UnknownNameError.among("thing", name, known, **more)) == f"no thing is called {name!r}; {advice}"


def test_of_a_table_with_many_columns_a_few_are_named():
    text = str(ColumnsError.missing(["age"], MANY, needed_by="join"))
    assert text.startswith("join needs the column(s) 'age'; the table has 'm000', 'm001', ")
    assert text.endswith("'m007' and 242 more")
    assert str(ColumnsError.missing(["age"], [], needed_by="join")).endswith("the table has none")
