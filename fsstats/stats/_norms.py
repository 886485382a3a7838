"""Fitted norms: a value that can be applied to other people, and stored as text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
import pandas as pd
from scipy import stats

from fsstats._frames import FloatArray, Positions, is_number
from fsstats.errors import FormulaError, TableError
from fsstats.schema import CELL
from fsstats.stats._coding import CodedFormula, coding_from, plain
from fsstats.stats._derived import labels_of
from fsstats.stats._formula import RESPONSES
from fsstats.stats._norms_fit import Gaussian, Place, place_of, z_of
from fsstats.stats._stored import Stored, stored_of
from fsstats.tables.panel import BoolArray

NormMethod = Literal["gaussian", "quantile"]


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    """How a measure of each region is distributed in a reference, by age and the like. Made by `fit_norms`."""

    KIND: ClassVar[str] = "fsstats norms 1"
    """Stands first in the text; the number is raised when its layout changes."""

    method: NormMethod
    response: str
    """What was modelled: value, or a function of it such as log(value)."""
    reference: Mapping[str, tuple[str, ...]]
    """The columns and levels of the reference; empty for all runs."""
    coding: CodedFormula
    """The formula of the mean, or of the quantiles."""
    spread: CodedFormula | None
    """The formula of the logarithm of the variance; None for a constant one."""
    ranges: Mapping[str, tuple[float, float]]
    """Least and greatest value of each numeric variable in the reference; infinite where norms were given without."""
    centiles: tuple[float, ...]
    """With quantiles: which were fitted."""
    cells: pd.DataFrame
    """A row a cell: source, hemi, region, measure, unit, ``n`` values of the reference, and a ``note``."""
    gaussian: Gaussian | None
    quantiles: FloatArray | None
    """Shape (cells, centiles, columns of the design)."""

    @property
    def variables(self) -> list[str]:
        """The variables that a person must have."""
        return list(dict.fromkeys([*self.coding.variables, *(self.spread.variables if self.spread else [])]))

    @property
    def of_spread(self) -> int:
        """Columns of the design of the variance."""
        return len(self.spread.columns) if self.spread else 1

    def table(self) -> pd.DataFrame:
        """Give the coefficients, a row per cell, part and column of the design.

        Returns
        -------
        DataFrame
            source, hemi, region, measure and n of the cell; ``part``: mean, log_variance or centile_5 …; ``column``
            of the design; and its ``coefficient``.
        """
        frames = [self._part(name, columns, numbers) for name, columns, numbers in self._parts()]
        return pd.concat(frames, ignore_index=True)

    def _parts(self) -> list[tuple[str, tuple[str, ...], FloatArray]]:
        if self.gaussian is not None:
            spread = self.spread.columns if self.spread else ("Intercept",)
            mean = ("mean", self.coding.columns, self.gaussian.coefficients)
            return [mean, ("log_variance", spread, self.gaussian.spreads)]
        quantiles = self.quantiles if self.quantiles is not None else np.empty((0, 0, 0))
        names = [f"centile_{centile:g}" for centile in self.centiles]
        return [(name, self.coding.columns, quantiles[:, place]) for place, name in enumerate(names)]

    def _part(self, name: str, columns: Sequence[str], numbers: FloatArray) -> pd.DataFrame:
        k, p = numbers.shape
        cells = self.cells[[*CELL, "n"]].iloc[np.repeat(np.arange(k), p)].reset_index(drop=True)
        return cells.assign(part=name, column=np.tile(np.array(columns, dtype=object), k), coefficient=numbers.ravel())

    def to_json(self) -> str:
        """Write it as JSON, every number exactly; nothing of any subject is in it but the ranges of variables.

        Returns
        -------
        str
            A text for `from_json`.
        """
        cells = self.cells.astype("object").where(self.cells.notna(), None)
        of_gaussian = None if self.gaussian is None else _arrays(self.gaussian)
        written = {
            "kind": self.KIND,
            "method": self.method,
            "response": self.response,
            "reference": {name: list(levels) for name, levels in self.reference.items()},
            "coding": self.coding.to_plain(),
            "spread": None if self.spread is None else self.spread.to_plain(),
            "ranges": {name: None if np.isinf(ends).any() else list(ends) for name, ends in self.ranges.items()},
            "centiles": list(self.centiles),
            "cells": {str(name): cells[name].tolist() for name in cells.columns},
            "gaussian": of_gaussian,
            "quantiles": None if self.quantiles is None else plain(self.quantiles),
        }
        return json.dumps(written, allow_nan=False, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Nothing in the text is run.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        Norms
            The same norms.

        Raises
        ------
        TableError
            If it is no such text, or was edited so that an entry is missing, is not what it must be, or does not go
            with another: a variable without a range, centiles that do not rise, a region that stands there twice.
        FormulaError
            If a formula in it calls what a formula may not call.
        """
        return cls(**_entries(stored_of(text, cls.KIND)))


