"""The values of one region against a number, with the line or curve of a model and its confidence band."""

from collections.abc import Collection, Mapping

import pandas as pd
from matplotlib.axes import Axes

from fsstats.errors import FormulaError
from fsstats.plots._choice import one_cell, said_of_n
from fsstats.plots._names import cell_label, unit_text, with_unit
from fsstats.plots._predicted import Predicted, predicted, rows_of_model
from fsstats.plots._style import DASHES, MARKERS, PALETTE, axes_of, legend, mark, nth, plain, remark
from fsstats.schema import GLOBAL
from fsstats.stats import variables_of
from fsstats.stats._terms import terms_of


def regression(
    table: pd.DataFrame,
    along: str,
    *,
    by: str | None = None,
    covariates: str | Collection[str] | None = (),
    formula: str | None = None,
    region: str | None = None,
    hemi: str | None = None,
    measure: str | None = None,
    source: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw a region's values against a number (age, a score), with the model's line and its confidence band.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns (see `join`).
    along : str
        The number: a column, or a header Measure (``eTIV``).
    by : str, optional
        A column with levels: each has its own line, colour and marker.
    covariates : str or collection of str
        What the lines are adjusted for: columns, header Measures, or terms of a formula.
    formula : str, optional
        The whole model in place of `covariates`, such as ``value ~ bs(age, df=4) * group + sex`` for curves. By default
        ``value ~ along * by + covariates``.
    region, hemi, measure, source : str, optional
        Which values, as far as the table holds several.
    reference : mapping of str to str, optional
        Reference levels, as for `regress`.
    allow : str or collection of str
        What may be mixed, as for `regress`.
    conf_level : float
        Of the bands.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes
        The drawing.

    Raises
    ------
    TableError
        If the table holds several regions or measures and none is chosen; or as `regress` does.
    UnknownNameError
        If a name does not exist.
    FormulaError
        If `along` is no number, or the formula cannot be used.
    ColumnsError
        If it is no long table.

    Notes
    -----
    The line is what `regress` estimates, with other numbers at their mean and other levels averaged with equal weights,
    as by `marginal_means`; the band is the confidence interval of this mean. Points are the values as they were
    measured, not adjusted, so with strong covariates they lie wider about the line than the model's residuals do. Each
    line goes from the least to the largest number of its level. A level with fewer than two different numbers, such as
    one person, has no line: its points are drawn, it is not in the model, and a note says so.

    Examples
    --------
    >>> import numpy as np
    >>> table = pd.DataFrame({"subject": [f"s{k:02}" for k in range(20)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aseg", hemi="lh", region="Left-Hippocampus", measure="volume", unit="mm^3")
    >>> table = table.assign(age=np.linspace(20, 80, 20), value=np.linspace(4200, 3600, 20) + np.arange(20) % 3)
    >>> ax = regression(table, "age")
    >>> ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="right")
    ('age', 'left hippocampus, volume (mm³)', 'n = 20')
    """
    table, rows = one_cell(table, needed_by="regression", region=region, hemi=hemi, measure=measure, source=source)
    others = terms_of(covariates, table)
    if formula is not None and others:
        raise FormulaError.at(formula, expected="formula or covariates", found="both", hint="Put all into the formula.")
    if formula is None:
        first = " * ".join(terms_of([along] if by is None else [along, by], table))
        formula = f"value ~ {' + '.join([first, *others])}"
    found = predicted(
        rows_of_model(table, rows, formula),
        formula,
        along,
        by=by,
        reference=reference,
        allow=allow,
        conf_level=conf_level,
    )
    refuse_other_scale(found, rows, formula)
    ax = axes_of(ax)
    draw_lines(ax, found)
    ax.set_xlabel(plain(with_unit(along, _unit_of(table, along))))
    ax.set_ylabel(plain(cell_label(rows)))
    adjusted = [name for name in variables_of(formula) if name not in {along, by}]
    note = found.lines["note"].iloc[0]
    remark(
        ax,
        *said_of_n(table, len(found.points)),
        f"adjusted for {', '.join(adjusted)}" if adjusted else "",
        found.said_of_alone(along),
        "" if pd.isna(note) else str(note),
    )
    return ax


def _unit_of(table: pd.DataFrame, name: str) -> str:
    """Give the unit of a header Measure; what a column of the participants is in, nobody says."""
    own = table["unit"][(table["measure"] == name) & (table["region"] == GLOBAL)]
    return unit_text(own.iloc[0]) if name not in table.columns and len(own) else ""


def refuse_other_scale(found: Predicted, rows: pd.DataFrame, formula: str) -> None:
    """Raise if the model is of something else than the values that are drawn."""
    own, modelled = rows["unit"].iloc[0], found.lines["unit"].iloc[0]
    if pd.notna(modelled) and str(modelled) != str(own):
        raise FormulaError.at(formula, expected="value on the left", found=f"what is in {modelled}")


def draw_lines(ax: Axes, found: Predicted) -> None:
    """Draw points, and for each level its line and band, told apart by colour, marker and dashes."""
    handles = []
    for k, level in enumerate(found.levels):
        colour, marker = nth(PALETTE, k), nth(MARKERS, k)
        points, line = (one[one["level"] == level] for one in (found.points, found.lines))
        ax.scatter(
            points["x"], points["value"], s=16, marker=marker, color=colour, alpha=0.55, linewidths=0, gid="values"
        )
        handles.append(mark(colour, marker, filled=True, label=f"{level} (n = {len(points)})"))
        if len(line):
            draw_line(ax, line, k)
            handles[-1].set_linestyle(nth(DASHES, k))
    legend(ax, handles if len(handles) > 1 else [])


def draw_line(ax: Axes, line: pd.DataFrame, k: int) -> None:
    """Draw the k-th line and its band."""
    colour = nth(PALETTE, k)
    ax.fill_between(line["x"], line["ci_low"], line["ci_high"], color=colour, alpha=0.2, linewidth=0, gid="band")
    ax.plot(line["x"], line["estimate"], color=colour, linestyle=nth(DASHES, k), linewidth=2.0, gid="line")
