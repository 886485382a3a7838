"""Who is in the cohort, and which runs of FreeSurfer each of them has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

LAYOUTS: Final = ("subjects_dir", "bids", "longitudinal")
YOUNGEST, OLDEST = 20.0, 80.0


@dataclass(frozen=True, slots=True)
class Run:
    """One subject folder: where it is, and what it is a run of."""

    person: int
    """Row of the table of people."""
    tool: str
    subject: str
    session: str | None
    stream: str
    folder: str
    """Relative to the cohort's root, with forward slashes."""
    name: str
    """What the tool calls the subject: the folder's own name."""
    year: float
    """Years since the first session."""
    time_points: tuple[str, ...] = ()
    """Of a base run: the cross-sectional runs it was made from."""


def people(rng: np.random.Generator, n: int, groups: Sequence[str], sites: Sequence[str]) -> pd.DataFrame:
    """Draw people; groups, sites and sexes are balanced, and independent of the order."""
    width = max(3, len(str(n)))
    sex = _balanced(rng, n, ("F", "M"))
    size = np.where(sex == "M", 1.58e6, 1.42e6) * np.exp(0.085 * rng.standard_normal(n))
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{number:0{width}d}" for number in range(1, n + 1)],
            "age": rng.uniform(YOUNGEST, OLDEST, n).round(1),
            "sex": sex,
            "group": _balanced(rng, n, groups),
            "site": _balanced(rng, n, sites),
            "head_size": size,
        }
    )


def _balanced(rng: np.random.Generator, n: int, labels: Sequence[str]) -> pd.Series:
    return pd.Series(rng.permutation(np.arange(n) % len(labels))).map(dict(enumerate(labels)))


def runs_of(people: pd.DataFrame, tools: Sequence[str], sessions: int, layout: str) -> list[Run]:
    """List the runs, subject by subject: sessions first, then the base, then the longitudinal runs."""
    named = sessions > 1 or layout != "subjects_dir"
    labels = [f"ses-{number}" for number in range(1, sessions + 1)] if named else [None]
    runs: list[Run] = []
    for person, subject in enumerate(people["participant_id"]):
        tool = tools[person % len(tools)]
        folders = [_folder(subject, label, layout) for label in labels]
        cross = [
            Run(person, tool, subject, label, "cross", folder, folder.rpartition("/")[2], float(year))
            for year, (label, folder) in enumerate(zip(labels, folders, strict=True))
        ]
        runs += cross
        if layout == "longitudinal":
            runs += _longitudinal(subject, cross)
    return runs


def _folder(subject: str, session: str | None, layout: str) -> str:
    if session is None:
        return subject
    return f"{subject}/{session}" if layout == "bids" else f"{subject}_{session}"


def _longitudinal(subject: str, cross: Sequence[Run]) -> list[Run]:
    """Give the base run of a subject and one longitudinal run for each of its sessions."""
    person, tool = cross[0].person, cross[0].tool
    middle = float(np.mean([run.year for run in cross]))
    names = tuple(run.name for run in cross)
    base = Run(person, tool, subject, None, "base", subject, subject, middle, time_points=names)
    folders = [f"{run.name}.long.{subject}" for run in cross]
    return [base] + [
        Run(person, tool, subject, run.session, "long", folder, folder, run.year)
        for run, folder in zip(cross, folders, strict=True)
    ]


def participants_table(people: pd.DataFrame, sessions: int, layout: str) -> pd.DataFrame:
    """Give what participants.tsv holds: a row a person, or a row a session if sessions have names."""
    columns = ["participant_id", "age", "sex", "group", "site"]
    if sessions == 1 and layout == "subjects_dir":
        return people[columns].copy()
    table = people.loc[people.index.repeat(sessions), columns].reset_index(drop=True)
    year = np.tile(np.arange(sessions), len(people))
    table.insert(1, "session_id", [f"ses-{number + 1}" for number in year])
    table["age"] = (table["age"] + year).round(1)
    return table
