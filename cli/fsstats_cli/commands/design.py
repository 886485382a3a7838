"""``fsstats design``: a qdec table or a group descriptor file."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.cohort import cohort_of
from fsstats_cli.options import Roots, SubjectsOption, read_subjects
from fsstats_cli.output import number, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats design $SUBJECTS_DIR -p people.tsv -f sex -v age -v eTIV -o age.fsgd

  fsstats design cohort.parquet -p people.tsv -v age --longitudinal -o qdec.dat
"""


def design(
    roots: Roots,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The file; .fsgd, or else a qdec table.", show_default=False
        ),
    ],
    participants: Annotated[
        Path,
        typer.Option(
            "--participants", "-p", metavar="FILE", help="What is known of the people.", exists=True, dir_okay=False
        ),
    ],
    variable: Annotated[
        list[str] | None,
        typer.Option(
            "--variable", "-v", metavar="NAME", help="A column with numbers, or a measure (eTIV). May be repeated."
        ),
    ] = None,
    factor: Annotated[
        list[str] | None, typer.Option("--factor", "-f", metavar="NAME", help="A column with levels. May be repeated.")
    ] = None,
    longitudinal: Annotated[
        bool, typer.Option("--longitudinal", help="With fsid-base, for FreeSurfer's longitudinal programs.")
    ] = False,
    subjects: SubjectsOption = None,
) -> None:
    """Write who is in a model and with what, so that mri_glmfit or long_mris_slopes can go on.

    A variable is a column of the participants' table, a header Measure of aseg (eTIV), or a value by its name in a wide
    table (aseg_Left-Hippocampus_volume). ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    cohort = cohort_of(roots, subjects=read_subjects(subjects))
    people = fs.people_of(cohort, fs.read_table(participants), variable or [], longitudinal=longitudinal)
    if output.suffix == ".fsgd":
        if longitudinal:
            message = "a group descriptor file has no column for the base; write a qdec table."
            raise typer.BadParameter(message, param_hint="--longitudinal")
        fs.write_fsgd(people, output, variables=variable or [], factors=factor or [], title=output.stem)
    else:
        fs.write_qdec(people, output, variables=variable or [], factors=factor or [], longitudinal=longitudinal)
    say(f"{number(len(people), 'run')} -> {output}")
