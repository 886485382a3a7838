"""Stored models: JSON texts that anybody may have edited, of which each entry is checked before it is used."""

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray
from fsstats.errors import TableError, wording
from fsstats.schema import CELL
from fsstats.stats._derived import Label

_SHOWN: Final = 60
"""Characters of what was found."""
_MOST: Final = 1 << 53
_LARGEST: Final = 1 << 1023


def stored_of(text: str, kind: str) -> "Stored":
    """Read the text of a model.

    Parameters
    ----------
    text : str
        What ``to_json`` of a model gave, perhaps edited.
    kind : str
        What its entry ``kind`` must be: ``fsstats norms 1``.

    Returns
    -------
    Stored
        Its entries.

    Raises
    ------
    TableError
        If it is no JSON object of this kind.

    Examples
    --------
    >>> stored_of('{"kind": "fsstats norms 1", "method": "gaussian"}', "fsstats norms 1").text("method")
    'gaussian'
    """
    what = f"this text is no stored {kind.removeprefix('fsstats ').rpartition(' ')[0]}"
    try:
        found = json.loads(text, parse_constant=_refused)
    except (ValueError, TypeError, RecursionError) as error:
        message = f"{what}: {wording(expected='JSON', found=f'something else ({error})')}"
        raise TableError(message) from error
    stored = Stored(what, "", {"": found}).part("")
    if stored.text("kind") != kind:
        stored.refuse("kind", expected=repr(kind), found=stored.entry("kind"))
    return stored


