"""Freedman and Lane's permutations with the largest statistic of each family, many regions at once; arrays only.

The data less the nuisance, E, are permuted, and nothing is fitted again: with Q an orthonormal basis of the nuisance
and x one of what of the effect is orthogonal to it, the coefficients of a permutation P are (P'x)'E, and the residual
sum of squares is |E|^2 - |(P'Q)'E|^2 - |(P'x)'E|^2. So the few columns of x and Q are permuted, and one product of
matrices serves all regions and some hundred permutations. Directions of Q that no permutation changes are orthogonal
to E for ever and drop out: the intercept, and the blocks if rows stay within them.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, NamedTuple, get_args

import numpy as np

from fsstats._frames import FloatArray, Positions
from fsstats.stats._exchange import CHUNK, Draws, Exchange, Moves, draws_of, labels_of
from fsstats.tables.panel import BoolArray

Tail = Literal["two-sided", "greater", "less"]
TAILS: Final = get_args(Tail)
_AT_ONCE: Final = 4_000_000
"""Numbers in the largest array of one step; it bounds the memory and changes no result."""
_CELLS: Final = 1000
"""Regions in one product of matrices."""
_TIE: Final = 1e-9
"""Shares of variance that differ by less than this part are equal: they are ties that were rounded differently."""
_NOTHING: Final = 1e-12
"""Of the sum of squares: less than this is rounding."""
_FIXED: Final = 1e-8
"""Length of what a permutation can change of a unit vector: less than this is rounding."""
_AS_IS: Final = Moves(None, None, None)


@dataclass(frozen=True, slots=True)
class Test:
    """What is tested, and how."""

    matrix: FloatArray
    """The design, shape (rows, columns), of full rank."""
    tested: Positions
    """Those of its columns that are tested; the others are nuisance."""
    exchange: Exchange
    tail: Tail = "two-sided"
    robust: bool = False
    """Divide by the standard error of HC3 in place of the classical one (one column only)."""


@dataclass(frozen=True, slots=True)
class Permuted:
    """What the permutations say; NaN for regions that were not tested."""

    p: FloatArray
    p_family: FloatArray
    """How often the largest statistic of the region's family is as extreme."""
    n: int
    """Permutations: drawn, or all that there are."""
    exact: bool


@dataclass(frozen=True, slots=True)
class _Geometry:
    """A design on those rows that have values; elsewhere it is 0."""

    taking: BoolArray
    """Which rows take part: those of units that have all their values."""
    nuisance: FloatArray
    """An orthonormal basis, shape (rows, columns)."""
    basis: FloatArray
    """What is tested, then the nuisance that permutations change; orthonormal, shape (columns, rows)."""
    n_tested: int
    df: int
    weights: FloatArray | None
    """For HC3: of each row's squared residual in the variance of the coefficient; shape (rows,)."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Regions of one family with values in the same rows."""

    cells: Positions
    family: int
    geometry: _Geometry
    residuals: FloatArray
    """The data less the nuisance, shape (rows, regions); 0 where there are no values."""
    squares: FloatArray
    """Their sums of squares."""
    floor: FloatArray
    """The least share of the variance that is as extreme as the one found."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that a chunk of permutations needs."""

    parts: tuple[_Part, ...]
    test: Test
    draws: Draws
    n_regions: int
    n_families: int


class _Counted(NamedTuple):
    """What one chunk of permutations gives."""

    counts: Positions
    """Those as extreme, of each region."""
    largest: FloatArray
    """The largest statistic of each permutation and family."""


