"""How large a step a curvature allows: theory's limits on a quadratic.

On f(w) = λw²/2 an update rule with fixed coefficients is a linear map; it is stable where all
its eigenvalues lie inside the unit circle. Source: Goh, "Why Momentum Really Works", Distill
(2017), in torch's convention z ← βz + g, w ← w − αz.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from optviz.core.optimizer import Value

__all__ = ["largest_stable_lr", "stability_bound"]


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
        return 2.0
    if optimizer == "momentum":
        kept = 1.0 - float(hyperparameters.get("dampening", 0.0)) if beta else 1.0
        return (2 + 2 * beta) / kept if kept > 0 else math.inf
    if optimizer == "nesterov":
        return (2 + 2 * beta) / (1 + 2 * beta)
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
    bound = stability_bound(optimizer, hyperparameters)
    if bound is None:
        return None
    felt = curvature + float(hyperparameters.get("weight_decay", 0.0))
    return bound / felt if felt > 0 else math.inf
