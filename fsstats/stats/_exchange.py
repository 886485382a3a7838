"""Which rows may change places or signs under the null hypothesis, and the permutations that follow from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from fsstats._frames import FloatArray, Positions
from fsstats.tables.panel import BoolArray

Scheme = Literal["permute", "flip", "both"]
SCHEMES: Final = get_args(Scheme)
CHUNK: Final = 200
"""Permutations that share one stream of random numbers. Never changed: results with a seed depend on it."""


class Moves(NamedTuple):
    """Some permutations; arrays of shape (permutations, rows)."""

    places: Positions | None
    """Whose place in the design the data of each row take; None if none moves."""
    back: Positions | None
    """The other way round: whose data come to each row's place. None if no row moves, or nobody asked for it."""
    signs: FloatArray | None
    """1 or -1 for the data of each row; None if no sign changes."""

    def some(self, which: slice) -> "Moves":
        """Give some of the permutations."""
        return Moves(
            None if self.places is None else self.places[which],
            None if self.back is None else self.back[which],
            None if self.signs is None else self.signs[which],
        )

    def among(self, taking: BoolArray) -> "Moves":
        """Restrict the permutations to some of the rows; the others stay where they are.

        Data that would take the place of a row that stays take the place which the data of that row would take. So
        permutations are as random as they were, and as like those of other regions as they can be.

        Parameters
        ----------
        taking : ndarray of bool, shape (rows,)
            The rows that take part; if not all do, `back` is needed.

        Returns
        -------
        Moves
            Permutations of these rows.

        Examples
        --------
        >>> moves = Moves(np.array([[1, 2, 0]]), np.array([[2, 0, 1]]), None)
        >>> moves.among(np.array([True, False, True])).places
        array([[2, 1, 0]])
        """
        staying = np.flatnonzero(~taking)
        if self.places is None or self.back is None or not len(staying):
            return self
        come = self.back[:, staying]
        which, column = np.nonzero(taking[come])
        data, place = come[which, column], staying[column]
        todo = np.arange(len(which))
        while len(todo):
            place[todo] = self.places[which[todo], place[todo]]
            todo = todo[~taking[place[todo]]]
        places, back = self.places.copy(), self.back.copy()
        places[which, data], back[which, place] = place, data
        places[:, staying] = back[:, staying] = staying
        return Moves(places, back, self.signs)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What changes places: units of equally many rows, each with the units of its own stratum. See `exchange_of`."""

    units: Positions
    """The rows of each unit, shape (units, rows of a unit)."""
    strata: Positions
    """For each unit the number of its stratum."""
    scheme: Scheme

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.units.size

    def orbits(self) -> Positions:
        """Give for each row the number of the set of places that it can come to."""
        size = self.units.shape[1]
        orbits = np.empty(self.n_rows, dtype=np.intp)
        orbits[self.units] = self.strata[:, None] * size + np.arange(size)
        return orbits

    def whole(self, kept: BoolArray) -> BoolArray:
        """Mark the rows of those units of which all rows are kept."""
        whole = np.empty(self.n_rows, dtype=np.bool_)
        whole[self.units] = kept[self.units].all(axis=1, keepdims=True)
        return whole

    def moves(self, order: Positions | None, signs: FloatArray | None, *, back: bool) -> Moves:
        """Turn what is said of units into what it means for rows.

        Parameters
        ----------
        order : ndarray of int, shape (permutations, units), optional
            Whose place each unit takes.
        signs : ndarray, shape (permutations, units), optional
            1 or -1 for each unit.
        back : bool
            Whether `Moves.back` is wanted.

        Returns
        -------
        Moves
            A unit's rows move together, in their order.
        """
        flips = None if signs is None else signs[:, self._unit_of_row()]
        if order is None:
            return Moves(None, None, flips)
        return Moves(self._of_rows(order), self._of_rows(_inverse(order)) if back else None, flips)

    def _unit_of_row(self) -> Positions:
        unit = np.empty(self.n_rows, dtype=np.intp)
        unit[self.units] = np.arange(len(self.units))[:, None]
        return unit

    def _of_rows(self, order: Positions) -> Positions:
        """Turn orders of units into those of rows."""
        if self.units.shape[1] == 1:  # each row is the unit of its number
            return order
        of_rows = np.empty((len(order), self.n_rows), dtype=np.intp)
        of_rows[:, self.units] = self.units[order]
        return of_rows


def exchange_of(n: int, blocks: Positions | None, *, whole: bool, scheme: Scheme) -> Exchange:
    """Say which rows may change places.

    Parameters
    ----------
    n : int
        Rows.
    blocks : ndarray of int, shape (n,), optional
        The block of each row, 0 and up.
    whole : bool
        Blocks, all of one size, change places as wholes, their rows in the order in which they stand; else rows do,
        within their block.
    scheme : str
        One of `SCHEMES`: places change, signs or both.

    Returns
    -------
    Exchange
        Without blocks, every row with every other.

    Examples
    --------
    >>> exchange_of(4, np.array([0, 1, 0, 1]), whole=True, scheme="permute").units.tolist()
    [[0, 2], [1, 3]]
    """
    if blocks is None or not whole:
        strata = np.zeros(n, dtype=np.intp) if blocks is None else blocks
        return Exchange(np.arange(n, dtype=np.intp)[:, None], strata, scheme)
    n_blocks = int(blocks.max(initial=-1)) + 1
    units = np.argsort(blocks, kind="stable").reshape(n_blocks, -1)
    return Exchange(units, np.zeros(n_blocks, dtype=np.intp), scheme)


def labels_of(exchange: Exchange, matrix: FloatArray, alone: BoolArray) -> Positions:
    """Give units the same number if they may change places without any effect.

    Parameters
    ----------
    exchange : Exchange
        What changes places.
    matrix : ndarray, shape (rows, columns)
        The design.
    alone : ndarray of bool, shape (rows,)
        Rows whose units are equal to no other, as a value of theirs is missing.

    Returns
    -------
    ndarray of int, shape (units,)
        Equal for units whose rows of the design are equal.
    """
    rows = matrix[exchange.units].reshape(len(exchange.units), -1)
    labels = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
    single = np.flatnonzero(alone[exchange.units].any(axis=1))
    labels[single] = len(labels) + np.arange(len(single))
    return labels


def count(exchange: Exchange, labels: Positions) -> int:
    """Count the permutations that differ.

    Examples
    --------
    >>> exchange = exchange_of(8, None, whole=False, scheme="permute")
    >>> count(exchange, np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    70
    """
    places = prod(_arrangements(labels[units]) for units in _by_stratum(exchange)) if exchange.scheme != "flip" else 1
    return places * (1 if exchange.scheme == "permute" else 2 ** len(exchange.units))


def _by_stratum(exchange: Exchange) -> Iterator[Positions]:
    """Give the units of each stratum."""
    order = np.argsort(exchange.strata, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(exchange.strata[order])) + 1)


def _arrangements(labels: Positions) -> int:
    """Count the orders of some units of which some are equal."""
    equal = np.unique(labels, return_counts=True)[1]
    return factorial(len(labels)) // prod(factorial(n) for n in equal.tolist())


@dataclass(frozen=True, slots=True)
class Draws:
    """Permutations, some hundred at a time. Made by `draws_of`."""

    exchange: Exchange
    seed: int
    n: int
    """How many there are."""
    listed: tuple[Positions, ...] | None
    """All orders of each stratum's units, if every permutation is used once; else None."""

    @property
    def exact(self) -> bool:
        """Whether these are all permutations, the one that leaves all as it is among them."""
        return self.listed is not None

    def size(self, number: int) -> int:
        """Give the permutations of a chunk."""
        return min(CHUNK, self.n - number * CHUNK)

    def chunk(self, number: int, *, back: bool = True) -> Moves:
        """Give chunk 0, 1 … of the permutations, each of `CHUNK` but for the last.

        Parameters
        ----------
        number : int
            Which chunk.
        back : bool
            Whether `Moves.back` is wanted.

        Returns
        -------
        Moves
            The same whenever it is asked for.
        """
        size = self.size(number)
        if self.listed is None:
            return self.exchange.moves(*self._random(number, size), back=back)
        return self.exchange.moves(*self._from_list(np.arange(size) + number * CHUNK), back=back)

    def _random(self, number: int, size: int) -> tuple[Positions | None, FloatArray | None]:
        rng = np.random.default_rng([self.seed, number])
        order = None if self.exchange.scheme == "flip" else _random_orders(rng, size, self.exchange.strata)
        if self.exchange.scheme == "permute":
            return order, None
        return order, _signs(rng.integers(0, 2, (size, len(self.exchange.units))))

    def _from_list(self, places: Positions) -> tuple[Positions | None, FloatArray | None]:
        n_units, scheme = len(self.exchange.units), self.exchange.scheme
        signs = None if scheme == "permute" else _signs((places[:, None] >> np.arange(n_units)) & 1)
        if scheme == "flip":
            return None, signs
        left = places if signs is None else places >> n_units
        order = np.empty((len(places), n_units), dtype=np.intp)
        for units, orders in zip(_by_stratum(self.exchange), self.listed or (), strict=True):
            left, own = np.divmod(left, len(orders))
            order[:, units] = units[orders[own]]
        return order, signs


def draws_of(exchange: Exchange, labels: Positions, *, n: int, seed: int) -> Draws:
    """List all permutations if there are no more than `n`, else draw `n` of them.

    Parameters
    ----------
    exchange : Exchange
        What changes places or signs.
    labels : ndarray of int, shape (units,)
        See `labels_of`.
    n : int
        How many.
    seed : int
        For those that are drawn.

    Returns
    -------
    Draws
        The same whatever chunk is asked for first, and by whom.
    """
    possible = count(exchange, labels)
    if possible > n:
        return Draws(exchange, seed, n, None)
    listed = () if exchange.scheme == "flip" else tuple(_orders(labels[units]) for units in _by_stratum(exchange))
    return Draws(exchange, seed, possible, listed)


def _orders(labels: Positions) -> Positions:
    """List the orders of some units of which some are equal, one a row; equal units keep their own order.

    Label by label, its units are put into every choice of the places that are still free.
    """
    made = np.full((1, len(labels)), -1, dtype=np.intp)
    for label in np.unique(labels):
        units = np.flatnonzero(labels == label)
        free = np.nonzero(made < 0)[1].reshape(len(made), -1)
        choices = np.array(list(combinations(range(free.shape[1]), len(units))), dtype=np.intp)
        chosen = free[:, choices].reshape(-1, len(units))
        made = np.repeat(made, len(choices), axis=0)
        np.put_along_axis(made, chosen, units[None, :], axis=1)
    return made


def _random_orders(rng: np.random.Generator, size: int, strata: Positions) -> Positions:
    """Draw orders of the units, each within its stratum."""
    order = np.empty((size, len(strata)), dtype=np.intp)
    order[:, np.argsort(strata, kind="stable")] = np.argsort(rng.random(order.shape) + strata, axis=1)
    return order


def _signs(bits: npt.NDArray[np.int64]) -> FloatArray:
    return np.where(bits == 1, -1.0, 1.0)


def _inverse(order: Positions) -> Positions:
    back = np.empty_like(order)
    np.put_along_axis(back, order, np.arange(order.shape[1], dtype=np.intp)[None, :], axis=1)
    return back
