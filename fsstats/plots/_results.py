"""What figures of results tables share: which numbers, which rows, which are significant, in which order."""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, as_words, is_number, plain_rows, require
from fsstats.errors import TableError, UnknownNameError
from fsstats.plots._choice import Names, narrowed, refuse_none, refuse_several
from fsstats.plots._names import P_VALUES, effect_text, measure_text, term_text, unit_text, with_unit
from fsstats.schema import CELL, GLOBAL, HEMIS, regions
from fsstats.schema.groupings import lobes, unsided

Order = Literal["size", "anatomy", "table"]
BoolArray = npt.NDArray[np.bool_]
LIMITS: Final = {"effect_size": ("effect_low", "effect_high"), "estimate": ("ci_low", "ci_high")}
"""What is drawn, and the columns of its interval."""
_LOBES: Final = ("frontal", "temporal", "parietal", "occipital", "cingulate", "insula")


class Significance(NamedTuple):
    """Which rows are significant, and by what."""

    rows: BoolArray
    says: str


def analysis_of(
    results: pd.DataFrame,
    *,
    needed_by: str,
    by: str | None = None,
    one: Sequence[str] = ("term", "measure"),
    **wanted: Names,
) -> pd.DataFrame:
    """Keep the rows of one term and one measure, apart from what `by` tells apart.

    A measure without any number, such as the head size in a model that has it as a variable, is not counted among the
    measures, and its rows are left out.

    Parameters
    ----------
    results : DataFrame
        A results table.
    needed_by : str
        Who asks, for errors.
    by : str, optional
        A column that may say several things.
    one : sequence of str
        The columns that may not.
    **wanted : str, collection of str, or None
        By column what it must say.

    Returns
    -------
    DataFrame
        The rows.

    Raises
    ------
    TableError
        Naming the choices, if there are several; or if there is nothing to draw.
    UnknownNameError, ColumnsError
        If a name does not exist.
    """
    require(results, dict.fromkeys([*CELL, "term", *([by] if by else [])]), needed_by=needed_by)
    refuse_none(results, needed_by=needed_by)
    rows = narrowed(results, needed_by=needed_by, **wanted)
    numbers = [name for name in (*LIMITS, "p_value", "statistic") if name in rows.columns]
    has = rows[numbers].notna().any(axis=1)
    rows = rows[rows["measure"].isin(rows.loc[has, "measure"].unique())] if has.any() else rows
    instead = ", or draw them beside each other with by='{}'" if by is None and needed_by == "forest" else ""
    for name in one:
        if name != by:
            refuse_several(rows, [name], needed_by=needed_by, instead=instead.format(name))
    return rows


def value_of(rows: pd.DataFrame, value: str | None, *, needed_by: str, known: Sequence[str] = tuple(LIMITS)) -> str:
    """Choose the column that is drawn: the one asked for, else the effect size, or the estimate where there is none."""
    if value is None:
        has = [name for name in known if name in rows.columns and rows[name].notna().any()]
        if not has:
            message = f"{needed_by} has nothing to draw: no row has an {' or an '.join(known).replace('_', ' ')}"
            raise TableError(message)
        return has[0]
    if value not in rows.columns:
        raise UnknownNameError.among("column", value, map(str, rows.columns), shown=known)
    if not is_number(rows[value]):
        message = f"{needed_by}: expected numbers in the column {value}, found {rows[value].dtype}"
        raise TableError(message)
    return value


def numbers_of(rows: pd.DataFrame, name: str) -> FloatArray:
    """Give a column as numbers; NaN where it is missing, or where there is no such column."""
    if name not in rows.columns:
        return np.full(len(rows), np.nan)
    return rows[name].to_numpy(dtype=np.float64, na_value=np.nan)


def series_of(rows: pd.DataFrame, by: str | None) -> npt.NDArray[np.object_]:
    """Name the series of each row: what a column says there, "(none)" where it says nothing; '' without a column."""
    if by is None:
        return np.full(len(rows), "", dtype=np.object_)
    return as_words(rows[by]).fillna("(none)").to_numpy(dtype=np.object_)


