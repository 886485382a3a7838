"""Names in figures are those that a researcher prints, and colours are seen on any paper by anybody."""

import importlib
import inspect
from itertools import combinations
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from matplotlib.axes import Axes
from matplotlib.cbook import is_math_text
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import fsstats as fs
from fsstats.plots import _style
from fsstats.plots._names import (
    EFFECTS,
    MINUS,
    effect_text,
    measure_label,
    number_text,
    p_text,
    region_labels,
    term_text,
    unit_text,
)
from fsstats.plots._results import unit_of
from fsstats.schema import measures, printed_regions, regions
from fsstats.schema.groupings import derived_units
from fsstats.stats.anova import TermEffect
from fsstats.stats.compare import GroupEffect
from fsstats.stats.correlate import _NAMES
from fsstats.stats.regress import EFFECTS as OF_REGRESS
from plots_support import contrast


def cells(*rows):
    return pd.DataFrame(rows, columns=["source", "hemi", "region", "measure"], dtype="object")


REGIONS = {
    ("aparc", "lh", "insula", "area"): "left insula",
    ("aparc", "rh", "caudalanteriorcingulate", "area"): "right caudal anterior cingulate",
    ("aparc", None, "insula", "area"): "insula",
    ("aparc", "lr", "bankssts", "area_asymmetry"): "banks of the STS",
    ("aparc.a2009s", "lh", "G_and_S_frontomargin", "area"): "left G and S frontomargin",
    ("aseg", "lh", "Left-Hippocampus", "volume"): "left hippocampus",
    ("aseg", "rh", "Right-VentralDC", "volume"): "right ventral DC",
    ("aseg", None, "3rd-Ventricle", "volume"): "3rd ventricle",
    ("aseg", None, "CC_Mid_Posterior", "volume"): "CC mid posterior",
    ("wmparc", "lh", "wm-lh-frontalpole", "volume"): "left frontal pole white matter",
    ("hippoSf", "lh", "CA1-body", "volume"): "left CA1 body",
    ("my.atlas", "rh", "Area-Broca_x", "area"): "right Area-Broca_x",
    ("aseg", None, "global", "eTIV"): "eTIV",
    ("aparc", "lh", "global", "MeanThickness"): "left MeanThickness",
    ("aseg", "lh", "global", "lhCortexVol"): "lhCortexVol",
    ("aparc", "lh", "global", "SupraTentorialVol"): "SupraTentorialVol",
}


@pytest.mark.parametrize(("cell", "name"), REGIONS.items(), ids=REGIONS.values())
def test_a_region_is_named_in_words(cell, name):
    assert region_labels(cells(cell)) == [name]


def test_no_two_regions_have_one_name():
    rows = [(one.atlas, one.hemi, one.name, "volume") for one in regions()]
    names = region_labels(cells(*rows).drop_duplicates())
    assert len(names) == len(set(names))


def test_regions_of_several_atlases_or_measures_are_told_apart():
    both = cells(("aparc", "lh", "insula", "area"), ("aparc.DKTatlas", "lh", "insula", "area"))
    assert region_labels(both) == ["left insula (aparc)", "left insula (aparc.DKTatlas)"]
    two = cells(("aparc", "lh", "insula", "area"), ("aparc", "lh", "insula", "volume"))
    assert region_labels(two) == ["left insula (area)", "left insula (volume)"]


def test_a_measure_of_the_whole_brain_is_told_by_the_file_that_prints_it():
    rows = cells(*((source, hemi, "global", "BrainSegVol") for source, hemi in (("aparc", "lh"), ("aseg", None))))
    assert region_labels(rows) == ["BrainSegVol (aparc)", "BrainSegVol (aseg)"]
    rows = cells(*(("aparc", hemi, "global", "BrainSegVol") for hemi in ("lh", "rh")))
    assert region_labels(rows) == ["BrainSegVol (lh)", "BrainSegVol (rh)"]


def test_every_cortical_region_reads_as_words():
    names = region_labels(cells(*(("aparc", "lh", name, "area") for name in printed_regions("aparc", "lh"))))
    assert max(len(word) for name in names for word in name.split()) <= len("parahippocampal")


def test_every_unit_of_the_schema_prints_without_a_caret():
    units = {measure.unit for measure in measures().values()} | {*derived_units("mm^3").values()}
    assert [unit for unit in units if "^" in unit_text(unit) or "_" in unit_text(unit)] == []
    assert measure_label("gaussian_curvature", "mm^-2") == "gaussian curvature (mm⁻²)"


