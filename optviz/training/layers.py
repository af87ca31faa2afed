"""Training with a rate for each layer group, and how far each step moves each of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.task import TaskContext

if TYPE_CHECKING:
    import torch

    from optviz.training.run import TrainingRun

__all__ = ["DIGITS_GROUPS", "Moves", "digits_task", "layered_run", "watch_layers"]

Array = NDArray[np.float64]
Groups = Mapping[str, Sequence["torch.Tensor"]]

_SECONDS_BETWEEN_EVENTS = 0.1

DIGITS_GROUPS = ("layer1", "layer2", "layer3", "layer4")
"""The linear layers of the deep net, from the image to the ten digits."""

_WIDTH = 32
_HELD_OUT = 360
"""Images of 1,797 that training does not see: a fifth."""


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """How far a run moved its layers.

    Attributes:
        groups: (g,) names of the layer groups.
        epochs: (k,) epochs done after each step.
        norms: (k, g) Euclidean length of each step in each group's weights.
        distances: (g,) how far the weights are from where they began.
        sizes: (g,) Euclidean length of the weights at the beginning.
        valid: Epoch → validation loss.
    """

    groups: tuple[str, ...] = ()
    epochs: Array = field(default_factory=lambda: np.zeros(0))
    norms: Array = field(default_factory=lambda: np.zeros((0, 0)))
    distances: Array = field(default_factory=lambda: np.zeros(0))
    sizes: Array = field(default_factory=lambda: np.zeros(0))
    valid: Mapping[int, float] = field(default_factory=dict)


def layered_run(rates: Sequence[float], *, optimizer: str, epochs: int, seed: int) -> Any:
    """A net of four linear layers that reads scikit-learn's digits, ready to train.

    Args:
        rates: One for each of :data:`DIGITS_GROUPS`.
        optimizer: ``"adam"`` or ``"sgd"`` (momentum 0.9).
        epochs: Length of the run.
        seed: Of the weights, the images held out, and the order of the others.

    Returns:
        (the :class:`~optviz.training.run.TrainingRun`, its groups' parameters by name).
    """
    from optviz.training.digits import digits_net, digits_run
    from optviz.training.groups import regroup
    from optviz.training.trainable import make_optimizer

    model = digits_net(len(DIGITS_GROUPS) - 1, False, seed, width=_WIDTH)
    layers = [layer for layer in model if any(True for _ in layer.parameters())]
    groups = {
        name: tuple(layer.parameters()) for name, layer in zip(DIGITS_GROUPS, layers, strict=True)
    }
    mover = make_optimizer(optimizer, model.parameters(), 0.9)
    regroup(mover, list(groups.values()), rates)
    run = digits_run(
        model, mover,
        lr=max(rates), batch_size=64, epochs=epochs, seed=seed, held_out=_HELD_OUT,
    )  # fmt: skip
    return run, groups


def digits_task(
    context: TaskContext, rates: Sequence[float], optimizer: str, epochs: int, seed: int
) -> Moves:
    """:func:`watch_layers` for :func:`layered_run`."""
    run, groups = layered_run(rates, optimizer=optimizer, epochs=epochs, seed=seed)
    return watch_layers(context, run, groups)


def watch_layers(context: TaskContext, run: TrainingRun, groups: Groups) -> Moves:
    """Train to the end and measure every step.

    Events: ``moves`` (epochs (k,), norms (k, g): what happened since the last one) and ``epoch``
    (epoch, valid_loss). When asked to stop it ends after the step and keeps what there is.
    """
    import torch

    begun = _flat(groups)
    before = begun
    at: list[float] = []
    norms: list[list[float]] = []
    told, sent_at = 0, 0.0
    epochs_told = 0
    while not run.done and not context.stop_requested:
        context.checkpoint()
        at.append(run.step().epoch)
        now = _flat(groups)
        norms.append(
            [float(torch.linalg.vector_norm(b - a)) for a, b in zip(before, now, strict=True)]
        )
        before = now
        if time.perf_counter() - sent_at >= _SECONDS_BETWEEN_EVENTS or run.done:
            context.emit("moves", epochs=np.array(at[told:]), norms=np.array(norms[told:]))
            context.progress(run.steps_done, run.total_steps)
            told, sent_at = len(at), time.perf_counter()
        for record in run.history.epochs[epochs_told:]:
            context.emit("epoch", epoch=record.epoch, valid_loss=record.valid_loss)
        epochs_told = len(run.history.epochs)
    return Moves(
        tuple(groups),
        np.array(at),
        np.array(norms).reshape(len(at), len(groups)),
        np.array(
            [float(torch.linalg.vector_norm(b - a)) for a, b in zip(begun, before, strict=True)]
        ),
        np.array([float(torch.linalg.vector_norm(a)) for a in begun]),
        {record.epoch: record.valid_loss for record in run.history.epochs},
    )


def _flat(groups: Groups) -> list[torch.Tensor]:
    """Each group's weights as one vector, copied."""
    import torch

    return [torch.cat([p.detach().reshape(-1) for p in params]) for params in groups.values()]
