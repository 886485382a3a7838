"""What each producer writes, of which no real file may be shipped: fixtures made by hand to the formats' description."""

import numpy as np
import pytest

from fsstats.parsers import definitions, long_table, parse_stats
from tests_support import HANDMADE

# file: where it lies in a subject, tool, version, definitions, and some values as (hemi, region, measure): (value, unit)
CASES = {
    "freesurfer8.aseg.stats": (
        "aseg.stats",
        ("FreeSurfer", "8.0.0"),
        {"n_voxels": "count", "BrainSegVol": "mm3"},
        {
            (None, "global", "sTIV"): (1401234.5, "mm^3"),
            (None, "global", "eTIV"): (1420021.264474, "mm^3"),
            ("lh", "Left-Thalamus", "volume"): (7066.3, "mm^3"),
            (None, "5th-Ventricle", "volume"): (0.0, "mm^3"),
            (None, "5th-Ventricle", "intensity_mean"): (np.nan, "MR"),
        },
    ),
    "freesurfer8.lh.aparc.stats": (
        "lh.aparc.stats",
        ("FreeSurfer", "8.1.0"),
        {"volume": "area_x_thickness"},
        {
            ("lh", "global", "MeanThickness"): (2.57423, "mm"),
            ("lh", "bankssts", "n_vertices"): (1000, "unitless"),
            ("lh", "insula", "thickness"): (2.86, "mm"),
        },
    ),
    "freesurfer8.lh.BA_exvivo.thresh.stats": (
        "lh.BA_exvivo.thresh.stats",
        ("FreeSurfer", "8.0.0"),
        {"volume": "th3"},
        {("lh", "BA1_exvivo", "area"): (700, "mm^2"), ("lh", "entorhinal_exvivo", "n_vertices"): (1481, "unitless")},
    ),
    "gtmseg.stats": (
        "gtmseg.stats",
        ("FreeSurfer", "7.4.1"),
        {"n_voxels": "count"},
        {
            ("lh", "ctx-lh-bankssts", "volume"): (2293.0, "mm^3"),
            (None, "Head-ExtraCerebral", "n_voxels"): (923016, "unitless"),
        },
    ),
    "apas+head.stats": (
        "apas+head.stats",
        ("FreeSurfer", "7.4.1"),
        {"n_voxels": "count"},
        {("lh", "Left-Cerebral-White-Matter", "intensity_max"): (121.0, "MR")},
    ),
    "fastsurfer2.2.aseg+DKT.stats": (
        "aseg+DKT.stats",
        ("FastSurfer", None),
        {"n_voxels": "count"},
        {
            ("lh", "Left-Hippocampus", "volume"): (4099.512, "mm^3"),
            ("lh", "ctx-lh-caudalanteriorcingulate", "n_voxels"): (1501, "unitless"),
            (None, "CC_Posterior", "volume"): (0.0, "mm^3"),
            (None, "CC_Posterior", "intensity_std"): (np.nan, "MR"),
        },
    ),
    "fastsurfer2.3.wmparc.DKTatlas.mapped.stats": (
        "wmparc.DKTatlas.mapped.stats",
        ("FastSurfer", "2.3.3"),
        {"n_voxels": "count"},
        {
            ("rh", "global", "rhCerebralWhiteMatterVol"): (245715.728986, "mm^3"),
            ("rh", "wm-rh-insula", "volume"): (8929.7, "mm^3"),
        },
    ),
    "user.slabel.stats": (
        "lh.my.v1.stats",
        ("FreeSurfer", "7.4.1"),
        {},
        {
            ("lh", "Seg0001", "area"): (2061.3, "mm^2"),
            ("lh", "Seg0001", "intensity_mean"): (1.9023, "unknown"),
        },
    ),
}


@pytest.mark.parametrize(("file", "case"), CASES.items(), ids=CASES)
def test_a_producers_file_is_read_whole_and_right(file, case):
    name, written_by, meanings, values = case
    stats = parse_stats((HANDMADE / file).read_bytes(), where=f"sub-01/stats/{name}")
    assert (stats.tool, stats.version) == written_by
    assert definitions(stats) == meanings
    table = long_table(stats, subject="sub-01")
    for (hemi, region, measure), (value, unit) in values.items():
        rows = table[(table["region"] == region) & (table["measure"] == measure)]
        assert rows["hemi"].fillna("").tolist() == [hemi or ""]
        assert rows["unit"].tolist() == [unit]
        assert np.array_equal(rows["value"], [value], equal_nan=True)


@pytest.mark.parametrize("file", CASES)
def test_the_name_it_was_written_under_is_in_its_command_line(file):
    stats = parse_stats((HANDMADE / file).read_bytes())
    name = ".".join(filter(None, (stats.hemi, stats.source, "stats")))
    assert name == CASES[file][0]


def test_every_hand_made_file_is_tested():
    assert {path.name for path in HANDMADE.glob("*.stats")} == set(CASES)
