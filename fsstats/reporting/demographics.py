"""Who is in a study: a table by group, with standardised mean differences and what is missing."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, as_words, is_number
from fsstats.io.spreadsheets import spreadsheet_csv
from fsstats.plots._names import measure_text, unit_text, with_unit
from fsstats.plots._predicted import rows_of_model
from fsstats.reporting._numbers import MISSING, count, counted, decimals_of_spread, fixed, mean_and_sd, share
from fsstats.reporting.blocks import Block, Cell, Head, Sheet, plain
from fsstats.reporting.study import Study
from fsstats.reporting.visits import FOLLOW_UP, VISITS, first_visits, time_of
from fsstats.schema import GLOBAL, LONG, SUBJECT_KEY, global_measures
from fsstats.stats import variables_of
from fsstats.tables.euler import euler
from fsstats.tables.panel import BoolArray, panel_of
from fsstats.tables.variables import with_variables
from fsstats.tables.versions import VERSION_COLUMNS

_USUAL: Final = ("age", "sex")
_HOLES: Final = "lhSurfaceHoles"
_EULER: Final = "Euler number"
_MOST_LEVELS: Final = 20
_AUSTIN: Final = "austin2009"
"""The work that standardised differences rest on."""


class _Line(NamedTuple):
    """A line of the table."""

    name: str
    level: str
    texts: list[str]
    difference: float
    missing: str


def demographics_of(study: Study) -> list[Block]:
    """Describe the people of a study by group: where they have several runs, each at the first visit.

    Parameters
    ----------
    study : Study
        What the report is of.

    Returns
    -------
    list of Block
        One table: a column for all, one for each group, standardised differences, missing values.
    """
    people, units = people_of(study)
    by = study.main if study.main in study.parts[0].design.levels else None
    is_once = study.is_repeated and not _changes(people, by)
    people = first_visits(study, people) if is_once else people
    time = time_of(study, study.parts[0]) if is_once else None
    names = [name for name in _variables(study, people) if name != by and not _is_start(people, name, time)]
    units |= {} if time is None else {FOLLOW_UP: f"by {time}"}
    lines = demographic_lines(people, names, by, units, levels=_levels(study, by))
    groups = [] if by is None else list(_levels(study, by))
    heads = [
        Head("Variable"),
        Head("All", is_number=True),
        *(Head(name, is_number=True) for name in groups),
    ]
    heads += [Head("SMD", is_number=True)] if len(groups) > 1 else []
    heads += [Head("Missing", is_number=True)]
    rows = tuple(
        (
            *plain([f"{line.name}: {line.level}" if line.level else line.name, *line.texts]),
            *(
                [Cell(fixed(line.difference) if np.isfinite(line.difference) else "", line.difference)]
                if len(groups) > 1
                else []
            ),
            Cell(line.missing),
        )
        for line in lines
    )
    texts = [(line.name, line.level, *(cell.text for cell in row[1:])) for line, row in zip(lines, rows, strict=True)]
    csv = spreadsheet_csv(pd.DataFrame(texts, columns=["variable", "level", *(head.name for head in heads[1:])]))
    title = f"{'People' if is_once else 'Runs'}{f' by {by}' if by else ''}"
    note = f"{_whom(study, by, time, is_once=is_once)}{_note(people, by, groups, is_once=is_once)}"
    return [Sheet(title, tuple(heads), rows, note=note, csv=csv, file="demographics.csv")]


def works_of_demographics(study: Study) -> tuple[str, ...]:
    """Name the works that the table of demographics rests on: those of differences, if it has groups."""
    return (_AUSTIN,) if len(_levels(study, study.main)) > 1 else ()


def _levels(study: Study, by: str | None) -> Sequence[str]:
    return () if by is None else study.parts[0].design.levels.get(by, ())


def _changes(runs: pd.DataFrame, by: str | None) -> bool:
    """Say whether people change their group from visit to visit."""
    return by is not None and bool(runs.groupby("subject")[by].nunique().max() > 1)


def _is_start(people: pd.DataFrame, name: str, time: str | None) -> bool:
    """Say whether a variable is the time since the first visit, which at that visit says nothing."""
    return name == time and len(people[name].dropna().unique()) == 1


def _whom(study: Study, by: str | None, time: str | None, *, is_once: bool) -> str:
    """Say whether people were counted or runs, where these are not the same."""
    if is_once:
        order = f"by {time}" if time else "in the order of the table"
        return f"Each person once, at the first visit ({order}) that has all variables of a model. "
    return f"Runs are counted, as {by} changes between the visits of a person. " if study.is_repeated else ""


def _note(people: pd.DataFrame, by: str | None, groups: Sequence[str], *, is_once: bool) -> str:
    text = "Mean (standard deviation), or number (per cent of those known)."
    if len(groups) > 1:
        pairs = "" if len(groups) == 2 else ", the largest of all pairs of groups"
        text += (
            f" SMD: standardised mean difference{pairs}, by the mean of the groups' variances (Austin 2009); "
            "above 0.1 groups are often called unbalanced."
        )
    without = 0 if by is None else int(people[by].isna().sum())
    noun = ("person", "people") if is_once else ("run",)
    return text + (f" {counted(without, *noun)} without {by}: counted under All only." if without else "")


def people_of(study: Study) -> tuple[pd.DataFrame, dict[str, str]]:
    """Give a row a run with everything that is known of it, and the units of measured variables."""
    table = study.table
    own = [name for name in table.columns if name not in LONG and name not in VERSION_COLUMNS]
    keys = list(SUBJECT_KEY)
    people = table[[*keys, *own]].drop_duplicates(keys).astype(dict.fromkeys(keys, "str")).reset_index(drop=True)
    measured = [name for name in _wanted(study) if name not in table.columns]
    units: dict[str, str] = {}
    if measured:
        formula = "value ~ " + " + ".join(f"`{name}`" for name in measured)
        rows = rows_of_model(table.reset_index(drop=True), table.iloc[:0], formula)
        found, _ = with_variables(panel_of(rows[list(LONG)], needed_by="report"), measured)
        people = people.merge(found[[*keys, *measured]], on=keys, how="left")
        units = {name: unit_text(known.unit) for name in measured if (known := global_measures().get(name))}
    if (table.loc[table["region"] == GLOBAL, "measure"] == _HOLES).any():
        holes = euler(table[list(LONG)])[[*keys, "euler"]].rename(columns={"euler": _EULER})
        people = people.merge(holes.astype(dict.fromkeys(keys, "str")), on=keys, how="left")
    return people, units


def _wanted(study: Study) -> list[str]:
    names = [name for part in study.parts for name in variables_of(part.formula)]
    return list(dict.fromkeys([*names, *([study.head] if study.head else [])]))


def _variables(study: Study, people: pd.DataFrame) -> list[str]:
    """Name what is described: visits, age, sex, site, the variables of the models, head size, surface defects."""
    site = [study.choices.site] if study.choices.site else []
    names = [VISITS, FOLLOW_UP, *_USUAL, *variables_of(study.formula), *site, *_wanted(study), _EULER]
    return [name for name in dict.fromkeys(names) if name in people.columns]


def demographic_lines(
    people: pd.DataFrame, names: Sequence[str], by: str | None, units: dict[str, str], *, levels: Sequence[str]
) -> list[_Line]:
    """Describe variables, group by group.

    Parameters
    ----------
    people : DataFrame
        A row a run.
    names : sequence of str
        Columns to describe.
    by : str or None
        The column of groups.
    units : dict
        Units of some columns.
    levels : sequence of str
        The groups, in their order.

    Returns
    -------
    list of _Line
        One a number, one a level of what has levels.
    """
    words = None if by is None else as_words(people[by])
    masks: list[BoolArray] = [np.ones(len(people), dtype=np.bool_)]
    masks += [] if words is None else [(words == level).to_numpy(dtype=np.bool_) for level in levels]
    lines = [_Line("n", "", [count(mask.sum()) for mask in masks], np.nan, "")]
    for name in names:
        column = people[name]
        label = with_unit(measure_text(name), units.get(name, ""))
        missing = count(column.isna().sum())
        if is_number(column):
            lines.append(_number_line(label, column, masks, missing))
        else:
            lines += _level_lines(label, as_words(column), masks, missing)
    return lines


def _number_line(label: str, column: pd.Series, masks: Sequence[BoolArray], missing: str) -> _Line:
    own = [column[mask].dropna().astype("float64") for mask in masks]
    places = decimals_of_spread(own[0].std(), own[0].mean())
    texts = [mean_and_sd(one.mean(), one.std(), places) if len(one) else MISSING for one in own]
    difference = largest([smd_of_numbers(one, other) for one, other in combinations(own[1:], 2)])
    return _Line(label, "", texts, difference, missing)


def _level_lines(label: str, words: pd.Series, masks: Sequence[BoolArray], missing: str) -> list[_Line]:
    names = sorted(words.dropna().unique())
    if len(names) > _MOST_LEVELS:
        return [_Line(label, f"{len(names)} levels", [count(words[mask].nunique()) for mask in masks], np.nan, missing)]
    counts = np.array([[(words[mask] == name).sum() for name in names] for mask in masks], dtype=np.float64)
    difference = largest([smd_of_levels(one, other) for one, other in combinations(counts[1:], 2)])
    lines = []
    for k, name in enumerate(names):
        texts = [f"{count(own[k])} ({share(own[k], own.sum())})" for own in counts]
        first = k == 0
        lines.append(_Line(label, name, texts, difference if first else np.nan, missing if first else ""))
    return lines


def largest(differences: Sequence[float]) -> float:
    """Give the difference that is farthest from 0; NaN for none."""
    known = [one for one in differences if np.isfinite(one)]
    return max(known, key=abs) if known else float("nan")


def smd_of_numbers(first: pd.Series, second: pd.Series) -> float:
    r"""Give the standardised difference of two means, the second less the first.

    Notes
    -----
    :math:`(m_2 - m_1) / \sqrt{(s_1^2 + s_2^2) / 2}`.

    Examples
    --------
    >>> round(smd_of_numbers(pd.Series([1.0, 2, 3]), pd.Series([2.0, 3, 4])), 6)
    1.0
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.divide(second.mean() - first.mean(), np.sqrt((first.var() + second.var()) / 2)))


def smd_of_levels(first: FloatArray, second: FloatArray) -> float:
    r"""Give the standardised difference of two distributions over levels; not signed where there are more than two.

    Notes
    -----
    Of two levels the difference of shares over the root of their mean variance; of more Mahalanobis' distance of the
    shares of all levels but one, by the mean of both covariances.

    Examples
    --------
    >>> round(smd_of_levels(np.array([5.0, 5.0]), np.array([8.0, 2.0])), 4)
    -0.6626
    """
    if len(first) < 2 or not first.sum() or not second.sum():
        return float("nan")
    p, q = first[1:] / first.sum(), second[1:] / second.sum()
    covariance = sum(np.diag(share) - np.outer(share, share) for share in (p, q)) / 2
    difference = q - p
    squared = float(difference @ np.linalg.pinv(covariance) @ difference)
    size = float(np.sqrt(max(squared, 0.0))) if np.any(covariance) else float("nan")
    return size * float(np.sign(difference[0])) if len(first) == 2 else size
