"""What moves inside a training: the gradient and the step of each part, and its predictions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optviz.recommender.baselines import Array

if TYPE_CHECKING:
    from optviz.recommender.fit import Fit

__all__ = ["BINS", "ROWS", "edges", "measured_step"]

ROWS = 5_000
"""Validation rows whose predictions are counted: the first ones, the same at every look."""

BINS = 40


def edges(rating_range: tuple[float, float]) -> Array:
    """(BINS + 1,) where the bins of predictions begin and end: half a step beyond the scale."""
    low, high = rating_range
    reach = 0.125 * (high - low)
    return np.linspace(low - reach, high + reach, BINS + 1)


def measured_step(fit: Fit) -> dict[str, Any]:
    """Take a step and look at what it moved; the run goes on as if nobody had looked.

    Returns:
        ``step``, ``epoch``, ``lr``; ``names`` of the model's parts with ``gradient`` and
        ``update``, the Euclidean norms of each part's gradient and of what the step changed
        (ALS has no gradient: NaN); ``predicted`` and ``truth``, (BINS,) how many validation
        rows lie where (see :func:`edges`; what lies beyond is counted at the ends).
    """
    before = {name: part.copy() for name, part in fit.parts().items()}
    record = fit.step()
    gradients = fit.gradients()
    after = fit.parts()
    predicted, truth = fit.predict(ROWS)
    return {
        "step": record.step,
        "epoch": record.epoch,
        "lr": record.lr,
        "names": tuple(before),
        "gradient": np.array([_norm(gradients[n]) if n in gradients else math.nan for n in before]),
        "update": np.array([_norm(after[name] - part) for name, part in before.items()]),
        "predicted": _counts(predicted, edges(fit.ratings.rating_range)),
        "truth": _counts(truth, edges(fit.ratings.rating_range)),
    }


def _norm(array: NDArray[Any]) -> float:
    return float(np.linalg.norm(array))


def _counts(values: Array, ends: Array) -> NDArray[np.int64]:
    kept = values[np.isfinite(values)]
    counts: NDArray[np.int64] = np.histogram(np.clip(kept, ends[0], ends[-1]), ends)[0]
    return counts
