"""What several commands read alike: a study, or a table that was merged before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fsstats_cli.output import progress_bar, say_problems

if TYPE_CHECKING:
    import fsstats as fs


def cohort_of(
    roots: Sequence[str],
    *,
    subjects: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
) -> "fs.Cohort":
    """Read a study, or a merged table if that is what is named; say what is wrong with its files."""
    import fsstats as fs
    from fsstats.io.cohorts import is_merged, read_cohort

    if len(roots) == 1 and is_merged(roots[0]):
        return read_cohort(roots[0], subjects=subjects, sources=sources, measures=measures, details=True)
    with progress_bar("reading") as progress:
        cohort = fs.load_cohort(
            roots, subjects=subjects, sources=sources, measures=measures, details=True, progress=progress
        )
    say_problems(fs.problems(cohort.files))
    return cohort
