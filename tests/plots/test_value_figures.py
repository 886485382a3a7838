"""What figures of values draw: the values that a model rests on, and what the statistics say of them."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import fsstats as fs
from figures_support import study, visits
from fsstats.errors import ColumnsError, FormulaError, FsstatsWarning, TableError, UnknownNameError
from fsstats.plots._predicted import predicted, rows_of_model
from fsstats.plots._style import PALETTE

INSULA = {"region": "insula", "hemi": "lh"}


@pytest.fixture(scope="module")
def table():
    """A study in which one has no value of the left insula, one no age and one no group."""
    found = study()
    own = (found["region"] == "insula") & (found["hemi"] == "lh")
    found.loc[own & (found["subject"] == "s003"), "value"] = np.nan
    found.loc[found["subject"] == "s004", "age"] = np.nan
    found["group"] = found["group"].where(found["subject"] != "s005")
    return found


def insula(table):
    return table[(table["region"] == "insula") & (table["hemi"] == "lh")]


def words(labels):
    return [label.get_text() for label in labels]


def with_gid(axes, gid):
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def said_above(axes):
    """Give the small letters above the drawing, which are wrapped."""
    return " ".join(axes.get_title(loc="right").split())


def points_of(collections):
    return np.concatenate([one.get_offsets() for one in collections])


# groups


def test_groups_draws_the_means_that_marginal_means_gives(table):
    covariates = ["age", "sex", "eTIV"]
    axes = fs.plots.groups(table, "group", covariates=covariates, **INSULA)
    means = insula(fs.marginal_means(table, "value ~ group + age + sex + eTIV", "group"))
    (diamonds,) = with_gid(axes, "means")
    assert diamonds.get_offsets()[:, 1].tolist() == pytest.approx(means["estimate"].tolist(), rel=1e-9)
    (lines,) = with_gid(axes, "intervals")
    ends = [path.vertices[:, 1].tolist() for path in lines.get_paths()]
    assert np.allclose(ends, means[["ci_low", "ci_high"]].to_numpy(), rtol=1e-9)
    n = int(means["n"].iloc[0])
    said = f"n = {n}; 3 left out, for want of a value or a variable; means adjusted for age, sex, eTIV, 95 % CI"
    assert said_above(axes) == said


def test_groups_draws_a_dot_for_every_value_of_the_model(table):
    axes = fs.plots.groups(table, "group", covariates="age", **INSULA)
    own = insula(table).dropna(subset=["value", "age", "group"])
    for at, (group, dots) in enumerate(zip(["control", "patient"], with_gid(axes, "values"), strict=True)):
        expected = own.loc[own["group"] == group, "value"]
        assert sorted(dots.get_offsets()[:, 1]) == sorted(expected)
        assert np.abs(dots.get_offsets()[:, 0] - at).max() < 0.5
        assert words(axes.get_xticklabels())[at] == f"{group}\nn = {len(expected)}"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("group", "left insula, thickness (mm)")


def test_groups_begins_with_the_reference(table):
    axes = fs.plots.groups(table, "group", reference="patient", **INSULA)
    assert [word.partition("\n")[0] for word in words(axes.get_xticklabels())] == ["patient", "control"]


def test_groups_takes_two_numbers_for_groups_and_says_so(table):
    coded = table.assign(dx=(table["sex"] == "M").astype(float))
    with pytest.warns(FsstatsWarning, match="the numbers 0 and 1 are taken for groups"):
        axes = fs.plots.groups(coded, "dx", **INSULA)
    assert [word.partition("\n")[0] for word in words(axes.get_xticklabels())] == ["0", "1"]


def test_a_group_of_few_has_dots_and_no_shape(table):
    few = table[table["subject"].isin(["s000", "s001", "s002", "s006", "s007", "s008", "s009"])]
    axes = fs.plots.groups(few, "sex", **INSULA)
    sizes = [len(dots.get_offsets()) for dots in with_gid(axes, "values")]
    assert min(sizes) < 5
    assert len(with_gid(axes, "shape")) == sum(size >= 5 for size in sizes)


@pytest.mark.parametrize(("draw", "along"), [(fs.plots.groups, "group"), (fs.plots.regression, "age")])
def test_a_figure_of_a_constant_says_that_it_does_not_vary(table, draw, along):
    axes = draw(table.assign(value=1.0), along, **INSULA)
    assert said_above(axes).endswith("does not vary")


def test_names_are_never_read_as_formulas(table):
    odd = table.assign(**{"cost in $ and $": table["sex"].map({"F": "$5", "M": "<b>$6 & $7</b>"})})
    axes = fs.plots.groups(odd, "cost in $ and $", **INSULA)
    assert axes.get_xlabel() == r"cost in \$ and \$"
    assert words(axes.get_xticklabels())[0].startswith(r"\$5")


WRONG = {
    "several regions": (lambda t: fs.plots.groups(t, "group", measure="thickness"), "groups draws one region, found 4"),
    "both sides": (lambda t: fs.plots.groups(t, "group", region="insula"), "groups draws one hemi, found 2: lh, rh"),
    "a region that is not": (lambda t: fs.plots.groups(t, "group", region="insul"), "did you mean insula"),
    "a group that is not": (lambda t: fs.plots.groups(t, "grop", **INSULA), "no variable is called 'grop'"),
    "a number for a group": (lambda t: fs.plots.groups(t, "age", **INSULA), "expected groups, found numbers"),
    "nothing": (lambda t: fs.plots.groups(t[:0], "group"), "groups has nothing to draw"),
    "text for a number": (
        lambda t: fs.plots.regression(t, "sex", **INSULA),
        "expected a number, found the levels F, M",
    ),
    "a number by": (lambda t: fs.plots.regression(t, "age", by="weight", **INSULA), "expected levels, found a number"),
    "two models": (
        lambda t: fs.plots.regression(t, "age", formula="value ~ age", covariates="sex", **INSULA),
        "expected formula or covariates, found both",
    ),
    "another scale": (
        lambda t: fs.plots.regression(t, "age", formula="log(value) ~ age", **INSULA),
        r"expected value on the left, found what is in log\(mm\)",
    ),
    "not in the model": (
        lambda t: fs.plots.regression(t, "age", formula="value ~ sex", **INSULA),
        "no variable of the model is called 'age'",
    ),
    "no values": (lambda t: fs.plots.regression(t.assign(value=np.nan), "age", **INSULA), "no row has a value"),
    "one session": (lambda t: fs.plots.spaghetti(t, "age", **INSULA), "each group of subject has one value"),
    "text for time": (lambda t: fs.plots.spaghetti(t, "sex", **INSULA), "expected numbers in the column sex"),
    "no site": (lambda t: fs.plots.sites(t, site="scanner", **INSULA), "sites needs the column"),
    "one site": (lambda t: fs.plots.sites(t[t["site"] == "A"], **INSULA), "at least 2 sites to compare, found A"),
    "one region": (lambda t: fs.plots.correlations(t, **INSULA), "expected two regions or more, found 1"),
    "two measures": (fs.plots.correlations, "correlations draws one measure, found 2"),
}


@pytest.mark.parametrize(("draw", "message"), WRONG.values(), ids=WRONG)
def test_a_figure_says_what_is_wrong(table, draw, message):
    with pytest.raises((ColumnsError, FormulaError, TableError, UnknownNameError), match=message):
        draw(table)


# regression


def line_of(axes, k=0):
    line = [line for line in axes.lines if line.get_gid() == "line"][k]
    return np.column_stack(line.get_data())


@pytest.mark.parametrize(
    ("formula", "by"),
    [
        ("value ~ age * group + sex + eTIV", "group"),
        ("value ~ bs(age, df=4) + C(site)", None),
        ("value ~ scale(age) + sex:site", None),
    ],
)
def test_a_line_is_what_marginal_means_gives_at_each_place(table, formula, by):
    axes = fs.plots.regression(table, "age", by=by, formula=formula, **INSULA)
    bands = with_gid(axes, "band")
    for k in range(2 if by else 1):
        line = line_of(axes, k)
        edges = bands[k].get_paths()[0].vertices
        for x, y in line[[0, 17, -1]]:
            means = insula(fs.marginal_means(table, formula, by or [], at={"age": x})).iloc[k]
            assert y == pytest.approx(means["estimate"], rel=1e-7)
            there = edges[np.isclose(edges[:, 0], x), 1]
            assert [there.min(), there.max()] == pytest.approx([means["ci_low"], means["ci_high"]], rel=1e-7)


def test_a_line_goes_from_the_least_to_the_largest_of_its_level(table):
    table = table.assign(age=table["age"] + 100 * (table["group"] == "patient"))
    axes = fs.plots.regression(table, "age", by="group", **INSULA)
    own = insula(table).dropna(subset=["value", "age", "group"]).groupby("group")["age"]
    assert line_of(axes, 0)[[0, -1], 0].tolist() == [own.min()["control"], own.max()["control"]]
    assert line_of(axes, 1)[[0, -1], 0].tolist() == [own.min()["patient"], own.max()["patient"]]


def test_regression_draws_the_points_of_the_model(table):
    axes = fs.plots.regression(table, "age", by="group", covariates="sex", **INSULA)
    own = insula(table).dropna(subset=["value", "age", "group"])
    drawn = points_of(with_gid(axes, "values"))
    assert sorted(map(tuple, drawn)) == sorted(zip(own["age"], own["value"], strict=True))
    colours = [to_hex(one.get_facecolor()[0]).upper() for one in with_gid(axes, "values")]
    assert colours == list(PALETTE[:2])
    assert words(axes.get_legend().get_texts()) == [
        f"{group} (n = {(own['group'] == group).sum()})" for group in ("control", "patient")
    ]
    assert said_above(axes).endswith("3 left out, for want of a value or a variable; adjusted for sex")


@pytest.mark.parametrize("reference", [None, {"group": "other"}])
def test_a_group_too_small_for_a_line_is_drawn_as_points_and_named(table, reference):
    who = insula(table).dropna(subset=["value", "age", "group"])["subject"].iloc[0]
    small = table.assign(group=table["group"].where(table["subject"] != who, "other"))
    axes = fs.plots.regression(small, "age", by="group", reference=reference, **INSULA)
    without = fs.plots.regression(table[table["subject"] != who], "age", by="group", **INSULA)
    assert len(with_gid(axes, "line")) == 2
    assert all(np.allclose(line_of(axes, k), line_of(without, k)) for k in range(2))
    assert len(points_of(with_gid(axes, "values")[2:])) == 1
    assert words(axes.get_legend().get_texts())[2] == "other (n = 1)"
    said = "no line for other (n = 1), not in the model for want of two different values of age"
    assert said in said_above(axes)


def test_regression_along_a_header_measure_has_its_unit(table):
    assert fs.plots.regression(table, "eTIV", **INSULA).get_xlabel() == "eTIV (mm³)"


def test_a_variable_may_have_any_name(table):
    odd = table.assign(**{"my age": table["age"], "c[1]:x": table["sex"]})
    axes = fs.plots.regression(odd, "my age", by="c[1]:x", **INSULA)
    plain = fs.plots.regression(table, "age", by="sex", **INSULA)
    assert np.allclose(line_of(axes, 1), line_of(plain, 1))


def test_only_the_rows_that_a_model_needs_are_given_to_it(table):
    numbered = table.reset_index(drop=True)
    rows = rows_of_model(numbered, insula(numbered), "value ~ age + eTIV + `aparc_rh_cuneus_thickness`")
    assert rows["region"].unique().tolist() == ["insula", "cuneus", "global"]
    assert len(rows) == 3 * 48
    found = predicted(rows, "value ~ age + eTIV + `aparc_rh_cuneus_thickness`", "age")
    assert found.lines["region"].unique().tolist() == ["insula"]


# spaghetti


def test_spaghetti_draws_a_line_for_each_person_and_a_mark_for_who_came_once():
    table = visits()
    axes = fs.plots.spaghetti(table, "time", by="group")
    lines = [segment for one in with_gid(axes, "people") for segment in one.get_segments()]
    counts = table.groupby("subject").size()
    assert sorted(map(len, lines)) == sorted(counts)
    assert len(points_of(with_gid(axes, "alone"))) == 1
    assert said_above(axes) == f"{len(counts)} people; n = {len(table)}"
    assert words(axes.get_legend().get_texts()) == ["control (7 people)", "patient (7 people)"]


def test_a_group_that_came_once_has_people_and_no_mean():
    table = visits()
    last = table["subject"].iloc[-1]  # of whom there is one visit
    axes = fs.plots.spaghetti(
        table.assign(group=table["group"].where(table["subject"] != last, "other")), "time", by="group"
    )
    assert len(with_gid(axes, "line")) == 2
    assert words(axes.get_legend().get_texts())[2] == "other (1 people)"
    assert "no line for other (n = 1), not in the model" in said_above(axes)


def test_the_means_of_spaghetti_are_those_of_the_mixed_model():
    table = visits()
    axes = fs.plots.spaghetti(table, "time", by="group")
    found = fs.mixed(table, "value ~ time * group").set_index("term")["estimate"]
    control, patient = line_of(axes, 0), line_of(axes, 1)
    slopes = [
        np.ptp(line[:, 1]) / np.ptp(line[:, 0]) * np.sign(line[-1, 1] - line[0, 1]) for line in (control, patient)
    ]
    assert slopes[0] == pytest.approx(found["time"], rel=1e-6)
    assert slopes[1] == pytest.approx(found["time"] + found["time:group[T.patient]"], rel=1e-6)
    assert control[0, 1] == pytest.approx(found["Intercept"], rel=1e-9)


def test_the_means_of_spaghetti_are_those_of_the_model_that_is_given():
    table = visits()
    table["sex"] = np.where(table["subject"].isin(table["subject"].unique()[::3]), "F", "M")
    axes = fs.plots.spaghetti(table, "time", by="group", formula="value ~ time + group + sex", groups=["subject"])
    found = fs.mixed(table, "value ~ time + group + sex").set_index("term")["estimate"]
    control, patient = line_of(axes, 0), line_of(axes, 1)
    assert control[0, 1] == pytest.approx(found["Intercept"] + found["sex[T.M]"] / 2, rel=1e-9)
    assert patient[0, 1] - control[0, 1] == pytest.approx(found["group[T.patient]"], rel=1e-6)
    assert "means adjusted for sex" in said_above(axes)


def test_spaghetti_draws_whom_the_model_knows_all_of():
    table = visits()
    first = table["subject"].iloc[0]
    known = table.assign(score=np.where(table["subject"] == first, np.nan, table["time"] ** 2))
    axes = fs.plots.spaghetti(known, "time", formula="value ~ time + score")
    assert said_above(axes).startswith(f"13 people; n = {(table['subject'] != first).sum()}; ")


def test_a_model_of_something_else_than_is_drawn_is_refused():
    with pytest.raises(fs.FormulaError, match="expected value on the left"):
        fs.plots.spaghetti(visits(), "time", formula="log(value) ~ time")


def test_spaghetti_can_leave_the_means_out(table):
    axes = fs.plots.spaghetti(table, "age", fit=False, **INSULA)
    assert [line for line in axes.lines if line.get_gid() == "line"] == []
    assert said_above(axes) == "46 people; n = 46; 2 left out, for want of a value or a variable"


def test_spaghetti_wants_one_stream():
    both = pd.concat([visits(), visits().assign(stream="cross")])
    with pytest.raises(TableError, match=r"spaghetti draws one stream, found 2: long, cross\.$"):
        fs.plots.spaghetti(both, "time")


def test_spaghetti_has_the_same_order_of_groups_with_and_without_means():
    table = visits()
    table["group"] = pd.Categorical(table["group"], ["none", "patient", "control"])
    for fit in (True, False):
        legend = fs.plots.spaghetti(table, "time", by="group", fit=fit).get_legend()
        assert words(legend.get_texts()) == ["patient (7 people)", "control (7 people)"]


# sites


def test_sites_draws_before_at_the_left_and_after_at_the_right_with_what_site_effects_says():
    before = study().query("measure == 'thickness'")
    before = before.assign(value=before["value"] + 0.2 * (before["site"] == "B"))
    after = fs.harmonise(before, keep="age + group")
    axes = fs.plots.sites(before, after, keep="age + group", **INSULA)
    dots = with_gid(axes, "values")
    sides = [np.sign(one.get_offsets()[:, 0] - at % 3).tolist() for at, one in enumerate(dots)]
    assert all(set(side) <= {-1.0} for side in sides[:3])
    assert all(set(side) <= {1.0} for side in sides[3:])
    for when, text in zip((before, after), words(axes.get_legend().get_texts()), strict=True):
        mean, variance = insula(fs.site_effects(when, keep="age + group"))["effect_size"]
        assert f"mean: partial η² = {mean:.2f}, " in text
        assert f"variance: partial η² = {variance:.2f}, " in text
    counts = insula(before)["site"].value_counts()
    assert words(axes.get_xticklabels()) == [f"{site}\nn = {counts[site]}" for site in "ABC"]


def test_sites_says_how_many_it_leaves_out():
    table = study().query("measure == 'thickness'")
    assert said_above(fs.plots.sites(table, **INSULA)) == ""
    lost = table.assign(site=table["site"].mask(table["subject"] == "s003"))
    assert said_above(fs.plots.sites(lost, **INSULA)) == "1 left out, for want of a value or a variable"


# correlations


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_correlations_draws_what_correlate_gives(table, method):
    axes = fs.plots.correlations(table, measure="thickness", covariates="age", method=method, order="table")
    names = words(axes.get_yticklabels())
    drawn = axes.collections[0].get_array()
    wide = fs.to_wide(table[table["measure"] == "thickness"], sep=None)
    found = fs.correlate(wide, "aparc_rh_cuneus_thickness", covariates="age", method=method)
    place = names.index("right cuneus")
    assert np.allclose(np.delete(drawn[place].data, place), found["estimate"].dropna())
    assert np.allclose(drawn, drawn.T)
    assert drawn.mask.tolist() == np.eye(8, dtype=bool).tolist()
    assert axes.get_xlabel() == "n = 46 to 47, given age"


def test_a_region_without_values_has_no_correlation_and_costs_no_other_its_own(table):
    lost = table.assign(value=table["value"].mask((table["region"] == "cuneus") & (table["hemi"] == "lh")))
    axes = fs.plots.correlations(lost, measure="thickness")
    place = words(axes.get_yticklabels()).index("left cuneus")
    missing = axes.collections[0].get_array().mask
    assert missing[place].all()
    assert np.delete(np.delete(missing, place, 0), place, 1).sum() == 7


def test_correlations_dots_pairs_that_are_significant_among_all_pairs(table):
    axes = fs.plots.correlations(table, measure="thickness", correction="bonferroni", alpha=0.5)
    rows = table[table["measure"] == "thickness"]
    wide = fs.to_wide(rows, sep="_").filter(like="thickness")
    pairs = sum(
        fs.correlate(fs.to_wide(rows, sep=None), name)["p_value"].lt(0.5 / 28).sum() for name in map(str, wide.columns)
    )
    dots = with_gid(axes, "significant")
    assert sum(len(one.get_offsets()) for one in dots) == pairs