UNITS = {
    "age": "mm³ per unit of age",
    "age:sex[T.M]": "mm³ per unit of age",
    "age: group[control]": "mm³ per unit of age",
    "group[T.patient]": "mm³",
    "patient - control": "mm³",
    "old against young": "mm³",
    "group[T.patient] + 2 * sex[T.M]": "mm³",
    "bs(age, df=3)[0]": "mm³",
    "Intercept": "mm³",
}


@pytest.mark.parametrize(("term", "unit"), UNITS.items(), ids=UNITS)
def test_only_a_slope_is_per_unit_of_its_variable(term, unit):
    assert unit_of("mm^3", term) == unit


def test_every_effect_size_has_a_name():
    known = {*OF_REGRESS, *get_args(TermEffect), *get_args(GroupEffect), *(name for name, _ in _NAMES.values())}
    assert known - {"auto", "none"} <= set(EFFECTS)
    assert effect_text("hedges_g") == "Hedges' g"


TERMS = {
    "Intercept": "Intercept",
    "patient - control": f"patient {MINUS} control",
    "pre-term - term": f"pre-term {MINUS} term",
    "group[T.patient]": "group: patient",
    "C(site)[T.2]": "site: 2",
    "C(`my site`)[T.A:B]": "my site: A:B",
    "age": "age",
    "bs(age, df=3)[1]": "bs(age, df=3)[1]",
}


@pytest.mark.parametrize(("term", "text"), TERMS.items(), ids=TERMS)
def test_a_term_is_printed_as_words(term, text):
    assert term_text(term) == text


def test_an_interaction_is_a_product():
    assert term_text("group[T.MCI]:age") == "group: MCI \N{MULTIPLICATION SIGN} age"


@given(st.floats(0, 1))
def test_a_p_value_is_never_printed_as_0_or_1(p):
    text = p_text(p)
    assert text.split()[-1] not in {"0.000", "1.00", "0.00"}
    assert ("<" in text) == (p < 0.001)


@given(st.floats(-1e6, 1e6))
def test_a_number_is_printed_as_it_is_rounded(number):
    text = number_text(number)
    assert float(text.replace(MINUS, "-")) == pytest.approx(number, abs=0.5 if abs(number) >= 100 else 0.00501)
    assert "-" not in text


@given(st.text(max_size=20))
def test_a_text_is_never_read_as_a_formula(text):
    assert not is_math_text(_style.plain(text)) or "$" not in text


def test_a_text_with_dollars_is_drawn_as_it_is():
    axes = Figure().add_subplot()
    shown = axes.set_xlabel(_style.plain("$5 and $6"))
    raw = axes.set_ylabel("5 and 6", parse_math=False)
    assert shown.get_window_extent().width > raw.get_window_extent().height  # two signs more
    assert shown._preprocess_math(shown.get_text())[0] == "$5 and $6"


@pytest.mark.parametrize("colour", _style.PALETTE)
@pytest.mark.parametrize("paper", ["white", "black"])
def test_a_colour_stands_out_on_white_and_on_black(colour, paper):
    assert contrast(colour, paper) >= 3.0  # WCAG 2.2, 1.4.11


# Linear RGB as people see it who lack one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
CONES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("cones", CONES.values(), ids=CONES)
def test_the_first_colours_differ_for_those_who_lack_a_kind_of_cone(cones):
    seen = [np.array(cones) @ np.array(to_rgb(colour)) for colour in _style.PALETTE[:3]]
    assert min(np.linalg.norm(one - two) for one, two in combinations(seen, 2)) > 0.12


def test_series_are_told_apart_without_colour():
    assert len(set(_style.MARKERS)) == len(_style.MARKERS) >= len(_style.PALETTE)
    assert len(set(_style.DASHES)) == len(_style.DASHES)


FIGURES = [name for name in fs.plots.__all__ if inspect.signature(getattr(fs.plots, name)).return_annotation is Axes]


def test_what_draws_gives_axes_back():
    assert {*fs.plots.__all__} - {*FIGURES} <= {"brain_map_svg", "brain_map_table"}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_takes_its_table_first_and_axes_by_name(name):
    importlib.import_module(f"fsstats.plots.{name}")  # a module of the same name does not take the function's place
    parameters = inspect.signature(getattr(fs.plots, name)).parameters
    assert parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["ax"].default is None
    first = next(iter(parameters.values()))
    assert first.annotation is pd.DataFrame


def test_a_notebook_shows_a_figure_without_any_setting():
    shown, _ = DisplayFormatter().format(_style.axes_of(None).figure)
    assert shown["image/png"].startswith(b"\x89PNG")
