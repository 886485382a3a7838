"""Studies in which people have several runs: how many people there are, and what changes between their visits."""

from typing import Final

import pandas as pd

from fsstats._frames import is_number
from fsstats.reporting._numbers import counted, spread
from fsstats.reporting._sheets import PEOPLE
from fsstats.reporting.study import Part, Study, terms_about
from fsstats.schema import CELL, SUBJECT_KEY
from fsstats.stats import variables_of
from fsstats.tables.panel import BoolArray

VISITS: Final = "visits in the model"
FOLLOW_UP: Final = "follow-up"
_DECIMALS: Final = 6
"""Of a difference of two times: ages that are a year apart differ by 1 and not a little more."""
_ALIKE: Final = 0.95
"""Correlation of people's means with another variable from which on that tells people apart in their place."""


def time_of(study: Study, part: Part) -> str | None:
    """Name the number that changes between the visits of a subject.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.

    Returns
    -------
    str or None
        The main variable if it is one, else one that it goes with, else any of the model; None if there is none.
    """
    together = [name for one in terms_about(part.design, study.main) for name in one.variables]
    changing = _changing(study, part, part.people)
    wanted = dict.fromkeys([study.main, *together, *variables_of(part.formula)])
    return next((name for name in wanted if name in changing), None)


def runs_of_people(study: Study, part: Part) -> str:
    """Say how many runs are in the model of a measure, and of how many people where these are fewer."""
    runs = study.modelled(part)
    of = f" of {_people(runs['subject'].nunique())}" if study.is_repeated else ""
    return f"{counted(len(runs), 'run')}{of}"


def n_of(rows: pd.DataFrame, people: pd.Series | None) -> str:
    """Say how many runs a region has, from the least to the most, and of how many people where these are fewer."""
    n = rows.loc[rows["n"] > 0, "n"]
    if people is None:
        return spread(n.min(), n.max())
    return f"{spread(n.min(), n.max())} runs of {spread(people.min(), people.max())} people"


def people_by_region(study: Study, part: Part) -> pd.Series | None:
    """Count the people behind each region of a measure: those with a value, and all that the model needs.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.

    Returns
    -------
    Series or None
        By source, hemi, region and measure; None if nobody has several runs.
    """
    if not study.is_repeated:
        return None
    keys = list(SUBJECT_KEY)
    values = part.of(part.rows).dropna(subset="value")[[*keys, *CELL]].astype("str")
    own = values.merge(study.modelled(part)[keys].astype("str"), on=keys)
    return own.groupby(list(CELL), dropna=False)["subject"].nunique().rename(PEOPLE)


def with_people(rows: pd.DataFrame, people: pd.Series | None) -> pd.DataFrame:
    """Put the number of people beside that of runs, where it is another."""
    if people is None:
        return rows
    words = dict.fromkeys(CELL, "str")
    return rows.astype(words).merge(people.reset_index(), on=list(CELL), how="left")


def first_visits(study: Study, runs: pd.DataFrame) -> pd.DataFrame:
    """Describe people once: at the first visit that is in a model, or of who has none at the first.

    Parameters
    ----------
    study : Study
        What the report is of.
    runs : DataFrame
        A row a run: subject, session, stream and what is known of it.

    Returns
    -------
    DataFrame
        A row a person, with the number of visits in the model and, if a number of the model changes between visits,
        how far that of the last is from that of the first.
    """
    time = time_of(study, study.parts[0])
    is_in = _is_modelled(study, runs)
    sorted_ = runs.assign(_out=~is_in).sort_values(["_out", *([time] if time else [])], kind="stable")
    first = sorted_.drop_duplicates("subject").sort_index().drop(columns="_out")
    visits = runs[is_in].groupby("subject", observed=True)
    n = visits["session"].nunique(dropna=False).reindex(first["subject"], fill_value=0)
    first = first.assign(**{VISITS: n.astype("str").to_numpy()})
    if time is not None:
        length = visits[time].max() - visits[time].min()
        first[FOLLOW_UP] = length.reindex(first["subject"]).to_numpy(dtype="float64").round(_DECIMALS)
    return first.reset_index(drop=True)


def mixtures(study: Study, part: Part) -> list[str]:
    """Name numbers whose effect is one of differences between people and of change within them at once.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.

    Returns
    -------
    list of str
        Numbers that change between visits and yet differ more between people, such as age. None if another number of
        the model stands for the change (time), or for the differences between people (age at the first visit).
    """
    runs = study.modelled(part)
    by_person = runs.groupby("subject", observed=True)
    changing = _changing(study, part, runs)
    mostly_between = [name for name in changing if by_person[name].mean().var() > by_person[name].var().mean()]
    if len(mostly_between) < len(changing):
        return []
    lasting = [name for name in _numbers(study, part, runs) if name not in changing]
    means = by_person[[*changing, *lasting]].mean().astype("float64")
    alike = means.corr().abs()
    return [name for name in changing if not (alike.loc[name, lasting] > _ALIKE).any()]


def _people(n: int) -> str:
    return counted(n, "person", "people")


def _numbers(study: Study, part: Part, runs: pd.DataFrame) -> list[str]:
    """Name the numbers among the variables of a model that are known of people, not measured in them."""
    names = [name for name in variables_of(part.formula) if name in study.table.columns]
    return [name for name in names if name not in part.design.levels and is_number(runs[name])]


def _changing(study: Study, part: Part, runs: pd.DataFrame) -> list[str]:
    """Name those of them that change between the visits of a person."""
    by_person = runs.groupby("subject", observed=True)
    return [name for name in _numbers(study, part, runs) if by_person[name].nunique().max() > 1]


def _is_modelled(study: Study, runs: pd.DataFrame) -> BoolArray:
    """Say which runs are in the model of any measure."""
    keys = list(SUBJECT_KEY)
    own = pd.concat([study.modelled(part)[keys].astype("str") for part in study.parts]).drop_duplicates()
    found: BoolArray = runs.merge(own.assign(_in=1.0), on=keys, how="left")["_in"].notna().to_numpy()
    return found
