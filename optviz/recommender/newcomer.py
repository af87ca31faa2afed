"""Training once more with a newcomer among the users: what folding in saves, and what it costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from optviz.core.task import TaskContext
from optviz.recommender.baselines import Array
from optviz.recommender.config import make_config
from optviz.recommender.data import Ratings
from optviz.recommender.split import split_rows
from optviz.recommender.tasks import follow, read_again
from optviz.training.device import device_for

__all__ = ["Retrained", "add_user", "retrain_task"]


@dataclass(frozen=True, slots=True, eq=False)
class Retrained:
    """What training anew says of the newcomer.

    Attributes:
        predicted: (n_items,) ratings predicted for the newcomer; NaN if the run diverged.
        valid_mse: On the same validation rows as without the newcomer.
        seconds: Time spent training.
    """

    predicted: Array
    valid_mse: float
    seconds: float


def add_user(ratings: Ratings, items: ArrayLike, stars: ArrayLike) -> Ratings:
    """The same ratings and one more user, the last, who has the last rows.

    Args:
        ratings: The data.
        items: (n,) dense indices, each once, n at least 1.
        stars: (n,) ratings.
    """
    import pandas as pd

    places = np.asarray(items, np.int64)
    last = ratings.user_ids[-1]
    new = last + 1 if ratings.user_ids.dtype.kind in "iu" else f"{last}+"
    more = pd.DataFrame(
        {
            "user_id": [new] * len(places),
            "item_id": ratings.item_ids[places],
            "rating": np.asarray(stars, np.float64),
            "timestamp": pd.array([pd.NA] * len(places), dtype="Int64"),
        }
    )
    return dataclasses.replace(
        ratings,
        frame=pd.concat([ratings.frame, more], ignore_index=True),
        user_ids=np.append(ratings.user_ids, new),
        user_idx=np.append(ratings.user_idx, np.full(len(places), ratings.n_users, np.int32)),
        item_idx=np.append(ratings.item_idx, np.asarray(places, np.int32)),
        key=f"{ratings.key} and one more",
        official={},
    )


def retrain_task(
    context: TaskContext,
    source: str | None,
    config: Mapping[str, Any],
    items: Sequence[int],
    stars: Sequence[float],
) -> Retrained:
    """Train by a recipe with one more user, all of whose ratings are learnt from.

    Events and progress are those of :func:`~optviz.recommender.tasks.train_task`.

    Args:
        context: Where it runs.
        source: Of the ratings; None for the bundled ones.
        config: The recipe.
        items: Dense indices of the movies that the newcomer rated.
        stars: The ratings.

    Raises:
        Problem: Data or recipe cannot be used.
    """
    from optviz.recommender.fit import build_fit

    recipe, ratings = make_config(**config), read_again(source)
    train, valid = split_rows(ratings, recipe)
    mine = np.arange(ratings.n_ratings, ratings.n_ratings + len(items))
    context.checkpoint()
    rows = (np.append(train, mine), valid)
    fit = build_fit(recipe, add_user(ratings, items, stars), rows, device_for(ratings.n_ratings))
    model = follow(context, fit)
    if model.finite:
        everything = np.arange(ratings.n_items)
        predicted = model.predict(np.full(len(everything), ratings.n_users), everything)
    else:
        predicted = np.full(ratings.n_items, np.nan)
    return Retrained(predicted, model.valid_mse, model.seconds)
