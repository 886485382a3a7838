"""``fsstats bids``: BIDS derivatives."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.cohort import cohort_of
from fsstats_cli.options import KindsOption, Roots, SourceOption, SubjectsOption, read_subjects
from fsstats_cli.output import number, said_warnings, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats bids $SUBJECTS_DIR -o derivatives/fsstats

  fsstats bids cohort.parquet -o bids --participants participants.tsv
"""


def bids(
    roots: Roots,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to.", show_default=False)],
    participants: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is known of the people.", exists=True, dir_okay=False),
    ] = None,
    source: SourceOption = None,
    subjects: SubjectsOption = None,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Write a dataset of BIDS derivatives: TSV and JSON of each subject, and of the group in phenotype.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    people = None if participants is None else fs.read_table(participants)
    cohort = cohort_of(roots, subjects=read_subjects(subjects), sources=source)
    with said_warnings():
        written = fs.write_bids(cohort, output, participants=people)
    say(f"{number(len(written), 'file')} of {number(cohort.table['subject'].nunique(), 'subject')} -> {output}")
