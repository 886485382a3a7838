"""``fsstats check``: read everything, keep nothing, list what is wrong."""

import typer

from fsstats_cli.options import KindsOption, OutOption, Roots, SourceOption, StrictOption, SubjectsOption, read_subjects
from fsstats_cli.output import is_fault, number, print_problems, progress_bar, say

EXAMPLES = """
[bold]Examples[/bold]

  fsstats check $SUBJECTS_DIR

  fsstats check derivatives/freesurfer --strict -o problems.tsv
"""


def check(
    roots: Roots,
    source: SourceOption = None,
    subjects: SubjectsOption = None,
    output: OutOption = None,
    strict: StrictOption = False,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """Read every file of a study and list what is wrong."""
    import fsstats as fs

    with progress_bar("checking") as progress:
        cohort = fs.load_cohort(roots, subjects=read_subjects(subjects), sources=source, progress=progress)
    found = fs.problems(cohort.files)
    if output is None:
        print_problems(found)
    else:
        fs.write_table(found, output)
    read = int((cohort.files["n_values"] > 0).sum())
    counts = f"{number(read, 'file')} read, {number(len(cohort.table), 'value')}"
    say(f"{counts}; {number(len(found), 'problem')}" + (f", listed in {output}" if output else ""))
    if not read or (strict and is_fault(found)):
        raise typer.Exit(1)
