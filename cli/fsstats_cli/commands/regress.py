"""``fsstats regress``: a linear model of every region."""

from typing import Annotated, Any

import typer

from fsstats_cli.models import (
    AllowOption,
    ConfidenceOption,
    CorrectOption,
    FormulaOption,
    OutputOption,
    ReferenceOption,
    RegionOption,
    ShowOption,
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

  fsstats regress all.parquet -s aseg -m volume -f "value ~ group" -o dx.csv

  fsstats regress all.parquet -s aparc -f "value ~ age" --std-errors HC3

  fsstats regress all.parquet -s aseg -f "value ~ group" --by site
"""


def regress(
    roots: Roots,
    formula: FormulaOption,
    participants: ParticipantsOption = None,
    term: TermOption = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    region: RegionOption = None,
    std_errors: Annotated[
        str, typer.Option(metavar="KIND", help="Standard errors: classical, or HC0 to HC4, for unequal variances.")
    ] = "classical",
    cluster: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Standard errors by clusters: family, subject.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="COLUMN", help="Weight of each row.")] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="One model for each of its values (site); for fsstats meta to pool."),
    ] = None,
    reference: ReferenceOption = None,
    correct: CorrectOption = None,
    show: ShowOption = None,
    allow: AllowOption = None,
    confidence: ConfidenceOption = 0.95,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutputOption = None,
) -> None:
    """Fit a linear model to every region and test its terms.

    ROOT may also be one table that fsstats merge wrote.
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
        variables=[*variables_of(formula), *([weights] if weights else [])],
    )
    options: dict[str, Any] = {
        "terms": term,
        "std_errors": std_errors,
        "cluster": cluster,
        "weights": weights,
        "reference": levels,
        "allow": allow or (),
        "conf_level": confidence,
    }
    with in_our_words(table):
        if by is None:
            results = fs.regress(table, formula, **options)
        else:
            results = fs.by_site(table, fs.regress, formula, site=by, **options)
    deliver(only(results, sources=source, measures=measure, regions=region), output, correct=correct, show=show)
