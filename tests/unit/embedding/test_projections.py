from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, _t_sne

from optviz.core.problem import Problem
from optviz.embedding import projections
from optviz.embedding.projections import PROJECTIONS, Glimpse, available, project, reduced
from optviz.embedding.quality import quality
from optviz.embedding.vectors import unit_rows

CLOUD = np.random.default_rng(0).standard_normal((60, 8))


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("normalize", [False, True])
def test_watched_tsne_equals_plain_sklearn_bit_for_bit(dimensions: int, normalize: bool) -> None:
    seen: list[Glimpse] = []

    def watch(iteration, total, look):
        if iteration % 50 == 0:
            seen.append(look())

    ours = project(
        CLOUD, "tsne", dimensions,
        watch=watch, perplexity=8, max_iter=400, seed=3, normalize=normalize,
    )  # fmt: skip
    plain = TSNE(n_components=dimensions, perplexity=8, max_iter=400, random_state=3)
    expected = plain.fit_transform(unit_rows(CLOUD) if normalize else CLOUD)

    assert ours.coordinates.tobytes() == expected.astype(np.float32).tobytes()
    assert ours.kl_divergence == plain.kl_divergence_
    assert ours.iterations == plain.n_iter_ + 1 == 400
    assert [glimpse.iteration for glimpse in seen] == list(range(0, 400, 50))
    assert seen[-1].coordinates.shape == (60, dimensions)
    # The loss of the exaggerated problem is not shown as the loss.
    assert [glimpse.kl_divergence is None for glimpse in seen] == [True] * 6 + [False] * 2


def test_the_door_that_we_watch_through_exists_and_closes_again() -> None:
    original = _t_sne._kl_divergence_bh

    def stop(iteration, total, look):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project(CLOUD, "tsne", watch=stop, perplexity=5)
    assert _t_sne._kl_divergence_bh is original


def test_the_same_seed_gives_the_same_picture() -> None:
    first, second = (project(CLOUD, "tsne", perplexity=5, max_iter=260, seed=1) for _ in range(2))
    assert first.coordinates.tobytes() == second.coordinates.tobytes()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_equals_sklearn_and_explains_its_variance(dimensions: int) -> None:
    found = project(CLOUD, "pca", dimensions, normalize=False)
    reference = PCA(n_components=dimensions, svd_solver="full").fit(CLOUD)
    np.testing.assert_allclose(found.coordinates, reference.transform(CLOUD), atol=1e-6)
    assert found.explained_variance == tuple(reference.explained_variance_ratio_)
    assert found.kl_divergence is None


def test_the_seed_matters_from_a_random_start_only() -> None:
    def at(init: str, seed: int) -> bytes:
        found = project(CLOUD, "tsne", perplexity=5, max_iter=260, init=init, seed=seed)
        return found.coordinates.tobytes()

    assert at("pca", 1) == at("pca", 2)
    assert at("random", 1) == at("random", 1) != at("random", 2)


def test_pca_variance_by_eigenvalues_of_the_covariance() -> None:
    found = project(CLOUD, "pca", 2, normalize=False)
    eigenvalues = np.linalg.eigvalsh(np.cov(CLOUD.T))[::-1]
    np.testing.assert_allclose(found.explained_variance, eigenvalues[:2] / eigenvalues.sum())


