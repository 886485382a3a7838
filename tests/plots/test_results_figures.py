"""What figures of results draw is what the tables say: positions, order, intervals, fill, names."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import beta

import fsstats as fs
from figures_support import of_sites, results, study
from fsstats.errors import ColumnsError, TableError, UnknownNameError
from fsstats.plots._labels import label_points


@pytest.fixture(scope="module")
def compared():
    return results()


@pytest.fixture(scope="module")
def cortex(compared):
    """The same without the head size, which as a variable of the model has no numbers."""
    return compared[compared["measure"] == "thickness"]


@pytest.fixture(scope="module")
def terms():
    found = fs.correct(fs.regress(study(), "value ~ group + age + sex"))
    return found[found["measure"] == "thickness"]


def words(labels):
    return [label.get_text() for label in labels]


def with_gid(axes, gid):
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def marks(axes, gid):
    """Give the points of the lines with a name, as rows of x and y."""
    lines = [line for line in axes.lines if line.get_gid() == gid]
    points = np.concatenate([np.column_stack(line.get_data()) for line in lines])
    return points[np.isfinite(points).all(axis=1)]


# forest


def test_forest_draws_each_value_at_its_row_with_its_interval(compared):
    axes = fs.plots.forest(compared)
    rows = dict(zip(words(axes.get_yticklabels()), range(8), strict=True))
    own = compared.query("region == 'insula' and hemi == 'lh'").iloc[0]
    points = np.concatenate([marks(axes, "significant"), marks(axes, "not significant")])
    assert [own["effect_size"], rows["left insula"]] in points.tolist()
    ends = [path.vertices[:, 0].tolist() for path in axes.collections[0].get_paths()]
    assert [own["effect_low"], own["effect_high"]] in ends
    assert len(points) == 7  # one has no number


def test_forest_fills_what_is_significant_and_says_by_what(compared):
    axes = fs.plots.forest(compared.assign(p_adjusted=np.where(compared["region"] == "insula", 0.01, 0.2)))
    filled = marks(axes, "significant")
    names = np.array(words(axes.get_yticklabels()))
    assert sorted(names[filled[:, 1].astype(int)]) == ["left insula", "right insula"]
    assert words(axes.get_legend().get_texts()) == ["adjusted p < 0.05", "not significant"]
    (line,) = [line for line in axes.lines if line.get_gid() == "not significant"]
    assert line.get_markerfacecolor() == axes.get_facecolor()


def test_forest_without_correction_goes_by_p(compared):
    axes = fs.plots.forest(compared.drop(columns="p_adjusted"), alpha=0.01)
    assert words(axes.get_legend().get_texts())[0] == "p < 0.01"


def test_forest_orders_by_size_with_what_is_missing_last(compared):
    axes = fs.plots.forest(compared.assign(effect_size=[0.1, -0.3, 0.2, np.nan, -0.1, 0.0, -0.2, 0.05, np.nan]))
    assert words(axes.get_yticklabels())[0] == "right insula"
    assert words(axes.get_yticklabels())[-1] == "right precuneus"
    assert words(axes.texts) == ["no number"]
    top, bottom = axes.get_ylim()[1], axes.get_ylim()[0]
    assert top < bottom  # the first row is on top


def test_forest_turns_round_where_the_largest_is_positive(compared):
    axes = fs.plots.forest(compared.assign(effect_size=[0.1, -0.3, 0.2, np.nan, -0.1, 0.0, 0.4, 0.05, np.nan]))
    assert words(axes.get_yticklabels())[0] == "left entorhinal"


def test_forest_by_anatomy_goes_lobe_by_lobe_and_left_before_right(compared):
    axes = fs.plots.forest(compared.iloc[::-1], order="anatomy")
    assert words(axes.get_yticklabels()) == [
        f"{side} {region}" for region in ("entorhinal", "precuneus", "cuneus", "insula") for side in ("left", "right")
    ]


def test_forest_sets_several_series_beside_each_other(cortex):
    two = pd.concat([cortex.assign(how="raw"), cortex.assign(how="adjusted", effect_size=0.5)])
    axes = fs.plots.forest(two, by="how")
    points = np.concatenate([marks(axes, "significant"), marks(axes, "not significant")])
    adjusted = points[:, 0] == 0.5
    assert np.allclose(np.sort(points[adjusted, 1]), np.arange(8) + 0.175)
    assert np.allclose(np.sort(points[~adjusted, 1]), np.arange(7) - 0.175)  # one has no number
    assert words(axes.get_legend().get_texts())[:2] == ["raw", "adjusted"]
    assert len(axes.get_yticklabels()) == 8


def test_forest_prints_numbers_on_the_right(compared):
    axes = fs.plots.forest(compared, numbers=True, order="table")
    (right,) = axes.child_axes
    own = compared.iloc[0]
    minus = "\N{MINUS SIGN}"
    text = "{:.2f} [{:.2f}, {:.2f}]".format(*own[["effect_size", "effect_low", "effect_high"]]).replace("-", minus)
    assert words(right.get_yticklabels())[0] == text
    assert words(right.get_yticklabels())[5] == ""  # the region without a number


def test_forest_names_what_it_draws(compared):
    assert fs.plots.forest(compared).get_xlabel() == "thickness, patient \N{MINUS SIGN} control (Hedges' g)"
    axes = fs.plots.forest(compared, value="estimate")
    assert axes.get_xlabel() == "thickness, patient \N{MINUS SIGN} control (mm)"
    assert axes.get_title(loc="right") == "n = 48"


def test_forest_grows_with_its_rows(compared):
    insula = compared[compared["region"] == "insula"]
    many = pd.concat([insula.assign(region=f"r{k}") for k in range(100)])
    assert fs.plots.forest(many).figure.get_figheight() > 40
    assert fs.plots.forest(many[:2]).figure.get_figheight() < 3


WRONG_FOREST = {
    "two terms": ({}, "forest draws one term, found 4: Intercept, .*by='term'"),
    "no such term": ({"term": "agee"}, "no term is called 'agee'; did you mean age"),
    "no such order": ({"term": "age", "order": "sizes"}, "no order is called 'sizes'"),
    "no such p": ({"term": "age", "p": "p_adj"}, "no column of p-values is called 'p_adj'"),
    "no such value": ({"term": "age", "value": "effect"}, "no column is called 'effect'"),
    "words": ({"term": "age", "value": "method"}, "expected numbers in the column method"),
    "alpha": ({"term": "age", "alpha": 5}, "expected alpha between 0 and 1, found 5"),
    "kinds of effect size": ({"by": "term"}, "one kind of effect size on an axis, found Cohen's d, standard"),
    "units": ({"by": "term", "value": "estimate"}, "expected one unit on an axis, found mm, mm per unit of age"),
    "two series": ({"by": "term", "term": ["sex[T.M]", "group[T.patient]"], "numbers": True}, "leave out by"),
}


@pytest.mark.parametrize(("options", "message"), WRONG_FOREST.values(), ids=WRONG_FOREST)
def test_forest_says_what_is_wrong(terms, options, message):
    with pytest.raises((TableError, UnknownNameError), match=message):
        fs.plots.forest(terms, **options)


@pytest.mark.parametrize("draw", [fs.plots.forest, fs.plots.volcano, fs.plots.heatmap, fs.plots.brain_map])
def test_a_table_of_which_half_is_corrected_is_no_table_without_effects(cortex, draw):
    half = cortex.assign(p_adjusted=cortex["p_adjusted"].mask(cortex["hemi"] == "lh"))
    with pytest.raises(TableError, match=r"4 row\(s\) have p_value and no p_adjusted. Correct all tables, or choose"):
        draw(half)
    draw(half, p="p_value")


@pytest.mark.parametrize("draw", [fs.plots.forest, fs.plots.volcano, fs.plots.heatmap])
def test_truth_values_are_no_p_values(cortex, draw):
    with pytest.raises(TableError, match="expected p-values in the column seen, found truth values"):
        draw(cortex.assign(seen=cortex["hemi"] == "lh"), p="seen")


def test_forest_needs_rows_regions_once_and_results(compared):
    with pytest.raises(TableError, match="forest has nothing to draw: the table has no rows"):
        fs.plots.forest(compared[:0])
    with pytest.raises(TableError, match=r"each region once; 8 row\(s\) occur twice, the first is aparc / lh / insula"):
        fs.plots.forest(pd.concat([compared, compared]))
    with pytest.raises(ColumnsError, match="forest needs the column\\(s\\) 'term'"):
        fs.plots.forest(study())
    with pytest.raises(TableError, match="no row has an effect size or an estimate"):
        fs.plots.forest(compared.assign(effect_size=np.nan, estimate=np.nan))


# meta_forest


def test_meta_forest_draws_the_numbers_of_meta():
    sites = of_sites()
    axes = fs.plots.meta_forest(sites, minimum=20)
    pooled, weights = fs.meta(sites, minimum=20).iloc[0], fs.meta_weights(sites, minimum=20)
    (diamond,) = with_gid(axes, "pooled")
    corners = diamond.get_xy()[:4, 0]
    assert corners.tolist() == pytest.approx(
        [pooled["ci_low"], pooled["estimate"], pooled["ci_high"], pooled["estimate"]]
    )
    (squares,) = with_gid(axes, "sites")
    assert squares.get_offsets()[:, 0].tolist() == pytest.approx(sites["effect_size"][:4].tolist())
    areas, share = squares.get_sizes() - 10, weights["weight_percent"].dropna()
    assert np.allclose(areas / areas.max(), share / share.max())
    assert words(axes.texts) == ["left out: fewer than 20 rows"]
    assert words(axes.get_yticklabels()) == [
        "site", "A (n = 80)", "B (n = 120)", "C (n = 60)", "D (n = 200)", "E", "pooled (n = 460)",
    ]  # fmt: skip
    (right,) = axes.child_axes
    first = fs.meta(sites[:1]).iloc[0]
    text = "{:.2f} [{:.2f}, {:.2f}]   {:.1f} %".format(
        *first[["estimate", "ci_low", "ci_high"]], weights["weight_percent"][0]
    )
    assert words(right.get_yticklabels())[1] == text.replace("-", "\N{MINUS SIGN}")
    assert axes.get_title(loc="right").startswith(f"I² = {pooled['i2']:.0f} %, τ² = {pooled['tau2']:.3g}, Q(3) = ")


def test_meta_forest_of_one_site_says_so():
    axes = fs.plots.meta_forest(of_sites()[:1])
    assert axes.get_title(loc="right") == "one site only: its own numbers, with z"


def test_meta_forest_wants_one_region():
    both = pd.concat([of_sites(), of_sites().assign(region="Right-Amygdala", hemi="rh")])
    with pytest.raises(TableError, match=r"meta_forest draws one region, found 2: .* Choose with region="):
        fs.plots.meta_forest(both)
    assert fs.plots.meta_forest(both, region="Right-Amygdala").get_xlabel().startswith("right amygdala: volume")


# volcano


def test_volcano_draws_effects_against_p(compared):
    axes = fs.plots.volcano(compared)
    drawn = np.concatenate([one.get_offsets() for one in axes.collections if "significant" in str(one.get_gid())])
    known = compared.dropna(subset="effect_size")
    expected = np.column_stack([known["effect_size"], -np.log10(known["p_value"])])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    assert np.allclose(drawn[np.argsort(drawn[:, 0])], expected[np.argsort(expected[:, 0])])
    assert axes.get_title(loc="right") == "n = 48; 1 without a number"


def line_at(axes, gid):
    (line,) = [line for line in axes.lines if line.get_gid() == gid]
    return line.get_ydata()[0]


def test_volcano_draws_where_significance_begins(cortex):
    p = np.array([1e-4, 1e-3, 0.01, 0.03, 0.2, 0.3, 0.4, 0.5])
    plain = cortex.drop(columns=["p_adjusted", "adjustment", "n_tests"])
    found = fs.correct(plain.assign(p_value=p, effect_size=0.3), "bonferroni", within=())
    axes = fs.plots.volcano(found)
    assert line_at(axes, "p = 0.05") == pytest.approx(-np.log10(0.05))
    assert line_at(axes, "adjusted p = 0.05") == pytest.approx((3 + 2) / 2)  # between .001 and .01


def test_volcano_draws_p_of_0_at_the_edge(cortex):
    found = cortex.assign(p_value=np.where(cortex["region"] == "insula", 0.0, 0.01), effect_size=0.5)
    axes = fs.plots.volcano(found, p="p_value")
    (cut,) = with_gid(axes, "cut")
    assert cut.get_offsets()[:, 1].tolist() == pytest.approx([2.2, 2.2])


def test_volcano_names_the_regions_of_the_smallest_p(cortex):
    p = np.linspace(0.001, 0.009, 8)[::-1]
    axes = fs.plots.volcano(cortex.assign(p_value=p, p_adjusted=p, effect_size=np.linspace(-1, 1, 8)), labels=2)
    named = [text for text in words(axes.texts) if not text.startswith(("p =", "adjusted"))]
    assert named == ["right entorhinal", "left entorhinal"]


def test_volcano_takes_a_number_of_numpy(cortex):
    one, two = (words(fs.plots.volcano(cortex, labels=labels, alpha=0.9).texts) for labels in (np.int64(2), 2))
    assert one == two


def test_volcano_names_the_regions_it_is_told_to(compared):
    axes = fs.plots.volcano(compared, labels="precuneus")
    assert {"left precuneus", "right precuneus"} <= set(words(axes.texts))
    with pytest.raises(UnknownNameError, match="no region is called 'precunius'; did you mean precuneus"):
        fs.plots.volcano(compared, labels=["precunius"])


def test_volcano_without_p_has_nothing_to_draw(compared):
    with pytest.raises(TableError, match="volcano has nothing to draw"):
        fs.plots.volcano(compared.assign(p_value=np.nan))


@pytest.mark.parametrize("seed", range(3))
def test_names_beside_points_cover_no_other_name(seed):
    points = np.random.default_rng(seed).normal(size=(40, 2))
    axes = Figure(layout="constrained").add_subplot()
    axes.scatter(*points.T)
    axes.margins(0.2)
    notes = label_points(axes, points, [f"left region {k}" for k in range(40)], points)
    boxes = [note.get_window_extent() for note in notes if not note.arrowprops]
    assert len(notes) > 15
    assert not any(one.overlaps(two) for k, one in enumerate(boxes) for two in boxes[:k])


# qq


def test_qq_draws_sorted_p_against_their_means(terms):
    found = terms[terms["term"] == "age"].assign(p_value=[0.5, 0.01, np.nan, 0.2, 0.9, 0.7, 0.03, 0.4])
    axes = fs.plots.qq(found)
    drawn = axes.collections[1].get_offsets()
    assert drawn[:, 0].tolist() == pytest.approx((-np.log10(np.arange(1, 8) / 8)).tolist())
    assert drawn[:, 1].tolist() == pytest.approx((-np.log10([0.01, 0.03, 0.2, 0.4, 0.5, 0.7, 0.9])).tolist())
    assert axes.get_title(loc="right") == "7 tests; 1 without p"


def test_the_band_of_qq_holds_the_share_of_p_values_that_it_should(terms):
    found = terms[terms["term"] == "age"]
    axes = fs.plots.qq(found, conf_level=0.9)
    (band,) = with_gid(axes, "band")
    edges = band.get_paths()[0].vertices
    smallest = edges[np.isclose(edges[:, 0], -np.log10(1 / 9))][:, 1]
    rng = np.random.default_rng(1)
    least = -np.log10(rng.random((20_000, 8)).min(axis=1))
    inside = ((least > smallest.min()) & (least < smallest.max())).mean()
    assert inside == pytest.approx(0.9, abs=0.01)
    assert smallest.max() == pytest.approx(-np.log10(beta.ppf(0.05, 1, 8)))


def test_qq_tells_terms_apart(terms):
    axes = fs.plots.qq(terms[terms["term"] != "Intercept"], by="term")
    assert words(axes.get_legend().get_texts()) == ["group: patient", "age", "sex: M"]


def test_qq_refuses_what_is_no_p(terms):
    age = terms[terms["term"] == "age"]
    with pytest.raises(TableError, match="expected p-values between 0 and 1 in p_value, found 2"):
        fs.plots.qq(age.assign(p_value=2.0))
    with pytest.raises(TableError, match="no row has a p_value"):
        fs.plots.qq(age.assign(p_value=np.nan))
    with pytest.raises(ColumnsError, match="qq needs the column"):
        fs.plots.qq(age, p="p_perm")


# heatmap


def matrix_of(axes):
    return axes.collections[0].get_array()


def test_heatmap_has_regions_in_rows_and_terms_in_columns(terms):
    axes = fs.plots.heatmap(terms, term=["age", "sex[T.M]"], value="statistic")
    assert words(axes.get_xticklabels()) == ["age", "sex: M"]
    rows = words(axes.get_yticklabels())
    assert rows[0] == "left entorhinal"
    found = terms.query("hemi == 'rh' and region == 'insula'").set_index("term")["statistic"]
    assert matrix_of(axes)[rows.index("right insula")].tolist() == pytest.approx([found["age"], found["sex[T.M]"]])


def test_heatmap_leaves_out_the_constant_unless_it_is_named(terms):
    assert words(fs.plots.heatmap(terms).get_xticklabels()) == ["group: patient", "age", "sex: M"]
    named = fs.plots.heatmap(terms, term=["Intercept", "age"], value="statistic")
    assert words(named.get_xticklabels()) == ["Intercept", "age"]


def test_heatmap_hatches_what_is_missing_and_dots_what_is_significant(compared):
    found = compared.assign(p_adjusted=np.where(compared["region"] == "insula", 0.01, 0.2))
    axes = fs.plots.heatmap(found, measure="thickness")
    rows = words(axes.get_yticklabels())
    (missing,) = with_gid(axes, "missing")
    assert [path.vertices[:4, 1].min() for path in missing.get_paths()] == [rows.index("right cuneus")]
    (dots,) = with_gid(axes, "significant")
    assert sorted(dots.get_offsets()[:, 1] - 0.5) == sorted(rows.index(f"{side} insula") for side in ("left", "right"))
    assert matrix_of(axes).mask.sum() == 1
    assert words(axes.get_legend().get_texts()) == ["adjusted p < 0.05", "no value"]


def test_heatmap_is_even_about_0_where_both_signs_occur(compared):
    both = fs.plots.heatmap(compared.assign(effect_size=np.linspace(-0.2, 0.6, 9)), measure="thickness")
    assert both.collections[0].norm.vmin == -both.collections[0].norm.vmax
    one = fs.plots.heatmap(compared.assign(effect_size=np.linspace(0.2, 0.6, 9)), measure="thickness")
    assert one.collections[0].norm.vmin > 0
    assert one.collections[0].cmap.name == "viridis"


def test_heatmap_of_a_long_table_has_people_in_columns():
    table = study(n=6)
    axes = fs.plots.heatmap(table, measure="thickness", order="table")
    assert words(axes.get_xticklabels()) == [f"s00{k}" for k in range(6)]
    assert matrix_of(axes)[0].tolist() == table.query("region == 'insula' and hemi == 'lh'")["value"].tolist()
    assert axes.figure.axes[1].get_ylabel() == "thickness (mm)"
    share = fs.plots.heatmap(table.assign(share=table["value"] / 3), value="share", measure="thickness")
    assert share.figure.axes[1].get_ylabel() == "share"


def test_heatmap_of_values_has_one_unit():
    table = study(n=6).query("measure == 'thickness'")
    with pytest.raises(TableError, match=r"heatmap draws one unit, found 2: mm, cm.$"):
        fs.plots.heatmap(table.assign(unit=table["unit"].mask(table["hemi"] == "rh", "cm")))


def test_heatmap_of_very_many_people_stays_a_figure():
    insula = study(n=10).query("region == 'insula'")
    many = pd.concat([insula.assign(subject=insula["subject"] + f"-{k}") for k in range(60)])
    axes = fs.plots.heatmap(many)
    assert axes.figure.get_figwidth() < 40
    assert axes.get_xlabel() == "600 columns"
    assert words(axes.get_xticklabels()) == [""] * 600


def test_heatmap_leaves_header_measures_out_beside_regions_and_says_so():
    found = fs.regress(study(), "value ~ age", terms=["age"])
    axes = fs.plots.heatmap(found)
    assert words(axes.get_xticklabels()) == ["thickness"]
    assert axes.get_xlabel() == "n = 48; not drawn: eTIV"


WRONG_HEATMAP = {
    "twice": (lambda found: fs.plots.heatmap(pd.concat([found, found])), "8 row\\(s\\) are of a cell that has one"),
    "limits": (lambda found: fs.plots.heatmap(found, limits=(1, 0)), "expected a smaller number and a larger one"),
    "colours": (
        lambda found: fs.plots.heatmap(found, cmap="viridus"),
        "no colour map is called 'viridus'; did you mean",
    ),
    "measures": (lambda _: fs.plots.heatmap(study()), "heatmap draws one measure, found 2: thickness, eTIV"),
}


@pytest.mark.parametrize(("draw", "message"), WRONG_HEATMAP.values(), ids=WRONG_HEATMAP)
def test_heatmap_says_what_is_wrong(compared, draw, message):
    with pytest.raises((TableError, UnknownNameError), match=message):
        draw(compared.query("measure == 'thickness'"))
