"""What the browser tests know of every page: how to open it, and when it stands still."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from optviz.language import LANGUAGES, Text
from optviz.ui.frame import PAGES

__all__ = ["FAILED", "NAMES", "address", "check", "open_screen", "settle", "spot_of"]

NAMES = tuple(PAGES)
FAILED = {code: Text(code)("frame.failed") for code in LANGUAGES}


def address(server: str, name: str, query: str = "") -> str:
    """Where a page is found."""
    path = "" if name == "home" else name
    return f"{server}/{path}" + (f"?{query}" if query else "")


RESTS = """() => document.querySelector('[data-test-script-state=notRunning]')
  && !document.querySelector('[data-testid=stSkeleton], [data-testid=stAppSkeleton]')
  && [...document.querySelectorAll('.ov-chart, .ov-stage')]
    .every((chart) => chart.dataset.drawn || chart.offsetParent === null)"""


def settle(page: Page, *, still: bool = False) -> None:
    """Wait until the script rests, nothing is a grey placeholder, and every chart is drawn.

    Args:
        page: The page.
        still: Wait until it has been so for a second: a page that looks after a job rests
            between two looks.
    """
    page.wait_for_function(RESTS, timeout=60_000)
    rested = 0
    while still and rested < 10:
        page.wait_for_timeout(100)
        rested = rested + 1 if page.evaluate(f"Boolean(({RESTS})())") else 0


def open_screen(page: Page, server: str, name: str, code: str = "en", query: str = "") -> None:
    """Open a page by a cold deep link and wait until it is there."""
    text = Text(code)
    page.goto(address(server, name, f"lang={code}" + (f"&{query}" if query else "")))
    heading = page.get_by_role("heading", name=text(f"{name}.question"), exact=True)
    expect(heading).to_be_visible(timeout=60_000)
    settle(page)
    check(page)


def check(page: Page) -> None:
    """No traceback, and no sentence that stands for one."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
    for sentence in FAILED.values():
        expect(page.get_by_text(sentence)).to_have_count(0)


def spot_of(page: Page, plot: str, x: float, y: float) -> Any:
    """Where a point of a Plotly picture lies on the screen; ``plot`` selects its element."""
    return page.evaluate(
        """([plot, x, y]) => {
          const g = document.querySelector(plot), l = g._fullLayout;
          const b = g.getBoundingClientRect();
          return [b.x + l.xaxis._offset + l.xaxis.d2p(x), b.y + l.yaxis._offset + l.yaxis.d2p(y)];
        }""",
        [plot, x, y],
    )
