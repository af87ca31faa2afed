"""A newcomer's place in a trained model, found on the spot: everything but one user stays fixed.

Where training solves or lowers a ridge regression of each user (ALS, Ng's joint descent), the
newcomer's vector solves the same one; see :mod:`optviz.recommender.als` and
:mod:`optviz.recommender.joint`. Elsewhere the user θ (vector and bias) makes

    Σ (r̂_j(θ) − r_j)² + σ² (θ − θ₀)ᵀ Σ⁻¹ (θ − θ₀)

as small as it can, by Gauss–Newton: a ridge regression repeated, each on the slopes at the last
one's answer. θ₀ and Σ are mean and covariance of the users that training placed, σ² is the
training MSE: with Gaussian noise this is the most probable user. Nobody's ratings known, it is
the average one.

A ridge regression's answer is a sum over its rows, θ − θ₀ = Σ A⁻¹ g_j e_j, so each prediction
splits over the ratings that led to it. A damped step mixes two such sums; the split stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optviz.core.problem import Problem
from optviz.recommender.baselines import DAMPING, Array, Index
from optviz.recommender.fitted import FittedModel, sigmoid

__all__ = ["FoldIn", "Newcomer", "Why"]

_STEPS = 100
_HALVINGS = 12
_TOLERANCE = 1e-9
"""The answer has settled once a step lowers the objective by no more than this share."""


class _Scores(Protocol):
    """How movies are scored for a user θ: linear, or nearly so, before any sigmoid."""

    def scores(self, user: Array, items: Index) -> Array:
        """(n,) scores."""

    def slopes(self, user: Array, items: Index) -> Array:
        """(n, p) derivatives of the scores by θ."""

    def secants(self, start: Array, end: Array, items: Index) -> Array:
        """(n, p) with secants · (end − start) = the change of the scores, exactly."""

    def general(self, start: Array, end: Array) -> float:
        """How much higher the second user scores movies in general."""


class _Product:
    """u·m and the biases that there are; θ is the vector, then the bias if users have one."""

    def __init__(self, model: FittedModel) -> None:
        self._features = model.item_factors.astype(np.float64)
        self._biased = "user_bias" in model.weights
        if self._biased:
            self._features = np.column_stack([self._features, np.ones(len(self._features))])
        self._offsets = np.full(model.n_items, model.mean if model.spec.from_mean else 0.0)
        if "item_bias" in model.weights:
            self._offsets += model.weights["item_bias"]

    def scores(self, user: Array, items: Index) -> Array:
        result: Array = self._offsets[items] + self._features[items] @ user
        return result

    def slopes(self, user: Array, items: Index) -> Array:
        result: Array = self._features[items]
        return result

    def secants(self, start: Array, end: Array, items: Index) -> Array:
        return self.slopes(end, items)

    def general(self, start: Array, end: Array) -> float:
        if self._biased:
            return float(end[-1] - start[-1])
        return float(self._features.mean(0) @ (end - start))


class _Layers:
    """EmbeddingNet up to its sigmoid; θ is the vector alone."""

    def __init__(self, model: FittedModel) -> None:
        k = model.config.n_factors
        weight = model.weights["lin1.weight"].astype(np.float64)
        self._of_user = weight[:, :k]
        self._of_items = model.item_factors @ weight[:, k:].T + model.weights["lin1.bias"]
        self._out, self._offset = model.output_layer

    def _hidden(self, user: Array, items: Index) -> Array:
        result: Array = self._of_items[items] + self._of_user @ user
        return result

    def scores(self, user: Array, items: Index) -> Array:
        result: Array = np.maximum(self._hidden(user, items), 0) @ self._out + self._offset
        return result

    def slopes(self, user: Array, items: Index) -> Array:
        result: Array = (self._out * (self._hidden(user, items) > 0)) @ self._of_user
        return result

    def secants(self, start: Array, end: Array, items: Index) -> Array:
        before, after = self._hidden(start, items), self._hidden(end, items)
        moved = after - before
        still = np.abs(moved) < 1e-12
        risen = np.maximum(after, 0) - np.maximum(before, 0)
        share = np.where(still, after > 0, risen / np.where(still, 1.0, moved))
        result: Array = (self._out * share) @ self._of_user
        return result

    def general(self, start: Array, end: Array) -> float:
        items = np.arange(len(self._of_items))
        return float((self.scores(end, items) - self.scores(start, items)).mean())


@dataclass(frozen=True, slots=True, eq=False)
class Why:
    """Predictions taken apart, in stars: ``mean + movie + you + taste = predicted``.

    Behind a sigmoid, the change from the mean rating is shared out in proportion to what each
    part adds before it.

    Attributes:
        mean: The mean training rating.
        movie: (m,) what the average user would add to it: the movie's bias.
        you: What the newcomer adds to every movie (m,): the user's bias. Standing in for it
            where there is none, the average over all movies.
        taste: (m,) the rest: how the vectors suit each other.
        pulls: (m, n) what each of the n ratings did to each prediction; a row's sum is
            ``you + taste``.
        predicted: (m,) the predictions.
    """

    mean: float
    movie: Array
    you: Array
    taste: Array
    pulls: Array
    predicted: Array


@dataclass(frozen=True, slots=True, eq=False)
class Newcomer:
    """A user who was not there when the model was trained.

    Attributes:
        items, stars: (n,) the known ratings.
        vector: (p,) θ: the factors, followed by the bias where the model has one.
        shares: (n, p) what each rating did to θ; they add up to its distance from the average.
        steps: Ridge regressions solved.
        converged: Whether it ended because nothing got better any more.
    """

    items: Index
    stars: Array
    vector: Array
    shares: Array
    steps: int
    converged: bool
    fold: FoldIn = field(repr=False)

    def predict(self, items: ArrayLike) -> Array:
        """(m,) predicted ratings of these movies."""
        return self.fold.rate(self.vector, np.asarray(items, np.int64))

    def recommend(self, n: int = 10) -> tuple[Index, Array]:
        """The ``n`` movies with the highest predictions among those not rated, and these."""
        scores = self.predict(np.arange(self.fold.model.n_items))
        scores[self.items] = -np.inf
        n = min(n, len(scores) - len(self.items))
        best = np.argsort(-scores, kind="stable")[:n]
        return best, scores[best]

    def explain(self, items: ArrayLike) -> Why:
        """Take the predictions of these movies apart."""
        return self.fold.explain(self, np.asarray(items, np.int64))


class FoldIn:
    """Finds newcomers' places in one trained model.

    Args:
        model: A finite one.

    Attributes:
        average: (p,) θ₀.
        penalty: (p, p) σ²Σ⁻¹; where training has a penalty of its own, that one is used.

    Raises:
        Problem: Its numbers are not finite.
    """

    def __init__(self, model: FittedModel) -> None:
        if not model.finite:
            raise Problem("problem.fold_in.not_finite")
        self.model = model
        spec = model.spec
        self._linear = model.reach is None
        low, high = model.rating_range
        reach = model.reach or 0.0  # beyond the scale, as the model itself
        self._low, self._span = low - reach, high - low + 2 * reach
        self._scores: _Scores = _Layers(model) if spec.score == "layers" else _Product(model)
        users = model.user_factors.astype(np.float64)
        if "user_bias" in spec.biases:
            users = np.column_stack([users, model.weights["user_bias"]])
        if spec.newcomer != "prior":
            # Training draws vectors and biases to zero, not to their own average.
            self.average = np.zeros(users.shape[1])
        else:
            self.average = users.mean(0)
            self.penalty = _noise(model) * np.linalg.inv(_covariance(users))

    def solve(self, items: ArrayLike, stars: ArrayLike) -> Newcomer:
        """Place a user with these ratings.

        Args:
            items: (n,) dense indices, each once; n may be 0.
            stars: (n,) ratings.

        Raises:
            Problem: An index is not the data's or stands there twice, or a rating is not on
                the scale.
        """
        places, known = np.asarray(items, np.int64), np.asarray(stars, np.float64)
        low, high = self.model.rating_range
        if places.shape != known.shape or places.ndim != 1:
            raise Problem("problem.model.no_rows", users=known.size, items=places.size)
        if places.size and not 0 <= places.min() <= places.max() < self.model.n_items:
            raise Problem(
                "problem.model.index", users=self.model.n_users - 1, items=self.model.n_items - 1
            )
        if len(np.unique(places)) < len(places):
            raise Problem("problem.fold_in.twice")
        if not ((known >= low) & (known <= high)).all():
            raise Problem("problem.fold_in.stars", low=f"{low:g}", high=f"{high:g}")
        if self.model.spec.newcomer != "prior":
            shares, steps, converged = self._ridge(places, known), 1, True
        else:
            shares, steps, converged = self._gauss_newton(places, known)
        vector = self.average + shares.sum(0)
        return Newcomer(places, known, vector, shares, steps, converged, self)

    def _ridge(self, items: Index, stars: Array) -> Array:
        """Training's own answer: the bias as a damped average if there is one, then the vector."""
        n, k = len(items), self.model.config.n_factors
        residual = stars - self._scores.scores(self.average, items)
        features = self._scores.slopes(self.average, items)[:, :k]
        penalty = self.model.config.regularization * np.eye(k)
        if self.model.spec.newcomer == "plain":
            solved = np.linalg.solve(features.T @ features + penalty, features.T).T
            shares: Array = solved * residual[:, None]
            return shares
        bias = residual / (n + DAMPING)
        solved = np.linalg.solve(features.T @ features + max(n, 1) * penalty, features.T).T
        return np.column_stack([solved * (residual - bias.sum())[:, None], bias])

    def _gauss_newton(self, items: Index, stars: Array) -> tuple[Array, int, bool]:
        """(shares, steps, converged); each step lowers the objective or is the last."""
        shares = np.zeros((len(items), len(self.average)))
        if not len(items):
            return shares, 0, True
        value = self._objective(shares, items, stars)
        for step in range(1, _STEPS + 1):
            user = self.average + shares.sum(0)
            scores = self._scores.scores(user, items)
            slope = self._scores.slopes(user, items) * self._steepness(scores)[:, None]
            working = stars - self._stars(scores) + slope @ (user - self.average)
            solved = np.linalg.solve(slope.T @ slope + self.penalty, slope.T).T
            answer = solved * working[:, None]
            for halvings in range(_HALVINGS):
                tried = shares + 0.5**halvings * (answer - shares)
                reached = self._objective(tried, items, stars)
                if reached < value:
                    break
            else:  # as low as rounding lets it get, or at a kink of the relu
                return shares, step, True
            gained, shares, value = value - reached, tried, reached
            if gained <= _TOLERANCE * value:
                return shares, step, True
        return shares, _STEPS, False

    def _objective(self, shares: Array, items: Index, stars: Array) -> float:
        away = shares.sum(0)
        error = stars - self.rate(self.average + away, items)
        return float(error @ error + away @ self.penalty @ away)

    def rate(self, user: Array, items: Index) -> Array:
        """(m,) ratings predicted for a user θ."""
        return self._stars(self._scores.scores(user, items))

    def explain(self, newcomer: Newcomer, items: Index) -> Why:
        """What :meth:`Newcomer.explain` says."""
        start, end = self.average, newcomer.vector
        scores = self._scores.scores(end, items)
        average = self._scores.scores(start, items)
        origin = self._score_of(self.model.mean)
        mean = float(self._stars(np.array([origin]))[0])
        predicted = self._stars(scores)
        risen = scores - origin
        near = np.abs(risen) < 1e-6
        scale = np.where(
            near, self._steepness(scores), (predicted - mean) / np.where(near, 1.0, risen)
        )
        you = np.full(len(items), self._scores.general(start, end))
        pulls = self._scores.secants(start, end, items) @ newcomer.shares.T
        return Why(
            mean=mean,
            movie=scale * (average - origin),
            you=scale * you,
            taste=scale * (scores - average - you),
            pulls=scale[:, None] * pulls,
            predicted=predicted,
        )

    # ── scores and stars ──

    def _stars(self, scores: Array) -> Array:
        if self._linear:
            return scores
        return sigmoid(scores) * self._span + self._low

    def _steepness(self, scores: Array) -> Array:
        """Stars by score."""
        if self._linear:
            return np.ones_like(scores)
        share = sigmoid(scores)
        result: Array = share * (1 - share) * self._span
        return result

    def _score_of(self, stars: float) -> float:
        if self._linear:
            return stars
        share = float(np.clip((stars - self._low) / self._span, 1e-6, 1 - 1e-6))
        return float(np.log(share / (1 - share)))


def _noise(model: FittedModel) -> float:
    """σ²: what the model leaves unexplained of the ratings it learnt from."""
    epochs = model.history.epochs
    found = epochs[-1].train_loss if epochs else model.baselines["bias"]
    return float(max(found, 1e-6))


def _covariance(users: NDArray[Any]) -> Array:
    """Of the rows, drawn a little to a sphere so that it can be inverted however few they are."""
    n, p = users.shape
    away = users - users.mean(0)
    found = away.T @ away / n
    size = max(float(np.trace(found)) / p, 1e-9)
    share = p / (n + p)
    result: Array = (1 - share) * found + share * size * np.eye(p)
    return result
