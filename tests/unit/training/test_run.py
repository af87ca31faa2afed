"""A run that is interrupted, and taken up elsewhere, ends where the uninterrupted one does."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from optviz.training.history import BatchRecord, EpochRecord, History
from optviz.training.lr_finder import lr_range_test
from optviz.training.run import TrainingRun
from optviz.training.schedules import make_schedule, sgdr_restarts


def small_run(optimizer: str = "Adam", lr: float = 0.05, **options: Any) -> TrainingRun:
    """Three weights, 25 rows, batches of 4 (the last of one row), momentum from one_cycle."""
    generator = torch.Generator().manual_seed(7)
    inputs = torch.randn(25, 3, generator=generator)
    targets = inputs @ torch.tensor([1.0, -2.0, 0.5])
    model = torch.nn.Linear(3, 1, bias=False)
    with torch.no_grad():
        model.weight.zero_()
    return TrainingRun(
        model,
        getattr(torch.optim, optimizer)(model.parameters(), lr=lr),
        (inputs,),
        targets,
        loss=lambda predicted, truth: ((predicted.squeeze(1) - truth) ** 2).mean(),
        batch_size=4,
        epochs=3,
        schedule=make_schedule("one_cycle", lr, 3),
        **options,
    )


@pytest.mark.parametrize("steps", [0, 3, 7, 10, 21])
def test_interrupted_equals_uninterrupted(steps: int) -> None:
    whole = small_run()
    list(whole)
    first = small_run()
    for _ in range(steps):
        first.step()
    second = small_run(seed=99)
    second.load_state_dict(first.state_dict())
    list(second)
    assert second.history == whole.history
    assert torch.equal(second.model.weight, whole.model.weight)


def test_a_sweep_leaves_no_trace() -> None:
    plain, swept = small_run(), small_run()
    for run in (plain, swept):
        for _ in range(5):
            run.step()
    points = list(
        lr_range_test(
            swept.model, swept.optimizer, swept.next_loss, n_iter=30,
            generators=swept.generators, stateful=[swept],
        )
    )  # fmt: skip
    assert points
    list(plain)
    list(swept)
    assert swept.history == plain.history
    assert torch.equal(swept.model.weight, plain.model.weight)


def test_it_counts() -> None:
    run = small_run(validate=lambda: 4.0)
    records = list(run)
    assert (run.steps_per_epoch, run.total_steps, run.steps_done) == (7, 21, 21)
    assert records == run.history.batches
    assert [record.step for record in records] == list(range(1, 22))
    assert records[6].epoch == 1.0
    assert [epoch.valid_loss for epoch in run.history.epochs] == [4.0] * 3
    weighted = sum(r.train_loss * n for r, n in zip(records[:7], [4] * 6 + [1], strict=True)) / 25
    assert run.history.epochs[0].train_loss == pytest.approx(weighted)
    assert run.history.epochs[-1].train_loss < run.history.epochs[0].train_loss
    with pytest.raises(RuntimeError):
        run.step()


def test_every_row_is_seen_once_an_epoch() -> None:
    run = small_run()
    shuffled = run._shuffled[1]
    assert torch.equal(shuffled.sort().values, run._data[1].sort().values)
    assert not torch.equal(shuffled, run._data[1])


def test_a_diverged_run_ends() -> None:
    run = small_run("SGD", lr=1e30)
    list(run)
    assert run.diverged and run.done
    assert not math.isfinite(run.history.batches[-1].train_loss)
    assert run.steps_done < run.total_steps


def test_history_survives_json_with_nan() -> None:
    history = History([BatchRecord(1, 0.5, math.nan, 2.0)], [EpochRecord(1, 2.0, math.inf)])
    again = History.from_json(history.to_json())
    assert math.isnan(again.batches[0].lr) and math.isnan(again.epochs[0].valid_loss)
    assert again.to_json() == history.to_json()


def test_schedules() -> None:
    assert sgdr_restarts(71, 10, 2) == [10, 30, 70]
    assert sgdr_restarts(4, 1, 1) == [1, 2, 3]
    step = make_schedule("step", 0.1, 6, step_epochs=3)
    assert [step(epoch)[0] for epoch in (0, 2.9, 3, 5.9)] == pytest.approx([0.1, 0.1, 0.01, 0.01])
    one = make_schedule("one_cycle", 1.0, 8)
    assert one(0) == pytest.approx((1 / 25, 0.95))
    assert one(2) == pytest.approx((1.0, 0.85))
    assert one(8) == pytest.approx((1e-5, 0.95))
    assert make_schedule("constant", 0.3, 1)(0.7) == (0.3, None)
