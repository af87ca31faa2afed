from __future__ import annotations

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.embedding.axes import own_axes

CLOUD = np.random.default_rng(0).standard_normal((20, 6))


def test_the_poles_are_at_nought_and_one() -> None:
    found = own_axes(CLOUD, [([3], [7]), ([1], [2])])
    np.testing.assert_allclose(found.coordinates[[3, 7], 0], [0, 1], atol=1e-6)
    np.testing.assert_allclose(found.coordinates[[1, 2], 1], [0, 1], atol=1e-6)


def test_every_row_is_where_the_perpendicular_falls() -> None:
    t = own_axes(CLOUD, [([0], [4])], normalize=False).coordinates[:, 0].astype(float)
    a, b = CLOUD[0], CLOUD[4]
    feet = a + t[:, None] * (b - a)
    np.testing.assert_allclose((CLOUD - feet) @ (b - a), 0, atol=1e-5)


def test_several_films_count_as_their_mean() -> None:
    found = own_axes(CLOUD, [([0, 1, 2], [5, 6])], normalize=False).coordinates[:, 0]
    assert found[[0, 1, 2]].mean() == pytest.approx(0, abs=1e-6)
    assert found[[5, 6]].mean() == pytest.approx(1, abs=1e-6)


def test_the_angle_between_two_axes() -> None:
    square = [[0, 0], [1, 0], [0, 2], [3, 3]]

    def cosine(second):
        return own_axes(square, [([0], [1]), second], normalize=False).cosine

    assert cosine(([0], [2])) == pytest.approx(0)
    assert cosine(([1], [0])) == pytest.approx(-1)
    assert cosine(([0], [3])) == pytest.approx(0.5**0.5)
    assert own_axes(square, [([0], [1])], normalize=False).cosine is None


def test_lengths_do_not_matter_once_they_are_set_to_one() -> None:
    scaled = CLOUD * np.linspace(1, 5, 20)[:, None]
    axes = [([0], [4]), ([1, 2], [3])]
    np.testing.assert_allclose(
        own_axes(scaled, axes).coordinates, own_axes(CLOUD, axes).coordinates, atol=1e-5
    )


@pytest.mark.parametrize(
    ("poles", "key"),
    [
        (([], [1]), "axis_empty"),
        (([1], [1]), "axis_point"),
        (([0, 1], [1, 0]), "axis_point"),
        (([0], [20]), "no_row"),
    ],
)
def test_what_is_no_axis(poles, key: str) -> None:
    with pytest.raises(Problem) as caught:
        own_axes(CLOUD, [poles])
    assert caught.value.key == f"problem.embedding.{key}"
