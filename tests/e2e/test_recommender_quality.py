"""“How good?” in a real browser: the lists are judged, and their length is chosen."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")


def test_a_trained_models_lists_are_judged_and_shortened(page: Page, server: str) -> None:
    open_screen(page, server, "recommender")
    page.locator(".st-key-recommender-scene-als button").click()
    learnt = page.get_by_role("heading", name=EN("recommender.results.trained"))
    expect(learnt).to_be_visible(timeout=120_000)
    settle(page, still=True)
    check(page)  # the tabs were away for a while, and no box has lost what it showed
    page.get_by_role("tab", name=EN("recommender.tab.quality"), exact=True).click()
    settle(page, still=True)
    expect(page.locator(".st-key-recommender-truth .main-svg").first).to_be_visible()
    page.locator(".st-key-recommender-quality-begin button").click()
    measure = EN("recommender.quality.measures.ndcg", k=10)
    expect(page.get_by_role("cell", name=measure)).to_be_visible(timeout=120_000)
    expect(page.locator(".st-key-recommender-quality .main-svg").first).to_be_visible()
    expect(page.get_by_text("Low error, poor lists.")).to_be_visible()
    settle(page, still=True)
    page.get_by_role("radio", name="50", exact=True).click()
    expect(
        page.get_by_role("cell", name=EN("recommender.quality.measures.ndcg", k=50))
    ).to_be_visible()
    settle(page, still=True)
    assert "list_length=50" in page.url
    check(page)
