"""How long placing a newcomer takes, and how well it does: ``python -m benchmarks.fold_in``.

For each model, trained by its default recipe on the bundled ratings: the median time in which a
user of 5 and of 50 ratings is placed and all movies are ranked, and in which the list is taken
apart; and the validation MSE of all users as training left them, and placed anew from their
training ratings.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from optviz.recommender.baselines import Array, Index, mse
from optviz.recommender.config import DEFAULTS
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.fitted import FittedModel
from optviz.recommender.fold_in import FoldIn
from optviz.recommender.split import split_rows

REPEATS = 50


def milliseconds(call: Callable[[], object]) -> float:
    """The median of many calls."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return median(times)


def ranked(fold: FoldIn, items: Index, stars: Array) -> object:
    """The newcomer placed, all movies ranked: what a click on a star waits for."""
    return fold.solve(items, stars).recommend()


def quality(model: FittedModel, fold: FoldIn, ratings: Ratings) -> float:
    """Validation MSE with every user placed anew."""
    train, valid = split_rows(ratings, model.config)
    stars = ratings.frame["rating"].to_numpy()
    predicted = np.zeros(len(valid))
    for user in range(ratings.n_users):
        known, asked = (rows[ratings.user_idx[rows] == user] for rows in (train, valid))
        found = fold.solve(ratings.item_idx[known], stars[known])
        predicted[ratings.user_idx[valid] == user] = found.predict(ratings.item_idx[asked])
    return mse(predicted, stars[valid])


def main() -> None:
    """Print one line a model."""
    ratings = load_ratings()
    popular = np.argsort(-np.bincount(ratings.item_idx), kind="stable")
    random = np.random.default_rng(0)
    for name, config in DEFAULTS.items():
        model = fit_model(config, ratings)
        fold = FoldIn(model)
        parts = []
        for n in (5, 50):
            items, stars = popular[:n], random.integers(1, 11, n) / 2
            found = fold.solve(items, stars)
            place = milliseconds(partial(ranked, fold, items, stars))
            why = milliseconds(partial(found.explain, found.recommend()[0]))
            parts.append(f"{n} ratings {place:.1f} ms (why {why:.1f} ms)")
        print(
            f"{name:9} {', '.join(parts)}; validation MSE: trained {model.valid_mse:.4f}, "
            f"folded in {quality(model, fold, ratings):.4f}; training took {model.seconds:.1f} s"
        )


if __name__ == "__main__":
    main()
