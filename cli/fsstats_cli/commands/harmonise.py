"""``fsstats harmonise``: site effects taken out."""

from typing import Annotated, Final

import typer

from fsstats_cli.models import (
    AllowOption,
    ModelOption,
    OutputOption,
    SaveModelOption,
    asked_for,
    deliver_table,
    in_our_words,
    model_of_kind,
    model_table,
    ready,
    refuse_given,
    save,
    without,
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

  fsstats harmonise cohort.parquet --keep "age + sex" -s aparc -o harm.csv

  fsstats harmonise cohort.parquet --site scanner --save-model m.json

  fsstats harmonise new.parquet --model m.json -o new.csv
"""

_FITTING: Final = ("site", "keep", "method", "no_empirical_bayes", "within", "mean_only", "reference_site", "allow")


def harmonise(
    ctx: typer.Context,
    roots: Roots,
    participants: ParticipantsOption = None,
    site: Annotated[str, typer.Option(metavar="COLUMN", help="The column that names site or scanner.")] = "site",
    keep: Annotated[str, typer.Option(metavar="TERMS", help='What is to stay: "age + sex + group".')] = "",
    method: Annotated[str, typer.Option(metavar="NAME", help="combat, covbat or longcombat.")] = "combat",
    no_empirical_bayes: Annotated[
        bool,
        typer.Option("--no-empirical-bayes", help="Each region for itself: they do not share what sites do."),
    ] = False,
    within: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Regions that are alike in these share what sites do: measure (if not given), source, hemi. "
            "May be repeated.",
        ),
    ] = None,
    mean_only: Annotated[bool, typer.Option("--mean-only", help="Means only, no variances.")] = False,
    reference_site: Annotated[str | None, typer.Option(metavar="SITE", help="Bring all others to this one.")] = None,
    save_model: SaveModelOption = None,
    model: ModelOption = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="REGION",
            help="Leave it out, of the result too: a region that is constant at a site. May be repeated.",
        ),
    ] = None,
    allow: AllowOption = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutputOption = None,
) -> None:
    """Take effects of site or scanner out of the values (ComBat and its relatives), keeping what is named.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs
    from fsstats.stats import variables_of

    refuse_given(ctx, _FITTING if model else (), "with --model, which holds what was fitted")
    ready(output, [*roots, participants, subjects, model], save_model=save_model)
    fitted = None if model is None else model_of_kind(model, fs.Harmonisation)
    kept = keep if fitted is None else fitted.coding.formula if fitted.coding else ""
    whole = model_table(
        roots,
        participants=participants,
        subjects=subjects,
        sources=source,
        measures=measure,
        stream=stream,
        variables=variables_of(kept) if kept.strip() else [],
    )
    table = without(whole, leave_out)
    with in_our_words(table):
        if fitted is None:
            fitted = fs.fit_harmonisation(
                table,
                site=site,
                keep=keep,
                method=method,  # type: ignore[arg-type] # checked there
                empirical_bayes=not no_empirical_bayes,
                within=within or ["measure"],
                mean_only=mean_only,
                reference_site=reference_site,
                allow=allow or (),
            )
        harmonised = fs.apply_harmonisation(table, fitted)
    save(fitted, save_model)
    deliver_table(harmonised[asked_for(table, source, measure).to_numpy()], output)
