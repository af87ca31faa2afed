"""The search: its ranges, its rows, what its study learns, and its trial as a task."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.recommender import search_tasks
from optviz.recommender.config import CONTROLS, DEFAULTS, MODELS, TrainConfig, make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.search import ENOUGH, Study
from optviz.recommender.search_space import (
    Range,
    SearchPlan,
    ranges_for,
    read_ranges,
    search_rows,
    searchable,
    usual_range,
    write_ranges,
)
from optviz.recommender.search_trials import (
    SearchTrial,
    best_trial,
    trials_to_csv,
    trials_to_json,
)
from optviz.recommender.split import split_rows

from .test_training import QUICK, small

DOT = DEFAULTS["dot_bias"]


def plan(*ranges: Range, config: TrainConfig = DOT, **more: Any) -> SearchPlan:
    return SearchPlan(config, ranges or ranges_for(config, ()), at_once=1, **more)


def bowl(config: TrainConfig) -> float:
    """An error that depends on the rate alone: least at 0.01."""
    return 0.8 + (math.log10(config.lr) + 2) ** 2


def driven(study: Study, n: int, error: Callable[[TrainConfig], float] = bowl) -> list[SearchTrial]:
    """So many trials, one at a time; each epoch's error is a little above what is reached."""
    for _ in range(n):
        trial = study.ask()
        epochs = trial.config.epochs
        for epoch in range(1, epochs + 1):
            here = error(trial.config) + 0.01 * (epochs - epoch)
            if not study.heard(trial.number, epoch, here, float(epoch)):
                break
        study.end(trial.number, "done", seconds=9.0)
    return list(study.trials)


# --- Ranges and rows -----------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_ranges_that_hold_its_own_recipe(model: str) -> None:
    ranges = ranges_for(DEFAULTS[model], ())
    assert len(ranges) >= 2
    for one in ranges:
        assert one.checked().holds(getattr(DEFAULTS[model], one.name))
        assert one.log == CONTROLS[one.name].log
    for name in searchable(DEFAULTS[model]):
        assert usual_range(name, model).checked().name == name


def test_a_setting_is_searched_only_where_it_can_matter() -> None:
    assert "momentum" not in searchable(DOT)
    assert "momentum" in searchable(DOT, ["optimizer"])
    assert "momentum" in searchable(DOT.replace(optimizer="sgd"))
    assert {"seed", "split", "model"} & set(searchable(DOT)) == set()
    chosen = [Range("hidden", 2, 9), Range("lr", 0.01, 0.1)]
    assert [one.name for one in ranges_for(DOT, chosen)] == ["lr"]
    assert ranges_for(DEFAULTS["als"], chosen) == ranges_for(DEFAULTS["als"], ())


def test_ranges_stand_in_an_address() -> None:
    ranges = (Range("lr", 1e-5, 0.123), Range("optimizer", options=("sgd", "adamw")))
    assert read_ranges(write_ranges(ranges)) == ranges
    assert read_ranges("") == ()


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("lr:0.1", "unreadable"),
        ("lr:a:b", "unreadable"),
        ("lr:nan:1", "ends"),
        ("lr:0:1", "ends"),
        ("lr:1:0.1", "ends"),
        ("dropout:0.2:2", "ends"),
        ("n_factors:2.5:9", "whole"),
        ("seed:0:9", "setting"),
        ("nonsense:0:9", "setting"),
        ("optimizer", "options"),
        ("optimizer:sgd:lion", "options"),
    ],
)
def test_a_range_that_cannot_be_is_refused_in_a_sentence(written: str, key: str) -> None:
    with pytest.raises(Problem) as caught:
        read_ranges(written)
    assert caught.value.key == f"problem.search.{key}"
    assert str(caught.value)


@pytest.mark.parametrize("config", [DOT, DOT.replace(split="random", seed=3)])
def test_trials_never_see_the_page_s_validation_rows(config: TrainConfig) -> None:
    train, valid = split_rows(small(), config)
    learnt, judged = search_rows(small(), config)
    assert not set(valid) & (set(learnt) | set(judged))
    assert sorted([*learnt, *judged]) == sorted(train)
    assert len(judged) == len(train) // 5
    few = load_ratings("\n".join(["user,item,rating", *(f"{n},{n % 3},{n % 5}"
                                   for n in range(10))]).encode())  # fmt: skip
    with pytest.raises(Problem, match="at least"):
        search_rows(few, config)


# --- The study -----------------------------------------------------------------------------


def test_the_page_s_own_recipe_comes_first_and_is_never_beaten_by_the_result() -> None:
    config = DOT.replace(lr=0.012345)
    trials = driven(Study(plan(Range("lr", 1e-4, 1.0), config=config)), 25)
    assert trials[0].config == config
    best = best_trial(trials)
    assert best is not None and best.value is not None and trials[0].value is not None
    assert best.value <= trials[0].value
    assert abs(math.log10(best.config.lr) + 2) < 0.2
    for trial in trials[1:]:
        assert 1e-4 <= trial.config.lr <= 1.0
        assert float(f"{trial.config.lr:.3g}") == trial.config.lr
        assert trial.config == config.replace(lr=trial.config.lr)


def test_a_recipe_outside_the_ranges_is_not_tried() -> None:
    (trial,) = driven(Study(plan(Range("lr", 0.1, 1.0))), 1)
    assert trial.config.lr >= 0.1


