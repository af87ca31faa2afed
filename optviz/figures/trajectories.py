"""The pictures of the Trajectories page: the map, the landscape, and what happens over time.

The map and the history hold what does not move; the stage in the browser draws paths, heads and
the Hessian over them, so that playing costs no traffic (see ``ui/components/stage.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.basins import DIVERGED, Basins
from optviz.core.curvature import evaluate
from optviz.core.surface import Point, Surface
from optviz.core.trajectory import Trajectory
from optviz.figures.hatching import add_hatching
from optviz.figures.heights import Heights, heights, lowest
from optviz.figures.history import Row, stacked_figure
from optviz.figures.theme import LineStyle, Theme, layout
from optviz.language import Text

__all__ = [
    "basins_figure",
    "history_figure",
    "landmarks",
    "landscape_figure",
    "map_figure",
    "styles",
]

LEVELS = 22
"""Contour lines."""


def styles(theme: Theme, paths: Sequence[Trajectory | str]) -> list[LineStyle]:
    """One style a run: an optimizer's own colour, another dash for each repetition."""
    from optviz.figures.theme import line_style

    seen: dict[str, int] = {}
    found = []
    for path in paths:
        name = path if isinstance(path, str) else path.optimizer
        found.append(line_style(theme, name, seen.get(name, 0)))
        seen[name] = seen.get(name, 0) + 1
    return found


def landmarks(surface: Surface) -> list[tuple[str, tuple[Point, ...]]]:
    """The known critical points by kind, global minima first; kinds that are absent left out."""
    kinds = (
        ("minimum", surface.minima),
        ("local_minimum", surface.local_minima),
        ("saddle", surface.saddles),
        ("maximum", surface.maxima),
    )
    return [(kind, points) for kind, points in kinds if points]


_SYMBOLS = {
    "minimum": ("star", 13),
    "local_minimum": ("star-open", 10),
    "saddle": ("x-thin-open", 9),
    "maximum": ("triangle-up-open", 9),
}


def map_figure(surface: Surface, *, text: Text, theme: Theme, shade: bool = True) -> go.Figure:
    """The surface from above, with its critical points.

    Args:
        surface: What to draw.
        text: The catalogue.
        theme: Colours.
        shade: Whether to shade where the surface is not convex.
    """
    grid = heights(surface)
    z = grid.drawn(grid.values).astype(np.float32)
    low = float(grid.drawn(grid.floor))
    size = (grid.ceiling - low) / LEVELS or 1.0
    xs, ys = grid.xs.astype(np.float32), grid.ys.astype(np.float32)
    figure = go.Figure()
    figure.add_contour(
        x=xs, y=ys, z=z, zmin=low, zmax=grid.ceiling, autocontour=False, showscale=False,
        contours={"start": low + size / 2, "end": grid.ceiling, "size": size},
        colorscale=theme.scale(theme.ramp), line={"color": theme.contour, "width": 0.8},
        hoverinfo="skip",
    )  # fmt: skip
    if shade:
        _add_shade(figure, surface, xs, ys, theme)
    for kind, points in landmarks(surface):
        symbol, width = _SYMBOLS[kind]
        figure.add_scatter(
            x=[p[0] for p in points], y=[p[1] for p in points], mode="markers",
            name=text(f"trajectories.mark.{kind}"),
            marker={"symbol": symbol, "size": width if len(points) < 30 else 6,
                    "color": theme.ink,
                    "line": {"width": 1.6, "color": theme.ink}},
            hovertemplate="%{x:.4g}, %{y:.4g}", showlegend=False,
        )  # fmt: skip
    equal: dict[str, Any] = {"scaleanchor": "x", "constrain": "domain"} if grid.equal else {}
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "range": [float(grid.xs[0]), float(grid.xs[-1])],
                "showgrid": False,
                "constrain": "domain",
            },
            yaxis={"range": [float(grid.ys[0]), float(grid.ys[-1])], "showgrid": False, **equal},
            margin={"l": 34, "r": 6, "t": 6, "b": 26},
            dragmode="zoom",
            hovermode="closest",
            uirevision=surface.name,
        )
    )
    return figure


def basins_figure(
    surface: Surface, found: Basins, *, text: Text, theme: Theme, by: str = "minimum"
) -> go.Figure:
    """The map, coloured by what becomes of a run from each place.

    By the minimum reached: paler is slower; grey reaches no minimum in time, dark leaves for
    good. By the steps taken: brighter is faster; grey as before, hatched leaves for good.

    Args:
        surface: What was walked on.
        found: What became of each start.
        text: The catalogue.
        theme: Colours.
        by: ``"minimum"`` or ``"steps"``.
    """
    figure = map_figure(surface, text=text, theme=theme, shade=False)
    contour, marks = figure.data[0], figure.data[1:]
    contour.update(
        contours={"coloring": "lines"}, colorscale=[[0, theme.contour], [1, theme.contour]]
    )
    figure.data = ()
    figure.add_traces(
        _by_steps(found, theme) if by == "steps" else _by_minimum(surface, found, theme)
    )
    figure.add_trace(contour)
    if by == "steps":
        add_hatching(figure, found.reached == DIVERGED, theme, found.xs, found.ys)
    figure.add_traces(marks)
    return figure


