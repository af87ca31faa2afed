"""The Regularisation page's story in a real browser: decay, two runs, a landscape, a cancel."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")
PLANE = "document.querySelector('.st-key-regularisation-plane .ov-chart')"
COMPUTE = ".st-key-regularisation-compute button"
CANCEL = ".st-key-regularisation-cancel button"
FACTS = ".st-key-regularisation-facts"


def drawn(page: Page, than: int) -> None:
    """Wait until the stage has been drawn more than ``than`` times."""
    page.wait_for_function(
        "n => Number(document.querySelector('.ov-stage')?.dataset.drawn ?? 0) > n", arg=than
    )


def step(page: Page) -> int:
    return int(page.locator(".ov-stage").get_attribute("data-step") or 0)


def chip(page: Page, scene: str) -> None:
    page.get_by_role("button", name=EN(f"regularisation.scene.{scene}.label"), exact=True).click()
    expect(page.get_by_text(EN(f"regularisation.scene.{scene}.notice"))).to_be_visible()


def test_the_decay_is_changed_and_the_numbers_move(page: Page, server: str) -> None:
    open_screen(page, server, "regularisation")
    facts = page.locator(FACTS)
    expect(facts).to_contain_text("(0.554, 0.305)")
    expect(facts).to_contain_text("The two runs agree")
    box = page.get_by_role("textbox", name=EN("trajectories.exact")).first
    box.fill("2")
    box.press("Enter")
    expect(facts).to_contain_text("(0.424, 0.178)")
    page.wait_for_url(re.compile(r"decay=2\.0"))

    # Another method: the two runs part, and both can be played.
    chip(page, "part")
    expect(facts).to_contain_text("The two runs part")
    settle(page)
    rows = page.locator(".ov-stage tbody tr")
    expect(rows).to_have_count(2)
    page.locator(".ov-stage").focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('.ov-stage').dataset.step === '0'")
    page.keyboard.press("Space")
    page.wait_for_function("() => Number(document.querySelector('.ov-stage').dataset.step) > 20")
    page.keyboard.press("Space")
    assert 0 < step(page) <= 300

    # The ground without decay is another map; the paths stay.
    page.get_by_role("radio", name=EN("regularisation.decay.ground_before")).click()
    page.wait_for_url(re.compile("ground=before"))
    settle(page)
    check(page)
    expect(facts).to_contain_text("The two runs part")


def test_a_landscape_is_computed_and_one_is_cancelled(page: Page, server: str) -> None:
    query = "part=landscape&optimizers=sgd,adam&depth=1&epochs=2&points=11"
    open_screen(page, server, "regularisation", query=query)
    expect(page.locator(FACTS)).to_contain_text("11 × 11 points", timeout=120_000)
    page.wait_for_function(f"() => {PLANE}?._fullData?.[0].z.length === 11")
    assert page.evaluate(f"() => {PLANE}._fullData.filter((t) => t.name === 'Adam').length") == 1
    expect(page.locator(COMPUTE)).to_be_disabled()

    # A larger one, given up: the page stands ready again, within a second of the click.
    open_screen(
        page, server, "regularisation",
        query="part=landscape&optimizers=sgd,adam&depth=8&epochs=50&points=61",
    )  # fmt: skip
    page.locator(COMPUTE).or_(page.locator(CANCEL)).click()
    if page.locator(COMPUTE).is_enabled():
        page.locator(COMPUTE).click()
        page.locator(CANCEL).click()
    expect(page.locator(COMPUTE)).to_be_enabled(timeout=10_000)
    expect(page.get_by_text(EN("jobs.state.cancelled"))).to_be_visible()
    check(page)


def test_batch_normalisation_is_measured_and_told(page: Page, server: str) -> None:
    open_screen(page, server, "regularisation", query="part=norm&depth=1&epochs=2&points=11")
    facts = page.locator(FACTS)
    expect(facts).to_contain_text("Rates that work", timeout=120_000)
    expect(facts).to_contain_text("After training", timeout=120_000)
    for tab in ("curvature", "activations", "modes"):
        page.get_by_role("tab", name=EN(f"regularisation.norm.tab.{tab}")).click()
        expect(page.get_by_text(EN(f"regularisation.norm.read.{tab}"))).to_be_visible()
        settle(page)
        check(page)
    expect(page.get_by_text("Batches of 16")).to_be_visible()


def test_a_tap_on_a_phone_starts_elsewhere(open_page: Callable[..., Page], server: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    open_screen(page, server, "regularisation")
    before = int(page.locator(".ov-stage").get_attribute("data-drawn") or 0)
    plot = page.locator(".ov-view .ov-plot").first
    box = plot.bounding_box()
    assert box is not None
    plot.tap(position={"x": 0.7 * box["width"], "y": 0.4 * box["height"]})
    drawn(page, before)
    page.wait_for_url(re.compile("start="))
