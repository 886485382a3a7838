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
"""
"""Removes all figures but one of each kind: axe looks at every line of them, which takes long."""
TABLE = "#table-volume-aseg-group-patient-all-rows"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, saved, scheme):
    with opened(browser, saved, color_scheme=scheme) as page:
        page.evaluate(ALIKE)
        if scheme == "light":  # what is folded is of the same kinds, and takes long to look at
            unfold(page)
        assert violations(page) == []


def test_the_page_can_be_made_dark_and_light(browser, saved):
    with opened(browser, saved, color_scheme="light") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        page.get_by_role("button", name="Dark page").press("Enter")
        assert page.evaluate(ground) == "rgb(20, 20, 20)"
        page.get_by_role("button", name="Light page").click()
        assert page.evaluate(ground) == "rgb(255, 255, 255)"


def column(page, table, name):
    """Give the texts of a column of a table, and what its head says of the order."""
    place = page.locator(f"{table} thead th").all_inner_texts().index(name) + 1
    cells = page.locator(f"{table} tbody tr:visible > :nth-child({place})").all_inner_texts()
    return [cell.strip() for cell in cells], page.locator(f"{table} thead th").nth(place - 1).get_attribute("aria-sort")


def numbers(texts):
    return [float(re.sub(r"[,*]", "", text).replace(MINUS, "-")) for text in texts if not text.startswith("—")]


def unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def test_tables_are_sorted_by_their_heads(browser, saved):
    with opened(browser, saved) as page:
        unfold(page)
        head = page.locator(f"{TABLE} thead button").filter(has_text="Cohen's d")
        name = "Cohen's d"
        head.click()
        texts, order = column(page, TABLE, name)
        assert order == "ascending"
        assert numbers(texts) == sorted(numbers(texts))
        assert texts[-1].startswith("—")
        head.press("Enter")
        texts, order = column(page, TABLE, name)
        assert order == "descending"
        assert numbers(texts) == sorted(numbers(texts), reverse=True)
        assert texts[-1].startswith("—")
        page.locator(f"{TABLE} thead button").filter(has_text="Region").press("Space")
        texts, order = column(page, TABLE, "Region")
        assert order == "ascending"
        assert [text.lower() for text in texts] == sorted(text.lower() for text in texts)
        assert column(page, TABLE, name)[1] is None


def test_tables_are_filtered_by_words(browser, saved):
    with opened(browser, saved) as page:
        unfold(page)
        field = page.locator(f"input[aria-controls='{TABLE[1:]}']")
        n = len(column(page, TABLE, "Region")[0])
        field.fill("LEFT hippo")
        texts, _ = column(page, TABLE, "Region")
        assert len(texts) == 1
        assert texts[0].startswith("left hippocampus")
        assert page.locator(".filter", has=field).locator("output").inner_text() == f"1 of {n} rows"
        field.fill("")
        assert len(column(page, TABLE, "Region")[0]) == n


def test_maps_say_their_numbers_beside_the_pointer(browser, saved):
    with opened(browser, saved) as page:
        tip = page.locator("#tip")
        assert not tip.is_visible()
        region = page.locator(".map path.region[data-region='insula']").first
        region.scroll_into_view_if_needed()
        box = region.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert tip.is_visible()
        assert re.match(r"(left|right) insula: .*Cohen", tip.inner_text())
        page.mouse.move(2, 2)
        assert not tip.is_visible()


def test_maps_are_walked_by_the_arrow_keys(browser, saved):
    with opened(browser, saved) as page:
        stage, tip = page.locator(".map .stage").first, page.locator("#tip")
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


def test_a_table_is_downloaded_as_it_is(browser, saved, html, tmp_path):
    with opened(browser, saved, accept_downloads=True) as page:
        unfold(page)
        with page.expect_download() as found:
            page.get_by_role("link", name="Download volume-aseg-group-patient.csv").click()
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


def test_it_fits_on_a_narrow_screen(browser, saved):
    with opened(browser, saved, viewport={"width": 320, "height": 640}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


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


def test_it_prints_in_black_on_white_and_repeats_heads(browser, saved):
    with opened(browser, saved, color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
        assert not page.locator("nav").is_visible()
