"""What a verb accounts for beside what it asks: columns, header Measures and terms, as a formula reads them."""

from collections.abc import Collection

import pandas as pd

from fsstats._frames import listed
from fsstats.errors import FormulaError
from fsstats.stats._formula import sides, term_of


def terms_of(given: str | Collection[str] | None, table: pd.DataFrame) -> list[str]:
    """Write columns, header Measures and terms, one or several, so that a formula reads them.

    Parameters
    ----------
    given : str, collection of str, or None
        ``"age + sex"``, ``["age", "sex"]``, ``"age at scan"``.
    table : DataFrame
        Whose columns may be meant.

    Returns
    -------
    list of str
        Terms; columns of which the name is none stand between backticks.

    Examples
    --------
    >>> terms_of(["age at scan", "bs(age)", ""], pd.DataFrame(columns=["age at scan", "age"]))
    ['`age at scan`', 'bs(age)']
    >>> terms_of("age + sex", pd.DataFrame()), terms_of(None, pd.DataFrame())
    (['age + sex'], [])
    """
    columns = set(map(str, table.columns.get_level_values(0)))  # a wide table may have labels of five levels
    return [term_of(name, columns) for name in listed(given) if name.strip()]


def right_side(given: str | Collection[str] | None, table: pd.DataFrame) -> str:
    """Write them as the right side of a formula; '' if nothing is given.

    Raises
    ------
    FormulaError
        If it has a left side that is more than the value itself.

    Examples
    --------
    >>> right_side(["age", "sex"], pd.DataFrame())
    'age + sex'
    """
    text = " + ".join(terms_of(given, table))
    if not text:
        return ""
    response, right = sides(text)
    if response != "value":
        raise FormulaError.at(text, expected="the right side of a formula", found=f"{response} on the left")
    return right
