"""Maps of one data set side by side, with or without the truth in colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import Theme, layout

__all__ = ["Panel", "illusion_figure"]

_SYMBOLS = ("circle", "diamond", "square", "triangle-up")
_GAP = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One picture of the data.

    Attributes:
        title: Above it.
        points: (n, 2), or None while it is being made.
        outstanding: Framed in the accent: what the eye should find first.
    """

    title: str
    points: NDArray[np.float64] | None
    outstanding: bool = False


def illusion_figure(
    panels: Sequence[Panel],
    columns: int,
    groups: NDArray[np.int64] | None,
    names: Sequence[str],
    *,
    theme: Theme,
    revision: str,
) -> go.Figure:
    """Draw the panels, row after row, each on its own scale and equal in x and y.

    Args:
        panels: What to show.
        columns: How many beside one another.
        groups: (n,) which colour each point has; None draws all alike.
        names: Of the groups in the legend; empty for no legend.
        theme: Light or dark.
        revision: Names the picture: zoom is kept while it stays the same.
    """
    figure = go.Figure()
    rows = -(-len(panels) // columns)
    # A title needs the same height however many rows there are.
    head = 0.07 if rows == 1 else 0.06
    width, height = (1 - _GAP * (columns - 1)) / columns, 1 / rows
    axes: dict[str, Any] = {}
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        left, top = column * (width + _GAP), 1 - row * height
        bottom = top - height + (0 if row == rows - 1 else _GAP)
        suffix = str(number + 1) if number else ""
        middle, half = _span(panel.points)
        frame = theme.accent if panel.outstanding else theme.grid
        quiet = {
            "showline": True, "mirror": True, "linecolor": frame, "zeroline": False,
            "linewidth": 2 if panel.outstanding else 1,
            "showgrid": False, "showticklabels": False, "ticks": "", "title": {"text": ""},
        }  # fmt: skip
        axes[f"xaxis{suffix}"] = quiet | {
            "domain": [left, left + width], "anchor": f"y{suffix}",
            "range": [float(middle[0] - half), float(middle[0] + half)],
        }  # fmt: skip
        axes[f"yaxis{suffix}"] = quiet | {
            "domain": [bottom, top - head], "anchor": f"x{suffix}", "scaleanchor": f"x{suffix}",
            "range": [float(middle[1] - half), float(middle[1] + half)],
        }  # fmt: skip
        figure.add_annotation(
            text=panel.title, showarrow=False, xref="paper", yref="paper",
            x=left, xanchor="left", y=top - head, yanchor="bottom",
            font={"size": 13, "color": theme.accent if panel.outstanding else theme.ink},
        )  # fmt: skip
        _add_points(figure, panel.points, groups, names if not number else (), suffix, theme)
    figure.update_layout(
        layout(
            theme,
            **axes,
            margin={"l": 4, "r": 4, "t": 4, "b": 28 if names else 4, "autoexpand": False},
            legend={"orientation": "h", "x": 0, "y": 0, "yanchor": "top", "itemclick": False,
                    "itemdoubleclick": False, "itemsizing": "constant"},
            hovermode=False,
            dragmode="pan",
            uirevision=revision,
        )
    )  # fmt: skip
    return figure


def _span(points: NDArray[np.float64] | None) -> tuple[NDArray[np.float64], float]:
    """The middle of a panel and half the side of the square that it shows."""
    if points is None:
        return np.zeros(2), 1.0
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, 0.54 * float((high - low).max())


def _add_points(
    figure: go.Figure,
    points: NDArray[np.float64] | None,
    groups: NDArray[np.int64] | None,
    names: Sequence[str],
    suffix: str,
    theme: Theme,
) -> None:
    where = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "mode": "markers", "hoverinfo": "skip"}
    if points is None:  # a panel without a trace would lose its frame
        figure.add_scatter(x=[0], y=[0], marker={"opacity": 0}, showlegend=False, **where)
        return
    small = points.astype(np.float32)
    if groups is None:
        figure.add_scatter(
            x=small[:, 0], y=small[:, 1], showlegend=False, **where,
            marker={"size": 5, "color": theme.ink, "opacity": 0.65},
        )  # fmt: skip
        return
    for group in range(int(groups.max()) + 1):
        own = small[groups == group]
        figure.add_scatter(
            x=own[:, 0], y=own[:, 1], **where,
            name=names[group] if group < len(names) else "", showlegend=group < len(names),
            marker={"size": 5, "color": theme.categories[group], "opacity": 0.8,
                    "symbol": _SYMBOLS[group % len(_SYMBOLS)]},
        )  # fmt: skip
