"""``fsstats snapshots``: outlines of every segmentation over its image, on a page to rate them by."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.options import Roots, StreamOption, StrictOption, SubjectsOption, a_file, read_subjects
from fsstats_cli.output import number, progress_bar, said_warnings, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats snapshots $SUBJECTS_DIR -o qc --jobs 4

  fsstats snapshots $SUBJECTS_DIR -o qc-wm --labels wmparc.mgz --image T1.mgz

  fsstats snapshots first/ -o qc-first

  fsstats snapshots pairs.tsv -o qc-own --lut my.lut.txt
"""


class Plane(StrEnum):
    """A plane that slices are cut in."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


class Fit(StrEnum):
    """What a picture shows."""

    IMAGE = "image"
    LABELS = "labels"


def snapshots(
    roots: Roots,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to.", show_default=False, file_okay=False)
    ],
    subjects: SubjectsOption = None,
    stream: StreamOption = None,
    image: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The image in mri (T1.mgz); or FIRST's, also as a pattern ('*_t1.nii.gz')."),
    ] = None,
    labels: Annotated[
        str | None, typer.Option(metavar="NAME", help="The segmentation in mri (wmparc.mgz, aseg.mgz ...).")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="NAME", help="Outline only this one, by name or label. May be repeated."),
    ] = None,
    plane: Annotated[list[Plane] | None, typer.Option("--plane", help="Only this plane. May be repeated.")] = None,
    slices: Annotated[int, typer.Option(min=1, metavar="N", help="Slices of a picture.")] = 7,
    fit: Annotated[
        Fit | None, typer.Option(help="Show the whole image, or only where labels are.", show_default=False)
    ] = None,
    neurological: Annotated[
        bool, typer.Option("--neurological", help="The subject's right at the right; without it at the left.")
    ] = False,
    scale: Annotated[
        float | None, typer.Option(min=0.1, max=20, metavar="PIXELS", help="Pixels a millimetre.", show_default=False)
    ] = None,
    plain: Annotated[bool, typer.Option("--plain/--no-plain", help="Draw without outlines too.")] = True,
    lut: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Names and colours of labels: FreeSurferColorLUT.txt.", callback=a_file),
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the page.")] = "Snapshots",
    again: Annotated[bool, typer.Option("--again", help="Draw all again, also what has not changed.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, metavar="N", help="Processes that draw; 0 for one a processor.")
    ] = 1,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Draw on the workers of the Dask cluster at this address.")
    ] = None,
    strict: StrictOption = False,
) -> None:
    """Draw the outlines of every segmentation over its image, and make a page to rate them by.

    Given again, it draws only what is new or changed. ROOT may also be a table with the columns subject, image, labels.
    """
    import fsstats as fs

    if dask is not None and jobs != 1:
        message = "the workers of the cluster draw, and no processes of our own."
        raise typer.BadParameter(message, param_hint="--jobs")
    with said_warnings(), progress_bar("drawing") as progress:
        table = fs.snapshots(
            roots,
            output,
            subjects=read_subjects(subjects),
            stream=None if stream is None else stream.value,
            image=image,
            labels=labels,
            regions=region,
            planes=[one.value for one in plane or Plane],
            slices=slices,
            fit=None if fit is None else fit.value,
            convention="neurological" if neurological else "radiological",
            scale=scale,
            plain=plain,
            lut=lut,
            title=title,
            again=again,
            jobs=jobs,
            dask=dask,
            progress=progress,
        )
    failed = table[table["problem"].notna()]
    for subject, problem in zip(failed["subject"], failed["problem"], strict=True):
        say(f"{subject}: {problem}")
    n_drawn = len(table) - len(failed)
    say(f"{number(n_drawn, 'run')} drawn, {len(failed)} with a problem; open {output / 'index.html'} in a browser")
    if not n_drawn or (strict and len(failed)):
        raise typer.Exit(1)
