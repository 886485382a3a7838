import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import ColumnsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.schema import LONG, regions
from fsstats.schema.groupings import unsided, unsided_measure
from fsstats.stats.asymmetry import asymmetry, asymmetry_index
from fsstats.tables import to_long, to_wide
from fsstats.tables.panel import panel_of
from reference_support import cohort, read


def table_of(*rows, **further):
    """Make a long table: each row (subject, source, hemi, region, measure, value, unit)."""
    names = ["subject", "source", "hemi", "region", "measure", "value", "unit"]
    table = pd.DataFrame(rows, columns=names).assign(session=None, stream="cross", **further)
    table = table[[*LONG, *further]]
    return table.astype({name: "category" for name in LONG if name != "value"})


def by_name(table):
    """Give the values by their names, in the order of the alphabet."""
    names = ["subject", "source", "region", "measure"]
    return table.astype(dict.fromkeys(names, "str")).set_index(names)["value"].sort_index()


PAIRS = {
    "aparc: the side is a column": (("aparc", "lh", "insula"), ("aparc", "rh", "insula"), "insula"),
    "aseg": (("aseg", "lh", "Left-Amygdala"), ("aseg", "rh", "Right-Amygdala"), "Amygdala"),
    "wmparc": (("wmparc", "lh", "wm-lh-cuneus"), ("wmparc", "rh", "wm-rh-cuneus"), "wm-cuneus"),
    "SynthSeg's cortex": (("synthseg", "lh", "ctx-lh-cuneus"), ("synthseg", "rh", "ctx-rh-cuneus"), "ctx-cuneus"),
    "cerebellum": (
        ("cerebellum.CerebNet", "lh", "Cbm_Left_V"),
        ("cerebellum.CerebNet", "rh", "Cbm_Right_V"),
        "Cbm_V",
    ),
    "hypothalamus, written differently": (
        ("hypothalamus.HypVINN", "lh", "L-Globus-pallidus"),
        ("hypothalamus.HypVINN", "rh", "R-Globus-Pallidus"),
        "Globus-pallidus",
    ),
    "brainstem nuclei: the side stands at the end": (("AAN", "lh", "LC_L"), ("AAN", "rh", "LC_R"), "LC"),
    "a nucleus that begins with L-": (("thalamus", "lh", "Left-L-Sg"), ("thalamus", "rh", "Right-L-Sg"), "L-Sg"),
    "names say the side where the column does not": (
        ("mine", None, "Left-Blob"),
        ("mine", None, "Right-Blob"),
        "Blob",
    ),
    "a whole half": (("hypothalamus", "lh", "Whole-Left"), ("hypothalamus", "rh", "Whole-Right"), "Whole"),
}


@pytest.mark.parametrize(("left", "right", "region"), PAIRS.values(), ids=PAIRS)
def test_left_and_right_are_found_by_name(left, right, region):
    found = asymmetry(table_of(("a", *left, "volume", 4.4, "mm^3"), ("a", *right, "volume", 3.6, "mm^3")))
    assert found[["source", "hemi", "region", "measure", "unit"]].iloc[0].tolist() == [
        left[0],
        "lr",
        region,
        "volume_asymmetry",
        "unitless",
    ]
    assert len(found) == 1
    assert found["value"].iloc[0] == pytest.approx(0.2, rel=1e-14)


def test_every_sided_structure_of_every_atlas_has_its_partner():
    stems = pd.DataFrame(
        [(one.atlas, unsided(one.name, one.atlas), one.hemi) for one in regions() if one.hemi],
        columns=["atlas", "stem", "hemi"],
    )
    sides = stems.groupby(["atlas", "stem"])["hemi"].agg(sorted)
    assert all(one == ["lh", "rh"] for one in sides)


def test_header_measures_are_compared_but_not_those_of_the_whole_brain():
    found = asymmetry(
        table_of(
            ("a", "aseg", "lh", "global", "lhCortexVol", 3.0, "mm^3"),
            ("a", "aseg", "rh", "global", "rhCortexVol", 1.0, "mm^3"),
            ("a", "aseg", None, "global", "eTIV", 9.0, "mm^3"),
            *(("a", "aparc", hemi, "global", "MeanThickness", 2.0, "mm") for hemi in ("lh", "rh")),
            *(("a", "aparc", hemi, "global", "eTIV", 9.0, "mm^3") for hemi in ("lh", "rh")),
            *(("a", "aparc", hemi, "global", "CortexVol", 9.0, "mm^3") for hemi in ("lh", "rh")),
        )
    )
    assert dict(zip(found["measure"], found["value"], strict=True)) == {
        "CortexVol_asymmetry": 1.0,
        "MeanThickness_asymmetry": 0.0,
    }
    assert set(found["region"]) == {"global"}
    assert unsided_measure("rh-cerebral-cortex") == "cerebral-cortex"


