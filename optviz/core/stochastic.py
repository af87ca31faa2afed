"""Gradient descent on batches of real samples: real torch optimizers, paired noise.

The full loss along the path, its gradient and the noise about it are worked out afterwards, for
the reader only: the optimizer sees nothing but its batches.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.batches import Batches, batches
from optviz.core.optimizers import OPTIMIZERS, Value, get_optimizer
from optviz.core.problem import Problem
from optviz.core.sample_loss import MODELS, Samples, full_surface, per_sample
from optviz.core.task import TaskContext
from optviz.core.trajectory import Trajectory, described

if TYPE_CHECKING:
    import torch

__all__ = [
    "SCHEDULES",
    "WALKERS",
    "BatchSpec",
    "NoisyRun",
    "noisy_runs",
    "noisy_runs_task",
    "seconds_task",
    "suitable_lr",
    "updates_for",
]

Array = npt.NDArray[np.float64]

SCHEDULES = ("constant", "inverse", "step")
"""How the rate goes: not at all; as 1/t (``LambdaLR``); down in steps (``StepLR``)."""

WALKERS = tuple(name for name, spec in OPTIMIZERS.items() if spec.closure == "none")
"""The optimizers that a batch's gradient is all they ask for."""

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """One compared choice.

    Attributes:
        optimizer: One of :data:`WALKERS`.
        batch: Samples in a batch; 0 for all of them.
        lr: Learning rate, at the beginning.
        schedule: One of :data:`SCHEDULES`.
    """

    optimizer: str
    batch: int
    lr: float
    schedule: str = "constant"

    def size(self, n: int) -> int:
        """Samples in a batch when there are ``n``."""
        return min(self.batch, n) or n


@dataclass(frozen=True, slots=True, eq=False)
class NoisyRun:
    """What happened, exactly as torch computed it.

    Attributes:
        spec: The choice.
        path: The iterates, with the *full* loss and its gradient there.
        batches: The rows of each update.
        batch_losses: (updates,) the loss that the optimizer saw.
        batch_grads: (updates, 2) the gradient that it was given.
        rates: (updates,) the learning rate of each update.
        covariance: (updates+1, 3) of one sample's gradient at each iterate: xx, xy, yy.
    """

    spec: BatchSpec
    path: Trajectory
    batches: Batches
    batch_losses: Array
    batch_grads: Array
    rates: Array
    covariance: Array


def suitable_lr(samples: Samples, optimizer: str, batch: int) -> float:
    """A rate by rule of thumb: for plain steps a part of what the curvature allows.

    A batch's own surface may be far steeper than the full one, so that small batches get less:
    the limit is that of the mean curvature plus 1/B of the steepest sample's.
    """
    from optviz.core.noise_ball import steepness

    size = BatchSpec(optimizer, batch, 1.0).size(len(samples))
    limit = 2.0 / steepness(samples, size)
    share = {"sgd": 0.2, "asgd": 0.2, "momentum": 0.02, "nesterov": 0.02}.get(optimizer)
    if share is not None:
        return float(f"{share * limit:.1g}")
    return {"adagrad": 0.2, "adadelta": 5.0}.get(optimizer, 0.05)


def updates_for(samples: Samples, spec: BatchSpec, epochs: int, sampling: str) -> int:
    """How many updates are paid for by looking ``epochs`` times at as many samples as there are.

    Shuffled batches end with each epoch, so that its last one may be smaller; others are all
    of one size, and what does not fill another one is left over.
    """
    n, size = len(samples), spec.size(len(samples))
    return epochs * math.ceil(n / size) if sampling == "shuffled" else epochs * n // size


def noisy_runs(
    samples: Samples,
    specs: Sequence[BatchSpec],
    start: Sequence[float],
    updates: Sequence[int],
    sampling: str,
    seed: int,
) -> list[NoisyRun]:
    """All runs from one start, over one stream of samples.

    Args:
        samples: The data and the model.
        specs: The compared choices.
        start: Where all begin.
        updates: How many each makes.
        sampling: One of :data:`~optviz.core.batches.SAMPLINGS`.
        seed: Of the stream; the same for all, so that the noise is paired.

    Raises:
        Problem: An unknown optimizer, or one that wants more than a gradient.
    """
    found = []
    for spec, count in zip(specs, updates, strict=True):
        drawn = batches(len(samples), spec.size(len(samples)), count, sampling, seed)
        points, seen, slopes, rates = _walk(samples, spec, start, drawn)
        found.append(_told(samples, spec, drawn, points, seen, slopes, rates))
    return found


def noisy_runs_task(context: TaskContext, **arguments: Any) -> list[NoisyRun]:
    """:func:`noisy_runs`, in a process of its own."""
    context.checkpoint()
    return noisy_runs(**arguments)


def seconds_task(
    context: TaskContext,
    samples: Samples,
    specs: Sequence[BatchSpec],
    start: Sequence[float],
    updates: Sequence[int],
    sampling: str,
    seed: int,
    repeats: int = 7,
) -> list[float]:
    """Wall-clock of each run's very loop (batches, gradients, updates): the median of several.

    The runs take turns, so that a busy moment of the machine falls on all of them.
    """
    drawn = [
        batches(len(samples), spec.size(len(samples)), count, sampling, seed)
        for spec, count in zip(specs, updates, strict=True)
    ]
    taken: list[list[float]] = [[] for _ in specs]
    for turn in range(repeats + 1):
        for i, (spec, rows) in enumerate(zip(specs, drawn, strict=True)):
            context.checkpoint()
            began = time.perf_counter()
            _walk(samples, spec, start, rows)
            if turn:  # the first one loads what the others find loaded
                taken[i].append(time.perf_counter() - began)
        context.progress(turn + 1, repeats + 1)
    return [statistics.median(seconds) for seconds in taken]


