"""``fsstats bids``: BIDS derivatives."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.cohort import cohort_of, end_if_strict
from fsstats_cli.options import (
    KindsOption,
    ParticipantsOption,
    Roots,
    SourceOption,
    StreamOption,
    StrictOption,
    SubjectsOption,
    read_subjects,
)
from fsstats_cli.output import number, said_warnings, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats bids $SUBJECTS_DIR -o derivatives/fsstats

  fsstats bids cohort.parquet -o bids -p participants.tsv
"""


def bids(
    roots: Roots,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to.", show_default=False)],
    participants: ParticipantsOption = None,
    source: SourceOption = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    strict: StrictOption = False,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Write a dataset of BIDS derivatives: TSV and JSON of each subject, and of the group in phenotype.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    people = None if participants is None else fs.read_table(participants)
    cohort = cohort_of(roots, subjects=read_subjects(subjects), sources=source, stream=stream)
    with said_warnings():
        written = fs.write_bids(cohort, output, participants=people)
    say(f"{number(len(written), 'file')} of {number(cohort.table['subject'].nunique(), 'subject')} -> {output}")
    end_if_strict(cohort, strict=strict)
