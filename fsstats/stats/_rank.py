"""Which columns of a design are combinations of others, and which regions have values in the same rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray, Positions
from fsstats.tables.panel import BoolArray

_TOLERANCE: Final = 1e-7
"""Of a column's length: what is left of it beside the columns before it must be more, as in R's lm."""


@dataclass(frozen=True, slots=True)
class Dependent:
    """A column of a design that others give."""

    column: int
    says: str


def dependent_columns(matrix: FloatArray, columns: Sequence[str]) -> list[Dependent]:
    """Name every column that is a combination of those before it, and of which.

    Parameters
    ----------
    matrix : ndarray, shape (n, p)
        A design.
    columns : sequence of str, length p
        Its names.

    Returns
    -------
    list of Dependent
        Empty if the rank is full.

    Examples
    --------
    >>> dependent_columns(np.array([[1, 0, 1.0], [1, 1, 3.0], [1, 0, 1.0]]), ["Intercept", "sex", "s2"])
    [Dependent(column=2, says='s2 is a combination of Intercept, sex')]
    """
    norms = np.linalg.norm(matrix, axis=0)
    scaled = matrix / np.where(norms > 0, norms, 1.0)
    basis: list[npt.NDArray[np.float64]] = []
    kept: list[int] = []
    found = []
    for place in range(matrix.shape[1]):
        rest = scaled[:, place].copy()
        for _ in range(2):  # twice is enough for orthogonality to working precision
            for one in basis:
                rest -= one * (one @ rest)
        length = float(np.linalg.norm(rest))
        if norms[place] > 0 and length > _TOLERANCE:
            basis.append(rest / length)
            kept.append(place)
            continue
        found.append(Dependent(place, f"{columns[place]} {_of_what(scaled, place, kept, columns)}"))
    return found


def _of_what(scaled: FloatArray, place: int, kept: list[int], columns: Sequence[str]) -> str:
    if not scaled[:, place].any():
        return "is 0 in every row"
    weights = np.linalg.lstsq(scaled[:, kept], scaled[:, place], rcond=None)[0]
    parts = [columns[one] for one, weight in zip(kept, weights, strict=True) if abs(weight) > 1e-6]
    return f"is a combination of {', '.join(parts)}"


def patterns(present: BoolArray) -> Iterator[tuple[BoolArray, Positions]]:
    """Give the different sets of rows that regions have values in, and the regions of each.

    Parameters
    ----------
    present : ndarray of bool, shape (rows, regions)
        Where there is a value.

    Yields
    ------
    tuple of (ndarray of bool, ndarray of int)
        The rows, and the regions.

    Examples
    --------
    >>> [(rows.tolist(), regions.tolist()) for rows, regions in patterns(np.array([[True, True], [False, True]]))]
    [([True, False], [0]), ([True, True], [1])]
    """
    packed = np.ascontiguousarray(np.packbits(present, axis=0).T)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    for number, place in enumerate(first):
        yield present[:, place], np.flatnonzero(which.ravel() == number)
