"""What many labs have: a loop over the files, with pandas. ``python pandas_loop.py FOLDER OUT.parquet``."""

import re
import sys
from pathlib import Path

import pandas as pd

MEASURE = re.compile(r"^# Measure [^,]*, ([^,]*), .*, ([^,]*), ([^,]*)$", re.MULTILINE)
COLUMNS = re.compile(r"^# ColHeaders (.*)$", re.MULTILINE)


def read(path: Path) -> pd.DataFrame:
    """Read one file: its rows and its Measure lines, one value a row."""
    text = path.read_text()
    names = COLUMNS.findall(text)[0].split()
    rows = pd.read_csv(path, sep=r"\s+", comment="#", names=names)
    rows = rows.drop(columns=["Index", "SegId"], errors="ignore").melt(id_vars="StructName", var_name="measure")
    header = [{"StructName": "", "measure": name, "value": float(value)} for name, value, _ in MEASURE.findall(text)]
    table = pd.concat([rows, pd.DataFrame(header)])
    table["subject"], table["file"] = path.parent.parent.name, path.name
    return table


def main() -> None:
    """Read all files of a folder into one table, and write it."""
    folder, out = sys.argv[1:]
    tables = [read(path) for path in sorted(Path(folder).glob("*/stats/*.stats"))]
    pd.concat(tables).to_parquet(out)


if __name__ == "__main__":
    main()
