"""``fsstats table``: one row a subject, or all tables of FreeSurfer."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.cohort import cohort_of
from fsstats_cli.options import KindsOption, MeasureOption, Roots, SourceOption, SubjectsOption, read_subjects
from fsstats_cli.output import number, progress_bar, said_warnings, say, say_problems

EXAMPLES = """
[bold]Examples[/bold]

  fsstats table $SUBJECTS_DIR -s aparc -m thickness -o thickness.csv

  fsstats table cohort.parquet -s aseg -m volume -o volumes.xlsx

  fsstats table $SUBJECTS_DIR --all -o tables
"""


class Missing(StrEnum):
    """What stands for a missing value in FreeSurfer's tables."""

    ZERO = "zero"
    NAN = "nan"


class Hemi(StrEnum):
    """A side."""

    LH = "lh"
    RH = "rh"


def table(
    roots: Roots,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="The table (.csv, .tsv, .xlsx); with --all a folder.",
            show_default=False,
        ),
    ],
    every: Annotated[
        bool, typer.Option("--all", help="Every table that asegstats2table and aparcstats2table can make, one a file.")
    ] = False,
    source: SourceOption = None,
    measure: MeasureOption = None,
    hemi: Annotated[Hemi | None, typer.Option(help="Only this side.")] = None,
    subjects: SubjectsOption = None,
    missing: Annotated[
        Missing, typer.Option(help="With --all: what stands where there is no value, 0.0 as FreeSurfer's or nan.")
    ] = Missing.ZERO,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Write one row a subject, a column a value; or with --all every table of FreeSurfer's scripts.

    ROOT may also be one table that fsstats merge wrote.
    """
    names = read_subjects(subjects)
    if every:
        if measure or hemi:
            message = "all tables are written; choose among them by --source."
            raise typer.BadParameter(message, param_hint="--measure or --hemi")
        _all(roots, output, source, names, missing)
    else:
        _wide(roots, output, source, measure, hemi, names)


def _all(roots: list[str], output: Path, source: list[str] | None, names: list[str] | None, missing: Missing) -> None:
    import fsstats as fs
    from fsstats.io.cohorts import is_merged

    study = roots[0] if len(roots) == 1 and is_merged(roots[0]) else roots
    with said_warnings(), progress_bar("reading") as progress:
        written = fs.write_freesurfer_tables(
            study, output, subjects=names, sources=source, missing=missing.value, progress=progress
        )
    if written.files is not None:
        say_problems(fs.problems(written.files))
    if written.left_out:
        say(f"without structures that such a table could show: {', '.join(written.left_out)}")
    say(f"{number(len(written.paths), 'table')} -> {output}")


def _wide(
    roots: list[str],
    output: Path,
    source: list[str] | None,
    measure: list[str] | None,
    hemi: Hemi | None,
    names: list[str] | None,
) -> None:
    import fsstats as fs

    long = cohort_of(roots, subjects=names, sources=source, measures=measure).table
    if hemi is not None:
        long = long[long["hemi"] == hemi.value]
    wide = fs.to_wide(long.drop(columns=["segid", "name_found"], errors="ignore"))
    with said_warnings():
        fs.write_spreadsheet(wide, output)
    n_values = len(wide.columns) - 3
    say(f"{number(len(wide), 'row')}, {number(n_values, 'column')} of values -> {output}")
    if not n_values:
        raise typer.Exit(1)
