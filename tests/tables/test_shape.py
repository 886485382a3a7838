"""Wide and back: names, what is refused, and that nothing is lost on the way."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frames_support import assert_frame_equal
from fsstats import ColumnsError, TableError, to_long, to_wide
from fsstats.schema import KEY, LONG, SUBJECT_KEY
from fsstats.tables.shape import column_name, split_name


def long(*rows, **further):
    """Make a long table of (source, hemi, region, measure, value, unit), all of subject a."""
    return pd.DataFrame([("a", None, "cross", *row) for row in rows], columns=list(LONG)).assign(**further)


INSULA = ("aparc", "lh", "insula", "thickness", 3.0, "mm")
RIGHT = ("aparc", "rh", "insula", "thickness", 3.5, "mm")


def rows(table):
    """Give a long table's rows in an order of their own, missing parts as None."""
    plain = table[list(LONG)].astype("object")
    return sorted(plain.where(plain.notna(), None).itertuples(index=False, name=None), key=repr)


NAMES = {
    "a surface": (("aparc", "lh", "insula", "thickness"), "aparc_lh_insula_thickness"),
    "a side in the region": (("aseg", "lh", "Left-Hippocampus", "volume"), "aseg_Left-Hippocampus_volume"),
    "no side": (("aseg", None, "CC_Posterior", "volume"), "aseg_CC_Posterior_volume"),
    "no side, as NaN": (("aseg", float("nan"), "Brain-Stem", "volume"), "aseg_Brain-Stem_volume"),
    "white matter": (("wmparc", "lh", "wm-lh-insula", "volume"), "wmparc_wm-lh-insula_volume"),
    "Destrieux in a volume": (
        ("aparc.a2009s+aseg", "rh", "ctx_rh_G_and_S_frontomargin", "volume"),
        "aparc.a2009s+aseg_ctx_rh_G_and_S_frontomargin_volume",
    ),
    "header, whole brain": (("aseg", None, "global", "eTIV"), "aseg_global_eTIV"),
    "header, the file's side": (("aparc", "rh", "global", "MeanThickness"), "aparc_rh_global_MeanThickness"),
    "header, a side in the field": (("aseg", "lh", "global", "lhCortexVol"), "aseg_global_lhCortexVol"),
    "the other side in the region": (("mine", "lh", "Right-Thing", "volume"), "mine_lh_Right-Thing_volume"),
    "a measure of two words": (
        ("BA_exvivo", "rh", "V1_exvivo", "thickness_std"),
        "BA_exvivo_rh_V1_exvivo_thickness_std",
    ),
    "Brodmann, thresholded": (
        ("BA_exvivo.thresh", "lh", "BA3a_exvivo", "area"),
        "BA_exvivo.thresh_lh_BA3a_exvivo_area",
    ),
    "the entorhinal label": (
        ("entorhinal_exvivo", "lh", "entorhinal_exvivo", "area"),
        "entorhinal_exvivo_lh_entorhinal_exvivo_area",
    ),
    "an atlas of one's own": (("my_atlas", "lh", "area_55_b", "area"), "my_atlas_lh_area_55_b_area"),
    "a source of one letter": (("x", "lh", "insula", "area"), "x_lh_insula_area"),
    "header of a source of one's own": (("mine", None, "global", "eTIV"), "mine_global_eTIV"),
    "header, a source of two words": (
        ("BA_exvivo", "rh", "global", "MeanThickness"),
        "BA_exvivo_rh_global_MeanThickness",
    ),
    "a name with a known one in front": (("aparc_custom", "lh", "insula", "area"), "aparc_custom_lh_insula_area"),
}


@pytest.mark.parametrize(("parts", "name"), NAMES.values(), ids=NAMES)
def test_a_column_is_named_by_its_parts_and_taken_apart_again(parts, name):
    assert column_name(*parts) == name
    source, hemi, region, measure = parts
    assert split_name(name)[:4] == (source, hemi if isinstance(hemi, str) else None, region, measure)


PARTS = [parts for parts, _ in NAMES.values() if "_" not in parts[0] or parts[0].startswith("BA_")]


@pytest.mark.parametrize("sep", ["_", "__", "|", " ", "-", ".", ":", "/"])
@pytest.mark.parametrize("parts", PARTS, ids=lambda parts: " ".join(map(str, parts)))
def test_any_separator_is_understood_on_the_way_back(parts, sep):
    source, hemi, region, measure = parts
    found = split_name(column_name(*parts, sep=sep), sep=sep)
    assert found[:4] == (source, hemi if isinstance(hemi, str) else None, region, measure)


UNITS = {
    "aparc_lh_insula_thickness": "mm",
    "aparc_lh_insula_thickness_rate": "mm/year",
    "aparc_lh_insula_thickness_z": "sd",
    "aseg_global_eTIV": "mm^3",
    "aseg_global_eTIV_rate": "mm^3/year",
    "aseg_global_eTIV_fraction": "unitless",
    "aseg_global_NewMeasure": None,
    "aseg_CSF_intensity_mean": None,
}


