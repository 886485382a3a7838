"""``fsstats asymmetry``: left against right."""

from typing import Annotated

import typer

from fsstats_cli.models import OutputOption, deliver_table, in_our_words, model_table, ready
from fsstats_cli.options import (
    MeasureOption,
    ParticipantsOption,
    Roots,
    SourceOption,
    StreamOption,
    SubjectsOption,
)

EXAMPLES = """
[bold]Examples[/bold]

  fsstats asymmetry $SUBJECTS_DIR -s aparc -m thickness -o asymmetry.csv

  fsstats asymmetry cohort.parquet -p people.tsv -o asymmetry.parquet
"""


def asymmetry(
    roots: Roots,
    participants: ParticipantsOption = None,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="mean: (L - R) / ((L + R) / 2); sum: (L - R) / (L + R).")
    ] = "mean",
    source: SourceOption = None,
    measure: MeasureOption = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutputOption = None,
) -> None:
    """Give the asymmetry of every paired measure: positive where the left is larger.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    ready(output, [*roots, participants, subjects])
    table = model_table(
        roots, participants=participants, subjects=subjects, sources=source, measures=measure, stream=stream
    )
    with in_our_words(table):
        found = fs.asymmetry(table, method=method)  # type: ignore[arg-type] # checked there
    deliver_table(found, output)