def _by_minimum(surface: Surface, found: Basins, theme: Theme) -> list[go.Heatmap]:
    # Two more than minima: none, and diverged, which stand below zero.
    colours = [theme.mixed(theme.ink, 0.6), theme.mixed(theme.muted, 0.35)] + [
        theme.mixed(theme.categories[i % len(theme.categories)], 0.45)
        for i in range(max(len(surface.all_minima), 1))
    ]
    edges = np.arange(len(colours) + 1) / len(colours)
    scale = [
        [float(edge), colour]
        for i, colour in enumerate(colours)
        for edge in (edges[i], edges[i + 1])
    ]
    shared = _shared(found)
    base = go.Heatmap(
        **shared, z=found.reached.astype(np.int8), zmin=-2.5, zmax=len(colours) - 2.5,
        colorscale=scale,
    )  # fmt: skip
    clear, pale = theme.translucent(theme.ground, 0.0), theme.translucent(theme.ground, 0.7)
    slow = np.log1p(np.where(found.reached >= 0, found.steps, 0)).astype(np.float32)
    veil = go.Heatmap(
        **shared, z=slow, zmin=0.0, zmax=float(max(slow.max(), 1.0)),
        colorscale=[[0, clear], [0.4, clear], [1, pale]],
    )  # fmt: skip
    return [base, veil]


def _by_steps(found: Basins, theme: Theme) -> list[go.Heatmap]:
    shared = _shared(found)
    ground = theme.mixed(theme.muted, 0.3), theme.mixed(theme.muted, 0.1)
    base = go.Heatmap(
        **shared, z=(found.reached == DIVERGED).astype(np.int8), zmin=0, zmax=1,
        colorscale=[[0, ground[0]], [1, ground[1]]],
    )  # fmt: skip
    extremes = found.fewest_and_most
    if extremes is None:
        return [base]
    low, high = (float(np.log1p(steps)) for steps in extremes)
    heights = np.where(found.settled, np.log1p(found.steps), np.nan).astype(np.float32)
    colours = theme.scale(theme.sequential[::-1])
    over = go.Heatmap(**shared, z=heights, zmin=low, zmax=max(high, low + 0.1), colorscale=colours)
    return [base, over]


def _shared(found: Basins) -> dict[str, Any]:
    return {
        "x": found.xs.astype(np.float32),
        "y": found.ys.astype(np.float32),
        "showscale": False,
        "hoverinfo": "skip",
    }


def _add_shade(
    figure: go.Figure, surface: Surface, xs: NDArray[Any], ys: NDArray[Any], theme: Theme
) -> None:
    bent = lowest(surface)
    finite = bent[np.isfinite(bent)]
    if not finite.size or finite.min() >= 0:
        return
    # Clipped, so that the edge at 0 is not lost among curvatures of very different size.
    scale = float(np.median(np.abs(finite))) or float(np.abs(finite).max())
    z = np.clip(bent / scale, -1, 1).astype(np.float32)
    figure.add_contour(
        # Plotly fills what a constraint excludes.
        x=xs, y=ys, z=z, showscale=False, hoverinfo="skip", fillcolor=theme.shade,
        contours={"type": "constraint", "operation": ">", "value": 0}, showlegend=False,
        line={"width": 1.2, "color": theme.shade},
    )  # fmt: skip