def value_label(rows: pd.DataFrame, value: str, *, apart: str | None = None) -> str:
    """Give the label of the axis of what is drawn: the measure, the term, and the unit or the effect size.

    Examples
    --------
    >>> rows = pd.DataFrame({"measure": ["volume"], "term": ["age"], "unit": ["mm^3"], "effect_name": ["partial_r"]})
    >>> value_label(rows, "estimate"), value_label(rows, "effect_size")
    ('volume, age (mm³ per unit of age)', 'volume, age (partial r)')
    """
    what = [(name, text) for name, text in (("measure", measure_text), ("term", term_text)) if name != apart]
    words = [text(rows[name].iloc[0]) for name, text in what if len(rows[name].unique()) == 1]
    return with_unit(", ".join(words) or value.replace("_", " "), _unit(rows, value))


def _unit(rows: pd.DataFrame, value: str) -> str:
    words = ", ".join(filter(None, _units(rows, value)))
    is_effect = value == "estimate" and not words and (rows[value] == numbers_of(rows, "effect_size")).any()
    return _unit(rows, "effect_size") if is_effect else words or value.replace("_", " ")


def _units(rows: pd.DataFrame, value: str) -> list[str]:
    """Name the kinds of effect size that there are, or the units of estimates."""
    if value == "effect_size" and "effect_name" in rows.columns:
        return list(map(effect_text, rows["effect_name"].dropna().unique().tolist()))
    if value != "estimate" or "unit" not in rows.columns:
        return []
    kinds = rows[["unit", "term"]].drop_duplicates().astype("object")
    return list(dict.fromkeys(unit_of(unit, str(term)) for unit, term in kinds.itertuples(index=False)))


def unit_of(unit: str | float | None, term: str) -> str:
    """Give the unit of an estimate; that of a slope is per unit of its variable.

    A term with a blank in it passes for no variable: contrasts have such names.

    Examples
    --------
    >>> unit_of("mm^3", "age"), unit_of("mm^3", "group[T.patient]"), unit_of("mm^3", "old against young")
    ('mm³ per unit of age', 'mm³', 'mm³')
    """
    text, number = unit_text(unit), _number_in(term)
    return f"{text} per unit of {number}" if text and number else text


def _number_in(term: str) -> str:
    """Name the numeric variables in a term, along which the estimate is a slope."""
    parts = re.split(r":\s*(?![^\[]*\])", term)
    return " and ".join(part for part in parts if not re.search(r"[\[(\s]|^Intercept$", part))


def refuse_mixed(rows: pd.DataFrame, value: str, *, needed_by: str) -> None:
    """Raise if numbers of several kinds or units would stand on one axis."""
    kind = {"effect_size": "kind of effect size", "estimate": "unit"}.get(value)
    found = _units(rows[rows[value].notna()], value)
    if kind is not None and len(found) > 1:
        words = ", ".join(one or "none" for one in found)
        message = f"{needed_by}: expected one {kind} on an axis, found {words}. Draw them apart"
        raise TableError(message)


def significance_of(rows: pd.DataFrame, alpha: float, p: str | None, *, needed_by: str) -> Significance:
    """Say which rows are significant: by the p-value asked for, else by the one that counts the number of tests.

    Parameters
    ----------
    rows : DataFrame
        A results table.
    alpha : float
        p-values below it are significant.
    p : str, optional
        The column of p-values.
    needed_by : str
        Who asks, for errors.

    Returns
    -------
    Significance
        A row without a p-value is not significant.

    Raises
    ------
    TableError
        If `alpha` is no probability, the column holds truth values, or the column that is taken because none was asked
        for lacks some of the p-values.
    UnknownNameError
        If there is no such column.

    Examples
    --------
    >>> rows = pd.DataFrame({"p_value": [0.01, None], "p_adjusted": [0.02, None]})
    >>> significance_of(rows, 0.05, None, needed_by="me")
    Significance(rows=array([ True, False]), says='adjusted p < 0.05')
    """
    if not 0 < alpha < 1:
        message = f"{needed_by}: expected alpha between 0 and 1, found {alpha}"
        raise TableError(message)
    name = p_column(rows, p)
    if holds_truth(rows, name):
        message = f"{needed_by}: expected p-values in the column {name}, found truth values"
        raise TableError(message)
    if p is None:
        _refuse_partly_corrected(rows, name, needed_by=needed_by)
    with np.errstate(invalid="ignore"):
        significant = numbers_of(rows, name) < alpha
    return Significance(significant, f"{P_VALUES.get(name, name.replace('_', ' '))} < {alpha:g}")


