"""How well the model of each region fits, and whether its assumptions hold."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy.special import chdtrc
from scipy.stats import shapiro

from fsstats._frames import FloatArray
from fsstats.schema import CELL
from fsstats.stats._fitting import FittedModels, LinearChoices, fitted
from fsstats.stats._ols import f_p_value, fit, leverage, wald


def model_fit(
    table: pd.DataFrame,
    formula: str,
    *,
    weights: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
) -> pd.DataFrame:
    r"""Say how well a linear model fits each region, and test its assumptions.

    Parameters
    ----------
    table : DataFrame
        As for `regress`.
    formula : str
        As for `regress`.
    weights : str, optional
        As for `regress`.
    reference : mapping of str to str, optional
        As for `regress`.
    allow : str or collection of str
        As for `regress`.

    Returns
    -------
    DataFrame
        A row per region: source, hemi, region, measure, unit; ``n``, ``n_missing``, ``df`` (residual), ``sigma``
        (residual standard deviation, in the measure's unit), ``r_squared``, ``adj_r_squared``; ``f``, ``df_model`` and
        ``p_value`` of the whole model; ``log_likelihood``, ``aic``, ``bic`` (comparable between models of the same
        rows); ``breusch_pagan_p`` (small: variances differ, or weights are not their inverse; use HC3), ``shapiro_p``
        (small: residuals are not normal); ``max_cooks_distance``, ``max_leverage``, ``max_rstudent`` (a single row that
        pulls); ``note``.

    Raises
    ------
    FormulaError, UnknownNameError, TableError, ColumnsError
        As for `regress`.

    Notes
    -----
    The Breusch-Pagan test is Koenker's studentised one [1]_, as R's ``bptest``: n times the R squared of a regression
    of the squared residuals on the design. The Shapiro-Wilk test is of the residuals, of up to 5,000 rows. With weights
    both are of the residuals times the roots of the weights, which have equal variances if the weights are right.

    References
    ----------
    .. [1] Koenker R (1981). J Econometrics 17, 107-112.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume", "eTIV"]), made.participants)
    >>> fits = model_fit(table, "value ~ age + sex + eTIV")
    >>> fits.query("region == 'Left-Hippocampus'")[["n", "df", "r_squared"]].round(2)
         n    df  r_squared
    12  40  36.0       0.57
    """
    choices = LinearChoices(weights=weights, reference=reference, allow=allow)
    done = fitted(table, formula, choices, needed_by="model_fit", keep_residuals=True)
    cells = done.model.panel.cells[[*CELL, "unit"]].astype("str")
    n, missing = done.fits.n, done.n_missing.astype(np.int64)
    parts = {"n": n, "n_missing": missing, "df": done.fits.df, "sigma": done.fits.sigma}
    found = parts | _whole(done) | _likelihood(done) | _assumptions(done) | _influence(done)
    return cells.assign(**found, note=pd.Series(done.notes, dtype="str"))


def _whole(done: FittedModels) -> dict[str, FloatArray]:
    """Give R squared, and the test of all columns but the intercept."""
    fits, design = done.fits, done.model.design
    own = [place for place, name in enumerate(design.columns) if name != "Intercept"]
    has_intercept = len(own) < len(design.columns)
    values = np.where(fits.present, done.model.panel.values, 0.0)
    weights = np.broadcast_to(done.weights[:, None], values.shape) * fits.present
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (values * weights).sum(axis=0) / weights.sum(axis=0) if has_intercept else 0.0
        total = (weights * (values - centre) ** 2).sum(axis=0)
        r_squared = np.where(np.isnan(fits.sigma), np.nan, 1.0 - fits.rss / total)
    adjusted = 1.0 - (1.0 - r_squared) * (fits.n - float(has_intercept)) / fits.df
    if not own:
        none = np.full(len(fits.n), np.nan)
        return {"r_squared": r_squared, "adj_r_squared": adjusted, "f": none, "df_model": none * 0, "p_value": none}
    f, q = wald(fits, np.eye(len(design.columns))[own])
    df_model = np.full(len(f), float(q))
    return {
        "r_squared": r_squared,
        "adj_r_squared": adjusted,
        "f": f,
        "df_model": df_model,
        "p_value": f_p_value(f, df_model, fits.df),
    }


def _likelihood(done: FittedModels) -> dict[str, FloatArray]:
    fits, n = done.fits, done.fits.n
    k = n - fits.df + 1.0  # sigma is a parameter
    logs = np.log(done.weights) @ fits.present
    with np.errstate(invalid="ignore", divide="ignore"):
        per_row = np.where(np.isnan(fits.sigma), np.nan, fits.rss) / n
        likelihood = 0.5 * (logs - n * (np.log(2 * np.pi * per_row) + 1.0))
        bic = -2 * likelihood + k * np.log(n)
    return {"log_likelihood": likelihood, "aic": -2 * likelihood + 2 * k, "bic": bic}


def _assumptions(done: FittedModels) -> dict[str, FloatArray]:
    """Test whether the squared residuals depend on the design, and whether the residuals are normal."""
    fits = done.fits
    squares = np.where(fits.present, fits.residuals**2, np.nan)
    centred = squares - np.nansum(squares, axis=0) / np.maximum(fits.n, 1)
    again = fit(centred, done.model.design.matrix)
    total = np.nansum(centred**2, axis=0)
    usable = np.isfinite(fits.sigma)
    statistic = np.full(len(fits.n), np.nan)
    plain = usable & (total > 0)
    np.divide(fits.n * (total - again.rss), total, out=statistic, where=plain)
    k = np.where(usable, fits.n - fits.df - 1.0, np.nan)
    normal = np.full(len(fits.n), np.nan)
    for place in np.flatnonzero(usable & (fits.n >= 3) & (fits.n <= 5000)):
        normal[place] = shapiro(fits.residuals[fits.present[:, place], place]).pvalue
    bp = np.asarray(chdtrc(np.where(k > 0, k, np.nan), statistic), dtype=np.float64)
    return {"breusch_pagan_p": bp, "shapiro_p": normal}


def _influence(done: FittedModels) -> dict[str, FloatArray]:
    """Give the largest Cook's distance, leverage and externally studentised residual of each region."""
    fits, p = done.fits, done.fits.n - done.fits.df
    hat = np.where(fits.present, leverage(fits), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        inner = fits.residuals**2 / (fits.sigma**2 * (1.0 - hat))
        cooks = inner * hat / (1.0 - hat) / p
        outer = np.sqrt(inner * (fits.df - 1.0) / (fits.df - inner))
    largest = {"max_cooks_distance": cooks, "max_leverage": hat, "max_rstudent": outer}
    usable = np.isfinite(fits.sigma)
    return {name: np.where(usable, _largest(values), np.nan) for name, values in largest.items()}


def _largest(values: FloatArray) -> FloatArray:
    """Give the largest number of each column that is one; rows that determine a coefficient alone have none."""
    finite = np.where(np.isfinite(values), values, -np.inf)
    return np.asarray(finite.max(axis=0, initial=-np.inf))
