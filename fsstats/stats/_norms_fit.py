"""Arrays of normative models: mean and standard deviation of many regions at once, and quantiles of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from fsstats._frames import FloatArray

_LOG_CHI2: Final = float(special.digamma(0.5) + np.log(2))
"""Mean of the logarithm of a squared standard normal deviate."""
_ROUNDS: Final = 200
_CLOSE: Final = 1e-10
_LARGEST_STEP: Final = 2.0
_LEAST: Final = 1e-8
"""Variances below this part of the largest are taken for it; the fit then does not settle."""
_LARGEST_EXPONENT: Final = 500.0
_NUMBERS_AT_ONCE: Final = 1 << 22
_LEVERAGE: Final = 1 - 1e-9
"""A row with more than this leverage decides a coefficient by itself."""


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Mean and standard deviation of regions, as they go with covariates."""

    coefficients: FloatArray
    """Shape (regions, p)."""
    roots: FloatArray
    """Shape (regions, p, p). The squared length of x times this is the variance of the mean at x."""
    spreads: FloatArray
    """Shape (regions, q): coefficients of the logarithm of the variance."""
    spread_roots: FloatArray
    """Shape (regions, q, q). The squared length of w times this is half the variance of that logarithm at w."""
    df: FloatArray
    """Shape (regions,): rows less p, as a share of the rows."""


def fit_gaussian(y: FloatArray, x: FloatArray, w: FloatArray) -> tuple[Gaussian, FloatArray]:
    """Fit mean and standard deviation of regions that have the same rows.

    Parameters
    ----------
    y : ndarray, shape (n, k)
        Values, none missing, none constant.
    x : ndarray, shape (n, p)
        Design of the mean, of full rank, p < n.
    w : ndarray, shape (n, q)
        Design of the logarithm of the variance; one column of ones for a constant one.

    Returns
    -------
    tuple of (Gaussian, ndarray of shape (n, k))
        The model, and for each row its z value by the model without it.

    Notes
    -----
    With a constant variance: least squares, and the residual variance over n - p. Else weighted least squares for the
    mean and Fisher scoring for the variance in turn until neither changes, as in Aitkin (1987), with squared
    residuals divided by 1 - h for the leverage h.
    """
    q, r = np.linalg.qr(x)
    basis, own = np.linalg.qr(w)
    is_constant = w.shape[1] == 1 and bool(np.ptp(w) == 0)
    means, inverse, logs = _constant(y, q, basis) if is_constant else _varying(y, q, basis)
    back, spread_back = np.linalg.inv(r), np.linalg.inv(own)
    n, k = y.shape
    model = Gaussian(
        coefficients=means @ back.T,
        roots=back @ inverse,
        spreads=logs @ spread_back.T,
        spread_roots=np.broadcast_to(spread_back, (k, *spread_back.shape)).copy(),
        df=np.full(k, 1 - x.shape[1] / n),
    )
    residuals, variance = y - q @ means.T, np.exp(basis @ logs.T)
    free = 1 - _lengths(q, inverse) / variance
    free = np.where(free > 1 - _LEVERAGE, free, np.nan)
    squares = residuals**2 / (variance * free)
    t, df = _left_out(squares, n - x.shape[1]) if is_constant else _left_out_varying(squares, basis, x.shape[1])
    return model, z_of(np.sign(residuals) * t, df)


