"""The spectrum of a recommender's Hessian, on the very recipe of the Recommender page."""

from __future__ import annotations

from dataclasses import dataclass

from optviz.core.task import TaskContext
from optviz.recommender.config import TrainConfig, recipe_for
from optviz.recommender.data import load_ratings
from optviz.recommender.landscape import RowLoss, sampled_rows
from optviz.training.spectrum_tasks import Effort, SpectrumStudy, compare_spectra

__all__ = ["EFFORT", "RecommenderSpectrum", "recommender_spectrum_task"]

EFFORT = Effort(probes=2, steps=40)
"""Half a million weights: each probe knows the density better, and costs more."""


@dataclass(frozen=True, slots=True)
class RecommenderSpectrum:
    """Which training to look at.

    Attributes:
        config: The recipe.
        effort: How much is computed.
        source: What :func:`optviz.load_ratings` reads: a path, or None for the bundled data.
    """

    config: TrainConfig
    effort: Effort = EFFORT
    source: str | None = None

    @classmethod
    def of(
        cls,
        model: str,
        on_page: TrainConfig,
        source: str | None,
        epochs: int,
        effort: Effort = EFFORT,
    ) -> RecommenderSpectrum:
        """For ``model``, by the recipe of the Recommender page if that is the same model."""
        config = recipe_for(model, on_page)
        return cls(config.replace(epochs=epochs), effort, source)

    def task(self) -> str:
        """What computes it."""
        return "optviz.recommender.spectrum:recommender_spectrum_task"


def recommender_spectrum_task(context: TaskContext, setup: RecommenderSpectrum) -> SpectrumStudy:
    """:func:`~optviz.training.spectrum_tasks.compare_spectra` for what ``setup`` describes.

    The loss is the mean squared error over some training rows, without dropout and decay.

    Raises:
        Cancelled: Its user cancelled it.
        Problem: The split leaves too few rows.
    """
    from optviz.recommender.fit import build_fit
    from optviz.training.run import TrainingRun

    ratings = load_ratings(setup.source)
    context.checkpoint()
    run = build_fit(setup.config, ratings).run
    assert isinstance(run, TrainingRun)  # ALS takes no steps
    run.validate = None
    rows = sampled_rows(ratings, setup.config)
    return compare_spectra(context, run, RowLoss(run.model, ratings, rows), setup.effort, len(rows))
