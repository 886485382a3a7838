"""``fsstats compare``: groups compared in every region."""

from typing import Annotated

import typer

from fsstats_cli.models import (
    AllowOption,
    ConfidenceOption,
    CorrectOption,
    OutputOption,
    RegionOption,
    ShowOption,
    deliver,
    in_our_words,
    model_table,
    names_in,
    only,
    ready,
    terms_in,
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

  fsstats compare all.parquet -s aseg -m volume -b dx -c age --correct holm

  fsstats compare all.parquet -s aparc -m area -b dx --show insula

  fsstats compare $SUBJECTS_DIR -p people.tsv -s aseg -b dx --adjust tukey
"""


def compare(
    roots: Roots,
    between: Annotated[
        str,
        typer.Option("--between", "-b", metavar="COLUMN", help="The column that names the groups.", show_default=False),
    ],
    participants: ParticipantsOption = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(
            "--covariate",
            "-c",
            metavar="NAME",
            help="Adjust for it: a column, a header Measure (eTIV), any value (aseg_Left-Hippocampus_volume), "
            "a term (bs(age)). May be repeated.",
        ),
    ] = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    region: RegionOption = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="GROUP", help="The reference group; of a column of numbers, which are then groups."),
    ] = None,
    pairs: Annotated[str, typer.Option(metavar="WHICH", help="Of more than two groups: all, or reference.")] = "all",
    adjust: Annotated[
        str | None, typer.Option(metavar="METHOD", help="Adjust for the pairs of each region: tukey.")
    ] = None,
    equal_variance: Annotated[
        bool, typer.Option("--equal-variance", help="Student's t test in place of Welch's.")
    ] = False,
    std_errors: Annotated[
        str, typer.Option(metavar="KIND", help="With covariates: classical, or HC0 to HC4.")
    ] = "classical",
    effect: Annotated[str, typer.Option(metavar="NAME", help="hedges_g or cohens_d.")] = "hedges_g",
    correct: CorrectOption = None,
    show: ShowOption = None,
    allow: AllowOption = None,
    confidence: ConfidenceOption = 0.95,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutputOption = None,
) -> None:
    """Compare groups in every region, with Welch's test or adjusted for covariates.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    if adjust is not None and correct is not None:
        message = "p-values are either adjusted for the pairs of a region or corrected over regions, not both."
        raise typer.BadParameter(message, param_hint="--adjust")
    if equal_variance and covariate:
        message = "of no use with covariates: one variance is taken for granted there (but see --std-errors)."
        raise typer.BadParameter(message, param_hint="--equal-variance")
    ready(output, [*roots, participants, subjects], correct=correct)
    table = model_table(
        roots,
        participants=participants,
        subjects=subjects,
        sources=source,
        measures=measure,
        stream=stream,
        variables=names_in(covariate),
    )
    with in_our_words(table):
        results = fs.compare(
            table,
            between,
            covariates=terms_in(covariate, table),
            pairs=pairs,  # type: ignore[arg-type] # checked there
            adjust=adjust,  # type: ignore[arg-type] # checked there
            equal_variance=equal_variance,
            std_errors=std_errors,  # type: ignore[arg-type] # checked there
            effect=effect,  # type: ignore[arg-type] # checked there
            reference=reference,
            allow=allow or (),
            conf_level=confidence,
        )
    deliver(only(results, sources=source, measures=measure, regions=region), output, correct=correct, show=show)
