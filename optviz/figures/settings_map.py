"""Which settings work: a picture in which every cell is a whole run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from optviz.core.settings_map import DIVERGED, NEVER, SettingsMap, place
from optviz.figures.hatching import add_hatching
from optviz.figures.landscape import bar
from optviz.figures.theme import LEGEND_BELOW, STALE, Theme, layout
from optviz.language import Text

__all__ = ["names", "round_values", "settings_figure"]

Array = NDArray[np.float64]

_ACROSS, _UP = 8, 11
"""How many labels the axes can hold, about."""


def settings_figure(
    found: SettingsMap,
    *,
    now: tuple[float, float],
    edge: Array | None,
    titles: tuple[str, str],
    text: Text,
    theme: Theme,
    stale: bool = False,
) -> go.Figure:
    """By colour, the step from which a run is within tolerance for good.

    The cells lie on two axes of categories, named by :func:`names`, so that a click and the
    pointer tell a cell's own settings. What else is drawn lies on a second pair over them, one
    unit a cell.

    Args:
        found: What became of each run.
        now: Learning rate and second setting of the run as it is: a ring there.
        edge: (m,) theory's largest stable rate in each row; None if there is none.
        titles: Names of the learning rate and of the second setting.
        text: The catalogue.
        theme: Colours.
        stale: Whether the settings have changed since; then it is dimmed.
    """
    plan = found.plan
    opacity = STALE if stale else 1.0
    gone = found.status == DIVERGED
    reached = found.settled != NEVER
    figure = go.Figure()
    shared: dict[str, Any] = {
        "x": names(plan.lrs), "y": names(plan.values), "opacity": opacity, "hoverongaps": False,
    }  # fmt: skip
    said = f"{titles[0]} %{{x}}<br>{titles[1]} %{{y}}<br>…<extra></extra>"
    for cells, words, share in (
        (~gone & ~reached, text("trajectories.maps.never", steps=plan.steps), 0.22),
        (gone, text("trajectories.maps.gone"), 0.08),
    ):
        colour = theme.mixed(theme.muted, share)
        figure.add_heatmap(
            z=np.where(cells, 0.0, np.nan).astype(np.float32), showscale=False,
            colorscale=[[0, colour], [1, colour]], hovertemplate=said.replace("…", words), **shared,
        )  # fmt: skip
    if reached.any():
        steps, texts = np.where(reached, found.settled, np.nan), found.settled.astype(object)
        texts[~reached] = None
        heights = np.log10(np.maximum(steps, 1)).astype(np.float32)
        low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
        high = max(high, low + 0.3)
        figure.add_heatmap(
            z=heights, zmin=low, zmax=high, colorscale=theme.scale(theme.sequential[::-1]),
            text=texts.tolist(),
            hovertemplate=said.replace("…", text("trajectories.maps.reached", steps="%{text}")),
            colorbar=bar(low, high, text("trajectories.maps.steps"), theme), **shared,
        )  # fmt: skip
    add_hatching(figure, gone, theme, opacity=opacity, xaxis="x2", yaxis="y2")
    if edge is not None:
        _add_edge(figure, found, edge, text, theme)
    best = found.fastest
    if best is not None:
        _add_mark(
            figure, best[1], best[0], text("trajectories.maps.fastest"), "star", 15, theme,
            opacity,
        )  # fmt: skip
    _add_mark(
        figure, place(plan.lrs, now[0]), place(plan.values, now[1]),
        text("trajectories.maps.now"), "circle-open", 15, theme,
    )  # fmt: skip
    figure.update_layout(
        layout(
            theme,
            xaxis={"type": "category", "visible": False, **_span(plan.lrs)},
            yaxis={"type": "category", "visible": False, **_span(plan.values)},
            xaxis2=_over(theme, plan.lrs, titles[0], _ACROSS, "x"),
            yaxis2=_over(theme, plan.values, titles[1], _UP, "y"),
            margin={"l": 8, "r": 8, "t": 8, "b": 84},
            legend=dict(LEGEND_BELOW),
            hovermode="closest",
            dragmode=False,
        )
    )
    return figure


def names(values: Sequence[float]) -> list[str]:
    """What the cells along an axis are called."""
    return [f"{value:.10g}" for value in values]


def _span(values: Sequence[float]) -> dict[str, Any]:
    return {"range": [-0.5, len(values) - 0.5], "fixedrange": True}


def _over(
    theme: Theme, values: Sequence[float], title: str, most: int, letter: str
) -> dict[str, Any]:
    """The axis that is seen, over that of the cells."""
    shown = round_values(values, most)
    seen: dict[str, Any] = layout(theme)[f"{letter}axis"]
    return seen | {
        "overlaying": letter,
        "anchor": "y2" if letter == "x" else "x2",
        "side": "bottom" if letter == "x" else "left",
        "tickvals": [place(values, value) for value in shown],
        "ticktext": names(shown),
        "title": {"text": title, "font": {"color": theme.ink, "size": 13}, "standoff": 8},
        "showgrid": False,
        **_span(values),
    }


def round_values(values: Sequence[float], most: int) -> list[float]:
    """Round numbers along an axis, however it is spread, apart as ``most`` of them would be."""
    spread = np.diff(values)
    last = len(values) - 1
    if not last:
        return list(values)
    if np.allclose(spread, spread.mean(), rtol=0.1):
        rough = (values[-1] - values[0]) / 5
        size = 10.0 ** np.floor(np.log10(rough))
        size *= max(digit for digit in (1, 2, 5) if digit * size <= rough * (1 + 1e-9))
        steps = np.arange(np.ceil(values[0] / size - 1e-9), values[-1] / size + 1e-9)
        return [float(f"{step * size:.6g}") for step in steps]
    powers = range(-12, 5)
    candidates = [
        0.0,
        *(float(f"1e{power}") for power in powers),
        *(round(1 - 10.0**power, 12) for power in range(-4, 0)),
        *(float(f"{digit}e{power}") for digit in (5, 3, 2) for power in powers),
        *(round(1 - digit * 10.0**power, 12) for digit in (5, 2) for power in range(-4, 0)),
    ]
    kept: list[float] = []
    for value in candidates:
        at = place(values, value)
        if all(abs(at - place(values, other)) >= last / most for other in kept) and at >= 0:
            kept.append(value)
    return sorted(kept)


def _add_edge(figure: go.Figure, found: SettingsMap, edge: Array, text: Text, theme: Theme) -> None:
    """Theory's limit, as far as it lies in the picture."""
    lrs = found.plan.lrs
    x = np.array([place(lrs, limit) for limit in edge])
    if np.isnan(x).all():
        return
    y = np.arange(len(x), dtype=np.float64)
    # To the picture's upper and lower edge.
    x, y = np.concatenate([x[:1], x, x[-1:]]), np.concatenate([[-0.5], y, [len(x) - 0.5]])
    for colour, width, dash, name in (
        (theme.ground, 4.5, "solid", None),
        (theme.ink, 2, "dash", text("trajectories.maps.edge")),
    ):
        figure.add_scatter(
            x=x, y=y, mode="lines", hoverinfo="skip", name=name, showlegend=name is not None,
            xaxis="x2", yaxis="y2",
            meta="edge" if name else "halo", line={"color": colour, "width": width, "dash": dash},
        )  # fmt: skip


def _add_mark(
    figure: go.Figure,
    x: float,
    y: float,
    name: str,
    symbol: str,
    size: int,
    theme: Theme,
    opacity: float = 1.0,
) -> None:
    """A mark that is seen on any colour: ink on a halo of the ground."""
    if np.isnan(x) or np.isnan(y):
        return
    hollow = symbol.endswith("-open")
    if hollow:
        figure.add_scatter(
            x=[x], y=[y], mode="markers", hoverinfo="skip", showlegend=False, meta="halo",
            xaxis="x2", yaxis="y2",
            marker={"symbol": symbol, "size": size, "color": theme.ground, "line": {"width": 6}},
            cliponaxis=False,
        )  # fmt: skip
    figure.add_scatter(
        x=[x], y=[y], mode="markers", hoverinfo="skip", name=name, opacity=opacity, xaxis="x2",
        yaxis="y2",
        meta="now" if hollow else "fastest", cliponaxis=False,
        marker={"symbol": symbol, "size": size, "color": theme.ink,
                "line": {"width": 2.5 if hollow else 1.5, "color": theme.ground}},
    )  # fmt: skip
