"""The map of the movies: a projection of their factors, coloured, searched and linked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.films import GENRE_GROUPS, Items, genre_group, short_title
from optviz.figures.theme import Theme, layout
from optviz.language import Text

__all__ = ["COLOURS", "map_figure"]

COLOURS = ("year", "genre", "mean", "bias", "count")
"""What the points can be coloured by."""

_SYMBOLS = (
    "diamond", "x", "square", "triangle-up", "triangle-down", "circle", "pentagon", "circle-open",
)  # fmt: skip
# In 3D, "x" is a letter that not every font has.
_SYMBOLS_3D = (
    "diamond", "cross", "square", "circle", "circle", "circle", "circle", "circle-open",
)  # fmt: skip
_CRISP = 3000
_NAMES, _NAMES_AT_ONCE = 240, 18
_PAINT = {"family": 4, "horror": 6, "scifi": 5, "action": 1, "crime": 3, "comedy": 2, "drama": 0}


def map_figure(
    coordinates: NDArray[np.floating[Any]],
    items: Items,
    *,
    text: Text,
    theme: Theme,
    colour: str = "year",
    selected: int | None = None,
    neighbours: Sequence[int] = (),
    centred: bool = False,
    stale: bool = False,
    true_scale: bool = False,
    revision: str = "map",
) -> go.Figure:
    """Draw the movies where a projection put them.

    Args:
        coordinates: (n, 2 or 3).
        items: The same n movies.
        text: The catalogue.
        theme: Light or dark.
        colour: One of :data:`COLOURS`.
        selected: A movie to highlight; all but it and its neighbours turn grey.
        neighbours: Rows to link to it, nearest first.
        centred: Bring the selected movie to the middle.
        stale: Dim everything: another picture is on its way.
        true_scale: One unit is as long on every axis: for a projection that keeps distances.
        revision: Names the picture: zoom and camera are kept while it stays the same.
    """
    points = np.asarray(coordinates, dtype=np.float32)
    solid = points.shape[1] == 3
    figure = go.Figure()
    strength = 0.25 if stale else 1.0
    if selected is not None:
        _add_points(
            figure, points, np.arange(len(items)), items, text,
            marker={"color": theme.muted, "size": 3 if solid else 6, "opacity": 0.22 * strength},
            name=text("embeddings.figure.others"), legend=False,
        )  # fmt: skip
        _add_links(figure, points, items, selected, list(neighbours), text, theme, strength)
    elif colour == "genre":
        _add_genres(figure, points, items, text, theme, strength)
    else:
        small = solid or len(items) > _CRISP
        marker = {"size": 4 if small else 8, "opacity": 0.9 * strength} | _graded(
            items, colour, text, theme
        )
        _add_points(figure, points, np.arange(len(items)), items, text, marker=marker, legend=False)
    # In space nothing keeps names apart, and WebGL would draw over them.
    if selected is None and not stale and not solid and len(items) <= _CRISP:
        _add_names(figure, points, items, theme)
    keep = f"{revision}:{selected}" if centred else revision
    shared: dict[str, Any] = {
        "uirevision": keep,
        "hovermode": "closest",
        # Room for legend or colour bar, whichever is there: the map must not jump between them.
        "margin": {"l": 8, "r": 8, "t": 8, "b": 56, "autoexpand": False},
        "legend": {
            "orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.01, "yanchor": "top",
            "itemsizing": "constant", "traceorder": "reversed", "font": {"size": 12},
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
    return figure


def _add_genres(
    figure: go.Figure, points: Any, items: Items, text: Text, theme: Theme, strength: float
) -> None:
    solid = points.shape[1] == 3
    groups = np.array([genre_group(genres) for genres in items.genres])
    # "Other" first, so that it lies underneath.
    for position, group in sorted(enumerate(GENRE_GROUPS), key=lambda pair: -pair[0]):
        rows = np.flatnonzero(groups == group)
        if not rows.size:
            continue
        paint = theme.muted if group == "other" else theme.categories[_PAINT[group]]
        symbols = _SYMBOLS_3D if solid else _SYMBOLS
        marker = {
            "color": paint,
            "symbol": symbols[position],
            "size": 4 if solid else 7,
            "opacity": 0.85 * strength,
        }
        _add_points(
            figure, points, rows, items, text,
            marker=marker, name=text(f"embeddings.genre.{group}"), legend=True,
        )  # fmt: skip


def _graded(items: Items, colour: str, text: Text, theme: Theme) -> dict[str, Any]:
    values = {
        "year": items.years,
        "mean": items.means,
        "bias": items.biases,
        "count": np.log10(np.maximum(items.counts, 1)),
    }[colour]
    values = np.asarray(values, dtype=np.float64)
    known = values[np.isfinite(values)]
    # A few extremes must not wash out all the others.
    low, high = np.percentile(known, [2, 98]) if known.size else (0.0, 1.0)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    bar: dict[str, Any] = {
        "title": {"text": text(f"embeddings.colour.{colour}"), "side": "top", "font": {"size": 13}},
        "orientation": "h",
        "x": 0.5,
        "y": 0,
        "yanchor": "top",
        "thickness": 9,
        "len": 0.5,
        "outlinewidth": 0,
        "tickfont": {"color": theme.muted},
    }
    if colour == "count":
        ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
                 if low <= np.log10(n) <= high]  # fmt: skip
        bar |= {
            "tickvals": np.log10(ticks).tolist() if ticks else [],
            "ticktext": list(map(str, ticks)),
        }
    if colour == "year":
        bar["tickformat"] = "d"
    return {
        "color": values.astype(np.float32),
        "cmin": float(low),
        "cmax": float(high),
        "colorscale": theme.scale(theme.sequential),
        "colorbar": bar,
        "line": {"width": 0.5, "color": theme.muted},
    }


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
) -> None:
    kind, where = _kind(points, rows)
    figure.add_trace(
        kind(
            **where,
            mode="markers",
            marker=marker,
            name=name,
            showlegend=legend,
            customdata=_hover(items, rows),
            hovertemplate=_template(text),
        )
    )


def _kind(points: Any, rows: Any) -> tuple[Any, dict[str, Any]]:
    where = dict(zip("xyz", points[rows].T, strict=False))
    if len(where) == 3:
        return go.Scatter3d, where
    # As SVG the points are crisp and lie under names and rings; WebGL draws over all SVG.
    return (go.Scatter if len(points) <= _CRISP else go.Scattergl), where


def _hover(items: Items, rows: NDArray[np.int64]) -> list[list[Any]]:
    """Row number first: what a click reports; then what the hover label shows."""
    return [
        [
            int(i),
            items.named(i),
            items.genres[i].replace("|", ", ") or "–",
            round(float(items.means[i]), 2),
            int(items.counts[i]),
            f"{items.biases[i]:+.2f}".replace("-", "−"),
        ]
        for i in rows
    ]


def _template(text: Text) -> str:
    return (
        "<b>%{customdata[1]}</b><br>%{customdata[2]}<br>"
        + text("embeddings.figure.hover")
        .replace("[mean]", "%{customdata[3]:.2f}")
        .replace("[count]", "%{customdata[4]}")
        .replace("[bias]", "%{customdata[5]}")
        + "<extra></extra>"
    )


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
                customdata=_hover(items, rows),
                hovertemplate=_template(text),
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


def _add_names(figure: go.Figure, points: Any, items: Items, theme: Theme) -> None:
    """Names of the films that most people know: landmarks on the map.

    There are more than fit. Our chart component shows, at every zoom, those that do not
    collide, the most rated first.
    """
    rows: dict[str, int] = {}
    for row in np.argsort(-items.counts, kind="stable"):
        rows.setdefault(short_title(items.titles[row]), int(row))
        if len(rows) == _NAMES:
            break
    x, y = points[list(rows.values())].T
    halo = ", ".join(f"0 0 {radius}px {theme.ground}" for radius in (2, 4, 6))
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="text",
            text=list(rows),
            textposition="top center",
            textfont={"size": 12, "color": theme.ink, "shadow": halo},
            hoverinfo="skip",
            showlegend=False,
            meta={"names": _NAMES_AT_ONCE},
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
