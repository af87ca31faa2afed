"""What can be set before a training run: the controls, their limits, defaults and presets.

No torch in here: a page draws its controls from this module alone. Everything a run depends
on is in one frozen :class:`TrainConfig`, so that a figure of merit can carry its whole recipe.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from optviz.core.problem import Problem
from optviz.recommender.specs import MODELS, NEURAL, ModelSpec

__all__ = [
    "CONTROLS",
    "DEFAULTS",
    "MODELS",
    "NEURAL",
    "OFFICIAL",
    "SPLITS",
    "Control",
    "ModelSpec",
    "TrainConfig",
    "controls_shown",
    "make_config",
    "reach_of",
    "recipe_for",
    "split_settings",
    "validate",
]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides a training run, the data aside.

    Attributes:
        model: A key of :data:`~optviz.recommender.specs.MODELS`.
        n_factors: Length k of each user's and each movie's vector.
        hidden: Width of EmbeddingNet's hidden layer (``nh`` in the lesson).
        embedding_dropout: Share of EmbeddingNet's inputs dropped (``p1``).
        dropout: Share of EmbeddingNet's hidden units dropped (``p2``).
        batch_norm: ``"on"`` normalises EmbeddingNet's hidden units over each batch, after relu.
        sigmoid: ``"off"`` leaves out EmbeddingNet's sigmoid, whose range is the scale stretched by
            half a point at each end.
        init_scale: Embeddings start uniform in ±init_scale; EmbeddingDot's between 0 and it.
        optimizer: ``"sgd"``, ``"adam"`` or ``"adamw"``, the torch.optim classes; or
            ``"sparse_adam"``, Adam for those rows alone that a batch looks up
            (:class:`~optviz.training.sparse_adam.SparseAdam`).
        lr: Learning rate; the highest one where a schedule changes it.
        momentum: Momentum of SGD (Adam keeps its betas; one_cycle sets both itself).
        weight_decay: As the torch class takes it: added to the gradient for SGD and Adam
            (L2), for SparseAdam to that of the rows looked up; decoupled for AdamW.
        batch_size: Rows in one step.
        epochs: Passes over the training rows, each one step of joint gradient descent; for
            ALS, sweeps over both sides.
        patience: Epochs without a better validation loss after which training ends; 0 for never.
        schedule: A key of :data:`optviz.training.schedules.SCHEDULES`.
        cycle_len: Epochs in SGDR's first cycle.
        cycle_mult: How many times longer each next cycle of SGDR is.
        step_epochs: Epochs after which the step schedule divides the rate by ten.
        lr_spread: How many times the rate of the first layer group goes into that of the last,
            which is ``lr``; those between lie there by equal factors, as in fastai's
            ``slice(lr / lr_spread, lr)``. The groups are those of
            :func:`~optviz.recommender.layers.layer_groups`.
        regularization: λ. ALS penalises a row with n ratings by λ·n·‖row‖², joint gradient
            descent by λ·‖row‖².
        split: A key of :data:`SPLITS`; see :mod:`~optviz.recommender.split`.
        valid_fraction: Share of rows (of users or items where those are held out) that validates.
        n_folds: Parts of about the same size that k-fold cross-validation makes.
        fold: Which of them validates here, from 1.
        n_last: How many of each user's last ratings are held out.
        official: One of :data:`OFFICIAL`.
        seed: Of initial values, shuffling, dropout and a split that is drawn.
    """

    model: str
    n_factors: int = 50
    hidden: int = 10
    embedding_dropout: float = 0.05
    dropout: float = 0.5
    batch_norm: str = "off"
    sigmoid: str = "on"
    init_scale: float = 0.05
    optimizer: str = "adam"
    lr: float = 1e-2
    momentum: float = 0.9
    weight_decay: float = 2e-4
    batch_size: int = 64
    epochs: int = 3
    patience: int = 0
    schedule: str = "constant"
    cycle_len: int = 1
    cycle_mult: int = 2
    step_epochs: int = 3
    lr_spread: float = 1.0
    regularization: float = 0.15
    split: str = "lesson"
    valid_fraction: float = 0.2
    n_folds: int = 5
    fold: int = 1
    n_last: int = 1
    official: str = "u1"
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, ready for JSON; :func:`make_config` reads them back."""
        return dataclasses.asdict(self)

    def replace(self, **controls: Any) -> TrainConfig:
        """A checked copy with other values.

        Raises:
            Problem: A name is not a control, or a value is not allowed.
        """
        return make_config(**{**self.to_dict(), **controls})


@dataclass(frozen=True, slots=True)
class Control:
    """One setting: what it accepts and when it matters.

    Attributes:
        name: The field of :class:`TrainConfig`; texts are ``control.<name>.label`` / ``.help``.
        kind: ``"int"``, ``"float"`` or ``"choice"``.
        minimum, maximum: Hard limits, both allowed (numbers only).
        usual: The narrower range a slider would offer.
        log: Whether a slider should be logarithmic.
        choices: What a ``"choice"`` accepts; their texts are ``choice.<name>.<value>``.
        needs: Other fields and the values that each may have for this one to matter.
    """

    name: str
    kind: Literal["int", "float", "choice"]
    minimum: float = 0.0
    maximum: float = 0.0
    usual: tuple[float, float] = (0.0, 0.0)
    log: bool = False
    choices: tuple[str, ...] = ()
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()


SPLITS: Mapping[str, tuple[str, ...]] = {
    "lesson": (),
    "random": ("valid_fraction", "seed"),
    "folds": ("n_folds", "fold", "seed"),
    "last": ("n_last",),
    "cold_users": ("valid_fraction", "seed"),
    "cold_items": ("valid_fraction", "seed"),
    "official": ("official",),
}
"""Protocols, the ways to hold ratings out → the settings that each depends on."""

OFFICIAL = ("u1", "u2", "u3", "u4", "u5", "ua", "ub")
"""The splits that come with MovieLens 100K, as pairs of files .base and .test."""


def _where(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The protocols for which a setting matters, as :attr:`Control.needs` has it."""
    return (("split", tuple(split for split, names in SPLITS.items() if name in names)),)