def test_the_midline_is_left_out_without_a_word():
    table = cohort()
    with pytest.warns(FsstatsWarning, match="one side is missing"):  # some values of the cohort are missing
        found = asymmetry(table)
    assert not set(found["region"]) & {"Brain-Stem", "3rd-Ventricle"}


def test_the_sum_halves_the_index_and_is_called_otherwise():
    table = table_of(
        ("a", "aparc", "lh", "insula", "area", 3.0, "mm^2"), ("a", "aparc", "rh", "insula", "area", 1.0, "mm^2")
    )
    found = asymmetry(table, method="sum")
    assert found["value"].tolist() == [0.5]
    assert found["measure"].tolist() == ["area_laterality"]
    assert asymmetry(table)["value"].tolist() == [1.0]


def test_values_equal_the_formula_on_the_wide_table():
    wide = read("cohort").set_index("subject")
    with pytest.warns(FsstatsWarning):
        found = asymmetry(cohort())
    own = found[(found["region"] == "Hippocampus")].set_index("subject")["value"].reindex(wide.index)
    left, right = wide["Left-Hippocampus"], wide["Right-Hippocampus"]
    np.testing.assert_allclose(own, (left - right) / ((left + right) / 2), rtol=1e-13, atol=1e-16)


VALUES = {
    "equal": (2.0, 2.0, 0.0),
    "left only": (2.0, 0.0, 2.0),
    "right only": (0.0, 2.0, -2.0),
    "left missing": (np.nan, 2.0, np.nan),
    "right missing": (2.0, np.nan, np.nan),
    "both 0": (0.0, 0.0, np.nan),
    "negative": (-1.0, 2.0, np.nan),
    "both negative": (-1.0, -2.0, np.nan),
    "infinite": (np.inf, 1.0, np.nan),
    "both infinite": (np.inf, np.inf, np.nan),
    "near the largest number": (1.7e308, 1.7e308, 0.0),
    "the smallest numbers": (5e-324, 0.0, np.nan),
}


@pytest.mark.parametrize(("left", "right", "due"), VALUES.values(), ids=VALUES)
def test_the_index(left, right, due):
    np.testing.assert_array_equal(asymmetry_index(left, right), due)
    np.testing.assert_array_equal(asymmetry_index([left], [right], method="sum"), [due / 2])


