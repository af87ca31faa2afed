"""The search for good settings on the Recommender page: set up, live, stopped, used, measured."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from optviz.core.problem import Problem
from optviz.jobs import JobFailed
from optviz.jobs.record import Record
from optviz.language import Text
from optviz.recommender.config import DEFAULTS
from optviz.recommender.data import load_ratings
from optviz.recommender.search_space import Range, SearchPlan
from optviz.ui.recommender_run import Data
from optviz.ui.recommender_search_run import TRIAL, Search

from .apps import check, open_app, said, until

EN = Text("en")


def label(name: str) -> str:
    return EN(f"recommender.search.{name}")


def test_the_story_of_a_search() -> None:
    app = open_app(
        "recommender", model="als", n_factors="3", epochs="3", search="1", search_trials="6",
        searched="n_factors:2:6,regularization:0.05:0.5",
    )  # fmt: skip
    assert label("about") in said(app)
    assert app.multiselect[0].value == ["n_factors", "regularization"]
    low = app.text_input(key="recommender.searched.n_factors.low")
    assert low.value == "2"
    low.set_value("7").run()
    check(app)
    assert "A range from 7 to 6 cannot be searched" in said(app)
    low.set_value("2").run()
    app.button(key="recommender.search.begin").click().run()
    check(app)
    until(app, lambda: "**Best so far" in said(app))
    until(app, lambda: not app.button(key="recommender.search.begin").disabled)
    bars = [bar.proto.text for bar in app.get("progress")]
    assert any(bar.startswith("6 of 6 trials ended") for bar in bars), bars
    assert "judged on 16,000 of the 80,004 training ratings" in said(app)
    app.button(key="recommender.search.use").click().run()
    check(app)
    until(app, lambda: "measured once.**" in said(app))
    assert app.slider(key="recommender.n_factors").value in range(2, 7)


def test_the_search_s_settings_stay_when_a_scene_changes_the_recipe() -> None:
    app = open_app("recommender", search="1", search_trials="7", searched="lr:0.001:0.1")
    app.slider(key="recommender.search_at_once").set_value(3).run()
    app.radio(key="recommender.model").set_value("als").run()
    check(app)
    assert app.multiselect[0].value == ["n_factors", "regularization"]
    app.radio(key="recommender.model").set_value("dot_bias").run()
    check(app)
    assert app.multiselect[0].value == ["lr"]
    assert app.text_input(key="recommender.search_trials.typed").value == "7"
    assert app.slider(key="recommender.search_at_once").value == 3


# --- The search itself, on a backend that does what it is told -------------------------------


class Job:
    """A trial's job in the hand of a test."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config, self.calls = config, list[str]()
        self.record = Record("one", TRIAL)
        self.record.enter("running")

    state = property(lambda self: self.record.state)
    error = property(lambda self: self.record.error)

    def events(self, since: int = 0) -> Any:
        return self.record.events(since)

    def result(self, timeout: float | None = None) -> Any:
        return self.record.result(timeout)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name not in ("pause", "resume", "stop", "cancel"):
            raise AttributeError(name)
        return lambda: self.calls.append(name)

    def epoch(self, epoch: int, error: float) -> None:
        data = {"epoch": epoch, "error": error, "seconds": 1.0 * epoch}
        self.record.add_event("epoch", data, 1.0)


class Backend:
    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, task: str, /, **arguments: Any) -> Any:
        assert task == TRIAL
        self.jobs.append(Job(arguments["config"]))
        return self.jobs[-1]

    def warm(self, *modules: str) -> None: ...

    def shutdown(self) -> None: ...


def wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def begun(**more: Any) -> tuple[Search, Backend]:
    backend = Backend()
    config = DEFAULTS["dot_bias"].replace(epochs=3)
    plan = SearchPlan(config, (Range("lr", 1e-4, 1.0),), **{"n_trials": 6, **more})
    return Search(plan, Data(load_ratings()), backend), backend


