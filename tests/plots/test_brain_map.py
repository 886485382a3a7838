"""A brain map draws every number in its region, and says what it does not draw."""

import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Text

import fsstats as fs
from brains_support import STEM, VENTRICLE, at, deep, long, results
from fsstats.plots import brain_map, brain_map_table
from fsstats.plots._brain_places import drawn_places
from fsstats.plots._names import MINUS
from plots_support import TOLERANCE, assert_same_picture, bare, contrast, difference, drawn_in, pixels, texts_of


def patches(axes, kind="region"):
    """Give the patches of regions (or of what else is asked for), by the name of the region."""
    found = [patch for patch in axes.patches if (patch.get_gid() or "").startswith(kind)]
    names = [patch.get_gid().removeprefix(f"{kind}--") for patch in found]
    assert len(set(names)) == len(names) or kind in {"outline", "rest", "cortex"}
    return dict(zip(names, found, strict=True))


def texts(axes):
    """Give the texts that are seen: axis and ticks of the map itself are not."""
    own = {*axes.xaxis.findobj(Text), *axes.yaxis.findobj(Text)}
    return [text for text in texts_of(axes.figure) if text not in own]


def words(axes):
    """Give all texts of a figure on one line."""
    return " | ".join(text.get_text().replace("\n", " ") for text in texts(axes))


def outlined(axes):
    return sorted(patches(axes, "significant--region"))


def is_hatched(patch):
    return patch.get_hatch() is not None


# what is drawn


@pytest.mark.parametrize("source", ["aparc", "aparc.DKTatlas", "aparc.a2009s", "aseg"])
def test_every_region_is_one_patch_of_its_colour(source):
    table = results(source)
    axes = brain_map(table, cmap="gray", limits=(-2, 2))
    found = patches(axes)
    assert len(found) == len(table)
    for row in table.itertuples():
        name = row.region if pd.isna(row.hemi) else f"{row.hemi}--{row.region}"
        grey = round((row.effect_size + 2) / 4 * 255)
        assert np.abs(np.array(found[name].get_facecolor()[:3]) * 255 - grey).max() < 1.5


@settings(max_examples=6)
@given(seed=st.integers(0, 2**16), kept=st.integers(1, 40))
def test_the_order_of_the_rows_says_nothing(seed, kept):
    table = pd.concat([results(), deep()]).sample(n=kept, random_state=seed)
    one, two = (brain_map_table(rows) for rows in (table, table.sample(frac=1, random_state=seed + 1)))
    order = ["outlines", "hemi", "region"]
    pd.testing.assert_frame_equal(*(one.sort_values(order, ignore_index=True) for one in (one, two)))
    assert one["value"].notna().sum() == kept


def test_texts_may_be_categories_or_objects():
    names = ["source", "hemi", "region", "measure", "term", "unit", "effect_name"]
    expected = brain_map_table(deep())
    for kind in ("category", "object"):
        pd.testing.assert_frame_equal(brain_map_table(deep().astype(dict.fromkeys(names, kind))), expected)


def test_names_of_earlier_versions_are_known():
    table = deep().replace({"Left-Thalamus": "Left-Thalamus-Proper"})
    pd.testing.assert_frame_equal(
        brain_map_table(table).drop(columns="text"), brain_map_table(deep()).drop(columns="text")
    )


def test_a_region_without_a_number_and_one_that_is_not_there_are_hatched():
    table = results()
    table.loc[at(table, "lh", "insula"), "effect_size"] = np.nan
    axes = brain_map(table[~at(table, "rh", "cuneus")])
    assert [name for name, patch in patches(axes).items() if is_hatched(patch)] == ["lh--insula", "rh--cuneus"]
    assert "no value" in words(axes)
    assert "no value" not in words(brain_map(results()))


@pytest.mark.parametrize(
    ("values", "limits"),
    [([-0.2, 0.6], (-0.6, 0.6)), ([0.2, 0.6], (0.2, 0.6)), ([-0.5, -0.2], (-0.5, -0.2)), ([0.3, 0.3], (0.3, 1.3))],
)
def test_colours_lie_about_0_if_both_signs_occur(values, limits):
    table = results().assign(effect_size=np.resize(values, 68))
    bar = brain_map(table).child_axes[0]
    assert bar.get_xlim() == pytest.approx(limits)


