"""Least squares of many regions on one design, each region with its own missing values; arrays in, arrays out."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import linalg
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
_ROUNDING: Final = 1e-12
"""Residuals smaller than this part of the values are rounding: nothing varies beyond the model."""


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
    """Weighted if the model is; 0 where the value is missing. Shape (rows, regions)."""
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

    Returns
    -------
    Fits
        Coefficients and all that tests need.

    Notes
    -----
    Everything is computed in an orthonormal basis of the design's columns, so neither a covariate's unit nor its
    offset matters. Regions without missing values share one solution; for the others the normal equations are set up
    at once, by products of the columns with the mask of the rows. In that basis they are near the identity.
    """
    root = np.ones(1) if weights is None else np.sqrt(weights)
    basis, turn = _basis(matrix * root[:, None])
    present = ~np.isnan(values)
    y = np.where(present, values, 0.0) * root[:, None] if not present.all() or weights is not None else values
    inverse, deficient = _inverse(basis, present)
    coefficients = np.einsum("vab,bv->va", inverse, basis.T @ y)
    residuals = y - basis @ coefficients.T
    if not present.all():
        residuals *= present
    n, p = present.sum(axis=0), basis.shape[1]
    df = np.where(deficient | (n <= p), np.nan, n - float(p))
    rss = np.einsum("ij,ij->j", residuals, residuals)
    constant = rss <= _ROUNDING**2 * np.einsum("ij,ij->j", y, y)
    sigma2 = np.where(constant, np.nan, rss) / df
    coefficients[np.isnan(df)] = np.nan
    fits = Fits(
        basis=basis,
        turn=turn,
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
    )
    return _with_covariance(fits, covariance, clusters)


def _basis(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give orthonormal columns, and what turns their coefficients into those of the matrix."""
    norms = np.linalg.norm(matrix, axis=0)
    q, r = np.linalg.qr(matrix / norms)
    turn = linalg.solve_triangular(r, np.eye(r.shape[0])) / norms[:, None]
    return np.ascontiguousarray(q), turn


def _inverse(basis: FloatArray, present: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Invert each region's normal equations; say where they are singular."""
    n_regions, p = present.shape[1], basis.shape[1]
    inverse = np.broadcast_to(np.eye(p), (n_regions, p, p)).copy()
    gaps = np.flatnonzero(~present.all(axis=0))
    deficient = np.zeros(n_regions, dtype=np.bool_)
    if not len(gaps):
        return inverse, deficient
    gram = _symmetric(pairs(basis).T @ present[:, gaps], p)
    roots = np.linalg.eigvalsh(gram)
    bad = roots[:, 0] <= _DEFICIENT * np.maximum(roots[:, -1], np.finfo(float).tiny)
    deficient[gaps] = bad
    gram[bad] = np.eye(p)
    inverse[gaps] = np.linalg.inv(gram)
    for place in np.flatnonzero(~bad & (roots[:, 0] < _DOUBTFUL * roots[:, -1])):
        r = np.linalg.qr(basis[present[:, gaps[place]]], mode="r")
        half = linalg.solve_triangular(r, np.eye(p))
        inverse[gaps[place]] = half @ half.T
    return inverse, deficient


def _places(p: int) -> tuple[Positions, Positions]:
    """Give the places of the upper triangle of a matrix, row by row."""
    return np.triu_indices(p)


def pairs(basis: FloatArray) -> FloatArray:
    """Give the product of every two columns, shape (rows, p (p + 1) / 2)."""
    first, second = _places(basis.shape[1])
    return basis[:, first] * basis[:, second]


def _symmetric(upper: FloatArray, p: int) -> FloatArray:
    """Make symmetric matrices of their upper triangles, (p (p + 1) / 2, regions) to (regions, p, p)."""
    first, second = _places(p)
    full = np.empty((upper.shape[1], p, p))
    full[:, first, second] = full[:, second, first] = upper.T
    return full


def leverage(fits: Fits) -> FloatArray:
    """Give the diagonal of the hat matrix: shape (rows, regions), or (rows, 1) if no value is missing."""
    if fits.present.all():
        return np.asarray(np.einsum("ij,ij->i", fits.basis, fits.basis)[:, None], dtype=np.float64)
    first, second = _places(fits.basis.shape[1])
    twice = np.where(first == second, 1.0, 2.0)
    return np.asarray(pairs(fits.basis) @ (fits.inverse[:, first, second] * twice).T, dtype=np.float64)


def _with_covariance(fits: Fits, covariance: Covariance, clusters: Positions | None) -> Fits:
    """Put the covariance that was asked for into the place of the classical one."""
    if covariance == "classical":
        return fits
    n_clusters = None
    if covariance == "cluster" and clusters is not None:
        meat, n_clusters = _cluster_meat(fits, clusters)
    else:
        meat = _meat(fits, covariance)
    robust = fits.inverse @ meat @ fits.inverse
    robust[np.isnan(fits.sigma)] = np.nan
    test_df = fits.df if n_clusters is None else np.where(np.isnan(fits.df), np.nan, n_clusters - 1.0)
    own = {"covariance": robust, "n_clusters": n_clusters, "test_df": test_df}
    return Fits(**{name: getattr(fits, name) for name in fits.__slots__} | own)


def _meat(fits: Fits, covariance: str) -> FloatArray:
    """Sum the squared residuals times the products of the columns, as the HC covariances weigh them."""
    squares = fits.residuals * fits.residuals
    p = fits.basis.shape[1]
    if covariance == "HC1":
        squares *= fits.n / fits.df
    elif covariance != "HC0":
        squares *= _leverage_factor(covariance, leverage(fits), fits.n, p)
    return _symmetric(pairs(fits.basis).T @ squares, p)


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
    classical = np.einsum("ka,vab,kb->vk", turned, fits.inverse, turned, optimize=True)
    variance = np.einsum("ka,vab,kb->vk", turned, fits.covariance, turned, optimize=True)
    return Linear(
        fits.coefficients @ turned.T,
        np.sqrt(np.maximum(variance, 0.0)),
        np.sqrt(classical) * fits.sigma[:, None],
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
    scale = np.sqrt(np.where(usable[:, None], variance, 1.0))
    scaled = np.where(usable[:, None, None], covariance, np.eye(len(turned))) / (scale[:, :, None] * scale[:, None, :])
    roots, axes = np.linalg.eigh(scaled)
    usable &= roots[:, 0] > _DEFICIENT * 1e3
    along = np.einsum("vk,vkj->vj", estimate / scale, axes)
    f = np.einsum("vj,vj->v", along, along / np.where(usable[:, None], roots, 1.0)) / len(turned)
    return np.where(usable, f, np.nan), len(turned)


def t_test(estimate: FloatArray, std_error: FloatArray, df: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Give t and its two-sided p-value; NaN where either input is."""
    t = np.full(np.shape(estimate), np.nan)
    np.divide(estimate, std_error, out=t, where=std_error > 0)
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
