"""The map of the movies: a projection of their factors, coloured, searched and linked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.embedding.density import density
from optviz.figures.embeddings_hover import hover_cells, hover_template
from optviz.figures.embeddings_paint import Canvas, layers
from optviz.figures.films import Items, short_title
from optviz.figures.theme import Theme, layout
from optviz.language import Text

__all__ = ["NAMES_AT_ONCE", "map_figure"]

Axes = tuple[tuple[str, str], tuple[str, str]]
"""(left, right), (bottom, top)."""

_CRISP = 3000
_CROWD = 10_000
NAMES_AT_ONCE = 18
"""Names of films that a map shows at the most."""
_NAMES, _NAMES_OF_MANY = 240, 100
"""Names that wait to be shown; each is moved with the map, shown or not."""
_FEW_NAMES = 14
_NARROW = 460
"""Below so many pixels the names of eight groups take four lines; see ``narrowed`` in plotly.js."""


def map_figure(
    coordinates: NDArray[np.floating[Any]],
    items: Items,
    *,
    text: Text,
    theme: Theme,
    colour: str = "year",
    highlighted: NDArray[np.bool_] | None = None,
    measured: Mapping[str, NDArray[Any]] = MappingProxyType({}),
    sized: bool = False,
    size_by: str = "",
    crowding: bool = False,
    axes: Axes | None = None,
    selected: int | None = None,
    neighbours: Sequence[int] = (),
    centred: bool = False,
    stale: bool = False,
    true_scale: bool = False,
    revision: str = "map",
    selection: str = "",
) -> go.Figure:
    """Draw the movies where a projection put them.

    Args:
        coordinates: (n, 2 or 3).
        items: The same n movies.
        text: The catalogue.
        theme: Light or dark.
        colour: One of :data:`optviz.figures.embeddings_paint.COLOURS`.
        highlighted: (n,) the movies that keep their colour; all others turn grey.
        measured: See :func:`optviz.figures.embeddings_paint.layers`.
        sized: Let the area of a point tell the number of ratings.
        size_by: Let it tell this column of the user's own instead.
        crowding: Draw lines of equal density under the points of a flat map.
        axes: What lies at the two ends of each axis, where an axis means something.
        selected: A movie to mark; but for it, its neighbours and what is highlighted, all turns
            grey.
        neighbours: Rows to link to it, nearest first.
        centred: Bring the selected movie to the middle.
        stale: Dim everything: another picture is on its way.
        true_scale: One unit is as long on every axis: for a projection that keeps distances.
        revision: Names the picture: zoom and camera are kept while it stays the same.
        selection: Names what a lasso has chosen; a change takes the lasso off the picture.
    """
    points = np.asarray(coordinates, dtype=np.float32)
    solid = points.shape[1] == 3
    figure = go.Figure()
    strength = 0.25 if stale else 1.0
    bright = highlighted
    if bright is None:
        bright = np.full(len(items), selected is None)
    if crowding and not solid:
        _add_crowding(figure, points, theme, strength)
    if not bright.all():
        _add_points(
            figure, points, np.flatnonzero(~bright), items, text,
            marker={
                "color": theme.muted,
                "size": 3 if solid or len(items) > _CROWD else 6,
                "opacity": _faintness(len(items)) * strength,
            },
            name=text("embeddings.figure.others"), legend=False,
        )  # fmt: skip
    if bright.any():
        canvas = Canvas(solid, int(bright.sum()) > _CRISP, strength, sized, size_by)
        for layer in layers(
            items, np.flatnonzero(bright), colour, canvas,
            text=text, theme=theme, measured=measured,
        ):  # fmt: skip
            _add_points(
                figure, points, layer.rows, items, text,
                marker=layer.marker, name=layer.name, legend=layer.legend, measured=measured,
            )  # fmt: skip
    if selected is not None:
        _add_links(figure, points, items, selected, list(neighbours), text, theme, strength)
    # In space nothing keeps names apart.
    if selected is None and not stale and not solid and bright.any():
        _add_names(figure, points, items, theme, np.flatnonzero(bright))
    keep = f"{revision}:{selected}" if centred else revision
    shared: dict[str, Any] = {
        "uirevision": keep,
        "selectionrevision": selection,
        "hovermode": "closest",
        # Room for legend or colour bar, whichever is there: the map must not jump between them.
        "margin": {"l": 8, "r": 8, "t": 8, "b": 66, "autoexpand": False},
        "meta": {"wheel": True, "narrow": {"below": _NARROW, "margin": {"b": 92}}},
        "legend": {
            "orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.01, "yanchor": "top",
            "itemsizing": "constant", "itemwidth": 30, "traceorder": "reversed",
            "font": {"size": 12 if len(figure.data) <= _FEW_NAMES else 11},
            "bgcolor": "rgba(0,0,0,0)",
        },
    }  # fmt: skip
    focus = selected if centred else None
    if solid:
        shared["scene"] = _scene(points, focus, list(neighbours), theme)
        if true_scale:
            shared["scene"] |= {"aspectmode": "data"}
    else:
        shared |= _axes(points, focus, list(neighbours))
        if true_scale:
            shared["yaxis"] |= {"scaleanchor": "x"}
    figure.update_layout(layout(theme, **shared))
    if axes is not None and not solid:
        _name_axes(figure, axes, theme)
    return figure


def _faintness(n: int) -> float:
    """Opacity of points in grey: so many that they lie on each other must not add up to black."""
    return 0.22 * min(1.0, math.sqrt(_CROWD / n))


def _add_points(
    figure: go.Figure,
    points: Any,
    rows: NDArray[np.int64],
    items: Items,
    text: Text,
    *,
    marker: dict[str, Any],
    name: str = "",
    legend: bool,
    measured: Mapping[str, NDArray[Any]] = MappingProxyType({}),
) -> None:
    kind, where = _kind(points, rows)
    shares = measured.get("quality")
    label = hover_template(items, text, shares is not None)
    figure.add_trace(
        kind(
            **where,
            mode="markers",
            marker=marker,
            name=name,
            showlegend=legend,
            customdata=hover_cells(items, rows, shares),
            hovertemplate=label,
        )
    )


def _kind(points: Any, rows: Any) -> tuple[Any, dict[str, Any]]:
    where = dict(zip("xyz", points[rows].T, strict=False))
    if len(where) == 3:
        return go.Scatter3d, where
    # As SVG the points are crisp and lie under names and rings; WebGL draws over all SVG.
    return (go.Scatter if len(points) <= _CRISP else go.Scattergl), where


def _add_links(
    figure: go.Figure,
    points: Any,
    items: Items,
    selected: int,
    neighbours: list[int],
    text: Text,
    theme: Theme,
    strength: float,
) -> None:
    solid = points.shape[1] == 3
    if neighbours:
        gap = np.full(points.shape[1], np.nan, dtype=np.float32)
        path = np.concatenate([[points[selected], points[i], gap] for i in neighbours])
        kind, where = _kind(path, slice(None))
        figure.add_trace(
            kind(
                **where,
                mode="lines",
                line={"color": theme.accent, "width": 2 if solid else 1.2},
                opacity=0.55 * strength,
                hoverinfo="skip",
                showlegend=False,
                name=text("embeddings.figure.links"),
            )
        )
    # A ring below, the numbers on top: a neighbour that lands on the movie stays readable.
    for rows, ring in ((np.array([selected]), True), (np.array(neighbours, dtype=np.int64), False)):
        _, where = _kind(points, rows)
        size = 24 if ring else 17
        # SVG text never blurs, and a dozen points need no WebGL.
        mark = go.Scatter3d if solid else go.Scatter
        figure.add_trace(
            mark(
                **where,
                mode="markers+text",
                text=[""] if ring else [str(k + 1) for k in range(len(rows))],
                textposition="middle center",
                textfont={"color": theme.ground, "size": 11},
                marker={
                    "color": theme.negative if ring else theme.accent,
                    "size": size / 1.6 if solid else size,
                    "opacity": strength,
                    "line": {"color": theme.ground, "width": 1.5},
                },
                customdata=hover_cells(items, rows),
                hovertemplate=hover_template(items, text),
                showlegend=False,
            )
        )
    # Above or below: where fewer of the neighbours are.
    over = int((points[neighbours, 1] > points[selected, 1]).sum()) if neighbours else 0
    name = {
        "text": f"<b>{items.named(selected)}</b>",
        "showarrow": False,
        "yshift": 27 if solid or 2 * over <= len(neighbours) else -27,
        "bgcolor": theme.panel,
        "borderpad": 3,
        "font": {"color": theme.ink, "size": 13},
        **dict(zip("xyz", map(float, points[selected]), strict=False)),
    }
    if solid:
        figure.update_layout(scene_annotations=[name])
    else:
        figure.add_annotation(name)


def _add_crowding(figure: go.Figure, points: Any, theme: Theme, strength: float) -> None:
    found = density(points)
    figure.add_trace(
        go.Contour(
            x=found.x.astype(np.float32),
            y=found.y.astype(np.float32),
            z=found.values,
            ncontours=8,
            # Lines alone: a fill would tint the points.
            contours={"coloring": "none"},
            line={"color": theme.translucent(theme.accent, 0.6 * strength), "width": 1},
            showscale=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _add_names(
    figure: go.Figure, points: Any, items: Items, theme: Theme, among: NDArray[np.int64]
) -> None:
    """Names of the films that most people know: landmarks on the map.

    There are more than fit. Our chart component shows, at every zoom, those that do not
    collide, the most rated first.
    """
    rows: dict[str, int] = {}
    for row in among[np.argsort(-items.counts[among], kind="stable")]:
        rows.setdefault(short_title(items.titles[row]), int(row))
        if len(rows) == (_NAMES if len(points) <= _CRISP else _NAMES_OF_MANY):
            break
    x, y = points[list(rows.values())].T
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="text",
            text=list(rows),
            textposition="top center",
            textfont={"size": 12, "color": theme.ink},
            hoverinfo="skip",
            showlegend=False,
            meta={"names": NAMES_AT_ONCE, "halo": theme.ground},
        )
    )


def _span(points: Any, focus: int | None, neighbours: list[int]) -> tuple[Any, Any]:
    """Middle and half-width, for each axis, of what the picture shows."""
    low, high = points.min(axis=0), points.max(axis=0)
    whole = np.maximum((high - low) / 2, 1e-9) * 1.06
    if focus is None:
        return (low + high) / 2, whole
    reach = np.full_like(whole, 0.0)
    if neighbours:
        # Most of the neighbours, not the one that landed at the other end.
        reach = np.percentile(np.abs(points[neighbours] - points[focus]), 80, axis=0) * 1.25
    return points[focus], np.clip(reach.max(), 0.2 * whole.max(), 0.8 * whole.max()) * np.ones_like(
        whole
    )


def _axes(points: Any, focus: int | None, neighbours: list[int]) -> dict[str, Any]:
    middle, half = _span(points, focus, neighbours)
    # Neither axis of the map has a meaning or a unit; numbers on them would suggest one.
    quiet = {
        "showline": False,
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "title": {"text": ""},
    }
    return {
        "xaxis": quiet | {"range": [float(middle[0] - half[0]), float(middle[0] + half[0])]},
        "yaxis": quiet | {"range": [float(middle[1] - half[1]), float(middle[1] + half[1])]},
        "dragmode": "pan",
    }


def _name_axes(figure: go.Figure, axes: Axes, theme: Theme) -> None:
    """Axes that mean something: their poles at the edges of the picture, and a line at each."""
    quiet = {"showgrid": True, "gridcolor": theme.grid, "tickvals": [0, 1], "zeroline": False}
    figure.update_layout(xaxis=quiet, yaxis=quiet)
    places = {
        "left": {"x": 0, "y": 0.5}, "right": {"x": 1, "y": 0.5},
        "bottom": {"x": 0.5, "y": 0}, "top": {"x": 0.5, "y": 1},
    }  # fmt: skip
    (left, right), (bottom, top) = axes
    arrows = {
        "left": f"← {left}",
        "right": f"{right} →",
        "bottom": f"↓ {bottom}",
        "top": f"↑ {top}",
    }
    for side, name in arrows.items():
        figure.add_annotation(
            text=f"<b>{name}</b>", showarrow=False, xref="paper", yref="paper",
            bgcolor=theme.panel, borderpad=3, font={"color": theme.ink, "size": 13},
            xanchor=side if side in ("left", "right") else "center",
            yanchor=side if side in ("bottom", "top") else "middle",
            **places[side],
        )  # fmt: skip


def _scene(points: Any, focus: int | None, neighbours: list[int], theme: Theme) -> dict[str, Any]:
    middle, half = _span(points, None, neighbours)
    eye, centre = np.array([0.92, 0.92, 0.62]), np.zeros(3)
    if focus is not None:
        # Scene units: the box of the axes runs from −½ to ½.
        centre = (points[focus] - middle) / (2 * half)
        eye = centre + 0.75 * eye
    axis = {
        "showticklabels": False,
        "title": {"text": ""},
        "gridcolor": theme.grid,
        "zeroline": False,
        "showbackground": False,
        "showspikes": False,
    }
    ranges = [[float(m - h), float(m + h)] for m, h in zip(middle, half, strict=True)]
    return {
        "xaxis": axis | {"range": ranges[0]},
        "yaxis": axis | {"range": ranges[1]},
        "zaxis": axis | {"range": ranges[2]},
        "aspectmode": "cube",
        "camera": {
            "center": dict(zip("xyz", centre.tolist(), strict=True)),
            "eye": dict(zip("xyz", eye.tolist(), strict=True)),
        },
        "dragmode": "orbit",
    }
