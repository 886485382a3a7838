"""``fsstats merge``: a study in, one table out."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsstats_cli.options import (
    KindsOption,
    MeasureOption,
    Roots,
    SourceOption,
    StrictOption,
    SubjectsOption,
    a_file,
    part_of,
    read_subjects,
)
from fsstats_cli.output import is_fault, number, progress_bar, say, say_problems

if TYPE_CHECKING:
    from fsstats import Merged

EXAMPLES = """
[bold]Examples[/bold]

  fsstats merge $SUBJECTS_DIR -o cohort.parquet

  fsstats merge derivatives -o thick.csv -s aparc -m thickness --wide

  fsstats merge site1 site2 -o all.parquet --participants people.tsv

  fsstats merge $SUBJECTS_DIR -o cohort/ --jobs 8
"""


def merge(
    roots: Roots,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Where to: .parquet, .csv or .tsv; or a folder of Parquet parts, with a slash at its end. "
            "On this machine, or in a bucket (s3://).",
            show_default=False,
        ),
    ],
    source: SourceOption = None,
    measure: MeasureOption = None,
    subjects: SubjectsOption = None,
    participants: Annotated[
        Path | None,
        typer.Option(
            "--participants",
            "-p",
            metavar="FILE",
            help="Add this table's columns (participants.tsv) to every row.",
            callback=a_file,
        ),
    ] = None,
    wide: Annotated[bool, typer.Option("--wide", help="One row per subject instead of one per value.")] = False,
    anonymise: Annotated[
        bool,
        typer.Option(
            "--anonymise", help="Leave out of the outputs which machine and user processed the study, where and when."
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, metavar="N", help="Processes that read; 0 for one a processor.")
    ] = 1,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Read on the workers of the Dask cluster at this address.")
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Read part I of N only, as one job of many; the same command without it finishes.",
            callback=part_of,
        ),
    ] = None,
    strict: StrictOption = False,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Read a study and write it as one table, with an account of every file.

    Stopped, it goes on where it was when it is given again; given again later, it reads what is new or changed.
    """
    import fsstats as fs

    if dask is not None and jobs != 1:
        message = "the workers of the cluster read, and no processes of our own."
        raise typer.BadParameter(message, param_hint="--jobs")
    names = read_subjects(subjects)
    if part is not None:
        if wide or participants is not None:
            message = "parts are of no use to --wide and --participants, which take all at once."
            raise typer.BadParameter(message, param_hint="--part")
        which = tuple(map(int, part.split("/")))
        with progress_bar("reading") as progress:
            n_files = fs.merge_part(
                roots, output, (which[0], which[1]), subjects=names, sources=source, measures=measure, progress=progress
            )
        say(f"part {part}: {number(n_files, 'file')} read; the same command without --part puts the parts together")
        return
    if participants is not None and participants.resolve() == Path(output).resolve():
        raise fs.TableError(f"{output} is the participants file, which would be overwritten; name another output")
    with warnings.catch_warnings(record=True) as caught, progress_bar("reading") as progress:
        warnings.simplefilter("always", fs.FsstatsWarning)
        merged = fs.merge(
            roots,
            output,
            subjects=names,
            sources=source,
            measures=measure,
            participants=participants,
            wide=wide,
            anonymise=anonymise,
            jobs=jobs,
            dask=dask,
            progress=progress,
        )
    found = fs.problems(merged.files)
    say_problems(found)
    doubts = [str(one.message) for one in caught if issubclass(one.category, fs.FsstatsWarning)]
    for text in doubts:
        say(f"warning: {text}")
    _report(merged)
    if not (merged.files["n_values"] > 0).any() or (strict and (is_fault(found) or doubts)):
        raise typer.Exit(1)


def _report(merged: "Merged") -> None:
    from fsstats.tables import count_subjects

    used = merged.files[merged.files["n_values"] > 0]
    n_values = int(used["n_values"].sum())
    counts = ", ".join(f"{n} {status}" for status, n in merged.files["status"].value_counts().items())
    read = ", ".join([count_subjects(used), number(len(used), "file"), number(n_values, "value")])
    say(f"{read} -> {merged.path} ({number(merged.n_rows, 'row')})")
    say(f"files: {counts}; listed in {merged.files_path}")
