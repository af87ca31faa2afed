"""The models that gradients train, as torch modules: the three of lesson 5, and Ng's.

Unlike the lesson's notebook, dropout draws from a generator that the model holds, so that a
run can be interrupted and repeated exactly without touching torch's global random state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from optviz.recommender.config import TrainConfig

__all__ = [
    "EmbeddingDot",
    "EmbeddingDotBias",
    "EmbeddingNet",
    "Factorisation",
    "build_model",
    "mean_movie",
    "over_rows",
]


def _table(
    rows: int, columns: int, scale: float, generator: torch.Generator, low: float | None = None
) -> nn.Embedding:
    """Numbers from ``low`` (−scale unless given) to ``scale``."""
    table = nn.Embedding(rows, columns, _weight=torch.empty(rows, columns))
    with torch.no_grad():
        table.weight.uniform_(-scale if low is None else low, scale, generator=generator)
    return table


def _rows(table: nn.Embedding, index: Tensor) -> Tensor:
    """``table(index)``, whose gradient takes a third less time to add up this way."""
    return table.weight.index_select(0, index)


class _Vectors(nn.Module):
    """A vector for every user and every item, uniform from ``low`` (−init_scale) to init_scale."""

    def __init__(
        self,
        n_users: int,
        n_items: int,
        n_factors: int,
        init_scale: float,
        generator: torch.Generator,
        low: float | None = None,
    ) -> None:
        super().__init__()
        self.user_factors = _table(n_users, n_factors, init_scale, generator, low)
        self.item_factors = _table(n_items, n_factors, init_scale, generator, low)

    def product(self, users: Tensor, items: Tensor) -> Tensor:
        """(batch,) u·m of dense indices (batch,)."""
        return (_rows(self.user_factors, users) * _rows(self.item_factors, items)).sum(1)


class EmbeddingDot(_Vectors):
    """r = u·m, and nothing else: the vectors have to bring the level of the ratings, too.

    Args:
        n_users, n_items, n_factors: Sizes.
        init_scale: Embeddings start uniform between 0 and this. Around 0, where each side's
            gradient is in proportion to the other side's vector, is a saddle; from positive
            numbers it is left at once.
        generator: Draws the initial values.
    """

    def __init__(
        self,
        n_users: int,
        n_items: int,
        n_factors: int,
        init_scale: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__(n_users, n_items, n_factors, init_scale, generator, low=0.0)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings (batch,) of dense indices (batch,); not cut off anywhere."""
        return self.product(users, items)


