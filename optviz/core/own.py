"""Surfaces that somebody typed: an expression and a box become a :class:`Surface`.

Such a surface has a name like ``=x**2 + y**2 @ -3,3,-3,3``, from which it can be made again in
another process; :func:`optviz.core.surfaces.get_surface` understands it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import curvature, evaluate, evaluate_grid, gradient
from optviz.core.expression import parse_expression
from optviz.core.problem import Problem
from optviz.core.surface import Surface

__all__ = ["OWN", "own_name", "own_parts", "own_rates", "own_surface"]

Array = npt.NDArray[np.float64]

OWN = "="
"""How the name of a typed surface begins."""

BOX = "-5,5,-5,5"
"""The box of a name that gives none."""

WIDEST = 1e6
POINTS = 61

LARGEST = 1e30
"""Values beyond leave no room for differences, and for a picture; in a corner they may."""


def own_name(formula: str, x_range: tuple[float, float], y_range: tuple[float, float]) -> str:
    """The name of the surface of ``formula`` on a box."""
    return f"{OWN}{formula} @ {','.join(map(repr, (*x_range, *y_range)))}"


def own_parts(name: str) -> tuple[str, tuple[float, float], tuple[float, float]]:
    """Formula and box of a name, as :func:`own_name` takes them.

    Raises:
        Problem: The box is not four numbers.

    Example:
        >>> own_parts("=x^2 + y^2 @ -3,3,-1,1")
        ('x^2 + y^2', (-3.0, 3.0), (-1.0, 1.0))
    """
    formula, _, box = name.removeprefix(OWN).partition(" @ ")
    try:
        x0, x1, y0, y1 = map(float, (box or BOX).split(","))
    except ValueError:
        raise Problem("problem.expression.box") from None
    return formula, (x0, x1), (y0, y1)


@lru_cache(maxsize=64)
def own_surface(name: str) -> Surface:
    """The surface that :func:`own_name` has named.

    Its critical points are found numerically; a global minimum is claimed only where the lowest
    minimum found is also lower than the whole edge of the box.

    Raises:
        Problem: The formula or the box cannot be used.
    """
    formula, (x0, x1), (y0, y1) = own_parts(name)
    for low, high in ((x0, x1), (y0, y1)):
        if not (-WIDEST <= low < high <= WIDEST and high - low >= 1e-6 * max(1.0, abs(low))):
            raise Problem("problem.expression.box")
    expression = parse_expression(formula)
    bare = Surface(
        name, expression.function, (x0, x1), (y0, y1), latex=f"f(x,y)={expression.latex}"
    )
    grid = np.linspace(x0, x1, POINTS), np.linspace(y0, y1, POINTS)
    values = evaluate_grid(bare, *grid)
    defined = np.isfinite(values)
    finite = values[defined]
    if not finite.size:
        raise Problem("problem.expression.nowhere")
    if np.median(np.abs(values[~np.isnan(values)])) > LARGEST:
        raise Problem("problem.expression.overflow", largest=f"{LARGEST:g}")
    if (
        finite.min() == finite.max()
        and not gradient(bare, np.dstack(np.meshgrid(*grid))[defined]).any()
    ):
        raise Problem("problem.expression.flat", value=f"{finite[0] + 0.0:.4g}")
    with np.errstate(all="ignore"):  # a formula may overflow in a corner of its box
        return _described(bare, values)


def _described(bare: Surface, values: Array) -> Surface:
    from optviz.core.critical import critical_points

    finite = values[np.isfinite(values)]
    low, middle = float(finite.min()), float(np.median(finite))
    found = critical_points(bare)
    lowest: float | None = None
    minima, local = found.minima, found.minima[:0]
    if found.minima:
        x, y = found.minima[0]
        lowest = float(evaluate(bare, (x, y))[0])
        edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
        edge = edge[np.isfinite(edge)]
        # Lower ground on the rim means that the minimum inside is not the lowest place.
        if edge.size and edge.min() < lowest:
            lowest, minima, local = None, found.minima[:0], found.minima
        else:
            level = lowest + 1e-9 * max(abs(lowest), abs(middle - low))
            equal = evaluate(bare, found.minima) <= level
            minima = tuple(p for p, e in zip(found.minima, equal, strict=True) if e)
            local = tuple(p for p, e in zip(found.minima, equal, strict=True) if not e)
    # Where the lowest places are far below all others, levels should be logarithmic.
    few, most = np.quantile(finite - low, [0.02, 0.98])
    degenerate = found.degenerate if len(found.degenerate) <= _POINTS_NOT_LINES else ()
    return replace(
        bare,
        minima=minima,
        local_minima=local,
        minimum_value=lowest,
        saddles=(*found.saddles, *degenerate),
        maxima=found.maxima,
        complete=found.complete and len(degenerate) == len(found.degenerate),
        start=_start(bare),
        steps=200,
        gradient_tolerance=_tolerance(bare),
        log_levels=bool(most > 200 * few > 0),
    )


_POINTS_NOT_LINES = 4
"""More degenerate points than this are pieces of a level line or plain."""


def _start(surface: Surface) -> tuple[float, float]:
    """Upper left in the box, or as near to it as the function is defined."""
    (x0, _), (y0, _) = surface.x_range, surface.y_range
    width, height = surface.size
    wanted = np.array([x0 + 0.15 * width, y0 + 0.7 * height])
    places = np.vstack([wanted, _sample(surface)])
    places = np.array([[float(f"{v:.3g}") for v in place] for place in places])
    gradients = curvature(surface, places).gradients
    defined = places[np.isfinite(gradients).all(axis=1) & np.isfinite(evaluate(surface, places))]
    if not len(defined):
        return float(places[0, 0]), float(places[0, 1])
    nearest = defined[np.linalg.norm((defined - wanted) / surface.size, axis=1).argmin()]
    return float(nearest[0]), float(nearest[1])


def _sample(surface: Surface) -> Array:
    (x0, x1), (y0, y1) = surface.x_range, surface.y_range
    xs, ys = np.meshgrid(np.linspace(x0, x1, 15)[1:-1], np.linspace(y0, y1, 15)[1:-1])
    return np.stack([xs.ravel(), ys.ravel()], axis=1)


def _tolerance(surface: Surface) -> float:
    """A thousandth of the gradient that is usual in the box."""
    norms = np.linalg.norm(curvature(surface, _sample(surface)).gradients, axis=1)
    usual = norms[np.isfinite(norms) & (norms > 0)]
    return float(1e-3 * np.median(usual)) if usual.size else 1e-9


@lru_cache(maxsize=64)
def own_rates(name: str) -> Mapping[str, float]:
    """Learning rates that suit a typed surface, by rules of thumb from its size and curvature.

    Methods that step in proportion to the gradient get what the strongest usual curvature
    allows; those that rescale it get a part of the box; none is tuned.

    Raises:
        Problem: As :func:`own_surface`.
    """
    surface = own_surface(name)
    with np.errstate(all="ignore"):
        eigenvalues = curvature(surface, _sample(surface)).eigenvalues
    size = np.abs(eigenvalues[np.isfinite(eigenvalues).all(axis=1)]).max(axis=1, initial=0.0)
    bend = float(np.quantile(size[size > 0], 0.75)) if (size > 0).any() else 1.0
    gentle, box = 0.5 / bend, min(surface.size)
    rates = {
        "sgd": 2 * gentle, "momentum": 0.3 * gentle, "nesterov": 0.5 * gentle,
        "asgd": 2 * gentle, "radam": 0.5 * gentle, "adagrad": 0.1 * box, "adadelta": 2.0 * box,
        "rmsprop": 0.01 * box, "adam": 0.05 * box, "amsgrad": 0.05 * box, "adamw": 0.05 * box,
        "adamax": 0.05 * box, "nadam": 0.03 * box, "rprop": 0.02 * box, "adafactor": 0.05,
        "muon": 0.02 * box, "lbfgs": 0.5,
    }  # fmt: skip
    return {optimizer: _rounded(rate) for optimizer, rate in rates.items()}


def _rounded(rate: float) -> float:
    """To one figure of 1, 2, 3, 5, as the rates of the registry are."""
    power = math.floor(math.log10(rate))
    digit = min((1, 2, 3, 5, 10), key=lambda d: abs(math.log(d) - math.log(rate / 10.0**power)))
    return float(f"{digit}e{power}")
