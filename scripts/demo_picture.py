"""Draw the picture of README.md: the brain map of the made-up cohort that ``fsstats demo`` writes.

``fsstats demo demo --subjects 60``, then ``python scripts/demo_picture.py demo docs/brain-map.png``.
"""

import sys
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import fsstats as fs


def main(demo: str, picture: str) -> None:
    """Draw the differences in cortical thickness between patients and controls."""
    cohort = fs.read_cohort(Path(demo, "cohort.parquet"), sources=["aparc"], measures=["thickness"])
    table = fs.with_versions(cohort.table, cohort.files)
    results = table.pipe(fs.regress, "value ~ group + age + sex", terms=["group"]).pipe(fs.correct, "fdr_bh")
    figure = Figure(figsize=(7.2, 5.4), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    fs.plots.brain_map(results, ax=figure.add_subplot())
    figure.savefig(picture, dpi=120, metadata={"Software": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
