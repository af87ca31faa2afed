"""The step taken apart and the stability meter in a real browser: switch, step, play, a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, WebSocket, expect

from optviz.language import Text

from .screens import settle
from .test_trajectories import drawn, inked, stage, wait_step

EN = Text("en")


def switch(page: Page, name: str) -> None:
    """Press a switch of the stage, and wait for what it brings."""
    settle(page)
    before = drawn(page)
    page.locator(f".st-key-trajectories-{name} label").first.click()
    drawn(page, before)
    settle(page)


def test_a_step_is_taken_apart_without_the_server(page: Page, server: str) -> None:
    sent: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: sent.append(socket.url))

    page.on("websocket", listen)
    page.goto(f"{server}/trajectories?lang=en&focus=1&step=8")
    drawn(page)
    panel = page.locator(".ov-step")
    expect(panel).to_be_hidden()
    bare = inked(page)
    switch(page, "apart")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text(EN("trajectories.apart.heading", k=8, next=9))
    assert inked(page) > bare
    assert "apart=1" in page.url

    # Momentum's parts, in numbers and in a sentence each; the arrows say how they are magnified.
    parts = panel.locator(".ov-part")
    expect(parts).to_have_count(3)
    expect(parts.nth(1)).to_contain_text("(0.149, 0.342)")
    expect(parts.nth(2)).to_contain_text("(0.176, 0.338)")
    expect(panel).to_contain_text(EN("trajectories.apart.zoom", zoom=5))
    along = panel.locator(".ov-along")
    expect(along.first).to_contain_text("100")
    expect(along.first).to_contain_text(EN("trajectories.apart.away"))

    # Every step has its own numbers, and the server hears nothing of it.
    settle(page)
    sent.clear()
    before = stage(page, "drawn")
    page.locator(".ov-stage").focus()
    page.keyboard.press("Home")
    expect(panel).to_contain_text(EN("trajectories.apart.heading", k=0, next=1))
    expect(parts.nth(1)).to_contain_text(EN("trajectories.apart.memory_first"))
    page.keyboard.press("ArrowRight")
    expect(parts.nth(1)).to_contain_text("(0.027, −0.27)")
    page.keyboard.press("End")
    expect(panel).to_contain_text(EN("trajectories.apart.heading", k=299, next=300))
    page.get_by_role("combobox", name=EN("trajectories.stage.speed")).select_option("10")
    page.keyboard.press("Home")
    page.locator(".ov-stage").focus()
    page.keyboard.press(" ")
    wait_step(page, "k === 300")
    assert stage(page, "drawn") == before
    assert sent == []

    # Another run has other parts: Adam's scale, and the slope's own direction beside its step.
    page.locator(".ov-table tbody tr").nth(2).click()
    expect(parts).to_have_count(4)
    expect(panel).to_contain_text(EN("trajectories.apart.scale"))
    expect(panel).to_contain_text(EN("trajectories.apart.ghost"))


def test_the_meter_foretells(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en")
    drawn(page)
    meter = page.locator(".ov-meter")
    expect(meter).to_be_hidden()
    chart = page.locator(".ov-top").bounding_box()
    page.get_by_role("button", name=EN("trajectories.scene.foretold.label")).click()
    expect(meter).to_contain_text(EN("trajectories.meter.foretold", step=22, left=59, later=37))
    settle(page)
    # The charts above keep their size; each row of the table says how near its run is.
    shown = page.locator(".ov-top").bounding_box()
    assert chart and shown
    assert (chart["width"], chart["height"]) == (shown["width"], shown["height"])
    cell = page.locator(".ov-table tbody tr").first.locator("td").nth(3)
    expect(cell).to_have_text("1.4 / 1.36")
    expect(cell).to_have_class("ov-down")
    page.locator(".ov-stage").focus()
    page.keyboard.press("Home")
    expect(cell).to_have_text("0.62 / 1.36")
    expect(cell).not_to_have_class("ov-down")
    # The strip scrubs, as the history does.
    box = meter.locator("canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_step(page, "k > 90 && k < 160")
    switch(page, "meter")
    expect(meter).to_be_hidden()
    expect(page.locator(".ov-table th")).to_have_count(6)


def test_on_a_phone_the_parts_stack(open_page: Callable[..., Page], server: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(f"{server}/trajectories?lang=en&apart=1&meter=1&focus=2&step=8")
    drawn(page)
    parts = page.locator(".ov-step .ov-part")
    expect(parts).to_have_count(4)
    for part in parts.all():
        numbers, says = part.locator(".ov-pair"), part.locator(".ov-says")
        above, below = numbers.bounding_box(), says.bounding_box()
        assert above and below
        assert below["y"] >= above["y"] + above["height"] - 1
        assert below["x"] >= 0
        assert above["x"] + above["width"] <= 390
        assert below["x"] + below["width"] <= 390
    expect(page.locator(".ov-meter canvas")).to_be_visible()


def test_what_a_step_does_along_an_eigenvector(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en")
    drawn(page)
    module = "performance.getEntriesByType('resource').map(e => e.name).find(n => n.endsWith("
    found = page.evaluate(
        f"""async () => {{
          const {{ fate, zoomed }} = await import({module}'stage_step.js')));
          const told = (value, factor, slope = 1, flat = false) => fate(value, slope, factor, flat);
          return {{
            fates: [told(1, 0.4), told(1, -0.4), told(1, -1.01), told(1, 1.2), told(1, 0),
              told(-1, 1.1), told(-1, 0.9), told(0, NaN, 1, true), told(1, NaN, 0)],
            zooms: [zoomed(100, 300), zoomed(36, 300), zoomed(10, 300), zoomed(1e-3, 300),
              zoomed(600, 300), zoomed(1e9, 300), zoomed(0, 300)],
          }};
        }}"""
    )
    assert found["fates"] == [
        "closer", "overshoots", "grows", "away", "exact", "down", "up", "flat", "rest",
    ]  # fmt: skip
    # As drawn between 36 px and most of the picture; longer or shorter by 1, 2, 5, 10 … times.
    assert found["zooms"] == [1, 1, 10, 1e5, 0.5, 2e-7, 1]
