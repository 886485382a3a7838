"""Formulas: read, and held to arithmetic, because a formula that comes from a file is code."""

import ast
import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

import numpy as np
from formulaic import Formula, SimpleFormula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor, Term

from fsstats.errors import FormulaError

FUNCTIONS: Final = frozenset(
    "C I bs center cr cs cc exp log log10 log2 poly scale sqrt standardize".split()  # noqa: SIM905 - reads better
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
_HINTS: Final = (
    (re.compile(r"\|"), "Random effects are named apart: mixed(..., groups='site')."),
    (re.compile(r"(?<![\w.`])\.(?![\w`])"), "Name the terms; there is no word for all of them."),
    (re.compile(r"\bTreatment\("), "A reference level is named apart: reference={'site': 'B'}."),
    (re.compile(r"\^"), "A power of a number is I(age**2)."),
    (re.compile(r"^[^()]*,"), "Terms are joined by +."),
)
"""What users of other programs write, and what to write here."""
_CALL: Final = re.compile(r"\b[A-Za-z_]\w*\([^()]*\)|\{[^{}]*\}")
_BARE_POWER: Final = re.compile(r"(`[^`]+`|\w+)\s*(?:\*\*|\^)\s*(\d+)")
_QUOTED: Final = re.compile(r"`[^`]*`")
_CODED: Final = re.compile(r"C\(.*\)$")
_CUBIC: Final = re.compile(r"(?:cr|cs|cc)\(.*\)$")
_POWER: Final = re.compile(r"(?:\*\*|\^)\s*\(?\s*0*(\d*)")


def variables_of(formula: str) -> list[str]:
    """Name the variables on the right side of a formula, in their order.

    Parameters
    ----------
    formula : str
        See `design_of`.

    Returns
    -------
    list of str
        The names.

    Raises
    ------
    FormulaError
        If it cannot be read, or would run anything else than `FUNCTIONS`.

    Examples
    --------
    >>> variables_of("value ~ group * age + log(eTIV) + `my score`")
    ['group', 'age', 'eTIV', 'my score']
    """
    right = sides(formula)[1]
    return variables_in(parsed_formula(right), right)


def sides(formula: str) -> tuple[str, str]:
    """Part the formula; without a left side it is the value."""
    left, tilde, right = formula.rpartition("~")
    response = re.sub(r"\s+", "", left) or "value"
    if response not in RESPONSES:
        raise FormulaError.at(formula, expected=f"one of {', '.join(RESPONSES)} on the left", found=left.strip())
    if not right.strip():
        raise FormulaError.at(formula, expected="terms", found="nothing" if not tilde else "nothing right of ~")
    return response, right.strip()


@lru_cache(maxsize=64)
def parsed_formula(right: str) -> Formula:
    """Read the right side of a formula."""
    if any(len(power) > 1 for power in _POWER.findall(right)):
        raise FormulaError.at(right, expected="powers up to 9", found="a larger one")
    _refuse_bare_powers(right)
    try:
        parsed = Formula(right)
    except (FormulaicError, SyntaxError, ValueError, AttributeError, RecursionError) as error:
        found = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0].rstrip(".")
        raise FormulaError.at(right, expected="a formula", found=found, hint=_hint(right)) from error
    if not isinstance(parsed, SimpleFormula):
        raise FormulaError.at(right, expected="one right side", found="several parts", hint=_hint(right))
    return SimpleFormula([Term([_centred(factor) for factor in term.factors]) for term in parsed])


def _hint(text: str) -> str:
    return next((hint for pattern, hint in _HINTS if pattern.search(text)), "")


def _refuse_bare_powers(right: str) -> None:
    """Refuse age**2, which crosses age with itself and so is age again."""
    outside, before = right, ""
    while outside != before:
        outside, before = _CALL.sub("q", outside), outside
    found = _BARE_POWER.search(outside)
    if found:
        base, power = found.groups()
        hint = f"For a square and the like write I({base}**{power})."
        raise FormulaError.at(right, expected="powers of sums, as (a + b)**2", found=found[0], hint=hint)


