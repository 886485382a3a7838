"""What derived measures share: new long tables, and which runs are the reference."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_word, as_words, categorical, plain_rows, to_category
from fsstats.errors import ColumnsError, TableError, UnknownNameError
from fsstats.schema import ADJUSTED_COLUMNS, CELL, LONG, SUBJECT_KEY
from fsstats.tables.panel import BoolArray, Panel, column_by_value
from fsstats.tables.versions import VERSION_COLUMNS

LABELS: Final = (*CELL, "unit")
Label = tuple[str | None, str | None, str, str]
"""source, hemi, region and measure."""
Reference = Mapping[str, object]
"""Columns of the people, and the level or levels that the reference has there."""


def labels_of(cells: pd.DataFrame) -> list[Label]:
    """Give source, hemi, region and measure of each cell, None where missing."""
    return plain_rows(cells[list(CELL)])


def units_of(cells: pd.DataFrame) -> list[str | None]:
    """Give the unit of each cell, None where missing."""
    plain = cells["unit"].astype("object")
    return plain.where(plain.notna(), None).tolist()


def one_unit(units: Iterable[str | None], *, of: str) -> str | None:
    """Give the unit that all have; raise `TableError` if they have several."""
    different = list(dict.fromkeys(units))
    if len(different) > 1:
        message = f"{of} has several units: {', '.join(map(str, different))}"
        raise TableError(message)
    return different[0]


def of_cells(table: pd.DataFrame, panel: Panel, cells: Sequence[int]) -> pd.DataFrame:
    """Give the part of a table that these of its cells are."""
    if len(panel.row):
        return table[np.isin(panel.column, cells)]
    measured = np.flatnonzero([bool(label[CELL.index("measure")]) for label in table.columns])
    return table.iloc[:, np.setdiff1d(np.arange(table.shape[1]), np.delete(measured, cells))]


def of_runs(table: pd.DataFrame, panel: Panel, runs: BoolArray) -> pd.DataFrame:
    """Give the part of a table that these of its runs are."""
    return table[runs[panel.row]] if len(panel.row) else table[runs]


def there(panel: Panel) -> BoolArray:
    """Say which values the table has a row for, shape (runs, cells); a wide table has all."""
    if not len(panel.row):
        return np.ones(panel.values.shape, dtype=np.bool_)
    has = np.zeros(panel.values.shape, dtype=np.bool_)
    has[panel.row, panel.column] = True
    return has


class Mark(NamedTuple):
    """What a column of the long table says of each value: its version, its definition."""

    codes: npt.NDArray[np.int32]
    """Shape (runs, cells); -1 where it says nothing."""
    words: list[str]


Marks = Mapping[str, Mark]


def marks_of(table: pd.DataFrame, panel: Panel, members: Sequence[Positions] | None = None) -> Marks:
    """Give what the table says of version, definition and adjustment of each value, or of what is made of several.

    Parameters
    ----------
    table : DataFrame
        The table that `panel` was made of.
    panel : Panel
        Its values.
    members : sequence of ndarray, optional
        For each derived cell those that it is made of; where these are marked differently, it gets both words.

    Returns
    -------
    mapping of str to Mark
        Nothing for a table that has no such columns.
    """
    found = {}
    for name in (*VERSION_COLUMNS, *ADJUSTED_COLUMNS):
        by_value = column_by_value(table, panel, name)
        if by_value is not None:
            row, cell, said = by_value
            column = to_category(said)
            codes = np.full(panel.values.shape, -1, dtype=np.int32)
            codes[row, cell] = column.cat.codes.to_numpy()
            mark = Mark(codes, list(column.cat.categories))
            found[name] = mark if members is None else _of_members(mark, members)
    return found


def _of_members(mark: Mark, members: Sequence[Positions]) -> Mark:
    """Mark what is made of several cells each."""
    made, _ = joined(mark._replace(codes=mark.codes.T), members)
    return made._replace(codes=made.codes.T)


def joined(mark: Mark, members: Sequence[Positions]) -> tuple[Mark, BoolArray]:
    """Mark what is made of several runs each; where these are marked differently, it gets all their words.

    Parameters
    ----------
    mark : Mark
        Of each run.
    members : sequence of ndarray
        For each new row the runs that it is made of, one or more.

    Returns
    -------
    tuple of (Mark, ndarray of bool)
        Codes of the shape (new rows, cells), and where they stand for several words.

    Examples
    --------
    >>> versions = Mark(np.array([[0], [1], [-1]], dtype=np.int32), ["6.0", "7.4"])
    >>> made, mixed = joined(versions, [np.array([0, 1]), np.array([1, 2])])
    >>> [made.words[code] for code in made.codes[:, 0]], mixed[:, 0]
    (['6.0 + 7.4', '7.4'], array([ True, False]))
    """
    starts = np.cumsum([0, *map(len, members[:-1])])
    codes = mark.codes[np.concatenate(members)]
    most = np.maximum.reduceat(codes, starts)
    least = np.minimum.reduceat(np.where(codes < 0, len(mark.words), codes), starts)
    mixed = (most >= 0) & (least != most)
    words = list(mark.words)
    for row, cell in np.argwhere(mixed):
        text = " + ".join(sorted({mark.words[code] for code in mark.codes[members[row], cell] if code >= 0}))
        words += [] if text in words else [text]
        most[row, cell] = words.index(text)
    return Mark(most, words), mixed


def long_table(
    people: pd.DataFrame, cells: pd.DataFrame, values: FloatArray, rows: BoolArray, marks: Marks | None = None
) -> pd.DataFrame:
    """Put values back into a long table, run by run.

    Parameters
    ----------
    people : DataFrame
        A row a run: subject, session, stream and any further columns.
    cells : DataFrame
        source, hemi, region, measure and unit of each column of `values`.
    values, rows : ndarray, shape (runs, cells)
        The numbers, and which of them get a row.
    marks : mapping, optional
        Version and definition of each value; see `marks_of`.

    Returns
    -------
    DataFrame
        The long table; the people's further columns and the marks stand behind its own.

    Examples
    --------
    >>> people = pd.DataFrame({"subject": ["a", "b"], "session": None, "stream": "cross", "age": [30, 40]})
    >>> cells = pd.DataFrame([["aparc", "lh", "insula", "thickness", "mm"]], columns=list(LABELS))
    >>> long_table(people, cells, np.array([[3.0], [2.9]]), np.ones((2, 1), dtype=bool))[["subject", "value", "age"]]
      subject  value  age
    0       a    3.0   30
    1       b    2.9   40
    """
    run, cell = np.nonzero(rows)
    keys = {name: _taken(people[name], run) for name in SUBJECT_KEY}
    labels = {name: _taken(cells[name], cell) for name in LABELS}
    further = people[[name for name in people.columns if name not in SUBJECT_KEY]].iloc[run].reset_index(drop=True)
    table = pd.DataFrame(keys | labels | {"value": values[run, cell].astype(np.float64)})
    said = {name: categorical(mark.codes[run, cell], mark.words) for name, mark in (marks or {}).items()}
    return pd.concat([table[list(LONG)], further, pd.DataFrame(said, index=table.index)], axis=1)


def _taken(words: pd.Series, places: Positions) -> pd.Series:
    """Take words as categories, only those that occur."""
    known = to_category(words.reset_index(drop=True))
    return to_category(known.iloc[places].reset_index(drop=True))


def levels_of(reference: Reference | None) -> dict[str, tuple[str, ...]]:
    """Give the levels of a reference as texts, whole numbers without a decimal point.

    Examples
    --------
    >>> levels_of({"group": "CN", "scanner": [1.0, 2.0]})
    {'group': ('CN',), 'scanner': ('1', '2')}
    """
    if not isinstance(reference, Mapping | None):
        message = f"reference must name columns and levels, as {{'group': 'CN'}}, not {reference!r}"
        raise TableError(message)
    return {str(name): tuple(map(as_word, _several(levels))) for name, levels in (reference or {}).items()}


def _several(levels: object) -> Iterable[object]:
    return levels if isinstance(levels, Collection) and not isinstance(levels, str) else [levels]


def reference_rows(people: pd.DataFrame, reference: Reference | None, *, needed_by: str) -> BoolArray:
    """Find the runs of the reference.

    Parameters
    ----------
    people : DataFrame
        A row a run.
    reference : mapping or None
        Columns and the level, or levels, that the reference has there: ``{"group": "CN"}``; all columns must hold.
        None: all runs.
    needed_by : str
        Who asks, for errors.

    Returns
    -------
    ndarray of bool, shape (runs,)
        Which they are; a run without a level is none of them.

    Raises
    ------
    ColumnsError
        If there is no such column.
    UnknownNameError
        If no run has a level.
    TableError
        If no run has all at once.

    Examples
    --------
    >>> reference_rows(pd.DataFrame({"group": ["CN", "AD", None]}), {"group": "CN"}, needed_by="me")
    array([ True, False, False])
    """
    rows = np.ones(len(people), dtype=np.bool_)
    wanted = levels_of(reference)
    for name, levels in wanted.items():
        if name not in people.columns:
            raise ColumnsError.missing([name], map(str, people.columns), needed_by=f"{needed_by} (reference)")
        words = as_words(people[name])
        known = words.dropna().unique().tolist()
        strange = next((level for level in levels if level not in known), None)
        if strange is not None:
            raise UnknownNameError.among(f"level of {name}", strange, known)
        rows &= words.isin(levels).to_numpy(dtype=np.bool_)
    if not rows.any():
        message = f"no run is of the reference: {says(wanted)}"
        raise TableError(message)
    return rows


def says(levels: Mapping[str, Sequence[str]]) -> str:
    """Say in words which the reference is.

    Examples
    --------
    >>> says({"group": ("CN",), "scanner": ("1", "2")}), says({})
    ('group = CN and scanner = 1 or 2', 'all runs')
    """
    return " and ".join(f"{name} = {' or '.join(own)}" for name, own in levels.items()) or "all runs"
