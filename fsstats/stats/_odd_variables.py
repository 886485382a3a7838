"""What looks wrong in a variable of a model: numbers that are text, one level in two spellings, codes for missing."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, as_word, is_number, some_of
from fsstats.errors import FormulaError, warn

_MANY_LEVELS: Final = 10
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WITH_COMMA: Final = re.compile(r"[-+]?(?:\d+,\d+|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?)")
"""50,5 and 1.234,5 and 1,234.5"""
_LABEL: Final = re.compile(r"0\d+")
"""Digits that are a name: 01, 02."""
_FEWEST: Final = 3
"""Runs of a reference level that nobody chose, below which it is more likely a slip than a reference."""
_CODES: Final = frozenset(
    sign * code
    for code in (9, 77, 88, 99, 666, 777, 888, 999, 6666, 7777, 8888, 9999, 99999, 999999)
    for sign in (1, -1)
    if sign * code != 9
)
"""Numbers that stand for a missing value in many tables. 9 is a number like others."""
_FAR: Final = 3.0
"""Interquartile ranges beyond the quartiles: Tukey's outer fence."""


def refuse_odd_words(name: str, words: Sequence[str]) -> None:
    """Raise if levels are no levels: numbers with commas, many numbers with a word among them, one level in two ways.

    Parameters
    ----------
    name : str
        The variable, whose values are text.
    words : sequence of str
        Its levels.

    Raises
    ------
    FormulaError
        Naming some of these.

    Examples
    --------
    >>> refuse_odd_words("group", ["Patient ", "control", "patient"])
    Traceback (most recent call last):
    ...
    fsstats.errors.FormulaError: group: expected each level written in one way, found 'Patient ' and 'patient'. \
Write them alike; if they are two things, give them names that differ in more than capitals and blanks.
    """
    _refuse_commas(name, words)
    _refuse_a_stray_word(name, words)
    refuse_spellings(name, words)


def refuse_spellings(name: str, words: Iterable[str]) -> None:
    """Raise if two levels differ in capitals or blanks only.

    Parameters
    ----------
    name : str
        The variable.
    words : iterable of str
        Its levels.

    Raises
    ------
    FormulaError
        Naming both.

    Examples
    --------
    >>> refuse_spellings("site", ["Oslo", "Bergen"])
    """
    known: dict[str, str] = {}
    for word in words:
        other = known.setdefault(" ".join(word.casefold().split()), word)
        if other != word:
            raise FormulaError.at(
                name,
                expected="each level written in one way",
                found=f"{other!r} and {word!r}",
                hint="Write them alike; if they are two things, give them names that differ in more than capitals and "
                "blanks.",
            )


def _refuse_commas(name: str, words: Sequence[str]) -> None:
    """Raise if text is numbers, some of them with a comma: no program but a German Excel reads these as numbers."""
    commas = [word for word in words if _WITH_COMMA.fullmatch(word.strip())]
    strays = [word for word in words if word not in commas and not _NUMBER.fullmatch(word.strip())]
    if commas and (not strays or (len(words) > _MANY_LEVELS and 2 * len(strays) < len(words))):
        raise FormulaError.at(
            name,
            expected="numbers",
            found=f"text with a comma, such as {commas[0].strip()!r}",
            hint="Numbers have a decimal point: save the table so, or read it with pandas.read_csv(..., decimal=',').",
        )


def _refuse_a_stray_word(name: str, words: Sequence[str]) -> None:
    """Raise if most of many levels are numbers: a word among them has made text of a column of numbers."""
    if len(words) <= _MANY_LEVELS:
        return
    strays = [word for word in words if not _NUMBER.fullmatch(word)]
    if strays and 2 * len(strays) < len(words):
        raise FormulaError.at(name, expected="numbers", found=f"text such as {some_of(strays, 3)} among them")


def warn_of_numbers(name: str, words: Sequence[str]) -> None:
    """Warn if many levels, of text, are all numbers.

    Parameters
    ----------
    name : str
        The variable.
    words : sequence of str
        Its levels.

    Warns
    -----
    FsstatsWarning
        Saying how they become numbers.
    """
    is_numbers = all(_NUMBER.fullmatch(word) for word in words) and not any(map(_LABEL.fullmatch, words))
    if len(words) > _MANY_LEVELS and is_numbers:
        warn(
            f"{name} is text, so its numbers ({some_of(words, 2)}) are taken for {len(words)} levels; "
            "pandas.to_numeric turns text into numbers"
        )


def warn_of_doubts(data: pd.DataFrame, chosen: Collection[str]) -> None:
    """Warn of levels that hardly anybody has, and of numbers that look like codes for missing values.

    Parameters
    ----------
    data : DataFrame
        The variables of a model, a row a run, nothing missing; those with levels are categories, the reference first.
    chosen : collection of str
        Variables of which the caller has named the reference.

    Warns
    -----
    FsstatsWarning
        Naming variable, levels or numbers, and how many runs have them. Nothing is left out for it.
    """
    for name, column in data.items():
        if is_number(column):
            _warn_of_codes(str(name), column.to_numpy(dtype=np.float64))
        else:
            counts = {str(level): int(n) for level, n in column.value_counts(sort=False).items()}
            _warn_of_few(str(name), counts, is_chosen=name in chosen)


def _warn_of_few(name: str, counts: Mapping[str, int], *, is_chosen: bool) -> None:
    """Warn of a reference by default that few runs have, where other levels have more; and of levels with one run."""
    first, *others = counts
    if not is_chosen and counts[first] < _FEWEST <= np.median([*counts.values()]):
        most = max(counts, key=lambda level: counts[level])
        warn(
            f"{name}: the reference, {first}, has only {_runs(counts[first])}, and everything is compared with it; "
            f"name another if it is none: reference={{{name!r}: {most!r}}}"
        )
    single = [level for level in others if counts[level] == 1]
    if single:
        each = " each" if len(single) > 1 else ""
        warn(f"{name}: only 1 run{each} has the level {some_of(single, 3)}; is it written rightly?")


def _warn_of_codes(name: str, values: FloatArray) -> None:
    """Warn of 999, -99 and the like where they lie far from all else."""
    is_code = np.isin(values, [*_CODES])
    rest = values[~is_code]
    if not is_code.any() or not len(rest):
        return
    low, high = np.quantile(rest, [0.25, 0.75])
    far = _FAR * (high - low)
    lost = (values < low - far) | (values > high + far) | ((values < 0) & (rest.min() >= 0))
    found, counts = np.unique(values[is_code & lost], return_counts=True)
    if len(found):
        which = ", ".join(f"{as_word(code)} in {_runs(int(n))}" for code, n in zip(found, counts, strict=True))
        warn(
            f"{name} is {which}, and {rest.min():g} to {rest.max():g} in the others. If that stands for a missing "
            "value, it is to be missing (empty or n/a); it is taken as a number here"
        )


def _runs(n: int) -> str:
    return f"{n} run" if n == 1 else f"{n} runs"
