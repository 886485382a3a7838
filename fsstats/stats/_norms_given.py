"""Norms of somebody else: coefficients from a paper, a colleague, another program."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, require, some_of
from fsstats.errors import FormulaError, TableError, UnknownNameError
from fsstats.schema import CELL
from fsstats.stats._coding import CodedFormula, coding_of
from fsstats.stats._formula import sides, variables_of
from fsstats.stats._norms import Norms
from fsstats.stats._norms_fit import Gaussian
from fsstats.stats.design import design_of

_CERTAIN: Final = 1e-6
"""Uncertainty of the logarithm of a given standard deviation: next to none, so that z is that of the normal."""
_PARTS: Final = ("mean", "sd", "log_variance")


def norms_from_coefficients(
    coefficients: pd.DataFrame,
    formula: str,
    *,
    levels: Mapping[str, Sequence[str]] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    spread: str | None = None,
) -> Norms:
    """Make norms of coefficients that somebody else has published.

    Parameters
    ----------
    coefficients : DataFrame
        A row per region, part and column of the design: source, hemi, region, measure, unit; ``part``, which is
        ``mean`` or ``sd`` (or ``log_variance``, with `spread`); ``column`` (``Intercept``, ``age``, ``sex[T.M]``); and
        ``coefficient``. A CSV file of such rows is all that a reference needs.
    formula : str
        The model of the mean: ``value ~ age + sex + I(age**2)``; or of its logarithm, ``log(value) ~ age``. Splines,
        ``poly``, ``center`` and ``scale`` depend on the people they were made with, and cannot be given.
    levels : mapping of str to sequence of str, optional
        The levels of each variable that has some, the reference first: ``{"sex": ["F", "M"]}``.
    ranges : mapping of str to (low, high), optional
        Where the norms hold: ``{"age": (20, 80)}``. Beyond there are none, unless `apply_norms` is told to extrapolate.
        A variable that is not named has no limits.
    spread : str, optional
        The formula of the logarithm of the variance; by default the ``sd`` is constant.

    Returns
    -------
    Norms
        As `fit_norms` gives them, but without uncertainty: z is (value - mean) / sd.

    Raises
    ------
    ColumnsError
        If a column is missing.
    UnknownNameError
        If `ranges` names what is no numeric variable of the formulas.
    FormulaError
        If the formula depends on people, or a variable has neither levels nor is a number.
    TableError
        If a region lacks a coefficient, has one twice or one too many, or its sd is not positive; or if a range does
        not go from a number to a greater one.

    See Also
    --------
    fit_norms : Fit norms to a reference of your own. Its ``table()`` has the same columns, but for the sd.

    Examples
    --------
    >>> rows = [("mean", "Intercept", 4200.0), ("mean", "age", -10.0), ("sd", "Intercept", 300.0)]
    >>> given = pd.DataFrame(rows, columns=["part", "column", "coefficient"]).assign(
    ...     source="aseg", hemi="lh", region="Left-Hippocampus", measure="volume", unit="mm^3"
    ... )
    >>> norms = norms_from_coefficients(given, "value ~ age", ranges={"age": (20, 80)})
    >>> person = pd.DataFrame({"subject": ["a"], "session": None, "stream": "cross", "source": "aseg", "hemi": "lh"})
    >>> person = person.assign(region="Left-Hippocampus", measure="volume", value=3100.0, unit="mm^3", age=50)
    >>> from fsstats import apply_norms
    >>> apply_norms(person, norms)[["measure", "value"]].round(2)
              measure  value
    0        volume_z  -2.00
    1  volume_centile   2.28
    """
    needed = [*CELL, "unit", "part", "column", "coefficient"]
    require(coefficients, needed, needed_by="norms_from_coefficients")
    strange = sorted(set(coefficients["part"].astype("str")) - set(_PARTS))
    if strange:
        message = f"part: expected {', '.join(_PARTS)}, found {some_of(strange)}"
        raise TableError(message)
    limits = _ranges(ranges or {}, [formula] if spread is None else [formula, spread], levels or {})
    coding = _coding(formula, levels or {}, ranges or {})
    of_spread = None if spread is None else _coding(spread, levels or {}, ranges or {})
    cells = coefficients[[*CELL, "unit"]].drop_duplicates().reset_index(drop=True).astype("str")
    mean = _numbers(coefficients, cells, "mean", coding.columns)
    if of_spread is not None:
        spreads = _numbers(coefficients, cells, "log_variance", of_spread.columns)
    else:
        spreads = 2.0 * np.log(_positive(_numbers(coefficients, cells, "sd", ("Intercept",)), cells))
    k, p, q = len(cells), mean.shape[1], spreads.shape[1]
    certain = np.broadcast_to(np.eye(q) * _CERTAIN, (k, q, q)).copy()
    return Norms(
        method="gaussian",
        response=sides(formula)[0],
        reference={},
        coding=coding,
        spread=of_spread,
        ranges=limits,
        centiles=(),
        cells=cells.assign(n=0, note=pd.Series([None] * k, dtype="str")),
        gaussian=Gaussian(mean, np.zeros((k, p, p)), spreads, certain, np.ones(k)),
        quantiles=None,
    )


def _coding(
    formula: str, levels: Mapping[str, Sequence[str]], ranges: Mapping[str, tuple[float, float]]
) -> CodedFormula:
    """Code made-up people, to learn the columns of the design."""
    rng, people = np.random.default_rng(0), {}
    for place, name in enumerate(variables_of(formula)):
        if name in levels:
            people[name] = np.tile(np.array(levels[name], dtype=object), 64)[np.argsort(rng.random(64))]
        else:
            low, high = ranges.get(name, (1.0, 2.0 + place))
            people[name] = rng.uniform(low, high, 64)
    frame = pd.DataFrame(people, index=range(64))
    design = design_of(formula, frame, reference={name: levels[name][0] for name in people if name in levels})
    coding = coding_of(design)
    if coding.state:
        raise FormulaError.at(formula, expected="terms that do not depend on people", found=some_of([*coding.state]))
    return coding


def _ranges(
    given: Mapping[str, tuple[float, float]], formulas: Sequence[str], levels: Collection[str]
) -> dict[str, tuple[float, float]]:
    """Give the range of each numeric variable, infinite where none is given."""
    known = dict.fromkeys(name for one in formulas for name in variables_of(one) if name not in levels)
    strange = next((name for name in given if name not in known), None)
    if strange is not None:
        raise UnknownNameError.among("numeric variable of the formulas", strange, known)
    wrong = next((name for name, ends in given.items() if not -np.inf < ends[0] < ends[1] < np.inf), None)
    if wrong is not None:
        message = f"ranges: expected two rising numbers, found {given[wrong]} of {wrong}"
        raise TableError(message)
    found = {name: given.get(name, (-np.inf, np.inf)) for name in known}
    return {name: (float(low), float(high)) for name, (low, high) in found.items()}


def _numbers(given: pd.DataFrame, cells: pd.DataFrame, part: str, columns: Sequence[str]) -> FloatArray:
    """Give the coefficients of a part, shape (cells, columns); raise if any is missing, twice, or of no column."""
    own = given[given["part"].astype("str") == part]
    keys = own[[*CELL, "unit"]].astype("str").fillna("")
    names = pd.MultiIndex.from_frame(cells.fillna(""))
    row = names.get_indexer(pd.MultiIndex.from_frame(keys))
    column = pd.Index(columns).get_indexer(pd.Index(own["column"].astype("str")))
    if (column < 0).any():
        found = sorted(set(own["column"].astype("str")[column < 0]))
        message = f"{part}: expected the columns {some_of(columns)}, found {some_of(found)}"
        raise TableError(message)
    counts = np.zeros((len(cells), len(columns)), dtype=np.intp)
    np.add.at(counts, (row, column), 1)
    if (counts != 1).any():
        place, which = map(int, np.argwhere(counts != 1)[0])
        region = " ".join(str(cells.loc[place, name]) for name in ("region", "measure"))
        message = f"{region}: expected one {part} of {columns[which]}, found {counts[place, which]}"
        raise TableError(message)
    numbers = np.full(counts.shape, np.nan)
    numbers[row, column] = own["coefficient"].to_numpy(dtype=np.float64)
    return numbers


def _positive(sd: FloatArray, cells: pd.DataFrame) -> FloatArray:
    wrong = np.flatnonzero(~(sd > 0).all(axis=1))
    if len(wrong):
        place = int(wrong[0])
        message = f"{cells['region'].iloc[place]}: expected a positive sd, found {sd[place, 0]:g}"
        raise TableError(message)
    return sd
