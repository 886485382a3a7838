"""From the runs that were given to the values of each region: who was left out, and why. The counts add up."""

from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import plain_rows
from fsstats.io.spreadsheets import spreadsheet_csv
from fsstats.plots._names import MINUS, upper
from fsstats.reporting._numbers import MISSING, count, counted, spread
from fsstats.reporting.blocks import Block, Cell, Head, Points, Sheet, plain
from fsstats.reporting.study import Part, Study
from fsstats.schema import SUBJECT_KEY

_GIVEN: Final = "Runs in the table"
_STRANGE: Final = "not among the participants"
_EMPTY: Final = "without any value of it"
_MODELLED: Final = "Runs in the model"
_NOT_NEEDED: Final = "not in this model"


def flow_of(study: Study) -> list[Block]:
    """Say who was left out of each measure, and why.

    Parameters
    ----------
    study : Study
        What the report is of.

    Returns
    -------
    list of Block
        The table of counts, and the names of those who were left out.
    """
    counts = flow_counts(study)
    heads = (Head("Step"), *(Head(upper(name), is_number=True) for name in counts.columns))
    numbers = counts.to_numpy(dtype=np.float64, na_value=np.nan)
    rows = [
        (Cell(_step(str(step))), *(Cell(count(n), n, dash=_NOT_NEEDED) for n in own))
        for step, own in zip(counts.index, numbers.tolist(), strict=True)
    ]
    rows.append((Cell("Runs with a value, by region"), *plain([_by_region(study, part) for part in study.parts])))
    if study.is_repeated:
        people = [study.modelled(part)["subject"].nunique() for part in study.parts]
        rows.append((Cell("People in the model"), *(Cell(count(n), float(n)) for n in people)))
    csv = spreadsheet_csv(counts.rename_axis("step").reset_index())
    note = f"{MISSING}: {_NOT_NEEDED}." if np.isnan(numbers).any() else ""
    sheet = Sheet("From the runs to the models", heads, tuple(rows), note=note, csv=csv, file="flow.csv")
    return [sheet, *_names(study)]


def _step(step: str) -> str:
    return step if step in {_GIVEN, _MODELLED} else f"{MINUS} {step}"


def flow_counts(study: Study) -> pd.DataFrame:
    """Count runs, step by step: the first row less those between is the last.

    Parameters
    ----------
    study : Study
        What the report is of.

    Returns
    -------
    DataFrame
        A row a step, a column a measure. A run that lacks several things is counted at the first of them. What is not
        in the model of a measure is missing there, not 0.
    """
    columns = {part.name: _counts(study, part) for part in study.parts}
    steps = [_GIVEN, _STRANGE, _EMPTY, *_lacking_steps(study), _MODELLED]
    counts = {name: [own.get(step) for step in steps] for name, own in columns.items()}
    return pd.DataFrame(counts, index=steps, dtype="Int64")


def _lacking_steps(study: Study) -> list[str]:
    names = dict.fromkeys(name for part in study.parts for name in study.needed(part))
    return [f"{name} is missing" for name in names]


def _counts(study: Study, part: Part) -> dict[str, int]:
    given, known = len(study.runs), int(study.runs["is_known"].sum())
    found = {_GIVEN: given, _STRANGE: given - known, _EMPTY: known - len(part.people)}
    left = part.people
    for name in study.needed(part):
        complete = left[left[name].notna()]
        found[f"{name} is missing"] = len(left) - len(complete)
        left = complete
    return found | {_MODELLED: len(left)}


def _by_region(study: Study, part: Part) -> str:
    rows = study.results[(study.results["source"] == part.source) & (study.results["measure"] == part.measure)]
    usable = rows[rows["estimate"].notna() | rows["p_value"].notna()]
    n = usable["n"]
    return spread(n.min(), n.max())


def _names(study: Study) -> list[Block]:
    """Name those who were left out."""
    lost: dict[str, list[str]] = {}
    strange = study.runs.loc[~study.runs["is_known"], list(SUBJECT_KEY)]
    if len(strange):
        lost[_STRANGE] = _runs(strange)
    for part in study.parts:
        for name in study.needed(part):
            own = part.people.loc[part.people[name].isna(), list(SUBJECT_KEY)]
            if len(own):
                lost.setdefault(f"{name} is missing", _runs(own))
    if study.strangers:
        lost["participants without a run"] = list(study.strangers)
    blocks: list[Block] = []
    if lost:
        n = sum(map(len, lost.values()))
        points = tuple(f"{why} ({count(len(names))}): {', '.join(names)}" for why, names in lost.items())
        blocks.append(Points(points, f"Who ({counted(n, 'name')})"))
    return blocks


def _runs(people: pd.DataFrame) -> list[str]:
    """Name runs: the subject, and the session if there is one."""
    return [
        " ".join(filter(None, (subject, session, "" if stream == "cross" else stream)))
        for subject, session, stream in plain_rows(people)
    ]
