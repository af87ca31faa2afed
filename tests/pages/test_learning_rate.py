"""The Learning rate page's story, without a browser, and what vandals may try."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text
from optviz.ui.learning_rate_state import MODELS, SCENES, LearningRateState

from .apps import ROOT, check, keys, open_app, said, until

EN = Text("en")
QUICK = {"model": "digits", "batch_size": "64", "start_lr": "1e-4", "end_lr": "10.0"}


def open_page(**query: str) -> AppTest:
    return open_app("learning_rate", **query)


def finish(app: AppTest) -> None:
    """Look again until no sweep is under way."""
    until(app, lambda: "learning_rate.cancel" not in keys(app))


def swept(**query: str) -> AppTest:
    app = open_page(**query)
    finish(app)
    return app


def rate(app: AppTest) -> str:
    return str(app.text_input(key="learning_rate.picked.typed").value)


def test_it_opens_on_a_sweep_of_the_recommender() -> None:
    app = swept()
    assert app.title[0].value == EN("learning_rate.question")
    assert EN("learning_rate.scene.adam.notice") in said(app)
    assert "100 of 100 steps" in said(app)
    # Every rule has a rate, and there is one to train with before anything was clicked.
    for rule in ("valley", "steep", "minimum", "slide"):
        assert "**" in app.button(key=f"learning_rate.rule.{rule}").label
        assert EN(f"learning_rate.rule.{rule}.explain") in said(app)
    assert 0.005 < float(rate(app)) < 0.3


def test_pick_a_rate_and_train_with_it() -> None:
    app = swept(optimizer="sgd", momentum="0.8", end_lr="1000.0", batch_size="128", seed="3")
    app.button(key="learning_rate.rule.slide").click().run()
    check(app)
    app.run()
    picked = rate(app)
    assert picked in app.button(key="learning_rate.rule.slide").label
    app.text_input(key="learning_rate.picked.typed").set_value("0.31").run()
    check(app)
    app.button(key="learning_rate.train").click().run()
    check(app)
    assert app.title[0].value == EN("recommender.question")
    state = app.session_state["state:recommender"]
    assert (state.model, state.lr, state.optimizer, state.momentum, state.batch_size) == (
        "dot_bias", 0.31, "sgd", 0.8, 128,
    )  # fmt: skip
    assert state.seed == 3
    # And back: the sweep and the rate are still there.
    app.query_params.clear()  # as a browser does when it goes to another page
    app.switch_page("pages/learning_rate.py").run()
    check(app)
    assert rate(app) == "0.31"
    assert "100 of 100 steps" in said(app)


def test_it_starts_from_what_the_recommender_page_is_set_to() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    app.query_params["model"] = "net"
    app.query_params["batch_size"] = "512"
    app.query_params["n_factors"] = "7"
    app.switch_page("pages/recommender.py").run()
    app.query_params.clear()
    app.switch_page("pages/learning_rate.py").run()
    check(app)
    assert app.selectbox(key="learning_rate.model").value == "net"
    assert "7 factors" in said(app) and "batch size 512" in said(app)


def test_a_small_model_is_trained_in_place() -> None:
    app = swept(**QUICK)
    app.button(key="learning_rate.train").click().run()
    check(app)
    assert EN("learning_rate.trial.title", lr=rate(app), steps=200) in said(app)
    app.button(key="learning_rate.train").click().run()  # a double click
    check(app)


@pytest.mark.parametrize("momentum", ["0.0", "0.5"])
def test_a_point_on_a_surface_can_be_watched_walking(momentum: str) -> None:
    app = swept(model="surface", surface="bowl", optimizer="sgd", momentum=momentum, picked="0.2",
                start_lr="1e-4")  # fmt: skip
    app.button(key="learning_rate.train").click().run()
    check(app)
    app.button(key="learning_rate.walk").click().run()
    check(app)
    assert app.title[0].value == EN("trajectories.question")
    state = app.session_state["state:trajectories"]
    assert state.surface == "bowl" and len(state.runs) == 3
    assert dict(state.runs[1].changed)["lr"] == 0.2
    assert dict(state.runs[1].changed).get("momentum", 0.0) == float(momentum)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_sweeps_and_says_what_to_notice(scene: str, language: str) -> None:
    app = swept(lang=language, **QUICK)
    app.button(key=f"learning_rate.scene.{scene}").click().run()
    check(app)
    text = Text(language)
    assert text(f"learning_rate.scene.{scene}.notice") in said(app)
    if language == "en":  # what is swept is the same in all
        finish(app)
    assert text("learning_rate.facts.stale") not in said(app)
    assert not app.warning


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "adamw"])
def test_every_model_with_every_optimizer(model: str, optimizer: str) -> None:
    app = swept(model=model, optimizer=optimizer, end_lr="1e9", start_lr="1e-9")
    assert "steps" in said(app)
    app.selectbox(key="learning_rate.model").set_value("digits").run()
    check(app)
    app.selectbox(key="learning_rate.model").set_value(model).run()
    check(app)


def test_an_edit_dims_the_curve_and_going_back_shows_it_again() -> None:
    app = swept(**QUICK)
    app.selectbox(key="learning_rate.model").set_value("surface").run()
    check(app)
    assert EN("learning_rate.facts.stale") in said(app)
    assert "100 of 100 steps" in said(app)
    assert app.button(key="learning_rate.sweep").label == EN("learning_rate.sweep")
    # No rate is suggested for settings that have not been swept.
    assert rate(app) == "" and app.button(key="learning_rate.train").disabled
    app.selectbox(key="learning_rate.model").set_value("digits").run()
    app.text_input(key="learning_rate.start_lr.typed").set_value("1e-4").run()
    app.text_input(key="learning_rate.end_lr.typed").set_value("10").run()
    check(app)
    assert EN("learning_rate.facts.stale") not in said(app)
    assert app.button(key="learning_rate.sweep").label == EN("learning_rate.again")


def test_smoothing_is_looked_at_anew_without_a_sweep() -> None:
    app = swept(**QUICK)
    before = app.button(key="learning_rate.rule.minimum").label
    app.slider(key="learning_rate.smoothing").set_value(0.5).run()
    check(app)
    assert EN("learning_rate.facts.stale") not in said(app)
    assert app.button(key="learning_rate.rule.minimum").label != before


def test_the_check_runs_as_soon_as_it_is_asked_for() -> None:
    app = swept(**QUICK)
    app.toggle(key="learning_rate.check").set_value(True).run()
    check(app)
    assert EN("learning_rate.facts.stale") not in said(app)
    finish(app)


def test_cancel_keeps_what_was_drawn_and_double_start_is_one_start() -> None:
    app = open_page(**QUICK | {"n_iter": "10000", "batch_size": "1797"})
    app.button(key="learning_rate.cancel").click().run()
    check(app)
    finish(app)
    assert "Cancelled after" in said(app)
    app.button(key="learning_rate.sweep").click().run()
    check(app)
    assert "learning_rate.sweep" not in keys(app)  # nothing to click twice
    app.button(key="learning_rate.cancel").click().run()
    finish(app)


def test_a_curve_that_says_nothing_is_refused_with_the_reason() -> None:
    app = swept(**QUICK | {"end_lr": "2e-4", "start_lr": "1e-9", "n_iter": "12"})
    assert "too few to suggest a rate" in said(app)
    assert app.button(key="learning_rate.train").disabled
    app = swept(model="surface", surface="bowl", optimizer="sgd", start_lr="1e-9", end_lr="1e-8")
    assert "hardly moved" in said(app)


@pytest.mark.parametrize(
    "written", ["1e99", "-1", "many", "nan", "1e-300", "0x1", "١", "1e9999", "--"]
)
def test_a_rate_that_cannot_be_used_stays_with_a_sentence(written: str) -> None:
    app = swept(**QUICK)
    app.text_input(key="learning_rate.picked.typed").set_value(written).run()
    check(app)
    if written != "١":  # a digit one, as it is written in Arabic
        assert app.warning and rate(app) == written
    app.text_input(key="learning_rate.picked.typed").set_value("1e9").run()
    check(app)
    assert not app.warning
    app.button(key="learning_rate.train").click().run()
    check(app)


@pytest.mark.parametrize(
    ("name", "written"),
    [("start_lr", "0"), ("start_lr", "10"), ("end_lr", "1e99"), ("end_lr", "1e-4"),
     ("n_iter", "0"), ("n_iter", "1e9"), ("n_iter", "2.5"), ("batch_size", "0"),
     ("batch_size", "-3"), ("seed", "-1"), ("seed", "lucky")],
)  # fmt: skip
def test_settings_that_cannot_be_used_get_a_sentence_and_lose_nothing(
    name: str, written: str
) -> None:
    app = swept(**QUICK)
    app.text_input(key=f"learning_rate.{name}.typed").set_value(written).run()
    check(app)
    assert app.warning
    assert "100 of 100 steps" in said(app)


@pytest.mark.parametrize("model", MODELS)
def test_every_slider_at_both_ends(model: str) -> None:
    app = swept(model=model, optimizer="sgd")
    for slider in [slider.key for slider in app.slider]:
        for end in ("min", "max"):
            widget = app.slider(key=slider)
            widget.set_value(getattr(widget, end)).run()
            check(app)
        app.button(key="learning_rate.sweep").click().run()
        check(app)
        finish(app)


@pytest.mark.parametrize("n_iter", ["1", "2", "21"])
def test_the_shortest_sweeps(n_iter: str) -> None:
    app = swept(**QUICK | {"n_iter": n_iter, "check": "1"})
    check(app)


def test_links_with_nonsense_are_explained() -> None:
    app = open_page(start_lr="slow", model="oracle", n_iter="0", picked="-1", check="yes")
    assert len(app.warning) == 5
    app = open_page(start_lr="5.0", end_lr="1.0")
    assert "goes from a positive rate up to a larger one" in said(app)
    assert app.button(key="learning_rate.sweep").disabled


def test_the_other_language_has_the_whole_page() -> None:
    app = swept(lang="zh", **QUICK)
    assert app.title[0].value == Text("zh")("learning_rate.question")
    assert app.selectbox(key="learning_rate.model").value == "digits"
    assert Text("zh")("learning_rate.facts.steps", taken=100, n_iter=100) in said(app)


def test_the_state_survives_a_link() -> None:
    state = LearningRateState(**SCENES["ravine"], picked=0.0125)
    again, problems = LearningRateState.from_query(state.to_query())
    assert again == state and not problems


def test_the_advice_over_seeds_and_for_each_part() -> None:
    app = swept(model="net", n_seeds="2", smoothing="0.9")
    app.button(key="learning_rate.seeds.begin").click().run()
    check(app)
    until(app, lambda: EN("learning_rate.seeds.factor") in said(app))
    app.button(key="learning_rate.groups.begin").click().run()
    check(app)
    until(app, lambda: "learning_rate.groups.schedules" in keys(app))
    assert app.button(key="learning_rate.groups.begin").disabled
    app.slider(key="learning_rate.n_seeds").set_value(3).run()
    check(app)
    assert EN("learning_rate.facts.stale") in said(app)
    app.button(key="learning_rate.groups.schedules").click().run()
    check(app)
    assert app.title[0].value == EN("schedules.question")


def test_a_surface_has_neither_seeds_nor_parts_and_digits_have_no_parts() -> None:
    surface, digits = open_page(model="surface"), open_page(**QUICK)
    assert "learning_rate.seeds.begin" not in keys(surface)
    assert "learning_rate.seeds.begin" in keys(digits)
    assert "learning_rate.groups.begin" not in keys(digits)
