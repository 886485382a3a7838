"""``fsstats demo``: a made-up cohort, merged, with a first table."""

from pathlib import Path
from typing import Annotated

import typer

from fsstats_cli.output import progress_bar, say_problems

EXAMPLES = """
[bold]Examples[/bold]

  fsstats demo

  fsstats demo my-demo --subjects 40
"""


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to write; must be new or empty.")] = Path(
        "fsstats-demo"
    ),
    subjects: Annotated[int, typer.Option(min=2, help="Number of subjects.")] = 20,
    seed: Annotated[int, typer.Option(help="Another seed makes another cohort.")] = 1,
) -> None:
    """Make up a small cohort as real stats files, merge it, print a first table."""
    import fsstats as fs

    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty; name a new folder: fsstats demo FOLDER"
        raise fs.TableError(message)
    made = fs.datasets.make_cohort(
        folder / "subjects",
        n_subjects=subjects,
        effects={"Left-Hippocampus": -0.1, "Right-Hippocampus": -0.1},
        seed=seed,
    )
    out = folder / "cohort.parquet"
    with progress_bar("reading") as progress:
        cohort = fs.merge(made.root, out, participants=made.participants, progress=progress)
    say_problems(fs.problems(cohort.files))
    _print(fs.read_table(out), folder, out)


def _print(table: "object", folder: Path, out: Path) -> None:
    import pandas as pd

    assert isinstance(table, pd.DataFrame)  # noqa: S101 - for the type checker
    hippocampus = table[
        (table["source"] == "aseg")
        & (table["measure"] == "volume")
        & table["region"].isin(["Left-Hippocampus", "Right-Hippocampus"])
    ]
    means = (
        hippocampus.groupby(["region", "group", "unit"], observed=True)["value"].agg(["count", "mean", "std"]).round(1)
    )
    lines = [
        f"A made-up cohort of {table['subject'].nunique()} subjects, as recon-all would leave it:",
        f"  {folder / 'subjects'}",
        f"merged into one long table ({len(table):,} values):",
        f"  {out}                the values",
        f"  {out.with_suffix('.json')}                   what every column means",
        f"  {out.with_name('cohort.files.parquet')}          every file, and what is wrong with it",
        "",
        "The first table, hippocampal volume by group (the patients' was made 10 % smaller):",
        "",
        means.reset_index().to_string(index=False),
        "",
        "Go on in Python:",
        f"  import fsstats as fs; table = fs.read_table({str(out)!r})",
        "or with your own subjects:",
        "  fsstats merge $SUBJECTS_DIR -o cohort.parquet",
    ]
    typer.echo("\n".join(lines))
