"""Accidents that leave a file readable and wrong: each is found out by a law that whole files obey."""

import numpy as np
import pytest

from fsstats import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from tests_support import FS6, HANDMADE

APARC = (FS6 / "lh.aparc.stats").read_text(encoding="utf-8")
WMPARC = (FS6 / "wmparc.stats").read_text(encoding="utf-8")
ASEG = (HANDMADE / "freesurfer8.aseg.stats").read_text(encoding="utf-8")


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


# what happened: (text, file name, message); nothing of what is wrong may be read
CASES = {
    "a decimal comma in a Measure": (
        edited(APARC, "1529098.631452", "1529098,631452"),
        "lh.aparc.stats",
        "expected a Measure line as",
    ),
    "thousands separators in a Measure": (
        edited(APARC, "134464, unitless", "134,464, unitless"),
        "lh.aparc.stats",
        "expected a Measure line as",
    ),
    "decimal comma in the Measure that FreeSurfer 6 prints without its comma": (
        edited(APARC, "509668.845191", "509668,845191"),
        "lh.aparc.stats",
        "expected a Measure line as",
    ),
    "two Measure lines run together": (
        edited(APARC, "unitless\n# Measure", "unitless# Measure"),
        "lh.aparc.stats",
        "expected a Measure line as",
    ),
    "a Measure run into another line": (
        edited(APARC, "04:34:33\n# Measure", "04:34:33# Measure"),
        "lh.aparc.stats",
        "expected a Measure on a line of its own, found it behind AnnotationFileTimeStamp",
    ),
    "a number split by a blank": (edited(WMPARC, " 3508.1 ", " 3 508.1 "), "wmparc.stats", "expected 10 columns"),
    "a number split by a no-break space": (
        edited(WMPARC, "3508.1", "3\u00a0508.1"),
        "wmparc.stats",
        "expected a number",
    ),
    "a thousands point": (
        edited(APARC, " 1193 ", " 1.193 "),
        "lh.aparc.stats",
        "expected 0 decimals in column SurfArea",
    ),
    "a lost decimal point": (
        edited(APARC, "2.764", "2764"),
        "lh.aparc.stats",
        "expected 3 decimals in column ThickAvg",
    ),
    "two column names run together": (
        edited(WMPARC, "NVoxels Volume_mm3 StructName norm", "NVoxelsVolume_mm3 StructName norm"),
        "wmparc.stats",
        "expected the columns of the TableCol lines .* The table is not used",
    ),
    "a column twice": (
        edited(APARC, "ThickAvg ThickStd MeanCurv", "ThickAvg ThickAvg MeanCurv"),
        "lh.aparc.stats",
        "expected columns with names of their own, found 'ThickAvg' twice",
    ),
    "an id of another structure": (
        edited(ASEG, "  2  17 ", "  2  18 "),
        "aseg.stats",
        "expected Left-Amygdala as id 18, found 'Left-Hippocampus'",
    ),
    "an id that is no number": (edited(ASEG, "  2  17 ", "  2 nan "), "aseg.stats", "expected whole numbers as Index"),
    "a range that is none": (
        edited(WMPARC, "118.0000    47.0000", "118.0000    74.0000"),
        "wmparc.stats",
        "expected minimum <= mean <= maximum, and their range",
    ),
    "the tail of an older file": (
        APARC + "la   1706   1193   3135  2.764 0.427     0.112     0.019       15     1.3\n",
        "lh.aparc.stats",
        "expected a region of aparc, found 'la'",
    ),
    "the head is lost": (
        WMPARC[WMPARC.index("# hostname") :],
        "wmparc.stats",
        "expected the program's name in the header",
    ),
    "two subjects in one file": (
        WMPARC + WMPARC.replace("Subj001", "Subj002"),
        "wmparc.stats",
        "expected one subjectname, found 'Subj001' and 'Subj002'",
    ),
    "the header of one, the body of another": (
        edited(APARC, "Mean Thickness, 2.5011", "Mean Thickness, 2.4011"),
        "lh.aparc.stats",
        "expected MeanThickness 2.4011, as printed, found 2.50.* as mean of the rows",
    ),
    "parts that do not make the whole": (
        edited(WMPARC, "247050.231251", "274050.231251"),
        "wmparc.stats",
        "expected CerebralWhiteMatterVol 492766, as printed, found 519766 as lhCerebral",
    ),
    "one field under two keys": (
        edited(
            ASEG, "# SegVolFile", "# Measure EstimatedTotalintracranialVol, eTIV, E, 1620021.264474, mm^3\n# SegVolFile"
        ),
        "aseg.stats",
        "expected one value of eTIV, found",
    ),
    "a declared count without end": (edited(ASEG, "# NRows 3", f"# NRows {'3' * 5000}"), "aseg.stats", None),
}


@pytest.mark.parametrize(("text", "name", "message"), CASES.values(), ids=CASES)
def test_an_accident_is_found_out(text, name, message):
    if message is None:
        assert len(parse_stats(text, where=name).names) == 3
        return
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text.encode(), where=name)


@pytest.mark.parametrize(("text", "name"), [case[:2] for case in CASES.values()], ids=CASES)
def test_what_is_read_all_the_same_is_what_was_written(text, name):
    whole = {"lh.aparc.stats": APARC, "wmparc.stats": WMPARC, "aseg.stats": ASEG}[name]
    key = ["region", "measure"]
    expected = long_table(parse_stats(whole, where=name)).set_index(key)["value"]
    try:
        found = long_table(parse_stats(text, where=name, strict=False)).set_index(key)["value"]
    except StatsFormatError:
        return
    contradicted = {"MeanThickness", "CerebralWhiteMatterVol", "lhCerebralWhiteMatterVol"}  # said, and not settled
    for (region, measure), value in found.items():
        if measure not in contradicted:
            assert np.array_equal(value, expected[region, measure], equal_nan=True) or np.isnan(value)


EMPTY = {"with an SNR": ("-nan", True), "without": (None, True), "but with intensities": ("1.5", False)}


@pytest.mark.parametrize(("snr", "missing"), EMPTY.values(), ids=EMPTY)
def test_the_intensities_of_nothing_are_missing(snr, missing):
    columns = "Index SegId NVoxels Volume_mm3 StructName Mean StdDev" + (" SNR" if snr else "")
    row = "1 80 0 0.0 non-WM-hypointensities 0.0000 0.0000" + (f" {snr}" if snr else "")
    table = long_table(parse_stats(f"# ColHeaders {columns}\n{row}\n"))
    intensities = table[table["measure"].str.startswith("intensity")]["value"]
    assert intensities.isna().all() == missing


BA = "# generating_program mris_anatomical_stats\n# cvs_version $Id: mris_anatomical_stats.c,v 1.72 x\n# mrisurf.c-cvs_version $Id: mrisurf.c,v {} x\n# ColHeaders StructName NumVert\n"
AREAS = ["BA1", "BA2", "BA3a", "BA3b", "BA4a", "BA4p", "BA6", "BA44", "BA45", "V1", "V2", "MT"]


@pytest.mark.parametrize(
    ("revision", "name", "whole"),
    [
        ("1.693.2.2", "lh.BA.stats", True),
        ("1.693.2.6", "lh.BA.stats", False),
        ("1.693.2.6", "lh.BA.thresh.stats", True),
    ],
    ids=["5.1", "5.3", "5.3, thresholded"],
)
def test_perirhinal_cortex_is_due_from_the_release_that_has_it(revision, name, whole):
    text = BA.format(revision) + "".join(f"{area} 10\n" for area in AREAS)
    assert parse_stats(text, where=name, strict=False).is_whole == whole
