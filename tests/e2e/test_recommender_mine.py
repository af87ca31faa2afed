"""“For you” in a real browser: rate five movies and see the list change, then beside training."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")
LONG = 120_000


def rows(page: Page) -> Locator:
    return page.locator(".ov-why [role=listitem]")


def test_rate_five_movies_and_see_the_list_change(page: Page, server: str) -> None:
    open_screen(page, server, "recommender")
    expect(rows(page)).to_have_count(10)
    seen = {tuple(rows(page).all_inner_texts())}

    # Five clicks on stars: after each the list is another one, and says because of what.
    for count, star in enumerate((4, 0, 3, 0, 4), start=1):
        offered = page.locator(".st-key-recommender-offered").get_by_test_id("stFeedback").first
        offered.get_by_test_id("stFeedbackButton").nth(star).click()
        expect(
            page.get_by_text(EN("recommender.mine.rated", count=count).replace("*", ""))
        ).to_be_visible()
        settle(page, still=True)
        drawn = tuple(rows(page).all_inner_texts())
        assert len(drawn) == 10
        assert drawn not in seen
        seen.add(drawn)
        expect(rows(page).first).to_contain_text("because you gave")

    # One of them moved by the keyboard, one found by its title, one taken back.
    slider = page.locator(".st-key-recommender-rated").get_by_role("slider").first
    slider.focus()
    slider.press("ArrowLeft")
    expect(slider).to_have_value("4.5")
    settle(page, still=True)
    search = page.locator(".st-key-recommender-mine-search input")
    search.fill("Chinat")
    page.get_by_role("option", name="Chinatown (1974)").click()
    expect(page.get_by_role("slider", name="Chinatown (1974)")).to_have_value("4")
    settle(page, still=True)
    page.locator(".st-key-recommender-mine-remove-1252").get_by_role("button").click()
    expect(page.get_by_role("slider", name="Chinatown (1974)")).to_have_count(0)
    settle(page, still=True)

    # The link shows the same to whoever opens it.
    drawn = rows(page).all_inner_texts()
    page.goto(page.url)
    expect(rows(page)).to_have_count(10, timeout=LONG)
    settle(page)
    assert rows(page).all_inner_texts() == drawn
    check(page)


def test_the_scene_leads_to_the_list_and_to_the_training_beside_it(page: Page, server: str) -> None:
    open_screen(page, server, "recommender")
    page.locator(".st-key-recommender-scene-mine button").click()
    notice = page.locator(".st-key-frame-notice")
    expect(notice).to_contain_text("Chinatown")
    expect(rows(page).filter(has_text="Chinatown")).to_have_count(1)
    settle(page, still=True)
    notice.get_by_role("link").click()
    expect(page.get_by_role("heading", name=EN("recommender.results.bundled"))).to_be_in_viewport()
    page.locator(".st-key-recommender-mine-retrain button").click()
    expect(page.get_by_text("10 movies are in both lists")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(EN("recommender.mine.retrain.retrained"), exact=True)).to_be_visible()
    check(page)
