"""The Trajectories page's story in a real browser: play, scrub, start elsewhere, look at a step."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import settle, spot_of

EN = Text("en")


def stage(page: Page, name: str) -> str | None:
    """A datum of the stage: how often it was drawn, which step it shows."""
    return page.locator(".ov-stage").get_attribute(f"data-{name}")


def drawn(page: Page, than: int = 0) -> int:
    """Wait until the stage has been drawn more than ``than`` times; how often it has."""
    page.wait_for_function(
        "n => Number(document.querySelector('.ov-stage')?.dataset.drawn ?? 0) > n", arg=than
    )
    return int(stage(page, "drawn") or 0)


def wait_step(page: Page, test: str) -> None:
    page.wait_for_function(
        f"() => {{ const k = Number(document.querySelector('.ov-stage').dataset.step);"
        f" return {test}; }}"
    )


def data_point(page: Page, x: float, y: float) -> Any:
    """Where a point of the map lies on the screen."""
    return spot_of(page, ".ov-view .ov-plot", x, y)


def inked(page: Page) -> int:
    """How many pixels of the map's canvas are drawn on."""
    count: int = page.evaluate(
        """() => {
          const c = document.querySelector('.ov-view canvas');
          const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          let n = 0;
          for (let i = 3; i < d.length; i += 4) n += d[i] > 0;
          return n;
        }"""
    )
    return count


