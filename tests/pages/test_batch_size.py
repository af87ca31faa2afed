"""The Batch size page's story, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from optviz.language import LANGUAGES, Text
from optviz.ui.batch_size_state import PROBLEMS, SCENES, BatchSizeState

from .apps import check, open_app, said, shown

EN = Text("en")


def open_page(**query: str) -> AppTest:
    return open_app("batch_size", **query)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_says_what_to_notice(scene: str, code: str) -> None:
    app = open_page(lang=code)
    app.button(key=f"batch_size.scene.{scene}").click().run()
    check(app)
    assert Text(code)(f"batch_size.scene.{scene}.notice") in said(app)
    assert shown(app)["noise"]["words"]["signal"] == Text(code)("batch_size.noise.signal")


def test_by_samples_all_pay_the_same() -> None:
    app = open_page()
    app.button(key="batch_size.scene.price").click().run()
    check(app)
    data = shown(app)
    assert data["steps"] == 684
    assert [run["reached"] for run in data["runs"]] == ["2", "22", "684"]
    assert {run["outcome"] for run in data["runs"]} == {EN("batch_size.price_of", gradients=684)}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem(problem: str) -> None:
    app = open_page(problem=problem, ball="1")
    assert EN(f"batch_size.problems.{problem}.about") in said(app)
    assert len(shown(app)["runs"]) == 3


def test_settings_of_a_run() -> None:
    app = open_page()
    app.text_input(key="batch_size.2.lr.typed").set_value("often").run()
    check(app)
    assert EN("problem.controls.number", written="often") in said(app)
    assert [run["lr"] for run in shown(app)["runs"]] == [0.05] * 3  # the last good picture stays
    app.text_input(key="batch_size.2.lr.typed").set_value("0.2").run()
    app.selectbox(key="batch_size.2.optimizer.en").set_value("adam").run()
    check(app)
    assert shown(app)["runs"][2]["lr"] == 0.2
    app.button(key="batch_size.remove").click().run()
    app.button(key="batch_size.remove").click().run()
    app.button(key="batch_size.remove").click().run()
    check(app)
    assert EN("batch_size.no_runs") in said(app)
    app.button(key="batch_size.add").click().run()
    check(app)
    assert len(shown(app)["runs"]) == 1


def test_the_time_is_measured() -> None:
    app = open_page(updates="20")
    app.button(key="batch_size.measure").click().run()
    check(app)
    (table,) = [m.value for m in app.markdown if EN("batch_size.price.each") in m.value]
    assert "–" not in table


@pytest.mark.parametrize(
    "query",
    [{"runs": "lbfgs,1,0.1,constant"}, {"runs": "sgd,1"}, {"start": "nan,0"}, {"step": "x"}],
)
def test_a_broken_link_gets_a_sentence(query: dict[str, str]) -> None:
    app = open_page(**query)
    assert app.warning


def test_the_state_survives_its_link() -> None:
    for fields in SCENES.values():
        state = BatchSizeState(**fields)
        again, problems = BatchSizeState.from_query(state.to_query())
        assert (again, problems) == (state, [])