def test_values_beyond_the_limits_are_said_by_arrows():
    bar = brain_map(results(), limits=(-0.1, 5)).child_axes[0]
    inner = len(bar.patches)
    assert inner > len(brain_map(results(), limits=(-5, 5)).child_axes[0].patches)


BARS = {
    "an effect size": ({}, f"thickness, patient {MINUS} control (Hedges' g)"),
    "an estimate": ({"value": "estimate"}, f"thickness, patient {MINUS} control (mm)"),
    "another column": ({"value": "n"}, f"thickness, patient {MINUS} control (n)"),
    "words of one's own": ({"label": "g for $5"}, r"g for \$5"),
}


@pytest.mark.parametrize(("options", "said"), BARS.values(), ids=BARS)
def test_the_colour_bar_says_what_and_in_which_unit(options, said):
    assert brain_map(results(), **options).child_axes[0].get_xlabel() == said


# significance


def test_regions_are_outlined_by_the_p_value_that_counts_the_tests():
    table = results()
    own = table.loc[table["p_value"] < 0.05, ["hemi", "region"]].agg("--".join, axis=1)
    axes = brain_map(table)
    assert outlined(axes) == sorted(own)
    assert "p < 0.05" in words(axes)
    corrected = table.assign(p_adjusted=np.where(table["region"] == "insula", 0.01, 0.5))
    axes = brain_map(corrected)
    assert outlined(axes) == ["lh--insula", "rh--insula"]
    assert "adjusted p < 0.05" in words(axes)
    for alpha in (0.005, None):
        axes = brain_map(corrected, alpha=alpha, views="left lateral")
        assert outlined(axes) == []
        assert "p <" not in words(axes)


def test_a_column_of_truth_values_says_itself_what_is_outlined():
    axes = brain_map(results().assign(seen_before=lambda t: t["region"] == "cuneus"), p="seen_before", alpha=None)
    assert outlined(axes) == ["lh--cuneus", "rh--cuneus"]
    assert "seen before" in words(axes)


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object"])
def test_truth_values_are_never_read_as_p_values(dtype):
    table = results().assign(seen=lambda t: (t["region"] == "cuneus").astype(dtype))
    assert outlined(brain_map(table, p="seen")) == ["lh--cuneus", "rh--cuneus"]
    listed = brain_map_table(table, p="seen")
    assert listed["text"].tolist() == brain_map_table(table)["text"].tolist()


def test_a_missing_truth_value_outlines_nothing():
    table = results().assign(seen=lambda t: (t["region"] == "cuneus").astype("object").where(t["hemi"] == "lh", None))
    assert outlined(brain_map(table, p="seen")) == ["lh--cuneus"]


def test_what_has_no_number_is_not_outlined():
    table = results().assign(p_value=0.001)
    table.loc[0, "effect_size"] = np.nan
    assert len(outlined(brain_map(table))) == 67
    assert brain_map_table(table)["significant"].tolist() == [True] * 68  # which is what its p-value says


# cortex and deep structures, sides, structures without outline


def test_cortex_and_deep_structures_stand_in_one_figure_with_one_scale():
    axes = brain_map(pd.concat([results(), deep()]))
    assert len(patches(axes)) == 68 + 15
    assert len(axes.child_axes) == 1
    assert axes.child_axes[0].get_xlabel() == f"thickness and volume, patient {MINUS} control (Hedges' g)"
    for name in (
        "left lateral",
        "right medial",
        "coronal y = 8 mm",
        "axial z = 2 mm",
        "No outline, so not drawn: left",
    ):
        assert name in words(axes)


def test_structures_without_an_outline_are_named():
    assert "No outline, so not drawn: left lateral ventricle" in words(brain_map(deep()))
    many = results(
        "aseg", also=[(h, f"{s}-{r}") for r in ("VentralDC", "vessel") for h, s in (("lh", "Left"), ("rh", "Right"))]
    )
    assert "so not drawn: left and right ventral DC, left and right vessel" in words(brain_map(many))


def test_a_row_of_both_sides_is_drawn_on_both_and_a_note_says_so():
    table = results().query("hemi == 'lh'").assign(hemi="lr")
    axes = brain_map(table)
    assert len(patches(axes)) == 68
    colours = {name: patch.get_facecolor() for name, patch in patches(axes).items()}
    assert all(colours[name.replace("rh--", "lh--")] == colour for name, colour in colours.items())
    assert "Values of both sides together are drawn on both" in words(axes)
    listed = brain_map_table(table.assign(hemi=None))
    assert listed["note"].tolist() == ["of both sides together"] * 68


