"""Data frames to tables of a page: which columns, in which order, with how many digits."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student

from fsstats._frames import FloatArray, Positions, as_words, is_number
from fsstats.io.spreadsheets import spreadsheet_csv
from fsstats.plots._names import (
    P_VALUES,
    effect_text,
    measure_text,
    region_labels,
    term_text,
    upper,
    with_unit,
)
from fsstats.plots._results import numbers_of, p_column, significance_of, unit_of
from fsstats.reporting._numbers import MISSING, count, counted, decimals_of, fixed, interval, per_cent, probability
from fsstats.reporting.blocks import Cell, Head, Sheet
from fsstats.schema import FURTHER_RESULT_COLUMNS, LONG_COLUMNS, RESULT_COLUMNS, RESULTS
from fsstats.tables.panel import BoolArray

_SHOWN: Final = 25
"""Rows that stand on the page before the rest is folded."""
_LEAST: Final = 5
"""Rows that stand there of a table in which nothing is significant."""
_LONG: Final = 30
"""Rows that are not folded."""
_APART: Final[Mapping[str, Callable[[object], str]]] = {"source": str, "measure": measure_text, "term": term_text}
"""Columns that tell results apart, and how their words are printed; each has a column where it says several things."""
_STATISTICS: Final = {r"; F\b": "F", r"; chi2$": "χ²"}
"""What a statistic is called, by what the text of ``method`` says of it."""
_STATISTIC: Final = "The statistic of the test, and in brackets its degrees of freedom."
PEOPLE: Final = "n_people"
"""A column of results beside ``n``, which then counts runs: how many people they are of."""
_COUNTS: Final = frozenset({"n", "n_first", "n_second", "n_missing", "n_tests", "n_permutations", "k"})


class Column(NamedTuple):
    """A column of a table, before it is cut into rows."""

    head: Head
    cells: list[Cell]


def is_results(frame: pd.DataFrame) -> bool:
    """Say whether a frame is a results table."""
    return set(RESULTS) <= set(frame.columns)


def sheets_of(
    frame: pd.DataFrame,
    title: str,
    *,
    note: str = "",
    alpha: float = 0.05,
    level: float | None = None,
    file: str = "",
    shown: int = _SHOWN,
    is_named: bool = False,
) -> list[Sheet]:
    """Turn a frame into tables: one, or of a long frame the first rows and all of it, folded.

    Parameters
    ----------
    frame : DataFrame
        A results table, or any other.
    title : str
        Its caption.
    note : str
        What stands below it.
    alpha : float
        Of a results table: p-values below it are significant, and come first.
    level : float or None
        Of a results table: the confidence level of its intervals; by default it is found in them.
    file : str
        Name of the CSV file, without its suffix; by default made of the title.
    shown : int
        Rows at the most before the rest is folded.
    is_named : bool
        A heading above says what the title says: it is only read out.

    Returns
    -------
    list of Sheet
        The last has the whole frame as CSV.
    """
    csv, file = spreadsheet_csv(frame), f"{file or slug(title)}.csv"
    sheet = Sheet(title, (), (), note=note, csv=csv, file=file, is_named=is_named)
    if is_results(frame):
        return _results_sheets(frame, sheet, alpha, level, shown)
    columns = [_plain_column(frame, place) for place in range(len(frame.columns))]
    return folded(columns, sheet, first=shown, longest=_LONG)


def slug(text: str) -> str:
    """Make a name for a file or an anchor of a text.

    Examples
    --------
    >>> slug("Volume (aseg): group, patient"), slug("<script>"), slug("…")
    ('volume-aseg-group-patient', 'script', 'table')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "table"


def folded(columns: Sequence[Column], sheet: Sheet, *, first: int, longest: int) -> list[Sheet]:
    """Fill a table; where it is long, its first rows, and all of them folded below.

    Parameters
    ----------
    columns : sequence of Column
        What it is filled with; those without a word in the first rows stand in the whole table only.
    sheet : Sheet
        Title, note, marks and file.
    first : int
        Rows that stand on the page before the rest is folded.
    longest : int
        Rows at the most that are not folded.

    Returns
    -------
    list of Sheet
        One or two; the last has the file.
    """
    heads = tuple(column.head for column in columns)
    rows = tuple(zip(*(column.cells for column in columns), strict=True))
    whole = replace(sheet, heads=heads, rows=rows, has_tools=True)
    if len(rows) <= max(first, longest):
        return [whole]
    shown = [column for column in columns if any(cell.text for cell in column.cells[:first])]
    few = tuple(zip(*(column.cells[:first] for column in shown), strict=True))
    top = replace(whole, heads=tuple(column.head for column in shown), rows=few, marked=sheet.marked[:first], csv=b"")
    return [top, replace(whole, title=f"{sheet.title}, all rows", note="", fold=f"All {count(len(rows))} rows")]


