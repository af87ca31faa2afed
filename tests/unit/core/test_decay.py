"""Weight decay: the shift in closed form, two ways that agree, and two that do not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.core.curvature import curvature, evaluate, gradient
from optviz.core.decay import RULES, decay_pair, decayed, minimum_path, shift, unit_square
from optviz.core.optimizers import default_hyperparameters
from optviz.core.surfaces import SURFACES

QUADRATICS = ("booth", "bowl", "ravine", "tilted", "matyas")


@pytest.mark.parametrize("name", QUADRATICS)
@pytest.mark.parametrize("decay", [0.1, 2.0, 10.0])
def test_a_quadratic_s_minimum_moves_as_the_closed_form_says(name: str, decay: float) -> None:
    surface = SURFACES[name]
    minimum = np.array(surface.minima[0])
    hessian = curvature(surface, minimum).hessians[0]
    expected = np.linalg.solve(hessian + decay * np.eye(2), hessian @ minimum)
    moved = shift(name, decay)
    assert moved is not None and moved.followed
    np.testing.assert_allclose(moved.way[-1], expected, atol=1e-9)
    np.testing.assert_allclose(decayed(name, decay).minima[0], expected, atol=1e-9)
    low, high = np.linalg.eigvalsh(hessian)
    assert moved.conditions == pytest.approx((high / low, (high + decay) / (low + decay)))
    assert moved.distance == pytest.approx(float(np.linalg.norm(expected - minimum)), abs=1e-9)


@pytest.mark.parametrize("name", ["rosenbrock", "beale", "himmelblau", "styblinski_tang"])
def test_what_is_called_a_minimum_with_decay_is_one(name: str) -> None:
    ground = decayed(name, 0.5)
    assert ground.all_minima
    bent = curvature(ground, ground.all_minima)
    assert np.abs(bent.gradients).max() < 1e-6
    assert (bent.eigenvalues > 0).all()
    values = evaluate(ground, ground.all_minima)
    assert ground.minimum_value == pytest.approx(values.min())
    # The way of the first minimum is one of minima of all surfaces in between.
    surface = SURFACES[name]
    way = minimum_path(surface, surface.all_minima[0], 0.5)
    for point, grown in zip(way, 0.5 * np.linspace(0, 1, len(way)) ** 2, strict=True):
        slope = gradient(surface, point)[0] + grown * point
        assert np.abs(slope).max() < 1e-6


def test_decay_adds_half_of_lambda_times_the_squared_length() -> None:
    points = np.array([[0.3, -1.0], [2.0, 2.0]])
    plain = evaluate(SURFACES["booth"], points)
    lengths = (points**2).sum(1)
    np.testing.assert_allclose(evaluate(decayed("booth", 3.0), points), plain + 1.5 * lengths)
    assert decayed("booth", 0.0) is SURFACES["booth"]
    assert decayed("booth", 3.0) is decayed("booth", 3.0)


def test_a_minimum_that_vanishes_is_not_followed_further() -> None:
    moved = shift("branin", 5.0)
    assert moved is not None and not moved.followed
    assert shift("saddle", 1.0) is None


def test_sgd_with_l2_and_with_decoupled_decay_agree_up_to_rounding() -> None:
    for name in ("booth", "rosenbrock", "beale", "himmelblau"):
        start, lr = SURFACES[name].start, float(default_hyperparameters("sgd", name)["lr"])
        pair = decay_pair(name, "sgd", 0.5, start, 400, lr=lr)
        assert pair.largest[0] <= 1e-12 * max(1.0, *map(abs, start))
        assert pair.gaps[0] == 0 and len(pair.gaps) == 401


@pytest.mark.parametrize(("name", "rule"), [("booth", "momentum"), ("himmelblau", "adam")])
def test_momentum_and_adam_part(name: str, rule: str) -> None:
    pair = decay_pair(name, rule, 0.5, SURFACES[name].start, 300, lr=0.005 if rule != "adam"
                      else 0.1)  # fmt: skip
    gap, step = pair.largest
    assert gap > 0.1 and pair.gaps[step] == gap
    assert pair.gaps[-1] > 0.1


def test_adam_with_l2_ends_at_the_minimum_and_adamw_in_its_square() -> None:
    pair = decay_pair("himmelblau", "adam", 0.5, SURFACES["himmelblau"].start, 600, lr=0.1)
    assert pair.l2.status == "converged"
    np.testing.assert_allclose(
        pair.l2.points[-1], decayed("himmelblau", 0.5).all_minima[0], atol=1e-3
    )
    reach = float(unit_square(0.5).max())
    assert reach == 2.0
    assert np.abs(pair.decoupled.points[-1]).max() <= reach
    assert pair.decoupled.status == "moving"


def test_decoupled_momentum_pulls_a_part_as_hard() -> None:
    # Where it settles, ∇f = −(1 − β)λw.
    beta, decay = 0.9, 2.0
    pair = decay_pair("booth", "momentum", decay, (-8, -6), 4000, lr=0.005, momentum=beta)
    end = pair.decoupled.points[-1]
    slope = gradient(SURFACES["booth"], end)[0]
    np.testing.assert_allclose(slope, -(1 - beta) * decay * end, atol=1e-8)


def plain_loop(name: str, cls: type, start: tuple[float, float], steps: int, shrink: float,
               **settings: float) -> np.ndarray:  # fmt: skip
    """A student's own loop over a torch class."""
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = cls([point], **settings)
    points = [point.detach().numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        SURFACES[name].function(point[0], point[1]).backward()
        with torch.no_grad():
            point.mul_(1 - shrink)
        optimizer.step()
        points.append(point.detach().numpy().copy())
    return np.array(points)


@pytest.mark.parametrize("rule", RULES)
def test_both_runs_are_torch_s_own_bit_for_bit(rule: str) -> None:
    start, lr, decay = (-1.5, 2.0), 0.004, 0.5
    extra = {"momentum": 0.8} if rule == "momentum" else {}
    pair = decay_pair("rosenbrock" if rule == "adam" else "booth", rule, decay, start, 120, lr=lr,
                      momentum=0.8)  # fmt: skip
    name = "rosenbrock" if rule == "adam" else "booth"
    first = torch.optim.Adam if rule == "adam" else torch.optim.SGD
    expected = plain_loop(name, first, start, 120, 0.0, lr=lr, weight_decay=decay, **extra)
    np.testing.assert_array_equal(pair.l2.points, expected)
    if rule == "adam":
        expected = plain_loop(name, torch.optim.AdamW, start, 120, 0.0, lr=lr, weight_decay=decay)
    else:
        expected = plain_loop(name, torch.optim.SGD, start, 120, lr * decay, lr=lr, **extra)
    np.testing.assert_array_equal(pair.decoupled.points, expected)


def test_runs_that_burst_are_told_as_such() -> None:
    pair = decay_pair("booth", "sgd", 1.0, (-8, -6), 400, lr=10.0)
    assert pair.l2.status == pair.decoupled.status == "diverged"
