"""The Schedules page's story, without a browser, and what vandals may try."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import Text
from optviz.ui.schedules_state import SCENES

from .apps import check, open_app, said, until

EN = Text("en")


def open_page(**query: str) -> AppTest:
    return open_app("schedules", **query)


def box(app: AppTest) -> Any:
    """Where the rates are typed."""
    (found,) = (one for one in app.text_input if one.label == EN("schedules.rates"))
    return found


def finish(app: AppTest, cancel: str) -> None:
    """Look again until nothing is being trained."""
    until(app, lambda: bool(app.button(key=cancel).disabled))


def test_it_opens_on_restarts_and_says_when_they_come() -> None:
    app = open_page()
    assert app.title[0].value == EN("schedules.question")
    assert EN("schedules.scene.basins.notice") in said(app)
    assert "Restarts at epochs 10, 30. 3 cycles last" in said(app)
    app.slider(key="schedules.cycle_mult").set_value(1).run()
    check(app)
    assert "Restarts at epochs 10, 20, 30, 40, 50, 60. 7 cycles last" in said(app)


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_opens(scene: str) -> None:
    app = open_page()
    app.button(key=f"schedules.scene.{scene}").click().run()
    check(app)
    assert EN(f"schedules.scene.{scene}.notice") in said(app)


def test_a_ravine_becomes_a_bowl() -> None:
    app = open_page(part="layers")
    assert "**100** with one rate, **1** as the two rates make it" in said(app)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("slice(1, 2", "At character 11"),
        ("[0.1, 0.1, 0.1]", "3"),
        ("__import__('os')", "At character 1: “_” does not belong there."),
    ],
)
def test_wrong_rates_get_a_sentence_and_lose_nothing(written: str, sentence: str) -> None:
    app = open_page(part="layers")
    box(app).set_value(written).run()
    check(app)
    assert app.warning
    assert sentence in " ".join(warning.value for warning in app.warning)
    assert box(app).value == written
    assert "**100** with one rate" in said(app)


def test_the_recommender_is_trained_with_each_schedule_or_cancelled() -> None:
    app = open_page(part="recommender", schedules="constant,cosine", passes="1")
    check(app)
    assert app.button(key="schedules.train").disabled  # the first look trains
    finish(app, "schedules.cancel")
    told = " ".join(str(element.proto) for element in app.get("progress"))
    assert "Validation MSE at the end" in told
    app = open_page(part="recommender", schedules="constant,cosine", passes="30")
    for _ in range(2):
        app.button(key="schedules.cancel").click().run()
        check(app)
        finish(app, "schedules.cancel")
        told = " ".join(str(element.proto) for element in app.get("progress"))
        assert EN("schedules.cancelled") in told
        app.button(key="schedules.train").click().run()
