"""The quadratic model."""

import numpy as np
import pytest
import torch

from optviz.core.curvature import curvature, gradient, hessian, nonconvex
from optviz.core.surface import Surface
from optviz.core.surfaces import SURFACES

BOX = {"x_range": (-1, 1), "y_range": (-1, 1)}


def test_a_rotated_quadratic_in_closed_form():
    here = curvature(SURFACES["tilted"], [(2.0, 1.0)])
    np.testing.assert_allclose(here.gradients, [[14.0, -11.0]])
    np.testing.assert_array_equal(here.hessians, [[[13, -12], [-12, 13]]])
    np.testing.assert_allclose(here.eigenvalues, [[1, 25]])
    np.testing.assert_allclose(np.abs(here.eigenvectors), np.full((1, 2, 2), 0.5**0.5))
    np.testing.assert_allclose(here.newton_step, [[-2, -1]])
    np.testing.assert_allclose(here.condition_number, [25])
    assert here.kind == ["none"]
    assert here.largest_stable_lr[0] == pytest.approx(0.08)


def test_columns_are_eigenvectors():
    points = [(0.3, -0.7), (1.2, 0.4)]
    here = curvature(SURFACES["himmelblau"], points)
    for h, values, vectors in zip(here.hessians, here.eigenvalues, here.eigenvectors, strict=True):
        np.testing.assert_allclose(h @ vectors, vectors * values, atol=1e-10)


def test_a_monkey_saddle_is_degenerate_in_the_middle_alone():
    here = curvature(SURFACES["monkey_saddle"], [(0.0, 0.0), (0.01, 0.0)])
    assert here.kind == ["degenerate", "saddle"]
    assert np.isinf(here.condition_number[0])
    assert here.newton_step[0].tolist() == [0, 0]
    assert np.isinf(here.largest_stable_lr[0])


def test_a_trough_moves_across_only():
    trough = Surface("trough", lambda x, y: (x + y) ** 2, **BOX)
    here = curvature(trough, [(1.0, 0.0)])
    np.testing.assert_allclose(here.newton_step, [[-0.5, -0.5]])


def test_functions_that_leave_a_variable_out_or_are_linear():
    assert gradient(Surface("x", lambda x, y: x * x, **BOX), [(1, 2)]).tolist() == [[2, 0]]
    plane = Surface("plane", lambda x, y: 2 * x - y, **BOX)
    assert gradient(plane, [(1, 2)]).tolist() == [[2, -1]]
    assert hessian(plane, [(1, 2)]).tolist() == [[[0, 0], [0, 0]]]


def test_what_is_not_finite_is_undefined():
    here = curvature(SURFACES["booth"], [(np.nan, 0.0), (1.0, 3.0)])
    assert here.kind == ["undefined", "minimum"]
    assert np.isnan(here.eigenvalues[0]).all()
    root = Surface("root", lambda x, y: torch.sqrt(x) + y, **BOX)
    assert curvature(root, [(-1.0, 0.0)]).kind == ["undefined"]


@pytest.mark.parametrize(
    ("name", "share"), [("bowl", 0), ("rastrigin", None), ("saddle", 1), ("booth", 0)]
)
def test_where_a_surface_is_not_convex(name, share):
    surface = SURFACES[name]
    xs, ys = np.linspace(*surface.x_range, 31), np.linspace(*surface.y_range, 21)
    mask = nonconvex(surface, xs, ys)
    assert mask.shape == (21, 31)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    lowest = curvature(surface, grid).eigenvalues[:, 0]
    np.testing.assert_array_equal(mask.ravel(), lowest < 0)
    if share is not None:
        assert mask.mean() == share


def test_rosenbrock_loses_convexity_above_the_valley():
    """det H > 0 exactly where y < x² + 1/200."""
    mask = nonconvex(SURFACES["rosenbrock"], [0.5], [0.25, 0.26])
    assert mask.tolist() == [[False], [True]]
