"""Volumes as cells: SynthSeg, WMH-SynthSeg, the hypothalamus, and what else FastSurfer leaves as JSON."""

import csv
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.formats import format_of
from fsstats.schema import segid_of
from tests_support import HANDMADE

DEEP = HANDMADE / "deep"
FILES = {path.name: path.read_bytes() for path in DEEP.iterdir()}
VOL, PARC, QC = FILES["synthseg.vol.csv"], FILES["synthseg.parc.vol.csv"], FILES["synthseg.qc.csv"]
WMH, TIV = FILES["wmhsynthseg.csv"], FILES["synthseg.tiv.dat"]
HYPO_NAME = "hypothalamic_subunits_volumes.v1.csv"
HYPO = FILES[HYPO_NAME]


def table_of(data, where):
    return long_table(parse_stats(data, where=where), subject="sub-01")


def printed(data):
    """Give the cells of a file, by Python's own csv module."""
    heading, row = csv.reader(data.decode().splitlines())
    return dict(zip(heading[1:], map(float, row[1:]), strict=True))


def test_synthseg_has_asegs_names_and_ids_and_the_printed_numbers():
    table = table_of(VOL, "sub-01/stats/synthseg.vol.csv")
    rows = table[table["region"] != "global"].set_index("name_found")
    cells = printed(VOL)
    totals = table.loc[table["region"] == "global", ["measure", "value", "unit"]].values.tolist()
    assert totals == [["sTIV", cells.pop("total intracranial"), "mm^3"]]
    assert rows["value"].to_dict() == cells
    assert rows.loc["left thalamus", ["source", "hemi", "region", "measure", "unit", "segid"]].tolist() == [
        "synthseg",
        "lh",
        "Left-Thalamus",
        "volume",
        "mm^3",
        10,
    ]
    assert rows.loc["3rd ventricle", "region"] == "3rd-Ventricle"
    assert rows.loc["right inferior lateral ventricle", ["hemi", "segid"]].tolist() == ["rh", 44]
    assert rows.loc["left cerebral cortex", "region"] == "Left-Cerebral-Cortex"


def test_with_parcels_the_cortex_is_a_measure_of_its_side():
    stats = parse_stats(PARC, where="sub-01/stats/synthseg.vol.csv")
    table = long_table(stats)
    cells = printed(PARC)
    totals = table.loc[table["region"] == "global", ["hemi", "measure", "value"]].fillna("").values.tolist()
    assert totals == [
        ["", "sTIV", cells["total intracranial"]],
        ["lh", "Left-Cerebral-Cortex", cells["left cerebral cortex"]],
        ["rh", "Right-Cerebral-Cortex", cells["right cerebral cortex"]],
    ]
    parcels = table[table["region"].str.startswith("ctx-")]
    assert len(parcels) == 68
    assert parcels.set_index("region")["value"].to_dict() == {n: v for n, v in cells.items() if n.startswith("ctx-")}
    assert "Left-Cerebral-Cortex" not in table["region"].to_numpy()
    assert stats.subject == "sub-01_T1w"
    assert "the parcels add up to 421000.376, the cerebral cortex to 501001" in stats.remarks[0].text


@pytest.mark.parametrize(("data", "subject"), [(VOL, None), (QC, None), (PARC, "sub-01_T1w"), (HYPO, "sub-01")])
def test_the_name_of_an_image_is_no_subject(data, subject):
    assert parse_stats(data).subject == subject


def test_without_a_total_nothing_says_whether_it_is_whole():
    older = VOL.replace(b"total intracranial,", b"").replace(b"orig.mgz,1539816.1,", b"orig.mgz,")
    stats = parse_stats(older)
    assert stats.is_whole
    assert "without 'total intracranial'" in stats.remarks[0].text


def test_quality_scores_are_unitless_by_group_of_structures():
    table = table_of(QC, "sub-01/stats/synthseg.qc.csv")
    assert set(table["source"]) == {"synthseg.qc"}
    assert set(zip(table["measure"], table["unit"], strict=True)) == {("qc_score", "unitless")}
    assert table.set_index("region")["value"].to_dict() == printed(QC)


def test_the_intracranial_volume_that_recon_all_passes_on():
    table = table_of(TIV, "sub-01/stats/synthseg.tiv.dat")
    expected = ["synthseg.tiv", "global", "sTIV", float(TIV), "mm^3"]
    assert table[["source", "region", "measure", "value", "unit"]].values.tolist() == [expected]
    missing = parse_stats(b"0.0 ", where="stats/synthseg.tiv.dat", strict=False)
    assert np.isnan(missing.measure_lines[0].value)
    assert not missing.is_whole


