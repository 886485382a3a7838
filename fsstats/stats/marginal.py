"""Estimated marginal means of levels, and slopes of numbers, from the model of every region."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, listed
from fsstats.errors import FormulaError, TableError, UnknownNameError
from fsstats.stats._compared import Pairs, pairs_among
from fsstats.stats._fitting import FittedModels, LinearChoices, fitted, term_rows
from fsstats.stats._ols import Linear, linear
from fsstats.stats._results import effect_columns
from fsstats.stats.design import Design
from fsstats.stats.effect_sizes import d_model
from fsstats.stats.regress import StdErrors

_STEP = 1e-3
"""Of a variable's standard deviation: half the distance over which a slope is taken."""


def marginal_means(
    table: pd.DataFrame,
    formula: str,
    of: str | Collection[str],
    *,
    pairs: Pairs | None = None,
    at: Mapping[str, float | str] | None = None,
    std_errors: StdErrors = "classical",
    cluster: str | None = None,
    weights: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the mean of each level, adjusted for everything else in the model; or the differences of these means.

    Parameters
    ----------
    table : DataFrame
        As for `regress`.
    formula : str
        As for `regress`.
    of : str or collection of str
        The variable with levels whose means are wanted; of several, all combinations of levels.
    pairs : {"all", "reference"}, optional
        Give the difference of every two means in place of the means, the later level less the earlier one; or of each
        and the first.
    at : mapping, optional
        Where other variables are held: a number, or a level. By default numbers are at their mean over all rows of the
        model, the same for all regions, and levels are averaged with equal weights.
    std_errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4"}
        As for `regress`.
    cluster, weights : str, optional
        As for `regress`.
    reference : mapping of str to str, optional
        As for `regress`.
    allow : str or collection of str
        As for `regress`.
    conf_level : float
        As for `regress`.

    Returns
    -------
    DataFrame
        The results table. ``term`` is ``group[control]``, or ``group[patient] - group[control]``. The test of a mean
        is that of a mean of 0. Differences have an effect size, ``d_model``: the difference over the residual standard
        deviation (see `d_model`); with weights there is none, as rows have no such deviation in common.

    Raises
    ------
    UnknownNameError
        If `of` or `at` names what is not in the model, or there is no such choice of pairs.
    TableError
        If there are no two means to compare; and as for `regress`.
    FormulaError, ColumnsError
        As for `regress`.

    Notes
    -----
    The means of a reference grid, as of R's emmeans [1]_, which however takes the mean of a covariate over the rows of
    each region by itself.

    References
    ----------
    .. [1] Searle SR, Speed FM, Milliken GA (1980). American Statistician 34, 216-221.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, effects={"Left-Hippocampus": -0.2}, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume"]), made.participants)
    >>> means = marginal_means(table, "value ~ group + age + sex", "group")
    >>> means.query("region == 'Left-Hippocampus'")[["term", "estimate", "std_error"]].round(0)
                  term  estimate  std_error
    22  group[control]    3962.0       84.0
    23  group[patient]    3231.0       84.0
    """
    choices = LinearChoices(
        std_errors=std_errors,
        cluster=cluster,
        weights=weights,
        reference=reference,
        allow=allow,
        conf_level=conf_level,
    )
    done = fitted(table, formula, choices, needed_by="marginal_means")
    names, means = _means(done.model.design, listed(of), at or {})
    return _rows(done, names, means, pairs, conf_level, in_sds=weights is None)


def slopes(
    table: pd.DataFrame,
    formula: str,
    of: str,
    *,
    by: str | None = None,
    pairs: Pairs | None = None,
    at: Mapping[str, float | str] | None = None,
    std_errors: StdErrors = "classical",
    cluster: str | None = None,
    weights: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Estimate how fast the value changes with a number, in each level of another variable.

    Parameters
    ----------
    table : DataFrame
        As for `regress`.
    formula : str
        As for `regress`.
    of : str
        The number, such as age.
    by : str, optional
        A variable with levels; without it the slope is averaged over all levels with equal weights.
    pairs : {"all", "reference"}, optional
        Give the difference of every two slopes in place of the slopes, as for `marginal_means`.
    at : mapping, optional
        Where variables are held, as for `marginal_means`; of a curve (``bs(age)``) this is where the slope is taken.
    std_errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4"}
        As for `regress`.
    cluster, weights : str, optional
        As for `regress`.
    reference : mapping of str to str, optional
        As for `regress`.
    allow : str or collection of str
        As for `regress`.
    conf_level : float
        As for `regress`.

    Returns
    -------
    DataFrame
        The results table. ``term`` is ``age: group[control]``, or ``age`` without `by`. ``estimate`` is in the
        measure's unit per unit of the number.

    Raises
    ------
    UnknownNameError
        If a name is not in the model.
    FormulaError
        If `of` has levels.
    TableError
        If there are no two slopes to compare; and as for `regress`.
    ColumnsError
        As for `regress`.

    Notes
    -----
    The slope is the difference of two predictions a small step apart (0.002 standard deviations), over the step: exact
    for lines and parabolas.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import join, load
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, seed=1)
    ...     table = join(load(made.root, sources=["aseg"], measures=["volume"]), made.participants)
    >>> found = slopes(table, "value ~ group * age + sex", "age", by="group")
    >>> found.query("region == 'Left-Hippocampus'")[["term", "estimate", "unit"]].round(1)
                       term  estimate  unit
    22  age: group[control]      -1.5  mm^3
    23  age: group[patient]     -19.0  mm^3
    """
    choices = LinearChoices(
        std_errors=std_errors,
        cluster=cluster,
        weights=weights,
        reference=reference,
        allow=allow,
        conf_level=conf_level,
    )
    done = fitted(table, formula, choices, needed_by="slopes")
    design = done.model.design
    _require_variable(of, design)
    if of in design.levels:
        raise FormulaError.at(of, expected="a number", found=f"the levels {', '.join(design.levels[of])}")
    step = _STEP * float(design.data[of].std())
    ends = _around(design, of, _number(of, (at or {}).get(of, design.data[of].mean())), step)
    (names, low), (_, high) = (_means(design, [by] if by else [], {**(at or {}), of: end}) for end in ends)
    weight = (high - low) / (ends[1] - ends[0])
    names = [f"{of}: {name}" if by else of for name in names]
    return _rows(done, names, weight, pairs, conf_level)


def _rows(
    done: FittedModels,
    names: Sequence[str],
    combinations: FloatArray,
    pairs: Pairs | None,
    conf_level: float,
    *,
    in_sds: bool = False,
) -> pd.DataFrame:
    """Give the rows of combinations of coefficients, or those of their differences."""
    if pairs is None:
        return term_rows(done, linear(done.fits, combinations), names, conf_level)
    chosen = pairs_among(len(names), pairs)
    if not chosen:
        message = f"pairs={pairs!r}: expected two means or slopes to compare, found one"
        raise TableError(message)
    differences = np.array([combinations[later] - combinations[earlier] for later, earlier in chosen])
    named = [f"{names[later]} - {names[earlier]}" for later, earlier in chosen]
    found = linear(done.fits, differences)
    return term_rows(done, found, named, conf_level, **(_in_sds(done, found, conf_level) if in_sds else {}))


def _in_sds(done: FittedModels, found: Linear, conf_level: float) -> dict[str, object]:
    """Give the columns of the effect size: differences in units of the residual standard deviation."""
    sigma, df = done.fits.sigma[:, None], done.fits.df[:, None]
    return effect_columns(d_model(found.estimate, found.classical, sigma, df, conf_level=conf_level), "d_model")


def _around(design: Design, name: str, centre: float, step: float) -> tuple[float, float]:
    """Give two values around a centre; at an end of the data both on the side where there are some."""
    least, most = float(design.data[name].min()), float(design.data[name].max())
    if not least <= centre <= most:
        return centre - step, centre + step
    return max(centre - step, least), min(centre + step, most)


def _number(name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type] # whatever it is
    except (TypeError, ValueError) as error:
        raise FormulaError.at(f"at {name}", expected="a number", found=repr(value)) from error
    if not np.isfinite(number):
        raise FormulaError.at(f"at {name}", expected="a finite number", found=repr(value))
    return number


def _require_variable(name: str, design: Design) -> None:
    if name not in design.data.columns:
        raise UnknownNameError.among("variable of the model", name, map(str, design.data.columns))


def _means(design: Design, of: list[str], at: Mapping[str, float | str]) -> tuple[list[str], FloatArray]:
    """Give the rows of the design that are the means of levels, and their names."""
    for name in (*of, *at):
        _require_variable(name, design)
    without = next((name for name in of if name not in design.levels), None)
    if without is not None:
        raise FormulaError.at(without, expected="a variable with levels", found="a number. For its slope use slopes")
    twice = [name for name in of if name in at]
    if twice:
        message = f"{twice[0]} is held at {at[twice[0]]!r}, so it has no means; leave it out of one of the two"
        raise TableError(message)
    axes = {name: _axis(name, design, at) for name in map(str, design.data.columns)}
    grid = pd.DataFrame(list(product(*axes.values())), columns=list(axes))
    matrix = design.apply(grid)
    if not of:
        return [""], matrix.mean(axis=0, keepdims=True)
    cells = list(product(*(design.levels[name] for name in of)))
    rows = grid[of].astype("str")
    means = [matrix[(rows == list(cell)).all(axis=1).to_numpy()].mean(axis=0) for cell in cells]
    names = [":".join(f"{name}[{level}]" for name, level in zip(of, cell, strict=True)) for cell in cells]
    return names, np.array(means)


def _axis(name: str, design: Design, at: Mapping[str, float | str]) -> Iterable[float | str]:
    """Give the values of a variable in the grid."""
    if name not in design.levels:
        return [_number(name, at.get(name, design.data[name].mean()))]
    if name in at and str(at[name]) not in design.levels[name]:
        raise UnknownNameError.among(f"level of {name}", str(at[name]), design.levels[name])
    return [str(at[name])] if name in at else design.levels[name]
