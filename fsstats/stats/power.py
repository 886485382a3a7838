"""How small an effect a study can find: sensitivity and sample size before the data are seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from fsstats._frames import FloatArray
from fsstats.errors import TableError, UnknownNameError
from fsstats.stats._noncentral import noncentral_f_above, noncentral_t_above
from fsstats.tables.panel import BoolArray

PowerTest = Literal["two_sample", "one_sample", "paired", "correlation", "term"]
_MOST_ROWS: Final = 1e7
"""Where the search for the number of rows ends."""
_HALVINGS: Final = 80
_NEAR: Final = 1e-6
"""A power that was solved for is reached within this, or cannot be computed."""
_COLUMNS: Final = tuple(
    "test n n_first n_second n_covariates df_term effect_name effect alpha n_tests power".split()  # noqa: SIM905 - reads better
)
_RANGES: Final[Mapping[str, tuple[Callable[[FloatArray], BoolArray], str]]] = (
    dict.fromkeys(("alpha", "power"), (lambda x: (x > 0) & (x < 1), "between 0 and 1"))
    | dict.fromkeys(("n_tests", "df_term"), (lambda x: x >= 1, "1 or more"))
    | dict.fromkeys(("n", "n_first", "n_second", "ratio"), (lambda x: x > 0, "above 0"))
    | {"n_covariates": (lambda x: x >= 0, "0 or more"), "effect": (np.isfinite, "a number")}
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known of a study beside its rows and the effect; arrays of one shape."""

    alpha: FloatArray
    """Of each test."""
    ratio: FloatArray
    """Rows of the second group by rows of the first."""
    df_term: FloatArray
    covariates: FloatArray


@dataclass(frozen=True, slots=True)
class _Kind:
    """A test with a power analysis. Its rows are those of the first group, or all."""

    effect_name: str
    power: Callable[[_Plan, FloatArray, FloatArray], FloatArray]
    """From the plan, the rows and the size of the effect."""
    fewest: Callable[[_Plan], FloatArray]
    """Rows that leave one degree of freedom."""
    largest: float
    """Where the search for an effect ends."""


