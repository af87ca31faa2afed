"""From ratings and a recipe to a trained model."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optviz.recommender.als import AlsRun
from optviz.recommender.baselines import Array, Index, fit_baseline, mse
from optviz.recommender.config import TrainConfig, make_config
from optviz.recommender.data import Ratings
from optviz.recommender.dot_run import DotRun
from optviz.recommender.fitted import FittedModel
from optviz.recommender.joint import JointRun
from optviz.recommender.layers import layer_groups
from optviz.recommender.models import (
    EmbeddingDot,
    EmbeddingDotBias,
    Factorisation,
    build_model,
    mean_movie,
)
from optviz.recommender.scale import SCALED, scaled
from optviz.recommender.specs import MODELS
from optviz.recommender.split import split_rows
from optviz.training.device import device_for
from optviz.training.groups import Rates, regroup, spread
from optviz.training.history import BatchRecord
from optviz.training.run import TrainingRun
from optviz.training.schedules import Schedule, make_schedule
from optviz.training.sparse_adam import SparseAdam

__all__ = ["Fit", "build_fit", "fit_model", "train"]

_EVALUATED = 65_536
"""Rows predicted at once while validating."""


@dataclass(eq=False)
class Fit:
    """A run under way, with what is needed to make a model of it at any moment.

    Attributes:
        run: :class:`~optviz.training.run.TrainingRun` or :class:`AlsRun`; both have
            ``step()``, ``done``, ``total_steps``, ``history``, ``state_dict()`` and
            ``load_state_dict()``. Step through :meth:`step`, which looks at the clock.
        baselines: ``"mean"`` and ``"bias"`` → validation MSE.
        n_unseen: Validation rows whose movie or user has no training row.
        n_train, n_valid: Rows of either part.
        weights: Makes the arrays of a ``FittedModel``.
        predict: The first so many validation rows → (predicted, true) ratings.
        evaluate: Gives the validation MSE.
        seconds: Time that the steps took so far, validation included. Not part of the run's
            history, which is a function of recipe and data alone.
        clock: ``seconds`` at the end of each epoch.
        changes: (step, rate) of each change of the rate by hand; see :meth:`set_lr`.
    """

    config: TrainConfig
    ratings: Ratings
    run: TrainingRun | AlsRun
    mean: float
    baselines: dict[str, float]
    n_unseen: int
    n_train: int
    n_valid: int
    weights: Callable[[], dict[str, Any]]
    predict: Callable[[int], tuple[Array, Array]]
    evaluate: Callable[[], float]
    seconds: float = 0.0
    clock: list[float] = field(default_factory=list)
    changes: list[tuple[int, float]] = field(default_factory=list)

    @property
    def device(self) -> torch.device:
        """Where the steps are computed."""
        return self.run.device if isinstance(self.run, TrainingRun) else torch.device("cpu")

    @property
    def done(self) -> bool:
        """Whether there is no step left, or no hope: see ``patience`` in the recipe."""
        return self.run.done or (
            self._between_epochs and self.run.history.stalled(self.config.patience)
        )

    @property
    def _between_epochs(self) -> bool:
        return self.run.steps_done == len(self.run.history.epochs) * self.run.steps_per_epoch

    @property
    def rows_per_step(self) -> float:
        """Training rows that a step sees; 1 for ALS, whose steps are counted themselves."""
        return float(getattr(self.run, "batch_size", 1))

    def step(self) -> BatchRecord:
        """Take one step of the run, by the clock."""
        started = time.perf_counter()
        record = self.run.step()
        self.seconds += time.perf_counter() - started
        if len(self.clock) < len(self.run.history.epochs):
            self.clock.append(self.seconds)
        return record

    def set_lr(self, lr: float) -> None:
        """Go on as a recipe with another ``lr`` would from here; ALS has none.

        Raises:
            Problem: It is no learning rate that a recipe may have.
        """
        config = self.config.replace(lr=lr)
        if isinstance(self.run, TrainingRun):
            self.run.schedule = _schedule(config)
            self.changes.append((self.run.steps_done, config.lr))

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest depends on, and the clock."""
        return {
            "run": self.run.state_dict(),
            "seconds": self.seconds,
            "clock": list(self.clock),
            "changes": list(self.changes),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of a fit of the same recipe and data."""
        self.run.load_state_dict(state["run"])
        self.seconds, self.clock = state["seconds"], list(state["clock"])
        self.changes = list(state["changes"])
        if self.changes and isinstance(self.run, TrainingRun):
            self.run.schedule = _schedule(self.config.replace(lr=self.changes[-1][1]))

    def parts(self) -> dict[str, NDArray[Any]]:
        """What the steps move, by name: on the processor the live arrays, not copies of them."""
        if isinstance(self.run, TrainingRun):
            named = self.run.model.named_parameters()
            return {_plain(name): tensor.detach().cpu().numpy() for name, tensor in named}
        return {"user_factors": self.run.user_factors, "item_factors": self.run.item_factors}

    def gradients(self) -> dict[str, NDArray[Any]]:
        """The gradient of the last step, by the names of :meth:`parts`; ALS has none."""
        if not isinstance(self.run, TrainingRun):
            return {}
        named = zip(self.parts(), self.run.model.parameters(), strict=True)
        return {name: p.grad.cpu().numpy() for name, p in named if p.grad is not None}

    def model(self) -> FittedModel:
        """The model as it is now."""
        return FittedModel(
            config=self.config,
            history=self.run.history,
            weights=self.weights(),
            mean=self.mean,
            rating_range=self.ratings.rating_range,
            valid_mse=math.nan if self.run.diverged else self.evaluate(),
            n_unseen=self.n_unseen,
            baselines=self.baselines,
            ratings_key=self.ratings.key,
            ratings_version=self.ratings.version,
            n_ratings=self.ratings.n_ratings,
            seconds=self.seconds,
            clock=tuple(self.clock),
            changes=tuple(self.changes),
            ratings=self.ratings,
        )


def build_fit(
    config: TrainConfig,
    ratings: Ratings,
    rows: tuple[Index, Index] | None = None,
    device: torch.device | None = None,
) -> Fit:
    """Everything ready for the first step.

    Args:
        config: The recipe, validated.
        ratings: The data.
        rows: (training rows, validation rows) in place of the recipe's split, for tuning.
        device: Where a model that takes batches is trained; the processor if not told. The
            others stay there: ALS's many small systems are solved by LAPACK, and joint descent
            multiplies sparse matrices.

    Raises:
        Problem: The split leaves too few rows.
    """
    train_rows, valid_rows = split_rows(ratings, config) if rows is None else rows
    users, items, target = _rows(ratings, train_rows)
    v_users, v_items, truth = _rows(ratings, valid_rows)
    sizes = (ratings.n_users, ratings.n_items)
    plain = fit_baseline(users, items, target, *sizes)
    baselines = plain.errors(v_users, v_items, truth)
    seen_users = np.bincount(users, minlength=sizes[0]) > 0
    seen_items = np.bincount(items, minlength=sizes[1]) > 0
    n_unseen = int((~(seen_users[v_users] & seen_items[v_items])).sum())
    common = (config, ratings)
    told: dict[str, Any] = {
        "mean": plain.mean, "baselines": baselines, "n_unseen": n_unseen,
        "n_train": len(train_rows), "n_valid": len(valid_rows),
    }  # fmt: skip
    spec = MODELS[config.model]
    if spec.training == "solved":
        als = AlsRun(
            users, items, target, (v_users, v_items, truth),
            n_users=sizes[0], n_items=sizes[1], n_factors=config.n_factors,
            regularization=config.regularization, epochs=config.epochs, seed=config.seed,
            baseline=plain,
        )  # fmt: skip

        def als_weights() -> dict[str, Any]:
            return {
                "user_factors": als.user_factors.astype(np.float32),
                "item_factors": als.item_factors.astype(np.float32),
                "user_bias": als.baseline.user_bias.astype(np.float32),
                "item_bias": als.baseline.item_bias.astype(np.float32),
            }

        def als_predict(rows: int) -> tuple[Array, Array]:
            return als.predict(v_users[:rows], v_items[:rows]), truth[:rows]

        return Fit(
            *common, als, weights=als_weights, predict=als_predict,
            evaluate=lambda: mse(als.predict(v_users, v_items), truth), **told,
        )  # fmt: skip

    generator = torch.Generator().manual_seed(config.seed)
    if device is None or spec.training != "batches":
        device = torch.device("cpu")
    # Drawn on the processor, so that a seed gives the same model on any device.
    model = build_model(config, *sizes, ratings.rating_range, generator).to(device)
    t_users, t_items = torch.from_numpy(seen_users), torch.from_numpy(seen_items)
    valid_pair = tuple(torch.from_numpy(side).to(device) for side in (v_users, v_items))

    def predict(rows: int) -> tuple[Array, Array]:
        model.eval()
        averaged = dict(mean_movie(model, t_users, t_items, spec.unseen))
        predicted = []
        with torch.inference_mode():
            for start in range(0, min(rows, len(truth)), _EVALUATED):
                part = slice(start, min(start + _EVALUATED, rows))
                pair = tuple(index[part] for index in valid_pair)
                out = torch.func.functional_call(model, averaged, pair)
                predicted.append(out.cpu().double().numpy())
        return np.concatenate(predicted), truth[:rows]

    def evaluate() -> float:
        return mse(*predict(len(truth)))

    def weights() -> dict[str, Any]:
        averaged = mean_movie(model, t_users, t_items, spec.unseen)
        return {
            _plain(name): (
                tensor.squeeze(1) if name.endswith("_bias.weight") else tensor
            ).cpu().numpy().copy()
            for name, tensor in averaged.items() if tensor.is_floating_point()
        }  # fmt: skip

    rows_of = (torch.from_numpy(users), torch.from_numpy(items))
    stars = torch.from_numpy(target.astype(np.float32))
    same: dict[str, Any] = {
        "epochs": config.epochs, "schedule": _schedule(config), "seed": config.seed,
        "generators": (generator,), "validate": evaluate,
    }  # fmt: skip
    if isinstance(model, Factorisation):
        model.centre(rows_of[1], stars)
        run: TrainingRun = JointRun(
            model, _optimizer(config, model), *rows_of, stars,
            regularization=config.regularization, **same,
        )  # fmt: skip
    else:
        kind = DotRun if isinstance(model, EmbeddingDot | EmbeddingDotBias) else TrainingRun
        optimizer = _optimizer(config, model)
        _divide(optimizer, model, config)
        run = kind(
            model, optimizer, rows_of, stars,
            loss=torch.nn.functional.mse_loss, batch_size=config.batch_size, **same,
        )  # fmt: skip
    return Fit(*common, run, weights=weights, predict=predict, evaluate=evaluate, **told)


def _plain(name: str) -> str:
    """A parameter's name as a model's file has it."""
    return name if name.startswith(("lin", "norm")) else name.removesuffix(".weight")


def _rows(ratings: Ratings, rows: Index) -> tuple[Index, Index, Array]:
    rating = ratings.frame["rating"].to_numpy(np.float64)
    return ratings.user_idx[rows], ratings.item_idx[rows], rating[rows]


def _schedule(config: TrainConfig) -> Schedule:
    return make_schedule(
        config.schedule,
        config.lr,
        config.epochs,
        cycle_len=config.cycle_len,
        cycle_mult=config.cycle_mult,
        step_epochs=config.step_epochs,
    )


def _optimizer(config: TrainConfig, model: torch.nn.Module) -> torch.optim.Optimizer:
    decay = config.weight_decay if "weight_decay" in MODELS[config.model].controls else 0.0
    if config.optimizer == "sparse_adam":
        tables = [part.weight for part in model.modules() if isinstance(part, torch.nn.Embedding)]
        return SparseAdam(model.parameters(), tables, lr=config.lr, weight_decay=decay)
    # fused: one kernel for all parameters; the same mathematics, several times faster.
    shared: dict[str, Any] = {
        "lr": config.lr, "weight_decay": decay,
        "fused": next(model.parameters()).device.type in ("cpu", "cuda"),
    }  # fmt: skip
    if config.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), momentum=config.momentum, **shared)
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    return kind(model.parameters(), **shared)


def _divide(optimizer: torch.optim.Optimizer, model: torch.nn.Module, config: TrainConfig) -> None:
    """Give each layer group its share of the rate, if they are not all the same."""
    if config.lr_spread > 1:
        groups = list(layer_groups(model).values())
        asked = Rates("slice", (config.lr / config.lr_spread, config.lr))
        regroup(optimizer, groups, spread(asked, len(groups)))


def fit_model(
    config: TrainConfig,
    ratings: Ratings,
    watch: Callable[[Fit, BatchRecord], bool] = lambda fit, record: True,
    rows: tuple[Index, Index] | None = None,
) -> FittedModel:
    """Train to the end, or until ``watch`` (called after each step) returns False."""
    device = device_for(ratings.n_ratings if rows is None else len(rows[0]))
    fit = build_fit(config, ratings, rows, device)
    while not fit.done:
        if not watch(fit, fit.step()):
            break
    return fit.model()


def train(model: str, ratings: Ratings, *, seed: int = 0, **controls: Any) -> FittedModel:
    """Train a recommender.

    Args:
        model: A key of :data:`~optviz.recommender.specs.MODELS`, such as ``"als"``.
        ratings: From :func:`optviz.load_ratings`.
        seed: Of everything random.
        **controls: Any other field of :class:`~optviz.recommender.config.TrainConfig`: the
            controls of the Recommender page under their own names. Batch size and weight decay,
            where not given, suit the number of ratings (:mod:`optviz.recommender.scale`).

    Returns:
        The trained model: ``history``, ``valid_mse``, ``item_factors``, ``item_bias``,
        ``predict(user_idx, item_idx)``, ``recommend(user_id, n)`` and more.

    Raises:
        Problem: There is no such model or control, or a value is not allowed.
    """
    config = make_config(model, seed=seed, **controls)
    given = {name: getattr(config, name) for name in SCALED if name in controls}
    return fit_model(scaled(config, ratings.n_ratings).replace(**given), ratings)
