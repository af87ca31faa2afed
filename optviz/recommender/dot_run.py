"""Training of the dot-product models with the gradients written out.

With r̂ = low + (high − low)·σ(z), z = u·m + b_u + b_m, and the mean squared error of a batch,

    ∂L/∂z = 2/n (r̂ − r) · (high − low) σ(z)(1 − σ(z)),
    ∂L/∂u = ∂L/∂z · m,    ∂L/∂m = ∂L/∂z · u,    ∂L/∂b = ∂L/∂z,

each added up over the rows of the batch that a user or a movie has. Autograd says the same, bit
for bit, but for batches this small most of its time goes into the graph, and into whole tables
of zeros of which a batch fills a few rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from optviz.recommender.models import EmbeddingDot, EmbeddingDotBias
from optviz.training.run import TrainingRun
from optviz.training.sparse_adam import SparseAdam

__all__ = ["DotRun"]


class DotRun(TrainingRun):
    """A run of :class:`EmbeddingDot` or :class:`EmbeddingDotBias` on the mean squared error."""

    model: EmbeddingDot | EmbeddingDotBias

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._filled: dict[Tensor, tuple[Tensor, Tensor]] = {}  # table → gradient, its rows

    def learn(self) -> float:
        """The loss of the next batch, and its gradients; none of them by autograd."""
        users, items, ratings = self.next_batch()
        model = self.model
        with torch.no_grad():
            u = model.user_factors.weight.index_select(0, users)
            m = model.item_factors.weight.index_select(0, items)
            z = (u * m).sum(1)
            if isinstance(model, EmbeddingDotBias):
                z += model.user_bias.weight.index_select(0, users).squeeze(1)
                z += model.item_bias.weight.index_select(0, items).squeeze(1)
                share, span = torch.sigmoid(z), model.high - model.low
                predicted = share * span + model.low
            else:
                predicted = z
            loss = torch.nn.functional.mse_loss(predicted, ratings)
            slope = (predicted - ratings) * (2 / len(ratings))
            if isinstance(model, EmbeddingDotBias):
                slope = torch.ops.aten.sigmoid_backward(slope * span, share)
            column = slope[:, None]
            self._add_up(model.user_factors.weight, 0, users, column * m)
            self._add_up(model.item_factors.weight, 1, items, column * u)
            if isinstance(model, EmbeddingDotBias):
                self._add_up(model.user_bias.weight, 0, users, column)
                self._add_up(model.item_bias.weight, 1, items, column)
        return loss.item()

    def _begin_epoch(self) -> None:
        super()._begin_epoch()
        if isinstance(self.optimizer, SparseAdam):
            self._looked_up = [_each_once(side, self.batch_size) for side in self._shuffled[:2]]

    def _add_up(self, table: Tensor, side: int, rows: Tensor, slopes: Tensor) -> None:
        """Make ``slopes`` the gradient of ``table``'s ``rows``; all of the others have none.

        ``side`` is 0 for a table of users, 1 for one of movies.
        """
        if table in self._filled:
            gradient, before = self._filled[table]
            gradient.index_fill_(0, before, 0.0)
        else:
            gradient = torch.zeros_like(table)
        self._filled[table] = gradient, rows
        table.grad = gradient.index_add_(0, rows, slopes)
        if isinstance(self.optimizer, SparseAdam):
            batch = (self._cursor - 1) // self.batch_size
            self.optimizer.look_up(table, self._looked_up[side][batch])


def _each_once(rows: Tensor, batch_size: int) -> tuple[Tensor, ...]:
    """The rows of each batch, sorted and each once; for all at a time, which costs far less.

    Example:
        >>> [part.tolist() for part in _each_once(torch.tensor([3, 1, 3, 2, 2]), 3)]
        [[1, 3], [2]]
    """
    index = rows.cpu().numpy()
    span = int(index.max()) + 1
    key = np.arange(len(index)) // batch_size * span + index
    key.sort()
    kept = key[np.insert(key[1:] != key[:-1], 0, True)]
    sizes = np.bincount(kept // span).tolist()
    return torch.split(torch.from_numpy(kept % span).to(rows.device), sizes)
