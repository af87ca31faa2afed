"""What the Learning rate page can be set to, its telling scenes, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from optviz.core.problem import Problem
from optviz.core.surfaces import SURFACES, get_surface
from optviz.recommender.config import DEFAULTS, TrainConfig, recipe_for
from optviz.recommender.specs import NEURAL
from optviz.recommender.sweeps import RecommenderSetup
from optviz.training.lr_curve import END_LR, N_ITER, SMOOTHING, START_LR
from optviz.training.sweeps import SmallSetup, SweepPlan
from optviz.ui.fields import choice, custom, flag, integer, number, within
from optviz.ui.own_surface import OWN_SURFACE, OwnSurface

__all__ = [
    "MODELS",
    "OPTIMIZERS",
    "RECOMMENDERS",
    "SCENES",
    "LearningRateState",
    "Request",
    "suited",
]

RECOMMENDERS = NEURAL
MODELS = (*RECOMMENDERS, "digits", "surface")
OPTIMIZERS = ("adam", "sgd", "adamw")
LOWEST, HIGHEST = 1e-9, 1e9
"""Rates beyond these mean nothing to any optimizer; the Recommender page has the same limits."""

_CHECKS = {"surface": 120}
_CHECKS_ELSEWHERE = 33


def _picked() -> float:
    """A rate, or 0 for none."""

    def check(value: Any) -> float:
        return 0.0 if value == 0 else within(value, LOWEST, HIGHEST)

    return custom(0.0, check=check, parse=float, write=repr)


@dataclass(frozen=True)
class LearningRateState(OwnSurface):
    """The sweep to make, how to look at it, and the rate picked (0 while there is none)."""

    page: ClassVar[str] = "learning_rate"

    model: str = choice("dot_bias", MODELS)
    surface: str = choice("ravine", (*SURFACES, OWN_SURFACE))
    optimizer: str = choice("adam", OPTIMIZERS)
    momentum: float = number(0.9, 0.0, 0.999)
    batch_size: int = integer(DEFAULTS["dot_bias"].batch_size, 1, 1_000_000)
    start_lr: float = number(START_LR, LOWEST, HIGHEST)
    end_lr: float = number(END_LR, LOWEST, HIGHEST)
    n_iter: int = integer(N_ITER, 1, 10_000)
    seed: int = integer(0, 0, 2**31 - 1)
    check: bool = flag(False)
    smoothing: float = number(SMOOTHING, 0.0, 0.999)
    picked: float = _picked()
    n_seeds: int = integer(5, 2, 20)

    def recipe(self, on_page: TrainConfig) -> TrainConfig:
        """How the Recommender page would train the chosen model.

        Args:
            on_page: What that page is set to; it counts if it is the same model.

        Raises:
            Problem: A value is not allowed there.
        """
        base = recipe_for(self.model, on_page)
        return base.replace(
            optimizer=self.optimizer,
            momentum=self.momentum,
            batch_size=self.batch_size,
            seed=self.seed,
        )

    def request(self, on_page: TrainConfig, source: str | None) -> Request:
        """The sweep that the settings ask for.

        Args:
            on_page: What the Recommender page is set to.
            source: The ratings that it uses; None for the bundled ones.

        Raises:
            Problem: The settings make no sense together.
        """
        if not self.start_lr < self.end_lr:
            raise Problem(
                "problem.lr_finder.range", start=f"{self.start_lr:g}", end=f"{self.end_lr:g}"
            )
        checks = _CHECKS.get(self.model, _CHECKS_ELSEWHERE) if self.check else 0
        plan = SweepPlan(self.start_lr, self.end_lr, self.n_iter, checks)
        momentum = self.momentum if self.optimizer == "sgd" else 0.0
        if self.model == "surface":
            name = self.called(self.surface)
            get_surface(name)  # a link may hold a formula that has no values
            return Request(SmallSetup("surface", self.optimizer, momentum, name), plan)
        if self.model == "digits":
            setup = SmallSetup("digits", self.optimizer, momentum, "", self.batch_size, self.seed)
            return Request(setup, plan)
        # What a sweep does not depend on must not make it look out of date.
        still = DEFAULTS[self.model]
        config = self.recipe(on_page).replace(
            lr=still.lr, schedule=still.schedule, epochs=still.epochs
        )
        if self.optimizer != "sgd":
            config = config.replace(momentum=still.momentum)
        return Request(RecommenderSetup(config, source), plan)


@dataclass(frozen=True, slots=True)
class Request:
    """A sweep: over what, and how. Equal requests give equal curves."""

    setup: SmallSetup | RecommenderSetup
    plan: SweepPlan


def suited(model: str, on_page: TrainConfig) -> dict[str, Any]:
    """The page's fields that suit a model when it is chosen; the rest stays as it is.

    Args:
        model: The model.
        on_page: What the Recommender page is set to; it counts if it is the same model.
    """
    fields: dict[str, Any] = {"model": model, "picked": 0.0}
    if model in RECOMMENDERS:
        base = recipe_for(model, on_page)
        return fields | {
            "optimizer": base.optimizer,
            "momentum": base.momentum,
            "batch_size": base.batch_size,
            "start_lr": START_LR,
            "end_lr": END_LR,
        }
    if model == "digits":
        return fields | {"batch_size": 64, "start_lr": 1e-5, "end_lr": 100.0}
    return fields | {"start_lr": 1e-4, "end_lr": END_LR}


SCENES: Mapping[str, Mapping[str, Any]] = {
    "adam": {},
    "net": {"model": "net", "batch_size": DEFAULTS["net"].batch_size, "check": True},
    "sgd": {"optimizer": "sgd", "end_lr": 1e4, "check": True},
    "ravine": {
        "model": "surface",
        "surface": "ravine",
        "optimizer": "sgd",
        "momentum": 0.0,
        "start_lr": 1e-4,
        "end_lr": 1.0,
        "smoothing": 0.0,
        "check": True,
    },
}
"""Scene → the fields it sets: a first look, advice put to the test, another optimizer, theory."""
