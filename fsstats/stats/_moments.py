"""Random effects: what they make of sums of squares and products, for many regions at once.

With V = s2 V0, everything that a mixed model needs is C' V0^-1 C (C: the columns of the design and the values) and the
log of V0's determinant. V0 is a block per group, so both come from sums over groups that do not change while the
variances are searched for. The functions here sum once and give a function of the variances.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from fsstats._frames import FloatArray, Positions

Moments = tuple[FloatArray, FloatArray]
"""C' V0^-1 C, the values as its last column, shape (regions, P + 1, P + 1); log det V0, shape (regions,)."""
Products = Callable[[FloatArray, Positions], Moments]
"""From roots of variance ratios, shape (regions, k), and the places of these regions, to the moments."""


class Sums(NamedTuple):
    """Sums of squares and products within groups, and between them by the size of the groups.

    The first axis is the regions, or of length 1 where they share it.
    """

    sizes: FloatArray
    """(r, D): the D different sizes of groups; 1 where there are fewer."""
    counts: FloatArray
    """(r, D): how many groups have it."""
    within: FloatArray
    """(r, P, P)"""
    between: FloatArray
    """(r, D, P, P): sum over groups of this size of the products of their sums."""
    within_y: FloatArray
    """(regions, P)"""
    between_y: FloatArray
    """(regions, D, P)"""
    within_yy: FloatArray
    """(regions,)"""
    between_yy: FloatArray
    """(regions, D)"""


def intercept_sums(columns: FloatArray, values: FloatArray, starts: Positions) -> Sums:
    """Sum for one random intercept.

    Parameters
    ----------
    columns : ndarray, shape (n, P)
        The design; rows of a group stand together.
    values : ndarray, shape (n, regions)
        None missing.
    starts : ndarray of int
        Where the groups begin.
    """
    sizes = np.diff(np.r_[starts, len(columns)])
    total, total_y = np.add.reduceat(columns, starts), np.add.reduceat(values, starts)
    inner = columns - np.repeat(total / sizes[:, None], sizes, axis=0)
    inner_y = values - np.repeat(total_y / sizes[:, None], sizes, axis=0)
    different, which = np.unique(sizes, return_inverse=True)
    own = [which == place for place in range(len(different))]
    return Sums(
        sizes=different[None].astype(np.float64),
        counts=np.bincount(which)[None].astype(np.float64),
        within=(inner.T @ inner)[None],
        between=np.stack([total[rows].T @ total[rows] for rows in own])[None],
        within_y=inner_y.T @ inner,
        between_y=np.stack([total_y[rows].T @ total[rows] for rows in own], axis=1),
        within_yy=np.einsum("ij,ij->j", inner_y, inner_y),
        between_yy=np.stack([np.einsum("ij,ij->j", total_y[rows], total_y[rows]) for rows in own], axis=1),
    )


def stacked(parts: Sequence[Sums]) -> Sums:
    """Put the sums of regions with different missing rows together."""
    if len(parts) == 1:
        return parts[0]
    most = max(part.sizes.shape[1] for part in parts)
    whole = [_widened(part, most, len(part.within_yy)) for part in parts]
    return Sums(*(np.concatenate(arrays) for arrays in zip(*whole, strict=True)))


def _widened(part: Sums, most: int, regions: int) -> Sums:
    """Give every region its own arrays, and room for so many sizes of groups; the further ones count 0 groups."""
    more = most - part.sizes.shape[1]

    def wide(array: FloatArray, fill: float = 0.0) -> FloatArray:
        gap = [(0, 0), (0, more)] + [(0, 0)] * (array.ndim - 2)
        padded = np.pad(array, gap, constant_values=fill)
        return np.broadcast_to(padded, (regions, *padded.shape[1:]))

    return Sums(
        sizes=wide(part.sizes, 1.0),
        counts=wide(part.counts),
        within=np.broadcast_to(part.within, (regions, *part.within.shape[1:])),
        between=wide(part.between),
        within_y=part.within_y,
        between_y=wide(part.between_y),
        within_yy=part.within_yy,
        between_yy=wide(part.between_yy),
    )


def _rows(sums: Sums, which: Positions) -> Sums:
    """Take these regions; what they share stays as it is."""
    return Sums(*(array if len(array) == 1 else array[which] for array in sums))


def intercepts(sums: Sums) -> Products:
    """Give the moments of one random intercept: V0 = I + theta^2 Z Z'."""

    def products(theta: FloatArray, which: Positions) -> Moments:
        own = _rows(sums, which)
        shrunk = 1.0 + own.sizes * theta[:, :1] ** 2
        weight = 1.0 / (own.sizes * shrunk)
        regions, p = own.within_y.shape
        moments = np.empty((regions, p + 1, p + 1))
        moments[:, :p, :p] = own.within + _weighted(weight, own.between)
        moments[:, p, :p] = moments[:, :p, p] = own.within_y + np.einsum("rd,rdp->rp", weight, own.between_y)
        moments[:, p, p] = own.within_yy + np.einsum("rd,rd->r", weight, own.between_yy)
        return moments, (own.counts * np.log(shrunk)).sum(axis=1)

    return products


