"""What every layer needs of data frames; nothing of the domain."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats.errors import ColumnsError

if TYPE_CHECKING:
    from collections.abc import Hashable

FloatArray = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


def require(table: pd.DataFrame, columns: Iterable[str], *, needed_by: str) -> None:
    """Raise `ColumnsError` if the table lacks any of the columns."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ColumnsError.missing(missing, map(str, table.columns), needed_by=needed_by)


def categorical(codes: npt.NDArray[np.integer], names: Sequence[str]) -> pd.Categorical:
    """Make a categorical from codes into `names`, categories in order of first appearance.

    Code -1 is a missing value. Names that no code uses are left out, so the
    same values always give the same categories.

    Examples
    --------
    >>> list(categorical(np.array([2, -1, 0, 2]), ["a", "b", "c"]).categories)
    ['c', 'a']
    """
    used, first = np.unique(codes, return_index=True)
    used = used[np.argsort(first)]
    used = used[used >= 0]
    new_code = np.full(len(names) + 1, -1, dtype=np.int32)
    new_code[used] = np.arange(len(used), dtype=np.int32)
    categories = pd.Index([names[code] for code in used], dtype="str")
    return pd.Categorical.from_codes(new_code[codes], categories=categories)


def to_category(values: pd.Series) -> pd.Series:
    """Turn a column into strings as categories, in order of first appearance.

    Examples
    --------
    >>> list(to_category(pd.Series(["b", None, "a", "b"])).cat.categories)
    ['b', 'a']
    """
    codes, names = pd.factorize(values)
    found = pd.Categorical.from_codes(codes, categories=pd.Index([str(name) for name in names], dtype="str"))
    return pd.Series(found, index=values.index, name=values.name)


def first_seen(values: Iterable["Hashable"]) -> list["Hashable"]:
    """Give each value once, in order of first appearance."""
    return list(dict.fromkeys(values))


def rows_as_text(rows: pd.DataFrame, columns: Mapping[str, str] | Sequence[str], *, most: int = 5) -> str:
    """Write the first rows as ``a / b / c; d / e / f`` for a message; missing parts are left out."""
    shown = rows.loc[:, list(columns)].head(most).astype("object")
    texts = [" / ".join(str(part) for part in row if pd.notna(part)) for row in shown.itertuples(index=False)]
    more = f"; and {len(rows) - most} more" if len(rows) > most else ""
    return "; ".join(texts) + more
