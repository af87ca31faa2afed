"""What a model is made of: its tables and layers with their shapes, known before training."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optviz.recommender.config import TrainConfig
from optviz.recommender.specs import MODELS

__all__ = ["Part", "n_parameters", "parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """One array of parameters.

    Attributes:
        name: As in ``FittedModel.weights``; its text is ``part.<name>``, dots as underscores.
        shape: Its shape.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


def parts(config: TrainConfig, n_users: int, n_items: int) -> tuple[Part, ...]:
    """The arrays that training fits.

    Example:
        >>> from optviz.recommender.config import make_config
        >>> [part.shape for part in parts(make_config("dot_bias"), 671, 9066)]
        [(671, 50), (9066, 50), (671,), (9066,)]
    """
    k, h = config.n_factors, config.hidden
    tables = (Part("user_factors", (n_users, k)), Part("item_factors", (n_items, k)))
    spec, rows = MODELS[config.model], {"user_bias": n_users, "item_bias": n_items}
    biases = tuple(Part(name, (rows[name],)) for name in spec.biases)
    if spec.score == "product":
        return (*tables, *biases)
    return (
        *tables,
        *biases,
        Part("lin1.weight", (h, 2 * k)),
        Part("lin1.bias", (h,)),
        Part("lin2.weight", (1, h)),
        Part("lin2.bias", (1,)),
    )


def n_parameters(config: TrainConfig, n_users: int, n_items: int) -> int:
    """How many numbers training fits.

    Example:
        >>> from optviz.recommender.config import make_config
        >>> n_parameters(make_config("dot_bias"), 671, 9066)
        496587
    """
    return sum(part.size for part in parts(config, n_users, n_items))
