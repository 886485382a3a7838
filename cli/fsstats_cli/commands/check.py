"""``fsstats check``: what is wrong with a study's files, and odd in its values."""

import sys
import textwrap
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fsstats_cli.cohort import cohort_of
from fsstats_cli.models import in_our_words, ready
from fsstats_cli.options import (
    KindsOption,
    ParticipantsOption,
    Roots,
    SourceOption,
    StrictOption,
    SubjectsOption,
    read_subjects,
)
from fsstats_cli.output import is_fault, number, print_table, said_warnings, say, say_problems

if TYPE_CHECKING:
    import pandas as pd

    import fsstats as fs

EXAMPLES = """
[bold]Examples[/bold]

  fsstats check $SUBJECTS_DIR

  fsstats check cohort.parquet --site site -c age -c sex -o judgements.tsv

  fsstats check derivatives/freesurfer --strict --problems problems.tsv --rule files
"""
_FIRST = 10
"""Runs that are named on a terminal."""
_LONGEST = 240
"""Characters of a line there."""


def check(
    roots: Roots,
    participants: ParticipantsOption = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(
            "--covariate",
            "-c",
            metavar="NAME",
            help="Adjust for it before outliers are looked for: a column, a header Measure (eTIV). May be repeated.",
        ),
    ] = None,
    site: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Compare each run with those of its own site.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Years, for changes between sessions (age, time).")
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="NAME", help="Only this rule (outlier, copy ...). May be repeated."),
    ] = None,
    source: SourceOption = None,
    subjects: SubjectsOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write every judgement to FILE (.parquet, .csv or .tsv)."),
    ] = None,
    problems: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what is wrong with files to FILE; only that counts for --strict."),
    ] = None,
    strict: StrictOption = False,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Read a study, list what is wrong with its files, judge its values, and say which runs to look at first.

    ROOT may also be one table that fsstats merge wrote.

    The worklist is printed, a row a run, the worst first; what is wrong with files is said on stderr.
    """
    import fsstats as fs
    from fsstats.io.cohorts import is_merged
    from fsstats.tables import count_subjects

    ready(output, [*roots, participants, subjects])
    ready(problems, [*roots, participants, subjects, output])
    cohort = cohort_of(roots, subjects=read_subjects(subjects), sources=source)
    found = _problems_of(cohort, problems, said=not (len(roots) == 1 and is_merged(roots[0])))
    table = cohort.table
    if participants is not None:
        with said_warnings():
            table = fs.join(table, fs.read_table(participants), unmatched="keep")
    files = cohort.files if len(cohort.files) else None
    with in_our_words(table):
        judgements = fs.qc.judge(table, files=files, rules=rule, covariates=covariate or (), site=site, time=time)
    _show(judgements, output)
    read = cohort.files[cohort.files["n_values"] > 0]
    files_read = f"{number(len(read), 'file')} read, " if len(read) else ""
    who = count_subjects(read if len(read) else table)
    say(f"{who}, {files_read}{number(len(table), 'value')}; {number(len(found), 'problem')}")
    if not (len(read) or len(table)) or (strict and is_fault(found)):
        raise typer.Exit(1)


def _problems_of(cohort: "fs.Cohort", path: Path | None, *, said: bool) -> "pd.DataFrame":
    """Give what is wrong with files, and say it if reading did not; write it if that was asked for."""
    import fsstats as fs

    found = fs.problems(cohort.files)
    if not said:
        say_problems(found)
    if path is not None:
        fs.write_table(found, path)
        say(f"{number(len(found), 'problem')} -> {path}")
    return found


def _show(judgements: "pd.DataFrame", output: Path | None) -> None:
    """Print which runs to look at first, and say how much each rule found."""
    import fsstats as fs

    runs = fs.qc.worklist(judgements)
    if sys.stdout.isatty() and len(runs):
        lines = [_line(row) for row in runs.head(_FIRST).to_dict("records")]
        more = [f"- and {number(len(runs) - _FIRST, 'more run')}"] if len(runs) > _FIRST else []
        sys.stdout.write("\n".join(["to look at first:", *lines, *more, ""]))
    elif len(runs):
        print_table(runs)
    for says in judgements.loc[judgements["subject"].isna(), "says"]:
        say(f"cohort: {says}")
    if len(judgements):
        counts = judgements["rule"].value_counts()
        say(f"found by rule: {', '.join(f'{name} {n}' for name, n in counts[counts > 0].items())}")
    if output is not None:
        fs.write_table(judgements, output)
        say(f"{number(len(judgements), 'judgement')} -> {output}")


def _line(row: "Mapping[Hashable, Any]") -> str:
    """Write one run of the worklist as a line of text."""
    who = " ".join(str(row[name]) for name in ("subject", "session", "stream") if isinstance(row[name], str))
    kinds = ("error", "warning", "note")
    counts = ", ".join(number(row[f"n_{kind}s"], kind) for kind in kinds if row[f"n_{kind}s"])
    return textwrap.shorten(f"- {who}: {counts} ({row['rules']}). {row['look_at']}", _LONGEST, placeholder=" ...")
