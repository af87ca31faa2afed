"""Learning-rate schedules: pure functions from the position in a run to a rate.

Nothing here holds state: the rate of a step depends on the step alone, so a run continued from
a checkpoint needs no scheduler to restore, and a schedule can be plotted without training.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["SCHEDULES", "Schedule", "ScheduleSpec", "cosine", "make_schedule", "sgdr_restarts"]

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


def _constant(lr: float, epochs: float, **_: float) -> Schedule:
    return lambda epoch: (lr, None)


def _step(lr: float, epochs: float, *, step_epochs: float = 3, **_: float) -> Schedule:
    return lambda epoch: (lr / 10 ** (epoch // step_epochs), None)


def _sgdr(
    lr: float, epochs: float, *, cycle_len: float = 1, cycle_mult: float = 2, **_: float
) -> Schedule:
    def at(epoch: float) -> tuple[float, float | None]:
        start, length = 0.0, cycle_len
        while epoch >= start + length:
            start += length
            length *= cycle_mult
        return cosine(lr, 0.0, (epoch - start) / length), None

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


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """A schedule in the registry. Its text is ``schedule.<name>.explain``.

    Attributes:
        name: Key of the registry.
        make: ``make(lr, epochs, **options)`` gives the :data:`Schedule`.
        latex: The rate η at T epochs of a run of E.
        source: Where it comes from.
    """

    name: str
    make: Callable[..., Schedule]
    latex: str
    source: str


SCHEDULES: Mapping[str, ScheduleSpec] = {
    spec.name: spec
    for spec in (
        ScheduleSpec("constant", _constant, r"\eta(T) = \eta", "Robbins & Monro (1951)"),
        ScheduleSpec(
            "one_cycle",
            _one_cycle,
            r"\tfrac{\eta}{25} \nearrow \eta \searrow \tfrac{\eta}{10^5}",
            "Smith (2018), arXiv 1803.09820; the shape is fastai's",
        ),
        ScheduleSpec(
            "sgdr",
            _sgdr,
            r"\eta(T) = \tfrac{\eta}{2}\left(1 + \cos\frac{\pi\,T_{\mathrm{cur}}}{T_i}\right),"
            r"\quad T_i = T_0\,T_{\mathrm{mult}}^{\,i}",
            "Loshchilov & Hutter (2017), arXiv 1608.03983",
        ),
        ScheduleSpec(
            "step",
            _step,
            r"\eta(T) = \eta \cdot 10^{-\lfloor T/s \rfloor}",
            "fast.ai, Practical Deep Learning for Coders 2018, lesson 5",
        ),
    )
}
"""The schedules by name."""


def make_schedule(name: str, lr: float, epochs: float, **options: float) -> Schedule:
    """The named schedule for a run of ``epochs`` epochs.

    Args:
        name: A key of :data:`SCHEDULES`.
        lr: The highest rate.
        epochs: Length of the whole run.
        **options: ``cycle_len``, ``cycle_mult`` (sgdr) and ``step_epochs`` (step), in epochs;
            a schedule ignores those of the others.

    Example:
        >>> at = make_schedule("sgdr", 1.0, 70, cycle_len=10, cycle_mult=2)
        >>> round(at(5)[0], 12), at(10)[0], round(at(20)[0], 12)
        (0.5, 1.0, 0.5)
    """
    return SCHEDULES[name].make(lr, epochs, **options)
