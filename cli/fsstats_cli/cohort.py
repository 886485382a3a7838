"""What several commands read alike: a study, or a table that was merged before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fsstats_cli.options import Stream
from fsstats_cli.output import is_fault, progress_bar, say_problems

if TYPE_CHECKING:
    import fsstats as fs


def cohort_of(
    roots: Sequence[str],
    *,
    subjects: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
    stream: Stream | None = None,
) -> "fs.Cohort":
    """Read a study, or a merged table if that is what is named; say what is wrong with its files."""
    import fsstats as fs
    from fsstats.io.cohorts import is_merged, read_cohort

    if len(roots) == 1 and is_merged(roots[0]):
        cohort = read_cohort(roots[0], subjects=subjects, sources=sources, measures=measures, details=True)
    else:
        with progress_bar("reading") as progress:
            cohort = fs.load_cohort(
                roots, subjects=subjects, sources=sources, measures=measures, details=True, progress=progress
            )
        say_problems(fs.problems(cohort.files))
    return cohort if stream is None else _of_stream(cohort, stream)


def _of_stream(cohort: "fs.Cohort", stream: Stream) -> "fs.Cohort":
    table, files = (one[one["stream"] == stream.value].reset_index(drop=True) for one in (cohort.table, cohort.files))
    return replace(cohort, table=table, files=files)


def require_other(output: Path, *inputs: object) -> None:
    """Refuse an output that is one of the inputs, which would be overwritten."""
    import fsstats as fs

    same = next((one for one in inputs if one is not None and Path(str(one)).resolve() == output.resolve()), None)
    if same is not None:
        message = f"{output} is what is read, and would be overwritten; name another output"
        raise fs.TableError(message)


def end_if_strict(cohort: "fs.Cohort", *, strict: bool) -> None:
    """End with status 1 if that was asked for and any file is at fault."""
    import fsstats as fs

    if strict and is_fault(fs.problems(cohort.files)):
        raise typer.Exit(1)
