"""One method against one other program."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Agreement:
    """One method against the figures of one other program."""

    method: str
    """What of ours: ``regress``, ``regress, HC3`` …"""
    quantity: str
    """Which numbers: ``estimate, standard error, t, p``."""
    program: str
    """Whose figures: ``R 4.2.2 lm``."""
    file: str
    """Where they stand, in tests/reference/expected."""
    tolerance: float
    """The largest difference that is allowed."""
    kind: str
    """relative, absolute, or in units of something."""
    difference: Callable[[], float]
    """Compute the largest difference."""
    why: str = ""
    """Why the tolerance is larger than 1e-8, where it is."""


def relative(ours, theirs) -> float:
    """Give the largest difference relative to theirs; both must be missing at the same places."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    scale = np.where(theirs == 0, 1.0, np.abs(theirs))
    return float(np.nanmax(np.abs(ours - theirs) / scale))


def absolute(ours, theirs) -> float:
    """Give the largest difference; both must be missing at the same places."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    return float(np.nanmax(np.abs(ours - theirs)))
