"""What came out, in a few sentences."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from fsstats.plots._names import effect_text, region_labels, upper
from fsstats.plots._results import numbers_of, p_column, significance_of, unit_of
from fsstats.reporting._numbers import count, counted, decimals_of, fixed, interval, per_cent, probability, spread
from fsstats.reporting._sheets import order_of
from fsstats.reporting.blocks import Block, Points, Text
from fsstats.reporting.methods import subjects_in
from fsstats.reporting.study import Part, Study


def in_short(study: Study) -> list[Block]:
    """Say what came out, in a few sentences.

    Parameters
    ----------
    study : Study
        What the report is of.

    Returns
    -------
    list of Block
        Who is in the models, and what was found.
    """
    points = []
    for part in study.parts:
        wholes = study.wholes(part)
        has_levels = study.main in part.design.levels  # the columns of a curve say nothing one by one
        own = [*wholes, *(study.rows(part, [term]) for term in study.main_terms if has_levels or not wholes)]
        points += [_finding(study, part, rows) for rows in own]
    return [Text((_who(study),)), Points(tuple(points))]


def _who(study: Study) -> str:
    """Say who is in the models."""
    part = study.parts[0]
    text = f"{subjects_in(study.table)} with what is known of them"
    if levels := part.design.levels.get(study.main):
        text += f" ({_by_level(part, study.main, levels)})"
    others = "".join(f"; of {one.name}: {one.formula}" for one in study.parts if one.formula != study.formula)
    return f"{text}. The model of every region is {study.formula}{others}; {_complete(study)}."


def _by_level(part: Part, main: str, levels: Sequence[str]) -> str:
    """Count runs by the levels of the main variable; and people too, where these have several."""
    words = part.people[main].astype("str")
    runs = ", ".join(f"{count((words == level).sum())} {level}" for level in levels)
    if not part.people["subject"].duplicated().any():
        return runs
    people = part.people["subject"].groupby(words).nunique()
    return f"people: {', '.join(f'{count(people.get(level, 0))} {level}' for level in levels)}; runs: {runs}"


def _complete(study: Study) -> str:
    """Say how many runs have all variables, of how many people."""
    runs = [study.modelled(part) for part in study.parts]
    n, people = [len(one) for one in runs], [one["subject"].nunique() for one in runs]
    of = f" of {spread(min(people), max(people))} people" if study.is_repeated else ""
    one_run = max(n) == 1
    return f"{spread(min(n), max(n))} {'run' if one_run else 'runs'}{of} {'has' if one_run else 'have'} all variables"


def _finding(study: Study, part: Part, rows: pd.DataFrame) -> str:
    """Say in how many regions there is an effect, and where it is the most certain."""
    found = significance_of(rows, study.choices.alpha, None, needed_by="a report")
    p = numbers_of(rows, p_column(rows, None))
    tests, k = int(np.isfinite(p).sum()), int(found.rows.sum())
    name = f"{upper(part.name)}, {study.named(str(rows['term'].iloc[0]))}"
    if not tests:
        return f"{name}: no region could be tested."
    best = rows.iloc[order_of(found.rows, p, numbers_of(rows, "p_value"))[:1]]  # p breaks ties of adjusted p
    how_many = f"{count(k)} of {counted(tests, 'region')} significant ({found.says})"
    return f"{name}: {how_many}. {_best(best, float(np.nanmin(p)), found.says, study.choices.conf_level)}"


def _best(row: pd.DataFrame, p: float, says: str, level: float) -> str:
    """Describe the most certain effect."""
    shown = probability(p)
    equals = f"{says.partition(' <')[0]} {shown if shown.startswith('<') else f'= {shown}'}"
    effect = "".join(f"{text}, " for text in _size(row.iloc[0], level))
    return f"The smallest p-value is that of the {region_labels(row)[0]}: {effect}{equals.replace('<0', '< 0')}."


def _size(row: pd.Series, level: float) -> Iterator[str]:
    """Write the size of an effect, or where it has none the estimate, with its interval."""
    if np.isfinite(row["effect_size"]):
        text, low, high, places = fixed(row["effect_size"]), row["effect_low"], row["effect_high"], 2
        text = f"{effect_text(row['effect_name'])} = {text}"
    elif np.isfinite(row["estimate"]):
        low, high = row["ci_low"], row["ci_high"]
        places = decimals_of(low, high, row["estimate"])
        text = f"{fixed(row['estimate'], places)} {unit_of(row['unit'], str(row['term']))}".strip()
    else:
        return
    yield f"{text} ({per_cent(level)} CI {interval(low, high, places)})" if np.isfinite(low) else text
