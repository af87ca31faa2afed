"""Many starts in one batch, against one start at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.core.basins import DIVERGED, NOWHERE, basins, basins_task
from optviz.core.optimizers import OPTIMIZERS
from optviz.core.problem import Problem
from optviz.core.surfaces import SURFACES
from optviz.core.task import SilentContext
from optviz.core.trajectory import trajectory

ELEMENTWISE = [n for n, s in OPTIMIZERS.items() if s.elementwise and s.closure == "none"]


def grid(name: str, n: int = 23) -> tuple[np.ndarray, np.ndarray]:
    surface = SURFACES[name]
    return np.linspace(*surface.x_range, n), np.linspace(*surface.y_range, n + 1)


@pytest.mark.parametrize("optimizer", ELEMENTWISE)
@pytest.mark.parametrize("name", ["himmelblau", "rastrigin", "cliff"])
def test_sampled_cells_equal_solo_runs_bit_for_bit(name: str, optimizer: str) -> None:
    xs, ys = grid(name)
    found = basins(name, optimizer, xs, ys, 40)
    for i, j in ((0, 0), (3, 17), (12, 5), (23, 22), (9, 9)):
        alone = trajectory(name, optimizer, (xs[j], ys[i]), 40)
        np.testing.assert_array_equal(found.ends[i, j], alone.points[-1])


def test_settings_are_the_runs_own() -> None:
    xs, ys = grid("booth", 5)
    settings: dict[str, Any] = {"lr": 0.02, "momentum": 0.5, "dampening": 0.1, "weight_decay": 0.01}
    found = basins("booth", "momentum", xs, ys, 30, **settings)
    alone = trajectory("booth", "momentum", (xs[2], ys[1]), 30, **settings)
    np.testing.assert_array_equal(found.ends[1, 2], alone.points[-1])


def test_each_minimum_is_reached_from_itself() -> None:
    for name in ("himmelblau", "styblinski_tang", "branin", "six_hump_camel"):
        surface = SURFACES[name]
        for i, (x, y) in enumerate(surface.all_minima):
            found = basins(name, "sgd", [x], [y], 10, lr=1e-4)
            assert found.reached.tolist() == [[i]], name
            assert found.steps.tolist() == [[0]]


def test_steps_are_those_of_the_path() -> None:
    path = trajectory("bowl", "sgd", (-2.0, 1.0), 200)
    found = basins("bowl", "sgd", [-2.0], [1.0], 200)
    small = path.grad_norms <= SURFACES["bowl"].gradient_tolerance
    assert found.steps[0, 0] == int(np.argmax(small))
    assert found.reached[0, 0] == 0


def test_diverged_and_nowhere() -> None:
    assert basins("ravine", "sgd", [1.0], [1.0], 50, lr=1.0).reached[0, 0] == DIVERGED
    assert basins("ravine", "sgd", [9.0], [1.0], 3, lr=1e-3).reached[0, 0] == NOWHERE
    assert basins("saddle", "sgd", [1.0], [0.0], 5).reached[0, 0] == NOWHERE
    assert basins("bowl", "sgd", [1.0], [0.0], 0).steps[0, 0] == 0


def test_a_typed_function_has_basins_too() -> None:
    found = basins("=(x^2 - 1)^2 + y^2 @ -2,2,-2,2", "sgd", [-1.5, 1.5], [0.5], 200, lr=0.05)
    assert set(found.reached.ravel()) == {0, 1}


@pytest.mark.parametrize("optimizer", ["lbfgs", "newton", "muon", "adafactor"])
def test_methods_that_look_further_than_one_coordinate_are_refused(optimizer: str) -> None:
    with pytest.raises(Problem):
        basins("bowl", optimizer, [0.0], [0.0], 5)


def test_the_task_gives_the_same() -> None:
    xs, ys = grid("himmelblau", 6)
    settings = {"lr": 0.1}
    one = basins_task(SilentContext(), "himmelblau", "adam", settings, xs, ys, 30)
    other = basins("himmelblau", "adam", xs, ys, 30, lr=0.1)
    np.testing.assert_array_equal(one.reached, other.reached)
