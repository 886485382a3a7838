"""``fsstats show``: one file, readable."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.options import KindsOption, a_file
from fsstats_cli.output import print_table, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats show bert/stats/lh.aparc.stats

  fsstats show bert/stats/aseg.stats | cut -f5

  fsstats show zip://FreeSurfer/stats/aseg.stats::1000011_20263_2_0.zip
"""


def _is_there(path: str) -> str:
    return path if "://" in path else str(a_file(Path(path)))


def show(
    path: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A stats file; or its address in an archive (zip://) or on a server (s3://, https://).",
            callback=_is_there,
            show_default=False,
        ),
    ],
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Print one stats file: header, Measures and table."""
    import fsstats as fs
    from fsstats.parsers import definitions
    from fsstats.schema import global_measures

    stats = fs.read_stats(path, strict=False)
    facts = {
        "source": " ".join(filter(None, [stats.hemi, stats.source])),
        "subject": stats.subject,
        "written by": " ".join(filter(None, [stats.tool, stats.version, stats.header.get("generating_program")])),
        "created": stats.header.get("CreationTime") or stats.header.get("SegVolFileTimeStamp"),
        "meaning": ", ".join(f"{measure} is {meaning}" for measure, meaning in definitions(stats).items()),
    }
    for name, value in facts.items():
        if value:
            say(f"{name:>10}: {value}")
    for line in stats.measure_lines if stats.names else ():
        known = global_measures().get(line.field)
        text = line.description or (known.description if known else "")
        say(f"{line.field:>32}: {line.value:,.12g} {line.unit}" + (f"  ({text})" if text else ""))
    print_table(stats.rows if stats.names else stats.measures)
    for remark in stats.remarks:
        say(f"{'problem' if remark.loss else 'note'}: {remark.at(path)}")
    if not stats.is_whole:
        raise typer.Exit(1)
