"""How large a step a curvature allows: theory's limits on a quadratic.

On f(w) = λw²/2 an update rule with fixed coefficients is a linear map; it is stable where all
its eigenvalues lie inside the unit circle. Source: Goh, "Why Momentum Really Works", Distill
(2017), in torch's convention z ← βz + g, w ← w − αz.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from optviz.core.optimizer import Value

__all__ = ["largest_stable_lr", "largest_stable_lrs", "linear_bound", "stability_bound"]

Array = npt.NDArray[np.float64]


def linear_bound(
    direct: npt.ArrayLike,
    remembered: npt.ArrayLike = 0.0,
    kept: npt.ArrayLike = 0.0,
    added: npt.ArrayLike = 0.0,
    shrink: npt.ArrayLike = 0.0,
) -> Array:
    """The largest stable αλ of w ← (1 − e)w − α(c·g + r·m), m ← am + bg on f = λw²/2.

    The map of (w, m) has trace T = 1 − e − cαλ + a and determinant D = a(1 − e) + (rb − ac)αλ.
    Its eigenvalues lie inside the unit circle where |D| < 1 and |T| < 1 + D (Jury); of the
    conditions that αλ > 0 can break, two may bind.

    Args:
        direct: c, the new gradient's own part.
        remembered: r, what the step takes of the memory as it was before.
        kept: a, what the memory keeps of itself.
        added: b, what it takes of the new gradient.
        shrink: e, decoupled decay.

    Returns:
        The bound, of the arguments' common shape; infinite where nothing binds.
    """
    c, r, a, b, e = (np.asarray(v, np.float64) for v in (direct, remembered, kept, added, shrink))
    with np.errstate(all="ignore"):
        growing = r * b - a * c
        sideways = c - growing  # c(1 + a) − rb, without rounding 1 + a first
        flips = np.where(sideways > 0, (1 + a) * (2 - e) / sideways, np.inf)
        spins = np.where(growing > 0, (1 - a * (1 - e)) / growing, np.inf)
    return np.asarray(np.maximum(np.minimum(flips, spins), 0.0), dtype=np.float64)


def stability_bound(optimizer: str, hyperparameters: Mapping[str, Value]) -> float | None:
    """The largest stable αλ of an optimizer, or None where theory has no such number.

    Gradient descent: 2. Heavy ball: 2 + 2β, or (2 + 2β)/(1 − d) with dampening d. Nesterov in
    torch's form: (2 + 2β)/(1 + 2β), which is *less* than heavy ball. Newton's method and
    methods that rescale the gradient have no bound in terms of the Hessian alone.

    Args:
        optimizer: Registry key.
        hyperparameters: All its settings.

    Example:
        >>> stability_bound("sgd", {"lr": 0.1}), stability_bound("momentum", {"momentum": 0.9})
        (2.0, 3.8)
    """
    beta = float(hyperparameters.get("momentum", 0.0))
    if optimizer in ("sgd", "asgd"):
        return float(linear_bound(1.0))
    if optimizer == "momentum":
        fresh = 1.0 - float(hyperparameters.get("dampening", 0.0)) if beta else 1.0
        return float(linear_bound(fresh, beta, beta, fresh))
    if optimizer == "nesterov":
        return float(linear_bound(1 + beta, beta**2, beta, 1.0))
    return None


def largest_stable_lr(
    optimizer: str, hyperparameters: Mapping[str, Value], curvature: float
) -> float | None:
    """The largest stable learning rate at the curvature λ; infinite where λ ≤ 0.

    Weight decay adds to the curvature that the optimizer feels.

    Args:
        optimizer: Registry key.
        hyperparameters: All its settings.
        curvature: λ, the largest eigenvalue of the Hessian.

    Returns:
        The rate, or None where :func:`stability_bound` has no bound.
    """
    found = largest_stable_lrs(optimizer, hyperparameters, np.array([curvature]))
    return None if found is None else float(found[0])


def largest_stable_lrs(
    optimizer: str, hyperparameters: Mapping[str, Value], curvatures: Array
) -> Array | None:
    """:func:`largest_stable_lr` at each of many curvatures; NaN where one is unknown."""
    bound = stability_bound(optimizer, hyperparameters)
    if bound is None:
        return None
    felt = curvatures + float(hyperparameters.get("weight_decay", 0.0))
    with np.errstate(all="ignore"):
        stable = np.where(felt > 0, bound / felt, math.inf)
    return np.where(np.isnan(felt), np.nan, stable)
