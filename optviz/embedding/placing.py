"""A point that comes late: placed on a finished map, which stays as it is.

openTSNE's ``transform`` lets the newcomer alone move: it starts at the median place of its nearest
neighbours in the original space and goes downhill from there (Poličar, Stražar & Zupan, Machine
Learning 112, 2023). The map may be anybody's; openTSNE is imported when a point is placed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.core.task import TaskContext
from optviz.embedding.alignment import align
from optviz.embedding.company import companions
from optviz.embedding.vectors import as_vectors, comparable, unit_rows

__all__ = ["LeftOut", "leave_out", "leave_out_task", "place", "place_task"]

Array = NDArray[np.float64]

_UPDATES = 250
_PERPLEXITY = 5.0
"""openTSNE's own for newcomers: a point is placed among its few nearest."""
_FEWEST = 17


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """A point that a map was made without, and then placed on it.

    Attributes:
        place: (2,) where it was placed.
        distance: From there to where the full map has it.
        typical: The mean distance between two points of the map: what a guess is off.
        near: Of its true nearest, the share that is nearest on the map to where it was placed.
        near_full: The same share where the full map has it.
    """

    place: Array
    distance: float
    typical: float
    near: float
    near_full: float


def place(
    vectors: ArrayLike, coordinates: ArrayLike, newcomers: ArrayLike, normalize: bool = True
) -> Array:
    """(m, 2) where newcomers belong on a finished map.

    Args:
        vectors: (n, d) the originals of the points on the map.
        coordinates: (n, 2) the map.
        newcomers: (m, d).
        normalize: Compare directions only (cosine).

    Raises:
        Problem: Vectors cannot be used, or there are too few.
    """
    matrix, new = as_vectors(vectors), as_vectors(newcomers)
    if len(matrix) < _FEWEST:
        raise Problem("problem.embedding.too_few", n=len(matrix), minimum=_FEWEST)
    made = _embedding(comparable(matrix, normalize), np.asarray(coordinates, np.float64))
    asked = unit_rows(new) if normalize else new
    found: Array = np.array(made.transform(asked, perplexity=_PERPLEXITY), dtype=np.float64)
    return found


def _embedding(matrix: Array, coordinates: Array) -> Any:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    perplexity = min(30.0, (len(matrix) - 1) / 3)
    near = PerplexityBasedNN(matrix, perplexity, method="exact", n_jobs=1, random_state=0)
    return TSNEEmbedding(coordinates.copy(), near, random_state=0, n_jobs=1)


def leave_out(
    vectors: ArrayLike, coordinates: ArrayLike, row: int, normalize: bool = True, k: int = 10
) -> LeftOut:
    """Make the map without one point, place the point on it, and compare with the full map.

    The map without it starts from the full one and is laid over it again (turned, mirrored and
    moved, never stretched), so that places can be compared at all.

    Args:
        vectors: (n, d).
        coordinates: (n, 2) the full map.
        row: The point that is left out.
        normalize: Compare directions only (cosine).
        k: Nearest to look at.

    Raises:
        Problem: As :func:`place`.
    """
    matrix = as_vectors(vectors)
    full = np.asarray(coordinates, np.float64)
    others = np.delete(np.arange(len(matrix)), row)
    if len(others) < _FEWEST:
        raise Problem("problem.embedding.too_few", n=len(matrix), minimum=_FEWEST + 1)
    made = _embedding(comparable(matrix[others], normalize), full[others])
    made.optimize(_UPDATES, inplace=True, momentum=0.8, negative_gradient_method="bh")
    without = np.array(made, dtype=np.float64)
    found = place(matrix[others], without, matrix[[row]], normalize)
    over = align(without, full[others])
    placed, rest = over(found)[0], over(without)
    true = companions(comparable(matrix, normalize), k, of=[row])[0]
    return LeftOut(
        place=placed,
        distance=float(np.linalg.norm(placed - full[row])),
        typical=_typical(full),
        near=_share(np.insert(rest, row, placed, axis=0), row, true),
        near_full=_share(full, row, true),
    )


def _share(points: Array, row: int, true: NDArray[np.int64]) -> float:
    return float(np.isin(companions(points, len(true), of=[row])[0], true).mean())


def _typical(points: Array) -> float:
    """Mean distance between two points drawn at random."""
    drawn = np.random.default_rng(0).integers(0, len(points), (2, 20_000))
    return float(np.linalg.norm(points[drawn[0]] - points[drawn[1]], axis=1).mean())


def place_task(
    context: TaskContext,
    vectors: ArrayLike,
    coordinates: ArrayLike,
    newcomer: ArrayLike,
    normalize: bool,
) -> Array:
    """:func:`place` for one newcomer (d,), where openTSNE may take its time to be imported."""
    context.checkpoint()
    found: Array = place(vectors, coordinates, np.asarray(newcomer)[None], normalize)[0]
    return found


def leave_out_task(
    context: TaskContext, vectors: ArrayLike, coordinates: ArrayLike, row: int, normalize: bool
) -> LeftOut:
    """:func:`leave_out` as a job."""
    context.checkpoint()
    return leave_out(vectors, coordinates, row, normalize)
