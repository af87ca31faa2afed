"""A laboratory in which a class can see optimisation; also a small library for notebooks.

Names are loaded when first used, so that ``import optviz`` costs next to nothing and torch
comes only when something is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optviz.core.optimizers import OPTIMIZERS
    from optviz.core.surfaces import SURFACES
    from optviz.core.trajectory import trajectory
    from optviz.recommender.data import load_ratings
    from optviz.recommender.fit import train
    from optviz.training.suggestions import suggest_lr

__all__ = ["OPTIMIZERS", "SURFACES", "load_ratings", "suggest_lr", "train", "trajectory"]

_HOMES = {
    "OPTIMIZERS": "optviz.core.optimizers",
    "SURFACES": "optviz.core.surfaces",
    "load_ratings": "optviz.recommender.data",
    "suggest_lr": "optviz.training.suggestions",
    "train": "optviz.recommender.fit",
    "trajectory": "optviz.core.trajectory",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
