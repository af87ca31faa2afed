"""Which samples each update sees: one stream of rows, cut into batches.

All compared runs read the *same* stream of row numbers, each at its own pace: two runs with one
batch size get the same batches, and a run with B = 16 takes as one batch what a run with B = 1
takes as sixteen. What differs between them is then the method, never the luck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["SAMPLINGS", "Batches", "batches", "row_stream"]

Index = npt.NDArray[np.int64]

SAMPLINGS = ("shuffled", "replaced")
"""``"shuffled"``: every row once an epoch, in a new order each time; ``"replaced"``: each row is
drawn from all rows, so that an epoch (as many draws as rows) repeats some and misses others."""


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """The rows of each update.

    Attributes:
        rows: (samples,) row numbers, update after update.
        ends: (updates+1,) where each batch ends in ``rows``, 0 first: batch ``k`` is
            ``rows[ends[k]:ends[k + 1]]``, and ``ends[k]`` samples have been seen before it.
    """

    rows: Index
    ends: Index

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, k: int) -> Index:
        return self.rows[self.ends[k] : self.ends[k + 1]]


def row_stream(n: int, epochs: int, sampling: str, seed: int) -> Index:
    """The rows in the order in which they are seen, ``epochs`` times ``n`` of them.

    Args:
        n: Number of rows.
        epochs: How often as many rows as there are go by.
        sampling: One of :data:`SAMPLINGS`.
        seed: Of numpy's generator. A longer stream begins as a shorter one does.

    Example:
        >>> sorted(row_stream(5, 1, "shuffled", seed=0).tolist())
        [0, 1, 2, 3, 4]
    """
    draw = np.random.default_rng(seed)
    if sampling == "shuffled":
        parts = [draw.permutation(n) for _ in range(epochs)]
    else:
        parts = [draw.integers(0, n, size=n) for _ in range(epochs)]
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)]).astype(np.int64)


def batches(n: int, size: int, updates: int, sampling: str, seed: int) -> Batches:
    """The first ``updates`` batches of a run.

    Shuffled batches never reach across the end of an epoch: its last one is smaller if ``size``
    does not divide ``n``, as torch's DataLoader has it. A full batch (``size`` = ``n`` or more)
    is all rows, whatever the sampling: nothing is drawn.

    Args:
        n: Number of rows.
        size: Rows in a batch.
        updates: How many batches.
        sampling: One of :data:`SAMPLINGS`.
        seed: As in :func:`row_stream`.
    """
    if size >= n:
        rows = np.tile(np.arange(n, dtype=np.int64), updates)
        return Batches(rows, np.arange(updates + 1, dtype=np.int64) * n)
    if sampling == "shuffled":
        each = -(-n // size)
        cuts = np.minimum(np.arange(1, each + 1) * size, n)
        epochs = -(-updates // each)
        ends = (np.arange(epochs)[:, None] * n + cuts).ravel()[:updates]
    else:
        ends = np.arange(1, updates + 1) * size
        epochs = -(-updates * size // n)
    ends = np.concatenate([[0], ends]).astype(np.int64)
    return Batches(row_stream(n, epochs, sampling, seed)[: ends[-1]], ends)
