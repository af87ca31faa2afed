from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

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
