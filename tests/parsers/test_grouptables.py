"""Tables of many subjects: who made them, what their columns are, and what stands for no value."""

import csv
import re
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import FsstatsError, StatsFormatError, UnknownNameError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.grouptables import GroupTable, parse_group_table, recognises_group_table
from fsstats.schema import printed_regions, regions
from tests_support import CORPUS, FS6, HANDMADE

FIXTURES = HANDMADE / "grouptables"
NO_CORPUS = pytest.param(None, marks=pytest.mark.skip(reason="no real files here: set FSSTATS_CORPUS"), id="corpus")


def read(name, **given_by_user):
    return parse_group_table((FIXTURES / name).read_bytes(), name, **given_by_user)


def text_table(text, where="any.table", **given_by_user):
    return parse_group_table(text.encode(), where, **given_by_user)


def cells(table: GroupTable):
    """Give value and unit by subject, source, hemi, region and measure."""
    labels = list(zip(table.sources, table.layout.hemi, table.layout.region, table.layout.measure, strict=True))
    assert len(set(labels)) == len(labels)
    return {
        (subject, *label): (value, unit)
        for subject, row in zip(table.subjects, table.values.tolist(), strict=True)
        for label, value, unit in zip(labels, row, table.layout.unit, strict=True)
    }


def said(table):
    return "; ".join(remark.text for remark in table.remarks)


