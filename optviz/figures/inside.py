"""What moves inside a training: norms of gradients and steps over time, and predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.history import Row, stacked_figure
from optviz.figures.theme import LEGEND_BELOW, Theme, layout, numbered_style
from optviz.language import Text

__all__ = ["Look", "moves_figure", "predictions_figure"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One look; see :func:`optviz.recommender.inside.measured_step`."""

    epoch: float
    lr: float
    names: tuple[str, ...]
    gradient: Array
    update: Array
    predicted: NDArray[np.int64]
    truth: NDArray[np.int64]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Look:
        """From an event's data."""
        return cls(**{name: data[name] for name in cls.__slots__})


def moves_figure(
    looks: Sequence[Look], names: Sequence[str], *, text: Text, theme: Theme
) -> go.Figure:
    """Norms of each part's gradient and step, and the learning rate, over the epochs.

    Args:
        looks: At least one, in order.
        names: What to call the parts.
        text: The catalogue.
        theme: Colours.
    """
    at = np.array([look.epoch for look in looks])
    gradient = np.array([look.gradient for look in looks]).T
    update = np.array([look.update for look in looks]).T
    rate = np.array([look.lr for look in looks])
    rows = [Row(text("recommender.inside.update"), True, list(update))]
    if np.isfinite(gradient).any():  # ALS has neither gradient nor rate
        rows.insert(0, Row(text("recommender.inside.gradient"), True, list(gradient)))
        rows.append(Row(text("recommender.inside.lr"), True, [rate] * len(names)))
    styles = [numbered_style(theme, place, "solid") for place in range(len(names))]
    figure = stacked_figure(
        rows, styles, theme=theme, smallest=1e-12,
        xaxis={
            "range": [0, max(float(at[-1]), 1e-3)],
            "title": {"text": text("recommender.loss.epochs")},
        },
        bottom=70, legend=LEGEND_BELOW, uirevision="moves",
    )  # fmt: skip
    for place, trace in enumerate(figure.data):
        trace.x = at
        if place < len(names):
            trace.name, trace.showlegend = names[place], True
    if len(rows) == 3:  # one rate for all
        for trace in figure.data[-len(names) :]:
            trace.line.color = theme.ink
    return figure


def predictions_figure(look: Look, edges: Array, *, text: Text, theme: Theme) -> go.Figure:
    """How often each rating is predicted, over how often it is given.

    Args:
        look: The latest one.
        edges: (n + 1,) of the bins.
        text: The catalogue.
        theme: Colours.
    """
    middle, width = (edges[1:] + edges[:-1]) / 2, float(edges[1] - edges[0])
    figure = go.Figure()
    for counts, colour, name in (
        (look.truth, theme.muted, "truth"), (look.predicted, theme.accent, "predicted")
    ):  # fmt: skip
        figure.add_bar(
            x=middle, y=100 * counts / max(int(counts.sum()), 1), width=width,
            name=text(f"recommender.inside.{name}"), opacity=0.6,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate="%{x:.2f}: %{y:.1f} %",
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            barmode="overlay",
            xaxis={"title": {"text": text("recommender.inside.rating")}},
            yaxis={"title": {"text": text("recommender.inside.share")}},
            legend=LEGEND_BELOW,
            margin={"l": 50, "r": 8, "t": 12, "b": 74},
            uirevision="predictions",
        )
    )
    return figure
