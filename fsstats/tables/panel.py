"""The long table as a matrix: one row a run, one column a measure of a region."""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, first_row, require
from fsstats.errors import TableError
from fsstats.schema import ADJUSTED_COLUMNS, CELL, DETAIL_COLUMNS, KEY, LONG, SUBJECT_KEY

BoolArray = npt.NDArray[np.bool_]
_MOST = 2**62
"""Combined codes stay below this, so that they fit into 64 bits."""
_SPARSE = 8
"""A matrix with more cells a value than this is not marked cell by cell."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A long table as a matrix."""

    people: pd.DataFrame
    """A row a run: subject, session, stream and the columns that the table has beyond its own."""
    cells: pd.DataFrame
    """A row a column of `values`: source, hemi, region, measure and unit."""
    values: FloatArray
    """Shape (runs, cells). A value that the table does not have is NaN."""
    row: Positions
    """For each row of the long table the row of `values` where it stands."""
    column: Positions
    """For each row of the long table the column of `values` where it stands."""

    def take(self, rows: BoolArray) -> "Panel":
        """Give the panel with these of its runs; it knows its long table no more."""
        none = np.empty(0, dtype=np.intp)
        if rows.all():
            return Panel(self.people, self.cells, self.values, none, none)
        return Panel(self.people[rows].reset_index(drop=True), self.cells, self.values[rows], none, none)

    def of_cells(self, cells: BoolArray | Positions) -> "Panel":
        """Give the panel with these of its cells; it knows its long table no more."""
        none = np.empty(0, dtype=np.intp)
        kept = self.cells.iloc[np.flatnonzero(cells) if cells.dtype == np.bool_ else cells].reset_index(drop=True)
        return Panel(self.people, kept, self.values[:, cells], none, none)


def panel_of(table: pd.DataFrame, *, needed_by: str, leave_out: Collection[str] = ()) -> Panel:
    """Turn a long table, or a wide one of five levels, into a matrix.

    Parameters
    ----------
    table : DataFrame
        A long table, perhaps with further columns (age, group …), which must be constant within a run; or what
        ``to_wide(table, sep=None)`` gives.
    needed_by : str
        Who asks, for the error.
    leave_out : collection of str
        Further columns that are not wanted, and may vary within a run.

    Returns
    -------
    Panel
        Runs and cells in the order in which they first appear.

    Raises
    ------
    ColumnsError
        If it is no long table.
    TableError
        If the values are no numbers, two columns have one name, a value occurs twice, a cell has several units, or a
        further column varies within a run.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"subject": ["a", "b"], "session": None, "stream": "cross", "source": "aparc", "hemi": "lh"}
    ...     | {"region": "insula", "measure": "thickness", "value": [3.0, 2.9], "unit": "mm", "age": [30, 40]}
    ... )
    >>> panel = panel_of(table, needed_by="me")
    >>> panel.values, panel.people["age"].tolist()
    (array([[3. ],
           [2.9]]), [30, 40])
    """
    if isinstance(table.columns, pd.MultiIndex):
        return _of_wide(table, leave_out)
    require(table, LONG, needed_by=needed_by)
    _require_plain(table, needed_by)
    row, first_row = number(table, SUBJECT_KEY)
    column, first_column = number(table, CELL)
    _refuse_repeats(table, row, column)
    _refuse_mixed_units(table, column, first_column)
    values = np.full((len(first_row), len(first_column)), np.nan)
    values[row, column] = table["value"].to_numpy(dtype=np.float64)
    people = _plain(table, SUBJECT_KEY, first_row).join(_constant_columns(table, row, first_row, leave_out))
    return Panel(people, _plain(table, (*CELL, "unit"), first_column), values, row, column)


def _require_plain(table: pd.DataFrame, needed_by: str) -> None:
    """Raise if two columns have one name, or the values are no numbers."""
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        message = f"{needed_by}: two columns are called {twice[0]!r}; rename or drop one"
        raise TableError(message)
    try:
        table["value"].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        message = f"{needed_by}: expected numbers in the column value, found something else ({error})"
        raise TableError(message) from error


def _of_wide(table: pd.DataFrame, leave_out: Collection[str]) -> Panel:
    """Take apart what `to_wide` gives with ``sep=None``."""
    labels: list[tuple[str, ...]] = [*map(tuple, table.columns)]
    measured = np.array([bool(label[CELL.index("measure")]) for label in labels], dtype=np.bool_)
    further = [place for place, label in enumerate(labels) if not (measured[place] or label[0] in leave_out)]
    people = table.iloc[:, further].set_axis([labels[place][0] for place in further], axis=1).reset_index(drop=True)
    require(people, SUBJECT_KEY, needed_by="a wide table")
    own = zip((*CELL, "unit"), zip(*itertools.compress(labels, measured), strict=True), strict=True)
    cells = pd.DataFrame({name: pd.array([text or None for text in texts], dtype="str") for name, texts in own})
    none = np.empty(0, dtype=np.intp)
    return Panel(people, cells, table.loc[:, measured].to_numpy(dtype=np.float64), none, none)


