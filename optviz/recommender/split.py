"""Which ratings train a model and which judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.recommender.baselines import fit_baseline
from optviz.recommender.config import TrainConfig

if TYPE_CHECKING:
    from optviz.recommender.data import Ratings

__all__ = ["FEWEST", "lesson_order", "row_baselines", "split_baselines", "split_rows"]

FEWEST = 2
"""Rows that each part must have at least."""


def lesson_order(n_rows: int) -> NDArray[np.int64]:
    """The shuffled rows of the lesson; its validation rows are the first fifth.

    It shuffled with NumPy's old global generator seeded with 42, hence the old class here.
    """
    order: NDArray[np.int64] = np.random.RandomState(42).permutation(n_rows)
    return order.astype(np.int64)


def split_rows(n_rows: int, config: TrainConfig) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(training rows, validation rows), each ascending.

    Raises:
        Problem: A part would be too small to mean anything.
    """
    if config.split == "lesson":
        order, fraction = lesson_order(n_rows), 0.2
    else:
        order = np.random.default_rng(config.seed).permutation(n_rows)
        fraction = config.valid_fraction
    n_valid = int(fraction * n_rows)
    if min(n_valid, n_rows - n_valid) < FEWEST:
        raise Problem("problem.model.too_few", needed=FEWEST, train=n_rows - n_valid, valid=n_valid)
    return np.sort(order[n_valid:]), np.sort(order[:n_valid])


def split_baselines(ratings: Ratings, config: TrainConfig) -> dict[str, float]:
    """What there is to beat on a split: ``"mean"`` and ``"bias"`` → validation MSE.

    Raises:
        Problem: A part would be too small to mean anything.
    """
    return row_baselines(ratings, *split_rows(ratings.n_ratings, config))


def row_baselines(
    ratings: Ratings, train: NDArray[np.int64], valid: NDArray[np.int64]
) -> dict[str, float]:
    """``"mean"`` and ``"bias"`` → MSE on the rows ``valid``, fitted to the rows ``train``."""
    truth = ratings.frame["rating"].to_numpy(np.float64)
    users, items = ratings.user_idx, ratings.item_idx
    fitted = fit_baseline(
        users[train], items[train], truth[train], ratings.n_users, ratings.n_items
    )
    return fitted.errors(users[valid], items[valid], truth[valid])