def power(
    test: PowerTest,
    *,
    n: npt.ArrayLike | None = None,
    n_first: npt.ArrayLike | None = None,
    n_second: npt.ArrayLike | None = None,
    effect: npt.ArrayLike | None = None,
    power: npt.ArrayLike | None = None,
    alpha: npt.ArrayLike = 0.05,
    n_tests: npt.ArrayLike = 1,
    ratio: npt.ArrayLike = 1.0,
    df_term: npt.ArrayLike = 1,
    n_covariates: npt.ArrayLike = 0,
) -> pd.DataFrame:
    r"""Solve for the one of sample size, effect size and power that is left out.

    Parameters
    ----------
    test : {"two_sample", "one_sample", "paired", "correlation", "term"}
        ``two_sample``: t of two groups, the effect is Cohen's d. ``one_sample`` and ``paired``: t of the mean (of the
        differences), the effect is the mean by its standard deviation. ``correlation``: the effect is r. ``term``: F
        of a term of a linear model, the effect is Cohen's f2.
    n : array_like, optional
        Rows (subjects; pairs). Not for ``two_sample``.
    n_first, n_second : array_like, optional
        Rows of both groups of ``two_sample``.
    effect : array_like, optional
        The effect size; of a d or r the sign does not matter.
    power : array_like, optional
        The probability to find the effect if it is there.
    alpha : array_like
        Level of a two-sided test.
    n_tests : array_like
        Tests between which alpha is divided (Bonferroni): the regions that are looked at.
    ratio : array_like
        Of ``two_sample``, where the rows are solved for: `n_second` by `n_first`.
    df_term : array_like
        Of ``term``: columns that are tested.
    n_covariates : array_like
        Columns of the model beside the intercept and what is tested. They cost degrees of freedom; that they also
        explain variance belongs into the effect, which is in units of the standard deviation that they leave. They
        are taken to be unrelated to what is tested.

    Returns
    -------
    DataFrame
        A row for each combination that the arrays make (they are broadcast): test, n, n_first, n_second,
        n_covariates, df_term, effect_name, effect, alpha, n_tests, power. Rows that were solved for are no whole
        numbers: round up.

    Raises
    ------
    TableError
        If not exactly one of rows, effect and power is left out; a number is out of its range; or no sample size up to
        ten million, or no effect, gives the power.
    UnknownNameError
        If there is no such test.

    Notes
    -----
    Use it before the data are seen: the smallest effect that a study of this size finds with 80 % power. Do not put
    the effect that was observed into it: such *post-hoc* power is only the p-value in other words [1]_, and says
    nothing of whether a null result is convincing. The confidence interval of the effect does.

    t: both tails of the noncentral t with noncentrality d sqrt(n1 n2 / (n1 + n2)), or d sqrt(n). F: noncentrality
    f2 (u + v + 1) with u = `df_term` and v = n - u - 1 - `n_covariates` [2]_; G*Power has f2 n, a little more power.
    Correlation: Fisher's z of r, raised by r / (2 (n - 1)), against that of the critical r of the t test, with standard
    error 1 / sqrt(n - 3), where n is less the covariates; it is an approximation, too small where rows are few and
    alpha is tiny. All as R's package pwr.

    References
    ----------
    .. [1] Hoenig JM, Heisey DM (2001). The abuse of power: the pervasive fallacy of power calculations for data
       analysis. The American Statistician 55, 19-24.
    .. [2] Cohen J (1988). Statistical power analysis for the behavioral sciences, 2nd ed. Erlbaum.

    Examples
    --------
    The smallest group difference that 50 patients and 60 controls show with 80 % power, in one region and in each of
    68:

    >>> power("two_sample", n_first=50, n_second=60, power=0.8, n_tests=[1, 68])[["effect", "alpha", "n_tests"]]
         effect  alpha  n_tests
    0  0.541291   0.05      1.0
    1  0.829559   0.05     68.0

    >>> power("correlation", effect=0.2, power=0.8)["n"].round(1).item()
    193.1
    """
    if test not in _KINDS:
        raise UnknownNameError.among("test with a power analysis", test, _KINDS)
    kind = _KINDS[test]
    of_rows, others = (("n_first", "n_second"), ("n",)) if test == "two_sample" else (("n",), ("n_first", "n_second"))
    counts = {"n": n, "n_first": n_first, "n_second": n_second}
    strange = next((name for name in others if counts[name] is not None), None)
    if strange is not None:
        message = f"power: {test} takes {' and '.join(of_rows)}, not {strange}"
        raise TableError(message)
    parts = {name: counts[name] for name in of_rows} | {"effect": effect, "power": power}
    _require_one_left_out(parts, of_rows)
    options = {"alpha": alpha, "n_tests": n_tests, "ratio": ratio, "df_term": df_term, "n_covariates": n_covariates}
    known = _broadcast({name: one for name, one in (parts | options).items() if one is not None})
    if "n_second" in known:
        known["ratio"] = known["n_second"] / known["n_first"]
    plan = _Plan(known["alpha"] / known["n_tests"], known["ratio"], known["df_term"], known["n_covariates"])
    found = known | _solved(kind, plan, known, of_rows[0])
    if test == "two_sample":
        found["n_second"] = found["n_first"] * found["ratio"]
        found["n"] = found["n_first"] + found["n_second"]
    labels = {"test": test, "effect_name": kind.effect_name}
    return pd.DataFrame(
        {name: labels.get(name, found.get(name, np.nan)) for name in _COLUMNS}, index=range(len(known["alpha"]))
    )


def _require_one_left_out(parts: Mapping[str, npt.ArrayLike | None], of_rows: Sequence[str]) -> None:
    """Raise unless one of rows, effect and power is to be solved for."""
    missing = [name for name, one in parts.items() if one is None]
    if missing not in (list(of_rows), ["effect"], ["power"]):
        due = f"{' and '.join(of_rows)}, or effect, or power left out"
        message = f"power: expected {due}, found {' and '.join(missing) or 'none of them'} left out"
        raise TableError(message)


def _broadcast(given: Mapping[str, npt.ArrayLike]) -> dict[str, FloatArray]:
    """Bring numbers to one shape, a row an element, and refuse what is out of range."""
    arrays = {}
    for name, one in given.items():
        arrays[name] = np.asarray(pd.to_numeric(np.ravel(np.asarray(one)), errors="coerce"), dtype=np.float64)
        fits, due = _RANGES[name]
        if not len(arrays[name]) or not (np.isfinite(arrays[name]) & fits(arrays[name])).all():
            message = f"power: {name} must be {due}, not {one!r}"
            raise TableError(message)
    lengths = {name: len(one) for name, one in arrays.items() if len(one) != 1}
    if len(set(lengths.values())) > 1:
        message = f"power: expected arrays of one length, found {lengths}"
        raise TableError(message)
    return {name: np.broadcast_to(one, max(lengths.values(), default=1)) for name, one in arrays.items()}


