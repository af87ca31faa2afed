"""Points of the plane as a page keeps them: typed, dragged, and written into an address."""

from __future__ import annotations

import math
from typing import Any

from optviz.core.problem import Problem
from optviz.core.surface import Point
from optviz.ui.fields import custom

__all__ = ["FARTHEST", "check_point", "point", "read_point", "rounded_point", "write_point"]

FARTHEST = 1e6


def check_point(value: Any, farthest: float = FARTHEST) -> Point:
    """``value`` as a point no coordinate of which is beyond ``farthest``.

    Raises:
        Problem: It is beyond.
    """
    x, y = (float(part) for part in value)
    if not (abs(x) <= farthest and abs(y) <= farthest):  # also refuses NaN
        raise Problem("problem.trajectories.start_range", limit=f"{farthest:g}")
    return x, y


def read_point(written: str) -> Point:
    """The two numbers of ``-1.2, 1``; a blank or a semicolon between them will do.

    Raises:
        Problem: They are not two finite numbers.
    """
    plain = written.replace("−", "-").replace("，", ",").replace(";", ",").strip(" ()[]")
    parts = plain.split(",") if "," in plain else plain.split()
    try:
        x, y = (float(part) for part in parts)
    except ValueError:
        raise Problem("problem.trajectories.start", written=written.strip()[:40]) from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Problem("problem.trajectories.start", written=written.strip()[:40])
    return x, y


def write_point(place: Point) -> str:
    """``-1.2, 1``."""
    return ", ".join(f"{part:.12g}" for part in place)


def rounded_point(x: float, y: float, size: Point) -> Point:
    """A point to a thousandth of a box of ``size``: finer than a pixel, short to read."""
    return _rounded(x, size[0]), _rounded(y, size[1])


def _rounded(value: float, size: float) -> float:
    return float(f"{round(value / size * 1000) * size / 1000:.4g}")


def point(default: Point, farthest: float = FARTHEST) -> Point:
    """A field of a page's state: a point no coordinate of which is beyond ``farthest``."""
    return custom(
        default,
        check=lambda value: check_point(value, farthest),
        parse=read_point,
        write=lambda place: ",".join(map(repr, place)),
    )
