"""A small network on real digits, with and without batch normalisation, and its full loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from optviz.core.task import TaskContext
from optviz.training.hessian import HessianProducts
from optviz.training.run import TrainingRun
from optviz.training.schedules import make_schedule
from optviz.training.spectrum import top_eigenpairs
from optviz.training.trainable import digits

__all__ = [
    "ACTIVATIONS",
    "CLASSES",
    "MEASURES",
    "WIDTH",
    "FullLoss",
    "digits_net",
    "digits_run",
    "largest_eigenvalue",
]

WIDTH = 64
"""Units in each hidden layer."""

CLASSES = 10


def _half_squared_error(out: Tensor, labels: Tensor) -> Tensor:
    """½‖out − e_label‖², the mean over the images; e_label is 1 at the label, else 0."""
    wanted = nn.functional.one_hot(labels, out.shape[-1]).to(out.dtype)
    return 0.5 * (out - wanted).square().sum(-1).mean()


MEASURES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": nn.functional.cross_entropy,
    "mse": _half_squared_error,
}
"""Losses of outputs (n, 10) and labels (n,)."""

ACTIVATIONS: Mapping[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}


def digits_net(depth: int, normalised: bool, seed: int, activation: str = "relu") -> nn.Sequential:
    """``depth`` hidden layers, batch normalisation before each activation if ``normalised``.

    The linear layers start as torch starts them; with equal seeds they start equal with and
    without normalisation. (The bias before a normalisation is of no use, and is kept so that
    they do.)
    """
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(depth):
            layers.append(nn.Linear(WIDTH, WIDTH))
            if normalised:
                layers.append(nn.BatchNorm1d(WIDTH))
            layers.append(ACTIVATIONS[activation]())
        layers.append(nn.Linear(WIDTH, CLASSES))
    return nn.Sequential(*layers)


def digits_run(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    lr: float,
    batch_size: int,
    epochs: int,
    seed: int,
    measure: str = "cross_entropy",
) -> TrainingRun:
    """A training run on all 1,797 digits; equal seeds give equal batches."""
    images, labels = digits()
    return TrainingRun(
        model, optimizer, (images,), labels,
        loss=MEASURES[measure], batch_size=batch_size, epochs=epochs,
        schedule=make_schedule("constant", lr, epochs), seed=seed,
    )  # fmt: skip


class FullLoss:
    """The mean loss over all digits, as a function of the weights.

    Batch normalisation takes its statistics from all digits at once: what a batch as large as
    the data would give. The running statistics stay as they are.

    Args:
        model: Its weights are not changed.
        measure: A key of :data:`MEASURES`.
        count: Take only so many digits, the first ones.
    """

    def __init__(
        self, model: nn.Module, measure: str = "cross_entropy", count: int | None = None
    ) -> None:
        self.model = model
        self.measure = MEASURES[measure]
        self.images, self.labels = (part[:count] for part in digits())
        # Buffers are replaced by copies in the call, so that nothing is counted.
        self.buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}

    def __call__(self, weights: Mapping[str, Tensor]) -> Tensor:
        """The loss, a scalar with its graph."""
        training = self.model.training
        self.model.train()
        fresh = {name: buffer.clone() for name, buffer in self.buffers.items()}
        try:
            out = torch.func.functional_call(self.model, {**weights, **fresh}, (self.images,))
        finally:
            self.model.train(training)
        return self.measure(out, self.labels)


def largest_eigenvalue(
    loss: FullLoss, weights: Mapping[str, Tensor], context: TaskContext
) -> float:
    """The largest eigenvalue of the loss's Hessian at ``weights``, by Lanczos.

    scipy's ``eigsh`` needs a few dozen products of the Hessian with a vector.

    Args:
        loss: The loss of weights by name.
        weights: Where; they are not changed.
        context: Asked before each product whether to end.

    Raises:
        Cancelled: The user cancelled it.
    """
    products = HessianProducts(loss, weights)

    def product(vector: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        context.checkpoint()
        return products(vector)

    if not products.finite:
        return float("nan")
    found = top_eigenpairs(product, len(products), 1).values
    return float(found[0]) if len(found) else float("nan")
