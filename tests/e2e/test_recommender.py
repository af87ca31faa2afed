"""The Recommender page's story in a real browser: train, pause, leave, return, resume, results."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from optviz.language import Text

from .screens import settle

EN, ZH = Text("en"), Text("zh")
LONG = 120_000


def button(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-recommender-{name} button")


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=EN(f"{name}.name")).click()
    expect(page.get_by_role("heading", name=EN(f"{name}.question"))).to_be_visible()


def test_story(page: Page, server: str) -> None:
    page.goto(f"{server}/recommender?lang=en&epochs=25&n_factors=20&batch_size=64")

    # A cold deep link shows the whole frame, the data, a model that has learnt, the recipe.
    expect(page.get_by_role("heading", name=EN("recommender.question"))).to_be_visible()
    expect(page.get_by_text("100,004 ratings")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Validation MSE 0.7634")).to_be_visible(timeout=LONG)
    expect(page.get_by_label(EN("control.lr.label"), exact=True)).to_have_value("0.01")
    expect(page.get_by_role("slider", name=EN("control.epochs.label"))).to_have_value("25")
    stage = page.locator(".st-key-recommender-loss").bounding_box()
    assert stage is not None and stage["width"] >= 0.6 * 1280

    # Train with a double click: one run. Its first epoch's validation loss arrives; pause.
    button(page, "train").dblclick()
    expect(page.get_by_text(re.compile(r"after epoch \d+ of 25"))).to_be_visible(timeout=LONG)
    button(page, "pause").click()
    paused = page.get_by_test_id("stProgress").get_by_text(EN("jobs.state.paused"))
    expect(paused).to_be_visible()

    # Leave the page and come back, read it in Chinese: the run is where it was.
    go(page, "embeddings")
    go(page, "recommender")
    expect(paused).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_text("中文").click()
    expect(page.get_by_role("heading", name=ZH("recommender.question"))).to_be_visible()
    expect(page.get_by_role("slider", name=ZH("control.epochs.label"))).to_have_value("25")
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    expect(paused).to_be_visible()

    # Resume; it goes on. Stop and keep; then the results.
    button(page, "resume").click()
    going = page.get_by_text(re.compile(r"\d ratings/s · \d+ s left"))
    expect(going).to_be_visible(timeout=LONG)
    button(page, "stop").click()
    learnt = page.get_by_role("heading", name=EN("recommender.results.trained"))
    expect(learnt).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name=EN("recommender.tab.one_user")).click()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(2)
    page.get_by_role("tab", name=EN("recommender.tab.bias")).click()
    expect(page.locator(".st-key-recommender-bias .main-svg").first).to_be_visible()
    page.get_by_role("tab", name=EN("recommender.tab.quality")).click()
    expect(page.locator(".st-key-recommender-truth .main-svg").first).to_be_visible()


def test_a_scene_trains_and_its_model_is_saved_and_opened(
    page: Page, server: str, tmp_path: Path
) -> None:
    page.goto(f"{server}/recommender?lang=en")
    button(page, "scene-als").click()
    expect(page.get_by_text("after epoch 10 of 10")).to_be_visible(timeout=LONG)
    page.get_by_text(EN("recommender.file.title")).click()
    with page.expect_download() as download:
        button(page, "save").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "als-seed0.safetensors"

    page.reload()
    expect(page.get_by_text("Validation MSE 0.7634")).to_be_visible(timeout=LONG)
    page.get_by_text(EN("recommender.file.title")).click()
    upload = page.locator(".st-key-recommender-open input[type=file]")
    upload.set_input_files({"name": "a", "mimeType": "text/plain", "buffer": b"no model"})
    expect(page.get_by_text(EN("problem.model.unreadable"))).to_be_visible()
    upload.set_input_files(path)
    opened = page.get_by_role("heading", name=EN("recommender.results.file"))
    expect(opened).to_be_visible(timeout=LONG)
    expect(page.get_by_role("radio", name=EN("choice.model.als"))).to_be_checked()


def test_runs_race_on_one_chart_and_leave_as_a_table(page: Page, server: str) -> None:
    page.goto(f"{server}/recommender?lang=en&model=als&n_factors=4&epochs=2")
    expect(page.get_by_text("Validation MSE 0.7634")).to_be_visible(timeout=LONG)
    for factors, name in ((4, "Run 1"), (5, "Run 2")):
        slider = page.get_by_role("slider", name=EN("control.n_factors.label"))
        expect(slider).to_have_value(str(factors))
        button(page, "train").click()
        expect(page.get_by_role("cell", name=name)).to_be_visible(timeout=LONG)
        expect(page.get_by_text("after epoch 2 of 2")).to_be_visible(timeout=LONG)
        expect(button(page, "train")).to_be_enabled(timeout=LONG)
        settle(page, still=True)
        if factors == 4:
            slider.press("ArrowRight")
            expect(page.get_by_text(EN("recommender.status.stale"))).to_be_visible()
            settle(page, still=True)
    legend = page.locator(".st-key-recommender-loss .legendtext")
    expect(legend).to_have_text(["Run 1", EN("recommender.loss.train"), "Run 2"])
    page.locator(".st-key-recommender-axis-en input").click()
    page.get_by_role("option", name=EN("recommender.race.by_seconds")).click()
    title = page.locator(".st-key-recommender-loss .xtitle")
    expect(title).to_have_text(EN("recommender.loss.seconds"))
    settle(page, still=True)

    page.get_by_role("button", name=EN("recommender.race.export")).click()
    with page.expect_download() as download:
        page.locator("[class*=st-key-recommender-export-csv] button").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [row["name"] for row in rows] == ["Ready-made", "Run 1", "Run 2"]
    assert [row["n_factors"] for row in rows] == ["50", "4", "5"]
    assert float(rows[1]["seconds"]) > 0


def test_a_training_is_held_in_the_hand(page: Page, server: str) -> None:
    page.goto(f"{server}/recommender?lang=en&epochs=200&n_factors=4&batch_size=512")
    expect(page.get_by_text("Validation MSE 0.7634")).to_be_visible(timeout=LONG)
    button(page, "train").click()
    first = page.get_by_text(re.compile(r"after epoch \d+ of 200"))
    expect(first).to_be_visible(timeout=LONG)
    button(page, "pause").click()
    paused = page.get_by_test_id("stProgress").get_by_text(EN("jobs.state.paused"))
    expect(paused).to_be_visible()
    settle(page)

    # Back to the best epoch, one batch, the epoch's rest; then what moves inside.
    page.get_by_text(EN("recommender.hand.title")).click()
    button(page, "hand-back").click()
    held = page.get_by_test_id("stProgress").get_by_text(re.compile(r"^\d+ % · [\d,]+ steps"))
    expect(held).to_have_count(0, timeout=LONG)  # a fresh worker that has not moved yet
    expect(button(page, "resume")).to_be_visible(timeout=LONG)
    for name, rest in (("batch", 1), ("epoch", 0)):  # 80,004 ratings, 512 in a batch
        settle(page)
        button(page, f"hand-{name}").click()
        page.wait_for_function(
            """(rest) => {
              const bar = document.querySelector('[data-testid=stProgress]')?.innerText ?? '';
              const steps = bar.match(/ ([0-9,]+) steps · Paused/)?.[1].replace(',', '');
              return steps > 0 && steps % 157 === rest;
            }""",
            arg=rest,
            timeout=LONG,
        )
    settle(page)
    page.get_by_text(EN("recommender.inside.title")).click()
    expect(page.locator(".st-key-recommender-moves .main-svg").first).to_be_visible()
    expect(page.locator(".st-key-recommender-predictions .main-svg").first).to_be_visible()
    settle(page)
    button(page, "stop").click()
    learnt = page.get_by_role("heading", name=EN("recommender.results.trained"))
    expect(learnt).to_be_visible(timeout=LONG)


def test_bad_uploads_change_nothing(page: Page, server: str) -> None:
    page.goto(f"{server}/recommender?lang=en")
    expect(page.get_by_text("100,004 ratings")).to_be_visible(timeout=LONG)
    page.get_by_text(EN("recommender.data.own")).click()
    upload = page.locator("[class*=st-key-recommender-upload] input[type=file]")
    for name, content, sentence in (
        ("ml.zip", b"PK\x03\x04 cut off", EN("problem.data.broken_zip")),
        ("ratings.csv", bytes(range(256)), EN("problem.data.not_recognised")),
    ):
        expect(upload).to_have_count(1)  # each try is followed by a fresh uploader
        upload.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        expect(page.get_by_text(sentence)).to_be_visible(timeout=LONG)
        expect(page.get_by_text("100,004 ratings")).to_be_visible()

    rows = "".join(f"{u},{i},{1 + (u * i) % 5}\n" for u in range(30) for i in range(30))
    expect(upload).to_have_count(1)
    good = ("user,item,rating\n" + rows).encode()
    upload.set_input_files({"name": "own.csv", "mimeType": "text/csv", "buffer": good})
    expect(page.get_by_text("900 ratings · 30 users · 30 movies")).to_be_visible(timeout=LONG)
    button(page, "train").click()
    expect(page.get_by_text(re.compile("720 ratings to learn from, 180 held out"))).to_be_visible()
    expect(page.get_by_text("after epoch 3 of 3")).to_be_visible(timeout=LONG)
    button(page, "bundled").click()
    expect(page.get_by_text("100,004 ratings")).to_be_visible()
