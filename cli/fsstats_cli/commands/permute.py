"""``fsstats permute``: a term of a linear model, tested by permutations."""

from typing import Annotated

import typer

from fsstats_cli.models import (
    AllowOption,
    FormulaOption,
    OutputOption,
    ReferenceOption,
    RegionOption,
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

  fsstats permute cohort.parquet -f "value ~ group + age" -t group --seed 1

  fsstats permute cohort.parquet -f "~ group" -t group --blocks site --seed 1
"""


def permute(
    roots: Roots,
    formula: FormulaOption,
    term: Annotated[
        str, typer.Option("--term", "-t", metavar="TERM", help="The term that is tested.", show_default=False)
    ],
    seed: Annotated[int, typer.Option(help="The same seed gives the same p-values.", show_default=False)],
    participants: ParticipantsOption = None,
    permutations: Annotated[int, typer.Option("--permutations", "-n", min=1, help="How many.")] = 10_000,
    blocks: Annotated[str | None, typer.Option(metavar="COLUMN", help="Permute within its values only (site).")] = None,
    whole_blocks: Annotated[bool, typer.Option("--whole-blocks", help="Permute blocks as wholes (family).")] = False,
    scheme: Annotated[str, typer.Option(metavar="NAME", help="permute, flip (signs) or both.")] = "permute",
    tail: Annotated[
        str, typer.Option(metavar="NAME", help="What speaks for an effect: two-sided, greater or less.")
    ] = "two-sided",
    within: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Regions that are alike in these are one family: measure (if not given), source. May be repeated.",
        ),
    ] = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    region: RegionOption = None,
    reference: ReferenceOption = None,
    allow: AllowOption = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutputOption = None,
) -> None:
    """Test a term by permutations, with p-values corrected over regions by the largest statistic.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs
    from fsstats.stats import variables_of

    levels = levels_of(reference)
    ready(output, [*roots, participants, subjects])
    table = model_table(
        roots,
        participants=participants,
        subjects=subjects,
        sources=source,
        measures=measure,
        stream=stream,
        variables=variables_of(formula),
        regions=region,
    )
    with in_our_words(table):
        results = fs.permute(
            table,
            formula,
            term=term,
            seed=seed,
            n_permutations=permutations,
            scheme=scheme,  # type: ignore[arg-type] # checked there
            blocks=blocks,
            whole_blocks=whole_blocks,
            within=within or ["measure"],
            tail=tail,  # type: ignore[arg-type] # checked there
            reference=levels,
            allow=allow or (),
        )
    deliver(only(results, sources=source, measures=measure, regions=region), output)