def test_story(page: Page, server: str) -> None:
    asked: list[Any] = []  # everything that the browser asks of the server
    page.on("websocket", lambda socket: socket.on("framesent", lambda sent: asked.append(sent)))
    page.goto(f"{server}/trajectories?lang=en")

    # A cold deep link shows the whole frame and three paths, with what to notice.
    expect(page.get_by_role("heading", name=EN("trajectories.question"))).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_attached()
    expect(page.get_by_text(EN("trajectories.scene.ravine.notice"))).to_be_visible()
    drawn(page)
    rows = page.locator(".ov-table tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("converged at step 173")
    assert stage(page, "step") == "300"

    # Single steps, the keyboard, the slider and play move all pictures without the server.
    before = stage(page, "drawn")
    page.get_by_role("button", name=EN("trajectories.stage.first")).click()
    assert stage(page, "step") == "0"
    expect(rows.first.locator("td").nth(1)).to_have_text("100")
    page.get_by_role("button", name=EN("trajectories.stage.forward")).click()
    assert stage(page, "step") == "1"
    page.locator(".ov-stage").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert stage(page, "step") == "2"
    few = inked(page)
    page.keyboard.press("End")
    assert stage(page, "step") == "300"
    assert inked(page) > few
    page.get_by_role("slider", name=EN("trajectories.stage.scrub"), exact=True).fill("40")
    assert stage(page, "step") == "40"
    page.get_by_role("combobox", name=EN("trajectories.stage.speed")).select_option("10")
    page.get_by_role("button", name=EN("trajectories.stage.play")).click()
    wait_step(page, "k > 60")
    wait_step(page, "k === 300")
    expect(page.get_by_role("button", name=EN("trajectories.stage.play"))).to_be_visible()
    assert stage(page, "drawn") == before

    # Click the map: everything starts there; the box says where.
    count = drawn(page)
    x, y = data_point(page, 6.0, -1.5)
    page.mouse.click(x, y)
    count = drawn(page, count)
    box = page.get_by_role("textbox", name=EN("trajectories.start"))
    expect(box).to_have_value(re.compile(r"^(5\.9|6|6\.0).*, -1\.(4|5)"))

    # Drag the ring: the paths follow.
    x, y = data_point(page, -6.0, 2.0)
    page.locator(".ov-handle").hover()
    page.mouse.down()
    page.mouse.move((x + 300) / 2, y, steps=4)
    page.mouse.move(x, y, steps=4)
    page.mouse.up()
    expect(box).to_have_value(re.compile(r"^-(5\.9|6|6\.0).*, (1\.9|2)"))

    # They do so while it is held; then letting it go asks for nothing more.
    page.locator(".ov-handle").hover()
    page.mouse.down()
    page.mouse.move(*data_point(page, -4.0, -1.0), steps=4)
    expect(box).to_have_value(re.compile(r"^-(3\.9|4|4\.0).*, -(0\.9|1)"))
    settle(page, still=True)
    asked.clear()
    page.mouse.up()
    settle(page, still=True)
    assert not asked
    expect(rows.first).to_be_visible()

    # What cannot be read stays, with a sentence; nothing else changes.
    box.fill("here")
    box.press("Enter")
    expect(page.get_by_text(EN("problem.trajectories.start", written="here"))).to_be_visible()
    expect(box).to_have_value("here")
    expect(rows).to_have_count(3)


def test_hessian_follows_the_scrubber(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en")
    drawn(page)
    page.get_by_role("button", name=EN("trajectories.scene.limit.label")).click()
    expect(page.get_by_text(EN("trajectories.scene.limit.notice"))).to_be_visible()
    facts = page.locator(".ov-facts")
    expect(facts).to_contain_text("Step 40 of 150")
    expect(facts).to_contain_text("1, 100")
    expect(facts).to_contain_text("2/λmax = 0.02; lr 0.0198 is below it")
    rows = page.locator(".ov-table tbody tr")
    rows.nth(1).click()
    expect(facts).to_contain_text("lr 0.0202 is above it")
    page.locator(".ov-stage").focus()
    page.keyboard.press("ArrowRight")
    expect(facts).to_contain_text("Step 41 of 150")

    # At a saddle it says so; a negative eigenvalue is written in its own colour.
    page.get_by_role("button", name=EN("trajectories.scene.saddle.label")).click()
    expect(facts.locator(".ov-down").first).to_have_text("−1")
    rows.nth(3).click()
    expect(facts).to_contain_text(EN("trajectories.stage.kind_saddle"))
    expect(rows.nth(3)).to_contain_text(EN("trajectories.status.at_saddle"))


def test_compare_any_number_and_keep_zoom(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en")
    drawn(page)
    x0, y0 = data_point(page, -11.0, 2.0)
    x1, y1 = data_point(page, -2.0, -2.0)
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=5)
    page.mouse.up()
    span = "document.querySelector('.ov-view .ov-plot')._fullLayout.xaxis.range"
    page.wait_for_function(f"Math.abs({span}[1] + 2) < 0.3")
    zoomed = page.evaluate(span)

    # The same optimizer twice, told apart by its rate; the zoom stays.
    page.locator(".st-key-trajectories-duplicate button").first.click()
    rows = page.locator(".ov-table tbody tr")
    expect(rows).to_have_count(4)
    slider = page.get_by_role("slider", name=EN("hyperparameter.lr.label"))
    slider.press("ArrowLeft")
    expect(rows.nth(1)).to_contain_text("lr 0.015")
    expect(rows.nth(0)).to_contain_text("lr 0.018")
    assert page.evaluate(span) == zoomed
    assert "sgd" in page.url

    # Double click shows everything again.
    x, y = data_point(page, -6.0, 1.0)
    page.mouse.dblclick(x, y)
    page.wait_for_function(f"Math.abs({span}[1] - 12) < 0.3")

    # Take all away: a sentence instead of an empty picture; then add one.
    for _ in range(4):
        count = rows.count()
        settle(page)  # a press on what is just being redrawn may miss it
        page.locator(".st-key-trajectories-remove button").first.click()
        expect(rows).to_have_count(max(count - 1, 1))
    expect(page.get_by_text(EN("trajectories.no_runs"))).to_be_visible()
    adding = page.get_by_role("combobox", name=EN("trajectories.add"))
    adding.click()
    page.get_by_role("option", name=EN("optimizer.adam.title"), exact=True).click()
    expect(rows.first).to_contain_text("Adam")


def test_landscape_keeps_the_camera_and_plays(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en&view=landscape&steps=60")
    drawn(page)
    scene = "[...document.querySelectorAll('.ov-view .ov-plot')].find(g => g._fullLayout?.scene)"
    page.wait_for_function(f"Boolean({scene})")
    box = page.locator(".ov-view").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 280, box["y"] + 190, steps=5)
    page.mouse.up()
    camera = f"{scene}._fullLayout.scene._scene.getCamera().eye"
    eye = f"Object.values({camera}).map(v => v.toFixed(3)).join()"
    page.wait_for_function(f"{camera}.x < 0.8")
    # The last of the turn may come after the mouse is up: wait until it has rested for a while.
    page.wait_for_function(
        f"() => {{ const now = {eye}; const rests = now === window.eye;"
        " window.rested = rests ? (window.rested ?? 0) + 1 : 0; window.eye = now;"
        " return window.rested > 5; }",
        polling=100,
    )
    turned = page.evaluate(eye)
    count = drawn(page)
    page.get_by_role("slider", name=EN("hyperparameter.lr.label")).press("ArrowLeft")
    drawn(page, count)
    assert page.evaluate(eye) == turned
    page.locator(".ov-stage").focus()
    page.keyboard.press("Home")
    length = f"{scene}._fullData.find(t => t.meta === 'path').x.length"
    page.wait_for_function(f"{length} === 1")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{length} > 1")


def test_on_a_phone(browser: Any, server: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en-GB"
    )
    page = context.new_page()
    page.goto(f"{server}/trajectories?lang=en")
    drawn(page)
    count = drawn(page)
    page.locator(".ov-view").first.scroll_into_view_if_needed()
    x, y = data_point(page, 5.0, 1.0)
    page.touchscreen.tap(x, y)
    drawn(page, count)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("textbox", name=EN("trajectories.start"))).to_have_value(
        re.compile(r"^(4\.9|5).*, (0\.9|1)")
    )
    context.close()


def test_a_typed_function_becomes_a_surface(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en")
    drawn(page)
    choice = page.get_by_role("combobox", name=EN("trajectories.surface"), exact=True)
    choice.click()
    choice.fill(EN("own.title"))
    page.get_by_role("option", name=EN("own.title")).click()
    box = page.get_by_role("textbox", name=EN("own.formula"))
    box.fill("(x^2 - 1)^2 + y^2")
    box.press("Enter")
    found = EN("own.found", minima=2, saddles=1, maxima=0)
    expect(page.get_by_text(found)).to_be_visible()
    stars = (
        "document.querySelector('.ov-view .ov-plot')._fullData"
        f".find(t => t.name === '{EN('trajectories.mark.minimum')}').x.length"
    )
    page.wait_for_function(f"{stars} === 2")

    # What cannot be read is pointed at; the picture stays.
    box.fill("x^2 + oops")
    box.press("Enter")
    expect(page.get_by_text("At character 7, “oops” is not known")).to_be_visible()
    expect(page.get_by_text(found)).to_be_visible()
    expect(page.locator(".ov-table tbody tr")).to_have_count(3)


def test_basins_are_coloured_and_clicked(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en&surface=himmelblau&start=0,-0.5&steps=150")
    drawn(page)
    page.get_by_role("radio", name=EN("trajectories.view_basins")).or_(
        page.get_by_role("button", name=EN("trajectories.view_basins"))
    ).first.click()
    graph = "document.querySelector('.ov-view .ov-plot')"
    page.wait_for_function(f"{graph}._fullData[0].type === 'heatmap'")
    assert page.evaluate(f"{graph}._fullData[0].z.length") == 200
    count = drawn(page)
    x, y = data_point(page, -3.0, 3.0)
    page.mouse.click(x, y)
    drawn(page, count)
    expect(page.get_by_role("textbox", name=EN("trajectories.start"))).to_have_value(
        re.compile(r"^-(2\.9|3)")
    )


def test_basins_are_coloured_by_steps_at_once(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en&surface=himmelblau&view=basins&steps=150&runs=sgd")
    graph = "document.querySelector('.ov-view .ov-plot')"
    page.wait_for_function(f"{graph}?._fullData?.[0].type === 'heatmap'")
    settle(page)
    steps = page.get_by_test_id("stButtonGroup").get_by_text(EN("trajectories.maps.basins.steps"))
    steps.click()
    page.wait_for_function(f"{graph}._fullData.some(t => t.meta === 'hatching')")
    said = EN("trajectories.maps.basins.read_steps").split(",")[0]
    expect(page.get_by_text(said.format(run=EN("optimizer.sgd.title")))).to_be_visible()
    expect(page).to_have_url(re.compile("basins_by=steps"))


def test_a_cell_of_the_settings_map_is_loaded_into_the_run(page: Page, server: str) -> None:
    page.goto(f"{server}/trajectories?lang=en&runs=sgd;momentum&focus=1")
    drawn(page)
    settle(page)
    head = page.get_by_text(EN("trajectories.maps.title")).last
    head.click()
    expect(page.get_by_text(EN("trajectories.maps.best").split("{")[0].strip("* "))).to_be_visible(
        timeout=60_000
    )
    expect(page).to_have_url(re.compile("settings_map=1"))
    settle(page, still=True)
    graph = page.locator(".st-key-trajectories-settings-map .ov-chart")
    graph.scroll_into_view_if_needed()
    at = graph.evaluate(
        """g => {
          const mark = g._fullData.find(t => t.meta === 'fastest'), l = g._fullLayout;
          const b = g.getBoundingClientRect();
          return [b.x + l.xaxis2._offset + l.xaxis2.d2p(mark.x[0]),
                  b.y + l.yaxis2._offset + l.yaxis2.d2p(mark.y[0])];
        }"""
    )
    count = drawn(page)
    page.mouse.click(*at)
    drawn(page, count)
    # The ring is where the star is, the run above has the settings, and the address tells them.
    page.wait_for_function(
        """() => {
          const g = document.querySelector('.st-key-trajectories-settings-map .ov-chart');
          const at = (meta) => g._fullData.find(t => t.meta === meta);
          return at('now').x[0] === at('fastest').x[0] && at('now').y[0] === at('fastest').y[0];
        }"""
    )
    expect(page.get_by_role("textbox", name=EN("trajectories.exact"))).to_have_value(
        re.compile(r"^0\.03\d+$")
    )
    expect(page).to_have_url(re.compile(r"momentum(:|%3A)lr(=|%3D)0\.03\d+.*momentum(=|%3D)0\.6"))
    row = page.locator(".ov-table tbody tr").nth(1)
    expect(row).to_contain_text("converged at step")
    # Folded, the map is gone, and the address with it.
    settle(page)
    head.click()
    expect(graph).to_have_count(0)
    expect(page).not_to_have_url(re.compile("settings_map=1"))
