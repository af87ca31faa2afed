"""The illusions in a real browser: from the chip to a guess, the truth, and another start."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from optviz.embedding.illusions import ILLUSIONS
from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")
GRAPH = "document.querySelector('.ov-chart')"


def drawn(page: Page, count: int, expression: str = "true") -> None:
    """Wait until so many panels are drawn, every one with its points."""
    page.wait_for_function(
        f"() => {{ const g = {GRAPH}; return g?._fullData && g.layout.annotations?.length === "
        f"{count} && g._fullData.every(t => t.marker.opacity > 0) && ({expression}); }}",
        timeout=120_000,
    )


def looks(page: Page) -> Any:
    """Which colours the points have, and where the first map's first point lies."""
    return page.evaluate(
        f"() => {{ const g = {GRAPH}, last = g._fullData.at(-1);"
        " return [[...new Set(g._fullData.map(t => t.marker.color))], last.x[0], last.y[0]]; }"
    )


def test_story(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings")
    page.get_by_text(EN("embeddings.part_illusions"), exact=True).click()
    expect(page.get_by_role("heading", name=EN("illusions.noise.question"))).to_be_visible()
    drawn(page, 1)
    settle(page, still=True)

    # A wrong guess: the answer, the reason, the data and the five maps; the address keeps it.
    page.get_by_role("button", name=EN("illusions.noise.more")).click()
    expect(page.get_by_text(EN("illusions.noise.why"))).to_be_visible()
    expect(page.get_by_text(EN("illusions.score", right=0, asked=1))).to_be_visible()
    drawn(page, 6)
    assert "guesses=noise-more" in page.url
    settle(page, still=True)

    # The third puzzle tells its groups apart from the first; the fourth has its figures measured.
    page.get_by_role("button", name=EN("illusions.next")).click()
    expect(page.get_by_role("heading", name=EN("illusions.four.question"))).to_be_visible()
    drawn(page, 1)
    settle(page, still=True)
    assert len(looks(page)[0]) == 1
    page.get_by_role("radio", name="4", exact=True).click()
    expect(page.get_by_role("heading", name=EN("illusions.gaps.question"))).to_be_visible()
    drawn(page, 1, "g._fullData.length === 3")
    settle(page, still=True)
    assert len(looks(page)[0]) == 3
    page.get_by_role("button", name=EN("illusions.gaps.ac"), exact=True).click()
    expect(page.get_by_text(re.compile(r"10\.1 times as far"))).to_be_visible()
    expect(page.get_by_text(EN("illusions.score", right=1, asked=2))).to_be_visible()
    drawn(page, 6)
    settle(page, still=True)

    # Another start: other maps, of which the user can see how many are made.
    before = looks(page)[1:]
    page.get_by_role("radio", name="3", exact=True).last.click()
    drawn(page, 6, f"g._fullData.at(-1).x[0] !== {before[0]}")
    settle(page, still=True)
    assert looks(page)[1:] != before
    assert "start=2" in page.url

    # Back and forth: the guesses are still there, and a link shows the same.
    page.reload()
    expect(page.get_by_text(EN("illusions.score", right=1, asked=2))).to_be_visible(timeout=60_000)
    drawn(page, 6)
    check(page)
    assert set(re.findall(r"(\w+)-\w+", page.url.split("guesses=")[1])) <= set(ILLUSIONS)
