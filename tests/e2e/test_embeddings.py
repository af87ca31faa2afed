"""The Embeddings page's story in a real browser: look, search, click, recolour, run t-SNE."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from optviz.language import Text

from . import screens

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
    nearest = page.locator(".st-key-embeddings-list-near button")
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
    screens.settle(page)
    colour = page.get_by_role("combobox", name=EN("embeddings.colour.label"))
    colour.click()
    page.get_by_role("option", name=EN("embeddings.colour.genre"), exact=True).click()
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


def names(page: Page) -> list[dict[str, float]]:
    """The boxes of the names that stand on the map."""
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.ov-chart .scatterlayer .text text')]"
        ".filter(t => t.style.display !== 'none')"
        ".map(t => ({...t.getBoundingClientRect().toJSON(), name: t.textContent}))"
    )
    return list(boxes)


def test_names_stand_apart_and_zooming_in_brings_more(page: Page, server: str) -> None:
    page.goto(f"{server}/embeddings")
    settle(page, "g.querySelectorAll('.text text').length > 100")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.ov-chart .text text')]"
        ".some(t => t.style.display === 'none')"
    )
    shown = names(page)
    assert 8 <= len(shown) <= 18
    assert "Forrest Gump" in {box["name"] for box in shown}
    for i, a in enumerate(shown):
        for b in shown[i + 1 :]:
            apart = (
                a["right"] < b["left"] or b["right"] < a["left"]
                or a["bottom"] < b["top"] or b["bottom"] < a["top"]
            )  # fmt: skip
            assert apart, (a["name"], b["name"])
    # Zoom with Plotly's own button; names that had no room come up.
    chart_box = page.locator(".ov-chart").bounding_box()
    assert chart_box is not None
    page.mouse.move(chart_box["x"] + 300, chart_box["y"] + 200)
    for _ in range(2):
        page.locator(".ov-chart [data-attr=zoom][data-val=in]").click()
    page.wait_for_timeout(500)
    closer = {box["name"] for box in names(page)}
    assert closer - {box["name"] for box in shown}


def test_the_charts_buttons_speak_our_words_and_send_nothing_away(page: Page, server: str) -> None:
    page.goto(f"{server}/embeddings?lang=zh")
    page.locator(".ov-chart .modebar-btn").first.wait_for(state="attached")
    titles = page.locator(".ov-chart .modebar-btn").evaluate_all(
        "buttons => buttons.map(button => button.dataset.title)"
    )
    zh = Text("zh")
    names = (
        "zoom", "pan", "box", "lasso", "zoom_in", "zoom_out", "autoscale", "reset",
        "save", "save_svg",
    )  # fmt: skip
    assert titles == [zh(f"stage.chart.{name}") for name in names]


def test_a_click_in_space_finds_a_film(page: Page, server: str) -> None:
    page.goto(f"{server}/embeddings?dimensions=3&movie=260")
    settle(page, "g._fullLayout.scene && g._fullLayout.scene._scene")
    nearest = page.locator(".st-key-embeddings-list-near button")
    expect(nearest.first).to_contain_text("Star Wars")
    page.get_by_role("button", name=EN("embeddings.neighbours.clear")).click()
    expect(page.get_by_text(EN("embeddings.neighbours.hint"))).to_be_visible()
    settle(page, "g._fullData[0].x.length === 1000 && g._fullData[0].type === 'scatter3d'")


def test_the_lookup_follows_the_row_and_the_table(page: Page, server: str) -> None:
    page.goto(f"{server}/embeddings")
    page.get_by_text(EN("embeddings.part_lookup"), exact=True).click()
    product = page.locator(".st-key-embeddings-product")
    expect(product).to_contain_text("0.3")
    page.get_by_role("radio", name="4", exact=True).click()
    expect(page).to_have_url(re.compile("row=4"))
    expect(page.locator(".st-key-embeddings-sum")).to_contain_text("−0.4")
    # Type a number into the table's last row, first column.
    table = page.get_by_test_id("stDataFrame").locator("canvas").first
    box = table.bounding_box()
    assert box is not None
    picked = page.locator("[data-testid=stDataFrame] td[aria-selected=true]")
    for up in (35, 0):  # a fresh grid may take the first click for its focus alone
        page.mouse.click(box["x"] + 170, box["y"] + 192 - up)
        page.wait_for_timeout(300)
    expect(picked).to_have_text("-0.4")
    page.keyboard.press("7")  # opens the cell's editor
    editor = page.locator("#portal input")
    expect(editor).to_be_focused()
    editor.fill("7.5")
    editor.press("Enter")
    expect(page.locator(".st-key-embeddings-sum")).to_contain_text("7.5")
    expect(page).to_have_url(re.compile("matrix="))
    page.get_by_role("button", name=EN("embeddings.lookup.check")).click()
    expect(page.get_by_text("[7.5, -0.9, 0.2]")).to_be_visible(timeout=60_000)
