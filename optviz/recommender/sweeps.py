"""Learning-rate sweeps over a recommender, with the very recipe that training would use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optviz.core.problem import Problem
from optviz.core.task import TaskContext
from optviz.recommender.config import TrainConfig
from optviz.recommender.data import Ratings
from optviz.recommender.tasks import read_again
from optviz.training.sweeps import Sweep, SweepPlan, Trial, run_sweep, run_trial

if TYPE_CHECKING:
    from optviz.training.trainable import Trainable

__all__ = [
    "RecommenderSetup",
    "recommender_subject",
    "recommender_sweep_task",
    "recommender_trial_task",
]


@dataclass(frozen=True, slots=True)
class RecommenderSetup:
    """A recommender that is about to be trained.

    Attributes:
        config: The recipe; its rate and schedule do not matter to a sweep.
        source: What :func:`optviz.load_ratings` reads: a path, or None for the bundled data.
    """

    config: TrainConfig
    source: str | None = None

    def build(self) -> Trainable:
        """The run that training would make, before its first step.

        Raises:
            Problem: The data or the recipe cannot be used, or the model has no learning rate.
        """
        return recommender_subject(self.config, read_again(self.source))


def recommender_subject(config: TrainConfig, ratings: Ratings) -> Trainable:
    """A recommender as something to sweep.

    Raises:
        Problem: The split leaves too few rows, or the model (ALS) has no learning rate.
    """
    from optviz.recommender.fit import build_fit
    from optviz.training.run import TrainingRun
    from optviz.training.trainable import of_run

    run = build_fit(config, ratings).run
    if not isinstance(run, TrainingRun):
        raise Problem("problem.lr_finder.no_rate")
    return of_run(run)


def recommender_sweep_task(context: TaskContext, setup: RecommenderSetup, plan: SweepPlan) -> Sweep:
    """:func:`~optviz.training.sweeps.run_sweep` for what ``setup`` describes."""
    return run_sweep(context, setup.build(), plan)


def recommender_trial_task(
    context: TaskContext, setup: RecommenderSetup, lrs: Sequence[float], n_steps: int
) -> Trial:
    """:func:`~optviz.training.sweeps.run_trial` for what ``setup`` describes."""
    return run_trial(context, setup.build(), lrs, n_steps)
