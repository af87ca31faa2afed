"""Trained models in files: tensors as safetensors, the rest as JSON in its header.

Reading such a file runs no code: nothing is unpickled.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.problem import Problem
from optviz.recommender.config import TrainConfig, make_config
from optviz.recommender.fitted import FittedModel
from optviz.recommender.structure import parts
from optviz.training.history import History

if TYPE_CHECKING:
    from optviz.recommender.data import Ratings

__all__ = [
    "BundledFactors",
    "bundled_factors",
    "bundled_model",
    "dump_model",
    "load_model",
    "save_model",
]

FORMAT = "1"
_KEPT = ("mean", "rating_range", "valid_mse", "n_unseen", "baselines", "ratings_key",
         "ratings_version", "n_ratings", "seconds")  # fmt: skip
_SINCE = ("clock", "changes")
"""Facts that older files lack."""

_DAMAGE = (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading anything but a file of ours may raise."""

_MOST_BATCHES = 100_000

_BUNDLED = "model.safetensors"


def dump_model(model: FittedModel) -> bytes:
    """The file's content."""
    from safetensors.numpy import save

    facts = {name: getattr(model, name) for name in _KEPT + _SINCE}
    if not math.isfinite(model.valid_mse):  # diverged; JSON knows no NaN
        facts["valid_mse"] = None
    header = {
        "optviz": FORMAT,
        "config": json.dumps(model.config.to_dict()),
        "history": _thinned(model.history).to_json(),
        "facts": json.dumps(facts, default=float, allow_nan=False),
    }
    return save({k: np.ascontiguousarray(v) for k, v in model.weights.items()}, header)


def _thinned(history: History) -> History:
    """At most ``_MOST_BATCHES`` batch records, evenly taken: a header has room for so many."""
    step = math.ceil(len(history.batches) / _MOST_BATCHES)
    return History(history.batches[:: max(step, 1)], history.epochs)


def save_model(model: FittedModel, path: str | PathLike[str]) -> None:
    """Write a model to a file."""
    Path(path).write_bytes(dump_model(model))


def load_model(source: str | PathLike[str] | bytes, ratings: Ratings | None = None) -> FittedModel:
    """Read a model.

    Args:
        source: A path or the content itself.
        ratings: If given, attached; they must be those the model was trained on.

    Raises:
        Problem: It is no such file, is damaged, or belongs to other ratings.
    """
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
        header, weights = _read(content)
    except _DAMAGE:
        raise Problem("problem.model.unreadable") from None
    if header.get("optviz") != FORMAT:
        raise Problem("problem.model.version", found=header.get("optviz", "?"), known=FORMAT)
    missing = [name for name in ("config", "history", "facts") if name not in header]
    if missing:
        raise Problem("problem.model.incomplete", missing=", ".join(missing))
    try:
        config = make_config(**json.loads(header["config"]))
        facts = json.loads(header["facts"])
        missing = [name for name in _KEPT if name not in facts]
        if missing:
            raise Problem("problem.model.incomplete", missing=", ".join(missing))
        low, high = (float(value) for value in facts["rating_range"])
        history = History.from_json(header["history"])
        _check_shapes(config, weights)
        model = FittedModel(
            config,
            history,
            weights,
            mean=float(facts["mean"]),
            rating_range=(low, high),
            valid_mse=_number(facts["valid_mse"]),
            n_unseen=int(facts["n_unseen"]),
            baselines={str(name): float(mse) for name, mse in facts["baselines"].items()},
            ratings_key=str(facts["ratings_key"]),
            ratings_version=str(facts["ratings_version"]),
            n_ratings=int(facts["n_ratings"]),
            seconds=float(facts["seconds"]),
            clock=tuple(float(seconds) for seconds in facts.get("clock", ())),
            changes=tuple((int(step), float(lr)) for step, lr in facts.get("changes", ())),
        )
    except Problem:
        raise
    except _DAMAGE:
        raise Problem("problem.model.unreadable") from None
    return model if ratings is None else model.attach(ratings)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _read(content: bytes) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        weights = load(content)
    except SafetensorError as error:
        raise ValueError from error
    # The header is a length (8 bytes, little-endian) and that much JSON.
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return header, weights


def _check_shapes(config: TrainConfig, weights: dict[str, NDArray[Any]]) -> None:
    names = [part.name for part in parts(config, 1, 1)]
    missing = [name for name in names if name not in weights]
    if missing:
        raise Problem("problem.model.incomplete", missing=", ".join(missing))
    # Users and movies are as many as their tables have rows; all else follows from the recipe.
    users, items = (len(weights[f"{side}_factors"]) for side in ("user", "item"))
    for part in parts(config, users, items):
        found = weights[part.name]
        if found.shape != part.shape or found.dtype.kind != "f":
            raise Problem(
                "problem.model.shape", name=part.name, found=found.shape, expected=part.shape
            )


@dataclass(frozen=True, eq=False)
class BundledFactors:
    """Factors that travel with the package, for the bundled ratings.

    Attributes:
        item_factors: (n_items, k) float32, row i for item index i.
        item_bias: (n_items,) float32, in logits.
        model: The model that learnt them.
        valid_mse: Its validation MSE.
        ratings_key: The data they belong to.
    """

    item_factors: NDArray[np.float32]
    item_bias: NDArray[np.float32]
    model: str
    valid_mse: float
    ratings_key: str


@lru_cache(maxsize=1)
def bundled_model() -> FittedModel:
    """A trained model that travels with the package, without ratings attached.

    EmbeddingDotBias with its defaults on the bundled ratings, in half precision;
    ``python -m optviz.recommender.bundled.make_model`` makes it.
    """
    return load_model(files("optviz.recommender.bundled").joinpath(_BUNDLED).read_bytes())


@lru_cache(maxsize=1)
def bundled_factors() -> BundledFactors:
    """The movie factors of the bundled model, for the Embeddings page."""
    model = bundled_model()
    return BundledFactors(
        model.item_factors.astype(np.float32),
        model.item_bias.astype(np.float32),
        model.config.model,
        model.valid_mse,
        model.ratings_key,
    )
