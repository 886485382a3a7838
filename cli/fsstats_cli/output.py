"""Everything that is printed: tables on stdout, accounts and progress on stderr."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fsstats_cli.wording import in_options

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


def say(text: str = "") -> None:
    """Print a line on stderr."""
    sys.stderr.write(f"{text}\n")


def number(n: int, noun: str) -> str:
    """Count things: 1 subject, 2 subjects."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


_WIDEST = 60
"""Characters of a column on a terminal."""


def print_table(table: "pd.DataFrame") -> None:
    """Print a table on stdout: aligned on a terminal, tab-separated into a pipe or file."""
    shown = table.astype("object").where(table.notna(), "")
    if sys.stdout.isatty():
        sys.stdout.write(f"{shown.to_string(index=False, max_colwidth=_WIDEST)}\n" if len(shown) else "(no rows)\n")
    else:
        shown.to_csv(sys.stdout, sep="\t", index=False, lineterminator="\n")


@contextmanager
def progress_bar(what: str) -> "Iterator[Callable[[int, int], object] | None]":
    """Give a function to call with (done, all) that moves a bar on stderr; None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def slow_progress_bar(what: str) -> "Iterator[Callable[[int, int, float | None], object] | None]":
    """Give such a function for what takes hours each: it is told the seconds that are left (None: not known)."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, left: bar.update(task, completed=done, total=total, description=time_left(left))


def time_left(seconds: float | None) -> str:
    """Say how long something takes.

    Examples
    --------
    >>> time_left(None), time_left(50), time_left(5000), time_left(200_000), time_left(2_000_000)
    ('', 'about 1 min left', 'about 83 min left', 'about 56 h left', 'about 23 days left')
    """
    if seconds is None:
        return ""
    unit, size = next(((one, n) for one, n in (("days", 86400), ("h", 3600)) if seconds >= 3 * n), ("min", 60))
    return f"about {max(1, round(seconds / size))} {unit} left"


def say_problems(found: "pd.DataFrame") -> None:
    """Print every problem in words on stderr, under its level, the worst first."""
    from fsstats.tables import describe

    for level in found["level"].unique():
        own = found[found["level"] == level]
        say(f"{number(len(own), level)}:")
        say(describe(own))


@contextmanager
def said_warnings() -> Iterator[None]:
    """Say warnings of fsstats in one line each, without the place in the code."""
    import fsstats as fs

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", fs.FsstatsWarning)
        yield
    for text in dict.fromkeys(str(one.message) for one in caught):
        say(f"warning: {in_options(text)}")


def is_fault(found: "pd.DataFrame") -> bool:
    """Say whether any problem is more than a note."""
    return bool((found["level"] != "note").any())
