"""``fsstats harmonise``: site effects taken out."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.models import AllowOption, deliver_table, model_of_kind, model_table
from fsstats_cli.options import (
    MeasureOption,
    OutOption,
    ParticipantsOption,
    Roots,
    SourceOption,
    StreamOption,
    SubjectsOption,
)
from fsstats_cli.output import said_warnings, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats harmonise cohort.parquet --keep "age + sex" -s aparc -o harm.parquet

  fsstats harmonise cohort.parquet --site scanner --save-model m.json -o h.csv

  fsstats harmonise new.parquet --model m.json -o new.csv
"""


def harmonise(
    roots: Roots,
    participants: ParticipantsOption = None,
    site: Annotated[str, typer.Option(metavar="COLUMN", help="The column that names site or scanner.")] = "site",
    keep: Annotated[str, typer.Option(metavar="TERMS", help='What is to stay: "age + sex + group".')] = "",
    method: Annotated[str, typer.Option(metavar="NAME", help="combat, covbat or longcombat.")] = "combat",
    empirical_bayes: Annotated[
        bool,
        typer.Option("--empirical-bayes/--no-empirical-bayes", help="Let regions of a measure share what sites do."),
    ] = True,
    mean_only: Annotated[bool, typer.Option("--mean-only", help="Means only, no variances.")] = False,
    reference_site: Annotated[str | None, typer.Option(metavar="SITE", help="Bring all others to this one.")] = None,
    save_model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep what was fitted, as JSON.", dir_okay=False)
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Apply what was fitted before.", exists=True, dir_okay=False),
    ] = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    allow: AllowOption = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutOption = None,
) -> None:
    """Take effects of site or scanner out of the values (ComBat and its relatives), keeping what is named.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    table = model_table(
        roots, participants=participants, subjects=subjects, sources=source, measures=measure, stream=stream
    )
    fitted = None if model is None else model_of_kind(model, fs.Harmonisation)
    with said_warnings():
        if fitted is None:
            fitted = fs.fit_harmonisation(
                table,
                site=site,
                keep=keep,
                method=method,  # type: ignore[arg-type] # checked there
                empirical_bayes=empirical_bayes,
                mean_only=mean_only,
                reference_site=reference_site,
                allow=allow or (),
            )
        harmonised = fs.apply_harmonisation(table, fitted)
    if save_model is not None:
        fs.write_model(fitted, save_model)
        say(f"what was fitted -> {save_model}")
    deliver_table(harmonised, output, [*roots, participants, subjects, model])
