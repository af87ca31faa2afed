"""The runs that a state asks for, and the clock on which they are shown together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.stochastic import BatchSpec, NoisyRun, updates_for
from optviz.jobs import Job, default_backend
from optviz.language import Text
from optviz.ui.batch_size_state import BatchSizeState, samples_called
from optviz.ui.waiting import awaited

__all__ = ["Clock", "asked", "clock", "noisy", "share_of", "updates_of"]

QUICK = 3500
"""Updates that fit into about 200 ms of the script thread."""


def updates_of(state: BatchSizeState) -> list[int]:
    """How many updates each run makes."""
    if state.axis == "updates":
        return [state.updates] * len(state.runs)
    samples = samples_called(state.problem)
    return [updates_for(samples, run, state.epochs, state.sampling) for run in state.runs]


def asked(state: BatchSizeState) -> tuple[Any, ...]:
    """Everything the runs depend on."""
    return (
        state.problem, state.runs, state.start, tuple(updates_of(state)), state.sampling,
        state.seed,
    )  # fmt: skip


def noisy(state: BatchSizeState, text: Text) -> list[NoisyRun]:
    """The runs; many updates wait for a worker and show that they do.

    Raises:
        Problem: The settings cannot be used.
    """
    wanted = asked(state)
    if sum(updates_of(state)) <= QUICK:
        return _computed(*wanted)
    found: list[NoisyRun] = awaited(
        "long noisy runs", wanted, lambda: _submit(wanted), text("batch_size.computing")
    )
    return found


@lru_cache(maxsize=64)
def _computed(
    problem: str,
    runs: tuple[BatchSpec, ...],
    start: tuple[float, float],
    updates: tuple[int, ...],
    sampling: str,
    seed: int,
) -> list[NoisyRun]:
    from optviz.core.stochastic import noisy_runs

    return noisy_runs(samples_called(problem), runs, start, updates, sampling, seed)


def _submit(wanted: tuple[Any, ...]) -> Job:
    problem, runs, start, updates, sampling, seed = wanted
    return default_backend().submit(
        "optviz.core.stochastic:noisy_runs_task",
        samples=samples_called(problem),
        specs=runs,
        start=start,
        updates=updates,
        sampling=sampling,
        seed=seed,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """What the stage's steps mean.

    Attributes:
        ticks: How many there are.
        made: For each run (ticks+1,) the updates that it has made at each tick.
        marks: Where on the axis to write what.
    """

    ticks: int
    made: list[NDArray[np.int64]]
    marks: tuple[list[float], list[str]]


def clock(state: BatchSizeState, runs: Sequence[NoisyRun]) -> Clock:
    """One clock for all runs: a tick is an update, or one sample seen by every run.

    By samples (and epochs, which count the same in larger coins) a run stands still while it
    reads its batch, and moves once it has seen all of it.
    """
    n = len(samples_called(state.problem))
    if state.axis == "updates":
        ticks = state.updates
        made = [np.arange(ticks + 1) for _ in runs]
        places = _round_places(ticks)
        return Clock(ticks, made, (places, [f"{place:,.0f}" for place in places]))
    ticks = state.epochs * n
    made = [
        np.searchsorted(run.batches.ends, np.arange(ticks + 1), side="right") - 1 for run in runs
    ]
    if state.axis == "epochs":
        places = [float(n * epoch) for epoch in range(state.epochs + 1)]
        return Clock(ticks, made, (places, [str(epoch) for epoch in range(state.epochs + 1)]))
    places = _round_places(ticks)
    return Clock(ticks, made, (places, [f"{place:,.0f}" for place in places]))


def _round_places(last: int) -> list[float]:
    """0 and a few round numbers up to ``last``."""
    for step in (s * 10**p for p in range(6) for s in (1, 2, 5)):
        if last / step <= 5:
            return [float(place) for place in range(0, last + 1, step)]
    return [0.0, float(last)]


def share_of(state: BatchSizeState, spec: BatchSpec) -> float:
    """What part of one sample's gradient covariance a batch's gradient has.

    1/B for samples drawn with replacement; for shuffled ones the textbook factor of a draw
    without it, (n − B)/(n − 1), comes on top. 0 for the full batch.
    """
    n = len(samples_called(state.problem))
    size = spec.size(n)
    if size >= n:
        return 0.0
    return (n - size) / (n - 1) / size if state.sampling == "shuffled" else 1 / size
