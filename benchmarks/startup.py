"""From nothing to the first painted page: ``python -m benchmarks.startup``.

Cold: a new server process and a new browser for each run. The clock runs from the start of
``streamlit run`` until the page's headline and all its charts are painted; starting the browser,
which a class has open already, does not count. Also the time of ``import optviz`` in a fresh
Python. Median of three runs (of seven for the import).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from playwright.sync_api import sync_playwright

from optviz.language import ENGLISH
from optviz.ui.frame import PAGES
from scripts.browser import launch
from scripts.serve import ROOT, serve

LIMIT_PAGE = 4.0
LIMIT_IMPORT = 0.3
IMPORT = "import time; t = time.perf_counter(); import optviz; print(time.perf_counter() - t)"

PAINTED = """() => !document.querySelector('[data-testid=stSkeleton]')
  && document.querySelector('[data-testid=stSidebar] a')
  && [...document.querySelectorAll('.ov-chart, .ov-stage')].every((e) => e.dataset.drawn)
  && document.querySelector('[data-test-script-state=notRunning]')"""


def import_seconds() -> float:
    """``import optviz`` in a fresh Python."""
    run = subprocess.run(
        [sys.executable, "-c", IMPORT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(run.stdout)


def page_seconds(name: str) -> float:
    """A new server and a new browser, until the page stands."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
        began = time.perf_counter()
        with serve() as server:
            page.goto(f"{server.address}/{'' if name == 'home' else name}?lang=en")
            heading = page.get_by_role("heading", name=ENGLISH(f"{name}.question"), exact=True)
            heading.wait_for(timeout=60_000)
            page.wait_for_function(PAINTED, timeout=60_000)
            page.evaluate("() => new Promise((r) => requestAnimationFrame(() => setTimeout(r)))")
            seconds = time.perf_counter() - began
            browser.close()
    return seconds


def median(measure: Callable[[], float], times: int) -> float:
    """The middle one of several measurements."""
    return statistics.median(measure() for _ in range(times))


def main() -> None:
    """Print one line a page."""
    import_seconds()  # writes the byte code
    print(f"import optviz  {median(import_seconds, 7):6.3f} s   (limit {LIMIT_IMPORT})")
    page_seconds("home")  # fills the disk cache
    for name in PAGES:
        seconds = median(lambda name=name: page_seconds(name), 3)
        print(f"{name:<14} {seconds:6.2f} s   (limit {LIMIT_PAGE})", flush=True)


if __name__ == "__main__":
    main()
