"""What a brain map shows, as a table: the rows that are chosen, their numbers, texts and significance."""

from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from fsstats._frames import as_words, require
from fsstats.errors import TableError, UnknownNameError
from fsstats.plots._brain_places import NO_NUMBER, absent, placed
from fsstats.plots._choice import Names, narrowed, refuse_none, refuse_several
from fsstats.plots._names import (
    MINUS,
    P_VALUES,
    effect_text,
    measure_text,
    p_text,
    region_labels,
    unit_text,
    with_unit,
)
from fsstats.plots._results import (
    LIMITS,
    Significance,
    analysis_of,
    holds_truth,
    numbers_of,
    p_column,
    refuse_mixed,
    significance_of,
    value_label,
    value_of,
)
from fsstats.plots._shapes import OUTLINES, outlines_of
from fsstats.schema import CELL, GLOBAL, HEMIS
from fsstats.schema.groupings import BOTH as _BOTH_SIDES

Average = Literal["mean", "median"]
WHOLE: Final = "of the whole brain"
_COLUMNS: Final = ("outlines", "source", "hemi", "region", "measure", "value", "significant", "note", "text")


class Mapped(NamedTuple):
    """A brain map as a table, and what it is of."""

    table: pd.DataFrame
    """A row a region: outlines, source, hemi, region, measure, value, significant, note, text."""
    label: str
    """What the colours stand for."""
    says: str
    """What makes a region significant."""
    counts: list[float]
    """How many rows the numbers rest on."""


def mapped(
    data: pd.DataFrame,
    *,
    value: str | None = None,
    average: Average | None = None,
    alpha: float | None = 0.05,
    p: str | None = None,
    outlines: str | None = None,
    term: Names = None,
    measure: Names = None,
    source: Names = None,
) -> Mapped:
    """Find out what a brain map shows.

    Parameters
    ----------
    data : DataFrame
        A results table or a long table.
    value, average, alpha, p, outlines, term, measure, source
        As for `brain_map`.

    Returns
    -------
    Mapped
        Every region of the outlines, and every row of the table.

    Raises
    ------
    TableError, UnknownNameError, ColumnsError
        As for `brain_map`.
    """
    rows = _chosen(data, term=term, measure=measure, source=source)
    known = tuple(LIMITS) if "term" in rows.columns else ("value",)
    value = value_of(rows, value, needed_by="brain_map", known=known)
    whole = (rows["region"] == GLOBAL).to_numpy(dtype=np.bool_)
    here = _averaged(rows[~whole], value, average).reset_index(drop=True)
    if not np.isfinite(numbers_of(here, value)).any():
        message = f"brain_map has nothing to draw: no region has a number in the column {value}"
        raise TableError(message)
    drawn_on = {name: outlines_of(None if pd.isna(name) else name, outlines).atlas for name in here["source"].unique()}
    here["outlines"] = [drawn_on[name] for name in here["source"]]
    _refuse_mixed(here, value)
    found = _significant(here, alpha, p)
    texts = _said(here, value, p)
    drawn = placed(here.assign(significant=found.rows, text=texts, value=numbers_of(here, value)))
    table = pd.concat([drawn, absent(drawn), _of_whole_brain(rows[whole])], ignore_index=True)
    label = _label(here, value, average)
    return Mapped(table[list(_COLUMNS)], label, found.says, numbers_of(here, "n").tolist())


def _chosen(data: pd.DataFrame, *, term: Names, measure: Names, source: Names) -> pd.DataFrame:
    """Keep the rows that are asked for, of one term."""
    if "term" in data.columns:
        rows = analysis_of(data, needed_by="brain_map", one=("term",), term=term, measure=measure, source=source)
    else:
        require(data, [*CELL, *(["term"] if term else [])], needed_by="brain_map")
        refuse_none(data, needed_by="brain_map")
        rows = narrowed(data, needed_by="brain_map", measure=measure, source=source)
    rows = rows.astype(dict.fromkeys(CELL, "str"))
    strange = sorted({*rows["hemi"].dropna()} - {*HEMIS, _BOTH_SIDES})
    if strange:
        message = f"hemi: expected lh, rh, {_BOTH_SIDES} (of both sides) or nothing, found {strange[0]!r}"
        raise TableError(message)
    return rows


def _averaged(rows: pd.DataFrame, value: str, average: Average | None) -> pd.DataFrame:
    """Give each region one row, of all subjects, if that is asked for."""
    if average is None:
        return rows
    if average not in get_args(Average):
        raise UnknownNameError.among("average", average, get_args(Average))
    require(rows, ["subject"], needed_by=f"average={average!r}")
    _refuse_second_runs(rows)
    keys = [*CELL, *(["unit"] if "unit" in rows.columns else [])]
    groups = rows.groupby(keys, observed=True, dropna=False, sort=False)[value]
    return groups.agg([average, "count"]).reset_index().rename(columns={average: value, "count": "n"})


