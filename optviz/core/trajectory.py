"""The path an optimizer takes over a surface, as a pure function of its inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optviz.core.optimizers import (
    TUPLES,
    OptimizerSpec,
    RunSpec,
    Value,
    default_hyperparameters,
    get_optimizer,
)
from optviz.core.problem import Problem
from optviz.core.surface import Surface
from optviz.core.surfaces import SURFACES, get_surface

if TYPE_CHECKING:
    import torch

__all__ = [
    "FAR",
    "RunSpec",
    "Trajectory",
    "described",
    "has_left",
    "trajectories",
    "trajectory",
]

Array = npt.NDArray[np.float64]

FAR = 10.0
"""A run has left once it is further from the box's centre than this many widths or heights."""

MAX_STEPS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """What happened, exactly as torch computed it: nothing is clipped, cut or replaced.

    Attributes:
        points: (n+1, 2) the iterates, the start first, float64. After a run has left they are
            still torch's own numbers, infinities and NaN included.
        losses: (n+1,) the function there.
        grads: (n+1, 2) its gradient there.
        grad_norms: (n+1,) the gradient's Euclidean length.
        distances: (n+1,) distance to the nearest known minimum, global or local; NaN where
            none is known.
        status: ``"converged"``: the last iterate has a small gradient (the surface's
            ``gradient_tolerance``) and a positive definite Hessian. ``"diverged"``: the last
            iterate is not finite, has no finite loss, or is :data:`FAR` outside the drawn box.
            ``"moving"``: neither.
        status_step: The step from which the status has held to the end: for a diverged run the
            step at which it left for good. ``None`` while moving.
        steps_to_tolerance: The first step with a small gradient and a positive definite
            Hessian, whether or not the run stayed there.
        end_kind: What the last iterate is: ``"minimum"``, ``"maximum"``, ``"saddle"``,
            ``"degenerate"``, ``"none"`` (the gradient is not small) or ``"undefined"``.
        optimizer: Name of the optimizer.
        hyperparameters: All its settings.
    """

    points: Array
    losses: Array
    grads: Array
    grad_norms: Array
    distances: Array
    status: str
    status_step: int | None
    steps_to_tolerance: int | None
    end_kind: str
    optimizer: str
    hyperparameters: Mapping[str, float | int | bool]


def trajectory(
    surface: str | Surface | Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    optimizer: str,
    start: Sequence[float] | None = None,
    steps: int | None = None,
    **hyperparameters: Any,
) -> Trajectory:
    """The path of one optimizer.

    Args:
        surface: A name in ``SURFACES``, a formula such as ``"=x^2 + y^2"``, a :class:`Surface`,
            or any function of two torch scalars that returns one.
        optimizer: A name in ``OPTIMIZERS``.
        start: (x, y); a surface's own start if left out, (1, 1) for a function.
        steps: Number of updates, 0 or more; a surface's own if left out.
        **hyperparameters: torch's names (``betas`` or ``beta1``, ``beta2``). What is left out
            is as :func:`~optviz.core.optimizers.default_hyperparameters` says.

    Raises:
        Problem: An unknown name, an unusable value, or a function that fails.

    Example:
        >>> t = trajectory("bowl", "sgd", start=(2, 0), steps=2, lr=0.5)
        >>> t.points[:, 0].tolist()
        [2.0, 1.0, 0.5]
    """
    return trajectories(surface, [RunSpec(optimizer, hyperparameters)], start, steps)[0]


def trajectories(
    surface: str | Surface | Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    specs: Sequence[RunSpec],
    start: Sequence[float] | None = None,
    steps: int | None = None,
) -> list[Trajectory]:
    """The paths of several optimizers from one start, with one gradient call a step for all.

    Each equals, bit for bit, a plain loop over its own torch.optim object in float64: the
    batch changes nothing, since optimizers see only their own row and the surfaces' arithmetic
    rounds alike for one point and for many. The tests compare them all.

    Args and raises: as :func:`trajectory`.
    """
    from optviz.core.engine import run

    where = as_surface(surface, start)
    begin = _start(where.start if start is None else start)
    count = _steps(where.steps if steps is None else steps)
    runs = []
    for spec in specs:
        defaults = default_hyperparameters(spec.optimizer, where.name)
        optimizer = get_optimizer(spec.optimizer)
        given = optimizer.check(spec.hyperparameters)
        named = {part for name in spec.hyperparameters for part in (*TUPLES.get(name, ()), name)}
        runs.append((optimizer, {k: given[k] if k in named else v for k, v in defaults.items()}))
    if not runs:
        return []
    known = isinstance(surface, str | Surface)
    # Only of the registry's surfaces do we know that they run the same operations everywhere,
    # and (a test shows it) that these round alike for one point and for many.
    ours = SURFACES.get(where.name) is where
    points, losses, grads = run(where.function, runs, begin, count, fixed=ours)
    return described(where, runs, points, losses, grads, known)


