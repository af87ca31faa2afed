"""A part that looks again never takes its neighbour's place, however busy the server is."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from scripts.serve import serve


def test_nothing_is_lost_on_a_busy_server(open_page: Callable[..., Page]) -> None:
    with serve("tests/e2e/starved.py") as server:
        page = open_page()
        page.goto(server.address)
        looked = page.get_by_text(re.compile(r"looked at [\d.]+"))
        expect(page.get_by_text("the end")).to_be_visible()
        for _ in range(5):  # each of them loses it more often than not
            before = looked.inner_text()
            page.get_by_role("button", name="draw anew").click()
            page.wait_for_timeout(2000)
            expect(looked).not_to_have_text(before)
            expect(page.get_by_text("below")).to_be_visible()
            expect(page.get_by_text("the end")).to_be_visible()
        page.close()  # before its server is gone, of which it would complain
