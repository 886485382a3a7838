"""Kinds of file, measures and releases: what names, columns and stamps of real files say."""

import pytest

from fsstats.schema import (
    FILES,
    FILES_COLUMNS,
    KEY,
    LONG,
    LONG_COLUMNS,
    STATUSES,
    atlas_of,
    identify,
    is_intensity,
    measure_of,
    measures,
    number,
    printed_regions,
    release,
    same_release,
    sources,
    tool_and_version,
)

NAMES = {
    "lh.aparc.stats": ("aparc", "lh"),
    "rh.aparc.a2009s.stats": ("aparc.a2009s", "rh"),
    "lh.aparc.DKTatlas.mapped.stats": ("aparc.DKTatlas.mapped", "lh"),
    "rh.BA_exvivo.thresh.stats": ("BA_exvivo.thresh", "rh"),
    "lh.w-g.pct.stats": ("w-g.pct", "lh"),
    "aseg.stats": ("aseg", None),
    "aparc+aseg.stats": ("aparc+aseg", None),
    "aseg+DKT.stats": ("aseg+DKT", None),
    "lh.stats": ("lh", None),
    "lhasa.stats": ("lhasa", None),
    "rh.my own atlas.stats": ("my own atlas", "rh"),
    "aseg.mgz": None,
    "lh.aparc.stats.bak": None,
    "lh.aparc.stats~": None,
    ".stats": None,
    "": None,
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items(), ids=NAMES)
def test_source_and_hemisphere_are_read_from_a_file_name(name, expected):
    found = identify(name)
    assert (found and (found.source, found.hemi)) == expected


def test_a_source_is_known_once_and_described():
    assert all(name == source.name and source.description for name, source in sources().items())


@pytest.mark.parametrize(
    "source", [source for source in sources().values() if source.complete], ids=lambda source: source.name
)
def test_what_a_complete_source_must_hold_is_in_its_atlas(source):
    due = printed_regions(source.atlas, "lh") or printed_regions(source.atlas)
    assert due
    assert {region for region, _ in source.absent} <= set(due)


def test_an_unknown_source_has_no_atlas():
    assert atlas_of("my.own.atlas") is None
    assert atlas_of(None) is None
    assert atlas_of("BA.thresh") == "BA_exvivo"


COLUMNS = {
    "NumVert": ("n_vertices", "unitless"),
    "NVertices": ("n_vertices", "unitless"),
    "NVoxels": ("n_voxels", "unitless"),
    "SurfArea": ("area", "mm^2"),
    "Area_mm2": ("area", "mm^2"),
    "GrayVol": ("volume", "mm^3"),
    "Volume_mm3": ("volume", "mm^3"),
    "ThickAvg": ("thickness", "mm"),
    "ThickStd": ("thickness_std", "mm"),
    "MeanCurv": ("mean_curvature", "mm^-1"),
    "GausCurv": ("gaussian_curvature", "mm^-2"),
    "FoldInd": ("folding_index", "unitless"),
    "CurvInd": ("curvature_index", "unitless"),
    "normMean": ("intensity_mean", ""),
    "normStdDev": ("intensity_std", ""),
    "nuRange": ("intensity_range", ""),
    "Min": ("intensity_min", ""),
    "SNR": ("intensity_snr", "unitless"),
}


@pytest.mark.parametrize(("column", "expected"), COLUMNS.items(), ids=COLUMNS)
def test_a_column_is_called_by_its_measure(column, expected):
    measure = measure_of(column)
    assert (measure.name, measure.unit) == expected
    assert is_intensity(column) == measure.name.startswith("intensity_")


@pytest.mark.parametrize("column", ["Foo", "", "Thick", "normmean", "StructName", "Index"])
def test_a_column_that_nobody_knows_is_no_measure(column):
    assert measure_of(column) is None
    assert not is_intensity(column)


def test_contrast_turns_intensities_and_nothing_else():
    assert measure_of("Mean", contrast=True).name == "contrast_mean"
    assert measure_of("Area_mm2", contrast=True).name == "area"


def test_measures_are_unique_in_name_and_column():
    columns = [column for measure in measures().values() for column in measure.columns]
    assert len(set(columns)) == len(columns)


def test_the_long_table_is_the_designs():
    assert LONG == ("subject", "session", "stream", "source", "hemi", "region", "measure", "value", "unit")
    assert LONG[:7] == KEY
    assert tuple(LONG_COLUMNS) == LONG
    assert tuple(FILES_COLUMNS) == FILES
    assert all(text in FILES_COLUMNS["status"] for text in STATUSES)