def holds_truth(rows: pd.DataFrame, name: str | None) -> bool:
    """Say whether there is such a column, of truth values, some of which may be missing."""
    return name in rows.columns and pd.api.types.infer_dtype(rows[name], skipna=True) == "boolean"


def _refuse_partly_corrected(rows: pd.DataFrame, name: str, *, needed_by: str) -> None:
    """Raise if rows with a p-value lack the one that decides: they would pass for not significant."""
    lacking = int((np.isfinite(numbers_of(rows, "p_value")) & np.isnan(numbers_of(rows, name))).sum())
    if lacking:
        message = f"{needed_by}: {lacking} row(s) have p_value and no {name}. Correct all tables, or choose with p="
        raise TableError(message)


def p_column(rows: pd.DataFrame, p: str | None) -> str:
    """Name the column of p-values that decides."""
    if p is not None and p not in rows.columns:
        raise UnknownNameError.among("column of p-values", p, map(str, rows.columns), shown=P_VALUES)
    usual = (name for name in P_VALUES if name in rows.columns and rows[name].notna().any())
    return p or next(usual, "p_value")


def minus_log10(p: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Give p-values on a logarithmic scale, and which of them are 0: these stand a tenth above all others.

    Examples
    --------
    >>> minus_log10(np.array([0.01, 0.0, np.nan]))
    (array([2. , 2.2,  nan]), array([False,  True, False]))
    """
    cut = p == 0
    scaled = -np.log10(np.where(cut, np.nan, p))
    return np.where(cut, 1.1 * np.nanmax(scaled, initial=1.0), scaled), cut


def ordered(rows: pd.DataFrame, values: FloatArray, order: Order) -> Positions:
    """Give the positions of rows from the top of a figure to its bottom.

    Parameters
    ----------
    rows : DataFrame
        source, hemi, region and measure.
    values : ndarray
        What is drawn.
    order : {"size", "anatomy", "table"}
        By value, the end that is farther from 0 first and what has no value last; by lobe, then as FreeSurfer lists
        the structures, left before right; or as the table has them.

    Returns
    -------
    ndarray of int
        Positions.

    Raises
    ------
    UnknownNameError
        If `order` is none of these.

    Examples
    --------
    >>> rows = pd.DataFrame({"source": "aparc", "hemi": ["rh", "lh", "lh"], "region": ["cuneus", "cuneus", "insula"]})
    >>> rows = rows.assign(measure="area")
    >>> [ordered(rows, np.array([0.1, np.nan, -0.3]), order).tolist() for order in ("size", "anatomy", "table")]
    [[2, 0, 1], [1, 0, 2], [0, 1, 2]]
    """
    if order not in get_args(Order):
        raise UnknownNameError.among("order", order, get_args(Order))
    if order == "table":
        return np.arange(len(rows))
    if order == "size":
        falling = np.nanmax(values, initial=-np.inf) > -np.nanmin(values, initial=np.inf)
        return np.argsort(-values if falling else values, kind="stable")
    keys = _anatomy(rows)
    return np.array(sorted(range(len(rows)), key=keys.__getitem__), dtype=np.intp)


def _anatomy(rows: pd.DataFrame) -> list[tuple[int, ...]]:
    """Give what rows are sorted by: lobe, structure, side; header Measures first, strangers last."""
    listed: dict[tuple[str, str], int] = {}
    for place, region in enumerate(regions()):
        listed.setdefault((region.atlas, unsided(region.name, region.atlas)), place)
    cells = plain_rows(rows[["source", "hemi", "region"]])
    sources = list(dict.fromkeys(source for source, _, _ in cells))
    keys: list[tuple[int, ...]] = []
    for source, hemi, name in cells:
        lobe = lobes(source).get(name, "").rpartition("-")[2]
        keys.append(
            (
                0 if name == GLOBAL else 1,
                sources.index(source),
                _LOBES.index(lobe) if lobe in _LOBES else len(_LOBES),
                listed.get((source, unsided(name, source)), len(listed)),
                HEMIS.index(hemi) if hemi in HEMIS else len(HEMIS),
            )
        )
    return keys
