"""Where every start of a picture ends: one optimizer, tens of thousands of runs in one batch.

An elementwise optimizer moves each coordinate by its own gradient alone, so one torch.optim
object over a (2, N) parameter moves N starts exactly as N objects would move one each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.optimizers import default_hyperparameters, get_optimizer
from optviz.core.problem import Problem
from optviz.core.slopes import slopes
from optviz.core.surface import Surface
from optviz.core.surfaces import get_surface
from optviz.core.task import SilentContext, TaskContext
from optviz.core.trajectory import FAR

if TYPE_CHECKING:
    import torch

__all__ = ["DIVERGED", "NOWHERE", "Basins", "basins", "basins_task"]

Array = npt.NDArray[np.float64]

DIVERGED = -2
NOWHERE = -1

NEAR = 0.02
"""A run has reached a minimum if it ends within this part of the box's size from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Basins:
    """What became of each start on a grid.

    Attributes:
        xs: (n,) columns of starts.
        ys: (m,) rows of starts.
        reached: (m, n) index into ``Surface.all_minima`` of the minimum that the run ended at;
            :data:`NOWHERE` if it is at none, :data:`DIVERGED` if it left or is no number.
        steps: (m, n) the first step from which the gradient stayed small; the number of steps
            walked where it never did.
        ends: (m, n, 2) the last iterates.
        walked: How many steps every run was given.
    """

    xs: Array
    ys: Array
    reached: npt.NDArray[np.int16]
    steps: npt.NDArray[np.int32]
    ends: Array
    walked: int

    @property
    def settled(self) -> npt.NDArray[np.bool_]:
        """(m, n) whether the run ends at a minimum, its gradient small before the last step."""
        return (self.reached >= 0) & (self.steps < self.walked)

    @property
    def fewest_and_most(self) -> tuple[int, int] | None:
        """Of the steps of the runs that settled; None if none did."""
        steps = self.steps[self.settled]
        return (int(steps.min()), int(steps.max())) if steps.size else None


def basins(
    surface: str | Surface,
    optimizer: str,
    xs: Any,
    ys: Any,
    steps: int,
    context: TaskContext | None = None,
    **hyperparameters: Any,
) -> Basins:
    """Walk from every point of a grid and see where the run ends.

    Args:
        surface: A name or a :class:`Surface`.
        optimizer: A name; it must be elementwise.
        xs: (n,) columns of starts.
        ys: (m,) rows of starts.
        steps: Number of updates.
        context: Told of the progress; may cancel.
        **hyperparameters: As in :func:`optviz.core.trajectory.trajectory`.

    Raises:
        Problem: A name is unknown, a value unusable, or the optimizer looks at more than its
            own coordinate.

    Example:
        >>> found = basins("himmelblau", "sgd", [3, -3], [2], 100, lr=0.01)
        >>> found.reached.tolist()
        [[0, 1]]
    """
    import torch

    where = get_surface(surface) if isinstance(surface, str) else surface
    spec = get_optimizer(optimizer)
    if not spec.elementwise or spec.closure != "none":
        raise Problem("problem.core.not_elementwise", optimizer=optimizer)
    settings = default_hyperparameters(optimizer, where.name) | {
        name: spec.check({name: value})[name] for name, value in hyperparameters.items()
    }
    xs, ys = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    grid_x, grid_y = np.meshgrid(xs, ys)
    p = torch.tensor(np.stack([grid_x.ravel(), grid_y.ravel()])).requires_grad_()
    p.grad = torch.zeros_like(p)
    since = _walk(where, spec.build([p], **settings), p, steps, context or SilentContext())
    shape = grid_x.shape
    ends = p.detach().numpy()
    return Basins(
        xs=xs,
        ys=ys,
        reached=_reached(where, ends).reshape(shape),
        steps=since.reshape(shape),
        ends=np.ascontiguousarray(ends.T).reshape(*shape, 2),
        walked=steps,
    )


def _walk(
    surface: Surface,
    optimizer: torch.optim.Optimizer,
    p: torch.Tensor,
    steps: int,
    context: TaskContext,
) -> npt.NDArray[np.int32]:
    """Step ``steps`` times; the step since which each gradient has been small."""
    import torch

    from optviz.core.engine import bare_step

    slope, move = slopes(surface, *p.detach()), bare_step(optimizer)
    grad = p.grad
    assert grad is not None
    loud = torch.zeros(p.shape[1], dtype=torch.int32)
    limit = surface.gradient_tolerance**2
    for k in range(steps + 1):
        if k % 20 == 0:
            context.checkpoint()
            context.progress(k, steps + 1)
        _, grad[0], grad[1] = slope()
        with torch.no_grad():
            # Not small, or not a number: heard at this step.
            loud.masked_fill_(~(grad.square().sum(0) <= limit), k + 1)
            if k < steps:
                move()
    return loud.clamp(max=steps).numpy()


def _reached(surface: Surface, ends: Array) -> npt.NDArray[np.int16]:
    reached = np.full(ends.shape[1], NOWHERE, dtype=np.int16)
    size = np.array(surface.size)[:, None]
    nearest = np.full(ends.shape[1], NEAR)
    with np.errstate(all="ignore"):
        for i, minimum in enumerate(surface.all_minima):
            away = np.linalg.norm((ends - np.array(minimum)[:, None]) / size, axis=0)
            closer = away < nearest
            reached[closer], nearest[closer] = i, away[closer]
        middle = np.array(surface.centre)[:, None]
        left = ~(np.abs(ends - middle) / size <= FAR).all(axis=0)
    reached[left] = DIVERGED
    return reached


def basins_task(
    context: TaskContext,
    surface: str,
    optimizer: str,
    hyperparameters: Mapping[str, Any],
    xs: Array,
    ys: Array,
    steps: int,
) -> Basins:
    """:func:`basins`, in a process of its own."""
    return basins(surface, optimizer, xs, ys, steps, context, **hyperparameters)
