"""Thousands of settings in one batch, against one run at a time and against theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.core.optimizers import OPTIMIZERS, RunSpec, default_hyperparameters
from optviz.core.problem import Problem
from optviz.core.settings_map import (
    CONVERGED,
    DIVERGED,
    MOVING,
    NEVER,
    MapPlan,
    SettingsMap,
    axis,
    place,
    seconds_of,
    settings_map,
    settings_map_task,
    stability_edge,
)
from optviz.core.surfaces import SURFACES, get_surface
from optviz.core.task import SilentContext
from optviz.core.trajectory import trajectories

PAIRS = [(o, s) for o in OPTIMIZERS for s in seconds_of(o)]
STATUS = {"converged": CONVERGED, "moving": MOVING, "diverged": DIVERGED}


def plan(
    surface: str,
    optimizer: str,
    second: str,
    count: int = 100,
    steps: int | None = None,
    **changed: Any,
) -> MapPlan:
    suits = default_hyperparameters(optimizer, surface)
    settings = suits | changed
    known = get_surface(surface)
    return MapPlan(
        surface=surface,
        optimizer=optimizer,
        settings=tuple((k, v) for k, v in settings.items() if k not in ("lr", second)),
        second=second,
        lrs=axis(optimizer, "lr", settings, count, float(suits["lr"])),
        values=axis(optimizer, second, settings, count),
        start=known.start,
        steps=known.steps if steps is None else steps,
    )


def check(found: SettingsMap, cells: list[tuple[int, int]]) -> None:
    """These cells equal runs of their own, bit for bit."""
    asked = found.plan
    specs = [RunSpec(asked.optimizer, asked.cell(*cell)) for cell in cells]
    paths = trajectories(asked.surface, specs, asked.start, asked.steps)
    for cell, path in zip(cells, paths, strict=True):
        np.testing.assert_array_equal(found.ends[cell], path.points[-1], str(asked.cell(*cell)))
        np.testing.assert_array_equal(found.losses[cell], path.losses[-1])
        assert found.status[cell] == STATUS[path.status]
        settled = path.status_step if path.status == "converged" else NEVER
        assert found.settled[cell] == settled
        first = path.steps_to_tolerance
        assert found.steps_to_tolerance[cell] == (NEVER if first is None else first)


@pytest.mark.parametrize(("optimizer", "second"), PAIRS)
@pytest.mark.parametrize("surface", ["rosenbrock", "himmelblau", "ravine"])
def test_every_cell_equals_a_run_of_its_own(surface: str, optimizer: str, second: str) -> None:
    found = settings_map(plan(surface, optimizer, second, 7, 60))
    check(found, [(i, j) for i in range(7) for j in range(7)])


def test_the_cells_of_a_large_map_do_too() -> None:
    found = settings_map(plan("ravine", "momentum", "momentum"))
    assert found.status.shape == (100, 100)
    check(found, [(0, 0), (0, 99), (99, 0), (50, 50), (99, 99), (31, 64), (1, 40)])


def test_switches_of_the_run_count() -> None:
    found = settings_map(plan("booth", "rmsprop", "alpha", 5, 50, centered=True, momentum=0.5))
    check(found, [(0, 0), (2, 3), (4, 4)])


def test_every_elementwise_optimizer_has_a_map_and_no_other() -> None:
    for name, spec in OPTIMIZERS.items():
        assert bool(seconds_of(name)) == spec.elementwise, name
    assert seconds_of("momentum") == ("momentum", "dampening", "weight_decay")
    for name in ("lbfgs", "muon", "adafactor", "newton"):
        asked = MapPlan("bowl", name, (), "momentum", (0.1,), (0.5,), (1.0, 1.0), 5)
        with pytest.raises(Problem):
            settings_map(asked)


@pytest.mark.parametrize(("optimizer", "name"), [*PAIRS, ("sgd", "lr"), ("adam", "lr")])
def test_axes_ascend_hold_the_present_value_and_can_be_used(optimizer: str, name: str) -> None:
    settings = default_hyperparameters(optimizer, "ravine")
    values = axis(optimizer, name, settings, 100, float(settings["lr"]))
    assert len(values) == 100
    assert (np.diff(values) > 0).all()
    assert values[0] <= settings[name] <= values[-1] * (1 + 1e-9)
    assert 0 <= place(values, float(settings[name])) <= 99
    for value in (values[0], values[-1]):
        assert OPTIMIZERS[optimizer].check(settings | {name: value})[name] == value


def test_an_axis_reaches_out_to_an_unusual_value() -> None:
    settings = default_hyperparameters("momentum", "ravine") | {"lr": 7.0, "momentum": 0.9995}
    assert axis("momentum", "lr", settings, 50, 0.003)[-1] == 7.0
    assert axis("momentum", "momentum", settings, 50)[-1] == 0.9995
    assert axis("momentum", "momentum", settings | {"momentum": 1.2}, 50)[-1] == 1.2
    assert axis("momentum", "weight_decay", settings | {"weight_decay": 1e-9}, 50)[1] == 1e-9
    assert np.isnan(place((1.0, 2.0), 3.0))


def quadratic(optimizer: str, second: str, steps: int = 400) -> SettingsMap:
    """On the ravine, λ = 1 and 100, from a start with a part along both."""
    return settings_map(plan("ravine", optimizer, second, steps=steps))


@pytest.mark.parametrize(
    ("optimizer", "second"),
    [
        ("sgd", "weight_decay"),
        ("momentum", "momentum"),
        ("momentum", "dampening"),
        ("nesterov", "momentum"),
    ],
)
def test_divergence_begins_where_theory_says(optimizer: str, second: str) -> None:
    """To within a cell: beyond the limit runs grow, below it they do not (FACTS: Goh 2017)."""
    found = quadratic(optimizer, second)
    edge = stability_edge(found)
    assert edge is not None
    lrs = np.array(found.plan.lrs)
    checked = 0
    for row, limit in enumerate(edge):
        if not lrs[0] < limit < lrs[-2]:
            continue
        with np.errstate(all="ignore"):
            grown = ~(found.losses[row] <= found_start_loss(found))
        beyond = int(np.searchsorted(lrs, limit))
        assert grown[beyond + 1 :].all(), (row, limit)
        assert not grown[: beyond - 1].any(), (row, limit)
        checked += 1
    assert checked > 20


def found_start_loss(found: SettingsMap) -> float:
    x, y = found.plan.start
    return 10 * (x**2 + 100 * y**2)  # momentum may rise at first


def test_the_edge_is_the_closed_form() -> None:
    found = quadratic("momentum", "momentum", 200)
    edge = stability_edge(found)
    assert edge is not None
    np.testing.assert_allclose(edge, (2 + 2 * np.array(found.plan.values)) / 100)
    adam = settings_map(plan("ravine", "adam", "beta1", 10, 100))
    assert stability_edge(adam) is None
    nowhere = settings_map(plan("ravine", "sgd", "weight_decay", 10, 1))
    assert nowhere.fastest is None
    assert stability_edge(nowhere) is None


def test_the_fastest_run_of_momentum_has_theorys_best_settings() -> None:
    """On the ravine κ = 100: α = (2/(√1 + √100))² = .0331, β = ((10 − 1)/(10 + 1))² = .669."""
    found = settings_map(plan("ravine", "momentum", "momentum"))
    best = found.fastest
    assert best is not None
    assert found.settled[best] == found.settled[found.settled != NEVER].min() > 0
    row, column = best
    assert abs(column - place(found.plan.lrs, 0.0330579)) < 2
    assert abs(row - place(found.plan.values, 0.6694215)) < 4
    # Without momentum no rate gets there.
    assert found.plan.values[0] == 0
    assert (found.settled[0] == NEVER).all()


def test_who_only_comes_past_a_minimum_is_not_the_fastest() -> None:
    found = settings_map(plan("ravine", "nesterov", "momentum"))
    best = found.fastest
    assert best is not None
    past = found.steps_to_tolerance.copy()
    past[found.status != CONVERGED] = 10**6
    early = np.unravel_index(int(past.argmin()), past.shape)
    assert found.steps_to_tolerance[early] < found.steps_to_tolerance[best]
    assert found.settled[early] > found.settled[best]


def test_no_steps_and_one_cell() -> None:
    found = settings_map(MapPlan("bowl", "sgd", (), "weight_decay", (0.1,), (0.0,), (2, 1), 0))
    assert found.ends.tolist() == [[[2.0, 1.0]]]
    assert found.status.tolist() == [[MOVING]]
    at = SURFACES["bowl"].minima[0]
    found = settings_map(MapPlan("bowl", "sgd", (), "weight_decay", (0.1,), (0.0,), at, 0))
    assert found.steps_to_tolerance.tolist() == [[0]]
    assert found.status.tolist() == [[CONVERGED]]


def test_a_typed_function_has_a_map_too() -> None:
    typed = "=(x^2 - 1)^2 + y^2 @ -2,2,-2,2"
    found = settings_map(plan(typed, "momentum", "momentum", 12, 150))
    assert found.fastest is not None
    assert {DIVERGED, CONVERGED} <= set(found.status.ravel())


def test_a_saddle_is_no_minimum() -> None:
    asked = MapPlan("saddle", "sgd", (), "weight_decay", (0.1, 0.2), (0.0,), (1.0, 0.0), 300)
    found = settings_map(asked)
    assert (found.steps_to_tolerance == NEVER).all()
    assert (found.status == MOVING).all()


def test_the_task_gives_the_same() -> None:
    asked = plan("himmelblau", "adam", "beta1", 6, 30)
    one, other = settings_map_task(SilentContext(), asked), settings_map(asked)
    np.testing.assert_array_equal(one.ends, other.ends)
