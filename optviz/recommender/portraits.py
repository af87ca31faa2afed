"""One user's ratings beside what the model predicts for them, and one movie's beside all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optviz.recommender.baselines import Array, Index, mse
from optviz.recommender.data import Ratings
from optviz.recommender.fitted import FittedModel

__all__ = ["MoviePortrait", "UserPortrait", "movie_portrait", "user_portrait"]

_MOST_LEVELS = 20
"""Ratings of more different values are gathered into so many equal steps."""


@dataclass(frozen=True, slots=True, eq=False)
class UserPortrait:
    """All ratings of one user, the highest first.

    Attributes:
        items: (n,) movies.
        stars: (n,) ratings.
        predicted: (n,) what the model says.
        held_out: (n,) which of them training never saw.
    """

    items: Index
    stars: Array
    predicted: Array
    held_out: NDArray[np.bool_]

    def error(self, held_out: bool) -> float | None:
        """Root of the mean squared error over this part, in stars; None if it is empty."""
        part = self.held_out == held_out
        return mse(self.predicted[part], self.stars[part]) ** 0.5 if part.any() else None


def user_portrait(
    model: FittedModel, ratings: Ratings, user: int, held_out: NDArray[np.bool_]
) -> UserPortrait:
    """The ratings of a user.

    Args:
        model: Trained on ``ratings``.
        ratings: The data.
        user: Dense index.
        held_out: (n_ratings,) the validation rows.
    """
    rows = np.flatnonzero(ratings.user_idx == user)
    stars = ratings.frame["rating"].to_numpy(np.float64)[rows]
    order = np.argsort(-stars, kind="stable")
    rows, stars = rows[order], stars[order]
    items = ratings.item_idx[rows]
    return UserPortrait(items, stars, model.predict(np.full(len(rows), user), items),
                        held_out[rows])  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class MoviePortrait:
    """All ratings of one movie.

    Attributes:
        n: How many.
        n_learnt: How many of them training saw.
        mean: Their mean.
        levels: (l,) the values that ratings take; the middles of equal steps if they are many.
        shares: (l,) share of this movie's ratings at each.
        everywhere: (l,) share of all ratings at each.
    """

    n: int
    n_learnt: int
    mean: float
    levels: Array
    shares: Array
    everywhere: Array


def movie_portrait(ratings: Ratings, item: int, held_out: NDArray[np.bool_]) -> MoviePortrait:
    """The ratings of a movie, by dense index; ``held_out`` as in :func:`user_portrait`."""
    all_stars = ratings.frame["rating"].to_numpy(np.float64)
    rows = ratings.item_idx == item
    stars = all_stars[rows]
    levels, edges = _levels(all_stars)
    counts = [np.histogram(values, edges)[0] for values in (stars, all_stars)]
    shares, everywhere = (count / count.sum() for count in counts)
    learnt = int(np.count_nonzero(rows & ~held_out))
    return MoviePortrait(len(stars), learnt, float(stars.mean()), levels, shares, everywhere)


def _levels(stars: Array) -> tuple[Array, Array]:
    """(values that occur, or middles of steps; the edges between them)."""
    levels = np.unique(stars)
    if len(levels) > _MOST_LEVELS:
        edges = np.linspace(levels[0], levels[-1], _MOST_LEVELS + 1)
        return (edges[:-1] + edges[1:]) / 2, edges
    between = (levels[:-1] + levels[1:]) / 2
    return levels, np.r_[-np.inf, between, np.inf]
