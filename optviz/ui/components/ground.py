"""A surface from above with one point that is clicked or dragged, and the eigenvectors there.

The browser gets the function itself, as a program (:mod:`optviz.core.terms`): while the point is
dragged, the Hessian's eigenvectors follow without the server, which is told where it is dropped.
Of a function that is no formula it knows them where the point was dropped only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optviz.core.surface import Point, Surface
from optviz.core.surfaces import is_formula
from optviz.core.taylor import Taylor
from optviz.core.terms import program
from optviz.figures.taylor import good_colour
from optviz.figures.theme import Theme
from optviz.language import Text
from optviz.ui import state
from optviz.ui.components import assets
from optviz.ui.components.chart import words

__all__ = ["ground"]


_COLOURS = ("ground", "panel", "ink", "muted", "accent", "positive", "negative")

_mount = assets.declared("ground", '<div class="ov-ground"></div>', "stage.css", "ground.css")


def ground(
    surface: Surface,
    figure: str,
    *,
    key: str,
    revision: str,
    height: int,
    model: Taylor,
    outline: Sequence[Point],
    says: str,
    text: Text,
    theme: Theme,
    on_point: Callable[[float, float], None],
) -> None:
    """Draw the map or update the one already drawn under ``key``.

    Args:
        surface: The surface.
        figure: The surface from above, as Plotly's JSON.
        key: Names the map.
        revision: Changes when the figure does, so that it is redrawn only then.
        height: In CSS pixels.
        model: The quadratic at the point.
        outline: Where the model at the point is good; empty where it always or never is.
        says: The ring's tooltip.
        text: The catalogue.
        theme: Colours.
        on_point: Told where the user wants the point.
    """

    good = good_colour(theme)

    def moved(sent: Any) -> None:
        on_point(float(sent["x"]), float(sent["y"]))

    _mount(
        key=key,
        data=assets.mounted(
            key,
            "ground.js",
            map=figure,
            map_revision=revision,
            height=height,
            start=model.point.tolist(),
            program=program([surface.function]) if is_formula(surface) else None,
            known=_known(model),
            outline=[list(place) for place in outline],
            theme={name: getattr(theme, name) for name in _COLOURS}
            | {"good": good, "good_fill": theme.translucent(good, 0.16)},
            words=words(text) | {"stage": {"start": says}},
        ),
        on_point_change=state.guarded(state.heard(key, "point", moved)),
    )


def _known(model: Taylor) -> dict[str, Any] | None:
    """Eigenvalues and eigenvectors at the point; None where they are no numbers."""
    if not model.defined:
        return None
    return {"values": model.eigenvalues.tolist(), "vectors": model.eigenvectors.T.tolist()}
