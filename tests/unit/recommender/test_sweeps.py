"""Sweeping a recommender: the run that training would make, and as if nothing had been."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

from optviz.core.problem import Problem
from optviz.core.task import SilentContext
from optviz.recommender.config import TrainConfig, make_config
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.sweeps import (
    RecommenderSetup,
    recommender_subject,
    recommender_sweep_task,
    recommender_trial_task,
)
from optviz.training.lr_finder import constant_rates, lr_range_test
from optviz.training.run import TrainingRun
from optviz.training.sweeps import SweepPlan
from optviz.training.trainable import of_run


@lru_cache(maxsize=1)
def small() -> Ratings:
    """400 ratings of 20 users by a fixed rule."""
    lines = ["user_id,item_id,rating"]
    lines += [f"{u},{i},{1 + (u * i + u) % 5}" for u in range(20) for i in range(20)]
    return load_ratings("\n".join(lines).encode())


def config(model: str, **controls: Any) -> TrainConfig:
    return make_config(model, n_factors=4, batch_size=32, epochs=3, **controls)


@pytest.mark.parametrize("schedule", ["constant", "one_cycle", "sgdr"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "adamw", "sparse_adam"])
@pytest.mark.parametrize("model", ["dot_bias", "net"])
def test_training_after_a_sweep_is_bit_equal(model: str, optimizer: str, schedule: str) -> None:
    recipe = config(model, optimizer=optimizer, schedule=schedule)
    plain, swept = build_fit(recipe, small()), build_fit(recipe, small())
    assert isinstance(swept.run, TrainingRun) and isinstance(plain.run, TrainingRun)
    for fit in (plain, swept):
        for _ in range(7):
            fit.run.step()
    subject = of_run(swept.run)
    common: dict[str, Any] = {"generators": subject.generators, "stateful": subject.stateful}
    parts = (subject.model, subject.optimizer, subject.next_loss)
    assert len(list(lr_range_test(*parts, n_iter=50, **common))) > 20
    assert list(constant_rates(*parts, lrs=[1e-3, 1e9], n_steps=20, **common))
    list(plain.run), list(swept.run)
    assert swept.run.history == plain.run.history
    for name, tensor in plain.run.model.state_dict().items():
        assert torch.equal(swept.run.model.state_dict()[name], tensor), name
    assert swept.model().valid_mse == plain.model().valid_mse


def test_a_sweep_begins_as_training_does() -> None:
    recipe = config("net", lr=0.1, schedule="constant")
    run = build_fit(recipe, small()).run
    assert isinstance(run, TrainingRun)
    first = run.step().train_loss
    subject = recommender_subject(recipe, small())
    assert subject.next_loss().item() == pytest.approx(first, abs=0)


def test_tasks_on_the_bundled_ratings() -> None:
    setup = RecommenderSetup(make_config("dot_bias"))
    found = recommender_sweep_task(SilentContext(), setup, SweepPlan(1e-7, 10, 100, n_checks=9))
    # Best a little above 0.01, no learning below 1e-4, burst at 1: what the page's words say.
    best = found.check_lrs[found.check_losses.argmin()]
    assert 1e-3 < best < 0.2
    assert found.check_losses[0] == pytest.approx(found.losses[:20].mean(), rel=0.1)
    assert found.check_losses[-1] > found.check_losses[0]
    trial = recommender_trial_task(SilentContext(), setup, lrs=[0.01], n_steps=60)
    assert trial.losses[0][-5:].mean() < 0.85 * trial.losses[0][:5].mean()


def test_sgd_needs_a_far_larger_rate_than_adam() -> None:
    plan = SweepPlan(1e-4, 1e3, 100, n_checks=15)
    best = {}
    for optimizer in ("adam", "sgd"):
        setup = RecommenderSetup(make_config("dot_bias", optimizer=optimizer))
        found = recommender_sweep_task(SilentContext(), setup, plan)
        best[optimizer] = found.check_lrs[np.argmin(found.check_losses)]
    assert 10 < best["sgd"] / best["adam"] < 1000


def test_als_has_no_learning_rate() -> None:
    with pytest.raises(Problem) as caught:
        recommender_subject(config("als"), small())
    assert caught.value.key == "problem.lr_finder.no_rate"
