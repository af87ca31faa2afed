"""A real server and a real browser."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    expect,
    sync_playwright,
)

from scripts.browser import NoBrowser, launch
from scripts.serve import serve

# On a deep link Streamlit's own client looks for its server under the page's path first.
PROBED = ("/_stcore/health", "/_stcore/host-config")

# A slow machine is not a defect: what is expected may take its time to come.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a running dashboard."""
    with serve() as running:
        yield running.address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except NoBrowser as problem:
            pytest.fail(str(problem))
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under a failed test, tell what its pages showed."""
    report = yield
    if report.when == "call" and report.failed:
        for page in item.stash.get(PAGES, []):
            report.sections.append((f"page {page.url}", seen_on(page)))
    return report


PAGES = pytest.StashKey[list[Page]]()


def seen_on(page: Page) -> str:
    """What stands on a page, and whether its script still runs."""
    try:
        return str(
            page.evaluate("""() => [
              document.querySelector('[data-test-script-state]')?.dataset.testScriptState,
              document.querySelector('.stMain')?.innerText ?? document.body.outerHTML,
            ].join('\\n').slice(0, 4000)""")
        )
    except Error as problem:
        return str(problem)


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """By their settings: pages of one read plotly.js from its cache, not from the server."""
    return {}


@pytest.fixture
def open_page(
    browser: Browser, contexts: dict[str, BrowserContext], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Opens pages, each a session of its own; any error on a console fails the test."""
    wrong: list[str] = []
    pages = request.node.stash.setdefault(PAGES, [])

    def heard(message: ConsoleMessage) -> None:
        where = message.location["url"]
        if message.type == "error" and not where.endswith(PROBED):
            wrong.append(f"{message.text} ({where})")

    with ExitStack() as opened:

        def open_page(**settings: Any) -> Page:
            asked = {"viewport": {"width": 1280, "height": 720}, "locale": "en-GB"} | settings
            name = repr(sorted(asked.items()))
            if name not in contexts:
                contexts[name] = browser.new_context(**asked)
            page = contexts[name].new_page()
            opened.callback(page.close)
            page.set_default_timeout(30_000)
            pages.append(page)
            page.on("console", heard)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            return page

        yield open_page
    assert wrong == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A fresh page of 1280×720 pixels; any error on its console fails the test."""
    return open_page()
