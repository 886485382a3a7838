"""What the model of one region predicts along a number: asked of the statistics, nothing is fitted here."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, as_words, plain_rows, some_of
from fsstats.errors import FormulaError, TableError, UnknownNameError
from fsstats.schema import CELL, GLOBAL
from fsstats.stats import design_of, mixed, regress, variables_of
from fsstats.stats.design import Design, has_levels
from fsstats.tables.panel import number, panel_of
from fsstats.tables.shape import column_name
from fsstats.tables.variables import with_variables
from fsstats.tables.versions import VERSION_COLUMNS

_POINTS: Final = 41
"""Of a line."""


class Predicted(NamedTuple):
    """What a model predicts, and what it rests on."""

    lines: pd.DataFrame
    """The results table, a row per level and place, with the columns ``level`` and ``x`` (what the number is there)."""
    points: pd.DataFrame
    """A row per run that has a value and all variables: level, x and value."""
    alone: Mapping[str, int]
    """The levels without a line, and how many runs each has: too few for one, so they are not in the model."""

    @property
    def levels(self) -> list[str]:
        """The levels that are drawn, those without a line last."""
        return [*self.lines["level"].unique(), *self.alone]

    def said_of_alone(self, along: str) -> str:
        """Say which levels have no line; '' if all have one."""
        named = some_of([f"{level} (n = {n})" for level, n in self.alone.items()])
        return f"no line for {named}, not in the model for want of two different values of {along}" if named else ""


def rows_of_model(table: pd.DataFrame, rows: pd.DataFrame, formula: str) -> pd.DataFrame:
    """Give the rows of one region, and behind them those of the measured variables of its model.

    Parameters
    ----------
    table : DataFrame
        A long table whose rows are numbered.
    rows : DataFrame
        The rows of it that are modelled.
    formula : str
        The model.

    Returns
    -------
    DataFrame
        What a statistic needs and little else, so that it is quick.

    Examples
    --------
    >>> table = pd.DataFrame({"source": "aseg", "hemi": None, "region": ["Brain-Stem", "CSF", "global"]})
    >>> table = table.assign(measure=["volume", "volume", "eTIV"])
    >>> rows_of_model(table, table[:1], "value ~ eTIV")["region"].tolist()
    ['Brain-Stem', 'global']
    """
    names = {name for name in variables_of(formula) if name not in table.columns}
    if not names:
        return rows
    others = table.drop(index=rows.index)
    cell, first = number(others, CELL)
    labels = plain_rows(others[list(CELL)].iloc[first])
    measured = [
        k for k, one in enumerate(labels) if column_name(*one) in names or (one[2] == GLOBAL and one[3] in names)
    ]
    return pd.concat([rows, others[np.isin(cell, measured)]])


def people_of_model(rows: pd.DataFrame, formula: str) -> pd.DataFrame:
    """Give the people of a model, a row a run: what is known of them, its variables, and the ``value``.

    Parameters
    ----------
    rows : DataFrame
        Made by `rows_of_model`.
    formula : str
        The model.

    Returns
    -------
    DataFrame
        All runs, also those that lack something.

    Examples
    --------
    >>> rows = pd.DataFrame({"subject": ["a", "b"], "session": None, "stream": "cross", "source": "aseg", "hemi": None})
    >>> rows = rows.assign(region="CSF", measure="volume", value=[1.0, None], unit="mm^3", age=[1, 2])
    >>> people_of_model(rows, "value ~ age")[["subject", "age", "value"]]
      subject  age  value
    0       a    1    1.0
    1       b    2    NaN
    """
    panel = panel_of(rows, needed_by="a figure", leave_out=tuple(VERSION_COLUMNS))
    people, _ = with_variables(panel, variables_of(formula))
    return people.assign(value=panel.values[:, 0])


def predicted(
    rows: pd.DataFrame,
    formula: str,
    along: str,
    *,
    by: str | None = None,
    groups: str | Sequence[str] | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
) -> Predicted:
    """Predict the mean along a number, for each level of another variable, with its confidence interval.

    Parameters
    ----------
    rows : DataFrame
        Made by `rows_of_model`: the region that is predicted comes first.
    formula : str
        The model.
    along : str
        The number; each line goes from the least to the largest of its level.
    by : str, optional
        A variable of the model with levels.
    groups : str or sequence of str, optional
        Of a mixed model the columns that tell groups apart; without them the model is linear.
    reference, allow, conf_level : optional
        As for `regress`.

    Returns
    -------
    Predicted
        Lines and points. Other numbers of the model are at their mean and other levels averaged with equal weights, as
        for `marginal_means`. A level with fewer than two different numbers is drawn as points and is not in the model.

    Raises
    ------
    FormulaError
        If `along` has levels or `by` has none; or as `regress` does.
    UnknownNameError
        If the model has no such variable.
    TableError
        If the model cannot be fitted.

    Examples
    --------
    >>> rows = pd.DataFrame({"subject": list("abcd"), "session": None, "stream": "cross", "source": "aseg"})
    >>> rows = rows.assign(
    ...     hemi=None, region="CSF", measure="volume", value=[1.0, 2, 3, 5], unit="mm^3", age=[1, 2, 3, 4]
    ... )
    >>> predicted(rows, "value ~ age", "age").lines[["x", "estimate"]].iloc[[0, -1]].round(2)
          x  estimate
    0   1.0       0.8
    40  4.0       4.7
    """
    people = people_of_model(rows, formula)
    kept, alone = people, _alone(people, formula, along, by)
    if alone:
        rows, kept = (table[~as_words(table[str(by)]).isin(alone)] for table in (rows, people))
        reference = {name: one for name, one in (reference or {}).items() if name != by or one not in alone}
    design = design_of(formula, kept, reference=reference)
    _require_kinds(design, along, by)
    points = _points(people[[*variables_of(formula), "value"]].dropna(), along, by)
    if not len(points):
        message = f"{formula}: there is nothing to draw: no row has a value and all variables"
        raise TableError(message)
    levels = [""] if by is None else list(design.levels[by])
    places = [_places(points, level) for level in levels]
    fixed = [{along: x} | ({} if by is None else {by: [level]}) for x, level in zip(places, levels, strict=True)]
    weights = np.concatenate([_weights(design, one) for one in fixed])
    contrasts = {f"place {k}": _sum(one, design.columns) for k, one in enumerate(weights)}
    common: dict[str, Any] = {"contrasts": contrasts, "reference": reference, "allow": allow, "conf_level": conf_level}
    if groups is None:
        found = regress(rows, formula, effect="none", **common)
    else:
        found = mixed(rows, formula, groups=groups, **common)
    own = found.iloc[: len(contrasts)].reset_index(drop=True)
    if own["estimate"].isna().all():
        message = f"{formula}: there is no line to draw: {own['note'].iloc[0]}"
        raise TableError(message)
    return Predicted(own.assign(level=np.repeat(levels, _POINTS), x=np.concatenate(places)), points, alone)


def _alone(people: pd.DataFrame, formula: str, along: str, by: str | None) -> dict[str, int]:
    """Count the runs of the levels that have fewer than two different numbers; nothing if no level has more."""
    names = variables_of(formula)
    if by is None or not {along, by} <= {*names} or not has_levels(people[by]):
        return {}
    levels = as_words(people[by]).dropna().drop_duplicates().sort_values()
    points = _points(people[[*names, "value"]].dropna(), along, by)
    different = points.groupby("level")["x"].nunique().reindex(levels, fill_value=0)
    counts = points["level"].value_counts().reindex(levels, fill_value=0)
    few = counts[different < 2] if (different > 1).any() else counts[:0]
    return {str(level): int(n) for level, n in few.items()}


def _points(known: pd.DataFrame, along: str, by: str | None) -> pd.DataFrame:
    """Give level, number and value of runs that lack nothing."""
    level = "" if by is None else as_words(known[by])
    return pd.DataFrame({"level": level, "x": known[along], "value": known["value"]}).reset_index(drop=True)


def _require_kinds(design: Design, along: str, by: str | None) -> None:
    for name in (along, *([] if by is None else [by])):
        if name not in design.data.columns:
            raise UnknownNameError.among("variable of the model", name, map(str, design.data.columns))
    if along in design.levels:
        found = f"the levels {', '.join(design.levels[along])}"
        raise FormulaError.at(along, expected="a number", found=found, hint="For levels use groups.")
    if by is not None and by not in design.levels:
        hint = f"Make levels of it first: table.assign({by}=pd.cut(table[{by!r}], 3).astype(str))."
        raise FormulaError.at(by, expected="levels", found="a number", hint=hint)


def _places(points: pd.DataFrame, level: str) -> FloatArray:
    """Give places from the least to the largest number in one level."""
    own = points["x"][points["level"] == level]
    own = own if len(own) else points["x"]
    return np.linspace(own.min(), own.max(), _POINTS)


def _weights(design: Design, held: Mapping[str, Any]) -> FloatArray:
    """Give the rows of the design, shape (places, columns), with other numbers at their mean and levels averaged."""
    others = [name for name in map(str, design.data.columns) if name not in held]
    axes = {**held, **{name: design.levels.get(name) or [design.data[name].mean()] for name in others}}
    grid = pd.DataFrame(list(product(*axes.values())), columns=list(axes))
    matrix = design.apply(grid)
    return np.asarray(matrix.reshape(_POINTS, -1, matrix.shape[1]).mean(axis=1), dtype=np.float64)


def _sum(weights: FloatArray, columns: Sequence[str]) -> str:
    """Write a sum of columns of a design as contrasts are written."""
    return " + ".join(
        f"{np.format_float_positional(weight)} * {name}"
        for weight, name in zip(weights, columns, strict=True)
        if weight
    )