def _solved(kind: _Kind, plan: _Plan, known: Mapping[str, FloatArray], rows_name: str) -> dict[str, FloatArray]:
    """Find what is left out: by the formula, or by halving."""
    fewest = kind.fewest(plan)
    if rows_name in known:
        _require(
            known[rows_name] >= fewest,
            f"at least {fewest.max():g} rows ({rows_name}); fewer leave no degree of freedom",
        )
    if "effect" in known:
        _require(np.abs(known["effect"]) < kind.largest, f"an effect ({kind.effect_name}) below {kind.largest:g}")
    if "power" not in known:
        return {"power": kind.power(plan, known[rows_name], np.abs(known["effect"]))}
    _require(known["power"] > plan.alpha, "a power above alpha, which is had without any effect")
    if "effect" in known:
        return _rows_for(kind, plan, known, rows_name)

    def function(effect: FloatArray) -> FloatArray:
        return kind.power(plan, known[rows_name], effect)

    found = _reaches(function, known["power"], np.zeros_like(plan.alpha), kind.largest)
    _require(np.abs(function(found) - known["power"]) < _NEAR, "a power that an effect gives; none does")
    return {"effect": found}


def _rows_for(kind: _Kind, plan: _Plan, known: Mapping[str, FloatArray], rows_name: str) -> dict[str, FloatArray]:
    """Find how many rows give a power; where the fewest that can be tested give more, they and their power."""
    fewest, effect, target = kind.fewest(plan), np.abs(known["effect"]), known["power"]

    def function(rows: FloatArray) -> FloatArray:
        return kind.power(plan, rows, effect)

    found = _reaches(function, target, fewest, _MOST_ROWS)
    more = function(fewest) >= target
    _require(more | (np.abs(function(found) - target) < _NEAR), f"a power that {_MOST_ROWS:g} rows give; they do not")
    return {rows_name: np.where(more, fewest, found), "power": np.where(more, function(fewest), target)}


def _require(fine: BoolArray, due: str) -> None:
    if not fine.all():
        message = f"power: expected {due}"
        raise TableError(message)


def _reaches(
    function: Callable[[FloatArray], FloatArray], target: FloatArray, low: FloatArray, high: float
) -> FloatArray:
    """Find where a growing function reaches a value; the upper end where it does not."""
    most = np.full_like(target, high)
    for _ in range(_HALVINGS):
        middle = (low + most) / 2
        below = function(middle) < target
        low, most = np.where(below, middle, low), np.where(below, most, middle)
    return most


def _by_t(noncentrality: FloatArray, df: FloatArray, alpha: FloatArray) -> FloatArray:
    critical = -special.stdtrit(df, alpha / 2)
    return noncentral_t_above(critical, df, noncentrality) + noncentral_t_above(critical, df, -noncentrality)


def _two_sample(plan: _Plan, first: FloatArray, d: FloatArray) -> FloatArray:
    df = first * (1 + plan.ratio) - 2 - plan.covariates
    return _by_t(d * np.sqrt(first * plan.ratio / (1 + plan.ratio)), df, plan.alpha)


def _one_sample(plan: _Plan, rows: FloatArray, d: FloatArray) -> FloatArray:
    return _by_t(d * np.sqrt(rows), rows - 1 - plan.covariates, plan.alpha)


def _correlation(plan: _Plan, rows: FloatArray, r: FloatArray) -> FloatArray:
    n = rows - plan.covariates
    t = -special.stdtrit(n - 2, plan.alpha / 2)
    critical = np.arcsinh(t / np.sqrt(n - 2))  # Fisher's z of the r that just reaches alpha
    z, root = np.arctanh(r) + r / (2 * (n - 1)), np.sqrt(n - 3)
    return np.asarray(special.ndtr((z - critical) * root) + special.ndtr((-z - critical) * root))


def _term(plan: _Plan, rows: FloatArray, f2: FloatArray) -> FloatArray:
    u, v = plan.df_term, rows - 1 - plan.df_term - plan.covariates
    rest = special.betaincinv(v / 2, u / 2, plan.alpha)  # v / (v + u F), exact also where alpha is tiny
    return noncentral_f_above(v * (1 / rest - 1) / u, u, v, f2 * (u + v + 1))


_KINDS: Final[Mapping[str, _Kind]] = {
    "two_sample": _Kind("cohens_d", _two_sample, lambda plan: (3 + plan.covariates) / (1 + plan.ratio), 1e3),
    "one_sample": _Kind("cohens_d", _one_sample, lambda plan: 2 + plan.covariates, 1e3),
    "paired": _Kind("cohens_d", _one_sample, lambda plan: 2 + plan.covariates, 1e3),
    "correlation": _Kind("r", _correlation, lambda plan: 4 + plan.covariates, 1.0),
    "term": _Kind("cohens_f2", _term, lambda plan: 2 + plan.df_term + plan.covariates, 1e6),
}
