"""Exploring the map in a real browser: a lasso, a zoom that stays, a selection on its own."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import open_screen, settle

EN = Text("en")
BRIGHT = (
    "g._fullData.filter(t => t.mode === 'markers').slice(1).reduce((n, t) => n + t.x.length, 0)"
)


def graph(page: Page, expression: str) -> Any:
    """A value of the drawn Plotly graph ``g``."""
    return page.evaluate(
        f"() => {{ const g = document.querySelector('.ov-chart'); return {expression}; }}"
    )


def wait(page: Page, expression: str) -> None:
    """Wait until ``expression`` about the drawn graph ``g`` holds, and the page rests."""
    page.wait_for_function(
        f"() => {{ const g = document.querySelector('.ov-chart');"
        f" return Boolean(g?._fullData && ({expression})); }}",
        timeout=60_000,
    )
    settle(page)


def tool(page: Page, button: str) -> None:
    """Press one of the buttons on the chart."""
    page.locator(".ov-chart").hover(position={"x": 300, "y": 200})
    page.locator(f".ov-chart {button}").click()


def lasso(page: Page, x: float, y: float, radius: float) -> None:
    """Draw a ring round a point of the chart."""
    box = page.locator(".ov-chart").bounding_box()
    assert box is not None
    x, y = box["x"] + x, box["y"] + y
    page.mouse.move(x + radius, y)
    page.mouse.down()
    for step in range(1, 25):
        angle = 2 * math.pi * step / 25
        page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    page.mouse.up()


def test_a_lasso_selects_and_the_view_stays(page: Page, server: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_screen(page, server, "embeddings")
    tool(page, "[data-attr=zoom][data-val=in]")
    wait(page, "g._fullLayout.xaxis.range[1] - g._fullLayout.xaxis.range[0] < 50")
    view = graph(page, "[g._fullLayout.xaxis.range, g._fullLayout.yaxis.range]")
    tool(page, "[data-val=lasso]")
    lasso(page, 350, 220, 90)
    wait(page, f"{BRIGHT} > 5")
    expect(page).to_have_url(re.compile("chosen="))
    first = graph(page, BRIGHT)
    expect(
        page.get_by_text(re.compile(rf"{first} of 1,000 films selected"), exact=False)
    ).to_be_visible()
    # Another one replaces it; zoom and tool are as they were, and no outline is left.
    lasso(page, 500, 300, 60)
    wait(page, f"{BRIGHT} > 0 && {BRIGHT} !== {first}")
    assert graph(page, "[g._fullLayout.xaxis.range, g._fullLayout.yaxis.range]") == view
    assert graph(page, "g._fullLayout.dragmode") == "lasso"
    assert graph(page, "g.querySelectorAll('.select-outline').length") == 0
    # Neither colours nor a search move the view.
    page.get_by_text(EN("embeddings.find.title")).click()
    search = page.get_by_role("textbox", name=EN("embeddings.find.words"))
    search.fill("/e/")
    search.press("Enter")
    expect(page).to_have_url(re.compile("find="))
    settle(page)
    assert graph(page, "[g._fullLayout.xaxis.range, g._fullLayout.yaxis.range]") == view
    assert errors == []


def test_a_selection_on_its_own_map_and_back(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings", query="genres=Western")
    page.get_by_role("button", name=EN("embeddings.find.choose"), exact=True).click()
    alone = page.get_by_role("button", name=EN("embeddings.chosen.isolate"))
    alone.click()
    expect(page.get_by_role("button", name=EN("embeddings.chosen.back"))).to_be_visible()
    wait(page, "g._fullData[0].x.length < 100")
    expect(page.get_by_text(re.compile("perplexity 6, 1,000 iterations"))).to_be_visible(
        timeout=60_000
    )
    with page.expect_download() as download:
        page.get_by_role("button", name=EN("embeddings.chosen.back")).click()
        wait(page, "g._fullData[0].x.length > 900")
        page.get_by_role("button", name=EN("embeddings.chosen.csv"), exact=True).click()
    text = download.value.path().read_text("utf-8-sig")
    assert text.startswith("item_id,title,year,genres,mean_rating,n_ratings,bias,x,y\n")
    assert all("Western" in line for line in text.splitlines()[1:])


def test_a_zoom_into_a_map_of_equal_scales_stays_too(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings", query="method=pca")
    span = "(g._fullLayout.xaxis.range[1] - g._fullLayout.xaxis.range[0])"
    wait(page, f"{span} > 0")
    whole = graph(page, span)
    tool(page, "[data-attr=zoom][data-val=in]")
    wait(page, f"{span} < 0.6 * {whole}")
    view = graph(page, "[g._fullLayout.xaxis.range, g._fullLayout.yaxis.range]")
    for colour in ("decade", "genre"):
        page.get_by_role("combobox", name=EN("embeddings.colour.label")).click()
        name = EN(f"embeddings.colour.{colour}")
        page.get_by_role("option", name=name, exact=True).click()
        wait(page, "g._fullData.length > 5")
        assert graph(page, "[g._fullLayout.xaxis.range, g._fullLayout.yaxis.range]") == view
    tool(page, "[data-val=reset]")
    wait(page, f"Math.abs({span} - {whole}) < 1e-6")


def test_names_stand_before_the_points_of_a_large_map(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings", query="method=pca&n_movies=3100")
    wait(page, "g._fullData[0].type === 'scattergl' && g._fullData[0].x.length === 3100")
    before = page.evaluate(
        "() => getComputedStyle(document.querySelector('.ov-chart .gl-canvas')).zIndex"
    )
    assert before == "-1"
    assert graph(page, "[...g.querySelectorAll('.text text')]"
                       ".filter(t => t.style.display !== 'none').length") > 5  # fmt: skip


def test_an_axis_of_ones_own(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings")
    page.get_by_role("radio", name=EN("embeddings.method.axes")).click()
    wait(page, "g.layout.annotations?.length === 4")
    expect(page.locator(".ov-chart").get_by_text("Alien →")).to_be_visible()
    # Toy Story is on the line of its own pole.
    story = graph(
        page,
        "(() => { const t = g._fullData[0], i = t.customdata.findIndex("
        "d => d[1] === 'Toy Story (1995)'); return t.x[i]; })()",
    )
    assert abs(story) < 1e-6


def test_a_saved_drawing_holds_what_is_seen(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings", query="genres=Western")
    wait(page, "g.querySelectorAll('.text text').length > 5")
    seen = graph(
        page,
        "[...g.querySelectorAll('.scatterlayer .text text')]"
        ".filter(t => t.style.display !== 'none').map(t => t.textContent)",
    )
    with page.expect_download() as download:
        tool(page, f"[data-title='{EN('stage.chart.save_svg')}']")
    drawing = download.value.path().read_text("utf-8")
    assert 0 < len(seen) < graph(page, "g.querySelectorAll('.scatterlayer .text text').length")
    names = re.findall(r'<g class="textpoint"[^>]*><text[^>]*>(?:<tspan[^>]*>)?([^<]+)', drawing)
    assert sorted(names) == sorted(html.escape(name, quote=False) for name in seen)


def test_the_wheel_zooms_with_control_and_scrolls_without(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings")
    span = "g._fullLayout.xaxis.range[1] - g._fullLayout.xaxis.range[0]"
    whole = graph(page, span)
    page.locator(".ov-chart").hover(position={"x": 300, "y": 200})
    page.mouse.wheel(0, 200)
    page.wait_for_function("() => document.querySelector('.stMain').scrollTop > 100")
    assert graph(page, span) == whole
    page.locator(".ov-chart").hover(position={"x": 300, "y": 200})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    wait(page, f"{span} < 0.95 * {whole}")
    # A setting that moves no point leaves the view as it is.
    zoomed = graph(page, span)
    tool(page, "[data-val=lasso]")
    assert graph(page, span) == zoomed


def test_two_fingers_zoom_and_move_a_map(open_page: Callable[..., Page], server: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    open_screen(page, server, "embeddings", query="dimensions=2")
    page.locator(".ov-chart").scroll_into_view_if_needed()
    chosen = page.url
    box = page.locator(".ov-chart .nsewdrag").bounding_box()
    assert box is not None
    at = [
        f"g._fullLayout.{axis}axis.p2l({side})"
        for axis, side in (("x", box["width"] / 2), ("y", box["height"] / 2))
    ]
    span = "g._fullLayout.xaxis.range[1] - g._fullLayout.xaxis.range[0]"
    whole, *middle = (graph(page, expression) for expression in (span, *at))
    scrolled = page.evaluate("document.querySelector('.stMain').scrollTop")

    # From 60 to 120 pixels apart, and 40 to the right and 30 up meanwhile.
    session = page.context.new_cdp_session(page)
    for step in range(21):
        x = box["x"] + box["width"] / 2 + 2 * step
        y = box["y"] + box["height"] / 2 - 1.5 * step
        apart = 60 + 3 * step
        points = [{"x": x + side * apart / 2, "y": y, "id": i} for i, side in enumerate((-1, 1))]
        kind = "touchMove" if step else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait(page, f"Math.abs(({span}) / {whole} - 0.5) < 0.02")
    moved = [
        graph(page, f"g._fullLayout.{axis}axis.l2p({value})")
        for axis, value in zip("xy", middle, strict=True)
    ]
    assert math.isclose(moved[0], box["width"] / 2 + 40, abs_tol=3)
    assert math.isclose(moved[1], box["height"] / 2 - 30, abs_tol=3)

    # Nothing else has happened: no click, no loop, and the page is where it was.
    assert page.url == chosen
    assert page.evaluate("document.querySelector('.stMain').scrollTop") == scrolled
