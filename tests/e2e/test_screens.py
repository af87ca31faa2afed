"""Every page as it is first seen, on a projector and on a phone; and the README's pictures.

``pytest tests/e2e/test_screens.py --pictures`` writes the pictures to ``docs/pictures/``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import NAMES, check, open_screen, settle

PICTURES = Path(__file__).parents[2] / "docs/pictures"
ZH = Text("zh")


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_folds_the_menu_and_never_scrolls_sideways(
    open_page: Callable[..., Page], server: str, name: str
) -> None:
    size = {"width": 390, "height": 844}
    page = open_page(viewport=size, color_scheme="dark", is_mobile=True, has_touch=True)
    open_screen(page, server, name, "zh")
    expect(page).to_have_title(f"{ZH(f'{name}.name')} · optviz")
    title = page.get_by_role("heading", level=1).bounding_box()
    assert title is not None
    assert 40 <= title["y"] <= 80  # below the menu's button, not under it
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    # What scrolls on its own (a row of chips, a table) may reach further.
    wide = page.evaluate(
        """(width) => {
          const main = document.querySelector('.stMainBlockContainer');
          const clipped = (e) => {
            for (e = e.parentElement; e && e !== main; e = e.parentElement)
              if (getComputedStyle(e).overflowX !== 'visible') return true;
            return false;
          };
          return [...main.querySelectorAll('*')]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > width + 1)
            .filter((e) => !clipped(e)).map((e) => e.className.baseVal ?? e.className);
        }""",
        size["width"],
    )
    assert wide == []
    scrolled = page.evaluate("() => document.scrollingElement.scrollWidth")
    assert scrolled <= size["width"]


def sweep(page: Page) -> None:
    """The Learning rate page when a sweep has ended."""
    settle(page, still=True)
    page.locator(".st-key-learning_rate-sweep button").click()
    expect(page.locator(".st-key-learning_rate-rule-valley")).to_be_visible(timeout=120_000)
    expect(page.locator(".st-key-learning_rate-cancel button")).to_have_count(0, timeout=120_000)


SCENES: Mapping[str, tuple[str, Callable[[Page], None]]] = {
    "home": ("", settle),
    "trajectories": ("hessian=1&step=20", settle),
    "batch_size": ("", settle),
    "jacobian_hessian": ("map=swirl&at=0.9,0.5", settle),
    "schedules": ("", settle),
    "regularisation": ("", settle),
    "learning_rate": ("", sweep),
    "recommender": ("", settle),
    "embeddings": ("", settle),
}
"""Page → the address and the gestures that lead to its picture."""


@pytest.mark.parametrize("name", NAMES)
def test_picture(
    open_page: Callable[..., Page], server: str, name: str, request: pytest.FixtureRequest
) -> None:
    query, act = SCENES[name]
    page = open_page(device_scale_factor=1.5)
    open_screen(page, server, name, query=query)
    act(page)
    settle(page, still=True)
    page.mouse.move(1279, 719)  # no tooltip, no hovered button
    page.wait_for_timeout(700)  # fades and axis transitions; nothing tells when they end
    check(page)
    picture = Image.open(io.BytesIO(page.screenshot()))
    assert picture.size == (1920, 1080)
    # A page that stayed empty has a handful of colours.
    assert len(picture.convert("RGB").getcolors(2**24) or []) > 50
    if request.config.getoption("--pictures"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        # A palette that covers the rare vivid colours: a third of the bytes, and nobody sees it.
        method = Image.Quantize.MAXCOVERAGE
        small = picture.convert("RGB").quantize(256, method, kmeans=4, dither=Image.Dither.NONE)
        small.save(PICTURES / f"{name}.png", optimize=True)
