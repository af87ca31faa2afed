"""The parts of every step make the step that torch took; limits are those of torch itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optviz.core.curvature import curvature
from optviz.core.optimizers import OPTIMIZERS
from optviz.core.stability import largest_stable_lr, linear_bound, stability_bound
from optviz.core.step_parts import StepParts, stability_ratio, step_parts
from optviz.core.surfaces import SURFACES, get_surface
from optviz.core.trajectory import Trajectory, trajectory

# Every switch that changes how torch puts a step together.
CASES: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in OPTIMIZERS),
    ("sgd", {"weight_decay": 0.1}),
    ("momentum", {"momentum": 0.0, "dampening": 0.5}),
    ("momentum", {"dampening": 0.3, "weight_decay": 0.1}),
    ("nesterov", {"momentum": 0.0}),
    ("nesterov", {"weight_decay": 0.2}),
    ("adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.1}),
    ("adadelta", {"weight_decay": 0.1}),
    ("rmsprop", {"momentum": 0.8, "weight_decay": 0.1}),
    ("rmsprop", {"momentum": 0.5, "centered": True}),
    ("adam", {"weight_decay": 0.3}),
    ("adam", {"beta1": 0.0, "beta2": 0.9999}),
    ("amsgrad", {"weight_decay": 0.1}),
    ("adamw", {"weight_decay": 0.5}),
    ("adamax", {"weight_decay": 0.1}),
    ("nadam", {"weight_decay": 0.1, "momentum_decay": 0.05}),
    ("radam", {"weight_decay": 0.1, "beta2": 0.9}),
    ("asgd", {"lambd": 0.1, "alpha": 1.0, "weight_decay": 0.1}),
    ("asgd", {"t0": 3.0}),
    ("lbfgs", {"strong_wolfe": True}),
    ("lbfgs", {"history_size": 1, "lr": 0.5}),
    ("adafactor", {"weight_decay": 0.1, "d": 2.0}),
    ("muon", {"nesterov": False, "weight_decay": 0.1}),
    ("newton", {"lr": 0.5, "damping": 10.0}),
]
WHERE = ("ravine", "tilted", "rosenbrock", "himmelblau", "saddle", "cliff", "=log(1+x^2) + y^2")


def taken_apart(surface: str, name: str, **settings: Any) -> tuple[Trajectory, StepParts]:
    path = trajectory(surface, name, steps=40, **settings)
    return path, step_parts(get_surface(surface), path)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_parts_make_the_step(name: str, settings: dict[str, Any]) -> None:
    for surface in WHERE:
        path, parts = taken_apart(surface, name, **settings)
        whole = parts.gradient + parts.memory + parts.decay
        if parts.rule not in ("sum", "unit", "many"):
            assert parts.direction is not None
            whole = whole + parts.scale * parts.direction
        if parts.rule in ("unit", "many"):
            continue
        # Steps are differences of rounded points: exact but for the last digit of those.
        size = np.abs(path.points[:-1]) + np.abs(parts.gradient) + np.abs(parts.memory)
        np.testing.assert_array_less(np.abs(whole - parts.steps), 1e-12 * (size + 1e-300))
        np.testing.assert_array_equal(parts.steps, np.diff(path.points, axis=0))


def test_rules_of_all_methods() -> None:
    rules = {name: taken_apart("bowl", name)[1].rule for name in OPTIMIZERS}
    apart = {"rprop": "signs", "lbfgs": "secant", "muon": "unit", "newton": "newton"}
    assert rules == {name: apart.get(name, "sum") for name in OPTIMIZERS}
    assert taken_apart("bowl", "lbfgs", max_iter=5)[1].rule == "many"


def test_muon_makes_its_direction_a_unit_long() -> None:
    # torch's Newton–Schulz iteration, in bfloat16, on what we say goes in.
    for surface in ("ravine", "himmelblau"):
        for settings in ({}, {"nesterov": False, "weight_decay": 0.2}):
            _, parts = taken_apart(surface, "muon", **settings)
            assert parts.direction is not None
            own = parts.steps - parts.decay
            length = np.linalg.norm(own, axis=1)
            np.testing.assert_allclose(length / parts.scale[:, 0], 1.0, atol=0.35)
            unit = parts.direction / np.linalg.norm(parts.direction, axis=1)[:, None]
            np.testing.assert_allclose(own / length[:, None], unit, atol=0.02)


def test_momentum_by_hand() -> None:
    # f = x²/2 + y², from (−2.5, 2): g = (x, 2y), z = βz + g + λw.
    _, parts = taken_apart("bowl", "momentum", lr=0.1, momentum=0.5, weight_decay=1.0)
    w = np.array([-2.5, 2.0])
    g = w * [1, 2]
    np.testing.assert_allclose(parts.gradient[0], -0.1 * g)
    np.testing.assert_allclose(parts.decay[0], -0.1 * w)
    np.testing.assert_array_equal(parts.memory[0], [0, 0])
    np.testing.assert_allclose(parts.memory[1], -0.1 * 0.5 * (g + w))


def test_adams_first_step_has_the_length_lr_in_each_coordinate() -> None:
    path, parts = taken_apart("ravine", "adam", lr=0.25)
    assert parts.divisor is not None
    np.testing.assert_allclose(parts.divisor[0], np.abs(path.grads[0]))
    np.testing.assert_allclose(parts.gradient[0], -0.25 * np.sign(path.grads[0]))
    np.testing.assert_array_equal(parts.memory[0], [0, 0])


def test_no_steps_no_parts_and_a_run_that_leaves() -> None:
    for name in OPTIMIZERS:
        path = trajectory("ravine", name, steps=0)
        parts = step_parts(SURFACES["ravine"], path)
        assert parts.steps.shape == parts.gradient.shape == parts.scale.shape == (0, 2)
        ratio = stability_ratio(parts, curvature(SURFACES["ravine"], path.points).hessians)
        assert ratio is None or ratio.shape == (0,)
        path = trajectory("rosenbrock", name, steps=40, lr=1e9)
        step_parts(SURFACES["rosenbrock"], path)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov"])
@pytest.mark.parametrize("settings", [{}, {"weight_decay": 3.0}])
def test_the_ratio_says_what_the_largest_stable_rate_says(
    name: str, settings: dict[str, float]
) -> None:
    path, parts = taken_apart("rosenbrock", name, **settings)
    bent = curvature(SURFACES["rosenbrock"], path.points)
    ratio = stability_ratio(parts, bent.hessians)
    assert ratio is not None
    for k in range(40):
        stable = largest_stable_lr(name, path.hyperparameters, float(bent.eigenvalues[k, 1]))
        assert stable is not None
        assert ratio[k] == pytest.approx(float(path.hyperparameters["lr"]) / stable, rel=1e-12)


def test_bounds_of_the_literature() -> None:
    def bound(name: str, **settings: Any) -> float:
        found = taken_apart("bowl", name, **settings)[1].bound
        assert found is not None
        return float(found[-1])

    assert bound("sgd") == bound("adagrad") == bound("rmsprop") == 2
    for name in ("momentum", "nesterov"):
        assert bound(name, momentum=0.9) == pytest.approx(stability_bound(name, {"momentum": 0.9}))
    assert bound("rmsprop", momentum=0.9) == pytest.approx(3.8)
    # Cohen et al. (2022): 38 for Adam at β₁ = 0.9.
    assert bound("adam") == bound("radam") == bound("adamax") == pytest.approx(38)
    assert taken_apart("bowl", "newton")[1].bound is None


@pytest.mark.parametrize(
    ("c", "r", "a", "b", "e"),
    [
        (1.0, 0.9, 0.9, 1.0, 0.0),
        (1.9, 0.81, 0.9, 1.0, 0.0),
        (0.1, 0.9, 0.9, 0.1, 0.0),
        (0.1, 0.9, 0.9, 0.1, 0.3),
        (0.3, 2.0, 0.5, 1.0, 0.0),  # here rotation grows before anything flips
    ],
)
def test_the_bound_is_where_the_map_leaves_the_unit_circle(
    c: float, r: float, a: float, b: float, e: float
) -> None:
    limit = float(linear_bound(c, r, a, b, e))

    def radius(x: float) -> float:
        return float(np.abs(np.linalg.eigvals([[1 - e - c * x, -r * x], [b, a]])).max())

    assert radius(0.999 * limit) < 1 < radius(1.001 * limit)


@pytest.mark.parametrize(("share", "grows"), [(0.97, False), (1.03, True)])
def test_adam_held_at_its_scale_is_stable_below_and_not_above(share: float, grows: bool) -> None:
    # An ε so large that nothing else is divided by: the scale stands still at lr/ε.
    held = 1e60
    path = trajectory(
        "ravine", "adam", (0.0, 1e-3), 250, lr=share * 0.38 * held, eps=held
    )  # fmt: skip
    parts = step_parts(SURFACES["ravine"], path)
    ratio = stability_ratio(parts, curvature(SURFACES["ravine"], path.points).hessians)
    assert ratio is not None
    # Once the correction of the first steps is over, the curvature is all that counts.
    assert ratio[-1] == pytest.approx(share, rel=1e-6)
    size = np.abs(path.points[:, 1])
    assert bool(size[200:].max() > size[100:150].max()) is grows


def test_a_ratio_above_one_comes_before_the_run_leaves() -> None:
    for name, lr in (("sgd", 0.0202), ("momentum", 0.0385), ("nesterov", 0.0138)):
        path, parts = taken_apart("ravine", name, lr=lr)
        bent = curvature(SURFACES["ravine"], path.points)
        ratio = stability_ratio(parts, bent.hessians)
        assert ratio is not None
        assert (ratio > 1).all()
