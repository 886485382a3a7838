"""``fsstats table``: one row a subject, or all tables of FreeSurfer."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsstats_cli.cohort import cohort_of, require_other
from fsstats_cli.options import (
    KindsOption,
    MeasureOption,
    Roots,
    SourceOption,
    StreamOption,
    StrictOption,
    SubjectsOption,
    read_subjects,
)
from fsstats_cli.output import is_fault, number, progress_bar, said_warnings, say, say_problems

if TYPE_CHECKING:
    import pandas as pd

    import fsstats as fs

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
            help="The table (.csv, .tsv, .xlsx); with --all or --redcap a folder.",
            show_default=False,
        ),
    ],
    every: Annotated[
        bool, typer.Option("--all", help="Every table that asegstats2table and aparcstats2table can make, one a file.")
    ] = False,
    redcap: Annotated[
        bool, typer.Option("--redcap", help="For REDCap: a data dictionary, and records under names that it takes.")
    ] = False,
    source: SourceOption = None,
    measure: MeasureOption = None,
    hemi: Annotated[Hemi | None, typer.Option(help="Only this side.")] = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    missing: Annotated[
        Missing, typer.Option(help="With --all: what stands where there is no value, 0.0 as FreeSurfer's or nan.")
    ] = Missing.ZERO,
    current_names: Annotated[
        bool, typer.Option("--current-names", help="With --all: call structures as current FreeSurfer does.")
    ] = False,
    strict: StrictOption = False,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Write one row a subject, a column a value; or with --all every table of FreeSurfer's scripts.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    require_other(output, *roots, subjects)
    names = read_subjects(subjects)
    if every and redcap:
        message = "all tables of FreeSurfer, or one for REDCap."
        raise typer.BadParameter(message, param_hint="--all and --redcap")
    if every:
        if measure or hemi or stream:
            message = "all tables are written; choose among them by --source, and among runs by --subjects."
            raise typer.BadParameter(message, param_hint="--measure, --hemi or --stream")
        files = _all(roots, output, source, names, missing, current_names=current_names)
    else:
        cohort = cohort_of(roots, subjects=names, sources=source, measures=measure, stream=stream)
        _wide(cohort, output, hemi, redcap=redcap)
        files = cohort.files
    if strict and files is not None and is_fault(fs.problems(files)):
        raise typer.Exit(1)


def _all(
    roots: list[str],
    output: Path,
    source: list[str] | None,
    names: list[str] | None,
    missing: Missing,
    *,
    current_names: bool,
) -> "pd.DataFrame | None":
    """Write all tables; give the files table, if a study was read."""
    import fsstats as fs
    from fsstats.io.cohorts import is_merged

    study = roots[0] if len(roots) == 1 and is_merged(roots[0]) else roots
    with said_warnings(), progress_bar("reading") as progress:
        written = fs.write_freesurfer_tables(
            study,
            output,
            subjects=names,
            sources=source,
            missing=missing.value,
            current_names=current_names,
            progress=progress,
        )
    if written.files is not None:
        say_problems(fs.problems(written.files))
    if written.left_out:
        say(f"without structures that such a table could show: {', '.join(written.left_out)}")
    say(f"{number(len(written.paths), 'table')} -> {output}")
    return written.files


def _wide(cohort: "fs.Cohort", output: Path, hemi: Hemi | None, *, redcap: bool) -> None:
    import fsstats as fs

    long = cohort.table if hemi is None else cohort.table[cohort.table["hemi"] == hemi.value]
    if not len(long):
        message = "no value was found of what is asked for; nothing was written"
        raise fs.TableError(message)
    wide = fs.to_wide(long.drop(columns=["segid", "name_found"], errors="ignore"))
    if redcap:
        fs.write_redcap(wide, output)
    else:
        fs.write_spreadsheet(wide, output)
    n_values = long[["source", "hemi", "region", "measure"]].drop_duplicates().shape[0]
    say(f"{number(len(wide), 'row')}, {number(n_values, 'column')} of values -> {output}")
