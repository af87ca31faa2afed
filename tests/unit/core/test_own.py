"""Typed surfaces: what is known of them, and paths over them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.core.optimizers import OPTIMIZERS, RunSpec, default_hyperparameters
from optviz.core.own import own_name, own_rates, own_surface
from optviz.core.problem import Problem
from optviz.core.surfaces import get_surface
from optviz.core.trajectory import trajectories, trajectory

BOX = ((-2.0, 2.0), (-1.0, 3.0))
ROSENBROCK = own_name("(1-x)^2 + 100*(y-x^2)^2", *BOX)
WAVY = own_name("0.1*(x^2 + y^2) + sin(2*x)*cos(2*y)", (-4.0, 4.0), (-4.0, 4.0))


def test_a_typed_rosenbrock_is_rosenbrock() -> None:
    typed, known = get_surface(ROSENBROCK), get_surface("rosenbrock")
    assert (typed.x_range, typed.y_range) == BOX
    np.testing.assert_allclose(typed.minima, known.minima, atol=1e-9)
    assert typed.minimum_value == pytest.approx(0.0, abs=1e-15)
    assert typed.log_levels
    assert typed.latex.startswith("f(x,y)=")
    ours = trajectory(known, "adam", steps=50, start=(-1.2, 1.0), lr=0.05)
    own = trajectory(ROSENBROCK, "adam", steps=50, start=(-1.2, 1.0), lr=0.05)
    np.testing.assert_allclose(own.points, ours.points, rtol=1e-9)


def test_the_lowest_minimum_must_be_lower_than_the_rim() -> None:
    assert own_surface("=x^3 - 3*x + y^2 @ -3,3,-3,3").minimum_value is None
    inside = own_surface("=x^3 - 3*x + y^2 @ -1.5,3,-3,3")
    assert inside.minimum_value == pytest.approx(-2.0)
    np.testing.assert_allclose(inside.minima, [(1.0, 0.0)], atol=1e-9)
    np.testing.assert_allclose(inside.saddles, [(-1.0, 0.0)], atol=1e-9)


def test_equal_minima_are_all_global_and_higher_ones_local() -> None:
    double = own_surface("=(x^2 - 1)^2 + y^2 @ -2,2,-2,2")
    assert len(double.minima) == 2 and not double.local_minima
    tilted = own_surface("=(x^2 - 1)^2 + y^2 + 0.1*x @ -2,2,-2,2")
    assert len(tilted.minima) == 1 and len(tilted.local_minima) == 1


def test_a_level_line_is_not_a_list_of_points() -> None:
    trench = own_surface("=x^2 + 0*y @ -2,2,-2,2")
    assert not trench.complete
    assert trench.minima == trench.saddles == ()


def test_the_start_is_where_the_function_is_defined() -> None:
    half = own_surface("=log(x) + y^2 @ -2,2,-2,2")
    assert half.start[0] > 0
    assert np.isfinite(trajectory(half, "sgd", steps=0).losses).all()


@pytest.mark.parametrize("name", [ROSENBROCK, WAVY, own_name("e^(-x)*y + atan(x*y)^2", *BOX)])
def test_paths_equal_a_plain_loop_bit_for_bit(name: str) -> None:
    surface = own_surface(name)
    names = [o for o in OPTIMIZERS if OPTIMIZERS[o].closure == "none"]
    specs = [RunSpec(o) for o in names]
    for optimizer, path in zip(names, trajectories(name, specs, steps=25), strict=True):
        spec = OPTIMIZERS[optimizer]
        p = torch.tensor([surface.start], dtype=torch.float64).reshape(spec.shape)
        p.requires_grad_()
        made = spec.build([p], **default_hyperparameters(optimizer, name))
        for k in range(26):
            np.testing.assert_array_equal(p.detach().numpy().ravel(), path.points[k])
            made.zero_grad()
            flat = p.view(2)
            surface.function(flat[0], flat[1]).backward()
            made.step()


def test_rules_of_thumb_are_usable_on_a_quadratic() -> None:
    name = own_name("0.5*x^2 + 50*y^2", (-3.0, 3.0), (-3.0, 3.0))
    rates = own_rates(name)
    assert set(rates) == set(OPTIMIZERS) - {"newton"}
    assert 0.001 < rates["sgd"] < 0.02
    for path in trajectories(name, [RunSpec(o) for o in OPTIMIZERS], steps=200):
        assert path.status != "diverged", path.optimizer
        assert path.losses[-1] < path.losses[0], path.optimizer


@pytest.mark.parametrize(
    "name",
    [
        "=x^2 @ 1,1,0,1", "=x^2 @ 2,1,0,1", "=x^2 @ 0,1", "=x^2 @ a,b,c,d", "=x^2 @ nan,1,0,1",
        "=x^2 @ 0,1e9,0,1", "=sqrt(-1-x^2) @ 0,1,0,1", "=", "=x + @ 0,1,0,1",
    ],
)  # fmt: skip
def test_what_cannot_be_a_surface_gets_a_sentence(name: str) -> None:
    with pytest.raises(Problem) as refused:
        get_surface(name)
    assert "{" not in str(refused.value)


@pytest.mark.parametrize(
    ("formula", "key"),
    [
        ("sqrt(-1 - x^2)", "nowhere"),
        ("x/0", "nowhere"),
        ("9**9**9**9*x", "nowhere"),
        ("3 + 0*x", "flat"),
        ("x - x + y - y", "flat"),
        ("relu(x - 50)", "flat"),
        ("1e308*x^2", "overflow"),
        ("1e308*x*10", "overflow"),
        ("exp(1000 + x)", "nowhere"),
    ],
)
def test_functions_without_a_landscape_get_a_sentence(formula: str, key: str) -> None:
    with pytest.raises(Problem) as refused:
        own_surface(own_name(formula, (-4.0, 4.0), (-4.0, 4.0)))
    assert refused.value.key == f"problem.expression.{key}"
    assert "{" not in str(refused.value)


def test_a_function_that_ends_inside_its_box_is_one_all_the_same() -> None:
    assert own_surface("=asin(9*x) @ -4,4,-4,4").start == (0.0, 1.71)
    assert own_surface("=1e-300*x^2 + y*0 @ -4,4,-4,4").minimum_value is None


def test_numbers_beyond_all_bounds_are_no_error() -> None:
    surface = own_surface("=exp(400*x) + y @ -2,2,-2,2")
    trajectories(surface, [RunSpec(o) for o in OPTIMIZERS], steps=5)
