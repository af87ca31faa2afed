"""The map of a surface with weight decay: where its minimum was, where it is, and the way."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.decay import Shift
from optviz.core.surface import Surface
from optviz.figures.theme import Theme
from optviz.figures.trajectories import map_figure
from optviz.language import Text

__all__ = ["decay_figure"]

_APART = 0.012
"""Minima closer than this part of the map would hide each other's labels."""


def decay_figure(
    ground: Surface,
    moved: Shift | None,
    decay: float,
    square: NDArray[np.float64] | None,
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """The map of ``ground``, with the way that the minimum takes as the decay grows.

    Args:
        ground: The surface to draw, with the decay or without.
        moved: How the minimum moves; None if there is no such minimum.
        decay: λ.
        square: (5, 2) the square out of which AdamW does not settle; None to leave it out.
        text: The catalogue.
        theme: Colours.
    """
    figure = map_figure(ground, text=text, theme=theme, shade=False)
    if square is not None:
        figure.add_scatter(
            x=square[:, 0], y=square[:, 1], mode="lines", hoverinfo="name", showlegend=False,
            name=text("regularisation.decay.square", reach=f"{1 / decay:.3g}"),
            line={"color": theme.negative, "width": 1.6, "dash": "dot"},
        )  # fmt: skip
    if moved is None:
        return figure
    way = moved.way
    figure.add_scatter(
        x=way[:, 0], y=way[:, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": theme.accent, "width": 3},
    )  # fmt: skip
    ends = [(0.0, way[0], "star-open")]
    if moved.followed and moved.distance > _APART * max(ground.size):
        ends.append((decay, way[-1], "star"))
    for height, place, symbol in ends:
        # The label stands on the side away from the other end.
        right = place[0] >= way[:, 0].mean()
        figure.add_scatter(
            x=[place[0]], y=[place[1]], mode="markers+text", showlegend=False,
            text=[f"<br>λ = {height:g}"] if right else [f"λ = {height:g}<br> "],
            textposition="bottom right" if right else "top left",
            textfont={"color": theme.ink, "size": 12},
            marker={"symbol": symbol, "size": 13, "color": theme.accent,
                    "line": {"width": 1.6, "color": theme.accent}},
            hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>",
        )  # fmt: skip
    return figure
