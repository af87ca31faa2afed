"""scikit-learn's handwritten digits, the small networks that read them, and their training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import torch
from torch import Tensor, nn

from optviz.training.run import TrainingRun
from optviz.training.schedules import make_schedule

__all__ = ["ACTIVATIONS", "CLASSES", "MEASURES", "WIDTH", "digits", "digits_net", "digits_run"]

WIDTH = 64
"""Units in each hidden layer, if nothing else is said."""

PIXELS = 64
CLASSES = 10


@lru_cache(maxsize=1)
def digits() -> tuple[Tensor, Tensor]:
    """(1797, 64) intensities from 0 to 1, and (1797,) labels from 0 to 9."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)


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


def digits_net(
    depth: int, normalised: bool, seed: int, activation: str = "relu", width: int = WIDTH
) -> nn.Sequential:
    """``depth`` hidden layers, batch normalisation before each activation if ``normalised``.

    The linear layers start as torch starts them; with equal seeds they start equal with and
    without normalisation. (The bias before a normalisation is of no use, and is kept so that
    they do.)
    """
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for units in (PIXELS, *(width,) * depth)[:-1]:
            layers.append(nn.Linear(units, width))
            if normalised:
                layers.append(nn.BatchNorm1d(width))
            layers.append(ACTIVATIONS[activation]())
        layers.append(nn.Linear(width, CLASSES))
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
    held_out: int = 0,
) -> TrainingRun:
    """A training run on the digits; equal seeds give equal batches.

    Args:
        model: What learns to read, (n, 64) → (n, 10).
        optimizer: Moves the model.
        lr: Learning rate, the same throughout.
        batch_size: Images in a step.
        epochs: Passes over the images.
        seed: Of the images held out and of the order of the others.
        measure: A key of :data:`MEASURES`.
        held_out: So many of the 1,797 images, chosen at random, are for validation only.
    """
    images, labels = digits()
    loss = MEASURES[measure]
    validate: Callable[[], float] | None = None
    if held_out:
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
        kept = order[held_out:]
        unseen, truth = images[order[:held_out]], labels[order[:held_out]]
        images, labels = images[kept], labels[kept]

        def validate() -> float:
            with torch.inference_mode():
                return float(loss(model(unseen), truth))

    return TrainingRun(
        model, optimizer, (images,), labels,
        loss=loss, batch_size=batch_size, epochs=epochs,
        schedule=make_schedule("constant", lr, epochs), seed=seed, validate=validate,
    )  # fmt: skip
