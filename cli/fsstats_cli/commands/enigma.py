"""``fsstats enigma``: the three tables of ENIGMA's protocol."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.cohort import cohort_of, end_if_strict
from fsstats_cli.options import Roots, StreamOption, StrictOption, SubjectsOption, read_subjects
from fsstats_cli.output import number, said_warnings, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats enigma $SUBJECTS_DIR -o enigma

  fsstats enigma first_outputs/ $SUBJECTS_DIR --subcortical first -o enigma
"""


def enigma(
    roots: Roots,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to.", show_default=False)],
    subcortical: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Where volumes are from: aseg, aseg+DKT or first.")
    ] = None,
    cortical: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Where the cortex is from: aparc or aparc.DKTatlas.mapped.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version/--no-version", help="With the column Freesurfer_Version, or without.")
    ] = True,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
    strict: StrictOption = False,
) -> None:
    """Write LandRvolumes.csv and CorticalMeasuresENIGMA_ThickAvg.csv and _SurfAvg.csv.

    ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    cohort = cohort_of(roots, subjects=read_subjects(subjects), stream=stream)
    with said_warnings():
        made = fs.write_enigma(cohort, output, subcortical=subcortical, cortical=cortical, version=version)
    rows = len(next(iter(made.values())))
    say(f"{', '.join(made)} of {number(rows, 'run')} -> {output}")
    end_if_strict(cohort, strict=strict)
