"""Maps of the plane into itself, and their Jacobians: the linear map that is best close by.

A map is given by two functions u(x, y) and v(x, y), or by one: its gradient field, the Jacobian
of which is the Hessian. A step of gradient descent is a map too, w − lr·∇f; its Jacobian I − lr·H
says whether neighbours come together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from optviz.core.curvature import gradient, hessian
from optviz.core.expression import parse_expression
from optviz.core.surface import Point, Surface

__all__ = [
    "MAPS",
    "Deformation",
    "gradient_field",
    "gradient_step",
    "images",
    "jacobians",
    "own_map",
    "square_error",
]

Array = npt.NDArray[np.float64]
Function = Callable[[Any, Any], Any]

EDGE = 32
"""Points on each side of the square that is compared with its straight image."""


@dataclass(frozen=True, slots=True)
class Deformation:
    """A map R² → R².

    Attributes:
        name: Registry key; the catalogue holds ``jacobian_hessian.map.<name>``.
        functions: u and v, elementwise in two tensors; or one function, whose gradient is meant.
        x_range: Left and right edge of the drawn grid.
        y_range: Its lower and upper edge.
        latex: The formula, without dollar signs.
        start: An instructive point.
        own: How often the point itself is added.
        share: By what u and v, or the gradient, are multiplied.
    """

    name: str
    functions: tuple[Function, Function] | tuple[Function]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    latex: str
    start: Point
    own: float = 0.0
    share: float = 1.0

    @property
    def size(self) -> float:
        """The longer side of the grid."""
        return max(self.x_range[1] - self.x_range[0], self.y_range[1] - self.y_range[0])


def _polar() -> Deformation:
    return Deformation(
        "polar", (lambda r, a: r * a.cos(), lambda r, a: r * a.sin()), (0.0, 3.0), (0.0, 3.0),
        r"(x,y)\mapsto(x\cos y,\;x\sin y),\quad x=r,\;y=\varphi", (2.0, 1.0),
    )  # fmt: skip


def _square() -> Deformation:
    return Deformation(
        "square", (lambda x, y: x * x - y * y, lambda x, y: 2 * x * y), (-1.5, 1.5), (-1.5, 1.5),
        r"(x,y)\mapsto(x^2-y^2,\;2xy),\quad z\mapsto z^2", (0.9, 0.5),
    )  # fmt: skip


def _shear() -> Deformation:
    return Deformation(
        "shear", (lambda x, y: x + y, lambda x, y: 1 * y), (-2.0, 2.0), (-2.0, 2.0),
        r"(x,y)\mapsto(x+y,\;y)", (0.8, 0.6),
    )  # fmt: skip


_ANGLE = math.pi / 6


def _rotation() -> Deformation:
    cos, sin = math.cos(_ANGLE), math.sin(_ANGLE)
    return Deformation(
        "rotation", (lambda x, y: cos * x - sin * y, lambda x, y: sin * x + cos * y),
        (-2.0, 2.0), (-2.0, 2.0),
        r"(x,y)\mapsto(x\cos 30^\circ-y\sin 30^\circ,\;x\sin 30^\circ+y\cos 30^\circ)",
        (0.8, 0.6),
    )  # fmt: skip


def _swirl() -> Deformation:
    def turn(x: Any, y: Any) -> tuple[Any, Any]:
        angle = 2 * (-0.5 * (x * x + y * y)).exp()
        return angle.cos(), angle.sin()

    def u(x: Any, y: Any) -> Any:
        cos, sin = turn(x, y)
        return x * cos - y * sin

    def v(x: Any, y: Any) -> Any:
        cos, sin = turn(x, y)
        return x * sin + y * cos

    return Deformation(
        "swirl", (u, v), (-2.0, 2.0), (-2.0, 2.0),
        r"(x,y)\mapsto(x\cos a-y\sin a,\;x\sin a+y\cos a),\quad a=2e^{-(x^2+y^2)/2}", (0.9, 0.5),
    )  # fmt: skip


def _fold() -> Deformation:
    return Deformation(
        "fold", (lambda x, y: 1 * x, lambda x, y: y * y), (-1.5, 1.5), (-1.5, 1.5),
        r"(x,y)\mapsto(x,\;y^2)", (0.5, -0.7),
    )  # fmt: skip


MAPS: Mapping[str, Deformation] = MappingProxyType(
    {m.name: m for m in (_polar(), _square(), _shear(), _rotation(), _swirl(), _fold())}
)
"""Name → map, in the order in which a lesson would meet them."""


def own_map(
    u: str, v: str, x_range: tuple[float, float], y_range: tuple[float, float]
) -> Deformation:
    """The map of two typed expressions.

    Raises:
        Problem: One of them is none.
    """
    first, second = parse_expression(u), parse_expression(v)
    (x0, x1), (y0, y1) = x_range, y_range
    return Deformation(
        "own", (first.function, second.function), x_range, y_range,
        rf"(x,y)\mapsto\left({first.latex},\;{second.latex}\right)",
        (x0 + 0.7 * (x1 - x0), y0 + 0.65 * (y1 - y0)),
    )  # fmt: skip


def gradient_field(surface: Surface) -> Deformation:
    """The map that takes a point to the gradient there: its Jacobian is the Hessian."""
    return Deformation(
        "gradient", (surface.function,), surface.x_range, surface.y_range,
        r"w\mapsto\nabla f(w),\quad J=H", surface.start,
    )  # fmt: skip


def gradient_step(surface: Surface, lr: float) -> Deformation:
    """One step of gradient descent: w − lr·∇f(w), with Jacobian I − lr·H."""
    return Deformation(
        "step", (surface.function,), surface.x_range, surface.y_range,
        r"w\mapsto w-\alpha\nabla f(w),\quad J=I-\alpha H", surface.start, own=1.0, share=-lr,
    )  # fmt: skip


def images(deformation: Deformation, points: Any) -> Array:
    """Where ``points`` (N, 2) go, as (N, 2)."""
    where = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(deformation.functions) == 1:
        moved = gradient(_surface(deformation), where)
    else:
        import torch

        x, y = torch.tensor(np.ascontiguousarray(where.T))
        moved = np.stack([part(x, y).numpy() for part in deformation.functions], axis=1)
    return np.asarray(deformation.own * where + deformation.share * moved, dtype=np.float64)


def jacobians(deformation: Deformation, points: Any) -> Array:
    """The Jacobian at each of ``points`` (N, 2), as (N, 2, 2): row u, row v; by autograd."""
    where = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(deformation.functions) == 1:
        matrix = hessian(_surface(deformation), where)
    else:
        rows = [gradient(_surface(deformation, i), where) for i in range(2)]
        matrix = np.stack(rows, axis=1)
    return np.asarray(deformation.own * np.eye(2) + deformation.share * matrix, dtype=np.float64)


def _surface(deformation: Deformation, part: int = 0) -> Surface:
    return Surface(
        deformation.name, deformation.functions[part], deformation.x_range, deformation.y_range
    )


def square_error(deformation: Deformation, point: Point, reach: float) -> float:
    """How far the straight image of a small square is from the true one.

    Args:
        deformation: The map.
        point: The middle of the square.
        reach: Half its side, h.

    Returns:
        The largest distance |F(p + d) − F(p) − J·d| over the edge of the square. For a smooth
        map it shrinks like h².
    """
    along = np.linspace(-1.0, 1.0, EDGE + 1)
    ones = np.ones_like(along)
    edge = np.concatenate(
        [np.c_[along, ones], np.c_[along, -ones], np.c_[ones, along], np.c_[-ones, along]]
    )
    step = reach * edge
    middle = np.asarray(point, dtype=np.float64)
    true = images(deformation, middle + step) - images(deformation, middle)
    straight = step @ jacobians(deformation, middle)[0].T
    return float(np.linalg.norm(true - straight, axis=1).max())
