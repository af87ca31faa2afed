"""Who keeps company with whom: sets of nearest neighbours, and what they have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["chance", "companions", "purity", "shared", "together"]

Rows = NDArray[np.int64]

_ROWS_AT_ONCE = 512


def companions(points: ArrayLike, k: int, of: ArrayLike | None = None) -> Rows:
    """(n, k) the rows nearest to each of n rows by distance, in no order.

    Args:
        points: (n, d) finite numbers, n > k.
        k: How many.
        of: Whose; the rows of all, if not given.
    """
    matrix = np.asarray(points, np.float64)
    squares = (matrix**2).sum(axis=1)
    asked = np.arange(len(matrix)) if of is None else np.asarray(of, np.int64)
    found = np.empty((len(asked), k), dtype=np.int64)
    for start in range(0, len(asked), _ROWS_AT_ONCE):
        rows = asked[start : start + _ROWS_AT_ONCE]
        away = squares - 2 * matrix[rows] @ matrix.T  # but for what all of a row have in common
        away[np.arange(len(rows)), rows] = np.inf
        found[start : start + len(rows)] = np.argpartition(away, k - 1, axis=1)[:, :k]
    return found


def shared(before: Rows, after: Rows) -> float:
    """The mean share of a row's companions that are the same in both, 0 … 1."""
    same = (before[:, :, None] == after[:, None, :]).any(axis=2)
    return float(same.mean())


def purity(near: Rows, labels: ArrayLike) -> float:
    """The mean share of a row's companions that have its own label, 0 … 1.

    Args:
        near: (n, k) from :func:`companions`.
        labels: (n,) whole numbers; rows with a negative one are not asked. NaN without any.
    """
    kinds = np.asarray(labels)
    asked = np.flatnonzero(kinds >= 0)
    if not asked.size:
        return float("nan")
    return float((kinds[near[asked]] == kinds[asked][:, None]).mean())


def chance(labels: ArrayLike) -> float:
    """What :func:`purity` is on average if companions are drawn at random."""
    kinds = np.asarray(labels)
    sizes = np.bincount(kinds[kinds >= 0]).astype(np.float64)
    n = sizes.sum()
    if len(kinds) < 2 or n == 0:
        return float("nan")
    return float((sizes * (sizes - 1)).sum() / (n * (len(kinds) - 1)))


def together(points: ArrayLike, chosen: ArrayLike, k: int) -> float:
    """The mean share of the chosen rows' nearest that are chosen too, 0 … 1.

    It is 1 if they stand apart from all others, and about their share of all rows if they are
    scattered. Nobody has more companions among m chosen than m − 1: no more are looked at.

    Args:
        points: (n, d) finite numbers.
        chosen: (m,) rows, m at least 2.
        k: Nearest to look at.
    """
    rows = np.asarray(chosen, np.int64)
    near = companions(points, min(k, len(rows) - 1), of=rows)
    return float(np.isin(near, rows).mean())
