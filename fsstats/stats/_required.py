"""What a function must be given: a table with rows, columns of people, a model of the right kind."""

from collections.abc import Sequence

import pandas as pd

from fsstats.errors import ColumnsError, TableError, wording
from fsstats.tables.panel import Panel


def require_rows(table: pd.DataFrame, *, needed_by: str) -> None:
    """Raise `TableError` if a table is empty: whatever else it seems to lack, that is why.

    Examples
    --------
    >>> require_rows(pd.DataFrame({"subject": []}), needed_by="me")
    Traceback (most recent call last):
    ...
    fsstats.errors.TableError: me: the table has no rows
    """
    if not len(table):
        message = f"{needed_by}: the table has no rows"
        raise TableError(message)


def require_of_people(columns: Sequence[str], panel: Panel, *, needed_by: str) -> None:
    """Raise `ColumnsError` if a column of a table says nothing of people, but of single values: unit, segid."""
    wrong = next((name for name in columns if name not in panel.people.columns), None)
    if wrong is not None:
        message = (
            f"{needed_by}: the column {wrong!r} of a long table says something of each value, not of people. "
            "Give people's column another name"
        )
        raise ColumnsError(message)


def require_model(model: object, kind: type, *, made_by: str) -> None:
    """Raise `TableError` if something is no model of a kind.

    Examples
    --------
    >>> require_model({}, pd.DataFrame, made_by="load")
    Traceback (most recent call last):
    ...
    fsstats.errors.TableError: expected a DataFrame, as load gives it, found a dict
    """
    if not isinstance(model, kind):
        expected = f"{with_article(kind.__name__)}, as {made_by} gives it"
        raise TableError(wording(expected=expected, found=with_article(type(model).__name__)))


def with_article(name: str) -> str:
    """Put a or an before a name.

    Examples
    --------
    >>> with_article("dict"), with_article("int")
    ('a dict', 'an int')
    """
    return f"{'an' if name[:1].casefold() in 'aeiou' else 'a'} {name}"
