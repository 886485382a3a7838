"""``fsstats design``: a qdec table or a group descriptor file."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.cohort import cohort_of, end_if_strict, require_other
from fsstats_cli.options import ParticipantsOption, Roots, StrictOption, SubjectsOption, read_subjects
from fsstats_cli.output import number, said_warnings, say

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
    participants: ParticipantsOption = None,
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
    strict: StrictOption = False,
) -> None:
    """Write who is in a model and with what, so that mri_glmfit or long_mris_slopes can go on.

    A variable is a column of the participants' table, a header Measure of aseg (eTIV), or a value by its name in a wide
    table (aseg_Left-Hippocampus_volume). Without --participants the merged table's own further columns are taken. A
    qdec table gets a file NAME.levels beside it for each factor. ROOT may also be one table that fsstats merge wrote.
    """
    import fsstats as fs

    variables, factors = variable or [], factor or []
    if output.suffix == ".fsgd" and longitudinal:
        message = "a group descriptor file has no column for the base; write a qdec table."
        raise typer.BadParameter(message, param_hint="--longitudinal")
    require_other(output, participants, subjects, *roots)
    people = None if participants is None else fs.read_table(participants)
    cohort = cohort_of(roots, subjects=read_subjects(subjects))
    with said_warnings():
        runs = fs.people_of(cohort, people, variables, longitudinal=longitudinal)
    if output.suffix == ".fsgd":
        fs.write_fsgd(runs, output, variables=variables, factors=factors, title=output.stem)
    else:
        fs.write_qdec(runs, output, variables=variables, factors=factors, longitudinal=longitudinal)
    say(f"{number(len(runs), 'run')} -> {output}")
    end_if_strict(cohort, strict=strict)
