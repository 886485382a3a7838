"""``fsstats adjust``: volumes and areas adjusted for head size."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.models import AllowOption, ReferenceOption, deliver_table, levels_of, model_of_kind, model_table
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

  fsstats adjust cohort.parquet -s aseg -o adjusted.parquet

  fsstats adjust cohort.parquet --method power --save-model size.json -o adj.csv

  fsstats adjust new.parquet --model size.json -o new-adjusted.csv
"""


def adjust(
    roots: Roots,
    participants: ParticipantsOption = None,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="residual, proportion, power, covariate or sienax.")
    ] = "residual",
    icv: Annotated[
        str | None, typer.Option(metavar="NAME", help="The head size: eTIV, sTIV, a column of the participants.")
    ] = None,
    reference: ReferenceOption = None,
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
    """Adjust volumes and areas for head size; other measures stay as they are.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    fitted = None if model is None else model_of_kind(model, fs.HeadSize)
    wanted = fitted.icv if fitted else icv or ("VSCALING" if method == "sienax" else "eTIV")
    table = model_table(
        roots,
        participants=participants,
        subjects=subjects,
        sources=source,
        measures=measure,
        stream=stream,
        variables=[wanted],
    )
    with said_warnings():
        if fitted is None:
            fitted = fs.fit_head_size(
                table,
                icv=icv,
                method=method,  # type: ignore[arg-type] # checked there
                reference=levels_of(reference),
                by=by,
                nuisance=nuisance,
                exponent=exponent,
                keep_unit=keep_unit,
                minimum=minimum,
                force=force or (),
                allow=allow or (),
            )
        adjusted = fs.apply_head_size(table, fitted, allow=allow or ())
    if save_model is not None:
        fs.write_model(fitted, save_model)
        say(f"what was fitted -> {save_model}")
    deliver_table(adjusted, output, [*roots, participants, subjects, model])
