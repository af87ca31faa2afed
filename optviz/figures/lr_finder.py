"""Figures of the LR finder: a sweep with what can be read from it, and short trainings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.figures.theme import LEGEND_BELOW, STALE, Theme, layout
from optviz.language import Text
from optviz.training.lr_curve import smooth

__all__ = ["GLYPHS", "SweepCurve", "mark_colour", "rate_text", "sweep_figure", "trial_figure"]

Values = NDArray[np.float64]

_MARKS: Mapping[str, tuple[str, str, int]] = {
    "valley": ("triangle-down", "▼", 1),
    "steep": ("square", "■", 3),
    "minimum": ("circle", "●", 4),
    "slide": ("diamond", "◆", 6),
}
"""Rule → Plotly's symbol, the same as a letter, and the index of its colour."""

GLYPHS: Mapping[str, str] = {rule: glyph for rule, (_, glyph, _) in _MARKS.items()}
"""Rule → its mark as a letter, for the words beside the chart."""


def mark_colour(rule: str, theme: Theme) -> str:
    """The colour of a rule's mark."""
    return theme.categories[_MARKS[rule][2]]


_APART = 0.012
"""Marks closer than this part of the axis would cover each other."""

_MANY = 60
"""From this many on, the marks of short trainings are drawn smaller."""

_HEADROOM = 0.5
"""The axis ends this part of the curve's fall above its start: what bursts leaves the picture."""


def _none() -> Values:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class SweepCurve:
    """A sweep as far as it has come.

    Attributes:
        lrs: (n,) the rate of each step.
        losses: (n,) its loss.
        check_lrs: (m,) rates of short trainings.
        check_losses: (m,) the loss at the end of each; infinite if it burst.
        limit: The rate beyond which theory says that the loss bursts.
    """

    lrs: Values = field(default_factory=_none)
    losses: Values = field(default_factory=_none)
    check_lrs: Values = field(default_factory=_none)
    check_losses: Values = field(default_factory=_none)
    limit: float | None = None


def rate_text(lr: float) -> str:
    """A learning rate in two digits.

    Example:
        >>> [rate_text(lr) for lr in (0.00318, 1.1e-6, 412.0, 0.1)]
        ['0.0032', '1.1e-6', '410', '0.1']
    """
    short = f"{float(f'{lr:.1e}'):g}"
    return short.replace("e-0", "e-").replace("e+0", "e")


def sweep_figure(
    curve: SweepCurve,
    *,
    text: Text,
    theme: Theme,
    lr_range: tuple[float, float],
    smoothing: float,
    loss_name: str,
    suggestions: Mapping[str, float] | None = None,
    picked: float | None = None,
    limit_name: str = "",
    stale: bool = False,
    revision: str = "",
) -> go.Figure:
    """Loss against learning rate on a logarithmic axis.

    Args:
        curve: What there is so far.
        text: The catalogue.
        theme: Colours.
        lr_range: Ends of the axis, whatever has been swept so far: nothing jumps.
        smoothing: β of the smoothed curve.
        loss_name: Title of the other axis.
        suggestions: Rule → the rate that it suggests.
        picked: The reader's own choice.
        limit_name: What to call ``curve.limit``.
        stale: Whether the settings have changed since; then it is dimmed.
        revision: Zoom is kept as long as this stays the same.
    """
    figure = go.Figure()
    opacity = STALE if stale else 1.0
    lrs, losses = curve.lrs, curve.losses
    with np.errstate(over="ignore", invalid="ignore"):
        smoothed = smooth(losses, smoothing)
    low, high = _loss_range(losses, smoothed, curve.check_losses)
    figure.add_scatter(
        x=lrs, **_drawn(losses, low, high), mode="lines+markers", opacity=0.7 * opacity,
        name=text("learning_rate.chart.raw"),
        line={"color": theme.muted, "width": 0.75}, marker={"size": 3.5, "color": theme.muted},
    )  # fmt: skip
    figure.add_scatter(
        x=lrs, **_drawn(smoothed, low, high), mode="lines", opacity=opacity,
        name=text("learning_rate.chart.smoothed", beta=f"{smoothing:g}"),
        line={"color": theme.accent, "width": 3},
    )  # fmt: skip
    if len(curve.check_lrs):
        figure.add_scatter(
            x=curve.check_lrs, **_drawn(curve.check_losses, low, high), mode="lines+markers",
            name=text("learning_rate.chart.check"), opacity=opacity,
            line={"color": theme.categories[2], "width": 1, "dash": "dot"},
            marker={"symbol": "diamond-open", "line": {"width": 2}, "color": theme.categories[2],
                    "size": 8 if len(curve.check_lrs) < _MANY else 5},
        )  # fmt: skip
    placed: list[float] = []
    width = math.log10(lr_range[1] / lr_range[0])
    for rule, lr in (suggestions or {}).items():
        symbol, _, colour = _MARKS[rule]
        # Rules that agree stand on top of each other instead of hiding one another.
        at = math.log10(lr) / width
        height = sum(abs(at - other) < _APART for other in placed) * 0.075 * (high - low)
        placed.append(at)
        figure.add_scatter(
            x=[lr], y=[_at(lr, lrs, smoothed) + height], mode="markers", opacity=opacity,
            name=f"{text(f'learning_rate.rule.{rule}.name')} {rate_text(lr)}", hoverinfo="name",
            showlegend=False,
            marker={"symbol": symbol, "size": 14, "color": theme.categories[colour],
                    "line": {"color": theme.ground, "width": 2}},
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "type": "log",
                "range": [math.log10(end) for end in lr_range],
                "title": {"text": text("learning_rate.chart.lr")},
                "exponentformat": "power",
                "showexponent": "all",
                "minexponent": 2,
                "hoverformat": ".2g",
            },
            yaxis={"title": {"text": loss_name}, "range": [low, high]},
            hovermode="x unified",
            margin={"l": 56, "r": 16, "t": 22, "b": 76},
            legend=LEGEND_BELOW,
            uirevision=revision,
        )
    )
    if curve.limit is not None:
        _line(figure, curve.limit, f"{limit_name} = {rate_text(curve.limit)}", theme.negative,
              "dash", lr_range, opacity)  # fmt: skip
    if picked is not None:
        _line(figure, picked, text("learning_rate.chart.picked", lr=rate_text(picked)),
              theme.ink, "solid", lr_range, 1.0)  # fmt: skip
    return figure


