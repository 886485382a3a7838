import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsstats import read_stats
from fsstats.errors import ColumnsError, FsstatsWarning, TableError, UnknownNameError
from fsstats.parsers import long_table
from fsstats.schema import LONG, measures, printed_regions
from fsstats.schema.groupings import combining, lobes
from fsstats.stats.aggregate import HOWS, aggregate
from fsstats.tables import to_long, to_wide
from fsstats.tables.panel import panel_of
from tests_support import FS6

UNITS = {"area": "mm^2", "volume": "mm^3", "thickness": "mm", "n_vertices": "unitless", "mean_curvature": "mm^-1"}


def table_of(*rows, **further):
    """Make a long table: each row (subject, source, hemi, region, measure, value)."""
    table = pd.DataFrame(rows, columns=["subject", "source", "hemi", "region", "measure", "value"])
    table = table.assign(session=None, stream="cross", unit=table["measure"].map(UNITS), **further)
    table = table[[*LONG, *further]]
    return table.astype({name: "category" for name in LONG if name != "value"})


def whole_aparc(subjects=3, seed=1, source="aparc", atlas="aparc"):
    """Make up every region of both sides, with several measures."""
    rng = np.random.default_rng(seed)
    scales = {"n_vertices": 2000, "area": 1000, "volume": 3000, "thickness": 2.5, "mean_curvature": 0.12}
    rows = [
        (f"s{k}", source, hemi, region, measure, scale * rng.uniform(0.5, 1.5))
        for k in range(subjects)
        for hemi in ("lh", "rh")
        for region in printed_regions(atlas, hemi)
        for measure, scale in scales.items()
    ]
    return table_of(*rows)


def value_of(table, **names):
    """Give the one value of these names."""
    for name, value in names.items():
        table = table[table[name] == value]
    (found,) = table["value"]
    return found


def by_name(table):
    """Give the values by their names, in the order of the alphabet."""
    names = ["subject", "source", "hemi", "region", "measure"]
    return table.astype(dict.fromkeys(names, "str")).set_index(names)["value"].sort_index()


def test_extents_are_summed_and_thickness_is_weighted_by_area():
    table = table_of(
        ("a", "aparc", "lh", "cuneus", "area", 1000.0),
        ("a", "aparc", "lh", "lingual", "area", 3000.0),
        ("a", "aparc", "lh", "cuneus", "thickness", 1.8),
        ("a", "aparc", "lh", "lingual", "thickness", 2.0),
    )
    found = aggregate(table, {"cuneus": "medial", "lingual": "medial"})
    assert found["measure"].tolist() == ["area", "thickness"]
    np.testing.assert_allclose(found["value"], [4000, (1.8 * 1000 + 2.0 * 3000) / 4000], rtol=1e-15)
    assert found["unit"].tolist() == ["mm^2", "mm"]
    assert found["hemi"].tolist() == ["lh", "lh"]


WAYS = {
    "sum": 3.8,
    "mean": 1.9,
    "area_weighted": (1.8 * 1000 + 2.0 * 3000) / 4000,
    "vertex_weighted": (1.8 * 500 + 2.0 * 500) / 1000,
}


@pytest.mark.parametrize(("how", "due"), WAYS.items(), ids=WAYS)
def test_the_way_can_be_chosen(how, due):
    table = table_of(
        ("a", "aparc", "lh", "cuneus", "area", 1000.0),
        ("a", "aparc", "lh", "lingual", "area", 3000.0),
        ("a", "aparc", "lh", "cuneus", "n_vertices", 500.0),
        ("a", "aparc", "lh", "lingual", "n_vertices", 500.0),
        ("a", "aparc", "lh", "cuneus", "thickness", 1.8),
        ("a", "aparc", "lh", "lingual", "thickness", 2.0),
    )
    groups = {"cuneus": "medial", "lingual": "medial"}
    found = aggregate(table, groups, how={"thickness": how})
    assert value_of(found, measure="thickness") == pytest.approx(due, rel=1e-14)
    assert value_of(found, measure="area") == 4000
    assert value_of(aggregate(table, groups, how=how), measure="thickness") == pytest.approx(due, rel=1e-14)


