"""Every step of a run taken apart: gradient, memory, scale, decay, and what they make together.

The parts are read off the real optimizer's state while it walks the path once more, with the
gradients that the path recorded; nothing is computed in its place. What is ours is one formula a
method (:mod:`optviz.core.step_rules`) that says how torch puts them together, and the tests hold
it to every step:

    step = −S·(c·(g + λw) + r·m) − e·w

with the scale S of each coordinate, the gradient g, the memory m as it was before the step, the
decay λ in the gradient or e beside it. Four methods make no such sum: Rprop looks at signs only,
L-BFGS and Newton's method turn the gradient, and Muon makes it a unit long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import Curvature, curvature
from optviz.core.stability import linear_bound
from optviz.core.step_rules import RULES, Rule, walk_again
from optviz.core.surface import Surface
from optviz.core.trajectory import Trajectory

__all__ = ["StepParts", "stability_ratio", "step_parts"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StepParts:
    """A run's n steps in parts, all in the units of the plane.

    Attributes:
        rule: How the parts make the step: ``"sum"``: they add up to it. ``"signs"``,
            ``"secant"``, ``"newton"``: ``scale · direction`` is the step. ``"unit"``: the
            direction made a unit long. ``"many"``: several iterations in one, no parts.
        steps: (n, 2) what was really walked, w_{k+1} − w_k.
        gradient: (n, 2) the new gradient's own part; zero where nothing adds up.
        memory: (n, 2) the part of what was remembered before the step.
        decay: (n, 2) the part of weight decay, be it in the gradient or beside it.
        scale: (n, 2) S: how far a unit of what goes in moves each coordinate.
        divisor: (n, 2) what each coordinate is divided by; None where the method has none.
        direction: (n, 2) what is scaled; None where the parts add up.
        remembers: Whether the method has a memory of gradients.
        bound: (n,) the largest stable curvature in the scaled coordinates, S held fast (see
            :func:`stability_ratio`); None where theory has none.
        coupled: λ, weight decay in the gradient.
    """

    rule: str
    steps: Array
    gradient: Array
    memory: Array
    decay: Array
    scale: Array
    divisor: Array | None
    direction: Array | None
    remembers: bool
    bound: Array | None
    coupled: float


def step_parts(surface: Surface, path: Trajectory, bent: Curvature | None = None) -> StepParts:
    """Take every step of ``path`` apart.

    Args:
        surface: What it was walked on.
        path: The run.
        bent: The curvature along it, if it is at hand; Newton's method needs it.
    """
    with np.errstate(all="ignore"):
        steps = np.diff(path.points, axis=0)
        if path.optimizer == "newton":
            return _newton(path, steps, bent or curvature(surface, path.points))
        return _put_together(RULES[path.optimizer](walk_again(surface, path)), path, steps)


def stability_ratio(parts: StepParts, hessians: Array) -> Array | None:
    """How near each step is to its optimizer's limit: above 1, oscillations grow.

    The curvature that a step with scales S feels is that of S^½HS^½, whose largest eigenvalue
    is set against the largest one that the method bears with S held fast: 2 for plain descent,
    2 + 2β for heavy ball, (2 + 2β₁)/(1 − β₁) for Adam. Source: Cohen et al. (2022),
    arXiv:2207.14484.

    Args:
        parts: Of n steps.
        hessians: (n+1, 2, 2) along the path.

    Returns:
        (n,) the ratios, 0 where nothing curves up; None where theory has no limit.
    """
    if parts.bound is None:
        return None
    with np.errstate(all="ignore"):
        sx, sy = parts.scale.T
        felt = hessians[: len(parts.steps)]
        # 2×2: the larger eigenvalue is mean + radius.
        xx, yy = sx * (felt[:, 0, 0] + parts.coupled), sy * (felt[:, 1, 1] + parts.coupled)
        mixed = np.sqrt(sx * sy) * felt[:, 0, 1]
        largest = (xx + yy) / 2 + np.hypot((xx - yy) / 2, mixed)
        return np.asarray(np.maximum(largest, 0.0) / parts.bound, dtype=np.float64)


def _column(value: npt.ArrayLike) -> Array:
    """Numbers a step, beside (n, 2)."""
    plain = np.asarray(value, dtype=np.float64)
    return plain[:, None] if plain.ndim == 1 else plain


def _put_together(rule: Rule, path: Trajectory, steps: Array) -> StepParts:
    points, grads = path.points[:-1], path.grads[:-1]
    nothing = np.zeros_like(steps)
    rate = np.broadcast_to(_column(rule.rate), steps.shape)
    scale = rate if rule.divisor is None else rate / rule.divisor
    beside = -_column(rule.shrink) * points
    sums = rule.name == "sum"
    own = -scale * _column(rule.direct)
    memory = nothing
    if sums and rule.memory is not None:
        taken = scale if rule.divided else rate
        memory = -taken * _column(rule.remembered) * rule.memory
    bound = None
    if sums:
        bound = np.broadcast_to(
            linear_bound(rule.direct, rule.remembered, rule.kept, rule.added, rule.shrink),
            len(steps),
        )
    return StepParts(
        rule=rule.name,
        steps=steps,
        gradient=own * grads if sums else nothing,
        memory=memory,
        decay=(own * rule.coupled * points if rule.coupled else nothing) + beside,
        scale=np.asarray(scale, dtype=np.float64),
        divisor=rule.divisor,
        direction=rule.direction,
        remembers=rule.memory is not None,
        bound=bound,
        coupled=rule.coupled,
    )


def _newton(path: Trajectory, steps: Array, bent: Curvature) -> StepParts:
    """−(H + μI)⁻¹g, as :class:`~optviz.core.newton.Newton` computes it."""
    settings = path.hyperparameters
    values = bent.eigenvalues[:-1] + float(settings["damping"])
    vectors = bent.eigenvectors[:-1]
    size = np.abs(values)
    flat = size <= 1e-12 * size.max(axis=1, keepdims=True)
    along = np.einsum("nij,ni->nj", vectors, path.grads[:-1])
    along = np.where(flat, 0.0, -along / np.where(flat, 1.0, values))
    direction = np.einsum("nij,nj->ni", vectors, along)
    rule = Rule(float(settings["lr"]), direction=direction, name="newton")
    return _put_together(rule, path, steps)
