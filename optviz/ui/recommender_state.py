"""What the Recommender page can be set to, and its telling scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from optviz.recommender.config import CONTROLS, DEFAULTS, PRESETS, TrainConfig, make_config
from optviz.recommender.quality import LENGTHS
from optviz.ui.fields import PageState, choice, integer, number, words
from optviz.ui.rated import Rated, rated_field

__all__ = ["KEPT", "SCENES", "RecommenderState", "fields_of"]

KEPT = ("mine", "user", "movie", "list_length")
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


@dataclass(frozen=True)
class RecommenderState(PageState):
    """The next run's recipe, its fields those of :class:`TrainConfig`, and what is looked at.

    Besides the recipe: the reader's own ratings; the user and the movie (raw ids as text, empty
    for a telling one) that the results look at closely; how long the judged lists are.
    """

    page: ClassVar[str] = "recommender"

    model: str = _control("model")
    n_factors: int = _control("n_factors")
    regularization: float = _control("regularization")
    hidden: int = _control("hidden")
    embedding_dropout: float = _control("embedding_dropout")
    dropout: float = _control("dropout")
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
    init_scale: float = _control("init_scale")
    split: str = _control("split")
    valid_fraction: float = _control("valid_fraction")
    seed: int = _control("seed")
    mine: Rated = rated_field()  # noqa: RUF009
    user: str = words("")
    movie: str = words("")
    list_length: str = choice("10", [str(k) for k in LENGTHS])

    def config(self) -> TrainConfig:
        """The recipe as training takes it.

        Raises:
            Problem: A value is not allowed.
        """
        return make_config(**{name: getattr(self, name) for name in CONTROLS})


def fields_of(config: TrainConfig) -> dict[str, Any]:
    """The page's fields that set up ``config``."""
    return config.to_dict()


# Pulp Fiction, Fargo and Fight Club; Titanic and Independence Day.
_DARK: Rated = (("296", 5.0), ("608", 5.0), ("2959", 5.0), ("1721", 1.0), ("780", 1.0))

SCENES: Mapping[str, Mapping[str, Any]] = {
    "mine": {"mine": _DARK},
    "baselines": fields_of(FIRST),
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
"""Scene → the fields it sets: five ratings of one taste, our defaults, the lesson's three recipes,
ALS, and overfitting."""