def test_the_mean_over_vertices_is_that_which_freesurfer_prints():
    # tests/fixtures/freesurfer/6.0/lh.aparc.stats: MeanThickness 2.5011 over 134464 vertices, WhiteSurfArea 91536.6;
    # the rows hold 134605 vertices and 91650 mm^2, as some lie outside cortex.label
    table = long_table(read_stats(FS6 / "lh.aparc.stats"), subject="a")
    groups = dict.fromkeys(printed_regions("aparc", "lh"), "cortex")
    found = aggregate(table, groups, how={"thickness": "vertex_weighted", "thickness_std": "mean"})
    assert value_of(found, measure="thickness") == pytest.approx(2.5011, abs=2e-4)
    assert value_of(found, measure="area") == pytest.approx(91536.6, rel=2e-3)
    assert value_of(found, measure="n_vertices") == 134605


def test_lobes_are_those_of_freesurfer():
    # utils/annotation.cpp of FreeSurfer, MRISaparc2lobes with --lobesStrict: so many labels go into each
    counts = pd.Series(lobes("aparc")).value_counts().to_dict()
    assert counts == {"frontal": 11, "temporal": 9, "parietal": 5, "occipital": 4, "cingulate": 4, "insula": 1}
    assert set(lobes("aparc")) == set(printed_regions("aparc"))
    assert set(lobes("aparc.DKTatlas")) == set(printed_regions("aparc.DKTatlas"))
    assert {name for name in printed_regions("wmparc") if "Unsegmented" not in name} == set(lobes("wmparc"))
    assert lobes("aparc.a2009s") == lobes(None) == {}


@pytest.mark.parametrize(("source", "atlas"), [("aparc", "aparc"), ("aparc.DKTatlas.mapped", "aparc.DKTatlas")])
def test_the_lobes_of_a_hemisphere_make_up_all_of_it(source, atlas):
    table = whole_aparc(source=source, atlas=atlas)
    found = aggregate(table, "lobes")
    assert set(found["region"]) == set(lobes(atlas).values())
    for measure in ("area", "volume", "n_vertices"):
        whole = table[table["measure"] == measure].groupby(["subject", "hemi"], observed=True)["value"].sum()
        parts = found[found["measure"] == measure].groupby(["subject", "hemi"], observed=True)["value"].sum()
        np.testing.assert_allclose(parts, whole, rtol=1e-13)


def test_lobes_of_both_sides_are_the_same_in_either_order():
    table = whole_aparc()
    pd.testing.assert_series_equal(
        by_name(aggregate(aggregate(table, "lobes"))), by_name(aggregate(aggregate(table), "lobes")), rtol=1e-13
    )


def test_white_matter_and_synthseg_have_lobes_too():
    table = table_of(
        *(("a", "wmparc", hemi, f"wm-{hemi}-insula", "volume", 10.0) for hemi in ("lh", "rh")),
        ("a", "synthseg", "lh", "ctx-lh-insula", "volume", 5.0),
        ("a", "aseg", "lh", "Left-Caudate", "volume", 5.0),
    )
    found = aggregate(table, "lobes")
    assert found[["source", "hemi", "region", "value"]].to_numpy().tolist() == [
        ["wmparc", "lh", "wm-insula", 10.0],
        ["wmparc", "rh", "wm-insula", 10.0],
        ["synthseg", "lh", "ctx-insula", 5.0],
    ]