def test_aggregated_and_asymmetric_tables_find_their_places():
    volumes = long(source="aseg").assign(measure="volume", unit="mm^3")
    both = fs.aggregate(volumes[volumes["hemi"].notna()], "bilateral")
    assert brain_map_table(both, average="mean")["value"].notna().sum() == 14
    index = brain_map_table(fs.asymmetry(long()), average="median")
    assert index["value"].notna().all()


def test_the_middle_has_no_side():
    table = brain_map_table(deep())
    row = table[table["region"] == STEM[1]]
    assert len(row) == 1
    assert row["hemi"].isna().all()


def test_rows_of_the_whole_brain_are_listed_and_not_drawn():
    extra = results()[:1].assign(region="global", hemi=None, measure="eTIV", unit="mm^3")
    table = brain_map_table(pd.concat([results(), extra]))
    assert table.loc[table["region"] == "global", "note"].tolist() == ["of the whole brain"]


@pytest.mark.parametrize(("source", "outlines"), [("synthseg", "aseg"), ("my.own", "aparc")])
def test_outlines_of_another_atlas_are_said_to_be_so(source, outlines):
    axes = brain_map(results(outlines).assign(source=source), outlines=outlines)
    assert len(patches(axes)) == len(drawn_places(outlines))
    name = {"aseg": "aseg", "aparc": "Desikan-Killiany"}[outlines]
    assert f"On outlines of the {name} atlas: {source}" in words(axes)


def test_the_structures_of_first_are_drawn_like_those_of_the_aseg():
    first = deep().query("region != 'Left-Lateral-Ventricle'").assign(source="first")
    assert len(patches(brain_map(first))) == 15
    assert "outlines of" not in words(brain_map(first))


# long tables


def test_one_subject_of_a_long_table_is_drawn_as_it_is():
    table = long(1)
    axes = brain_map(table, cmap="gray", limits=(0, 5))
    assert axes.child_axes[0].get_xlabel() == "thickness (mm)"
    grey = patches(axes)["rh--insula"].get_facecolor()[0] * 5
    assert grey == pytest.approx(table.loc[at(table, "rh", "insula"), "value"].item(), abs=0.02)


@pytest.mark.parametrize("average", ["mean", "median"])
def test_many_subjects_are_averaged_if_that_is_asked_for(average):
    table = long(7)
    table.loc[at(table, "lh", "insula") & (table["subject"] < "s3"), "value"] = np.nan
    listed = brain_map_table(table, average=average).set_index(["hemi", "region"])["value"]
    expected = {key: getattr(np, f"nan{average}")(own["value"]) for key, own in table.groupby(["hemi", "region"])}
    assert listed.to_dict() == pytest.approx(expected)
    axes = brain_map(table, average=average)
    assert axes.child_axes[0].get_xlabel() == f"{average} thickness (mm)"
    assert "n = 4 to 7" in words(axes)


# what is refused


def twice(**columns):
    return pd.concat([results(), results().assign(**columns)])


