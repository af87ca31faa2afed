"""The second-order model beside the surface: in perspective, and cut along its eigenvectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.curvature import evaluate, evaluate_grid
from optviz.core.surface import Surface
from optviz.core.taylor import Region, Taylor
from optviz.figures.theme import LEGEND_BELOW, Theme, layout
from optviz.language import Text

__all__ = ["bend_colour", "cuts_figure", "good_colour", "model_figure", "window"]

Array = NDArray[np.float64]

POINTS = 61
"""Along each side of the window."""

CUT = 201
"""Points of a cut."""

_NARROWEST = 0.03
_ROOM = 1.6
"""The window reaches so many times as far as the model can be trusted."""


def window(surface: Surface, model: Taylor, region: Region | None) -> float:
    """Half the side of the square round the point in which surface and model are compared."""
    largest = 0.5 * max(surface.size)
    if region is None or region.exact:
        return largest
    return float(np.clip(_ROOM * np.median(region.radii), _NARROWEST * largest, largest))


def bend_colour(theme: Theme, eigenvalue: float, scale: float) -> str:
    """The colour of a direction: curves up, down, or not to speak of (of ``scale``)."""
    if abs(eigenvalue) <= 1e-9 * scale:
        return theme.muted
    return theme.positive if eigenvalue > 0 else theme.negative


def good_colour(theme: Theme) -> str:
    """The colour of where the model is good."""
    return theme.categories[3]


def model_figure(
    surface: Surface, model: Taylor, region: Region | None, *, text: Text, theme: Theme
) -> go.Figure:
    """Surface and model round the point, in perspective.

    The first trace is the surface, the second the model: in strong colour where it is good.

    Args:
        surface: The surface.
        model: Its model; must be defined.
        region: How far the model is good.
        text: The catalogue.
        theme: Colours.
    """
    half = window(surface, model, region)
    xs, ys = (centre + half * np.linspace(-1, 1, POINTS) for centre in model.point)
    true = evaluate_grid(surface, xs, ys)
    places = np.stack(np.meshgrid(xs, ys), axis=-1)
    low, high = _limits(true, model)
    fitted = _cut_off(model.model(places), low, high)
    figure = go.Figure()
    figure.add_surface(
        x=xs.astype(np.float32), y=ys.astype(np.float32),
        z=true.astype(np.float32),
        colorscale=theme.scale(theme.ramp), showscale=False, hoverinfo="skip", opacity=0.95,
        name=text("jacobian_hessian.taylor.surface"), showlegend=False,
        lighting={"ambient": 0.75, "diffuse": 0.5, "specular": 0.04, "roughness": 0.9},
        contours={"z": {"show": True, "color": theme.ramp[0], "width": 1, "highlight": False,
                        "start": low, "end": high, "size": (high - low) / 14}},
    )  # fmt: skip
    good = region.contains(places, model) if region is not None else np.zeros(true.shape, bool)
    figure.add_surface(
        x=xs.astype(np.float32), y=ys.astype(np.float32), z=fitted.astype(np.float32),
        surfacecolor=good.astype(np.float32), cmin=0, cmax=1, showscale=False, hoverinfo="skip",
        colorscale=[[0, theme.muted], [0.5, theme.muted],
                    [0.5, good_colour(theme)], [1, good_colour(theme)]],
        opacity=0.55, name=text("jacobian_hessian.taylor.model"),
        lighting={"ambient": 0.9, "diffuse": 0.2, "specular": 0.0},
    )  # fmt: skip
    lift = 0.01 * (high - low)
    if region is not None and not region.exact:
        edge = np.vstack([region.edge, region.edge[:1]])
        inside = np.abs(edge - model.point).max(axis=1) <= half
        height = _cut_off(model.model(edge), low, high) + lift
        _add_line(figure, edge, np.where(inside, height, np.nan), good_colour(theme), 6)
    scale = float(np.abs(model.eigenvalues).max()) or 1.0
    along = np.linspace(-1, 1, CUT)[:, None]
    for value, vector in zip(model.eigenvalues, model.eigenvectors.T, strict=True):
        line = model.point + half * along * vector / np.abs(vector).max()
        height = _cut_off(evaluate(surface, line), low, high) + lift
        _add_line(figure, line, height, bend_colour(theme, float(value), scale), 5)
    figure.add_scatter3d(
        x=model.point[:1], y=model.point[1:], z=[model.value + 2 * lift], mode="markers",
        marker={"size": 5, "color": theme.ink}, showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    axis = {
        "gridcolor": theme.grid, "backgroundcolor": "rgba(0,0,0,0)", "color": theme.muted,
        "showspikes": False, "title": {"text": ""}, "nticks": 5,
    }  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            uirevision=surface.name,
            showlegend=False,
            scene={
                "xaxis": axis | {"range": [float(xs[0]), float(xs[-1])]},
                "yaxis": axis | {"range": [float(ys[0]), float(ys[-1])]},
                "zaxis": axis | {"range": [low, high], "showticklabels": False},
                "aspectmode": "manual",
                "aspectratio": {"x": 1.0, "y": 1.0, "z": 0.8},
                "camera": {
                    "eye": {"x": 1.05, "y": -1.25, "z": 0.8},
                    "center": {"x": 0, "y": 0, "z": -0.12},
                },
            },
        )
    )
    return figure


def _limits(true: Array, model: Taylor) -> tuple[float, float]:
    """The heights to show: the surface's, and some room for the model."""
    finite = true[np.isfinite(true)]
    if not finite.size:
        return model.value - 1.0, model.value + 1.0
    low, high = float(finite.min()), float(finite.max())
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _cut_off(heights: Array, low: float, high: float) -> Array:
    with np.errstate(all="ignore"):
        return np.where((heights >= low) & (heights <= high), heights, np.nan)