def _registry(*controls: Control) -> Mapping[str, Control]:
    return {control.name: control for control in controls}


CONTROLS: Mapping[str, Control] = _registry(
    Control("model", "choice", choices=tuple(MODELS)),
    Control("n_factors", "int", 1, 500, (2, 100)),
    Control("regularization", "float", 1e-6, 1e3, (0.01, 1.0), log=True),
    Control("hidden", "int", 1, 1000, (2, 100)),
    Control("embedding_dropout", "float", 0.0, 0.95, (0.0, 0.9)),
    Control("dropout", "float", 0.0, 0.95, (0.0, 0.9)),
    Control("batch_norm", "choice", choices=("off", "on")),
    Control("sigmoid", "choice", choices=("on", "off")),
    Control("epochs", "int", 1, 1000, (1, 30)),
    Control("patience", "int", 0, 100, (0, 10)),
    Control("optimizer", "choice", choices=("sgd", "adam", "adamw", "sparse_adam")),
    Control("lr", "float", 1e-9, 1e9, (1e-5, 1.0), log=True),
    Control("momentum", "float", 0.0, 0.999, (0.0, 0.99), needs=(("optimizer", ("sgd",)),)),
    Control("weight_decay", "float", 0.0, 1e3, (1e-6, 1.0), log=True),
    Control("batch_size", "int", 1, 1_000_000, (16, 8192), log=True),
    Control("schedule", "choice", choices=("constant", "one_cycle", "sgdr", "step")),
    Control("cycle_len", "int", 1, 100, (1, 10), needs=(("schedule", ("sgdr",)),)),
    Control("cycle_mult", "int", 1, 10, (1, 4), needs=(("schedule", ("sgdr",)),)),
    Control("step_epochs", "int", 1, 100, (1, 10), needs=(("schedule", ("step",)),)),
    Control("lr_spread", "float", 1.0, 1e6, (1.0, 100.0), log=True),
    Control("init_scale", "float", 0.0, 10.0, (0.001, 1.0), log=True),
    Control("split", "choice", choices=tuple(SPLITS)),
    Control("valid_fraction", "float", 0.01, 0.9, (0.05, 0.5), needs=_where("valid_fraction")),
    Control("n_folds", "int", 2, 20, (2, 8), needs=_where("n_folds")),
    Control("fold", "int", 1, 20, (1, 8), needs=_where("fold")),
    Control("n_last", "int", 1, 100, (1, 10), needs=_where("n_last")),
    Control("official", "choice", choices=OFFICIAL, needs=_where("official")),
    Control("seed", "int", 0, 2**31 - 1, (0, 100)),
)
"""Every setting, in the order in which one thinks of them."""

