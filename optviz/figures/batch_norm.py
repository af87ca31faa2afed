"""One network with and without batch normalisation: surfaces, rates, curvature, activations."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from optviz.figures.landscape import bar, drawn_heights, height_scale
from optviz.figures.theme import LEGEND_BELOW, STALE, Theme, layout
from optviz.language import Text
from optviz.training.batch_norm import LAYER_BINS, Modes, NormStudy, stable_range

__all__ = [
    "activations_figure",
    "curvature_figure",
    "modes_figure",
    "rates_figure",
    "surfaces_figure",
]

SIDES = ("plain", "normalised")
LEVELS = 20


def _colours(theme: Theme) -> dict[str, str]:
    return {"plain": theme.categories[1], "normalised": theme.categories[0]}


def _sides(study: NormStudy) -> list[tuple[str, Any]]:
    return list(zip(SIDES, (study.plain, study.normalised), strict=True))


def surfaces_figure(
    study: NormStudy, *, text: Text, theme: Theme, stale: bool = False
) -> go.Figure:
    """Both loss surfaces side by side: same directions, same extent, same colours."""
    figure = go.Figure()
    known = [side.surface.ravel() for _, side in _sides(study) if side.surface is not None]
    low, high = height_scale(np.concatenate(known) if known else np.ones(1))
    grid = study.grid.astype(np.float32)
    for i, (name, side) in enumerate(_sides(study)):
        suffix = "" if i == 0 else "2"
        if side.surface is not None:
            figure.add_contour(
                x=grid, y=grid, z=drawn_heights(side.surface).astype(np.float32),
                zmin=low, zmax=high, autocontour=False, opacity=STALE if stale else 1.0,
                contours={"start": low, "end": high, "size": (high - low) / LEVELS},
                colorscale=theme.scale(theme.ramp), hoverinfo="skip",
                line={"color": theme.contour, "width": 0.8},
                xaxis=f"x{suffix}", yaxis=f"y{suffix}", showscale=i == 1 or not known[1:],
                colorbar=bar(low, high, text("regularisation.norm.loss"), theme),
            )  # fmt: skip
        figure.add_scatter(
            x=[0], y=[0], mode="markers", xaxis=f"x{suffix}", yaxis=f"y{suffix}",
            showlegend=False, hoverinfo="skip",
            marker={"size": 9, "color": _colours(theme)[name],
                    "line": {"width": 1.5, "color": theme.ground}},
        )  # fmt: skip
        figure.add_annotation(
            text=text(f"regularisation.norm.short_{name}"), xref=f"x{suffix} domain",
            yref="paper", x=0, y=1, xanchor="left", yanchor="bottom", showarrow=False,
            font={"size": 13, "color": _colours(theme)[name]},
        )  # fmt: skip
    edge = [float(grid[0]), float(grid[-1])]
    axis = {"range": edge, "showgrid": False, "zeroline": False}
    title = {"text": text("regularisation.norm.direction", number=1)}
    figure.update_layout(
        layout(
            theme,
            xaxis=axis | {"domain": [0, 0.48], "title": title},
            yaxis=axis | {"title": {"text": text("regularisation.norm.direction", number=2)}},
            margin={"l": 50, "r": 8, "t": 26, "b": 44},
            hovermode=False,
        )
    )
    base = figure.layout
    figure.update_layout(
        xaxis2=base.xaxis.to_plotly_json() | {"domain": [0.52, 1], "anchor": "y2"},
        yaxis2=base.yaxis.to_plotly_json()
        | {"anchor": "x2", "showticklabels": False, "title": {"text": ""}},
    )
    return figure


def rates_figure(study: NormStudy, *, text: Text, theme: Theme, stale: bool = False) -> go.Figure:
    """Both range tests, the short trainings that check them, and the rates that work."""
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    for i, (name, side) in enumerate(_sides(study)):
        if side.sweep is None:
            continue
        colour, title = _colours(theme)[name], text(f"regularisation.norm.{name}")
        top = 1.3 * float(side.sweep.losses[0])
        figure.add_scatter(
            x=side.sweep.lrs, y=np.minimum(side.sweep.losses, 3 * top), mode="lines",
            line={"color": colour, "width": 1.2, "dash": "dot"}, opacity=opacity,
            name=text("regularisation.norm.sweep", side=title), hovertemplate="%{y:.3g}",
        )  # fmt: skip
        figure.add_scatter(
            x=side.sweep.check_lrs, y=np.minimum(side.sweep.check_losses, 3 * top),
            mode="lines+markers", opacity=opacity, hovertemplate="%{y:.3g}",
            name=text("regularisation.norm.check", side=title),
            line={"color": colour, "width": 2}, marker={"size": 6, "color": colour},
        )  # fmt: skip
        works = stable_range(side.sweep)
        if works is not None:
            figure.add_scatter(
                x=list(works), y=[-0.09 - 0.12 * i] * 2, mode="lines", opacity=opacity,
                line={"color": colour, "width": 7}, showlegend=False, hoverinfo="skip",
            )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"type": "log", "dtick": 1, "title": {"text": text("learning_rate.chart.lr")},
                   "exponentformat": "power"},
            yaxis={"title": {"text": text("regularisation.norm.loss")}, "range": [-0.3, 3.2],
                   "tickvals": [0, 1, 2, 3]},
            margin={"l": 50, "r": 16, "t": 12, "b": 96},
            legend=LEGEND_BELOW,
            hovermode="x unified",
        )
    )  # fmt: skip
    return figure


def curvature_figure(
    study: NormStudy, lr: float, *, text: Text, theme: Theme, stale: bool = False
) -> go.Figure:
    """The Hessian's largest eigenvalue epoch by epoch, and the training loss beside it.

    Args:
        study: What is known.
        lr: The rate of the training; gradient descent is stable below 2/lr.
        text: The catalogue.
        theme: Colours.
        stale: Whether to dim it.
    """
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    most = 1
    for name, side in _sides(study):
        colour, title = _colours(theme)[name], text(f"regularisation.norm.{name}")
        if side.eigenvalues is not None and side.losses is not None:
            most = len(side.eigenvalues) - 1
            figure.add_scatter(
                x=np.arange(len(side.eigenvalues)), y=side.eigenvalues, name=title,
                mode="lines+markers", opacity=opacity, hovertemplate="%{y:.3g}",
                line={"color": colour, "width": 2.4}, marker={"size": 6, "color": colour},
            )  # fmt: skip
            at = (np.arange(len(side.losses)) + 1) / len(side.losses) * most
            figure.add_scatter(
                x=at, y=side.losses, mode="lines", opacity=opacity, xaxis="x2", yaxis="y2",
                showlegend=False, line={"color": colour, "width": 1.4}, hoverinfo="skip",
            )  # fmt: skip
    figure.add_shape(
        type="line", x0=0, x1=1, xref="x domain", y0=2 / lr, y1=2 / lr,
        line={"color": theme.ink, "width": 1.4, "dash": "dash"},
    )  # fmt: skip
    figure.add_annotation(
        x=0, xref="x domain", y=np.log10(2 / lr), showarrow=False,
        text=text("regularisation.norm.limit", value=f"{2 / lr:.3g}"),
        xanchor="left", yanchor="bottom", font={"size": 12, "color": theme.ink},
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("regularisation.norm.epochs")}, "domain": [0, 0.47],
                   "range": [-0.1, most + 0.1]},
            yaxis={"type": "log", "exponentformat": "power", "dtick": 1,
                   "title": {"text": text("regularisation.norm.eigenvalue")}},
            margin={"l": 56, "r": 16, "t": 12, "b": 80},
            legend=LEGEND_BELOW,
            hovermode="closest",
        )
    )  # fmt: skip
    base = figure.layout
    figure.update_layout(
        xaxis2=base.xaxis.to_plotly_json() | {"domain": [0.56, 1], "anchor": "y2"},
        yaxis2=base.yaxis.to_plotly_json()
        | {"anchor": "x2", "title": {"text": text("regularisation.norm.training")}},
    )
    return figure


def activations_figure(
    study: NormStudy, *, text: Text, theme: Theme, stale: bool = False
) -> go.Figure:
    """What each layer's ReLU is given: densities before training (dotted) and after (solid)."""
    figure = go.Figure()
    depth = next(
        (side.activations.shape[1] for _, side in _sides(study) if side.activations is not None), 1
    )
    middle = (LAYER_BINS[1:] + LAYER_BINS[:-1]) / 2
    gap = 0.02
    width = (1 - gap * (depth - 1)) / depth
    axes: dict[str, Any] = {}
    highest = 1.0
    for layer in range(depth):
        suffix = "" if layer == 0 else str(layer + 1)
        for name, side in _sides(study):
            if side.activations is None:
                continue
            for when, dash in ((0, "dot"), (1, "solid")):
                figure.add_scatter(
                    x=middle, y=side.activations[when, layer], mode="lines", hoverinfo="skip",
                    opacity=STALE if stale else 1.0, xaxis=f"x{suffix}", yaxis=f"y{suffix}",
                    line={"color": _colours(theme)[name], "dash": dash,
                          "width": 2.2 if when else 1.4},
                    name=text(f"regularisation.norm.{'after' if when else 'before'}",
                              side=text(f"regularisation.norm.{name}")),
                    showlegend=layer == 0,
                )  # fmt: skip
        left = layer * (width + gap)
        axes[f"xaxis{suffix}"] = {
            "domain": [left, left + width], "anchor": f"y{suffix}", "range": [-5, 5],
            "tickvals": [-3, 0, 3], "gridcolor": theme.grid, "zeroline": False,
            "tickfont": {"size": 11, "color": theme.muted},
        }  # fmt: skip
        axes[f"yaxis{suffix}"] = {
            "anchor": f"x{suffix}", "range": [0, highest], "showticklabels": False,
            "gridcolor": theme.grid, "zeroline": False,
        }  # fmt: skip
        figure.add_annotation(
            text=text("regularisation.norm.layer", number=layer + 1), xref=f"x{suffix} domain",
            yref="paper", x=0, y=1, xanchor="left", yanchor="bottom", showarrow=False,
            font={"size": 12, "color": theme.ink},
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme, margin={"l": 12, "r": 12, "t": 24, "b": 78}, legend=LEGEND_BELOW,
            hovermode=False, **axes,
        )
    )  # fmt: skip
    return figure


