"""Least squares of many regions on one design, each region with its own missing values; arrays in, arrays out."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from scipy.special import fdtrc, stdtr, stdtrit

from fsstats._frames import FloatArray, Positions
from fsstats.tables.panel import BoolArray

Covariance = Literal["classical", "HC0", "HC1", "HC2", "HC3", "HC4", "cluster"]
COVARIANCES: Final = get_args(Covariance)
IntArray = npt.NDArray[np.int64]
_DEFICIENT: Final = 1e-14
"""Least eigenvalue of the normal equations, relative to the largest, with which columns can be told apart."""
_DOUBTFUL: Final = 1e-6
"""Below this one the normal equations would cost digits, and the region is solved by itself."""
_AT_ONCE: Final = 1 << 22
"""Values of a block, 32 MiB: more would cost memory, fewer the time of many small products."""
_ROUNDING: Final = 1e-12
"""Residuals smaller than this part of the values are rounding: nothing varies beyond the model."""
_CANCELS: Final = 1e-4
"""Where less than this part of the squares is left, taking the explained squares from all would cost digits."""
_FEW: Final = 8
"""A region that lacks less than one row in so many is added up by what it lacks."""


@dataclass(frozen=True, slots=True)
class Fits:
    """One model of each region, in the basis of the design's orthonormal columns. Made by `fit`.

    Regions that could not be fitted are NaN.
    """

    basis: FloatArray
    """Orthonormal columns of the (weighted) design, shape (rows, columns)."""
    turn: FloatArray
    """What turns coefficients of the basis into those of the design, shape (columns, columns)."""
    coefficients: FloatArray
    """In the basis, shape (regions, columns)."""
    inverse: FloatArray
    """Inverse of the normal equations in the basis, shape (regions, columns, columns)."""
    covariance: FloatArray
    """Of the coefficients in the basis, as asked for; same shape."""
    residuals: FloatArray
    """Weighted if the model is; 0 where the value is missing. Shape (rows, regions), or (rows, 0) if not asked for."""
    present: BoolArray
    """Where there is a value, shape (rows, regions)."""
    n: IntArray
    """Rows of each region."""
    df: FloatArray
    """Residual degrees of freedom of each region."""
    test_df: FloatArray
    """Those of tests: clusters less 1 if the covariance is by clusters, else `df`."""
    sigma: FloatArray
    """Residual standard deviation of each region."""
    rss: FloatArray
    """Residual sum of squares of each region."""
    deficient: BoolArray
    """Regions whose own rows do not tell the columns apart."""
    constant: BoolArray
    """Regions that do not vary, or that the model gives exactly."""
    lost: BoolArray
    """Columns of the design that are 0 in all rows of a region, and so left out there; shape (regions, columns)."""
    n_clusters: IntArray | None = None
    """Clusters of each region, if the covariance is by clusters."""


class Linear(NamedTuple):
    """Combinations of coefficients; arrays of shape (regions, combinations)."""

    estimate: FloatArray
    std_error: FloatArray
    classical: FloatArray
    """Standard error by the classical covariance, whatever was asked for."""


def fit(
    values: FloatArray,
    matrix: FloatArray,
    *,
    weights: FloatArray | None = None,
    covariance: Covariance = "classical",
    clusters: Positions | None = None,
    keep_residuals: bool = False,
) -> Fits:
    """Fit one design to many regions.

    Parameters
    ----------
    values : ndarray, shape (rows, regions)
        NaN where missing; each region is fitted on its own rows.
    matrix : ndarray, shape (rows, columns)
        The design, of full rank.
    weights : ndarray, shape (rows,), optional
        Positive; the inverse of a row's variance, up to a factor.
    covariance : str
        One of `COVARIANCES`.
    clusters : ndarray of int, shape (rows,), optional
        Which cluster a row is of, 0 and up.
    keep_residuals : bool
        Have them in the result; else the array has no regions.

    Returns
    -------
    Fits
        Coefficients and all that tests need.

    Notes
    -----
    Everything is computed in an orthonormal basis of the design's columns, so neither a covariate's unit nor its
    offset matters. Regions without missing values share one solution; for the others the normal equations are set up
    at once, by products of the columns with the mask of the rows. In that basis they are near the identity. Regions
    are taken some at a time, in blocks of a fixed size, so that memory does not grow with their number.
    """
    root = None if weights is None else np.sqrt(weights)[:, None]
    basis, turn = _basis(matrix if root is None else matrix * root)
    frame = _Frame(basis, turn, matrix != 0, root, covariance, clusters, keep_residuals)
    step = max(1, _AT_ONCE // max(len(values), 1))
    blocks = [_fit_block(values[:, start : start + step], frame) for start in range(0, max(values.shape[1], 1), step)]
    return blocks[0] if len(blocks) == 1 else _joined(blocks)


class _Frame(NamedTuple):
    """What all regions share."""

    basis: FloatArray
    turn: FloatArray
    occupied: BoolArray
    root: FloatArray | None
    covariance: Covariance
    clusters: Positions | None
    keep_residuals: bool


def _fit_block(values: FloatArray, frame: _Frame) -> Fits:
    """Fit some regions."""
    basis, p = frame.basis, frame.basis.shape[1]
    complete = bool(np.isfinite(values.sum()))  # cheaper than to look at each value
    present = np.broadcast_to(True, values.shape) if complete else ~np.isnan(values)  # noqa: FBT003 - numpy's order
    y = values if complete else np.where(present, values, 0.0)
    y = y if frame.root is None else y * frame.root
    n, inverse, deficient, lost = _inverse(frame, present)
    products = basis.T @ y
    coefficients = products.T.copy() if complete else np.einsum("va,vab->vb", products.T, inverse)
    explained = np.einsum("va,av->v", coefficients, products)
    if frame.keep_residuals or frame.covariance != "classical":
        residuals = _residuals(y, basis, coefficients, present)
        rss = np.einsum("ij,ij->j", residuals, residuals)
    else:
        residuals, rss = y[:, :0], _left(y, basis, coefficients, present, explained)
    df = n - (p - lost.sum(axis=1)).astype(np.float64)
    df[deficient | (df <= 0)] = np.nan
    constant = rss <= _ROUNDING**2 * (rss + explained)
    sigma2 = np.where(constant, np.nan, rss) / df
    coefficients[np.isnan(df)] = np.nan
    fits = Fits(
        basis=basis,
        turn=frame.turn,
        coefficients=coefficients,
        inverse=inverse,
        covariance=inverse * sigma2[:, None, None],
        residuals=residuals,
        present=present,
        n=n,
        df=df,
        test_df=df,
        sigma=np.sqrt(sigma2),
        rss=np.where(np.isnan(df), np.nan, rss),
        deficient=deficient,
        constant=constant & ~np.isnan(df),
        lost=lost,
    )
    fits = _with_covariance(fits, frame)
    return fits if frame.keep_residuals else replace(fits, residuals=residuals[:, :0])


def _residuals(y: FloatArray, basis: FloatArray, coefficients: FloatArray, present: BoolArray) -> FloatArray:
    """Give what the model leaves of each value; 0 where there is none."""
    residuals = (coefficients @ basis.T).T if y.flags.f_contiguous else basis @ coefficients.T  # y's order in memory
    np.subtract(y, residuals, out=residuals)
    if not _whole(present):
        residuals *= present
    return residuals


def _left(
    y: FloatArray, basis: FloatArray, coefficients: FloatArray, present: BoolArray, explained: FloatArray
) -> FloatArray:
    """Give the residual sum of squares, as what the explained squares leave of all: residuals only where need be."""
    total: FloatArray = np.einsum("ij,ij->j", y, y)
    rss: FloatArray = total - explained
    few = np.flatnonzero(~(rss > _CANCELS * total))
    if len(few):
        residuals = _residuals(y[:, few], basis, coefficients[few], present[:, few])
        rss[few] = np.einsum("ij,ij->j", residuals, residuals)
    return rss


def _joined(blocks: Sequence[Fits]) -> Fits:
    """Put blocks of regions together."""
    first = blocks[0]
    whole: dict[str, Any] = {"basis": first.basis, "turn": first.turn}
    for one in fields(Fits):
        if one.name not in whole:
            parts = [getattr(block, one.name) for block in blocks]
            axis = 1 if one.name in {"residuals", "present"} else 0
            whole[one.name] = None if parts[0] is None else np.concatenate(parts, axis=axis)
    return Fits(**whole)


def _basis(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give orthonormal columns, and what turns their coefficients into those of the matrix."""
    norms = np.linalg.norm(matrix, axis=0)
    q, r = np.linalg.qr(matrix / norms)
    turn = linalg.solve_triangular(r, np.eye(r.shape[0])) / norms[:, None]
    return np.ascontiguousarray(q), turn


