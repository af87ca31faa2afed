"""Maps of the plane against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.core.curvature import hessian
from optviz.core.deformation import (
    MAPS,
    Deformation,
    gradient_field,
    gradient_step,
    images,
    jacobians,
    own_map,
    square_error,
)
from optviz.core.problem import Problem
from optviz.core.surfaces import SURFACES

EVERY = [*MAPS.values(), gradient_field(SURFACES["himmelblau"]),
         gradient_step(SURFACES["rosenbrock"], 1e-3),
         own_map("x + sin(y)", "y*exp(x/3)", (-2, 2), (-2, 2))]  # fmt: skip


def points_in(deformation: Deformation, count: int = 30) -> np.ndarray:
    low, high = np.array([deformation.x_range, deformation.y_range]).T
    return np.random.default_rng(0).uniform(low, high, (count, 2))


@pytest.mark.parametrize("deformation", EVERY, ids=lambda d: d.name)
def test_the_jacobian_is_what_small_steps_do(deformation: Deformation) -> None:
    where, h = points_in(deformation), 1e-5 * deformation.size
    columns = [
        (images(deformation, where + h * e) - images(deformation, where - h * e)) / (2 * h)
        for e in np.eye(2)
    ]
    found = jacobians(deformation, where)
    assert np.stack(columns, axis=2) == pytest.approx(found, rel=1e-5, abs=1e-5 * abs(found).max())


def determinants(name: str) -> tuple[np.ndarray, np.ndarray]:
    where = points_in(MAPS[name])
    return where, np.linalg.det(jacobians(MAPS[name], where))


def test_area_factors_known_by_heart() -> None:
    where, found = determinants("polar")
    assert found == pytest.approx(where[:, 0])  # r
    where, found = determinants("square")
    assert found == pytest.approx(4 * (where**2).sum(axis=1))  # 4|z|²
    where, found = determinants("fold")
    assert found == pytest.approx(2 * where[:, 1])
    for name in ("shear", "rotation", "swirl"):  # none of them changes an area
        assert determinants(name)[1] == pytest.approx(1)


def stretches(deformation: Deformation, point) -> np.ndarray:
    return np.linalg.svd(jacobians(deformation, point)[0], compute_uv=False)


def test_singular_values_known_by_heart() -> None:
    assert stretches(MAPS["rotation"], (0.3, 0.4)) == pytest.approx([1, 1])
    assert stretches(MAPS["square"], (0.9, 0.5)) == pytest.approx([2 * np.hypot(0.9, 0.5)] * 2)
    golden = (1 + np.sqrt(5)) / 2
    assert stretches(MAPS["shear"], (0, 0)) == pytest.approx([golden, 1 / golden])
    assert stretches(MAPS["polar"], (2, 1)) == pytest.approx([2, 1])
    assert stretches(MAPS["fold"], (1, 0))[1] == pytest.approx(0)


@pytest.mark.parametrize("deformation", EVERY, ids=lambda d: d.name)
def test_the_straight_image_is_off_by_h_squared(deformation: Deformation) -> None:
    point, h = deformation.start, 0.02 * deformation.size
    first, second = (square_error(deformation, point, reach) for reach in (h, h / 2))
    if deformation.name in ("shear", "rotation"):
        assert first < 1e-12
    else:
        assert first / second == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("name", SURFACES)
def test_the_gradient_s_jacobian_is_the_hessian(name: str) -> None:
    surface = SURFACES[name]
    where = points_in(gradient_field(surface))
    assert (jacobians(gradient_field(surface), where) == hessian(surface, where)).all()
    step = jacobians(gradient_step(surface, 0.01), where)
    assert step == pytest.approx(np.eye(2) - 0.01 * hessian(surface, where))


def test_a_step_brings_neighbours_together_below_two_over_lambda() -> None:
    surface = SURFACES["tilted"]  # eigenvalues 1 and 25
    for lr, together in ((0.079, True), (0.081, False)):
        assert (stretches(gradient_step(surface, lr), (1, 1))[0] < 1) == together


def test_typed_maps_are_checked() -> None:
    with pytest.raises(Problem):
        own_map("x + z", "y", (-1, 1), (-1, 1))
    made = own_map("x*y", "x - y", (-1, 1), (-1, 1))
    assert images(made, (3.0, 2.0)).tolist() == [[6.0, 1.0]]
    assert jacobians(made, (3.0, 2.0))[0].tolist() == [[2.0, 3.0], [1.0, -1.0]]