def _weighted(weight: FloatArray, matrices: FloatArray) -> FloatArray:
    """Sum matrices with the weights of each region."""
    r, d, p, _ = matrices.shape
    flat = matrices.reshape(r, d, p * p)
    summed: FloatArray = weight @ flat[0] if r == 1 else np.matmul(weight[:, None, :], flat)[:, 0]
    return summed.reshape(-1, p, p)


def nested_intercepts(columns: FloatArray, values: FloatArray, starts: Positions, outer: Positions) -> Products:
    """Give the moments of two random intercepts, the groups of one lying within those of the other.

    Parameters
    ----------
    columns, values, starts
        As for `intercept_sums`, of the inner groups; those of an outer group stand together.
    outer : ndarray of int
        Of the inner groups, where the outer ones begin.

    Notes
    -----
    V0 = I + a^2 A A' + b^2 B B' (A: inner, B: outer). The inverse of a block of an outer group is that of its inner
    groups, less one product (Sherman and Morrison).
    """
    sums = intercept_sums(columns, values, starts)
    inner = intercepts(sums)
    sizes = np.diff(np.r_[starts, len(columns)])
    different = sums.sizes[0]
    total = np.concatenate([np.add.reduceat(part, starts) for part in (columns, values)], axis=1)
    by_size = np.stack([np.add.reduceat(total * (sizes == size)[:, None], outer) for size in different])
    counts = np.stack([np.add.reduceat(sizes * (sizes == size), outer) for size in different]).astype(np.float64)
    p = columns.shape[1]

    def products(theta: FloatArray, which: Positions) -> Moments:
        moments, log_det = inner(theta, which)
        weight = 1.0 / (1.0 + different * theta[:, :1] ** 2)
        total_x = np.einsum("rd,dsp->rsp", weight, by_size[:, :, :p], optimize=True)
        total_y = np.einsum("rd,dsr->rs", weight, by_size[:, :, p + which])
        shrunk = 1.0 + theta[:, 1:] ** 2 * (weight @ counts)
        both = np.concatenate([total_x, total_y[:, :, None]], axis=2)
        moments -= np.matmul((both * (theta[:, 1:] ** 2 / shrunk)[:, :, None]).transpose(0, 2, 1), both)
        return moments, log_det + np.log(shrunk).sum(axis=1)

    return products


def slopes(columns: FloatArray, values: FloatArray, starts: Positions, along: FloatArray) -> Products:
    """Give the moments of a random intercept and slope, which may be correlated.

    Parameters
    ----------
    columns, values, starts
        As for `intercept_sums`.
    along : ndarray, shape (n,)
        What the slope is along (time), centred and scaled.

    Notes
    -----
    V0 = I + Z L L' Z', Z = [1, along], L = [[t0, 0], [t1, t2]]. Per group only the two by two matrix
    (P^-1 + Z'Z)^-1 with P = L L' is needed, which is written out.
    """
    z = np.stack([np.ones_like(along), along])
    x0, x1 = (np.add.reduceat(columns * one[:, None], starts) for one in z)
    y0, y1 = (np.add.reduceat(values * one[:, None], starts).T for one in z)
    n, s1, s2 = (np.add.reduceat(one, starts) for one in (z[0], along, along**2))
    p = columns.shape[1]
    cross = np.concatenate([_outer(x0, x0), _outer(x0, x1) + _outer(x1, x0), _outer(x1, x1)])
    xx, xy, yy = columns.T @ columns, values.T @ columns, np.einsum("ij,ij->j", values, values)

    def products(theta: FloatArray, which: Positions) -> Moments:
        p00, p01, p11, det_p = _covariance(theta)
        det = 1.0 + n * p00 + 2.0 * s1 * p01 + s2 * p11 + (n * s2 - s1**2) * det_p
        m00, m01, m11 = (p00 + s2 * det_p) / det, (p01 - s1 * det_p) / det, (p11 + n * det_p) / det
        own0, own1 = y0[which], y1[which]
        my0, my1 = m00 * own0 + m01 * own1, m01 * own0 + m11 * own1
        moments = np.empty((len(which), p + 1, p + 1))
        moments[:, :p, :p] = xx - (np.concatenate([m00, m01, m11], axis=1) @ cross).reshape(-1, p, p)
        moments[:, p, :p] = moments[:, :p, p] = xy[which] - my0 @ x0 - my1 @ x1
        moments[:, p, p] = yy[which] - np.einsum("rg,rg->r", my0, own0) - np.einsum("rg,rg->r", my1, own1)
        return moments, np.log(det).sum(axis=1)

    return products


def _outer(left: FloatArray, right: FloatArray) -> FloatArray:
    """Give the products of the columns of each row, shape (groups, P * P)."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def _covariance(theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give P = L L': its three elements and its determinant, each of shape (regions, 1)."""
    t0, t1, t2 = theta[:, :1], theta[:, 1:2], theta[:, 2:3]
    return t0**2, t0 * t1, t1**2 + t2**2, (t0 * t2) ** 2
