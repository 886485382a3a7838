"""What the commands of the statistics share: a cohort with its participants in, results out."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from fsstats_cli.cohort import cohort_of, require_other
from fsstats_cli.options import Stream, read_subjects
from fsstats_cli.output import number, print_results, print_table, said_warnings, say

if TYPE_CHECKING:
    import pandas as pd

_Model = TypeVar("_Model")

RegionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--region", "-r", metavar="NAME", help="Only this region, or header Measures: global. May be repeated."
    ),
]
FormulaOption = Annotated[
    str,
    typer.Option(
        "--formula",
        "-f",
        metavar="FORMULA",
        help='The model: "value ~ group * age + sex". Variables are columns of the participants and header Measures.',
        show_default=False,
    ),
]
TermOption = Annotated[
    list[str] | None, typer.Option("--term", "-t", metavar="TERM", help="Only this term (group). May be repeated.")
]
ReferenceOption = Annotated[
    list[str] | None,
    typer.Option("--reference", metavar="NAME=LEVEL", help="Reference level: group=control. May be repeated."),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT", help="Mix it in one model: streams, versions, definitions or repeated. May be repeated."
    ),
]
CorrectOption = Annotated[
    str | None,
    typer.Option("--correct", metavar="METHOD", help="Correct p-values as fsstats correct does: fdr_bh, holm ..."),
]
ConfidenceOption = Annotated[float, typer.Option("--confidence", metavar="LEVEL", help="Of the intervals.")]


def model_table(
    roots: Sequence[str],
    *,
    participants: Path | None,
    subjects: Path | None,
    sources: Sequence[str] | None,
    measures: Sequence[str] | None,
    stream: Stream | None,
    variables: Collection[str] = (),
) -> "pd.DataFrame":
    """Read a study or a merged table, put the participants' columns on it, and mark which version wrote each value.

    Header Measures among `variables` are read as well where only some measures are asked for.
    """
    import fsstats as fs
    from fsstats.schema import DETAIL_COLUMNS, global_measures

    also = [name for name in variables if name in global_measures()]
    cohort = cohort_of(
        roots,
        subjects=read_subjects(subjects),
        sources=sources,
        measures=None if measures is None else list(dict.fromkeys([*measures, *also])),
        stream=stream,
    )
    table = cohort.table.drop(columns=[name for name in DETAIL_COLUMNS if name in cohort.table.columns])
    table = fs.with_versions(table, cohort.files) if len(cohort.files) else table
    if participants is None:
        return table
    with said_warnings():
        return fs.join(table, fs.read_table(participants), unmatched="drop")


def only(results: "pd.DataFrame", measures: Sequence[str] | None, regions: Sequence[str] | None) -> "pd.DataFrame":
    """Keep the rows of measures and regions that were asked for; raise if a region does not exist."""
    import fsstats as fs

    names = set(results["region"].dropna().astype("str"))
    strange = next((name for name in regions or () if name not in names), None)
    if strange is not None:
        raise fs.UnknownNameError.among("region", strange, names)
    kept = results if measures is None else results[results["measure"].isin(measures)]
    kept = kept if regions is None else kept[kept["region"].isin(regions)]
    return kept.reset_index(drop=True)


def levels_of(texts: Sequence[str] | None) -> dict[str, str] | None:
    """Take apart ``group=control``."""
    if not texts:
        return None
    pairs = [text.partition("=") for text in texts]
    wrong = next((text for text, (name, equals, level) in zip(texts, pairs, strict=True) if not (name and level)), None)
    if wrong is not None:
        message = f"expected a variable and its level, as group=control, found {wrong!r}."
        raise typer.BadParameter(message, param_hint="--reference")
    return {name: level for name, _, level in pairs}


def deliver(
    results: "pd.DataFrame", output: Path | None, inputs: Sequence[object], *, correct: str | None = None
) -> None:
    """Correct results if that was asked for; write them, or print them; say what was left without a number."""
    import fsstats as fs

    with said_warnings():
        results = results if correct is None else fs.correct(results, correct)  # type: ignore[arg-type] # checked there
    _write(results, output, inputs, print_results)
    if "note" in results.columns:
        say_notes(results)


def deliver_table(table: "pd.DataFrame", output: Path | None, inputs: Sequence[object]) -> None:
    """Write a long table, or print it."""
    _write(table, output, inputs, print_table)


def _write(table: "pd.DataFrame", output: Path | None, inputs: Sequence[object], show: object) -> None:
    import fsstats as fs

    if output is None:
        show(table)  # type: ignore[operator] # one of two functions
        return
    require_other(output, *inputs)
    fs.write_table(table, output)
    say(f"{number(len(table), 'row')} -> {output}")


def say_notes(results: "pd.DataFrame") -> None:
    """Say each note once, with the regions that it is of."""
    noted = results[results["note"].notna()]
    for note, rows in noted.groupby("note", sort=False):
        names = list(dict.fromkeys(rows["region"].astype("str")))
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        say(f"note: {', '.join(names[:3])}{more}: {note}")


def read_results(path: Path) -> "pd.DataFrame":
    """Read a results table that a command wrote."""
    import fsstats as fs
    from fsstats.schema import RESULTS

    table = fs.read_table(path)
    missing = [name for name in RESULTS if name not in table.columns]
    if missing:
        message = f"{path}: expected a results table, as fsstats regress writes it; it lacks {', '.join(missing)}"
        raise fs.TableError(message)
    return table


def model_of_kind(path: Path, kind: type[_Model]) -> _Model:
    """Read what was fitted before; raise if it is something else."""
    import fsstats as fs

    model = fs.read_model(path)
    if not isinstance(model, kind):
        message = f"{path}: expected a {kind.__name__}, found a {type(model).__name__}"
        raise fs.TableError(message)
    return model
