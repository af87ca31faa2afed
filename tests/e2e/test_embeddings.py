"""The Embeddings page's story in a real browser: look, search, click, recolour, run t-SNE."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from optviz.language import Text

EN = Text("en")
READ = "() => {{ const g = document.querySelector('.ov-chart'); return {}; }}"


def chart(page: Page, expression: str) -> Any:
    """A value of the drawn Plotly graph ``g``."""
    return page.evaluate(READ.format(expression))


def settle(page: Page, expression: str) -> None:
    """Wait until ``expression`` about the drawn graph ``g`` holds."""
    page.wait_for_function(READ.format(f"Boolean(g?._fullData && ({expression}))"), timeout=60_000)


def test_story(page: Page, server: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}/embeddings?lang=en")

    # A cold deep link shows the frame and the map, with what to think of it.
    expect(page.get_by_role("heading", name=EN("embeddings.question"))).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_attached()
    settle(
        page, "g._fullData.reduce((n, t) => n + (t.mode === 'text' ? 0 : t.x.length), 0) === 1000"
    )
    expect(page.get_by_text(re.compile(r"Trustworthiness 0\.\d\d"))).to_be_visible()

    # Search: the film is in the middle, the rest grey, neighbours listed.
    search = page.get_by_role("combobox", name=EN("embeddings.search.label"))
    search.click()
    search.fill("Toy Story (1995")
    page.get_by_role("option", name="Toy Story (1995)").first.click()
    settle(page, "g._fullData.length === 4")
    middle, at = chart(
        page, "[(g.layout.xaxis.range[0] + g.layout.xaxis.range[1]) / 2, g._fullData[2].x[0]]"
    )
    assert abs(middle - at) < 1e-3
    nearest = page.locator(".st-key-embeddings-near button")
    expect(nearest).to_have_count(8)
    expect(nearest.first).to_contain_text("1 · 0.")

    # Click a numbered neighbour in the picture: it becomes the one looked at.
    before = nearest.first.inner_text()
    x, y = chart(
        page,
        "(() => { const b = g.getBoundingClientRect(), l = g._fullLayout;"
        " return [b.x + l.xaxis._offset + l.xaxis.d2p(g._fullData[3].x[2]),"
        " b.y + l.yaxis._offset + l.yaxis.d2p(g._fullData[3].y[2])]; })()",
    )
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(nearest.first).not_to_have_text(before)

    # All films again, by year (one trace with a colour bar), then by genre.
    page.get_by_role("button", name=EN("embeddings.neighbours.clear")).click()
    settle(page, "g._fullData.length === 2 && g._fullData[0].marker.colorbar")
    colour = page.get_by_role("combobox", name=EN("embeddings.colour.label"))
    colour.click()
    page.get_by_role("option", name=EN("embeddings.colour.genre")).click()
    settle(page, "g._fullData.length === 9 && g._fullData[0].showlegend")

    # Another perplexity runs t-SNE: progress, a cancel button, then the new map.
    page.get_by_text(EN("embeddings.settings.title")).click()
    page.get_by_role("slider", name=EN("embeddings.settings.perplexity")).press("ArrowRight")
    expect(page.get_by_role("button", name=EN("embeddings.cancel"))).to_be_visible()
    expect(page.get_by_text(re.compile("perplexity 31, 1,000 iterations"))).to_be_visible(
        timeout=120_000
    )
    assert "perplexity=31" in page.url
    assert errors == []
