"""A recipe made for the bundled ratings, carried over to more of them."""

from __future__ import annotations

import math

from optviz.recommender.config import MODELS, TrainConfig

__all__ = ["BUNDLED", "SCALED", "scaled", "steps_per_epoch"]

BUNDLED = 100_004
"""Ratings for which the defaults were tuned."""

SCALED = ("batch_size", "weight_decay")
"""What :func:`scaled` may change."""

_LARGEST_BATCH = 1 << 17


def scaled(config: TrainConfig, n_ratings: int) -> TrainConfig:
    """The recipe for ``n_ratings`` that is to them what ``config`` is to the bundled ones.

    With more ratings there are about as many more users and movies. So:

    - the batch grows with them, in powers of two: an epoch keeps its number of steps, each of
      which moves every vector, and its cost grows as the data do;
    - each vector's share in the mean loss of a batch shrinks with them, and the weight decay of
      SGD and Adam, which is added to the gradient, has to shrink with it, or it would outweigh
      the ratings. AdamW's is a share of the weights and stays, as does ALS's λ, which counts
      for each rating, and all of what a model that takes no batches has.

    Example:
        >>> from optviz.recommender.config import DEFAULTS
        >>> large = scaled(DEFAULTS["dot_bias"], 32_000_204)
        >>> large.batch_size, large.weight_decay
        (65536, 6.3e-07)
        >>> scaled(DEFAULTS["dot_bias"], BUNDLED) == DEFAULTS["dot_bias"]
        True
    """
    times = n_ratings / BUNDLED
    if times < 2 or MODELS[config.model].training != "batches":
        return config
    batch = 2 ** round(math.log2(config.batch_size * times))
    changes = {"batch_size": max(config.batch_size, min(batch, _LARGEST_BATCH))}
    if config.optimizer == "adamw":
        return config.replace(**changes)
    return config.replace(**changes, weight_decay=float(f"{config.weight_decay / times:.1e}"))


def steps_per_epoch(config: TrainConfig, n_ratings: int) -> int:
    """Steps, about, in which a model goes through its training rows once in batches."""
    shares = {"lesson": 0.2, "folds": 1 / config.n_folds, "last": 0.0, "official": 0.2}
    held = int(n_ratings * shares.get(config.split, config.valid_fraction))
    return math.ceil((n_ratings - held) / config.batch_size)
