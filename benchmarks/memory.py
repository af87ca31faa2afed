"""Memory after a visit to every page: ``python -m benchmarks.memory`` (Linux).

One browser visits all pages, trains a recommender, sweeps for a learning rate and lets t-SNE
run; then the resident memory of the server and of its worker processes is read from ``/proc``.
Pages of files that processes share count in each of them, as in ``ps``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from optviz.language import ENGLISH
from optviz.ui.frame import PAGES
from scripts.browser import launch
from scripts.serve import serve

LIMIT = 1024.0
"""MiB, for the server."""

RESTS = """() => document.querySelector('[data-test-script-state=notRunning]')
  && !document.querySelector('[data-testid=stSkeleton]')"""


def resident(pid: int) -> float:
    """Resident memory in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def children(pid: int) -> Iterator[int]:
    """The processes that ``pid`` has started."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def visit(page: Page, address: str, name: str) -> None:
    """Open a page and start what it has to start."""
    page.goto(f"{address}/{'' if name == 'home' else name}?lang=en")
    page.get_by_role("heading", name=ENGLISH(f"{name}.question"), exact=True).wait_for()
    page.wait_for_function(RESTS)
    if name == "learning_rate":
        page.locator(".st-key-learning_rate-sweep button").click()
        page.wait_for_timeout(15_000)
    elif name == "recommender":
        page.locator(".st-key-recommender-train button").click()
        learnt = ENGLISH("recommender.results.trained")
        page.get_by_role("heading", name=learnt).wait_for(timeout=120_000)
    elif name == "embeddings":
        page.goto(f"{address}/embeddings?lang=en&perplexity=31")
        page.wait_for_timeout(20_000)
    page.wait_for_timeout(1000)


def main() -> None:
    """Print the server's memory after each page, and the workers' at the end."""
    with serve() as server, sync_playwright() as playwright:
        pid = server.process.pid
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
        page.set_default_timeout(60_000)
        print(f"{'started':<14} {resident(pid):6.0f} MiB")
        for name in PAGES:
            visit(page, server.address, name)
            print(f"{name:<14} {resident(pid):6.0f} MiB", flush=True)
        print(f"{'server':<14} {resident(pid):6.0f} MiB   (limit {LIMIT:.0f})")
        workers = sorted(children(pid))
        each = ", ".join(f"{resident(worker):.0f}" for worker in workers)
        print(f"{len(workers)} workers      {each} MiB")
        browser.close()


if __name__ == "__main__":
    main()
