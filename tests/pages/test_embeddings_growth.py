"""The map while the model trains: its story without a browser, and what vandals may try."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text

from .apps import check, feed, open_app, picture, said, until

EN = Text("en")
FILMS = 60


def open_growth(**query: str) -> AppTest:
    given = {"part": "growth", "n_movies": str(FILMS), "grow_model": "als", "colour": "genre"}
    return open_app("embeddings", **given | query)


def finish(app: AppTest) -> None:
    until(app, lambda: "Half of the final neighbours" in said(app))


def frames(app: AppTest) -> np.ndarray:
    raw = base64.b64decode(feed(app)["frames"])
    return np.frombuffer(raw, dtype="<i2").reshape(-1, FILMS, 2)


def test_it_trains_by_itself_and_says_when_neighbours_were_found() -> None:
    app = open_growth(grow_method="pca")
    finish(app)
    until(app, lambda: feed(app)["total"] == 11)
    assert feed(app)["names"][-1] == EN("embeddings.growth.moment", epoch="10.00", epochs=10)
    assert "validation MSE 0.75" in feed(app)["facts"][-1]
    assert feed(app)["run"] == picture(app)["run"]
    assert picture(app)["run"].endswith("fixed")  # all frames on the last one's axes
    assert [trail["name"] for trail in picture(app)["trails"]][:2] == ["Toy Story", "Star Wars"]


def test_frames_come_to_one_scale_about_one_middle() -> None:
    pytest.importorskip("openTSNE")
    app = open_growth(grow_method="tsne")
    seen: list[np.ndarray] = []

    def look() -> bool:
        assert feed(app)["first"] == len(seen)
        seen.extend(frames(app))
        return "Half of the final neighbours" in said(app)

    until(app, look)
    middles = np.array([frame.mean(axis=0) for frame in seen])
    assert len(seen) == 11
    assert np.abs(middles - middles[0]).max() < 0.02 * 32767
    assert all(np.abs(frame).max() < 32767 for frame in seen[1:])


def test_pause_stop_start_again_and_other_settings_wait() -> None:
    app = open_growth(grow_model="dot_bias", grow_method="pca")
    app.button(key="embeddings.growth.pause").click().run()
    check(app)
    app.slider(key="embeddings.n_movies").set_value(100).run()
    assert EN("embeddings.live.other") in said(app)
    app.button(key="embeddings.growth.stop").click().run()
    finish(app)
    assert EN("embeddings.live.stale") in said(app)
    app.button(key="embeddings.growth.start").click().run()
    until(app, lambda: feed(app)["n"] == 100 and feed(app)["total"] > 0)
    app.button(key="embeddings.growth.stop").click().run()
    finish(app)


def test_films_are_picked_whose_ways_are_drawn() -> None:
    app = open_growth(grow_method="pca", trails="1")
    finish(app)
    app.multiselect(key="embeddings.trails.picked").set_value([1, 260]).run()
    check(app)
    assert [trail["name"] for trail in picture(app)["trails"]] == ["Toy Story", "Star Wars"]
    assert app.query_params["trails"] == "1.260"


@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_colour_is_drawn_before_and_after(code: str) -> None:
    app = open_growth(grow_method="pca", lang=code)
    for colour in ("cluster", "bias"):
        app.selectbox(key="embeddings.colour").set_value(colour).run()
        check(app)
    until(app, lambda: Text(code)("embeddings.growth.made_pca") in said(app))
    for colour in ("cluster", "bias", "decade"):
        app.selectbox(key="embeddings.colour").set_value(colour).run()
        check(app)


def test_without_opentsne_the_moments_are_laid_out_by_pca(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optviz.ui.embeddings_growth.live_available", lambda: False)
    app = open_growth(grow_method="tsne")
    assert EN("embeddings.growth.pca_only") in said(app)
    finish(app)
    assert EN("embeddings.growth.made_pca") in said(app)


@pytest.mark.parametrize("query", [{"grow_model": "gpt"}, {"grow_method": "umap"}, {"trails": "x"}])
def test_bad_links_get_sentences(query: dict[str, str]) -> None:
    app = open_growth(**query)
    assert app.warning or app.error
