"""The fair comparison on the Trajectories page, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from optviz.core.fair import best_of, fair
from optviz.core.optimizers import RunSpec
from optviz.core.surfaces import SURFACES
from optviz.language import LANGUAGES, Text

from .apps import check, keys, open_app, said, shown, until

EN = Text("en")


def open_page(**query: str) -> AppTest:
    return open_app("trajectories", **query)


def tune(app: AppTest) -> AppTest:
    """Press the button and look again until the comparison is over."""
    app.button(key="fair.tune").click().run()
    check(app)
    until(app, lambda: "fair.cancel" not in keys(app))
    return app


def rates(app: AppTest) -> list[float]:
    return [run["lr"] for run in shown(app)["runs"]]


def test_tune_and_use_the_rates() -> None:
    app = open_page(steps="100")
    # Nothing is computed before the button, and there is nothing to use.
    assert app.button(key="fair.use").disabled
    assert EN("fair.read") not in said(app)
    assert app.button(key="fair.tune").label == EN("fair.tune", budget=28 * 9 * 100)
    tune(app)
    found = fair(
        "ravine", [RunSpec(n) for n in ("sgd", "momentum", "adam")], SURFACES["ravine"].start, 100
    )
    best = [found.rates[found.verdict(run).index] for run in found.runs]
    winner = ("Gradient descent (SGD)", "Momentum", "Adam")[best_of(found)[0]]
    assert f"With tuned rates {winner}" in said(app)
    assert EN("fair.verdict.scope", starts=9, steps=100) in said(app)
    assert "| 25,200 |" in said(app)
    assert rates(app) != best
    app.button(key="fair.use").click().run()
    check(app)
    assert rates(app) == best
    # What was found still stands, and there is nothing more to use.
    assert EN("fair.read") in said(app) and EN("fair.stale") not in said(app)
    assert app.button(key="fair.use").disabled and app.button(key="fair.tune").disabled


def test_other_settings_make_it_stale_and_coming_back_makes_it_fresh() -> None:
    app = tune(open_page(steps="20", runs="sgd"))
    assert "works best at" in said(app)
    app.slider(key="trajectories.steps").set_value(30).run()
    check(app)
    assert EN("fair.stale") in said(app)
    assert app.button(key="fair.use").disabled
    app.slider(key="trajectories.steps").set_value(20).run()
    check(app)
    assert EN("fair.stale") not in said(app)


def test_twins_that_differ_in_their_rate_alone_are_one_run() -> None:
    app = tune(open_page(steps="20", runs="sgd:lr=0.001;sgd:lr=0.01;adam"))
    assert said(app).count("| 5,040 |") == 2
    app.button(key="fair.use").click().run()
    check(app)
    assert len(rates(app)) == 3 and rates(app)[0] == rates(app)[1]


def test_a_typed_function_and_no_minimum_and_all_views() -> None:
    app = tune(open_page(surface="own", formula="x^4 + y^2", steps="20"))
    assert "With tuned rates" in said(app)
    app = tune(open_page(surface="saddle", steps="20", fair="steps"))
    assert EN("fair.unknown") in said(app)


def test_nobody_and_no_steps() -> None:
    app = open_page(runs="")
    assert "fair.tune" not in keys(app)
    app = open_page(steps="0")
    assert app.button(key="fair.tune").disabled


@pytest.mark.parametrize("code", LANGUAGES)
def test_methods_that_cost_more_a_step_say_so(code: str) -> None:
    text = Text(code)
    app = open_page(lang=code, runs="sgd;newton", steps="5")
    assert text("fair.work") in said(app)
    tune(app)
    assert text("fair.verdict.scope", starts=9, steps=5) in said(app)
    assert text("fair.work") not in said(open_page(lang=code, runs="sgd;adam"))


def test_cancel_keeps_what_was_found() -> None:
    app = tune(open_page(steps="20", runs="sgd"))
    app.slider(key="trajectories.steps").set_value(2000).run()
    app.button(key="fair.tune").click().run()
    check(app)
    if "fair.cancel" in keys(app):
        app.button(key="fair.cancel").click().run()
        check(app)
    app.slider(key="trajectories.steps").set_value(20).run()
    check(app)
    assert "works best at" in said(app)
