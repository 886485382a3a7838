"""CovBat on arrays: after ComBat, principal components whose scores are freed of the sites once more."""

from dataclasses import dataclass

import numpy as np

from fsstats._frames import FloatArray, Positions
from fsstats.stats._combat import Estimation, SiteEffects, sites_of, without_sites


@dataclass(frozen=True, slots=True)
class Scores:
    """Principal components of regions, and what each site does to their scores."""

    centre: FloatArray
    """Shape (regions,): mean of what ComBat gives, in SD."""
    width: FloatArray
    """Shape (regions,): its standard deviation."""
    loadings: FloatArray
    """Shape (components, regions)."""
    scale: FloatArray
    """Shape (components,): standard deviation of the scores within sites."""
    sites: SiteEffects
    """Of the scores divided by `scale`; shape (sites, components)."""


def scores_of(residuals: FloatArray, site: Positions, n_sites: int, explained: float) -> Scores:
    """Fit what sites do to the covariance of regions.

    Parameters
    ----------
    residuals : ndarray, shape (rows, regions)
        What ComBat gives, in SD, without what is kept; none missing.
    site : ndarray of int, shape (rows,)
        The site of each row.
    n_sites : int
        How many there are.
    explained : float
        The first components that explain more than this part of the variance are adjusted.

    Returns
    -------
    Scores
        Sites' means and variances of the scores, without a prior.
    """
    centre, width = residuals.mean(axis=0), residuals.std(axis=0, ddof=1)
    standard = (residuals - centre) / width
    _, lengths, axes = np.linalg.svd(standard, full_matrices=False)
    part = np.cumsum(lengths**2) / np.sum(lengths**2)
    loadings = axes[: int(np.argmax(part > explained)) + 1]
    scores = standard @ loadings.T
    means = np.array([scores[site == one].mean(axis=0) for one in range(n_sites)])
    scale = np.sqrt(((scores - means[site]) ** 2).mean(axis=0))
    return Scores(centre, width, loadings, scale, sites_of(scores / scale, site, n_sites, Estimation("none")))


def rotated(residuals: FloatArray, site: Positions, scores: Scores) -> FloatArray:
    """Take the sites out of the scores, and give the residuals that belong to them."""
    before = (residuals - scores.centre) / scores.width @ scores.loadings.T
    after = without_sites(before / scores.scale, site, scores.sites) * scores.scale
    return residuals + (after - before) @ scores.loadings * scores.width
