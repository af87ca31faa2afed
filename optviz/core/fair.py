"""Every compared optimizer tuned with the same budget: one grid of rates, the same starts.

Only the learning rate is tuned. Elementwise optimizers move all starts of a rate as one
parameter, and all share one gradient call a step; the others walk each start alone. Either way
each cell is what a loop of its own would give, bit for bit, on the surfaces of the registry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import curvature, evaluate
from optviz.core.optimizers import OptimizerSpec, RunSpec, Value, get_optimizer
from optviz.core.problem import Problem
from optviz.core.slopes import slopes
from optviz.core.surface import Point, Surface
from optviz.core.surfaces import get_surface
from optviz.core.task import SilentContext, TaskContext
from optviz.core.trajectory import has_left

__all__ = [
    "AROUND",
    "RATES",
    "STARTS",
    "Comparison",
    "Tuned",
    "Verdict",
    "best_of",
    "fair",
    "fair_task",
    "starts_around",
]

Array = npt.NDArray[np.float64]

RATES: tuple[float, ...] = tuple(float(f"{10 ** (k / 3):.3g}") for k in range(-18, 10))
"""Three a decade from 1e-6 to 1e3, to three figures, so that what is tuned can be typed."""

STARTS = 9
"""The chosen one and eight around it: an odd number, so that the median is one of them."""

AROUND = 0.15
"""The others lie within this part of the box's width and height of the chosen one."""

SOLVED = 1e-12
"""A loss this part of its way from the start to the minimum counts as zero."""

WITHIN = 10.0
"""The valley of a curve: the rates about the best whose loss is within this factor of its."""

