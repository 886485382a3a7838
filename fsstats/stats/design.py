"""A formula and rows to a design matrix: complete cases first, nothing that a formula could run, no silent gap."""

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from formulaic import Formula, ModelSpec
from formulaic.parser.types import Term

from fsstats._frames import FloatArray, Positions, as_word, is_number, some_of
from fsstats.errors import FormulaError, TableError, UnknownNameError, warn
from fsstats.stats._formula import FUNCTIONS, parsed_formula, sides, variables_in, with_sums
from fsstats.stats._odd_variables import refuse_odd_words, warn_of_numbers
from fsstats.stats._rank import dependent_columns
from fsstats.tables.panel import BoolArray

Coding = Literal["treatment", "sum"]
_NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "decimal", "empty"})


@dataclass(frozen=True, slots=True)
class Effect:
    """A term of a formula, and its columns of the design."""

    name: str
    columns: tuple[int, ...]
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """A design matrix with the names of its columns. Made by `design_of`."""

    formula: str
    """The right side, as it was given."""
    response: str
    """The left side: value, or a function of it."""
    matrix: FloatArray
    """Shape (complete rows, columns)."""
    columns: tuple[str, ...]
    effects: tuple[Effect, ...]
    rows: BoolArray
    """Which of the rows given are complete, and so in `matrix`."""
    levels: Mapping[str, tuple[str, ...]]
    """Of every variable with levels these, the reference first."""
    data: pd.DataFrame
    """The variables on the rows of `matrix`, those with levels as categories."""
    spec: ModelSpec

    def apply(self, people: pd.DataFrame) -> FloatArray:
        """Give the matrix of other rows, coded as these are.

        Parameters
        ----------
        people : DataFrame
            The variables, none of them missing.

        Returns
        -------
        ndarray, shape (rows, columns)
            Their design.

        Raises
        ------
        FormulaError
            If a variable is missing, or has a level that the design does not know.
        """
        return matrix_of(self.spec, people[list(self.data.columns)], self.levels, self.columns, where=self.formula)

    def positions(self, terms: Sequence[str] | None) -> list[int]:
        """Give the columns that terms or names of columns stand for; all for None.

        Raises
        ------
        UnknownNameError
            If there is no such term.
        """
        if terms is None:
            return list(range(len(self.columns)))
        known = {effect.name: effect.columns for effect in self.effects} | {
            name: (place,) for place, name in enumerate(self.columns)
        }
        known |= {_turned(name): columns for name, columns in known.items() if _turned(name) not in known}
        wanted = [name if name in known else _turned(str(name)) for name in terms]
        strange = [name for name, own in zip(terms, wanted, strict=True) if own not in known]
        if strange:
            raise UnknownNameError.among("term of the model", str(strange[0]), known)
        empty = [str(name) for name, own in zip(terms, wanted, strict=True) if not known[own]]
        if empty:
            raise FormulaError.at(empty[0], expected="a term with two levels or more", found="one, which is left out")
        return list(dict.fromkeys(place for name in wanted for place in known[name]))


def _turned(name: str) -> str:
    """Write an interaction with its variables in the order of the alphabet: b:a is a:b."""
    return ":".join(sorted(name.split(":")))


