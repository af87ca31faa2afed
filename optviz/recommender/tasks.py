"""Training as a task that any backend can run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from optviz.core.task import TaskContext
from optviz.recommender.config import make_config
from optviz.recommender.data import Ratings, load_ratings
from optviz.recommender.inside import measured_step
from optviz.recommender.split import split_baselines
from optviz.training.checkpoints import Checkpoints
from optviz.training.device import device_for, device_name

if TYPE_CHECKING:
    from optviz.recommender.fit import Fit
    from optviz.recommender.fitted import FittedModel
    from optviz.training.history import BatchRecord

__all__ = ["follow", "read_again", "read_task", "train_task"]

_SECONDS_BETWEEN_EVENTS = 0.05
_SECONDS_BETWEEN_LOOKS = 0.2
"""A look inside takes a few milliseconds, which the clock of training does not count."""
_LOOKS_APART = 20
"""Times that a look took, from one to the next."""


@lru_cache(maxsize=1)
def read_again(source: str | None) -> Ratings:
    """Ratings as a worker keeps them: read once, then in memory."""
    return load_ratings(source)


def read_task(context: TaskContext, source: str) -> tuple[Ratings, dict[str, float]]:
    """Read ratings that a user gave, and find what there is to beat on the lesson's split.

    A training run that comes to the same worker afterwards finds them in memory.

    Args:
        context: Where it runs.
        source: The path of a zip, a folder or a CSV.

    Raises:
        Problem: They cannot be used.
    """
    ratings = read_again(source)
    context.checkpoint()
    return ratings, split_baselines(ratings, make_config("als"))


def train_task(
    context: TaskContext,
    source: str | None,
    config: Mapping[str, Any],
    schedule: Mapping[str, Any] | None = None,
    folder: str | None = None,
    start: int = 0,
    held: bool = False,
) -> FittedModel:
    """Train as :func:`optviz.train` does, and tell how it goes.

    Events: ``baselines`` (mean, bias: validation MSE, before the first step); ``split`` (train,
    valid: how many ratings are in either part); ``device`` (name: of the graphics card it is
    trained on, empty for the processor); ``batch`` (step,
    epoch, lr, train_loss: arrays of what happened since the last one, about 20 a second at
    most; seconds: time that training took until then); ``epoch`` (epoch, train_loss,
    valid_loss, seconds); ``lr`` (step, lr: the rate was changed after that step);
    ``inside`` (what :func:`~optviz.recommender.inside.measured_step` tells). Progress
    counts training rows where gradients are taken, half-sweeps for ALS. When asked to stop it ends
    after the step and keeps the model.

    It can be told ``until="batch"`` or ``"epoch"`` (pause itself after the next one),
    ``until="end"`` (not to pause any more), and ``lr=`` (another learning rate from here on).

    Args:
        context: Where it runs.
        source: What :func:`optviz.load_ratings` reads: a path, or None for the bundled data.
        config: From :meth:`TrainConfig.to_dict`.
        schedule: Keyword arguments of :func:`~optviz.training.schedules.make_schedule`, in
            place of the recipe's own schedule; neural models only.
        folder: Where to keep a checkpoint of every epoch; none are kept without.
        start: The epoch in that folder to go on from; 0 for the beginning.
        held: Whether to pause before the first step.

    Returns:
        The model, without ratings attached.

    Raises:
        Problem: Data or recipe cannot be used.
    """
    recipe = make_config(**config)
    ratings = read_again(source)
    from optviz.recommender.fit import build_fit

    context.checkpoint()
    fit = build_fit(recipe, ratings, device=device_for(ratings.n_ratings))
    if schedule is not None:
        from optviz.training.run import TrainingRun
        from optviz.training.schedules import make_schedule

        assert isinstance(fit.run, TrainingRun), "ALS has no learning rate"
        fit.run.schedule = make_schedule(**schedule)
    context.emit("baselines", **fit.baselines)
    context.emit("split", train=fit.n_train, valid=fit.n_valid)
    context.emit("device", name=device_name(fit.device))
    kept = Checkpoints(folder) if folder is not None else None
    if kept is not None and start:
        fit.load_state_dict(kept.load(start))
    if held:
        context.hold()
    return follow(context, fit, kept)


def follow(context: TaskContext, fit: Fit, kept: Checkpoints | None = None) -> FittedModel:
    """Step a run to its end, or until asked to stop, telling what :func:`train_task` tells.

    Args:
        context: Where it runs.
        fit: The run; it may have been begun.
        kept: Takes a checkpoint of every epoch.
    """
    waiting: list[BatchRecord] = []
    epochs_sent, sent_at = len(fit.run.history.epochs), 0.0
    measured: dict[str, Any] = {}
    measured_at = measured_for = 0.0
    last: int | None = None  # the step after which to pause
    while not fit.done and not context.stop_requested:
        context.checkpoint()
        for message in context.messages():
            last = _obey(fit, message, last)
            if "lr" in message and fit.changes:
                context.emit("lr", step=fit.changes[-1][0], lr=fit.changes[-1][1])
        began = time.perf_counter()
        # A look at a large model takes long: then they are rare.
        pause = max(_SECONDS_BETWEEN_LOOKS, _LOOKS_APART * measured_for)
        if not measured or began - measured_at >= pause:
            stepping = fit.seconds
            measured = measured_step(fit)
            measured_at = time.perf_counter()
            measured_for = measured_at - began - (fit.seconds - stepping)
            waiting.append(fit.run.history.batches[-1])
            context.emit("inside", **measured)
        else:
            waiting.append(fit.step())
        epochs = fit.run.history.epochs
        now = time.perf_counter()
        if now - sent_at >= _SECONDS_BETWEEN_EVENTS or len(epochs) > epochs_sent:
            _send(context, fit, waiting)
            sent_at = now
            for record in epochs[epochs_sent:]:
                context.emit(
                    "epoch",
                    epoch=record.epoch,
                    train_loss=record.train_loss,
                    valid_loss=record.valid_loss,
                    seconds=fit.clock[record.epoch - 1],
                )
                if kept is not None:
                    kept.save(record.epoch, fit.state_dict())
            epochs_sent = len(epochs)
        if fit.run.steps_done == last and not fit.done:
            _send(context, fit, waiting)
            context.hold()
            last = None
    _send(context, fit, waiting)
    return fit.model()


def _obey(fit: Fit, message: Mapping[str, Any], last: int | None) -> int | None:
    """Do what the user says; the step after which to pause, if there is one."""
    if "lr" in message:
        fit.set_lr(message["lr"])
    steps, each = fit.run.steps_done, fit.run.steps_per_epoch
    ends = {"batch": steps + 1, "epoch": (steps // each + 1) * each, "end": None}
    return ends[message["until"]] if "until" in message else last


def _send(context: TaskContext, fit: Fit, waiting: list[BatchRecord]) -> None:
    rows = fit.rows_per_step
    context.progress(fit.run.steps_done * rows, fit.run.total_steps * rows)
    if waiting:
        context.emit(
            "batch",
            step=np.array([record.step for record in waiting]),
            epoch=np.array([record.epoch for record in waiting]),
            lr=np.array([record.lr for record in waiting]),
            train_loss=np.array([record.train_loss for record in waiting]),
            seconds=fit.seconds,
        )
        waiting.clear()
