"""Which ratings train a model and which judge it: the protocols.

Each holds out other ratings, and so measures something else: rows at random (how well are
scattered gaps filled in?), each user's last ones (how well is what comes next foretold?), all of
some users or of some movies (what is a stranger worth?). MovieLens 100K brings splits of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.recommender.baselines import fit_baseline
from optviz.recommender.config import SPLITS, TrainConfig

if TYPE_CHECKING:
    from optviz.recommender.data import Ratings

__all__ = [
    "FEWEST",
    "HELD_OUT",
    "folds_of",
    "lesson_order",
    "refuse_split",
    "row_baselines",
    "split_baselines",
    "split_rows",
]

Rows = NDArray[np.int64]

FEWEST = 2
"""Rows that each part must have at least."""


def lesson_order(n_rows: int) -> Rows:
    """The shuffled rows of the lesson; its validation rows are the first fifth.

    It shuffled with NumPy's old global generator seeded with 42, hence the old class here.
    """
    order: Rows = np.random.RandomState(42).permutation(n_rows)
    return order.astype(np.int64, copy=False)


def _lesson(ratings: Ratings, config: TrainConfig) -> Rows:
    return lesson_order(ratings.n_ratings)[: int(0.2 * ratings.n_ratings)]


def _random(ratings: Ratings, config: TrainConfig) -> Rows:
    order = np.random.default_rng(config.seed).permutation(ratings.n_ratings)
    return order[: int(config.valid_fraction * ratings.n_ratings)]


def _fold(ratings: Ratings, config: TrainConfig) -> Rows:
    order = np.random.default_rng(config.seed).permutation(ratings.n_ratings)
    return np.array_split(order, config.n_folds)[config.fold - 1]


def _last(ratings: Ratings, config: TrainConfig) -> Rows:
    """Of equal times the later row counts as later; users with too few ratings only train."""
    stamps = ratings.frame["timestamp"].to_numpy(np.int64)
    order = np.lexsort((stamps, ratings.user_idx))
    users = ratings.user_idx[order]
    counts = np.bincount(users, minlength=ratings.n_users)
    later = counts.cumsum()[users] - 1 - np.arange(len(order))  # of the same user's ratings
    rows: Rows = order[(later < config.n_last) & (counts[users] > config.n_last)]
    if not rows.size:
        raise Problem("problem.split.nobody_has", needed=config.n_last + 1)
    return rows


def _cold(index: NDArray[np.int32], size: int, config: TrainConfig) -> Rows:
    held = np.zeros(size, dtype=bool)
    order = np.random.default_rng(config.seed).permutation(size)
    held[order[: max(1, int(config.valid_fraction * size))]] = True
    return np.flatnonzero(held[index])


def _cold_users(ratings: Ratings, config: TrainConfig) -> Rows:
    return _cold(ratings.user_idx, ratings.n_users, config)


def _cold_items(ratings: Ratings, config: TrainConfig) -> Rows:
    return _cold(ratings.item_idx, ratings.n_items, config)


def _official(ratings: Ratings, config: TrainConfig) -> Rows:
    return ratings.official[config.official]


HELD_OUT: Mapping[str, Callable[[Ratings, TrainConfig], Rows]] = {
    "lesson": _lesson,
    "random": _random,
    "folds": _fold,
    "last": _last,
    "cold_users": _cold_users,
    "cold_items": _cold_items,
    "official": _official,
}
"""Protocol → the rows that it holds out, in any order."""

assert set(HELD_OUT) == set(SPLITS), "each protocol has its settings and its rows"


def refuse_split(ratings: Ratings, config: TrainConfig) -> None:
    """Check what the data must bring along; at any size it takes no time.

    Raises:
        Problem: They have no times, no such files, or there is no such fold.
    """
    if config.split == "last" and (ratings.frame["timestamp"].isna().to_numpy()).any():
        raise Problem("problem.split.no_times")
    if config.split == "official" and config.official not in ratings.official:
        if ratings.official:
            known = ", ".join(ratings.official)
            raise Problem("problem.split.other_official", name=config.official, known=known)
        raise Problem("problem.split.no_official", name=config.official)
    if config.split == "folds" and config.fold > config.n_folds:
        raise Problem("problem.split.no_fold", fold=config.fold, folds=config.n_folds)


def split_rows(ratings: Ratings, config: TrainConfig) -> tuple[Rows, Rows]:
    """(training rows, validation rows), each ascending; every row is in one of them.

    Raises:
        Problem: The data cannot serve this protocol, or a part would be too small to mean
            anything.
    """
    refuse_split(ratings, config)
    held = np.zeros(ratings.n_ratings, dtype=bool)
    held[HELD_OUT[config.split](ratings, config)] = True
    train, valid = np.flatnonzero(~held), np.flatnonzero(held)
    if min(len(train), len(valid)) < FEWEST:
        raise Problem("problem.model.too_few", needed=FEWEST, train=len(train), valid=len(valid))
    return train, valid


def folds_of(config: TrainConfig) -> tuple[TrainConfig, ...]:
    """The recipes that one press of Train is for: a fold each in cross-validation, else one."""
    if config.split != "folds":
        return (config,)
    return tuple(config.replace(fold=fold) for fold in range(1, config.n_folds + 1))


def split_baselines(ratings: Ratings, config: TrainConfig) -> dict[str, float]:
    """What there is to beat on a split: ``"mean"`` and ``"bias"`` → validation MSE.

    Raises:
        Problem: As :func:`split_rows`.
    """
    return row_baselines(ratings, *split_rows(ratings, config))


def row_baselines(ratings: Ratings, train: Rows, valid: Rows) -> dict[str, float]:
    """``"mean"`` and ``"bias"`` → MSE on the rows ``valid``, fitted to the rows ``train``."""
    truth = ratings.frame["rating"].to_numpy(np.float64)
    users, items = ratings.user_idx, ratings.item_idx
    fitted = fit_baseline(
        users[train], items[train], truth[train], ratings.n_users, ratings.n_items
    )
    return fitted.errors(users[valid], items[valid], truth[valid])
