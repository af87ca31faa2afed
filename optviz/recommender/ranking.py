"""How well a model ranks: what a list of its first k movies is worth, beside two simple lists.

The protocol: each user's list ranks every movie that the user has no training rating of. A
held-out rating in the upper quarter of the scale is a movie liked; a list is good if it holds
liked movies, the earlier the better. A movie that the user never rated counts as not liked, so
all lists are judged too hard, and alike. Herlocker et al. (2004), "Evaluating Collaborative
Filtering Recommender Systems"; Cremonesi, Koren, Turrin (2010), "Performance of Recommender
Algorithms on Top-N Recommendation Tasks", on low errors that rank badly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optviz.recommender.baselines import Array, Index

__all__ = ["Ranking", "Relevant", "first_items", "gains_of_rows", "rank_quality"]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What lists of length k are worth, averaged over users; all between 0 and 1 but novelty.

    Attributes:
        precision: Share of the list that is liked.
        recall: Share of what is liked that is in the list.
        ndcg: Discounted cumulative gain, Σ 1/log₂(place + 1) over what is liked, by the best
            there could be.
        mean_average_precision: Precision at the place of each liked movie, averaged, by the
            best there could be.
        coverage: Share of all movies that come in anybody's list.
        novelty: Mean surprise −log₂ p in bits of a movie in a list, p being the share of users
            with a training rating of it (Vargas & Castells 2011).
    """

    precision: float
    recall: float
    ndcg: float
    mean_average_precision: float
    coverage: float
    novelty: float


@dataclass(frozen=True, slots=True, eq=False)
class Relevant:
    """What users like: pairs of a row (of the lists) and a movie.

    Attributes:
        rows: (p,) rows.
        items: (p,) movies.
    """

    rows: Index
    items: Index

    def found(self, lists: Index) -> NDArray[np.bool_]:
        """(p,) whether each pair's movie is in its row's list."""
        found: NDArray[np.bool_] = (lists[self.rows] == self.items[:, None]).any(1)
        return found


def first_items(scores: Array, known: Relevant, k: int) -> Index:
    """(n, k) the ``k`` items with the highest scores in each row, best first.

    Args:
        scores: (n, n_items); overwritten where ``known``.
        known: What must not be in the lists.
        k: How many; where a row has fewer, −1 fills it up.
    """
    scores[known.rows, known.items] = -np.inf
    n, n_items = scores.shape
    some = min(k, n_items)
    part = np.argpartition(-scores, some - 1, axis=1)[:, :some]
    part.sort(axis=1)  # ties come in the items' own order
    values = np.take_along_axis(scores, part, 1)
    order = np.argsort(-values, axis=1, kind="stable")
    lists = np.full((n, k), -1)
    lists[:, :some] = np.take_along_axis(part, order, 1)
    lists[:, :some][np.take_along_axis(values, order, 1) == -np.inf] = -1
    return lists


def _hits(lists: Index, relevant: Relevant, n_items: int) -> NDArray[np.bool_]:
    """(n, k) whether each place holds something relevant."""
    keys = lists + n_items * np.arange(len(lists))[:, None]
    hits: NDArray[np.bool_] = np.isin(keys, relevant.items + n_items * relevant.rows)
    return hits & (lists >= 0)


def gains_of_rows(lists: Index, relevant: Relevant, k: int, n_items: int) -> Array:
    """(n,) NDCG of each row's list, whose mean is :attr:`Ranking.ndcg`; as :func:`rank_quality`."""
    hits = _hits(lists[:, :k], relevant, n_items)
    gains = 1 / np.log2(np.arange(2, k + 2))
    best = np.minimum(np.bincount(relevant.rows, minlength=len(lists)), k)
    found: Array = hits @ gains / gains.cumsum()[best - 1]
    return found


def rank_quality(
    lists: Index, relevant: Relevant, k: int, counts: NDArray[np.int64], n_users: int
) -> Ranking:
    """What lists are worth at their first ``k`` places.

    Args:
        lists: (n, at least k) items, best first; −1 where there are none left.
        relevant: What is liked; each row has at least one pair.
        k: Length.
        counts: (n_items,) training ratings of each item.
        n_users: How many users there are altogether.

    Example:
        >>> liked = Relevant(np.array([0, 0]), np.array([1, 3]))
        >>> found = rank_quality(np.array([[3, 2]]), liked, 2, np.array([4, 4, 2, 1]), 4)
        >>> found.precision, found.recall, found.coverage, found.novelty
        (0.5, 0.5, 0.5, 1.5)
    """
    n_items = len(counts)
    lists = lists[:, :k]
    hits = _hits(lists, relevant, n_items)
    liked = np.bincount(relevant.rows, minlength=len(lists))
    precise = hits.cumsum(1) / np.arange(1, k + 1)
    shown = lists[lists >= 0]
    surprise = -np.log2(np.maximum(counts[shown], 1) / n_users)
    return Ranking(
        precision=float(hits.sum(1).mean() / k),
        recall=float((hits.sum(1) / liked).mean()),
        ndcg=float(gains_of_rows(lists, relevant, k, n_items).mean()),
        mean_average_precision=float(((hits * precise).sum(1) / np.minimum(liked, k)).mean()),
        coverage=len(np.unique(shown)) / n_items,
        novelty=float(surprise.mean()),
    )
