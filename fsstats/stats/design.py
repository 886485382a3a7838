"""A formula and rows to a design matrix: complete cases first, nothing that a formula could run, no silent gap."""

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from formulaic import Formula, ModelMatrix, ModelSpec, SimpleFormula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor, Term

from fsstats._frames import FloatArray, some_of
from fsstats.errors import FormulaError, UnknownNameError
from fsstats.tables.panel import BoolArray

FUNCTIONS: Final = frozenset(
    "C I Q bs center cr cs cc exp log log10 log2 poly scale sqrt standardize".split()  # noqa: SIM905 - reads better
)
"""What a formula may call; all of it is arithmetic, a spline or a coding of levels."""
CODINGS: Final = frozenset({"treatment", "sum", "helmert", "poly", "diff"})
RESPONSES: Final = {"value": None, "log(value)": np.log, "log10(value)": np.log10, "sqrt(value)": np.sqrt}
"""What may stand on the left, and what it makes of the values."""
_NODES: Final = (
    ast.Expression,
    ast.Call,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.operator,
    ast.unaryop,
    ast.keyword,
    ast.List,
    ast.Tuple,
    ast.Attribute,
)
_QUOTED: Final = re.compile(r"`[^`]*`")
_POWER: Final = re.compile(r"(?:\*\*|\^)\s*\(?\s*0*(\d*)")
_TOLERANCE: Final = 1e-7
"""Of a column's length: what is left of it beside the columns before it must be more, as in R's lm."""


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
        data = _coded(people[list(self.data.columns)], self.levels)
        return _matrix(self.spec.get_model_matrix(data), self.columns)

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
        strange = next((name for name in terms if name not in known), None)
        if strange is not None:
            raise UnknownNameError.among("term of the model", strange, known)
        return list(dict.fromkeys(place for name in terms for place in known[name]))


def design_of(
    formula: str,
    people: pd.DataFrame,
    *,
    reference: Mapping[str, str] | None = None,
    also: Sequence[str] = (),
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
    response, right = _sides(formula)
    parsed = _parsed(right)
    names = _variables(parsed, formula)
    _require_known([*names, *also], people)
    rows = people[[*names, *also]].notna().all(axis=1).to_numpy(dtype=np.bool_)
    if not rows.any():
        raise FormulaError.at(formula, expected="at least one row with all variables", found=_why_none(people[names]))
    levels = _levels(people[names], rows, reference or {}, formula)
    data = _coded(people.loc[rows, names].reset_index(drop=True), levels)
    built = _built(parsed, data, formula)
    columns = tuple(map(str, built.columns))
    matrix = _matrix(built, columns)
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
        right, response, matrix, columns, _effects(built.model_spec, names), rows, levels, data, built.model_spec
    )


def _sides(formula: str) -> tuple[str, str]:
    """Part the formula; without a left side it is the value."""
    left, tilde, right = formula.rpartition("~")
    response = re.sub(r"\s+", "", left) or "value"
    if response not in RESPONSES:
        raise FormulaError.at(formula, expected=f"one of {', '.join(RESPONSES)} on the left", found=left.strip())
    if not right.strip():
        raise FormulaError.at(formula, expected="terms", found="nothing" if not tilde else "nothing right of ~")
    return response, right.strip()


def _parsed(right: str) -> Formula:
    if any(len(power) > 1 for power in _POWER.findall(right)):
        raise FormulaError.at(right, expected="powers up to 9", found="a larger one")
    try:
        parsed = Formula(right)
    except (FormulaicError, SyntaxError, ValueError, RecursionError) as error:
        found = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FormulaError.at(right, expected="a formula", found=found) from error
    if not isinstance(parsed, SimpleFormula):
        raise FormulaError.at(right, expected="one right side", found="several parts")
    return parsed


def _variables(parsed: Formula, formula: str) -> list[str]:
    """Name the columns that a formula needs, in the order of its terms; refuse what would run code."""
    found: list[str] = []
    for factor in (factor for term in parsed for factor in term.factors):
        if factor.eval_method is Factor.EvalMethod.LOOKUP:
            found.append(str(factor.expr))
        elif factor.eval_method is Factor.EvalMethod.PYTHON:
            found += _names_in(str(factor.expr).strip(), formula)
    return list(dict.fromkeys(found))


