"""Scheduled paths equal a plain torch loop, noise is paired, and scenes tell the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from optviz.core.optimizers import default_hyperparameters, get_optimizer
from optviz.core.problem import Problem
from optviz.core.scheduled import (
    Pace,
    condition_numbers,
    final_losses,
    gradient_noise,
    scheduled,
)
from optviz.core.surfaces import get_surface
from optviz.training.schedules import SCHEDULES, torch_pace
from optviz.ui.schedules_state import MOVERS, SCENES, STEPS_PER_EPOCH, SchedulesState

EPOCHS, EACH = 12, 4
OPTIONS = {"cycle_len": 3, "cycle_mult": 2, "step_epochs": 4, "gamma": 0.8, "warmup": 5}


def plain_loop(surface: str, optimizer: str, schedule: str, lr: float, sigma: float) -> Any:
    """What a student would write: torch's optimizer, torch's scheduler, noise on the gradient."""
    found, spec = get_surface(surface), get_optimizer(optimizer)
    w = torch.tensor((-1.2, 1.0), dtype=torch.float64, requires_grad=True)
    settings = {**default_hyperparameters(optimizer, surface), "lr": lr}
    steps = EPOCHS * EACH
    mover = spec.build([w], **settings)
    scheduler = SCHEDULES[schedule].scheduler(mover, steps, EACH, **OPTIONS)
    noise = torch.from_numpy(gradient_noise(5, steps, sigma))
    points = [w.detach().clone().numpy()]
    for k in range(steps):
        mover.zero_grad()
        found.function(w[0], w[1]).backward()
        w.grad += noise[k]
        mover.step()
        if k < steps - 1:
            scheduler.step()
        points.append(w.detach().clone().numpy())
    return np.array(points)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_paths_equal_a_plain_torch_loop(schedule: str, optimizer: str) -> None:
    lr = 0.0005 if optimizer == "momentum" else 0.05
    pace = torch_pace(schedule, lr, EPOCHS, EACH, **OPTIONS)
    twin = torch_pace("constant", lr / 3, EPOCHS, EACH)
    path, _ = scheduled("rosenbrock", optimizer, [pace, twin], (-1.2, 1.0), sigma=2.0, seed=5)
    assert np.array_equal(path.points, plain_loop("rosenbrock", optimizer, schedule, lr, 2.0))


@pytest.mark.parametrize("optimizer", MOVERS)
def test_every_mover_can_be_scheduled(optimizer: str) -> None:
    lr = default_hyperparameters(optimizer, "bowl")["lr"]
    pace = torch_pace("sgdr", float(lr), 6, 2, cycle_len=2, cycle_mult=2)
    (path,) = scheduled("bowl", optimizer, [pace], (2.0, 1.0), sigma=0.1)
    assert np.isfinite(path.losses).all()
    assert path.losses[-1] < path.losses[0]


def test_two_rates_are_two_parameter_groups() -> None:
    found = get_surface("rosenbrock")
    x, y = (torch.tensor([v], dtype=torch.float64, requires_grad=True) for v in (-1.2, 1.0))
    mover = torch.optim.SGD([{"params": [x], "lr": 1e-3}, {"params": [y], "lr": 4e-4}], lr=1.0)
    points = [(-1.2, 1.0)]
    for _ in range(50):
        mover.zero_grad()
        found.function(x[0], y[0]).backward()
        mover.step()
        points.append((x.item(), y.item()))
    pace = Pace(np.full((50, 2), (1e-3, 4e-4)))
    (path,) = scheduled("rosenbrock", "sgd", [pace], (-1.2, 1.0))
    assert np.array_equal(path.points, np.array(points))


def test_noise_is_paired_and_not_in_what_is_told() -> None:
    pace = torch_pace("constant", 0.01, 5, 2)
    a, b = scheduled("bowl", "sgd", [pace, pace], (2.0, 1.0), sigma=3.0, seed=1)
    assert np.array_equal(a.points, b.points)
    (other,) = scheduled("bowl", "sgd", [pace], (2.0, 1.0), sigma=3.0, seed=2)
    assert not np.array_equal(a.points, other.points)
    x, y = (torch.tensor(v, requires_grad=True) for v in a.points[3])
    get_surface("bowl").function(x, y).backward()
    assert a.grads[3].tolist() == [x.grad.item(), y.grad.item()]


def test_many_seeds_are_their_own_runs() -> None:
    paces = [torch_pace(name, 0.005, 10, 10, **OPTIONS) for name in ("sgdr", "exponential")]
    start = (4.2, 4.2)
    found = final_losses("rastrigin", "sgd", paces, start, sigma=30, seeds=range(7), at=[30])
    for seed in (0, 6):
        alone = scheduled("rastrigin", "sgd", paces, start, sigma=30, seed=seed)
        for row, path in enumerate(alone):
            assert found[:, row, seed].tolist() == [path.losses[30], path.losses[-1]]


def test_an_optimizer_that_asks_for_the_loss_is_refused() -> None:
    with pytest.raises(Problem, match="lbfgs"):
        scheduled("bowl", "lbfgs", [Pace(np.ones(2))], (1.0, 1.0))


def test_rates_of_one_over_lambda_make_a_circle() -> None:
    before, after, best = condition_numbers(np.diag([1.0, 100.0]), (1.0, 0.01))
    assert (before, after, best) == (pytest.approx(100), pytest.approx(1), pytest.approx(2 / 101))
    (path,) = scheduled("ravine", "sgd", [Pace(np.full((1, 2), (1.0, 0.01)))], (-10.0, 1.0))
    np.testing.assert_allclose(path.points[1], 0, atol=1e-12)
    # A tilted valley cannot be straightened by rates along the axes.
    tilted = np.array([[13.0, -12.0], [-12.0, 13.0]])
    before, after, _ = condition_numbers(tilted, (1 / 13, 1 / 13))
    assert before == pytest.approx(25)
    assert after == pytest.approx(25)
    assert condition_numbers(np.diag([-1.0, 2.0]), (1.0, 1.0))[:2] == (np.inf, np.inf)


def at_the_end(state: SchedulesState, seeds: range) -> Any:
    paces = [
        torch_pace(name, state.lr, state.epochs, STEPS_PER_EPOCH, **state.options)
        for name in state.schedules
    ]
    (finals,) = final_losses(
        state.surface, state.optimizer, paces, state.start, sigma=state.sigma, seeds=seeds
    )
    return dict(zip(state.schedules, finals, strict=True))


def test_restarts_jump_out_of_a_poor_basin_as_the_scene_says() -> None:
    state = SchedulesState(**SCENES["basins"])
    (sgdr, exponential, cosine) = (
        at_the_end(state, range(state.seed, state.seed + 1))[name][0]
        for name in ("sgdr", "exponential", "cosine")
    )
    assert sgdr < 5 < cosine < 10
    assert exponential > 30
    many = at_the_end(state, range(100))
    # These paths are chaotic: where a processor rounds otherwise, a few may end elsewhere.
    assert abs((many["sgdr"] < many["exponential"] - 0.1).sum() - 91) <= 4
    assert abs((many["sgdr"] < many["cosine"] - 0.1).sum() - 43) <= 4
    assert abs((many["sgdr"] > many["cosine"] + 0.1).sum() - 45) <= 4


def test_one_cycle_settles_as_the_scene_says() -> None:
    state = SchedulesState(**SCENES["one_cycle"])
    many = at_the_end(state, range(100))
    assert many["one_cycle"][state.seed] < many["constant"][state.seed] / 10
    assert abs((many["one_cycle"] < many["constant"]).sum() - 92) <= 2
