"""The Recommender page's story, without a browser, and what vandals may try."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from optviz.core.problem import Problem
from optviz.jobs import default_backend
from optviz.language import Text
from optviz.recommender.config import CONTROLS, MODELS, SPLITS, make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.presets import PRESETS
from optviz.recommender.storage import dump_model
from optviz.ui.recommender_runs import MOST, Runs
from optviz.ui.recommender_state import KEPT, SCENES, RecommenderState, fields_of

from .apps import check, open_app, open_tab, said, until

EN = Text("en")


def open_page(**query: str) -> AppTest:
    return open_app("recommender", **query)


def settled(app: AppTest) -> AppTest:
    """Look again until nothing runs and nothing is read."""

    def rests() -> bool:
        reading = EN("recommender.data.reading") in said(app)
        return not app.button(key="recommender.train").disabled and not reading

    until(app, rests)
    return app


OWN = "user,item,rating\n" + "".join(
    f"{u},{i},{1 + (u * i) % 5}\n" for u in range(9) for i in range(9)
)


def test_it_opens_on_a_model_that_has_learnt() -> None:
    app = open_page()
    assert app.title[0].value == EN("recommender.question")
    assert "100,004 ratings · 671 users · 9,066 movies" in said(app)
    assert "**Validation MSE 0.7634** after epoch 3 of 3." in said(app)
    assert "the lesson's split (seed 42): 80,004 ratings to learn from, 20,000 held out" in said(
        app
    )
    assert EN("recommender.unseen.bias", count="742") in said(app)
    assert "496,587 numbers to learn" in said(app)
    assert [tab.label for tab in app.tabs] == [
        EN(f"recommender.tab.{name}")
        for name in ("mine", "one_user", "one_movie", "worked", "bias", "quality")
    ]


@pytest.mark.parametrize("scene", [name for name in SCENES if name != "mine"])
def test_scenes_set_up_their_recipe_and_train(scene: str) -> None:
    app = open_page()
    app.button(key=f"recommender.scene.{scene}").click().run()
    check(app)
    assert EN(f"recommender.scene.{scene}.notice") in said(app)
    assert app.radio(key="recommender.model").value == SCENES[scene]["model"]
    assert not app.button(key="recommender.stop").disabled
    app.button(key="recommender.stop").click().run()
    settled(app)


def test_train_leave_return_and_see_results() -> None:
    app = open_page(model="als", n_factors="5", epochs="3")
    assert EN("recommender.status.stale") in said(app)
    app.button(key="recommender.train").click().run()
    check(app)
    app.switch_page("app.py").run()
    app.switch_page("pages/recommender.py").run()
    check(app)
    settled(app)
    assert "after epoch 3 of 3" in said(app)
    assert EN("recommender.status.stale") not in said(app)
    open_tab(app, EN("recommender.tab.one_user"))
    app.selectbox(key="recommender.user").set_value(4).run()
    check(app)
    assert EN("recommender.seen", count="100", mean="3.91") in said(app)
    app.button(key="recommender.another").click().run()
    check(app)


def test_each_protocol_says_what_it_measures_and_what_it_lacks() -> None:
    app = open_page(model="als", n_factors="2", epochs="1")
    for split in SPLITS:
        app.selectbox(key="recommender.split").set_value(split).run()
        check(app)
        assert EN(f"split.{split}.explain") in said(app)
    lacking = EN("problem.split.no_official", name="u1")
    assert lacking in [warning.value for warning in app.warning]
    app.button(key="recommender.train").click().run()
    assert [warning.value for warning in app.warning].count(lacking) == 2
    app.selectbox(key="recommender.split").set_value("cold_items").run()
    app.button(key="recommender.train").click().run()
    settled(app)
    assert EN("recommender.split.cold_items") in said(app)
    held = re.search(r"learn from, ([\d,]+) held out", said(app))
    assert held is not None
    assert EN("recommender.unseen.bias", count=held[1]) in said(app)


def test_cross_validation_trains_a_run_for_each_fold_and_tells_the_mean() -> None:
    app = open_page(model="als", n_factors="2", epochs="1", split="folds", n_folds="3")
    app.button(key="recommender.train").click().run()
    check(app)
    settled(app)
    options = look(app).options
    assert [option for option in options if "fold" in option] == [
        EN("recommender.race.fold", number=n, fold=n) for n in (1, 2, 3)
    ]
    told = re.search(r"3-fold cross-validation, ALS: validation MSE (.*?) ± (.*?)\*\*", said(app))
    assert told is not None
    assert 0.7 < float(told[1]) < 0.9 and 0 < float(told[2]) < 0.02
    look(app).set_value(2).run()
    assert "fold 3 of 3" in said(app)
    assert EN("recommender.status.stale") not in said(app)
    app.slider(key="recommender.n_folds").set_value(6).run()
    app.button(key="recommender.train").click().run()
    full = EN("problem.recommender.folds", folds=6, free=MOST - 3, most=MOST)
    assert full in [warning.value for warning in app.warning]
    assert len([option for option in look(app).options if "fold" in option]) == 3


def test_the_lessons_recipes_stand_beside_what_it_printed() -> None:
    app = open_page()
    for name, preset in PRESETS.items():
        printed = "not known" if preset.printed is None else f"{preset.printed:g}"
        row = f"| {EN(f'preset.{name}')} | {printed} | {preset.reached:.4f} | – |"
        assert row in said(app)
    (box,) = [b for b in app.selectbox if (b.key or "").startswith("recommender.lesson.")]
    box.set_value("lesson_net").run()
    app.button(key="recommender.lesson.set_up").click().run()
    check(app)
    assert app.radio(key="recommender.model").value == "net"
    assert RecommenderState(**fields_of(PRESETS["lesson_net"].config)).config() == (
        PRESETS["lesson_net"].config
    )


def test_pause_resume_and_stop() -> None:
    app = open_page(epochs="30")
    app.button(key="recommender.train").click().run()
    app.button(key="recommender.pause").click().run()
    check(app)
    app.button(key="recommender.resume").click().run()
    check(app)
    app.button(key="recommender.stop").click().run()
    check(app)
    settled(app)


def test_a_double_click_starts_one_run() -> None:
    every = Runs()
    config = RecommenderState(model="als", n_factors=2, epochs=1).config()
    every.start(config)
    first = every.run
    every.start(config)
    assert every.run is first
    assert first is not None and first.job is not None
    first.job.cancel()


def quick(app: AppTest, **fields: object) -> AppTest:
    """Train with other settings, to the end."""
    for name, value in fields.items():
        app.slider(key=f"recommender.{name}").set_value(value).run()
    app.button(key="recommender.train").click().run()
    check(app)
    return settled(app)


def look(app: AppTest) -> Any:
    (box,) = [box for box in app.selectbox if (box.key or "").startswith("recommender.look.")]
    return box


def test_several_runs_race_are_named_repeated_exported_and_deleted() -> None:
    app = open_page(model="als", n_factors="2", epochs="1")
    assert not [box for box in app.selectbox if (box.key or "").startswith("recommender.look.")]
    quick(app)
    quick(app, n_factors=5)
    assert look(app).options == [EN("recommender.race.bundled"), "Run 1", "Run 2"]
    assert look(app).value == 1
    table = said(app)
    assert "| Ready-made :material/trophy:" in table.replace("**", "")
    assert table.count(EN("control.n_factors.label")) >= 1
    assert "1 of 1" in table
    # Look at another one: its results, its name.
    look(app).set_value(0).run()
    check(app)
    assert "**Validation MSE" in said(app)
    app.text_input(key="recommender.name.0").set_value(" two   factors ").run()
    check(app)
    assert look(app).options[1] == "two factors"
    for bad in ("Run 2", "x" * 25):
        app.text_input(key="recommender.name.0").set_value(bad).run()
        check(app)
        assert app.warning and look(app).options[1] == "two factors"
    app.text_input(key="recommender.name.0").set_value("a|b*<i>$x").run()
    check(app)
    # Its recipe, then the same with another seed.
    app.button(key="recommender.adopt").click().run()
    assert app.slider(key="recommender.n_factors").value == 2
    assert EN("recommender.status.stale") not in said(app)
    app.button(key="recommender.repeat").click().run()
    settled(app)
    assert look(app).options[-1] == "Run 3" and look(app).value == 2
    assert app.text_input(key="recommender.seed.typed").value == "1"
    # By time, without the others, in Chinese; away and back.
    app.selectbox(key="recommender.axis.en").set_value("seconds").run()
    check(app)
    (pills,) = [group for group in app.button_group if "drawn" in (group.key or "")]
    pills.set_value([]).run()
    check(app)
    app.switch_page("app.py").run()
    app.switch_page("pages/recommender.py").run()
    check(app)
    assert app.selectbox(key="recommender.axis.en").value == "seconds"
    assert look(app).value == 2
    app.session_state["language code"] = "zh"
    app.run()
    check(app)
    app.button(key="recommender.delete").click().run()
    check(app)
    assert look(app).options == [Text("zh")("recommender.race.bundled"), "a|b*<i>$x", "第 2 次"]


def test_a_training_is_held_in_the_hand() -> None:
    app = open_page(n_factors="2", batch_size="4096", epochs="3", schedule="constant")
    app.button(key="recommender.train").click().run()
    app.button(key="recommender.pause").click().run()

    def holds(steps: int) -> Callable[[], bool]:
        words = EN("recommender.progress.steps", steps=steps)
        return lambda: f"{words} · {EN('jobs.state.paused')}" in progress(app)

    # Back to the beginning; a batch, and the rest of the epoch.
    app.selectbox(key="recommender.hand.to.en.0").set_value(0).run()
    app.button(key="recommender.hand.back").click().run()
    until(app, lambda: not app.button(key="recommender.hand.batch").disabled and waits(app))
    app.button(key="recommender.hand.batch").click().run()
    until(app, holds(1))
    app.button(key="recommender.hand.epoch").click().run()
    until(app, holds(20))
    first = [line for line in said(app).splitlines() if "after epoch 1 of 3" in line]
    # Another rate; what cannot be one gets a sentence.
    app.text_input(key="recommender.hand.lr.0").set_value("fast").run()
    check(app)
    assert app.warning
    app.text_input(key="recommender.hand.lr.0").set_value("0.5").run()
    check(app)
    assert not app.warning
    app.button(key="recommender.hand.epoch").click().run()
    until(app, holds(40))
    assert "0.01 → 0.5" in said(app)
    # Back from there: the first epoch is as it was, and so is the rate.
    app.selectbox(key="recommender.hand.to.en.0").set_value(1).run()
    app.button(key="recommender.hand.back").click().run()
    until(app, lambda: waits(app))
    assert [line for line in said(app).splitlines() if "after epoch 1 of 3" in line] == first
    assert app.text_input(key="recommender.hand.lr.0").value == "0.01"
    assert "0.01 → 0.5" not in said(app)
    app.button(key="recommender.resume").click().run()
    settled(app)
    assert "after epoch 3 of 3" in said(app)
    # The same numbers as a run that nobody touched.
    untouched = fit_model(
        RecommenderState(n_factors=2, batch_size=4096, epochs=3, schedule="constant").config(),
        load_ratings(),
    )
    assert f"**Validation MSE {untouched.valid_mse:.4f}**" in said(app)


@pytest.mark.parametrize("model", ["als", "net"])
def test_what_moves_inside_is_drawn_when_asked_for(model: str) -> None:
    app = open_page(model=model, n_factors="2", batch_size="4096", epochs="2")
    assert "recommender.inside" not in [toggle.key for toggle in app.toggle]
    app.button(key="recommender.train").click().run()
    settled(app)
    heap, way = ("mean", "solved") if model == "als" else ("narrow", "adam")
    assert EN(f"recommender.inside.moves_{way}") not in said(app)
    app.toggle(key="recommender.inside").set_value(True).run()
    check(app)
    assert EN(f"recommender.inside.moves_{way}") in said(app)
    assert EN(f"recommender.inside.heap_{heap}") in said(app)
    app.switch_page("app.py").run()
    app.switch_page("pages/recommender.py").run()
    check(app)
    assert app.toggle(key="recommender.inside").value


def progress(app: AppTest) -> str:
    return "\n".join(element.proto.text for element in app.get("progress"))


def waits(app: AppTest) -> bool:
    return "recommender.resume" in [button.key for button in app.button]


def test_a_run_whose_worker_dies_goes_on_from_its_last_checkpoint() -> None:
    app = open_page(n_factors="2", batch_size="4096", epochs="60", schedule="constant")
    app.button(key="recommender.train").click().run()
    until(app, lambda: "after epoch" in said(app))
    backend: Any = default_backend()
    for worker, seat in list(backend._seats.items()):
        if seat.work is not None:
            worker.kill()
    until(app, lambda: waits(app))
    (kept,) = re.findall(r"The epochs up to number (\d+) are kept", said(app))
    assert EN("problem.jobs.worker_died") in said(app)
    app.button(key="recommender.resume").click().run()
    check(app)
    settled(app)
    assert int(kept) > 0 and "after epoch 60 of 60" in said(app)


def test_patience_ends_early_and_says_so() -> None:
    app = open_page(n_factors="20", batch_size="1024", epochs="30", lr="0.05", patience="1",
                    schedule="constant", weight_decay="0.0")  # fmt: skip
    app.button(key="recommender.train").click().run()
    settled(app)
    assert "Ended early, its patience of 1 used up." in said(app)


def test_more_runs_than_a_chart_can_tell_apart_get_a_sentence() -> None:
    every = Runs()
    config = RecommenderState(model="als", n_factors=2, epochs=1).config()
    for seed in range(MOST):
        every.start(config.replace(seed=seed))
    shown = every.shown
    assert len({run.place for run in shown}) == MOST + 1
    with pytest.raises(Problem, match="8 runs"):
        every.start(config.replace(seed=MOST))
    assert every.busy == MOST and every.shown == shown
    for run in shown[1:]:
        every.delete(run)
    assert every.shown == shown[:1] and not every.busy
    every.start(config)
    every.delete(every.shown[1])


def test_the_language_changes_while_it_trains() -> None:
    app = open_page(epochs="30", n_factors="7", optimizer="sgd")
    app.button(key="recommender.train").click().run()
    app.button(key="recommender.pause").click().run()
    app.session_state["language code"] = "zh"
    app.run()
    check(app)
    assert app.title[0].value == Text("zh")("recommender.question")
    assert app.slider(key="recommender.n_factors").value == 7
    assert app.selectbox(key="recommender.optimizer").value == "sgd"
    assert app.radio(key="recommender.model").value == "dot_bias"
    assert not app.button(key="recommender.resume").disabled  # the run is still there
    app.button(key="recommender.stop").click().run()
    check(app)


def test_a_huge_rate_is_said_kindly() -> None:
    app = open_page(lr="1000000000.0", optimizer="sgd", epochs="1")
    app.button(key="recommender.train").click().run()
    settled(app)
    assert "Diverged at step" in said(app)
    assert EN("recommender.results.none") in said(app)


def test_own_ratings_are_read_trained_on_and_given_back() -> None:
    app = open_page()
    app.file_uploader(key="recommender.upload.0").upload("own.csv", OWN.encode()).run()
    check(app)
    settled(app)
    assert "81 ratings · 9 users · 9 movies" in said(app)
    assert EN("recommender.data.yours") in said(app)
    assert EN("recommender.status.before") in said(app)
    app.button(key="recommender.train").click().run()
    settled(app)
    assert "65 ratings to learn from, 16 held out" in said(app)
    open_tab(app, EN("recommender.tab.one_user"))
    assert EN("recommender.table.none") in said(app)
    assert EN("recommender.device.processor") in said(app)
    app.button(key="recommender.bundled").click().run()
    check(app)
    assert "100,004 ratings" in said(app)
    assert "Validation MSE 0.7634" in said(app)


def test_ratings_with_ids_in_letters_leave_the_map_of_movies_whole() -> None:
    app = open_page(model="als", n_factors="2", epochs="1", tab="one_user")
    rows = "".join(f"u{u},m{i},{1 + (u * i) % 5}\n" for u in range(9) for i in range(9))
    table = ("user,item,rating\n" + rows).encode()
    app.file_uploader(key="recommender.upload.0").upload("own.csv", table).run()
    settled(app)
    app.button(key="recommender.train").click().run()
    settled(app)
    app.button(key="recommender.another").click().run()
    check(app)
    app.switch_page("pages/embeddings.py").run()
    check(app)


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_recipe_follows_ratings_of_another_size_unless_set_by_hand(by_hand: bool) -> None:
    app = open_page(**{"batch_size": "300"} if by_hand else {})
    rows = "".join(f"{u},{i},{1 + (u * i) % 5}\n" for u in range(450) for i in range(450))
    app.file_uploader(key="recommender.upload.0").upload(
        "many.csv", f"user,item,rating\n{rows}".encode()
    ).run()
    settled(app)
    suits = EN("recommender.data.large", batch="512", decay="9.9e-05", steps="317")
    assert suits in said(app)
    assert app.query_params["batch_size"] == ("300" if by_hand else "512")
    app.button(key="recommender.bundled").click().run()
    check(app)
    assert suits not in said(app)
    assert ("batch_size" in app.query_params) == by_hand


def test_the_files_of_an_archive_are_read_together() -> None:
    app = open_page()
    rows = "".join(f"{u},{i},{1 + (u + i) % 5},9\n" for u in range(9) for i in range(9))
    ratings = ("userId,movieId,rating,timestamp\n" + rows).encode()
    movies = "movieId,title,genres\n" + "".join(f"{i},Film {i} (1999),Drama\n" for i in range(9))
    app.file_uploader(key="recommender.upload.0").set_value(
        [("ratings.csv", ratings, "text/csv"), ("movies.csv", movies.encode(), "text/csv")]
    ).run()
    settled(app)
    assert "81 ratings · 9 users · 9 movies" in said(app)


def test_bad_ratings_change_nothing() -> None:
    app = open_page()
    app.file_uploader(key="recommender.upload.0").upload("ml.zip", b"PK\x03\x04 cut off").run()
    settled(app)
    assert EN("problem.data.broken_zip") in said(app)
    assert "100,004 ratings" in said(app)


def test_a_saved_model_is_opened_with_its_recipe() -> None:
    config = make_config("als", n_factors=3, epochs=2)
    content = dump_model(fit_model(config, load_ratings()))
    app = open_page()
    app.file_uploader(key="recommender.open").upload("a.safetensors", content).run()
    check(app)
    assert EN("recommender.results.file") in [heading.value for heading in app.subheader]
    assert "after epoch 2 of 2" in said(app)
    assert app.slider(key="recommender.n_factors").value == 3
    assert EN("recommender.status.stale") not in said(app)


def test_foreign_models_change_nothing() -> None:
    app = open_page()
    for name, content in (("a.bin", b"not a model"), ("b.pkl", b"\x80\x04cos\nsystem\n.")):
        app.file_uploader(key="recommender.open").upload(name, content).run()
        check(app)
        assert EN("problem.model.unreadable") in said(app)
        assert "Validation MSE 0.7634" in said(app)


def test_settings_out_of_range_get_a_sentence() -> None:
    app = open_page()
    for written in ("1e99", "-1", "many", "nan", ""):
        app.text_input(key="recommender.lr.typed").set_value(written).run()
        check(app)
        assert app.warning, written
    app.text_input(key="recommender.lr.typed").set_value("1e9").run()
    assert not app.warning


def test_what_was_typed_wrong_waits_for_the_user_and_gives_way_to_a_scene() -> None:
    app = open_page()
    app.text_input(key="recommender.lr.typed").set_value("many").run()
    app.switch_page("app.py").run()
    app.switch_page("pages/recommender.py").run()
    check(app)
    assert app.text_input(key="recommender.lr.typed").value == "many"
    assert app.warning
    app.button(key="recommender.scene.library").click().run()
    check(app)
    assert app.text_input(key="recommender.lr.typed").value == "0.01"
    assert not app.warning
    app.button(key="recommender.stop").click().run()


def test_widgets_know_their_value_in_every_run() -> None:
    """What a run sends is lost when the next begins too soon; then the default must be right."""
    app = open_page(epochs="8", optimizer="adamw")
    app.run()
    assert app.text_input(key="recommender.lr.typed").proto.default == "0.01"
    assert list(app.slider(key="recommender.epochs").proto.default) == [8]
    assert app.radio(key="recommender.model").proto.default == list(MODELS).index("dot_bias")
    optimizer = app.selectbox(key="recommender.optimizer").proto
    assert optimizer.options[optimizer.default] == EN("choice.optimizer.adamw")


@pytest.mark.parametrize("model", ["als", "joint", "dot_bias", "net"])
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
    assert set(names) == {*CONTROLS, *KEPT}
    assert set(fields_of(RecommenderState().config())) == set(CONTROLS)


def test_the_structure_is_drawn_with_the_shapes_that_the_controls_give_it() -> None:
    def drawn(**query: str) -> str:
        app = open_page(model="net", **query)
        check(app)
        return next(e.proto.body for e in app.get("html") if 'class="ov-flow"' in e.proto.body)

    first = drawn(n_factors="4", hidden="7", dropout="0.25")
    for shape in ("671 × 4", "9,066 × 4", "7 × 8", "1 × 7", "dropout 25 %", "0 … 5.5 ★"):
        assert shape in first
    assert "bn" not in first
    other = drawn(n_factors="4", hidden="7", batch_norm="on", sigmoid="off")
    assert ">bn<" in other
    assert "σ" not in other
