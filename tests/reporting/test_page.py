"""The page in a browser: light, dark, narrow, by keyboard, and without JavaScript."""

import base64
import re
from pathlib import Path

import pytest

from browser_support import opened, violations
from fsstats.plots._names import MINUS

ALIKE = """
    for (const kind of [".map svg", "figure:not(.map) svg"])
      [...document.querySelectorAll(kind)].slice(1).forEach((one) => one.closest("figure").remove());
    document.querySelectorAll("svg path, svg use").forEach((one, k) => { if (k % 10) one.remove(); });
    document.querySelectorAll("tbody tr:nth-child(n+3)").forEach((one) => one.remove());
    for (const section of document.querySelectorAll("section"))
      [...section.querySelectorAll(".scroll")].slice(3).forEach((one) => (one.closest("details") ?? one).remove());
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
"""
"""Keeps of what is alike a few: axe looks at every line of a figure and every cell, which takes long."""
ALIKE_IN_THE_DARK = (
    "document.querySelectorAll('section:nth-of-type(n+5):nth-of-type(-n+7)').forEach((one) => one.remove())"
)
"""Leaves the results of one measure: only colours are new."""
TABLE = "#table-volume-aseg-group-patient-all-rows"


@pytest.fixture(scope="module")
def opened_once(browser, saved):
    """The page, for all tests that leave it as it was."""
    with opened(browser, saved, color_scheme="light", accept_downloads=True) as page:
        unfold(page)
        yield page


@pytest.fixture
def shown(opened_once):
    """The page as a reader finds it, but unfolded; put back afterwards."""
    yield opened_once
    opened_once.emulate_media(media="screen", color_scheme="light")
    opened_once.set_viewport_size({"width": 1280, "height": 720})
    opened_once.mouse.move(2, 2)


def test_axe_finds_nothing(browser, saved):
    with opened(browser, saved, color_scheme="light") as page:
        page.evaluate(ALIKE)
        assert violations(page) == []
        page.evaluate(ALIKE_IN_THE_DARK)
        page.emulate_media(color_scheme="dark")
        assert violations(page) == []


def test_the_page_can_be_made_dark_and_light(shown):
    ground = "getComputedStyle(document.body).backgroundColor"
    assert shown.evaluate(ground) == "rgb(255, 255, 255)"
    shown.get_by_role("button", name="Dark page").press("Enter")
    assert shown.evaluate(ground) == "rgb(20, 20, 20)"
    shown.get_by_role("button", name="Light page").click()
    assert shown.evaluate(ground) == "rgb(255, 255, 255)"
    shown.evaluate("delete document.documentElement.dataset.theme")


def column(page, table, name):
    """Give the texts of a column of a table, and what its head says of the order."""
    place = page.locator(f"{table} thead th").all_inner_texts().index(name) + 1
    cells = page.locator(f"{table} tbody tr:visible > :nth-child({place})").all_inner_texts()
    return [cell.strip() for cell in cells], page.locator(f"{table} thead th").nth(place - 1).get_attribute("aria-sort")


def numbers(texts):
    return [float(re.sub(r"[,*]", "", text).replace(MINUS, "-")) for text in texts if not text.startswith("—")]


def unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def test_tables_are_sorted_by_their_heads(shown):
    head = shown.locator(f"{TABLE} thead button").filter(has_text="Cohen's d")
    name = "Cohen's d"
    head.click()
    texts, order = column(shown, TABLE, name)
    assert order == "ascending"
    assert numbers(texts) == sorted(numbers(texts))
    assert texts[-1].startswith("—")
    head.press("Enter")
    texts, order = column(shown, TABLE, name)
    assert order == "descending"
    assert numbers(texts) == sorted(numbers(texts), reverse=True)
    assert texts[-1].startswith("—")
    shown.locator(f"{TABLE} thead button").filter(has_text="Region").press("Space")
    texts, order = column(shown, TABLE, "Region")
    assert order == "ascending"
    assert [text.lower() for text in texts] == sorted(text.lower() for text in texts)
    assert column(shown, TABLE, name)[1] is None


def test_tables_are_filtered_by_words(shown):
    field = shown.locator(f"input[aria-controls='{TABLE[1:]}']")
    n = len(column(shown, TABLE, "Region")[0])
    field.fill("LEFT hippo")
    texts, _ = column(shown, TABLE, "Region")
    assert len(texts) == 1
    assert texts[0].startswith("left hippocampus")
    assert shown.locator(".filter", has=field).locator("output").inner_text() == f"1 of {n} rows"
    field.fill("")
    assert len(column(shown, TABLE, "Region")[0]) == n


