"""Cases: what producers and accidents do to stats files, and what is made of it."""

import re
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats import FsstatsError, StatsFormatError
from fsstats.parsers import contradiction, long_table, parse_stats
from fsstats.parsers._header import MeasureLine
from fsstats.schema import _registry, source_of
from tests_support import FS6

SURFACE = "# ColHeaders StructName NumVert SurfArea GrayVol ThickAvg\n"
VOLUME = "# Title Segmentation Statistics \n# NRows 2 \n# NTableCols 6 \n# ColHeaders  Index SegId NVoxels Volume_mm3 StructName normMean  \n"
TWO_ROWS = "  1  10     8431     8066.3  Left-Thalamus-Proper  89.4048 \n  2  14        0        0.0  3rd-Ventricle   0.0000 \n"
LONG_NAME = "a_custom_atlas_with_a_name_of_fortyone_chr"


def test_columns_go_by_name_and_not_by_position():
    stats = parse_stats("# ColHeaders ThickAvg StructName NumVert\n2.5 insula 2210\n")
    assert stats.rows.to_dict("list") == {"StructName": ["insula"], "ThickAvg": [2.5], "NumVert": [2210]}


NAMES = {
    "plain": ("insula 2210 1500 4500 3.012", "insula"),
    "with blanks": ("my own  region 2210 1500 4500 3.012", "my own region"),
    "with blanks, and a number in front": ("7 networks 2210 1500 4500 3.012", "7 networks"),
    "two blanks before the count (FreeSurfer 8)": (
        "insula                                    2210   1500   4500  3.012",
        "insula",
    ),
    "a number sign inside": ("region#7 2210 1500 4500 3.012", "region#7"),
    "not ASCII": ("Rindenfeld-Ä 2210 1500 4500 3.012", "Rindenfeld-Ä"),
    "a label's file name": ("lh.entorhinal_exvivo.label 2210 1500 4500 3.012", "lh.entorhinal_exvivo.label"),
}


@pytest.mark.parametrize(("line", "name"), NAMES.values(), ids=NAMES)
def test_names(line, name):
    stats = parse_stats(f"{SURFACE}{line}\n")
    assert stats.names == (name,)
    assert stats.numbers.tolist() == [[2210, 1500, 4500, 3.012]]


def test_a_long_name_that_ran_into_the_count_is_taken_apart_and_said():
    stats = parse_stats(f"{SURFACE}{LONG_NAME}12345 8000 20000 2.5\n")
    assert stats.names == (LONG_NAME,)
    assert stats.numbers[0, 0] == 12345
    assert "had run together" in stats.remarks[0].text
    assert not stats.remarks[0].loss


def test_what_is_said_of_a_row_that_was_taken_apart_is_said_with_its_line():
    rows = f"insula 2210 1500 4500 3.0\nmy own region 2210 1500 4500 3.0\n{LONG_NAME}12345 8000 n/a 2.5\n"
    stats = parse_stats(SURFACE + rows, strict=False)
    assert [(remark.line, remark.loss) for remark in stats.remarks] == [(4, True), (3, False), (4, False)]


@pytest.mark.parametrize(("area", "names"), [("2000", 1), ("1999", 0), ("20000", 1), ("20001", 0)])
def test_a_count_is_taken_for_one_where_a_vertex_has_a_fifth_of_a_square_millimetre_to_two(area, names):
    stats = parse_stats(f"{SURFACE}{LONG_NAME}10000 {area} 20000 2.5\n", strict=False)
    assert len(stats.names) == names


FUSED = {
    "the name may end in a digit": f"{LONG_NAME}112345 8000 20000 2.5",
    "too short to have run together": "insula12345 8000 20000 2.5",
    "no digits": f"{LONG_NAME} 8000 20000 2.5",
    "a count that begins with 0": f"{LONG_NAME}08000 8000 20000 2.5",
}


