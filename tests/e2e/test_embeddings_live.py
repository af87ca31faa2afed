"""The map that moves, in a real browser: watch, hold, kick, stop, look back, pick a film."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, WebSocket, expect

from optviz.language import Text

from .screens import check, settle

EN = Text("en")
QUERY = "lang=en&library=opentsne&perplexities=8.0"
LONG = f"{QUERY}&n_movies=3050&max_iter=5000"  # minutes, however fast the machine
SHORT = f"{QUERY}&n_movies=200&max_iter=300"


def graph(page: Page, expression: str) -> Any:
    """A value of the drawn Plotly graph ``g``."""
    return page.evaluate(
        f"() => {{ const g = document.querySelector('.ov-live .ov-plot'); return {expression}; }}"
    )


def frame(page: Page) -> int:
    return int(page.locator(".ov-live").get_attribute("data-frame") or 0)


def until_frame(page: Page, condition: str) -> None:
    page.wait_for_function(
        "() => { const k = Number(document.querySelector('.ov-live')?.dataset.frame ?? -1);"
        f" return {condition}; }}",
        timeout=60_000,
    )


def test_story(page: Page, server: str) -> None:
    errors: list[str] = []
    sockets: list[WebSocket] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("websocket", lambda socket: sockets.append(socket))
    page.goto(f"{server}/embeddings?{LONG}")

    # It moves by itself, and the map follows the newest frame.
    until_frame(page, "k > 3")
    here = graph(page, "[...g._fullData[0].x]")
    assert len(here) == 3050
    until_frame(page, f"k > {frame(page) + 3}")
    assert graph(page, "[...g._fullData[0].x]") != here

    # Hold, go on, kick, stop: what it has is kept and measured.
    hold = page.locator(".st-key-embeddings-live-pause button")
    hold.click()
    expect(page.get_by_text(EN("jobs.state.paused"))).to_be_visible()
    page.locator(".st-key-embeddings-live-resume button").click()
    expect(page.get_by_text(EN("jobs.state.running"))).to_be_visible()
    # (Streamlit keeps a second, hidden button beside one with a help text.)
    kick = page.locator(".st-key-embeddings-live-kick button").locator("visible=true")
    expect(kick).to_be_enabled()
    kick.click()
    page.locator(".st-key-embeddings-live-stop button").click()
    expect(page.get_by_text(re.compile(r"Trustworthiness 0\.\d\d"))).to_be_visible(timeout=60_000)
    settle(page, still=True)
    last = int(page.locator(".ov-live input[type=range]").get_attribute("max") or 0)
    until_frame(page, f"k === {last}")

    # The loss has a point for every frame, and the exaggerated phase is shaded.
    loss = "document.querySelector('.ov-live .ov-history .ov-plot')"
    page.wait_for_function(f"() => {loss}?._fullData?.[0]?.y.length === {last + 1}")
    assert page.evaluate(f"{loss}.layout.shapes[0].x1") == min(last, 25)

    # Zoom in, then look back: the zoom stays, and nothing is asked of the server.
    page.locator(".ov-live .ov-view").hover()
    page.locator(".ov-live [data-attr=zoom][data-val=in]").click()
    page.wait_for_function(
        "() => document.querySelector('.ov-live .ov-plot').layout.xaxis.range[1] < 1"
    )
    zoomed = graph(page, "g.layout.xaxis.range")
    sent: list[Any] = []
    for socket in sockets:
        socket.on("framesent", lambda message: sent.append(message))
    slider = page.locator(".ov-live input[type=range]")
    slider.focus()
    slider.press("Home")
    until_frame(page, "k === 0")
    page.locator(".ov-live").get_by_role("button", name=EN("trajectories.stage.play")).click()
    until_frame(page, "k > 1")
    page.locator(".ov-live").get_by_role("button", name=EN("trajectories.stage.pause")).click()
    slider.press("End")
    until_frame(page, f"k === {last}")
    assert graph(page, "g.layout.xaxis.range") == zoomed
    assert sent == []

    # A click on a film in the picture chooses it; the run stays.
    page.locator(".ov-live [data-attr=zoom][data-val=reset]").click()
    page.wait_for_function(
        "() => document.querySelector('.ov-live .ov-plot').layout.xaxis.range[1] > 1"
    )
    box = page.locator(".ov-live .ov-view").bounding_box()
    assert box is not None
    x, y = graph(
        page,
        "[g._fullLayout.xaxis._offset + g._fullLayout.xaxis.d2p(g._fullData[0].x[7]),"
        " g._fullLayout.yaxis._offset + g._fullLayout.yaxis.d2p(g._fullData[0].y[7])]",
    )
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.locator(".ov-live .hoverlayer .hovertext").wait_for()
    page.mouse.click(box["x"] + x, box["y"] + y)
    expect(page).to_have_url(re.compile(r"movie=\d+"))
    expect(page.locator(".st-key-embeddings-list-near button")).to_have_count(8)
    assert int(slider.get_attribute("max") or 0) == last
    check(page)
    assert errors == []


def test_a_reload_finds_its_frames_anew_and_another_page_keeps_them(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/embeddings?{SHORT}")
    until_frame(page, "k === 30")
    page.get_by_test_id("stSidebar").get_by_text(EN("schedules.name"), exact=True).click()
    heading = page.get_by_role("heading", name=EN("schedules.question"))
    expect(heading).to_be_visible(timeout=60_000)
    page.get_by_test_id("stSidebar").get_by_text(EN("embeddings.name"), exact=True).click()
    until_frame(page, "k >= 0")
    expect(page.locator(".ov-live input[type=range]")).to_have_attribute("max", "30")
    slider = page.locator(".ov-live input[type=range]")
    slider.focus()
    slider.press("Home")
    until_frame(page, "k === 0")
    assert len(graph(page, "[...g._fullData[0].x].filter(Number.isFinite)")) == 200

    # Standing still, it shows names, none over another.
    page.wait_for_function("() => !document.querySelector('.ov-live.ov-moving')")
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.ov-live .scatterlayer .text text')]"
        ".filter(t => t.style.display !== 'none')"
        ".map(t => t.getBoundingClientRect().toJSON())"
    )
    assert len(boxes) >= 4
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            across = a["right"] <= b["left"] or b["right"] <= a["left"]
            assert across or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]

    # Start once more: another run, from its beginning, and the map follows it.
    settle(page, still=True)
    slider.press("End")
    until_frame(page, "k === 30")
    page.locator(".st-key-embeddings-live-start button").click()
    until_frame(page, "k < 30")
    until_frame(page, "k === 30")
    expect(page.get_by_text(re.compile(r"Trustworthiness 0\.\d\d"))).to_be_visible(timeout=60_000)
