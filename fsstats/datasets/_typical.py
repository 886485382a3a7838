"""Typical values of a healthy adult brain: made up, plausible, and packaged as a table."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_SIDE = re.compile(r"^(?:Left|Right|lh|rh)-|(?<=^wm-)[lr]h-")


@dataclass(frozen=True, slots=True)
class Typical:
    """One kind of table: its structures in file order, and a column of numbers for each quantity."""

    regions: tuple[str, ...]
    """Both hemispheres of a surface table, left ones first."""
    sides: tuple[str | None, ...]
    pairs: IntArray
    """The same number for the left and the right of one structure."""
    numbers: pd.DataFrame

    def __getitem__(self, quantity: str) -> FloatArray:
        """Give one quantity of all structures."""
        return self.numbers[quantity].to_numpy(dtype=np.float64)


@cache
def typical(source: str) -> Typical:
    """Read the typical values of one source.

    Examples
    --------
    >>> insula = typical("aparc").regions.index("insula")
    >>> round(typical("aparc")["thickness"][insula])
    3
    """
    table = _table().loc[lambda rows: rows["source"] == source]
    regions = tuple(table["region"])
    pairs, _ = pd.factorize(pd.Series([_SIDE.sub("", region) for region in regions]))
    sides = tuple(hemi if isinstance(hemi, str) else None for hemi in table["hemi"])
    return Typical(regions, sides, pairs.astype(np.intp), table.drop(columns=["source", "hemi", "region"]))


@cache
def _table() -> pd.DataFrame:
    text = files("fsstats.datasets").joinpath("typical.tsv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text), sep="\t")