NAN = (np.nan, "mm^3")
# file: kind, unrecognised, subjects, number of values, and some of them; each number stands in the file itself
FILES = {
    "aseg.volume.table": (
        "asegstats2table",
        (),
        ("sub-01_ses-1", "sub-01_ses-1.long.sub-01", "sub-02_ses-1"),
        8,
        {
            ("sub-01_ses-1", "aseg", "lh", "Left-Thalamus", "volume"): (8012.3, "mm^3"),
            ("sub-01_ses-1", "aseg", None, "global", "eTIV"): (1500000.5, "mm^3"),
            ("sub-01_ses-1", "aseg", None, "5th-Ventricle", "volume"): (0.0, "mm^3"),
            ("sub-01_ses-1", "aseg", "lh", "global", "lhSurfaceHoles"): (12.0, "unitless"),
            ("sub-01_ses-1.long.sub-01", "aseg", "lh", "global", "lhSurfaceHoles"): (np.nan, "unitless"),
            ("sub-02_ses-1", "aseg", "lh", "Left-Hippocampus", "volume"): (0.0, "mm^3"),
            ("sub-02_ses-1", "aseg", None, "global", "BrainSegVol-to-eTIV"): (0.75, "unitless"),
        },
    ),
    "subject.lh.aparc.area.stats": (
        "aparcstats2table",
        (),
        ("sub-01", "sub-02"),
        6,
        {
            ("sub-01", "aparc", "rh", "insula", "area"): (2300.0, "mm^2"),
            ("sub-01", "aparc", "rh", "???", "area"): (3.0, "mm^2"),
            ("sub-01", "aparc", "rh", "global", "WhiteSurfArea"): (91000.0, "mm^2"),
            ("sub-01", "aparc", "rh", "global", "eTIV"): (1500000.5, "mm^3"),
            ("sub-02", "aparc", "rh", "bankssts", "area"): (np.nan, "mm^2"),
        },
    ),
    "aparc.append.table": (
        "aparcstats2table",
        (),
        ("sub-01", "sub-02"),
        8,
        {
            ("sub-01", "aparc", "lh", "insula", "thickness"): (3.0, "mm"),
            ("sub-02", "aparc", "lh", "insula", "area"): (2200.0, "mm^2"),
            ("sub-02", "aparc", "lh", "global", "MeanThickness"): (2.4, "mm"),
            ("sub-02", "aparc", "lh", "global", "eTIV"): (1400000.25, "mm^3"),
        },
    ),
    "LandRvolumes.csv": (
        "enigma",
        (),
        ("sub-01", "sub-02"),
        17,
        {
            ("sub-01", "aseg", "lh", "Left-Pallidum", "volume"): (1900.0, "mm^3"),
            ("sub-01", "aseg", "rh", "Right-Accumbens-area", "volume"): (590.0, "mm^3"),
            ("sub-01", "aseg", None, "global", "eTIV"): (1500000.5, "mm^3"),
            ("sub-02", "aseg", "lh", "Left-Hippocampus", "volume"): NAN,
            ("sub-02", "aseg", "lh", "Left-Amygdala", "volume"): NAN,
            ("sub-02", "aseg", "lh", "Left-Accumbens-area", "volume"): NAN,
        },
    ),
    "CorticalMeasuresENIGMA_SurfAvg.csv": (
        "enigma",
        ("Freesurfer_Version",),
        ("sub-01", "sub-02"),
        9,
        {
            ("sub-01", "aparc", "lh", "bankssts", "area"): (880.0, "mm^2"),
            ("sub-01", "aparc", "rh", "global", "MeanThickness"): (2.44, "mm"),
            ("sub-01", "aparc", "lh", "global", "WhiteSurfArea"): (90500.0, "mm^2"),
            ("sub-01", "aseg", None, "global", "eTIV"): (1500000.5, "mm^3"),
            ("sub-02", "aseg", None, "global", "eTIV"): NAN,
        },
    ),
    "labs.csv": (
        "spreadsheet",
        ("AGE_AT_SCAN", "SITE"),
        ("sub-01", "sub-02"),
        6,
        {
            ("sub-01", "aparc", "lh", "bankssts", "thickness"): (2.45, "mm"),
            ("sub-01", "aparc", "rh", "insula", "volume"): (7000.5, "mm^3"),
            ("sub-01", "wmparc", "lh", "wm-lh-insula", "volume"): (9000.0, "mm^3"),
            ("sub-01", "aseg", "lh", "Left-Amygdala", "volume"): (1600.5, "mm^3"),
            ("sub-01", "aseg", None, "global", "eTIV"): (1500000.5, "mm^3"),
            ("sub-02", "aseg", None, "global", "eTIV"): NAN,
            ("sub-02", "aseg", "lh", "Left-Hippocampus", "volume"): NAN,
            ("sub-02", "aseg", "lh", "Left-Amygdala", "volume"): NAN,
            ("sub-02", "aparc", "lh", "bankssts", "thickness"): (np.nan, "mm"),
        },
    ),
    "hypothalamic_subunits_volumes_all.v1.csv": (
        "hypothalamus.csv",
        (),
        ("sub-01", "sub-02"),
        12,
        {
            ("sub-01", "hypothalamus.v1", "lh", "Left-Anterior-Inferior", "volume"): (16.1, "mm^3"),
            ("sub-02", "hypothalamus.v1", "rh", "Right-Tubular-Superior", "volume"): (110.5, "mm^3"),
        },
    ),
    "sclimbic_volumes_all.csv": (
        "sclimbic",
        (),
        ("sub-01", "sub-02"),
        6,
        {
            ("sub-01", "sclimbic", "lh", "Left-Nucleus-Accumbens", "volume"): (498.1234, "mm^3"),
            ("sub-02", "sclimbic", None, "Mid-AntCom", "volume"): (50.1, "mm^3"),
            ("sub-02", "sclimbic", None, "global", "eTIV"): (1400000.25, "mm^3"),
        },
    ),
    "hippo.table": (
        "subfields",
        (),
        ("sub-01", "sub-02"),
        8,
        {
            ("sub-01", "hippoSf", "lh", "CA1-head", "volume"): (520.5, "mm^3"),
            ("sub-02", "hippoSf", "rh", "HATA", "volume"): (60.5, "mm^3"),
            ("sub-02", "hippoSf", "rh", "global", "Whole_hippocampus"): (1081.5, "mm^3"),
        },
    ),
    "synthseg.csv": (
        "synthseg",
        (),
        ("sub-01", "sub-02"),
        33,
        {
            ("sub-01", "synthseg", "lh", "Left-Hippocampus", "volume"): (4100.5, "mm^3"),
            ("sub-02", "synthseg", "lh", "Left-Hippocampus", "volume"): (4090.5, "mm^3"),
            ("sub-01", "synthseg", None, "global", "sTIV"): (1480297.5, "mm^3"),
        },
    ),
}


