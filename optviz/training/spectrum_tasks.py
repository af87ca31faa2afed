"""The Hessian's spectrum before and after a training, as a task that any backend can run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from optviz.core.task import TaskContext
from optviz.training.spectrum import (
    Array,
    Density,
    Eigenpairs,
    Estimate,
    bottom_eigenpairs,
    hutchinson,
    quadrature,
    top_eigenpairs,
)

if TYPE_CHECKING:
    from torch import Tensor

    from optviz.training.run import TrainingRun

__all__ = [
    "BATCH",
    "RATE",
    "WHEN",
    "DigitsSpectrum",
    "Effort",
    "Spectrum",
    "SpectrumStudy",
    "compare_spectra",
    "digits_spectrum_task",
    "outliers",
]

RATE = 0.1
"""Learning rate of the network that reads digits."""

BATCH = 50
"""Digits in a step of its training."""

WHEN = ("before", "after")

_USUAL = 80
"""Products after which a search for eigenvalues is taken to be half done."""

_TRAINING = 0.1
"""The part of the progress bar that the training takes."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is computed.

    Attributes:
        top: Largest eigenvalues wanted.
        bottom: Smallest ones.
        probes: Random vectors of the density.
        steps: Lanczos steps from each.
        vectors: Random vectors of the trace, others than those.
    """

    top: int = 12
    bottom: int = 1
    probes: int = 4
    steps: int = 60
    vectors: int = 40


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The Hessian at one set of weights; None where not yet known.

    Attributes:
        epoch: Epochs of training behind it.
        size: Weights, and so eigenvalues.
        loss: There.
        top: The largest eigenvalues.
        bottom: The smallest.
        trace: Their sum, by Hutchinson's estimator.
        density: Of all.
    """

    epoch: int
    size: int
    loss: float
    top: Eigenpairs | None = None
    bottom: Eigenpairs | None = None
    trace: Estimate | None = None
    density: Density | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumStudy:
    """Two moments of one training.

    Attributes:
        before: With the first weights.
        after: At the end.
        rows: Examples that the loss is the mean of.
        seconds: What it took, training and all.
    """

    before: Spectrum | None = None
    after: Spectrum | None = None
    rows: int = 0
    seconds: float = math.nan


def outliers(values: Array) -> tuple[int, float]:
    """How many of the largest eigenvalues stand apart from the rest, and how far.

    Args:
        values: The largest eigenvalues, the largest first.

    Returns:
        The number of them before the widest gap (the largest ratio of neighbours, both
        positive), and that ratio; (0, 1.0) where there are no two positive ones.
    """
    above = values[values > 0]
    if len(above) < 2:
        return 0, 1.0
    ratios = above[:-1] / above[1:]
    place = int(ratios.argmax())
    return place + 1, float(ratios[place])


def compare_spectra(
    context: TaskContext,
    run: TrainingRun,
    loss: Callable[[Mapping[str, Tensor]], Tensor],
    effort: Effort,
    rows: int,
) -> SpectrumStudy:
    """The spectrum before the first step of ``run`` and after its last.

    Events: ``spectrum`` (when: a key of :data:`WHEN`, spectrum: what is known of it so far).
    Progress counts to 1.

    Args:
        context: Where it runs.
        run: The training, before its first step.
        loss: Of named weights: the one whose Hessian is meant.
        effort: How much to compute.
        rows: Examples that the loss is the mean of.

    Raises:
        Cancelled: Its user cancelled it.
    """
    started = time.perf_counter()
    weights = dict(run.model.named_parameters())
    half = (1 - _TRAINING) / 2
    found: dict[str, Spectrum] = {}
    for when, begun in zip(WHEN, (0.0, half + _TRAINING), strict=True):
        while when == "after" and not run.done:
            context.checkpoint()
            run.step()
            context.progress(half + _TRAINING * run.steps_done / run.total_steps, 1.0)
        epoch = run.epochs if when == "after" else 0
        for found[when] in _measured(context, loss, weights, epoch, effort, begun, half):
            context.emit("spectrum", when=when, spectrum=found[when])
    return SpectrumStudy(**found, rows=rows, seconds=time.perf_counter() - started)


def _measured(
    context: TaskContext,
    loss: Callable[[Mapping[str, Tensor]], Tensor],
    weights: Mapping[str, Tensor],
    epoch: int,
    effort: Effort,
    begun: float,
    share: float,
) -> Iterator[Spectrum]:
    """What is known of one Hessian, more and more; it takes ``share`` of the whole progress."""
    from optviz.training.hessian import HessianProducts

    products = HessianProducts(loss, weights)
    size = len(products)
    known = Spectrum(epoch, size, products.loss)
    yield known
    if not products.finite:
        return

    def stage(part: float, expected: int | None = None) -> Callable[[npt.NDArray[Any]], Array]:
        """The products of a stage that takes ``part`` of the share, and so many if known."""
        nonlocal begun
        start, span, done = begun, part * share, 0
        begun += span

        def product(vector: npt.NDArray[Any]) -> Array:
            nonlocal done
            context.checkpoint()
            done += 1
            context.progress(start + span * min(1.0, done / (expected or done + _USUAL)), 1.0)
            return products(vector)

        return product

    known = replace(known, top=top_eigenpairs(stage(0.35), size, effort.top))
    yield known
    assert known.top is not None
    largest = float(known.top.values[0]) if len(known.top.values) else 0.0
    found = bottom_eigenpairs(stage(0.2), size, effort.bottom, largest)
    known = replace(known, bottom=found)
    yield known
    product = stage(0.35, effort.probes * effort.steps)
    for density in quadrature(product, size, probes=effort.probes, steps=effort.steps):
        known = replace(known, density=density)
        yield known
    trace = hutchinson(stage(0.1, effort.vectors), size, probes=effort.vectors)
    yield replace(known, trace=trace)


@dataclass(frozen=True, slots=True)
class DigitsSpectrum:
    """The spectrum of the network that reads digits.

    Attributes:
        loss: A key of :data:`optviz.training.digits.MEASURES`.
        activation: One of :data:`optviz.training.digits.ACTIVATIONS`.
        depth: Hidden layers, 64 units each.
        epochs: Of training, with SGD at :data:`RATE` and batches of :data:`BATCH`.
        effort: How much is computed.
        seed: Of the first weights and the batches.
    """

    loss: str = "cross_entropy"
    activation: str = "relu"
    depth: int = 2
    epochs: int = 5
    effort: Effort = Effort()
    seed: int = 0

    def task(self) -> str:
        """What computes it."""
        return "optviz.training.spectrum_tasks:digits_spectrum_task"


def digits_spectrum_task(context: TaskContext, setup: DigitsSpectrum) -> SpectrumStudy:
    """:func:`compare_spectra` for what ``setup`` describes; the loss is that of all digits."""
    import torch

    from optviz.training.digits import digits_net, digits_run
    from optviz.training.full_loss import FullLoss

    model = digits_net(setup.depth, False, setup.seed, setup.activation)
    run = digits_run(
        model, torch.optim.SGD(model.parameters(), lr=RATE), lr=RATE, batch_size=BATCH,
        epochs=setup.epochs, seed=setup.seed, measure=setup.loss,
    )  # fmt: skip
    full = FullLoss(model, setup.loss)
    return compare_spectra(context, run, full, setup.effort, len(full.labels))
