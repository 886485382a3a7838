"""The pages of the documentation as they are built: ``nox -s docs`` runs this; pytest by itself passes it over."""

import os
import re
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "docs" / "_ext"))

from public import commands, paths  # noqa: E402 - it lies in docs/_ext

SITE = Path(os.environ["FSSTATS_SITE"])
FILES = [path for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]
PAGES = {path.relative_to(SITE): path.read_text(encoding="utf-8") for path in FILES}
IDS = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in PAGES.items()}
FETCHED = re.compile(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="([^"]+)"|<link\b[^>]*\bhref="([^"]+)"')


@pytest.mark.parametrize(("name", "page"), paths().items(), ids=paths())
def test_a_public_name_has_its_place(name, page):
    assert {name, f"module-{name}"} & IDS[Path("generated", f"{page}.html")]


@pytest.mark.parametrize("name", commands())
def test_a_command_has_its_page_with_every_option(name):
    text = PAGES[Path("generated", "commands", f"{name}.html")]
    options = [word for one in commands()[name].params for word in one.opts if word.startswith("-")]
    assert f"<h1>fsstats {name}<" in text
    assert [word for word in options if f">{word}<" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_within_the_site_leads_somewhere(page):
    lost = []
    for link in {unescape(link) for link in re.findall(r'\b(?:href|src)="([^"]+)"', PAGES[page])}:
        to = urlsplit(link)
        if to.scheme or to.netloc:
            continue
        target = Path(os.path.normpath(page.parent / unquote(to.path))) if to.path else page
        known = (SITE / target).is_file() and (not to.fragment or to.fragment in IDS.get(target, {to.fragment}))
        lost += [] if known else [link]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_fetches_nothing_from_elsewhere(page):
    fetched = [script or style for script, style in FETCHED.findall(PAGES[page])]
    assert [address for address in fetched if urlsplit(address).netloc] == []


def test_papers_are_links():
    plain = [
        str(page)
        for page, text in PAGES.items()
        if re.search(r"(?<!>)doi:10\.", re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL))
    ]
    assert plain == []
    assert sum('href="https://doi.org/10.' in text for text in PAGES.values()) > 20


def test_formulas_are_drawn():
    assert PAGES[Path("methods.html")].count("<math") > 40


def test_no_page_holds_a_folder_of_the_machine_that_built_it():
    assert [str(page) for page, text in PAGES.items() if str(ROOT) in text] == []
