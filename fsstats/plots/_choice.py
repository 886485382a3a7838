"""Which rows of a table a figure draws: chosen by name, and never several things as if they were one."""

from collections.abc import Collection

import pandas as pd

from fsstats._frames import as_word, as_words, listed, require, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import CELL, LONG, SUBJECT_KEY

Names = str | Collection[str] | None
_ORDER = ("measure", "source", "region", "hemi")
_NONE = "(none)"


def narrowed(table: pd.DataFrame, *, needed_by: str, **wanted: Names) -> pd.DataFrame:
    """Keep the rows that say in each of these columns what is wanted there.

    Parameters
    ----------
    table : DataFrame
        Any table.
    needed_by : str
        Who asks, for errors.
    **wanted : str, collection of str, or None
        By column what it must say; None keeps all.

    Returns
    -------
    DataFrame
        The rows.

    Raises
    ------
    UnknownNameError
        If no row that is left says so.
    ColumnsError
        If there is no such column.

    Examples
    --------
    >>> table = pd.DataFrame({"term": ["Intercept", "age"], "estimate": [3.0, -0.1]})
    >>> narrowed(table, needed_by="me", term="age")
      term  estimate
    1  age      -0.1
    """
    chosen = {name: [as_word(one) for one in listed(own)] for name, own in wanted.items() if own is not None}
    require(table, chosen, needed_by=needed_by)
    for name, own in chosen.items():
        words = as_words(table[name])
        known = words.dropna().unique().tolist()
        strange = next((one for one in own if one not in known), None)
        if strange is not None:
            raise UnknownNameError.among(name, strange, known)
        table = table[words.isin(own).to_numpy()]
    return table


def refuse_several(table: pd.DataFrame, columns: Collection[str], *, needed_by: str, instead: str = "") -> None:
    """Raise `TableError` if one of the columns says several things, naming them."""
    for name in columns:
        words = as_words(table[name]).fillna(_NONE).unique().tolist()
        if len(words) > 1:
            option = "" if name not in {*CELL, "term"} else f" Choose with {name}=..."
            message = f"{needed_by} draws one {name}, found {len(words)}: {some_of(words)}.{option}{instead}"
            raise TableError(message)


def refuse_none(table: pd.DataFrame, *, needed_by: str) -> None:
    """Raise `TableError` if there is nothing to draw."""
    if not len(table):
        message = f"{needed_by} has nothing to draw: the table has no rows"
        raise TableError(message)


def said_of_n(table: pd.DataFrame, n: float) -> tuple[str, str]:
    """Say how many runs are drawn, and how many the table has beside them.

    Examples
    --------
    >>> said_of_n(pd.DataFrame({"subject": ["a", "b"], "session": None, "stream": "cross"}), 1)
    ('n = 1', '1 left out, for want of a value or a variable')
    """
    missing = len(table[list(SUBJECT_KEY)].drop_duplicates()) - int(n)
    return f"n = {n:.0f}", f"{missing} left out, for want of a value or a variable" if missing > 0 else ""


def one_cell(table: pd.DataFrame, *, needed_by: str, **wanted: Names) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the rows of one measure of one region.

    Parameters
    ----------
    table : DataFrame
        A long table.
    needed_by : str
        Who asks, for errors.
    **wanted : str or None
        source, hemi, region and measure, as far as they are needed.

    Returns
    -------
    tuple of DataFrame
        The table with its rows numbered, and the rows of it that are meant.

    Raises
    ------
    TableError
        If there are several measures, sources, regions or sides left, or nothing at all.
    UnknownNameError
        If there is no such name.
    ColumnsError
        If it is no long table.
    """
    require(table, LONG, needed_by=needed_by)
    refuse_none(table, needed_by=needed_by)
    table = table.reset_index(drop=True)
    rows = narrowed(table, needed_by=needed_by, **wanted)
    refuse_several(rows, _ORDER, needed_by=needed_by)
    return table, rows
