"""Embeddings of the user's own, without a browser: given, looked at, corrected, put aside."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.core.task import SilentContext
from optviz.embedding.own_table import points_of
from optviz.embedding.own_tasks import own_task
from optviz.language import Text
from optviz.ui.embeddings_data import bundled_movies
from optviz.ui.embeddings_export import films_csv, projector_files
from optviz.ui.embeddings_own import points_as_movies

from .apps import check, components, open_app, said, until

EN = Text("en")
N = 60


def pair() -> tuple[bytes, bytes]:
    """Three groups of points in eight dimensions, and what is told of them."""
    random = np.random.default_rng(0)
    centres = 4 * random.normal(size=(3, 8))
    vectors = centres[np.arange(N) % 3] + random.normal(size=(N, 8))
    lines = ["\t".join(map(repr, row)) for row in vectors.astype(np.float32).tolist()]
    told = ["word\tgroup\tscore", *(f"w{i}\tg{i % 3}\t{i / 7:.3f}" for i in range(N))]
    return "\n".join(lines).encode(), "\n".join(told).encode()


def give(app: AppTest, *files: tuple[str, bytes], kind: str = "points", n: int = 0) -> None:
    box = app.file_uploader(key=f"embeddings.own.{kind}.{n}")
    box.set_value([(name, content, "application/octet-stream") for name, content in files]).run()
    check(app)
    until(app, lambda: f"embeddings.own.{kind}.{n + 1}" in [one.key for one in app.file_uploader])
    check(app)


def opened() -> AppTest:
    app = open_app("embeddings")
    vectors, metadata = pair()
    give(app, ("vectors.tsv", vectors), ("metadata.tsv", metadata))
    until(app, lambda: "60 points, 8 numbers each" in said(app) and "Trustworthiness" in said(app))
    return app


def traces(app: AppTest) -> list[dict[str, Any]]:
    (data,) = [one for one in components(app) if "figure" in one]
    drawn: list[dict[str, Any]] = json.loads(data["figure"])["data"]
    return [trace for trace in drawn if trace.get("mode") != "text"]


def test_a_pair_of_files_takes_the_films_place_and_gives_it_back() -> None:
    app = opened()
    assert app.selectbox(key="embeddings.colour").value == "column:group"
    assert sorted(trace["name"] for trace in traces(app)) == ["g0", "g1", "g2"]
    # A scale instead of classes, and areas that tell a number.
    app.selectbox(key="embeddings.colour").set_value("column:score").run()
    app.selectbox(key="embeddings.size_by").set_value("score").run()
    check(app)
    (one,) = traces(app)
    assert one["marker"]["colorbar"]["title"]["text"] == "score"
    assert EN("embeddings.colour.scale_note") in said(app)
    # Search, neighbours and a selection.
    app.text_input(key="embeddings.find").set_value("/^w1$/").run()
    assert EN("embeddings.of_points.find.count", n="1", total="60") in said(app)
    app.button(key="embeddings.find.clear").click().run()
    app.selectbox(key="embeddings.movie").set_value(3).run()
    check(app)
    near = {int(app.button(key=f"embeddings.near.{i}").label.split("w")[-1]) % 3 for i in range(8)}
    assert near == {0}
    app.text_input(key="embeddings.find").set_value("/^w(0|3|6|9|12|15)$/").run()
    app.button(key="embeddings.find.choose").click().run()
    check(app)
    assert "group = g0: 6 of 6" in said(app)
    # Back to the films: nothing of the points is left.
    app.button(key="embeddings.own.switch").click().run()
    check(app)
    assert EN("embeddings.facts.bundled") in said(app)
    assert app.selectbox(key="embeddings.colour").value == "year"
    app.button(key="embeddings.own.switch").click().run()
    until(app, lambda: "60 points, 8 numbers each" in said(app))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("method", ["tsne", "axes"])
def test_every_way_to_lay_points_out(method: str, language: str) -> None:
    app = open_app("embeddings", lang=language)
    vectors, metadata = pair()
    give(app, ("vectors.tsv", vectors), ("metadata.tsv", metadata))
    app.segmented_control(key="embeddings.method").set_value(method).run()
    check(app)
    if method == "tsne":
        app.slider(key="embeddings.perplexity").set_value(5.0).run()
        until(app, lambda: "perplexity 5" in said(app) or "困惑度 5" in said(app))
    app.selectbox(key="embeddings.plus").set_value(0).run()
    app.selectbox(key="embeddings.minus").set_value(3).run()
    app.selectbox(key="embeddings.like").set_value(1).run()
    check(app)
    assert "w" in app.button(key="embeddings.analogy.0").label


def test_which_columns_are_the_vector_can_be_corrected() -> None:
    app = open_app("embeddings")
    table = "name,a,b,c\n" + "".join(f"p{i},{i / 3},{i * i / 7},{i % 5 + 0.5}\n" for i in range(30))
    give(app, ("t.csv", table.encode()))
    until(app, lambda: "30 points, 3 numbers each" in said(app))
    app.multiselect(key="embeddings.own.described").set_value(["c"]).run()
    check(app)
    until(app, lambda: "30 points, 2 numbers each" in said(app))
    assert "c" in app.selectbox(key="embeddings.colour").options
    # All but one: there would be no map, so that what is shown stays.
    app.multiselect(key="embeddings.own.described").set_value(["b", "c"]).run()
    check(app)
    assert EN("problem.own.flat", d=1) in said(app)
    assert "30 points, 2 numbers each" in said(app)


def test_rows_that_are_not_finite_are_left_out_when_asked() -> None:
    app = open_app("embeddings")
    table = "x0,x1\n" + "".join(f"{i},{i * i % 7}\n" for i in range(20)) + "nan,1\n2,inf\n"
    give(app, ("t.csv", table.encode()))
    assert "2 rows hold something" in said(app)
    assert "21, 22" in said(app)
    assert EN("embeddings.facts.bundled") in said(app)
    app.button(key="embeddings.own.leave_out").click().run()
    check(app)
    until(app, lambda: "20 points, 2 numbers each" in said(app))
    assert EN("embeddings.own.left_out", n="2") in said(app)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"x0,x1\n1,2\n", "a map needs at least 3"),
        ("a.csv", b"x0,x1\n1,2\n3\n", "Line 3 of a.csv has 1 cells where 2"),
        ("a.npy", b"\x80\x04]", "a pickle"),
        ("a.parquet", b"PAR1", "not a whole Parquet file"),
        ("a.csv", b"", "is empty"),
    ],
)
def test_a_mistake_is_said_where_it_was_made_and_the_map_stays(
    name: str, content: bytes, sentence: str
) -> None:
    app = open_app("embeddings")
    give(app, (name, content))
    assert sentence in said(app)
    assert EN("embeddings.facts.bundled") in said(app)


def test_a_table_colours_the_films() -> None:
    app = open_app("embeddings")
    films = bundled_movies()
    table = "movieId,length\n" + "".join(f"{i},{60 + i % 90}\n" for i in films.item_ids[:500])
    give(app, ("t.csv", table.encode()), kind="about")
    assert "It knows 500 films" in said(app)
    app.selectbox(key="embeddings.colour").set_value("column:length").run()
    check(app)
    assert traces(app)[0]["marker"]["colorbar"]["title"]["text"] == "length"
    app.button(key="embeddings.own.forget").click().run()
    check(app)
    assert app.selectbox(key="embeddings.colour").value == "year"


def test_a_table_that_names_no_film_gets_a_sentence() -> None:
    app = open_app("embeddings")
    give(app, ("t.csv", b"thing,length\n1,2\n"), kind="about")
    assert "one must be called movieId or title" in said(app)
    give(app, ("t.csv", b"title,length\nNo such film,2\n"), kind="about", n=1)
    assert "Not one film of the map" in said(app)


def test_a_link_to_points_that_are_not_there_shows_the_films() -> None:
    app = open_app("embeddings", source="own", colour="column:group", n_movies="100000")
    check(app)
    until(app, lambda: "Trustworthiness" in said(app))


def test_what_is_taken_along_is_read_back_the_same(tmp_path: Path) -> None:
    films = bundled_movies().most_rated(300)
    path = tmp_path / "projector.zip"
    path.write_bytes(projector_files(films))
    own = own_task(SilentContext(), [("projector.zip", str(path))])
    assert np.array_equal(own.numbers.view(np.int32), films.vectors.view(np.int32))
    points = points_of(own, own.described)
    told = {one.name: one for one in points.columns}
    assert list(told["title"].words or ()) == [" ".join(one.split()) for one in films.items.titles]
    assert [int(told["item_id"].cell(i)) for i in range(300)] == films.item_ids.tolist()
    # And so once more, from points that are no films any more.
    again = points_as_movies("projector.zip", points)
    path.write_bytes(projector_files(again))
    twice = own_task(SilentContext(), [("projector.zip", str(path))])
    assert np.array_equal(twice.numbers.view(np.int32), films.vectors.view(np.int32))
    for one in twice.columns:
        if one.name in told:
            assert [one.cell(i) for i in range(300)] == [told[one.name].cell(i) for i in range(300)]
    with zipfile.ZipFile(io.BytesIO(projector_files(again))) as archive:
        assert archive.read("metadata.tsv").decode().startswith("point\ttitle\tyear\t")
    lines = films_csv(again, [0, 5], np.zeros((300, 2))).decode("utf-8-sig").splitlines()
    assert lines[0].endswith(",‖v‖,x,y")
    assert len(lines) == 3
