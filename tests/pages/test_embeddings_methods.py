"""Maps side by side: their story without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.embedding.projections import PROJECTIONS
from optviz.language import LANGUAGES, Text
from optviz.ui.embeddings_data import bundled_movies

from .apps import check, components, keys, open_app, said, until

EN = Text("en")


def open_methods(**query: str) -> AppTest:
    return open_app("embeddings", **{"part": "methods", "colour": "genre"} | query)


def maps(app: AppTest) -> list[dict[str, Any]]:
    """What each chart was given."""
    return [data for data in components(app) if data.get("linked") == "methods"]


def bright(data: dict[str, Any]) -> int:
    """The films of a map that have colour."""
    traces = json.loads(data["figure"])["data"]
    grey = {Text(code)("embeddings.figure.others") for code in LANGUAGES}
    shown = [t for t in traces if t["mode"] == "markers" and t["name"] not in grey]
    return sum(len(trace["customdata"]) for trace in shown)


def test_all_maps_are_there_at_once_each_with_its_measure() -> None:
    app = open_methods()
    assert len(maps(app)) == len(PROJECTIONS)
    measures = [note.value for note in app.caption if "true neighbours" in note.value]
    assert len(measures) == len(PROJECTIONS)
    assert {json.loads(data["figure"])["layout"]["dragmode"] for data in maps(app)} == {"lasso"}
    assert EN("embeddings.methods.notice") in said(app)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_what_is_chosen_lights_up_on_all_maps_and_is_compared(code: str) -> None:
    movies = bundled_movies().most_rated(1000)
    family = [
        int(item)
        for item, genres in zip(movies.item_ids, movies.items.genres, strict=True)
        if "Animation" in genres
    ]
    app = open_methods(lang=code, chosen=".".join(map(str, family[:8])))
    assert [bright(data) for data in maps(app)] == [8] * len(PROJECTIONS)
    notes = [note.value for note in app.markdown]
    compared = next(note for note in notes if "%" in note and "t-SNE" in note)
    assert all(Text(code)(f"embeddings.method.{name}") in compared for name in PROJECTIONS)
    assert "embeddings.chosen.clear" in keys(app)
    app.button(key="embeddings.chosen.clear").click().run()
    check(app)
    assert [bright(data) for data in maps(app)] == [1000] * len(PROJECTIONS)


def test_a_film_has_its_true_neighbours_on_all_maps() -> None:
    app = open_methods(movie="260")
    for data in maps(app):
        figure = json.loads(data["figure"])
        assert figure["layout"]["annotations"][0]["text"].startswith("<b>Star Wars")
        assert [t["text"] for t in figure["data"] if t.get("text")][-1] == list("12345678")


def test_other_films_are_laid_out_by_jobs_and_a_cancelled_map_can_be_asked_for_again() -> None:
    app = open_methods(n_movies="150", max_iter="5000", perplexity="40")
    until(app, lambda: "embeddings.methods.cancel.tsne" in keys(app))
    app.button(key="embeddings.methods.cancel.tsne").click().run()
    check(app)
    until(app, lambda: "embeddings.methods.again.tsne" in keys(app))
    assert EN("embeddings.cancelled") in [note.value for note in app.info]
    until(app, lambda: len(maps(app)) == len(PROJECTIONS) - 1)


def test_a_perplexity_too_high_is_said_and_the_other_maps_stay() -> None:
    app = open_methods(n_movies="100", perplexity="90")
    until(app, lambda: len(maps(app)) == len(PROJECTIONS) - 1)
    assert "perplexity must be below" in said(app)