@pytest.mark.parametrize("line", FUSED.values(), ids=FUSED)
def test_what_cannot_be_taken_apart_for_sure_is_left_out(line):
    area = "60000" if "112345" in line else "8000"  # 112,345 vertices of 0.53 mm^2, or 12,345 of 4.9 mm^2
    line = line.replace("8000", area)
    stats = parse_stats(f"{SURFACE}{line}\n", strict=False)
    if "112345" in line:
        assert stats.numbers[0, 0] == 112345
    else:
        assert stats.names == ()
        assert "expected 5 columns" in stats.remarks[0].text


def test_a_fused_count_with_two_readings_is_left_out():
    line = f"{LONG_NAME}112345 20000 50000 2.5"  # 12,345 vertices of 1.6 mm^2 or 112,345 of 0.18 mm^2: one reading
    assert parse_stats(f"{SURFACE}{line}\n").numbers[0, 0] == 12345
    line = f"{LONG_NAME}112345 24000 50000 2.5"  # 1.9 mm^2 or 0.21 mm^2: both may be
    assert parse_stats(f"{SURFACE}{line}\n", strict=False).names == ()


NUMBERS = {
    "nan": np.nan,
    "-nan": np.nan,
    "NaN": np.nan,
    "inf": np.inf,
    "-inf": -np.inf,
    "1e-05": 1e-05,
    "+2": 2.0,
    "1.": 1.0,
}


@pytest.mark.parametrize(("token", "value"), NUMBERS.items())
def test_numbers_as_printf_writes_them(token, value):
    stats = parse_stats(f"# ColHeaders StructName Mean SNR\nunknown 0.0 {token}\n")
    assert np.array_equal(stats.numbers, [[0.0, value]], equal_nan=True)


@pytest.mark.parametrize("token", ["2,5", "1_000", "12.3.4", "--1", "٢", "0x1f", "n/a", "1e", "."])
def test_what_is_no_number_costs_its_row_and_is_named(token):
    stats = parse_stats(f"{SURFACE}insula 2210 1500 4500 3.0\ncuneus 2210 {token} 4500 3.0\n", strict=False)
    assert stats.names == ("insula",)
    assert re.search(f"line 3|{re.escape(repr(token))}", stats.remarks[0].text)
    assert stats.remarks[0].line == 3


MEASURES = {
    "five parts": ("Cortex, NumVert, Number of Vertices, 134464, unitless", ("Cortex", "NumVert", 134464, "unitless")),
    "FreeSurfer 6 without its comma": (
        "Cortex, CortexVol Total cortical gray matter volume, 469652.251454, mm^3",
        ("Cortex", "CortexVol", 469652.251454, "mm^3"),
    ),
    "FreeSurfer 4.5, two blanks": (
        "Cortex, SurfArea, Surface Area,  100177, mm^2",
        ("Cortex", "SurfArea", 100177, "mm^2"),
    ),
    "padded": (
        "BrainMask, BrainMaskNVox, Number of Brain Mask Voxels, 2251160, unitless",
        ("BrainMask", "BrainMaskNVox", 2251160, "unitless"),
    ),
    "commas in the description": (
        "TFFC, Third-Fourth-Fifth-CSF, volume of 3rd, 4th, 5th ventricle and CSF, 1234.5, mm^3",
        ("TFFC", "Third-Fourth-Fifth-CSF", 1234.5, "mm^3"),
    ),
    "three parts (SAMSEG)": (
        "Intra-Cranial, 1500000.123456, mm^3",
        ("Intra-Cranial", "sbTIV", 1500000.123456, "mm^3"),
    ),
    "general format": (
        "Cortex, WhiteSurfArea, White Surface Total Area, 1.00869e+06, mm^2",
        ("Cortex", "WhiteSurfArea", 1008690, "mm^2"),
    ),
    "hand-edited name": (
        "EstimatedTotalintracranialVol, eTIV, Estimated Total intracranial Volume, 1520021.26, mm^3",
        ("EstimatedTotalintracranialVol", "eTIV", 1520021.26, "mm^3"),
    ),
}