def _add_line(figure: go.Figure, places: Array, height: Array, colour: str, width: int) -> None:
    figure.add_scatter3d(
        x=places[:, 0].astype(np.float32), y=places[:, 1].astype(np.float32),
        z=height.astype(np.float32), mode="lines", line={"color": colour, "width": width},
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def cuts_figure(
    surface: Surface, model: Taylor, region: Region | None, *, text: Text, theme: Theme
) -> go.Figure:
    """Surface and model along each eigenvector, one below the other.

    The traces are, for each eigenvector, the surface and its parabola; bands say where the
    parabola is good.

    Args:
        surface: The surface.
        model: Its model; must be defined.
        region: How far the model is good.
        text: The catalogue.
        theme: Colours.
    """
    figure = go.Figure()
    half = window(surface, model, region)
    scale = float(np.abs(model.eigenvalues).max()) or 1.0
    axes: dict[str, Any] = {}
    for i, (value, vector) in enumerate(zip(model.eigenvalues, model.eigenvectors.T, strict=True)):
        reach = half
        if region is not None and not region.exact:
            ends = [end for end in region.along(i) if end < 2 * half]
            reach = float(np.clip(2 * max(ends, default=half), 0.25 * half, half))
        t = reach * np.linspace(-1, 1, CUT)
        line = model.point + t[:, None] * vector
        true, fitted = evaluate(surface, line), model.model(line)
        colour = bend_colour(theme, float(value), scale)
        number = "" if i == 0 else "2"
        place = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        figure.add_scatter(
            x=t, y=true, mode="lines", line={"color": theme.ink, "width": 2.4},
            name=text("jacobian_hessian.taylor.surface"), showlegend=i == 0,
            hovertemplate="%{x:.3g}: %{y:.4g}", **place,
        )  # fmt: skip
        figure.add_scatter(
            x=t, y=fitted, mode="lines", line={"color": colour, "width": 2.4, "dash": "dash"},
            name=text("jacobian_hessian.taylor.model"), showlegend=i == 0,
            hovertemplate="%{x:.3g}: %{y:.4g}", **place,
        )  # fmt: skip
        figure.add_scatter(
            x=[0.0], y=[model.value], mode="markers", marker={"size": 9, "color": theme.ink},
            showlegend=False, hoverinfo="skip", **place,
        )  # fmt: skip
        low, high = _limits(true, model)
        if region is not None:
            back, ahead = (min(end, reach) for end in region.along(i))
            figure.add_shape(
                type="rect", xref=f"x{number}", yref=f"y{number} domain", x0=-back, x1=ahead,
                y0=0, y1=1, line={"width": 0}, layer="below",
                fillcolor=theme.translucent(good_colour(theme), 0.14),
            )  # fmt: skip
        top = 1 - i * 0.58
        axes[f"xaxis{number}"] = {
            "range": [-reach, reach], "anchor": f"y{number}",
            "title": {
                "text": text(
                    "jacobian_hessian.taylor.along", number="₁₂"[i], value=f"{value:.3g}"
                ).replace("-", "−")
            },
        }  # fmt: skip
        axes[f"yaxis{number}"] = {
            "range": [low, high], "anchor": f"x{number}", "domain": [top - 0.42, top], "nticks": 5,
        }  # fmt: skip
    base = layout(theme, margin={"l": 50, "r": 8, "t": 8, "b": 66}, legend={**LEGEND_BELOW})
    for name, axis in axes.items():
        own = {**base[name[:5]], **axis}
        own["title"] = {**base[name[:5]]["title"], "standoff": 2, **axis.get("title", {})}
        base[name] = own
    figure.update_layout(base)
    return figure
