"""A newcomer on the finished map: its story without a browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text

from .apps import check, components, open_app, said, until

pytest.importorskip("openTSNE")
EN = Text("en")


def open_placed(**query: str) -> AppTest:
    return open_app("embeddings", **{"part": "placed"} | query)


def stars(app: AppTest) -> list[Any]:
    """The traces that show a star."""
    (data,) = [data for data in components(app) if "figure" in data]
    traces = json.loads(data["figure"])["data"]
    return [t for t in traces if (t.get("marker") or {}).get("symbol") == "star"]


@pytest.mark.parametrize("code", ["en", "zh"])
def test_a_user_lands_among_films_that_this_user_likes_more_than_others_do(code: str) -> None:
    app = open_placed(lang=code)
    meaning = Text(code)("embeddings.placed.meaning")
    until(app, lambda: meaning in said(app))
    (told,) = [note.value for note in app.markdown if "**+" in note.value]
    here, everywhere = map(float, re.findall(r"[+-]\d\.\d\d", told.replace("−", "-")))
    assert here > 0.15 > everywhere
    (star,) = stars(app)
    assert star["hovertext"] == [Text(code)("embeddings.placed.user_name", user="1")]


def test_another_user_by_number_and_one_that_is_not_there() -> None:
    app = open_placed()
    app.text_input(key="embeddings.placed.user").set_value("15").run()
    until(app, lambda: "User 15 gave" in said(app))
    app.text_input(key="embeddings.placed.user").set_value("999999").run()
    check(app)
    assert "999999" in said(app)
    assert "User 15 gave" in said(app)  # nothing is lost
    assert app.query_params["placed_user"] == "15"


def test_an_example_stands_in_for_ratings_not_given() -> None:
    app = open_placed(who="mine")
    until(app, lambda: "here is an example" in said(app))
    assert "Pulp Fiction" in said(app)
    assert stars(app)[0]["hovertext"] == ["You"]


def test_a_film_that_is_left_out_is_measured_against_the_full_map() -> None:
    app = open_placed(who="film", movie="260")
    until(app, lambda: "Left out of the fit" in said(app))
    assert stars(app)[0]["hovertext"] == ["Star Wars"]


def test_without_opentsne_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optviz.ui.embeddings_placed.live_available", lambda: False)
    app = open_placed()
    assert EN("embeddings.placed.missing") in [note.value for note in app.info]


@pytest.mark.parametrize("query", [{"placed_user": "nobody"}, {"who": "x"}, {"n_movies": "50"}])
def test_odd_links_break_nothing(query: dict[str, str]) -> None:
    app = open_placed(**query)
    app.run()
    check(app)
