"""The files table made of its rows."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from fsstats._frames import printable
from fsstats.discovery._rows import Row
from fsstats.schema import FILES

TEXT: Final = pd.StringDtype(na_value=float("nan"))
_NUMBERS: Final = {"n_values": 0}
"""The columns that hold whole numbers, each with what stands there before anything is read; all others are text."""
_ORDER: Final = ("subject", "session", "stream", "source", "hemi", "part")
_Texts = Sequence[str | None]


def files_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Make the files table; what was left out, which has no subject, comes last.

    Columns of which discovery knows nothing are missing.
    """
    texts = {name: _printable(column) for name, column in zip(Row._fields, zip(*rows, strict=True), strict=bool(rows))}
    order = _order(texts) if rows else []
    return pd.DataFrame({name: _column(name, texts, order) for name in FILES})


def _column(name: str, texts: dict[str, _Texts], order: Sequence[int]) -> object:
    if name in _NUMBERS:
        return np.full(len(order), _NUMBERS[name], dtype=np.int64)
    if name not in texts:
        values = pa.nulls(len(order), pa.large_string())
    else:
        values = pa.array(texts[name], pa.large_string()).take(pa.array(order, pa.int64()))
    return pd.array(values, dtype=TEXT)  # type: ignore[call-overload]  # its stubs know no arrays of pyarrow


def _printable(column: _Texts) -> _Texts:
    together = "".join(filter(None, column))
    if together.isascii() and together.isprintable():  # as nearly all are
        return column
    shown = {text: printable(text) for text in set(column) if text is not None}
    return [None if text is None else shown[text] for text in column]


def _order(texts: dict[str, _Texts]) -> list[int]:
    """Give the places of the rows in their order: by whose they are and what; those of nobody last."""
    nobody = [subject is None for subject in texts["subject"]]
    parts = [[text or "" for text in texts[name]] for name in _ORDER]
    keys = list(zip(nobody, *parts, strict=True))
    return sorted(range(len(keys)), key=keys.__getitem__)
