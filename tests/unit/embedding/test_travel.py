"""Maps that follow each other: laid over one another, and what their points have in common."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.neighbors import NearestNeighbors

from optviz.core.problem import Problem
from optviz.embedding.alignment import align
from optviz.embedding.company import chance, companions, purity, shared, together
from optviz.embedding.travel import TRAVELS, Traveller, on_axes

BLOBS, KINDS = make_blobs(90, 6, centers=3, random_state=0)
NOISE = np.random.default_rng(1).normal(size=BLOBS.shape)


def spread(points: np.ndarray) -> float:
    return float(np.linalg.norm(points - points.mean(axis=0), axis=1).mean())


def test_a_mirrored_copy_comes_back() -> None:
    points = NOISE[:, :2]
    mirrored = points * [-1, 1] + [3, -4]
    back = align(mirrored, points)
    assert np.linalg.det(back.rotation) == pytest.approx(-1)
    assert np.allclose(back(mirrored), points)


def test_scipy_finds_the_same_rotation() -> None:
    from scipy.linalg import orthogonal_procrustes

    before, after = NOISE[:, :2] - NOISE[:, :2].mean(axis=0), BLOBS[:, :2] - BLOBS[:, :2].mean(0)
    rotation, _ = orthogonal_procrustes(before, after)
    assert np.allclose(align(before, after).rotation, rotation)


def test_companions_are_scikit_learns_nearest() -> None:
    near = NearestNeighbors(n_neighbors=5).fit(BLOBS).kneighbors(return_distance=False)
    assert np.array_equal(np.sort(companions(BLOBS, 5)), np.sort(near))


def test_purity_is_one_in_blobs_and_chance_in_noise() -> None:
    assert purity(companions(BLOBS, 5), KINDS) == 1.0
    assert purity(companions(NOISE, 5), KINDS) == pytest.approx(chance(KINDS), abs=0.06)
    # Of the 89 others, 29 are of one's own kind.
    assert chance(KINDS) == pytest.approx(29 / 89)


def test_those_of_no_kind_are_not_asked_but_count_as_strangers() -> None:
    near = np.array([[1], [0], [0]])
    assert purity(near, [0, -1, 0]) == 0.5
    assert np.isnan(purity(near, [-1, -1, -1]))
    assert chance([0, 0, -1]) == pytest.approx(1 / 2)
    assert np.isnan(chance([-1, -1]))


def test_shared_counts_companions_in_any_order() -> None:
    assert shared(np.array([[1, 2], [0, 2]]), np.array([[2, 1], [3, 2]])) == 0.75


@pytest.mark.parametrize("method", TRAVELS)
def test_turned_vectors_do_not_move_a_point_much(method: str) -> None:
    """The same points in another coordinate system: a map made anew would turn or be mirrored."""
    if method == "tsne":
        pytest.importorskip("openTSNE")
    rotation, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))
    traveller = Traveller(method, perplexity=10, normalize=False)
    for _ in range(3):  # until the map has settled
        first = traveller.step(BLOBS)
    second = traveller.step(BLOBS @ rotation)
    moved = np.linalg.norm(second - first, axis=1).mean()
    assert moved < (1e-4 if method == "pca" else 0.5) * spread(first)


def test_a_map_is_aligned_with_the_one_before_without_stretching() -> None:
    traveller = Traveller("pca", normalize=False)
    first = traveller.step(BLOBS)
    larger = traveller.step(3 * BLOBS + 5)
    assert spread(larger) == pytest.approx(3 * spread(first), rel=1e-4)
    assert np.allclose(larger, 3 * (first - first.mean(axis=0)) + first.mean(axis=0), atol=1e-3)


def test_fixed_axes_are_the_last_moments_own() -> None:
    from sklearn.decomposition import PCA

    found = on_axes([NOISE, BLOBS], normalize=False)
    expected = PCA(2, svd_solver="full").fit(BLOBS)
    for places, vectors in zip(found, (NOISE, BLOBS), strict=True):
        assert np.allclose(np.abs(places), np.abs(expected.transform(vectors)), atol=1e-4)


@pytest.mark.parametrize(
    ("vectors", "settings", "key"),
    [
        (np.zeros((50, 3)), {}, "problem.embedding.all_equal"),
        (NOISE[:, :1], {"normalize": False}, "problem.embedding.too_flat"),
        (NOISE[:20], {"perplexity": 30.0}, "problem.embedding.perplexity"),
    ],
)
def test_what_cannot_be_laid_out_is_said(vectors, settings, key: str) -> None:
    with pytest.raises(Problem) as caught:
        Traveller("tsne", **settings).step(vectors)
    assert caught.value.key == key


def test_those_that_stand_apart_are_together_and_those_drawn_by_lot_are_not() -> None:
    assert together(BLOBS, np.flatnonzero(KINDS == 1), 10) == 1.0
    scattered = np.random.default_rng(3).permutation(90)[:30]
    assert together(NOISE, scattered, 10) == pytest.approx(29 / 89, abs=0.08)
    # Two that are each other's nearest have no third to share.
    assert together([[0.0], [0.1], [9.0], [20.0]], [0, 1], 10) == 1.0
