from __future__ import annotations

import numpy as np
import pytest

from optviz.embedding.density import density


@pytest.mark.parametrize("n", [1, 2, 500])
def test_no_point_is_lost(n: int) -> None:
    points = np.random.default_rng(0).standard_normal((n, 2)) * [3, 0.2]
    found = density(points, cells=40)
    area = (found.x[1] - found.x[0]) * (found.y[1] - found.y[0])
    assert found.values.sum(dtype=float) * area == pytest.approx(n, rel=1e-5)
    assert found.values.shape == (len(found.y), len(found.x)) == (40, 40)


def test_it_is_crowded_where_the_points_are() -> None:
    rng = np.random.default_rng(1)
    points = np.r_[rng.standard_normal((300, 2)) * 0.1 + [5, 1], rng.standard_normal((30, 2))]
    found = density(points)
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    assert found.x[column] == pytest.approx(5, abs=0.3)
    assert found.y[row] == pytest.approx(1, abs=0.3)