def test_groups_apart_stay_apart() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.eye(3) * 10, 20, axis=0)
    flat = project(groups + 0.1 * rng.standard_normal((60, 3)), "tsne", perplexity=8).coordinates
    centres = flat.reshape(3, 20, 2).mean(axis=1)
    radius = np.linalg.norm(flat.reshape(3, 20, 2) - centres[:, None], axis=2).max()
    apart = min(np.linalg.norm(centres[i] - centres[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert apart > radius


@pytest.mark.parametrize("name", PROJECTIONS)
def test_every_projection_handles_its_fewest_points(name: str) -> None:
    spec = PROJECTIONS[name]
    n = spec.minimum_points
    given = {
        "tsne": {"perplexity": 2.0, "max_iter": 260}, "umap": {"n_neighbors": 2},
    }.get(name, {})  # fmt: skip
    assert project(CLOUD[:n], name, **given).coordinates.shape == (n, 2)
    with pytest.raises(Problem, match=f"at least {n} points"):
        project(CLOUD[: n - 1], name, **given)


def with_cell(value: float) -> np.ndarray:
    broken = CLOUD.copy()
    broken[4, 2] = value
    return broken


@pytest.mark.parametrize(
    ("vectors", "options", "key"),
    [
        (CLOUD, {"method": "isomap"}, "method"),
        (CLOUD, {"dimensions": 1}, "dimensions"),
        (CLOUD, {"perplexity": 20}, "perplexity"),
        (CLOUD[:9], {"perplexity": 3}, "perplexity"),
        (CLOUD, {"perplexity": 0}, "out_of_range"),
        (CLOUD, {"perplexity": float("nan")}, "not_number"),
        (CLOUD, {"perplexity": "many"}, "not_number"),
        (CLOUD, {"max_iter": 250}, "out_of_range"),
        (CLOUD, {"max_iter": 300.5}, "not_whole"),
        (CLOUD, {"seed": -1}, "out_of_range"),
        (CLOUD, {"seed": True}, "not_number"),
        (CLOUD, {"init": "spectral"}, "choice"),
        (CLOUD, {"normalize": 1}, "not_bool"),
        (CLOUD, {"angle": 0.1}, "unknown_parameter"),
        (CLOUD[:2], {}, "too_few"),
        (CLOUD[:2], {"method": "pca"}, "too_few"),
        (np.ones((30, 4)), {"perplexity": 5}, "all_equal"),
        (np.outer(np.arange(1, 31), [1, 2, 3]), {"perplexity": 5}, "same_direction"),
        (with_cell(np.nan), {"perplexity": 5}, "not_finite"),
        (with_cell(-np.inf), {"method": "pca"}, "not_finite"),
        (with_cell(1e200), {"perplexity": 5}, "too_large"),
        (CLOUD[:, :1], {"perplexity": 5}, "too_flat"),
        (CLOUD[:, :2], {"perplexity": 5, "dimensions": 3}, "too_flat"),
        (CLOUD[0], {}, "not_matrix"),
        (np.empty((0, 3)), {}, "not_matrix"),
        ([["a", "b"]], {}, "not_matrix"),
    ],
)
def test_what_cannot_be_projected_is_said(vectors, options, key) -> None:
    with pytest.raises(Problem) as caught:
        project(vectors, **options)
    assert caught.value.key == f"problem.embedding.{key}"
    assert "{" not in str(caught.value)


def test_many_points_give_the_same_pca_and_fewer_numbers_for_tsne(monkeypatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 60)) * np.linspace(1, 3, 60)
    plain = project(vectors, "pca", normalize=False)
    assert reduced(vectors) is vectors
    monkeypatch.setattr("optviz.embedding.projections._LARGE", 100)
    large = project(vectors, "pca", normalize=False)
    assert np.allclose(np.abs(large.coordinates), np.abs(plain.coordinates), atol=1e-4)
    assert reduced(vectors).shape == (300, 50)
    assert reduced(vectors[:, :50]).shape == (300, 50)
    assert project(vectors, "tsne", perplexity=5.0, max_iter=260).coordinates.shape == (300, 2)


GROUPS = np.repeat(np.eye(6)[:3] * 9, 30, 0) + np.random.default_rng(1).standard_normal((90, 6))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_umap_is_the_librarys_and_the_same_each_time(dimensions: int) -> None:
    settings = {"n_neighbors": 9, "min_dist": 0.2, "seed": 4}
    found, again = (project(GROUPS, "umap", dimensions, **settings) for _ in range(2))
    assert found.coordinates.tobytes() == again.coordinates.tobytes()
    assert found.iterations == 500
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it would like tensorflow, and uses one thread
        from umap import UMAP

        plain = UMAP(n_components=dimensions, n_neighbors=9, min_dist=0.2, random_state=4)
        expected = plain.fit_transform(unit_rows(GROUPS).astype(np.float32))
    np.testing.assert_array_equal(found.coordinates, expected)
    assert quality(GROUPS, found.coordinates, 5, normalize=True).trustworthiness > 0.9


def test_umap_of_few_points_and_of_points_in_one_place() -> None:
    few = project(CLOUD[:7], "umap", n_neighbors=6)
    assert np.isfinite(few.coordinates).all()
    doubled = project(np.repeat(CLOUD[:10], 4, 0), "umap", n_neighbors=5)
    assert np.isfinite(doubled.coordinates).all()


def test_umap_says_what_it_cannot_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="Choose fewer neighbours or more points"):
        project(CLOUD, "umap", n_neighbors=60)
    monkeypatch.setattr(projections, "umap_available", lambda: False)
    assert "umap" not in available()
    with pytest.raises(Problem, match="umap-learn, which is not installed"):
        project(CLOUD, "umap")