@pytest.mark.parametrize(("name", "case"), FILES.items(), ids=FILES)
def test_a_table_is_recognised_and_read(name, case):
    kind, unrecognised, subjects, n_values, values = case
    content = (FIXTURES / name).read_bytes()
    table = read(name)
    assert recognises_group_table(content, "any.name")
    assert recognises_group_table(content[:4096], name)
    assert (table.kind, table.unrecognised, table.subjects) == (kind, unrecognised, subjects)
    assert table.values.shape == (len(subjects), n_values)
    assert len(table.sources) == len(table.layout) == n_values
    assert table.layout.n_fields == table.layout.region.count("global")
    assert set(table.layout.region[table.layout.n_fields :]).isdisjoint({"global"})
    found = cells(table)
    for key, (value, unit) in values.items():
        assert found[key][1] == unit, key
        assert found[key][0] == pytest.approx(value, rel=1e-12, nan_ok=True), key


DOUBTS = {
    "a zero that may be true": ("aseg.volume.table", "1 value is 0, which may be true .* Left-Hippocampus of sub-02"),
    "holes of a longitudinal run": (
        "aseg.volume.table",
        "1 value is printed as 0, .* lhSurfaceHoles of sub-01_ses-1.long",
    ),
    "a name for the other side": ("subject.lh.aparc.area.stats", "called lh and its first cell says rh.aparc.area"),
    "a region that is 0": ("subject.lh.aparc.area.stats", "1 value is printed as 0, .*rh_bankssts_area of sub-02"),
    "a path": ("LandRvolumes.csv", "1 subjects are given as paths such as run/out.1/sub-01"),
    "six digits": ("LandRvolumes.csv", "1 numbers are rounded to few digits, such as 1.40000e.06"),
    "two numbers in one": ("CorticalMeasuresENIGMA_SurfAvg.csv", "number in column 'ICV', found '1420434.16052115"),
    "columns that differ": ("labs.csv", r"one global eTIV a subject, found several in 1 rows \(columns 'eTIV'\)"),
    "no measure": ("labs.csv", "3 columns such as 'Left-Hippocampus' without a word for the measure"),
    "no release": ("hippo.table", "which release segmented is not said"),
}


@pytest.mark.parametrize(("name", "pattern"), DOUBTS.values(), ids=DOUBTS)
def test_what_is_doubtful_is_said(name, pattern):
    assert re.search(pattern, said(read(name)))


def test_other_columns_are_kept_as_text():
    assert read("labs.csv").others.to_dict("list") == {"AGE_AT_SCAN": ["30,5", "31"], "SITE": ["A", "B"]}


DELIMITERS = {"tab": "\t", "comma": ",", "space": " ", "semicolon": ";", "several blanks": "   "}


@pytest.mark.parametrize("delimiter", DELIMITERS.values(), ids=DELIMITERS)
@pytest.mark.parametrize("transposed", [False, True])
def test_every_delimiter_and_orientation_gives_the_same(delimiter, transposed):
    rows = [line.split("\t") for line in (FIXTURES / "aseg.volume.table").read_text().splitlines()]
    turned = list(zip(*rows, strict=True)) if transposed else rows
    text = "".join(f"{delimiter.join(row)}\n" for row in turned)
    table, plain = text_table(text), read("aseg.volume.table")
    assert recognises_group_table(text.encode(), "")
    assert table.layout == plain.layout
    assert np.array_equal(table.values, plain.values, equal_nan=True)
    assert ("--transpose rounds" in said(table)) == transposed


