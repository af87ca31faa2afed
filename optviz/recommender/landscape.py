"""The landscape of a recommender's training, on the very recipe of the Recommender page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optviz.core.task import TaskContext
from optviz.recommender.config import TrainConfig, recipe_for
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.split import split_rows
from optviz.training.landscape import GridPlan, Landscape
from optviz.training.landscape_tasks import Follower, explore

if TYPE_CHECKING:
    import torch

__all__ = [
    "RATES",
    "ROWS",
    "RecommenderLandscape",
    "RowLoss",
    "recommender_landscape_task",
    "sampled_rows",
]

ROWS = 20_000
"""The loss of a plane's point is the mean over so many training rows, drawn once."""

RATES: Mapping[str, Mapping[str, float]] = {
    "dot_bias": {"sgd": 7.0, "momentum": 0.7, "adam": 1e-2, "adamw": 1e-2},
    "net": {"sgd": 0.3, "momentum": 0.2, "adam": 5e-3, "adamw": 5e-3},
}
"""Rates for the optimizers that the recipe does not name."""


@dataclass(frozen=True, slots=True)
class RecommenderLandscape:
    """Which training to follow, and with which optimizers.

    Attributes:
        config: The recipe.
        optimizers: Whose paths are followed; the plane goes through the first one's end.
        plan: Which plane.
        source: What :func:`optviz.load_ratings` reads: a path, or None for the bundled data.
    """

    config: TrainConfig
    optimizers: tuple[str, ...]
    plan: GridPlan
    source: str | None = None

    @classmethod
    def of(
        cls,
        model: str,
        on_page: TrainConfig,
        source: str | None,
        optimizers: tuple[str, ...],
        plan: GridPlan,
    ) -> RecommenderLandscape:
        """For ``model``, by the recipe of the Recommender page if that is the same model."""
        config = recipe_for(model, on_page)
        return cls(config, optimizers, plan, source)

    def recipe(self, optimizer: str) -> TrainConfig:
        """The recipe with another optimizer; its own one keeps the recipe's rate."""
        own = self.config.optimizer
        if own == "sgd":
            own = "momentum" if self.config.momentum else "sgd"
        if optimizer == own:
            return self.config
        return self.config.replace(
            optimizer="sgd" if optimizer == "momentum" else optimizer,
            momentum=0.0 if optimizer == "sgd" else 0.9,
            lr=RATES[self.config.model][optimizer],
        )

    def followers(self, ratings: Ratings) -> tuple[list[Follower], int]:
        """The runs to follow, and how many ratings their loss is the mean of.

        Raises:
            Problem: The split leaves too few rows.
        """
        from optviz.recommender.fit import build_fit
        from optviz.training.run import TrainingRun

        # The split follows from the recipe's data and seed, which all optimizers share.
        rows = sampled_rows(ratings, self.config)
        found = []
        for name in self.optimizers:
            run = build_fit(self.recipe(name), ratings).run
            assert isinstance(run, TrainingRun)  # ALS is not among the models with a rate
            run.validate = None
            found.append(Follower(name, run, RowLoss(run.model, ratings, rows)))
        return found, len(rows)

    def task(self) -> str:
        """What computes it."""
        return "optviz.recommender.landscape:recommender_landscape_task"


def sampled_rows(ratings: Ratings, config: TrainConfig) -> npt.NDArray[np.int64]:
    """:data:`ROWS` of the training rows, the same ones each time; all if there are no more.

    Raises:
        Problem: The split leaves too few rows.
    """
    rows = split_rows(ratings, config)[0]
    if len(rows) > ROWS:
        rows = np.random.default_rng(0).choice(rows, ROWS, replace=False)
    return rows


class RowLoss:
    """The mean squared error over some rows as a function of the weights, without dropout.

    Batch normalisation takes its means and variances from all of these rows.

    Args:
        model: Its weights are not changed.
        ratings: The data.
        rows: Which rows.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        ratings: Ratings,
        rows: npt.NDArray[np.int64],
    ) -> None:
        import torch

        self.model = model
        self.pair = (
            torch.from_numpy(ratings.user_idx[rows]), torch.from_numpy(ratings.item_idx[rows]),
        )  # fmt: skip
        truth = ratings.frame["rating"].to_numpy(np.float32)[rows]
        self.truth = torch.from_numpy(truth)

    def __call__(self, weights: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The loss in stars², a scalar."""
        import torch

        from optviz.recommender.models import over_rows

        with over_rows(self.model):
            out = torch.func.functional_call(self.model, dict(weights), self.pair)
        return torch.nn.functional.mse_loss(out, self.truth)


def recommender_landscape_task(context: TaskContext, setup: RecommenderLandscape) -> Landscape:
    """:func:`~optviz.training.landscape_tasks.explore` for what ``setup`` describes.

    The runs are trained anew; equal recipes and seeds give equal weights, to the last bit, so
    the plane goes through the very model that the Recommender page has trained.
    """
    ratings = load_ratings(setup.source)
    context.checkpoint()
    followers, rows = setup.followers(ratings)
    return explore(context, followers, setup.plan, rows)
