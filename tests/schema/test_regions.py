"""Regions and header Measures: the shipped tables are sane, and names of every version become today's."""

from collections import Counter

import pytest

from fsstats.errors import KindsError
from fsstats.schema import (
    HEMIS,
    _registry,
    canonical_region,
    contradicts_id,
    global_measures,
    hemi_of,
    is_cortical_name,
    printed_regions,
    regions,
    side_of,
    sources,
)
from fsstats.schema._data import read_tsv
from fsstats.schema.regions import Region

ATLASES = ("aseg", "wmparc", "aparc", "aparc.DKTatlas", "aparc.a2009s", "BA_exvivo")


def test_the_atlases_are_those_that_freesurfer_ships():
    shipped = tuple(dict.fromkeys(region.atlas for region in regions()))
    assert shipped[: len(ATLASES)] == ATLASES  # recon-all's first; those of other programs follow
    assert {source.atlas for source in sources().values() if source.atlas} <= set(shipped)


@pytest.mark.parametrize("atlas", ATLASES)
def test_a_region_stands_once_in_its_atlas(atlas):
    counts = Counter((region.hemi, region.name) for region in regions() if region.atlas == atlas)
    assert [key for key, count in counts.items() if count > 1] == []


def test_a_segmentation_id_has_one_name():
    named = {(region.segid, region.name) for region in regions() if region.segid is not None and region.atlas == "aseg"}
    assert len(named) == len({segid for segid, _ in named})


@pytest.mark.parametrize("table", ["atlases/freesurfer.tsv", "header_measures.tsv"])
def test_a_shipped_table_has_every_cell_and_no_stray_blanks(table):
    rows = read_tsv(table)
    cells = [cell for row in rows for cell in row.values()]
    assert rows
    assert all(isinstance(cell, str) and cell == cell.strip() for cell in cells)
    assert all(None not in row for row in rows)


def test_hemispheres_and_flags_are_of_the_words_that_are_read():
    assert {row["hemi"] for row in read_tsv("atlases/freesurfer.tsv")} == {"", *HEMIS}
    assert {row["printed"] for row in read_tsv("atlases/freesurfer.tsv")} == {"yes", "no"}
    assert {row["hemi"] for row in read_tsv("header_measures.tsv")} == {"", *HEMIS}
    assert {row["zero_is_missing"] for row in read_tsv("header_measures.tsv")} == {"", "yes"}


@pytest.mark.parametrize("atlas", ATLASES)
def test_an_alias_means_one_region_of_its_atlas_and_is_no_name_of_another(atlas):
    inside = [region for region in regions() if region.atlas == atlas]
    meant = {}
    for region in inside:
        for alias in region.aliases:
            meant.setdefault((region.segid, alias), set()).add(region.name)
    assert {key: names for key, names in meant.items() if len(names) > 1} == {}
    if all(region.segid is None for region in inside):
        assert {alias for _, alias in meant} & {region.name for region in inside} == set()


@pytest.mark.parametrize("atlas", ["aseg", "wmparc"])
def test_the_side_in_a_volume_name_is_the_side_in_the_table(atlas):
    wrong = [region.name for region in regions() if region.atlas == atlas and hemi_of(region.name) != region.hemi]
    assert wrong == []


PRINTED = {
    "aseg": ("aseg", None, 45),
    "wmparc": ("wmparc", None, 70),
    "Desikan-Killiany": ("aparc", "lh", 34),
    "DKT": ("aparc.DKTatlas", "rh", 31),
    "Destrieux": ("aparc.a2009s", "lh", 74),
    "Brodmann": ("BA_exvivo", "rh", 14),
}


@pytest.mark.parametrize(("atlas", "hemi", "n"), PRINTED.values(), ids=PRINTED)
def test_an_atlas_has_as_many_rows_as_freesurfer_prints(atlas, hemi, n):
    assert len(printed_regions(atlas, hemi)) == n


@pytest.mark.parametrize("atlas", ["aparc", "aparc.DKTatlas", "aparc.a2009s", "BA_exvivo"])
def test_both_hemispheres_of_a_surface_atlas_have_the_same_rows(atlas):
    assert printed_regions(atlas, "lh") == printed_regions(atlas, "rh") == printed_regions(atlas)


def test_the_regions_of_dkt_are_those_of_dk_without_three():
    lacking = set(printed_regions("aparc", "lh")) - set(printed_regions("aparc.DKTatlas", "lh"))
    assert lacking == {"bankssts", "frontalpole", "temporalpole"}


