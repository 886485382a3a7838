"""How a formula coded some people, as plain data: other people are coded alike, also in another session."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from formulaic import ModelSpec

from fsstats._frames import FloatArray, some_of
from fsstats.errors import FormulaError
from fsstats.stats._formula import parsed_formula, variables_of
from fsstats.stats._learned import is_whole, learners_of
from fsstats.stats._stored import Stored
from fsstats.stats.design import Design, matrix_of


@dataclass(frozen=True, slots=True)
class CodedFormula:
    """A formula and what it learned of the people that it was made with. Made by `coding_of`."""

    formula: str
    """The right side."""
    columns: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    """Of every variable with levels these, the reference first."""
    state: Mapping[str, Any]
    """Knots of splines, means of centred variables and the like, by the text of the function call."""

    @property
    def variables(self) -> list[str]:
        """The columns of people that are needed."""
        return variables_of(self.formula)

    @property
    def kept(self) -> list[int]:
        """The places of the columns without the intercept."""
        return [place for place, name in enumerate(self.columns) if name != "Intercept"]

    def matrix(self, people: pd.DataFrame) -> FloatArray:
        """Give the design of these people, shape (rows, columns).

        Raises
        ------
        FormulaError
            If a variable is missing, has a level that is not known, or lies where a spline has no value.
        """
        spec = ModelSpec(parsed_formula(self.formula), transform_state=deepcopy(dict(self.state)), na_action="raise")
        return matrix_of(spec, people[self.variables], self.levels, self.columns, where=self.formula)

    def to_plain(self) -> dict[str, Any]:
        """Give it as dictionaries and lists that JSON can write."""
        return {
            "formula": self.formula,
            "columns": list(self.columns),
            "levels": {name: list(levels) for name, levels in self.levels.items()},
            "state": plain(dict(self.state)),
        }


def coding_of(design: Design) -> CodedFormula:
    """Take from a design what codes other people alike.

    Raises
    ------
    FormulaError
        If formulaic gave two names that look alike a name by chance, so that others would be coded by themselves.
    """
    learned = dict(design.spec.transform_state)
    if learned.keys() != learners_of(design.formula).keys():
        raise FormulaError.at(
            design.formula,
            expected="names that do not look alike without the signs that stand between backticks",
            found=some_of([*map(str, learned)]),
            hint="Rename the columns.",
        )
    return CodedFormula(design.formula, design.columns, dict(design.levels), learned)


def coding_from(written: Stored) -> CodedFormula:
    """Read what `CodedFormula.to_plain` gave; a formula that would run code is refused.

    Raises
    ------
    FormulaError
        If the formula calls what a formula may not call.
    TableError
        If an entry is not what it must be, or not all that the formula has learned is there.
    """
    formula = written.text("formula")
    variables, levels = variables_of(formula), written.part("levels")
    strange = [name for name in levels.entries if name not in variables]
    if strange:
        written.refuse("levels", expected=f"variables of {formula}", found=strange[0])
    columns = written.texts("columns")
    return CodedFormula(
        formula, columns, {name: levels.texts(name) for name in levels.entries}, _learned(written, columns)
    )


def _learned(written: Stored, columns: Sequence[str]) -> dict[str, Any]:
    """Read what the calls of a formula have learned; less than all would be learned anew from other people."""
    stored, calls = written.entry("state"), learners_of(written.text("formula"))
    try:
        learned = from_plain(stored)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        written.refuse("state", expected="pairs of keys and values, and arrays of a shape", found=stored)
    if not isinstance(learned, dict) or learned.keys() != calls.keys():
        due = f"what {some_of([*calls])} learned" if calls else "nothing"
        written.refuse("state", expected=due, found=stored)
    for text, call in calls.items():
        if not is_whole(text, call, learned[text], columns):
            written.refuse("state", expected=f"all that {text} learned", found=learned[text])
    return learned


def plain(value: Any) -> Any:
    """Write a value as dictionaries, lists, numbers and text, which JSON keeps exactly.

    Arrays keep their shape, NaN becomes None, and dictionaries become pairs, since their keys may be numbers.

    Examples
    --------
    >>> plain({"knots": np.array([[1.5, np.nan]])})
    {'pairs': [['knots', {'shape': [1, 2], 'numbers': [1.5, None]}]]}
    """
    if isinstance(value, Mapping):
        return {"pairs": [[plain(key), plain(one)] for key, one in value.items()]}
    if isinstance(value, np.ndarray):
        numbers = [None if np.isnan(one) else one for one in value.ravel().tolist()]
        return {"shape": list(value.shape), "numbers": numbers}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    return value


def from_plain(value: Any) -> Any:
    """Read what `plain` wrote; arrays become those of 64-bit floats."""
    if isinstance(value, Mapping):
        if "shape" in value:
            return np.array(value["numbers"], dtype=np.float64).reshape(value["shape"])
        return {from_plain(key): from_plain(one) for key, one in value["pairs"]}
    return [from_plain(one) for one in value] if isinstance(value, list) else value
