"""FastSurfer: every kind of file is known by name, and cerebellum and hypothalamus have their sides."""

import pytest

from fsstats.parsers import long_table, parse_stats
from fsstats.schema import hemi_of, printed_regions, regions, source_of, sources
from tests_support import HANDMADE

DEEP = HANDMADE / "deep"

# the names that FastSurfer writes, and what we call the kind
NAMES = {
    "aseg+DKT.stats": "aseg+DKT",
    "aseg+DKT.VINN.stats": "aseg+DKT.VINN",
    "aseg+DKT.VINN.withCC.stats": "aseg+DKT.VINN.withCC",
    "aseg.VINN.stats": "aseg.VINN",
    "aparc.DKTatlas+aseg.deep.volume.stats": "aparc.DKTatlas+aseg.deep.volume",
    "cerebellum.CerebNet.stats": "cerebellum.CerebNet",
    "hypothalamus.HypVINN.stats": "hypothalamus.HypVINN",
    "lh.aparc.DKTatlas.mapped.stats": "aparc.DKTatlas.mapped",
    "wmparc.DKTatlas.mapped.stats": "wmparc.DKTatlas.mapped",
}


@pytest.mark.parametrize(("file", "source"), NAMES.items(), ids=NAMES)
def test_a_file_of_fastsurfer_is_known_by_name(file, source):
    stats = parse_stats("# ColHeaders StructName NumVert\nx 1\n", where=f"sub-01/stats/{file}", strict=False)
    assert stats.source == source
    assert sources()[source].tool == "FastSurfer"


def test_the_callosum_has_its_variants():
    assert source_of("callosum.CC.midslice") is sources()["callosum.CC"]


# file: (rows, some names with side and volume)
FILES = {
    "cerebellum.CerebNet.stats": (30, {"Cbm_Left_V": "lh", "Cbm_Right_CrusII": "rh", "Cbm_Vermis_IX": None}),
    "hypothalamus.HypVINN.stats": (26, {"L-N.opticus": "lh", "R-Fornix": "rh", "Ant-Commisure": None}),
    "aseg+DKT.VINN.stats": (6, {"Left-Thalamus": "lh", "ctx-rh-insula": "rh", "CC_Posterior": None}),
}


@pytest.mark.parametrize(("file", "case"), FILES.items(), ids=FILES)
def test_a_segmentation_of_fastsurfer_is_read_whole_with_its_sides(file, case):
    n_rows, sides = case
    text = (DEEP / file).read_text(encoding="utf-8")
    stats = parse_stats(text, where=f"sub-01/stats/{file}")
    table = long_table(stats, measures=["volume"]).set_index("region")
    printed = {line.split()[4]: float(line.split()[3]) for line in text.splitlines() if not line.startswith("#")}
    assert (stats.tool, len(stats.names), stats.remarks) == ("FastSurfer", n_rows, ())
    assert table["value"].to_dict() == printed
    assert set(table["unit"]) == {"mm^3"}
    assert table.loc[list(sides), "hemi"].fillna("").tolist() == [side or "" for side in sides.values()]


def test_ids_of_the_hypothalamus_are_not_freesurfers():
    stats = parse_stats((DEEP / "hypothalamus.HypVINN.stats").read_text(encoding="utf-8"))
    table = long_table(stats, measures=["volume"]).set_index("segid")
    assert table.loc[[10, 17], "region"].tolist() == ["3rd-Ventricle", "Infundibulum"]


@pytest.mark.parametrize("atlas", ["CerebNet", "HypVINN", "samseg", "synthseg", "wmhsynthseg"])
def test_the_side_in_a_name_is_the_side_in_the_table(atlas):
    inside = [region for region in regions() if region.atlas == atlas]
    assert inside
    assert [region.name for region in inside if hemi_of(region.name) != region.hemi] == []
    assert len({region.segid for region in inside if region.segid is not None}) == len(
        [region for region in inside if region.segid is not None]
    )


def test_the_files_have_the_rows_of_their_atlas():
    for file, atlas in (("cerebellum.CerebNet.stats", "CerebNet"), ("hypothalamus.HypVINN.stats", "HypVINN")):
        stats = parse_stats((DEEP / file).read_text(encoding="utf-8"))
        assert set(stats.names) == set(printed_regions(atlas))


SIDELESS = ["L-Sg", "l-left", "R-", "LGN", "Cbm_Vermis_VI", "Reticular"]


@pytest.mark.parametrize("name", SIDELESS)
def test_a_letter_that_is_no_side(name):
    assert hemi_of(name) is None


def test_the_nucleus_of_either_thalamus_keeps_its_side():
    assert (hemi_of("Left-L-Sg"), hemi_of("Right-L-Sg")) == ("lh", "rh")
