from __future__ import annotations

import math

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.embedding.neighbours import METRICS, analogy, nearest, nearest_to_all


def by_hand(vectors, index, k):
    """The definition in plain Python, one pair at a time."""

    def cosine(a, b):
        lengths = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
        return sum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0

    others = [(cosine(vectors[index], v), -i) for i, v in enumerate(vectors) if i != index]
    return [(-i, similarity) for similarity, i in sorted(others, reverse=True)[:k]]


@pytest.mark.parametrize("seed", range(5))
def test_brute_force_agrees(seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((40, 6))
    for index in (0, 17, 39):
        found = nearest(vectors, index, 7)
        expected = by_hand(vectors.tolist(), index, 7)
        assert found.indices.tolist() == [i for i, _ in expected]
        np.testing.assert_allclose(found.values, [s for _, s in expected], atol=1e-12)


def test_length_does_not_matter_and_ties_keep_their_order() -> None:
    found = nearest([[1, 1], [9, 9], [-1, -1], [2, 2], [0, 0]], 0, 10)
    assert found.indices.tolist() == [1, 3, 4, 2]
    np.testing.assert_allclose(found.values, [1, 1, 0, -1], atol=1e-15)


def test_tiny_vectors_keep_their_direction() -> None:
    found = nearest([[1e-200, 0], [1, 0.1], [0, 1]], 0, 1)
    assert found.indices.tolist() == [1]


@pytest.mark.parametrize(
    ("index", "k", "key"), [(3, 1, "no_row"), (-1, 1, "no_row"), (0, 0, "neighbours")]
)
def test_what_cannot_be_asked(index: int, k: int, key: str) -> None:
    with pytest.raises(Problem) as caught:
        nearest(np.eye(3), index, k)
    assert caught.value.key == f"problem.embedding.{key}"


@pytest.mark.parametrize("seed", range(3))
def test_by_distance_brute_force_agrees(seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((40, 6))
    for index in (0, 21):
        found = nearest(vectors, index, 7, "euclidean")
        expected = sorted(
            (math.dist(vectors[index], v), i) for i, v in enumerate(vectors) if i != index
        )[:7]
        assert found.indices.tolist() == [i for _, i in expected]
        np.testing.assert_allclose(found.values, [d for d, _ in expected], atol=1e-12)


def test_angle_and_distance_may_disagree() -> None:
    rows = [[1, 0], [9, 1], [1, 0.5]]
    assert nearest(rows, 0, 1).indices.tolist() == [1]
    assert nearest(rows, 0, 1, "euclidean").indices.tolist() == [2]


@pytest.mark.parametrize("metric", METRICS)
def test_the_neighbours_of_one_row_are_those_of_a_group_of_one(metric: str) -> None:
    vectors = np.random.default_rng(3).standard_normal((30, 4))
    alone, group = nearest(vectors, 5, 6, metric), nearest_to_all(vectors, [5], 6, metric)
    assert group.indices.tolist() == alone.indices.tolist()
    np.testing.assert_allclose(group.values, alone.values, atol=1e-12)


def test_a_group_is_asked_for_by_its_middle_and_answers_with_others() -> None:
    rows = [[0, 0], [4, 0], [2, 1], [9, 9], [0, 0.5]]
    found = nearest_to_all(rows, [0, 1], 2, "euclidean")
    assert found.indices.tolist() == [2, 4]
    np.testing.assert_allclose(found.values, [1, math.hypot(2, 0.5)])


def test_a_long_row_does_not_outvote_the_others_by_cosine() -> None:
    found = nearest_to_all([[100, 0], [0, 1], [1, 1], [1, 0.1]], [0, 1], 1)
    assert found.indices.tolist() == [2]
    assert found.values[0] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_an_analogy_is_a_minus_b_plus_c_by_hand(seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((25, 5))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    wanted = units[3] - units[8] + units[2]
    cosines = units @ wanted / np.linalg.norm(wanted)
    found = analogy(vectors, 3, 8, 2, 4)
    expected = [i for i in np.argsort(-cosines) if i not in (2, 3, 8)][:4]
    assert found.indices.tolist() == expected
    np.testing.assert_allclose(found.values, cosines[expected], atol=1e-12)


def test_what_a_group_cannot_be_asked() -> None:
    for rows, metric, key in (([], "cosine", "no_rows"), ([0], "manhattan", "metric")):
        with pytest.raises(Problem) as caught:
            nearest_to_all(np.eye(3), rows, 1, metric)
        assert caught.value.key == f"problem.embedding.{key}"


@pytest.mark.parametrize("metric", METRICS)
def test_in_a_large_matrix_the_same_are_near(metric: str, monkeypatch) -> None:
    rows = np.random.default_rng(0).normal(size=(2000, 6)).astype(np.float32)
    whole = nearest(rows, 7, 20, metric)
    monkeypatch.setattr("optviz.embedding.neighbours._LARGE", 100)
    monkeypatch.setattr("optviz.embedding.neighbours._SPARE", 30)
    short = nearest(rows[:], 7, 20, metric)
    assert short.indices.tolist() == whole.indices.tolist()
    assert np.array_equal(short.values, whole.values)