INSULA = "left banks of the STS"
REFUSED = {
    "no rows": (results()[:0], {}, fs.TableError, "nothing to draw: the table has no rows"),
    "no regions": (pd.DataFrame({"x": [1.0]}), {}, fs.ColumnsError, "needs the column"),
    "no numbers": (results().assign(effect_size=None, estimate=None), {}, fs.TableError, "no row has an effect size"),
    "only NaN": (results().assign(x=np.nan), {"value": "x"}, fs.TableError, "no region has a number in the column x"),
    "text": (results().assign(x="a"), {"value": "x"}, fs.TableError, "expected numbers in the column x"),
    "no such column": (results(), {"value": "effectsize"}, fs.UnknownNameError, "did you mean .*effect_size"),
    "a region misspelt": (
        results().replace({"insula": "insla"}),
        {},
        fs.UnknownNameError,
        "no region of aparc is called 'insla'; did you mean insula",
    ),
    "a region of another atlas": (
        results().replace({"insula": "Left-Amygdala"}),
        {},
        fs.UnknownNameError,
        "no region of aparc is called 'Left-Amygdala'",
    ),
    "a side that is none": (
        results().assign(hemi="left"),
        {},
        fs.TableError,
        "expected lh, rh, lr .* or nothing, found 'left'",
    ),
    "several terms": (twice(term="age"), {}, fs.TableError, "one term, found 2: patient - control, age.*term="),
    "a term misspelt": (twice(term="age"), {"term": "aeg"}, fs.UnknownNameError, "did you mean age"),
    "several measures": (twice(measure="area"), {}, fs.TableError, "one measure, found 2: thickness, area.*measure="),
    "several sources": (twice(source="aparc.pial"), {}, fs.TableError, "one source, found 2: aparc, aparc.pial"),
    "several sites": (
        pd.concat([results().assign(site=site) for site in "AB"]),
        {},
        fs.TableError,
        f"found 2 rows of {INSULA} \\(site: A, B\\)",
    ),
    "a region twice": (
        pd.concat([results(), results()[3:4]]),
        {},
        fs.TableError,
        "found 2 rows of left cuneus. Choose",
    ),
    "several subjects": (
        long(3),
        {},
        fs.TableError,
        f"found 3 rows of {INSULA} \\(subject: s0, s1, s2\\). Choose one, or average='mean'",
    ),
    "several runs": (
        pd.concat([long(2), long(2).assign(session="2")]),
        {"average": "mean"},
        fs.TableError,
        f"one value a subject, found several of {INSULA} of s0",
    ),
    "an average that is none": (long(2), {"average": "max"}, fs.UnknownNameError, "no average is called 'max'"),
    "an average without subjects": (results(), {"average": "mean"}, fs.ColumnsError, "'subject'"),
    "several units": (
        pd.concat([results(), deep()]),
        {"value": "estimate"},
        fs.TableError,
        "one unit on an axis, found mm, mm",
    ),
    "several effect sizes": (
        pd.concat([results(), deep().assign(effect_name="cohens_d")]),
        {},
        fs.TableError,
        "one kind of effect size on an axis, found Hedges' g, Cohen's d",
    ),
    "no outlines": (
        results().assign(source="BA_exvivo"),
        {},
        fs.TableError,
        "outlines of aparc, aparc.DKTatlas, .*none for source 'BA_exvivo'",
    ),
    "no such outlines": (results(), {"outlines": "aparc2"}, fs.UnknownNameError, "no atlas with outlines"),
    "two atlases of the cortex": (
        pd.concat([results(), results("aparc.DKTatlas")]),
        {},
        fs.TableError,
        "one source, found 2: aparc, aparc.DKTatlas.*source=",
    ),
    "no such view": (results(), {"views": "lateral, dorsal"}, fs.UnknownNameError, "no view is called 'dorsal'"),
    "no view": (results(), {"views": []}, fs.TableError, "views: expected one or more of left lateral"),
    "alpha": (results(), {"alpha": 5}, fs.TableError, "alpha between 0 and 1, found 5"),
    "no such p": (results(), {"p": "p_valu"}, fs.UnknownNameError, "did you mean p_value"),
    "no such colours": (results(), {"cmap": "RdBuu"}, fs.UnknownNameError, "no colour map is called 'RdBuu'"),
    "limits": (results(), {"limits": (1, 0)}, fs.TableError, "limits"),
}


