"""PETSurfer: one structure a line, six to eight words; or one frame a line."""

import numpy as np
import pytest

from fsstats import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.formats import format_of
from tests_support import HANDMADE

GTM = (HANDMADE / "deep" / "gtm.stats.dat").read_text(encoding="utf-8")
FRAMES = (HANDMADE / "deep" / "gtm.csv").read_text(encoding="utf-8")


def first_words(n):
    return "".join(" ".join(line.split()[:n]) + "\n" for line in GTM.splitlines())


def test_every_number_is_the_printed_one_with_its_unit():
    stats = parse_stats(GTM, where="pet/gtm.stats.dat")
    table = long_table(stats)
    units = {
        "n_voxels": "unitless",
        "variance_reduction_factor": "unitless",
        "uptake": "as reconstructed",
        "residual_sd": "as reconstructed",
    }
    assert dict(zip(table["measure"], table["unit"], strict=True)) == units
    for measure, place in zip(units, range(4, 8), strict=True):
        printed = {line.split()[2]: float(line.split()[place]) for line in GTM.splitlines()}
        assert table[table["measure"] == measure].set_index("name_found")["value"].to_dict() == printed
    assert set(table["source"]) == {"gtm"}


def test_names_ids_sides_and_tissues():
    stats = parse_stats(GTM, where="pet/gtm.stats.dat")
    table = long_table(stats, measures=["uptake"]).set_index("name_found")
    assert table.loc["Left-Thalamus-Proper", ["hemi", "region", "segid"]].tolist() == ["lh", "Left-Thalamus", 10]
    wide = "ctx-rh-temporalpole-with-a-long-name"
    assert table.loc[wide, ["hemi", "segid", "value"]].tolist() == ["rh", 2033, 9.875]
    assert stats.header["TissueType"].split("\n")[1] == "Left-Thalamus-Proper subcort_gm"


@pytest.mark.parametrize(("n", "columns"), [(6, 4), (7, 5), (8, 6)])
def test_uptake_and_residual_may_be_absent(n, columns):
    stats = parse_stats(first_words(n))
    assert (stats.source, len(stats.columns), stats.is_whole) == ("gtm", columns, True)


def test_every_frame_is_a_measure():
    table = long_table(parse_stats(FRAMES, where="pet/gtm.csv"))
    heading, *lines = [[cell.strip() for cell in line.split(",")] for line in FRAMES.splitlines()]
    for frame, line in enumerate(lines, start=1):
        cells = dict(zip(heading, map(float, line), strict=True))
        rows = table[table["measure"] == f"Uptake.{frame}"]
        assert rows.set_index("name_found")["value"].to_dict() == {name: cells[name] for name in heading[3:]}
        assert set(rows["unit"]) == {"RSUV"}
        about = table[table["region"] == "global"].set_index("measure")[["value", "unit"]]
        assert about.loc[f"FrameStart.{frame}"].tolist() == [cells["start[min]"], "min"]
        assert about.loc[f"FrameEnd.{frame}"].tolist() == [cells["end[ RSUV]"], "min"]
        assert about.loc[f"Reference.{frame}"].tolist() == [1.0, "RSUV"]
    assert set(table["source"]) == {"gtm.frames"}


def test_tabs_and_no_times():
    lines = [line.split(",")[3:] for line in FRAMES.splitlines()]
    text = "".join("\t".join(cells) + "\n" for cells in lines)
    stats = parse_stats(text, where="pet/gtm.tsv")
    assert stats.numbers.T.tolist() == [[float(cell) for cell in cells] for cells in lines[1:]]
    assert set(stats.units) == {"as reconstructed"}


BROKEN = {
    "a lost row": (
        "".join(GTM.splitlines(keepends=True)[i] for i in (0, 1, 3, 4)),
        "gtm.stats.dat",
        "expected row 3, found row 4",
    ),
    "a lost head": ("".join(GTM.splitlines(keepends=True)[1:]), "gtm.stats.dat", "expected row 1, found row 2"),
    "a cut line": (GTM[:-4], "gtm.stats.dat", "a line feed at the end of the file"),
    "a cell lost": (GTM.replace("1.203 ", "      "), "gtm.stats.dat", "expected 7 columns"),
    "a word for a number": (GTM.replace("14.250", "high  "), "gtm.stats.dat", "expected a number"),
    "a moved point": (GTM.replace("14.250", "14250."), "gtm.stats.dat", "expected 3 decimals in column Uptake"),
    "prose": ("nothing of the sort\n", "gtm.stats.dat", "expected lines of 6 to 8 words"),
    "a frame cut": (FRAMES[:-5], "gtm.csv", "a line feed at the end of the file"),
    "a frame with a cell too few": (FRAMES.replace("   4.5625000,", ""), "gtm.csv", "expected 8 cells"),
    "no frame": (FRAMES.split("\n")[0] + "\n", "gtm.csv", "a line of numbers, found only the heading"),
}


@pytest.mark.parametrize(("text", "where", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_what_is_wrong(text, where, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where=where)


def test_frames_keep_their_number_when_one_is_lost():
    stats = parse_stats(FRAMES.replace("   4.5625000,", ""), where="gtm.csv", strict=False)
    assert stats.columns == ("Uptake.1", "Uptake.3")
    assert np.isfinite(stats.numbers).all()


@pytest.mark.parametrize("where", ["gtm.csv.bak", "mine.csv"])
def test_a_table_of_another_name_is_left_to_others(where):
    assert format_of(FRAMES.encode(), where).name != "gtm.frames"
