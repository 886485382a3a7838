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
"""


def merge(
    roots: Roots,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", help="Where to: .parquet, .csv or .tsv.", show_default=False),
    ],
    source: SourceOption = None,
    measure: MeasureOption = None,
    subjects: SubjectsOption = None,
    participants: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Add this table's columns (participants.tsv) to every row.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    wide: Annotated[bool, typer.Option("--wide", help="One row per subject instead of one per value.")] = False,
    strict: StrictOption = False,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Read a study and write it as one table, with an account of every file."""
    import fsstats as fs

    if participants is not None and participants.resolve() == output.resolve():
        raise fs.TableError(f"{output} is the participants file, which would be overwritten; name another output")
    with warnings.catch_warnings(record=True) as caught, progress_bar("reading") as progress:
        warnings.simplefilter("always", fs.FsstatsWarning)
        merged = fs.merge(
            roots,
            output,
            subjects=read_subjects(subjects),
            sources=source,
            measures=measure,
            participants=participants,
            wide=wide,
            progress=progress,
        )
    found = fs.problems(merged.files)
    say_problems(found)
    doubts = [str(one.message) for one in caught if issubclass(one.category, fs.FsstatsWarning)]
    for text in doubts:
        say(f"warning: {text}")
    _report(merged, output)
    if not (merged.files["n_values"] > 0).any() or (strict and (is_fault(found) or doubts)):
        raise typer.Exit(1)


def _report(merged: "Merged", output: Path) -> None:
    used = merged.files[merged.files["n_values"] > 0]
    n_subjects = len(used[["subject", "session", "stream"]].drop_duplicates())
    n_values = int(used["n_values"].sum())
    counts = ", ".join(f"{n} {status}" for status, n in merged.files["status"].value_counts().items())
    read = ", ".join([number(n_subjects, "subject"), number(len(used), "file"), number(n_values, "value")])
    say(f"{read} -> {output} ({number(merged.n_rows, 'row')})")
    say(f"files: {counts}; listed in {output.with_name(f'{output.stem}.files{output.suffix}')}")
