"""What every layer needs of data frames; nothing of the domain."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats.errors import ColumnsError

FloatArray = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
_Word = TypeVar("_Word")
_AT_ONCE = 1 << 16


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
    used = _in_order(codes, len(names))
    categories = pd.Index([names[code] for code in used], dtype="str")
    if np.array_equal(used, np.arange(len(names))):
        return pd.Categorical.from_codes(codes, categories=categories)
    new_code = np.full(len(names) + 1, -1, dtype=np.int32)
    new_code[used] = np.arange(len(used), dtype=np.int32)
    return pd.Categorical.from_codes(new_code[codes], categories=categories)


def _in_order(codes: npt.NDArray[np.integer], n_names: int) -> Positions:
    """Give the codes that are used, in order of first appearance."""
    seen, used = np.zeros(n_names + 1, dtype=np.bool_), [np.empty(0, dtype=np.intp)]
    seen[-1] = True  # no name
    for start in range(0, len(codes), _AT_ONCE):
        part = codes[start : start + _AT_ONCE]
        new = pd.unique(part[~seen[part]])
        seen[new] = True
        used.append(new)
    return np.concatenate(used)


def to_category(values: pd.Series, *, sort: bool = False) -> pd.Series:
    """Turn a column into strings as categories, in order of first appearance or of the alphabet.

    Examples
    --------
    >>> list(to_category(pd.Series(["b", None, "a", "b"])).cat.categories)
    ['b', 'a']
    """
    codes, names = pd.factorize(values, sort=sort)
    found = pd.Categorical.from_codes(codes, categories=pd.Index([str(name) for name in names], dtype="str"))
    return pd.Series(found, index=values.index, name=values.name)


class Numbers(dict[_Word | None, int], Generic[_Word]):
    """Numbers for words, in order of first appearance; None has -1.

    A dictionary that fills itself: `map` over its look-up runs at the speed of C for words that it knows.

    Examples
    --------
    >>> numbers = Numbers()
    >>> numbers.of(["b", None, "a", "b"]), numbers.words
    (array([ 0, -1,  1,  0], dtype=int32), ['b', 'a'])
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: list[_Word] = []

    def __missing__(self, word: _Word | None) -> int:
        """Give a new word the next number."""
        if word is None:
            return -1
        self[word] = number = len(self.words)
        self.words.append(word)
        return number

    def of(self, words: Sequence[_Word | None]) -> npt.NDArray[np.int32]:
        """Give the number of each word."""
        return np.fromiter(map(self.__getitem__, words), dtype=np.int32, count=len(words))

    def word(self, number: int) -> _Word | None:
        """Give the word of a number."""
        return self.words[number] if number >= 0 else None


def one_or_more(names: Collection[str] | None) -> Collection[str] | None:
    """Take a single name for a list of one: as a collection, a string would be its letters.

    Examples
    --------
    >>> one_or_more("aseg"), one_or_more(["aseg", "wmparc"]), one_or_more(None)
    (['aseg'], ['aseg', 'wmparc'], None)
    """
    return [names] if isinstance(names, str) else names


def listed(names: Collection[str] | None) -> list[str]:
    """Give names as a list: a single one alone, and none for None.

    Examples
    --------
    >>> listed("aseg"), listed(("aseg", "wmparc")), listed(None)
    (['aseg'], ['aseg', 'wmparc'], [])
    """
    some = one_or_more(names)
    return [] if some is None else list(some)


def printable(text: str) -> str:
    r"""Give a text that can be written anywhere.

    Bytes of a file name that are no UTF-8, and control characters such as the
    carriage return that a list made on Windows leaves behind, become escapes.

    Examples
    --------
    >>> print(printable("sub-01"), printable("sub-\udcff"), printable("sub-02\r"))
    sub-01 sub-\udcff sub-02\x0d
    """
    if text.isascii() and text.isprintable():
        return text
    plain = text.encode("utf-8", "backslashreplace").decode()
    return "".join(f"\\x{ord(c):02x}" if ord(c) < 32 else c for c in plain)


def composed(text: str) -> str:
    r"""Write letters with marks in the one way in which names that look the same are equal; macOS takes them apart.

    Examples
    --------
    >>> len("Mu\u0308ller"), len(composed("Mu\u0308ller"))
    (7, 6)
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def some_of(names: Sequence[str], most: int = 8) -> str:
    """Name the first few, and say how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def as_word(name: object) -> str:
    """Write a name as text; a whole number that lost its type (1.0) without a decimal point.

    Examples
    --------
    >>> as_word(3.0), as_word(1.5), as_word("S1"), as_word(True)
    ('3', '1.5', 'S1', 'True')
    """
    return str(int(name)) if isinstance(name, float | np.floating) and float(name).is_integer() else str(name)


def as_words(column: pd.Series) -> pd.Series:
    """Write names as text, each by itself: `as_word`; missing ones stay missing.

    Examples
    --------
    >>> as_words(pd.Series([1.0, None, 1.5])).tolist(), as_words(pd.Series(["a", "b"])).tolist()
    (['1', nan, '1.5'], ['a', 'b'])
    """
    codes, names = pd.factorize(column)
    words = pd.Series([*map(as_word, names), None], dtype="str")
    return pd.Series(words.iloc[codes].array, index=column.index, name=column.name)


def plain_rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Give the rows of a table as tuples, None where a value is missing.

    Examples
    --------
    >>> plain_rows(pd.DataFrame({"subject": ["a", "b"], "session": ["1", None]}))
    [('a', '1'), ('b', None)]
    """
    plain = table.astype("object")
    return [*plain.where(plain.notna(), None).itertuples(index=False, name=None)]


def first_row(table: pd.DataFrame) -> str:
    """Say the first row of a table in words, without what is missing.

    Examples
    --------
    >>> first_row(pd.DataFrame({"subject": ["a", "b"], "session": None, "stream": "cross"}))
    'a / cross'
    """
    return " / ".join(str(part) for part in table.iloc[0] if pd.notna(part))


def is_number(column: pd.Series) -> bool:
    """Say whether a column holds numbers; truth values are none.

    Examples
    --------
    >>> is_number(pd.Series([1, 2])), is_number(pd.Series([True])), is_number(pd.Series(["1"]))
    (True, False, False)
    """
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
