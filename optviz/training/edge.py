"""The edge of stability: gradient descent sharpens a network until its own step is the limit.

Full-batch gradient descent on a small network, with the Hessian's largest eigenvalue measured
along the way. On a quadratic it would diverge above 2/lr; a network rises to that line and
stays there, while its loss goes up and down from step to step and falls in the long run
(Cohen, Kaur, Li, Kolter & Talwalkar, ICLR 2021, arXiv:2103.00065).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optviz.core.stability import stability_bound
from optviz.core.task import TaskContext
from optviz.training.spectrum import lanczos

if TYPE_CHECKING:
    from torch import Tensor

    from optviz.training.full_loss import FullLoss

__all__ = ["EdgePlan", "EdgeRun", "EdgeStudy", "edge_task", "sharpness"]

Array = npt.NDArray[np.float64]

GONE = 1e4
"""A run whose loss is so many times that of its start has diverged, and ends."""

CLOSE = 1e-2
"""Residual at which the largest eigenvalue is found, as a part of it."""

_KRYLOV = 6
"""Products before the search starts afresh from the best vector so far."""

_ROUNDS = 12
"""Fresh starts at most."""

_STIR = 0.02
"""How much chance is stirred into a vector that is used again: another one may have overtaken."""

_BETWEEN = 0.2
"""Seconds between two messages about how far the runs are."""


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """What is trained, and how.

    Attributes:
        rates: Learning rates, a run each, all from the same weights.
        momentum: Of ``torch.optim.SGD``.
        loss: A key of :data:`optviz.training.digits.MEASURES`.
        activation: A key of :data:`optviz.training.digits.ACTIVATIONS`.
        depth: Hidden layers, 64 units each.
        steps: Updates of each run.
        digits: How many digits, the first ones; each step sees them all.
        every: Steps between two measurements of the eigenvalue.
        seed: Of the first weights.
    """

    rates: tuple[float, ...] = (0.1, 0.2)
    momentum: float = 0.0
    loss: str = "mse"
    activation: str = "tanh"
    depth: int = 2
    steps: int = 2000
    digits: int = 500
    every: int = 10
    seed: int = 0

    def limit(self, rate: float) -> float:
        """The largest eigenvalue at which this rate would be stable on a quadratic."""
        bound = stability_bound("momentum", {"momentum": self.momentum})
        assert bound is not None
        return bound / rate

    def task(self) -> str:
        """What computes it."""
        return "optviz.training.edge:edge_task"


@dataclass(frozen=True, slots=True, eq=False)
class EdgeRun:
    """One training, as far as it is.

    Attributes:
        rate: Its learning rate.
        losses: (steps so far + 1,) the loss before each step, and after the last.
        at: (m,) steps at which the eigenvalue was measured.
        sharpness: (m,) the largest eigenvalue there.
        residuals: (m,) ‖Hv − λv‖ of each.
        diverged: The step at which it was given up, if it was.
    """

    rate: float
    losses: Array
    at: npt.NDArray[np.int64]
    sharpness: Array
    residuals: Array
    diverged: int | None = None

    def entered(self, limit: float) -> int | None:
        """The first measured step at which the eigenvalue had reached the limit."""
        there = self.at[self.sharpness >= limit]
        return int(there[0]) if len(there) else None

    def hovering(self, limit: float) -> float:
        """The mean of the eigenvalue over the last quarter of the run, in parts of the limit."""
        last = self.sharpness[self.at >= 0.75 * self.at[-1]]
        return float(last.mean()) / limit

    def rises(self) -> float:
        """The share of steps, in the last quarter, after which the loss was higher."""
        last = np.diff(self.losses[-max(2, len(self.losses) // 4) :])
        return float((last > 0).mean())


@dataclass(frozen=True, slots=True, eq=False)
class EdgeStudy:
    """The runs, one a rate of the plan, in its order.

    Attributes:
        runs: As far as they are.
        seconds: What it took.
    """

    runs: tuple[EdgeRun, ...]
    seconds: float = math.nan


def sharpness(
    loss: FullLoss, weights: Mapping[str, Tensor], guess: Array | None = None, seed: int = 0
) -> tuple[float, float, Array]:
    """The Hessian's largest eigenvalue, its residual, and its vector (n,).

    A few Lanczos steps at a time, each time from the best vector so far; from the vector of
    nearby weights it takes two or three times fewer products than from chance.

    Args:
        loss: The loss.
        weights: Where; they are not changed.
        guess: (n,) the vector found at weights nearby.
        seed: Of the chance in the start vector.
    """
    from optviz.training.hessian import HessianProducts

    products = HessianProducts(loss, weights)
    chance = np.random.default_rng(seed).standard_normal(len(products))
    if not products.finite:
        return math.nan, math.nan, chance
    start = chance
    if guess is not None:
        start = guess + _STIR / math.sqrt(len(chance)) * chance
    value, residual = math.nan, math.inf
    for _ in range(_ROUNDS):
        value, residual, start = lanczos(products, start, _KRYLOV).largest()
        if residual <= CLOSE * abs(value):
            break
    return value, residual, start


@dataclass(slots=True)
class _Log:
    """What a run has told so far."""

    rate: float
    losses: list[float] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    residuals: list[float] = field(default_factory=list)
    diverged: int | None = None

    def run(self) -> EdgeRun:
        return EdgeRun(
            self.rate, np.array(self.losses), np.array(self.at, dtype=np.int64),
            np.array(self.sharpness), np.array(self.residuals), self.diverged,
        )  # fmt: skip


def edge_task(context: TaskContext, plan: EdgePlan) -> EdgeStudy:
    """Train once for each rate, all side by side, and measure.

    Events: ``runs`` (a tuple of :class:`EdgeRun`), a few a second. Progress counts to 1.

    Raises:
        Cancelled: Its user cancelled it.
    """
    started = told = time.perf_counter()
    logs = [_Log(rate) for rate in plan.rates]
    under_way = [_trained(plan, log) for log in logs]
    for step in range(plan.steps + 1):
        context.checkpoint()
        for way in under_way:
            next(way, None)
        if time.perf_counter() - told >= _BETWEEN:
            told = time.perf_counter()
            context.emit("runs", runs=tuple(log.run() for log in logs))
            context.progress(step / plan.steps, 1.0)
    return EdgeStudy(tuple(log.run() for log in logs), time.perf_counter() - started)


def _trained(plan: EdgePlan, log: _Log) -> Iterator[None]:
    """Train, and log each step; the last look comes after the last step."""
    import torch

    from optviz.training.digits import digits_net
    from optviz.training.full_loss import FullLoss

    model = digits_net(plan.depth, False, plan.seed, plan.activation)
    full = FullLoss(model, plan.loss, plan.digits)
    weights = dict(model.named_parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=log.rate, momentum=plan.momentum)
    vector: Array | None = None
    for step in range(plan.steps + 1):
        loss = full(weights)
        log.losses.append(float(loss.detach()))
        if not log.losses[-1] <= GONE * log.losses[0]:  # also NaN
            log.diverged = step
            return
        if step % plan.every == 0:
            value, residual, vector = sharpness(full, weights, vector, step)
            log.at.append(step)
            log.sharpness.append(value)
            log.residuals.append(residual)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield
