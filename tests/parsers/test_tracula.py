"""TRACULA: a tract is one row, and a position along it another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.schema import identify
from tests_support import HANDMADE

OVERALL = (HANDMADE / "deep" / "pathstats.overall.txt").read_text(encoding="utf-8")
ALONG = (HANDMADE / "deep" / "pathstats.byvoxel.txt").read_text(encoding="utf-8")
FOLDER = "sub-01/dpath/lh.cst_AS_avg33_mni_bbr"

# a tract's folder: what it says of tract and side
TRACTS = {
    "lh.cst_AS_avg33_mni_bbr": ("lh.cst_AS", "lh"),
    "rh.slfp_PP_avg33_mni_flt": ("rh.slfp_PP", "rh"),
    "fmajor_PP_avg33_mni_bbr": ("fmajor_PP", None),
    "cc.genu_avg16_syn_bbr": ("cc.genu", None),
    "rh.af_avg16_syn_bbr": ("rh.af", "rh"),
    "acomm_avg16_syn_bbr": ("acomm", None),
}


@pytest.mark.parametrize(("folder", "expected"), TRACTS.items(), ids=TRACTS)
def test_the_tract_and_its_side_are_the_folders(folder, expected):
    where = f"sub-01/dpath/{folder}/pathstats.overall.txt"
    text = OVERALL.replace("lh.cst", expected[0].partition("_")[0])
    table = long_table(parse_stats(text, where=where))
    assert identify(where).part == expected[0]
    assert set(table["region"]) == {expected[0]}
    assert table["hemi"].fillna("").unique().tolist() == [expected[1] or ""]


def test_every_value_is_the_printed_one_with_its_true_unit():
    stats = parse_stats(OVERALL, where=f"{FOLDER}/pathstats.overall.txt")
    table = long_table(stats).set_index("measure")
    printed = dict(line.split() for line in OVERALL.splitlines() if not line.startswith("#"))
    assert table["value"].to_dict() == {name: float(value) for name, value in printed.items()}
    assert set(table.loc[["Count", "Volume", "Len_Min", "Len_Max", "FA_Avg_Center"], "unit"]) == {"unitless"}
    assert set(table.loc[["AD_Avg", "RD_Avg_Center", "MD_Avg_Weight"], "unit"]) == {"mm^2/s"}
    assert (stats.tool, stats.version, stats.subject) == ("FreeSurfer", "7.1.1", "sub-01")


def test_without_a_folder_the_header_names_the_tract():
    assert parse_stats(OVERALL).names == ("lh.cst",)


def test_what_users_supply_is_named_as_they_did_and_its_unit_is_unknown():
    stats = parse_stats(OVERALL.replace("AD_", "NODDI_").replace("RD_", "T2Mean_"))
    table = long_table(stats).set_index("measure")
    assert table.loc[["NODDI_Avg", "T2Mean_Avg_Weight"], "unit"].tolist() == ["unknown", "unknown"]
    assert table.loc["FA_Avg", "unit"] == "unitless"


def test_zeros_of_a_tract_without_voxels_are_missing():
    empty = OVERALL.replace("Volume 812", "Volume 0").replace("FA_Avg 0.480125", "FA_Avg 0")
    stats = parse_stats(empty)
    assert np.isnan(stats.column("FA_Avg")).all()
    assert stats.column("Volume").tolist() == [0]
    assert stats.column("FA_Avg_Weight").tolist() == [0.495]
    assert "taken as missing" in stats.remarks[0].text


def test_a_folder_of_another_tract_is_said():
    stats = parse_stats(OVERALL, where="dpath/rh.cst_AS_avg33_mni_bbr/pathstats.overall.txt")
    assert "expected the tract rh.cst_AS (its folder), found lh.cst (its header)" in stats.remarks[0].text


def test_along_the_tract_positions_are_rows():
    stats = parse_stats(ALONG, where=f"{FOLDER}/pathstats.byvoxel.txt")
    table = long_table(stats)
    lines = [line.split() for line in ALONG.splitlines() if not line.startswith("#")]
    assert stats.names == ("lh.cst_AS.001", "lh.cst_AS.002", "lh.cst_AS.003")
    assert stats.columns == tuple(lines[0])
    assert np.array_equal(stats.numbers, np.array(lines[1:], dtype=float), equal_nan=True)
    units = table.drop_duplicates("measure").set_index("measure")["unit"]
    assert units[["x", "AD", "FA", "MD_Avg"]].tolist() == ["voxel", "mm^2/s", "unitless", "mm^2/s"]
    assert set(table["hemi"]) == {"lh"}
    assert set(table["source"]) == {"tracula.byvoxel"}


BROKEN = {
    "cut behind a line": (OVERALL[: OVERALL.index("MD_Avg ")], "without MD_Avg, MD_Avg_Weight"),
    "cut within a measure": (OVERALL[: OVERALL.index("FA_Avg_Weight")], "without FA_Avg_Weight, FA_Avg_Center"),
    "no measure": (OVERALL[: OVERALL.index("AD_Avg ")], "without AD_Avg"),
    "cut within a number": (OVERALL[:-2], "a line feed at the end of the file"),
    "a number lost": (OVERALL.replace("Volume 812", "Volume"), "expected one line 'name number', found 'Volume'"),
    "a word for a number": (OVERALL.replace("812", "many"), "found 'Volume many'"),
    "written twice": (OVERALL + OVERALL, "expected one line 'name number', found 'Count 1500'"),
    "positions cut": (ALONG[: ALONG.index("# pathway end")], "expected '# pathway end', found none"),
    "a position with a number too few": (ALONG.replace(" 0.49\n", "\n"), "expected 11 numbers, found 10"),
    "no names of columns": (ALONG.replace("x y z", "63 57 30"), "expected columns x y z"),
    "another tract program": (OVERALL.replace("# pathwayname lh.cst\n", ""), "the tract's name in folder or header"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_what_is_wrong(text, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text)


@given(st.sampled_from([OVERALL, ALONG]), st.data())
def test_a_file_that_is_cut_anywhere_is_not_whole(text, data):
    name = "pathstats.overall.txt" if text == OVERALL else "pathstats.byvoxel.txt"
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(StatsFormatError):
        parse_stats(cut, where=f"{FOLDER}/{name}")
