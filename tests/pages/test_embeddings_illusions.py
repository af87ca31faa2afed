"""The illusions' story, without a browser: a guess, the truth, the next puzzle."""

from __future__ import annotations

import json
from itertools import cycle
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.embedding.illusions import ILLUSIONS
from optviz.language import LANGUAGES, Text
from optviz.ui.embeddings_state import EmbeddingsState

from .apps import check, components, keys, open_app, said, until

EN = Text("en")


def open_part(**query: str) -> AppTest:
    return open_app("embeddings", part="illusions", **query)


def finish(app: AppTest) -> AppTest:
    """Look again until all maps are there."""
    until(app, lambda: "embeddings.maps_cancel" not in keys(app))
    assert "embeddings.maps_again" not in keys(app)
    return app


def drawn(app: AppTest) -> dict[str, Any]:
    """The figure."""
    (data,) = [data for data in components(app) if "figure" in data]
    figure: dict[str, Any] = json.loads(data["figure"])
    return figure


def titles(app: AppTest) -> list[str]:
    """Of the panels that are drawn."""
    return [note["text"] for note in drawn(app)["layout"]["annotations"]]


def panels(app: AppTest) -> list[list[Any]]:
    """The points in each of the panels."""
    axes = [f"x{number or ''}" for number in (0, *range(2, len(titles(app)) + 1))]
    return [[t["x"] for t in drawn(app)["data"] if t["xaxis"] == axis] for axis in axes]


@pytest.mark.parametrize(("name", "code"), list(zip(ILLUSIONS, cycle(LANGUAGES), strict=False)))
def test_a_guess_brings_the_truth_and_the_reason(name: str, code: str) -> None:
    text, puzzle = Text(code), ILLUSIONS[name]
    app = finish(open_part(lang=code, puzzle=name))
    assert len(titles(app)) == puzzle.maps
    assert text(f"illusions.{name}.question") in said(app)
    wrong = next(answer for answer in puzzle.answers if answer != puzzle.right)
    app.button(key=f"embeddings.guess.{name}.{wrong}").click().run()
    check(app)
    answer = text(f"illusions.{name}.{puzzle.right}")
    assert [info.value for info in app.info] == [text("illusions.wrong", answer=answer)]
    assert text(f"illusions.{name}.why").split("{")[0][:20] in said(app)
    assert titles(app)[0] == text("illusions.truth") and len(titles(app)) == 6
    assert text("illusions.score", right=0, asked=1) in said(app)
    app.button(key="embeddings.guess_again").click().run()
    check(app)
    assert len(titles(app)) == puzzle.maps
    app.button(key=f"embeddings.guess.{name}.{puzzle.right}").click().run()
    check(app)
    assert [right.value for right in app.success] == [text("illusions.right", answer=answer)]
    assert text("illusions.score", right=1, asked=1) in said(app)


def test_from_puzzle_to_puzzle_and_over_again() -> None:
    app = open_part()
    for name, puzzle in ILLUSIONS.items():
        app.button(key=f"embeddings.guess.{name}.{puzzle.right}").click().run()
        check(app)
        last = name == list(ILLUSIONS)[-1]
        assert ("embeddings.over" in keys(app)) == last
        if not last:
            app.button(key="embeddings.next").click().run()
            check(app)
    assert EN("illusions.score", right=5, asked=5) in said(app)
    app.button(key="embeddings.over").click().run()
    check(app)
    assert "embeddings.guess.noise.one" in keys(app)
    assert not app.success


def test_measured_figures_stand_in_the_reason() -> None:
    app = finish(open_part(puzzle="gaps", guesses="gaps-ac"))
    assert "**10.1 times** as far" in said(app)


def test_cancelled_maps_do_not_begin_again_by_themselves() -> None:
    app = open_part(puzzle="four", guesses="four-one")
    app.button(key="embeddings.maps_cancel").click().run()
    until(app, lambda: "embeddings.maps_again" in keys(app))
    assert EN("illusions.cancelled") in [info.value for info in app.info]
    app.run()
    assert "embeddings.maps_cancel" not in keys(app)
    app.button(key="embeddings.maps_again").click().run()
    finish(app)


def test_another_start_makes_other_maps_of_the_same_data() -> None:
    app = finish(open_part(puzzle="gaps", guesses="gaps-ab"))
    before = panels(app)
    app.button_group(key="embeddings.start").set_value(2).run()
    check(app)
    assert dict(app.query_params)["start"] == "2"
    after = panels(finish(app))
    assert after[0] == before[0]
    assert all(now != then for now, then in zip(after[1:], before[1:], strict=True))


@pytest.mark.parametrize(
    "query",
    [
        {"guesses": "noise-four"},
        {"guesses": "nothing"},
        {"guesses": "..-"},
        {"guesses": "noise-one.noise-five"},
        {"puzzle": "hats", "start": "9"},
        {"puzzle": "starts", "start": "3"},
    ],
    ids=str,
)
def test_bad_links_get_sentences(query: dict[str, str]) -> None:
    check(open_part(**query).run())


def test_guesses_survive_the_address() -> None:
    state = EmbeddingsState(
        part="illusions", guesses=(("noise", "one"), ("gaps", "bc"), ("starts", "two"))
    )
    again, problems = EmbeddingsState.from_query(state.to_query())
    assert (again, problems) == (state, [])
