"""The random effects of a mixed model: which there are, how each is computed, and whether the rows can tell them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from fsstats._frames import FloatArray, Positions
from fsstats.errors import TableError
from fsstats.tables.panel import BoolArray

_AS_COLUMNS: Final = 40
"""Random effects with so few groups (sites) are columns of the mixed model equations, beside one with more."""
_AT_MOST: Final = 200
"""... and with so many if there is no other way, as they are crossed with it."""


@dataclass(frozen=True, slots=True)
class Random:
    """The random effects of a model. Made by `random_of`."""

    names: tuple[str, ...]
    """The columns that tell groups apart."""
    codes: tuple[Positions, ...]
    """By each of them the group of each row."""
    inner: int
    """The one with most groups, or with the slope: rows are summed within its groups."""
    outer: int | None
    """One that has many groups, and those of `inner` within them; the order of rows has regard to it."""
    few: tuple[int, ...]
    """Those with few groups."""
    along: FloatArray | None = None
    """What the random slope is along, centred and scaled."""
    shift: float = 0.0
    scale: float = 1.0

    def take(self, rows: BoolArray | Positions) -> "Random":
        """Give the random effects of some rows, or of all in another order."""
        along = None if self.along is None else self.along[rows]
        return replace(self, codes=tuple(code[rows] for code in self.codes), along=along)

    @property
    def is_simple(self) -> bool:
        """Say whether there are intercepts only, at most one of them with many groups."""
        return self.along is None and self.outer is None


def random_of(names: Sequence[str], codes: Sequence[Positions], *, along: FloatArray | None = None) -> Random:
    """Decide how each random effect is computed.

    Parameters
    ----------
    names : sequence of str
        The columns that tell groups apart. A random slope is of the last.
    codes : sequence of ndarray of int
        For each of them the group of each row, 0 and up.
    along : ndarray, optional
        What the random slope is along.

    Returns
    -------
    Random
        The random effects.

    Raises
    ------
    TableError
        If several have many groups, and are not nested.
    """
    levels = [int(code.max()) + 1 for code in codes]
    inner = len(names) - 1 if along is not None else int(np.argmax(levels))
    others = sorted((place for place in range(len(names)) if place != inner), key=lambda place: -levels[place])
    outer = None
    if others and along is None and levels[others[0]] > _AS_COLUMNS and _lies_within(codes[inner], codes[others[0]]):
        outer, *others = others
    if sum(levels[place] for place in others) > _AT_MOST:
        found = " and ".join(f"{levels[place]} of {names[place]}" for place in [inner, *others])
        message = (
            f"groups: expected at most {_AT_MOST} groups beside those of one column, or nested ones, found {found}"
        )
        raise TableError(message)
    if along is None:
        return Random(tuple(names), tuple(codes), inner, outer, tuple(others))
    shift, scale = float(along.mean()), float(along.std()) or 1.0
    return Random(tuple(names), tuple(codes), inner, outer, tuple(others), (along - shift) / scale, shift, scale)


def _lies_within(inner: Positions, outer: Positions) -> bool:
    """Say whether each inner group lies in one outer group."""
    first = np.zeros(int(inner.max()) + 1, dtype=np.intp)
    first[inner] = outer
    return bool((first[inner] == outer).all())


def component_names(names: Sequence[str], slope: str | None) -> list[tuple[str, str]]:
    """Name the components of variance: of which groups, and what.

    Examples
    --------
    >>> component_names(["subject"], "time")
    [('subject', 'Intercept'), ('subject', 'time'), ('subject', 'covariance'), ('Residual', 'Residual')]
    """
    found = [(name, "Intercept") for name in names]
    if slope is not None:
        found += [(names[-1], slope), (names[-1], "covariance")]
    return [*found, ("Residual", "Residual")]


def components_of(random: Random, theta: FloatArray, s2: FloatArray) -> FloatArray:
    """Turn parameters into variances, in the order of `component_names`.

    Parameters
    ----------
    random : Random
        The random effects.
    theta : ndarray, shape (regions, parameters)
        Roots of variances in units of the residual's: of `inner`, of `outer`, of `few`. With a slope the first three
        are the lower triangle of the root of the covariance of intercept and slope.
    s2 : ndarray, shape (regions,)
        Residual variances.
    """
    is_sloped = random.along is not None
    made = np.empty((len(theta), len(random.names) + (3 if is_sloped else 1)))
    if is_sloped:
        root = np.zeros((len(theta), 2, 2))
        root[:, 0, 0], root[:, 1, 0], root[:, 1, 1] = theta[:, 0], theta[:, 1], theta[:, 2]
        root = np.array([[1.0, -random.shift / random.scale], [0.0, 1.0 / random.scale]]) @ root
        own = root @ root.transpose(0, 2, 1)
        made[:, random.inner], made[:, -3], made[:, -2] = own[:, 0, 0], own[:, 1, 1], own[:, 0, 1]
        rest = random.few
    else:
        rest = (random.inner, *(() if random.outer is None else (random.outer,)), *random.few)
    made[:, list(rest)] = theta[:, theta.shape[1] - len(rest) :] ** 2
    made[:, -1] = 1.0
    return made * s2[:, None]


def not_told(random: Random, basis: FloatArray) -> str | None:
    """Say why these rows cannot tell the variances; None if they can.

    Parameters
    ----------
    random : Random
        The random effects of the rows.
    basis : ndarray, shape (rows, columns)
        Columns that span the design, of about the same length.
    """
    counts = [int(np.count_nonzero(np.bincount(code))) for code in random.codes]
    reasons = (_why_not(*one, basis) for one in zip(random.names, random.codes, counts, strict=True))
    alone = next((why for why in reasons if why is not None), None)
    return alone or _why_not_both(random, counts) or _why_no_slope(random) or _why_no_residual(random, basis)


def _why_not(name: str, code: Positions, count: int, basis: FloatArray) -> str | None:
    if count == 1:
        return f"all values are of one group of {name}"
    if count == len(code):
        return f"each group of {name} has one value, so that its variance cannot be told from the residual's"
    if count <= basis.shape[1] and _is_spanned(basis, code):
        return f"the formula takes up all differences between groups of {name}"
    return None


def _is_spanned(basis: FloatArray, code: Positions) -> bool:
    """Say whether the columns give the groups exactly."""
    _, number = np.unique(code, return_inverse=True)
    groups = np.eye(int(number.max()) + 1)[number]
    left = groups - basis @ np.linalg.lstsq(basis, groups)[0]
    return bool(np.abs(left).max() < 1e-8)


def _why_not_both(random: Random, counts: Sequence[int]) -> str | None:
    for first, second in combinations(range(len(counts)), 2):
        if counts[first] == counts[second] and _lies_within(random.codes[first], random.codes[second]):
            return f"{random.names[first]} and {random.names[second]} make the same groups"
    return None


def _why_no_slope(random: Random) -> str | None:
    if random.along is None or _times(random.codes[random.inner], random.along).max() >= 3:
        return None
    return f"no group of {random.names[random.inner]} has values at three times, which a random slope needs"


def _times(code: Positions, along: FloatArray) -> Positions:
    """Count the different times of each group."""
    order = np.lexsort([along, code])
    is_new = (np.diff(code[order], prepend=-1) != 0) | (np.diff(along[order], prepend=np.inf) != 0)
    return np.unique(code[order][is_new], return_counts=True)[1]


def _why_no_residual(random: Random, basis: FloatArray) -> str | None:
    """Count what is left of the rows beside groups, slopes and the design: with nothing, likelihoods have no bound."""
    code = random.codes[random.inner]
    taken = len(np.unique(code)) if random.along is None else np.minimum(_times(code, random.along), 2).sum()
    left = len(code) - int(taken)
    dummies = [np.eye(int(random.codes[place].max()) + 1)[random.codes[place]] for place in random.few]
    columns = np.concatenate([basis, *dummies], axis=1)
    if left > columns.shape[1]:
        return None
    columns /= np.linalg.norm(columns, axis=0).clip(1e-300)
    inner = columns - _lines_of_groups(columns, code, random.along)
    if left > np.linalg.matrix_rank(inner, tol=1e-8):
        return None
    return f"{len(code)} rows are too few to tell the residual variance beside these groups"


def _lines_of_groups(columns: FloatArray, code: Positions, along: FloatArray | None) -> FloatArray:
    """Give what each group's mean, or its line along something, makes of columns."""
    _, number = np.unique(code, return_inverse=True)

    def mean(of: FloatArray) -> FloatArray:
        total = np.zeros((int(number.max()) + 1, of.shape[1]))
        np.add.at(total, number, of)
        return (total / np.bincount(number)[:, None])[number]

    level = mean(columns)
    if along is None:
        return level
    off = along[:, None] - mean(along[:, None])
    spread = mean(off**2)
    slope = mean(off * columns) / np.where(spread > 1e-20, spread, 1.0)
    return level + np.where(spread > 1e-20, slope, 0.0) * off
