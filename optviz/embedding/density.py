"""How crowded a map is, everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Density", "density"]


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """Points per unit of area on a grid.

    Attributes:
        x: (columns,) centres.
        y: (rows,) centres.
        values: (rows, columns) float32; the sum times the area of a cell is the number of points.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    values: NDArray[np.float32]


def density(points: ArrayLike, cells: int = 96) -> Density:
    """A kernel estimate with a Gaussian, by counting in cells and blurring the counts.

    The width follows Scott's rule for the plane, n^(−1/6) standard deviations, halved: the rule
    is for one heap, and a map has many.

    Args:
        points: (n, 2), n at least 1.
        cells: Of the grid, along each side.
    """
    flat = np.asarray(points, dtype=np.float64)
    low, high = flat.min(axis=0), flat.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    edges = [
        np.linspace(a - 0.15 * s, b + 0.15 * s, cells + 1)
        for a, b, s in zip(low, high, span, strict=True)
    ]
    counts, _, _ = np.histogram2d(flat[:, 0], flat[:, 1], bins=edges)
    blurred = counts
    for axis, edge in enumerate(edges):
        step = edge[1] - edge[0]
        width = 0.5 * flat[:, axis].std() * len(flat) ** (-1 / 6)
        blurred = np.tensordot(_blur(cells, max(width / step, 1.0)), blurred, (1, axis)) / step
        blurred = np.moveaxis(blurred, 0, axis)
    middles = [(edge[:-1] + edge[1:]) / 2 for edge in edges]
    return Density(middles[0], middles[1], blurred.T.astype(np.float32))


def _blur(cells: int, width: float) -> NDArray[np.float64]:
    """(cells, cells): what goes from each cell (column) to each (row); no point is lost."""
    place = np.arange(cells)
    bell = np.exp(-0.5 * ((place[:, None] - place) / width) ** 2)
    spread: NDArray[np.float64] = bell / bell.sum(axis=0)
    return spread
