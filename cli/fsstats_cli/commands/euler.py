"""``fsstats euler``: surface defects and Euler numbers of every run."""

import typer

from fsstats_cli.options import OutOption, Roots, SubjectsOption, read_subjects
from fsstats_cli.output import number, print_table, progress_bar, said_warnings, say, say_problems

EXAMPLES = """
[bold]Examples[/bold]

  fsstats euler $SUBJECTS_DIR

  fsstats euler derivatives/freesurfer -o euler.tsv
"""


def euler(roots: Roots, subjects: SubjectsOption = None, output: OutOption = None) -> None:
    """List surface holes and Euler numbers of every run; a longitudinal run has those of its cross-sectional one."""
    import fsstats as fs

    with progress_bar("reading") as progress:
        cohort = fs.load_cohort(roots, subjects=read_subjects(subjects), sources=["aseg"], progress=progress)
    with said_warnings():
        table = fs.euler(cohort.table)
    if output is None:
        print_table(table)
    else:
        fs.write_table(table, output)
    say_problems(fs.problems(cohort.files))
    runs = cohort.files.loc[cohort.files["directory"].notna(), ["subject", "session", "stream"]].drop_duplicates()
    say(f"{int(table['holes'].notna().sum())} of {number(len(runs), 'run')}")
    if not table["holes"].notna().any():
        raise typer.Exit(1)
