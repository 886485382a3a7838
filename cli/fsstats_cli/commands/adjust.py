"""``fsstats adjust``: volumes and areas adjusted for head size."""

from typing import Annotated, Final

import typer

from fsstats_cli.models import (
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
    several_levels_of,
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

  fsstats adjust cohort.parquet -s aseg -o adjusted.parquet

  fsstats adjust cohort.parquet --method power --save-model size.json

  fsstats adjust new.parquet --model size.json -o new-adjusted.csv
"""

_FITTING: Final = ("method", "icv", "reference", "by", "nuisance", "exponent", "minimum", "force", "keep_unit")


def adjust(
    ctx: typer.Context,
    roots: Roots,
    participants: ParticipantsOption = None,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="residual, proportion, power, covariate or sienax.")
    ] = "residual",
    icv: Annotated[
        str | None, typer.Option(metavar="NAME", help="The head size: eTIV, sTIV, a column of the participants.")
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LEVEL",
            help="Fit to these people only: group=control. May be repeated: of one column any level, of several all.",
        ),
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="COLUMN", help="A slope for each of its values (site).")] = None,
    nuisance: Annotated[
        str, typer.Option(metavar="TERMS", help='Beside the head size, when its slope is fitted: "age + sex".')
    ] = "",
    exponent: Annotated[float | None, typer.Option(metavar="NUMBER", help="A fixed exponent for method power.")] = None,
    minimum: Annotated[
        int, typer.Option(metavar="N", help="With --by: a site with fewer reference subjects takes the common slope.")
    ] = 20,
    force: Annotated[
        list[str] | None,
        typer.Option(metavar="MEASURE", help="Adjust it although it does not go with head size. May be repeated."),
    ] = None,
    keep_unit: Annotated[
        bool, typer.Option("--keep-unit", help="Method proportion in mm^3: times the mean head size.")
    ] = False,
    save_model: SaveModelOption = None,
    model: ModelOption = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Mix it: streams, versions, definitions; or let a check pass: unit, estimators; or do without a "
            "warning: implausible, brain, zeros, nonlinear, few, missing, varies. May be repeated.",
        ),
    ] = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    output: OutputOption = None,
) -> None:
    """Adjust volumes and areas for head size; other measures stay as they are.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs
    from fsstats.stats import variables_of

    refuse_given(ctx, _FITTING if model else (), "with --model, which holds what was fitted")
    levels = several_levels_of(reference)
    ready(output, [*roots, participants, subjects, model], save_model=save_model)
    fitted = None if model is None else model_of_kind(model, fs.HeadSize)
    wanted = fitted.icv if fitted else icv or ("VSCALING" if method == "sienax" else "eTIV")
    table = model_table(
        roots,
        participants=participants,
        subjects=subjects,
        sources=source,
        measures=measure,
        stream=stream,
        variables=[wanted, *(variables_of(nuisance) if nuisance.strip() else [])],
    )
    with in_our_words(table):
        if fitted is None:
            fitted = fs.fit_head_size(
                table,
                icv=icv,
                method=method,  # type: ignore[arg-type] # checked there
                reference=levels,
                by=by,
                nuisance=nuisance,
                exponent=exponent,
                keep_unit=keep_unit,
                minimum=minimum,
                force=force or (),
                allow=allow or (),
            )
        adjusted = fs.apply_head_size(table, fitted, allow=allow or ())
    save(fitted, save_model)
    deliver_table(adjusted[asked_for(table, source, measure).to_numpy()], output)