NOT_TABLES = {
    "people": "participant_id\tage\tsex\teTIV\nsub-01\t30\tF\t1500000\n",
    "sessions": "session_id\tacq_time\tLeft-Hippocampus\nses-1\t2020-01-01\t4000\n",
    "our long table": "subject,session,stream,source,hemi,region,measure,value,unit\ns,,cross,aseg,lh,Left-Amygdala,volume,1,mm^3\n",
    "our wide table": "subject,session,stream,aparc_lh_insula_thickness,aparc_rh_insula_area,aseg_Left-Amygdala_volume,aseg_eTIV\na,,cross,1,2,3,4\n",
    "our files table": "path,subject,session,stream,source,hemi,part,tool,version,status,problem\na,b,,cross,aseg,,,,,ok,\n",
    "one subject of SynthSeg": "subject,total intracranial,left cerebral white matter\na,1,1\n",
    "samseg.csv": "ROI,volume_mm3,volume_ICV_x1000\nLeft-Amygdala,1,2\nLeft-Caudate,3,4\nLeft-Putamen,5,6\nCSF,7,8\n",
    "names and volumes": "Left-Amygdala 1\nLeft-Caudate 2\nLeft-Putamen 3\nCSF 3\n",
    "gtm.stats.dat": "1 2 Left-Amygdala subcort_gm 10 1.0 2.0\n2 3 Left-Caudate subcort_gm 10 1.0 2.0\n",
    "a lookup table": "#No. Label Name: R G B A\n17 Left-Hippocampus 1 2 3 0\n",
    "a heading alone": "SubjID,LLatVent,RLatVent,Lthal,Rthal\n",
    "words like ours": "id,V1,MT,insula,FI,brain_volume,unknown\na,1,2,3,4,5,6\n",
    "nothing": "",
    "blank lines": "\n\n",
    "prose": "The hippocampus, the amygdala, and the thalamus\nare in the brain\n",
    "post": "participant_id\tatlas\themisphere\tstructname\tnumvert\tsurfarea\tgrayvol\nsub-1\taparc\tlh\tinsula\t1\t2\t3\n",
}


@pytest.mark.parametrize("text", NOT_TABLES.values(), ids=NOT_TABLES)
def test_other_files_are_not_taken_for_tables(text):
    assert not recognises_group_table(text.encode(), "participants.tsv")


def test_no_stats_file_is_taken_for_a_table():
    files = [*FS6.glob("*.stats"), *HANDMADE.glob("*.stats")]
    assert files
    assert not any(recognises_group_table(path.read_bytes(), path.name) for path in files)


