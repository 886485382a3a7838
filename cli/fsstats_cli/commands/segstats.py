"""``fsstats segstats``: volumes of the labels of an image, and other images within them."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.options import OutOption, a_file
from fsstats_cli.output import print_table, said_warnings

EXAMPLES = """
[bold]Examples[/bold]

  fsstats segstats sub-01_all_fast_firstseg.nii.gz

  fsstats segstats JHU.nii.gz --map FA=fa.nii.gz --lut JHU.xml -o fa.csv
"""


def segstats(
    labels: Annotated[Path, typer.Argument(metavar="LABELS", callback=a_file, show_default=False)],
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=FILE", help="Summarise this image in every label. May be repeated."),
    ] = None,
    lut: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The labels' names: a colour table, dseg.tsv or FSL atlas.", callback=a_file),
    ] = None,
    subject: Annotated[str | None, typer.Option(metavar="NAME", help="What to enter as subject.")] = None,
    session: Annotated[str | None, typer.Option(metavar="NAME", help="What to enter as session.")] = None,
    source: Annotated[str, typer.Option(metavar="NAME", help="What to enter as source.")] = "segstats",
    units: Annotated[str, typer.Option(metavar="UNIT", help="Unit of the maps' values.")] = "unknown",
    frame: Annotated[int | None, typer.Option(min=0, help="Which volume of images with several.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Give labels without a voxel a row too.")] = False,
    output: OutOption = None,
) -> None:
    """Count the voxels of every label of an image, and summarise other images within them."""
    import fsstats as fs

    named = dict(_parted(one) for one in maps) if maps else None
    with said_warnings():
        table = fs.segstats(
            labels,
            named,
            lut=lut,
            subject=subject,
            session=session,
            source=source,
            units=units,
            frame=frame,
            empty=empty,
        )
    if output is None:
        print_table(table)
    else:
        fs.write_table(table, output)


def _parted(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        message = f"expected NAME=FILE, found {text!r}"
        raise typer.BadParameter(message, param_hint="--map")
    return name, path