def _results_sheets(results: pd.DataFrame, sheet: Sheet, alpha: float, level: float | None, shown: int) -> list[Sheet]:
    """Show results: significant ones first, then by their p-values."""
    significant = significance_of(results, alpha, None, needed_by="a report")
    p, plain_p = numbers_of(results, p_column(results, None)), numbers_of(results, "p_value")
    order = order_of(significant.rows, p, plain_p)
    marked = significant.rows[order].tolist()
    n = sum(marked)
    said = f"Marked: {significant.says} ({count(n)} of {counted(int((~np.isnan(p)).sum()), 'test')})."
    note = " ".join(text for text in (said, sheet.note) if text)
    first = min(max(n, _LEAST), shown)
    columns = results_columns(results.iloc[order], level)
    return folded(columns, replace(sheet, note=note, marked=tuple(marked)), first=first, longest=_LEAST + 1)


def order_of(significant: BoolArray, *p: FloatArray) -> Positions:
    """Give the order in which results are shown: significant ones, then by their p-values, those without one last.

    Examples
    --------
    >>> order_of(np.array([False, False, True]), np.array([np.nan, 0.5, 0.01])).tolist()
    [2, 1, 0]
    """
    keys = [np.where(np.isnan(one), np.inf, one) for one in p]
    order: Positions = np.lexsort((*reversed(keys), ~significant))
    return order


def results_columns(rows: pd.DataFrame, level: float | None = None) -> list[Column]:
    """Give the columns of a results table that are worth showing."""
    rows = rows.reset_index(drop=True)
    level = level_of(rows) if level is None else level
    ci = f"{per_cent(level)} CI" if level else "interval"
    limits = (numbers_of(rows, name) for name in ("ci_low", "ci_high", "estimate"))
    digits = [decimals_of(*each) for each in zip(*limits, strict=True)]
    columns = [_words("Region", region_labels(rows), RESULT_COLUMNS["region"])]
    columns += [_apart(rows, name) for name in _apart_columns(rows)]
    columns += _estimates(rows, digits, ci) or _statistics(rows)
    columns += _effects(rows, ci)
    columns += [
        _numbers(upper(text), numbers_of(rows, name), probability, _explained(name))
        for name, text in reversed(P_VALUES.items())
        if name in rows.columns and rows[name].notna().any()
    ]
    columns += _n(rows)
    if rows["note"].notna().any():
        columns.append(_words("Note", rows["note"].astype("object").where(rows["note"].notna(), ""), ""))
    return columns


def level_of(rows: pd.DataFrame) -> float | None:
    """Find the confidence level of the intervals of a results table; None where that cannot be told.

    Examples
    --------
    >>> rows = pd.DataFrame({"std_error": [1.0], "df": [10.0], "ci_low": [-1.812461], "ci_high": [1.812461]})
    >>> level_of(rows)
    0.9
    """
    error, df, low, high = (numbers_of(rows, name) for name in ("std_error", "df", "ci_low", "ci_high"))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = np.asarray(1 - 2 * student.sf((high - low) / 2 / error, df))
    found = found[np.isfinite(found)]
    if not len(found) or np.ptp(found) > 1e-4:
        return None
    return float(round(float(np.median(found)), 4))


def _apart_columns(rows: pd.DataFrame) -> list[str]:
    """Name the columns that tell rows of the same region apart: those that results have, and any in front of them."""
    own = [name for name in _APART if len(rows[name].astype("object").unique()) > 1]
    known = {*RESULTS, *FURTHER_RESULT_COLUMNS, PEOPLE}
    further = [name for name in rows.columns if name not in known]
    further += [name for name in ("site", "left_out") if name in rows.columns]
    return [*further, *own]


def _apart(rows: pd.DataFrame, name: str) -> Column:
    text = _APART.get(name, str)
    words = [text(one) if isinstance(one, str) else "" for one in as_words(rows[name])]
    return _words(upper(name.replace("_", " ")), words, _explained(name))


def _estimates(rows: pd.DataFrame, digits: Sequence[int], ci: str) -> list[Column]:
    """Give estimate and interval, the unit in the head, or beside each number where there are several."""
    estimate = numbers_of(rows, "estimate")
    if np.isnan(estimate).all():
        return []
    units = [unit_of(unit, str(term)) for unit, term in zip(rows["unit"], rows["term"], strict=True)]
    one = len(set(units)) == 1
    head = with_unit("Estimate", units[0] if one else "")
    texts = [fixed(number, places) for number, places in zip(estimate, digits, strict=True)]
    if not one:
        texts = [f"{text} {unit}".strip() if text != MISSING else text for text, unit in zip(texts, units, strict=True)]
    cells = [Cell(text, number) for text, number in zip(texts, estimate, strict=True)]
    limits = zip(numbers_of(rows, "ci_low"), numbers_of(rows, "ci_high"), digits, strict=True)
    between = [Cell(interval(low, high, places), low) for low, high, places in limits]
    return [
        Column(Head(head, is_number=True, title=RESULT_COLUMNS["estimate"]), cells),
        Column(Head(ci, is_number=True, title="Confidence interval of the estimate."), between),
        *_own_df(rows),
    ]


