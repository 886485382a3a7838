"""Everything that fsstats raises or warns of.

::

    Exception
    `-- FsstatsError
        |-- StatsFormatError  (ValueError)         a file is not what it should be
        |-- NothingFoundError (FileNotFoundError)  a folder holds no stats files
        |-- ColumnsError      (KeyError)           a table lacks a column that is needed
        |-- TableError        (ValueError)         a table cannot be reshaped, joined or written
        |   `-- ScriptError                        one that FreeSurfer's script would refuse to make
        |-- FormulaError      (ValueError)         a model's formula cannot be used, or not with this data
        |-- PlaceError        (OSError)            an archive or address cannot be read, or is not safe to
        |-- KindsError        (ValueError)         a description of file kinds is not valid
        |-- RunError          (RuntimeError)       a tool cannot be run, or its run failed
        `-- UnknownNameError  (ValueError)         a source, measure or option that does not exist

    UserWarning
    `-- FsstatsWarning                             the call went on, and this is what was left out

Every class is also the built-in exception that a caller would expect, so ``except ValueError`` works.
"""

import inspect
import warnings
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final, Self

_ALL_NAMED: Final = 30
"""So many names are all given in an error."""
_SOME_NAMED: Final = 8
"""Of more than that these many."""
_PASSED_OVER: Final = ("fsstats", "pandas")
"""Packages between a warning and the line that it is about; pandas for ``table.pipe(fsstats.regress)``."""


class FsstatsError(Exception):
    """The root of all errors that fsstats raises on purpose."""

    def __str__(self) -> str:
        """Give the plain message (``KeyError`` would quote it)."""
        return str(self.args[0]) if self.args else ""


class StatsFormatError(FsstatsError, ValueError):
    """A stats file is not what its name or its header says."""

    status: str = "unreadable"
    """The file's status in the files table: empty, unreadable or skipped."""
    problem: str = ""
    """The message without the file's name."""

    @classmethod
    def at(cls, where: str, *, expected: str, found: str, hint: str = "", status: str = "unreadable") -> Self:
        """Say where, what was due, what stood there and what to try."""
        problem = wording(expected=expected, found=found, hint=hint)
        error = cls(f"{where}: {problem}")
        error.problem, error.status = problem, status
        return error


class NothingFoundError(FsstatsError, FileNotFoundError):
    """No stats file was found; the message lists where it looked."""


class ColumnsError(FsstatsError, KeyError):
    """A table lacks columns that a function needs."""

    @classmethod
    def missing(cls, missing: Iterable[str], available: Iterable[str], *, needed_by: str) -> Self:
        """Name the missing columns, the function, and the columns that there are."""
        lacking = ", ".join(map(repr, missing))
        present = _listed([*map(repr, available)]) or "none"
        return cls(f"{needed_by} needs the column(s) {lacking}; the table has {present}")


class TableError(FsstatsError, ValueError):
    """A table cannot be reshaped, joined, read or written as asked."""


class ScriptError(TableError):
    """A table that FreeSurfer's own script would refuse to make."""

    said: tuple[str, ...] = ()
    """The lines that the script prints; empty where it ends in a traceback."""

    @classmethod
    def saying(cls, message: str, *said: str) -> Self:
        """Say it in our words and in the script's."""
        error = cls(message)
        error.said = said
        return error


class FormulaError(FsstatsError, ValueError):
    """A formula cannot be read, would run code, or has no design with these data."""

    @classmethod
    def at(cls, where: str, *, expected: str, found: str, hint: str = "") -> Self:
        """Say which formula or variable, what was due and what stood there."""
        return cls(f"{where}: {wording(expected=expected, found=found, hint=hint)}")


class PlaceError(FsstatsError, OSError):
    """An archive or an address cannot be read, or not safely."""


class KindsError(FsstatsError, ValueError):
    """A description of file kinds, atlases or measures is not valid."""

    @classmethod
    def at(cls, where: str, *, expected: str, found: str, hint: str = "") -> Self:
        """Say where, what was due and what stood there."""
        return cls(f"{where}: {wording(expected=expected, found=found, hint=hint)}")


class RunError(FsstatsError, RuntimeError):
    """A tool cannot be run here, or its run failed."""

    @classmethod
    def at(cls, where: str, *, expected: str, found: str, hint: str = "") -> Self:
        """Say which tool, what was due, what stood there and what to try."""
        return cls(f"{where}: {wording(expected=expected, found=found, hint=hint)}")


class UnknownNameError(FsstatsError, ValueError):
    """A name was given that does not exist here."""

    @classmethod
    def among(
        cls, kind: str, name: object, known: Iterable[str], *, shown: Iterable[str] | None = None, why: str = ""
    ) -> Self:
        """Name the stranger and the nearest names that exist; or if none is near, all of them, or those to be shown.

        Of many only the first few are named. `why` is the likeliest reason, said first unless it is only the case.
        """
        names, text = sorted(set(known)), str(name)
        alike = [one for one in names if one.casefold() == text.casefold()]
        near = alike or get_close_matches(text, names, n=3, cutoff=0.5)
        some = names if shown is None else list(dict.fromkeys(shown))
        listed = _listed(some)
        others = f"there are: {listed}" if listed else "there are none"
        advice = f"did you mean {' or '.join(near)}?" if near else others
        if why and not alike:
            advice = f"{why}; {advice}" if near or listed else why
        return cls(f"no {kind} is called {name!r}; {advice}")


class FsstatsWarning(UserWarning):
    """Something was left out or is doubtful, and the call went on without it."""


def warn(*texts: str) -> None:
    """Warn once, of one thing or several, at the line that called this package; of nothing if there is no text.

    Parameters
    ----------
    *texts : str
        What is to be said; they are joined by semicolons.

    Warns
    -----
    FsstatsWarning
        Saying it.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True, action="always") as said:
    ...     warn("2 runs have no age", "a site is small")
    ...     warn()
    >>> [str(one.message) for one in said]
    ['2 runs have no age; a site is small']
    """
    if not texts:
        return
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_OVER:
        frame, level = frame.f_back, level + 1
    warnings.warn("; ".join(texts), FsstatsWarning, stacklevel=level)


def _listed(names: Sequence[str]) -> str:
    """Name all; or of many the first few, and say how many more there are."""
    most = len(names) if len(names) <= _ALL_NAMED else _SOME_NAMED
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def wording(*, expected: str, found: str, hint: str = "") -> str:
    """Build the one sentence that errors and the files table share.

    Examples
    --------
    >>> wording(expected="45 rows", found="30 rows", hint="Is the file cut short?")
    'expected 45 rows, found 30 rows. Is the file cut short?'
    """
    message = f"expected {expected}, found {found}"
    return f"{message}. {hint}" if hint else message