def modes_figure(
    modes: dict[int, Modes], shown: int, *, text: Text, theme: Theme, stale: bool = False
) -> go.Figure:
    """Train against eval mode: the means that each uses, and the answers that each gives.

    Args:
        modes: Batch size → what was measured.
        shown: The batch size whose means are drawn.
        text: The catalogue.
        theme: Colours.
        stale: Whether to dim it.
    """
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    one = modes[shown]
    both = np.concatenate([one.batch_means, one.running_means])
    low, high = float(both.min()), float(both.max())
    pad = 0.06 * (high - low)
    edge = [low - pad, high + pad]
    figure.add_scatter(
        x=edge, y=edge, mode="lines", line={"color": theme.muted, "width": 1.2, "dash": "dash"},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=one.running_means, y=one.batch_means, mode="markers", showlegend=False,
        opacity=opacity, hovertemplate="%{x:.3g}, %{y:.3g}<extra></extra>",
        marker={"size": 6, "color": theme.categories[0]},
    )  # fmt: skip
    sizes = list(modes)
    for mode, colour, symbol in (("train", 1, "square"), ("eval", 2, "circle")):
        every = np.array([getattr(m, f"{mode}_accuracy").mean() for m in modes.values()])
        figure.add_scatter(
            x=sizes, y=100 * every, mode="lines+markers", opacity=opacity, xaxis="x2", yaxis="y2",
            name=text(f"regularisation.norm.mode_{mode}"), hovertemplate="%{y:.1f} %",
            line={"color": theme.categories[colour], "width": 2.4},
            marker={"symbol": symbol, "size": 8, "color": theme.categories[colour]},
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("regularisation.norm.running")}, "domain": [0, 0.44],
                   "range": edge},
            yaxis={"title": {"text": text("regularisation.norm.batch_mean", count=shown)},
                   "range": edge},
            margin={"l": 56, "r": 16, "t": 12, "b": 80},
            legend=LEGEND_BELOW,
            hovermode="closest",
        )
    )  # fmt: skip
    base = figure.layout
    axis = base.xaxis.to_plotly_json()
    axis.pop("range")
    figure.update_layout(
        xaxis2=axis | {
            "domain": [0.56, 1], "anchor": "y2", "type": "log", "tickvals": sizes,
            "title": {"text": text("regularisation.norm.batch_size")},
        },
        yaxis2=base.yaxis.to_plotly_json() | {
            "anchor": "x2", "range": [0, 102],
            "title": {"text": text("regularisation.norm.accuracy")},
        },
    )  # fmt: skip
    return figure
