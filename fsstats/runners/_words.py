"""Options as they are typed: in a tool's own spelling, or as ``tool.option=value``; read into names and values."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from fsstats._frames import printable
from fsstats.errors import TableError, UnknownNameError, wording
from fsstats.runners._flags import Option, options_of
from fsstats.runners.command import Tool

_TRUTH: Final = {"": True, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def options_in(tool: Tool, words: Sequence[str]) -> dict[str, object]:
    """Read options in the tool's own spelling, as its function takes them.

    Parameters
    ----------
    tool : Tool
        Whose options they are.
    words : sequence of str
        The arguments as a shell gives them.

    Returns
    -------
    dict
        Names and values, in the order of the words.

    Raises
    ------
    UnknownNameError
        If there is no such option.
    TableError
        If a value is missing, or is no number where one is due.

    Examples
    --------
    >>> from fsstats.runners.programs.fsl import BET
    >>> options_in(BET, ["-f", "0.3", "-R", "-c", "90", "110", "80"])
    {'f': 0.3, 'R': True, 'c': (90.0, 110.0, 80.0)}
    """
    known = _by_spelling(tool)
    waiting, given = deque(words), dict[str, object]()
    while waiting:
        word = waiting.popleft()
        name, equals, value = word.partition("=")
        if word not in known and not (equals and name in known):
            raise UnknownNameError.among(f"option of {tool.name}", word, known)
        option = known.get(word) or known[name]
        texts = [value] if word not in known else _taken(option, waiting, known)
        _add(given, option, _value(tool, option, texts))
    return given


def _by_spelling(tool: Tool) -> Mapping[str, Option]:
    options = options_of(tool.options).values()
    return {spelling: one for one in options for spelling in (one.flag.spelling, *one.flag.also)}


def _taken(option: Option, waiting: "deque[str]", known: Mapping[str, Option]) -> list[str]:
    """Take the words that belong to an option: as many as it needs, or all up to the next option."""
    if option.is_many and not (option.flag.is_repeated or option.flag.join):
        texts = []
        while waiting and waiting[0] not in known:
            texts.append(waiting.popleft())
        return texts
    n = 1 if option.flag.join else len(option.kinds)
    return [waiting.popleft() for _ in range(min(n, len(waiting)))]


def _add(given: dict[str, object], option: Option, value: object) -> None:
    """Put an option last, together with what was given for it before if it may be given more than once."""
    before = given.pop(option.name, None)
    is_more = isinstance(before, list) and isinstance(value, list)
    given[option.name] = [*before, *value] if is_more else value  # type: ignore[misc] # both are lists


def set_options(tools: Iterable[Tool], texts: Iterable[str]) -> dict[str, dict[str, object]]:
    """Read options of several tools, each written as ``tool.option=value``.

    Parameters
    ----------
    tools : iterable of Tool
        The tools that there are.
    texts : iterable of str
        One option each: ``bet.f=0.3``, ``bet.R`` or ``bet.R=no`` for a switch, ``bet.c=90,110,80`` for several values.
        Options have their names in Python, or the tool's own spelling with or without its dashes. What has no point in
        front of the equals sign is an option of the recipe itself, and stays text.

    Returns
    -------
    dict of dict
        The options of each tool by its name; those of the recipe by the empty name.

    Raises
    ------
    UnknownNameError
        If there is no such tool, or no such option.
    TableError
        If a value is missing, or is no number where one is due.

    Examples
    --------
    >>> from fsstats.runners.programs.fsl import BET
    >>> set_options([BET], ["bet.f=0.3", "bet.R", "reference=mni.nii.gz"])
    {'bet': {'f': 0.3, 'R': True}, '': {'reference': 'mni.nii.gz'}}
    """
    known = {tool.name: tool for tool in tools}
    found: dict[str, dict[str, object]] = {}
    for text in texts:
        left, equals, value = text.partition("=")
        name, point, wanted = left.partition(".")
        if not point:
            found.setdefault("", {})[left.strip().replace("-", "_")] = value if equals else "true"
            continue
        if name not in known:
            raise UnknownNameError.among("tool of this recipe", name, known)
        option = _named(known[name], wanted)
        own = found.setdefault(name, {})
        _add(own, option, _set(known[name], option, value))
    return found


def _named(tool: Tool, name: str) -> Option:
    """Find an option by its name in Python, or by its spelling."""
    options = options_of(tool.options)
    by_spelling = _by_spelling(tool)
    plain = {spelling.lstrip("-"): one for spelling, one in by_spelling.items()}
    found = options.get(name) or by_spelling.get(name) or plain.get(name)
    if found is None:
        raise UnknownNameError.among(f"option of {tool.name}", name, [*options, *plain])
    return found


def _set(tool: Tool, option: Option, text: str) -> object:
    """Read the value of an option that was set; several values stand with commas between them."""
    if not option.kinds:
        return truth(f"{tool.name}: {option.flag.spelling}", text)
    is_one = len(option.kinds) == 1 and (not option.is_many or option.flag.is_repeated)
    return _value(tool, option, [text] if is_one or option.flag.join else text.split(","))


def truth(where: str, text: str) -> bool:
    """Read yes or no.

    Raises
    ------
    TableError
        If it is neither.
    """
    if text.lower() not in _TRUTH:
        raise TableError(f"{where}: {wording(expected='yes or no', found=repr(printable(text)))}")
    return _TRUTH[text.lower()]


def _value(tool: Tool, option: Option, texts: Sequence[str]) -> object:
    """Read the texts of one option as the value that the tool's function takes."""
    if not option.kinds:
        if texts:
            raise _wrong(tool, option, "no value", texts[0])
        return True
    words = texts[0].split(option.flag.join) if option.flag.join and texts else [*texts]
    n = len(option.kinds)
    if not words or len(words) % n or (len(words) > n and not option.is_many):
        due = f"{n} value{'' if n == 1 else 's'}" if not option.is_many else "values"
        raise _wrong(tool, option, due, " ".join(words) or "none")
    values = [_as(tool, option, option.kinds[i % n], word) for i, word in enumerate(words)]
    if option.is_many:
        return values if n == 1 else [tuple(values[i : i + n]) for i in range(0, len(values), n)]
    return values[0] if n == 1 else tuple(values)


def _as(tool: Tool, option: Option, kind: type, word: str) -> object:
    if kind is str:
        return word
    try:
        return kind(word)
    except ValueError:
        raise _wrong(tool, option, "a whole number" if kind is int else "a number", word) from None


def _wrong(tool: Tool, option: Option, expected: str, found: str) -> TableError:
    said = wording(expected=f"{expected} for {option.flag.spelling}", found=repr(printable(found)))
    return TableError(f"{tool.name}: {said}")
