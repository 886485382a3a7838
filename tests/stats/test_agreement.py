"""Every statistic against an independent program, and the page that says so."""

import pytest

from agreements.page import PAGE, agreements, cells
from reference_support import REFERENCE

ALL = agreements()
IDS = [f"{topic}: {one.method}, {one.quantity}, {one.file}" for topic, one in ALL]

LEFT_OUT = {
    "qc_outliers": "of quality control, which is not there yet",
}
"""Figures that no comparison uses, and why."""


@pytest.mark.parametrize("one", [one for _, one in ALL], ids=IDS)
def test_we_come_as_near_to_the_other_program_as_we_say(one):
    assert one.difference() <= one.tolerance


@pytest.mark.parametrize("one", [one for _, one in ALL], ids=IDS)
def test_what_is_looser_than_a_closed_form_says_why(one):
    assert one.tolerance <= 1e-8 or one.why


@pytest.mark.parametrize("one", [one for _, one in ALL], ids=IDS)
def test_the_page_names_the_comparison(one):
    before, behind = cells(one)
    assert f"| {' | '.join(before)} | " in PAGE.read_text(encoding="utf-8")
    assert behind in PAGE.read_text(encoding="utf-8")


def test_every_figure_of_another_program_is_used():
    used = {name for _, one in ALL for name in one.file.split(", ")}
    there = {path.stem for path in (REFERENCE / "expected").glob("*.csv")}
    assert there - used == set(LEFT_OUT)
