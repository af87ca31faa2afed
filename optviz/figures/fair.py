"""A fair comparison drawn: what each optimizer makes of every learning rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.fair import Comparison
from optviz.figures.theme import LEGEND_BELOW, STALE, LineStyle, Theme, layout
from optviz.language import Text

__all__ = ["fair_figure"]

Array = NDArray[np.float64]

_HEADROOM = 30.0
"""A logarithmic axis ends at this many times the loss at the start."""

_BEYOND = 1e4
"""What failed is drawn this far above the axis, so that its line leaves the picture."""

_FOOT = 0.025
"""Where on the axis, from its lower end, the present rates are marked."""


def fair_figure(
    found: Comparison,
    titles: Sequence[str],
    styles: Sequence[LineStyle],
    present: Sequence[float | None],
    *,
    view: str,
    text: Text,
    theme: Theme,
    stale: bool = False,
) -> go.Figure:
    """Median over the starts against the learning rate, with the band of the quartiles.

    Args:
        found: What was tried.
        titles: One a run.
        styles: One a run.
        present: The rate that each run has now; None if it is compared no more.
        view: ``"loss"``: the loss after the last step; ``"steps"``: steps to tolerance.
        text: The catalogue.
        theme: Colours.
        stale: Whether the settings have changed since; then it is dimmed.
    """
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    curves = [found.losses(run) if view == "loss" else found.reached(run) for run in found.runs]
    floor = found.floor if view == "loss" else None
    log = floor is not None
    if floor is not None:
        curves = [np.maximum(curve, floor) for curve in curves]
    low, high = _range(found, curves, view, log)
    beyond = high * _BEYOND if log else high + 10 * (high - low)
    start = float(np.median(found.start_losses)) - (found.minimum or 0.0)
    if view == "loss" and np.isfinite(start):
        _level(figure, start, text("fair.chart.start"), theme, log)
    if floor is not None and any(curve.min() <= floor for curve in curves):
        _level(figure, floor, text("fair.chart.solved"), theme, log)
    for curve, style in zip(curves, styles, strict=True):
        lower, _, upper = np.minimum(curve, beyond)
        figure.add_scatter(
            x=np.concatenate([found.rates, found.rates[::-1]]),
            y=np.concatenate([lower, upper[::-1]]), mode="lines", fill="toself",
            fillcolor=theme.translucent(style.colour, 0.13 * opacity), line={"width": 0},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    for run, curve, title, style in zip(found.runs, curves, titles, styles, strict=True):
        figure.add_scatter(
            x=found.rates, y=np.minimum(curve[1], beyond), mode="lines", name=title,
            opacity=opacity, line={"color": style.colour, "dash": style.dash, "width": 2.2},
            customdata=[text("fair.chart.hover", **_words(column)) for column in curve.T],
            hovertemplate="%{customdata}",
        )  # fmt: skip
        best = found.verdict(run).index
        if best is not None and curve[1, best] < beyond:
            figure.add_scatter(
                x=[found.rates[best]], y=[curve[1, best]], mode="markers", showlegend=False,
                opacity=opacity, hoverinfo="skip", cliponaxis=False,
                marker={"symbol": "circle-open", "size": 15, "color": style.colour,
                        "line": {"width": 3}},
            )  # fmt: skip
    foot = low * (high / low) ** _FOOT if log else low + _FOOT * (high - low)
    for rate, style in zip(present, styles, strict=True):
        if rate is not None and found.rates[0] <= rate <= found.rates[-1]:
            figure.add_scatter(
                x=[rate], y=[foot], mode="markers", showlegend=False, hoverinfo="skip",
                opacity=opacity,
                marker={"symbol": "triangle-up", "size": 11, "color": style.colour,
                        "line": {"width": 1, "color": theme.ground}},
            )  # fmt: skip
    span = [float(np.log10(low)), float(np.log10(high))] if log else [low, high]
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "type": "log",
                "range": [np.log10(found.rates[0]) - 0.08, np.log10(found.rates[-1]) + 0.08],
                "title": {"text": text("fair.chart.rate")},
                "exponentformat": "power",
                "dtick": 3,
                "minor": {"dtick": 1, "showgrid": True, "gridcolor": theme.grid},
                "hoverformat": ".3g",
            },
            yaxis={
                "type": "log" if log else "linear",
                "range": span,
                "title": {"text": text(f"fair.chart.{_quantity(found, view)}")},
                "exponentformat": "power",
                **({"dtick": max(1, int(np.ceil((span[1] - span[0]) / 6)))} if log else {}),
            },
            hovermode="x unified",
            margin={"l": 60, "r": 16, "t": 14, "b": 76},
            legend=LEGEND_BELOW,
            uirevision=f"{view} {found.surface}",
        )
    )
    return figure


def _quantity(found: Comparison, view: str) -> str:
    if view == "steps":
        return "steps"
    return "loss" if found.minimum in (None, 0.0) else "above"


def _range(found: Comparison, curves: Sequence[Array], view: str, log: bool) -> tuple[float, float]:
    """The axis: all that is better than the start, and somewhat of what is worse."""
    if view == "steps":
        return 0.0, 1.08 * max(found.steps, 1)
    start = float(np.median(found.start_losses)) - (found.minimum or 0.0)
    every = np.concatenate([curve.ravel() for curve in curves])
    every = every[np.isfinite(every)]
    lowest = float(every.min()) if every.size else start
    if not np.isfinite(start):
        start = float(every.max()) if every.size else 1.0
    if log:
        return 0.4 * min(lowest, start), _HEADROOM * start
    fall = max(start - lowest, 1e-3 * max(abs(start), 1e-9))
    return lowest - 0.06 * fall, start + 0.25 * fall


def _level(figure: go.Figure, at: float, words: str, theme: Theme, log: bool) -> None:
    """A dotted line across, its name at the left above it."""
    figure.add_shape(
        type="line", xref="paper", x0=0, x1=1, y0=at, y1=at, layer="below",
        line={"color": theme.muted, "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.add_annotation(
        xref="paper", x=0, xanchor="left", y=float(np.log10(at)) if log else at, yanchor="bottom",
        text=words, showarrow=False, font={"size": 11, "color": theme.muted},
    )  # fmt: skip


def _words(column: Array) -> dict[str, str]:
    """A quartile, the median and a quartile, as one reads them."""
    names = ("low", "median", "high")
    return {
        name: f"{value:.3g}" if np.isfinite(value) else "∞"
        for name, value in zip(names, column.tolist(), strict=True)
    }
