"""Networks on the Jacobian and Hessian page in a real browser: the edge, a cancel, a spectrum."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")
EDGE = "document.querySelector('.st-key-jacobian-networks-edge .ov-chart')"
DENSITY = "document.querySelector('.st-key-jacobian-networks-density .ov-chart')"
COMPUTE = ".st-key-jacobian-networks-compute button"
CANCEL = ".st-key-jacobian-networks-cancel button"
FACTS = ".st-key-jacobian-networks-facts"


def test_the_edge_is_watched_cancelled_and_tried_with_another_rate(page: Page, server: str) -> None:
    # A link begins the study, and the curves grow while it is under way.
    open_screen(page, server, "jacobian_hessian", query="part=networks&net_depth=1&net_steps=10000")
    page.wait_for_function(f"() => {EDGE}?._fullData?.[0].x.length > 3", timeout=120_000)
    assert page.evaluate(f"() => {EDGE}._fullLayout.xaxis.range[1]") == 10_000
    page.locator(CANCEL).click()
    expect(page.get_by_text(EN("jobs.state.cancelled"))).to_be_visible()
    expect(page.locator(COMPUTE)).to_be_enabled()
    settle(page, still=True)
    # What had been drawn stays.
    assert page.evaluate(f"() => {EDGE}._fullData[0].x.length") > 3

    # A wrong rate is told where it was typed; a good one is computed when asked for.
    box = page.get_by_label(EN("jacobian_networks.edge.rates"), exact=True)
    box.fill("quick")
    box.press("Enter")
    expect(page.get_by_text(EN("problem.controls.number", written="quick"))).to_be_visible()
    box.fill("0.3")
    box.press("Enter")
    page.wait_for_url(re.compile(r"net_rates=0\.3"))
    steps = page.get_by_role("slider", name=EN("jacobian_networks.edge.steps"))
    steps.focus()
    page.keyboard.press("Home")
    page.wait_for_url(re.compile(r"net_steps=100\b"))
    settle(page)
    page.locator(COMPUTE).click()
    expect(page.locator(FACTS)).to_contain_text("lr 0.3", timeout=120_000)
    settle(page, still=True)
    assert page.evaluate(f"() => {EDGE}._fullData[0].x.length") == 11
    assert page.evaluate(f"() => {EDGE}._fullLayout.annotations[0].text") == "2/lr = 6.67"
    check(page)


def test_a_spectrum_by_a_link(page: Page, server: str) -> None:
    open_screen(
        page, server, "jacobian_hessian",
        query="part=networks&net_study=spectrum&net_depth=1&net_epochs=1",
    )  # fmt: skip
    expect(page.locator(COMPUTE)).to_be_disabled(timeout=120_000)
    expect(page.locator(FACTS)).to_contain_text("4,810 weights")
    settle(page, still=True)
    # Two densities, and above each the strokes of its twelve largest and its smallest.
    assert page.evaluate(f"() => {DENSITY}._fullData.map((t) => t.x.length)") == [900, 13, 900, 13]
    check(page)
