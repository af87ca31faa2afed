"""Learning-rate sweeps as tasks that any backend can run."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from optviz.core.surfaces import get_surface
from optviz.core.task import TaskContext
from optviz.training.lr_curve import Values, log_grid

if TYPE_CHECKING:
    from optviz.training.trainable import Trainable

__all__ = [
    "SmallSetup",
    "Sweep",
    "SweepPlan",
    "Trial",
    "run_sweep",
    "run_trial",
    "small_sweep_task",
    "small_trial_task",
]

_SECONDS_BETWEEN_EVENTS = 0.05

CHECK_STEPS = 200
"""A short training of the check takes as many steps as the sweep, but no more than this."""


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What a sweep does.

    Attributes:
        start_lr: Its first rate.
        end_lr: The rate it grows towards.
        n_iter: Its steps.
        n_checks: Rates, from ``start_lr`` to ``end_lr``, at which a short training shows
            afterwards what the sweep foretells; 0 for none.
    """

    start_lr: float
    end_lr: float
    n_iter: int
    n_checks: int = 0

    @property
    def check_steps(self) -> int:
        """Steps of each short training."""
        return min(self.n_iter, CHECK_STEPS)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What a sweep found.

    Attributes:
        lrs: (n,) the rate of each step taken.
        losses: (n,) the loss of its batch.
        check_lrs: (m,) the rates of the short trainings.
        check_losses: (m,) the mean loss over the last tenth of each; infinite if it burst.
        limit: The rate beyond which theory says that the loss bursts, where it says so.
    """

    lrs: Values
    losses: Values
    check_lrs: Values
    check_losses: Values
    limit: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Short trainings from one start, each at its own rate.

    Attributes:
        lrs: (m,) the rates.
        losses: One array a rate: the loss of each step; shorter where it burst.
    """

    lrs: tuple[float, ...]
    losses: tuple[Values, ...]


def run_sweep(
    context: TaskContext, subject: Trainable, plan: SweepPlan, limit: float | None = None
) -> Sweep:
    """Sweep, then check by short trainings if the plan says so.

    Events: ``limit`` (lr); ``sweep`` (lrs, losses: arrays of what is new, about 20 a second at
    most); ``check`` (lr, loss). Progress counts steps. When asked to stop it ends after the
    step and keeps what it has.

    Raises:
        Problem: The plan makes no sense.
        Cancelled: Its user cancelled it.
    """
    from optviz.training.lr_finder import lr_range_test

    if limit is not None:
        context.emit("limit", lr=limit)
    total = plan.n_iter + plan.n_checks * plan.check_steps
    lrs: list[float] = []
    losses: list[float] = []
    sent, sent_at = 0, time.perf_counter()
    points = lr_range_test(
        subject.model, subject.optimizer, subject.next_loss,
        start_lr=plan.start_lr, end_lr=plan.end_lr, n_iter=plan.n_iter,
        generators=subject.generators, stateful=subject.stateful,
    )  # fmt: skip
    with closing(points):
        for point in points:
            lrs.append(point.lr)
            losses.append(point.loss)
            context.checkpoint()
            if time.perf_counter() - sent_at >= _SECONDS_BETWEEN_EVENTS:
                context.emit("sweep", lrs=np.array(lrs[sent:]), losses=np.array(losses[sent:]))
                context.progress(len(lrs), total)
                sent, sent_at = len(lrs), time.perf_counter()
            if context.stop_requested:
                break
    context.emit("sweep", lrs=np.array(lrs[sent:]), losses=np.array(losses[sent:]))
    checked = [] if context.stop_requested else _check(context, subject, plan, total)
    context.progress(total, total)
    return Sweep(
        np.array(lrs),
        np.array(losses),
        np.array([lr for lr, _ in checked]),
        np.array([loss for _, loss in checked]),
        limit,
    )


def _check(
    context: TaskContext, subject: Trainable, plan: SweepPlan, total: int
) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    grid = log_grid(plan.start_lr, plan.end_lr, plan.n_checks).tolist()
    for run, losses in _trainings(context, subject, grid, plan.check_steps):
        end = float(losses[-max(1, plan.check_steps // 10) :].mean())
        found.append((grid[run], end if math.isfinite(end) else math.inf))
        context.emit("check", lr=grid[run], loss=found[-1][1])
        context.progress(plan.n_iter + (run + 1) * plan.check_steps, total)
    return found


def run_trial(
    context: TaskContext, subject: Trainable, lrs: Sequence[float], n_steps: int
) -> Trial:
    """Train ``n_steps`` steps at each rate, from the same start.

    Events: ``trial`` (run, losses: one training's whole array). Progress counts steps.

    Raises:
        Cancelled: Its user cancelled it.
    """
    found: list[Values] = []
    for run, losses in _trainings(context, subject, lrs, n_steps):
        found.append(losses)
        context.emit("trial", run=run, losses=losses)
        context.progress((run + 1) * n_steps, len(lrs) * n_steps)
    return Trial(tuple(lrs[: len(found)]), tuple(found))


def _trainings(
    context: TaskContext, subject: Trainable, lrs: Sequence[float], n_steps: int
) -> Iterator[tuple[int, Values]]:
    """Each training's number and its losses; ends early when asked to stop."""
    from optviz.training.lr_finder import constant_rates

    steps = constant_rates(
        subject.model, subject.optimizer, subject.next_loss, lrs=lrs, n_steps=n_steps,
        generators=subject.generators, stateful=subject.stateful,
    )  # fmt: skip
    with closing(steps):
        for run, training in groupby(steps, key=lambda step: step.run):
            losses = []
            for step in training:
                losses.append(step.loss)
                context.checkpoint()
                if context.stop_requested:
                    return
            with np.errstate(over="ignore"):
                yield run, np.array(losses)


@dataclass(frozen=True, slots=True)
class SmallSetup:
    """The digits network or a point on a surface, and its optimizer.

    Attributes:
        model: ``"digits"`` or ``"surface"``.
        optimizer: One of :data:`optviz.training.trainable.OPTIMIZERS`.
        momentum: Momentum of SGD.
        surface: What :func:`optviz.core.surfaces.get_surface` understands; digits have none.
        batch_size: Images in a step; a surface has none.
        seed: Of the network and its batches.
    """

    model: str
    optimizer: str
    momentum: float = 0.9
    surface: str = ""
    batch_size: int = 64
    seed: int = 0

    def build(self) -> tuple[Trainable, float | None]:
        """The thing to sweep, and the rate beyond which theory says that it bursts.

        Raises:
            Problem: There is no such surface or optimizer.
        """
        from optviz.training import trainable

        if self.model == "digits":
            return (
                trainable.digits_mlp(
                    self.optimizer,
                    momentum=self.momentum,
                    batch_size=self.batch_size,
                    seed=self.seed,
                ),
                None,
            )
        surface = get_surface(self.surface)
        sgd = self.optimizer == "sgd"
        return (
            trainable.surface_point(surface, self.optimizer, momentum=self.momentum),
            trainable.stability_limit(surface, self.momentum) if sgd else None,
        )


def small_sweep_task(context: TaskContext, setup: SmallSetup, plan: SweepPlan) -> Sweep:
    """:func:`run_sweep` for what ``setup`` describes."""
    subject, limit = setup.build()
    return run_sweep(context, subject, plan, limit)


def small_trial_task(
    context: TaskContext, setup: SmallSetup, lrs: Sequence[float], n_steps: int
) -> Trial:
    """:func:`run_trial` for what ``setup`` describes."""
    return run_trial(context, setup.build()[0], lrs, n_steps)
