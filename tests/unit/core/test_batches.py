"""The stream of samples: paired between runs, complete within an epoch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optviz.core.batches import SAMPLINGS, batches, row_stream

sizes = st.integers(1, 40)


@given(n=sizes, size=sizes, epochs=st.integers(1, 3), seed=st.integers(0, 99))
def test_an_epoch_without_replacement_visits_every_sample_once(
    n: int, size: int, epochs: int, seed: int
) -> None:
    each = -(-n // min(size, n))
    drawn = batches(n, size, each * epochs, "shuffled", seed)
    for epoch in range(epochs):
        seen = np.concatenate([drawn[k] for k in range(epoch * each, (epoch + 1) * each)])
        assert sorted(seen.tolist()) == list(range(n))


@given(
    n=st.integers(2, 40), size=sizes, updates=st.integers(1, 30), seed=st.integers(0, 99),
    sampling=st.sampled_from(SAMPLINGS),
)  # fmt: skip
def test_batches_are_pieces_of_one_stream(
    n: int, size: int, updates: int, seed: int, sampling: str
) -> None:
    """Whoever takes single samples sees, in the same order, what whoever takes batches sees."""
    drawn = batches(n, size, updates, sampling, seed)
    assert len(drawn) == updates
    assert all(1 <= len(drawn[k]) <= min(size, n) for k in range(updates))
    if size < n:
        single = batches(n, 1, len(drawn.rows), sampling, seed)
        np.testing.assert_array_equal(drawn.rows, single.rows)
        longer = batches(n, size, updates + 7, sampling, seed)
        np.testing.assert_array_equal(longer.rows[: len(drawn.rows)], drawn.rows)


def test_drawing_anew_repeats_some_and_misses_others() -> None:
    seen = np.unique(row_stream(400, 1, "replaced", 0))
    # 1 − 1/e of all, within four standard deviations.
    assert abs(len(seen) / 400 - (1 - np.exp(-1))) < 4 * 0.016


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_full_batch_is_all_samples(sampling: str) -> None:
    drawn = batches(7, 99, 3, sampling, 0)
    assert [drawn[k].tolist() for k in range(3)] == [list(range(7))] * 3
