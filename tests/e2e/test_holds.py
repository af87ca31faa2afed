"""What an impatient class does to a page: no traceback, and no sentence that stands for one.

The tests find the controls by themselves, so that a new page or a new box is tried as well.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from optviz.language import Text
from scripts.serve import serve

from .screens import NAMES, check, open_screen, settle

EN = Text("en")
LEARNT = EN("recommender.results.trained")
"""The headline that stands over what a run has learnt once it has ended."""

# The button that starts a page's long work; pages without one compute as they go.
START: Mapping[str, str] = {
    "learning_rate": ".st-key-learning_rate-sweep button",
    "recommender": ".st-key-recommender-train button",
}
WRITTEN = ("1e9", "abc")
"""A number that a chart has to bear, and a word. tests/pages/test_holds.py writes more."""
TEXT_BOXES = "[data-testid=stTextInput] input, [data-testid=stNumberInput] input"
SLIDERS = "[data-testid=stSlider] [role=slider]"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A dashboard of our own: what these tests leave running ends with it."""
    with serve() as running:
        yield running.address


def unfold(page: Page) -> None:
    """Open whatever is folded away."""
    folded = page.locator("[data-testid=stExpander] details:not([open]) summary")
    while count := folded.count():
        folded.first.click()
        expect(folded).to_have_count(count - 1)
    settle(page)


def visible(page: Page, selector: str) -> Iterator[Locator]:
    """Each control in turn; what a change has removed meanwhile is left out."""
    for index in range(page.locator(selector).count()):
        control = page.locator(selector).nth(index)
        if control.is_visible() and control.is_enabled():
            yield control


def start(page: Page, name: str) -> None:
    """Start the page's long work, if it has any and lets us."""
    button = page.locator(START[name]) if name in START else None
    if button is not None and button.is_visible() and button.is_enabled():
        button.click()
        page.wait_for_timeout(1500)  # let it get somewhere; where is all the same
        settle(page)


@pytest.mark.parametrize("name", NAMES)
def test_anything_typed_anywhere(open_page: Callable[..., Page], server: str, name: str) -> None:
    page = open_page()
    open_screen(page, server, name)
    unfold(page)
    for written in WRITTEN:
        for box in visible(page, TEXT_BOXES):
            box.fill(written)
            box.press("Enter")
            settle(page)
            check(page)
        start(page, name)
        check(page)


@pytest.mark.parametrize("name", NAMES)
def test_every_slider_at_its_end(open_page: Callable[..., Page], server: str, name: str) -> None:
    page = open_page()
    open_screen(page, server, name)
    unfold(page)
    for slider in visible(page, SLIDERS):
        slider.press("End")
        settle(page)
        check(page)
    start(page, name)
    check(page)


@pytest.mark.parametrize("name", START)
def test_double_clicks_start_and_stop_one_job(
    open_page: Callable[..., Page], server: str, name: str
) -> None:
    page = open_page()
    open_screen(page, server, name)
    page.locator(START[name]).dblclick()
    settle(page)
    check(page)
    for button in page.locator(".stMainBlockContainer [data-testid=stButton] button").all()[:12]:
        if button.is_visible() and button.is_enabled():
            button.dblclick(timeout=5000)
            settle(page)
            check(page)


def test_double_click_on_train_still_ends_in_a_result(
    open_page: Callable[..., Page], server: str
) -> None:
    page = open_page()
    open_screen(page, server, "recommender", query="model=als&epochs=3")
    page.locator(START["recommender"]).dblclick()
    expect(page.get_by_role("heading", name=LEARNT)).to_be_visible(timeout=120_000)
    check(page)


def test_back_and_forward(open_page: Callable[..., Page], server: str) -> None:
    page = open_page()
    open_screen(page, server, "home")
    menu = page.get_by_test_id("stSidebar")
    stations = NAMES[::2]
    for name in stations[1:]:
        # A link pressed while a page is still being drawn may be lost.
        settle(page, still=True)
        menu.get_by_role("link", name=EN(f"{name}.name")).click()
        shows(page, name)
    for name in reversed(stations[:-1]):
        back_to(page, name, page.go_back)
    for name in stations[1:]:
        back_to(page, name, page.go_forward)


def back_to(page: Page, name: str, go: Callable[[], object]) -> None:
    """Press back or forward until a page is there: settings are stations of their own."""
    heading = page.get_by_role("heading", name=EN(f"{name}.question"), exact=True)
    for _ in range(4):
        go()
        settle(page)
        check(page)
        try:
            heading.wait_for(timeout=3000)
            break
        except Exception:
            continue
    shows(page, name)


def shows(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=EN(f"{name}.question"), exact=True)).to_be_visible()
    settle(page)
    check(page)


@pytest.mark.parametrize("name", START)
def test_reload_while_a_job_runs(open_page: Callable[..., Page], server: str, name: str) -> None:
    page = open_page()
    open_screen(page, server, name)
    page.locator(START[name]).click()
    page.wait_for_timeout(1000)
    page.reload()
    shows(page, name)
    expect(page.locator(START[name])).to_be_enabled(timeout=60_000)


def test_two_tabs_train_each_its_own(open_page: Callable[..., Page], server: str) -> None:
    tabs = [open_page(), open_page()]
    for tab, model in zip(tabs, ("als", "dot_bias"), strict=True):
        open_screen(tab, server, "recommender", query=f"model={model}&epochs=3")
        tab.locator(START["recommender"]).click()
    for tab in tabs:
        expect(tab.get_by_role("heading", name=LEARNT)).to_be_visible(timeout=120_000)
        check(tab)


def family(parent: int) -> set[int]:
    """The processes that ``parent`` has started and that are not yet gone."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.add(int(status.parent.name))
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_no_process_outlives_the_server(
    open_page: Callable[..., Page], how: signal.Signals
) -> None:
    with serve() as running:
        page = open_page()
        open_screen(page, running.address, "recommender", query="epochs=30")
        page.locator(START["recommender"]).click()
        expect(page.locator(".st-key-recommender-stop button")).to_be_enabled(timeout=60_000)
        limit = time.monotonic() + 20
        while not (workers := family(running.process.pid)):
            assert time.monotonic() < limit, "no worker has come"
            time.sleep(0.05)
        page.close()
        os.kill(running.process.pid, how)
        running.process.wait(20)
        limit = time.monotonic() + 20
        while any(Path(f"/proc/{pid}").exists() for pid in workers):
            assert time.monotonic() < limit, "a worker is still there"
            time.sleep(0.05)