def as_surface(
    surface: str | Surface | Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    start: Sequence[float] | None = None,
) -> Surface:
    """A name, surface or function as a :class:`Surface`; a function gets a box about ``start``."""
    if isinstance(surface, Surface):
        return surface
    if isinstance(surface, str):
        return get_surface(surface)
    if not callable(surface):
        raise Problem(
            "problem.core.not_surface", type=type(surface).__name__, known=", ".join(SURFACES)
        )
    x, y = _start((1.0, 1.0) if start is None else start)
    reach = max(1.0, abs(x), abs(y)) * 2
    return Surface(
        name="",
        function=surface,
        x_range=(-reach, reach),
        y_range=(-reach, reach),
        start=(x, y),
        complete=False,
    )


def _start(start: Sequence[float]) -> tuple[float, float]:
    try:
        x, y = (float(value) for value in start)
    except (TypeError, ValueError, OverflowError) as error:
        raise Problem("problem.core.start_shape", value=start) from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Problem("problem.core.start_finite", value=f"({x:g}, {y:g})")
    return x, y


def _steps(steps: Any) -> int:
    whole = isinstance(steps, int | np.integer) and not isinstance(steps, bool)
    if isinstance(steps, float):
        whole = steps.is_integer()
    if not whole or not 0 <= steps <= MAX_STEPS:
        raise Problem("problem.core.steps", value=steps, limit=MAX_STEPS)
    return int(steps)


def described(
    surface: Surface,
    runs: Sequence[tuple[OptimizerSpec, Mapping[str, Value]]],
    points: Array,
    losses: Array,
    grads: Array,
    elementwise: bool,
) -> list[Trajectory]:
    """What the N recorded runs are, with one look at the curvature for all."""
    with np.errstate(all="ignore"):
        norms = np.hypot(grads[..., 0], grads[..., 1])
        left = has_left(surface, points, losses)
        doubtful = (norms <= surface.gradient_tolerance) & ~left
    distances = _distances(surface, points)
    doubtful[:, -1] = True
    kinds = np.full(doubtful.shape, "none", dtype=object)
    kinds[doubtful] = _kinds(surface, points[doubtful], elementwise)
    minimum = (kinds == "minimum") & ~left
    for array in (points, losses, grads, norms, distances):
        array.flags.writeable = False
    described = []
    for i, (optimizer, settings) in enumerate(runs):
        status, step = "moving", None
        if left[i, -1]:
            status, step = "diverged", _last_stretch(left[i])
        elif minimum[i, -1]:
            status, step = "converged", _last_stretch(minimum[i])
        described.append(
            Trajectory(
                points=points[i],
                losses=losses[i],
                grads=grads[i],
                grad_norms=norms[i],
                distances=distances[i],
                status=status,
                status_step=step,
                steps_to_tolerance=int(np.argmax(minimum[i])) if minimum[i].any() else None,
                end_kind=str(kinds[i, -1]),
                optimizer=optimizer.name,
                hyperparameters=settings,
            )
        )
    return described


def has_left(surface: Surface, points: Array, losses: Array) -> npt.NDArray[np.bool_]:
    """Which iterates (…, 2) are not finite, have no finite loss, or are :data:`FAR` away."""
    with np.errstate(all="ignore"):
        away = np.abs(points - surface.centre) / surface.size
        stayed = np.isfinite(points).all(-1) & np.isfinite(losses) & (away <= FAR).all(-1)
    return np.asarray(~stayed, dtype=np.bool_)


def _kinds(surface: Surface, points: Array, elementwise: bool) -> list[str]:
    from optviz.core.curvature import curvature

    if elementwise:
        return curvature(surface, points).kind
    return [curvature(surface, point).kind[0] for point in points]


def _distances(surface: Surface, points: Array) -> Array:
    """From each point to the nearest known minimum; one minimum at a time to spare memory."""
    nearest = np.full(points.shape[:2], np.nan)
    with np.errstate(all="ignore"):
        for x, y in surface.all_minima:
            nearest = np.fmin(nearest, np.hypot(points[..., 0] - x, points[..., 1] - y))
    return nearest


def _last_stretch(mask: npt.NDArray[np.bool_]) -> int:
    """Where the run of True values that ends the mask begins."""
    return len(mask) - int(np.argmin(mask[::-1])) if not mask.all() else 0
