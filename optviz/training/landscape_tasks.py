"""A landscape as a task that any backend can run: train, choose a plane, compute the grid."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optviz.core.optimizers import get_optimizer
from optviz.core.task import TaskContext
from optviz.training.landscape import (
    REACH,
    Array,
    GridPlan,
    Landscape,
    PathOnPlane,
    Vector,
    flatten,
    loss_grid,
    pca_directions,
    plane_box,
    project,
    random_directions,
    unflatten,
)

if TYPE_CHECKING:
    import torch

    from optviz.training.run import TrainingRun

__all__ = [
    "OPTIMIZERS",
    "RATES",
    "Follower",
    "SmallLandscape",
    "explore",
    "small_landscape_task",
]

OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")
"""Whose paths can be followed."""

RATES: Mapping[str, float] = {"sgd": 0.3, "momentum": 0.05, "adam": 3e-3, "adamw": 3e-3}
"""Rates at which the small network trains well within a few epochs."""

_KEPT = 48
"""Points of each path; between them lie several updates."""

_TRAINING = 0.3
"""The part of the progress bar that the training takes."""

_BETWEEN = 0.15
"""Seconds between two looks at an unfinished grid."""


@dataclass(frozen=True, slots=True, eq=False)
class Follower:
    """A run to follow, and the loss of any weights that its model could have.

    Attributes:
        optimizer: Its name.
        run: Before its first step.
        loss: The loss of named tensors, a scalar.
    """

    optimizer: str
    run: TrainingRun
    loss: Callable[[Mapping[str, torch.Tensor]], torch.Tensor]


def explore(
    context: TaskContext, followers: Sequence[Follower], plan: GridPlan, rows: int
) -> Landscape:
    """Train every follower, lay a plane through the first one's end, and compute it.

    Events: ``grid`` (xs, ys, losses: NaN where not yet computed), a few a second. Progress
    counts to 1.

    Args:
        context: Where it runs.
        followers: Models with the same tensors, from the same start.
        plan: Which plane.
        rows: How many examples the loss is the mean of.

    Raises:
        Cancelled: Its user cancelled it.
    """
    import torch

    ways = [
        _followed(context, follower, i / len(followers), 1 / len(followers))
        for i, follower in enumerate(followers)
    ]
    first = followers[0]
    weights = dict(first.run.model.named_parameters())
    shapes = {name: tuple(w.shape) for name, w in weights.items()}
    finite = [way[np.isfinite(way).all(axis=1)] for _, way in ways]
    centre = finite[0][-1].copy()

    def loss_at(vector: Vector) -> float:
        parts = {n: torch.from_numpy(part) for n, part in unflatten(vector, shapes).items()}
        with torch.no_grad():
            return float(first.loss(parts))

    explained: tuple[float, float] | None = None
    if plan.directions == "pca":
        directions, explained = pca_directions(np.concatenate(finite), centre)
    else:
        directions = random_directions(centre, shapes, plan.seed)
    laid = []
    for follower, (steps, way) in zip(followers, ways, strict=True):
        points, outside = project(way, centre, directions)
        true, below = [], []
        for place, vector in zip(points, way, strict=True):
            context.checkpoint()
            true.append(loss_at(vector))
            shadow = centre + np.float32(place[0]) * directions[0]
            below.append(loss_at(shadow + np.float32(place[1]) * directions[1]))
        laid.append(
            PathOnPlane(follower.optimizer, steps, points, np.array(true), np.array(below), outside)
        )
    if plan.directions == "pca":
        (x0, x1), (y0, y1) = plane_box([path.points for path in laid])
    else:
        x0, x1, y0, y1 = -REACH, REACH, -REACH, REACH
    xs, ys = _with_zero(x0, x1, plan.points), _with_zero(y0, y1, plan.points)
    started = time.perf_counter()
    told_at, done = started, 0

    def told(row: int, losses: Array) -> None:
        nonlocal told_at, done
        done += 1
        context.progress(_TRAINING + (1 - _TRAINING) * done / len(ys), 1.0)
        if time.perf_counter() - told_at >= _BETWEEN:
            context.emit("grid", xs=xs, ys=ys, losses=losses.copy())
            told_at = time.perf_counter()

    losses = loss_grid(loss_at, centre, directions, xs, ys, context, told)
    return Landscape(
        xs, ys, losses, loss_at(centre), explained, tuple(laid), rows,
        time.perf_counter() - started,
    )  # fmt: skip


def _with_zero(low: float, high: float, points: int) -> Array:
    """Evenly spaced from about ``low`` to about ``high``, moved so that 0 is one of them."""
    grid = np.linspace(low, high, points)
    grid -= grid[np.abs(grid).argmin()]
    return grid


def _followed(
    context: TaskContext, follower: Follower, before: float, share: float
) -> tuple[npt.NDArray[np.int64], Vector]:
    """Train to the end; the weights at up to ``_KEPT`` moments, the first and last included."""
    run = follower.run
    weights = dict(run.model.named_parameters())
    total = run.total_steps
    wanted = set(np.linspace(0, total, min(_KEPT, total + 1)).round().astype(int).tolist())
    steps, way = [0], [flatten(weights)]
    while not run.done:
        context.checkpoint()
        run.step()
        if run.steps_done in wanted or run.done:
            steps.append(run.steps_done)
            way.append(flatten(weights))
            context.progress(_TRAINING * (before + share * run.steps_done / total), 1.0)
    return np.array(steps, dtype=np.int64), np.array(way, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class SmallLandscape:
    """The landscape of the network that reads digits.

    Attributes:
        optimizers: Whose paths are followed; the plane goes through the first one's end.
        plan: Which plane.
        depth: Hidden layers.
        normalised: With batch normalisation.
        batch_size: Images in a step.
        epochs: Of training.
        seed: Of the first weights and of the batches.
    """

    optimizers: tuple[str, ...]
    plan: GridPlan
    depth: int = 3
    normalised: bool = False
    batch_size: int = 50
    epochs: int = 10
    seed: int = 0

    def followers(self) -> tuple[list[Follower], int]:
        """The runs to follow, and how many digits their loss is the mean of."""
        from optviz.training.digits import digits, digits_net, digits_run
        from optviz.training.full_loss import FullLoss

        found = []
        for name in self.optimizers:
            model = digits_net(self.depth, self.normalised, self.seed)
            optimizer = get_optimizer(name).build(model.parameters(), lr=RATES[name])
            run = digits_run(
                model, optimizer, lr=RATES[name], batch_size=self.batch_size,
                epochs=self.epochs, seed=self.seed,
            )  # fmt: skip
            found.append(Follower(name, run, FullLoss(model)))
        return found, len(digits()[1])

    def task(self) -> str:
        """What computes it."""
        return "optviz.training.landscape_tasks:small_landscape_task"


def small_landscape_task(context: TaskContext, setup: SmallLandscape) -> Landscape:
    """:func:`explore` for what ``setup`` describes."""
    followers, rows = setup.followers()
    return explore(context, followers, setup.plan, rows)
