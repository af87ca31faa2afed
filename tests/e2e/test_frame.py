"""The frame round every page: cold deep links, menu, languages, no word with strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from optviz.language import LANGUAGES, Text
from optviz.ui.frame import PAGES

EN, ZH = Text("en"), Text("zh")
RUNNING = "[data-testid=stApp][data-test-script-state=running]"
ADDRESS = {name: "" if name == "home" else name for name in PAGES}
# A setting of each page, other than its default, as its link writes it.
SETTING = {
    "trajectories": ("surface", "himmelblau"),
    "learning_rate": ("n_iter", "60"),
    "recommender": ("epochs", "7"),
    "embeddings": ("movie", "260"),
}


STYLED = "getComputedStyle(document.querySelector('.stMainBlockContainer')).paddingTop !== '96px'"


def settled(page: Page) -> None:
    """Wait until the page stands still and wears our style."""
    expect(page.locator("h1")).to_be_visible(timeout=60_000)
    page.wait_for_function(STYLED)
    expect(page.locator(RUNNING)).to_have_count(0, timeout=60_000)


@pytest.mark.parametrize("name", PAGES)
def test_a_cold_deep_link_shows_the_whole_frame(page: Page, server: str, name: str) -> None:
    strangers: list[str] = []

    def heard(request: Request) -> None:
        if urlsplit(request.url).hostname not in (urlsplit(server).hostname, None):
            strangers.append(request.url)

    page.on("request", heard)
    page.goto(f"{server}/{ADDRESS[name]}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(EN(f"{name}.question"))
    menu = page.get_by_test_id("stSidebar")
    for other in PAGES:
        expect(menu.get_by_role("link", name=EN(f"{other}.name"), exact=True)).to_be_visible()
    expect(menu.get_by_role("link", name="MovieLens")).to_be_visible()
    for language in LANGUAGES.values():
        expect(menu.get_by_text(language, exact=True)).to_be_visible()
    expect(page).to_have_title(f"{EN(f'{name}.name')} · optviz")
    assert page.get_by_text(EN("frame.failed")).count() == 0
    if name != "home":  # the stage begins high enough for a projector
        chips = page.locator(".st-key-frame-scenes")
        expect(chips).to_be_visible()
        box = chips.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 190
    page.wait_for_timeout(1000)
    assert strangers == []


@pytest.mark.parametrize(("name", "setting"), SETTING.items())
def test_switching_the_language_loses_nothing(
    page: Page, server: str, name: str, setting: tuple[str, str]
) -> None:
    key, value = setting
    page.goto(f"{server}/{ADDRESS[name]}?{key}={value}")
    settled(page)
    menu = page.get_by_test_id("stSidebar")
    menu.get_by_text("中文", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ZH(f"{name}.question"))
    settled(page)
    expect(page).to_have_url(re.compile(f"[?&]{key}={value}"))
    expect(page).to_have_url(re.compile("[?&]lang=zh"))
    # The setting outlives a walk to another page too, and the language goes along.
    menu.get_by_role("link", name=ZH("home.name"), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ZH("home.question"))
    settled(page)
    menu.get_by_role("link", name=ZH(f"{name}.name"), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ZH(f"{name}.question"))
    settled(page)
    menu.get_by_text("English", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(EN(f"{name}.question"))
    settled(page)
    expect(page).to_have_url(re.compile(f"[?&]{key}={value}"))
    expect(page).not_to_have_url(re.compile("lang="))


def test_a_chinese_browser_reads_chinese(open_page: Callable[..., Page], server: str) -> None:
    chinese = open_page(locale="zh-CN")
    chinese.goto(server)
    expect(chinese.get_by_role("heading", level=1)).to_have_text(ZH("home.question"))


@pytest.mark.parametrize(
    ("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 20, 24)")]
)
def test_the_theme_is_the_browsers(
    open_page: Callable[..., Page], server: str, scheme: str, ground: str
) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(server)
    settled(page)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", ground)
