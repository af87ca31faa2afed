"""The sweep itself: its rates, its smoothing, where it ends, what it refuses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from optviz.core.problem import Problem
from optviz.training.groups import regroup
from optviz.training.lr_curve import smooth
from optviz.training.lr_finder import constant_rates, lr_range_test, sweep_curve


def line(losses: Iterator[float] | None = None) -> tuple[Any, ...]:
    """One weight whose loss is w, or whatever ``losses`` says."""
    weight = torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    model = torch.nn.ParameterList([weight])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

    def next_loss() -> torch.Tensor:
        return weight * 1.0 if losses is None else weight * 0 + next(losses)

    return model, optimizer, next_loss


def test_rates_are_fastais() -> None:
    points = sweep_curve(*line(), start_lr=1e-7, end_lr=10, n_iter=100, stop_factor=math.inf)
    assert [point.step for point in points] == list(range(100))
    assert points[0].lr == 1e-7
    assert points[25].lr == pytest.approx(1e-5)
    # The end itself is never reached: lr_i = start·(end/start)^(i/n).
    assert points[99].lr == pytest.approx(10 * 10**-0.08)


def test_the_rate_is_that_of_the_step() -> None:
    # The gradient of the loss w is 1, so every step takes its own rate off w.
    points = sweep_curve(*line(), start_lr=0.01, end_lr=1.0, n_iter=10)
    expected = 1.0
    for point in points:
        assert point.loss == pytest.approx(expected, abs=1e-15)
        expected -= point.lr


def test_groups_keep_their_shares_of_the_rate() -> None:
    weights = [torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64)) for _ in range(2)]
    model = torch.nn.ParameterList(weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    regroup(optimizer, [[weight] for weight in weights], (0.1, 0.4))
    arguments = model, optimizer, lambda: weights[0] + weights[1]
    for point in lr_range_test(*arguments, start_lr=0.01, end_lr=1.0, n_iter=5):
        rates = [group["lr"] for group in optimizer.param_groups]
        assert rates == pytest.approx([point.lr / 4, point.lr])


def test_smoothing_is_debiased() -> None:
    losses = [2.0, 4.0, 3.0, 3.5]
    points = sweep_curve(*line(iter(losses)), n_iter=4, stop_factor=math.inf)
    assert [point.loss for point in points] == losses
    assert [point.smoothed for point in points] == pytest.approx(smooth(losses, 0.98).tolist())
    assert points[1].smoothed == pytest.approx(0.1192 / 0.0396)


def test_it_ends_once_the_smoothed_loss_is_four_times_its_lowest() -> None:
    losses = [1.0, 0.5, 1.9, 2.0, 2.1, 5.0, 5.0]
    points = sweep_curve(*line(iter(losses)), n_iter=7, smoothing=0.0)
    assert [point.loss for point in points] == losses[:5]  # 2.1 > 4·0.5, while 2.0 is not
    # Where the loss may be negative the rule means nothing, and is not applied.
    losses = [-1.0, 5.0, 50.0]
    assert len(sweep_curve(*line(iter(losses)), n_iter=3, smoothing=0.0)) == 3


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_it_ends_at_a_loss_that_is_no_number(bad: float) -> None:
    model, optimizer, next_loss = line(iter([1.0, bad, 1.0]))
    points = sweep_curve(model, optimizer, next_loss, n_iter=3, stop_factor=math.inf)
    assert len(points) == 2
    assert not math.isfinite(points[1].loss)
    assert model[0].item() == 1.0


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"start_lr": 0.0}, "range"),
        ({"start_lr": -1.0}, "range"),
        ({"start_lr": 1.0, "end_lr": 1.0}, "range"),
        ({"start_lr": math.nan}, "range"),
        ({"end_lr": math.inf}, "range"),
        ({"n_iter": 0}, "steps"),
        ({"smoothing": 1.0}, "smoothing"),
        ({"smoothing": -0.1}, "smoothing"),
        ({"stop_factor": 1.0}, "stop_factor"),
        ({"stop_factor": math.nan}, "stop_factor"),
    ],
)
def test_settings_without_sense_are_refused_at_once(settings: dict[str, float], key: str) -> None:
    with pytest.raises(Problem) as caught:
        lr_range_test(*line(), **settings)  # type: ignore[arg-type]
    assert caught.value.key == f"problem.lr_finder.{key}"


def test_training_mode_only_while_it_lasts() -> None:
    model, optimizer, next_loss = line()
    model.eval()
    points = lr_range_test(model, optimizer, next_loss, n_iter=5)
    assert not model.training
    next(points)
    assert model.training
    points.close()
    assert not model.training


def test_trainings_at_fixed_rates_start_from_the_same_place() -> None:
    model, optimizer, next_loss = line()
    steps = list(constant_rates(model, optimizer, next_loss, lrs=[0.1, 0.25], n_steps=3))
    assert [(s.run, s.step, s.lr) for s in steps] == [
        (0, 0, 0.1), (0, 1, 0.1), (0, 2, 0.1), (1, 0, 0.25), (1, 1, 0.25), (1, 2, 0.25),
    ]  # fmt: skip
    assert [s.loss for s in steps] == pytest.approx([1, 0.9, 0.8, 1, 0.75, 0.5])
    assert model[0].item() == 1.0


def test_a_training_that_bursts_ends_there_and_the_next_goes_on() -> None:
    model, optimizer, next_loss = line(iter([1.0, math.inf, 1.0, 1.0, 1.0]))
    steps = list(constant_rates(model, optimizer, next_loss, lrs=[1.0, 2.0], n_steps=3))
    assert [step.run for step in steps] == [0, 0, 1, 1, 1]
