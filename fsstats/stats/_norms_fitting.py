"""From a long table and a formula to norms of every region, and what must be said of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, Positions, some_of
from fsstats.errors import TableError, UnknownNameError
from fsstats.schema import SUBJECT_KEY
from fsstats.stats._coding import coding_of
from fsstats.stats._derived import Reference, labels_of, levels_of, of_runs, reference_rows, says
from fsstats.stats._formula import variables_of
from fsstats.stats._model import Model, model_of
from fsstats.stats._norms import Norms
from fsstats.stats._norms_fit import Gaussian, fit_gaussian, fit_quantiles
from fsstats.stats._rank import dependent_columns, patterns
from fsstats.stats.design import Design, design_of
from fsstats.stats.guards import refuse_repeated
from fsstats.tables.panel import BoolArray, panel_of
from fsstats.tables.variables import places_of
from fsstats.tables.versions import VERSION_COLUMNS

METHODS: Final = ("gaussian", "quantile")
_FEW: Final = 30
_BEYOND: Final = 5.0
"""A fitted centile ought to have this many runs of the reference beyond it."""
_NO_SPREAD: Final = 1e-10
"""Residuals below this part of the values are rounding."""


@dataclass(frozen=True, slots=True)
class FittedNorms:
    """Norms, and what else came of fitting them."""

    norms: Norms
    runs: pd.DataFrame
    """subject, session and stream of the reference."""
    own: FloatArray
    """z of each run of the reference by gaussian norms without it, shape (runs, cells)."""
    said: list[str]


@dataclass(frozen=True, slots=True)
class _Cells:
    """What was fitted to each cell."""

    n: npt.NDArray[np.int64]
    faults: list[str | None]
    """Why a cell could not be fitted."""
    gaussian: Gaussian | None
    quantiles: FloatArray | None
    own: FloatArray


@dataclass(frozen=True, slots=True)
class NormChoices:
    """What the caller wants; see `fit_norms`."""

    formula: str
    reference: Reference | None
    method: str = "gaussian"
    spread: str | None = None
    centiles: Sequence[float] = ()
    allow: Collection[str] = ()


def fitted_norms(table: pd.DataFrame, asked: NormChoices, *, needed_by: str) -> FittedNorms:
    """Fit norms, and say what is doubtful.

    Parameters
    ----------
    table : DataFrame
        See `fit_norms`.
    asked : NormChoices
        What is wanted.
    needed_by : str
        Who asks, for errors.

    Returns
    -------
    FittedNorms
        The norms and what is to be said of them.

    Raises
    ------
    FsstatsError
        Of the kinds that `fit_norms` names.
    """
    centiles = _centiles(asked)
    whole = panel_of(table, needed_by=needed_by, leave_out=tuple(VERSION_COLUMNS))
    own = of_runs(table, whole, reference_rows(whole.people, asked.reference, needed_by=needed_by))
    also = variables_of(asked.spread) if asked.spread else []
    model = model_of(own, asked.formula, also=also, allow=asked.allow, needed_by=needed_by)
    refuse_repeated(model.panel, asked.allow, instead="one run of each, such as the first session")
    levels = levels_of(asked.reference)
    _require_enough(model.design, levels)
    measured = [name for name in (*variables_of(asked.formula), *also) if name not in whole.people.columns]
    model = _without(model, [*places_of(measured, model.panel.cells).values()] if measured else [])
    model = replace(model, panel=replace(model.panel, cells=_in_own_units(model.panel.cells, whole.cells)))
    spread = design_of(asked.spread, model.panel.people) if asked.spread else None
    found = _fit_cells(model, spread, centiles)
    faults = named(model.panel.cells, found.faults)
    if len(faults) == len(model.panel.cells):
        message = f"no region can be fitted: {some_of(faults)}"
        raise TableError(message)
    norms = _norms(model, spread, found, centiles, levels)
    said = [f"no norms of {some_of(faults)}"] if faults else []
    said += _doubts(model.panel.cells, found, centiles, levels)
    return FittedNorms(norms, model.panel.people[list(SUBJECT_KEY)], found.own, said)


def _norms(
    model: Model,
    spread: Design | None,
    found: _Cells,
    centiles: tuple[float, ...],
    levels: Mapping[str, tuple[str, ...]],
) -> Norms:
    notes = [
        "; ".join(str(one) for one in both if one is not None) or None
        for both in zip(model.notes.tolist(), found.faults, strict=True)
    ]
    return Norms(
        method="quantile" if centiles else "gaussian",
        response=model.design.response,
        reference=levels,
        coding=coding_of(model.design),
        spread=coding_of(spread) if spread else None,
        ranges=_ranges([model.design, *([spread] if spread else [])]),
        centiles=centiles,
        cells=model.panel.cells.assign(n=found.n, note=pd.Series(notes, dtype="str")),
        gaussian=found.gaussian,
        quantiles=found.quantiles,
    )


def _centiles(asked: NormChoices) -> tuple[float, ...]:
    """Give the centiles to fit; none for a normal distribution."""
    if asked.method not in METHODS:
        raise UnknownNameError.among("method of norms", str(asked.method), METHODS)
    if asked.method == "gaussian":
        return ()
    if asked.spread is not None:
        message = "spread goes with method='gaussian'; quantiles follow the spread by themselves"
        raise TableError(message)
    wanted = tuple(sorted({float(one) for one in asked.centiles}))
    require_between(wanted)
    if len(wanted) < 2:
        message = f"expected two centiles or more, found {len(wanted)}"
        raise TableError(message)
    return wanted


def require_between(centiles: Sequence[float]) -> None:
    """Raise `TableError` if these are no centiles."""
    wrong = [one for one in centiles if not 0 < one < 100]
    if wrong or not centiles:
        message = f"expected centiles between 0 and 100, found {wrong[0] if wrong else 'none'}"
        raise TableError(message)


def _require_enough(design: Design, levels: Mapping[str, Sequence[str]]) -> None:
    n, p = design.matrix.shape
    if n <= p + 1:
        message = f"the reference ({says(levels)}) has {n} runs with all variables, and {design.formula} needs {p + 2}"
        raise TableError(message)


def _without(model: Model, cells: Sequence[int]) -> Model:
    """Leave out the cells that are variables."""
    kept = np.setdiff1d(np.arange(len(model.panel.cells)), np.array(cells, dtype=np.intp))
    return Model(model.panel.of_cells(kept), model.design, model.left_out, model.notes[kept])


def _in_own_units(cells: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Give cells with the units of their values, not of what is modelled: log(mm^3)."""
    units = dict(zip(labels_of(whole), whole["unit"], strict=True))
    return cells.assign(unit=pd.Series([units[label] for label in labels_of(cells)], index=cells.index, dtype="str"))


