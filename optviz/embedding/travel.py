"""Maps of vectors that change: each is made from the one before, so that points travel.

t-SNE of every moment on its own would throw the points about, though they had hardly changed:
only who is near whom has a meaning on its maps. So each map starts where the last one ended, and
is laid over it without stretching (:mod:`optviz.embedding.alignment`). PCA's two directions are
each moment's own while the vectors still change; once they stand still, :func:`on_axes` draws all
moments on the axes of the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.embedding.alignment import align
from optviz.embedding.vectors import as_vectors, comparable

__all__ = ["TRAVELS", "Traveller", "on_axes"]

TRAVELS = ("tsne", "pca")
"""How the moments can be laid out; t-SNE needs openTSNE."""

_GATHER, _GATHERED = 2.0, 50
"""Exaggeration, and its updates, with which each map begins: without it, what belongs together
since the last moment stays apart, and the last map is less true (trust 0.86 in place of 0.90 for
ALS on the bundled ratings; more of it throws the points about)."""
_SETTLE = 50
_FIRST = 250  # updates with openTSNE's early exaggeration, for the first map only
_MOMENTUM = 0.8


class Traveller:
    """Lays out the same points again and again as their vectors change.

    Args:
        method: One of :data:`TRAVELS`.
        perplexity: Of t-SNE.
        seed: Of t-SNE.
        normalize: Compare directions only (cosine).
    """

    def __init__(
        self, method: str, *, perplexity: float = 30.0, seed: int = 0, normalize: bool = True
    ) -> None:
        self.method, self.perplexity, self.seed = method, perplexity, seed
        self.normalize = normalize
        self._last: NDArray[np.float64] | None = None

    def step(
        self, vectors: ArrayLike, checkpoint: Callable[[], None] = lambda: None
    ) -> NDArray[np.float32]:
        """(n, 2) where the points are now.

        Args:
            vectors: (n, d) finite numbers, the same n each time.
            checkpoint: Called now and then; what it raises ends the work.

        Raises:
            Problem: The vectors cannot be used.
        """
        matrix = comparable(as_vectors(vectors), self.normalize)
        n, d = matrix.shape
        if d < 2:
            raise Problem("problem.embedding.too_flat", d=d, dimensions=2)
        if self.method == "pca":
            found = (matrix - matrix.mean(axis=0)) @ _axes(matrix)
        else:
            if 3 * self.perplexity > n - 1:
                raise Problem(
                    "problem.embedding.perplexity",
                    perplexity=self.perplexity, n=n, limit=(n - 1) / 3,
                )  # fmt: skip
            found = self._descend(matrix, checkpoint)
        if self._last is not None:
            found = align(found, self._last)(found)
        self._last = found
        return np.asarray(found, dtype=np.float32)

    def _descend(
        self, matrix: NDArray[np.float64], checkpoint: Callable[[], None]
    ) -> NDArray[np.float64]:
        from openTSNE import TSNEEmbedding, initialization
        from openTSNE.affinity import PerplexityBasedNN

        near = PerplexityBasedNN(
            matrix, self.perplexity, method="exact", n_jobs=1, random_state=self.seed
        )
        if self._last is None:
            start = initialization.pca(matrix, random_state=self.seed)
            phases: Sequence[tuple[int, float]] = ((_FIRST, 12.0), (_SETTLE, 1.0))
        else:
            start, phases = self._last.copy(), ((_GATHERED, _GATHER), (_SETTLE, 1.0))
        made: Any = TSNEEmbedding(start, near, random_state=self.seed, n_jobs=1)
        for updates, factor in phases:
            for _ in range(updates // 50):
                checkpoint()
                made.optimize(
                    50, inplace=True, exaggeration=factor, momentum=_MOMENTUM,
                    negative_gradient_method="bh",
                )  # fmt: skip
        return np.array(made, dtype=np.float64)


def on_axes(moments: Sequence[ArrayLike], normalize: bool) -> list[NDArray[np.float32]]:
    """All moments on PCA's axes of the last: points move only because their vectors do.

    Args:
        moments: (n, d) vectors each, the same n.
        normalize: Compare directions only (cosine).

    Raises:
        Problem: Vectors cannot be used.
    """
    matrices = [comparable(as_vectors(vectors), normalize) for vectors in moments]
    axes = _axes(matrices[-1])
    middle = matrices[-1].mean(axis=0)
    return [((matrix - middle) @ axes).astype(np.float32) for matrix in matrices]


def _axes(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(d, 2) the directions of largest spread; the largest entry of each is positive."""
    _, _, rows = np.linalg.svd(matrix - matrix.mean(axis=0), full_matrices=False)
    axes: NDArray[np.float64] = rows[:2].T
    largest = np.abs(axes).argmax(axis=0)
    signs = np.sign(axes[largest, [0, 1]])
    return axes * np.where(signs == 0, 1.0, signs)
