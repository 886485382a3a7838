"""A brain map for a web page says what it shows, runs nothing, and asks for nothing."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex

from brains_support import at, deep, long, results
from fsstats.errors import UnknownNameError
from fsstats.plots import brain_map, brain_map_svg, brain_map_table
from fsstats.plots._brain_places import drawn_places
from fsstats.plots._names import MINUS

SVG = "{http://www.w3.org/2000/svg}"


def read(text):
    return ET.fromstring(text)  # noqa: S314 - our own text


def regions_of(root):
    found = [path for path in root.iter(f"{SVG}path") if path.get("class") == "region"]
    return {(path.get("data-hemi") or None, path.get("data-region")): path for path in found}


@pytest.fixture(scope="module")
def table():
    """Cortex and deep structures, one of them without a number, one significant."""
    rows = pd.concat([results(), deep()], ignore_index=True).assign(p_value=0.5)
    rows.loc[at(rows, "lh", "insula"), ["effect_size", "effect_low", "effect_high", "p_value"]] = (
        -0.42,
        -0.8,
        -0.04,
        0.021,
    )
    rows.loc[at(rows, "rh", "cuneus"), "effect_size"] = np.nan
    return rows


@pytest.fixture(scope="module")
def root(table):
    return read(brain_map_svg(table, limits=(-1, 1)))


def test_it_is_a_picture_with_a_title_and_a_description(root):
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, desc = (next(root.iter(f"{SVG}{name}")) for name in ("title", "desc"))
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == f"thickness and volume, patient {MINUS} control (Hedges' g)"
    own = table_of(root)
    for words in (
        f"Brain map of {title.text}, 82 regions",
        f"least: {own.loc[own['value'].idxmin(), 'text']}",
        f"largest: {own.loc[own['value'].idxmax(), 'text']}",
        "p < 0.05: left insula.",
        "no value: right cuneus.",
        "No outline, so not drawn: left lateral ventricle.",
    ):
        assert words in desc.text


def table_of(root):
    """Give the regions as the picture has them."""
    rows = [(path.get("data-value"), path[0].text) for path in regions_of(root).values()]
    return pd.DataFrame(rows, columns=["value", "text"]).astype({"value": float})


def test_every_region_has_its_colour_its_number_and_a_tooltip(root, table):
    found = regions_of(root)
    assert set(found) == {*drawn_places("aparc"), *drawn_places("aseg")}
    for row in table[table["effect_size"].notna() & (table["region"] != "Left-Lateral-Ventricle")].itertuples():
        path = found[None if pd.isna(row.hemi) else row.hemi, row.region]
        assert float(path.get("data-value")) == row.effect_size
        assert path.get("fill") == to_hex(colormaps["RdBu_r"]((row.effect_size + 1) / 2))
    insula = found["lh", "insula"]
    interval = f"({MINUS}0.8 to {MINUS}0.04)"
    assert insula[0].tag == f"{SVG}title"
    assert insula[0].text == f"left insula: Hedges' g {MINUS}0.42 {interval}, p = 0.021, n = 80"


def test_a_region_without_a_number_is_hatched_and_says_so(root):
    cuneus = regions_of(root)["rh", "cuneus"]
    assert cuneus.get("fill") == "url(#brain-map-hatch)"
    assert cuneus.get("data-value") is None
    assert cuneus[0].text == "right cuneus: no number, p = 0.50, n = 80"


def test_significant_regions_have_lines_around_them_that_let_the_pointer_through(root):
    lines = [path for path in root.iter(f"{SVG}path") if path.get("class") == "significant"]
    insula = regions_of(root)["lh", "insula"].get("d")
    assert [path.get("d") for path in lines] == [insula, insula]
    assert all(path.get("fill") == "none" and path.get("pointer-events") == "none" for path in lines)


def test_texts_are_those_of_the_figure(root, table):
    said = {text.text for text in root.iter(f"{SVG}text")}
    axes = brain_map(table)
    figure = {line for text in axes.texts for line in text.get_text().split("\n")}
    assert figure - {"No outline, so not drawn: left lateral ventricle"} <= said
    assert {"p < 0.05", "no value", "No outline, so not drawn: left lateral ventricle"} <= said


def numbers(d):
    """Give the points of a path: whole numbers, the first absolute, the others steps."""
    assert re.fullmatch(r"(M-?\d+ -?\d+l(-?\d+[ -]?)+z)+", d)
    points = []
    for ring in re.findall(r"M([^z]+)z", d):
        start, steps = (np.array(re.findall(r"-?\d+", part), dtype=int).reshape(-1, 2) for part in ring.split("l"))
        points.append(np.cumsum(np.vstack([start, steps]), axis=0))
    return np.vstack(points)


def test_everything_lies_within_the_frame(root):
    x, y, width, height = map(int, root.get("viewBox").split())
    for path in regions_of(root).values():
        points = numbers(path.get("d"))
        assert (points >= [x, y]).all()
        assert (points <= [x + width, y + height]).all()
    for text in root.iter(f"{SVG}text"):
        assert x < int(text.get("x")) < x + width
        assert y < int(text.get("y")) < y + height


def test_front_and_top_are_where_the_figure_has_them(root):
    found = regions_of(root)
    lateral = {name: numbers(found["lh", name].get("d")).mean(axis=0) for name in ("parsorbitalis", "supramarginal")}
    assert lateral["parsorbitalis"][0] < lateral["supramarginal"][0]
    assert lateral["parsorbitalis"][1] > lateral["supramarginal"][1]  # y runs downwards


def test_it_has_no_script_no_style_and_no_address(table):
    text = brain_map_svg(table)
    assert set(re.findall(r"<(\w+)", text)) == {
        "svg", "title", "desc", "defs", "linearGradient", "stop", "pattern", "rect", "path", "text",
    }  # fmt: skip
    assert re.findall(r"\w+://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"\s(on\w+|style|href)=", text)
    assert len(text) < 120_000


def test_it_takes_the_colours_of_the_page(root):
    assert root.get("fill") == "currentColor"
    assert all(text.get("fill") is None for text in root.iter(f"{SVG}text"))
    assert not [path for path in root.iter(f"{SVG}rect") if path.get("fill") in {"white", "#fff", "#ffffff"}]


def test_two_maps_on_a_page_share_no_id(table):
    one, two = (brain_map_svg(table, name=name) for name in ("my thickness", "area"))
    ids = [re.findall(r'\bid="([^"]+)"', text) for text in (one, two)]
    assert all(len(set(own)) == len(own) for own in ids)
    assert not set(ids[0]) & set(ids[1])
    assert "my-thickness-title" in ids[0]
    used = {*re.findall(r"url\(#([^)]+)\)", one), *read(one).get("aria-labelledby").split()}
    assert used <= set(ids[0])


MARKUP = '<script>alert("1")</script>&amp;\''


def test_no_text_of_the_table_becomes_markup(table):
    hostile = table.assign(term=MARKUP, unit=MARKUP, effect_name=MARKUP)
    plain = read(brain_map_svg(table))
    for options in ({}, {"value": "estimate", "measure": "thickness"}, {"label": MARKUP}, {"name": 'a"b'}):
        text = brain_map_svg(hostile, **options)
        assert "<script" not in text
        root = read(text)
        assert {path.tag for path in root.iter()} == {path.tag for path in plain.iter()}
    assert MARKUP in next(read(brain_map_svg(hostile, label=MARKUP)).iter(f"{SVG}title")).text


def test_a_source_may_be_named_as_it_likes():
    text = brain_map_svg(results().assign(source="<i>mine"), outlines="aparc")
    assert "On outlines of the Desikan-Killiany atlas: &lt;i&gt;mine" in text


def test_it_takes_the_options_of_the_figure():
    root = read(brain_map_svg(long(3), average="mean", views="left lateral", cmap="gray", limits=(0, 5)))
    listed = brain_map_table(long(3), average="mean").set_index(["hemi", "region"])
    found = regions_of(root)
    assert 15 < len(found) < 34
    for key, path in found.items():
        assert float(path.get("data-value")) == pytest.approx(listed.loc[key, "value"])
        assert path[0].text == listed.loc[key, "text"]
    assert next(root.iter(f"{SVG}title")).text == "mean thickness (mm)"


def test_it_refuses_what_the_figure_refuses():
    with pytest.raises(UnknownNameError, match="did you mean insula"):
        brain_map_svg(results().replace({"insula": "insla"}))


def test_notes_stand_clear_of_the_label_where_there_is_no_legend():
    root = read(brain_map_svg(deep(), alpha=None))
    label, note = list(root.iter(f"{SVG}text"))[-2:]
    assert "volume" in label.text
    assert "no outline" in note.text.casefold()
    assert int(note.get("y")) - int(label.get("y")) >= int(root.get("font-size"))
