"""A newcomer on the finished map in a real browser, by way of the page's segments."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")
STAR = """(name) => [...document.querySelectorAll('.ov-chart')].some((g) => (g.data ?? [])
  .some((t) => t.marker?.symbol === 'star' && t.hovertext[0] === name))"""


def test_story(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings")
    settle(page, still=True)
    page.get_by_text(EN("embeddings.part_placed"), exact=True).click()
    expect(page.get_by_text(EN("embeddings.scene.placed.notice"))).to_be_visible()
    page.wait_for_function(STAR, arg=EN("embeddings.placed.user_name", user="1"), timeout=60_000)

    page.get_by_role("button", name=EN("embeddings.scene.placed_mine.label"), exact=True).click()
    page.wait_for_function(STAR, arg=EN("embeddings.placed.you"), timeout=60_000)
    expect(page).to_have_url(re.compile("who=mine"))

    # Something of one's own: another part keeps it, and says nothing that belongs elsewhere.
    page.get_by_text(EN("embeddings.placed.who_user"), exact=True).last.click()
    box = page.locator("[class*='st-key-embeddings-placed-user'] input")
    box.fill("15")
    box.press("Enter")
    page.wait_for_function(STAR, arg=EN("embeddings.placed.user_name", user="15"), timeout=60_000)
    page.get_by_text(EN("embeddings.part_map"), exact=True).click()
    expect(page.get_by_text(EN("controls.own"))).to_be_visible()
    expect(page).to_have_url(re.compile("placed_user=15"))
    settle(page)
    check(page)
