"""A trained model as plain arrays: predicts, recommends and is stored without torch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.recommender.baselines import Array, Index
from optviz.recommender.config import TrainConfig, reach_of
from optviz.recommender.specs import MODELS, ModelSpec
from optviz.recommender.split import refuse_split, split_rows
from optviz.training.history import History

if TYPE_CHECKING:
    import pandas as pd

    from optviz.recommender.data import Ratings

__all__ = ["FittedModel", "Recommendation", "sigmoid"]

BATCH_NORM_EPS = 1e-5
"""What ``torch.nn.BatchNorm1d`` adds to a variance."""

_CHUNK = 200_000
_RANKED = 20
_SAMPLED_USERS = 200
"""Users over whom the stand-in for a movie bias is averaged."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A movie that a user has not rated, with the rating the model expects."""

    item_id: Any
    title: str
    rating: float


@dataclass(frozen=True, eq=False)
class FittedModel:
    """What training leaves: weights, recipe and history.

    Attributes:
        config: The whole recipe.
        history: Batch and epoch records.
        weights: Name → array. All models have ``user_factors`` (n_users, k) and
            ``item_factors`` (n_items, k); EmbeddingNet's layers are ``lin1.*`` and ``lin2.*``.
            What training never saw is already replaced by the average.
        mean: Mean training rating.
        rating_range: (low, high).
        valid_mse: Mean squared error over all validation rows at once; the last epoch's. NaN
            if the run diverged.
        n_unseen: Validation rows whose movie or user has no training row; scored by bias.
        baselines: ``"mean"`` and ``"bias"`` → validation MSE.
        ratings_key, ratings_version, n_ratings: Which data it was trained on.
        seconds: Time spent training, validation included.
        clock: ``seconds`` at the end of each epoch; empty where a file does not tell.
        changes: (step, rate) of each change of the learning rate by hand: from the step after
            that one on, the schedule's rate is that of a recipe with this ``lr``.
    """

    config: TrainConfig
    history: History
    weights: Mapping[str, NDArray[Any]]
    mean: float
    rating_range: tuple[float, float]
    valid_mse: float
    n_unseen: int
    baselines: Mapping[str, float]
    ratings_key: str
    ratings_version: str
    n_ratings: int
    seconds: float
    clock: tuple[float, ...] = ()
    changes: tuple[tuple[int, float], ...] = ()
    ratings: Ratings | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        # The data stay at home when a result travels between processes.
        return {**self.__dict__, "ratings": None}

    @property
    def n_users(self) -> int:
        """How many users it knows."""
        return len(self.user_factors)

    @property
    def n_items(self) -> int:
        """How many movies it knows."""
        return len(self.item_factors)

    @property
    def user_factors(self) -> NDArray[Any]:
        """(n_users, k)."""
        return self.weights["user_factors"]

    @property
    def item_factors(self) -> NDArray[Any]:
        """(n_items, k)."""
        return self.weights["item_factors"]

    @property
    def spec(self) -> ModelSpec:
        """What kind of model it is."""
        return MODELS[self.config.model]

    @property
    def reach(self) -> float | None:
        """Stars beyond each end of the scale that its sigmoid reaches; None without one."""
        return reach_of(self.config)

    @property
    def user_bias(self) -> NDArray[Any] | None:
        """(n_users,), as :attr:`item_bias`; None for a model without."""
        return self.weights.get("user_bias")

    @cached_property
    def item_bias(self) -> NDArray[Any]:
        """(n_items,): stars, or logits before a sigmoid; see ``bias_means`` of the model's spec.

        Standing in for it where a model has none, in stars: the movie's predicted rating,
        averaged over users, less the same average over all movies.
        """
        if "item_bias" in self.weights:
            return self.weights["item_bias"]
        users = np.linspace(0, self.n_users - 1, min(self.n_users, _SAMPLED_USERS))
        total = np.zeros(self.n_items)
        every = users.astype(np.int64)
        for start in range(0, len(every), _RANKED):
            total += self._stars(self.scores(every[start : start + _RANKED])).sum(0)
        average: Array = (total - total.mean()) / len(users)
        return average

    @property
    def diverged_at(self) -> int | None:
        """The step whose loss was no longer a finite number; None if all were."""
        return next((r.step for r in self.history.batches if not math.isfinite(r.train_loss)), None)

    @property
    def finite(self) -> bool:
        """Whether it can predict: it has not diverged, and all weights are finite numbers."""
        return self.diverged_at is None and all(
            bool(np.isfinite(array).all()) for array in self.weights.values()
        )

    @property
    def valid_rows(self) -> Index:
        """The rows of the ratings that were held out.

        Raises:
            Problem: No ratings are attached.
        """
        if self.ratings is None:
            raise Problem("problem.model.detached")
        return split_rows(self.ratings, self.config)[1]

    def attach(self, ratings: Ratings) -> FittedModel:
        """This model together with the ratings it was trained on.

        Raises:
            Problem: They are other ratings, or lack what the model's split needs.
        """
        fits = (self.n_users, self.n_items, self.n_ratings) == (
            ratings.n_users, ratings.n_items, ratings.n_ratings
        )  # fmt: skip
        if ratings.key != self.ratings_key or not fits:
            raise Problem(
                "problem.model.other_data", theirs=self.ratings_version, ours=ratings.version
            )
        refuse_split(ratings, self.config)
        return dataclasses.replace(self, ratings=ratings)

    def predict(self, user_idx: ArrayLike, item_idx: ArrayLike) -> Array:
        """Predicted ratings (n,) for dense indices (n,) and (n,).

        Without a sigmoid they can leave the scale; they are not cut off.

        Raises:
            Problem: The lengths differ, or an index is outside the data.
        """
        users, items = (np.atleast_1d(np.asarray(index)) for index in (user_idx, item_idx))
        if users.shape != items.shape:
            raise Problem("problem.model.no_rows", users=users.size, items=items.size)
        for index, size in ((users, self.n_users), (items, self.n_items)):
            if index.size and not (
                index.dtype.kind in "iu" and index.min() >= 0 and index.max() < size
            ):
                raise Problem("problem.model.index", users=self.n_users - 1, items=self.n_items - 1)
        parts = range(0, len(users), _CHUNK)
        rows = [self._predict(users[s : s + _CHUNK], items[s : s + _CHUNK]) for s in parts]
        return np.concatenate(rows) if rows else np.zeros(0)

    def scores(self, user_idx: ArrayLike) -> Array:
        """(n, n_items) what ranks all movies for each of these users (n,), dense indices.

        Higher for a movie than for another wherever the prediction is; not in stars.
        """
        users = np.asarray(user_idx, np.int64)
        if self.spec.score == "product":
            vectors = self.user_factors[users].astype(np.float64)
            product: Array = vectors @ self.item_factors.T
            if "item_bias" in self.weights:
                product += self.weights["item_bias"]
            return product
        of_users, of_items = self._first_layer(self.user_factors[users], self.item_factors)
        rows = [self._second_layer(of_user + of_items) for of_user in of_users]
        return np.array(rows).reshape(len(users), self.n_items)

    def recommend(self, user_id: Any, n: int = 10) -> list[Recommendation]:
        """The ``n`` movies with the highest predictions among those the user has not rated.

        Args:
            user_id: A raw id.
            n: How many at most.

        Raises:
            Problem: No ratings are attached, there is no such user, or ``n`` is below 1.
        """
        if self.ratings is None:
            raise Problem("problem.model.detached")
        if n < 1:
            raise Problem("problem.model.count", n=n)
        user = self.ratings.user_index(user_id)
        items = np.setdiff1d(
            np.arange(self.n_items), self.ratings.item_idx[self.ratings.user_idx == user]
        )
        predicted = self.predict(np.full(len(items), user), items)
        best = np.argsort(-predicted, kind="stable")[:n]
        return [
            Recommendation(self.ratings.item_ids[items[place]], title, float(predicted[place]))
            for place, title in zip(best, self.ratings.titles(items[best]), strict=True)
        ]

    def biases(self, fewest: int = 20) -> pd.DataFrame:
        """Movies with at least ``fewest`` ratings, highest bias first: title, bias, ratings.

        Raises:
            Problem: No ratings are attached.
        """
        import pandas as pd

        if self.ratings is None:
            raise Problem("problem.model.detached")
        counts = np.bincount(self.ratings.item_idx, minlength=self.n_items)
        known = np.flatnonzero(counts >= fewest)
        bias = self.item_bias[known]
        order = np.argsort(-bias, kind="stable")
        titles = self.ratings.titles(known[order])
        return pd.DataFrame({"title": titles, "bias": bias[order], "ratings": counts[known[order]]})

    def _predict(self, users: Index, items: Index) -> Array:
        user, item = self.user_factors[users], self.item_factors[items]
        if self.spec.score == "layers":
            of_users, of_items = self._first_layer(user, item)
            return self._stars(self._second_layer(of_users + of_items))
        score: Array = (user.astype(np.float64) * item).sum(1)
        rows = {"user_bias": users, "item_bias": items}
        if self.spec.biases:  # added up as float32, as they are stored
            score += sum(self.weights[name][rows[name]] for name in self.spec.biases)
        return self._stars(score)

    def _stars(self, score: Array) -> Array:
        """What a score stands for."""
        reach = self.reach
        if reach is None:
            return self.mean + score if self.spec.from_mean else score
        low, high = self.rating_range
        return sigmoid(score) * (high - low + 2 * reach) + low - reach

    def _first_layer(self, user: NDArray[Any], item: NDArray[Any]) -> tuple[Array, Array]:
        """What EmbeddingNet's hidden layer gets from users and from movies, before relu."""
        weight = self.weights["lin1.weight"].astype(np.float64).T
        k = self.config.n_factors
        return user @ weight[:k], item @ weight[k:] + self.weights["lin1.bias"]

    def _second_layer(self, hidden: Array) -> Array:
        weight, offset = self.output_layer
        logit: Array = np.maximum(hidden, 0) @ weight + offset
        return logit

    @property
    def output_layer(self) -> tuple[Array, float]:
        """(h,) weights and offset by which EmbeddingNet scores its hidden units.

        They take in batch normalisation, by now a fixed factor and shift for each unit.
        """
        weight = self.weights["lin2.weight"].astype(np.float64)[0]
        offset = float(self.weights["lin2.bias"][0])
        if (fixed := self.normalisation) is not None:
            factor, shift = fixed
            return weight * factor, offset + float(weight @ shift)
        return weight, offset

    @property
    def normalisation(self) -> tuple[Array, Array] | None:
        """(h,) factor and shift of each hidden unit; None without batch normalisation."""
        if "norm.weight" not in self.weights:
            return None
        scale, bias, mean, variance = (
            self.weights[f"norm.{name}"].astype(np.float64)
            for name in ("weight", "bias", "running_mean", "running_var")
        )
        factor: Array = scale / np.sqrt(variance + BATCH_NORM_EPS)
        return factor, bias - mean * factor


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), elementwise."""
    result: Array = 0.5 * (1 + np.tanh(0.5 * x))  # never overflows
    return result
