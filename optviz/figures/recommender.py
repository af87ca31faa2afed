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

__all__ = ["Curve", "bias_figure", "loss_figure", "smooth", "truth_figure"]

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


def smooth(values: NDArray[np.float64], beta: float = 0.98) -> NDArray[np.float64]:
    """The debiased exponential moving average, as the LR finder has it.

    Example:
        >>> smooth(np.array([1.0, 1.0, 4.0]), beta=0.5).round(3).tolist()
        [1.0, 1.0, 2.714]
    """
    out = np.empty_like(values)
    mean, weight = 0.0, 1.0
    for place, value in enumerate(values):
        mean = beta * mean + (1 - beta) * float(value)
        weight *= beta
        out[place] = mean / (1 - weight)
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
    """Training loss per batch (smoothed), validation loss per epoch, baselines.

    Args:
        curve: The run so far; an empty one shows what there is to beat.
        text: The catalogue.
        theme: Colours.
        total_epochs: Right end of the axis.
        printed: The figure that the lesson printed for this recipe, if it is one of its own.
        stale: Whether the settings have changed since; then it is dimmed.
    """
    figure = go.Figure()
    opacity = 0.45 if stale else 1.0
    train = smooth(curve.train)
    step = max(1, len(train) // _POINTS)
    at, shown = curve.at[::step], train[::step]
    figure.add_scatter(
        x=at.astype(np.float32), y=shown.astype(np.float32), mode="lines", opacity=opacity,
        name=text("recommender.loss.train"), line={"color": theme.categories[0], "width": 2},
        hovertemplate="%{y:.4f}",
    )  # fmt: skip
    figure.add_scatter(
        x=curve.epochs, y=curve.valid, mode="lines+markers", opacity=opacity,
        name=text("recommender.loss.valid"), hovertemplate="%{y:.4f}",
        line={"color": theme.categories[1], "width": 2.5}, marker={"size": 8, "symbol": "diamond"},
    )  # fmt: skip
    lines = [
        (name, text(f"recommender.loss.{name}", value=value), value, dash)
        for (name, value), dash in zip(curve.baselines.items(), ("dot", "dash"), strict=False)
    ]
    if printed is not None:
        lines.append(
            ("printed", text("recommender.loss.printed", value=printed), printed, "dashdot")
        )
    for name, label, value, dash in lines:
        figure.add_scatter(
            x=[0, total_epochs], y=[value, value], mode="lines", name=label, hoverinfo="name",
            line={"color": theme.accent if name == "printed" else theme.muted, "dash": dash,
                  "width": 1.5},
        )  # fmt: skip
    finite = [*shown[np.isfinite(shown)], *curve.valid[np.isfinite(curve.valid)]]
    anchors = [value for _, _, value, _ in lines] + finite
    # The first batches lie far above everything else: they would flatten the part that counts.
    top = max([1.25, *(value * 1.05 for _, _, value, _ in lines), *(curve.valid * 1.05)])
    top = min(top, 4.0) if anchors else 2.0
    bottom = min([0.7, *(value - 0.05 for value in finite)])
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "title": {"text": text("recommender.loss.epochs")},
                "range": [0, total_epochs * 1.015],
            },
            yaxis={"title": {"text": text("recommender.loss.mse")}, "range": [max(bottom, 0), top]},
            hovermode="x unified",
            legend={"orientation": "h", "y": -0.3},
            uirevision="loss",
        )
    )
    return figure


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
    for level in levels:
        rows = predicted[(truth == level) & finite]
        if not rows.size:
            continue
        low, q1, median, q3, high = np.quantile(rows, [0.05, 0.25, 0.5, 0.75, 0.95])
        figure.add_box(
            x=[float(level)], q1=[q1], median=[median], q3=[q3], lowerfence=[low],
            upperfence=[high], showlegend=False, width=0.35 * _gap(levels),
            line={"color": theme.categories[0], "width": 1.5}, fillcolor=theme.panel,
            name=f"{level:g}",
        )  # fmt: skip
    ends = [float(levels[0]), float(levels[-1])]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", name=text("recommender.truth.perfect"),
        line={"color": theme.muted, "dash": "dash", "width": 1.5}, hoverinfo="name",
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("recommender.truth.truth")}},
            yaxis={"title": {"text": text("recommender.truth.predicted")}},
            legend={"orientation": "h", "y": -0.22},
        )
    )
    return figure


def _gap(levels: NDArray[Any]) -> float:
    return float(np.diff(levels).min()) if len(levels) > 1 else 1.0


def bias_figure(
    titles: Sequence[str], biases: NDArray[Any], *, text: Text, theme: Theme
) -> go.Figure:
    """Bars of movie biases, best on top.

    Args:
        titles: What to call each movie; repeated names stay separate bars.
        biases: (n,) bias of each.
        text: The catalogue.
        theme: Colours.
    """
    order = np.argsort(biases, kind="stable")
    values = np.asarray(biases, dtype=np.float64)[order]
    names = [titles[place] for place in order]
    places = list(range(len(names)))
    figure = go.Figure()
    figure.add_bar(
        x=values, y=places, orientation="h", customdata=names,
        hovertemplate="%{customdata}: %{x:+.2f}<extra></extra>", showlegend=False,
        marker={"color": [theme.positive if v >= 0 else theme.negative for v in values]},
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("recommender.bias.axis")}, "zeroline": True,
                   "zerolinecolor": theme.muted},
            yaxis={"tickvals": places, "ticktext": [_short(name) for name in names],
                   "showgrid": False, "ticks": ""},
            bargap=0.25,
        )
    )  # fmt: skip
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 34 else name[:32].rstrip() + "…"
