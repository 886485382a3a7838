"""The same question asked in other ways, side by side: what an effect owes to a choice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from fsstats import qc
from fsstats._frames import FloatArray
from fsstats.errors import FsstatsError
from fsstats.io.spreadsheets import spreadsheet_csv
from fsstats.plots._names import effect_text, region_labels, term_text, upper
from fsstats.plots._results import numbers_of, p_column, significance_of
from fsstats.reporting._numbers import MISSING, count, decimals_of, fixed, probability, spread
from fsstats.reporting._sheets import Column, folded, order_of, slug
from fsstats.reporting.blocks import Block, Cell, Head, Points, Sheet, Text, plain
from fsstats.reporting.formulas import with_term, without_term
from fsstats.reporting.harmonisation import Harmonised
from fsstats.reporting.references import cited
from fsstats.reporting.study import Part, Study, corrected, fitted
from fsstats.reporting.warned import plain_words, within
from fsstats.schema import CELL, RESULTS
from fsstats.stats import adjust_head_size
from fsstats.tables.panel import BoolArray

AS_REPORTED: Final = "as reported"
_HC3, _OUTLIERS_OUT = "HC3", "outliers out"
_WORKS: Final = {_OUTLIERS_OUT: "iglewicz1993", _HC3: "mackinnon1985"}
"""What ways to ask rest on."""
_LEAST, _FOLDED = 3, 12
"""Rows that stand on the page before the rest is folded: at the least, and at the most."""
_KEPT: Final = (
    *(*CELL, "term", "estimate", "unit", "std_error", "df", "p_value", "ci_low", "ci_high"),
    *("effect_size", "effect_name", "effect_low", "effect_high", "n", "p_adjusted", "n_tests"),
)
"""Columns of the file; the models stand in the table of the ways."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of asking, of one part."""

    name: str
    says: str
    """The model, and what else is otherwise."""
    results: pd.DataFrame


def sensitivity_of(study: Study, harmonised: Sequence[Harmonised]) -> tuple[list[Block], str, list[str]]:
    """Ask the question of a report in other ways.

    Parameters
    ----------
    study : Study
        What the report is of.
    harmonised : sequence of Harmonised
        The values after harmonisation, of each part; empty without sites.

    Returns
    -------
    tuple of (list of Block, str, list of str)
        For each measure a table of the ways, and one of the effects side by side; what was done, in a sentence; and
        the works that it cites.
    """
    blocks: list[Block] = [Text((_INTRODUCTION,))]
    done: dict[str, list[str]] = {}
    asked = [variants_of(study, part, harmonised[k] if harmonised else None) for k, part in enumerate(study.parts)]
    corrected_ = _corrected(study, [found for found, _ in asked])
    for part, found, (_, lacking) in zip(study.parts, corrected_, asked, strict=True):
        blocks += [_summary(study, found, upper(part.name)), *_side_by_side(study, part, found)]
        blocks += [Points(tuple(lacking))] if lacking else []
        done[part.name] = [one.name for one in found[1:]]
    keys = [key for way, key in _WORKS.items() if any(way in ways for ways in done.values())]
    ways = "; ".join(f"{name}: {', '.join(ways)}" for name, ways in done.items())
    text = f"The main question was also asked in other ways ({ways}), each corrected by itself{cited(keys)}."
    return blocks, text, keys


_INTRODUCTION: Final = (
    "The effect that the report is about, estimated in other ways too. Each way was corrected for the number of tests "
    "by itself. Where the ways agree, the finding does not hang on a choice; where they do not, the choice is to be "
    "argued."
)


def _corrected(study: Study, asked: Sequence[Sequence[Variant]]) -> list[list[Variant]]:
    """Correct each way over all parts together, as the results are: atlases of one measure share their families."""
    ways: dict[str, list[pd.DataFrame]] = {}
    for one in (variant for variants in asked for variant in variants):
        ways.setdefault(one.name, []).append(one.results)
    whole = {name: corrected(pd.concat(found, ignore_index=True), study.choices) for name, found in ways.items()}
    return [
        [replace(one, results=part.of(whole[one.name])) for one in variants]
        for part, variants in zip(study.parts, asked, strict=True)
    ]


