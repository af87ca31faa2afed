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
from optviz.training.history import History

if TYPE_CHECKING:
    from optviz.recommender.data import Ratings

__all__ = ["BundledFactors", "bundled_factors", "dump_model", "load_model", "save_model"]

FORMAT = "1"
_KEPT = ("mean", "rating_range", "valid_mse", "n_unseen", "baselines", "ratings_key",
         "ratings_version", "n_ratings", "seconds")  # fmt: skip
_BUNDLED = "factors.safetensors"


def dump_model(model: FittedModel) -> bytes:
    """The file's content."""
    from safetensors.numpy import save

    facts = {name: getattr(model, name) for name in _KEPT}
    header = {
        "optviz": FORMAT,
        "config": json.dumps(model.config.to_dict()),
        "history": model.history.to_json(),
        "facts": json.dumps(facts, default=float),
    }
    return save({k: np.ascontiguousarray(v) for k, v in model.weights.items()}, header)


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
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
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
        low, high = (float(value) for value in facts.pop("rating_range"))
        history = History.from_json(header["history"])
        _check_shapes(config, weights)
        kept = {name: facts[name] for name in _KEPT if name != "rating_range"}
        model = FittedModel(config, history, weights, rating_range=(low, high), **kept)
    except Problem:
        raise
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Problem("problem.model.unreadable") from None
    return model if ratings is None else model.attach(ratings)


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
    k, h = config.n_factors, config.hidden
    expected: dict[str, tuple[int | None, ...]] = {
        "user_factors": (None, k), "item_factors": (None, k)
    }  # fmt: skip
    if config.model == "net":
        expected |= {
            "lin1.weight": (h, 2 * k), "lin1.bias": (h,), "lin2.weight": (1, h), "lin2.bias": (1,)
        }  # fmt: skip
    missing = [name for name in expected if name not in weights]
    if config.model != "net":
        missing += [name for name in ("user_bias", "item_bias") if name not in weights]
    if missing:
        raise Problem("problem.model.incomplete", missing=", ".join(missing))
    if config.model != "net":
        for side in ("user", "item"):
            expected[f"{side}_bias"] = (len(weights[f"{side}_factors"]),)
    for name, shape in expected.items():
        found = weights[name].shape
        fits = len(found) == len(shape) and all(
            want in (None, size) for want, size in zip(shape, found, strict=True)
        )
        if not fits or weights[name].dtype.kind != "f":
            raise Problem("problem.model.shape", name=name, found=found, expected=shape)


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
def bundled_factors() -> BundledFactors:
    """The bundled factors; ``python -m optviz.recommender.bundled.make_factors`` made them."""
    content = files("optviz.recommender.bundled").joinpath(_BUNDLED).read_bytes()
    header, arrays = _read(content)
    mse = float(header["valid_mse"])
    assert math.isfinite(mse)
    return BundledFactors(
        arrays["item_factors"].astype(np.float32),
        arrays["item_bias"].astype(np.float32),
        header["model"],
        mse,
        header["ratings_key"],
    )