def test_so_many_trials_at_a_time_and_a_dead_one_is_a_failed_one() -> None:
    search, backend = begun(at_once=2)
    wait(lambda: len(backend.jobs) == 2)
    backend.jobs[0].record.fail(JobFailed("problem.jobs.worker_died"))
    wait(lambda: len(backend.jobs) == 3)
    assert search.trials[0].state == "failed" and search.busy
    for place in range(1, 6):
        wait(lambda place=place: len(backend.jobs) > place)  # type: ignore[misc]
        backend.jobs[place].epoch(1, 0.9)
        backend.jobs[place].record.finish(1.5)
    wait(lambda: search.state == "done")
    assert [trial.state for trial in search.trials] == ["failed", *["done"] * 5]
    assert search.trials[1].seconds == 1.5
    assert search.best is search.trials[1]
    search.go_on()
    wait(lambda: len(backend.jobs) == 8)
    assert search.plan.n_trials == 12 and search.asked.n_trials == 6
    search.stop()


def test_pause_stop_and_going_on() -> None:
    search, backend = begun(at_once=2)
    wait(lambda: len(search.trials) == 2)
    search.pause()
    assert search.state == "paused" and [job.calls for job in backend.jobs] == [["pause"]] * 2
    backend.jobs[0].epoch(1, 0.9)
    backend.jobs[0].record.finish(1.0)
    wait(lambda: search.trials[0].state == "done")
    assert len(backend.jobs) == 2  # none begins in a pause
    search.go_on()
    wait(lambda: len(backend.jobs) == 3)
    assert backend.jobs[1].calls == ["pause", "resume"]
    search.stop()
    assert search.state == "stopped" and backend.jobs[1].calls[-1] == "cancel"
    assert [trial.state for trial in search.trials] == ["done", "stopped", "stopped"]
    assert search.best is search.trials[0]


def test_a_trial_that_is_behind_is_asked_to_end() -> None:
    search, backend = begun(at_once=1)
    for place in range(5):
        wait(lambda place=place: len(backend.jobs) > place)  # type: ignore[misc]
        backend.jobs[place].epoch(1, 0.9)
        backend.jobs[place].epoch(2, 0.8 if place < 4 else 0.95)
        if place < 4:
            backend.jobs[place].epoch(3, 0.7)
            backend.jobs[place].record.finish(1.0)
    wait(lambda: backend.jobs[4].calls == ["stop"])
    assert search.trials[4].state == "pruned" and len(backend.jobs) == 5
    backend.jobs[4].record.finish(0.5)
    wait(lambda: len(backend.jobs) == 6)
    search.stop()


def test_where_all_fail_the_reason_is_said() -> None:
    search, backend = begun(at_once=1)
    for place in range(3):
        wait(lambda place=place: len(backend.jobs) > place)  # type: ignore[misc]
        backend.jobs[place].record.fail(Problem("problem.data.empty"))
    wait(lambda: search.state == "failed")
    assert search.problem is not None and search.problem.key == "problem.data.empty"


def test_a_search_that_nobody_holds_ends() -> None:
    search, backend = begun(at_once=1)
    wait(lambda: len(backend.jobs) == 1)
    held = weakref.ref(search)
    del search
    wait(lambda: gc.collect() >= 0 and held() is None)
    wait(lambda: all(thread.name != "optviz-search" for thread in threading.enumerate()))


@pytest.mark.parametrize("at_once", [1, 3])
def test_after_so_many_seconds_no_other_begins(at_once: int) -> None:
    search, backend = begun(at_once=at_once, seconds=0.01)
    wait(lambda: len(search.trials) > 0 or search.state == "done")
    wait(lambda: search.seconds > 0.01)
    for job in backend.jobs:
        job.record.finish(1.0)
    wait(lambda: search.state == "done")
    assert len(backend.jobs) <= at_once
