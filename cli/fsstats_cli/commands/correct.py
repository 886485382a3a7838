"""``fsstats correct``: p-values corrected for the number of tests."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsstats_cli.models import OutputOption, ShowOption, deliver, read_results, ready
from fsstats_cli.options import a_file
from fsstats_cli.output import said_warnings, say

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = """
[bold]Examples[/bold]

  fsstats correct results.csv -o corrected.csv

  fsstats correct results.csv --show Left-Hippocampus --show Right-Hippocampus

  fsstats correct results.parquet --method holm --within measure
"""


def correct(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="A results table (.parquet, .csv, .tsv).",
            callback=a_file,
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
    p_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The p-values: p_value (if not given), p_permutation or another column."),
    ] = None,
    show: ShowOption = None,
    output: OutputOption = None,
) -> None:
    """Correct p-values for the number of tests, family by family."""
    import fsstats as fs

    ready(output, [results], correct=method)
    column, families = p_column or "p_value", within or ["measure", "term"]
    table = read_results(results, [*families, column, *(["region"] if show else [])])
    _say_doubts(table, p_column)
    with said_warnings():
        corrected = fs.correct(
            table,
            method,  # type: ignore[arg-type] # one of them, as ready saw
            within=within,
            p_column=column,
        )
    deliver(corrected, output, show=show)


def _say_doubts(table: "pd.DataFrame", p_column: str | None) -> None:
    """Warn if other p-values may have been meant."""
    if p_column is None and "p_permutation" in table.columns:
        say("warning: p_value is corrected; there is p_permutation as well: --p-column p_permutation")
