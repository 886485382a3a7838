"""Results and long tables on a terminal: what fits into its width, and the rest counted."""

import shutil
import sys
import textwrap
from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from fsstats_cli.output import print_table

if TYPE_CHECKING:
    import pandas as pd

_MOST: Final = 80
"""Rows that are all printed."""
_SOME: Final = 40
"""Rows that are printed of more."""
_NARROWEST: Final = 20
_LABELS: Final = ("source", "hemi", "region", "measure", "term", "left_out")
"""What a row is of: never left out."""
_ONCE: Final = ("unit", "n", "df", "k", "effect_name")
"""What is said above the table, like labels, where it is the same in all rows."""
_P_VALUES: Final = ("p_fwe", "p_permutation", "p_adjusted", "p_value")
"""The first that there is has a place, and decides which of many rows are printed."""
_NUMBERS: Final = (
    ("value",),
    ("estimate",),
    ("effect_size", "effect_name"),
    ("ci_low", "ci_high"),
    *((name,) for name in _P_VALUES),
    ("n",),
    ("k",),
    ("i2",),
    ("statistic", "df"),
    ("unit",),
)
"""Columns in the order in which they are wanted; those of one entry are printed together or not at all."""

_WANTED: Final = _NUMBERS[2] + _NUMBERS[3]
"""If lines do not hold these, the table is parted, where this gives so many rows a part on average:"""
_WORTH: Final = 4
_SPLITS: Final = ((), ("source", "measure"), ("source", "measure", "term"))


def print_rows(table: "pd.DataFrame") -> None:
    """Print results or a long table: on a terminal what fits, in few digits; all of it into a pipe or file."""
    if not sys.stdout.isatty() or not len(table):
        print_table(table)
        return
    width = max(shutil.get_terminal_size().columns, _NARROWEST)
    rows, which = _chosen_rows(table)
    lost = 0
    by, parts = _parts(rows, width)
    for place, part in enumerate(parts):
        sys.stdout.write("\n" if place else "")
        lost = max(lost, _print_part(part, by, width))
    more = [_more(len(table) - len(rows), "row") + which] if which else []
    more += [_more(lost, "column")] if lost else []
    if more:
        _write(f"... {', '.join(more)}: -o FILE, or a pipe, gives all", width)


def _more(n: int, noun: str) -> str:
    return f"{n:,} more {noun}{'' if n == 1 else 's'}"


def _write(text: str, width: int) -> None:
    sys.stdout.write(f"{textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False)}\n")


def _chosen_rows(table: "pd.DataFrame") -> "tuple[pd.DataFrame, str]":
    """Give all rows; or of many the first, of results those with the smallest p-values of each term, and say which."""
    if len(table) <= _MOST:
        return table, ""
    p = _p_value(table)
    if p is None:
        return table.iloc[:_SOME], " (these are the first)"
    names = [name for name in [*_whose(table), "term"] if name in table.columns]
    each = [name for name in names if 1 < len(table[name].unique()) <= _SOME]
    by = {name: table[name].astype("str") for name in each}
    rank = table.groupby([*by.values()], sort=False)[p].rank(method="first") if by else table[p].rank(method="first")
    constant = table["term"].eq("Intercept") if "term" in table.columns else False
    order = table.assign(**by, _constant=constant, _rank=rank).sort_values(["_constant", "_rank"], kind="stable")
    order = order.iloc[:_SOME].sort_values([*each, "_rank"], kind="stable")
    return table.loc[order.index], f" (these have the smallest {p}{' of each ' if each else ''}{' and '.join(each)})"


def _p_value(table: "pd.DataFrame") -> str | None:
    return next((name for name in _P_VALUES if name in table.columns and table[name].notna().any()), None)


def _whose(table: "pd.DataFrame") -> list[str]:
    """Name the columns that say whose the rows are, which come first: subject, site."""
    known = {*_LABELS, *(name for names in _NUMBERS for name in names)}
    return list(takewhile(lambda name: name not in known, map(str, table.columns)))


def _parts(rows: "pd.DataFrame", width: int) -> "tuple[Sequence[str], list[pd.DataFrame]]":
    """Give the rows in one part; or if its lines would be too long, in one a source and measure, or a term as well."""
    for least, wanted in ((_WORTH, _WANTED), (0, ())):
        for columns in _SPLITS:
            by = [name for name in columns if name in rows.columns]
            parts = [one for _, one in rows.groupby(by, sort=False, observed=True, dropna=False)] if by else [rows]
            holding = sum(_holds(part, by, wanted, width) for part in parts)
            is_worth = len(parts) == 1 or len(rows) >= least * len(parts)
            if is_worth and 2 * holding > len(parts):
                return by, parts
    return by, parts