def test_cortical_atlases_without_lobes_are_named():
    table = pd.concat(
        [whole_aparc(1), table_of(("s0", "aparc.a2009s", "lh", "G_cuneus", "area", 3.0))], ignore_index=True
    )
    with pytest.warns(FsstatsWarning, match=r"no lobes are known of aparc.a2009s$"):
        found = aggregate(table, "lobes")
    assert set(found["source"]) == {"aparc"}


def test_bilateral_sums_and_weighs_both_sides():
    table = table_of(
        ("a", "aparc", "lh", "insula", "area", 1.0),
        ("a", "aparc", "rh", "insula", "area", 3.0),
        ("a", "aparc", "lh", "insula", "thickness", 2.0),
        ("a", "aparc", "rh", "insula", "thickness", 4.0),
        ("a", "aseg", "lh", "Left-Amygdala", "volume", 2.0),
        ("a", "aseg", "rh", "Right-Amygdala", "volume", 3.0),
        ("a", "aseg", None, "Brain-Stem", "volume", 3.0),
    )
    found = aggregate(table)
    assert found[["hemi", "region", "measure", "value"]].to_numpy().tolist() == [
        ["lr", "insula", "area", 4.0],
        ["lr", "insula", "thickness", 3.5],
        ["lr", "Amygdala", "volume", 5.0],
    ]
    enigma = aggregate(table, how={"thickness": "mean", "volume": "mean"})
    assert enigma["value"].tolist() == [4.0, 3.0, 2.5]


def test_header_measures_of_both_sides():
    rows = [("aparc", hemi, measure, value) for hemi, measure, value in (
        ("lh", "MeanThickness", 2.0), ("rh", "MeanThickness", 4.0), ("lh", "WhiteSurfArea", 1.0),
        ("rh", "WhiteSurfArea", 3.0), ("lh", "NumVert", 5.0), ("rh", "NumVert", 6.0), ("lh", "eTIV", 9.0),
        ("rh", "eTIV", 9.0),
    )]  # fmt: skip
    rows += [("aseg", "lh", "lhCortexVol", 1.0), ("aseg", "rh", "rhCortexVol", 2.0), ("aseg", None, "CortexVol", 3.0)]
    rows += [("aseg", "lh", "lhEuler", -2.0), ("aseg", "rh", "rhEuler", -2.0)]
    units = {"MeanThickness": "mm", "WhiteSurfArea": "mm^2", "NumVert": "unitless", "lhEuler": "unitless"}
    table = table_of(*(("a", source, hemi, "global", measure, value) for source, hemi, measure, value in rows))
    table["unit"] = table["measure"].astype("str").map(units).fillna("mm^3")
    table.loc[table["measure"] == "rhEuler", "unit"] = "unitless"
    with pytest.warns(FsstatsWarning, match=r"left out, as they do not follow .*: Euler$"):
        found = aggregate(table)
    assert dict(zip(found["measure"], found["value"], strict=True)) == {
        "MeanThickness": 3.5,
        "WhiteSurfArea": 4.0,
        "NumVert": 11.0,
        "CortexVol": 3.0,
    }
    assert set(found["region"]) == {"global"}


def test_a_missing_region_makes_the_group_missing_and_not_smaller():
    table = whole_aparc()
    lost = (table["region"] == "bankssts") & (table["hemi"] == "lh")
    one_run = lost & (table["subject"] == "s1")
    with pytest.warns(FsstatsWarning, match=r"^5 value\(s\) NaN, as the run lacks a region$"):
        found = aggregate(table[~one_run], "lobes")
    missing = found[found["value"].isna()]
    assert set(zip(missing["subject"], missing["hemi"], missing["region"], strict=True)) == {("s1", "lh", "temporal")}
    with pytest.warns(FsstatsWarning, match=r"^temporal lacks bankssts of aparc: NaN$"):
        gone = aggregate(table[table["region"] != "bankssts"], "lobes")
    assert set(gone.loc[gone["value"].isna(), "region"]) == {"temporal"}
    as_nan = table.assign(value=table["value"].where(~one_run))
    with pytest.warns(FsstatsWarning, match=r"^5 value\(s\) NaN"):
        np.testing.assert_array_equal(by_name(aggregate(as_nan, "lobes")), by_name(found))