def permutation_test(
    values: FloatArray,
    test: Test,
    *,
    families: Positions,
    n: int,
    seed: int,
    executor: Executor | None = None,
) -> Permuted:
    """Test one effect in many regions.

    Parameters
    ----------
    values : ndarray, shape (rows, regions)
        NaN where missing. A unit that lacks some of its values stays where it is.
    test : Test
        The model and what may be exchanged.
    families : ndarray of int, shape (regions,)
        Regions with the same number form a family; those with -1 are not tested.
    n : int
        Permutations. If no more than these differ, each is used once.
    seed : int
        Of the random numbers.
    executor : Executor, optional
        Runs chunks of permutations side by side.

    Returns
    -------
    Permuted
        The same for any executor.

    Notes
    -----
    Of permutations that were drawn, p is (1 + those as extreme) / (1 + all), as the data as they are count as one.
    """
    parts = tuple(_parts(values, test, families))
    plan = _Plan(parts, test, _draws(parts, test, n, seed), values.shape[1], int(families.max(initial=-1)) + 1)
    numbers = range(-(-plan.draws.n // CHUNK))
    done: Iterable[_Counted] = (map if executor is None else executor.map)(partial(_chunk, plan), numbers)
    counts = np.zeros(plan.n_regions, dtype=np.intp)
    largest = np.empty((plan.draws.n, plan.n_families))
    for number, found in zip(numbers, done, strict=True):
        counts += found.counts
        largest[number * CHUNK : number * CHUNK + len(found.largest)] = found.largest
    return _probabilities(plan, counts, largest)


def _probabilities(plan: _Plan, counts: Positions, largest: FloatArray) -> Permuted:
    n, own = plan.draws.n, 0 if plan.draws.exact else 1
    p, p_family = np.full(plan.n_regions, np.nan), np.full(plan.n_regions, np.nan)
    largest.sort(axis=0)
    for part in plan.parts:
        below = np.searchsorted(largest[:, part.family], _statistic(part.floor, part.geometry), side="left")
        p[part.cells] = (counts[part.cells] + own) / (n + own)
        p_family[part.cells] = (n - below + own) / (n + own)
    return Permuted(p, p_family, n, plan.draws.exact)


def _draws(parts: Sequence[_Part], test: Test, n: int, seed: int) -> Draws:
    alone = np.zeros(test.exchange.n_rows, dtype=np.bool_)
    for part in parts:
        alone |= ~part.geometry.taking
    return draws_of(test.exchange, labels_of(test.exchange, test.matrix, alone), n=n, seed=seed)


def _parts(values: FloatArray, test: Test, families: Positions) -> Iterator[_Part]:
    """Group the regions that are tested by the rows that have values, and by family."""
    cells = np.flatnonzero(families >= 0)
    patterns, which = np.unique(~np.isnan(values[:, cells]), axis=1, return_inverse=True)
    for number, kept in enumerate(patterns.T):
        own = cells[which.reshape(-1) == number]
        geometry = _geometry(test, kept)
        for family in np.unique(families[own]):
            members = own[families[own] == family]
            for start in range(0, len(members), _CELLS):
                some = members[start : start + _CELLS]
                yield _part(np.where(kept[:, None], values[:, some], 0.0), some, int(family), geometry, test)


def _part(values: FloatArray, cells: Positions, family: int, geometry: _Geometry, test: Test) -> _Part:
    left = values
    for _ in range(2):  # twice is enough for orthogonality to working precision
        left = left - geometry.nuisance @ (geometry.nuisance.T @ left)
    part = _Part(cells, family, geometry, left, np.square(left).sum(axis=0), np.empty(0))
    share = _shares(part, test, _AS_IS)[0]
    return replace(part, floor=share - _TIE * np.abs(share) - _TIE**2)


def _geometry(test: Test, kept: BoolArray) -> _Geometry:
    matrix = np.where(kept[:, None], test.matrix, 0.0)
    tested = np.isin(np.arange(matrix.shape[1]), test.tested)
    nuisance, effect = _orthonormal(matrix[:, ~tested]), _orthonormal(matrix[:, tested])
    for _ in range(2):
        effect = _orthonormal(effect - nuisance @ (nuisance.T @ effect))
    effect *= np.sign(np.einsum("ij,ij->j", effect, matrix[:, tested]))  # one column keeps its direction
    weights = None
    if test.robust:
        left = 1.0 - np.square(nuisance).sum(axis=1) - np.square(effect).sum(axis=1)
        weights = np.square(effect[:, 0] / left)
    taking = test.exchange.whole(kept)
    basis = np.ascontiguousarray(np.hstack([effect, _moving(nuisance, test.exchange, taking)]).T)
    df = int(kept.sum()) - matrix.shape[1]
    return _Geometry(taking, nuisance, basis, effect.shape[1], df, weights)


def _orthonormal(columns: FloatArray) -> FloatArray:
    """Give an orthonormal basis of columns that are independent."""
    basis: FloatArray = np.linalg.qr(columns / np.linalg.norm(columns, axis=0))[0]
    return basis


def _moving(nuisance: FloatArray, exchange: Exchange, taking: BoolArray) -> FloatArray:
    """Give a basis of the nuisance less the directions that no permutation changes."""
    if exchange.scheme != "permute" or not nuisance.shape[1]:
        return nuisance
    _, lengths, turned = np.linalg.svd(_moved(nuisance, exchange.orbits(), taking), full_matrices=False)
    moving: FloatArray = nuisance @ turned[lengths > _FIXED].T
    return moving


def _moved(columns: FloatArray, orbits: Positions, taking: BoolArray) -> FloatArray:
    """Give what permutations can change of columns: what is left when the means over each orbit are taken away."""
    n_orbits = int(orbits.max(initial=-1)) + 1
    sizes = np.maximum(np.bincount(orbits[taking], minlength=n_orbits), 1)
    sums = [np.bincount(orbits[taking], column[taking], n_orbits) for column in columns.T]
    means = np.array([total / sizes for total in sums]).T
    return np.where(taking[:, None], columns - means[orbits], 0.0)


def never_changes(test: Test) -> bool:
    """Say whether permutations leave the effect, or one of its directions, as it is, so that they cannot test it.

    Parameters
    ----------
    test : Test
        The model and what may be exchanged.

    Returns
    -------
    bool
        True for an intercept, or for what is the same in a block whose rows stay in it, unless signs change.
    """
    if test.exchange.scheme != "permute":
        return False
    norms = np.linalg.norm(test.matrix, axis=0)
    left = _moved(test.matrix / norms, test.exchange.orbits(), np.ones(test.exchange.n_rows, dtype=np.bool_))
    tested = np.isin(np.arange(left.shape[1]), test.tested)
    effect, nuisance = left[:, tested], left[:, ~tested]
    effect = effect - nuisance @ np.linalg.lstsq(nuisance, effect, rcond=_FIXED)[0]
    return bool(np.linalg.svd(effect, compute_uv=False).min() < _FIXED)


def _chunk(plan: _Plan, number: int) -> _Counted:
    """Count, for one chunk of permutations, those as extreme in each region, and find each family's largest."""
    moves, size = plan.draws.chunk(number, back=any(map(_needs_back, plan.parts))), plan.draws.size(number)
    largest = np.full((size, plan.n_families), -np.inf)
    counts = np.zeros(plan.n_regions, dtype=np.intp)
    for part in plan.parts:
        step = max(1, _AT_ONCE // (len(part.geometry.basis) * max(part.residuals.shape)))
        for some in (slice(start, start + step) for start in range(0, size, step)):
            share = _shares(part, plan.test, moves.some(some).among(part.geometry.taking))
            counts[part.cells] += np.count_nonzero(share >= part.floor, axis=0)
            column = largest[some, part.family]
            np.maximum(column, _statistic(share.max(axis=1), part.geometry), out=column)
    return _Counted(counts, largest)


def _needs_back(part: _Part) -> bool:
    """Say whether rows are passed over, or regions permuted in place of columns."""
    return not part.geometry.taking.all() or part.residuals.shape[1] < len(part.geometry.basis)


def _statistic(share: FloatArray, geometry: _Geometry) -> FloatArray:
    """Turn shares of variance into F, or t^2 with its sign, by which regions with other rows can be compared."""
    size = np.minimum(np.abs(share), 1.0 - _NOTHING)
    return np.asarray(np.sign(share) * size / (1.0 - size) * (geometry.df / geometry.n_tested))


def _shares(part: _Part, test: Test, moves: Moves) -> FloatArray:
    """Give the share of the variance that the effect explains beside the nuisance, shape (permutations, regions).

    It rises with t^2 or F, and is finite where these are not. One-sided, it has the sign of the coefficient.
    """
    geometry = part.geometry
    found = _products(geometry.basis, part.residuals, moves)
    effect, nuisance = found[: geometry.n_tested], found[geometry.n_tested :]
    explained = np.einsum("kbv,kbv->bv", effect, effect)
    if geometry.weights is None:
        whole = part.squares - np.einsum("kbv,kbv->bv", nuisance, nuisance)
    else:
        variance = _robust_variance(geometry.basis, geometry.weights, part.residuals, found, moves)
        whole = explained + geometry.df * variance
    share: FloatArray = np.divide(explained, whole, out=np.ones_like(whole), where=whole > _NOTHING * part.squares)
    np.minimum(share, 1.0, out=share)
    if test.tail != "two-sided":
        np.copysign(share, effect[0] if test.tail == "greater" else -effect[0], out=share)
    return share


def _robust_variance(
    basis: FloatArray, weights: FloatArray, residuals: FloatArray, found: FloatArray, moves: Moves
) -> FloatArray:
    """Give HC3's variance of the coefficient: the weighted sum of the squares of P E - (x, Q) found, multiplied out."""
    weighted = basis * weights
    squares = _products(weights[None, :], np.square(residuals), moves._replace(signs=None))[0]
    mixed = _products(weighted, residuals, moves)
    fitted = np.einsum("kl,lbv->kbv", weighted @ basis.T, found, optimize=True)
    variance: FloatArray = np.einsum("kbv,kbv->bv", found, fitted - 2.0 * mixed) + squares
    return np.maximum(variance, 0.0, out=variance)


def _products(basis: FloatArray, residuals: FloatArray, moves: Moves) -> FloatArray:
    """Multiply permuted columns with the residuals: shape (columns, permutations, regions).

    Whichever are fewer are permuted, the columns of the basis or the regions.
    """
    n_columns, (n_rows, n_regions) = len(basis), residuals.shape
    if moves.back is None or n_columns <= n_regions:
        taken = basis[:, None, :] if moves.places is None else np.take(basis, moves.places, axis=1)
        taken = taken if moves.signs is None else taken * moves.signs
        return (taken.reshape(-1, n_rows) @ residuals).reshape(n_columns, -1, n_regions)
    taken = np.take(np.ascontiguousarray(residuals.T), moves.back, axis=1)
    if moves.signs is not None:
        taken *= np.take_along_axis(moves.signs, moves.back, axis=1)
    product: FloatArray = taken @ basis.T
    return product.transpose(2, 1, 0)
