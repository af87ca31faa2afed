"""The fair comparison against one start at a time, and its verdicts against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.core.fair import (
    AROUND,
    RATES,
    STARTS,
    Comparison,
    Tuned,
    best_of,
    fair,
    fair_task,
    starts_around,
)
from optviz.core.optimizers import OPTIMIZERS, RunSpec
from optviz.core.problem import Problem
from optviz.core.surfaces import SURFACES
from optviz.core.task import Cancelled, SilentContext
from optviz.core.trajectory import trajectory

ALL = list(OPTIMIZERS)


def solo(found: Comparison, run: Tuned, rate: int, start: int) -> tuple[float, float]:
    """A cell by a run of its own: final loss and steps to tolerance."""
    x, y = found.starts[start]
    settings = dict(run.settings) | {"lr": float(found.rates[rate])}
    path = trajectory(found.surface, run.optimizer, (x, y), found.steps, **settings)
    loss = np.inf if path.status == "diverged" else path.losses[-1]
    reached = np.inf if path.steps_to_tolerance is None else path.steps_to_tolerance
    return float(loss), float(reached)


@pytest.mark.parametrize("name", ["himmelblau", "ravine", "cliff"])
def test_sampled_cells_equal_solo_runs_bit_for_bit(name: str) -> None:
    surface = SURFACES[name]
    specs = [RunSpec(optimizer) for optimizer in ALL]
    # Among them rates that crawl, that converge, and that throw runs out.
    found = fair(surface, specs, surface.start, 25, rates=(1e-3, 0.1, 1.0, 30.0))
    assert [run.optimizer for run in found.runs] == ALL
    for run in found.runs:
        for rate, start in ((0, 0), (1, 4), (2, 8), (3, 1)):
            loss, reached = solo(found, run, rate, start)
            assert run.losses[rate, start] == loss, (run.optimizer, rate, start)
            assert run.reached[rate, start] == reached, (run.optimizer, rate, start)


def test_settings_other_than_the_rate_are_the_runs_own() -> None:
    settings: dict[str, Any] = {"momentum": 0.5, "dampening": 0.1, "weight_decay": 0.01}
    found = fair("booth", [RunSpec("momentum", {"lr": 7.0, **settings})], (3.0, -2.0), 30)
    run = found.runs[0]
    assert run.settings == settings
    assert run.losses[14, 3] == solo(found, run, 14, 3)[0]


def test_the_best_rate_of_descent_on_a_bowl_is_theorys() -> None:
    """On λ = 1 and 2 the fastest rate is 2/(λ₁+λ₂) = 2/3; every rate from 1 on fails."""
    found = fair("bowl", [RunSpec("sgd")], (2.0, 1.0), 40)
    run = found.runs[0]
    verdict = found.verdict(run)
    assert verdict.index is not None and not verdict.edge
    best = found.rates[verdict.index]
    nearest = found.rates[np.abs(np.log(found.rates * 1.5)).argmin()]
    assert best in (nearest, 0.464)
    assert np.isinf(found.losses(run)[1][found.rates >= 2.15]).all()
    assert verdict.loss == np.median(run.losses[verdict.index])


def test_all_get_the_same_budget_and_the_same_grid() -> None:
    found = fair("bowl", [RunSpec("sgd"), RunSpec("newton")], (2.0, 1.0), 10)
    shape = (len(RATES), STARTS)
    assert all(run.losses.shape == run.reached.shape == shape for run in found.runs)
    assert found.budget == 28 * 9 * 10
    # Newton's method solves a quadratic in one step at rate 1; its band has no width there.
    one = found.verdict(found.runs[1])
    assert one.index is not None and found.rates[one.index] == 1.0 and one.steps == 1
    assert best_of(found) == [1, 0]


def curve(*losses: float, optimizer: str = "sgd", steps: float = np.inf) -> Tuned:
    """A run whose median loss at each rate is given, all starts alike."""
    row = np.array(losses)[:, None].repeat(9, axis=1)
    return Tuned(optimizer, {}, row, np.full(row.shape, steps))


def compared(*runs: Tuned, minimum: float | None = 0.0, start: float = 100.0) -> Comparison:
    count = len(runs[0].losses)
    return Comparison(
        "bowl", minimum, 10.0 ** np.arange(count), np.zeros((9, 2)), np.full(9, start), 10, runs
    )


def test_valleys() -> None:
    wide, narrow = curve(50, 4, 1, 9, np.inf), curve(50, 20, 0.5, 6, np.inf)
    found = compared(wide, narrow)
    assert [found.verdict(run).decades for run in found.runs] == [3.0, 1.0]
    assert best_of(found) == [1, 0]
    # At an end of the grid the best may lie beyond.
    assert compared(curve(1, 2, 50)).verdict(curve(1, 2, 50)).edge
    # A second valley beyond a ridge does not count.
    split = curve(2, 50, 1, 50, 2)
    assert compared(split).verdict(split).decades == 1.0


def test_losses_as_good_as_none_are_told_apart_by_steps() -> None:
    slow = Tuned("sgd", {}, np.full((3, 9), 1e-14), np.full((3, 9), 50.0))
    slow.reached[1] = 20.0
    fast = Tuned("adam", {}, np.full((3, 9), 1e-11), np.full((3, 9), 7.0))
    found = compared(slow, fast)
    assert found.floor == pytest.approx(1e-10)
    verdict = found.verdict(slow)
    assert verdict.index == 1 and verdict.decades == 3.0 and verdict.loss == 1e-14
    assert best_of(found) == [1, 0]


def test_where_the_minimum_is_unknown_the_fall_is_the_measure() -> None:
    run = curve(99.0, -80.0, -100.0, -70.0)
    verdict = compared(run, minimum=None).verdict(run)
    assert (verdict.index, verdict.loss, verdict.decades) == (2, -100.0, 2.0)


def test_a_run_that_always_fails_has_no_best_rate() -> None:
    lost = curve(np.inf, np.inf, np.nan)
    found = compared(lost, curve(3.0, 2.0, 1.0))
    assert found.verdict(lost).index is None
    assert best_of(found) == [1]
    half = Tuned("sgd", {}, np.array([[1.0] * 5 + [np.inf] * 4]), np.full((1, 9), np.inf))
    assert compared(half).verdict(half).index == 0
    np.testing.assert_array_equal(compared(half).losses(half)[:, 0], [1.0, 1.0, np.inf])


def test_starts_lie_around_the_chosen_one_and_inside_the_box() -> None:
    for name, surface in SURFACES.items():
        for start in (surface.start, (surface.x_range[0], surface.y_range[1]), surface.centre):
            starts = starts_around(surface, start)
            assert starts.shape == (STARTS, 2) and tuple(starts[0]) == start
            assert all(surface.contains(tuple(p)) for p in starts), name
            assert (np.abs(starts - start) <= AROUND * np.array(surface.size) + 1e-9).all()
            np.testing.assert_array_equal(starts, starts_around(surface, start))
    outside = starts_around(SURFACES["bowl"], (40.0, 0.0))
    assert (np.abs(outside[:, 0] - 40.0) <= 0.9).all()


def test_a_typed_function_and_one_without_values_in_places() -> None:
    found = fair("=log(x) + x^2 + y^2 @ -1,2,-2,2", [RunSpec("sgd"), RunSpec("lbfgs")], (1, 1), 20)
    assert found.minimum is None
    assert all(run.losses.shape == (28, 9) for run in found.runs)


def test_rates_can_be_typed() -> None:
    assert len(RATES) == 28 and RATES[0] == 1e-6 and RATES[-1] == 1e3
    assert all(float(f"{rate:.3g}") == rate for rate in RATES)
    assert sorted(RATES) == list(RATES)


def test_nobody_is_a_sentence() -> None:
    with pytest.raises(Problem, match="optimizer"):
        fair("bowl", [], (1, 1), 5)


def test_the_task_gives_the_same_and_can_be_cancelled() -> None:
    specs = [RunSpec("adam")]
    one = fair_task(SilentContext(), "himmelblau", specs, (0.0, -0.5), 12)
    other = fair("himmelblau", specs, (0.0, -0.5), 12)
    np.testing.assert_array_equal(one.runs[0].losses, other.runs[0].losses)

    class Impatient(SilentContext):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        fair_task(Impatient(), "himmelblau", specs, (0.0, -0.5), 12)
