"""The values of one region by group, with the means that a model estimates."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fsstats._frames import as_words
from fsstats.errors import FormulaError
from fsstats.plots._choice import one_cell, said_of_n
from fsstats.plots._names import cell_label
from fsstats.plots._predicted import people_of_model, rows_of_model
from fsstats.plots._style import MARKERS, PALETTE, axes_of, ink, nth, paper, plain, remark
from fsstats.plots._values import draw_values, name_groups
from fsstats.stats import marginal_means, variables_of
from fsstats.stats._compared import with_reference
from fsstats.stats._terms import terms_of
from fsstats.stats.design import has_levels
from fsstats.stats.regress import StdErrors


def groups(
    table: pd.DataFrame,
    group: str,
    *,
    covariates: str | Collection[str] | None = (),
    region: str | None = None,
    hemi: str | None = None,
    measure: str | None = None,
    source: str | None = None,
    std_errors: StdErrors = "classical",
    reference: str | Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw a region's values by group, with each group's mean, adjusted for covariates, and its interval.

    Parameters
    ----------
    table : DataFrame
        A long table with the participants' columns (see `join`).
    group : str
        The column that says which group a subject is of.
    covariates : str or collection of str
        What the means are adjusted for: columns, header Measures (``eTIV``), or terms of a formula.
    region, hemi, measure, source : str, optional
        Which values, as far as the table holds several.
    std_errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4"}
        Of the means, as for `regress`.
    reference : str, or mapping of str to str, optional
        The group that comes first, as for `compare`; so for groups that are numbers.
    allow : str or collection of str
        What may be mixed, as for `regress`.
    conf_level : float
        Of the intervals.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes
        The drawing: a shape as wide as values are frequent, a dot for each subject, and a diamond with its interval
        for the mean.

    Raises
    ------
    TableError
        If the table holds several regions or measures and none is chosen; or as `marginal_means` does.
    UnknownNameError, FormulaError, ColumnsError
        If a name does not exist, or `group` holds numbers that are no groups.

    Warns
    -----
    FsstatsWarning
        If two numbers are taken for groups and nobody said so.

    Notes
    -----
    The means are those of `marginal_means` in the model ``value ~ group + covariates``, with numbers at their mean and
    other levels averaged with equal weights. Dots are the values as they were measured, not adjusted; their place from
    left to right only keeps them apart. The shapes are kernel densities within the range of the values; a group with
    fewer than 5 values has none.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": [f"s{k:02}" for k in range(20)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> table = table.assign(group=["control", "patient"] * 10, value=np.linspace(2.6, 3.1, 20))
    >>> ax = groups(table, "group")
    >>> [label.get_text() for label in ax.get_xticklabels()], ax.get_ylabel()
    (['control\nn = 10', 'patient\nn = 10'], 'left insula, thickness (mm)')
    """
    table, rows = one_cell(table, needed_by="groups", region=region, hemi=hemi, measure=measure, source=source)
    formula = f"value ~ {' + '.join([*terms_of([group], table), *terms_of(covariates, table)])}"
    first = with_reference(rows, group, reference)
    _refuse_numbers(rows, group, first)
    rows_with_variables = rows_of_model(table, rows, formula)
    means = marginal_means(
        rows_with_variables,
        formula,
        group,
        std_errors=std_errors,
        reference=first,
        allow=allow,
        conf_level=conf_level,
    )
    means = means.iloc[: means["term"].nunique()]
    levels = [term.removeprefix(f"{group}[").removesuffix("]") for term in means["term"]]
    people = people_of_model(rows_with_variables, formula).dropna(subset=[*variables_of(formula), "value"])
    values = [people["value"][as_words(people[group]) == level].to_numpy() for level in levels]
    ax = axes_of(ax, width=max(4.8, 1.0 + 1.1 * len(levels)))
    for k, own in enumerate(values):
        draw_values(ax, own, k, colour=nth(PALETTE, k), marker=nth(MARKERS, k))
    _draw_means(ax, means)
    name_groups(ax, [f"{level}\nn = {len(own)}" for level, own in zip(levels, values, strict=True)])
    ax.set_xlabel(plain(group))
    ax.set_ylabel(plain(cell_label(rows)))
    adjusted = variables_of(formula)[1:]
    told = f"means adjusted for {', '.join(adjusted)}" if adjusted else "means"
    note = means["note"].iloc[0]
    remark(
        ax,
        *said_of_n(table, len(people)),
        f"{told}, {100 * conf_level:g} % CI",
        str(note) if pd.notna(note) else "",
    )
    return ax


def _refuse_numbers(rows: pd.DataFrame, group: str, reference: Mapping[str, str] | None) -> None:
    """Raise if numbers stand where groups should, before a model takes them for a covariate."""
    if group in rows.columns and not has_levels(rows[group]) and group not in (reference or {}):
        hint = "For a number use regression; if numbers stand for groups, name the first with reference=."
        raise FormulaError.at(group, expected="groups", found="numbers", hint=hint)


def _draw_means(ax: Axes, means: pd.DataFrame) -> None:
    """Draw means and intervals over the values, at the middle."""
    x = np.arange(len(means))
    ax.vlines(x, means["ci_low"], means["ci_high"], color=ink(), linewidth=2.2, zorder=4, gid="intervals")
    ax.scatter(
        x,
        means["estimate"],
        s=70,
        marker="D",
        facecolors=paper(ax),
        edgecolors=ink(),
        linewidths=1.6,
        zorder=5,
        gid="means",
    )
