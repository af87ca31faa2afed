"""Page states in links, and the one value that widgets, links and pages share."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from optviz.core.problem import Problem
from optviz.language import LANGUAGES, Text
from optviz.ui import (
    batch_size_state,
    embeddings_state,
    jacobian_hessian_state,
    learning_rate_state,
    recommender_state,
    regularisation_state,
    schedules_state,
    trajectories_state,
)
from optviz.ui.fields import PageState, choice, flag, integer, number, words
from optviz.ui.home import HomeState

PAGES: list[tuple[type[PageState], dict[str, Any]]] = [
    (HomeState, {}),
    (trajectories_state.TrajectoriesState, dict(trajectories_state.SCENES)),
    (batch_size_state.BatchSizeState, dict(batch_size_state.SCENES)),
    (jacobian_hessian_state.JacobianHessianState, dict(jacobian_hessian_state.SCENES)),
    (learning_rate_state.LearningRateState, dict(learning_rate_state.SCENES)),
    (schedules_state.SchedulesState, dict(schedules_state.SCENES)),
    (regularisation_state.RegularisationState, dict(regularisation_state.SCENES)),
    (recommender_state.RecommenderState, dict(recommender_state.SCENES)),
    (embeddings_state.EmbeddingsState, dict(embeddings_state.SCENES)),
]
SCENES = [
    pytest.param(cls, fields, id=f"{cls.page}-{name}")
    for cls, scenes in PAGES
    for name, fields in scenes.items()
]
CLASSES = [pytest.param(cls, id=cls.page) for cls, _ in PAGES]


@dataclasses.dataclass(frozen=True)
class Sample(PageState):
    """One field of each kind."""

    page: ClassVar[str] = "sample"

    kind: str = choice("a", ("a", "b c", "&=?#"))
    rate: float = number(0.1, -1e300, 1e300)
    count: int = integer(3, -(10**9), 10**9)
    on: bool = flag(False)
    note: str = words("", 20)


samples = st.builds(
    Sample,
    kind=st.sampled_from(["a", "b c", "&=?#"]),
    rate=st.floats(-1e300, 1e300),
    count=st.integers(-(10**9), 10**9),
    on=st.booleans(),
    note=st.text(max_size=20),
)


@given(samples)
def test_a_link_holds_a_state_exactly(state: Sample) -> None:
    query = state.to_query()
    assert all(isinstance(value, str) for value in query.values())
    assert Sample.from_query(query) == (state, [])


@given(samples)
def test_a_link_holds_only_what_differs(state: Sample) -> None:
    for name in state.to_query():
        assert getattr(state, name) != getattr(Sample(), name)
    assert Sample().to_query() == {}


@given(st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(Sample)]), st.text()))
def test_no_link_breaks_a_page(query: dict[str, str]) -> None:
    state, problems = Sample.from_query(query)
    for field in dataclasses.fields(Sample):
        Sample.codec(field.name).check(getattr(state, field.name))
    for problem in problems:
        for code in LANGUAGES:
            assert problem.sentence(Text(code))


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "z"},
        {"rate": "nan"},
        {"rate": "inf"},
        {"rate": "fast"},
        {"count": "1.5"},
        {"count": "99999999999"},
        {"on": "yes"},
        {"note": "x" * 21},
    ],
    ids=str,
)
def test_a_wrong_value_gets_a_sentence_and_the_default(query: dict[str, str]) -> None:
    state, problems = Sample.from_query(query | {"count" if "count" not in query else "on": "1"})
    ((name, _),) = query.items()
    assert getattr(state, name) == getattr(Sample(), name)
    assert state != Sample()  # what was right is taken
    (problem,) = problems
    assert f"“{name}" in str(problem)


def test_parameters_of_others_are_left_alone() -> None:
    assert Sample.from_query({"utm_source": "x", "page": "3"}) == (Sample(), [])


@pytest.mark.parametrize("cls", CLASSES)
def test_defaults_are_acceptable_and_make_an_empty_link(cls: type[PageState]) -> None:
    state = cls()
    for field in dataclasses.fields(state):
        assert cls.codec(field.name).check(getattr(state, field.name)) == field.default
        hash(field.default)
    assert state.to_query() == {}
    assert cls.from_query({}) == (state, [])


@pytest.mark.parametrize(("cls", "fields"), SCENES)
def test_every_scene_is_acceptable_and_survives_a_link(
    cls: type[PageState], fields: dict[str, Any]
) -> None:
    state = cls(**fields)
    for name, value in fields.items():
        assert cls.codec(name).check(value) == value
    assert cls.from_query(state.to_query()) == (state, [])


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("junk", ["", "nan", "-1e999", "💥", "<b>", "0x1", ";;,,:=_", "None"])
def test_junk_in_any_field_of_a_page_is_a_problem_or_a_value(
    cls: type[PageState], junk: str
) -> None:
    for field in dataclasses.fields(cls):
        state, problems = cls.from_query({field.name: junk})
        value = getattr(state, field.name)
        assert cls.codec(field.name).check(value) == value
        assert len(problems) <= 1
        if isinstance(value, float):
            assert math.isfinite(value)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_number_of_a_page_survives_a_link(cls: type[PageState]) -> None:
    for field in dataclasses.fields(cls):
        codec, default = cls.codec(field.name), field.default
        if isinstance(default, float) and default:
            for value in (default / 3, default * math.pi):
                try:
                    codec.check(value)
                except Problem:
                    continue
                assert codec.parse(codec.write(value)) == value


# --- A store, in a running session ----------------------------------------------------------


def script() -> None:
    """A page with a slider, a segment and a typed number, and another page beside it."""
    import dataclasses
    from typing import ClassVar

    import streamlit as st

    from optviz.core.problem import Problem
    from optviz.language import LANGUAGES
    from optviz.ui import controls, state
    from optviz.ui.fields import PageState, choice, integer, number
    from optviz.ui.state import Store

    @dataclasses.dataclass(frozen=True)
    class Sample(PageState):
        page: ClassVar[str] = "sample"
        count: int = integer(3, 0, 10)
        kind: str = choice("a", ("a", "b"))
        rate: float = number(0.5, 0.0, 1e6)

    text = state.language()
    state.begin_page("sample")
    elsewhere = st.checkbox("elsewhere", key="elsewhere")
    st.segmented_control("language", list(LANGUAGES), **state.bind_language())
    if not elsewhere:
        store = Store(Sample)
        controls.slider(store, "count", "count", 0, 10)
        controls.segment(store, "kind", "kind", ["a", "b"])
        controls.typed_number(store, "rate", "rate", text)
        st.button("scene", key="scene", on_click=store.set, kwargs={"count": 7, "kind": "b"})
        st.button("reset", key="reset", on_click=store.reset)
        if st.button("bad", key="bad"):
            try:
                store.set(count=5, kind="z")
            except Problem as problem:
                st.warning(str(problem))
        st.text(f"{store.value.count} {store.value.kind} {store.value.rate!r}")
        for problem in store.problems:
            st.error(problem.sentence(text))
        store.sync_url()


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def held(app: AppTest) -> str:
    assert not app.exception
    return app.text[0].value


def address(app: AppTest) -> dict[str, str]:
    # AppTest gives what the script wrote as text, and what a link gave as lists.
    return {
        name: value if isinstance(value, str) else value[0]
        for name, value in app.query_params.items()
    }


def test_widgets_start_at_the_state_and_change_it() -> None:
    app = opened()
    assert held(app) == "3 a 0.5"
    assert app.slider[0].value == 3
    app.slider[0].set_value(4).run()
    app.text_input[0].set_value("2e-4").run()
    assert held(app) == "4 a 0.0002"
    assert address(app) == {"count": "4", "rate": "0.0002"}


def test_a_link_seeds_the_page() -> None:
    app = opened(count="9", kind="b", rate="1e-3")
    assert held(app) == "9 b 0.001"
    assert app.slider[0].value == 9
    assert app.text_input[0].value == "0.001"


def test_a_bad_link_is_said_and_the_rest_is_taken() -> None:
    app = opened(count="11", kind="b")
    assert held(app) == "3 b 0.5"
    assert "“count”" in app.error[0].value
    app.run()
    assert not app.error


def test_a_scene_moves_the_widgets_too() -> None:
    app = opened()
    app.button(key="scene").click().run()
    assert held(app) == "7 b 0.5"
    assert app.slider[0].value == 7
    app.button(key="reset").click().run()
    assert held(app) == "3 a 0.5"
    assert address(app) == {}


def test_two_changes_that_arrive_together_are_both_taken() -> None:
    app = opened()
    app.slider(key="sample.count").set_value(5)
    app.segmented_control(key="sample.kind").set_value("b")
    app.run()
    assert held(app) == "5 b 0.5"


def test_what_a_browser_repeats_undoes_no_scene() -> None:
    app = opened()
    app.button(key="scene").click().run()
    assert held(app) == "7 b 0.5"
    # It sends a typed number, and with it what it showed before the scene, address included.
    app.query_params.clear()
    app.slider(key="sample.count").set_value(3)
    app.segmented_control(key="sample.kind").set_value("a")
    app.text_input(key="sample.rate.typed").set_value("0.25").run()
    assert held(app) == "7 b 0.25"
    # What the user changes there counts, and so does changing it back.
    for count in (4, 3):
        app.query_params.clear()
        app.slider(key="sample.count").set_value(count).run()
        assert held(app) == f"{count} b 0.25"
    # Of a page that has seen the scene, it is a wish.
    app.button(key="scene").click().run()
    app.segmented_control(key="sample.kind").set_value("a").run()
    assert held(app) == "7 a 0.25"


def test_text_that_a_browser_repeats_undoes_nothing_either() -> None:
    app = opened(rate="0.125")
    box = "sample.rate.typed"
    app.text_input(key=box).set_value("2").run()
    app.query_params = {"rate": "0.125"}
    app.text_input(key=box).set_value("0.125").run()
    assert held(app) == "3 a 0.125"  # typed by hand, for the browser has sent the 2 itself
    app.button(key="reset").click().run()
    assert held(app) == "3 a 0.5"
    app.query_params = {"rate": "0.125"}
    app.text_input(key=box).set_value("0.125").run()
    assert held(app) == "3 a 0.5"


def test_what_is_not_acceptable_changes_nothing() -> None:
    app = opened()
    app.button(key="bad").click().run()
    assert held(app) == "3 a 0.5"
    assert app.warning


def breaking() -> None:
    import streamlit as st

    from optviz.core.problem import Problem
    from optviz.ui import frame, state

    def refuse() -> None:
        raise Problem("problem.controls.number", written="many")

    def fail() -> None:
        raise KeyError("a run that has gone")

    with frame.page("home"):
        for name, act in (("refuse", refuse), ("fail", fail)):
            st.button(name, key=name, on_click=state.guarded(act))
        st.text("the page")


def test_what_breaks_in_a_callback_becomes_a_sentence(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optviz.ui.frame.PAGES", {})  # this script has no other pages
    app = AppTest.from_function(breaking, default_timeout=30).run()
    app.button(key="refuse").click().run()
    assert [box.value for box in app.warning] == [
        Problem("problem.controls.number", written="many").sentence(Text("en"))
    ]
    app.button(key="fail").click().run()
    assert [box.value for box in app.error] == [Text("en")("frame.failed")]
    assert "a run that has gone" in caplog.text
    assert held(app) == "the page"
    app.run()
    assert not app.error


def test_wrong_text_stays_in_its_box_and_right_text_replaces_it() -> None:
    app = opened()
    app.text_input[0].set_value("fast").run()
    assert held(app) == "3 a 0.5"
    assert app.text_input[0].value == "fast"
    assert "“fast”" in app.warning[0].value
    app.slider[0].set_value(5).run()
    assert app.text_input[0].value == "fast"
    app.text_input[0].set_value("1e7").run()
    assert "1e+06" in app.warning[0].value
    app.text_input[0].set_value("0,25").run()
    assert held(app) == "5 a 0.25"
    assert not app.warning


def test_everything_is_there_after_a_look_at_another_page() -> None:
    app = opened()
    app.slider[0].set_value(8).run()
    app.text_input[0].set_value("0.125").run()
    app.checkbox(key="elsewhere").check().run()
    app.run()
    app.checkbox(key="elsewhere").uncheck().run()
    assert held(app) == "8 a 0.125"
    assert app.slider[0].value == 8
    assert app.text_input[0].value == "0.125"


def test_the_language_is_the_links_and_switching_it_keeps_everything() -> None:
    app = opened(lang="zh", count="6")
    assert address(app) == {"lang": "zh", "count": "6"}
    app.text_input[0].set_value("0.75").run()
    app.segmented_control(key="language").set_value("en").run()
    assert held(app) == "6 a 0.75"
    assert address(app) == {"count": "6", "rate": "0.75"}
    app.segmented_control(key="language").set_value(None).run()
    assert app.segmented_control(key="language").value == "en"


def test_an_unknown_language_is_english() -> None:
    assert opened(lang="xx").segmented_control(key="language").value == "en"


@pytest.mark.parametrize("typed", [False, True])
def test_a_change_that_a_newer_one_interrupts_is_seen_through(typed: bool) -> None:
    def script(typed: bool) -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import StopException

        from optviz.ui.state import bind_typed, bind_value, remember

        kept: dict[str, Any] = remember("kept", dict)

        def take(value: str) -> None:
            kept["calls"] = kept.get("calls", 0) + 1
            if kept["calls"] == 1:  # as Streamlit does when a click follows at once
                raise StopException
            kept["value"] = value

        shown = kept.get("value", "")
        bound = bind_typed("text", shown, take)[0] if typed else bind_value("text", shown, take)
        st.text_input("text", **bound)
        st.markdown(f"{kept.get('value')} {kept.get('calls')}")

    app = AppTest.from_function(script, args=(typed,)).run()
    app.text_input[0].set_value("x^2").run()
    assert not app.markdown  # the run ended in the middle of the change
    app.run()
    assert not app.exception
    assert app.markdown[0].value == "x^2 2"
    assert app.text_input[0].value == "x^2"
    app.text_input[0].set_value("y^2").run()
    assert app.markdown[0].value == "y^2 3"
