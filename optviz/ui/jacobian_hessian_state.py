"""What the Jacobian and Hessian page can be set to, and its telling scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from optviz.core.deformation import (
    MAPS,
    Deformation,
    gradient_field,
    gradient_step,
    own_map,
)
from optviz.core.problem import Problem
from optviz.core.surface import Point
from optviz.core.surfaces import SURFACES, get_surface, is_formula
from optviz.ui.fields import choice, number
from optviz.ui.jacobian_hessian_networks_state import NETWORK_SCENES, NetworksFields
from optviz.ui.own_surface import OWN_SURFACE, OwnSurface, formula_field
from optviz.ui.points import point

__all__ = [
    "OF_SURFACES",
    "OWN_MAP",
    "PARTS",
    "SCENES",
    "VIEWS",
    "JacobianHessianState",
    "on_map",
    "on_own",
    "on_surface",
]

PARTS = ("map", "curvature", "networks")
VIEWS = ("model", "cuts")

OF_SURFACES = ("gradient", "step")
"""The maps that a surface has; they share its point with the part about curvature."""

OWN_MAP = "own"
"""The choice of a map that the user types."""

_FIRST = "polar"
_SURFACE = "himmelblau"


@dataclass(frozen=True)
class JacobianHessianState(NetworksFields, OwnSurface):
    """The page's settings.

    Attributes:
        part: Which part is shown.
        map: A key of :data:`MAPS`, one of :data:`OF_SURFACES` or :data:`OWN_MAP`.
        u: First coordinate of a typed map.
        v: Second coordinate.
        lr: Learning rate of the map that is a step of gradient descent.
        reach: Half the side of the small square, as a part of the grid.
        at: The point on a map's grid.
        surface: A key of ``SURFACES`` or ``OWN_SURFACE``.
        point: The point on a surface.
        view: What stands beside the contour.
    """

    page: ClassVar[str] = "jacobian_hessian"

    part: str = choice("map", PARTS)

    map: str = choice(_FIRST, (*MAPS, *OF_SURFACES, OWN_MAP))
    u: str = formula_field("x + 0.4*sin(2*y)")
    v: str = formula_field("y + 0.4*sin(2*x)")
    lr: float = number(0.07, 1e-6, 10.0)
    reach: float = number(0.15, 0.005, 0.25)
    at: Point = point(MAPS[_FIRST].start)  # noqa: RUF009

    surface: str = choice(_SURFACE, (*SURFACES, OWN_SURFACE))
    point: Point = point((2.0, 1.0))  # noqa: RUF009
    view: str = choice("model", VIEWS)

    @property
    def surface_name(self) -> str:
        """The name by which the core knows the surface, be it of the registry or typed."""
        return self.called(self.surface)

    def deformation(self) -> Deformation:
        """The map that is shown.

        Raises:
            Problem: What was typed cannot be used.
        """
        if self.map == OWN_MAP:
            return own_map(self.u, self.v, self.x_range, self.y_range)
        if self.map in OF_SURFACES:
            surface = get_surface(self.surface_name)
            if not is_formula(surface):
                raise Problem("problem.jacobian_hessian.no_formula")
            return (
                gradient_field(surface)
                if self.map == "gradient"
                else gradient_step(surface, self.lr)
            )
        return MAPS[self.map]

    @property
    def place(self) -> str:
        """The field that holds the point of the map."""
        return "point" if self.map in OF_SURFACES else "at"


def on_map(state: JacobianHessianState, **changes: Any) -> dict[str, Any]:
    """The fields of a fresh look at a map, after ``changes``: with its own start.

    Raises:
        Problem: What was typed cannot be used.
    """
    new = replace(state, **changes)
    return changes | ({} if new.map in OF_SURFACES else {"at": new.deformation().start})


def on_surface(surface: str, **changes: Any) -> dict[str, Any]:
    """The fields of a fresh look at ``surface``: its own start, then ``changes``."""
    return {"surface": surface, "point": get_surface(surface).start} | changes


def on_own(state: JacobianHessianState, **changes: Any) -> dict[str, Any]:
    """The fields of a fresh look at a typed surface, after ``changes`` of formula or box.

    Raises:
        Problem: The formula or the box cannot be used.
    """
    new = replace(state, surface=OWN_SURFACE, **changes)
    return {"surface": OWN_SURFACE, "point": get_surface(new.surface_name).start} | changes


SCENES: Mapping[str, Mapping[str, Any]] = {
    "polar": {},
    "conformal": {"map": "square", "at": (0.9, 0.5)},
    "gradient": on_surface("monkey_saddle", map="gradient", point=(0.8, 0.4)),
    "zigzag": on_surface("tilted", map="step", lr=0.07, point=(-1.5, 0.5)),
    "taylor": {"part": "curvature"},
    "saddle": on_surface("six_hump_camel", part="curvature", point=(0.0, 0.0), view="cuts"),
    **NETWORK_SCENES,
}
"""Scene → the fields that differ from the defaults; the words are under jacobian_hessian.scene."""
