"""Put the values of many files together into one long table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, categorical
from fsstats.parsers import Layout
from fsstats.schema import DETAIL_COLUMNS, LONG

_Codes = npt.NDArray[np.int32]
_SHARED = ("hemi", "region", "measure", "unit", "name_found")
_OWN = ("subject", "session", "stream", "source")


@dataclass(frozen=True, slots=True)
class Block:
    """The values of one file: what it shares with files of its shape, and its own numbers."""

    subject: str
    session: str | None
    stream: str
    source: str
    layout: Layout
    values: FloatArray
    chosen: npt.NDArray[np.intp] | None = None
    """Positions in the layout that are used; all if None."""

    def __len__(self) -> int:
        """Count the values that are used."""
        return len(self.values) if self.chosen is None else len(self.chosen)


class _Names:
    """Codes for strings, in order of first appearance."""

    def __init__(self) -> None:
        self.code: dict[str, int] = {}

    def codes(self, names: Iterable[str | None]) -> _Codes:
        """Give each name its code, new ones the next; -1 for None."""
        codes = [-1 if name is None else self.code.setdefault(name, len(self.code)) for name in names]
        return np.array(codes, dtype=np.int32)


def assemble(blocks: Sequence[Block], *, details: bool = False) -> pd.DataFrame:
    """Concatenate blocks into the long table, in their order.

    Parameters
    ----------
    blocks : sequence of Block
        The files' values.
    details : bool
        Add ``segid`` and ``name_found``.

    Returns
    -------
    DataFrame
        The long table: strings as categories, ``value`` as float64.
    """
    lengths = [len(block) for block in blocks]
    columns = {name: _repeat([getattr(block, name) for block in blocks], lengths) for name in _OWN}
    columns |= {name: _spread(blocks, name) for name in _SHARED if details or name in LONG}
    used = [block.values if block.chosen is None else block.values[block.chosen] for block in blocks]
    data: dict[str, object] = {**columns, "value": np.concatenate([np.empty(0), *used])}
    if details:
        data["segid"] = pd.array(_segids(blocks), dtype="Int64")
    return pd.DataFrame(data, columns=[*LONG, *(DETAIL_COLUMNS if details else ())])


def _repeat(values: list[str | None], lengths: list[int]) -> pd.Categorical:
    names = _Names()
    return categorical(np.repeat(names.codes(values), lengths), list(names.code))


def _spread(blocks: Sequence[Block], column: str) -> pd.Categorical:
    """Join one of the columns that a layout holds; each layout is coded once."""
    names = _Names()
    coded: dict[int, _Codes] = {}
    parts = []
    for block in blocks:
        key = id(block.layout)
        if key not in coded:
            coded[key] = names.codes(getattr(block.layout, column))
        parts.append(coded[key] if block.chosen is None else coded[key][block.chosen])
    return categorical(np.concatenate([np.empty(0, dtype=np.int32), *parts]), list(names.code))


def _segids(blocks: Sequence[Block]) -> list[int | None]:
    places = (range(len(block.layout)) if block.chosen is None else block.chosen for block in blocks)
    return [block.layout.segid[i] for block, chosen in zip(blocks, places, strict=True) for i in chosen]
