"""freesurfer-stats, used as its README does: ``python freesurfer_stats_loop.py FOLDER``, in its own environment.

It reads files of the cortex only. The tables are joined in memory and not written, which is in its favour.
"""

import sys
from pathlib import Path

import pandas as pd
from freesurfer_stats import CorticalParcellationStats  # type: ignore[import-not-found] # in its environment


def read(path: Path) -> pd.DataFrame:
    """Read one file, with the measures of the whole brain in every row."""
    stats = CorticalParcellationStats.read(path)
    table: pd.DataFrame = stats.structural_measurements
    whole = stats.whole_brain_measurements.iloc[0].to_dict()
    return table.assign(subject=path.parent.parent.name, file=path.name, **whole)


def main() -> None:
    """Read all cortex files of a folder into one table."""
    paths = sorted(Path(sys.argv[1]).glob("*/stats/?h.*.stats"))
    pd.concat([read(path) for path in paths])


if __name__ == "__main__":
    main()
