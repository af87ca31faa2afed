"""Axes that mean something: from one row (or a few) to another, through the whole space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.embedding.vectors import as_vectors, unit_rows

__all__ = ["OwnAxes", "Poles", "own_axes"]

Poles = tuple[Sequence[int], Sequence[int]]
"""The rows in whose middle an axis begins, and those in whose middle it ends."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnAxes:
    """Where every row lies along axes of one's own.

    Attributes:
        coordinates: (n, number of axes) float32; 0 at an axis's beginning, 1 at its end.
        cosine: Of the angle between the first two axes: 0 at right angles, ±1 for one and the
            same axis; None if there is only one.
    """

    coordinates: NDArray[np.float32]
    cosine: float | None


def own_axes(vectors: ArrayLike, axes: Sequence[Poles], *, normalize: bool = True) -> OwnAxes:
    r"""Project every row at right angles onto lines through two points of the space.

    .. math::  t_i = \frac{(v_i - a) \cdot (b - a)}{\lVert b - a \rVert^2}

    Args:
        vectors: (n, d).
        axes: For each axis its poles a and b; several rows count as their mean.
        normalize: Take all rows at length one first.

    Raises:
        Problem: The vectors cannot be used, there is no such row, a pole is empty, or both
            poles of an axis are the same point.

    Example:
        >>> found = own_axes([[0, 0], [2, 0], [1, 5]], [([0], [1])], normalize=False)
        >>> found.coordinates[:, 0].tolist()
        [0.0, 1.0, 0.5]
    """
    matrix = as_vectors(vectors)
    if normalize:
        matrix = unit_rows(matrix)
    columns, directions = [], []
    for poles in axes:
        begin, end = (_middle(matrix, rows) for rows in poles)
        direction = end - begin
        squared = float(direction @ direction)
        if squared < 1e-24:
            raise Problem("problem.embedding.axis_point")
        columns.append((matrix - begin) @ direction / squared)
        directions.append(direction / np.sqrt(squared))
    cosine = float(np.clip(directions[0] @ directions[1], -1, 1)) if len(axes) > 1 else None
    return OwnAxes(np.stack(columns, axis=1).astype(np.float32), cosine)


def _middle(matrix: NDArray[np.float64], rows: Sequence[int]) -> NDArray[np.float64]:
    if not len(rows):
        raise Problem("problem.embedding.axis_empty")
    for row in rows:
        if not 0 <= row < len(matrix):
            raise Problem("problem.embedding.no_row", index=row, last=len(matrix) - 1)
    middle: NDArray[np.float64] = matrix[list(rows)].mean(axis=0)
    return middle