SOURCES = {
    "aseg": ("Measure:volume,Left-Amygdala\na,1500\n", {}, "aseg", "Left-Amygdala"),
    "older name": ("Measure:volume,Left-Thalamus-Proper\na,8000\n", {}, "aseg", "Left-Thalamus"),
    "white matter": ("Measure:volume,wm-lh-insula,Left-UnsegmentedWhiteMatter\na,9,9\n", {}, "wmparc", "wm-lh-insula"),
    "ribbon": ("Measure:volume,Left-Amygdala,ctx-lh-bankssts\na,1,2\n", {}, "aparc+aseg", "ctx-lh-bankssts"),
    "ribbon of Destrieux": (
        "Measure:volume,Left-Amygdala,ctx_lh_G_front_sup\na,1,2\n",
        {},
        "aparc.a2009s+aseg",
        "ctx_lh_G_front_sup",
    ),
    "FastSurfer": (
        "Measure:volume,Left-Amygdala,ctx-lh-insula\na,1,2\n",
        {"source": "aseg+DKT"},
        "aseg+DKT",
        "ctx-lh-insula",
    ),
    "contrast": ("Measure:mean,bankssts\na,20.5\n", {"hemi": "rh"}, "w-g.pct", "bankssts"),
    "own segmentation": ("Measure:volume,Left-Blob\na,5\n", {"source": "blobs"}, "blobs", "Left-Blob"),
    "any parcellation": ("lh.glasser.area,lh_V1_ROI_area\na,5\n", {}, "glasser", "V1_ROI"),
    "pial surface": ("lh.aparc.pial.area,lh_insula_area\na,5\n", {}, "aparc.pial", "insula"),
    "Destrieux of version 6": (
        "lh.aparc.a2009s.area,lh_G&S_frontomargin_area\na,5\n",
        {},
        "aparc.a2009s",
        "G_and_S_frontomargin",
    ),
    "the user's word": (
        "lh.aparc.area,lh_insula_area\na,5\n",
        {"source": "aparc.DKTatlas"},
        "aparc.DKTatlas",
        "insula",
    ),
    "regions of Destrieux": ("id,lh_G_front_sup_area\na,5\n", {}, "aparc.a2009s", "G_front_sup"),
    "a region that DKT lacks": ("id,lh_bankssts_area,rh_insula_area\na,5,6\n", {}, "aparc", "insula"),
    "side behind": ("id,bankssts_area_rh\na,5\n", {}, "aparc", "bankssts"),
    "measure given": ("id,lh_bankssts\na,2.5\n", {"measure": "thickness"}, "aparc", "bankssts"),
    "DKT given": ("id,lh_insula_thickness\na,2.5\n", {"source": "aparc.DKTatlas"}, "aparc.DKTatlas", "insula"),
    "Brodmann given": ("id,lh_BA1_exvivo_area\na,5\n", {"source": "BA_exvivo"}, "BA_exvivo", "BA1_exvivo"),
}


@pytest.mark.parametrize(("text", "given_by_user", "source", "region"), SOURCES.values(), ids=SOURCES)
def test_names_tell_the_source(text, given_by_user, source, region):
    table = text_table(text, **given_by_user)
    assert set(table.sources) == {source}
    assert region in table.layout.region
    assert table.unrecognised == ()


REFUSED = {
    "UTF-16": (b"\xff\xfe" + "Measure:volume\tLeft-Amygdala\na\t1\n".encode("utf-16-le"), "UTF-16 .* Save it as UTF-8"),
    "binary": (b"Measure:volume\0", "found binary data"),
    "empty": (b"", "found an empty file"),
    "a cut line": (b"Measure:volume,Left-Amygdala\na,15", "a line feed at the end of the file, found 'a,15'"),
    "only 31 regions of DKT": (b"id,lh_insula_area\na,5\n", "give source=, such as 'aparc' or 'aparc.DKTatlas'"),
    "FastSurfer or FreeSurfer": (b"Measure:volume,ctx-lh-insula\na,5\n", "Give source=, such as 'aseg\\+DKT'"),
    "no side": (b"Measure:mean,bankssts\na,5\n", "Give hemi='lh' or hemi='rh'"),
    "no side in a spreadsheet": (b"id,bankssts_area\na,5\n", "no side is said; give hemi="),
    "no measure": (b"id,lh_bankssts\na,5\n", "no measure is said; give measure="),
    "no structure": (b"SubjID,ICVsamseg\na,1.42e+06\n", "expected columns of structures, found none among 'SubjID'"),
    "anybody's ICV": (b"SubjID,ICV\na,1.42e+06\n", "call it eTIV if it is FreeSurfer's"),
    "scores of the limbic system": (b"case,Left-Fornix,Right-Fornix\na,1,2\n", "Give measure='volume'"),
    "one cell more": (b"id,lh_bankssts_area\na,5,6\nb,5,7\n", "2 cells, as in the heading, found 3 in every row"),
    "no column of subjects": (b"lh_bankssts_area,rh_bankssts_area\n5,6\n", "expected a column of subjects, found only"),
    "thousands": (b'id;lh_bankssts_area\na;"2,345"\n', "found '2,345'. Save it with decimal points"),
    "two ways": (b"id;lh_bankssts_area;Left-Amygdala\na;2,45;1.5\n", "found '2,45' beside '1.5'"),
    "nobody": (b"Measure:volume,Left-Amygdala\n", "expected a subject's row of numbers, found none"),
    "contradictions": (
        b"Measure:volume,Left-Amygdala\na,1\na,2\n",
        "one row of a, found rows that differ, in lines 2 and 3",
    ),
    "text": (
        b"id,lh_bankssts_area\na,good\nb,bad\n",
        "numbers in column 'lh_bankssts_area', found text such as 'good'",
    ),
}


