"""The user's own embeddings in a browser: given, coloured, searched."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from optviz.language import Text

from .screens import check, open_screen, settle

EN = Text("en")


def files() -> list[dict[str, object]]:
    random = np.random.default_rng(0)
    vectors = "\n".join("\t".join(map(repr, row)) for row in random.normal(size=(40, 5)).tolist())
    told = "word\tgroup\tscore\n" + "".join(f"w{i}\tg{i % 3}\t{i / 7}\n" for i in range(40))
    return [
        {"name": name, "mimeType": "text/plain", "buffer": content.encode()}
        for name, content in (("vectors.tsv", vectors), ("metadata.tsv", told))
    ]


def test_a_pair_of_files_is_laid_out_coloured_and_searched(page: Page, server: str) -> None:
    open_screen(page, server, "embeddings")
    page.get_by_text(EN("embeddings.own.title")).click()
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(files())
    expect(page.get_by_text("40 points, 5 numbers each").first).to_be_visible()
    # What the new points need is set, and the browser follows.
    chosen = page.get_by_role("radio", name=EN("embeddings.method.pca"))
    expect(chosen).to_have_attribute("aria-checked", "true")
    colour = page.get_by_role("combobox", name=EN("embeddings.colour.label"))
    expect(colour).to_have_value("group")
    expect(page.locator(".legendtext")).to_have_text(["g0", "g1", "g2"])
    colour.click()
    page.get_by_role("option", name="score").click()
    expect(page.locator(".cbtitle")).to_have_text("score")
    page.get_by_text(EN("embeddings.of_points.find.title")).click()
    words = page.get_by_label(EN("embeddings.of_points.find.words"), exact=True)
    words.fill("w7")
    words.press("Enter")
    expect(page.get_by_text("of 40 points stand out")).to_be_visible()
    settle(page)
    check(page)
