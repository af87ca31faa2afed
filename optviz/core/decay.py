"""Weight decay on a surface: what it does to the ground, and the two ways to apply it.

L2 regularisation adds λ|w|²/2 to the function, so its gradient gets λw. Decoupled decay leaves
the gradient alone and shrinks the iterate before each step, w ← (1 − αλ)w. For plain gradient
descent both are the same step; for methods that remember or rescale gradients they are not
(Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from optviz.core.critical import critical_points
from optviz.core.curvature import curvature, evaluate, gradient
from optviz.core.optimizers import RunSpec, Value, get_optimizer
from optviz.core.slopes import slopes
from optviz.core.surface import Point, Surface
from optviz.core.surfaces import get_surface
from optviz.core.trajectory import Trajectory, described, trajectories

__all__ = [
    "RULES",
    "DecayPair",
    "Shift",
    "decay_pair",
    "decayed",
    "minimum_path",
    "shift",
    "unit_square",
]

Array = npt.NDArray[np.float64]

RULES: Mapping[str, tuple[str, str]] = {
    "sgd": ("sgd", "sgd"),
    "momentum": ("momentum", "momentum"),
    "adam": ("adam", "adamw"),
}
"""Rule → the optimizer that gets λw in its gradient, and the one whose decay is decoupled.

