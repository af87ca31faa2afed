"""The Recommender page's story in a real browser: train, pause, leave, return, resume, results."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from optviz.language import Text

EN = Text("en")


def test_story(page: Page, server: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}/recommender?lang=en&epochs=8&n_factors=20")

    # A cold deep link shows the whole frame, the data, and what to beat.
    expect(page.get_by_role("heading", name=EN("recommender.question"))).to_be_visible()
    expect(page.get_by_text("100,004 ratings")).to_be_visible()
    expect(page.get_by_text(EN("recommender.before"))).to_be_visible()

    # Train, see the first epoch's validation loss arrive, pause.
    page.locator(".st-key-recommender-train button").click()
    expect(page.get_by_text(re.compile(r"Validation MSE 0\.\d{4}"))).to_be_visible(timeout=60_000)
    page.locator(".st-key-recommender-pause button").click()
    expect(page.get_by_text(re.compile("paused"))).to_be_visible()

    # Leave the page and come back: the run is where it was.
    page.get_by_test_id("stSidebar").get_by_role("link", name=EN("embeddings.name")).click()
    expect(page.get_by_role("heading", name=EN("embeddings.question"))).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name=EN("recommender.name")).click()
    expect(page.get_by_text(re.compile("paused"))).to_be_visible()

    # Resume; then the results.
    page.locator(".st-key-recommender-resume button").click()
    expect(page.get_by_text(re.compile("after epoch 8"))).to_be_visible(timeout=120_000)
    page.get_by_role("tab", name=EN("recommender.tab.bias")).click()
    expect(page.locator(".st-key-recommender-bias")).to_be_visible()
    page.get_by_role("tab", name=EN("recommender.tab.truth")).click()
    expect(page.locator(".st-key-recommender-truth")).to_be_visible()
    assert errors == []


def test_bad_uploads_change_nothing(page: Page, server: str) -> None:
    page.goto(f"{server}/recommender?lang=en")
    expect(page.get_by_text("100,004 ratings")).to_be_visible()
    page.get_by_text(EN("recommender.data.own")).click()
    upload = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    for name, content, sentence in (
        ("ml.zip", b"PK\x03\x04 cut off", EN("problem.data.broken_zip")),
        ("ratings.csv", bytes(range(256)), EN("problem.data.not_recognised")),
        ("ratings.csv", b"", EN("problem.data.empty")),
    ):
        upload.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        expect(page.get_by_text(sentence)).to_be_visible()
        expect(page.get_by_text("100,004 ratings")).to_be_visible()

    rows = "".join(f"{u},{i},{1 + (u * i) % 5}\n" for u in range(30) for i in range(30))
    good = ("user,item,rating\n" + rows).encode()
    upload.set_input_files({"name": "own.csv", "mimeType": "text/csv", "buffer": good})
    expect(page.get_by_text("900 ratings · 30 users · 30 movies")).to_be_visible()
    page.locator(".st-key-recommender-bundled button").click()
    expect(page.get_by_text("100,004 ratings")).to_be_visible()
