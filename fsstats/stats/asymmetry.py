"""Left against right of the same structure."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, some_of
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.schema import GLOBAL
from fsstats.schema.groupings import DERIVED
from fsstats.stats._derived import long_table, marks_of, there
from fsstats.stats._pairs import SidePairs, pairs_of
from fsstats.tables.panel import BoolArray, panel_of
from fsstats.tables.versions import VERSION_COLUMNS

AsymmetryMethod = Literal["mean", "sum"]
METHODS: Final = {"mean": ("asymmetry", 2.0), "sum": ("laterality", 1.0)}
"""What the difference is divided by; the word that the measure's name gets, and the factor of (L - R) / (L + R)."""


def asymmetry(table: pd.DataFrame, *, method: AsymmetryMethod = "mean") -> pd.DataFrame:
    r"""Compare left and right of every structure that has both, as a share of their size.

    Parameters
    ----------
    table : DataFrame
        A long table, perhaps with people's columns (age, group …), or what ``to_wide(table, sep=None)`` gives.
    method : {"mean", "sum"}
        What the difference is divided by: the mean of both sides, or their sum, which halves the index.

    Returns
    -------
    DataFrame
        A long table with a row for each run, structure and measure: ``region`` without its side (``Hippocampus``,
        ``insula``), ``hemi`` lr, ``measure`` with what was computed behind it (``volume_asymmetry``, or
        ``volume_laterality`` for the sum), ``unit`` unitless. People's columns are kept. NaN where a side is missing,
        infinite or negative, or both are 0.

    Raises
    ------
    TableError
        If no structure of the table has both sides, or it is no long table.
    UnknownNameError
        If there is no such method.

    Warns
    -----
    FsstatsWarning
        Naming structures of which a side is missing, and those with negative values.

    Notes
    -----
    .. math:: A = \frac{L - R}{(L + R) / 2}

    lies in [-2, 2] and is positive where the left is larger [1]_ [2]_; with ``method="sum"`` it is half of it, in
    [-1, 1]. Studies differ in this factor and in the sign, so compare these first.

    Left and right are found by name: the side stands in ``hemi`` (aparc), in the name (``Left-``, ``wm-lh-``) or in
    the header Measure (``lhCortexVol``). Structures of the midline and Measures of the whole brain, also those that
    both files of the surfaces print (eTIV), have no sides and are not in the result. To have one as a variable of a
    later model, put its rows back: ``pd.concat([asymmetry(table), table[table["measure"] == "eTIV"]])``.

    References
    ----------
    .. [1] Guadalupe, T., et al. (2017). Human subcortical brain asymmetries in 15,847 people worldwide reveal effects
       of age and sex. Brain Imaging and Behavior, 11, 1497-1514.
    .. [2] Kong, X.-Z., et al. (2018). Mapping cortical brain asymmetry in 17,141 healthy individuals worldwide via the
       ENIGMA Consortium. PNAS, 115, E5154-E5163.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"subject": "a", "session": None, "stream": "cross", "source": "aseg", "value": [4.4, 3.6]}
    ... )
    >>> table = table.assign(hemi=["lh", "rh"], region=["Left-Amygdala", "Right-Amygdala"], measure="volume")
    >>> asymmetry(table.assign(unit="mm^3"))[["hemi", "region", "measure", "value", "unit"]]
      hemi    region           measure  value      unit
    0   lr  Amygdala  volume_asymmetry    0.2  unitless
    """
    if method not in METHODS:
        raise UnknownNameError.among("method of asymmetry", str(method), METHODS)
    panel = panel_of(table, needed_by="asymmetry", leave_out=tuple(VERSION_COLUMNS))
    pairs = pairs_of(panel.cells, needed_by="asymmetry")
    if not ((pairs.left >= 0) & (pairs.right >= 0)).any():
        message = f"asymmetry needs both sides of a structure; of {_names(pairs.cells)} the table has one only"
        raise TableError(message)
    left, right = _side(panel.values, pairs.left), _side(panel.values, pairs.right)
    has = there(panel)
    rows = _has(has, pairs.left) | _has(has, pairs.right)
    warn(*_doubts(pairs, left, right))
    word = METHODS[method][0]
    cells = pairs.cells.assign(measure=pairs.cells["measure"] + f"_{word}", unit=DERIVED[word])
    marks = marks_of(table, panel, pairs.members)
    return long_table(panel.people, cells, asymmetry_index(left, right, method=method), rows, marks)


def asymmetry_index(left: npt.ArrayLike, right: npt.ArrayLike, *, method: AsymmetryMethod = "mean") -> FloatArray:
    """Compute the index of `asymmetry` of arrays.

    Parameters
    ----------
    left, right : array_like of float
        Values of both sides, in the same unit.
    method : {"mean", "sum"}
        As for `asymmetry`.

    Returns
    -------
    ndarray
        Unitless, positive where the left is larger; NaN where a side is missing, infinite or negative, or both are 0.

    Examples
    --------
    >>> asymmetry_index([4.4, 3.6, np.nan, 0], [3.6, 4.4, 3.0, 0])
    array([ 0.2, -0.2,  nan,  nan])
    """
    one, other = np.broadcast_arrays(np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64))
    usable = np.array(np.isfinite(one) & np.isfinite(other) & (one >= 0) & (other >= 0))
    half, rest = one[usable] / 2, other[usable] / 2  # their sum is the mean, and never too large
    index = np.full(one.shape, np.nan)
    index[usable] = np.divide(half - rest, half + rest, out=np.full(half.shape, np.nan), where=half + rest > 0)
    return index * METHODS[method][1]


def _side(values: FloatArray, places: Positions) -> FloatArray:
    """Take the values of one side; NaN where the table has none."""
    return np.where(places >= 0, values[:, places], np.nan)


def _has(has: BoolArray, places: Positions) -> BoolArray:
    return (places >= 0) & has[:, places]


def _doubts(pairs: SidePairs, left: FloatArray, right: FloatArray) -> list[str]:
    """Name what has one side only, or values below 0."""
    one_side = (np.isnan(left) ^ np.isnan(right)).sum(axis=0)
    negative = ((left < 0) | (right < 0)).sum(axis=0)
    return [
        f"asymmetry is NaN where {what} in {_names(pairs.cells[counts > 0], counts[counts > 0])}"
        for what, counts in (("one side is missing", one_side), ("values are negative", negative))
        if counts.any()
    ]


def _names(cells: pd.DataFrame, counts: Sequence[int] | npt.NDArray[np.integer] = ()) -> str:
    """Name structures and measures, and of how many runs."""
    names = [
        " ".join(
            part for part in (source, region if region != GLOBAL else "", measure) if isinstance(part, str) and part
        )
        for source, region, measure in cells[["source", "region", "measure"]].itertuples(index=False, name=None)
    ]
    return some_of([f"{name} ({n})" for name, n in zip(names, counts, strict=True)] if len(counts) else names)
