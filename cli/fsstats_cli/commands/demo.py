"""``fsstats demo``: a made-up cohort, merged, with a first table and a report."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsstats_cli.output import progress_bar, say_problems

if TYPE_CHECKING:
    import pandas as pd

_SMALLER = ("Left-Hippocampus", "Right-Hippocampus")
_THINNER = ("entorhinal", "fusiform", "inferiortemporal", "parahippocampal", "temporalpole")
_MODEL = "value ~ group + age + sex"
_TITLE = "A made-up cohort"
_LEAST = 10
"""Subjects that the model needs."""

EXAMPLES = """
[bold]Examples[/bold]

  fsstats demo

  fsstats demo my-demo --subjects 40
"""


def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write; must be new or empty.")] = Path(
        "fsstats-demo"
    ),
    subjects: Annotated[int, typer.Option(min=2, help="Number of subjects.")] = 20,
    seed: Annotated[int, typer.Option(help="Another seed makes another cohort.")] = 1,
) -> None:
    """Make up a small cohort as real stats files, merge it, print a first table, and write a report."""
    import fsstats as fs

    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty; name a new folder: fsstats demo FOLDER"
        raise fs.TableError(message)
    effects: dict[str | tuple[str, str], float] = {**dict.fromkeys(_SMALLER, -0.2), **dict.fromkeys(_THINNER, -0.08)}
    also = [kind for kind in fs.datasets.ALSO if kind != "recon-all"]
    made = fs.datasets.make_cohort(folder / "subjects", n_subjects=subjects, effects=effects, also=also, seed=seed)
    out = folder / "cohort.parquet"
    with progress_bar("reading") as progress:
        cohort = fs.merge(made.root, out, participants=made.participants, progress=progress)
    say_problems(fs.problems(cohort.files))
    report = _report(out, folder) if subjects >= _LEAST else None
    typer.echo(_account(fs.read_table(out), folder, out, report))


def _report(out: Path, folder: Path) -> Path:
    """Write the report of the cohort, as ``fsstats report`` would."""
    import fsstats as fs

    path = folder / "report.html"
    cohort = fs.read_cohort(out, sources=["aseg", "aparc"])
    with progress_bar("reporting") as progress:
        page = fs.report(
            cohort.table,
            _MODEL,
            files=cohort.files,
            title=_TITLE,
            inputs=[out],
            reading={"sources": ["aseg", "aparc"]},
            command=shlex.join(["fsstats", "report", str(out), "-f", _MODEL, "--title", _TITLE, "-o", str(path)]),
            output=path,
            progress=progress,
        )
    page.save(path)
    return path


def _account(table: "pd.DataFrame", folder: Path, out: Path, report: Path | None) -> str:
    """Say where everything is, and show a first table."""
    chosen = table[(table["measure"] == "volume") & table["region"].isin(_SMALLER)]
    means = chosen.groupby(["region", "source", "group", "unit"], observed=True)["value"].agg(["count", "mean", "std"])
    places = {
        folder / "subjects": "the subjects, as recon-all, FSL and others would leave them",
        out: f"{len(table):,} values, one per row",
        out.with_suffix(".json"): "what every column means",
        out.with_name("cohort.files.parquet"): "every file, and what is wrong with it",
    }
    if report is not None:
        places[report] = "the report: open it in a browser"
    width = max(len(str(path)) for path in places)
    return "\n".join(
        [
            f"A made-up cohort of {table['subject'].nunique()} subjects, merged into one long table:",
            *(f"  {path!s:<{width}}  {text}" for path, text in places.items()),
            "",
            "A first table: volume of the hippocampus, by FreeSurfer, FIRST and SynthSeg. It was made 20 % smaller in",
            "the patients, and the cortex of the lower temporal lobe 8 % thinner. The means differ by another number,",
            "for among few people chance, age and head size make a difference as well.",
            *(["The report takes age, sex and head size into account, and says how sure it is."] if report else []),
            "",
            means.round(1).reset_index().to_string(index=False),
            "",
            "Go on in Python:",
            f"  import fsstats as fs; table = fs.read_table({str(out)!r})",
            "or with your own subjects:",
            "  fsstats merge $SUBJECTS_DIR -o cohort.parquet",
            f"  fsstats report cohort.parquet -p participants.tsv -f {_MODEL!r} -o report.html".replace("'", '"'),
        ]
    )
