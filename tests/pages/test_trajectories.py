"""The Trajectories page's story, without a browser, and what vandals may try."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from optviz.core.optimizers import OPTIMIZERS
from optviz.core.settings_map import MapPlan, seconds_of
from optviz.core.slices import load_slice, slice_error
from optviz.core.stability import stability_bound
from optviz.core.step_parts import step_parts
from optviz.core.surfaces import SURFACES
from optviz.core.trajectory import trajectory
from optviz.language import LANGUAGES, Text
from optviz.ui.trajectories_settings import Maps
from optviz.ui.trajectories_state import SCENES, TrajectoriesState

from .apps import check, components, open_app, said, shown

EN = Text("en")


def open_page(**query: str) -> AppTest:
    return open_app("trajectories", **query)


def outcomes(app: AppTest) -> list[str]:
    return [run["outcome"] for run in shown(app)["runs"]]


def test_it_opens_on_a_telling_scene() -> None:
    app = open_page()
    assert app.title[0].value == EN("trajectories.question")
    assert EN("trajectories.scene.ravine.notice") in said(app)
    data = shown(app)
    assert [run["title"] for run in data["runs"]] == ["Gradient descent (SGD)", "Momentum", "Adam"]
    assert outcomes(app)[1] == EN("trajectories.status.converged", step=173)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_says_what_to_notice(scene: str, code: str) -> None:
    app = open_page(lang=code)
    app.button(key=f"trajectories.scene.{scene}").click().run()
    check(app)
    assert Text(code)(f"trajectories.scene.{scene}.notice") in said(app)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_with_every_optimizer(surface: str) -> None:
    app = open_page(surface=surface, runs=";".join(OPTIMIZERS), steps="20", hessian="1")
    assert len(shown(app)["runs"]) == len(OPTIMIZERS)
    assert EN(f"surface.{surface}.notice") in said(app)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", ["digits_slice", "recommender_slice"])
def test_a_slice_of_a_real_loss_says_what_it_is(name: str, code: str) -> None:
    captions = {c.value for c in open_page(lang=code, surface=name).caption}
    text, data = Text(code), load_slice(name)
    median, worst = (f"{100 * error:.2g}" for error in slice_error(name))
    (about,) = (c for c in captions if text(f"surface.{name}.axes") in c)
    for told in (f"{data.parameters:,}", f"{data.examples:,}", "(1, ", f"{median}", f"{worst}"):
        assert told in about
    assert not any("×" in c for c in open_page(lang=code, surface="bowl").caption)


def test_the_same_optimizer_twice_with_other_settings() -> None:
    app = open_page()
    app.button(key="trajectories.duplicate").click().run()
    check(app)
    app.text_input(key="trajectories.1.sgd.lr.typed").set_value("0.1").run()
    check(app)
    assert outcomes(app)[1].startswith("diverged")
    assert outcomes(app)[0] == EN("trajectories.status.moving")
    assert [run["title"] for run in shown(app)["runs"][:2]] == [
        "Gradient descent (SGD) · lr 0.018",
        "Gradient descent (SGD) · lr 0.1",
    ]


def test_rates_follow_to_another_surface() -> None:
    app = open_page(runs="sgd:lr=0.005;sgd")
    app.selectbox(key="trajectories.surface.pick.en").set_value("bowl").run()
    check(app)
    # Half of what suits the ravine is half of what suits the bowl.
    assert [run["lr"] for run in shown(app)["runs"]] == [0.15, 0.3]


def test_starting_elsewhere() -> None:
    app = open_page()
    app.text_input(key="trajectories.start.typed").set_value("(1.5, −2)").run()
    check(app)
    assert shown(app)["start"] == [1.5, -2.0]
    for wrong in ("", "1", "a, b", "nan, 1", "1, 2, 3", "1e99, 0"):
        app.text_input(key="trajectories.start.typed").set_value(wrong).run()
        check(app)
        assert app.warning, wrong
        assert app.text_input(key="trajectories.start.typed").value == wrong
        assert shown(app)["start"] == [1.5, -2.0]
    app.button(key="trajectories.random").click().run()
    assert shown(app)["start"] != [1.5, -2.0]
    assert not app.warning


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_huge_rates_and_bad_ones(optimizer: str) -> None:
    app = open_page(runs=optimizer, surface="rosenbrock", steps="50", hessian="1")
    box = f"trajectories.0.{optimizer}.lr.typed"
    app.text_input(key=box).set_value("1e9").run()
    check(app)
    assert shown(app)["runs"][0]["lr"] == 1e9
    for wrong in ("many", "nan", "-1", ""):
        app.text_input(key=box).set_value(wrong).run()
        check(app)
        assert app.warning, wrong
        assert shown(app)["runs"][0]["lr"] == 1e9


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_slider_at_both_ends(optimizer: str) -> None:
    app = open_page(runs=optimizer, steps="10")
    for key in [slider.key for slider in app.slider]:
        if key == "trajectories.steps":
            continue
        for end in ("min", "max"):
            app.slider(key=key).set_value(getattr(app.slider(key=key), end)).run()
            check(app)
    for key in [slider.key for slider in app.select_slider]:
        for end in (0, -1):
            slider = app.select_slider(key=key)
            slider.set_value(float(slider.options[end])).run()
            check(app)


def test_no_steps_no_runs_and_very_many_steps() -> None:
    app = open_page(steps="0", hessian="1")
    assert shown(app)["steps"] == 0
    for _ in range(3):
        app.button(key="trajectories.remove").click().run()
        check(app)
    assert EN("trajectories.no_runs") in said(app)
    assert shown(app)["runs"] == []
    long = open_page(steps="2000")  # goes to a worker
    assert shown(long)["steps"] == 2000
    assert outcomes(long)[0].startswith("converged")


def test_links_with_nonsense_are_explained() -> None:
    app = open_page(surface="moon", runs="sgd:lr=fast", start="here", steps="-3")
    assert len(app.warning) == 4
    app = open_page(runs="oracle")
    assert len(app.warning) == 1


def test_three_dimensions() -> None:
    app = open_page(view="landscape")
    data = shown(app)
    assert data["map"] is None
    assert data["landscape"]


def test_typing_a_function() -> None:
    app = open_page()
    app.selectbox(key="trajectories.surface.pick.en").set_value("own").run()
    check(app)
    assert EN("own.found", minima=15, saddles=26, maxima=10) in said(app)
    app.text_input(key="trajectories.formula.typed").set_value("x^2 + 4*y^2").run()
    check(app)
    assert EN("own.found", minima=1, saddles=0, maxima=0) in said(app)
    before = shown(app)["runs"]
    for wrong in ("", "x + ", "x + z", "2x", "3", "sqrt(-1-x^2)", "(x"):
        app.text_input(key="trajectories.formula.typed").set_value(wrong).run()
        check(app)
        assert len(app.warning) == 1, wrong
        assert app.text_input(key="trajectories.formula.typed").value == wrong
        assert shown(app)["runs"] == before
    app.text_input(key="trajectories.formula.typed").set_value("log(x) + y^2").run()
    assert not app.warning
    for wrong in ("3, 1", "1", "a, b", "0, 1e9"):
        app.text_input(key="trajectories.x_range.typed").set_value(wrong).run()
        check(app)
        assert len(app.warning) == 1, wrong
    app.text_input(key="trajectories.x_range.typed").set_value("0.1, 5").run()
    check(app)
    assert not app.warning
    # Back to a surface of the list, and the function is still there on return.
    app.selectbox(key="trajectories.surface.pick.en").set_value("bowl").run()
    app.selectbox(key="trajectories.surface.pick.en").set_value("own").run()
    check(app)
    assert app.text_input(key="trajectories.formula.typed").value == "log(x) + y^2"


def test_a_link_to_a_typed_function() -> None:
    app = open_page(surface="own", formula="x^2 + y^4", x_range="-1,1", y_range="-1,1")
    assert not app.warning
    assert app.selectbox(key="trajectories.surface.pick.en").value == "own"
    app = open_page(surface="own", formula="x + oops")
    assert len(app.warning) == 1
    app = open_page(surface="own", formula="sqrt(-1-x^2)")
    assert len(app.warning) == 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_on_a_typed_function(optimizer: str) -> None:
    open_page(surface="own", runs=optimizer, steps="30", hessian="1", view="landscape")
    open_page(surface="own", formula="1/x + log(y)", runs=optimizer, steps="30", hessian="1")


def test_basins_of_the_run_looked_at() -> None:
    app = open_page(surface="himmelblau", runs="sgd;lbfgs", steps="60", view="basins")
    read = EN("trajectories.basins.read", run=EN("optimizer.sgd.title"), steps=60)
    assert read in said(app)
    assert "heatmap" in shown(app)["map"]
    # A method that looks at both coordinates gets a sentence, and the map stays.
    app.selectbox(key=next(k for k in (s.key for s in app.selectbox) if "edit" in k)).set_value(
        1
    ).run()
    check(app)
    assert EN("problem.core.not_elementwise", optimizer="LBFGS") in said(app)
    assert shown(app)["map"]
    app = open_page(view="basins", runs="", surface="own")
    assert shown(app)["map"]
    app = open_page(view="basins", surface="saddle", steps="0")
    assert shown(app)["map"]


def test_basins_coloured_by_steps_need_no_other_walk() -> None:
    app = open_page(surface="himmelblau", runs="sgd", steps="150", view="basins")
    assert EN("trajectories.basins.read", run=EN("optimizer.sgd.title"), steps=150) in said(app)
    job = basins_job(app)
    app.button_group(key="trajectories.basins_by").set_value("steps").run()
    check(app)
    assert EN("trajectories.maps.basins.read_steps").split("{")[0] in said(app)
    assert "hatching" in shown(app)["map"]
    assert basins_job(app) is job
    assert app.query_params["basins_by"] == "steps"
    app = open_page(view="basins", surface="saddle", steps="0", basins_by="steps")
    assert shown(app)["map"]


def basins_job(app: AppTest) -> Any:
    return app.session_state["kept:basins"]["job"]


def settings_figure(app: AppTest) -> dict[str, Any]:
    """The map of settings, as it was sent to the browser."""
    (chart,) = [data for data in components(app) if "figure" in data]
    figure: dict[str, Any] = json.loads(chart["figure"])
    return figure


def test_the_map_of_settings_is_walked_only_when_open() -> None:
    app = open_page(runs="momentum")
    assert "kept:settings maps" not in app.session_state or (
        app.session_state["kept:settings maps"].current is None
    )
    app = open_page(runs="momentum", settings_map="1")
    best = EN("trajectories.maps.best").split("{")[0]
    assert best in said(app)
    assert EN("trajectories.maps.read", steps=300) in said(app)
    assert EN("trajectories.maps.read_edge") in said(app)
    metas = [trace.get("meta") for trace in settings_figure(app)["data"]]
    assert {"hatching", "edge", "fastest", "now"} <= set(metas)


def test_the_second_setting_of_a_map() -> None:
    app = open_page(runs="adam;lbfgs", settings_map="1")
    (box,) = [box for box in app.selectbox if box.label == EN("trajectories.maps.second")]
    assert box.value == "beta1"
    box.set_value("weight_decay").run()
    check(app)
    title = settings_figure(app)["layout"]["yaxis2"]["title"]["text"]
    assert title == EN("hyperparameter.weight_decay.label")
    assert app.query_params["settings_by"] == "weight_decay"
    # Theory has no limit for Adam in terms of the Hessian alone.
    assert EN("trajectories.maps.read_edge") not in said(app)
    # A method that looks at both coordinates gets a sentence.
    app.selectbox(key=next(s.key for s in app.selectbox if "edit" in str(s.key))).set_value(1).run()
    check(app)
    alone = EN("problem.trajectories_maps.alone", optimizer=EN("optimizer.lbfgs.title"))
    assert alone in said(app)
    # What is wrong with a link is still said when the map is there.
    app = open_page(runs="sgd", settings_map="1", settings_by="nonsense")
    assert len(app.warning) == 1
    assert EN("trajectories.maps.read", steps=300) in said(app)
    app = open_page(runs="", settings_map="1")
    assert EN("trajectories.no_runs") in said(app)
    assert said(app).count(EN("trajectories.first_add")) == 2  # settings map, fair comparison


@pytest.mark.parametrize("optimizer", [o for o in OPTIMIZERS if seconds_of(o)])
def test_every_optimizer_has_a_map(optimizer: str) -> None:
    app = open_page(surface="rosenbrock", runs=optimizer, steps="5", settings_map="1")
    assert EN("trajectories.maps.none", steps=5) in said(app)
    assert settings_figure(app)["data"]


def test_a_typed_function_has_a_map() -> None:
    app = open_page(surface="own", formula="x^2 + y^2", runs="sgd", settings_map="1")
    assert EN("trajectories.maps.best").split("{")[0] in said(app)


def test_what_is_folded_away_or_overtaken_is_given_up() -> None:
    maps, rates, momenta = Maps(), tuple(np.geomspace(1e-4, 1e-2, 50)), (0.0, 0.5)
    long = MapPlan("ravine", "momentum", (), "momentum", rates, momenta, (-10.0, 1.0), 100_000)
    maps.look(long)
    first = maps.current
    assert first is not None
    maps.cancel()
    assert first.state == "cancelled"
    maps.look(long)
    second = maps.current
    assert second is not None
    assert second is not first
    maps.look(replace(long, steps=10))
    assert second.job.state == "cancelled"
    third = maps.current
    assert third is not None
    assert third.job.result(timeout=60).plan.steps == 10
    maps.look(third.request)
    assert maps.last is third
    assert third.found is not None


def test_a_scene_shows_the_map() -> None:
    app = open_page()
    app.button(key="trajectories.scene.settings").click().run()
    check(app)
    assert EN("trajectories.maps.best").split("{")[0] in said(app)
    app.button(key="trajectories.scene.ravine").click().run()
    check(app)
    assert EN("trajectories.maps.best").split("{")[0] not in said(app)


def test_a_step_is_taken_apart_for_the_run_looked_at() -> None:
    app = open_page()
    assert shown(app)["apart"] is None
    app.toggle(key="trajectories.apart").set_value(True).run()
    check(app)
    data = shown(app)
    assert data["apart"]["rule"] == "sum"
    assert data["apart"]["plain"]
    assert [run["curvature"] is not None for run in data["runs"]] == [True, False, False]
    assert data["apart"]["formulas"]["gradient"] == "−α g"
    app = open_page(apart="1", focus="2")
    assert shown(app)["apart"]["shows"] == {
        "gradient": True, "memory": True, "scale": True, "decay": False, "own": False,
    }  # fmt: skip
    # Nothing to take apart is no mistake.
    assert shown(open_page(apart="1", meter="1", runs=""))["apart"] is None
    assert shown(open_page(apart="1", meter="1", steps="0"))["meter"] is None
    assert shown(open_page(apart="1", view="landscape"))["apart"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizers_step_and_limit(optimizer: str) -> None:
    for settings in ("", ":lr=1e9"):
        data = shown(open_page(runs=optimizer + settings, steps="30", apart="1", meter="1"))
        assert data["apart"]["rule"]
        limited = optimizer not in ("rprop", "lbfgs", "muon", "newton")
        assert (data["meter"] is not None) is limited


def test_many_steps_are_taken_apart_by_a_worker() -> None:
    data = shown(open_page(steps="2000", apart="1", meter="1"))
    assert data["apart"]
    assert len(data["meter"]["ratios"]) == 3


def test_the_meter_tells_what_it_foretold() -> None:
    app = open_page()
    app.button(key="trajectories.scene.foretold").click().run()
    check(app)
    assert shown(app)["meter"]["says"] == EN(
        "trajectories.meter.foretold", step=22, left=59, later=37
    )
    assert [run["kind"] for run in shown(app)["runs"]] == ["diverged", "moving", "converged"]

    def says(**query: str) -> str:
        return str(shown(open_page(meter="1", **query))["meter"]["says"])

    assert says() == EN("trajectories.meter.below", most="0.9", step=0)
    assert says(runs="rprop;sgd") == EN("trajectories.meter.no_limit")
    assert says(runs="sgd:lr=0.03") == EN("trajectories.meter.foretold_at_once", left=6)
    high = {"surface": "rosenbrock", "start": "0,0"}
    assert says(runs="sgd:lr=0.0035", steps="400", **high) == EN(
        "trajectories.meter.above", step=293, count=107, steps=400
    )


def test_what_the_scenes_of_the_step_say_is_true() -> None:
    # “The gradient pulls back across the valley; the memory, just as long, pulls on. Across they
    # largely cancel, along the valley they add up.”
    scene = TrajectoriesState(**SCENES["apart"])
    path = trajectory("tilted", "momentum", scene.start, scene.steps)
    parts = step_parts(SURFACES["tilted"], path)
    fresh, kept = parts.gradient[scene.step], parts.memory[scene.step]
    assert np.hypot(*kept) == pytest.approx(np.hypot(*fresh), rel=0.05)
    across, along = np.array([1, -1]) / np.sqrt(2), np.array([1, 1]) / np.sqrt(2)
    assert abs((fresh + kept) @ across) < 0.5 * min(abs(fresh @ across), abs(kept @ across))
    assert (fresh @ along) * (kept @ along) > 0
    # “Nesterov passes its own at step 22 while its loss still falls … Momentum bears almost three
    # times as much.”
    scene = TrajectoriesState(**SCENES["foretold"])
    path = trajectory("rosenbrock", "nesterov", scene.start, scene.steps, lr=0.0031)
    assert (np.diff(path.losses[:40]) < 0).all()
    limits = [stability_bound(name, {"momentum": 0.9}) for name in ("momentum", "nesterov")]
    assert limits[0] / limits[1] == pytest.approx(2.8, abs=0.01)