def added_up(columns: FloatArray, present: BoolArray) -> FloatArray:
    """Add columns up over the rows that each region has.

    Parameters
    ----------
    columns : ndarray, shape (k, rows)
        What is added up.
    present : ndarray of bool, shape (rows, regions)
        Which rows a region has.

    Returns
    -------
    ndarray, shape (regions, k)
        The sums. Of a region that lacks few rows these are taken from the sum of all, exactly so for whole numbers.
    """
    sums = np.repeat(columns.sum(axis=1)[None], present.shape[1], axis=0)
    if _whole(present):
        return sums
    lacking = len(present) - np.count_nonzero(present, axis=0)
    many = lacking * _FEW > len(present)
    few = np.flatnonzero((lacking > 0) & ~many)
    if len(few):
        gaps = np.flatnonzero(~present.T if len(few) == len(lacking) else ~present[:, few].T)
        starts = np.concatenate([[0], np.cumsum(lacking[few])])
        shape = len(few), len(present)
        sums[few] -= sparse.csr_array((np.ones(len(gaps)), gaps % len(present), starts), shape=shape) @ columns.T
    if many.any():
        sums[many] = present[:, many].T.astype(np.float64) @ columns.T
    return sums


def _whole(present: BoolArray) -> bool:
    """Say whether it is one truth value that stands for all: nothing is missing."""
    return present.strides == (0, 0)


