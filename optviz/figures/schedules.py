"""Figures of the Schedules page: curves of rates, paths with restarts, losses, layers' steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.surface import Surface
from optviz.core.trajectory import Trajectory
from optviz.figures.history import Row, stacked_figure
from optviz.figures.theme import LineStyle, Theme, layout, numbered_style
from optviz.language import Text
from optviz.training.layers import Moves

__all__ = [
    "Lesson",
    "lessons_figure",
    "moves_figure",
    "over_time_figure",
    "schedule_style",
    "spread_figure",
    "with_restarts",
]

Array = NDArray[np.float64]

_SMALLEST = 1e-12


def schedule_style(theme: Theme, name: str) -> LineStyle:
    """A schedule's colour, dash and marker, the same on every chart."""
    order = ("sgdr", "exponential", "cosine", "one_cycle", "step", "warmup", "constant")
    place = order.index(name)
    return numbered_style(theme, place, ("solid", "dash")[place % 2])


def with_restarts(
    figure: go.Figure, path: Trajectory, restarts: Sequence[int], *, text: Text, theme: Theme
) -> go.Figure:
    """The map with a numbered ring where a path stood at each restart."""
    style = schedule_style(theme, "sgdr")
    points = path.points[list(restarts)]
    if not len(points):
        return figure
    figure.add_scatter(
        x=points[:, 0], y=points[:, 1], mode="markers+text", showlegend=False,
        name=text("schedules.restart"), text=[f"<b>{i + 1}</b>" for i in range(len(points))],
        textposition="top right", textfont={"color": theme.ink, "size": 15},
        marker={"symbol": "circle-open", "size": 17,
                "line": {"width": 2.6, "color": style.colour}, "color": style.colour},
        hovertemplate="%{x:.4g}, %{y:.4g}",
    )  # fmt: skip
    return figure


