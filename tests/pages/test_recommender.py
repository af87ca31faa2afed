"""The Recommender page's story, without a browser, and what vandals may try."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text
from optviz.recommender.config import CONTROLS
from optviz.ui.recommender_state import SCENES, RecommenderState, fields_of

ROOT = Path(__file__).parents[2]
EN = Text("en")


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/recommender.py").run()
    check(app)
    return app


def check(app: AppTest) -> None:
    """No traceback, and not the sentence that stands for one."""
    assert not app.exception
    assert EN("frame.failed") not in [error.value for error in app.error]


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.warning])


def wait(app: AppTest, key: str) -> None:
    """Look again until there is a button called ``key``."""
    end = time.monotonic() + 120
    while key not in [button.key for button in app.button]:
        assert time.monotonic() < end
        time.sleep(0.2)
        app.run()
        check(app)


def test_it_opens_on_what_to_beat() -> None:
    app = open_page()
    assert app.title[0].value == EN("recommender.question")
    assert "100,004 ratings · 671 users · 9,066 movies" in said(app)
    assert EN("recommender.before") in said(app)


@pytest.mark.parametrize("scene", SCENES)
def test_scenes_set_up_their_recipe(scene: str) -> None:
    app = open_page()
    app.button(key=f"recommender.scene.{scene}").click().run()
    check(app)
    assert EN(f"recommender.scene.{scene}.notice") in said(app)
    assert app.radio(key="recommender.model").value == SCENES[scene]["model"]


def test_train_leave_return_and_see_results() -> None:
    app = open_page(model="als", n_factors="5", epochs="3")
    app.button(key="recommender.train").click().run()
    check(app)
    app.switch_page("app.py").run()
    app.switch_page("pages/recommender.py").run()
    check(app)
    wait(app, "recommender.train")
    app.run()
    check(app)
    assert "Validation MSE" in said(app)
    assert len(app.tabs) == 3
    app.selectbox(key="recommender.user").set_value(5).run()
    check(app)


def test_pause_resume_and_stop() -> None:
    app = open_page(epochs="30")
    app.button(key="recommender.train").click().run()
    app.button(key="recommender.pause").click().run()
    check(app)
    app.button(key="recommender.resume").click().run()
    check(app)
    app.button(key="recommender.stop").click().run()
    check(app)
    wait(app, "recommender.train")


def test_settings_out_of_range_get_a_sentence() -> None:
    app = open_page()
    for written in ("1e99", "-1", "many", "nan", ""):
        app.text_input(key="recommender.lr.typed").set_value(written).run()
        check(app)
        assert app.warning, written
    app.text_input(key="recommender.lr.typed").set_value("1e9").run()
    assert not app.warning


@pytest.mark.parametrize("model", ["als", "dot_bias", "net"])
def test_every_slider_at_both_ends(model: str) -> None:
    app = open_page(model=model)
    for slider in [slider.key for slider in app.slider]:
        for end in ("min", "max"):
            widget = app.slider(key=slider)
            widget.set_value(getattr(widget, end)).run()
            check(app)


def test_links_with_nonsense_are_explained() -> None:
    app = open_page(lr="fast", model="oracle", epochs="0")
    assert len(app.warning) == 3


def test_the_state_has_every_control() -> None:
    names = [field.name for field in dataclasses.fields(RecommenderState)]
    assert set(names) == set(CONTROLS)
    assert set(fields_of(RecommenderState().config())) == set(names)
