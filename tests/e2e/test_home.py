"""The home page in a real browser: pictures that show, cards that lead somewhere."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from optviz.language import Text
from optviz.ui.frame import PAGES

from .screens import settle

EN = Text("en")
ROOMS = [name for name in PAGES if name != "home"]


def card(page: Page, name: str) -> Locator:
    """A card, once the page is laid out."""
    expect(page.locator(".st-key-home")).to_have_css("max-width", "1216px")
    return page.locator(f".st-key-home-card-{name}")


def test_the_whole_course_is_on_a_projector_as_two_rows(page: Page, server: str) -> None:
    page.goto(server)
    boxes = []
    for name in ROOMS:
        picture = card(page, name).locator("img")
        expect(picture).to_be_visible()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0
        box = card(page, name).bounding_box()
        assert box is not None
        boxes.append((round(box["x"]), round(box["y"])))
        assert box["y"] + box["height"] <= 720
    first, second = boxes[:4], boxes[4:]
    for row in (first, second):
        assert len({y for _, y in row}) == 1
        assert [x for x, _ in row] == sorted({x for x, _ in row})
    assert first[0][1] < second[0][1]
    assert [x for x, _ in first[: len(second)]] == [x for x, _ in second]


def test_a_phone_has_one_card_below_another(open_page: Callable[..., Page], server: str) -> None:
    phone = open_page(viewport={"width": 390, "height": 844})
    phone.goto(server)
    expect(card(phone, "embeddings")).to_be_visible()
    settle(phone, still=True)
    places = [card(phone, name).bounding_box() for name in ROOMS]
    assert len({round(place["x"]) for place in places}) == 1
    assert all(a["y"] + a["height"] < b["y"] for a, b in pairwise(places))


@pytest.mark.parametrize("name", ROOMS)
def test_a_click_anywhere_on_a_card_opens_its_room(page: Page, server: str, name: str) -> None:
    page.goto(server)
    expect(card(page, name)).to_be_visible()
    settle(page, still=True)  # a card that still moves would not be where it is clicked
    box = card(page, name).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 40)
    expect(page.get_by_role("heading", level=1)).to_have_text(EN(f"{name}.question"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(EN("home.question"))


def test_a_card_is_reached_by_the_keyboard(page: Page, server: str) -> None:
    page.goto(server)
    link = card(page, "embeddings").get_by_role("link")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(EN("embeddings.question"))
