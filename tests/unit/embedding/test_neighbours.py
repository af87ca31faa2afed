from __future__ import annotations

import math

import numpy as np
import pytest

from optviz.core.problem import Problem
from optviz.embedding.neighbours import cosine_neighbours


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
        found = cosine_neighbours(vectors, index, 7)
        expected = by_hand(vectors.tolist(), index, 7)
        assert found.indices.tolist() == [i for i, _ in expected]
        np.testing.assert_allclose(found.similarities, [s for _, s in expected], atol=1e-12)


def test_length_does_not_matter_and_ties_keep_their_order() -> None:
    found = cosine_neighbours([[1, 1], [9, 9], [-1, -1], [2, 2], [0, 0]], 0, 10)
    assert found.indices.tolist() == [1, 3, 4, 2]
    np.testing.assert_allclose(found.similarities, [1, 1, 0, -1], atol=1e-15)


def test_tiny_vectors_keep_their_direction() -> None:
    found = cosine_neighbours([[1e-200, 0], [1, 0.1], [0, 1]], 0, 1)
    assert found.indices.tolist() == [1]


@pytest.mark.parametrize(
    ("index", "k", "key"), [(3, 1, "no_row"), (-1, 1, "no_row"), (0, 0, "neighbours")]
)
def test_what_cannot_be_asked(index: int, k: int, key: str) -> None:
    with pytest.raises(Problem) as caught:
        cosine_neighbours(np.eye(3), index, k)
    assert caught.value.key == f"problem.embedding.{key}"