def test_a_missing_weight_counts_as_a_missing_region():
    table = whole_aparc(2)
    lost = (table["region"] == "cuneus") & (table["measure"] == "area") & (table["subject"] == "s0")
    with pytest.warns(FsstatsWarning, match="NaN, as the run lacks a region"):
        found = aggregate(table[~lost], "lobes")
    missing = found[found["value"].isna()]
    assert set(missing["measure"]) == {"area", "thickness"}
    assert set(missing["region"]) == {"occipital"}


def test_missing_regions_can_be_allowed():
    table = table_of(
        ("a", "aparc", "lh", "cuneus", "volume", 1.0),
        ("a", "aparc", "lh", "lingual", "volume", np.nan),
        ("b", "aparc", "lh", "cuneus", "volume", np.nan),
        ("b", "aparc", "lh", "lingual", "volume", np.nan),
    )
    with pytest.warns(FsstatsWarning, match=r"^1 value\(s\) made of fewer regions, as the run lacks a region$"):
        found = aggregate(table, {"cuneus": "x", "lingual": "x"}, allow_missing=True)
    np.testing.assert_array_equal(found["value"], [1.0, np.nan])


def test_a_mapping_names_sides_or_leaves_them_to_the_table():
    rows = [
        ("a", "aseg", hemi, f"{side}-{name}", "volume", value)
        for hemi, side in (("lh", "Left"), ("rh", "Right"))
        for name, value in (("Caudate", 1.0), ("Putamen", 2.0))
    ]
    table = table_of(*rows, ("a", "aseg", None, "CC_Central", "volume", 4.0), ("a", "aseg", None, "CSF", "volume", 9.0))
    found = aggregate(table, {"Caudate": "striatum", "Putamen": "striatum", "CC_Central": "callosum"})
    assert found.astype("object").where(found.notna(), None)[["hemi", "region", "value"]].to_numpy().tolist() == [
        ["lh", "striatum", 3.0],
        ["rh", "striatum", 3.0],
        [None, "callosum", 4.0],
    ]
    left = aggregate(table, {"Left-Caudate": "striatum", "Left-Putamen": "striatum"})
    assert left[["hemi", "value"]].to_numpy().tolist() == [["lh", 3.0]]


def test_a_table_of_networks_has_weights_sides_and_sources():
    table = table_of(
        *(("a", "aparc", hemi, region, measure, value) for hemi in ("lh", "rh")
          for region, measure, value in (("cuneus", "area", 10.0), ("insula", "area", 20.0),
                                         ("cuneus", "thickness", 2.0), ("insula", "thickness", 3.0))),
        ("a", "aparc.pial", "lh", "cuneus", "area", 12.0),
    )  # fmt: skip
    networks = pd.DataFrame(
        {
            "region": ["cuneus", "insula", "insula"],
            "group": ["visual", "visual", "salience"],
            "weight": [1.0, 0.25, 0.75],
            "hemi": [None, "lh", "lh"],
            "source": ["aparc"] * 3,
        }
    )
    found = by_name(aggregate(table, networks))
    assert found.loc["a", "aparc", "lh", "visual", "area"] == 15
    assert found.loc["a", "aparc", "lh", "salience", "area"] == 15
    assert found.loc["a", "aparc", "lh", "visual", "thickness"] == pytest.approx((10 * 2 + 5 * 3) / 15)
    assert found.loc["a", "aparc", "lh", "salience", "thickness"] == pytest.approx(3)
    assert found.loc["a", "aparc", "rh", "visual", "area"] == 10
    assert len(found) == 6


