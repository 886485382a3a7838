"""``fsstats report``: a whole cohort on one page."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsstats_cli.cohort import cohort_of, require_other
from fsstats_cli.models import (
    AllowOption,
    ConfidenceOption,
    FormulaOption,
    ReferenceOption,
    in_our_words,
    levels_of,
)
from fsstats_cli.options import (
    MeasureOption,
    ParticipantsOption,
    Roots,
    SourceOption,
    StreamOption,
    SubjectsOption,
    read_subjects,
)
from fsstats_cli.output import progress_bar, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import fsstats as fs
    from fsstats_cli.options import Stream

EXAMPLES = """
[bold]Examples[/bold]

  fsstats report cohort.parquet -f "value ~ group + age + sex" -o group.html

  fsstats report $SUBJECTS_DIR -p people.tsv -f "value ~ dx + age" --site scanner
"""


def report(
    roots: Roots,
    formula: FormulaOption,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Write the page to FILE (.html).", dir_okay=False)
    ] = Path("report.html"),
    participants: ParticipantsOption = None,
    term: Annotated[
        str | None,
        typer.Option(
            "--term",
            "-t",
            metavar="NAME",
            help="The variable that the report is about; by default the first that has levels.",
        ),
    ] = None,
    source: SourceOption = None,
    measure: MeasureOption = None,
    head_size: Annotated[
        str,
        typer.Option(
            "--head-size", metavar="HOW", help="Of volumes and areas: covariate, residual, proportion, power or none."
        ),
    ] = "covariate",
    site: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of sites: what they do, and harmonised values too.")
    ] = None,
    correct: Annotated[
        str, typer.Option("--correct", metavar="METHOD", help="Correct p-values: fdr_bh, holm ..., or none.")
    ] = "fdr_bh",
    std_errors: Annotated[
        str, typer.Option(metavar="KIND", help="Standard errors: classical, or HC0 to HC4, for unequal variances.")
    ] = "classical",
    cluster: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Standard errors by clusters: family, subject.")
    ] = None,
    random: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Mixed models, with a random intercept of each: subject, site. May be repeated."
        ),
    ] = None,
    reference: ReferenceOption = None,
    allow: AllowOption = None,
    confidence: ConfidenceOption = 0.95,
    alpha: Annotated[float, typer.Option(metavar="P", help="p-values below it are called significant.")] = 0.05,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the page.")] = None,
    date: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A date to print; without one the same input gives the same page."),
    ] = None,
    stream: StreamOption = None,
    subjects: SubjectsOption = None,
) -> None:
    """Make one HTML page of a cohort: who, how good, what was done, what came out, and how sure that is.

    ROOT may also be one table that fsstats merge wrote. Volumes of aseg and thickness of aparc are reported, unless
    sources or measures are named.
    """
    import fsstats as fs
    from fsstats.reporting.document import require_page

    levels = levels_of(reference)
    require_other(output, *roots, participants, subjects)
    require_page(output)
    cohort, reading = _read(roots, subjects, source, stream)
    people = None if participants is None else fs.read_table(participants)
    with in_our_words(cohort.table, people), progress_bar("reporting") as progress:
        page = fs.report(
            cohort.table,
            formula,
            participants=people,
            files=cohort.files,
            sources=source,
            measures=measure,
            term=term,
            head_size=head_size,  # type: ignore[arg-type] # checked there
            site=site,
            correct=None if correct == "none" else correct,  # type: ignore[arg-type] # checked there
            std_errors=std_errors,  # type: ignore[arg-type] # checked there
            cluster=cluster,
            random=random or (),
            reference=levels,
            allow=allow or (),
            conf_level=confidence,
            alpha=alpha,
            title=title,
            date=date,
            inputs=[*roots, *([participants] if participants else [])],
            reading=reading or None,
            command=shlex.join(["fsstats", *sys.argv[1:]]),
            output=output,
            progress=progress,
        )
    page.save(output)
    say(f"report -> {output}")


def _read(
    roots: "Sequence[str]", subjects: Path | None, source: "Sequence[str] | None", stream: "Stream | None"
) -> "tuple[fs.Cohort, dict[str, object]]":
    """Read what is asked for, and aseg for the size of the head; say what was read, for who reads it again.

    Of a merged table no more than that is read.
    """
    import fsstats as fs
    from fsstats.io.cohorts import is_merged
    from fsstats.reporting.choices import DEFAULT

    usual = [name for name, _ in DEFAULT] if len(roots) == 1 and is_merged(roots[0]) else []
    wanted: Sequence[str] | None = [*(source or usual), "aseg"] if source or usual else None
    names = read_subjects(subjects)
    try:
        cohort = cohort_of(roots, subjects=names, sources=wanted, stream=stream)
    except fs.UnknownNameError:
        wanted = source
        cohort = cohort_of(roots, subjects=names, sources=wanted, stream=stream)
    chosen = wanted and list(dict.fromkeys(wanted))
    reading = {"subjects": names, "sources": chosen, "stream": stream and stream.value}
    return cohort, {name: value for name, value in reading.items() if value is not None}