def _entries(stored: Stored) -> dict[str, Any]:
    """Read the fields of norms."""
    method = stored.text("method", get_args(NormMethod))
    reference = stored.part("reference")
    coding = coding_from(stored.part("coding"))
    spread = coding_from(stored.part("spread")) if stored.has("spread") else None
    if spread is not None and method != "gaussian":
        stored.refuse("spread", expected="null with quantiles", found=spread.formula)
    cells = stored.cells("cells", texts=["unit", "note"], counts=["n"])
    stored.require_distinct("cells", labels_of(cells))
    if not len(cells):
        stored.refuse("cells", expected="at least one region", found=[])
    centiles = _centiles(stored, method)
    is_noted, k, p = cells["note"].notna().to_numpy(dtype=np.bool_), len(cells), len(coding.columns)
    return {
        "method": method,
        "response": stored.text("response", RESPONSES),
        "reference": {name: reference.texts(name) for name in reference.entries},
        "coding": coding,
        "spread": spread,
        "ranges": _ranges(stored.part("ranges"), [coding] if spread is None else [coding, spread]),
        "centiles": centiles,
        "cells": cells[[*CELL, "unit", "n", "note"]],
        "gaussian": _gaussian(stored, method, (k, p, len(spread.columns) if spread else 1), is_noted),
        "quantiles": _quantiles(stored, method, (k, len(centiles), p), is_noted),
    }


def _centiles(stored: Stored, method: str) -> tuple[float, ...]:
    found = tuple(stored.numbers("centiles").tolist())
    if method == "gaussian" and found:
        stored.refuse("centiles", expected="none with gaussian norms", found=[*found])
    is_rising = all(low < high for low, high in zip((0.0, *found), (*found, 100.0), strict=True))
    if method == "quantile" and (len(found) < 2 or not is_rising):
        stored.refuse("centiles", expected="two or more between 0 and 100, each above the one before", found=[*found])
    return found


def _ranges(stored: Stored, codings: Sequence[CodedFormula]) -> dict[str, tuple[float, float]]:
    """Read the range of each numeric variable; null where it is not known."""
    variables = dict.fromkeys(name for one in codings for name in one.variables if name not in one.levels)
    strange = [name for name in stored.entries if name not in variables]
    if strange:
        stored.refuse(strange[0], expected=f"ranges of {', '.join(variables)}", found=stored.entry(strange[0]))
    found = {}
    for name in variables:
        ends = stored.numbers(name).tolist() if stored.has(name) else [-np.inf, np.inf]
        if len(ends) != 2 or ends[0] > ends[1]:
            stored.refuse(name, expected="the least and the greatest value", found=ends)
        found[name] = (ends[0], ends[1])
    return {name: found[name] for name in stored.entries}


def _gaussian(stored: Stored, method: str, shape: tuple[int, int, int], is_noted: BoolArray) -> Gaussian | None:
    """Read the arrays; only regions of which the note says why have no numbers."""
    if method != "gaussian":
        _require_none(stored, "gaussian", method)
        return None
    k, p, q = shape
    own = stored.part("gaussian")
    due = {"coefficients": (k, p), "roots": (k, p, p), "spreads": (k, q), "spread_roots": (k, q, q), "df": (k,)}
    found = {name: own.array(name, one, may_lack=True) for name, one in due.items()}
    lacks = np.isnan(found["spreads"]).all(axis=1) & is_noted
    for name, numbers in found.items():
        if not np.isfinite(numbers[~lacks]).all():
            own.refuse(name, expected="numbers, or all of a region's null and a note why", found=None)
    if not (found["df"][~lacks] > 0).all():
        own.refuse("df", expected="positive numbers", found=found["df"][~lacks].min())
    if not np.diagonal(found["spread_roots"], axis1=1, axis2=2)[~lacks].all():
        own.refuse("spread_roots", expected="triangles without 0 in the diagonal", found=0)
    return Gaussian(**found)


def _quantiles(stored: Stored, method: str, shape: tuple[int, int, int], is_noted: BoolArray) -> FloatArray | None:
    """Read the coefficients; only regions of which the note says why have none."""
    if method != "quantile":
        _require_none(stored, "quantiles", method)
        return None
    found = stored.array("quantiles", shape, may_lack=True)
    lacks = np.isnan(found).all(axis=(1, 2)) & is_noted
    if not np.isfinite(found[~lacks]).all():
        stored.refuse("quantiles", expected="numbers, or all of a region's null and a note why", found=None)
    return found


def _require_none(stored: Stored, name: str, method: str) -> None:
    if stored.has(name):
        stored.refuse(name, expected=f"null with {method} norms", found=stored.entry(name))


