"""From a long table and a formula to fitted models of all regions, and what must be said of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, is_number, some_of
from fsstats.errors import FormulaError, TableError, UnknownNameError, warn
from fsstats.stats._model import Model, model_of
from fsstats.stats._ols import COVARIANCES, Covariance, Fits, Linear, fit, interval, t_test
from fsstats.stats._rank import dependent_columns
from fsstats.stats._results import results_table
from fsstats.stats.design import Coding, Design
from fsstats.stats.effect_sizes import require_level
from fsstats.stats.guards import Notes, noted, refuse_repeated
from fsstats.tables.panel import BoolArray

FEW_CLUSTERS: Final = 40
_NAMES: Final = {"classical": "classical standard errors", "cluster": "standard errors by clusters of {} (CR1)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearChoices:
    """How linear models are fitted; what `regress` and its relatives have in common."""

    std_errors: str = "classical"
    cluster: str | None = None
    weights: str | None = None
    reference: Mapping[str, str] | None = None
    allow: Collection[str] = ()
    conf_level: float = 0.95


@dataclass(frozen=True, slots=True)
class FittedModels:
    """FittedModels models of all regions."""

    model: Model
    fits: Fits
    weights: FloatArray
    """Of each row; 1 without weights."""
    notes: Notes
    """For each cell what must be said of it, or None."""
    method: str

    @property
    def n_missing(self) -> FloatArray:
        """Rows that each cell lacks, for want of a variable or of the value."""
        return (self.model.left_out + len(self.fits.present) - self.fits.n).astype(np.float64)


def fitted(
    table: pd.DataFrame,
    formula: str,
    choices: LinearChoices,
    *,
    needed_by: str,
    coding: Coding = "treatment",
    keep_residuals: bool = False,
) -> FittedModels:
    """Fit a formula to every cell of a table.

    Parameters
    ----------
    table : DataFrame
        See `model_of`.
    formula : str
        See `design_of`.
    choices : LinearChoices
        Standard errors, weights and so on.
    needed_by : str
        Who asks, for errors.
    coding : {"treatment", "sum"}
        How levels are coded where the formula does not say.
    keep_residuals : bool
        Have them in the result.

    Returns
    -------
    FittedModels
        Models and notes.

    Raises
    ------
    FsstatsError
        Of the kinds that `regress` names.
    """
    require_level(choices.conf_level)
    kind = _kind(choices)
    also = [name for name in (choices.weights, choices.cluster) if name is not None]
    model = model_of(
        table, formula, reference=choices.reference, also=also, allow=choices.allow, coding=coding, needed_by=needed_by
    )
    if choices.cluster is None or not _keeps_together(model.panel.people, choices.cluster):
        refuse_repeated(model.panel, choices.allow, instead="mixed, or cluster='subject'")
    clusters = None
    if choices.cluster is not None:
        clusters = pd.factorize(model.panel.people[choices.cluster])[0]
        _warn_of_few(choices.cluster, int(clusters.max()) + 1)
    weights = np.ones(len(model.panel.people)) if choices.weights is None else _weights(model, choices.weights)
    fits = fit(
        model.panel.values,
        model.design.matrix,
        weights=None if choices.weights is None else weights,
        covariance=kind,
        clusters=clusters,
        keep_residuals=keep_residuals,
    )
    return FittedModels(model, fits, weights, _notes(model, fits), _method(choices, kind, model))


def _kind(choices: LinearChoices) -> Covariance:
    if choices.std_errors not in COVARIANCES or choices.std_errors == "cluster":
        known = [name for name in COVARIANCES if name != "cluster"]
        raise UnknownNameError.among("kind of standard error", choices.std_errors, known)
    if choices.cluster is not None and choices.std_errors != "classical":
        message = f"standard errors are either by clusters or {choices.std_errors}, not both; leave one of them out"
        raise TableError(message)
    kind: Covariance = "cluster" if choices.cluster is not None else choices.std_errors  # type: ignore[assignment] # checked
    return kind


def _keeps_together(people: pd.DataFrame, cluster: str) -> bool:
    """Say whether all runs of a subject are of one cluster."""
    return len(people[["subject", cluster]].drop_duplicates()) == people["subject"].nunique()


def _warn_of_few(name: str, n: int) -> None:
    if n < 2:
        message = f"cluster: expected at least 2 values of {name}, found {n}"
        raise TableError(message)
    if n < FEW_CLUSTERS:
        warn(f"{n} clusters of {name} are few (below {FEW_CLUSTERS}): p-values are too small; mixed is safer")


def _weights(model: Model, name: str) -> FloatArray:
    column = model.panel.people[name]
    if not is_number(column) or not (column > 0).all() or np.isinf(column).any():
        raise FormulaError.at(f"weights {name}", expected="positive numbers", found=_odd(column))
    return column.to_numpy(dtype=np.float64)


def _odd(column: pd.Series) -> str:
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return "text"
    return f"{int((~(column > 0) | np.isinf(column)).sum())} of {len(column)} that are not"


def _method(choices: LinearChoices, kind: Covariance, model: Model) -> str:
    errors = _NAMES.get(kind, f"{kind} standard errors").format(choices.cluster)
    how = "ordinary least squares" if choices.weights is None else f"least squares weighted by {choices.weights}"
    return f"{how}, {errors}; {model.design.response} ~ {model.design.formula}"


def _notes(model: Model, fits: Fits) -> Notes:
    """Say of each cell why it could not be fitted, or not wholly."""
    notes = model.notes.copy()
    undefined = np.isnan(fits.covariance).any(axis=(1, 2))
    lost = fits.lost.any(axis=1)
    for place in np.flatnonzero(lost | fits.deficient | fits.constant | np.isnan(fits.df) | undefined):
        if notes[place] is None or fits.n[place]:  # without any value a note that there is says why
            notes[place] = noted(notes[place], _why(model, fits, int(place)))
    return notes


def _why(model: Model, fits: Fits, place: int) -> str:
    n, columns = int(fits.n[place]), model.design.columns
    if n == 0:
        return "no values"
    if n <= len(columns):
        return f"too few rows: {n} for {len(columns)} columns of the design"
    lost = _lost_levels(model.design, fits.present[:, place])
    if lost and (fits.deficient[place] or fits.lost[place].any()):
        return f"this region has no values of {some_of(lost)}"
    if fits.deficient[place] or fits.lost[place].any():
        own = dependent_columns(model.design.matrix[fits.present[:, place]], columns)
        said = "; ".join(one.says for one in own)
        return f"in the rows of this region {said}" if said else "its rows hardly tell the terms apart"
    if not fits.constant[place]:
        return _why_undefined(fits)
    values = model.panel.values[fits.present[:, place], place]
    return "does not vary" if np.ptp(values) == 0 else "is given by the model without any residual"


def _lost_levels(design: Design, rows: BoolArray) -> list[str]:
    """Name the levels that some rows have none of."""
    kept = {name: set(design.data[name][rows]) for name in design.levels}
    return [f"{name} {level}" for name, levels in design.levels.items() for level in levels if level not in kept[name]]


def _why_undefined(fits: Fits) -> str:
    if fits.n_clusters is not None:
        return "its rows are all of one cluster"
    return "one row alone determines a coefficient (leverage 1), so HC2 to HC4 are not defined"


def term_rows(
    done: FittedModels, found: Linear, names: Sequence[str], conf_level: float, **columns: object
) -> pd.DataFrame:
    """Put combinations of coefficients into a results table: t tests of each.

    Parameters
    ----------
    done : FittedModels
        The models.
    found : Linear
        What was estimated, k combinations of coefficients.
    names : sequence of str, length k
        How it is called.
    conf_level : float
        Of the intervals.
    **columns : object
        Further columns, as for `results_table`.

    Returns
    -------
    DataFrame
        Results.
    """
    estimate, std_error, _ = found
    df = done.fits.test_df[:, None]
    t, p = t_test(estimate, std_error, df)
    low, high = interval(estimate, std_error, df, conf_level)
    own: dict[str, object] = {
        "estimate": estimate,
        "std_error": std_error,
        "statistic": t,
        "df_term": 1.0,
        "df": df,
        "p_value": p,
        "ci_low": low,
        "ci_high": high,
        "n": done.fits.n[:, None],
        "n_missing": done.n_missing[:, None],
        "method": f"{done.method}; t",
        "note": done.notes[:, None],
    }
    return results_table(done.model.panel.cells, names, **own | columns)
