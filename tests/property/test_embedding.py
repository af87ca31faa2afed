from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optviz.embedding.alignment import align
from optviz.embedding.lookup import look_up
from optviz.embedding.neighbours import nearest
from optviz.embedding.quality import quality

NUMBERS = st.floats(-1e6, 1e6, width=32)
MATRICES = arrays(np.float64, st.tuples(st.integers(7, 24), st.integers(1, 6)), elements=NUMBERS)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(MATRICES, st.integers(0, 6))
def test_looking_up_is_multiplying(matrix, index) -> None:
    found = look_up(index, matrix)
    assert np.array_equal(found.product, found.row)
    assert np.array_equal(found.row, matrix[index].astype(np.float32))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(MATRICES, st.integers(0, 6), st.integers(1, 30))
def test_neighbours_are_others_in_order(matrix, index, k) -> None:
    found = nearest(matrix, index, k)
    assert len(found.indices) == min(k, len(matrix) - 1)
    assert index not in found.indices
    assert len(set(found.indices.tolist())) == len(found.indices)
    assert (np.diff(found.values) <= 0).all()
    assert (np.abs(found.values) <= 1).all()


@settings(derandomize=True, max_examples=40, deadline=None)
@given(MATRICES, st.integers(1, 3))
def test_measures_lie_in_their_ranges_and_a_copy_is_perfect(matrix, k) -> None:
    twin = quality(matrix, matrix, k)
    assert (twin.trustworthiness, twin.kept) == (1.0, 1.0)
    other = quality(matrix, np.roll(matrix, 1, axis=0), k)
    assert 0.0 <= other.kept <= 1.0
    assert other.trustworthiness <= 1.0


PLANE = arrays(np.float64, st.tuples(st.just(9), st.just(2)), elements=st.floats(-1e3, 1e3))


@settings(derandomize=True, max_examples=80, deadline=None)
@given(PLANE, PLANE, st.floats(0, 6.3), st.booleans())
def test_alignment_keeps_distances_never_fits_worse_and_undoes_a_rotation(
    points, onto, angle, mirrored
) -> None:
    moved = align(points, onto)(points)

    def distances(places):
        return np.linalg.norm(places[:, None] - places[None], axis=2)

    scale = 1 + np.abs(points).max() + np.abs(onto).max()
    assert np.allclose(distances(moved), distances(points), atol=1e-10 * scale)
    assert np.linalg.norm(moved - onto) <= np.linalg.norm(points - onto) + 1e-9 * scale

    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    copy = points @ turn * ([-1, 1] if mirrored else [1, 1]) + [7, -3]
    assert np.allclose(align(copy, points)(copy), points, atol=1e-8 * scale)
