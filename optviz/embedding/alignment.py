"""Laying one map over another: turned, mirrored and moved, never stretched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Alignment", "align"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """A motion of the plane (or space): x ↦ x·rotation + shift.

    Attributes:
        rotation: (d, d) orthogonal; its determinant is −1 where the map is mirrored.
        shift: (d,).
    """

    rotation: Array
    shift: Array

    def __call__(self, points: ArrayLike) -> Array:
        """(n, d) points, moved."""
        moved: Array = np.asarray(points, np.float64) @ self.rotation + self.shift
        return moved


def align(points: ArrayLike, onto: ArrayLike) -> Alignment:
    r"""The motion that brings points closest to where they were.

    .. math::  \min_{Q^\top Q = I,\; t} \sum_i \lVert p_i Q + t - o_i \rVert^2

    The orthogonal Procrustes problem (Schönemann, Psychometrika 31, 1966): with both sets
    centred, Q = UVᵀ of the singular value decomposition PᵀO = USVᵀ. There is no scaling: how
    large a map is says how far apart its points have been driven, and is to be seen.

    Args:
        points: (n, d) the map that is moved.
        onto: (n, d) the same points on the other map.

    Example:
        >>> import numpy as np
        >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 2]])
        >>> turned = square @ [[0, 1], [-1, 0]] + [5, 7]
        >>> bool(np.allclose(align(turned, square)(turned), square))
        True
    """
    moved, still = np.asarray(points, np.float64), np.asarray(onto, np.float64)
    middle, target = moved.mean(axis=0), still.mean(axis=0)
    left, _, right = np.linalg.svd((moved - middle).T @ (still - target))
    rotation = left @ right
    return Alignment(rotation, target - middle @ rotation)
