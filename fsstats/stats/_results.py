"""The results table: every statistic fills the same columns."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats.schema import CELL, RESULTS
from fsstats.stats.effect_sizes import EffectSize

_TEXTS: Final = frozenset({*CELL, "term", "unit", "effect_name", "method", "note"})


def results_table(cells: pd.DataFrame, terms: Sequence[str], **columns: object) -> pd.DataFrame:
    """Put arrays together as the results table, cell by cell and term by term.

    Parameters
    ----------
    cells : DataFrame, n rows
        source, hemi, region, measure and unit of what was modelled.
    terms : sequence of str, length k
        What was estimated of each.
    **columns : array, sequence or scalar
        Any other columns of the results table. An array has shape (n, k); (n, 1), one number a cell; (k,), one a
        term; or (). What is not given is missing.

    Returns
    -------
    DataFrame, n * k rows
        All columns of the results table, in their order. Numbers are float64, NaN where missing.

    Examples
    --------
    >>> cells = pd.DataFrame(
    ...     {"source": ["aparc"], "hemi": ["lh"], "region": ["insula"], "measure": ["thickness"], "unit": ["mm"]}
    ... )
    >>> table = results_table(cells, ["Intercept", "age"], estimate=[[3.0, -0.01]], n=20, method="OLS")
    >>> table[["region", "term", "estimate", "n", "method"]]
       region       term  estimate     n method
    0  insula  Intercept      3.00  20.0    OLS
    1  insula        age     -0.01  20.0    OLS
    """
    unknown = set(columns) - set(RESULTS)
    if unknown:
        message = f"no column of the results table: {sorted(unknown)}"
        raise TypeError(message)
    shape = n, k = len(cells), len(terms)
    row = np.repeat(np.arange(n), k)
    given: dict[str, object] = {name: cells[name].astype("str").array.take(row) for name in (*CELL, "unit")}
    given["term"] = _words(np.asarray(terms, dtype=object), shape)
    for name in RESULTS:
        spread = _words if name in _TEXTS else _numbers
        given.setdefault(name, spread(columns.get(name), shape))
    return pd.DataFrame({name: given[name] for name in RESULTS})


def _words(values: object, shape: tuple[int, int]) -> object:
    """Give a text all its rows."""
    few = np.asarray(values, dtype=object)
    places = np.broadcast_to(np.arange(few.size).reshape(few.shape), shape).ravel()
    return pd.array(few.ravel(), dtype="str").take(places)


def _numbers(values: object, shape: tuple[int, int]) -> object:
    """Give a number all its rows."""
    numbers = np.asarray(np.nan if values is None else values, dtype=np.float64)
    return np.broadcast_to(numbers, shape).ravel()


def effect_columns(size: EffectSize, name: object) -> dict[str, object]:
    """Give the columns of the results table that an effect size fills.

    Parameters
    ----------
    size : EffectSize
        Arrays as for `results_table`.
    name : str or ndarray
        Which effect size it is.

    Returns
    -------
    dict
        effect_size, effect_name, effect_se, effect_low and effect_high.
    """
    return {
        "effect_size": size.size,
        "effect_name": name,
        "effect_se": size.std_error,
        "effect_low": size.low,
        "effect_high": size.high,
    }