DEFAULTS: Mapping[str, TrainConfig] = {
    name: TrainConfig(name, **spec.defaults) for name, spec in MODELS.items()
}
"""Where each model starts. Chosen on a part of the training rows (``benchmarks/tune.py``)."""


def reach_of(config: TrainConfig) -> float | None:
    """Stars beyond each end of the scale that the model's sigmoid reaches; None without one."""
    spec = MODELS[config.model]
    return None if "sigmoid" in spec.controls and config.sigmoid == "off" else spec.reach


def recipe_for(model: str, on_page: TrainConfig) -> TrainConfig:
    """The Recommender page's recipe if it is for ``model``, else that model's defaults."""
    return on_page if on_page.model == model else DEFAULTS[model]


def controls_shown(config: TrainConfig, free: Collection[str] = ()) -> list[Control]:
    """The controls that matter for ``config``, in order (``model`` itself first).

    Args:
        config: The recipe.
        free: Settings that may come to any value: what matters with one of them is shown too.
    """
    used = MODELS[config.model].controls
    return [
        control
        for control in CONTROLS.values()
        if control.name in used
        and all(
            field in free or getattr(config, field) in values for field, values in control.needs
        )
    ]


def split_settings(config: TrainConfig) -> dict[str, Any]:
    """All that the split depends on, the data aside; equal settings hold out the same rows.

    Example:
        >>> split_settings(make_config("als", split="last", seed=7))
        {'split': 'last', 'n_last': 1}
    """
    return {name: getattr(config, name) for name in ("split", *SPLITS[config.split])}


def make_config(model: str, **controls: Any) -> TrainConfig:
    """The defaults of ``model`` with the given controls changed.

    Args:
        model: A key of :data:`MODELS`.
        **controls: Any other fields of :class:`TrainConfig`.

    Raises:
        Problem: There is no such model or control, or a value is not allowed.

    Example:
        >>> make_config("dot_bias", lr=0.02, epochs=5).lr
        0.02
        >>> make_config("dot_bias", lr=-1)
        Traceback (most recent call last):
            ...
        optviz.core.problem.Problem: lr must be from 1e-09 to 1e+09, not -1.
    """
    _known("model", model, tuple(MODELS))
    for name in controls:
        if name not in CONTROLS:
            raise Problem("problem.model.unknown_control", name=name, known=", ".join(CONTROLS))
    return validate(dataclasses.replace(DEFAULTS[model], **controls))


def validate(config: TrainConfig) -> TrainConfig:
    """``config`` with every number as the type it should have.

    Whole numbers given as floats (from an address bar, say) become ints. Controls that the
    model does not use are checked too, so that switching models never surprises.

    Raises:
        Problem: A value is of the wrong type or outside its limits.
    """
    return TrainConfig(
        **{name: _checked(control, getattr(config, name)) for name, control in CONTROLS.items()}
    )


def _checked(control: Control, value: Any) -> Any:
    if control.kind == "choice":
        return _known(control.name, value, control.choices)
    numbers: dict[str, Any] = {
        "name": control.name,
        "value": value,
        "minimum": f"{control.minimum:g}",
        "maximum": f"{control.maximum:g}",
    }
    try:
        number = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not control.minimum <= number <= control.maximum:
        raise Problem("problem.model.out_of_range", **numbers)
    if control.kind == "float":
        return number
    if number != int(number):
        raise Problem("problem.model.not_whole", **numbers)
    return int(number)


def _known(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise Problem(
            "problem.model.unknown_choice", name=name, value=value, known=", ".join(choices)
        )
    return value
