"""What batch normalisation changes: one network with and without it, measured side by side.

Both networks start from the same linear layers, see the same batches in the same order and are
trained with the same ``torch.optim.SGD`` (Ioffe & Szegedy, ICML 2015, arXiv:1502.03167; what
it does to the landscape: Santurkar et al., NeurIPS 2018, arXiv:1805.11604).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.task import TaskContext
from optviz.training.landscape import (
    REACH,
    flatten,
    loss_grid,
    random_directions,
    unflatten,
)
from optviz.training.sweeps import Sweep, SweepPlan, run_sweep

if TYPE_CHECKING:
    import torch

    from optviz.training.run import TrainingRun

__all__ = [
    "BATCHES",
    "LAYER_BINS",
    "Modes",
    "NormPlan",
    "NormSide",
    "NormStudy",
    "compare_modes",
    "layer_inputs",
    "norm_task",
    "stable_range",
]

Array = npt.NDArray[np.float64]

SIDES = ("plain", "normalised")
BATCHES = (2, 4, 8, 16, 32, 64, 128)
"""Batch sizes at which train and eval mode are told apart."""

DRAWS = 40
"""Batches of each size over which they are compared."""

SWEEP = SweepPlan(1e-4, 100.0, 100, n_checks=49)
"""The range test, and the short trainings that check it."""

WORKS = 0.5
"""A rate works if a short training ends below this part of the loss at its start."""

LAYER_BINS = np.linspace(-5, 5, 81)
"""Edges of the histograms of what each ReLU is given; the outer bins hold what lies beyond."""


@dataclass(frozen=True, slots=True)
class NormPlan:
    """What is compared.

    Attributes:
        depth: Hidden layers.
        lr: Learning rate of the training.
        batch_size: Digits in a step.
        epochs: Passes over the digits.
        seed: Of the first weights, the batches and the directions.
        points: Along each side of the loss surfaces.
    """

    depth: int = 3
    lr: float = 0.1
    batch_size: int = 50
    epochs: int = 10
    seed: int = 0
    points: int = 31

    def task(self) -> str:
        """What computes it."""
        return "optviz.training.batch_norm:norm_task"


@dataclass(frozen=True, slots=True, eq=False)
class Modes:
    """One trained network asked in train mode and in eval mode, for one batch size.

    Attributes:
        batch_means: (units,) means of the first layer's outputs in one batch.
        running_means: (units,) the running means that eval mode uses instead.
        train_accuracy: (draws,) share of right answers in train mode, a batch each.
        eval_accuracy: (draws,) the same batches in eval mode.
        train_loss: Mean loss over the batches in train mode.
        eval_loss: In eval mode.
    """

    batch_means: Array
    running_means: Array
    train_accuracy: Array
    eval_accuracy: Array
    train_loss: float
    eval_loss: float


@dataclass(frozen=True, slots=True, eq=False)
class NormSide:
    """What is known of one of the two networks; None where not yet.

    Attributes:
        losses: (steps,) training loss of each step.
        full: The loss over all digits at the end.
        surface: (n, n) loss on filter-normalised random directions round the trained weights.
        sweep: The range test from the untrained network.
        eigenvalues: (epochs + 1,) the Hessian's largest eigenvalue before training and after
            each epoch.
        activations: (2, depth, bins) histograms (densities) of what each ReLU is given, before
            and after training.
        modes: Batch size → train and eval mode; empty without normalisation.
    """

    losses: Array | None = None
    full: float | None = None
    surface: Array | None = None
    sweep: Sweep | None = None
    eigenvalues: Array | None = None
    activations: Array | None = None
    modes: Mapping[int, Modes] | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return all(getattr(self, field.name) is not None for field in fields(self))


@dataclass(frozen=True, slots=True, eq=False)
class NormStudy:
    """The two networks.

    Attributes:
        plain: Without batch normalisation.
        normalised: With it.
        grid: (n,) coordinates of both surfaces, in lengths of the filters.
    """

    plain: NormSide
    normalised: NormSide
    grid: Array

    def with_piece(self, side: str, **piece: Any) -> NormStudy:
        """A copy that knows more about one side."""
        known = {"plain": self.plain, "normalised": self.normalised}
        known[side] = replace(known[side], **piece)
        return NormStudy(known["plain"], known["normalised"], self.grid)


def stable_range(sweep: Sweep) -> tuple[float, float] | None:
    """The lowest and highest rate at which a short training works; None if there is none.

    It works if it ends below :data:`WORKS` times the loss at the start of the sweep.
    """
    works = sweep.check_losses < WORKS * sweep.losses[0]
    rates = sweep.check_lrs[works]
    return (float(rates[0]), float(rates[-1])) if len(rates) else None


class _Part:
    """A part of a longer task: its progress is a part of the whole, its events are dropped."""

    def __init__(self, context: TaskContext, start: float, share: float) -> None:
        self._context, self._start, self._share = context, start, share

    @property
    def stop_requested(self) -> bool:
        return self._context.stop_requested

    def emit(self, kind: str, **data: Any) -> None:
        """Drop the event."""

    def progress(self, done: float, total: float) -> None:
        self._context.progress(self._start + self._share * done / max(total, 1e-300), 1.0)

    def checkpoint(self) -> None:
        self._context.checkpoint()

    def hold(self) -> None:
        self._context.hold()

    def messages(self) -> Sequence[Mapping[str, Any]]:
        return self._context.messages()


def norm_task(context: TaskContext, plan: NormPlan) -> NormStudy:
    """Train both networks and measure them.

    Events: ``piece`` (side, name, value: one field of :class:`NormSide`) as soon as each is
    there. Progress counts to 1.

    Raises:
        Cancelled: Its user cancelled it.
    """
    grid = np.linspace(-REACH, REACH, plan.points | 1)  # odd, so that the centre is on it
    study = NormStudy(NormSide(), NormSide(), grid)
    for i, side in enumerate(SIDES):
        for name, value in _pieces(context, plan, side, grid, i / 2):
            study = study.with_piece(side, **{name: value})
            context.emit("piece", side=side, name=name, value=value)
    return study


def _pieces(context: TaskContext, plan: NormPlan, side: str, grid: Array, begun: float) -> Any:
    """Name and value of each field of one side; its work is half of the whole."""
    import torch

    from optviz.training.digits import digits_net, digits_run
    from optviz.training.full_loss import FullLoss, largest_eigenvalue
    from optviz.training.trainable import of_run

    model = digits_net(plan.depth, side == "normalised", plan.seed)
    run = digits_run(
        model, torch.optim.SGD(model.parameters(), lr=plan.lr), lr=plan.lr,
        batch_size=plan.batch_size, epochs=plan.epochs, seed=plan.seed,
    )  # fmt: skip
    full = FullLoss(model)
    weights = dict(model.named_parameters())
    shapes = {name: tuple(w.shape) for name, w in weights.items()}

    yield "sweep", run_sweep(_Part(context, begun, 0.15), of_run(run), SWEEP)

    before = layer_inputs(model, full.images)
    eigenvalues = [largest_eigenvalue(full, weights, context)]
    epoch = 0
    while not run.done:
        context.checkpoint()
        run.step()
        if len(run.history.epochs) > epoch:
            epoch = len(run.history.epochs)
            eigenvalues.append(largest_eigenvalue(full, weights, context))
            context.progress(begun + 0.15 + 0.1 * epoch / plan.epochs, 1.0)
    yield "losses", np.array([record.train_loss for record in run.history.batches])
    yield "eigenvalues", np.array(eigenvalues)
    yield "activations", np.stack([before, layer_inputs(model, full.images)])

    centre = flatten(weights)

    def loss_at(vector: npt.NDArray[np.float32]) -> float:
        parts = {n: torch.from_numpy(part) for n, part in unflatten(vector, shapes).items()}
        with torch.no_grad():
            return float(full(parts))

    yield "full", loss_at(centre)
    yield "modes", _modes(run, plan.seed) if side == "normalised" else {}
    done = 0

    def told(row: int, losses: Array) -> None:
        nonlocal done
        done += 1
        context.progress(begun + 0.25 + 0.25 * done / len(grid), 1.0)

    directions = random_directions(centre, shapes, plan.seed)
    yield "surface", loss_grid(loss_at, centre, directions, grid, grid, context, told)


def layer_inputs(model: torch.nn.Sequential, images: torch.Tensor) -> Array:
    """Histograms of what each ReLU is given, with the statistics of all images as one batch.

    Args:
        model: From :func:`~optviz.training.digits.digits_net`; it is not changed.
        images: (n, 64).

    Returns:
        (layers, bins) densities over :data:`LAYER_BINS`.
    """
    import torch

    found = []
    x = images
    width = float(LAYER_BINS[1] - LAYER_BINS[0])
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, torch.nn.ReLU):
                values = x.numpy().clip(LAYER_BINS[0], LAYER_BINS[-1])
                counts, _ = np.histogram(values, LAYER_BINS)
                found.append(counts / values.size / width)
            if isinstance(layer, torch.nn.BatchNorm1d):
                x = torch.nn.functional.batch_norm(
                    x, None, None, layer.weight, layer.bias, training=True, eps=layer.eps
                )
            else:
                x = layer(x)
    return np.array(found)


def _modes(run: TrainingRun, seed: int) -> dict[int, Modes]:
    return {size: compare_modes(run.model, size, seed) for size in BATCHES}


def compare_modes(model: torch.nn.Module, size: int, seed: int, draws: int = DRAWS) -> Modes:
    """Ask a network with batch normalisation about the same batches in both modes.

    The model, its running statistics and its mode are as before afterwards.

    Args:
        model: From :func:`~optviz.training.digits.digits_net`, trained.
        size: Digits in a batch.
        seed: Of the batches.
        draws: How many batches.
    """
    import torch

    from optviz.training.digits import digits

    images, labels = digits()
    generator = torch.Generator().manual_seed(seed)
    kept = {name: buffer.clone() for name, buffer in model.named_buffers()}
    training = model.training
    first = next(m for m in model.modules() if isinstance(m, torch.nn.BatchNorm1d))
    linear = next(m for m in model.modules() if isinstance(m, torch.nn.Linear))
    accuracy: dict[bool, list[float]] = {True: [], False: []}
    losses: dict[bool, list[float]] = {True: [], False: []}
    means = np.zeros(0)
    try:
        with torch.no_grad():
            for draw in range(draws):
                batch = torch.randperm(len(labels), generator=generator)[:size]
                if draw == 0:
                    means = linear(images[batch]).mean(0).double().numpy()
                for mode in (True, False):
                    # A batch must not leave a trace in what the next one is judged by.
                    fresh = {name: buffer.clone() for name, buffer in kept.items()}
                    model.train(mode)
                    out = torch.func.functional_call(model, fresh, (images[batch],))
                    right = (out.argmax(1) == labels[batch]).double().mean()
                    accuracy[mode].append(float(right))
                    losses[mode].append(
                        float(torch.nn.functional.cross_entropy(out, labels[batch]))
                    )
    finally:
        model.train(training)
    running = first.running_mean
    assert running is not None
    return Modes(
        means,
        running.double().numpy().copy(),
        np.array(accuracy[True]),
        np.array(accuracy[False]),
        math.fsum(losses[True]) / draws,
        math.fsum(losses[False]) / draws,
    )
