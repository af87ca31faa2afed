from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as reference

from optviz.core.problem import Problem
from optviz.embedding.quality import quality, trustworthiness

RNG = np.random.default_rng(0)
CLOUD = RNG.standard_normal((300, 10))


@pytest.mark.parametrize("k", [1, 5, 12])
def test_equals_sklearn(k: int) -> None:
    for picture in (CLOUD[:, :2], RNG.standard_normal((300, 3))):
        expected = reference(CLOUD, picture, n_neighbors=k)
        assert trustworthiness(CLOUD, picture, k) == pytest.approx(expected, abs=1e-12)


def test_normalize_equals_sklearn_with_cosine() -> None:
    expected = reference(CLOUD, CLOUD[:, :2], n_neighbors=8, metric="cosine")
    assert trustworthiness(CLOUD, CLOUD[:, :2], 8, normalize=True) == pytest.approx(
        expected, abs=1e-12
    )


def test_a_perfect_picture_and_a_random_one() -> None:
    flat = RNG.standard_normal((300, 2))
    perfect = quality(np.c_[flat, np.zeros(300)], flat * 3 + 1, 10)
    assert (perfect.trustworthiness, perfect.kept) == (1.0, 1.0)
    chance = quality(CLOUD, RNG.standard_normal((300, 2)), 10)
    assert 0.45 < chance.trustworthiness < 0.55
    assert chance.kept < 0.1


def test_kept_by_hand() -> None:
    # On a line 0, 1, 3, 6 the nearest are 1, 0, 1, 3rd; drawn with the last two swapped far away.
    line = np.array([[0.0], [1.0], [3.0], [6.0], [10.0]])
    picture = np.array([[0.0], [1.0], [6.0], [3.0], [10.0]])
    # Nearest in the picture: 0→1, 1→0, 2(at 6)→3, 3(at 3)→1, 4→2; in truth 1, 0, 1, 2, 3.
    assert quality(line, picture, 1).kept == pytest.approx(2 / 5)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_ties_rank_by_row_as_a_stable_sort_ranks_them(k: int) -> None:
    def ranks(points: np.ndarray) -> np.ndarray:
        distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
        np.fill_diagonal(distances, np.inf)
        return distances.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1

    # A grid seen as another grid: most distances tie, in truth and in the picture.
    grid = np.stack(np.meshgrid(range(6), range(5)), axis=-1).reshape(-1, 2).astype(float)
    other = grid[RNG.permutation(len(grid))]
    shown = ranks(grid)[ranks(other) <= k]
    n, excess = len(grid), np.maximum(shown - k, 0).sum()
    found = quality(grid, other, k)
    assert found.kept == pytest.approx((shown <= k).sum() / (n * k))
    assert found.trustworthiness == pytest.approx(
        1 - 2 * excess / (n * k * (2 * n - 3 * k - 1)), abs=1e-12
    )


@pytest.mark.parametrize(
    ("rows", "k", "key"),
    [(9, 2, "rows_differ"), (10, 5, "quality_neighbours"), (10, 0, "quality_neighbours")],
)
def test_what_cannot_be_measured(rows: int, k: int, key: str) -> None:
    with pytest.raises(Problem) as caught:
        quality(CLOUD[:10], CLOUD[:rows, :2], k)
    assert caught.value.key == f"problem.embedding.{key}"
