"""``fsstats find``: what there is, without opening it."""

import sys

import typer

from fsstats_cli.options import KindsOption, OutOption, Roots, SourceOption, SubjectsOption, read_subjects
from fsstats_cli.output import print_table, say

_UNREAD = ["subject_in_file", "definitions", "n_values"]
_LONG = ["path", "directory"]
"""Columns that make a line too wide for a terminal; a pipe or file gets them."""

EXAMPLES = """
[bold]Examples[/bold]

  fsstats find $SUBJECTS_DIR

  fsstats find derivatives --source aseg -o files.csv
"""


def find(
    roots: Roots,
    source: SourceOption = None,
    subjects: SubjectsOption = None,
    output: OutOption = None,
    kinds: KindsOption = None,  # noqa: ARG001 - its callback registers them
) -> None:
    """List the stats files of a study, and those that ought to be there."""
    import fsstats as fs
    from fsstats.tables import count_subjects

    files = fs.find_stats(roots, subjects=read_subjects(subjects), sources=source)
    if output is None:
        print_table(files.drop(columns=_UNREAD + (_LONG if sys.stdout.isatty() else [])))
    else:
        fs.write_table(files, output)
    counts = ", ".join(f"{n} {status}" for status, n in files["status"].value_counts().items())
    subjects_found = count_subjects(files[files["path"].notna()])
    say(f"{subjects_found}; files: {counts}" + (f"; listed in {output}" if output else ""))
    if not (files["status"] == "found").any():
        raise typer.Exit(1)