def variants_of(study: Study, part: Part, harmonised: Harmonised | None) -> tuple[list[Variant], list[str]]:
    """Fit the ways of asking that make sense for a part, and say which could not be.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.
    harmonised : Harmonised or None
        Its values after harmonisation.

    Returns
    -------
    tuple of (list of Variant, list of str)
        The results as reported come first. None are corrected.
    """
    lacking: list[str] = []
    found = [Variant(AS_REPORTED, part.formula, study.rows(part, study.main_terms)[list(RESULTS)])]
    for name, says, rows_of, formula, options in _ways(study, part, harmonised):
        try:
            with within(f"sensitivity of {part.name}, {name}"):
                results = fitted(part, rows_of(), formula, study.choices, **options)
            found.append(Variant(name, says, _of_main(results, study)))
        except FsstatsError as error:
            lacking.append(f"{name}: could not be fitted ({plain_words(str(error), study.table)})")
    return found, lacking


_Way = tuple[str, str, Callable[[], pd.DataFrame], str, dict[str, object]]
"""Name, words, what gives the rows, model, options."""


def _ways(study: Study, part: Part, harmonised: Harmonised | None) -> Iterator[_Way]:
    """Give each other way that makes sense."""
    formula, choices, head = part.formula, study.choices, study.head
    if part.is_scaled and head is not None:
        yield from _ways_of_head_size(study, part, head)
    if choices.std_errors == "classical" and choices.cluster is None and not choices.random:
        yield _HC3, f"{formula}, HC3 standard errors", lambda: part.rows, formula, {"std_errors": "HC3"}
    yield _OUTLIERS_OUT, f"{formula}, {_OUTLIERS}", lambda: _without_outliers(part), formula, {}
    if choices.site is not None:
        with_site = formula if choices.site in choices.random else with_term(formula, choices.site)
        if with_site != formula:
            yield "site in the model", with_site, lambda: part.rows, with_site, {}
        if harmonised is not None and (after := harmonised.rows) is not None:
            yield "harmonised", f"{with_site}, values after ComBat", lambda: after, with_site, {}


_OUTLIERS: Final = "without values beyond 3.5 MAD of their region"


def _ways_of_head_size(study: Study, part: Part, head: str) -> Iterator[_Way]:
    """Give the ways to account for the size of the head that the report did not take."""
    asked, less = study.choices.head_size, without_term(part.formula, head)
    more = with_term(part.formula, head)
    if asked == "covariate" and less is not None:
        yield f"without {head}", less, lambda: part.rows, less, {}
        yield from _by_residuals(study, part, head, less)
    elif asked == "none" and more != part.formula:
        yield f"{head} in the model", more, lambda: part.rows, more, {}
        yield from _by_residuals(study, part, head, part.formula)


def _by_residuals(study: Study, part: Part, head: str, formula: str) -> Iterator[_Way]:
    def adjusted() -> pd.DataFrame:
        return adjust_head_size(part.rows, icv=head, method="residual", allow=study.choices.allow)

    yield f"{head} by residuals", f"{formula}, values adjusted for {head}", adjusted, formula, {}


def _without_outliers(part: Part) -> pd.DataFrame:
    rows = part.rows
    own = ((rows["source"] == part.source) & (rows["measure"] == part.measure)).to_numpy()
    flags = qc.outliers(rows[own])
    out = pd.Series(False, index=rows.index)  # noqa: FBT003 - a value, not a switch
    out.loc[flags.index] = flags["is_outlier"].to_numpy(dtype=bool)
    return rows.assign(value=rows["value"].where(~out))


def _of_main(results: pd.DataFrame, study: Study) -> pd.DataFrame:
    return results[results["term"].isin(study.main_terms)].reset_index(drop=True)


