"""A headless Chromium for tests of pages: the `browser` fixture, a page opened in it, what axe finds on it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # a container has no user namespaces for it
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the Chromium of this machine, or skip.

    It lives as long as a module of tests, not longer: while Playwright runs, its event loop is the running loop of
    the thread, and tests that start one of their own would fail.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


@contextmanager
def opened(browser: Browser, file: str | os.PathLike[str], **options: object) -> Iterator[Page]:
    """Open a page of this machine in a fresh context, and fail when it logs an error or asks for anything else.

    The options are those of `Browser.new_context`: color_scheme="dark", java_script_enabled=False, viewport={...}.
    """
    faults: list[str] = []
    context = browser.new_context(**options)
    try:
        page = context.new_page()
        page.on("console", lambda message: _note(faults, message.type, message.text))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        page.on("request", lambda request: _abroad(faults, request.url))
        page.goto(Path(file).resolve().as_uri())
        yield page
    finally:
        context.close()
    assert not faults, "; ".join(faults)


def _note(faults: list[str], kind: str, text: str) -> None:
    """Take down what the page complained about."""
    if kind in {"error", "warning"}:
        faults.append(f"{kind}: {text}")


def _abroad(faults: list[str], url: str) -> None:
    """Take down a request for anything but a file and what the page itself made."""
    if not url.startswith(("file:", "data:", "blob:")):
        faults.append(f"asked for {url}")


def violations(page: Page) -> list[str]:
    """Give what axe finds against WCAG 2.2 AA and good practice on the page: rule, element, how to mend it."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]
