"""What a look inside tells is what happened, and looking changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.recommender.config import MODELS, make_config
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.inside import BINS, edges, measured_step
from optviz.recommender.structure import parts
from optviz.training.run import TrainingRun

from .test_training import QUICK, small


@pytest.mark.parametrize("model", MODELS)
def test_looking_changes_nothing(model: str) -> None:
    config = make_config(model, **QUICK[model])
    watched, alone = build_fit(config, small()), build_fit(config, small())
    while not alone.done:
        measured_step(watched)
        alone.step()
    assert watched.done and watched.run.history == alone.run.history
    for name, array in alone.weights().items():
        assert np.array_equal(watched.weights()[name], array), name


def test_norms_are_those_of_gradient_descent() -> None:
    """Without momentum and decay a step is the gradient times the rate."""
    config = make_config("net", **QUICK["net"], optimizer="sgd", momentum=0.0, weight_decay=0.0,
                         schedule="constant", lr=0.25)  # fmt: skip
    fit = build_fit(config, small())
    told = measured_step(fit)
    assert set(told["names"]) == {part.name for part in parts(config, 40, 30)}
    assert (told["step"], told["lr"]) == (1, 0.25)
    np.testing.assert_allclose(told["update"], 0.25 * told["gradient"], rtol=1e-3)
    assert isinstance(fit.run, TrainingRun)
    by_hand = [float(torch.linalg.vector_norm(p.grad)) for p in fit.run.model.parameters()]
    np.testing.assert_allclose(told["gradient"], by_hand, rtol=1e-6)


def test_als_moves_one_side_at_a_time() -> None:
    fit = build_fit(make_config("als", **QUICK["als"]), small())
    first, second = measured_step(fit), measured_step(fit)
    assert first["names"] == ("user_factors", "item_factors")
    assert np.isnan(first["gradient"]).all()
    assert first["update"][0] > 0 == first["update"][1]
    assert second["update"][1] > 0 == second["update"][0]


def spread(counts: np.ndarray) -> float:
    middle = np.arange(BINS)
    mean = (counts * middle).sum() / counts.sum()
    return float(((counts * (middle - mean) ** 2).sum() / counts.sum()) ** 0.5)


@pytest.mark.parametrize("model", ["dot_bias", "net"])
def test_predictions_spread_towards_the_truth_and_never_as_wide(model: str) -> None:
    ratings = load_ratings()
    fit = build_fit(make_config(model, batch_size=1024, epochs=2, n_factors=10), ratings)
    first = measured_step(fit)
    while fit.run.steps_done < fit.run.total_steps - 1:
        fit.step()
    last = measured_step(fit)
    assert spread(first["predicted"]) < 0.5 * spread(last["predicted"])
    assert spread(last["predicted"]) < spread(last["truth"])
    assert first["predicted"].sum() == first["truth"].sum() == 5000
    ends = edges(ratings.rating_range)
    assert (ends[0], ends[-1], len(ends)) == (-0.0625, 5.5625, BINS + 1)


def test_adams_steps_follow_the_rate_and_als_calms_down() -> None:
    config = make_config("dot_bias", batch_size=1024, epochs=3, n_factors=10, schedule="one_cycle")
    fit = build_fit(config, load_ratings())
    told = []
    while not fit.done:
        told.append(measured_step(fit))
    rate = np.log([look["lr"] for look in told])
    for part in range(4):
        update, gradient = (np.log([look[name][part] for look in told])
                            for name in ("update", "gradient"))  # fmt: skip
        follows, other = (np.corrcoef(update, x)[0, 1] for x in (rate, gradient))
        assert follows > 0.8 and follows > other, told[0]["names"][part]
    als = build_fit(make_config("als", n_factors=10), load_ratings())
    moved = []
    while not als.done:
        moved.append(measured_step(als)["update"].max())
    assert moved[-2] < 0.4 * moved[0] and moved[-1] < 0.4 * moved[1]
