"""One viewer's ratings, each beside what everybody else thought of the movie: a real regression.

A slice of the bundled ratings small enough to draw the loss of: how much of the taste of one
viewer is the taste of all?
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from optviz.core.sample_loss import Samples
from optviz.recommender.data import load_ratings

__all__ = ["VIEWER", "taste_samples"]

VIEWER = 481
"""Of those with a few hundred ratings the one who agrees best with the others."""

FEWEST_OTHERS = 5
MIDDLE = 3.0
"""Stars are counted from here, so that the intercept means something."""


@lru_cache(maxsize=1)
def taste_samples() -> Samples:
    """The viewer's ratings (y) against the mean of all others' for the movie (x), from 3 stars.

    Movies that fewer than five others rated are left out.
    """
    ratings = load_ratings()
    stars = ratings.frame["rating"].to_numpy(dtype=np.float64)
    total = np.bincount(ratings.item_idx, weights=stars)
    count = np.bincount(ratings.item_idx)
    mine = ratings.user_idx == ratings.user_index(VIEWER)
    items, own = ratings.item_idx[mine], stars[mine]
    others = count[items] - 1
    known = others >= FEWEST_OTHERS
    mean = (total[items] - own)[known] / others[known]
    return Samples(
        name="taste",
        model="linear",
        x=mean - MIDDLE,
        y=own[known] - MIDDLE,
        x_range=(-1.6, 3.2),
        y_range=(-1.8, 1.8),
        start=(-1.2, -1.2),
        source="MovieLens latest-small 2016; Harper & Konstan, ACM TiiS 5 (2015)",
    )
