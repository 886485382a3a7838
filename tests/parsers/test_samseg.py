"""SAMSEG: four files of one run say the same, and what is no structure is no row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from tests_support import HANDMADE

DEEP = HANDMADE / "deep"
STATS = (DEEP / "samseg.stats").read_text(encoding="utf-8")
CSV = (DEEP / "samseg.csv").read_text(encoding="utf-8")
TABLE = (DEEP / "samseg.fs.stats").read_text(encoding="utf-8")
LABELS = ["hemi", "region", "measure", "value", "unit"]


def table_of(text, where):
    return long_table(parse_stats(text, where=where), subject="sub-01")


def printed():
    """Give the volumes of samseg.stats, taken apart without the package."""
    lines = [line.removeprefix("# Measure ").split(", ") for line in STATS.splitlines()]
    return {name: float(value) for name, value, _ in lines}


def test_structures_are_rows_and_totals_are_measures():
    table = table_of(STATS, "out/samseg.stats")
    rows = table[table["region"] != "global"]
    volumes = printed()
    totals = {"sbTIV": volumes.pop("Intra-Cranial"), "Background": volumes.pop("Unknown")}
    assert dict(zip(rows["region"], rows["value"], strict=True)) == volumes
    assert set(rows["measure"]) == {"volume"}
    assert table.loc[table["region"] == "global", ["measure", "value"]].values.tolist() == [
        list(x) for x in totals.items()
    ]
    assert set(table["unit"]) == {"mm^3"}
    assert set(table["source"]) == {"samseg"}
    assert rows.set_index("region").loc[["Left-Thalamus", "Right-Caudate"], "hemi"].tolist() == ["lh", "rh"]


def test_the_csv_gives_the_same_rows_and_says_what_it_leaves_out():
    stats = parse_stats(CSV, where="out/samseg.csv")
    assert long_table(stats)[LABELS].equals(table_of(STATS, "out/samseg.stats")[LABELS])
    assert [remark.text for remark in stats.remarks] == [
        "the column volume_ICV_x1000 is not used: it is 1000 x volume / Intra-Cranial"
    ]


def test_the_table_like_asegs_has_the_same_volumes_with_one_decimal_and_no_counts():
    stats = parse_stats(TABLE, where="out/samseg.fs.stats")
    table = long_table(stats)
    assert set(table["source"]) == {"samseg.fs"}
    assert set(table["measure"]) == {"sbTIV", "volume"}
    volumes = table.set_index("region")["value"]
    for name, value in printed().items():
        if name not in {"Intra-Cranial", "Unknown"}:
            assert volumes[name] == float(f"{value:.1f}")
    assert table.set_index("region").loc["Left-Thalamus", "segid"] == 10
    assert "NVoxels" in stats.remarks[0].text
    assert stats.is_whole


def test_the_intracranial_volume_alone():
    table = table_of((DEEP / "sbtiv.stats").read_text(encoding="utf-8"), "out/sbtiv.stats")
    assert table[["source", *LABELS]].fillna("").values.tolist() == [
        ["sbtiv", "", "global", "sbTIV", printed()["Intra-Cranial"], "mm^3"]
    ]


# a name that says nothing: (text, source)
UNNAMED = {"three-part Measures": (STATS, "samseg"), "csv": (CSV, "samseg")}
UNNAMED["one Measure"] = (STATS.split("\n")[0] + "\n", "sbtiv")


@pytest.mark.parametrize(("text", "source"), UNNAMED.values(), ids=UNNAMED)
def test_the_content_says_what_it_is(text, source):
    assert parse_stats(text, where="<text>").source == source


def test_a_run_without_intracranial_volume_and_one_with_lesions_are_whole():
    older = STATS.split("\n", 1)[1]
    assert parse_stats(older, where="samseg.stats").measures["field"].tolist() == ["Background"]
    lesions = parse_stats(STATS + "# Measure Lesions, 123.500000, mm^3\n", where="samseg.stats")
    assert lesions.names[-1] == "Lesions"


def test_another_atlas_is_read_and_said_to_be_one():
    stats = parse_stats(STATS.replace("Left-Caudate", "Left-Mine"), where="samseg.stats")
    assert "not the structures of SAMSEG's own atlas" in stats.remarks[-1].text


BROKEN = {
    "cut between lines": (STATS[: STATS.index("# Measure Right-Putamen")], "samseg.stats", "without Right-Putamen"),
    "cut within a number": (STATS[:-8], "samseg.stats", "a line feed at the end"),
    "two volumes of one structure": (
        STATS + "# Measure Left-Caudate, 1.0, mm^3\n",
        "samseg.stats",
        "one volume of Left-Ca",
    ),
    "a decimal comma": (STATS.replace("7012.5", "7012,5"), "samseg.stats", "expected '# Measure name, volume, mm"),
    "another unit": (
        STATS.replace("7012.500000, mm^3", "7.01, ml"),
        "samseg.stats",
        "expected '# Measure name, volume",
    ),
    "an edited volume in the csv": (
        CSV.replace("7012.5", "7112.5"),
        "samseg.csv",
        "as volume_ICV_x1000 of Left-Thalamus",
    ),
    "a cell too few in the csv": (CSV.replace("Left-Thalamus,", ""), "samseg.csv", "expected 3 cells, found 2"),
    "a word for a volume": (CSV.replace("7012.500000", "n/a"), "samseg.csv", "expected the volume of Left-Thalamus"),
    "a table cut in its header": (TABLE[:60] + "\n", "samseg.fs.stats", "expected '# ColHeaders'"),
    "a table cut between rows": (
        "".join(TABLE.splitlines(keepends=True)[:20]),
        "samseg.fs.stats",
        "44 structures|43 str",
    ),
    "a table without its Measure": (TABLE.split("\n", 1)[1], "samseg.fs.stats", "expected the Measure eTIV"),
    "under another name": (STATS, "synthseg.vol.csv", "expected synthseg .its name., found what samseg files hold"),
    "no intracranial volume": ("# Measure Intra-Cranial, 0.000000, mm^3\n", "sbtiv.stats", "sbTIV is printed as 0"),
}


@pytest.mark.parametrize(("text", "where", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_what_is_wrong(text, where, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where=where)


def test_what_is_whole_in_a_broken_csv_is_kept():
    stats = parse_stats(CSV.replace("7012.5", "7112.5"), where="samseg.csv", strict=False)
    assert "Left-Thalamus" not in stats.names
    assert len(stats.names) == 42
    assert np.isfinite(stats.numbers).all()


def test_a_volume_bigger_than_the_head_is_never_summed_up():
    rows = parse_stats(STATS, where="samseg.stats").names
    assert not {"Unknown", "Intra-Cranial"} & set(rows)


def test_the_measures_of_freesurfer_stay_with_its_own_parser():
    text = "# Measure BrainSeg, BrainSegVol, Brain Segmentation Volume, 1118981.5, mm^3\n"
    stats = parse_stats(text, where="mine.stats")
    assert (stats.source, stats.measures["field"].tolist()) == ("mine", ["BrainSegVol"])


@given(st.data())
def test_a_file_that_is_cut_anywhere_is_not_whole(data):
    name = data.draw(st.sampled_from(["samseg.stats", "samseg.csv", "samseg.fs.stats", "sbtiv.stats"]))
    text = (DEEP / name).read_text(encoding="utf-8")
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(StatsFormatError):
        parse_stats(cut, where=name)
