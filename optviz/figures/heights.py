"""A surface evaluated for drawing: its grid, and the scale on which heights are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.curvature import evaluate_grid, lowest_eigenvalue
from optviz.core.surface import Surface

__all__ = ["ASPECT", "Heights", "heights", "lowest"]

Array = NDArray[np.float64]

ASPECT = 1.34
"""Width over height of the drawn area; the grid reaches beyond the box to fill it."""

POINTS = 151
"""Grid points along each side: under 4 px apart, 120 kB as base64."""

_HIGHEST = 1e37
"""Pictures are sent as float32, which ends at 3e38; a typed function may be beyond in a corner."""

_EQUAL = (0.5, 2.0)
"""Boxes whose width over height lies between these are drawn with equal scales."""


@dataclass(frozen=True, slots=True, eq=False)
class Heights:
    """A surface on a grid.

    Attributes:
        xs: (n,) columns.
        ys: (n,) rows.
        values: (n, n) the function there.
        equal: Whether a unit of x is as long as a unit of y on the screen.
        floor: Lowest value, the known minimum if there is one.
        unit: Heights are drawn as log₁₀(1 + (f − floor)/unit); 0 draws them as they are.
        ceiling: Highest height that the levels tell apart.
    """

    xs: Array
    ys: Array
    values: Array
    equal: bool
    floor: float
    unit: float
    ceiling: float

    def drawn(self, values: Any) -> Array:
        """The height at which a value is drawn."""
        f = np.asarray(values, dtype=np.float64)
        if not self.unit:
            return np.clip(f, -_HIGHEST, _HIGHEST)
        with np.errstate(all="ignore"):
            return np.log10(1 + np.maximum(f - self.floor, 0) / self.unit)


def heights(surface: Surface) -> Heights:
    """The surface on its grid; the last ones are remembered."""
    return _evaluate(surface)


def lowest(surface: Surface) -> Array:
    """The Hessian's smaller eigenvalue on the same grid; negative where not convex."""
    return _lowest(surface)


@lru_cache(maxsize=64)
def _lowest(surface: Surface) -> Array:
    grid = _evaluate(surface)
    with np.errstate(all="ignore"):
        low = lowest_eigenvalue(surface, grid.xs, grid.ys)
    # A derivative's formula may go on where the function itself has ended.
    return np.where(np.isfinite(grid.values), low, np.nan)


@lru_cache(maxsize=64)
def _evaluate(surface: Surface) -> Heights:
    (x0, x1), (y0, y1) = surface.x_range, surface.y_range
    width, height = surface.size
    equal = _EQUAL[0] <= width / height <= _EQUAL[1]
    if equal:
        # Fill the drawn area instead of leaving blank stripes beside the box.
        more_x = max(0.0, height * ASPECT - width) / 2
        more_y = max(0.0, width / ASPECT - height) / 2
        x0, x1, y0, y1 = x0 - more_x, x1 + more_x, y0 - more_y, y1 + more_y
    xs, ys = np.linspace(x0, x1, POINTS), np.linspace(y0, y1, POINTS)
    values = evaluate_grid(surface, xs, ys)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Heights(xs, ys, values, equal, 0.0, 0.0, 1.0)
    floor = float(finite.min())
    if surface.minimum_value is not None:
        floor = min(floor, surface.minimum_value)
    if not surface.log_levels:
        # The corners of most boxes are far higher than anything of interest.
        ceiling = min(float(np.quantile(finite, 0.985)), _HIGHEST / 2)
        return Heights(xs, ys, values, equal, max(floor, -_HIGHEST), 0.0, ceiling)
    above = finite - floor
    unit = float(np.quantile(above[above > 0], 0.02)) if (above > 0).any() else 1.0
    ceiling = float(np.log10(1 + np.quantile(above, 0.995) / unit))
    return Heights(xs, ys, values, equal, floor, unit, ceiling)
