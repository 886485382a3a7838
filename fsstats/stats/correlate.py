"""Correlation of every region with a number of each person, with or without covariates."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from scipy import special, stats

from fsstats._frames import FloatArray, plain_rows
from fsstats.errors import FormulaError, UnknownNameError
from fsstats.schema import CELL
from fsstats.stats._formula import variables_of
from fsstats.stats._model import Model, model_of
from fsstats.stats._rank import patterns
from fsstats.stats._results import results_table
from fsstats.stats._terms import terms_of
from fsstats.stats.effect_sizes import normal_quantile
from fsstats.stats.guards import refuse_repeated

Correlation = Literal["pearson", "spearman"]
_NAMES: Final = {
    ("pearson", False): ("pearson_r", "Pearson's correlation"),
    ("spearman", False): ("spearman_r", "Spearman's rank correlation"),
    ("pearson", True): ("partial_r", "partial correlation"),
    ("spearman", True): ("partial_spearman_r", "partial rank correlation"),
}
_NOTHING_LEFT: Final = 1e-10
"""Of a column's length: what covariates leave of it must be more."""
_EXACT: Final = 1 - 1e-14
_INDEPENDENT: Final = 1e-7
"""Singular values of covariates of length 1 are above this, or one of them is a combination of others."""


@dataclass(frozen=True, slots=True)
class _Correlations:
    """Correlations of many regions, each of the shape (regions,)."""

    r: FloatArray
    df: FloatArray
    n: FloatArray
    reasons: list[str]
    """Why there is none, or ''."""


