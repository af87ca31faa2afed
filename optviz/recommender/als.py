"""Matrix factorisation by alternating linear regression, on what biases leave unexplained.

With the movies' vectors Y fixed, the best vector of user u solves a ridge regression

    (Σ y_i y_iᵀ + λ n_u I) x_u = Σ e_ui y_i        over the n_u movies that u rated,

and likewise for movies with the users fixed. Weighting λ by the number of ratings is due to
Zhou et al. (2008), "Large-scale Parallel Collaborative Filtering for the Netflix Prize".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from optviz.recommender.baselines import Array, Baseline, Index, fit_baseline, mse
from optviz.training.history import BatchRecord, EpochRecord, History

__all__ = ["AlsRun", "solve_side"]

_CHUNK = 4_000_000
"""Numbers stacked at once: bounds memory on large data."""

_PREDICTED = 1_000_000
"""Rows predicted at once."""

LARGE = 5_000_000
"""Of more training ratings than this all is computed in single precision."""


def solve_side(residuals: Any, other: Array, regularization: float) -> Array:
    """The ridge regressions of one side, all at once.

    Args:
        residuals: (n, m) scipy CSR matrix; its *stored* entries are the ratings.
        other: (m, k) the fixed vectors.
        regularization: λ; row r is penalised by λ·n_r·‖x_r‖².

    Returns:
        (n, k); rows without ratings are zero.
    """
    return _solve(residuals, other, regularization)[0]


def _solve(residuals: Any, other: Array, regularization: float) -> tuple[Array, float]:
    """What :func:`solve_side` returns, and the sum of the squared errors that it leaves."""
    k = other.shape[1]
    counts = np.diff(residuals.indptr)
    solution = np.zeros((len(counts), k), other.dtype)
    left = 0.0
    # Rows with equally many ratings are solved together. Most movies have fewer ratings than
    # there are factors; for them the dual is smaller: x = Yᵀ(YYᵀ + λnI)⁻¹e is the same x.
    for count in np.unique(counts[counts > 0]):
        alike = np.flatnonzero(counts == count)
        size = min(int(count), k)
        together = max(1, _CHUNK // (int(count) * k + size * size))
        for start in range(0, len(alike), together):
            rows = alike[start : start + together]
            stored = residuals.indptr[rows][:, None] + np.arange(count)
            known = other[residuals.indices[stored]]  # (rows, count, k)
            target = residuals.data[stored][:, :, None]
            turned = known.transpose(0, 2, 1)
            gram = known @ turned if count < k else turned @ known
            gram[:, np.arange(size), np.arange(size)] += regularization * count
            if count < k:
                found = turned @ np.linalg.solve(gram, target)
            else:
                found = np.linalg.solve(gram, turned @ target)
            solution[rows] = found[:, :, 0]
            left += float(((target - known @ found) ** 2).sum(dtype=np.float64))
    return solution, left


class AlsRun:
    """ALS that can be stepped by half-sweeps: users, movies, users, movies …

    Args:
        user_idx, item_idx, rating: Training rows.
        valid: Validation rows (user_idx, item_idx, rating).
        n_users, n_items, n_factors: Sizes.
        regularization: λ.
        epochs: Sweeps over both sides.
        seed: Of the movies' first vectors.
        baseline: Of the training rows, where it is known already.

    Attributes:
        user_factors, item_factors: The vectors so far.
        baseline: Mean and biases, fitted once beforehand.
        history: A batch record a half-sweep (its loss is the training MSE), an epoch record a
            sweep.
    """

    steps_per_epoch = 2
    diverged = False

    def __init__(
        self,
        user_idx: Index,
        item_idx: Index,
        rating: Array,
        valid: tuple[Index, Index, Array],
        *,
        n_users: int,
        n_items: int,
        n_factors: int,
        regularization: float,
        epochs: int,
        seed: int,
        baseline: Baseline | None = None,
    ) -> None:
        from scipy.sparse import csr_array

        self.regularization, self.epochs = regularization, epochs
        self.baseline = baseline or fit_baseline(user_idx, item_idx, rating, n_users, n_items)
        self._rows = (user_idx, item_idx, rating)
        self._valid = valid
        self._type = np.float32 if len(rating) > LARGE else np.float64
        residual = (rating - self.baseline.predict(user_idx, item_idx)).astype(self._type)
        self._by_user = csr_array((residual, (user_idx, item_idx)), shape=(n_users, n_items))
        self._by_item = csr_array((residual, (item_idx, user_idx)), shape=(n_items, n_users))
        start = np.random.default_rng(seed)
        self.item_factors: Array = start.normal(0, 0.1, (n_items, n_factors)).astype(self._type)
        # A movie nobody rated stays at zero from the start: it is scored by bias.
        self.item_factors[np.diff(self._by_item.indptr) == 0] = 0
        self.user_factors: Array = np.zeros((n_users, n_factors), self._type)
        self.history = History()

    @property
    def steps_done(self) -> int:
        """Half-sweeps so far."""
        return len(self.history.batches)

    @property
    def total_steps(self) -> int:
        """Half-sweeps of the whole run."""
        return 2 * self.epochs

    @property
    def done(self) -> bool:
        """Whether there is no half-sweep left."""
        return self.steps_done >= self.total_steps

    def step(self) -> BatchRecord:
        """Solve one side.

        Raises:
            RuntimeError: The run is over.
        """
        if self.done:
            raise RuntimeError("the run is over")
        step = self.steps_done + 1
        if step % 2:
            self.user_factors, left = _solve(self._by_user, self.item_factors, self.regularization)
        else:
            self.item_factors, left = _solve(self._by_item, self.user_factors, self.regularization)
        train = left / len(self._rows[2])
        record = BatchRecord(step, step / 2, math.nan, train)
        self.history.batches.append(record)
        if step % 2 == 0:
            valid = mse(self.predict(*self._valid[:2]), self._valid[2])
            self.history.epochs.append(EpochRecord(step // 2, train, valid))
        return record

    def objective(self) -> float:
        """What each half-sweep makes as small as it can: squared errors plus penalties."""
        users, items, rating = self._rows
        error = rating - self.predict(users, items)
        penalty = (self.user_factors[users] ** 2).sum() + (self.item_factors[items] ** 2).sum()
        return float((error**2).sum() + self.regularization * penalty)

    def predict(self, user_idx: Index, item_idx: Index) -> Array:
        """Predicted ratings; not cut off at the ends of the scale."""
        predicted = self.baseline.predict(user_idx, item_idx)
        for start in range(0, len(predicted), _PREDICTED):
            part = slice(start, start + _PREDICTED)
            predicted[part] += np.einsum(
                "nk,nk->n", self.user_factors[user_idx[part]], self.item_factors[item_idx[part]]
            )
        return predicted

    def state_dict(self) -> dict[str, Any]:
        """What the rest of the run depends on."""
        return {
            "user_factors": self.user_factors.copy(),
            "item_factors": self.item_factors.copy(),
            "history": self.history.copy(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state of a run with the same data and settings."""
        self.user_factors = state["user_factors"].copy()
        self.item_factors = state["item_factors"].copy()
        self.history = state["history"].copy()