def _settings(spec: BatchSpec) -> dict[str, Value]:
    optimizer = get_optimizer(spec.optimizer)
    if spec.optimizer not in WALKERS:
        raise Problem("problem.batch_size.optimizer", known=", ".join(WALKERS))
    return optimizer.check({"lr": spec.lr})


def _scheduler(
    optimizer: torch.optim.Optimizer, schedule: str, updates: int
) -> torch.optim.lr_scheduler.LRScheduler | None:
    """torch's own scheduler; its lengths follow from the number of updates."""
    import torch

    if schedule == "inverse":
        tenth = max(updates / 10, 1.0)
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1 / (1 + k / tenth))
    if schedule == "step":
        quarter = max(math.ceil(updates / 4), 1)
        return torch.optim.lr_scheduler.StepLR(optimizer, quarter, gamma=0.3)
    return None


def _walk(
    samples: Samples, spec: BatchSpec, start: Sequence[float], drawn: Batches
) -> tuple[Array, Array, Array, Array]:
    """The loop: take the batch, its gradient, one step.

    Equal, bit for bit, to the loop that a student writes (``loss(batch).mean().backward()``,
    ``optimizer.step()``, ``scheduler.step()``): autograd's work is recorded once for each batch
    size and replayed (:mod:`optviz.core.tape`).

    Returns:
        Iterates (updates+1, 2); of each update the batch's loss, its gradient, and the rate.
    """
    import torch

    from optviz.core.engine import bare_step, spare_the_compiler

    spare_the_compiler()
    optimizer_spec, updates = get_optimizer(spec.optimizer), len(drawn)
    whole = torch.tensor([float(part) for part in start], dtype=torch.float64)
    p = whole.view(optimizer_spec.shape).detach().requires_grad_()
    p.grad = torch.zeros_like(p)
    optimizer = optimizer_spec.build([p], **_settings(spec))
    scheduler = _scheduler(optimizer, spec.schedule, updates)
    # A scheduler watches ``optimizer.step``; without one the bare method will do.
    step: Callable[[], Any] = optimizer.step if scheduler else bare_step(optimizer)
    group = optimizer.param_groups[0]

    x, y = torch.as_tensor(samples.x), torch.as_tensor(samples.y)
    rows, ends = torch.as_tensor(drawn.rows), drawn.ends.tolist()
    first, second = whole[0], whole[1]
    slope = p.grad.view(2)
    now, given = whole.numpy(), slope.numpy()
    recorded = _Recorded(samples, first, second)
    points, slopes = np.empty((updates + 1, 2)), np.empty((updates, 2))
    seen, rates = np.empty(updates), np.empty(updates)
    points[0] = now
    with torch.no_grad():
        for k in range(updates):
            low, high = ends[k], ends[k + 1]
            play, bx, by = recorded[high - low]
            torch.index_select(x, 0, rows[low:high], out=bx)
            torch.index_select(y, 0, rows[low:high], out=by)
            loss, gx, gy = play(first, second)
            slope[0], slope[1] = gx, gy
            seen[k], slopes[k], rates[k] = loss, given, group["lr"]
            step()
            if scheduler:
                scheduler.step()
            points[k + 1] = now
    return points, seen, slopes, rates


class _Recorded:
    """For each batch size: the recording of autograd's work, and where it reads the batch."""

    def __init__(self, samples: Samples, first: torch.Tensor, second: torch.Tensor) -> None:
        self.loss = MODELS[samples.model].loss
        self.at = first, second
        self.known: dict[int, tuple[Any, torch.Tensor, torch.Tensor]] = {}

    def __getitem__(self, size: int) -> tuple[Any, torch.Tensor, torch.Tensor]:
        if size not in self.known:
            import torch

            from optviz.core.tape import Tape

            bx, by = torch.zeros(2, size, dtype=torch.float64)
            with torch.enable_grad():
                tape = Tape(lambda p, q: self.loss(p, q, bx, by).mean(), *self.at)
            self.known[size] = tape, bx, by
        return self.known[size]


def _told(
    samples: Samples,
    spec: BatchSpec,
    drawn: Batches,
    points: Array,
    seen: Array,
    slopes: Array,
    rates: Array,
) -> NoisyRun:
    """The run with what is known of the full loss along it."""
    losses, grads = np.empty(len(points)), np.empty((len(points), 2))
    covariance = np.empty((len(points), 3))
    for low in range(0, len(points), _CHUNK):
        part = slice(low, low + _CHUNK)
        with np.errstate(all="ignore"):
            value, each = per_sample(samples, points[part])
            losses[part], grads[part] = value.mean(axis=1), each.mean(axis=1)
            gx, gy = np.moveaxis(each - grads[part][:, None, :], -1, 0)
            for place, product in enumerate((gx * gx, gx * gy, gy * gy)):
                covariance[part, place] = product.mean(axis=1)
    settings = _settings(spec)
    (path,) = described(
        full_surface(samples), [(get_optimizer(spec.optimizer), settings)],
        points[None], losses[None], grads[None], True,
    )  # fmt: skip
    return NoisyRun(spec, path, drawn, seen, slopes, rates, covariance)
