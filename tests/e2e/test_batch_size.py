"""The Batch size page's story in a real browser: drag the start, play, change the axis."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from optviz.core.sample_loss import MODELS
from optviz.language import Text
from tests.e2e.screens import settle

EN = Text("en")


def stage(page: Page, name: str) -> int:
    return int(page.locator(".ov-stage").get_attribute(f"data-{name}") or 0)


def drag_start(page: Page) -> None:
    """Take the ring to the map's upper right."""
    page.locator(".ov-handle").hover()
    page.mouse.down()
    box = page.locator(".ov-view").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.3, steps=5)
    page.mouse.up()


def test_story(page: Page, server: str) -> None:
    page.goto(f"{server}/batch_size?lang=en")
    expect(page.get_by_text(EN("batch_size.scene.single.notice"))).to_be_visible()
    settle(page, still=True)
    rows = page.locator(".ov-table tbody tr")
    expect(rows).to_have_count(3)
    facts = page.locator(".ov-batch")
    expect(facts).to_contain_text("13: 1 of 442")

    # Keys step from batch to batch without the server; another row has batches of its own.
    drawn = stage(page, "drawn")
    page.locator(".ov-stage").focus()
    page.keyboard.press("ArrowRight")
    expect(facts).to_contain_text("14: 1 of 442")
    assert stage(page, "drawn") == drawn
    rows.nth(1).click()
    expect(facts).to_contain_text("14: 16 of 442")

    # Drag the ring: all runs begin there.
    drag_start(page)
    start = page.get_by_role("textbox", name=EN("batch_size.start"))
    expect(start).not_to_have_value("-0.5, 0.8")
    expect(start).to_have_value(re.compile(r"^1\.\d+, 0\.\d+$"))

    # By samples the clock counts samples, and plays to the end.
    page.get_by_role("button", name=EN("batch_size.scene.price.label")).click()
    expect(page.get_by_text(EN("batch_size.scene.price.notice"))).to_be_visible()
    expect(page.locator(".ov-player output")).to_have_text("684 of 684 samples")
    page.get_by_role("combobox", name=EN("trajectories.stage.speed")).select_option("10")
    page.get_by_role("button", name=EN("trajectories.stage.play")).click()
    page.wait_for_function("() => document.querySelector('.ov-stage').dataset.step === '684'")
    expect(rows.nth(0)).to_contain_text("684 gradients of samples")
    # The picture may come before the switch above it: press when the page has said all.
    settle(page)
    expect(page.get_by_role("radio", name=EN("batch_size.by_samples"))).to_be_checked()
    page.get_by_role("radio", name=EN("batch_size.by_updates")).click()
    expect(page.locator(".ov-player output")).to_contain_text("of 120")


def test_a_slow_answer_does_not_undo_what_was_pressed_after(page: Page, server: str) -> None:
    # The server's answers wait until the ring was dropped and a scene pressed.
    held: list[str | bytes] = []
    holding = False
    client: WebSocketRoute | None = None

    def connect(route: WebSocketRoute) -> None:
        nonlocal client
        client = route
        behind = route.connect_to_server()
        behind.on_message(lambda said: held.append(said) if holding else route.send(said))

    page.route_web_socket(re.compile("/_stcore/stream"), connect)
    page.goto(f"{server}/batch_size?lang=en")
    expect(page.get_by_text(EN("batch_size.scene.single.notice"))).to_be_visible()
    settle(page, still=True)
    holding = True
    drag_start(page)
    page.get_by_role("button", name=EN("batch_size.scene.price.label")).click()
    page.wait_for_timeout(500)
    holding = False
    assert client
    for said in held:
        client.send(said)
    expect(page.get_by_text(EN("batch_size.scene.price.notice"))).to_be_visible()
    settle(page, still=True)
    expect(page.get_by_text(EN("batch_size.scene.price.notice"))).to_be_visible()
    assert "start=-1.2%2C-1.2" in page.url


def test_the_browser_knows_the_same_losses(page: Page, server: str) -> None:
    import torch

    page.goto(f"{server}/batch_size?lang=en")
    settle(page, still=True)
    at = (0.7, -1.3, 1.9, 1.0)
    for name, model in MODELS.items():
        wanted = float(model.loss(*(torch.tensor(part, dtype=torch.float64) for part in at)))
        found = page.evaluate(
            """async ([name, at]) => {
              const known = performance.getEntriesByType('resource').map((entry) => entry.name);
              const { LOSSES } = await import(known.find((n) => n.includes('stage_noise.js')));
              return LOSSES[name](...at);
            }""",
            [name, list(at)],
        )
        assert abs(found - wanted) < 1e-12
