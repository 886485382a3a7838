"""What splines, centred variables and the like learn of the people that a formula is used with first."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from keyword import iskeyword
from typing import Any, Final

import numpy as np
from formulaic.parser.types import Factor

from fsstats.errors import FormulaError
from fsstats.stats._formula import parsed_formula
from fsstats.stats._stored import is_finite

_QUOTED: Final = re.compile(r"`([^`]*)`")


def learners_of(formula: str) -> dict[str, ast.Call]:
    """Find the calls in a formula that learn something, by the text under which formulaic keeps it.

    Parameters
    ----------
    formula : str
        The right side, with no more than the functions that a formula may call.

    Returns
    -------
    dict of str to Call
        Text and call.

    Raises
    ------
    FormulaError
        If the formula cannot be read.

    Examples
    --------
    >>> list(learners_of("sex * bs(age,df=4) + scale(log(`my score`)) + I(age**2)"))
    ['bs(age, df=4)', 'scale(log(my_score))']
    """
    factors = [factor for term in parsed_formula(formula) for factor in term.factors]
    texts = [str(one.expr).strip() for one in factors if one.eval_method is Factor.EvalMethod.PYTHON]
    try:
        nodes = [node for text in texts for node in ast.walk(ast.parse(_plain(text), mode="eval"))]
    except (SyntaxError, ValueError, RecursionError) as error:
        raise FormulaError.at(formula, expected="a formula", found=str(error)) from error
    return {ast.unparse(node): node for node in nodes if isinstance(node, ast.Call) and _called(node) in _IS_WHOLE}


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func)


def _plain(text: str) -> str:
    """Write names between backticks as names of Python, as formulaic does where no two of them look alike."""
    return _QUOTED.sub(lambda found: _name(found[1]), text)


def _name(quoted: str) -> str:
    name = quoted if quoted.isidentifier() and not iskeyword(quoted) else re.sub(r"\W", "_", quoted) or "_"
    return f"_{name}" if name[0].isdigit() or iskeyword(name) else name


def is_whole(text: str, call: ast.Call, learned: object, columns: Sequence[str]) -> bool:
    """Say whether something is all that a call can have learned; with less it would learn of others.

    Parameters
    ----------
    text, call : str and Call
        Of `learners_of`.
    learned : object
        What is to be judged.
    columns : sequence of str
        Of the design: ``bs(age, df=4)[1]``.

    Returns
    -------
    bool
        Whether it is.

    Examples
    --------
    >>> text, call = learners_of("center(age)").popitem()
    >>> is_whole(text, call, {"ddof": 1, "center": 40.5, "scale": None}, []), is_whole(text, call, {}, [])
    (True, False)
    """
    if not isinstance(learned, Mapping):
        return False
    inside = re.compile(re.escape(text) + r"\[([^\]]*)\]")
    fields = dict.fromkeys(field for column in columns for field in inside.findall(_plain(column)))
    is_by_column = bool(fields) and [*map(str, learned)] == [*fields]  # scale(bs(age)) scales every column by itself
    parts = [*learned.values()] if is_by_column else [learned]
    return all(isinstance(one, Mapping) and _IS_WHOLE[_called(call)](call, one) for one in parts)


def _option(call: ast.Call, name: str, place: int, *, default: object) -> object:
    """Give an argument of a call that is written as a number or a word; an expression stands for itself."""
    found = next((one.value for one in call.keywords if one.arg == name), None)
    found = found if found is not None else (call.args[place] if place < len(call.args) else None)
    if found is None:
        return default
    return found.value if isinstance(found, ast.Constant) else found


def _are_numbers(found: object, *, positive: bool = False) -> bool:
    """Say whether something is a finite number or an array of them."""
    if not isinstance(found, np.ndarray):
        return is_finite(found, positive=positive)
    return bool(np.isfinite(found).all() and (not positive or (found > 0).all()))


def _is_scaling(call: ast.Call, learned: Mapping[Any, Any]) -> bool:
    wanted = {"center": _option(call, "center", 1, default=True), "scale": _option(call, "scale", 2, default=True)}
    if _called(call) == "center":
        wanted = {"center": True, "scale": False}
    elif _called(call) == "standardize":
        wanted["scale"] = _option(call, "rescale", 2, default=True)
    if {*learned} != {"ddof", *wanted} or not _are_numbers(learned["ddof"]):
        return False
    return all(
        learned[name] is None if one is False else _are_numbers(learned[name], positive=name == "scale")
        for name, one in wanted.items()
    )


def _is_polynomial(call: ast.Call, learned: Mapping[Any, Any]) -> bool:
    if _option(call, "raw", 2, default=False) is True:
        return not learned
    degree = _option(call, "degree", 1, default=1)
    if {*learned} != {"alpha", "norms2"} or type(degree) is not int:
        return False
    middles, lengths = learned["alpha"], learned["norms2"]
    return (
        isinstance(middles, Mapping)
        and isinstance(lengths, Mapping)
        and ({*middles}, {*lengths}) == ({*range(degree)}, {*range(degree + 1)})
        and all(map(_are_numbers, middles.values()))
        and all(_are_numbers(one, positive=True) for one in lengths.values())
    )


def _is_spline(_call: ast.Call, learned: Mapping[Any, Any]) -> bool:
    """Judge a B-spline: between its bounds knots in their order, which begin and end there."""
    return {*learned} == {"lower_bound", "upper_bound", "knots"} and _are_knots(learned)


def _are_knots(learned: Mapping[Any, Any]) -> bool:
    low, knots, high = (learned[name] for name in ("lower_bound", "knots", "upper_bound"))
    if not (isinstance(knots, list) and len(knots) > 1 and all(map(_are_numbers, [low, *knots, high]))):
        return False
    return bool(knots[0] == low < high == knots[-1]) and knots == sorted(knots)


def _is_cubic(call: ast.Call, learned: Mapping[Any, Any]) -> bool:
    """Judge a natural or cyclic cubic spline, the constant of which is taken out by constraints."""
    if {*learned} != {"lower_bound", "upper_bound", "knots", "constraints", "cyclic"} or not _are_knots(learned):
        return False
    is_cyclic, constraints = _called(call) == "cc", learned["constraints"]
    if learned["cyclic"] is not is_cyclic or len({*learned["knots"]}) < len(learned["knots"]):
        return False
    if _option(call, "constraints", 5, default=None) is None:
        return constraints is None
    free = len(learned["knots"]) - is_cyclic
    return _are_numbers(constraints) and np.ndim(constraints) == 2 and np.shape(constraints)[1] == free


_IS_WHOLE: Final[Mapping[str, Callable[[ast.Call, Mapping[Any, Any]], bool]]] = {
    "bs": _is_spline,
    "cc": _is_cubic,
    "center": _is_scaling,
    "cr": _is_cubic,
    "cs": _is_cubic,
    "poly": _is_polynomial,
    "scale": _is_scaling,
    "standardize": _is_scaling,
}
"""The functions that learn, and what tells whether something is all that they do."""
