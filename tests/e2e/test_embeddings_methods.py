"""Maps side by side in a real browser: point, zoom, draw a loop."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from optviz.embedding.projections import PROJECTIONS
from optviz.language import Text

from .screens import check

EN = Text("en")


def graph(page: Page, number: int, expression: str) -> Any:
    """A value of the drawn Plotly graph ``g``."""
    return page.evaluate(
        f"([i]) => {{ const g = document.querySelectorAll('.ov-chart')[i]; return {expression}; }}",
        [number],
    )


def test_story(page: Page, server: str) -> None:
    page.goto(f"{server}/embeddings?lang=en&part=methods&colour=genre&n_movies=1000")
    charts = page.locator(".ov-chart[data-drawn]")
    expect(charts).to_have_count(len(PROJECTIONS), timeout=60_000)

    # The mouse on a film of the second map: the first one names the same film.
    box = charts.nth(1).bounding_box()
    assert box is not None
    x, y = graph(
        page, 1,
        "[g._fullLayout.xaxis._offset + g._fullLayout.xaxis.d2p(g._fullData[0].x[0]),"
        " g._fullLayout.yaxis._offset + g._fullLayout.yaxis.d2p(g._fullData[0].y[0])]",
    )  # fmt: skip
    page.mouse.move(box["x"] + x, box["y"] + y)
    label = charts.nth(1).locator(".hoverlayer .hovertext")
    expect(label).to_be_visible()
    name = charts.nth(1).locator(".hoverlayer .hovertext").text_content() or "?"
    expect(charts.nth(0).locator(".hoverlayer .hovertext")).to_have_text(name)

    # A zoom into the first, then a loop on the second: the first keeps its view, both light up.
    charts.nth(0).hover(position={"x": 5, "y": 5})
    charts.nth(0).locator("[data-attr=zoom][data-val=in]").click()
    view = graph(page, 0, "[...g.layout.xaxis.range]")
    expect(charts.nth(0).locator(".hoverlayer .hovertext")).to_have_count(0)
    x, y = box["x"] + box["width"] / 2, box["y"] + 130
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    for dx, dy in ((60, -60), (60, 60), (-60, 60), (-60, -60)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    expect(page.get_by_text("these shares are chosen too")).to_be_visible()
    shown = "g.data.filter(t => t.mode === 'markers').slice(1).reduce((n, t) => n + t.x.length, 0)"
    lit = f"() => [0, 1].map(i => {{ const g = document.querySelectorAll('.ov-chart')[i];" \
          f" return {shown.replace('t.x.length', 't.customdata.length')}; }})"  # fmt: skip
    page.wait_for_function(f"({lit})()[0] > 5 && ({lit})()[0] < 900")
    first, second = page.evaluate(lit)
    assert first == second
    assert graph(page, 0, "[...g.layout.xaxis.range]") == view
    check(page)
