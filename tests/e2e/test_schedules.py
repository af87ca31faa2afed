"""The Schedules page's story in a real browser: bend the curve, play the path, name the rates."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")


def test_story(page: Page, server: str) -> None:
    open_screen(page, server, "schedules")
    expect(page.get_by_text(EN("schedules.scene.basins.notice"))).to_be_visible()
    expect(page.get_by_text(re.compile("Restarts at epochs 10, 30"))).to_be_visible()

    # Cycles of equal length: the curve says so before anything else moves.
    page.locator(".st-key-schedules-cycle_mult input[type=range]").press("ArrowLeft")
    expect(page.get_by_text(re.compile("Restarts at epochs 10, 20, 30"))).to_be_visible()
    settle(page)
    page.wait_for_url(re.compile("cycle_mult=1"))

    # The keys move all pictures from step to step, without asking the server.
    page.locator(".ov-stage").focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("Step 0 of 700")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Step 1 of 700")).to_be_visible()

    # Rates for two layers; what cannot be read is pointed at and stays where it was typed.
    page.get_by_role("radio", name=EN("schedules.part_layers")).click()
    expect(page.get_by_text(re.compile("Condition number at the minimum"))).to_be_visible()
    box = page.get_by_role("textbox", name=EN("schedules.rates"), exact=True)
    box.fill("slice(0.5, ")
    box.press("Enter")
    expect(page.get_by_text(re.compile("At character 11"))).to_be_visible()
    expect(box).to_have_value("slice(0.5, ")
    box.fill("0.01")
    box.press("Enter")
    expect(page.get_by_text(re.compile("At character"))).to_have_count(0)
    settle(page)
    check(page)


def test_trainings_are_cancelled_or_told(page: Page, server: str) -> None:
    asked = "part=recommender&schedules=constant,cosine&passes="
    # The first look trains by itself; after that the button does.
    open_screen(page, server, "schedules", query=f"{asked}30")
    cancel = page.locator(".st-key-schedules-cancel button")
    for again in (True, False):
        expect(cancel).to_be_enabled()
        cancel.click()
        expect(page.get_by_text(EN("schedules.cancelled"))).to_be_visible()
        expect(cancel).to_be_disabled()
        if again:  # what the last one left under way would keep the next page's training waiting
            page.locator(".st-key-schedules-train button").click()

    open_screen(page, server, "schedules", query=f"{asked}1")
    expect(page.get_by_text(re.compile("Validation MSE at the end: Constant 0"))).to_be_visible()
    check(page)
