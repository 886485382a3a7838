"""Which rows of a long table are asked for, by the names that stand in its columns."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fsstats._frames import Positions, one_or_more
from fsstats.errors import ColumnsError, UnknownNameError
from fsstats.schema import LONG, is_of, unknown_source

Choice = Mapping[str, frozenset[str]]
"""The names that are asked for, column by column; what stands in any other column does not matter."""


def choice_of(**columns: Collection[str] | None) -> Choice:
    """Give the names that are asked for; a column with None does not matter."""
    asked = {column: one_or_more(names) for column, names in columns.items()}
    return {column: frozenset(map(str, names)) for column, names in asked.items() if names is not None}


def selected(names: Sequence[str], choice: Choice, columns: Collection[str] | None, where: str) -> list[str]:
    """Give those of a table's columns that are asked for, in its order.

    Raises
    ------
    ColumnsError
        If one of them is not there, or rows are to be chosen and it is no long table.
    """
    lacking = ", ".join(repr(name) for name in LONG if name not in names)
    if choice and lacking:
        message = f"{where}: only the rows of a long table can be chosen by {', '.join(choice)}; it lacks {lacking}"
        raise ColumnsError(message)
    wanted = one_or_more(columns)
    if wanted is None:
        return [*names]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ColumnsError.missing(unknown, names, needed_by="read_table")
    return [name for name in names if name in {*wanted}]


class Coded(NamedTuple):
    """A column of strings: of each row the position of its name, -1 where it has none."""

    codes: npt.NDArray[np.integer[Any]]
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the rows that are asked for, some rows of a table after others, and remembers which names it met."""

    choice: Choice
    _met: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def may_be_within(self, limits: Mapping[str, tuple[str, str]]) -> bool:
        """Say whether rows may be asked for whose columns have nothing before or after these limits."""
        return all(self._may_hold(column, *limits[column]) for column in self.choice.keys() & limits.keys())

    def _may_hold(self, column: str, low: str, high: str) -> bool:
        """Say whether a column may have a name; the variants of a source begin with its name."""
        if low == high:
            return bool(self._meant(column, low))
        return any(low[: len(name)] <= name <= high for name in self.choice[column])

    def rows(self, columns: Mapping[str, Coded]) -> Positions:
        """Give the positions of the rows that are asked for; `columns` are those of the choice."""
        meant = {name: [self._meant(name, found) for found in column.names] for name, column in columns.items()}
        hits = {  # code -1, which is no name, takes the last
            name: np.array([*map(bool, meant[name]), False])[column.codes] for name, column in columns.items()
        }
        for name, column in columns.items():
            within = column.codes[hits[name] & hits["source"]] if "source" in hits else column.codes[hits[name]]
            self._met[name].update(*(meant[name][code] for code in np.flatnonzero(np.bincount(within))))
        return np.flatnonzero(np.logical_and.reduce([*hits.values()]))

    def _meant(self, column: str, found: str) -> frozenset[str]:
        """Give the names that ask for what stands in a column."""
        wanted = self.choice[column]
        return frozenset(name for name in wanted if is_of(found, name)) if column == "source" else wanted & {found}

    def require_met(self, known: Callable[[Choice, str], Iterable[str]]) -> None:
        """Raise for a name that no row of the chosen sources has.

        Parameters
        ----------
        known : callable
            Gives all that stands in a column, in the rows of a choice: a row that was passed over for another of
            its names was not met.

        Raises
        ------
        UnknownNameError
            With the nearest names that there are.
        """
        for column, names in self.choice.items():
            if self._met[column] >= names or not all(self.choice.values()):  # of no source there is nothing to miss
                continue
            among = {name: self.choice[name] for name in ("source",) if name in self.choice and name != column}
            there = set(known(among, column))
            lacking = names.difference(*(self._meant(column, one) for one in there))
            if lacking:
                if column == "source":
                    raise unknown_source(min(lacking), there)
                kind = " of ".join([column, *(", ".join(sorted(sources)) for sources in among.values())])
                raise UnknownNameError.among(kind, min(lacking), there)