@pytest.mark.parametrize(("name", "unit"), UNITS.items())
def test_the_unit_is_that_of_the_measure_or_of_what_is_made_of_it(name, unit):
    assert split_name(name)[4] == unit


@pytest.mark.parametrize("name", ["mine_global_NewMeasure", "global_eTIV", "insula_area", "age", "area", ""])
def test_a_name_of_nothing_that_is_known_is_not_taken_apart(name):
    assert split_name(name) is None


UNSURE = {
    "source or region": "my_seg_Region_A_volume",
    "a known source or one's own that begins alike": "aseg_mine_Foo_volume",
    "aparc or an atlas of one's own without a side": "aparc_custom_Foo_area",
}


@pytest.mark.parametrize("name", UNSURE.values(), ids=UNSURE)
def test_a_name_that_can_be_taken_apart_in_several_ways_is_refused(name):
    wide = pd.DataFrame({"subject": ["a"], "session": [None], "stream": ["cross"], name: [1.0]})
    with pytest.raises(TableError, match=f"{name}.*sep=None"):
        to_long(wide)


@pytest.mark.parametrize("categories", [False, True], ids=["strings", "categories"])
@pytest.mark.parametrize("sep", [None, "_"], ids=["five levels", "flat names"])
def test_there_and_back_every_row_is_the_same(sep, categories):
    units = {
        "thickness": "mm",
        "volume": "mm^3",
        "eTIV": "mm^3",
        "MeanThickness": "mm",
        "lhCortexVol": "mm^3",
        "area": "mm^2",
    }
    known = [parts for parts, _ in NAMES.values() if parts[3] in units]
    table = long(*((*parts, float(i), units[parts[3]]) for i, parts in enumerate(known)))
    table = table.astype({name: "category" for name in LONG if name != "value"}) if categories else table
    assert rows(to_long(to_wide(table, sep=sep))) == rows(table)


def test_the_five_levels_have_the_names_of_the_columns_that_they_come_from():
    wide = to_wide(long(INSULA, age=31), sep=None)
    assert wide.columns.names == ["source", "hemi", "region", "measure", "unit"]
    assert wide.columns.tolist()[-2:] == [("age", "", "", "", ""), (*INSULA[:4], "mm")]


NAME = st.text("abcXYZ019_.-+ &", min_size=1, max_size=8).filter(lambda text: text != "global")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["a", "b", "1"]),
            st.sampled_from([None, "ses-1", "ses-2"]),
            st.sampled_from(["cross", "long", "base"]),
            NAME,
            st.sampled_from([None, "lh", "rh"]),
            NAME,
            NAME,
        ),
        st.floats(allow_nan=False),
        max_size=12,
    )
)
def test_five_levels_hold_whatever_the_names_are(values):
    table = pd.DataFrame([(*key, value, "mm") for key, value in values.items()], columns=list(LONG))
    wide = to_wide(table, sep=None)
    assert len(wide) == len(table[list(SUBJECT_KEY)].drop_duplicates())
    if values:
        back = to_long(wide).dropna(subset="value")
        assert rows(back) == rows(table)


def test_values_stand_where_pandas_would_put_them():
    cells = [
        (s, t, r, m) for s in "abc" for t in ("1", "2") for r in ("insula", "cuneus") for m in ("area", "thickness")
    ]
    cells.remove(("b", "1", "cuneus", "area"))
    table = pd.DataFrame(
        [(s, t, "cross", "aparc", "lh", r, m, float(i), "u") for i, (s, t, r, m) in enumerate(cells)],
        columns=list(LONG),
    )
    wide = to_wide(table)
    name = "aparc_lh_" + table["region"] + "_" + table["measure"]
    expected = table.assign(name=name).pivot_table(index=["subject", "session"], columns="name", values="value")
    found = wide.set_index(["subject", "session"])[expected.columns]
    assert_frame_equal(found, expected, check_names=False)
    assert wide.set_index(["subject", "session"]).loc[("b", "1"), "aparc_lh_cuneus_area"] != wide.iloc[0, 3]
    assert wide["aparc_lh_cuneus_area"].isna().sum() == 1


def test_rows_and_columns_come_in_the_order_of_the_long_table():
    table = pd.concat([long(RIGHT, INSULA).assign(subject=name) for name in ("z", "a", "10", "9")])
    wide = to_wide(table)
    assert wide["subject"].tolist() == ["z", "a", "10", "9"]
    assert wide.columns.tolist() == [*SUBJECT_KEY, "aparc_rh_insula_thickness", "aparc_lh_insula_thickness"]


def test_sessions_and_streams_are_rows_and_a_missing_session_is_one():
    who = [("a", None, "base"), ("a", "1", "cross"), ("a", "1", "long"), ("b", None, "cross")]
    table = pd.DataFrame([(*one, *INSULA) for one in who], columns=list(LONG))
    wide = to_wide(table).astype("object")
    assert wide[list(SUBJECT_KEY)].where(wide[list(SUBJECT_KEY)].notna(), None).to_numpy().tolist() == [
        list(one) for one in who
    ]


