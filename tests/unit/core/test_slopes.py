"""The gradient that batches of runs ask for, against autograd's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optviz.core.curvature import evaluate, gradient
from optviz.core.slopes import slopes
from optviz.core.surfaces import get_surface


@pytest.mark.parametrize("name", ["rosenbrock", "ackley", "=x^2*y + abs(x) @ -2,2,-2,2", "=exp(x)"])
def test_it_follows_its_columns(name: str) -> None:
    surface = get_surface(name)
    x, y = torch.zeros(2, 7, dtype=torch.float64)
    look = slopes(surface, x, y)
    points = np.random.default_rng(0).uniform(0.1, 1, (7, 2))
    # As the loops have it: columns are written in place, gradients are off.
    with torch.no_grad():
        x[:], y[:] = torch.tensor(points.T)
        value, gx, gy = look()
    np.testing.assert_array_equal(value.numpy(), evaluate(surface, points))
    np.testing.assert_array_equal(np.stack([gx, gy], axis=1), gradient(surface, points))
    assert not x.requires_grad
