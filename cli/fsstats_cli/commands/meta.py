"""``fsstats meta``: results of several sites, pooled."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.models import ConfidenceOption, CorrectOption, OutputOption, deliver, read_results, ready
from fsstats_cli.options import a_file
from fsstats_cli.output import said_warnings

EXAMPLES = """
[bold]Examples[/bold]

  fsstats meta oslo.csv kyoto.csv lima.csv -o pooled.csv

  fsstats meta sites.csv --site site --method DL --test z
"""


def meta(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULTS",
            help="Results tables, one a site (its name is the site's); or one of all sites, with --site.",
            callback=lambda paths: [a_file(path) for path in paths],
            show_default=False,
        ),
    ],
    site: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that names the sites, of one table.")
    ] = None,
    value: Annotated[
        str, typer.Option(metavar="COLUMN", help="What is pooled: effect_size or estimate.")
    ] = "effect_size",
    method: Annotated[
        str, typer.Option(metavar="NAME", help="Of the variance between sites: REML, DL, ML, PM, EE.")
    ] = "REML",
    test: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="knha (Knapp and Hartung), adhoc (the same, never bolder than z) or z. "
            "If not given: knha; with --method EE, z.",
        ),
    ] = None,
    minimum: Annotated[int, typer.Option(metavar="N", help="Leave out sites with fewer rows in a group.")] = 0,
    leave_one_out: Annotated[bool, typer.Option("--leave-one-out", help="Pool all sites but one, in turn.")] = False,
    correct: CorrectOption = None,
    confidence: ConfidenceOption = 0.95,
    output: OutputOption = None,
) -> None:
    """Pool the results of several sites, region by region and term by term."""
    import fsstats as fs

    if (site is None) == (len(results) == 1):
        message = "give either several tables, one a site, or one table and --site."
        raise typer.BadParameter(message, param_hint="RESULTS")
    ready(output, results, correct=correct)
    tables = {path.stem: read_results(path, ["region", "measure", "term"]) for path in results}
    if len(tables) < len(results):
        message = "two tables have the same name, which is the site's; rename one."
        raise typer.BadParameter(message, param_hint="RESULTS")
    pool = fs.leave_one_out if leave_one_out else fs.meta
    with said_warnings():
        pooled = pool(
            tables if site is None else next(iter(tables.values())),
            site=site or "site",
            value=value,  # type: ignore[arg-type] # checked there
            method=method,  # type: ignore[arg-type] # checked there
            test=test,  # type: ignore[arg-type] # checked there
            minimum=minimum,
            conf_level=confidence,
        )
    deliver(pooled, output, correct=correct)
