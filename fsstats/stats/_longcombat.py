"""Longitudinal ComBat on arrays: what is common to the sites comes from a model with an intercept of each subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fsstats._frames import FloatArray, Positions
from fsstats.stats._combat import Common, Rows, centred, site_design
from fsstats.stats._mixed_fit import fit_mixed
from fsstats.stats._random import random_of
from fsstats.stats.guards import Notes

Scale = Literal["reml", "msr"]


@dataclass(frozen=True, slots=True)
class Subjects:
    """How much subjects and their visits vary, of each region."""

    between: FloatArray
    """Shape (regions,): variance of the subjects' intercepts."""
    within: FloatArray
    """Shape (regions,): residual variance."""

    def intercepts(self, rest: FloatArray, subject: Positions) -> FloatArray:
        """Predict the intercept of each row's subject.

        Parameters
        ----------
        rest : ndarray, shape (rows, regions)
            Values less the model's fixed part; NaN where missing.
        subject : ndarray of int, shape (rows,)
            Which subject a row is of, 0 and up without gaps.

        Returns
        -------
        ndarray, shape (rows, regions)
            Best linear unbiased predictions.
        """
        there = np.isfinite(rest)
        total, n = _sums(np.where(there, rest, 0.0), subject), _sums(there.astype(np.float64), subject)
        predicted: FloatArray = self.between * total / (self.within + n * self.between)
        return predicted[subject]


def longitudinal_of(
    values: FloatArray, rows: Rows, scale: Scale, names: Sequence[str]
) -> tuple[Common, Subjects, Notes]:
    """Fit sites, covariates and an intercept of each subject to each region, by restricted maximum likelihood.

    Parameters
    ----------
    values : ndarray, shape (rows, regions)
        NaN where missing.
    rows : Rows
        Their sites, covariates and subjects.
    scale : {"reml", "msr"}
        The standard deviation by which values are divided: that of the model, or the root of the mean squared
        residual from the subjects' own predictions.
    names : sequence of str
        Of the sites and covariates, for the notes.

    Returns
    -------
    tuple of (Common, Subjects, ndarray)
        NaN where there is no model; the notes say why.
    """
    design = site_design(rows)
    fits = fit_mixed(values, design, random_of(["subject"], [rows.subject]), columns=names)
    subjects = Subjects(fits.components[:, 0], fits.components[:, 1])
    variance = subjects.within
    if scale == "msr":
        rest = values - design @ fits.estimate.T
        squares = (rest - subjects.intercepts(rest, rows.subject)) ** 2
        there = np.isfinite(values)
        variance = np.where(there, squares, 0.0).sum(axis=0) / there.sum(axis=0)
    return centred(values, rows, fits.estimate, variance), subjects, fits.notes


def expected_of(values: FloatArray, rows: Rows, common: Common, subjects: Subjects | None) -> FloatArray:
    """Give what is expected of each row without its site: of people alike or, with `subjects`, of this one."""
    expected = common.expected(rows.covariates)
    if subjects is None:
        return expected
    return expected + subjects.intercepts(values - expected - common.site[rows.site], rows.subject)


def _sums(values: FloatArray, subject: Positions) -> FloatArray:
    """Sum the rows of each subject."""
    order = np.argsort(subject, kind="stable")
    starts = np.flatnonzero(np.diff(subject[order], prepend=-1))
    return np.asarray(np.add.reduceat(values[order], starts))