def test_maps_say_their_numbers_beside_the_pointer(shown):
    tip = shown.locator("#tip")
    assert not tip.is_visible()
    region = shown.locator(".map path.region[data-region='insula']").first
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    shown.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert tip.is_visible()
    assert re.match(r"(left|right) insula: .*Cohen", tip.inner_text())
    shown.mouse.move(2, 2)
    assert not tip.is_visible()


def test_maps_are_walked_by_the_arrow_keys(shown):
    stage, tip = shown.locator(".map .stage").first, shown.locator("#tip")
    stage.focus()
    stage.press("ArrowRight")
    first = tip.inner_text()
    assert tip.is_visible()
    stage.press("ArrowRight")
    assert tip.inner_text() != first
    stage.press("ArrowLeft")
    assert tip.inner_text() == first
    stage.press("ArrowLeft")
    last = tip.inner_text()
    stage.press("Home")
    assert tip.inner_text() == first
    stage.press("End")
    assert tip.inner_text() == last
    stage.press("Escape")
    assert not tip.is_visible()


def test_a_table_is_downloaded_as_it_is(shown, html, tmp_path):
    with shown.expect_download() as found:
        shown.get_by_role("link", name="Download volume-aseg-group-patient.csv").click()
    found.value.save_as(tmp_path / "got.csv")
    assert found.value.suggested_filename == "volume-aseg-group-patient.csv"
    text = re.search(r'download="volume-aseg-group-patient.csv" href="data:[^,]+,([^"]+)"', html)[1]
    assert Path(tmp_path, "got.csv").read_bytes() == base64.b64decode(text)


def test_it_is_used_by_keyboard(browser, saved):
    with opened(browser, saved) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_it_fits_on_a_narrow_screen(shown):
    shown.set_viewport_size({"width": 320, "height": 640})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_filters_a_table_stands_above_it_beside_its_name(shown):
    field = shown.locator(f"input[aria-controls='{TABLE[1:]}']").bounding_box()
    table = shown.locator(TABLE).bounding_box()
    assert 0 <= table["y"] - (field["y"] + field["height"]) < 30
    name, other = (
        shown.locator(f"#table-runs-to-look-at-the-most-urgent-first{end}").bounding_box() for end in ("-name", "")
    )
    assert name["y"] + name["height"] <= other["y"]


def test_tables_and_figures_are_of_one_width_unless_they_need_more(shown):
    widths = "(what) => [...document.querySelectorAll(what)].map((one) => one.getBoundingClientRect().width)"
    assert set(shown.evaluate(widths, "main figure:not(.card) > .stage > svg")) == {46 * 16}
    assert min(shown.evaluate(widths, "main table")) == 46 * 16


def test_it_can_be_read_without_javascript(browser, saved):
    with opened(browser, saved, java_script_enabled=False) as page:
        assert page.locator("button:visible").count() == 0
        summary = page.locator("summary").filter(has_text=re.compile(r"All \d+ rows")).first
        summary.click()
        assert page.locator(f"{TABLE} tbody tr").first.is_visible()
        assert page.locator(".map title").count() > 20
        with page.expect_download() as found:
            page.get_by_role("link", name="Download flow.csv").click()
        assert found.value.suggested_filename == "flow.csv"


FOLDED = (
    "[...document.querySelectorAll('details')].map((one) => [one.className, one.lastElementChild.checkVisibility()])"
)


AFTER_CAPTIONS = "[...new Set([...document.querySelectorAll('figcaption:last-child')].map((one) => getComputedStyle(one).breakAfter))]"


@pytest.mark.parametrize("has_script", [True, False])
def test_it_prints_in_black_on_white_with_lists_that_are_folded_but_not_tables(browser, saved, has_script):
    with opened(browser, saved, color_scheme="dark", java_script_enabled=has_script) as page:
        assert not any(is_visible for _, is_visible in page.evaluate(FOLDED))
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
        assert not page.locator("nav").is_visible()
        assert page.evaluate(AFTER_CAPTIONS) == ["auto"]  # else a heading that follows stays behind, alone
        found = page.evaluate(FOLDED)
        assert {name for name, _ in found} == {"", "folded"}
        assert all(is_visible == (name == "") for name, is_visible in found)