WRONG = {
    "networks that we do not have": ("networks", {}, UnknownNameError, "no grouping is called 'networks'; there are"),
    "a misspelt region": ({"cuneous": "x"}, {}, UnknownNameError, "'cuneous'; did you mean cuneus"),
    "nothing": ({}, {}, TableError, "the mapping has no region"),
    "neither": (3, {}, UnknownNameError, "no grouping is called 3"),
    "a region of another atlas": ({"G_cuneus": "x"}, {}, UnknownNameError, "no region of the table is called"),
    "a group called global": ({"cuneus": "global"}, {}, TableError, "group of cuneus cannot be called 'global'"),
    "a table without groups": (pd.DataFrame({"region": ["cuneus"]}), {}, ColumnsError, r"mapping\) needs .*'group'"),
    "a row without a region": (
        pd.DataFrame({"region": [None], "group": ["x"]}),
        {},
        TableError,
        "the mapping has a row without region",
    ),
    "a weight of 0": (
        pd.DataFrame({"region": ["cuneus"], "group": ["x"], "weight": [0.0]}),
        {},
        TableError,
        "weight of cuneus in x must be a number above 0, not 0.0",
    ),
    "no weight": (
        pd.DataFrame({"region": ["cuneus"], "group": ["x"], "weight": [np.nan]}),
        {},
        TableError,
        "must be a number above 0, not nan",
    ),
    "an unknown side": (
        pd.DataFrame({"region": ["cuneus"], "group": ["x"], "hemi": ["left"]}),
        {},
        UnknownNameError,
        "no hemi is called 'left'; there are: lh, rh",
    ),
    "an unknown source": (
        pd.DataFrame({"region": ["cuneus"], "group": ["x"], "source": ["aparcc"]}),
        {},
        UnknownNameError,
        "no source of the table is called 'aparcc'; did you mean aparc",
    ),
    "a region twice": (
        pd.DataFrame({"region": ["cuneus", "cuneus"], "group": ["x", "x"]}),
        {},
        TableError,
        "cuneus is named twice in the group x",
    ),
    "an unknown way": ("lobes", {"how": "average"}, UnknownNameError, "no way to combine is called 'average'"),
    "an unknown measure": (
        "lobes",
        {"how": {"thick": "mean"}},
        UnknownNameError,
        "called 'thick'; did you mean thickn",
    ),
}