@pytest.mark.parametrize(("line", "expected"), MEASURES.values(), ids=MEASURES)
def test_measure_lines(line, expected):
    (measure,) = parse_stats(f"# Measure {line}\n").measure_lines
    assert (measure.key, measure.field, measure.value, measure.unit) == expected


def test_surface_based_volumes_of_freesurfer_4():
    stats = parse_stats("# surface-based-volume mm3 lh-cerebral-cortex       272327.320292\n")
    assert stats.measure_lines[0].unit == "mm^3"
    table = long_table(stats, subject="s")
    assert table.loc[0, ["hemi", "region", "measure", "value", "unit"]].tolist() == [
        "lh",
        "global",
        "lh-cerebral-cortex",
        272327.320292,
        "mm^3",
    ]


def test_a_measure_of_three_parts_in_a_table_is_its_own_key():
    (measure,) = parse_stats(f"# Measure Intra-Cranial, 15.5, mm^3\n{SURFACE}insula 1 2 3 4\n").measure_lines
    assert measure == MeasureLine("Intra-Cranial", "Intra-Cranial", "", 15.5, "mm^3")


def test_commas_are_part_of_a_description():
    (measure,) = parse_stats(f"# Measure {MEASURES['commas in the description'][0]}\n").measure_lines
    assert measure.description == "volume of 3rd, 4th, 5th ventricle and CSF"


@pytest.mark.parametrize("said", ["# hemi rh\n", "# Annot bert rh aparc\n", "# hemi both\n# Annot bert rh aparc\n"])
def test_the_side_that_the_header_gives_counts_where_no_name_says_it(said):
    assert parse_stats(f"{said}{SURFACE}insula 1 2 3 4\n").hemi == "rh"


def test_another_count_of_columns_is_said_and_the_columns_are_used():
    stats = parse_stats(VOLUME.replace("NTableCols 6", "NTableCols 5") + TWO_ROWS)
    assert [(remark.text, remark.loss) for remark in stats.remarks] == [
        ("expected 5 columns (NTableCols), found 6 in ColHeaders, which are used", False)
    ]
    assert parse_stats(VOLUME + TWO_ROWS).remarks == ()


def test_one_key_with_two_fields_are_two_measures():
    text = "# Measure BrainSeg, BrainSegNVox, n, 5, unitless\n# Measure BrainSeg, BrainSegVol, v, 5.0, mm^3\n"
    assert parse_stats(text).measures["field"].tolist() == ["BrainSegNVox", "BrainSegVol"]


def test_two_values_of_one_measure_are_both_refused():
    text = "# Measure Mask, MaskVol, Mask Volume, 5, mm^3\n# Measure Mask, MaskVol, Mask Volume, 6, mm^3\n"
    stats = parse_stats(text, strict=False)
    assert stats.measures["value"].isna().all()
    with pytest.raises(StatsFormatError, match="expected one value of MaskVol, found 5 and 6"):
        parse_stats(text)


def test_an_intracranial_volume_of_zero_is_missing():
    text = "# Measure SegmentedTotalIntraCranialVol, sTIV, Segmented Total Intracranial Volume, 0.000000, mm^3\n"
    stats = parse_stats(text, strict=False)
    assert np.isnan(stats.measure_lines[0].value)
    assert "sTIV is printed as 0" in stats.remarks[0].text


def test_a_line_that_stands_in_two_files_is_remarked_on_in_both():
    text = "# Measure SegmentedTotalIntraCranialVol, sTIV, Segmented Total Intracranial Volume, 0.000000, mm^3\n"
    remarks = [parse_stats(before + text, strict=False).remarks for before in ("", "# hemi lh\n")]
    assert [[remark.line for remark in said] for said in remarks] == [[1], [2]]


