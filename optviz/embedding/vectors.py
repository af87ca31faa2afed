"""The matrix that everything here starts from: one vector a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem

__all__ = ["as_vectors", "comparable", "unit_rows"]

Array = NDArray[np.float64]

# Squares of larger numbers leave what float32 can hold, in which t-SNE keeps distances.
_LARGEST = 1e15


def as_vectors(vectors: ArrayLike) -> Array:
    """``vectors`` as a float64 matrix (n, d) of finite numbers.

    Raises:
        Problem: It is not a matrix of numbers, or some rows hold NaN, infinite or huge values.
    """
    try:
        matrix = np.asarray(vectors, dtype=np.float64)
    except (TypeError, ValueError):
        raise Problem("problem.embedding.not_matrix", shape="?") from None
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise Problem("problem.embedding.not_matrix", shape=" × ".join(map(str, matrix.shape)))
    broken = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if broken.size:
        raise Problem("problem.embedding.not_finite", count=broken.size, first=int(broken[0]))
    if np.abs(matrix).max() > _LARGEST:
        raise Problem("problem.embedding.too_large", limit=_LARGEST)
    return matrix


def unit_rows(matrix: Array) -> Array:
    """Every row divided by its length, so that only its direction counts; zero rows stay zero.

    Between rows of length one, squared Euclidean distance is 2 − 2·cosine: neighbours by
    distance are then neighbours by cosine.
    """
    # Dividing by the largest entry first keeps tiny rows from vanishing when squared.
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    scaled = matrix / np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit: Array = scaled / np.where(lengths > 0, lengths, 1.0)
    return unit


def comparable(matrix: Array, normalize: bool) -> Array:
    """The rows as a projection compares them: as they are, or their directions only.

    Raises:
        Problem: All of them are the same, so that there is nothing to lay out.
    """
    _require_spread(matrix, "problem.embedding.all_equal")
    if not normalize:
        return matrix
    unit = unit_rows(matrix)
    _require_spread(unit, "problem.embedding.same_direction")
    return unit


def _require_spread(matrix: Array, key: str) -> None:
    # t-SNE squares distances in float32: below about 1e-19 they would all become zero.
    if float(np.ptp(matrix, axis=0).max()) < 1e-15:
        raise Problem(key)
