"""What a search may change in a recipe: which settings, within which ranges, for how long.

No torch and no Optuna in here: a page draws its controls from this module alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.recommender.config import (
    CONTROLS,
    MODELS,
    SPLITS,
    TrainConfig,
    controls_shown,
)
from optviz.recommender.split import FEWEST, split_rows

if TYPE_CHECKING:
    from optviz.recommender.data import Ratings

__all__ = [
    "JUDGED",
    "Range",
    "SearchPlan",
    "ranges_for",
    "read_ranges",
    "search_rows",
    "searchable",
    "usual_range",
    "write_ranges",
]

JUDGED = 5
"""One in so many training rows judges the trials, and trains none of them."""

_FIXED = {"model", "patience", "split", *chain.from_iterable(SPLITS.values())}
"""What no search touches: a better split or a luckier seed is no better recipe."""

_SEED_OF_ROWS = 1
"""As in ``benchmarks/tune.py``: the same rows judge every search of a split."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a search may give to one setting.

    Attributes:
        name: The field of :class:`TrainConfig`.
        low, high: Ends, both allowed (numbers only).
        options: The choices among which to choose (choices only).
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    options: tuple[str, ...] = ()

    @property
    def log(self) -> bool:
        """Whether values are drawn evenly in their logarithm."""
        return CONTROLS[self.name].log

    def checked(self) -> Range:
        """Itself, if a search can use it.

        Raises:
            Problem: There is no such setting, or its values or ends cannot be.
        """
        control = CONTROLS.get(self.name)
        if control is None or self.name in _FIXED:
            raise Problem("problem.search.setting", name=self.name[:40])
        if control.kind == "choice":
            if not self.options or not set(self.options) <= set(control.choices):
                raise Problem("problem.search.options", known=", ".join(control.choices))
            return self
        low = max(control.minimum, 1e-9) if control.log else control.minimum
        if not low <= self.low < self.high <= control.maximum:
            raise Problem(
                "problem.search.ends", low=f"{self.low:g}", high=f"{self.high:g}",
                least=f"{low:g}", most=f"{control.maximum:g}",
            )  # fmt: skip
        if control.kind == "int" and (self.low != int(self.low) or self.high != int(self.high)):
            raise Problem("problem.search.whole", low=f"{self.low:g}", high=f"{self.high:g}")
        return self

    def holds(self, value: Any) -> bool:
        """Whether a search could come to ``value``."""
        return value in self.options if self.options else self.low <= value <= self.high


def usual_range(name: str, model: str) -> Range:
    """The range that a setting of ``model`` usually lies in, or all its choices."""
    control = CONTROLS[name]
    return Range(name, *MODELS[model].usual.get(name, control.usual), control.choices)


def searchable(config: TrainConfig, searched: Iterable[str] = ()) -> list[str]:
    """The settings that a search from ``config`` may change.

    Args:
        config: The recipe that the search begins from.
        searched: Settings that are searched: one that matters only with Adam, say, may be
            searched too where the optimizer is.

    Example:
        >>> from optviz.recommender.config import DEFAULTS
        >>> searchable(DEFAULTS["als"])
        ['n_factors', 'regularization', 'epochs']
    """
    shown = controls_shown(config, set(searched))
    return [control.name for control in shown if control.name not in _FIXED]


def ranges_for(config: TrainConfig, chosen: Iterable[Range]) -> tuple[Range, ...]:
    """The chosen ranges that ``config`` can use, in the order of the controls.

    Args:
        config: The recipe that the search begins from.
        chosen: What was asked for; of another model, perhaps. The model's first ones if none
            of it can be used.
    """
    by_name = {one.name: one for one in chosen}
    able = searchable(config, by_name)
    return tuple(by_name[name] for name in able if name in by_name) or tuple(
        usual_range(name, config.model) for name in MODELS[config.model].searched
    )


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """Everything that decides a search, the data aside.

    Attributes:
        config: The recipe that it begins from; what is not searched stays as it is there.
        ranges: What it may change.
        n_trials: So many recipes are tried at most.
        seconds: After so long no further trial begins; 0 for no such limit.
        at_once: Trials under way at the same time. With one, equal plans make equal trials.
        pruning: Whether a trial ends early that is behind the median of those before it.
        seed: Of the sampler.
    """

    config: TrainConfig
    ranges: tuple[Range, ...]
    n_trials: int = 30
    seconds: float = 0.0
    at_once: int = 2
    pruning: bool = True
    seed: int = 0


def search_rows(
    ratings: Ratings, config: TrainConfig
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows that train a trial, rows that judge it), each ascending, of the training rows alone.

    Args:
        ratings: All of them.
        config: The recipe, whose validation rows are in neither part.

    Raises:
        Problem: The data cannot serve the protocol, or a part would be too small to mean
            anything.
    """
    train, _ = split_rows(ratings, config)
    n_judges = len(train) // JUDGED
    if n_judges < FEWEST:
        raise Problem(
            "problem.model.too_few", needed=FEWEST, train=len(train) - n_judges, valid=n_judges
        )
    order = np.random.default_rng(_SEED_OF_ROWS).permutation(train)
    return np.sort(order[n_judges:]), np.sort(order[:n_judges])


def write_ranges(ranges: Iterable[Range]) -> str:
    """``lr:0.001:0.1,optimizer:sgd:adam``, for an address."""
    parts = ([one.name, *(one.options or (f"{one.low:.12g}", f"{one.high:.12g}"))]
             for one in ranges)  # fmt: skip
    return ",".join(":".join(part) for part in parts)


def read_ranges(written: str) -> tuple[Range, ...]:
    """What :func:`write_ranges` wrote.

    Raises:
        Problem: A part of it is no range of a setting.

    Example:
        >>> read_ranges("lr:0.001:0.1")[0].high
        0.1
    """
    ranges = []
    for part in written.split(",") if written else []:
        name, *values = part.split(":")
        if name in CONTROLS and CONTROLS[name].kind == "choice":
            ranges.append(Range(name, options=tuple(values)).checked())
            continue
        try:
            low, high = (float(value) for value in values)
        except ValueError:
            raise Problem("problem.search.unreadable", written=part[:40]) from None
        ranges.append(Range(name, low, high).checked())
    return tuple(ranges)