def test_one_at_a_time_the_same_seed_gives_the_same_trials() -> None:
    def configs(seed: int) -> list[TrainConfig]:
        return [trial.config for trial in driven(Study(plan(seed=seed)), 14)]

    assert configs(1) == configs(1) != configs(2)


def test_pruning_waits_and_ends_only_what_is_behind() -> None:
    config = DOT.replace(epochs=6)
    trials = driven(Study(plan(Range("lr", 1e-4, 1.0), config=config)), 25)
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert pruned and all(trial.value is None for trial in pruned)
    assert {len(trial.curve) for trial in pruned} == {3}  # after a third, at the first look
    assert all(trial.state == "done" for trial in trials[:4])
    best = best_trial(trials)
    assert best is not None and best.value is not None
    assert all(bowl(trial.config) > best.value for trial in pruned)
    whole = driven(Study(plan(Range("lr", 1e-4, 1.0), config=config, pruning=False)), 25)
    assert {trial.state for trial in whole} == {"done"}


def test_conditional_settings_are_chosen_where_they_are_used() -> None:
    study = Study(
        plan(
            usual_range("optimizer", "dot_bias"),
            usual_range("momentum", "dot_bias"),
            Range("lr", 0.01, 0.1),
        )
    )
    trials = driven(study, 12)
    assert {trial.config.optimizer for trial in trials} == set(CONTROLS["optimizer"].choices)
    for trial in trials:
        assert ("momentum" in trial.values) == (trial.config.optimizer == "sgd")
    assert "momentum" not in study.importances()


def test_a_trial_that_fails_or_diverges_is_told_as_such() -> None:
    study = Study(plan(Range("lr", 1e-4, 1.0)))
    failed, diverged, stopped = study.ask(), study.ask(), study.ask()
    problem = Problem("problem.jobs.worker_died")
    study.end(failed.number, "failed", problem=problem)
    assert study.heard(diverged.number, 1, math.nan, 0.1)
    study.end(diverged.number, "done", seconds=0.1)
    study.end(stopped.number, "stopped")
    study.end(stopped.number, "done")  # too late
    assert [trial.state for trial in study.trials] == ["failed", "diverged", "stopped"]
    assert study.trials[0].problem is problem
    assert not study.heard(stopped.number, 1, 0.5, 0.1)
    assert best_trial(study.trials) is None
    assert driven(study, 1)[-1].state == "done"


def test_a_trial_that_begins_anew_tells_nothing_twice() -> None:
    study = Study(plan(Range("lr", 1e-4, 1.0)))
    number = study.ask().number
    for epoch in (1, 2, 1, 2, 3):
        assert study.heard(number, epoch, 1.0 - 0.1 * epoch, float(epoch))
    assert [epoch for epoch, _ in study.trials[0].curve] == [1, 2, 3]


def test_the_setting_that_matters_is_found() -> None:
    study = Study(plan(Range("lr", 1e-4, 1.0), Range("weight_decay", 1e-6, 1.0)))
    driven(study, ENOUGH - 1)
    assert study.importances() == {}
    driven(study, 20)
    shares = study.importances()
    assert list(shares) == ["lr", "weight_decay"]
    assert shares["lr"] > 0.7
    assert sum(shares.values()) == pytest.approx(1)


# --- The task and the files ----------------------------------------------------------------


class Listening(SilentContext):
    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def emit(self, kind: str, **data: Any) -> None:
        self.events.append((kind, data))


@pytest.mark.parametrize("model", MODELS)
def test_a_trial_is_the_training_of_its_rows(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_tasks, "read_again", lambda source: small())
    config = make_config(model, **QUICK[model])
    context = Listening()
    assert search_tasks.trial_task(context, None, config.to_dict()) > 0
    fit = build_fit(config, small(), search_rows(small(), config))
    while not fit.done:
        fit.step()
    assert [(kind, data["epoch"], data["error"]) for kind, data in context.events] == [
        ("epoch", record.epoch, record.valid_loss) for record in fit.run.history.epochs
    ]
    context.stop_requested = True
    context.events.clear()
    search_tasks.trial_task(context, None, config.to_dict())
    assert context.events == []


def test_the_files_tell_every_trial() -> None:
    searched = plan(Range("lr", 1e-4, 1.0))
    study = Study(searched)
    trials = driven(study, 3)
    study.heard(study.ask().number, 1, math.nan, 0.1)
    trials = list(study.trials)
    rows = list(csv.DictReader(io.StringIO(trials_to_csv(trials))))
    assert [row["state"] for row in rows] == ["done", "done", "done", "running"]
    assert float(rows[1]["lr"]) == trials[1].config.lr
    assert float(rows[1]["searched_mse"]) == trials[1].value
    assert rows[3]["searched_mse"] == ""
    told = json.loads(trials_to_json(searched, trials))
    assert told["plan"]["ranges"] == "lr:0.0001:1"
    assert told["trials"][1]["curve"][2] == {"epoch": 3, "mse": trials[1].value}
    assert told["trials"][3]["curve"] == [{"epoch": 1, "mse": None}]
    assert make_config(**told["trials"][1]["config"]) == trials[1].config
    assert np.isfinite(told["trials"][1]["seconds"])
