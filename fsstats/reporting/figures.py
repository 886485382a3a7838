"""The figures of a report: drawn in the colours of the page, with words for who cannot see them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fsstats.errors import FsstatsError
from fsstats.plots import forest, groups, regression, spaghetti, volcano
from fsstats.plots._names import region_labels, term_text
from fsstats.plots._results import numbers_of, significance_of
from fsstats.reporting._drawing import page_style, picture_of
from fsstats.reporting._numbers import counted
from fsstats.reporting.blocks import Block, Text
from fsstats.reporting.study import Part, Study, terms_about
from fsstats.reporting.visits import time_of
from fsstats.reporting.warned import plain_words
from fsstats.schema import CELL

_ROWS: Final = 30
"""Regions of a forest."""
_TOP: Final = 4
"""Regions that are drawn one by one."""


def effects_of(study: Study, part: Part, rows: pd.DataFrame) -> Iterator[Block]:
    """Draw the effects of one term in all regions: a forest, and a volcano.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.
    rows : DataFrame
        Its results for one term.

    Yields
    ------
    Block
        Figures.
    """
    alpha = study.choices.alpha
    what = f"{part.name}, {term_text(rows['term'].iloc[0])}"
    usable = rows[rows["estimate"].notna()]
    if not len(usable):
        return
    best = usable.iloc[np.argsort(numbers_of(usable, "p_value"), kind="stable")[:_ROWS]]
    some = f", the {_ROWS} regions with the smallest p-values" if len(usable) > _ROWS else ""
    with page_style():
        drawn = forest(best, alpha=alpha)
        yield picture_of(
            drawn,
            alt=f"Forest plot: {what}{some}. The table above has the numbers.",
            caption=f"Effects and confidence intervals{some}.",
            is_ours=True,
        )
        yield picture_of(
            volcano(rows, alpha=alpha),
            alt=f"Volcano plot: effect against p-value of all regions, {what}.",
            caption="Effects against p-values, all regions.",
            is_ours=True,
        )


def regions_of(study: Study, part: Part, rows: pd.DataFrame) -> Iterator[Block]:
    """Draw the values of the regions with the smallest p-values, one by one.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.
    rows : DataFrame
        Its results for the main variable.

    Yields
    ------
    Block
        A figure of up to four panels; of a mixed model over time, or a note that nothing in it changes with time.
    """
    if study.choices.random and time_of(study, part) is None:
        yield Text(("No figure of single regions: no number of the model changes from visit to visit.",), "note")
        return
    usable = rows[rows["p_value"].notna()].sort_values("p_value", kind="stable").drop_duplicates(list(CELL)).head(_TOP)
    if not len(usable):
        return
    labels = region_labels(usable)
    try:
        with page_style():
            drawn, remark = _panels(study, part, usable)
            caption = f"{_caption(usable, study)}{f'; {remark}' if remark else ''}."
            yield picture_of(drawn, alt=_alt(part, labels, study.main), caption=caption, is_ours=True)
    except FsstatsError as error:
        yield Text((f"No figure of single regions: {plain_words(str(error), part.rows)}.",), "note")


def _alt(part: Part, labels: Sequence[str], main: str) -> str:
    return f"Values of {part.name} by {main}: {', '.join(labels)}."


def _caption(rows: pd.DataFrame, study: Study) -> str:
    found = significance_of(rows, study.choices.alpha, None, needed_by="a report")
    n = int(found.rows.sum())
    which = "none of them is" if not n else f"{counted(n, 'of them is', 'of them are')}" if n < len(rows) else "all are"
    return f"The {counted(len(rows), 'region')} with the smallest p-values; {which} significant ({found.says})"


def _panels(study: Study, part: Part, rows: pd.DataFrame) -> tuple[Figure, str]:
    """Draw panels side by side, two a line; give what the figures say above, which would not fit."""
    n, across, remark = len(rows), min(len(rows), 2), ""
    figure = Figure(figsize=(4.1 * across, 3.4 * ((n + 1) // 2)), layout="constrained")
    FigureCanvasAgg(figure)
    for k, cell in enumerate(rows[list(CELL)].astype("object").to_dict("records")):
        where = {str(name): None if pd.isna(word) else str(word) for name, word in cell.items()}
        ax = figure.add_subplot((n + 1) // 2, across, k + 1)
        _panel(study, part, where, ax)
        remark = remark or ax.get_title(loc="right").replace("\\$", "$")
        ax.set_title("", loc="right")
    return figure, remark


def _panel(study: Study, part: Part, where: dict[str, str | None], ax: Axes) -> None:
    """Draw one region: by group, or along a number."""
    choices, main = study.choices, study.main
    reference = {name: level for name, level in (choices.reference or {}).items() if name in part.design.levels}
    options: dict[str, Any] = {"allow": choices.allow, "conf_level": choices.conf_level, "ax": ax, **where}
    if choices.random:
        _over_time(study, part, options | {"reference": reference or None})
        return
    if main not in part.design.levels:
        regression(part.rows, main, formula=part.formula, reference=reference or None, **options)
        return
    others = [one.name for one in part.design.effects if one.variables and main not in one.variables]
    groups(
        part.rows,
        main,
        covariates=others,
        std_errors=choices.std_errors,
        reference=reference.get(main),
        **options,
    )


def _over_time(study: Study, part: Part, options: dict[str, Any]) -> None:
    """Draw one region of a mixed model: a line for each person, and the means of the groups."""
    time, levels = str(time_of(study, part)), part.design.levels
    together = [name for one in terms_about(part.design, time) for name in one.variables if name in levels]
    by = study.main if study.main in levels else next(iter(together), None)
    spaghetti(part.rows, time, by=by, formula=part.formula, groups=study.choices.random, **options)
