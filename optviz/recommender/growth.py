"""A map of the movies while their model is trained: many looks, each a frame of a film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.core.task import TaskContext
from optviz.embedding.company import companions, purity, shared
from optviz.embedding.map_tasks import clusters
from optviz.embedding.quality import Quality, quality
from optviz.embedding.travel import Traveller, on_axes
from optviz.embedding.vectors import as_vectors, comparable
from optviz.recommender.config import make_config
from optviz.recommender.tasks import read_again

if TYPE_CHECKING:
    from optviz.recommender.fit import Fit

__all__ = ["COMPANY", "Grown", "growth_task", "looks"]

_RUNAWAY = 1e6  # no factor of a model that learns comes near

COMPANY = 10
"""Nearest movies that the measures look at."""


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """What is known once the training is over, or was ended.

    Attributes:
        vectors: (n, k) the movies' factors at the end.
        biases: (n,) their biases at the end.
        clusters: (n,) crowded place of each on the last map; see
            :func:`optviz.embedding.map_tasks.clusters`.
        kept: A number for each frame: the share of a movie's nearest at the end that were its
            nearest then.
        quality: Of the last map; None where there are too few movies to say.
        fixed: For PCA all frames anew, on the axes of the last; None for t-SNE.
        valid_mse: At the end.
    """

    vectors: NDArray[np.float32]
    biases: NDArray[np.float64]
    clusters: NDArray[np.int64]
    kept: tuple[float, ...]
    quality: Quality | None
    fixed: tuple[NDArray[np.float32], ...] | None
    valid_mse: float


def looks(epochs: int, each: int) -> tuple[int, ...]:
    """The steps after which to look: 0, eight in the first epoch, four in the second and third,
    two in each up to the sixth, then one an epoch.

    Args:
        epochs: Of the run.
        each: Steps of an epoch.

    Example:
        >>> looks(3, 80)
        (0, 10, 20, 30, 40, 50, 60, 70, 80, 100, 120, 140, 160, 180, 200, 220, 240)
        >>> looks(2, 2)
        (0, 1, 2, 3, 4)
    """
    found = {0}
    for epoch in range(epochs):
        parts = 8 if epoch < 1 else 4 if epoch < 3 else 2 if epoch < 6 else 1
        found |= {epoch * each + -(-part * each // parts) for part in range(1, parts + 1)}
    return tuple(sorted(found))


def growth_task(
    context: TaskContext,
    source: str | None,
    config: Mapping[str, Any],
    items: Sequence[int],
    labels: Sequence[int],
    method: str,
    perplexity: float,
    normalize: bool,
) -> Grown:
    """Train by a recipe and show the movies' map as it forms.

    Emits a ``"frame"`` event (epoch, a fraction; coordinates; purity; train_loss: of the last
    step; valid_loss: of the last whole epoch, or None; seconds: of training) for each of
    :func:`looks` at which the movies' factors have changed, and ``"measuring"`` at the end. When
    asked to stop it ends with the map that there is.

    Args:
        context: Where it runs.
        source: What :func:`optviz.load_ratings` reads.
        config: The recipe, from ``TrainConfig.to_dict``.
        items: Dense indices of the movies on the map.
        labels: A kind for each of them; −1 for none.
        method: One of :data:`optviz.embedding.travel.TRAVELS`.
        perplexity: Of t-SNE.
        normalize: Compare directions only (cosine).

    Raises:
        Problem: Data, recipe or vectors cannot be used; or the run diverged.
        Cancelled: Its user cancelled it.
    """
    recipe, ratings = make_config(**config), read_again(source)
    from optviz.recommender.fit import build_fit

    context.checkpoint()
    fit = build_fit(recipe, ratings)
    rows = np.asarray(items, np.int64)
    traveller = Traveller(method, perplexity=perplexity, seed=recipe.seed, normalize=normalize)
    moments: list[NDArray[np.float32]] = []
    company: list[NDArray[np.int64]] = []
    k = min(COMPANY, len(rows) - 1)

    def look() -> None:
        vectors = np.asarray(fit.weights()["item_factors"][rows], np.float32)
        if moments and np.array_equal(vectors, moments[-1]):  # ALS: the users' turn
            return
        if not (np.abs(vectors) < _RUNAWAY).all():  # NaN is not either
            raise Problem("problem.growth.diverged")
        coordinates = traveller.step(vectors, context.checkpoint)
        moments.append(vectors)
        company.append(companions(comparable(as_vectors(vectors), normalize), k))
        _send(context, fit, coordinates, purity(company[-1], labels))
        drawn[:] = [coordinates]

    drawn: list[NDArray[np.float32]] = []
    due = set(looks(recipe.epochs, fit.run.steps_per_epoch))
    look()
    while not fit.done and not context.stop_requested:
        context.checkpoint()
        fit.step()
        context.progress(fit.run.steps_done, fit.run.total_steps)
        if fit.run.steps_done in due:
            look()
    look()  # where it was asked to stop, or saw no hope
    context.emit("measuring")
    fixed = tuple(on_axes(moments, normalize)) if method == "pca" else None
    last = drawn[0] if fixed is None else fixed[-1]
    model = fit.model()
    near = min(COMPANY, (len(rows) - 1) // 2)
    context.checkpoint()
    return Grown(
        vectors=moments[-1],
        biases=np.asarray(model.item_bias[rows], np.float64),
        clusters=clusters(last),
        kept=tuple(shared(then, company[-1]) for then in company),
        quality=quality(moments[-1], last, near, normalize=normalize) if near else None,
        fixed=fixed,
        valid_mse=model.valid_mse,
    )


def _send(context: TaskContext, fit: Fit, coordinates: NDArray[np.float32], pure: float) -> None:
    history = fit.run.history
    context.emit(
        "frame",
        epoch=fit.run.steps_done / fit.run.steps_per_epoch,
        coordinates=coordinates,
        purity=pure,
        train_loss=history.batches[-1].train_loss if history.batches else None,
        valid_loss=history.epochs[-1].valid_loss if history.epochs else None,
        seconds=fit.seconds,
    )
