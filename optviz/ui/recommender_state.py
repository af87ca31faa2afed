"""What the Recommender page can be set to, and its telling scenes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from optviz.recommender.config import CONTROLS, DEFAULTS, TrainConfig, make_config
from optviz.recommender.presets import PRESETS
from optviz.recommender.quality import LENGTHS
from optviz.recommender.search_space import (
    Range,
    SearchPlan,
    ranges_for,
    read_ranges,
    write_ranges,
)
from optviz.ui.fields import PageState, choice, custom, flag, integer, number, words
from optviz.ui.rated import Rated, rated_field

__all__ = ["KEPT", "SCENES", "TABS", "RecommenderState", "fields_of"]

TABS = ("mine", "one_user", "one_movie", "worked", "bias", "quality")
"""What a trained model can be asked."""

KEPT = (
    "tab", "mine", "user", "movie", "list_length", "search", "searched", "search_trials",
    "search_seconds", "search_at_once", "search_pruning", "search_seed",
)  # fmt: skip
"""The fields that no recipe touches."""

FIRST = DEFAULTS["dot_bias"]


def _control(name: str) -> Any:
    """A field with the limits and the default of a training control."""
    control, default = CONTROLS[name], getattr(FIRST, name)
    if control.kind == "choice":
        return choice(default, control.choices)
    if control.kind == "int":
        return integer(default, int(control.minimum), int(control.maximum))
    return number(default, control.minimum, control.maximum)


def _ranges() -> tuple[Range, ...]:
    """A field of ranges; each setting at most once."""

    def check(value: Iterable[Range]) -> tuple[Range, ...]:
        return tuple({one.name: one.checked() for one in value}.values())

    nothing: tuple[Range, ...] = ()
    return custom(nothing, check=check, parse=read_ranges, write=write_ranges)


@dataclass(frozen=True)
class RecommenderState(PageState):
    """The next run's recipe, its fields those of :class:`TrainConfig`, and what is looked at.

    Besides the recipe: what the results show; the reader's own ratings; the user and the movie
    (raw ids as text, empty for a telling one) that the results look at closely; how long the
    judged lists are; what a search for good settings may change (empty for what its model's
    search begins with), and for how long.
    """

    page: ClassVar[str] = "recommender"

    model: str = _control("model")
    n_factors: int = _control("n_factors")
    regularization: float = _control("regularization")
    hidden: int = _control("hidden")
    embedding_dropout: float = _control("embedding_dropout")
    dropout: float = _control("dropout")
    batch_norm: str = _control("batch_norm")
    sigmoid: str = _control("sigmoid")
    epochs: int = _control("epochs")
    patience: int = _control("patience")
    optimizer: str = _control("optimizer")
    lr: float = _control("lr")
    momentum: float = _control("momentum")
    weight_decay: float = _control("weight_decay")
    batch_size: int = _control("batch_size")
    schedule: str = _control("schedule")
    cycle_len: int = _control("cycle_len")
    cycle_mult: int = _control("cycle_mult")
    step_epochs: int = _control("step_epochs")
    lr_spread: float = _control("lr_spread")
    init_scale: float = _control("init_scale")
    split: str = _control("split")
    valid_fraction: float = _control("valid_fraction")
    n_folds: int = _control("n_folds")
    fold: int = _control("fold")
    n_last: int = _control("n_last")
    official: str = _control("official")
    seed: int = _control("seed")
    tab: str = choice("mine", TABS)
    mine: Rated = rated_field()  # noqa: RUF009
    user: str = words("")
    movie: str = words("")
    list_length: str = choice("10", [str(k) for k in LENGTHS])
    search: bool = flag(False)
    searched: tuple[Range, ...] = _ranges()
    search_trials: int = integer(30, 1, 500)
    search_seconds: float = number(0.0, 0.0, 86_400.0)
    search_at_once: int = integer(2, 1, 16)
    search_pruning: bool = flag(True)
    search_seed: int = integer(0, 0, 2**31 - 1)

    def config(self) -> TrainConfig:
        """The recipe as training takes it.

        Raises:
            Problem: A value is not allowed.
        """
        return make_config(**{name: getattr(self, name) for name in CONTROLS})

    def search_plan(self) -> SearchPlan:
        """The search as it is set up.

        Raises:
            Problem: A value of the recipe is not allowed.
        """
        config = self.config()
        return SearchPlan(
            config,
            ranges_for(config, self.searched),
            self.search_trials,
            self.search_seconds,
            self.search_at_once,
            self.search_pruning,
            self.search_seed,
        )


def fields_of(config: TrainConfig) -> dict[str, Any]:
    """The page's fields that set up ``config``."""
    return config.to_dict()


# Pulp Fiction, Fargo and Fight Club; Titanic and Independence Day.
_DARK: Rated = (("296", 5.0), ("608", 5.0), ("2959", 5.0), ("1721", 1.0), ("780", 1.0))

SCENES: Mapping[str, Mapping[str, Any]] = {
    "mine": {"mine": _DARK},
    "baselines": fields_of(FIRST),
    "dot": fields_of(PRESETS["lesson_dot"].config),
    "library": fields_of(PRESETS["lesson_library"].config),
    "by_hand": fields_of(PRESETS["lesson_by_hand"].config),
    "net": fields_of(PRESETS["lesson_net"].config),
    "als": fields_of(DEFAULTS["als"]),
    "overfit": fields_of(
        make_config(
            "dot_bias", weight_decay=0.0, batch_size=1024, epochs=10, n_factors=100, lr=0.01
        )
    ),
}
"""Scene → the fields it sets: five ratings of one taste, our defaults, four of the lesson's
recipes, ALS, and overfitting."""
