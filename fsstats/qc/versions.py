"""Versions of programs that are mixed: over the cohort, or within one person."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from fsstats._frames import some_of
from fsstats.qc._judgements import NOTHING, of_cohort, of_runs, together
from fsstats.qc._seen import Seen
from fsstats.schema import SUBJECT_KEY, same_release


def find_versions(seen: Seen) -> pd.DataFrame:
    """Find releases of a program that are mixed in the cohort, and in the runs of one subject."""
    if seen.versions is None or not len(seen.versions):
        return NOTHING
    parts = seen.versions["version"].astype("str").str.rsplit(" ", n=1, expand=True)
    known = seen.versions.assign(tool=parts[0], release=parts[1] if parts.shape[1] > 1 else None)
    known = known[known["release"].notna() & known["release"].ne("?")]
    return together(one for tool, own in known.groupby("tool", sort=False) for one in _of_tool(seen, str(tool), own))


def _of_tool(seen: Seen, tool: str, known: pd.DataFrame) -> Iterator[pd.DataFrame]:
    counts = known.groupby("release")["run"].nunique().sort_values(ascending=False, kind="stable")
    releases = [str(one) for one in counts.index]
    if all(same_release(releases[0], one) for one in releases):
        return
    listed = some_of([f"{name} ({counts[name]} run{'s' if counts[name] != 1 else ''})" for name in releases])
    yield of_cohort(
        f"The cohort mixes releases of {tool}: {listed}. Values of different releases differ by more than people do in "
        "some regions: process all alike, or put the version into the model",
        "warning",
    )
    yield _unusual(seen, tool, known, releases[0])
    yield _within(seen, tool, known)


def _unusual(seen: Seen, tool: str, known: pd.DataFrame, usual: str) -> pd.DataFrame:
    """Note the runs of another release than most have."""
    strange = known[[not same_release(usual, str(one)) for one in known["release"]]]
    named = strange.groupby("run")["release"].agg(lambda own: ", ".join(sorted(set(own))))
    says = [f"processed by {tool} {release}, most runs by {usual}" for release in named]
    return of_runs(seen, named.index.to_numpy(dtype=np.intp), says, severity="note")


def _within(seen: Seen, tool: str, known: pd.DataFrame) -> pd.DataFrame:
    """Find subjects whose sessions, streams or files are of several releases."""
    own = known.assign(subject=seen.panel.people["subject"].to_numpy(dtype=object)[known["run"]])
    runs: list[int] = []
    says: list[str] = []
    for _, rows in own[own.groupby("subject")["release"].transform("nunique") > 1].groupby("subject", sort=False):
        if _differ(rows["release"].unique().tolist()):
            releases = rows.groupby("run")["release"].agg(lambda each: ", ".join(sorted(set(each))))
            listed = "; ".join(f"{_run(seen, int(str(run)))} {text}" for run, text in releases.items())
            runs += releases.index.tolist()
            says += [f"runs of this subject are of several releases of {tool}: {listed}. Process them alike"] * len(
                releases
            )
    return of_runs(seen, np.array(runs, dtype=np.intp), says)


def _differ(releases: Sequence[str]) -> bool:
    return any(not same_release(releases[0], one) for one in releases)


def _run(seen: Seen, run: int) -> str:
    return " ".join(str(part) for part in seen.panel.people[list(SUBJECT_KEY[1:])].iloc[run] if pd.notna(part))
