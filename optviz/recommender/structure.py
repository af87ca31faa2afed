"""What a model is made of: its tables and layers with their shapes, known before training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from optviz.recommender.config import TrainConfig, reach_of
from optviz.recommender.specs import MODELS

__all__ = ["Box", "Part", "flow", "formula", "n_parameters", "parts"]


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
        >>> formula(make_config("net", sigmoid="off"))  # doctest: +NORMALIZE_WHITESPACE
        '\\begin{aligned} h &= \\mathrm{relu}\\!\\left(W\\,[u_u; m_i] + c\\right) \\\\
        \\hat r_{ui} &= w^{\\top} h + d \\end{aligned}'
    """
    spec = MODELS[config.model]
    latex, hidden = spec.latex, spec.hidden
    if not hidden:
        return latex
    if config.batch_norm == "on":
        hidden = rf"\mathrm{{bn}}\!\left({hidden}\right)"
    if config.sigmoid == "off":
        _, _, score = latex.partition(r"\sigma\!\left(")
        latex = r"\hat r_{ui} = " + score.removesuffix(r"\right)")
    # Two lines: on a phone the screen ends before one would.
    return rf"\begin{{aligned}} h &= {hidden} \\ {latex.replace('=', '&=', 1)} \end{{aligned}}"


@dataclass(frozen=True, slots=True)
class Box:
    """One thing on the way from two numbers, a user's and a movie's, to stars.

    Attributes:
        kind: ``"table"``: rows of which one is looked up; ``"vector"``: what is passed on;
            ``"layer"``: weights that it meets; ``"step"``: a function; ``"stars"``: the rating.
        name: Of a table or a layer as in :class:`Part`; else a symbol.
        shape: Of the table, the weights or the vector; empty for a function.
        dropped: Share of the vector that dropout leaves out while training.
    """

    kind: Literal["table", "vector", "layer", "step", "stars"]
    name: str
    shape: tuple[int, ...] = ()
    dropped: float = 0.0


def flow(config: TrainConfig, n_users: int, n_items: int) -> tuple[tuple[Box, ...], ...]:
    """The model as stages from left to right; the boxes of a stage stand one over the other.

    Example:
        >>> from optviz.recommender.config import make_config
        >>> [[box.name for box in stage] for stage in flow(make_config("dot"), 671, 9066)]
        [['user_factors', 'item_factors'], ['u', 'm'], ['u · m'], ['r̂']]
    """
    spec, k, h = MODELS[config.model], config.n_factors, config.hidden
    user, item = ("x", "y") if spec.from_mean else ("u", "m")  # as in the formulas
    stages: list[tuple[Box, ...]] = [
        (Box("table", "user_factors", (n_users, k)), Box("table", "item_factors", (n_items, k))),
        (Box("vector", user, (k,)), Box("vector", item, (k,))),
    ]
    if spec.score == "product":
        rows = {"user_bias": n_users, "item_bias": n_items}
        biases = tuple(Box("table", name, (rows[name],)) for name in spec.biases)
        stages.append((Box("step", f"{user} · {item}"), *biases))
        if biases:
            stages.append((Box("step", "+ μ" if spec.from_mean else "+"),))
    else:
        stages.append((Box("vector", f"[{user}; {item}]", (2 * k,), config.embedding_dropout),))
        stages.append((Box("layer", "lin1.weight", (h, 2 * k)),))
        stages.append((Box("step", "relu"),))
        if config.batch_norm == "on":
            stages.append((Box("step", "bn"),))
        stages.append((Box("vector", "h", (h,), config.dropout),))
        stages.append((Box("layer", "lin2.weight", (1, h)),))
    if reach_of(config) is not None:
        stages.append((Box("step", "σ"),))
    return (*stages, (Box("stars", "r̂"),))
