"""What messages of the library advise, in words of a command line: ``--allow versions`` for ``allow=['versions']``."""

import ast
import re
import shlex
from collections.abc import Mapping
from typing import Final

_OPTIONS: Final = {
    **{
        name: f"--{name.replace('_', '-')}"
        for name in (
            *("adjust", "allow", "blocks", "by", "cluster", "effect", "exponent", "force", "icv", "keep"),
            *("method", "minimum", "nuisance", "p_column", "pairs", "reference", "reference_site", "scheme", "seed"),
            *("site", "std_errors", "term", "test", "value", "weights", "within"),
        )
    },
    "conf_level": "--confidence",
    "covariates": "--covariate",
    "groups": "--group",
    "measures": "--measure",
    "n_permutations": "--permutations",
    "slope": "--slope",
    "sources": "--source",
    "terms": "--term",
}
"""Arguments of the functions, and the options that they are."""
_SWITCHES: Final = {
    "equal_variance": ("--equal-variance", True),
    "keep_unit": ("--keep-unit", True),
    "mean_only": ("--mean-only", True),
    "whole_blocks": ("--whole-blocks", True),
    "empirical_bayes": ("--no-empirical-bayes", False),
}
"""Arguments that are true or false, and the option that makes them so."""
_PHRASES: Final = (
    (r"table\[table\['stream'\] == '(\w+)'\]", r"--stream \1"),
    (r"table\[table\['stream'\] != 'base'\]", "--stream cross or --stream long"),
    (r"\bmixed, or cluster='(\w+)'", r"fsstats mixed, or fsstats regress --cluster \1"),
    (r"\bwith random='(\w+)'", r"with --random \1"),
    (r"\bmixed\(\.\.\., groups='(\w+)'\)", r"fsstats mixed --group \1"),
    (r"\bmarginal_means\(\.\.\., at=\.\.\.\)", "fsstats.marginal_means in Python"),
    (r"(?<=[Uu]se )(mixed|regress)\b|(?<=; )regress (?=is|fits)", r"fsstats \g<0>"),
    (r"\bby_site (?=can|could)", "--by "),
    (r"\bcorrect\(\.\.\., (within=\[[^\]]*\])\)", r"fsstats correct \1"),
    (r"\bfsstats\.check\b", "fsstats check"),
    (
        r"\bRead it with read_table\b",
        "A table of participants is given with -p; one that fsstats merge wrote is for check, report and statistics",
    ),
    (r"the participants, which join puts on", "the participants, which are given with -p FILE"),
    (r"[Ll]eave the region or the site out", "Leave the region out (--without REGION) or the site"),
    (r"\bpandas\.to_numeric turns text into numbers", "Mend the column in the file of the participants"),
)
"""Other advice, as patterns and what they become."""
_LITERAL: Final = r"'[^']*'|\"[^\"]*\"|\[[^\[\]]*\]|\{[^{}]*\}|True|False|None|\.\.\.|-?\d+(?:\.\d+)?"
_GIVEN: Final = re.compile(rf"(?<![\w.-])({'|'.join([*_OPTIONS, *_SWITCHES])})=({_LITERAL})")
_NAMED: Final = re.compile(
    rf"(?<![\w.`'-])({'|'.join(name for name in [*_OPTIONS, *_SWITCHES] if '_' in name)})(?![\w.`'=(])"
)
_LEFT_OUT: Final = re.compile(r"(?<=leave )(\w+)(?= out)|(?<=: )(\w+(?:, \w+)*)(?=\. Leave it out)")


def in_options(text: str) -> str:
    """Say what a message of the library says of arguments and functions in options and commands.

    Examples
    --------
    >>> in_options("versions mixed; or allow it: allow=['versions']")
    'versions mixed; or allow it: --allow versions'
    >>> in_options("A reference level is named apart: reference={'site': 'B'}.")
    'A reference level is named apart: --reference site=B.'
    """
    for pattern, phrase in _PHRASES:
        text = re.sub(pattern, phrase, text)
    text = _GIVEN.sub(_as_given, text)
    text = _NAMED.sub(lambda found: _name(found[1]), text)
    return _LEFT_OUT.sub(lambda found: re.sub(r"\w+", lambda word: _name(word[0]), found[0]), text)


def _name(argument: str) -> str:
    """Name the option of an argument."""
    return _OPTIONS.get(argument) or _SWITCHES.get(argument, (argument, True))[0]


def _as_given(found: re.Match[str]) -> str:
    """Write an argument with its value as an option: once for each of several values."""
    name, value = found[1], _read(found[2])
    option = _name(name)
    if name in _SWITCHES and isinstance(value, bool):
        return option if value == _SWITCHES[name][1] else f"no {option}"
    if value is None:
        return f"no {option}"
    return " ".join(f"{option} {word}" for word in _words(value))


def _read(literal: str) -> object:
    try:
        return ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return ...


def _words(value: object) -> list[str]:
    """Write a value as the words of a shell."""
    if value is ...:
        return ["..."]
    if isinstance(value, Mapping):
        return [shlex.quote(f"{name}={level}") for name, level in value.items()]
    return [shlex.quote(str(one)) for one in (value if isinstance(value, list) else [value])]
