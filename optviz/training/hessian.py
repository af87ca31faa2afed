"""Products of a loss's Hessian with vectors; the Hessian itself is never formed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

__all__ = ["HessianProducts"]


class HessianProducts:
    """The Hessian of a loss at fixed weights, as a map from vectors to vectors.

    Each product is the derivative of (gradient · vector), a second backward pass through one
    kept graph (Pearlmutter, Neural Computation 6, 1994). Vectors hold the weights one tensor
    after the other.

    Args:
        loss: A scalar of weights by name, with its graph.
        weights: Where; they are not changed.

    Attributes:
        loss: Its value there.
        finite: Whether it and its gradient are.
    """

    def __init__(
        self, loss: Callable[[Mapping[str, Tensor]], Tensor], weights: Mapping[str, Tensor]
    ) -> None:
        leaves = {name: w.detach().clone().requires_grad_() for name, w in weights.items()}
        self._leaves = list(leaves.values())
        value = loss(leaves)
        slopes = torch.autograd.grad(value, self._leaves, create_graph=True)
        self._slope = torch.cat([part.reshape(-1) for part in slopes])
        self.loss = float(value.detach())
        self.finite = math.isfinite(self.loss) and bool(torch.isfinite(self._slope).all())

    def __len__(self) -> int:
        return len(self._slope)

    def __call__(self, vector: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """H · ``vector``, computed in the precision of the weights.

        Args:
            vector: (n,), or (n, 1) as scipy may pass it.
        """
        along = torch.from_numpy(np.ascontiguousarray(vector).reshape(-1)).to(self._slope.dtype)
        parts = torch.autograd.grad(
            self._slope @ along, self._leaves, retain_graph=True, materialize_grads=True
        )
        return torch.cat([part.reshape(-1) for part in parts]).double().numpy()
