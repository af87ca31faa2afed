"""A newcomer on a finished map: where it was put, and what it was put among."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.embeddings import map_figure
from optviz.figures.films import Items
from optviz.figures.theme import Theme
from optviz.language import Text

__all__ = ["placed_figure"]


def placed_figure(
    coordinates: NDArray[np.floating[Any]],
    items: Items,
    place: NDArray[np.float64] | None,
    near: Sequence[int],
    *,
    name: str,
    text: Text,
    theme: Theme,
    colour: str,
    truth: int | None = None,
    revision: str = "placed",
) -> go.Figure:
    """Draw the map in grey, the films nearest to the newcomer numbered, and the newcomer a star.

    Args:
        coordinates: (n, 2) the map.
        items: The n films.
        place: (2,) where the newcomer was put; None while nobody knows.
        near: Its nearest films in the original space, nearest first.
        name: What the newcomer is called.
        text: The catalogue.
        theme: Light or dark.
        colour: See :func:`optviz.figures.embeddings.map_figure`.
        truth: The row where the full map has the newcomer, if it is a film that was left out.
        revision: Names the picture: zoom is kept while it stays the same.
    """
    figure = map_figure(
        coordinates, items, text=text, theme=theme, colour=colour, revision=revision
    )
    for trace in figure.data:
        if trace.mode == "markers":
            trace.opacity = 0.35
    points = np.asarray(coordinates, dtype=np.float64)
    rows = list(near)
    quiet = {"hoverinfo": "text", "showlegend": False}
    figure.add_scatter(
        x=points[rows, 0], y=points[rows, 1], mode="markers+text",
        text=[str(rank + 1) for rank in range(len(rows))],
        textposition="middle center", textfont={"color": theme.ground, "size": 11},
        marker={"size": 17, "color": theme.accent, "line": {"color": theme.ground, "width": 1.5}},
        hovertext=[items.named(row) for row in rows], **quiet,
    )  # fmt: skip
    if truth is not None:
        figure.add_scatter(
            x=points[[truth], 0], y=points[[truth], 1], mode="markers",
            marker={"symbol": "circle-open", "size": 20, "color": theme.negative,
                    "line": {"width": 3}},
            hovertext=[text("embeddings.placed.full_map")], **quiet,
        )  # fmt: skip
    if place is None:
        return figure
    if truth is not None:
        figure.add_scatter(
            x=[points[truth, 0], place[0]], y=[points[truth, 1], place[1]], mode="lines",
            line={"color": theme.negative, "width": 2, "dash": "dot"}, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    figure.add_scatter(
        x=[place[0]], y=[place[1]], mode="markers", hovertext=[name], **quiet,
        marker={"symbol": "star", "size": 22, "color": theme.negative,
                "line": {"color": theme.ground, "width": 1.5}},
    )  # fmt: skip
    figure.add_annotation(
        x=float(place[0]), y=float(place[1]), text=f"<b>{name}</b>", showarrow=False, yshift=24,
        bgcolor=theme.panel, borderpad=3, font={"color": theme.ink, "size": 13},
    )  # fmt: skip
    return figure