SPELLINGS = {
    "thalamus up to 6, by id": (("Left-Thalamus-Proper", 10, "aseg"), "Left-Thalamus"),
    "thalamus, right, by id": (("Right-Thalamus-Proper", 49, "aseg"), "Right-Thalamus"),
    "thalamus of today": (("Left-Thalamus", 10, "aseg"), "Left-Thalamus"),
    "id 9 bore the thalamus' name up to 6": (("Left-Thalamus", 9, "aseg"), "Left-Thalamus-unused"),
    "id 48 likewise": (("Right-Thalamus", 48, "aseg"), "Right-Thalamus-unused"),
    "Destrieux of 6": (("G&S_frontomargin", None, "aparc.a2009s"), "G_and_S_frontomargin"),
    "Destrieux of 6, ampersand within": (("G_Ins_lg&S_cent_ins", None, "aparc.a2009s"), "G_Ins_lg_and_S_cent_ins"),
    "Destrieux of 6, ampersand before P": (
        ("S_intrapariet&P_trans", None, "aparc.a2009s"),
        "S_intrapariet_and_P_trans",
    ),
    "Destrieux of 5.3 and 7": (("G_and_S_frontomargin", None, "aparc.a2009s"), "G_and_S_frontomargin"),
    "Brodmann of 5.3": (("BA1", None, "BA_exvivo"), "BA1_exvivo"),
    "Brodmann of 5.3, visual": (("V1", None, "BA_exvivo"), "V1_exvivo"),
    "Brodmann of 8, thresholded": (("BA3a_exvivo.thresh", None, "BA_exvivo"), "BA3a_exvivo"),
    "a label's file name": (("lh.entorhinal_exvivo.label", None, "BA_exvivo"), "entorhinal_exvivo"),
    "an alias of another atlas is no alias": (("V1", None, "aparc"), "V1"),
    "a user's own region": (("Seg0017", 17, None), "Seg0017"),
    "no atlas, no id": (("G&S_frontomargin", None, None), "G&S_frontomargin"),
}