def _centred(factor: Factor) -> Factor:
    """Take the constant out of a natural or cyclic cubic spline, which the intercept holds already."""
    text = str(factor.expr)
    if not _CUBIC.match(text) or "constraints" in text:
        return factor
    return Factor(f"{text[:-1]}, constraints='center')", eval_method=factor.eval_method)


def variables_in(parsed: Formula, formula: str) -> list[str]:
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
                hint=_hint(expression),
            )
    inner = [node for node in ast.walk(tree) if _calls(node, "C") and node is not tree.body]
    if inner:
        found = ast.unparse(inner[0])
        raise FormulaError.at(
            formula, expected="C(...) on its own, not within something", found=f"{found} in {expression}"
        )
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
    own = {f"_quoted_{number}_": name for number, name in enumerate(quoted)}
    return [own.get(name, name) for name in names if name != "contr"]


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _is_known(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS) or isinstance(node.func, ast.Attribute)
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "contr" and node.attr in CODINGS
    if isinstance(node, ast.Name):
        return not node.id.startswith("__")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _is_small(node.right)
    return not isinstance(node, ast.BitXor | ast.BitOr | ast.BitAnd | ast.LShift | ast.RShift)


def _is_small(node: ast.expr) -> bool:
    """Say whether an exponent is a small number: 9**9**9 would run for years."""
    bare = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(bare, ast.Constant) and isinstance(bare.value, int | float) and abs(bare.value) <= 9


def term_of(name: str, columns: Collection[str]) -> str:
    """Put a column's name between backticks if a formula would not read it as a name.

    Parameters
    ----------
    name : str
        A column, or a term of a formula.
    columns : collection of str
        The columns that there are.

    Returns
    -------
    str
        What can stand in a formula.

    Examples
    --------
    >>> term_of("my score", ["my score"]), term_of("bs(age)", ["age"])
    ('`my score`', 'bs(age)')
    """
    return f"`{name}`" if name in columns and not name.isidentifier() else name


def with_sums(parsed: Formula, levels: Collection[str]) -> Formula:
    """Code variables with levels so that they add up to 0, where the formula does not say how.

    Parameters
    ----------
    parsed : Formula
        Made by `parsed_formula`.
    levels : collection of str
        The variables with levels.

    Returns
    -------
    Formula
        The same terms in the same order.

    Raises
    ------
    FormulaError
        If the formula asks for treatment coding.
    """
    return SimpleFormula([Term([_of_sums(factor, levels) for factor in term.factors]) for term in parsed])


def _of_sums(factor: Factor, levels: Collection[str]) -> Factor:
    text = str(factor.expr).strip()
    if factor.eval_method is Factor.EvalMethod.LOOKUP:
        return Factor(f"C(`{text}`, contr.sum)", eval_method="python") if text in levels else factor
    if not _CODED.match(text):
        return factor
    quoted = _QUOTED.findall(text)
    stand_in = iter(range(len(quoted)))
    call = ast.parse(_QUOTED.sub(lambda _: f"_quoted_{next(stand_in)}_", text), mode="eval").body
    if not isinstance(call, ast.Call):
        return factor
    given = [*call.args[1:], *(one.value for one in call.keywords if one.arg == "contrasts")]
    if any("treatment" in ast.unparse(one) for one in given):
        raise FormulaError.at(text, expected="levels that add up to 0, such as contr.sum", found="contr.treatment")
    if not given:
        call.args.append(ast.parse("contr.sum", mode="eval").body)
    for place, name in enumerate(quoted):
        text = ast.unparse(call) if not place else text
        text = text.replace(f"_quoted_{place}_", name)
    return Factor(text if quoted else ast.unparse(call), eval_method="python")
