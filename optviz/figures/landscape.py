"""A network's loss on a plane through its weights, with the paths of its trainings on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import LEGEND_BELOW, STALE, Theme, layout, line_style
from optviz.language import Text
from optviz.training.landscape import PathOnPlane

__all__ = [
    "bar",
    "drawn_heights",
    "height_scale",
    "landscape_figure",
    "plane_figure",
    "truth_figure",
]

Array = NDArray[np.float64]

LEVELS = 24
_FEWEST = 4
_DIGITS = ((1,), (1, 3), (1, 2, 5))
"""Leading digits of labels, from few to many."""


def height_scale(losses: Array) -> tuple[float, float]:
    """Lowest and highest log₁₀ of the loss to tell apart."""
    finite = losses[np.isfinite(losses) & (losses > 0)]
    if not finite.size:
        return 0.0, 1.0
    low = float(np.log10(finite.min()))
    high = float(np.log10(np.quantile(finite, 0.99)))
    return low, max(high, low + 1e-3)


def drawn_heights(losses: Array) -> Array:
    """log₁₀ of the loss, NaN where there is none."""
    with np.errstate(all="ignore"):
        heights = np.log10(losses)
    return np.where(np.isfinite(heights), heights, np.nan)


def _ticks(low: float, high: float) -> list[float]:
    """Round losses between 10^low and 10^high: by decades where that is far, else evenly."""
    decades = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    for digits in _DIGITS:
        every = (float(f"{digit}e{power}") for power in decades for digit in digits)
        kept = [value for value in every if low <= np.log10(value) <= high]
        if len(kept) >= _FEWEST:
            return kept
    first, last = 10**low, 10**high
    rough = (last - first) / _FEWEST
    size = 10 ** np.floor(np.log10(rough))
    step = size * max(digit for digit in (1, 2, 5) if digit * size <= rough)
    places = np.arange(np.ceil(first / step), np.floor(last / step) + 1)
    return [float(f"{place * step:.6g}") for place in places]


def bar(low: float, high: float, title: str, theme: Theme, **more: Any) -> dict[str, Any]:
    """A colour bar for logarithmic heights, labelled with losses."""
    ticks = _ticks(low, high)
    return {
        "tickvals": [float(np.log10(v)) for v in ticks],
        "ticktext": [f"{v:g}" for v in ticks],
        "tickfont": {"color": theme.muted, "size": 11},
        "title": {"text": title, "font": {"color": theme.ink, "size": 12}, "side": "right"},
        "thickness": 10,
        "outlinewidth": 0,
    } | more


def plane_figure(
    xs: Array,
    ys: Array,
    losses: Array,
    paths: Sequence[PathOnPlane],
    axes: tuple[str, str],
    *,
    text: Text,
    theme: Theme,
    loss_name: str,
    stale: bool = False,
    revision: str = "",
) -> go.Figure:
    """The plane from above.

    Args:
        xs: (n,) along the first direction.
        ys: (m,) along the second.
        losses: (m, n), NaN where not yet computed.
        paths: Trainings, the first one ending at the plane's centre.
        axes: Titles of the two axes.
        text: The catalogue.
        theme: Colours.
        loss_name: What is measured.
        stale: Whether the settings have changed since; then it is dimmed.
        revision: Zoom is kept as long as this stays the same.
    """
    figure = go.Figure()
    low, high = height_scale(losses)
    opacity = STALE if stale else 1.0
    figure.add_contour(
        x=xs.astype(np.float32), y=ys.astype(np.float32),
        z=drawn_heights(losses).astype(np.float32), zmin=low, zmax=high, opacity=opacity,
        autocontour=False, contours={"start": low, "end": high, "size": (high - low) / LEVELS},
        colorscale=theme.scale(theme.ramp), line={"color": theme.contour, "width": 0.8},
        colorbar=bar(low, high, loss_name, theme), hoverinfo="skip", connectgaps=False,
    )  # fmt: skip
    for path in paths:
        style = line_style(theme, path.optimizer)
        title = text(f"optimizer.{path.optimizer}.title")
        told = np.stack([path.steps, path.losses, path.projected], axis=1)
        hover = text("regularisation.landscape.hover", step="%{customdata[0]}",
                     true="%{customdata[1]:.3g}", below="%{customdata[2]:.3g}")  # fmt: skip
        x, y = path.points.T
        figure.add_scatter(
            x=x, y=y, mode="lines", opacity=opacity, hoverinfo="skip", showlegend=False,
            line={"color": theme.ground, "width": 5},
        )  # fmt: skip
        figure.add_scatter(
            x=x, y=y, customdata=told, mode="lines+markers", opacity=opacity, name=title,
            line={"color": style.colour, "width": 2.4, "dash": style.dash},
            marker={"size": 4, "color": style.colour}, hovertemplate=hover,
        )  # fmt: skip
        figure.add_scatter(
            x=x[-1:], y=y[-1:], mode="markers", opacity=opacity, hoverinfo="skip",
            showlegend=False,
            marker={"size": 11, "color": style.colour, "symbol": style.marker,
                    "line": {"color": theme.ground, "width": 1.5}},
        )  # fmt: skip
    if paths:
        figure.add_scatter(
            x=paths[0].points[:1, 0], y=paths[0].points[:1, 1], mode="markers", opacity=opacity,
            hoverinfo="skip", showlegend=False,
            marker={"size": 12, "symbol": "circle-open", "color": theme.ink,
                    "line": {"width": 2.2, "color": theme.ink}},
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": axes[0]}, "showgrid": False, "zeroline": False,
                   "range": [float(xs[0]), float(xs[-1])]},
            yaxis={"title": {"text": axes[1]}, "showgrid": False, "zeroline": False,
                   "range": [float(ys[0]), float(ys[-1])]},
            margin={"l": 50, "r": 8, "t": 8, "b": 64},
            legend=LEGEND_BELOW,
            hovermode="closest",
            uirevision=revision,
        )
    )  # fmt: skip
    return figure


def landscape_figure(
    xs: Array,
    ys: Array,
    losses: Array,
    paths: Sequence[PathOnPlane],
    *,
    text: Text,
    theme: Theme,
    loss_name: str,
    stale: bool = False,
    revision: str = "",
) -> go.Figure:
    """The plane in perspective; the paths hang at their *true* losses, above or below it.

    Args as :func:`plane_figure`.
    """
    figure = go.Figure()
    low, high = height_scale(losses)
    drawn = np.clip(drawn_heights(losses), low, high)
    figure.add_surface(
        x=xs.astype(np.float32), y=ys.astype(np.float32), z=drawn.astype(np.float32),
        cmin=low, cmax=high, colorscale=theme.scale(theme.ramp), hoverinfo="skip",
        opacity=STALE if stale else 0.92, colorbar=bar(low, high, loss_name, theme, len=0.7),
        contours={"z": {"show": True, "start": low, "end": high,
                        "size": (high - low) / LEVELS, "color": theme.mixed(theme.muted, 0.5)}},
    )  # fmt: skip
    for path in paths:
        style = line_style(theme, path.optimizer)
        inside = (
            (path.points[:, 0] >= xs[0]) & (path.points[:, 0] <= xs[-1])
            & (path.points[:, 1] >= ys[0]) & (path.points[:, 1] <= ys[-1])
        )  # fmt: skip
        z = np.where(inside, np.clip(drawn_heights(path.losses), low - 1, high), np.nan)
        figure.add_scatter3d(
            x=path.points[:, 0], y=path.points[:, 1], z=z, mode="lines+markers",
            name=text(f"optimizer.{path.optimizer}.title"), hoverinfo="name",
            line={"color": style.colour, "width": 6}, marker={"color": style.colour, "size": 2.5},
        )  # fmt: skip
    axis = {
        "gridcolor": theme.grid, "backgroundcolor": "rgba(0,0,0,0)", "color": theme.muted,
        "showspikes": False, "title": {"text": ""}, "showticklabels": False,
    }  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            margin={"l": 0, "r": 0, "t": 0, "b": 40},
            legend=LEGEND_BELOW,
            uirevision=revision,
            scene={
                "xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "manual",
                "aspectratio": {"x": 1.2, "y": 1.0, "z": 0.6},
                "camera": {"eye": {"x": 0.95, "y": -1.1, "z": 0.95},
                           "center": {"x": 0, "y": 0, "z": -0.1}},
            },
        )
    )  # fmt: skip
    return figure


def truth_figure(
    paths: Sequence[PathOnPlane], *, text: Text, theme: Theme, loss_name: str, stale: bool = False
) -> go.Figure:
    """The true loss along each path (solid), and the loss of its shadow on the plane (dotted)."""
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    for path in paths:
        style = line_style(theme, path.optimizer)
        for losses, dash, width in ((path.losses, "solid", 2.4), (path.projected, "dot", 1.8)):
            figure.add_scatter(
                x=path.steps, y=np.where(losses > 0, losses, np.nan), mode="lines",
                opacity=opacity, showlegend=False, hovertemplate="%{y:.3g}",
                name=text(f"optimizer.{path.optimizer}.title"),
                line={"color": style.colour, "width": width, "dash": dash},
            )  # fmt: skip
    for dash, name in (("solid", "true"), ("dot", "projected")):
        figure.add_scatter(
            x=[None], y=[None], mode="lines", name=text(f"regularisation.landscape.{name}"),
            line={"color": theme.ink, "dash": dash, "width": 2},
        )  # fmt: skip
    every = [np.zeros(0), *(p.losses for p in paths), *(p.projected for p in paths)]
    ticks = _ticks(*height_scale(np.concatenate(every)))
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("regularisation.landscape.steps")}},
            yaxis={
                "type": "log",
                "title": {"text": loss_name},
                "tickvals": ticks,
                "ticktext": [f"{value:g}" for value in ticks],
            },
            margin={"l": 52, "r": 8, "t": 8, "b": 80},
            legend=LEGEND_BELOW,
            hovermode="x unified",
        )
    )
    return figure
