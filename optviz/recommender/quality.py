"""How good a trained model is, all told: its error and its lists, by how often a movie was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optviz.core.task import TaskContext
from optviz.recommender.baselines import Array, Index, fit_baseline, mse
from optviz.recommender.data import Ratings
from optviz.recommender.fitted import FittedModel
from optviz.recommender.ranking import (
    Ranking,
    Relevant,
    first_items,
    gains_of_rows,
    rank_quality,
)
from optviz.recommender.split import split_rows
from optviz.recommender.tasks import read_again

__all__ = ["BOUNDS", "LENGTHS", "LISTS", "Bucket", "Quality", "judge", "quality_task"]

LENGTHS = (5, 10, 20, 50)
"""Lengths of lists that are judged."""

LISTS = ("model", "bias", "popular")
"""Whose lists: the model's, those by user and movie bias, the most rated movies."""

BOUNDS = (0, 1, 5, 20, 100)
"""Buckets of movies begin at so many training ratings."""

_LIKED = 0.75
"""From this share of the scale on a movie is liked: 4 stars of 5."""

_MOST_USERS = 2_000
"""More users are sampled."""

_CHUNK = 128
"""Users ranked at once."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The held-out ratings whose movies training saw about equally often.

    Attributes:
        least: Training ratings, at least; −1 for the bucket of users whom training never saw.
        rows: Held-out ratings.
        rmse: ``"model"`` and ``"bias"`` → error over them.
        liked: Pairs of a judged user and a movie liked.
        found: Whose list → length → share of those pairs that is in the lists; empty if none is
            liked.
    """

    least: int
    rows: int
    rmse: Mapping[str, float]
    liked: int
    found: Mapping[str, Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class Quality:
    """What a model is worth on its held-out ratings, beside the two baselines.

    Attributes:
        rmse: ``"mean"``, ``"bias"`` and ``"model"`` → error over all held-out ratings.
        users: Users whose lists were judged: those with a liked movie, perhaps a sample.
        threshold: The fewest stars of a movie that is liked.
        rankings: Whose list → length → what it is worth; empty if no user likes anything.
        leads: ``"bias"`` and ``"popular"`` → length → by how much the model's NDCG is higher,
            and the standard error of that over users.
        buckets: By how often a movie was seen; users never seen apart. Empty ones are left out.
    """

    rmse: Mapping[str, float]
    users: int
    threshold: float
    rankings: Mapping[str, Mapping[int, Ranking]]
    leads: Mapping[str, Mapping[int, tuple[float, float]]]
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """The ratings a model learnt from, and those it did not.

    Attributes:
        ratings: All of them.
        train, valid: Their rows.
        stars: (n_ratings,) ratings.
        counts: (n_items,) training ratings of each movie.
    """

    ratings: Ratings
    train: Index
    valid: Index
    stars: Array
    counts: NDArray[np.int64]

    def pairs(self, rows: Index, users: Index) -> Relevant:
        """The rows of these users (ascending) as pairs of place in ``users`` and movie."""
        of_users = self.ratings.user_idx[rows]
        known = np.zeros(self.ratings.n_users, bool)
        known[users] = True
        kept = rows[known[of_users]]
        places = np.searchsorted(users, self.ratings.user_idx[kept])
        return Relevant(places, self.ratings.item_idx[kept])


def judge(model: FittedModel, ratings: Ratings, context: TaskContext) -> Quality:
    """Judge a finite model on the ratings that it was trained on, by its own split.

    Args:
        model: The model.
        ratings: Its data.
        context: Told how far the lists are; asked whether to go on.
    """
    train, valid = split_rows(ratings, model.config)
    stars = ratings.frame["rating"].to_numpy(np.float64)
    counts = np.bincount(ratings.item_idx[train], minlength=ratings.n_items)
    split = _Split(ratings, train, valid, stars, counts)
    users, items = ratings.user_idx, ratings.item_idx
    base = fit_baseline(users[train], items[train], stars[train], ratings.n_users, ratings.n_items)
    context.checkpoint()
    predicted = {
        "model": model.predict(users[valid], items[valid]),
        "bias": base.predict(users[valid], items[valid]),
    }
    low, high = ratings.rating_range
    liked = valid[stars[valid] >= low + _LIKED * (high - low)]
    judged = np.unique(users[liked])
    if len(judged) > _MOST_USERS:
        judged = np.sort(np.random.default_rng(0).choice(judged, _MOST_USERS, replace=False))
    relevant = split.pairs(liked, judged)
    lists = _lists(model, base.item_bias, split, judged, context)
    rankings = {
        name: {k: rank_quality(lists[name], relevant, k, counts, ratings.n_users) for k in LENGTHS}
        for name in LISTS
        if len(judged)
    }
    errors = {name: mse(values, stars[valid]) ** 0.5 for name, values in predicted.items()}
    return Quality(
        rmse={"mean": model.baselines["mean"] ** 0.5, **errors},
        users=len(judged),
        threshold=float(stars[liked].min(initial=high)),
        rankings=rankings,
        leads={
            name: {k: _lead(lists, name, relevant, k, len(counts)) for k in LENGTHS}
            for name in LISTS[1:]
            if len(judged) > 1
        },
        buckets=_buckets(split, predicted, relevant, judged, lists),
    )


def _lead(
    lists: Mapping[str, Index], rival: str, relevant: Relevant, k: int, n_items: int
) -> tuple[float, float]:
    """How far the model's lists are ahead, user by user: the mean, and its standard error."""
    own, theirs = (gains_of_rows(lists[name], relevant, k, n_items) for name in ("model", rival))
    ahead = own - theirs
    return float(ahead.mean()), float(ahead.std(ddof=1) / len(ahead) ** 0.5)


def _lists(
    model: FittedModel, item_bias: Array, split: _Split, judged: Index, context: TaskContext
) -> dict[str, Index]:
    """Whose list → (n judged, longest) movies, best first."""
    longest = max(LENGTHS)
    parts: dict[str, list[Index]] = {name: [] for name in LISTS}
    for start in range(0, len(judged), _CHUNK):
        context.checkpoint()
        users = judged[start : start + _CHUNK]
        known = split.pairs(split.train, users)
        same = (item_bias, split.counts.astype(np.float64))
        scored = (model.scores(users), *(np.tile(values, (len(users), 1)) for values in same))
        for name, scores in zip(LISTS, scored, strict=True):
            parts[name].append(first_items(scores, known, longest))
        context.progress(min(start + _CHUNK, len(judged)), len(judged))
    empty = np.zeros((0, longest), np.int64)
    return {name: np.concatenate([empty, *found]) for name, found in parts.items()}


def _buckets(
    split: _Split,
    predicted: Mapping[str, Array],
    relevant: Relevant,
    judged: Index,
    lists: Mapping[str, Index],
) -> tuple[Bucket, ...]:
    """Every held-out rating in one bucket."""
    ratings, valid = split.ratings, split.valid
    learnt = np.bincount(ratings.user_idx[split.train], minlength=ratings.n_users)

    def bucket_of(users: Index, items: Index) -> NDArray[np.int64]:
        by_count = np.searchsorted(BOUNDS, split.counts[items], side="right") - 1
        return np.where(learnt[users] == 0, -1, by_count)

    of_rows = bucket_of(ratings.user_idx[valid], ratings.item_idx[valid])
    of_pairs = bucket_of(judged[relevant.rows], relevant.items)
    found = {
        name: {k: relevant.found(places[:, :k]) for k in LENGTHS} for name, places in lists.items()
    }
    buckets = []
    for place in np.unique(of_rows):
        rows, pairs = of_rows == place, of_pairs == place
        truth = split.stars[valid[rows]]
        buckets.append(
            Bucket(
                least=BOUNDS[place] if place >= 0 else -1,
                rows=len(truth),
                rmse={name: mse(said[rows], truth) ** 0.5 for name, said in predicted.items()},
                liked=int(pairs.sum()),
                found={
                    name: {k: float(there[pairs].mean()) for k, there in by_length.items()}
                    for name, by_length in found.items()
                    if pairs.any()
                },
            )
        )
    return tuple(buckets)


def quality_task(context: TaskContext, source: str | None, model: FittedModel) -> Quality:
    """:func:`judge` where jobs run.

    Args:
        context: Where it runs.
        source: Of the ratings; None for the bundled ones.
        model: Finite; its ratings stay behind when it travels.

    Raises:
        Problem: The ratings cannot be read, or are others.
    """
    ratings = read_again(source)
    return judge(model.attach(ratings), ratings, context)