def over_time_figure(
    surface: Surface,
    paths: Sequence[Trajectory],
    rates: Sequence[Array],
    styles: Sequence[LineStyle],
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """Learning rate, loss above the minimum and distance to a minimum against the step.

    Args:
        surface: What was walked on.
        paths: The runs.
        rates: (n,) each; (n, 2) where the coordinates have rates of their own (the first is
            drawn).
        styles: One a run.
        text: The catalogue.
        theme: Colours.
    """
    level = surface.minimum_value
    rows = []
    if any(rate.ndim == 1 for rate in rates):
        shown = [rate if rate.ndim == 1 else rate[:, 0] for rate in rates]
        rows.append(Row(text("schedules.rate"), False, shown))
    rows.append(
        Row(
            text(f"trajectories.history.{'loss' if level in (None, 0.0) else 'loss_above'}"),
            level is not None,
            [path.losses - (level or 0.0) for path in paths],
        )
    )
    if surface.all_minima:
        distances = [path.distances for path in paths]
        rows.append(Row(text("trajectories.history.distance"), True, distances))
    return stacked_figure(rows, styles, theme=theme, smallest=_SMALLEST)


def spread_figure(
    names: Sequence[str],
    keys: Sequence[str],
    finals: Array,
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """Where many runs of each schedule ended: every run a dot, a line at the median.

    Args:
        names: What to call the schedules.
        keys: Their keys in the registry.
        finals: (schedules, seeds) loss after the last step.
        text: The catalogue.
        theme: Colours.
    """
    figure = go.Figure()
    shake: Array = np.random.default_rng(0).uniform(-0.28, 0.28, (finals.shape[1],))
    for row, (name, key, ends) in enumerate(zip(names, keys, finals, strict=True)):
        style = schedule_style(theme, key)
        kept = np.where(np.isfinite(ends) & (np.abs(ends) < 1e6), ends, np.nan)
        figure.add_scatter(
            x=kept.astype(np.float32), y=np.asarray(row + shake, dtype=np.float32), mode="markers",
            showlegend=False, name=name, hovertemplate="%{x:.4g}",
            marker={"color": style.colour, "size": 6, "opacity": 0.55},
        )  # fmt: skip
        middle = float(np.median(ends))
        figure.add_scatter(
            x=[middle, middle], y=[row - 0.4, row + 0.4], mode="lines", showlegend=False,
            line={"color": theme.ink, "width": 2.5}, hoverinfo="skip",
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("schedules.seeds.axis")}},
            yaxis={
                "tickvals": list(range(len(names))), "ticktext": list(names), "showgrid": False,
                "ticks": "", "range": [len(names) - 0.4, -0.6],
            },
            margin={"l": 20, "r": 12, "t": 8, "b": 44},
        )
    )  # fmt: skip
    return figure


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A recommender's training with one schedule, as far as it is.

    Attributes:
        schedule: Key of the registry.
        title: What to call it.
        curve_epochs: (k,) where its rate is drawn.
        curve_rates: (k,) the rate there.
        epochs: (m,) finished epochs.
        valid: (m,) validation MSE after each.
        stale: Whether the settings have changed since.
    """

    schedule: str
    title: str
    curve_epochs: Array
    curve_rates: Array
    epochs: Array = field(default_factory=lambda: np.zeros(0))
    valid: Array = field(default_factory=lambda: np.zeros(0))
    stale: bool = False


def lessons_figure(
    lessons: Sequence[Lesson],
    baseline: Mapping[str, float],
    epochs: float,
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """The curve of the rate above, the validation error after each epoch below, one axis."""
    figure = go.Figure()
    told = [float(v) for lesson in lessons for v in lesson.valid if np.isfinite(v)]
    for lesson in lessons:
        style = schedule_style(theme, lesson.schedule)
        line = {"color": style.colour, "dash": style.dash, "width": 2.2}
        figure.add_scatter(
            x=lesson.curve_epochs.astype(np.float32), y=lesson.curve_rates.astype(np.float32),
            mode="lines", name=lesson.title, legendgroup=lesson.schedule, line=line,
            yaxis="y2", hovertemplate="%{y:.3g}",
        )  # fmt: skip
        # Plotly leaves out an empty trace and with it the lower axes, which then have no place.
        begun = len(lesson.epochs) > 0
        figure.add_scatter(
            x=lesson.epochs if begun else [0.0], y=lesson.valid if begun else [None],
            mode="lines+markers", name=lesson.title,
            legendgroup=lesson.schedule, showlegend=False, line=line,
            opacity=0.4 if lesson.stale else 1.0,
            marker={"size": 9, "symbol": style.marker}, hovertemplate="%{y:.4f}",
        )  # fmt: skip
    if "bias" in baseline:
        value = baseline["bias"]
        figure.add_scatter(
            x=[0, epochs], y=[value, value], mode="lines", showlegend=False, hoverinfo="skip",
            line={"color": theme.muted, "dash": "dash", "width": 1.5},
        )  # fmt: skip
        figure.add_annotation(
            x=0, y=value, xanchor="left", yanchor="bottom", showarrow=False, xshift=4,
            text=text("recommender.loss.bias", value=f"{value:.4g}"),
            font={"color": theme.muted, "size": 12},
        )  # fmt: skip
        told.append(value)
    low, high = (min(told), max(told)) if told else (0.7, 0.9)
    high = min(high, low * 1.5)
    pad = 0.12 * (high - low) or 0.02
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "title": {"text": text("recommender.loss.epochs")}, "range": [0, epochs * 1.02],
                "dtick": 1 if epochs <= 14 else None, "anchor": "y",
            },
            yaxis={
                "domain": [0.0, 0.58], "range": [low - pad, high + pad],
                "title": {"text": text("schedules.valid")},
            },
            yaxis2={
                "domain": [0.68, 1.0], "title": {"text": text("schedules.rate")}, "nticks": 4,
                "gridcolor": theme.grid, "zeroline": False, "exponentformat": "none",
                "tickfont": {"color": theme.muted, "size": 12}, "rangemode": "tozero",
            },
            legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
            margin={"l": 60, "r": 12, "t": 30, "b": 44},
            uirevision="lessons",
        )
    )  # fmt: skip
    return figure


def moves_figure(
    moves: Sequence[tuple[Moves, bool]],
    names: Sequence[str],
    epochs: float,
    *,
    text: Text,
    theme: Theme,
    stale: bool = False,
) -> go.Figure:
    """The length of every step in each layer group, logarithmic.

    Args:
        moves: Runs so far, and whether each is the one to compare with (drawn thin and dotted).
        names: What to call the groups.
        epochs: Right end of the axis.
        text: The catalogue.
        theme: Colours.
        stale: Whether the settings have changed since.
    """
    figure = go.Figure()
    for run, other in moves:
        for group in range(run.norms.shape[1]):
            style = numbered_style(theme, group)
            step = max(1, len(run.epochs) // 400)
            with np.errstate(all="ignore"):
                norms = np.where(run.norms[:, group] > 0, run.norms[:, group], np.nan)
            figure.add_scatter(
                x=run.epochs[::step].astype(np.float32), y=norms[::step].astype(np.float32),
                mode="lines", name=names[group], showlegend=not other, legendgroup=names[group],
                opacity=(0.4 if stale else 1.0) * (0.6 if other else 1.0),
                line={"color": style.colour, "width": 1.0 if other else 2.0,
                      "dash": "dot" if other else "solid"},
                hovertemplate="%{y:.3g}",
            )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={
                "title": {"text": text("recommender.loss.epochs")}, "range": [0, epochs * 1.01],
                "dtick": 1 if epochs <= 14 else None,
            },
            yaxis={
                "type": "log", "title": {"text": text("schedules.layers.norm")},
                "exponentformat": "power", "dtick": 1,
            },
            legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
            margin={"l": 60, "r": 12, "t": 30, "b": 44},
            uirevision="moves",
        )
    )  # fmt: skip
    return figure