def landscape_figure(
    surface: Surface, paths: Sequence[Trajectory], *, text: Text, theme: Theme
) -> go.Figure:
    """The surface in perspective, the paths on it.

    The traces after the surface and the critical points are, for each path, its line and its
    head; the stage moves these while it plays.

    Args:
        surface: What to draw.
        paths: The runs, drawn as far as they stay in the picture.
        text: The catalogue.
        theme: Colours.
    """
    grid = heights(surface)
    z = np.minimum(grid.drawn(grid.values), grid.ceiling * 1.02)
    figure = go.Figure()
    figure.add_surface(
        x=grid.xs.astype(np.float32), y=grid.ys.astype(np.float32), z=z.astype(np.float32),
        colorscale=theme.scale(theme.ramp), showscale=False, hoverinfo="skip", opacity=0.96,
        lighting={"ambient": 0.75, "diffuse": 0.5, "specular": 0.04, "roughness": 0.9},
        # Lines in 3D know no transparency: the ramp's own darkest colour is quiet enough.
        contours={"z": {"show": True, "color": theme.ramp[0], "width": 1, "highlight": False,
                        "start": float(grid.drawn(grid.floor)), "end": grid.ceiling,
                        "size": (grid.ceiling - float(grid.drawn(grid.floor))) / LEVELS or 1.0}},
    )  # fmt: skip
    lift = 0.02 * (float(np.nanmax(z)) - float(np.nanmin(z)))
    for kind, points in landmarks(surface):
        if len(points) > 30:
            continue
        figure.add_scatter3d(
            x=[p[0] for p in points], y=[p[1] for p in points],
            z=grid.drawn(evaluate(surface, points)) + lift, mode="markers",
            name=text(f"trajectories.mark.{kind}"), showlegend=False,
            marker={"symbol": "diamond" if kind == "minimum" else "circle-open", "size": 4,
                    "color": theme.ink},
            hovertemplate="%{x:.4g}, %{y:.4g}",
        )  # fmt: skip
    for path, style in zip(paths, styles(theme, paths), strict=True):
        x, y, h, step = _draped(grid, surface, path, lift)
        dash = style.dash if style.dash != "dashdot" else "longdash"
        figure.add_scatter3d(
            x=x, y=y, z=h, customdata=step, mode="lines", showlegend=False, hoverinfo="skip",
            meta="path",
            name=text(f"optimizer.{path.optimizer}.title"),
            line={"color": style.colour, "width": 6, "dash": dash},
        )  # fmt: skip
        figure.add_scatter3d(
            x=x[-1:], y=y[-1:], z=h[-1:], mode="markers", showlegend=False, hoverinfo="skip",
            meta="head", marker={"color": style.colour, "size": 5},
        )  # fmt: skip
    axis = {
        "gridcolor": theme.grid,
        "backgroundcolor": "rgba(0,0,0,0)",
        "color": theme.muted,
        "showspikes": False,
        "title": {"text": ""},
    }
    figure.update_layout(
        layout(
            theme,
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            uirevision=surface.name,
            scene={
                "xaxis": axis | {"range": [float(grid.xs[0]), float(grid.xs[-1])]},
                "yaxis": axis | {"range": [float(grid.ys[0]), float(grid.ys[-1])]},
                "zaxis": axis | {"showticklabels": False},
                "aspectmode": "manual",
                "aspectratio": {"x": 1.2, "y": 1.0, "z": 0.6},
                "camera": {
                    "eye": {"x": 0.85, "y": -1.0, "z": 1.15},
                    "center": {"x": 0, "y": 0, "z": -0.12},
                },
            },
        )
    )
    return figure


def _draped(
    grid: Heights, surface: Surface, path: Trajectory, lift: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """A path laid over the surface, as NaN where it has left the picture.

    Between two iterates the line follows the ground: a straight one would cut through hills.

    Returns:
        x, y and height of the vertices, and the step that each belongs to (an iterate's own
        vertex is the first one of its step).
    """
    points = path.points
    with np.errstate(all="ignore"):
        size = np.array([np.ptp(grid.xs), np.ptp(grid.ys)])
        far = np.linalg.norm(np.diff(points, axis=0) / size, axis=1)
        pieces = np.clip(np.nan_to_num(far / _PIECE, nan=1, posinf=1), 1, _MOST_PIECES)
    counts = np.append(np.ceil(pieces).astype(np.int64), 1)
    step = np.repeat(np.arange(len(points)), counts)
    part = (np.arange(len(step)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[step]
    following = np.minimum(step + 1, len(points) - 1)
    with np.errstate(all="ignore"):
        where = points[step] + (points[following] - points[step]) * part[:, None]
        x, y = where[:, 0], where[:, 1]
        inside = (x >= grid.xs[0]) & (x <= grid.xs[-1]) & (y >= grid.ys[0]) & (y <= grid.ys[-1])
        h = np.minimum(grid.drawn(evaluate(surface, where)), grid.ceiling * 1.02) + lift
    seen = [np.where(inside, v, np.nan).astype(np.float32) for v in (x, y, h)]
    return seen[0], seen[1], seen[2], step.astype(np.int32)


_PIECE = 1 / 60
"""Of the picture's width: the longest straight piece of a draped path."""

_MOST_PIECES = 60


def history_figure(
    surface: Surface, paths: Sequence[Trajectory], *, text: Text, theme: Theme
) -> go.Figure:
    """Loss, gradient norm and distance to the nearest minimum against the step, one x axis.

    Losses are drawn above the surface's minimum, so that a logarithmic axis suits them; where
    there is no minimum they are drawn as they are.
    """
    level = surface.minimum_value
    rows = [
        Row(
            text(f"trajectories.history.{'loss' if level in (None, 0.0) else 'loss_above'}"),
            level is not None,
            [path.losses - (level or 0.0) for path in paths],
        ),
        Row(text("trajectories.history.norm"), True, [path.grad_norms for path in paths]),
    ]
    if surface.all_minima:
        distances = [path.distances for path in paths]
        rows.append(Row(text("trajectories.history.distance"), True, distances))
    return stacked_figure(rows, styles(theme, paths), theme=theme)
