"""Closed forms against torch's own schedulers, and against the published cycle lengths."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from optviz.training.schedules import (
    SCHEDULES,
    cycles_length,
    make_schedule,
    sgdr_restarts,
    torch_pace,
)

EPOCHS, EACH, LR = 70, 10, 0.4
OPTIONS = {
    "cycle_len": 10, "cycle_mult": 2, "step_epochs": 20, "gamma": 0.9, "warmup": 10, "lr_min": 0.03
}  # fmt: skip


def torch_rates(scheduler: str, **options: object) -> list[float]:
    """A plain loop of a student's: one scheduler step after each optimizer step."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR, momentum=0.9)
    schedule = getattr(torch.optim.lr_scheduler, scheduler)(optimizer, **options)
    rates = []
    for _ in range(EPOCHS * EACH):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


PLAIN = {
    "constant": ("ConstantLR", {"factor": 1.0}),
    "step": ("StepLR", {"step_size": 200, "gamma": 0.1}),
    "exponential": ("ExponentialLR", {"gamma": 0.9**0.1}),
    "cosine": ("CosineAnnealingLR", {"T_max": 700, "eta_min": 0.03}),
    "sgdr": ("CosineAnnealingWarmRestarts", {"T_0": 100, "T_mult": 2, "eta_min": 0.03}),
    "warmup": ("LinearLR", {"start_factor": 0.1, "total_iters": 100}),
}


@pytest.mark.parametrize("name", PLAIN)
def test_closed_form_and_pace_are_torch(name: str) -> None:
    scheduler, options = PLAIN[name]
    truth = torch_rates(scheduler, **options)
    assert SCHEDULES[name].torch_class == scheduler
    assert torch_pace(name, LR, EPOCHS, EACH, **OPTIONS).rates.tolist() == truth
    at = make_schedule(name, LR, EPOCHS, **OPTIONS)
    closed = [at(k / EACH)[0] for k in range(EPOCHS * EACH)]
    np.testing.assert_allclose(closed, truth, rtol=1e-9)


def test_one_cycle_is_torch_up_to_where_it_counts_from() -> None:
    n = EPOCHS * EACH
    pace = torch_pace("one_cycle", LR, EPOCHS, EACH)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LR, total_steps=n, pct_start=0.25, div_factor=25, final_div_factor=4000
    )
    assert pace.momenta is not None
    at = make_schedule("one_cycle", LR, EPOCHS)
    top = 0.25 * n - 1  # torch reaches the top at this step, and the end at n − 1
    for k in range(n):
        group = optimizer.param_groups[0]
        assert (pace.rates[k], pace.momenta[k]) == (group["lr"], group["momentum"])
        part = 0.25 * k / top if k <= top else 0.25 + 0.75 * (k - top) / (n - 1 - top)
        lr, momentum = at(part * EPOCHS)
        assert lr == pytest.approx(pace.rates[k], rel=1e-9)
        assert momentum == pytest.approx(pace.momenta[k], rel=1e-9)
        optimizer.step()
        if k < n - 1:
            schedule.step()
    assert pace.rates[0] == pytest.approx(LR / 25)
    assert pace.rates.max() == pytest.approx(LR)
    assert pace.rates[-1] == pytest.approx(LR / 1e5)


def test_published_cycles() -> None:
    # T₀ = 10, T_mult = 2: restarts at 10 and 30; halfway through a cycle the rate is half.
    assert sgdr_restarts(70, 10, 2) == [10, 30]
    at = make_schedule("sgdr", 1.0, 70, cycle_len=10, cycle_mult=2)
    assert at(5)[0] == pytest.approx(0.5)
    assert at(20)[0] == pytest.approx(0.5)
    assert at(10)[0] == at(30)[0] == 1.0
    assert cycles_length(3, 10, 2) == 70
    assert cycles_length(4, 10, 1) == 40


@given(n=st.integers(1, 6), first=st.integers(1, 20), mult=st.integers(1, 4))
def test_n_cycles_last_as_the_formula_says(n: int, first: int, mult: int) -> None:
    total = cycles_length(n, first, mult)
    assert total == sum(first * mult**i for i in range(n))
    assert len(sgdr_restarts(total, first, mult)) == n - 1
    assert sgdr_restarts(total + 1, first, mult)[-1] == total


@given(
    epoch=st.floats(0, 100, exclude_max=True), first=st.integers(1, 30), mult=st.integers(1, 4),
    low=st.floats(0, 0.5),
)  # fmt: skip
def test_rates_stay_between_their_ends(epoch: float, first: int, mult: int, low: float) -> None:
    for name in SCHEDULES:
        at = make_schedule(
            name, 1.0, 100, cycle_len=first, cycle_mult=mult, lr_min=low, step_epochs=first,
            gamma=0.9, warmup=first,
        )  # fmt: skip
        rate = at(epoch)[0]
        assert math.isfinite(rate)
        assert 0 < rate <= 1 or (name in ("cosine", "sgdr") and rate >= low)