def _constant(y: FloatArray, q: FloatArray, basis: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fit by least squares: means and a root of their covariance on the basis, logarithm of the variance on its."""
    n, p = q.shape
    means = y.T @ q
    variance = ((y - q @ means.T) ** 2).sum(axis=0) / (n - p)
    inverse = np.sqrt(variance)[:, None, None] * np.eye(p)
    return means, inverse, np.log(variance)[:, None] / basis[0]


def _varying(y: FloatArray, q: FloatArray, basis: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fit mean and variance in turn; as `_constant`."""
    leverage = (q**2).sum(axis=1)[:, None]
    squares = (y - q @ (q.T @ y)) ** 2 / np.clip(1 - leverage, 1 - _LEVERAGE, None)
    floor = 1e-12 * squares.mean(axis=0)  # a residual of 0 has no logarithm
    logs = (np.log(np.maximum(squares, floor)) - _LOG_CHI2).T @ basis
    for _ in range(_ROUNDS):
        variance = np.exp(basis @ logs.T)
        variance = np.maximum(variance, _LEAST * variance.max(axis=0))
        means, inverse = _weighted(y, q, 1 / variance)
        free = np.clip(1 - _lengths(q, inverse) / variance, 1 - _LEVERAGE, None)
        step = ((y - q @ means.T) ** 2 / (variance * free) - 1).T @ basis
        longest = np.abs(basis @ step.T).max(axis=0)
        logs = logs + step * np.minimum(1, _LARGEST_STEP / np.maximum(longest, 1e-300))[:, None]
        if longest.max() < _CLOSE:
            return means, inverse, logs
    logs[longest >= _CLOSE] = np.nan
    return means, inverse, logs


def _weighted(y: FloatArray, q: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit by weighted least squares, with weights of each region."""
    n, p = q.shape
    products = (q[:, :, None] * q[:, None, :]).reshape(n, p * p)
    cross = (products.T @ weights).T.reshape(-1, p, p)
    inverse = np.swapaxes(np.linalg.inv(np.linalg.cholesky(cross)), 1, 2)
    means = inverse @ (np.swapaxes(inverse, 1, 2) @ ((weights * y).T @ q)[:, :, None])
    return means[:, :, 0], inverse


def _lengths(x: FloatArray, roots: FloatArray) -> FloatArray:
    """Give the squared length of each row times the root of each region, shape (rows, regions)."""
    at_once = max(1, _NUMBERS_AT_ONCE // max(x.size, 1))
    found = np.empty((len(x), len(roots)))
    for start in range(0, len(roots), at_once):
        part = slice(start, start + at_once)
        found[:, part] = ((x @ roots[part]) ** 2).sum(axis=2).T
    return found


def _left_out(squares: FloatArray, df: int) -> tuple[FloatArray, FloatArray]:
    """Give the size of t of each row by the model without it, and its degrees of freedom, of squared residuals.

    These are the externally studentised residuals. The squares are internally studentised.
    """
    rest = df - squares
    t = np.sqrt(np.divide(squares * (df - 1), rest, out=np.full_like(squares, np.inf), where=rest > 0))
    return np.where(np.isnan(squares), np.nan, t), np.full_like(squares, df - 1)


def _left_out_varying(squares: FloatArray, basis: FloatArray, p: int) -> tuple[FloatArray, FloatArray]:
    """Give the same where the variance varies, one step of the scoring away from the model of all rows."""
    n = len(squares)
    share = (basis**2).sum(axis=1)[:, None]
    share = np.where(share < _LEVERAGE, share, np.nan)
    less = np.minimum(share * (squares - 1) / (1 - share), _LARGEST_EXPONENT)
    return np.sqrt(squares * np.exp(less)), (1 - p / (n - 1)) * (1 - share) / share * np.ones_like(squares)


def z_of(t: FloatArray, df: FloatArray) -> FloatArray:
    """Give the normal deviate with the same probability as t has with df degrees of freedom."""
    size = np.abs(t)
    tail = stats.t.sf(size, df)
    z = stats.norm.isf(tail)
    return np.sign(t) * np.where(np.isfinite(z) & (tail > 0), z, size)


@dataclass(frozen=True, slots=True)
class Place:
    """Where values lie in the distribution at given covariates."""

    mean: FloatArray
    """Shape (rows, regions)."""
    sd: FloatArray
    """Of a new value: with the uncertainty of the mean."""
    df: FloatArray
    """How well the standard deviation is known."""


def place_of(model: Gaussian, x: FloatArray, w: FloatArray) -> Place:
    """Give mean and standard deviation of a new value for each row and region.

    Parameters
    ----------
    model : Gaussian
        What was fitted.
    x, w : ndarray, shapes (rows, p) and (rows, q)
        The designs of these rows.

    Returns
    -------
    Place
        Arrays of shape (rows, regions).
    """
    variance = np.exp(w @ model.spreads.T)
    sd = np.sqrt(variance + _lengths(x, model.roots))
    return Place(x @ model.coefficients.T, sd, model.df / _lengths(w, model.spread_roots))


def fit_quantiles(y: npt.NDArray[np.float64], x: FloatArray, shares: Sequence[float]) -> FloatArray:
    """Fit linear quantiles of one region.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Values, none missing.
    x : ndarray, shape (n, p)
        Design, of full rank.
    shares : sequence of float
        Which quantiles, between 0 and 1.

    Returns
    -------
    ndarray, shape (quantiles, p)
        Coefficients.

    Notes
    -----
    The dual linear programme of Koenker and Bassett (1978), by a simplex method. Rows are sorted first: where several
    solutions are as good, the same is found in every order of the subjects.
    """
    order = np.lexsort((*x.T[::-1], y))
    q, r = np.linalg.qr(x[order])
    centre, scale = y.mean(), y.std()
    sorted_y = (y[order] - centre) / scale
    q = q * np.sqrt(len(y))
    found = np.empty((len(shares), x.shape[1]))
    for place, share in enumerate(shares):
        solved = optimize.linprog(
            -sorted_y, A_eq=q.T, b_eq=(1 - share) * q.sum(axis=0), bounds=(0, 1), method="highs-ds"
        )
        fitted = q @ -solved.eqlin.marginals * scale + centre if solved.status == 0 else np.full(len(y), np.nan)
        found[place] = np.linalg.solve(r, q.T @ fitted / np.sqrt(len(y)))
    return found