def _inverse(frame: _Frame, present: BoolArray) -> tuple[IntArray, FloatArray, BoolArray, BoolArray]:
    """Invert each region's normal equations; say its rows, where it is singular, and which columns it has not."""
    (n_rows, n_regions), p = present.shape, frame.basis.shape[1]
    deficient, lost = np.zeros(n_regions, dtype=np.bool_), np.zeros((n_regions, p), dtype=np.bool_)
    n = np.full(n_regions, n_rows)
    if _whole(present):
        return n, np.broadcast_to(np.eye(p), (n_regions, p, p)).copy(), deficient, lost
    sums = added_up(np.concatenate([pairs(frame.basis), np.ones((1, n_rows))]), present)
    n, gram = sums[:, -1].astype(np.int64), _symmetric(sums[:, :-1], p)
    roots = np.linalg.eigvalsh(gram)
    deficient = np.asarray(roots[:, 0] <= _DEFICIENT * np.maximum(roots[:, -1], np.finfo(float).tiny))
    plain = np.where(deficient[:, None, None], np.eye(p), gram)
    inverse = np.asarray(np.linalg.inv(plain), dtype=np.float64)
    for place in np.flatnonzero(~deficient & (roots[:, 0] < _DOUBTFUL * roots[:, -1])):
        r = np.linalg.qr(frame.basis[present[:, place]], mode="r")
        half = linalg.solve_triangular(r, np.eye(p))
        inverse[place] = half @ half.T
    for place in np.flatnonzero(deficient):
        lost[place] = ~frame.occupied[present[:, place]].any(axis=0)
        inverse[place], deficient[place] = _without(frame, gram[place], lost[place])
    lost[deficient] = False
    inverse[n == n_rows] = np.eye(p)
    return n, inverse, deficient, lost


def _without(frame: _Frame, gram: FloatArray, lost: BoolArray) -> tuple[FloatArray, bool]:
    """Invert the normal equations of a region without some columns of the design; say whether that is singular too."""
    kept = np.linalg.inv(frame.turn)[:, ~lost]
    if not lost.any() or lost.all():
        return np.eye(len(gram)), True
    kept /= np.linalg.norm(kept, axis=0)
    small = kept.T @ gram @ kept
    roots = np.linalg.eigvalsh(small)
    if roots[0] <= _DEFICIENT * roots[-1]:
        return np.eye(len(gram)), True
    return np.asarray(kept @ np.linalg.solve(small, kept.T), dtype=np.float64), False


