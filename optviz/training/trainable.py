"""Small things to try a learning rate on: a network that reads digits, and a point on a surface.

Both come as a :class:`Trainable`, which is all that a sweep needs to know; the recommender
makes its own (:mod:`optviz.recommender.sweeps`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch

from optviz.core.curvature import curvature
from optviz.core.problem import Problem
from optviz.core.stability import largest_stable_lr
from optviz.core.surface import Surface
from optviz.training.digits import digits_net, digits_run
from optviz.training.run import TrainingRun
from optviz.training.snapshot import AnyGenerator, Stateful

__all__ = [
    "OPTIMIZERS",
    "SurfacePoint",
    "Trainable",
    "digits_mlp",
    "make_optimizer",
    "of_run",
    "stability_limit",
    "surface_point",
]

OPTIMIZERS = ("adam", "sgd", "adamw")
"""What a sweep can be made with."""


@dataclass(frozen=True, slots=True, eq=False)
class Trainable:
    """A model with its optimizer and its batches; see :func:`~.lr_finder.lr_range_test`."""

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    next_loss: Callable[[], torch.Tensor]
    generators: Sequence[AnyGenerator] = ()
    stateful: Sequence[Stateful] = ()


def of_run(run: TrainingRun) -> Trainable:
    """A training run as something to sweep; the run goes on afterwards as if nothing had been."""
    return Trainable(run.model, run.optimizer, run.next_loss, run.generators, (run,))


def make_optimizer(
    name: str, parameters: Iterable[torch.nn.Parameter], momentum: float
) -> torch.optim.Optimizer:
    """The torch.optim class called ``name`` with torch's defaults, the rate still to be set.

    Args:
        name: One of :data:`OPTIMIZERS`.
        parameters: What it moves.
        momentum: Momentum of SGD; Adam and AdamW have none.

    Raises:
        Problem: There is no such optimizer.
    """
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=1e-3, momentum=momentum)
    if name not in OPTIMIZERS:
        raise Problem(
            "problem.core.unknown_name", kind="optimizer", name=name, known=", ".join(OPTIMIZERS)
        )
    return (torch.optim.Adam if name == "adam" else torch.optim.AdamW)(parameters)


def digits_mlp(optimizer: str, *, momentum: float, batch_size: int, seed: int) -> Trainable:
    """A network with one hidden layer on scikit-learn's 1,797 handwritten digits.

    Args:
        optimizer: One of :data:`OPTIMIZERS`.
        momentum: Momentum of SGD.
        batch_size: Images in a step.
        seed: Of the weights and of the order of the images.

    Raises:
        Problem: There is no such optimizer.
    """
    model = digits_net(1, False, seed)
    mover = make_optimizer(optimizer, model.parameters(), momentum)
    return of_run(digits_run(model, mover, lr=1e-3, batch_size=batch_size, epochs=1, seed=seed))


class SurfacePoint(torch.nn.Module):
    """Two numbers, and the height of a surface over them: the smallest model there is.

    Args:
        surface: What it stands on.
    """

    def __init__(self, surface: Surface) -> None:
        super().__init__()
        self.surface = surface
        self.point = torch.nn.Parameter(torch.tensor(surface.start, dtype=torch.float64))

    def forward(self) -> torch.Tensor:
        """The height, a scalar."""
        return self.surface.function(*self.point)


def surface_point(surface: Surface, optimizer: str, *, momentum: float) -> Trainable:
    """A point at the surface's own start.

    Raises:
        Problem: There is no such optimizer.
    """
    model = SurfacePoint(surface)
    return Trainable(model, make_optimizer(optimizer, model.parameters(), momentum), model)


def stability_limit(surface: Surface, momentum: float) -> float | None:
    """The largest stable rate of SGD beside the surface's (first) minimum.

    Exact on a quadratic, where the curvature is the same everywhere; elsewhere it holds near
    the minimum. See :mod:`optviz.core.stability`.

    Returns:
        The rate; None where there is no minimum or nothing curves there.
    """
    if not surface.all_minima:
        return None
    curved = float(curvature(surface, surface.all_minima[:1]).eigenvalues[0, 1])
    limit = largest_stable_lr("momentum", {"momentum": momentum}, curved)
    return limit if limit is not None and math.isfinite(limit) else None
