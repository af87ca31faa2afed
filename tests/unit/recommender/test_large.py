"""What training does otherwise on many ratings, or on a graphics card."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import optviz
from optviz import load_ratings
from optviz.recommender import als, fit, scale
from optviz.recommender.baselines import mse
from optviz.recommender.config import DEFAULTS, make_config
from optviz.recommender.data import Ratings
from optviz.recommender.scale import BUNDLED, scaled, steps_per_epoch
from optviz.training import device
from optviz.training.checkpoints import Checkpoints
from optviz.training.run import TrainingRun


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return load_ratings()


@pytest.mark.parametrize("n_ratings", [1_000_209, 10_000_054, 32_000_204])
@pytest.mark.parametrize("model", ["dot_bias", "net"])
def test_an_epoch_keeps_its_steps_and_the_decay_its_weight(n_ratings: int, model: str) -> None:
    config = DEFAULTS[model]
    large = scaled(config, n_ratings)
    before, after = steps_per_epoch(config, BUNDLED), steps_per_epoch(large, n_ratings)
    assert abs(math.log2(after / before)) <= 0.51
    assert large.weight_decay * n_ratings == pytest.approx(config.weight_decay * BUNDLED, rel=0.1)
    assert large.replace(batch_size=config.batch_size, weight_decay=config.weight_decay) == config


def test_what_needs_no_scaling_stays() -> None:
    assert scaled(DEFAULTS["als"], 32_000_204) == DEFAULTS["als"]
    assert scaled(DEFAULTS["net"], 150_000) == DEFAULTS["net"]
    decoupled = make_config("dot_bias", optimizer="adamw", batch_size=200_000)
    assert scaled(decoupled, 32_000_204) == decoupled


def test_steps_are_counted_as_training_takes_them(ratings: Ratings) -> None:
    config = make_config("dot_bias", split="random", valid_fraction=0.3)
    run = fit.build_fit(config, ratings).run
    assert steps_per_epoch(config, ratings.n_ratings) == run.steps_per_epoch


def test_python_gets_the_recipe_that_suits_unless_told(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "BUNDLED", 1_000)
    suited = optviz.train("dot_bias", ratings, n_factors=2, epochs=1).config
    assert (suited.batch_size, suited.weight_decay) == (32_768, 2e-6)
    told = optviz.train("dot_bias", ratings, n_factors=2, epochs=1, batch_size=5_000).config
    assert (told.batch_size, told.weight_decay) == (5_000, 2e-6)


def test_als_in_single_precision_learns_the_same(
    ratings: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config("als", n_factors=10, epochs=2)
    exact = fit.fit_model(config, ratings)
    monkeypatch.setattr(als, "LARGE", 1000)
    monkeypatch.setattr(als, "_PREDICTED", 999)
    quick = fit.build_fit(config, ratings)
    run = quick.run
    while not quick.done:
        quick.step()
    assert run.user_factors.dtype == run.item_factors.dtype == np.float32
    assert quick.evaluate() == pytest.approx(exact.valid_mse, abs=1e-5)
    # What is told after each half-sweep is the training error.
    users, items, stars = run._rows
    left = mse(run.predict(users, items), stars)
    assert run.history.batches[-1].train_loss == pytest.approx(left, rel=1e-5)


@pytest.mark.parametrize("sees", [False, True])
def test_a_graphics_card_is_used_where_it_pays(sees: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: sees)
    assert device.device_for(device.ENOUGH).type == ("cuda" if sees else "cpu")
    assert device.device_for(device.ENOUGH - 1).type == "cpu"
    assert device.device_name(torch.device("cpu")) == ""


@pytest.mark.parametrize("model", ["dot_bias", "net"])
def test_weights_data_and_dropout_are_on_the_device(model: str, ratings: Ratings) -> None:
    # "meta" has no numbers, but as any device refuses tensors that are elsewhere.
    run = fit.build_fit(make_config(model), ratings, device=torch.device("meta")).run
    assert isinstance(run, TrainingRun)
    loss = run.next_loss()
    loss.backward()
    gradients = [p.grad for p in run.model.parameters()]
    assert {tensor.device.type for tensor in (loss, *gradients)} == {"meta"}


def test_training_asks_for_the_device(ratings: Ratings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(fit, "device_for", lambda rows: asked.append(rows) or torch.device("meta"))
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        fit.fit_model(make_config("dot_bias"), ratings)
    assert asked == [ratings.n_ratings]


def test_a_checkpoint_knows_no_device(ratings: Ratings, tmp_path) -> None:
    config = make_config("dot_bias", epochs=2, batch_size=4096)
    first, second = (fit.build_fit(config, ratings) for _ in range(2))
    for _ in range(first.run.steps_per_epoch):
        first.step()
    kept = Checkpoints(tmp_path / "run")
    kept.save(1, first.state_dict())
    state = kept.load(1)
    optimizer = state["run"]["optimizer"]["state"]
    tensors = [value for entry in optimizer.values() for value in entry.values()]
    assert {tensor.device.type for tensor in tensors} == {"cpu"}
    second.load_state_dict(state)
    assert first.step() == second.step()