def design_of(
    formula: str,
    people: pd.DataFrame,
    *,
    reference: Mapping[str, str] | None = None,
    also: Sequence[str] = (),
    coding: Coding = "treatment",
) -> Design:
    """Make the design matrix of a formula.

    Parameters
    ----------
    formula : str
        ``value ~ group * age + C(site, contr.sum)``, or the right side alone. Names that hold other characters stand
        between backticks. Functions: those of `FUNCTIONS`; nothing else can be called.
    people : DataFrame
        A row a run, and the variables as columns. Text, booleans and categories have levels, numbers have none.
    reference : mapping of str to str, optional
        The reference level of variables with levels; by default the first category, of text the first in the order
        of the alphabet.
    also : sequence of str
        Further columns that a complete row must have: weights, clusters.
    coding : {"treatment", "sum"}
        How levels are coded where the formula does not say: against the reference, or so that they add up to 0.

    Returns
    -------
    Design
        The matrix of the complete rows. Levels that no row of `people` has are left out.

    Raises
    ------
    FormulaError
        If the formula cannot be read or would run anything else than `FUNCTIONS`; if no row is complete; if a level
        lost all its rows to missing values of other variables; if a column is not finite or is a combination of
        others (which is named); if there are no more rows than columns.
    UnknownNameError
        If a variable or a reference level does not exist.
    TableError
        If `reference` does not say of which variable.

    Notes
    -----
    Rows with a missing value in any variable are taken out before the matrix is built, as transforms such as
    ``center`` would make every row missing. The rank is judged as by R's ``lm``: column by column, a column of which
    less than 1e-7 remains beside those before it.

    Examples
    --------
    >>> people = pd.DataFrame({"group": ["patient", "control", "control", None, "patient"], "age": [30, 41, 52, 1, 39]})
    >>> design = design_of("value ~ group + age", people)
    >>> design.columns, design.rows.tolist(), design.levels
    (('Intercept', 'group[T.patient]', 'age'), [True, True, True, False, True], {'group': ('control', 'patient')})
    """
    if isinstance(reference, str):
        message = (
            f"reference: expected a level of each variable, as {{'group': {reference!r}}}, found {reference!r} alone"
        )
        raise TableError(message)
    response, right = sides(formula)
    parsed = parsed_formula(right)
    names = variables_in(parsed, formula)
    _require_other_names(names, formula)
    _require_known([*names, *also], people)
    rows, levels, data = _complete(people, names, also, reference or {}, formula)
    matrix, spec = _built(with_sums(parsed, levels) if coding == "sum" else parsed, data, formula)
    columns = tuple(map(str, spec.column_names))
    _require_finite(matrix, columns, formula)
    if dependent := dependent_columns(matrix, columns):
        raise FormulaError.at(
            formula,
            expected="columns that are independent",
            found=f"{dependent[0].says}" + (f" (and {len(dependent) - 1} more)" if len(dependent) > 1 else ""),
            hint="Leave one of these terms out.",
        )
    if len(matrix) <= len(columns):
        found = f"{len(matrix)} complete rows for {len(columns)} columns"
        raise FormulaError.at(formula, expected="more rows than columns", found=found)
    return Design(
        right,
        response,
        matrix,
        columns,
        _effects(spec, names, [str(term) for term in parsed]),
        rows,
        levels,
        data,
        spec,
    )


def _complete(
    people: pd.DataFrame, names: Sequence[str], also: Sequence[str], reference: Mapping[str, str], formula: str
) -> tuple[BoolArray, dict[str, tuple[str, ...]], pd.DataFrame]:
    """Find the rows that have all variables, and give their levels and the variables themselves, coded."""
    known = {name: people[name] for name in names}
    words = {
        name: _words(column)
        for name, column in known.items()
        if has_levels(column) or name in reference or is_coded(name, formula)
    }
    rows = np.ones(len(people), dtype=np.bool_)
    for name in (*names, *also):
        rows &= words[name].codes >= 0 if name in words else people[name].notna().to_numpy()
    if not rows.any():
        raise FormulaError.at(formula, expected="at least one row with all variables", found=_why_none(people[names]))
    levels = {name: _levels(name, own, rows, reference, formula) for name, own in words.items()}
    for name, own in levels.items():
        if _is_text(known[name]) and name not in reference and not is_coded(name, formula):
            warn_of_numbers(name, own)
    if (strange := next((name for name in reference if name not in known), None)) is not None:
        raise UnknownNameError.among("variable of the formula", strange, names)
    numbers = {name: column.to_numpy()[rows] for name, column in known.items() if name not in words}
    texts = {name: _Words(own.codes[rows], own.words) for name, own in words.items()}
    return rows, levels, _coded(names, numbers, texts, levels, int(rows.sum()))


