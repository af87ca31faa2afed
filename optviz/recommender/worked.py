"""One prediction worked out step by step, with every number on the way.

:data:`CODE` is what the models do, a line a step, for one user and one movie: the very lines run
with torch on a model's weights in the tests, and end in the model's own prediction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optviz.recommender.baselines import Array
from optviz.recommender.config import TrainConfig
from optviz.recommender.fitted import FittedModel, sigmoid
from optviz.recommender.specs import MODELS

__all__ = ["CODE", "Layers", "Product", "code_of", "work_out"]

_LOOKUP = ("lookup", "u, m = user_factors[user], item_factors[item]")
_DOT = (_LOOKUP, ("product", "products = u * m"), ("sum", "score = products.sum()"))
_SIGMOID = ("sigmoid", "share = sigmoid(score)")

CODE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "als": (
        *_DOT,
        ("stars", "rating = mean + user_bias[user] + item_bias[item] + score"),
    ),
    "joint": (*_DOT, ("movie_mean", "rating = mean + item_bias[item] + score")),
    "dot": (*_DOT, ("plain", "rating = score")),
    "dot_bias": (
        *_DOT,
        ("bias", "score = score + user_bias[user] + item_bias[item]"),
        _SIGMOID,
        ("scaling", "rating = low + (high - low) * share"),
    ),
    "net": (
        _LOOKUP,
        ("hidden", "hidden = relu(lin1(cat([u, m])))"),
        ("output", "score = lin2(hidden)"),
        _SIGMOID,
        ("scaling", "rating = low - 0.5 + (high - low + 1) * share"),
    ),
}
"""Model → its steps with its default settings: (name, line of code)."""


def code_of(config: TrainConfig) -> tuple[tuple[str, str], ...]:
    """The steps of a model with these settings.

    Example:
        >>> from optviz.recommender.config import make_config
        >>> [step for step, _ in code_of(make_config("net", batch_norm="on", sigmoid="off"))]
        ['lookup', 'hidden', 'norm', 'output', 'plain']
    """
    steps = CODE[config.model]
    if MODELS[config.model].score != "layers":
        return steps
    first, hidden, output, *squashed = steps
    norm = [("norm", "hidden = norm(hidden)")] if config.batch_norm == "on" else []
    last = squashed if config.sigmoid == "on" else [("plain", "rating = score")]
    return (first, hidden, *norm, output, *last)


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A prediction by a dot product.

    Attributes:
        user, item: (k,) the vectors that are looked up.
        products: (k,) factor by factor.
        dot: Their sum.
        user_bias, item_bias: In stars, or before the sigmoid; None where the model has none.
        score: ``dot`` and the biases.
        share: Its sigmoid; None for a model without.
        low, high: What the sigmoid's 0 and 1 stand for, in stars.
        mean: Mean training rating; None for a model that does not start from it.
        predicted: The rating; bit for bit that of :meth:`FittedModel.predict`.
    """

    user: Array
    item: Array
    products: Array
    dot: float
    user_bias: float | None
    item_bias: float | None
    score: float
    share: float | None
    low: float
    high: float
    mean: float | None
    predicted: float


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """A prediction of EmbeddingNet with h hidden units.

    Attributes:
        user, item: (k,) the vectors that are looked up.
        of_user, of_item: (h,) what each hidden unit gets from either.
        offsets: (h,) the hidden layer's bias.
        hidden: (h,) relu of the three's sum.
        normalisation: (h,) factor and (h,) shift of batch normalisation; None without it.
        weights: (h,) of the output layer.
        products: (h,) ``weights`` times what comes out of the hidden layer, :attr:`units`.
        offset: The output layer's bias.
        score: Sum of ``products``, plus ``offset``.
        share: Its sigmoid; None for a network without.
        low, high: What the sigmoid's 0 and 1 stand for: half a star beyond the scale.
        predicted: The rating; that of :meth:`FittedModel.predict` but for the rounding of sums
            in another order, in float64.
    """

    user: Array
    item: Array
    of_user: Array
    of_item: Array
    offsets: Array
    hidden: Array
    weights: Array
    products: Array
    offset: float
    score: float
    share: float | None
    low: float
    high: float
    predicted: float
    normalisation: tuple[Array, Array] | None = None

    @property
    def units(self) -> Array:
        """(h,) what the output layer weighs."""
        return _normalised(self.hidden, self.normalisation)


def work_out(model: FittedModel, user: int, item: int) -> Product | Layers:
    """The prediction for a user and a movie, dense indices, with all that leads to it."""
    u = model.user_factors[user].astype(np.float64)
    m = model.item_factors[item].astype(np.float64)
    spec, reach = model.spec, model.reach or 0.0
    low, high = model.rating_range[0] - reach, model.rating_range[1] + reach
    if spec.score == "layers":
        return _layers(model, u, m, low, high)
    products = u * m
    dot = float(products.sum())
    row = {"user_bias": user, "item_bias": item}
    biases = {name: model.weights[name][row[name]] for name in spec.biases}
    score = dot + float(sum(biases.values()))  # added as the stored float32, as predict does
    mean = model.mean if spec.from_mean else None
    if model.reach is None:
        share, predicted = None, score if mean is None else mean + score
    else:
        share = _sigmoid(score)
        predicted = share * (high - low) + low
    told = {name: float(bias) for name, bias in biases.items()}
    return Product(
        user=u, item=m, products=products, dot=dot, user_bias=told.get("user_bias"),
        item_bias=told.get("item_bias"), score=score, share=share, low=low, high=high,
        mean=mean, predicted=predicted,
    )  # fmt: skip


def _layers(model: FittedModel, u: Array, m: Array, low: float, high: float) -> Layers:
    first = model.weights["lin1.weight"].astype(np.float64)
    offsets = model.weights["lin1.bias"].astype(np.float64)
    of_user, of_item = first[:, : len(u)] @ u, first[:, len(u) :] @ m
    hidden = np.maximum(of_user + of_item + offsets, 0)
    weights = model.weights["lin2.weight"].astype(np.float64)[0]
    normalisation = model.normalisation
    products = weights * _normalised(hidden, normalisation)
    offset = float(model.weights["lin2.bias"][0])
    score = float(products.sum()) + offset
    share = None if model.reach is None else _sigmoid(score)
    return Layers(
        user=u, item=m, of_user=of_user, of_item=of_item, offsets=offsets, hidden=hidden,
        normalisation=normalisation, weights=weights, products=products, offset=offset,
        score=score, share=share, low=low, high=high,
        predicted=score if share is None else share * (high - low) + low,
    )  # fmt: skip


def _normalised(hidden: Array, normalisation: tuple[Array, Array] | None) -> Array:
    if normalisation is None:
        return hidden
    factor, shift = normalisation
    result: Array = factor * hidden + shift
    return result


def _sigmoid(score: float) -> float:
    return float(sigmoid(np.array([score]))[0])