def _holds(part: "pd.DataFrame", by: Sequence[str], wanted: Sequence[str], width: int) -> bool:
    """Say whether a line holds what is sure to be printed and what is wanted besides."""
    shown = _shown(part)
    shown = shown.drop(columns=_fixed(shown, by))
    return _length(shown, [*_sure(shown), *wanted]) <= width


def _print_part(rows: "pd.DataFrame", by: Sequence[str], width: int) -> int:
    """Print what is the same in all rows, then a table of the rest; give how many others say something."""
    shown = _shown(rows)
    fixed = _fixed(shown, by)
    if fixed:
        _write(", ".join(f"{name} {shown[name].iloc[0]}" for name in fixed), width)
    fitting = _fitting(shown.drop(columns=fixed), width)
    numbers = {*map(str, rows.select_dtypes("number").columns)}
    sys.stdout.write("".join(f"{line}\n" for line in _lines(fitting, numbers)))
    told = {*fitting.columns, *fixed, *(["hemi"] if "hemi" not in shown.columns else [])}
    return int(rows.drop(columns=list(told & {*rows.columns})).notna().any().sum())


def _shown(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Give the columns that are worth printing, as text, their numbers in few digits."""
    from fsstats.schema import FURTHER_RESULT_COLUMNS, RESULTS

    wanted = {*_LABELS, *(name for names in _NUMBERS for name in names), "site"}
    further = {*RESULTS, *FURTHER_RESULT_COLUMNS} - wanted
    own = [name for name in rows.columns if name not in further and rows[name].notna().any()]
    if "hemi" in own and _is_said(rows):
        own.remove("hemi")
    numbers = {*rows.select_dtypes("number").columns}
    texts = {
        str(name): rows[name].astype("object").map(_short if name in numbers else str, na_action="ignore")
        for name in own
    }
    return rows[own].assign(**{name: text.where(rows[name].notna(), "") for name, text in texts.items()})


def _is_said(rows: "pd.DataFrame") -> bool:
    """Say whether the regions' names tell the side: Left-Hippocampus."""
    from fsstats.schema import hemi_of

    return bool((rows["hemi"].isna() | (rows["hemi"].astype("str") == rows["region"].astype("str").map(hemi_of))).all())


def _fixed(shown: "pd.DataFrame", by: Sequence[str]) -> list[str]:
    """Name the columns that are said once, as they say the same in all rows; if there is one, those that make it."""
    known = {*_whose(shown), *_LABELS, *_ONCE} if len(shown) > 1 else {*by}
    return [name for name in shown if name in known and len(shown[name].unique()) == 1]


def _sure(shown: "pd.DataFrame") -> list[str]:
    """Name the columns that are never left out, though lines become too long."""
    return [*_whose(shown), *_LABELS, "value", "estimate", _p_value(shown) or ""]


def _fitting(shown: "pd.DataFrame", width: int) -> "pd.DataFrame":
    """Leave out what is wanted least until a line holds the others."""
    kept = _sure(shown)
    rest = [[str(name)] for name in shown.columns if not any(name in names for names in _NUMBERS)]
    for names in [*_NUMBERS, *rest]:
        if _length(shown, [*kept, *names]) <= width:
            kept += names
    return shown[[name for name in shown.columns if name in kept]]


def _length(shown: "pd.DataFrame", names: Sequence[str]) -> int:
    """Count the characters of a line of some columns."""
    return sum(_width(shown[name]) + 1 for name in shown.columns if name in names) - 1


def _width(column: "pd.Series") -> int:
    return max(len(str(column.name)), int(column.str.len().max()))


def _lines(shown: "pd.DataFrame", numbers: Collection[str]) -> Iterator[str]:
    """Write a table: numbers to the right, anything else to the left."""
    widths = {str(name): _width(column) for name, column in shown.items()}
    for row in [list(widths), *shown.itertuples(index=False)]:
        cells = zip(widths.items(), row, strict=True)
        line = " ".join(cell.rjust(width) if name in numbers else cell.ljust(width) for (name, width), cell in cells)
        yield line.rstrip()


def _short(value: float) -> str:
    """Write a number with four digits; large ones without a fraction."""
    return f"{value:,.0f}" if abs(value) >= 10_000 or float(value).is_integer() else f"{value:.4g}"