def _arrays(model: Gaussian) -> dict[str, Any]:
    return {one.name: plain(getattr(model, one.name)) for one in fields(model)}


@dataclass(frozen=True, slots=True)
class Covariates:
    """Designs of people to whom norms are applied."""

    rows: BoolArray
    """Who has all variables, inside their ranges."""
    x: FloatArray
    """Of these: the design of the mean or the quantiles."""
    w: FloatArray
    """And of the variance."""
    said: list[str]
    """Why others have none."""


def covariates_of(norms: Norms, people: pd.DataFrame, *, extrapolate: bool) -> Covariates:
    """Code people as the reference was coded.

    Parameters
    ----------
    norms : Norms
        What was fitted.
    people : DataFrame
        A row each, with all variables.
    extrapolate : bool
        Whether to go beyond the ranges of the reference.

    Returns
    -------
    Covariates
        Their designs.

    Raises
    ------
    FormulaError
        If someone has a level that the reference did not have, a variable holds no numbers, or a spline has no value
        there.
    """
    _require_numbers(people, [*norms.ranges])
    lacks = {name: _is_missing(people[name], is_number=name in norms.ranges) for name in norms.variables}
    rows: BoolArray = ~np.any([np.zeros(len(people), dtype=np.bool_), *lacks.values()], axis=0)
    names = " or ".join(name for name, missing in lacks.items() if missing.any())
    said = [f"{int((~rows).sum())} run(s) lack {names}"] if names else []
    complete = rows.copy()
    if not extrapolate:
        for name, (low, high) in norms.ranges.items():
            numbers = _numbers(people[name])
            outside = complete & ((numbers < low) | (numbers > high))
            rows &= ~outside
            if outside.any():
                said.append(f"{int(outside.sum())} run(s) lie outside the reference's {name}, {low:g} to {high:g}")
    chosen = people.iloc[np.flatnonzero(rows)].reset_index(drop=True)
    x = norms.coding.matrix(chosen) if len(chosen) else np.empty((0, len(norms.coding.columns)))
    w = norms.spread.matrix(chosen) if norms.spread and len(chosen) else np.ones((len(chosen), norms.of_spread))
    return Covariates(rows, x, w, [f"no norms where {'; '.join(said)}"] if said else [])


def _require_numbers(people: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if not is_number(people[name]) and people[name].notna().any():
            raise FormulaError.at(name, expected="numbers", found=str(people[name].dtype))


def _numbers(column: pd.Series) -> FloatArray:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _is_missing(column: pd.Series, *, is_number: bool) -> BoolArray:
    return ~np.isfinite(_numbers(column)) if is_number else column.isna().to_numpy(dtype=np.bool_)


def place(norms: Norms, cells: Positions, covariates: Covariates) -> Place:
    """Give mean and standard deviation of new values of some cells."""
    if norms.gaussian is None:
        message = "norms by quantiles have no mean and standard deviation"
        raise TableError(message)
    model = Gaussian(**{one.name: getattr(norms.gaussian, one.name)[cells] for one in fields(norms.gaussian)})
    return place_of(model, covariates.x, covariates.w)


def z_values(norms: Norms, values: FloatArray, cells: Positions, covariates: Covariates) -> FloatArray:
    """Give z of values, shape (rows, cells)."""
    at = place(norms, cells, covariates)
    return z_of((values - at.mean) / at.sd, at.df)


def fitted_quantiles(norms: Norms, cells: Positions, x: FloatArray) -> tuple[FloatArray, int]:
    """Give the fitted quantiles in rising order, shape (rows, cells, centiles), and in how many rows they crossed."""
    quantiles = np.empty((0, 0, 0)) if norms.quantiles is None else norms.quantiles[cells]
    found = np.einsum("np,kcp->nkc", x, quantiles)
    crossed = (np.diff(found, axis=2) < 0).any(axis=(1, 2))
    return np.sort(found, axis=2), int(crossed.sum())


def centile_values(norms: Norms, values: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Give the centile of values between fitted quantiles; beyond these the outermost."""
    centiles = np.array(norms.centiles)
    below = (quantiles <= values[:, :, None]).sum(axis=2) - 1
    left = np.clip(below, 0, len(centiles) - 2)
    low, high = (np.take_along_axis(quantiles, (left + one)[:, :, None], axis=2)[:, :, 0] for one in (0, 1))
    width = np.where(high > low, high - low, 1.0)
    share = np.clip((values - low) / width, 0, 1)
    return np.asarray(centiles[left] + share * np.diff(centiles)[left])


def gaussian_centiles(at: Place, centiles: Sequence[float]) -> FloatArray:
    """Give the values at centiles, shape (rows, cells, centiles)."""
    t = stats.t.ppf(np.array(centiles) / 100, at.df[:, :, None])
    return np.asarray(at.mean[:, :, None] + at.sd[:, :, None] * t)
