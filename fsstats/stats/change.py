"""How much each structure of each subject changes from one session to the next, a year."""

from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, is_number
from fsstats.errors import ColumnsError, TableError, UnknownNameError, warn
from fsstats.schema.groupings import derived_units
from fsstats.stats._derived import Marks, joined, long_table, marks_of, there
from fsstats.tables.panel import BoolArray, Panel, number, panel_of
from fsstats.tables.versions import VERSION_COLUMNS

Change = Literal["rate", "percent", "percent_of_first", "symmetrised", "average"]
METHODS: Final = get_args(Change)
_PERSON: Final = ("subject", "stream")
_LONG_TIME: Final = 60.0
"""Years that hardly any study lasts; a longer time is in months or days."""


def change(table: pd.DataFrame, *, time: str, method: Change = "rate") -> pd.DataFrame:
    r"""Turn the sessions of each subject into one number a structure: how much it changes a year.

    Parameters
    ----------
    table : DataFrame
        A long table with several sessions of the subjects, or what ``to_wide(table, sep=None)`` gives.
    time : str
        A column in years, one value a session: that of `sessions`, or the age.
    method : {"rate", "percent", "percent_of_first", "symmetrised", "average"}
        ``rate``: the slope of a line through the values, in their unit a year. ``percent``: 100 times the rate, by
        what the line has at the first time; ``percent_of_first``: by the first value itself; ``symmetrised``: by the
        mean of the values. ``average``: this mean, which is no change but often its covariate.

    Returns
    -------
    DataFrame
        A long table with one row a subject, stream, structure and measure. ``session`` is missing; ``measure`` has
        the method behind it (``volume_rate``), ``unit`` is ``mm^3/year`` or ``percent/year``. Columns of the people
        are kept where they are constant within a subject. ``value`` is NaN where there are no values at two times.

    Raises
    ------
    TableError
        If nobody has two times, `time` does not hold numbers, or it is no long table.
    ColumnsError
        If there is no such column.
    UnknownNameError
        If there is no such method.

    Warns
    -----
    FsstatsWarning
        Saying how many subjects have one time only, and how many runs have none (these are left out); naming columns
        that vary within subjects and are dropped; or if subjects were processed by several versions, or nobody lives
        as long as `time` says.

    Notes
    -----
    With the line :math:`a + b t` through a subject's values :math:`y_j` at :math:`t_j` (least squares):

    .. math::
        rate = b, \quad percent = \frac{100 b}{a + b t_1}, \quad symmetrised = \frac{100 b}{\bar y}, \quad
        average = \bar y

    FreeSurfer's ``long_stats_slopes`` and ``long_mris_slopes`` call these rate, pc1fit, pc1 (by the first value), spc
    and avg [1]_. Their help says that spc and avg use the line at the middle of the time; what they compute is the
    line at the mean of the times, which is the mean of the values, and so it is here. With two sessions both are the
    same, and so is the usual :math:`100 (y_2 - y_1) / ((t_2 - t_1) \bar y)`; with more the two-point formula ignores
    what lies between. FreeSurfer counts from the time that is listed first, this function from the earliest one at
    which the structure has a value.

    Templates of longitudinal runs (``base``) are no scans and are left out. All subjects count alike in a later
    `regress`, however many sessions they have; `mixed` weighs them by what they tell.

    References
    ----------
    .. [1] Reuter M, Schmansky NJ, Rosas HD, Fischl B (2012). NeuroImage 61, 1402-1418.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": list("aabb"), "session": ["v1", "v2"] * 2, "time": [0.0, 2, 0, 1]})
    >>> table = table.assign(stream="long", source="aseg", hemi="lh", region="Left-Hippocampus", measure="volume")
    >>> table = table.assign(unit="mm^3", value=[4100.0, 3900, 3500, 3500], group=["AD", "AD", "CN", "CN"])
    >>> change(table, time="time")[["subject", "measure", "value", "unit", "group"]]
      subject      measure  value       unit group
    0       a  volume_rate -100.0  mm^3/year    AD
    1       b  volume_rate    0.0  mm^3/year    CN
    >>> change(table, time="time", method="symmetrised")["value"].tolist()
    [-2.5, 0.0]
    """
    if method not in METHODS:
        raise UnknownNameError.among("method", str(method), METHODS)
    panel = panel_of(table, needed_by="change", leave_out=tuple(VERSION_COLUMNS))
    years = _years(panel.people, time)
    is_scan = (panel.people["stream"] != "base").to_numpy(dtype=np.bool_)
    used = np.flatnonzero(is_scan & ~np.isnan(years))
    if not len(used):
        message = f"change needs values of a subject at two times; no run has {time}"
        raise TableError(message)
    people = panel.people.iloc[used].reset_index(drop=True)
    person, first = number(people, _PERSON)
    lines = _lines(panel.values[used], years[used], person)
    if method != "average" and not np.isfinite(lines.rate).any():
        message = f"change needs values of a subject at two times; by {time} nobody has them"
        raise TableError(message)
    varying = [name for name in people.columns[3:] if name != time and _varies(people, name, person, first)]
    kept = people.iloc[first].drop(columns=[time, *varying]).reset_index(drop=True)
    marks, n_mixed = _of_people(marks_of(table, panel), used, person)
    rows = _any(there(panel)[used], person)
    n_without = int((is_scan & np.isnan(years)).sum())
    values = _value(lines, method)
    warn(
        *([f"{n_without} run(s) without {time} are left out"] if n_without else []),
        *(_of_times(values, rows, lines.span, time) if method != "average" else []),
        *([f"column(s) that vary within subjects are dropped: {', '.join(varying)}"] if varying else []),
        *([f"{n_mixed} value(s) rest on sessions that were processed differently"] if n_mixed else []),
    )
    cells = panel.cells.assign(measure=panel.cells["measure"] + f"_{method}", unit=_units(panel, method))
    return long_table(kept.assign(session=pd.Series(None, index=kept.index, dtype="str")), cells, values, rows, marks)


