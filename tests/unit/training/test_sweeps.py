"""Sweeps as tasks: what they tell on the way, how they end, and where theory knows the answer."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch

from optviz.core.problem import Problem
from optviz.core.surfaces import SURFACES
from optviz.core.task import Cancelled
from optviz.training.lr_curve import smooth
from optviz.training.suggestions import suggest_lr
from optviz.training.sweeps import SmallSetup, SweepPlan, small_sweep_task, small_trial_task
from optviz.training.trainable import digits_mlp, stability_limit, surface_point

DIGITS = SmallSetup("digits", "adam", batch_size=64)


class Listener:
    """A context that keeps what it is told, and may ask to end after some checkpoints."""

    def __init__(self, stop_after: int = 10**9, cancel_after: int = 10**9) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.fractions: list[float] = []
        self.checkpoints = 0
        self._stop, self._cancel = stop_after, cancel_after

    @property
    def stop_requested(self) -> bool:
        return self.checkpoints >= self._stop

    def emit(self, kind: str, **data: Any) -> None:
        self.events.append((kind, data))

    def progress(self, done: float, total: float) -> None:
        self.fractions.append(done / total)

    def checkpoint(self) -> None:
        self.checkpoints += 1
        if self.checkpoints > self._cancel:
            raise Cancelled("test")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [data for name, data in self.events if name == kind]


def test_events_add_up_to_the_result() -> None:
    heard = Listener()
    found = small_sweep_task(heard, DIGITS, SweepPlan(1e-5, 10, 60, n_checks=5))
    assert np.concatenate([data["lrs"] for data in heard.of("sweep")]).tolist() == (
        found.lrs.tolist()
    )
    assert np.concatenate([data["losses"] for data in heard.of("sweep")]).tolist() == (
        found.losses.tolist()
    )
    assert [data["lr"] for data in heard.of("check")] == found.check_lrs.tolist()
    assert [data["loss"] for data in heard.of("check")] == found.check_losses.tolist()
    assert found.check_lrs.tolist() == pytest.approx([1e-5, 10**-3.5, 1e-2, 10**-0.5, 10])
    assert heard.fractions == sorted(heard.fractions) and heard.fractions[-1] == 1
    pickle.loads(pickle.dumps(found))


def test_the_same_sweep_gives_the_same_numbers() -> None:
    plan = SweepPlan(1e-5, 1, 40)
    first, second = (small_sweep_task(Listener(), DIGITS, plan) for _ in range(2))
    assert first.losses.tolist() == second.losses.tolist()
    other = small_sweep_task(Listener(), SmallSetup("digits", "adam", seed=1), plan)
    assert other.losses.tolist() != first.losses.tolist()


def test_a_check_is_the_training_it_says_it_is() -> None:
    # 20 steps of plain torch at one of the rates, from the same start with the same batches.
    found = small_sweep_task(Listener(), DIGITS, SweepPlan(1e-4, 1e-1, 20, n_checks=4))
    subject = digits_mlp("adam", momentum=0.9, batch_size=64, seed=0)
    subject.optimizer.param_groups[0]["lr"] = float(found.check_lrs[2])
    losses = []
    for _ in range(20):
        subject.optimizer.zero_grad()
        loss = subject.next_loss()
        loss.backward()  # type: ignore[no-untyped-call]
        subject.optimizer.step()
        losses.append(loss.item())
    assert found.check_losses[2] == np.mean(losses[-2:])


def test_stop_keeps_what_there_is_and_cancel_leaves() -> None:
    found = small_sweep_task(Listener(stop_after=7), DIGITS, SweepPlan(1e-5, 1, 50, n_checks=9))
    assert len(found.lrs) == 7 and len(found.check_lrs) == 0
    plan = SweepPlan(1e-5, 1, 10, n_checks=9)
    assert len(small_sweep_task(Listener(stop_after=35), DIGITS, plan).check_lrs) == 2
    with pytest.raises(Cancelled):
        small_sweep_task(Listener(cancel_after=15), DIGITS, plan)


def test_a_trial_tells_each_training() -> None:
    heard = Listener()
    found = small_trial_task(heard, DIGITS, lrs=[1e-3, 1e-2], n_steps=12)
    assert found.lrs == (1e-3, 1e-2)
    assert [len(losses) for losses in found.losses] == [12, 12]
    assert [data["run"] for data in heard.of("trial")] == [0, 1]
    assert found.losses[0][0] == found.losses[1][0]
    assert found.losses[1][-1] < found.losses[0][-1]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("surface", ["bowl", "ravine", "tilted"])
def test_short_trainings_burst_where_theory_says(surface: str, momentum: float) -> None:
    setup = SmallSetup("surface", "sgd", momentum, surface)
    limit = stability_limit(SURFACES[surface], momentum)
    assert limit is not None
    plan = SweepPlan(limit * 0.97, limit * 1.03, 200, n_checks=2)
    found = small_sweep_task(Listener(), setup, plan)
    start = surface_point(SURFACES[surface], "sgd", momentum=0.0).next_loss().item()
    assert found.limit == limit
    assert found.check_losses[0] < start < found.check_losses[1]


def test_limits_of_quadratics_by_hand() -> None:
    assert stability_limit(SURFACES["ravine"], 0.0) == pytest.approx(2 / 100)
    assert stability_limit(SURFACES["ravine"], 0.9) == pytest.approx(3.8 / 100)
    assert stability_limit(SURFACES["tilted"], 0.0) == pytest.approx(2 / 25)
    assert stability_limit(SURFACES["saddle"], 0.0) is None
    adam = small_sweep_task(Listener(), SmallSetup("surface", "adam", 0, "bowl"),
                            SweepPlan(1e-3, 1, 10))  # fmt: skip
    assert adam.limit is None


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_bears_a_sweep_into_absurd_rates(surface: str, optimizer: str) -> None:
    setup = SmallSetup("surface", optimizer, 0.9, surface)
    found = small_sweep_task(Listener(), setup, SweepPlan(1e-6, 1e9, 60, n_checks=3))
    assert 1 <= len(found.lrs) == len(found.losses)
    assert not np.isnan(found.check_losses).any()


def test_the_rules_find_rates_that_train_the_digits() -> None:
    # Not "steep": one noisy dip can send it anywhere, as the page says.
    for seed in range(2):
        setup = SmallSetup("digits", "adam", seed=seed)
        found = small_sweep_task(Listener(), setup, SweepPlan(1e-7, 10, 100))
        rules = suggest_lr(found.lrs, smooth(found.losses, 0.98), n_iter=100)
        for rule in ("valley", "minimum"):
            trial = small_trial_task(Listener(), setup, lrs=[rules[rule]], n_steps=100)
            assert trial.losses[0][-10:].mean() < 0.5 * trial.losses[0][0], (seed, rule)


def test_building_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(11)
    before = torch.get_rng_state()
    DIGITS.build()
    assert torch.equal(torch.get_rng_state(), before)


def test_unknown_names_are_refused() -> None:
    for setup in (
        SmallSetup("digits", "muon"),
        SmallSetup("surface", "sgd", surface="matterhorn"),
    ):
        with pytest.raises(Problem) as caught:
            setup.build()
        assert caught.value.key == "problem.core.unknown_name"
