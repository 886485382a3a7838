"""Mixed models of all regions of a panel, each on the rows that have its value; arrays in, arrays out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import linalg

from fsstats._frames import FloatArray, Positions
from fsstats.stats._moments import Products, intercept_sums, intercepts, nested_intercepts, slopes, stacked
from fsstats.stats._random import Random, component_names, components_of, not_told
from fsstats.stats._rank import dependent_columns, patterns
from fsstats.stats._reml import Problem, Solution, solve
from fsstats.tables.panel import BoolArray

_AT_ONCE: Final = 2**22
"""Numbers in the largest arrays."""
_ROUNDING: Final = 1e-10
"""Of what varies; less is rounding."""
_INTERCEPT: Final = (0.1, 0.4, 0.9, 1.5, 2.2, 3.2, 4.5)
_SLOPED: Final = (0.3, 1.0, 2.0, 3.5)
_FURTHER: Final = (0.1, 0.5, 1.2, 2.5)
"""Where the search for a root of a variance ratio may begin, as the inverse of sinh."""


@dataclass(frozen=True, slots=True)
class MixedFits:
    """Mixed models of regions, NaN where there is none. Made by `fit_mixed`."""

    estimate: FloatArray
    """Shape (regions, combinations)."""
    std_error: FloatArray
    df: FloatArray
    """Satterthwaite's degrees of freedom of the estimates."""
    components: FloatArray
    """Shape (regions, components): variances, and the covariance of intercept and slope; see `component_names`."""
    log_likelihood: FloatArray
    n: npt.NDArray[np.int64]
    n_groups: npt.NDArray[np.int64]
    """Shape (regions, names)."""
    singular: BoolArray
    """Where a variance is 0, or intercept and slope are wholly correlated."""
    converged: BoolArray
    notes: npt.NDArray[np.object_]
    """Why there is no model; None where there is one."""


@dataclass(frozen=True, slots=True)
class _Data:
    """What all regions have in common; rows of a group stand together."""

    matrix: FloatArray
    names: Sequence[str]
    """Of its columns."""
    basis: FloatArray
    """Orthonormal columns of the design."""
    turn: FloatArray
    """From coefficients of the basis to those of the design."""
    log_turn: float
    """How much larger log det X'V^-1 X is than that of the basis."""
    dummies: FloatArray
    """Columns of the random effects with few groups."""
    random: Random
    reml: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """Regions that have the same rows."""

    regions: Positions
    rows: BoolArray
    residual: FloatArray
    """The values less what least squares make of them, in units of their length."""
    scale: FloatArray
    """This length."""
    coefficients: FloatArray
    """Of least squares in the basis, in the same units, shape (regions, columns)."""


