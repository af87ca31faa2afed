"""The Learning rate page's story in a real browser: sweep, cancel, click a rate, train with it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import open_screen, settle

EN, ZH = Text("en"), Text("zh")
GRAPH = "document.querySelector('.st-key-learning_rate-chart .ov-chart')"
RATE = ".st-key-learning_rate-rate input"


def button(page: Page, name: str) -> Any:
    return page.locator(f".st-key-learning_rate-{name} button")


def wait(page: Page, condition: str) -> None:
    """Wait until ``condition`` about the drawn graph ``g`` holds."""
    page.wait_for_function(
        f"() => {{ const g = {GRAPH}; return Boolean(g?._fullData && ({condition})); }}",
        timeout=60_000,
    )


def click_at(page: Page, lr: float) -> None:
    """Click into the middle of the chart, above the rate ``lr``."""
    x, y = page.evaluate(
        f"(lr) => {{ const g = {GRAPH}, b = g.getBoundingClientRect(), l = g._fullLayout;"
        " return [b.x + l.xaxis._offset + l.xaxis.d2p(lr),"
        " b.y + l.yaxis._offset + l.yaxis._length / 2]; }",
        lr,
    )
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def test_story(page: Page, server: str) -> None:
    # A cold deep link shows the frame, a sweep already made, and what to notice.
    open_screen(page, server, "learning_rate")
    expect(page.get_by_test_id("stSidebar")).to_be_attached()
    expect(page.get_by_text(EN("learning_rate.scene.adam.notice"))).to_be_visible()
    wait(page, "g._fullData.length === 6 && g._fullData[0].x.length === 100")
    expect(page.get_by_text(re.compile("100 of 100 steps"))).to_be_visible()

    # A click into the curve picks the rate under the pointer, marks it and keeps it in the link.
    click_at(page, 0.02)
    expect(page.locator(RATE)).to_have_value(re.compile(r"^0\.0(19|2|21)$"))
    wait(page, "g._fullLayout.shapes.length === 1 && Math.abs(g._fullLayout.shapes[0].x0 / .02 - 1)"
               " < .06")  # fmt: skip
    page.wait_for_url(re.compile(r"picked=0\.0"))

    # A rule picks its own rate, as its button says.
    button(page, "rule-slide").click()
    said = button(page, "rule-slide").inner_text().split()[-1]
    expect(page.locator(RATE)).to_have_value(said)

    # Editing a setting dims the curve instead of clearing it.
    page.get_by_role("radio", name="AdamW").click()
    wait(page, "g._fullData[1].opacity < .5 && g._fullData[0].x.length === 100")
    expect(page.get_by_text(EN("learning_rate.facts.stale"))).to_be_visible()
    button(page, "sweep").click()
    wait(page, "g._fullData[1].opacity === 1 && g._fullData.length === 6")

    # The other language keeps everything.
    page.get_by_test_id("stSidebar").get_by_text("中文").click()
    expect(page.get_by_role("heading", name=ZH("learning_rate.question"))).to_be_visible()
    expect(page.locator(RATE)).to_have_value(said)
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    expect(page.get_by_role("heading", name=EN("learning_rate.question"))).to_be_visible()
    model = page.get_by_role("combobox", name=EN("learning_rate.model.label"))
    expect(model).to_have_value(EN("learning_rate.model.dot_bias"))
    expect(page.locator(RATE)).to_have_value(said)

    # Train with this rate: the Recommender page stands ready with it.
    page.locator(RATE).fill("0.0123")
    page.locator(RATE).press("Enter")
    wait(page, "Math.abs(g._fullLayout.shapes[0].x0 - .0123) < 1e-9")
    settle(page)
    button(page, "train").click()
    expect(page.get_by_role("heading", name=EN("recommender.question"))).to_be_visible()
    page.wait_for_url(re.compile(r"/recommender\?.*lr=0\.0123"))
    assert "optimizer=adamw" in page.url


def test_a_long_sweep_is_drawn_live_and_can_be_cancelled(page: Page, server: str) -> None:
    open_screen(page, server, "learning_rate", query="n_iter=10000&batch_size=16384")
    wait(page, "g._fullData[0].x.length > 5")
    first = page.evaluate(f"{GRAPH}._fullData[0].x.length")
    wait(page, f"g._fullData[0].x.length > {first}")
    expect(page.get_by_text(EN("learning_rate.progress.sweep"))).to_be_visible()

    # The sweep goes on while another page is looked at, and is there on return.
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name=EN("home.name")).click()
    expect(page.get_by_role("heading", name=EN("home.question"))).to_be_visible()
    sidebar.get_by_role("link", name=EN("learning_rate.name")).click()
    wait(page, f"g._fullData[0].x.length > {first}")

    button(page, "cancel").click()
    expect(page.get_by_text(re.compile("Cancelled after"))).to_be_visible()
    assert page.evaluate(f"{GRAPH}._fullData[0].x.length") < 10_000
    expect(button(page, "sweep")).to_be_visible()


def test_theory_and_short_trainings_agree(page: Page, server: str) -> None:
    open_screen(page, server, "learning_rate")
    page.get_by_role("button", name=EN("learning_rate.scene.ravine.label")).click()
    expect(page.get_by_text(EN("learning_rate.scene.ravine.notice"))).to_be_visible()
    wait(page, "g._fullData.length === 7 && g._fullData[2].x.length === 120")
    # The last short training that ends low lies just left of the line, the next right of it.
    limit, low, high = page.evaluate(
        f"(() => {{ const g = {GRAPH}, t = g._fullData[2];"
        " const n = [...t.y].findLastIndex((y) => y < 10);"
        " return [g._fullLayout.shapes[0].x0, t.x[n], t.x[n + 1]]; })()"
    )
    assert abs(limit - 0.02) < 1e-9 and low <= limit * 1.001 and high > limit

    # A small model is trained in place: a tenth of the rate and ten times as much beside it.
    button(page, "train").click()
    page.wait_for_function(
        "document.querySelector('.st-key-learning_rate-trial .ov-chart')?._fullData?.length === 3"
    )


def test_on_a_phone(open_page: Any, server: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, locale="zh-CN")
    open_screen(page, server, "learning_rate", code="zh")
    wait(page, "g._fullData.length === 6")
    wide = page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    box = button(page, "train").bounding_box()
    assert not wide and box["x"] + box["width"] <= 390
    button(page, "rule-minimum").tap()
    expect(page.locator(RATE)).not_to_have_value("")
