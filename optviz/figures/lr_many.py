"""Figures of many sweeps: a band over seeds, and each parameter group by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.lr_finder import GLYPHS, mark_colour, rate_text
from optviz.figures.theme import LEGEND_BELOW, Theme, layout
from optviz.language import Text

__all__ = ["GroupCurve", "groups_figure", "seeds_figure"]

Values = NDArray[np.float64]

_SPLIT = 0.3
"""The rules have this part of the height, below the curves."""

_GAP = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class GroupCurve:
    """What sweeping one group does.

    Attributes:
        name: What it is called.
        lrs: (n,) its rate in each step.
        gain: (n,) by how much the smoothed loss lies above that of the same steps without it;
            below zero it helps.
        suggestion: The rate suggested; None where nothing can be said.
    """

    name: str
    lrs: Values
    gain: Values
    suggestion: float | None


def seeds_figure(
    curves: Sequence[tuple[Values, Values]],
    suggestions: Mapping[str, Sequence[float]],
    *,
    text: Text,
    theme: Theme,
    lr_range: tuple[float, float],
    loss_name: str,
) -> go.Figure:
    """Above: the smoothed curve of every seed, and the band they fill. Below: each rule's range.

    Args:
        curves: (rates, smoothed losses) of each seed, on the same rates; at least one.
        suggestions: Rule → what it suggests for each seed that allows it.
        text: The catalogue.
        theme: Colours.
        lr_range: Ends of the axis.
        loss_name: Title of the vertical axis.
    """
    figure = go.Figure()
    n = min(len(lrs) for lrs, _ in curves)
    lrs = curves[0][0][:n]
    every = np.stack([losses[:n] for _, losses in curves])
    lowest, highest = every.min(0), every.max(0)
    low, high = _reach(every)
    figure.add_scatter(
        x=np.r_[lrs, lrs[::-1]], y=np.minimum(np.r_[highest, lowest[::-1]], 2 * high - low),
        fill="toself", fillcolor=theme.translucent(theme.accent, 0.2), mode="none",
        name=text("learning_rate.seeds.band"), hoverinfo="skip", yaxis="y2",
    )  # fmt: skip
    for place, (rates, losses) in enumerate(curves):
        figure.add_scatter(
            x=rates, y=np.minimum(losses, 2 * high - low), mode="lines", yaxis="y2",
            name=text("learning_rate.seeds.curve"), showlegend=not place, legendgroup="curve",
            line={"color": theme.accent, "width": 1}, opacity=0.7,
            hovertemplate=text("learning_rate.seeds.hover", seed=place) + "<extra></extra>",
        )  # fmt: skip
    names = [text(f"learning_rate.rule.{rule}.name") for rule in GLYPHS]
    for name, rule in zip(names, GLYPHS, strict=True):
        told = sorted(suggestions.get(rule, ()))
        if not told:
            continue
        figure.add_scatter(
            x=told, y=[name] * len(told), mode="lines+markers", showlegend=False,
            line={"color": mark_colour(rule, theme), "width": 5},
            marker={"size": 9, "color": mark_colour(rule, theme),
                    "line": {"color": theme.ground, "width": 1}},
            hovertemplate="%{x:.2g}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis=_rates_axis(lr_range, text("learning_rate.chart.lr")) | {"anchor": "y"},
            yaxis={"domain": [0, _SPLIT - _GAP], "type": "category", "categoryorder": "array",
                   "categoryarray": names[::-1], "range": [-0.6, len(names) - 0.4]},
            yaxis2={**layout(theme)["yaxis"], "domain": [_SPLIT, 1], "range": [low, high],
                    "title": {"text": loss_name}},
            hovermode="closest",
            legend=LEGEND_BELOW,
            margin={"l": 56, "r": 12, "t": 12, "b": 84},
        )
    )  # fmt: skip
    return figure


def groups_figure(
    curves: Sequence[GroupCurve],
    rate: float,
    *,
    text: Text,
    theme: Theme,
    lr_range: tuple[float, float],
) -> go.Figure:
    """What each group does to the loss, side by side, against its own rate.

    Args:
        curves: One a group; at least one.
        rate: The rate that the others keep.
        text: The catalogue.
        theme: Colours.
        lr_range: Ends of each axis.
    """
    figure = go.Figure()
    width = (1 - _GAP * (len(curves) - 1)) / len(curves)
    lowest = min(float(np.nanmin(curve.gain)) for curve in curves)
    depth = max(-lowest, 1e-3)
    axes: dict[str, Any] = {}
    for place, curve in enumerate(curves):
        n = "" if not place else str(place + 1)
        where: dict[str, Any] = {"xaxis": f"x{n}", "yaxis": "y", "showlegend": False}
        figure.add_scatter(
            x=curve.lrs, y=np.minimum(curve.gain, 3 * depth), mode="lines", hoverinfo="skip",
            line={"color": theme.accent, "width": 3}, **where,
        )  # fmt: skip
        for lr, colour, dash in ((rate, theme.muted, "dot"), (curve.suggestion, theme.ink, "dash")):
            if lr is not None:
                figure.add_scatter(
                    x=[lr, lr], y=[-1.3 * depth, depth], mode="lines", hoverinfo="skip",
                    line={"color": colour, "width": 2, "dash": dash}, **where,
                )  # fmt: skip
        start = place * (width + _GAP)
        words = (
            text("learning_rate.groups.none")
            if curve.suggestion is None
            else text("learning_rate.groups.mark", lr=rate_text(curve.suggestion))
        )
        axes[f"xaxis{n}"] = {
            **layout(theme)["xaxis"], **_rates_axis(lr_range, f"{curve.name}<br><b>{words}</b>"),
            "domain": [start, start + width], "anchor": "y", "dtick": 2, "tickangle": 0,
        }  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            **axes,
            yaxis={"title": {"text": text("learning_rate.groups.gain")},
                   "range": [-1.3 * depth, depth], "zeroline": True,
                   "zerolinecolor": theme.muted},
            hovermode=False,
            margin={"l": 56, "r": 12, "t": 12, "b": 70},
        )
    )  # fmt: skip
    return figure


def _rates_axis(lr_range: tuple[float, float], title: str) -> dict[str, Any]:
    return {
        "type": "log", "range": [math.log10(end) for end in lr_range], "title": {"text": title},
        "exponentformat": "power", "showexponent": "all", "minexponent": 2,
    }  # fmt: skip


def _reach(losses: Values) -> tuple[float, float]:
    """From the lowest loss to somewhat above where the sweeps began."""
    begun = losses[:, : max(1, losses.shape[1] // 4)]
    low, start = float(np.nanmin(losses)), float(np.nanmax(begun))
    fall = max(start - low, 1e-3 * abs(start))
    return low - 0.06 * fall, start + 0.4 * fall