def _refuse_second_runs(rows: pd.DataFrame) -> None:
    twice = rows.duplicated([*CELL, "subject"])
    if twice.any():
        first = rows[twice].iloc[:1]
        who, where = as_words(first["subject"]).iloc[0], region_labels(first)[0]
        message = f"brain_map averages one value a subject, found several of {where} of {who}"
        raise TableError(f"{message}. Choose one session or stream first, as in table[table['stream'] == 'cross']")


def _refuse_mixed(rows: pd.DataFrame, value: str) -> None:
    """Raise if what is drawn in the same views, or in the same colours, is of several kinds."""
    views = rows["outlines"].map({atlas: own.rows for atlas, own in OUTLINES.items()})
    for _, own in rows.groupby(views, sort=False):
        refuse_several(own, ["source", "measure"], needed_by="brain_map")
    refuse_mixed(rows, value, needed_by="brain_map")
    if value == "value" and "unit" in rows.columns:
        refuse_several(rows, ["unit"], needed_by="brain_map")


def _significant(rows: pd.DataFrame, alpha: float | None, p: str | None) -> Significance:
    """Say which rows are outlined: by a column of truth values, or by p-values."""
    if holds_truth(rows, p):
        return Significance(numbers_of(rows, str(p)) == 1, str(p).replace("_", " "))
    if alpha is None:
        return Significance(np.zeros(len(rows), dtype=np.bool_), "")
    return significance_of(rows, alpha, p, needed_by="brain_map")


def _said(rows: pd.DataFrame, value: str, p: str | None) -> list[str]:
    """Say of each row what one would read in a table: region, number, interval, p-value, n."""
    low, high = LIMITS.get(value, ("", ""))
    p_name = p_column(rows, None if holds_truth(rows, p) else p)
    before, behind = _around(rows, value)
    numbers = zip(*(numbers_of(rows, one) for one in (value, low, high, p_name, "n")), strict=True)
    return [
        f"{label}: "
        + (NO_NUMBER if np.isnan(number) else f"{before}{three_digits(number)}{behind}{_interval(*limits)}")
        + (f", {p_text(p_value, P_VALUES.get(p_name, p_name))}" if np.isfinite(p_value) else "")
        + (f", n = {n:.0f}" if np.isfinite(n) else "")
        for label, (number, *limits, p_value, n) in zip(region_labels(rows), numbers, strict=True)
    ]


def _around(rows: pd.DataFrame, value: str) -> tuple[str, str]:
    """Give what stands before and behind a number: the name of the effect size, or the unit."""
    kind = {"effect_size": "effect_name", "estimate": "unit", "value": "unit"}.get(value, "")
    name = next(iter(rows[kind].dropna()), None) if kind in rows.columns else None
    if value == "effect_size":
        return f"{effect_text(name)} ", ""
    unit = unit_text(name)
    return "", f" {unit}" if unit else ""


def three_digits(number: float) -> str:
    """Give a number with the three digits that count.

    Examples
    --------
    >>> three_digits(1234.5), three_digits(0.00123), three_digits(2.0)
    ('1234', '0.00123', '2')
    """
    text = f"{number:.0f}" if abs(number) >= 1000 else f"{number:.3g}"
    return text.replace("-", MINUS)


def _interval(low: float, high: float) -> str:
    return f" ({three_digits(low)} to {three_digits(high)})" if np.isfinite(low) and np.isfinite(high) else ""


def _label(rows: pd.DataFrame, value: str, average: Average | None) -> str:
    measures = [measure_text(one) for one in rows["measure"].dropna().unique()]
    if "term" in rows.columns:
        several = f"{' and '.join(measures)}, " if len(measures) > 1 else ""
        return several + value_label(rows, value)
    unit = rows["unit"].iloc[0] if value == "value" and "unit" in rows.columns else None
    what = " and ".join(measures) if value == "value" else measure_text(value)
    return f"{average or ''} {with_unit(what, unit_text(unit))}".strip()


def _of_whole_brain(rows: pd.DataFrame) -> pd.DataFrame:
    """Give a row to each header Measure, which is of no region."""
    found = rows[list(CELL)].drop_duplicates().assign(outlines=None, value=np.nan, significant=False, note=WHOLE)
    return found.assign(text=[f"{label}: {WHOLE}" for label in region_labels(found)])
