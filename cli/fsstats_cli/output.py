"""Everything that is printed: tables on stdout, accounts and progress on stderr."""

import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

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


_LABELS = ("source", "hemi", "region", "measure", "term", "n", "df", "k", "effect_name")
"""What is said once above a table where it is the same in all rows."""
_NUMBERS = ("estimate", "p_value", "p_adjusted", "p_permutation", "p_fwe", "ci_low", "ci_high", "statistic", "df")
_BEHIND = ("effect_size", "effect_name", "k", "i2", "n")


def print_results(results: "pd.DataFrame") -> None:
    """Print a results table: on a terminal what fits, in few digits; all of it into a pipe or file."""
    if not sys.stdout.isatty():
        print_table(results)
        return
    whose = [*results.columns[: results.columns.get_loc("source")]] if "source" in results.columns else []
    whose += ["left_out"] if "left_out" in results.columns else []
    names = dict.fromkeys([*whose, *_LABELS[:5], *_NUMBERS, *_BEHIND])
    shown = results[[name for name in names if name in results.columns and results[name].notna().any()]]
    numbers = shown.select_dtypes("number").columns
    shown = shown.assign(**{name: shown[name].map(_short, na_action="ignore") for name in numbers})
    fixed = [name for name in shown if name in {*whose, *_LABELS} and len(shown[name].unique()) == 1]
    fixed = fixed if len(shown) > 1 else []
    width = shutil.get_terminal_size().columns
    if fixed:
        heading = ", ".join(f"{name} {shown[name].iloc[0]}" for name in fixed)
        sys.stdout.write(f"{textwrap.fill(heading, max(width, 20), break_on_hyphens=False)}\n")
    fitting = _fitting(shown.drop(columns=fixed), width)
    print_table(fitting)
    n_more = len(results.columns) - len(fitting.columns) - len(fixed)
    if n_more:
        sys.stdout.write(f"... ({number(n_more, 'column')} more; -o FILE or a pipe gives all)\n")


def _fitting(shown: "pd.DataFrame", width: int) -> "pd.DataFrame":
    """Leave out columns from the right until a line holds the others."""
    cells = shown.astype("object").where(shown.notna(), "")
    widths = [max([len(str(name)), *cells[name].map(lambda cell: min(len(str(cell)), _WIDEST))]) for name in shown]
    n_fitting = sum(total <= width + 1 for total in accumulate(one + 1 for one in widths))
    return shown.iloc[:, : max(n_fitting, 2)]


def _short(value: float) -> str:
    """Write a number with four digits; large ones without a fraction."""
    return f"{value:,.0f}" if abs(value) >= 10_000 or float(value).is_integer() else f"{value:.4g}"


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


def print_problems(found: "pd.DataFrame") -> None:
    """Print problems on stdout: in words on a terminal, as a table into a pipe or file."""
    from fsstats.tables import describe

    if len(found) and sys.stdout.isatty():
        sys.stdout.write(f"{describe(found)}\n")
    elif len(found):
        print_table(found)


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
        say(f"warning: {text}")


def is_fault(found: "pd.DataFrame") -> bool:
    """Say whether any problem is more than a note."""
    return bool((found["level"] != "note").any())
