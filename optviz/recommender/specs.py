"""The models: what each predicts, how it is trained, and what a page has to know of it.

No torch in here. A further model is an entry of :data:`MODELS`, beside what only its own
mathematics can say: its module (:mod:`~optviz.recommender.models`), and the lines of
:mod:`~optviz.recommender.worked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["MODELS", "NEURAL", "ModelSpec"]

_EVERY = ("model", "n_factors", "epochs", "patience", "split", "valid_fraction", "n_folds", "fold",
          "n_last", "official", "seed")  # fmt: skip
_STEPS = ("optimizer", "lr", "momentum", "schedule", "cycle_len", "cycle_mult", "step_epochs",
          "init_scale")  # fmt: skip
_BATCHES = (*_STEPS, "lr_spread", "weight_decay", "batch_size")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One way to predict a rating; explained by the text ``model.<name>.explain``.

    The pages, the files and the fold-in ask nothing but this of a model.

    Attributes:
        name: Key of the registry.
        latex: The prediction for user u and movie i.
        source: Where it comes from.
        defaults: Where its recipe differs from that of a bare
            :class:`~optviz.recommender.config.TrainConfig` before the user touches anything.
        controls: The settings that it uses.
        training: ``"batches"``: gradient steps on batches; ``"whole"``: gradient steps on all
            rows at once; ``"solved"``: no gradient, one side after the other.
        score: ``"product"``: dot product, and biases where there are any; ``"layers"``: a small
            network.
        hidden: The network's hidden units, ``h`` in ``latex``; empty without a network.
        biases: The biases in its weights, ``"user_bias"`` or ``"item_bias"``.
        from_mean: Whether a prediction starts from the mean training rating.
        reach: Stars beyond each end of the scale that its sigmoid reaches; None without one.
        unseen: What stands for a user or a movie without a training row: ``"zero"`` vector and
            bias, the average ``"bias"`` beside a zero vector, or the ``"average"`` vector.
        bias_means: What a movie's bias is: ``"stars"``, ``"logits"``, the movie's own ``"mean"``
            less that of all, or ``"none"``.
        newcomer: How a newcomer is placed: ``"ridge"`` with a bias and λ·n, ``"plain"`` ridge
            with λ, or by the ``"prior"`` that the users make; see
            :mod:`optviz.recommender.fold_in`.
        searched: What a search changes until somebody chooses: what its error depends on most.
        usual: Settings whose usual range is another one than the control's own.
    """

    name: str
    latex: str
    source: str
    defaults: Mapping[str, Any]
    controls: tuple[str, ...]
    training: Literal["batches", "whole", "solved"] = "batches"
    score: Literal["product", "layers"] = "product"
    hidden: str = ""
    biases: tuple[str, ...] = ()
    from_mean: bool = False
    reach: float | None = None
    unseen: Literal["zero", "bias", "average"] = "average"
    bias_means: Literal["stars", "logits", "mean", "none"] = "none"
    newcomer: Literal["ridge", "plain", "prior"] = "prior"
    searched: tuple[str, ...] = ("n_factors", "lr", "weight_decay")
    usual: Mapping[str, tuple[float, float]] = field(default_factory=dict)


_LESSON = "fast.ai, Practical Deep Learning for Coders 2018, lesson 5"

MODELS: Mapping[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec(
            "als",
            r"\hat r_{ui} = \mu + b_u + b_i + x_u^{\top} y_i",
            "Zhou, Wilkinson, Schreiber, Pan (2008), Large-scale Parallel Collaborative "
            "Filtering for the Netflix Prize; Ng, Machine Learning, week 9",
            dict(n_factors=40, epochs=10, regularization=0.15),
            (*_EVERY, "regularization"),
            training="solved",
            biases=("user_bias", "item_bias"),
            from_mean=True,
            unseen="zero",
            bias_means="stars",
            newcomer="ridge",
            searched=("n_factors", "regularization"),
        ),
        ModelSpec(
            "joint",
            r"\hat r_{ui} = \mu_i + x_u^{\top} y_i",
            "Ng, Machine Learning, week 9: collaborative filtering, mean normalization",
            dict(
                n_factors=10,
                regularization=12.0,
                optimizer="sgd",
                lr=4e-3,
                momentum=0.9,
                init_scale=0.1,
                epochs=120,
            ),
            (*_EVERY, *_STEPS, "regularization"),
            training="whole",
            biases=("item_bias",),
            from_mean=True,
            unseen="zero",
            bias_means="mean",
            newcomer="plain",
            searched=("n_factors", "lr", "regularization"),
            usual={"epochs": (10, 200), "lr": (1e-4, 1e-2), "regularization": (0.1, 100.0)},
        ),
        ModelSpec(
            "dot",
            r"\hat r_{ui} = u_u^{\top} m_i",
            _LESSON,
            dict(lr=5e-3, weight_decay=0.0, batch_size=256, epochs=5, schedule="one_cycle"),
            (*_EVERY, *_BATCHES),
            searched=("n_factors", "lr"),
        ),
        ModelSpec(
            "dot_bias",
            r"\hat r_{ui} = r_{\min} + (r_{\max}-r_{\min})\,"
            r"\sigma\!\left(u_u^{\top} m_i + b_u + b_i\right)",
            _LESSON,
            dict(schedule="sgdr", batch_size=256),
            (*_EVERY, *_BATCHES),
            biases=("user_bias", "item_bias"),
            reach=0.0,
            unseen="bias",
            bias_means="logits",
        ),
        ModelSpec(
            "net",
            r"\hat r_{ui} = r_{\min}-\tfrac12 + (r_{\max}-r_{\min}+1)\,"
            r"\sigma\!\left(w^{\top} h + d\right)",
            _LESSON,
            dict(
                hidden=30,
                dropout=0.2,
                lr=5e-3,
                weight_decay=4e-4,
                batch_size=256,
                epochs=5,
                schedule="one_cycle",
            ),
            (*_EVERY, *_BATCHES, "hidden", "embedding_dropout", "dropout", "batch_norm", "sigmoid"),
            score="layers",
            hidden=r"\mathrm{relu}\!\left(W\,[u_u; m_i] + c\right)",
            reach=0.5,
            searched=("dropout", "lr", "weight_decay"),
        ),
    )
}
"""The models by name."""

NEURAL = tuple(name for name, spec in MODELS.items() if spec.training == "batches")
"""The models that are trained on batches: what a learning-rate sweep or a schedule is about."""
