"""Options of a tool: written once as types, checked, and turned into arguments in the order in which they are given.

Each tool has a ``TypedDict`` whose fields are ``Annotated[type, Flag(...)]``: the name in Python, the type of
the value, the spelling on the command line, what it does. ``bool`` is a switch, ``Literal`` a choice, a tuple
several values.
"""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Required, Union, get_args, get_origin, get_type_hints

from fsstats._frames import printable
from fsstats.errors import TableError, UnknownNameError

PathLike = str | os.PathLike[str]
Role = Literal["", "in", "out"]


@dataclass(frozen=True, slots=True)
class Flag:
    """How an option is spelled, and what it does.

    Parameters
    ----------
    spelling : str
        As on the command line: ``-f``, ``--ref``. Of two words, ``-kernel 2D``, each is an argument of its own.
    says : str
        What it does, in a sentence.
    low, high : float
        The least and the greatest value.
    role : {"", "in", "out"}
        Whether it names a file that must be there, or one that will be.
    join : str
        What stands between several values; if it is empty, each is an argument of its own.
    is_repeated : bool
        The option stands again before each of several values.
    also : tuple of str
        Other spellings that the tool takes for the same.
    is_of_one : bool
        It names a subject or one of its files, and so differs between subjects, as what names an output does.
    """

    spelling: str
    says: str
    low: float = -math.inf
    high: float = math.inf
    role: Role = ""
    join: str = ""
    is_repeated: bool = False
    also: tuple[str, ...] = ()
    is_of_one: bool = False


class Option(NamedTuple):
    """One option of a tool."""

    name: str
    """Its name in Python."""
    flag: Flag
    kinds: tuple[type, ...]
    """The type of each value; none for a switch."""
    is_many: bool
    """It takes any number of such values, or groups of values."""
    choices: tuple[tuple[object, ...], ...]
    """What each value may be; none if anything will do."""
    is_required: bool


class Read(NamedTuple):
    """What options come to."""

    arguments: tuple[str, ...]
    inputs: tuple[str, ...]
    """Files that must be there."""
    outputs: tuple[str, ...]
    """Files that will be there."""


@cache
def options_of(described: type) -> Mapping[str, Option]:
    """Give the options that a TypedDict describes, by their names."""
    return {name: _option(name, hint) for name, hint in get_type_hints(described, include_extras=True).items()}


def _option(name: str, hint: Any) -> Option:
    is_required = get_origin(hint) is Required
    plain, flag = get_args(get_args(hint)[0] if is_required else hint)[:2]
    values, is_many = _values(plain), get_origin(plain) is Sequence
    choices = tuple(get_args(one) if get_origin(one) is Literal else () for one in values)
    return Option(name, flag, tuple(map(_kind, values)), is_many=is_many, choices=choices, is_required=is_required)


def _values(plain: Any) -> tuple[Any, ...]:
    """Take the type of an option apart: that of each value, or of each in one group of them; none for a switch."""
    if plain is bool:
        return ()
    if get_origin(plain) is Sequence:
        return _values(get_args(plain)[0])
    return get_args(plain) if get_origin(plain) is tuple else (plain,)


def _kind(hint: Any) -> type:
    """Reduce a type to that of the value: a path is text."""
    if get_origin(hint) is Literal:
        return type(get_args(hint)[0])
    if get_origin(hint) is Annotated:
        return _kind(get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType}:
        return str
    return hint if isinstance(hint, type) else str


def read(program: str, described: type, given: Mapping[str, object], *, has_equals: bool = False) -> Read:
    """Check options and write them as arguments.

    Parameters
    ----------
    program : str
        Whose options; for messages.
    described : type
        Their ``TypedDict``.
    given : mapping
        Names and values, in the order in which they are to stand. None, and a switch that is off, are left out.
    has_equals : bool
        Values of options with two dashes stand behind an equals sign: ``--ref=image``.

    Returns
    -------
    Read
        The arguments, and the files that they name.

    Raises
    ------
    UnknownNameError
        If there is no such option, or no such choice.
    TableError
        If a value is of another kind, out of range, or a required option is missing.

    Examples
    --------
    >>> from typing import TypedDict
    >>> class Options(TypedDict, total=False):
    ...     f: Annotated[float, Flag("-f", "Threshold.", low=0, high=1)]
    ...     R: Annotated[bool, Flag("-R", "Robust.")]
    >>> read("bet", Options, {"R": True, "f": 0.3}).arguments
    ('-R', '-f', '0.3')
    """
    known = options_of(described)
    arguments: list[str] = []
    named: dict[Role, list[str]] = {"": [], "in": [], "out": []}
    for name, value in given.items():
        if name not in known:
            raise UnknownNameError.among(f"option of {program}", name, known)
        option = known[name]
        if value is None or (not option.kinds and _switch(program, option, value) is False):
            continue
        texts = list(_texts(program, option, value)) if option.kinds else []
        named[option.flag.role] += texts
        arguments += _spelled(option, texts, has_equals=has_equals)
    for option in known.values():
        if option.is_required and given.get(option.name) is None:
            message = f"{program}: expected {option.name} ({option.flag.spelling}: {option.flag.says}) found none"
            raise TableError(message)
    return Read(tuple(arguments), tuple(named["in"]), tuple(named["out"]))


