"""The outlines that ship: every region once, side by side without gap or overlap, where anatomy has it."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Lines

from fsstats.errors import TableError, UnknownNameError
from fsstats.plots._brain_places import drawn_places
from fsstats.plots._shapes import LEFT_OUT, OUTLINES, outlines_of, views_of
from fsstats.schema import printed_regions, regions

ROOT = Path(__file__).parents[2]
FOLDER = files("fsstats.plots") / "shapes"
FILES = {path.name for path in FOLDER.iterdir()}
ATLASES = sorted({outlines.atlas for outlines in OUTLINES.values()})
VIEWS = {f"{atlas}, {name}": view for atlas in ATLASES for name, view in views_of(atlas).items()}
TOLD = {
    f"{atlas}, {name}": told
    for atlas in ATLASES
    for name, told in json.loads((FOLDER / f"{atlas}.json").read_text("utf-8"))["views"].items()
}
EACH_VIEW = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)


def area(rings):
    """Give the area within lines; of holes, which run to the right, it is negative."""
    return sum(0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) for x, y in (ring.T for ring in rings))


def parts(view):
    return [*view.regions.values(), view.rest, view.cortex]


def test_there_is_a_file_for_each_atlas_and_all_are_small():
    assert {f"{atlas}.json" for atlas in ATLASES} == FILES
    assert sum(len((FOLDER / name).read_bytes()) for name in FILES) < 165_000


@pytest.mark.parametrize(("atlas", "n"), [("aparc", 68), ("aparc.DKTatlas", 62), ("aparc.a2009s", 148)])
def test_every_region_of_the_cortex_has_an_outline(atlas, n):
    known = {(hemi, name) for hemi in ("lh", "rh") for name in printed_regions(atlas, hemi)}
    assert set(drawn_places(atlas)) == known
    assert len(known) == n


def test_the_structures_of_first_have_an_outline_and_others_of_the_aseg_have_none():
    first = {(region.hemi, region.name) for region in regions() if region.atlas == "first"}
    assert set(drawn_places("aseg")) == first
    assert len(first) == 15


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_every_line_lies_between_two_neighbours(told):
    rings = [ring for name in ("rest", "cortex") for ring in told[name]]
    rings += [ring for region in told["regions"].values() for ring in region]
    rings += [[-number for number in ring] for ring in told["outline"]]  # from outside it is seen the other way round
    used = sorted(number for ring in rings for number in ring)
    n = len(told["lines"])
    assert used == [*range(-n, 0), *range(1, n + 1)]


@EACH_VIEW
def test_the_parts_of_a_view_fill_it(view):
    whole = sum(map(area, parts(view)))
    if view.outline:
        assert whole == pytest.approx(area(view.outline), rel=1e-9)
    else:  # a slice is cut out with round corners: x^4 + y^4 < 1 has an area of 4 gamma(5/4)^2 / gamma(3/2)
        assert whole == pytest.approx(3.7081 * view.width / 2 * view.height / 2, rel=0.01)


@EACH_VIEW
def test_no_two_parts_lie_on_each_other(view):
    x, y = np.meshgrid(np.linspace(0.7, view.width, 70), np.linspace(0.7, view.height, 50))
    points = np.column_stack([x.ravel(), y.ravel()])
    on = np.zeros(len(points), dtype=int)
    for rings in parts(view):
        inside = sum(Lines(ring).contains_points(points) * (1 if area([ring]) > 0 else -1) for ring in rings)
        assert np.isin(inside, [0, 1]).all()  # not twice within one region either
        on += inside
    assert on.max() == 1
    assert on.mean() > 0.6


@EACH_VIEW
@settings(max_examples=15)
@given(data=st.data())
def test_lines_stay_within_the_view_and_have_no_long_gap(view, data):
    rings = data.draw(st.sampled_from([rings for rings in parts(view) if rings]))
    ring = data.draw(st.sampled_from(rings))
    assert (ring >= -1e-9).all()
    assert (ring <= [view.width + 1e-9, view.height + 1e-9]).all()
    assert len(ring) >= 3
    steps = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T)
    assert steps.min() > 0
    assert steps.max() < 40  # of 216 mm; a slice's frame has straight sides


@pytest.mark.parametrize("atlas", ATLASES)
def test_every_region_is_large_enough_to_be_seen(atlas):
    areas = dict.fromkeys(drawn_places(atlas), 0.0)
    for view in views_of(atlas).values():
        for place, rings in view.regions.items():
            areas[place] += area(rings)
    assert min(areas.values()) > 20  # mm^2, on a hemisphere of 216 mm


def middle(atlas, view, hemi, region):
    return np.concatenate(views_of(atlas)[view].regions[hemi, region]).mean(axis=0)


ANATOMY = {
    "the front of the left lateral view is at the left": ("left lateral", "lh", "parsorbitalis", "lateraloccipital", 0),
    "that of the left medial view at the right": ("left medial", "lh", "cuneus", "frontalpole", 0),
    "that of the right lateral view at the right": ("right lateral", "rh", "lateraloccipital", "parsorbitalis", 0),
    "that of the right medial view at the left": ("right medial", "rh", "frontalpole", "cuneus", 0),
    "temporal is below parietal": ("left lateral", "lh", "inferiortemporal", "superiorparietal", 1),
    "on both sides": ("right medial", "rh", "entorhinal", "paracentral", 1),
    "the front of the left ventral view is at the left": ("left ventral", "lh", "lateralorbitofrontal", "fusiform", 0),
    "that of the right ventral view at the right": ("right ventral", "rh", "fusiform", "lateralorbitofrontal", 0),
    "seen from below, the outer edge is on top": ("left ventral", "lh", "parahippocampal", "inferiortemporal", 1),
    "of both sides": ("right ventral", "rh", "parahippocampal", "inferiortemporal", 1),
}


@pytest.mark.parametrize(("view", "hemi", "less", "more", "axis"), ANATOMY.values(), ids=ANATOMY)
def test_regions_lie_where_they_are(view, hemi, less, more, axis):
    assert middle("aparc", view, hemi, less)[axis] < middle("aparc", view, hemi, more)[axis] - 20


@pytest.mark.parametrize("name", views_of("aseg"))
def test_the_left_of_a_slice_is_the_brains(name):
    view = views_of("aseg")[name]
    for hemi, region in view.regions:
        if hemi == "lh":
            right = region.replace("Left", "Right")
            assert middle("aseg", name, "lh", region)[0] < middle("aseg", name, "rh", right)[0]


def test_the_three_atlases_share_the_brain_and_not_the_borders():
    left = [views_of(atlas)["left lateral"] for atlas in ("aparc", "aparc.DKTatlas", "aparc.a2009s")]
    sizes = [(round(view.width), round(view.height)) for view in left]
    assert len(set(sizes)) == 1
    superior = ("lh", "superiortemporal")
    assert area(left[1].regions[superior]) > 1.2 * area(left[0].regions[superior])  # with the banks of the STS


@pytest.mark.parametrize(
    ("source", "atlas"),
    [("aparc", "aparc"), ("w-g.pct", "aparc"), ("aparc.DKTatlas", "aparc.DKTatlas"), ("first", "aseg")],
)
def test_a_source_is_drawn_on_the_outlines_of_its_atlas(source, atlas):
    assert outlines_of(source).atlas == atlas
    assert outlines_of(source, "aparc.a2009s").atlas == atlas  # which is for sources that have none


@pytest.mark.parametrize("source", [*LEFT_OUT, "BA_exvivo", "my.own", None])
def test_a_source_without_outlines_is_refused_by_name(source):
    with pytest.raises(TableError, match=rf"none for {f'source {source!r}' if source else 'rows without a source'}"):
        outlines_of(source)
    assert outlines_of(source, "aseg").atlas == "aseg"


def test_outlines_that_do_not_exist_are_refused():
    with pytest.raises(UnknownNameError, match=r"no atlas with outlines is called 'aparc.a2005s'.*aparc.a2009s"):
        outlines_of("mine", "aparc.a2005s")


def test_the_notice_says_what_each_file_was_derived_from():
    notice = (ROOT / "NOTICE").read_text("utf-8")
    assert [name for name in FILES if f"\n{name} " not in notice] == []
    licences = sorted(path.name for path in (ROOT / "licenses").iterdir())
    assert [name for name in licences if f"licenses/{name}" not in notice] == []
    assert len(licences) == 4