def _missed(fits: Fits, combinations: FloatArray) -> BoolArray:
    """Say which combinations need a column that a region has not, shape (regions, combinations)."""
    return np.asarray(fits.lost.astype(np.float64) @ (combinations != 0).T.astype(np.float64) > 0)


def _places(p: int) -> tuple[Positions, Positions]:
    """Give the places of the upper triangle of a matrix, row by row."""
    return np.triu_indices(p)


def pairs(basis: FloatArray) -> FloatArray:
    """Give the product of every two columns, shape (p (p + 1) / 2, rows)."""
    columns, (first, second) = basis.T, _places(basis.shape[1])
    return np.asarray(columns[first] * columns[second], dtype=np.float64)


def _symmetric(upper: FloatArray, p: int) -> FloatArray:
    """Make symmetric matrices of their upper triangles, (regions, p (p + 1) / 2) to (regions, p, p)."""
    first, second = _places(p)
    full = np.empty((len(upper), p, p))
    full[:, first, second] = full[:, second, first] = upper
    return full


def leverage(fits: Fits) -> FloatArray:
    """Give the diagonal of the hat matrix: shape (rows, regions), or (rows, 1) if no value is missing."""
    if (fits.n == len(fits.basis)).all():
        return np.asarray(np.einsum("ij,ij->i", fits.basis, fits.basis)[:, None], dtype=np.float64)
    first, second = _places(fits.basis.shape[1])
    twice = np.where(first == second, 1.0, 2.0)
    return np.asarray(((fits.inverse[:, first, second] * twice) @ pairs(fits.basis)).T, dtype=np.float64)


def _with_covariance(fits: Fits, frame: _Frame) -> Fits:
    """Put the covariance that was asked for into the place of the classical one."""
    if frame.covariance == "classical":
        return fits
    n_clusters = None
    if frame.clusters is not None:
        meat, n_clusters = _cluster_meat(fits, frame.clusters)
    else:
        meat = _meat(fits, frame)
    robust = fits.inverse @ meat @ fits.inverse
    robust[np.isnan(fits.sigma)] = np.nan
    test_df = fits.df if n_clusters is None else np.where(np.isnan(fits.df), np.nan, n_clusters - 1.0)
    return replace(fits, covariance=robust, n_clusters=n_clusters, test_df=test_df)


def _meat(fits: Fits, frame: _Frame) -> FloatArray:
    """Sum the squared residuals times the products of the columns, as the HC covariances weigh them."""
    squares = fits.residuals**2 if frame.keep_residuals else np.square(fits.residuals, out=fits.residuals)
    products, p = pairs(fits.basis), fits.basis.shape[1]
    if frame.covariance == "HC1":
        squares *= fits.n / fits.df
    elif frame.covariance != "HC0":
        hat = leverage(fits)
        hat = hat if hat.shape[1] == 1 else np.where(fits.present, hat, 0.0)
        factor = _leverage_factor(frame.covariance, hat, fits.n, p)
        if factor.shape[1] == 1:
            products *= factor.T
        else:
            squares *= factor
    return _symmetric((products @ squares).T, p)


def _leverage_factor(covariance: str, hat: FloatArray, n: IntArray, p: int) -> FloatArray:
    left = 1.0 - hat
    left[left < 1e-10] = np.nan  # a row that is alone in determining a coefficient
    power = np.minimum(4.0, n * hat / p) if covariance == "HC4" else {"HC2": 1.0, "HC3": 2.0}[covariance]
    return np.asarray(left**-power, dtype=np.float64)


