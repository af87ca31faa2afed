"""Figures of the Recommender page: what a trained model says of the ratings and the movies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import Theme, layout
from optviz.language import Text

__all__ = ["bias_figure", "gap", "truth_figure"]


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