def _line(
    figure: go.Figure,
    lr: float,
    label: str,
    colour: str,
    dash: str,
    lr_range: tuple[float, float],
    opacity: float,
) -> None:
    """A vertical line with its label above the data, turned inwards at either end."""
    start, end = (math.log10(x) for x in lr_range)
    at = math.log10(lr)
    if not start <= at <= end:
        return
    figure.add_shape(
        type="line", x0=lr, x1=lr, y0=0, y1=1, yref="paper", opacity=opacity,
        line={"color": colour, "width": 1.5, "dash": dash},
    )  # fmt: skip
    right = at > (start + end) / 2
    # Theory's label stands inside the picture, so that the reader's own may stand above it.
    inside = dash == "dash"
    figure.add_annotation(
        x=at, y=1, yref="paper", text=label, showarrow=False, opacity=opacity,
        xanchor="right" if right else "left", xshift=(-5 if right else 5) if inside else 0,
        yanchor="top" if inside else "bottom", font={"color": colour, "size": 13},
    )  # fmt: skip


def trial_figure(
    lrs: Sequence[float],
    losses: Sequence[Values],
    *,
    text: Text,
    theme: Theme,
    n_steps: int,
    loss_name: str,
    smoothing: float,
) -> go.Figure:
    """Loss of short trainings, step by step.

    Args:
        lrs: The rate of each: the reader's own second.
        losses: The loss of every step of each; may be shorter lists than ``lrs`` is long.
        text: The catalogue.
        theme: Colours.
        n_steps: Right end of the axis.
        loss_name: Title of the vertical axis.
        smoothing: β by which the curves are smoothed, for batches make them noisy.
    """
    figure = go.Figure()
    with np.errstate(over="ignore", invalid="ignore"):
        shown = [smooth(values, smoothing) for values in losses]
    starts = np.array([line[0] for line in shown if len(line)])
    low, high = _loss_range(starts, *shown)
    styles = ((0, "dot"), (2, "solid"), (1, "dash"))
    for (colour, dash), lr, line in zip(styles, lrs, shown, strict=False):
        figure.add_scatter(
            x=np.arange(len(line)), **_drawn(line, low, high), mode="lines",
            name=text("learning_rate.trial.rate", lr=rate_text(lr)),
            line={"color": theme.categories[colour], "dash": dash,
                  "width": 3 if dash == "solid" else 2},
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("learning_rate.trial.steps")}, "range": [0, n_steps]},
            yaxis={"title": {"text": loss_name}, "range": [low, high]},
            hovermode="x unified",
            margin={"l": 56, "r": 16, "t": 12, "b": 76},
            legend=LEGEND_BELOW,
            uirevision="trial",
        )
    )
    return figure


def _drawn(values: Values, low: float, high: float) -> dict[str, object]:
    """Losses as Plotly can draw them: what has burst leaves at the top, and hovering tells it.

    Browsers cannot place a marker at 1e300 pixels, and JSON knows no infinity.
    """
    return {
        "y": np.minimum(values, high + 20 * (high - low)),
        "customdata": [f"{value:.4g}" for value in values.tolist()],
        "hovertemplate": "%{customdata}",
    }


def _at(lr: float, lrs: Values, smoothed: Values) -> float:
    known = np.isfinite(smoothed)
    return float(np.interp(math.log(lr), np.log(lrs[known]), smoothed[known]))


def _loss_range(losses: Values, *others: Values) -> tuple[float, float]:
    """From the lowest loss to somewhat above where the sweep began."""
    every = np.concatenate([losses, *others])
    every = every[np.isfinite(every)]
    begin = losses[: max(1, len(losses) // 4)]
    begin = begin[np.isfinite(begin)]
    if not len(every) or not len(begin):
        return 0.0, 1.0
    low, start = float(every.min()), float(begin.max())
    fall = max(start - low, 1e-3 * max(abs(start), 1e-300))
    high = min(float(every.max()), start + _HEADROOM * fall)
    return low - 0.06 * fall, max(high, start) + 0.04 * fall