@pytest.mark.parametrize(("given", "today"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_name_of_any_version_becomes_todays(given, today):
    name, segid, atlas = given
    assert canonical_region(name, segid=segid, atlas=atlas) == today


@pytest.mark.parametrize("region", regions(), ids=lambda region: f"{region.atlas}-{region.hemi}-{region.name}")
def test_todays_name_stays_and_every_alias_leads_to_it(region):
    for name in (region.name, *region.aliases):
        assert canonical_region(name, segid=region.segid, atlas=region.atlas) == region.name


SIDES = {
    "Left-Hippocampus": "lh",
    "Right-Cerebral-White-Matter": "rh",
    "ctx-lh-insula": "lh",
    "ctx_rh_G_and_S_frontomargin": "rh",
    "wm-rh-insula": "rh",
    "lh-GC-DG": "lh",
    "rh.MyLabel": "rh",
    "Left_Hippocampus": "lh",
    "left hippocampus": "lh",
    "Cbm_Left_V": "lh",
    "Whole-Right": "rh",
    "Whole-Righteous": None,
    "L-Fornix": "lh",
    "R-Fornix": "rh",
    "l-fornix": None,
    "L-Sg": None,
    "CC_Posterior": None,
    "Brain-Stem": None,
    "3rd-Ventricle": None,
    "Leftover": None,
    "lhasa": None,
    "lateraloccipital": None,
    "rostralmiddlefrontal": None,
    "": None,
}


@pytest.mark.parametrize(("name", "side"), SIDES.items(), ids=SIDES)
def test_the_side_is_read_only_where_the_name_says_it(name, side):
    assert hemi_of(name) == side


SIDES_OF_ATLASES = {
    "the name says it": ("Left-Hippocampus", None, "lh"),
    "the name says it, whatever the atlas": ("Left-Hippocampus", "aparc", "lh"),
    "the atlas has it on one side": ("LC_R", "AAN", "rh"),
    "the atlas has it in the middle": ("DR", "AAN", None),
    "the atlas has it on both sides": ("insula", "aparc", None),
    "an atlas that does not have it": ("LC_R", "aparc", None),
    "no atlas": ("LC_R", None, None),
}


@pytest.mark.parametrize(("name", "atlas", "side"), SIDES_OF_ATLASES.values(), ids=SIDES_OF_ATLASES)
def test_the_side_is_the_names_or_else_that_of_the_atlas(name, atlas, side):
    assert side_of(name, atlas) == side


IDS = {
    "its own": ("Left-Hippocampus", 17, False),
    "its own under an earlier name": ("Left-Thalamus-Proper", 10, False),
    "that of the other side": ("Left-Hippocampus", 53, True),
    "another structure's of the same side": ("Left-Amygdala", 17, True),
    "a structure without side": ("Brain-Stem", 17, True),
    "a name that nobody knows": ("mine", 17, False),
    "a name that nobody knows, of the side": ("Left-mine", 17, False),
    "a name that nobody knows, of the other side": ("Right-mine", 17, True),
    "a name with a side, an id without": ("Right-mine", 16, False),
    "an id that nobody knows": ("Right-mine", 99999, False),
    "the last id below the blocks of the cortex": ("ctx-rh-x", 999, False),
    "the first id of the left cortex": ("ctx-rh-x", 1000, True),
    "the last id of the left cortex": ("ctx-lh-x", 1999, False),
    "the first id of the right cortex": ("ctx-lh-x", 2000, True),
    "the first id of left white matter": ("wm-rh-x", 3000, True),
    "the last id of right white matter": ("wm-lh-x", 4999, True),
    "the first id behind them": ("ctx-rh-x", 5000, False),
}


@pytest.mark.parametrize(("name", "segid", "wrong"), IDS.values(), ids=IDS)
def test_an_id_is_held_against_structure_and_side(name, segid, wrong):
    assert contradicts_id(name, segid) == wrong


CORTICAL = {
    "insula": True,
    "BA1_exvivo": True,
    "???": True,
    "lh.Medial_Wall": True,
    "Medial_Wall.x": False,
    "17": False,
}


@pytest.mark.parametrize(("name", "is_one"), [*CORTICAL.items(), ("Left-Hippocampus", False)])
def test_labels_of_the_cortex_are_known_by_their_names(name, is_one):
    assert is_cortical_name(name) == is_one


@pytest.fixture
def _forget_what_is_added():
    yield
    _registry.forget(added=True)


DESCRIBED = {
    "all that can be said": (
        'hemi = "rh"\nsegid = 7\nprinted = false\naliases = ["a", "b"]',
        Region("mine", "rh", "spot", 7, printed=False, aliases=("a", "b")),
    ),
    "no more than must be": ("", Region("mine", None, "spot", None, printed=True, aliases=())),
}


@pytest.mark.usefixtures("_forget_what_is_added")
@pytest.mark.parametrize(("said", "region"), DESCRIBED.values(), ids=DESCRIBED)
def test_a_region_is_as_it_is_described(said, region):
    _registry.add(f'[[region]]\natlas = "mine"\nname = "spot"\n{said}\n')
    assert regions()[-1] == region


NOT_DESCRIBED = {
    "a side that is no text": ('atlas = "mine"\nhemi = 1', "hemi = 1"),
    "an id that is no number": ('atlas = "mine"\nsegid = "7"', "segid = '7'"),
    "printed that is no truth value": ('atlas = "mine"\nprinted = "yes"', "printed = 'yes'"),
    "aliases that are no list": ('atlas = "mine"\naliases = "a"', "aliases = 'a'"),
    "a key that means nothing": ('atlas = "mine"\ncolour = "red"', "colour = 'red'"),
    "no atlas": ("", "only name"),
}


@pytest.mark.usefixtures("_forget_what_is_added")
@pytest.mark.parametrize(("said", "found"), NOT_DESCRIBED.values(), ids=NOT_DESCRIBED)
def test_a_region_that_is_not_described_rightly_is_refused_by_name(said, found):
    _registry.add(f'[[region]]\nname = "spot"\n{said}\n', "my.toml")
    with pytest.raises(KindsError, match=rf"^my\.toml: \[\[region\]\] spot: expected atlas and name.*, found {found}$"):
        regions()


def test_a_header_measure_stands_once_with_unit_and_description():
    rows = read_tsv("header_measures.tsv")
    assert len({row["field"] for row in rows}) == len(rows)
    assert [row["field"] for row in rows if not (row["key"] and row["unit"] and row["description"])] == []
    assert list(global_measures()) == [row["field"] for row in rows]


def test_a_header_measures_side_is_the_one_in_its_name():
    sides = {"lh": ("lh", "Left"), "rh": ("rh", "Right")}
    for measure in global_measures().values():
        named = next((side for side, begins in sides.items() if measure.field.startswith(begins)), None)
        assert measure.hemi == named, measure.field


@pytest.mark.parametrize("field", ["eTIV", "ICV", "sTIV", "MeanThickness"])
def test_what_cannot_be_nothing_is_missing_when_it_is_printed_as_0(field):
    assert global_measures()[field].zero_is_missing


@pytest.mark.parametrize("field", ["SurfaceHoles", "lhSurfaceHoles", "rhSurfaceHoles", "MaskVol"])
def test_what_can_be_0_stays_0(field):
    assert not global_measures()[field].zero_is_missing