def _cluster_meat(fits: Fits, clusters: Positions) -> tuple[FloatArray, IntArray]:
    """Sum residuals times columns within clusters (CR1: times G / (G - 1) (n - 1) / (n - p))."""
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(clusters[order]) > 0])
    basis, residuals = fits.basis[order], fits.residuals[order]
    sums = np.stack([np.add.reduceat(column[:, None] * residuals, starts) for column in basis.T])
    found = np.add.reduceat(fits.present[order], starts, dtype=np.int64).astype(np.bool_).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = found / (found - 1.0) * (fits.n - 1.0) / fits.df
    meat = np.einsum("agv,bgv->vab", sums, sums) * np.where(found > 1, factor, np.nan)[:, None, None]
    return meat, found.astype(np.int64)


def linear(fits: Fits, combinations: FloatArray) -> Linear:
    """Estimate combinations of the design's coefficients.

    Parameters
    ----------
    fits : Fits
        The models.
    combinations : ndarray, shape (k, columns)
        A combination a row; the identity for the coefficients themselves.

    Returns
    -------
    Linear
        Estimates and standard errors, shape (regions, k).
    """
    turned = combinations @ fits.turn
    classical, variance = (((turned @ one) * turned).sum(axis=2) for one in (fits.inverse, fits.covariance))
    known = np.where(_missed(fits, combinations), np.nan, 1.0)
    return Linear(
        fits.coefficients @ turned.T * known,
        np.sqrt(np.maximum(variance, 0.0)) * known,
        np.sqrt(np.maximum(classical, 0.0)) * fits.sigma[:, None] * known,
    )


def wald(fits: Fits, combinations: FloatArray) -> tuple[FloatArray, int]:
    """Test that several combinations are all 0.

    Parameters
    ----------
    fits : Fits
        The models.
    combinations : ndarray, shape (k, columns)
        A combination a row.

    Returns
    -------
    tuple of (ndarray, int)
        F of each region, and its numerator's degrees of freedom; the denominator's are ``fits.test_df``.
    """
    turned = combinations @ fits.turn
    estimate = fits.coefficients @ turned.T
    covariance = turned @ fits.covariance @ turned.T
    variance = np.einsum("vkk->vk", covariance)
    usable = np.isfinite(covariance).all(axis=(1, 2)) & (variance > 0).all(axis=1)
    usable &= ~_missed(fits, combinations).any(axis=1)
    scale = np.sqrt(np.where(usable[:, None], variance, 1.0))
    scaled = np.where(usable[:, None, None], covariance, np.eye(len(turned))) / (scale[:, :, None] * scale[:, None, :])
    roots, axes = np.linalg.eigh(scaled)
    usable &= roots[:, 0] > _DEFICIENT * 1e3
    along = np.einsum("vk,vkj->vj", estimate / scale, axes)
    f = np.einsum("vj,vj->v", along, along / np.where(usable[:, None], roots, 1.0)) / len(turned)
    return np.where(usable, f, np.nan), len(turned)


def classical(fits: Fits) -> Fits:
    """Give the fits with the classical covariance, whatever was asked for: effect sizes rest on it."""
    return replace(fits, covariance=fits.inverse * (fits.sigma**2)[:, None, None], test_df=fits.df)


def t_of(estimate: FloatArray, std_error: FloatArray) -> FloatArray:
    """Give t; NaN where either input is, or nothing varies."""
    t = np.full(np.shape(estimate), np.nan)
    np.divide(estimate, std_error, out=t, where=std_error > 0)
    return t


def t_test(estimate: FloatArray, std_error: FloatArray, df: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Give t and its two-sided p-value; NaN where either input is."""
    t = t_of(estimate, std_error)
    p = np.asarray(2.0 * stdtr(df, -np.abs(t)), dtype=np.float64)
    return t, p


def interval(
    estimate: FloatArray, std_error: FloatArray, df: FloatArray | float, conf_level: float
) -> tuple[FloatArray, FloatArray]:
    """Give the confidence limits by t."""
    half = np.asarray(stdtrit(df, 0.5 + conf_level / 2.0), dtype=np.float64) * std_error
    return estimate - half, estimate + half


def f_p_value(f: FloatArray, df_term: FloatArray | float, df: FloatArray | float) -> FloatArray:
    """Give the p-value of F; NaN where it is."""
    return np.asarray(fdtrc(df_term, df, f), dtype=np.float64)
