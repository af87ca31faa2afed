"""Where a surface is level: critical points found by Newton's method from many starts.

Newton's method is drawn to critical points of every kind, which makes it a poor optimizer and
a good detective. All starts move in one batch; what they reach is cleaned of duplicates and
told apart by the eigenvalues of the Hessian.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import curvature, evaluate
from optviz.core.surface import Point, Surface

__all__ = ["CriticalPoints", "critical_points"]

STARTS = 24
"""Along each side of the box."""

STEPS = 40

SAME = 1e-4
"""Points closer than this part of the box are one."""

MOST = 60
"""More than this many cannot be told apart on a map: a surface of waves, or a level plain."""


@dataclass(frozen=True, slots=True)
class CriticalPoints:
    """Critical points in the drawn box, each list sorted by value, the lowest first.

    Attributes:
        minima: Both eigenvalues positive.
        saddles: One positive, one negative.
        maxima: Both negative.
        degenerate: Some eigenvalue is zero.
        complete: False if there were too many to tell apart, and the lists are empty.
    """

    minima: tuple[Point, ...] = ()
    saddles: tuple[Point, ...] = ()
    maxima: tuple[Point, ...] = ()
    degenerate: tuple[Point, ...] = ()
    complete: bool = True


def critical_points(surface: Surface) -> CriticalPoints:
    """The critical points of a surface in its drawn box.

    Every point given is one: its gradient is zero to ten digits of the box's own. That all are
    found cannot be promised.
    """
    (x0, x1), (y0, y1) = surface.x_range, surface.y_range
    size = np.array(surface.size)
    # Off the usual lattice, so that symmetric surfaces do not trap whole rows on an axis.
    part = (np.arange(STARTS) + 0.41) / STARTS
    grid = np.stack(np.meshgrid(x0 + part * (x1 - x0), y0 + part * (y1 - y0)), axis=-1)
    points = grid.reshape(-1, 2)
    typical = _typical_gradient(surface, points)
    if not typical:
        return CriticalPoints(complete=False)
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            step = curvature(surface, points).newton_step
            # No further than a quarter of the box at a time: near an inflection Newton leaps.
            length = np.linalg.norm(step / size, axis=1, keepdims=True)
            points = points + step * np.minimum(1, 0.25 / np.maximum(length, 1e-300))
            points = points[np.isfinite(points).all(axis=1)]
            if not len(points):
                return CriticalPoints()
        bent = curvature(surface, points)
        level = np.linalg.norm(bent.gradients, axis=1) <= 1e-10 * typical
        inside = (
            (points >= np.array([x0, y0]) - SAME * size)
            & (points <= np.array([x1, y1]) + SAME * size)
        ).all(axis=1)
    found = _distinct(points[level & inside], size)
    if found is None:
        return CriticalPoints(complete=False)
    return _sorted(surface, found, typical)


def _typical_gradient(surface: Surface, points: npt.NDArray[np.float64]) -> float:
    norms = np.linalg.norm(curvature(surface, points).gradients, axis=1)
    finite = norms[np.isfinite(norms)]
    return float(np.median(finite)) if finite.size else 0.0


def _distinct(
    points: npt.NDArray[np.float64], size: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64] | None:
    kept: list[npt.NDArray[np.float64]] = []
    for point in points:
        if all(np.linalg.norm((point - other) / size) > SAME for other in kept):
            kept.append(point)
            if len(kept) > MOST:
                return None
    return np.array(kept).reshape(-1, 2)


def _sorted(surface: Surface, points: npt.NDArray[np.float64], typical: float) -> CriticalPoints:
    kinds: dict[str, list[Point]] = {"minimum": [], "saddle": [], "maximum": [], "degenerate": []}
    if not len(points):
        return CriticalPoints()
    values = evaluate(surface, points)
    # Rounding: 0 is 0, not 1e-17.
    clean = np.where(np.abs(points) < 1e-9 * np.array(surface.size), 0.0, points)
    eigenvalues = curvature(surface, points).eigenvalues
    flat = 1e-7 * typical / min(surface.size)
    for i in np.argsort(values, kind="stable"):
        low, high = eigenvalues[i]
        if min(abs(low), abs(high)) <= flat:
            kind = "degenerate"
        else:
            kind = "minimum" if low > 0 else "maximum" if high < 0 else "saddle"
        kinds[kind].append((float(clean[i, 0]), float(clean[i, 1])))
    return CriticalPoints(
        tuple(kinds["minimum"]),
        tuple(kinds["saddle"]),
        tuple(kinds["maximum"]),
        tuple(kinds["degenerate"]),
    )
