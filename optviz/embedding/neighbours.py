"""Who is near whom, in the original space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.embedding.vectors import as_vectors, unit_rows

__all__ = ["METRICS", "Neighbours", "analogy", "nearest", "nearest_to_all"]

Array = NDArray[np.float64]

_LARGE, _SPARE = 5_000_000, 300

METRICS = ("cosine", "euclidean")
"""What "near" may mean: by the angle between two rows, or by the distance between them."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest rows to something, nearest first.

    Attributes:
        indices: (k,) rows, without those that were asked about.
        values: (k,) how near: the cosine of the angle (1 = same direction, −1 = opposite), or
            the distance.
        metric: One of :data:`METRICS`.
    """

    indices: NDArray[np.int64]
    values: Array
    metric: str


def nearest(vectors: ArrayLike, index: int, k: int = 10, metric: str = "cosine") -> Neighbours:
    """The ``k`` rows nearest to row ``index``.

    Rows that tie come in their own order. A zero row has no direction; its cosine with
    everything is 0. With fewer than ``k`` other rows, all of them come.

    Raises:
        Problem: The vectors cannot be used, there is no such row or metric, or ``k`` is below 1.

    Example:
        >>> rows = [[1, 0], [2, 0.1], [0, 3], [-1, 0]]
        >>> found = nearest(rows, 0, k=2)
        >>> found.indices.tolist(), found.values.round(3).tolist()
        ([1, 2], [0.999, 0.0])
        >>> nearest(rows, 0, 3, "euclidean").values.round(3).tolist()
        [1.005, 2.0, 3.162]
    """
    few = _shortlist(vectors, [index], k, metric)
    if few is None:
        return _among_all(vectors, index, k, metric)
    found = _among_all(np.asarray(vectors)[few], int(np.searchsorted(few, index)), k, metric)
    return Neighbours(few[found.indices], found.values, metric)


def _among_all(vectors: ArrayLike, index: int, k: int, metric: str) -> Neighbours:
    matrix = as_vectors(vectors)
    _require(matrix, [index], k, metric)
    return _near(_measured(matrix, metric), None, [index], k, metric)


def nearest_to_all(
    vectors: ArrayLike, rows: Sequence[int], k: int = 10, metric: str = "cosine"
) -> Neighbours:
    """The ``k`` rows, none of ``rows``, that are nearest to the middle of ``rows``.

    The middle is the mean of the rows; for the cosine, of the rows at length one, so that a
    long row does not outvote the others.

    Raises:
        Problem: As :func:`nearest`, or ``rows`` is empty.
    """
    matrix = as_vectors(vectors)
    _require(matrix, rows, k, metric)
    measured = _measured(matrix, metric)
    return _near(measured, measured[list(rows)].mean(axis=0), list(rows), k, metric)


def analogy(vectors: ArrayLike, a: int, b: int, c: int, k: int = 5) -> Neighbours:
    """The rows nearest to a − b + c by the cosine, none of the three themselves.

    All rows are taken at length one (Mikolov et al., NAACL 2013).

    Raises:
        Problem: The vectors cannot be used, there is no such row, or ``k`` is below 1.

    Example:
        >>> grid = [[1, 1, 9], [1, 0, 9], [0, 1, 9], [0, 0, 9], [-1, 0, 9]]
        >>> analogy(grid, 0, 1, 3, k=1).indices.tolist()  # up + right − right
        [2]
    """
    matrix = as_vectors(vectors)
    _require(matrix, [a, b, c], k, "cosine")
    units = unit_rows(matrix)
    return _near(units, units[a] - units[b] + units[c], [a, b, c], k, "cosine")


def _require(matrix: NDArray[Any], rows: Sequence[int], k: int, metric: str) -> None:
    n = len(matrix)
    if not len(rows):
        raise Problem("problem.embedding.no_rows")
    for row in rows:
        if not 0 <= row < n:
            raise Problem("problem.embedding.no_row", index=row, last=n - 1)
    if k < 1:
        raise Problem("problem.embedding.neighbours", k=k)
    if metric not in METRICS:
        raise Problem("problem.embedding.metric", name=metric, known=", ".join(METRICS))


def _shortlist(
    vectors: ArrayLike, rows: Sequence[int], k: int, metric: str
) -> NDArray[np.int64] | None:
    """Rows, in order, among which the nearest to the one asked about are; None for all.

    Turning a large matrix into float64 takes seconds; a product in float32 tells in a fraction
    of one which few hundred rows can be near at all.
    """
    matrix = np.asarray(vectors)
    if matrix.dtype != np.float32 or matrix.ndim != 2 or matrix.size < _LARGE:
        return None
    _require(matrix, rows, k, metric)
    at = matrix[rows[0]]
    products = matrix @ at
    squares = np.einsum("ij,ij->i", matrix, matrix)
    if metric == "cosine":
        far = -products / np.sqrt(np.maximum(squares, np.finfo(np.float32).tiny))
    else:
        far = squares - 2 * products
    if not np.isfinite(far).all():
        return None
    kept = np.argpartition(far, min(k + _SPARE, len(far) - 1))[: k + _SPARE]
    return np.union1d(kept, np.asarray(rows)).astype(np.int64)


def _measured(matrix: Array, metric: str) -> Array:
    return unit_rows(matrix) if metric == "cosine" else matrix


def _near(
    matrix: Array, point: Array | None, without: list[int], k: int, metric: str
) -> Neighbours:
    """The nearest to ``point`` (None: to the first of ``without``) among the other rows."""
    at = matrix[without[0]] if point is None else point
    if metric == "cosine":
        # A point between unit rows is none itself.
        values = np.clip(matrix @ unit_rows(at[None])[0], -1.0, 1.0)
        order = np.argsort(-values, kind="stable")
    else:
        values = np.linalg.norm(matrix - at, axis=1)
        order = np.argsort(values, kind="stable")
    found = order[~np.isin(order, without)][:k].astype(np.int64)
    return Neighbours(found, values[found], metric)
