"""A table of FreeSurfer's before it is a frame, and as text."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.tables.freesurfer.specs import DELIMITERS, require_known


class Tabulated(NamedTuple):
    """A table before it is a frame or a text. Made by `tabulate`."""

    corner: str
    """The first cell, which tells what the table is."""
    rows: Sequence[str]
    columns: Sequence[str]
    values: FloatArray
    """Shape (n_rows, n_columns)."""
    filled: npt.NDArray[np.bool_]
    """Where there is no value, shape (n_rows, n_columns)."""

    def to_frame(self) -> pd.DataFrame:
        """Give it as a frame, with the rows' names in the first column."""
        frame = pd.DataFrame(self.values, columns=list(self.columns))
        frame.insert(0, self.corner, pd.Series(list(self.rows), dtype="str"), allow_duplicates=True)
        return frame


def text_of(made: Tabulated, *, delimiter: str = "tab", transpose: bool = False) -> str:
    """Write a table as FreeSurfer does.

    Numbers are the shortest text that gives the same number again (``7500.0``); transposed, they have six digits.
    """
    require_known("delimiter", delimiter, DELIMITERS)
    mark, heads, rows = DELIMITERS[delimiter], made.columns, made.rows
    cells = _texts(made.values.T if transpose else made.values, "{:g}".format if transpose else str)
    if transpose:
        heads, rows = rows, heads
    lines = [[made.corner, *heads], *([name, *row] for name, row in zip(rows, cells.tolist(), strict=True))]
    return "".join(f"{mark.join(line)}\n" for line in lines)


def _texts(values: FloatArray, write: Callable[[float], str]) -> npt.NDArray[np.object_]:
    """Write numbers, each different one once: most of a cohort's occur many times."""
    bits = np.ascontiguousarray(values).view(np.int64)  # so that -0.0 is not 0.0
    codes, different = pd.factorize(bits.ravel())
    texts = np.array([*map(write, different.view(np.float64).tolist())], dtype=np.object_)
    return texts[codes].reshape(values.shape)