def test_further_columns_stay_in_front_with_their_types():
    table = pd.concat(
        [long(INSULA, RIGHT, age=31, group="x"), long(INSULA, RIGHT, age=54, group="y").assign(subject="b")]
    )
    wide = to_wide(table.astype({"group": "category"}))
    assert wide.columns.tolist()[:5] == [*SUBJECT_KEY, "age", "group"]
    assert wide["age"].tolist() == [31, 54]
    assert wide["group"].dtype == "str"
    back = to_long(wide)
    assert back[["age", "group"]].to_numpy().tolist() == [[31, "x"], [54, "y"]] * 2


def test_details_of_the_long_table_are_no_further_columns():
    wide = to_wide(long(INSULA, RIGHT, segid=[1, 2], name_found=["x", "y"]))
    assert wide.columns.tolist()[:4] == [*SUBJECT_KEY, "aparc_lh_insula_thickness"]


VARYING = {
    "two values": ([31, 54], "age"),
    "a value and none": ([31, None], "age"),
    "none and a value": ([None, 31], "age"),
    "words": (["m", "f"], "sex"),
}


@pytest.mark.parametrize(("values", "name"), VARYING.values(), ids=VARYING)
def test_a_further_column_that_varies_within_a_subject_is_refused_by_name(values, name):
    with pytest.raises(TableError, match=f"'{name}' vary within a subject"):
        to_wide(long(INSULA, RIGHT, **{name: values}))


def test_a_value_that_occurs_twice_is_refused_by_name():
    with pytest.raises(TableError, match=r"1 value.* twice.* a / cross / aparc / lh / insula / thickness"):
        to_wide(long(INSULA, RIGHT, INSULA))


def test_two_values_that_would_share_a_column_are_refused():
    clash = [("x_lh_y", None, "z", "area", 1.0, "mm^2"), ("x", "lh", "y_z", "area", 2.0, "mm^2")]
    with pytest.raises(TableError, match="two columns would be called 'x_lh_y_z_area'; use another sep"):
        to_wide(long(*clash))
    assert len(to_wide(long(*clash), sep="|").columns) == len(SUBJECT_KEY) + 2


def test_a_further_column_called_as_a_value_is_refused():
    with pytest.raises(TableError, match="aparc_lh_insula_thickness"):
        to_wide(long(INSULA, aparc_lh_insula_thickness=1))


@pytest.mark.parametrize("column", LONG)
def test_a_column_that_is_lacking_is_named(column):
    with pytest.raises(ColumnsError, match=f"to_wide needs the column.*'{column}'"):
        to_wide(long(INSULA).drop(columns=column))


@pytest.mark.parametrize("column", SUBJECT_KEY)
def test_back_a_column_that_is_lacking_is_named(column):
    with pytest.raises(ColumnsError, match=f"to_long needs the column.*'{column}'"):
        to_long(to_wide(long(INSULA)).drop(columns=column))


def test_back_a_table_without_values_is_refused():
    with pytest.raises(TableError, match="no column is called as to_wide does it"):
        to_long(pd.DataFrame({"subject": ["a"], "session": [None], "stream": ["cross"], "age": [1]}))


@pytest.mark.parametrize("name", ["lesion_volume", "brain_volume", "catchment_area"])
def test_back_a_participants_column_stays_a_participants_column(name):
    wide = to_wide(long(INSULA, **{name: 7.0}))
    back = to_long(wide)
    assert back["measure"].tolist() == ["thickness"]
    assert back[name].tolist() == [7.0]


@pytest.mark.parametrize("sep", [None, "_"], ids=["five levels", "flat names"])
def test_an_empty_table_gives_an_empty_table(sep):
    wide = to_wide(long(), sep=sep)
    assert (len(wide), len(wide.columns)) == (0, len(SUBJECT_KEY))


def test_one_value_in_two_units_is_not_mixed_silently():
    table = pd.concat(
        [
            long(("aseg", None, "CSF", "intensity_mean", 50.0, "MR")),
            long(("aseg", None, "CSF", "intensity_mean", 0.5, "HU")).assign(subject="b"),
        ]
    )
    with pytest.raises(TableError, match="unit"):
        to_wide(table)


@pytest.mark.parametrize("sep", [None, "_"], ids=["five levels", "flat names"])
def test_the_given_tables_are_not_changed(sep):
    table = long(INSULA, RIGHT, age=3).astype({"region": "category"})
    before = table.copy(deep=True)
    wide = to_wide(table, sep=sep)
    wide_before = wide.copy(deep=True)
    to_long(wide)
    assert_frame_equal(table, before)
    assert_frame_equal(wide, wide_before)


def test_the_long_table_comes_back_in_categories_with_its_columns_in_order():
    back = to_long(to_wide(long(INSULA, RIGHT)))
    assert back.columns.tolist() == list(LONG)
    assert back[list(KEY)].dtypes.astype(str).unique().tolist() == ["category"]
