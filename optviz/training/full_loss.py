"""The loss of a network over all digits, as a function of its weights, and its curvature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from optviz.core.task import TaskContext
from optviz.training.digits import MEASURES, digits
from optviz.training.hessian import HessianProducts
from optviz.training.spectrum import top_eigenpairs

__all__ = ["FullLoss", "largest_eigenvalue"]


class FullLoss:
    """The mean loss over all digits, as a function of the weights.

    Batch normalisation takes its statistics from all digits at once: what a batch as large as
    the data would give. The running statistics stay as they are.

    Args:
        model: Its weights are not changed.
        measure: A key of :data:`~optviz.training.digits.MEASURES`.
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
