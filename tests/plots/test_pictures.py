"""Every figure looks as it did when it was looked at, in light and in dark."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import fsstats as fs
from figures_support import judgements, of_sites, results, study, visits
from fsstats import plots
from plots_support import (
    BASELINE,
    TOLERANCE,
    assert_same_picture,
    bare,
    contrast,
    difference,
    drawn_in,
    pixels,
    texts_of,
)

HIPPOCAMPUS = {"region": "Left-Hippocampus"}
INSULA = {"region": "insula", "hemi": "lh"}
VARIABLES = {"covariates": ["sex", "eTIV"]}


@pytest.fixture(scope="module")
def data():
    """What the figures are made of."""
    table = study()
    gaps = table.assign(value=table["value"].mask((table["subject"] == "s003") & (table["region"] == "insula")))
    return {
        "table": gaps,
        "results": results(table),
        "both": pd.concat(
            [results(table).assign(analysis="adjusted"), fs.compare(table, "group").assign(analysis="raw")]
        ),
        "terms": fs.correct(fs.regress(table, "value ~ group + age + sex")).query("term != 'Intercept'"),
        "harmonised": fs.harmonise(gaps.query("measure == 'thickness'"), keep="age + sex + group"),
        "visits": visits(),
        "sites": of_sites(),
        "judgements": judgements(),
    }


FIGURES = {
    "forest": lambda data, ax=None: plots.forest(data["results"], numbers=True, ax=ax),
    "forest-by": lambda data, ax=None: plots.forest(
        data["both"], by="analysis", order="anatomy", measure="thickness", p="p_value", ax=ax
    ),
    "meta-forest": lambda data, ax=None: plots.meta_forest(data["sites"], minimum=20, ax=ax),
    "volcano": lambda data, ax=None: plots.volcano(data["results"], ax=ax),
    "qq": lambda data, ax=None: plots.qq(data["terms"], by="term", measure="thickness", ax=ax),
    "groups": lambda data, ax=None: plots.groups(data["table"], "group", **VARIABLES, **INSULA, ax=ax),
    "regression": lambda data, ax=None: plots.regression(
        data["table"], "age", by="group", **VARIABLES, **INSULA, ax=ax
    ),
    "regression-curve": lambda data, ax=None: plots.regression(
        data["table"], "age", formula="value ~ bs(age, df=4) + sex", **INSULA, ax=ax
    ),
    "spaghetti": lambda data, ax=None: plots.spaghetti(data["visits"], "time", by="group", ax=ax),
    "heatmap": lambda data, ax=None: plots.heatmap(data["terms"], measure="thickness", ax=ax),
    "correlations": lambda data, ax=None: plots.correlations(data["table"], measure="thickness", ax=ax),
    "sites": lambda data, ax=None: plots.sites(
        data["table"], data["harmonised"], keep="age + sex + group", **INSULA, ax=ax
    ),
    "quality": lambda data, ax=None: plots.quality(data["judgements"], ax=ax),
    "quality-runs": lambda data, ax=None: plots.quality_runs(data["judgements"], ax=ax),
}


def draw(data, name, style):
    """Draw a figure, in a dark style into axes that are given; and take down what can be seen before texts are gone."""
    with drawn_in(style):
        given = None if style == "default" else Figure(layout="constrained").add_subplot()
        axes = FIGURES[name](data, given)
        figure = axes.figure
        figure.draw_without_rendering()
        return {
            "is given": axes is given,
            "title": axes.get_title(),
            "size": figure.get_size_inches(),
            "needs": figure.get_tightbbox().extents,
            "paper": figure.get_facecolor(),
            "texts": {text.get_text(): text.get_color() for text in texts_of(figure)},
            "figure": bare(figure),
        }


@pytest.fixture(scope="module", params=FIGURES)
def light(data, request):
    """One figure as it is by default."""
    return {"name": request.param, **draw(data, request.param, "default")}


@pytest.fixture(scope="module", params=FIGURES)
def dark(data, request):
    """One figure in a dark style, in axes that were there before."""
    return {"name": request.param, **draw(data, request.param, "dark_background")}


def test_a_figure_looks_as_it_did(light):
    with drawn_in():
        assert_same_picture(light["figure"], light["name"])


def test_a_dark_figure_looks_as_it_did(dark):
    with drawn_in("dark_background"):
        assert_same_picture(dark["figure"], f"{dark['name']}-dark")


def test_a_figure_has_room_for_all_that_it_says(light):
    left, bottom, right, top = light["needs"]
    width, height = light["size"]
    assert min(left, bottom, width - right, height - top) > -0.02  # inches


def test_a_figure_has_no_title_and_leaves_pyplot_alone(light):
    assert light["title"] == ""
    assert plt.get_fignums() == []


def test_a_figure_draws_in_the_axes_that_it_is_given(dark):
    assert dark["is given"]


def test_a_figure_can_be_read_on_black(dark):
    assert dark["paper"][:3] == (0, 0, 0)
    assert {text: colour for text, colour in dark["texts"].items() if contrast(colour, "black") < 4.5} == {}


def test_a_picture_without_one_of_its_marks_is_another(data):
    with drawn_in():
        axes = FIGURES["forest"](data)
        whole = pixels(bare(axes.figure))
        axes.lines[0].set_visible(False)
        assert difference(pixels(axes.figure), whole) > TOLERANCE


def test_pictures_are_small():
    paths = [BASELINE / f"{name}{style}.png" for name in FIGURES for style in ("", "-dark")]
    assert [path.name for path in paths if path.stat().st_size > 40_000] == []
