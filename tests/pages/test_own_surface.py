"""A typed function on every page that shows surfaces, and what vandals may type."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import LANGUAGES, Text

from .apps import check, keys, open_app, said, shown, until

EN = Text("en")

PLACES = {
    "trajectories": ("trajectories.surface.pick", {}),
    "learning_rate": ("learning_rate.surface.pick", {"model": "surface", "optimizer": "sgd"}),
    "schedules": ("schedules.surface.pick", {"epochs": "5"}),
    "schedules layers": ("schedules.layer_surface.pick", {"part": "layers"}),
    "regularisation": ("regularisation.surface", {"steps": "30"}),
}  # fmt: skip
"""Page (and part of it) → key of its select box, and the link that opens it."""

BAD = {
    "": "empty",
    "sqrt(-1-x^2)": "nowhere",
    "3": "constant",
    "x - x": "flat",
    "1e308*x^2": "overflow",
    "x" * 10_000: "long",
    "x + z": "unknown",
    "__import__('os').system('true')": "product",
}


def open_place(place: str, code: str = "en", **more: str) -> AppTest:
    return open_app(place.split()[0], lang=code, **PLACES[place][1] | more)


def own(app: AppTest, place: str, code: str = "en") -> AppTest:
    app.selectbox(key=f"{PLACES[place][0]}.{code}").set_value("own").run()
    check(app)
    return app


def box(app: AppTest, place: str, name: str = "formula") -> Any:
    return app.text_input(key=f"{place.split()[0]}.{name}.typed")


def picture(app: AppTest, place: str) -> Any:
    """What is drawn: the stage, or what the next sweep would be."""
    if place == "learning_rate":
        state = app.session_state["state:learning_rate"]
        return state.formula, state.x_range
    stage = shown(app)
    return stage["map"], stage["runs"]


@pytest.mark.parametrize("place", PLACES)
def test_a_typed_function_becomes_the_surface(place: str) -> None:
    app = own(open_place(place), place)
    assert not app.warning
    before = picture(app, place)
    box(app, place).set_value("x^2 + 3*y^2").run()
    check(app)
    assert not app.warning
    assert picture(app, place) != before
    before = picture(app, place)
    box(app, place, "x_range").set_value("-1, 2.5").run()
    check(app)
    assert not app.warning
    assert picture(app, place) != before
    assert app.query_params["formula"] == "x^2 + 3*y^2"
    assert app.query_params["x_range"] == "-1.0,2.5"


@pytest.mark.parametrize("place", PLACES)
def test_bad_input_is_a_sentence_and_the_last_good_picture_stays(place: str) -> None:
    app = own(open_place(place), place)
    box(app, place).set_value("x^2 + 3*y^2").run()
    good = picture(app, place)
    for wrong, key in BAD.items():
        box(app, place).set_value(wrong).run()
        check(app)
        assert len(app.warning) == 1, wrong
        start = EN(f"problem.expression.{key}").split("{")[0]
        assert app.warning[0].value.startswith(start), wrong
        assert box(app, place).value == wrong
        assert picture(app, place) == good, wrong
    box(app, place).set_value("x^2 + 3*y^2").run()
    assert not app.warning
    for wrong in ("3, 3", "2, 1", "1", "a, b", "0, 1e9", "nan, 1", "", "1, 1.0000000001"):
        box(app, place, "y_range").set_value(wrong).run()
        check(app)
        assert [w.value for w in app.warning] == [EN("problem.expression.box")], wrong
        assert picture(app, place) == good, wrong


@pytest.mark.parametrize("formula", ["exp(1000*x)", "1/x", "log(x) + y^2", "x^64 + y^64", "abs(x)"])
@pytest.mark.parametrize("place", PLACES)
def test_wild_functions_do_no_harm(place: str, formula: str) -> None:
    open_place(place, formula=formula, surface="own", layer_surface="own")


@pytest.mark.parametrize("place", PLACES)
def test_links_to_functions_that_cannot_be_used_are_explained(place: str) -> None:
    chosen = {"surface": "own", "layer_surface": "own"}
    for formula in ("x + oops", "sqrt(-1-x^2)", "3 + 0*x"):
        app = open_place(place, formula=formula, **chosen)
        assert len(app.warning) == 1, formula
    app = open_place(place, x_range="3,3", **chosen)
    assert len(app.warning) == 1


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_layers_part_needs_a_minimum_that_curves(code: str) -> None:
    place = "schedules layers"
    app = own(open_place(place, code), place, code)
    box(app, place).set_value("x + y").run()
    check(app)
    assert [w.value for w in app.warning] == [Text(code)("problem.own.no_minimum")]
    app = open_place(place, code, layer_surface="own", formula="x + y")
    assert [w.value for w in app.warning] == [Text(code)("problem.own.no_minimum")]


def test_sweep_a_rate_on_a_typed_function_and_watch_it_walk() -> None:
    place = "learning_rate"
    app = own(open_place(place, n_iter="60", start_lr="1e-4", momentum="0.0"), place)
    box(app, place).set_value("x^2 + 3*y^2").run()
    until(app, lambda: "learning_rate.sweep" in keys(app))  # the one of the first look is over
    app.button(key="learning_rate.sweep").click().run()
    until(app, lambda: "learning_rate.cancel" not in keys(app))
    # λ = 6 is the steeper curvature: theory's limit is 2/6.
    assert "0.33" in str(app.session_state["kept:learning rate sweeps"].current.curve.limit)
    app.button(key="learning_rate.train").click().run()
    check(app)
    app.button(key="learning_rate.walk").click().run()
    check(app)
    state = app.session_state["state:trajectories"]
    assert (state.surface, state.formula) == ("own", "x^2 + 3*y^2")
    assert EN("own.found", minima=1, saddles=0, maxima=0) in said(app)