@pytest.mark.parametrize(("table", "options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_drawn_is_an_error_that_says_why(table, options, error, message):
    with pytest.raises(error, match=message):
        brain_map(table, **options)


# views and axes


def names_of(axes):
    return [
        text.get_text().partition("\n")[0]
        for text in axes.texts
        if re.match(r"left|right|coronal|axial", text.get_text())
    ]


VIEWS = {
    "one": ("left lateral", ["left lateral"]),
    "a word": ("medial", ["left medial", "right medial"]),
    "a row": ("left lateral, left medial", ["left lateral", "left medial"]),
    "rows": (["left", "right lateral"], ["left lateral", "left medial", "left ventral", "right lateral"]),
    "from below": ("ventral", ["left ventral", "right ventral"]),
}


@pytest.mark.parametrize(("views", "names"), VIEWS.values(), ids=VIEWS)
def test_views_are_chosen_by_words_of_their_names(views, names):
    assert names_of(brain_map(results(), views=views)) == names


def test_a_hemisphere_of_which_there_is_nothing_is_left_out():
    axes = brain_map(results().query("hemi == 'lh'"))
    assert names_of(axes) == ["left lateral", "left medial"]
    assert len(patches(axes)) == 34


def test_regions_that_no_view_shows_are_counted_and_significant_ones_named():
    table = results().assign(p_value=1.0)
    table.loc[at(table, "rh", "cuneus"), "p_value"] = 0.001
    said = words(brain_map(table, views="lateral"))
    hidden = 68 - len(patches(brain_map(table, views="lateral")))
    assert f"{hidden} regions are not to be seen in these views, of these significant: right cuneus" in said
    assert "not to be seen" not in words(brain_map(table))


def test_it_draws_into_the_axes_it_is_given_and_keeps_no_state():
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    before = plt.get_fignums()
    assert brain_map(results(), ax=left) is left
    assert brain_map(deep(), ax=right) is right
    assert len(figure.axes) == 2
    assert plt.get_fignums() == before
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in (left, right)]
    assert boxes[0].x1 <= boxes[1].x0 + 1  # nothing of one lies on the other
    assert all(figure.bbox.x0 - 1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1 for box in boxes)


@pytest.mark.parametrize(
    "make", [results, deep, lambda: pd.concat([results(), deep()])], ids=["cortex", "deep", "both"]
)
def test_everything_is_within_the_figure_and_no_text_lies_on_another(make):
    table = make().assign(effect_size=lambda t: t["effect_size"].mask(t["region"] == "insula"))
    axes = brain_map(table)
    figure = axes.figure
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(axes)]
    for said, box in boxes:
        assert figure.bbox.x0 - 1 <= box.x0, said
        assert box.x1 <= figure.bbox.x1 + 1, said
        assert figure.bbox.y0 - 1 <= box.y0 <= box.y1 <= figure.bbox.y1 + 1, said
    for k, (said, box) in enumerate(boxes):
        assert [other for other, its in boxes[k + 1 :] if box.shrunk(0.9, 0.8).overlaps(its)] == [], said


def test_a_table_may_hold_markup_formulas_and_other_letters():
    axes = brain_map(results().assign(term="<b>$x_1$ & Größe", unit="$"), value="estimate")
    axes.figure.draw_without_rendering()
    assert "Größe" in words(axes)


# pictures

PICTURES = {
    "brain-map": lambda: brain_map(results().assign(effect_size=lambda t: t["effect_size"].mask(t.index == 7))),
    "brain-map-both": lambda: brain_map(
        pd.concat([results("aparc.DKTatlas"), deep()]), views=["left lateral, right medial", "coronal, axial"]
    ),
    "brain-map-destrieux": lambda: brain_map(
        results("aparc.a2009s"), views="left lateral, left medial", value="p_value"
    ),
}


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_it_did_when_it_was_looked_at(name, style):
    with drawn_in(style):
        figure = PICTURES[name]().figure
        figure.draw_without_rendering()
        assert_same_picture(figure, name if style == "default" else f"{name}-dark")


def test_a_region_that_is_not_drawn_makes_another_picture():
    with drawn_in():
        table = results().assign(effect_size=lambda t: np.where(t["region"] == "transversetemporal", -1, 0.1))
        whole, lacking = brain_map(table), brain_map(table)
        small = patches(lacking)["lh--transversetemporal"]
        small.remove()
        assert difference(*(pixels(bare(axes.figure)) for axes in (whole, lacking))) > TOLERANCE


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_lines_and_letters_stand_out_in_light_and_dark(style):
    with drawn_in(style):
        axes = brain_map(results())
        ground = axes.figure.get_facecolor()
        line = next(iter(patches(axes, "significant").values())).get_edgecolor()
        assert contrast(line, ground) > 15
        assert all(contrast(text.get_color(), ground) > 4.5 for text in texts(axes))
        assert contrast(axes.patches[-1].get_edgecolor(), ground) > 3


def test_an_svg_file_names_every_region(tmp_path):
    path = tmp_path / "map.svg"
    with mpl.rc_context({"svg.fonttype": "none"}):
        brain_map(deep()).figure.savefig(path)
    text = path.read_text("utf-8")
    assert 'id="region--lh--Left-Amygdala"' in text
    assert 'id="region--Brain-Stem"' in text
    assert VENTRICLE[1] not in text
