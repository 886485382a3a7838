"""What quality control says of a study: counts, a figure, and what to look at first."""

from dataclasses import replace
from typing import Final

import pandas as pd

from fsstats import qc
from fsstats.io.spreadsheets import spreadsheet_csv
from fsstats.plots import quality
from fsstats.reporting._drawing import page_style, picture_of
from fsstats.reporting._numbers import count, counted
from fsstats.reporting._sheets import sheets_of
from fsstats.reporting.blocks import Block, Text
from fsstats.reporting.study import Study
from fsstats.schema import GLOBAL, SEVERITIES

_LOOK: Final = 10
"""Runs that stand on the page before the rest is folded."""
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
    table = study.table
    own = table["region"] == GLOBAL
    for part in study.parts:
        own |= (table["source"] == part.source) & (table["measure"] == part.measure)
    site = study.choices.site
    if site is not None and table[site].isna().any():
        own &= table[site].notna()
    judged = table[own].reset_index(drop=True)
    found = qc.judge(judged, files=_of_sources(files, judged), site=site)
    counts = {name: int((found["severity"] == name).sum()) for name in SEVERITIES}
    runs = found.loc[found["subject"].notna(), ["subject", "session", "stream"]].drop_duplicates()
    said = ", ".join(counted(n, name) for name, n in counts.items())
    text = (
        f"{count(len(judged))} values were judged: {said}, about {counted(len(runs), 'run')}. A judgement is a reason "
        "to look, not to leave out: nothing was left out for it."
    )
    if not len(found):
        return [Text((text,))]
    with page_style():
        drawn = picture_of(quality(found), alt=f"Judgements of quality control by rule: {said}.", is_ours=True)
    return [Text((text,)), drawn, *_worklist(found), *_judgements(found)]


def _of_sources(files: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame | None:
    """Keep the files of the sources that are judged, and those of runs that were read."""
    if files is None or not len(files):
        return None
    return files[files["source"].isin(table["source"].astype("str").unique())].reset_index(drop=True)


def _worklist(found: pd.DataFrame) -> list[Block]:
    work = qc.worklist(found)
    if not len(work):
        return []
    names = {"n_errors": "errors", "n_warnings": "warnings", "n_notes": "notes", "look_at": "look at first"}
    shown = [name for name in ("subject", "session", "stream") if len(work[name].unique()) > 1 or name == "subject"]
    rows = work[[*shown, *names]].rename(columns=names)
    few = rows.head(_MOST)
    note = f"The first {count(_MOST)} of {count(len(rows))}; the file has all." if len(rows) > _MOST else ""
    sheets = sheets_of(few, "Runs to look at, the most urgent first", note=note, shown=_LOOK, file="worklist")
    return [*sheets[:-1], replace(sheets[-1], csv=spreadsheet_csv(rows))]


def _judgements(found: pd.DataFrame) -> list[Block]:
    names = ["subject", "session", "source", "region", "measure", "value", "unit", "rule", "severity", "says"]
    shown = [name for name in names if found[name].notna().any()]
    (sheet,) = sheets_of(found[shown].head(_MOST), "All judgements", file="judgements", shown=len(found))[-1:]
    is_whole = len(found) <= _LARGEST
    where = "the file has all" if is_whole else "fsstats check -o judgements.tsv, or fsstats.qc.judge, gives all"
    cut = f"The first {count(len(sheet.rows))}; {where}." if len(found) > _MOST or not is_whole else ""
    csv = spreadsheet_csv(found) if is_whole else b""
    return [replace(sheet, fold=f"All {counted(len(found), 'judgement')}", note=cut, csv=csv)]
