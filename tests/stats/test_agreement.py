"""Every statistic against an independent program, and the page that says so."""

import pytest

from agreements.page import PAGE, agreements, cells, files
from reference_support import REFERENCE

ALL = agreements()
IDS = [f"{topic}: {one.method}, {one.quantity}, {one.file}" for topic, one in ALL]

LEFT_OUT = {}
"""Figures that no comparison uses, and why."""


@pytest.mark.parametrize("one", [one for _, one in ALL], ids=IDS)
def test_we_come_as_near_to_the_other_program_as_we_say(one):
    assert one.difference() <= one.tolerance


def test_what_is_looser_than_a_closed_form_says_why():
    assert [name for name, (_, one) in zip(IDS, ALL, strict=True) if one.tolerance > 1e-8 and not one.why] == []


def test_the_page_names_every_comparison_once():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    parts = [[part.strip() for part in row.strip("|").split("|")] for row in rows]
    written = [(part[:5], part[6]) for part in parts]
    assert written == [cells(one) for _, one in ALL], "run: python tests/agreements/page.py"


def test_the_differences_on_the_page_are_within_what_is_allowed():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    seen = [float(row.strip("|").split("|")[5]) for row in rows]
    assert all(one.tolerance >= value for (_, one), value in zip(ALL, seen, strict=True))


def test_every_figure_of_another_program_is_used():
    used = {name for _, one in ALL for name in files(one)}
    there = {path.stem for path in (REFERENCE / "expected").glob("*.csv")}
    assert there - used == set(LEFT_OUT)
