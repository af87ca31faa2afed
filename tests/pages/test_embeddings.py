"""The Embeddings page's story, without a browser, and what vandals may try."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text
from optviz.ui.embeddings_state import COLOURS, SCENES

from .apps import check, open_app, said, until

EN = Text("en")


def open_page(**query: str) -> AppTest:
    return open_app("embeddings", **query)


def finish(app: AppTest) -> None:
    """Look again until the map is there."""
    until(app, lambda: any("Trustworthiness" in text.value for text in app.markdown))


def test_the_map_is_there_at_once_and_says_how_far_to_trust_it() -> None:
    app = open_page()
    assert app.title[0].value == EN("embeddings.question")
    assert "Trustworthiness 0." in said(app)
    assert EN("embeddings.facts.bundled") in said(app)


def test_search_list_hop_and_clear() -> None:
    app = open_page()
    app.selectbox(key="embeddings.movie").set_value(260).run()
    check(app)
    first = app.button(key="embeddings.near.0")
    assert "Star Wars" in first.label
    first.click().run()
    check(app)
    assert app.selectbox(key="embeddings.movie").value not in (260, -1)
    app.button(key="embeddings.clear").click().run()
    check(app)
    assert EN("embeddings.neighbours.hint") in said(app)


@pytest.mark.parametrize("colour", COLOURS)
def test_colours(colour: str) -> None:
    app = open_page()
    app.selectbox(key="embeddings.colour").set_value(colour).run()
    check(app)
    assert EN(f"embeddings.colour.{colour}_note") in said(app)


def test_a_new_map_runs_as_a_job_and_can_be_cancelled_and_asked_for_again() -> None:
    app = open_page(n_movies="150", perplexity="7.0", max_iter="5000")
    app.button(key="embeddings.cancel").click().run()
    check(app)
    assert EN("embeddings.cancelled") in [info.value for info in app.info]
    app.slider(key="embeddings.max_iter").set_value(300).run()
    finish(app)
    assert "perplexity 7, 300 iterations" in said(app)


def test_pca_in_three_dimensions() -> None:
    app = open_page(method="pca", dimensions="3", n_movies="200")
    finish(app)
    assert "% of the variance" in said(app)


def test_a_row_is_looked_up_and_torch_agrees() -> None:
    app = open_page(part="lookup", row="1")
    assert r"\mathbf{-0.7}" in app.latex[0].value
    app.button(key="embeddings.check").click().run()
    end = time.monotonic() + 60
    while not app.success:
        assert time.monotonic() < end
        time.sleep(0.2)
        app.run()
        check(app)
    assert "[-0.7, 0.8, 0.1]" in app.success[0].value


def test_what_the_short_way_saves_is_measured_when_asked() -> None:
    app = open_page(part="lookup")
    assert EN("embeddings.cost.notice") not in said(app)
    app.button(key="embeddings.cost.begin").click().run()
    check(app)
    until(app, lambda: EN("embeddings.cost.notice") in said(app))
    table = next(one.value for one in app.markdown if "| one-hot × table" in one.value)
    assert EN("embeddings.cost.at", n="100,000") in table
    # Time is the machine's; memory is not: 64 rows fetched, and what goes with each way.
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert [line[2] for line in cells] == ["96.8", "20", "0.0261"]
    assert cells[2][3] == "1 ×"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_says_what_to_notice(scene: str, language: str) -> None:
    app = open_page(lang=language, part=str(SCENES[scene].get("part", "map")))
    app.button(key=f"embeddings.scene.{scene}").click().run()
    check(app)
    assert Text(language)(f"embeddings.scene.{scene}.notice") in said(app)


@pytest.mark.parametrize(
    "query",
    [
        {"n_movies": "50", "perplexity": "100.0"},
        {"perplexity": "nan"},
        {"perplexity": "1e309"},
        {"max_iter": "0"},
        {"movie": "999999"},
        {"movie": "-5"},
        {"n_movies": "9000", "movie": "1"},
        {"matrix": "1,2_3"},
        {"part": "lookup", "matrix": "nan,1,2_1,2,3_1,2,3_1,2,3_1,2,3"},
        {"part": "lookup", "matrix": "1e6,1,2_-1e6,2,3_0.0,-0.0,3_1,2,3_1e-9,2,3"},
        {"part": "<script>", "row": "77"},
        {"seed": "-1", "init": "random"},
        {"colour": "", "method": "isomap", "dimensions": "4"},
    ],
    ids=str,
)
def test_bad_links_get_sentences(query: dict[str, str]) -> None:
    app = open_page(**query)
    app.run()
    check(app)


def test_too_high_a_perplexity_is_said_and_the_last_map_stays() -> None:
    app = open_page()
    app.slider(key="embeddings.n_movies").set_value(50).run()
    check(app)
    app.slider(key="embeddings.perplexity").set_value(100.0).run()
    check(app)
    assert "below 16.67" in said(app)


def test_a_bad_seed_stays_in_its_box_with_a_sentence() -> None:
    app = open_page(init="random")
    app.text_input(key="embeddings.seed.typed").set_value("lucky").run()
    check(app)
    assert "“lucky” is not a number" in said(app)
    app.text_input(key="embeddings.seed.typed").set_value("-3").run()
    check(app)


def test_double_clicks_while_a_map_forms() -> None:
    app = open_page(n_movies="150", perplexity="9.0")
    for perplexity in (4.0, 6.0, 4.0, 11.0):
        app.slider(key="embeddings.perplexity").set_value(perplexity).run()
        check(app)
    app.slider(key="embeddings.max_iter").set_value(300).run()
    finish(app)
    assert "perplexity 11, 300 iterations" in said(app)