def _switch(program: str, option: Option, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(program, option, "True or False", value)
    return value


def _spelled(option: Option, texts: Sequence[str], *, has_equals: bool) -> list[str]:
    """Put the spelling of an option before its values."""
    spelling, join = option.flag.spelling, option.flag.join
    if not option.kinds:
        return spelling.split()
    if option.flag.is_repeated:
        n = len(option.kinds)
        return [word for at in range(0, len(texts), n) for word in (spelling, *texts[at : at + n])]
    values = [join.join(texts)] if join else texts
    is_one_word = has_equals and spelling.startswith("--")
    return [f"{spelling}={' '.join(values)}"] if is_one_word else [*spelling.split(), *values]


def _texts(program: str, option: Option, value: object) -> Iterator[str]:
    """Write each value as text."""
    several = option.is_many or len(option.kinds) > 1
    values = [value] if not several or isinstance(value, str | os.PathLike | int | float) else list(_listed(value))
    if option.is_many and len(option.kinds) > 1:
        values = [one for group in values for one in ([group] if isinstance(group, str) else _listed(group))]
    n_groups, left_over = divmod(len(values), len(option.kinds))
    if left_over or not n_groups or (n_groups > 1 and not option.is_many):
        raise _wrong(program, option, f"{len(option.kinds)} values", value)
    due = list(zip(option.kinds, option.choices, strict=True)) * n_groups
    for (kind, choices), one in zip(due, values, strict=True):
        if choices and one not in choices:
            raise UnknownNameError.among(f"{option.flag.spelling} of {program}", one, map(str, choices))
        yield _text(program, option, kind, one)


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, Iterable) else [value]


def _text(program: str, option: Option, kind: type, value: object) -> str:
    """Write one value as text."""
    if kind in {int, float}:
        return _number(program, option, kind, value)
    if not isinstance(value, str | os.PathLike):
        raise _wrong(program, option, "text", value)
    text = os.fspath(value)
    if "\0" in text or not text:
        raise _wrong(program, option, "text", value)
    return path_text(text) if option.flag.role else text


def _number(program: str, option: Option, kind: type, value: object) -> str:
    is_it = isinstance(value, int) if kind is int else isinstance(value, int | float)
    if isinstance(value, bool) or not is_it or not option.flag.low <= float(value) <= option.flag.high:  # type: ignore[arg-type]
        what = "a whole number" if kind is int else "a number"
        raise _wrong(program, option, f"{what}{_between(option.flag)}", value)
    return number_text(float(value)) if kind is float else str(value)  # type: ignore[arg-type]


def _between(flag: Flag) -> str:
    low = f" of at least {number_text(flag.low)}" if math.isfinite(flag.low) else ""
    return f"{low} and at most {number_text(flag.high)}" if math.isfinite(flag.high) else low


def number_text(number: float) -> str:
    """Write a number with all its digits, and without a fraction where it has none.

    Examples
    --------
    >>> number_text(0.3), number_text(20.0), number_text(-1e-7)
    ('0.3', '20', '-1e-07')
    """
    return repr(number).removesuffix(".0")


def path_text(path: PathLike) -> str:
    """Write the name of a file as it is, but so that no tool takes it for an option.

    Examples
    --------
    >>> path_text("T1w.nii.gz"), path_text("-odd name.nii.gz")
    ('T1w.nii.gz', './-odd name.nii.gz')
    """
    text = os.fspath(path)
    return f"./{text}" if text.startswith("-") else text


def _wrong(program: str, option: Option, expected: str, found: object) -> TableError:
    message = (
        f"{program}: expected {expected} for {option.flag.spelling} ({option.name}), found {printable(str(found))!r}"
    )
    return TableError(message)