def fit_mixed(
    values: FloatArray,
    matrix: FloatArray,
    random: Random,
    *,
    columns: Sequence[str],
    reml: bool = True,
    combinations: FloatArray | None = None,
) -> MixedFits:
    """Fit a mixed model to every region.

    Parameters
    ----------
    values : ndarray, shape (rows, regions)
        NaN where missing.
    matrix : ndarray, shape (rows, columns)
        The design, of full rank.
    random : Random
        The random effects.
    columns : sequence of str
        Names of the design's columns, for notes.
    reml : bool
        Restricted likelihood; or the plain one, by which models with different designs can be compared.
    combinations : ndarray, shape (k, columns), optional
        What is to be estimated, a combination of the coefficients a row; by default each coefficient.

    Returns
    -------
    MixedFits
        A row a region.

    Notes
    -----
    Regions with the same missing rows share their sums of squares. All regions are searched at once; with a random
    slope, or two nested effects with many groups, those with the same missing rows.
    """
    order = np.lexsort([random.codes[place] for place in (random.inner, random.outer) if place is not None])
    data = _data(matrix[order], random.take(order), columns, reml=reml)
    wanted = np.eye(matrix.shape[1]) if combinations is None else combinations
    found = _empty(values.shape[1], len(wanted), random)
    at_once = max(1, _AT_ONCE // _size(data))
    for start in range(0, values.shape[1], at_once):
        some = values[order, start : start + at_once]
        pieces = [
            piece
            for rows, regions in patterns(~np.isnan(some))
            if (piece := _piece(data, some, rows, regions, first=start, found=found)) is not None
        ]
        for together in [pieces] * bool(pieces) if random.is_simple else [[piece] for piece in pieces]:
            turned = wanted @ data.turn
            _write(data, together, solve(_problem(data, together), turned), turned, found)
    return found


def _data(matrix: FloatArray, random: Random, columns: Sequence[str], *, reml: bool) -> _Data:
    norms = np.linalg.norm(matrix, axis=0)
    basis, r = np.linalg.qr(matrix / norms)
    dummies = [np.eye(int(random.codes[place].max()) + 1)[random.codes[place]] for place in random.few]
    return _Data(
        matrix=matrix,
        names=columns,
        basis=basis,
        turn=linalg.solve_triangular(r, np.eye(len(norms))) / norms[:, None],
        log_turn=2.0 * float(np.log(np.abs(np.diagonal(r)) * norms).sum()),
        dummies=np.concatenate([np.empty((len(matrix), 0)), *dummies], axis=1),
        random=random,
        reml=reml,
    )


def _size(data: _Data) -> int:
    """Give the size of the largest arrays of one region."""
    n, width = len(data.matrix), data.basis.shape[1] + data.dummies.shape[1] + 1
    groups: int = data.random.codes[data.random.inner].max() + 1
    sums: int = int(np.sqrt(2 * n)) * width**2 if data.random.is_simple else groups * (width + 3)
    return max(n, sums)


def _empty(regions: int, combinations: int, random: Random) -> MixedFits:
    components = len(component_names(random.names, None if random.along is None else ""))
    return MixedFits(
        estimate=np.full((regions, combinations), np.nan),
        std_error=np.full((regions, combinations), np.nan),
        df=np.full((regions, combinations), np.nan),
        components=np.full((regions, components), np.nan),
        log_likelihood=np.full(regions, np.nan),
        n=np.zeros(regions, dtype=np.int64),
        n_groups=np.zeros((regions, len(random.names)), dtype=np.int64),
        singular=np.zeros(regions, dtype=np.bool_),
        converged=np.zeros(regions, dtype=np.bool_),
        notes=np.full(regions, None, dtype=object),
    )


def _piece(
    data: _Data, values: FloatArray, rows: BoolArray, regions: Positions, *, first: int, found: MixedFits
) -> _Piece | None:
    """Take those regions that a model can be fitted to; note why not of the others."""
    places = regions + first
    found.n[places] = rows.sum()
    found.n_groups[places] = [np.count_nonzero(np.bincount(code[rows])) for code in data.random.codes]
    found.notes[places] = why = _why_not(data, rows)
    if why is not None:
        return None
    basis = data.basis[rows]
    y = values[:, regions] if rows.all() else values[np.flatnonzero(rows)[:, None], regions]
    length = np.linalg.norm(y, axis=0)
    scaled = y / np.where(length > 0, length, 1.0)
    coefficients = np.linalg.solve(basis.T @ basis, basis.T @ scaled)
    residual = scaled - basis @ coefficients
    left = np.linalg.norm(residual, axis=0)
    good = left > _ROUNDING
    found.notes[places[~good]] = [_why_constant(one) for one in y[:, ~good].T]
    if not good.any():
        return None
    left, own = left[good], coefficients[:, good]
    return _Piece(places[good], rows, residual[:, good] / left, length[good] * left, (own / left).T)


def _why_not(data: _Data, rows: BoolArray) -> str | None:
    """Say why there can be no model with these rows."""
    n, p = int(rows.sum()), data.basis.shape[1]
    if n == 0:
        return "no values"
    if n <= p:
        return f"too few rows: {n} for {p} columns of the design"
    basis = data.basis[rows]
    roots = np.linalg.eigvalsh(basis.T @ basis)
    if roots[0] <= _ROUNDING * roots[-1] and (said := dependent_columns(data.matrix[rows], data.names)):
        return "in the rows of this region " + "; ".join(one.says for one in said)
    return not_told(data.random if rows.all() else data.random.take(rows), basis)


def _why_constant(values: FloatArray) -> str:
    return "does not vary" if np.ptp(values) == 0 else "is given by the model without any residual"


def _problem(data: _Data, pieces: Sequence[_Piece]) -> Problem:
    """Sum up what does not change while the variances are searched for."""
    random, p = data.random, data.basis.shape[1]
    starts: tuple[tuple[float, ...], ...] = (_INTERCEPT,)
    diagonal: tuple[bool, ...] = (True,)
    if random.along is not None:
        starts, diagonal = (_SLOPED, (0.0,), _FURTHER), (True, False, True)
    elif random.outer is not None:
        starts, diagonal = (_INTERCEPT, _FURTHER), (True, True)
    widths = [int(random.codes[place].max()) + 1 for place in random.few]
    return Problem(
        products=_products(data, pieces),
        starts=(*starts, *(_FURTHER for _ in widths)),
        diagonal=(*diagonal, *(True for _ in widths)),
        factor=np.repeat(np.arange(len(widths)) + len(starts), widths).astype(np.intp),
        n_columns=p,
        dof=np.concatenate([np.full(len(one.regions), float(one.rows.sum() - p * data.reml)) for one in pieces]),
        reml=data.reml,
    )


def _products(data: _Data, pieces: Sequence[_Piece]) -> Products:
    parts = []
    for piece in pieces:
        columns = np.concatenate([data.dummies[piece.rows], data.basis[piece.rows]], axis=1)
        parts.append((columns, piece.residual, _starts(data.random.codes[data.random.inner][piece.rows])))
    if data.random.is_simple:
        return intercepts(stacked([intercept_sums(*part) for part in parts]))
    own = data.random.take(pieces[0].rows)
    if own.along is not None:
        return slopes(*parts[0], own.along)
    outer = own.codes[own.inner if own.outer is None else own.outer]
    return nested_intercepts(*parts[0], _starts(outer[parts[0][2]]))


def _starts(codes: Positions) -> Positions:
    """Give where each run of equal numbers begins."""
    return np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])


def _write(data: _Data, pieces: Sequence[_Piece], solution: Solution, turned: FloatArray, found: MixedFits) -> None:
    """Write down what was found, in the units of the values."""
    regions = np.concatenate([piece.regions for piece in pieces])
    scale = np.concatenate([piece.scale for piece in pieces])
    least_squares = np.concatenate([piece.coefficients for piece in pieces])
    dof = found.n[regions] - float(data.basis.shape[1] * data.reml)
    s2 = solution.rss / dof * scale**2
    found.estimate[regions] = (solution.estimate + least_squares @ turned.T) * scale[:, None]
    found.std_error[regions] = np.sqrt(solution.variance) * scale[:, None]
    found.df[regions] = solution.df
    found.components[regions] = components_of(data.random, solution.theta, s2)
    logs = solution.logs + data.log_turn * data.reml
    found.log_likelihood[regions] = -0.5 * (dof * (1.0 + np.log(2.0 * np.pi * s2)) + logs)
    found.singular[regions], found.converged[regions] = solution.singular, solution.converged
    lost = regions[~solution.converged]
    found.notes[lost] = "the likelihood has no maximum that could be found: perhaps nothing varies within groups"
    for array in (found.estimate, found.std_error, found.df, found.components, found.log_likelihood):
        array[lost] = np.nan
