"""A search for good settings: every trial's curve, the best so far, which setting mattered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from optviz.figures.theme import LEGEND_BELOW, Theme, layout
from optviz.language import Text
from optviz.recommender.search_space import Range
from optviz.recommender.search_trials import SearchTrial, best_trial

__all__ = ["MOST_SLICES", "history_figure", "slices_figure", "trials_figure"]

MOST_SLICES = 4
"""So many settings side by side can still be read."""

_MARGIN: Mapping[str, int] = {"l": 56, "r": 12, "t": 12, "b": 84}
_GAP = 0.035


def trials_figure(
    trials: Sequence[SearchTrial], baselines: Mapping[str, float], *, text: Text, theme: Theme
) -> go.Figure:
    """The error of each trial after each epoch; pruned ones grey, with a cross where they end.

    Args:
        trials: In the order of beginning.
        baselines: ``"bias"`` → its error, for something to hold on to; may be empty.
        text: The catalogue.
        theme: Colours.
    """
    figure, best = go.Figure(), best_trial(trials)
    groups: dict[str, list[SearchTrial]] = {"pruned": [], "done": [], "running": []}
    for trial in trials:
        kind: str = trial.state if trial.state in ("done", "running") else "pruned"
        if trial is not best:
            groups[kind].append(trial)
    looks: Mapping[str, dict[str, Any]] = {
        "pruned": {"line": {"color": theme.muted, "width": 1}, "opacity": 0.6},
        "done": {"line": {"color": theme.categories[0], "width": 1.5}, "opacity": 0.55},
        "running": {"line": {"color": theme.categories[1], "width": 2}},
        "best": {"line": {"color": theme.accent, "width": 4}},
    }
    groups["best"] = [best] if best else []
    for kind, members in groups.items():
        x, y, who = _joined(members)
        figure.add_scatter(
            x=x, y=y, customdata=who, name=text(f"recommender.search.line.{kind}"),
            mode="lines+markers", marker={"size": 4 if kind != "best" else 7},
            hovertemplate=text("recommender.search.hover", trial="%{customdata}", mse="%{y:.4f}")
            + "<extra></extra>",
            **looks[kind],
        )  # fmt: skip
    ends = [trial for trial in groups["pruned"] if trial.curve]
    figure.add_scatter(
        x=[trial.curve[-1][0] for trial in ends], y=[_plain(trial.curve[-1][1]) for trial in ends],
        mode="markers", marker={"symbol": "x", "size": 7, "color": theme.muted},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    last = max((trial.config.epochs for trial in trials), default=1)
    low, high = _reach(trials, 0.5)
    if low < baselines.get("bias", low) < high:
        figure.add_scatter(
            x=[0, last + 1], y=[baselines["bias"]] * 2, mode="lines", hoverinfo="skip",
            name=text("recommender.loss.bias", value=f"{baselines['bias']:.4g}"),
            line={"color": theme.muted, "dash": "dash", "width": 1.5},
        )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("recommender.loss.epochs")},
                   "range": [0.8, last + 0.2], "dtick": 1 if last <= 12 else None},
            yaxis={"title": {"text": text("recommender.search.error")}, "range": [low, high]},
            legend=LEGEND_BELOW,
            hovermode="closest",
            margin=_MARGIN,
        )
    )  # fmt: skip
    return figure


def history_figure(
    trials: Sequence[SearchTrial], n_trials: int, *, text: Text, theme: Theme
) -> go.Figure:
    """What each trial reached, in their order, and the best so far as a staircase.

    Args:
        trials: In the order of beginning.
        n_trials: How many there will be at most.
        text: The catalogue.
        theme: Colours.
    """
    figure = go.Figure()
    told = {"done": [t for t in trials if t.value is not None],
            "pruned": [t for t in trials if t.state == "pruned"]}  # fmt: skip
    looks = {"done": ("circle", theme.categories[0]), "pruned": ("x", theme.muted)}
    for kind, members in told.items():
        symbol, colour = looks[kind]
        figure.add_scatter(
            x=[trial.number + 1 for trial in members],
            y=[_plain(trial.curve[-1][1]) for trial in members],
            mode="markers", name=text(f"recommender.search.dot.{kind}"),
            marker={"symbol": symbol, "size": 8, "color": colour, "opacity": 0.75},
            hovertemplate=text("recommender.search.hover", trial="%{x}", mse="%{y:.4f}")
            + "<extra></extra>",
        )  # fmt: skip
    done = told["done"]
    values = [trial.value for trial in done if trial.value is not None]
    at, best = [trial.number + 1 for trial in done], np.minimum.accumulate(values or [np.nan])
    end = max([trial.number + 1 for trial in trials], default=1)
    figure.add_scatter(
        x=[*at, end] if at else [], y=[*best, best[-1]] if at else [], mode="lines",
        name=text("recommender.search.line.best"),
        line={"color": theme.accent, "width": 3, "shape": "hv"}, hoverinfo="skip",
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"title": {"text": text("recommender.search.trial")},
                   "range": [0, n_trials + 1]},
            yaxis={"title": {"text": text("recommender.search.error")},
                   "range": _reach(trials, 0.5)},
            legend=LEGEND_BELOW,
            hovermode="closest",
            margin=_MARGIN,
        )
    )  # fmt: skip
    return figure


def slices_figure(
    trials: Sequence[SearchTrial],
    ranges: Sequence[Range],
    importances: Mapping[str, float],
    show: Callable[[str], str],
    *,
    text: Text,
    theme: Theme,
) -> go.Figure:
    """What trials reached against each setting they chose: a slope or a valley is what matters.

    Args:
        trials: In the order of beginning.
        ranges: What was searched; those that mattered most are drawn, at most
            :data:`MOST_SLICES`.
        importances: Setting → its share; may be empty.
        show: What a setting is called.
        text: The catalogue.
        theme: Colours.
    """
    figure, best, reach = go.Figure(), best_trial(trials), _reach(trials, 0.8)
    shown = sorted(ranges, key=lambda one: -importances.get(one.name, 0.0))[:MOST_SLICES]
    width = (1 - _GAP * (len(shown) - 1)) / len(shown)
    told = [trial for trial in trials if trial.state in ("done", "pruned") and trial.curve]
    axes: dict[str, Any] = {}
    for place, one in enumerate(shown):
        n = "" if not place else str(place + 1)
        here = [trial for trial in told if one.name in trial.values]
        figure.add_scatter(
            x=[trial.values[one.name] for trial in here],
            y=[_plain(trial.curve[-1][1]) for trial in here],
            customdata=[trial.number + 1 for trial in here],
            mode="markers", showlegend=False, xaxis=f"x{n}", yaxis="y",
            marker={
                "size": [13 if trial is best else 8 for trial in here],
                "symbol": ["star" if t is best else "circle" if t.state == "done" else "x"
                           for t in here],
                "color": [theme.accent if t is best else theme.categories[0]
                          if t.state == "done" else theme.muted for t in here],
                "opacity": [1.0 if trial is best else 0.7 for trial in here],
            },
            hovertemplate=text("recommender.search.hover", trial="%{customdata}", mse="%{y:.4f}")
            + "<br>%{x}<extra></extra>",
        )  # fmt: skip
        start = place * (width + _GAP)
        axis: dict[str, Any] = {
            **layout(theme)["xaxis"], "domain": [start, start + width], "anchor": "y", "nticks": 5,
            "tickangle": 0,
        }  # fmt: skip
        name = show(one.name)
        if one.name in importances:
            name = text("recommender.search.share", name=name,
                        share=f"{100 * importances[one.name]:.0f}")  # fmt: skip
        axis["title"] = {**axis["title"], "text": name}
        if one.options:
            axis |= {"type": "category", "categoryorder": "array",
                     "categoryarray": list(one.options)}  # fmt: skip
        else:
            ends = np.log10([one.low, one.high]) if one.log else np.array([one.low, one.high])
            pad = 0.04 * (ends[1] - ends[0])
            axis |= {"type": "log" if one.log else "linear",
                     "range": [ends[0] - pad, ends[1] + pad]}  # fmt: skip
            if one.log:
                axis |= {
                    "dtick": 1 if ends[1] - ends[0] < 4 else 2,
                    "exponentformat": "power",
                    "nticks": None,
                }
        axes[f"xaxis{n}"] = axis
    figure.update_layout(
        layout(
            theme,
            **axes,
            yaxis={"title": {"text": text("recommender.search.error")}, "range": reach},
            hovermode="closest",
            margin={"l": 56, "r": 12, "t": 8, "b": 52},
        )
    )
    return figure


def _joined(
    trials: Sequence[SearchTrial],
) -> tuple[list[int | None], list[float | None], list[int | None]]:
    """Curves as one line with gaps: x, y, and whose point it is."""
    x: list[int | None] = []
    y: list[float | None] = []
    who: list[int | None] = []
    for trial in trials:
        x += [*(epoch for epoch, _ in trial.curve), None]
        y += [*(_plain(error) for _, error in trial.curve), None]
        who += [trial.number + 1] * len(trial.curve) + [None]
    return x, y, who


def _plain(error: float) -> float | None:
    """An error that a chart can draw, or a gap."""
    return error if np.isfinite(error) and error < 1e6 else None


def _reach(trials: Sequence[SearchTrial], share: float) -> tuple[float, float]:
    """From below the lowest error to where that share of trials ends; the worst lie above."""
    errors = [e for trial in trials for _, e in trial.curve if _plain(e) is not None]
    lasts = [t.curve[-1][1] for t in trials if t.curve and _plain(t.curve[-1][1]) is not None]
    if not errors:
        return 0.7, 1.2
    low = min(errors)
    high = max(float(np.quantile(lasts, share)), low * 1.02)
    return low - 0.06 * (high - low), high + 0.12 * (high - low)
