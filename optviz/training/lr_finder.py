"""The learning-rate range test: train with a rate that grows, and watch where the loss goes.

The idea is Leslie Smith's ("Cyclical Learning Rates for Training Neural Networks", 2017,
section 3.3); the schedule, the smoothing and the end are those of fastai's ``lr_find``. What it
tried on is handed back exactly as it was, down to the last bit: see :mod:`.snapshot`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import torch

from optviz.core.problem import Problem
from optviz.training.lr_curve import (
    END_LR,
    N_ITER,
    SMOOTHING,
    START_LR,
    STOP_FACTOR,
    sweep_lr,
)
from optviz.training.snapshot import AnyGenerator, Stateful, restored

__all__ = ["LrPoint", "RateStep", "constant_rates", "lr_range_test", "set_lr", "sweep_curve"]


@dataclass(frozen=True, slots=True)
class LrPoint:
    """One step of a sweep.

    Attributes:
        step: Its number, from 0.
        lr: The learning rate of this step.
        loss: The loss of its batch, before the step.
        smoothed: The smoothed loss up to and with this step.
    """

    step: int
    lr: float
    loss: float
    smoothed: float


def lr_range_test(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    next_loss: Callable[[], torch.Tensor],
    *,
    start_lr: float = START_LR,
    end_lr: float = END_LR,
    n_iter: int = N_ITER,
    scheduler: Stateful | None = None,
    generators: Sequence[AnyGenerator] = (),
    stateful: Sequence[Stateful] = (),
    smoothing: float = SMOOTHING,
    stop_factor: float = STOP_FACTOR,
    group: int | None = None,
) -> Generator[LrPoint, None, None]:
    r"""Sweep the learning rate from ``start_lr`` towards ``end_lr``, a batch a rate.

    .. math:: lr_i = lr_{start} \left(\frac{lr_{end}}{lr_{start}}\right)^{i/n},
              \qquad v_i = \beta v_{i-1} + (1-\beta) L_i,
              \qquad smoothed_i = \frac{v_i}{1-\beta^{i+1}}

    All parameter groups get the same rate, or their shares of it (see
    :func:`~optviz.training.groups.regroup`), unless one is swept alone. The sweep ends early at a
    loss that is no number, and once the smoothed loss exceeds ``stop_factor`` times its lowest
    value (a rule that means something while the loss is positive, and is applied only then).

    When the iteration ends (all steps taken, closed early, or an exception on the way), model,
    gradients, optimizer, scheduler, random state and train/eval mode are put back exactly:
    training goes on as if there had been no sweep.

    Args:
        model: The model; it is put in training mode for the sweep.
        optimizer: Its optimizer, whose ``step()`` must need no closure.
        next_loss: Gives the scalar loss of the next batch, with its graph.
        start_lr: The first rate, positive.
        end_lr: The rate the sweep grows towards, above ``start_lr``.
        n_iter: Steps at most.
        scheduler: A learning-rate scheduler on the optimizer, if there is one.
        generators: Random generators (torch's or numpy's) that the batches or the model use;
            the global ones of torch, numpy and Python are always looked after.
        stateful: Whatever else ``next_loss`` moves on, such as a loader with
            ``state_dict()`` and ``load_state_dict()``.
        smoothing: The average's β, from 0 (no smoothing) to just below 1.
        stop_factor: See above; ``math.inf`` never stops.
        group: The parameter group to sweep while all others keep their own rate; None for all.

    Yields:
        A point a step; the last one is where the sweep ended.

    Raises:
        Problem: A setting makes no sense.
    """
    if not (0 < start_lr < end_lr < math.inf):
        raise Problem("problem.lr_finder.range", start=f"{start_lr:g}", end=f"{end_lr:g}")
    if n_iter < 1:
        raise Problem("problem.lr_finder.steps", value=n_iter)
    if not 0 <= smoothing < 1:
        raise Problem("problem.lr_finder.smoothing", value=smoothing)
    if not stop_factor > 1:
        raise Problem("problem.lr_finder.stop_factor", value=stop_factor)

    def sweep() -> Generator[LrPoint, None, None]:
        also = [*stateful, *([scheduler] if scheduler is not None else [])]
        with restored(model, optimizer, generators=generators, stateful=also):
            model.train()
            average, best = 0.0, math.inf
            for step in range(n_iter):
                lr = sweep_lr(start_lr, end_lr, step, n_iter)
                set_lr(optimizer, lr, group)
                optimizer.zero_grad()
                loss = next_loss()
                value = float(loss.detach())
                average = smoothing * average + (1 - smoothing) * value
                smoothed = average / (1 - smoothing ** (step + 1))
                best = min(best, smoothed)
                if math.isfinite(value):
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                yield LrPoint(step, lr, value, smoothed)
                if not math.isfinite(value) or (best > 0 and smoothed > stop_factor * best):
                    return

    return sweep()


@dataclass(frozen=True, slots=True)
class RateStep:
    """One step of a short training at one rate.

    Attributes:
        run: Which training, from 0.
        step: The step's number in it, from 0.
        lr: The training's rate.
        loss: The loss of the step's batch, before the step.
    """

    run: int
    step: int
    lr: float
    loss: float


def constant_rates(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    next_loss: Callable[[], torch.Tensor],
    *,
    lrs: Sequence[float],
    n_steps: int,
    generators: Sequence[AnyGenerator] = (),
    stateful: Sequence[Stateful] = (),
    group: int | None = None,
) -> Generator[RateStep, None, None]:
    """Train a few steps at each of several rates, every time from the same start.

    This is what a range test tries to foretell. Each training sees the same batches and draws
    the same random numbers, so that only the rate makes a difference; and after each of them
    everything is put back as :func:`lr_range_test` does.

    Args:
        model, optimizer, next_loss, generators, stateful, group: As for :func:`lr_range_test`.
        lrs: The rates, in the order of training.
        n_steps: Steps of each training; one whose loss is no number ends there.

    Yields:
        Every step.
    """
    for run, lr in enumerate(lrs):
        with restored(model, optimizer, generators=generators, stateful=stateful):
            model.train()
            set_lr(optimizer, lr, group)
            for step in range(n_steps):
                optimizer.zero_grad()
                loss = next_loss()
                value = float(loss.detach())
                if math.isfinite(value):
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                yield RateStep(run, step, lr, value)
                if not math.isfinite(value):
                    break


def set_lr(optimizer: torch.optim.Optimizer, lr: float, group: int | None = None) -> None:
    """Give a parameter group the rate ``lr``, or all, each its share of it (see ``regroup``).

    In place where torch keeps a tensor.
    """
    groups = optimizer.param_groups
    for one in groups if group is None else [groups[group]]:
        rate = lr if group is not None else lr * one.get("lr_share", 1)
        if isinstance(one["lr"], torch.Tensor):
            one["lr"].fill_(rate)
        else:
            one["lr"] = rate


def sweep_curve(*arguments: Any, **settings: Any) -> list[LrPoint]:
    """All points of :func:`lr_range_test` at once, for a notebook."""
    with closing(lr_range_test(*arguments, **settings)) as points:
        return list(points)
