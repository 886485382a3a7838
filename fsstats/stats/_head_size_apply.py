"""From head sizes and slopes to adjusted values."""

from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_words, categorical, plain_rows, to_category
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import ADJUSTED_FOR, CELL
from fsstats.schema.groupings import DERIVED
from fsstats.stats._head_size import CENTRED, rescaled, residual
from fsstats.stats._head_size_fit import FRACTION, FittedSlopes, HeadSizeChoices, Ready
from fsstats.tables.panel import BoolArray, Panel
from fsstats.tables.shape import column_name

_PER: Final = 1e5
"""mm^3 in 100 cm^3, the unit of the centred head size."""


def adjusted(table: pd.DataFrame, ready: Ready, fitted: FittedSlopes, asked: HeadSizeChoices) -> pd.DataFrame:
    """Give the table with adjusted values, or with the centred head size."""
    panel, head = ready.panel, ready.head
    level = _level_of_each(ready, fitted, asked)
    mean = np.append([*fitted.means.values()], np.nan)[level]
    if asked.method == "covariate":
        return _with_centred(table, panel, (head.sizes - mean) / _PER, f"{asked.icv}{CENTRED}")
    coefficients = fitted.frame["coefficient"].to_numpy().reshape(len(fitted.means), -1)[:, _known(ready, fitted)]
    coefficients = np.vstack([coefficients, np.full(coefficients.shape[1], np.nan)])[level]
    values, sizes = panel.values[:, ready.places], head.sizes[:, None]
    if asked.method == "residual":
        new = residual(values, sizes, coefficients, mean[:, None])
    else:
        new = rescaled(values, _factor(sizes, mean[:, None], asked), coefficients)
    made = _with_values(table, ready, new, f"{asked.icv} ({asked.method})")
    return _as_fractions(made, ready) if _divides(asked) else made


def _factor(sizes: FloatArray, mean: FloatArray, asked: HeadSizeChoices) -> FloatArray:
    """Give what a power of is multiplied with."""
    if asked.method == "sienax":
        return sizes
    return (1.0 if _divides(asked) else mean) / sizes


def _divides(asked: HeadSizeChoices) -> bool:
    return asked.method == "proportion" and not asked.keep_unit


def _level_of_each(ready: Ready, fitted: FittedSlopes, asked: HeadSizeChoices) -> Positions:
    """Give the number of each run's level, -1 for none."""
    if asked.by is None:
        return np.zeros(len(ready.head.sizes), dtype=np.intp)
    column = as_words(ready.panel.people[asked.by])
    known = {level: number for number, level in enumerate(fitted.means)}
    strange = next((level for level in column.dropna() if level not in known), None)
    if strange is not None:
        raise UnknownNameError.among(f"level of {asked.by} of the fitted head size", strange, known)
    return np.array([known.get(level, -1) for level in column], dtype=np.intp)


def _known(ready: Ready, fitted: FittedSlopes) -> Positions:
    """Find the cells among those that were fitted."""
    frame = fitted.frame.iloc[: len(fitted.frame) // len(fitted.means)]
    of_fit, of_table = (_labels(frame), _labels(ready.cells))
    places = {label[:-1]: place for place, label in enumerate(of_fit)}
    for name, label in zip(ready.names, of_table, strict=True):
        if label[:-1] not in places:
            known = [column_name(*one[:-1]) for one in of_fit]
            raise UnknownNameError.among("value of the fitted head size", name, known)
        due = of_fit[places[label[:-1]]][-1]
        if due != label[-1]:
            message = f"{name} was fitted in {due}, and is in {label[-1]} here"
            raise TableError(message)
    return np.array([places[label[:-1]] for label in of_table], dtype=np.intp)


def _labels(cells: pd.DataFrame) -> list[tuple[str, str | None, str, str, str | None]]:
    return plain_rows(cells[[*CELL, "unit"]])


def _with_centred(table: pd.DataFrame, panel: Panel, centred: FloatArray, name: str) -> pd.DataFrame:
    if name in table.columns:
        message = f"the table has a column {name} already; drop it first"
        raise TableError(message)
    return table.assign(**{name: centred[panel.row]})


def _with_values(table: pd.DataFrame, ready: Ready, new: FloatArray, said: str) -> pd.DataFrame:
    """Give the table with other values of the cells that are adjusted, and say that they are."""
    place = np.full(len(ready.panel.cells), -1, dtype=np.intp)
    place[ready.places] = np.arange(len(ready.places))
    column = place[ready.panel.column]
    rows = column >= 0
    value = table["value"].to_numpy(dtype=np.float64, copy=True)
    value[rows] = new[ready.panel.row[rows], column[rows]]
    return table.assign(value=value, **{ADJUSTED_FOR: _marked(table, rows, said)})


def _marked(table: pd.DataFrame, rows: BoolArray, said: str) -> pd.Categorical:
    """Say of some rows for what they are adjusted; the others keep what is said of them."""
    none = pd.Series(None, index=table.index, dtype="str")
    before = to_category(table.get(ADJUSTED_FOR, none))
    words = [*dict.fromkeys([*before.cat.categories, said])]
    return categorical(np.where(rows, words.index(said), before.cat.codes), words)


def _as_fractions(table: pd.DataFrame, ready: Ready) -> pd.DataFrame:
    """Give the cells that were divided another unit, and a name that says it also where no unit is written."""
    measures = [f"{name}_{FRACTION}" for name in ready.names]
    labels = ready.panel.cells[list(CELL)].astype("object")
    known = {column_name(*label) for label in labels.itertuples(index=False, name=None)}
    twice = next((name for name in measures if name in known), None)
    if twice is not None:
        message = f"the table has {twice} already; leave it out first"
        raise TableError(message)
    rows = np.isin(ready.panel.column, ready.places)
    return table.assign(measure=_renamed(table["measure"], rows), unit=_replaced(table["unit"], rows))


def _renamed(measures: pd.Series, rows: BoolArray) -> pd.Series:
    """Name the measures of some rows as fractions, and keep the type of the column."""
    if not isinstance(measures.dtype, pd.CategoricalDtype):
        return measures.where(~rows, measures.astype("str") + f"_{FRACTION}").astype(measures.dtype)
    before = measures.cat.categories.tolist()
    after = [f"{name}_{FRACTION}" for name in before]
    names = [*dict.fromkeys([*before, *after])]
    place = np.array([names.index(name) for name in after], dtype=np.intp)
    codes = measures.cat.codes.to_numpy()
    made = pd.Categorical.from_codes(np.where(rows, place[codes], codes), categories=pd.Index(names, dtype="str"))
    return pd.Series(made.remove_unused_categories(), index=measures.index)


def _replaced(units: pd.Series, rows: BoolArray) -> pd.Series:
    unit = DERIVED[FRACTION]
    if isinstance(units.dtype, pd.CategoricalDtype) and unit not in units.cat.categories:
        units = units.cat.add_categories([unit])
    return units.mask(rows, unit)