class _Lines(NamedTuple):
    """A line through the values of each subject, shape (subjects, cells)."""

    rate: FloatArray
    mean: FloatArray
    first: FloatArray
    """The first value."""
    at_first: FloatArray
    """The line at the time of the first value."""
    span: FloatArray
    """(subjects,): from the first to the last time."""


def _years(people: pd.DataFrame, time: str) -> FloatArray:
    if time not in people.columns:
        raise ColumnsError.missing([time], map(str, people.columns), needed_by="change")
    column = people[time]
    if not is_number(column):
        found = column.dropna().iloc[0] if column.notna().any() else "nothing"
        message = f"time: expected years as numbers in {time!r}, found {found!r}; sessions makes years of dates"
        raise TableError(message)
    years = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(years).any():
        message = f"time: expected years as numbers in {time!r}, found infinite ones"
        raise TableError(message)
    return years


def _lines(values: FloatArray, years: FloatArray, person: Positions) -> _Lines:
    """Fit a line to the values that each subject has of each cell."""
    order = np.argsort(person, kind="stable")
    y, t, who = values[order], years[order, None], person[order]
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    has = np.isfinite(y)
    n = np.add.reduceat(has, starts, dtype=np.float64)
    n[n == 0] = np.nan
    mean = np.add.reduceat(np.where(has, y, 0.0), starts) / n
    middle = np.add.reduceat(np.where(has, t, 0.0), starts) / n
    off, rest = np.where(has, t - middle[who], 0.0), np.where(has, y - mean[who], 0.0)
    begin = np.minimum.reduceat(np.where(has, t, np.inf), starts)
    end = np.maximum.reduceat(np.where(has, t, -np.inf), starts)
    spread = np.add.reduceat(off**2, starts)
    spread[end <= begin] = np.nan
    rate = np.add.reduceat(off * rest, starts) / spread
    is_first = has & (t == begin[who])
    first = np.add.reduceat(np.where(is_first, y, 0.0), starts) / np.where(
        np.isnan(n), np.nan, np.add.reduceat(is_first, starts, dtype=np.float64)
    )
    at_first = mean + rate * np.where(np.isfinite(begin), begin - middle, np.nan)
    span = np.maximum.reduceat(t[:, 0], starts) - np.minimum.reduceat(t[:, 0], starts)
    return _Lines(rate, mean, first, at_first, span)


def _value(lines: _Lines, method: Change) -> FloatArray:
    if method == "rate":
        return lines.rate
    if method == "average":
        return lines.mean
    base = {"percent": lines.at_first, "percent_of_first": lines.first, "symmetrised": lines.mean}[method]
    share = np.full(base.shape, np.nan)
    np.divide(100.0 * lines.rate, base, out=share, where=base != 0)
    return share


def _units(panel: Panel, method: Change) -> pd.Series:
    """Give the unit of each change; a rate of what has no unit has none."""
    units = [
        None if missing else str(unit)
        for unit, missing in zip(panel.cells["unit"], panel.cells["unit"].isna(), strict=True)
    ]
    known = [derived_units(unit or "")[method] for unit in units]
    keeps = method in {"rate", "average"}
    found = [None if keeps and unit is None else name for unit, name in zip(units, known, strict=True)]
    return pd.Series(found, index=panel.cells.index, dtype="str")


def _varies(people: pd.DataFrame, name: str, person: Positions, first: Positions) -> bool:
    codes, _ = number(people, [name])
    return bool((codes != codes[first][person]).any())


def _any(rows: BoolArray, person: Positions) -> BoolArray:
    """Say for each subject whether any of its runs has it."""
    order = np.argsort(person, kind="stable")
    return np.logical_or.reduceat(rows[order], np.flatnonzero(np.diff(person[order], prepend=-1)))


def _of_people(marks: Marks, used: Positions, person: Positions) -> tuple[Marks, int]:
    """Mark each subject's values as its runs are; say how many have runs that are marked differently."""
    order = np.argsort(person, kind="stable")
    runs = np.split(used[order], np.flatnonzero(np.diff(person[order])) + 1)
    made = {name: joined(mark, runs) for name, mark in marks.items()}
    n_mixed = int(np.any([mixed for _, mixed in made.values()], axis=0).sum())
    return {name: mark for name, (mark, _) in made.items()}, n_mixed


def _of_times(values: FloatArray, rows: BoolArray, span: FloatArray, time: str) -> list[str]:
    """Say what the times do not allow."""
    found = []
    alone = span == 0
    if alone.any():
        found.append(f"{int(alone.sum())} of {len(alone)} subject(s) have one time only, and no change (NaN)")
    further = int((np.isnan(values) & rows)[~alone].sum())
    if further:
        found.append(f"{further} value(s) of the others are NaN: not there at two times, or a share of 0")
    if span.max() > _LONG_TIME:
        found.append(f"{time} spans {span.max():g} within a subject: is it in years?")
    return found