def column_by_value(table: pd.DataFrame, panel: Panel, name: str) -> tuple[Positions, Positions, pd.Series] | None:
    """Give a further column value by value: row and column of `values`, and what it says there.

    Parameters
    ----------
    table : DataFrame
        The table that `panel` was made of.
    panel : Panel
        Its values.
    name : str
        The column, which may vary within a run; in a wide table it says one thing of a whole run.

    Returns
    -------
    tuple, or None
        None if the table has no such column.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"subject": ["a"], "session": [None], "stream": ["cross"], "source": ["aseg"], "hemi": None}
    ... )
    >>> table = table.assign(region="Brain-Stem", measure="volume", value=2e4, unit="mm^3", version="FreeSurfer 7.4.1")
    >>> row, column, said = column_by_value(table, panel_of(table, needed_by="me", leave_out=["version"]), "version")
    >>> row, column, said.tolist()
    (array([0]), array([0]), ['FreeSurfer 7.4.1'])
    """
    if name not in table.columns:
        return None
    if not isinstance(table.columns, pd.MultiIndex):
        return panel.row, panel.column, table[name]
    row, column = (one.ravel() for one in np.indices(panel.values.shape, dtype=np.intp))
    return row, column, table.iloc[:, [label[0] for label in table.columns].index(name)].iloc[row]


def number(table: pd.DataFrame, columns: Sequence[str]) -> tuple[Positions, Positions]:
    """Count through the distinct rows of some columns as they appear; missing values are equal to each other.

    Parameters
    ----------
    table : DataFrame
        Any table.
    columns : sequence of str
        What tells its rows apart.

    Returns
    -------
    tuple of ndarray
        The number of each row, and for each number the position where it occurs first.

    Examples
    --------
    >>> number(pd.DataFrame({"a": ["x", "y", "x", None]}), ["a"])
    (array([0, 1, 0, 2]), array([0, 1, 3]))
    """
    combined, size = np.zeros(len(table), dtype=np.int64), 1
    for name in columns:
        codes, n = _codes(table[name])
        if size * n > _MOST:
            combined, names = pd.factorize(combined)
            size = len(names)
        combined, size = combined * n + codes, size * n
    numbers, _ = pd.factorize(combined)
    numbers = numbers.astype(np.intp)
    return numbers, _first(numbers, int(numbers.max(initial=-1)) + 1)


def _codes(column: pd.Series) -> tuple[npt.NDArray[np.int64], int]:
    """Give each value a number, missing ones that which is left, and say how many numbers there are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, n = column.cat.codes.to_numpy(), len(column.cat.categories)
    else:
        codes, names = pd.factorize(column)
        n = len(names)
    return np.where(codes < 0, n, codes).astype(np.int64), n + 1


def _first(numbers: Positions, n: int) -> Positions:
    """Give the position where each of the numbers 0 to n - 1 occurs first."""
    first = np.zeros(n, dtype=np.intp)
    first[numbers[::-1]] = np.arange(len(numbers), dtype=np.intp)[::-1]
    return first


def _plain(table: pd.DataFrame, columns: Sequence[str], first: Positions) -> pd.DataFrame:
    """Give the distinct rows of some columns as plain strings."""
    plain = {name: table[name].iloc[first].astype("str") for name in columns}
    return pd.DataFrame(plain, columns=list(columns)).reset_index(drop=True)


def _refuse_repeats(table: pd.DataFrame, row: Positions, column: Positions) -> None:
    place = row * (column.max(initial=0) + 1) + column
    if _all_differ(place):
        return
    raise occurring_twice(table[pd.Series(place).duplicated().to_numpy()])


def occurring_twice(repeated: pd.DataFrame) -> TableError:
    """Give the error for rows of a long table whose keys have stood before."""
    what = first_row(repeated[list(KEY)])
    message = f"{len(repeated)} value(s) occur twice, the first is {what}; a long table has each once"
    return TableError(message)


def _all_differ(places: Positions) -> bool:
    """Say whether no number occurs twice: by marking each in a table, unless that would be mostly empty."""
    n = int(places.max(initial=-1)) + 1
    if n > _SPARSE * len(places):
        return not pd.Series(places).duplicated().any()
    seen = np.zeros(n, dtype=np.bool_)
    seen[places] = True
    return int(seen.sum()) == len(places)


def _refuse_mixed_units(table: pd.DataFrame, column: Positions, first: Positions) -> None:
    units, _ = _codes(table["unit"])
    mixed = np.flatnonzero(units != units[first][column])
    if len(mixed):
        own = table[column == column[mixed[0]]]
        what = first_row(own[list(CELL)])
        names = ", ".join(own["unit"].astype("str").fillna("no unit").unique())
        message = f"{what} has several units: {names}; one column can have one"
        raise TableError(message)


def _constant_columns(
    table: pd.DataFrame, row: Positions, first: Positions, leave_out: Collection[str]
) -> pd.DataFrame:
    """Give the columns that are not the long table's own, one value a run."""
    of_values = {*LONG, *DETAIL_COLUMNS, *ADJUSTED_COLUMNS, *leave_out}
    own = [name for name in table.columns if name not in of_values]
    varying = [name for name in own if _varies(table[name], row, first)]
    if varying:
        message = f"the column(s) {', '.join(map(repr, varying))} vary within a subject, so one row cannot hold them"
        raise TableError(message)
    return table[own].iloc[first].reset_index(drop=True)


def varies_within_run(table: pd.DataFrame, name: str) -> bool:
    """Say whether a further column says several things of one run.

    Examples
    --------
    >>> varies_within_run(pd.DataFrame({"subject": ["a", "a"], "session": "1", "stream": "cross", "x": [1, 2]}), "x")
    True
    """
    return _varies(table[name], *number(table, SUBJECT_KEY))


def _varies(column: pd.Series, row: Positions, first: Positions) -> bool:
    """Say whether a column has several values within a run; missing ones are equal to each other."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        values = column.to_numpy()
        here, there = values, values[first][row]
        return bool(((here != there) & ~((here != here) & (there != there))).any())  # noqa: PLR0124 - NaN is not itself
    codes, _ = _codes(column)
    return bool((codes != codes[first][row]).any())
