"""A trial of a search as a task that any backend can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optviz.core.task import TaskContext
from optviz.recommender.config import make_config
from optviz.recommender.search_space import search_rows
from optviz.recommender.tasks import read_again

__all__ = ["trial_task"]


def trial_task(context: TaskContext, source: str | None, config: Mapping[str, Any]) -> float:
    """Train a recipe on a part of the training rows, and judge it on the rest of them.

    Events: ``epoch`` (epoch, error, seconds). When asked to stop it ends after the step.

    Args:
        context: Where it runs.
        source: What :func:`optviz.load_ratings` reads: a path, or None for the bundled data.
        config: From :meth:`TrainConfig.to_dict`.

    Returns:
        Seconds that the training took.

    Raises:
        Problem: Data or recipe cannot be used.
    """
    from optviz.recommender.fit import build_fit

    ratings, recipe = read_again(source), make_config(**config)
    fit = build_fit(recipe, ratings, search_rows(ratings, recipe))
    context.progress(0, fit.run.total_steps)
    sent = 0
    while not fit.done and not context.stop_requested:
        context.checkpoint()
        fit.step()
        for record in fit.run.history.epochs[sent:]:
            context.emit(
                "epoch", epoch=record.epoch, error=record.valid_loss,
                seconds=fit.clock[record.epoch - 1],
            )  # fmt: skip
            context.progress(fit.run.steps_done, fit.run.total_steps)
            sent = record.epoch
    return fit.seconds