STAMPS = {
    "segstats 4.5": ("$Id: mri_segstats.c,v 1.33.2.5 2009/02/11 20:55:30 greve Exp $", "4.5"),
    "segstats before 5.1": ("$Id: mri_segstats.c,v 1.75 2011/03/02 00:04:33 nicks Exp $", "5.1"),
    "segstats 5.1": ("$Id: mri_segstats.c,v 1.75.2.2 2011/04/27 22:16:41 nicks Exp $", "5.1"),
    "segstats 5.3": ("$Id: mri_segstats.c,v 1.75.2.9 2013/02/16 00:09:33 greve Exp $", "5.3"),
    "segstats 6 beta": ("$Id: mri_segstats.c,v 1.120 2016/03/02 17:05:01 greve Exp $", "6.0"),
    "segstats 6": ("$Id: mri_segstats.c,v 1.121 2016/05/31 17:27:11 greve Exp $", "6.0"),
    "anatomical stats 4.5": ("$Id: mris_anatomical_stats.c,v 1.54.2.7 2009/06/08 15:51:38 nicks Exp $", "4.5"),
    "anatomical stats 6": ("$Id: mris_anatomical_stats.c,v 1.79 2016/03/14 15:15:34 greve Exp $", "6.0"),
    "mrisurf 5.1": ("$Id: mrisurf.c,v 1.693.2.2 2011/04/27 19:21:05 nicks Exp $", "5.1"),
    "mrisurf 5.3": ("$Id: mrisurf.c,v 1.693.2.7 2013/05/12 22:28:01 nicks Exp $", "5.3"),
    "mrisurf 6": ("$Id: mrisurf.c,v 1.781.2.6 2016/12/27 16:47:14 zkaufman Exp $", "6.0"),
    "5.1 or 5.3, so neither": ("$Id: mris_anatomical_stats.c,v 1.72 2011/03/02 00:04:26 nicks Exp $", None),
    "a revision nobody knows": ("$Id: mri_segstats.c,v 1.99 2014/01/01 00:00:00 x Exp $", None),
    "number": ("7.0.0", "7.0.0"),
    "number of a beta": ("7.2.0-beta", "7.2.0-beta"),
    "stamp 7.4": ("freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460\n", "7.4.1"),
    "stamp 6": ("freesurfer-Linux-centos6_x86_64-stable-pub-v6.0.0-2beb96c", "6.0.0"),
    "stamp 5.3": ("freesurfer-Linux-centos4_x86_64-stable-pub-v5.3.0", "5.3.0"),
    "stamp of the HCP": ("freesurfer-Linux-centos4_x86_64-stable-pub-v5.3.0-HCP", "5.3.0"),
    "development build": ("freesurfer-Linux-centos6_x86_64-dev-20160415-b8d2f2b", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("text", "expected"), STAMPS.values(), ids=STAMPS)
def test_the_release_is_read_from_real_stamps(text, expected):
    assert release(text) == expected


HEADERS = {
    "6, by the surface library": (
        {"cvs_version": "$Id: mris_anatomical_stats.c,v 1.79 2016/03/14 g Exp $"},
        ("FreeSurfer", "6.0"),
    ),
    "5.3, where the program's own id fits two": (
        {
            "cvs_version": "$Id: mris_anatomical_stats.c,v 1.72 2011/03/02 n Exp $",
            "mrisurf.c-cvs_version": "$Id: mrisurf.c,v 1.693.2.6 2013/01/01 n Exp $",
        },
        ("FreeSurfer", "5.3"),
    ),
    "7": ({"cvs_version": "7.3.2"}, ("FreeSurfer", "7.3.2")),
    "FastSurfer with its version": (
        {"generating_program": "segstats.py", "FastSurfer_version": "2.2.0+e6e56fe"},
        ("FastSurfer", "2.2.0"),
    ),
    "FastSurfer without": ({"generating_program": "segstats.py"}, ("FastSurfer", None)),
    "silent": ({}, (None, None)),
}


@pytest.mark.parametrize(("header", "expected"), HEADERS.values(), ids=HEADERS)
def test_tool_and_release_are_read_from_a_header(header, expected):
    assert tool_and_version(header) == expected


ORDERED = ["4.5.0", "5.1", "5.3.0", "6.0", "6.0.1", "7.2.0-beta", "7.3.2", "7.10.0", "8.0.0", "10.0"]


def test_releases_are_ordered_as_numbers():
    assert sorted(ORDERED, key=number) == ORDERED
    assert number("dev") is None


ALIKE = {
    "less exact": ("6.0", "6.0.1", True),
    "another": ("6.0.0", "6.0.1", False),
    "7.1 is not 7.10": ("7.1", "7.10", False),
    "unknown may be any": (None, "7.4.1", True),
    "a beta of it": ("7.2.0-beta", "7.2.0", True),
}


@pytest.mark.parametrize(("one", "other", "same"), ALIKE.values(), ids=ALIKE)
def test_releases_are_the_same_as_far_as_both_are_exact(one, other, same):
    assert same_release(one, other) is same
    assert same_release(other, one) is same
