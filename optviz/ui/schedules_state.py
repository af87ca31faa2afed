"""What the Schedules page can be set to, and its telling scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from optviz.core.optimizers import OPTIMIZERS
from optviz.core.problem import Problem
from optviz.core.surface import Point
from optviz.core.surfaces import SURFACES
from optviz.recommender.specs import NEURAL
from optviz.training.groups import parse_rates
from optviz.training.schedules import SCHEDULES
from optviz.ui.fields import choice, custom, flag, integer, number
from optviz.ui.own_surface import OWN_SURFACE, OwnSurface
from optviz.ui.points import point

__all__ = [
    "HIGHEST",
    "LAYERED",
    "LAYER_OPTIMIZERS",
    "LOWEST",
    "MOST_SCHEDULES",
    "MOVERS",
    "PARTS",
    "RECOMMENDERS",
    "SCENES",
    "STEPS_PER_EPOCH",
    "WITH_MINIMA",
    "SchedulesState",
]

PARTS = ("path", "recommender", "layers")
RECOMMENDERS = NEURAL
LAYERED = ("surface", "digits", "net")
LAYER_OPTIMIZERS = ("adam", "sgd")
MOST_SCHEDULES = 4

STEPS_PER_EPOCH = 10
"""On a surface, where there are no data to pass over, ten steps are called an epoch."""

LOWEST, HIGHEST = 1e-9, 1e3
"""Rates of a schedule lie between."""

WITH_MINIMA = tuple(name for name in SURFACES if SURFACES[name].minima)
"""Surfaces whose curvature at a minimum says which rates suit them."""

MOVERS = tuple(
    name for name, spec in OPTIMIZERS.items()
    if spec.elementwise and spec.closure == "none" and "lr" in spec.defaults()
)  # fmt: skip
"""Optimizers whose rate a schedule can set, and that see no other run's numbers."""


def _check_names(value: Any) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(value))
    if not 1 <= len(names) <= MOST_SCHEDULES:
        raise Problem("problem.schedules.count", most=MOST_SCHEDULES)
    for name in names:
        if name not in SCHEDULES:
            raise Problem("problem.state.choice", value=name, known=", ".join(SCHEDULES))
    return tuple(name for name in SCHEDULES if name in names)


def _check_rates(value: Any) -> str:
    parse_rates(str(value))
    return str(value)


@dataclass(frozen=True)
class SchedulesState(OwnSurface):
    """The schedules, where they are tried, and the rates of the layers."""

    page: ClassVar[str] = "schedules"

    part: str = choice("path", PARTS)
    schedules: tuple[str, ...] = custom(
        ("sgdr", "exponential", "cosine"), check=_check_names,
        parse=lambda written: tuple(written.split(",")), write=",".join,
    )  # fmt: skip
    epochs: int = integer(70, 1, 100)
    many: bool = flag(False)
    cycle_len: int = integer(10, 1, 100)
    cycle_mult: int = integer(2, 1, 4)
    lr_min: float = number(0.0, 0.0, 1e3)
    step_epochs: int = integer(20, 1, 100)
    gamma: float = number(0.9, 0.1, 1.0)
    warmup: int = integer(10, 1, 100)
    surface: str = choice("rastrigin", (*SURFACES, OWN_SURFACE))
    optimizer: str = choice("sgd", MOVERS)
    lr: float = number(0.006, LOWEST, HIGHEST)
    sigma: float = number(30.0, 0.0, 1e4)
    seed: int = integer(11, 0, 2**31 - 1)
    start: Point = point((4.2, 4.2))  # noqa: RUF009
    model: str = choice("dot_bias", RECOMMENDERS)
    passes: int = integer(7, 1, 30)
    model_lr: float = number(0.01, 1e-9, 1e3)
    layered: str = choice("surface", LAYERED)
    layer_surface: str = choice("ravine", (*WITH_MINIMA, OWN_SURFACE))
    layer_start: Point = point((-10.0, 1.0))  # noqa: RUF009
    layer_steps: int = integer(60, 1, 1000)
    rates: str = custom("slice(0.5, 0.005)", check=_check_rates, parse=str, write=str)
    layer_optimizer: str = choice("adam", LAYER_OPTIMIZERS)
    layer_epochs: int = integer(5, 1, 50)

    @property
    def options(self) -> dict[str, float]:
        """The parameters of the schedules, lengths in epochs."""
        return {
            "cycle_len": self.cycle_len,
            "cycle_mult": self.cycle_mult,
            "lr_min": min(self.lr_min, self.lr),
            "step_epochs": self.step_epochs,
            "gamma": self.gamma,
            "warmup": self.warmup,
        }

    @property
    def squeezed(self) -> dict[str, float]:
        """The same curves over :attr:`passes` epochs of the recommender, from its own rate."""
        share = self.passes / self.epochs
        return {
            "cycle_len": self.cycle_len * share,
            "cycle_mult": self.cycle_mult,
            "lr_min": min(self.lr_min, self.lr) * self.model_lr / self.lr,
            "step_epochs": self.step_epochs * share,
            "gamma": self.gamma ** (1 / share),
            "warmup": self.warmup * share,
        }


SCENES: Mapping[str, Mapping[str, Any]] = {
    "basins": {},
    "cycles": {"part": "recommender", "schedules": ("constant", "sgdr")},
    "one_cycle": {
        "schedules": ("constant", "one_cycle"),
        "surface": "ravine",
        "optimizer": "momentum",
        "lr": 0.01,
        "sigma": 10.0,
        "start": (-10.0, 1.0),
        "epochs": 30,
        "seed": 0,
    },
    "bowl": {"part": "layers"},
    "layers": {"part": "layers", "layered": "net", "rates": "slice(5e-4, 5e-3)"},
}
"""Scene → the fields that differ from the defaults; the words are under schedules.scene."""
