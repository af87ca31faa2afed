"""What holds wherever one looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.core.curvature import curvature, hessian
from optviz.core.optimizers import RunSpec
from optviz.core.surfaces import SURFACES
from optviz.core.trajectory import trajectories, trajectory

surfaces = st.sampled_from(sorted(SURFACES))
units = st.tuples(st.floats(0, 1), st.floats(0, 1))


def place(name, unit):
    surface = SURFACES[name]
    return tuple(
        low + u * (high - low)
        for u, (low, high) in zip(unit, (surface.x_range, surface.y_range), strict=True)
    )


@given(surfaces, units)
def test_hessians_are_symmetric_and_eigenvectors_orthonormal(name, unit):
    point = place(name, unit)
    h = hessian(SURFACES[name], [point])
    np.testing.assert_array_equal(h, h.swapaxes(1, 2))
    here = curvature(SURFACES[name], [point])
    assert here.eigenvalues[0, 0] <= here.eigenvalues[0, 1]
    np.testing.assert_allclose(here.eigenvectors[0].T @ here.eigenvectors[0], np.eye(2), atol=1e-9)


@given(surfaces, units)
def test_a_rate_of_zero_stays_put(name, unit):
    point = place(name, unit)
    names = ["sgd", "momentum", "nesterov", "adam", "amsgrad", "adamw", "nadam", "radam", "adamax"]
    for path in trajectories(name, [RunSpec(o, {"lr": 0.0}) for o in names], point, 3):
        assert (path.points == point).all()


@given(surfaces, units, st.integers(0, 6))
def test_a_longer_run_begins_as_the_shorter_one(name, unit, steps):
    point = place(name, unit)
    short = trajectory(name, "adam", point, steps, lr=0.1)
    longer = trajectory(name, "adam", point, steps + 3, lr=0.1)
    np.testing.assert_array_equal(short.points, longer.points[: steps + 1])


@pytest.mark.parametrize("name", SURFACES)
def test_critical_points_hold_gradient_descent(name):
    surface = SURFACES[name]
    for point in (*surface.minima, *surface.saddles, *surface.maxima):
        path = trajectory(name, "sgd", point, 3, lr=1e-6)
        np.testing.assert_allclose(path.points, [point] * 4, atol=1e-9)
