"""``fsstats correct``: p-values corrected for the number of tests."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.models import deliver, read_results
from fsstats_cli.options import OutOption
from fsstats_cli.output import said_warnings

EXAMPLES = """
[bold]Examples[/bold]

  fsstats correct results.csv -o corrected.csv

  fsstats correct results.parquet --method holm --within measure --within term
"""


def correct(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="A results table (.parquet, .csv, .tsv).",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ],
    method: Annotated[
        str, typer.Option(metavar="NAME", help="bonferroni, holm, hochberg, hommel, fdr_bh or fdr_by.")
    ] = "fdr_bh",
    within: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Rows that are alike in these are one family. May be repeated."),
    ] = None,
    output: OutOption = None,
) -> None:
    """Correct p-values for the number of tests, family by family."""
    import fsstats as fs

    with said_warnings():
        corrected = fs.correct(
            read_results(results),
            method,  # type: ignore[arg-type] # checked there
            **({} if within is None else {"within": within}),  # type: ignore[arg-type] # its own default
        )
    deliver(corrected, output, [results])
