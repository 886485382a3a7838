"""Report: a frozen value whose verbs give a longer one; what it makes of frames and figures."""

import base64
import csv
import io
import re
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import fsstats as fs
from fsstats.reporting._drawing import page_style, picture_of, with_own_ids
from fsstats.reporting._sheets import level_of
from stats_support import made_up


@pytest.fixture(scope="module")
def results():
    return made_up(n=40, regions=9).pipe(fs.regress, "value ~ group + age").pipe(fs.correct, "fdr_bh")


def downloads(html):
    """Give the CSV files of a page by name, read back as text."""
    found = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]+)"', html)
    return {name: base64.b64decode(text).decode() for name, text in found}


def test_the_line_of_the_design_works(results, tmp_path):
    fs.Report("Group comparison").table(results).methods(results).save(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "<h1>Group comparison</h1>" in text
    assert "ordinary least squares" in text


def test_a_verb_gives_a_new_report_and_leaves_the_old_one(results):
    first = fs.Report("One")
    second = first.section("A").text("words").table(results)
    assert first.blocks == ()
    assert len(second.blocks) > 3
    assert first == fs.Report("One")
    with pytest.raises(FrozenInstanceError):
        first.title = "Two"


def test_the_same_report_is_the_same_text(results):
    page = fs.Report("Same").table(results).methods(results)
    assert page.to_html() == page.to_html()


def test_the_csv_has_all_digits_and_all_rows(results):
    (text,) = downloads(fs.Report("x").table(results, title="All of it").to_html()).values()
    read = pd.read_csv(io.StringIO(text), converters={"estimate": float})  # to the last digit, in any pandas
    assert np.array_equal(read["estimate"], results["estimate"])
    assert read.columns.tolist() == results.columns.tolist()


def test_significant_rows_come_first_and_the_rest_is_folded(results):
    own = results[results["term"] == "age"]
    html = fs.Report("x").table(own, alpha=0.05).to_html()
    top, whole = re.findall(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    n = int((own["p_adjusted"] < 0.05).sum())
    assert 0 < n < 9
    assert top.count('class="marked"') == n
    assert top.index('class="marked"') < 10
    assert whole.count("<tr") == len(own)
    assert html.count("<details") == 1


def test_numbers_that_differ_in_unit_have_it_beside_them(results):
    mixed = results.assign(unit=["mm", "mm^3"] * (len(results) // 2) + ["mm"] * (len(results) % 2))
    html = fs.Report("x").table(mixed).to_html()
    assert " mm³</td>" in html
    assert "Estimate (mm" not in html


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_the_confidence_level_is_found_out(level):
    rows = made_up(n=30, regions=3).pipe(fs.regress, "value ~ age", conf_level=level)
    assert level_of(rows) == level
    assert f"{100 * level:g}\N{NO-BREAK SPACE}% CI" in fs.Report("x").table(rows).to_html()


def test_other_frames_are_shown_as_they_are():
    frame = pd.DataFrame({"site": ["A", None], "n": [3, 12], "share": [0.12345, np.nan]}, index=[5, 6])
    html = fs.Report("x").table(frame).to_html()
    assert '<th scope="row">A</th>' in html
    assert ">12</td>" in html
    assert ">0.123</td>" in html
    assert html.count('<span class="unseen">missing</span>') == 2


def test_an_index_with_a_name_is_a_column():
    frame = pd.DataFrame({"group": ["a", "a", "b"], "x": [1, 2, 3]}).groupby("group")["x"].agg(["mean", "max"])
    html = fs.Report("x").table(frame).to_html()
    assert '<th scope="row">b</th>' in html


@pytest.mark.parametrize("rows", [0, 1, 400])
def test_frames_of_any_length(rows):
    html = fs.Report("x").table(pd.DataFrame({"a": range(rows)}), title="Some").to_html()
    assert html.count('<th scope="row">') == (rows if rows < 31 else rows + 25)


REFUSED = {
    "no frame": (lambda: fs.Report("x").table([1]), "table: expected a data frame, found list"),
    "two columns of a name": (
        lambda: fs.Report("x").table(pd.DataFrame([[1, 2]], columns=["a", "a"])),
        "two columns are called 'a'",
    ),
    "no results": (lambda: fs.Report("x").methods(pd.DataFrame({"a": [1]})), "expected results tables"),
    "no figure": (lambda: fs.Report("x").figure("a.png", alt="a"), "found str"),
    "no words for a figure": (lambda: fs.Report("x").figure(Figure(), alt=" "), "expected words"),
    "a level that is none": (lambda: fs.Report("x").section("a", level=4), "level 4"),
    "a part of no section": (lambda: fs.Report("x").section("a", level=3), "level 3"),
    "a name that is no page": (lambda: fs.Report("x").save("report.pdf"), "ends in .html, found '.pdf'"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_said(call, message):
    with pytest.raises(fs.TableError, match=message):
        call()


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        fs.Report("x").save(tmp_path / "nowhere" / "a.html")
    assert list(tmp_path.iterdir()) == []


def drawn(n=5):
    figure = Figure(figsize=(3, 2))
    ax = figure.add_subplot()
    ax.scatter(np.arange(n), np.arange(n), color="#123456")
    return ax


def test_a_figure_is_taken_down_as_it_is():
    ax = drawn()
    page = fs.Report("x").figure(ax, alt='a "cloud" & more', caption="<b>")
    before = page.to_html()
    ax.set_title("later")
    assert page.to_html() == before
    assert 'aria-label="a &quot;cloud&quot; &amp; more"' in before
    assert "&lt;b&gt;" in before
    assert "#123456" in before


def test_dense_figures_become_pixels_and_the_artist_stays_as_it_was():
    ax = drawn(5000)
    html = fs.Report("x").figure(ax, alt="many").to_html()
    assert "data:image/png;base64" in html
    assert len(html) < 100_000
    assert not ax.collections[0].get_rasterized()


def test_a_huge_figure_becomes_a_png():
    figure = Figure(figsize=(3, 2))
    ax = figure.add_subplot()
    for k in range(150):
        ax.plot(np.arange(280), np.random.default_rng(k).random(280))
    html = fs.Report("x").figure(ax, alt="many lines").to_html()
    assert '<img alt="many lines"' in html


def test_figures_of_ours_take_their_colours_from_the_page():
    with page_style():
        picture = picture_of(drawn(), alt="a", is_ours=True)
    assert "currentColor" in picture.svg
    assert "#010203" not in picture.svg
    assert "#fdfcfb" not in picture.svg


def test_ids_of_several_figures_differ():
    html = fs.Report("x").figure(drawn(), alt="a").figure(drawn(), alt="b").to_html()
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for name in re.findall(r"url\(#([^)]+)\)", html):
        assert name in ids


def test_names_that_point_to_ids_follow_them():
    svg = '<svg aria-labelledby="a b"><title id="a">x</title></svg>'
    assert with_own_ids(svg, "f-") == '<svg aria-labelledby="f-a f-b"><title id="f-a">x</title></svg>'


HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror='a()'>", "=cmd()", "{{ 7 * 7 }}", "&lt;"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_the_data_is_markup_and_no_cell_a_formula(text, results):
    rows = results.assign(region=text, note=text, source=text, measure=text)
    html = (
        fs.Report(text, text)
        .section(text)
        .text(text)
        .points(text, summary=text)
        .table(rows, title=text, note=text)
        .table(pd.DataFrame({text: [text]}))
        .methods(rows)
        .provenance(options={text: text}, command=text, python=text)
        .to_html()
    )
    assert html.count("<script>") == 1
    assert "<img" not in html
    assert not re.search(r"<[a-z][^<>]*\son\w+=", html)
    html.encode("utf-8")
    for csv_text in downloads(html).values():
        cells = [cell for row in csv.reader(io.StringIO(csv_text)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "\t"))]


def test_bytes_that_are_no_text_do_not_reach_the_page():
    page = fs.Report("a\udcff\x00b").section("\x1b").provenance(command="fsstats report \udcff.parquet")
    html = page.to_html().encode().decode()
    assert "\N{REPLACEMENT CHARACTER}" in html
    assert "\x00" not in html


def test_a_part_of_the_map_of_an_atlas_without_outlines_is_said(results):
    html = fs.Report("x").brain_map(results.assign(source="mine"), term="age").to_html()
    assert "No brain map of volume (mine), age" in html
