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
    centred, left = rating - mean, np.empty(len(rating))
    # Numpy's own width and one buffer: forty conversions of 32 million rows would take longer.
    users, items = (np.asarray(index, np.intp) for index in (user_idx, item_idx))
    of_users: Array = np.bincount(users, minlength=n_users) + np.float64(damping)
    of_items: Array = np.bincount(items, minlength=n_items) + np.float64(damping)

    def average(bias: Array, known: Index, index: Index, counts: Array) -> Array:
        np.take(bias, known, out=left, mode="clip")  # the only mode that writes straight into out
        np.subtract(centred, left, out=left)
        result: Array = np.bincount(index, left, len(counts)) / counts
        return result

    user_bias = np.zeros(n_users)
    item_bias = np.zeros(n_items)
    for _ in range(20):
        item_bias = average(user_bias, users, items, of_items)
        user_bias = average(item_bias, items, users, of_users)
    return Baseline(mean, user_bias, item_bias)
