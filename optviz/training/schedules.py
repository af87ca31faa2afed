"""Learning-rate schedules: pure functions from the position in a run to a rate.

Nothing here holds state: the rate of a step depends on the step alone, so a run continued from
a checkpoint needs no scheduler to restore, and a schedule can be plotted without training. Where
torch ships the schedule, :func:`torch_pace` has torch's own scheduler say the rates; the tests
hold the closed forms to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optviz.core.pace import Pace

if TYPE_CHECKING:
    import torch

__all__ = [
    "SCHEDULES",
    "Schedule",
    "ScheduleSpec",
    "cosine",
    "cycles_length",
    "make_schedule",
    "sgdr_restarts",
    "torch_pace",
]

Schedule = Callable[[float], tuple[float, float | None]]
"""Epochs done so far (a fraction within an epoch) → (lr, momentum or ``None`` to leave it)."""


def cosine(start: float, end: float, fraction: float) -> float:
    """Half a cosine wave from ``start`` at 0 to ``end`` at 1."""
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2


def sgdr_restarts(epochs: float, cycle_len: float, cycle_mult: float) -> list[float]:
    """The epochs at which SGDR restarts, before ``epochs``.

    Cycle i lasts T_i = cycle_len · cycle_mult^i epochs (Loshchilov & Hutter, 1608.03983).

    Example:
        >>> sgdr_restarts(70, 10, 2)
        [10, 30]
    """
    restarts, at, length = [], cycle_len, cycle_len
    while at < epochs:
        restarts.append(at)
        length *= cycle_mult
        at += length
    return restarts


def cycles_length(n: int, cycle_len: float, cycle_mult: float) -> float:
    """How many epochs n cycles of SGDR last: a geometric sum.

    Example:
        >>> cycles_length(3, 10, 2), cycles_length(3, 10, 1)
        (70.0, 30.0)
    """
    if cycle_mult == 1:
        return float(cycle_len * n)
    return float(cycle_len * (cycle_mult**n - 1) / (cycle_mult - 1))


def _constant(lr: float, epochs: float, **_: float) -> Schedule:
    return lambda epoch: (lr, None)


def _step(lr: float, epochs: float, *, step_epochs: float = 3, **_: float) -> Schedule:
    return lambda epoch: (lr / 10 ** (epoch // step_epochs), None)


def _exponential(lr: float, epochs: float, *, gamma: float = 0.9, **_: float) -> Schedule:
    return lambda epoch: (lr * gamma**epoch, None)


def _cosine(lr: float, epochs: float, *, lr_min: float = 0.0, **_: float) -> Schedule:
    return lambda epoch: (cosine(lr, lr_min, min(epoch / epochs, 1.0)), None)


def _warmup(lr: float, epochs: float, *, warmup: float = 5, **_: float) -> Schedule:
    return lambda epoch: (lr * (0.1 + 0.9 * min(epoch / warmup, 1.0)), None)


def _sgdr(
    lr: float,
    epochs: float,
    *,
    cycle_len: float = 1,
    cycle_mult: float = 2,
    lr_min: float = 0.0,
    **_: float,
) -> Schedule:
    def at(epoch: float) -> tuple[float, float | None]:
        start, length = 0.0, cycle_len
        while epoch >= start + length:
            start += length
            length *= cycle_mult
        return cosine(lr, lr_min, (epoch - start) / length), None

    return at


def _one_cycle(lr: float, epochs: float, **_: float) -> Schedule:
    peak, high, low = 0.25, 0.95, 0.85

    def at(epoch: float) -> tuple[float, float | None]:
        done = min(epoch / epochs, 1.0)
        if done < peak:
            return cosine(lr / 25, lr, done / peak), cosine(high, low, done / peak)
        fraction = (done - peak) / (1 - peak)
        return cosine(lr, lr / 1e5, fraction), cosine(low, high, fraction)

    return at


# What torch calls them. Each takes the optimizer, the steps of the run, steps an epoch and the
# options; torch's schedulers are stepped after every step of the optimizer.
Scheduler = Callable[..., "torch.optim.lr_scheduler.LRScheduler"]


def _torch(name: str) -> Any:
    import torch

    return getattr(torch.optim.lr_scheduler, name)


def _torch_constant(opt: Any, steps: int, each: int, **_: float) -> Any:
    return _torch("ConstantLR")(opt, factor=1.0, total_iters=0)


def _torch_step(opt: Any, steps: int, each: int, *, step_epochs: float = 3, **_: float) -> Any:
    return _torch("StepLR")(opt, step_size=round(step_epochs * each), gamma=0.1)


def _torch_exponential(opt: Any, steps: int, each: int, *, gamma: float = 0.9, **_: float) -> Any:
    return _torch("ExponentialLR")(opt, gamma=gamma ** (1 / each))


def _torch_cosine(opt: Any, steps: int, each: int, *, lr_min: float = 0.0, **_: float) -> Any:
    return _torch("CosineAnnealingLR")(opt, T_max=steps, eta_min=lr_min)


def _torch_sgdr(
    opt: Any,
    steps: int,
    each: int,
    *,
    cycle_len: float = 1,
    cycle_mult: float = 2,
    lr_min: float = 0.0,
    **_: float,
) -> Any:
    return _torch("CosineAnnealingWarmRestarts")(
        opt, T_0=round(cycle_len * each), T_mult=int(cycle_mult), eta_min=lr_min
    )


def _torch_one_cycle(opt: Any, steps: int, each: int, **_: float) -> Any:
    return _torch("OneCycleLR")(
        opt, max_lr=[group["lr"] for group in opt.param_groups], total_steps=steps,
        pct_start=0.25, div_factor=25, final_div_factor=4000,
    )  # fmt: skip


def _torch_warmup(opt: Any, steps: int, each: int, *, warmup: float = 5, **_: float) -> Any:
    return _torch("LinearLR")(
        opt, start_factor=0.1, end_factor=1.0, total_iters=round(warmup * each)
    )


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """A schedule in the registry. Its text is ``schedule.<name>.explain``.

    Attributes:
        name: Key of the registry.
        make: ``make(lr, epochs, **options)`` gives the :data:`Schedule`.
        latex: The rate η at T epochs of a run of E.
        source: Where it comes from.
        parameters: The options that it looks at.
        torch_class: Name in ``torch.optim.lr_scheduler``.
        scheduler: Makes it: ``scheduler(optimizer, steps, steps_per_epoch, **options)``.
    """

    name: str
    make: Callable[..., Schedule]
    latex: str
    source: str
    parameters: tuple[str, ...]
    torch_class: str
    scheduler: Scheduler


SCHEDULES: Mapping[str, ScheduleSpec] = {
    spec.name: spec
    for spec in (
        ScheduleSpec(
            "constant", _constant, r"\eta(T) = \eta", "Robbins & Monro (1951)",
            (), "ConstantLR", _torch_constant,
        ),
        ScheduleSpec(
            "one_cycle",
            _one_cycle,
            r"\tfrac{\eta}{25} \nearrow \eta \searrow \tfrac{\eta}{10^5}",
            "Smith (2018), arXiv 1803.09820; the shape is fastai's",
            (),
            "OneCycleLR",
            _torch_one_cycle,
        ),
        ScheduleSpec(
            "sgdr",
            _sgdr,
            r"\eta(T) = \eta_{\min} + \tfrac{\eta - \eta_{\min}}{2}"
            r"\left(1 + \cos\frac{\pi\,T_{\mathrm{cur}}}{T_i}\right),"
            r"\quad T_i = T_0\,T_{\mathrm{mult}}^{\,i}",
            "Loshchilov & Hutter (2017), arXiv 1608.03983",
            ("cycle_len", "cycle_mult", "lr_min"),
            "CosineAnnealingWarmRestarts",
            _torch_sgdr,
        ),
        ScheduleSpec(
            "step",
            _step,
            r"\eta(T) = \eta \cdot 10^{-\lfloor T/s \rfloor}",
            "fast.ai, Practical Deep Learning for Coders 2018, lesson 5",
            ("step_epochs",),
            "StepLR",
            _torch_step,
        ),
        ScheduleSpec(
            "exponential", _exponential, r"\eta(T) = \eta\,\gamma^{T}",
            "torch.optim.lr_scheduler.ExponentialLR",
            ("gamma",), "ExponentialLR", _torch_exponential,
        ),
        ScheduleSpec(
            "cosine",
            _cosine,
            r"\eta(T) = \eta_{\min} + \tfrac{\eta - \eta_{\min}}{2}"
            r"\left(1 + \cos\frac{\pi\,T}{E}\right)",
            "Loshchilov & Hutter (2017), arXiv 1608.03983, without restarts",
            ("lr_min",),
            "CosineAnnealingLR",
            _torch_cosine,
        ),
        ScheduleSpec(
            "warmup",
            _warmup,
            r"\eta(T) = \eta\left(0.1 + 0.9\,\min\!\left(\tfrac{T}{W}, 1\right)\right)",
            "Goyal et al. (2017), arXiv 1706.02677",
            ("warmup",),
            "LinearLR",
            _torch_warmup,
        ),
    )
}  # fmt: skip
"""The schedules by name."""


def make_schedule(name: str, lr: float, epochs: float, **options: float) -> Schedule:
    """The named schedule for a run of ``epochs`` epochs.

    Args:
        name: A key of :data:`SCHEDULES`.
        lr: The highest rate.
        epochs: Length of the whole run.
        **options: ``cycle_len``, ``cycle_mult`` (sgdr), ``step_epochs`` (step) and ``warmup``
            (warmup), in epochs; ``gamma`` (exponential), a factor an epoch; ``lr_min`` (cosine,
            sgdr), a rate. A schedule ignores those of the others.

    Example:
        >>> at = make_schedule("sgdr", 1.0, 70, cycle_len=10, cycle_mult=2)
        >>> round(at(5)[0], 12), at(10)[0], round(at(20)[0], 12)
        (0.5, 1.0, 0.5)
    """
    return SCHEDULES[name].make(lr, epochs, **options)


def torch_pace(name: str, lr: float, epochs: int, steps_per_epoch: int, **options: float) -> Pace:
    """The rate of every step, as torch's own scheduler sets it.

    The scheduler is stepped after each step of an optimizer that stays where it is: what it does
    to the rates does not depend on where an optimizer goes.

    Args:
        name: A key of :data:`SCHEDULES`.
        lr: The highest rate.
        epochs: Length of the run.
        steps_per_epoch: Steps in an epoch.
        **options: As :func:`make_schedule`; lengths must be whole numbers of steps.

    Example:
        >>> torch_pace("step", 1.0, 2, 2, step_epochs=1).rates.round(12).tolist()
        [1.0, 1.0, 0.1, 0.1]
    """
    import torch

    from optviz.core.engine import spare_the_compiler

    class Still(torch.optim.SGD):
        # SGD's own first step would import torch's compiler, for a second, though it has no
        # gradient to follow.
        def step(self, closure: Any = None) -> None:  # type: ignore[override]
            """Stay."""

    spare_the_compiler()
    steps = epochs * steps_per_epoch
    optimizer = Still([torch.zeros(1)], lr=lr, momentum=0.9)
    scheduler = SCHEDULES[name].scheduler(optimizer, steps, steps_per_epoch, **options)
    (group,) = optimizer.param_groups
    rates, momenta = np.empty(steps), np.empty(steps)
    for k in range(steps):
        rates[k], momenta[k] = group["lr"], group["momentum"]
        optimizer.step()
        if k < steps - 1:
            scheduler.step()
    cycles = SCHEDULES[name].torch_class == "OneCycleLR"
    return Pace(rates, momenta if cycles else None)