def _own_df(rows: pd.DataFrame) -> list[Column]:
    """Give the degrees of freedom where each region has its own: those by Satterthwaite's method."""
    if not rows["method"].astype("str").str.contains("Satterthwaite").any():
        return []
    return [_numbers("df", numbers_of(rows, "df"), partial(fixed, decimals=1), RESULT_COLUMNS["df"])]


def _n(rows: pd.DataFrame) -> list[Column]:
    """Give the number of rows behind each result; and where it is given, that of people."""
    if PEOPLE not in rows.columns:
        return [_numbers("n", numbers_of(rows, "n"), count, RESULT_COLUMNS["n"])]
    return [
        _numbers("Runs", numbers_of(rows, "n"), count, RESULT_COLUMNS["n"]),
        _numbers("People", numbers_of(rows, PEOPLE), count, "People that the runs are of."),
    ]


def _statistics(rows: pd.DataFrame) -> list[Column]:
    """Give the statistic, and in brackets its degrees of freedom, of tests that estimate nothing."""
    statistic, first, second = (numbers_of(rows, name) for name in ("statistic", "df_term", "df"))
    if np.isnan(statistic).all():
        return []
    names = [name for end, name in _STATISTICS.items() if rows["method"].astype("str").str.contains(end).all()]
    cells = [
        Cell(_with_df(value, *dfs) if np.isfinite(value) else MISSING, value)
        for value, *dfs in zip(statistic, first, second, strict=True)
    ]
    return [Column(Head(f"{next(iter(names), 'Statistic')} (df)", is_number=True, title=_STATISTIC), cells)]


def _with_df(statistic: float, *dfs: float) -> str:
    known = [fixed(df, 0 if df == round(df) else 1) for df in dfs if np.isfinite(df)]
    return f"{fixed(statistic)} ({', '.join(known)})"


def _effects(rows: pd.DataFrame, ci: str) -> list[Column]:
    size = numbers_of(rows, "effect_size")
    if np.isnan(size).all():
        return []
    names = rows.loc[~np.isnan(size), "effect_name"].unique().tolist()
    head = effect_text(names[0]) if len(names) == 1 else "Effect size"
    columns = [_numbers(upper(head), size, fixed, RESULT_COLUMNS["effect_size"])]
    low, high = numbers_of(rows, "effect_low"), numbers_of(rows, "effect_high")
    if not np.isnan(low).all():
        cells = [Cell(interval(one, other, 2), one) for one, other in zip(low, high, strict=True)]
        columns.append(Column(Head(ci, is_number=True, title="Confidence interval of the effect size."), cells))
    if len(names) > 1:
        columns.append(_words("Which", [effect_text(n) if isinstance(n, str) else "" for n in rows["effect_name"]]))
    return columns


def _words(name: str, words: Iterable[object], title: str = "") -> Column:
    return Column(Head(name, title=title), [Cell(str(word)) for word in words])


def _numbers(name: str, numbers: Iterable[float], write: Callable[[float], str], title: str = "") -> Column:
    cells = [Cell(write(float(number)), float(number)) for number in numbers]
    return Column(Head(name, is_number=True, title=title), cells)


def _explained(name: str) -> str:
    return {**RESULT_COLUMNS, **FURTHER_RESULT_COLUMNS}.get(name, "")


def _plain_column(frame: pd.DataFrame, place: int) -> Column:
    """Show a column as it is: numbers in few digits, anything else as text."""
    name, column = str(frame.columns[place]), frame.iloc[:, place]
    title = {**LONG_COLUMNS, **RESULT_COLUMNS, **FURTHER_RESULT_COLUMNS}.get(name, "")
    if not is_number(column):
        words = as_words(column).astype("object")
        return _words(name, words.where(column.notna(), MISSING), title)
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if name in P_VALUES:
        return _numbers(name, numbers, probability, title)
    whole = name in _COUNTS or bool(np.all(np.isnan(numbers) | (numbers == np.round(numbers))))
    return _numbers(name, numbers, count if whole else _short, title)


def _short(number: float) -> str:
    return fixed(number, decimals_of(np.nan, np.nan, number))
