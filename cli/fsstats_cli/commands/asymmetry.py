"""``fsstats asymmetry``: left against right."""

from typing import Annotated

import typer

from fsstats_cli.models import deliver_table, model_table
from fsstats_cli.options import (
    MeasureOption,
    OutOption,
    ParticipantsOption,
    Roots,
    SourceOption,
    StreamOption,
    SubjectsOption,
)
from fsstats_cli.output import said_warnings

EXAMPLES = """
[bold]Examples[/bold]

  fsstats asymmetry $SUBJECTS_DIR -s aparc -m thickness -o asymmetry.csv

  fsstats asymmetry cohort.parquet -p people.tsv -o asymmetry.parquet
"""


def asymmetry(
    roots: Roots,
    participants: ParticipantsOption = None,
    kind: Annotated[
        str, typer.Option(metavar="NAME", help="mean: (L - R) / ((L + R) / 2); sum: (L - R) / (L + R).")
    ] = "mean",
    source: SourceOption = None,
    measure: MeasureOption = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutOption = None,
) -> None:
    """Give the asymmetry of every paired measure: positive where the left is larger.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    table = model_table(
        roots, participants=participants, subjects=subjects, sources=source, measures=measure, stream=stream
    )
    with said_warnings():
        found = fs.asymmetry(table, kind=kind)  # type: ignore[arg-type] # checked there
    deliver_table(found, output, [*roots, participants, subjects])