@given(
    st.lists(st.tuples(st.floats(1e-3, 1e9), st.floats(1e-3, 1e9)), min_size=1, max_size=20),
    st.sampled_from([1e-6, 1e-3, 10.0, 1e9]),
)
def test_the_index_has_no_unit_lies_within_2_and_changes_its_sign_with_the_sides(pairs, factor):
    left, right = np.array(pairs).T
    index = asymmetry_index(left, right)
    assert (np.abs(index) <= 2).all()
    np.testing.assert_allclose(asymmetry_index(left * factor, right * factor), index, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(asymmetry_index(right, left), -index)


def test_a_structure_without_its_partner_is_missing_and_named():
    table = table_of(
        ("a", "aseg", "lh", "Left-Amygdala", "volume", 2.0, "mm^3"),
        ("a", "aseg", "rh", "Right-Amygdala", "volume", 2.0, "mm^3"),
        ("b", "aseg", "lh", "Left-Amygdala", "volume", 2.0, "mm^3"),
        ("a", "aseg", "rh", "Right-Putamen", "volume", 2.0, "mm^3"),
    )
    with pytest.warns(
        FsstatsWarning, match=r"one side is missing in aseg Amygdala volume \(1\), .*Putamen.* \(1\)"
    ) as w:
        found = asymmetry(table)
    assert len(w) == 1
    assert found[["subject", "region"]].to_numpy().tolist() == [["a", "Amygdala"], ["a", "Putamen"], ["b", "Amygdala"]]
    assert found["value"].isna().tolist() == [False, True, True]


def test_negative_values_are_named():
    table = table_of(
        ("a", "aseg", "lh", "global", "lhEuler", -20.0, "unitless"),
        ("a", "aseg", "rh", "global", "rhEuler", -30.0, "unitless"),
    )
    with pytest.warns(FsstatsWarning, match=r"NaN where values are negative in aseg Euler \(1\)"):
        assert asymmetry(table)["value"].isna().all()


WRONG = {
    "one side of everything": (
        [("a", "aparc", "lh", "insula", "area", 3.0, "mm^2")],
        TableError,
        "needs both sides of a structure; of aparc insula area the table has one only",
    ),
    "no side": (
        [("a", "aseg", None, "Brain-Stem", "volume", 3.0, "mm^3")],
        TableError,
        "needs structures of the left and of the right; the table has none",
    ),
    "two units": (
        [
            ("a", "aparc", "lh", "insula", "area", 3.0, "mm^2"),
            ("a", "aparc", "rh", "insula", "area", 3.0, "cm^2"),
        ],
        TableError,
        r"insula \(area\) has several units: mm\^2, cm\^2",
    ),
    "two names of one side": (
        [
            ("a", "mine", "lh", "Left-Blob", "volume", 3.0, "mm^3"),
            ("a", "mine", "lh", "lh-Blob", "volume", 3.0, "mm^3"),
        ],
        TableError,
        "mine / lh / Left-Blob / volume and mine / lh / lh-Blob / volume are both the lh of Blob",
    ),
}


@pytest.mark.parametrize(("rows", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_compared_is_an_error(rows, error, message):
    with pytest.raises(error, match=message):
        asymmetry(table_of(*rows))


def test_an_unknown_kind_and_no_long_table_are_errors():
    with pytest.raises(UnknownNameError, match="no method of asymmetry is called 'men'; did you mean mean"):
        asymmetry(cohort(), method="men")
    with pytest.raises(ColumnsError, match="asymmetry needs the column"):
        asymmetry(pd.DataFrame({"subject": []}))
    with pytest.raises(TableError, match="the table has none"):
        asymmetry(cohort().head(0))


@pytest.mark.filterwarnings("ignore::fsstats.errors.FsstatsWarning")
def test_the_result_is_a_long_table_with_the_people_of_the_first():
    table = cohort()
    found = asymmetry(table)
    assert list(found.columns[: len(LONG)]) == list(LONG)
    assert list(found.columns[len(LONG) :]) == list(table.columns[len(LONG) :])
    assert all(isinstance(found[name].dtype, pd.CategoricalDtype) for name in LONG if name != "value")
    assert found["dx3"].dtype == table["dx3"].dtype
    people = found.drop_duplicates("subject").set_index("subject")["age"]
    assert people.to_dict() == table.drop_duplicates("subject").set_index("subject")["age"].to_dict()
    panel_of(found, needed_by="the test")  # raises if a value occurs twice
    back = to_long(to_wide(found, sep=None))
    pd.testing.assert_series_equal(by_name(back), by_name(found))


@pytest.mark.filterwarnings("ignore::fsstats.errors.FsstatsWarning")
def test_order_and_shape_of_the_table_do_not_matter():
    table = cohort()
    tables = (table, table.sample(frac=1, random_state=1), to_wide(table, sep=None))
    plain, shuffled, wide = (by_name(asymmetry(one)) for one in tables)
    np.testing.assert_array_equal(plain, shuffled)
    np.testing.assert_array_equal(plain, wide)
    assert plain.index.equals(shuffled.index)
    assert plain.index.equals(wide.index)


def test_versions_and_definitions_stay_with_the_values():
    table = table_of(
        ("a", "aparc", "lh", "insula", "area", 3.0, "mm^2"),
        ("a", "aparc", "rh", "insula", "area", 1.0, "mm^2"),
        ("b", "aparc", "lh", "insula", "area", 3.0, "mm^2"),
        ("b", "aparc", "rh", "insula", "area", 1.0, "mm^2"),
    ).assign(version=["6", "6", "6", "7"], definition=[None, None, "x", "x"])
    found = asymmetry(table)
    assert found["version"].tolist() == ["6", "6 + 7"]
    assert found["definition"].isna().tolist() == [True, False]
