"""What quality control says of a study: counts, a figure, and what to look at first."""

import re
from dataclasses import replace
from typing import Final

import pandas as pd

from fsstats import qc
from fsstats._frames import some_of
from fsstats.io.spreadsheets import spreadsheet_csv
from fsstats.plots import quality
from fsstats.plots._names import measure_text, region_labels, unit_text, upper
from fsstats.reporting._drawing import page_style, picture_of
from fsstats.reporting._numbers import count, counted, spread
from fsstats.reporting._sheets import sheets_of
from fsstats.reporting.blocks import Block, Text
from fsstats.reporting.study import Study
from fsstats.schema import GLOBAL, SEVERITIES, SUBJECT_KEY

_LOOK: Final = 10
"""Runs that stand on the page before the rest is folded."""
_OF_VISITS: Final = "Each row is a person, the most urgent visit first, which the last column is of. The file has each."
_MOST: Final = 200
"""Judgements, and runs, that stand on the page."""
_LARGEST: Final = 3_000
"""Judgements of a file that the page holds."""


def quality_of(study: Study, files: pd.DataFrame | None) -> list[Block]:
    """Judge the measures of a report, and the header Measures.

    Parameters
    ----------
    study : Study
        What the report is of.
    files : DataFrame or None
        The files table.

    Returns
    -------
    list of Block
        Words, a figure, a worklist and all judgements.
    """
    judged, without = _judged(study)
    found = qc.judge(judged, files=_of_sources(files, judged), site=study.choices.site)
    counts = {name: int((found["severity"] == name).sum()) for name in SEVERITIES}
    said = ", ".join(counted(n, name) for name, n in counts.items())
    text = Text((_of_what(study, judged, without), _found(found, said)))
    if not len(found):
        return [text]
    with page_style():
        drawn = picture_of(quality(found), alt=f"Judgements of quality control by rule: {said}.", is_ours=True)
    return [text, drawn, *_worklist(found), *_judgements(found)]


def _judged(study: Study) -> tuple[pd.DataFrame, int]:
    """Give the rows of the measures of a report and of header Measures; count the runs without a site, left out."""
    table, site = study.table, study.choices.site
    own = table["region"] == GLOBAL
    for part in study.parts:
        own |= (table["source"] == part.source) & (table["measure"] == part.measure)
    if site is None:
        return table[own].reset_index(drop=True), 0
    has = table[site].notna()
    without = len(table.loc[~has, list(SUBJECT_KEY)].drop_duplicates())
    return table[own & has].reset_index(drop=True), without


def _of_what(study: Study, judged: pd.DataFrame, without: int) -> str:
    """Say what was judged."""
    headers = sorted(judged.loc[judged["region"] == GLOBAL, "measure"].astype("str").unique())
    kinds = [part.name for part in study.parts] + ([f"header Measures ({some_of(headers, 3)})"] if headers else [])
    by_run = judged.groupby(list(SUBJECT_KEY), dropna=False, observed=True).size()
    lost = f" {counted(without, 'run has', 'runs have')} no {study.choices.site} and could not be judged."
    return (
        f"Judged were the values of {', '.join(kinds)}: {counted(len(judged), 'value')} of "
        f"{counted(len(by_run), 'run')}, {spread(by_run.min(), by_run.max())} a run.{lost if without else ''}"
    )


def _found(found: pd.DataFrame, said: str) -> str:
    """Say how many judgements there are, and what one is."""
    if not len(found):
        return "No rule found anything to look at."
    runs = found.loc[found["subject"].notna(), list(SUBJECT_KEY)].drop_duplicates()
    of_runs = f" of {counted(len(runs), 'run')}" if len(runs) else ""
    return (
        f"{upper(counted(len(found), 'judgement'))}{of_runs}: {said}. A judgement may be of one "
        "value, of a whole run, or of the cohort; where it counts values, they are those of this run that can be "
        "compared with other runs. It is a reason to look, not to leave out: nothing was left out for it."
    )


