"""Loss while training, of one run or of several that race: by epoch, by update, by the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import LineStyle, Theme, layout
from optviz.language import Text
from optviz.recommender.race import counted

__all__ = ["AXES", "Curve", "Rival", "loss_figure", "smooth"]

AXES = ("epochs", "steps", "seconds")
"""What several runs can race by: passes over the data, updates, or time."""

_LARGEST = 1e6
"""A loss beyond this is not drawn: the run has diverged, and the page says where."""

_POINTS = 1500
"""More than a chart has pixels; longer curves are thinned evenly."""


def _none() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Losses of a run so far.

    Attributes:
        at: (n,) epochs done after each batch.
        train: (n,) loss of each batch.
        epochs: (m,) finished epochs.
        valid: (m,) validation MSE after each.
        baselines: ``"mean"`` and ``"bias"`` → validation MSE; may be empty.
        steps: (n,) number of each batch, from 1.
        looks: (k,) epochs done when somebody looked at the clock, increasing.
        clock: (k,) seconds of training that it showed.
    """

    at: NDArray[np.float64] = field(default_factory=_none)
    train: NDArray[np.float64] = field(default_factory=_none)
    epochs: NDArray[np.float64] = field(default_factory=_none)
    valid: NDArray[np.float64] = field(default_factory=_none)
    baselines: Mapping[str, float] = field(default_factory=dict)
    steps: NDArray[np.float64] = field(default_factory=_none)
    looks: NDArray[np.float64] = field(default_factory=_none)
    clock: NDArray[np.float64] = field(default_factory=_none)

    def along(self, axis: str, epochs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where on an axis the run had done so many epochs.

        Args:
            axis: One of :data:`AXES`.
            epochs: (n,) epochs done; between two batches or looks at the clock, evenly spread.
        """
        if axis == "steps":
            return counted(epochs, self.at, self.steps)
        return counted(epochs, self.looks, self.clock) if axis == "seconds" else epochs

    def end(self, axis: str, total_epochs: float) -> float:
        """Where the axis ends for this run: its last epoch; by the clock, where it is now."""
        reached = float(self.at[-1]) if self.at.size else 0.0
        if axis == "epochs":
            return total_epochs
        now = float(self.along(axis, np.array([reached]))[0])
        return now * total_epochs / reached if axis == "steps" and reached else now


@dataclass(frozen=True, slots=True, eq=False)
class Rival:
    """One run of a race.

    Attributes:
        name: What the legend calls it.
        style: How it is drawn.
        curve: Its losses.
        total_epochs: How long it will be.
    """

    name: str
    style: LineStyle
    curve: Curve
    total_epochs: float


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
    axis: str = "epochs",
    own: Rival | None = None,
    rivals: Sequence[Rival] = (),
) -> go.Figure:
    """Training loss per batch (raw and smoothed), validation loss per epoch, baselines.

    Args:
        curve: The run so far; an empty one shows what there is to beat.
        text: The catalogue.
        theme: Colours.
        total_epochs: How long the run will be.
        printed: The figure that the lesson printed for this recipe, if it is one of its own.
        stale: Whether the settings have changed since; then it is dimmed.
        axis: What the horizontal axis counts; one of :data:`AXES`.
        own: How the run itself is called and drawn among ``rivals``.
        rivals: Other runs, of which the validation loss is drawn.
    """
    figure = go.Figure()
    opacity = 0.4 if stale else 1.0
    if own is None or not rivals:
        colours, dash, symbol = (theme.categories[0], theme.categories[1]), "solid", "diamond"
        name = text("recommender.loss.valid")
    else:
        colours, dash, symbol = (own.style.colour,) * 2, own.style.dash, own.style.marker
        name = own.name
    for rival in rivals:
        figure.add_scatter(
            **_valid(rival.curve, axis, rival.style.colour, rival.style.dash, rival.style.marker),
            name=rival.name,
        )
    # Kept at full length, smoothed, then thinned: more points than pixels show nothing.
    step = max(1, len(curve.train) // _POINTS)
    raw = curve.train[::step]
    at = curve.along(axis, curve.at[::step]).astype(np.float32)
    smoothed = smooth(curve.train, _beta(curve.at))[::step]
    figure.add_scatter(
        x=at, y=_drawable(raw), mode="lines", opacity=(0.1 if rivals else 0.25) * opacity,
        line={"color": colours[0], "width": 1}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=_drawable(smoothed), mode="lines", opacity=(0.55 if rivals else 1.0) * opacity,
        name=text("recommender.loss.train"), line={"color": colours[0], "width": 2},
        hovertemplate="%{y:.4f}",
    )  # fmt: skip
    figure.add_scatter(**_valid(curve, axis, colours[1], dash, symbol), name=name, opacity=opacity)
    lines = [
        (text(f"recommender.loss.{name}", value=f"{value:.4g}"), value, dash, theme.muted)
        for (name, value), dash in zip(curve.baselines.items(), ("dot", "dash"), strict=False)
    ]
    if printed is not None:
        label = text("recommender.loss.printed", value=f"{printed:.4g}")
        lines.append((label, printed, "dashdot", theme.accent))
    end = max(
        curve.end(axis, total_epochs), *(r.curve.end(axis, r.total_epochs) for r in rivals), 1e-3
    )
    for label, value, dash, colour in lines:
        figure.add_scatter(
            x=[0, end], y=[value, value], mode="lines", name=label, hoverinfo="skip",
            line={"color": colour, "dash": dash, "width": 1.5}, showlegend=False,
        )  # fmt: skip
    told = np.concatenate([curve.valid, *(rival.curve.valid for rival in rivals)])
    bottom, top = _loss_range(told, smoothed, [value for _, value, _, _ in lines])
    for place, (label, value, _, colour) in enumerate(lines):
        # The mean's at the right, which training has left long ago; the others at the left,
        # where no validation point ever is. The lesson's figure may lie close to the biases':
        # the lower of the two has its label below.
        near = [other for _, other, _, _ in lines[1:] if other != value] if place else []
        figure.add_annotation(
            x=0 if place else end, xanchor="left" if place else "right",
            y=value, text=label, showarrow=False, xshift=4 if place else -4,
            yanchor="top" if near and value < near[0] else "bottom",
            font={"color": colour, "size": 12}, borderpad=1,
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "title": {"text": text(f"recommender.loss.{axis}")},
                "range": [0, end * 1.01],
                "dtick": 1 if axis == "epochs" and end <= 12 else None,
            },
            yaxis={"title": {"text": text("recommender.loss.mse")}, "range": [bottom, top]},
            hovermode="x unified",
            legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
            uirevision=f"loss {axis}",
            margin={"l": 56, "r": 12, "t": 30, "b": 44},
        )
    )
    return figure


def _valid(curve: Curve, axis: str, colour: str, dash: str, symbol: str) -> dict[str, Any]:
    """A validation curve as Plotly takes it."""
    return {
        "x": curve.along(axis, curve.epochs), "y": _drawable(curve.valid),
        "mode": "lines+markers", "hovertemplate": "%{y:.4f}",
        "line": {"color": colour, "dash": dash, "width": 2.5},
        "marker": {"size": 9, "symbol": symbol},
    }  # fmt: skip


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
    valid: NDArray[np.float64], smoothed: NDArray[np.float64], lines: Sequence[float]
) -> tuple[float, float]:
    """Where the part that counts is in sight.

    The first batches lie far above everything else and would flatten the rest; a run that
    never comes near the baselines is shown where it is, up to a point.
    """
    later = smoothed[len(smoothed) // 10 :]
    told = [float(value) for value in _drawable(np.r_[later, valid]) if np.isfinite(value)]
    anchors = [*lines, *told]
    if not anchors:
        return 0.0, 2.0
    low, high = min(anchors), max(lines, default=0.0)
    if told:
        high = max(high, min(max(told), 4 * max(high, 1.0)))
    margin = 0.08 * max(high - low, 0.1 * max(high, 1e-6))
    return max(low - margin, 0.0), high + margin
