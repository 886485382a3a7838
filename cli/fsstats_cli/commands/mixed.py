"""``fsstats mixed``: a mixed model of every region, for sites, families and repeated sessions."""

from typing import Annotated

import typer

from fsstats_cli.models import (
    AllowOption,
    ConfidenceOption,
    CorrectOption,
    FormulaOption,
    OutputOption,
    ReferenceOption,
    RegionOption,
    TermOption,
    deliver,
    in_our_words,
    levels_of,
    model_table,
    only,
    ready,
)
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

  fsstats mixed long.parquet -p visits.tsv --stream long -s aseg -m volume -f "value ~ time * group"

  fsstats mixed cohort.parquet -f "value ~ group" -g site -o group.csv
"""


def mixed(
    roots: Roots,
    formula: FormulaOption,
    participants: ParticipantsOption = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            "-g",
            metavar="COLUMN",
            help="What has a random intercept: subject (default), site, family; twice if one lies within another.",
        ),
    ] = None,
    slope: Annotated[
        str | None, typer.Option("--slope", metavar="COLUMN", help="A random slope as well: time.")
    ] = None,
    term: TermOption = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    region: RegionOption = None,
    method: Annotated[str, typer.Option(metavar="NAME", help="REML or ML.")] = "REML",
    reference: ReferenceOption = None,
    correct: CorrectOption = None,
    allow: AllowOption = None,
    confidence: ConfidenceOption = 0.95,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutputOption = None,
) -> None:
    """Fit a mixed model to every region: random intercepts (and slopes) of subjects, sites or families.

    ROOT may also be one table that fsstats merge wrote.

    When a visit was stands in no stats file. Time is a column of your own, such
    as the years since a person's first visit, in a table of participants with
    a row a visit (participant_id, session_id). fsstats.sessions in Python makes
    it of dates or ages.
    """
    import fsstats as fs
    from fsstats.stats import variables_of

    levels = levels_of(reference)
    ready(output, [*roots, participants, subjects], correct=correct)
    table = model_table(
        roots,
        participants=participants,
        subjects=subjects,
        sources=source,
        measures=measure,
        stream=stream,
        variables=variables_of(formula),
    )
    with in_our_words(table):
        results = fs.mixed(
            table,
            formula,
            groups=group or "subject",
            slope=slope,
            terms=term,
            method=method,  # type: ignore[arg-type] # checked there
            reference=levels,
            allow=allow or (),
            conf_level=confidence,
        )
    deliver(only(results, sources=source, measures=measure, regions=region), output, correct=correct)
