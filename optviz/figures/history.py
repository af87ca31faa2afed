"""What happens over time beside a stage: rows of curves over one axis of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import LineStyle, Theme, layout

__all__ = ["SMALLEST", "Row", "stacked_figure"]

Array = NDArray[np.float64]

SMALLEST = 1e-16
"""Where a logarithmic axis ends; what is lower leaves through the bottom."""

_GAP = 0.09


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of curves.

    Attributes:
        title: What is drawn.
        log: Whether on a logarithmic axis.
        values: A curve for each run, each a number for each step.
        span: The axis' ends as Plotly takes them, if the values are not to set them.
    """

    title: str
    log: bool
    values: Sequence[Array]
    span: tuple[float, float] | None = None


def stacked_figure(
    rows: Sequence[Row],
    styles: Sequence[LineStyle],
    *,
    theme: Theme,
    smallest: float = SMALLEST,
    xaxis: Mapping[str, Any] | None = None,
    bottom: int = 24,
    **changes: Any,
) -> go.Figure:
    """The rows one below the other; a trace for each run and row, the first row's first.

    Args:
        rows: From the top.
        styles: One a run.
        theme: Colours.
        smallest: Where logarithmic axes end.
        xaxis: What to change of the axis of steps.
        bottom: Pixels below it.
        **changes: More of the layout.
    """
    # Made in one go: Plotly checks a whole layout in a fraction of the time that an update takes,
    # and this figure is made anew while the start is dragged.
    traces: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    each = (1 - _GAP * (len(rows) - 1)) / len(rows)
    axes: dict[str, Any] = {}
    for i, row in enumerate(rows):
        suffix = "" if i == 0 else str(i + 1)
        top = 1 - i * (each + _GAP)
        for style, line in zip(styles, row.values, strict=True):
            with np.errstate(all="ignore"):
                drawn = np.where(line > 0, line, smallest / 10) if row.log else line
                drawn = np.where(np.isfinite(line), drawn, np.nan)
            traces.append({
                "type": "scatter", "y": drawn, "mode": "lines" if len(line) > 1 else "markers",
                "line": {"color": style.colour, "dash": style.dash, "width": 1.6},
                "showlegend": False, "hoverinfo": "skip", "yaxis": f"y{suffix}",
            })  # fmt: skip
        span = list(row.span or _range(row.values, row.log, smallest))
        axes[f"yaxis{suffix}"] = {
            "domain": [max(0.0, top - each), top],
            "type": "log" if row.log else "linear",
            "range": span,
            "exponentformat": "power",
            "nticks": 4,
            "gridcolor": theme.grid,
            "zeroline": False,
            "tickfont": {"color": theme.muted, "size": 10},
            "fixedrange": True,
            **({"dtick": _decades(span)} if row.log else {}),
        }
        titles.append({
            "text": row.title, "xref": "paper", "yref": "paper", "x": 0, "y": top,
            "xanchor": "left", "yanchor": "bottom", "showarrow": False,
            "font": {"size": 11, "color": theme.ink},
        })  # fmt: skip
    steps = max((len(line) for row in rows for line in row.values), default=1) - 1
    return go.Figure(
        data=traces,
        layout=layout(
            theme,
            margin={"l": 44, "r": 8, "t": 18, "b": bottom},
            xaxis={
                "range": [0, max(steps, 1)], "anchor": f"y{len(rows) if len(rows) > 1 else ''}",
                "nticks": 5, "fixedrange": True, "gridcolor": theme.grid,
                "tickfont": {"size": 10, "color": theme.muted}, **(xaxis or {}),
            },
            annotations=titles,
            dragmode=False,
            hovermode=False,
            **axes,
            **changes,
        ),
    )  # fmt: skip


def _range(values: Sequence[Array], log: bool, smallest: float) -> list[float]:
    """The axis: all of what is small, and of what is large no more than tells the story."""
    everything = np.concatenate([*values, np.zeros(0)])
    usable = everything[np.isfinite(everything) & ((everything > 0) | (not log))]
    starts = np.array([v[0] for v in values if len(v) and np.isfinite(v[0])])
    if not usable.size:
        return [-1.0, 1.0]
    reach = float(np.max(np.abs(starts))) if starts.size else 1.0
    if log:
        top = min(float(usable.max()), 100 * (reach or 1.0))
        bottom = max(float(usable.min()), smallest)
        low, high = np.log10(min(bottom, top)), np.log10(max(top, bottom))
        return [float(low - 0.15), float(high + 0.25)]
    low = max(float(usable.min()), -20 * (reach + 1))
    high = min(float(usable.max()), 20 * (reach + 1))
    pad = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return [low - pad, high + pad]


def _decades(span: Sequence[float]) -> int:
    """Decades between ticks, so that there are at most four."""
    return max(1, int(np.ceil((span[1] - span[0]) / 4)))
