"""What happens over time on the Batch size page, by updates, epochs or samples seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.stochastic import BatchSpec, NoisyRun
from optviz.core.surface import Surface
from optviz.figures.theme import LineStyle, Theme, layout, line_style
from optviz.language import Text

__all__ = ["batch_styles", "progress_figure"]

Array = NDArray[np.float64]

SMALLEST = 1e-12
"""Where a logarithmic axis ends; what is lower leaves through the bottom."""

_DASHES = {"constant": "solid", "inverse": "dash", "step": "dot"}


def batch_styles(theme: Theme, specs: Sequence[BatchSpec]) -> list[LineStyle]:
    """One style a run.

    Different optimizers have their own colours, as everywhere. Where one optimizer is compared
    with itself, colour tells the batch size or, if that is the same, the choice; the dash
    always tells how the rate goes.
    """
    names = [spec.optimizer for spec in specs]
    styles = [line_style(theme, name) for name in names]
    if len(set(names)) < len(names):
        styles = [
            LineStyle(
                theme.categories[i % len(theme.categories)],
                _DASHES[spec.schedule],
                _MARKERS[i % len(_MARKERS)],
            )
            for i, spec in enumerate(specs)
        ]
    return styles


_MARKERS = ("circle", "square", "diamond", "triangle-up", "pentagon", "hexagon")


def progress_figure(
    surface: Surface,
    runs: Sequence[NoisyRun],
    ticks: Sequence[NDArray[np.int64]],
    *,
    marks: tuple[Sequence[float], Sequence[str]],
    axis: str,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """Full loss above its minimum and distance to the nearest minimum, one x axis.

    Args:
        surface: The full loss.
        runs: The runs.
        ticks: For each run, how many updates it has made at each tick of the stage's clock.
        marks: Where on the clock to write what.
        axis: What the clock counts: a key under ``batch_size.axis``.
        text: The catalogue.
        theme: Colours.
    """
    floor = surface.minimum_value or 0.0
    curves = (
        ("loss", [run.path.losses[at] - floor for run, at in zip(runs, ticks, strict=True)]),
        ("distance", [run.path.distances[at] for run, at in zip(runs, ticks, strict=True)]),
    )
    styles = batch_styles(theme, [run.spec for run in runs])
    figure = go.Figure()
    gap = 0.1
    each = (1 - gap) / 2
    axes: dict[str, Any] = {}
    for row, (name, values) in enumerate(curves):
        suffix = "" if row == 0 else "2"
        top = 1 - row * (each + gap)
        for style, line in zip(styles, values, strict=True):
            with np.errstate(all="ignore"):
                drawn = np.where(line > 0, line, SMALLEST / 10)
                drawn = np.where(np.isfinite(line), drawn, np.nan).astype(np.float32)
            figure.add_scatter(
                y=drawn, mode="lines" if len(line) > 1 else "markers", showlegend=False,
                line={"color": style.colour, "dash": style.dash, "width": 1.5}, hoverinfo="skip",
                yaxis=f"y{suffix}",
            )  # fmt: skip
        span = _range(values)
        axes[f"yaxis{suffix}"] = {
            "domain": [max(0.0, top - each), top], "type": "log", "range": span,
            "exponentformat": "power", "gridcolor": theme.grid, "zeroline": False,
            "tickfont": {"color": theme.muted, "size": 10}, "fixedrange": True,
            "dtick": max(1, int(np.ceil((span[1] - span[0]) / 4))),
        }  # fmt: skip
        figure.add_annotation(
            text=text(f"batch_size.history.{name}"), xref="paper", yref="paper",
            x=0, y=top, xanchor="left", yanchor="bottom", showarrow=False,
            font={"size": 11, "color": theme.ink},
        )  # fmt: skip
    last = max((len(at) for at in ticks), default=2) - 1
    figure.update_layout(
        layout(
            theme,
            margin={"l": 44, "r": 10, "t": 18, "b": 36},
            xaxis={
                "range": [0, max(last, 1)], "anchor": "y2", "fixedrange": True,
                "tickmode": "array", "tickvals": list(marks[0]), "ticktext": list(marks[1]),
                "gridcolor": theme.grid, "tickfont": {"size": 10, "color": theme.muted},
                "title": {
                    "text": text(f"batch_size.axis.{axis}"), "standoff": 2,
                    "font": {"size": 11, "color": theme.ink},
                },
            },
            dragmode=False,
            hovermode=False,
            **axes,
        )
    )  # fmt: skip
    return figure


def _range(values: Sequence[Array]) -> list[float]:
    """The axis: all that is small, and of what is large no more than tells the story."""
    everything = np.concatenate([*values, np.zeros(0)])
    usable = everything[np.isfinite(everything) & (everything > 0)]
    if not usable.size:
        return [-1.0, 1.0]
    first = max((float(v[0]) for v in values if np.isfinite(v[0])), default=1.0) or 1.0
    top = min(float(usable.max()), 100 * first)
    bottom = min(max(float(usable.min()), SMALLEST), top)
    return [float(np.log10(bottom) - 0.15), float(np.log10(top) + 0.25)]
