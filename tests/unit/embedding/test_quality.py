from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness as reference
from sklearn.neighbors import NearestNeighbors

from optviz.core.problem import Problem
from optviz.embedding.quality import measure, quality, trustworthiness

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


@pytest.mark.parametrize("k", [1, 5, 12])
@pytest.mark.parametrize("normalize", [False, True])
def test_all_measures_equal_their_definitions(k: int, normalize: bool) -> None:
    picture = CLOUD[:, :2] + RNG.standard_normal((300, 2))
    found = measure(CLOUD, picture, k, normalize=normalize)
    units = CLOUD / np.linalg.norm(CLOUD, axis=1, keepdims=True) if normalize else CLOUD
    assert found.trustworthiness == pytest.approx(reference(units, picture, n_neighbors=k))
    # Continuity is trustworthiness with the spaces exchanged (Venna & Kaski).
    assert found.continuity == pytest.approx(reference(picture, units, n_neighbors=k))
    pairs = spearmanr(pdist(units), pdist(picture)).statistic
    assert found.rank_correlation == pytest.approx(pairs)
    quick = quality(CLOUD, picture, k, normalize=normalize)
    assert (found.trustworthiness, found.k) == (quick.trustworthiness, k)
    assert found.kept == pytest.approx(quick.kept)
    true, shown = (
        NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)
        for points in (units, picture)
    )
    own = [len(set(a) & set(b)) / k for a, b in zip(true, shown, strict=True)]
    np.testing.assert_allclose(found.per_point, own, rtol=1e-6)


def test_a_perfect_picture_has_all_measures_one() -> None:
    flat = RNG.standard_normal((60, 2))
    found = measure(np.c_[flat, np.zeros(60)], flat * 3 + 1, 5)
    assert found.rank_correlation == pytest.approx(1)
    assert (found.trustworthiness, found.continuity, found.kept) == (1, 1, 1)
    assert set(found.per_point) == {1.0}


def test_a_line_folded_in_two_is_continuous_and_not_trustworthy() -> None:
    # Folding brings strangers together and tears nobody apart; cutting does the reverse.
    line = np.arange(40.0)[:, None]
    folded = np.abs(line - 19.75)
    fold, cut = measure(line, folded, 4), measure(folded, line, 4)
    assert fold.continuity > 0.9 > 0.7 > fold.trustworthiness
    assert (cut.trustworthiness, cut.continuity) == (fold.continuity, fold.trustworthiness)


def test_equal_distances_have_no_ranks_and_many_points_are_sampled() -> None:
    assert np.isnan(measure(np.eye(7), RNG.standard_normal((7, 2)), 2).rank_correlation)
    many = RNG.standard_normal((1200, 3))
    found = measure(many, many[:, :2], 3)
    assert found.ranked == 1000
    exact = spearmanr(pdist(many), pdist(many[:, :2])).statistic
    assert found.rank_correlation == pytest.approx(exact, abs=0.02)


def test_measuring_can_be_watched_and_ended() -> None:
    seen = []
    measure(CLOUD, CLOUD[:, :2], 3, watch=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 300), (256, 300), (300, 300)]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(CLOUD, CLOUD[:, :2], 3, watch=stop)


def test_a_sample_of_points_tells_about_the_same_of_a_map(monkeypatch) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(1500, 5))
    whole = quality(vectors, vectors[:, :2])
    some = quality(vectors, vectors[:, :2], sample=500)
    assert some.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.01)
    assert some.kept == pytest.approx(whole.kept, abs=0.02)
    assert quality(vectors, vectors[:, :2], sample=1500) == whole
    # Long vectors are compared by a product: the ranks are the same.
    monkeypatch.setattr("optviz.embedding.quality._LONG", 1)
    assert quality(vectors, vectors[:, :2], sample=500) == some
