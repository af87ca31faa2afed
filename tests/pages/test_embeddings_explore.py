"""Exploring the map without a browser: search, selection, own axes, analogies, measures."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import LANGUAGES, Text
from optviz.ui.embeddings_data import bundled_movies
from optviz.ui.embeddings_export import films_csv, projector_files
from optviz.ui.embeddings_state import EmbeddingsState

from .apps import check, components, keys, open_app, said, until

EN = Text("en")
MOVIES = bundled_movies().most_rated(1000)
WESTERNS = sorted(
    int(film) for film, genres in zip(MOVIES.item_ids, MOVIES.items.genres, strict=True)
    if "Western" in genres
)  # fmt: skip


def open_page(**query: str) -> AppTest:
    return open_app("embeddings", **query)


def traces(app: AppTest) -> list[dict[str, Any]]:
    """What is drawn on the map, names aside."""
    (data,) = [one for one in components(app) if "figure" in one]
    drawn: list[dict[str, Any]] = json.loads(data["figure"])["data"]
    return [trace for trace in drawn if trace.get("mode") != "text"]


def bright(app: AppTest) -> int:
    """How many films keep their colour; the grey ones come first."""
    return sum(len(trace["customdata"]) for trace in traces(app)[1:])


def link(**fields: Any) -> dict[str, str]:
    return EmbeddingsState(**fields).to_query()


def test_words_genre_and_years_highlight_and_the_rest_stays_grey() -> None:
    app = open_page()
    app.text_input(key="embeddings.find").set_value("star wars").run()
    check(app)
    n = bright(app)
    assert n == sum("star wars" in title.lower() for title in MOVIES.items.titles) > 3
    assert sum(len(trace["customdata"]) for trace in traces(app)) == 1000
    assert EN("embeddings.find.count", n=n, total="1,000") in said(app)
    app.text_input(key="embeddings.find").set_value("").run()
    app.multiselect(key="embeddings.genres").set_value(["Western"]).run()
    assert bright(app) == len(WESTERNS)
    low, high = app.slider(key="embeddings.years").value
    app.slider(key="embeddings.years").set_value((1960, high)).run()
    check(app)
    years = MOVIES.items.years[np.isin(MOVIES.item_ids, WESTERNS)]
    assert bright(app) == (years >= 1960).sum() < len(WESTERNS)
    assert low < 1960
    app.button(key="embeddings.find.clear").click().run()
    check(app)
    assert len(traces(app)) == 1
    assert app.slider(key="embeddings.years").value == (low, high)


def test_a_broken_expression_gets_a_sentence_and_the_last_search_stays() -> None:
    app = open_page()
    app.text_input(key="embeddings.find").set_value("/^the .*s /").run()
    before = bright(app)
    assert before > 5
    for bad, word in (("/(/", "regular expression"), ("/(a+)+$/", "for ever")):
        app.text_input(key="embeddings.find").set_value(bad).run()
        check(app)
        assert word in said(app)
        assert app.text_input(key="embeddings.find").value == bad
        assert bright(app) == before
    app.text_input(key="embeddings.find").set_value("no such film").run()
    check(app)
    assert EN("embeddings.find.none", total="1,000") in said(app)
    assert len(traces(app)) == 1


def test_a_search_becomes_a_selection_with_its_differences_and_neighbours() -> None:
    app = open_page(genres="Western")
    app.button(key="embeddings.find.choose").click().run()
    check(app)
    assert EN("embeddings.chosen.title", n=len(WESTERNS), total="1,000") in said(app)
    assert bright(app) == len(WESTERNS)
    assert f"Western: {len(WESTERNS)} of {len(WESTERNS)} films (100 %; 0 % of the rest)" in said(
        app
    )
    outside = app.button(key="embeddings.outside.0").label
    assert not any(title in outside for title in MOVIES.only(WESTERNS).items.titles)
    app.button(key="embeddings.film.0").click().run()
    check(app)
    assert app.selectbox(key="embeddings.movie").value in WESTERNS
    app.button(key="embeddings.chosen.clear").click().run()
    check(app)
    assert "embeddings.chosen.clear" not in keys(app)


def test_a_selection_is_projected_alone_and_all_come_back() -> None:
    app = open_page(**link(chosen=WESTERNS, max_iter=300))
    app.button(key="embeddings.chosen.isolate").click().run()
    n = len(WESTERNS)
    # A third of so few is less than the perplexity that is set.
    fits = -(-n // 3) - 1
    assert 2 < fits < 30
    until(app, lambda: f"perplexity {fits}, 300 iterations" in said(app))
    assert EN("embeddings.chosen.alone", n=n) in said(app)
    assert sum(len(trace["customdata"]) for trace in traces(app)) == n
    assert app.slider(key="embeddings.perplexity").value == 30
    assert not {"first_year", "last_year"} & set(app.query_params)
    app.button(key="embeddings.chosen.back").click().run()
    check(app)
    assert EN("embeddings.chosen.title", n=n, total="1,000") in said(app)


def test_too_few_to_project_alone_cannot_be_asked_for() -> None:
    app = open_page(**link(chosen=WESTERNS[:6]))
    assert app.button(key="embeddings.chosen.isolate").disabled
    check(open_page(**link(alone=WESTERNS[:1])))
    app = open_page(**link(alone=(999_999_999,)))
    assert "embeddings.chosen.back" not in keys(app)


def test_the_file_holds_the_selection_as_it_is() -> None:
    places = np.arange(2000.0).reshape(1000, 2)
    text = films_csv(MOVIES, [0, 5], places).decode("utf-8-sig")
    first, second = csv.DictReader(io.StringIO(text))
    assert first["title"] == MOVIES.items.titles[0]
    assert int(second["item_id"]) == MOVIES.item_ids[5]
    assert float(second["mean_rating"]) == pytest.approx(MOVIES.items.means[5], abs=1e-3)
    assert (second["x"], second["y"]) == ("10", "11")
    assert "x" not in films_csv(MOVIES, [0], None).decode("utf-8-sig").splitlines()[0].split(",")


def test_the_projectors_files_hold_every_bit() -> None:
    with zipfile.ZipFile(io.BytesIO(projector_files(MOVIES))) as archive:
        vectors, metadata = (
            archive.read(f"{name}.tsv").decode() for name in ("vectors", "metadata")
        )
    again = np.loadtxt(io.StringIO(vectors), delimiter="\t", dtype=np.float32)
    assert again.tobytes() == MOVIES.vectors.tobytes()
    head, *lines = metadata.splitlines()
    assert len(lines) == len(MOVIES)
    assert {line.count("\t") for line in lines} == {head.count("\t")}
    assert lines[0].split("\t")[0] == MOVIES.items.titles[0]


def test_every_file_is_on_offer_once_there_is_a_map() -> None:
    for query in ({}, {"method": "axes"}):
        app = open_page(**query)
        offered = {one.proto.id.split("-")[-1] for one in app.get("download_button")}
        assert {f"embeddings.export.{name}" for name in ("csv", "projector", "html")} <= offered


def test_neighbours_by_distance_and_as_many_as_asked_for() -> None:
    app = open_page(movie="260", metric="euclidean", near="20")
    row = MOVIES.place(260)
    assert row is not None
    distances = np.linalg.norm(MOVIES.vectors - MOVIES.vectors[row], axis=1)
    nearest = np.argsort(distances)[1:21]
    labels = [app.button(key=f"embeddings.near.{place}").label for place in range(20)]
    for place, (label, i) in enumerate(zip(labels, nearest, strict=True)):
        shown = f"{place + 1} · **{distances[i]:.2f}** · {MOVIES.items.named(int(i))}"
        assert label == shown
    links = [trace for trace in traces(app) if trace.get("mode") == "lines"]
    assert len(links) == 1
    assert "embeddings.near.20" not in keys(app)


@pytest.mark.parametrize("colour", ["quality", "cluster"])
def test_what_is_measured_colours_the_map(colour: str) -> None:
    app = open_page(colour=colour)
    until(app, lambda: len(traces(app)) > 3 or "colorbar" in traces(app)[0]["marker"])
    assert sum(len(trace["customdata"]) for trace in traces(app)) == 1000


@pytest.mark.parametrize("code", LANGUAGES)
def test_all_measures_have_a_sentence_each(code: str) -> None:
    app = open_page(trust="1", lang=code)
    text = Text(code)
    until(app, lambda: text("embeddings.trust.continuity_note") in said(app))
    for name in ("trustworthiness", "recall", "ranks", "kl"):
        assert f"| {text(f'embeddings.trust.{name}')} | " in said(app)
    app = open_page(trust="1", method="pca", lang=code)
    until(app, lambda: text("embeddings.trust.continuity_note") in said(app))
    assert text("embeddings.trust.kl") not in said(app)


def test_own_axes_lie_between_the_films_that_are_picked() -> None:
    app = open_page(method="axes")
    assert "Cosine between the two axes: **0.16**" in said(app)
    (points,) = traces(app)
    rows = [data[0] for data in points["customdata"]]
    assert len(rows) == 1000
    app.multiselect(key="embeddings.right").set_value([1]).run()
    check(app)
    assert "the same point" in said(app)
    assert traces(app)[0]["marker"]["opacity"] < 0.5  # the last map, dimmed
    app.multiselect(key="embeddings.right").set_value([1214, 1200]).run()
    check(app)
    assert traces(app)[0]["marker"]["opacity"] > 0.5
    app.multiselect(key="embeddings.left").set_value([]).run()
    check(app)
    assert "at least one film at each end" in said(app)


def test_an_analogy_answers_with_its_cosine() -> None:
    # The Empire Strikes Back is to Star Wars as … is to The Fellowship of the Ring.
    app = open_page()
    assert app.button(key="embeddings.analogy.0").label == (
        "**0.84** · The Lord of the Rings: The Return of the King (2003)"
    )
    app.selectbox(key="embeddings.minus").set_value(-1).run()
    check(app)
    assert EN("embeddings.analogy.pick") in said(app)


@pytest.mark.parametrize(
    "query",
    [
        {"find": "/(/"},
        {"find": "x" * 500},
        {"find": "/(x+x+)+y/"},
        {"genres": "Western|Nonsense|" + "|".join(map(str, range(50)))},
        {"genres": "Nonsense"},
        {"first_year": "2000", "last_year": "1990"},
        {"first_year": "2099"},
        {"chosen": "~garbage"},
        {"chosen": "~" + "A" * 4000},
        {"chosen": "1.-5"},
        {"chosen": "1.x"},
        {"alone": "1.2.3"},
        {"alone": "1.260.1196.1210", "method": "pca"},
        {"near": "0", "metric": "manhattan"},
        {"near": "50", "movie": "1", "alone": "1.260.1196.1210", "method": "pca"},
        {"method": "axes", "left": "999999999"},
        {"method": "axes", "dimensions": "3", "alone": "1.2"},
        {"colour": "quality", "alone": "1.260.1196.1210", "method": "pca", "trust": "1"},
        {"colour": "cluster", "alone": "1.260.1196.1210", "method": "pca"},
        {"plus": "1", "minus": "1", "like": "1"},
    ],
    ids=str,
)
def test_bad_links_get_sentences(query: dict[str, str]) -> None:
    app = open_page(**query)
    app.run()
    check(app)


def test_a_moving_map_says_what_it_cannot_show() -> None:
    app = open_page(library="opentsne", colour="quality", n_movies="100", perplexity="5.0")
    assert EN("embeddings.colour.not_live") in said(app)