def _names_in(expression: str, formula: str) -> list[str]:
    """Name the columns in an expression, which must be arithmetic with known functions."""
    quoted = [text.strip("`") for text in _QUOTED.findall(expression)]
    stand_in = (f"_quoted_{number}_" for number in range(len(quoted)))
    try:
        tree = ast.parse(_QUOTED.sub(lambda _: next(stand_in), expression), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise FormulaError.at(formula, expected="a formula", found=expression) from error
    for node in ast.walk(tree):
        if not isinstance(node, _NODES) or not _is_known(node):
            raise FormulaError.at(
                formula,
                expected=f"arithmetic and the functions {', '.join(sorted(FUNCTIONS))}",
                found=ast.unparse(node) if isinstance(node, ast.expr) else expression,
            )
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
    own = {f"_quoted_{number}_": name for number, name in enumerate(quoted)}
    return [own.get(name, name) for name in names if name != "contr"]


def _is_known(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS) or isinstance(node.func, ast.Attribute)
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "contr" and node.attr in CODINGS
    if isinstance(node, ast.Name):
        return not node.id.startswith("__")
    if isinstance(node, ast.BinOp):
        return not isinstance(node.op, ast.Pow) or _is_small(node.right)
    return True


def _is_small(node: ast.expr) -> bool:
    """Say whether an exponent is a small number: 9**9**9 would run for years."""
    bare = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(bare, ast.Constant) and isinstance(bare.value, int | float) and abs(bare.value) <= 9


def _require_known(names: Sequence[str], people: pd.DataFrame) -> None:
    strange = next((name for name in names if name not in people.columns), None)
    if strange is not None:
        raise UnknownNameError.among("variable", strange, map(str, people.columns))


def _why_none(variables: pd.DataFrame) -> str:
    counts = {str(name): int(variables[name].isna().sum()) for name in variables.columns}
    missing = ", ".join(f"{name} is missing in {n}" for name, n in counts.items() if n)
    return f"none of {len(variables)}: {missing}" if missing else f"none of {len(variables)}"


def _has_levels(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype)


def _levels(
    variables: pd.DataFrame, rows: BoolArray, reference: Mapping[str, str], formula: str
) -> dict[str, tuple[str, ...]]:
    """Give the levels of each variable that has some, the reference first."""
    found: dict[str, tuple[str, ...]] = {}
    for name in map(str, variables.columns):
        column = variables[name]
        if not (_has_levels(column) or name in reference or _is_coded(name, formula)):
            continue
        order = _order(column)
        before, left = (set(_words(column[one]).dropna()) for one in (slice(None), rows))
        lost = [level for level in order if level in before - left]
        if lost:
            raise FormulaError.at(
                formula,
                expected=f"rows of every level of {name}",
                found=f"none of {some_of(lost)} that has all other variables",
                hint="Leave these subjects out first, or fill in what they lack.",
            )
        kept = [level for level in order if level in left]
        first = reference.get(name, kept[0])
        if first not in kept:
            raise UnknownNameError.among(f"level of {name}", first, kept)
        found[name] = (first, *(level for level in kept if level != first))
    strange = next((name for name in reference if name not in variables.columns), None)
    if strange is not None:
        raise UnknownNameError.among("variable of the formula", strange, map(str, variables.columns))
    return found


def _is_coded(name: str, formula: str) -> bool:
    """Say whether a formula codes a variable as one with levels."""
    return re.search(rf"\bC\(\s*`?{re.escape(name)}`?\s*[,)]", formula) is not None


def _order(column: pd.Series) -> list[str]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [str(one) for one in column.cat.categories]
    return [str(one) for one in _words(pd.Series(sorted(column.dropna().unique()), dtype=column.dtype))]


def _words(column: pd.Series) -> pd.Series:
    """Write levels as text, whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(column.dtype) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("object").map(str, na_action="ignore")


def _coded(people: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Give variables with levels as categories, the reference first; refuse what is missing or unknown."""
    coded = {}
    for name in map(str, people.columns):
        column = people[name]
        if column.isna().any():
            found = f"{int(column.isna().sum())} of {len(column)} missing"
            raise FormulaError.at(name, expected="a value in every row", found=found)
        if name in levels:
            words = _words(column)
            strange = sorted(set(words) - set(levels[name]))
            if strange:
                expected = f"the levels {some_of(levels[name])}"
                raise FormulaError.at(name, expected=expected, found=some_of(strange))
            coded[name] = pd.Series(pd.Categorical(words, categories=list(levels[name])), index=people.index)
        else:
            coded[name] = column.astype("float64")
    return pd.DataFrame(coded, index=people.index)


def _built(parsed: Formula, data: pd.DataFrame, formula: str) -> ModelMatrix:
    """Let formulaic build the matrix."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            built = parsed.get_model_matrix(data, context={"sqrt": np.sqrt}, na_action="raise")
    except Exception as error:
        cause = str(error).strip().splitlines() or [type(error).__name__]
        raise FormulaError.at(formula, expected="a design matrix", found=cause[-1]) from error
    return built


def _matrix(built: ModelMatrix, columns: Sequence[str]) -> FloatArray:
    if tuple(map(str, built.columns)) != tuple(columns):
        message = f"the design has other columns: {some_of(list(map(str, built.columns)))}"
        raise FormulaError(message)
    return np.ascontiguousarray(np.asarray(built, dtype=np.float64))


def _require_finite(matrix: FloatArray, columns: Sequence[str], formula: str) -> None:
    wrong = ~np.isfinite(matrix)
    if wrong.any():
        place = int(np.flatnonzero(wrong.any(axis=0))[0])
        found = f"{int(wrong[:, place].sum())} rows of {columns[place]} that are not"
        raise FormulaError.at(formula, expected="finite numbers", found=found)


@dataclass(frozen=True, slots=True)
class Dependent:
    """A column of a design that others give."""

    column: int
    says: str


def dependent_columns(matrix: FloatArray, columns: Sequence[str]) -> list[Dependent]:
    """Name every column that is a combination of those before it, and of which.

    Parameters
    ----------
    matrix : ndarray, shape (n, p)
        A design.
    columns : sequence of str, length p
        Its names.

    Returns
    -------
    list of Dependent
        Empty if the rank is full.

    Examples
    --------
    >>> dependent_columns(np.array([[1, 0, 1.0], [1, 1, 3.0], [1, 0, 1.0]]), ["Intercept", "sex", "s2"])
    [Dependent(column=2, says='s2 is a combination of Intercept, sex')]
    """
    norms = np.linalg.norm(matrix, axis=0)
    scaled = matrix / np.where(norms > 0, norms, 1.0)
    basis: list[npt.NDArray[np.float64]] = []
    kept: list[int] = []
    found = []
    for place in range(matrix.shape[1]):
        rest = scaled[:, place].copy()
        for _ in range(2):  # twice is enough for orthogonality to working precision
            for one in basis:
                rest -= one * (one @ rest)
        length = float(np.linalg.norm(rest))
        if norms[place] > 0 and length > _TOLERANCE:
            basis.append(rest / length)
            kept.append(place)
            continue
        found.append(Dependent(place, f"{columns[place]} {_of_what(scaled, place, kept, columns)}"))
    return found


def _of_what(scaled: FloatArray, place: int, kept: list[int], columns: Sequence[str]) -> str:
    if not scaled[:, place].any():
        return "is 0 in every row"
    weights = np.linalg.lstsq(scaled[:, kept], scaled[:, place], rcond=None)[0]
    parts = [columns[one] for one, weight in zip(kept, weights, strict=True) if abs(weight) > 1e-6]
    return f"is a combination of {', '.join(parts)}"


def _effects(spec: ModelSpec, names: Sequence[str]) -> tuple[Effect, ...]:
    """Give the terms, each with its columns and those of the variables that it is made of."""
    made_of: dict[Term, set[str]] = {term: set(map(str, found)) for term, found in spec.term_variables.items()}
    return tuple(
        Effect(
            "Intercept" if str(term) == "1" else str(term),
            tuple(map(int, columns)),
            tuple(name for name in names if name in made_of.get(term, ())),
        )
        for term, columns in spec.term_indices.items()
    )
