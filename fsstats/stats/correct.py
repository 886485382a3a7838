"""p-values corrected for the number of tests, the family said by name."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, is_number, listed, require, some_of
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.tables.panel import BoolArray, number

Correction = Literal["bonferroni", "holm", "hochberg", "hommel", "fdr_bh", "fdr_by"]
_ADDED: Final = ("p_adjusted", "adjustment", "n_tests")


_WITHIN: Final = ("measure", "term")
_APART: Final = ("site", "left_out")
"""Columns of tables that hold whole analyses one after the other."""


def correct(
    results: pd.DataFrame,
    method: Correction = "fdr_bh",
    *,
    within: str | Collection[str] | None = None,
    p_column: str = "p_value",
) -> pd.DataFrame:
    r"""Correct p-values for the number of tests.

    Parameters
    ----------
    results : DataFrame
        A results table, or any table with a column of p-values.
    method : {"fdr_bh", "fdr_by", "bonferroni", "holm", "hochberg", "hommel"}
        ``fdr_bh`` (Benjamini-Hochberg) and ``fdr_by`` (Benjamini-Yekutieli, for any dependence) control the share of
        false ones among the findings. The others control the probability of any false finding at all: ``bonferroni``
        and ``holm`` for any dependence, ``hochberg`` and ``hommel`` for tests that are independent or positively
        dependent. Holm is never less powerful than Bonferroni, nor Hommel than Hochberg.
    within : str or collection of str, optional
        What makes a family: rows with the same values in these columns are corrected together. By default all regions
        of both hemispheres for one measure and one term (and one site, where `by_site` has analysed several, or one
        site left out). Atlases and programs that are in one table share a family, with a warning: choose one source
        before, or ``("source", "measure", "term")`` keeps them apart. ``()`` makes one family of all rows.
    p_column : str
        The p-values to correct, such as ``p_permutation``.

    Returns
    -------
    DataFrame
        The same rows with ``p_adjusted``, ``adjustment`` (what was done within what) and ``n_tests`` (p-values in the
        family). A missing p-value counts as no test and stays missing. Columns of an earlier correction are replaced,
        with a warning.

    Raises
    ------
    ColumnsError
        If the table lacks `p_column` or a column of `within`.
    UnknownNameError
        If there is no such method.
    TableError
        If a p-value is not a number between 0 and 1, or two columns have one name.

    Warns
    -----
    FsstatsWarning
        If a family holds regions of several sources by default, or the p-values have been corrected before.

    Notes
    -----
    The family is what is in the table: give all tests that were made, and choose what to show afterwards. Of rows that
    were chosen by their p-value (``query("p_value < 0.05")``) the correction is far too small, and nothing can tell.

    Of m p-values in rising order, :math:`p_{(1)} \dots p_{(m)}`, with all results capped at 1:

    - bonferroni: :math:`m p_{(i)}`
    - holm: :math:`\max_{j \le i} (m - j + 1) p_{(j)}`
    - hochberg: :math:`\min_{j \ge i} (m - j + 1) p_{(j)}`
    - hommel: the largest of Simes' p-values over all sets of tests that hold this one
    - fdr_bh: :math:`\min_{j \ge i} m p_{(j)} / j`
    - fdr_by: fdr_bh times :math:`\sum_{k=1}^m 1 / k`

    The numbers are those of R's ``p.adjust``. An intercept is a term like others, and so a family of its own that
    touches no other.

    References
    ----------
    Benjamini Y, Hochberg Y (1995). Controlling the false discovery rate: a practical and powerful approach to multiple
    testing. Journal of the Royal Statistical Society B 57, 289-300.

    Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 65-70.

    Hommel G (1988). A stagewise rejective multiple test procedure based on a modified Bonferroni test. Biometrika 75,
    383-386.

    Examples
    --------
    >>> results = pd.DataFrame(
    ...     {"measure": "thickness", "term": ["age", "age", "age", "sex"], "p_value": [0.01, None, 0.03, 0.04]}
    ... )
    >>> correct(results, "holm")
         measure term  p_value  p_adjusted                  adjustment  n_tests
    0  thickness  age     0.01        0.02  holm within measure, term        2
    1  thickness  age      NaN         NaN  holm within measure, term        2
    2  thickness  age     0.03        0.03  holm within measure, term        2
    3  thickness  sex     0.04        0.04  holm within measure, term        1
    """
    if method not in _METHODS:
        raise UnknownNameError.among("method of correction", str(method), _METHODS)
    usual = [*_WITHIN, *(name for name in _APART if name in results.columns)]
    columns = usual if within is None else list(dict.fromkeys(listed(within)))
    require(results, [*columns, p_column], needed_by="correct")
    if results.columns.has_duplicates:
        message = (
            f"correct: expected each column once, found {results.columns[results.columns.duplicated()][0]!r} twice"
        )
        raise TableError(message)
    p = _p_values(results[p_column])
    family = number(results, columns)[0]
    adjusted, n_tests = np.full(len(p), np.nan), np.zeros(len(p), dtype=np.int64)
    for rows in _families(family):
        tested = rows[~np.isnan(p[rows])]
        n_tests[rows] = len(tested)
        adjusted[tested] = _adjusted(p[tested], method)
    _warn_of_before(results)
    if within is None:
        _warn_of_sources(results, family, ~np.isnan(p))
    kept = results.drop(columns=[name for name in _ADDED if name in results.columns])
    return kept.assign(
        p_adjusted=adjusted,
        adjustment=pd.Series(_wording(method, columns, p_column), index=results.index, dtype="str"),
        n_tests=n_tests,
    )


def _warn_of_before(results: pd.DataFrame) -> None:
    """Warn if there is an earlier correction, which is replaced."""
    before = results["adjustment"].dropna().astype("str").unique() if "adjustment" in results.columns else ()
    if len(before):
        warn(f"p_adjusted was there and is replaced: {'; '.join(before)}")


def _warn_of_sources(results: pd.DataFrame, family: Positions, tested: BoolArray) -> None:
    """Warn of the largest family that regions of several sources share."""
    if "source" not in results.columns:
        return
    own = pd.DataFrame({"family": family, "source": results["source"].to_numpy()})[tested]
    several = own[own.groupby("family")["source"].transform("nunique") > 1]
    if len(several):
        largest = several[several["family"] == several["family"].mode().iloc[0]]
        what = results[list(_WITHIN)].iloc[int(np.flatnonzero(family == largest["family"].iloc[0])[0])]
        names = [str(name) for name in largest["source"].unique()]
        warn(
            f"{len(largest)} tests of {' and '.join(map(str, what))} are one family, of {len(names)} sources: "
            f"{some_of(names)}. Choose one before the models (sources=...), "
            "or keep them apart: correct(..., within=['source', 'measure', 'term'])"
        )


def _p_values(column: pd.Series) -> FloatArray:
    if not is_number(column):
        message = f"{column.name}: expected p-values, found a column of {column.dtype}"
        raise TableError(message)
    p = column.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero((p < 0) | (p > 1))
    if len(wrong):
        message = f"{column.name}: expected numbers from 0 to 1, found {p[wrong[0]]:g} in row {wrong[0] + 1}"
        raise TableError(message + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""))
    return p


def _families(family: Positions) -> list[Positions]:
    """Give the rows of each family."""
    order = np.argsort(family, kind="stable")
    return [part for part in np.split(order, np.flatnonzero(np.diff(family[order])) + 1) if len(part)]


def _wording(method: str, columns: Sequence[str], p_column: str) -> str:
    what = method if p_column == "p_value" else f"{method} of {p_column}"
    return f"{what} within {', '.join(columns)}" if columns else f"{what} over all rows"


def _adjusted(p: FloatArray, method: str) -> FloatArray:
    """Adjust the p-values of one family."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(_METHODS[method](p[order]), 1.0)
    return adjusted


