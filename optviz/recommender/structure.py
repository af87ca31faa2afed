"""What a model is made of: its tables and layers with their shapes, known before training."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optviz.recommender.config import TrainConfig
from optviz.recommender.specs import MODELS

__all__ = ["Part", "formula", "n_parameters", "parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """One array of parameters.

    Attributes:
        name: As in ``FittedModel.weights``; its text is ``part.<name>``, dots as underscores.
        shape: Its shape.
        learnt: Whether gradients move it; batch normalisation only remembers its mean and
            variance.
    """

    name: str
    shape: tuple[int, ...]
    learnt: bool = True

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
    normalised = (
        Part("norm.weight", (h,)),
        Part("norm.bias", (h,)),
        Part("norm.running_mean", (h,), learnt=False),
        Part("norm.running_var", (h,), learnt=False),
    )
    return (
        *tables,
        *biases,
        Part("lin1.weight", (h, 2 * k)),
        Part("lin1.bias", (h,)),
        *(normalised if config.batch_norm == "on" else ()),
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
    return sum(part.size for part in parts(config, n_users, n_items) if part.learnt)


def formula(config: TrainConfig) -> str:
    r"""The prediction in LaTeX, as these settings make it.

    Example:
        >>> from optviz.recommender.config import make_config
        >>> formula(make_config("net", sigmoid="off"))
        '\\hat r_{ui} = w^{\\top}\\,\\mathrm{relu}\\!\\left(W\\,[u_u; m_i] + c\\right) + d'
    """
    latex = MODELS[config.model].latex
    if MODELS[config.model].score != "layers":
        return latex
    hidden = r"\mathrm{relu}\!\left(W\,[u_u; m_i] + c\right)"
    if config.batch_norm == "on":
        latex = latex.replace(hidden, rf"\mathrm{{bn}}\!\left({hidden}\right)")
    if config.sigmoid == "off":
        _, _, score = latex.partition(r"\sigma\!\left(")
        latex = r"\hat r_{ui} = " + score.removesuffix(r"\right)")
    return latex