def _summary(study: Study, found: Sequence[Variant], name: str) -> Sheet:
    heads = (
        Head("Way"),
        Head("Model"),
        Head("n", is_number=True),
        Head("Significant", is_number=True),
        Head("Median size", is_number=True, title="The median of the effects' absolute sizes."),
    )
    has_sizes = any(one.results["effect_size"].notna().any() for one in found)
    rows = []
    for one in found:
        significant = significance_of(one.results, study.choices.alpha, None, needed_by="a report")
        tests = int(np.isfinite(numbers_of(one.results, p_column(one.results, None))).sum())
        sizes = np.abs(numbers_of(one.results, "effect_size"))
        n = one.results.loc[one.results["p_value"].notna(), "n"]
        k = int(significant.rows.sum())
        rows.append(
            (
                *plain([one.name, one.says]),
                Cell(spread(n.min(), n.max()), float(n.max())),
                Cell(f"{count(k)} of {count(tests)}", float(k)),
                Cell(fixed(float(np.nanmedian(sizes))) if np.isfinite(sizes).any() else MISSING),
            )
        )
    last = None if has_sizes else -1
    return Sheet(f"{name}: ways to ask", heads[:last], tuple(row[:last] for row in rows))


def _side_by_side(study: Study, part: Part, found: Sequence[Variant]) -> list[Sheet]:
    """Show the effect sizes of every region, a column a way, and the p-value behind each."""
    first = found[0].results
    places = _places(first)
    ways = [_way(one, places, study.choices.alpha) for one in found]
    marked = np.any([significant for _, significant in ways], axis=0)
    columns = [Column(Head("Region"), [Cell(label) for label in region_labels(first)])]
    if len(first["term"].unique()) > 1:
        columns.append(Column(Head("Term"), [Cell(term_text(term)) for term in first["term"]]))
    columns += [column for column, _ in ways]
    order = order_of(marked, numbers_of(first, p_column(first, None)), numbers_of(first, "p_value"))
    columns = [Column(one.head, [one.cells[k] for k in order]) for one in columns]
    sheet = Sheet(
        f"{upper(part.name)}: effects side by side",
        (),
        (),
        marked=tuple(marked[order].tolist()),
        note=f"{upper(_what(first))}, and in brackets the {_p_name(first)}; * below {study.choices.alpha:g}.",
        csv=_csv(found),
        file=f"sensitivity-{slug(part.name)}.csv",
    )
    n = min(max(int(marked.sum()), _LEAST), _FOLDED)
    return folded(columns, sheet, first=n, longest=n + _LEAST)


def _places(results: pd.DataFrame) -> pd.MultiIndex:
    """Tell the rows of results apart: by region and term."""
    return pd.MultiIndex.from_frame(results[[*CELL, "term"]].astype("str").fillna(""))


def _what(results: pd.DataFrame) -> str:
    """Name what is shown of each effect."""
    names = results["effect_name"].dropna().unique()
    if not len(names):
        return "estimate"
    return effect_text(names[0]) if len(names) == 1 else "effect size"


def _csv(found: Sequence[Variant]) -> bytes:
    """Write the results of all ways."""
    whole = pd.concat([one.results.assign(way=one.name) for one in found], ignore_index=True)
    whole = whole[["way", *(name for name in _KEPT if name in whole.columns)]]
    return spreadsheet_csv(whole)


def _p_name(results: pd.DataFrame) -> str:
    return "adjusted p-value" if p_column(results, None) == "p_adjusted" else "p-value"


def _way(way: Variant, places: pd.MultiIndex, alpha: float) -> tuple[Column, BoolArray]:
    """Give the column of one way, in the rows of the first, and where it is significant."""
    own = way.results.set_index(_places(way.results))
    own = own[~own.index.duplicated()].reindex(places)
    size, digits = _shown_of(own)
    p = numbers_of(own, p_column(way.results, None))
    with np.errstate(invalid="ignore"):
        significant: BoolArray = p < alpha
    cells = [
        Cell(MISSING, float("nan"))
        if np.isnan(one)
        else Cell(f"{fixed(one, places)} ({probability(chance)}){'*' if marked else ''}", float(one))
        for one, places, chance, marked in zip(size, digits, p, significant, strict=True)
    ]
    return Column(Head(way.name, is_number=True), cells), significant


def _shown_of(rows: pd.DataFrame) -> tuple[FloatArray, list[int]]:
    """Give effect sizes, or where there are none estimates, and how many decimals each is shown with."""
    size = numbers_of(rows, "effect_size")
    if np.isfinite(size).any():
        return size, [2] * len(rows)
    numbers = [numbers_of(rows, name) for name in ("ci_low", "ci_high", "estimate")]
    return numbers[-1], [decimals_of(*each) for each in zip(*numbers, strict=True)]