def test_white_matter_hyperintensities_keep_their_name_and_the_others_get_asegs():
    stats = parse_stats(WMH, where="sub-01/volumes.csv")
    table = long_table(stats).set_index("name_found")
    cells = {name.partition("(")[0]: value for name, value in printed(WMH).items()}
    assert stats.source == "wmhsynthseg"
    assert stats.subject is None
    assert table["value"].to_dict() == cells
    assert table.loc["Intracranial-volume", "region"] == "global"
    assert table.loc["WMH", ["region", "segid"]].tolist() == ["WMH", 77]
    assert table.loc["left-accumbens", ["hemi", "region", "segid"]].tolist() == ["lh", "Left-Accumbens-area", 26]


def test_the_hypothalamus_has_the_names_of_its_stats_file():
    table = table_of(HYPO, f"sub-01/mri/{HYPO_NAME}")
    assert set(table["source"]) == {"hypothalamus.v1"}
    totals = table.loc[table["region"] == "global", ["hemi", "measure", "value"]].values.tolist()
    assert totals == [["lh", "Whole-Left", 367.629], ["rh", "Whole-Right", 371.375]]
    rows = table[table["region"] != "global"].set_index("region")
    assert list(rows.index[:5]) == [
        "Left-Anterior-Inferior",
        "Left-Anterior-Superior",
        "Left-Posterior",
        "Left-Tubular-Inferior",
        "Left-Tubular-Superior",
    ]
    assert rows.loc["Right-Tubular-Inferior", ["hemi", "measure", "value", "unit"]].tolist() == [
        "rh",
        "volume",
        128.125,
        "mm^3",
    ]


def with_second_line(data):
    return data + data.split(b"\n")[1] + b"\n"


GROUPS = {"volumes": VOL, "scores": QC, "hyperintensities": WMH, "hypothalamus": HYPO}


@pytest.mark.parametrize("data", GROUPS.values(), ids=GROUPS)
def test_several_subjects_are_a_group_table(data):
    with pytest.raises(StatsFormatError, match="found a group table of 2 subjects") as raised:
        parse_stats(with_second_line(data))
    assert raised.value.status == "skipped"


BROKEN = {
    "a lost column": (
        VOL.replace(b"left thalamus,", b"").replace(b",7100.25", b""),
        "synthseg.vol.csv",
        "total intracranial of 1539816.1, found parts that add up to 1532715.85",
    ),
    "an edited number": (VOL.replace(b"7100.25", b"7900.25"), "synthseg.vol.csv", "found parts that add up to"),
    "a decimal comma": (
        VOL.replace(b"7100.25", b"7100,25"),
        "synthseg.vol.csv",
        "34 cells, as in the heading, found 35",
    ),
    "a line cut short": (VOL[:-20], "synthseg.vol.csv", "a line feed at the end of the file"),
    "no line of numbers": (
        VOL.split(b"\n")[0] + b"\n",
        "synthseg.vol.csv",
        "a line of numbers, found only the heading",
    ),
    "a heading cut short": (VOL[:200], "synthseg.vol.csv", "found less than one whole line"),
    "an empty cell": (VOL.replace(b"7100.25", b""), "synthseg.vol.csv", "a number for left thalamus, found ''"),
    "one name twice": (
        VOL.replace(b"left caudate", b"left thalamus"),
        "synthseg.vol.csv",
        "one column 'left thalamus'",
    ),
    "a lost parcel": (
        PARC.replace(b",ctx-rh-insula", b"").replace(PARC[PARC.rindex(b",") : -2], b""),
        "synthseg.vol.csv",
        "68 parcels, found 67; without ctx-rh-insula",
    ),
    "a score above 1": (
        QC.replace(b"0.7812", b"7.812"),
        "synthseg.qc.csv",
        "0 to 1 for general white matter, found 7.812",
    ),
    "a lost score": (
        QC.replace(b",thalamus", b"").replace(b",0.8401", b""),
        "synthseg.qc.csv",
        "8 scores, found no thalamus",
    ),
    "a total that may be cut": (b"1539816", "stats/synthseg.tiv.dat", "a blank behind the number"),
    "no total": (b"0 ", "stats/synthseg.tiv.dat", "sTIV is printed as 0"),
    "a whole that is not its parts": (HYPO.replace(b"110.500", b"111.500"), HYPO_NAME, "Whole-Left of 367.629"),
    "a lost whole": (
        HYPO.replace(b",whole right", b"").replace(b",371.375", b""),
        HYPO_NAME,
        "five subunits of the Right and their whole, found 5 subunits and no whole",
    ),
    "a column without id": (WMH.replace(b"left-thalamus(10)", b"left-thalamus"), "v.csv", "a column as 'name"),
    "under another name": (VOL, "lh.aparc.stats", "expected aparc .its name., found what synthseg files hold"),
}


