"""The two neural models of lesson 5, as torch modules.

Unlike the lesson's notebook, dropout draws from a generator that the model holds, so that a
run can be interrupted and repeated exactly without touching torch's global random state.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from optviz.recommender.config import TrainConfig

__all__ = ["EmbeddingDotBias", "EmbeddingNet", "build_model", "mean_movie"]


def _table(rows: int, columns: int, scale: float, generator: torch.Generator) -> nn.Embedding:
    table = nn.Embedding(rows, columns, _weight=torch.empty(rows, columns))
    with torch.no_grad():
        table.weight.uniform_(-scale, scale, generator=generator)
    return table


def _rows(table: nn.Embedding, index: Tensor) -> Tensor:
    """``table(index)``, whose gradient takes a third less time to add up this way."""
    return table.weight.index_select(0, index)


class EmbeddingDotBias(nn.Module):
    """r = low + (high − low)·sigmoid(u·m + b_u + b_m).

    Args:
        n_users, n_items, n_factors: Sizes.
        rating_range: (low, high); the sigmoid spans exactly this.
        init_scale: Embeddings and biases start uniform in ±init_scale.
        generator: Draws the initial values.
    """

    def __init__(
        self,
        n_users: int,
        n_items: int,
        n_factors: int,
        rating_range: tuple[float, float],
        init_scale: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.low, self.high = rating_range
        self.user_factors = _table(n_users, n_factors, init_scale, generator)
        self.item_factors = _table(n_items, n_factors, init_scale, generator)
        self.user_bias = _table(n_users, 1, init_scale, generator)
        self.item_bias = _table(n_items, 1, init_scale, generator)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings (batch,) of dense indices (batch,)."""
        logit = (_rows(self.user_factors, users) * _rows(self.item_factors, items)).sum(1)
        logit = logit + _rows(self.user_bias, users).squeeze(1)
        logit = logit + _rows(self.item_bias, items).squeeze(1)
        return torch.sigmoid(logit) * (self.high - self.low) + self.low


class EmbeddingNet(nn.Module):
    """Both vectors side by side, one hidden layer, a sigmoid half a star beyond the scale.

    Args:
        n_users, n_items, n_factors: Sizes.
        rating_range: (low, high); the sigmoid spans low − 0.5 to high + 0.5.
        init_scale: Embeddings start uniform in ±init_scale; linear layers as torch starts them.
        generator: Draws the initial values and, later, what dropout drops.
        hidden: Width of the hidden layer.
        embedding_dropout, dropout: Shares dropped before and after the hidden layer.
    """

    def __init__(
        self,
        n_users: int,
        n_items: int,
        n_factors: int,
        rating_range: tuple[float, float],
        init_scale: float,
        generator: torch.Generator,
        hidden: int = 10,
        embedding_dropout: float = 0.05,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.low, self.high = rating_range
        self.generator = generator
        self.embedding_dropout, self.dropout = embedding_dropout, dropout
        self.user_factors = _table(n_users, n_factors, init_scale, generator)
        self.item_factors = _table(n_items, n_factors, init_scale, generator)
        self.lin1 = _linear(2 * n_factors, hidden, generator)
        self.lin2 = _linear(hidden, 1, generator)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings (batch,) of dense indices (batch,)."""
        both = torch.cat([_rows(self.user_factors, users), _rows(self.item_factors, items)], dim=1)
        hidden = torch.relu(self.lin1(self._drop(both, self.embedding_dropout)))
        logit = self.lin2(self._drop(hidden, self.dropout)).squeeze(1)
        return torch.sigmoid(logit) * (self.high - self.low + 1) + self.low - 0.5

    def _drop(self, x: Tensor, share: float) -> Tensor:
        if not self.training or share == 0:
            return x
        kept = torch.rand(x.shape, generator=self.generator) >= share
        return x * kept / (1 - share)


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
    bound = inputs**-0.5  # nn.Linear's own default, from our generator
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


def build_model(
    config: TrainConfig,
    n_users: int,
    n_items: int,
    rating_range: tuple[float, float],
    generator: torch.Generator,
) -> EmbeddingDotBias | EmbeddingNet:
    """The neural model that ``config`` describes, with fresh weights from ``generator``."""
    sizes = (n_users, n_items, config.n_factors, rating_range, config.init_scale, generator)
    if config.model == "dot_bias":
        return EmbeddingDotBias(*sizes)
    return EmbeddingNet(*sizes, config.hidden, config.embedding_dropout, config.dropout)


def mean_movie(model: nn.Module, seen_users: Tensor, seen_items: Tensor) -> Mapping[str, Tensor]:
    """The weights to predict with, where what training never saw is made average.

    A movie (or user) without a training row still has its random start, shrunk by weight decay.
    Its vector is therefore replaced: in EmbeddingDotBias by zeros with the average bias, so that
    it is scored by bias alone; in EmbeddingNet by the average vector.

    Args:
        model: One of the two models; it is not changed.
        seen_users, seen_items: (n_users,), (n_items,) masks: has training rows.
    """
    weights = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    for side, seen in (("user", seen_users), ("item", seen_items)):
        if bool(seen.all()):
            continue
        for part in ("factors", "bias"):
            name = f"{side}_{part}.weight"
            if name in weights:
                weights[name] = table = weights[name].clone()
                zero = part == "factors" and isinstance(model, EmbeddingDotBias)
                table[~seen] = 0.0 if zero else table[seen].mean(0)
    return weights