@pytest.mark.parametrize(("data", "pattern"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_told_is_refused_with_advice(data, pattern):
    with pytest.raises(StatsFormatError, match=pattern):
        parse_group_table(data, "any.csv")


def test_a_side_that_does_not_exist_is_refused():
    with pytest.raises(UnknownNameError, match="no hemisphere is called 'left'"):
        text_table("Measure:mean,bankssts\na,5\n", hemi="left")


def test_only_the_names_that_dkt_shares_never_tell_the_atlas():
    names = [f"{hemi}_{name}_area" for hemi in ("lh", "rh") for name in printed_regions("aparc.DKTatlas", hemi)]
    text = f"id,{','.join(names)}\na,{','.join(['1'] * len(names))}\n"
    with pytest.raises(StatsFormatError, match=r"62 columns such as .* fit several atlases"):
        text_table(text)
    assert set(text_table(text, source="aparc").sources) == {"aparc"}


def test_columns_that_cannot_be_told_cost_only_themselves():
    table = text_table("id,lh_insula_area,Left-Amygdala,height\na,2000,1500,180\n")
    assert table.layout.region == ("Left-Amygdala",)
    assert table.unrecognised == ("lh_insula_area", "height")
    assert not table.is_whole


def test_per_cent_of_head_size_has_its_own_unit():
    table = text_table(
        "Measure:volume,Left-Amygdala,BrainSegVol-to-eTIV,SurfaceHoles,EstimatedTotalIntraCranialVol\n"
        "a,0.1,0.75,12.0,100.00000000000001\nb,0.11,0.74,22.0,100.0\n"
    )
    assert dict(zip(table.layout.measure, table.layout.unit, strict=True)) == {
        "BrainSegVol-to-eTIV": "unitless",
        "SurfaceHoles": "unitless",
        "eTIV": "percent",
        "volume": "percent",
    }
    assert "the values are per cent of eTIV (--etiv)" in said(table)
    assert table.values.tolist()[0] == [0.75, 12.0, 100.00000000000001, 0.1]


def test_volumes_in_another_unit_are_not_called_cubic_millimetres():
    table = text_table("id,Left-Amygdala,eTIV\na,1.5,1500\nb,1.6,1400\n")
    assert table.layout.unit == ("unknown", "unknown")
    assert "expected eTIV in mm^3, found a median of 1450" in said(table)


def test_a_structure_without_intensity_has_none():
    table = text_table("Measure:mean,Left-Amygdala,5th-Ventricle\na,70.5,0.0\nb,71.5,nan\n")
    assert np.isnan(table.values[:, 1]).all()
    assert set(table.layout.unit) == {"MR"}


def test_a_folding_index_may_be_zero():
    assert text_table("lh.aparc.foldind,lh_insula_foldind\na,0.0\n").values.tolist() == [[0.0]]


def test_a_negative_size_is_missing():
    table = text_table("id,lh_bankssts_thickness,rh_bankssts_thickness\na,-9,2.5\n")
    assert np.isnan(table.values[0, 0])
    assert "1 value is negative or infinite, which cannot be" in said(table)


def test_older_and_newer_name_are_one_structure():
    table = text_table("Measure:volume,Left-Thalamus,Left-Thalamus-Proper\na,8000.0,0.0\nb,0.0,8100.0\n")
    assert table.layout.region == ("Left-Thalamus",)
    assert table.values.tolist() == [[8000.0], [8100.0]]
    assert "0 in one of them stands for no value (2 rows)" in said(table)


def test_rows_that_are_no_subjects_or_do_not_fit_are_named_and_cost_only_themselves():
    table = text_table(
        "Measure:volume\tLeft-Amygdala\nsub-01\t1500\nsub-02\t1600\t7\npctdiff -6.63 .64\nMEAN\t1550\n\t3\n"
    )
    assert table.subjects == ("sub-01",)
    assert "found 3 in the row of 'sub-02'" in said(table)
    assert "found 1 in the row of 'pctdiff -6.63 .64'" in said(table)
    assert "expected a subject's name, found 'MEAN'" in said(table)
    assert "expected a subject's name, found ''" in said(table)


PATHS = {
    "study/run1.out/sub-01": "sub-01",
    "sub-01/": "sub-01",
    "D:\\study\\sub-01": "sub-01",
    "sub\xe9": "sub\\xe9",
}


@pytest.mark.parametrize(("cell", "subject"), PATHS.items(), ids=PATHS)
def test_a_path_gives_its_last_part(cell, subject):
    assert parse_group_table(f"id,lh_bankssts_area\n{cell},5\n".encode("latin-1"), "any").subjects == (subject,)


def test_a_subject_twice_with_equal_values_is_used_once():
    table = text_table("Measure:volume,Left-Amygdala\na,1\nb,2\na,1\n")
    assert table.subjects == ("a", "b")
    assert "a stands in lines 2 and 4 with the same values; used once" in said(table)
    assert table.is_whole


def test_sessions_are_told_apart_by_a_column():
    table = text_table("participant_id,session_id,Left-Amygdala\nsub-01,ses-1,1500\nsub-01,ses-2,1400\n")
    assert (table.subjects, table.sessions) == (("sub-01", "sub-01"), ("ses-1", "ses-2"))


def test_a_heading_is_read_again_where_it_stands_again():
    table = text_table("Measure:volume,Left-Amygdala\na,1\n\nMeasure:volume,Left-Amygdala\nb,2\n")
    assert table.subjects == ("a", "b")


def test_tables_of_one_file_that_contradict_each_other_lose_that_value():
    table = text_table(
        "lh.aparc.area,lh_insula_area,eTIV\na,5,1500000\nlh.aparc.volume,lh_insula_volume,eTIV\na,6,1400000\n"
    )
    assert dict(zip(table.layout.measure, table.values[0].tolist(), strict=True)) == pytest.approx(
        {"eTIV": np.nan, "area": 5.0, "volume": 6.0}, nan_ok=True
    )
    assert "found several values of 1 quantities of a" in said(table)


def test_scores_of_the_limbic_system_are_no_volumes():
    text = "case,Left-Fornix,Right-Fornix\nsub-01,-0.5,1.25\n"
    table = text_table(text, where="study/sclimbic_zqa_scores_all.csv")
    assert (set(table.layout.measure), set(table.layout.unit)) == ({"zqa_score"}, {"unitless"})
    assert table.values.tolist() == [[-0.5, 1.25]]


@given(st.binary(max_size=400))
def test_nothing_but_our_own_errors_is_raised(data):
    recognises_group_table(data, "x")
    for head in (
        b"",
        b"Measure:volume\tLeft-Amygdala\tCSF\n",
        b"lh.aparc.area,lh_insula_area\n",
        b"case,Left-Fornix\n",
    ):
        recognises_group_table(head + data, "x")
        with suppress(FsstatsError):
            parse_group_table(head + data, "x")


@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_damaged_table_gives_no_number_that_it_does_not_hold(name, data):
    content = bytearray((FIXTURES / name).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place : place + data.draw(st.integers(1, 5))] = data.draw(
        st.sampled_from([b"", b"\n", b",", b"\t", b"0", b"x"])
    )
    try:
        table = parse_group_table(bytes(content), name)
    except FsstatsError:
        return
    assert table.values.shape == (len(table.subjects), len(table.layout))
    assert len(set(zip(table.subjects, table.sessions, strict=True))) == len(table.subjects)


NAMES = sorted({region.name for region in regions() if region.atlas == "aseg" and region.printed})


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True),
    st.lists(st.text("abcxyz019_-", min_size=2, max_size=8), min_size=1, max_size=5, unique=True),
    st.data(),
)
def test_what_is_written_is_read(names, subjects, data):
    subjects = [f"s{name}" for name in subjects]
    number = st.floats(0.001, 1e7, allow_nan=False)
    values = [[data.draw(number) for _ in names] for _ in subjects]
    lines = [["Measure:volume", *names], *([s, *map(str, row)] for s, row in zip(subjects, values, strict=True))]
    table = text_table("".join("\t".join(line) + "\n" for line in lines))
    assert (table.subjects, table.layout.region) == (tuple(subjects), tuple(names))
    assert table.values.tolist() == values