def _require_other_names(names: Sequence[str], formula: str) -> None:
    """Refuse variables that are called like something that a formula knows."""
    taken = next((name for name in names if name in {*FUNCTIONS, "contr", "Intercept"}), None)
    if taken is not None:
        hint = "Rename the column."
        raise FormulaError.at(formula, expected="variables with names of their own", found=taken, hint=hint)
    plain = [re.sub(r"\W", "_", name) for name in names]
    alike = [name for name, own in zip(names, plain, strict=True) if plain.count(own) > 1]
    if alike:
        expected = "names that differ in more than signs and blanks"
        raise FormulaError.at(formula, expected=expected, found=" and ".join(alike), hint="Rename one of the columns.")


def _require_known(names: Sequence[str], people: pd.DataFrame) -> None:
    strange = next((name for name in names if name not in people.columns), None)
    if strange is not None:
        raise UnknownNameError.among("variable", strange, map(str, people.columns))


def _why_none(variables: pd.DataFrame) -> str:
    counts = {str(name): int(variables[name].isna().sum()) for name in variables.columns}
    missing = ", ".join(f"{name} is missing in {n}" for name, n in counts.items() if n)
    return f"none of {len(variables)}: {missing}" if missing else f"none of {len(variables)}"


def has_levels(column: pd.Series) -> bool:
    """Say whether a column holds levels: text, truth values or categories; numbers may stand in a column of objects."""
    if column.dtype == np.object_ and pd.api.types.infer_dtype(column, skipna=True) in _NUMBERS:
        return False
    return not is_number(column)


def _is_text(column: pd.Series) -> bool:
    own = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return not pd.api.types.is_numeric_dtype(own.dtype)


class _Words(NamedTuple):
    """A variable with levels."""

    codes: Positions
    """Of each value the number of its level; -1 where it is missing."""
    words: list[str]
    """The levels in their order, as text."""


def _levels(name: str, found: _Words, rows: BoolArray, reference: Mapping[str, str], formula: str) -> tuple[str, ...]:
    """Give the levels of a variable that the complete rows have, the reference first."""
    before = np.unique(found.codes[found.codes >= 0])
    refuse_odd_words(name, [found.words[code] for code in before])
    left = before if rows.all() else np.unique(found.codes[rows])
    lost = [found.words[code] for code in before if code not in left]
    if lost:
        raise FormulaError.at(
            formula,
            expected=f"rows of every level of {name}",
            found=f"none of {some_of(lost)} that has all other variables",
            hint="Leave these subjects out first, or fill in what they lack.",
        )
    kept = [found.words[code] for code in left]
    if len(kept) < 2:
        warn(f"{name} has only one level, {kept[0]}, and is left out of the model")
    first = as_word(reference.get(name, kept[0]))
    if first not in kept:
        raise UnknownNameError.among(f"level of {name}", first, kept)
    return (first, *(level for level in kept if level != first))


def is_coded(name: str, formula: str) -> bool:
    """Say whether a formula codes a variable as one with levels."""
    return re.search(rf"\bC\(\s*`?{re.escape(name)}`?\s*[,)]", formula) is not None


def _words(column: pd.Series) -> _Words:
    """Tell a variable's levels; whole numbers that a missing value has made 1.0 are 1, and 10 comes after 9."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _Words(column.cat.codes.to_numpy().astype(np.intp), [as_word(one) for one in column.cat.categories])
    codes, levels = pd.factorize(column, sort=True)
    return _Words(codes.astype(np.intp), [as_word(one) for one in levels])


def coded(people: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Give variables with levels as categories, the reference first, and the others as numbers.

    Parameters
    ----------
    people : DataFrame
        The variables.
    levels : mapping of str to sequence of str
        The levels of those that have some.

    Returns
    -------
    DataFrame
        The same rows and columns, counted from 0.

    Raises
    ------
    FormulaError
        If a value is missing or no number, or a level is not among these.
    """
    for name in map(str, people.columns):
        column = people[name]
        if column.isna().any():
            found = f"{int(column.isna().sum())} of {len(column)} missing"
            raise FormulaError.at(name, expected="a value in every row", found=found)
        if name not in levels and has_levels(column):
            raise FormulaError.at(name, expected="numbers", found=f"levels ({some_of(_words(column).words, 3)})")
    names = list(map(str, people.columns))
    numbers = {name: people[name].to_numpy() for name in names if name not in levels}
    return _coded(names, numbers, {name: _words(people[name]) for name in levels}, levels, len(people))


