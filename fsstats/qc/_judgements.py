"""How a rule says what it found: rows of the judgements table, and the words in them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, to_category
from fsstats.qc._seen import Seen
from fsstats.schema import CELL, JUDGEMENTS, SEVERITIES, SUBJECT_KEY

NOTHING: Final = pd.DataFrame(columns=[name for name in JUDGEMENTS if name != "rule"], dtype=object)
"""What a rule gives that found nothing."""
_NUMBERS: Final = ("value", "expected_low", "expected_high")
_LABELS: Final = (*CELL, "unit")
Number = FloatArray | float


def of_values(
    seen: Seen,
    runs: Positions,
    cells: Positions,
    says: Sequence[str],
    *,
    low: Number = np.nan,
    high: Number = np.nan,
    severity: str | Sequence[str | None] | None = None,
) -> pd.DataFrame:
    """Judge single values of the table.

    Parameters
    ----------
    seen : Seen
        The table.
    runs, cells : ndarray of int, shape (n,)
        Where the values stand.
    says : sequence of str, length n
        The sentences.
    low, high : float or ndarray, shape (n,)
        What was to be expected.
    severity : str or sequence of str, optional
        That of the rule by default.

    Returns
    -------
    DataFrame
        A row a value.
    """
    labels = {name: seen.panel.cells[name].iloc[cells].to_numpy(dtype=object) for name in _LABELS}
    value = seen.panel.values[runs, cells]
    return of_runs(seen, runs, says, value=value, low=low, high=high, severity=severity, labels=labels)


def of_runs(
    seen: Seen,
    runs: Positions,
    says: Sequence[str],
    *,
    value: Number = np.nan,
    low: Number = np.nan,
    high: Number = np.nan,
    severity: str | Sequence[str | None] | None = None,
    labels: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Judge whole runs, or what is no value of the table.

    Parameters
    ----------
    seen : Seen
        The table.
    runs : ndarray of int, shape (n,)
        Which runs.
    says : sequence of str, length n
        The sentences.
    value, low, high : float or ndarray, shape (n,)
        What was judged, and what was to be expected.
    severity : str or sequence of str, optional
        That of the rule by default.
    labels : mapping of str to (str or sequence of str)
        source, hemi, region, measure and unit, where they apply.

    Returns
    -------
    DataFrame
        A row a judgement.
    """
    if not len(runs):
        return NOTHING
    people = {name: seen.panel.people[name].iloc[runs].to_numpy(dtype=object) for name in SUBJECT_KEY}
    numbers = dict(zip(_NUMBERS, (value, low, high), strict=True))
    own = dict.fromkeys(_LABELS) | dict(labels or {})
    return pd.DataFrame({**people, **own, **numbers, "severity": severity, "says": list(says)}, index=range(len(runs)))


def of_cohort(says: str, severity: str, **labels: str) -> pd.DataFrame:
    """Judge the cohort as a whole."""
    return pd.DataFrame([{**dict.fromkeys(JUDGEMENTS), "severity": severity, "says": says, **labels}]).drop(
        columns="rule"
    )


def together(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put judgements of one rule below each other."""
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else NOTHING


def judgements_of(parts: Mapping[str, pd.DataFrame], severities: Mapping[str, str]) -> pd.DataFrame:
    """Put what the rules found below each other, the worst first.

    Parameters
    ----------
    parts : mapping of str to DataFrame
        By rule.
    severities : mapping of str to str
        Of each rule, for judgements that do not say their own.

    Returns
    -------
    DataFrame
        The judgements table: texts are categories, numbers float64.
    """
    found = [part.astype(object).assign(rule=rule) for rule, part in parts.items() if len(part)]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(JUDGEMENTS), dtype=object)
    table["severity"] = table["severity"].where(table["severity"].notna(), table["rule"].map(severities))
    order = table["severity"].map({name: place for place, name in enumerate(SEVERITIES)}).astype("int64")
    table = table.loc[order.sort_values(kind="stable").index, list(JUDGEMENTS)].reset_index(drop=True)
    columns = {name: _typed(table[name]) for name in JUDGEMENTS}
    return pd.DataFrame(columns)


def _typed(column: pd.Series) -> pd.Series:
    """Make numbers float64, and texts categories, as in the long table."""
    if column.name in _NUMBERS:
        return column.astype("float64")
    return to_category(column.where(column.notna(), None))


def figure(value: float) -> str:
    """Write a number as in a sentence: four digits, and of large ones no fraction.

    Examples
    --------
    >>> figure(1523456.7), figure(2.43219), figure(-0.00012)
    ('1523457', '2.432', '-0.00012')
    """
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def between(low: float, high: float, unit: object = None) -> str:
    """Write what was to be expected.

    Examples
    --------
    >>> between(2.1, 3.4, "mm"), between(0, np.inf, "mm^3"), between(-np.inf, 10)
    ('2.1 to 3.4 mm', '0 mm^3 or more', '10 or less')
    """
    behind = f" {unit}" if isinstance(unit, str) and unit != "unitless" else ""
    if np.isneginf(low):
        return f"{figure(high)}{behind} or less"
    return f"{figure(low)}{behind} or more" if np.isposinf(high) else f"{figure(low)} to {figure(high)}{behind}"


def look_at(of_surface: npt.NDArray[np.bool_], is_global: npt.NDArray[np.bool_]) -> list[str]:
    """Say what to look at, for values of surfaces, of volumes, and of header Measures, which have no outline."""
    places = np.where(of_surface, "Look at the white and pial surface there", "Look at its outline over the T1")
    texts: list[str] = np.where(is_global, "Look at the whole run: image, brain mask, registration", places).tolist()
    return texts
