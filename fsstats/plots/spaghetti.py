"""The values of one region over time: a line for each person, and the means of groups by a mixed model."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from fsstats._frames import as_words, is_number, require
from fsstats.errors import TableError
from fsstats.plots._choice import one_cell, refuse_several, said_of_n
from fsstats.plots._names import cell_label
from fsstats.plots._predicted import people_of_model, predicted, rows_of_model
from fsstats.plots._style import DASHES, MARKERS, PALETTE, axes_of, legend, nth, plain, remark
from fsstats.plots.regression import draw_line, refuse_other_scale
from fsstats.stats import variables_of
from fsstats.stats._terms import terms_of


def spaghetti(
    table: pd.DataFrame,
    time: str,
    *,
    by: str | None = None,
    formula: str | None = None,
    groups: str | Sequence[str] = "subject",
    fit: bool = True,
    region: str | None = None,
    hemi: str | None = None,
    measure: str | None = None,
    source: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw a line over time for each person, and the mean of each group with its confidence band.

    Parameters
    ----------
    table : DataFrame
        A long table of several sessions, with a column for the time (see `sessions`).
    time : str
        The column of the time, a number: years since the first session, or age.
    by : str, optional
        A column with levels: the groups whose means are drawn.
    formula : str, optional
        The model of the means, with `time` and `by` in it; by default ``value ~ time * by``. Its other numbers are held
        at their mean, and its other levels averaged with equal weights.
    groups : str or sequence of str
        Columns whose groups have a random intercept, as for `mixed`.
    fit : bool
        Draw the means; False draws the people only.
    region, hemi, measure, source : str, optional
        Which values, as far as the table holds several.
    reference : mapping of str to str, optional
        Reference levels, as for `mixed`.
    allow : str or collection of str
        What may be mixed, as for `mixed`.
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
        If the table holds several regions, measures or streams; or as `mixed` does, for instance where nobody has a
        second session.
    UnknownNameError, FormulaError, ColumnsError
        If a name does not exist, or `time` is no number.

    Notes
    -----
    The means are those of a mixed model with an intercept for each person (or what `groups` says), and the bands their
    confidence intervals. The people are drawn as they were measured, adjusted for nothing. A person with one session is
    a mark without a line. A group whose sessions are all at one time has no mean: its people are drawn, it is not in
    the model, and a note says so.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame([(f"s{k}", str(visit), visit) for k in range(12) for visit in range(3)])
    >>> table.columns = ["subject", "session", "time"]
    >>> table = table.assign(stream="long", source="aseg", hemi="lh", region="Left-Amygdala", measure="volume")
    >>> noise = np.repeat(rng.normal(0, 99, 12), 3) + rng.normal(0, 9, 36)
    >>> table = table.assign(unit="mm^3", value=1600 - 20 * table["time"] + noise)
    >>> ax = spaghetti(table, "time")
    >>> ax.get_title(loc="right")
    '12 people; n = 36'
    """
    table, rows = one_cell(table, needed_by="spaghetti", region=region, hemi=hemi, measure=measure, source=source)
    require(rows, [time, *([] if by is None else [by])], needed_by="spaghetti")
    refuse_several(rows, ["stream"], needed_by="spaghetti")
    if not is_number(rows[time]):
        message = f"spaghetti: expected numbers in the column {time}, found {rows[time].dtype}; see fsstats.sessions"
        raise TableError(message)
    formula = formula or f"value ~ {' * '.join(terms_of([time] if by is None else [time, by], table))}"
    label, rows = cell_label(rows), rows_of_model(table, rows, formula)
    points = _points(rows, time, by, formula)
    levels = _levels(points, rows, by)
    if fit:
        found = predicted(
            rows, formula, time, by=by, groups=groups, reference=reference, allow=allow, conf_level=conf_level
        )
        refuse_other_scale(found, rows, formula)
        levels = found.levels
    ax = axes_of(ax)
    for k, level in enumerate(levels):
        _draw_people(ax, points[points["level"] == level], k, faint=fit)
        if fit and level not in found.alone:
            draw_line(ax, found.lines[found.lines["level"] == level], k)
    _explain(ax, points, levels if by else [], fit=fit)
    ax.set_xlabel(plain(time))
    ax.set_ylabel(plain(label))
    adjusted = [name for name in variables_of(formula) if fit and name not in {time, by}]
    note = found.lines["note"].iloc[0] if fit else None
    remark(
        ax,
        f"{points['subject'].nunique()} people",
        *said_of_n(table, len(points)),
        f"means adjusted for {', '.join(adjusted)}" if adjusted else "",
        found.said_of_alone(time) if fit else "",
        "" if pd.isna(note) else str(note),
    )
    return ax


def _points(rows: pd.DataFrame, time: str, by: str | None, formula: str) -> pd.DataFrame:
    """Give what is drawn: subject, level, x and value of those that lack nothing, in the order of time."""
    needed = {"subject", time, *([] if by is None else [by]), *variables_of(formula), "value"}
    people = people_of_model(rows, formula).dropna(subset=[*needed])
    level = "" if by is None else as_words(people[by])
    points = pd.DataFrame({"subject": people["subject"], "level": level, "x": people[time], "value": people["value"]})
    points = points.sort_values("x", kind="stable")
    if not len(points):
        message = f"spaghetti has nothing to draw: no row has a value, {time}{f' and {by}' if by else ''}"
        raise TableError(message)
    return points


def _levels(points: pd.DataFrame, rows: pd.DataFrame, by: str | None) -> list[str]:
    """Give the groups that are drawn: in the order of the categories, else of the alphabet."""
    there = set(points["level"])
    if by is None or not isinstance(rows[by].dtype, pd.CategoricalDtype):
        return sorted(there)
    return [level for level in as_words(pd.Series(rows[by].cat.categories)) if level in there]


def _draw_people(ax: Axes, points: pd.DataFrame, k: int, *, faint: bool) -> None:
    """Draw a thin line for each person of the k-th group, and a mark for who has one session."""
    people = [own[["x", "value"]].to_numpy() for _, own in points.groupby("subject", observed=True, sort=False)]
    colour = nth(PALETTE, k)
    ax.add_collection(
        LineCollection(
            people,
            colors=colour,
            linewidths=0.7 if faint else 1.1,
            alpha=0.45 if faint else 0.9,
            linestyles=nth(DASHES, k),
            gid="people",
        )
    )
    alone = np.array([own[0] for own in people if len(own) == 1]).reshape(-1, 2)
    ax.scatter(
        alone[:, 0], alone[:, 1], s=14, marker=nth(MARKERS, k), color=colour, alpha=0.6, linewidths=0, gid="alone"
    )
    ax.autoscale_view()


def _explain(ax: Axes, points: pd.DataFrame, levels: list[str], *, fit: bool) -> None:
    """Name the groups, and say how many people each has."""
    handles = []
    for k, level in enumerate(levels):
        people = points["subject"][points["level"] == level].nunique()
        name = f"{level} ({people} people)"
        handles.append(
            Line2D([], [], color=nth(PALETTE, k), linestyle=nth(DASHES, k), linewidth=2.0 if fit else 1.0, label=name)
        )
    legend(ax, handles)