def _coded(
    names: Sequence[str],
    numbers: Mapping[str, npt.NDArray[Any]],
    texts: Mapping[str, _Words],
    levels: Mapping[str, Sequence[str]],
    n: int,
) -> pd.DataFrame:
    """Put variables of n rows together, those with levels as categories."""
    made: dict[str, object] = {
        name: _categories(name, texts[name], levels[name])
        if name in texts
        else np.asarray(numbers[name], dtype=np.float64)
        for name in names
    }
    return pd.DataFrame(made, index=range(n))


def _categories(name: str, found: _Words, levels: Sequence[str]) -> pd.Categorical:
    strange = sorted({found.words[code] for code in np.unique(found.codes)} - set(levels))
    if strange:
        raise FormulaError.at(name, expected=f"the levels {some_of(levels)}", found=some_of(strange))
    new = np.array([levels.index(word) if word in levels else -1 for word in found.words], dtype=np.intp)
    return pd.Categorical.from_codes(new[found.codes], categories=pd.Index(list(levels), dtype="str"))


def _built(spec: Formula | ModelSpec, data: pd.DataFrame, formula: str) -> tuple[FloatArray, ModelSpec]:
    """Let formulaic build the matrix, and remember what it learned."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            built = spec.get_model_matrix(data, context={"sqrt": np.sqrt}, na_action="raise", output="numpy")
    except Exception as error:
        cause = str(error).strip().splitlines() or [type(error).__name__]
        raise FormulaError.at(formula, expected="a design matrix", found=cause[-1]) from error
    return np.ascontiguousarray(built, dtype=np.float64), built.model_spec


def matrix_of(
    spec: ModelSpec, people: pd.DataFrame, levels: Mapping[str, Sequence[str]], columns: Sequence[str], *, where: str
) -> FloatArray:
    """Give the design of people, coded as others were.

    Parameters
    ----------
    spec : ModelSpec
        What formulaic remembers of the formula: knots of splines, means.
    people : DataFrame
        The variables, none of them missing.
    levels : mapping of str to sequence of str
        The levels of those that have some.
    columns : sequence of str
        The columns that the design must have.
    where : str
        The formula, for errors.

    Returns
    -------
    ndarray, shape (rows, columns)
        The matrix.

    Raises
    ------
    FormulaError
        If a variable is missing, has a level that is not known, or lies where a spline has no value.
    """
    matrix, own = _built(spec, coded(people, levels), where)
    if tuple(own.column_names) != tuple(columns):
        found = some_of(list(own.column_names))
        raise FormulaError.at(where, expected=f"the columns {some_of(columns)}", found=found)
    return matrix


def _require_finite(matrix: FloatArray, columns: Sequence[str], formula: str) -> None:
    wrong = ~np.isfinite(matrix)
    if wrong.any():
        place = int(np.flatnonzero(wrong.any(axis=0))[0])
        found = f"{int(wrong[:, place].sum())} rows of {columns[place]} that are not"
        raise FormulaError.at(formula, expected="finite numbers", found=found)


def _effects(spec: ModelSpec, names: Sequence[str], labels: Sequence[str]) -> tuple[Effect, ...]:
    """Give the terms, each with its columns and those of the variables that it is made of."""
    if len(labels) != len(spec.term_indices):
        raise FormulaError.at(str(spec.formula), expected="terms that differ", found="one of them twice")
    made_of: dict[Term, set[str]] = {term: set(map(str, found)) for term, found in spec.term_variables.items()}
    return tuple(
        Effect(
            "Intercept" if label == "1" else label,
            tuple(map(int, columns)),
            tuple(name for name in names if name in made_of.get(term, ())),
        )
        for label, (term, columns) in zip(labels, spec.term_indices.items(), strict=True)
    )
