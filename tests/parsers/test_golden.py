"""The two files that the project was given: exactly the numbers printed in them, in a committed long table."""

import re

import pandas as pd
import pytest

from fsstats.io import read_table
from fsstats.parsers import long_table, parse_stats
from tests_support import FS6

GOLDEN = FS6 / "long.tsv"
NAMES = {
    "NumVert": "n_vertices",
    "SurfArea": "area",
    "GrayVol": "volume",
    "ThickAvg": "thickness",
    "ThickStd": "thickness_std",
    "MeanCurv": "mean_curvature",
    "GausCurv": "gaussian_curvature",
    "FoldInd": "folding_index",
    "CurvInd": "curvature_index",
    "NVoxels": "n_voxels",
    "Volume_mm3": "volume",
    "normMean": "intensity_mean",
    "normStdDev": "intensity_std",
    "normMin": "intensity_min",
    "normMax": "intensity_max",
    "normRange": "intensity_range",
}


def tokenised(name: str) -> set[tuple[str, str, str, float]]:
    """Read a fixture in the plainest way: (source, region, measure, value)."""
    lines = (FS6 / name).read_text(encoding="utf-8").splitlines()
    source = re.sub(r"^lh\.", "", name.removesuffix(".stats"))
    columns = next(line.split()[2:] for line in lines if line.startswith("# ColHeaders"))
    found = set()
    for line in lines:
        if line.startswith("# Measure"):
            parts = [part.strip() for part in line.removeprefix("# Measure").split(",")]
            found.add((source, "global", parts[1].split(" ")[0], float(parts[-2])))
        elif not line.startswith("#"):
            row = dict(zip(columns, line.split(), strict=True))
            found |= {(source, row["StructName"], NAMES[c], float(row[c])) for c in columns if c in NAMES}
    return found


@pytest.fixture
def table():
    parsed = [parse_stats((FS6 / name).read_bytes(), where=name) for name in ("lh.aparc.stats", "wmparc.stats")]
    return pd.concat([long_table(stats) for stats in parsed], ignore_index=True)


def test_the_golden_table_is_what_is_printed():
    golden = read_table(GOLDEN)
    rows = set(golden[["source", "region", "measure", "value"]].itertuples(index=False, name=None))
    assert rows == tokenised("lh.aparc.stats") | tokenised("wmparc.stats")
    assert len(golden) == len(rows) == 34 * 9 + 10 + 70 * 7 + 6


def test_the_files_give_the_golden_table(table):
    golden = read_table(GOLDEN)
    same = table.astype({name: golden[name].dtype for name in golden.columns})
    pd.testing.assert_frame_equal(same, golden)


def test_units_and_sides(table):
    pairs = table[["measure", "unit"]].drop_duplicates().set_index("measure")["unit"]
    assert pairs.loc[["thickness", "area", "volume", "eTIV", "intensity_mean"]].tolist() == [
        "mm",
        "mm^2",
        "mm^3",
        "mm^3",
        "MR",
    ]
    sided = table.loc[
        table["region"].isin(["wm-lh-insula", "Right-UnsegmentedWhiteMatter", "insula"]), ["region", "hemi"]
    ]
    assert set(sided.itertuples(index=False, name=None)) == {
        ("wm-lh-insula", "lh"),
        ("Right-UnsegmentedWhiteMatter", "rh"),
        ("insula", "lh"),
    }


def test_every_header_field_is_kept():
    stats = parse_stats((FS6 / "lh.aparc.stats").read_bytes(), where="lh.aparc.stats")
    assert stats.header["CreationTime"] == "2020/12/09-20:01:37-GMT"
    assert stats.header["hemi"] == "lh"
    assert stats.header["NTableCols"] == "10"
    assert stats.version == "6.0"
    assert stats.tool == "FreeSurfer"
    assert stats.units[stats.columns.index("ThickAvg")] == "mm"