@pytest.mark.parametrize(("to", "options", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_grouped_is_an_error(to, options, error, message):
    with pytest.raises(error, match=message):
        aggregate(whole_aparc(1), to, **options)


def test_thickness_needs_the_area():
    table = whole_aparc(1)
    only = table[table["measure"] == "thickness"]
    with pytest.raises(TableError, match="thickness is weighted by area, which the table does not have of aparc lh"):
        aggregate(only, "lobes")
    found = aggregate(only, "lobes", how="mean")
    assert set(found["measure"]) == {"thickness"}
    head = table_of(*(("a", "aparc", hemi, "global", "MeanThickness", 2.0) for hemi in ("lh", "rh")))
    with pytest.raises(TableError, match="MeanThickness is weighted by WhiteSurfArea or SurfArea or PialSurfArea"):
        aggregate(head)


def test_what_has_no_way_is_left_out_and_named():
    table = whole_aparc(1)
    spread = table[table["measure"] == "thickness"].assign(measure="thickness_std")
    both = pd.concat([table, spread], ignore_index=True)
    with pytest.warns(FsstatsWarning, match=r"left out.*: thickness_std$"):
        found = aggregate(both, "lobes")
    assert "thickness_std" not in set(found["measure"])
    with pytest.raises(TableError, match=r"no measure .* can be combined: thickness_std \(the spread of the whole"):
        aggregate(spread, "lobes")
    assert len(aggregate(spread, "lobes", how={"thickness_std": "mean"})) == 12


def test_a_table_without_any_of_the_regions_is_an_error():
    table = table_of(("a", "aseg", "lh", "Left-Caudate", "volume", 5.0))
    with pytest.raises(TableError, match="the table has no region of a lobe"):
        aggregate(table, "lobes")
    with pytest.raises(UnknownNameError, match="no region of the table is called 'cuneus'"):
        aggregate(table, {"cuneus": "x"})
    with pytest.raises(TableError, match="the table has none of these regions"):
        aggregate(table, {"Putamen": "x"})  # the atlas has it, the table not
    with pytest.raises(ColumnsError, match="aggregate needs the column"):
        aggregate(pd.DataFrame({"subject": []}), "lobes")
    with pytest.raises(TableError, match="the table has none"):
        aggregate(table.head(0))


def test_regions_in_several_units_are_an_error():
    table = whole_aparc(1)
    table["unit"] = table["unit"].astype("str")
    table.loc[(table["region"] == "cuneus") & (table["measure"] == "area"), "unit"] = "cm^2"
    with pytest.raises(TableError, match=r"occipital \(area\) has several units: mm\^2, cm\^2|cm\^2, mm\^2"):
        aggregate(table, "lobes")


def test_the_result_is_a_long_table_with_the_people_of_the_first():
    table = whole_aparc().assign(age=30, version="7")
    found = aggregate(table, "lobes")
    assert list(found.columns) == [*LONG, "age", "version"]
    assert all(isinstance(found[name].dtype, pd.CategoricalDtype) for name in LONG if name != "value")
    assert set(found["version"]) == {"7"}
    panel_of(found, needed_by="the test", leave_out=["version"])
    wide = to_wide(found.drop(columns=["version"]))
    assert "aparc_lh_frontal_thickness" in wide.columns
    pd.testing.assert_series_equal(by_name(to_long(wide)), by_name(found))


def test_order_and_shape_of_the_table_do_not_matter():
    table = whole_aparc()
    plain = by_name(aggregate(table, "lobes"))
    shuffled = by_name(aggregate(table.sample(frac=1, random_state=1), "lobes"))
    wide = by_name(aggregate(to_wide(table, sep=None), "lobes"))
    pd.testing.assert_series_equal(plain, shuffled, rtol=1e-14)
    pd.testing.assert_series_equal(plain, wide, rtol=1e-14)


@settings(max_examples=25)
@given(st.floats(1e-6, 1e6), st.integers(0, 2**32 - 1))
def test_units_do_not_matter(factor, seed):
    table = whole_aparc(1, seed=seed)
    scaled = table.assign(value=table["value"] * np.where(table["measure"] == "n_vertices", 1.0, factor))
    one, other = by_name(aggregate(table, "lobes")), by_name(aggregate(scaled, "lobes"))
    is_count = one.index.get_level_values("measure") == "n_vertices"
    np.testing.assert_allclose(other, one * np.where(is_count, 1.0, factor), rtol=1e-12)


def test_a_mean_lies_between_the_least_and_the_greatest_of_its_regions():
    table = whole_aparc()
    thick = table[table["measure"] == "thickness"]
    lobe = thick["region"].astype("str").map(lobes("aparc"))
    ends = thick.groupby([thick["subject"], thick["hemi"], lobe], observed=True)["value"].agg(["min", "max"])
    found = aggregate(table, "lobes")
    own = found[found["measure"] == "thickness"].set_index(["subject", "hemi", "region"])["value"]
    for key, (low, high) in ends.iterrows():
        assert low <= own[key] <= high


def test_ways_are_known_for_measures_that_exist():
    known = {name: combining(name, measure.unit).how for name, measure in measures().items()}
    assert {how for how in known.values() if how} <= set(HOWS)
    assert known["contrast_mean"] == "vertex_weighted"
    assert known["intensity_mean"] == "voxel_weighted"
    assert known["contrast_max"] is known["intensity_snr"] is None
    assert combining("lesions", "mm^3").how == "sum"
    assert combining("MeanThickness", "mm").how == "area_weighted"