def correlate(
    table: pd.DataFrame,
    variable: str,
    *,
    method: Correlation = "pearson",
    covariates: str | Collection[str] | None = (),
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    r"""Correlate every region with a number: age, a score, a dose.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns (`join`), or what ``to_wide(table, sep=None)`` gives.
    variable : str
        The column of numbers, or a header Measure (``eTIV``).
    method : {"pearson", "spearman"}
        Of the values, or of their ranks: any monotonous relation, and outliers count little.
    covariates : str or collection of str
        What is held constant in both: columns, header Measures, or terms of a formula (``bs(age)``).
    allow : str or collection of str
        What may be mixed in one analysis; as for `regress`.
    conf_level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        The results table, a row per region: ``estimate`` and ``effect_size`` are r, without unit; ``effect_name`` is
        pearson_r, spearman_r, partial_r or partial_spearman_r. Each region rests on the rows that have its value and
        all variables; ``n_missing`` counts the others.

    Raises
    ------
    FormulaError
        If `variable` is no number, is among the covariates, or a covariate cannot be used.
    UnknownNameError
        If a name or `method` does not exist.
    TableError
        If runs of several streams or versions would be mixed, or a subject has several runs.
    ColumnsError
        If it is no long table.

    Notes
    -----
    r is that of what the covariates (and the mean) leave of both, with n - 2 - c degrees of freedom for c independent
    columns of covariates; t = r sqrt(df / (1 - r^2)). The partial correlation has the t of the variable in
    ``value ~ variable + covariates``, so `regress` gives the same p. Of ranks all columns are ranked, within the rows
    of the region, ties by their mean rank; t is an approximation then, which is poor below some 10 rows.

    Intervals: atanh r -+ z / sqrt(df - 1) (Fisher), of ranks with sqrt((1 + r^2 / 2) / (df - 1)) [1]_. The standard
    error is (1 - r^2) / sqrt(df), of ranks times sqrt(1 + r^2 / 2). A correlation of exactly 1 or -1 has no test.

    References
    ----------
    .. [1] Bonett DG, Wright TA (2000). Sample size requirements for estimating Pearson, Kendall and Spearman
       correlations. Psychometrika 65, 23-28.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume", "eTIV"]), made.participants)
    >>> results = correlate(table, "age", covariates=["sex", "eTIV"])
    >>> results.query("region == 'Left-Hippocampus'")[["term", "estimate", "df", "effect_name"]].round(2)
       term  estimate    df effect_name
    12  age     -0.64  36.0   partial_r
    """
    normal_quantile(conf_level)  # refuses what is no level
    names = terms_of(covariates, table)
    _require_method(method)
    model, place = _model(table, variable, names, allow)
    values, matrix = model.panel.values, model.design.matrix
    others = np.delete(matrix, place, axis=1)
    found = _correlations(values, matrix[:, place], others, variable, ranks=method == "spearman")
    told = [cell for cell, why in enumerate(found.reasons) if why]
    notes = model.with_notes(told, [found.reasons[cell] for cell in told]).notes
    given = f", given {' + '.join(names)}" if names else ""
    effect_name, what = _NAMES[method, bool(names)]
    columns = _tested(found.r, found.df, conf_level, ranks=method == "spearman")
    return results_table(
        model.panel.cells.assign(unit="unitless"),
        [variable],
        **{name: one[:, None] for name, one in columns.items()},
        df_term=1.0,
        effect_name=effect_name,
        n=found.n[:, None],
        n_missing=(model.left_out + len(values) - found.n)[:, None],
        method=f"{what}{given}; t",
        note=notes[:, None],
    )


def correlate_pairs(
    table: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    method: Correlation = "pearson",
    covariates: str | Collection[str] | None = (),
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    """Correlate every region with every other one, each pair as `correlate` does, by one model for all.

    Parameters
    ----------
    table : DataFrame
        As for `correlate`.
    cells : DataFrame, k rows
        source, hemi, region and measure of the regions.
    method, covariates, allow : optional
        As for `correlate`.

    Returns
    -------
    DataFrame, k (k - 1) / 2 rows
        estimate (r), p_value, n and effect_name: of the first region with each after it, then of the second, and so on.
        NaN where there is no correlation.

    Raises
    ------
    UnknownNameError, FormulaError, TableError, ColumnsError
        As for `correlate`.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": list("abcde") * 2, "session": None, "stream": "cross", "source": "aseg"})
    >>> table = table.assign(hemi=None, region=["CSF"] * 5 + ["Brain-Stem"] * 5, measure="volume", unit="mm^3")
    >>> table = table.assign(value=[1.0, 2, 3, 4, 5, 2, 1, 4, 3, 5])
    >>> correlate_pairs(table, table[["source", "hemi", "region", "measure"]].drop_duplicates()).round(2)
       estimate  p_value    n effect_name
    0       0.8      0.1  5.0   pearson_r
    """
    names = terms_of(covariates, table)
    _require_method(method)
    model = model_of(table, f"value ~ {' + '.join(names) or '1'}", allow=allow, needed_by="correlate")
    refuse_repeated(model.panel, allow, instead="mixed")
    places = {cell: place for place, cell in enumerate(plain_rows(model.panel.cells[list(CELL)]))}
    values = model.panel.values[:, [places[cell] for cell in plain_rows(cells[list(CELL)])]]
    found = []
    for place, own in enumerate(values.T[:-1]):
        rows, after = np.isfinite(own), values[:, place + 1 :]
        found.append(_correlations(after[rows], own[rows], model.design.matrix[rows], "", ranks=method == "spearman"))
    r, df, n = (np.concatenate([getattr(one, name) for one in found]) for name in ("r", "df", "n"))
    p = _tested(r, df, 0.95, ranks=method == "spearman")["p_value"]
    return pd.DataFrame({"estimate": r, "p_value": p, "n": n, "effect_name": _NAMES[method, bool(names)][0]})


def _require_method(method: str) -> None:
    if (method, False) not in _NAMES:
        raise UnknownNameError.among("method of correlation", method, ("pearson", "spearman"))


def _model(table: pd.DataFrame, variable: str, covariates: list[str], allow: Collection[str]) -> tuple[Model, int]:
    """Give values and design, and the column of the variable in the design."""
    quoted = f"`{variable}`"
    if covariates and variable in variables_of(" + ".join(covariates)):
        raise FormulaError.at(variable, expected="covariates without it", found=" + ".join(covariates))
    formula = f"value ~ {' + '.join([quoted, *covariates])}"
    model = model_of(table, formula, allow=allow, needed_by="correlate")
    refuse_repeated(model.panel, allow, instead="mixed")
    if variable in model.design.levels:
        hint = "compare is for groups"
        raise FormulaError.at(variable, expected="a column of numbers", found="one with levels", hint=hint)
    return model, model.design.columns.index(variable)


def _correlations(values: FloatArray, x: FloatArray, z: FloatArray, variable: str, *, ranks: bool) -> _Correlations:
    """Correlate all regions with x given z, those with values in the same rows at once."""
    m = values.shape[1]
    found = _Correlations(np.full(m, np.nan), np.full(m, np.nan), np.zeros(m), [""] * m)
    for has_values, cells in patterns(np.isfinite(values)):
        rows = np.flatnonzero(has_values)
        y_x_z = values[np.ix_(rows, cells)], x[rows, None], z[rows]
        y, own, covariates = (stats.rankdata(one, axis=0) if ranks and len(rows) else one for one in y_x_z)
        r, df, reasons = _correlated(y, own, covariates, variable)
        found.r[cells], found.df[cells], found.n[cells] = r, df, len(rows)
        for cell, why in zip(cells, reasons, strict=True):
            found.reasons[cell] = why or (
                "is exactly 1 or -1, so there is no test" if abs(found.r[cell]) >= _EXACT else ""
            )
    return found


def _tested(r: FloatArray, df: FloatArray, conf_level: float, *, ranks: bool) -> dict[str, FloatArray]:
    """Give standard errors, tests and intervals of correlations; none of those that are exactly 1 or -1."""
    inside = np.where(np.abs(r) < _EXACT, r, np.nan)
    wider = np.sqrt(1 + inside**2 / 2) if ranks else np.ones_like(r)
    share = (1 - inside) * (1 + inside)
    std_error = wider * share / np.sqrt(df)
    t = inside * np.sqrt(df / share)
    centre, reach = np.arctanh(inside), normal_quantile(conf_level) * wider / np.sqrt(np.where(df > 1, df - 1, np.nan))
    low, high = np.tanh(centre - reach), np.tanh(centre + reach)
    own = {"estimate": r, "std_error": std_error, "ci_low": low, "ci_high": high}
    size = {"effect_size": r, "effect_se": std_error, "effect_low": low, "effect_high": high}
    return own | size | {"statistic": t, "df": df, "p_value": np.asarray(2 * special.stdtr(df, -np.abs(t)))}


def _correlated(y: FloatArray, x: FloatArray, z: FloatArray, variable: str) -> tuple[FloatArray, float, list[str]]:
    """Correlate columns of y with x, both without what z and the mean explain of them."""
    basis = _basis(z)
    df = len(x) - basis.shape[1] - 1
    if df < 1:
        why = f"too few rows: {len(x)}" if len(x) else "no values"
        return np.full(y.shape[1], np.nan), np.nan, [why] * y.shape[1]
    (y_left, y_length, y_why), (x_left, x_length, x_why) = (_left(one, basis) for one in (y, x))
    if x_why[0]:
        return np.full(y.shape[1], np.nan), np.nan, [f"in the rows of this region {variable} {x_why[0]}"] * y.shape[1]
    r = np.clip((x_left.T @ y_left)[0] / (x_length * np.where(y_length > 0, y_length, np.nan)), -1.0, 1.0)
    return np.where([bool(why) for why in y_why], np.nan, r), df, y_why


def _basis(z: FloatArray) -> FloatArray:
    """Give orthonormal columns that span the mean and z."""
    n = len(z)
    if n == 0:
        return np.empty((0, 1))
    mean = np.full((n, 1), n**-0.5)
    off = (z - z.mean(axis=0))[:, np.ptp(z, axis=0) > 0]
    if off.shape[1] == 0:
        return mean
    left, sizes, _ = np.linalg.svd(off / np.linalg.norm(off, axis=0), full_matrices=False)
    return np.column_stack([mean, left[:, sizes > _INDEPENDENT]])


def _left(columns: FloatArray, basis: FloatArray) -> tuple[FloatArray, FloatArray, list[str]]:
    """Give what a basis leaves of columns, its length, and for each column why nothing is left, or ''."""
    off = columns - columns.mean(axis=0)
    left = off - basis @ (basis.T @ off)
    left -= basis @ (basis.T @ left)  # twice is enough for orthogonality to working precision
    whole, length = (np.linalg.norm(one, axis=0) for one in (off, left))
    constant = np.ptp(columns, axis=0) == 0
    given = length <= _NOTHING_LEFT * whole
    why = np.where(constant, "does not vary", np.where(given, "is given by the covariates", ""))
    return left, np.where(constant | given, 0.0, length), [str(one) for one in why]
