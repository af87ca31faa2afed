"""The Regularisation page's story, without a browser, and what vandals may try."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from optviz.core.decay import RULES, decayed
from optviz.core.surfaces import SURFACES
from optviz.language import Text
from optviz.ui.regularisation_state import SCENES, RegularisationState

from .apps import ROOT, check, keys, open_app, said, until

EN = Text("en")
QUICK = {"depth": "1", "epochs": "1", "points": "11"}


def open_page(**query: str) -> AppTest:
    return open_app("regularisation", **query)


def finish(app: AppTest) -> AppTest:
    """Look again until nothing is computed."""
    until(app, lambda: "regularisation.cancel" not in keys(app))
    return app


def test_it_opens_on_a_minimum_that_has_moved() -> None:
    app = open_page()
    assert app.title[0].value == EN("regularisation.question")
    assert EN("regularisation.scene.moves.notice") in said(app)
    # What the notice says is what the page computes.
    assert "(1, 1) → (0.554, 0.305), moved by **0.826** · **κ** 2,508 → **207**" in said(app)
    assert "**The two runs agree**" in said(app)


def test_changing_the_decay_moves_the_numbers() -> None:
    app = open_page(surface="booth", lr="0.03", start="-8,-6", steps="300")
    app.text_input(key="regularisation.decay.typed").set_value("2").run()
    check(app)
    assert "→ (1.3, 2.3), moved by **0.762** · **κ** 9 → **5**" in said(app)
    app.text_input(key="regularisation.decay.typed").set_value("0").run()
    check(app)
    assert "moved by **0** · **κ** 9 → **9**" in said(app)


def test_the_notices_are_true() -> None:
    app = open_page()
    app.button(key="regularisation.scene.agree").click().run()
    check(app)
    assert "**κ** 9 → **5**" in said(app) and "**The two runs agree**" in said(app)
    app.button(key="regularisation.scene.part").click().run()
    check(app)
    assert "**The two runs part**" in said(app)
    from optviz.core.decay import decay_pair

    state = RegularisationState(**SCENES["part"])
    pair = decay_pair(state.surface, "adam", state.decay, state.start, state.steps, lr=state.lr)
    assert pair.l2.status == "converged"
    assert pair.decoupled.points[-1].round(2).tolist() == [1.98, 1.85]
    app.button(key="regularisation.scene.memory").click().run()
    check(app)
    state = RegularisationState(**SCENES["memory"])
    pair = decay_pair(state.surface, "momentum", state.decay, state.start, state.steps, lr=state.lr)
    gone = [sum((end - old) ** 2 for end, old in zip(path.points[-1], (1, 3), strict=True))
            for path in (pair.decoupled, pair.l2)]  # fmt: skip
    assert gone[0] < 0.1 * gone[1]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_says_what_to_notice(scene: str, language: str) -> None:
    app = open_page(lang=language)
    app.button(key=f"regularisation.scene.{scene}").click().run()
    check(app)
    assert Text(language)(f"regularisation.scene.{scene}.notice") in said(app)
    if language == "en":  # what is measured is the same in all
        finish(app)
    assert not app.warning
    assert Text(language)("regularisation.stale") not in said(app)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_with_every_method(surface: str) -> None:
    app = open_page()
    for name in ("bowl", surface):  # whatever stood there before
        app.selectbox(key="regularisation.surface.en").set_value(name).run()
        check(app)
    for rule in RULES:
        app.button_group(key="regularisation.rule.en").set_value(rule).run()
        check(app)
    assert decayed(surface, 1.0) is not None


def test_batch_normalisation_is_measured() -> None:
    app = finish(open_page(part="norm", **QUICK))
    assert "**Rates that work**" in said(app)
    assert "**After training**" in said(app)
    assert EN("regularisation.norm.read.modes") in said(app)
    assert "Batches of **16**" in said(app)
    # Another batch to look at needs no other calculation.
    app.select_slider(key="regularisation.shown.pick").set_value(2).run()
    check(app)
    assert "Batches of **2**" in said(app)
    assert "regularisation.cancel" not in keys(app)


def test_an_edit_dims_what_was_measured_and_going_back_shows_it_again() -> None:
    app = finish(open_page(part="norm", **QUICK))
    app.slider(key="regularisation.depth").set_value(2).run()
    check(app)
    assert not app.button(key="regularisation.compute").disabled
    app.slider(key="regularisation.depth").set_value(1).run()
    check(app)
    assert app.button(key="regularisation.compute").disabled
    app.slider(key="regularisation.depth").set_value(2).run()
    app.button(key="regularisation.compute").click().run()
    check(app)
    finish(app)
    assert app.button(key="regularisation.compute").disabled


@pytest.mark.parametrize("part", ["norm", "landscape"])
def test_what_is_under_way_can_be_cancelled(part: str) -> None:
    app = open_page(part=part, depth="8", epochs="50", points="61")
    app.button(key="regularisation.cancel").click().run()
    check(app)
    app.run()
    check(app)
    assert "regularisation.cancel" not in keys(app)
    assert not app.button(key="regularisation.compute").disabled


@pytest.mark.parametrize("model", ["digits", "dot_bias", "net"])
def test_every_network_has_its_landscape(model: str) -> None:
    app = finish(open_page(part="landscape", model=model, optimizers="adam", **QUICK))
    assert "The plane holds" in said(app)
    (table,) = (frame.value for frame in app.dataframe)
    assert len(table) == 1 and table.iloc[0, 1] == pytest.approx(table.iloc[0, 2])
    assert "11 × 11 points" in said(app)


def test_paths_are_ticked_and_at_least_one_is_needed() -> None:
    app = finish(open_page(part="landscape", optimizers="sgd", directions="random", **QUICK))
    assert EN("regularisation.landscape.random") in said(app)
    app.checkbox(key="regularisation.follow.adamw").check().run()
    check(app)
    assert app.session_state["state:regularisation"].optimizers == ("sgd", "adamw")
    app.checkbox(key="regularisation.follow.adamw").uncheck().run()
    app.checkbox(key="regularisation.follow.sgd").uncheck().run()
    check(app)
    assert EN("problem.landscape.nobody") in said(app)
    app.checkbox(key="regularisation.follow.sgd").check().run()
    check(app)
    assert EN("problem.landscape.nobody") not in said(app)


def test_the_recommender_s_button_leads_to_its_landscape() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/recommender.py").run()
    check(app)
    app.button(key="recommender.landscape").click().run()
    check(app)
    assert app.title[0].value == EN("regularisation.question")
    state = app.session_state["state:regularisation"]
    assert (state.part, state.model, state.optimizers) == ("landscape", "dot_bias", ("adam",))


@pytest.mark.parametrize("written", ["1e99", "-1", "many", "nan", "", "11"])
def test_a_decay_that_cannot_be_used_stays_with_a_sentence(written: str) -> None:
    app = open_page()
    app.text_input(key="regularisation.decay.typed").set_value(written).run()
    check(app)
    assert app.warning
    assert "**The two runs agree**" in said(app)  # the last good picture stays


def test_runs_that_leave_are_told_so() -> None:
    app = open_page(surface="rosenbrock", lr="100.0")
    assert "**The two runs" in said(app) or EN("regularisation.decay.gap_none") in said(app)


def test_links_with_nonsense_are_explained() -> None:
    app = open_page(surface="alp", rule="luck", decay="-1", batch="7", optimizers="sgd,luck")
    assert len(app.warning) == 5


@pytest.mark.parametrize("scene", SCENES)
def test_the_state_survives_a_link(scene: str) -> None:
    state = RegularisationState(**SCENES[scene])
    again, problems = RegularisationState.from_query(state.to_query())
    assert again == state and not problems
