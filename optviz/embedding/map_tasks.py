"""What can be asked of a finished map and takes its time, as tasks that any backend can run."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.task import TaskContext
from optviz.embedding.quality import Measures, measure

__all__ = ["cluster_task", "clusters", "measure_task"]


def measure_task(
    context: TaskContext, vectors: ArrayLike, coordinates: ArrayLike, k: int, normalize: bool
) -> Measures:
    """:func:`optviz.embedding.quality.measure`, which grows with the square of the points.

    Raises:
        Cancelled: Its user cancelled it.
    """

    def watch(done: int, total: int) -> None:
        context.checkpoint()
        context.progress(done, total)

    return measure(vectors, coordinates, k, normalize=normalize, watch=watch)


def cluster_task(context: TaskContext, coordinates: ArrayLike) -> NDArray[np.int64]:
    """:func:`clusters`, where scikit-learn may take its time to be imported."""
    context.checkpoint()
    return clusters(coordinates)


def clusters(coordinates: ArrayLike) -> NDArray[np.int64]:
    """The crowded places of a map, by HDBSCAN (Campello, Moulavi & Sander, PAKDD 2013).

    A cluster holds at least 1.5 % of the points, and no fewer than five.

    Args:
        coordinates: (n, 2 or 3).

    Returns:
        (n,) number of each point's cluster, the largest 0; −1 for points in none.
    """
    from sklearn.cluster import HDBSCAN

    points = np.asarray(coordinates, dtype=np.float64)
    smallest = max(5, round(0.015 * len(points)))
    if len(points) < 2 * smallest:
        return np.full(len(points), -1, dtype=np.int64)
    found = HDBSCAN(min_cluster_size=smallest, min_samples=5, copy=True).fit(points).labels_
    sizes = np.bincount(found[found >= 0], minlength=1)
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.where(found >= 0, place[found], -1).astype(np.int64)
