"""What the part about networks of the Jacobian and Hessian page can be set to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optviz.core.problem import Problem
from optviz.recommender.spectrum import RecommenderSpectrum
from optviz.training.edge import EdgePlan
from optviz.training.spectrum_tasks import DigitsSpectrum
from optviz.ui.fields import PageState, choice, custom, integer, number, within

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "MODELS",
    "NETWORK_SCENES",
    "STUDIES",
    "NetworksFields",
    "read_rates",
    "write_rates",
]

STUDIES = ("edge", "spectrum")
MODELS = ("digits", "dot_bias", "net")
LOSSES = ("mse", "cross_entropy")
ACTIVATIONS = ("tanh", "relu")

_MOST_RATES = 4
_RATE = (1e-4, 10.0)


def _check_rates(value: Any) -> tuple[float, ...]:
    rates = tuple(dict.fromkeys(within(rate, *_RATE) for rate in value))
    if not 1 <= len(rates) <= _MOST_RATES:
        raise Problem("problem.networks.count", count=len(rates), most=_MOST_RATES)
    return rates


def read_rates(written: str) -> tuple[float, ...]:
    """The rates that a text such as ``0.1, 0.2`` means.

    Raises:
        Problem: One of them is no number.
    """
    found = []
    for part in filter(None, re.split(r"[\s,;，；、]+", written.strip())):
        try:
            found.append(float(part))
        except ValueError:
            raise Problem("problem.controls.number", written=part[:40]) from None
    return tuple(found)


def write_rates(rates: tuple[float, ...]) -> str:
    """The text that :func:`read_rates` reads back."""
    return ", ".join(f"{rate:.12g}" for rate in rates)


@dataclass(frozen=True)
class NetworksFields(PageState):
    """The settings of the part about networks; their names begin with ``net_``."""

    net_study: str = choice("edge", STUDIES)
    net_rates: tuple[float, ...] = custom(
        (0.1, 0.2),
        check=_check_rates,
        parse=read_rates,
        write=lambda rates: ",".join(map(repr, rates)),
    )
    net_momentum: float = number(0.0, 0.0, 0.99)
    net_steps: int = integer(2000, 100, 10_000)
    net_model: str = choice("digits", MODELS)
    net_loss: str = choice("mse", LOSSES)
    net_activation: str = choice("tanh", ACTIVATIONS)
    net_depth: int = integer(2, 1, 4)
    net_epochs: int = integer(5, 1, 30)
    net_seed: int = integer(0, 0, 2**31 - 1)

    def edge_plan(self) -> EdgePlan:
        """The trainings that the settings ask for."""
        return EdgePlan(
            rates=self.net_rates, momentum=self.net_momentum, loss=self.net_loss,
            activation=self.net_activation, depth=self.net_depth, steps=self.net_steps,
            seed=self.net_seed,
        )  # fmt: skip

    def spectrum(self, on_page: Any, source: str | None) -> DigitsSpectrum | RecommenderSpectrum:
        """The spectrum that the settings ask for.

        Args:
            on_page: The recipe that the Recommender page is set to; it counts if it is the
                same model.
            source: The ratings that it uses; None for the bundled ones.
        """
        if self.net_model == "digits":
            return DigitsSpectrum(
                loss=self.net_loss, activation=self.net_activation, depth=self.net_depth,
                epochs=self.net_epochs, seed=self.net_seed,
            )  # fmt: skip
        return RecommenderSpectrum.of(self.net_model, on_page, source, self.net_epochs)


NETWORK_SCENES: Mapping[str, Mapping[str, Any]] = {
    "edge": {"part": "networks"},
    "outliers": {
        "part": "networks",
        "net_study": "spectrum",
        "net_loss": "cross_entropy",
        "net_activation": "relu",
    },
}
