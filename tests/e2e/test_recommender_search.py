"""A search in a real browser: its trials appear, its best recipe is used and measured once."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import settle

EN = Text("en")
LONG = 120_000


def test_search_use_and_take_along(page: Page, server: str, tmp_path: Path) -> None:
    page.goto(f"{server}/recommender?lang=en&model=als&n_factors=3&epochs=3&search_trials=5")
    page.get_by_text(EN("recommender.search.title")).click(timeout=LONG)
    page.get_by_role("button", name=EN("recommender.search.begin"), exact=True).click()
    expect(page.get_by_text("5 of 5 trials ended")).to_be_visible(timeout=LONG)
    for name in ("curves", "history", "slices"):
        chart = page.locator(f".st-key-recommender-search-{name} .main-svg").first
        expect(chart).to_be_visible()
    settle(page, still=True)  # the page is drawn anew at the search's end, and so is its file

    page.get_by_text(EN("recommender.search.table")).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=EN("recommender.race.csv")).last.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3", "4"]

    page.get_by_role("button", name=EN("recommender.search.use")).click()
    measured = page.get_by_text(re.compile(r"on the held-out ratings, measured once\."))
    expect(measured).to_be_visible(timeout=LONG)
