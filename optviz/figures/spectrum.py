"""The Hessian of a network: its largest eigenvalue in training, and all of them at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from optviz.figures.theme import LEGEND_BELOW, STALE, Theme, layout, numbered_style
from optviz.language import Text
from optviz.training.edge import EdgePlan, EdgeRun
from optviz.training.spectrum_tasks import Spectrum

__all__ = ["WIDTH", "density_figure", "edge_figure"]

Array = npt.NDArray[np.float64]

WIDTH = 0.08
"""Standard deviation of the drawn Gaussians, in decades of the axis."""

_PLACES = 900
_STRAIGHT = 1e-3
"""Where the axis of eigenvalues turns from logarithmic to straight, as a part of the largest."""

_FAR = 20.0
"""If the line lies so many times above the curves, their axis is logarithmic."""


def edge_figure(
    plan: EdgePlan, runs: Sequence[EdgeRun], *, text: Text, theme: Theme, stale: bool = False
) -> go.Figure:
    """The largest eigenvalue against what the rate allows, and the loss below, step by step.

    Args:
        plan: What was asked for.
        runs: As far as they are; none before the first message.
        text: The catalogue.
        theme: Colours.
        stale: Whether to dim them.
    """
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    limits = [plan.limit(rate) for rate in plan.rates]
    seen = [float(np.nanmax(run.sharpness)) for run in runs if np.isfinite(run.sharpness).any()]
    highest = max(seen, default=max(limits))
    log = max(limits) > _FAR * highest
    # Room for a curve that shoots over the line, not for one that diverges.
    top = 1.18 * max(*limits, min(highest, 2 * max(limits)))
    for i, rate in enumerate(plan.rates):
        style = numbered_style(theme, i, "solid")
        figure.add_shape(
            type="line", x0=0, x1=1, xref="x domain", y0=limits[i], y1=limits[i], opacity=opacity,
            line={"color": style.colour, "width": 1.6, "dash": "dash"}, layer="below",
        )  # fmt: skip
        figure.add_annotation(
            x=1, xref="x domain", y=math.log10(limits[i]) if log else limits[i], showarrow=False,
            text=text(
                f"jacobian_networks.edge.{'limit_momentum' if plan.momentum else 'limit'}",
                value=f"{limits[i]:.3g}",
            ),
            # The curve hovers at the line or above it, so that its words stand below.
            xanchor="right", yanchor="top" if limits[i] > 0.15 * top else "bottom",
            font={"size": 12, "color": style.colour},
        )  # fmt: skip
        run = runs[i] if i < len(runs) else EdgeRun(rate, *_nothing())
        name = text("jacobian_networks.edge.rate", lr=f"{rate:g}")
        shared: dict[str, Any] = {
            "opacity": opacity, "mode": "lines", "legendgroup": name, "name": name,
        }  # fmt: skip
        figure.add_scatter(
            x=run.at, y=_drawn(run.sharpness, 3 * top), hovertemplate="%{y:.3g}",
            line={"color": style.colour, "width": 2}, **shared,
        )  # fmt: skip
        figure.add_scatter(
            x=np.arange(len(run.losses)), y=_drawn(run.losses, 1e3), yaxis="y2", showlegend=False,
            line={"color": style.colour, "width": 1.2}, hovertemplate="%{y:.3g}", **shared,
        )  # fmt: skip
        if run.diverged is not None:
            figure.add_annotation(
                x=run.diverged, y=1, yref="y2 domain", yanchor="top", showarrow=False,
                text=text("jacobian_networks.edge.gone", step=run.diverged), xanchor="left",
                font={"size": 12, "color": style.colour}, xshift=8, yshift=-16 * i,
            )  # fmt: skip
    for y, title in ((1.0, "sharpness"), (0.4, "loss")):
        figure.add_annotation(
            text=text(f"jacobian_networks.edge.{title}"), xref="paper", yref="paper", x=0, y=y,
            xanchor="left", yanchor="bottom", showarrow=False,
            font={"size": 13, "color": theme.ink},
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "title": {"text": text("jacobian_networks.edge.steps")},
                "range": [0, plan.steps], "anchor": "y2",
            },
            yaxis={
                "domain": [0.5, 1], "nticks": 6,
                **({"type": "log", "range": [math.log10(min(seen, default=1.0) / 20),
                                             math.log10(top) + 0.1], "dtick": 1}
                   if log else {"range": [0, top]}),
            },
            margin={"l": 52, "r": 16, "t": 24, "b": 76},
            legend=LEGEND_BELOW,
            hovermode="x unified",
        )
    )  # fmt: skip
    base = figure.layout.yaxis.to_plotly_json()
    figure.update_layout(
        yaxis2={key: value for key, value in base.items() if key not in ("nticks", "dtick")}
        | {"domain": [0, 0.4], "type": "log"} | _losses(runs),
    )  # fmt: skip
    return figure


def _losses(runs: Sequence[EdgeRun]) -> dict[str, Any]:
    """The axis of the losses: its range, and ticks that can be read."""
    values = np.concatenate([*(run.losses for run in runs), np.zeros(0)])
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return {"range": [-2, 0], "tickvals": [0.01, 0.1, 1], "ticktext": ["0.01", "0.1", "1"]}
    # One that diverges must not flatten the others.
    start = max(float(run.losses[0]) for run in runs)
    low, high = math.log10(values.min()), math.log10(min(float(values.max()), 10 * start))
    heads = (1, 2, 5) if high - low < 2 else (1,)
    ticks = [
        head * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1)
        for head in heads
    ]  # fmt: skip
    return {
        "range": [low - 0.1, high + 0.1], "tickvals": ticks,
        "ticktext": [f"{tick:g}" for tick in ticks],
    }  # fmt: skip


def _nothing() -> tuple[Any, ...]:
    """One point that is not drawn: what has no points at all leaves its axes out."""
    nothing = np.full(1, np.nan)
    return nothing, np.zeros(1, dtype=np.int64), nothing, nothing


def _drawn(values: Array, highest: float) -> npt.NDArray[np.float32]:
    """What leaves the picture stays a number that a browser can draw."""
    with np.errstate(invalid="ignore"):
        return np.minimum(values, highest).astype(np.float32)


def _scale(straight: float) -> Callable[[Array], Array]:
    """Logarithmic on both sides of 0, one unit a decade, and straight close to it."""
    return lambda values: np.arcsinh(np.asarray(values) / (2 * straight)) / math.log(10)


def density_figure(
    moments: Sequence[tuple[str, Spectrum | None]],
    *,
    text: Text,
    theme: Theme,
    stale: bool = False,
) -> go.Figure:
    """The density of all eigenvalues, and above it the outermost ones, each a stroke.

    Args:
        moments: A name (as in the legend) and what is known, before training and after.
        text: The catalogue.
        theme: Colours.
        stale: Whether to dim it.
    """
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    known = [spectrum for _, spectrum in moments if spectrum is not None]
    largest = max((float(s.top.values[0]) for s in known if s.top and len(s.top.values)),
                  default=1.0)  # fmt: skip
    size = max((s.size for s in known), default=1000)
    largest = largest if largest > 0 else 1.0
    straight = _STRAIGHT * 10 ** math.floor(math.log10(largest))
    scale = _scale(straight)
    ends = [s.bottom.values for s in known if s.bottom is not None]
    ends += [s.density.nodes for s in known if s.density is not None]
    low = float(scale(np.min(np.concatenate([*ends, [-straight]])))) - 4 * WIDTH
    high = float(scale(np.array(largest))) + 6 * WIDTH
    places = np.linspace(low, high, _PLACES)
    floor = 0.2 / size
    colours = (theme.categories[1], theme.categories[0])
    for i, (name, spectrum) in enumerate(moments):
        strokes, residuals = np.full(1, np.nan), np.full(1, np.nan)
        line = np.full(_PLACES, np.nan)
        if spectrum is not None:
            pairs = [pair for pair in (spectrum.top, spectrum.bottom) if pair is not None]
            if pairs:
                strokes = np.concatenate([pair.values for pair in pairs])
                residuals = np.concatenate([pair.residuals for pair in pairs])
            if spectrum.density is not None:
                line = spectrum.density.smoothed(places, WIDTH, scale)
                line = np.where(line < floor, floor / 10, line)
        figure.add_scatter(
            x=places.astype(np.float32), y=line.astype(np.float32), mode="lines", name=name,
            opacity=opacity, legendgroup=name, hoverinfo="skip",
            line={"color": colours[i], "width": 2.2 if i else 1.6,
                  "dash": "solid" if i else "dot"},
        )  # fmt: skip
        figure.add_scatter(
            x=scale(strokes), y=np.full(len(strokes), 1 - i), mode="markers", yaxis="y2",
            opacity=opacity, showlegend=False, legendgroup=name,
            customdata=np.column_stack([strokes, residuals]),
            hovertemplate="λ = %{customdata[0]:.4g} ± %{customdata[1]:.1g}<extra></extra>",
            marker={"symbol": "line-ns-open", "size": 16, "color": colours[i],
                    "line": {"width": 2, "color": colours[i]}},
        )  # fmt: skip
    figure.add_annotation(
        text=text("jacobian_networks.spectrum.outermost"), xref="paper", yref="paper", x=0, y=1,
        xanchor="left", yanchor="bottom", showarrow=False, font={"size": 12, "color": theme.ink},
    )  # fmt: skip
    ticks = _ticks(straight, low, high, scale)
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "title": {"text": text("jacobian_networks.spectrum.eigenvalue")},
                "range": [low, high], "tickvals": [float(scale(np.array(t))) for t in ticks],
                "ticktext": [_power(t) for t in ticks],
            },
            yaxis={
                "title": {"text": text("jacobian_networks.spectrum.share")}, "type": "log",
                "domain": [0, 0.78], "exponentformat": "power", "dtick": 1,
                "range": [math.log10(floor), 1.4],
            },
            margin={"l": 60, "r": 16, "t": 24, "b": 80},
            legend=LEGEND_BELOW,
            hovermode="closest",
        ),
        yaxis2={
            "domain": [0.82, 1], "range": [-0.6, 1.6], "showticklabels": False, "ticks": "",
            "showgrid": False, "zeroline": False, "fixedrange": True,
        },
    )  # fmt: skip
    return figure


def _ticks(
    straight: float, low: float, high: float, scale: Callable[[Array], Array]
) -> list[float]:
    """0 and the powers of ten on both sides of it, as far as the picture reaches."""
    first = round(math.log10(straight)) + 1  # those within the straight part stand too close
    powers = [10.0**k for k in range(first, first + 8)]
    wanted = [-p for p in reversed(powers)] + [0.0] + powers
    return [value for value in wanted if low <= float(scale(np.array(value))) <= high]


def _power(value: float) -> str:
    if not value:
        return "0"
    sign, exponent = "−" if value < 0 else "", round(math.log10(abs(value)))
    if -3 <= exponent <= 3:
        return f"{sign}{abs(value):g}"
    return f"{sign}10<sup>{exponent}</sup>".replace("-", "−")