def test_a_structure_without_voxels_has_volume_zero_and_no_intensity():
    table = long_table(parse_stats(VOLUME + TWO_ROWS), subject="s").set_index(["region", "measure"])["value"]
    assert table["3rd-Ventricle", "volume"] == 0
    assert table["3rd-Ventricle", "n_voxels"] == 0
    assert np.isnan(table["3rd-Ventricle", "intensity_mean"])
    assert table["Left-Thalamus", "intensity_mean"] == 89.4048


def test_intensities_carry_the_name_that_they_were_given():
    text = (
        "# ColHeaders Index SegId NVoxels Volume_mm3 StructName nuMean nuSNR\n1 17 10 10.0 Left-Hippocampus 70.0 3.5\n"
    )
    assert long_table(parse_stats(text))["measure"].tolist() == [
        "n_voxels",
        "volume",
        "intensity_mean",
        "intensity_snr",
    ]


def test_contrast_is_per_cent():
    text = "# generating_program mri_segstats\n# InVolFile  /x/surf/lh.w-g.pct.mgh \n# Annot bert lh aparc\n# ColHeaders Index SegId NVertices Area_mm2 StructName Mean SNR\n1 2035 9 8.5 insula -9.084 nan\n"
    stats = parse_stats(text, where="lh.w-g.pct.stats")
    table = long_table(stats, subject="s")
    assert table["measure"].tolist() == ["n_vertices", "area", "contrast_mean", "contrast_snr"]
    assert table["unit"].tolist() == ["unitless", "mm^2", "percent", "unitless"]
    assert table["hemi"].tolist() == ["lh"] * 4
    assert contradiction(stats) is None
    assert "found lh (its header)" in contradiction(parse_stats(text, where="rh.w-g.pct.stats"))


def test_columns_that_nobody_knows_keep_their_name_and_their_printed_unit():
    text = "# TableCol  2 ColHeader MyIndex \n# TableCol  2 Units     furlong \n# ColHeaders StructName MyIndex Other\ninsula 1 2\n"
    table = long_table(parse_stats(text))
    assert table[["measure", "unit"]].to_numpy().tolist() == [["MyIndex", "furlong"], ["Other", "unknown"]]


def test_without_a_colour_table_rows_are_named_by_their_id():
    text = "# ColHeaders Index SegId NVoxels Volume_mm3\n1 17 10 10.0\n"
    assert parse_stats(text).names == ("Seg0017",)


def test_rows_that_share_a_name_are_told_apart_by_their_id():
    text = (
        "# ColHeaders Index SegId NVoxels Volume_mm3 StructName\n1 900 1 1.0 Unknown-Label\n2 901 2 2.0 Unknown-Label\n"
    )
    table = long_table(parse_stats(text))
    assert set(table["region"]) == {"Unknown-Label.900", "Unknown-Label.901"}
    assert set(table["name_found"]) == {"Unknown-Label"}


WHOLE_FILES = {
    "CR LF": (VOLUME + TWO_ROWS).replace("\n", "\r\n").encode(),
    "a byte order mark": b"\xef\xbb\xbf" + (VOLUME + TWO_ROWS).encode(),
    "a user name that is not UTF-8": b"# user     J\xfcrgen\n" + (VOLUME + TWO_ROWS).encode(),
    "blank lines and blanks": ("\n" + VOLUME + TWO_ROWS.replace("\n", "   \n\n") + "   ").encode(),
    "the whole file twice": (VOLUME + TWO_ROWS).encode() * 2,
    "two blanks in ColHeaders": (VOLUME.replace("SegId NVoxels", "SegId   NVoxels") + TWO_ROWS).encode(),
    "NTableCols of 5.3, one too few": (VOLUME.replace("NTableCols 6", "NTableCols 5") + TWO_ROWS).encode(),
}


@pytest.mark.parametrize("data", WHOLE_FILES.values(), ids=WHOLE_FILES)
def test_odd_but_whole(data):
    expected = parse_stats(VOLUME + TWO_ROWS)
    stats = parse_stats(data)
    assert stats.names == expected.names
    assert np.array_equal(stats.numbers, expected.numbers)