@pytest.mark.parametrize(("data", "where", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_what_is_wrong(data, where, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(data, where=where)


WHOLE = {"synthseg.vol.csv": VOL, "synthseg.qc.csv": QC, HYPO_NAME: HYPO, "v.csv": WMH, "stats/synthseg.tiv.dat": TIV}


LINES = {
    "a lost column": None,
    "a decimal comma": 2,
    "a line cut short": 2,
    "no line of numbers": None,
    "an empty cell": 2,
    "one name twice": 1,
    "a score above 1": 2,
    "a total that may be cut": 1,
    "a column without id": 1,
}


@pytest.mark.parametrize(("name", "line"), LINES.items(), ids=LINES)
def test_what_is_lost_is_said_with_its_line(name, line):
    data, where, _ = BROKEN[name]
    first = parse_stats(data, where=where, strict=False).remarks[0]
    assert (first.line, first.loss) == (line, True)


TABLES = ("synthseg.vol.csv", "synthseg.qc.csv", HYPO_NAME, "v.csv")


@pytest.mark.parametrize("where", TABLES)
def test_an_error_begins_with_the_file(where):
    heading = WHOLE[where].split(b"\n")[0]
    for data in (with_second_line(WHOLE[where]), heading):
        with pytest.raises(StatsFormatError, match=f"^sub-01/{re.escape(where)}: expected"):
            parse_stats(data, where=f"sub-01/{where}")


@pytest.mark.parametrize("where", TABLES)
def test_of_a_heading_alone_nothing_else_is_said(where):
    heading = WHOLE[where].split(b"\n")[0] + b"\n"
    assert len(parse_stats(heading, where=where, strict=False).remarks) == 1


ABOUT = {
    "volumes": (VOL, {"image": "orig.mgz"}, [("total intracranial", "sTIV")]),
    "parcels": (
        PARC,
        {"subjectname": "sub-01_T1w"},
        [
            ("total intracranial", "sTIV"),
            ("left cerebral cortex", "Left-Cerebral-Cortex"),
            ("right cerebral cortex", "Right-Cerebral-Cortex"),
        ],
    ),
    "scores": (QC, {"image": "native.mgz"}, []),
    "hyperintensities": (
        WMH,
        {"segmentation": "/data/out/sub-01_seg.nii.gz"},
        [("Intracranial-volume", "Intracranial-volume")],
    ),
    "hypothalamus": (HYPO, {"subjectname": "sub-01"}, [("Whole-Left", "Whole-Left"), ("Whole-Right", "Whole-Right")]),
}


@pytest.mark.parametrize(("data", "header", "measures"), ABOUT.values(), ids=ABOUT)
def test_header_and_totals_are_called_as_in_the_file(data, header, measures):
    stats = parse_stats(data, strict=False)
    assert stats.header == header
    assert [(line.key, line.field) for line in stats.measure_lines] == measures
    assert set(stats.units) == {""}  # the units are the schema's


def test_the_hypothalamus_has_the_ids_of_its_atlas():
    table = table_of(HYPO, HYPO_NAME).set_index("region")["segid"]
    assert table["Left-Anterior-Inferior"] == segid_of("Left-Anterior-Inferior", "hypothalamus", "lh")
    assert table.drop("global").notna().all()


OURS = ("synthseg", "synthseg.qc", "synthseg.tiv", "wmhsynthseg", "hypothalamus.csv", "callosum")
STRANGERS = {
    "participants": (b"participant_id\tage\nsub-01\t30\n", "participants.tsv"),
    "a lone number": (b"1539816.1 \n", "vol.txt"),
    "prose": (b"Dear all,\nplease find attached\n", "mail.csv"),
    "a table of mine": (b"subject,left thalamus\nsub-01,7000\n", "mine.csv"),
    "JSON": (b'{"a": 1}\n', "sidecar.json"),
    "nothing": (b"", "empty.csv"),
    "binary": (bytes(range(256)), "image.csv"),
}


@pytest.mark.parametrize(("data", "where"), STRANGERS.values(), ids=STRANGERS)
def test_files_of_others_are_left_to_others(data, where):
    assert format_of(data, where).name not in OURS


@pytest.mark.parametrize("name", ["callosum.CC.midslice.json", "callosum.CC.all_slices.json"])
def test_the_corpus_callosum_of_fastsurfer_is_known_and_refused(name):
    with pytest.raises(StatsFormatError, match="corpus callosum module") as raised:
        parse_stats(b'{"total_area": 600.5}\n', where=f"sub-01/stats/{name}")
    assert raised.value.status == "skipped"


@given(st.data())
def test_a_file_that_is_cut_anywhere_is_not_whole(data):
    where = data.draw(st.sampled_from(list(WHOLE)))
    end = len(WHOLE[where].rstrip(b"\r\n ") if where.endswith("dat") else WHOLE[where].rstrip(b"\r\n"))
    cut = WHOLE[where][: data.draw(st.integers(0, end))]
    with pytest.raises(StatsFormatError):
        parse_stats(cut, where=where)


@given(st.sampled_from(list(WHOLE)), st.binary(max_size=8), st.integers(0, 400))
def test_whatever_stands_in_a_file_nothing_but_our_error_is_raised(where, noise, place):
    content = WHOLE[where][:place] + noise + WHOLE[where][place + 1 :]
    try:
        stats = parse_stats(content, where=where, strict=False)
    except StatsFormatError:
        return
    assert not long_table(stats).duplicated(["source", "hemi", "region", "measure"]).any()