class Factorisation(_Vectors):
    """r = μ_i + x_u·y_i, μ_i the mean of movie i's training ratings (Ng's mean normalization).

    Args:
        n_users, n_items, n_factors: Sizes.
        init_scale: Vectors start uniform in ±init_scale.
        generator: Draws the initial values.

    Attributes:
        mean: Mean training rating; 0 until :meth:`centre`.
        item_bias: (n_items,) μ_i less ``mean``.
    """

    mean: Tensor
    item_bias: Tensor

    def __init__(
        self,
        n_users: int,
        n_items: int,
        n_factors: int,
        init_scale: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__(n_users, n_items, n_factors, init_scale, generator)
        self.register_buffer("mean", torch.zeros(()), persistent=False)
        self.register_buffer("item_bias", torch.zeros(n_items))

    def centre(self, items: Tensor, ratings: Tensor) -> None:
        """Take the movies' means from training rows; one without any gets that of all."""
        counts = torch.bincount(items, minlength=len(self.item_bias))
        mean = ratings.mean()
        total = torch.bincount(items, ratings - mean, len(self.item_bias))
        self.mean.copy_(mean)
        self.item_bias.copy_(total / counts.clamp(min=1))

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings (batch,) of dense indices (batch,); not cut off anywhere."""
        return self.mean + self.item_bias[items] + self.product(users, items)


class EmbeddingDotBias(_Vectors):
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
        super().__init__(n_users, n_items, n_factors, init_scale, generator)
        self.low, self.high = rating_range
        self.user_bias = _table(n_users, 1, init_scale, generator)
        self.item_bias = _table(n_items, 1, init_scale, generator)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings (batch,) of dense indices (batch,)."""
        logit = self.product(users, items) + _rows(self.user_bias, users).squeeze(1)
        logit = logit + _rows(self.item_bias, items).squeeze(1)
        return torch.sigmoid(logit) * (self.high - self.low) + self.low


class EmbeddingNet(_Vectors):
    """Both vectors side by side, one hidden layer, a sigmoid half a star beyond the scale.

    Args:
        n_users, n_items, n_factors: Sizes.
        rating_range: (low, high); the sigmoid spans low − 0.5 to high + 0.5.
        init_scale: Embeddings start uniform in ±init_scale; linear layers as torch starts them.
        generator: Draws the initial values and, later, what dropout drops.
        hidden: Width of the hidden layer.
        embedding_dropout, dropout: Shares dropped before and after the hidden layer.
        batch_norm: Whether the hidden units are normalised, between relu and dropout (Ioffe &
            Szegedy 2015; the place is that of fastai 0.7's own networks).
        squash: Whether there is a sigmoid at the end; else the output layer gives stars.

    Attributes:
        from_batch: Whether batch normalisation takes mean and variance from the rows at hand
            also when it does not train, and remembers none: for a loss over given rows as a
            function of the weights.
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
        batch_norm: bool = False,
        squash: bool = True,
    ) -> None:
        super().__init__(n_users, n_items, n_factors, init_scale, generator)
        self.low, self.high = rating_range
        self.generator = generator
        self.embedding_dropout, self.dropout = embedding_dropout, dropout
        self.lin1 = _linear(2 * n_factors, hidden, generator)
        self.lin2 = _linear(hidden, 1, generator)
        self.norm = nn.BatchNorm1d(hidden) if batch_norm else None
        self.squash, self.from_batch = squash, False

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings (batch,) of dense indices (batch,)."""
        both = torch.cat([_rows(self.user_factors, users), _rows(self.item_factors, items)], dim=1)
        hidden = torch.relu(self.lin1(self._drop(both, self.embedding_dropout)))
        if self.norm is not None:
            hidden = self._normalised(self.norm, hidden)
        logit: Tensor = self.lin2(self._drop(hidden, self.dropout)).squeeze(1)
        if not self.squash:
            return logit
        return torch.sigmoid(logit) * (self.high - self.low + 1) + self.low - 0.5

    def _normalised(self, norm: nn.BatchNorm1d, hidden: Tensor) -> Tensor:
        if self.training and len(hidden) > 1:  # a single row has no variance
            normalised: Tensor = norm(hidden)
            return normalised
        known = (None, None) if self.from_batch else (norm.running_mean, norm.running_var)
        return nn.functional.batch_norm(
            hidden, *known, norm.weight, norm.bias, training=self.from_batch, eps=norm.eps
        )

    def _drop(self, x: Tensor, share: float) -> Tensor:
        if not self.training or share == 0:
            return x
        # Drawn on the processor, so that a run can go on elsewhere.
        kept = torch.rand(x.shape, generator=self.generator) >= share
        return x * kept.to(x.device) / (1 - share)


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
    bound = inputs**-0.5  # nn.Linear's own default, from our generator
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


@contextmanager
def over_rows(model: nn.Module) -> Iterator[None]:
    """Have a model predict without dropout, its normalisation over the rows at hand, meanwhile."""
    training, net = model.training, model if isinstance(model, EmbeddingNet) else None
    model.eval()
    if net is not None:
        net.from_batch = True
    try:
        yield
    finally:
        model.train(training)
        if net is not None:
            net.from_batch = False


Range = tuple[float, float]

_BUILDERS: Mapping[str, Callable[[TrainConfig, int, int, Range, torch.Generator], nn.Module]] = {
    "joint": lambda config, users, items, _, generator: Factorisation(
        users, items, config.n_factors, config.init_scale, generator
    ),
    "dot": lambda config, users, items, _, generator: EmbeddingDot(
        users, items, config.n_factors, config.init_scale, generator
    ),
    "dot_bias": lambda config, users, items, scale, generator: EmbeddingDotBias(
        users, items, config.n_factors, scale, config.init_scale, generator
    ),
    "net": lambda config, users, items, scale, generator: EmbeddingNet(
        users, items, config.n_factors, scale, config.init_scale, generator,
        config.hidden, config.embedding_dropout, config.dropout, config.batch_norm == "on",
        config.sigmoid == "on",
    ),
}  # fmt: skip


def build_model(
    config: TrainConfig,
    n_users: int,
    n_items: int,
    rating_range: Range,
    generator: torch.Generator,
) -> nn.Module:
    """The module that ``config`` describes, with fresh weights from ``generator``."""
    return _BUILDERS[config.model](config, n_users, n_items, rating_range, generator)


def mean_movie(
    model: nn.Module, seen_users: Tensor, seen_items: Tensor, unseen: str
) -> Mapping[str, Tensor]:
    """The weights to predict with, where what training never saw is made average.

    A movie (or user) without a training row still has its random start, shrunk by weight decay.
    Its vector and bias are therefore replaced.

    Args:
        model: Trained; it is not changed.
        seen_users, seen_items: (n_users,), (n_items,) masks: has training rows; on the
            processor.
        unseen: By what, as :attr:`~optviz.recommender.specs.ModelSpec.unseen` has it.
    """
    weights = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    averaged = {"zero": (), "bias": ("bias",), "average": ("factors", "bias")}[unseen]
    for side, seen in (("user", seen_users), ("item", seen_items)):
        if bool(seen.all()):
            continue
        for part in ("factors", "bias"):
            name = f"{side}_{part}.weight"
            if name in weights:
                weights[name] = table = weights[name].clone()
                known = seen.to(table.device)
                table[~known] = table[known].mean(0) if part in averaged else 0.0
    return weights