BROKEN = {
    "empty": ("", "expected a stats file, found an empty file"),
    "only blanks": (" \n\n", "found an empty file"),
    "only a control character": (b"\x1c", "found an empty file"),
    "binary": (b"# ColHeaders \0\x01", "expected plain text, found binary data"),
    "UTF-16": ((VOLUME + TWO_ROWS).encode("utf-16"), "UTF-16 text of a Windows editor"),
    "a picture's first bytes": (b"\x89PNG\r\n\x1a\nIHDR", "expected a stats file with"),
    "something else": (
        "Dear colleague,\n",
        r"expected a stats file with a '# ColHeaders' or '# Measure' line, found 'Dear",
    ),
    "a group table": ("Measure:volume\tLeft-Hippocampus\nsub-01\t4000\n", r"found a group table \(Measure:volume\)"),
    "a group table of a surface": ("rh.aparc.area\tbankssts\nsub-01\t4000\n", r"found a group table \(rh.aparc.area\)"),
    "a curvature report cut short": (
        "\nRaw <mean> +- <std> (using 'lh.curv'): -0.03 +- 0.17\n",
        r"expected 20 lines of curv, found them without Min, Max",
    ),
    "cut in the header": (
        "# Title Segmentation Statistics \n# \n",
        "expected a '# ColHeaders' line and a table, found none",
    ),
    "cut in the header of a surface": (
        "# Table of FreeSurfer cortical parcellation anatomical statistics \n# \n",
        "expected a '# ColHeaders' line and a table, found none",
    ),
    "cut in the header of a program": (
        "# generating_program mri_segstats\n# cvs_version 7.4.1\n",
        "expected a '# ColHeaders' line and a table, found none",
    ),
    "cut in the header's last word": (
        "# Title Segmentation Statistics \n# Measure Mask, MaskV",
        "expected a line feed at the end",
    ),
    "header only": (SURFACE, "expected a table, found a header and no rows"),
    "a row cut short": (
        SURFACE + "insula 3\n",
        r":2: expected 5 columns \(StructName .*\), found 2 \('insula 3'\). Is the file cut",
    ),
    "a last line without its end": (
        SURFACE + "insula 2210 1500 4500 3.0",
        ":2: expected a line feed at the end of the file",
    ),
    "fewer rows than NRows": (
        VOLUME + TWO_ROWS[:64],
        r"expected 2 rows \(NRows\), found 1; the last is Left-Thalamus-Proper",
    ),
    "more rows than NRows": (
        VOLUME + TWO_ROWS + "3 15 1 1.0 4th-Ventricle 2.0\n",
        r"expected 2 rows \(NRows\), found 3",
    ),
    "one structure, two numbers": (
        SURFACE + "insula 1 2 3 4\ninsula 1 2 3 5\n",
        "expected one row for insula, found rows that differ",
    ),
    "two tables": (
        SURFACE + "insula 1 2 3 4\n# ColHeaders StructName NumVert\n",
        "found a second table with other columns",
    ),
    "a Measure without a number": (
        "# Measure Mask, MaskVol, Mask Volume, big, mm^3\n",
        "expected a Measure line as 'key, field",
    ),
    "a Measure cut short": (
        "# Measure Mask, MaskVol\n# Measure A, a, a, 1, mm\n",
        "expected a Measure line as .*, found 'Mask, MaskVol'",
    ),
    "a row before its header": (
        "insula 1 2\n" + SURFACE.replace("ColHeaders", "Columns"),
        "expected a stats file with",
    ),
    "rows after Measures only": (
        "# Measure Mask, MaskVol, Mask Volume, 5, mm^3\ninsula 1 2\n",
        "expected only '# Measure' lines",
    ),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_what_and_where(data, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(data)


LINES = {
    "a row cut short": 2,
    "a last line without its end": 2,
    "two tables": 3,
    "a Measure without a number": 1,
    "a Measure cut short": 1,
    "rows after Measures only": 2,
    "header only": None,
    "more rows than NRows": None,
}


@pytest.mark.parametrize(("name", "line"), LINES.items(), ids=LINES)
def test_what_is_broken_is_said_with_its_line(name, line):
    assert parse_stats(BROKEN[name][0], strict=False).remarks[0].line == line


def test_every_message_begins_with_the_file():
    with pytest.raises(StatsFormatError, match=r"^/data/sub-01/stats/aseg.stats:6: expected"):
        parse_stats(VOLUME + TWO_ROWS[:-1], where="/data/sub-01/stats/aseg.stats")


@pytest.mark.parametrize("name", ["binary", "UTF-16", "only blanks", "something else", "a group table", "header only"])
def test_whatever_is_wrong_the_file_stands_in_front(name):
    with pytest.raises(StatsFormatError, match=r"^sub-01/lh\.mine\.stats: "):
        parse_stats(BROKEN[name][0], where="sub-01/lh.mine.stats")


def test_regions_that_the_atlas_has_and_the_file_lacks_are_named(fs6):
    text = (fs6 / "lh.aparc.stats").read_text(encoding="utf-8")
    cut = text[: text.index("temporalpole")]
    with pytest.raises(
        StatsFormatError,
        match=r"expected 34 regions, found 31; without temporalpole, transversetemporal, insula. The file may",
    ):
        parse_stats(cut, where="lh.aparc.stats")
    gap = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("frontalpole"))
    with pytest.raises(StatsFormatError, match=r"without frontalpole. The labels may have no vertex"):
        parse_stats(gap, where="lh.aparc.stats")
    assert parse_stats(cut, where="lh.mine.stats").is_whole


def test_measures_that_a_file_of_measures_has_and_this_one_lacks_are_named():
    names = source_of("brainvol").measures
    lines = [f"# Measure {name}, {name}, what it is, {i}, mm^3\n" for i, name in enumerate(names, start=1)]
    assert parse_stats("".join(lines), where="brainvol.stats", strict=False).is_whole
    with pytest.raises(StatsFormatError, match=rf"expected {len(names)} Measures, found .*; without {names[3]}$"):
        parse_stats("".join(lines[:3] + lines[4:]), where="brainvol.stats")


def test_source_and_side_come_from_the_name_or_else_from_the_command_line(fs6):
    data = (fs6 / "lh.aparc.stats").read_bytes()
    assert (parse_stats(data).source, parse_stats(data).hemi) == ("aparc", "lh")
    other = parse_stats(data, where="C:\\data\\rh.mine.stats")
    assert (other.source, other.hemi) == ("mine", "rh")
    assert contradiction(other) == "expected hemisphere rh (its name), found lh (its header)"


def test_a_file_under_the_name_of_another_kind_is_found_out(fs6):
    data = (fs6 / "lh.aparc.stats").read_bytes()
    other = parse_stats(data, where="lh.aparc.a2009s.stats", strict=False)
    assert contradiction(other) == "expected aparc.a2009s (its name), found aparc (its header's command line)"
    assert contradiction(parse_stats(data, where="lh.my.copy.stats")) is None


@pytest.mark.parametrize("cut", range(0, 6600, 37))
def test_a_file_cut_anywhere_is_found_out_and_what_is_left_is_right(fs6, cut):
    data = (fs6 / "lh.aparc.stats").read_bytes()
    whole = parse_stats(data, where="lh.aparc.stats")
    try:
        stats = parse_stats(data[:cut], where="lh.aparc.stats", strict=False)
    except StatsFormatError:
        return
    assert not stats.is_whole
    assert stats.names == whole.names[: len(stats.names)]
    assert np.array_equal(stats.numbers, whole.numbers[: len(stats.names)].reshape(stats.numbers.shape))
    assert stats.measure_lines == whole.measure_lines[: len(stats.measure_lines)]


TOKENS = st.one_of(
    st.floats(width=64).map(repr), st.integers(-10, 10**7).map(str), st.sampled_from(["nan", "-nan", "inf"])
)


@given(
    st.lists(
        st.tuples(st.from_regex(r"[A-Za-z_&.-]{1,30}", fullmatch=True), TOKENS, TOKENS),
        unique_by=lambda row: row[0],
        min_size=1,
    )
)
def test_what_is_printed_is_what_is_read(rows):
    body = "".join(f"{name:<40}{a:>9} {b:>5} \n" for name, a, b in rows)
    stats = parse_stats(f"# ColHeaders StructName NumVert ThickAvg\n{body}", strict=False)
    if all(len(name) < 40 for name, _, _ in rows):
        assert stats.names == tuple(name for name, _, _ in rows)
        assert np.array_equal(stats.numbers, [[float(a), float(b)] for _, a, b in rows], equal_nan=True)


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400), st.text("# \nMeasureColHeaders,.0123-", max_size=300)))
def test_no_input_raises_anything_but_our_own_error(data):
    with suppress(FsstatsError):
        long_table(parse_stats(data, strict=False))