def _bonferroni(p: FloatArray) -> FloatArray:
    return len(p) * p


def _holm(p: FloatArray) -> FloatArray:
    return np.maximum.accumulate(np.arange(len(p), 0, -1) * p)


def _hochberg(p: FloatArray) -> FloatArray:
    return _from_above(np.arange(len(p), 0, -1) * p)


def _hommel(p: FloatArray) -> FloatArray:
    """Take, of every size, the set with this test and the largest p-values, where Simes' p-value is largest.

    Simes' is the least of size * p / rank. Ranks above 1 belong to the largest p-values, whatever test comes first.
    """
    m = len(p)
    found = p.copy()
    for size in range(2, m + 1):
        rest = (size * p[m - size + 1 :] / np.arange(2, size + 1)).min()
        np.maximum(found, np.minimum(size * np.minimum(p, p[m - size]), rest), out=found)
    return found


def _fdr_bh(p: FloatArray) -> FloatArray:
    return _from_above(len(p) / np.arange(1, len(p) + 1) * p)


def _fdr_by(p: FloatArray) -> FloatArray:
    return float((1.0 / np.arange(1, len(p) + 1)).sum()) * _fdr_bh(p)


def _from_above(numbers: FloatArray) -> FloatArray:
    """Give for each number the least of it and those after it."""
    return np.asarray(np.minimum.accumulate(numbers[::-1])[::-1])


_METHODS: Final[Mapping[str, Callable[[FloatArray], FloatArray]]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "hochberg": _hochberg,
    "hommel": _hommel,
    "fdr_bh": _fdr_bh,
    "fdr_by": _fdr_by,
}
"""What each method makes of sorted p-values; values above 1 stand for 1."""