torch ships no SGD with decoupled decay; there the iterate is shrunk by us, as AdamW does it,
before each step of the real ``torch.optim.SGD``.
"""

_FOLLOWED = 48
"""Points along the way that a minimum takes as the decay grows."""


@lru_cache(maxsize=64)
def decayed(name: str, decay: float) -> Surface:
    r"""The surface :math:`F(w) = f(w) + \tfrac{\lambda}{2}\lVert w\rVert^2`.

    Its critical points are found numerically. Equal arguments give the same object.

    Args:
        name: A surface of the registry, or a formula such as ``"=x^2 + y^2"``.
        decay: λ, 0 or more.
    """
    surface = get_surface(name)
    if not decay:
        return surface
    bare = replace(
        surface,
        function=lambda x, y: surface.function(x, y) + (decay / 2) * (x * x + y * y),
        latex=surface.latex,
        minima=(), local_minima=(), saddles=(), maxima=(), minimum_value=None, complete=False,
    )  # fmt: skip
    with np.errstate(all="ignore"):
        found = critical_points(bare)
        values = evaluate(bare, found.minima)
    if not found.complete or not found.minima:
        return replace(bare, saddles=found.saddles, maxima=found.maxima)
    lowest = float(values.min())
    level = lowest + 1e-9 * max(abs(lowest), float(np.ptp(values)), 1e-300)
    return replace(
        bare,
        minima=tuple(p for p, v in zip(found.minima, values, strict=True) if v <= level),
        local_minima=tuple(p for p, v in zip(found.minima, values, strict=True) if v > level),
        saddles=(*found.saddles, *found.degenerate),
        maxima=found.maxima,
        minimum_value=lowest,
        complete=True,
    )


def minimum_path(surface: Surface, minimum: Point, decay: float) -> Array:
    """The way of a minimum as the decay grows from 0: (n, 2), the given one first.

    Each point is found from the one before by Newton's method. Where the minimum ceases to be
    one (it may merge with a saddle), the way ends.

    Args:
        surface: Without decay.
        minimum: One of its minima.
        decay: The largest λ.
    """
    way = [np.array(minimum, dtype=np.float64)]
    # Squares: most of the way is made while the decay is still small.
    for part in np.linspace(0, 1, _FOLLOWED)[1:] ** 2:
        grown = decay * float(part)
        point = way[-1]
        for _ in range(12):
            bent = curvature(surface, point)
            slope = bent.gradients[0] + grown * point
            matrix = bent.hessians[0] + grown * np.eye(2)
            if not np.isfinite(matrix).all() or np.linalg.eigvalsh(matrix)[0] <= 0:
                return np.array(way)
            step = np.linalg.solve(matrix, -slope)
            point = point + step
            if np.linalg.norm(step) <= 1e-12 * max(1.0, float(np.linalg.norm(point))):
                break
        way.append(point)
    return np.array(way)


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """What decay does to a minimum.

    Attributes:
        way: (n, 2) from the minimum without decay to the one with it.
        before: (2,) eigenvalues of the Hessian without decay, ascending.
        after: (2,) with it.
        followed: Whether the minimum is still one at the end of its way.
    """

    way: Array
    before: Array
    after: Array
    followed: bool

    @property
    def distance(self) -> float:
        """How far the minimum moves."""
        return float(np.linalg.norm(self.way[-1] - self.way[0]))

    @property
    def conditions(self) -> tuple[float, float]:
        """κ = λmax/λmin before and after."""
        return float(self.before[1] / self.before[0]), float(self.after[1] / self.after[0])


def shift(name: str, decay: float) -> Shift | None:
    """How the first minimum of a surface moves; None where it has no minimum that curves.

    On a quadratic with Hessian H and minimum w*: w = (H + λI)⁻¹Hw*, and every eigenvalue of H
    grows by λ, so that κ becomes (λmax + λ)/(λmin + λ).
    """
    surface = get_surface(name)
    if not surface.all_minima:
        return None
    minimum = surface.all_minima[0]
    before = curvature(surface, minimum).eigenvalues[0]
    if not np.isfinite(before).all() or before[0] <= 0:
        return None
    way = minimum_path(surface, minimum, decay) if decay else np.array([minimum])
    after = curvature(surface, way[-1]).eigenvalues[0] + decay
    return Shift(way, before, after, not decay or len(way) == _FOLLOWED)


def unit_square(decay: float) -> Array:
    """(5, 2) the corners of |x|, |y| ≤ 1/λ, out of which AdamW does not settle.

    A step of AdamW settles where λw = −m̂/(√v̂ + ε), and the right side is at most 1 in size
    once the gradient keeps its sign (Xie & Li, "Implicit Bias of AdamW", ICML 2024,
    arXiv:2404.04454).
    """
    reach = 1 / decay
    return reach * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class DecayPair:
    """Two runs from one start that differ in where the decay enters.

    Both are described on the decayed surface F: its losses, its gradients, its minima.

    Attributes:
        l2: λw is added to the gradient.
        decoupled: The iterate shrinks by itself.
        gaps: (n+1,) distance between the two at each step.
    """

    l2: Trajectory
    decoupled: Trajectory
    gaps: Array

    @property
    def largest(self) -> tuple[float, int]:
        """The largest distance between the two, and the step at which it occurs."""
        if not np.isfinite(self.gaps).any():
            return float("nan"), 0
        step = int(np.nanargmax(np.where(np.isfinite(self.gaps), self.gaps, np.nan)))
        return float(self.gaps[step]), step


def decay_pair(
    name: str,
    rule: str,
    decay: float,
    start: Point,
    steps: int,
    *,
    lr: float,
    momentum: float = 0.9,
) -> DecayPair:
    """Run both ways of decay with real ``torch.optim`` classes.

    Args:
        name: A surface of the registry, or a formula such as ``"=x^2 + y^2"``.
        rule: A key of :data:`RULES`.
        decay: λ.
        start: Where both begin.
        steps: How many steps each takes.
        lr: α.
        momentum: β; only ``"momentum"`` has one.

    Raises:
        Problem: A value is not usable.
    """
    surface = get_surface(name)
    first, second = RULES[rule]
    settings: dict[str, Value] = {"lr": lr}
    if rule == "momentum":
        settings["momentum"] = momentum
    specs = [RunSpec(first, settings | {"weight_decay": decay})]
    if second != first:
        specs.append(RunSpec(second, settings | {"weight_decay": decay}))
    paths = trajectories(surface, specs, start, steps)
    points = [path.points for path in paths]
    if second == first:
        points.append(_shrunk(surface, second, settings, decay, start, steps))
    with np.errstate(all="ignore"):
        gaps = np.linalg.norm(points[0] - points[1], axis=1)
        l2, decoupled = (
            _seen(name, decay, optimizer, specs[0].hyperparameters, where)
            for optimizer, where in zip((first, second), points, strict=True)
        )
    return DecayPair(l2, decoupled, gaps)


def _shrunk(
    surface: Surface,
    optimizer: str,
    settings: Mapping[str, Value],
    decay: float,
    start: Point,
    steps: int,
) -> Array:
    """A student's own loop: shrink the iterate, then let ``torch.optim`` step as ever.

    As in torch's AdamW, the gradient is that of the point before it shrinks.
    """
    import torch

    from optviz.core.engine import bare_step

    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    point.grad = torch.zeros_like(point)
    move = bare_step(get_optimizer(optimizer).build([point], **settings))
    points = np.empty((steps + 1, 2))
    here = point.detach()
    columns = here.reshape(2, 1)
    slope = slopes(surface, *columns)
    with torch.no_grad():
        for k in range(steps + 1):
            points[k] = here.numpy()
            if k == steps:
                break
            _, slope_x, slope_y = slope()
            point.grad[0], point.grad[1] = slope_x[0], slope_y[0]
            here.mul_(1 - float(settings["lr"]) * decay)
            move()
    return points


def _seen(
    name: str, decay: float, optimizer: str, settings: Mapping[str, Value], points: Array
) -> Trajectory:
    """A path, described on the decayed surface."""
    ground = decayed(name, decay)
    run = [(get_optimizer(optimizer), dict(settings))]
    losses, slopes = evaluate(ground, points), gradient(ground, points)
    return described(ground, run, points[None].copy(), losses[None], slopes[None], True)[0]
