"""What holds wherever one looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.core.curvature import curvature, hessian
from optviz.core.optimizers import OPTIMIZERS, RunSpec, default_hyperparameters
from optviz.core.settings_map import MapPlan, axis, seconds_of, settings_map
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


@given(
    surfaces, units, st.sampled_from([(o, s) for o in OPTIMIZERS for s in seconds_of(o)]),
    st.integers(0, 8), st.integers(0, 8), st.integers(0, 30),
)  # fmt: skip
def test_a_cell_of_a_settings_map_is_a_run_of_its_own(name, unit, pair, row, column, steps):
    optimizer, second = pair
    settings = default_hyperparameters(optimizer, name)
    lrs, values = (axis(optimizer, n, settings, 9, settings["lr"]) for n in ("lr", second))
    plan = MapPlan(name, optimizer, (), second, lrs, values, place(name, unit), steps)
    found = settings_map(plan)
    path = trajectory(name, optimizer, plan.start, steps, **plan.cell(row, column))
    np.testing.assert_array_equal(found.ends[row, column], path.points[-1])
    np.testing.assert_array_equal(found.losses[row, column], path.losses[-1])
    reached = path.steps_to_tolerance
    assert found.steps_to_tolerance[row, column] == (-1 if reached is None else reached)


@pytest.mark.parametrize("name", SURFACES)
def test_critical_points_hold_gradient_descent(name):
    surface = SURFACES[name]
    for point in (*surface.minima, *surface.saddles, *surface.maxima):
        path = trajectory(name, "sgd", point, 3, lr=1e-6)
        np.testing.assert_allclose(path.points, [point] * 4, atol=1e-9)
