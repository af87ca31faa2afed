"""Figures of the Recommender page: loss while training, predictions against truth, biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import Theme, layout
from optviz.language import Text

__all__ = ["Curve", "bias_figure", "gap", "loss_figure", "smooth", "truth_figure"]

_LARGEST = 1e6
"""A loss beyond this is not drawn: the run has diverged, and the page says where."""

_POINTS = 1500
"""More than a chart has pixels; longer curves are thinned evenly."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Losses of a run so far.

    Attributes:
        at: (n,) epochs done after each batch.
        train: (n,) loss of each batch.
        epochs: (m,) finished epochs.
        valid: (m,) validation MSE after each.
        baselines: ``"mean"`` and ``"bias"`` → validation MSE; may be empty.
    """

    at: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    train: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    epochs: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    valid: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    baselines: Mapping[str, float] = field(default_factory=dict)


def smooth(values: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """The debiased exponential moving average, as the LR finder has it.

    Example:
        >>> smooth(np.array([1.0, 1.0, 4.0]), beta=0.5).round(3).tolist()
        [1.0, 1.0, 2.714]
    """
    import pandas as pd

    if not values.size:
        return values
    out: NDArray[np.float64] = pd.Series(values).ewm(alpha=1 - beta).mean().to_numpy()
    return out


def loss_figure(
    curve: Curve,
    *,
    text: Text,
    theme: Theme,
    total_epochs: float,
    printed: float | None = None,
    stale: bool = False,
) -> go.Figure:
    """Training loss per batch (raw and smoothed), validation loss per epoch, baselines.

    Args:
        curve: The run so far; an empty one shows what there is to beat.
        text: The catalogue.
        theme: Colours.
        total_epochs: Right end of the axis.
        printed: The figure that the lesson printed for this recipe, if it is one of its own.
        stale: Whether the settings have changed since; then it is dimmed.
    """
    figure = go.Figure()
    opacity = 0.4 if stale else 1.0
    blue, orange = theme.categories[0], theme.categories[1]
    # Kept at full length, smoothed, then thinned: more points than pixels show nothing.
    step = max(1, len(curve.train) // _POINTS)
    at, raw = curve.at[::step], curve.train[::step]
    smoothed = smooth(curve.train, _beta(curve.at))[::step]
    figure.add_scatter(
        x=at.astype(np.float32), y=_drawable(raw), mode="lines", opacity=0.25 * opacity,
        line={"color": blue, "width": 1}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=at.astype(np.float32), y=_drawable(smoothed), mode="lines", opacity=opacity,
        name=text("recommender.loss.train"), line={"color": blue, "width": 2},
        hovertemplate="%{y:.4f}",
    )  # fmt: skip
    figure.add_scatter(
        x=curve.epochs, y=_drawable(curve.valid), mode="lines+markers", opacity=opacity,
        name=text("recommender.loss.valid"), hovertemplate="%{y:.4f}",
        line={"color": orange, "width": 2.5}, marker={"size": 9, "symbol": "diamond"},
    )  # fmt: skip
    lines = [
        (text(f"recommender.loss.{name}", value=f"{value:.4g}"), value, dash, theme.muted)
        for (name, value), dash in zip(curve.baselines.items(), ("dot", "dash"), strict=False)
    ]
    if printed is not None:
        label = text("recommender.loss.printed", value=f"{printed:.4g}")
        lines.append((label, printed, "dashdot", theme.accent))
    for label, value, dash, colour in lines:
        figure.add_scatter(
            x=[0, total_epochs], y=[value, value], mode="lines", name=label, hoverinfo="skip",
            line={"color": colour, "dash": dash, "width": 1.5}, showlegend=False,
        )  # fmt: skip
    bottom, top = _loss_range(curve, smoothed, [value for _, value, _, _ in lines])
    for place, (label, value, _, colour) in enumerate(lines):
        # The mean's at the right, which training has left long ago; the others at the left,
        # where no validation point ever is. The lesson's figure may lie close to the biases':
        # the lower of the two has its label below.
        near = [other for _, other, _, _ in lines[1:] if other != value] if place else []
        figure.add_annotation(
            x=0 if place else total_epochs, xanchor="left" if place else "right",
            y=value, text=label, showarrow=False, xshift=4 if place else -4,
            yanchor="top" if near and value < near[0] else "bottom",
            font={"color": colour, "size": 12}, borderpad=1,
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "title": {"text": text("recommender.loss.epochs")},
                "range": [0, total_epochs * 1.01],
                "dtick": 1 if total_epochs <= 12 else None,
            },
            yaxis={"title": {"text": text("recommender.loss.mse")}, "range": [bottom, top]},
            hovermode="x unified",
            legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
            uirevision="loss",
            margin={"l": 56, "r": 12, "t": 30, "b": 44},
        )
    )
    return figure


def _beta(at: NDArray[np.float64]) -> float:
    """How much to smooth: over about a 25th of an epoch, so that it lags alike in every run."""
    if not at.size:
        return 0.0
    per_epoch = len(at) / max(float(at[-1]), 1e-9)
    return min(0.98, max(0.0, 1 - 25 / per_epoch))


def _drawable(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """What is not finite, or too large for the drawing, is a gap in the line."""
    kept = np.where(np.isfinite(values) & (np.abs(values) < _LARGEST), values, np.nan)
    return kept.astype(np.float32)


def _loss_range(
    curve: Curve, smoothed: NDArray[np.float64], lines: Sequence[float]
) -> tuple[float, float]:
    """Where the part that counts is in sight.

    The first batches lie far above everything else and would flatten the rest; a run that
    never comes near the baselines is shown where it is, up to a point.
    """
    later = smoothed[len(smoothed) // 10 :]
    told = [float(value) for value in _drawable(np.r_[later, curve.valid]) if np.isfinite(value)]
    anchors = [*lines, *told]
    if not anchors:
        return 0.0, 2.0
    low, high = min(anchors), max(lines, default=0.0)
    if told:
        high = max(high, min(max(told), 4 * max(high, 1.0)))
    margin = 0.08 * max(high - low, 0.1 * max(high, 1e-6))
    return max(low - margin, 0.0), high + margin


def truth_figure(
    truth: NDArray[Any], predicted: NDArray[Any], *, text: Text, theme: Theme
) -> go.Figure:
    """How predictions spread at each true rating; a perfect model lies on the diagonal.

    Args:
        truth: (n,) ratings of the validation rows.
        predicted: (n,) what the model says of them.
        text: The catalogue.
        theme: Colours.
    """
    figure = go.Figure()
    levels = np.unique(truth)
    if len(levels) > 12:  # a scale of its own: twelve bins of equal width
        edges = np.linspace(levels[0], levels[-1], 13)
        middle = (edges[1:] + edges[:-1]) / 2
        truth = middle[np.clip(np.digitize(truth, edges) - 1, 0, 11)]
        levels = np.unique(truth)
    finite = np.isfinite(predicted)
    width = 0.5 * gap(levels)
    for level in levels:
        rows = predicted[(truth == level) & finite]
        if not rows.size:
            continue
        low, q1, median, q3, high = np.quantile(rows, [0.05, 0.25, 0.5, 0.75, 0.95])
        figure.add_box(
            x=[float(level)], q1=[q1], median=[median], q3=[q3], lowerfence=[low],
            upperfence=[high], showlegend=False, width=width, name=f"{level:g}",
            line={"color": theme.categories[0], "width": 1.5}, fillcolor=theme.panel,
            hoverinfo="skip",
        )  # fmt: skip
        # The boxes' own hover would print five numbers apart; this says them in one line.
        figure.add_scatter(
            x=[float(level)], y=[median], mode="markers", showlegend=False,
            marker={"size": 7, "color": theme.categories[0]},
            hovertemplate=text(
                "recommender.truth.hover", truth=f"{level:g}", median=f"{median:.2f}",
                low=f"{low:.2f}", high=f"{high:.2f}", rows=f"{rows.size:,}",
            ) + "<extra></extra>",
        )  # fmt: skip
    ends = [float(levels[0]) - width / 2, float(levels[-1]) + width / 2]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", name=text("recommender.truth.perfect"),
        line={"color": theme.categories[1], "dash": "dash", "width": 1.5}, hoverinfo="name",
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("recommender.truth.truth")},
                   "tickvals": [float(level) for level in levels],
                   "ticktext": [f"{level:.3g}" for level in levels]},
            yaxis={"title": {"text": text("recommender.truth.predicted")}},
            legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            margin={"l": 56, "r": 12, "t": 30, "b": 44},
        )
    )  # fmt: skip
    return figure


def gap(levels: NDArray[Any]) -> float:
    """The least distance between ascending values; 1 for a single one."""
    return float(np.diff(levels).min()) if len(levels) > 1 else 1.0


def bias_figure(
    titles: Sequence[str],
    biases: NDArray[Any],
    notes: Sequence[str] | None = None,
    *,
    axis: str,
    theme: Theme,
) -> go.Figure:
    """Bars of movie biases, best on top.

    Args:
        titles: What to call each movie; repeated names stay separate bars.
        biases: (n,) bias of each.
        notes: What else to say of each on hover.
        axis: What the bars measure.
        theme: Colours.
    """
    order = np.argsort(biases, kind="stable")
    values = np.asarray(biases, dtype=np.float64)[order]
    names = [titles[place] for place in order]
    more = [notes[place] for place in order] if notes is not None else [""] * len(names)
    places = list(range(len(names)))
    figure = go.Figure()
    figure.add_bar(
        x=values, y=places, orientation="h",
        customdata=[[name, note] for name, note in zip(names, more, strict=True)],
        hovertemplate="<b>%{customdata[0]}</b><br>%{x:+.2f} %{customdata[1]}<extra></extra>",
        marker={"color": [theme.positive if v >= 0 else theme.negative for v in values]},
        text=[f"{value:+.2f}" for value in values], textposition="outside", cliponaxis=False,
        textfont={"color": theme.muted, "size": 11}, showlegend=False,
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": axis}, "zeroline": True,
                   "zerolinecolor": theme.muted},
            yaxis={"tickvals": places, "ticktext": [_short(name) for name in names],
                   "showgrid": False, "ticks": "", "range": [-0.7, len(names) - 0.3]},
            bargap=0.25,
            margin={"l": 56, "r": 40, "t": 8, "b": 44},
        )
    )  # fmt: skip
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 38 else name[:36].rstrip() + "…"
