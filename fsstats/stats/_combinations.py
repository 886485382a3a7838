"""Combinations of coefficients as a researcher writes them: dx[T.MCI] - dx[T.AD]."""

import ast
import re
from collections.abc import Mapping, Sequence

import numpy as np

from fsstats._frames import FloatArray, some_of
from fsstats.errors import FormulaError


def combinations_of(texts: Mapping[str, str] | Sequence[str], columns: Sequence[str]) -> tuple[list[str], FloatArray]:
    """Turn sums of coefficients into weights.

    Parameters
    ----------
    texts : mapping of str to str, or sequence of str
        By name, or named by itself: sums and differences of columns of the design, times numbers.
    columns : sequence of str
        The columns of the design.

    Returns
    -------
    tuple of (list of str, ndarray of shape (combinations, columns))
        Names and weights.

    Raises
    ------
    FormulaError
        If a text is anything else.

    Examples
    --------
    >>> combinations_of(["dx[T.MCI] - 0.5 * dx[T.AD]"], ["Intercept", "dx[T.MCI]", "dx[T.AD]"])
    (['dx[T.MCI] - 0.5 * dx[T.AD]'], array([[ 0. ,  1. , -0.5]]))
    """
    named = texts if isinstance(texts, Mapping) else {text: text for text in texts}
    weights = [_weights(text, columns) for text in named.values()]
    return list(named), np.array(weights).reshape(len(named), len(columns))


def _weights(text: str, columns: Sequence[str]) -> FloatArray:
    longest = sorted(columns, key=len, reverse=True)
    pattern = "|".join(re.escape(name) for name in longest)
    plain = re.sub(pattern, lambda found: f" _{columns.index(found[0])}_ ", text)
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
        constant, weights = _linear(tree, len(columns))
    except (SyntaxError, ValueError, RecursionError) as error:
        expected = f"sums of columns of the design times numbers; the columns are {some_of(columns, 30)}"
        raise FormulaError.at(text, expected=expected, found=str(error.args[0]) if error.args else text) from error
    if constant or not weights.any():
        raise FormulaError.at(text, expected="a sum of columns of the design", found=f"{constant:g} beside them")
    return weights


def _linear(node: ast.expr, n: int) -> tuple[float, FloatArray]:
    """Give the constant and the weights of an expression."""
    none = np.zeros(n)
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number), none
        case ast.Name(id=name) if re.fullmatch(r"_\d+_", name):
            none[int(name.strip("_"))] = 1.0
            return 0.0, none
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            constant, weights = _linear(inner, n)
            return -constant, -weights
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _linear(inner, n)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(_linear(left, n), operator, _linear(right, n))
    message = f"{ast.unparse(node)}"
    raise ValueError(message)


def _combined(
    left: tuple[float, FloatArray], operator: ast.operator, right: tuple[float, FloatArray]
) -> tuple[float, FloatArray]:
    (a, x), (b, y) = left, right
    match operator:
        case ast.Add():
            return a + b, x + y
        case ast.Sub():
            return a - b, x - y
        case ast.Mult() if not (x.any() and y.any()):
            return a * b, a * y + b * x
        case ast.Div() if b and not y.any():
            return a / b, x / b
    message = "a product, quotient or power of columns"
    raise ValueError(message)
