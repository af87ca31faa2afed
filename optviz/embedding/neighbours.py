"""Who is near whom, in the original space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.embedding.vectors import as_vectors, unit_rows

__all__ = ["Neighbours", "cosine_neighbours"]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest rows to one row, nearest first.

    Attributes:
        index: The row asked about.
        indices: (k,) rows, without itself.
        similarities: (k,) cosine of the angle, 1 = same direction, −1 = opposite.
    """

    index: int
    indices: NDArray[np.int64]
    similarities: NDArray[np.float64]


def cosine_neighbours(vectors: ArrayLike, index: int, k: int = 10) -> Neighbours:
    """The ``k`` rows whose direction is closest to that of row ``index``.

    Rows that tie come in their own order. A zero row has no direction; its similarity to
    everything is 0. With fewer than ``k`` other rows, all of them come.

    Raises:
        Problem: The vectors cannot be used, there is no such row, or ``k`` is below 1.

    Example:
        >>> found = cosine_neighbours([[1, 0], [2, 0.1], [0, 3], [-1, 0]], 0, k=2)
        >>> found.indices.tolist(), found.similarities.round(3).tolist()
        ([1, 2], [0.999, 0.0])
    """
    matrix = as_vectors(vectors)
    n = len(matrix)
    if not 0 <= index < n:
        raise Problem("problem.embedding.no_row", index=index, last=n - 1)
    if k < 1:
        raise Problem("problem.embedding.neighbours", k=k)
    units = unit_rows(matrix)
    similarities = np.clip(units @ units[index], -1.0, 1.0)
    order = np.argsort(-similarities, kind="stable")
    nearest = order[order != index][:k]
    return Neighbours(index, nearest.astype(np.int64), similarities[nearest])