def corpus_tables():
    if CORPUS is None:
        return [NO_CORPUS]
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    paths = [CORPUS / row["file"] for row in rows if row["kind"] in {"group_table", "enigma_table"}]
    return [pytest.param(path, id=path.name) for path in paths]


# subjects, values, unrecognised; None where it is refused
REAL = {
    "fs-roi-volumes-fixture-invalid.txt": (1, 64, ()),
    "fs-roi-volumes-fixture-space-delim.txt": (1, 66, ()),
    "fs-roi-volumes-fixture-unused-roi.txt": (1, 66, ("stripMe",)),
    "aparc.area.table": (1, 37, ()),
    "aparc.volume.table": (1, 36, ()),
    "aseg.volume.table": (1, 66, ()),
    "ICVsamseg.csv": None,
    "LandRvolumes.csv": (97, 17, ()),
    "NP1_v71_aparc_stats_LH.txt": (198, 37, ()),
    "NP1_v71_aparc_stats_RH.txt": (198, 37, ()),
}


@pytest.mark.parametrize("path", corpus_tables())
def test_every_real_table_is_read_or_refused_with_a_reason(path):
    expected = REAL[path.name]
    if expected is None:
        with pytest.raises(StatsFormatError, match="expected columns of structures"):
            parse_group_table(path.read_bytes(), str(path))
        return
    table = parse_group_table(path.read_bytes(), str(path))
    assert recognises_group_table(path.read_bytes()[:4096], path.name)
    assert (len(table.subjects), len(table.layout), table.unrecognised) == expected