def _refused(name: str) -> NoReturn:
    message = f"{name} is no number of JSON"
    raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of JSON. Every entry is asked for as what it must be; another one is a `TableError` with its place."""

    what: str
    """Begins every error."""
    place: str
    """Where the object stands in the text: ``coding.``"""
    entries: Mapping[str, Any]

    def refuse(self, name: str, *, expected: str, found: object) -> NoReturn:
        """Raise the error."""
        shown = repr(found)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        where = f"{self.place}{name}".removesuffix(".")
        message = f"{self.what}: {f'{where}: ' if where else ''}{wording(expected=expected, found=shown)}"
        raise TableError(message)

    def entry(self, name: str) -> Any:
        """Give an entry as it is."""
        if name not in self.entries:
            message = f"{self.what}: the entry {self.place}{name} is missing"
            raise TableError(message)
        return self.entries[name]

    def has(self, name: str) -> bool:
        """Say whether an entry, which must be there, is not null."""
        return self.entry(name) is not None

    def part(self, name: str) -> "Stored":
        """Give an entry that is an object."""
        found = self.entry(name)
        if not isinstance(found, dict):
            self.refuse(name, expected="an object", found=found)
        return Stored(self.what, f"{self.place}{name}." if name else self.place, found)

    def parts(self, name: str) -> "list[Stored]":
        """Give an entry that is a list of objects."""
        numbered = {f"{name}.{place}": one for place, one in enumerate(self.several(name))}
        return [Stored(self.what, self.place, numbered).part(one) for one in numbered]

    def text(self, name: str, known: Collection[str] | None = None) -> str:
        """Give an entry that is a text, perhaps one of those that are known."""
        found = self.entry(name)
        if not isinstance(found, str) or (known is not None and found not in known):
            self.refuse(name, expected="a text" if known is None else f"one of {', '.join(known)}", found=found)
        return found

    def text_or_none(self, name: str) -> str | None:
        """Give an entry that is a text or null."""
        return self.text(name) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Give an entry that is a list of different texts."""
        found = self.several(name)
        if not all(isinstance(one, str) for one in found) or len(set(found)) < len(found):
            self.refuse(name, expected="different texts", found=found)
        return tuple(found)

    def flag(self, name: str) -> bool:
        """Give an entry that is true or false."""
        found = self.entry(name)
        if not isinstance(found, bool):
            self.refuse(name, expected="true or false", found=found)
        return found

    def number(self, name: str, *, positive: bool = False) -> float:
        """Give an entry that is a finite number."""
        found = self.entry(name)
        if not is_finite(found, positive=positive):
            self.refuse(name, expected="a positive number" if positive else "a number", found=found)
        return float(found)

    def numbers(self, name: str, *, may_lack: bool = False) -> FloatArray:
        """Give an entry that is a list of finite numbers; with `may_lack` null is NaN."""
        return self._finite(name, self.several(name), positive=False, may_lack=may_lack)

    def count(self, name: str) -> int:
        """Give an entry that is a whole number, 0 or more."""
        found = self.entry(name)
        if type(found) is not int or found < 0:
            self.refuse(name, expected="a whole number, 0 or more", found=found)
        return int(found)

    def array(self, name: str, shape: Sequence[int], *, positive: bool = False, may_lack: bool = False) -> FloatArray:
        """Give an array of finite numbers of this shape; with `may_lack` null is NaN."""
        written = self.part(name)
        if written.entry("shape") != [*shape]:
            self.refuse(name, expected=f"the shape {[*shape]}", found=written.entry("shape"))
        found = written.several("numbers")
        if len(found) != math.prod(shape):
            written.refuse("numbers", expected=f"{math.prod(shape)} numbers", found=len(found))
        return self._finite(name, found, positive=positive, may_lack=may_lack).reshape(shape)

    def cells(
        self, name: str, *, texts: Iterable[str], counts: Iterable[str] = (), numbers: Iterable[str] = ()
    ) -> pd.DataFrame:
        """Give columns of one length: source, hemi, region, measure; further texts, whole numbers, other numbers.

        Region, measure and whole numbers have no gaps.
        """
        part = self.part(name)
        own = {one: part.words(one, may_lack=one not in CELL[2:]) for one in (*CELL, *texts)}
        own |= {one: part.counts(one) for one in counts}
        own |= {one: pd.Series(part.numbers(one, may_lack=True)) for one in numbers}
        lengths = {len(column) for column in own.values()}
        if len(lengths) > 1:
            self.refuse(name, expected="columns of one length", found=sorted(lengths))
        return pd.DataFrame(own)

    def require_distinct(self, name: str, labels: Sequence[Label]) -> None:
        """Raise if two cells have the same source, hemi, region and measure."""
        twice = next((label for label, n in Counter(labels).items() if n > 1), None)
        if twice is not None:
            self.refuse(name, expected="each region once", found=" ".join(filter(None, twice)))

    def words(self, name: str, *, may_lack: bool) -> pd.Series:
        """Give an entry that is a list of texts, null where missing."""
        found = self.several(name)
        wrong = [one for one in found if not (isinstance(one, str) or (may_lack and one is None))]
        if wrong:
            self.refuse(name, expected="texts", found=wrong[0])
        return pd.Series(found, dtype="str")

    def counts(self, name: str) -> pd.Series:
        """Give an entry that is a list of whole numbers, 0 or more."""
        found = self.several(name)
        wrong = [one for one in found if type(one) is not int or not 0 <= one < _MOST]
        if wrong:
            self.refuse(name, expected="whole numbers, 0 or more", found=wrong[0])
        return pd.Series(found, dtype="int64")

    def several(self, name: str) -> list[Any]:
        """Give an entry that is a list."""
        found = self.entry(name)
        if not isinstance(found, list):
            self.refuse(name, expected="a list", found=found)
        return found

    def _finite(self, name: str, found: Sequence[object], *, positive: bool, may_lack: bool) -> FloatArray:
        wrong = [one for one in found if not (is_finite(one, positive=positive) or (may_lack and one is None))]
        if wrong:
            self.refuse(name, expected="positive numbers" if positive else "numbers", found=wrong[0])
        return np.array([np.nan if one is None else one for one in found], dtype=np.float64)


def is_finite(value: object, *, positive: bool = False) -> bool:
    """Say whether a value is a number that 64 bits hold; true and false are none.

    Examples
    --------
    >>> is_finite(1.5), is_finite(0, positive=True), is_finite(True), is_finite(10**400)
    (True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    is_held = abs(value) < _LARGEST if isinstance(value, int) else math.isfinite(value)
    return is_held and (value > 0 or not positive)