@given(st.data())
def test_no_mutation_of_a_real_file_raises_anything_but_our_own_error(data):
    original = (FS6 / "wmparc.stats").read_bytes()
    start = data.draw(st.integers(0, len(original)))
    length = data.draw(st.integers(0, 60))
    mutated = original[:start] + data.draw(st.binary(max_size=20)) + original[start + length :]
    with suppress(FsstatsError):
        long_table(parse_stats(mutated, where="wmparc.stats", strict=False))


def test_a_remark_on_the_whole_file_has_no_line_in_front():
    with pytest.raises(StatsFormatError, match=r"^lh\.mine\.stats: expected a table, found a header and no rows"):
        parse_stats(SURFACE, where="lh.mine.stats")


PROGRAM = "# generating_program mris_anatomical_stats\n# ColHeaders StructName NumVert ThickAvg\n"
DECIMALS = {
    "all alike": (("1.500", "2.250", "3.125"), ()),
    "all whole": (("1", "2", "3"), ()),
    "one less": (("1.500", "2.25", "3.125"), ("2.25",)),
    "the first": (("1.5", "2.250", "3.125"), ("1.5",)),
    "no point": (("1.500", "2", "3.125"), ("2",)),
    "a point among whole numbers": (("1", "2.0", "3"), ("2.0",)),
    "no number first": (("nan", "2.250", "3.125"), ()),
    "no number among them": (("1.500", "inf", "3.125"), ()),
    "an exponent": (("1.500", "2.25e-7", "3.125"), ()),
    "no plain number": (("nan", "1e5", "2.5E3"), ()),
    "a tie goes to the fewer": (("1.50", "2.250"), ("2.250",)),
}


