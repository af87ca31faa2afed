"""The map that moves: its story without a browser, and what vandals may try."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text

from .apps import check, components, feed, open_app, picture, said, until

EN = Text("en")


def open_live(**query: str) -> AppTest:
    given = {"library": "opentsne", "n_movies": "100", "perplexities": "8.0", "max_iter": "300"}
    return open_app("embeddings", **given | query)


def press(app: AppTest, name: str) -> None:
    app.button(key=f"embeddings.live.{name}").click().run()
    check(app)


def finish(app: AppTest) -> None:
    until(app, lambda: "Trustworthiness" in said(app))


def test_it_starts_by_itself_sends_every_frame_once_and_says_how_far_to_trust_it() -> None:
    app = open_live()
    frames: list[np.ndarray] = []

    def look() -> bool:
        sent = feed(app)
        assert sent["first"] == len(frames)
        fresh = np.frombuffer(base64.b64decode(sent["frames"]), dtype="<i2").reshape(-1, 100, 2)
        frames.extend(fresh)
        assert len(frames) == sent["total"] == len(sent["facts"])
        return "Trustworthiness" in said(app)

    until(app, look)
    assert len(frames) == 31
    assert all(frame.min() == -32767 for frame in frames)
    assert feed(app)["run"] == picture(app)["run"]
    assert feed(app)["facts"][25][3] == EN("embeddings.live.early", factor=12)
    assert feed(app)["facts"][26][3] == ""
    assert EN("embeddings.live.status", state="Finished", done="300", total="300") in said(app)


def test_pause_change_go_on_kick_stop_and_start_again() -> None:
    app = open_live(max_iter="5000")
    press(app, "pause")
    app.text_input(key="embeddings.perplexities.typed").set_value("4, 20").run()
    app.slider(key="embeddings.early_exaggeration").set_value(6.0).run()
    check(app)
    press(app, "resume")
    press(app, "kick")
    history = EN("embeddings.live.did_perplexities", values="4, 20")
    until(app, lambda: history in feed(app)["history"] and "kick" in feed(app)["history"])
    before = picture(app)["run"]
    press(app, "stop")
    finish(app)
    assert "perplexity 4, 20" in said(app)
    press(app, "start")
    assert picture(app)["run"] != before


def test_other_settings_wait_for_start() -> None:
    app = open_live()
    finish(app)
    app.slider(key="embeddings.exaggeration").set_value(2.0).run()
    check(app)
    assert EN("embeddings.live.stale") in said(app)
    press(app, "start")
    finish(app)
    assert EN("embeddings.live.stale") not in said(app)
    app.text_input(key="embeddings.seed.typed").set_value("7").run()
    check(app)
    assert EN("embeddings.live.stale") in said(app)


def test_perplexities_that_cannot_be_used_are_said_and_the_map_stays() -> None:
    app = open_live()
    finish(app)
    run = picture(app)["run"]
    box = app.text_input(key="embeddings.perplexities.typed")
    for written, answer in (
        ("many", "“many” is not a number"),
        ("", "1 to 4 perplexities"),
        ("1, 2, 3, 4, 5", "1 to 4 perplexities"),
        ("1e9", "between 2 and 500"),
        ("5, 40", "below 33"),
    ):
        box.set_value(written).run()
        check(app)
        assert answer in said(app), written
        assert picture(app)["run"] == run
    app.button(key="embeddings.live.start").click().run()
    check(app)
    assert picture(app)["run"] == run


def test_what_got_lost_is_sent_again() -> None:
    app = open_live()
    finish(app)
    app.run()
    assert feed(app)["first"] == feed(app)["total"] == 31
    assert feed(app)["frames"] == ""
    app.session_state["kept:live t-SNE"].current.sent = 3
    app.run()
    assert (feed(app)["first"], feed(app)["total"]) == (3, 31)
    assert len(base64.b64decode(feed(app)["frames"])) == 28 * 100 * 2 * 2


def test_a_chosen_film_has_a_way_and_colours_change_without_a_new_run() -> None:
    app = open_live()
    finish(app)
    run = picture(app)["run"]
    app.selectbox(key="embeddings.movie").set_value(260).run()
    check(app)
    assert picture(app)["selected"] >= 0
    app.selectbox(key="embeddings.colour").set_value("genre").run()
    check(app)
    assert picture(app)["run"] == run


def test_a_few_films_alone_take_a_perplexity_that_fits() -> None:
    films = ".".join(map(str, (1, 260, 296, 356, 480, 589, 593, 597, 1196, 1214)))
    app = open_live(alone=films)
    finish(app)
    assert "perplexity 3, 300 iterations" in said(app)


def test_bad_links_get_sentences() -> None:
    for query in (
        {"perplexities": "nan"},
        {"perplexities": "_"},
        {"perplexities": "2.0_400.0"},
        {"early_exaggeration": "1e309"},
        {"library": "umap"},
        {"dimensions": "3"},
        {"n_movies": "50", "perplexities": "100.0"},
    ):
        app = open_live(**query)
        app.run()
        check(app)


def test_without_opentsne_the_map_is_made_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optviz.ui.embeddings_state.live_available", lambda: False)
    monkeypatch.setattr("optviz.ui.embeddings_live.live_available", lambda: False)
    app = open_live()
    check(app)
    assert EN("embeddings.library.missing") in said(app)
    assert not [data for data in components(app) if "rows" in data]
    assert app.query_params["library"] == "opentsne"  # a link goes on as it came
