"""What the Regularisation page can be set to, and its telling scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from optviz.core.decay import RULES
from optviz.core.optimizers import default_hyperparameters
from optviz.core.problem import Problem
from optviz.core.surface import Point
from optviz.core.surfaces import SURFACES, get_surface
from optviz.recommender.landscape import RecommenderLandscape
from optviz.training.batch_norm import BATCHES, NormPlan
from optviz.training.landscape import DIRECTIONS, GridPlan
from optviz.training.landscape_tasks import OPTIMIZERS, SmallLandscape
from optviz.ui.fields import choice, custom, flag, integer, number
from optviz.ui.own_surface import OWN_SURFACE, OwnSurface
from optviz.ui.points import point

__all__ = [
    "GROUNDS",
    "MODELS",
    "MOST_STEPS",
    "NETWORKS",
    "PARTS",
    "SCENES",
    "SIZES",
    "VIEWS",
    "RegularisationState",
    "on_ground",
    "suited_rate",
]

PARTS = ("decay", "norm", "landscape")
VIEWS = ("map", "relief")
GROUNDS = ("after", "before")
NETWORKS = ("dot_bias", "net")
"""The recommenders that are trained step by step."""

MODELS = ("digits", *NETWORKS)
SIZES = (10, 20, 50, 100, 200)
"""Batch sizes of the small network, all of which leave a last batch that is nearly as large."""
MOST_STEPS = 1000
MOST_DECAY = 10.0
_RATE = (1e-6, 100.0)


def _check_optimizers(value: Any) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(value))
    for name in wanted:
        if name not in OPTIMIZERS:
            raise Problem("problem.state.choice", value=name, known=", ".join(OPTIMIZERS))
    # In the registry's order, so that a set of ticks is one state, not many.
    return tuple(name for name in OPTIMIZERS if name in wanted)


def _one_of(value: Any, options: tuple[int, ...]) -> int:
    if int(value) not in options:
        raise Problem("problem.state.choice", value=value, known=", ".join(map(str, options)))
    return int(value)


def _check_batch(value: Any) -> int:
    return _one_of(value, SIZES)


def _check_shown(value: Any) -> int:
    return _one_of(value, BATCHES)


def suited_rate(rule: str, surface: str) -> float:
    """A learning rate with which the rule shows on a surface what decay does.

    Adam takes a tenth of the rate that suits it on the Trajectories page: with larger steps
    the shrinking of one step alone, αλ, would already be large.
    """
    rate = float(default_hyperparameters(rule, surface)["lr"])
    suited = float(f"{rate / 10:.3g}") if rule == "adam" else rate
    return min(max(suited, _RATE[0]), _RATE[1])


def on_ground(called: str, rule: str, **changes: Any) -> dict[str, Any]:
    """The fields of a fresh look at a surface with a rule: rate, start and steps that suit.

    Args:
        called: The surface's name in the core; a typed one's fields are among ``changes``.
        rule: A key of ``RULES``.
        **changes: Fields that are to be otherwise.
    """
    return {
        "surface": called,
        "rule": rule,
        "lr": suited_rate(rule, called),
        "start": get_surface(called).start,
        "steps": 300,
        "step": -1,
    } | changes


_FIRST = "rosenbrock"


@dataclass(frozen=True)
class RegularisationState(OwnSurface):
    """Everything the page shows follows from this."""

    page: ClassVar[str] = "regularisation"

    part: str = choice("decay", PARTS)

    surface: str = choice(_FIRST, (*SURFACES, OWN_SURFACE))
    rule: str = choice("sgd", tuple(RULES))
    decay: float = number(1.0, 0.0, MOST_DECAY)
    lr: float = number(suited_rate("sgd", _FIRST), *_RATE)
    momentum: float = number(0.9, 0.0, 0.999)
    start: Point = point(SURFACES[_FIRST].start)  # noqa: RUF009
    steps: int = integer(1000, 1, MOST_STEPS)
    step: int = integer(-1, -1, MOST_STEPS)
    focus: int = integer(0, 0, 1)
    ground: str = choice("after", GROUNDS)

    depth: int = integer(3, 1, 8)
    rate: float = number(0.1, 1e-4, 10.0)
    batch: int = custom(50, check=_check_batch, parse=int, write=str)
    epochs: int = integer(10, 1, 50)
    seed: int = integer(0, 0, 2**31 - 1)
    shown: int = custom(16, check=_check_shown, parse=int, write=str)

    model: str = choice("digits", MODELS)
    normalised: bool = flag(False)
    directions: str = choice("pca", DIRECTIONS)
    optimizers: tuple[str, ...] = custom(
        ("sgd", "momentum", "adam"),
        check=_check_optimizers,
        parse=lambda written: tuple(filter(None, written.split(","))),
        write=",".join,
    )
    points: int = integer(31, 11, 61)
    view: str = choice("map", VIEWS)

    @property
    def surface_name(self) -> str:
        """The name by which the core knows the surface, be it of the registry or typed."""
        return self.called(self.surface)

    def norm_plan(self) -> NormPlan:
        """The comparison with and without batch normalisation that the settings ask for."""
        return NormPlan(
            depth=self.depth, lr=self.rate, batch_size=self.batch, epochs=self.epochs,
            seed=self.seed, points=self.points,
        )  # fmt: skip

    def landscape(self, on_page: Any, source: str | None) -> SmallLandscape | RecommenderLandscape:
        """The landscape that the settings ask for.

        Args:
            on_page: The recipe that the Recommender page is set to; it counts if it is the
                same model.
            source: The ratings that it uses; None for the bundled ones.

        Raises:
            Problem: There is no optimizer to follow.
        """
        if not self.optimizers:
            raise Problem("problem.landscape.nobody")
        plan = GridPlan(self.directions, self.points, self.seed)
        if self.model == "digits":
            return SmallLandscape(
                optimizers=self.optimizers, plan=plan, depth=self.depth,
                normalised=self.normalised, batch_size=self.batch, epochs=self.epochs,
                seed=self.seed,
            )  # fmt: skip
        return RecommenderLandscape.of(self.model, on_page, source, self.optimizers, plan)


SCENES: Mapping[str, Mapping[str, Any]] = {
    "moves": {},
    "agree": on_ground("booth", "sgd", decay=2.0),
    "part": on_ground("himmelblau", "adam", decay=0.5),
    "memory": on_ground("booth", "momentum", decay=2.0),
    "norm": {"part": "norm"},
    "network": {"part": "landscape"},
}
"""Scene → the fields that differ from the defaults; the words are under regularisation.scene."""
