"""A map of the plane under the mouse: a grid, its image, and the Jacobian at the point.

The browser gets the map itself, as a program (:mod:`optviz.core.terms`): grid, Jacobian and
numbers follow the pointer without the server. A click, the end of a drag and the arrow keys come
back as an event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optviz.core.deformation import Deformation
from optviz.core.surface import Point
from optviz.core.terms import program
from optviz.figures.theme import Theme
from optviz.language import Text
from optviz.ui import state
from optviz.ui.components import assets

__all__ = ["deformation_picture"]

_WORDS = (
    "before", "after", "close", "keys", "point", "jacobian", "determinant", "singular", "error",
    "error_half", "error_none", "area_kept", "area_over", "area_flat", "area_none", "alike",
    "together", "apart", "symmetric", "key_true", "key_straight", "key_first", "key_second",
)  # fmt: skip

_mount = assets.declared("deformation", '<div class="ov-deform"></div>', "deformation.css")


def deformation_picture(
    deformation: Deformation,
    *,
    key: str,
    names: tuple[str, str],
    point: Point,
    reach: float,
    text: Text,
    theme: Theme,
    on_point: Callable[[float, float], None],
) -> None:
    """Draw a map or update the one already drawn under ``key``.

    Args:
        deformation: The map.
        key: Names the picture.
        names: What the coordinates are called, before and after.
        point: Where the Jacobian is, while no mouse says otherwise.
        reach: Half the side of the small square, h.
        text: The catalogue.
        theme: Colours.
        on_point: Told which point the user pinned.
    """

    def pinned(sent: Any) -> None:
        on_point(float(sent["x"]), float(sent["y"]))

    _mount(
        key=key,
        data=assets.mounted(
            key,
            "deformation.js",
            map={
                "program": program(deformation.functions),
                "own": deformation.own,
                "share": deformation.share,
            },
            kind=deformation.name,
            box=[*deformation.x_range, *deformation.y_range],
            names=list(names),
            point=list(point),
            reach=reach,
            words={word: text(f"jacobian_hessian.picture.{word}") for word in _WORDS},
            theme={
                "ground": theme.ground, "panel": theme.panel, "ink": theme.ink,
                "muted": theme.muted, "grid": theme.grid, "accent": theme.accent,
                "fill": theme.translucent(theme.accent, 0.16),
                "first": theme.categories[1], "second": theme.categories[2],
            },
        ),
        on_point_change=state.guarded(state.heard(key, "point", pinned)),
    )  # fmt: skip
