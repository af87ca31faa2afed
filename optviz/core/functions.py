"""The functions behind the surfaces: elementwise in two tensors of any one shape.

They use multiplication, addition and square roots wherever they can: these round the same way
for one point and for a batch of points. Only operators and methods of the tensors are used, so
this module does not import torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "ackley",
    "beale",
    "booth",
    "bowl",
    "branin",
    "cliff",
    "goldstein_price",
    "himmelblau",
    "matyas",
    "mccormick",
    "monkey_saddle",
    "rastrigin",
    "ravine",
    "rosenbrock",
    "saddle",
    "six_hump_camel",
    "styblinski_tang",
    "tilted",
]

_TWO_PI = 2 * math.pi


def bowl(x: Tensor, y: Tensor) -> Tensor:
    """Quadratic with eigenvalues 1 and 2."""
    return 0.5 * x * x + y * y


def ravine(x: Tensor, y: Tensor) -> Tensor:
    """Quadratic with eigenvalues 1 and 100."""
    return 0.5 * x * x + 50 * y * y


def tilted(x: Tensor, y: Tensor) -> Tensor:
    """Quadratic with eigenvalues 1 along (1, 1) and 25 along (1, −1)."""
    return 6.5 * x * x - 12 * x * y + 6.5 * y * y


def rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    """A bent valley: easy to enter, slow to follow."""
    a, b = 1 - x, y - x * x
    return a * a + 100 * b * b


def beale(x: Tensor, y: Tensor) -> Tensor:
    """Flat valleys towards infinity and one minimum between steep walls."""
    y2 = y * y
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y2, 2.625 - x + x * y2 * y
    return a * a + b * b + c * c


def himmelblau(x: Tensor, y: Tensor) -> Tensor:
    """Four equal minima."""
    a, b = x * x + y - 11, x + y * y - 7
    return a * a + b * b


def booth(x: Tensor, y: Tensor) -> Tensor:
    """A quadratic with its centre away from the origin."""
    a, b = x + 2 * y - 7, 2 * x + y - 5
    return a * a + b * b


def matyas(x: Tensor, y: Tensor) -> Tensor:
    """A quadratic that is almost flat along the diagonal."""
    return 0.26 * (x * x + y * y) - 0.48 * x * y


def styblinski_tang(x: Tensor, y: Tensor) -> Tensor:
    """The same double well in each coordinate."""
    x2, y2 = x * x, y * y
    return 0.5 * (x2 * x2 - 16 * x2 + 5 * x + y2 * y2 - 16 * y2 + 5 * y)


def rastrigin(x: Tensor, y: Tensor) -> Tensor:
    """A bowl under regular waves."""
    return 20 + x * x - 10 * (_TWO_PI * x).cos() + y * y - 10 * (_TWO_PI * y).cos()


def ackley(x: Tensor, y: Tensor) -> Tensor:
    """A funnel under waves, with a kink at its lowest point.

    The square root has no derivative at the origin; there the subgradient 0 is used, so that
    a run placed on the minimum stays there.
    """
    squares = x * x + y * y
    at_origin = squares == 0
    radius = (0.5 * (squares + at_origin)).sqrt() * ~at_origin
    waves = 0.5 * ((_TWO_PI * x).cos() + (_TWO_PI * y).cos())
    return (20 + math.e) - 20 * (-0.2 * radius).exp() - waves.exp()


def goldstein_price(x: Tensor, y: Tensor) -> Tensor:
    """Values over six orders of magnitude in one box."""
    a, b = x + y + 1, 2 * x - 3 * y
    first = 1 + a * a * (19 - 14 * x + 3 * x * x - 14 * y + 6 * x * y + 3 * y * y)
    second = 30 + b * b * (18 - 32 * x + 12 * x * x + 48 * y - 36 * x * y + 27 * y * y)
    return first * second


def six_hump_camel(x: Tensor, y: Tensor) -> Tensor:
    """Six minima in three pairs, symmetric about the origin."""
    x2, y2 = x * x, y * y
    return (4 - 2.1 * x2 + x2 * x2 / 3) * x2 + x * y + (4 * y2 - 4) * y2


def mccormick(x: Tensor, y: Tensor) -> Tensor:
    """A parabolic valley along the diagonal with waves on its floor."""
    a = x - y
    return (x + y).sin() + a * a - 1.5 * x + 2.5 * y + 1


def branin(x: Tensor, y: Tensor) -> Tensor:
    """Three equal minima at the bottom of one bent valley."""
    a = y - (5.1 / (4 * math.pi**2)) * x * x + (5 / math.pi) * x - 6
    return a * a + 10 * (1 - 1 / (8 * math.pi)) * x.cos() + 10


def saddle(x: Tensor, y: Tensor) -> Tensor:
    """Up along x, down along y."""
    return 0.5 * (x * x - y * y)


def monkey_saddle(x: Tensor, y: Tensor) -> Tensor:
    """Three ways down, and no curvature at all in the middle."""
    return x * (x * x - 3 * y * y)


def cliff(x: Tensor, y: Tensor) -> Tensor:
    """A plateau that falls steeply at x = 1 into a wide basin.

    The step is the algebraic sigmoid s/√(1+s²), s = 8(x−1): nothing but arithmetic.
    """
    s = 8 * (x - 1)
    a = x + 2
    return 2.5 * (1 + s / (1 + s * s).sqrt()) + 0.05 * a * a + 0.25 * y * y
