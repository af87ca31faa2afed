"""What any model has to beat: the mean rating, and the mean plus user and movie bias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAMPING", "Baseline", "fit_baseline", "mse"]

Array = NDArray[np.float64]
Index = NDArray[np.integer[Any]]
"""Whole numbers of any width; those of ratings are int32, which spares memory."""

DAMPING = 5.0
"""Ratings without any bias that each bias is averaged with."""


def mse(predicted: Array, truth: Array) -> float:
    """Mean squared error over all rows at once."""
    return float(np.mean((np.asarray(predicted, np.float64) - truth) ** 2))


@dataclass(frozen=True, eq=False)
class Baseline:
    """r = mean + user_bias[u] + item_bias[i].

    Attributes:
        mean: Mean training rating.
        user_bias: (n_users,) in stars; 0 for users without training rows.
        item_bias: (n_items,) in stars; 0 for movies without training rows.
    """

    mean: float
    user_bias: Array
    item_bias: Array

    def predict(self, user_idx: Index, item_idx: Index) -> Array:
        """Predicted ratings."""
        predicted: Array = self.mean + self.user_bias[user_idx] + self.item_bias[item_idx]
        return predicted

    def errors(self, user_idx: Index, item_idx: Index, truth: Array) -> dict[str, float]:
        """MSE of the two baselines: ``"mean"`` alone, and with ``"bias"`` of user and movie."""
        return {
            "mean": mse(np.full(len(truth), self.mean), truth),
            "bias": mse(self.predict(user_idx, item_idx), truth),
        }


def fit_baseline(
    user_idx: Index,
    item_idx: Index,
    rating: Array,
    n_users: int,
    n_items: int,
    damping: float = DAMPING,
) -> Baseline:
    """The biases with the least squared error plus ``damping`` · ‖bias‖², by alternation.

    Given one side's biases, the best of the other are damped averages: the damping acts like
    that many extra ratings without any bias, so that one rating alone moves a bias little.
    Twenty rounds leave nothing to gain in the fourth decimal.
    """
    mean = float(rating.mean())
    centred = rating - mean
    of_users = np.bincount(user_idx, minlength=n_users) + damping
    of_items = np.bincount(item_idx, minlength=n_items) + damping
    user_bias = np.zeros(n_users)
    item_bias = np.zeros(n_items)
    for _ in range(20):
        item_bias = np.bincount(item_idx, centred - user_bias[user_idx], n_items) / of_items
        user_bias = np.bincount(user_idx, centred - item_bias[item_idx], n_users) / of_users
    return Baseline(mean, user_bias, item_bias)