def _ranges(designs: Sequence[Design]) -> dict[str, tuple[float, float]]:
    numbers = {
        str(name): design.data[name].to_numpy(dtype=np.float64)
        for design in designs
        for name in design.data.columns
        if name not in design.levels
    }
    return {name: (float(own.min()), float(own.max())) for name, own in numbers.items()}


def _fit_cells(model: Model, spread: Design | None, centiles: Sequence[float]) -> _Cells:
    """Fit all cells, those with the same runs together."""
    values, x = model.panel.values, model.design.matrix
    w = np.ones((len(x), 1)) if spread is None else spread.matrix
    (n, k), p, q = values.shape, x.shape[1], w.shape[1]
    gaussian, quantiles = _empty(k, p, q), np.full((k, len(centiles), p), np.nan)
    own, faults = np.full((n, k), np.nan), np.full(k, None, dtype=object)
    for rows, cells in patterns(np.isfinite(values)):
        fault = _fault_of_rows(x[rows], w[rows], model.design, spread)
        flat = np.ones(len(cells), dtype=np.bool_) if fault else _is_flat(values[np.ix_(rows, cells)], x[rows])
        faults[cells[flat]] = fault or "constant, or without spread beyond the variables"
        usable = cells[~flat]
        y = values[np.ix_(rows, usable)]
        if centiles:
            for column, cell in enumerate(usable):
                quantiles[cell] = fit_quantiles(y[:, column], x[rows], [one / 100 for one in centiles])
        elif len(usable):
            part, own[np.ix_(rows, usable)] = fit_gaussian(y, x[rows], w[rows])
            _put(gaussian, usable, part)
            faults[usable[np.isnan(part.spreads).any(axis=1)]] = "the fit of its spread does not settle"
    of_values = np.isfinite(values).sum(axis=0)
    return _Cells(of_values, faults.tolist(), None if centiles else gaussian, quantiles if centiles else None, own)


def _empty(k: int, p: int, q: int) -> Gaussian:
    shapes = ((k, p), (k, p, p), (k, q), (k, q, q), (k,))
    return Gaussian(*(np.full(shape, np.nan) for shape in shapes))


def _put(into: Gaussian, cells: Positions, part: Gaussian) -> None:
    for one in fields(Gaussian):
        getattr(into, one.name)[cells] = getattr(part, one.name)


def _fault_of_rows(x: FloatArray, w: FloatArray, design: Design, spread: Design | None) -> str | None:
    """Say why these runs are not enough for the designs, if so."""
    (n, p), q = x.shape, w.shape[1] if spread else 0
    if n <= p + q + 1:
        return f"{n} values, and {p + q + 2} are needed"
    for matrix, own in ((x, design), (w, spread)):
        dependent = dependent_columns(matrix, own.columns) if own else []
        if dependent:
            return f"in the runs that have it, {dependent[0].says}"
    return None


def _is_flat(y: FloatArray, x: FloatArray) -> BoolArray:
    q = np.linalg.qr(x)[0]
    rest = np.abs(y - q @ (q.T @ y)).max(axis=0)
    return np.asarray(rest <= _NO_SPREAD * np.abs(y).max(axis=0))


def named(cells: pd.DataFrame, notes: Sequence[str | None]) -> list[str]:
    """Name cells with what is said of them."""
    names = [" ".join(part for part in label[1:] if part) for label in labels_of(cells)]
    return [f"{name} ({note})" for name, note in zip(names, notes, strict=True) if note is not None]


def _doubts(
    cells: pd.DataFrame, found: _Cells, centiles: Sequence[float], levels: Mapping[str, Sequence[str]]
) -> list[str]:
    """Say which regions rest on little."""
    usable = [fault is None for fault in found.faults]
    few = [str(n) if n < _FEW and good else None for n, good in zip(found.n, usable, strict=True)]
    names = some_of(named(cells, few))
    said = [f"the reference ({says(levels)}) has fewer than {_FEW} values of {names}"] if names else []
    n = int(found.n[usable].max())
    outer = [f"{one:g}" for one in centiles if n * min(one, 100 - one) / 100 < _BEYOND]
    return said + ([f"fewer than {_BEYOND:g} of {n} runs are beyond the centile(s) {', '.join(outer)}"] * bool(outer))