@pytest.mark.parametrize("root", [CORPUS] if CORPUS else [NO_CORPUS])
def test_no_real_stats_file_is_taken_for_a_table(root):
    assert [
        path for path in root.rglob("*.stats") if recognises_group_table(path.read_bytes()[:65536], path.name)
    ] == []


BERT = {"aseg.volume.table": "aseg.stats", "aparc.area.table": "rh.aparc.stats", "aparc.volume.table": "rh.aparc.stats"}


@pytest.mark.parametrize(("table", "stats"), BERT.items() if CORPUS else [("", "")], ids=BERT if CORPUS else ["corpus"])
def test_a_real_table_equals_the_stats_file_it_was_made_of(table, stats):
    if CORPUS is None:
        pytest.skip("no real files here: set FSSTATS_CORPUS")
    folder = CORPUS / "ggseg__ggseg" / "tests" / "testthat" / "data"
    group = parse_group_table((folder / table).read_bytes(), table)
    path = folder / "bert" / "stats" / stats
    single = long_table(parse_stats(path.read_bytes(), where=str(path)), subject="bert")
    keys = ["hemi", "region", "measure"]
    own = pd.DataFrame({name: getattr(group.layout, name) for name in [*keys, "unit", "segid"]})
    both = own.assign(value=group.values[0]).merge(single, on=keys, how="left", suffixes=("", "_stats"))
    assert len(both) == len(group.layout)
    assert both["value"].tolist() == [float(f"{value:.12g}") for value in both["value_stats"]]  # Python 2 wrote it
    assert both["unit"].tolist() == both["unit_stats"].tolist()
    assert both["segid"].astype("Int64").equals(both["segid_stats"])