PART = 0.1
"""Where the minimum is unknown: within this part of the fall from the start to the best."""


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """One compared run at all rates and from all starts.

    Attributes:
        optimizer: Registry key.
        settings: All others but the rate.
        losses: (R, M) after the last step; infinite for a run that has left, as
            :class:`~optviz.core.trajectory.Trajectory` has it.
        reached: (R, M) steps to tolerance, as there; infinite where it was never met.
    """

    optimizer: str
    settings: Mapping[str, Value]
    losses: Array
    reached: Array


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a run's curve says.

    Attributes:
        index: Of the best rate; None if every rate failed from half of the starts or more.
        loss: Median there, above the known minimum.
        steps: Median steps to tolerance there; infinite if never.
        decades: Width of the valley about it: each rate of the grid stands for the stretch
            between its neighbours, so that a single one has a width too.
        edge: Whether the best stands at an end of the grid, so that a better one may lie
            beyond.
    """

    index: int | None
    loss: float
    steps: float
    decades: float
    edge: bool


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """All that was tried.

    Attributes:
        surface: Its name.
        minimum: The known lowest value; None if there is none.
        rates: (R,) ascending.
        starts: (M, 2), the chosen one first.
        start_losses: (M,) the loss there.
        steps: Of every single run.
        runs: One a compared optimizer.
    """

    surface: str
    minimum: float | None
    rates: Array
    starts: Array
    start_losses: Array
    steps: int
    runs: tuple[Tuned, ...]

    @property
    def budget(self) -> int:
        """Steps that each compared optimizer was given, all its runs together."""
        return len(self.rates) * len(self.starts) * self.steps

    @property
    def floor(self) -> float | None:
        """Losses above the minimum at or below this are as good as none; None if unknown."""
        if self.minimum is None:
            return None
        usual = _quartiles(self.start_losses - self.minimum)[1]
        return float(max(SOLVED * usual, np.finfo(np.float64).tiny)) if np.isfinite(usual) else None

    def losses(self, run: Tuned) -> Array:
        """(3, R) lower quartile, median and upper quartile over the starts, above the minimum."""
        return _quartiles(run.losses - (self.minimum or 0.0))

    @staticmethod
    def reached(run: Tuned) -> Array:
        """(3, R) the same of the steps to tolerance."""
        return _quartiles(run.reached)

    def verdict(self, run: Tuned) -> Verdict:
        """The best rate: lowest median loss; among losses as good as none the fastest."""
        loss, steps = self.losses(run)[1], self.reached(run)[1]
        drawn = np.maximum(loss, self.floor) if self.floor is not None else loss
        order = np.lexsort((np.arange(len(loss)), steps, drawn))
        best = int(order[0])
        if not np.isfinite(drawn[best]):
            return Verdict(None, np.inf, np.inf, 0.0, edge=False)
        if self.minimum is not None:
            good = drawn <= WITHIN * drawn[best]
        else:
            fall = _quartiles(self.start_losses)[1] - drawn[best]
            good = drawn <= drawn[best] + PART * max(fall, 0.0)
        low = high = best
        while low > 0 and good[low - 1]:
            low -= 1
        while high < len(good) - 1 and good[high + 1]:
            high += 1
        span, last = float(np.log10(self.rates[-1] / self.rates[0])), len(good) - 1
        return Verdict(
            index=best,
            loss=float(loss[best]),
            steps=float(steps[best]),
            decades=(high - low + 1) * span / last if last else 0.0,
            edge=best in (0, len(good) - 1),
        )


def best_of(found: Comparison) -> list[int]:
    """The runs from the best on, by what each does at its own best rate; failures left out."""
    verdicts = [found.verdict(run) for run in found.runs]
    floor = found.floor if found.floor is not None else -np.inf
    return sorted(
        (i for i, verdict in enumerate(verdicts) if verdict.index is not None),
        key=lambda i: (max(verdicts[i].loss, floor), verdicts[i].steps),
    )


def _quartiles(values: Array) -> Array:
    """Lower quartile, median and upper quartile of the last axis: members of the sample."""
    known = np.where(np.isnan(values), np.inf, values)
    last = values.shape[-1] - 1
    places = [round(last * part) for part in (0.25, 0.5, 0.75)]
    return np.moveaxis(np.sort(known, axis=-1)[..., places], -1, 0)


def starts_around(surface: Surface, start: Point, count: int = STARTS, seed: int = 0) -> Array:
    """(count, 2) the start and others drawn around it, inside the box if it is.

    Args:
        surface: Its box says how far "around" is, and where starts may lie.
        start: The chosen one.
        count: How many in all.
        seed: Of the draw.
    """
    draws = np.random.default_rng(seed).uniform(-AROUND, AROUND, (count - 1, 2))
    middle, size = np.array(start), np.array(surface.size)
    low, high = (np.array(side) for side in zip(surface.x_range, surface.y_range, strict=True))
    others = middle + draws * size
    if surface.contains(start):
        # What would lie outside is mirrored in the start; the box is wider than 2 · AROUND.
        outside = (others < low) | (others > high)
        others = np.where(outside, 2 * middle - others, others)
    return np.vstack([middle, others])


def fair(
    surface: str | Surface,
    specs: Sequence[RunSpec],
    start: Point,
    steps: int,
    rates: Sequence[float] = RATES,
    context: TaskContext | None = None,
) -> Comparison:
    """Run every optimizer at every rate from every start, the same number of steps.

    Args:
        surface: A name or a :class:`Surface`.
        specs: The compared runs; what they say of ``lr`` counts for nothing.
        start: The chosen start; the others are drawn around it.
        steps: Of each run.
        rates: The grid.
        context: Told of the progress; may cancel.

    Raises:
        Problem: A name is unknown, a value unusable, or there is nothing to compare.

    Example:
        >>> from optviz.core.optimizers import RunSpec
        >>> found = fair("bowl", [RunSpec("sgd")], (2.0, 0.0), 40)
        >>> float(found.rates[found.verdict(found.runs[0]).index])
        0.464
    """
    if not specs:
        raise Problem("problem.fair.nobody")
    where = get_surface(surface) if isinstance(surface, str) else surface
    runs = []
    for spec in specs:
        optimizer = get_optimizer(spec.optimizer)
        settings = optimizer.check(spec.hyperparameters)
        settings.pop("lr")
        runs.append((optimizer, settings))
    starts = starts_around(where, start)
    field = _Field(where, runs, rates, starts)
    losses, reached = _walk(where, field, steps, context or SilentContext())
    return Comparison(
        surface=where.name,
        minimum=where.minimum_value,
        rates=np.array(rates),
        starts=starts,
        start_losses=evaluate(where, starts),
        steps=steps,
        runs=tuple(
            Tuned(optimizer.name, settings, losses[i], reached[i])
            for i, (optimizer, settings) in enumerate(runs)
        ),
    )


class _Field:
    """All iterates of a comparison: (runs, rates, starts) points in one pair of columns.

    Args:
        surface: On which all walk.
        runs: Optimizers and their settings without the rate.
        rates: The grid.
        starts: (M, 2).
    """

    def __init__(
        self,
        surface: Surface,
        runs: Sequence[tuple[OptimizerSpec, Mapping[str, Value]]],
        rates: Sequence[float],
        starts: Array,
    ) -> None:
        import torch

        from optviz.core.engine import movers

        self.shape = (len(runs), len(rates), len(starts))
        count = int(np.prod(self.shape))
        self.columns = torch.empty(2, count, dtype=torch.float64)
        self.values = torch.zeros(count, dtype=torch.float64)
        self._blocks: list[tuple[Any, Any, slice, tuple[int, ...], int]] = []
        members = []
        each = len(rates) * len(starts)
        for i, (spec, settings) in enumerate(runs):
            here = slice(i * each, (i + 1) * each)
            solo = not spec.elementwise or spec.closure != "none"
            # A rate's starts in one parameter, coordinates first; or every start by itself.
            axis = 1 if not solo else 2
            block = torch.tensor(starts).expand(len(rates), -1, -1)
            block = (block.mT if not solo else block).clone().contiguous()
            felt = torch.zeros_like(block)
            self._blocks.append((block.numpy(), felt.numpy(), here, self.shape[1:], axis))
            values = self.values[here].view(self.shape[1:])
            for j, rate in enumerate(rates):
                mine = {**settings, "lr": rate}
                places = [(j, k) for k in range(len(starts))] if solo else [(j,)]
                for place in places:
                    p, g = block[place].detach(), felt[place]
                    if solo:
                        p, g = p.view(spec.shape), g.view(spec.shape)
                    p.requires_grad_().grad = g
                    members.append((spec, mine, p, values[place]))
        self.moves = movers(surface.function, members)
        self.gather()
        self._slopes = slopes(surface, *self.columns)

    def gather(self) -> None:
        """Read the iterates into the columns."""
        columns = self.columns.numpy()
        for block, _, here, shape, axis in self._blocks:
            columns[:, here].reshape(2, *shape)[:] = np.moveaxis(block, axis, 0)

    def look(self) -> Array:
        """Values into ``values``, slopes to the optimizers; (2, N) the slopes."""
        value, *parts = self._slopes()
        self.values.copy_(value)
        found = np.stack([part.numpy() for part in parts])
        for _, grad, here, shape, axis in self._blocks:
            np.moveaxis(grad, axis, 0)[:] = found[:, here].reshape(2, *shape)
        return found


def _walk(surface: Surface, field: _Field, steps: int, context: TaskContext) -> tuple[Array, Array]:
    """Final losses and steps to tolerance, both (runs, rates, starts)."""
    import torch

    points, values = field.columns.numpy().T, field.values.numpy()
    reached = np.full(len(points), np.inf)

    with np.errstate(all="ignore"):
        for k in range(steps + 1):
            if k % _OFTEN == 0:
                context.checkpoint()
                context.progress(k, steps + 1)
            quiet = np.hypot(*field.look()) <= surface.gradient_tolerance
            found = np.flatnonzero(quiet & np.isinf(reached))
            found = found[~has_left(surface, points[found], values[found])]
            if found.size:
                kinds = curvature(surface, points[found]).kind
                reached[found[np.array(kinds) == "minimum"]] = k
            if k < steps:
                with torch.no_grad():
                    for move in field.moves:
                        move()
                field.gather()
        losses = np.where(has_left(surface, points, values), np.inf, values)
    context.progress(1, 1)
    return losses.reshape(field.shape), reached.reshape(field.shape)


_OFTEN = 5
"""Steps between two looks at whether somebody has cancelled."""


def fair_task(
    context: TaskContext, surface: str, specs: Sequence[RunSpec], start: Point, steps: int
) -> Comparison:
    """:func:`fair`, in a process of its own."""
    return fair(surface, specs, start, steps, context=context)
