"""The closer looks in a real browser: one user, one movie, and their prediction worked out."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=EN(f"recommender.tab.{name}"), exact=True).click()
    settle(page, still=True)


def test_one_prediction_is_worked_out_and_followed_to_its_user_and_its_movie(
    page: Page, server: str
) -> None:
    open_screen(page, server, "recommender", query="user=5&movie=296")
    open_tab(page, "worked")
    steps = page.locator(".st-key-recommender-steps")
    expect(steps.locator(".katex-display")).to_have_count(6)
    expect(steps.locator(".katex-error")).to_have_count(0)
    expect(page.locator(".ov-worked tr")).to_have_count(11)

    # A movie found by typing: the prediction is another one, and its tab shows the same movie.
    before = steps.inner_text()
    box = page.locator(".st-key-recommender-pair-movie input")
    box.fill("Chinat")
    page.get_by_role("option", name="Chinatown (1974)").click()
    expect(page.get_by_text("“Chinatown (1974)”")).to_be_visible()
    settle(page, still=True)
    assert steps.inner_text() != before
    open_tab(page, "one_movie")
    expect(page.locator(".st-key-recommender-movie input")).to_have_value("Chinatown (1974)")
    expect(page.locator(".st-key-recommender-one_movie .main-svg").first).to_be_visible()
    expect(page.get_by_text(EN("recommender.one_movie.similar").replace("*", ""))).to_be_visible()
    open_tab(page, "one_user")
    expect(page.locator(".st-key-recommender-user input")).to_have_value("5")
    expect(page.locator(".st-key-recommender-one_user .main-svg").first).to_be_visible()

    # Any held-out rating; the link shows the same prediction to whoever opens it.
    open_tab(page, "worked")
    page.locator(".st-key-recommender-another_pair button").click()
    expect(page.get_by_text("That rating was held out")).to_be_visible()
    settle(page, still=True)
    shown = steps.inner_text()
    page.goto(page.url)
    expect(page.get_by_role("heading", name=EN("recommender.question"))).to_be_visible()
    settle(page)
    open_tab(page, "worked")
    assert steps.inner_text() == shown
    check(page)