def _of_sources(files: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame | None:
    """Keep the files of the sources that are judged, and those of runs that were read."""
    if files is None or not len(files):
        return None
    return files[files["source"].isin(table["source"].astype("str").unique())].reset_index(drop=True)


def _worklist(found: pd.DataFrame) -> list[Block]:
    work = qc.worklist(found)
    if not len(work):
        return []
    names = {"n_errors": "Errors", "n_warnings": "Warnings", "n_notes": "Notes", "look_at": "Look at first"}
    keys = [name for name in SUBJECT_KEY if len(work[name].unique()) > 1 or name == "subject"]
    is_repeated = bool(work["subject"].duplicated().any())
    whole = _by_person(work) if is_repeated else work
    few = whole.head(_MOST)
    few = few.assign(look_at=few["look_at"].map(_in_page_words(found)))
    words = {name: upper(name) for name in keys} | ({"session": "Visits"} if is_repeated else {})
    shown = few[[*keys, *names]].rename(columns={**words, **names})
    notes = [_OF_VISITS] if is_repeated else []
    notes += [f"The first {count(_MOST)} of {count(len(whole))}; the file has all."] if len(whole) > _MOST else []
    title = f"{'People' if is_repeated else 'Runs'} to look at, the most urgent first"
    sheets = sheets_of(shown, title, note=" ".join(notes), shown=_LOOK, file="worklist")
    return [*sheets[:-1], replace(sheets[-1], csv=spreadsheet_csv(work[[*keys, *names]]))]


def _by_person(work: pd.DataFrame) -> pd.DataFrame:
    """Put the runs of a person in one row: where that of the most urgent one stands, with the judgements of all."""
    texts = dict.fromkeys([*SUBJECT_KEY[1:]], lambda words: ", ".join(dict.fromkeys(words.dropna())))
    counts = dict.fromkeys(["n_errors", "n_warnings", "n_notes"], "sum")
    people = work.groupby("subject", dropna=False, sort=False)
    return people.agg({**texts, **counts, "look_at": "first"}).reset_index()


def _in_page_words(found: pd.DataFrame) -> dict[str, str]:
    """Give each sentence with regions and units as they are written on the page."""
    of_region = found[found["region"].notna() & (found["region"] != GLOBAL)]
    rows = zip(of_region["says"], of_region["region"], region_labels(of_region), strict=True)
    said = {says: re.sub(rf"\b(left |right )?{re.escape(region)}\b", label, says) for says, region, label in rows}
    return {says: unit_text(said.get(says, says)) for says in found["says"].unique()}


def _judgements(found: pd.DataFrame) -> list[Block]:
    few = found.head(_MOST).astype("object")
    of_value = few["region"].notna()
    few = few.assign(
        region=pd.Series(region_labels(few[of_value]), index=few.index[of_value], dtype="object").reindex(few.index),
        measure=few["measure"].map(measure_text, na_action="ignore"),
        unit=few["unit"].map(unit_text, na_action="ignore"),
        says=few["says"].map(_in_page_words(few)),
    ).astype({"value": "float64"})
    names = ["subject", "session", "source", "region", "measure", "value", "unit", "rule", "severity", "says"]
    shown = few[[name for name in names if found[name].notna().any()]].rename(columns=upper)
    (sheet,) = sheets_of(shown, "All judgements", file="judgements", shown=len(found))[-1:]
    is_whole = len(found) <= _LARGEST
    where = "the file has all" if is_whole else "fsstats check -o judgements.tsv, or fsstats.qc.judge, gives all"
    cut = f"The first {count(len(sheet.rows))}; {where}." if len(found) > _MOST or not is_whole else ""
    csv = spreadsheet_csv(found) if is_whole else b""
    return [replace(sheet, fold=f"All {counted(len(found), 'judgement')}", note=cut, csv=csv)]