@pytest.mark.parametrize(("printed", "odd"), DECIMALS.values(), ids=DECIMALS)
def test_a_cell_with_other_decimals_than_its_column_costs_its_row(printed, odd):
    rows = "".join(f"region{i} {i} {cell}\n" for i, cell in enumerate(printed))
    stats = parse_stats(PROGRAM + rows, where="lh.mine.stats", strict=False)
    assert len(stats.names) == len(printed) - len(odd)
    assert [re.search(r"found (\S+) in the row", remark.text)[1] for remark in stats.remarks] == list(odd)


MY_ATLAS = """
[[source]]
name = "mine"
description = "My atlas"
atlas = "mine"
complete = true
"""
MY_REGION = """
[[region]]
atlas = "mine"
name = "{}"
"""


def test_a_region_that_is_described_later_counts_from_then_on(request):
    request.addfinalizer(lambda: _registry.forget(added=True))
    text = PROGRAM + "insula 10 2.5\n"
    _registry.add(MY_ATLAS + MY_REGION.format("insula"), "mine.toml")
    assert parse_stats(text, where="mine.stats").names == ("insula",)
    _registry.add(MY_REGION.format("cuneus"), "more.toml")
    with pytest.raises(StatsFormatError, match="expected 2 regions, found 1; without cuneus"):
        parse_stats(text, where="mine.stats")
